import assert from "node:assert/strict";
import { listCoverages } from "../../src/db/coverages.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { ON_POSTGRES } from "../support/database.ts";
import { seed, seedBranches } from "../support/seed.ts";

interface Listed {
  data: Record<string, Record<string, unknown>[]>;
  has_next: boolean;
  next?: string;
}

async function list(test: TestApp, query = ""): Promise<Listed> {
  const response = await test.get(`/coverages-api${query}`);
  assert.equal(response.status, 200, query);
  return await response.json();
}

const branches = (rows: Record<string, unknown>[] = []) => rows.map((row) => row.branch_name);

Deno.test("a server without uploads lists nothing", async () => {
  await using test = await testApp();
  assert.deepEqual(await list(test), { data: {}, has_next: false });
});

Deno.test("the list has the active rows of every repository by name, the oldest row first", async () => {
  await using test = await testApp();
  await seed(test.sql, { repo_name: "zoo" });
  await seed(test.sql, { org_name: "Beta", branch_name: "b" });
  await seed(test.sql, { org_name: "beta", branch_name: "a", language: "php" });
  await seed(test.sql, { org_name: "Beta", branch_name: "a", percentage: 12.5 });
  await seed(test.sql, { org_name: "Beta", branch_name: "b" });
  const { data } = await list(test);
  assert.deepEqual(Object.keys(data), ["acme/zoo", "Beta/shop"]);
  assert.deepEqual(branches(data["Beta/shop"]), ["a", "a", "b"]);
  assert.deepEqual(data["Beta/shop"]!.map(({ language }) => language), ["php", "go", "go"]);
  assert.equal(data["Beta/shop"]![1]!.percentage, 12.5);
  assert(!("deleted_at" in data["Beta/shop"]![0]!));
});

Deno.test("the list is filtered by case-insensitive names, by author and by keyword", async () => {
  await using test = await testApp();
  await seed(test.sql, { repo_name: "web-shop" });
  await seed(test.sql, { repo_name: "web-shop", branch_name: "b", commit_author: "Bob" });
  await seed(test.sql, { org_name: "other", repo_name: "100%_sure" });
  const names = async (query: string) => Object.keys((await list(test, query)).data);
  assert.deepEqual(await names("?org_name=ACME"), ["acme/web-shop"]);
  assert.deepEqual(await names("?org_name=acme&repo_name=Web-Shop"), ["acme/web-shop"]);
  assert.deepEqual(await names("?repo_name=nothing"), []);
  assert.deepEqual(await names("?keyword=E%2FWEB"), ["acme/web-shop"]);
  assert.deepEqual(await names("?keyword=%25_"), ["other/100%_sure"], "no wildcards");
  assert.deepEqual(await names("?keyword=&org_name="), ["acme/web-shop", "other/100%_sure"]);
  const { data } = await list(test, "?commit_author=Bob");
  assert.deepEqual(branches(data["acme/web-shop"]), ["b"]);
});

Deno.test("the list is paged by repositories", async () => {
  await using test = await testApp();
  for (const repo_name of ["a", "b", "c"]) {
    await seed(test.sql, { repo_name });
    await seed(test.sql, { repo_name, branch_name: "other" });
  }
  const page = async (query: string) => {
    const { data, has_next } = await list(test, query);
    return [Object.keys(data).join(), has_next];
  };
  assert.deepEqual(await page("?per_page=2"), ["acme/a,acme/b", true]);
  assert.deepEqual(await page("?per_page=2&p=2"), ["acme/c", false]);
  assert.deepEqual(await page("?per_page=2&p=3"), ["", false]);
  assert.deepEqual(await page("?per_page=3"), ["acme/a,acme/b,acme/c", false]);
  for (const p of ["0", "-1", ""]) {
    assert.deepEqual(await page(`?per_page=2&p=${p}`), ["acme/a,acme/b", true], "the first");
  }
  assert.deepEqual(await page("?per_page=0"), ["acme/a", true], "the nearest in range");
  assert.deepEqual(await page("?per_page=99999999999"), ["acme/a,acme/b,acme/c", false]);
  assert.deepEqual(await page(`?p=${"9".repeat(400)}`), ["", false]);
  for (let at = 0; at < 18; at++) await seed(test.sql, { repo_name: `d${at}` });
  assert.equal(Object.keys((await list(test)).data).length, 20, "20 is the default");
});

