/**
 * Mutated archives and coverage files, sent to the whole application.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { type TestApp, testApp } from "../../tests/support/app.ts";
import { concat, goodReport, tar } from "../../tests/support/archive.ts";
import { FIELDS, uploadPath } from "../../tests/support/fields.ts";
import { ownDatabase } from "../../tests/support/own_database.ts";
import { storedReports, tree } from "../../tests/support/reports.ts";
import { openFilesOf } from "../support/usage.ts";
import { archiveMutations, LIMITS } from "./archive.ts";
import { type Corpus, filesOf } from "./corpus.ts";
import {
  type Bytes,
  chunked,
  chunkSizes,
  mutate,
  ofBytes,
  packed,
  several,
  streamOf,
} from "./mutations.ts";
import { escaped } from "./names.ts";
import { assertTotal, type Target } from "./target.ts";
import { ofText } from "./text_mutations.ts";

/** File descriptors that may come on top of those at the start. */
const MORE_FILES = 20;
/** Longest sentence that can be: ten names of 200 control characters, each escaped twice in JSON. */
const MAX_ERROR_LENGTH = 16_000;

export const upload: Target = {
  times: 1,
  async run(corpus, check) {
    await using database = await ownDatabase();
    Deno.env.set("TEST_DATABASE", JSON.stringify(database.target));
    using thread = new CoverageThread();
    const { file, coverageFiles: [coverage_xml_file_name] } = corpus.good;
    const sendGood = ({ test }: Server, branch_name: string) =>
      test.upload(file, { branch_name, coverage_xml_file_name });
    const start = async () => {
      const server = await startServer(thread);
      assert.equal(await outcome(server.test, await sendGood(server, "kept"), 0), "200");
      return server;
    };
    let server = await start();
    const openAtStart = openFilesOf(Deno.pid) ?? 0;
    let hasFailed = false;
    await check(inputs(corpus), async ({ content, branch_name, delivery, pick }) => {
      if (hasFailed) { // what it left behind must not fail the runs that shrink it
        await server[Symbol.asyncDispose]();
        server = await start();
      }
      hasFailed = true;
      const send = async (branch_name: string) => {
        const fields = { ...FIELDS, branch_name, coverage_xml_file_name: content.coverageFile };
        const response = await server.test.app(request(content.bytes, delivery, fields));
        const status = await outcome(server.test, response, pick);
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
      const address = path.split("/").map(encodeURIComponent).join("/");
      const kept = await last.test.get(
        `/coverages-api/assets/acme/shop/kept/go/archive/${address}`,
      );
      assert.equal(kept.status, 200, path);
      assert.deepEqual(await kept.bytes(), bytes, `branch kept: ${path}`);
    }
    assert.equal(await outcome(last.test, await sendGood(last, "main"), 0), "200");
    const open = openFilesOf(Deno.pid) ?? 0;
    assert(open <= openAtStart + MORE_FILES, `${open} files are open, ${openAtStart} at first`);
  },
};

interface Server extends AsyncDisposable {
  readonly test: TestApp;
  /** Holds the folder of the application, and a file that must not change. */
  readonly disk: string;
}

async function startServer(thread: CoverageThread): Promise<Server> {
  const disk = await Deno.makeTempDir({ prefix: "coverage-fuzz-" });
  await Deno.writeTextFile(join(disk, "canary"), "untouched");
  for (const path of escaped()) await Deno.remove(path, { recursive: true });
  const test = await testApp({
    disk,
    readCoverage: thread.read,
    limits: { ...LIMITS, maxUploadBytes: 1024 * 1024, uploadConcurrency: 4, uploadSeconds: 3 },
  });
  return {
    test,
    disk,
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      await Deno.remove(disk, { recursive: true });
    },
  };
}

interface Delivery {
  readonly type: string | undefined;
  /** Sent as a form, with the fields in it or in the query. */
  readonly form: "body" | "form" | "form with fields";
  readonly spoilt: readonly { apply(bytes: Bytes): Bytes }[];
  readonly sizes: readonly number[];
  readonly end: "closes" | "fails" | "stalls";
  /** After which chunk it does not close. */
  readonly after: number;
}

function inputs(corpus: Corpus) {
  const archives = fc.record({
    archive: corpus.archives,
    mutated: archiveMutations,
    path: fc.nat(),
    isName: fc.boolean(),
  }).map(({ archive, mutated, path, isName }) => {
    const coverageFile = archive.coverageFiles[path % archive.coverageFiles.length]!;
    return named(`${archive.name}, ${fc.stringify(mutated)}`, {
      bytes: mutated(archive),
      coverageFile: isName ? coverageFile.slice(coverageFile.lastIndexOf("/") + 1) : coverageFile,
    });
  });
  const coverageFiles = fc.record({
    file: corpus.coverageFiles,
    mutations: several(ofText),
    at: fc.nat(4),
    coverageFile: fc.constantFrom("coverage.xml", "report/coverage.xml"),
  }).map(({ file, mutations, at, coverageFile }) => {
    // A good report but for its coverage file, which comes before, between or after the others.
    const entries = goodReport([
      { name: "report/app.js.html", content: "<p>app</p>" },
      { name: "report/more/coverage.xml", content: "<deeper/>" },
    ]).filter(({ name }) => name !== "report/coverage.xml")
      .toSpliced(at, 0, {
        name: "report/coverage.xml",
        content: mutate(file.bytes, mutations),
      });
    return named(`${fc.stringify(file)}, ${fc.stringify(mutations)}`, {
      bytes: packed(tar(entries)),
      coverageFile,
    });
  });
  return fc.record({
    content: fc.oneof(archives, coverageFiles),
    branch_name: fc.constantFrom("main", "develop", "feature/ü#1"),
    delivery: fc.record<Delivery>({
      type: fc.constantFrom(
        "application/gzip",
        "application/x-gzip",
        "application/x-tar",
        undefined,
      ),
      form: fc.constantFrom("body", "body", "body", "body", "form", "form with fields"),
      spoilt: fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, several(ofBytes)),
      sizes: chunkSizes,
      end: fc.oneof(
        { weight: 275, arbitrary: fc.constant("closes") },
        { weight: 24, arbitrary: fc.constant("fails") },
        { weight: 1, arbitrary: fc.constant("stalls") }, // until the server's deadline
      ),
      after: fc.nat(),
    }),
    pick: fc.nat(),
  });
}

