import assert from "node:assert/strict";
import { CAN_ASK } from "./support/server.ts";
import { commandOf } from "./support/task.ts";

Deno.test({
  name: "the demo shows a dashboard and removes its files",
  ignore: !CAN_ASK,
  async fn() {
    const temporary = await Deno.makeTempDir();
    const demo = new Deno.Command(Deno.execPath(), {
      ...await commandOf("demo"),
      env: { TMPDIR: temporary, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    try {
      let output = "";
      for await (const text of demo.stdout.pipeThrough(new TextDecoderStream())) {
        output += text;
        if (!/A report .*\n/.test(output)) continue;
        for (const [address] of output.matchAll(/http:\S+/g)) {
          const response = await fetch(address, { headers: { accept: "text/html" } });
          assert.equal(response.status, 200, address);
          assert.match(response.headers.get("content-type")!, /^text\/html/);
          await response.body?.cancel();
        }
        const [home] = /http:\S+/.exec(output)!;
        const list = await (await fetch(`${home}?sort=name`)).text();
        for (const name of ["acme/<strong>shop", "octo/<strong>numerals", "33.03%", "100.00%"]) {
          assert(list.includes(name), name);
        }
        const page = await (await fetch(`${home}/acme/shop`)).text();
        const since = /aria-label="Coverage over time\. main, \w+: from [\d.]+% on ([\d-]+)/.exec(
          page,
        );
        assert(Date.now() - Date.parse(since![1]!) > 100 * 24 * 60 * 60 * 1000, since![1]!);
        assert.match(page, /feature\/wishlist[^]*>deleted</);
        demo.kill("SIGINT");
      }
    } finally {
      assert.equal((await demo.status).code, 0);
    }
    const left = [...Deno.readDirSync(temporary)].map(({ name }) => name);
    await Deno.remove(temporary, { recursive: true });
    assert.deepEqual(left, []);
  },
});
