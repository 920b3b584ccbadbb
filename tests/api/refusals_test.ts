import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { type Entry, goodReport, gzip, tar } from "../support/archive.ts";
import { type AppOptions, type TestApp, testApp } from "../support/app.ts";
import { storedReports } from "../support/reports.ts";
import { FIELDS, uploadPath } from "../support/fields.ts";

const archive = await gzip(tar(goodReport()));
const post = (body: BodyInit, type = "application/gzip"): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": type },
});

interface AppWithReport extends TestApp {
  /** Fails if a refused upload has changed anything. */
  assertUnharmed(): Promise<void>;
  /** Sends an upload, which must be refused like this and change nothing. */
  assertRefused(init: RequestInit, status: number, message: RegExp): Promise<void>;
}

/** An application that has a report. */
async function appWithReport(options?: AppOptions): Promise<AppWithReport> {
  const test = await testApp(options);
  const { coverage } = await (await test.upload(archive)).json();
  const before = await storedReports(test.reports);
  return Object.assign(test, {
    async assertUnharmed() {
      assert.deepEqual(await storedReports(test.reports), before);
      const page = await test.open(new URL(coverage.report_url).pathname);
      assert.equal(await page.text(), "<h1>coverage</h1>");
      const list = await (await test.get("/coverages-api")).json();
      assert.deepEqual(list.data, { "acme/shop": [coverage] });
      assert.deepEqual(test.log.filter(({ level }) => level === "error"), []);
    },
    async assertRefused(this: AppWithReport, init: RequestInit, status: number, message: RegExp) {
      const response = await test.get(uploadPath(), init);
      const error = String(await errorOf(response));
      assert.equal(response.status, status, error);
      assert.match(error, message);
      await this.assertUnharmed();
    },
  });
}

/** Together with where reports are. */
const TOO_LONG = `${"d".repeat(200)}/`.repeat(20) + "d".repeat(70);

async function errorOf(response: Response): Promise<string | Record<string, string>> {
  const answer = await response.json();
  assert.deepEqual(Object.keys(answer), ["error"]);
  return answer.error;
}

// What else can be wrong is in tests/archive/ and tests/formats/.
Deno.test("an archive that is invalid at any step is refused with the reason and changes nothing", async () => {
  await using test = await appWithReport();
  const report = (more: Entry[]) => tar(goodReport(more));
  const coverageFile = (content: string) => tar([{ name: "coverage.xml", content }]);
  const cases: [body: Uint8Array<ArrayBuffer>, message: RegExp][] = [
    [archive.slice(0, -30), /damaged/],
    [report([{ name: "../escape" }]), /contains \.\./],
    [report([{ name: TOO_LONG }]), /too long for the server's disk|at most 4096/],
    [
      report([{ name: "out", type: "2", linkName: "/tmp" }, { name: "out/file", content: "x" }]),
      /through the symbolic link "out"/,
    ],
    [report([{ name: "both" }, { name: "both/file" }]), /both as a file and as a folder/],
    [report([{ name: "both/", type: "5" }, { name: "both", content: "x" }]), /both as a file/],
    [
      tar([{ name: "coverage.xml", type: "2", linkName: "out/coverage.xml" }]),
      /coverage file "coverage.xml" is a symbolic link.*tar's -h/,
    ],
    [tar([{ name: "a/clover.xml" }]), /no file "coverage.xml".*"a\/clover.xml"/],
    [coverageFile("<coverage>\n<project>\n</coverage>"), /not well-formed.*line 3, column \d/],
  ];
  for (const [body, message] of cases) await test.assertRefused(post(body), 422, message);
});

Deno.test("a body that is not what its Content-Type says is refused", async () => {
  await using test = await appWithReport();
  const boundary = "multipart/form-data; boundary=x";
  const cases: [init: RequestInit, status: number, message: RegExp][] = [
    [{ method: "POST" }, 422, /no body/],
    [post(""), 422, /0 bytes|no body/],
    [post("--y\r\n", boundary), 400, /not the multipart\/form-data/],
    [post(archive, boundary), 400, /not the multipart\/form-data/],
    [post(archive, "application/x-www-form-urlencoded"), 415, /must be multipart\/form-data/],
    [post(archive, "application/zip"), 415, /"application\/zip"/],
  ];
  for (const one of cases) await test.assertRefused(...one);
});

Deno.test("a form without one file part is refused", async () => {
  await using test = await appWithReport();
  const blob = new Blob([archive]);
  const cases: [parts: [string, string | Blob][], message: RegExp][] = [
    [[["files", blob]], /file is missing/],
    [[["file", blob], ["file", blob]], /sent 2 times/],
    [[["file", "text"]], /is a text field.*filename\* alone/],
  ];
  for (const [parts, message] of cases) {
    const form = new FormData();
    for (const [name, value] of parts) form.append(name, value as Blob);
    const response = await test.get(uploadPath(), { method: "POST", body: form });
    assert.equal(response.status, 422);
    assert.match((await errorOf(response) as Record<string, string>).file!, message);
    await test.assertUnharmed();
  }
});

Deno.test("a form of too many parts is refused before it is parsed", async () => {
  await using test = await appWithReport();
  const parts = 1_600_000;
  const part = new TextEncoder().encode("--x\r\n\r\n\r\n".repeat(parts / 100));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ < 100) controller.enqueue(part);
      else controller.close();
    },
  });
  const type = "multipart/form-data; boundary=x";
  await test.assertRefused(post(body, type), 413, /more than 128 parts/);
  assert(sent < 10, `${sent} of 100 pieces were read`);
  // A delimiter may be cut anywhere.
  const bytes = new TextEncoder().encode("--x\r\n\r\n\r\n".repeat(129) + "--x--\r\n");
  const cut = ReadableStream.from(Array.from(bytes, (byte) => new Uint8Array([byte])));
  await test.assertRefused(post(cut, type), 413, /more than 128 parts/);
});

