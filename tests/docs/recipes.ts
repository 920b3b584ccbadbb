// The blocks of `docs/ci.md`, and the shell lines in them as each CI system takes them out.
import assert from "node:assert/strict";
import { parse } from "yaml";

const document = new URL("../../docs/ci.md", import.meta.url);

export interface Recipe {
  /** The last heading of the second level above the block. */
  section: string;
  /** The heading above the block. */
  name: string;
  /** The prose between the heading and the block. */
  prose: string;
  /** The word after the fence. */
  language: string;
  text: string;
}

/** A step of a job that runs in a shell. */
export interface Script {
  lines: string;
  /** The variables that the recipe itself sets for it. */
  environment: Record<string, string>;
}

export async function readDocument(): Promise<string> {
  return await Deno.readTextFile(document);
}

/** Every fenced block of the document, in its order; a heading has at most one. */
export async function recipes(): Promise<Recipe[]> {
  const found: Recipe[] = [];
  const document = await readDocument();
  // A comment of a shell begins like a heading, so that blocks are matched whole.
  const parts = /^(?<level>#+) (?<heading>.*)$|^```(?<language>.*)\n(?<text>[^]*?)^```$/gm;
  let section = "";
  let name = "";
  let end = 0;
  for (const { 0: whole, index, groups } of document.matchAll(parts)) {
    const { level, heading, language, text } = groups!;
    if (heading === undefined) {
      assert(found.every((other) => other.name !== name), `"${name}" has more than one block`);
      found.push({
        section,
        name,
        prose: document.slice(end, index).trim(),
        language: language!,
        text: text!,
      });
    } else {
      name = heading;
      if (level === "##") section = heading;
      end = index + whole.length;
    }
  }
  return found;
}

/** The block below a heading. */
export async function recipe(name: string): Promise<Recipe> {
  const found = (await recipes()).find((other) => other.name === name);
  assert(found, `docs/ci.md has a block below "${name}"`);
  return found;
}

/** The blocks that make a report, by the name of the tool. */
export async function toolRecipes(): Promise<Recipe[]> {
  return (await recipes()).filter(({ section }) => section === "What each tool makes");
}

/** The one script of a block. */
export function scriptOf({ name, language, text }: Recipe): Script {
  const scripts = language === "sh"
    ? [{ lines: text, environment: {} }]
    : language === "yaml"
    ? [...scriptsOfYaml(parse(text))]
    : [...scriptsOfGroovy(text)];
  // An alias stands for its script again.
  const different = new Map(scripts.map((script) => [script.lines, script]));
  assert.equal(different.size, 1, `the block "${name}" has one script`);
  return scripts[0]!;
}

/** `run` of CircleCI, `script` of GitLab, Bitbucket and Azure, `command` of Buildkite. */
function* scriptsOfYaml(
  node: unknown,
  environment: Record<string, string> = {},
): Generator<Script> {
  if (typeof node !== "object" || node === null) return;
  const { run, script, command = run ?? script, env, variables = env } = node as Record<
    string,
    unknown
  >;
  const inner = { ...environment, ...variables as Record<string, string> };
  const lines = Array.isArray(command) ? command.join("\n") : command;
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
