/**
 * Reports to upload, each unlike any other, so that what is stored tells which upload it is of.
 *
 * @module
 */
import { cobertura, concat, type Entry, gzip, tar } from "../../tests/support/archive.ts";
import { FIELDS } from "../../tests/support/fields.ts";
import { Random } from "../fuzz/random.ts";

/** Branches that uploads are spread over: few, so that they supersede each other. */
const BRANCHES = 12;
const LANGUAGES = ["go", "java"] as const;
/** Lines of the coverage file, of which each upload has covered another number. */
const LINES = 10_000;
/** A file that one report in eight has. */
export const LARGE_FILE = "report/large.bin";
/** Its length; files above a mebibyte take another way to the disk. */
const LARGE_BYTES = 2 ** 21;
/** Noise that files are cut from, because making it anew for each would take most of the time. */
const NOISE = new Random(0, "noise").bytes(3 * 1024 * 1024);

/** What is known of a report that was sent. */
export interface Manifest {
  /** The upload's number; its commit is named by it. */
  readonly number: number;
  /** Where it belongs to. */
  readonly fields: Readonly<Record<string, string>>;
  /** What the server must make of its coverage file. */
  readonly percentage: number;
  /** The SHA-256 of each of its files, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** A report to send. */
export interface Cargo extends Manifest {
  /** The archive. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Its media type. */
  readonly type: string;
}

/** Makes the report of an upload; the same one for the same seed and number. */
export async function makeCargo(seed: number, number: number): Promise<Cargo> {
  const random = new Random(seed, "cargo", number);
  const covered = 1 + number % (LINES - 1);
  const entries: Entry[] = [
    { name: "report/index.html", content: `<h1>upload ${number}</h1>` },
    { name: "report/coverage.xml", content: cobertura(covered, LINES) },
  ];
  for (let page = random.between(2, 12); page > 0; page--) {
    const folder = random.pick(["", "src/", "src/deeper/below/"]);
    entries.push({
      name: `report/${folder}page${page}.html`,
      content: piece(random, random.length(40_000)),
    });
  }
  if (random.oneIn(8)) entries.push({ name: LARGE_FILE, content: piece(random, LARGE_BYTES) });
  const archive = tar(entries);
  const isPlain = random.oneIn(2);
  const files = entries.map(async ({ name, content }) => [name, await sha256(content!)] as const);
  return {
    number,
    fields: {
      ...FIELDS,
      branch_name: `branch/${random.below(BRANCHES)}`,
      language: random.pick(LANGUAGES),
      commit_hash: commitOf(number),
    },
    percentage: covered * 100 / LINES,
    files: new Map(await Promise.all(files)),
    body: isPlain ? archive : await gzip(archive),
    type: isPlain ? "application/x-tar" : "application/gzip",
  };
}

/** The commit that names an upload in its row. */
export function commitOf(number: number): string {
  return `upload.${number}`;
}

/** The SHA-256 of bytes or text, in hex. */
export async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** A piece of the noise behind a stamp, so that no two files are alike. */
function piece(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const start = random.below(NOISE.length - length);
  return concat([random.bytes(16), NOISE.subarray(start, start + length)]);
}
