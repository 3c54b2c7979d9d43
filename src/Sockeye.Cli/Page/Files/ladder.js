// The ladder of segments, and the list of calls: the newest is at the bottom, and stays in sight.

import { element, find, seconds } from "./text.js";

const kept = 400;

function kind(flags, length) {
  if (flags.includes("RST")) return "rst";
  if (flags.includes("SYN")) return "syn";
  if (flags.includes("FIN")) return "fin";
  return length > 0 ? "data" : "ack";
}

// Appends, and scrolls to the end unless the reader has scrolled up.
function append(list, items, empty) {
  if (items.length === 0) return;
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...items);
  while (list.children.length > kept) list.firstChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
  empty.hidden = true;
}

export class Ladder {
  #list = find("ladder");
  #shown = find("shown");

  constructor() {
    this.#shown.addEventListener("change", () => {
      for (const item of this.#list.children) this.#filter(item);
      this.#list.scrollTop = this.#list.scrollHeight;
    });
  }

  add(segments) {
    for (const { port } of segments) {
      if ([...this.#shown.options].some(option => option.value === `${port}`)) continue;
      this.#shown.append(element("option", { value: `${port}` }, `client port ${port}`));
      if (this.#shown.options.length > kept) this.#shown.options[1].remove();
    }
    append(this.#list, segments.map(segment => this.#item(segment)), find("no-segments"));
  }

  #filter(item) {
    item.hidden = this.#shown.value !== "" && item.dataset.port !== this.#shown.value;
  }

  #item(segment) {
    const numbers = [];
    if (segment.sequence != null) numbers.push(`seq ${segment.sequence}`);
    if (segment.acknowledged != null) numbers.push(`ack ${segment.acknowledged}`);
    if (segment.length > 0) numbers.push(`${segment.length} B`);
    if (segment.proof) numbers.push(`proved by ${segment.proof}`);
    const name = segment.isRepeated ? `${segment.flags} again` : segment.flags;
    const item = element("li", {
      class: `${segment.isFromClient ? "right" : "left"} ${kind(segment.flags, segment.length)}${segment.proof ? " proved" : ""}`,
      "data-port": `${segment.port}`, "data-flags": segment.flags, "data-from": segment.isFromClient ? "client" : "server",
      "data-length": `${segment.length}`,
    },
    element("time", {}, seconds(segment.time)),
    element("span", { class: "port mono" }, `${segment.port}`),
    element("span", { class: "lane" }, element("b", {}, name), element("small", {}, numbers.join(" · "))));
    this.#filter(item);
    return item;
  }
}

export class Calls {
  add(calls) {
    append(find("calls"), calls.map(call => element("li", { class: call.side },
      element("time", {}, seconds(call.time)),
      element("span", { class: "side" }, call.side),
      element("span", { class: "mono" }, `${call.function}()`),
      element("small", {}, [
        call.socket ? `socket ${call.socket}` : "",
        call.port ? `port ${call.port}` : "",
        call.bytes != null && call.bytes > 0 ? `${call.bytes} B` : "",
        call.note ?? "",
      ].filter(text => text).join(" · ")))), find("no-calls"));
  }
}
