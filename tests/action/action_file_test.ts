import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pathOf, readActionFile } from "../support/action.ts";

const scripts = fileURLToPath(new URL("../../action/", import.meta.url));

Deno.test("every input reaches the scripts through the environment, and none their text", async () => {
  const { text, defaults, env, run } = await readActionFile();
  for (const name of Object.keys(defaults)) {
    assert.equal(env[`INPUT_${name.toUpperCase()}`], `\${{ inputs.${name} }}`);
  }
  assert.equal(env.JOB_TOKEN, "${{ github.token }}");
  assert.equal(Object.keys(env).length, Object.keys(defaults).length + 1);
  assert.equal(text.match(/\brun:/g)?.length, 1);
  assert(!run.includes("${{"), run);
});

Deno.test("inputs and outputs are those of the ancestor, with ours", async () => {
  const { text, defaults } = await readActionFile();
  assert.deepEqual(defaults, {
    api_host: undefined,
    language: "go",
    report_dir: "build",
    coverage_xml_file_name: "coverage.xml",
    ui_host: "",
    working_dir: "./",
    skip_pr_comment: "false",
    auth: "github",
    token: "${{ github.token }}",
    oidc_audience: "",
  });
  const outputs = [...text.matchAll(/^ {4}value: \$\{\{ steps\.coverage\.outputs\.(\w+) \}\}$/gm)]
    .map(([, name]) => name!);
  const branches = ["name", "badge_url", "report_url"]
    .flatMap((what) => [`base_branch_${what}`, `current_branch_${what}`]);
  assert.deepEqual(
    outputs.toSorted(),
    [...branches, "base_percentage", "coverage_result", "improvement", "percentage"].toSorted(),
  );
  for (const name of outputs) assert(text.includes(`\n  ${name}:\n`), name);
});

Deno.test("the scripts show no token, and take nothing from elsewhere", async () => {
  for await (const { name } of Deno.readDir(scripts)) {
    const text = await Deno.readTextFile(`${scripts}${name}`);
    assert.doesNotMatch(text, /set -[a-z]*x|--verbose|curl -v|\beval\b|\$\{\{/, name);
  }
});

Deno.test({
  name: "shellcheck has nothing to say of the scripts",
  ignore: pathOf("shellcheck") === undefined,
  fn: async () => {
    const files = Array.from(Deno.readDirSync(scripts), ({ name }) => `${scripts}${name}`);
    const { code, stdout } = await new Deno.Command("shellcheck", { args: ["-x", ...files] })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stdout));
  },
});
