/**
 * Counts runs and what came of them, and keeps the inputs that something was wrong with.
 *
 * @module
 */
import { join } from "node:path";
import type { Bytes } from "./mutation.ts";

/** Inputs that are written to files at most; one bug tends to show in many. */
const MAX_KEPT = 40;

/** One input, and what came of it. */
export interface Run {
  /** The part of the fuzzer: `uploads`, `coverage`, `archive` or `path`. */
  readonly part: string;
  readonly iteration: number;
  /** The kinds of mutation that made the input. */
  readonly kinds: readonly string[];
  /** What came of it, in a word: a status, `read`, `refused`. */
  readonly outcome: string;
  /** What was wrong; empty for a run that passed. */
  readonly problems: readonly string[];
  /** The input, for a file. */
  readonly input: Bytes;
  /** What it was made of. */
  readonly source: string;
}

/** The record of all runs. */
export class Ledger {
  passed = 0;
  failed = 0;
  #kept = 0;
  /** Part, kind of mutation, outcome: how often. */
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();

  /** `seed` is printed with each failure, whose inputs go into `folder`. */
  constructor(private readonly seed: number, private readonly folder: string) {}

  /** Takes a run; a failure is printed at once. */
  add(run: Run): void {
    for (const kind of [...new Set(run.kinds), ""]) {
      const outcomes = entry(entry(this.#counts, run.part, () => new Map()), kind, () => new Map());
      outcomes.set(run.outcome, (outcomes.get(run.outcome) ?? 0) + 1);
    }
    if (run.problems.length === 0) {
      this.passed++;
      return;
    }
    this.failed++;
    console.log(
      `FAILED --seed ${this.seed} --only ${run.part}:${run.iteration} (${run.source}; ${
        run.kinds.join(", ")
      })`,
    );
    for (const problem of run.problems) console.log(`  ${problem}`);
    if (this.#kept++ < MAX_KEPT) {
      Deno.mkdirSync(this.folder, { recursive: true });
      const path = join(this.folder, `${this.seed}-${run.part}-${run.iteration}`);
      Deno.writeFileSync(path, run.input);
      console.log(`  input: ${path}`);
    }
  }

  /** Takes a failure that belongs to no single input. */
  addProblem(problem: string): void {
    this.failed++;
    console.log(`FAILED --seed ${this.seed}: ${problem}`);
  }

  /** A table of a part: a line for each kind of mutation, a column for each outcome. */
  table(part: string): string {
    const kinds = this.#counts.get(part) ?? new Map<string, Map<string, number>>();
    const outcomes = [...kinds.get("")?.keys() ?? []].sort();
    const line = (name: string, cells: readonly (string | number)[]) =>
      name.padEnd(36) + cells.map((cell) => String(cell).padStart(10)).join("");
    const lines = [...kinds].filter(([kind]) => kind !== "").sort(([a], [b]) => a < b ? -1 : 1)
      .concat([...kinds].filter(([kind]) => kind === ""))
      .map(([kind, counts]) =>
        line(kind || "all inputs", outcomes.map((outcome) => counts.get(outcome) ?? 0))
      );
    return [line(part, outcomes), ...lines].join("\n");
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
