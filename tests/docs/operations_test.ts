import assert from "node:assert/strict";
import { join } from "node:path";
import { connect } from "../../src/db/connect.ts";
import { cobertura, tar } from "../support/archive.ts";
import { ownDatabase } from "../support/own_database.ts";
import { storedReports } from "../support/reports.ts";
import { running, type RunningServer, uploadTo } from "../support/server.ts";
import { whyNoPgDump } from "../support/pg_dump.ts";
import { addDatabase, withFolder } from "../support/folder.ts";

const text = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));

/** The shell lines below a heading: the first block, or the one after. */
function lines(heading: string, block = 0): string {
  const section = text.split(`\n### ${heading}\n`)[1]?.split(/\n##+ /)[0] ?? "";
  const found =
    Array.from(section.matchAll(/^```sh\n([^]*?)^```$/gm), ([, lines]) => lines!)[block];
  assert(found, `docs/operations.md has block ${block + 1} of shell lines below "${heading}"`);
  return found;
}

/** Runs shell lines as somebody would who types them, but ends at the first that fails. */
async function run(
  script: string,
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euc", script],
    env: environment,
  }).output();
  return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const BRANCHES = ["main", "develop", "feature/a"];
const archive = tar([
  { name: "coverage.xml", content: cobertura(1, 2) },
  { name: "index.html", content: "<html>" },
  ...Array.from({ length: 20 }, (_, page) => ({ name: `${page}.html`, content: "<html>" })),
]);

/** Uploads to each branch, one report after the other, until it is stopped. */
class Uploads {
  /** Those that were answered. */
  done = 0;
  readonly #loops: Promise<void>[];
  #stopped = false;
  #waiting: { least: number; resolve: () => void }[] = [];

  constructor(address: string) {
    this.#loops = BRANCHES.map((branch) => this.#loop(address, branch));
  }

  /** Waits for so many more. */
  async more(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ least: this.done + count, resolve });
    await Promise.race([promise, Promise.all(this.#loops)]);
  }

  /** Waits for those under way; throws where one was refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(address: string, branch_name: string): Promise<void> {
    while (!this.#stopped) {
      await uploadTo({ address }, archive, { branch_name });
      this.done++;
      for (const { least, resolve } of this.#waiting) if (this.done >= least) resolve();
    }
  }
}

/** Each branch has one row, and its report is there to read. */
async function assertWhole(server: RunningServer): Promise<void> {
  const list = await (await fetch(`${server.address}/coverages-api`)).json();
  const rows: { branch_name: string; report_url: string }[] = list.data["acme/shop"];
  assert.deepEqual(rows.map((row) => row.branch_name).toSorted(), BRANCHES.toSorted());
  for (const { report_url } of rows) {
    const page = await fetch(report_url);
    assert.equal(await page.text(), "<html>");
    assert.equal(page.status, 200);
  }
}

const whyNotPostgres = Deno.build.os === "linux" ? await whyNoPgDump() : "is written for Linux";

Deno.test({
  name:
    `the backup of a Postgres while uploads run restores to a server whose every row has its report${
      whyNotPostgres ? ` (${whyNotPostgres})` : ""
    }`,
  ignore: whyNotPostgres !== undefined,
  fn: () =>
    withFolder(async (folder) => {
      await using from = await ownDatabase();
      await using to = await ownDatabase();
      const environment = {
        DATABASE_URL: String(from.target),
        KEEP_SUPERSEDED: "3",
        DATA_DIR: join(folder, "data"),
        backup: join(folder, "data", "backup"),
      };
      const server = await running(environment);
      const uploads = new Uploads(server.address);
      await uploads.more(20);
      const before = uploads.done;
      const { code, output } = await run(lines("Postgres"), environment);
      assert.deepEqual([code, output], [0, ""]);
      await uploads.more(20);
      await uploads.stop();

      await Deno.remove(
        join(
          environment.DATA_DIR,
          "reports",
          (await storedReports(`${environment.DATA_DIR}/reports`)).published[0]!,
        ),
        { recursive: true },
      );
      const torn = await run(lines("Postgres"), {
        ...environment,
        backup: join(folder, "data", "torn"),
      });
      assert.notEqual(torn.code, 0, "a backup that is not whole says so");
      await server.stop("SIGTERM");

      const restored = {
        ...environment,
        DATABASE_URL: String(to.target),
        DATA_DIR: join(folder, "new"),
      };
      await Deno.mkdir(restored.DATA_DIR);
      const restore = await run(lines("Postgres", 1), restored);
      assert.deepEqual([restore.code, restore.output], [0, ""]);
      const sql = connect(String(to.target));
      const rows = await sql<{ report_id: string; report_stored: boolean }[]>`
          select report_id, report_stored from coverages`;
      await sql.end();
      const { length } = rows;
      assert(length >= before && length < uploads.done, `${before}, ${length}, ${uploads.done}`);
      const names = rows.filter((row) => row.report_stored).map((row) => row.report_id);
      assert(names.length > BRANCHES.length, "superseded ones as well");
      const folders = Array.from(Deno.readDirSync(join(restored.DATA_DIR, "reports")))
        .filter((entry) => entry.isDirectory).map(({ name }) => name);
      assert.deepEqual(folders.toSorted(), names.toSorted());
      const again = await running(restored);
      await assertWhole(again);
      await again.stop("SIGTERM");
    }),
});

Deno.test({
  name: "a restored backup of an embedded database has the report of every row",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const heading = "The embedded database";
      const [stop, ...copy] = lines(heading).trimEnd().split("\n");
      assert.equal(stop, "sudo systemctl stop coverage-server");
      assert.equal(copy.pop(), "sudo systemctl start coverage-server");
      const environment = {
        DATABASE_URL: "",
        DATA_DIR: join(folder, "data"),
        backup: join(folder, "backup"),
      };
      await addDatabase(environment.DATA_DIR);
      const server = await running(environment);
      const uploads = new Uploads(server.address);
      await uploads.more(10);
      await uploads.stop();
      await server.stop("SIGTERM");
      assert.deepEqual(await run(copy.join("\n"), environment), { code: 0, output: "" });

      const restored = { ...environment, DATA_DIR: join(folder, "new") };
      await Deno.mkdir(restored.DATA_DIR);
      assert.deepEqual(await run(lines(heading, 1), restored), { code: 0, output: "" });
      const again = await running(restored);
      await assertWhole(again);
      const all = await (await fetch(`${again.address}/coverages-api?full=1`)).json();
      assert.equal(all.data["acme/shop"].length, uploads.done);
      await again.stop("SIGTERM");
    }),
});
