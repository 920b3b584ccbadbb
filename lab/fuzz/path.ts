/** The check of names: whatever passes stays below the report. */
import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { safePath } from "../../src/archive/safe_path.ts";
import { HttpError } from "../../src/errors.ts";
import { hostileName } from "./names.ts";
import type { Target } from "./target.ts";

export const path: Target = {
  times: 20,
  run: (_, check) =>
    check(hostileName, (name) => {
      let path: string;
      try {
        path = safePath(name);
      } catch (error) {
        assert(error instanceof HttpError && error.status === 422, Deno.inspect(error));
        return Promise.resolve("refused");
      }
      assert(!path.split(/[/\\]/).includes(".."), "the path has a segment ..");
      assert(!path.includes("\0"), "the path has a NUL");
      for (
        const [{ isAbsolute, join, relative }, root] of [[posix, "/r"], [win32, "C:\\r"]] as const
      ) {
        const below = relative(root, join(root, path));
        const leadsOut = isAbsolute(path) || isAbsolute(below) || /^\.\.([/\\]|$)/.test(below);
        assert(!leadsOut, `the path leads out of ${root}`);
      }
      assert.equal(safePath(path), path, "the path is unsafe itself");
      return Promise.resolve("taken");
    }),
};
