/**
 * Reads without end: badges, lists, pages and reports, and how long each answer takes.
 *
 * @module
 */
import { FIELDS } from "../../tests/support/fields.ts";
import { type Expected, refusalProblem } from "./uploads.ts";
import { pause } from "./wait.ts";

const ANSWER_MS = 60_000;

/** What readers ask for, and what they were answered. */
export class Reads {
  readonly #paths: readonly string[];
  readonly #expected: Expected;
  /** Milliseconds of each answer, 200 or not. */
  readonly latencies: number[] = [];
  /** Answers that told to repeat. */
  refused = 0;
  /** A sentence for each answer that no server may give. */
  readonly problems: string[] = [];

  private constructor(paths: readonly string[], expected: Expected) {
    this.#paths = paths;
    this.#expected = expected;
  }

  /** Finds out what there is to read. Beside 200, answers may be those `expected`. */
  static async of(address: string, expected: Expected = new Set()): Promise<Reads> {
    const { org_name, repo_name } = FIELDS;
    const query = new URLSearchParams({ org_name: org_name!, repo_name: repo_name! });
    const { data } = await (await fetch(`${address}/coverages-api?${query}`)).json();
    const rows = Object.values(data).flat() as { branch_name: string; report_url: string }[];
    return new Reads([
      `/coverages-api?${query}`,
      "/coverages-ui",
      `/coverages-ui/${org_name}/${repo_name}`,
      ...rows.flatMap(({ branch_name, report_url }) => [
        `/coverages-api/badge?${query}&${new URLSearchParams({ branch_name })}`,
        new URL(report_url).pathname,
      ]),
    ], expected);
  }

  /** Reads one, whichever the number `choice` stands for. */
  async read(address: string, choice: number, client?: Deno.HttpClient): Promise<void> {
    const path = this.#paths[choice % this.#paths.length]!;
    const startedAt = performance.now();
    try {
      const response = await fetch(`${address}${path}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(client ? { client } : {}),
      });
      await response.bytes();
      this.latencies.push(performance.now() - startedAt);
      if (response.status === 200) return;
      this.refused++;
      const problem = refusalProblem(response, this.#expected);
      if (problem) this.problems.push(`${path} was answered ${problem}`);
    } catch (error) {
      this.problems.push(`${path} was not answered: ${error}`);
    }
  }

  /** Reads one after the other, so many milliseconds apart, until it is stopped. */
  continuously(address: string, everyMs: number): { stop(): Promise<void> } {
    let isOver = false;
    const running = (async () => {
      for (let choice = 0; !isOver; choice++) {
        await this.read(address, choice);
        await pause(everyMs);
      }
    })();
    return {
      async stop() {
        isOver = true;
        await running;
      },
    };
  }

  /** How many there were and how the worst of them went, for the table. */
  get summary(): string {
    const slowest = this.latencies.reduce((most, ms) => Math.max(most, ms), 0);
    const refused = this.refused > 0 ? `, ${this.refused} refused` : "";
    return `${this.latencies.length} reads${refused}, the slowest ${(slowest / 1000).toFixed(1)} s`;
  }
}
