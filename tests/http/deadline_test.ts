import assert from "node:assert/strict";
import { Deadline, readBody } from "../../src/http/body.ts";
import { filePart } from "../../src/http/form.ts";

Deno.test("a deadline ends the reading of a body and the waiting for work", async () => {
  using deadline = new Deadline(0.01, () => new Error("too late"));
  const canceled = Promise.withResolvers<unknown>();
  const endless = new ReadableStream({ cancel: canceled.resolve });
  const request = new Request("http://localhost", { method: "POST", body: endless });
  const { signal } = deadline;
  const reading = new Response(readBody(request, { maxBytes: 1, seconds: 60, signal })).bytes();
  await assert.rejects(Promise.all([reading, deadline.race(new Promise(() => {}))]), {
    message: "too late",
  });
  await assert.rejects(reading, { message: "too late" });
  assert.equal((await canceled.promise as Error).message, "too late");
  const late = new Request("http://localhost", { method: "POST", body: "late" });
  await assert.rejects(new Response(readBody(late, { maxBytes: 9, seconds: 60, signal })).bytes(), {
    message: "too late",
  });
  const form = new FormData();
  form.set("file", new File(["in a form"], "report.tar.gz"));
  await assert.rejects(new Response(filePart(form, signal)).bytes(), { message: "too late" });
});
