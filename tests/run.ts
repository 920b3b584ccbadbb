/**
 * Runs the tests: `deno task test [arguments of deno test]`. They share a database that is made here,
 * of the Postgres at `DATABASE_URL` or an embedded one, and removed at the end. The embedded one runs
 * in this process rather than theirs, because its timers would look like leaks of whichever test
 * they fire in.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { connect } from "../src/db/connect.ts";
import { startEmbedded } from "../src/db/embedded.ts";

const server = Deno.env.get("DATABASE_URL");
const database = server ? await createDatabase(server) : await startEmbedded();
const given = Deno.args.length > 0 ? Deno.args : ["tests/"];
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "--no-prompt", "-A", "--sanitize-ops", "--sanitize-resources", ...given],
  cwd: fileURLToPath(new URL("../", import.meta.url)),
  env: { TEST_DATABASE: JSON.stringify(database.options) },
}).spawn().status;
await database.close();
Deno.exit(code);

async function createDatabase(server: string) {
  const admin = connect(server);
  const name = `coverage_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    options: url.href,
    async close() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 5 });
    },
  };
}
