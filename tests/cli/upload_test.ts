import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArchive } from "../../src/archive/read_archive.ts";
import { packed, readReport } from "../../src/cli/report_folder.ts";
import { plain } from "../../src/cli/upload_answer.ts";
import { requestText } from "../../src/cli/upload_request.ts";
import { readConfig } from "../../src/config.ts";
import { arrived, type JobServer, jobTest, list, serverWithToken } from "../docs/job.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { toolRecipes } from "../docs/recipes.ts";
import { repository } from "../support/git.ts";
import { startIssuer } from "../support/oidc.ts";
import { withFolder } from "../support/folder.ts";
import { serve } from "../support/serve.ts";
import { command } from "../support/task.ts";
import { archivePath } from "../support/test_data.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const COMMAND = "deno run --no-prompt --allow-net --allow-env --allow-read --allow-run=git main.ts";

/** A source file with one line that is not the others'. */
const source = (changed?: number) =>
  Array.from({ length: 60 }, (_, at) => at + 1 === changed ? "changed\n" : "line\n").join("");
/** In the report, of a line that no test covers, and of one that is covered. */
const [MISSED, COVERED] = [38, 22];

interface Upload {
  code: number;
  lines: string[];
}

/** A repository with a report in `coverage`, whose `main` is at its origin, too. */
async function checkout(): Promise<Awaited<ReturnType<typeof repository>>> {
  const git = await repository({ "numerals/numerals.go": source(), ".gitignore": "coverage\n" });
  await new Deno.Command("tar", {
    args: ["-xzf", fileURLToPath(archivePath("go_coverage.tar.gz"))],
    cwd: git.folder,
  }).output();
  await git.run("init", "-q", "--bare", "-b", "main", ".git/origin");
  await git.run("remote", "add", "origin", join(git.folder, ".git/origin"));
  await git.run("push", "-q", "origin", "main");
  await git.run("remote", "set-head", "origin", "main");
  return git;
}

async function change(git: Awaited<ReturnType<typeof checkout>>, line?: number): Promise<string> {
  await git.write({ "numerals/numerals.go": source(line) });
  return await git.commit(`Change ${line}`);
}

/** Runs the command there as a job does that has these variables and no others. */
async function upload(
  INIT_CWD: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Upload> {
  using _ = noVariablesBut("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA");
  const ofGit = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const { code, output } = await command("upload", [...args], { ...ofGit, INIT_CWD, ...env });
  return { code, lines: output.trimEnd().split("\n") };
}

/** Hides all other variables, such as those of the job that runs the tests, until it is disposed. */
function noVariablesBut(...names: string[]): Disposable {
  const hidden = Object.entries(Deno.env.toObject()).filter(([name]) => !names.includes(name));
  for (const [name] of hidden) Deno.env.delete(name);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of hidden) Deno.env.set(name, value);
    },
  };
}

const jobOf = ({ address, secret }: JobServer) => ({
  COVERAGE_URL: address,
  ...secret,
});

async function rowsOf(server: ListeningApp) {
  return Object.values(await list(server)).flat();
}

jobTest("upload sends the report with the change, and says what is not covered", async () => {
  await using git = await checkout();
  const base = (await git.run("rev-parse", "HEAD")).trim();
  await git.run("checkout", "-q", "-b", "feature/x");
  const commit = await change(git, MISSED);
  await using server = await serverWithToken();
  const args = ["--repo", "acme/shop", "--patch-fail-under", "80", "--fail-under", "30"];
  const failed = await upload(git.folder, args, jobOf(server));
  assert.match(failed.lines.shift()!, /^Sending \d+ files and the diff, \d+ kB\.$/);
  assert.deepEqual(failed, {
    code: 1,
    lines: [
      "acme/shop, feature/x, go: 33.03%",
      `The base commit ${base.slice(0, 8)} has no upload in go. main has no earlier upload in go.`,
      "Changed lines: 0.00%, 0 of 1 covered",
      "- numerals/numerals.go: not covered: 38",
      "Passed: Coverage is 33.03%; at least 30% is required.",
      "Failed: Patch coverage is 0.00% (0 of 1 changed lines), below the required 80%.",
      `${server.address}/coverages-ui/acme/shop/uploads/1`,
      "A check failed.",
    ],
  });
  const [{ report_url, ...row }] = await rowsOf(server) as [Record<string, unknown>];
  assert.deepEqual(
    [row.branch_name, row.commit_hash, row.commit_author, row.language],
    ["feature/x", commit, "ada", "go"],
  );
  assert.match(await (await fetch(String(report_url))).text(), /<html/i);

  await change(git, COVERED);
  server.planned.push(() => new Response(null, { status: 503, headers: { "retry-after": "0" } }));
  const passed = await upload(git.folder, args, jobOf(server));
  assert.equal(passed.code, 0, passed.lines.join("\n"));
  assert(passed.lines.includes("Changed lines: 100.00%, 1 of 1 covered"));
  assert.deepEqual(arrived(server), ["POST", "POST", "POST"], "a 503 is retried");
});

