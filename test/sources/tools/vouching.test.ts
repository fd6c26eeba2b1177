import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseLock, printLock } from "../../../src/lockfile/lock-text.ts";
import { getCacheFolder } from "../../../src/sources/cache-folders.ts";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../../src/sources/published-dashboard.ts";
import { isVerifiedProgram, keepTool } from "../../../src/sources/tools/cache.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { lockOf } from "../../lock/locks.ts";
import { chartTgz, tarGz } from "../archives.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { helmUrl, k3sUrl, program, publishHelm, publishK3s } from "../tool-releases.ts";
import { createUpstream, sha256 } from "../upstream.ts";

const version = "v4.1.4";
const k3s = "v1.36.3+k3s1";
/** A program that says the right version, and leaves a trace when it is run. */
const hostile = (trace: string) => `#!/bin/sh\ntouch '${trace}'\nprintf %s '${version}'\n`;

let machine: Machine;
let trace = "";
beforeEach(async () => {
  machine = await createMachine();
  trace = join(machine.home, "hostile-was-run");
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const wasRun = () => machine.host.files.exists(trace);

function lockedHelm(bytes: Uint8Array) {
  const url = helmUrl(version);
  const one = { url, sha256: sha256(bytes) };
  const lock = lockOf({ tools: { helm: { asked: "stable", version, amd64: one, arm64: one } } });
  return { ...quick, supply: { lock, lockedBy: "monstack.lock", offline: undefined } };
}

const helm = (options: Parameters<typeof installTool>[3] = quick) =>
  installTool(machine.context, machine.config, "helm", options);

/** Whatever files there are beside a program, they say that it is the one. */
async function forgeRecords(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".json")) continue;
    const record = JSON.parse(await readFile(join(folder, name), "utf8"));
    const own = sha256(await readFile(path));
    await writeFile(join(folder, name), JSON.stringify({ ...record, executableSha256: own }));
  }
}

describe("nothing in the cache vouches for what is run", () => {
  test.each([
    ["with a lock", (bytes: Uint8Array) => lockedHelm(bytes)],
    ["without a lock", () => quick],
  ])(
    "a program beside its genuine archive that a record calls genuine is not run, %s",
    async (_name, optionsOf) => {
      const options = optionsOf(publishHelm(machine.upstream, version));
      const { path } = await helm(options);
      await writeFile(path, hostile(trace));
      await forgeRecords(path);

      const again = await helm(options);

      expect(await wasRun()).toBe(false);
      expect(await readFile(again.path, "utf8")).toBe(program.helm(version));
    },
  );

  test("a link in the place of a program is not followed, whatever it leads to", async () => {
    const options = lockedHelm(publishHelm(machine.upstream, version));
    const { path } = await helm(options);
    const elsewhere = join(machine.home, "helm");
    await rename(path, elsewhere);
    await symlink(elsewhere, path);

    const again = await helm(options);

    expect((await machine.host.files.stat(again.path))?.kind).toBe("file");
    expect(again.origin).toBe(helmUrl(version));
  });

  test("an entry of an earlier version is not used: the tool is fetched again", async () => {
    publishHelm(machine.upstream, version);
    const entry = join(getCacheFolder(machine.host), "tools/monstack-helm/4.1.4/amd64");
    await mkdir(entry, { recursive: true });
    await writeFile(join(entry, "helm"), hostile(trace), { mode: 0o755 });
    const record = { sha256: sha256("x"), executableSha256: sha256(hostile(trace)), url: helmUrl(version) };
    await writeFile(join(entry, "origin.json"), JSON.stringify(record));
    await writeFile(`${entry}.complete`, "");

    expect((await helm()).origin).toBe(helmUrl(version));
    expect(await wasRun()).toBe(false);
  });

  test("the path of a cached program has the sha256 of what was published", async () => {
    const archive = publishHelm(machine.upstream, version);
    const bytes = publishK3s(machine.upstream, k3s);
    expect((await helm()).path).toContain(`/${sha256(archive)}/`);
    const { path } = await installTool(machine.context, machine.config, "k3s", quick);
    expect(path).toContain(`/${sha256(bytes)}/`);
  });
});

