/**
 * What is counted and measured, each told to both who may want it: Prometheus, by the page that it
 * reads, and OpenTelemetry, where Deno runs with `OTEL_DENO=true`.
 *
 * @module
 */
import { metrics as otel } from "@opentelemetry/api";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const meter = otel.getMeter("coverage-server");

/** What an instrument is called. */
export interface Description {
  /** As OpenTelemetry writes it: `coverage.report.size`. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly help: string;
  /** `s`, `By` or nothing. */
  readonly unit?: "s" | "By";
  /** What it is told apart by. */
  readonly labels?: readonly string[];
}

/** Names of labels and what they are. */
export type Labels = Readonly<Record<string, string>>;

/** Makes a counter; the function adds one. */
export function counter(registry: Registry, of: Description): (labels: Labels) => void {
  const page = new Counter({ ...forPage(of, "_total"), registers: [registry] });
  const collected = meter.createCounter(of.name, options(of));
  return (labels) => {
    page.inc(labels);
    collected.add(1, labels);
  };
}

/** Makes a histogram with those bounds; the function adds a value in the unit. */
export function histogram(
  registry: Registry,
  of: Description,
  bounds: readonly number[],
): (value: number, labels?: Labels) => void {
  const page = new Histogram({ ...forPage(of), buckets: [...bounds], registers: [registry] });
  const collected = meter.createHistogram(of.name, {
    ...options(of),
    advice: { explicitBucketBoundaries: [...bounds] },
  });
  return (value, labels = {}) => {
    page.observe(labels, value);
    collected.record(value, labels);
  };
}

/** Makes a gauge, which is read when somebody asks; nothing: it is not known at the moment. */
export function gauge(
  registry: Registry,
  of: Description,
  read: () => number | undefined | Promise<number | undefined>,
): void {
  new Gauge({
    ...forPage(of),
    registers: [registry],
    async collect() {
      const value = await read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
  meter.createObservableGauge(of.name, options(of)).addCallback(async (result) => {
    const value = await read();
    if (value !== undefined) result.observe(value);
  });
}

const UNITS = { s: "_seconds", By: "_bytes" };

/** Prometheus has the unit in the name, and no dots. */
function forPage({ name, help, unit, labels = [] }: Description, ending = "") {
  const base = name.replaceAll(".", "_") + (unit ? UNITS[unit] : "");
  return { name: base + ending, help, labelNames: [...labels] };
}

function options({ help, unit }: Description) {
  return { description: help, ...(unit ? { unit } : {}) };
}