jobTest(
  "upload in a job uses its variables and the tested commit",
  async () => {
    await using git = await checkout();
    await git.run("checkout", "-q", "-b", "feature/x");
    const head = await change(git, MISSED);
    await git.run("checkout", "-q", "main");
    await git.write({ "other.txt": "other" });
    const base = await git.commit("Other");
    // What a system checks out for a pull request, with no more than that commit.
    await git.run("checkout", "-q", "--detach");
    await git.run("merge", "-q", "--no-ff", "--no-edit", "feature/x");
    await git.run("push", "-q", "origin", "HEAD:refs/pull/7/merge", "main", "feature/x");
    await using shallow = await repository({ "a.txt": "" });
    await shallow.run("remote", "add", "origin", `file://${git.folder}/.git/origin`);
    await shallow.run("fetch", "-q", "--depth=1", "origin", "refs/pull/7/merge");
    await shallow.run("checkout", "-q", "--detach", "FETCH_HEAD");
    await Deno.rename(join(git.folder, "coverage"), join(shallow.folder, "coverage"));
    const event = join(shallow.folder, ".git/event.json");
    const repo = { full_name: "acme/shop" };
    const pull_request = {
      number: 7,
      head: { ref: "feature/x", sha: head, repo },
      base: { ref: "main", repo },
    };
    await Deno.writeTextFile(event, JSON.stringify({ pull_request }));
    const environment = {
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_REF_NAME: "7/merge",
      GITHUB_SHA: (await shallow.run("rev-parse", "HEAD")).trim(),
      GITHUB_ACTOR: "grace",
      COVERAGE_URL: "https://coverage.example.com/coverages-api/",
    };
    const dry = await upload(shallow.folder, ["--dry-run", "--max-drop=1"], environment);
    assert.match(
      dry.lines.shift()!,
      /^To send to https:\/\/coverage\.example\.com\/coverages-api: /,
    );
    const sent = Object.fromEntries(dry.lines.map((line) => line.slice(2).split(": ")));
    assert.match(sent.commit_time, /^20/);
    assert.deepEqual(sent, {
      org_name: "acme",
      repo_name: "shop",
      branch_name: "feature/x",
      commit_hash: head,
      commit_author: "grace",
      language: "go",
      coverage_xml_file_name: "coverage/coverage.xml",
      commit_time: sent.commit_time,
      base_branch: "main",
      base_commit: base,
      max_drop: "1",
      diff_file_name: "coverage.diff",
    });

    await Deno.writeTextFile(event, JSON.stringify({ pull_request, before: "f".repeat(40) }));
    const reset = await upload(shallow.folder, ["--dry-run"], environment);
    assert(!reset.lines.join().includes("commit_time"), "a reset branch gets the older report");

    // A head without the merge base, whose history is fetched, or cannot be.
    await shallow.run("fetch", "-q", "--depth=1", "origin", "feature/x");
    await shallow.run("checkout", "-q", "--detach", "FETCH_HEAD");
    await using server = await serverWithToken();
    const job = { ...environment, ...jobOf(server) };
    await shallow.run("remote", "rename", "origin", "away");
    const without = await upload(shallow.folder, [], job);
    assert.match(
      without.lines[0]!,
      /^There is no diff\. git does not know where the change begins \(fatal: /,
    );
    assert.equal(without.code, 0);
    await shallow.run("remote", "rename", "away", "origin");
    const unshallowed = await upload(shallow.folder, [], job);
    assert(
      unshallowed.lines.includes("Changed lines: 0.00%, 0 of 1 covered"),
      unshallowed.lines.join("\n"),
    );
  },
);

jobTest("upload finds the coverage files by the names that tools give them", async () => {
  await using git = await repository({ "a.txt": "a" });
  const dry = (...args: string[]) =>
    upload(git.folder, ["--url=http://127.0.0.1:1", "--repo=acme/shop", "--dry-run", ...args]);
  const files = ({ lines }: Upload) =>
    lines.flatMap((line) => /^- coverage_xml_file_name: (.*)/.exec(line)?.[1] ?? []);

  await git.write({ "report/index.html": "<html>" });
  const none = await dry("--folder=report");
  assert.equal(none.code, 1);
  assert.match(
    none.lines[0]!,
    /report has no coverage file; looked for coverage-final\.json, .*jaco/,
  );
  const missing = await dry("--folder=report", "--file=nothing.xml");
  assert.deepEqual(missing, {
    code: 1,
    lines: [
      'The archive has no file "nothing.xml"; nothing in it looks like a coverage file.',
    ],
  });

  await git.write({ "report/a/lcov.info": "TN:", "report/b/lcov.info": "TN:" });
  await Deno.symlink(join(git.folder, "a.txt"), join(git.folder, "report/clover.xml"));
  const several = await dry("--folder=report");
  assert.match(several.lines[1]!, /: 3 files,/, "without the link");
  assert.deepEqual(files(several), ["**/lcov.info"]);
  await git.write({ "report/coverage.xml": "", "report/cobertura-2.xml": "" });
  const other = await dry("--folder=report");
  assert.equal(other.lines[0], "Not used: report/a/lcov.info, report/b/lcov.info; --file chooses.");
  assert.deepEqual(files(other).toSorted(), ["report/cobertura-2.xml", "report/coverage.xml"]);
  assert.deepEqual(files(await dry("--folder=report", "--file=b/lcov.info")), [
    "report/b/lcov.info",
  ]);
  await git.write({ "ruby/.resultset.json": "{}", "ruby/coverage.json": "{}" });
  assert.deepEqual(files(await dry("--folder=ruby")), ["ruby/coverage.json"]);

  const long = `report/${"d".repeat(150)}/${"e".repeat(90)}/f.html`;
  await git.write({ [long]: "", "coverage.json": "{}" });
  const all = (await dry("--folder=report")).lines.join();
  assert.match(all, /: 6 files,/, "however long its path");
  const top = await dry("--folder=.", "--file=coverage.json");
  assert.match(top.lines[1]!, /: 1 file,/, "of a checkout only the coverage file is sent");
});

jobTest("upload finds the file of each tool in docs/ci.md, but for Kover's", async () => {
  const missed = [];
  for (const { name, text } of await toolRecipes()) {
    const [, file = "coverage.xml"] = /^coverage_file=(\S+)/m.exec(text) ?? [];
    await using git = await repository({ [`coverage/${file}`]: "" });
    const report = await readReport(join(git.folder, "coverage"), []).catch(() => undefined);
    if (report?.coverageFiles[0] !== `coverage/${file}`) missed.push(name);
  }
  assert.deepEqual(missed, ["Kotlin: Kover"]);
});

jobTest("upload exits with 1 if it is refused, and with 2 for wrong usage", async () => {
  await using git = await checkout();
  await using server = await serverWithToken();
  const COVERAGE_URL = server.address;
  const run = (args: string[], env: Record<string, string> = {}) =>
    upload(git.folder, ["--repo=acme/shop", ...args], { COVERAGE_URL, ...env });
  const refused = await run([], { COVERAGE_TOKEN: "cov_other" });
  assert.equal(refused.code, 1);
  assert.match(
    refused.lines.at(-1)!,
    /^127\.\S+ refused with status 401: The credential is unknown/,
  );
  const away = await run(["--url", `${server.address}/coverages-ui/acme`]);
  assert.match(away.lines.at(-1)!, /^127\.\S+ refused with status 40[45]: /);
  const wrong: [string[], RegExp][] = [
    [
      ["--url", "coverage.example.com"],
      /^The server's address is "coverage.example.com"; --url or /,
    ],
    [["--url", ""], /^The server's address is not set; --url or COVERAGE_URL must be like https/],
    [["--folder", "none"], /none is not a folder to upload; --folder names it\.$/],
    [["--repo", "shop"], /^The repository is not known; --repo names it, as org\/repo\.$/],
    [["--fail-under", "many"], /^fail_under is "many"; it must be a number from 0 to 100/],
    [["--token", "x"], /^Unknown option '--token'/],
  ];
  for (const [args, sentence] of wrong) {
    const { code, lines } = await run(args);
    assert.match(lines.find((line) => sentence.test(line)) ?? lines.join("\n"), sentence);
    assert.equal(code, 2);
  }
  const fork = await run([], { CIRCLECI: "true", CIRCLE_BRANCH: "pull/7" });
  assert.deepEqual([fork.code, fork.lines.at(-1)], [
    0,
    "A pull request of another repository has no token. Nothing was uploaded.",
  ]);
  const tag = await run([], { CIRCLECI: "true", CIRCLE_TAG: "v1" });
  assert.match(tag.lines.join(), /^This is a tag; .* Nothing was uploaded\.$/);
  assert.deepEqual(await rowsOf(server), []);
});

jobTest("upload asks GitHub for an OIDC token if the job may have one", async () => {
  await using git = await checkout();
  await using issuer = await startIssuer("https://audience.example.com");
  const { auth } = readConfig({
    AUTH: "oidc",
    OIDC_ISSUERS: issuer.address,
    OIDC_AUDIENCE: "https://audience.example.com",
  });
  await using server = await listeningApp({ config: { auth } });
  let asked = "";
  await using endpoint = serve(async ({ url, headers }) => {
    asked = `${new URL(url).search} ${headers.get("authorization")}`;
    return Response.json({ value: await issuer.token() });
  });
  const { code, lines } = await upload(
    git.folder,
    ["--repo=acme/shop", "--audience=https://audience.example.com"],
    {
      COVERAGE_URL: server.address,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.address}/?v=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
    },
  );
  assert.equal(code, 0, lines.join("\n"));
  assert.equal(asked, "?v=2&audience=https%3A%2F%2Faudience.example.com Bearer request-token");
});

Deno.test("a file that has grown since it was found is packed as it is", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "coverage.xml"), "<coverage/>");
    await Deno.writeTextFile(join(folder, "test.log"), "one\n");
    const { files } = await readReport(folder, []);
    await Deno.writeTextFile(join(folder, "test.log"), "two\n", { append: true });
    const limits = { maxReportBytes: 1_000_000, maxReportFiles: 10 };
    const sizes: number[] = [];
    for await (const entry of readArchive(packed(files, undefined, assert.fail), limits)) {
      if (entry.kind === "file") sizes.push((await entry.whole()).byteLength);
    }
    assert.deepEqual(sizes.sort(), [11, 8]);
  });
});

