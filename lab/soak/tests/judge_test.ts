import assert from "node:assert/strict";
import { join } from "node:path";
import { judgeAnswers, judgeFolders, judgeStaging, judgeStored } from "../judge.ts";
import { Uploads } from "../uploads.ts";
import { type ListeningApp, listeningApp } from "../../../tests/support/listening.ts";

const COUNT = 6;

/** A server with uploads that all went well. */
async function uploadTo(test: ListeningApp): Promise<Uploads> {
  const uploads = new Uploads(1);
  for (let upload = 0; upload < COUNT; upload++) {
    assert.equal(await uploads.send(test.address, await uploads.make()), 200);
  }
  return uploads;
}

/** What all judges say. */
async function judge(test: ListeningApp, uploads: Uploads) {
  const { sql, reports } = test;
  const { lost, problems } = await judgeStored({ sql, reports, ...uploads });
  return {
    lost,
    problems: [
      ...problems,
      ...await judgeStaging(reports),
      ...await judgeFolders({ sql, reports }),
      ...await judgeAnswers(test.address, { sql, sent: uploads.sent }),
    ],
  };
}

/** Something done behind the server's back to the last upload, and how it is found. */
interface Fault {
  what: string;
  commit(test: ListeningApp, folder: string): Promise<unknown>;
  found: RegExp[];
  lost: number;
}

const faults: Fault[] = [
  {
    what: "a file that is gone",
    commit: (_, folder) => Deno.remove(join(folder, "report/index.html")),
    found: [/^row 6, upload 6: report\/index\.html is gone$/, /answered 404, not with its page$/],
    lost: 1,
  },
  {
    what: "a changed byte",
    commit: (_, folder) =>
      Deno.writeTextFile(join(folder, "report/index.html"), "<h1>upload 7</h1>"),
    found: [/^row 6, .* has other bytes than were sent$/, /answered 200, not with its page$/],
    lost: 1,
  },
  {
    what: "a file too many",
    commit: (_, folder) => Deno.writeTextFile(join(folder, "report/more.html"), "more"),
    found: [/^row 6, upload 6: report\/more\.html was never sent$/],
    lost: 1,
  },
  {
    what: "a folder that is gone",
    commit: (_, folder) => Deno.remove(folder, { recursive: true }),
    found: [/^row 6, upload 6: its report's folder is gone$/, /answered 404, not with its page$/],
    lost: 1,
  },
  {
    what: "a folder without a row",
    commit: (test) => Deno.mkdir(join(test.reports, crypto.randomUUID())),
    found: [/^no row has a report in folder [0-9a-f-]{36}$/],
    lost: 0,
  },
  {
    what: "something in staging",
    commit: (test) => Deno.mkdir(join(test.reports, ".staging", crypto.randomUUID())),
    found: [/^\.staging\/[0-9a-f-]{36}\/ is left over$/],
    lost: 0,
  },
  {
    what: "a row that is gone",
    commit: (test) => test.sql`delete from coverages where id = 6`,
    found: [
      /^upload 6 was acknowledged as row 6, which is not there$/,
      /^no row has a report in folder/,
    ],
    lost: 1,
  },
  {
    what: "a row of another upload",
    commit: (test) => test.sql`update coverages set commit_hash = 'abcd' where id = 6`,
    found: [
      /^upload 6 was acknowledged as row 6, which is not there$/,
      /^row 6 is of abcd, which was never sent$/,
      /^row 6 is not in the list, or was never sent$/,
    ],
    lost: 1,
  },
  {
    what: "a number that is another",
    commit: (test) => test.sql`update coverages set percentage = 99 where id = 6`,
    found: [/^row 6, upload 6: it has 99 %, and what was sent 0\.07 %$/],
    lost: 1,
  },
  {
    what: "a row that is said to have no report",
    commit: (test) =>
      test.sql`update coverages set deleted_at = now(), report_stored = false where id = 6`,
    found: [/^row 6, upload 6: the newest is not active$/, /^no row has a report in folder/],
    lost: 1,
  },
  {
    what: "a newest row that is not active",
    commit: (test) => test.sql`update coverages set deleted_at = now() where id = 6`,
    found: [/^row 6, upload 6: the newest is not active$/],
    lost: 1,
  },
];

Deno.test("nothing is found where nothing was lost", async () => {
  await using test = await listeningApp();
  const uploads = await uploadTo(test);
  assert.deepEqual(uploads.problems, []);
  assert.equal(uploads.acknowledged.size, COUNT);
  assert.deepEqual(await judge(test, uploads), { lost: 0, problems: [] });
});

Deno.test("what is lost or out of place is found", async () => {
  for (const { what, commit, found, lost } of faults) {
    await using test = await listeningApp();
    const uploads = await uploadTo(test);
    const [row] = await test.sql<{ report_id: string }[]>`
      select report_id from coverages where id = 6`;
    await commit(test, join(test.reports, row!.report_id));
    const verdict = await judge(test, uploads);
    const problems = verdict.problems.join("\n");
    assert.equal(verdict.problems.length, found.length, `${what}: ${problems}`);
    found.forEach((sentence, at) => assert.match(verdict.problems[at]!, sentence));
    assert.equal(verdict.lost, lost, what);
  }
});
