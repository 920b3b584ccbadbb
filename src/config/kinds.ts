/** Kinds of settings. What a schema describes is what help and errors say is allowed. */
import { z } from "zod";

/** What variables hold, once it is parsed. */
export type Values<Variables extends z.ZodRawShape> = z.infer<z.ZodObject<Variables>>;

/** Takes a sentence about settings that contradict each other. */
export type Refuse = (sentence: string) => undefined;

/** A token for uploads or for reading, known by its hash alone. */
export interface ScopedToken {
  /** `org/repo`, `org/*` or `*`. */
  readonly scope: string;
  /** In hex. */
  readonly sha256: string;
}

export const wholeOrUnset = (least: number, most: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(least).max(most)).optional()
    .describe(`a whole number from ${least} to ${most}`);

export const whole = (least: number, most: number, fallback: number) =>
  wholeOrUnset(least, most).transform((value) => value ?? fallback)
    .describe(`a whole number from ${least} to ${most}`);

export const oneOf = <const T extends string>(values: readonly T[], fallback: T) =>
  z.enum(values).default(fallback).describe(`one of ${values.join(", ")}`);

export const text = (allowed: string) => z.string().optional().describe(allowed);

export const list = z.string()
  .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ""))
  .refine((entries) => entries.length > 0);

export const apiUrls = list
  .refine((urls) => urls.every(isApiUrl))
  // Scheme and host in the letter case that URLs have them in; a path is as it is.
  .transform((urls) => urls.map((url) => new URL(url).href.replace(/\/+$/, "")));

const TOKEN = /^(\*|[\w.-]{1,100}\/(\*|[\w.-]{1,100})):[0-9a-f]{64}$/i;
export const tokens = list
  .refine((entries) => entries.every((entry) => TOKEN.test(entry)))
  .transform((entries): ScopedToken[] =>
    entries.map((entry) => {
      const [scope, sha256] = entry.split(":");
      return { scope: scope!, sha256: sha256!.toLowerCase() };
    })
  )
  .default([])
  .describe("a list of <scope>:<sha256 of the token>, as `deno task token <scope>` prints them");

/** Whether a path can be added to the address. */
export function isApiUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "" && !/[?#]/.test(text);
}

export function isLoopback(host: string): boolean {
  return ["127.0.0.1", "::1", "localhost"].includes(host.replace(/^\[|\]$/g, ""));
}

/** Whether nobody can read what is sent there on its way. */
export function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || isLoopback(hostname);
}
