/** The check of credentials: only what was issued is taken. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createCredentialCheck } from "../../src/auth/authenticate.ts";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/errors.ts";
import { logTo } from "../../tests/support/log.ts";
import { startIssuer } from "../../tests/support/oidc.ts";
import { mutate, ofBytes } from "./mutations.ts";
import type { Target } from "./target.ts";

const AUDIENCE = "https://coverage.example.com";

export const credential: Target = {
  times: 4,
  async run(_, check) {
    await using issuer = await startIssuer(AUDIENCE);
    const { token, entry } = newToken("acme/shop");
    const { auth } = readConfig({
      AUTH: "oidc,token",
      OIDC_ISSUERS: issuer.address,
      OIDC_AUDIENCE: AUDIENCE,
      UPLOAD_TOKENS: entry,
    });
    const authenticate = createCredentialCheck({ config: { auth }, log: logTo([]) });
    const issued = [token, await issuer.token({ expires: 3600 })];
    let client = 0;
    const input = fc.record({
      token: fc.nat(1),
      scheme: fc.constantFrom("", "Bearer ", "token "),
      mutations: fc.array(ofBytes, { maxLength: 3 }),
    });
    await check(input, async ({ token, scheme, mutations }) => {
      const bytes = mutate(new TextEncoder().encode(scheme + issued[token]), mutations);
      // What HTTP lets a header be: Latin-1 without control characters.
      const authorization = Array.from(
        bytes.subarray(0, 60_000),
        (byte) => byte < 0x20 || byte === 0x7f ? " " : String.fromCharCode(byte),
      ).join("");
      const request = new Request("http://coverage.test/coverages-api", {
        method: "POST",
        headers: { authorization },
      });
      try {
        const url = new URL(request.url);
        const context = { url, params: {}, requestId: "fuzz", direct: false };
        const credential = await authenticate(request, { ...context, client: String(client++) });
        const status = { context: "coverage/go", description: "The report is being processed." };
        await credential.authorize({ org_name: "acme", repo_name: "shop" }, status);
      } catch (error) {
        assert(error instanceof HttpError, Deno.inspect(error));
        assert([401, 403, 422].includes(error.status), Deno.inspect(error));
        assert(mutations.length > 0, "a good credential is refused");
        return String(error.status);
      }
      // Base64 has spare bits at the end of a signature; everything before is as it was issued.
      const isIssued = issued.some((token) => authorization.includes(token.slice(0, -1)));
      assert(isIssued, "a credential that nobody has issued is taken");
      return "granted";
    });
  },
};
