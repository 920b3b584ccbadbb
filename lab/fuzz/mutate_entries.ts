/**
 * Mutations that put whole entries into a tar: extended headers, links, and names in each other's way.
 *
 * @module
 */
import { cobertura, type Entry, pax, tar as makeTar } from "../../tests/support/archive.ts";
import { type Bytes, type Mutation, splice } from "./mutation.ts";
import { hostileName } from "./names.ts";
import type { Random } from "./random.ts";
import { BLOCK, places } from "./tar_blocks.ts";

/** Mutations that add entries, or change the records of those that are there. */
export function entryMutations(token: string): Mutation[] {
  const name = (random: Random) => hostileName(random, token);
  return [
    added("pax path", (random) => [pax({ path: name(random) }, random.pick(["x", "g"]))]),
    added("pax size", (random) => [
      pax({ size: random.pick(NUMBERS) }, random.pick(["x", "g"])),
    ]),
    added("pax records", (random) => [
      pax(
        Object.fromEntries(
          Array.from({ length: random.length(200) }, () => [random.pick(KEYS), name(random)]),
        ),
        random.pick(["x", "g"]),
      ),
    ]),
    added("pax raw", (random) => [{
      name: "PaxHeader",
      type: random.pick(["x", "g", "X"]),
      content: random.oneIn(2) ? random.bytes(random.length(2048)) : random.pick(RAW_RECORDS),
    }]),
    added("long name", (random) => [{
      name: "././@LongLink",
      type: random.pick(["L", "L", "K", "N"]),
      content: name(random) + random.pick(["", "\0", "\0\0\0", "\0x"]),
    }]),
    added(
      "many extended headers",
      (random) =>
        Array.from({ length: random.between(10, 40) }, () => ({
          name: "././@LongLink",
          type: random.pick(["L", "K", "x", "g"]),
          content: random.oneIn(2) ? "" : "30 mtime=1234567890.123456789\n",
        })),
    ),
    added("huge extended header", (random) => [{
      name: "PaxHeader",
      type: random.pick(["x", "g", "L", "K"]),
      content: new Uint8Array(random.pick([1024 * 1024, 1024 * 1024 + 1, 3_000_000])).fill(0x61),
    }]),
    added("entry", (random) => [{
      name: name(random),
      type: random.pick([..."0123456789LKxgSVDMAX"]),
      linkName: name(random),
      content: random.oneIn(2) ? "" : "some text",
    }]),
    added("through a link", (random) => {
      const link = random.pick(["out", "report/out", "report", "coverage", "build", "."]);
      return [
        {
          name: link,
          type: random.pick(["2", "2", "1"]),
          linkName: random.pick(["..", "/tmp", "../..", "/dev/shm", "/", `../${token}`]),
        },
        { name: `${link}/${token}`, content: "through" },
      ];
    }),
    added("file in the way", (random) => {
      const path = random.pick(["a", "report", "build", "coverage", "coverage/coverage.xml"]);
      const file = { name: path, content: "x" };
      const below = { name: `${path}/${random.pick(["b", "b/c/", "index.html"])}`, content: "" };
      const folder = { name: `${path}/`, type: "5" };
      return Array.from({ length: random.between(2, 5) }, () => random.pick([file, below, folder]));
    }),
    added("one name often", (random) =>
      Array.from({ length: random.length(300) }, () => ({
        name: random.pick(["same", "report/same", "coverage/coverage.xml"]),
        content: random.oneIn(2) ? "x".repeat(random.length(3000)) : cobertura(1, 2),
      }))),
    added("deep folders", (random) => [{
      name: `${random.pick(["a/", "é/", "abcdefgh/"]).repeat(random.length(1500))}index.html`,
      content: "deep",
    }]),
    added(
      "many files",
      (random) =>
        Array.from({ length: random.pick([50, 400, 2100]) }, (_, at) => ({ name: `many/${at}` })),
    ),
    { kind: "pax lengths", apply: changeLengths },
  ];
}

const NUMBERS = ["0", "1", "-1", "", "99999999999999999999", "1e3", "0x10", "NaN", " 5", "5 "];
const KEYS = [
  ...["path", "size", "linkpath", "mtime", "comment", "GNU.sparse.major", "GNU.sparse.name"],
  ...["GNU.sparse.realsize", "SCHILY.realsize", "hdrcharset", "__proto__", "", "a=b", "a b"],
];
const RAW_RECORDS = [
  ...["", " ", "\n", "0", "0 \n", "5 a=b", "6 a=b\n", "6 abc\n", "06 a=\n", "-6 a=b\n", "6\ta=b\n"],
  ...["99999999 a=b\n", "999999999999 a=b\n", "6 a=b\n7 a=b\n", "6 a=b\n\0\0\0", "4 =\n", "3 \n"],
  ...["6.0 a=b\n", "1e1 a=bcdef\n", "6 a=b\n6 a", "=\n", "13 path=a=b=c\n", "2 6 a=b\n", "1 \n"],
];

/** A mutation that puts entries before an entry, or behind the last. */
function added(name: string, make: (random: Random) => Entry[]): Mutation {
  return {
    kind: `tar plus ${name}`,
    apply(tar, random) {
      const list = places(tar);
      const at = random.oneIn(4) ? list.at(-1)?.end ?? 0 : list.length ? random.pick(list).at : 0;
      return splice(tar, at, 0, makeTar(make(random), { end: false }));
    },
  };
}

/** Changes the digits that pax records begin with, without moving what follows. */
function changeLengths(tar: Bytes, random: Random): Bytes {
  const result = tar.slice();
  for (const { at, end } of places(tar).filter(({ type }) => type === "x" || type === "g")) {
    if (random.oneIn(3)) continue;
    const body = result.subarray(at + BLOCK, end);
    for (let offset = 0; offset < body.byteLength && body[offset] !== 0x20; offset++) {
      body[offset] = random.pick([...("0123456789-+ .e")]).charCodeAt(0);
    }
  }
  return result;
}
