/** Unpacks an archive that was taken before. */
import type { ByteStream } from "../http/byte_stream.ts";
import type { StagedReport } from "../reports/store.ts";
import { extract, type ExtractedReport } from "./extract.ts";
import { readArchive } from "./read_archive.ts";

/** The limits counted when it came, and may be lower now. */
const UNLIMITED = {
  maxReportBytes: Number.MAX_SAFE_INTEGER,
  maxReportFiles: Number.MAX_SAFE_INTEGER,
};

/** Throws what an upload of the archive would fail with. */
export async function unpack(archive: ByteStream, staged: StagedReport): Promise<ExtractedReport> {
  return await extract(readArchive(archive, UNLIMITED), staged, { ...UNLIMITED, names: [] });
}
