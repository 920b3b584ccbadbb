/**
 * `GET /coverages-api/health`: whether the server can do its work.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Handler } from "../http/router.ts";
import { inTime } from "./connect.ts";

/** Makes the handler: 200 when the database answers, 503 when it does not. */
export function createHealthHandler({ sql }: { sql: Sql }): Handler {
  return async () => {
    try {
      await inTime(Promise.resolve(sql`select 1`), 5);
      return Response.json({ success: "ok", database: "ok" });
    } catch {
      return Response.json(
        { error: "The database does not answer.", database: "away" },
        { status: 503, headers: { "retry-after": "5" } },
      );
    }
  };
}
