/**
 * Counters, histograms and gauges, each recorded twice: for Prometheus, as the text that it scrapes,
 * and for Deno's OpenTelemetry exporter, which runs with `OTEL_DENO=true`. Names are those of
 * OpenTelemetry, such as `coverage.report.size`.
 */
import { metrics as openTelemetry } from "@opentelemetry/api";

type Unit = "s" | "By";
export type Labels = Readonly<Record<string, string>>;
/** A value, of its labels. */
export interface Measured {
  readonly labels: Labels;
  readonly value: number;
}

type Samples = (name: string) => string[];

/** Prometheus has the unit in the name. */
const ENDING = { s: "_seconds", By: "_bytes", none: "" };

export class Instruments {
  readonly #families: (() => string)[] = [];
  readonly #meter = openTelemetry.getMeter("coverage-server");

  /** The result adds one. */
  counter(name: string, description: string): (labels: Labels) => void {
    const counts = new Map<string, number>();
    const counter = this.#meter.createCounter(name, { description });
    this.#addFamily(
      "counter",
      { name: `${name}.total`, description },
      (name) => [...counts].map(([labels, count]) => sample(name, labels, count)),
    );
    return (labels) => {
      const key = labelText(labels);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      counter.add(1, labels);
    };
  }

  /** The result records a value. `bounds` are the buckets' upper bounds, ascending. */
  histogram(
    name: string,
    description: string,
    { unit, bounds }: { unit?: Unit; bounds: number[] },
  ): (value: number, labels?: Labels) => void {
    const series = new Map<string, { counts: number[]; sum: number }>();
    const advice = { explicitBucketBoundaries: bounds };
    const options = { description, advice, ...(unit && { unit }) };
    const histogram = this.#meter.createHistogram(name, options);
    const limits = [...bounds, Infinity];
    this.#addFamily(
      "histogram",
      { name, description, unit },
      (name) =>
        [...series].flatMap(([labels, { counts, sum }]) => {
          let total = 0;
          const buckets = limits.map((bound, index) => {
            const le = `le="${bound === Infinity ? "+Inf" : bound}"`;
            total += counts[index]!;
            return sample(`${name}_bucket`, labels ? `${labels},${le}` : le, total);
          });
          const totals = [
            sample(`${name}_sum`, labels, sum),
            sample(`${name}_count`, labels, total),
          ];
          return [...buckets, ...totals];
        }),
    );
    return (value, labels = {}) => {
      const key = labelText(labels);
      const one = series.get(key) ?? { counts: limits.map(() => 0), sum: 0 };
      one.counts[limits.findIndex((bound) => value <= bound)]!++;
      one.sum += value;
      series.set(key, one);
      histogram.record(value, labels);
    };
  }

  /** Calls `read` at each reading; without a value it is left out. */
  gauge(
    name: string,
    description: string,
    { unit, read }: { unit?: Unit | undefined; read: () => readonly Measured[] },
  ): void {
    this.#meter.createObservableGauge(name, { description, ...(unit && { unit }) })
      .addCallback((result) => {
        for (const { labels, value } of read()) result.observe(value, labels);
      });
    this.#addFamily(
      "gauge",
      { name, description, unit },
      (name) => read().map(({ labels, value }) => sample(name, labelText(labels), value)),
    );
  }

  /** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
  prometheusText(): string {
    return this.#families.map((family) => family()).join("");
  }

  #addFamily(
    type: "counter" | "gauge" | "histogram",
    { name, description, unit }: { name: string; description: string; unit?: Unit | undefined },
    samplesOf: Samples,
  ): void {
    const prometheusName = name.replaceAll(".", "_") + ENDING[unit ?? "none"];
    this.#families.push(() => {
      const samples = samplesOf(prometheusName);
      if (samples.length === 0) return "";
      const head = `# HELP ${prometheusName} ${description}\n# TYPE ${prometheusName} ${type}\n`;
      return `${head}${samples.join("\n")}\n`;
    });
  }
}

function sample(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${value}`;
}

function labelText(labels: Labels): string {
  const escape = (text: string) => text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  return Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`).join(",");
}
