import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, npmPackages, unreadFiles } from "../tools/compile.ts";
import { uploadPath } from "./support/fields.ts";
import { startServer, STOPPED } from "./support/server.ts";
import { readArchiveFile } from "./support/test_data.ts";
import { addDatabase, withFolder } from "./support/folder.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Where the binary's packages of npm are found, in a folder for each registry. */
const PACKAGES = ".deno_compile_node_modules/localhost/";

/** The paths in the tree that `deno compile` prints; `/*` at an end stands for a whole folder. */
function embedded(said: string): string[] {
  const paths: string[] = [];
  const folders: string[] = [];
  for (const [, indent, branch, name] of said.matchAll(/^([│ ]*)[├└]─([─┬]) (.+) \([^()]*\)$/gm)) {
    folders.length = indent!.length / 2;
    folders.push(name!);
    if (branch === "─") paths.push(folders.join("/"));
  }
  return paths;
}

/** Where Deno keeps the packages of npm. */
async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

/** Fills a folder for `DENO_DIR` with the packages, without the files that no binary has. */
async function copyPackages(denoDir: string): Promise<void> {
  const unread = new Set(await unreadFiles());
  const filter = (path: string) => !unread.has(path);
  const npm = await npmCache();
  for (const { localPath } of await npmPackages()) {
    const versions = dirname(localPath); // and what the registry says of them
    const target = join(denoDir, "npm", relative(npm, versions));
    await cp(versions, target, { recursive: true, filter });
  }
}

/** Where embedded files are in that folder and in this repository. */
function onDisk(paths: readonly string[], denoDir: string): string[] {
  const registries = Array.from(
    Deno.readDirSync(join(denoDir, "npm")),
    ({ name }) => join(denoDir, "npm", name),
  );
  return paths.map((path) => path.replace(/\/\*$/, "")).flatMap((path) =>
    path.startsWith(PACKAGES)
      ? registries.map((registry) => join(registry, path.slice(PACKAGES.length)))
      : [join(root, path)]
  );
}

/** How to start Deno in another folder, where it may read nothing but its data and these. */
function reading(paths: readonly string[], folder: string, denoDir: string) {
  return {
    env: { DENO_DIR: denoDir, DATABASE_URL: "", DATA_DIR: "data", TMPDIR: folder },
    cwd: folder,
    args: [
      ...["run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env"],
      ...[`--allow-write=${folder}`, `--allow-read=${[folder, ...paths].join(",")}`],
      join(root, "main.ts"),
    ],
  };
}

