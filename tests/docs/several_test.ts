import assert from "node:assert/strict";
import { parse } from "yaml";
import { variableNames } from "../../src/config.ts";

const document = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));
const section = document.split("\n## Several servers\n")[1]!.split("\n## ")[0]!;
const block = (kind: string) =>
  new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\`$`, "m").exec(section)![1]!;

interface Service {
  environment?: Record<string, string>;
  volumes?: string[];
  depends_on?: string[];
}

Deno.test("the compose file of several servers is whole and names settings that exist", async () => {
  const { services, volumes } = parse(block("yaml"), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const { one, two } = services;
  const names = Object.keys(one!.environment!);
  assert.deepEqual(names.filter((name) => !variableNames.includes(name)), []);
  assert.deepEqual(one!.environment, two!.environment, "all servers have the same settings");
  assert.notDeepEqual(one!.volumes, two!.volumes, "and a folder of their own");
  for (const { depends_on = [], volumes: mounted = [] } of Object.values(services)) {
    for (const name of depends_on) assert(services[name], name);
    for (const name of mounted.map((volume) => volume.split(":")[0]!)) {
      assert(name.startsWith("./") || name in volumes, name);
    }
  }
  const servers = Array.from(
    block("nginx").matchAll(/^ *server (\w+):3000 /gm),
    ([, name]) => name!,
  );
  assert.deepEqual(servers.filter((name) => !services[name]), []);
  assert.equal(servers.length, 2);
  const dockerfile = await Deno.readTextFile(new URL("../../Dockerfile", import.meta.url));
  assert.match(dockerfile, /HOST=0\.0\.0\.0 DATA_DIR=\/data/, "what the file leaves out");
});
