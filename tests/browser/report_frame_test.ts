import assert from "node:assert/strict";
import type { Frame, Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { cobertura, tar } from "../support/archive.ts";

/** Uploads pages; returns the address of the page that shows them in a frame. */
async function framed(test: ListeningApp, pages: Record<string, string>): Promise<string> {
  const archive = tar([
    { name: "coverage.xml", content: cobertura(1, 2) },
    ...Object.entries(pages).map(([name, content]) => ({ name, content })),
  ]);
  const { coverage } = await (await test.upload(archive)).json();
  return `${test.address}/coverages-ui/acme/shop/uploads/${coverage.id}/report/`;
}

/** The frame of the report, or one in it. */
async function frameOf(page: Page, selector = "iframe"): Promise<Frame> {
  return (await (await page.waitForSelector(selector)).contentFrame())!;
}

const PAGES = {
  "index.html": `<!doctype html><h1>index</h1><a href="src/a.html#L2">a</a>`,
  "src/a.html":
    `<!doctype html><link rel="icon" href="data:,"><h1>a</h1><p id="L2" style="margin-top: 3000px">line 2</p>`,
};

for (const reports of [undefined, "reports.localhost"]) {
  const mode = reports ? "at REPORTS_URL" : "in its sandbox";
  browserTest(`a report ${mode} is framed below a bar with the way back`, async (open) => {
    await using test = await listeningApp(reports ? { reports } : {});
    const address = await framed(test, PAGES);
    const { page, complaints } = await open({ viewport: { width: 390, height: 700 } });
    await page.goto(`${test.address}/coverages-ui/acme/shop`);
    await page.getByRole("link", { name: "Report" }).first().click();
    assert.equal(page.url(), `${address}index.html`);
    const bar = await page.locator("header").innerText();
    for (const text of ["acme/shop", "main", "01234567", "50.00%", "just now"]) {
      assert(bar.includes(text), `${text} in ${bar}`);
    }
    await page.frameLocator("iframe").getByRole("link").click();
    const line = page.frameLocator("iframe").getByText("line 2");
    await line.waitFor();
    const deep = `${address}src/a.html#L2`;
    // A report in another origin says nothing to the page around it.
    if (!reports) await page.waitForURL(deep);
    await page.goto(deep);
    await page.reload();
    await line.waitFor();
    const frame = await frameOf(page);
    await frame.waitForFunction(() => scrollY > 0);
    await page.getByRole("link", { name: "Upload page" }).click();
    assert.equal(new URL(page.url()).pathname, "/coverages-ui/acme/shop/uploads/1");
    await page.goBack();
    await page.getByRole("link", { name: "Without the frame" }).click();
    await page.getByText("line 2").waitFor();
    assert.match(page.url(), /\/coverages-api\/reports\/[-\da-f]{36}\/src\/a\.html#L2$/);
    assert.equal(new URL(page.url()).hostname, reports ?? "127.0.0.1");
    assert.deepEqual(complaints, []);

    await (await test.upload(tar([{ name: "coverage.xml", content: cobertura(1, 2) }]))).text();
    await page.goto(deep);
    assert.equal(page.url(), `${address.replace("/1/", "/2/")}src/a.html#L2`, "the newest");
    await page.frameLocator("iframe").getByText("The report has no such file").waitFor();
  });
}

browserTest("without scripts the frame shows the page that was asked for", async (open) => {
  await using test = await listeningApp();
  const address = await framed(test, PAGES);
  const { page } = await open({ javaScriptEnabled: false });
  await page.goto(`${address}src/a.html`);
  await page.frameLocator("iframe").getByText("line 2").waitFor();
});

browserTest("links between the frames of a sandboxed report work", async (open) => {
  await using test = await listeningApp();
  const address = await framed(test, {
    "index.html":
      `<html><frameset cols="50%,*"><frame src="x/list.html" name="list"><frame src="y/a.html" name="source"></frameset></html>`,
    "x/list.html": `<map name="m"><area href="../y/c.html#L1" target="source" coords="0,0,90,90">
      </map><img usemap="#m" width="90" height="90"><a href="../y/b.html#L1" target="source">b</a>`,
    "y/a.html": "<h1>a</h1>",
    "y/b.html": "<h1 id=L1>b</h1>",
    "y/c.html": "<h1 id=L1>c</h1>",
  });
  const { page } = await open();
  const bare = async () => {
    await page.goto(`${address}index.html`);
    return (await page.getByRole("link", { name: "Without" }).getAttribute("href"))!;
  };
  for (const place of [`${address}index.html`, test.address + await bare()]) {
    await page.goto(place);
    const report = place === `${address}index.html` ? await frameOf(page) : page.mainFrame();
    const list = await (await report.waitForSelector("frame[name=list]")).contentFrame();
    const source = await (await report.waitForSelector("frame[name=source]")).contentFrame();
    for (const [link, name] of [["a", "b"], ["img", "c"]] as const) {
      await list!.locator(link).click();
      await source!.locator(`h1:text-is("${name}")`).waitFor();
      assert.match(source!.url(), new RegExp(`/y/${name}\\.html#L1$`));
    }
  }
});
