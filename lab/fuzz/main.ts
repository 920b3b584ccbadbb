/**
 * The fuzzer: mutates every archive of `test_data/` and every coverage file in them, exports and
 * more, and checks that the server refuses or reads each, and nothing else. Ends with 1 after any
 * failure.
 *
 * @module
 */
import { join } from "node:path";
import { readCorpus } from "./corpus.ts";
import { Ledger } from "./ledger.ts";
import { Traps } from "./names.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { fuzzArchives } from "./part_archive.ts";
import { fuzzCredentials } from "./part_credential.ts";
import { fuzzCoverage } from "./part_coverage.ts";
import { fuzzPaths } from "./part_path.ts";
import { fuzzUploads } from "./part_uploads.ts";
import { memory, openFiles } from "./process.ts";

async function fuzz(options: Options): Promise<boolean> {
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  const ledger = new Ledger(options.seed, join(temporary, "coverage-fuzz-failures"));
  // Such a rejection would end a server.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    ledger.addProblem(`a rejection was not handled: ${Deno.inspect(event.reason)}`);
  });
  const corpus = await readCorpus();
  const { runs, seed, seconds } = options;
  console.log(`seed ${seed}, ${runs} uploads, at most ${seconds} s`);
  console.log(`${corpus.archives.length} archives, ${corpus.xml.length} coverage files`);
  const bench = { options, corpus, ledger, traps: new Traps(seed, temporary) };
  await fuzzPaths(bench);
  await fuzzCredentials(bench);
  await fuzzCoverage(bench);
  await fuzzArchives(bench);
  await fuzzUploads(bench);
  for (const part of ["path", "credential", "coverage", "archive", "uploads"]) {
    console.log(`\n${ledger.table(part)}`);
  }
  console.log(`\n${openFiles() ?? "?"} open files, ${memory()} MiB of memory`);
  console.log(`${ledger.passed} passed, ${ledger.failed} failed`);
  return ledger.failed === 0;
}

function optionsOrUsage(): Options {
  try {
    return readOptions(Deno.args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    Deno.exit(2);
  }
}

try {
  Deno.exit(await fuzz(optionsOrUsage()) ? 0 : 1);
} catch (error) {
  console.error(error);
  Deno.exit(1);
}
