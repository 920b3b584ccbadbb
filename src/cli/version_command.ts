import { version } from "../version.ts";
import type { Command } from "./command.ts";

export const versionCommand: Command = {
  summary: "Print the version.",
  run() {
    console.log(`coverage-server ${version}`);
  },
};
