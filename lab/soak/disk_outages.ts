/**
 * A disk that is full, or can no longer be written, below the reports or below all data.
 *
 * @module
 */
import { join } from "node:path";
import { type SmallDisk, smallDisk } from "../../tests/support/small_disk.ts";
import { fillUp } from "./ballast.ts";
import { outageMs, seeThrough } from "./outage.ts";
import { Postgres } from "./postgres.ts";
import { type Scenario, Skipped, type Soak } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { BUSY, FULL } from "./uploads.ts";
import { pause } from "./wait.ts";

/** Room for all that is uploaded, and for an embedded database. */
const DISK_MIB = 400;

/** Fills the disk of the reports, which is not that of the database. */
export const reportsFull: Scenario = async (soak) => {
  const disk = await mount(soak);
  const postgres = soak.keep(await Postgres.start());
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url, dataDir: join(disk.folder, "data") }),
    what: `the disk of the reports full for ${outageMs(soak) / 1000} s`,
    expected: FULL,
    happen: () => fillFor(disk, outageMs(soak)),
  });
};

/** Fills the disk of the reports and the embedded database. */
export const allFull: Scenario = async (soak) => {
  const disk = await mount(soak);
  return await seeThrough(soak, {
    subject: new Subject(soak, { dataDir: join(disk.folder, "data") }),
    what: `the disk of reports and embedded database full for ${outageMs(soak) / 1000} s`,
    expected: FULL,
    happen: () => fillFor(disk, outageMs(soak)),
  });
};

/** Makes the reports folder read-only. */
export const reportsReadOnly: Scenario = async (soak) => {
  const disk = await mount(soak);
  const postgres = soak.keep(await Postgres.start());
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url, dataDir: join(disk.folder, "data") }),
    what: `the reports folder read-only for ${outageMs(soak) / 1000} s`,
    expected: BUSY,
    leavesStaged: true,
    async happen() {
      await disk.writable(false);
      await pause(outageMs(soak));
      await disk.writable(true);
    },
  });
};

async function mount(soak: Soak): Promise<SmallDisk> {
  const disk = await smallDisk(DISK_MIB);
  if (!disk) throw new Skipped("no small disk may be mounted here");
  return soak.keep(disk);
}

async function fillFor(disk: SmallDisk, ms: number): Promise<void> {
  const ballast = await fillUp(disk.folder);
  await pause(ms);
  await ballast.remove();
}
