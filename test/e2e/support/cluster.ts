import { resolve } from "node:path";
import type { Machine } from "./machine.ts";

const k3s = resolve(import.meta.dirname, "../../../lab/out/k3s");

/**
 * Starts a cluster that monstack knows nothing of, as an existing one. The machine needs a shared root mount.
 * @param args added to the end of k3s' command line
 */
export async function startForeignCluster(machine: Machine, args: readonly string[] = []): Promise<void> {
  const began = await machine.run(["bash", "-c", setUp, "set-up", ...args]);
  if (began.exitCode !== 0) throw new Error(`the existing cluster did not start:\n${began.output}`);
}

const registries = ["docker.io", "quay.io", "registry.k8s.io"]
  .map((name) => `  ${name}: { endpoint: ["http://203.0.113.1:5000/v2/${name}"] }`)
  .join("\n");

const setUp = `
set -e
data=/var/lib/rancher/k3s
mkdir -p $data/agent/etc/containerd/config-v3.toml.d /etc/rancher/k3s
printf "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n" > $data/agent/etc/containerd/config-v3.toml.d/oom.toml
cat > /etc/rancher/k3s/registries.yaml <<Y
mirrors:
${registries}
Y
setsid ${k3s} server --disable traefik,servicelb,metrics-server --kubelet-arg=fail-cgroupv1=false "$@" > /var/lib/rancher/k3s.log 2>&1 < /dev/null &
for _ in $(seq 240); do
  ${k3s} kubectl get nodes 2>/dev/null | grep -q ' Ready' && exit 0
  sleep 0.25
done
tail -30 /var/lib/rancher/k3s.log
exit 1
`;
