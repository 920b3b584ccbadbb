/**
 * What the disk and the database must look like after every upload, whatever it held.
 *
 * @module
 */
import { join } from "node:path";
import type { Traps } from "./names.ts";
import { CANARY, type FuzzServer } from "./server.ts";

const REPORT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is out of place: something outside the reports, left in staging, or without a row. */
export async function diskProblems(server: FuzzServer, traps: Traps): Promise<string[]> {
  const problems: string[] = [];
  const expect = (what: string, actual: readonly string[], expected: readonly string[]) => {
    const [is, should] = [actual, expected].map((names) => JSON.stringify([...names].sort()));
    if (is !== should) problems.push(`${what} holds ${is}, not ${should}`);
  };
  expect("the folder above the parent", list(server.base), ["parent"]);
  expect("the parent of the reports folder", list(server.parent), ["canary", "reports"]);
  const canary = await Deno.readTextFile(join(server.parent, "canary"));
  if (canary !== CANARY) problems.push("the canary was written to");
  for (const path of traps.sprung()) problems.push(`${path} was made`);

  const staging = join(server.reports, ".staging");
  const [own] = list(staging).filter((name) => REPORT_ID.test(name));
  expect("staging", list(staging), [`${own}`, `${own}.lock`]);
  if (own) expect("the server's staging", list(join(staging, own)), []);

  const rows = await server.sql<{ report_id: string }[]>`
    select report_id from coverages where deleted_at is null`;
  expect("the reports folder", list(server.reports), [
    ".staging",
    ...rows.map(({ report_id }) => report_id),
  ]);
  return problems;
}

/** The files below a folder, relative to it; adds what is neither file nor folder to `problems`. */
export function walk(folder: string, problems: string[], prefix = ""): string[] {
  const files: string[] = [];
  for (const name of list(folder)) {
    const path = prefix + name;
    const info = Deno.lstatSync(join(folder, name));
    if (info.isDirectory) files.push(...walk(join(folder, name), problems, `${path}/`));
    else if (info.isFile) {
      files.push(path);
      if (info.nlink !== null && info.nlink !== 1) problems.push(`${path} has another link`);
      if (info.mode !== null && (info.mode & 0o7133) !== 0) {
        problems.push(`${path} has mode ${info.mode.toString(8)}`);
      }
    } else problems.push(`${path} is neither a file nor a folder`);
  }
  return files;
}

function list(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}
