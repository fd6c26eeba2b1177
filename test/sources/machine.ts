import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost } from "../../src/host/create.ts";
import type { Context, Host } from "../../src/host/host.ts";
import type { Tool, ToolName } from "../../src/lockfile/tools.ts";
import { installTool, type SourcesConfig } from "../../src/sources/tools/install.ts";
import type { SourcesOptions } from "../../src/sources/web/web.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

/** A user with an empty home on this machine, and the upstream hosts in one server. */
export interface Machine extends AsyncDisposable {
  readonly home: string;
  readonly host: Host;
  readonly log: RecordingLogger;
  readonly context: Context;
  readonly upstream: Upstream;
  readonly config: SourcesConfig;
}

/** Waits of milliseconds where the real ones are seconds. */
export const quick = { retryPolicy: { firstWaitMs: 5, totalWaitMs: 3_000, stallMs: 250 } };

export async function createMachine(): Promise<Machine> {
  const home = await mkdtemp(join(tmpdir(), "monstack-sources-"));
  const { PATH } = process.env;
  const host: Host = { ...(await createHost({ PATH, HOME: home })), arch: "amd64" };
  const log = createRecordingLogger();
  const upstream = await createUpstream();
  return {
    home,
    host,
    log,
    upstream,
    context: { host, log, signal: new AbortController().signal },
    config: {
      k3s: { version: "v1.36.3+k3s1", path: undefined, args: [], images: [] },
      helm: { version: "v4.1.4", path: undefined },
      kubectl: { version: "v1.36.3", path: undefined },
      mirrors: upstream.mirrors,
    },
    [Symbol.asyncDispose]: async () => {
      await upstream[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Installs several tools at once. */
export async function installTools<N extends ToolName>(
  context: Context,
  config: SourcesConfig,
  names: readonly N[],
  options: SourcesOptions = {},
): Promise<Record<N, Tool>> {
  const tools = names.map(async (name) => [name, await installTool(context, config, name, options)] as const);
  return Object.fromEntries(await Promise.all(tools)) as Record<N, Tool>;
}
