import assert from "node:assert/strict";
import { join } from "node:path";
import { cobertura, tar } from "../support/archive.ts";
import { browserTest } from "../support/browser.ts";
import { uploadPath } from "../support/fields.ts";
import { withFolder } from "../support/folder.ts";
import { listeningApp } from "../support/listening.ts";
import { serve } from "../support/serve.ts";

const security = await Deno.readTextFile(new URL("../../docs/security.md", import.meta.url));
const recipe = /^```nginx\n([^]*?)^```$/m.exec(security)![1]!;
const NGINX = "/usr/sbin/nginx";
const hasNginx = await Deno.stat(NGINX).then(() => true, () => false);
if (!hasNginx) console.log(`The test of the recipe for nginx is skipped: there is no ${NGINX}.`);

const archive = tar([
  { name: "coverage.xml", content: cobertura(1, 2) },
  {
    name: "index.html",
    content: `<!DOCTYPE html><link rel="stylesheet" href="style.css"><h1>no script</h1>
<script src="script.js"></script><a href="page.html">page</a>`,
  },
  { name: "page.html", content: `<link rel="stylesheet" href="style.css"><h1>another page</h1>` },
  { name: "style.css", content: "h1 { color: rgb(1, 2, 3) }" },
  { name: "script.js", content: `document.querySelector("h1").textContent = "script ran"` },
]);

/** Somebody else's login: whoever asks has a session. */
function loginService() {
  return serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/auth/check") {
      const isIn = request.headers.get("cookie")?.includes("proxy=good");
      return new Response(null, { status: isIn ? 204 : 401 });
    }
    const headers = {
      "content-type": "text/html",
      "set-cookie": `proxy=good; Path=/; HttpOnly; SameSite=Strict`,
    };
    if (pathname === "/auth/login") {
      return new Response(`<h1>login</h1><a href="/auth/in?to=${searchParams.get("to")}">in</a>`, {
        headers: { "content-type": "text/html" },
      });
    }
    return new Response(`<a href="${searchParams.get("to")}">on</a>`, { headers });
  });
}

/** nginx with the documented server, in the foreground, until it is disposed. */
async function startNginx(folder: string, app: string, login: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const server = recipe.replace("listen 443 ssl;", `listen 127.0.0.1:${port};`)
    .replaceAll("http://127.0.0.1:3000", app)
    .replaceAll("127.0.0.1:4180", `127.0.0.1:${login}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  await Deno.writeTextFile(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/pid; error_log stderr notice;
events {}
http { access_log off; ${temporary}
${server}}`,
  );
  const nginx = new Deno.Command(NGINX, {
    args: ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const address = `http://127.0.0.1:${port}`;
  const reader = nginx.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const readMore = async () => {
    const { done, value = "" } = await reader.read();
    said += value;
    return !done;
  };
  while (!said.includes("start worker process ") && await readMore());
  assert.match(said, /start worker process /);
  return {
    address,
    async [Symbol.asyncDispose]() {
      nginx.kill("SIGTERM");
      while (await readMore());
      await nginx.status;
      const complaints = said.split("\n")
        .filter((line) => line !== "" && !/\[notice\]|the "user" directive/.test(line));
      assert.deepEqual(complaints, []);
    },
  };
}

if (hasNginx) {
  browserTest(
    "behind nginx and a login's cookie, reports work and the dashboard needs it",
    (open) =>
      withFolder(async (folder) => {
        await using test = await listeningApp();
        await using login = loginService();
        await using nginx = await startNginx(folder, test.address, login.port);
        const sent = await fetch(nginx.address + uploadPath({}), {
          method: "POST",
          body: archive,
          headers: { "content-type": "application/x-tar" },
        });
        assert.equal(sent.status, 200, await sent.text());
        for (
          const path of ["/coverages-ui/acme/shop", "/coverages-api", "/coverages-api/metrics"]
        ) {
          const refused = await fetch(nginx.address + path, { redirect: "manual" });
          await refused.body?.cancel();
          assert.equal(refused.status, 302, path);
          assert.match(refused.headers.get("location")!, /\/auth\/login\?to=/);
        }

        const { page } = await open();
        await page.goto(`${nginx.address}/coverages-ui/acme/shop`);
        assert.equal(await page.locator("h1").textContent(), "login");
        await page.getByRole("link", { name: "in" }).click();
        await page.getByRole("link", { name: "on" }).click();
        await page.getByRole("link", { name: "Report", exact: true }).first().click();
        await page.waitForURL(/report/);
        await page.waitForLoadState();
        // In the tab itself or in a frame.
        const report = page.frames().find((frame) =>
          frame.url().includes("/coverages-api/reports/")
        )!;
        const heading = report.locator("h1");
        const color = () => heading.evaluate((element) => getComputedStyle(element).color);
        assert.deepEqual([await heading.textContent(), await color()], [
          "script ran",
          "rgb(1, 2, 3)",
        ]);
        await report.getByRole("link", { name: "page" }).click();
        await report.getByText("another page").waitFor();
        await report.waitForFunction(() =>
          getComputedStyle(document.querySelector("h1")!).color === "rgb(1, 2, 3)"
        );
      }),
  );
}
