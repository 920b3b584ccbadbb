/** Who may read: how people sign in, and what programs read with. */
import { z } from "zod";
import {
  isApiUrl,
  isPrivate,
  list,
  oneOf,
  type Refuse,
  text,
  tokens,
  type Values,
  whole,
} from "./kinds.ts";

/** A person, a domain, a group or everybody; group names have spaces, so only commas separate. */
const ALLOWED = /^(\*|group:.+|[^\s@:]*@?[^\s@:]+\.[^\s@:]+)$/;

export const loginVariables = {
  READ: oneOf(["open", "login"], "open"),
  LOGIN_ISSUER: z.string().refine(isApiUrl).optional()
    .describe("an address like https://accounts.example.com"),
  LOGIN_ALLOW: z.string()
    .transform((text) => text.split(",").map((entry) => entry.trim()).filter((entry) => entry))
    .refine((entries) => entries.length > 0 && entries.every((entry) => ALLOWED.test(entry)))
    .transform((entries) =>
      entries.map((entry) => {
        if (entry === "*" || entry.startsWith("group:")) return entry;
        return (entry.includes("@") ? entry : `@${entry}`).toLowerCase();
      })
    )
    .default([])
    .describe("a list like ada@example.com,@example.org,group:developers, or * for everybody"),
  LOGIN_GITHUB_ORGS: list
    .refine((names) => names.length <= 20 && names.every((name) => /^[\w.-]{1,100}$/.test(name)))
    .default([]).describe("1 to 20 names of GitHub organisations with commas between them"),
  LOGIN_CLIENT_ID: text("the client id of an application"),
  LOGIN_CLIENT_SECRET: text("the secret of that application"),
  SESSION_SECRET: z.string().transform((text) => text.split(",").map((secret) => secret.trim()))
    .refine((secrets) => secrets.length <= 2 && secrets.every((secret) => secret.length >= 32))
    .default([])
    .describe("a random text of at least 32 characters, or two with a comma between them"),
  SESSION_HOURS: whole(1, 8760, 12),
  READ_TOKENS: tokens,
} satisfies z.ZodRawShape;

export type Login = NonNullable<ReturnType<typeof readLogin>>;

/** Undefined: everybody may read. `given` has the names of the variables that are set. */
export function readLogin(
  env: Values<typeof loginVariables>,
  { publicUrl, codeHost, given }: {
    publicUrl: string | undefined;
    codeHost: { kind: string; url: string };
    given: readonly string[];
  },
  refuse: Refuse,
) {
  if (env.READ === "open") {
    const unused = given.filter((name) => /^(LOGIN|SESSION|READ)_/.test(name));
    if (unused.length === 0) return undefined;
    return refuse(
      `READ is open, so that everybody can read, and ${unused.join(", ")} must be unset.`,
    );
  }
  const needs = (what: string) => refuse(`READ is login, and ${what}`);
  const { LOGIN_ISSUER: issuer, LOGIN_ALLOW: allow, LOGIN_GITHUB_ORGS: githubOrgs } = env;
  const { LOGIN_CLIENT_ID: clientId, LOGIN_CLIENT_SECRET: clientSecret } = env;
  if (publicUrl === undefined || !isPrivate(publicUrl)) {
    return needs("PUBLIC_URL must be an address with https, or of this machine.");
  }
  if ((issuer === undefined) === (githubOrgs.length === 0)) {
    return needs("one of LOGIN_ISSUER and LOGIN_GITHUB_ORGS must be set.");
  }
  if (issuer === undefined && codeHost.kind !== "github") {
    return needs("LOGIN_GITHUB_ORGS needs a GitHub at GITHUB_URL; others need LOGIN_ISSUER.");
  }
  const address = issuer ?? codeHost.url;
  if (!isPrivate(address)) {
    return needs(`${issuer ? "LOGIN_ISSUER" : "GITHUB_URL"} must be an address with https.`);
  }
  if ((issuer === undefined) !== (allow.length === 0)) {
    return needs(
      "LOGIN_ALLOW must be set with LOGIN_ISSUER, and only with it; * " +
        "allows everybody whom the issuer knows.",
    );
  }
  if (clientId === undefined || clientSecret === undefined || env.SESSION_SECRET.length === 0) {
    return needs("LOGIN_CLIENT_ID, LOGIN_CLIENT_SECRET and SESSION_SECRET must be set.");
  }
  const { host } = new URL(address);
  return {
    /** An OpenID Connect issuer; undefined: the GitHub of `GITHUB_URL`. */
    issuer,
    /** What people know it by. */
    provider: host === "github.com" ? "GitHub" : host,
    clientId,
    clientSecret,
    allow,
    githubOrgs,
    /** The first makes cookies and badge tokens, all of them read them. */
    secrets: env.SESSION_SECRET,
    sessionHours: env.SESSION_HOURS,
    readTokens: env.READ_TOKENS,
    publicUrl,
  };
}
