/** `GET /coverages-api`: the coverage of every repository, a page at a time. */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { createFindActiveRows } from "../db/batched.ts";
import { listCoverages, type ListFilter } from "../db/coverages.ts";
import { etagged } from "../http/etag.ts";
import { dataHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { Semaphore } from "../http/semaphore.ts";
import type { Log } from "../log.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import {
  commitAuthor,
  flag,
  githubApiUrl,
  givenFields,
  keyword,
  orgName,
  pageNumber,
  parseFields,
  repoName,
  upTo,
} from "../model/fields.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { API_PATH } from "../model/urls.ts";

/** Rows of an answer; what has more says where the next one begins. */
const MAX_ROWS = 10_000;
/** Rows that are read and written at a time: a large answer stalls no other, and is never in memory. */
const ROWS_AT_ONCE = 500;
/** Repositories that are looked at for them; each may have that many. */
const REPOSITORIES_AT_ONCE = 50;
/** A page of more repositories counts as a large answer. */
const LARGE_PAGE = 100;
/** Statements of large answers at a time. */
const LARGE_AT_ONCE = 4;

const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: keyword.optional(),
  github_api_url: githubApiUrl.optional(),
  full: flag.default(false),
  p: pageNumber.prefault("1"),
  per_page: upTo(10_000).prefault("20"),
  after: z.string()
    .regex(/^[\w.-]{1,100}\/[\w.-]{1,100}\/\d{1,15}$/, "must be as next has it: org/repo/id")
    .transform((place) => {
      const [org_name = "", repo_name = "", id] = place.split("/");
      return { org_name, repo_name, id: Number(id) };
    })
    .optional(),
});

type Place = z.infer<typeof listFields>["after"];
/** Reads the rows behind a place, or the first ones of the page. */
type Read = (place: Place, maxRepositories: number) => Promise<CoverageRow[]>;

export function createListHandler(
  { sql, config: { publicUrl }, log }: {
    sql: Sql;
    config: Pick<Config, "publicUrl">;
    log: Log;
  },
): Handler {
  const large = new Semaphore(LARGE_AT_ONCE, "large lists");
  const findActiveRows = createFindActiveRows(sql, ROWS_AT_ONCE);
  return async (request, { url, requestId, reader }) => {
    const fields = parseFields(listFields, givenFields(url));
    const filter: ListFilter = { ...fields, scopes: reader?.scopes };
    const { signal } = request;
    const isLarge = fields.full || fields.per_page > LARGE_PAGE;
    const read: Read = async (place, maxRepositories) => {
      if (!place && isOfRepository(filter) && fields.p === 1) return await findActiveRows(filter);
      using _slot = isLarge ? await large.acquire(signal) : undefined;
      const offset = place ? 0 : (fields.p - 1) * fields.per_page;
      const part = { offset, after: place, maxRepositories, maxRows: ROWS_AT_ONCE };
      return await listCoverages(sql, filter, part, signal);
    };
    const nextOf = ({ org_name, repo_name, id }: CoverageRow) => {
      const query = new URLSearchParams(url.searchParams);
      query.delete("p");
      query.set("after", `${org_name}/${repo_name}/${id}`);
      return `${publicUrl ?? url.origin}${API_PATH}?${query}`;
    };
    const pieces = piecesOf(read, { ...fields, nextOf, origin: publicUrl ?? url.origin });
    const headers = { ...dataHeaders, "content-type": "application/json" };
    const first = await pieces.next();
    const second = await pieces.next();
    if (second.done) return etagged(request, first.value ?? "", headers);
    const rest = (async function* () {
      try {
        yield* [first.value ?? "", second.value];
        yield* pieces;
      } catch (error) {
        log.warn("a list broke off", { request: requestId, error });
        throw error; // the client sees that the end is missing
      }
    })();
    const body = ReadableStream.from(rest).pipeThrough(new TextEncoderStream());
    return new Response(body, { headers });
  };
}

/** Whether a list is that of a repository and nothing else: what CI jobs and badges of others ask for. */
function isOfRepository(filter: ListFilter): filter is ListFilter & RepositoryName {
  const { org_name, repo_name, commit_author, keyword, full, scopes } = filter;
  return org_name !== undefined && repo_name !== undefined && commit_author === undefined &&
    keyword === undefined && !full && scopes === undefined;
}

/** The answer as JSON, in pieces; a small one is a single piece. */
async function* piecesOf(
  read: Read,
  { after, per_page, nextOf, origin }: {
    after?: Place;
    per_page: number;
    nextOf: (row: CoverageRow) => string;
    origin: string;
  },
): AsyncGenerator<string, undefined> {
  let text = '{"data":{';
  let last: CoverageRow | undefined;
  let repositories = 0, rows = 0, end = '},"has_next":false}';
  reading:
  while (true) {
    // The one that the last row is of is read on, and one more shows whether there is a next page.
    const place = last ?? after;
    const wanted = per_page - repositories + (place ? 2 : 1);
    const most = Math.min(wanted, REPOSITORIES_AT_ONCE);
    const batch = await read(place, most);
    const before = repositories;
    for (const row of batch) {
      const isSame = last?.org_name === row.org_name && last.repo_name === row.repo_name;
      if (!isSame && repositories === per_page) {
        end = ']},"has_next":true}';
        break reading;
      }
      if (last && rows === MAX_ROWS) {
        end = `]},"has_next":true,"next":${JSON.stringify(nextOf(last))}}`;
        break reading;
      }
      if (!isSame) {
        text += `${last ? "]," : ""}${JSON.stringify(`${row.org_name}/${row.repo_name}`)}:[`;
        repositories++;
      } else text += ",";
      text += JSON.stringify(toAnswer(row, origin));
      rows++;
      last = row;
    }
    // Of a place's repository there may be no row left.
    const isWhole = batch.length < ROWS_AT_ONCE && repositories - before < most - (place ? 1 : 0);
    if (batch.length === 0 || isWhole) {
      if (last) end = `]${end}`;
      break;
    }
    yield text;
    text = "";
  }
  yield text + end;
}
