// The state diagram: a box for each state, lit while a socket is in it.

const svg = "http://www.w3.org/2000/svg";
const places = {
  CLOSED: [146, 20], LISTEN: [10, 68], "SYN-SENT": [282, 68], "SYN-RECEIVED": [10, 132], ESTABLISHED: [146, 196],
  "FIN-WAIT-1": [10, 272], "CLOSE-WAIT": [282, 272], "FIN-WAIT-2": [10, 342], CLOSING: [146, 342], "LAST-ACK": [282, 342],
  "TIME-WAIT": [10, 412], "CLOSED ": [230, 406],
};

function shape(name, attributes, text) {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

export class Diagram {
  #nodes = new Map();

  constructor() {
    for (const [state, [x, y]] of Object.entries(places)) {
      const name = state.trim(), width = state === "CLOSED " ? 160 : 108;
      const box = shape("g", { class: "node", "data-state": state });
      const client = shape("text", { x: x + 6, y: y - 4, class: "client" });
      const server = shape("text", { x: x + width - 6, y: y - 4, class: "server end" });
      box.append(
        shape("rect", { x, y, width, height: 30, rx: 7 }),
        shape("text", { x: x + width / 2, y: y + 19, class: "name" }, state === "CLOSED " ? "CLOSED: no socket" : name),
        client, server);
      document.getElementById("nodes").append(box);
      this.#nodes.set(state, { box, client, server });
    }
  }

  show({ pairs, listener }) {
    const counts = new Map();
    const add = (state, side) => counts.set(`${state} ${side}`, (counts.get(`${state} ${side}`) ?? 0) + 1);
    add(listener.state, "server");
    for (const pair of pairs) {
      add(pair.client.state === "CLOSED" ? "CLOSED " : pair.client.state, "client");
      if (pair.server.state !== "CLOSED") add(pair.server.state, "server");
      else if (pair.isAccepted) add("CLOSED ", "server");
    }
    for (const [state, node] of this.#nodes) {
      const client = counts.get(`${state} client`) ?? 0, server = counts.get(`${state} server`) ?? 0;
      node.box.setAttribute("class", `node${client ? " client" : ""}${server ? " server" : ""}`);
      const texts = [client ? `● ${client}` : "", server ? `● ${server}` : ""];
      if (node.client.textContent !== texts[0]) node.client.textContent = texts[0];
      if (node.server.textContent !== texts[1]) node.server.textContent = texts[1];
    }
  }
}
