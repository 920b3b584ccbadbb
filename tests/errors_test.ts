import assert from "node:assert/strict";
import { classify, HttpError, unavailable, unprocessable } from "../src/errors.ts";

Deno.test("a client sees the sentence of an HttpError and nothing of its cause", async () => {
  const cause = new Error("secret detail");
  const response = classify(unprocessable({ file: "It is missing." }, cause), "id").toResponse();
  assert.equal(response.status, 422);
  assert.deepEqual(await response.json(), { error: { file: "It is missing." } });
  const away = classify(unavailable("Away.", cause), "id").toResponse();
  assert.equal(away.status, 503);
  assert.equal(away.headers.get("retry-after"), "5");
  assert.deepEqual(await away.json(), { error: "Away." });
});

Deno.test("a client sees only the request id of an unexpected error", async () => {
  const response = classify(new TypeError("secret detail"), "request-7").toResponse();
  assert.equal(response.status, 500);
  const text = await response.text();
  assert.match(text, /request-7/);
  assert.doesNotMatch(text, /secret/);
});

Deno.test("status and reason follow from the code of the database or the disk", () => {
  const withCode = (code: string) => Object.assign(new Error("it failed"), { code });
  const cases = [
    ["ECONNREFUSED", 503, "unavailable"],
    ["57P01", 503, "unavailable"],
    ["57014", 503, "unavailable"],
    ["53100", 507, "disk_full"],
    ["ENOSPC", 507, "disk_full"],
    ["EROFS", 503, "unavailable"],
    ["42601", 500, "failed"],
  ] as const;
  for (const [code, status, reason] of cases) {
    const error = classify(withCode(code), "id");
    assert.deepEqual([error.status, error.reason], [status, reason], code);
    assert.equal(classify(error, "id"), error, "an error is classified once");
  }
});

Deno.test("the message of an HttpError joins the sentences of its fields", () => {
  assert.equal(new HttpError(422, { a: "A.", b: "B." }).message, "A. B.");
});
