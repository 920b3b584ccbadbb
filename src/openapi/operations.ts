/**
 * Every route of the API, as clients are told of it. A route that is not here fails a test.
 *
 * @module
 */
import { z } from "zod";
import { badgeFields } from "../api/badge.ts";
import { compareAnswer, compareFields } from "../api/compare.ts";
import { listAnswer, listFields } from "../api/list.ts";
import { language, orgName, repoName } from "../model/fields.ts";
import { API_PATH, DOCS_PATH } from "../model/urls.ts";
import { syncAnswer, syncFields } from "../api/sync.ts";
import { healthAnswer, illnessAnswer } from "../api/health.ts";
import { uploadFields as givenUploadFields } from "../model/upload_fields.ts";
import { uploadAnswer } from "../api/upload.ts";
import {
  anyFile,
  ifNoneMatch,
  illFormed,
  notModified,
  ofChanges,
  ofDatabase,
  ok,
  refusal,
  tagged,
  unprocessable,
} from "./answers.ts";
import type { Operation } from "./operation.ts";

/** Text of other media types than JSON. */
const text = z.string();

const upload: Operation = {
  method: "POST",
  path: API_PATH,
  id: "upload",
  tag: "Coverage",
  summary: "Upload a report",
  description:
    "Stores the report of a branch and language in place of the one before, and answers " +
    "with the repository's coverage. Every field but `github_api_url` is required. With a body of " +
    "`multipart/form-data` they may stand in the query or beside `file`; those that a credential is " +
    "checked for (`org_name`, `repo_name`, for a GitHub token `commit_hash`) have to stand in the " +
    "query, as all have to where the body is the archive itself. Whatever is refused leaves the " +
    "report and the number of before as they were.",
  query: givenUploadFields,
  body: {
    description:
      "The archive: a tar, gzipped or plain. As the body itself it streams through the " +
      "server without being held in memory.",
    content: {
      "multipart/form-data": givenUploadFields.extend({
        file: z.file().meta({ description: "The archive." }),
      }),
      "application/gzip": undefined,
      "application/x-gzip": undefined,
      "application/x-tar": undefined,
      "application/octet-stream": undefined,
    },
  },
  needsCredential: true,
  answers: {
    200: ok("The report is stored.", uploadAnswer),
    400: refusal("The body is not what its Content-Type says, or ended early."),
    ...ofChanges,
    413: refusal("The body, or the archive unpacked, is larger than the server allows."),
    415: refusal("The Content-Type is none that an archive is sent with."),
    422: unprocessable("A field, the archive or the coverage file is refused."),
  },
};

const list: Operation = {
  method: "GET",
  path: API_PATH,
  id: "list",
  tag: "Coverage",
  summary: "List repositories with their coverage",
  query: listFields,
  requestHeaders: ifNoneMatch,
  answers: { ...tagged(ok("A page of the list.", listAnswer)), 422: illFormed, ...ofDatabase },
};

const sync: Operation = {
  method: "PUT",
  path: API_PATH,
  id: "sync",
  tag: "Coverage",
  summary: "Forget the branches that are gone",
  description: "Marks every branch that is not named deleted; its reports go, its numbers stay. " +
    "`commit_hash` and `github_api_url` are what a GitHub token is checked with.",
  body: { description: "The branches that stay.", content: { "application/json": syncFields } },
  needsCredential: true,
  answers: {
    200: ok("The others are forgotten.", syncAnswer),
    400: refusal("The body is not JSON, or ended early."),
    ...ofChanges,
    404: refusal("Nothing was ever uploaded for the repository."),
    413: refusal("The body is larger than a list of branches may be."),
    422: unprocessable("A field is missing or ill-formed, or there is no body."),
  },
};

const badge: Operation = {
  method: "GET",
  path: `${API_PATH}/badge`,
  id: "badge",
  tag: "Coverage",
  summary: "Show a branch's coverage as an image",
  description: "A branch without coverage is a grey `unknown`, so that no page breaks.",
  query: badgeFields,
  requestHeaders: ifNoneMatch,
  answers: {
    ...tagged({ description: "The badge.", content: { "image/svg+xml": text } }),
    422: illFormed,
    ...ofDatabase,
  },
};

const compare: Operation = {
  method: "GET",
  path: `${API_PATH}/compare`,
  id: "compare",
  tag: "Coverage",
  summary: "Compare two branches",
  query: compareFields,
  requestHeaders: ifNoneMatch,
  answers: {
    ...tagged({
      description: "The comparison; with `Accept: text/markdown` the comment for a pull request.",
      content: { "application/json": compareAnswer, "text/markdown": text },
    }),
    404: refusal("The head has no coverage."),
    422: illFormed,
    ...ofDatabase,
  },
};

const health: Operation = {
  method: "GET",
  path: `${API_PATH}/health`,
  id: "health",
  tag: "Server",
  summary: "Ask whether the server can do its work",
  answers: {
    200: ok("It can.", healthAnswer),
    503: {
      ...ok("The database does not answer at the moment.", illnessAnswer),
      headers: ["Retry-After"],
    },
  },
};

