"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
  const visible = (text) => text.replace(unseen, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  const byId = (id) => document.getElementById(id);

  // What is missing stands last, whichever way the rest is sorted.
  const ordered = (sign) => (a, b) =>
    a === null || b === null
      ? (a === null) - (b === null)
      : sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));

  const sortable = (table, sort) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const way = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        heads.forEach((other) => other.setAttribute("aria-sort", other === head ? way : "none"));
        sort(column, ordered(way === "ascending" ? 1 : -1));
      });
    });
  };

  const orderOf = (cell) => {
    const order = cell.dataset.order;
    return order === undefined ? cell.textContent : order === "" ? null : Number(order);
  };

  for (const table of document.querySelectorAll("table:not(#rows-table)")) {
    const body = table.tBodies[0];
    sortable(table, (column, compare) => {
      const rows = [...body.rows].map((row) => [orderOf(row.cells[column]), row]);
      body.append(...rows.sort((a, b) => compare(a[0], b[0])).map(([, row]) => row));
    });
  }

  const save = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };

  for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;

  const keys = byId("rerun");
  if (keys) {
    byId("rerun-save").addEventListener("click", () => save("rerun.txt", "text/plain", keys.value));
    byId("rerun-copy").addEventListener("click", async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(keys.value);
        done = true;
      } catch {
        keys.select();
        done = document.execCommand("copy");
      }
      byId("rerun-said").textContent = done ? "Copied." : "Not allowed here: the text is selected, copy it with the keyboard.";
    });
  }

  const source = byId("rows-data");
  if (!source) return;
  const { columns, heads, numbers, rows } = JSON.parse(source.textContent);
  const texts = rows.map((row) => row.join("\n").toLowerCase());
  const table = byId("rows-table");
  const step = 100;
  let order = rows.map((_, n) => n);
  let most = step;

  const shown = (value, isNumber) =>
    value === null ? "–" : isNumber ? value.toLocaleString("en", { maximumFractionDigits: 1 }).replaceAll(",", "\u202f") + " s" : visible(value);

  const draw = () => {
    const wanted = byId("rows-filter").value.trim().toLowerCase();
    const found = wanted ? order.filter((n) => texts[n].includes(wanted)) : order;
    const lines = found.slice(0, most).map((n) => {
      const line = document.createElement("tr");
      rows[n].forEach((value, column) => {
        const cell = line.insertCell();
        if (numbers[column]) cell.className = "number";
        const text = document.createElement("bdi");
        text.textContent = shown(value, numbers[column]);
        cell.append(text);
      });
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
    byId("rows-said").textContent = `${found.length} of ${rows.length} rows match, ${lines.length} are shown`;
    byId("rows-more").hidden = lines.length === found.length;
    return found;
  };

  const left = table.parentElement.nextElementSibling;
  if (left && left.matches(".note")) left.remove(); // rows that only the script shows
  sortable(table, (column, compare) => {
    order = order.sort((a, b) => compare(rows[a][column], rows[b][column]));
    draw();
  });
  byId("rows-filter").addEventListener("input", () => { most = step; draw(); });
  byId("rows-more").addEventListener("click", () => { most += step; draw(); });

  const chosen = () => draw().map((n) => rows[n]);
  const field = (value) => {
    if (value === null) return "";
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const named = columns.map((name, n) => (name.endsWith("_at") ? `${name} ${heads[n].slice(heads[n].indexOf("("))}` : name));
  byId("rows-csv").addEventListener("click", () =>
    save("rows.csv", "text/csv", "\ufeff" + [named, ...chosen()].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n"));
  byId("rows-json").addEventListener("click", () =>
    save("rows.json", "application/json", JSON.stringify(chosen().map((row) => Object.fromEntries(row.map((v, n) => [named[n], v]))), null, 1)));
  draw();
})();
