// The table as it is understood: cells that can be changed, rows that can be left out, doubts marked.

import { h } from "./dom.js";
import { groupClass } from "./drawing.js";

const ROLES = { value: "value", group: "group", unit: "unit", block: "block", n: "n", sd: "SD", se: "SE" };
const EMPTY = new Set(["", "na", "n/a", "nan", "null", "none"]);

// `look` is what Python says of the table; `act` has `edit(cell)` and `more(start)`.
export function table(look, roles, act) {
  const marked = new Map(look.doubts.map((doubt) => [`${doubt.at},${doubt.place}`, doubt.why]));
  const numeric = look.columns.map((name) => look.kinds?.[name]?.kind?.startsWith("numbers") ?? false);
  const groups = roles.group && look.designs.length ? look.designs[0].groups.map((branch) => branch.label) : [];
  const body = h("tbody");
  const grid = h("table.cells", { role: "grid", "aria-label": `Cells of ${look.source}`, "aria-rowcount": `${look.n_rows + 1}`, "aria-describedby": "cells-help" },
    h("thead", {}, h("tr", { role: "row", "aria-rowindex": "1" },
      h("th.number", { scope: "col", role: "columnheader" }, h("span.unseen", {}, "Row")),
      look.names.map((name, place) => cell("th", { row: "header", at: -1, place, text: name, name: look.columns[place] }, { scope: "col", role: "columnheader" },
        h("span.name", {}, name.trim() || h("em", {}, look.columns[place])), role(look.columns[place], roles))))),
    body);
  add(look.rows, 0);
  roving(grid, act);

  function add(rows, start) {
    body.append(...rows.map(([number, ...cells], i) => h("tr", { role: "row", "aria-rowindex": `${start + i + 2}` },
      h("th.number", { scope: "row", role: "rowheader" }, number),
      cells.map((text, place) => {
        const why = marked.get(`${start + i},${place}`);
        const names = [numeric[place] ? "figure" : "", why ? "doubt" : "", EMPTY.has(text.trim().toLowerCase()) ? "none" : ""];
        const group = look.columns[place] === roles.group ? groups.indexOf(text.trim()) : -1;
        const shown = group >= 0 ? [h("i", { className: `swatch ${groupClass(group)}` }), text] : [text.trim() === "" ? h("span.unseen", {}, "empty") : text];
        return cell("td", { row: number, at: start + i, place, text, name: look.columns[place], why }, { role: "gridcell", className: names.filter(Boolean).join(" "), title: why ?? (text.length > 20 ? text : "") }, shown);
      }))));
  }

  const rest = h("button.quiet.more", { type: "button", hidden: look.rows.length >= look.n_rows }, "");
  const count = () => {
    const shown = body.rows.length;
    rest.textContent = `Show more rows (${shown.toLocaleString("en")} of ${look.n_rows.toLocaleString("en")})`;
    rest.hidden = shown >= look.n_rows;
  };
  rest.addEventListener("click", async () => {
    const start = body.rows.length;
    add(await act.more(start), start);
    count();
  });
  count();
  return [
    h("div.wide.sheet", {}, grid),
    rest,
    h("p.help", { id: "cells-help" }, "Click a cell, or move with the arrow keys and press Enter, to change it or to leave its row or label out."),
  ];
}

const facts = new WeakMap();

function cell(tag, fact, given, ...inside) {
  const made = h(tag, { tabIndex: -1, ...given }, ...inside);
  facts.set(made, fact);
  return made;
}

function role(name, roles) {
  const found = Object.entries(ROLES).find(([key]) => roles[key]?.split(/[,/]/).includes(name) || roles[key] === name);
  return found ? h("span.role", { className: `role ${found[0]}` }, found[1]) : null;
}

