import { cp, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { type Finished, type Machine, run } from "./machine.ts";

const root = resolve(import.meta.dirname, "../../..");
const version = "v0.2.89";
const folder = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "monstack-lab",
  `act-${version}`,
);

/** nektos/act, a workflow runner. */
export async function installAct(): Promise<void> {
  const installed = await run(["go", "install", `github.com/nektos/act@${version}`], {
    env: { GOBIN: folder },
    timeout: 500,
  });
  expect(installed.exitCode, installed.output).toBe(0);
}

/** A repository with these files, as a runner would check it out. */
export async function repositoryOf(
  machine: Machine,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const repository = join(machine.folder, name);
  await mkdir(repository, { recursive: true });
  for (const [to, from] of Object.entries(files)) await cp(from, join(repository, to), { recursive: true });
  await writeFile(join(repository, ".gitignore"), "monstack-report/\n");
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "x"],
  ]) {
    const git = await run(["git", "-C", repository, ...args]);
    expect(git.exitCode, git.output).toBe(0);
  }
  return repository;
}

export interface ActOptions {
  /** Actions by the name that workflows use them by, each a folder here. */
  readonly actions?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: workflow_dispatch. */
  readonly event?: { readonly name: string; readonly payload: object };
  /** One of a matrix, e.g. `{ helm: "v3" }`. */
  readonly matrix?: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout?: number;
}

/** Runs the repository's workflow in host mode: the job's steps are processes of the machine. */
export async function act(machine: Machine, repository: string, options: ActOptions = {}): Promise<Finished> {
  const { actions = {}, secrets = {}, matrix = {}, timeout } = options;
  const { name: event, payload } = options.event ?? { name: "workflow_dispatch", payload: {} };
  const payloadFile = join(machine.folder, "event.json");
  await writeFile(payloadFile, JSON.stringify(payload));
  const env = { MONSTACK_STATE_DIR: `${machine.folder}/state`, REPORT_DIR: `${machine.folder}/report` };
  const words = [
    ...["-P", "ubuntu-latest=-self-hosted", "-P", "self-hosted=-self-hosted", "--concurrent-jobs", "1"],
    ...(options.event ? ["--eventpath", payloadFile] : []),
    ...Object.entries({ ...env, ...options.env }).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...Object.entries(actions).flatMap(([name, path]) => ["--local-repository", `${name}=${path}`]),
    ...Object.entries(matrix).flatMap(([name, value]) => ["--matrix", `${name}:${value}`]),
    // Their values come from the environment, so that no command line shows them.
    ...Object.keys(secrets).flatMap((name) => ["--secret", name]),
  ];
  const mirrors =
    options.env?.MONSTACK_MIRRORS === undefined ? `--env MONSTACK_MIRRORS="$MONSTACK_MIRRORS"` : "";
  const script = `exec ${folder}/act ${event} "$@" ${mirrors}`;
  const secretEnv = Object.entries(secrets).map(([name, value]) => `${name}=${value}`);
  return await machine.run(["env", ...secretEnv, "bash", "-c", script, "act", ...words], {
    cwd: repository,
    ...(timeout === undefined ? {} : { timeout }),
  });
}

/** A repository with the action itself, as `./`, and one workflow. */
export function checkOutAction(machine: Machine, workflow: string): Promise<string> {
  return repositoryOf(machine, "repository", {
    "action.yml": join(root, "action.yml"),
    dist: join(root, "dist"),
    ".github/workflows/job.yml": workflow,
  });
}

/** The action as a release of it is: its metadata and its bundle. */
export async function releasedAction(machine: Machine): Promise<string> {
  const released = join(machine.folder, "monstack-action");
  for (const part of ["action.yml", "dist"])
    await cp(join(root, part), join(released, part), { recursive: true });
  return released;
}

/** An example as a repository of its own, unchanged, and the actions that its workflow names. */
export async function exampleOf(machine: Machine, name: string) {
  const repository = await repositoryOf(machine, name, { ".": join(root, "examples", name) });
  const upload = join(machine.folder, "upload-artifact");
  await cp(join(import.meta.dirname, "upload-artifact"), upload, { recursive: true });
  const actions = {
    "org/monstack-action@v1": await releasedAction(machine),
    "actions/upload-artifact@v5": upload,
  };
  return { repository, actions };
}
