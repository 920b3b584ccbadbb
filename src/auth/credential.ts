/** The secret of the `Authorization` header. */
import { createHash } from "node:crypto";
import { HttpError } from "../errors.ts";

/** GitHub's tokens have some hundred characters, its OIDC tokens two thousand. */
const MAX_SECRET = 16_384;

/**
 * The header's value bare, or what follows `Bearer` or `token`; undefined where there is none. Throws
 * 401 for what cannot be a secret.
 */
export function secretOf(headers: Headers): string | undefined {
  const header = headers.get("authorization")?.trim();
  if (!header) return undefined;
  const secret = header.replace(/^(?:bearer|token)(?:\s+|$)/i, "");
  if (secret.length > MAX_SECRET || !/^[\x21-\x7e]+$/.test(secret)) {
    throw unauthorized(
      "The Authorization header holds no credential; it must be a token, bare or after Bearer.",
    );
  }
  return secret;
}

/** Whether it looks like a JSON Web Token: three parts, of which the first is JSON in Base64. */
export function isJwt(secret: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(secret);
}

/** SHA-256 in hex: all that settings and memory hold of a secret. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** 401, with the header that goes with it. */
export function unauthorized(sentence: string, cause?: unknown): HttpError {
  return new HttpError(401, sentence, { cause, headers: { "www-authenticate": "Bearer" } });
}
