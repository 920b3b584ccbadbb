/** `kill -9` at random moments of uploads. */
import { storedReports } from "../../tests/support/reports.ts";
import { pause } from "../support/server.ts";
import { Postgres } from "./postgres.ts";
import { type Outcome, type Scenario, Server, type Soak } from "./scenario.ts";
import { Uploads } from "./uploads.ts";
import { verify } from "./verify.ts";

/** A kill comes at any moment of so long a time of uploads, as likely as at any other. */
const UPLOADING_MS = 1500;

export const kills: Record<string, Scenario> = {
  "kills-embedded": (soak) => kill(soak, ""),
  "kills-postgres": async (soak) => kill(soak, soak.used.use(await Postgres.make()).url),
};

async function kill(soak: Soak, DATABASE_URL: string): Promise<Outcome> {
  // Reports of superseded uploads are kept as well, and expire, while the server is killed.
  const server = new Server(soak, { DATABASE_URL, KEEP_SUPERSEDED: "2" });
  const uploads = new Uploads();
  await server.start();
  await uploads.sendMany(server.address, 10);
  let halfWay = 0;
  const problems: string[] = [];
  for (let kill = 0; kill < soak.kills && problems.length === 0; kill++) {
    const stream = uploads.continuously(server.address);
    await pause(Math.random() * UPLOADING_MS);
    await server.process.stop("SIGKILL");
    await stream.stop();
    halfWay += (await storedReports(server.reports)).staged.length;
    await server.start();
    problems.push(...await verify(server, uploads));
  }
  return {
    did: `${soak.kills} kills, ${halfWay} reports left half unpacked; ${uploads.summary}`,
    problems: [...uploads.problems, ...problems],
  };
}
