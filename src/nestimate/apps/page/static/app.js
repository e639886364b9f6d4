// The page: what was given, what was chosen, and what is shown of it, from top to bottom.

import { block, notice } from "./blocks.js";
import { carrier } from "./carrier.js";
import { announce, copier, fill, find, h, save } from "./dom.js";
import { counted, cut, drawing, groupClass } from "./drawing.js";
import { form, summary } from "./options.js";
import { ask as askCell, table, word } from "./table.js";
import { planner } from "./plan.js";
import { explained, learn, listen, minus } from "./words.js";

const EXAMPLES = [
  ["founding.csv", "Five readings of every unit", "Drug against placebo, five units each, every unit read five times. The question nestimate was built for."],
  ["founding-lines.csv", "The same lines in both arms", "Four knock-out lines, each with and without the drug: is the effect the same in all?"],
  ["mice.csv", "Glucose of twelve mice", "Six mice an arm, five readings each. One mouse did not respond, three readings were lost."],
  ["seedlings.csv", "Thirty seedlings", "Two beds, one height each: every row counts."],
  ["teeth.csv", "Two factors", "Vitamin C from two sources in three doses (Crampton, 1947): does one matter at every level of the other?"],
  ["fields.csv", "Counts", "Cells in four fields of each mouse, two genotypes: the mouse counts, not the field."],
  ["zinc.csv", "Values below a limit", "Zinc in ground water (1988): 20 of 117 samples read <3 or <10, and are taken as just that."],
  ["messy.csv", "A messy table", "As it comes from a busy week: limits of detection, a comma, two spellings of one group."],
];
const STEPS = [["data", "Data"], ["design", "Design"], ["answer", "Answer"], ["trust", "Trust"], ["plan", "Next time"], ["take", "Take away"]];
const AFTER = ["answer", "trust", "plan", "take"];
const OPEN_PARTS = new Set(["Beside other analyses", "How far to trust it"]);
// What stands elsewhere on the page: the next experiment is planned there and not in a terminal.
const NOT_REPEATED = new Set(["Question", "Answer", "Figures", "Words", "Next"]);
const FOR_PAPERS = "For the methods section";

const state = {
  hello: null, file: null, reading: { sheet: null, decimal: null, header_row: null }, look: null,
  edits: [], past: [], future: [],
  design: null, card: -1, options: {}, answer: null, asked: null, estimated: false, number: 0,
};

const hide = (ids) => { for (const id of ids) find(id).hidden = true; };

// --- asking -------------------------------------------------------------------------------------

let working = 0;

async function ask(name, said = {}, words = "Working") {
  busy(words);
  const heard = (told) => { find("busy-text").textContent = told; };
  try {
    const reply = await carrier.ask(name, said, null, heard);
    if (reply.again === "open") {
      await handOver();
      return await carrier.ask(name, said, null, heard);
    }
    return reply;
  } finally {
    idle();
  }
}

function busy(words) {
  working += 1;
  find("busy-text").textContent = words;
  find("busy").hidden = false;
}

function idle() {
  working -= 1;
  find("busy").hidden = working > 0 ? false : true;
}

const handOver = () => carrier.ask("open", { name: state.file.name }, state.file.bytes);
const reading = () => ({ ...state.reading, edits: state.edits });
const question = () => ({ data: state.file.data, reading: reading(), design: state.design, options: state.options });

// --- step 1: data -------------------------------------------------------------------------------

function startScreen() {
  const file = h("input.unseen", { type: "file", id: "file", accept: ".csv,.tsv,.tab,.txt,.gz,.xlsx,.xlsm,.xls,.xlsb,.ods,.parquet,.feather,.arrow", onchange: () => { if (file.files[0]) takeFile(file.files[0]); } });
  const cells = h("textarea", { id: "cells", rows: 5, spellcheck: false, placeholder: "arm\tmouse\tglucose\nplacebo\tm01\t9.3\nplacebo\tm01\t9.5\ndrug\tm07\t6.7", "aria-describedby": "cells-note" });
  cells.addEventListener("paste", () => setTimeout(() => takeText(cells.value)));
  fill(find("data"),
    h("div.hero", {},
      h("h1", { id: "data-title" }, "How far do your groups differ, and how sure is that?"),
      h("p.lead", {}, "Paste a table with all its readings. You see how it is understood, choose what it is, and get an answer with a figure and a report. ", h("strong", {}, carrier.where)),
      carrier.needs ? h("p.help", {}, carrier.needs) : null),
    h("div.start", {},
      h("div.paste", {},
        h("label.big", { htmlFor: "cells" }, "Paste cells from your spreadsheet"),
        cells,
        h("p.help", { id: "cells-note" }, "With the row of column names. One row per reading is best; a column per group or per replicate is understood too."),
        h("button.primary", { type: "button", id: "use-cells", onclick: () => takeText(cells.value) }, "Use these cells")),
      h("div.drop", { id: "drop" },
        h("p.big", {}, "Or drop a file here"),
        h("p.help", {}, state.hello?.workbooks === false ? "CSV, TSV, Parquet, Feather. Workbooks cannot be read here: copy their cells." : "Excel, OpenDocument, CSV, TSV, Parquet, Feather; up to 50 MB."),
        h("label.button", { htmlFor: "file" }, "Choose a file"), file)),
    h("div.examples", {}, h("h2", {}, "Or look at an example"),
      h("ul", {}, EXAMPLES.map(([name, title, said]) => h("li", {},
        h("button.example", { type: "button", onclick: () => takeExample(name) }, h("strong", {}, title), h("span", {}, said)))))),
    settingsWaiting());
}

