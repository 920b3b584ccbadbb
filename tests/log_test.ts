import assert from "node:assert/strict";
import { createLog } from "../src/log.ts";

/** What a log writes. */
async function written(
  work: (log: Awaited<ReturnType<typeof createLog>>) => void,
): Promise<{ output: string; errors: string }> {
  const { stdout, stderr } = Deno;
  const texts = { output: "", errors: "" };
  const collect = (stream: typeof stdout, to: keyof typeof texts) => {
    const { writeSync } = stream;
    // A pipe takes as much as it has room for.
    stream.writeSync = (bytes) => {
      const some = bytes.subarray(0, 7);
      texts[to] += new TextDecoder().decode(some);
      return some.length;
    };
    return { [Symbol.dispose]: () => void (stream.writeSync = writeSync) };
  };
  using _output = collect(stdout, "output");
  using _errors = collect(stderr as typeof stdout, "errors");
  work(await createLog({ level: "info", format: "text" }));
  return texts;
}

Deno.test("a line of the log shows what a terminal would act on, or show in another order", async () => {
  const { output } = await written((log) =>
    log.info("upload stored", { branch: "a\u202etxt\u2066b\u200f\u001b[2K\u0085\ufeff" })
  );
  assert.match(output, /branch="a\\u202etxt\\u2066b\\u200f\\u001b\[2K\\u0085\\ufeff"\n$/);
});

Deno.test("warnings and errors go to the standard error, whole lines each", async () => {
  const { output, errors } = await written((log) => {
    log.info("one");
    log.warn("two");
    log.debug("three");
    log.error("four", { error: new Error("five") });
  });
  assert.match(output, /^\S+ INF one\n$/);
  assert.match(errors, /^\S+ WRN two\n\S+ ERR four error="Error: five[^\n]*\n$/);
});
