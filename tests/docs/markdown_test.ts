import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describeVariables } from "../../src/config.ts";
import { formats } from "../../src/formats/formats.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Columns of a screen. */
const SCREEN = 100;

/** The documents, by their path in the repository. */
async function documents(): Promise<Map<string, string>> {
  const paths = ["README.md", "links/README.md", "test_data/README.md"];
  for await (const { name } of Deno.readDir(join(root, "docs"))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, await Deno.readTextFile(join(root, path))] as const),
    ),
  );
}

/** The text without its fenced blocks. */
function prose(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("every link in the docs leads to an existing file and heading", async () => {
  const all = await documents();
  for (const [path, text] of all) {
    for (const [, target] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [file, anchor] = target!.split("#");
      const to = file ? relative(root, join(root, dirname(path), file)) : path;
      await Deno.stat(join(root, to)).catch(() => assert.fail(`${path} links to ${target}`));
      if (anchor) {
        const other = all.get(to) ?? await Deno.readTextFile(join(root, to));
        assert(anchors(other).includes(anchor), `${path} links to ${target}`);
      }
    }
  }
});

Deno.test("every source file that maintainers are sent to is there", async () => {
  const all = await documents();
  for (const path of ["docs/ARCHITECTURE.md", "links/README.md"]) {
    const text = all.get(path)!;
    for (
      const [, file] of prose(text).matchAll(/`((?:src|tests|lab|tools|action)\/[\w./]+\.\w+)`/g)
    ) {
      await Deno.stat(join(root, file!)).catch(() => assert.fail(`${path} names ${file}`));
    }
  }
});

Deno.test("no line of a table is wider than a screen", async () => {
  for (const [path, text] of await documents()) {
    const wide = prose(text).split("\n").filter((line) =>
      line.startsWith("|") && line.length > SCREEN
    );
    assert.deepEqual(wide, [], path);
  }
});

Deno.test("docs/settings.md lists exactly the settings, with their defaults", async () => {
  const text = (await documents()).get("docs/settings.md")!;
  const documented = [...text.matchAll(/^- `([A-Z0-9_]+)` \(default(?:: | `([^`]*)`)/gm)]
    .map(([, name, fallback = ""]) => `${name}=${fallback}`);
  const settings = describeVariables().map(({ name, fallback }) => `${name}=${fallback}`);
  assert.deepEqual(documented.toSorted(), settings.toSorted());
});

Deno.test("docs/http.md names every route of the API", async () => {
  const text = (await documents()).get("docs/http.md")!;
  const { paths } = JSON.parse(
    await Deno.readTextFile(join(root, "src", "openapi", "openapi.json")),
  );
  const routes = Object.keys(paths).map((path) => path.split("/").slice(0, 3).join("/"));
  assert.deepEqual(routes.filter((route) => !text.includes(route)), []);
});

Deno.test("docs/formats.md names every format", async () => {
  const text = (await documents()).get("docs/formats.md")!;
  const names = formats.map(({ name }) => name === "go" ? "go-statements" : name);
  assert.deepEqual(names.filter((name) => !text.includes(`(\`${name}\`)`)), []);
});

Deno.test("docs/ARCHITECTURE.md lists exactly the dependencies", async () => {
  const text = (await documents()).get("docs/ARCHITECTURE.md")!.split("\n## Dependencies\n")[1]!;
  const named = [...text.matchAll(/^- ([^:]*):/gm)]
    .flatMap(([, names]) => [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  const { imports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const imported = Object.keys(imports).map((name) => name.replace(/\/$/, ""));
  assert.deepEqual(named.toSorted(), imported.toSorted());
});