function settingsWaiting() {
  const names = Object.keys(settings.design);
  return names.length ? notice("good", [`Settings from the link are applied as soon as there is a table with these columns: ${Object.values(settings.design).filter((v) => typeof v === "string").join(", ")}.`]) : null;
}

function takeText(text) {
  if (!text.trim()) { announce("There are no cells yet."); find("cells").focus(); return; }
  // The name says where the cells come from, and is the one the command will look for.
  take("pasted.txt", new TextEncoder().encode(text));
}

async function takeFile(file) {
  const most = state.hello?.most_bytes ?? 50_000_000;
  if (file.size > most) { refuse({ text: `${file.name} holds ${(file.size / 1e6).toFixed(1)} MB; at most ${most / 1e6} MB are taken here. In a terminal there is no such limit: nestimate inspect.`, remedies: [] }); return; }
  take(file.name, new Uint8Array(await file.arrayBuffer()));
}

async function takeExample(name) {
  const reply = await fetch(`examples/${name}`);
  take(name, new Uint8Array(await reply.arrayBuffer()));
}

async function take(name, bytes) {
  if (!mayLeave()) return;
  Object.assign(state, { file: { name, bytes, data: null, sheets: [] }, reading: { sheet: null, decimal: settings.decimal ?? null, header_row: null }, edits: [], past: [], future: [], design: null, card: -1, options: {}, answer: null, look: null, estimated: false });
  hide(["design", ...AFTER]);
  try {
    await carrier.start(progress);
    busy("Reading the table");
    const opened = await handOver().finally(idle);
    if (opened.refused) { state.file = null; refuse(opened.refused); return; }
    Object.assign(state.file, { data: opened.data, sheets: opened.sheets });
    state.reading.sheet = opened.sheet;
    await look();
    find("data-title")?.focus();
  } catch (error) { refuse({ text: error.message, remedies: [] }); }
}

function progress(text, share) {
  const bar = find("loading");
  if (bar) { bar.value = share; find("loading-text").textContent = text; return; }
  announce(`Loading what is needed: ${text}`);
  fill(find("data"), h("div.hero", {}, h("h1", { id: "data-title" }, "Loading what is needed, once"),
    h("p.lead", { id: "loading-text" }, text), h("progress", { id: "loading", max: 1, value: share, "aria-label": "Loaded" })));
}

function refuse(refusal) {
  announce(refusal.text);
  const old = find("refused");
  const said = h("div", { id: "refused" }, notice("bad", [refusal.text], remedyButtons(refusal)));
  if (old) old.replaceWith(said); else find("data").append(said);
  said.scrollIntoView({ block: "nearest" });
}

function remedyButtons(refusal) {
  return refusal.remedies.length ? h("div.row", {}, refusal.remedies.map((remedy) => h("button", { type: "button", onclick: () => apply(remedy) }, remedy.label))) : null;
}

function apply(remedy) {
  if (remedy.option in state.reading) { state.reading[remedy.option] = remedy.value; look(); }
  else { state.options[remedy.option] = remedy.value; showDesign(); estimate(); }
}

async function look() {
  const number = ++state.number;
  const found = await ask("look", { data: state.file.data, reading: reading() }, "Looking at the table");
  if (number !== state.number || found.stopped) return;
  if (found.names === undefined) {
    state.look = null;
    showUnreadable(found.refused);
    return;
  }
  state.look = found;
  // Below a title the names of the columns are found; which row was taken is shown and can be changed.
  state.reading.header_row = found.header_row;
  chooseDesign();
  showDesign();
  showData();
  announce(`${found.source}: ${found.n_rows} rows. ${found.designs.length} designs are possible.`);
  if (state.estimated && state.design) await estimate();
  else { state.answer = null; hide(AFTER); }
}

function showUnreadable(refusal) {
  fill(find("data"), dataHead(), notice("bad", [refusal.text], remedyButtons(refusal)), readingControls());
  hide(["design", ...AFTER]);
  progressNav();
  announce(refusal.text);
}

function dataHead() {
  const look = state.look;
  const facts = look ? `${look.n_rows.toLocaleString("en")} ${look.n_rows === 1 ? "row" : "rows"}, ${look.names.length} ${look.names.length === 1 ? "column" : "columns"}` : "";
  return h("div.head", {}, h("h1.title", { id: "data-title", tabIndex: -1 }, state.file.name === "pasted.txt" ? "Pasted cells" : state.file.name), h("p.lead", {}, facts),
    h("button.quiet", { type: "button", onclick: again }, "Other data"));
}

