// Requests the data every two seconds, and shows it.

import { Chart } from "./charts.js";
import { Connections } from "./connections.js";
import { bytes, bytesPerSecond, count, element, perSecond, plural, rate, roundTrip, sentence, setText, time } from "./words.js";

const interval = 2000, patience = 10000, kept = 320;
const find = id => document.getElementById(id);

// Beyond the loopback interface, the token is not in the page but in its address, after the #, which requests do not contain.
const token = document.querySelector("meta[name=token]").content || new URLSearchParams(location.hash.slice(1)).get("token") || "";

class ServerAnswer extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function api(path, body) {
  const options = { headers: {}, signal: AbortSignal.timeout(patience), cache: "no-store" };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(path, options);
  if (!response.ok) throw new ServerAnswer(response.status, await response.text());
  return response.json();
}

const charts = [
  new Chart("Active connections", [{ key: "connections", label: "active" }], count),
  new Chart("Accepted", [{ key: "accepted", label: "accepted" }], perSecond),
  new Chart("Traffic", [{ key: "received", label: "in" }, { key: "sent", label: "out" }], bytesPerSecond),
  new Chart("Waiting clients", [{ key: "queueDepth", label: "accept queue" }, { key: "waiting", label: "handler" }], count),
];
find("charts").append(...charts.map(chart => chart.figure));

const figures = new Map();
function figure(name, value, note, isBad = false) {
  if (!figures.has(name)) {
    const made = { box: element("div"), value: element("b"), note: element("small") };
    made.box.append(element("span", {}, name), made.value, made.note);
    find("figures").append(made.box);
    figures.set(name, made);
  }
  figures.get(name).box.classList.toggle("near", isBad);
  setText(figures.get(name).value, value);
  setText(figures.get(name).note, note);
}

const connections = new Connections(api, () => refresh());
let samples = [], next = 0, watched = 0, isPaused = false, running = null, again = false, answeredAt = performance.now();

function showSigns(signs, stopping) {
  const text = JSON.stringify([signs, stopping]);
  if (find("signs").dataset.shown === text) return;
  find("signs").dataset.shown = text;
  const worst = Math.max(0, ...signs.map(sign => sign.level));
  find("signs").className = worst >= 1 ? "bad" : worst > 0 ? "near" : stopping ? "stopping" : "well";
  const lines = [];
  if (stopping) {
    lines.push(line("Stopping as planned.", `No new clients are accepted: ${stopping.text}.`));
  }
  if (signs.length > 0) {
    lines.push(line(worst >= 1 ? "Clients are failing." : "Needs attention.", worst >= 1 ? "" : "Clients are still being served."));
    lines.push(element("ul", {}, ...signs.map(sign => {
      const meter = element("meter", { min: 0, max: 1, value: sign.level, high: 0.99, optimum: 0 });
      meter.setAttribute("aria-label", `level ${sign.level.toFixed(2)} of 1`);
      return element("li", { class: sign.level >= 1 ? "bad" : "near" }, meter, sentence(sign.text));
    })));
  } else if (!stopping) {
    lines.push(line("All is well.", "No sign that clients wait or fail."));
  }
  find("signs").replaceChildren(...lines);
}

function line(strong, text) {
  return element("p", {}, element("strong", {}, strong), ` ${text}`);
}

function showServer(server) {
  // A restarted server has another token, and may have another page.
  if (server.watched < watched) location.reload();
  watched = server.watched;
  document.title = `${plural(server.connections, "connection")} · ${server.name} · Sockeye`;
  setText(find("name"), server.name);
  setText(find("where"), `${server.process.host} · process ${server.process.id}`);
  showSigns(server.signs, server.stopping);
  const queue = server.listeners.reduce((sum, one) => sum + (one.queueDepth ?? 0), 0);
  figure("Active connections", count(server.connections), `of ${count(server.maxConnections)}`);
  figure("Accepted", perSecond(server.acceptedPerSecond), "connections");
  figure("In", bytesPerSecond(server.receivedPerSecond), "from peers");
  figure("Out", bytesPerSecond(server.sentPerSecond), "to peers");
  figure("Accept queue", count(queue), queue === 1 ? "client waiting" : "clients waiting");
  figure("Waiting for handler", count(server.waiting),
    server.waiting ? `longest ${time(server.longestWait)}` : "connections");
  figure("Paused reads", count(server.readPaused), server.readsStalled
    ? `${count(server.readsStalled)} stalled` : "handler not reading", server.readsStalled > 0);
  figure("Blocked sends", count(server.sendBlocked), server.sendsStalled
    ? `${count(server.sendsStalled)} stalled` : "peer not reading", server.sendsStalled > 0);
  connections.setListeners(server.listeners);
  showTable("listeners", server.listeners, one => [
    one.isListening ? one.endPoint : `${one.endPoint} (not listening)`,
    queueText(one), count(one.queueLimit), rate(one.acceptedPerSecond), count(one.accepted), count(one.open),
    one.middleware.length ? one.middleware.join(" → ") : "none",
  ]);
  showTakeovers(server.takeovers, server.now);
  showFacts(server);
}

const outcomes = {
  tookOver: one => `took over from process ${one.process}`,
  predecessorEnded: one => `process ${one.process} ended before it had handed over everything`,
  handedOver: one => `handed over to process ${one.process}`,
  failed: one => `process ${one.process} did not take over: ${one.reason}`,
  refused: one => `refused process ${one.process}: ${one.reason}`,
};

