// A real browser: the Chromium that is installed. Without one, tests that need it are skipped and
// say so, unless `BROWSER=required`, as `deno task test:browser` sets it.
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

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
  const found = (named ? [named] : PLACES).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
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

/** Opens tabs, each with storage and a theme of its own. */
export type Open = (options?: BrowserContextOptions) => Promise<Tab>;

/** The browser of a file's tests; to start one takes longer than most of them. */
let running: Promise<Browser> | undefined;
Deno.test.afterAll(async () => await (await running)?.close());

/** A test in a browser, whose tabs are closed after it, and with them all that they have kept. */
export function browserTest(name: string, test: (open: Open) => Promise<void>): void {
  Deno.test({
    name,
    ignore: executablePath === undefined,
    // Playwright keeps timers and pipes of its own beyond a test.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const browser = await (running ??= launch());
      try {
        await test((options) => openTab(browser, options));
      } finally {
        await Promise.all(browser.contexts().map((context) => context.close()));
      }
    },
  });
}

/** Starts the browser; close it when done. Throws where there is none. */
export async function launch(): Promise<Browser> {
  if (!executablePath) throw new Error("There is no Chromium.");
  return await chromium.launch({
    executablePath,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
}

async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`${error.name}: ${error.message}`));
  return { page, complaints };
}
