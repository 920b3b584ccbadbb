/**
 * The application: a function from requests to responses, made of what it depends on.
 *
 * @module
 */
import type { Sql } from "postgres";
import { createAuthorize } from "./auth/authenticate.ts";
import type { Config } from "./config.ts";
import type { ReadCoverage } from "./formats/read_coverage.ts";
import { createBadgeHandler } from "./api/badge.ts";
import { createCompareHandler } from "./api/compare.ts";
import { totals } from "./db/stored_reports.ts";
import { createListHandler } from "./api/list.ts";
import { API_PATH, DASHBOARD_PATH, DOCS_PATH } from "./model/urls.ts";
import { createReportHandlers } from "./api/assets.ts";
import { createSyncHandler } from "./api/sync.ts";
import { createAuthorHandler } from "./dashboard/author.tsx";
import { createEntrances } from "./dashboard/redirects.ts";
import { errorPage } from "./dashboard/error_page.tsx";
import { createHomeHandler } from "./dashboard/home.tsx";
import { createRepositoryHandler } from "./dashboard/repository.tsx";
import { createHealthHandler } from "./api/health.ts";
import { classify, HttpError } from "./errors.ts";
import { apiHeaders, withHeaders } from "./http/headers.ts";
import { requestIdOf } from "./http/request_id.ts";
import { createRouter, type Route, type RouteContext } from "./http/router.ts";
import { clientOf, type Connection } from "./http/client_address.ts";
import type { Log } from "./log.ts";
import { createDocsHandlers } from "./openapi/docs.tsx";
import { createOpenApiHandler } from "./api/openapi.ts";
import type { ReportStore } from "./reports/store.ts";
import { createMetricsHandler } from "./api/prometheus.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { createRequestLog } from "./telemetry/requests.ts";
import { createUploadHandler } from "./api/upload.ts";

/** What the application is made of. */
export interface Dependencies {
  /** The settings. */
  readonly config: Config;
  /** The database, migrated. */
  readonly sql: Sql;
  /** The reports on disk. */
  readonly store: ReportStore;
  /** How coverage files are read. */
  readonly readCoverage: ReadCoverage;
  /** The log. */
  readonly log: Log;
}

/** Answers a request; without `client` it counts as coming from elsewhere. */
export type App = (request: Request, client?: Connection) => Promise<Response>;

/** The route table: every address of the application. */
export function routesOf(dependencies: Dependencies, metrics = metricsOf(dependencies)): Route[] {
  const { config, sql, store } = dependencies;
  const { publicUrl } = config;
  const authorize = createAuthorize(dependencies);
  const docs = createDocsHandlers(config);
  const entrances = createEntrances(config);
  const report = createReportHandlers({ sql, store, config });
  return [
    {
      method: "POST",
      path: API_PATH,
      handler: createUploadHandler({ ...dependencies, authorize, metrics }),
    },
    { method: "GET", path: API_PATH, handler: createListHandler({ sql, publicUrl }) },
    { method: "PUT", path: API_PATH, handler: createSyncHandler({ ...dependencies, authorize }) },
    { method: "GET", path: `${API_PATH}/badge`, handler: createBadgeHandler({ sql }) },
    { method: "GET", path: `${API_PATH}/compare`, handler: createCompareHandler(dependencies) },
    { method: "GET", path: `${API_PATH}/health`, handler: createHealthHandler({ sql }) },
    { method: "GET", path: `${API_PATH}/metrics`, handler: createMetricsHandler({ metrics }) },
    { method: "GET", path: `${API_PATH}/openapi.json`, handler: createOpenApiHandler(config) },
    { method: "GET", path: DOCS_PATH, handler: docs.page },
    { method: "GET", path: `${DOCS_PATH}/:file`, handler: docs.file },
    { method: "GET", path: `${API_PATH}/assets/:org/:repo/:branch`, handler: report.index },
    {
      method: "GET",
      path: `${API_PATH}/assets/:org/:repo/:branch/archive{/*}?`,
      handler: report.file,
    },
    {
      method: "GET",
      path: `${API_PATH}/assets/:org/:repo/:branch/:language`,
      handler: report.index,
    },
    {
      method: "GET",
      path: `${API_PATH}/assets/:org/:repo/:branch/:language/archive{/*}?`,
      handler: report.file,
    },
    {
      method: "GET",
      path: `${API_PATH}/assets/:org/:repo/:branch/:language/:upload(\\d+)/archive{/*}?`,
      handler: report.uploadFile,
    },
    { method: "GET", path: "/", handler: entrances.root },
    { method: "GET", path: DASHBOARD_PATH, handler: createHomeHandler(dependencies) },
    { method: "GET", path: `${DASHBOARD_PATH}/:name`, handler: entrances.organisationOrAsset },
    {
      method: "GET",
      path: `${DASHBOARD_PATH}/:org/:repo`,
      handler: createRepositoryHandler(dependencies),
    },
    {
      method: "GET",
      path: `${DASHBOARD_PATH}/:org/user/*`,
      handler: createAuthorHandler(dependencies),
    },
  ];
}

/** Makes the application. It opens nothing and listens nowhere. */
export function createApp(dependencies: Dependencies): App {
  const { config } = dependencies;
  const metrics = metricsOf(dependencies);
  const route = createRouter(routesOf(dependencies, metrics));

  const told = createRequestLog({ ...dependencies, metrics });

  return async (request, client) => {
    const id = requestIdOf(request);
    const startedAt = performance.now();
    let taken: string | undefined;
    let response: Response;
    let failure: unknown;
    try {
      const context = contextOf(request, id, client);
      response = await route(request, { ...context, taken: (path) => taken = path });
    } catch (error) {
      const classified = classify(error, id);
      failure = classified.cause ?? classified;
      response = isForPeople(request)
        ? errorPage(config, classified, originOf(request))
        : classified.toResponse();
    }
    if (request.method === "HEAD") response = await withoutBody(response);
    const answered = {
      request,
      id,
      route: taken,
      path: pathOf(request),
      client: clientOf(request, client).client,
      startedAt,
      failure,
    };
    response = await told(answered, response, client);
    response.headers.set("x-request-id", id);
    return withHeaders(response, apiHeaders);
  };
}

function metricsOf({ sql }: Dependencies): Metrics {
  return new Metrics(() => totals(sql));
}

/** The answer to HEAD: what GET has, with the length of the body that is left out. */
async function withoutBody(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.has("content-length")) await response.body?.cancel();
  else if (response.body) {
    headers.set("content-length", String((await response.bytes()).byteLength));
  }
  return new Response(null, { status: response.status, headers });
}

function contextOf(
  request: Request,
  requestId: string,
  client: Connection | undefined,
): RouteContext {
  if (!URL.canParse(request.url)) {
    throw new HttpError(400, "The request's address or Host header is malformed.");
  }
  return { url: new URL(request.url), params: {}, requestId, ...clientOf(request, client) };
}

/**
 * Whether an answer is to be read by a person: at the dashboard's addresses, and wherever a browser
 * has followed a link, one to a report that is gone for instance.
 */
function isForPeople(request: Request): boolean {
  const accepts = request.headers.get("accept")?.toLowerCase().includes("text/html") ?? false;
  return `${pathOf(request)}/`.startsWith(`${DASHBOARD_PATH}/`) ||
    accepts && (request.method === "GET" || request.method === "HEAD");
}

function originOf(request: Request): string {
  return URL.canParse(request.url) ? new URL(request.url).origin : "";
}

/** The path alone: a query may hold what does not belong in a log. */
function pathOf(request: Request): string {
  return URL.canParse(request.url) ? new URL(request.url).pathname : "";
}
