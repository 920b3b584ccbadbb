import assert from "node:assert/strict";
import fc from "fast-check";
import { DiffError, readDiff } from "../../src/diff/unified_diff.ts";
import { repository } from "../support/git.ts";

async function* pieces(bytes: Uint8Array<ArrayBuffer>, size = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += size) yield await bytes.subarray(at, at + size);
}

/** The changed files of a diff as "path: ranges"; pieces of any size give the same. */
async function changes(diff: string | Uint8Array<ArrayBuffer>, size?: number): Promise<string[]> {
  const bytes = typeof diff === "string" ? new TextEncoder().encode(diff) : diff;
  const files = await readDiff(pieces(bytes, size));
  return files.map(({ path, added }) =>
    `${path}: ${[...added].map(([first, last]) => `${first}-${last}`).join()}`
  );
}

const refusal = (diff: string) =>
  changes(diff).then(
    (files) => assert.fail(`was read: ${files}`),
    (error) => {
      if (!(error instanceof DiffError)) throw error;
      return error.message;
    },
  );

const HUNK = "--- a/x.ts\n+++ b/x.ts\n@@ -1,2 +1,3 @@\n one\n+two\n three\n";

const LINES = [1, 2, 3, 4, 5, 6].map((number) => `const number${number} = ${number};\n`).join("");

