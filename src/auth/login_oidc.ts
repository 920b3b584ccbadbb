/** Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce. */
import type { ClientAuth, Configuration } from "openid-client";
import type { Login } from "../config.ts";
import { clip, HttpError } from "../errors.ts";
import { fetchBounded } from "./fetch_bounded.ts";
import {
  ANSWER_MS,
  badCode,
  callbackOf,
  challengeOf,
  notAllowed,
  type Provider,
  providerAway,
} from "./provider.ts";

type Claims = Readonly<Record<string, unknown>>;

export function createOidcLogin(
  { clientId, clientSecret, allow, publicUrl, provider: name }: Login,
  issuer: string,
): Provider {
  // On the first sign-in only: a provider that is away must not stop the start.
  let discovering: Promise<Configuration> | undefined;
  const discover = async () => {
    const client = await import("openid-client");
    const options = {
      timeout: ANSWER_MS / 1000,
      [client.customFetch]: (url: string, init: object) => fetchBounded(url, init),
      execute: [
        // Checks the signature of ID tokens as well, by the provider's published keys.
        client.enableNonRepudiationChecks,
        ...(issuer.startsWith("http:") ? [client.allowInsecureRequests] : []),
      ],
    };
    const [basic, post] = [client.ClientSecretBasic(), client.ClientSecretPost()];
    // Basic unless the provider says that it cannot, as OpenID Connect Discovery has it.
    const authentication: ClientAuth = (server, ...others) => {
      const { token_endpoint_auth_methods_supported: methods } = server;
      const isBasic = methods?.includes("client_secret_basic") ?? true;
      return (isBasic ? basic : post)(server, ...others);
    };
    const secret = { client_secret: clientSecret };
    return await client.discovery(new URL(issuer), clientId, secret, authentication, options);
  };
  const configuration = () =>
    discovering ??= discover().catch((error) => {
      discovering = undefined;
      throw providerAway(name, error);
    });
  return {
    async authorizationUrl(signIn) {
      const { buildAuthorizationUrl } = await import("openid-client");
      const provider = await configuration();
      const wantsGroups = allow.some((entry) => entry.startsWith("group:")) &&
        provider.serverMetadata().scopes_supported?.includes("groups");
      return buildAuthorizationUrl(provider, {
        redirect_uri: callbackOf(publicUrl),
        scope: `openid email profile${wantsGroups ? " groups" : ""}`,
        code_challenge: challengeOf(signIn),
        code_challenge_method: "S256",
        state: signIn.state,
        nonce: signIn.nonce,
        ...(signIn.until === undefined ? {} : { prompt: "none" }),
      });
    },
    async identify(query, signIn) {
      const client = await import("openid-client");
      const provider = await configuration();
      let claims: Claims;
      try {
        const url = new URL(callbackOf(publicUrl) + query);
        const tokens = await client.authorizationCodeGrant(provider, url, {
          pkceCodeVerifier: signIn.verifier,
          expectedState: signIn.state,
          expectedNonce: signIn.nonce,
          idTokenExpected: true,
        });
        claims = tokens.claims()!;
        if (provider.serverMetadata().userinfo_endpoint) {
          const sub = String(claims.sub);
          claims = { ...claims, ...await client.fetchUserInfo(provider, tokens.access_token, sub) };
        }
      } catch (error) {
        throw isAway(error) ? providerAway(name, error) : badCode(error);
      }
      const person = clip(
        String(claims.email ?? claims.preferred_username ?? claims.name ?? claims.sub),
      );
      if (allow.some((entry) => allows(entry, claims))) return person;
      if (claims.email !== undefined && !isVerified(claims) && !allow.every(isGroup)) {
        throw new HttpError(403, `${name} has not verified the email address ${person}.`);
      }
      throw notAllowed(person);
    },
  };
}

/** Whether the failure is of the provider or the settings, and not of what the browser brought. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if ("error" in error) return error.error === "invalid_client" || error.error === "server_error";
  const code = "code" in error ? error.code : undefined;
  return error instanceof TypeError && code === undefined ||
    ["OAUTH_TIMEOUT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"]
      .includes(String(code));
}

function allows(entry: string, claims: Claims): boolean {
  if (entry === "*") return true;
  if (isGroup(entry)) return [claims.groups].flat().includes(entry.slice("group:".length));
  // Anybody may enter an address that is somebody else's; only a verified one says who they are.
  if (typeof claims.email !== "string" || !isVerified(claims)) return false;
  const email = claims.email.toLowerCase();
  return entry === (entry.startsWith("@") ? email.slice(email.lastIndexOf("@")) : email);
}

function isGroup(entry: string): boolean {
  return entry.startsWith("group:");
}

/** Some providers write it as text. */
function isVerified({ email_verified }: Claims): boolean {
  return String(email_verified) === "true";
}
