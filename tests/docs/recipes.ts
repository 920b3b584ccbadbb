/**
 * The recipes of `docs/ci.md`: its fenced blocks, and the shell lines in them as the CI system of
 * each takes them out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parse } from "yaml";

const document = new URL("../../docs/ci.md", import.meta.url);

/** A fenced block. */
export interface Recipe {
  /** The heading above it; those after the first below a heading have their number behind it. */
  name: string;
  /** What stands after the fence. */
  language: string;
  text: string;
}

/** A step of a job that runs in a shell. */
export interface Script {
  lines: string;
  /** What the recipe itself sets for it. */
  environment: Record<string, string>;
}

/** Reads the document. */
export async function readDocument(): Promise<string> {
  return await Deno.readTextFile(document);
}

/** Every fenced block of the document, in its order. */
export async function recipes(): Promise<Recipe[]> {
  const found: Recipe[] = [];
  const parts = /^#+ (?<heading>.*)$|^```(?<language>.*)\n(?<text>[^]*?)^```$/gm;
  let heading = "";
  for (const { groups } of (await readDocument()).matchAll(parts)) {
    if (groups!.heading !== undefined) {
      heading = groups!.heading;
      continue;
    }
    const before = found.filter(({ name }) => name.replace(/ \(\d+\)$/, "") === heading).length;
    const name = before === 0 ? heading : `${heading} (${before + 1})`;
    found.push({ name, language: groups!.language!, text: groups!.text! });
  }
  return found;
}

/** The block of a name. */
export async function recipe(name: string): Promise<Recipe> {
  const found = (await recipes()).find((other) => other.name === name);
  assert(found, `docs/ci.md has a block below "${name}"`);
  return found;
}

/** The one script of a block. */
export function scriptOf({ name, language, text }: Recipe): Script {
  const scripts = language === "sh"
    ? [{ lines: text, environment: {} }]
    : language === "yaml"
    ? [...scriptsOfYaml(parse(text))]
    : [...scriptsOfGroovy(text)];
  assert.equal(scripts.length, 1, `the block "${name}" has one script`);
  return scripts[0]!;
}

/** `run` of GitHub Actions and CircleCI, `script` of GitLab and Bitbucket. */
function* scriptsOfYaml(
  node: unknown,
  environment: Record<string, string> = {},
): Generator<Script> {
  if (typeof node !== "object" || node === null) return;
  const { run, script, env = {} } = node as Record<string, unknown>;
  const inner = { ...environment, ...env as Record<string, string> };
  const lines = typeof run === "string"
    ? run
    : (run as { command?: unknown } | undefined)?.command ??
      (Array.isArray(script) ? script.join("\n") : undefined);
  if (typeof lines === "string") yield { lines, environment: inner };
  else for (const child of Object.values(node)) yield* scriptsOfYaml(child, inner);
}

/** `sh '''…'''`, in which Groovy joins lines at a backslash and would take any other for an escape. */
function* scriptsOfGroovy(text: string): Generator<Script> {
  for (const [, quoted] of text.matchAll(/\bsh '''([^]*?)'''/g)) {
    const lines = quoted!.replaceAll("\\\n", "");
    assert(!lines.includes("\\"), "Groovy leaves no other backslash as it is");
    yield { lines, environment: {} };
  }
}
