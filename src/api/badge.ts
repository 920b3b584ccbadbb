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
import { branchName, language, orgName, repoName, repositoryFields } from "../model/fields.ts";
import { coverageColor } from "../model/percentage.ts";

const STYLES = ["flat", "flat-square", "plastic", "for-the-badge", "social"] as const;
const text = z.string()
  .max(255, "must have at most 255 characters")
  // Nor what XML cannot have (XML 1.0, 2.2): the image would be broken.
  // deno-lint-ignore no-control-regex
  .regex(/^[^\u0000-\u001f\u007f\ufffe\uffff]*$/, "must not contain control characters");

const fieldsSchema = z.object({
  org_name: orgName,
  repo_name: repoName,
  branch_name: branchName,
  language: language.optional(),
  label: text.optional(),
  subtitle: text.optional(),
  style: z.enum(STYLES, `must be one of ${STYLES.join(", ")}`).optional(),
});

/**
 * Always an image, because a page that shows it shows no sentence: without coverage a grey
 * "unknown", and a red "invalid" for fields that are missing or ill-formed.
 */
export function createBadgeHandler({ sql }: { sql: Sql }): Handler {
  return async (request, { url }) => {
    const { success, data: fields } = fieldsSchema.safeParse(repositoryFields(url));
    const row = success ? await findActive(sql, fields) : undefined;
    const svg = makeBadge({
      label: fields?.label ?? "coverage",
      message: !success
        ? "invalid"
        : fields.subtitle ?? (row ? `${row.percentage.toFixed(2)}%` : "unknown"),
      color: !success ? "red" : row ? coverageColor(row.percentage) : "lightgrey",
      style: fields?.style ?? "flat",
    });
    return etagged(request, svg, {
      ...badgeHeaders,
      "content-type": "image/svg+xml; charset=utf-8",
    });
  };
}
