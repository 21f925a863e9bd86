import assert from "node:assert/strict";
import test from "node:test";

import { firstOf, grouped, moved, nextOrder, pageCount, turned, withIds } from "../../cijob_analysis/widgets/table.js";

test("a heading sorts up, then down, then not at all", () => {
  const up = nextOrder({ sort: null, descending: false }, "state");
  assert.deepEqual(up, { sort: "state", descending: false });
  const down = nextOrder(up, "state");
  assert.deepEqual(down, { sort: "state", descending: true });
  assert.deepEqual(nextOrder(down, "state"), { sort: null, descending: false });
  assert.deepEqual(nextOrder(down, "name"), { sort: "name", descending: false });
});

test("there is a page even of nothing", () => {
  assert.deepEqual([0, 1, 50, 51, 1_000_000].map((n) => pageCount(n, 50)), [1, 1, 1, 2, 20_000]);
});

test("a page number leads to the nearest page that there is", () => {
  const numbers = [1, 2, 3, 4, 0, -7, 2.9, NaN, Infinity];
  assert.deepEqual(numbers.map((number) => firstOf(number, 120, 50)), [0, 50, 100, 100, 0, 0, 50, 0, 100]);
  assert.equal(firstOf(3, 0, 50), 0);
});

test("pages are turned as far as there are some", () => {
  const from = (turn, first) => turned(turn, { first, n: 120, size: 50 });
  assert.deepEqual(["first", "previous", "next", "last"].map((turn) => from(turn, 50)), [0, 0, 100, 100]);
  assert.equal(from("previous", 0), 0);
  assert.equal(from("next", 100), 100);
});

test("arrows move by a cell, from the headings to the last row", () => {
  const size = { rows: 3, columns: 4 };
  const keys = (place, ...pressed) => pressed.reduce((at, key) => moved(key, false, at, size), place);
  assert.deepEqual(keys({ row: 0, column: 0 }, "ArrowRight", "ArrowDown"), { row: 1, column: 1 });
  assert.deepEqual(keys({ row: 2, column: 3 }, "ArrowRight", "ArrowDown"), { row: 2, column: 3 });
  assert.deepEqual(keys({ row: 0, column: 0 }, "ArrowUp", "ArrowUp", "ArrowLeft"), { row: -1, column: 0 });
  assert.deepEqual(keys({ row: 1, column: 2 }, "Home"), { row: 1, column: 0 });
  assert.deepEqual(keys({ row: 1, column: 2 }, "End"), { row: 1, column: 3 });
  assert.deepEqual(moved("ArrowDown", false, { row: -1, column: 2 }, { rows: 0, columns: 4 }), { row: -1, column: 2 });
});

test("page keys turn the page in the same column, and control goes to the ends of the table", () => {
  const at = { row: 1, column: 2 };
  const size = { rows: 3, columns: 4 };
  assert.deepEqual(moved("PageDown", false, at, size), { ...at, turn: "next" });
  assert.deepEqual(moved("PageUp", false, at, size), { ...at, turn: "previous" });
  assert.deepEqual(moved("Home", true, at, size), { row: 0, column: 0, turn: "first" });
  assert.deepEqual(moved("End", true, at, size), { row: Infinity, column: 3, turn: "last" });
  assert.equal(moved("x", false, at, size), null);
});

test("ids are picked once, in the order in which they were", () => {
  assert.deepEqual(withIds(["b", "a"], ["a", "c"], true), ["b", "a", "c"]);
  assert.deepEqual(withIds(["b", "a"], ["a", "c"], false), ["b"]);
  assert.deepEqual(withIds([], [], true), []);
});

test("thousands are grouped as in the caption", () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1\u202f000", "1\u202f234\u202f567"]);
});
