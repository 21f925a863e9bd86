import assert from "node:assert/strict";
import test from "node:test";

import timeline, {
  barsInView,
  barsOf,
  clampView,
  clockParts,
  colorsOf,
  durationText,
  fitBands,
  highest,
  hitTest,
  instantOf,
  levelOfDetail,
  lowerBound,
  makeCounts,
  MOST_LANED,
  NO_START,
  occupancy,
  offsetAt,
  offsetText,
  packLanes,
  paintDensity,
  paintLanes,
  paintOf,
  roundUp,
  select,
  tickText,
  ticks,
  typed,
  zoneText,
  zoomed,
} from "../../cijob_analysis/widgets/timeline.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STATES = [
  { name: "Running", isOpen: true, color: "#56B4E9", edge: "#20648C", hatch: ".." },
  { name: "Success", isOpen: false, color: "#0072B2", edge: "white", hatch: "" },
  { name: "Failed", isOpen: false, color: "#D55E00", edge: "white", hatch: "//" },
  { name: "wait", isOpen: false, color: "#C9C9C9", edge: "#777777", hatch: "" },
];
const [RUNNING, SUCCESS, FAILED, WAIT] = STATES.keys();
const FAILED_PIXEL = 0xff005ed5; // red is the first byte in the memory

/** Return the bars of rows [begin, start or null, end, state]. */
function bars(rows) {
  const column = (place) => rows.map((row) => row[place] ?? NO_START);
  const times = [0, 1, 2].map((place) => new DataView(Uint32Array.from(column(place)).buffer));
  return barsOf({ n: rows.length }, [...times, new DataView(Uint8Array.from(column(3)).buffer)]);
}

/** Return them with nothing left out, in one band. */
const allOf = (rows) => select(bars(rows), null, null);
const all = (...rows) => allOf(rows);

const found = (shown, from, to, most = 100) => {
  const places = new Uint32Array(100);
  const n = barsInView(shown, from, to, most, places);
  return n > most ? n : [...places.subarray(0, n)];
};

function image(width, height) {
  return { pixels: new Uint32Array(width * height), width, height };
}

const paintsOf = () => colorsOf(STATES).order.map((state) => paintOf(STATES[state], 1));

/** Return numbers from 0 to 1 that are the same in each run. */
function* random(seed) {
  for (let state = seed; ; yield state / 2 ** 32) state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
}

// ---------------------------------------------------------------------------------------------- the bars

test("numbers are read wherever they begin in a message", () => {
  const numbers = new DataView(Uint8Array.from([9, 1, 0, 0, 0, 2, 0, 0, 0]).buffer, 1);
  assert.deepEqual([...typed(Uint32Array, numbers)], [1, 2]);
  assert.deepEqual([...typed(Uint8Array, Uint8Array.from([1, 2]).buffer)], [1, 2]);
  assert.equal(typed(Uint32Array, new DataView(new ArrayBuffer(8), 4)).length, 1);
  assert.equal(typed(Uint32Array, new DataView(new ArrayBuffer(0))).length, 0);
});

test("a bar waits and runs, only runs, or only waits", () => {
  const { mid, kind } = bars([[0, 5, 9, RUNNING], [5, 5, 9, SUCCESS], [0, null, 9, FAILED]]);
  assert.deepEqual([...mid], [5, 5, 9]);
  assert.deepEqual([...kind], [3 * RUNNING, 3 * SUCCESS + 1, 3 * FAILED + 2]);
});

test("what failed lies at the bottom, a wait at the top, and what gave up has the colour of its end", () => {
  const { order, wait, run, isOpen } = colorsOf(STATES);
  assert.deepEqual(order, [FAILED, RUNNING, SUCCESS, WAIT]);
  const [failed, running, waiting] = [0, 1, 3];
  assert.deepEqual([...wait.subarray(3 * RUNNING, 3 * RUNNING + 3)], [waiting, -1, waiting]);
  assert.deepEqual([...wait.subarray(3 * FAILED, 3 * FAILED + 3)], [waiting, -1, failed]);
  assert.deepEqual([...run.subarray(3 * RUNNING, 3 * RUNNING + 3)], [running, running, -1]);
  assert.deepEqual(isOpen.slice(0, 4), [true, true, true, false]);
  assert.deepEqual(colorsOf([STATES[SUCCESS], STATES[WAIT]]).order, [0, 1], "where nothing failed");
});

