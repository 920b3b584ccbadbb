// What is on disk.
import { join } from "node:path";

/** The files and folders below a folder, sorted, folders with a slash at their end. */
export async function tree(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.isDirectory) paths.push(entry.name);
    else {
      paths.push(`${entry.name}/`);
      const below = await tree(join(folder, entry.name));
      paths.push(...below.map((path) => `${entry.name}/${path}`));
    }
  }
  return paths.sort();
}

/** The published reports in a reports folder, and the staged ones; asserting on both is how to find orphans. */
export async function storedReports(
  reports: string,
): Promise<{ published: string[]; staged: string[] }> {
  const ids = new Set<string>(); // of their folders and of their lines
  for await (const { name } of Deno.readDir(reports)) {
    if (!name.startsWith(".")) ids.add(name.replace(/(\.union)?\.lines$/, ""));
  }
  const published = [...ids];
  const staged = (await tree(join(reports, ".staging"))).filter((path) =>
    /^[^/]+\/[^/]+\/$/.test(path)
  );
  return { published, staged };
}
