// What a GitHub answers to the sign-in of an OAuth app, and to the questions that its tokens may
// ask.
import { createHash } from "node:crypto";
import { refusal } from "./github.ts";

export interface GithubLogin {
  /** Who is signed in at GitHub in the browser. */
  login: string;
  /** By organisation, each member's state: `active` or `pending`. */
  readonly members: Record<string, Record<string, string>>;
  readonly client: { id: string; secret: string; callback: string };
  /** The codes and tokens that were given out. */
  readonly codes: Map<string, { login: string; challenge: string }>;
  readonly tokens: Map<string, string>;
}

export function githubLogin(client: GithubLogin["client"]): GithubLogin {
  return { login: "ada", members: {}, client, codes: new Map(), tokens: new Map() };
}

/** Undefined for every other request. */
export function answerLogin(
  { login, members, client, codes, tokens }: GithubLogin,
  { method, url, headers }: Request,
  body: string,
): Response | undefined {
  const { pathname, searchParams } = new URL(url);
  if (pathname === "/login/oauth/authorize") {
    const back = new URL(client.callback);
    const code = crypto.randomUUID();
    const isOurs = searchParams.get("client_id") === client.id &&
      searchParams.get("redirect_uri") === client.callback &&
      searchParams.get("code_challenge_method") === "S256" &&
      searchParams.get("scope") === "read:org";
    if (!isOurs) return refusal(404, "Not Found");
    codes.set(code, { login, challenge: searchParams.get("code_challenge")! });
    back.searchParams.set("code", code);
    back.searchParams.set("state", searchParams.get("state")!);
    return new Response(null, { status: 302, headers: { location: back.href } });
  }
  if (pathname === "/login/oauth/access_token" && method === "POST") {
    const form = Object.fromEntries(new URLSearchParams(body));
    if (form.client_id !== client.id || form.client_secret !== client.secret) {
      return Response.json({ error: "incorrect_client_credentials" });
    }
    const given = codes.get(form.code ?? "");
    codes.delete(form.code ?? "");
    const challenge = createHash("sha256").update(form.code_verifier ?? "").digest("base64url");
    if (given?.challenge !== challenge || form.redirect_uri !== client.callback) {
      return Response.json({ error: "bad_verification_code" });
    }
    const access_token = crypto.randomUUID();
    tokens.set(access_token, given.login);
    return Response.json({ access_token, token_type: "bearer", scope: "read:org" });
  }
  const [, path] = /^\/api\/v3(\/user(?:\/memberships\/orgs\/[^/]+)?)$/.exec(pathname) ?? [];
  if (path === undefined) return undefined;
  const who = tokens.get(headers.get("authorization")?.replace(/^Bearer /, "") ?? "");
  if (who === undefined) return refusal(401, "Bad credentials");
  if (path === "/user") return Response.json({ login: who, type: "User" });
  const state = members[path.split("/").at(-1)!]?.[who];
  return state ? Response.json({ state, role: "member" }) : refusal(404, "Not Found");
}
