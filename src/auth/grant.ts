/**
 * What authorizing a request comes to.
 *
 * @module
 */
import { HttpError } from "../errors.ts";

/** What a request wants to change; the fields are as given, and checked where they are needed. */
export interface Subject {
  /** The account. */
  readonly org_name?: string | undefined;
  /** The repository. */
  readonly repo_name?: string | undefined;
  /** The commit that the job runs for. */
  readonly commit_hash?: string | undefined;
  /** Which GitHub knows the repository. */
  readonly github_api_url?: string | undefined;
  /** Names what is done, for the commit's status: `coverage/go`. */
  readonly context: string;
  /** Says that it has begun. */
  readonly beginning: string;
}

/** How what was permitted has ended. */
export type Outcome =
  /** Done: what came of it in a few words, and a page about it. */
  | { readonly state: "success"; readonly description: string; readonly url?: string }
  /** Refused or failed, and why. */
  | { readonly state: "error"; readonly description: string };

/** Somebody may change one repository. */
export interface Grant {
  /** Who the repository is to the issuer of the credential; nothing where that says only a name. */
  readonly identity: string | undefined;
  /** Tells whoever waits for it how it has ended. Never throws. */
  conclude(outcome: Outcome): Promise<void>;
}

/** A credential that is what it claims to be. */
export interface Credential {
  /**
   * Makes sure that it speaks for a repository. Throws 403 where it does not, 422 for a subject that
   * cannot be, 429 or 503 where whoever knows cannot say at the moment.
   */
  grant(subject: Subject): Promise<Grant>;
}

/** The grant of those who need not be asked about. */
export const OPEN_GRANT: Grant = { identity: undefined, conclude: () => Promise.resolve() };

/**
 * Does what was permitted, and tells how it has ended: in the words of `told`, or why it was refused.
 * Of a bug whoever looks there learns nothing.
 */
export async function withCommitStatus<T>(
  grant: Grant,
  work: () => Promise<T>,
  told: (done: T) => { description: string; url?: string },
): Promise<T> {
  let done: T;
  try {
    done = await work();
  } catch (error) {
    const description = error instanceof HttpError ? error.message : "The coverage server failed.";
    await grant.conclude({ state: "error", description });
    throw error;
  }
  await grant.conclude({ state: "success", ...told(done) });
  return done;
}
