// A design as a small picture: groups as rows, what lies in them as shapes inside shapes.

import { svg } from "./dom.js";

const MOST = [6, 3, 3];
const DOTS = 5;
const GROUPS = 4;
const LETTER = 6.9;
const LONGEST = [16, 30];
const WIDEST = 300;
const NARROWEST = 210;

export const groupClass = (index) => `g${index % 7}`;

export function drawing(design) {
  const rows = design.groups.slice(0, GROUPS);
  const blocked = design.layout.startsWith("blocked");
  // What the shapes leave of the width is for the labels.
  const room = (WIDEST - 22 - Math.max(0, ...rows.map((branch) => level(branch.steps, 0, blocked ? 1 : 0).width))) / LETTER;
  const longest = 2 * Math.floor(Math.min(LONGEST[1], Math.max(LONGEST[0], room)) / 2);
  const labels = rows.map((branch) => within(branch.label, longest));
  const left = 16 + LETTER * Math.max(6, ...labels.map((label) => label.length));
  const made = rows.map((branch, index) => row(branch, labels[index], index, blocked, left));
  const gap = 8;
  const width = Math.min(WIDEST, Math.max(NARROWEST, ...made.map((one) => left + one.width + 6)));
  let y = blocked ? 16 : 4;
  const parts = [];
  for (const one of made) {
    one.shape.setAttribute("transform", `translate(0 ${y})`);
    parts.push(one.shape);
    y += one.height + gap;
  }
  if (blocked && made.length) parts.unshift(bands(made[0].columns, rows[0].steps[0].name, y - gap, left));
  const others = design.groups.length - rows.length;
  if (others > 0) {
    parts.push(svg("text", { x: left - 3, y: y + 8, class: "note" }, `and ${others} more`));
    y += 14;
  }
  return svg("svg", { viewBox: `0 0 ${width} ${y}`, preserveAspectRatio: "xMinYMid meet", class: "drawing", "aria-hidden": "true", focusable: "false" }, parts);
}

function bands(columns, name, bottom, left) {
  return svg("g", { class: "bands" },
    columns.map(([x, width]) => svg("rect", { x: x - 3, y: 12, width: width + 6, height: bottom - 10, rx: 6 })),
    svg("text", { x: left - 3, y: 8, class: "note" }, cut(name, 30)));
}

function row(branch, label, index, blocked, left) {
  const inner = level(branch.steps, 0, blocked ? 1 : 0);
  const shape = svg("g", { class: groupClass(index) },
    svg("text", { x: left - 10, y: inner.height / 2 + 4, class: "label", "text-anchor": "end" }, label),
    svg("g", { transform: `translate(${left} 0)` }, inner.shape));
  const fit = (WIDEST - left - 6) / inner.width;
  if (fit < 1) inner.shape.setAttribute("transform", `scale(${fit})`);
  const scale = Math.min(fit, 1);
  const columns = inner.columns.map(([x, width]) => [left + x * scale, width * scale]);
  return { shape, width: inner.width * scale, height: inner.height * scale, columns };
}

// Shapes side by side, as many as there are, the last of many drawn as dots of omission.
function level(steps, depth, bare) {
  const [step, ...inside] = steps;
  if (!inside.length) return dots(step.high, step.low !== step.high);
  const most = MOST[Math.min(depth, 2)];
  const count = Math.min(step.high, most);
  const shape = svg("g");
  const columns = [];
  let x = 0;
  let height = 0;
  for (let i = 0; i < count; i += 1) {
    const inner = level(inside, depth + 1, 0);
    const pad = bare ? 0 : 4;
    const box = svg("g", { transform: `translate(${x} 0)` });
    if (!bare) box.append(svg("rect", { width: inner.width + 2 * pad, height: inner.height + 2 * pad, rx: 7, class: `box depth${Math.min(depth, 2)}` }));
    box.append(svg("g", { transform: `translate(${pad} ${pad})` }, inner.shape));
    shape.append(box);
    columns.push([x, inner.width + 2 * pad]);
    x += inner.width + 2 * pad + (bare ? 12 : 5);
    height = Math.max(height, inner.height + 2 * pad);
  }
  if (step.high > most) {
    for (let i = 0; i < 3; i += 1) shape.append(svg("circle", { cx: x + 3 + 6 * i, cy: height / 2, r: 1.3, class: "more" }));
    x += 22;
  }
  return { shape, width: Math.max(x - (bare ? 12 : 5), 1), height, columns };
}

function dots(count, uneven) {
  const shown = Math.min(count, DOTS);
  const places = { 1: [[8, 8]], 2: [[5, 8], [13, 8]], 3: [[5, 5], [13, 5], [9, 12]], 4: [[5, 5], [13, 5], [5, 13], [13, 13]], 5: [[4, 4], [13, 4], [4, 13], [13, 13], [8.5, 8.5]] }[shown];
  const shape = svg("g", {}, places.map(([cx, cy], i) => svg("circle", { cx, cy, r: 2.3, class: uneven && i === shown - 1 ? "dot maybe" : "dot" })));
  return { shape, width: shown === 1 ? 16 : 18, height: shown < 3 ? 16 : 18, columns: [] };
}

// Labels of cells differ at their end: what does not fit is left out in the middle.
const within = (text, most) => (text.length <= most ? text : `${text.slice(0, most / 2 - 1)}…${text.slice(-most / 2)}`);

export const cut = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

export function counted(branch) {
  const span = (step) => (step.low === step.high ? `${step.low}` : `${step.low}–${step.high}`);
  return branch.steps.map((step) => `${span(step)} ${step.name === "rows" && step.high === 1 ? "row" : step.name}`).join(" × ");
}
