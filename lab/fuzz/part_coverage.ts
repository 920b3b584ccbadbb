/**
 * The reader of coverage files, alone: one result for one document, however it is delivered.
 *
 * @module
 */
import { type Coverage, CoverageError } from "../../src/formats/coverage.ts";
import { formats } from "../../src/formats/registry.ts";
import { type ReadCoverage, readCoverage } from "../../src/formats/read_coverage.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { randomChunks } from "./chunks.ts";
import { coverageProblems } from "./expect.ts";
import { type Bytes, mutate } from "./mutation.ts";
import { xmlMutations } from "./mutate_xml.ts";
import { type Bench, runPart } from "./part.ts";
import { Random } from "./random.ts";

/** Gives mutated documents to `readCoverage`, whole and in pieces, and some to the thread as well. */
export async function fuzzCoverage(bench: Bench): Promise<void> {
  const { options, ledger, corpus } = bench;
  using thread = new CoverageThread();
  const here: ReadCoverage = (document) => readCoverage(document, formats);
  const runs = { runs: options.runs * 10, share: 0.24 };
  await runPart(bench, "coverage", runs, async (iteration) => {
    const random = new Random(options.seed, "coverage", iteration);
    const xml = corpus.xml[iteration % corpus.xml.length]!;
    const { bytes, kinds } = mutate(xml.bytes, xmlMutations, random);
    const whole = await read([bytes], here);
    // Messages to the thread cost more than the reading, so that it gets only some.
    const reader = iteration % 4 === 3 ? thread.read : here;
    const inPieces = await read(randomChunks(bytes, random), reader);
    const problems = [...whole.problems, ...inPieces.problems];
    if (whole.text !== inPieces.text) {
      problems.push(`read at once: ${whole.text}`, `read in pieces: ${inPieces.text}`);
    }
    const { outcome } = whole;
    const source = xml.name;
    ledger.add({ part: "coverage", iteration, kinds, outcome, problems, input: bytes, source });
  });
}

/** What reading gave, as text that can be compared. */
async function read(
  chunks: readonly Bytes[],
  reader: ReadCoverage,
): Promise<{ outcome: string; text: string; problems: string[] }> {
  async function* delivered() {
    yield* chunks;
  }
  let coverage: Coverage;
  try {
    coverage = await reader(delivered());
  } catch (error) {
    if (error instanceof CoverageError) {
      // Of two faults in one text the parser names the one that its piece shows first, and places it
      // where that piece ends. That the document is at fault is what must not depend on it.
      const text = error.message.replace(/^(is not well-formed XML: ).*/s, "$1");
      return { outcome: "refused", text, problems: [] };
    }
    const text = Deno.inspect(error);
    return { outcome: "threw", text, problems: [`reading threw ${text}`] };
  }
  return {
    outcome: "read",
    text: JSON.stringify(coverage),
    problems: coverageProblems(coverage.percentage, coverage.linesCovered, coverage.linesValid),
  };
}
