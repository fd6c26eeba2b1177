import type { ConfigSources } from "../../../src/config/load.ts";
import { createWorkspace } from "../../../src/host/workspace.ts";
import { inFolder } from "../in-folder.ts";

const canaries = {
  ACTIONS_RUNTIME_TOKEN: "canary-runtime",
  GITHUB_TOKEN: "canary-github",
  INPUT_TOKEN: "canary-input",
  RUNNER_TOKEN: "canary-runner",
  STATE_TOKEN: "canary-state",
  OWN_TOKEN: "canary-own",
};

/** A folder whose files a stranger wrote, in a job that has secrets. */
export async function strange(files: Record<string, string>, variables: readonly string[] = []) {
  const folder = await inFolder(files);
  const trust = { level: "restricted", why: "a test", variables } as const;
  const restricted = {
    trust,
    workspace: createWorkspace(folder.cwd),
    env: { HOME: "/home/ann", ...canaries },
  };
  return {
    ...folder,
    load: (more: Partial<ConfigSources> = {}) => folder.load({ ...restricted, ...more }),
    mistake: (more: Partial<ConfigSources> = {}) => folder.mistake({ ...restricted, ...more }),
    full: (more: Partial<ConfigSources> = {}) => folder.mistake({ env: restricted.env, ...more }),
  };
}
