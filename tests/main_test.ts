import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { storedReports } from "./support/reports.ts";
import { cobertura, tar } from "./support/archive.ts";
import { type RunningServer, startServer } from "./support/server.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function running(environment: Record<string, string>): Promise<RunningServer> {
  const server = await startServer({ DATABASE_URL: "", ...environment });
  if ("code" in server) throw new Error(`The server ended with ${server.code}: ${server.output}`);
  return server;
}

/** The README's upload, as a shell runs it. */
async function documentedUpload(address: string): Promise<string> {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const command = /```sh\n(curl -X POST[^]*?)\n```/.exec(readme)?.[1];
  assert(command, "README.md has the upload");
  const port = new URL(address).port;
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command.replace("localhost:3000", `localhost:${port}`)],
    cwd: root,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the documented upload works against the documented start, and outlives a restart", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "data");
    const first = await running({ DATA_DIR: data });
    assert(first.output().includes(join(data, "reports")), "it says where the data is");
    const answer = JSON.parse(await documentedUpload(first.address));
    assert.equal(answer.coverage.percentage, 33.03);
    assert.deepEqual(answer.data, [answer.coverage]);
    assert.equal(new URL(answer.coverage.report_url).hostname, "localhost");
    const page = await fetch(answer.coverage.report_url);
    assert.match(await page.text(), /<html/i);
    assert.equal((await first.stop("SIGTERM")).code, 0);

    const second = await running({ DATA_DIR: data });
    const list = await (await fetch(`${second.address}/coverages-api`)).json();
    assert.equal(list.data["rakuten/laravel-request-docs"][0].percentage, 33.03);
    const badge = await fetch(
      `${second.address}/coverages-api/badge?org_name=rakuten&repo_name=laravel-request-docs&branch_name=develop`,
    );
    assert.match(await badge.text(), /33\.03%/);
    assert.equal((await second.stop("SIGINT")).code, 0);
  });
});

Deno.test("a server that was killed amid an upload has lost nothing and left nothing when it is back", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "data");
    const reports = join(data, "reports");
    const first = await running({ DATA_DIR: data });
    await documentedUpload(first.address);
    const before = await storedReports(reports);

    // The first file has arrived, so its report is staged; the rest never comes.
    const half = tar([
      { name: "coverage.xml", content: cobertura(1, 2) },
      { name: "page.html", content: "x".repeat(100_000) },
    ]).slice(0, 50_000);
    const staged = watchForStaged(reports);
    const upload = fetch(
      `${first.address}/coverages-api?org_name=a&repo_name=b&branch_name=c&commit_hash=abcd&commit_author=d&language=e&coverage_xml_file_name=coverage.xml`,
      {
        method: "POST",
        headers: { "content-type": "application/x-tar" },
        body: new ReadableStream({ start: (controller) => controller.enqueue(half) }),
      },
    ).then((response) => response.text()).catch(() => {});
    await staged;
    await first.stop("SIGKILL");
    await upload;

    const second = await running({ DATA_DIR: data });
    assert.deepEqual(await storedReports(reports), before);
    const list = await (await fetch(`${second.address}/coverages-api`)).json();
    assert.deepEqual(Object.keys(list.data), ["rakuten/laravel-request-docs"]);
    assert.equal((await second.stop("SIGTERM")).code, 0);
  });
});

async function watchForStaged(reports: string): Promise<void> {
  using watcher = Deno.watchFs(reports, { recursive: true });
  for await (const { paths } of watcher) {
    if (paths.some((path) => path.endsWith("coverage.xml"))) return;
  }
}

Deno.test("a server that cannot start says why in a sentence and ends with 1", async () => {
  await withFolder(async (folder) => {
    const bad = await startServer({ DATA_DIR: folder, PORT: "port", LOG_LEVEL: "loud" });
    assert("code" in bad);
    assert.equal(bad.code, 1);
    assert.equal(bad.output.trim().split("\n").length, 2);
    assert.match(bad.output, /PORT is "port"; must be a whole number from 0 to 65535\./);

    const away = await startServer({
      DATA_DIR: folder,
      DATABASE_URL: "postgres://u:secret@127.0.0.1:1/d",
    });
    assert("code" in away);
    assert.equal(away.code, 1);
    assert.match(away.output, /^The database does not answer: .*Is DATABASE_URL right\?$/m);
    assert(!away.output.includes("secret"));

    const reports = join(folder, "another", "reports");
    await Deno.mkdir(reports, { recursive: true });
    await Deno.writeTextFile(join(reports, ".database"), crypto.randomUUID());
    const orphan = join(reports, crypto.randomUUID());
    await Deno.mkdir(orphan);
    const foreign = await startServer({ DATA_DIR: join(folder, "another"), DATABASE_URL: "" });
    assert("code" in foreign);
    assert.match(foreign.output, /belong to another database/);
    assert((await Deno.stat(orphan)).isDirectory, "another database's report is left alone");

    const first = await running({ DATA_DIR: folder });
    try {
      const { port } = new URL(first.address);
      const samePort = await startServer({
        DATA_DIR: join(folder, "other"),
        DATABASE_URL: "",
        PORT: port,
      });
      assert("code" in samePort);
      assert.equal(samePort.code, 1);
      assert.match(samePort.output, new RegExp(`PORT ${port} .*in use`));
      const sameData = await startServer({ DATA_DIR: folder, DATABASE_URL: "" });
      assert("code" in sameData);
      assert.match(sameData.output, /in use by another server/);
      assert(!sameData.output.includes("    at "), "no stack");
    } finally {
      await first.stop("SIGTERM");
    }
  });
});
