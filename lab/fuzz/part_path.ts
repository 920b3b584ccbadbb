/**
 * The check of names, alone: whatever passes it stays below the report.
 *
 * @module
 */
import { isAbsolute, join, relative, win32 } from "node:path";
import { HttpError } from "../../src/errors.ts";
import { safePath } from "../../src/archive/safe_path.ts";
import { hostileName } from "./names.ts";
import { type Bench, runPart } from "./part.ts";
import { Random } from "./random.ts";

const ROOT = "/root/of/the/report";
const WINDOWS_ROOT = "C:\\root\\of\\the\\report";

/** Gives random names to `safePath`. */
export async function fuzzPaths(bench: Bench): Promise<void> {
  const { options, ledger, traps } = bench;
  await runPart(bench, "path", { runs: options.runs * 20, share: 0.04 }, (iteration) => {
    const random = new Random(options.seed, "path", iteration);
    const name = hostileName(random, traps.token);
    const { outcome, problems } = check(name);
    ledger.add({
      part: "path",
      iteration,
      kinds: [],
      outcome,
      problems,
      input: new TextEncoder().encode(name),
      source: JSON.stringify(name.slice(0, 200)),
    });
    return Promise.resolve();
  });
}

function check(name: string): { outcome: string; problems: string[] } {
  let path: string;
  try {
    path = safePath(name);
  } catch (error) {
    const expected = error instanceof HttpError && error.status === 422;
    return {
      outcome: "refused",
      problems: expected ? [] : [`safePath threw ${Deno.inspect(error)}`],
    };
  }
  const problems: string[] = [];
  if (isAbsolute(path)) problems.push("the path is absolute");
  if (win32.isAbsolute(path)) problems.push("the path is absolute on Windows");
  if (path.split(/[/\\]/).includes("..")) problems.push("the path has a segment ..");
  if (path.includes("\0")) problems.push("the path has a NUL");
  const inRoot = relative(ROOT, join(ROOT, path));
  if (isAbsolute(inRoot) || /^\.\.(\/|$)/.test(inRoot)) {
    problems.push("the path leads out of its root");
  }
  const inWindowsRoot = win32.relative(WINDOWS_ROOT, win32.join(WINDOWS_ROOT, path));
  if (win32.isAbsolute(inWindowsRoot) || /^\.\.([/\\]|$)/.test(inWindowsRoot)) {
    problems.push("the path leads out of its root on Windows");
  }
  if (checkedAgain(path) !== path) {
    problems.push(`the path ${JSON.stringify(path)} is unsafe itself`);
  }
  return { outcome: "taken", problems };
}

/** What is safe must be so without what was dropped from the name, such as a leading `./`. */
function checkedAgain(path: string): string | undefined {
  try {
    return safePath(path);
  } catch {
    return undefined;
  }
}
