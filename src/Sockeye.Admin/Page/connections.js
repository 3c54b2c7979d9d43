// The table of connections: loads one page, keeps rows in place under the pointer, closes a connection with a reason.

import { bytes, count, element, roundTrip, setText, time } from "./words.js";

const states = { waiting: "waiting for a handler", open: "open", halfClosed: "half-closed", closing: "closing" };

// sort: the key by which the server sorts. Values from the kernel exist for visible rows only, so they have no key.
const columns = [
  { title: "Connection", sort: "id", text: row => row.id, mono: true },
  { title: "Remote", sort: "remote", text: row => row.remote ?? "–", mono: true },
  { title: "Local", sort: "local", text: row => row.local ?? "–", mono: true, wide: true },
  { title: "State", sort: "state", text: row => states[row.state] ?? row.state },
  { title: "Age", sort: "age", text: row => time(row.age), number: true },
  { title: "Idle for", sort: "idleTime", text: row => time(row.idleTime), number: true },
  { title: "In", sort: "received", text: row => bytes(row.received), number: true },
  { title: "Out", sort: "sent", text: row => bytes(row.sent), number: true },
  { title: "In/s", sort: "receivedPerSecond", text: row => bytes(row.receivedPerSecond), number: true },
  { title: "Out/s", sort: "sentPerSecond", text: row => bytes(row.sentPerSecond), number: true },
  { title: "RTT", text: row => roundTrip(row.roundTrip), number: true },
  { title: "Retransmits", text: row => count(row.retransmits), number: true },
];

const classOf = column => ["number", "mono", "wide"].filter(name => column[name]).concat(column.sort ?? []).join(" ");
// On a phone, there is more content below the list.
const isPhone = matchMedia("(max-width: 760px)").matches;
const find = id => document.getElementById(id);

export class Connections {
  constructor(api, refresh) {
    Object.assign(this, { api, refresh, sort: "age", order: "asc", offset: 0, limit: isPhone ? 10 : 50, rows: new Map(), opened: new Set() });
    this.table = find("rows");
    this.body = this.table.tBodies[0];
    this.middleware = new Map();
    this.makeHead();
    for (const id of ["find", "state", "listener"]) {
      find(id).addEventListener("input", () => {
        this.offset = 0;
        refresh();
      });
    }
    find("back").addEventListener("click", () => this.turn(-this.limit));
    find("next").addEventListener("click", () => this.turn(this.limit));
    this.body.addEventListener("pointerleave", () => this.show());
    this.makeDialog();
  }

  // Rows must not move while the pointer is about to press.
  get isHeld() {
    return this.body.matches(":hover") && matchMedia("(hover: hover)").matches;
  }

  makeHead() {
    const head = this.table.tHead.rows[0];
    this.heads = columns.map(column => {
      const cell = element("th", { scope: "col", class: classOf(column) });
      if (column.sort) {
        const button = element("button", { type: "button" }, column.title);
        button.addEventListener("click", () => this.sortBy(column));
        cell.append(button);
      } else {
        cell.append(column.title);
      }
      head.append(cell);
      return cell;
    });
    head.append(element("th", { scope: "col" }, element("span", { class: "hidden" }, "Close")));
    this.markSort();
  }

  sortBy(column) {
    // Numbers sort largest first, text sorts in ascending order.
    const first = column.number && column.sort !== "age" ? "desc" : "asc";
    this.order = this.sort === column.sort ? (this.order === "asc" ? "desc" : "asc") : first;
    Object.assign(this, { sort: column.sort, offset: 0 });
    this.markSort();
    this.refresh();
  }

  markSort() {
    columns.forEach((column, i) => {
      if (column.sort !== this.sort) this.heads[i].removeAttribute("aria-sort");
      else this.heads[i].setAttribute("aria-sort", this.order === "asc" ? "ascending" : "descending");
    });
  }

  turn(by) {
    this.offset = Math.max(0, this.offset + by);
    this.refresh();
  }

  setListeners(listeners) {
    this.middleware = new Map(listeners.map(one => [one.endPoint, one.middleware]));
    const choice = find("listener");
    const wanted = ["", ...listeners.map(one => one.endPoint)];
    if ([...choice.options].map(option => option.value).join() === wanted.join()) return;
    const chosen = choice.value;
    choice.replaceChildren(...wanted.map(value => element("option", { value }, value || "any")));
    choice.value = wanted.includes(chosen) ? chosen : "";
  }

  get query() {
    const query = new URLSearchParams({ sort: this.sort, order: this.order, offset: this.offset, limit: this.limit });
    for (const [id, name] of [["find", "q"], ["state", "state"], ["listener", "listener"]]) {
      if (find(id).value.trim()) query.set(name, find(id).value.trim());
    }
    return query;
  }

  async update() {
    const asked = this.query.toString();
    const view = await this.api(`/api/connections?${asked}`);
    // A response that arrives after the next request belongs to an outdated query.
    if (asked !== this.query.toString()) return;
    this.isNewQuestion = asked !== this.asked;
    Object.assign(this, { view, asked, offset: view.offset });
    this.show();
  }