// What was changed is kept in this page alone: it is not lost without a question.
const mayLeave = () => !state.edits.length || confirm("Leave this table? Its changes are lost.");

function again() {
  if (!mayLeave()) return;
  Object.assign(state, { file: null, look: null, answer: null, design: null, edits: [] });
  hide(["design", ...AFTER]);
  startScreen();
  progressNav();
  find("cells").focus();
}

function readingControls() {
  const select = (id, label, values, now, set) => h("span.control", {}, h("label", { htmlFor: id }, label),
    h("select", { id, onchange: (event) => { set(event.target.value || null); look(); } }, values.map(([value, words]) => h("option", { value, selected: value === (now ?? "") }, words))));
  return h("div.controls", {},
    state.file.sheets.length > 1 ? select("sheet", "Sheet", state.file.sheets.map((sheet) => [sheet, sheet]), state.reading.sheet, (value) => { state.reading.sheet = value; state.reading.header_row = null; state.edits = []; state.past = []; state.future = []; }) : null,
    namedInRow() ? select("header-row", "Column names in", headerRows(), `${state.reading.header_row ?? ""}`, (value) => { state.reading.header_row = Number(value) || null; }) : null,
    select("decimal", "Decimal mark", [["", "point, as usual"], [",", "comma: 1,5"], [".", "point: 1,000.5"]], state.reading.decimal, (value) => { state.reading.decimal = value; }));
}

// Text and workbooks may have titles above the names of their columns; other files have none.
const namedInRow = () => !/\.(parquet|feather|arrow)$/i.test(state.file.name);

function headerRows() {
  const now = state.reading.header_row;
  const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].concat(now > 10 ? [now] : []);
  return [...(now ? [] : [["", "the first row"]]), ...rows.map((row) => [`${row}`, `row ${row}`])];
}

// Where the keyboard was, found again after the table and what stands about it are made anew.
function focusAgain(render) {
  const old = document.activeElement;
  const within = ["doubts", "changes"].find((part) => old?.closest(`.${part}`));
  const cell = old?.closest(".cells td, .cells th");
  const row = cell?.parentElement.cells[0].textContent;
  render();
  const same = old?.id ? find(old.id) : null;
  const rows = [...document.querySelectorAll(".cells tr")];
  const there = cell && rows.find((one) => one.cells[0].textContent === row)?.cells[cell.cellIndex];
  // After the last doubt comes the choice of the design.
  const next = within === "doubts" ? document.querySelector(".doubts button") ?? find("design-title") : within ? find("changes-title") : null;
  [same, there, next].find((one) => one && !one.disabled)?.focus({ preventScroll: true });
}

function showData() {
  focusAgain(() => showTable());
}

function showTable() {
  const { look } = state;
  fill(find("data"), dataHead(), readingControls(), doubtList(), refusal(),
    table(look, state.design ?? {}, { edit, more: async (start) => (await ask("rows", { data: state.file.data, reading: reading(), start }, "Fetching rows")).rows }),
    steps(),
    remarks());
  progressNav();
}

function refusal() {
  const { refused, doubts, designs } = state.look;
  if (refused && doubts.length && !designs.length) return notice("good", ["As soon as these cells are mended, the designs are shown that the table can be."]);
  return refused ? h("div", { id: "refused" }, notice("bad", [refused.text], remedyButtons(refused))) : null;
}

function remarks() {
  const said = [...(state.look.notes ?? []).filter((note) => !state.look.steps.some((step) => step.said === note)), ...(state.look.look_at ?? []).filter((text) => !state.look.doubts.length || !state.look.doubts.some((doubt) => text.includes(`'${doubt.cell}'`)))];
  return said.length ? h("details.remarks", { open: said.length < 4 }, h("summary", {}, `What was noticed on reading (${said.length})`), h("ul.said", {}, said.map((text) => h("li", {}, text)))) : null;
}

