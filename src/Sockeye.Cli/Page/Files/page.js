// Requests the state of the sockets a few times a second, and shows it.

import { Connections } from "./connections.js";
import { Calls, Ladder } from "./ladder.js";
import { count, element, find, setClass, setText } from "./text.js";
import { Guide } from "./guide.js";
import { Diagram } from "./diagram.js";

const interval = 250, patience = 10000;
const token = document.querySelector("meta[name=token]").content;

async function request(path, body) {
  const options = { headers: {}, signal: AbortSignal.timeout(patience), cache: "no-store" };
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    options.headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  }
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function press(action, port, side) {
  try {
    const answer = await request("/api/press", { action, port, side });
    setText(find("said"), answer.message);
    setClass(find("said"), "");
  } catch (error) {
    setText(find("said"), error.message);
    setClass(find("said"), "error");
  }
  await refresh();
}

const connections = new Connections(press);
const ladder = new Ladder(), calls = new Calls(), diagram = new Diagram();
let latest = null;
const guide = new Guide(press, () => latest);

function showListener(listener) {
  setText(find("listener-address"), listener.endPoint);
  setText(find("listener-state"), `${listener.state} · ${listener.isPaused ? "accept() is paused" : "accept() waits for a client"}`);
  const button = find("accepting");
  button.dataset.action = listener.isPaused ? "resume" : "pause";
  setText(button, listener.isPaused ? "Resume accept()" : "Pause accept()");
  button.setAttribute("aria-pressed", `${listener.isPaused}`);
  if (listener.queueLimit == null) {
    setText(find("queue"), "not here");
    setText(find("queue-text"), "this system does not report it");
  } else {
    const slots = listener.queueLimit + 1, queue = find("queue");
    while (queue.children.length < slots) queue.append(element("i"));
    while (queue.children.length > slots) queue.lastChild.remove();
    [...queue.children].forEach((slot, i) => setClass(slot, i < listener.queueDepth ? "full" : ""));
    queue.setAttribute("aria-label", `${listener.queueDepth} of ${slots}`);
    queue.classList.toggle("over", listener.queueDepth >= slots);
    setText(find("queue-text"),
      `${count(listener.queueDepth, "client waits", "clients wait")}; backlog ${listener.queueLimit}, and Linux takes one more`);
  }
  setText(find("overflows"), listener.overflows == null ? "not here" : `${listener.overflows}`);
  setText(find("overflows-text"), listener.overflows == null
    ? "this system does not report it" : "since the start: handshakes that found a full queue, on this machine");
}

function showProcess({ threads, percent, engine }) {
  const known = threads.filter(thread => thread.percent != null);
  const total = known.reduce((sum, thread) => sum + thread.percent, 0);
  if (threads.length === 0) {
    setText(find("cpu"), percent == null ? "…" : `${percent.toFixed(1)} %`);
    setText(find("cpu-text"), "of the whole process, with this page: its threads cannot be told apart here");
    return;
  }
  setText(find("cpu"), known.length ? `${total.toFixed(2)} %` : "…");
  const waiting = threads.map(thread => `${thread.name} ${thread.state === "sleeping" && thread.waitsIn
    ? `sleeps in ${thread.waitsIn}()` : thread.state}`);
  setText(find("cpu-text"), `${waiting.join(", ")} (${engine})`);
}

function showCommands(view) {
  const port = view.listener.endPoint.split(":").at(-1), list = find("commands");
  if (list.dataset.port === port) return;
  list.dataset.port = port;
  const commands = [
    [`ss -tan 'sport = :${port} or dport = :${port}'`, "all sockets with their states"],
    [`ss -ltn 'sport = :${port}'`, "the listening socket: Recv-Q is the queue, Send-Q its limit"],
    [`ss -tano state time-wait 'dport = :${port}'`, "TIME-WAIT with its timer"],
    ["nstat -az TcpExtListenOverflows", "the overflows"],
    [`ps -L -o tid,comm,stat,time -p ${view.process.id}`, "the threads, asleep"],
    [`sockeye connect ${port}`, "a client of your own: it appears above"],
    [`sudo tshark -i lo -f 'tcp port ${port}'`, "the segments"],
  ];
  list.replaceChildren(...commands.flatMap(([command, text]) =>
    [element("dt", { class: "mono" }, command), element("dd", {}, text)]));
}

function show(view) {
  latest = view;
  setText(find("where"), `process ${view.process.id} · server ${view.listener.endPoint}`);
  setText(find("states-source"), view.sources.states);
  setText(find("source"), view.sources.hasPackets
    ? "Captured packets: each line is a segment that the kernel delivered."
    : `Not captured: ${view.sources.noPackets}. Each line is proved by the call or the state that it names; lone ACKs are not seen.`);
  showListener(view.listener);
  showProcess(view.process);
  showCommands(view);
  connections.show(view);
  diagram.show(view);
  ladder.add(view.segments);
  calls.add(view.calls);
  guide.show();
}

let segment = 0, call = 0, running = null;

async function ask() {
  const view = await request(`/api/state?segment=${segment}&call=${call}`);
  // A restarted demo has another token.
  if (view.lastSegment < segment || view.lastCall < call) location.reload();
  [segment, call] = [view.lastSegment, view.lastCall];
  show(view);
  document.body.classList.remove("lost");
  setText(find("status"), "Live");
}

// One request at a time: a caller waits for the one that runs, and then for one of its own.
async function refresh() {
  while (running) await running;
  running = ask().catch(error => {
    document.body.classList.add("lost");
    setText(find("status"), `The demo does not answer: ${error.message}`);
  });
  await running;
  running = null;
}

for (const button of document.querySelectorAll("#controls button")) {
  button.addEventListener("click", () => press(button.dataset.action));
}

// A hidden page sends no requests.
setInterval(() => document.hidden || running || refresh(), interval);
refresh();
