// A table that asks the kernel for the page that it shows. What comes from the service is only ever set as text.

const SIZES = [25, 50, 100];
const NUMERIC = ["duration", "number"];
const SORTS = [
  ["none", ""],
  ["ascending", "cijob-grid-up"],
  ["descending", "cijob-grid-down"],
];

/** The order after one more click on the heading `name`: ascending, descending, as fetched. */
export function nextOrder({ sort, descending }, name) {
  if (sort !== name) return { sort: name, descending: false };
  return descending ? { sort: null, descending: false } : { sort: name, descending: true };
}

export const pageCount = (n, size) => Math.max(Math.ceil(n / size), 1);

/** How many rows come before page `number` (1, 2, …), or before the nearest page that there is. */
export function firstOf(number, n, size) {
  const page = Math.min(Math.max(Math.trunc(number) || 1, 1), pageCount(n, size));
  return (page - 1) * size;
}

/** How many rows come before the page to which `turn` leads: first, previous, next or last. */
export function turned(turn, { first, n, size }) {
  const page = first / size + 1;
  return firstOf({ first: 1, previous: page - 1, next: page + 1, last: Infinity }[turn], n, size);
}

/** Where a key leads from a cell, on which page; null if nowhere. Row -1 is that of the headings. */
export function moved(key, ctrl, { row, column }, { rows, columns }) {
  const last = columns - 1;
  switch (key) {
    case "ArrowLeft":
      return { row, column: Math.max(column - 1, 0) };
    case "ArrowRight":
      return { row, column: Math.min(column + 1, last) };
    case "ArrowUp":
      return { row: Math.max(row - 1, -1), column };
    case "ArrowDown":
      return { row: Math.min(row + 1, rows - 1), column };
    case "Home":
      return ctrl ? { row: 0, column: 0, turn: "first" } : { row, column: 0 };
    case "End":
      return ctrl ? { row: Infinity, column: last, turn: "last" } : { row, column: last };
    case "PageUp":
      return { row, column, turn: "previous" };
    case "PageDown":
      return { row, column, turn: "next" };
    default:
      return null;
  }
}

/** `picked` with `ids`, or without them; those that were there keep their order. */
export function withIds(picked, ids, arePicked) {
  const others = picked.filter((id) => !ids.includes(id));
  if (!arePicked) return others;
  const known = new Set(picked);
  return [...picked, ...ids.filter((id) => !known.has(id))];
}

/** A whole number with narrow spaces between thousands. */
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, onClick, attributes = {}) {
  const node = make("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") !== "true" && onClick());
  return node;
}

/** What takes the focus in a cell. */
const focusable = (cell) => cell.querySelector("button, input:not([hidden])") ?? cell;

class TableView {
  constructor(model, el) {
    this.model = model;
    this.name = Math.random().toString(36).slice(2); // several views may show one model
    this.request = 0;
    this.wish = { sort: null, descending: false, first: 0, n: 50 };
    this.orders = {};
    this.active = { row: -1, column: 0 };
    this.about = this.page = null;
    this.build(el);
    this.listeners = [
      ["msg:custom", (message) => this.receive(message)],
      ["change:picked", () => this.showPicked()],
      ["change:_can_open", () => this.about && this.ask()],
    ];
    for (const [event, listener] of this.listeners) model.on(event, listener);
    model.send({ kind: "ready", view: this.name });
  }

  remove() {
    for (const [event, listener] of this.listeners) this.model.off(event, listener);
  }

  // -- what is on the page --------------------------------------------------------------------------------------

