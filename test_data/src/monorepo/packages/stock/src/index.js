"use strict";

const { parse } = require("./parse.js");

class Stock {
  constructor(text = "") {
    this.counts = new Map(parse(text));
  }

  take(name) {
    const count = this.counts.get(name) ?? 0;
    if (count === 0) {
      return false;
    }
    this.counts.set(name, count - 1);
    return true;
  }
}

module.exports = { Stock };
