import assert from "node:assert/strict";
import { CoverageFiles } from "../../src/archive/coverage_file_picks.ts";
import { IndexPage } from "../../src/archive/extract.ts";

function indexOf(...paths: string[]): string | null {
  const index = new IndexPage();
  for (const path of paths) index.add(path);
  return index.result();
}

Deno.test("the index page is the shallowest index.html, in any order", () => {
  const paths = ["a/b/index.html", "a/z/index.html", "a/index.html", "coverage.html", "x.css"];
  assert.equal(indexOf(...paths), "a/index.html");
  assert.equal(indexOf(...paths.reverse()), "a/index.html");
  assert.equal(indexOf("b/index.html", "a/index.html"), "a/index.html");
  assert.equal(indexOf("a/._index.html", "a/b/index.html"), "a/b/index.html", "AppleDouble");
  assert.equal(indexOf("page.html", "._page.html"), "page.html");
  assert.equal(indexOf("Index.HTM"), "Index.HTM");
});

Deno.test("without an index.html it is coverage.html, or the only page", () => {
  assert.equal(indexOf("a/file.html", "a/coverage.html"), "a/coverage.html");
  assert.equal(indexOf("report.xml", "a/cover.html"), "a/cover.html");
  assert.equal(indexOf("a/one.html", "a/two.html"), null);
  assert.equal(indexOf("a/my-index.html.txt"), null);
});

function found(wanted: string | string[], ...paths: string[]): string[] {
  const files = new CoverageFiles([wanted].flat());
  for (const path of paths) files.add(path);
  return files.result();
}

Deno.test("a base name means the shallowest file, a path that file", () => {
  assert.deepEqual(found("c.xml", "a/b/c.xml", "a/c.xml", "a/b/d/c.xml"), ["a/c.xml"]);
  assert.deepEqual(found("c.xml", "c.xml", "a/c.xml"), ["c.xml"]);
  assert.deepEqual(found("a/b/c.xml", "c.xml", "a/b/c.xml", "x/a/b/c.xml"), ["a/b/c.xml"]);
  assert.deepEqual(found("./a/c.xml", "c.xml", "a/c.xml"), ["a/c.xml"]);
  assert.deepEqual(found("./c.xml", "a/c.xml", "c.xml"), ["c.xml"]);
  assert.deepEqual(found("c.xml", "a/c.xml", "a/c.xml"), ["a/c.xml"]);
});

Deno.test("several names and patterns mean several files, each once", () => {
  const paths = ["a/x.xml", "a/b/x.xml", "b/y.xml", "c/(z).xml", "c/z.xmls"];
  assert.deepEqual(found(["a/x.xml", "b/y.xml"], ...paths), ["a/x.xml", "b/y.xml"]);
  assert.deepEqual(found("*.xml", ...paths), ["a/b/x.xml", "a/x.xml", "b/y.xml", "c/(z).xml"]);
  assert.deepEqual(found("a/*.xml", ...paths), ["a/x.xml"]);
  assert.deepEqual(found("**/x.xml", ...paths, "x.xml"), ["a/b/x.xml", "a/x.xml", "x.xml"]);
  assert.deepEqual(found("a/**", ...paths), ["a/b/x.xml", "a/x.xml"]);
  assert.deepEqual(found("**/*.xml", "a/c.xml", "a/._c.xml"), ["a/c.xml"], "AppleDouble");
  assert.deepEqual(found(["x.xml", "**/x.xml"], ...paths), ["a/x.xml", "a/b/x.xml"]);
  assert.deepEqual(found("c/(*).xml", ...paths), ["c/(z).xml"]);
});

Deno.test("a coverage file that is missing or ambiguous is rejected with what there is", () => {
  assert.throws(() => found("c.xml", "a/d.xml", "index.html"), /no file "c.xml".*"a\/d.xml"/);
  assert.throws(() => found("c.xml", "index.html"), /nothing in it looks like a coverage file/);
  assert.throws(() => found("c.xml", "xc.xml"), /no file "c.xml"/);
  assert.throws(() => found(["d.xml", "e*.xml"], "d.xml"), /no file "e\*.xml"/);
  assert.throws(() => found("c.xml", "a/c.xml", "b/c.xml"), /"a\/c.xml" and "b\/c.xml"/);
  const many = Array.from({ length: 25 }, (_, at) => `f${at}.xml`);
  assert.throws(() => found("c.xml", ...many), /and 15 more/);
  assert.throws(() => new CoverageFiles(["../c.xml"]), /contains \.\./);
});
