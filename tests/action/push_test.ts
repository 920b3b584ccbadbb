import assert from "node:assert/strict";
import { join } from "node:path";
import { actionTest, annotations, HEAD, JOB, withoutCommits } from "../support/action.ts";
import { pathOf } from "../support/programs.ts";

actionTest("a push uploads the report and sets the outputs", async (world) => {
  const { server, github } = world;
  await world.report(75);
  const run = await world.passes({ inputs: { api_host: `${server.api}/` } });
  const [request, ...others] = server.requests;
  assert.deepEqual([request!.method, request!.path, others], ["POST", "/coverages-api", []]);
  assert.deepEqual(request!.query, {
    org_name: "acme",
    repo_name: "shop",
    branch_name: "main",
    commit_hash: HEAD,
    commit_author: "ada",
    language: "go",
    coverage_xml_file_name: "coverage.xml",
    github_api_url: github.address,
    commit_time: "2026-01-31T12:00:00Z",
  });
  assert.equal(request!.headers.authorization, `Bearer ${JOB}`);
  assert.equal(request!.headers["content-type"], "application/gzip");
  assert.equal(JSON.parse(run.outputs.coverage_result!).coverage.percentage, 75);
  assert.equal(run.outputs.percentage, "75");
  assert.equal(run.outputs.current_branch_name, "main");
  assert.equal(run.outputs.base_branch_name, "");
  for (const name of ["current_branch_report_url", "current_branch_badge_url"]) {
    const page = await fetch(run.outputs[name]!);
    assert.equal(page.status, 200, name);
    await page.body?.cancel();
  }
  assert(run.outputs.current_branch_report_url!.endsWith("/archive/build/index.html"));
  assert.match(run.summary, /### Coverage 75%/);
  assert(run.summary.includes(`(<${run.outputs.current_branch_report_url}>)`));
  assert.deepEqual(withoutCommits(github), []);
});

actionTest("names with special characters arrive unchanged", async (world) => {
  await world.report(50, "my app/its build ünit", "cov & +erage.xml");
  const run = await world.passes({
    inputs: {
      working_dir: "my app",
      report_dir: "its build ünit",
      coverage_xml_file_name: "cov & +erage.xml",
      language: "c++#",
    },
    env: { GITHUB_REF_NAME: "feat/#1&a=b%20é$(id)`id`\"'", GITHUB_ACTOR: "Ada & Söhne [bot]" },
  });
  const { coverage } = JSON.parse(run.outputs.coverage_result!);
  assert.deepEqual(
    [coverage.branch_name, coverage.commit_author, coverage.language, coverage.percentage],
    ["feat/#1&a=b%20é$(id)`id`\"'", "Ada & Söhne [bot]", "c++#", 50],
  );
  const badge = await fetch(run.outputs.current_branch_badge_url!);
  assert.match(await badge.text(), /50\.00%/);
  const page = await fetch(run.outputs.current_branch_report_url!);
  assert.equal(page.status, 200);
  await page.body?.cancel();
  assert.doesNotMatch(run.summary, /`id`/);
});

actionTest(
  "a tag is skipped, and an event that the Action does not know fails the job",
  async (world) => {
    await world.report(75);
    const tag = await world.run({ env: { GITHUB_REF_TYPE: "tag", GITHUB_REF_NAME: "v1" } });
    assert.deepEqual([tag.code, annotations(tag, "notice").length], [0, 1]);
    const other = await world.run({ event: "issue_comment" });
    assert.equal(other.code, 1);
    assert.match(annotations(other, "error")[0]!, /^Nothing can be uploaded on issue_comment; /);
    assert.equal(world.server.requests.length, 0);
  },
);

actionTest("invalid inputs fail before anything is sent", async (world) => {
  const { server } = world;
  const cases: [RegExp, Record<string, string>][] = [
    [/^report_dir coverage is not a folder in \.\/; /, { report_dir: "coverage" }],
    [/^report_dir is empty\.$/, { report_dir: "" }],
    [/^working_dir app is not a folder\.$/, { working_dir: "app" }],
    [/^api_host is "localhost:3000"; it must be an address like https:/, {
      api_host: "localhost:3000",
    }],
    [/^api_host is ""; it must/, { api_host: "" }],
    [/^ui_host is "https:\/\/x\/a\)>b"; it must/, { ui_host: "https://x/a)>b" }],
    [/^auth is "basic"; it must be github or oidc\.$/, { auth: "basic" }],
    [/^token is empty, or not a token\.$/, { token: "" }],
    [/^token is empty, or not a token\.$/, { token: 'x"\nurl = "http://evil.test/' }],
  ];
  for (const [sentence, inputs] of cases) {
    const run = await world.run({ inputs });
    assert.equal(run.code, 1, run.output);
    assert.match(annotations(run, "error").join("|"), sentence);
  }
  assert.equal(server.requests.length, 0);
});

actionTest("a missing tool is named", async (world) => {
  await world.report(75);
  const folder = join(world.workspace, "tools");
  await Deno.mkdir(folder);
  for (const tool of ["bash", "curl", "tar", "gzip", "awk", "dirname", "mktemp", "rm"]) {
    await Deno.symlink(pathOf(tool)!, join(folder, tool));
  }
  const run = await world.run({ env: { PATH: folder } });
  assert.equal(run.code, 1);
  assert.deepEqual(annotations(run, "error"), [
    "jq is not installed on this runner; install it in a step before this one.",
  ]);
});

actionTest(
  "a rejection shows the server's message on one line",
  async (world) => {
    const { server } = world;
    await world.report(75);
    const fields = await world.run({
      inputs: { language: "a b", coverage_xml_file_name: "/50%\n::warning::x" },
    });
    assert.equal(fields.code, 1);
    const [sentence, ...others] = annotations(fields, "error");
    assert.deepEqual(others, []);
    assert.match(
      sentence!,
      /language is "a b"; it must be .*coverage_xml_file_name is "\/50%25.*\(4\d\d\)\.$/,
    );
    assert.doesNotMatch(fields.output, /^::warning/m);
    server.planned.push(() =>
      Response.json({ error: "Line one\r\n::set-env::50%" }, { status: 409 })
    );
    const lines = await world.run();
    assert.deepEqual(annotations(lines, "error"), [
      "The report was not uploaded: Line one%0D%0A::set-env::50%25 (409).",
    ]);
    server.planned.push(() =>
      new Response("<h1>Moved</h1>", { status: 301, headers: { location: "https://x.test/" } })
    );
    const moved = await world.run();
    assert.match(annotations(moved, "error")[0]!, /It redirects to https:\/\/x\.test\/ \(301\)/);
    for (const [count, body] of ["<h1>Welcome</h1>", ""].entries()) {
      server.planned.push(() => new Response(body));
      const page = await world.run();
      assert.match(annotations(page, "error")[0]!, /check api_host/);
      assert.equal(server.requests.length, 4 + count);
    }
  },
);
