import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Who may import whom, by room; a room may always import itself. See docs/ARCHITECTURE.md. */
const MAY_IMPORT: Record<string, string[]> = {
  "src/operator_error.ts": [],
  "src/config.ts": ["src/operator_error.ts"],
  "src/log.ts": [],
  "src/quote.ts": [],
  "src/version.ts": [],
  "src/http": ["src/operator_error.ts", "src/quote.ts"],
  "src/coverage": ["src/quote.ts"],
  "src/telemetry": ["src/http", "src/log.ts"],
  "src/db": ["src/config.ts", "src/http", "src/operator_error.ts", "src/telemetry"],
  "src/reports": ["src/config.ts", "src/log.ts", "src/http", "src/operator_error.ts"],
  "src/auth": ["src/config.ts", "src/http", "src/log.ts", "src/quote.ts"],
  "src/coverages": [
    ...["src/auth", "src/config.ts", "src/coverage", "src/db", "src/http", "src/log.ts"],
    ...["src/quote.ts", "src/reports", "src/telemetry"],
  ],
  "src/retention": ["src/config.ts", "src/coverages", "src/db", "src/log.ts", "src/reports"],
  "src/dashboard": ["src/config.ts", "src/coverages", "src/db", "src/http"],
  "src/openapi": [
    ...["src/config.ts", "src/coverages", "src/dashboard", "src/db", "src/http", "src/upload"],
    "src/version.ts",
  ],
  "src/commands": [
    ...["src/ancestor", "src/auth", "src/config.ts", "src/coverages", "src/db", "src/log.ts"],
    ...["src/moving", "src/operator_error.ts", "src/reports", "src/retention"],
    "src/version.ts",
  ],
  "src/ancestor": [
    ...["src/coverages", "src/db", "src/http", "src/moving", "src/operator_error.ts"],
    ...["src/quote.ts", "src/reports", "src/upload"],
  ],
  "src/moving": ["src/coverages", "src/http", "src/operator_error.ts", "src/quote.ts"],
  "src/upload": [
    ...["src/auth", "src/config.ts", "src/coverage", "src/coverages", "src/db", "src/http"],
    ...["src/log.ts", "src/quote.ts", "src/reports", "src/telemetry"],
  ],
};

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
  for (const entry of ["main.ts", "src/formats/parser_worker.ts"]) {
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

function roomOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

Deno.test("dependencies point one way: each room imports only those below it", async () => {
  const modules = await graph();
  assert(modules.size > 30);
  for (const [path, imported] of modules) {
    if (path === "main.ts" || path === "src/app.ts") continue;
    const room = roomOf(path);
    const allowed = MAY_IMPORT[room];
    assert(allowed, `${room} is a room that MAY_IMPORT does not know`);
    for (const other of imported) {
      const isAllowed: boolean = roomOf(other) === room || allowed.includes(roomOf(other));
      assert(isAllowed, `${path} must not import ${other}`);
    }
  }
});

Deno.test("no module imports itself by way of others", async () => {
  const modules = await graph();
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    assert(!trail.includes(path), `${[...trail, path].join(" → ")}`);
    if (done.has(path)) return;
    for (const other of modules.get(path) ?? []) if (other !== path) visit(other, [...trail, path]);
    done.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
});