describe("what one source says about bytes serves no run with another source", () => {
  const repoUrl = "https://charts.example";
  const ref = { kind: "repo", repo: "c", repoUrl, name: "prometheus", version: "29.27.0" } as const;
  const dashboard = { kind: "id", id: 1860, revision: 37 } as const;
  const revisionUrl = "https://grafana.com/api/dashboards/1860/revisions/37/download";

  function publish(upstream: Machine["upstream"], mark: string) {
    const archive = chartTgz("prometheus", "29.27.0", mark);
    const entry = { name: "prometheus", version: "29.27.0", digest: sha256(archive), urls: ["p.tgz"] };
    upstream.serve(`${repoUrl}/index.yaml`, JSON.stringify({ entries: { prometheus: [entry] } }));
    upstream.serve(`${repoUrl}/p.tgz`, archive);
    upstream.serve(revisionUrl, JSON.stringify({ title: mark }));
  }

  function publishHostile(upstream: Machine["upstream"]): Buffer {
    const archive = tarGz({ name: "linux-amd64/helm", content: hostile(trace) });
    upstream.serve(helmUrl(version), archive);
    upstream.serve(
      `${helmUrl(version)}.sha256sum`,
      `${sha256(archive)}  helm-${version}-linux-amd64.tar.gz\n`,
    );
    return archive;
  }

  test("a mirror's tool, chart and dashboard are not those of a run without that mirror", async () => {
    const mirror = await createUpstream();
    publishHostile(mirror);
    publish(mirror, "hostile");
    publishHelm(machine.upstream, version);
    publish(machine.upstream, "genuine");
    const throughMirror = { ...machine.config, mirrors: mirror.mirrors };
    await installTool(machine.context, throughMirror, "helm", quick);
    await fetchChart(machine.context, throughMirror, ref, quick);
    await fetchDashboard(machine.context, throughMirror, dashboard, quick);
    await mirror[Symbol.asyncDispose]();
    await rm(trace);

    await helm();

    expect(await wasRun()).toBe(false);
    expect(await fetchChart(machine.context, machine.config, ref, quick)).toMatchObject({
      appVersion: "genuine",
    });
    const { text } = await fetchDashboard(machine.context, machine.config, dashboard, quick);
    expect(JSON.parse(text)).toEqual({ title: "genuine" });
  });

  test("a lock's tool is not that of a run without that lock", async () => {
    const archive = publishHostile(machine.upstream);
    await helm(lockedHelm(archive));
    await rm(trace);
    publishHelm(machine.upstream, version);
    expect((await helm()).origin).toBe(helmUrl(version));
    expect(await wasRun()).toBe(false);
  });

  test("the same bytes serve both, and only the checksum is asked for", async () => {
    await helm(lockedHelm(publishHelm(machine.upstream, version)));
    machine.upstream.requests.length = 0;
    expect((await helm()).origin).toBe("cache");
    expect(machine.upstream.requests).toEqual([`GET ${helmUrl(version)}.sha256sum`]);
    machine.upstream.requests.length = 0;
    expect((await helm()).origin).toBe("cache");
    expect(machine.upstream.requests).toEqual([]);
  });

  test("a bundle's tool is not that of a run without that bundle, nor of one with another bundle", async () => {
    const archive = publishHelm(machine.upstream, version);
    const folder = join(machine.home, "from-bundle");
    await mkdir(folder);
    await writeFile(join(folder, "helm"), hostile(trace), { mode: 0o755 });
    const digest = "a".repeat(64);
    const program = sha256(hostile(trace));
    const label = { arch: "amd64", url: helmUrl(version) } as const;
    await keepTool(
      machine.context,
      { name: "helm", version, sha256: program, bundle: digest },
      folder,
      label,
    );
    const { supply } = lockedHelm(archive);
    const withBundle = (of: string) => ({
      ...quick,
      supply: { ...supply, offline: "--bundle", bundle: { digest: of, programs: { helm: program } } },
    });

    expect((await helm(lockedHelm(archive))).origin).toBe(helmUrl(version));
    expect((await helm()).origin).not.toBe("path");
    await expect(helm(withBundle("b".repeat(64)))).rejects.toThrow(/--bundle allows no request/);
    expect(await wasRun()).toBe(false);
    expect((await helm(withBundle(digest))).origin).toBe("cache");
    expect(await wasRun()).toBe(true);
  });
});

