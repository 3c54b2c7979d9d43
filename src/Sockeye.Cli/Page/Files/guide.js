// The chapter in nine steps. Each has a button that does the same as one of the page.

import { find, setText } from "./text.js";

const steps = [
  {
    title: "The server listens",
    text: "One socket is in the state LISTEN. Its local address is where clients find it, and it has no remote address. The server "
      + "waits in accept(), asleep: waiting costs no CPU time.",
  },
  {
    title: "A client connects", action: "connect", button: "Connect a client",
    text: "The client's socket gets a free local port, and sends SYN. The server's system answers SYN, ACK; the client answers ACK. "
      + "Then accept() returns a new socket for this one client. The local address of one end is the remote address of the other.",
  },
  {
    title: "Bytes both ways", action: "send", side: "client", button: "Send from the client",
    text: "The client sends 13 bytes, and this server sends back what it gets. Each ACK names the next byte that is expected.",
  },
  {
    title: "Half-close", action: "end", side: "client", button: "FIN from the client",
    text: "shutdown() sends FIN: “I have sent everything”. The client is in FIN-WAIT-2, and the server in CLOSE-WAIT. The server "
      + "can still send: press its “Send”.",
  },
  {
    title: "The other direction ends", action: "end", side: "server", button: "FIN from the server",
    text: "The server sends FIN too. Its socket is gone. The client's end, which sent the first FIN, is in TIME-WAIT, so that late "
      + "segments reach no new connection. The bar shows the rest of its 60 s.",
  },
  {
    title: "One client, three sockets", action: "connect-many", button: "Connect 3 sockets",
    text: "A program may connect as often as it likes. Each connection has a local port of the client, and a socket of the server: "
      + "1 : 1, as the lines show.",
  },
  {
    title: "Reset", action: "reset", side: "client", button: "RST from the client",
    text: "An abort sends RST. Both ends are gone at once, and there is no TIME-WAIT. Bytes on their way would be lost.",
  },
  {
    title: "The accept queue overflows", action: "fill", button: "Overflow the queue",
    text: "The server stops calling accept(). The system still completes handshakes, until the queue is full. The next clients stay "
      + "in SYN-SENT: their SYNs are dropped, and sent again after 1 s, and then less and less often.",
  },
  {
    title: "Accept again", action: "resume", button: "Resume accept()",
    text: "accept() takes the clients from the queue, one socket for each. Those in SYN-SENT get in with their next SYN. That is "
      + "why a server accepts without delay.",
  },
];

export class Guide {
  #current = 0;

  constructor(press, getView) {
    this.press = press;
    this.getView = getView;
    find("guide-back").addEventListener("click", () => this.#go(-1));
    find("guide-next").addEventListener("click", () => this.#go(1));
    find("guide-do").addEventListener("click", () => this.#do());
    this.show();
  }

  show() {
    const step = steps[this.#current];
    setText(find("guide-count"), `Step ${this.#current + 1} of ${steps.length}`);
    setText(find("guide-title"), step.title);
    setText(find("guide-text"), step.text);
    const button = find("guide-do");
    button.hidden = !step.action;
    setText(button, step.button ?? "");
    button.disabled = step.side ? this.#target(step) == null : false;
    find("guide-back").disabled = this.#current === 0;
    find("guide-next").disabled = this.#current === steps.length - 1;
  }

  #go(by) {
    this.#current += by;
    this.show();
  }

  // The newest connection whose end can do it.
  #target(step) {
    return this.getView()?.pairs.findLast(pair =>
      pair[step.side].isOpen && pair.isAccepted && (step.action === "reset" || !pair[step.side].hasSentEnd));
  }

  #do() {
    const step = steps[this.#current];
    this.press(step.action, step.side ? this.#target(step)?.port : undefined, step.side);
  }
}
