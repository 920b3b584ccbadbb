/**
 * What authorizing a request comes to.
 *
 * @module
 */

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
  | { readonly state: "success"; readonly description: string; readonly url: string | undefined }
  /** Refused or failed, and why. */
  | { readonly state: "error"; readonly description: string };

/** Somebody may change one repository. */
export interface Permit {
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
  permit(subject: Subject): Promise<Permit>;
}

/** The permit of those who need not be asked about. */
export const OPEN_PERMIT: Permit = { identity: undefined, conclude: () => Promise.resolve() };
