// Charts of the last ten minutes, drawn as SVG.

import { element, setText } from "./words.js";

const svg = "http://www.w3.org/2000/svg";
const width = 400, height = 96, top = 6, bottom = 2;
const spans = [60, 120, 300, 600]; // the visible seconds, limited to the available samples

function draw(name, attributes) {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Rounds up to a number that is easy to read: 1, 2 or 5 times a power of ten.
function niceMax(number) {
  const power = 10 ** Math.floor(Math.log10(Math.max(number, 1)));
  return [1, 2, 5, 10].map(n => n * power).find(n => n >= number) ?? number;
}

export class Chart {
  // Series: { key, label }; format: how numbers are written; limit: key of a bound that is drawn if it is near.
  constructor(title, series, format) {
    Object.assign(this, { title, series, format, samples: [] });
    this.now = element("span", { class: "now" });
    this.max = element("span", { class: "max" });
    this.begin = element("span");
    this.span = spans[0];
    this.svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" });
    for (const y of [0.25, 0.5, 0.75]) {
      this.svg.append(draw("line", { class: "grid", x1: 0, x2: width, y1: this.y(y, 1), y2: this.y(y, 1) }));
    }
    this.cross = draw("line", { class: "cross", x1: 0, x2: 0, y1: 0, y2: height, visibility: "hidden" });
    this.paths = series.map((one, i) => {
      const area = draw("path", { class: `area s${i}` });
      const line = draw("path", { class: `line s${i}` });
      this.svg.append(area, line);
      return { area, line };
    });
    this.svg.append(this.cross);
    const legend = series.map((one, i) => element("span", { class: `legend s${i}` }, one.label));
    this.figure = element("figure", {},
      element("figcaption", {}, element("span", { class: "title" }, title), this.now),
      element("div", { class: "plot" }, this.svg, this.max),
      element("div", { class: "axis" }, this.begin, ...(series.length > 1 ? legend : []), element("span", {}, "now")));
    this.svg.addEventListener("pointermove", e => this.pointAt(e));
    this.svg.addEventListener("pointerleave", () => this.leave());
  }

  y(value, max) {
    return top + (height - top - bottom) * (1 - value / max);
  }

  x(time) {
    return width * (1 - (this.end - time) / this.span);
  }

  update(samples, interval) {
    Object.assign(this, { samples, interval, end: samples.length ? samples[samples.length - 1].time : 0 });
    this.top = niceMax(Math.max(0, ...samples.flatMap(sample => this.series.map(one => sample[one.key] ?? 0))));
    const age = this.end - (samples[0]?.time ?? this.end);
    this.span = spans.find(span => span >= age) ?? spans[spans.length - 1];
    setText(this.begin, `${this.span / 60} min ago`);
    setText(this.max, this.format(this.top));
    this.series.forEach((one, i) => {
      const { line, area } = this.pathsOf(one.key);
      this.paths[i].line.setAttribute("d", line);
      this.paths[i].area.setAttribute("d", area);
    });
    if (!this.isPointedAt) this.announce(samples[samples.length - 1]);
  }

  // A line ends where samples are missing, and starts again after the gap.
  pathsOf(key) {
    let line = "", area = "", begin = null, last = null;
    const finish = () => {
      if (begin !== null) area += `L${last[0]} ${height}L${begin} ${height}Z`;
      begin = null;
    };
    for (const sample of this.samples) {
      const value = sample[key];
      if (value == null || this.end - sample.time > this.span) continue;
      const point = [this.x(sample.time).toFixed(1), this.y(Math.min(value, this.top), this.top).toFixed(1)];
      const isGap = last === null || begin === null || sample.time - last[2] > 4 * this.interval;
      if (isGap) {
        finish();
        begin = point[0];
      }
      line += `${isGap ? "M" : "L"}${point[0]} ${point[1]}`;
      area += `${isGap ? "M" : "L"}${point[0]} ${point[1]}`;
      last = [...point, sample.time];
    }
    finish();
    return { line, area };
  }

  pointAt(event) {
    const box = this.svg.getBoundingClientRect();
    const time = this.end - this.span * (1 - (event.clientX - box.left) / box.width);
    const nearest = this.samples.reduce(
      (best, sample) => best === null || Math.abs(sample.time - time) < Math.abs(best.time - time) ? sample : best, null);
    if (nearest === null) return;
    this.isPointedAt = true;
    this.cross.setAttribute("visibility", "visible");
    this.cross.setAttribute("x1", this.x(nearest.time));
    this.cross.setAttribute("x2", this.x(nearest.time));
    this.announce(nearest, ` · ${Math.round(this.end - nearest.time)} s ago`);
  }

  leave() {
    this.isPointedAt = false;
    this.cross.setAttribute("visibility", "hidden");
    this.announce(this.samples[this.samples.length - 1]);
  }

  announce(sample, when = "") {
    const values = sample ? this.series.map(one => this.format(sample[one.key])).join(" / ") : "–";
    setText(this.now, values + when);
    this.svg.setAttribute("aria-label", `${this.title}: ${this.series.map(one => one.label).join(" / ")} ${values}${when}`);
  }
}
