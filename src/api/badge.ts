/** `GET /coverages-api/badge`: a branch's coverage as an image. */
import { makeBadge } from "badge-maker";
import { LRUCache } from "lru-cache";
import type { Sql } from "postgres";
import { z } from "zod";
import { createFindPercentage } from "../db/batched.ts";
import { etagged, type Tagged, tagged } from "../http/etag.ts";
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

type Format = Required<
  Pick<Parameters<typeof makeBadge>[0], "label" | "message" | "color" | "style">
>;
const HEADERS = { ...badgeHeaders, "content-type": "image/svg+xml; charset=utf-8" };
/** Pictures that are kept, of up to 8 KB each: to draw one takes longer than to look up its number. */
const PICTURES = 500;

/**
 * Always an image, because a page that shows it shows no sentence: without coverage a grey
 * "unknown", and a red "invalid" for fields that are missing or ill-formed.
 */
export function createBadgeHandler({ sql }: { sql: Sql }): Handler {
  const findPercentage = createFindPercentage(sql);
  const draw = createDraw();
  return async (request, { url }) => {
    const { success, data: fields } = fieldsSchema.safeParse(repositoryFields(url));
    const percentage = success ? await findPercentage(fields) : undefined;
    const picture = draw({
      label: fields?.label ?? "coverage",
      message: !success
        ? "invalid"
        : fields.subtitle ?? (percentage === undefined ? "unknown" : `${percentage.toFixed(2)}%`),
      color: !success ? "red" : percentage === undefined ? "lightgrey" : coverageColor(percentage),
      style: fields?.style ?? "flat",
    });
    return etagged(request, picture, HEADERS);
  };
}

/** Draws each picture once, as long as it is among those asked for last. */
function createDraw(): (format: Format) => Tagged {
  const pictures = new LRUCache<string, Tagged>({ max: PICTURES });
  return (format) => {
    const { label, message, color, style } = format;
    const key = [label, message, color, style].join("\n"); // a label has no line ends
    let picture = pictures.get(key);
    if (!picture) pictures.set(key, picture = tagged(makeBadge(format)));
    return picture;
  };
}
