/**
 * `GET /coverages-api/openapi.json`: the API, for programs, as an OpenAPI 3.1 document. `tests/openapi/`
 * holds the server to it.
 */
import type { Config } from "../config.ts";
import { etaggedJson } from "../http/etag.ts";
import { dataHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { version } from "../version.ts";
import document from "./openapi.json" with { type: "json" };

export function createOpenApiHandler(
  config: Pick<Config, "auth" | "login" | "publicUrl">,
): Handler {
  return (request, { url }) =>
    etaggedJson(request, documentOf(config, config.publicUrl ?? url.origin), dataHeaders);
}

/** The document of a server at `url`, which has the credentials that the server accepts. */
function documentOf(
  { auth, login }: Pick<Config, "auth" | "login">,
  url: string,
): object {
  const { info, components } = document;
  const isOpen = auth.methods.size === 0 || auth.local;
  const asked = (names: readonly string[]) => names.map((name) => ({ [name]: [] }));
  const uploaders = [...auth.methods];
  const readers = login ? ["read", "session"] as const : [];
  const secured = ([method, operation]: [string, { operationId: string; responses: object }]) => {
    const isRead = method === "get";
    if (!("401" in operation.responses) || isRead && !login) return [method, operation];
    const security = !isRead
      ? [...asked(uploaders), ...(isOpen ? [{}] : [])]
      : asked(operation.operationId === "metrics" ? ["read"] : readers);
    return [method, { ...operation, security }];
  };
  return {
    ...document,
    info: { ...info, version },
    servers: [{ url }],
    paths: Object.fromEntries(
      Object.entries(document.paths).map(([path, operations]) => [
        path,
        Object.fromEntries(Object.entries(operations).map(secured)),
      ]),
    ),
    components: {
      ...components,
      securitySchemes: Object.fromEntries(
        [...uploaders, ...readers].map((name) => [name, components.securitySchemes[name]]),
      ),
    },
  };
}
