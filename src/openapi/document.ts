/**
 * The API as an OpenAPI 3.1 document: `openapi.json`, to which `tests/openapi/` holds the server.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { version } from "../version.ts";
import document from "./openapi.json" with { type: "json" };

/** The document of a server at `url`, which has the credentials that the server accepts. */
export function openApiDocument({ auth }: Pick<Config, "auth">, url: string): object {
  const { info, paths, components } = document;
  const uploads = paths["/coverages-api"];
  const methods = [...auth.methods];
  const isOpen = auth.methods.size === 0 || auth.local;
  const security = [...methods.map((name) => ({ [name]: [] })), ...(isOpen ? [{}] : [])];
  return {
    ...document,
    info: { ...info, version },
    servers: [{ url }],
    paths: {
      ...paths,
      "/coverages-api": {
        ...uploads,
        post: { ...uploads.post, security },
        put: { ...uploads.put, security },
      },
    },
    components: {
      ...components,
      securitySchemes: Object.fromEntries(
        methods.map((name) => [name, components.securitySchemes[name]]),
      ),
    },
  };
}
