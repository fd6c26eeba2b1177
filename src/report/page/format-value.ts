/** A number as a dashboard shows it: the text of the number, and its unit. */
export interface Formatted {
  readonly text: string;
  readonly unit: string;
}

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const decimal = ["B", "kB", "MB", "GB", "TB", "PB"];
const bits = ["b", "kb", "Mb", "Gb", "Tb", "Pb"];
const thousands = ["", "K", "M", "G", "T", "P"];

/** Grafana's units of data: how many bytes or bits one is, the names of a thousand and more of them, and what follows. */
const sizes: Readonly<Record<string, readonly [number, readonly string[], string]>> = {
  bytes: [1, binary, ""],
  kbytes: [1024, binary, ""],
  mbytes: [1024 ** 2, binary, ""],
  gbytes: [1024 ** 3, binary, ""],
  decbytes: [1, decimal, ""],
  deckbytes: [1e3, decimal, ""],
  decmbytes: [1e6, decimal, ""],
  decgbytes: [1e9, decimal, ""],
  bits: [1, bits, ""],
  decbits: [1, bits, ""],
  Bps: [1, decimal, "/s"],
  binBps: [1, binary, "/s"],
  KBs: [1e3, decimal, "/s"],
  MBs: [1e6, decimal, "/s"],
  KiBs: [1024, binary, "/s"],
  MiBs: [1024 ** 2, binary, "/s"],
  bps: [1, bits, "/s"],
  binbps: [1, bits, "/s"],
};

/** Suffixes of Grafana's units whose numbers are shown as they are, with a prefix for thousands. */
const suffixes: Readonly<Record<string, string>> = {
  cores: "cores",
  hertz: "Hz",
  ops: "ops/s",
  reqps: "req/s",
  rps: "reads/s",
  wps: "writes/s",
  iops: "io/s",
  cps: "/s",
  eps: "events/s",
  mps: "msg/s",
  pps: "packets/s",
  celsius: "°C",
  volt: "V",
  watt: "W",
  joule: "J",
  rotrpm: "rpm",
};

/** Returns a number in a unit of Grafana or of a plot, at most `decimals` decimals. */
export function splitValue(value: number | null, unit = "short", decimals?: number): Formatted {
  if (value === null || Number.isNaN(value)) return { text: "–", unit: "" };
  if (!Number.isFinite(value)) return { text: value > 0 ? "∞" : "-∞", unit: "" };
  const number = (scaled: number) => formatNumber(scaled, decimals);
  const size = Object.hasOwn(sizes, unit) ? sizes[unit] : undefined;
  if (size !== undefined) {
    const [factor, names, suffix] = size;
    const { text, unit: name } = scale(value * factor, names === binary ? 1024 : 1000, names, number);
    return { text, unit: `${name}${suffix}` };
  }
  switch (unit) {
    case "percent":
      return { text: number(value), unit: "%" };
    case "percentunit":
      return { text: number(value * 100), unit: "%" };
    case "s":
    case "seconds":
    case "dtdurations":
    case "dthms":
    case "dtdhms":
    case "clocks":
      return splitSeconds(value, number);
    case "ms":
    case "dtdurationms":
      return splitSeconds(value / 1e3, number);
    case "µs":
      return splitSeconds(value / 1e6, number);
    case "ns":
      return splitSeconds(value / 1e9, number);
    case "m":
      return splitSeconds(value * 60, number);
    case "h":
      return splitSeconds(value * 3600, number);
    case "d":
      return splitSeconds(value * 86_400, number);
    case "bool":
      return { text: value === 0 ? "false" : "true", unit: "" };
    case "bool_yes_no":
      return { text: value === 0 ? "no" : "yes", unit: "" };
    case "bool_on_off":
      return { text: value === 0 ? "off" : "on", unit: "" };
    case "dateTimeAsIso":
    case "dateTimeAsUS":
    case "dateTimeFromNow":
      return { text: formatDate(value), unit: "" };
    case "none":
    case "string":
      return { text: number(value), unit: "" };
    default: {
      const suffix =
        (Object.hasOwn(suffixes, unit) ? suffixes[unit] : undefined) ??
        (unit === "short" || unit === "count" || unit === "locale" ? "" : unit);
      const scaled = scale(value, 1000, thousands, number);
      return { text: scaled.text + scaled.unit, unit: suffix };
    }
  }
}

/** Returns a number with its unit: `12.4 MiB`. */
export function formatValue(value: number | null, unit?: string, decimals?: number): string {
  const { text, unit: suffix } = splitValue(value, unit, decimals);
  return suffix === "" ? text : suffix === "%" ? `${text}%` : `${text} ${suffix}`;
}

/** Returns the time of a point as `12:00:05`, in UTC. */
export function formatClock(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString().slice(11, 19);
}

/** Returns a duration: `340 ms`, `23.4 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (Math.abs(ms) < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function formatNumber(value: number, decimals: number | undefined): string {
  if (decimals !== undefined) return value.toFixed(Math.min(Math.max(Math.round(decimals), 0), 10));
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return String(Math.round(value));
  // Number removes the zeros at the end.
  return size < 1e-4 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function scale(
  value: number,
  base: number,
  units: readonly string[],
  number: (scaled: number) => string,
): Formatted {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= base && step < units.length - 1) {
    scaled /= base;
    step += 1;
  }
  return { text: number(scaled), unit: units[step] ?? "" };
}

function splitSeconds(seconds: number, number: (scaled: number) => string): Formatted {
  const size = Math.abs(seconds);
  if (size === 0) return { text: "0", unit: "s" };
  if (size < 1e-6) return { text: number(seconds * 1e9), unit: "ns" };
  if (size < 1e-3) return { text: number(seconds * 1e6), unit: "µs" };
  if (size < 1) return { text: number(seconds * 1e3), unit: "ms" };
  if (size < 120) return { text: number(seconds), unit: "s" };
  if (size < 7200) return { text: number(seconds / 60), unit: "min" };
  if (size < 172_800) return { text: number(seconds / 3600), unit: "h" };
  return { text: number(seconds / 86_400), unit: "d" };
}

/** Returns milliseconds since the epoch as a date in UTC. */
function formatDate(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString().slice(0, 19).replace("T", " ");
}
