/** Hostile and odd names of an archive's entries. */
import { join } from "node:path";
import fc from "fast-check";

/** The last segment of every name that leads out of the report. */
export const TOKEN = "coverage-fuzz-escape";

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
export const hostileName: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: up.map(([root, ups]) => root + ups.join("") + TOKEN) },
  odd,
  fc.array(odd, { maxLength: 8 }).map((parts) => parts.join("")),
  fc.array(odd, { maxLength: 6 }).map((parts) => parts.join("/")),
  fc.tuple(fc.constantFrom("a", "é", "a/", "😀", "../", "./"), fc.nat(6000))
    .map(([text, times]) => text.repeat(times)),
  fc.string({ unit: "binary", maxLength: 300 }),
);
