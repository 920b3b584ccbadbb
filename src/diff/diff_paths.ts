/** The names of files in a diff: quoted or not, with a prefix such as `a/` and `b/` or without. */
import { decodeName } from "../formats/document_text.ts";

const NO_FILE = "/dev/null";
/** `a/` and `b/`; with `diff.mnemonicPrefix` also `c/`, `i/`, `o/`, `w/`, and for two files `1/`, `2/`. */
const PREFIX = /^[abciow12]\//;

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" },
  ...{ '"': '"', "\\": "\\" },
};

/**
 * The name in a `---`, `+++`, `rename to` or `copy to` line, with its prefix. What follows a tab is
 * a time, or nothing: git ends a name with spaces like that.
 */
function sidePath(side: string): string {
  return quotedName(side) ?? decodeName(side.split("\t")[0]!);
}

/** The old side's name after `diff --git`, with its prefix; the new side's follows it. */
function oldPathOf(header: string, newSide: string): string | undefined {
  const quoted = quotedName(header);
  if (quoted !== undefined) return quoted;
  const end = ` ${newSide.split("\t")[0]}`;
  return header.endsWith(end) ? decodeName(header.slice(0, -end.length)) : undefined;
}

/** The path of the new side in the repository; undefined for a deleted file. */
export function pathOf({ header, oldSide, newSide, renamedTo }: {
  /** What follows `diff --git `, `--- `, `+++ `, and `rename to ` or `copy to `. */
  header: string | undefined;
  oldSide: string;
  newSide: string;
  renamedTo: string | undefined;
}): string | undefined {
  const [old, path] = [oldSide, newSide].map(sidePath) as [string, string];
  if (path === NO_FILE) return undefined;
  if (renamedTo !== undefined) return sidePath(renamedTo); // has no prefix
  const before = old !== NO_FILE ? old : header && oldPathOf(header, newSide);
  return withoutPrefix(before, path).replace(/^(?:\.\/+)+/, "");
}

function withoutPrefix(old: string | undefined, path: string): string {
  if (old === path) return path;
  if (old === undefined || PREFIX.test(old) && PREFIX.test(path)) return path.replace(PREFIX, "");
  return commonEnd(old, path) ?? path.replace(PREFIX, ""); // as in old/src/a.ts and new/src/a.ts
}

/** The segments that both paths end with; undefined where there are none. */
function commonEnd(one: string, other: string): string | undefined {
  const [a, b] = [one.split("/"), other.split("/")];
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length === 0 ? undefined : b.slice(b.length - length).join("/");
}

/** The name that a text begins with in quotes, as C writes it: `"a/\303\274.ts"`. */
function quotedName(text: string): string | undefined {
  const bytes = /^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  if (bytes === undefined) return undefined;
  return decodeName(bytes.replaceAll(
    /\\([0-3][0-7]{2}|.)/g,
    (whole, escape: string) =>
      escape.length === 3 ? String.fromCharCode(parseInt(escape, 8)) : ESCAPES[escape] ?? whole,
  ));
}
