/** `GET /coverages-api/openapi.json`: the API, for programs. */
import type { Config } from "../config.ts";
import { dataHeaders } from "../http/headers.ts";
import { etaggedJson } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { openApiDocument } from "../openapi/document.ts";

export function createOpenApiHandler(
  config: Pick<Config, "auth" | "login" | "publicUrl">,
): Handler {
  return (request, { url }) =>
    etaggedJson(request, openApiDocument(config, config.publicUrl ?? url.origin), dataHeaders);
}