function named<T extends object>(name: string, value: T): T {
  return Object.assign(value, { [fc.toStringMethod]: () => name });
}

function request(archive: Bytes, delivery: Delivery, fields: Record<string, string>): Request {
  const inForm = delivery.form === "form with fields";
  const boundary = "----fuzz7d1f";
  let body = archive, type = delivery.type;
  if (delivery.form !== "body") {
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
  const encoder = new TextEncoder();
  const texts = Object.entries(fields).map(([name, value]) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  );
  const head = 'Content-Disposition: form-data; name="file"; filename="report.tar.gz"\r\n' +
    "Content-Type: application/gzip\r\n\r\n";
  return concat([
    encoder.encode(`${texts.join("")}--${boundary}\r\n${head}`),
    archive,
    encoder.encode(`\r\n--${boundary}--\r\n`),
  ]);
}

/** The status, once the answer, the report that it published and the log are as they must be. */
async function outcome(test: TestApp, response: Response, pick: number): Promise<string> {
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
async function assertReport(
  test: TestApp,
  coverage: Record<string, string>,
  pick: number,
): Promise<void> {
  const [row] = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where id = ${coverage.id!} and deleted_at is null`;
  assert(row, "the answer's coverage has no active row");
  const folder = join(test.reports, row.report_id);
  const files = plainFiles(folder);
  assert(files.length > 0, "the report has no file");
  const page = await test.get(new URL(coverage.report_url!).pathname);
  assert.equal(page.status, 200, `${coverage.report_url}`);
  await page.body?.cancel();
  const path = files[pick % files.length]!;
  const { org_name, repo_name, branch_name, language } = coverage;
  const address = [org_name!, repo_name!, branch_name!, language!, "archive", ...path.split("/")];
  const served = await test.get(
    `/coverages-api/assets/${address.map(encodeURIComponent).join("/")}`,
  );
  assert.equal(served.status, 200, path);
  assert.deepEqual(await served.bytes(), await Deno.readFile(join(folder, path)), path);
}

function plainFiles(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
    const path = prefix + name;
    const info = Deno.lstatSync(join(folder, name));
    if (info.isDirectory) return plainFiles(join(folder, name), `${path}/`);
    assert(info.isFile, `${path} is neither a file nor a folder`);
    assert(info.nlink === null || info.nlink === 1, `${path} has another link`);
    assert.equal((info.mode ?? 0) & 0o7133, 0, `${path} has mode ${info.mode?.toString(8)}`);
    return [path];
  });
}

/** Nothing outside of the reports, nothing left in staging, nothing without a row. */
async function assertDisk({ test, disk }: Server): Promise<void> {
  assert.deepEqual(escaped(), []);
  const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const parent = join(test.reports, "..");
  assert.deepEqual([names(disk).length, names(parent)], [2, ["reports"]]);
  assert.equal(await Deno.readTextFile(join(disk, "canary")), "untouched");
  const rows = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where deleted_at is null order by report_id`;
  const { published } = await storedReports(test.reports);
  const staging = await tree(join(test.reports, ".staging"));
  assert.deepEqual(
    staging.length,
    2,
    `more in staging than the server's folder and lock: ${staging}`,
  );
  assert.deepEqual(published.sort(), rows.map(({ report_id }) => report_id));
}
