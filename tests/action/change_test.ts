// The changed lines of an upload: real git repositories with the report of a tool, whose change the
// Action finds, in the checkout or on GitHub.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  actionTest,
  annotations,
  type RunOptions,
  withoutCommits,
  type World,
} from "../support/action.ts";
import { type GitRepository, repository } from "../support/git.ts";
import { pathOf } from "../support/programs.ts";

type Files = Record<string, string>;

interface Scenario {
  before: Files;
  /** What the pull request does. */
  change: (git: GitRepository) => Promise<unknown>;
  report: Files;
  inputs?: Record<string, string>;
}

/** Lines of code, numbered so that no two are equal. */
const code = (count: number, name = "x") =>
  Array.from({ length: count }, (_, i) => `${name}(${i + 1})\n`).join("");
/** A file in an LCOV report; the lines with their hits. */
const lcov = (path: string, hits: Record<number, number>) =>
  `TN:\nSF:${path}\n${
    Object.entries(hits).map(([line, n]) => `DA:${line},${n}\n`).join("")
  }end_of_record\n`;

const added: Scenario = {
  before: { "src/a.js": code(3) },
  change: (git) => git.write({ "src/a.js": code(6) }),
  report: { "lcov.info": lcov("src/a.js", { 1: 1, 2: 1, 3: 1, 4: 1, 5: 0, 6: 0 }) },
};

interface Pull extends AsyncDisposable {
  git: GitRepository;
  first: string;
  head: string;
  merge: string;
  /** Checks out anew: everything, or one commit without history. */
  checkOut(commit: string, options?: { shallow?: boolean }): Promise<void>;
  event: RunOptions;
}

