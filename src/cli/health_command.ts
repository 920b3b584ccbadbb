/**
 * `health`: whether the server of these settings answers, for a container's health check, where
 * there is no curl.
 *
 * @module
 */
import { readEnvironment } from "../config.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";

const SECONDS = 10;

/** The command. */
export const healthCommand: Command = {
  usage: "",
  summary: "Asks the server of these settings whether it is well",
  async run() {
    const { host, port } = readEnvironment();
    // A server on all addresses is asked at the one that every machine has.
    const at = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    const address = `http://${at.includes(":") ? `[${at}]` : at}:${port}`;
    let answer: string;
    try {
      const signal = AbortSignal.timeout(SECONDS * 1000);
      const response = await fetch(`${address}/coverages-api/health`, { signal });
      answer = await response.text();
      if (!response.ok) throw new OperatorError(`${address} answers ${response.status}: ${answer}`);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(`${address} does not answer: ${(error as Error).message}`);
    }
    console.log(answer);
  },
};
