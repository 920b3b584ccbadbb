import assert from "node:assert/strict";
import { actionTest, annotations } from "../support/action.ts";

const away = () => Response.json({ error: "The database does not answer." }, { status: 503 });

actionTest("retries 502 and 503", async (world) => {
  await world.report(75);
  world.server.planned.push(away, () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  const run = await world.passes();
  assert.equal(world.server.requests.length, 3);
  assert.match(run.output, /The database does not answer \(503\); retrying in 0\.01 s/);
  assert.match(run.output, /\(502\); retrying in 0\.02 s/);
  assert.equal(run.outputs.percentage, "75");
});

actionTest("honours a short Retry-After and gives up on a long one", async (world) => {
  await world.report(75);
  const full = (seconds: string) => () =>
    Response.json({ error: "The database is away." }, {
      status: 503,
      headers: { "retry-after": seconds },
    });
  world.server.planned.push(full("0"), full("0"));
  await world.passes({ env: { COVERAGE_RETRY_DELAY: "1000" } });
  assert.equal(world.server.requests.length, 3);
  world.server.planned.push(full("3600"));
  const given = await world.run();
  assert.equal(given.code, 1);
  assert.equal(world.server.requests.length, 4);
  assert.deepEqual(annotations(given, "error"), [
    "The report was not uploaded: The database is away (503).",
  ]);
});

actionTest("does not retry 4xx", async (world) => {
  await world.report(75);
  for (const status of [401, 429]) {
    const before = world.server.requests.length;
    world.server.planned.push(() => Response.json({ error: "No." }, { status }));
    const run = await world.run();
    assert.equal(run.code, 1);
    assert.deepEqual(annotations(run, "error"), [`The report was not uploaded: No (${status}).`]);
    assert.equal(world.server.requests.length, before + 1);
  }
});

actionTest("retries a refused connection and a timeout", async (world) => {
  await world.report(75);
  const refused = await world.run({
    inputs: { api_host: "http://127.0.0.1:1/coverages-api" }, // a port that nothing listens on
  });
  assert.equal(refused.code, 1);
  assert.equal(refused.output.match(/retrying in/g)?.length, 4);
  assert.match(annotations(refused, "error")[0]!, /not uploaded: curl: \(7\) /);
  const late = Promise.withResolvers<Response>();
  world.server.planned.push(() => late.promise);
  const hung = await world.run({ env: { COVERAGE_TIMEOUT: "1" } });
  late.resolve(new Response());
  assert.equal(hung.code, 0, hung.output);
  assert.match(hung.output, /timed out.*retrying in/);
});
