import assert from "node:assert/strict";
import { testApp } from "../support/app.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { Contract, type Document } from "./contract.ts";

const place = { path: "/coverages-api", method: "post" };
const upload = (document: Document) => document.paths["/coverages-api"]!.post!;

/** An answer's JSON with another value, or none, under a key. */
async function changed(response: Response, key: string, value: unknown): Promise<Response> {
  const { coverage, data } = await response.json();
  return Response.json({ coverage: { ...coverage, [key]: value }, data }, response);
}

Deno.test("an answer that is not as the document says is complained of", async () => {
  await using test = await testApp();
  const document: Document = await (await test.get("/coverages-api/openapi.json")).json();
  const archive = await readArchiveFile("go_coverage.tar.gz");
  const done = () => test.upload(archive);
  const refused = () => test.upload(archive, { language: "a b" });
  const cases: {
    name: string;
    /** Makes another document of the right one. */
    said?: (document: Document) => void;
    /** Makes another answer of the right one. */
    answer?: () => Response | Promise<Response>;
    expected: RegExp | undefined;
  }[] = [
    { name: "the right answer", expected: undefined },
    { name: "the right refusal", answer: refused, expected: undefined },
    {
      name: "a status that the document lacks",
      said: (document) => delete upload(document).responses["200"],
      expected: /^status 200 is not in the document: \{"coverage"/,
    },
    {
      name: "a refusal that the document lacks",
      said: (document) => delete upload(document).responses["422"],
      answer: refused,
      expected: /^status 422 is not in the document/,
    },
    {
      name: "a media type that the document lacks",
      said: (document) => {
        upload(document).responses["200"]!.content = { "text/plain": {} };
      },
      expected: /^the Content-Type application\/json is not in the document$/,
    },
    {
      name: "a body where there is to be none",
      said: (document) => delete upload(document).responses["200"]!.content,
      expected: /^there is a body/,
    },
    {
      name: "a missing header",
      said: (document) => {
        upload(document).responses["200"]!.headers.ETag = {
          description: "",
          schema: { type: "string" },
          required: true,
        };
      },
      expected: /^the header ETag is missing$/,
    },
    {
      name: "a header that the document lacks",
      answer: async () => {
        const response = await done();
        response.headers.set("location", "/elsewhere");
        return response;
      },
      expected: /^the header location is not in the document$/,
    },
    {
      name: "an ill-formed header",
      said: (document) => {
        upload(document).responses["200"]!.headers["Content-Type"] = {
          description: "",
          schema: { const: "application/xml" },
          required: true,
        };
      },
      expected: /^Content-Type: data must be equal to constant$/,
    },
    {
      name: "a value of another type",
      answer: async () => await changed(await done(), "percentage", "33.03"),
      expected: /data\/coverage\/percentage must be number/,
    },
    {
      name: "a time that is none",
      answer: async () => await changed(await done(), "created_at", "yesterday"),
      expected: /created_at must match format "date-time"/,
    },
    {
      name: "a missing key",
      answer: async () => await changed(await done(), "format", undefined),
      expected: /must have required property 'format'/,
    },
    {
      name: "a key that the document lacks",
      answer: async () => await changed(await done(), "secret", 1),
      expected: /must NOT have additional properties/,
    },
  ];
  for (const { name, said, answer, expected } of cases) {
    const changedDocument = structuredClone(document);
    said?.(changedDocument);
    const response = await (answer ?? done)();
    const complaints = await new Contract(changedDocument).complaints(place, response);
    assert.equal(complaints.length, expected ? 1 : 0, `${name}: ${complaints}`);
    if (expected) assert.match(complaints[0]!, expected, name);
  }
});