Deno.test("full lists superseded and deleted rows as well, oldest first", async () => {
  await using test = await testApp();
  for (const percentage of [10, 20, 30]) await seed(test.sql, { percentage });
  await seed(test.sql, { branch_name: "gone", percentage: 40 });
  await seed(test.sql, { repo_name: "other" });
  await test.sql`update coverages set deleted_at = now() from repositories r
    where r.id = repository_id and repo_name = 'other'`;
  await test.sync("main");
  assert.deepEqual(Object.keys((await list(test)).data), ["acme/shop"]);
  const { data } = await list(test, "?full=1");
  const rows = data["acme/shop"]!;
  assert.deepEqual(rows.map((row) => row.percentage), [10, 20, 30, 40]);
  assert.deepEqual(rows.map((row) => "deleted_at" in row), [true, true, false, true]);
  for (const value of ["true", "True", "TRUE", "t", "T"]) {
    assert.equal((await list(test, `?full=${value}`)).data["acme/shop"]!.length, 4, value);
  }
  for (const query of ["?full=0", "?full=false", "?full=F", "?full=", "?full", ""]) {
    assert.equal((await list(test, query)).data["acme/shop"]!.length, 1, query);
  }
});

/** Adds superseded uploads to a repository that has one, and tells its rows' ids. */
async function addHistory(test: TestApp, repo_name: string, count: number): Promise<number[]> {
  await test.sql`
    insert into coverages (repository_id, branch_name, commit_hash, commit_author, language,
      percentage, format, report_id, report_bytes, report_files, deleted_at, newest)
    select id, 'main', '0123456789', 'ada', 'go', 50, 'cobertura', gen_random_uuid(), 1, 1, now(),
      false
    from repositories, generate_series(1, ${count}) where repo_name = ${repo_name}`;
  const rows = await test.sql<{ id: number }[]>`
    select c.id::float8 as id from coverages c join repositories r on r.id = c.repository_id
    where repo_name = ${repo_name} order by c.id`;
  return rows.map(({ id }) => id);
}

Deno.test("the list of a repository has all its branches, however many", async () => {
  await using test = await testApp();
  await seed(test.sql, { repo_name: "many" });
  await seedBranches(test.sql, 1200);
  const { data } = await list(test, "?org_name=acme&repo_name=many");
  const names = data["acme/many"]!.map(({ branch_name }) => branch_name);
  assert.deepEqual(names, ["main", ...Array.from({ length: 1200 }, (_, n) => `b${n + 1}`)]);
});

Deno.test("an answer has at most 10,000 rows, and says where the next one begins", async () => {
  await using test = await testApp();
  const expected: Record<string, number[]> = {};
  for (const [repo, count] of Object.entries({ a: 700, b: 9500, c: 600, d: 3 })) {
    await seed(test.sql, { repo_name: repo });
    expected[`acme/${repo}`] = await addHistory(test, repo, count - 1);
  }
  const idsOf = ({ data }: Listed) =>
    Object.entries(data).map(([name, rows]) => [name, rows.map(({ id }) => id)] as const);
  const follow = async (query: string) => {
    const ids: Record<string, unknown[]> = {}, sizes = [];
    for (let next: string | undefined = query; next;) {
      const part = await list(test, next);
      sizes.push(Object.values(part.data).flat().length);
      for (const [name, more] of idsOf(part)) (ids[name] ??= []).push(...more);
      assert(part.has_next || !part.next);
      next = part.next && new URL(part.next).search;
    }
    return { ids, sizes };
  };
  assert.deepEqual(await follow("?full=1"), { ids: expected, sizes: [10_000, 803] });
  const { ids, sizes } = await follow("?full=1&per_page=3");
  assert.deepEqual(sizes, [10_000, 803], "the next one has its own three repositories");
  assert.deepEqual(ids, expected);
  const page = await list(test, "?full=1&per_page=1&p=2");
  assert.deepEqual([idsOf(page), page.has_next, page.next], [
    [["acme/b", expected["acme/b"]]],
    true,
    undefined,
  ]);
  const last = await list(test, "?full=1&per_page=2&p=2");
  assert.deepEqual(last.has_next, false);
  assert.deepEqual(Object.keys(last.data), ["acme/c", "acme/d"]);
});

