/**
 * Points of several trends, as queries return them, made into the lines of a chart.
 *
 * @module
 */
import { percent } from "./numbers.tsx";
import type { TrendPoint } from "../db/page_queries.ts";
import type { ChartPoint, Trend } from "./trend_chart.tsx";

/**
 * Groups points by `nameOf`, in the order in which the names come. By default that is the branch,
 * with the language where there are several.
 */
export function trendsOf<Point extends TrendPoint>(
  points: readonly Point[],
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
    const when = at.toISOString().slice(0, 16).replace("T", " ");
    const chartPoint = {
      at,
      percentage: point.percentage,
      note: `${key}: ${percent(point.percentage)}, ${when} UTC, commit ${
        point.commit_hash.slice(0, 8)
      }`,
    };
    const trend = trends.get(key);
    if (trend) trend.push(chartPoint);
    else trends.set(key, [chartPoint]);
  }
  return [...trends].map(([name, points]) => ({ name, points }));
}
