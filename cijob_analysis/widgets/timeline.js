// A timeline on a canvas: bars that wait and run, to pan, zoom and select a window of time on.
//
// Times are numbers in the unit of the data, counted from its first begin; "ms" in a name says milliseconds since
// 1970-01-01 UTC instead. Places are in pixels of the screen (device pixels) unless "css" says otherwise.

export const NO_START = 0xffffffff;
export const MOST_LANED = 20_000; // with more bars in view they are counted, and not laid into lanes
const BLOCK = 4096;
const LANE_NUMBERS = 2 ** 21;
const THICK = 0.8; // how much of its lane a run takes
const THIN = 0.3; // and a wait
const HIGHEST_LANE = 30; // in CSS pixels, like all that follow
const LEAST_BAND = 17; // so that its name has room
const BAND_GAP = 5;
const TICK_EVERY = 95;
const SLOP = 3; // how far beside a bar it can still be hit

// ---------------------------------------------------------------------------------------------- the bars

/** Return a typed array on the bytes of a message, which may begin anywhere in a larger buffer. */
export function typed(Kind, view) {
  if (view instanceof ArrayBuffer) return new Kind(view);
  const { buffer, byteOffset, byteLength } = view;
  if (byteOffset % Kind.BYTES_PER_ELEMENT === 0) {
    return new Kind(buffer, byteOffset, byteLength / Kind.BYTES_PER_ELEMENT);
  }
  return new Kind(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * Return the bars of a message: `begin`, `mid` (where the wait ends) and `end`, and in `kind` three numbers for each
 * state: 0 it waited and ran, 1 it ran only, 2 it waited only.
 */
export function barsOf({ n }, [beginView, startView, endView, stateView]) {
  const begin = typed(Uint32Array, beginView);
  const start = typed(Uint32Array, startView);
  const end = typed(Uint32Array, endView);
  const state = typed(Uint8Array, stateView);
  const mid = new Uint32Array(n);
  const kind = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const never = start[i] === NO_START;
    mid[i] = never ? end[i] : start[i];
    kind[i] = 3 * state[i] + (never ? 2 : start[i] > begin[i] ? 0 : 1);
  }
  return { n, begin, mid, end, kind };
}

/** Return in which colour bars of each kind wait and run, -1 for not at all; Failed is 0, a wait the last one. */
export function colorsOf(states) {
  const order = paintOrder(states);
  const place = order.map((_, state) => order.indexOf(state));
  const wait = [];
  const run = [];
  const isOpenOf = [];
  states.slice(0, -1).forEach(({ isOpen }, state) => {
    const waiting = place[states.length - 1];
    wait.push(waiting, -1, isOpen ? waiting : place[state]); // what gave up has the colour of its end
    run.push(place[state], place[state], -1);
    isOpenOf.push(isOpen, isOpen, isOpen);
  });
  const [waits, runs] = [wait, run].map((colors) => Int16Array.from(colors));
  return { n: states.length, order, wait: waits, run: runs, isOpen: isOpenOf };
}

/** Return the numbers of states in the order in which they are stacked: Failed at the bottom, a wait at the top. */
function paintOrder(states) {
  const failed = states.findIndex(({ name }) => name === "Failed");
  const others = states.map((_, state) => state).filter((state) => state !== failed);
  return failed < 0 ? others : [failed, ...others];
}

/** Return the bars that `bits` (one for each; null for all) and `bands` leave: in a row, so that no test is needed. */
export function select(bars, bits, band) {
  const { n } = bars;
  if (!bits) return withReach({ ...bars, band, bar: null });
  let m = 0;
  const bar = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    bar[m] = i;
    m += (bits[i >> 3] >> (i & 7)) & 1;
  }
  const take = (values) => {
    const taken = new values.constructor(m);
    for (let j = 0; j < m; j++) taken[j] = values[bar[j]];
    return taken;
  };
  const [begin, mid, end, kind] = [bars.begin, bars.mid, bars.end, bars.kind].map(take);
  return withReach({ n: m, begin, mid, end, kind, band: band && take(band), bar: bar.subarray(0, m) });
}

/** Add how far the bars of each block reach, so that blocks out of view are passed over. */
function withReach(bars) {
  const reach = new Uint32Array(Math.ceil(bars.n / BLOCK));
  for (let i = 0; i < bars.n; i++) {
    if (bars.end[i] > reach[(i / BLOCK) | 0]) reach[(i / BLOCK) | 0] = bars.end[i];
  }
  return { ...bars, reach };
}