Deno.test("without a boundary or a body, every missing field is named", async () => {
  await using test = await appWithReport();
  const fields = Object.keys(FIELDS).filter((name) => name !== "github_api_url").toSorted();
  const empty: RequestInit[] = [
    post("", "multipart/form-data"),
    { method: "POST", headers: { "content-type": "multipart/form-data" } },
    { method: "POST", headers: { "content-type": "multipart/form-data; boundary=x" } },
    post(archive, "Multipart/Form-Data"),
  ];
  for (const init of empty) {
    const all = await test.get("/coverages-api", init);
    assert.equal(all.status, 422);
    assert.deepEqual(Object.keys(await errorOf(all)).toSorted(), [...fields, "file"].toSorted());
    const file = await test.get(`${uploadPath()}&file=x`, init);
    assert.equal(file.status, 422);
    const error = await errorOf(file) as Record<string, string>;
    assert.deepEqual(Object.keys(error), ["file"]);
    assert.match(error.file!, /^file is missing: .* no boundary; curl --form sends both\.$/);
  }
  await test.assertUnharmed();
});

/** What a credential is checked for; the other fields may be in the form. */
const TARGET_FIELDS = ["org_name", "repo_name", "commit_hash", "language"] as const;

Deno.test("every missing field is named, before the body is read", async () => {
  await using test = await appWithReport();
  for (const field of Object.keys(FIELDS).filter((name) => name !== "github_api_url")) {
    let read = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        read = true;
        controller.enqueue(archive);
        controller.close();
      },
    }, { highWaterMark: 0 });
    const response = await test.get(uploadPath({ [field]: undefined }), post(body));
    assert.equal(response.status, 422);
    assert.deepEqual(await errorOf(response), { [field]: `${field} is missing.` });
    assert(!read, field);
  }
  const form = new FormData();
  form.append("file", new Blob([archive]));
  const noQuery = await test.get("/coverages-api", { method: "POST", body: form });
  assert.deepEqual(Object.keys(await errorOf(noQuery)), TARGET_FIELDS);
  const target = new URLSearchParams(TARGET_FIELDS.map((field) => [field, FIELDS[field] ?? ""]));
  const noDetails = await test.get(`/coverages-api?${target}`, { method: "POST", body: form });
  assert.deepEqual(
    Object.keys(await errorOf(noDetails)),
    ["branch_name", "commit_author", "coverage_xml_file_name"],
  );
  await test.assertUnharmed();
});

