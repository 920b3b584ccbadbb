/**
 * `GET /coverages-api/health`: whether the server can do its work.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Handler } from "../http/router.ts";
import { inTime } from "../db/connect.ts";
import type { Log } from "../log.ts";

/** 200 when the database answers, 503 when it does not. */
export function createHealthHandler({ sql, log }: { sql: Sql; log: Log }): Handler {
  return async () => {
    try {
      await inTime(Promise.resolve(sql`select 1`), 5);
      return Response.json({ success: "ok", database: "ok" });
    } catch (error) {
      log.error("health check failed: the database is not available", { error });
      return Response.json(
        { error: "The database is not available.", database: "away" },
        { status: 503, headers: { "retry-after": "5" } },
      );
    }
  };
}