Deno.test("a page of many repositories has all of them, once, and is sent in pieces", async () => {
  await using test = await testApp();
  await test.sql`
    insert into repositories (org_name, repo_name)
    select 'acme', 'r' || lpad(i::text, 4, '0') from generate_series(1, 620) i`;
  await seedBranches(test.sql, 1);
  const names = Array.from({ length: 620 }, (_, at) => `acme/r${String(at + 1).padStart(4, "0")}`);
  for (const per_page of [49, 50, 51, 500, 619, 620, 621]) {
    const { data, has_next } = await list(test, `?per_page=${per_page}`);
    assert.deepEqual(Object.keys(data), names.slice(0, per_page), String(per_page));
    assert.equal(has_next, per_page < 620, String(per_page));
  }
  const sent = Promise.withResolvers<void>();
  const remoteAddr = { transport: "tcp" as const, hostname: "192.0.2.7", port: 5 };
  const request = new Request("http://coverage.test/coverages-api?per_page=620");
  const response = await test.app(request, { remoteAddr, completed: sent.promise });
  const pieces = await Array.fromAsync(response.body!);
  assert(pieces.length > 5, `${pieces.length} pieces`);
  sent.resolve();
  await sent.promise;
  const logged = test.log.findLast(({ message }) => message === "request");
  assert.equal(logged?.fields.bytes, pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
});

Deno.test({
  name: "a list that nobody waits for ends in the database",
  ignore: !ON_POSTGRES, // the embedded one has a single session, and nothing can hold it up
  async fn() {
    await using test = await testApp();
    await seed(test.sql);
    const held = Promise.withResolvers<void>(), locked = Promise.withResolvers<void>();
    const holding = test.sql.begin(async (tx) => {
      await tx`lock table coverages in access exclusive mode`;
      locked.resolve();
      await held.promise;
    });
    await locked.promise;
    const client = new AbortController();
    const part = { offset: 0, after: undefined, maxRepositories: 20, maxRows: 500 };
    const listed = listCoverages(test.sql, { full: true }, part, client.signal);
    const waiting = async () => {
      const [row] = await test.sql<{ count: number }[]>`
        select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`;
      return row!.count;
    };
    while (await waiting() === 0);
    client.abort();
    await assert.rejects(listed, { code: "57014" });
    assert.equal(await waiting(), 0);
    held.resolve();
    await holding;
  },
});

Deno.test("a malformed filter is refused with the allowed values", async () => {
  await using test = await testApp();
  const cases: Record<string, string[]> = {
    p: ["1.5", "x", "1e3"],
    per_page: ["all", " 1"],
    after: ["7", "acme/shop", "acme/shop/x", "a b/shop/7"],
    org_name: ["a/b", "../"],
    full: ["maybe", "2", "tr"],
    keyword: ["x".repeat(202), "a\0b"],
    commit_author: ["a\nb"],
  };
  for (const [field, values] of Object.entries(cases)) {
    for (const value of values) {
      const response = await test.get(`/coverages-api?${field}=${encodeURIComponent(value)}`);
      assert.equal(response.status, 422, `${field}=${value}`);
      const { error } = await response.json();
      assert.match(error[field], /; it must /);
    }
  }
});

Deno.test("lists, comparisons, badges and pages are revalidated, with a 304 while they are unchanged", async () => {
  await using test = await testApp();
  let percentage = 40;
  await seed(test.sql, { percentage });
  const repository = "org_name=acme&repo_name=shop";
  const paths = [
    `/coverages-api?${repository}`,
    `/coverages-api/compare?${repository}&base=main&head=main`,
    `/coverages-api/badge?${repository}&branch_name=main`,
    "/coverages-ui/acme/shop",
  ];
  for (const path of paths) {
    const first = await test.get(path);
    assert.equal(first.headers.get("cache-control"), "no-cache");
    const etag = first.headers.get("etag")!;
    for (const known of [etag, etag.replace("W/", ""), `"x", ${etag}`, "*"]) {
      const same = await test.get(path, { headers: { "if-none-match": known } });
      assert.deepEqual([same.status, same.headers.get("etag")], [304, etag], path);
      assert.equal(await same.text(), "");
    }
    const head = await test.get(path, { method: "HEAD" });
    assert.deepEqual([head.headers.get("etag"), await head.text()], [etag, ""]);
    await seed(test.sql, { percentage: ++percentage });
    const changed = await test.get(path, { headers: { "if-none-match": etag } });
    assert.equal(changed.status, 200, path);
    assert.notEqual(changed.headers.get("etag"), etag);
  }
  const refused = await test.get("/coverages-api?p=x");
  assert.deepEqual([refused.status, refused.headers.get("etag")], [422, null]);
  assert.equal(refused.headers.get("cache-control"), "no-store");
});
