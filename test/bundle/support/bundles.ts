import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { createTarHeader, createTarPadding, tarEnd } from "../../../src/archive/tar-writer.ts";
import type { Manifest } from "../../../src/bundle/manifest.ts";
import type { Lock } from "../../../src/lockfile/lock.ts";
import { chartTgz } from "../../sources/archives.ts";

/** A file in a bundle; of what is compressed also what it is without that. */
export interface Entry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly unpacked?: Buffer;
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function zst(name: string, unpacked: Buffer): Entry {
  return { name, bytes: zstdCompressSync(unpacked), unpacked };
}

const program = (name: string, says: string) =>
  zst(`tools/${name}.zst`, Buffer.from(`#!/bin/sh\necho '${says}'\n`));
const chart = chartTgz("prometheus", "29.27.0", "v3.14.0");
const image = Buffer.from("an image's layer".repeat(100));
const dashboard = Buffer.from('{"title":"Node","panels":[]}');
export const imageDigest = `sha256:${"d".repeat(64)}`;

const download = (name: string, hex: string) => ({
  url: `https://tools.example/${name}`,
  sha256: hex.repeat(64),
});
const asked = {
  amd64: { url: "https://tools.example/x", sha256: "a".repeat(64) },
  arm64: { url: "https://tools.example/y", sha256: "b".repeat(64) },
};

export const lock: Lock = {
  lockVersion: 1,
  monstack: "0.1.0",
  profile: "ci",
  tools: {
    k3s: { asked: "stable", version: "v1.36.3+k3s1", ...asked },
    helm: { asked: "stable", version: "v4.1.4", ...asked },
    kubectl: { asked: "stable", version: "v1.36.3", ...asked },
  },
  charts: [
    {
      from: "https://charts.example",
      name: "prometheus",
      version: "29.27.0",
      url: "https://charts.example/p.tgz",
      sha256: sha256(chart),
    },
  ],
  dashboards: [
    {
      from: "1860",
      revision: 3,
      url: "https://grafana.com/api/dashboards/1860/revisions/3/download",
      sha256: sha256(dashboard),
    },
  ],
  images: [{ image: "docker.io/grafana/grafana:13.2.0", digest: imageDigest }],
};

export function bundleLock(): Entry {
  return { name: "monstack.lock", bytes: Buffer.from(JSON.stringify(lock)) };
}

/** One part of each kind. */
export function wholeParts(): Entry[] {
  return [
    bundleLock(),
    program("k3s", "k3s version v1.36.3+k3s1"),
    program("helm", "v4.1.4"),
    program("kubectl", '{"clientVersion":{"gitVersion":"v1.36.3"}}'),
    { name: `charts/${sha256(chart)}.tgz`, bytes: chart },
    { name: `dashboards/${sha256(dashboard)}.json`, bytes: dashboard },
    { name: `blobs/${sha256(image)}`, bytes: image },
  ];
}

export function manifestOf(parts: readonly Entry[], arch: Manifest["arch"] = "amd64"): Manifest {
  const only = (folder: string) => parts.filter(({ name }) => name.startsWith(`${folder}/`));
  return {
    format: 2,
    monstack: "0.1.0",
    createdAt: "2026-11-20T10:00:00.000Z",
    arch,
    profile: "ci",
    verified: { at: "2026-11-20T09:59:00.000Z", checks: ["prometheus-ready", "grafana-healthy"] },
    tools: only("tools").map(({ name: path }) => {
      const name = path.slice(6, -4) as "k3s" | "helm" | "kubectl";
      return { name, version: lock.tools[name]?.version ?? "", path, download: download(name, "a") };
    }),
    charts: only("charts").map(({ name: path }) => ({ name: "prometheus", version: "29.27.0", path })),
    dashboards: only("dashboards").map(({ name: path }) => ({ from: "1860", revision: 3, path })),
    images: only("blobs").map(({ name }) => ({
      image: "docker.io/grafana/grafana:13.2.0",
      digest: imageDigest,
      blobs: [name.replace("blobs/", "sha256:")],
    })),
    parts: parts.map(({ name, bytes, unpacked }) => ({
      path: name,
      bytes: bytes.length,
      sha256: sha256(bytes),
      ...(unpacked === undefined ? {} : { unpacked: { bytes: unpacked.length, sha256: sha256(unpacked) } }),
    })),
  };
}

/** A tar archive with these files, in this order. */
export function tarOf(entries: readonly { name: string; bytes: Buffer }[]): Buffer {
  const blocks = entries.flatMap(({ name, bytes }) => [
    createTarHeader({ name, size: bytes.length, modifiedAt: 0 }),
    bytes,
    createTarPadding(bytes.length),
  ]);
  return Buffer.concat([...blocks, tarEnd]);
}

export const manifestEntry = (manifest: unknown) => ({
  name: "manifest.json",
  bytes: Buffer.from(JSON.stringify(manifest)),
});

/** A bundle of these parts, with the manifest that they ask for. */
export function bundleOf(parts: readonly Entry[] = wholeParts(), arch?: Manifest["arch"]): Buffer {
  return tarOf([manifestEntry(manifestOf(parts, arch)), ...parts]);
}

export async function written(folder: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, "given.tar");
  await writeFile(file, bytes);
  return file;
}
