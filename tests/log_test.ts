import assert from "node:assert/strict";
import { createLog } from "../src/log.ts";

Deno.test("a line of the log shows what a terminal would act on, or show in another order", async () => {
  const lines: unknown[] = [];
  const { info } = console;
  console.info = (...line: unknown[]) => void lines.push(...line);
  try {
    const log = await createLog({ level: "info", format: "text" });
    log.info("upload stored", { branch: "a\u202etxt\u2066b\u200f\u001b[2K\u0085\ufeff" });
  } finally {
    console.info = info;
  }
  const line = lines.join("");
  assert.match(line, /branch="a\\u202etxt\\u2066b\\u200f\\u001b\[2K\\u0085\\ufeff"/);
});