Deno.test("a binary has what the server needs", async (t) => {
  await withFolder(async (folder) => {
    const output = join(folder, "coverage-server");
    // Any program will do for the runtime: the result is read here, and not run.
    const { success, said } = await compile({ output, env: { DENORT_BIN: Deno.execPath() } });
    assert(success, said);
    const paths = embedded(said);
    const denoDir = join(folder, "deno");
    await copyPackages(denoDir);
    const files = onDisk(paths, denoDir);

    await t.step("the files, without those of tests and tools", () => {
      for (const path of ["main.ts", "deno.json", "migrations/*", "src/dashboard/style.css"]) {
        const isEmbedded = paths.some((one) =>
          one === path || one.endsWith("/*") && path.startsWith(one.slice(0, -1))
        );
        assert(isEmbedded, `${path} is embedded:\n${paths.join("\n")}`);
      }
      const foreign = /^(tests|tools|lab)\/|\/(playwright-core|axe-core|mysql2|fast-check)\//;
      assert(!paths.some((path) => foreign.test(path)), paths.join("\n"));
    });

    await t.step("at most 40 MB of them", () => {
      const [, megabytes] = /^Files: ([\d.]+)MB$/m.exec(said)!;
      assert(Number(megabytes) < 40, `${megabytes} MB`);
    });

    await t.step("the same files that the container's image is made of", async () => {
      const ignored = (await Deno.readTextFile(`${root}.dockerignore`)).split("\n");
      assert(ignored.includes("*"));
      const ours = paths.filter((path) => !path.startsWith(PACKAGES));
      for (const top of new Set(ours.map((path) => path.split("/")[0]!))) {
        assert(ignored.includes(`!${top}`), `.dockerignore lets ${top} in`);
      }
    });

    await t.step("the options of deno task start, and git", async () => {
      const { tasks, unstable, version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
      assert.equal(
        tasks.start.command,
        "MALLOC_MMAP_THRESHOLD_=4194304 deno run --no-prompt --v8-flags=--max-semi-space-size=4 " +
          "--allow-net --allow-env --allow-read --allow-write main.ts",
      );
      const options = optionsOf(
        await Deno.readFile(Deno.build.os === "windows" ? `${output}.exe` : output),
      );
      const { prompt, ...permissions } = options.permissions;
      assert.equal(prompt, false);
      for (const [name, value] of Object.entries(permissions)) {
        // Its default is the hosts of packages, none of which is imported at run time.
        if (name === "allow_import") continue;
        const isGranted = ["allow_net", "allow_env", "allow_read", "allow_write"].includes(name);
        const expected = name === "allow_run" ? ["git"] : isGranted ? [] : null;
        assert.deepEqual(value, expected, name);
      }
      assert(options.v8_flags.includes("--max-semi-space-size=4"), String(options.v8_flags));
      assert.deepEqual(options.unstable_config.features, unstable);
      assert.equal(options.app_version, version);
      assert.equal(options.entrypoint_key, "main.ts");
      assert.equal(options.code_cache_key, null);
    });

    await t.step("enough for a server in another folder that may read nothing else", async () => {
      await addDatabase(join(folder, "data"));
      const { env, ...otherwise } = reading(files, folder, denoDir);
      const server = await startServer(env, otherwise);
      if ("code" in server) assert.fail(server.output);
      try {
        await uploadAndBrowse(server.address);
      } finally {
        assert.equal((await server.stop("SIGTERM")).code, STOPPED, server.output());
      }
    });

    await t.step("enough for an export", async () => {
      const { env, cwd, args } = reading(files, folder, denoDir);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...args, "export", "-"],
        cwd,
        env,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      assert.match(new TextDecoder().decode(stdout), /^INSERT INTO public\.coverages /m);
    });

    await t.step("and nothing that it could do without", async () => {
      const withoutMigrations = files.filter((path) => !path.endsWith("migrations"));
      const { env, ...otherwise } = reading(withoutMigrations, folder, denoDir);
      const DATABASE_URL = "postgres://127.0.0.1:1/none";
      const server = await startServer({ ...env, DATABASE_URL }, otherwise);
      assert("code" in server);
      assert.match(server.output, /NotCapable: Requires read access to ".*migrations/);
    });
  });
});

/** The options in a binary: one object in JSON, somewhere in it. */
function optionsOf(binary: Uint8Array<ArrayBuffer>) {
  const text = new TextDecoder("latin1").decode(binary);
  const start = text.lastIndexOf('{"argv":[]');
  assert(start >= 0);
  return JSON.parse(text.slice(start, text.indexOf("}", text.indexOf('"app_version"', start)) + 1));
}

/** Everything that the server has a file for. */
async function uploadAndBrowse(address: string): Promise<void> {
  const uploaded = await fetch(`${address}${uploadPath()}`, {
    method: "POST",
    headers: { "content-type": "application/gzip" },
    body: await readArchiveFile("go_coverage.tar.gz"),
  });
  const { coverage } = await uploaded.json();
  assert.equal(coverage?.percentage, 33.03);
  const home = await (await fetch(`${address}/coverages-ui`)).text();
  const assets = new Set(home.match(/(?<=")\/coverages-ui\/[\w-]+\.\w+(?=")/g));
  assert.equal(assets.size, 3, "the style, the script and the icon");
  const docs = await (await fetch(`${address}/coverages-api/docs`)).text();
  const viewer = docs.match(/(?<=")\/coverages-api\/(docs\/[^"]+|openapi\.json)(?=")/g)!;
  assert.equal(viewer.length, 6, "two style sheets, two scripts, and the document twice");
  const badge = "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main";
  for (
    const path of [coverage.report_url, badge, "/coverages-ui/acme/shop", ...assets, ...viewer]
  ) {
    const response = await fetch(new URL(path, address));
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}`);
  }
}

Deno.test({
  name: "compiling says in a sentence that Deno's runtime could not be fetched",
  ignore: Deno.env.has("DENORT_BIN"),
  fn: async () => {
    await withFolder(async (folder) => {
      // A machine that has fetched it before still has it, so only the packages are taken from there.
      await Deno.symlink(await npmCache(), join(folder, "npm"), { type: "junction" });
      const { success, said } = await compile({
        output: join(folder, "coverage-server"),
        target: "x86_64-unknown-linux-gnu",
        env: { DENO_DIR: folder, HTTPS_PROXY: "http://127.0.0.1:1" },
      });
      assert(!success);
      assert.equal(
        said,
        `The runtime of Deno ${Deno.version.deno} for x86_64-unknown-linux-gnu could not be ` +
          "fetched from dl.deno.land; compile where that can be reached, or set DENORT_BIN to its file.",
      );
    });
  },
});
