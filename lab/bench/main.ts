/** `deno task bench`: speed and memory, as ratios. Ends with 1 where a bound is missed. */
import { readCommand } from "../support/options.ts";
import { measureMemory } from "./memory.ts";
import { measureUpload } from "./upload.ts";

const sections = { upload: measureUpload, memory: measureMemory };
const USAGE = `Usage: deno task bench [section...]
Sections (default: all):
  upload    an upload of 3,000 files, against tar unpacking them
  memory    what the largest upload takes`;

const { chosen } = readCommand(USAGE, sections, {});
const missed: string[] = [];
for (const [name, measure] of chosen) {
  const { title, rows } = await measure();
  console.log(title);
  console.table(rows.map(({ cells, value, most, unit }) => {
    const isMet = value <= most;
    if (!isMet) missed.push(`${name}: ${Object.values(cells)[0]}`);
    const measured = { measured: `${value.toFixed(2)} ${unit}`, bound: `≤ ${most} ${unit}` };
    return { ...cells, ...measured, result: isMet ? "ok" : "MISSED" };
  }));
}
console.log(missed.length > 0 ? `Missed: ${missed.join("; ")}.` : "Every bound is met.");
Deno.exit(missed.length > 0 ? 1 : 0);
