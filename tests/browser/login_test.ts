import assert from "node:assert/strict";
import { listen } from "../../src/http/listener.ts";
import type { App } from "../../src/server.ts";
import { testApp } from "../support/app.ts";
import { violations } from "../support/accessibility.ts";
import { browserTest } from "../support/browser.ts";
import { startOidcProvider } from "../support/oidc_provider.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { loginConfig } from "../support/visitor.ts";

browserTest("a person signs in, reads a report, and signs out", async (open) => {
  const app = Promise.withResolvers<App>();
  const server = listen(async (request, info) => (await app.promise)(request, info), {
    host: "127.0.0.1",
    port: 0,
  });
  await using provider = await startOidcProvider(`${server.address}/coverages-api/login/callback`);
  provider.claims.ada = { email: "ada@example.com", email_verified: true };
  const config = loginConfig({
    PUBLIC_URL: server.address,
    LOGIN_ISSUER: provider.address,
    LOGIN_ALLOW: "@example.com",
  });
  await using test = await testApp({ config });
  app.resolve(test.app);
  assert.equal((await test.upload(await readArchiveFile("go_coverage.tar.gz"))).status, 200);

  const { page } = await open();
  await page.goto(`${server.address}/coverages-ui/acme/shop`);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("link", { name: "Sign in with 127.0.0.1" }).click();
  await page.locator("[name=login]").fill("ada");
  await page.locator("[name=password]").fill("-");
  await page.getByRole("button").click();
  await page.getByRole("button").click(); // allows what the server asks for
  await page.waitForURL(`${server.address}/coverages-ui/acme/shop`);
  assert.deepEqual(await violations(page), []);
  // Throws where the image is none.
  await page.locator("#badge img").evaluate((image: HTMLImageElement) => image.decode());
  await page.getByRole("link", { name: "Report", exact: true }).first().click();
  await page.waitForURL(/\/report\//);
  await page.frameLocator("iframe").locator("#topbar").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const left = (await page.context().cookies(server.address)).map(({ name }) => name);
  assert(!left.some((name) => name.startsWith("__Host-")), String(left));
  await page.goto(`${server.address}/coverages-ui/acme/shop`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await server.stop();
});