Deno.test("every invalid field is named with its value and what is allowed", async () => {
  await using test = await appWithReport();
  const cases: Record<string, string[]> = {
    org_name: ["a/b", "..", "x".repeat(101), "ü", ""],
    repo_name: ["a b", ".", "a\0"],
    branch_name: ["a..b", "/a", "a/", "a//b", "a b", "a~", "a^", "a:", "a?", "a*", "a[", "a\\", "@"]
      .concat("a@{b", "a.lock", "a/.b", "a.", "-a", "\x01", "x".repeat(256), ""),
    commit_hash: ["", "a b", "a\n", "a\0", "x".repeat(256), "..", "."],
    commit_author: [" ", "a\nb", "x".repeat(256)],
    language: ["c sharp", "x".repeat(33), "../x", ".", "archive", ""],
    coverage_xml_file_name: ["", "   ", "x".repeat(5000), "/c.xml", "../c.xml", "a/../c.xml", "."],
    github_api_url: ["x".repeat(256), "a\rb"],
  };
  for (const [field, values] of Object.entries(cases)) {
    for (const value of values) {
      const response = await test.get(uploadPath({ [field]: value }), post(archive));
      const error = await errorOf(response) as Record<string, string>;
      assert.equal(response.status, 422, value);
      assert.deepEqual(Object.keys(error), [field], value);
      assert.match(error[field]!, new RegExp(`^${field} is .*; it must`), value);
    }
  }
  await test.assertUnharmed();
});

Deno.test("an unencoded + and an upload by PUT are explained", async () => {
  await using test = await testApp();
  const plus = await test.get(uploadPath({ language: undefined }) + "&language=c++", post(archive));
  assert.equal(
    (await errorOf(plus) as Record<string, string>).language,
    'language is "c  "; it must be 1 to 32 of A-Z a-z 0-9 + # . _ -; a + in an address means a ' +
      "space, and is written %2B.",
  );
  const put = await test.get(uploadPath(), { method: "PUT", body: archive });
  assert.equal(put.status, 400);
  assert.match(String(await errorOf(put)), /an upload is a POST: curl -X POST/);
});

Deno.test("every branch name of git is accepted", async () => {
  await using test = await testApp();
  const branches = ["feature/a-b", "release_1.2", "größe/日本", "fix#12", "a@b", "x".repeat(255)];
  for (
    const branch_name of [...branches, "renovate/npm-@types/node-20.x", "with_fs_in", "emoji🎉"]
  ) {
    const response = await test.upload(archive, { branch_name });
    assert.equal(response.status, 200, branch_name);
    const { coverage } = await response.json();
    assert.equal(coverage.branch_name, branch_name);
    const page = await test.open(new URL(coverage.report_url).pathname);
    assert.equal(await page.text(), "<h1>coverage</h1>", branch_name);
  }
});

Deno.test("a report over a limit is refused with 413 and the limit", async () => {
  const limits = { maxUploadBytes: 20_000, maxReportBytes: 100_000, maxReportFiles: 10 };
  await using test = await appWithReport({ limits });
  const noise = crypto.getRandomValues(new Uint8Array(30_000));
  const cases: [body: BodyInit, message: RegExp][] = [
    [noise, /more than 20000 bytes; at most 20000/],
    [new Blob([noise]).stream(), /more than 20000 bytes; at most 20000/],
    [
      await gzip(tar(goodReport([{ name: "zeros", content: new Uint8Array(5_000_000) }]))),
      /100000 bytes/,
    ],
    [
      await gzip(tar(goodReport(Array.from({ length: 10 }, (_, at) => ({ name: `f${at}` }))))),
      /more than 10 files and folders/,
    ],
    [
      // Few entries, whose paths would make many folders.
      await gzip(tar(goodReport([{ name: "a/b/c/d/e" }, { name: "1/2/3/4/", type: "5" }]))),
      /more than 10 files and folders/,
    ],
  ];
  for (const [body, message] of cases) await test.assertRefused(post(body), 413, message);
  const announced = { "content-type": "application/gzip", "content-length": "30000" };
  await test.assertRefused(
    { ...post(archive), headers: announced },
    413,
    /30000 bytes; at most 20000/,
  );
  const form = new FormData();
  form.append("file", new Blob([noise]));
  await test.assertRefused({ method: "POST", body: form }, 413, /20000 bytes/);
});

Deno.test("a gzip bomb stops at the limit: as one file, as many, and behind the archive", async () => {
  await using test = await appWithReport({ limits: { maxReportBytes: 30_000_000 } });
  const zeros = new Uint8Array(1024 * 1024);
  const packed = async (first: Uint8Array<ArrayBuffer>, then: Uint8Array<ArrayBuffer>) => {
    const parts = ReadableStream.from((function* () {
      yield first;
      for (let count = 0; count < 200; count++) yield then;
    })());
    return await new Response(parts.pipeThrough(new CompressionStream("gzip"))).bytes();
  };
  const bombs = {
    // The size is 8 GiB less a byte, the most that its field can say.
    "one file": await packed(tar([{ name: "zeros", size: 8 ** 11 - 1 }], { end: false }), zeros),
    "many files": await packed(
      new Uint8Array(0),
      tar([{ name: "f", content: zeros }], { end: false }),
    ),
    "behind the end": await packed(tar(goodReport()), zeros),
  };
  for (const [name, bomb] of Object.entries(bombs)) {
    assert(bomb.byteLength < 300_000, name);
    await test.assertRefused(post(bomb), 413, /30000000 bytes, unpacked/);
  }
});

