import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Source } from "../../../src/bundle/create.ts";
import type { Context } from "../../../src/host/host.ts";
import type { Lock } from "../../../src/lockfile/lock.ts";
import type { Tool, ToolName } from "../../../src/lockfile/tools.ts";
import { getArchivePath } from "../../../src/sources/charts/cache.ts";
import { getTextPath as dashboardPath } from "../../../src/sources/published-dashboard.ts";
import { fetchStored } from "../../registry/pulling.ts";
import { chartTgz } from "../../sources/archives.ts";
import type { LocalRegistry } from "../../sources/images/local-registry.ts";
import { putImage } from "../../sources/images/test-image.ts";
import type { Machine } from "../../sources/machine.ts";
import { sha256 } from "./bundles.ts";

const programs = {
  k3s: { version: "v1.36.3+k3s1", says: "k3s version v1.36.3+k3s1" },
  helm: { version: "v4.1.4", says: "v4.1.4" },
  kubectl: { version: "v1.36.3", says: '{"clientVersion":{"gitVersion":"v1.36.3"}}' },
} satisfies Record<ToolName, unknown>;

export const chartRef = {
  kind: "repo",
  repo: "charts",
  repoUrl: "https://charts.example",
  name: "prometheus",
  version: "29.27.0",
} as const;

/** As this user, whoever runs the tests. */
export function unprivileged({ host, ...context }: Context): Context {
  return {
    ...context,
    host: { ...host, exec: (argv, options) => host.exec(argv, { ...options, root: false }) },
  };
}

/** Everything that a run of this machine would have in its cache and in its containerd. */
export async function sourceOn(machine: Machine, registry: LocalRegistry): Promise<Source> {
  const context = unprivileged(machine.context);
  const images = [putImage(registry), putImage(registry, { repository: "team/other", layers: ["other"] })];
  const tools = await Promise.all((["k3s", "helm", "kubectl"] as const).map((name) => toolOn(machine, name)));
  const chart = await placed((hash) => getArchivePath(context.host, hash), chartTgz("prometheus", "29.27.0"));
  const dashboard = await placed(
    (hash) => dashboardPath(context.host, hash),
    Buffer.from('{"title":"Node"}'),
  );
  const lock: Lock = {
    lockVersion: 1,
    monstack: "0.1.0",
    profile: "ci",
    tools: Object.fromEntries(
      tools.map(({ name, version, sha256 }) => {
        const download = { url: `https://tools.example/${name}`, sha256 };
        return [name, { asked: version, version, amd64: download, arm64: download }];
      }),
    ),
    charts: [
      {
        from: chartRef.repoUrl,
        name: chartRef.name,
        asked: chartRef.version,
        version: chartRef.version,
        url: "https://charts.example/p.tgz",
        sha256: chart,
      },
    ],
    dashboards: [{ from: "1860", asked: 3, revision: 3, url: "https://grafana.com/x", sha256: dashboard }],
    images: images.map(({ image, digest }) => ({ image, digest })),
  };
  return {
    lock,
    tools,
    used: new Set([chart, dashboard]),
    images: await fetchStored(context, lock.images),
    containerd: await containerdOn(
      machine,
      images.map(({ image, digest }) => [image, digest]),
    ),
    verified: { at: "2026-11-20T10:00:00.000Z", checks: ["prometheus-ready"] },
    monstack: "0.1.0",
  };
}

/** A k3s that answers for its containerd as `ctr` does: these images, each of which runs. */
export async function containerdOn(
  machine: Machine,
  images: readonly (readonly [string, string])[],
  ran = images.map(([ref]) => ref),
) {
  const type = "application/vnd.oci.image.manifest.v1+json";
  const rows = images.map(
    ([ref, digest]) => `${ref} ${type} ${digest} 1.0 MiB linux/amd64 io.cri-containerd.image=managed`,
  );
  const containers = ran.map((ref, index) => `${index}d2f ${ref} io.containerd.runc.v2`);
  const script = `#!/bin/sh
case "$*" in
  "ctr --namespace k8s.io images ls") cat <<'X'
REF TYPE DIGEST SIZE PLATFORMS LABELS
${rows.join("\n")}
X
  ;;
  "ctr --namespace k8s.io containers ls") cat <<'X'
CONTAINER    IMAGE    RUNTIME
${containers.join("\n")}
X
  ;;
  *) echo "$*" >&2; exit 1 ;;
esac
`;
  const k3s = join(machine.home, "containerd", "k3s");
  await mkdir(dirname(k3s), { recursive: true });
  await writeFile(k3s, script);
  await chmod(k3s, 0o755);
  return { k3s, dataDir: join(machine.home, "k3s-data") };
}

/** As a run has it; of helm's archive only the program counts here. */
async function toolOn({ home }: Machine, name: ToolName): Promise<Tool> {
  const { version, says } = programs[name];
  const text = `#!/bin/sh\necho '${says}'\n`;
  const path = join(home, "tools", name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o755 });
  return { name, path, asked: version, version, sha256: sha256(Buffer.from(text)), origin: "cache" };
}

async function placed(where: (hash: string) => string, bytes: Uint8Array): Promise<string> {
  const hash = sha256(bytes);
  await mkdir(dirname(where(hash)), { recursive: true });
  await writeFile(where(hash), bytes);
  return hash;
}
