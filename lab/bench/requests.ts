/**
 * How many requests are answered in a second.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgram } from "./program.ts";
import { makeReport, run, SMALL_REPORT } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import type { Section } from "./section.ts";
import { language, repository, sendByCurl } from "./send.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";
import { cpuSecondsOf } from "./usage.ts";

const LOOPS = 16;
const ROUNDS = 3;
/** Of a round; of every address together with the rounds: 3 seconds. */
const ROUND_SECONDS = 1;
/** What the asset's length is to be close to. */
const ASSET_BYTES = 14_000;
const REQUEST_MS = 30_000;
const BRANCH = "main";

/** Asks the server and one that does nothing, in turn. */
export async function measureRequests(): Promise<Section> {
  await using scratch = await makeScratch();
  const report = await makeReport(scratch.folder, SMALL_REPORT);
  await using server = await startServer(join(scratch.folder, "data"));
  const emptyScript = fileURLToPath(new URL("./empty.ts", import.meta.url));
  await using empty = await startProgram(["run", "--allow-net", emptyScript], {
    env: {},
    readyPath: "/",
  });
  await sendByCurl(server.address, {
    archive: report.archive,
    branch: BRANCH,
    coverageFile: "jacoco.xml",
    as: "body",
  });
  const asset = await findAsset(report.archive, server.address);
  const badge = new URLSearchParams({ ...repository, branch_name: BRANCH });
  const targets = [
    { what: "empty handler", url: empty.address, pid: empty.pid },
    { what: "badge", url: `${server.address}/coverages-api/badge?${badge}`, pid: server.pid },
    {
      what: "list of a repository",
      url: `${server.address}/coverages-api?${new URLSearchParams(repository)}`,
      pid: server.pid,
    },
    { what: `asset of ${asset.bytes} bytes`, url: asset.url, pid: server.pid },
  ].map((target) => ({ ...target, rates: [] as number[], cpu: [] as (number | undefined)[] }));

  for (let round = -1; round < ROUNDS; round++) {
    for (const target of targets) {
      const before = await cpuSecondsOf(target.pid);
      const answered = await load(target.url);
      const after = await cpuSecondsOf(target.pid);
      if (round < 0) continue; // the first is the warm-up
      target.rates.push(answered / ROUND_SECONDS);
      target.cpu.push(
        before === undefined || after === undefined ? undefined : (after - before) / answered,
      );
    }
  }
  const most = median(targets[0]!.rates);
  return {
    title: `requests: ${LOOPS} in flight, ${ROUNDS * ROUND_SECONDS} seconds each, in turn`,
    table: [
      ["", "requests a second", "of the empty handler", "server CPU a request"],
      ...targets.map(({ what, rates, cpu }) => [
        what,
        median(rates).toFixed(0),
        `${(median(rates) / most * 100).toFixed(0)} %`,
        cpu.every((seconds) => seconds !== undefined)
          ? `${(median(cpu) * 1000).toFixed(3)} ms`
          : "not measured here",
      ]),
    ],
    notes: [],
    missed: [],
  };
}

/** How many requests are answered in a round; throws at the first that is not answered 200. */
async function load(url: string): Promise<number> {
  let answered = 0;
  const until = performance.now() + ROUND_SECONDS * 1000;
  await Promise.all(Array.from({ length: LOOPS }, async () => {
    while (performance.now() < until) {
      const response = await fetch(url);
      await response.bytes();
      if (response.status !== 200) throw new Error(`${url} was answered ${response.status}`);
      answered++;
    }
  }));
  return answered;
}

/** The page of the report whose length comes closest to what is wanted. */
async function findAsset(
  archive: string,
  address: string,
): Promise<{ url: string; bytes: number }> {
  const paths = (await run("tar", ["-tzf", archive])).split("\n").filter((path) =>
    path.endsWith(".html")
  );
  const { org_name, repo_name } = repository;
  const pages = await Promise.all(paths.map(async (path) => {
    const url =
      `${address}/coverages-api/assets/${org_name}/${repo_name}/${BRANCH}/${language}/archive/${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    const { byteLength } = await response.bytes();
    if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
    return { url, bytes: byteLength };
  }));
  const distance = ({ bytes }: { bytes: number }) => Math.abs(bytes - ASSET_BYTES);
  return pages.reduce((best, page) => distance(page) < distance(best) ? page : best);
}
