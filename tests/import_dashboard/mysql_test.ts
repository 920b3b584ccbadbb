import assert from "node:assert/strict";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { type DashboardRow, parseRow } from "../../tools/import_dashboard/rows.ts";
import { readRows } from "../../tools/import_dashboard/source.ts";
import { insertOf, tableOf } from "../support/dashboard_source.ts";

const MARIADB = "/usr/sbin/mariadbd";
const USER = "mysql"; // MariaDB refuses to run as root
const isThere = await Deno.stat(MARIADB).then(() => true, () => false);

/** Starts a MariaDB of the test's own, in a zone that is not UTC; returns its port. */
async function startMariadb(folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const asUser = (...command: string[]) => ["-u", USER, "--", ...command];
  const data = join(folder, "data");
  await Deno.chmod(folder, 0o777);
  const options = ["--no-defaults", `--datadir=${data}`];
  const { success, stderr } = await new Deno.Command("runuser", {
    args: asUser(
      "mariadb-install-db",
      ...options,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    ),
    stdout: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const port = freePort();
  const server = new Deno.Command("runuser", {
    args: asUser(
      MARIADB,
      ...options,
      `--socket=${join(folder, "socket")}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      "--default-time-zone=+09:00",
    ),
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = server.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("ready for connections");) {
    const { done, value } = await said.read();
    assert(!done, text);
    text += value;
  }
  return {
    port,
    async stop() {
      server.kill("SIGTERM");
      await said.cancel();
      await server.status;
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test({
  name: "rows of a MySQL are read like those of a SQLite file",
  ignore: !isThere,
  async fn() {
    const folder = await Deno.makeTempDir();
    const { port, stop } = await startMariadb(folder);
    try {
      const address = `mysql://root@127.0.0.1:${port}/dashboard`;
      const admin = await createConnection({ uri: `mysql://root@127.0.0.1:${port}` });
      await admin.query("create database dashboard character set utf8mb4");
      await admin.query("create user anc@'127.0.0.1' identified by 'pa:ss@1'");
      await admin.query("grant select on dashboard.* to anc@'127.0.0.1'");
      await admin.query("use dashboard");
      const rows = async (uri: string) => (await readRows(uri)).map(parseRow);
      await assert.rejects(rows(address), /cannot be read: Table 'dashboard\.coverages' doesn't/);
      await admin.query(tableOf("bigint auto_increment"));
      const now = "2022-04-25 09:30:00"; // at +09:00
      for (
        const row of [
          { commit_author: "李雷 🦕", deleted_at: now },
          { org_name: "ACME" },
          { repo_name: "other", branch_name: "feature/x", percentage: "100" },
          { repo_name: "..", percentage: "no number" },
        ]
      ) {
        const { statement, values } = insertOf({ created_at: now, updated_at: now, ...row });
        await admin.query(statement, values);
      }
      await admin.end();
      const [first, second, other, refused] = await rows(
        `mysql://anc:pa%3Ass%401@127.0.0.1:${port}/dashboard`,
      ) as DashboardRow[];
      const at = new Date("2022-04-25T00:30:00Z");
      assert.deepEqual(first, {
        id: 1,
        org_name: "acme",
        repo_name: "shop",
        branch_name: "main",
        commit_hash: "0123456789abcdef",
        commit_author: "李雷 🦕",
        language: "go",
        percentage: 33.03,
        created_at: at,
        updated_at: at,
        deleted_at: at,
      });
      assert.deepEqual([second!.org_name, second!.deleted_at], ["ACME", null]);
      assert.deepEqual([other!.branch_name, other!.percentage], ["feature/x", 100]);
      assert.match(String(refused), /^row 4 of "acme\/\.\.": repo_name is/);
      await assert.rejects(
        rows(`mysql://anc:wrong@127.0.0.1:${port}/dashboard`),
        /^OperatorError: The MySQL database cannot be read: Access denied for user 'anc'/,
      );
    } finally {
      await stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
