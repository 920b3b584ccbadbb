/** Who signs people in: what the two kinds of providers have in common. */
import { createHash } from "node:crypto";
import { HttpError, unavailable } from "../errors.ts";
import { LOGIN_PATH } from "../model/urls.ts";
import type { SignIn } from "./session.ts";

export interface Provider {
  /** Where a browser is sent to; with `until`, nobody is to be asked for anything there. */
  authorizationUrl(signIn: SignIn): Promise<URL>;
  /**
   * Who has come back, by the query of the callback. Throws 401 for a code that is not good, 403 for
   * somebody who may not read, 503 where the provider is away.
   */
  identify(query: string, signIn: SignIn): Promise<string>;
}

/** Milliseconds that an answer of the provider may take. */
export const ANSWER_MS = 10_000;

/** Where the provider sends the browser back to; registered there. */
export function callbackOf(publicUrl: string): string {
  return `${publicUrl}${LOGIN_PATH}/callback`;
}

/** 256 random bits, as states, nonces and verifiers need them. */
export function randomText(): string {
  return crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** `S256` of PKCE. */
export function challengeOf({ verifier }: SignIn): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

export function badCode(cause: unknown): HttpError {
  return new HttpError(401, "The sign-in was not completed. Sign in again.", { cause });
}

export function notAllowed(person: string): HttpError {
  return new HttpError(403, `${person} may not read this server. Ask its operator.`);
}

export function providerAway(name: string, cause: unknown): HttpError {
  return unavailable(`${name} cannot sign anybody in now. Retry shortly.`, cause);
}
