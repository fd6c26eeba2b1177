import { formatCount } from "./text.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/**
 * Returns the milliseconds of a duration as Prometheus writes it (`90s`, `1h30m`, `500ms`, `0`); undefined for any other text.
 * @param allowsFractions for durations of Go (`1.5h`), which Prometheus refuses
 */
export function parseDuration(
  text: string,
  { allowsFractions = false }: { readonly allowsFractions?: boolean } = {},
): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d{1,30}(?:\.\d{1,30})?(?:ms|[smhdwy])){1,20}$/.test(text)) return undefined;
  if (text.includes(".") && !allowsFractions) return undefined;
  const parts = text.matchAll(/(\d{1,30}(?:\.\d{1,30})?)(ms|[smhdwy])/g);
  return Math.round(
    [...parts].reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (unitMs[unit] ?? 0), 0),
  );
}

/** Returns the shortest text of a duration in milliseconds: 300 000 -> `5m`, 5 400 000 -> `1h30m`, 1500 -> `1s500ms`. */
export function formatDuration(ms: number): string {
  let remainingMs = Math.round(ms);
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const unitSize = unitMs[unit] ?? 1;
    const count = Math.floor(remainingMs / unitSize);
    if (count > 0) text += `${count}${unit}`;
    remainingMs -= count * unitSize;
  }
  return text || "0s";
}

/** Returns an age for people: `3.5 days`, `2 hours`, `5 minutes`, `less than a minute`. */
export function formatAge(ms: number): string {
  const hours = ms / 3_600_000;
  if (ms < 60_000) return "less than a minute";
  if (hours < 2) return formatCount(Math.round(hours * 60), "minute");
  const [amount, unit] = hours < 48 ? [hours, "hours"] : [hours / 24, "days"];
  return `${Number(amount.toFixed(1))} ${unit}`;
}
