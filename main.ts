/**
 * The server: settings, database, application, listening, and a graceful stop. With the name of a
 * command, that command instead.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { createApp } from "./src/server.ts";
import { runCommand } from "./src/cli/commands.ts";
import { readEnvironment } from "./src/config.ts";
import { CoverageThread } from "./src/formats/parser_thread.ts";
import { storedReports } from "./src/db/stored_reports.ts";
import { databaseIdentity } from "./src/db/coverages.ts";
import { summariseAll } from "./src/db/repository_summary.ts";
import { OperatorError } from "./src/errors.ts";
import { openDatabase } from "./src/db/connect.ts";
import { forOperator } from "./src/db/for_operator.ts";
import { migrate, readMigrations } from "./src/db/migrate.ts";
import { surviveOutages } from "./src/db/uncaught_errors.ts";
import { listen } from "./src/http/listener.ts";
import { totals } from "./src/db/stored_reports.ts";
import { Metrics } from "./src/telemetry/metrics.ts";
import { createLog } from "./src/log.ts";
import { ReportStore } from "./src/reports/store.ts";
import { ORPHAN_GRACE_MS, sweep } from "./src/reports/sweep.ts";
import { runRetention } from "./src/reports/retention.ts";
import { schedule } from "./src/reports/schedule.ts";

/** How often reports that are no longer kept, and left-overs, are looked for. */
const RETENTION_PAUSE_MS = 60 * 60 * 1000;

/** How long the process may take to end by itself once its work is done. */
const END_MS = 2000;

async function start(): Promise<void> {
  const config = readEnvironment();
  const log = await createLog({ level: config.logLevel, format: config.logFormat });
  const dataDir = resolve(config.dataDir);
  surviveOutages(); // up to the very end
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

  using thread = new CoverageThread();
  using store = await ReportStore.open(join(dataDir, "reports"));
  await store.belongTo(await databaseIdentity(sql));
  // What a crash has left goes before the first upload comes; the rest need not be waited for.
  await sweep(store, {
    stored: (ids) => storedReports(sql, ids),
    graceMs: database.embedded ? 0 : ORPHAN_GRACE_MS,
    log,
  });
  if (config.auth.methods.size === 0) {
    log.warn("AUTH=none: whoever reaches this server can upload and sync");
  } else if (config.auth.local) {
    log.info("AUTH is unset: requests straight from this machine upload without a credential");
  }

  const metrics = new Metrics();
  const server = listen(
    createApp({ config, sql, store, readCoverage: thread.read, metrics, log }),
    {
      ...config,
      failed: (error) => log.warn("no connection can be taken at the moment", { error }),
    },
  );
  console.log(`Coverage server: ${server.address}`);
  console.log(`Reports:         ${join(dataDir, "reports")}`);
  console.log(
    `Database:        ${
      database.embedded ? `embedded, ${join(dataDir, "postgres")}` : "DATABASE_URL"
    }`,
  );

  const { retention } = config;
  const { embedded } = database;
  const keeping = schedule(
    async (signal) => {
      await runRetention({ sql, embedded, store, retention, graceMs: ORPHAN_GRACE_MS, log }, {
        signal,
      });
      metrics.setTotals(await totals(sql));
    },
    RETENTION_PAUSE_MS,
    (error) =>
      log.warn("reports could not be looked through; the next time is in an hour", { error }),
  );

  await stopSignal();
  log.info("stopping", { seconds: config.shutdownSeconds });
  const kept = keeping.stop();
  await server.stop(config.shutdownSeconds);
  await database.close();
  await kept; // without a database it cannot go on
}

/** Waits to be asked to stop. */
function stopSignal(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of signals) Deno.addSignalListener(signal, resolve);
  return promise.finally(() => {
    // The next signal ends the process at once.
    for (const signal of signals) Deno.removeSignalListener(signal, resolve);
  });
}

const [command, ...args] = Deno.args;
try {
  await (command === undefined ? start() : runCommand(command, args));
  // It ends by itself when nothing holds it any more. `Deno.exit` never returns where Deno is about to
  // export metrics at that moment, so that it is for what is held on to, by a cut connection say.
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), END_MS));
} catch (error) {
  console.error(error instanceof OperatorError ? error.message : error);
  Deno.exit(1);
}
