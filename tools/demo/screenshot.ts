/**
 * Takes the README's picture of the dashboard: `deno task screenshot` writes `docs/dashboard.png`.
 */
import { fileURLToPath } from "node:url";
import { launch } from "../../tests/support/browser.ts";
import { startDemo } from "./server.ts";

const path = fileURLToPath(new URL("../../docs/dashboard.png", import.meta.url));

{
  await using server = await startDemo({ end: new Date(), port: "0", progress() {} });
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 780 } });
    await page.goto(`${server.address}/coverages-ui/rakuten/laravel-request-docs`);
    await page.screenshot({ path });
  } finally {
    await browser.close();
  }
}
const { size } = await Deno.stat(path);
console.log(`${path}: ${size} bytes`);
Deno.exit(0);
