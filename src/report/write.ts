import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { renderSummary } from "./summary.ts";
import { type AtEnd, type Backup, type Phase, Results, type Teardown } from "./types.ts";

/** Writes results.json and summary.md. @param results redacted */
export async function writeReport(host: Pick<Host, "files">, dir: string, results: Results): Promise<void> {
  await host.files.write(join(dir, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  await host.files.write(join(dir, "summary.md"), renderSummary(results));
}

/** What came after the report was written; redacted. */
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
  await writeReport(host, dir, later);
}
