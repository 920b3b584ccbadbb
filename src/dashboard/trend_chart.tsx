/** Coverage over time, one line per trend. */
import { percent } from "../model/percentage.ts";
import type { TrendPoint } from "../db/page_queries.ts";
// @ts-types="@types/d3-scale"
import { scaleLinear, scaleUtc } from "d3-scale";
// @ts-types="@types/d3-shape"
import { line, symbol, symbolsFill } from "d3-shape";
import { Bar, Percentage } from "./numbers.tsx";
import { spanOf, tenths } from "./sparkline.tsx";

interface ChartPoint {
  readonly at: Date;
  readonly percentage: number;
  /** Shown on hover. */
  readonly note: string;
  /** The upload's page. */
  readonly href: string;
}

interface Trend {
  readonly name: string;
  /** Oldest first, at least one. */
  readonly points: readonly ChartPoint[];
}

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

interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** How many dates fit on the axis. */
  readonly dates: number;
  /** Whether readers can point at a measurement. */
  readonly hasLinks: boolean;
}

/** A drawing shrinks to fit, and its text with it, so phones get one of their own. */
const SIZES: readonly Size[] = [
  { name: "wide", width: 960, height: 300, dates: 8, hasLinks: true },
  { name: "narrow", width: 360, height: 260, dates: 4, hasLinks: false },
];
const MARGIN = { top: 12, right: 14, bottom: 26, left: 46 };
/** Half the width of the longest date, as "September" is. */
const HALF_DATE = 36;
const COLORS = 6;
/** Time that the width stands for at least; an axis of seconds says nothing about coverage. */
const LEAST_MS = 6 * 60 * 60 * 1000;
/** Percentage points that the height stands for at least. */
const LEAST_SPAN = 4;

/** Bars instead of lines where each trend has a single point. */
export function TrendChart(
  { trends, label }: { trends: readonly Trend[]; label: string },
) {
  if (trends.length === 0) return null;
  if (trends.every(({ points }) => points.length === 1)) return <FirstUploads trends={trends} />;
  // Screen readers get the summary; the table of uploads has the same links as the points.
  return (
    <figure class="trend" aria-label={`${label}. ${trends.map(describe).join(" ")}`}>
      {SIZES.map((size) => <Drawing key={size.name} trends={trends} size={size} />)}
      <figcaption>
        <ul class="legend">
          {trends.map(({ name }, index) => (
            <li key={name}>
              <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
                <path d={mark(index)} fill={colorOf(index)} />
              </svg>{" "}
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function FirstUploads({ trends }: { trends: readonly Trend[] }) {
  return (
    <>
      <ul class="first-uploads">
        {trends.map(({ name, points: [point] }) => (
          <li key={name}>
            <bdi>{name}</bdi>
            <Bar value={point!.percentage} />
            <a href={point!.href} title={point!.note}>
              <Percentage value={point!.percentage} />
            </a>
          </li>
        ))}
      </ul>
      <p class="muted">The chart appears after the next upload.</p>
    </>
  );
}

function Drawing({ trends, size }: { trends: readonly Trend[]; size: Size }) {
  const points = trends.flatMap((trend) => trend.points);
  const { width, height } = size;
  const x = scaleUtc(timesOf(points), [MARGIN.left, width - MARGIN.right]);
  const y = scaleLinear(percentagesOf(points), [height - MARGIN.bottom, MARGIN.top]).nice(5);
  // Nice ends may lie where no percentage can.
  y.domain(y.domain().map((end) => Math.min(100, Math.max(0, end))));
  const path = line<ChartPoint>(
    ({ at }) => tenths(x(at)),
    ({ percentage }) => tenths(y(percentage)),
  );
  const date = x.tickFormat(size.dates);
  const shapes = trends.map((_, index) => mark(index));
  return (
    <svg class={size.name} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <g fill="var(--muted)" font-size="13">
        {y.ticks(5).map((value) => (
          <g key={value} transform={`translate(0 ${tenths(y(value))})`}>
            <line x1={MARGIN.left} x2={width - MARGIN.right} stroke="var(--line)" />
            <text x={MARGIN.left - 8} dy="0.32em" text-anchor="end">{`${value}%`}</text>
          </g>
        ))}
        {x.ticks(size.dates).map((at) => (
          <text
            key={at.getTime()}
            x={tenths(x(at))}
            y={height - 6}
            text-anchor={width - x(at) < HALF_DATE ? "end" : "middle"}
          >
            {date(at)}
          </text>
        ))}
      </g>
      {trends.map((trend, index) => (
        <g key={trend.name} fill={colorOf(index)} stroke={colorOf(index)} stroke-width="0">
          <path
            d={path(trend.points) ?? ""}
            fill="none"
            stroke-width="2"
            stroke-dasharray={index < COLORS ? undefined : "5 4"}
          />
          {trend.points.map((point) => {
            const at = `translate(${tenths(x(point.at))} ${tenths(y(point.percentage))})`;
            const shape = <path class="point" transform={at} d={shapes[index]} />;
            return size.hasLinks
              ? (
                <a key={point.href} href={point.href} tabindex={-1}>
                  <title>{point.note}</title>
                  {shape}
                </a>
              )
              : shape;
          })}
        </g>
      ))}
    </svg>
  );
}

function timesOf(points: readonly ChartPoint[]): Date[] {
  return spanOf(points.map(({ at }) => at.getTime()), LEAST_MS).map((time) => new Date(time));
}

function percentagesOf(points: readonly ChartPoint[]): [number, number] {
  return spanOf(points.map(({ percentage }) => percentage), LEAST_SPAN);
}

function describe({ name, points }: Trend): string {
  const first = points[0]!, last = points.at(-1)!;
  const day = (at: Date) => at.toISOString().slice(0, 10);
  return points.length === 1
    ? `${name}: ${percent(last.percentage)} on ${day(last.at)}.`
    : `${name}: from ${percent(first.percentage)} on ${day(first.at)} to ${
      percent(last.percentage)
    } on ${day(last.at)} in ${points.length} uploads.`;
}

/** A colour of the style; the lines after the sixth have the same colours, and are dashed. */
function colorOf(index: number): string {
  return `var(--series-${index % COLORS})`;
}

/** A shape for each line, for readers who cannot tell the colours apart. */
function mark(index: number): string {
  return symbol(symbolsFill[index % symbolsFill.length]!, 30)() ?? "";
}
