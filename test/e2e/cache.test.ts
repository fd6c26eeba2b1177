import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import type { Lock } from "../../src/lockfile/lock.ts";
import { act, installAct, repositoryOf } from "./support/act.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const root = resolve(import.meta.dirname, "../..");
/** A job on a new runner that reaches the same cache server. */
async function job(machine: Machine, repository: string) {
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

beforeAll(installAct, 500_000);

it("the second job of a lock fetches no tool, chart or image again, and none that was spoiled is used", async () => {
  await using machine = await startMachine();
  const locked = await machine.monstack(["lock"]);
  expect(locked.exitCode, locked.output).toBe(0);
  const lock = join(machine.folder, "monstack.lock");
  const { tools, charts, images }: Lock = parse(await readFile(lock, "utf8"));
  const items = Object.keys(tools).length + charts.length + images.length;
  const repository = await repositoryOf(machine, "repository", {
    "action.yml": resolve(root, "action.yml"),
    dist: resolve(root, "dist"),
    "monstack.lock": lock,
    ".github/workflows/job.yml": resolve(import.meta.dirname, "workflows/cache.yml"),
  });

  const first = await job(machine, repository);
  expect(first.output).toContain("CACHE HIT false");
  expect(first.output).toMatch(/cache: saved as monstack-linux-amd64-[0-9a-f]{64}/);
  expect(first.files.length).toBeGreaterThan(4);
  expect(first.layers.length).toBeGreaterThan(images.length);

  const second = await job(machine, repository);
  expect(second.output).toContain("CACHE HIT true");
  expect(second.output).toContain(`cache: ${items} of ${items} downloads restored`);
  expect(second.output).not.toContain("cache: saved as");
  expect([second.files, second.layers]).toEqual([[], []]);

  // The programs' first bytes: those of k3s and kubectl, which lie there as they are.
  const spoil = `cd "$HOME/.cache/actcache/cache" && f=$(find . -type f -size +1M | head -1) && test -n "$f" &&
    zstd -dc --long=30 "$f" | perl -pe 's/\\x7fELF\\x02/\\x7fEVE\\x02/g' | zstd -q --long=30 >"$HOME/spoiled" && mv "$HOME/spoiled" "$f"`;
  const spoiled = await machine.run(["bash", "-o", "pipefail", "-c", spoil]);
  expect(spoiled.exitCode, spoiled.output).toBe(0);
  const third = await job(machine, repository);
  expect(third.output).toContain("CACHE HIT false");
  // Told by tar, where the spoiling went so far, or by the lock: test/action/github-cache.test.ts has each of them.
  expect(third.output).toMatch(
    /nothing was restored, so everything is fetched|of the restored cache is not used: it is not what the lock says/,
  );
  const hostsAsked = new Set(third.files.map((path) => path.split("/")[1]));
  expect([...hostsAsked]).toEqual(expect.arrayContaining(["dl.k8s.io", "github.com"]));
}, 420_000);
