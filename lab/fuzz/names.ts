/**
 * Names that an archive must not get away with, and names that are merely odd.
 *
 * @module
 */
import { join } from "node:path";
import type { Random } from "./random.ts";

/** Places that a name which leads out of the reports folder would write to. */
export class Traps {
  /** The last segment of every such name; made of the seed, so that an input repeats. */
  readonly token: string;
  readonly #paths: string[];

  /** Lays out the traps, and removes what is in them from an earlier run. */
  constructor(seed: number, temporary: string) {
    this.token = `coverage-fuzz-escape-${seed}`;
    this.#paths = [temporary, "/", "/tmp", "/var/tmp", "/dev/shm", Deno.cwd()]
      .map((folder) => join(folder, this.token));
    for (const path of this.sprung()) Deno.removeSync(path, { recursive: true });
  }

  /** The traps that something was written to. */
  sprung(): string[] {
    return [...new Set(this.#paths)].filter((path) => {
      try {
        return Deno.lstatSync(path) !== undefined;
      } catch {
        return false;
      }
    });
  }
}

const ODD = [
  ...["", ".", "./", "..", "../", "/", "//", "\\", "\\\\", "C:\\", "C:", "con", "aux.html"],
  ...["%2e%2e%2f", "%00", "a%", "a?b", "a#b", "a b", " ", "\t", "\n", "\r\n", "\u0085", "\u2028"],
  ...["index.html", "INDEX.HTML", "coverage.html", "index.html/", ".htaccess", "-rf", "~", "*"],
  ...[
    "report",
    "report/",
    "report/coverage.xml/x",
    "\u202egpj.exe",
    "ﬁ",
    "e\u0301",
    "😀",
    "\ufeff",
  ],
  ...["__proto__", "constructor", "'", '"', "<script>", "&amp;", ";", "$(id)", "`id`", "a\\..\\b"],
];

/** A name for an entry: mostly hostile, at times only odd. */
export function hostileName(random: Random, token: string): string {
  switch (random.below(10)) {
    case 0:
      return "../".repeat(random.between(1, 12)) + token;
    case 1:
      return `${random.pick(["/", "//", "/tmp/", "/dev/shm/", "/./", "./../"])}${token}`;
    case 2:
      return `a/${
        random.pick(["../", "./../", ".././", "..//"]).repeat(random.between(1, 9))
      }${token}`;
    case 3:
      return `${random.pick(["..\\", "C:\\", "C:/", "\\\\host\\", "..\\../"])}${token}`;
    case 4:
      return `${random.pick(ODD)}\0${random.pick(ODD)}`;
    case 5:
      return random.pick(["a", "é", "a/", "😀", "../", "./"]).repeat(random.length(6000));
    case 6:
      return Array.from({ length: random.between(1, 6) }, () => random.pick(ODD)).join("/");
    case 7:
      return String.fromCharCode(...Array.from(random.bytes(random.length(300))));
    case 8:
      return Array.from(
        { length: random.length(40) },
        () => random.pick(["/", "\\", ".", "..", "a", ":", "\0", " ", "\ud800", "\udc00", "é"]),
      ).join("");
    default:
      return random.pick(ODD);
  }
}
