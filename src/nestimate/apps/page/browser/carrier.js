// How questions reach Python: here in this browser, in a worker. Nothing goes to a server.

const about = await (await fetch("about.json")).json();
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

let worker = null;
let ready = null;
let tellLoading = () => {};
let number = 0;
const waiting = new Map();

// A worker that inherits this page's policy: what it may fetch is this page's own files.
function started() {
  const code = `import(${JSON.stringify(new URL("worker.js", document.baseURI).href)}).then(() => postMessage({ here: true }), (error) => postMessage({ failed: error.message }));`;
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const made = new Worker(address, { type: "module" });
  worker = made;
  ready = new Promise((resolve, reject) => {
    made.onmessage = ({ data }) => {
      if (data.loaded !== undefined) tellLoading(data.loaded);
      else if (data.here) made.postMessage({ base: document.baseURI, first: about.first, later: about.later });
      else if (data.ready) { URL.revokeObjectURL(address); resolve(); }
      else if (data.failed) reject(new Error(`Python could not be loaded into this page: ${data.failed}`));
      else if (data.told !== undefined) waiting.get(data.id)?.heard(data.told);
      else { waiting.get(data.id)?.resolve(data.reply); waiting.delete(data.id); }
    };
    made.onerror = (event) => reject(new Error(`Python could not be loaded into this page: ${event.message || "its files are not there"}`));
  });
  ready.catch(() => {});
  return ready;
}

export const carrier = {
  where: "Your data do not leave this page: everything is worked out in your browser.",
  hello: about.hello,
  needs: `A first table loads Python into this page, ${megabytes(about.bytes)}, once; your browser then keeps it.`,
  async start(progress) {
    if (!worker) started();
    const all = about.first_bytes;
    tellLoading = (bytes) => progress(bytes < 0.98 * all ? `${megabytes(bytes)} of ${megabytes(all)}` : `All ${megabytes(all)} are here. Python is starting.`, Math.min(bytes / all, 1));
    tellLoading(0);
    try { await ready; } catch (error) { worker = null; throw error; }
    tellLoading = () => {};
  },
  async ask(name, said, bytes, heard = () => {}) {
    if (!worker) started();
    await ready;
    const id = ++number;
    return new Promise((resolve) => {
      waiting.set(id, { resolve, heard });
      worker.postMessage({ id, name, said: JSON.stringify(said), bytes: bytes ?? null });
    });
  },
  // Ending the worker ends all that it works on; the next one loads from the browser's memory.
  async stop() {
    worker?.terminate();
    for (const { resolve } of waiting.values()) resolve({ stopped: true });
    waiting.clear();
    started();
  },
};
