// pack.mjs ARCHIVE: packs the folder coverage with the npm package tar.
// `portable` leaves out the owner's name and the times that differ from run to run.
import { create } from "tar";

await create({ file: process.argv[2], gzip: true, portable: true }, ["coverage"]);
