// An OpenID Connect provider of a test's own: `oidc-provider`, listening on 127.0.0.1. Whoever
// signs in there is who they say they are.
import { createServer, type RequestListener } from "node:http";
import {
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import Provider from "oidc-provider";

export const CLIENT = { id: "coverage", secret: "the client's secret + more" };

export interface OidcProvider extends AsyncDisposable {
  readonly address: string;
  /** What it says of each account; an account without claims cannot sign in. */
  readonly claims: Record<string, Record<string, unknown>>;
  /** Changes the claims of ID tokens, which are then signed again, by a key of somebody else if `forged`. */
  alter: ((claims: JWTPayload) => JWTPayload & { forged?: boolean }) | undefined;
  /** Answers 500 to everything. */
  isDown: boolean;
  /** How often its token endpoint was asked. */
  asked(): number;
  /** Signs with another key from now on. */
  rotate(): Promise<void>;
}

/** The same for all providers: to make one takes a second. */
const keys: Promise<JWK & { kid: string }>[] = [];

function keyOf(rotation: number) {
  return keys[rotation] ??= (async () => {
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    return { ...await exportJWK(privateKey), alg: "RS256", kid: `key-${rotation}` };
  })();
}

export async function startOidcProvider(callback: string): Promise<OidcProvider> {
  let listener: RequestListener = () => {}, asked = 0;
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  let rotations = 0;
  const provider: OidcProvider = {
    address,
    claims: {},
    alter: undefined,
    isDown: false,
    asked: () => asked,
    async rotate() {
      const key = await keyOf(rotations++);
      const oidc = new Provider(address, {
        clients: [{
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [callback],
        }],
        jwks: { keys: [key] },
        ttl: { AccessToken: 60, Grant: 86_400, IdToken: 60, Interaction: 60, Session: 86_400 },
        cookies: { keys: ["a key of the test's provider"] },
        claims: { email: ["email", "email_verified"], groups: ["groups"] },
        scopes: ["openid", "email", "profile", "groups"],
        findAccount: (_: unknown, accountId: string) => {
          const claims = provider.claims[accountId];
          return claims && { accountId, claims: () => ({ sub: accountId, ...claims }) };
        },
      });
      const handle: RequestListener = oidc.callback();
      listener = (request, response) => {
        if (provider.isDown) return void response.writeHead(500).end();
        if (request.url?.startsWith("/token")) {
          asked++;
          const end = response.end.bind(response);
          response.end = ((text: string | Uint8Array) => {
            void altered(String(text), key).then((text) => {
              response.setHeader("content-length", new TextEncoder().encode(text).byteLength);
              end(text);
            });
            return response;
          }) as typeof response.end;
        }
        return handle(request, response);
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const altered = async (text: string, key: { kid: string }) => {
    const answer = JSON.parse(text);
    if (!provider.alter || !answer.id_token) return text;
    const { forged, ...claims } = provider.alter(decodeJwt(answer.id_token));
    answer.id_token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: key.kid })
      .sign(await importJWK(forged ? await keyOf(rotations) : key, "RS256"));
    return JSON.stringify(answer);
  };
  await provider.rotate();
  return provider;
}
