/**
 * Text from outside, in a sentence of ours. Archives and coverage files may hold names, tags and
 * entities of any length, and a sentence should stay one.
 *
 * @module
 */

/** The beginning of a long text, at most `length` UTF-16 units of it, and all of a short one. */
export function clip(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** A name from outside, fit for a message: quoted, escaped and not too long. */
export function quote(name: string): string {
  return JSON.stringify(clip(name));
}