/** A repository whose changes are of every kind that git has. */
async function everyKind() {
  const git = await repository({
    "src/a.sql": "a\nb\n-- x\nc\n",
    "src/ünï.ts": "1\n",
    'dir with space/q"uote.ts': "1\n",
    "src/old.ts": "o1\no2\no3\no4\no5\no6\n",
    "src/copied.ts": LINES,
    "b/in-b.ts": "1\n",
    "gone.ts": "gone\n",
    "mode.sh": "1\n",
    "crlf.ts": "1\r\n2\r\n",
    "bin.dat": "\0\x01",
    "empty-then.ts": "",
    "link-then-file.ts": "1\n",
  });
  await git.run("config", "core.autocrlf", "false");
  await git.write({
    "src/a.sql": "a\nb\n++ y\nc\nd", // lines that look like headers, and no newline at the end
    "src/ünï.ts": "1\n2\n",
    'dir with space/q"uote.ts': "1\n2\n",
    "src/new.ts": "o1\no2\no3\no4\no5\no6\no7\n",
    "src/copied.ts": `${LINES}7\n`,
    "src/copy.ts": `0\n${LINES}`,
    "b/in-b.ts": "0\n1\n",
    "crlf.ts": "1\r\nx\r\n2\r\n",
    "bin.dat": "\0\x02",
    "added.ts": "new\nfile\n",
    "empty.ts": "",
    "empty-then.ts": "1\n",
  });
  await git.remove("src/old.ts", "gone.ts", "link-then-file.ts");
  await Deno.symlink("added.ts", `${git.folder}/link-then-file.ts`);
  await Deno.chmod(`${git.folder}/mode.sh`, 0o755);
  await git.run("add", "-A");
  await git.run("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},module`);
  await git.run("commit", "-qm", "changes");
  return git;
}

const EXPECTED = [
  ...["added.ts: 1-2", "b/in-b.ts: 1-1", "crlf.ts: 2-2", 'dir with space/q"uote.ts: 2-2'],
  ...["empty-then.ts: 1-1", "src/a.sql: 3-3,5-5", "src/copied.ts: 7-7", "src/copy.ts: 1-1"],
  ...["src/new.ts: 7-7", "src/ünï.ts: 2-2"],
];

Deno.test("git diff is read with any prefix, context, quoting and detection of renames", async () => {
  await using git = await everyKind();
  for (
    const options of [
      ["-M", "-C"],
      ["-C", "--no-prefix"],
      ["-C", "--src-prefix=old/", "--dst-prefix=new/"],
      ["-C", "--src-prefix=before/", "--dst-prefix=now/"],
      ["-C", "-U0"],
      ["-C", "-U50", "--binary", "--full-index"],
      ["-C", "-W", "--irreversible-delete"],
      ["-C", "--stat", "--patch", "--summary"],
      ["-C", "--submodule=log"],
      ["-C", "-c", "core.quotePath=false"],
      ["-C", "-c", "diff.mnemonicPrefix=true"],
    ]
  ) {
    const settings = options.flatMap((option, at) =>
      option === "-c" ? [option, options[at + 1]!] : []
    );
    const others = options.filter((option) => !settings.includes(option));
    const diff = await git.run(...settings, "diff", ...others, "HEAD~1", "HEAD");
    assert.deepEqual((await changes(diff)).sort(), EXPECTED, options.join(" "));
    assert.deepEqual((await changes(diff, 7)).sort(), EXPECTED, "in pieces");
    const crlf = diff.replaceAll(/\r?\n/g, "\r\n");
    assert.deepEqual((await changes(crlf)).sort(), EXPECTED, `${options.join(" ")} with CRLF`);
  }
  const patch = await git.run("format-patch", "-C", "--stdout", "HEAD~1");
  assert.deepEqual((await changes(patch)).sort(), EXPECTED);
  const utf16 = new Uint8Array(
    new Uint16Array([...`\ufeff${HUNK}`].map((c) => c.charCodeAt(0))).buffer,
  );
  assert.deepEqual(await changes(utf16), ["x.ts: 2-2"]);
});

Deno.test("a diff that is cut off anywhere within a file is refused, or has the whole files before", async () => {
  await using git = await everyKind();
  const diff = new TextEncoder().encode(await git.run("diff", "-C", "-U1", "HEAD~1", "HEAD"));
  const whole = new Set(EXPECTED);
  let read = 0;
  for (let end = 1; end < diff.length; end++) {
    try {
      const files = await changes(diff.slice(0, end));
      read++;
      // What can be cut without a trace is what follows the last hunk of a file.
      for (const file of files) {
        assert(whole.has(file) || file === "src/a.sql: 3-3", `${file} after ${end} bytes`);
      }
    } catch (error) {
      if (!(error instanceof DiffError)) throw error;
    }
  }
  assert(read < diff.length / 3, `${read} of ${diff.length}`);
});

Deno.test("diffs of other tools are read", async () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["\n \n", []],
    ["--- x.ts\t2026-01-01 00:00:00\n+++ x.ts\t2026-01-02 00:00:00\n@@ -0,0 +1 @@\n+1\n", [
      "x.ts: 1-1",
    ]],
    [
      "Only in new: y\ndiff -ru old/s/x.ts new/s/x.ts\n--- old/s/x.ts\t1\n+++ new/s/x.ts\t2\n@@ -1 +1,2 @@\n 1\n+2\n",
      [
        "s/x.ts: 2-2",
      ],
    ],
    [
      `Index: s/x.ts\n${
        "=".repeat(60)
      }\n--- s/x.ts\t(revision 1)\n+++ s/x.ts\t(working copy)\n@@ -1 +1,2 @@\n 1\n+2\n`,
      [
        "s/x.ts: 2-2",
      ],
    ],
    ["diff -r 1a2b s/x.ts\n--- a/s/x.ts\tThu\n+++ b/s/x.ts\tFri\n@@ -1,1 +1,2 @@\n 1\n+2\n", [
      "s/x.ts: 2-2",
    ]],
    // An editor took the space of an empty line of context.
    ["--- a/x.ts\n+++ b/x.ts\n@@ -1,2 +1,3 @@\n\n+two\n three\n", ["x.ts: 2-2"]],
    [`From: ada\n--- not a header\n\n${HUNK}-- \n2.39.5\n`, ["x.ts: 2-2"]],
    ["Submodule module 1111111..2222222:\n  > a commit\n", []],
    ["Binary files a/x and b/x differ\n", []],
    [`${HUNK}${HUNK.replaceAll("x.ts", "y.ts")}`, ["x.ts: 2-2", "y.ts: 2-2"]],
  ];
  for (const [diff, expected] of cases) assert.deepEqual(await changes(diff), expected, diff);
});

