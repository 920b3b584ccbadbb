// An application that listens, for what cannot call it: a browser, curl, the Action.
import type { App } from "../../src/server.ts";
import { type AppOptions, type TestApp, testApp } from "./app.ts";
import { listen } from "../../src/http/listener.ts";

export interface ServerRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
}

export interface ListeningApp extends TestApp {
  /** Where it listens, without a trailing slash. */
  readonly address: string;
  /** The address of its API. */
  readonly api: string;
  readonly requests: ServerRequest[];
  /** Answers of something before the server, to the next requests. */
  readonly planned: (() => Response | Promise<Response>)[];
}

/**
 * Makes an application and listens on a free port; dispose it to stop and remove all it has. `reports`:
 * with that host name for reports alone.
 */
export async function listeningApp(
  { reports, ...options }: AppOptions & { reports?: string } = {},
): Promise<ListeningApp> {
  const app = Promise.withResolvers<App>();
  const requests: ServerRequest[] = [];
  const planned: ListeningApp["planned"] = [];
  const server = listen(async (request, info) => {
    const url = URL.parse(request.url); // null where the Host header is no host
    requests.push({
      method: request.method,
      path: url?.pathname ?? "",
      query: Object.fromEntries(url?.searchParams ?? []),
      headers: Object.fromEntries(request.headers),
    });
    const answer = planned.shift();
    if (!answer) return await (await app.promise)(request, info);
    await request.bytes();
    return await answer();
  }, { host: "127.0.0.1", port: 0 });
  const { address } = server;
  const names = { publicUrl: address, reportsUrl: `http://${reports}:${new URL(address).port}` };
  const test = await testApp({
    ...options,
    config: { ...options.config, ...(reports ? names : {}) },
  });
  app.resolve(test.app);
  return {
    ...test,
    address,
    api: `${address}/coverages-api`,
    requests,
    planned,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await test[Symbol.asyncDispose]();
    },
  };
}
