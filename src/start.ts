import { join, resolve } from "node:path";
import { unpack } from "./archive/extract.ts";
import { createApp } from "./server.ts";
import { readEnvironment } from "./config.ts";
import { CoverageThread } from "./formats/parser_thread.ts";
import { storedReports, totals } from "./db/stored_reports.ts";
import { databaseIdentity } from "./db/coverages.ts";
import { readPercentages, summariseAll } from "./db/repositories.ts";
import { forOperator, openDatabase } from "./db/connect.ts";
import { migrate, readMigrations } from "./db/migrate.ts";
import { surviveOutages } from "./db/reconnect.ts";
import { type Answer, listen } from "./http/listener.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { createLog } from "./log.ts";
import { openReports } from "./reports/bucket_store.ts";
import { ORPHAN_GRACE_MS, sweep } from "./reports/sweep.ts";
import { RETENTION_REST, runRetention } from "./reports/retention.ts";

const RETENTION_PAUSE_MS = 60 * 60 * 1000;

/** Serves until the process is asked to stop. */
export async function start(): Promise<void> {
  const config = readEnvironment();
  const log = await createLog({ level: config.logLevel, format: config.logFormat });
  const dataDir = resolve(config.dataDir);
  surviveOutages(); // until the process ends
  // Listens before the database is touched, so that a port in use ends the start at once. Requests
  // that come earlier wait.
  const app = Promise.withResolvers<Answer>();
  const server = listen(async (request, info) => (await app.promise)(request, info), {
    ...config,
    failed: (error) => log.warn("no connection can be accepted", { error }),
  });
  const database = await openDatabase({
    url: config.databaseUrl,
    folder: join(dataDir, "postgres"),
  });
  const { sql } = database;
  const applied = await migrate(sql, await readMigrations()).catch((error) => {
    throw forOperator(error);
  });
  if (applied.length > 0) log.info("database migrated", { applied });

  const summarised = await summariseAll(sql, config.defaultBranches);
  if (summarised > 0) log.info("repositories summarised", { repositories: summarised });

  using thread = new CoverageThread(config.limits);
  using store = await openReports(join(dataDir, "reports"), config.bucket, { unpack, log });
  await store.belongTo(await databaseIdentity(sql));
  // Leftovers of a crash go before the first upload. The rest of retention runs later.
  await sweep(store, {
    stored: (ids) => storedReports(sql, ids),
    graceMs: database.embedded ? 0 : ORPHAN_GRACE_MS,
    log,
  });
  if (config.auth.methods.size === 0) {
    log.warn("AUTH=none: anybody who reaches this server can upload and sync");
  } else if (config.auth.local) {
    log.info("AUTH is unset: requests from this machine need no credential");
  }

  const metrics = new Metrics();
  app.resolve(createApp({ config, sql, store, readCoverage: thread.read, metrics, log }));
  const stopping = stopSignal(); // before anybody can know that it listens
  console.log(`Coverage server: ${server.address}`);
  const { url, prefix } = config.bucket ?? {};
  const inBucket = url === undefined ? "" : `${url}/${prefix}, cached in `;
  console.log(`Reports:         ${inBucket}${join(dataDir, "reports")}`);
  console.log(
    `Database:        ${
      database.embedded ? `embedded, ${join(dataDir, "postgres")}` : "DATABASE_URL"
    }`,
  );

  const { retention } = config;
  const { embedded } = database;
  const graceMs = ORPHAN_GRACE_MS;
  const keeping = schedule(
    async (signal) => {
      await store.prune();
      const stored = (ids: readonly string[]) => storedReports(sql, ids);
      const run = await runRetention(
        { sql, embedded, store, retention, graceMs, log },
        { signal, rest: RETENTION_REST },
      );
      // Another server's run has not seen the disk of this one.
      if (!run && store.bucket) await sweep(store, { stored, graceMs, signal, log });
      metrics.setTotals(await totals(sql));
      // For what is exported without being scraped.
      metrics.setPercentages(await readPercentages(sql, config.metricsRepositories));
    },
    RETENTION_PAUSE_MS,
    (error) => log.warn("retention failed; next attempt in an hour", { error }),
  );

  await stopping;
  log.info("stopping", { seconds: config.shutdownSeconds });
  const stopped = keeping.stop();
  await server.stop(config.shutdownSeconds);
  await database.close();
  await stopped; // without a database it cannot go on
}

function stopSignal(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of signals) Deno.addSignalListener(signal, resolve);
  return promise.finally(() => {
    // The next signal ends the process at once.
    for (const signal of signals) Deno.removeSignalListener(signal, resolve);
  });
}

interface Schedule {
  /** Aborts the signal of the work and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Does `work` now, and again `pauseMs` after each end, so that it never runs beside itself. What it
 * throws before the stop goes to `failed`.
 */
export function schedule(
  work: (signal: AbortSignal) => Promise<void>,
  pauseMs: number,
  failed: (error: unknown) => void,
): Schedule {
  const stopping = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async () => {
    try {
      await work(stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) failed(error);
    }
    if (!stopping.signal.aborted) timer = setTimeout(() => running = turn(), pauseMs);
  };
  let running = turn();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
