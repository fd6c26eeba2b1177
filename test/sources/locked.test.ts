import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LockedTool } from "../../src/lockfile/lock.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { fetchK3sImageList, fetchPublishedTool } from "../../src/sources/tools/releases.ts";
import { createWeb } from "../../src/sources/web/web.ts";
import { lockOf } from "../lock/locks.ts";
import { chartTgz } from "./archives.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { helmUrl, k3sUrl, kubectlUrl, publishHelm, publishK3s } from "./tool-releases.ts";
import { htmlPage, sha256, status } from "./upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

function lockedBy(parts: Parameters<typeof lockOf>[0]) {
  return { ...quick, supply: { lock: lockOf(parts), lockedBy: "ci/monstack.lock", offline: undefined } };
}

function logged() {
  return machine.log.lines.map(({ message }) => message).join("\n");
}

describe("a locked tool", () => {
  const version = "v4.1.4";
  const helm = (bytes: Uint8Array): LockedTool => ({
    asked: "stable",
    version,
    amd64: { url: helmUrl(version), sha256: sha256(bytes) },
    arm64: { url: helmUrl(version, "arm64"), sha256: sha256("arm") },
  });
  const install = (locked: LockedTool) => {
    const config = { ...machine.config, helm: { ...machine.config.helm, version: "stable" } };
    return installTool(machine.context, config, "helm", lockedBy({ tools: { helm: locked } }));
  };

  test("comes from its URL, and neither a channel nor a checksum file is asked", async () => {
    const bytes = publishHelm(machine.upstream, version);
    const tool = await install(helm(bytes));
    expect(tool).toMatchObject({ version, asked: "stable", sha256: sha256(bytes), origin: helmUrl(version) });
    expect(machine.upstream.requests).toEqual([`GET ${helmUrl(version)}`]);
  });

  test("comes from the cache without a request", async () => {
    const locked = helm(publishHelm(machine.upstream, version));
    await install(locked);
    machine.upstream.requests.length = 0;
    expect(await install(locked)).toMatchObject({ version, origin: "cache" });
    expect(machine.upstream.requests).toEqual([]);
  });

  test("of other bytes is refused with both checksums and is not kept, however right upstream's own one is", async () => {
    const bytes = publishHelm(machine.upstream, version);
    const locked = helm(Buffer.from("what was there before"));
    const expected = `helm v4.1.4 is not what ci/monstack.lock says: expected sha256 ${locked.amd64.sha256}, got ${sha256(bytes)}`;
    await expect(install(locked)).rejects.toThrow(expected);
    await expect(install(locked)).rejects.toThrow("the download was discarded");
    const both = machine.upstream.requests.filter((request) => request === `GET ${helmUrl(version)}`);
    expect(both).toHaveLength(2);
  });

  test("is not taken from a cache that has other bytes of the version", async () => {
    const { context, config, upstream } = machine;
    publishHelm(upstream, version);
    await installTool(context, config, "helm", quick);
    const other = chartTgz("not-a-helm", "1.0.0");
    upstream.serve(helmUrl(version), other);
    await expect(install(helm(other))).rejects.toThrow(/linux-amd64\/helm/);
    expect(upstream.requests.at(-1)).toBe(`GET ${helmUrl(version)}`);
  });

  test("that the lock doesn't have is not fetched", async () => {
    const { context, config } = machine;
    const options = lockedBy({ tools: {} });
    await expect(installTool(context, config, "kubectl", options)).rejects.toThrow(
      "kubectl is not in ci/monstack.lock, so it is not fetched",
    );
    expect(machine.upstream.requests).toEqual([]);
  });
});

describe("a locked chart", () => {
  const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");
  const url = "https://github.com/prometheus-community/helm-charts/releases/download/p/prometheus.tgz";
  const from = "https://prometheus-community.github.io/helm-charts";
  const chart = (bytes: Uint8Array) => ({
    from,
    name: "prometheus",
    version: "29.27.0",
    url,
    sha256: sha256(bytes),
  });
  const fetch = (bytes: Uint8Array, repoUrl = `${from}/`) => {
    const ref = { kind: "repo", repo: "community", repoUrl, name: "prometheus", version: "29.27.0" } as const;
    return fetchChart(machine.context, machine.config, ref, lockedBy({ charts: [chart(bytes)] }));
  };

  test("comes from its URL, and its repository is not asked; the second time nobody is", async () => {
    machine.upstream.serve(url, archive);
    const got = await fetch(archive);
    expect(got).toMatchObject({ version: "29.27.0", sha256: sha256(archive), origin: url });
    expect(await fetch(archive)).toEqual(got);
    expect(machine.upstream.requests).toEqual([`GET ${url}`]);
    expect(logged()).toContain("sha256 as ci/monstack.lock says");
  });

  test("of other bytes is refused and not kept", async () => {
    machine.upstream.serve(url, chartTgz("prometheus", "29.27.0", "v3.14.1"), archive);
    await expect(fetch(archive)).rejects.toThrow(
      /^chart community\/prometheus 29.27.0 is not what ci\/monstack.lock says/,
    );
    expect((await fetch(archive)).sha256).toBe(sha256(archive));
  });

  test("of another repository is another chart", async () => {
    await expect(fetch(archive, "https://elsewhere.example")).rejects.toThrow(
      "chart community/prometheus is not in ci/monstack.lock",
    );
  });

  test("in an image registry is pulled in the locked version, and held to the locked bytes", async () => {
    const path = join(machine.home, "helm");
    await writeFile(join(machine.home, "prometheus.tgz"), archive);
    await writeFile(
      path,
      `#!/bin/sh\necho "$@" >> ${machine.home}/calls\nfor last; do :; done; cp "$(dirname "$0")/prometheus.tgz" "$last/p.tgz"\n`,
      { mode: 0o755 },
    );
    const helm = Promise.resolve({
      name: "helm",
      path,
      asked: "v4",
      version: "v4.1.4",
      sha256: "",
      origin: "path",
    } as const);
    const ref = { kind: "oci", url: "oci://ghcr.io/org/prometheus", version: "29.27.0" } as const;
    const pull = (bytes: Uint8Array) => {
      const charts = [{ ...chart(bytes), from: ref.url, name: "", url: ref.url }];
      return fetchChart(machine.context, { mirrors: {} }, ref, { ...lockedBy({ charts }), helm });
    };
    await expect(pull(Buffer.from("other"))).rejects.toThrow(
      `chart oci://ghcr.io/org/prometheus 29.27.0 is not what ci/monstack.lock says: expected sha256 ${sha256("other")}, got ${sha256(archive)}`,
    );
    expect(await pull(archive)).toMatchObject({ version: "29.27.0", sha256: sha256(archive) });
  });
});

