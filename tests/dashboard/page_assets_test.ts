import assert from "node:assert/strict";
import { NamedFiles } from "../../src/dashboard/page_assets.ts";

Deno.test("a large file is compressed in pieces", async () => {
  const files = new NamedFiles();
  const text = Array.from({ length: 50_000 }, (_, n) => `line ${n}, é\n`).join("");
  const name = files.add("large", "txt", "text/plain", text);
  for (const time of ["the first time", "again"]) {
    const response = files.serve(name);
    const length = Number(response.headers.get("content-length"));
    const pieces = await Array.fromAsync(response.body!);
    const sizes = pieces.map((piece) => piece.byteLength);
    assert(Math.max(...sizes) <= 64 * 1024, `${time}: ${sizes}`);
    const content = await new Response(ReadableStream.from(pieces)).bytes();
    assert.equal(content.byteLength, length, time);
    assert.equal(new TextDecoder().decode(content), text, time);
  }
});
