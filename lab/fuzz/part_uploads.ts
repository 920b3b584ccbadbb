/**
 * Mutated archives and coverage files, sent to the whole application.
 *
 * @module
 */
import { type Entry, goodReport, tar } from "../../tests/support/archive.ts";
import { answerProblems } from "./answer.ts";
import type { Corpus } from "./corpus.ts";
import { chooseDelivery } from "./delivery.ts";
import { diskProblems } from "./disk.ts";
import { KeptReport, uploadGood } from "./kept.ts";
import { archiveMutations } from "./mutate_archive.ts";
import { type Bytes, mutate } from "./mutation.ts";
import { packed } from "./mutate_gzip.ts";
import { xmlMutations } from "./mutate_xml.ts";
import { type Bench, runPart } from "./part.ts";
import { memory, openFiles } from "./process.ts";
import { Random } from "./random.ts";
import { type FuzzServer, startServer } from "./server.ts";

/** Runs between looks at the process. */
const LOOK_EVERY = 100;
/** File descriptors that may come on top of those at the start. */
const MORE_FILES = 20;
const BRANCHES = ["main", "develop", "feature/ü#1"];

/** Sends mutated archives, and good ones with mutated coverage files, by turns. */
export async function fuzzUploads(bench: Bench): Promise<void> {
  const { options, corpus, ledger, traps } = bench;
  if (options.only && options.only.part !== "uploads") return;
  await using server = await startServer();
  const good = corpus.archives.find(({ name }) => name === "js-nyc-gnu.tar.gz") ??
    corpus.archives[0]!;
  const kept = await KeptReport.upload(server, good);
  const make = inputs(corpus, archiveMutations(traps.token));
  const filesAtStart = openFiles();
  const startedAt = performance.now();

  const look = async () => {
    const files = openFiles();
    if (files !== undefined && files > filesAtStart! + MORE_FILES) {
      ledger.addProblem(`${files} files are open; at the start there were ${filesAtStart}`);
    }
    for (const problem of await kept.problems()) ledger.addProblem(problem);
    return `${files ?? "?"} open files (${filesAtStart ?? "?"} at the start), ${memory()} MiB`;
  };

  await runPart(bench, "uploads", { runs: options.runs, share: 0.5 }, async (iteration) => {
    const random = new Random(options.seed, "uploads", iteration);
    const { bytes, kinds, source, coverageFile } = make(iteration, random);
    const delivery = chooseDelivery(bytes, iteration, random);
    const send = async (branch_name: string) => {
      server.log.length = 0;
      const request = delivery.request({ branch_name, coverage_xml_file_name: coverageFile });
      const response = await server.app(request);
      const { status } = response;
      const problems = [
        ...await answerProblems(server, response, random),
        ...await diskProblems(server, traps),
        ...logProblems(server),
      ];
      return { status, problems };
    };
    const { status, problems } = await send(random.pick(BRANCHES));
    if (status !== 200 && iteration % 5 === 0 && !delivery.stalls) {
      const again = await send("kept");
      problems.push(...again.problems);
      if (again.status !== status) problems.push(`sent again it is answered ${again.status}`);
    }
    ledger.add({
      part: "uploads",
      iteration,
      kinds: [...kinds, delivery.kind],
      outcome: String(status),
      problems,
      input: bytes,
      source: `${source}, ${delivery.kind}, coverage file ${JSON.stringify(coverageFile)}`,
    });
    if (iteration % LOOK_EVERY === LOOK_EVERY - 1) {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`uploads: ${iteration + 1} runs in ${seconds} s, ${await look()}`);
    }
  });
  for (const problem of await uploadGood(server, good, "main")) ledger.addProblem(problem);
  for (const problem of await diskProblems(server, traps)) ledger.addProblem(problem);
  console.log(`uploads: at the end ${await look()}`);
}

/** Makes the input of a run: archives and coverage files in turn, each as often as the next. */
function inputs(corpus: Corpus, mutateArchive: ReturnType<typeof archiveMutations>) {
  return (iteration: number, random: Random) => {
    const turn = Math.floor(iteration / 2);
    if (iteration % 2 === 0) {
      const archive = corpus.archives[turn % corpus.archives.length]!;
      const path = random.pick(archive.coverageFiles);
      const coverageFile = random.oneIn(2) ? path : path.slice(path.lastIndexOf("/") + 1);
      return { ...mutateArchive(archive, random), source: archive.name, coverageFile };
    }
    const xml = corpus.xml[turn % corpus.xml.length]!;
    const { bytes, kinds } = mutate(xml.bytes, xmlMutations, random);
    return {
      bytes: packed(tar(reportWith(bytes, random))),
      kinds,
      source: xml.name,
      coverageFile: random.pick(["coverage.xml", "report/coverage.xml"]),
    };
  };
}

/** A good report but for its coverage file, which comes before, between or after the others. */
function reportWith(xml: Bytes, random: Random): Entry[] {
  const entries = goodReport([
    { name: "report/app.js.html", content: "<p>app</p>" },
    { name: "report/more/coverage.xml", content: "<deeper/>" },
  ]).filter(({ name }) => name !== "report/coverage.xml");
  const at = random.between(0, entries.length);
  return entries.toSpliced(at, 0, { name: "report/coverage.xml", content: xml });
}

/** An upload never fails for the server's own reasons, and what it supersedes is removed. */
function logProblems({ log }: FuzzServer): string[] {
  return log
    .filter(({ level, message }) => level === "error" || message.includes("could not be removed"))
    .map((record) => `the log says: ${Deno.inspect(record, { depth: 6 })}`);
}