describe("a locked dashboard", () => {
  const text = JSON.stringify({ title: "Node Exporter Full", panels: [] });
  const url = "https://grafana.com/api/dashboards/1860/revisions/37/download";
  const fetch = (bytes: string, revision?: number) => {
    const dashboards = [{ from: "1860", revision: 37, url, sha256: sha256(bytes) }];
    const source = { kind: "id", id: 1860, revision } as const;
    return fetchDashboard(machine.context, machine.config, source, lockedBy({ dashboards }));
  };

  test("is the locked revision, whichever is the newest; the second time nobody is asked", async () => {
    machine.upstream.serve(url, text);
    const got = { text, revision: 37, sha256: sha256(text), origin: url };
    expect(await fetch(text)).toEqual(got);
    expect(await fetch(text, 37)).toEqual(got);
    expect(machine.upstream.requests).toEqual([`GET ${url}`]);
  });

  test("of other bytes is refused, and a web page is told as one", async () => {
    machine.upstream.serve(url, text, htmlPage);
    await expect(fetch("{}")).rejects.toThrow(
      /^dashboard 1860 revision 37 is not what ci\/monstack.lock says/,
    );
    await expect(fetch("{}")).rejects.toThrow("is not a dashboard: it is a web page");
  });

  test("that is not in the lock is not fetched", async () => {
    await expect(fetch(text, 36)).rejects.toThrow("dashboard 1860 is not in ci/monstack.lock");
    expect(machine.upstream.requests).toEqual([]);
  });
});

describe("what is published for a lock", () => {
  const web = () => createWeb(machine.context, machine.config, quick);

  test("is the channel's version with a checksum for each architecture, and no program is downloaded", async () => {
    const { upstream } = machine;
    const k3s = publishK3s(upstream, "v1.36.3+k3s1");
    upstream.serve(k3sUrl("v1.36.3+k3s1", "sha256sum-arm64.txt"), `${sha256("arm")}  k3s-arm64\n`);
    upstream.serve("https://update.k3s.io/v1-release/channels/stable", (_request, response) =>
      response.writeHead(302, { location: "https://github.com/k3s-io/k3s/releases/tag/v1.36.3+k3s1" }).end(),
    );
    expect(await fetchPublishedTool(web(), "k3s", "stable")).toEqual({
      version: "v1.36.3+k3s1",
      amd64: { url: k3sUrl("v1.36.3+k3s1"), sha256: sha256(k3s) },
      arm64: { url: k3sUrl("v1.36.3+k3s1", "k3s-arm64"), sha256: sha256("arm") },
    });
    expect(upstream.requests.filter((request) => /k3s(-arm64)?$/.test(request))).toEqual([]);
  });

  test("ends when one architecture's checksum is missing, naming it", async () => {
    machine.upstream.serve(`${kubectlUrl("v1.36.3")}.sha256`, sha256("kubectl"));
    machine.upstream.serve(kubectlUrl("v1.36.3", "arm64"), "kubectl");
    await expect(fetchPublishedTool(web(), "kubectl", "v1.36.3")).rejects.toThrow(
      /no checksum of kubectl: 404 at .*\/arm64\/kubectl\.sha256/,
    );
  });

  test("is k3s' list of images, and nothing that only looks like an answer", async () => {
    const url = k3sUrl("v1.36.3+k3s1", "k3s-images.txt");
    machine.upstream.serve(
      url,
      "docker.io/rancher/mirrored-pause:3.6\r\ndocker.io/rancher/klipper-lb:v0.4\n",
      htmlPage,
      "",
      status(404),
    );
    expect(await fetchK3sImageList(web(), "v1.36.3+k3s1")).toEqual([
      "docker.io/rancher/mirrored-pause:3.6",
      "docker.io/rancher/klipper-lb:v0.4",
    ]);
    await expect(fetchK3sImageList(web(), "v1.36.3+k3s1")).rejects.toThrow(
      /k3s-images.txt .* is not a list of images: "<!DOCTYPE/,
    );
    await expect(fetchK3sImageList(web(), "v1.36.3+k3s1")).rejects.toThrow("is not a list of images");
    await expect(fetchK3sImageList(web(), "v1.36.3+k3s1")).rejects.toThrow("404");
  });
});
