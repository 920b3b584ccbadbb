/**
 * Reads without end: badges, lists, pages and reports, and how long each answer takes.
 *
 * @module
 */
import { FIELDS } from "../../tests/support/fields.ts";
import { endlessly, type Expected, refusalProblem } from "./uploads.ts";
import { pause } from "../support/server.ts";

const ANSWER_MS = 60_000;

export class Reads {
  readonly #address: string;
  readonly #paths: readonly string[];
  readonly #expected: Expected;
  #next = 0;
  /** Milliseconds of each answer, 200 or not. */
  readonly latencies: number[] = [];
  /** A sentence for each answer that no server may give. */
  readonly problems: string[] = [];

  private constructor(address: string, paths: readonly string[], expected: Expected) {
    this.#address = address;
    this.#paths = paths;
    this.#expected = expected;
  }

  /** Finds out what there is to read. Beside 200, answers may be those `expected`. */
  static async of(address: string, expected: Expected = new Set()): Promise<Reads> {
    const { org_name, repo_name } = FIELDS;
    const query = new URLSearchParams({ org_name: org_name!, repo_name: repo_name! });
    const { data } = await (await fetch(`${address}/coverages-api?${query}`)).json();
    const rows = Object.values(data).flat() as { branch_name: string; report_url: string }[];
    return new Reads(address, [
      `/coverages-api?${query}`,
      "/coverages-ui",
      `/coverages-ui/${org_name}/${repo_name}`,
      ...rows.flatMap(({ branch_name, report_url }) => [
        `/coverages-api/badge?${query}&${new URLSearchParams({ branch_name })}`,
        new URL(report_url).pathname,
      ]),
    ], expected);
  }

  /** Reads one after the other, so many milliseconds apart, in so many lanes. */
  continuously(lanes: number, everyMs: number): { stop(): Promise<void> } {
    return endlessly(lanes, async () => {
      await this.read();
      await pause(everyMs);
    });
  }

  async read(): Promise<void> {
    const path = this.#paths[this.#next++ % this.#paths.length]!;
    const startedAt = performance.now();
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(`${this.#address}${path}`, { signal });
      await response.bytes();
      this.latencies.push(performance.now() - startedAt);
      const problem = response.status === 200 ? "" : refusalProblem(response, this.#expected);
      if (problem) this.problems.push(`${path} was answered ${problem}`);
    } catch (error) {
      this.problems.push(`${path} was not answered: ${error}`);
    }
  }

  get slowestSeconds(): number {
    return this.latencies.reduce((most, ms) => Math.max(most, ms), 0) / 1000;
  }

  get summary(): string {
    return `${this.latencies.length} reads, the slowest ${this.slowestSeconds.toFixed(1)} s`;
  }
}
