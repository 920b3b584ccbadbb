/**
 * How many requests are answered in a second: badge and list against a handler that does nothing, a
 * file of a report against `serveDir` alone. wrk asks.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FIELDS } from "../../tests/support/fields.ts";
import { storedReports } from "../../tests/support/reports.ts";
import { type RunningServer, startServer } from "../../tests/support/server.ts";
import { listening, run, startWith } from "../support/server.ts";
import { median } from "../support/statistics.ts";
import { makeReport, pagePath, sendByCurl, SMALL } from "./report.ts";
import { type Section, withScratch } from "./section.ts";

const CONNECTIONS = 16;
const ROUNDS = 5;

export async function measureRequests(): Promise<Section> {
  return await withScratch("disk", async (folder) => {
    await using servers = new AsyncDisposableStack();
    const use = (server: RunningServer) =>
      servers.adopt(server, async () => void await server.stop("SIGTERM"));
    const yardstick = async (...folder: string[]) => {
      const script = fileURLToPath(new URL("./yardstick.ts", import.meta.url));
      return use(listening(await startServer({}, { args: ["run", "-A", script, ...folder] })));
    };
    const archive = await makeReport(folder, SMALL);
    const server = use(await startWith({ DATA_DIR: join(folder, "data") }));
    await sendByCurl(server.address, archive, { branch: "main" });
    const [report] = (await storedReports(join(folder, "data/reports"))).published;
    const empty = await yardstick();
    const files = await yardstick(join(folder, "data/reports", report!));

    const { org_name, repo_name } = FIELDS;
    const query = new URLSearchParams({ org_name: org_name!, repo_name: repo_name! });
    const own = `/coverages-api/reports/${report}/${pagePath(0)}`;
    const targets = [
      { what: "empty handler", of: 0, at: empty, path: "/" },
      { what: "badge", of: 0, at: server, path: `/coverages-api/badge?${query}&branch_name=main` },
      { what: "list of a repository", of: 0, at: server, path: `/coverages-api?${query}` },
      { what: "serveDir alone", of: 3, at: files, path: `/${pagePath(0)}` },
      { what: "file of a report", of: 3, at: server, path: own },
    ].map((target) => ({ ...target, rates: [] as number[] }));
    for (let round = -1; round < ROUNDS; round++) {
      for (const { at, path, rates } of targets) {
        const rate = await load(at.address, path);
        if (round >= 0) rates.push(rate); // the first is the warm-up
      }
    }
    const table = targets.map(({ what, of, rates }) => {
      const ratio = `${(100 * median(rates) / median(targets[of]!.rates)).toFixed(0)} %`;
      return { "": what, "a second": median(rates).toFixed(0), ratio, of: targets[of]!.what };
    });
    const title = `requests: ${CONNECTIONS} connections, medians of ${ROUNDS} seconds, in turn`;
    return { title, table, missed: [] };
  });
}

/** Answers a second, as wrk counts them. Throws at an answer that is not 200. */
async function load(address: string, path: string): Promise<number> {
  const said = await run(
    ...["wrk", "--threads", "1", "--connections", String(CONNECTIONS)] as const,
    ...["--duration", "1s", address + path],
  );
  if (said.includes("Non-2xx")) throw new Error(`${path} was not answered 200`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)![1]);
}
