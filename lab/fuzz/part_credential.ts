/**
 * The check of credentials: whatever stands in the header, only what was issued is taken.
 *
 * @module
 */
import { createAuthorize } from "../../src/auth/authenticate.ts";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/errors.ts";
import { logTo } from "../../tests/support/log.ts";
import { startIssuer } from "../../tests/support/oidc.ts";
import { byteMutations } from "./mutate_bytes.ts";
import { type Bench, runPart } from "./part.ts";
import { Random } from "./random.ts";

const AUDIENCE = "https://coverage.example.com";
const REFUSED = new Set([401, 403, 422]);
const mutations = byteMutations("credential");

/** Gives mutated tokens of both kinds to `createAuthorize`. */
export async function fuzzCredentials(bench: Bench): Promise<void> {
  const { options, ledger } = bench;
  await using issuer = await startIssuer(AUDIENCE);
  const { token, entry } = newToken("acme/shop");
  const { auth } = readConfig({
    AUTH: "oidc,token",
    OIDC_ISSUERS: issuer.address,
    OIDC_AUDIENCE: AUDIENCE,
    UPLOAD_TOKENS: entry,
  });
  const authorize = createAuthorize({ config: { auth, publicUrl: undefined }, log: logTo([]) });
  const issued = [token, await issuer.token({ expires: 3600 })];
  const subject = {
    org_name: "acme",
    repo_name: "shop",
    context: "coverage/go",
    beginning: "It begins.",
  };

  await runPart(bench, "credential", { runs: options.runs * 4, share: 0.06 }, async (iteration) => {
    const random = new Random(options.seed, "credential", iteration);
    const secret = random.pick(issued);
    let bytes = new TextEncoder().encode(`${random.pick(["", "Bearer ", "token "])}${secret}`);
    const kinds: string[] = [];
    for (let count = random.below(4); count > 0; count--) {
      const { kind, apply } = random.pick(mutations);
      kinds.push(kind);
      bytes = apply(bytes, random);
    }
    // What HTTP lets a header be: Latin-1 without control characters.
    const header = Array.from(bytes.subarray(0, 60_000), (byte) => String.fromCharCode(byte))
      // deno-lint-ignore no-control-regex
      .join("").replaceAll(/[\u0000-\u001f\u007f]/g, " ");
    const problems: string[] = [];
    let outcome: string;
    try {
      const request = new Request("http://coverage.test/coverages-api", {
        method: "POST",
        headers: { authorization: header },
      });
      const credential = await authorize(request, {
        url: new URL(request.url),
        params: {},
        requestId: "fuzz",
        direct: false,
        client: String(iteration),
      });
      await credential.grant(subject);
      outcome = "permitted";
      // Base64 has spare bits at the end of a signature; everything before is as it was issued.
      if (!issued.some((token) => header.includes(token.slice(0, -1)))) {
        problems.push("a credential that nobody has issued is taken");
      }
    } catch (error) {
      outcome = error instanceof HttpError ? String(error.status) : "error";
      if (!(error instanceof HttpError && REFUSED.has(error.status))) {
        problems.push(`the check threw ${Deno.inspect(error)}`);
      }
    }
    if (kinds.length === 0 && outcome !== "permitted") {
      problems.push("a good credential is refused");
    }
    ledger.add({
      part: "credential",
      iteration,
      kinds,
      outcome,
      problems,
      input: bytes,
      source: secret.startsWith("eyJ") ? "OIDC token" : "upload token",
    });
  });
}
