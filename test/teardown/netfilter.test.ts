import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { takeSnapshot } from "../../src/teardown/snapshot.ts";
import { networkNamespace } from "../support/network-namespace.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

type Network = Awaited<ReturnType<typeof networkNamespace>>;

const real = await createHost();
const at = "2026-11-02T09:12:01.500Z";

async function canRun(script: string): Promise<boolean> {
  if (real.rights === "none") return false;
  const argv = ["unshare", "--net", "sh", "-c", `PATH=$PATH:/usr/sbin:/sbin; ${script}`] as const;
  return (await real.exec(argv, { root: true, allowFailure: true })).exitCode === 0;
}
const hasIpset = await canRun("ipset list -n && iptables -S");
const hasConntrack = await canRun("conntrack -L");
const hasNft = await canRun("nft list tables");

/** A k3s of the journal that has run on a host as `network` is now. */
async function journalK3s(machine: Machine, network: Network, extra: object = {}): Promise<string> {
  const dataDir = join(machine.root, "var/lib/rancher/k3s");
  const journal = await openJournal(machine.context.host, machine.stateDir);
  const seen = await takeSnapshot(network.host);
  const { iptables, ipsets, nftTables } = seen;
  const before = { ...(await hostBefore(machine)), iptables, ipsets, nftTables };
  await journal.append({ kind: "begin", at, before, version: "0.1.0" });
  const binary = join(machine.root, "bin/k3s");
  await journal.append({ kind: "k3s", at, binary, dataDir, unit: undefined, paths: [dataDir], ...extra });
  return dataDir;
}

async function tearDownIn({ context, stateDir }: Machine, { host }: Network) {
  const result = await tearDown({ ...context, host }, { stateDir });
  const kinds = ["ipset", "iptables", "nft"];
  return { ...result, leaks: result.leaks.filter(({ kind }) => kinds.includes(kind)) };
}

/** As kube-router makes them for a NetworkPolicy: sets, and the rules that refer to them. */
const policies = `
for set in KUBE-SRC-3WSDIRD4ZQ6KQ2DQ KUBE-DST-VNVAIWGDOE2PZYBE kube-router-local-pods TMP-7PIYH5FAHX4FVZBV; do
  ipset create $set hash:ip; done
ipset create inet6:KUBE-SRC-3WSDIRD4ZQ6KQ2DQ hash:ip family inet6
ipset add KUBE-SRC-3WSDIRD4ZQ6KQ2DQ 10.42.0.7
for tool in iptables iptables-legacy; do
  $tool -N KUBE-ROUTER-FORWARD; $tool -N KUBE-NWPLCY-5YBVQ3TQ4JWQM3HT; $tool -N KUBE-POD-FW-TX4ZWGO2QEJGJ5MT
  $tool -I FORWARD -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
  $tool -A KUBE-ROUTER-FORWARD -d 10.42.0.7 -j KUBE-POD-FW-TX4ZWGO2QEJGJ5MT
  $tool -A KUBE-POD-FW-TX4ZWGO2QEJGJ5MT -j KUBE-NWPLCY-5YBVQ3TQ4JWQM3HT
  $tool -A KUBE-NWPLCY-5YBVQ3TQ4JWQM3HT -m set --match-set KUBE-SRC-3WSDIRD4ZQ6KQ2DQ src -m set --match-set KUBE-DST-VNVAIWGDOE2PZYBE dst -j RETURN
done`;

