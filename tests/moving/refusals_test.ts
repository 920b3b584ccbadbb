import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { OperatorError } from "../../src/errors.ts";
import { testDatabase } from "../support/database.ts";
import { emptyTables, exported, gunzipped, gzipped, imported } from "../support/exported.ts";
import { seed } from "../support/seed.ts";

/** An export of two repositories and three uploads; lines 1 to 7. */
async function example(sql: Sql): Promise<Uint8Array<ArrayBuffer>> {
  await seed(sql);
  await seed(sql);
  await seed(sql, { repo_name: "other" });
  const bytes = await exported(sql);
  await emptyTables(sql);
  return bytes;
}

/** The sentence of a refusal that leaves the database empty. */
async function refusal(sql: Sql, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const error = await imported(sql, bytes).then(() => undefined, (error) => error);
  assert(error instanceof OperatorError, `it was refused in a sentence: ${Deno.inspect(error)}`);
  const [there] = await sql`
    select (select count(*)::int from repositories) + (select count(*)::int from coverages) as rows`;
  assert.equal(there!.rows, 0);
  return error.message;
}

Deno.test("an import needs an empty database, and says what is in it", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const bytes = await example(sql);
  await seed(sql);
  await assert.rejects(
    imported(sql, bytes),
    /^OperatorError: The database has 1 repositories and 1 uploads already; an import needs an empty one\.$/,
  );
  assert.equal((await sql`select from coverages`).length, 1);
});

Deno.test("an import whose identity the reports folder does not take changes nothing", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const bytes = await example(sql);
  const before = [...await sql`select id from identity`];
  const identified = () => Promise.reject(new OperatorError("belongs to another database"));
  await assert.rejects(imported(sql, bytes, { identified }), /belongs to another database/);
  assert.equal((await sql`select from repositories`).length, 0);
  assert.deepEqual([...await sql`select id from identity`], before);
  assert.equal((await imported(sql, bytes)).coverages, 3, "and it can be tried again");
});

Deno.test("a file that was cut off anywhere is refused", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const bytes = await example(sql);
  for (let length = 0; length < bytes.byteLength; length += 7) {
    await refusal(sql, bytes.slice(0, length));
  }
  const text = await gunzipped(bytes);
  const lines = text.split(/(?<=\n)/);
  for (let count = 0; count < lines.length; count++) {
    const sentence = await refusal(sql, await gzipped(lines.slice(0, count).join("")));
    assert.match(
      sentence,
      count === 0
        ? /^The file is no export: its first line does not say so\.$/
        : new RegExp(`^The file was cut off: it ends behind line ${count}, without its end\\.$`),
    );
  }
  const middle = text.slice(0, text.indexOf("report_id"));
  assert.match(await refusal(sql, await gzipped(middle)), /^Line 4 of the file is not JSON: /);
  assert.match(await refusal(sql, await gzipped(text + text)), /^Line 8 of the file stands behind/);
});

