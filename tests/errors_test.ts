import assert from "node:assert/strict";
import { classify } from "../src/errors.ts";

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
