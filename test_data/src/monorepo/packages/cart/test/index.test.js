const assert = require("node:assert/strict");
const test = require("node:test");
const { total } = require("../src/index.js");

test("sums up", () => assert.equal(total("2x100,1x50"), "2.75"));
