import assert from "node:assert/strict";
import { actionTest, annotations } from "../support/action.ts";
import { serve } from "../support/serve.ts";

/** Where a runner gets OIDC tokens from. */
function tokenService(answers: (() => Response | Promise<Response>)[] = []) {
  const asked: { audience: string | null; authorization: string | null }[] = [];
  const server = serve((request) => {
    const { searchParams } = new URL(request.url);
    asked.push({
      audience: searchParams.get("audience"),
      authorization: request.headers.get("authorization"),
    });
    assert.equal(searchParams.get("api-version"), "2.0");
    return answers.shift()?.() ?? Response.json({ count: 1, value: "head.claims.signature" });
  });
  return {
    asked,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.address}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
    },
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

actionTest(
  "auth oidc sends the server an OIDC token and GitHub the job's token",
  async (world) => {
    await using service = tokenService([() => new Response("busy", { status: 503 })]);
    await world.report(75);
    const { env } = service;
    const run = await world.passes({ inputs: { auth: "oidc" }, env });
    const asked = { audience: world.server.address, authorization: "Bearer request-token" };
    assert.deepEqual(service.asked, [asked, asked]);
    assert.equal(world.server.requests[0]!.headers.authorization, "Bearer head.claims.signature");
    const other = await world.passes({ inputs: { auth: "oidc", oidc_audience: "urn:x & y" }, env });
    assert.equal(service.asked[2]!.audience, "urn:x & y");
    const sync = await world.passes({
      event: "delete",
      payload: { ref_type: "branch" },
      inputs: { auth: "oidc" },
      env,
    });
    assert.equal(world.server.requests.at(-1)!.method, "PUT");
    assert.equal(
      world.server.requests.at(-1)!.headers.authorization,
      "Bearer head.claims.signature",
    );
    for (const { output } of [run, other, sync]) {
      assert.doesNotMatch(output, /head\.claims|request-token/);
    }
  },
);

actionTest("a job that cannot get an OIDC token says why", async (world) => {
  await world.report(75);
  const run = await world.run({ inputs: { auth: "oidc" } });
  assert.equal(run.code, 1);
  assert.deepEqual(annotations(run, "error"), [
    "The job cannot request an OIDC token; add `permissions: id-token: write` to it.",
  ]);
  await using service = tokenService([
    () => Response.json({ message: "Not for you" }, { status: 403 }),
    () => Response.json({ value: 'x"\nurl = "http://evil.test' }),
  ]);
  const refused = await world.run({ inputs: { auth: "oidc" }, env: service.env });
  assert.deepEqual(annotations(refused, "error"), [
    "GitHub did not issue an OIDC token: Not for you (403).",
  ]);
  const odd = await world.run({ inputs: { auth: "oidc" }, env: service.env });
  assert.deepEqual(annotations(odd, "error"), ["GitHub did not issue an OIDC token."]);
  assert.equal(world.server.requests.length, 0);
});
