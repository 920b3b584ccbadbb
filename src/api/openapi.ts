/**
 * `GET /coverages-api/openapi.json`: the API, for programs.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { dataHeaders, withHeaders } from "../http/headers.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { createDocument } from "../openapi/document.ts";
import type { OpenApiDocument } from "../openapi/specification.ts";

/** Makes the handler; the document is made when it is first asked for. */
export function createOpenApiHandler(config: Pick<Config, "auth" | "publicUrl">): Handler {
  let document: OpenApiDocument | undefined;
  return revalidated((_request, { url }) => {
    document ??= createDocument(config);
    const servers = [{ url: config.publicUrl ?? url.origin }];
    return withHeaders(Response.json({ ...document, servers }), dataHeaders);
  });
}
