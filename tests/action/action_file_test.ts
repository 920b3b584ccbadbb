import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pathOf, readActionFile } from "../support/action.ts";

const scripts = fileURLToPath(new URL("../../action/", import.meta.url));

Deno.test("inputs reach the scripts only through the environment", async () => {
  const { inputs, step } = await readActionFile();
  const expected = Object.keys(inputs)
    .map((name) => [`INPUT_${name.toUpperCase()}`, `\${{ inputs.${name} }}`]);
  assert.deepEqual(step.env, { ...Object.fromEntries(expected), JOB_TOKEN: "${{ github.token }}" });
  assert(!step.run.includes("${{"), step.run);
});

Deno.test("the inputs, defaults and outputs are as documented", async () => {
  const { inputs, outputs, step } = await readActionFile();
  assert.equal(inputs.api_host!.required, true);
  const defaults = Object.entries(inputs).map(([name, input]) => [name, input.default]);
  assert.deepEqual(Object.fromEntries(defaults), {
    api_host: undefined,
    language: "go",
    report_dir: "build",
    coverage_xml_file_name: "coverage.xml",
    ui_host: "",
    working_dir: "./",
    part: "",
    fail_under: "",
    max_drop: "",
    patch_fail_under: "",
    fail_on_checks: "true",
    annotations: "false",
    skip_pr_comment: "false",
    auth: "github",
    token: "${{ github.token }}",
    oidc_audience: "",
  });
  const ofBranches = ["name", "badge_url", "report_url"]
    .flatMap((what) => [`base_branch_${what}`, `current_branch_${what}`]);
  assert.deepEqual(
    Object.keys(outputs).toSorted(),
    [
      ...ofBranches,
      ...["base_percentage", "checks_passed", "coverage_result", "improvement", "patch_percentage"],
      "percentage",
    ].toSorted(),
  );
  for (const [name, { value }] of Object.entries(outputs)) {
    assert.equal(value, `\${{ steps.${step.id}.outputs.${name} }}`);
  }
});

Deno.test("the scripts cannot print a token or evaluate text", async () => {
  for await (const { name } of Deno.readDir(scripts)) {
    const text = await Deno.readTextFile(`${scripts}${name}`);
    assert.doesNotMatch(text, /set -[a-z]*x|--verbose|curl -v|\beval\b|\$\{\{/, name);
  }
});

Deno.test({
  name: "shellcheck passes on the scripts",
  ignore: pathOf("shellcheck") === undefined,
  fn: async () => {
    const files = Array.from(Deno.readDirSync(scripts), ({ name }) => `${scripts}${name}`);
    const { code, stdout } = await new Deno.Command("shellcheck", { args: ["-x", ...files] })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stdout));
  },
});
