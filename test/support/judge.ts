import { join } from "node:path";
import { afterAll } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { createJudge, type UpstreamProgram } from "../../src/upstream/judge.ts";
import type { Judge } from "../../src/upstream/protocol.ts";

const root = join(import.meta.dirname, "../..");

/** The process as the sources have it, and the program as it was built into dist/. */
export const upstreamProgram: UpstreamProgram = {
  script: join(root, "src/upstream/main.ts"),
  folder: join(root, "dist"),
};

/** The real judge, one for all tests of a file. */
export async function sharedJudge(): Promise<Judge> {
  const host = await createHost({ PATH: process.env["PATH"] });
  const judge = createJudge({ host, signal: new AbortController().signal }, upstreamProgram);
  afterAll(() => judge.close());
  return judge;
}
