import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readActionFile } from "../support/action.ts";
import { pathOf } from "../support/programs.ts";

const scripts = fileURLToPath(new URL("../../action/", import.meta.url));

Deno.test("inputs reach the scripts only through the environment", async () => {
  const { inputs, outputs, step } = await readActionFile();
  const expected = Object.keys(inputs)
    .map((name) => [`INPUT_${name.toUpperCase()}`, `\${{ inputs.${name} }}`]);
  assert.deepEqual(step.env, { ...Object.fromEntries(expected), JOB_TOKEN: "${{ github.token }}" });
  assert(!step.run.includes("${{"), step.run);
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
    // With all that it sources.
    const { code, stdout } = await new Deno.Command("shellcheck", {
      args: ["--external-sources", "--check-sourced", `${scripts}run.sh`],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stdout));
  },
});
