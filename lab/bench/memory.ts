/**
 * How much memory the largest upload takes, sent either way.
 *
 * @module
 */
import { join } from "node:path";
import { run } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import { judge, type Section } from "./section.ts";
import { sendByCurl } from "./send.ts";
import { startServer } from "./server.ts";
import { memoryOf, type MemoryUse, resetPeak } from "./usage.ts";

const MB = 1e6;
const MiB = 1024 * 1024;
const SAMPLE_MS = 20;
/** Growth that a raw body may cause, in MB. */
const RAW_BOUND = 150;
/** Growth that a form may cause, in lengths of its body. */
const FORM_BOUND = 3;
/** Just below the default of MAX_UPLOAD_BYTES, 100 MiB, with files that are written either way. */
const LARGE = { small: { count: 33, bytes: MiB }, large: { count: 33, bytes: 2 * MiB } };
const TINY = { small: { count: 1, bytes: 10_000 }, large: { count: 0, bytes: 0 } };

/** Measures a raw body and a form, each at a server of its own. */
export async function measureMemory(): Promise<Section> {
  await using scratch = await makeScratch();
  const warmUp = await packNoise(scratch.folder, { name: "tiny", ...TINY });
  const archive = await packNoise(scratch.folder, { name: "large", ...LARGE });
  const { size } = await Deno.stat(archive);
  const title = `memory: resident memory of the server, one upload of ${mb(size)}`;
  const table = [["sent as", "idle", "peak", "after", "growth", "bound", "verdict"]];
  const missed: string[] = [];
  for (const as of ["body", "form"] as const) {
    const use = await measureOne({ warmUp, archive, as });
    if (!use) {
      table.push([as, "not measured here"]);
      continue;
    }
    const growth = use.peak - use.idle;
    const verdict = as === "body"
      ? judge("memory, body: growth", { value: growth / MB, bound: RAW_BOUND, unit: " MB" })
      : judge("memory, form: growth", { value: growth / size, bound: FORM_BOUND, unit: " bodies" });
    missed.push(...verdict.missed);
    table.push([
      as,
      mb(use.idle),
      mb(use.peak),
      mb(use.after),
      as === "body" ? mb(growth) : `${mb(growth)} = ${(growth / size).toFixed(2)} bodies`,
      ...verdict.cells,
    ]);
  }
  return { title, table, notes: [], missed };
}

/** Bytes resident before, at most during, and after an upload; nothing where they cannot be read. */
async function measureOne(
  { warmUp, archive, as }: { warmUp: string; archive: string; as: "body" | "form" },
): Promise<{ idle: number; peak: number; after: number } | undefined> {
  await using scratch = await makeScratch();
  const dataDir = join(scratch.folder, "data");
  {
    // Making the embedded database takes hundreds of megabytes once, which that process keeps: an
    // upload could use them without growth. The next start is what most servers are.
    await using _ = await startServer(dataDir);
  }
  await using server = await startServer(dataDir);
  const coverageFile = "coverage.xml";
  await sendByCurl(server.address, { archive: warmUp, branch: "warm-up", coverageFile, as });
  const before = memoryOf(server.pid);
  if (!before) return undefined;
  const wasReset = resetPeak(server.pid);
  let sampled = 0;
  const take = (use: MemoryUse | undefined) => {
    // Where the system's own peak goes back to the start, only the samples speak of this upload.
    sampled = Math.max(sampled, use?.resident ?? 0, wasReset ? use?.peak ?? 0 : 0);
  };
  const timer = setInterval(() => take(memoryOf(server.pid)), SAMPLE_MS);
  try {
    await sendByCurl(server.address, { archive, branch: "large", coverageFile, as });
  } finally {
    clearInterval(timer);
  }
  const after = memoryOf(server.pid);
  take(after);
  return { idle: before.resident, peak: sampled, after: after?.resident ?? 0 };
}

/** Packs files that do not compress, of the same bytes in every run, and a small coverage file. */
async function packNoise(
  folder: string,
  options: {
    name: string;
    small: { count: number; bytes: number };
    large: { count: number; bytes: number };
  },
): Promise<string> {
  const root = join(folder, options.name);
  await Deno.mkdir(root);
  const noise = new Noise(42);
  for (const [kind, { count, bytes }] of Object.entries({ a: options.small, b: options.large })) {
    for (let index = 0; index < count; index++) {
      await Deno.writeFile(join(root, `${kind}${index}.bin`), noise.next(bytes));
    }
  }
  await Deno.writeTextFile(
    join(root, "coverage.xml"),
    '<coverage line-rate="0.5" lines-covered="1" lines-valid="2" version="1"><packages/></coverage>',
  );
  const archive = join(folder, `${options.name}.tar.gz`);
  await run("tar", ["-C", folder, "-zcf", archive, options.name]);
  await Deno.remove(root, { recursive: true });
  return archive;
}

/** Bytes that look random; `crypto` has no seed. */
class Noise {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4));
    let state = this.#state;
    for (let index = 0; index < words.length; index++) {
      // Marsaglia's xorshift, by 13, 17 and 5.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    this.#state = state;
    return new Uint8Array(words.buffer, 0, length);
  }
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(0)} MB`;
}
