/** Reads without end: badges, lists, pages and reports, and how long each answer takes. */
import { pause } from "../support/server.ts";
import { BRANCHES, endlessly, type Expected, refusalProblem } from "./uploads.ts";

const ANSWER_MS = 60_000;
const PATHS = [
  ...["/coverages-api?org_name=acme&repo_name=shop", "/coverages-ui", "/coverages-ui/acme/shop"],
  ...Array.from({ length: BRANCHES }, (_, branch) => [
    `/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=branch/${branch}`,
    `/coverages-api/assets/acme/shop/branch%2F${branch}/go/archive/report/index.html`,
  ]).flat(),
];

/** Reads of a server that has had thirty uploads. */
export class Reads {
  #next = 0;
  #answers = 0;
  slowestSeconds = 0;
  /** A sentence for each answer that no server may give. */
  readonly problems: string[] = [];

  /** Beside 200, answers may be those `expected`. */
  constructor(readonly address: string, readonly expected: Expected = new Set()) {}

  /** Reads one after the other, so many milliseconds apart, in so many lanes. */
  continuously(lanes: number, everyMs: number): { stop(): Promise<void> } {
    return endlessly(lanes, () => this.#read().then(() => pause(everyMs)));
  }

  async #read(): Promise<void> {
    const path = PATHS[this.#next++ % PATHS.length]!;
    const startedAt = performance.now();
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(`${this.address}${path}`, { signal });
      await response.bytes();
      this.#answers++;
      const seconds = (performance.now() - startedAt) / 1000;
      this.slowestSeconds = Math.max(this.slowestSeconds, seconds);
      // An upload may replace a report between the name that led to it and its own address.
      const isReplaced = response.status === 404 && response.redirected;
      const isRight = response.status === 200 || isReplaced;
      const problem = isRight ? "" : refusalProblem(response, this.expected);
      if (problem) this.problems.push(`${path} was answered ${problem}`);
    } catch (error) {
      this.problems.push(`${path} was not answered: ${error}`);
    }
  }

  get summary(): string {
    return `${this.#answers} reads, the slowest ${this.slowestSeconds.toFixed(1)} s`;
  }
}
