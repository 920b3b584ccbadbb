import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The list of docs/ARCHITECTURE.md: what each folder or file of `src/` may import beside itself. */
async function allowedImports(): Promise<Map<string, Set<string>>> {
  const text = await Deno.readTextFile(new URL("../docs/ARCHITECTURE.md", import.meta.url));
  const list = text.split("## Folders")[1]!.split("\n## ")[0]!.replaceAll(/\n {2,}/g, " ");
  return new Map([...list.matchAll(/^- `(src\/[^`]+?)\/?`:.* Imports: ([^.]*)\.$/gm)].map((
    [, folder, names],
  ) => [folder!, new Set(names!.split(/,\s*/).filter((name) => name !== "nothing"))]));
}

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
  }[];
}

/** Every module of the server, with the modules of ours that it imports. */
async function graph(): Promise<Map<string, string[]>> {
  const ours = (specifier: string) =>
    specifier.startsWith("file:")
      ? relative(root, fileURLToPath(specifier)).replaceAll("\\", "/")
      : undefined;
  const modules = new Map<string, string[]>();
  // The thread's module is not imported, but started.
  for (const entry of ["main.ts", "src/formats/parser_worker.ts", "src/db/initdb_worker.ts"]) {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: root,
    }).output();
    assert(success);
    for (
      const { specifier, dependencies } of (JSON.parse(new TextDecoder().decode(stdout)) as Graph)
        .modules
    ) {
      const path = ours(specifier);
      if (!path || !/^(src\/.*\.tsx?$|main\.ts)/.test(path)) continue;
      const imported = (dependencies ?? [])
        .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
        .flatMap((specifier) => specifier ? [ours(specifier)] : [])
        .filter((specifier): specifier is string => specifier?.startsWith("src/") ?? false);
      modules.set(path, imported);
    }
  }
  return modules;
}

const modules = await graph();

function folderOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

Deno.test("each folder imports only those that docs/ARCHITECTURE.md names", async () => {
  const allowed = await allowedImports();
  assert(modules.size > 30);
  for (const [path, imported] of modules) {
    if (path === "main.ts") continue;
    const folder = folderOf(path);
    const names = allowed.get(folder);
    assert(names, `${folder} is not in the list of docs/ARCHITECTURE.md`);
    if (names.has("everything")) continue;
    for (const other of imported) {
      const name = folderOf(other).replace(/^src\/|\.ts$/g, "");
      assert(folderOf(other) === folder || names.has(name), `${path} must not import ${other}`);
    }
  }
});

Deno.test("no module imports itself by way of others", () => {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    assert(!trail.includes(path), `${[...trail, path].join(" → ")}`);
    if (done.has(path)) return;
    for (const other of modules.get(path) ?? []) if (other !== path) visit(other, [...trail, path]);
    done.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
});
