// An application of a test's own: a database, a reports folder, no port.
import { join } from "node:path";
import type { Sql } from "postgres";
import { type App, createApp, type Dependencies } from "../../src/server.ts";
import { type Config, type Limits, readConfig } from "../../src/config.ts";
import { type ReadCoverage, readCoverage } from "../../src/formats/read_coverage.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { type TestDatabase, testDatabase } from "./database.ts";
import { uploadPath } from "./fields.ts";
import { type LogRecord, logTo } from "./log.ts";

/** What a test may set apart from the defaults. */
export interface AppOptions {
  limits?: Partial<Limits>;
  config?: Partial<Config>;
  /** Puts something between the application and its database. */
  sql?: (database: TestDatabase) => Sql;
  /** Puts something between the application and its disk. */
  store?: (store: ReportStore) => ReportStore;
  readCoverage?: ReadCoverage;
  /** Where the reports are, for a test that needs a disk of a kind; default: a new folder. */
  disk?: string;
}

export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly dependencies: Dependencies;
  readonly sql: Sql;
  readonly database: TestDatabase;
  readonly store: ReportStore;
  readonly reports: string;
  readonly log: LogRecord[];
  /** Asks for a path; the answer is read whole. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** The same, and what a report's name leads to, as `curl -L` follows it. */
  open(path: string, init?: RequestInit): Promise<Response>;
  /** Uploads an archive as the raw body, with defaults for every field. */
  upload(
    archive: BodyInit,
    fields?: Record<string, string | undefined>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Says which branches acme/shop still has. */
  sync(...active_branches: string[]): Promise<Response>;
}

/** Makes an application that takes uploads from anybody; dispose it to remove all it has. */
export async function testApp(options: AppOptions = {}): Promise<TestApp> {
  const database = await testDatabase();
  const folder = await Deno.makeTempDir({
    prefix: "coverage-test-",
    ...(options.disk ? { dir: options.disk } : {}),
  });
  const reports = join(folder, "reports");
  const ownStore = await ReportStore.open(reports);
  const store = options.store?.(ownStore) ?? ownStore;
  const ownSql = options.sql?.(database);
  // Not for its own machine alone, so that it answers under any name.
  const config = { ...readConfig({ AUTH: "none", HOST: "0.0.0.0" }), ...options.config };
  const records: LogRecord[] = [];
  const log = logTo(records);
  const dependencies: Dependencies = {
    config: { ...config, limits: { ...config.limits, ...options.limits } },
    sql: ownSql ?? database.sql,
    store,
    readCoverage: options.readCoverage ?? readCoverage,
    metrics: new Metrics(),
    log,
  };
  const client = clientOf(createApp(dependencies), ownStore);
  return {
    ...client,
    dependencies,
    sql: database.sql,
    database,
    store,
    reports,
    log: records,
    sync: (...active_branches) =>
      client.get("/coverages-api", {
        method: "PUT",
        body: JSON.stringify({ org_name: "acme", repo_name: "shop", active_branches }),
      }),
    async [Symbol.asyncDispose]() {
      await ownStore.settled();
      await ownSql?.end({ timeout: 1 });
      ownStore[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Asks an application, and waits after each answer for the reports that are removed then. */
export function clientOf(
  answer: App,
  store: Pick<ReportStore, "settled">,
): Pick<TestApp, "app" | "get" | "open" | "upload"> {
  const app: App = async (request, connection) => {
    const response = await answer(request, connection);
    await store.settled();
    return response;
  };
  const get = async (path: string, init?: RequestInit) => {
    const response = await app(new Request(`http://coverage.test${path}`, init));
    return new Response(response.body && await response.bytes(), response);
  };
  return {
    app,
    get,
    async open(path, init) {
      const response = await get(path, init);
      const location = response.headers.get("location");
      return location?.includes("/coverages-api/reports/")
        ? await get(new URL(location, "http://coverage.test").pathname, init)
        : response;
    },
    upload: (archive, fields, headers) =>
      get(uploadPath(fields), {
        method: "POST",
        body: archive,
        headers: { "content-type": "application/gzip", ...headers },
      }),
  };
}