/** Return the first of the ascending `values` that is at least `value`. */
export function lowerBound(values, value, n = values.length) {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return how many bars are there in [from, to), or `most + 1` if these are more; which they are goes into `found`. */
export function barsInView(bars, from, to, most, found) {
  const last = lowerBound(bars.begin, to, bars.n);
  let m = 0;
  for (let first = 0, block = 0; first < last; first += BLOCK, block++) {
    if (bars.reach[block] < from) continue;
    const after = Math.min(first + BLOCK, last);
    for (let i = first; i < after; i++) {
      if (bars.end[i] < from) continue;
      if (m === most) return most + 1;
      found[m++] = i;
    }
  }
  return m;
}

// ---------------------------------------------------------------------------------------------- density

/** Return room for what `occupancy` finds. */
export function makeCounts(nStacks, nColumns) {
  const size = nStacks * nColumns;
  return {
    nStacks,
    nColumns,
    count: new Int32Array(size),
    mean: new Float64Array(size),
    isThere: new Uint8Array(size),
  };
}

/**
 * Count for each stack (a band and a colour) and column of pixels of the view [from, to] how many bars there are, on
 * average over the column (`mean`), and whether there is any, if only for an instant (`isThere`).
 */
export function occupancy(bars, colors, from, to, counts) {
  const { nColumns, count, mean, isThere } = counts;
  const { begin, mid, end, kind, band, reach } = bars;
  const { wait, run, n: nColors } = colors;
  const scale = nColumns / (to - from);
  const rightmost = nColumns - 1;
  count.fill(0);
  mean.fill(0);
  isThere.fill(0);
  const add = (left, right, offset) => {
    const first = Math.max(left, 0);
    const begun = Math.min(first | 0, rightmost);
    count[offset + begun]++;
    mean[offset + begun] -= first - begun;
    isThere[offset + begun] = 1;
    const last = Math.min(right, nColumns);
    const ended = Math.min(last | 0, rightmost);
    count[offset + ended]--;
    mean[offset + ended] += last - ended;
    if (last > ended) isThere[offset + ended] = 1;
  };
  for (let block = 0, first = 0; first < bars.n && begin[first] <= to; block++, first += BLOCK) {
    if (reach[block] < from) continue;
    const after = Math.min(first + BLOCK, bars.n);
    for (let i = first; i < after; i++) {
      const right = (end[i] - from) * scale;
      const left = (begin[i] - from) * scale;
      if (right < 0 || left > nColumns) continue;
      const middle = (mid[i] - from) * scale;
      const stack = band ? band[i] * nColors : 0;
      const waiting = wait[kind[i]];
      const running = run[kind[i]];
      if (waiting >= 0 && middle >= 0) add(left, middle, (stack + waiting) * nColumns);
      if (running >= 0 && middle <= nColumns) add(middle, right, (stack + running) * nColumns);
    }
  }
  sumUp(counts);
}

function sumUp({ nStacks, nColumns, count, mean, isThere }) {
  for (let stack = 0; stack < nStacks; stack++) {
    let whole = 0;
    for (let i = stack * nColumns; i < (stack + 1) * nColumns; i++) {
      whole += count[i];
      mean[i] += whole;
      if (whole > 0) isThere[i] = 1;
    }
  }
}

/** Return for each band the highest of its columns. */
export function highest({ nColumns, mean }, nBands, nColors) {
  const most = new Float64Array(nBands);
  for (let band = 0; band < nBands; band++) {
    for (let x = 0; x < nColumns; x++) {
      let sum = 0;
      for (let color = 0; color < nColors; color++) sum += mean[(band * nColors + color) * nColumns + x];
      if (sum > most[band]) most[band] = sum;
    }
  }
  return most;
}

/** Return a round number that is at least `value` and not much more. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((digit) => digit * power >= value * (1 - 1e-9)) * power;
}

// ---------------------------------------------------------------------------------------------- lanes

/** A heap of numbers, the least of which comes out first; `put` and `take` allocate nothing. */
class Heap {
  constructor(size) {
    this.keys = new Float64Array(size);
    this.n = 0;
  }

  put(key) {
    const { keys } = this;
    let place = this.n++;
    while (place > 0 && keys[(place - 1) >> 1] > key) {
      keys[place] = keys[(place - 1) >> 1];
      place = (place - 1) >> 1;
    }
    keys[place] = key;
  }

  take() {
    const { keys } = this;
    const least = keys[0];
    const key = keys[--this.n];
    let place = 0;
    for (let child = 1; child < this.n; child = 2 * place + 1) {
      if (child + 1 < this.n && keys[child + 1] < keys[child]) child++;
      if (keys[child] >= key) break;
      keys[place] = keys[child];
      place = child;
    }
    keys[place] = key;
    return least;
  }
}

/** Return an order by begin, then by end, then by place; the sort is left out where there is nothing to do. */
function inOrder(begin, end) {
  const order = Uint32Array.from(begin, (_, i) => i);
  const isAfter = (a, b) => begin[a] - begin[b] || end[a] - end[b] || a - b;
  for (let i = 1; i < order.length; i++) {
    if (isAfter(i - 1, i) > 0) return order.sort(isAfter);
  }
  return order;
}

/** Return the lowest lane that is free for each bar [begin, end), given out in the order in which they begin. */
export function packLanes(begin, end) {
  const lanes = new Uint32Array(begin.length);
  const free = new Heap(begin.length);
  const busy = new Heap(begin.length); // an end and its lane as one number, which is exact: they have 32 and 21 bits
  let nLanes = 0;
  for (const i of inOrder(begin, end)) {
    while (busy.n && Math.floor(busy.keys[0] / LANE_NUMBERS) <= begin[i]) free.put(busy.take() % LANE_NUMBERS);
    lanes[i] = free.n ? free.take() : nLanes++;
    busy.put(end[i] * LANE_NUMBERS + lanes[i]);
  }
  return { lanes, nLanes };
}

// ---------------------------------------------------------------------------------------------- what goes where

/** Return how much detail there is room for: lanes of a pixel at least, or else how many bars there are. */
export function levelOfDetail(nInView, nLanes, height) {
  return nInView > MOST_LANED || nLanes > height ? "density" : "lanes";
}

/**
 * Return where bands of `sizes` lie in `height`, from above to below, and how high a unit of them is: at most `most`.
 * Each has room for `least` pixels, and what is left over is shared out. Where there is no room for that the gaps give
 * way, and then the bands, so that none lies beyond the end.
 */
export function fitBands(sizes, height, { least, gap, most }) {
  const n = sizes.length;
  const between = Math.min(gap, Math.max((height - n * least) / Math.max(n - 1, 1), 0));
  const room = height - between * (n - 1);
  const floor = Math.min(least, room / n);
  const taken = (unit) => sizes.reduce((sum, size) => sum + Math.max(size * unit, floor), 0);
  let low = 0;
  let high = Math.min(most, room / (Math.max(...sizes) || 1)); // finite, as 0 × Infinity is no number
  if (taken(high) > room) {
    for (let turn = 0; turn < 50; turn++) {
      const middle = (low + high) / 2;
      if (taken(middle) > room) high = middle;
      else low = middle;
    }
  } else {
    low = high;
  }
  const spare = Math.max(room - taken(low), 0) / n;
  let top = 0;
  const bands = sizes.map((size) => {
    const band = { top, bottom: top + Math.max(size * low, floor) + spare };
    top = band.bottom + between;
    return band;
  });
  return { unit: low, bands };
}

/**
 * Return which bar of `layout` is at (x, y) or less than `slop` beside it, -1 for none: the one that is nearest, and
 * of these the last.
 */
export function hitTest(layout, bars, { from, scale, pitch, bottoms }, x, y, slop) {
  let nearest = slop;
  let hit = -1;
  for (let k = 0; k < layout.n; k++) {
    const j = layout.found[k];
    const above = bottoms[bars.band ? bars.band[j] : 0] - y - layout.lane[k] * pitch;
    if (above < 0 || above >= pitch) continue;
    const left = (bars.begin[j] - from) * scale;
    const right = Math.max((bars.end[j] - from) * scale, left + 1);
    const beside = Math.max(left - x, x - right, 0);
    if (beside <= nearest) {
      nearest = beside;
      hit = j;
    }
  }
  return hit;
}

/** Return the part [from, to] of the time, no shorter than `least` and inside `whole` as far as that goes. */
export function clampView({ from, to }, whole, least) {
  const span = Math.min(Math.max(to - from, least), whole.to - whole.from);
  const middle = (from + to) / 2;
  const begin = Math.min(Math.max(middle - span / 2, whole.from), whole.to - span);
  return { from: begin, to: begin + span };
}

/** Return the view zoomed by `factor` (below 1 is closer) around the time `at`, which stays where it is. */
export function zoomed({ from, to }, factor, at) {
  return { from: at - (at - from) * factor, to: at + (to - at) * factor };
}

// ---------------------------------------------------------------------------------------------- times and words

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = 4 * DAY; // 1970-01-05
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];
const CALENDAR_STEPS = [
  ...[1, 2, 7, 14].map((days) => ({ days, length: days * DAY })),
  ...[1, 2, 3, 6].map((months) => ({ months, length: months * 30 * DAY })),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((years) => ({ months: 12 * years, length: years * 365 * DAY })),
];

/** Return how far the clocks of the zone are ahead of UTC [ms]; `offsets` are [since ms, seconds], in order. */
export function offsetAt(offsets, ms) {
  let k = offsets.length - 1;
  while (k > 0 && offsets[k][0] > ms) k--;
  return offsets[k][1] * SECOND;
}

/** Return when the clocks first show `local` [ms], or jump over it. */
export function instantOf(offsets, local) {
  for (let k = 0; k < offsets.length; k++) {
    const until = k + 1 < offsets.length ? offsets[k + 1][0] : Infinity;
    const ms = local - offsets[k][1] * SECOND;
    if (ms < until) return k === 0 ? ms : Math.max(ms, offsets[k][0]);
  }
  throw new RangeError(`no zone has ${local}`);
}

/** Return round times of the zone from `from` to `to` [ms], not many more than `most`, and how far apart they are. */
export function ticks(offsets, from, to, most) {
  const span = to - from;
  const clock = CLOCK_STEPS.find((step) => span / step <= most);
  if (clock) return { step: clock, times: clockTimes(offsets, from, to, clock) };
  const step = CALENDAR_STEPS.find(({ length }) => span / length <= most) ?? CALENDAR_STEPS.at(-1);
  return { step: step.length, times: calendarTimes(offsets, from, to, step) };
}

/** Return when the clocks show a multiple of `step`, for each part of the time in which they are not changed. */
function clockTimes(offsets, from, to, step) {
  const times = [];
  offsets.forEach(([since, seconds], k) => {
    const ahead = seconds * SECOND;
    const first = k === 0 ? from : Math.max(since, from);
    const until = k + 1 < offsets.length ? offsets[k + 1][0] : Infinity;
    for (let ms = Math.ceil((first + ahead) / step) * step - ahead; ms < until && ms <= to; ms += step) times.push(ms);
  });
  return times;
}

function calendarTimes(offsets, from, to, { days, months }) {
  const times = [];
  const local = from + offsetAt(offsets, from);
  const beginOf = (n) => (days ? days * DAY * n + MONDAY : beginOfMonth(months * n));
  const month = 12 * new Date(local).getUTCFullYear() + new Date(local).getUTCMonth();
  let n = days ? Math.floor((local - MONDAY) / (days * DAY)) : Math.floor(month / months);
  for (let ms = -Infinity; ms <= to; n++) {
    ms = instantOf(offsets, beginOf(n));
    if (ms >= from && ms <= to) times.push(ms);
  }
  return times;
}