function doubtList() {
  const { doubts } = state.look;
  if (!doubts.length) return null;
  const kinds = new Map();
  for (const doubt of doubts) {
    const key = JSON.stringify([doubt.column, doubt.cell]);
    kinds.set(key, [...(kinds.get(key) ?? []), doubt]);
  }
  const entries = [...kinds.values()].slice(0, 8).map((found) => {
    const [doubt] = found;
    const where = found.length === 1 ? `Row ${doubt.row}, ${doubt.column}` : `${found.length} cells of ${doubt.column}`;
    const all = found.length === 1 ? "Empty it" : `Empty all ${found.length}`;
    const every = (text, why) => change([found.length === 1 ? `row ${word(doubt.row)}, ${word(doubt.column)} = ${word(text)} # ${why}` : `every ${word(doubt.column)} ${word(doubt.cell)} = ${word(text)} # ${why}`]);
    const why = { stated: "is a limit of detection. It can stay: as soon as the other cells are mended it counts as what it says.", word: "says that there is no reading, or that nothing was detected. Which is it?" }[doubt.limit] ?? `${doubt.why}.`;
    return h("li", {}, h("p", {}, h("strong", {}, `${where}: `), h("mark", {}, doubt.cell), ` ${why}`),
      h("div.row", {},
        doubt.edit ? h("button", { type: "button", onclick: () => change([doubt.edit]) }, `Write ${doubt.mended}`) : null,
        doubt.edit || doubt.limit === "stated" ? null : h("button", { type: "button", onclick: () => every("", "no reading") }, doubt.limit ? `No reading: ${all.toLowerCase()}` : all),
        doubt.limit === "word" ? below(doubt, every) : null,
        found.length === 1 ? h("button", { type: "button", onclick: (event) => edit({ row: doubt.row, at: doubt.at, place: doubt.place, text: doubt.cell, name: doubt.column, why: doubt.why }, event.target) }, "Change it") : null));
  });
  return h("div.notice.mind.doubts", { role: "group", "aria-label": "Cells to look at" },
    h("h2.plain", {}, `${doubts.length} ${doubts.length === 1 ? "cell is" : "cells are"} doubtful`),
    h("ul", {}, entries), kinds.size > 8 ? h("p", {}, `and ${kinds.size - 8} more, marked in the table.`) : null);
}

// A word in place of a value below what can be measured becomes that limit.
function below(doubt, every) {
  const id = `limit-${doubt.at}-${doubt.place}`;
  const limit = h("input", { id, type: "text", inputMode: "decimal", size: 7, autocomplete: "off", placeholder: "limit" });
  const write = () => {
    const text = limit.value.trim().replace(",", ".");
    limit.setAttribute("aria-invalid", !text || !Number.isFinite(Number(text)));
    if (limit.getAttribute("aria-invalid") === "false") every(`<${text}`, "not detected");
  };
  return h("span.row", {}, h("label", { htmlFor: id }, "or not detected, below"), limit, h("button", { type: "button", onclick: write }, "Write the limit"));
}

// --- edits, undo and redo -----------------------------------------------------------------------

async function edit(fact, from) {
  const roles = state.design ?? {};
  const context = {
    roles,
    // Names hold no numbers.
    canName: (cells) => namedInRow() && fact.at >= 0 && fact.at < 12 && cells.filter(([, text]) => text).length > 1 && cells.every(([, text]) => !/^[+-]?[\d.,]+$/.test(text)),
    measured: (name) => name === state.look.value || state.look.kinds?.[name]?.kind === "numbers" || state.look.value?.split(",").includes(name),
    row: (cell) => { const row = state.look.rows.find(([number]) => number === cell.row); return row ? state.look.columns.map((name, i) => [name, row[i + 1].trim()]) : []; },
  };
  const said = await askCell(fact, context);
  if (said?.names) { state.reading.header_row = said.names; await look(); } else if (said) await change(said);
  else from?.focus();
}

async function change(edits) {
  state.past.push(state.edits);
  state.future = [];
  state.edits = [...state.edits, ...edits];
  await look();
}

async function without(index) {
  state.past.push(state.edits);
  state.future = [];
  state.edits = state.edits.filter((_, i) => i !== index);
  await look();
}

async function undo() {
  if (!state.past.length) return;
  state.future.push(state.edits);
  state.edits = state.past.pop();
  await look();
  announce("Undone.");
}

async function redo() {
  if (!state.future.length) return;
  state.past.push(state.edits);
  state.edits = state.future.pop();
  await look();
  announce("Done again.");
}

function steps() {
  if (!state.edits.length && !state.past.length && !state.future.length) return null;
  return h("div.changes", { role: "group", "aria-labelledby": "changes-title" },
    h("div.head", {}, h("h2.plain", { id: "changes-title", tabIndex: -1 }, state.edits.length ? `Changes (${state.edits.length})` : "No changes"),
      h("span.row", {}, h("button.quiet", { type: "button", id: "undo", disabled: !state.past.length, onclick: undo }, "Undo"), h("button.quiet", { type: "button", id: "redo", disabled: !state.future.length, onclick: redo }, "Redo"))),
    h("ol", {}, state.edits.map((text, i) => {
      const step = state.look.steps[i];
      return h("li", { className: step?.failed ? "failed" : "" }, step?.said ?? text, " ", h("button.quiet.small", { type: "button", "aria-label": `Take back: ${step?.said ?? text}`, onclick: () => without(i) }, "take back"));
    })),
    h("p.help", {}, "They stand in the report and in the command."));
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("input, textarea")) return;
  if (!state.look) return;
  event.preventDefault();
  if (event.shiftKey) redo(); else undo();
});

// --- step 2: design -----------------------------------------------------------------------------

// How the table must be read, as it was found with a design: it follows the table, not the choice.
const FOUND = ["skip_rows", "na", "fill_down", "edits"];
const split = (roles, found) => Object.fromEntries(Object.entries(roles).filter(([name]) => FOUND.includes(name) === found));

