// Each connection: the socket of the client, the line, the socket of the server.

import { count, element, find, setClass, setText } from "./text.js";

const timeWait = 60;
const gone = "CLOSED";

class End {
  constructor(side, port, press) {
    this.side = side;
    this.title = element("b");
    this.socket = element("small");
    this.state = element("span", { class: "state" });
    this.local = element("span", { class: "mono" });
    this.remote = element("span", { class: "mono" });
    this.numbers = element("p", { class: "numbers" });
    this.timer = element("progress", { max: timeWait, value: 0, hidden: true });
    this.timer.setAttribute("aria-label", "TIME-WAIT");
    this.buttons = [["send", "Send"], ["end", "FIN"], ["reset", "RST"]].map(([action, text]) =>
      element("button", {
        type: "button", "data-action": action, onclick: () => press(action, port, side),
        title: { send: "send()", end: "shutdown(): this end has sent everything", reset: "close() with SO_LINGER 0" }[action],
      }, text));
    this.box = element("div", { class: `end ${side}` },
      element("div", { class: "head" }, this.title, this.socket),
      this.state,
      element("p", { class: "addresses" }, element("i", {}, "local"), this.local, element("i", {}, "remote"), this.remote),
      this.numbers, this.timer, element("div", { class: "buttons" }, ...this.buttons));
  }

  show(name, end, isWaiting, nothing) {
    if (end.local) this.known = [end.local, end.remote];
    const [local, remote] = this.known ?? ["–", "–"];
    setText(this.title, name);
    setText(this.socket, end.handle != null ? `socket ${end.handle}` : "");
    setText(this.state, isWaiting ? `${end.state} · in the accept queue` : end.state);
    setClass(this.state, `state ${end.state.toLowerCase()}`);
    setText(this.local, local);
    setText(this.remote, remote);
    setText(this.numbers, end.state === gone ? nothing : this.describe(end, isWaiting));
    const isTimeWait = end.socket?.timer === "time-wait";
    this.timer.hidden = !isTimeWait;
    if (isTimeWait) this.timer.value = end.socket.timeLeft;
    const [send, fin, reset] = this.buttons;
    send.disabled = fin.disabled = !end.isOpen || end.hasSentEnd;
    reset.disabled = !end.isOpen;
    setClass(this.box, `end ${this.side}${end.state === gone ? " gone" : ""}`);
  }

  describe({ state, socket, isOpen, hasSentEnd }, isWaiting) {
    if (socket?.timer === "time-wait") return `the program has closed it; ${socket.timeLeft.toFixed(1)} s left`;
    if (isWaiting) return socket?.receiveQueue ? `${socket.receiveQueue} bytes wait for the program` : "waits for accept()";
    if (state === "SYN-SENT") {
      return socket?.retransmits
        ? `SYN sent again ${count(socket.retransmits, "time")}; next in ${socket.timeLeft?.toFixed(1)} s`
        : "SYN sent, no answer yet";
    }
    if (isOpen && hasSentEnd) return "has sent FIN, and can receive";
    if (state === "CLOSE-WAIT") return "has received FIN, and can send";
    if (socket?.sendQueue) return `${count(socket.sendQueue, "byte")} not acknowledged`;
    return "can send and receive";
  }
}

class Pair {
  constructor(pair, press) {
    this.client = new End("client", pair.port, press);
    this.server = new End("server", pair.port, press);
    this.line = element("div", { class: "line" });
    this.box = element("article", { class: "pair", "data-port": `${pair.port}` }, this.client.box, this.line, this.server.box);
  }

  show(pair, listener) {
    const { client, server } = pair;
    const isQueued = !pair.isAccepted && server.state !== gone;
    const isFull = listener.queueDepth > listener.queueLimit;
    const nothing = "no socket is left";
    this.client.show(pair.name, client, false, nothing);
    this.server.show(
      pair.isAccepted ? "its socket" : isQueued ? "not accepted" : "no socket", server, isQueued,
      client.state !== "SYN-SENT" ? nothing : isFull ? "the queue is full: SYN is dropped" : "waits for the next SYN");
    const isWhole = client.state === "ESTABLISHED" && server.state === "ESTABLISHED";
    const isOver = client.state === gone || server.state === gone;
    setClass(this.line, `line${isWhole ? pair.isAccepted ? " whole" : " queued" : isOver ? " over" : " half"}`);
    setClass(this.box, `pair${!pair.isAccepted && listener.isPaused ? " waits" : ""}`);
  }
}

export class Connections {
  #pairs = new Map();

  constructor(press) {
    this.press = press;
  }

  show({ pairs, listener }) {
    const ports = new Set(pairs.map(pair => pair.port));
    for (const [port, shown] of this.#pairs) {
      if (ports.has(port)) continue;
      shown.box.remove();
      this.#pairs.delete(port);
    }
    // The newest is first, so that the page need not be scrolled to see what a button did.
    for (const pair of pairs) {
      if (!this.#pairs.has(pair.port)) {
        this.#pairs.set(pair.port, new Pair(pair, this.press));
        find("pairs").prepend(this.#pairs.get(pair.port).box);
      }
      this.#pairs.get(pair.port).show(pair, listener);
    }
    find("no-pairs").hidden = pairs.length > 0;
    find("sides").hidden = pairs.length === 0;
    setText(find("sockets-count"), pairs.length ? count(pairs.length, "connection") : "");
  }
}
