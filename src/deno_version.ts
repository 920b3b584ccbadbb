/** Imports nothing, so that an older Deno can load it. */

/** 2.9.5 breaks uploads that are cut when the server stops; 2.9.0 answers HEAD with a length of 0. */
export const MINIMUM_DENO = "2.9.6";

/** The sentence for an operator whose Deno is too old; undefined where it is new enough. */
export function refuseDeno(version: string): string | undefined {
  const isOlder = new Intl.Collator("en", { numeric: true }).compare(version, MINIMUM_DENO) < 0;
  if (!isOlder) return undefined;
  return `This is Deno ${version}; the server needs ${MINIMUM_DENO} or later. ` +
    "Run `deno upgrade`, or start it with `npx -y deno@latest`.";
}
