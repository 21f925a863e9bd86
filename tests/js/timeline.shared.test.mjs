// The drawing maths of the timeline on cases whose answers the Python side has given: `cases.py`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  barsInView,
  barsOf,
  clockParts,
  colorsOf,
  durationText,
  fitBands,
  hitTest,
  makeCounts,
  numberText,
  occupancy,
  packLanes,
  select,
  ticks,
  typed,
  zoneText,
} from "../../cijob_analysis/widgets/timeline.js";

assert.ok(process.env.CIJOB_CASES, "CIJOB_CASES names no file of cases: test_javascript.py writes one");
const cases = JSON.parse(readFileSync(process.env.CIJOB_CASES, "utf8"));

const bytes = (text) => new DataView(Uint8Array.from(Buffer.from(text, "base64")).buffer);
const isNear = (one, other, by = 1e-9) => Math.abs(one - other) <= by * Math.max(1, Math.abs(other));

/** Return the bars of a case as the page has them: all or those that are shown, in one band or in several. */
function barsFor({ data, mask, bands }, { isMasked, isBanded }) {
  const bars = barsOf(data.message, data.buffers.map(bytes));
  const bits = isMasked ? typed(Uint8Array, bytes(mask.buffers[0])) : null;
  return select(bars, bits, isBanded ? typed(Uint8Array, bytes(bands.buffers[0])) : null);
}

/** Return the lanes of the `found` bars, packed band by band. */
function lanesOf(bars, found) {
  const lane = new Array(found.length);
  const members = Map.groupBy(found.keys(), (k) => bars.band?.[found[k]] ?? 0);
  for (const mine of members.values()) {
    const times = (values) => Float64Array.from(mine, (k) => values[found[k]]);
    const { lanes } = packLanes(times(bars.begin), times(bars.end));
    mine.forEach((k, i) => (lane[k] = lanes[i]));
  }
  return lane;
}

test("bars have the lanes that pack_lanes gives them", () => {
  for (const { begin, end, lanes } of cases.lanes) {
    const packed = packLanes(Float64Array.from(begin), Float64Array.from(end));
    assert.deepEqual([...packed.lanes], lanes);
    assert.equal(packed.nLanes, lanes.reduce((most, lane) => Math.max(most, lane + 1), 0));
  }
});

cases.timelines.forEach((timeline) => {
  const { data, shown, order, views } = timeline;
  const { n, states } = data.message;

  test(`${n} bars: the mask leaves those of the rows that are shown`, () => {
    const { all } = timeline.mask.message;
    const masked = barsFor(timeline, { isMasked: !all });
    assert.deepEqual([...(masked.bar ?? masked.begin.keys())], shown);
  });

  test(`${n} bars: colours are stacked as in the pictures`, () => {
    assert.deepEqual(colorsOf(states).order, order);
  });

  test(`${n} bars: those in view, and their lanes`, () => {
    for (const view of views) {
      const bars = barsFor(timeline, view);
      const found = new Uint32Array(bars.n);
      const nFound = barsInView(bars, view.from, view.to, bars.n, found);
      assert.deepEqual([...found.subarray(0, nFound)], view.found);
      assert.deepEqual(lanesOf(bars, view.found), view.lane);
      if (nFound) assert.equal(barsInView(bars, view.from, view.to, nFound - 1, found), nFound);
    }
  });

  test(`${n} bars: as many in each column of pixels as occupancy counts`, () => {
    for (const view of views) {
      const counts = makeCounts(view.nStacks, view.nColumns);
      occupancy(barsFor(timeline, view), colorsOf(states), view.from, view.to, counts);
      assert.deepEqual([...counts.isThere], view.isThere);
      counts.mean.forEach((mean, cell) => {
        assert.ok(isNear(mean, view.mean[cell]), `cell ${cell}: ${mean} for ${view.mean[cell]}`);
      });
    }
  });

  test(`${n} bars: the one that is hit`, () => {
    for (const view of views) {
      const bars = barsFor(timeline, view);
      const layout = { n: view.found.length, found: view.found, lane: view.lane };
      for (const [x, y, hit] of view.hits) assert.equal(hitTest(layout, bars, view, x, y, view.slop), hit);
    }
  });
});

test("bands lie where the exact unit puts them", () => {
  for (const { sizes, height, least, gap, most, tops, bottoms } of cases.fits) {
    const { bands } = fitBands(sizes, height, { least, gap, most: most ?? Infinity });
    bands.forEach(({ top, bottom }, band) => {
      assert.ok(isNear(top, tops[band], 1e-6) && isNear(bottom, bottoms[band], 1e-6), `${sizes} in ${height}`);
    });
  }
});

test("ticks are where the clocks show round times, also on days when they are changed", () => {
  for (const { zone, offsets, from, to, most, step, times } of cases.ticks) {
    assert.deepEqual(ticks(offsets, from, to, most), { step, times }, `${zone} from ${from} to ${to}`);
  }
});

test("clocks show what those of the zone do", () => {
  for (const { offsets, ms, ...shown } of cases.clocks) {
    const { date, time, part } = clockParts(offsets, ms);
    assert.deepEqual({ date, time, part }, shown);
  }
});

test("zones are called as in the pictures", () => {
  for (const { name, offsets, times, text } of cases.zones) assert.equal(zoneText(name, offsets, ...times), text);
});

test("numbers and durations are written as elsewhere", () => {
  for (const [n, text] of cases.words.numbers) assert.equal(numberText(n), text);
  for (const [s, text] of cases.words.durations) assert.equal(durationText(s), text, `${s} s`);
});
