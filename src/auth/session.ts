/** Sessions without a table: cookies that only this server can make and read (JWE, RFC 7516). */
import { hkdfSync } from "node:crypto";
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from "jose";

/** Somebody who is signed in. */
export interface Session {
  /** An email address or a login, to show. */
  readonly person: string;
  /** When the provider last said that they may read; seconds since 1970, as `until`. */
  readonly checked: number;
  readonly until: number;
}

/** A sign-in under way, in the browser that started it. */
export interface SignIn {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE (RFC 7636). */
  readonly verifier: string;
  /** The path and query to go to afterwards. */
  readonly to: string;
  /** The end of the session that this renews, without the person having asked for it. */
  readonly until?: number | undefined;
}

/** For so long the provider is not asked again whether somebody may read. */
const CHECKED_SECONDS = 60 * 60;
const SIGN_IN_SECONDS = 10 * 60;

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function isChecked({ checked }: Session): boolean {
  return nowSeconds() - checked < CHECKED_SECONDS;
}

export type Sessions = ReturnType<typeof createSessions>;

/** The first secret makes cookies, all of them read them. What writes or ends makes a `Set-Cookie`. */
export function createSessions(secrets: readonly string[]) {
  // A browser takes `__Host-` from this very host alone, over https.
  const SESSION = "__Host-coverage-session";
  // One for each sign-in: people open several tabs at once.
  const signInName = (state: string) => `__Host-coverage-sign-in-${state.slice(0, 8)}`;
  const keys = { session: keysOf(secrets, "session"), signIn: keysOf(secrets, "sign-in") };
  return {
    read: (request: Request) => open<Session>(valueOf(request, SESSION), keys.session),
    write: async (session: Session) =>
      cookie(
        SESSION,
        await seal({ ...session }, keys.session, session.until),
        session.until - nowSeconds(),
      ),
    end: cookie(SESSION, "", 0),
    async readSignIn(request: Request, state: string) {
      const signIn = await open<SignIn>(valueOf(request, signInName(state)), keys.signIn);
      return signIn?.state === state ? signIn : undefined;
    },
    writeSignIn: async (signIn: SignIn) =>
      cookie(
        signInName(signIn.state),
        await seal({ ...signIn }, keys.signIn, nowSeconds() + SIGN_IN_SECONDS),
        SIGN_IN_SECONDS,
      ),
    endSignIn: ({ state }: SignIn) => cookie(signInName(state), "", 0),
  };
}

/**
 * Lax, so that links from other sites and the way back from the provider find it, and requests that
 * another site makes do not.
 */
function cookie(name: string, value: string, seconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Lax`;
}

/** A key for one purpose from each secret, so that a cookie made for one passes for no other. */
function keysOf(secrets: readonly string[], purpose: string): Uint8Array[] {
  return secrets.map((secret) =>
    new Uint8Array(hkdfSync("sha256", secret, "", `coverage-server ${purpose}`, 32))
  );
}

async function seal(
  claims: JWTPayload,
  [key]: readonly Uint8Array[],
  expires: number,
): Promise<string> {
  return await new EncryptJWT(claims).setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setExpirationTime(expires).encrypt(key!);
}

/** What was sealed; undefined for anything else, and once it has expired. */
async function open<T>(
  text: string | undefined,
  keys: readonly Uint8Array[],
): Promise<T | undefined> {
  if (text === undefined) return undefined;
  for (const key of keys) {
    try {
      const { payload } = await jwtDecrypt(text, key, {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
        requiredClaims: ["exp"],
      });
      return payload as T;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  return undefined;
}

function valueOf({ headers }: Request, name: string): string | undefined {
  const pairs = headers.get("cookie")?.split(";").map((pair) => pair.trim()) ?? [];
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
