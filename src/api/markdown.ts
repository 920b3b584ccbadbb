/** Text from outside in GitHub's Markdown: no markup, no links, no mentions. */

/** Longer ones keep their end, which says more of a path than its beginning. */
const MAX_NAME = 120;
/** A path of 4,096 bytes makes a longer address than browsers take. */
const MAX_URL = 2000;

/** In code nobody is mentioned, and written like this nothing is markup or looks like an address. */
export function code(text: string): string {
  const characters = [...text];
  const shown = characters.length > MAX_NAME ? `…${characters.slice(-MAX_NAME).join("")}` : text;
  const escaped = shown.replace(/[^A-Za-z0-9 /…-]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** A sentence with names in it: every word that is not made of letters alone is code. */
export function sentence(text: string): string {
  return text.split(/\s+/).map((word) => {
    const [, name = "", end = ""] = /^(.*?)([.,;:]?)$/su.exec(word) ?? [];
    return /^[A-Za-z]*$/.test(name) ? name + end : code(name) + end;
  }).join(" ");
}

/** `text` is Markdown. */
export function link(text: string, url: string): string {
  return url.length > MAX_URL ? text : `[${text}](<${url}>)`;
}
