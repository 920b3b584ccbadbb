/** `GET /coverages-api/health`: whether the server can do its work. */
import type { Sql } from "postgres";
import type { Handler } from "../http/router.ts";
import { inTime } from "../db/connect.ts";
import type { Log } from "../log.ts";
import type { ReportStore } from "../reports/store.ts";

/**
 * 200 when the database answers, 503 when it does not. Without the bucket the server still answers
 * everything but uploads and reports that are not in its cache, so a proxy should go on asking it.
 */
export function createHealthHandler(
  { sql, store, log }: { sql: Sql; store: Pick<ReportStore, "bucket">; log: Log },
): Handler {
  const bucketState = async () => {
    try {
      await store.bucket?.check();
      return store.bucket && { bucket: "ok" };
    } catch (error) {
      log.error("health check: the bucket is not available", { error });
      return { bucket: "away" };
    }
  };
  return async () => {
    try {
      const [bucket] = await Promise.all([
        bucketState(),
        inTime(Promise.resolve(sql`select 1`), 5),
      ]);
      return Response.json({ success: "ok", database: "ok", ...bucket });
    } catch (error) {
      log.error("health check failed: the database is not available", { error });
      return Response.json(
        { error: "The database is not available.", database: "away" },
        { status: 503, headers: { "retry-after": "5" } },
      );
    }
  };
}
