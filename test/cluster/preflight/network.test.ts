import { describe, expect, test } from "vitest";
import { listHostPaths } from "../../../src/cluster/k3s-settings.ts";
import { parseLinkAddresses } from "../../../src/cluster/preflight/network.ts";
import { examineHost } from "../../../src/cluster/preflight.ts";
import { createHost } from "../../../src/host/create.ts";
import type { Host } from "../../../src/host/host.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { testConfig } from "../support/config.ts";
import { hostTree } from "../support/host-tree.ts";
import { ipAddresses } from "../support/recorded.ts";

const host = await createHost();

function link(device: string, address: string, flags: readonly string[] = ["UP", "LOWER_UP"]) {
  return { ifname: device, flags, addr_info: [{ family: "inet", local: address, scope: "global" }] };
}

/** A host without a default route, whose `ip` shows these links and knows these networks. */
async function look(
  links: readonly object[],
  options: { args?: string[]; routed?: string; files?: Record<string, string> } = {},
) {
  await using tree = await hostTree({ "proc/net/route": "Iface\tDestination\n", ...options.files });
  const exec: Host["exec"] = async (argv, how) => {
    const command = argv.join(" ");
    if (command === "ip -json -4 address show up")
      return { stdout: JSON.stringify(links), stderr: "", exitCode: 0 };
    if (command.startsWith("ip -4 route get "))
      return { stdout: "", stderr: "", exitCode: command.endsWith(` ${options.routed}`) ? 0 : 2 };
    return host.exec(argv, how);
  };
  const config = testConfig(`${tree.root}/state`, {
    k3s: { version: "stable", path: undefined, args: options.args ?? [], images: [] },
  });
  const context = {
    host: { ...host, exec },
    log: createRecordingLogger(),
    signal: AbortSignal.timeout(9000),
  };
  const { problems, result } = await examineHost(context, config, listHostPaths(tree.root));
  const done = result?.adaptations.find(({ id }) => id === "no-default-route")?.done;
  return { problems, facts: result?.facts, done };
}

test("loopback, link-local and IPv6 addresses are none that a node can have", () => {
  expect(parseLinkAddresses(ipAddresses)).toEqual([
    { device: "eth0", address: "192.0.2.10", hasCarrier: true },
    { device: "eth0", address: "192.0.2.11", hasCarrier: true },
    { device: "docker0", address: "172.17.0.1", hasCarrier: false },
  ]);
  expect(parseLinkAddresses("ip: unrecognized option: json")).toEqual([]);
});

// Reading as root needs root or sudo.
describe.skipIf(host.rights === "none")("a host without a default route", () => {
  test("k3s gets its one address, the pods that link's MTU, the services a route", async () => {
    const { problems, facts, done } = await look([link("docker0", "172.17.0.1"), link("eth0", "192.0.2.10")]);
    expect(problems).toEqual([]);
    expect(facts).toMatchObject({
      uplink: { device: "eth0", address: "192.0.2.10" },
      podMtu: 1410,
      serviceRoute: "10.43.0.0/16",
    });
    expect(done).toBe(
      "using 192.0.2.10 (eth0) as the node address; the services' addresses (10.43.0.0/16) get a route within this host until teardown",
    );
  });

  test("of several, hardware with a cable comes first, and the others are named", async () => {
    const links = [
      link("eth0", "192.0.2.10", ["NO-CARRIER", "UP"]),
      link("wg0", "192.0.2.20"),
      link("eth1", "192.0.2.30"),
    ];
    const files = { "sys/class/net/eth0/device/x": "", "sys/class/net/eth1/device/x": "" };
    const { facts, done } = await look(links, { files, routed: "10.43.0.0" });
    expect(facts).toMatchObject({
      uplink: { device: "eth1", address: "192.0.2.30" },
      serviceRoute: undefined,
    });
    expect(done).toBe(
      'using 192.0.2.30 (eth1) as the node address rather than 192.0.2.20 of wg0, 192.0.2.10 of eth0 (k3s.args: ["--node-ip=ADDRESS"] for another one)',
    );
  });

  test("the user's address or link leads to the other; with both there is nothing to tell k3s", async () => {
    const links = [link("eth0", "192.0.2.10"), link("docker0", "172.17.0.1")];
    const uplink = { device: "docker0", address: "172.17.0.1" };
    expect((await look(links, { args: ["--node-ip=172.17.0.1"] })).facts).toMatchObject({ uplink });
    expect((await look(links, { args: ["--flannel-iface", "docker0"] })).facts).toMatchObject({ uplink });
    const both = ["-i", "172.17.0.1", "--flannel-iface=docker0"];
    expect((await look(links, { args: both, routed: "10.43.0.0" })).done).toBeUndefined();
    const services = await look(links, {
      args: [...both, "--service-cidr=10.9.0.0/16"],
      routed: "10.43.0.0",
    });
    expect(services.done).toMatch(/^the services' addresses \(10\.9\.0\.0\/16\)/);
  });

  test.each([
    ["nothing but containers' links", [], /no IPv4 address on a link that is up/, /type dummy/],
    [
      "an address that it hasn't",
      ["--node-ip=192.0.2.9"],
      /--node-ip=192\.0\.2\.9, and no link/,
      /k3s\.args/,
    ],
    [
      "a link that it hasn't",
      ["--flannel-iface=eth9"],
      /--flannel-iface=eth9, and no link with this name is up/,
      /k3s\.args/,
    ],
  ])("%s: what is missing and what to do", async (_, args, message, fix) => {
    const { problems } = await look([link("docker0", "172.17.0.1")], { args });
    expect(problems).toMatchObject([{ id: "no-default-route" }]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.fix).toMatch(fix);
  });

  test("who asks for IPv6, or has only that, is left to k3s", async () => {
    const links = [link("eth0", "192.0.2.10")];
    const ipv6 = await look(links, { args: ["--cluster-cidr=fd00:42::/56", "--node-ip=2001:db8::1"] });
    expect([ipv6.problems, ipv6.facts?.uplink]).toEqual([[], undefined]);
    const zeros = "0".repeat(32);
    const files = { "proc/net/ipv6_route": `${zeros} 00 ${zeros} 00 fe80 400 1 0 450003 eth0\n` };
    expect((await look([], { files })).problems).toEqual([]);
  });
});
