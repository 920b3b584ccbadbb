/**
 * The check of names: whatever passes stays below the report.
 *
 * @module
 */
import assert from "node:assert/strict";
import { isAbsolute, join, relative, win32 } from "node:path";
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
      assert(!isAbsolute(path) && !win32.isAbsolute(path), "the path is absolute");
      assert(!path.split(/[/\\]/).includes(".."), "the path has a segment ..");
      assert(!path.includes("\0"), "the path has a NUL");
      const below = relative("/root/report", join("/root/report", path));
      assert(!isAbsolute(below) && !/^\.\.(\/|$)/.test(below), "the path leads out");
      const root = "C:\\root\\report";
      const onWindows = win32.relative(root, win32.join(root, path));
      assert(!win32.isAbsolute(onWindows) && !/^\.\.([/\\]|$)/.test(onWindows), "on Windows");
      assert.equal(safePath(path), path, "the path is unsafe itself");
      return Promise.resolve("taken");
    }),
};
