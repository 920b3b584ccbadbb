/** The application: a function from requests to responses, made of what it depends on. */
import type { Sql } from "postgres";
import { createAssetHandlers } from "./api/assets.ts";
import { createBadgeHandler } from "./api/badge.ts";
import { createCompareHandler } from "./api/compare.ts";
import { createFilesHandler } from "./api/files.ts";
import { createHealthHandler } from "./api/health.ts";
import { createListHandler } from "./api/list.ts";
import { createLoginHandlers } from "./api/login.ts";
import { createReportHandler } from "./api/reports.ts";
import { createMetricsHandler } from "./api/prometheus.ts";
import { createSyncHandler } from "./api/sync.ts";
import { createUploadHandler } from "./api/upload.ts";
import {
  type Authenticate,
  createAuthenticate,
  createCredentialCheck,
} from "./auth/authenticate.ts";
import { createReaderCheck } from "./auth/readers.ts";
import { createSessions } from "./auth/session.ts";
import { type Config, isLocal } from "./config.ts";
import { createAuthorHandler } from "./dashboard/author.tsx";
import { errorPage } from "./dashboard/error_page.tsx";
import { createHomeHandler } from "./dashboard/home.tsx";
import { createEntrances } from "./dashboard/redirects.ts";
import { createReportPageHandler } from "./dashboard/report.tsx";
import { createRepositoryHandler } from "./dashboard/repository.tsx";
import { createUploadPageHandler } from "./dashboard/upload.tsx";
import { refuseOther } from "./db/repositories.ts";
import { classify, HttpError } from "./errors.ts";
import type { ReadCoverage } from "./formats/read_coverage.ts";
import { addressOf, clientOf, type Connection, isOwnName, requestIdOf } from "./http/request.ts";
import { acceptsPage, apiHeaders, withHeaders } from "./http/headers.ts";
import { createRouter, type Reader, type Routes } from "./http/router.ts";
import type { Log } from "./log.ts";
import {
  API_PATH,
  DASHBOARD_PATH,
  DOCS_PATH,
  isReportsHost,
  LOGIN_PATH,
  LOGOUT_PATH,
} from "./model/urls.ts";
import { createDocsHandlers } from "./openapi/docs.tsx";
import { createOpenApiHandler } from "./openapi/document.ts";
import { createReadFiles } from "./reports/file_lines.ts";
import type { ReportStore } from "./reports/store.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { createRequestLog } from "./telemetry/requests.ts";

