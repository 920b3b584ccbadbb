import assert from "node:assert/strict";
import { makeCargo } from "../cargo.ts";
import { answerProblems } from "../floods.ts";
import { footprint, footprintProblems } from "../footprint.ts";
import { readOptions } from "../options.ts";
import { Reads } from "../reads.ts";
import { BUSY, FULL, refusalProblem, Uploads } from "../uploads.ts";
import { listen } from "../../../src/http/listener.ts";

/** A server that gives one answer to everything but lists. */
function answering(answer: () => Response) {
  const handler = (request: Request) => {
    const isList = request.method === "GET" && request.url.includes("/coverages-api?");
    return Promise.resolve(isList ? Response.json({ data: {} }) : answer());
  };
  return listen(handler, { host: "127.0.0.1", port: 0 });
}

Deno.test("an answer that no server may give is found, to uploads and to reads", async () => {
  const cases: [answer: () => Response, problem: RegExp][] = [
    [() => new Response("no", { status: 500 }), /was answered 500/],
    [() => new Response("no", { status: 503 }), /was answered 503 without Retry-After/],
    [() => Response.json({ coverage: { id: 1, percentage: 3 } }), /3 %, and its file has 0\.02 %$/],
  ];
  for (const [answer, problem] of cases) {
    const server = answering(answer);
    try {
      const uploads = new Uploads(1);
      await uploads.send(server.address, await makeCargo(1, 1));
      assert.equal(uploads.problems.length, 1);
      assert.match(uploads.problems[0]!, problem);
      if (answer().status === 200) continue;
      const reads = await Reads.of(server.address, BUSY);
      await reads.read(server.address, 1);
      assert.match(reads.problems[0]!, problem);
    } finally {
      await server.stop();
    }
  }
});

Deno.test("refusals are expected where something is away, and say when to repeat", () => {
  const headers = { "retry-after": "5" };
  assert.equal(refusalProblem(new Response(null, { status: 503, headers }), BUSY), undefined);
  assert.equal(refusalProblem(new Response(null, { status: 507 }), FULL), undefined);
  assert.equal(refusalProblem(new Response(null, { status: 507 }), BUSY), "507");
  assert.equal(
    refusalProblem(new Response(null, { status: 429 }), BUSY),
    "429 without Retry-After",
  );
});

Deno.test("a flood is answered what it may be, and is answered at all", () => {
  assert.deepEqual(answerProblems(new Map([[413, 3]]), [413]), []);
  assert.deepEqual(answerProblems(new Map(), []), []);
  assert.deepEqual(answerProblems(new Map([[500, 2]]), [413]), ["2 clients were answered 500"]);
  assert.deepEqual(answerProblems(new Map(), [413]), ["no client was answered anything"]);
});

Deno.test({
  name: "files that stay open and memory that is kept are found",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const now = footprint(Deno.pid);
    assert.deepEqual(await footprintProblems(Deno.pid, now), []);
    const before = { residentMb: now.residentMb - 1000, files: now.files - 20 };
    const problems = await footprintProblems(Deno.pid, before, { settleSeconds: 0 });
    assert.equal(problems.length, 2);
    assert.match(problems[0]!, /^open files is \d+/);
    assert.match(problems[1]!, /^resident memory is [\d.]+ MB, allowed is -?\d+ MB$/);
    assert.throws(() => footprint(2 ** 30), /has ended/);
  },
});

Deno.test("options that are not understood are said", () => {
  assert.deepEqual(readOptions(["--kills", "3", "--seed", "0", "--only", "a", "--only", "b"]), {
    kills: 3,
    seconds: 120,
    seed: 0,
    only: ["a", "b"],
  });
  assert.throws(() => readOptions(["--kills", "0"]), /--kills is "0"; .* above 0/);
  assert.throws(() => readOptions(["--seconds", "long"]), /--seconds is "long"/);
  assert.throws(() => readOptions(["--what"]));
});
