/** What a section of the benchmarks gives, and where servers of it have their data. */
export interface Section {
  readonly title: string;
  /** Rows of cells with their units. */
  readonly table: Record<string, string>[];
  /** A sentence for each bound that was missed. */
  readonly missed: string[];
}

/** The cells of a bound and whether it holds; a miss is added to `missed`. */
export function checkBound(
  missed: string[],
  { what, value, most, unit }: { what: string; value: number; most: number; unit: string },
): { bound: string; result: string } {
  const bound = `≤ ${most}${unit}`;
  if (value <= most) return { bound, result: "ok" };
  missed.push(`${what} is ${value.toFixed(2)}${unit}, at most ${most}${unit} is allowed`);
  return { bound, result: "MISSED" };
}

/** Has a folder while something is done in it. */
export async function withScratch<T>(
  where: "disk" | "memory",
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const dir = where === "memory" ? { dir: "/dev/shm" } : {};
  const folder = await Deno.makeTempDir({ prefix: "coverage-bench-", ...dir });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
