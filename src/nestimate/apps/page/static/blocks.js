// The parts of a report as elements: the same blocks from which the report itself is made.

import { copier, h } from "./dom.js";
import { explained, minus } from "./words.js";

export function block(one, figure) {
  return { prose, grid, code, picture: () => figure(one.figure, one.caption) }[one.block](one);
}

export function prose(one) {
  const said = one.sentences.map((sentence) => explained(sentence));
  if (one.kind === "list") return h("ul.said", {}, said.map((sentence) => h("li", {}, sentence)));
  if (["answer", "mind", "withheld"].includes(one.kind)) return notice(one.kind === "mind" ? "mind" : one.kind === "withheld" ? "bad" : "good", said);
  return said.map((sentence) => h(one.kind === "lead" ? "p.lead" : "p", {}, sentence));
}

export function notice(kind, sentences, extra = null) {
  return h(`div.notice.${kind}`, {}, sentences.map((sentence) => h("p", {}, sentence)), extra);
}

export function grid(one) {
  const many = one.head.some(Boolean);
  const once = new Set();
  const table = h(`table.${one.kind ?? "numbers"}`, {},
    one.caption ? h("caption", {}, one.caption) : null,
    many ? h("thead", {}, h("tr", {}, one.head.map((cell) => (cell ? h("th", { scope: "col" }, explained(cell, once)) : h("td"))))) : null,
    h("tbody", {}, one.rows.map((row, i) => h("tr", {},
      row.map((cell, j) => (j
        ? h("td", {}, one.kind === "words" ? explained(cell, once) : one.kind === "formulas" ? cell : minus(cell))
        : h("th", { scope: "row" }, one.kind === "formulas" ? h("code", {}, cell) : explained(cell, once),
          one.glosses?.[i] ? h("small", {}, one.glosses[i]) : null)))))));
  return [scrolled(table, one.caption || "Table"), one.note ? h("p.lead", {}, one.note) : null];
}

// A wide table scrolls by itself, by keyboard too.
export function scrolled(table, label) {
  return h("div.wide", { tabIndex: 0, role: "group", "aria-label": label }, table);
}

export function code(one) {
  return h("figure.code", {},
    h("figcaption", {}, one.caption, copier(one.text, "Copy")),
    h("pre", { tabIndex: 0, "aria-label": one.caption, role: "group" }, h("code", {}, one.text)));
}
