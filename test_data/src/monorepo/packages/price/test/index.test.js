const assert = require("node:assert/strict");
const test = require("node:test");
const { withTax } = require("../src/index.js");

test("adds the tax", () => assert.equal(withTax(100), 110));
