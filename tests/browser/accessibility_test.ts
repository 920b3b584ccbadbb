import assert from "node:assert/strict";
import { violations } from "../support/accessibility.ts";
import { browserTest } from "../support/browser.ts";
import { listeningApp } from "../support/listening.ts";
import { seed } from "../support/seed.ts";
import { readArchiveFile } from "../support/test_data.ts";

browserTest(
  "no page has an accessibility violation or scrolls sideways, in both themes",
  async (open) => {
    await using test = await listeningApp();
    const { page, complaints } = await open();
    const check = async (addresses: string[]) => {
      for (const address of addresses) {
        await page.emulateMedia({ colorScheme: "light" });
        await page.goto(`${test.address}${address}`);
        await page.locator("summary").evaluateAll((all) => {
          for (const summary of all) (summary as HTMLElement).click();
        });
        for (const width of [360, 1280]) {
          await page.setViewportSize({ width, height: 800 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert(wide <= width, `${address} is ${wide} pixels wide where ${width} are there`);
        }
        assert.deepEqual(await violations(page), [], address);
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual(await violations(page, ["color-contrast"]), [], `${address} in dark`);
      }
    };
    await check(["/coverages-ui"]);
    const percentages = [0, 12.5, 33.03, 79.99, 85, 95, 100];
    for (const [index, percentage] of percentages.entries()) {
      await seed(test.sql, { percentage, commit_author: index % 2 ? "ada" : "mona[bot]" });
      await seed(test.sql, { percentage, language: "python" });
      await seed(test.sql, { percentage, branch_name: `feature/${index}` });
      await seed(test.sql, { percentage, repo_name: `shop-${index}` });
    }
    await test.sync("main", "feature/1", "feature/2");
    const { coverage } = await (await test.upload(await readArchiveFile("python-gnu.tar.gz"), {
      language: "python",
      coverage_xml_file_name: "coverage.xml",
    })).json();
    await check([
      "/coverages-ui",
      "/coverages-ui?q=nothing",
      "/coverages-ui/acme/shop",
      "/coverages-ui/acme/shop?branches=2&history=2",
      "/coverages-ui/acme/user/ada",
      "/coverages-ui/acme/nothing",
      "/coverages-ui/acme/shop/uploads/1",
      `/coverages-ui/acme/shop/uploads/${coverage.id}`,
      `/coverages-ui/acme/shop/uploads/${coverage.id}/report/`,
    ]);
    assert.deepEqual(complaints.filter((text) => !text.includes("404 (Not Found)")), []);
  },
);