// Whether a design is what was chosen: some of it may stand among the options, as in a link.
function isChosen(design, chosen) {
  const roles = Object.entries(split(design.roles, false));
  const others = DESIGNING.filter((name) => chosen[name] !== undefined && !(name in design.roles));
  return !others.length && roles.every(([name, value]) => String(chosen[name]) === String(value));
}

function chooseDesign() {
  const { designs, columns, value } = state.look;
  const linked = state.design === null && Object.keys(settings.design).length > 0;
  const wanted = state.design ?? (linked ? settings.design : null);
  if (wanted) {
    const chosen = linked ? { ...settings.options, ...settings.design } : wanted;
    state.card = designs.findIndex((design) => isChosen(design, chosen));
    const found = designs[state.card];
    const named = ["value", "group", "unit", "block"].flatMap((role) => (wanted[role] ?? "").split(/[,/]/)).filter(Boolean);
    if (found || named.every((name) => columns.includes(name))) {
      state.design = { ...(found ? split(found.roles, false) : split(wanted, false)), ...split((found ?? designs[0])?.roles ?? {}, true) };
      if (linked) {
        state.options = Object.fromEntries(Object.entries(settings.options).filter(([name]) => !(name in state.design)));
        settings.design = {};
      }
      return;
    }
  }
  state.card = designs.length ? 0 : -1;
  state.design = designs.length ? designs[0].roles : value ? { value } : null;
}

function pick(index) {
  state.card = index;
  if (index >= 0) state.design = state.look.designs[index].roles;
  else state.design = manual();
  after();
}

// A choice changes the marks in the table, the link, and an answer that is there already.
function after() {
  remember();
  showData();
  showDesign();
  if (state.estimated && state.design) estimate();
}

const OWN = ["value", "group", "unit", "block", "relabel_units", "n", "sd", "se", "response"];
const manual = () => Object.fromEntries(Object.entries(state.design ?? { value: state.look.value ?? "" }).filter(([name]) => OWN.includes(name)));

function showDesign() {
  const section = find("design");
  const { designs, questions, refused } = state.look;
  section.hidden = false;
  if (refused && !designs.length && state.look.doubts.length) { section.hidden = true; progressNav(); return; }
  const focused = document.activeElement?.id;
  fill(section,
    h("h2", { id: "design-title", tabIndex: -1 }, designs.length === 1 ? "This is how the table can be understood" : designs.length ? "What is what? You decide" : "What is what?"),
    questions.slice(0, 2).map(asked),
    h("fieldset", {}, h("legend.unseen", {}, "Designs"), h("div.cards", {}, designs.map(card)), ownCard()),
    optionsPanel(),
    h("div.go", {}, h("button.primary.large", { type: "button", id: "estimate", disabled: !state.design, onclick: () => estimate(true) }, state.answer ? "Estimate again" : "Estimate"),
      h("p.help", {}, chosenWords())));
  if (focused) find(focused)?.focus({ preventScroll: true });
  progressNav();
}

function chosenWords() {
  if (!state.design) return "Say first which column holds the values.";
  const said = summary(state.hello.choices, state.options);
  return said.length ? minus(said.join(" · ")) : "Nothing else needs to be set.";
}

function asked(one) {
  return h("fieldset.question", {}, h("legend", {}, one.ask),
    h("div.row", {}, one.answers.map((text, i) => {
      const on = state.card === one.designs[i];
      return h("button.answer", { type: "button", "aria-pressed": `${on}`, onclick: () => pick(one.designs[i]) }, text, h("small", {}, `design ${one.designs[i] + 1}`));
    })));
}

function card(design, index) {
  const on = state.card === index;
  return h("label.card", { className: on ? "card on" : "card" },
    h("span.choose", {}, h("input", { type: "radio", name: "design", id: `design-${index}`, checked: on, onchange: () => pick(index) }), h("strong", {}, `Design ${index + 1}`), index === 0 && state.look.designs.length > 1 ? h("em", {}, "likeliest") : null),
    drawing(design),
    h("span.meaning", {}, design.meaning),
    h("span.counts", {}, design.groups.slice(0, 4).map((branch, i) => h("span", {}, h("i", { className: `swatch ${groupClass(i)}` }), `${cut(branch.label, 34)}: ${counted(branch)}`)), design.groups.length > 4 ? h("span", {}, `and ${design.groups.length - 4} more`) : null),
    design.unused.length ? h("span.help", {}, `Columns not used: ${design.unused.join(", ")}`) : null,
    design.cautions.slice(0, 2).map((text) => h("span.caution", {}, text)));
}

const designs = () => state.look.designs;

