// Uploads of real reports with the real diff of a real repository.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestApp, testApp } from "../support/app.ts";
import { tar } from "../support/archive.ts";
import { type GitRepository, repository } from "../support/git.ts";
import { readArchiveFile } from "../support/test_data.ts";

type Fields = Record<string, string>;
type File = [name: string, content: string];

/** Uploads the files of an archive; returns the answer. */
async function upload(test: TestApp, files: File[], fields: Fields = {}) {
  const archive = tar(files.map(([name, content]) => ({ name, content })));
  const response = await test.upload(archive, fields);
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** The lcov file of Deno's own coverage, whose paths are absolute. */
async function denoCoverage(git: GitRepository, folder = "."): Promise<string> {
  const at = join(git.folder, folder);
  await run(at, Deno.execPath(), "test", "-A", "--no-check", "--coverage=.cov");
  const lcov = await run(at, Deno.execPath(), "coverage", "--lcov", ".cov");
  await Deno.remove(join(at, ".cov"), { recursive: true });
  return lcov;
}

const summary = ({ patch }: { patch: { files: Fields[] } }) =>
  Object.fromEntries(
    patch.files.map((
      { path, lines_covered, lines_valid, uncovered },
    ) => [path, `${lines_covered} of ${lines_valid}, ${uncovered}`]),
  );

Deno.test("Deno: two packages with the same file names", async () => {
  const one = "export function name() {\n  return 1;\n}\n";
  const check = 'import { name } from "./src/index.ts";\nDeno.test("name", () => void name());\n';
  await using git = await repository({
    "packages/a/src/index.ts": one,
    "packages/a/a_test.ts": check,
    "packages/b/src/index.ts": one,
    "packages/b/b_test.ts": check,
    "deno.json": "{}",
  });
  await git.write({
    "packages/b/src/index.ts": `${one}export function other() {\n  return 2;\n}\n`,
  });
  await git.commit("b");
  await using test = await testApp();
  const diff: File = ["changes.diff", await git.run("diff", "HEAD~1", "HEAD")];
  const a: File = ["a/lcov.info", await denoCoverage(git, "packages/a")];
  const b: File = ["b/lcov.info", await denoCoverage(git, "packages/b")];
  const fields = { coverage_xml_file_name: "**/lcov.info", diff_file_name: "changes.diff" };
  const expected = { "packages/b/src/index.ts": "0 of 3, 4-6" };
  assert.deepEqual(summary(await upload(test, [a, b, diff], fields)), expected);
  assert.deepEqual(summary(await upload(test, [b, diff], fields)), expected);
  const { patch } = await upload(test, [a, diff], fields);
  assert.deepEqual([patch.percentage, patch.not_measured], [null, ["packages/b/src/index.ts"]]);

  // The same with paths from each package's own folder, as most tools write them.
  const relative = ([name, content]: File): File => [
    `packages/${name}`,
    content.replaceAll(`SF:${git.folder}/packages/${name[0]}/`, "SF:"),
  ];
  assert.deepEqual(
    summary(await upload(test, [relative(a), relative(b), diff], fields)),
    expected,
  );
});

Deno.test("JaCoCo: paths that begin with the package", async () => {
  await using test = await testApp();
  const fields = { language: "java", coverage_xml_file_name: "jacoco.xml" };
  const archive = await readArchiveFile("jacoco-multi-group.tar.gz");
  const first = await (await test.upload(archive, fields)).json();
  const { files } = await (await test.get(
    `/coverages-api/files?org_name=acme&repo_name=shop&id=${first.coverage.id}`,
  )).json();
  const file = files.find(({ uncovered }: { uncovered: string }) => uncovered !== "");
  const line = Number(/^\d+/.exec(file.uncovered)![0]);
  const xml = await (await test.open(
    `/coverages-api/assets/acme/shop/main/java/archive/coverage/jacoco.xml`,
  )).text();
  const path = `app/src/main/java/${file.path}`;
  const lines = Array.from({ length: line + 50 }, (_, at) => `// ${at + 1}`);
  await using git = await repository({ [path]: lines.join("\n") });
  lines[line - 1] = "changed";
  await git.write({ [path]: lines.join("\n") });
  await git.commit("change");
  const answer = await upload(test, [
    ["jacoco.xml", xml],
    ["changes.diff", await git.run("diff", "HEAD~1", "HEAD")],
  ], { ...fields, diff_file_name: "changes.diff" });
  assert.deepEqual(summary(answer), { [path]: `0 of 1, ${line}` });
});
