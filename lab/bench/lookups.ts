/**
 * Whether what is superseded makes lookups slower.
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { type App, createApp } from "../../src/server.ts";
import { readConfig } from "../../src/config.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { type BenchDatabase, makeDatabase } from "./database.ts";
import { fill, type Size } from "./fill.ts";
import { makeScratch } from "./scratch.ts";
import { judge, type Section } from "./section.ts";
import { repository } from "./send.ts";
import { median } from "./statistics.ts";

const WARM_UPS = 100;
const ROUNDS = 500;
/** Times that of the small database. */
const BOUND = 1.3;
/** The same branches in both, so that what is answered is as long; the rest is superseded. */
const SMALL = { repositories: 20, rowsEach: 100 };
const LARGE = { repositories: 100, rowsEach: 2000 };

/** Asks a small and a large database in turn, through the application, without a port. */
export async function measureLookups(): Promise<Section> {
  await using scratch = await makeScratch();
  await using small = await makeFilled(join(scratch.folder, "small"), SMALL);
  await using large = await makeFilled(join(scratch.folder, "large"), LARGE);
  const name = new URLSearchParams(repository);
  const branch = new URLSearchParams({ ...repository, branch_name: "feature/branch-1" });
  const asks = {
    badge: request(`/coverages-api/badge?${branch}`),
    "list of a repository": request(`/coverages-api?${name}`),
    "select 1 (yardstick)": async ({ sql }: Filled) => void await sql`select 1`,
  };
  const missed: string[] = [];
  const rows: string[][] = [];
  for (const [what, ask] of Object.entries(asks)) {
    const ms = { small: [] as number[], large: [] as number[] };
    for (let round = -WARM_UPS; round < ROUNDS; round++) {
      for (const [size, database] of Object.entries({ small, large })) {
        const startedAt = performance.now();
        await ask(database);
        const took = performance.now() - startedAt;
        if (round >= 0) ms[size as keyof typeof ms].push(took);
      }
    }
    const ratio = median(ms.large) / median(ms.small);
    const isYardstick = what.startsWith("select");
    const verdict = judge(`lookups, ${what}: time against the small database`, {
      value: ratio,
      bound: BOUND,
      unit: " x",
    });
    if (!isYardstick) missed.push(...verdict.missed);
    rows.push([
      what,
      `${median(ms.small).toFixed(3)} ms`,
      `${median(ms.large).toFixed(3)} ms`,
      `${ratio.toFixed(2)} x`,
      ...(isYardstick ? [] : verdict.cells),
    ]);
  }
  return {
    title: `lookups: ${large.embedded ? "embedded database" : "DATABASE_URL"}, ` +
      `medians of ${ROUNDS} in turn`,
    table: [
      ["", `${small.rows} rows`, `${large.rows} rows`, "ratio", "bound", "verdict"],
      ...rows,
    ],
    notes: [],
    missed,
  };
}

interface Filled extends AsyncDisposable {
  readonly app: App;
  readonly sql: Sql;
  readonly embedded: boolean;
  readonly rows: number;
}

/** An application on a database of that size. */
async function makeFilled(
  folder: string,
  size: Size,
): Promise<Filled> {
  const stack = new AsyncDisposableStack();
  try {
    await Deno.mkdir(folder);
    const { sql, embedded }: BenchDatabase = stack.use(await makeDatabase(folder));
    const store = stack.use(await ReportStore.open(join(folder, "reports")));
    await fill(sql, size);
    const [counted] = await sql<{ rows: number }[]>`
      select count(*)::int as rows from coverages`;
    const app = createApp({
      config: readConfig({ AUTH: "none", DATA_DIR: folder }),
      sql,
      store,
      readCoverage: () => Promise.reject(new Error("nothing is uploaded here")),
      log: { debug() {}, info() {}, warn() {}, error: (...failure) => console.error(...failure) },
    });
    return {
      app,
      sql,
      embedded,
      rows: counted!.rows,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Asks the application and takes the whole answer; throws when it is not 200. */
function request(path: string): (database: Filled) => Promise<void> {
  return async ({ app }) => {
    const response = await app(new Request(`http://bench${path}`));
    const body = await response.text();
    if (response.status !== 200) {
      throw new Error(`${path} was answered ${response.status}: ${body}`);
    }
  };
}
