const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Milliseconds in a duration as Prometheus and Go write it (`90s`, `1h30m`, `500ms`); undefined when it isn't one. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,30}(\.\d{1,30})?(ms|[smhdwy])){1,20}$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d{1,30}(?:\.\d{1,30})?)(ms|[smhdwy])/g)) {
    total += Number(amount) * (unitMs[unit ?? ""] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** The shortest way to write it: 300 000 -> `5m`, 5 400 000 -> `1h30m`, 1500 -> `1s500ms`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || "0s";
}
