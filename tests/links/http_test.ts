import assert from "node:assert/strict";
import { join } from "node:path";
import { serveDir } from "@std/http";

const CONTENT = "<h1>0123456789</h1>";

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "pages/empty"), { recursive: true });
    await Deno.mkdir(join(folder, "indexed"));
    await Deno.writeTextFile(join(folder, "pages/a b#ü.html"), CONTENT);
    await Deno.writeTextFile(join(folder, "pages/.hidden.css"), "a {}");
    await Deno.writeTextFile(join(folder, "indexed/index.html"), "index");
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function ask(fsRoot: string, path: string, init?: RequestInit): Promise<Response> {
  const options = { fsRoot, showDirListing: true, showDotfiles: true, quiet: true };
  return serveDir(new Request(`http://report${path}`, init), options);
}

const page = `/pages/${encodeURIComponent("a b#ü.html")}`;

Deno.test("serveDir serves a file with its type, length and validators", async () => {
  await withFolder(async (folder) => {
    const response = await ask(folder, page);
    assert.equal(await response.text(), CONTENT);
    assert.match(response.headers.get("content-type")!, /^text\/html; charset=utf-8$/i);
    assert.equal(response.headers.get("content-length"), String(CONTENT.length));
    assert(response.headers.get("etag"));
    assert(response.headers.get("last-modified"));
    const hidden = await ask(folder, "/pages/.hidden.css");
    assert.equal(await hidden.text(), "a {}");
    assert.match(hidden.headers.get("content-type")!, /^text\/css/);
  });
});

Deno.test("serveDir answers HEAD without a body", async () => {
  await withFolder(async (folder) => {
    const response = await ask(folder, page, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
    assert.equal(response.headers.get("content-length"), String(CONTENT.length));
  });
});

Deno.test("serveDir answers conditional requests with 304", async () => {
  await withFolder(async (folder) => {
    const first = await ask(folder, page);
    await first.body?.cancel();
    for (
      const headers of [
        { "if-none-match": first.headers.get("etag")! },
        { "if-modified-since": first.headers.get("last-modified")! },
      ]
    ) {
      const response = await ask(folder, page, { headers });
      assert.equal(response.status, 304);
      assert.equal(await response.text(), "");
    }
    const other = await ask(folder, page, { headers: { "if-none-match": '"other"' } });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  });
});

Deno.test("serveDir answers ranges with 206, and one past the end with 416", async () => {
  await withFolder(async (folder) => {
    const cases: [string, string][] = [["bytes=4-6", "012"], ["bytes=-5", "</h1>"]];
    for (const [range, expected] of cases) {
      const response = await ask(folder, page, { headers: { range } });
      assert.equal(response.status, 206);
      assert.equal(await response.text(), expected);
      assert.match(response.headers.get("content-range")!, /^bytes \d+-\d+\/19$/);
    }
    const past = await ask(folder, page, { headers: { range: "bytes=100-" } });
    assert.equal(past.status, 416);
    await past.body?.cancel();
  });
});

Deno.test("serveDir serves a folder's index page, and lists a folder without one", async () => {
  await withFolder(async (folder) => {
    assert.equal(await (await ask(folder, "/indexed/")).text(), "index");
    const listing = await ask(folder, "/pages/");
    assert.match(listing.headers.get("content-type")!, /^text\/html/i);
    const html = await listing.text();
    for (const name of ["empty", ".hidden.css"]) assert(html.includes(name), name);
  });
});

Deno.test("serveDir redirects from a folder without a slash to the one with it", async () => {
  await withFolder(async (folder) => {
    const response = await ask(folder, "/pages");
    assert.equal(response.status, 301);
    assert(response.headers.get("location")!.endsWith("/pages/"));
    await response.body?.cancel();
  });
});

Deno.test("serveDir answers 404 for a missing file and 405 to other methods", async () => {
  await withFolder(async (folder) => {
    const missing = await ask(folder, "/pages/nothing");
    assert.equal(missing.status, 404);
    await missing.body?.cancel();
    const post = await ask(folder, page, { method: "POST" });
    assert.equal(post.status, 405);
    await post.body?.cancel();
  });
});
