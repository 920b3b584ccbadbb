/**
 * `token <scope>`: a new upload token, and the entry of `UPLOAD_TOKENS` that takes it.
 *
 * @module
 */
import { readConfig } from "../config.ts";
import { hashOf } from "../auth/credential.ts";
import { TOKEN_PREFIX } from "../auth/upload_token.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";

/** Bytes of chance in a token: more than anybody can guess. */
const TOKEN_BYTES = 32;

/** Makes a token for `org/repo`, `org/*` or `*`. Throws a sentence for any other scope. */
export function newToken(scope: string): { token: string; entry: string } {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const token = TOKEN_PREFIX + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const entry = `${scope}:${hashOf(token)}`;
  try {
    readConfig({ AUTH: "token", UPLOAD_TOKENS: entry });
  } catch {
    throw new OperatorError(
      `The scope is ${JSON.stringify(scope)}; it must be org/repo, org/* or *.`,
    );
  }
  return { token, entry };
}

/** The command. */
export const tokenCommand: Command = {
  usage: "<org>/<repo> | <org>/* | *",
  summary: "Makes an upload token",
  // deno-lint-ignore require-await -- what it throws is to come as a rejection
  async run([scope = ""]) {
    const { token, entry } = newToken(scope);
    console.log(`The token, for CI to keep as a secret (it is not shown again):

  ${token}

Its entry for this server's UPLOAD_TOKENS, with a comma between entries; AUTH must have token:

  ${entry}`);
  },
};
