/** The version of this server, as `deno.json` has it. */
import configuration from "../deno.json" with { type: "json" };

/** For instance `1.2.3`. */
export const version: string = configuration.version;
