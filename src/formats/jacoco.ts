/**
 * JaCoCo: the XML report of its Ant task, Maven and Gradle plugins, and of other tools that write it.
 * Rules after https://www.jacoco.org/jacoco/trunk/coverage/report.dtd
 */
import { hitCount, totalCount, wholeNumber } from "./counts.ts";
import {
  type Counts,
  type Coverage,
  CoverageError,
  coverageOf,
  type ParsedCoverage,
} from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

/** `format` of a report without line numbers is `jacoco-instruction`. */
export const jacoco: XmlFormat = {
  kind: "xml",
  name: "jacoco",
  title: "JaCoCo",
  open({ name, attributes }, lines) {
    return name === "report" ? new JacocoReader(attributes.get("name"), lines) : undefined;
  },
};

const KNOWN = new Set(["sessioninfo", "session", "package", "group", "counter"]);
const NOTHING: Counts = { covered: 0, valid: 0 };
type Level = "report" | "package" | "sourcefile" | "class";

/**
 * JaCoCo's root counters are the sum of the packages'; where they are not, as gcovr 7.0 to 8.2 writes
 * them, that sum counts. A package without counters is the sum of its source files, or classes.
 */
class JacocoReader implements XmlReader {
  readonly #line = new CounterTree();
  readonly #instruction = new CounterTree();
  readonly #groups: string[] = [];
  #package = "";
  #isJacoco = false;
  #hasGroups = false;

  constructor(private readonly name: string | undefined, private readonly lines: LineCollector) {}

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (path.length === 1) this.#isJacoco ||= KNOWN.has(name);
    switch (name) {
      case "group":
        this.#hasGroups = true;
        this.#groups.push(attributes.get("name") ?? "");
        return;
      case "package":
        this.#package = [...this.#groups, attributes.get("name") ?? ""].filter(Boolean).join("/");
        return;
      case "sourcefile": {
        const file = attributes.get("name") ?? "";
        this.lines.begin(this.#package === "" ? file : `${this.#package}/${file}`);
        return;
      }
      case "line":
        if (path.at(-1) === "sourcefile") this.#addLine(attributes);
        return;
      case "counter":
        this.#addCounter(attributes, path.at(-1)!);
    }
  }

  #addLine(attributes: Attributes): void {
    const covered = attributes.get("ci"), missed = attributes.get("mi");
    const number = wholeNumber(attributes.get("nr") ?? "");
    if (number === undefined || (covered === undefined && missed === undefined)) return;
    // Instructions, of which a line has several; how often it was run, JaCoCo does not count.
    this.lines.add(number, hitCount(covered) > 0 ? 1 : 0);
  }

  #addCounter(attributes: Attributes, parent: string): void {
    const type = attributes.get("type");
    if (type !== "LINE" && type !== "INSTRUCTION") return;
    const covered = totalCount("covered", attributes.get("covered"));
    const missed = totalCount("missed", attributes.get("missed"));
    if (covered === undefined || missed === undefined) return;
    const tree = type === "LINE" ? this.#line : this.#instruction;
    tree.add(parent as Level, { covered, valid: covered + missed });
  }

  end(name: string): void {
    if (name === "group") this.#groups.pop();
    if (name !== "package") return;
    this.#line.endPackage();
    this.#instruction.endPackage();
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    return {
      total: this.#total(lines),
      lines: lines.encoded,
      ...(this.name === undefined || this.#hasGroups ? {} : { module: this.name }),
    };
  }

  #total(lines: Counts): Coverage {
    const counted = [this.#line.total(), lines].find((counts) => counts && counts.valid > 0);
    if (counted) return coverageOf(counted, jacoco.name);
    const instructions = this.#instruction.total();
    if (instructions) return coverageOf(instructions, `${jacoco.name}-instruction`);
    if (this.#isJacoco) return coverageOf(NOTHING, jacoco.name);
    throw new CoverageError(
      "is of no known format: a <report> without the packages and counters of JaCoCo",
    );
  }
}

/** The counters of one type. */
class CounterTree {
  #root: Counts | undefined;
  #packages: Counts | undefined;
  /** Those of the package that is being read, by what they are of. */
  #current: Partial<Record<Level, Counts>> = {};

  add(level: Level, counts: Counts): void {
    if (level === "report") this.#root = counts;
    else this.#current[level] = sum(this.#current[level], counts);
  }

  endPackage(): void {
    const { package: own, sourcefile, class: classes } = this.#current;
    const counts = own ?? sourcefile ?? classes;
    if (counts) this.#packages = sum(this.#packages, counts);
    this.#current = {};
  }

  /** The packages' sum is the root's wherever JaCoCo wrote both. */
  total(): Counts | undefined {
    return this.#packages ?? this.#root;
  }
}

function sum(one: Counts | undefined, other: Counts): Counts {
  return {
    covered: (one?.covered ?? 0) + other.covered,
    valid: (one?.valid ?? 0) + other.valid,
  };
}
