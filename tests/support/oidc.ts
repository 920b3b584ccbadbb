// An issuer of OIDC tokens with keys of its own, as GitHub Actions and GitLab have one: it
// publishes its keys, and signs what a job asks for.
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { serve } from "./serve.ts";

/** What a token says, beside what the issuer adds. */
export interface TokenOptions {
  /** Claims in place of, or beside, those of a job of `acme/shop`. */
  claims?: JWTPayload;
  issuer?: string;
  audience?: string;
  /** Seconds from now. Default: 300. */
  expires?: number;
  /** In place of the key's own name. */
  kid?: string;
  /** Signs with a key that is not published. */
  forged?: boolean;
}

/** A running issuer; dispose it to stop it. */
export interface Issuer extends AsyncDisposable {
  /** Its name, which is also its address. */
  readonly address: string;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  token(options?: TokenOptions): Promise<string>;
  /** Takes another key; the one before is no longer published. */
  rotate(): Promise<void>;
  /** Answers this in place of its keys, or of their address; nothing: as before. */
  answer(instead: (() => Response) | undefined, path?: string): void;
}

export const DISCOVERY = "/.well-known/openid-configuration";
/** Where GitLab has its keys; GitHub has them elsewhere. */
const KEYS = "/oauth/discovery/keys";

/** Keys of issuers that were disposed, for the next ones: to make one takes a second. */
const unused: CryptoKeyPair[] = [];
/** Its key is published by no issuer. */
let forger: Promise<CryptoKeyPair> | undefined;

const makeKeys = () => generateKeyPair("RS256", { extractable: true });

export async function startIssuer(audience: string): Promise<Issuer> {
  const used: CryptoKeyPair[] = [];
  const make = async (kid: string) => {
    const pair = unused.pop() ?? await makeKeys();
    used.push(pair);
    const { privateKey, publicKey } = pair;
    return {
      kid,
      privateKey,
      jwk: { ...await exportJWK(publicKey), kid, alg: "RS256", use: "sig" },
    };
  };
  let key = await make("key-1");
  let asked = 0, rotations = 1;
  let instead: (() => Response) | undefined;
  let insteadOf = KEYS;
  const server = serve(({ url }) => {
    const { pathname, origin } = new URL(url);
    if (pathname === KEYS) asked++;
    if (instead && pathname === insteadOf) return instead();
    if (pathname === DISCOVERY) return Response.json({ jwks_uri: origin + KEYS });
    if (pathname === KEYS) return Response.json({ keys: [key.jwk] });
    return new Response(null, { status: 404 });
  });
  const { address } = server;
  return {
    address,
    asked: () => asked,
    token: async ({ claims, issuer = address, expires = 300, kid, forged, ...options } = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const { privateKey } = forged ? await (forger ??= makeKeys()) : key;
      return await new SignJWT({
        repository: "acme/shop",
        repository_id: "4711",
        repository_owner: "acme",
        ref: "refs/heads/main",
        sha: "0123456789abcdef0123456789abcdef01234567",
        ...claims,
      })
        .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: kid ?? key.kid })
        .setIssuer(issuer)
        .setAudience(options.audience ?? audience)
        .setIssuedAt(now + Math.min(0, expires) - 300)
        .setExpirationTime(now + expires)
        .sign(privateKey);
    },
    rotate: async () => {
      key = await make(`key-${++rotations}`);
    },
    answer: (other, path = KEYS) => {
      [instead, insteadOf] = [other, path];
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      unused.push(...used);
    },
  };
}
