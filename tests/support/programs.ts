import { join } from "node:path";

/** The path of a program that this machine has. */
export function pathOf(program: string): string | undefined {
  return (Deno.env.get("PATH") ?? "").split(":").map((folder) => join(folder, program))
    .find(isFile);
}

export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