test("a mask leaves its bars, each with its band and its number", () => {
  const four = bars([[0, 1, 2, SUCCESS], [1, 2, 3, FAILED], [2, 3, 4, SUCCESS], [3, 4, 5, RUNNING]]);
  const shown = select(four, Uint8Array.of(0b1010), Uint8Array.of(7, 6, 5, 4));
  assert.deepEqual([shown.n, [...shown.bar], [...shown.begin], [...shown.band]], [2, [1, 3], [1, 3], [6, 4]]);
  assert.equal(select(four, Uint8Array.of(0), null).n, 0);
  assert.equal(select(four, null, null).bar, null);
});

test("a bar is in view from its begin to its end", () => {
  const shown = all([0, 1, 100, SUCCESS], [10, 10, 10, FAILED], [20, 25, 30, SUCCESS]);
  assert.deepEqual(found(shown, 5, 20), [0, 1]);
  assert.deepEqual(found(shown, 10, 10.5), [0, 1], "also if that is an instant");
  assert.deepEqual(found(shown, 100, 200), [0]);
  assert.deepEqual(found(shown, 101, 200), []);
  assert.equal(found(shown, 0, 200, 2), 3, "more than are asked for");
});

test("the first that is not below is found by halves", () => {
  const values = Uint32Array.of(1, 3, 3, 5);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((value) => lowerBound(values, value)), [0, 0, 1, 1, 3, 3, 4]);
});

// ---------------------------------------------------------------------------------------------- lanes and bands

test("a bar takes the lowest lane that is free, also where another has just ended", () => {
  assert.deepEqual([...packLanes([0, 1, 4, 5], [4, 9, 6, 6]).lanes], [0, 1, 0, 2]);
  assert.deepEqual(packLanes([], []), { lanes: new Uint32Array(0), nLanes: 0 });
  assert.equal(packLanes([3, 3, 3], [3, 3, 3]).nLanes, 1, "instants do not overlap");
  assert.equal(packLanes([0, 0, 0], [1, 1, 1]).nLanes, 3);
});

test("bars get lanes as long as each has a pixel", () => {
  assert.equal(levelOfDetail(MOST_LANED, 300, 300), "lanes");
  assert.equal(levelOfDetail(MOST_LANED, 301, 300), "density");
  assert.equal(levelOfDetail(MOST_LANED + 1, 3, 300), "density");
  assert.equal(levelOfDetail(0, 0, 300), "lanes");
});

test("bands share the height by what they hold, each with room for its name", () => {
  const fit = (sizes, most = 30) => fitBands(sizes, 100, { least: 20, gap: 5, most });
  const ends = ({ bands }) => bands.map(({ top, bottom }) => [top, bottom].map((y) => Number(y.toFixed(6))));
  assert.deepEqual(ends(fitBands([1000], 100, { least: 0, gap: 5, most: 30 })), [[0, 100]]);
  assert.deepEqual(ends(fit([6, 1])), [[0, 75], [80, 100]]);
  assert.deepEqual(ends(fit([1, 1])), [[0, 47.5], [52.5, 100]], "what is left over is shared out");
  assert.equal(fit([1, 1]).unit, 30);
});

test("bands without a bar, and a unit of any height, are no reason for a place that is no number", () => {
  for (const sizes of [[3, 0], [0, 3], [0, 0], [0]]) {
    const { bands, unit } = fitBands(sizes, 100, { least: 20, gap: 5, most: Infinity });
    assert.ok(Number.isFinite(unit));
    assert.ok(Math.abs(bands.at(-1).bottom - 100) < 1e-6, `${sizes}: ${bands.at(-1).bottom}`);
  }
});

test("bands that are too many give up their gaps, and then their height: none lies beyond the end", () => {
  for (const height of [372, 200]) {
    const { bands } = fitBands(new Array(21).fill(50), height, { least: 17, gap: 5, most: 30 });
    assert.ok(Math.abs(bands.at(-1).bottom - height) < 1e-6);
    const heights = bands.map(({ top, bottom }) => bottom - top);
    assert.ok(heights.every((one) => Math.abs(one - Math.min(17, height / 21)) < 1e-6));
  }
});

