/**
 * The reader of archives, alone: it yields safe entries, or throws an `HttpError`.
 *
 * @module
 */
import { posix } from "node:path";
import { HttpError } from "../../src/errors.ts";
import { readArchive, readingArchive, type SafeEntry } from "../../src/archive/read_archive.ts";
import { randomChunks, streamOf } from "./chunks.ts";
import { archiveMutations, type MutatedArchive } from "./mutate_archive.ts";
import type { Bytes } from "./mutation.ts";
import { type Bench, runPart } from "./part.ts";
import { Random } from "./random.ts";
import { LIMITS } from "./server.ts";

/** Gives mutated archives to `readArchive`, whole and in pieces. */
export async function fuzzArchives(bench: Bench): Promise<void> {
  const { options, ledger, corpus, traps } = bench;
  const mutateArchive = archiveMutations(traps.token);
  const runs = { runs: options.runs * 3, share: 0.22 };
  await runPart(bench, "archive", runs, async (iteration) => {
    const random = new Random(options.seed, "archive", iteration);
    const archive = corpus.archives[iteration % corpus.archives.length]!;
    const { bytes, kinds }: MutatedArchive = mutateArchive(archive, random);
    const whole = await read([bytes], random);
    const inPieces = await read(randomChunks(bytes, random), random);
    const problems = [...whole.problems, ...inPieces.problems];
    // Of two faults either may be met first; whether there is one is the same.
    if (whole.entries !== inPieces.entries) {
      problems.push(`read at once: ${whole.text}`, `read in pieces: ${inPieces.text}`);
    }
    const { outcome } = whole;
    const source = archive.name;
    ledger.add({ part: "archive", iteration, kinds, outcome, problems, input: bytes, source });
  });
}

/** What reading gave; its entries only where it came to its end. */
async function read(
  chunks: readonly Bytes[],
  random: Random,
): Promise<{ outcome: string; entries?: string; text: string; problems: string[] }> {
  const entries: string[] = [];
  const problems: string[] = [];
  const skips = random.oneIn(4);
  try {
    for await (const entry of readArchive(streamOf(chunks), LIMITS)) {
      entries.push(`${entry.kind} ${entry.path}`);
      const path = posix.join("/report", entry.path);
      if (path !== "/report" && !path.startsWith("/report/")) problems.push(`unsafe: ${path}`);
      if (entry.kind === "file") problems.push(...await take(entry, skips));
    }
  } catch (error) {
    if (error instanceof HttpError) {
      const expected = error.status === 413 || error.status === 422;
      return {
        outcome: String(error.status),
        text: `${error.status} ${error.message}`,
        problems: expected ? problems : [...problems, `readArchive threw ${error.status}`],
      };
    }
    const text = Deno.inspect(error);
    return { outcome: "threw", text, problems: [...problems, `readArchive threw ${text}`] };
  }
  const text = entries.join("\n");
  return { outcome: "read", entries: text, text, problems };
}

/** Reads a body to its end; some are cancelled instead, which must do no harm. */
async function take(entry: SafeEntry & { kind: "file" }, cancels: boolean): Promise<string[]> {
  if (cancels) {
    await entry.body.cancel();
    return [];
  }
  let bytes = 0;
  const reader = entry.body.getReader();
  while (true) {
    const { done, value } = await readingArchive(reader.read());
    if (done) break;
    bytes += value.byteLength;
  }
  return bytes === entry.size ? [] : [`${entry.path} has ${bytes} bytes, not ${entry.size}`];
}
