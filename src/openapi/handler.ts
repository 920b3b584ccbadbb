/**
 * `GET /coverages-api/openapi.json`: the API, for programs.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { Handler } from "../http/router.ts";
import { createDocument } from "./document.ts";
import type { OpenApiDocument } from "./specification.ts";

/** Makes the handler; the document is made when it is first asked for. */
export function createOpenApiHandler(config: Pick<Config, "auth" | "publicUrl">): Handler {
  let document: OpenApiDocument | undefined;
  return (_request, { url }) => {
    document ??= createDocument(config);
    return Response.json({ ...document, servers: [{ url: config.publicUrl ?? url.origin }] });
  };
}
