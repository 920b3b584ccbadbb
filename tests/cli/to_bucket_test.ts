import assert from "node:assert/strict";
import { join } from "node:path";
import { goodReport, tar } from "../support/archive.ts";
import { bucketTest } from "../support/bucket.ts";
import { addDatabase, withFolder } from "../support/folder.ts";
import { storedReports, tree } from "../support/reports.ts";
import { running, startServer, STOPPED, uploadTo } from "../support/server.ts";
import { command, task } from "../support/task.ts";

const LONG = `report/${"long name ".repeat(20)}/${"ü".repeat(100)}.html`;

bucketTest("a server's folder moves into a bucket, in as many runs as it takes", async (bucket) => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const onDisk = { DATA_DIR: folder, DATABASE_URL: "" };
    const reports = join(folder, "reports");
    const first = await running(onDisk);
    const pages = new Map<string, string>();
    for (const branch_name of ["a", "b", "c"]) {
      const archive = tar(goodReport([
        { name: "report/empty/", type: "5" },
        { name: LONG, content: branch_name },
        { name: "report/nothing", content: "" },
      ]));
      const { coverage } = await uploadTo(first, archive, { branch_name });
      pages.set(branch_name, new URL(coverage.report_url).pathname);
    }
    assert.equal((await first.stop("SIGTERM")).code, STOPPED);
    const ids = (await storedReports(reports)).published.filter((id) => !id.startsWith("."));
    const before = new Map(
      await Promise.all(
        ids.map(async (id) => [id, await tree(join(reports, id))] as const),
      ),
    );

    const unset = await command("to-bucket", [], onDisk);
    assert.deepEqual([unset.code, /S3_URL must be set/.test(unset.output)], [1, true]);
    const env = { ...onDisk, ...bucket.environment };
    const dry = await task("to-bucket", ["--dry-run"], env);
    assert.equal(
      dry.output,
      "3 reports on disk: 0 in the bucket, 3 to copy.\n",
    );
    assert.deepEqual(await bucket.reports(), []);
    // It ends in the middle.
    let puts = 0;
    bucket.fault = (request) =>
      request.startsWith("PUT") && request.endsWith(".tar.gz") && ++puts > 1
        ? { status: 403, code: "AccessDenied" }
        : undefined;
    const half = await command("to-bucket", [], env);
    assert.equal(half.code, 1);
    assert.match(half.output, /^The bucket cannot be used: PUT .*: 403 AccessDenied A fault$/m);
    assert(!half.output.includes("secret of the tests"));
    assert.equal((await bucket.reports()).length, 1);
    bucket.fault = () => undefined;
    // Of one there are only the lines.
    const [copied] = await bucket.reports();
    const lost = ids.find((id) => id !== copied)!;
    const lines = join(reports, `${lost}.lines`);
    await Deno.writeFile(lines, new Uint8Array());
    await Deno.rename(join(reports, lost), join(folder, lost));
    const others = await command("to-bucket", [], env);
    assert.deepEqual(others.output.split("\n").toSorted(), [
      "",
      "3 reports on disk: 1 in the bucket, 2 to copy.",
      "Copied 1 report.",
      `Report ${lost} has no folder any more and is left out.`,
    ]);
    await Deno.rename(join(folder, lost), join(reports, lost));
    await Deno.remove(lines);
    const rest = await command("to-bucket", [], env);
    assert.equal(
      rest.output,
      "3 reports on disk: 2 in the bucket, 1 to copy.\nCopied 1 report.\n",
    );
    assert.deepEqual(await bucket.reports(), ids.toSorted());
    assert.deepEqual((await tree(join(reports, ".staging"))).length, 0);

    await Deno.remove(reports, { recursive: true });
    const second = await running(env);
    for (const [branch, page] of pages) {
      const name = encodeURIComponent(LONG.slice("report/".length)).replaceAll("%2F", "/");
      const path = page.replace(/[^/]*$/, "") + name;
      assert.equal(await (await fetch(second.address + path)).text(), branch);
    }
    assert.equal((await second.stop("SIGTERM")).code, STOPPED);
    for (const [id, paths] of before) assert.deepEqual(await tree(join(reports, id)), paths);
    const swept = await command("sweep", [], env);
    assert.match(swept.output, /^objects not in it +0 reports, 0 bytes removed$/m);
    assert.match(swept.output, /^missing in the bucket +0 reports$/m);
    const deleted = await command("delete", ["acme/shop"], env);
    assert.equal(deleted.output, "Deleted 3 uploads and 3 reports.\n");
    assert.deepEqual(await bucket.reports(), []);
  });
});

bucketTest(
  "a bucket that refuses the settings stops the start; one that is away does not",
  async (bucket) => {
    await withFolder(async (folder) => {
      await addDatabase(folder);
      const env = { DATA_DIR: folder, ...bucket.environment };
      const wrong: [Record<string, string>, RegExp][] = [
        [{ AWS_SECRET_ACCESS_KEY: "wrong secret" }, /403 SignatureDoesNotMatch/],
        [{ S3_URL: `${bucket.settings.url}-other` }, /404 NoSuchBucket/],
      ];
      for (const [changes, sentence] of wrong) {
        const server = await startServer({ DATABASE_URL: "", ...env, ...changes });
        assert("code" in server);
        assert.equal(server.code, 1);
        assert.match(server.output, sentence);
        assert.match(server.output, /^The bucket cannot be used: .*\. Are S3_URL, S3_REGION and/m);
        assert(!/wrong secret|secret of the tests|\n +at /.test(server.output), server.output);
      }
      bucket.fault = () => ({ cutAfter: 0 });
      const server = await running(env);
      assert.match(server.output(), /ERR the bucket is not available; uploads get 503 until it is/);
      const health = await fetch(`${server.address}/coverages-api/health`);
      assert.deepEqual([health.status, (await health.json()).bucket], [200, "away"]);
      assert.equal((await server.stop("SIGTERM")).code, STOPPED);
    });
  },
);
