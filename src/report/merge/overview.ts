import * as z from "zod";
import type { Results } from "../results-schema.ts";
import { isBad } from "../verdict.ts";

/** A run of a matrix, by the name of its report folder. */
export interface NamedRun {
  readonly name: string;
  readonly results: Results;
}

/** The figures of a run that a history keeps. */
export const RunFigures = z.object({
  name: z.string().describe("Of the report's folder"),
  verified: z.boolean(),
  toVerdictMs: z.number().optional().describe("From the start to the verdict, in milliseconds"),
  checksFailed: z.number().int(),
  series: z.number().optional().describe("In Prometheus' head block"),
  memoryBytes: z.number().optional().describe("Of all workloads together, each at its peak"),
});
export type RunFigures = z.infer<typeof RunFigures>;

/** The runs of one matrix, as the history keeps them. */
export const HistoryEntry = z.object({
  at: z.string().describe("When the first of the runs began; ISO 8601, UTC"),
  runs: z.array(RunFigures).readonly(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** The file in which a history is kept. */
export const History = z.object({
  version: z.literal(1),
  entries: z.array(HistoryEntry).readonly().describe("The oldest first"),
});
export type History = z.infer<typeof History>;

/** Returns the figures of a run. */
export function summarizeRun({ name, results }: NamedRun): RunFigures {
  const { verified, startedAt, trace, checks, inventory } = results;
  const { usage = [], series } = inventory ?? {};
  const memory = usage.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  return {
    name,
    verified: verified && results.atEnd?.verified !== false,
    toVerdictMs:
      trace?.decidedAt === undefined ? undefined : Date.parse(trace.decidedAt) - Date.parse(startedAt),
    checksFailed: checks.filter(isBad).length,
    series,
    memoryBytes: memory.length === 0 ? undefined : memory.reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** Returns the runs as an entry of the history. */
export function toHistoryEntry(runs: readonly NamedRun[]): HistoryEntry {
  const [at = ""] = runs.map(({ results }) => results.startedAt).toSorted();
  return { at, runs: runs.map(summarizeRun) };
}

/**
 * Returns the history with a new entry, with at most `keep` entries. An entry of the same time is replaced, so that a
 * merge can be repeated.
 */
export function addToHistory(history: History | undefined, entry: HistoryEntry, keep: number): History {
  const others = (history?.entries ?? []).filter(({ at }) => at !== entry.at);
  const entries = [...others, entry].toSorted((a, b) => a.at.localeCompare(b.at));
  return { version: 1, entries: entries.slice(-keep) };
}
