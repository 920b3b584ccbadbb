"use strict";

function parse(text) {
  const entries = [];
  for (const line of text.split("\n")) {
    const [name, count] = line.split("=");
    if (count === undefined) {
      continue;
    }
    entries.push([name, Number(count)]);
  }
  return entries;
}

module.exports = { parse };
