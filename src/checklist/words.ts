const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `3.2 GiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount < 10 && power > 0 ? amount.toFixed(1) : amount.toFixed(0)} ${units[power]}`;
}

/** `3.5 days`, `2.0 hours`, `5 minutes`. Milliseconds in. */
export function formatAge(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 2) return `${(hours * 60).toFixed(0)} minutes`;
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
}
