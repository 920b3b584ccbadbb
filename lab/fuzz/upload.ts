/** Mutated archives and coverage files, sent to the whole application. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { type TestApp, testApp } from "../../tests/support/app.ts";
import { concat, goodReport, tar } from "../../tests/support/archive.ts";
import { FIELDS, uploadPath } from "../../tests/support/fields.ts";
import { withFolder } from "../../tests/support/folder.ts";
import { ownDatabase } from "../../tests/support/own_database.ts";
import { storedReports, tree } from "../../tests/support/reports.ts";
import { openFilesOf } from "../support/server.ts";
import { archiveMutations, LIMITS } from "./archive.ts";
import { assertTotal } from "./coverage.ts";
import { type Corpus, filesOf, type Target } from "./corpus.ts";
import { type Bytes, chunked, chunkSizes, mutate } from "./mutations.ts";
import { ofBytes, packed, several, streamOf } from "./mutations.ts";
import { escaped } from "./tar_mutations.ts";
import { ofText } from "./text_mutations.ts";

/** Longest sentence that can be: ten names of 200 control characters, each escaped twice in JSON. */
const MAX_ERROR_LENGTH = 16_000;
const SERVER_LIMITS = {
  ...LIMITS,
  maxUploadBytes: 2 ** 20,
  uploadConcurrency: 4,
  uploadSeconds: 3,
};
/** File descriptors that may come on top of those at the start. */
const MORE_FILES = 20;

export const upload: Target = {
  times: 1,
  run: (corpus, check) =>
    withFolder(async (folder) => {
      await using database = await ownDatabase();
      Deno.env.set("TEST_DATABASE", JSON.stringify(database.target));
      using thread = new CoverageThread();
      const { file, coverageFiles: [coverage_xml_file_name] } = corpus.good;
      const sendGood = async (test: TestApp, branch_name: string) => {
        const response = await test.upload(file, { branch_name, coverage_xml_file_name });
        assert.equal(await checked(test, response, 0), "200");
      };
      const start = async () => {
        const disk = await Deno.makeTempDir({ dir: folder });
        await Deno.writeTextFile(join(disk, "canary"), "untouched");
        for (const path of escaped()) await Deno.remove(path, { recursive: true });
        const server = await testApp({ disk, readCoverage: thread.read, limits: SERVER_LIMITS });
        await sendGood(server, "kept");
        return server;
      };
      let server = await start();
      const openAtStart = openFilesOf(Deno.pid);
      let hasFailed = false;
      await check(inputs(corpus), async ({ content, branch_name, delivery, pick }) => {
        if (hasFailed) { // what it left behind must not fail the runs that shrink it
          await server[Symbol.asyncDispose]();
          server = await start();
        }
        hasFailed = true;
        const send = async (branch_name: string) => {
          const fields = { ...FIELDS, branch_name, coverage_xml_file_name: content.coverageFile };
          const response = await server.app(request(content.bytes, delivery, fields));
          const status = await checked(server, response, pick);
          await assertDisk(server);
          return status;
        };
        const status = await send(branch_name);
        if (status !== "200" && delivery.end !== "stalls") {
          assert.equal(await send("kept"), status, "sent again it is answered otherwise");
        }
        hasFailed = false;
        return status;
      });

      await using last = server;
      for (const [path, bytes] of await filesOf(file)) {
        const kept = await last.open(assetOf("kept", path));
        assert.deepEqual([kept.status, await kept.bytes()], [200, bytes], `branch kept: ${path}`);
      }
      await sendGood(last, "main");
      const open = openFilesOf(Deno.pid);
      assert(open <= openAtStart + MORE_FILES, `${open} files are open, ${openAtStart} at first`);
    }),
};

const delivery = fc.record({
  type: fc.constantFrom("application/gzip", "application/x-tar", undefined),
  /** Sent as a form, with the fields in it or in the query. */
  form: fc.constantFrom("no", "no", "no", "no", "query", "fields"),
  spoilt: fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, several(ofBytes)),
  sizes: chunkSizes,
  end: fc.oneof(
    { weight: 275, arbitrary: fc.constant("closes" as const) },
    { weight: 24, arbitrary: fc.constant("fails" as const) },
    { weight: 1, arbitrary: fc.constant("stalls" as const) }, // until the server's deadline
  ),
  /** After which chunk it does not close. */
  after: fc.nat(),
});
type Delivery = typeof delivery extends fc.Arbitrary<infer T> ? T : never;

