import { join } from "node:path";
import type { Evidence } from "../diagnose/evidence.ts";
import type { Host } from "../host/host.ts";
import type { Redactor } from "../lib/redact/redactor.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { type DiagnosticFile, diagnosticFiles, renderIndex } from "../report/diagnostics/files.ts";
import type { Cause } from "../report/results-schema.ts";

/** Bytes of all files together. */
const mostBytes = 20_000_000;

export interface DiagnosticsInput {
  readonly host: Pick<Host, "files">;
  /** Absolute; what is there from an earlier run is replaced. */
  readonly dir: string;
  readonly evidence: Evidence;
  /** The charts as far as they were rendered. */
  readonly rendered: readonly RenderedApp[];
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  readonly redactor: Redactor;
}

/** Writes what was found out about a red run, without credentials, for somebody to look at when the stack is gone. */
export async function writeDiagnostics(input: DiagnosticsInput): Promise<void> {
  const { host, dir, evidence, rendered, causes, redactor: redact } = input;
  const { kept, leftOut } = withinLimit(diagnosticFiles(evidence, rendered, redact));
  await host.files.remove(dir);
  // First, so that it is there when the disk is full before the end.
  await host.files.write(join(dir, "index.md"), renderIndex(evidence, causes, { kept, leftOut }, redact));
  for (const { path, text } of kept) await host.files.write(join(dir, path), text);
}

function withinLimit(files: readonly DiagnosticFile[]) {
  const kept: DiagnosticFile[] = [];
  const leftOut: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = Buffer.byteLength(file.text);
    if (bytes + size > mostBytes) leftOut.push(file.path);
    else {
      kept.push(file);
      bytes += size;
    }
  }
  return { kept, leftOut };
}