  show() {
    if (!this.view) return;
    const { view } = this;
    const isHeld = this.isHeld && !this.isNewQuestion;
    const seen = new Set(view.rows.map(row => row.id));
    for (const row of view.rows) {
      if (this.rows.has(row.id)) this.fill(this.rows.get(row.id), row);
      else if (!isHeld) this.rows.set(row.id, this.make(row));
    }
    for (const [id, shown] of this.rows) {
      if (seen.has(id)) continue;
      if (isHeld) shown.tr.classList.add("gone");
      else this.remove(id, shown);
    }
    if (!isHeld) this.place(view.rows);
    this.showCount(view, isHeld && view.rows.some(row => !this.rows.has(row.id)));
  }

  remove(id, shown) {
    shown.tr.remove();
    shown.more?.remove();
    this.rows.delete(id);
    this.opened.delete(id);
  }

  // Moves only rows that are out of order, and restores the focus of a moved row.
  place(rows) {
    const focused = document.activeElement;
    let next = this.body.firstElementChild;
    for (const row of rows) {
      const shown = this.rows.get(row.id);
      for (const tr of [shown.tr, shown.more]) {
        if (!tr) continue;
        if (tr === next) next = next.nextElementSibling;
        else this.body.insertBefore(tr, next);
      }
    }
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  }

  make(row) {
    const shown = { tr: element("tr", { "data-id": row.id }), cells: [] };
    columns.forEach((column, i) => {
      const cell = element("td", { class: classOf(column), "data-title": column.title });
      if (i === 0) {
        shown.opener = element("button", { type: "button", class: "link", title: "Show more", "aria-expanded": "false" });
        shown.opener.addEventListener("click", () => this.toggle(row.id));
        cell.append(shown.opener);
      }
      shown.cells.push(cell);
      shown.tr.append(cell);
    });
    const close = element("button", { type: "button", class: "close" }, "Close…");
    close.setAttribute("aria-label", `Close connection ${row.id}`);
    close.addEventListener("click", () => this.ask(shown.row));
    shown.tr.append(element("td", { class: "action" }, close));
    this.fill(shown, row);
    return shown;
  }

  fill(shown, row) {
    shown.row = row;
    shown.tr.classList.remove("gone");
    columns.forEach((column, i) => setText(i === 0 ? shown.opener : shown.cells[i], column.text(row)));
    const state = shown.tr.querySelector(".state");
    // A handler that cannot send does not read either, so the row shows the peer.
    if (row.readPaused && !row.sendBlocked) state.append(" ", element("span", { class: "mark" }, `handler not reading for ${time(row.readPausedFor)}`));
    if (row.sendBlocked) state.append(" ", element("span", { class: "mark" }, `peer not reading for ${time(row.sendBlockedFor)}`));
    // The handler has written everything, and the system holds what the peer does not read.
    if (!row.sendBlocked && row.unsent > 0 && row.idleTime >= 5) {
      state.append(" ", element("span", { class: "mark" }, `peer slow or not reading: ${bytes(row.unsent)} unsent`));
    }
    shown.tr.classList.toggle("waiting", row.state === "waiting");
    if (shown.more) this.fillMore(shown, row);
  }

  toggle(id) {
    const shown = this.rows.get(id);
    if (shown.more) {
      shown.more.remove();
      shown.more = null;
    } else {
      shown.more = element("tr", { class: "more" }, element("td", { colSpan: columns.length + 1 }));
      this.fillMore(shown, shown.row);
      shown.tr.after(shown.more);
    }
    shown.opener.setAttribute("aria-expanded", `${shown.more !== null}`);
  }

  fillMore(shown, row) {
    const middleware = this.middleware.get(row.listener) ?? [];
    const facts = [
      ["Local", row.local ?? "–"],
      ["Listener", row.listener],
      ["Proxy", row.proxy ?? "none"],
      ["Middleware", middleware.length ? middleware.join(" → ") : "none"],
      ["Unsent in the kernel", bytes(row.unsent)],
      ["Close reason", row.closeReason ?? "none yet"],
    ];
    const text = facts.map(([name, value]) => `${name}: ${value}`).join(" · ");
    setText(shown.more.cells[0], text);
  }

  showCount(view, hasMore) {
    const part = view.matching === view.total ? `${count(view.total)} open` : `${count(view.matching)} of ${count(view.total)} open`;
    setText(find("count"), hasMore ? `${part}; the list is held while you point at it` : part);
    find("none").hidden = view.matching > 0;
    this.table.hidden = view.matching === 0;
    setText(find("none"), view.total > 0
      ? "No connection matches. Clear the search, or set state and listener to any."
      : "There are no connections. Connect a client to one of the listeners, and it appears here.");
    find("pages").hidden = view.matching <= this.limit;
    find("back").disabled = view.offset === 0;
    find("next").disabled = view.offset + this.limit >= view.matching;
    const last = Math.min(view.offset + this.limit, view.matching);
    setText(find("place"), `${count(view.offset + 1)}–${count(last)} of ${count(view.matching)}`);
  }

  makeDialog() {
    this.dialog = find("closing");
    find("closing-cancel").addEventListener("click", () => this.dialog.close());
    find("closing-form").addEventListener("submit", event => {
      event.preventDefault();
      this.close();
    });
  }

  ask(row) {
    this.asking = row;
    setText(find("closing-id"), row.id);
    setText(find("closing-remote"), row.remote ?? "–");
    setText(find("closing-error"), "");
    find("reason").value = "";
    this.dialog.showModal();
  }

  async close() {
    try {
      await this.api("/api/close", { id: this.asking.id, reason: find("reason").value });
      this.dialog.close();
      this.refresh();
    } catch (error) {
      setText(find("closing-error"), error.message);
    }
  }
}
