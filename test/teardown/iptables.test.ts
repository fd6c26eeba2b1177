import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import type { HostSnapshot } from "../../src/journal/types.ts";
import { removeRules, removeTables } from "../../src/teardown/netfilter.ts";
import { findLeaks, takeSnapshot } from "../../src/teardown/snapshot.ts";

const real = await createHost();
const recorded = (name: string) => readFileSync(new URL(`recorded/${name}`, import.meta.url), "utf8");
const entry = {
  kind: "k3s",
  at: "",
  binary: "/nowhere/k3s",
  dataDir: "/nowhere/data",
  unit: undefined,
  paths: [],
} as const;

async function canMakeNetworks(): Promise<boolean> {
  if (real.rights === "none") return false;
  const argv = ["unshare", "--net", "sh", "-c", "PATH=$PATH:/usr/sbin; iptables -t nat -S"] as const;
  return (await real.exec(argv, { root: true, allowFailure: true })).exitCode === 0;
}

describe.skipIf(!(await canMakeNetworks()))("real iptables in a network of its own", () => {
  let holder: ChildProcess;
  let host: Host;
  beforeAll(async () => {
    const sudo = real.rights === "sudo" ? ["sudo", "-n"] : [];
    const [command = "", ...args] = [...sudo, "unshare", "--net", "sh", "-c", "echo $$; exec sleep 300"];
    holder = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    const pid = await new Promise<string>((resolve) =>
      holder.stdout?.once("data", (data: Buffer) => resolve(data.toString().trim())),
    );
    const enter = ["nsenter", `--net=/proc/${pid}/ns/net`] as const;
    host = { ...real, exec: (argv, options) => real.exec([...enter, ...argv], options) };
  });
  afterAll(() => holder.kill());

  const restore = (tool: string, text: string) =>
    host.exec(["sh", "-c", `PATH=$PATH:/usr/sbin; exec ${tool}-restore --noflush`], {
      root: true,
      input: text,
    });
  // The legacy tool has no way to take a table back; of nftables' only nft can, where it is installed.
  const hasNft = spawnSync("sh", ["-c", "PATH=$PATH:/usr/sbin; command -v nft"]).status === 0;
  const staying = hasNft ? /legacy -t \w+$/ : /(legacy|nft) -t \w+$/;
  const rules = ({ iptables }: HostSnapshot) => iptables.filter((line) => !staying.test(line)).sort();

  it.each([
    ["nft", "iptables-nft", "ip6tables-nft"],
    ["legacy", "iptables-legacy", "ip6tables-legacy"],
  ])("takes all of k3s' away and keeps all of the host's (%s)", async (_, v4, v6) => {
    await restore(v4, recorded("docker-before.txt"));
    const before = await takeSnapshot(host);
    // As kube-proxy and the CNI plugins add theirs: between and around what is there.
    const theirs = recorded("docker-and-k3s.txt")
      .split("\n")
      .filter((line) => /^[*C]|KUBE|CNI|FLANNEL/.test(line))
      .join("\n");
    await restore(v4, `${theirs}\n`);
    await restore(v6, "*filter\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\nCOMMIT\n");
    const dirty = await takeSnapshot(host);
    expect(findLeaks(before, dirty).filter(({ kind }) => kind === "iptables").length).toBeGreaterThan(30);

    await removeRules(host, { entry, before }, dirty);
    await removeTables(host, { entry, before }, dirty);

    const after = await takeSnapshot(host);
    expect(rules(after)).toEqual(rules(before));
    expect(after.iptables.join("\n")).toContain("the office: may come in");
  });

  it("keeps a cluster's rules that were there before", async () => {
    await restore("iptables-nft", "*nat\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\nCOMMIT\n");
    const before = await takeSnapshot(host);
    await restore("iptables-nft", "*nat\n:KUBE-SVC-NEW - [0:0]\n-A KUBE-SERVICES -j KUBE-SVC-NEW\nCOMMIT\n");
    await removeRules(host, { entry, before }, await takeSnapshot(host));
    expect(rules(await takeSnapshot(host))).toEqual(rules(before));
  });
});
