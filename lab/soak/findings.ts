/**
 * Everything that is looked at after something bad was done to a server.
 *
 * @module
 */
import { judgeAnswers, judgeFolders, judgeStaging, judgeStored, type Verdict } from "./judge.ts";
import type { Subject } from "./subject.ts";
import type { Uploads } from "./uploads.ts";

/** What must be gone: reports that were never finished, and folders that no row points at. */
export interface Gone {
  /** Those that were never finished. */
  readonly staged: boolean;
  /** Folders without a row. */
  readonly orphans: boolean;
}

/**
 * Looks at the database, the disk and the answers of a server that has nothing to do. Where it does
 * not answer any more, that is what is found.
 */
export async function find(
  subject: Subject,
  uploads: Uploads,
  gone: Gone,
): Promise<Verdict> {
  try {
    return await look(subject, uploads, gone);
  } catch (error) {
    const log = subject.program.printed();
    return { lost: 0, problems: [`${Deno.inspect(error)}\nThe server's log ends:\n${log}`] };
  }
}

async function look(
  subject: Subject,
  uploads: Uploads,
  gone: Gone,
): Promise<Verdict> {
  const { reports, address } = subject;
  return await subject.look(async (sql) => {
    const stored = await judgeStored({
      sql,
      reports,
      sent: uploads.sent,
      acknowledged: uploads.acknowledged,
    });
    return {
      lost: stored.lost,
      problems: [
        ...stored.problems,
        ...gone.staged ? await judgeStaging(reports) : [],
        ...gone.orphans ? await judgeFolders({ sql, reports }) : [],
        ...await judgeAnswers(address, { sql, sent: uploads.sent }),
      ],
    };
  });
}
