"use strict";

function withTax(cents) {
  if (cents < 0) {
    throw new RangeError(`negative: ${cents}`);
  }
  return Math.round(cents * 1.1);
}

function format(cents) {
  return (cents / 100).toFixed(2);
}

module.exports = { withTax, format };
