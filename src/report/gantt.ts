import type { Results } from "./results-schema.ts";
import type { TraceSpan } from "./trace/schema.ts";

/** A bar of the chart; times in milliseconds since the run began. */
interface Bar {
  readonly section: string;
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** True if the run's duration depends on it. */
  readonly isCritical: boolean;
}

/** The kinds of work that are drawn, and the sections of the chart. */
const sections: Readonly<Partial<Record<TraceSpan["kind"], string>>> = {
  phase: "Phases",
  tool: "Tools",
  image: "Images",
  release: "Releases",
  workload: "Workloads",
  check: "Checks",
};

/** A chart with more bars can't be read. */
const maxBars = 40;

/** Returns the lines of a Mermaid gantt chart of the phases and the longest parts of a run; nothing without phases. */
export function renderGantt(results: Results): string[] {
  const bars = selectBars(listBars(results));
  if (bars.length === 0) return [];
  const grouped = Map.groupBy(bars, ({ section }) => section);
  return [
    "```mermaid",
    "gantt",
    // Without a time zone, so that the axis begins at 00:00 everywhere.
    "  dateFormat YYYY-MM-DDTHH:mm:ss.SSS",
    "  axisFormat %M:%S",
    ...[...grouped].flatMap(([section, members]) => [
      `  section ${section}`,
      ...members.toSorted((a, b) => a.fromMs - b.fromMs).map(renderBar),
    ]),
    "```",
    "",
  ];
}

/** Returns the bars of the phases, and with a trace those of its other spans. */
function listBars({ startedAt, phases, trace }: Results): Bar[] {
  const beganMs = Date.parse(startedAt);
  const path = new Set(trace?.criticalPath);
  const spans = trace?.spans ?? phases.map((phase) => ({ ...phase, id: 0, kind: "phase" as const }));
  return spans.flatMap(({ id, kind, name, startedAt: from, endedAt: to }) => {
    const section = sections[kind];
    if (section === undefined) return [];
    const fromMs = Math.max(0, Date.parse(from) - beganMs);
    const bar = { section, name, fromMs, toMs: Math.max(fromMs + 1, Date.parse(to) - beganMs) };
    return [{ ...bar, isCritical: path.has(id) }];
  });
}

/** Returns all phases, and of the other bars those on the critical path and the longest ones. */
function selectBars(bars: readonly Bar[]): Bar[] {
  const rank = ({ section, isCritical }: Bar) => (section === "Phases" ? 0 : isCritical ? 1 : 2);
  const kept = new Set(
    bars.toSorted((a, b) => rank(a) - rank(b) || b.toMs - b.fromMs - (a.toMs - a.fromMs)).slice(0, maxBars),
  );
  return bars.filter((bar) => kept.has(bar));
}

function renderBar({ name, fromMs, toMs, isCritical }: Bar): string {
  const seconds = ((toMs - fromMs) / 1000).toFixed(1);
  return `  ${toLabel(name)} (${seconds} s) :${isCritical ? "crit, " : ""}${formatTime(fromMs)}, ${formatTime(toMs)}`;
}

/** Words that Mermaid reads as a command at the beginning of a line. */
const keywords =
  /^(?:gantt|section|title|click|href|call|dateFormat|axisFormat|tickInterval|includes|excludes|todayMarker|weekday|weekend|accTitle|accDescr|inclusiveEndDates|topAxis|date|end)\b/i;

/** Returns a foreign text as the name of a bar: only characters that have no meaning in a chart. */
function toLabel(text: string): string {
  // The digest of an image says nothing to a reader of the chart.
  const [name = ""] = text.split("@sha256:");
  const plain = name
    .slice(0, 60)
    .replaceAll(/[^\p{L}\p{N} ._/@+-]/gu, " ")
    .trim();
  return plain === "" || keywords.test(plain) || plain.startsWith("--") ? `_${plain}` : plain;
}

function formatTime(ms: number): string {
  return new Date(Math.round(ms)).toISOString().replace("Z", "");
}
