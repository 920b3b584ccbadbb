import { readEnvironment } from "../config.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";

const SECONDS = 10;

export const healthCommand: Command = {
  summary: "Ask the running server whether it is healthy.",
  async run() {
    const { host, port } = readEnvironment();
    // A server on all addresses also listens on loopback.
    const at = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    const address = `http://${at.includes(":") ? `[${at}]` : at}:${port}`;
    const signal = AbortSignal.timeout(SECONDS * 1000);
    const [response, body] = await fetch(`${address}/coverages-api/health`, { signal })
      .then(async (response) => [response, await response.text()] as const)
      .catch((error) => {
        throw new OperatorError(`${address} does not answer: ${error.message}`);
      });
    if (!response.ok) throw new OperatorError(`${address} answers ${response.status}: ${body}`);
    console.log(body);
  },
};
