/** What git knows of a checkout: the commit, and the diff that belongs to it. */
import type { Job } from "./ci_systems.ts";

const MAX_DIFF_BYTES = 50_000_000;
const FETCH_MS = 10 * 60_000;

export interface Change {
  readonly base_commit?: string;
  readonly diff?: Uint8Array<ArrayBuffer>;
  /** Why there is no diff. */
  readonly reason?: string;
}

interface Printed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
}

/** Whether it is a whole hash, and not a branch. */
export function isHash(text: string | undefined): boolean {
  return text !== undefined && /^[0-9a-f]{40,64}$/.test(text);
}

/** A folder that may be in a checkout. Everything is undefined where git fails. */
export class Checkout {
  readonly #args: readonly string[];
  /** Why git failed last. */
  #failure = "";

  /** In a container the checkout of a CI job belongs to another user, which git refuses otherwise. */
  constructor(folder: string, { isTrusted }: { isTrusted: boolean }) {
    this.#args = ["-C", folder, ...(isTrusted ? ["-c", "safe.directory=*"] : [])];
  }

  async #run(args: readonly string[]): Promise<Printed | undefined> {
    try {
      const { success, stdout, stderr } = await new Deno.Command("git", {
        args: [...this.#args, ...args],
        env: { GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
        stdin: "null",
        signal: AbortSignal.timeout(FETCH_MS),
      }).output();
      const decoder = new TextDecoder();
      if (success) return { bytes: stdout, text: decoder.decode(stdout).trim() };
      const [first] = decoder.decode(stderr).trim().split("\n");
      this.#failure = first || `git ${args[0]} found nothing`;
    } catch (error) {
      // It is not installed, or --allow-run is not given.
      this.#failure = (error as Error).message;
    }
  }

  async #text(...args: string[]): Promise<string | undefined> {
    return (await this.#run(args))?.text || undefined;
  }

  head = () => this.#text("rev-parse", "--verify", "HEAD");
  branch = () => this.#text("branch", "--show-current");
  remote = () => this.#text("remote", "get-url", "origin");
  author = (commit: string) => this.#text("show", "--no-patch", "--format=%an", commit);

  async defaultBranch(): Promise<string | undefined> {
    const ref = await this.#text("symbolic-ref", "--short", "refs/remotes/origin/HEAD");
    return ref?.replace(/^origin\//, "");
  }

  /** Undefined also where history was rewritten: a branch may have been reset to an older commit. */
  async time(commit: string, before: string | undefined): Promise<string | undefined> {
    if (!await this.#has(commit)) return;
    if (before && !await this.#run(["merge-base", "--is-ancestor", before, commit])) return;
    return await this.#text("show", "--no-patch", "--format=%cI", commit);
  }

  /** The change that ends in the commit. `base` is a branch or a commit. */
  async change(
    { commit, base, base_commit }: Pick<Job, "base_commit"> & {
      readonly commit: string;
      readonly base: string | undefined;
    },
  ): Promise<Change> {
    const head = await this.head();
    if (head === undefined) return { reason: this.#failure };
    let from = base_commit;
    if (head !== commit) {
      // CI systems test the merge of a pull request's head with its base: the lines are the merge's.
      const parents = await this.#parents();
      if (parents.length !== 2 || !parents.includes(commit)) {
        return { reason: `The checkout is at ${head.slice(0, 8)}, not at ${commit.slice(0, 8)}.` };
      }
      from = parents.find((parent) => parent !== commit)!;
    }
    if (from === undefined && base === undefined) {
      return { reason: "Nothing says where the change begins; --base does." };
    }
    if (from === undefined || !await this.#has(from)) from = await this.#mergeBase(base, head);
    if (from === undefined) {
      const reason = `git does not know where the change begins (${this.#failure}); ` +
        "a full clone has all that is needed.";
      return { reason };
    }
    const printed = await this.#run([
      ...["-c", "diff.relative=false", "diff", "--unified=0", "--find-renames", "--no-color"],
      ...["--no-ext-diff", "--no-textconv", "--submodule=short"],
      ...["--src-prefix=a/", "--dst-prefix=b/", from, head, "--"],
    ]);
    if (printed && printed.bytes.byteLength <= MAX_DIFF_BYTES) {
      return { base_commit: from, diff: printed.bytes };
    }
    const reason = printed ? `The diff has more than ${MAX_DIFF_BYTES} bytes.` : this.#failure;
    return { base_commit: from, reason };
  }

  /** git hides the parents of a shallow commit; the commit itself names them. */
  async #parents(): Promise<string[]> {
    const [head] = (await this.#text("cat-file", "commit", "HEAD"))?.split("\n\n") ?? [];
    return [...head?.matchAll(/^parent (\S+)$/gm) ?? []].map(([, parent]) => parent!);
  }

  async #isShallow(): Promise<boolean> {
    return await this.#text("rev-parse", "--is-shallow-repository") === "true";
  }

  /** Whether the commit is there. A shallow clone fetches it, without its history. */
  async #has(commit: string): Promise<boolean> {
    if (await this.#run(["cat-file", "-e", `${commit}^{commit}`])) return true;
    return await this.#isShallow() && await this.#fetch(["--depth=1"], commit);
  }

  /** The history of a shallow clone may lack the merge base and have an older one. */
  async #mergeBase(base: string | undefined, head: string): Promise<string | undefined> {
    if (base === undefined) return;
    const ref = isHash(base) ? base : `refs/remotes/origin/${base}`;
    const isShallow = await this.#isShallow();
    const isThere = await this.#run(["cat-file", "-e", `${ref}^{commit}`]);
    if (isShallow || !isThere) {
      const what = isHash(base) ? base : `+refs/heads/${base}:${ref}`;
      if (!await this.#fetch(isShallow ? ["--unshallow"] : [], what)) return;
    }
    return await this.#text("merge-base", ref, head);
  }

  async #fetch(options: readonly string[], what: string): Promise<boolean> {
    const quiet = ["--quiet", "--no-tags", "--no-recurse-submodules"];
    return await this.#run(["fetch", ...quiet, ...options, "origin", what]) !== undefined;
  }
}
