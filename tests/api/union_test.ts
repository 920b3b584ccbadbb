import assert from "node:assert/strict";
import { readArchive } from "../../src/archive/read_archive.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { type Entry, tar } from "../support/archive.ts";
import { uploadPath } from "../support/fields.ts";
import { archivePath } from "../support/test_data.ts";

/** What a tool's own report of the whole says; `files` as `covered/valid`, sorted, if it has lines. */
interface Union {
  archive: string;
  coverageFiles: string;
  covered: number;
  valid: number;
  files: string[] | undefined;
}

async function unions(): Promise<Union[]> {
  const text = await Deno.readTextFile(archivePath("several/MANIFEST.tsv"));
  return text.trim().split("\n").slice(1).map((row) => {
    const [archive, coverageFiles, covered, valid, files] = row.split("\t") as string[];
    return {
      archive: `several/${archive}`,
      coverageFiles: coverageFiles!,
      covered: Number(covered),
      valid: Number(valid),
      files: files === "-" ? undefined : files!.split(" "),
    };
  });
}

async function entriesOf(archive: string): Promise<{ name: string; content: string }[]> {
  const body = new Blob([await Deno.readFile(archivePath(archive))]).stream();
  const entries = [];
  const limits = { maxReportBytes: 1_000_000, maxReportFiles: 100 };
  for await (const entry of readArchive(body, limits)) {
    if (entry.kind !== "file") continue;
    entries.push({ name: entry.path, content: new TextDecoder().decode(await entry.whole()) });
  }
  return entries;
}

