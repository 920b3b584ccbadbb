/** What a credential allows, and the commit status by which its job learns how that ended. */
import { classify } from "../errors.ts";

export interface Target {
  readonly org_name: string;
  readonly repo_name: string;
  /** The commit that the job runs for. */
  readonly commit_hash?: string | undefined;
  /** Which GitHub knows the repository. */
  readonly github_api_url?: string | undefined;
}

export interface PendingStatus {
  /** Names the status: `coverage/go`. */
  readonly context: string;
  readonly description: string;
}

/** How a commit status ends after the work was done; `failure` where a gate of the job did not hold. */
export interface DoneStatus {
  readonly state: "success" | "failure";
  readonly description: string;
  readonly url?: string;
}

export type FinalStatus = DoneStatus | { readonly state: "error"; readonly description: string };

export interface Grant {
  /**
   * Who vouches for the repository: the address of its GitHub and, where the credential has it, a space
   * and the repository's number there. Undefined for upload tokens, which an operator vouches for.
   */
  readonly identity: string | undefined;
  /** Sets the commit status, where the credential can. Never throws. */
  setStatus(status: FinalStatus): Promise<void>;
}

/** A credential that is what it claims to be. */
export interface Credential {
  /**
   * Checks that it speaks for the repository. Throws 403 where it does not, 422 for a target that
   * cannot be, 429 or 503 where the issuer cannot answer now. Without a status it leaves no trace: the
   * request only reads.
   */
  authorize(target: Target, status?: PendingStatus): Promise<Grant>;
}

/** The grant of a credential that sets no commit status. */
export const PLAIN_GRANT: Grant = { identity: undefined, setStatus: () => Promise.resolve() };

/**
 * Does what was granted and sets the commit status: to what `describe` says of the result, or to the
 * sentence that the client gets. Throws what `classify` makes of a failure.
 */
export async function withCommitStatus<T>(
  grant: Grant,
  requestId: string,
  work: () => Promise<T>,
  describe: (result: T) => DoneStatus,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (cause) {
    const error = classify(cause, requestId);
    await grant.setStatus({ state: "error", description: error.message });
    throw error;
  }
  await grant.setStatus(describe(result));
  return result;
}
