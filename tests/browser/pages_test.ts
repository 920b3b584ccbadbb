import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { goodReport, tar } from "../support/archive.ts";
import { seed } from "../support/seed.ts";
import { readArchiveFile } from "../support/test_data.ts";

/** Repositories of an organisation, the last one the newest. */
async function withRepositories(test: ListeningApp, count: number): Promise<void> {
  for (let index = 1; index <= count; index++) {
    const number = String(index).padStart(2, "0");
    await seed(test.sql, { repo_name: `repository-${number}`, percentage: 100 - index });
  }
}

browserTest(
  "the empty home page shows a command that works",
  async (open) => {
    await using test = await listeningApp();
    const { page, complaints } = await open();
    await page.goto(test.address);
    assert.equal(new URL(page.url()).pathname, "/coverages-ui");
    const command = await page.locator("#first-report").textContent();
    const url = /"(http[^"]+)"/.exec(command ?? "")?.[1];
    const form = new FormData();
    form.set("file", new Blob([tar(goodReport())]), "coverage.tar.gz");
    const answer = await (await fetch(url!, { method: "POST", body: form })).json();
    assert.equal(answer.coverage.percentage, 75);
    await page.reload();
    assert.match(await page.locator(".repositories").innerText(), /acme\/shop[^]*75\.00%/);
    assert.deepEqual(complaints, []);
  },
);

browserTest("two clicks lead from the repositories to a report", async (open) => {
  await using test = await listeningApp();
  const archive = await readArchiveFile("java-jacoco-gnu.tar.gz");
  const { coverage } = await (await test.upload(archive, {
    language: "java",
    coverage_xml_file_name: "jacoco.xml",
  })).json();
  const { page, complaints } = await open();
  await page.goto(`${test.address}/coverages-ui`);
  await page.getByRole("link", { name: "acme/shop" }).click();
  await page.waitForURL(`${test.address}/coverages-ui/acme/shop`);
  assert.equal(await page.locator(".big").innerText(), "56.76%");
  await page.locator(".cards").getByRole("link", { name: "Report" }).click();
  const inReport = new URL(coverage.report_url).pathname.split("/archive/")[1]!;
  await page.waitForURL(`${test.address}/coverages-ui/acme/shop/uploads/*/report/${inReport}`);
  const heading = page.frameLocator("iframe").locator("h1");
  assert.match(await heading.innerText(), /proben ü & <co>/);
  assert.deepEqual(complaints, []);
});

browserTest(
  "repositories are filtered while typing, and by the button without JavaScript",
  async (open) => {
    await using test = await listeningApp();
    await withRepositories(test, 25);
    for (const javaScriptEnabled of [true, false]) {
      const { page, complaints } = await open({ javaScriptEnabled });
      await page.goto(`${test.address}/coverages-ui?sort=name`);
      const search = page.getByRole("searchbox", { name: "Search repositories" });
      await search.fill("ACME/Repository-1");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("10 repositories match “ACME/Repository-1”.").waitFor();
      assert.equal(await page.locator(".repositories > li").count(), 10);
      const { searchParams } = new URL(page.url());
      assert.equal(searchParams.get("q"), "ACME/Repository-1");
      if (javaScriptEnabled) assert.equal(searchParams.get("sort"), "name");
      await page.reload();
      assert.equal(await search.inputValue(), "ACME/Repository-1");
      await search.fill("nothing like this");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("No repositories match “nothing like this”.").waitFor();
      assert.equal(await page.locator(".repositories > li").count(), 0);
      assert.deepEqual(complaints, []);
    }
  },
);

browserTest("repositories are sorted and paged", async (open) => {
  await using test = await listeningApp();
  await withRepositories(test, 25);
  const { page, complaints } = await open();
  const first = () => page.locator(".repositories .name a").first().innerText();
  const last = () => page.locator(".repositories .name a").last().innerText();
  await page.goto(`${test.address}/coverages-ui`);
  assert.equal(await first(), "acme/repository-25");
  const sortBy = async (name: string) => {
    const before = page.url();
    await page.getByRole("navigation", { name: "Sort by" }).getByRole("link", { name }).click();
    await page.waitForURL((url) => url.href !== before);
  };
  await sortBy("Name");
  assert.deepEqual([await first(), await last()], ["acme/repository-01", "acme/repository-20"]);
  await sortBy("Name");
  assert.equal(await first(), "acme/repository-25");
  await sortBy("Coverage");
  assert.equal(await first(), "acme/repository-01");
  await page.getByRole("link", { name: "Next" }).click();
  await page.waitForURL(/p=2/);
  assert.deepEqual([await first(), await last()], ["acme/repository-21", "acme/repository-25"]);
  await page.getByRole("link", { name: "Previous" }).click();
  await page.waitForURL((url) => !url.search.includes("p="));
  assert.equal(await first(), "acme/repository-01");
  assert.deepEqual(complaints, []);
});

