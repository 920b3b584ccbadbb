import { readConfig } from "../config.ts";
import { hashOf } from "../auth/credential.ts";
import { TOKEN_PREFIX } from "../auth/upload_token.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";

const TOKEN_BYTES = 32;

/** Makes a token for `org/repo`, `org/*` or `*`, and its entry of `UPLOAD_TOKENS` or `READ_TOKENS`. */
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

export const tokenCommand: Command = {
  summary:
    "Make an upload or read token for a repository (org/repo), an account (org/*) or all (*).",
  operands: ["<scope>"],
  run([scope = ""]) {
    const { token, entry } = newToken(scope);
    console.log(`The token. Store it as a secret in CI; it is not shown again:

  ${token}

Its entry for the server's UPLOAD_TOKENS (AUTH must include token) or READ_TOKENS, with a comma
between entries:

  ${entry}`);
  },
};