Deno.test("a million empty entries stop at the limit", async () => {
  const block = tar([{ name: "empty" }], { end: false });
  const thousand = new Uint8Array(block.byteLength * 1000);
  for (let at = 0; at < 1000; at++) thousand.set(block, at * block.byteLength);
  const packed = await new Response(
    ReadableStream.from((function* () {
      for (let count = 0; count < 1000; count++) yield thousand;
    })()).pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  await using test = await appWithReport({ limits: { maxReportFiles: 2000 } });
  await test.assertRefused(post(packed), 413, /more than 2000 files and folders/);
});

Deno.test("an aborted upload changes nothing", async () => {
  await using test = await appWithReport();
  for (const until of [0, 1, 100, archive.length - 9]) {
    const stopped = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(archive.slice(0, until)),
      pull: (controller) => controller.error(new TypeError("connection lost")),
    });
    await test.assertRefused(post(stopped), 400, /ended before it was complete/);
  }
});

Deno.test("a body that stalls or never ends gets 408", async () => {
  const limits = { uploadSeconds: 0.2, maxUploadBytes: 1e9, maxReportBytes: 1e9 };
  await using test = await testApp({ limits });
  const types = ["application/gzip", "multipart/form-data; boundary=x"];
  for (const type of types) {
    const stopped = Promise.withResolvers<void>();
    const waiting = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(archive.slice(0, 50)),
      cancel: () => stopped.resolve(),
    });
    const response = await test.get(uploadPath(), post(waiting, type));
    assert.equal(response.status, 408);
    assert.match(String(await errorOf(response)), /too slowly, 50 bytes in .*; at least 16384/);
    await stopped.promise; // nobody reads it any more
  }
  // Not too slow, but without an end: a tar of one large file.
  const start = tar([{ name: "large", size: 900_000_000 }], { end: false });
  for (const type of types) {
    const endless = ReadableStream.from((async function* () {
      yield type === types[0] ? start : new TextEncoder().encode(
        '--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n',
      );
      while (true) {
        yield new Uint8Array(16 * 1024);
        await new Promise((resolve) => setTimeout(resolve));
      }
    })());
    const response = await test.get(uploadPath(), post(endless, type));
    assert.equal(response.status, 408);
    assert.match(String(await errorOf(response)), /within 0.2 seconds/);
  }
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
});

Deno.test("a name that no file can have is refused, and nothing waits for the body", async () => {
  await using test = await testApp(); // whose timers would be found
  const name = "a".repeat(300);
  for (const field of ["coverage_xml_file_name", "diff_file_name"]) {
    const response = await test.upload(archive, { [field]: name });
    assert.equal(response.status, 422, field);
    assert.match(String(await errorOf(response)), /has 300 bytes; at most 255/);
  }
});

Deno.test("an unsafe archive is refused before the rest of it arrives", async () => {
  await using test = await testApp();
  const entries = tar([{ name: "../evil" }, { name: "large", size: 900_000_000 }], { end: false });
  // The published tar reader holds back the last kilobyte that has come.
  const unsafe = new Uint8Array(entries.byteLength + 8192);
  unsafe.set(entries);
  for (const start of [unsafe, (await gzip(unsafe)).slice(0, -8)]) {
    const canceled = Promise.withResolvers<void>();
    const waiting = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(start),
      cancel: () => canceled.resolve(),
    });
    const response = await test.get(uploadPath(), post(waiting));
    assert.equal(response.status, 422);
    await canceled.promise;
  }
});

Deno.test("an upload that takes too long to process gets 503 and leaves nothing", async () => {
  await using test = await testApp({
    limits: { uploadSeconds: 0.5 },
    readCoverage: () => new Promise(() => {}),
  });
  const response = await test.upload(archive);
  assert.equal(response.status, 503);
  assert.match(String(await errorOf(response)), /not done within 1 seconds/);
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
});

