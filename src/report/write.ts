import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { hide } from "../host/logger.ts";
import { renderSummary } from "./summary.ts";
import { type AtEnd, type Backup, type Phase, Results, type Teardown } from "./types.ts";

/**
 * Writes results.json and summary.md. A secret that found its way into a message (helm's, a check's) is hidden there.
 */
export async function writeReport(
  host: Pick<Host, "files">,
  dir: string,
  results: Results,
  options: { readonly secrets?: readonly string[] } = {},
): Promise<void> {
  const safe = withoutSecrets(
    results,
    (options.secrets ?? []).filter((secret) => secret !== ""),
  );
  await host.files.write(join(dir, "results.json"), `${JSON.stringify(safe, undefined, 2)}\n`);
  await host.files.write(join(dir, "summary.md"), renderSummary(safe));
}

/** What came after the report was written. */
export interface Later {
  readonly teardown: Teardown;
  readonly atEnd: AtEnd | undefined;
  readonly backup: Backup | undefined;
  readonly warnings: readonly string[];
  readonly phases: readonly Phase[];
}

/** Adds what came after the report was written; does nothing where there is no report. */
export async function recordLater(
  host: Pick<Host, "files">,
  dir: string,
  { teardown, atEnd, backup, warnings, phases }: Later,
  options: { readonly secrets?: readonly string[] } = {},
): Promise<void> {
  const written = await host.files.read(join(dir, "results.json"));
  if (written === undefined) return;
  const results = Results.parse(JSON.parse(written));
  const later = {
    ...results,
    atEnd,
    backup: backup ?? results.backup,
    warnings: [...results.warnings, ...warnings],
    teardown,
    phases: [...results.phases, ...phases],
    endedAt: phases.at(-1)?.endedAt ?? results.endedAt,
  };
  await writeReport(host, dir, later, options);
}

/** Keys whose values are words of the schema: a password that is such a word must not break it. */
const ours = new Set([
  "schemaVersion",
  "mode",
  "kind",
  "id",
  "status",
  "severity",
  "startedAt",
  "endedAt",
  "sha256",
]);

function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  return mapTexts(value, (text) => hide(text, secrets)) as T;
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, ours.has(key) ? inner : mapTexts(inner, change)]),
  );
}