function ownCard() {
  const on = state.card < 0;
  const roles = on ? manual() : {};
  // A share is two columns of one role: how many, of how many.
  const [share, total = ""] = roles.response?.includes("/") ? roles.response.split("/") : [];
  // Two factors are two columns of one role as well.
  const [group = "", ...factors] = (roles.group ?? "").split(",");
  const now = { ...roles, value: share ?? roles.value, total, group, second: factors.join(",") };
  const take = (role, name) => {
    const { total: of, second, ...next } = { ...now, [role]: name };
    next.group = [next.group, second].filter(Boolean).join(",");
    if (of) Object.assign(next, { response: `${next.value}/${of}`, value: "" });
    else if (share !== undefined) next.response = "";
    state.design = Object.fromEntries(Object.entries(next).filter(([, said]) => said));
    if (role === "group" && !name) state.options.against ??= 0;
    after();
  };
  const field = (role, label, none) => h("span.control", {}, h("label", { htmlFor: `own-${role}` }, label),
    h("select", { id: `own-${role}`, onchange: (event) => take(role, event.target.value) },
      [["", none], ...state.look.columns.map((name) => [name, name])].map(([value, words]) => h("option", { value, selected: value === (now[role] ?? "") }, words))));
  return h("div.card.own", { className: on ? "card own on" : "card own" },
    h("label.choose", {}, h("input", { type: "radio", name: "design", id: "design-own", checked: on, onchange: () => pick(-1) }), h("strong", {}, designs().length ? "None of these" : "Say it yourself"), h("em", {}, "name the columns yourself")),
    on ? [h("div.fields", {},
      field("value", "What was measured or counted", "choose"),
      field("group", "What is compared", "nothing: one group"),
      field("second", "and a second factor", "none"),
      field("unit", "Treated or sampled by itself (unit)", "every row"),
      field("block", "Saw several groups (block)", "nothing")),
    h("label.check", {}, h("input", { type: "checkbox", id: "own-relabel", checked: Boolean(roles.relabel_units), onchange: (event) => take("relabel_units", event.target.checked) }), " Equal labels in different groups are different units: mouse 1 of one is not mouse 1 of the other"),
    h("details.rarer", { open: Boolean(total || now.n || now.sd || now.se) }, h("summary", {}, "The values are so many of so many, or means"), h("div.fields", {},
      field("total", "Out of how many", "the values are no shares"),
      field("n", "Readings behind each mean", "the values are no means"),
      field("sd", "Their standard deviation", "none"),
      field("se", "or standard error", "none")))] : null);
}

function optionsPanel() {
  const groups = state.answer?.groups ?? state.look.designs[Math.max(state.card, 0)]?.groups.map((branch) => branch.label) ?? [];
  const changed = () => { remember(); find("estimate").nextSibling.textContent = chosenWords(); if (state.estimated) estimate(); };
  const open = find("options")?.open ?? Object.keys(state.options).length > 0;
  return h("details.options", { id: "options", open }, h("summary", {}, "Options, in plain words"), h("div.parts", {}, form(state.hello.choices, state.options, { groups, columns: state.look.columns }, changed)));
}

// --- step 3: the answer -------------------------------------------------------------------------

async function estimate(moved = false) {
  const number = ++state.number;
  state.estimated = true;
  find("answer").classList.add("stale");
  let found;
  try {
    found = await ask("answer", question(), "Estimating");
  } catch (error) {
    found = { refused: { text: error.message, remedies: [] } };
  }
  if (number !== state.number) return;
  find("answer").classList.remove("stale");
  if (found.stopped) { announce("Stopped."); state.estimated = false; return; }
  hide(AFTER.slice(1));
  state.answer = found.refused ? null : found;
  state.asked = question();
  showAnswer(found, number);
  remember();
  if (moved) { find("answer").scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }); find("answer-title").focus({ preventScroll: true }); }
  if (found.refused) { announce(found.refused.text); return; }
  announce(found.headline[0] ?? found.withheld[0] ?? "Done.");
  find("estimate").textContent = "Estimate again";
  showTake();
  const parts = await ask("parts", state.asked, "Setting it beside other analyses");
  if (number !== state.number || parts.stopped || parts.refused) return;
  showTrust(parts);
  showPlan();
}

function showAnswer(found, number) {
  const section = find("answer");
  section.hidden = false;
  if (found.refused) {
    fill(section, h("h2", { id: "answer-title", tabIndex: -1 }, "Not answered yet"), notice("bad", [found.refused.text], remedyButtons(found.refused)));
    progressNav();
    return;
  }
  if (!found.answered) {
    fill(section, h("h2", { id: "answer-title", tabIndex: -1 }, "No answer is shown"), notice("bad", found.withheld));
    progressNav();
    return;
  }
  const once = new Set();
  const [first, ...others] = found.headline;
  fill(section,
    h("h2", { id: "answer-title", tabIndex: -1 }, "Answer"),
    h("p.finding", {}, explained(first ?? "", once)),
    folded(`The other ${others.length} findings`, others.map((text) => h("p.after", {}, explained(text, once)))),
    found.mind.length ? notice("mind", found.mind) : null,
    h("div.pair", {}, figure("estimation", found.figures.find((one) => one.name === "estimation")?.caption ?? "", { now: true, alt: first }),
      h("div", {}, block({ block: "grid", kind: "numbers three", ...found.table }))),
    folded(`What follows from it (${found.rest.length})`, found.rest.map((text) => h("p.after", {}, explained(text, once)))),
    h("details", {}, h("summary", {}, "What was analysed"), h("ul.said", {}, found.design.map((text) => h("li", {}, explained(text, once))))));
  section.dataset.number = number;
  progressNav();
}

