import assert from "node:assert/strict";
import { HttpError } from "../../src/errors.ts";
import { safePath } from "../../src/archive/safe_path.ts";

Deno.test("safePath keeps good names, without the parts that tar drops", () => {
  const cases: [name: string, path: string][] = [
    ["a/b.html", "a/b.html"],
    ["./a//b/./c", "a/b/c"],
    ["./", ""],
    [".", ""],
    ["a/", "a"],
    ["größe/日本.html", "größe/日本.html"],
    ["..a/b..", "..a/b.."],
    [".hidden", ".hidden"],
    ["x".repeat(255), "x".repeat(255)],
    ["d/".repeat(100), "d/".repeat(100).slice(0, -1)],
  ];
  for (const [name, path] of cases) assert.equal(safePath(name, "linux"), path, name);
});

Deno.test("safePath refuses paths that leave the folder or name no file, with the reason", () => {
  const cases: [name: string, why: RegExp][] = [
    ["../a", /contains \.\./],
    ["a/../../b", /contains \.\./],
    ["a/..", /contains \.\./],
    ["..\\a", /contains \.\./],
    ["a\\..\\b", /contains \.\./],
    ["/etc/passwd", /absolute/],
    ["\\\\host\\share", /absolute/],
    ["C:\\a", /absolute/],
    ["c:/a", /absolute/],
    ["./C:/a", /absolute/],
    [".//\\host/share", /absolute/],
    ["a\0b", /NUL/],
    ["x".repeat(300), /300 bytes; at most 255/],
    ["ü".repeat(128), /256 bytes; at most 255/],
    ["abcdefgh/".repeat(600), /5399 bytes; at most 4096/],
    ["d/".repeat(101), /101 names; at most 100/],
  ];
  for (const [name, why] of cases) {
    assert.throws(() => safePath(name, "linux"), (error) => {
      assert(error instanceof HttpError);
      assert.equal(error.status, 422);
      assert.match(error.message, why);
      return true;
    }, name);
  }
});

Deno.test("safePath refuses names that Windows maps to another file, a device or none", () => {
  const names = [
    ...[
      "a:b",
      "C:name",
      "page.html:stream",
      "a<b>.html",
      'a"b',
      "a|b",
      "a?b",
      "a*b",
      "App\\Http.php",
    ],
    ...[
      "NUL",
      "con.html",
      "aux .js",
      "Com1",
      "lpt9.txt",
      "COM².html",
      "conout$",
      "dot.",
      "space ",
      "\x1f",
    ],
  ];
  for (const name of names) {
    assert.equal(safePath(`a/${name}`, "linux"), `a/${name}`);
    for (const path of [name, `a/${name}`, `a/${name}/b.html`]) {
      assert.throws(() => safePath(path, "windows"), (error) => {
        assert(error instanceof HttpError);
        assert.equal(error.status, 422);
        assert.match(error.message, /: the server's system, windows, has no file named "/);
        return true;
      }, path);
    }
  }
  for (
    const name of ["null.html", "console.js", "com.html", "a.b..c", ".hidden", "größe/日本.html"]
  ) {
    assert.equal(safePath(name, "windows"), name);
  }
});