browserTest(
  "branches can be chosen for the chart, whose points link to uploads",
  async (open) => {
    await using test = await listeningApp();
    for (const branch_name of ["main", "a", "b", "c", "d", "e", "f"]) {
      await seed(test.sql, { branch_name, percentage: 40 });
      await seed(test.sql, { branch_name, percentage: 60 });
    }
    const { page, complaints } = await open();
    const drawn = () => page.locator(".legend bdi").allInnerTexts();
    await page.goto(`${test.address}/coverages-ui/acme/shop`);
    assert.deepEqual(await drawn(), ["main", "f", "e", "d", "c"]);
    await page.getByText("Choose branches (max. 6)").click();
    for (const branch of ["f", "e", "d", "c"]) {
      await page.getByLabel(branch, { exact: true })
        .uncheck();
    }
    await page.getByLabel("a", { exact: true }).check();
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/branch=a/);
    assert.deepEqual(await drawn(), ["main", "a"]);
    const chart = page.getByRole("figure", { name: /^Coverage over time/ });
    assert.match(
      await chart.getAttribute("aria-label") ?? "",
      /a: from 40\.00% on \d{4}-\d\d-\d\d to 60\.00% on .* in 2 uploads/,
    );
    assert.equal(await page.locator("svg.wide title").count(), 4);
    await page.locator("svg.wide a").last().click();
    await page.waitForURL(/\/coverages-ui\/acme\/shop\/uploads\/4$/);
    assert.equal(await page.locator("h1").innerText(), "go on a");
    assert.deepEqual(complaints, []);
  },
);

browserTest(
  "branches are filtered while typing, and by the button without JavaScript",
  async (open) => {
    await using test = await listeningApp();
    await seed(test.sql);
    for (let index = 1; index <= 30; index++) {
      await seed(test.sql, { branch_name: `feature/${index}` });
    }
    for (const javaScriptEnabled of [true, false]) {
      const { page, complaints } = await open({ javaScriptEnabled });
      await page.goto(`${test.address}/coverages-ui/acme/shop?branches=2&history=2`);
      const names = page.locator("#branches th bdi:first-child");
      assert.equal(await names.first().innerText(), "main");
      const filter = page.getByRole("searchbox", { name: "Filter branches" });
      await filter.fill("FEATURE/3");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Filter" }).click();
      await page.waitForURL(/q=FEATURE/);
      await page.waitForFunction(() =>
        document.querySelectorAll("#branches tbody tr").length === 2
      );
      assert.equal(new URL(page.url()).searchParams.get("history"), "2");
      await filter.fill("nothing");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Filter" }).click();
      await page.getByText("No branches match “nothing”.").waitFor();
      assert.deepEqual(complaints, []);
    }
  },
);

browserTest("the badge's Markdown can be copied", async (open) => {
  await using test = await listeningApp();
  await seed(test.sql, { percentage: 33.03 });
  const { page, complaints } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto(`${test.address}/coverages-ui/acme/shop`);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [, badge, link] = /^\[!\[coverage\]\((.*)\)\]\((.*)\)$/.exec(copied)!;
  assert.equal(link, `${test.address}/coverages-ui/acme/shop`);
  assert.match(await (await fetch(badge!)).text(), /33\.03%/);
  const shown = await page.locator("#badge img").evaluate(async (image) => {
    await (image as HTMLImageElement).decode();
    return (image as HTMLImageElement).naturalWidth;
  });
  assert(shown > 50);
  assert.deepEqual(complaints, []);
});

browserTest("every page works with the keyboard alone", async (open) => {
  await using test = await listeningApp();
  await seed(test.sql);
  const { page } = await open();
  await page.goto(`${test.address}/coverages-ui`);
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  const box = await page.locator(":focus").boundingBox();
  assert(box && box.x >= 0 && box.y >= 0, "what has the focus is seen");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  while (!(await focused())?.startsWith("acme/shop")) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${test.address}/coverages-ui/acme/shop`);
});

browserTest("hostile names are shown as text and fit a phone", async (open) => {
  await using test = await listeningApp();
  const branches = [
    "<script>alert(1)</script>",
    "<img/src=x/onerror=alert(1)>",
    "'\"&<!--",
    "שלום/\u202eevil\u202c",
    "🚀/✨",
    "x".repeat(255),
    `${"word/".repeat(50)}end`,
  ];
  const authors = [
    "<b>bold</b>",
    "\u202eright to left",
    "名前 with spaces",
    "A".repeat(255),
    "a/b?c#d%2F",
    "\"'><svg onload=alert(1)>",
  ];
  for (const [index, branch_name] of branches.entries()) {
    await seed(test.sql, { branch_name, commit_author: authors[index % authors.length]! });
  }
  await seed(test.sql, { repo_name: "r".repeat(100), org_name: "o".repeat(100) });
  const { page, complaints } = await open({ viewport: { width: 360, height: 740 } });
  page.on("dialog", (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  const addresses = [
    "/coverages-ui",
    "/coverages-ui/acme/shop",
    `/coverages-ui/acme/shop?${new URLSearchParams(
      branches.slice(0, 6).map((b) => ["branch", b]),
    )}`,
    `/coverages-ui/${"o".repeat(100)}/${"r".repeat(100)}`,
    ...authors.map((author) => `/coverages-ui/acme/user/${encodeURIComponent(author)}`),
    ...branches.map((_, index) => `/coverages-ui/acme/shop/uploads/${index + 1}`),
  ];
  for (const address of addresses) {
    const response = await page.goto(`${test.address}${address}`);
    assert.equal(response?.status(), 200, address);
    assert.equal(
      await page.locator("main script, main img[onerror], main b, main svg[onload]").count(),
      0,
    );
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 360, `${address} is ${width} pixels wide`);
  }
  await page.goto(`${test.address}/coverages-ui/acme/shop`);
  const shown = await page.locator("#branches tbody th > a > bdi").allTextContents();
  assert.deepEqual(new Set(shown), new Set(branches));
  const links = await page.locator('#branches small a[href*="/user/"]').evaluateAll((all) =>
    all.map((link) => (link as HTMLAnchorElement).href)
  );
  assert.equal(new Set(links).size, authors.length);
  for (const link of new Set(links)) {
    const response = await page.goto(link);
    assert.equal(response?.status(), 200, link);
    assert(authors.includes(await page.locator("h1").textContent() ?? ""));
  }
  assert.deepEqual(complaints, []);
});
