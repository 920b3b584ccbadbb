import axe from "axe-core";
import type { Page } from "playwright-core";

/** What is wrong with the page that is open, a line for each; by default of all rules. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const isThere = await page.evaluate(() => "axe" in globalThis);
  if (!isThere) await page.evaluate(axe.source);
  return await page.evaluate(async (rules) => {
    // deno-lint-ignore no-explicit-any
    const { violations } = await (globalThis as any).axe.run(
      document,
      rules ? { runOnly: rules } : {},
    );
    // deno-lint-ignore no-explicit-any
    return violations.flatMap(({ id, nodes }: any) =>
      // deno-lint-ignore no-explicit-any
      nodes.map(({ target, failureSummary }: any) => `${id} at ${target}: ${failureSummary}`)
    );
  }, rules);
}
