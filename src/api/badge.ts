/**
 * `GET /coverages-api/badge`: a branch's coverage as an image.
 *
 * @module
 */
import { makeBadge } from "badge-maker";
import type { Sql } from "postgres";
import { z } from "zod";
import { findActive } from "../db/coverages.ts";
import { etagged } from "../http/etag.ts";
import { badgeHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import {
  branchName,
  givenFields,
  language,
  orgName,
  parseFields,
  repoName,
} from "../model/fields.ts";
import { coverageColor } from "../model/percentage.ts";

const STYLES = ["flat", "flat-square", "plastic", "for-the-badge", "social"] as const;
const text = z.string()
  .max(255, "must have at most 255 characters")
  // deno-lint-ignore no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters");

export const badgeFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  branch_name: branchName,
  language: language.optional(),
  label: text.optional(),
  subtitle: text.optional(),
  style: z.enum(STYLES, `must be one of ${STYLES.join(", ")}`).optional(),
});

/** A branch without coverage is a grey "unknown", so that a page never shows a broken image. */
export function createBadgeHandler({ sql }: { sql: Sql }): Handler {
  return async (request, { url }) => {
    const fields = parseFields(badgeFields, givenFields(url));
    const row = await findActive(sql, fields);
    const svg = makeBadge({
      label: fields.label ?? fields.branch_name,
      message: fields.subtitle ?? (row ? `${row.percentage.toFixed(2)}%` : "unknown"),
      color: row ? coverageColor(row.percentage) : "lightgrey",
      style: fields.style ?? "flat",
    });
    return etagged(request, svg, {
      ...badgeHeaders,
      "content-type": "image/svg+xml; charset=utf-8",
    });
  };
}