function inputs(corpus: Corpus) {
  const ofArchives = fc.tuple(corpus.archives, archiveMutations, fc.nat(), fc.boolean())
    .map(([archive, mutated, at, isName]) => {
      const path = archive.coverageFiles[at % archive.coverageFiles.length]!;
      return {
        bytes: mutated(archive),
        coverageFile: isName ? path.slice(path.lastIndexOf("/") + 1) : path,
        [fc.toStringMethod]: () => `${archive.name}, ${fc.stringify(mutated)}, ${path}`,
      };
    });
  const ofCoverageFiles = fc.tuple(corpus.coverageFiles, several(ofText), fc.nat(4))
    .map(([file, spoilt, at]) => {
      // A good report but for its coverage file, which comes before, between or after the others.
      const more = [{ name: "report/app.js.html" }, { name: "report/more/coverage.xml" }];
      const coverageFile = "report/coverage.xml";
      const entries = goodReport(more).filter(({ name }) => name !== coverageFile)
        .toSpliced(at, 0, { name: coverageFile, content: mutate(file.bytes, spoilt) });
      return {
        bytes: packed(tar(entries)),
        coverageFile,
        [fc.toStringMethod]: () => `${fc.stringify(file)}, ${fc.stringify(spoilt)}`,
      };
    });
  return fc.record({
    content: fc.oneof(ofArchives, ofCoverageFiles),
    branch_name: fc.constantFrom("main", "develop", "feature/ü#1"),
    delivery,
    pick: fc.nat(),
  });
}

function request(archive: Bytes, delivery: Delivery, fields: Record<string, string>): Request {
  const inForm = delivery.form === "fields";
  const boundary = "----fuzz7d1f";
  let body = archive, type: string | undefined = delivery.type;
  if (delivery.form !== "no") {
    body = mutate(form(archive, boundary, inForm ? fields : {}), delivery.spoilt);
    type = `multipart/form-data; boundary=${boundary}`;
  }
  let chunks = chunked(body, delivery.sizes);
  if (delivery.end !== "closes") chunks = chunks.slice(0, delivery.after % (chunks.length || 1));
  return new Request(`http://coverage.test${inForm ? "/coverages-api" : uploadPath(fields)}`, {
    method: "POST",
    headers: type ? { "content-type": type } : {},
    body: streamOf(chunks, delivery.end),
  });
}

function form(archive: Bytes, boundary: string, fields: Record<string, string>): Bytes {
  const part = (name: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(name)}\r\n\r\n${value}\r\n`);
  const head = `${texts.join("")}${part("file")}; filename="a.tar.gz"\r\n\r\n`;
  const encoder = new TextEncoder();
  return concat([encoder.encode(head), archive, encoder.encode(`\r\n--${boundary}--\r\n`)]);
}

/** The status, once the answer, the report that it published and the log are as they must be. */
async function checked(test: TestApp, response: Response, pick: number): Promise<string> {
  const text = await response.text();
  const shown = `${response.status}: ${text.slice(0, 300)}`;
  assert([200, 400, 408, 413, 422].includes(response.status), shown);
  const { coverage, error } = JSON.parse(text);
  if (response.status !== 200) {
    const sentences = typeof error === "string" ? [error] : Object.values(error);
    assert(sentences.length > 0 && sentences.every((one) => typeof one === "string" && one), shown);
    assert(text.length <= MAX_ERROR_LENGTH, shown);
  } else {
    assertTotal(coverage.percentage, coverage.lines_covered, coverage.lines_valid);
    await assertReport(test, coverage, pick);
  }
  const bad = test.log.splice(0).filter(({ level, message }) =>
    level === "error" || message.includes("could not be removed")
  );
  assert.deepEqual(bad, [], "the log");
  return String(response.status);
}

/** A report holds plain files only, and its first page and any other of them can be had. */
async function assertReport(test: TestApp, coverage: Record<string, string>, pick: number) {
  const [row] = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where id = ${coverage.id!} and deleted_at is null`;
  assert(row, "the answer's coverage has no active row");
  const folder = join(test.reports, row.report_id);
  const paths = (await tree(folder)).filter((path) => !path.endsWith("/"));
  for (const path of paths) {
    const { isFile, nlink, mode } = await Deno.lstat(join(folder, path));
    assert(isFile && (nlink ?? 1) === 1 && !((mode ?? 0) & 0o7133), `${path} is no plain file`);
  }
  const page = await test.open(new URL(coverage.report_url!).pathname);
  assert.equal(page.status, 200, `${coverage.report_url}`);
  await page.body?.cancel();
  const path = paths[pick % paths.length]!;
  const served = await test.open(assetOf(coverage.branch_name!, path));
  const expected = await Deno.readFile(join(folder, path));
  assert.deepEqual([served.status, await served.bytes()], [200, expected], path);
}

function assetOf(branch: string, path: string): string {
  const names = ["acme", "shop", branch, "go", "archive", ...path.split("/")];
  return `/coverages-api/assets/${names.map(encodeURIComponent).join("/")}`;
}

/** Nothing outside of the reports, nothing left in staging, nothing without a row. */
async function assertDisk(test: TestApp): Promise<void> {
  const disk = join(test.reports, "../..");
  assert.deepEqual(escaped(), []);
  const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert.equal(names(disk).length, 2, `${names(disk)}`);
  assert.deepEqual(names(join(test.reports, "..")), ["reports"]);
  assert.equal(await Deno.readTextFile(join(disk, "canary")), "untouched");
  const rows = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where deleted_at is null order by report_id`;
  const { published } = await storedReports(test.reports);
  assert.deepEqual(published.sort(), rows.map(({ report_id }) => report_id));
  const staging = await tree(join(test.reports, ".staging"));
  assert.equal(staging.length, 2, `more in staging than a folder and its lock: ${staging}`);
}
