// Git repositories of a test's own.
import { dirname, join } from "node:path";

export interface GitRepository extends AsyncDisposable {
  readonly folder: string;
  /** Runs git there; returns what it printed. Throws where it fails. */
  run(...args: string[]): Promise<string>;
  write(files: Record<string, string>): Promise<void>;
  remove(...paths: string[]): Promise<void>;
  /** Commits everything; returns the commit's hash. */
  commit(message: string): Promise<string>;
}

/** A repository with a commit of these files on `main`. */
export async function repository(files: Record<string, string>): Promise<GitRepository> {
  const folder = await Deno.makeTempDir({ prefix: "git-test-" });
  const run = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=ada", "-c", "user.email=ada@example.com", ...args],
      cwd: folder,
      // Nothing of the machine's own settings.
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    }).output();
    if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  };
  const git: GitRepository = {
    folder,
    run,
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
        await Deno.writeTextFile(join(folder, path), content);
      }
    },
    async remove(...paths) {
      for (const path of paths) await Deno.remove(join(folder, path), { recursive: true });
    },
    async commit(message) {
      await run("add", "-A");
      await run("commit", "-qm", message);
      return (await run("rev-parse", "HEAD")).trim();
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
  await run("init", "-q", "-b", "main");
  await git.write(files);
  await git.commit("first");
  return git;
}
