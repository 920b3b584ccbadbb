import assert from "node:assert/strict";
import { matchPaths } from "../../src/diff/path_matching.ts";

/** What is matched with what, as "diff path -> report path". */
function matches(changed: string[], report: string[], roots?: string[]): Record<string, string> {
  const found = matchPaths(changed, report, roots);
  return Object.fromEntries(
    changed.map((path, at) => {
      const match = found[at]!;
      return [path, typeof match === "number" ? report[match]! : match];
    }),
  );
}

Deno.test("paths of every kind of report are found", () => {
  const cases: [changed: string, report: string[], roots?: string[]][] = [
    ["src/a.ts", ["src/a.ts", "lib/src/a.ts"]],
    ["src/a.ts", ["/home/ci/shop/src/a.ts", "/home/ci/shop/lib/src/a.ts"]],
    ["src/a.ts", ["D:/a/shop/shop/src/a.ts", "D:/a/shop/shop/b.ts"]],
    ["main.go", ["example.com/shop/main.go", "example.com/shop/cmd/main.go"]],
    ["pkg/a.go", ["github.com/acme/shop/pkg/a.go", "github.com/acme/shop/b.go"]],
    ["server/pkg/a.go", ["github.com/acme/shop/server/pkg/a.go"]],
    ["app/src/main/java/com/acme/A.java", ["com/acme/A.java", "com/acme/x/A.java"]],
    ["packages/x/src/a.ts", ["src/a.ts", "src/b.ts"]],
    ["src/pkg/a.py", ["pkg/a.py"], ["/home/ci/shop/src"]],
    ["src/pkg/a.py", ["pkg/a.py"], ["./src/"]],
    ["pkg/a.py", ["pkg/a.py"], ["."]],
    ["pkg/a.py", ["pkg/a.py"], [""]],
    ["lib/pkg/a.py", ["pkg/a.py"], ["/home/ci/shop/src", "/home/ci/shop/lib"]],
    ["backend/src/a.cs", ["/_/backend/src/a.cs"], ["/"]],
    ["backend/src/a.cs", ["home/ci/shop/backend/src/a.cs"], ["/"]],
  ];
  for (const [changed, report, roots] of cases) {
    assert.deepEqual(matches([changed], report, roots), { [changed]: report[0] });
  }
});

Deno.test("files that only share an ending are not matched", () => {
  assert.deepEqual(
    matches(["web/src/index.ts"], ["server/src/index.ts", "/ci/api/src/index.ts"]),
    { "web/src/index.ts": "unknown" },
  );
  assert.deepEqual(
    matches(["y/src/a.py"], ["src/a.py"], ["/home/ci/shop/x"]),
    { "y/src/a.py": "unknown" },
  );
  assert.deepEqual(matches(["xa.ts", "c/a.ts"], ["a.ts", "bc/a.ts"]), {
    "xa.ts": "unknown",
    "c/a.ts": "ambiguous",
  });
  // The root's main.go was not measured, but that of a command.
  assert.deepEqual(matches(["main.go"], ["x.io/shop/cmd/main.go", "x.io/shop/pkg/a.go"]), {
    "main.go": "unknown",
  });
});

Deno.test("two packages with the same file names are told apart, or reported as ambiguous", () => {
  const changed = ["packages/x/src/index.ts", "packages/y/src/index.ts"];
  for (const root of ["", "/home/ci/shop/", "example.com/shop/"]) {
    const report = changed.map((path) => root + path);
    assert.deepEqual(Object.values(matches(changed, report)), report);
    assert.deepEqual(Object.values(matches(changed.slice(1), report)), report.slice(1));
  }
  assert.deepEqual(Object.values(matches(changed, ["src/index.ts"])), ["ambiguous", "ambiguous"]);
  assert.deepEqual(
    Object.values(matches(["src/index.ts"], ["/x/src/index.ts", "/y/src/index.ts"])),
    ["ambiguous"],
  );
  assert.deepEqual(Object.values(matches(["packages/x/index.ts"], ["index.ts"])), ["ambiguous"]);
});

Deno.test("one checkout has one root: another match contradicts a weaker one", () => {
  assert.deepEqual(
    matches(["src/a.ts", "src/b.ts"], ["/ci/shop/src/a.ts", "/ci/shop/web/src/b.ts"]),
    { "src/a.ts": "/ci/shop/src/a.ts", "src/b.ts": "unknown" },
  );
  assert.deepEqual(
    matches(["src/a.ts", "web/src/b.ts"], ["src/a.ts", "src/b.ts"]),
    { "src/a.ts": "src/a.ts", "web/src/b.ts": "unknown" },
  );
  // Parts that ran on two machines, and modules of a Java build, do not.
  assert.deepEqual(
    matches(["src/a.ts", "src/b.ts"], ["/ci/1/src/a.ts", "/Users/x/src/b.ts"]),
    { "src/a.ts": "/ci/1/src/a.ts", "src/b.ts": "/Users/x/src/b.ts" },
  );
  assert.deepEqual(
    matches(["a/src/main/java/q/A.java", "b/src/main/java/q/B.java"], ["q/A.java", "q/B.java"]),
    { "a/src/main/java/q/A.java": "q/A.java", "b/src/main/java/q/B.java": "q/B.java" },
  );
});

Deno.test("20,000 files named alike are matched in linear time", () => {
  const paths = Array.from({ length: 20_000 }, (_, at) => `p${at}/src/index.ts`);
  const startedAt = performance.now();
  const found = matchPaths(["src/index.ts", ...paths], paths.map((path) => `/ci/${path}`));
  assert(performance.now() - startedAt < 5000);
  assert.deepEqual(found, ["ambiguous", ...paths.keys()]);
});