/** Return when a month begins [ms, as if in UTC], counted from January of the year 0. */
function beginOfMonth(n) {
  const year = Math.floor(n / 12);
  return new Date(Date.UTC(2000, n - 12 * year)).setUTCFullYear(year);
}

const two = (n) => String(n).padStart(2, "0");

/** Return the time that the clocks of the zone show at `ms`: its date and its time of day, as fine as it is. */
export function clockParts(offsets, ms) {
  const local = new Date(ms + offsetAt(offsets, ms));
  const date = `${local.getUTCFullYear()}-${two(local.getUTCMonth() + 1)}-${two(local.getUTCDate())}`;
  const part = local.getUTCMilliseconds();
  const minutes = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
  const time = `${minutes}:${two(local.getUTCSeconds())}`;
  return { date, minutes, time, part: part ? `.${String(part).padStart(3, "0")}` : "" };
}

/** Return what is written at a tick: the time of day, or the date where a new day, month or year begins. */
export function tickText(offsets, ms, step) {
  const local = new Date(ms + offsetAt(offsets, ms));
  const isMidnight = (ms + offsetAt(offsets, ms)) % DAY === 0;
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  if (step >= 365 * DAY) return String(year);
  if (step >= 28 * DAY) return month === 0 ? String(year) : MONTHS[month];
  if (step >= DAY || isMidnight) return `${day} ${MONTHS[month]}`;
  const { minutes, time, part } = clockParts(offsets, ms);
  return step >= MINUTE ? minutes : step >= SECOND ? time : time + (part || ".000");
}

/** Return an offset from UTC as text: `UTC+8`, `UTC−3:30`. */
export function offsetText(ms) {
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  if (!minutes) return "UTC";
  const rest = minutes % 60;
  return `UTC${ms < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest ? `:${two(rest)}` : ""}`;
}

/** Return the name of the zone and its offsets at the times: `Asia/Shanghai, UTC+8`. */
export function zoneText(name, offsets, ...times) {
  const texts = [...new Set(times.map((ms) => offsetText(offsetAt(offsets, ms))))];
  return texts.length === 1 && texts[0] === name ? name : `${name}, ${texts.join(" and ")}`;
}

