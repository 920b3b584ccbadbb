/**
 * OpenCover: the tool itself, and coverlet. A sequence point is a statement; coverlet has one a line.
 */
import { hitCount, totalCount, wholeNumber } from "./counts.ts";
import { type Counts, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

/** The line that compilers give to hidden code. */
const HIDDEN = 0xfeefee;
/** Lines that a statement may go over. */
const MAX_SPAN = 10_000;
const MAX_FILES = 500_000;
const MAX_NAME = 4096;

export const opencover: XmlFormat = {
  kind: "xml",
  name: "opencover",
  title: "OpenCover",
  open({ name }, lines) {
    return name === "CoverageSession" ? new OpenCoverReader(lines) : undefined;
  },
};

class OpenCoverReader implements XmlReader {
  #total: Counts = { covered: 0, valid: 0 };
  readonly #names = new Map<string, string>();
  /** The file of the method, where its points do not name one. */
  #methodFile: string | undefined;
  #file: string | undefined;

  constructor(private readonly lines: LineCollector) {}

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    switch (name) {
      case "Summary":
        if (path.length !== 1) return;
        this.#total = {
          covered: count(attributes, "visitedSequencePoints"),
          valid: count(attributes, "numSequencePoints"),
        };
        return;
      case "File":
        this.#addFile(attributes.get("uid"), attributes.get("fullPath"));
        return;
      case "Method":
        this.#methodFile = undefined;
        return;
      case "FileRef":
        this.#methodFile = attributes.get("uid");
        return;
      case "SequencePoint":
        this.#addPoint(attributes);
    }
  }

  #addFile(uid: string | undefined, path: string | undefined): void {
    if (uid === undefined || path === undefined) return;
    if (this.#names.size === MAX_FILES || uid.length > 100 || path.length > MAX_NAME) {
      throw new CoverageError(
        `has more than ${MAX_FILES} files, or a path of more than ${MAX_NAME} characters`,
      );
    }
    this.lines.memory.hold(150 + path.length * 2);
    this.#names.set(uid, path);
  }

  #addPoint(attributes: Attributes): void {
    const file = attributes.get("fileid") ?? this.#methodFile;
    const first = wholeNumber(attributes.get("sl") ?? "");
    const path = file === undefined ? undefined : this.#names.get(file);
    if (path === undefined || first === undefined || first === 0 || first === HIDDEN) return;
    if (file !== this.#file) {
      this.lines.begin(path);
      this.#file = file;
    }
    const end = wholeNumber(attributes.get("el") ?? "") ?? first;
    const last = end - first < MAX_SPAN ? end : first;
    const hits = hitCount(attributes.get("vc"));
    for (let line = first; line <= Math.max(first, last); line++) this.lines.add(line, hits);
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    const { covered, valid } = this.#total;
    const isCredible = valid > 0 && covered <= valid;
    const total = coverageOf(isCredible || lines.valid === 0 ? this.#total : lines, opencover.name);
    return { total, lines: lines.encoded };
  }
}

function count(summary: Attributes, name: string): number {
  return totalCount(name, summary.get(name)) ?? 0;
}