test("the nearest bar is hit, the last of several, and none across a lane", () => {
  const shown = all([0, 0, 10, SUCCESS], [20, 20, 20, FAILED], [0, 0, 10, SUCCESS]);
  const layout = { n: 3, found: [0, 1, 2], lane: [0, 0, 1] };
  const hit = (x, y, slop = 3) => hitTest(layout, shown, { from: 0, scale: 1, pitch: 5, bottoms: [10] }, x, y, slop);
  assert.deepEqual([hit(5, 9), hit(5, 6), hit(5, 5), hit(5, 1)], [0, 0, 2, 2]);
  assert.deepEqual([hit(5, 0), hit(5, 11)], [-1, -1]);
  assert.deepEqual([hit(13, 9), hit(14, 9), hit(17, 9), hit(18, 9), hit(24, 9)], [0, -1, 1, 1, 1]);
  assert.equal(hit(15, 9, 5), 1, "both are 5 pixels away");
});

// ---------------------------------------------------------------------------------------------- the view

test("a view is moved back into the whole, and no shorter than the least", () => {
  const whole = { from: 0, to: 100 };
  assert.deepEqual(clampView({ from: -30, to: 10 }, whole, 1), { from: 0, to: 40 });
  assert.deepEqual(clampView({ from: 90, to: 130 }, whole, 1), { from: 60, to: 100 });
  assert.deepEqual(clampView({ from: -900, to: 900 }, whole, 1), whole);
  assert.deepEqual(clampView({ from: 50, to: 50.5 }, whole, 2), { from: 49.25, to: 51.25 });
});

test("a zoom leaves in place what it is around", () => {
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 0.5, 20), { from: 10, to: 60 });
  assert.deepEqual(zoomed(zoomed({ from: 0, to: 100 }, 0.25, 80), 4, 80), { from: 0, to: 100 });
});

// ---------------------------------------------------------------------------------------------- density

test("a column of pixels holds how many bars there are on average, and whether there is any", () => {
  const counts = makeCounts(4, 4);
  occupancy(all([0, 10, 25, SUCCESS], [0, 10, 20, SUCCESS], [30, 30, 30, FAILED]), colorsOf(STATES), 0, 40, counts);
  const stack = (values, color) => [...values.subarray(4 * color, 4 * color + 4)];
  assert.deepEqual(stack(counts.mean, 3), [2, 0, 0, 0], "both wait for 10");
  assert.deepEqual(stack(counts.mean, 2), [0, 2, 0.5, 0]);
  assert.deepEqual(stack(counts.mean, 0), [0, 0, 0, 0], "an instant has no area");
  assert.deepEqual(stack(counts.isThere, 0), [0, 0, 0, 1]);
  assert.deepEqual([...highest(counts, 1, 4)], [2]);
  occupancy(all(), colorsOf(STATES), 0, 40, counts);
  assert.ok([...counts.mean, ...counts.isThere].every((value) => value === 0), "nothing is left of before");
});

test("an axis ends at a round number", () => {
  assert.deepEqual([1, 1.1, 7, 11, 99, 100, 101, 0.013].map(roundUp), [1, 1.2, 8, 12, 100, 100, 120, 0.015]);
});

test("no failed bar is lost among many: each has its pixel at the bottom, and no other column has one", () => {
  const [n, width, height, last] = [200_000, 700, 300, 1e9];
  const numbers = random(3);
  const next = () => numbers.next().value;
  const rows = Array.from({ length: n }, (_, i) => {
    const begin = Math.floor(next() * last);
    const waited = Math.floor(next() * 1e6);
    return [begin, begin + waited, begin + waited + (i % 4000 ? Math.floor(next() * 1e6) : 0), i % 4000 ? SUCCESS : FAILED];
  }).sort((a, b) => a[0] - b[0]);
  const place = { from: 0, scale: width / last, unit: 0.5, bands: [{ top: 0, bottom: height }] };
  const counts = makeCounts(4, width);
  const picture = image(width, height);
  occupancy(allOf(rows), colorsOf(STATES), 0, last, counts);
  paintDensity(picture, counts, colorsOf(STATES), paintsOf(), place);
  const failed = new Set(rows.filter(([, , , state]) => state === FAILED).map(([, start]) => Math.floor(start * place.scale)));
  const lowest = picture.pixels.subarray((height - 1) * width);
  const orange = [...lowest.keys()].filter((x) => lowest[x] === FAILED_PIXEL);
  assert.equal(rows.filter(([, , , state]) => state === FAILED).length, 50);
  assert.deepEqual(orange, [...failed].filter((x) => x < width).sort((a, b) => a - b));
});

