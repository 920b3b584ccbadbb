/** Names that do not fit a tar header: GNU's `L` entries and pax's `x` and `g` records. */
import { quote, unprocessable } from "../errors.ts";
import { readWhole } from "../http/byte_stream.ts";

/** A name has 4096 bytes at most; pax records of some writers carry extended attributes beside it. */
const MAX_BYTES = 1024 * 1024;
/** GNU writes two such entries before a file (`K` and `L`), pax one or two. */
const MAX_IN_A_ROW = 16;

const decoder = new TextDecoder();

/** The pax records that matter here; all others are dropped while reading. */
const WANTED = new Set(["path", "linkpath", "size", "GNU.sparse.name"]);
const SPARSE = "GNU.sparse.";

/** The type flags of entries that describe the next one, and are never files themselves. */
const META = new Set(["L", "K", "x", "g"]);

/** The names of an entry. */
export interface EntryNames {
  readonly name: string;
  /** What a link points to. */
  readonly target: string;
}

/** Collects what those entries say until the entry that they describe comes. */
export class LongNames {
  #gnuName: string | undefined;
  #gnuTarget: string | undefined;
  #records = new Map<string, string>();
  #global = new Map<string, string>();
  #inARow = 0;

  /** Whether entries of this type are for {@linkcode read}. */
  static isMeta(typeflag: string): boolean {
    return META.has(typeflag);
  }

  /** Takes a meta entry and its body of `size` bytes. Throws a 422 where it is malformed or too large. */
  async read(typeflag: string, size: number, body: ReadableStream<Uint8Array>): Promise<void> {
    if (++this.#inARow > MAX_IN_A_ROW || !(size <= MAX_BYTES)) {
      await body.cancel();
      throw unprocessable(
        `The archive has an extended header of ${size} bytes, or more than ${MAX_IN_A_ROW} of them ` +
          `before an entry; at most ${MAX_BYTES} bytes are allowed.`,
      );
    }
    const bytes = await readWhole(body, size);
    if (typeflag === "L") this.#gnuName = decode(bytes).replace(/\0+$/, "");
    else if (typeflag === "K") this.#gnuTarget = decode(bytes).replace(/\0+$/, "");
    else if (typeflag === "x") readRecords(bytes, this.#records);
    else if (typeflag === "g") readRecords(bytes, this.#global);
  }

  /**
   * The names of the next entry, whose header says `name`, `linkname` and `size`; forgets what was said
   * of that one only. Throws a 422 for an entry whose body is not simply the file.
   */
  resolve(
    name: string,
    { linkname, size }: { linkname: string; size: number },
  ): EntryNames {
    const record = (key: string) => this.#records.get(key) ?? this.#global.get(key);
    const names = {
      name: record("path") || this.#gnuName || name,
      target: record("linkpath") || this.#gnuTarget || linkname,
    };
    const recordedSize = record("size");
    const sparse = this.#records.has(SPARSE)
      ? this.#records.get("GNU.sparse.name") ?? names.name
      : undefined;
    this.#records.clear();
    this.#gnuName = this.#gnuTarget = undefined;
    this.#inARow = 0;
    if (sparse !== undefined) throw sparseFile(sparse);
    if (recordedSize !== undefined && Number(recordedSize) !== size) {
      throw unprocessable(
        `The archive gives ${quote(names.name)} two sizes, ${size} and ${quote(recordedSize)}.`,
      );
    }
    return names;
  }
}

/** The refusal of a file of which only the parts that hold something are in the archive. */
export function sparseFile(name: string) {
  return unprocessable(
    `The archive has a sparse file, ${quote(name)}; pack it without -S, and with bsdtar (macOS, ` +
      "Windows) with --no-read-sparse.",
  );
}

/** `"<length> <key>=<value>\n"`, the length in bytes and counting itself (POSIX pax, "pax Header Block"). */
function readRecords(bytes: Uint8Array, records: Map<string, string>): void {
  for (let offset = 0; offset < bytes.byteLength;) {
    if (bytes[offset] === 0) return; // some writers pad with NULs
    const space = bytes.indexOf(0x20, offset);
    const digits = space < 0 || space - offset > 8 ? "" : decode(bytes.subarray(offset, space));
    const end = offset + Number(digits);
    if (!/^[1-9]\d*$/.test(digits) || end > bytes.byteLength || bytes[end - 1] !== 0x0a) {
      throw malformed();
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) throw malformed();
    const key = decode(bytes.subarray(space + 1, equals));
    if (WANTED.has(key)) records.set(key, decode(bytes.subarray(equals + 1, end - 1)));
    if (key.startsWith(SPARSE)) records.set(SPARSE, "");
    offset = end;
  }
}

function malformed() {
  return unprocessable("The archive has a malformed pax header.");
}

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
