/** Who may upload. */
import { z } from "zod";
import { apiUrls, list, type Refuse, text, tokens, type Values } from "./kinds.ts";

type Method = "github" | "oidc" | "token";

/** An account, which stands for all its repositories, or a scope. */
const ACCOUNT = /^(\*|[\w.-]{1,100}(\/(\*|[\w.-]{1,100}))?)$/;

export const uploadVariables = {
  AUTH: list
    .refine((names) => names.join() === "none" || names.every(isMethod))
    .transform((names) => new Set(names.filter(isMethod)))
    .optional()
    .describe("none, or a list of github, oidc and token with commas between them"),
  GITHUB_API_URLS: apiUrls.default(["https://api.github.com"])
    .describe("addresses like https://api.github.com with commas between them"),
  OIDC_ISSUERS: apiUrls.default(["https://token.actions.githubusercontent.com"])
    .describe(
      "addresses like https://token.actions.githubusercontent.com with commas between them",
    ),
  OIDC_AUDIENCE: text("a name, usually this server's address"),
  UPLOAD_ACCOUNTS: list
    .refine((entries) => entries.every((entry) => ACCOUNT.test(entry)))
    .transform((entries) =>
      entries.map((entry) => entry === "*" || entry.includes("/") ? entry : `${entry}/*`)
    )
    .optional()
    .describe("a list of accounts or repositories like acme or acme/shop, or * for all"),
  UPLOAD_TOKENS: tokens,
} satisfies z.ZodRawShape;

function isMethod(name: string): name is Method {
  return name === "github" || name === "oidc" || name === "token";
}

export function readUploads(
  env: Values<typeof uploadVariables>,
  { publicUrl, isLocal }: { publicUrl: string | undefined; isLocal: boolean },
  refuse: Refuse,
) {
  const methods: ReadonlySet<Method> = env.AUTH ?? new Set<Method>(["github"]);
  const usesGithub = methods.has("github") || methods.has("oidc");
  // Clients that know only the address of the API use its origin as the audience.
  const known = publicUrl === undefined ? [] : [publicUrl, new URL(publicUrl).origin];
  const audiences = new Set(env.OIDC_AUDIENCE === undefined ? known : [env.OIDC_AUDIENCE]);
  if (methods.has("oidc") && audiences.size === 0) {
    refuse(
      "AUTH has oidc, and neither OIDC_AUDIENCE nor PUBLIC_URL says whom tokens are meant for.",
    );
  }
  if (usesGithub && env.UPLOAD_ACCOUNTS === undefined && !isLocal) {
    refuse(
      "UPLOAD_ACCOUNTS is unset, so every account of GitHub could upload; name those that may, " +
        "such as UPLOAD_ACCOUNTS=acme, or * for all.",
    );
  }
  if (!usesGithub && env.UPLOAD_ACCOUNTS !== undefined) {
    refuse("UPLOAD_ACCOUNTS is set, and AUTH has neither github nor oidc, which it is about.");
  }
  if (methods.has("token") && env.UPLOAD_TOKENS.length === 0) {
    refuse(
      "AUTH has token, and UPLOAD_TOKENS is unset; `deno task token <scope>` prints an entry.",
    );
  }
  if (!methods.has("token") && env.UPLOAD_TOKENS.length > 0) {
    refuse("UPLOAD_TOKENS is set, but AUTH does not have token, so that none of them is accepted.");
  }
  return {
    /** None: no credential is required. */
    methods,
    /** Whether requests straight from this machine need no credential. */
    local: env.AUTH === undefined && isLocal,
    githubApiUrls: env.GITHUB_API_URLS,
    oidcIssuers: env.OIDC_ISSUERS,
    /** None: no OIDC token is accepted. */
    oidcAudiences: methods.has("oidc") ? [...audiences] : [],
    /** Scopes of what may upload by GitHub or OIDC tokens. */
    uploadAccounts: env.UPLOAD_ACCOUNTS ?? ["*"],
    uploadTokens: env.UPLOAD_TOKENS,
  };
}
