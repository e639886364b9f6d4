// Elements from plain values. Text is always text: nothing of the data is ever read as markup.

export function h(tag, given = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== "list" && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, given = {}, ...inside) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(given)) element.setAttribute(key, value);
  element.append(...inside.flat(Infinity));
  return element;
}

export const find = (id) => document.getElementById(id);

export function fill(element, ...inside) {
  element.replaceChildren(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

let announced = 0;
export function announce(text) {
  // A change of the text is read out; the same text twice would not be.
  find("status").textContent = text + (announced++ % 2 ? "\u00a0" : "");
}

export function save(name, type, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

export function copier(text, label) {
  const button = h("button.quiet", { type: "button" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select the text and copy it";
    }
    announce(button.textContent);
    setTimeout(() => { button.textContent = label; }, 1800);
  });
  return button;
}
