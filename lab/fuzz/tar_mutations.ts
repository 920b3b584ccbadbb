/**
 * Mutations of a tar: header fields, the order of entries, and entries that are put in.
 *
 * @module
 */
import fc from "fast-check";
import { cobertura, concat, type Entry, pax, tar as makeTar } from "../../tests/support/archive.ts";
import { type Bytes, type Mutation, mutation, ofBytes, place, splice } from "./mutations.ts";
import { hostileName, TOKEN } from "./names.ts";

const BLOCK = 512;
const encoder = new TextEncoder();

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

function repairChecksum(block: Bytes): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encoder.encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}

/** Changes a field of one header; the checksum is repaired most of the time. */
function field(name: string, start: number, length: number, value: fc.Arbitrary<string | Bytes>) {
  const repaired = name === "checksum" ? fc.constant(false) : fc.integer({ max: 3, min: 0 });
  return mutation(
    `header ${name}`,
    fc.record({ at: place, value, repaired }),
    (tar, { at, value, repaired }) => {
      const result = tar.slice();
      const entries = entriesOf(tar);
      if (entries.length === 0) return result;
      const { at: start_ } = entries[at % entries.length]!;
      const block = result.subarray(start_, start_ + BLOCK);
      const bytes = typeof value === "string" ? encoder.encode(value) : value;
      block.fill(0, start, start + length);
      block.set(bytes.subarray(0, length), start);
      if (repaired !== false && repaired < 3) repairChecksum(block);
      return result;
    },
  );
}

const numbers = fc.constantFrom(
  ...["", "0", "1", "-1", " 5", "5 ", "7777777", " 12 34", "0x1f", "1e3", "NaN", "+7", "\0\0\x001"],
  ...["99999999", "77777777777\0", "37777777777\0", "777777777777", "99999999999999999999"],
);
/** As GNU writes what is over 8 GiB: base 256, 0xff is negative. */
const base256 = fc.tuple(
  fc.constantFrom(0x80, 0xff, 0x81),
  fc.uint8Array({ minLength: 11, maxLength: 11 }),
).map(([first, rest]) => Uint8Array.of(first, ...rest));
const size = fc.oneof(
  numbers,
  base256,
  fc.nat(5000).map((bytes) => `${bytes.toString(8).padStart(11, "0")}\0`), // only a little wrong
);
const type = fc.constantFrom(..."0123456789LKxgSVDMAXN\0 ");
const global = fc.constantFrom<"x" | "g">("x", "g");

/** Puts entries before an entry, or behind the last. */
function added(name: string, entries: fc.Arbitrary<Entry[]>) {
  return mutation(`plus ${name}`, fc.record({ at: place, entries }), (tar, { at, entries }) => {
    const places = [...entriesOf(tar).map(({ at }) => at), entriesOf(tar).at(-1)?.end ?? 0];
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

const addedEntries = [
  added("pax path", fc.tuple(hostileName, global).map(([path, type]) => [pax({ path }, type)])),
  added("pax size", fc.tuple(numbers, global).map(([size, type]) => [pax({ size }, type)])),
  added(
    "pax records",
    fc.tuple(fc.dictionary(paxKey, hostileName), global).map(([all, type]) => [pax(all, type)]),
  ),
  added("pax raw", fc.record({ name: fc.constant("p"), type: meta, content: rawRecords }).map(one)),
  added(
    "long name",
    fc.record({ name: fc.constant("././@LongLink"), type: meta, content: hostileName }).map(one),
  ),
  added(
    "extended headers",
    fc.array(fc.record({ name: fc.constant("p"), type: meta, content: rawRecords }), {
      minLength: 10,
      maxLength: 40,
    }),
  ),
  added(
    "huge extended header",
    fc.record({
      name: fc.constant("p"),
      type: meta,
      content: fc.constantFrom(2 ** 20, 2 ** 20 + 1, 3_000_000)
        .map((length) => new Uint8Array(length).fill(0x61)),
    }).map(one),
  ),
  added(
    "entry",
    fc.record({ name: hostileName, type, linkName: hostileName, content: fc.string() }).map(one),
  ),
  added(
    "through a link",
    fc.record({
      name: fc.constantFrom("out", "report/out", "report", "coverage", "build", "."),
      type: fc.constantFrom("2", "1"),
      linkName: fc.constantFrom("..", "/tmp", "../..", "/dev/shm", "/", `../${TOKEN}`),
    }).map((link) => [link, { name: `${link.name}/${TOKEN}`, content: "through" }]),
  ),
  added(
    "file in the way",
    fc.array(
      fc.constantFrom<Entry>(
        ...["a", "report", "coverage", "coverage/coverage.xml"].flatMap((name) => [
          { name, content: "x" },
          { name: `${name}/b`, content: "" },
          { name: `${name}/`, type: "5" },
        ]),
      ),
      { minLength: 2, maxLength: 5 },
    ),
  ),
  added(
    "one name often",
    fc.array(
      fc.constantFrom<Entry>(
        { name: "report/same", content: "x".repeat(3000) },
        { name: "coverage/coverage.xml", content: cobertura(1, 2) },
      ),
      { maxLength: 300 },
    ),
  ),
  added(
    "deep folders",
    fc.tuple(fc.constantFrom("a/", "é/", "abcdefgh/"), fc.nat(1500))
      .map(([folder, depth]) => [{ name: `${folder.repeat(depth)}index.html`, content: "deep" }]),
  ),
  added(
    "many files",
    fc.constantFrom(50, 400, 2100)
      .map((count) => Array.from({ length: count }, (_, at) => ({ name: `many/${at}` }))),
  ),
];

function one(entry: Entry): Entry[] {
  return [entry];
}

export const ofTar: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 2, arbitrary: ofBytes },
  {
    weight: 4,
    arbitrary: fc.oneof(
      field("name", 0, 100, hostileName),
      field("link name", 157, 100, hostileName),
      field("prefix", 345, 155, hostileName),
      field("type", 156, 1, type),
      field("size", 124, 12, size),
      field("checksum", 148, 8, numbers),
      field("magic", 257, 8, fc.constantFrom("", "ustar", "ustar\x0000", "ustar  ", "tar\0")),
    ),
  },
  { weight: 4, arbitrary: fc.oneof(...addedEntries) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      mutation("entry moved", fc.tuple(place, place), (tar, [from, to]) => {
        const entries = entriesOf(tar);
        const parts = entries.map(({ at, end }) => tar.slice(at, end));
        const [part] = parts.splice(from % (parts.length || 1), 1);
        if (part) parts.splice(to % (parts.length + 1), 0, part);
        return concat([...parts, tar.slice(entries.at(-1)?.end ?? 0)]);
      }),
      mutation(
        "without its end",
        fc.nat(1025),
        (tar, left) => tar.slice(0, (entriesOf(tar).at(-1)?.end ?? 0) + left),
      ),
      mutation("twice", fc.constant(""), (tar) => concat([tar, tar])),
      mutation(
        "twice without the first end",
        fc.constant(""),
        (tar) => concat([tar.slice(0, entriesOf(tar).at(-1)?.end ?? 0), tar]),
      ),
    ),
  },
);