/** A repository on GitHub with a pull request, whose base has moved in the same file if `moved`. */
async function pullOf(
  world: World,
  { before, change, report, inputs = {} }: Scenario,
  moved?: Files,
): Promise<Pull> {
  const git = await repository(before);
  await git.run("config", "uploadpack.allowAnySHA1InWant", "true");
  const first = (await git.run("rev-parse", "HEAD")).trim();
  await git.run("checkout", "-qb", "dev");
  await change(git);
  const head = await git.commit("change");
  await git.run("checkout", "-q", "main");
  if (moved) {
    await git.write(moved);
    await git.commit("elsewhere");
  }
  await git.run("checkout", "-q", "--detach");
  await git.run("merge", "-q", "--no-ff", "-m", "merge", "dev");
  const merge = (await git.run("rev-parse", "HEAD")).trim();
  world.github.repository("acme/shop").git = git.folder;
  await Deno.remove(world.workspace, { recursive: true });
  await Deno.mkdir(world.workspace);
  for (const [path, text] of Object.entries(report)) {
    const file = join(world.workspace, "build", path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return {
    git,
    first,
    head,
    merge,
    async checkOut(commit, { shallow = false } = {}) {
      const run = async (...args: string[]) => {
        const { success, stderr } = await new Deno.Command("git", { args, cwd: world.workspace })
          .output();
        assert(success, new TextDecoder().decode(stderr));
      };
      await Deno.remove(join(world.workspace, ".git"), { recursive: true }).catch(() => {});
      await run("init", "-q");
      await run("remote", "add", "origin", `file://${git.folder}`);
      await (shallow
        ? run("fetch", "-q", "--depth=1", "origin", commit)
        : run("fetch", "-q", "origin", commit, "+refs/heads/*:refs/remotes/origin/*"));
      await run("checkout", "-qf", "--detach", commit);
    },
    event: {
      event: "pull_request",
      inputs: { coverage_xml_file_name: "lcov.info", skip_pr_comment: "true", ...inputs },
      payload: {
        repository: { default_branch: "main" },
        pull_request: {
          number: 7,
          head: { ref: "dev", sha: head, repo: { full_name: "acme/shop" } },
          base: { ref: "main", repo: { full_name: "acme/shop" } },
        },
      },
      env: { GITHUB_SHA: merge },
    },
    [Symbol.asyncDispose]: () => git[Symbol.asyncDispose](),
  };
}

const query = (world: World) =>
  world.server.requests.filter(({ method }) => method === "POST").at(-1)!.query;

/** Runs the Action, and returns what the server answered. */
async function answerOf(world: World, options: RunOptions) {
  const run = await world.passes(options);
  const answer = JSON.parse(run.outputs.coverage_result!);
  const files = (answer.patch?.files ?? []).map((
    { path, uncovered }: { path: string; uncovered: string },
  ) => [path, uncovered]);
  return { run, ...answer, patch: { ...answer.patch, files: Object.fromEntries(files) } };
}

actionTest(
  "lines added, a file renamed, an untested file, two packages with the same file names",
  async (world) => {
    await using pull = await pullOf(world, {
      before: {
        ...added.before,
        "src/old.js": code(20, "old"),
        "packages/a/src/i.js": code(2, "a"),
        "packages/b/src/i.js": code(3, "b"),
      },
      change: async (git) => {
        await added.change(git);
        await git.remove("src/old.js");
        await git.write({
          "src/new name.js": `${code(20, "old")}more()\n`,
          "src/untested.js": code(2),
          "packages/a/src/i.js": code(3, "a"),
          "packages/b/src/i.js": code(5, "b"),
        });
      },
      report: {
        "lcov.info": added.report["lcov.info"]! +
          lcov("/home/ci/shop/src/new name.js", { 1: 0, 2: 0, 21: 0 }),
        "packages/a/lcov.info": lcov("src/i.js", { 1: 1, 3: 1 })
          .replace("DA", "FN:1,a\nFNDA:1,a\nDA"),
        "packages/b/lcov.info": lcov("src/i.js", { 2: 1, 4: 0, 5: 0 })
          .replace("DA", "FN:2,b\nFNDA:1,b\nDA"),
      },
      inputs: {
        coverage_xml_file_name: "lcov.info\npackages/a/lcov.info\r\n packages/b/*.info\n\n",
      },
    });
    await pull.checkOut(pull.merge, { shallow: true });
    const { patch, coverage, run } = await answerOf(world, pull.event);
    assert.deepEqual([patch.lines_covered, patch.lines_valid], [2, 7]);
    assert.deepEqual(patch.files, {
      "packages/b/src/i.js": "4-5",
      "src/a.js": "5-6",
      "src/new name.js": "21",
      "packages/a/src/i.js": "",
    });
    assert.deepEqual(patch.not_measured, ["src/untested.js"]);
    assert.equal(coverage.commit_hash, pull.head);
    assert.equal(query(world).base_commit, pull.first);
    assert.equal(run.outputs.patch_percentage, String(patch.percentage));
  },
);

/** Where the base has put three lines before those of the pull request. */
const stale: Scenario = {
  before: { "src/a.js": code(9) },
  change: (git) => git.write({ "src/a.js": `${code(9)}mine()\n` }),
  report: {},
};
const moved = { "src/a.js": code(3, "theirs") + code(9) };

actionTest("the diff of a stale pull request is that of the tested commit", async (world) => {
  const ofMerge = lcov("src/a.js", { 1: 1, 10: 1, 13: 0 });
  const ofHead = lcov("src/a.js", { 1: 1, 10: 0 });
  await using pull = await pullOf(world, { ...stale, report: { "lcov.info": ofMerge } }, moved);
  const main = (await pull.git.run("rev-parse", "main")).trim();
  const report = join(world.workspace, "build/lcov.info");
  await pull.checkOut(pull.merge, { shallow: true });
  const merge = await answerOf(world, pull.event);
  assert.deepEqual(merge.patch.files, { "src/a.js": "13" });
  assert.equal(query(world).base_commit, main);
  assert.equal(merge.coverage.commit_hash, pull.head);
  assert.deepEqual(withoutCommits(world.github), [], "skip_pr_comment: no comment is read");
  for (const shallow of [true, false]) {
    await Deno.writeTextFile(report, ofHead);
    await pull.checkOut(pull.head, { shallow });
    const { patch } = await answerOf(world, pull.event);
    assert.deepEqual(patch.files, { "src/a.js": "10" });
    assert.equal(query(world).base_commit, pull.first);
  }

  // Without a checkout it matters which of the two was tested.
  await Deno.remove(join(world.workspace, ".git"), { recursive: true });
  const { run } = await answerOf(world, pull.event);
  assert.equal(query(world).diff_file_name, undefined);
  assert.match(annotations(run, "notice")[0]!, /main has changed the same files/);
});

actionTest("without git the diff is GitHub's, if it is whole", async (world) => {
  await using pull = await pullOf(world, added, { "other.js": code(1) });
  const { patch } = await answerOf(world, pull.event);
  assert.deepEqual(patch.files, { "src/a.js": "5-6" });
  assert.equal(
    query(world).commit_time,
    (await pull.git.run("show", "-s", "--format=%cI", pull.head)).trim(),
  );

  const many = Object.fromEntries(Array.from({ length: 301 }, (_, i) => [`f${i}.js`, "x\n"]));
  await using large = await pullOf(world, { ...added, change: (git) => git.write(many) });
  const cut = await answerOf(world, large.event);
  assert.match(annotations(cut.run, "notice")[0]!, /GitHub's diff ends after 300 files/);
  assert.equal(query(world).diff_file_name, undefined);

  await using broken = await pullOf(world, added);
  world.github.down({ when: ({ headers }) => headers.accept === "application/vnd.github.diff" });
  const away = await answerOf(world, broken.event);
  world.github.up();
  assert.match(annotations(away.run, "notice")[0]!, /No diff was made.*\(503\)/);
});

actionTest("each event has its branch, commit and base", async (world) => {
  await using pull = await pullOf(world, added);
  await pull.checkOut(pull.head);
  const { first, head } = pull;
  const inputs = pull.event.inputs!;
  const repository = { default_branch: "main" };
  const time = (await pull.git.run("show", "-s", "--format=%cI", head)).trim();
  const env = { GITHUB_SHA: head, GITHUB_REF_NAME: "dev" };
  const github = world.github.repository("acme/shop");
  const fork = {
    ...(pull.event.payload as { pull_request: object }).pull_request,
    head: { ref: "main", sha: head, repo: { full_name: "mallory/shop" } },
  };
  github.pullRequests.push(fork as never);
  const run = (source: string, head_branch: string, login: string) => ({
    event: "workflow_run",
    payload: {
      repository,
      workflow_run: {
        event: source,
        head_branch,
        head_sha: head,
        head_repository: { owner: { login } },
        actor: { login: "grace" },
      },
    },
    env: { GITHUB_SHA: first, GITHUB_REF_NAME: "main" },
  });
  const onMain = { ...env, GITHUB_REF_NAME: "main" };
  const queue = "gh-readonly-queue/main/pr-7-abc";
  const cases: [RunOptions, [string, string, string | undefined, string | undefined]][] = [
    [{ payload: { repository, before: "0".repeat(40) }, env }, ["dev", "main", first, time]],
    [{ payload: { repository, before: first }, env: onMain }, ["main", "main", first, time]],
    [{ payload: { repository, before: "0".repeat(40) }, env: onMain }, [
      ...["main", "main"] as [string, string],
      undefined,
      time,
    ]],
    // Forced: what the branch was at is no ancestor.
    [{ payload: { repository, before: pull.merge }, env }, ["dev", "main", first, undefined]],
    [{ event: "schedule", payload: { repository }, env: onMain }, [
      "main",
      "main",
      undefined,
      time,
    ]],
    [{ event: "workflow_dispatch", payload: { repository }, env }, ["dev", "main", first, time]],
    [{
      event: "merge_group",
      payload: { repository, merge_group: { base_ref: "refs/heads/main", base_sha: first } },
      env: { ...env, GITHUB_REF_NAME: queue },
    }, [queue, "main", first, time]],
    [{ ...pull.event, event: "pull_request_target" }, ["dev", "main", first, time]],
    [run("push", "dev", "acme"), ["dev", "main", first, time]],
    [run("pull_request", "main", "mallory"), ["pull/7/head", "main", first, time]],
  ];
  for (const [options, expected] of cases) {
    await answerOf(world, { ...options, inputs });
    const { branch_name, base_branch, base_commit, commit_time, commit_hash } = query(world);
    assert.deepEqual([branch_name, base_branch, base_commit, commit_time], expected);
    assert.equal(commit_hash, head);
  }
  assert.equal(query(world).commit_author, "grace");
  await world.fails(/^eve:dev has no pull request\.$/, {
    ...run("pull_request", "dev", "eve"),
    inputs,
  });
});

actionTest("limits and annotations", async (world) => {
  await using pull = await pullOf(world, {
    ...added,
    change: (git) => git.write({ "src/a.js": code(30), "odd,na:me%.js": code(1) }),
    report: {
      "lcov.info":
        lcov("src/a.js", Object.fromEntries([...Array(30).keys()].map((n) => [n + 1, n % 2]))) +
        lcov("odd,na:me%.js", { 1: 0 }),
    },
  });
  await pull.checkOut(pull.merge, { shallow: true });
  const limits = { fail_under: "40", patch_fail_under: "90", max_drop: "1" };
  const inputs = { ...pull.event.inputs, ...limits, annotations: "true" };
  const run = await world.run({ ...pull.event, inputs });
  assert.equal(run.code, 1, run.output);
  const [sentence, ...others] = annotations(run, "error");
  assert.match(sentence!, /^Patch coverage is \d+\.\d\d%25 .*below the required 90%25\.$/);
  assert.deepEqual(others, []);
  assert.equal(run.outputs.checks_passed, "false");
  assert.match(
    run.summary,
    /✅ Coverage is[^]*➖ The drop was not checked[^]*❌ Patch coverage is/,
  );
  const warnings = annotations(run, "warning");
  assert.equal(warnings.length, 10);
  assert.equal(
    warnings[0],
    "file=src/a.js,line=5,endLine=5,title=Not covered: No test covers line 5.",
  );
  assert.match(run.output, /4 more uncovered changes are not shown/);

  const told = await world.run({ ...pull.event, inputs: { ...inputs, fail_on_checks: "false" } });
  assert.deepEqual([told.code, told.outputs.checks_passed], [0, "false"]);
  await Deno.writeTextFile(
    join(world.workspace, "build/lcov.info"),
    lcov("odd,na:me%.js", { 1: 0 }) + lcov("src/a.js", { 1: 1 }),
  );
  const odd = await world.run({
    ...pull.event,
    inputs: { ...pull.event.inputs, annotations: "true" },
  });
  assert.deepEqual([odd.code, odd.outputs.checks_passed], [0, ""]);
  assert.match(annotations(odd, "warning")[0]!, /^file=odd%2Cna%3Ame%25\.js,line=1,endLine=1,/);
});

actionTest(
  "a Windows runner: CRLF from jq, a drive letter, bsdtar, a linked report",
  async (world) => {
    await using pull = await pullOf(world, added);
    await pull.checkOut(pull.merge, { shallow: true });
    const tools = await Deno.makeTempDir({ prefix: "coverage-tools-" });
    await Deno.writeTextFile(
      join(tools, "jq"),
      `#!${pathOf("bash")}\nset -o pipefail\n${pathOf("jq")} "$@" | sed 's/$/\\r/'\n`,
      { mode: 0o755 },
    );
    const bsdtar = pathOf("bsdtar");
    if (bsdtar) await Deno.symlink(bsdtar, join(tools, "tar"));
    else console.log("bsdtar is not installed; GNU tar packs instead.");
    const temp = join(tools, "D:\\a\\_temp");
    await Deno.mkdir(temp);
    await Deno.rename(join(world.workspace, "build"), join(world.workspace, "../build"));
    await Deno.symlink("../build", join(world.workspace, "linked"));
    await Deno.mkdir(join(world.workspace, "sub"));
    for (const report_dir of ["linked", "sub/../../build"]) {
      const { run, patch, warnings } = await answerOf(world, {
        ...pull.event,
        inputs: { ...pull.event.inputs, report_dir, skip_pr_comment: "false", fail_under: "10" },
        env: {
          ...pull.event.env,
          PATH: `${tools}:${Deno.env.get("PATH")}`,
          RUNNER_OS: "Windows",
          RUNNER_TEMP: temp,
        },
      });
      assert.deepEqual([patch.files, warnings], [{ "src/a.js": "5-6" }, undefined]);
      assert.equal(run.outputs.checks_passed, "true");
      assert.doesNotMatch(JSON.stringify(run.outputs) + run.summary, /\\r|\r/);
      assert.deepEqual(Array.from(Deno.readDirSync(temp)), []);
    }
    assert.equal(world.github.repository("acme/shop").comments.length, 1);
    await Deno.remove(tools, { recursive: true });
    await Deno.remove(join(world.workspace, "../build"), { recursive: true });
  },
);
