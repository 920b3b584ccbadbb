import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { listeningApp } from "../support/listening.ts";
import { cobertura, tar } from "../support/archive.ts";
import { serve } from "../support/serve.ts";
import { readArchiveFile } from "../support/test_data.ts";

/** A tool's report, and what a reader does in it. */
interface Tool {
  archive: string;
  coverageFile: string;
  /** Sorts, filters, navigates; throws where that does not work. Ends on a page with source code. */
  use(page: Page): Promise<void>;
}

const rows = (page: Page, cells: string) =>
  page.locator(cells).evaluateAll((all) => all.map((cell) => cell.textContent!.trim()));

/** Follows a link, and waits until the page it leads to is whole, with its scripts. */
async function follow(page: Page, link: string): Promise<void> {
  const before = page.url();
  await page.locator(link).first().click();
  await page.waitForURL((url) => url.href !== before);
}

/** Clicks a heading and sees that the order of the rows has changed. */
async function sorts(page: Page, heading: string, cells: string): Promise<void> {
  const before = await rows(page, cells);
  assert(before.length > 1, `${cells}: ${before}`);
  const orders = new Set([String(before)]);
  for (let click = 0; click < 2; click++) {
    await page.locator(heading).first().click();
    orders.add(String(await rows(page, cells)));
  }
  assert(orders.size > 1, `${heading} does not sort ${before}`);
}

const TOOLS: Record<string, Tool> = {
  Istanbul: {
    archive: "js-nyc-gnu.tar.gz",
    coverageFile: "cobertura-coverage.xml",
    async use(page) {
      await sorts(page, "th.pct", "td.file a");
      await page.locator("#fileSearch").fill("zzz");
      await page.locator("td.file a").first().waitFor({ state: "hidden" });
      await page.locator("#fileSearch").fill("");
      await follow(page, "td.file a");
      await follow(page, "td.file a");
      await page.locator("pre.prettyprint .kwd").first().waitFor(); // coloured by its script
      await page.keyboard.press("n"); // the next block that is not covered
    },
  },
  "coverage.py": {
    archive: "python-gnu.tar.gz",
    coverageFile: "coverage.xml",
    async use(page) {
      await sorts(page, "th.right[data-shortcut='c']", "tr.file td.name");
      await page.locator("#filter").fill("zzz");
      await page.locator("tr.file td.name").first().waitFor({ state: "hidden" });
      await page.locator("#filter").fill("");
      await follow(page, "tr.file td.name a");
      const run = page.locator("button.button_toggle_run");
      const before = await run.getAttribute("class");
      await run.click();
      assert.notEqual(await run.getAttribute("class"), before);
      await follow(page, "a.nav");
    },
  },
  JaCoCo: {
    archive: "java-jacoco-gnu.tar.gz",
    coverageFile: "jacoco.xml",
    async use(page) {
      await sorts(page, "#a", "#coveragetable tbody td:first-child a");
      await follow(page, "#coveragetable tbody a");
      await follow(page, "#coveragetable tbody a.el_class");
      await follow(page, "#coveragetable tbody a.el_method");
      await page.locator("pre.source span.fc, pre.source span.nc").first().waitFor();
    },
  },
  PHPUnit: {
    archive: "php-pcov-gnu.tar.gz",
    coverageFile: "clover.xml",
    async use(page) {
      await follow(page, "a[href='dashboard.html']");
      await page.locator("#classCoverageDistribution rect").first().waitFor({ state: "attached" });
      await page.goBack();
      await follow(page, "tbody a[href$='.php.html'], tbody a[href$='index.html']");
      if (await page.locator("#code").count() === 0) {
        await follow(page, "tbody a[href$='.php.html']");
      }
      await page.locator("#code").first().waitFor();
    },
  },
  lcov: {
    archive: "c-lcov-gnu.tar.gz",
    coverageFile: "cobertura.xml",
    async use(page) {
      await follow(page, "a[href^='index-sort-']");
      await follow(page, "td.coverFile a");
      await follow(page, "td.coverFile a");
      await page.locator("pre.source").waitFor();
    },
  },
};

/** What PHPUnit's report complains of on any server. */
const OF_PHPUNIT = /^nvd3 warning: |tooltips require Popper|^Uncaught SyntaxError: .* 'export'$/;

browserTest("tools' reports render, sort and navigate in their sandbox", async (open) => {
  await using test = await listeningApp();
  const { page, complaints } = await open();
  for (const [tool, { archive, coverageFile, use }] of Object.entries(TOOLS)) {
    const { coverage } = await (await test.upload(await readArchiveFile(archive), {
      coverage_xml_file_name: coverageFile,
    })).json();
    const response = await page.goto(test.address + new URL(coverage.report_url).pathname);
    assert.equal(response?.status(), 200, tool);
    await use(page);
    assert.equal(new URL(page.url()).origin, test.address, tool);
    assert.equal(await page.evaluate(() => self.origin), "null", "it has an origin of its own");
    await page.waitForLoadState();
    assert.deepEqual(complaints.filter((text) => !OF_PHPUNIT.test(text)), [], tool);
  }
});

