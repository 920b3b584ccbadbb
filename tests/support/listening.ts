/**
 * An application that listens, for what cannot call it: a browser, curl.
 *
 * @module
 */
import type { App } from "../../src/server.ts";
import { type AppOptions, type TestApp, testApp } from "./app.ts";
import { listen } from "../../src/http/listener.ts";

export interface ListeningApp extends TestApp {
  /** Where it listens, without a trailing slash. */
  readonly address: string;
}

/**
 * Makes an application and listens on a free port; dispose it to stop and remove all it has. `reports`:
 * with that host name for reports alone.
 */
export async function listeningApp(
  { reports, ...options }: AppOptions & { reports?: string } = {},
): Promise<ListeningApp> {
  const app = Promise.withResolvers<App>();
  const server = listen(async (request, info) => (await app.promise)(request, info), {
    host: "127.0.0.1",
    port: 0,
  });
  const { port } = new URL(server.address);
  const names = { publicUrl: server.address, reportsUrl: `http://${reports}:${port}` };
  const test = await testApp({
    ...options,
    config: { ...options.config, ...(reports ? names : {}) },
  });
  app.resolve(test.app);
  return {
    ...test,
    address: server.address,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await test[Symbol.asyncDispose]();
    },
  };
}
