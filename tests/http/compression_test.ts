import assert from "node:assert/strict";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { seed } from "../support/seed.ts";

/** Some kilobytes that no two lines of are the same. */
const TEXT = Array.from({ length: 400 }, (_, line) => `<p>line ${line} of the page</p>\n`).join("");
const BINARY = crypto.getRandomValues(new Uint8Array(8192));

/** What curl got: the headers of the last answer, and the body, which `--compressed` unpacks. */
async function curl(url: string, ...args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--dump-header", "/dev/stderr", ...args, url],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [line, ...lines] = new TextDecoder().decode(stderr).trim().split("\r\n");
  assert(success, `${url}: ${line}`);
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return { status: Number(line!.split(" ")[1]), headers, body: stdout };
}

/** An application with a report, whose files are at `files`. */
async function filledApp(): Promise<ListeningApp & { files: string }> {
  const test = await listeningApp();
  const names = ["index.html", "style.css", "app.js", "logo.svg", "data.json", "log.txt", "a.xml"];
  const archive = await gzip(tar(goodReport([
    ...names.map((name) => ({ name: `report/${name}`, content: TEXT })),
    { name: "report/picture.png", content: BINARY },
  ])));
  const response = await test.upload(archive);
  assert.equal(response.status, 200);
  const [row] = await test.sql`select report_id from coverages`;
  return Object.assign(test, { files: `/coverages-api/reports/${row!.report_id}/report` });
}

/** An address of each surface. */
async function surfaces({ get, files }: ListeningApp & { files: string }): Promise<string[]> {
  const repository = "org_name=acme&repo_name=shop";
  const home = await (await get("/coverages-ui")).text();
  const names = [...home.matchAll(/(?:href|src)="[^"]*(\/coverages-ui\/[\w.-]+\.(?:css|js|svg))"/g)]
    .map(([, path]) => path!);
  const assets = [...new Set(names)];
  assert.equal(assets.length, 3);
  return [
    `/coverages-api?${repository}`,
    `/coverages-api/compare?${repository}&base=main&head=main`,
    `/coverages-api/badge?${repository}&branch_name=main`,
    "/coverages-ui",
    "/coverages-ui/acme/shop",
    ...assets,
    ...["index.html", "style.css", "app.js", "logo.svg", "data.json", "log.txt", "a.xml"]
      .map((name) => `${files}/${name}`),
    `${files}/`,
  ];
}

Deno.test("a long list is compressed in pieces", async () => {
  await using test = await listeningApp();
  for (let n = 0; n < 300; n++) await seed(test.sql, { branch_name: `branch-${n}` });
  const url = `${test.address}/coverages-api`;
  const plain = await curl(url);
  assert(plain.body.length > 100_000, "longer than a piece");
  assert.equal(plain.headers.get("content-length"), String(plain.body.length));
  assert.equal(Object.values(JSON.parse(new TextDecoder().decode(plain.body)).data).length, 1);
  for (const encoding of ["gzip", "br"]) {
    const packed = await curl(url, "--compressed", "--header", `accept-encoding: ${encoding}`);
    assert.equal(packed.headers.get("content-encoding"), encoding);
    assert.deepEqual(packed.body, plain.body);
    const etag = packed.headers.get("etag")!;
    assert.equal((await curl(url, "--header", `if-none-match: ${etag}`)).status, 304);
  }
  const head = await curl(url, "--head");
  assert.equal(head.headers.get("content-length"), String(plain.body.length));
});

Deno.test("all text is compressed for clients that accept it", async () => {
  await using test = await filledApp();
  for (const path of await surfaces(test)) {
    const url = test.address + path;
    const plain = await curl(url);
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers.get("content-encoding"), null, path);
    assert.equal(plain.headers.get("content-length"), String(plain.body.length), path);
    const unpacked = await curl(url, "--compressed");
    assert(unpacked.headers.has("content-encoding"), path);
    assert.deepEqual(unpacked.body, plain.body, path);
    for (const encoding of ["gzip", "br"]) {
      const packed = await curl(url, "--header", `accept-encoding: ${encoding}`);
      assert.equal(packed.headers.get("content-encoding"), encoding, path);
      assert.match(packed.headers.get("vary") ?? "", /accept-encoding/i, path);
      assert(packed.body.length < plain.body.length, path);
    }
  }
});

