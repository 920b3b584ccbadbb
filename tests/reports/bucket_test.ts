import assert from "node:assert/strict";
import { storedReports as rowsOf } from "../../src/db/stored_reports.ts";
import { testApp } from "../support/app.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { bucketServer, bucketTest } from "../support/bucket.ts";
import { storedReports, tree } from "../support/reports.ts";

const archive = await gzip(tar(goodReport([{ name: "report/more.html", content: "more" }])));
const PAGE = "/coverages-api/assets/acme/shop/main/archive/report/index.html";

bucketTest(
  "what was uploaded to one server is read through another with an empty disk",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    await using two = await bucketServer(test, bucket);
    const response = await one.upload(archive);
    assert.equal(response.status, 200, await response.text());
    const [id] = await bucket.reports();
    assert.deepEqual(await storedReports(one.reports), { published: [id], staged: [] });
    assert.deepEqual(await Deno.readFile(bucket.pathOf(id!)), archive, "the archive as it came");
    assert.deepEqual(await storedReports(two.reports), { published: [], staged: [] });
    assert.equal(await (await two.open(PAGE)).text(), "<h1>coverage</h1>");
    assert.deepEqual(await tree(two.store.folder(id!)), await tree(one.store.folder(id!)));
    assert.equal(bucket.count(/^GET .*\.tar\.gz$/), 1);
    assert.deepEqual(await rowsOf(test.sql, [id!]), new Set([id]));
  },
);
