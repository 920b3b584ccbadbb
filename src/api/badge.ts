/**
 * `GET /coverages-api/badge`: a branch's coverage as an image.
 *
 * @module
 */
import { makeBadge } from "badge-maker";
import type { Sql } from "postgres";
import { z } from "zod";
import { badgeHeaders, withHeaders } from "../http/headers.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import {
  branchName,
  givenFields,
  language,
  orgName,
  parseFields,
  repoName,
} from "../model/fields.ts";
import { findActive } from "../db/coverages.ts";
import { coverageColor } from "../model/percentage.ts";

const STYLES = ["flat", "flat-square", "plastic", "for-the-badge", "social"] as const;
const text = z.string()
  .max(255, "must have at most 255 characters")
  // deno-lint-ignore no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters");

/**
 * The query.
 *
 * @internal
 */
export const badgeFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  branch_name: branchName,
  language: language.optional().meta({ description: "Default: that of the newest report." }),
  label: text.optional().meta({ description: "What stands on the left. Default: the branch." }),
  subtitle: text.optional().meta({ description: "What stands on the right, for the number." }),
  style: z.enum(STYLES, `must be one of ${STYLES.join(", ")}`).optional().meta({
    description: "The form, as shields.io has it. Default: `flat`.",
  }),
});

/** Makes the handler. A branch without coverage is a grey "unknown", so that a page never breaks. */
export function createBadgeHandler({ sql }: { sql: Sql }): Handler {
  return revalidated(async (_request, { url }) => {
    const fields = parseFields(
      badgeFields,
      givenFields(url),
    );
    const row = await findActive(sql, fields);
    const svg = makeBadge({
      label: fields.label ?? fields.branch_name,
      message: fields.subtitle ?? (row ? `${row.percentage.toFixed(2)}%` : "unknown"),
      color: row ? coverageColor(row.percentage) : "lightgrey",
      style: fields.style ?? "flat",
    });
    const headers = { "content-type": "image/svg+xml; charset=utf-8" };
    return withHeaders(new Response(svg, { headers }), badgeHeaders);
  });
}
