import assert from "node:assert/strict";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { seed, seedBranches } from "../support/seed.ts";

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
  await seed(test.sql);
  await seedBranches(test.sql, 300);
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

Deno.test("all text is compressed for clients that accept it, under one ETag", async () => {
  await using test = await filledApp();
  for (const path of await surfaces(test)) {
    const url = test.address + path;
    const plain = await curl(url);
    const known = { etag: plain.headers.get("etag"), vary: plain.headers.get("vary") };
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers.get("content-encoding"), null, path);
    assert.equal(plain.headers.get("content-length"), String(plain.body.length), path);
    assert.match(known.vary ?? "", /^accept-encoding(, |$)/, path);
    for (const encoding of ["gzip", "br"]) {
      const accepting = ["--header", `accept-encoding: ${encoding}`];
      const check = async (status: number, ...args: string[]) => {
        const answer = await curl(url, ...accepting, ...args);
        const { headers } = answer;
        assert.equal(answer.status, status, path);
        assert.deepEqual({ etag: headers.get("etag"), vary: headers.get("vary") }, known, path);
        return answer;
      };
      const packed = await check(200);
      assert.equal(packed.headers.get("content-encoding"), encoding, path);
      assert(packed.body.length < plain.body.length, path);
      if (!known.etag) continue; // a file that is named by its content
      assert.match(known.etag, /^W\//, `${path}: the bytes differ with the encoding`);
      const same = await check(304, "--header", `if-none-match: ${known.etag}`);
      assert.deepEqual([same.body.length, same.headers.get("content-encoding")], [0, null]);
    }
    assert.deepEqual((await curl(url, "--compressed")).body, plain.body, path);
  }
});

Deno.test("nothing is compressed for a client that does not accept it, nor images, parts or HEAD", async () => {
  await using test = await filledApp();
  const url = `${test.address}${test.files}/index.html`;
  const text = async (...args: string[]) => {
    const { headers, body } = await curl(url, ...args);
    assert.equal(headers.get("content-encoding"), null, String(args));
    return new TextDecoder().decode(body);
  };
  for (const accepted of ["identity", "gzip;q=0", "gzip;q=0, br;q=0", "zip", ""]) {
    assert.equal(await text("--header", `accept-encoding: ${accepted}`), TEXT, accepted);
  }
  assert.equal(await text("--compressed", "--range", "5-9"), TEXT.slice(5, 10));
  const head = await curl(url, "--compressed", "--head");
  assert.equal(head.headers.get("content-length"), String(TEXT.length), "its length unpacked");
  // What weakly is the same may differ in bytes, so that no part of it can be asked for.
  const since = ["--range", "5-9", "--header", `if-range: ${head.headers.get("etag")}`];
  assert.equal(await text(...since), TEXT);
  const picture = await curl(`${test.address}${test.files}/picture.png`, "--compressed");
  assert.equal(picture.headers.get("content-encoding"), null);
  assert.deepEqual(picture.body, BINARY);
});
