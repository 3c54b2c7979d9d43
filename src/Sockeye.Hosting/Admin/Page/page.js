// Asks the server every two seconds, and shows what it says.

import { Chart } from "./charts.js";
import { Connections } from "./connections.js";
import { bytes, count, element, rate, setText, time } from "./words.js";

const interval = 2000, patience = 10000, kept = 320;
const find = id => document.getElementById(id);

// Beyond the loopback the page does not carry the token: its address does, after the #, which no request contains.
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
  new Chart("Connections", [{ key: "connections", label: "open" }], count),
  new Chart("Accepted a second", [{ key: "accepted", label: "accepted" }], rate),
  new Chart("Bytes a second", [{ key: "received", label: "in" }, { key: "sent", label: "out" }], bytes),
  new Chart("Waiting", [{ key: "queueDepth", label: "in queue" }, { key: "waiting", label: "for handler" }], count),
];
find("charts").append(...charts.map(chart => chart.figure));

const figures = new Map();
function figure(name, value, note = "") {
  if (!figures.has(name)) {
    const made = { value: element("b"), note: element("small") };
    find("figures").append(element("div", {}, element("span", {}, name), made.value, made.note));
    figures.set(name, made);
  }
  setText(figures.get(name).value, value);
  setText(figures.get(name).note, note);
}

const connections = new Connections(api, () => refresh());
let samples = [], next = 0, uptime = 0, isPaused = false, running = null, again = false, answeredAt = performance.now();

function showSigns(signs) {
  const text = JSON.stringify(signs);
  if (find("signs").dataset.shown === text) return;
  find("signs").dataset.shown = text;
  const worst = Math.max(0, ...signs.map(sign => sign.level));
  find("signs").className = worst >= 1 ? "bad" : worst > 0 ? "near" : "well";
  if (signs.length === 0) {
    find("signs").replaceChildren(element("p", {}, element("strong", {}, "All is well."), " No sign that clients have to wait or fail."));
    return;
  }
  find("signs").replaceChildren(
    element("p", {}, element("strong", {}, worst >= 1 ? "Clients fail." : "Trouble is near: clients do not fail yet.")),
    element("ul", {}, ...signs.map(sign => {
      const meter = element("meter", { min: 0, max: 1, value: sign.level, high: 0.99, optimum: 0 });
      meter.setAttribute("aria-label", `level ${sign.level.toFixed(2)} of 1`);
      return element("li", { class: sign.level >= 1 ? "bad" : "near" }, meter, `${sign.text}.`);
    })));
}

function showServer(server) {
  // A server that was started anew has another token, and another page maybe.
  if (server.uptime < uptime) location.reload();
  uptime = server.uptime;
  document.title = `${count(server.connections)} connections · Sockeye`;
  showSigns(server.signs);
  const queue = server.listeners.reduce((sum, one) => sum + (one.queueDepth ?? 0), 0);
  figure("Connections", count(server.connections), `of ${count(server.maxConnections)}`);
  figure("Accepted", rate(server.acceptedPerSecond), "a second");
  figure("In", bytes(server.receivedPerSecond), "a second");
  figure("Out", bytes(server.sentPerSecond), "a second");
  figure("Accept queue", count(queue), "clients wait");
  figure("Wait for a handler", count(server.waiting), server.waiting ? `the longest ${time(server.longestWait)}` : "connections");
  figure("Do not read", count(server.readPaused), "handlers");
  figure("Do not take", count(server.sendBlocked), "peers");
  connections.setListeners(server.listeners);
  showTable("listeners", server.listeners, one => [
    one.isListening ? one.endPoint : `${one.endPoint}: does not listen any more`,
    queueText(one), count(one.queueLimit), rate(one.acceptedPerSecond), count(one.accepted), count(one.open),
    one.middleware.length ? one.middleware.join(" → ") : "none",
  ]);
}

function queueText(listener) {
  if (listener.acceptFailingFor != null) return `${count(listener.queueDepth)}, accept fails for ${time(listener.acceptFailingFor)}`;
  if (listener.heldFor != null) return `${count(listener.queueDepth)}, a limit holds them for ${time(listener.heldFor)}`;
  return count(listener.queueDepth);
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

function showClosed(closed, now) {
  find("causes").replaceChildren(...closed.causes.map(
    one => element("li", {}, element("b", {}, count(one.count)), ` ${one.cause} by ${one.by}`)));
  find("closed").hidden = closed.rows.length === 0;
  find("none-closed").hidden = closed.rows.length > 0;
  showTable("closed", closed.rows.slice(0, 25), row => [
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
  setText(find("status"), isPaused ? "Paused" : `Live · watched for ${time(server.uptime)}`);
}

// One question at a time; who asks meanwhile is answered by one more.
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
      : `The server does not answer, for ${time(seconds)} now. What you see is old; trying again.`);
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
  setText(find("pause"), isPaused ? "Go on" : "Pause");
  if (isPaused) setText(find("status"), "Paused");
  else refresh();
});

// A page that nobody sees costs the server nothing.
setInterval(() => isPaused || document.hidden || refresh(), interval);
document.addEventListener("visibilitychange", () => isPaused || document.hidden || refresh());
refresh();
