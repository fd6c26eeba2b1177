const powersOf1000 = ["", "k", "M", "G", "T", "P", "E"];
/** The factors of the units below 1: nano, micro, milli. */
const fractionalUnits: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3 };

/** Returns a Kubernetes quantity (`500m`, `2`, `1.5Gi`, `1e3`) as a number of cores or bytes; undefined for any other text. */
export function parseQuantity(text: string): number | undefined {
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [, amount, binary, decimal, exponent] = match;
  const number = Number(amount);
  if (binary !== undefined)
    return number * 1024 ** powersOf1000.indexOf(binary === "Ki" ? "k" : (binary[0] ?? ""));
  if (exponent !== undefined) return number * 10 ** Number(exponent);
  if (decimal === undefined) return number;
  return number * (fractionalUnits[decimal] ?? 1000 ** powersOf1000.indexOf(decimal));
}

const prometheusUnits = ["", "K", "M", "G", "T", "P", "E"];

/** Returns the bytes of a Prometheus size (`512MB`, `10GiB`), whose units are all powers of 1024; undefined for any other text. */
export function parsePrometheusSize(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?B?$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * 1024 ** prometheusUnits.indexOf(unit);
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/**
 * Returns the average speed of a download: `9.0 MiB/s`. The average, so that a short pause does not look like a slow
 * download.
 */
export function formatSpeed(bytes: number, tookMs: number): string {
  return `${formatBytes(bytes / Math.max(tookMs / 1000, 0.1))}/s`;
}

/** Returns bytes in the largest unit that fits: `3.2 GiB`, `64 MiB`, `512 B`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${Number(amount.toFixed(amount < 10 ? 1 : 0))} ${byteUnits[power]}`;
}
