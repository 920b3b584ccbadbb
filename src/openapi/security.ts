/**
 * The kinds of credentials, as clients are told of them.
 *
 * @module
 */
import type { Config } from "../config.ts";

const WHERE = "In the `Authorization` header, after `Bearer` or `token`, or bare.";

/** By the name that `AUTH` has for each. */
export const schemes: Readonly<
  Record<
    Config["auth"]["methods"] extends ReadonlySet<infer Method> ? Method & string : never,
    object
  >
> = {
  github: {
    type: "http",
    scheme: "bearer",
    description: `A GitHub token of a job that may create statuses on the commit. ${WHERE}`,
  },
  oidc: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: `An OIDC token of a GitHub Actions job of the repository. ${WHERE}`,
  },
  token: {
    type: "http",
    scheme: "bearer",
    description: `An upload token for the repository, made by the server's operator. ${WHERE}`,
  },
};