const metrics: Operation = {
  method: "GET",
  path: `${API_PATH}/metrics`,
  id: "metrics",
  tag: "Server",
  summary: "Count what the server does, for Prometheus",
  answers: {
    200: {
      description:
        "The metrics in Prometheus' text; while the database is away, without its totals.",
      content: { "text/plain": text },
    },
  },
};

const branchFields = {
  org: orgName,
  repo: repoName,
  branch: z.string().min(1).meta({
    description: "A branch; a `/` in it is written `_fs_` or `%2F`.",
    examples: ["develop"],
  }),
};
const languageFields = { ...branchFields, language };
const uploadField = z.string().regex(/^\d+$/).meta({
  description: "The `id` of an upload.",
  examples: ["1"],
});
const filePath = z.string().meta({
  description:
    "A file or folder of the report, as the archive had it; with nothing, its root. It " +
    "may hold slashes.",
  examples: ["coverage/index.html"],
});

/** The addresses that lead to a report's first page. */
const reportIndexes = [
  { path: "/:branch", id: "newestReport", fields: branchFields, of: "a branch's newest report" },
  {
    path: "/:branch/:language",
    id: "reportOfLanguage",
    fields: languageFields,
    of: "a branch's report of a language",
  },
].map(({ path, id, fields, of }): Operation => ({
  method: "GET",
  path: `${API_PATH}/assets/:org/:repo${path}`,
  id,
  tag: "Reports",
  summary: `Go to the first page of ${of}`,
  pathFields: z.object(fields),
  answers: {
    302: { description: "It is there.", headers: ["Location"] },
    400: refusal("The path has a malformed escape, or a segment that names nothing."),
    404: refusal("There is no such report."),
    ...ofDatabase,
  },
}));

/** The addresses of a report's files. */
const reportFiles = [
  {
    path: "/:branch",
    id: "newestReportFile",
    fields: branchFields,
    of: "a branch's newest report",
  },
  {
    path: "/:branch/:language",
    id: "reportOfLanguageFile",
    fields: languageFields,
    of: "a branch's report of a language",
  },
  {
    path: "/:branch/:language/:upload(\\d+)",
    id: "reportOfUploadFile",
    fields: { ...languageFields, upload: uploadField },
    of: "an upload's own report, which a newer upload leaves as it is",
  },
].map(({ path, id, fields, of }): Operation => ({
  method: "GET",
  path: `${API_PATH}/assets/:org/:repo${path}/archive{/*}?`,
  id,
  tag: "Reports",
  summary: `Read a file of ${of}`,
  description: "Pages run in a sandbox: they can do nothing in the name of who looks at them.",
  pathFields: z.object({ ...fields, path: filePath }),
  requestHeaders: {
    ...ifNoneMatch,
    Range: "The bytes that are wanted, as in `bytes=0-99`.",
  },
  answers: {
    200: {
      description: "The file, a folder's index page, or its listing.",
      optionalHeaders: ["ETag", "Last-Modified", "Accept-Ranges"],
      content: anyFile,
    },
    206: {
      description: "The bytes that `Range` asks for.",
      headers: ["Content-Range"],
      optionalHeaders: ["ETag", "Last-Modified", "Accept-Ranges"],
      content: anyFile,
    },
    302: {
      description: "A folder is at the address with a slash at its end, a file at that without.",
      headers: ["Location"],
    },
    304: { ...notModified, optionalHeaders: ["Last-Modified", "Accept-Ranges"] },
    400: refusal("The path has a malformed escape, or a segment that names nothing."),
    404: refusal("There is no such report, or no such file in it."),
    412: {
      description: "The file is another than `If-Match` or `If-Unmodified-Since` has it.",
      optionalHeaders: ["ETag", "Last-Modified", "Accept-Ranges"],
      content: { "text/plain": text },
    },
    416: refusal("`Range` begins behind the end of the file.", {
      optionalHeaders: ["Content-Range"],
    }),
    ...ofDatabase,
  },
}));

const openapi: Operation = {
  method: "GET",
  path: `${API_PATH}/openapi.json`,
  id: "openapi",
  tag: "Server",
  summary: "Describe this API to programs",
  requestHeaders: ifNoneMatch,
  answers: tagged(ok("This document.", z.looseObject({ openapi: z.literal("3.1.1") }))),
};

const docs: Operation = {
  method: "GET",
  path: DOCS_PATH,
  id: "docs",
  tag: "Server",
  summary: "Describe this API to people",
  requestHeaders: ifNoneMatch,
  answers: tagged({ description: "A page.", content: { "text/html": text } }),
};

const docsFile: Operation = {
  method: "GET",
  path: `${DOCS_PATH}/:file`,
  id: "docsFile",
  tag: "Server",
  summary: "Read a file that the page about this API needs",
  pathFields: z.object({
    file: z.string().min(1).meta({ description: "Its name, as the page has it." }),
  }),
  answers: {
    200: { description: "The file.", content: { "text/javascript": text, "text/css": text } },
    400: refusal("The path has a malformed escape, or a segment that names nothing."),
    404: refusal("There is no such file."),
  },
};

/** In the order in which they are shown. */
export const operations: readonly Operation[] = [
  ...[upload, list, sync, badge, compare],
  ...reportIndexes,
  ...reportFiles,
  ...[health, metrics, openapi, docs, docsFile],
];
