import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { ago } from "../../src/dashboard/numbers.tsx";

Deno.test("ago rounds down to whole units, and a future time is just now", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const cases: [string, string][] = [
    ["2026-03-01T12:00:30Z", "just now"],
    ["2026-03-01T11:59:01Z", "just now"],
    ["2026-03-01T11:59:00Z", "1 minute ago"],
    ["2026-03-01T10:00:01Z", "1 hour ago"],
    ["2026-03-01T10:00:00Z", "2 hours ago"],
    ["2026-02-28T11:59:59Z", "1 day ago"],
    ["2026-02-15T12:00:00Z", "2 weeks ago"],
    ["2026-01-01T12:00:00Z", "1 month ago"],
    ["2024-02-28T12:00:00Z", "2 years ago"],
  ];
  for (const [date, text] of cases) assert.equal(ago(new Date(date), now), text);
});

Deno.test("PUBLIC_URL loses extra slashes, and must not have a query, fragment or user", () => {
  const urlOf = (PUBLIC_URL: string) => readConfig({ PUBLIC_URL, AUTH: "none" }).publicUrl;
  assert.equal(urlOf("https://host//pre///fix//"), "https://host/pre/fix");
  assert.equal(urlOf("https://host/"), "https://host");
  for (const url of ["https://host/?x=1", "https://host/#y", "https://user@host"]) {
    assert.throws(() => urlOf(url), /PUBLIC_URL is .* must be an address like/);
  }
});
