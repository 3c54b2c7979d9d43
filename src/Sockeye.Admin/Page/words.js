// Numbers and times as people read them, and elements with text in them. Text never becomes markup.

const units = ["B", "kB", "MB", "GB", "TB"];

export function count(number) {
  return number == null ? "–" : Math.round(number).toLocaleString("en");
}

export function rate(number) {
  return number == null ? "–" : number > 0 && number < 10 ? number.toFixed(1) : count(number);
}

export function perSecond(number) {
  return number == null ? "–" : `${rate(number)}/s`;
}

export function bytesPerSecond(number) {
  return number == null ? "–" : `${bytes(number)}/s`;
}

export function bytes(number) {
  if (number == null) return "–";
  let unit = 0;
  while (number >= 999.5 && unit < units.length - 1) {
    number /= 1000;
    unit++;
  }
  return `${unit === 0 || number >= 99.5 ? Math.round(number) : number.toPrecision(number >= 9.95 ? 3 : 2)} ${units[unit]}`;
}

export function time(seconds) {
  if (seconds == null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

// Round trips: microseconds matter.
export function roundTrip(seconds) {
  if (seconds == null) return "–";
  return seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${(seconds * 1000).toPrecision(3)} ms`;
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Writes only what has changed, so that a selection in the text stays.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