Deno.test("a file that is gone when it is packed is named, and nothing is sent again", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "coverage.xml"), "<coverage/>");
    await Deno.writeTextFile(join(folder, "test.log"), "one\n");
    const { files } = await readReport(folder, []);
    await Deno.remove(join(folder, "test.log"));
    await using server = serve(async (request) => {
      await request.arrayBuffer();
      return new Response();
    });
    let made = 0;
    const sending = requestText(server.address, {
      method: "POST",
      body: (failed) => {
        made++;
        return packed(files, undefined, failed);
      },
    });
    await assert.rejects(sending, /^OperatorError: The report cannot be packed: .*test\.log/);
    assert.equal(made, 1);
  });
});

Deno.test("a line of the log has no command of a CI system", () => {
  assert.equal(plain("::error::x\n::error::y"), "error::x ::error::y");
  assert.equal(plain("- ##vso[task.x]##[group]\x1b[1m"), "- # #vso[task.x]# #[group] [1m");
});

Deno.test("every other command gives up the permission to run git", async () => {
  const preloaded = "data:text/javascript,addEventListener('unload', () => " +
    "console.log(Deno.permissions.querySync({ name: 'run', command: 'git' }).state))";
  const stateAfter = async (name: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [...COMMAND.split(" ").slice(1, -1), "--preload", preloaded, main, name, "--help"],
    }).output();
    return new TextDecoder().decode(stdout).trim().split("\n").at(-1);
  };
  assert.equal(await stateAfter("upload"), "granted");
  assert.equal(await stateAfter("sweep"), "prompt");
});
