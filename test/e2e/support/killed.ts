import { expect } from "vitest";
import type { Machine } from "./machine.ts";

const cli = `${process.cwd()}/dist/cli.js`;

/** Starts a monstack that can be sent signals, with state and report where `machine.monstack` has them. */
export function startMonstack(machine: Machine, command: "run" | "up") {
  const { folder } = machine;
  const where = ["--state-dir", `${folder}/state`, "--report-dir", `${folder}/report`];
  // A temporary folder of its own, which `down` knows only from the journal.
  const script = 'mkdir -p "$0"; TMPDIR=$0 exec "$@"';
  const started = machine.start([
    "sh",
    "-c",
    script,
    `${folder}/tmp`,
    process.execPath,
    cli,
    command,
    ...where,
  ]);
  return {
    ...started,
    // By its own arguments, and only inside the machine's own process namespace.
    signal: (name: "INT" | "KILL") =>
      machine.run(["pkill", `-${name}`, "-f", `cli.js ${command} --state-dir ${folder}`]),
  };
}

/** An `up` that is killed outright after these seconds. */
export async function killed(machine: Machine, seconds: number): Promise<void> {
  const up = startMonstack(machine, "up");
  await new Promise((done) => setTimeout(done, seconds * 1_000));
  await up.signal("KILL");
  await up.finished;
}

/** Nothing of Kubernetes on the machine: no process, mount, link, rule, set or path; and no temporary file of the run. */
export async function expectClean(machine: Machine): Promise<void> {
  const left = await machine.run([
    "bash",
    "-c",
    `ps -eo stat,args --no-headers | grep -v '^Z' | grep -E 'k3s|containerd|forward.js' | grep -v grep
     grep -E '/run/k3s|/var/lib/kubelet/|/run/netns/cni' /proc/mounts
     ip -o link | grep -E 'cni0|flannel|veth' | grep -vE 'eth0|uplink'
     iptables-save | grep -E 'KUBE-|CNI-|FLANNEL'
     command -v ipset >/dev/null && ipset list -n | grep -E 'KUBE-|kube-router'
     find ${machine.folder}/tmp -mindepth 1 2>/dev/null
     ls -d /etc/rancher/k3s /var/lib/rancher/k3s /var/lib/monstack /run/k3s ${machine.folder}/state 2>/dev/null
     true`,
  ]);
  expect(left.stdout).toBe("");
}
