// How questions reach Python: here over loopback, to the process that `nestimate page` started.

const NAME = "nestimate-key";

function takeKey() {
  const given = new URLSearchParams(location.hash.slice(1));
  const key = given.get("key");
  if (key) {
    // The key leaves the address at once: it is not to end up in a history, a picture or a mail.
    given.delete("key");
    sessionStorage.setItem(NAME, key);
    history.replaceState(null, "", `${location.pathname}${given.size ? `#${given}` : ""}`);
  }
  return sessionStorage.getItem(NAME) ?? "";
}

const key = takeKey();

async function post(path, body) {
  let reply;
  try {
    reply = await fetch(path, { method: "POST", body, headers: { "X-Nestimate-Key": key } });
  } catch {
    throw new Error("nestimate does not answer any more. Start it again: nestimate page");
  }
  if (reply.ok) return reply;
  throw new Error(await reply.text());
}

export const carrier = {
  where: "Your data stay on this machine.",
  needs: null,
  async start() {},
  async ask(name, said, bytes, heard = () => {}) {
    const asking = setInterval(async () => {
      const told = await post("progress", "").then((reply) => reply.text(), () => "");
      if (told) heard(told);
    }, 700);
    const reply = await post(`ask/${name}`, new Blob([JSON.stringify(said), "\n", bytes ?? ""])).finally(() => clearInterval(asking));
    const saved = reply.headers.get("content-disposition");
    if (!saved) return reply.json();
    return {
      name: decodeURIComponent(saved.split("''")[1]),
      type: reply.headers.get("content-type"),
      bytes: await reply.arrayBuffer(),
    };
  },
  async stop() {
    await post("stop", "");
  },
};