function showTakeovers(takeovers, now) {
  find("takeovers-section").hidden = takeovers.length === 0;
  showTable("takeovers", takeovers, one => [
    `${time(Math.max(0, (Date.parse(now) - Date.parse(one.endedAt)) / 1000))} ago`, outcomes[one.outcome](one), time(one.duration),
    count(one.listeners), count(one.moved), count(one.stayed), count(one.cut),
    one.maxPause == null ? "–" : [one.medianPause, one.p99Pause, one.maxPause].map(roundTrip).join(", "),
  ]);
}

function queueText(listener) {
  if (listener.acceptFailingFor != null) return `${count(listener.queueDepth)}; accept failing for ${time(listener.acceptFailingFor)}`;
  if (listener.heldFor != null) return `${count(listener.queueDepth)}; held by a limit for ${time(listener.heldFor)}`;
  return count(listener.queueDepth);
}

function showFacts({ process, engine, uptime }) {
  const started = new Date(process.startedAt);
  const facts = [
    ["Host", process.host, `process ${process.id}`],
    ["Program", `${process.program} ${process.version}`, `Sockeye ${process.sockeye}, ${process.runtime}`],
    ["Engine", engine.name, engine.reason ?? ""],
    ["Server up", time(uptime), `process started ${started.toLocaleString()}`],
    ["CPU", process.cpu == null ? "–" : `${(process.cpu * 100).toFixed(process.cpu < 0.1 ? 1 : 0)} %`,
      `of one processor; there ${process.processors === 1 ? "is 1" : `are ${count(process.processors)}`}`],
    ["Memory", bytes(process.workingSet), `working set; GC heap ${bytes(process.gcHeap)}`],
  ];
  const shown = find("facts");
  while (shown.children.length < facts.length) {
    shown.append(element("div", {}, element("dt"), element("dd"), element("small")));
  }
  facts.forEach((fact, i) => fact.forEach((text, part) => setText(shown.children[i].children[part], text)));
}

function showTable(id, rows, cellsOf) {
  const table = find(id), heads = [...table.tHead.rows[0].cells];
  while (table.tBodies[0].rows.length > rows.length) table.tBodies[0].deleteRow(-1);
  rows.forEach((row, i) => {
    const tr = table.tBodies[0].rows[i] ?? table.tBodies[0].insertRow();
    cellsOf(row).forEach((text, column) => {
      const cell = tr.cells[column] ?? tr.appendChild(element("td", {
        class: heads[column].className, "data-title": heads[column].textContent,
      }));
      setText(cell, text);
    });
  });
}

const ends = {
  "fin peer": "closed by the peer (FIN)",
  "fin local": "closed by this server (FIN)",
  "reset peer": "reset by the peer (RST)",
  "abort local": "aborted by this server (RST)",
  "stop local": "ended by the server's stop",
  "timeout local": "timed out",
  "timeout network": "lost: the peer no longer answered",
  "limit local": "refused by a limit",
  "denied local": "denied by a rule",
  "handlerError local": "ended by a handler error",
  "protocolError peer": "ended by a protocol error",
  "tlsError peer": "ended by a TLS error",
};

function showClosed(closed, now) {
  find("causes").replaceChildren(...closed.causes.map(
    one => element("li", {}, element("b", {}, count(one.count)), ` ${ends[`${one.cause} ${one.by}`] ?? `${one.cause} by ${one.by}`}`)));
  find("closed").hidden = closed.rows.length === 0;
  find("none-closed").hidden = closed.rows.length > 0;
  showTable("closed", closed.rows.slice(0, matchMedia("(max-width: 760px)").matches ? 10 : 25), row => [
    `${time(Math.max(0, (Date.parse(now) - Date.parse(row.closedAt)) / 1000))} ago`,
    row.id, row.remote ?? "–", time(row.duration), bytes(row.received), bytes(row.sent), row.reason,
  ]);
}

function addHistory(history) {
  next = history.next;
  for (let i = 0; i < history.time.length; i++) {
    samples.push(Object.fromEntries(Object.entries(history)
      .filter(([, values]) => Array.isArray(values)).map(([name, values]) => [name, values[i]])));
  }
  samples = samples.slice(-kept);
  for (const chart of charts) chart.update(samples, history.interval);
}

async function ask() {
  const [server, history, closed] = await Promise.all(
    [api("/api/server"), api(`/api/history?since=${next}`), api("/api/closed"), connections.update()]);
  addHistory(history);
  showServer(server);
  showClosed(closed, server.now);
  answeredAt = performance.now();
  document.body.classList.remove("lost");
  setText(find("status"), isPaused ? "Paused" : `Live · up ${time(server.uptime)}`);
}

// One request at a time; requests made in the meantime cause one more.
async function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = ask().catch(error => {
    document.body.classList.add("lost");
    const seconds = (performance.now() - answeredAt) / 1000;
    setText(find("status"), error.status
      ? error.message
      : `The server does not answer (for ${time(seconds)}). The data shown is stale; retrying.`);
  });
  await running;
  running = null;
  if (again) {
    again = false;
    await refresh();
  }
}

find("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  find("pause").setAttribute("aria-pressed", `${isPaused}`);
  setText(find("pause"), isPaused ? "Resume" : "Pause");
  if (isPaused) setText(find("status"), "Paused");
  else refresh();
});

// A hidden page sends no requests.
setInterval(() => isPaused || document.hidden || refresh(), interval);
document.addEventListener("visibilitychange", () => isPaused || document.hidden || refresh());
refresh();