// One cell is in the order of the Tab key; arrows move within the table.
function roving(grid, act) {
  const first = grid.querySelector("tbody td") ?? grid.querySelector("th:not(.number)");
  if (first) first.tabIndex = 0;
  const go = (target) => {
    if (!target || !facts.has(target)) return;
    grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    target.tabIndex = 0;
    target.focus();
  };
  grid.addEventListener("keydown", (event) => {
    const here = event.target.closest("td, th");
    if (!here || !facts.has(here)) return;
    const beside = (rows) => {
      const all = [...grid.rows];
      return all[all.indexOf(here.parentElement) + rows]?.cells[here.cellIndex];
    };
    const moves = {
      ArrowRight: () => here.nextElementSibling,
      ArrowLeft: () => here.previousElementSibling,
      ArrowDown: () => beside(1),
      ArrowUp: () => beside(-1),
      Home: () => here.parentElement.cells[1],
      End: () => here.parentElement.cells[here.parentElement.cells.length - 1],
      PageDown: () => beside(10) ?? grid.rows[grid.rows.length - 1].cells[here.cellIndex],
      PageUp: () => beside(-10) ?? grid.rows[0].cells[here.cellIndex],
    };
    if (moves[event.key]) { event.preventDefault(); go(moves[event.key]()); }
    if (["Enter", "F2", " ", "Delete", "Backspace"].includes(event.key)) { event.preventDefault(); act.edit(facts.get(here), here); }
  });
  grid.addEventListener("click", (event) => {
    const here = event.target.closest("td, th");
    if (!here || !facts.has(here)) return;
    go(here);
    act.edit(facts.get(here), here);
  });
}

// What can be done with a cell. Resolves to a list of edits, to the row that names the columns, or to null.
export function ask(fact, context) {
  return new Promise((resolve) => {
    const header = fact.row === "header";
    const text = h("input", { id: "cell-text", type: "text", value: fact.text, autocomplete: "off", spellcheck: false });
    const why = h("input", { id: "cell-why", type: "text", autocomplete: "off", placeholder: "typing error, pipette failed, died early" });
    const done = (edits) => { dialog.close(); resolve(edits); };
    const because = () => (why.value.trim() ? ` # ${why.value.trim().replace(/\s+/g, " ")}` : "");
    const set = (value) => [`${header ? "header" : `row ${word(fact.row)}`}, ${word(fact.name)} = ${word(value)}${because()}`];
    const label = fact.text.trim();
    const group = context.roles.group;
    const labelled = !header && label !== "" && !context.measured(fact.name);
    const own = context.row(fact).find(([name]) => name === group)?.[1];
    const out = (what, edit, id) => h("button", { type: "button", id, onclick: () => done([`without ${edit()}${because()}`]) }, what);
    const dialog = h("dialog.cell", { "aria-labelledby": "cell-title" },
      h("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); done(text.value === fact.text ? null : set(text.value)); } },
        h("h3", { id: "cell-title" }, header ? `Name of ${fact.name}` : `Row ${fact.row}, ${fact.name}`),
        fact.why ? h("p.notice.mind", {}, `‘${fact.text}’ ${fact.why}.`) : null,
        h("label", { htmlFor: "cell-text" }, header ? "Name" : "What stands here"), text,
        h("label", { htmlFor: "cell-why" }, "Reason, for the report"), why,
        h("div.row", {}, h("button.primary", { type: "submit" }, header ? "Rename" : "Change"),
          labelled ? h("button", { type: "button", id: "change-all", onclick: () => done(text.value === fact.text ? null : [`every ${word(fact.name)} ${word(label)} = ${word(text.value)}${because()}`]) }, `Change every ${short(label)}`) : null,
          header || label === "" ? null : h("button", { type: "button", onclick: () => done(set("")) }, "Empty the cell"),
          h("button.quiet", { type: "button", onclick: () => done(null) }, "Cancel")),
        !header && context.canName(context.row(fact)) && /^\d+$/.test(fact.row) ? h("div.out", {}, h("p", {}, "Or, if titles stand above the names of the columns"),
          h("div.row", {}, h("button", { type: "button", id: "names-here", onclick: () => done({ names: Number(fact.row) }) }, `Row ${fact.row} names the columns`))) : null,
        header ? null : h("div.out", {}, h("p", {}, "Or leave out of the analysis"),
          h("div.row", {}, out(`row ${fact.row}`, () => `row ${word(fact.row)}`, "out-row"),
            labelled ? out(`every row with ${fact.name} ${short(label)}`, () => `${word(fact.name)} = ${word(label)}`, "out-label") : null,
            labelled && own && group !== fact.name
              ? out(`${fact.name} ${short(label)} in ${group} ${short(own)} only`, () => `${word(fact.name)} = ${word(label)}, ${word(group)} = ${word(own)}`, "out-both") : null))));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(null); });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
    dialog.showModal();
    text.select();
  });
}

const short = (text) => (text.length > 24 ? `${text.slice(0, 23)}…` : text);

// A word of an edit as Python writes it: in quotation marks unless it is one plain word.
export function word(text) {
  return /^[\p{L}\p{N}_.+/%-]+$/u.test(text) ? text : JSON.stringify(text);
}
