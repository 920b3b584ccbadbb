// A real browser: the Chromium that is installed. Without one, tests that need it are skipped and
// say so, unless `BROWSER=required`, as `deno task test:browser` sets it.
import { type Browser, chromium, type Page } from "playwright-core";
import { isFile } from "./programs.ts";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

const isRequired = Deno.env.get("BROWSER") === "required";
const executablePath = findChromium();

function findChromium(): string | undefined {
  const named = Deno.env.get("CHROMIUM");
  const found = (named ? [named] : PLACES).find(isFile);
  if (found) return found;
  const where = named ? `at CHROMIUM (${named})` : `in ${PLACES.join(", ")}`;
  if (isRequired) throw new Error(`There is no Chromium ${where}.`);
  console.log(`Tests in a browser are skipped: there is no Chromium ${where}.`);
  return undefined;
}

/** A page in the browser, and what its console has complained of. */
export interface Tab {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[];
}

/** What a test may want of its tab apart from the defaults. */
interface TabOptions {
  viewport?: { width: number; height: number };
  permissions?: string[];
  javaScriptEnabled?: boolean;
}

/** Opens the tab, which is the same one each time. */
export type Open = (options?: TabOptions) => Promise<Tab>;

/** The browser of a file's tests and its tab. To start one for each test takes longer than most. */
let running: Promise<{ browser: Browser; page: Page }> | undefined;
Deno.test.afterAll(async () => await (await running)?.browser.close());

/** A test in a browser. What its pages have stored is no other test's, because each server has a port of its own. */
export function browserTest(name: string, test: (open: Open) => Promise<void>): void {
  Deno.test({
    name,
    ignore: executablePath === undefined,
    // Playwright keeps timers and pipes of its own beyond a test.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const { browser, page } = await (running ??= start());
      try {
        await test((options) => open(browser, page, options));
      } finally {
        await page.goto("about:blank");
        await page.context().clearCookies();
        const others = browser.contexts().flatMap((context) => context.pages())
          .filter((other) => other !== page);
        await Promise.all(others.map((other) => other.close()));
      }
    },
  });
}

async function start(): Promise<{ browser: Browser; page: Page }> {
  const browser = await launch();
  return { browser, page: await (await browser.newContext()).newPage() };
}

async function open(
  browser: Browser,
  shared: Page,
  { viewport = { width: 1280, height: 900 }, permissions = [], javaScriptEnabled }: TabOptions = {},
): Promise<Tab> {
  const page = javaScriptEnabled === false ? await browser.newPage({ javaScriptEnabled }) : shared;
  page.removeAllListeners();
  page.setDefaultTimeout(15_000);
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme: "light" });
  await page.context().clearPermissions();
  await page.context().grantPermissions(permissions);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`${error.name}: ${error.message}`));
  return { page, complaints };
}

/** Starts the browser; close it when done. Throws where there is none. */
export async function launch(): Promise<Browser> {
  if (!executablePath) throw new Error("There is no Chromium.");
  return await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
  });
}
