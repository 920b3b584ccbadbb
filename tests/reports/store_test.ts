import assert from "node:assert/strict";
import { join } from "node:path";
import { ReportStore } from "../../src/reports/store.ts";
import { sweep } from "../../src/reports/sweep.ts";
import { type LogRecord, logTo } from "../support/log.ts";
import { storedReports } from "../support/reports.ts";

async function withStore(
  test: (store: ReportStore, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    using store = await ReportStore.open(folder);
    await test(store, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function publishOne(store: ReportStore): Promise<string> {
  const staged = await store.stage();
  await staged.makeFolder("a/b");
  await staged.writeFile("a/b/page.html", new TextEncoder().encode("page"));
  await staged.publish();
  return staged.id;
}

const log = logTo([]);
const amount = (reports: number, bytes: number) => ({ reports, bytes });
// deno-lint-ignore require-await
const none = async () => new Set<string>();

Deno.test("only a report's id names a folder", async () => {
  await withStore(async (store) => {
    await Promise.resolve();
    for (const id of ["", "..", ".staging", "../x", "a/b"]) {
      assert.throws(() => store.folder(id), TypeError, id);
    }
  });
});

Deno.test("the sweeper removes staged reports of dead servers only", async () => {
  await withStore(async (store, folder) => {
    const dead = await ReportStore.open(folder);
    await (await dead.stage()).writeFile("half", new Uint8Array(3));
    dead[Symbol.dispose](); // as the end of a process does
    using living = await ReportStore.open(folder);
    const work = await living.stage();
    assert.deepEqual(
      await sweep(store, { stored: none, graceMs: 0, dryRun: true, log }),
      { staged: amount(1, 3), orphans: amount(0, 0) },
      "a dry run counts it once",
    );
    const swept = await sweep(store, { stored: none, graceMs: 0, log });
    assert.deepEqual(swept, { staged: amount(1, 3), orphans: amount(0, 0) });
    await work.publish();
    assert.deepEqual((await storedReports(folder)).published, [work.id]);
  });
});

Deno.test("the sweeper removes published reports without a row, unless they are recent", async () => {
  await withStore(async (store, folder) => {
    const [retained, orphan] = [await publishOne(store), await publishOne(store)];
    // deno-lint-ignore require-await
    const stored = async () => new Set([retained]);
    assert.deepEqual(await sweep(store, { stored, graceMs: 60_000, log }), {
      staged: amount(0, 0),
      orphans: amount(0, 0),
    });
    const records: LogRecord[] = [];
    assert.deepEqual(await sweep(store, { stored, graceMs: -60_000, log: logTo(records) }), {
      staged: amount(0, 0),
      orphans: amount(1, 4),
    });
    assert.deepEqual((await storedReports(folder)).published, [retained]);
    assert.notEqual(retained, orphan);
    assert.deepEqual(records[0]!.fields, {
      staged: 0,
      staged_bytes: 0,
      orphans: 1,
      orphans_bytes: 4,
    });
  });
});

Deno.test("the sweeper counts a report with its lines once, and removes lines that are left alone", async () => {
  await withStore(async (store, folder) => {
    const [whole, lines, union] = [
      await publishOne(store),
      crypto.randomUUID(),
      crypto.randomUUID(),
    ];
    await store.writeLines(whole, new Uint8Array(2));
    await store.writeLines(whole, new Uint8Array(2), "union");
    await store.writeLines(lines, new Uint8Array(2));
    await store.writeLines(union, new Uint8Array(2), "union");
    for (const dryRun of [true, false]) {
      const swept = await sweep(store, { stored: none, graceMs: -60_000, dryRun, log });
      assert.deepEqual(swept.orphans, amount(3, 4));
    }
    assert.deepEqual((await storedReports(folder)).published, []);
  });
});

Deno.test("the sweeper logs what it cannot remove, does not count it, and goes on", async () => {
  await withStore(async (store, folder) => {
    const [stuck, orphan] = [await publishOne(store), await publishOne(store)];
    const dead = await ReportStore.open(folder);
    await (await dead.stage()).writeFile("half", new Uint8Array(3));
    dead[Symbol.dispose]();
    const staging = join(folder, ".staging");
    await Deno.mkdir(join(staging, "locked.lock")); // as little to be opened as another user's
    await Deno.writeTextFile(join(staging, "folder"), "");
    const records: LogRecord[] = [];
    const tried: string[] = [];
    const disk = new Proxy(store, {
      get(target, name) {
        if (name === "remove") {
          return async (id: string) => {
            tried.push(id);
            if (id === stuck) throw new Deno.errors.PermissionDenied("it is another user's");
            await target.remove(id);
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const swept = await sweep(disk, { stored: none, graceMs: -60_000, log: logTo(records) });
    assert.deepEqual(swept, { staged: amount(1, 3), orphans: amount(1, 4) });
    assert.deepEqual(new Set(tried), new Set([stuck, orphan]));
    assert.deepEqual(await storedReports(folder), { published: [stuck], staged: [] });
    const warnings = records.filter(({ level }) => level === "warn");
    assert.deepEqual(
      warnings.map(({ fields }) => fields?.report ?? fields?.server).sort(),
      [stuck, "folder", "locked"].sort(),
    );
  });
});

Deno.test("the sweeper removes nothing if the database does not answer", async () => {
  await withStore(async (store, folder) => {
    await publishOne(store);
    await assert.rejects(
      sweep(store, { stored: () => Promise.reject(new Error("away")), graceMs: -60_000, log }),
    );
    assert.equal((await storedReports(folder)).published.length, 1);
  });
});

Deno.test("a folder belongs to one database", async () => {
  await withStore(async (store, folder) => {
    const [ours, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await store.belongTo(ours);
    await store.belongTo(ours);
    await assert.rejects(store.belongTo(other), /belong to another database/);
    await Deno.remove(join(folder, ".database"));
    await store.belongTo(other);
  });
});

Deno.test("an unusable folder is refused with a sentence", async () => {
  await withStore(async (_store, folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    await assert.rejects(ReportStore.open(join(folder, "file", "reports")), {
      name: "OperatorError",
      message: /reports cannot be used: .+\. Is DATA_DIR right\?$/,
    });
  });
});

Deno.test("files of a report get the server's file modes", async () => {
  await withStore(async (store) => {
    const id = await publishOne(store);
    const info = await Deno.stat(join(store.folder(id), "a/b/page.html"));
    if (Deno.build.os !== "windows") assert.equal(info.mode! & 0o133, 0);
  });
});

Deno.test("files that a running server failed to remove are left for any sweeper", async () => {
  await withStore(async (store, folder) => {
    const staged = await store.stage();
    await staged.makeFolder("a");
    await staged.writeFile("a/page.html", new Uint8Array(5));
    const { remove } = Deno;
    Deno.remove = () => Promise.reject(new Error("Input/output error"));
    try {
      await assert.rejects(staged.discard(), /Input\/output error/);
    } finally {
      Deno.remove = remove;
    }
    const working = await store.stage();
    using other = await ReportStore.open(folder);
    for (const sweeper of [other, store]) {
      const swept = await sweep(sweeper, { stored: none, graceMs: 0, dryRun: true, log });
      assert.deepEqual(swept.staged, amount(1, 5));
    }
    assert.deepEqual((await sweep(store, { stored: none, graceMs: 0, log })).staged, amount(1, 5));
    const { staged: left } = await storedReports(folder);
    assert.deepEqual(left.map((path) => path.split("/")[1]), [working.id]);
  });
});

Deno.test("an empty .database file is rewritten if there are no reports, and refused otherwise", async () => {
  await withStore(async (store, folder) => {
    const mark = join(folder, ".database");
    await Deno.writeTextFile(mark, "");
    await store.belongTo("mine");
    assert.equal(await Deno.readTextFile(mark), "mine");
    await publishOne(store);
    await Deno.writeTextFile(mark, "\n");
    await assert.rejects(store.belongTo("other"), {
      name: "OperatorError",
      message: /\.database is empty, .* delete the file/,
    });
    assert.equal((await storedReports(folder)).published.length, 1);
  });
});
