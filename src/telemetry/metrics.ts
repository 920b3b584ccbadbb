/**
 * The server's metrics: each of them is in this file. None has a name of a repository in it.
 *
 * @module
 */
import type { FailureReason } from "../errors.ts";
import { type Add, Instruments, type Measure } from "./instruments.ts";

/** What is stored in all. */
export interface Totals {
  /** Reports on disk. */
  readonly reports: number;
  /** Bytes of their files. */
  readonly bytes: number;
  /** Uploads, superseded and deleted ones included. */
  readonly uploads: number;
  /** Uploads that are the newest of a branch and language that was not deleted. */
  readonly active: number;
  /** Repositories. */
  readonly repositories: number;
}

/** How an upload has ended. */
export type Outcome = "stored" | FailureReason;

/** Seconds for which totals are not asked of the database again. */
const TOTALS_SECONDS = 15;

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const KiB = 1024;
const BYTES = [64 * KiB, 256 * KiB, KiB ** 2, 4 * KiB ** 2, 16 * KiB ** 2, 64 * KiB ** 2]
  .concat([256 * KiB ** 2, KiB ** 3]);
const FILES = [1, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000];

/** Counts and measures. */
export class Metrics {
  readonly #instruments = new Instruments();
  readonly #request: Measure;
  readonly #upload: Add;
  readonly #uploadSeconds: Measure;
  readonly #reportBytes: Measure;
  readonly #reportFiles: Measure;
  #uploadsUnderWay = 0;

  /** `readTotals` says what is stored; what it throws leaves those metrics out. */
  constructor(readTotals: () => Promise<Totals>) {
    const instruments = this.#instruments;
    this.#request = instruments.histogram({
      name: "coverage.http.request.duration",
      help: "Time until the answer to a request was ready",
      unit: "s",
    }, SECONDS);
    this.#upload = instruments.counter({
      name: "coverage.uploads",
      help: "Uploads by how they have ended",
    });
    this.#uploadSeconds = instruments.histogram({
      name: "coverage.upload.duration",
      help: "Time that a stored upload took, its body included",
      unit: "s",
    }, SECONDS);
    this.#reportBytes = instruments.histogram({
      name: "coverage.report.size",
      help: "Size of a stored report, unpacked",
      unit: "By",
    }, BYTES);
    this.#reportFiles = instruments.histogram({
      name: "coverage.report.files",
      help: "Files of a stored report",
    }, FILES);
    instruments.gauge({
      name: "coverage.uploads.under_way",
      help: "Uploads that are worked on or wait",
    }, () => this.#uploadsUnderWay);
    instruments.gauge({
      name: "coverage.process.resident",
      help: "Resident memory of the server",
      unit: "By",
    }, () => Deno.memoryUsage().rss);
    const totals = kept(readTotals);
    const total = (name: string, help: string, of: keyof Totals, unit?: "By") =>
      instruments.gauge(
        { name, help, ...(unit ? { unit } : {}) },
        async () => (await totals())?.[of],
      );
    total("coverage.stored", "Bytes of the reports on disk", "bytes", "By");
    total("coverage.stored.reports", "Reports on disk", "reports");
    total("coverage.rows", "Uploads in the database", "uploads");
    total("coverage.rows.active", "Uploads that are the newest of their branch", "active");
    total("coverage.repositories", "Repositories in the database", "repositories");
  }

  /** A request was answered; `route` is the path of the route table that it took. */
  request(
    { method, route, status, seconds }: {
      method: string;
      route: string;
      status: number;
      seconds: number;
    },
  ): void {
    this.#request(seconds, { method, route, status: String(status) });
  }

  /** An upload has begun; tell what is returned how it has ended. */
  uploading(): (outcome: Outcome) => void {
    this.#uploadsUnderWay++;
    return (outcome) => {
      this.#uploadsUnderWay--;
      this.#upload({ outcome });
    };
  }

  /** A report was stored. */
  stored({ files, bytes, seconds }: { files: number; bytes: number; seconds: number }): void {
    this.#uploadSeconds(seconds);
    this.#reportBytes(bytes);
    this.#reportFiles(files);
  }

  /** The page that Prometheus reads, and its media type. */
  async page(): Promise<{ text: string; type: string }> {
    return {
      text: await this.#instruments.page(),
      type: "text/plain; version=0.0.4; charset=utf-8",
    };
  }
}

/** Asks again only after some seconds, since several gauges and every scrape want to know. */
function kept(read: () => Promise<Totals>): () => Promise<Totals | undefined> {
  let asked: Promise<Totals | undefined> | undefined;
  let askedAt = 0;
  return () => {
    const now = performance.now();
    if (!asked || now - askedAt > TOTALS_SECONDS * 1000) {
      askedAt = now;
      asked = read().catch(() => undefined);
    }
    return asked;
  };
}
