/**
 * The benchmarks: `deno task bench`, or some of them by name, `deno task bench upload memory`. Exits
 * with 1 when a bound is missed.
 *
 * @module
 */
import { measureDashboard } from "./dashboard.ts";
import { measureFiles } from "./files.ts";
import { measureLookups } from "./lookups.ts";
import { measureMemory } from "./memory.ts";
import { measureParallel } from "./parallel.ts";
import { measureRequests } from "./requests.ts";
import type { Section } from "./section.ts";
import { formatTable } from "./table.ts";
import { measureUpload } from "./upload.ts";

const sections: Readonly<Record<string, () => Promise<Section>>> = {
  upload: measureUpload,
  memory: measureMemory,
  lookups: measureLookups,
  parallel: measureParallel,
  requests: measureRequests,
  dashboard: measureDashboard,
  files: measureFiles,
};

/** Runs the named sections, or all; prints them and returns a sentence for each bound missed. */
export async function runSections(names: readonly string[]): Promise<string[]> {
  const unknown = names.filter((name) => !Object.hasOwn(sections, name));
  if (unknown.length > 0) {
    const known = Object.keys(sections).join(", ");
    throw new Error(`There is no section ${unknown.join(", ")}; there are ${known}.`);
  }
  const missed: string[] = [];
  for (const [name, measure] of Object.entries(sections)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const section = await measure();
    missed.push(...section.missed);
    console.log([section.title, "", formatTable(section.table), ...section.notes, ""].join("\n"));
  }
  return missed;
}

if (import.meta.main) {
  try {
    const missed = await runSections(Deno.args);
    if (missed.length > 0) console.error(`Missed: ${missed.join("; ")}.`);
    else console.log("Every bound is met.");
    Deno.exitCode = missed.length > 0 ? 1 : 0;
  } catch (error) {
    console.error(error);
    Deno.exitCode = 1;
  }
}
