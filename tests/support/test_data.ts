// The archives in `test_data/`, made by real tools.

const folder = new URL("../../test_data/", import.meta.url);

/** A row of the manifest: what a coverage file of an archive holds, as its tool said. */
export interface Sample {
  archive: string;
  coverage_file: string;
  /** `malformed` where the tool wrote what is not XML. */
  format: string;
  /** NaN where there is no number, as for the two that follow. */
  lines_covered: number;
  lines_valid: number;
  percentage: number;
  index: string;
}

export async function readArchiveFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(archivePath(name));
}

export function archivePath(name: string): URL {
  return new URL(name, folder);
}

export async function samples(): Promise<Sample[]> {
  const text = await Deno.readTextFile(new URL("MANIFEST.tsv", folder));
  return text.trim().split("\n").slice(1).map((line) => {
    const [archive, coverage_file, format, covered, valid, percentage, index] = line.split("\t");
    return {
      archive: archive!,
      coverage_file: coverage_file!,
      format: format!,
      lines_covered: Number(covered),
      lines_valid: Number(valid),
      percentage: Number(percentage),
      index: index!,
    };
  });
}
