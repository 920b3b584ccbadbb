import assert from "node:assert/strict";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

/** Pages, cut where the script is to be: before the text that follows the first two parts. */
const PAGES: [name: string, before: string, after: string][] = [
  ["doctype", "<!DOCTYPE html>\n<html lang='en'><head>", "<meta charset='utf-8'>"],
  [
    "old",
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"\n"http://w3.org/x">\n<html>',
    "<body>",
  ],
  ["xhtml", '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x">\n<head>', "<title>x</title>"],
  ["attributes", `<!doctype html><html data-x="a > b"><head data-root='/>'>`, "<title>x</title>"],
  ["header", "<!doctype html>", "<header>no head</header>"],
  ["comment", "<!-- <!doctype not> -->\n\n<!doctype html>", "<p>x"],
  ["comments", "<!--><!-- a --!><!doctype html><!---->", "<p>x"],
  ["blanks", `${" \n".repeat(3000)}<!doctype html>`, "<p>x"],
  ["none", "", "<h1>x</h1>"],
  ["bom", "\ufeff<!doctype html>", "<p>"],
  ["text", "", "no tag at all"],
  ["open", "", "<!-- never closed"],
  ["empty", "", ""],
  ["long", "<!doctype html>", `<p>${"x".repeat(300_000)}</p>`],
];
/** Pages in which the place is not in sight, and files that are no pages. */
const LEFT: [name: string, content: string | Uint8Array<ArrayBuffer>][] = [
  ["utf16.html", new Uint8Array([0xff, 0xfe, 60, 0, 112, 0, 62, 0])],
  ["far.html", `<!-- ${"x".repeat(200_000)} --><!doctype html><p>`],
  ["blank.html", `${" ".repeat(200_000)}<!doctype html><p>`],
  ["page.js", "<!doctype html>"],
];

async function appWithPages() {
  const test = await testApp();
  const archive = await gzip(tar(goodReport([
    ...PAGES.map(([name, before, after]) => ({
      name: `report/${name}.html`,
      content: before + after,
    })),
    ...LEFT.map(([name, content]) => ({ name: `report/${name}`, content })),
  ])));
  const response = await test.upload(archive);
  assert.equal(response.status, 200);
  const [row] = await test.sql`select report_id from coverages`;
  return Object.assign(test, { root: `/coverages-api/reports/${row!.report_id}/report` });
}

Deno.test("a page opened in a browser gets storage; every other request gets the file", async () => {
  await using test = await appWithPages();
  for (const [name, before, after] of PAGES) {
    const path = `${test.root}/${name}.html`;
    const file = await test.get(path, { headers: { accept: "*/*" } });
    assert.deepEqual(await file.bytes(), new TextEncoder().encode(before + after), name);
    assert.equal(file.headers.get("vary"), "accept, sec-fetch-dest");
    const opened = await test.get(path, { headers: BROWSER });
    const html = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await opened.bytes());
    assert(html.startsWith(`${before}<script>`), `${name}: ${html.slice(0, 200)}`);
    assert(html.endsWith(`</script>${after}`), name);
    assert.match(html, /localStorage/);
  }
  for (const [name] of LEFT) {
    const opened = await test.get(`${test.root}/${name}`, { headers: BROWSER });
    const file = await test.get(`${test.root}/${name}`);
    assert.deepEqual(await opened.bytes(), await file.bytes(), name);
  }
});

Deno.test("scripts and programs get the file, whatever they accept", async () => {
  await using test = await appWithPages();
  const asked: [Record<string, string>, boolean][] = [
    [{ accept: "text/html, */*; q=0.01" }, false],
    [{ ...BROWSER, "sec-fetch-dest": "empty" }, false],
    [{ ...BROWSER, "sec-fetch-dest": "script" }, false],
    [{ ...BROWSER, "sec-fetch-dest": "document" }, true],
    [{ accept: "*/*", "sec-fetch-dest": "iframe" }, true],
    [{}, false],
  ];
  for (const [headers, isOpened] of asked) {
    const response = await test.get(`${test.root}/none.html`, { headers });
    assert.equal((await response.text()).includes("<script>"), isOpened, JSON.stringify(headers));
  }
});

Deno.test("caches distinguish a page from its file, and HEAD has the page's length", async () => {
  await using test = await appWithPages();
  const path = `${test.root}/doctype.html`;
  const opened = await test.get(path, { headers: BROWSER });
  const { length } = await opened.bytes();
  const file = await test.get(path);
  const statusOf = async (headers: Record<string, string>) => {
    const response = await test.get(path, { headers });
    if (response.status === 304) {
      assert.equal(response.headers.get("vary"), "accept, sec-fetch-dest");
    }
    return response.status;
  };
  assert.equal(opened.headers.get("last-modified"), null);
  const modified = file.headers.get("last-modified")!;
  assert.equal(await statusOf({ ...BROWSER, "if-modified-since": modified }), 200);
  assert.equal(await statusOf({ "if-modified-since": modified }), 304);

  const part = await test.get(path, { headers: { ...BROWSER, range: "bytes=0-3" } });
  assert.equal(part.status, 200);
  assert.equal((await part.bytes()).length, length);
  const script = await test.get(`${test.root}/page.js`, {
    headers: { ...BROWSER, range: "bytes=0-3" },
  });
  assert.equal(script.status, 206);
  const head = await test.get(path, { method: "HEAD", headers: BROWSER });
  assert.equal(head.headers.get("content-length"), String(length));
});
