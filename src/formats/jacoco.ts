/**
 * JaCoCo: the XML report of its Ant task, Maven and Gradle plugins. Rules after
 * https://www.jacoco.org/jacoco/trunk/coverage/report.dtd
 *
 * @module
 */
import { type Coverage, CoverageError, coverageOf } from "./coverage.ts";
import { type Attributes, count, type CoverageFormat, type CoverageReader } from "./format.ts";

/** The format; `format` of a report without line numbers is `jacoco-instruction`. */
export const jacoco: CoverageFormat = {
  name: "jacoco",
  open(root) {
    return root === "report" ? new JacocoReader() : undefined;
  },
};

/**
 * The counters directly under the root state the totals. They are never summed from classes: a line
 * shared by two classes counts once in the root. Classes compiled without debug information have
 * no LINE counter anywhere, and the finest count left is INSTRUCTION.
 */
class JacocoReader implements CoverageReader {
  readonly #counters = new Map<string, [covered: number, valid: number]>();

  #isJacoco = false;

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (path.length !== 1) return;
    this.#isJacoco ||= ["sessioninfo", "package", "group", "counter"].includes(name);
    const type = attributes.get("type");
    if (name !== "counter" || type === undefined) return;
    const covered = count(attributes, "covered");
    const missed = count(attributes, "missed");
    if (covered !== undefined && missed !== undefined) {
      this.#counters.set(type, [covered, covered + missed]);
    }
  }

  result(): Coverage {
    const lines = this.#counters.get("LINE");
    if (lines) return coverageOf(...lines, jacoco.name);
    const instructions = this.#counters.get("INSTRUCTION");
    if (instructions) return coverageOf(...instructions, `${jacoco.name}-instruction`);
    if (this.#isJacoco) return coverageOf(0, 0, jacoco.name);
    throw new CoverageError("is of no known format: a <report> with nothing of JaCoCo's in it");
  }
}
