// Words explained where they stand: on hover, on focus, and to screen readers.

import { find, h } from "./dom.js";

let known = {};
let pattern = null;
let shown = null;

export function learn(words) {
  known = { ...known, ...words };
  const names = Object.keys(known).sort((a, b) => b.length - a.length);
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  pattern = new RegExp(`(?<![\\w-])(?:${escaped.join("|")})(?![\\w-])`, "g");
  for (const name of names) {
    const id = meaningId(name);
    (find(id) ?? find("meanings").appendChild(h("p", { id }))).textContent = known[name];
  }
}

const meaningId = (name) => `meaning-${name.replace(/\W+/g, (odd) => [...odd].map((c) => c.codePointAt(0)).join("_"))}`;

// The text with its words explained, each once.
export function explained(raw, once = new Set()) {
  const text = minus(raw);
  if (!pattern) return [text];
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (once.has(match[0])) continue;
    once.add(match[0]);
    found.push(text.slice(end, match.index), word(match[0]));
    end = match.index + match[0].length;
  }
  return [...found, text.slice(end)];
}

// A number's minus sign as it is printed.
export const minus = (text) => text.replace(/(?<![\w)\]-])-(?=[\d.]*\d)/g, "−");

function word(name) {
  return h("button.word", { type: "button", "aria-describedby": meaningId(name), "data-word": name }, name);
}

function show(target) {
  const tip = find("tip");
  shown = target;
  tip.textContent = known[target.dataset.word] ?? "";
  tip.hidden = !tip.textContent;
  const box = target.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const width = Math.min(320, room - 24);
  tip.style.width = `${width}px`;
  tip.style.left = `${Math.max(12, Math.min(box.left, room - width - 12))}px`;
  const below = box.bottom + 6;
  const above = box.top - tip.offsetHeight - 6;
  tip.style.top = `${below + tip.offsetHeight > innerHeight && above > 0 ? above : below}px`;
}

function hide() {
  find("tip").hidden = true;
  shown = null;
}

export function listen() {
  const of = (event) => event.target.closest?.("[data-word]");
  document.addEventListener("mouseover", (event) => { if (of(event)) show(of(event)); });
  document.addEventListener("mouseout", (event) => {
    if (of(event) && document.activeElement !== of(event) && event.relatedTarget !== find("tip")) hide();
  });
  document.addEventListener("focusin", (event) => { if (of(event)) show(of(event)); else if (shown) hide(); });
  document.addEventListener("focusout", (event) => { if (of(event)) hide(); });
  document.addEventListener("click", (event) => { if (of(event)) { event.preventDefault(); show(of(event)); } });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) hide(); });
  addEventListener("scroll", () => { if (shown) show(shown); }, { passive: true, capture: true });
}
