// Whether `pg_dump` and `psql` can be tested with the Postgres of the tests.
import { connect } from "../../src/db/connect.ts";

/** Why not; nothing where they can. */
export async function whyNoPgDump(): Promise<string | undefined> {
  const target = Deno.env.get("DATABASE_URL");
  if (!target) return "needs a Postgres at DATABASE_URL";
  const said = await new Deno.Command("pg_dump", { args: ["--version"] }).output()
    .then(({ stdout }) => new TextDecoder().decode(stdout), () => "");
  const client = Number(/\) (\d+)/.exec(said)?.[1] ?? 0);
  const sql = connect(target);
  const [row] = await sql<{ version: number }[]>`
    select current_setting('server_version_num')::int / 10000 as version`;
  await sql.end();
  if (client >= row!.version) return undefined;
  return `needs pg_dump ${row!.version} or later; this machine has ${client || "none"}`;
}
