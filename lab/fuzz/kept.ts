/**
 * A branch with a good report that then gets only bad uploads: the report must not change.
 *
 * @module
 */
import { answerProblems, equal, get } from "./answer.ts";
import { type ArchiveInput, filesOf } from "./corpus.ts";
import { chooseDelivery } from "./delivery.ts";
import type { Bytes } from "./mutation.ts";
import { Random } from "./random.ts";
import type { FuzzServer } from "./server.ts";

/** The report of branch `kept`. */
export class KeptReport {
  private constructor(
    private readonly server: FuzzServer,
    private readonly files: ReadonlyMap<string, Bytes>,
  ) {}

  /** Uploads the good report. */
  static async upload(server: FuzzServer, archive: ArchiveInput): Promise<KeptReport> {
    const problems = await uploadGood(server, archive, "kept");
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return new KeptReport(server, await filesOf(archive.file));
  }

  /** What is no longer served, or not as it was in the archive. */
  async problems(): Promise<string[]> {
    const problems: string[] = [];
    for (const [path, bytes] of this.files) {
      const address = path.split("/").map(encodeURIComponent).join("/");
      const response = await get(
        this.server,
        `/coverages-api/assets/acme/shop/kept/go/archive/${address}`,
      );
      if (!equal(await response.bytes(), bytes) || response.status !== 200) {
        problems.push(`branch kept: ${path} is served otherwise than before (${response.status})`);
      }
    }
    return problems;
  }
}

/** Uploads an archive as it is; what is wrong with the answer, which must be a 200. */
export async function uploadGood(
  server: FuzzServer,
  archive: ArchiveInput,
  branch_name: string,
): Promise<string[]> {
  const random = new Random(0, branch_name);
  const response = await server.app(
    chooseDelivery(archive.file, 0, new Random(1)).request({
      branch_name,
      coverage_xml_file_name: archive.coverageFiles[0]!,
    }),
  );
  const { status } = response;
  const problems = await answerProblems(server, response, random);
  if (status !== 200) problems.push(`a good upload, ${archive.name}, is answered ${status}`);
  return problems;
}
