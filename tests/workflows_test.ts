import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { withFolder } from "./support/folder.ts";
import { pathOf } from "./support/programs.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => Deno.readTextFile(`${root}${path}`);

/** What matters here of a workflow of GitHub Actions. */
interface Workflow {
  permissions: Record<string, string>;
  env: Record<string, string>;
  jobs: Record<string, { steps: { uses?: string; run?: string }[]; "timeout-minutes"?: number }>;
}

const workflows: Record<string, Workflow> = {
  "ci.yml": parse(await read(".github/workflows/ci.yml")),
  "release.yml": parse(await read(".github/workflows/release.yml")),
};
const steps = Object.values(workflows)
  .flatMap(({ jobs }) => Object.values(jobs))
  .flatMap((job) => job.steps);
const scripts = steps.flatMap(({ run }) => run === undefined ? [] : [run]);

Deno.test("workflows run existing tasks and tools", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  const called = scripts.flatMap((run) =>
    Array.from(run.matchAll(/deno task ([\w:-]+)/g), ([, name]) => name!)
  );
  assert(called.length >= 6, called.join());
  for (const name of called) assert(Object.hasOwn(tasks, name), `deno task ${name}`);
  const tools = scripts.flatMap((run) => run.match(/\btools\/[\w.-]+/g) ?? []);
  assert(tools.length >= 2);
  for (const path of tools) {
    const { mode } = await Deno.stat(`${root}${path}`);
    if (Deno.build.os !== "windows") assert(mode! & 0o100, `${path} can be run`);
  }
});

Deno.test("workflows are read-only, use known actions, and put no expressions into a shell", () => {
  for (const [name, { permissions, jobs }] of Object.entries(workflows)) {
    assert.deepEqual(permissions, { contents: "read" }, name);
    for (const [job, { "timeout-minutes": minutes }] of Object.entries(jobs)) {
      assert(minutes, `${name}: ${job} ends some time`);
    }
  }
  for (const { uses } of steps) {
    if (uses !== undefined) assert.match(uses, /^(actions|denoland|docker)\/[\w-]+@v\d+$/);
  }
  for (const run of scripts) assert(!run.includes("${{"), run);
});

Deno.test("Dockerfile and workflows use one version of Deno", async () => {
  const [, version] = /^ARG DENO_VERSION=(\S+)$/m.exec(await read("Dockerfile"))!;
  assert.equal(workflows["release.yml"]!.env.DENO, version);
  const minor = version!.split(".").slice(0, 2).join(".");
  assert.equal(workflows["ci.yml"]!.env.DENO, `~${minor}`);
});

Deno.test({
  name: "shellcheck passes on the workflows and tools",
  ignore: pathOf("shellcheck") === undefined,
  fn: async () => {
    await withFolder(async (folder) => {
      const files = scripts.map((_, index) => `${folder}/${index}.sh`);
      for (const [index, file] of files.entries()) await Deno.writeTextFile(file, scripts[index]!);
      const { code, stdout } = await new Deno.Command("shellcheck", {
        args: ["--shell=bash", ...files, `${root}tools/try.sh`],
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stdout));
    });
  },
});