browserTest(
  "a sandboxed page has a working localStorage and sessionStorage",
  async (open) => {
    await using test = await listeningApp();
    const page =
      `<!doctype html><html data-kept="yes"><head data-root="here"><title>x</title></head>
    <body><script>
      localStorage.setItem("a", 1);
      localStorage.b = 2;
      sessionStorage["c"] = { toString: () => "three" };
      document.cookie = "x=1";
      Object.defineProperty(document, "cookie", { get: () => "own", configurable: true });
      document.body.textContent = JSON.stringify({
        a: localStorage.getItem("a"), b: localStorage["b"], c: sessionStorage.c,
        none: localStorage.getItem("none"), length: localStorage.length,
        keys: Object.keys(localStorage), spread: { ...localStorage },
        has: ["a" in localStorage, "z" in localStorage, localStorage.hasOwnProperty("b")],
        purged: (() => {
          for (const key in localStorage) localStorage.removeItem(key);
          return localStorage.length;
        })(),
        cookie: document.cookie, mode: document.compatMode, scripts: document.scripts.length,
        root: document.head.dataset.root, kept: document.documentElement.dataset.kept,
      });
    </script></body></html>`;
    const archive = tar([
      { name: "index.html", content: page },
      { name: "coverage.xml", content: cobertura(1, 2) },
    ]);
    const { coverage } = await (await test.upload(archive)).json();
    const { page: tab, complaints } = await open();
    await tab.goto(`${test.address}${new URL(coverage.report_url).pathname}`);
    assert.deepEqual(JSON.parse(await tab.locator("body").innerText()), {
      a: "1",
      b: "2",
      c: "three",
      none: null,
      length: 2,
      keys: ["a", "b"],
      spread: { a: "1", b: "2" },
      has: [true, false, true],
      purged: 0,
      cookie: "own",
      mode: "CSS1Compat",
      scripts: 1,
      root: "here",
      kept: "yes",
    });
    assert.deepEqual(complaints, []);
  },
);

browserTest(
  "neither another site nor another report can read a report",
  async (open) => {
    await using test = await listeningApp();
    const upload = async (repo_name: string, entries: Parameters<typeof tar>[0]) => {
      const response = await test.upload(
        tar([{ name: "coverage.xml", content: cobertura(1, 2) }, ...entries]),
        { repo_name },
      );
      return `${test.address}${new URL((await response.json()).coverage.report_url).pathname}`;
    };
    const secret = await upload("secret", [
      { name: "index.html", content: "the secret" },
      { name: "data.js", content: "self.stolen = 'the secret'" },
    ]);
    const data = new URL("data.js", secret).href;
    const spy = `<!doctype html><body><script>
      const tries = {
        page: () => fetch("${secret}").then((answer) => answer.text()),
        browser: () => fetch("${secret}", { headers: { accept: "text/html,application/xhtml+xml" } })
          .then((answer) => answer.text()),
        list: () => fetch("${test.address}/coverages-api").then((answer) => answer.text()),
        script: () => new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = "${data}";
          script.onload = () => resolve(self.stolen);
          script.onerror = reject;
          document.body.append(script);
        }),
        module: () => import("${data}"),
      };
      Promise.all(Object.entries(tries).map(([name, attempt]) =>
        attempt().then((text) => name + ": " + text, () => name + ": no")
      )).then((lines) => document.body.textContent = lines.join(", "));
    </script>`;
    const nothing = "page: no, browser: no, list: no, script: no, module: no";
    await using elsewhere = serve(() =>
      new Response(spy, { headers: { "content-type": "text/html" } })
    );
    const inReport = await upload("spy", [{ name: "index.html", content: spy }]);
    for (const address of [elsewhere.address, inReport]) {
      const { page } = await open();
      await page.goto(address);
      await page.getByText("module:").waitFor();
      assert.equal(await page.locator("body").innerText(), nothing, address);
    }

    const own = `<!doctype html><body><script type="module">
        import { text } from "./part.js";
        const data = await (await fetch("data.json")).json();
        document.body.textContent = [text, data].join(", ");
      </script>`;
    const { page, complaints } = await open();
    await page.goto(
      await upload("own", [
        { name: "index.html", content: own },
        { name: "part.js", content: "export const text = 'a module';" },
        { name: "data.json", content: '"data"' },
      ]),
    );
    await page.getByText("a module").waitFor();
    assert.equal(await page.locator("body").innerText(), "a module, data");
    assert.deepEqual(complaints, []);
  },
);