  build(el) {
    const id = (part) => `cijob-grid-${this.name}-${part}`;
    this.caption = make("div", { id: id("caption"), class: "cijob-grid-caption", role: "status" }, "Loading…");
    this.picks = make("span", { class: "cijob-grid-picks" });
    this.unpick = button("Unpick all", () => this.pick([]), { "aria-disabled": "true" });
    this.menuButton = button("Columns", () => this.toggleMenu(), { "aria-expanded": "false", "aria-controls": id("menu") });
    this.menu = make("fieldset", { id: id("menu"), class: "cijob-grid-menu", hidden: "" });
    this.cols = make("colgroup");
    this.head = make("tr", { "aria-rowindex": "1" });
    this.body = make("tbody");
    this.table = make(
      "table",
      { role: "grid", "aria-labelledby": id("caption"), "aria-describedby": id("help"), "aria-multiselectable": "true" },
      this.cols,
      make("thead", {}, this.head),
      this.body,
    );
    this.box = make("div", { class: "cijob-grid-box" }, this.table);
    this.help = make("p", { id: id("help"), class: "cijob-grid-help" });
    this.said = make("span", { class: "cijob-grid-said", role: "status" });
    this.alert = make("div", { class: "cijob-grid-alert", role: "alert" });
    const bar = make("div", { class: "cijob-grid-bar" }, this.caption, this.picks, this.unpick, this.menuButton);
    const foot = make("div", { class: "cijob-grid-bar" }, this.buildPager(), this.said);
    this.root = make(
      "div",
      { class: "cijob-grid", "data-lm-suppress-shortcuts": "true" }, // JupyterLab would take keys for its own
      ...[bar, this.menu, this.box, foot, this.help, this.alert],
    );
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
    // Notebook 7 asks the very element that has the focus.
    this.root.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
    this.table.addEventListener("keydown", (event) => this.press(event));
    this.table.addEventListener("focusin", (event) => this.arrive(event.target));
    this.table.addEventListener("copy", (event) => this.copy(event));
    this.body.addEventListener("dblclick", (event) => this.open(this.placeOf(event.target).row));
    this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.toggleMenu());
    el.append(this.root);
  }

  buildPager() {
    const turn = (name) => button(name, () => this.turn(name.toLowerCase()));
    const [first, previous, next, last] = ["First", "Previous", "Next", "Last"].map(turn);
    this.turns = { first, previous, next, last };
    this.number = make("input", { type: "number", min: "1", value: "1" });
    this.number.addEventListener("change", () => this.goTo(firstOf(Number(this.number.value), this.page?.n ?? 0, this.wish.n)));
    this.count = make("span", {}, "of 1");
    const sizes = SIZES.map((size) => make("option", size === this.wish.n ? { selected: "" } : {}, String(size)));
    this.size = make("select", {}, ...sizes);
    this.size.addEventListener("change", () => {
      const n = Number(this.size.value);
      this.ask({ n, first: Math.floor(this.wish.first / n) * n });
    });
    const pages = make("nav", { "aria-label": "Pages" }, first, previous, next, last);
    const number = make("span", {}, make("label", {}, "Page ", this.number), " ", this.count);
    return make("div", { class: "cijob-grid-pager" }, pages, number, make("label", {}, "Rows on a page ", this.size));
  }

  buildMenu() {
    const { noun, columns, chosen } = this.about;
    const boxes = columns.map(({ name, heading, doc }) => {
      const box = make("input", { type: "checkbox", value: name });
      box.checked = chosen.includes(name);
      box.addEventListener("change", () => this.choose(box));
      return make("label", { title: doc }, box, heading);
    });
    const reset = button("Usual columns", () => this.model.send({ kind: "choose", columns: this.about.default }));
    this.menu.replaceChildren(make("legend", {}, `Columns of ${noun}s`), ...boxes, reset);
  }

  /** Make headings and no rows, for columns that are not those of the page before. */
  buildHead() {
    const all = make("input", { type: "checkbox", tabindex: "-1", "aria-label": "Pick all rows of this page" });
    all.addEventListener("change", () => this.pick(withIds(this.picked, this.ids(), all.checked)));
    const cells = [make("th", { scope: "col" }, all)];
    if (this.canOpen) cells.push(make("th", { scope: "col", tabindex: "-1" }, "Open"));
    for (const column of this.page.columns) cells.push(this.heading(column));
    cells.forEach((cell, column) => cell.setAttribute("aria-colindex", column + 1));
    const widths = [5, ...(this.canOpen ? [9] : []), ...this.page.columns.map((column) => column.width)];
    this.cols.replaceChildren(...widths.map((width) => make("col", { style: `width:${width}ch` })));
    this.table.style.minWidth = `${widths.reduce((sum, width) => sum + width, 0)}ch`;
    this.table.setAttribute("aria-colcount", cells.length);
    this.all = all;
    this.head.replaceChildren(...cells);
    this.body.replaceChildren();
  }

  heading({ name, kind, heading, unit, doc }) {
    const sort = button("", () => this.sort(name), { tabindex: "-1", title: doc || heading });
    sort.append(make("span", { class: "cijob-grid-name" }, heading), make("span", { class: "cijob-grid-unit" }, unit));
    const cell = make("th", { scope: "col" }, sort);
    if (NUMERIC.includes(kind)) cell.classList.add("cijob-grid-right");
    return cell;
  }

  buildRow() {
    const pick = make("input", { type: "checkbox", tabindex: "-1" });
    const row = make("tr", {}, make("td", {}, pick));
    pick.addEventListener("change", () => this.pickRow(row));
    if (this.canOpen) row.append(make("td", {}, button("Open", () => this.open(this.rows().indexOf(row)), { tabindex: "-1" })));
    for (const { kind } of this.page.columns) {
      const cell = make("td", { tabindex: "-1" });
      if (kind === "state") cell.append(make("span", { class: "cijob-grid-mark", "aria-hidden": "true" }), "");
      if (NUMERIC.includes(kind)) cell.classList.add("cijob-grid-right");
      row.append(cell);
    }
    [...row.cells].forEach((cell, column) => cell.setAttribute("aria-colindex", column + 1));
    return row;
  }

  // -- what the kernel says -------------------------------------------------------------------------------------

  receive(message) {
    if (message.view && message.view !== this.name) return;
    if (message.kind === "frame") this.load(message);
    else if (message.kind === "changed") this.ask({ first: 0 });
    else if (message.kind === "chosen") this.showChosen(message.columns);
    else if (message.kind === "failed") this.fail(message.text);
    else if (message.kind === "page" && message.request === this.request) this.show(message.page);
  }

  load(about) {
    this.about = about;
    this.buildMenu();
    const order = this.orders[about.noun] ?? {};
    const isThere = about.columns.some(({ name }) => name === order.sort);
    this.ask({ first: 0, sort: isThere ? order.sort : null, descending: isThere && order.descending });
  }

  /** Ask for a page; the one that is shown stays where it is until the new one has come. */
  ask(wish = {}) {
    Object.assign(this.wish, wish);
    this.request += 1;
    this.table.setAttribute("aria-busy", "true");
    this.model.send({ kind: "page", view: this.name, request: this.request, ...this.wish });
  }

  fail(text) {
    this.alert.textContent = text;
    this.table.setAttribute("aria-busy", "false");
  }

  show(page) {
    const before = this.page;
    const hadFocus = this.table.contains(document.activeElement);
    const inBody = this.body.contains(document.activeElement);
    this.page = page;
    this.wish.first = page.first;
    const columns = JSON.stringify([this.canOpen, page.columns]);
    if (columns !== this.columns) this.buildHead();
    this.columns = columns;
    this.fill();
    this.showOrder();
    this.showPager();
    this.showPicked();
    this.caption.textContent = page.caption;
    this.alert.textContent = this.said.textContent = "";
    this.showHelp();
    this.box.style.setProperty("--rows", Math.max(Math.min(this.about.n, this.wish.n), 1));
    this.table.setAttribute("aria-busy", "false");
    const isSame = before && before.first === page.first && before.sort === page.sort && before.descending === page.descending;
    if (!isSame && !inBody) this.box.scrollTop = 0;
    this.settle(hadFocus);
  }

  fill() {
    const { cells, first, n, caption } = this.page;
    while (this.body.rows.length > cells.length) this.body.lastElementChild.remove();
    if (!cells.length) {
      this.body.append(make("tr", { class: "cijob-grid-none" }, make("td", { colspan: "1000", tabindex: "-1" }, caption)));
    } else {
      this.body.querySelector(".cijob-grid-none")?.remove();
      while (this.body.rows.length < cells.length) this.body.append(this.buildRow());
      cells.forEach((texts, number) => this.fillRow(this.body.rows[number], texts, number));
    }
    this.table.setAttribute("aria-rowcount", n + 1);
    this.rows().forEach((row, number) => row.setAttribute("aria-rowindex", first + number + 2));
  }

  fillRow(row, texts, number) {
    const id = this.page.ids[number];
    const pick = row.cells[0].firstElementChild;
    pick.hidden = id === null;
    pick.setAttribute("aria-label", `Pick ${this.about.noun} ${id}`);
    row.cells[0].title = id === null ? "This row has no id to be picked by" : "";
    if (this.canOpen) row.cells[1].firstElementChild.setAttribute("aria-label", `Open ${this.about.noun} ${id ?? ""}`);
    texts.forEach(([shown, full], place) => {
      const cell = row.cells[place + this.offset];
      cell.title = full || shown;
      if (this.page.columns[place].kind === "state") {
        cell.firstElementChild.style.background = this.about.colors[shown];
        cell.lastChild.data = shown;
      } else cell.textContent = shown;
    });
  }

  showOrder() {
    this.page.columns.forEach(({ name }, place) => {
      const [sort, mark] = SORTS[name === this.page.sort ? 1 + this.page.descending : 0];
      const cell = this.head.cells[place + this.offset];
      cell.setAttribute("aria-sort", sort);
      cell.classList.remove("cijob-grid-up", "cijob-grid-down");
      if (mark) cell.classList.add(mark);
    });
  }

  showPager() {
    const { first, n } = this.page;
    const size = this.wish.n;
    const pages = pageCount(n, size);
    this.number.value = first / size + 1;
    this.number.max = pages;
    this.count.textContent = `of ${grouped(pages)}`;
    for (const [name, node] of Object.entries(this.turns)) {
      node.setAttribute("aria-disabled", turned(name, { first, n, size }) === first);
    }
  }

  showPicked() {
    const picked = new Set(this.picked);
    this.picks.textContent = `${grouped(picked.size)} picked`;
    this.unpick.setAttribute("aria-disabled", !picked.size);
    if (!this.page) return;
    const isPicked = this.page.ids.map((id) => id !== null && picked.has(id));
    isPicked.forEach((is, number) => {
      const row = this.body.rows[number];
      row.setAttribute("aria-selected", is);
      row.cells[0].firstElementChild.checked = is;
    });
    const n = isPicked.filter(Boolean).length;
    this.all.checked = n > 0 && n === this.ids().length;
    this.all.indeterminate = n > 0 && !this.all.checked;
  }

  showChosen(columns) {
    this.about.chosen = columns;
    for (const box of this.menu.querySelectorAll("input")) box.checked = columns.includes(box.value);
    this.ask();
  }

  showHelp() {
    const open = this.canOpen ? " Enter or a double click opens the row." : "";
    this.help.textContent =
      "In the table: arrow keys, Home and End move, Page Up and Page Down turn the pages, Space picks the row, " +
      `Ctrl+C copies the cell.${open} A click on a heading sorts.`;
  }

  // -- what people do -------------------------------------------------------------------------------------------

  get picked() {
    return this.model.get("picked");
  }

  get canOpen() {
    return this.model.get("_can_open");
  }

  /** How many cells of a row come before those of the page. */
  get offset() {
    return this.canOpen ? 2 : 1;
  }

  ids() {
    return this.page.ids.filter((id) => id !== null);
  }

  rows() {
    return [...this.body.rows];
  }

  sort(name) {
    const order = nextOrder(this.wish, name);
    this.orders[this.about.noun] = order;
    this.ask({ ...order, first: 0 });
  }

  /** Turn the pages; return whether there was one to turn. */
  turn(name) {
    return this.page !== null && this.goTo(turned(name, { first: this.wish.first, n: this.page.n, size: this.wish.n }));
  }

  /** Go to the page after so many rows; return whether that is another one. */
  goTo(first) {
    const isOther = first !== this.wish.first;
    if (isOther) this.ask({ first });
    else this.showPager(); // a number that no page has goes from the field
    return isOther;
  }

  pick(ids) {
    this.model.set("picked", ids);
    this.model.save_changes();
  }

  pickRow(row) {
    const id = this.page.ids[this.rows().indexOf(row)] ?? null;
    if (id !== null) this.pick(withIds(this.picked, [id], !this.picked.includes(id)));
  }

  open(number) {
    if (!this.canOpen || !(number in this.page.positions)) return;
    this.model.send({ kind: "open", view: this.name, version: this.about.version, position: this.page.positions[number] });
  }

  choose(box) {
    const names = [...this.menu.querySelectorAll("input:checked")].map((checked) => checked.value);
    if (names.length) this.model.send({ kind: "choose", columns: names });
    else box.checked = true; // a table has a column
  }

  toggleMenu() {
    this.menu.hidden = !this.menu.hidden;
    this.menuButton.setAttribute("aria-expanded", !this.menu.hidden);
    if (this.menu.hidden) this.menuButton.focus();
  }

  // -- the cell that the keyboard is at -------------------------------------------------------------------------

  /** The row and the column of what is at or around `node`; row -1 is that of the headings. */
  placeOf(node) {
    const cell = node.closest("th, td");
    const row = cell?.parentElement;
    return row === this.head ? { row: -1, column: cell.cellIndex } : { row: this.rows().indexOf(row), column: cell?.cellIndex };
  }

  cellAt({ row, column }) {
    const cells = (row < 0 ? this.head : this.body.rows[row]).cells;
    return cells[Math.min(column, cells.length - 1)];
  }

  /** Keep one cell in the order of Tab: the active one, or what has taken its place. */
  settle(takesFocus) {
    this.active.row = Math.min(this.active.row, this.body.rows.length - 1);
    const target = focusable(this.cellAt(this.active));
    if (target !== this.stop) this.stop?.setAttribute("tabindex", "-1");
    this.stop = target;
    target.setAttribute("tabindex", "0");
    if (takesFocus && document.activeElement !== target) target.focus();
  }

  arrive(node) {
    this.active = this.placeOf(node);
    this.settle(false);
  }

  press(event) {
    if (event.altKey || event.shiftKey || !this.page) return;
    const ctrl = event.ctrlKey || event.metaKey;
    const size = { rows: this.page.cells.length, columns: this.head.cells.length };
    const to = moved(event.key, ctrl, this.active, size);
    const isInCell = this.active.row >= 0 && event.target.matches("td");
    if (to) {
      const { turn, ...place } = to;
      this.active = place;
      this.settle(true);
      if (turn && this.turn(turn)) this.active = place; // the new page may reach further down
    } else if (event.key === " " && isInCell) this.pickRow(event.target.parentElement);
    else if (event.key === "Enter" && !event.target.matches("button")) this.open(this.active.row);
    else return;
    event.preventDefault();
  }

  copy(event) {
    if (!document.getSelection().isCollapsed || !this.page) return;
    const { row, column } = this.active;
    const place = column - this.offset;
    const heading = this.page.columns[place]?.heading ?? "";
    const [shown, full] = row < 0 ? [heading, ""] : (this.page.cells[row]?.[place] ?? [this.page.ids[row] ?? "", ""]);
    event.clipboardData.setData("text/plain", full || shown);
    event.preventDefault();
    this.said.textContent = `Copied ${full || shown || "an empty cell"}`;
  }
}

function render({ model, el }) {
  const view = new TableView(model, el);
  return () => view.remove();
}

export default { render };
