import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of test/dist/support/bundle.ts, which builds the bundle into it when the first test needs it. */
    readonly bundleFolder: string;
  }
}

export default function provideBundleFolder({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "monstack-bundle-"));
  provide("bundleFolder", folder);
  return () => rmSync(folder, { recursive: true });
}
