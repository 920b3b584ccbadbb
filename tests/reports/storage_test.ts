import assert from "node:assert/strict";
import { gzip, tar } from "../support/archive.ts";
import { goodReport } from "../support/archive.ts";
import { testApp } from "../support/app.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

Deno.test("a page that a browser opens begins with a storage; anybody else gets the file", async () => {
  await using test = await testApp();
  const pages: [name: string, before: string, after: string][] = [
    ["doctype", "<!DOCTYPE html>", "\n<html lang='en'><head><meta charset='utf-8'>"],
    ["old", '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"\n"http://w3.org/x">', "\n<html>"],
    ["xhtml", '<?xml version="1.0"?><!DOCTYPE html>', "<html>"],
    ["comment", "<!-- <!doctype not> -->\n\n<!doctype html>", "<p>x"],
    ["none", "", "<h1>x</h1>"],
    ["bom", "\ufeff<!doctype html>", "<p>"],
    ["text", "", "no tag at all"],
    ["open", "", "<!-- never closed"],
    ["empty", "", ""],
    ["long", "<!doctype html>", `<p>${"x".repeat(300_000)}</p>`],
  ];
  const utf16 = new Uint8Array([
    0xff,
    0xfe,
    ...new Uint8Array(new Uint16Array([60, 112, 62]).buffer),
  ]);
  const entries = pages.map(([name, before, after]) => ({
    name: `report/${name}.html`,
    content: before + after,
  }));
  const archive = await gzip(tar(goodReport([
    ...entries,
    { name: "report/utf16.html", content: utf16 },
    { name: "report/page.js", content: "<!doctype html>" },
  ])));
  assert.equal((await test.upload(archive)).status, 200);
  const root = "/coverages-api/assets/acme/shop/main/archive/report";
  for (const [name, before, after] of pages) {
    const file = await test.get(`${root}/${name}.html`, { headers: { accept: "*/*" } });
    assert.deepEqual(await file.bytes(), new TextEncoder().encode(before + after), name);
    assert.equal(file.headers.get("vary"), "accept");
    const opened = await test.get(`${root}/${name}.html`, { headers: BROWSER });
    const html = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await opened.bytes());
    assert(html.startsWith(`${before}<script>`), name);
    assert(html.endsWith(`</script>${after}`), name);
    assert.match(html, /localStorage/);
  }
  for (const name of ["utf16.html", "page.js"]) {
    const opened = await test.get(`${root}/${name}`, { headers: BROWSER });
    const file = await test.get(`${root}/${name}`);
    assert.deepEqual(await opened.bytes(), await file.bytes(), name);
  }
});

Deno.test("a page that a browser has is not sent again, nor cut, and HEAD has no wrong length", async () => {
  await using test = await testApp();
  await (await test.upload(tar(goodReport()))).body?.cancel();
  const path = "/coverages-api/assets/acme/shop/main/archive/report/index.html";
  const first = await test.get(path, { headers: BROWSER });
  const etag = first.headers.get("etag")!;
  const length = (await first.bytes()).length;
  const again = await test.get(path, { headers: { ...BROWSER, "if-none-match": etag } });
  assert.equal(again.status, 304);
  const part = await test.get(path, { headers: { ...BROWSER, range: "bytes=0-3" } });
  assert.equal(part.status, 200);
  assert.equal((await part.bytes()).length, length);
  const head = await test.get(path, { method: "HEAD", headers: BROWSER });
  assert(["0", String(length), null].includes(head.headers.get("content-length")));
  const file = await test.get(path, { headers: { range: "bytes=0-3" } });
  assert.equal(await file.text(), "<h1>");
});
