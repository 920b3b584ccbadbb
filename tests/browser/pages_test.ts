import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { listeningApp } from "../support/listening.ts";
import { seed } from "../support/seed.ts";

browserTest(
  "repositories and branches are filtered while typing, and by the button without JavaScript",
  async (open) => {
    await using test = await listeningApp();
    for (let at = 1; at <= 12; at++) {
      await seed(test.sql, { repo_name: `r${at}` });
      await seed(test.sql, { branch_name: `feature/${at}` });
    }
    for (const javaScriptEnabled of [true, false]) {
      const { page, complaints } = await open({ javaScriptEnabled });
      await page.goto(`${test.address}/coverages-ui?sort=name`);
      const search = page.getByRole("searchbox", { name: "Search repositories" });
      await search.fill("ACME/R1");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("4 repositories match “ACME/R1”.").waitFor();
      assert.equal(await page.locator(".repositories > li").count(), 4);
      const { searchParams } = new URL(page.url());
      assert.equal(searchParams.get("q"), "ACME/R1");
      if (javaScriptEnabled) assert.equal(searchParams.get("sort"), "name");
      await page.reload();
      assert.equal(await search.inputValue(), "ACME/R1");
      await search.fill("nothing like this");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Search" }).click();
      await page.getByText("No repositories match “nothing like this”.").waitFor();
      assert.equal(await page.locator(".repositories > li").count(), 0);

      await page.goto(`${test.address}/coverages-ui/acme/shop?branches=2&history=2`);
      await page.getByRole("searchbox", { name: "Filter branches" }).fill("FEATURE/2");
      if (!javaScriptEnabled) await page.getByRole("button", { name: "Filter" }).click();
      await page.waitForURL(/q=FEATURE.*history=2|history=2.*q=FEATURE/);
      assert.deepEqual(await page.locator("#branches tr th > a bdi").allInnerTexts(), [
        "feature/2",
      ]);
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
    `/coverages-ui/${"o".repeat(100)}/${"r".repeat(100)}`,
    "/coverages-ui/acme/shop/uploads/1",
    "/coverages-ui/acme/shop/uploads/7",
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
  assert.deepEqual(complaints, []);
});
