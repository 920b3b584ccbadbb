import assert from "node:assert/strict";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HttpError } from "../../src/errors.ts";
import { FileCache } from "../../src/reports/cache.ts";
import { createServeReport } from "../../src/reports/serve.ts";
import { goodReport, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";

const REPORT = "11111111-1111-4111-8111-111111111111";
const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const KEPT_BYTES = 1024 * 1024;
const LARGE = 64 * 1024 + 1;

interface Disk extends AsyncDisposable {
  readonly folder: string;
  /** Asks for a file, from memory where it is there. */
  readonly cached: Ask;
  /** Asks for a file on the disk. */
  readonly uncached: Ask;
}
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

async function reportOnDisk(): Promise<Disk> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-test-" });
  await Deno.mkdir(join(folder, "listed"));
  const files = {
    "index.html": "<!doctype html><h1>index</h1>",
    "page.html": "<!doctype html><h1>page</h1>",
    "a b#ü%.html": "<p>odd</p>",
    "style.css": "a {}",
    "empty.js": "",
    "large.txt": "x".repeat(LARGE),
    "listed/page.html": "<p>listed</p>",
  };
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), content);
  }
  const asking = (cacheBytes: number): Ask => {
    const serve = createServeReport({ store: { folder: () => folder }, cacheBytes });
    return async (path, init) => {
      try {
        return await serve(new Request(`http://test/archive/${path}`, init), {
          report: REPORT,
          path,
        });
      } catch (error) {
        assert(error instanceof HttpError);
        return new Response(error.message, { status: error.status, headers: error.headers });
      }
    };
  };
  return {
    folder,
    cached: asking(KEPT_BYTES),
    uncached: asking(0),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** All that a client sees of an answer. */
async function seen(response: Response) {
  const body = await response.bytes();
  const headers = Object.fromEntries(response.headers);
  // Who sends bytes says how many: the same on the wire.
  if (response.status === 200 && body.length > 0) headers["content-length"] ??= `${body.length}`;
  return { status: response.status, headers, body };
}

Deno.test("what is in memory is answered as from the disk, whatever is asked", async () => {
  await using disk = await reportOnDisk();
  const paths = [
    ...["index.html", "page.html", "a%20b%23%C3%BC%25.html", "p%61ge.html", "style.css"],
    ...["empty.js", "large.txt", "", "listed/", "listed", "listed/page.html", "page.html/"],
    ...["nothing", "listed//page.html", "%zz", "..%2fx", "page.html/below", `${"x".repeat(300)}`],
  ];
  let kept = 0;
  for (const path of paths) {
    for (const client of [{}, BROWSER]) {
      const first = await seen(await disk.cached(path, { headers: client }));
      const { etag, "last-modified": modified } = first.headers;
      const asked: Record<string, string>[] = [
        {},
        { range: "bytes=1-2" },
        { range: "bytes=-1" },
        { range: "bytes=999999-" },
        { range: "bytes=2-1" },
        { "if-none-match": '"other"' },
        { "if-none-match": "*" },
        { "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
        { "if-modified-since": "no date" },
        { "if-match": '"other"' },
        { "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
        ...(etag === undefined ? [] : [
          { "if-none-match": etag },
          { "if-none-match": `"other", ${etag}` },
          { "if-none-match": etag.replace(/"$/, '-opened"') },
          { "if-none-match": etag.replace('-opened"', '"') },
          { "if-none-match": '"other"', "if-modified-since": modified! },
          { "if-none-match": etag, "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
          { "if-range": etag, range: "bytes=1-2" },
          { "if-range": modified!, range: "bytes=1-2" },
          { "if-modified-since": modified! },
        ]),
      ];
      for (const method of ["GET", "HEAD"]) {
        for (const conditions of asked) {
          const init = { method, headers: { ...client, ...conditions } };
          const [memory, plain] = [await disk.cached(path, init), await disk.uncached(path, init)];
          const what = `${method} ${path} ${JSON.stringify(init.headers)}`;
          const [got, wanted] = [await seen(memory), await seen(plain)];
          if (method === "HEAD") {
            // A page that is opened is read for its length, which the application then tells.
            for (const { headers, body } of [got, wanted]) {
              if (body.length > 0) headers["content-length"] = `${body.length}`;
            }
            got.body = wanted.body = new Uint8Array();
          }
          assert.deepEqual(got, wanted, what);
          if (got.status === 200 || got.status === 304) kept++;
        }
      }
    }
  }
  assert(kept > 300, `${kept} answers were compared`);
});

Deno.test("a small file is read once; a large one, and any without a cache, each time", async () => {
  await using disk = await reportOnDisk();
  for (const path of ["page.html", "style.css", "large.txt"]) {
    for (const ask of [disk.cached, disk.uncached]) await (await ask(path)).body?.cancel();
  }
  await Deno.remove(disk.folder, { recursive: true });
  await Deno.mkdir(disk.folder);
  const statuses = async (ask: Ask) =>
    await Promise.all(["page.html", "style.css", "large.txt"].map(async (path) => {
      const response = await ask(path);
      await response.body?.cancel();
      return response.status;
    }));
  assert.deepEqual(await statuses(disk.cached), [200, 200, 404]);
  assert.deepEqual(await statuses(disk.uncached), [404, 404, 404]);
});

Deno.test("what is kept stays within its bytes; what was asked for last stays", async () => {
  const cache = new FileCache(100_000);
  const request = new Request("http://test/");
  const keep = (name: string, bytes: number) =>
    cache.keep(
      name,
      new Response(new Uint8Array(bytes), { headers: { etag: `"${name}"` } }),
      { size: bytes, dated: true },
    );
  const isKept = (name: string) => cache.answer(request, name) !== undefined;
  for (let file = 0; file < 100; file++) {
    await keep(`${file}`, 20_000);
    assert(isKept("0"), "it is asked for each time");
  }
  const left = Array.from({ length: 100 }, (_, file) => `${file}`).filter(isKept);
  assert.deepEqual(left, ["0", "97", "98", "99"]);
  await keep("large", LARGE);
  assert(!isKept("large"));
  // Without content there is still a name and a list of headers.
  for (let file = 0; file < 1000; file++) await keep(`empty${file}`, 1);
  const empty = Array.from({ length: 1000 }, (_, file) => `empty${file}`).filter(isKept);
  assert(empty.length > 10 && empty.length < 50, `${empty.length}`);
});

Deno.test("a report that is gone, or superseded, is not answered from memory", async () => {
  await using test = await testApp();
  const upload = async (content: string) => {
    const response = await test.upload(tar(goodReport([{ name: "report/page.html", content }])));
    assert.equal(response.status, 200);
    return (await response.json()).coverage.id;
  };
  const branch = "/coverages-api/assets/acme/shop/main/go";
  const ask = async (path: string) => {
    const response = await test.get(path);
    return [response.status, response.headers.get("cache-control"), await response.text()];
  };
  const id = await upload("first");
  const own = `${branch}/${id}/archive/report/page.html`;
  const newest = `${branch}/archive/report/page.html`;
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await ask(own), [200, "private, max-age=86400, immutable", "first"]);
    assert.deepEqual(await ask(newest), [200, "no-cache", "first"]);
  }
  await upload("second");
  assert.deepEqual(await ask(newest), [200, "no-cache", "second"]);
  const [status, caching] = await ask(own);
  assert.deepEqual([status, caching], [404, "no-store"]);
  const sync = await test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({ org_name: "acme", repo_name: "shop", active_branches: ["other"] }),
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual([sync.status, sync.headers.get("cache-control")], [200, "no-store"]);
  await sync.body?.cancel();
  assert.equal((await ask(newest))[0], 404);
});

Deno.test("what is kept weighs what its bytes weigh, however they were read", async () => {
  await using disk = await reportOnDisk();
  const cache = new FileCache(64 * 1024 * 1024);
  const path = join(disk.folder, "page.html");
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  collectGarbage();
  const before = Deno.memoryUsage().rss;
  const count = 3000;
  for (let file = 0; file < count; file++) {
    const { readable } = await Deno.open(path);
    const response = new Response(readable, { headers: { etag: '"x"' } });
    await (await cache.keep(`file${file}`, response, { size: 28, dated: true })).body?.cancel();
  }
  collectGarbage();
  // A buffer of 64 KiB under each would be 190 MB.
  const growth = (Deno.memoryUsage().rss - before) / count;
  assert(growth < 30_000, `${Math.round(growth)} bytes for each`);
});
