import { describe, expect, test } from "vitest";
import { isNearlyFull, judgeDisk, parseDf } from "../../../src/cluster/preflight/disk.ts";
import { isK3sServer } from "../../../src/cluster/preflight/existing-k3s.ts";
import {
  hasSysResource,
  judgeCgroups,
  parseEnabledControllers,
  parseRootPropagation,
} from "../../../src/cluster/preflight/kernel.ts";
import { hasIpv6Default, parseDefaultDevice } from "../../../src/cluster/preflight/network.ts";
import { parseListeners } from "../../../src/cluster/preflight/ports.ts";
import * as recorded from "../support/recorded.ts";

const gib = 1024 ** 3;

test("CAP_SYS_RESOURCE is bit 24 of CapEff", () => {
  expect(hasSysResource(recorded.statusWithoutSysResource)).toBe(false);
  expect(hasSysResource(recorded.statusOfFullRoot)).toBe(true);
});

test("the propagation of / is told by its own line's optional fields, not another mount's", () => {
  expect(parseRootPropagation(recorded.mountinfoPrivate)).toBe("private");
  expect(parseRootPropagation(recorded.mountinfoShared)).toBe("shared");
  expect(parseRootPropagation(recorded.mountinfoSlave)).toBe("slave");
});

test("of several mounts on / the last one counts", () => {
  expect(parseRootPropagation(`${recorded.mountinfoShared}90 29 0:50 / / rw - overlay overlay rw\n`)).toBe(
    "private",
  );
});

describe("cgroups", () => {
  test("disabled controllers are missing", () => {
    expect(parseEnabledControllers(recorded.cgroupsTable)).toContain("memory");
    expect(parseEnabledControllers(recorded.cgroupsTableWithoutMemory)).not.toContain("memory");
    const [finding] = judgeCgroups("v1", parseEnabledControllers(recorded.cgroupsTableWithoutMemory));
    expect(finding).toMatchObject({ kind: "problem", id: "missing-cgroup-controllers" });
    expect(finding?.kind === "problem" && finding.message).toContain("memory");
  });

  test("v1 is adapted to, v2 needs nothing", () => {
    expect(judgeCgroups("hybrid", ["cpu", "memory"])).toMatchObject([
      { kind: "adaptation", id: "cgroup-v1" },
    ]);
    expect(judgeCgroups("v2", ["cpu", "memory"])).toEqual([]);
  });
});

test("only listening sockets count, with where they are bound", () => {
  expect(parseListeners(recorded.tcpTable)).toEqual([
    { port: 22, inode: "1645", on: "all" },
    { port: 10249, inode: "31337", on: "loopback" },
    { port: 10250, inode: "777", on: "other" },
  ]);
  expect(parseListeners(recorded.tcp6Table)).toEqual([{ port: 6443, inode: "424242", on: "all" }]);
});

test("IPv6 loopback and mapped 127.0.0.1 are loopback", () => {
  const line = (address: string) =>
    ` 0: ${address}:2809 ${"0".repeat(32)}:0000 0A 0:0 00:0 0 0 0 5 1 0 100 0 0 10 0\n`;
  const [v6, mapped, other] = [
    "00000000000000000000000001000000",
    "0000000000000000FFFF00000100007F",
    "B80D0120000000000000000001000000",
  ].map((address) => parseListeners(line(address))[0]?.on);
  expect([v6, mapped, other]).toEqual(["loopback", "loopback", "other"]);
});

test.each([
  ["/usr/local/bin/k3s server --disable traefik", true],
  ["k3s agent", true],
  ["/opt/k3s/bin/k3s server", true],
  ["k3s kubectl get pods", false],
  ["vim /etc/rancher/k3s server notes", false],
  ["sudo -n /usr/local/bin/k3s server", false],
  ["", false],
])("%j is a k3s server: %j", (command, expected) => {
  expect(isK3sServer(command)).toBe(expected);
});

describe("disk", () => {
  const disk = (available: number, size: number) => ({
    available: available * gib,
    size: size * gib,
    mountedOn: "/",
  });

  test("df's last line is read, also with spaces in the mount point", () => {
    expect(parseDf(recorded.dfOutput)).toEqual({
      size: 103080204 * 1024,
      available: 56566072 * 1024,
      mountedOn: "/",
    });
    expect(parseDf("h\n//nas/a b 100 40 60 40% /mnt/a b\n")).toMatchObject({
      available: 60 * 1024,
      mountedOn: "/mnt/a b",
    });
  });

  test("below 5 GiB is an error, below 8 a warning", () => {
    expect(judgeDisk(disk(4.9, 10), "/var/lib/rancher/k3s")[0]).toMatchObject({
      kind: "problem",
      id: "disk-full",
    });
    expect(judgeDisk(disk(7.9, 10), "/x")[0]).toMatchObject({ kind: "warning" });
    expect(judgeDisk(disk(9, 10), "/x")).toEqual([]);
  });

  test("a big disk that is nearly full is adapted to, since the kubelet counts in percent", () => {
    expect(judgeDisk(disk(60, 1000), "/x")).toMatchObject([{ kind: "adaptation", id: "disk-nearly-full" }]);
    expect(isNearlyFull(disk(600, 1000))).toBe(false);
  });

  test("what df didn't say is a warning", () => {
    expect(judgeDisk(parseDf("df: not found"), "/x")).toMatchObject([{ kind: "warning" }]);
  });
});

test("the default route with the lowest metric is the uplink", () => {
  expect(parseDefaultDevice(recorded.routeTable)).toBe("eth0");
  expect(parseDefaultDevice("Iface\tDestination\n")).toBeUndefined();
});

test("a default route that refuses leads nowhere, and one of IPv6 by loopback is none", () => {
  expect(parseDefaultDevice("*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n")).toBeUndefined();
  const route = (device: string) =>
    `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 0 ffffffff 1 0 200200 ${device}\n`;
  expect([hasIpv6Default(route("lo")), hasIpv6Default(route("eth0"))]).toEqual([false, true]);
});
