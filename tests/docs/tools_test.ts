import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  addScript,
  assertSucceeded,
  checkout,
  jobTest,
  list,
  runScript,
  serverWithToken,
} from "./job.ts";
import { recipe, scriptOf, toolRecipes } from "./recipes.ts";

/** A small project, and what its tool says its tests cover. */
interface Project {
  /** Shell lines that fail where the tool is missing. */
  probe: string;
  files: Record<string, string>;
  environment?: Record<string, string>;
  format: string;
  /** One of these, as versions of the tool differ. */
  percentages: number[];
}

const PROJECTS: Record<string, Project> = {
  Deno: {
    probe: "deno --version",
    files: {
      "shop.ts": `export function price(n: number) {
  if (n > 1) {
    return n;
  }
  return 1;
}
`,
      "shop_test.ts": `import { price } from "./shop.ts";
Deno.test("price", () => void price(2));
`,
    },
    format: "lcov",
    percentages: [83.33],
  },
  Go: {
    // Where its standard library is not compiled yet, that alone would take half a minute.
    probe: `[ "$(go list -f '{{.Stale}}' testing)" = false ]`,
    files: {
      "go.mod": `module example.com/shop

go 1.21
`,
      "shop.go": `package shop

func Price(n int) int {
	if n > 1 {
		return n
	}
	return 1
}
`,
      "shop_test.go": `package shop

import "testing"

func TestPrice(t *testing.T) { Price(2) }
`,
    },
    environment: { GOFLAGS: "-vet=off", GOTOOLCHAIN: "local", GOPROXY: "off" },
    format: "go-statements",
    percentages: [66.67],
  },
  "JavaScript: Node's test runner": {
    probe: `node -e 'process.exit(Number(parseInt(process.versions.node) < 20))'`,
    files: {
      "package.json": `{ "type": "module" }
`,
      "shop.js": `export function price(n) {
  if (n > 1) {
    return n;
  }
  return 1;
}
`,
      "test/shop.test.js": `import { test } from "node:test";
import { price } from "../shop.js";
test("price", () => price(2));
`,
    },
    format: "lcov",
    percentages: [88.89, 83.33], // with the test itself, and without
  },
  "Python: coverage.py": {
    probe: "coverage --version && python -m pytest --version",
    files: {
      "shop.py": `def price(n):
    if n > 1:
        return n
    return 1
`,
      "test_shop.py": `from shop import price

def test_price():
    price(2)
`,
    },
    format: "coverage.py",
    percentages: [85.71],
  },
};

Deno.test("docs/ci.md says how each tool's commands were checked", async () => {
  const recipes = await toolRecipes();
  assert(recipes.length > 10);
  for (const { name, prose } of recipes) {
    const byTests = prose.startsWith("Run by the tests");
    assert.equal(byTests, name in PROJECTS, name);
    assert(byTests || /^(Run by hand, .*\d|From the tool's documentation\.)/.test(prose), name);
  }
});

/** What the tools need of the environment that runs the tests. */
const ENVIRONMENT = {
  PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
  NO_COLOR: "1",
};

async function sh(lines: string): Promise<{ success: boolean; output: string }> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", lines],
    env: ENVIRONMENT,
    stderr: "null",
  }).output();
  return { success, output: new TextDecoder().decode(stdout).trim() };
}

for (const [name, project] of Object.entries(PROJECTS)) {
  const { success: isThere } = await sh(project.probe);
  jobTest(
    `the commands for ${name} write a report that the server reads${isThere ? "" : " (missing)"}`,
    async () => {
      await using server = await serverWithToken();
      await using git = await checkout();
      await git.remove("coverage");
      await git.write(project.files);
      await addScript(git, server.address);
      const { lines } = scriptOf(await recipe(name));
      const upload =
        "org=acme repo=shop branch=main commit=abcd author=Ada\n. ./upload-coverage.sh\n";
      const environment = {
        ...ENVIRONMENT,
        ...project.environment,
        ...server.secret,
        ...(name === "Go" ? { GOCACHE: (await sh("go env GOCACHE")).output } : {}),
      };
      assertSucceeded(await runScript(git, ["sh", "-e"], lines + upload, environment));
      const [row] = (await list(server))["acme/shop"]!;
      assert.equal(row!.format, project.format);
      assert(project.percentages.includes(Number(row!.percentage)), `${row!.percentage}`);
    },
    isThere,
  );
}
