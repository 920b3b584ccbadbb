/**
 * `version`: which version this is.
 *
 * @module
 */
import { version } from "../version.ts";
import type { Command } from "./command.ts";

/** The command. */
export const versionCommand: Command = {
  usage: "",
  summary: "Says which version this is",
  run() {
    console.log(`coverage-server ${version}`);
    return Promise.resolve();
  },
};
