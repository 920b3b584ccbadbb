import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { cobertura, tar } from "../support/archive.ts";
import { serve } from "../support/serve.ts";

async function upload(test: ListeningApp, repo_name: string, files: Record<string, string>) {
  const archive = tar([
    { name: "coverage.xml", content: cobertura(1, 2) },
    ...Object.entries(files).map(([name, content]) => ({ name, content })),
  ]);
  const { coverage } = await (await test.upload(archive, { repo_name })).json();
  return String(coverage.report_url);
}

/** A page that tries what is named, and shows what came of each. */
const trying = (tries: string) =>
  `<!doctype html><link rel="icon" href="data:,"><body><script>
    const element = (name, attributes) => new Promise((resolve, reject) => {
      const one = Object.assign(document.createElement(name), attributes);
      one.onload = () => resolve(one);
      one.onerror = reject;
      document.body.append(one);
    });
    const tries = {${tries}};
    (async () => {
      const found = {};
      for (const [name, attempt] of Object.entries(tries)) {
        found[name] = await attempt().catch(() => "no");
      }
      document.body.append(Object.assign(document.createElement("output"), {
        textContent: JSON.stringify(found),
      }));
    })();
  </script>`;

browserTest("a report at REPORTS_URL does what it does on a plain server", async (open) => {
  await using test = await listeningApp({ reports: "reports.localhost" });
  const address = await upload(test, "shop", {
    "index.html": trying(`
      fetch: async () => (await (await fetch("data.json")).json()).word,
      worker: () => new Promise((resolve) => new Worker("worker.js").onmessage = (e) => resolve(e.data)),
      frame: async () => (await element("iframe", { src: "part.html", name: "part" }))
        .contentDocument.body.textContent,
      form: async () => {
        const form = Object.assign(document.createElement("form"), { action: "part.html" });
        form.innerHTML = "<input name=q value=sent>";
        const frame = await element("iframe", { src: "part.html", name: "target" });
        form.target = "target";
        document.body.append(form);
        const sent = new Promise((resolve) => frame.onload = resolve);
        form.submit();
        await sent;
        return frame.contentWindow.location.search;
      },
      database: () => new Promise((resolve) => indexedDB.open("x").onsuccess = () => resolve("open")),
      storage: async () => (localStorage.x = "stored", localStorage.x),
      scripts: async () => document.scripts.length,
    `),
    "data.json": '{"word": "fetched"}',
    "worker.js": "postMessage('worked')",
    "part.html": "a part",
  });
  const { page, complaints } = await open();
  await page.goto(address);
  assert.equal(new URL(page.url()).hostname, "reports.localhost");
  assert.deepEqual(JSON.parse(await page.locator("output").innerText()), {
    fetch: "fetched",
    worker: "worked",
    frame: "a part",
    form: "?q=sent",
    database: "open",
    storage: "stored",
    scripts: 1,
  });
  assert.deepEqual(complaints, []);
});

browserTest(
  "with a * in REPORTS_URL a report reads not even one whose address it knows",
  async (open) => {
    await using test = await listeningApp({ reports: "*.reports.localhost" });
    const secret = await upload(test, "secret", {
      "index.html":
        "<script>addEventListener('click', () => localStorage.x = Math.random())</script>",
    });
    const { page: read } = await open();
    await read.goto(secret);
    const known = read.url();
    const elsewhere = known.replace(/\/\/[^.]+/, "//" + crypto.randomUUID());
    const address = await upload(test, "spy", {
      "index.html": trying(`
      known: async () => (await fetch("${known}")).text(),
      here: async () => (await fetch(new URL("${known}").pathname)).text(),
      frame: async () => (await element("iframe", { src: "${known}" })).contentDocument.body.innerHTML,
      storage: () => new Promise((resolve, reject) => {
        addEventListener("storage", ({ url }) => resolve(url));
        localStorage.y = 1;
        setTimeout(reject, 500);
      }),
    `),
    });
    const spy = await read.context().newPage();
    await spy.goto(address);
    await read.click("html");
    assert.notEqual(new URL(spy.url()).hostname, new URL(known).hostname);
    const found = JSON.parse(await spy.locator("output").innerText());
    assert.doesNotMatch(String(found.frame), /Math/);
    assert.deepEqual({ ...found, frame: "" }, {
      known: "no",
      here: "no",
      frame: "",
      storage: "no",
    });
    await read.goto(elsewhere);
    assert.equal(read.url(), known, "under another report's name it leads to its own");
  },
);

browserTest("a report at REPORTS_URL reads neither the server nor another report", async (open) => {
  await using test = await listeningApp({ reports: "reports.localhost" });
  const secret = await upload(test, "secret", {
    "index.html": "the secret",
    "data.js": "self.stolen = 'the secret'",
  });
  const data = secret.replace("index.html", "data.js");
  const spy = trying(`
    api: async () => (await fetch("${test.address}/coverages-api", { credentials: "include" })).text(),
    page: async () => (await fetch("${test.address}/coverages-ui", { credentials: "include" })).text(),
    named: async () => (await fetch("${secret}", { credentials: "include" })).text(),
    script: async () => (await element("script", { src: "${data}" }), self.stolen),
    frame: async () => (await element("iframe", { src: "${secret}" })).contentDocument.body.textContent,
    object: async () => (await element("object", { data: "${secret}" })).contentDocument.body.textContent,
    dashboard: async () => (await element("iframe", { src: "${test.address}/coverages-ui" }))
      .contentDocument.body.textContent,
    window: () => new Promise((resolve, reject) => {
      const other = open("${secret}");
      setTimeout(() => { try { resolve(other.document.body.textContent) } catch { reject() } }, 700);
    }),
    worker: async () => (await navigator.serviceWorker.register("worker.js"), "registered"),
    upload: async () => (await fetch("${test.address}/coverages-api", { method: "POST", body: "x" })).text(),
    history: async () => navigation.entries().map(({ url }) => url ?? "").join().includes("secret") + "",
    cookie: async () => document.cookie,
  `);
  const address = await upload(test, "spy", { "index.html": spy, "worker.js": "" });
  const { page } = await open();
  await page.context().addCookies([{ name: "session", value: "x", url: test.address }]);
  await page.goto(secret);
  await page.goto(address);
  const found = JSON.parse(await page.locator("output").innerText());
  const { frame, object, dashboard, window, script, history, cookie, ...others } = found;
  for (const read of [frame, object, dashboard, window, script]) {
    assert.doesNotMatch(String(read), /secret|Coverage/);
  }
  assert.deepEqual(others, { api: "no", page: "no", named: "no", worker: "no", upload: "no" });
  assert.deepEqual([history, cookie], ["false", ""]);

  await using elsewhere = serve(() =>
    new Response(`<iframe src="${page.url()}">`, { headers: { "content-type": "text/html" } })
  );
  await page.goto(`http://other.localhost:${elsewhere.port}`);
  const inside = await (await page.waitForSelector("iframe")).contentFrame();
  assert.equal(await inside!.locator("output").count(), 0, "only PUBLIC_URL may frame it");
});
