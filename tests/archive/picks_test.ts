import assert from "node:assert/strict";
import { ReportIndex } from "../../src/archive/index_page.ts";
import { CoverageFile } from "../../src/archive/coverage_file.ts";
import { CoverageError, coverageOf } from "../../src/formats/coverage.ts";

function indexOf(...paths: string[]): string | null {
  const index = new ReportIndex();
  for (const path of paths) index.add(path);
  return index.result();
}

Deno.test("ReportIndex leads to the shallowest index page, whatever the order", () => {
  const paths = ["a/b/index.html", "a/z/index.html", "a/index.html", "coverage.html", "x.css"];
  assert.equal(indexOf(...paths), "a/index.html");
  assert.equal(indexOf(...paths.reverse()), "a/index.html");
  assert.equal(indexOf("b/index.html", "a/index.html"), "a/index.html");
  assert.equal(indexOf("Index.HTM"), "Index.HTM");
});

Deno.test("ReportIndex takes coverage.html or the only page where there is no index", () => {
  assert.equal(indexOf("a/file.html", "a/coverage.html"), "a/coverage.html");
  assert.equal(indexOf("report.xml", "a/cover.html"), "a/cover.html");
  assert.equal(indexOf("a/one.html", "a/two.html"), null);
  assert.equal(indexOf("a/my-index.html.txt"), null);
});

const total = (covered: number) => Promise.resolve(coverageOf(covered, 4, "x"));

async function found(wanted: string, ...paths: string[]): Promise<number> {
  const file = new CoverageFile(wanted);
  for (const [at, path] of paths.entries()) if (file.wants(path)) file.add(path, total(at + 1));
  return (await file.result()).linesCovered!;
}

Deno.test("CoverageFile finds the shallowest file of a base name, or the one of a path", async () => {
  assert.equal(await found("c.xml", "a/b/c.xml", "a/c.xml", "a/b/d/c.xml"), 2);
  assert.equal(await found("c.xml", "c.xml", "a/c.xml"), 1);
  assert.equal(await found("a/b/c.xml", "c.xml", "a/b/c.xml", "x/a/b/c.xml"), 2);
  assert.equal(await found("./a/c.xml", "c.xml", "a/c.xml"), 2);
  assert.equal(await found("./c.xml", "a/c.xml", "c.xml"), 2);
  assert.equal(await found("c.xml", "a/c.xml", "a/c.xml"), 2, "of one path the last counts");
});

Deno.test("CoverageFile says what to mend where there is none, or more than one", async () => {
  await assert.rejects(found("c.xml", "a/d.xml", "index.html"), /no file "c.xml".*"a\/d.xml"/);
  await assert.rejects(found("c.xml", "index.html"), /no XML file at all/);
  await assert.rejects(found("c.xml", "xc.xml"), /no file "c.xml"/);
  await assert.rejects(found("c.xml", "a/c.xml", "b/c.xml"), /"a\/c.xml" and "b\/c.xml"/);
  const many = Array.from({ length: 25 }, (_, at) => `f${at}.xml`);
  await assert.rejects(found("c.xml", ...many), /and 15 more/);
  assert.throws(() => new CoverageFile("../c.xml"), /contains \.\./);
});

Deno.test("CoverageFile minds a bad file only when it is the one meant", async () => {
  const file = new CoverageFile("c.xml");
  const bad = Promise.resolve(new CoverageError("is not well-formed"));
  assert(file.wants("a/c.xml"));
  file.add("a/c.xml", bad);
  await assert.rejects(file.result(), /"a\/c.xml" is not well-formed/);
  assert(file.wants("c.xml"));
  file.add("c.xml", total(2));
  assert.equal((await file.result()).linesCovered, 2);
});
