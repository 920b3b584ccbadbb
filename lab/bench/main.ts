/** `deno task bench`: speed and memory, as ratios. Ends with 1 where a bound is missed. */
import { readCommand } from "../support/options.ts";
import { measureMemory } from "./memory.ts";
import { measureRequests } from "./requests.ts";
import { measureUpload } from "./upload.ts";

const sections = { upload: measureUpload, memory: measureMemory, requests: measureRequests };
const USAGE = `Usage: deno task bench [section...]
Sections (default: all):
  upload    an upload of 3,000 files, against tar unpacking them
  memory    what the largest upload takes
  requests  badge, list and file, against servers that do nothing else; needs wrk`;

const { chosen } = readCommand(USAGE, sections, {});
const missed: string[] = [];
for (const [, measure] of chosen) {
  const section = await measure();
  missed.push(...section.missed);
  console.log(section.title);
  console.table(section.table);
}
console.log(missed.length > 0 ? `Missed: ${missed.join("; ")}.` : "Every bound is met.");
Deno.exit(missed.length > 0 ? 1 : 0);
