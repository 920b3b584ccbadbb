import assert from "node:assert/strict";
import { actionTest, annotations, HEAD, JOB, type World } from "../support/action.ts";

const deleted = {
  event: "delete",
  payload: { ref: "gone", ref_type: "branch", repository: { default_branch: "main" } },
};

/** Uploads for branches, and gives GitHub so many. */
async function branches(world: World, { uploaded, count }: { uploaded: string[]; count: number }) {
  const { branches } = world.github.repository("acme/shop");
  branches.clear();
  for (let i = 0; i < count; i++) branches.set(`b${String(i).padStart(3, "0")}`, HEAD);
  for (const branch of uploaded) await world.upload(75, branch);
  return branches;
}

/** The branches that the server still has. */
async function active(world: World): Promise<string[]> {
  const list = await (await world.server.get("/coverages-api")).json();
  return list.data["acme/shop"].map((row: { branch_name: string }) => row.branch_name).sort();
}

actionTest(
  "a deleted branch is removed and the branches of every page are kept",
  async (world) => {
    await branches(world, { uploaded: ["b000", "b249", "gone"], count: 250 });
    const run = await world.passes(deleted);
    assert.deepEqual(await active(world), ["b000", "b249"]);
    const [request, ...others] = world.server.requests;
    assert.deepEqual([request!.method, others], ["PUT", []]);
    assert.equal(request!.headers.authorization, `Bearer ${JOB}`);
    assert.match(run.output, /250 branches are active/);
  },
);

actionTest("a branch that moves to a page already read is kept", async (world) => {
  const names = await branches(world, { uploaded: ["b100", "gone"], count: 150 });
  world.github.down({
    when({ path }) {
      // Somebody deletes a branch of the first page before the second is read.
      if (path.endsWith("page=2")) names.delete("b050");
      return false;
    },
  });
  await world.passes(deleted);
  assert.deepEqual(await active(world), ["b100"]);
});

actionTest("an incomplete list of branches is never sent", async (world) => {
  await branches(world, { uploaded: ["b000"], count: 250 });
  world.github.down({ when: ({ path }) => path.endsWith("page=2") });
  await world.fails(/could not be listed, so nothing was sent: .*\(503\)/, deleted);
  world.github.up();

  world.github.repository("acme/shop").permissions.set(JOB, { statuses: "write" });
  await world.fails(/Resource not accessible by integration \(403\)/, deleted);

  world.github.repository("acme/shop").permissions.set(JOB, { contents: "read" });
  world.github.repository("acme/shop").branches.clear();
  await world.fails(/lists no branches, so nothing was sent/, deleted);
  assert.equal(world.server.requests.length, 0);
  assert.deepEqual(await active(world), ["b000"]);
});

actionTest(
  "a deleted tag or a repository without uploads does not fail the job",
  async (world) => {
    await world.passes({ ...deleted, payload: { ref: "v1", ref_type: "tag" } });
    assert.equal(world.github.requests.length, 0);
    const unknown = await world.passes(deleted);
    assert.match(annotations(unknown, "notice")[0]!, /No uploads for acme\/shop yet/);
  },
);

actionTest("a rejected sync fails the job with the server's message", async (world) => {
  world.server.planned.push(() => Response.json({ error: "Who are you?" }, { status: 401 }));
  const run = await world.run(deleted);
  assert.equal(run.code, 1);
  assert.deepEqual(annotations(run, "error"), [
    "The branches were not synced: Who are you? (401).",
  ]);
});
