import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";

const cli = resolve(import.meta.dirname, "../../dist/cli.js");

/** A user as runners have one: not root, but sudo works without a password. */
const user = `
set -e
useradd --no-create-home --home-dir "$1" runner
echo 'runner ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/runner
mkdir "$1"
chown runner "$1"
`;

/** What other software on a runner may have: a bridge and rules of its own CNI, a Kubernetes-like chain, folders. */
const own = `
set -e
ip link add cni-podman0 type bridge
ip addr add 10.88.0.1/16 dev cni-podman0
ip link set cni-podman0 up
iptables -t nat -N CNI-HOSTPORT-DNAT
iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp --dport 8123 -j DNAT --to-destination 10.88.0.5:80
iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
iptables -t nat -N KUBE-MARK-OWN
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
mkdir -p /var/lib/cni/networks/podman /etc/rancher/other
echo 10.88.0.5 > /var/lib/cni/networks/podman/last_reserved_ip.0
echo keep > /etc/rancher/other/file
ip netns add mine
`;

/**
 * Everything of the host that a cluster could touch, without counters, and without nftables' empty tables: only nft, where
 * it is installed, can take those back.
 */
const look = `
iptables-save | grep -vE '^(#|[*]|COMMIT|:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT)' | sed 's/\\[[0-9:]*\\]//' | sort
ip -o -4 addr | awk '{ print $2, $4 }' | sort
ip -o link | awk -F': ' '{ print $2 }' | sort
ip netns list
find /var/lib/cni /etc/rancher /var/lib/rancher /var/lib/kubelet /run/netns /run/flannel -mindepth 1 2>/dev/null | sort
sysctl -n net.ipv4.ip_forward
`;

async function hostState(machine: Machine): Promise<string[]> {
  const seen = await machine.run(["bash", "-c", look]);
  return seen.stdout.split("\n");
}

it("a user with sudo gets the whole job and owns the report, and all that the host had of its own is kept", async () => {
  await using machine = await startMachine();
  const home = join(machine.folder, "home");
  await machine.run(["chmod", "755", machine.folder]);
  const made = await machine.run(["bash", "-c", user, "bash", home]);
  expect(made.exitCode, made.output).toBe(0);
  const there = await machine.run(["bash", "-c", own]);
  expect(there.exitCode, there.output).toBe(0);
  const before = await hostState(machine);
  expect(before.join("\n")).toMatch(/KUBE-MARK-OWN.*cni-podman0/s);

  const as = ["setpriv", "--reuid=runner", "--regid=runner", "--clear-groups", "env", `HOME=${home}`];
  const report = join(home, "report");
  const run = await machine.run([...as, process.execPath, cli, "run", "--report-dir", report]);
  expect(run.exitCode, run.output).toBe(0);
  expect(run.output).toContain("torn down, nothing left");
  expect(await hostState(machine)).toEqual(before);
  // Nothing in their home but the cache and the report.
  const left = await machine.run(["find", home, "!", "-path", `${home}/.cache/*`, "-printf", "%u %P\\n"]);
  const names = left.stdout.trim().split("\n").sort();
  expect(names).toEqual([
    "runner ",
    "runner .cache",
    "runner .local",
    "runner .local/state",
    "runner report",
    "runner report/junit.xml",
    "runner report/report.html",
    "runner report/results.json",
    "runner report/summary.md",
  ]);
});
