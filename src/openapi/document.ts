/**
 * The API as an OpenAPI 3.1 document: `openapi.json`, to which `tests/openapi/` holds the server.
 */
import type { Config } from "../config.ts";
import { version } from "../version.ts";
import document from "./openapi.json" with { type: "json" };

/** The document of a server at `url`, which has the credentials that the server accepts. */
export function openApiDocument(
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
