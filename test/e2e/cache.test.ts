import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { act, installAct, repositoryOf } from "./support/act.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const root = resolve(import.meta.dirname, "../..");
const hosts = join(root, "lab/out/mirror/hosts");
const k3s = "v1.36.3+k3s1";

/** What the lab's mirror serves, as a lock file written by hand. */
async function handWrittenLock(): Promise<string> {
  const download = async (url: string) => {
    const bytes = await readFile(join(hosts, decodeURIComponent(url.slice("https://".length))));
    return { url, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const tool = async (version: string, url: string) => {
    const one = await download(url);
    // There is no arm64 in the lab.
    return { asked: version, version, amd64: one, arm64: one };
  };
  const chart = async (community: string, name: string, version: string) => ({
    from: `https://${community}.github.io/helm-charts`,
    name,
    asked: version,
    version,
    ...(await download(
      `https://github.com/${community}/helm-charts/releases/download/${name}-${version}/${name}-${version}.tgz`,
    )),
  });
  const releases = `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(k3s)}`;
  return stringify({
    lockVersion: 1,
    monstack: "0.1.0",
    profile: "ci",
    tools: {
      k3s: await tool(k3s, `${releases}/k3s`),
      helm: await tool("v4.2.3", "https://get.helm.sh/helm-v4.2.3-linux-amd64.tar.gz"),
      kubectl: await tool("v1.36.3", "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl"),
    },
    charts: [
      await chart("prometheus-community", "prometheus", "29.27.0"),
      await chart("grafana-community", "grafana", "12.11.1"),
    ],
    dashboards: [],
    images: [],
  });
}

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
  const fetched = requests.filter(({ server }) => server === "web").map(({ path }) => path);
  return { output: done.output, fetched };
}

beforeAll(installAct, 500_000);

it("the second job of a lock fetches no tool and no chart again, and none that was spoiled is used", async () => {
  await using machine = await startMachine();
  const lock = join(machine.folder, "monstack.lock");
  await writeFile(lock, await handWrittenLock());
  const repository = await repositoryOf(machine, "repository", {
    "action.yml": resolve(root, "action.yml"),
    dist: resolve(root, "dist"),
    "monstack.lock": lock,
    ".github/workflows/job.yml": resolve(import.meta.dirname, "workflows/cache.yml"),
  });

  const first = await job(machine, repository);
  expect(first.output).toContain("CACHE HIT false");
  expect(first.output).toMatch(/cache: saved as monstack-linux-amd64-[0-9a-f]{64}/);
  expect(first.fetched.length).toBeGreaterThan(5);

  const second = await job(machine, repository);
  expect(second.output).toContain("CACHE HIT true");
  expect(second.output).toMatch(/cache: 5 of 5 downloads restored/);
  expect(second.output).not.toContain("cache: saved as");
  expect(second.fetched).toEqual([]);

  // The programs' first bytes: those of k3s and kubectl, which lie there as they are.
  const spoil = `cd "$HOME/.cache/actcache/cache" && f=$(find . -type f -size +1M | head -1) && test -n "$f" &&
    zstd -dc --long=30 "$f" | perl -pe 's/\\x7fELF\\x02/\\x7fEVE\\x02/g' | zstd -q --long=30 >"$HOME/spoiled" && mv "$HOME/spoiled" "$f"`;
  const spoiled = await machine.run(["bash", "-o", "pipefail", "-c", spoil]);
  expect(spoiled.exitCode, spoiled.output).toBe(0);
  const third = await job(machine, repository);
  expect(third.output).toContain("CACHE HIT false");
  expect(third.output).toMatch(
    /k3s v1\.36\.3\+k3s1 of the restored cache is not used: it is not what the lock says/,
  );
  const hostsAsked = new Set(third.fetched.map((path) => path.split("/")[1]));
  expect([...hostsAsked].sort()).toEqual(["dl.k8s.io", "github.com"]);
}, 420_000);
