import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { readConfig, variableNames } from "../../src/config.ts";
import { version } from "../../src/version.ts";
import { testApp } from "../support/app.ts";
import { sampleNames } from "../support/metric_names.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("the Grafana dashboard asks for metrics that exist, and has each panel in a place of its own", async () => {
  const { panels, templating } = JSON.parse(await read("deploy/grafana.json"));
  const names = sampleNames();
  const queries: string[] = [
    ...panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
      targets.map(({ expr }) => expr)
    ),
    ...templating.list.map(({ definition = "" }) => definition),
  ];
  const asked = new Set(queries.flatMap((query) => query.match(/\bcoverage_\w+/g) ?? []));
  assert.deepEqual([...asked].filter((name) => !names.has(name)), []);
  assert(asked.size > 10, [...asked].join());
  const variables = new Set(templating.list.map(({ name }: { name: string }) => name));
  const used = queries.flatMap((query) => query.match(/(?<=\$)(?!__)\w+/g) ?? []);
  assert.deepEqual(used.filter((name) => !variables.has(name)), []);

  const places = new Set<string>();
  const ids = new Set<number>();
  for (const { id, title, gridPos: { x, y, w, h } } of panels) {
    assert(!ids.has(id) && ids.add(id), title);
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        assert(!places.has(`${column} ${line}`) && places.add(`${column} ${line}`), title);
      }
    }
  }
});

// deno-lint-ignore no-explicit-any
async function manifests(): Promise<Record<string, any>> {
  const documents = parseAllDocuments(await read("deploy/kubernetes.yaml"));
  assert.deepEqual(documents.flatMap(({ errors }) => errors), []);
  return Object.fromEntries(documents.map((document) => {
    const manifest = document.toJS();
    return [manifest.kind, manifest];
  }));
}

Deno.test("the Kubernetes manifests start the server with settings that it has", async () => {
  const { ConfigMap, Deployment } = await manifests();
  const [container] = Deployment.spec.template.spec.containers;
  const own = container.env.map(({ name, value }: Record<string, string>) => [name, value]);
  const environment = { ...ConfigMap.data, ...Object.fromEntries(own) };
  assert.deepEqual(Object.keys(environment).filter((name) => !variableNames.includes(name)), []);
  const config = readConfig({ ...environment, DATABASE_URL: "postgres://db/coverage" });
  assert.equal(config.port, container.ports[0].containerPort);
  assert.equal(config.host, "0.0.0.0");
  const { terminationGracePeriodSeconds: grace } = Deployment.spec.template.spec;
  assert(grace >= config.shutdownSeconds + 10, `${grace} s`);
  assert(container.image.endsWith(`:${version}`), container.image);
  const dockerfile = await read("Dockerfile");
  const { runAsUser, runAsGroup } = Deployment.spec.template.spec.securityContext;
  assert(dockerfile.includes(`\nUSER ${runAsUser}:${runAsGroup}\n`));
});

Deno.test("the Kubernetes manifests name each other, and addresses that the server answers", async () => {
  const { Namespace, Deployment, Service, Ingress, NetworkPolicy, ...others } = await manifests();
  const { ConfigMap, PersistentVolumeClaim: claim } = others;
  const { template, selector } = Deployment.spec;
  const [container] = template.spec.containers;
  for (const { metadata } of [Deployment, Service, Ingress, NetworkPolicy, ConfigMap, claim]) {
    assert.equal(metadata.namespace, Namespace.metadata.name);
  }
  const { labels } = template.metadata;
  for (
    const chosen of [
      selector.matchLabels,
      Service.spec.selector,
      NetworkPolicy.spec.podSelector.matchLabels,
    ]
  ) assert.deepEqual(chosen, labels);
  const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
  assert.deepEqual(names(container.volumeMounts), names(template.spec.volumes));
  assert.equal(
    template.spec.volumes[0].persistentVolumeClaim.claimName,
    claim.metadata.name,
  );
  assert.equal(container.envFrom[0].configMapRef.name, ConfigMap.metadata.name);
  const { service } = Ingress.spec.rules[0].http.paths[0].backend;
  assert.equal(service.name, Service.metadata.name);
  assert.equal(service.port.name, Service.spec.ports[0].name);
  assert.equal(Service.spec.ports[0].targetPort, container.ports[0].name);
  assert.equal(new URL(ConfigMap.data.PUBLIC_URL).host, Ingress.spec.rules[0].host);
  await using test = await testApp();
  const { annotations } = template.metadata;
  for (const path of [container.readinessProbe.httpGet.path, annotations["prometheus.io/path"]]) {
    const response = await test.get(path);
    await response.body?.cancel();
    assert.equal(response.status, 200, path);
  }
});

const VALIDATOR = "kubernetes-validate"; // https://pypi.org/project/kubernetes-validate
const hasValidator = await hasProgram(VALIDATOR);

async function hasProgram(name: string): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the Kubernetes manifests are valid (needs kubernetes-validate)",
  ignore: !hasValidator,
  async fn() {
    const file = fileURLToPath(new URL("../../deploy/kubernetes.yaml", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(VALIDATOR, { args: ["--strict", file] })
      .output();
    assert.equal(code, 0, await new Blob([stdout, stderr]).text());
  },
});
