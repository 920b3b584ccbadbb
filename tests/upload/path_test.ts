import assert from "node:assert/strict";
import { HttpError } from "../../src/http/errors.ts";
import { safePath } from "../../src/upload/path.ts";

Deno.test("safePath keeps a good name and drops what tar drops", () => {
  const cases: [name: string, path: string][] = [
    ["a/b.html", "a/b.html"],
    ["./a//b/./c", "a/b/c"],
    ["./", ""],
    [".", ""],
    ["a/", "a"],
    ["größe/日本.html", "größe/日本.html"],
    ["..a/b..", "..a/b.."],
    [".hidden", ".hidden"],
    ["App\\Http.php.html", "App\\Http.php.html"],
    ["C:name", "C:name"],
    ["x".repeat(255), "x".repeat(255)],
  ];
  for (const [name, path] of cases) assert.equal(safePath(name), path, name);
});

Deno.test("safePath refuses what leads out or names no file, with the reason", () => {
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
  ];
  for (const [name, why] of cases) {
    assert.throws(() => safePath(name), (error) => {
      assert(error instanceof HttpError);
      assert.equal(error.status, 422);
      assert.match(error.message, why);
      return true;
    }, name);
  }
});