Deno.test("ETag and Vary are the same with and without compression, and on 304", async () => {
  await using test = await filledApp();
  for (const path of await surfaces(test)) {
    const url = test.address + path;
    const { headers } = await curl(url);
    const vary = headers.get("vary") ?? "";
    assert.match(vary, /^accept-encoding(, |$)/, path);
    const known = { etag: headers.get("etag"), vary };
    for (const encoding of ["identity", "gzip", "br"]) {
      const accepting = ["--header", `accept-encoding: ${encoding}`];
      const conditions = known.etag ? [[], ["--header", `if-none-match: ${known.etag}`]] : [[]];
      for (const condition of conditions) {
        for (const method of [[], ["--head"]]) {
          const answer = await curl(url, ...accepting, ...condition, ...method);
          assert.equal(answer.status, condition.length > 0 ? 304 : 200, path);
          const found = { etag: answer.headers.get("etag"), vary: answer.headers.get("vary") };
          assert.deepEqual(found, known, `${path}, ${encoding}, ${answer.status}`);
        }
      }
    }
  }
});

Deno.test("nothing is compressed for a client that does not accept it, nor images", async () => {
  await using test = await filledApp();
  for (const accepted of ["identity", "gzip;q=0", "gzip;q=0, br;q=0", "zip", ""]) {
    const answer = await curl(
      `${test.address}${test.files}/index.html`,
      "--header",
      `accept-encoding: ${accepted}`,
    );
    assert.equal(answer.headers.get("content-encoding"), null, accepted);
    assert.equal(new TextDecoder().decode(answer.body), TEXT, accepted);
  }
  const picture = await curl(
    `${test.address}${test.files}/picture.png`,
    "--header",
    "accept-encoding: gzip",
  );
  assert.equal(picture.headers.get("content-encoding"), null);
  assert.deepEqual(picture.body, BINARY);
});

Deno.test("compression does not change ranges, HEAD, 304 or errors", async () => {
  await using test = await filledApp();
  const url = `${test.address}${test.files}/index.html`;
  const part = await curl(url, "--compressed", "--range", "5-9");
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-encoding"), null);
  assert.equal(part.headers.get("content-range"), `bytes 5-9/${TEXT.length}`);
  assert.equal(new TextDecoder().decode(part.body), TEXT.slice(5, 10));

  const head = await curl(url, "--compressed", "--head");
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), String(TEXT.length), "its length unpacked");
  assert.equal(head.headers.get("content-encoding"), null);

  for (const path of await surfaces(test)) {
    const first = await curl(test.address + path, "--compressed");
    const etag = first.headers.get("etag");
    if (!etag) continue; // a file that is named by its content
    assert.match(etag, /^W\//, `${path}: the bytes differ with the encoding`);
    const again = await curl(
      test.address + path,
      "--compressed",
      "--header",
      `if-none-match: ${etag}`,
    );
    assert.equal(again.status, 304, path);
    assert.equal(again.body.length, 0);
    assert.equal(again.headers.get("content-encoding"), null);
    // What weakly is the same may differ in bytes, so that no part of it can be asked for.
    const since = await curl(
      url,
      "--compressed",
      "--range",
      "5-9",
      "--header",
      `if-range: ${etag}`,
    );
    assert.deepEqual([since.status, since.body.length], [200, TEXT.length]);
  }

  const missing = await curl(
    `${test.address}${test.files}/missing-${"x".repeat(99)}`,
    "--compressed",
  );
  assert.equal(missing.status, 404);
  assert.equal(
    JSON.parse(new TextDecoder().decode(missing.body)).error,
    "The report has no such file.",
  );
});
