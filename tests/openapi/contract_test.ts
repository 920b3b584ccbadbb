import assert from "node:assert/strict";
import written from "../../src/openapi/openapi.json" with { type: "json" };
import { Contract, type Document } from "./contract.ts";

const upload = {
  id: 1,
  ...{ org_name: "a", repo_name: "b", branch_name: "c", commit_hash: "d", commit_author: "e" },
  ...{ language: "go", percentage: 33.03, lines_covered: null, lines_valid: null, format: "lcov" },
  ...{ created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" },
  report_url: "http://coverage.test/",
};

Deno.test("the contract test finds an answer that differs from the document", async () => {
  const contract = new Contract(written as unknown as Document);
  const differences = async (
    id: string,
    { status = 200, headers = {}, body = null as unknown } = {},
  ) => {
    const operation = contract.operations.find(({ operationId }) => operationId === id)!;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return await contract.differences(
      operation,
      new Response(status === 304 ? null : text, {
        status,
        headers: { "x-request-id": "1", "content-type": "application/json", ...headers },
      }),
    );
  };
  const answer = (changes: object) => ({ body: { coverage: { ...upload, ...changes }, data: [] } });
  assert.deepEqual(await differences("upload", answer({})), []);
  assert.deepEqual(await differences("list", { status: 304, headers: { etag: '"a"' } }), []);

  const cases: [id: string, answer: Parameters<typeof differences>[1], expected: RegExp][] = [
    ["upload", { status: 418, body: "tea" }, /^status 418 is not documented: tea$/],
    ["upload", { headers: { "content-type": "text/html" } }, /^the Content-Type text\/html is not/],
    ["upload", { ...answer({}), headers: { location: "/" } }, /^the header location is not doc/],
    ["upload", answer({ percentage: "33.03" }), /percentage must be number$/],
    ["upload", answer({ created_at: "yesterday" }), /created_at must match format "date-time"$/],
    ["upload", answer({ format: undefined }), /must have required property 'format'$/],
    ["upload", answer({ secret: 1 }), /must NOT have additional properties$/],
    ["list", { status: 304 }, /^the header ETag is missing$/],
    ["list", { status: 304, headers: { etag: "a" } }, /^ETag: data must match pattern/],
    [
      "newestReport",
      { status: 302, headers: { location: "/" }, body: "x" },
      /^there is a body: x$/,
    ],
  ];
  for (const [id, answer, expected] of cases) {
    const [difference = "", ...more] = await differences(id, answer);
    assert.match(difference, expected, id);
    assert.deepEqual(more, []);
  }
  assert(!contract.unseen.includes("upload 200"));
  assert(contract.unseen.includes("upload 401"), "a documented answer that nobody gave");
});