Deno.test("one repository cannot use every upload slot", async () => {
  await using test = await testApp({ limits: { uploadConcurrency: 2 } });
  const slow: ReadableStreamDefaultController<Uint8Array>[] = [];
  const held = Array.from({ length: 3 }, () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void slow.push(controller),
    });
    return test.get(uploadPath({ repo_name: "slow" }), post(body));
  });
  const other = await test.upload(archive);
  assert.equal(other.status, 200);
  for (const controller of slow) controller.error(new TypeError("connection lost"));
  for (const response of await Promise.all(held)) assert.equal(response.status, 400);
});

Deno.test("too many uploads at once get 429, the others succeed", async () => {
  await using test = await testApp({ limits: { uploadConcurrency: 1 } });
  const responses = await Promise.all(
    Array.from({ length: 28 }, (_, at) => test.upload(archive, { branch_name: `b${at}` })),
  );
  const statuses = responses.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 26);
  const refused = responses.find(({ status }) => status === 429)!;
  assert.equal(refused.headers.get("retry-after"), "10");
  assert.equal((await storedReports(test.reports)).published.length, 26);
});

Deno.test("a bug is answered with an id, logged once, and changes nothing", async () => {
  await using test = await testApp({
    readCoverage: () => Promise.reject(new TypeError("a bug in a reader")),
  });
  const response = await test.upload(archive);
  assert.equal(response.status, 500);
  const error = String(await errorOf(response));
  const logged = test.log.filter(({ level }) => level === "error");
  assert.equal(logged.length, 1);
  assert(error.includes(String(logged[0]!.fields.request)));
  assert(!error.includes("a bug in a reader"));
  assert.match(String(logged[0]!.fields.error), /a bug in a reader/);
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
});

Deno.test("if AUTH is unset, uploads from other machines are refused before the body is read", async () => {
  await using test = await testApp({ config: { auth: readConfig({}).auth } });
  const request = (headers: Record<string, string> = {}, host = "localhost:3000") =>
    new Request(`http://${host}${uploadPath()}`, {
      method: "POST",
      body: archive,
      headers: { "content-type": "application/gzip", ...headers },
    });
  const from = (hostname: string) => ({
    remoteAddr: { transport: "tcp" as const, hostname, port: 5 },
  });
  const refused: [Request, ReturnType<typeof from> | undefined][] = [
    [request(), undefined],
    [request(), from("192.0.2.7")],
    [request({ "x-forwarded-for": "192.0.2.7" }), from("127.0.0.1")],
    [request({ forwarded: "for=192.0.2.7" }), from("::1")],
    [request({}, "rebound.example:3000"), from("127.0.0.1")],
  ];
  for (const [request, client] of refused) {
    const response = await test.app(request, client);
    assert.equal(response.status, 401);
    assert.match(String(await errorOf(response)), /no Authorization header/);
    assert(!request.bodyUsed);
  }
  for (const host of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    const response = await test.app(request(), from(host));
    assert.equal(response.status, 200, host);
  }
});

Deno.test("pages of other origins, and reports in their sandbox, cannot upload through a browser", async () => {
  await using test = await testApp({ config: { publicUrl: "https://coverage.example.com/x" } });
  const from = (headers: Record<string, string>) =>
    test.get(uploadPath(), {
      method: "POST",
      body: archive,
      headers: { "content-type": "application/gzip", ...headers },
    });
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://coverage.test" },
    // The name of a page that has been given this server's address since it was loaded.
    { "sec-fetch-site": "same-origin", origin: "http://coverage.test" },
  ];
  for (const headers of foreign) {
    const response = await from(headers);
    assert.equal(response.status, 403);
    assert.match(String(await errorOf(response)), /pages of other origins/);
  }
  const own: Record<string, string>[] = [
    { origin: "https://coverage.example.com", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of own) {
    const response = await from(headers);
    assert.equal(response.status, 200);
  }
});

Deno.test("names do not decide where a report is stored", async () => {
  await using test = await testApp();
  const odd = { org_name: "..a", repo_name: "...", branch_name: "a/b", language: "c#" };
  const { coverage } = await (await test.upload(archive, odd)).json();
  const stored = await storedReports(test.reports);
  assert.equal(stored.published.length, 1);
  assert.match(stored.published[0]!, /^[0-9a-f-]{36}$/);
  const page = await test.open(new URL(coverage.report_url).pathname);
  assert.equal(await page.text(), "<h1>coverage</h1>");
});
