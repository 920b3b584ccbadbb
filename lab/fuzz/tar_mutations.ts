/** Mutations of a tar: header fields, hostile names, the order of entries, entries that are put in. */
import { join } from "node:path";
import fc from "fast-check";
import { concat, type Entry, pax, tar as makeTar } from "../../tests/support/archive.ts";
import { type Bytes, type Mutation, mutation, ofBytes, place, splice } from "./mutations.ts";

const BLOCK = 512;
const encoder = new TextEncoder();

/** The last segment of every name that leads out of the report. */
const TOKEN = "coverage-fuzz-escape";

/** Places that such a name would lead to, where something was written. */
export function escaped(): string[] {
  const folders = ["/", "/tmp", "/var/tmp", "/dev/shm", Deno.env.get("TMPDIR") ?? "/tmp", "."];
  return [...new Set(folders)].map((folder) => join(folder, TOKEN)).filter((path) => {
    try {
      return Deno.lstatSync(path) !== undefined;
    } catch {
      return false;
    }
  });
}

const odd = fc.constantFrom(
  ...["", ".", "./", "..", "../", "/", "//", "\\", "\\\\", "C:\\", "C:", "con", "aux.html"],
  ...["%2e%2e%2f", "%00", "a%", "a?b", "a#b", "a b", " ", "\t", "\n", "\r\n", "\u0085", "\u2028"],
  ...["index.html", "INDEX.HTML", "index.html/", ".htaccess", "-rf", "~", "*", "report/", "report"],
  ...["report/coverage.xml/x", "\u202egpj.exe", "ﬁ", "e\u0301", "😀", "\ufeff", "\ud800", "\0"],
  ...["__proto__", "constructor", "'", '"', "<script>", "&amp;", ";", "$(id)", "`id`", "a\\..\\b"],
);
const up = fc.tuple(
  fc.constantFrom("", "", "", "a/", "/", "//", "/tmp/", "./../", "C:\\", "C:/", "\\\\host\\"),
  fc.array(fc.constantFrom("../", "./../", ".././", "..//", "..\\"), { maxLength: 9 }),
);

/** Mostly hostile, at times only odd. */
const hostileName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: up.map(([root, ups]) => root + ups.join("") + TOKEN) },
  odd,
  fc.array(odd, { maxLength: 8 }).map((parts) => parts.join("")),
  fc.array(odd, { maxLength: 6 }).map((parts) => parts.join("/")),
  fc.tuple(fc.constantFrom("a", "é", "a/", "😀", "../", "./"), fc.nat(6000))
    .map(([text, times]) => text.repeat(times)),
  fc.string({ unit: "binary", maxLength: 300 }),
);

/** Where entries begin and end, as far as they can be followed. */
function entriesOf(tar: Bytes): { at: number; end: number }[] {
  const found: { at: number; end: number }[] = [];
  for (let at = 0; at + BLOCK <= tar.byteLength && tar[at] !== 0;) {
    const digits = String.fromCharCode(...tar.subarray(at + 124, at + 135)).trim();
    const size = /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : 0;
    const end = Math.min(at + BLOCK + Math.ceil(size / BLOCK) * BLOCK, tar.byteLength);
    found.push({ at, end });
    at = end;
  }
  return found;
}

function endOf(tar: Bytes): number {
  return entriesOf(tar).at(-1)?.end ?? 0;
}

function repairChecksum(block: Bytes): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encoder.encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}

/** Changes a field of one header, and mostly repairs the checksum. */
function field(name: string, start: number, length: number, value: fc.Arbitrary<string | Bytes>) {
  const details = fc.tuple(place, value, fc.nat(3));
  return mutation(`header ${name}`, details, (tar, [at, value, unless]) => {
    const result = tar.slice();
    const entries = entriesOf(tar);
    if (entries.length === 0) return result;
    const first = entries[at % entries.length]!.at;
    const block = result.subarray(first, first + BLOCK);
    const bytes = typeof value === "string" ? encoder.encode(value) : value;
    block.fill(0, start, start + length);
    block.set(bytes.subarray(0, length), start);
    if (unless < 3) repairChecksum(block);
    return result;
  });
}

const numbers = fc.constantFrom(
  ...["", "0", "1", "-1", " 5", "5 ", "7777777", " 12 34", "0x1f", "1e3", "NaN", "+7", "\0\0\x001"],
  ...["99999999", "77777777777\0", "37777777777\0", "777777777777", "99999999999999999999"],
);
const size = fc.oneof(
  numbers,
  // As GNU writes what is over 8 GiB: base 256; 0xff is negative.
  fc.constantFrom(0x80, 0xff, 0x81).map((first) => new Uint8Array(12).fill(first)),
  fc.uint8Array({ minLength: 11, maxLength: 11 }).map((rest) => Uint8Array.of(0x80, ...rest)),
  fc.nat(5000).map((bytes) => `${bytes.toString(8).padStart(11, "0")}\0`), // only a little wrong
);
const type = fc.constantFrom(..."0123456789LKxgSVDMAXN\0 ");
const global = fc.constantFrom<"x" | "g">("x", "g");

