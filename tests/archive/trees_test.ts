import assert from "node:assert/strict";
import { join } from "node:path";
import { testApp } from "../support/app.ts";
import { tree } from "../support/reports.ts";
import { archivePath, readArchiveFile, samples } from "../support/test_data.ts";

/** Asks for a path with GNU tar, and says whether there is one. */
async function gnuTar(...args: string[]): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command("tar", { args, stderr: "null" }).output();
    return success && (args[0] !== "--version" || new TextDecoder().decode(stdout).includes("GNU"));
  } catch {
    return false;
  }
}

const hasGnuTar = await gnuTar("--version");
if (!hasGnuTar) console.log("There is no GNU tar to compare with what is stored.");

/** Compares a stored report with what GNU tar unpacks, name for name and byte for byte. */
async function assertAsUnpacked(stored: string, archive: string): Promise<void> {
  const theirs = await Deno.makeTempDir();
  try {
    assert(await gnuTar("-xf", archivePath(archive).pathname, "-C", theirs), archive);
    const paths = await tree(theirs);
    assert.deepEqual(await tree(stored), paths, archive);
    for (const path of paths.filter((path) => !path.endsWith("/"))) {
      const [mine, its] = await Promise.all(
        [stored, theirs].map((folder) => Deno.readFile(join(folder, path))),
      );
      assert.deepEqual(mine, its, `${archive}: ${path}`);
    }
  } finally {
    await Deno.remove(theirs, { recursive: true });
  }
}

Deno.test("every sample uploads to its tool's number, with the files that GNU tar unpacks", async () => {
  await using test = await testApp();
  const compared = new Set<string>();
  for (const sample of await samples()) {
    const name = `${sample.archive}: ${sample.coverage_file}`;
    const response = await test.upload(await readArchiveFile(sample.archive), {
      coverage_xml_file_name: sample.coverage_file,
    });
    if (Number.isNaN(sample.percentage)) {
      assert.equal(response.status, 422, name);
      continue;
    }
    const { coverage } = await response.json();
    assert.equal(coverage.percentage, sample.percentage, name);
    assert.equal(coverage.lines_covered, sample.lines_covered, name);
    assert.equal(coverage.lines_valid, sample.lines_valid, name);
    assert.equal(coverage.format, sample.format, name);
    assert(coverage.report_url.endsWith(`/archive/${sample.index}`), coverage.report_url);
    const page = await test.open(new URL(coverage.report_url).pathname);
    assert.equal(page.status, 200, name);
    assert.match(await page.text(), /<html/i, name);
    if (!hasGnuTar || compared.has(sample.archive)) continue;
    compared.add(sample.archive);
    const [row] = await test.sql<{ report_id: string }[]>`
      select report_id from coverages where id = ${coverage.id}`;
    await assertAsUnpacked(test.store.folder(row!.report_id), sample.archive);
  }
  assert(!hasGnuTar || compared.size >= 20, `${compared.size} archives were compared`);
});

Deno.test("archives that cannot be unpacked faithfully are refused", async () => {
  await using test = await testApp();
  const cases: Record<string, RegExp> = {
    "refused/variant-sparse.tar.gz": /sparse/,
    "refused/variant-sparse-pax.tar.gz": /sparse/,
    "refused/variant-concatenated-gzip.tar.gz": /damaged, or followed by other data/,
  };
  for (const [archive, message] of Object.entries(cases)) {
    const response = await test.upload(await readArchiveFile(archive));
    assert.equal(response.status, 422, archive);
    assert.match((await response.json()).error, message);
  }
});
