/**
 * What is counted and measured, each told to both who may want it: Prometheus, by the page that it
 * reads, and OpenTelemetry, where Deno runs with `OTEL_DENO=true`.
 *
 * @module
 */
import { metrics as collected } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";

/** What an instrument is called. */
export interface Description {
  /** As OpenTelemetry writes it: `coverage.report.size`. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly help: string;
  /** `s`, `By` or nothing. */
  readonly unit?: "s" | "By";
}

/** Names of labels and what they are. */
export type Labels = Readonly<Record<string, string>>;

/** Adds one. */
export type Add = (labels: Labels) => void;

/** Adds a value, in the instrument's unit. */
export type Measure = (value: number, labels?: Labels) => void;

const SCOPE = "coverage-server";
/** Prometheus has the unit in the name. */
const ENDING = { s: "_seconds", By: "_bytes" };

/** Makes instruments, and the page of what they have. */
export class Instruments {
  readonly #reader = new PageReader();
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  readonly #page = new MeterProvider({ readers: [this.#reader] }).getMeter(SCOPE);
  readonly #collected = collected.getMeter(SCOPE);

  /** Counts. */
  counter(of: Description): Add {
    const page = this.#page.createCounter(nameOnPage(of), { description: of.help });
    const other = this.#collected.createCounter(of.name, optionsOf(of));
    return (labels) => {
      page.add(1, labels);
      other.add(1, labels);
    };
  }

  /** Sorts values by those bounds. */
  histogram(of: Description, bounds: readonly number[]): Measure {
    const advice = { explicitBucketBoundaries: [...bounds] };
    const description = of.help;
    const page = this.#page.createHistogram(nameOnPage(of), { description, advice });
    const other = this.#collected.createHistogram(of.name, { ...optionsOf(of), advice });
    return (value, labels = {}) => {
      page.record(value, labels);
      other.record(value, labels);
    };
  }

  /** Reads a value whenever somebody asks; nothing: it is not known at the moment. */
  gauge(of: Description, read: () => number | undefined | Promise<number | undefined>): void {
    const gauges = [
      this.#page.createObservableGauge(nameOnPage(of), { description: of.help }),
      this.#collected.createObservableGauge(of.name, optionsOf(of)),
    ];
    for (const gauge of gauges) {
      gauge.addCallback(async (result) => {
        const value = await read();
        if (value !== undefined) result.observe(value);
      });
    }
  }

  /** Everything, as Prometheus reads it. */
  async page(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return this.#serializer.serialize(resourceMetrics);
  }
}

/** Reads when it is asked to, and has nothing to end. */
class PageReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function nameOnPage({ name, unit }: Description): string {
  return name.replaceAll(".", "_") + (unit ? ENDING[unit] : "");
}

function optionsOf({ help, unit }: Description) {
  return { description: help, ...(unit ? { unit } : {}) };
}
