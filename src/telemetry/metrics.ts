/**
 * The server's metrics. Only the coverage of repositories, if an operator wants it, has their names.
 */
import type { FailureReason } from "../errors.ts";
import { Instruments, type Measured } from "./instruments.ts";

export type Totals = Readonly<
  Record<"bytes" | "reports" | "uploads" | "active" | "repositories", number>
>;

type CountedTotals = Totals & { readonly countedAt: number };

export type Outcome = "stored" | FailureReason;

const KiB = 1024;
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const BYTES = [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576].map((size) => size * KiB);
const FILES = [1, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000];
const TOTALS: [keyof CountedTotals, name: string, description: string, unit?: "s" | "By"][] = [
  ["bytes", "coverage.stored", "Size of the reports on disk", "By"],
  ["reports", "coverage.stored.reports", "Reports on disk"],
  ["uploads", "coverage.rows", "Uploads in the database"],
  ["active", "coverage.rows.active", "Uploads that are neither superseded nor deleted"],
  ["repositories", "coverage.repositories", "Repositories in the database"],
  ["countedAt", "coverage.counted_at", "When the reports and rows were counted, Unix time", "s"],
];

export class Metrics {
  readonly #instruments = new Instruments();
  readonly #request = this.#instruments.histogram(
    "coverage.http.request.duration",
    "Time until the answer to a request was ready",
    { unit: "s", bounds: SECONDS },
  );
  readonly #upload = this.#instruments.counter("coverage.uploads", "Uploads by outcome");
  readonly #uploadSeconds = this.#instruments.histogram(
    "coverage.upload.duration",
    "Time that a stored upload took, including its body",
    { unit: "s", bounds: SECONDS },
  );
  readonly #reportBytes = this.#instruments.histogram(
    "coverage.report.size",
    "Size of a stored report, unpacked",
    { unit: "By", bounds: BYTES },
  );
  readonly #reportFiles = this.#instruments.histogram(
    "coverage.report.files",
    "Files of a stored report",
    { bounds: FILES },
  );
  #uploadsInProgress = 0;
  #totals: CountedTotals | undefined;
  #percentages: readonly Measured[] = [];

  constructor() {
    const instruments = this.#instruments;
    instruments.gauge("coverage.uploads.under_way", "Uploads in progress or queued", {
      read: () => alone(this.#uploadsInProgress),
    });
    instruments.gauge("coverage.process.resident", "Resident memory of the server", {
      unit: "By",
      read: () => alone(Deno.memoryUsage().rss),
    });
    const percent = "Coverage of the main branch of the repositories uploaded last";
    instruments.gauge("coverage.percent", percent, { read: () => this.#percentages });
    for (const [key, name, description, unit] of TOTALS) {
      instruments.gauge(name, description, { unit, read: () => alone(this.#totals?.[key]) });
    }
  }

  /** Sets what was counted just now. To count reads the whole table: not for each scrape. */
  setTotals(totals: Totals): void {
    this.#totals = { ...totals, countedAt: Math.floor(Date.now() / 1000) };
  }

  /** Sets the coverage of repositories; those that are left out are in no reading any more. */
  setPercentages(
    percentages: readonly (
      & Record<"repository" | "branch" | "language", string>
      & { percentage: number }
    )[],
  ): void {
    this.#percentages = percentages.map(({ percentage, ...labels }) => ({
      labels,
      value: percentage,
    }));
  }

  /** An answered request; `route` is its path in the route table. */
  request(
    { seconds, status, ...labels }: {
      method: string;
      route: string;
      status: number;
      seconds: number;
    },
  ): void {
    this.#request(seconds, { ...labels, status: String(status) });
  }

  /** An upload in progress; call the result with its outcome. */
  uploading(): (outcome: Outcome) => void {
    this.#uploadsInProgress++;
    return (outcome) => {
      this.#uploadsInProgress--;
      this.#upload({ outcome });
    };
  }

  stored({ files, bytes, seconds }: { files: number; bytes: number; seconds: number }): void {
    this.#uploadSeconds(seconds);
    this.#reportBytes(bytes);
    this.#reportFiles(files);
  }

  prometheusText(): string {
    return this.#instruments.prometheusText();
  }
}

/** A value that has no labels. */
function alone(value: number | undefined): Measured[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}