export interface Dependencies {
  readonly config: Config;
  readonly sql: Sql;
  readonly store: ReportStore;
  readonly readCoverage: ReadCoverage;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Answers a request; without `connection` it counts as coming from elsewhere. */
export type App = (request: Request, connection?: Connection) => Promise<Response>;

/** The route table: every address of the server, and who may use it. */
export function routesOf(dependencies: Dependencies, checkCredential: Authenticate): Routes {
  const { config } = dependencies;
  const authenticate = createAuthenticate({ config, checkCredential });
  const docs = createDocsHandlers(config);
  const entrances = createEntrances(config);
  const assets = createAssetHandlers(dependencies);
  const readFiles = createReadFiles(dependencies);
  const reportPage = createReportPageHandler(dependencies);
  const UPLOAD = `${DASHBOARD_PATH}/:org/:repo/uploads/:id(\\d+)`;
  const ASSETS = `${API_PATH}/assets/:org/:repo/:branch`;
  const { login } = config;
  const signIn = login && createLoginHandlers(login, {
    ...dependencies,
    sessions: createSessions(login.secrets),
  });
  return {
    [`POST ${API_PATH}`]: ["upload", createUploadHandler({ ...dependencies, authenticate })],
    [`GET ${API_PATH}`]: ["reader", createListHandler(dependencies)],
    [`PUT ${API_PATH}`]: ["upload", createSyncHandler({ ...dependencies, authenticate })],
    [`GET ${API_PATH}/badge`]: ["badge", createBadgeHandler(dependencies)],
    [`GET ${API_PATH}/compare`]: [
      "repository",
      createCompareHandler({ ...dependencies, readFiles }),
    ],
    [`GET ${API_PATH}/files`]: ["repository", createFilesHandler({ ...dependencies, readFiles })],
    [`GET ${API_PATH}/health`]: ["open", createHealthHandler(dependencies)],
    [`GET ${API_PATH}/metrics`]: ["operator", createMetricsHandler(dependencies)],
    [`GET ${API_PATH}/openapi.json`]: ["reader", createOpenApiHandler(config)],
    [`GET ${DOCS_PATH}`]: ["reader", docs.page],
    [`GET ${DOCS_PATH}/:file`]: ["reader", docs.file],
    [`GET ${API_PATH}/reports/:report{/*}?`]: ["open", createReportHandler(dependencies)],
    [`GET ${ASSETS}`]: ["repository", assets.index],
    [`GET ${ASSETS}/archive{/*}?`]: ["repository", assets.file],
    [`GET ${ASSETS}/:language`]: ["repository", assets.index],
    [`GET ${ASSETS}/:language/archive{/*}?`]: ["repository", assets.file],
    [`GET ${ASSETS}/:language/:upload(\\d+)/archive{/*}?`]: ["repository", assets.uploadFile],
    "GET /": ["open", entrances.root],
    [`GET ${DASHBOARD_PATH}`]: ["reader", createHomeHandler(dependencies)],
    // The style and the script of the login page among them.
    [`GET ${DASHBOARD_PATH}/:name`]: ["open", entrances.organisationOrAsset],
    [`GET ${DASHBOARD_PATH}/:org/:repo`]: ["repository", createRepositoryHandler(dependencies)],
    [`GET ${UPLOAD}`]: ["repository", createUploadPageHandler({ ...dependencies, readFiles })],
    [`GET ${UPLOAD}/report{/*}?`]: ["repository", reportPage],
    [`GET ${UPLOAD}/part-:part/report{/*}?`]: ["repository", reportPage],
    [`GET ${DASHBOARD_PATH}/:org/user/*`]: ["repository", createAuthorHandler(dependencies)],
    ...(signIn && {
      [`GET ${LOGIN_PATH}`]: ["open", signIn.start],
      [`GET ${LOGIN_PATH}/callback`]: ["open", signIn.callback],
      [`POST ${LOGOUT_PATH}`]: ["open", signIn.logout],
    }),
  };
}

const REPORTS = `${API_PATH}/reports/`;
/**
 * What a proxy lets through without a login, by the path as it was sent. `..` in it, which `%2e%2e` is
 * too, must not lead to anything else.
 */
const SENT_AS_REPORT = new RegExp(`^https?://[^/]*${REPORTS}`);

/** Makes the application. It opens nothing and listens nowhere. */
export function createApp(dependencies: Dependencies): App {
  const { config } = dependencies;
  const checkCredential = createCredentialCheck(dependencies);
  const match = createRouter(routesOf(dependencies, checkCredential));
  const checkReader = config.login && createReaderCheck({
    login: config.login,
    auth: config.auth,
    sessions: createSessions(config.login.secrets),
    checkCredential,
    refuseOther: (repository, identity) => refuseOther(dependencies.sql, repository, identity),
  });
  const isOfReports = isReportsHost(config.reportsUrl);
  const isKnown = isLocal(config) ? (url: URL) => isOwnName(url) || isOfReports(url) : () => true;
  const logRequest = createRequestLog(dependencies);

  return async (request, connection) => {
    const startedAt = performance.now();
    const id = requestIdOf(request);
    const client = clientOf(request, connection);
    let url: URL | undefined, route: string | undefined, failure: unknown, response: Response;
    let reader: Reader | undefined;
    try {
      url = addressOf(request, isKnown);
      if (!url.pathname.startsWith(REPORTS)) {
        if (isOfReports(url)) throw new HttpError(404, "There are only reports under this name.");
        if (SENT_AS_REPORT.test(request.url)) {
          throw new HttpError(400, "The path leads out of the reports.");
        }
      }
      const { path, access, handler, params } = match(request.method, url);
      route = path;
      const context = { url, params, requestId: id, ...client };
      const checked = await checkReader?.(access, request, context);
      if (checked instanceof Response) response = checked;
      else response = await handler(request, { ...context, reader: reader = checked });
    } catch (cause) {
      const error = classify(cause, id);
      failure = error.cause ?? error;
      response = isForPeople(request, url) && !(url && isOfReports(url))
        ? errorPage(config, error, url, reader?.person)
        : error.toResponse();
    }
    if (request.method === "HEAD") response = await withoutBody(response);
    response.headers.set("x-request-id", id);
    // The path alone: a query may hold what does not belong in a log.
    const path = url?.pathname ?? "";
    const answered = { request, id, route, path, client: client.client, startedAt, failure };
    return withHeaders(await logRequest(answered, response, connection), apiHeaders);
  };
}

/**
 * Whether an answer is read by a person: at the dashboard's addresses, and wherever a browser has
 * followed a link, to a report that is gone for instance.
 */
function isForPeople(request: Request, url: URL | undefined): boolean {
  return `${url?.pathname}/`.startsWith(`${DASHBOARD_PATH}/`) || acceptsPage(request);
}

/** The answer to HEAD: that of GET, with the length of the body that is left out. */
async function withoutBody(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.has("content-length")) await response.body?.cancel();
  else if (response.body) {
    headers.set("content-length", String((await response.bytes()).byteLength));
  }
  return new Response(null, { status: response.status, headers });
}
