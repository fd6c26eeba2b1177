const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** A Prometheus duration (`15d`, `1h30m`, `0s`) in milliseconds; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d{1,30}(ms|[smhdwy])){1,20}$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d{1,30})(ms|[smhdwy])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ""] ?? 0), 0);
}

const unitBytes: Readonly<Record<string, number>> = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4, PB: 5, EB: 6 };

/** A Prometheus size (`512MB`, `10GiB`) in bytes; all its units are powers of 1024. Undefined when it is none. */
export function sizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?(B?)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * 1024 ** (unitBytes[`${match[2]}B`] ?? 0);
}