/** What is done to the text of an export, and what is said of it. */
const SPOILT: [string, (text: string) => string, RegExp][] = [
  ["no export", () => '{"a":1}\n', /^The file is no export: its first line/],
  ["a line that is no JSON", (text) => text.replace('\n{"end', '\n"end'), /^Line 7 .* not JSON/],
  [
    "an export of a newer server",
    (text) => text.replace('"version":1,"schema":"', '"version":2,"new":"'),
    /^The file is an export of version 2, made by a newer server; this one reads up to 1\.$/,
  ],
  [
    "a database of a newer server",
    (text) => text.replace(/"schema":"\w+"/, '"schema":"9999_later"'),
    /^The file was exported from a database of a newer version \("9999_later"\); this one has 0/,
  ],
  [
    "a column that this version does not know",
    (text) => text.replace('"format"', '"stars":1,"format"'),
    /^Line 4 .* is not an upload as this version knows it: Unrecognized key: "stars"\.$/,
  ],
  [
    "a column that is missing",
    (text) => text.replace('"language":"go",', ""),
    /^Line 4 .* an upload as this version knows it: language: /,
  ],
  [
    "a name that no upload could have",
    (text) => text.replace('"repo_name":"other"', '"repo_name":".."'),
    /^Line 3 .* is not a repository .*: repo_name: must not be \. or \.\.\.$/,
  ],
  [
    "a number out of range",
    (text) => text.replace('"percentage":50.00', '"percentage":101'),
    /^Line 4 .*: percentage: .*100/,
  ],
  [
    "more lines covered than there are",
    (text) =>
      text.replace('"lines_covered":null,"lines_valid":null', '"lines_covered":3,"lines_valid":2'),
    /^Line 4 .*: lines_covered: must not be more than lines_valid\.$/,
  ],
  [
    "an active upload without a report",
    (text) => text.replace(/(.*)"report_stored":true/s, '$1"report_stored":false'),
    /^Line 6 .*: report_stored: must be true of an active upload\.$/,
  ],
  [
    "a time that there is not",
    (text) => text.replace(/"updated_at":"\d+/, '"updated_at":"0000'),
    /^(Line 4|The database takes no lines 4 to 6) .*date\/time field value/,
  ],
  [
    "two active uploads of a branch",
    (text) =>
      text.replace(/"deleted_at":"[^"]*"/, '"deleted_at":null')
        .replace('"report_stored":false', '"report_stored":true'),
    /^The database takes no lines 4 to 6 of the file: .*"coverages_active" \(Key .*already exists\.\)\.$/,
  ],
  [
    "an upload to a repository that is not there",
    (text) => text.replace('"repository_id":2', '"repository_id":3'),
    /^The database takes no lines 4 to 6 of the file: .*foreign key/,
  ],
  [
    "two repositories of one name",
    (text) => text.replace('"repo_name":"other"', '"repo_name":"SHOP"'),
    /^The database takes no lines 2 to 3 of the file: .*"repositories_name"/,
  ],
  [
    "ids that do not count up",
    (text) => text.replace('"coverage":{"id":2', '"coverage":{"id":1'),
    /^Line 5 of the file has the id 1 behind 1; ids must count up\.$/,
  ],
  [
    "a repository behind the uploads",
    (text) => text.replace(/(\{"repository":\{"id":2.*\n)([^]*)(\{"end)/, "$2$1$3"),
    /^(Line 6 of the file has no place there|The database takes)/,
  ],
  [
    "lines of two kinds in one",
    (text) => text.replace('{"end"', '{"coverage":{},"end"'),
    /^Line 7 of the file has no place there: /,
  ],
  ["a line of no kind", (text) => text.replace('{"end"', '{"__proto__"'), /^Line 7 .* no place/],
  ["a line that is null", (text) => text.replace(/\{"end.*/, "null"), /^Line 7 .* no place/],
  [
    "an end that counts otherwise",
    (text) => text.replace('"coverages":3', '"coverages":4'),
    /^The file says that it has 2 repositories and 4 uploads; it has 2 and 3\.$/,
  ],
  [
    "a line without an end",
    (text) => text.replace('"end"', `"${"x".repeat(70_000)}"`),
    /^Line 7 of the file has more than 65536 characters, which no line of an export has\.$/,
  ],
];

for (const [what, spoil, expected] of SPOILT) {
  Deno.test(`an import refuses ${what} in a sentence, and adds nothing`, async () => {
    await using database = await testDatabase();
    const text = await gunzipped(await example(database.sql));
    const spoilt = spoil(text);
    assert.notEqual(spoilt, text);
    assert.match(await refusal(database.sql, await gzipped(spoilt)), expected);
  });
}

Deno.test("a file that is no gzip, or has bytes that are no text, is refused", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const plain = new TextEncoder().encode('{"export":{}}\n');
  assert.match(
    await refusal(sql, plain),
    /^The file cannot be read as gzipped text beyond line 0:/,
  );
  const latin1 = await gzipped(Uint8Array.of(0x7b, 0xe4, 0x7d, 0x0a));
  assert.match(
    await refusal(sql, latin1),
    /^The file cannot be read as gzipped text beyond line 0/,
  );
  const bytes = await example(sql);
  const flipped = bytes.slice();
  flipped[flipped.byteLength - 6]! ^= 1; // in the checksum
  assert.match(await refusal(sql, flipped), /beyond line \d+: /);
  const followed = new Uint8Array([...bytes, 0]);
  assert.match(await refusal(sql, followed), /beyond line \d+: /);
});
