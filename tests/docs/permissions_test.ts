import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { variableNames } from "../../src/config.ts";
import { goodReport, tar } from "../support/archive.ts";
import { withFolder } from "../support/folder.ts";
import { startServer, uploadTo } from "../support/server.ts";

const document = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));
const section = document.split("\n### Permissions\n")[1]!.split("\n### ")[0]!;
/** The documented command, as a shell splits it. */
const [command, ...args] = /^```sh\n([^]*?)^```$/m.exec(section)![1]!
  .replaceAll("\\\n", " ").replaceAll('"', "").trim().split(/ +/);
const database = Deno.env.get("DATABASE_URL");

Deno.test("the documented permissions name every setting", () => {
  const patterns = args.filter((arg) => arg.startsWith("--allow-env="))
    .flatMap((arg) => arg.split("=")[1]!.split(","));
  const isAllowed = (name: string) =>
    patterns.some((pattern) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern
    );
  assert.deepEqual(variableNames.filter((name) => !isAllowed(name)), []);
});

Deno.test({
  name: "the server stores and serves a report with the documented permissions for a Postgres",
  ignore: !database || Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      assert.equal(command, "deno");
      const postgres = new URL(database!);
      const server = await startServer({ DATABASE_URL: database!, DATA_DIR: folder }, {
        args: args.map((arg) =>
          arg.replaceAll("db:5432", `${postgres.hostname}:${postgres.port || 5432}`)
            .replaceAll(":3000", ":0")
            .replaceAll("/srv/coverage-server", fileURLToPath(new URL("../..", import.meta.url)))
            .replaceAll("/var/lib/coverage-server", folder)
        ),
        cwd: folder,
      });
      assert("stop" in server, "output" in server ? String(server.output) : "");
      const { coverage } = await uploadTo(server, tar(goodReport()));
      assert.match(await (await fetch(coverage.report_url)).text(), /<h1/);
      for (const path of ["/coverages-ui", "/coverages-api/docs", "/coverages-api/health"]) {
        const page: Response = await fetch(`${server.address}${path}`);
        await page.body?.cancel();
        assert.equal(page.status, 200, path);
      }
      assert.equal((await server.stop("SIGTERM")).code, 0);
    }),
});