/** Return an integer with narrow spaces between thousands. */
export function numberText(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Return a duration in its one or two largest units: `1 min 30 s`, `2 h`, `0.5 s`. */
export function durationText(s) {
  if (s < 0.001) return "0 s";
  if (s < 0.1) return `${Number((s * 1000).toPrecision(3))} ms`;
  if (s < 60) return `${Number(s.toPrecision(3))} s`;
  const value = Math.round(s);
  const units = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  const largest = units.findIndex(([, size]) => value >= size);
  const [[unit, size], [smaller, part]] = units.slice(largest, largest + 2);
  const rest = Math.floor((value % size) / part);
  return `${numberText(Math.floor(value / size))} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}

// ---------------------------------------------------------------------------------------------- pixels

const HATCHES = {
  "/": (x, y) => (x + y) % 8 < 2,
  "\\": (x, y) => (x + 8 - y) % 8 < 2,
  "|": (x) => x % 4 < 1,
  x: (x, y) => (x + y) % 8 < 1 || (x + 8 - y) % 8 < 1,
  "+": (x, y) => x % 8 < 1 || y % 8 < 1,
  ".": (x, y) => x % 4 < 1 && y % 4 < 1,
  o: (x, y) => (x % 8 < 3 && y % 8 < 3) !== (x % 8 === 1 && y % 8 === 1),
  "*": (x, y) => (x % 8 < 2 && y % 8 < 2) || (x % 8 > 3 && x % 8 < 6 && y % 8 > 3 && y % 8 < 6),
};
const NAMED = { white: "#ffffff", black: "#000000" };

/** Return a colour as one number of image data, which holds red first in the memory. */
function pixelOf(css) {
  const code = Number.parseInt((NAMED[css] ?? css).slice(1), 16);
  return (0xff000000 | ((code & 0xff) << 16) | (code & 0xff00) | (code >> 16)) >>> 0;
}

function mixed(one, other, share) {
  let pixel = 0xff000000;
  for (const shift of [0, 8, 16]) {
    const [a, b] = [(one >> shift) & 0xff, (other >> shift) & 0xff];
    pixel |= Math.round(a + (b - a) * share) << shift;
  }
  return pixel >>> 0;
}

/** Return how a state is painted: its colour, its edge if it has one, and a square of its hatch to be repeated. */
export function paintOf({ color, edge, hatch }, dpr) {
  const solid = pixelOf(color);
  const zoom = dpr >= 1.5 ? 2 : 1;
  const bits = zoom === 2 ? 4 : 3;
  const line = mixed(solid, pixelOf(edge), 0.75);
  const isLine = HATCHES[hatch[0]] ?? (() => false);
  const tile = new Uint32Array(1 << (2 * bits)).map((_, i) => {
    const [x, y] = [i & ((1 << bits) - 1), i >> bits];
    return isLine(Math.floor(x / zoom), Math.floor(y / zoom)) ? line : solid;
  });
  return { solid, edge: edge === "white" ? solid : pixelOf(edge), tile, bits };
}

/** Fill a rectangle with an edge where there is room for one; `point` is how far its right end is pointed. */
function paintBox({ pixels, width }, paint, phase, left, top, right, bottom, point) {
  const { tile, bits, solid, edge } = paint;
  const mask = (1 << bits) - 1;
  const hasEdge = edge !== solid && bottom - top > 2 && right - left > 3;
  const isPlain = bottom - top < 5 || right - left < 4;
  const middle = (top + bottom - 1) / 2;
  for (let y = top; y < bottom; y++) {
    const after = point ? right - Math.round((Math.abs(y - middle) / (bottom - middle)) * point) : right;
    const row = y * width;
    if (isPlain) pixels.fill(solid, row + left, row + after);
    else for (let x = left; x < after; x++) pixels[row + x] = tile[((y & mask) << bits) | ((x + phase) & mask)];
    if (!hasEdge) continue;
    if (y === top || y === bottom - 1) pixels.fill(edge, row + left, row + after);
    pixels[row + left] = edge;
    pixels.fill(edge, row + Math.max(after - (point ? 2 : 1), left), row + after);
  }
}

/** Paint the bars of `layout` for the place {from, scale, pitch, bottoms}: what failed is above all others. */
export function paintLanes(image, layout, bars, colors, paints, place, dpr) {
  const { from, scale, pitch, bottoms } = place;
  const { width, height } = image;
  const phase = Math.round(from * scale) & 15;
  const gap = pitch >= 4 * dpr ? 1 : 0;
  const thick = pitch < 3 ? Math.max(Math.round(pitch), 1) : Math.max(Math.round(pitch * THICK), 2);
  const thin = Math.max(Math.round(pitch * THIN), 1);
  const piece = (color, begin, end, middle, size, isOpen) => {
    const left = Math.max(Math.floor(begin), 0);
    const right = Math.min(Math.max(Math.ceil(end) - (end - begin > 4 * dpr ? gap : 0), left + 1), width);
    if (right <= 0 || left >= width) return;
    const top = Math.max(Math.round(middle - size / 2), 0);
    const point = isOpen && end <= width && right - left > size ? size / 2 : 0;
    paintBox(image, paints[color], phase, left, top, right, Math.min(top + size, height), point);
  };
  for (const isLoud of [false, true]) {
    for (let k = 0; k < layout.n; k++) {
      const j = layout.found[k];
      const kind = bars.kind[j];
      const waiting = colors.wait[kind];
      const running = colors.run[kind];
      if (((running >= 0 ? running : waiting) === 0) !== isLoud) continue;
      const middle = bottoms[bars.band ? bars.band[j] : 0] - (layout.lane[k] + 0.5) * pitch;
      const mid = (bars.mid[j] - from) * scale;
      const isOpen = colors.isOpen[kind];
      if (waiting >= 0) piece(waiting, (bars.begin[j] - from) * scale, mid, middle, thin, isOpen && running < 0);
      if (running >= 0) piece(running, mid, (bars.end[j] - from) * scale, middle, thick, isOpen);
    }
  }
}

/** Paint the stacks of `counts`, so that a unit of them is `unit` pixels high and each colour that is there has one. */
export function paintDensity(image, counts, colors, paints, { from, scale, unit, bands }) {
  const { pixels, width } = image;
  const { nColumns, mean, isThere } = counts;
  const phase = Math.round(from * scale) & 15;
  bands.forEach(({ top, bottom }, band) => {
    const ground = Math.round(bottom);
    const most = ground - Math.round(top);
    for (let x = 0; x < nColumns; x++) {
      let level = 0;
      for (let color = 0; color < colors.n; color++) {
        const cell = (band * colors.n + color) * nColumns + x;
        if (!isThere[cell]) continue;
        const first = Math.round(level);
        level += Math.max(mean[cell] * unit, 1);
        const after = Math.min(Math.round(level), most);
        const { tile, bits, solid, edge } = paints[color];
        const mask = (1 << bits) - 1;
        for (let up = first; up < after; up++) {
          const y = ground - 1 - up;
          const inside = tile[((y & mask) << bits) | ((x + phase) & mask)];
          pixels[y * width + x] = up === first ? solid : up === after - 1 && after - first > 2 ? edge : inside;
        }
      }
    }
  });
}

// ---------------------------------------------------------------------------------------------- what all views share

/** What the kernel has sent, and which bars of it are shown. */
class Store {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.data = null;
    this.receive = this.receive.bind(this);
    this.layOut = this.layOut.bind(this);
    model.on("msg:custom", this.receive);
    model.on("change:lanes", this.layOut);
    model.send({ kind: "ready" });
  }

  close() {
    this.model.off("msg:custom", this.receive);
    this.model.off("change:lanes", this.layOut);
  }

  receive(message, buffers) {
    if (message.kind === "failed") this.tell("failed", message.text);
    else if (message.kind === "data") this.take(message, buffers);
    else if (message.version !== this.data?.version) return; // of what has been replaced
    else if (message.kind === "mask") this.mask(message.all ? null : typed(Uint8Array, buffers[0]));
    else if (message.kind === "bands") this.takeBands(message, buffers[0]);
    else if (message.kind === "row") this.takeFacts(message);
  }

  take(message, buffers) {
    if (message.version === this.data?.version) return; // asked for by another page
    this.data = { ...message, bars: barsOf(message, buffers), colors: colorsOf(message.states) };
    this.last = this.data.bars.end.reduce((most, end) => Math.max(most, end), 0);
    this.bits = null;
    this.bands = new Map();
    this.facts = new Map();
    this.laidBy = "packed";
    this.select();
    this.layOut();
    this.tell("data");
  }

  mask(bits) {
    this.bits = bits;
    this.select();
    this.tell("shown");
  }

  takeBands({ lanes, labels, names }, codes) {
    this.bands.set(lanes, { labels, names, codes: typed(Uint8Array, codes) });
    this.layOut();
  }

  takeFacts({ bar, facts }) {
    if (this.facts.size > 500) this.facts.clear();
    this.facts.set(bar, facts);
    this.tell("facts");
  }

  /** Lay bars out as the model says, as soon as it is known which band each belongs to. */
  layOut() {
    const lanes = this.model.get("lanes");
    if (!this.data || lanes === this.laidBy) return;
    if (lanes !== "packed" && !this.bands.has(lanes)) {
      this.model.send({ kind: "bands", version: this.data.version, lanes });
      return;
    }
    this.laidBy = lanes;
    this.select();
    this.tell("shown");
  }

  select() {
    const bands = this.bands.get(this.laidBy);
    this.labels = bands?.labels ?? [""];
    this.names = bands?.names ?? [""];
    this.shown = select(this.data.bars, this.bits, bands?.codes ?? null);
    this.found = null;
  }

  /** Return how many of the shown bars there are in each state and, at the end, how many wait. */
  counts() {
    const n = new Array(this.data.states.length).fill(0);
    for (let j = 0; j < this.shown.n; j++) {
      const kind = this.shown.kind[j];
      n[(kind / 3) | 0]++;
      if (kind % 3 !== 1) n[n.length - 1]++;
    }
    return n;
  }

  /** Return how high the stack of each band is at most, over all of the time. */
  peaks() {
    if (!this.found) {
      const counts = makeCounts(this.labels.length * this.data.colors.n, 1000);
      occupancy(this.shown, this.data.colors, 0, Math.max(this.last, 1), counts);
      this.found = [...highest(counts, this.labels.length, this.data.colors.n)];
    }
    return this.found;
  }

  msOf(time) {
    return this.data.origin + time * this.data.unit;
  }

  timeOf(ms) {
    return (ms - this.data.origin) / this.data.unit;
  }

  barOf(j) {
    return this.shown.bar ? this.shown.bar[j] : j;
  }

  /** Return where a bar stands among those that are shown, -1 if it is not. */
  placeOf(bar) {
    if (!this.shown.bar) return bar;
    const j = lowerBound(this.shown.bar, bar);
    return this.shown.bar[j] === bar ? j : -1;
  }

  ask(kind, bar) {
    this.model.send({ kind, version: this.data.version, bar });
  }

  tell(what, text) {
    for (const view of this.views) view.hear(what, text);
  }
}

// ---------------------------------------------------------------------------------------------- one view

const TOP = 8; // CSS pixels above the bars, like all that follow
const AXIS = 40;
const GUTTER = { packed: 58, bands: 150 };
const EDGE = 5; // how near its edge a window is taken hold of
const HELP =
  "Drag: select a window. Shift+drag, or drag on the axis: move. Wheel: zoom. Click a bar: pick it. Keys: ← → move, " +
  "+ − zoom, 0 whole time, ↑ ↓ bar by bar, Enter pick, [ ] or Shift+← → window, Esc clear.";

function make(tag, className, properties = {}, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

class View {
  constructor(store, model, el) {
    this.store = store;
    this.model = model;
    this.view = { from: 0, to: 1 };
    this.layout = { n: 0, found: new Uint32Array(MOST_LANED), lane: new Uint32Array(MOST_LANED), of: null };
    this.inView = new Uint32Array(MOST_LANED);
    this.current = -1; // the bar that the keyboard or a click has reached
    this.pointer = null;
    this.drag = null;
    this.size = {};
    this.controller = new AbortController();
    this.build(el);
    this.listen();
    store.views.add(this);
    if (store.data) this.hear("data");
    else this.schedule();
  }

  close() {
    this.store.views.delete(this);
    this.controller.abort();
    this.resized.disconnect();
    this.themed.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.asking);
    clearTimeout(this.saying);
    clearTimeout(this.setting);
    for (const [name, listener] of this.observed) this.model.off(name, listener);
  }

  build(el) {
    const button = (text, action) => make("button", "", { type: "button", textContent: text, onclick: action });
    this.select = make("select", "");
    this.select.onchange = () => {
      this.model.set("lanes", this.select.value);
      this.model.save_changes();
    };
    this.moves = button("Drag moves", () => {
      this.moves.ariaPressed = String(this.moves.ariaPressed !== "true");
    });
    this.moves.ariaPressed = "false";
    this.legend = make("ul", "cijob-timeline-legend", { ariaLabel: "Colours" });
    this.clear = button("Clear window", () => this.setWindow([]));
    const tools = make(
      "div", "cijob-timeline-tools", {},
      make("label", "", {}, "Lanes ", this.select),
      button("Zoom in", () => this.zoom(0.5)),
      button("Zoom out", () => this.zoom(2)),
      button("Whole time", () => this.showWhole()),
      this.moves, this.clear,
    );
    this.canvas = make("canvas", "", { ariaHidden: "true" });
    this.overlay = make("canvas", "", { ariaHidden: "true" });
    this.card = make("div", "cijob-timeline-card", { hidden: true });
    this.stage = make(
      "div", "cijob-timeline-stage", { tabIndex: 0, role: "application", "aria-roledescription": "timeline" },
      this.canvas, this.overlay, this.card,
    );
    this.live = make("div", "cijob-timeline-live", { role: "status" });
    this.alert = make("div", "cijob-timeline-alert", { role: "alert" });
    this.line = make("p", "cijob-timeline-label", { ariaHidden: "true" }); // the stage has it as its name
    this.help = make("p", "cijob-timeline-help", { id: `cijob-help-${Math.random().toString(36).slice(2)}` }, HELP);
    this.stage.setAttribute("aria-describedby", this.help.id);
    this.root = make(
      "div", "cijob-timeline", { "data-lm-suppress-shortcuts": "true" },
      tools, this.legend, this.stage, this.alert, this.line, this.help, this.live,
    );
    el.append(this.root);
    this.context = this.canvas.getContext("2d");
    this.above = this.overlay.getContext("2d");
  }

  listen() {
    const { stage, model } = this;
    const { signal } = this.controller;
    const on = (name, listener, options) => stage.addEventListener(name, listener.bind(this), { signal, ...options });
    on("pointerdown", this.press);
    on("pointermove", this.move);
    on("pointerup", this.release);
    on("pointercancel", this.letGo);
    on("pointerleave", this.leave);
    on("dblclick", this.open);
    on("wheel", this.wheel, { passive: false });
    on("keydown", this.key);
    on("blur", this.leave);
    this.resized = new ResizeObserver(() => this.schedule());
    this.resized.observe(stage);
    this.themed = new MutationObserver(() => this.retheme());
    for (const element of [document.documentElement, document.body]) {
      this.themed.observe(element, { attributes: true });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.retheme(), { signal });
    this.observed = [
      ["change:label", () => this.describe()],
      ["change:window", () => this.scheduleAbove()],
      ["change:lanes", () => this.listLanes()],
    ];
    for (const [name, listener] of this.observed) model.on(name, listener);
    this.describe();
    this.listLanes();
    this.retheme();
  }

  // -------------------------------------------------------------------------------- news

  hear(what, text) {
    if (what === "failed") {
      this.alert.textContent = text;
      return;
    }
    if (what === "facts") {
      this.scheduleAbove();
      return;
    }
    if (what === "data") {
      this.alert.textContent = "";
      this.current = -1;
      this.view = this.whole();
      this.listLanes();
    }
    this.hasLegend = false;
    this.schedule();
  }

  describe() {
    const label = this.model.get("label");
    this.line.textContent = label;
    this.stage.ariaLabel = label;
  }

  listLanes() {
    const modes = this.store.data?.modes ?? ["packed"];
    const options = modes.map((mode) => {
      const text = mode === "packed" ? "packed" : `by ${mode}`;
      return make("option", "", { value: mode, textContent: text });
    });
    this.select.replaceChildren(...options);
    this.select.value = this.model.get("lanes");
  }

  retheme() {
    this.readTheme();
    this.schedule();
  }

  readTheme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--cijob-${name}`).trim();
    this.theme = {
      text: read("text"), faint: read("faint"), line: read("line"), stripe: read("stripe"), mark: read("mark"),
      font: `11px ${style.fontFamily}`,
    };
  }

  // -------------------------------------------------------------------------------- time

  whole() {
    const { data, last } = this.store;
    const pad = Math.max(0.012 * last, 500 / data.unit);
    return { from: -pad, to: last + pad };
  }

  get least() {
    return 100 / this.store.data.unit; // a tenth of a second, or less than a unit where that is longer
  }

  setView(view) {
    if (!this.store.data) return;
    const { from, to } = clampView(view, this.whole(), Math.max(this.least, 0.1));
    if (from === this.view.from && to === this.view.to) return;
    this.view = { from, to };
    this.schedule();
    this.say(() => `${this.spanText(from, to)}: ${this.inViewText()}`);
  }

  showWhole() {
    if (this.store.data) this.setView(this.whole());
  }

  zoom(factor, at = this.cursor) {
    this.setView(zoomed(this.view, factor, at));
  }

  pan(share) {
    const by = share * (this.view.to - this.view.from);
    this.setView({ from: this.view.from + by, to: this.view.to + by });
  }

  /** The middle of the current bar if it is in view, else of the view. */
  get cursor() {
    const { from, to } = this.view;
    const bar = this.barAt(this.current);
    const at = bar ? (Math.max(bar.begin, from) + Math.min(bar.end, to)) / 2 : NaN;
    return at >= from && at <= to ? at : (from + to) / 2;
  }

  barAt(bar) {
    const bars = this.store.data?.bars;
    if (!bars || bar < 0) return null;
    return { begin: bars.begin[bar], mid: bars.mid[bar], end: bars.end[bar], kind: bars.kind[bar] };
  }

  timeAt(x) {
    return this.view.from + ((x - this.size.gutter) / this.size.plot) * (this.view.to - this.view.from);
  }

  placeAt(time) {
    return this.size.gutter + ((time - this.view.from) / (this.view.to - this.view.from)) * this.size.plot;
  }

  // -------------------------------------------------------------------------------- the window

  get window() {
    const window = this.model.get("window");
    return window.length === 2 ? window.map((ms) => this.store.timeOf(ms)) : null;
  }

  setWindow(ends) {
    if (!this.store.data) return;
    const window = ends.map((time) => Math.round(this.store.msOf(time))).sort((a, b) => a - b);
    if (window.length && window[0] === window[1]) window[1] += 1;
    this.model.set("window", window);
    this.scheduleAbove();
    clearTimeout(this.setting); // keys that are held down send one window
    this.setting = setTimeout(() => this.model.save_changes(), this.drag ? 0 : 150);
    this.say(() => (window.length ? `window ${this.spanText(...ends.toSorted((a, b) => a - b))}` : "no window"));
  }

  /** Move the end of the window that was moved last; without one begin it around the cursor. */
  extendWindow(share) {
    const { from, to } = this.view;
    const by = share * (to - from);
    const window = this.window;
    if (!window) {
      this.anchor = this.cursor;
      this.setWindow([this.anchor, this.anchor + by]);
      return;
    }
    const anchor = window.find((time) => Math.abs(time - this.anchor) * this.store.data.unit < 1) ?? window[0];
    const end = window.find((time) => time !== anchor) + by;
    this.anchor = anchor;
    this.setWindow([anchor, end]);
    if (end < from || end > to) this.pan(Math.sign(by) * 0.2);
  }

  bracket(isBegin) {
    const bar = this.barAt(this.current);
    const here = bar ? (isBegin ? bar.begin : bar.end) : this.cursor;
    const [begin, end] = this.window ?? [null, null];
    const edge = isBegin ? this.view.to : this.view.from;
    const other = isBegin ? end : begin;
    const isBeyond = other === null || (isBegin ? other <= here : other >= here);
    this.setWindow([here, isBeyond ? edge : other]);
  }

  // -------------------------------------------------------------------------------- pointer and keys

  spotOf(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left - this.stage.clientLeft, y: event.clientY - box.top - this.stage.clientTop };
  }

  press(event) {
    if (!this.store.data || event.button > 1) return;
    const { x, y } = this.spotOf(event);
    const isMove = event.shiftKey || event.button === 1 || y > this.size.height || this.moves.ariaPressed === "true";
    const near = this.window?.findIndex((time) => Math.abs(this.placeAt(time) - x) <= EDGE) ?? -1;
    const anchor = near >= 0 ? this.window[1 - near] : this.timeAt(x);
    this.drag = { x, isMove, view: this.view, anchor, hasMoved: false };
    this.stage.setPointerCapture(event.pointerId);
  }

  move(event) {
    this.pointer = this.spotOf(event);
    const { drag, pointer } = this;
    if (drag && (drag.hasMoved || Math.abs(pointer.x - drag.x) > 3)) {
      drag.hasMoved = true;
      const { from, to } = drag.view;
      const by = ((drag.x - pointer.x) / this.size.plot) * (to - from);
      if (drag.isMove) this.setView({ from: from + by, to: to + by });
      else drag.end = this.timeAt(Math.min(Math.max(pointer.x, this.size.gutter), this.size.gutter + this.size.plot));
    }
    this.isByKey = false;
    this.scheduleAbove();
  }

  release(event) {
    const { drag } = this;
    if (!drag) return;
    if (drag.end !== undefined) {
      this.anchor = drag.anchor;
      this.setWindow([drag.anchor, drag.end]);
    } else if (!drag.hasMoved) {
      this.pickAt(this.spotOf(event));
    }
    this.letGo();
  }

  letGo() {
    this.drag = null;
    this.scheduleAbove();
  }

  leave() {
    if (this.drag) return;
    this.pointer = null;
    this.isByKey = false;
    this.scheduleAbove();
  }

  pickAt(spot) {
    const j = this.hit(spot);
    if (j < 0) return;
    this.current = this.store.barOf(j);
    this.store.ask("pick", this.current);
  }

  open(event) {
    const j = this.hit(this.spotOf(event));
    if (j >= 0) this.store.ask("open", this.store.barOf(j));
  }

  wheel(event) {
    if (!this.store.data) return;
    const lines = event.deltaMode === 1 ? 20 : 1;
    const before = this.view;
    const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan((across * lines) / 1000);
    else this.zoom(Math.exp(event.deltaY * lines * 0.0015), this.timeAt(this.spotOf(event).x));
    if (this.view !== before) event.preventDefault(); // else there is nothing to do here, and the page scrolls
  }

  key(event) {
    if (event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey || !this.store.data) return;
    const { shiftKey } = event;
    const actions = {
      ArrowLeft: () => (shiftKey ? this.extendWindow(-0.05) : this.pan(-0.1)),
      ArrowRight: () => (shiftKey ? this.extendWindow(0.05) : this.pan(0.1)),
      PageUp: () => this.pan(-0.9),
      PageDown: () => this.pan(0.9),
      ArrowUp: () => this.step(-1),
      ArrowDown: () => this.step(1),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      Home: () => this.showWhole(),
      0: () => this.showWhole(),
      "[": () => this.bracket(true),
      "]": () => this.bracket(false),
      Enter: () => this.current >= 0 && this.store.ask(shiftKey ? "open" : "pick", this.current),
      Escape: () => this.escape(),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  escape() {
    if (this.drag) this.letGo();
    else if (this.isByKey) {
      this.isByKey = false;
      this.scheduleAbove();
    } else this.setWindow([]);
  }

  /** Go to the next bar or the one before, in the order in which they begin; first to one in the middle. */
  step(by) {
    const { shown } = this.store;
    if (!shown.n) return;
    const here = this.current >= 0 ? this.store.placeOf(this.current) : -1;
    const next = here >= 0 ? here + by : lowerBound(shown.begin, (this.view.from + this.view.to) / 2, shown.n);
    const j = Math.min(Math.max(next, 0), shown.n - 1);
    this.current = this.store.barOf(j);
    this.isByKey = true;
    const { from, to } = this.view;
    if (shown.end[j] < from || shown.begin[j] > to) {
      const middle = (shown.begin[j] + Math.min(shown.end[j], shown.begin[j] + to - from)) / 2;
      this.setView({ from: middle - (to - from) / 2, to: middle + (to - from) / 2 });
    }
    this.say(() => this.barLines(this.current).map(([name, value]) => `${name} ${value}`).join(", "));
    this.scheduleAbove();
  }

  /** Return which of the shown bars is at a spot, -1 for none. */
  hit({ x, y }) {
    const { size, place } = this;
    if (this.detail !== "lanes" || y < TOP || y > size.height || x < size.gutter) return -1;
    const { dpr } = size;
    return hitTest(this.layout, this.store.shown, place, (x - size.gutter) * dpr, (y - TOP) * dpr, SLOP * dpr);
  }

  // -------------------------------------------------------------------------------- words

  spanText(from, to) {
    return `${this.instantText(from)} to ${this.instantText(to)}, ${this.zone(from, to)}`;
  }

  instantText(time) {
    const { date, time: clock, part } = clockParts(this.store.data.offsets, this.store.msOf(time));
    return `${date} ${clock}${part}`;
  }

  zone(...times) {
    const { data } = this.store;
    return zoneText(data.zone, data.offsets, ...times.map((time) => this.store.msOf(time)));
  }

  inViewText() {
    const { shown, data } = this.store;
    const n = barsInView(shown, this.view.from, this.view.to, MOST_LANED, this.inView);
    if (n > MOST_LANED) return `more than ${numberText(MOST_LANED)} ${data.noun}s`;
    return `${numberText(n)} ${data.noun}${n === 1 ? "" : "s"}`;
  }

  /** Say something to those who do not see it, when nothing more has come for a while. */
  say(words) {
    clearTimeout(this.saying);
    if (document.activeElement !== this.stage) return;
    this.saying = setTimeout(() => {
      this.live.textContent = words();
    }, 400);
  }

  /** Return what is known of a bar on this side: names and values. */
  barLines(bar) {
    const { data } = this.store;
    const { begin, mid, end, kind } = this.barAt(bar);
    const form = kind % 3;
    const { name, isOpen } = data.states[(kind / 3) | 0];
    const lasted = (from, to) => durationText(((to - from) * data.unit) / 1000);
    const soFar = isOpen ? " so far" : "";
    const lines = [["state", name]];
    if (form !== 1) lines.push(["waited", lasted(begin, mid) + (form === 2 ? soFar : "")]);
    if (form !== 2) lines.push(["ran", lasted(mid, end) + soFar]);
    lines.push([form === 1 ? "started" : "created", this.instantText(begin)]);
    if (form === 0) lines.push(["started", this.instantText(mid)]);
    lines.push([isOpen ? "unfinished at" : "ended", this.instantText(end)]);
    lines.push(["times in", this.zone(begin, end)]);
    return lines;
  }

  /** Return what there is, on average, in a column of pixels of a band. */
  columnLines(x, band) {
    const { data } = this.store;
    const { dpr, gutter } = this.size;
    const { counts } = this;
    const column = Math.min(Math.max(Math.floor((x - gutter) * dpr), 0), counts.nColumns - 1);
    const lines = [["on average", `from ${this.instantText(this.timeAt(gutter + column / dpr))}`]];
    lines.push(["", `to ${this.instantText(this.timeAt(gutter + (column + 1) / dpr))}`]);
    data.colors.order.forEach((state, color) => {
      const cell = (band * data.colors.n + color) * counts.nColumns + column;
      const mean = counts.mean[cell];
      if (!counts.isThere[cell]) return;
      const text = mean < 0.01 ? "less than 0.01" : mean < 100 ? String(Number(mean.toPrecision(3))) : numberText(mean);
      lines.push([data.states[state].name, text]);
    });
    lines.push(["times in", this.zone(this.timeAt(x))]);
    lines.push(["", `zoom in to see each ${data.noun}`]);
    return lines;
  }

  // -------------------------------------------------------------------------------- drawing

  schedule() {
    this.isStale = true;
    this.scheduleAbove();
  }

  scheduleAbove() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.measure();
      if (!this.size.width) return; // on a page of tabs that is not in front
      if (this.isStale) this.draw();
      this.isStale = false;
      this.drawAbove();
    });
  }

  measure() {
    const { clientWidth: width, clientHeight } = this.stage;
    const dpr = window.devicePixelRatio || 1;
    const gutter = this.store.data && this.store.laidBy !== "packed" ? Math.min(GUTTER.bands, width / 4) : GUTTER.packed;
    const old = this.size;
    if (old.width === width && old.clientHeight === clientHeight && old.dpr === dpr && old.gutter === gutter) return;
    const height = clientHeight - AXIS;
    const plot = Math.floor((width - gutter - 8) * dpr) / dpr;
    this.size = { width, clientHeight, dpr, gutter, height, plot };
    if (!width || plot < 20) {
      this.size.width = 0;
      return;
    }
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = Math.round(width * dpr);
      canvas.height = Math.round(clientHeight * dpr);
    }
    const data = this.context.createImageData(Math.round(plot * dpr), Math.round((height - TOP) * dpr));
    this.image = { data, width: data.width, height: data.height, pixels: new Uint32Array(data.data.buffer) };
    this.counts = null;
    if (old.dpr !== dpr) this.hasLegend = false;
    this.isStale = true;
  }

  draw() {
    const begun = performance.now();
    const { context, size, store } = this;
    if (!this.theme.text) this.readTheme(); // it was not yet on the page
    context.setTransform(size.dpr, 0, 0, size.dpr, 0, 0);
    context.clearRect(0, 0, size.width, size.clientHeight);
    context.font = this.theme.font;
    if (!store.data || !store.shown.n) {
      this.detail = "none";
      this.sayEmpty(store.data ? `no ${store.data.noun}s to show` : "waiting for the kernel");
    } else {
      this.paint();
      context.putImageData(this.image.data, Math.round(size.gutter * size.dpr), Math.round(TOP * size.dpr));
      this.drawAxes();
    }
    this.drawLegend();
    const { dataset } = this.stage;
    dataset.detail = this.detail;
    dataset.shown = store.shown?.n ?? "";
    dataset.version = store.data?.version ?? "";
    dataset.drawMs = (performance.now() - begun).toFixed(1);
  }

  sayEmpty(text) {
    const { context, size } = this;
    context.fillStyle = this.theme.faint;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, size.width / 2, size.height / 2);
  }

  paint() {
    const { data } = this.store;
    this.paints = this.paintsOf();
    this.image.pixels.fill(0);
    const scale = this.image.width / (this.view.to - this.view.from);
    this.lay();
    if (levelOfDetail(this.layout.nInView, this.layout.nLanes, this.image.height) === "lanes") this.paintLanes(scale);
    else this.paintDensity(scale, data);
  }

  paintsOf() {
    const { data } = this.store;
    const key = `${data.version} ${this.size.dpr}`;
    if (this.paintsFor === key) return this.paints;
    this.paintsFor = key;
    return data.colors.order.map((state) => paintOf(data.states[state], this.size.dpr));
  }

  /** Lay the bars in view into lanes, with those around them, so that they stay in theirs when the view is moved. */
  lay() {
    const { layout, store, view } = this;
    const { shown } = store;
    if (layout.of === shown && layout.from <= view.from && layout.to >= view.to) return;
    const span = view.to - view.from;
    const all = { from: -Infinity, to: Infinity };
    const around = { from: view.from - span, to: view.to + span };
    for (const part of shown.n <= MOST_LANED ? [all] : [around, view]) {
      layout.n = layout.nInView = barsInView(shown, part.from, part.to, MOST_LANED, layout.found);
      if (layout.n > MOST_LANED) continue;
      Object.assign(layout, part, { of: shown });
      this.pack();
      return;
    }
    layout.of = null;
  }

  pack() {
    const { layout, store } = this;
    const { begin, end, band } = store.shown;
    const bands = store.labels.map(() => []);
    for (let k = 0; k < layout.n; k++) bands[band ? band[layout.found[k]] : 0].push(k);
    layout.sizes = bands.map((members) => {
      const packed = packLanes(
        Float64Array.from(members, (k) => begin[layout.found[k]]),
        Float64Array.from(members, (k) => end[layout.found[k]]),
      );
      members.forEach((k, i) => (layout.lane[k] = packed.lanes[i]));
      return packed.nLanes;
    });
    layout.nLanes = layout.sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Return where the bands are, and how high a unit is so that what each has in view goes into it. */
  fit(sizes, inView, most) {
    const { dpr } = this.size;
    const least = sizes.length > 1 ? LEAST_BAND * dpr : 0;
    const { bands } = fitBands(sizes, this.image.height, { least, gap: BAND_GAP * dpr, most });
    const room = bands.map(({ top, bottom }, band) => (bottom - top) / roundUp(Math.max(inView[band], 1e-9)));
    const unit = Math.min(most, ...room);
    return { bands, unit };
  }

  paintLanes(scale) {
    const { layout, store, view } = this;
    const { shown } = store;
    const { dpr } = this.size;
    this.detail = "lanes";
    const inView = new Array(store.labels.length).fill(1);
    for (let k = 0; k < layout.n; k++) {
      const j = layout.found[k];
      if (shown.end[j] < view.from || shown.begin[j] > view.to) continue;
      const band = shown.band ? shown.band[j] : 0;
      if (layout.lane[k] >= inView[band]) inView[band] = layout.lane[k] + 1;
    }
    const { bands, unit } = this.fit(layout.sizes, inView, HIGHEST_LANE * dpr);
    const pitch = unit >= 3 ? Math.floor(unit) : unit;
    const bottoms = bands.map(({ bottom }) => Math.round(bottom));
    this.place = { from: view.from, scale, pitch, bottoms, bands };
    paintLanes(this.image, layout, shown, store.data.colors, this.paints, this.place, dpr);
  }

  paintDensity(scale, { colors }) {
    const { store, image, view } = this;
    this.detail = "density";
    const nBands = store.labels.length;
    if (this.counts?.nStacks !== nBands * colors.n) this.counts = makeCounts(nBands * colors.n, image.width);
    occupancy(store.shown, colors, view.from, view.to, this.counts);
    const inView = highest(this.counts, nBands, colors.n);
    const { bands, unit } = this.fit(store.peaks(), inView, Infinity);
    this.place = { from: view.from, scale, pitch: unit, bottoms: bands.map(({ bottom }) => bottom), bands, unit };
    paintDensity(image, this.counts, colors, this.paints, this.place);
  }

  /** Say which colours stand for what, and how many bars have each; built anew when that changes. */
  drawLegend() {
    if (this.hasLegend) return;
    this.hasLegend = true;
    const { data } = this.store;
    if (!data) return;
    const counts = this.store.counts();
    const wait = data.states.length - 1;
    const items = data.states.map((state, number) => {
      if (!counts[number] && number !== wait) return null;
      const what = number === wait ? "wait" : `${state.name} ${numberText(counts[number])}`;
      return make("li", "", {}, this.swatch(paintOf(state, this.size.dpr)), what);
    });
    this.legend.replaceChildren(...items.filter(Boolean));
  }

  /** Return a small canvas that is painted like the bars of a state. */
  swatch(paint) {
    const { dpr } = this.size;
    const [width, height] = [Math.round(22 * dpr), Math.round(11 * dpr)];
    const canvas = make("canvas", "", { width, height, ariaHidden: "true" });
    canvas.style.cssText = "width: 22px; height: 11px";
    const context = canvas.getContext("2d");
    const data = context.createImageData(width, height);
    const image = { pixels: new Uint32Array(data.data.buffer), width, height };
    paintBox(image, paint, 0, 0, 0, width, height, 0);
    context.putImageData(data, 0, 0);
    return canvas;
  }

  /** Draw the axis of time, and how many bars there are or which band is whose; lines lie below the bars. */
  drawAxes() {
    const { context } = this;
    context.globalCompositeOperation = "destination-over";
    context.lineWidth = 1;
    this.drawTimes();
    if (this.store.laidBy === "packed") this.drawNumbers();
    else this.drawBands();
    context.globalCompositeOperation = "source-over";
  }

  drawTimes() {
    const { context, size, theme, store } = this;
    const { offsets } = store.data;
    const [from, to] = [this.view.from, this.view.to].map((time) => store.msOf(time));
    const found = ticks(offsets, from, to, Math.max(Math.floor(size.plot / TICK_EVERY), 2));
    context.textBaseline = "top";
    let free = size.gutter - 20; // up to where the axis is written on
    for (const ms of found.times) {
      const x = Math.round(this.placeAt(store.timeOf(ms))) + 0.5;
      context.strokeStyle = theme.line;
      this.line2d(x, TOP, x, size.height);
      const text = tickText(offsets, ms, found.step);
      const half = context.measureText(text).width / 2;
      if (x - half < free || x + half > size.width) continue;
      free = x + half + 8;
      context.textAlign = "center";
      context.fillStyle = theme.text;
      context.fillText(text, x, size.height + 6);
    }
    context.strokeStyle = theme.faint;
    this.line2d(size.gutter, size.height + 0.5, size.gutter + size.plot, size.height + 0.5);
    context.fillStyle = theme.faint;
    context.textAlign = "left";
    const dates = [...new Set([from, to].map((ms) => clockParts(offsets, ms).date))].join(" to ");
    context.fillText(`${dates}, time in ${this.zone(this.view.from, this.view.to)}`, size.gutter, size.height + 22);
  }

  /** Draw how many bars lie one above the other. */
  drawNumbers() {
    const { context, size, theme, place } = this;
    const pitch = place.pitch / size.dpr;
    const ground = TOP + place.bottoms[0] / size.dpr;
    const step = roundUp(Math.max(28 / pitch, 1));
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let n = 0; ground - n * pitch >= TOP; n += step) {
      const y = Math.round(ground - n * pitch) + 0.5;
      context.fillStyle = theme.faint;
      context.fillText(numberText(n), size.gutter - 6, y);
      context.strokeStyle = theme.line;
      this.line2d(size.gutter, y, size.gutter + size.plot, y);
    }
    context.save();
    context.translate(9, (TOP + size.height) / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillStyle = theme.faint;
    context.fillText(`${this.store.data.noun}s at once`, 0, 0);
    context.restore();
  }

  /** Draw whose band is which, on stripes. */
  drawBands() {
    const { context, size, theme, place, store } = this;
    context.textAlign = "right";
    context.textBaseline = "middle";
    place.bands.forEach(({ top, bottom }, band) => {
      const [y, after] = [TOP + top / size.dpr, TOP + bottom / size.dpr];
      context.fillStyle = theme.text;
      context.fillText(this.fitting(store.labels[band], size.gutter - 12), size.gutter - 6, (y + after) / 2);
      context.fillStyle = theme.stripe;
      context.fillRect(size.gutter, y, size.plot, after - y);
    });
  }

  /** Return a text, cut in its middle if it is wider than `width`. */
  fitting(text, width) {
    const { context } = this;
    if (context.measureText(text).width <= width) return text;
    const letters = [...text];
    let n = letters.length - 1;
    const cut = () => `${letters.slice(0, Math.ceil(n / 2)).join("")}…${letters.slice(-Math.floor(n / 2) || letters.length).join("")}`;
    while (n > 2 && context.measureText(cut()).width > width) n -= 1;
    return cut();
  }

  line2d(x0, y0, x1, y1, context = this.context) {
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }

  /** Draw what changes with the pointer and the keyboard: the window, the bar that is reached, the card. */
  drawAbove() {
    const { above, size, store } = this;
    above.setTransform(size.dpr, 0, 0, size.dpr, 0, 0);
    above.clearRect(0, 0, size.width, size.clientHeight);
    this.clear.disabled = !this.model.get("window").length;
    if (!store.data || !store.shown.n) {
      this.card.hidden = true;
      return;
    }
    above.font = this.theme.font;
    const { drag } = this;
    const window = drag?.end !== undefined ? [drag.anchor, drag.end].sort((a, b) => a - b) : this.window;
    if (window) this.drawWindow(window);
    this.drawReached();
    this.showCard();
  }

  drawWindow([begin, end]) {
    const { above, size, theme } = this;
    const clamp = (x) => Math.min(Math.max(x, size.gutter), size.gutter + size.plot);
    const [left, right] = [clamp(this.placeAt(begin)), clamp(this.placeAt(end))];
    above.fillStyle = theme.mark;
    above.globalAlpha = 0.14;
    above.fillRect(left, TOP, Math.max(right - left, 1), size.height - TOP);
    above.globalAlpha = 1;
    above.strokeStyle = theme.mark;
    above.lineWidth = 2;
    for (const time of [begin, end]) {
      const x = this.placeAt(time);
      if (x >= size.gutter && x <= size.gutter + size.plot) this.line2d(x, TOP, x, size.height, above);
    }
    above.fillRect(left, size.height, Math.max(right - left, 2), 3); // on the axis it is seen at any zoom
  }

  /** Mark the bar that the keyboard or a click has reached. */
  drawReached() {
    const { above, size, place, store, theme } = this;
    if (this.current < 0 || this.detail !== "lanes") return;
    const j = store.placeOf(this.current);
    const k = j < 0 ? -1 : this.layout.found.subarray(0, this.layout.n).indexOf(j);
    if (k < 0) return;
    const { shown } = store;
    const bottom = place.bottoms[shown.band ? shown.band[j] : 0] - this.layout.lane[k] * place.pitch;
    const [x0, x1] = [shown.begin[j], shown.end[j]].map((time) => this.placeAt(time));
    const left = Math.max(x0 - 2, size.gutter);
    const height = Math.max(place.pitch / size.dpr, 4) + 2;
    above.strokeStyle = theme.text;
    above.lineWidth = 2;
    const y = TOP + bottom / size.dpr - height + 1;
    above.strokeRect(left, y, Math.max(Math.min(x1 + 2, size.width) - left, 3), height);
  }

  /** Show what is known of the bar under the pointer or reached by the keyboard, or of the column of pixels. */
  showCard() {
    const target = this.target();
    this.card.hidden = !target;
    if (!target) return;
    const { bar, lines, at } = target;
    const rows = bar === undefined ? lines : [...lines, ...this.factsOf(bar)];
    const key = JSON.stringify(rows);
    if (this.cardShows !== key) {
      this.cardShows = key;
      this.card.replaceChildren(...rows.flatMap(([name, text]) => [make("dt", "", {}, name), make("dd", "", {}, text)]));
    }
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const x = at.x + 14 + width <= this.size.width ? at.x + 14 : Math.max(at.x - 14 - width, 0);
    const y = Math.min(Math.max(at.y + 14, 0), Math.max(this.size.clientHeight - height, 0));
    this.card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  target() {
    if (this.drag?.hasMoved) return null;
    const { size } = this;
    if (this.isByKey && this.current >= 0) {
      const { begin } = this.barAt(this.current);
      const x = Math.min(Math.max(this.placeAt(begin), size.gutter), size.gutter + size.plot);
      return { bar: this.current, lines: this.barLines(this.current), at: { x, y: TOP } };
    }
    if (!this.pointer) return null;
    const { x, y } = this.pointer;
    const j = this.hit(this.pointer);
    if (j >= 0) {
      const bar = this.store.barOf(j);
      return { bar, lines: this.barLines(bar), at: this.pointer };
    }
    const isInside = x >= size.gutter && x <= size.gutter + size.plot && y >= TOP && y <= size.height;
    if (this.detail !== "density" || !isInside) return null;
    const inImage = (y - TOP) * size.dpr;
    const band = this.place.bands.findIndex(({ top, bottom }) => inImage >= top && inImage <= bottom);
    return band < 0 ? null : { lines: this.columnLines(x, band), at: this.pointer };
  }

  /** Return what the kernel has told of a bar, and ask it if it has not; not for each bar that is passed over. */
  factsOf(bar) {
    const facts = this.store.facts.get(bar);
    if (facts || this.askingFor === bar) return facts ?? [];
    this.askingFor = bar;
    clearTimeout(this.asking);
    this.asking = setTimeout(() => {
      this.askingFor = null;
      this.store.ask("row", bar);
    }, 80);
    return [];
  }
}

/** Return the definition of the widget: one store for each model, one view for each place where it is shown. */
export default function timeline() {
  let store;
  return {
    initialize({ model }) {
      store = new Store(model);
      return () => store.close();
    },
    render({ model, el }) {
      const view = new View(store, model, el);
      return () => view.close();
    },
  };
}