Deno.test("anything but a unified diff of one range is refused with a reason", async () => {
  const cases: [string, RegExp][] = [
    [
      "diff --cc x.ts\nindex 1,2..3\n--- a/x.ts\n+++ b/x.ts\n@@@ -1,1 -1,1 +1,2 @@@\n",
      /combined diff/,
    ],
    [`${HUNK}@@@ -1,1 -1,1 +1,2 @@@\n`, /combined diff/],
    ["fatal: bad revision 'x'\n", /^is not a unified diff.*fatal: bad revision/],
    ['{"message": "Not Found"}', /^is not a unified diff/],
    [HUNK.slice(0, -8), /^is cut off within a hunk of "x\.ts"$/],
    [HUNK.slice(0, 22), /^is cut off/],
    [`${HUNK}+more\n`, /line 7: a hunk has more lines than it says/],
    [`${HUNK}@@ -1 +1 @@\n-1\n+1\n`, /line 7: its hunks overlap/],
    [HUNK.replace("+two", "?two"), /line 5: a hunk has fewer lines than it says/],
    [HUNK.replace("+1,3", "+1,x"), /says no lines/],
    ["diff --git a/x.ts b/x.ts\n@@ -1 +1 @@\n-1\n+1\n", /a hunk belongs to no file/],
    ['--- "a/\\000"\n+++ "b/\\000"\n@@ -0,0 +1 @@\n+1\n', /no usable name/],
    [`${HUNK}${HUNK}`, /changes "x\.ts" twice/],
    ["diff --git a/x.ts b/x.ts\n", /cut off before the changes/],
    ["diff --git a/x.ts b/x.ts\nindex 1..2 100644\n", /cut off before the changes/],
    [`--- a/x.ts\n+++ b/${"x".repeat(70_000)}\n@@ -0,0 +1 @@\n+1\n`, /a name is too long/],
    ["\x1b[1mdiff --git a/x b/x\x1b[m\n", /\\u001b\[1mdiff/],
  ];
  for (const [diff, reason] of cases) assert.match(await refusal(diff), reason);
});

Deno.test("a mutated diff is either read or refused", async () => {
  await using git = await everyKind();
  const diff = await git.run("diff", "-C", "-U1", "--binary", "HEAD~1", "HEAD");
  const lines = diff.split("\n");
  const line = fc.oneof(
    fc.constantFrom(
      ...lines,
      "@@@ -1 -1 +1 @@@",
      "@@ -0,0 +1,9999999999 @@",
      "--- ",
      "+++ ",
      "\\",
      "rename to ",
    ),
    fc.string({ maxLength: 40 }),
  );
  const mutation = fc.record({
    at: fc.nat(lines.length),
    remove: fc.nat(3),
    insert: fc.array(line, { maxLength: 3 }),
    cut: fc.option(fc.nat(diff.length), { freq: 5 }),
    size: fc.integer({ min: 1, max: 500 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      const mutated = [...lines];
      for (const { at, remove, insert } of mutations) mutated.splice(at, remove, ...insert);
      const { cut, size } = mutations[0]!;
      const text = mutated.join("\n").slice(0, cut ?? undefined);
      const startedAt = performance.now();
      try {
        for (
          const { path, added } of await readDiff(pieces(new TextEncoder().encode(text), size))
        ) {
          assert(path !== "" && !path.includes("\0"));
          let end = 0;
          for (const [first, last] of added) {
            assert(end < first && first <= last, "ranges ascend");
            end = last;
          }
        }
      } catch (error) {
        if (!(error instanceof DiffError)) throw error;
      }
      assert(performance.now() - startedAt < 2000);
    }),
    { numRuns: +(Deno.env.get("FUZZ") ?? 3000) },
  );
});

Deno.test("50 MB of 20,000 files are read in bounded memory", async () => {
  const body = `+${"x".repeat(60)}\n`.repeat(40);
  const encoder = new TextEncoder();
  async function* files() {
    for (let number = 0; number < 20_000; number++) {
      const path = `src/${number}.ts`;
      yield await encoder.encode(
        `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n` +
          `@@ -1 +1,41 @@\n 1\n${body}`,
      );
    }
    // One line of 30 MB, as of a minified file.
    const path = "min.js";
    yield encoder.encode(`--- a/${path}\n+++ b/${path}\n@@ -0,0 +1 @@\n+`);
    const long = encoder.encode("x".repeat(64 * 1024));
    for (let count = 0; count < 480; count++) yield long;
    yield encoder.encode("\n");
  }
  const before = Deno.memoryUsage().heapUsed;
  const changed = await readDiff(files());
  assert.equal(changed.length, 20_001);
  const held = Deno.memoryUsage().heapUsed - before;
  assert(held < 60e6, `${held} bytes`);
});
