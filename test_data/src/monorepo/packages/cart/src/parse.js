"use strict";

function parse(text) {
  return text.split(",").filter((part) => part !== "").map((part) => {
    const [count, cents] = part.split("x");
    return { count: Number(count), cents: Number(cents) };
  });
}

module.exports = { parse };
