// The next experiment: what is asked, and what was found, with this answer as the pilot.

import { block, notice } from "./blocks.js";
import { announce, fill, find, h } from "./dom.js";
import { form } from "./options.js";

// `act` has `ask(said, words)`, `figure`, `panel`, `download(name, said, asked)` and `asked`.
export function planner(choices, usual, act) {
  const given = { ...usual };
  const found = h("div.planned", { id: "planned" });
  const button = h("button.primary", { type: "button", id: "make-plan", onclick: () => plan(given, found, act) }, "Plan it");
  return [
    h("p.lead", {}, "How many next time, and how many readings of each: this answer is the pilot. Experiments are made up and analysed as yours was, which takes from half a minute to a few; Stop ends it."),
    h("div.parts.beside", {}, form(choices, given, {}, () => {})),
    h("div.go", {}, button),
    found,
  ];
}

async function plan(given, place, act) {
  const said = { ...given };
  const told = await act.ask(said, "Making up experiments").catch((error) => ({ refused: { text: error.message } }));
  if (told.stopped) { fill(place); announce("Stopped."); return; }
  if (told.refused) { fill(place, notice("bad", [told.refused.text])); announce(told.refused.text); return; }
  const asked = { ...act.asked, plan: said };
  const drawn = (name, caption) => act.figure(name, caption, { now: true, asked });
  const [answer, ...others] = told.sections;
  const file = (id, title, kind) => h("button", { type: "button", id, onclick: () => act.download("file", { kind }, asked) }, title);
  fill(place,
    h("h3", { id: "planned-title", tabIndex: -1 }, "The plan"),
    answer.blocks.map((one) => block(one, drawn)),
    others.map((part) => act.panel(part.title, false, part.blocks.map((one) => block(one, drawn)))),
    h("div.row", {}, file("get-plan", "Plan as a report", "html"), file("get-plan-md", "Text (Markdown)", "md"), file("get-plan-json", "All numbers (JSON)", "json")),
    act.panel("The same plan again", false, [
      block({ block: "code", caption: "In Python", text: told.python }),
      told.command ? block({ block: "code", caption: "In a terminal: the same question, its pilot drawn anew", text: told.command }) : null]));
  announce(answer.blocks[0]?.sentences?.[0] ?? "Planned.");
  find("planned-title").focus({ preventScroll: true });
}
