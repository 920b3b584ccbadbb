import assert from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { TrendChart } from "../../src/dashboard/trend_chart.tsx";

Deno.test("a date at the end of the axis is not cut off", () => {
  const at = (day: string) => ({ at: new Date(day), percentage: 50, note: "", href: day });
  const trends = [{ name: "main", points: [at("2026-07-20"), at("2026-12-01")] }];
  const html = renderToString(<TrendChart trends={trends} label="Coverage" />);
  const wide = html.split('class="wide"')[1]!.split("</svg>")[0]!;
  const dates = [...wide.matchAll(/<text +x="([\d.]+)" y="294" text-anchor="(\w+)">(\w+)</g)];
  assert.deepEqual(dates.at(-1)!.slice(1), ["946", "end", "December"]);
  assert.deepEqual(dates.at(-2)!.slice(2), ["middle", "November"]);
});