const titles = (name) => state.hello.titles[name] ?? name;

// A few sentences stand as they are; many are folded.
function folded(title, sentences) {
  return sentences.length > 3 ? h("details", {}, h("summary", {}, title), sentences) : sentences;
}

// A figure is drawn when it is looked at.
function figure(name, caption, { now = false, alt = "", asked = state.asked ?? question() } = {}) {
  const place = h("div.paper", { "aria-busy": "true" }, h("span.wait", {}, "Drawing"));
  const files = ["svg", "pdf", "png", "csv"].map((kind) => h("button.quiet.small", { type: "button", "data-file": `${name}.${kind}`, onclick: () => download("figure", { figure: name, kind }, asked) }, kind === "csv" ? "data behind it (CSV)" : kind.toUpperCase()));
  const made = h("figure.drawn", { "data-figure": name }, place, h("figcaption", {}, caption), h("div.row.files", {}, files));
  const draw = async () => {
    await null; // By then the place stands in the page and has a width: letters keep their size.
    const room = Math.round(place.clientWidth / 96 * 25.4);
    const file = await ask("figure", { ...asked, figure: name, kind: "svg", room }, "Drawing").catch(() => ({}));
    place.removeAttribute("aria-busy");
    if (!file.bytes) { fill(place, h("p", {}, file.refused?.text ?? "This figure could not be drawn.")); return; }
    const address = URL.createObjectURL(new Blob([file.bytes], { type: "image/svg+xml" }));
    const image = h("img", { src: address, alt: `${titles(name)}. ${alt} ${caption}`.replace(/\s+/g, " ") });
    image.addEventListener("load", () => URL.revokeObjectURL(address));
    fill(place, image);
  };
  if (now) draw();
  else made.draw = draw;
  return made;
}

async function download(name, said, asked = state.asked) {
  const file = await ask(name, { ...asked, ...said }, "Writing the file");
  if (file.refused) { announce(file.refused.text); return; }
  const stem = state.file.name.replace(/\.[^.]*$/, "");
  save(`${stem}-${file.name}`, file.type, file.bytes);
  announce(`${stem}-${file.name} saved.`);
}

// --- step 4: how far to trust it ----------------------------------------------------------------

function showTrust(parts) {
  const section = find("trust");
  const words = parts.sections.find((part) => part.title === "Words");
  if (words) learn(Object.fromEntries(words.blocks[0].rows.map(([term, meaning]) => [term.replace(/^\d+ % /, ""), meaning])));
  if (parts.mind.length) find("answer").querySelector(".pair")?.after(notice("mind", parts.mind.map((text) => explained(text))));
  const drawn = (name, caption) => figure(name, caption);
  const gallery = state.answer.figures.filter((one) => one.name !== "estimation");
  section.hidden = false;
  fill(section,
    h("h2", { id: "trust-title", tabIndex: -1 }, "Honesty and trust"),
    parts.sections.filter((part) => OPEN_PARTS.has(part.title)).map((part) => panel(part.title, true, part.blocks.map((one) => block(one, drawn)))),
    gallery.length ? panel("Figures", false, h("div.gallery", {}, gallery.map((one) => h("div", {}, h("h4", {}, titles(one.name)), drawn(one.name, one.caption))))) : null,
    parts.sections.filter((part) => !OPEN_PARTS.has(part.title) && !NOT_REPEATED.has(part.title)).map((part) => panel(part.title, false, [part.blocks.map((one) => block(one, drawn)), part.title === FOR_PAPERS ? copied(part) : null])));
  progressNav();
}

// What is written for a paper is taken there by a click.
const copied = (part) => h("div.row.files", {}, copier(minus(part.blocks.flatMap((one) => one.sentences ?? []).join(" ")), "Copy this text"));

function panel(title, open, inside) {
  const made = h("details.panel", { open }, h("summary", {}, h("h3", {}, title)), h("div.inside", {}, inside));
  const drawAll = () => { if (made.open) for (const one of made.querySelectorAll("figure.drawn")) { one.draw?.(); one.draw = null; } };
  made.addEventListener("toggle", drawAll);
  drawAll();
  return made;
}

// --- the next experiment ------------------------------------------------------------------------

function showPlan() {
  const section = find("plan");
  section.hidden = false;
  fill(section, h("h2", { id: "plan-title", tabIndex: -1 }, "The next experiment"),
    state.answer.no_plan
      ? h("p.lead", {}, state.answer.no_plan)
      : planner(state.hello.planning.filter((choice) => choice.name !== "cost_block" || state.asked.design.block), { readings: state.answer.readings },
        { ask: (said, words) => ask("plan", { ...state.asked, plan: said }, words), figure, panel, download, asked: state.asked }));
  progressNav();
}

