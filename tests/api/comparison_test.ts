import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { tar } from "../support/archive.ts";

const HIT = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** LCOV of a file of ten lines, of which these are hit. */
function lcov(hit: readonly number[], path = "src/a.ts"): string {
  const lines = HIT.map((line) => `DA:${line},${hit.includes(line) ? 1 : 0}`);
  return `TN:\nSF:${path}\n${lines.join("\n")}\nend_of_record\n`;
}

/** A diff that adds these lines to a file. */
function diffOf(first: number, last: number, path = "src/a.ts"): string {
  const count = last - first + 1;
  return `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n` +
    `@@ -${first - 1},0 +${first},${count} @@\n${"+\n".repeat(count)}`;
}

const DIFF = { diff_file_name: "changes.diff" };

async function upload(
  test: TestApp,
  fields: Record<string, string>,
  { hit = HIT, diff, coverage = lcov(hit) }: { hit?: number[]; diff?: string; coverage?: string } =
    {},
) {
  const archive = tar([
    { name: "lcov.info", content: coverage },
    ...(diff === undefined ? [] : [{ name: "coverage/changes.diff", content: diff }]),
  ]);
  const response = await test.upload(archive, { coverage_xml_file_name: "lcov.info", ...fields });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

Deno.test("the answer has a comparison only if a field asks for one", async () => {
  await using test = await testApp();
  assert.deepEqual(Object.keys(await upload(test, {})), ["coverage", "data"]);
  assert.deepEqual(Object.keys(await upload(test, { base_branch: "", max_drop: "" })), [
    ...["coverage", "data"],
  ]);
  const answer = await upload(test, DIFF, { diff: diffOf(3, 4), hit: [1, 3] });
  assert.deepEqual(Object.keys(answer), [
    ...["coverage", "data", "base", "base_reason", "patch", "patch_reason", "checks"],
  ]);
  assert.equal(answer.base, null);
  assert.match(answer.base_reason, /^main has no earlier upload in go\.$/);
  assert.equal(answer.coverage.patch_percentage, 50);
  assert.deepEqual(answer.checks, []);
  const list = await (await test.get("/coverages-api?full=1")).json();
  assert.deepEqual(
    list.data["acme/shop"].map((row: { patch_percentage?: number }) => row.patch_percentage),
    [undefined, undefined, 50],
  );
});

Deno.test("an unusable diff is reported and does not fail the upload", async () => {
  await using test = await testApp();
  const reasonOf = async (diff: string | undefined, coverage = lcov([1])) => {
    const { patch, patch_reason } = await upload(test, DIFF, {
      coverage,
      ...(diff === undefined ? {} : { diff }),
    });
    assert.equal(patch, null);
    return patch_reason;
  };
  assert.equal(
    await reasonOf(undefined),
    'The archive has no file "changes.diff"; nothing in it looks like a diff.',
  );
  assert.equal(
    await reasonOf(diffOf(1, 3).slice(0, -2)),
    'The diff "coverage/changes.diff" is cut off within a hunk of "src/a.ts".',
  );
  assert.match(await reasonOf("fatal: bad revision"), /is not a unified diff/);
  const summary =
    `<coverage line-rate="0.5" lines-covered="1" lines-valid="2"><packages/></coverage>`;
  assert.match(await reasonOf(diffOf(1, 2), summary), /has only totals/);
  const { patch, patch_reason } = await upload(test, DIFF, { diff: "" });
  assert.deepEqual([patch.percentage, patch.lines_valid, patch_reason], [null, 0, null]);
  const page = await (await test.get("/coverages-ui/acme/shop/uploads/2")).text();
  assert.match(
    page,
    /Changed lines<\/h2><p>The diff &quot;coverage\/changes\.diff&quot; is cut off/,
  );
});

Deno.test("the patch of parts is that of all their lines and the newest diff", async () => {
  await using test = await testApp();
  const patchOf = async (part: string, options: { hit: number[]; diff?: string }) => {
    const { patch, patch_reason } = await upload(test, { ...DIFF, part }, options);
    return patch ? [patch.lines_covered, patch.lines_valid] : patch_reason;
  };
  assert.match(await patchOf("a", { hit: [1] }), /has no file/);
  assert.deepEqual(await patchOf("b", { hit: [2], diff: diffOf(1, 4) }), [2, 4]);
  assert.deepEqual(await patchOf("c", { hit: [3] }), [3, 4], "of the part before");
  assert.deepEqual(await patchOf("d", { hit: [9], diff: diffOf(8, 10) }), [1, 3], "the newest");
  assert.deepEqual(await patchOf("a", { hit: [1, 10] }), [2, 3]);
  const { files } = await (await test.get(
    "/coverages-api/compare?org_name=acme&repo_name=shop&base=other&head=main",
  )).json().then(({ patch }) => patch);
  assert.equal(files[0].uncovered, "8");
});

Deno.test("checks pass, fail, or say that there is nothing to check", async () => {
  await using test = await testApp();
  const checks = async (
    fields: Record<string, string>,
    options: Parameters<typeof upload>[2],
  ) => {
    const answer = await upload(test, fields, options);
    return answer.checks.map(({ passed, actual, sentence }: Record<string, unknown>) => [
      passed,
      actual,
      sentence,
    ]);
  };
  const gates = { ...DIFF, fail_under: "80", max_drop: "10.5", patch_fail_under: "60" };
  assert.deepEqual(await checks(gates, { hit: HIT.slice(0, 8), diff: diffOf(11, 12) }), [
    [true, 80, "Coverage is 80.00%; at least 80% is required."],
    [null, null, "The drop was not checked. main has no earlier upload in go."],
    [null, null, "Patch coverage was not checked. No changed line can be covered."],
  ]);
  const feature = { ...gates, branch_name: "feature", commit_hash: "feed1234" };
  assert.deepEqual(
    await checks(feature, {
      hit: [1],
      diff: diffOf(1, 2) + diffOf(1, 1, "src/b.ts") + diffOf(1, 1, "README.md"),
    }),
    [
      [false, 10, "Coverage is 10.00%, below the required 80%."],
      [
        false,
        70,
        "Coverage dropped by 70.00 percentage points against main at 01234567; only 10.5 is allowed.",
      ],
      [
        false,
        50,
        "Patch coverage is 50.00% (1 of 2 changed lines), below the required 60%. 1 changed file was not measured.",
      ],
    ],
  );
  assert.deepEqual(await checks(feature, { hit: HIT, diff: diffOf(1, 2) }), [
    [true, 100, "Coverage is 100.00%; at least 80% is required."],
    [
      true,
      -20,
      "Coverage rose by 20.00 percentage points against main at 01234567; a drop of 10.5 is allowed.",
    ],
    [true, 100, "Patch coverage is 100.00% (2 of 2 changed lines); at least 60% is required."],
  ]);
  assert.deepEqual(await checks({ patch_fail_under: "1" }, {}), [
    [null, null, "Patch coverage was not checked. No diff was uploaded."],
  ]);
  for (const [field, value] of [["fail_under", "101"], ["max_drop", "-1"], ["max_drop", "0.123"]]) {
    const response = await test.upload(tar([]), { [field!]: value });
    assert.equal(response.status, 422);
    assert.match((await response.json()).error[field!], /must be a number from 0 to 100/);
  }
});

Deno.test("a job that runs again cannot pass max_drop against its own first run", async () => {
  await using test = await testApp();
  await upload(test, { commit_hash: "aaaa1111" });
  const drop = { commit_hash: "bbbb2222", max_drop: "5" };
  for (let run = 0; run < 2; run++) {
    const { checks } = await upload(test, drop, { hit: [1] });
    assert.deepEqual(checks.map(({ passed }: { passed: boolean }) => passed), [false]);
  }
});

Deno.test("the base is the merge base, else the newest of the base branch that is not newer", async () => {
  await using test = await testApp();
  const hash = (digit: number) => `${digit}`.repeat(40);
  const at = (day: number) => `2026-01-0${day}T12:00:00Z`;
  const ids = new Map<string, number>();
  for (
    const [branch_name, day] of [["main", 1], ["main", 3], ["release", 2], ["main", 5]] as const
  ) {
    const fields = { branch_name, commit_hash: hash(day), commit_time: at(day) };
    ids.set(`${branch_name} ${day}`, (await upload(test, fields)).coverage.id);
  }
  await upload(test, { commit_hash: hash(3), language: "c" });
  // CI of an old commit that comes late is not the newest.
  ids.set("main 2", (await upload(test, { commit_hash: hash(6), commit_time: at(2) })).coverage.id);
  const baseOf = async (fields: Record<string, string>) => {
    const { base, base_reason, coverage } = await upload(test, {
      branch_name: "feature",
      commit_hash: hash(9),
      ...fields,
    });
    const found = await (await test.get(
      `/coverages-api/files?org_name=acme&repo_name=shop&id=${coverage.id}`,
    )).json();
    assert.equal(found.base?.id, base?.id, "the same everywhere");
    return [[...ids].find(([, id]) => id === base?.id)?.[0], base_reason];
  };
  assert.deepEqual(await baseOf({ base_commit: hash(3) }), [
    "main 3",
    "Compared with the base commit 33333333 on main.",
  ]);
  assert.deepEqual(await baseOf({ base_commit: hash(1).slice(0, 9) }), [
    "main 1",
    "Compared with the base commit 11111111 on main.",
  ]);
  assert.deepEqual(await baseOf({ base_commit: hash(7), base_branch: "release" }), [
    "release 2",
    "The base commit 77777777 has no upload in go. " +
    "Compared with the newest upload of release that is not newer.",
  ]);
  assert.equal((await baseOf({ base_branch: "main", commit_time: at(4) }))[0], "main 3");
  assert.equal((await baseOf({ base_branch: "main", commit_time: at(6) }))[0], "main 5");
  assert.equal((await baseOf({ base_branch: "main" }))[0], "main 5");
  assert.deepEqual(await baseOf({ base_branch: "none", commit_time: at(4) }), [
    "main 3",
    "Compared with the newest upload of main that is not newer.",
  ]);
  assert.deepEqual(
    await baseOf({ base_branch: "main", language: "c", commit_hash: hash(8) }).then(
      ([, reason]) => reason,
    ),
    "Compared with the newest upload of main that is not newer.",
  );
  assert.equal(
    (await baseOf({ base_branch: "main", language: "rust" }))[1],
    "main has no earlier upload in rust.",
  );

  // compare: the branch in the address counts, with the merge base where that is of this branch.
  await upload(test, {
    branch_name: "pr",
    commit_hash: hash(9),
    base_branch: "main",
    base_commit: hash(3),
  });
  const compared = async (base: string) => {
    const query = `org_name=acme&repo_name=shop&head=pr&base=${base}`;
    const answer = await (await test.get(`/coverages-api/compare?${query}`)).json();
    return [...ids].find(([, id]) => id === answer.base?.id)?.[0];
  };
  assert.equal(await compared("main"), "main 3");
  assert.equal(await compared("release"), "release 2");
  assert.equal(await compared("none"), undefined);
});

Deno.test("the stored hash of a base may be short", async () => {
  await using test = await testApp();
  const { coverage } = await upload(test, { commit_hash: "abcdef0" });
  await upload(test, { commit_hash: "fedcba9876" });
  const fields = {
    branch_name: "feature",
    base_commit: "abcdef0123456789abcdef0123456789abcdef01",
  };
  assert.equal((await upload(test, fields)).base.id, coverage.id);
});

Deno.test("the page of an upload begins with the changed lines and links to them", async () => {
  await using test = await testApp();
  const { coverage } = await upload(test, DIFF, {
    hit: [1, 5],
    diff: diffOf(1, 4) + diffOf(1, 1, "src/<new> file.ts"),
  });
  const page = await (await test.get(`/coverages-ui/acme/shop/uploads/${coverage.id}`)).text();
  const [, patch = ""] = /<section id="patch"([^]*?)<\/section>/.exec(page) ?? [];
  assert(page.indexOf('id="patch"') < page.indexOf('id="files"'));
  assert.match(patch, /25\.00%[^]*1 of 4 changed lines are covered/);
  const file = "https://github.com/acme/shop/blob/0123456789abcdef/src/a.ts";
  assert(patch.includes(`<a href="${file}#L2-L4">2-4</a>`), patch);
  assert.match(patch, /no lines of these changed files:<\/p><ul><li[^>]*>src\/&lt;new> file\.ts/);
  const plain = await upload(test, {});
  const other = await (await test.get(`/coverages-ui/acme/shop/uploads/${plain.coverage.id}`))
    .text();
  assert.doesNotMatch(other, /Changed lines/);
  const repository = await (await test.get("/coverages-ui/acme/shop")).text();
  assert.match(repository, /25\.00% of changed lines/);
});
