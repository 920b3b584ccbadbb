/** The version of this server, as `deno.json` has it. */
import configuration from "../deno.json" with { type: "json" };

export const version: string = configuration.version;