/** Puts entries before an entry, or behind the last. */
function added(name: string, entries: fc.Arbitrary<Entry[]>) {
  return mutation(`plus ${name}`, fc.record({ at: place, entries }), (tar, { at, entries }) => {
    const places = [...entriesOf(tar).map(({ at }) => at), endOf(tar)];
    return splice(tar, places[at % places.length]!, 0, makeTar(entries, { end: false }));
  });
}

const paxKey = fc.constantFrom(
  ...["path", "size", "linkpath", "mtime", "comment", "GNU.sparse.major", "GNU.sparse.name"],
  ...["GNU.sparse.realsize", "SCHILY.realsize", "hdrcharset", "__proto__", "", "a=b", "a b"],
);
const rawRecords = fc.constantFrom(
  ...["", " ", "\n", "0", "0 \n", "5 a=b", "6 a=b\n", "6 abc\n", "06 a=\n", "-6 a=b\n", "6\ta=b\n"],
  ...["99999999 a=b\n", "999999999999 a=b\n", "6 a=b\n7 a=b\n", "6 a=b\n\0\0\0", "4 =\n", "3 \n"],
  ...["6.0 a=b\n", "1e1 a=bcdef\n", "6 a=b\n6 a", "=\n", "13 path=a=b=c\n", "2 6 a=b\n", "1 \n"],
);
const meta = fc.constantFrom("x", "g", "L", "K");

const records = fc.dictionary(paxKey, fc.oneof(hostileName, numbers));
const rawHeader = fc.record({ name: fc.constant("p"), type: meta, content: rawRecords });
const longName = fc.record({ name: fc.constant("p"), type: meta, content: hostileName });
const anything = fc.record({ name: hostileName, type, content: fc.string() });
const inTheWay = ["a", "report", "coverage", "coverage/coverage.xml"].flatMap((name): Entry[] => [
  { name, content: "x" },
  { name: `${name}/b`, content: "" },
  { name: `${name}/`, type: "5" },
]);
const links = ["..", "/tmp", "../..", "/dev/shm", "/", `../${TOKEN}`].map((linkName): Entry[] => [
  { name: "report/out", type: "2", linkName },
  { name: `report/out/${TOKEN}`, content: "through" },
]);
const huge = { name: "p", type: "x", content: new Uint8Array(2 ** 20 + 1).fill(0x61) };
const many = Array.from({ length: 2100 }, (_, at) => ({ name: `many/${at}` }));

const addedEntries = [
  added("records", fc.tuple(records, global).map(([records, type]) => [pax(records, type)])),
  added("raw headers", fc.array(rawHeader, { maxLength: 40 })),
  added("long name", fc.tuple(longName)),
  added("anything", fc.tuple(anything)),
  added("a way through a link", fc.constantFrom(...links)),
  added("files in the way", fc.array(fc.constantFrom(...inTheWay), { maxLength: 300 })),
  added("deep folders", fc.nat(1500).map((depth) => [{ name: "a/".repeat(depth) + "index.html" }])),
  added("too much", fc.constantFrom([huge], many)),
];

const fields = [
  field("name", 0, 100, hostileName),
  field("link name", 157, 100, hostileName),
  field("prefix", 345, 155, hostileName),
  field("type", 156, 1, type),
  field("size", 124, 12, size),
  field("checksum", 148, 8, numbers),
  field("magic", 257, 8, fc.constantFrom("", "ustar", "ustar\x0000", "ustar  ", "tar\0")),
];

export const ofTar: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 2, arbitrary: ofBytes },
  { weight: 6, arbitrary: fc.oneof(...fields) },
  { weight: 6, arbitrary: fc.oneof(...addedEntries) },
  mutation("entry moved", fc.tuple(place, place), (tar, [from, to]) => {
    const parts = entriesOf(tar).map(({ at, end }) => tar.slice(at, end));
    const [part] = parts.splice(from % (parts.length || 1), 1);
    if (part) parts.splice(to % (parts.length + 1), 0, part);
    return concat([...parts, tar.slice(endOf(tar))]);
  }),
  mutation("cut near its end", fc.nat(1025), (tar, more) => tar.slice(0, endOf(tar) + more)),
  mutation("twice", fc.constant(""), (tar) => concat([tar, tar])),
  mutation("twice, one end", fc.constant(""), (tar) => concat([tar.slice(0, endOf(tar)), tar])),
);
