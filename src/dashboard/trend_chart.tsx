/**
 * Coverage over time, a line for each trend.
 *
 * @module
 */
import type { Html } from "./html.ts";
// @ts-types="@types/d3-scale"
import { scaleLinear, scaleUtc } from "d3-scale";
// @ts-types="@types/d3-shape"
import { line, symbol, symbolsFill } from "d3-shape";
import { spanOf, tenths } from "./geometry.ts";
import { percent } from "./numbers.tsx";

/** A measurement of a trend. */
export interface ChartPoint {
  /** When. */
  readonly at: Date;
  /** From 0 to 100. */
  readonly percentage: number;
  /** What it was, for the reader who points at it. */
  readonly note: string;
}

/** A line of the chart. */
export interface Trend {
  /** Tells it from the others. */
  readonly name: string;
  /** Oldest first, at least one. */
  readonly points: readonly ChartPoint[];
}

interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** How many dates fit below. */
  readonly dates: number;
  /** Whether its readers can point at a measurement. */
  readonly hasNotes: boolean;
}

/** A drawing shrinks to fit, and its text with it; a telephone gets one of its own. */
const SIZES: readonly Size[] = [
  { name: "wide", width: 960, height: 300, dates: 8, hasNotes: true },
  { name: "narrow", width: 360, height: 260, dates: 4, hasNotes: false },
];
const MARGIN = { top: 12, right: 14, bottom: 26, left: 46 };
const COLORS = 6;
/** Time that the width stands for at least; axes of seconds say nothing about coverage. */
const LEAST_MS = 6 * 60 * 60 * 1000;
/** Percentage points that the height stands for at least. */
const LEAST_SPAN = 4;

/** Draws trends, with their names below. Nothing where there is no trend. */
export function TrendChart(
  { trends, label }: { trends: readonly Trend[]; label: string },
): Html | null {
  if (trends.length === 0) return null;
  const described = `${label}. ${trends.map(describe).join(" ")}`;
  return (
    <figure class="trend">
      {SIZES.map((size) => (
        <Drawing
          key={size.name}
          trends={trends}
          size={size}
          label={described}
        />
      ))}
      <figcaption>
        <ul class="legend">
          {trends.map(({ name }, index) => (
            <li key={name}>
              <svg class={seriesOf(index)} viewBox="-8 -8 16 16" aria-hidden="true">
                <path d={mark(index)} />
              </svg>
              <bdi>{name}</bdi>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function Drawing(
  { trends, size, label }: { trends: readonly Trend[]; size: Size; label: string },
): Html {
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
    <svg class={size.name} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <g class="axis">
        {y.ticks(5).map((value) => (
          <g key={value} transform={`translate(0 ${tenths(y(value))})`}>
            <line x1={MARGIN.left} x2={width - MARGIN.right} />
            <text x={MARGIN.left - 8} dy="0.32em" text-anchor="end">{`${value}%`}</text>
          </g>
        ))}
        {x.ticks(size.dates).map((at) => (
          <text key={at.getTime()} x={tenths(x(at))} y={height - 6} text-anchor="middle">
            {date(at)}
          </text>
        ))}
      </g>
      {trends.map((trend, index) => (
        <g key={trend.name} class={seriesOf(index)}>
          <path class="line" d={path(trend.points) ?? ""} />
          {trend.points.map((point) => (
            <path
              key={point.note}
              transform={`translate(${tenths(x(point.at))} ${tenths(y(point.percentage))})`}
              d={shapes[index]}
            >
              {size.hasNotes ? <title>{point.note}</title> : null}
            </path>
          ))}
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

/** Six colours; the lines after the sixth are dashed ones of the same. */
function seriesOf(index: number): string {
  return `series-${index % COLORS}${index < COLORS ? "" : " dashed"}`;
}

/** A shape for each line, for who cannot tell their colours apart. */
function mark(index: number): string {
  return symbol(symbolsFill[index % symbolsFill.length]!, 30)() ?? "";
}
