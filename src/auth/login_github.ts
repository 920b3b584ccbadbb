/** Sign-in by an OAuth app of GitHub, for the active members of some organisations. */
import type { Login } from "../config.ts";
import { clip } from "../errors.ts";
import { fetchBounded } from "./fetch_bounded.ts";
import { apiOf } from "../model/code_host.ts";
import * as providers from "./provider.ts";

/** https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export function createGithubLogin(
  { clientId, clientSecret, githubOrgs, publicUrl, provider: name }: Login,
  githubUrl: string,
): providers.Provider {
  const redirect_uri = providers.callbackOf(publicUrl);
  const ask = async (url: string, init: RequestInit) => {
    try {
      const response = await fetchBounded(url, {
        redirect: "manual",
        signal: AbortSignal.timeout(providers.ANSWER_MS),
        ...init,
        headers: { accept: "application/json", "user-agent": "coverage-server", ...init.headers },
      });
      const body: Record<string, unknown> = Object(await response.json());
      return { status: response.status, body };
    } catch (error) {
      throw providers.providerAway(name, error);
    }
  };
  return {
    // deno-lint-ignore require-await -- as Provider has it
    async authorizationUrl(signIn) {
      const url = new URL(`${githubUrl}/login/oauth/authorize`);
      url.search = new URLSearchParams({
        client_id: clientId,
        redirect_uri,
        scope: "read:org",
        state: signIn.state,
        code_challenge: providers.challengeOf(signIn),
        code_challenge_method: "S256",
      }).toString();
      return url;
    },
    async identify(query, { verifier: code_verifier }) {
      const code = new URLSearchParams(query).get("code");
      if (!code) throw providers.badCode("The query has no code");
      const client = { client_id: clientId, client_secret: clientSecret };
      const { body: { access_token, error } } = await ask(`${githubUrl}/login/oauth/access_token`, {
        method: "POST",
        body: new URLSearchParams({ ...client, code, redirect_uri, code_verifier }),
      });
      if (error === "bad_verification_code") throw providers.badCode(error);
      if (typeof access_token !== "string") throw providers.providerAway(name, error);
      const headers = { authorization: `Bearer ${access_token}` };
      const get = (path: string) => ask(`${apiOf(githubUrl)}${path}`, { headers });
      const user = await get("/user");
      if (user.status !== 200) throw providers.providerAway(name, `GET /user: ${user.status}`);
      const login = clip(String(user.body.login));
      for (const org of githubOrgs) {
        const { status, body } = await get(`/user/memberships/orgs/${encodeURIComponent(org)}`);
        if (status === 200 && body.state === "active") return login;
        if (status >= 500 || status === 429) {
          throw providers.providerAway(name, `${org}: ${status}`);
        }
      }
      throw providers.notAllowed(login);
    },
  };
}
