/** `deno task scale`: whether a server is as fast with a million uploads as with two thousand. */
import { connect } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { goodReport, tar } from "../../tests/support/archive.ts";
import { uploadPath } from "../../tests/support/fields.ts";
import { addManyUploads, type Amounts } from "../../tests/support/many_uploads.ts";
import { Postgres } from "../soak/postgres.ts";
import { readCommand } from "../support/options.ts";
import { startWith } from "../support/server.ts";
import { quantile } from "../support/quantile.ts";

const USAGE = `Usage: deno task scale [--uploads <n>] [--rounds <n>]
Fills two databases of a Postgres of its own, and asks a server of each in turn.
  --uploads  of the large one (default 1000000), a fifth of them to one repository
  --rounds   requests to each address (default 41)`;
const { options } = readCommand(USAGE, {}, { uploads: 1_000_000, rounds: 41 });

/** Times the answer with the small database. */
const MOST = 1.2;
/** Enough for every page to be as full as that of a million. */
const SMALL = { repositories: 60, uploads: 2000, largest: { uploads: 1500, branches: 150 } };
const LARGE = {
  repositories: Math.ceil(options.uploads / 200),
  uploads: options.uploads,
  largest: { uploads: Math.ceil(options.uploads / 5), branches: Math.ceil(options.uploads / 50) },
};

await using used = new AsyncDisposableStack();
const postgres = used.use(await Postgres.make());
const small = await open(postgres, "small", SMALL);
const large = await open(postgres, "large", LARGE);
const missed: string[] = [];
const table = [];
for (const [what, request] of Object.entries(requests())) {
  const times = { small: [] as number[], large: [] as number[] };
  for (let round = -5; round < options.rounds; round++) {
    for (const [name, place] of [["small", small], ["large", large]] as const) {
      const ms = await time(request(place, round));
      if (round >= 0) times[name].push(ms); // the first ones are the warm-up
    }
  }
  // The quarter that other programs have disturbed least.
  const [one, other] = [quantile(times.small, 0.25), quantile(times.large, 0.25)];
  if (other / one > MOST) missed.push(what);
  table.push({
    request: what,
    "ms, small": one.toFixed(2),
    "ms, large": other.toFixed(2),
    ratio: (other / one).toFixed(2),
  });
}
console.table(table);
console.log(missed.length > 0 ? `More than ${MOST} times: ${missed.join(", ")}.` : "All within.");
Deno.exitCode = missed.length > 0 ? 1 : 0;

/** A server, and what is in its database. */
interface Place {
  readonly address: string;
  /** Of lists of 20 repositories. */
  readonly lastPage: number;
  /** The newest upload to the main branch of the largest repository. */
  readonly upload: string;
}

/** Starts a server with a database of so many uploads. */
async function open(postgres: Postgres, name: string, amounts: Amounts): Promise<Place> {
  const startedAt = performance.now();
  const url = new URL(postgres.url);
  const administrator = connect(url.href);
  await administrator.unsafe(`create database ${name}`);
  await administrator.end();
  url.pathname = name;
  const sql = connect(url.href);
  await migrate(sql, await readMigrations());
  await addManyUploads(sql, amounts);
  const [row] = await sql<{ id: string }[]>`
    select id from coverages where repository_id = 1 and branch_name = 'main' and newest`;
  const folder = await Deno.makeTempDir({ prefix: "coverage-scale-" });
  used.defer(() => Deno.remove(folder, { recursive: true }));
  const server = used.adopt(
    await startWith({ DATABASE_URL: url.href, DATA_DIR: folder }),
    async (server) => void await server.stop("SIGTERM"),
  );
  await sql`vacuum analyze`;
  await sql.end();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${name}: ${amounts.uploads} uploads, ready after ${seconds} s`);
  return {
    address: server.address,
    lastPage: Math.floor(amounts.repositories / 20),
    upload: row!.id,
  };
}

/** What is asked for, by name. */
function requests(): Record<string, (place: Place, round: number) => Request> {
  const archive = tar(goodReport());
  const get = (path: string) => ({ address, lastPage, upload }: Place) =>
    new Request(address + path.replace("LAST", `${lastPage}`).replace("UPLOAD", upload));
  const upload = (repo_name: string) => ({ address }: Place, round: number) =>
    new Request(
      address + uploadPath({ org_name: "acme-0", repo_name, commit_hash: `${round + 1000}` }),
      { method: "POST", headers: { "content-type": "application/x-tar" }, body: archive },
    );
  const largest = "org_name=acme-0&repo_name=repo-0";
  const page = "/coverages-ui/acme-0/repo-0";
  return {
    badge: get(`/coverages-api/badge?${largest}&branch_name=main`),
    "list of a repository": get("/coverages-api?org_name=acme-0&repo_name=repo-7"),
    "list of the largest": get(`/coverages-api?${largest}`),
    "list, page 1, without the largest": get("/coverages-api?org_name=acme-1"),
    "list, last page": get("/coverages-api?p=LAST"),
    home: get("/coverages-ui"),
    "home, last page": get("/coverages-ui?p=LAST"),
    "home, search": get("/coverages-ui?q=repo-29"),
    "home, by coverage": get("/coverages-ui?sort=coverage"),
    "repository page": get(page),
    "repository page, search": get(`${page}?q=branch-1`),
    "upload page": get(`${page}/uploads/UPLOAD`),
    "author page": get("/coverages-ui/acme-0/user/author-3"),
    compare: get(`/coverages-api/compare?${largest}&base=main&head=branch-1`),
    upload: upload("repo-7"),
    "upload to the largest": upload("repo-0"),
  };
}

/** Milliseconds until the whole answer is there; throws unless it is 200. */
async function time(request: Request): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(request);
  const body = await response.text();
  if (!response.ok) throw new Error(`${request.url}: ${response.status} ${body.slice(0, 200)}`);
  return performance.now() - startedAt;
}
