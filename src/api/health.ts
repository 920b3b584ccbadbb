/**
 * `GET /coverages-api/health`: whether the server can do its work.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Handler } from "../http/router.ts";
import { inTime } from "../db/connect.ts";

/**
 * The answer while the server can do its work.
 *
 * @internal
 */
export const healthAnswer = z.object({ success: z.literal("ok"), database: z.literal("ok") });

/**
 * The answer while it cannot.
 *
 * @internal
 */
export const illnessAnswer = z.object({ error: z.string(), database: z.literal("away") });

/** Makes the handler: 200 when the database answers, 503 when it does not. */
export function createHealthHandler({ sql }: { sql: Sql }): Handler {
  return async () => {
    try {
      await inTime(Promise.resolve(sql`select 1`), 5);
      return Response.json(
        { success: "ok", database: "ok" } satisfies z.infer<typeof healthAnswer>,
      );
    } catch {
      return Response.json(
        {
          error: "The database is not available.",
          database: "away",
        } satisfies z.infer<typeof illnessAnswer>,
        { status: 503, headers: { "retry-after": "5" } },
      );
    }
  };
}
