// Python in the browser: loads it, and passes questions on to the function that answers them all.

const encode = new TextEncoder();
let answer = null;
let rest = null;

// Bytes are counted as they come, so that the page can say how far it is.
let loaded = 0;
let said = 0;
const plain = self.fetch;
self.fetch = async (...asked) => {
  const reply = await plain(...asked);
  if (!reply.body) return reply;
  const counted = reply.body.pipeThrough(new TransformStream({
    transform(piece, out) {
      loaded += piece.byteLength;
      if (loaded - said > 2e5) { said = loaded; self.postMessage({ loaded }); }
      out.enqueue(piece);
    },
  }));
  return new Response(counted, { status: reply.status, statusText: reply.statusText, headers: reply.headers });
};

async function load({ base, first, later }) {
  const here = (path) => new URL(path, base).href;
  const { loadPyodide } = await import(here("pyodide/pyodide.mjs"));
  const silent = () => {};
  const python = await loadPyodide({ indexURL: here("pyodide/"), stdout: silent, stderr: silent });
  const quiet = { messageCallback: silent };
  const [bundle] = await Promise.all([fetch(here("python.zip")).then((reply) => reply.arrayBuffer()), python.loadPackage(first, quiet)]);
  const site = python.runPython("import site; site.getsitepackages()[0]");
  python.unpackArchive(bundle, "zip", { extractDir: site });
  python.globals.set("tell", (text) => self.postMessage({ id: current, told: text }));
  python.runPython(`
from nestimate.apps.page.messages import Desk
desk = Desk(tell=tell)
def handle(name, payload):
    reply = desk.handle(name, payload.to_bytes())
    return reply.type, reply.name, reply.body
`);
  answer = python.globals.get("handle");
  rest = python.loadPackage(later, quiet);
  rest.catch(silent);
}

let current = 0;

async function reply({ id, name, said: asked, bytes }) {
  // A table is read with the first packages; what is drawn and written needs the others.
  if (!["open", "look", "rows"].includes(name)) await rest;
  const line = encode.encode(`${asked}\n`);
  const payload = new Uint8Array(line.length + (bytes?.byteLength ?? 0));
  payload.set(line);
  if (bytes) payload.set(new Uint8Array(bytes), line.length);
  current = id;
  const found = answer(name, payload);
  const [type, file, body] = found;
  const buffer = body.getBuffer();
  const content = buffer.data.slice();
  buffer.release();
  body.destroy();
  found.destroy();
  if (!file) return JSON.parse(new TextDecoder().decode(content));
  return { type, name: file, bytes: content.buffer };
}

let queue = Promise.resolve();

self.onmessage = ({ data }) => {
  if (data.base) {
    queue = load(data).then(() => self.postMessage({ ready: true }), (error) => self.postMessage({ failed: String(error.message ?? error) }));
    return;
  }
  queue = queue.then(async () => {
    const found = await reply(data).catch((error) => ({ refused: { text: `nestimate stopped in your browser (${error.message ?? error}). If it happens again, the table may need more memory than the browser gives.`, remedies: [] } }));
    self.postMessage({ id: data.id, reply: found });
  });
};
