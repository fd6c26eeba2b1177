import { createHash } from "node:crypto";
import type { Lock, LockedChart, LockedDashboard, LockedTool } from "../../src/lockfile/lock.ts";

export function hexOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function tool(version: string, asked = version): LockedTool {
  const download = (arch: string) => ({
    url: `https://get.example/${version}-${arch}`,
    sha256: hexOf(version + arch),
  });
  return { asked, version, amd64: download("amd64"), arm64: download("arm64") };
}

export function chart(name: string, version: string, asked: string | undefined = version): LockedChart {
  const url = `https://charts.example/${name}-${version}.tgz`;
  return {
    from: "https://charts.example",
    name,
    ...(asked === undefined ? {} : { asked }),
    version,
    url,
    sha256: hexOf(url),
  };
}

export function dashboard(id: number, revision: number, asked?: number): LockedDashboard {
  const url = `https://grafana.com/api/dashboards/${id}/revisions/${revision}/download`;
  return { from: String(id), ...(asked === undefined ? {} : { asked }), revision, url, sha256: hexOf(url) };
}

export function lockOf(parts: Partial<Lock> = {}): Lock {
  return {
    lockVersion: 1,
    monstack: "1.0.0",
    profile: "ci",
    tools: {
      k3s: tool("v1.36.3+k3s1", "stable"),
      helm: tool("v4.2.3", "default"),
      kubectl: tool("v1.36.3", "default"),
    },
    charts: [chart("prometheus", "29.27.0", "default")],
    dashboards: [],
    images: [
      "docker.io/rancher/local-path-provisioner:v0.0.37",
      "docker.io/rancher/mirrored-coredns-coredns:1.14.6",
      "docker.io/rancher/mirrored-library-busybox:1.37.0",
      "docker.io/rancher/mirrored-pause:3.10.2",
      "quay.io/prometheus/prometheus:v3.14.0",
    ].map((image) => ({ image, digest: `sha256:${hexOf(image)}` })),
    ...parts,
  };
}