// --- step 5: take it away -----------------------------------------------------------------------

function showTake() {
  const section = find("take");
  const { command, python } = state.answer;
  section.hidden = false;
  const file = (id, title, said, run) => h("li", {}, h("button.file", { type: "button", id, onclick: run }, h("strong", {}, title), h("span", {}, said)));
  fill(section,
    h("h2", { id: "take-title", tabIndex: -1 }, "Take it away"),
    h("ul.downloads", {},
      file("get-report", "Report", "One HTML file: the answer on a page, its figures, tables and checks folded below. Opens anywhere, prints well.", () => download("file", { kind: "html" })),
      file("get-svg", "Figure, SVG", "Vectors with real text, for Inkscape or Illustrator.", () => download("figure", { figure: "estimation", kind: "svg" })),
      file("get-pdf", "Figure, PDF", "The same for LaTeX and printers.", () => download("figure", { figure: "estimation", kind: "pdf" })),
      file("get-csv", "Data behind the figure", "Every mark as numbers, CSV.", () => download("figure", { figure: "estimation", kind: "csv" })),
      file("get-json", "All numbers", "JSON, for other programs.", () => download("file", { kind: "json" })),
      file("get-md", "Text", "Markdown, for a notebook or supplement.", () => download("file", { kind: "md" }))),
    h("h3", {}, "The same numbers again"),
    block({ block: "code", caption: state.file.name === "pasted.txt" ? "In a terminal, with the cells saved as pasted.txt" : "In a terminal", text: command }),
    block({ block: "code", caption: "In Python", text: python }),
    h("div.row", {}, copier(() => location.href, "Copy a link to these settings"),
      state.file.name === "pasted.txt" ? h("button.quiet", { type: "button", id: "get-cells", onclick: () => save("pasted.txt", "text/plain", state.file.bytes) }, "Save the cells as pasted.txt") : null),
    h("p.help", {}, "The link holds column names and options. No value, no label of a changed cell and no file is in it."));
  progressNav();
}

// --- settings in the link -----------------------------------------------------------------------

const ROLES = ["formula", "value", "group", "unit", "block", "relabel_units", "n", "sd", "se", "wide"];
// What tells designs apart.
const DESIGNING = [...ROLES, "response"];
const settings = readSettings();

function readSettings() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = { design: {}, options: {}, decimal: null };
  for (const [name, text] of given) {
    let value = text;
    if (/^(true|\[|-?\d)/.test(text)) { try { value = JSON.parse(text); } catch { value = text; } }
    if (name === "decimal") found.decimal = text;
    else if (ROLES.includes(name)) found.design[name] = name === "relabel_units" ? true : text;
    else if (name !== "key") found.options[name] = value;
  }
  return found;
}

function remember() {
  const link = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...state.design, ...state.options })) {
    if (value !== undefined && value !== null) link.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  if (state.reading.decimal) link.set("decimal", state.reading.decimal);
  history.replaceState(null, "", link.size ? `#${link}` : location.pathname);
}

// --- the frame ----------------------------------------------------------------------------------

function progressNav() {
  fill(find("steps"), STEPS.map(([id, name]) => {
    const there = id === "data" || !find(id).hidden;
    return h("li", {}, there ? h("a", { href: `#${id}`, onclick: (event) => { event.preventDefault(); find(id).scrollIntoView(); find(`${id}-title`)?.focus({ preventScroll: true }); } }, name) : h("span", { "aria-disabled": "true" }, name));
  }));
}

async function begin() {
  listen();
  find("stop").addEventListener("click", async () => { state.number += 1; announce("Stopping."); await carrier.stop(); find("answer").classList.remove("stale"); announce("Stopped."); });
  find("home").addEventListener("click", (event) => { event.preventDefault(); again(); });
  addEventListener("beforeunload", (event) => { if (state.edits.length) event.preventDefault(); });
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    if (event.dataTransfer.files[0]) takeFile(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    // Cells may be pasted anywhere while there is no table yet.
    if (state.file || event.target.matches?.("input, textarea, select")) return;
    const text = event.clipboardData?.getData("text/plain");
    if (text) { event.preventDefault(); takeText(text); }
  });
  progressNav();
  startScreen();
  try {
    if (carrier.needs) { state.hello = carrier.hello; } else state.hello = await ask("hello", {}, "Starting");
    learn(state.hello.words);
    find("about").textContent = `nestimate ${state.hello.version}. ${carrier.where} Nothing is sent anywhere else, counted or kept.`;
    if (!state.file && !find("cells").value) { const focused = document.activeElement?.id; startScreen(); if (focused) find(focused)?.focus(); }
  } catch (error) {
    refuse({ text: error.message, remedies: [] });
  }
}

begin();