test("each colour that is there has a pixel, however low a unit is", () => {
  const counts = makeCounts(4, 1);
  occupancy(all([0, 0, 9, SUCCESS], [0, 0, 9, FAILED], [0, null, 9, RUNNING]), colorsOf(STATES), 0, 9, counts);
  const picture = image(1, 10);
  const place = { from: 0, scale: 1 / 9, unit: 0.001, bands: [{ top: 0, bottom: 10 }] };
  paintDensity(picture, counts, colorsOf(STATES), paintsOf(), place);
  const solids = [FAILED, SUCCESS, WAIT].map((state) => paintOf(STATES[state], 1).solid);
  assert.deepEqual([...picture.pixels].reverse(), [...solids, 0, 0, 0, 0, 0, 0, 0]);
});

test("a failed bar is painted above all others that share its pixel", () => {
  const shown = all([0, 0, 1000, FAILED], [500, 500, 1500, SUCCESS], [1000, 1000, 2000, SUCCESS]);
  const layout = { n: 3, found: [0, 1, 2], lane: [0, 1, 0] };
  const picture = image(20, 1);
  const place = { from: 0, scale: 0.01, pitch: 0.4, bottoms: [1] };
  paintLanes(picture, layout, shown, colorsOf(STATES), paintsOf(), place, 1);
  assert.ok(picture.pixels.subarray(0, 10).every((pixel) => pixel === FAILED_PIXEL));
  assert.ok(picture.pixels.subarray(10).every((pixel) => pixel === paintOf(STATES[SUCCESS], 1).solid));
});

test("a bar that is no time long, or shorter than a pixel, has one", () => {
  const picture = image(20, 10);
  const place = { from: 0, scale: 0.01, pitch: 10, bottoms: [10] };
  const layout = { n: 1, found: [0], lane: [0] };
  paintLanes(picture, layout, all([1005, 1005, 1005, FAILED]), colorsOf(STATES), paintsOf(), place, 1);
  const columns = new Set([...picture.pixels.keys()].filter((i) => picture.pixels[i]).map((i) => i % 20));
  assert.deepEqual([...columns], [10]);
});

test("nothing is painted beyond the image, whatever is in view", () => {
  const shown = all([0, 500, 4000, RUNNING], [0, null, 4000, RUNNING], [3000, 3000, 4000, FAILED]);
  const picture = image(10, 10);
  const layout = { n: 3, found: [0, 1, 2], lane: [0, 5, 90] };
  paintLanes(picture, layout, shown, colorsOf(STATES), paintsOf(), { from: 200, scale: 0.01, pitch: 4, bottoms: [10] }, 1);
  assert.equal(picture.pixels.length, 100);
  assert.ok(picture.pixels.subarray(80).some((pixel) => pixel), "what is in view is there");
});

test("states are told apart by hatches, too", () => {
  const shades = (state, dpr = 1) => new Set(paintOf(STATES[state], dpr).tile).size;
  assert.deepEqual([RUNNING, SUCCESS, FAILED].map((state) => shades(state)), [2, 1, 2]);
  const sides = [1, 2].map((dpr) => Math.sqrt(paintOf(STATES[FAILED], dpr).tile.length));
  assert.deepEqual(sides, [8, 16], "as large on any screen");
});

// ---------------------------------------------------------------------------------------------- times and words

const spring = Date.UTC(2026, 2, 29, 1); // Berlin's clocks jump from 2:00 to 3:00
const autumn = Date.UTC(2026, 9, 25, 1); // and go back from 3:00 to 2:00
const BERLIN = [[Date.UTC(2026, 0, 1), 3600], [spring, 7200], [autumn, 3600]];
const UTC = [[0, 0]];

const labels = (from, to, most, offsets = BERLIN) => {
  const { times, step } = ticks(offsets, from, to, most);
  return times.map((ms) => tickText(offsets, ms, step));
};

test("clocks are as far ahead as they have been since the last change", () => {
  assert.deepEqual([0, spring - 1, spring, autumn - 1, autumn].map((ms) => offsetAt(BERLIN, ms) / HOUR), [1, 1, 2, 2, 1]);
});