describe("a version that is more than a version", () => {
  const outside = [
    "v../../x",
    "v4.1.4/../../../../x",
    "v4.1.4-a/../../x",
    "v4.1.4-..",
    "v4.1.4\n",
    "v4.1.4\u0000",
    "v4.1.4+k3s1/..",
    `v4.1.4-${"a".repeat(5_000)}`,
  ];

  test.each(outside)(
    "%j in a lock is refused with its line, and nothing is written or removed",
    async (hostileVersion) => {
      const one = { url: helmUrl(version), sha256: sha256("x") };
      const lock = lockOf({
        tools: { helm: { asked: "stable", version: hostileVersion, amd64: one, arm64: one } },
      });
      const victim = join(machine.home, "x");
      await mkdir(victim);
      expect(() => parseLock(printLock(lock), "monstack.lock")).toThrow(
        /^monstack\.lock:\d+:\d+: tools\.helm\.version: .* is not a release such as v4\.1\.4/,
      );
      // However it would come there: no path leaves the cache.
      const options = { ...quick, supply: { lock, lockedBy: "monstack.lock", offline: undefined } };
      await expect(installTool(machine.context, machine.config, "helm", options)).rejects.toThrow();
      expect(await readdir(machine.home)).toEqual(["x"]);
    },
  );

  test.each(["v1.36.3+k3s1", "v1.37.0-rc.1+k3s12", "v1.36.3-alpha1-2+k3s1"])("%s is one", (release) => {
    const one = { url: k3sUrl(k3s), sha256: sha256("x") };
    const lock = lockOf({ tools: { k3s: { asked: "stable", version: release, amd64: one, arm64: one } } });
    expect(parseLock(printLock(lock), "monstack.lock").tools.k3s?.version).toBe(release);
  });
});

describe("a path that a file names as a program of the cache", () => {
  const isVerified = (path: string) => isVerifiedProgram(machine.host, path);

  test("is verified by the sha256 in it", async () => {
    const { path } = await helm(lockedHelm(publishHelm(machine.upstream, version)));
    expect(await isVerified(path)).toBe(true);
    await writeFile(path, hostile(trace));
    expect(await isVerified(path)).toBe(false);
  });

  test("is none outside of the cache, beside an entry, or by a detour", async () => {
    const { path } = await helm(lockedHelm(publishHelm(machine.upstream, version)));
    const beside = join(dirname(path), "kubectl");
    await writeFile(beside, hostile(trace));
    const root = join(getCacheFolder(machine.host), "tools");
    const old = join(root, "monstack-helm/4.1.4/amd64");
    await mkdir(old);
    await writeFile(join(old, "helm"), hostile(trace));
    for (const other of [
      "/bin/sh",
      beside,
      `${dirname(path)}/../${sha256("x")}/helm`,
      `${dirname(path)}/./helm`,
      `${path}/`,
      `${path}\n`,
      path.slice(1),
      join(old, "helm"),
      join(root, `../tools/monstack-helm/../monstack-helm/4.1.4/${sha256("x")}/helm`),
      "",
    ])
      expect(await isVerified(other), other).toBe(false);
  });
});

test("a program that was swapped after it was kept is refused in each later run, not just the next", async () => {
  const options = lockedHelm(publishHelm(machine.upstream, version));
  for (let run = 0; run < 3; run++) {
    const { path } = await helm(options);
    await cp("/bin/true", path, { force: true });
    await chmod(path, 0o755);
  }
  expect(await readFile((await helm(options)).path, "utf8")).toBe(program.helm(version));
});
