/**
 * `/coverages-api/login` and `/coverages-api/logout`: how people sign in and out where reading needs
 * a login.
 */
import { refuseForeignPages } from "../auth/authenticate.ts";
import { createGithubLogin } from "../auth/login_github.ts";
import { createOidcLogin } from "../auth/login_oidc.ts";
import { badCode, randomText } from "../auth/provider.ts";
import { isChecked, nowSeconds, type Sessions } from "../auth/session.ts";
import type { Config, Login } from "../config.ts";
import { HttpError } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import { DASHBOARD_PATH } from "../model/urls.ts";

/** Each sign-in under way has it in a cookie, and proxies allow some kilobytes for all of them. */
const MAX_RETURN = 1000;

/** `start` leads to the provider, `callback` is where it leads back to, `logout` ends the session. */
export function createLoginHandlers(
  login: Login,
  { config: { codeHost }, log, sessions }: {
    config: Pick<Config, "codeHost">;
    log: Log;
    sessions: Sessions;
  },
): { start: Handler; callback: Handler; logout: Handler } {
  const { publicUrl } = login;
  const provider = login.issuer === undefined
    ? createGithubLogin(login, codeHost.url)
    : createOidcLogin(login, login.issuer);
  const lead = (location: string, ...cookies: string[]) => {
    const headers = new Headers({ location });
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    return new Response(null, { status: 303, headers });
  };
  return {
    async start(request, { url }) {
      const to = returnPath(url.searchParams.get("to"));
      const session = await sessions.read(request);
      if (session && isChecked(session)) return lead(`${publicUrl}${to}`);
      const [state, nonce, verifier] = [randomText(), randomText(), randomText()];
      const signIn = { state, nonce, verifier, to, until: session?.until };
      const { href } = await provider.authorizationUrl(signIn);
      return lead(href, await sessions.writeSignIn(signIn));
    },
    async callback(request, { url, client }) {
      const state = url.searchParams.get("state") ?? "";
      // Only the browser that has started a sign-in has its cookie: nobody else's code signs it in.
      const signIn = await sessions.readSignIn(request, state);
      if (!signIn) throw badCode("The browser has started no such sign-in");
      let person: string;
      try {
        person = await provider.identify(url.search, signIn);
      } catch (error) {
        if (!(error instanceof HttpError) || error.status >= 500) throw error;
        log.info("sign-in rejected", { client, reason: error.message, cause: String(error.cause) });
        const headers = { ...error.headers, "set-cookie": sessions.end };
        throw new HttpError(error.status, error.body, { cause: error.cause, headers });
      }
      log.info("signed in", { client, person });
      const checked = nowSeconds();
      const until = signIn.until ?? checked + login.sessionHours * 3600;
      return lead(
        `${publicUrl}${signIn.to}`,
        await sessions.write({ person, checked, until }),
        sessions.endSignIn(signIn),
      );
    },
    logout(request, { url }) {
      refuseForeignPages(request, url, publicUrl);
      return lead(`${publicUrl}${DASHBOARD_PATH}`, sessions.end);
    },
  };
}

/** The path and query of an address of ours, as a header can have them; whatever host it names. */
function returnPath(to: string | null): string {
  const url = to === null ? null : URL.parse(to, "http://host");
  const path = url && /^https?:$/.test(url.protocol) ? url.pathname + url.search : DASHBOARD_PATH;
  return path.length > MAX_RETURN ? DASHBOARD_PATH : path;
}
