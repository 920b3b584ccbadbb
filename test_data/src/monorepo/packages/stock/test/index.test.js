const assert = require("node:assert/strict");
const test = require("node:test");
const { Stock } = require("../src/index.js");

test("gives nothing that is not there", () => assert.equal(new Stock().take("tea"), false));