describe.skipIf(!hasIpset)("what k3s' network policy controller leaves in the kernel", () => {
  it("goes with its rules, and the host's own sets and those of before stay", async () => {
    await using machine = await createMachine();
    await using network = await networkNamespace(machine.context.host);
    await network.run("ipset create office hash:net; ipset create KUBE-SRC-OF-BEFORE hash:ip");
    await network.run("iptables -A INPUT -m set --match-set office src -j ACCEPT");
    await journalK3s(machine, network);
    await network.run(policies);
    const { leaks, did } = await tearDownIn(machine, network);
    expect(await network.run("ipset list -n | sort")).toBe("KUBE-SRC-OF-BEFORE\noffice");
    expect(await network.run("iptables-save; iptables-legacy-save")).not.toContain("-ROUTER-");
    expect(await network.run("iptables -S INPUT")).toContain("--match-set office");
    expect(leaks).toEqual([]);
    expect(did).toContain("removed 5 ipsets");
  });

  it("is reported as left when the host still uses it", async () => {
    await using machine = await createMachine();
    await using network = await networkNamespace(machine.context.host);
    await journalK3s(machine, network);
    await network.run("ipset create KUBE-DST-HELD hash:ip; ipset create KUBE-SRC-FREE hash:ip");
    await network.run("ipset create office list:set; ipset add office KUBE-DST-HELD");
    const { leaks } = await tearDownIn(machine, network);
    expect(leaks).toEqual([{ kind: "ipset", what: "KUBE-DST-HELD" }]);
    expect(await network.run("ipset list -n | sort")).toBe("KUBE-DST-HELD\noffice");
  });

  it("is found with the ipset that k3s brings where the host has none", async () => {
    await using machine = await createMachine();
    const { host } = machine.context;
    await using network = await networkNamespace(host, ["/usr/sbin/ipset", "/sbin/ipset"]);
    const dataDir = await journalK3s(machine, network);
    const own = join(dataDir, "data/current/bin/aux/ipset");
    await mkdir(dirname(own), { recursive: true });
    const program = (await real.exec(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v ipset"])).stdout;
    await real.exec(["cp", "-L", program.trim(), own]);
    await chmod(own, 0o755);
    await network.run(`${own} create KUBE-SRC-A hash:ip; ${own} create KUBE-SRC-HELD hash:ip`);
    await network.run(`${own} create office list:set; ${own} add office KUBE-SRC-HELD`);
    const { leaks } = await tearDownIn(machine, network);
    // k3s' files, its ipset among them, are gone by the time of the comparison.
    expect(leaks).toEqual([{ kind: "ipset", what: "KUBE-SRC-HELD" }]);
  });

  it("is reported as unread where there is no program to read it", async () => {
    await using machine = await createMachine();
    await using network = await networkNamespace(machine.context.host, ["/usr/sbin/ipset", "/sbin/ipset"]);
    await journalK3s(machine, network);
    await tearDownIn(machine, network);
    const warnings = machine.context.log.lines.map(({ message }) => message).join("\n");
    expect(warnings).toContain("could not read the ipsets: the program ipset is neither");
  });
});

describe.skipIf(!hasConntrack)("connections of the cluster's networks that the kernel still tracks", () => {
  const track = (from: string, to: string, more = "") =>
    `conntrack -I -p udp -t 300 -s ${from} -d ${to} --sport 1000 --dport 53 ${more} 2>/dev/null`;
  const tracked = [
    track("10.42.0.7", "203.0.113.9"),
    track("192.0.2.1", "10.43.0.10"),
    // By a node port: only the reply comes from a pod.
    track("192.0.2.2", "192.0.2.1", "--dst-nat 10.42.0.9"),
    track("192.0.2.3", "203.0.113.9"),
    track("fd00:42::7", "2001:db8::9"),
  ];

  it("are removed, and the host's own stay", async () => {
    await using machine = await createMachine();
    await using network = await networkNamespace(machine.context.host);
    await journalK3s(machine, network, { networks: ["10.42.0.0/16", "10.43.0.0/16", "fd00:42::/56"] });
    await network.run(tracked.join("; "));
    expect(await network.run("conntrack -L 2>/dev/null")).toMatch(/^(udp.*\n?){5}$/);
    const { did } = await tearDownIn(machine, network);
    expect(await network.run("conntrack -L 2>/dev/null")).toMatch(/^udp .*src=192\.0\.2\.3 [^\n]*$/);
    expect(did).toContain("removed 4 tracked connections");
  });

  it("are noted, and not a leak, where no program can remove them", async () => {
    await using machine = await createMachine();
    const hidden = ["/usr/sbin/conntrack", "/sbin/conntrack"];
    await using network = await networkNamespace(machine.context.host, hidden);
    await journalK3s(machine, network, { networks: ["10.42.0.0/16"] });
    const { leaks, did } = await tearDownIn(machine, network);
    expect(leaks).toEqual([]);
    expect(did.join("\n")).toContain("left the kernel's tracked connections of 10.42.0.0/16 to expire");
  });
});

describe.skipIf(!hasNft)("tables of nftables that kube-proxy and the CNI plugins make", () => {
  it("go, and those of the host and of before stay", async () => {
    await using machine = await createMachine();
    await using network = await networkNamespace(machine.context.host);
    await network.run("nft add table inet office; nft add table ip cni_hostport");
    await journalK3s(machine, network);
    await network.run(
      "nft add table ip kube-proxy; nft add table ip6 kube-proxy; nft add chain ip kube-proxy x",
    );
    const { leaks } = await tearDownIn(machine, network);
    expect(await network.run("nft list tables")).toBe("table inet office\ntable ip cni_hostport");
    expect(leaks).toEqual([]);
  });
});
