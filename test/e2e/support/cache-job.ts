import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import type { Lock } from "../../../src/lockfile/lock.ts";
import { act, repositoryOf } from "./act.ts";
import type { Machine } from "./machine.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Locks the default stack, and returns the lock and a repository with it whose job uses the action with its cache. */
export async function lockedRepository(machine: Machine) {
  const locked = await machine.monstack(["lock"]);
  expect(locked.exitCode, locked.output).toBe(0);
  const file = join(machine.folder, "monstack.lock");
  const lock: Lock = parse(await readFile(file, "utf8"));
  const repository = await repositoryOf(machine, "repository", {
    "action.yml": resolve(root, "action.yml"),
    dist: resolve(root, "dist"),
    "monstack.lock": file,
    ".github/workflows/job.yml": resolve(import.meta.dirname, "../workflows/cache.yml"),
  });
  return { lock, repository };
}

/** A job on a new runner that reaches the same cache server. */
export async function runJob(machine: Machine, repository: string) {
  const script = `rm -rf "$HOME/.cache/monstack" "$HOME"/.cache/act/tool_cache/monstack-*
    curl -sf -X DELETE http://203.0.113.1/_lab/requests`;
  const wiped = await machine.run(["sh", "-c", script]);
  expect(wiped.exitCode, wiped.output).toBe(0);
  const done = await act(machine, repository);
  expect(done.exitCode, done.output).toBe(0);
  expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
  const { stdout } = await machine.run(["curl", "-sf", "http://203.0.113.1/_lab/requests"]);
  const requests = JSON.parse(stdout) as { server: string; path: string }[];
  const fetched = (from: string) => requests.filter(({ server }) => server === from).map(({ path }) => path);
  return { output: done.output, files: fetched("web"), layers: fetched("registry") };
}
