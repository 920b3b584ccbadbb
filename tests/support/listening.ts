/**
 * An application that listens, for what cannot call it: a browser, curl.
 *
 * @module
 */
import { type AppOptions, type TestApp, testApp } from "./app.ts";
import { listen } from "../../src/http/listener.ts";

export interface ListeningApp extends TestApp {
  /** Where it listens, without a trailing slash. */
  readonly address: string;
}

/** Makes an application and listens on a free port; dispose it to stop and remove all it has. */
export async function listeningApp(options: AppOptions = {}): Promise<ListeningApp> {
  const test = await testApp(options);
  const server = listen(test.app, { host: "127.0.0.1", port: 0 });
  return {
    ...test,
    address: server.address,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await test[Symbol.asyncDispose]();
    },
  };
}
