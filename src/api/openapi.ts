/**
 * `GET /coverages-api/openapi.json`: the API, for programs.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { dataHeaders, withHeaders } from "../http/headers.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { openApiDocument } from "../openapi/document.ts";

export function createOpenApiHandler(config: Pick<Config, "auth" | "publicUrl">): Handler {
  return revalidated((_request, { url }) => {
    const document = openApiDocument(config, config.publicUrl ?? url.origin);
    return withHeaders(Response.json(document), dataHeaders);
  });
}
