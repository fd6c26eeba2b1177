import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { listHostPaths } from "../../src/cluster/k3s-settings.ts";
import { probePorts } from "../../src/cluster/preflight/ports.ts";
import { checkHost, examineHost } from "../../src/cluster/preflight.ts";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import { InstallError } from "../../src/lib/errors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { testConfig } from "./support/config.ts";
import { hostTree } from "./support/host-tree.ts";
import * as recorded from "./support/recorded.ts";

const host = await createHost();
const signal = new AbortController().signal;

async function look(root: string, options: { args?: string[]; host?: Partial<Host> } = {}) {
  const log = createRecordingLogger();
  const config = testConfig(`${root}/state`, {
    k3s: { version: "stable", path: undefined, args: options.args ?? [], images: [] },
  });
  const context = { host: { ...host, ...options.host }, log, signal };
  return { log, context, config, ...(await examineHost(context, config, listHostPaths(root))) };
}

// Reading as root needs root or sudo.
describe.skipIf(host.rights === "none")("preflight", () => {
  test("a host that has everything needs no adaptation", async () => {
    await using tree = await hostTree();
    const { problems, result } = await look(tree.root);
    expect(problems).toEqual([]);
    expect(result?.adaptations.filter(({ id }) => id !== "disk-nearly-full")).toEqual([]);
    expect(result?.facts).toMatchObject({
      cgroups: "v2",
      sysResource: true,
      rootPropagation: "shared",
      podMtu: 1410,
      sysctls: [],
    });
    expect(result?.dataDir).toBe(`${tree.root}/var/lib/rancher/k3s`);
  });

  test("a runner in a container: each difference is found, adapted to and logged", async () => {
    await using tree = await hostTree({
      "proc/self/status": recorded.statusWithoutSysResource,
      "proc/self/mountinfo": recorded.mountinfoPrivate,
      "sys/fs/cgroup/cgroup.controllers": undefined,
      "sys/fs/cgroup/unified/cgroup.procs": "",
      "proc/sys/net/ipv4/ip_forward": "0\n",
      "proc/sys/kernel/panic": "0\n",
    });
    const { context, config, log } = await look(tree.root);
    const result = await checkHost(context, config, listHostPaths(tree.root));
    const ids = result.adaptations.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(["no-cap-sys-resource", "cgroup-v1", "private-root-mount", "ip-forward"]),
    );
    expect(result.facts.cgroups).toBe("hybrid");
    // Put back first, hence journaled last.
    expect(result.facts.sysctls).toEqual([
      { key: "kernel.panic", previous: "0" },
      { key: "net.ipv4.ip_forward", previous: "0" },
    ]);
    expect(log.lines.map(({ message }) => message).join("\n")).toContain("IP forwarding is off");
  });

  test("under systemd, PID 1's mounts count: k3s will run with those", async () => {
    await using tree = await hostTree({
      "run/systemd/system/x": "",
      "proc/1/status": recorded.statusOfFullRoot,
      "proc/1/mountinfo": recorded.mountinfoShared,
      "proc/self/mountinfo": recorded.mountinfoSlave,
    });
    const { result } = await look(tree.root);
    expect(result?.facts).toMatchObject({ systemd: true, rootPropagation: "shared" });
  });

  test("a busy port is named, with the process and the way out", async () => {
    await using tree = await hostTree({ "proc/net/tcp6": recorded.tcp6Table });
    await tree.addProcess(815, "nginx -g daemon", "424242");
    const { problems } = await look(tree.root);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ id: "port-in-use" });
    expect(problems[0]?.message).toBe(
      "port 6443, which the Kubernetes API needs, is in use by process 815 (nginx: nginx -g daemon)",
    );
    expect(problems[0]?.fix).toContain("kill 815");
  });

  test("another port for the API avoids the busy one", async () => {
    await using tree = await hostTree({ "proc/net/tcp6": recorded.tcp6Table });
    expect((await look(tree.root, { args: ["--https-listen-port=7443"] })).problems).toEqual([]);
  });

  test("a loopback port that is bound on another address is no clash, a kubelet's is", async () => {
    await using tree = await hostTree({ "proc/net/tcp": recorded.tcpTable });
    const ports = (await look(tree.root)).problems.map(({ message }) => /port (\d+)/.exec(message)?.[1]);
    expect(ports).toEqual(["10250", "10249"]);
  });

  test("a real listener is found with its real process", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const [finding] = await probePorts(host, listHostPaths(), port);
    server.close();
    expect(finding).toMatchObject({ kind: "problem", id: "port-in-use" });
    expect(finding?.kind === "problem" && finding.message).toContain(`port ${port}`);
    expect(finding?.kind === "problem" && finding.message).toContain(`process ${process.pid} (`);
  });

  describe("a k3s that is here already", () => {
    test.each([
      ["its kubeconfig", "etc/rancher/k3s/k3s.yaml"],
      ["its unit", "etc/systemd/system/k3s.service"],
      ["its data", "var/lib/rancher/k3s/server/token"],
    ])("%s", async (_, path) => {
      await using tree = await hostTree({ [path]: "x" });
      const { context, config, problems } = await look(tree.root);
      expect(problems).toMatchObject([{ id: "k3s-already-here" }]);
      await expect(checkHost(context, config, listHostPaths(tree.root))).rejects.toThrow(
        /already installed here.*doesn't touch it/,
      );
    });

    test("a server that runs, though nothing is installed", async () => {
      await using tree = await hostTree();
      await tree.addProcess(99, "/opt/bin/k3s server --data-dir /srv/k3s", "1");
      const { problems } = await look(tree.root);
      expect(problems[0]?.message).toContain("process 99: /opt/bin/k3s server");
    });

    test("a command line of another user's, who can choose any, is none", async () => {
      await using tree = await hostTree();
      await tree.addProcess(99, "/opt/bin/k3s server --data-dir /srv/k3s", "1", 65_534);
      expect((await look(tree.root)).problems).toEqual([]);
    });

    test("images laid ready for an offline install are no k3s", async () => {
      await using tree = await hostTree({ "var/lib/rancher/k3s/agent/images/a.tar": "x" });
      expect((await look(tree.root)).problems).toEqual([]);
    });

    test("one of ours that was not torn down is told apart", async () => {
      await using tree = await hostTree({
        "etc/rancher/k3s/k3s.yaml": "x",
        "state/journal.jsonl":
          '{"kind":"k3s","at":"2026-11-23T00:00:00.000Z","binary":"/b","dataDir":"/a/b","paths":[]}\n',
      });
      const { problems } = await look(tree.root);
      expect(problems).toMatchObject([{ id: "not-torn-down" }]);
      expect(problems[0]?.fix).toContain("monstack down");
    });
  });

  test("several problems are all in the error", async () => {
    await using tree = await hostTree({
      "sys/fs/cgroup/cgroup.controllers": "cpu io\n",
      "proc/net/route": "",
    });
    const { context, config } = await look(tree.root, { args: ["--node-ip=198.51.100.250"] });
    const error = await checkHost(context, config, listHostPaths(tree.root)).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(InstallError);
    expect(String(error)).toMatch(/memory.*default route/s);
  });
});

test("without rights that is all that is said", async () => {
  await using tree = await hostTree();
  const { problems, result } = await look(tree.root, { host: { rights: "none" } });
  expect(result).toBeUndefined();
  expect(problems).toMatchObject([{ id: "no-root" }]);
});

test("another system than Linux is pointed to an existing cluster", async () => {
  await using tree = await hostTree({ "proc/sys/kernel/ostype": undefined });
  const { problems } = await look(tree.root);
  expect(problems).toMatchObject([{ id: "not-linux" }]);
  expect(problems[0]?.fix).toContain("kubeconfig");
});
