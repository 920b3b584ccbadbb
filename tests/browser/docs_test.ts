import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { listeningApp } from "../support/listening.ts";

/** Opens the page by the link to it, and waits until Swagger UI has rendered it. */
async function openDocs(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/coverages-ui`);
  await page.getByRole("link", { name: "API" }).click();
  await page.locator(".opblock").first().waitFor();
}

/** Unfolds operations. */
async function unfold(page: Page, ids: readonly string[]): Promise<void> {
  const operations = ids.map((id) => page.locator(`[id$="-${id}"].opblock`));
  for (const operation of operations) {
    await operation.locator(".opblock-summary-control").dispatchEvent("click");
  }
  for (const operation of operations) await operation.locator(".responses-wrapper").waitFor();
}

browserTest(
  "the API page shows every operation without other servers",
  async (open) => {
    await using test = await listeningApp();
    const { paths } = await (await test.get("/coverages-api/openapi.json")).json();
    const ids = Object.values(paths as Record<string, Record<string, { operationId: string }>>)
      .flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    const cases = [
      { colorScheme: "light", width: 1280, background: "rgb(255, 255, 255)" },
      { colorScheme: "dark", width: 360, background: "rgb(28, 32, 34)" },
    ] as const;
    const { page, complaints } = await open();
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(test.address) && !url.startsWith("data:")) elsewhere.push(url);
    });
    await openDocs(page, test.address);
    const shown = await page.locator(".opblock").evaluateAll((all) => all.map(({ id }) => id));
    assert.deepEqual(shown.map((id) => id.split("-").at(-1)).sort(), ids.toSorted());
    await unfold(page, ["upload", "badge", "reportOfUploadFile"]);
    for (const { colorScheme, width, background } of cases) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const [wide, colour] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        [document.body, document.documentElement]
          .map((element) => getComputedStyle(element).backgroundColor)
          .find((colour) => colour !== "rgba(0, 0, 0, 0)") ?? "rgb(255, 255, 255)",
      ]);
      assert.equal(wide, width);
      assert.equal(colour, background);
    }
    assert.deepEqual(complaints, []);
    assert.deepEqual(elsewhere, []);
  },
);