test("a time that clocks jump over is when they do, and one that they show twice is the first", () => {
  const local = (...parts) => Date.UTC(2026, ...parts);
  assert.equal(instantOf(BERLIN, local(2, 29, 2, 30)), spring);
  assert.equal(instantOf(BERLIN, local(2, 29, 3)), spring);
  assert.equal(instantOf(BERLIN, local(9, 25, 2, 30)), autumn - HOUR / 2);
  assert.equal(instantOf(BERLIN, local(9, 25, 3)), autumn + HOUR);
});

test("hours are named as the clocks show them, on days when they are changed, too", () => {
  assert.deepEqual(labels(spring - 2 * HOUR, spring + 2 * HOUR, 5), ["29 Mar", "01:00", "03:00", "04:00", "05:00"]);
  assert.deepEqual(labels(autumn - 2 * HOUR, autumn + 2 * HOUR, 5), ["01:00", "02:00", "02:00", "03:00", "04:00"]);
});

test("days begin at midnight of the zone, however long they are", () => {
  const { times } = ticks(BERLIN, spring - 2 * DAY, spring + 2 * DAY, 4);
  assert.deepEqual(times.slice(1).map((ms, i) => (ms - times[i]) / HOUR), [24, 23, 24]);
  assert.deepEqual(labels(spring - 2 * DAY, spring + 2 * DAY, 4), ["28 Mar", "29 Mar", "30 Mar", "31 Mar"]);
});

test("weeks begin on Mondays, months and years on their first day", () => {
  const from = Date.UTC(2026, 0, 15);
  assert.deepEqual(labels(from, from + 21 * DAY, 3, UTC), ["19 Jan", "26 Jan", "2 Feb"]);
  assert.deepEqual(labels(from, from + 120 * DAY, 4, UTC), ["Feb", "Mar", "Apr", "May"]);
  assert.deepEqual(labels(from, from + 365 * DAY, 5, UTC), ["Apr", "Jul", "Oct", "2027"]);
  assert.deepEqual(labels(from, from + 1100 * DAY, 4, UTC), ["2027", "2028", "2029"]);
});

test("ticks are as fine as there is room for", () => {
  const from = Date.UTC(2026, 0, 1, 12);
  assert.deepEqual(labels(from, from + 3, 3, UTC), ["12:00:00.000", "12:00:00.001", "12:00:00.002", "12:00:00.003"]);
  assert.deepEqual(labels(from, from + 40_000, 3, UTC), ["12:00:00", "12:00:15", "12:00:30"]);
  assert.deepEqual(labels(from, from + 13 * HOUR, 3, UTC), ["12:00", "18:00", "2 Jan"]);
});

test("clocks show the date of the zone, also before 1970 and with fractions of a second", () => {
  const shanghai = [[-(2 ** 45), 8 * 3600]];
  const { date, time, part, minutes } = clockParts(shanghai, Date.UTC(1969, 11, 31, 16, 0, 0, 50));
  assert.deepEqual([date, minutes, time, part], ["1970-01-01", "00:00", "00:00:00", ".050"]);
  assert.equal(clockParts(shanghai, Date.UTC(1969, 11, 31, 15, 59, 59)).date, "1969-12-31");
});

test("offsets are told as those of the other pictures", () => {
  assert.deepEqual([0, 8, -3.5, 5.75].map((hours) => offsetText(hours * HOUR)), ["UTC", "UTC+8", "UTC−3:30", "UTC+5:45"]);
  assert.equal(zoneText("Europe/Berlin", BERLIN, spring - 1, spring), "Europe/Berlin, UTC+1 and UTC+2");
  assert.equal(zoneText("UTC", UTC, 0), "UTC");
});

test("durations have one unit or two", () => {
  const texts = [0, 0.0125, 0.5, 59.94, 90, 7200, 93_600, 1e9].map(durationText);
  assert.deepEqual(texts, ["0 s", "12.5 ms", "0.5 s", "59.9 s", "1 min 30 s", "2 h", "1 d 2 h", "11\u202f574 d 1 h"]);
});

// ---------------------------------------------------------------------------------------------- the kernel

test("a page asks for its data when it is opened, and hears no more when it is closed", () => {
  const [sent, listening] = [[], new Set()];
  const model = {
    get: () => "packed",
    send: (message) => sent.push(message),
    on: (name) => listening.add(name),
    off: (name) => listening.delete(name),
  };
  const close = timeline().initialize({ model });
  assert.deepEqual(sent, [{ kind: "ready" }]);
  assert.ok(listening.has("msg:custom"));
  close();
  assert.equal(listening.size, 0);
});
