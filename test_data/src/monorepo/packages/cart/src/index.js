"use strict";

const { withTax, format } = require("../../price/src/index.js");
const { parse } = require("./parse.js");

function total(text) {
  let sum = 0;
  for (const { count, cents } of parse(text)) {
    sum += count * withTax(cents);
  }
  return format(sum);
}

module.exports = { total };
