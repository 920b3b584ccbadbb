import { percent } from "./numbers.tsx";
import type { TrendPoint } from "../db/page_queries.ts";
import type { ChartPoint, Trend } from "./trend_chart.tsx";

/**
 * Groups points into the lines of a chart by `nameOf`, in the order in which the names appear. By
 * default that is the branch, with the language where there are several.
 */
export function trendsOf<Point extends TrendPoint>(
  points: readonly Point[],
  linkOf: (point: Point) => string,
  nameOf?: (point: Point) => string,
): Trend[] {
  const languages = new Set(points.map(({ language }) => language));
  const name = nameOf ??
    (({ branch_name, language }: Point) =>
      languages.size > 1 ? `${branch_name}, ${language}` : branch_name);
  const trends = new Map<string, ChartPoint[]>();
  for (const point of points) {
    const key = name(point);
    const at = new Date(point.created_at);
    const time = at.toISOString().slice(0, 16).replace("T", " ");
    const commit = point.commit_hash.slice(0, 8);
    const chartPoint = {
      at,
      percentage: point.percentage,
      note: `${key}: ${percent(point.percentage)}, ${time} UTC, commit ${commit}`,
      href: linkOf(point),
    };
    const trend = trends.get(key);
    if (trend) trend.push(chartPoint);
    else trends.set(key, [chartPoint]);
  }
  return [...trends].map(([name, points]) => ({ name, points }));
}
