import assert from "node:assert/strict";
import {
  errorAnswer,
  errorResponse,
  HttpError,
  unavailable,
  unprocessable,
} from "../src/errors.ts";

Deno.test("errorResponse tells a client what an HttpError says, and nothing of its cause", async () => {
  const cause = new Error("secret detail");
  const response = errorResponse(
    errorAnswer(unprocessable({ file: "It is missing." }, cause), "id"),
  );
  assert.equal(response.status, 422);
  assert.deepEqual(await response.json(), { error: { file: "It is missing." } });
  const away = errorResponse(errorAnswer(unavailable("Away.", cause), "id"));
  assert.equal(away.status, 503);
  assert.equal(away.headers.get("retry-after"), "5");
  assert.deepEqual(await away.json(), { error: "Away." });
});

Deno.test("errorResponse tells of a bug no more than the request's id", async () => {
  const response = errorResponse(errorAnswer(new TypeError("secret detail"), "request-7"));
  assert.equal(response.status, 500);
  const text = await response.text();
  assert(text.includes("request-7"));
  assert(!text.includes("secret"));
});

Deno.test("an HttpError's message holds every sentence, for the log", () => {
  assert.equal(new HttpError(422, { a: "One.", b: "Two." }).message, "One. Two.");
});
