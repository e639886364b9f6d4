// The options in plain words, made from the list that Python sends: a new option needs no line here.

import { h } from "./dom.js";
import { explained } from "./words.js";

// `given` holds what differs from the usual; `known` the groups and columns that can be chosen;
// `changed` is called after every change.
export function form(choices, given, known, changed) {
  const parts = [...new Set(choices.map((choice) => choice.part))];
  return parts.map((part) => h("fieldset", {}, h("legend", {}, part),
    choices.filter((choice) => choice.part === part).map((choice) => control(choice, given, known, changed))));
}

function control(choice, given, known, changed) {
  const id = `option-${choice.name}`;
  const help = h("p.help", { id: `${id}-help` }, explained(choice.help));
  const set = (value) => {
    if (value === null || value === "" || String(value) === choice.usual || (choice.kind === "choice" && value === choice.values[0][0])) delete given[choice.name];
    else given[choice.name] = value;
    changed();
  };
  const label = (text = choice.label) => h("label", { htmlFor: id }, text);
  const described = { id, "aria-describedby": `${id}-help` };
  switch (choice.kind) {
    case "flag":
      return h("div.option.flag", {}, h("input", { ...described, type: "checkbox", checked: Boolean(given[choice.name]), onchange: (event) => set(event.target.checked || null) }), label(), help);
    case "choice":
    case "column":
    case "group": {
      const listed = { group: known.groups, column: known.columns }[choice.kind];
      const none = choice.name === "reference" ? "as the labels suggest" : "nothing";
      const values = listed ? [["", none], ...listed.map((one) => [one, one])] : choice.values;
      return h("div.option", {}, label(), h("select", { ...described, onchange: (event) => set(event.target.value) },
        values.map(([value, words]) => h("option", { value, selected: value === (given[choice.name] ?? "") }, words))), help);
    }
    case "range":
      return h("fieldset.option.range", { "aria-describedby": `${id}-help` }, h("legend", {}, choice.label), range(choice, given, set, id), help);
    default:
      return h("div.option", {}, label(), h("input", { ...described, type: "text", inputMode: choice.kind === "number" ? "decimal" : "text", autocomplete: "off", spellcheck: false,
        value: given[choice.name] ?? "", placeholder: choice.usual,
        onchange: (event) => take(event.target, choice.kind, set) }), help);
  }
}

function range(choice, given, set, id) {
  const [low, high] = given[choice.name] ?? ["", ""];
  const field = (which, value) => h("input", { type: "text", inputMode: "decimal", id: `${id}-${which}`, "aria-label": `${choice.label}, ${which}`, autocomplete: "off", value: `${value}` });
  const from = field("from", low);
  const to = field("to", high);
  const take = () => {
    const values = [from, to].map(read);
    [from, to].forEach((input, i) => input.setAttribute("aria-invalid", input.value.trim() !== "" && values[i] === null));
    if (from.value.trim() === "" && to.value.trim() === "") set(null);
    else if (values.every((value) => value !== null)) set(values);
  };
  from.addEventListener("change", take);
  to.addEventListener("change", take);
  return h("span.pair", {}, from, h("span", {}, "to"), to);
}

function take(input, kind, set) {
  const text = input.value.trim();
  if (kind !== "number" || text === "") { input.removeAttribute("aria-invalid"); set(text || null); return; }
  const value = read(input);
  input.setAttribute("aria-invalid", value === null);
  if (value !== null) set(value);
}

function read(input) {
  const text = input.value.trim().replace("−", "-").replace(/^([^.]*),([^,]*)$/, "$1.$2");
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}

// What was chosen, in a few words.
export function summary(choices, given) {
  return choices.filter((choice) => choice.name in given).map((choice) => {
    const value = given[choice.name];
    const words = Array.isArray(value) ? value.join(" to ") : choice.kind === "flag" ? "yes" : (choice.values.find(([known]) => known === value)?.[1] ?? value);
    return `${choice.label}: ${words}`;
  });
}