/** Uploads, and answers with the number and the files that the server then has. */
async function upload(
  test: TestApp,
  archive: BodyInit,
  coverageFiles: readonly string[],
  fields: Record<string, string> = {},
) {
  const path = uploadPath({ ...fields, coverage_xml_file_name: undefined });
  const names = coverageFiles.map((name) => `&coverage_xml_file_name=${encodeURIComponent(name)}`);
  const headers = { "content-type": "application/gzip" };
  const response = await test.get(path + names.join(""), {
    method: "POST",
    body: archive,
    headers,
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  const { org_name, repo_name, id, lines_covered, lines_valid } = answer.coverage;
  const query = new URLSearchParams({ org_name, repo_name, id });
  const { files } = await (await test.get(`/coverages-api/files?${query}`)).json();
  return { counts: [lines_covered, lines_valid], parts: answer.parts, files };
}

interface FileAnswer {
  path: string;
  lines_covered: number;
  lines_valid: number;
}

/** `covered/valid` of each file that has lines, sorted as the manifest is. */
function countsOf(files: readonly FileAnswer[]): string[] {
  return files.filter(({ lines_valid }) => lines_valid > 0)
    .sort((a, b) => a.lines_covered - b.lines_covered || a.lines_valid - b.lines_valid)
    .map((file) => `${file.lines_covered}/${file.lines_valid}`);
}

const pathsOf = (files: readonly FileAnswer[]) => files.map(({ path }) => path).sort();

Deno.test("several files of one upload give the totals and files of the tool's own merged report", async () => {
  await using test = await testApp();
  for (const { archive, coverageFiles, covered, valid, files } of await unions()) {
    const bytes = await Deno.readFile(archivePath(archive));
    const matcher = new RegExp(`^${coverageFiles.replaceAll("*", "[^/]+")}$`);
    const named = (await entriesOf(archive)).map(({ name }) => name).filter((name) =>
      matcher.test(name)
    );
    assert(named.length > 1);
    for (const names of [[coverageFiles], named, named.toReversed()]) {
      const united = await upload(test, bytes, names);
      assert.deepEqual(united.counts, [covered, valid], coverageFiles);
      if (files) assert.deepEqual(countsOf(united.files), files, coverageFiles);
    }
  }
});

Deno.test("shards uploaded one by one, in any order, give the merged report", async () => {
  await using test = await testApp();
  const shards = (await unions()).filter(({ archive }) => archive.includes("shards"));
  assert(shards.length > 0);
  for (const { archive, coverageFiles, covered, valid, files } of shards) {
    const file = coverageFiles.split("/").at(-1)!;
    const entries = (await entriesOf(archive)).filter(({ name }) =>
      name.startsWith("shard-") && name.endsWith(`/${file}`)
    );
    assert(entries.length > 2);
    for (const order of [entries, entries.toReversed()]) {
      const commit_hash = crypto.randomUUID().replaceAll("-", "");
      let last;
      for (const entry of order) {
        const part = entry.name.split("/")[0]!;
        last = await upload(test, tar([entry]), [file], { part, commit_hash });
      }
      assert.deepEqual([...last!.counts, last!.parts], [covered, valid, entries.length], file);
      if (files) assert.deepEqual(countsOf(last!.files), files, file);
    }
  }
});

Deno.test("files with the same path in two modules stay apart, named by module", async () => {
  await using test = await testApp();
  const paths = async (archive: string, pattern: string) =>
    pathsOf((await upload(test, await Deno.readFile(archivePath(archive)), [pattern])).files);
  assert.deepEqual(await paths("several/js-packages.tar.gz", "**/lcov.info"), [
    "cart/src/index.js",
    "cart/src/parse.js",
    "price/src/index.js",
    "stock/src/index.js",
    "stock/src/parse.js",
  ]);
  // The second pattern has the tool's own report of the whole as well.
  for (const pattern of ["*/target/site/jacoco/jacoco.xml", "**/jacoco.xml"]) {
    assert.deepEqual(await paths("several/maven-modules.tar.gz", pattern), [
      "price/org/example/shop/Main.java",
      "price/org/example/shop/Price.java",
      "stock/org/example/shop/Main.java",
      "stock/org/example/shop/Stock.java",
    ]);
  }
});

Deno.test("a JaCoCo report of the whole without groups is united with those of its modules", async () => {
  await using test = await testApp();
  const jacoco = (name: string, files: Record<string, readonly number[]>) =>
    `<report name="${name}"><package name="p">${
      Object.entries(files).map(([file, lines]) =>
        `<sourcefile name="${file}">${
          lines.map((nr) => `<line nr="${nr}" mi="1" ci="0"/>`).join("")
        }</sourcefile>`
      ).join("")
    }</package></report>`;
  const { counts } = await upload(
    test,
    tar([
      { name: "a.xml", content: jacoco("a", { "A.java": [1, 2], "Both.java": [5] }) },
      { name: "b.xml", content: jacoco("b", { "B.java": [3, 4] }) },
      { name: "c.xml", content: jacoco("c", { "C.java": [3, 4], "Both.java": [5] }) },
      {
        name: "whole.xml",
        content: jacoco("whole", { "A.java": [1, 2], "Both.java": [5], "B.java": [3, 4] }),
      },
    ]),
    ["*.xml"],
  );
  assert.deepEqual(counts, [0, 8]);
});

Deno.test("shards of a package are united, apart from another package with the same paths", async () => {
  await using test = await testApp();
  const lcov = (lines: Record<number, number>, ...functions: string[]) =>
    `SF:src/index.js\n${functions.map((name, at) => `FN:${at + 1},${name}\n`).join("")}` +
    Object.entries(lines).map(([line, hits]) => `DA:${line},${hits}\n`).join("") +
    "end_of_record\n";
  const united = (entries: readonly Entry[]) => upload(test, tar(entries), ["**/lcov.info"]);

  const mixed = await united([
    { name: "a/1/lcov.info", content: lcov({ 1: 1, 2: 0 }, "add") },
    { name: "a/2/lcov.info", content: lcov({ 1: 0, 2: 1 }, "add") },
    { name: "b/1/lcov.info", content: lcov({ 1: 0, 2: 0 }, "remove") },
  ]);
  assert.deepEqual(mixed.counts, [2, 4]);
  assert.deepEqual(pathsOf(mixed.files), ["a/src/index.js", "b/src/index.js"]);

  // V8 does not list every function, and without functions nothing tells two sources apart.
  for (
    const [one, other] of [
      [lcov({ 1: 1, 2: 0 }, "add"), lcov({ 1: 0, 2: 1 }, "add", "inner")],
      [lcov({ 1: 1, 2: 0 }), lcov({ 2: 1, 3: 0 })],
    ] as const
  ) {
    const { files } = await united([
      { name: "a/lcov.info", content: one },
      { name: "b/lcov.info", content: other },
    ]);
    assert.deepEqual(pathsOf(files), ["src/index.js"]);
  }
});

Deno.test("Cobertura's paths are those below its source folders", async () => {
  await using test = await testApp();
  const cobertura = (source: string, filename: string, hits: readonly number[]) =>
    `<coverage line-rate="1"><sources><source>${source}</source></sources><packages><package name="p">` +
    `<classes><class name="c" filename="${filename}"><lines>${
      hits.map((count, at) => `<line number="${at + 1}" hits="${count}"/>`).join("")
    }</lines></class></classes></package></packages></coverage>`;
  const united = async (...contents: string[]) =>
    await upload(
      test,
      tar(contents.map((content, at) => ({ name: `${at}.xml`, content }))),
      ["*.xml"],
    );

  // coverlet's source folder is the deepest that has all files.
  const shared = await united(
    cobertura("/repo/", "Shared/Money.cs", [1, 0]),
    cobertura("/repo/Shared/", "Money.cs", [0, 1]),
  );
  assert.deepEqual(shared.counts, [2, 2]);
  assert.deepEqual(pathsOf(shared.files), ["Shared/Money.cs"]);

  const windows = await united(
    cobertura("C:\\repo\\a", "src\\index.js", [1, 0]),
    cobertura("C:\\repo\\b", "src\\index.js", [0, 0]),
  );
  assert.deepEqual(windows.counts, [1, 4]);
  assert.deepEqual(pathsOf(windows.files), ["a/src/index.js", "b/src/index.js"]);
});
