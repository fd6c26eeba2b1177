import { mkdir, readdir, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { waitForApi } from "../../src/cluster/api.ts";
import { listHostPaths } from "../../src/cluster/k3s-settings.ts";
import { isRunning } from "../../src/cluster/launch.ts";
import { isRouted } from "../../src/cluster/preflight/network.ts";
import { startK3s } from "../../src/cluster/start.ts";
import type { Config } from "../../src/config/schema.ts";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { Interrupted } from "../../src/lib/errors.ts";
import type { HostFacts, RunningK3s } from "../../src/model/cluster.ts";
import { networkNamespace } from "../support/network-namespace.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { testConfig } from "./support/config.ts";
import { fakeK3s } from "./support/fake-k3s.ts";
import { hostTree } from "./support/host-tree.ts";

const host = await createHost();
const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
const running: RunningK3s[] = [];

afterEach(async () => {
  for (const k3s of running.splice(0)) {
    if (await isRunning(host, k3s))
      await host.exec(["kill", "-9", String(k3s.pid)], { root: true, allowFailure: true });
  }
});

const ordinary: HostFacts = {
  systemd: false,
  cgroups: "v2",
  sysResource: true,
  rootPropagation: "shared",
  overlayfs: true,
  podMtu: 1450,
  uplink: undefined,
  serviceRoute: undefined,
  sysctls: [],
  diskNearlyFull: false,
};

/** Starts a fake k3s below a folder that plays the host's root, and keeps what was journaled, with what was there then. */
async function start(
  fake: { path: string; folder: string },
  root: string,
  options: {
    facts?: Partial<HostFacts>;
    config?: Partial<Config>;
    args?: string[];
    host?: Host;
    onEntry?: (entry: JournalEntry) => void;
  } = {},
) {
  const paths = listHostPaths(root);
  const entries: (JournalEntry & { filesThen: string[] })[] = [];
  const journal = {
    append: async (entry: JournalEntry) => {
      options.onEntry?.(entry);
      entries.push({ ...entry, filesThen: await readdir(root, { recursive: true }) });
    },
  };
  const args = [`--write-kubeconfig=${root}/etc/rancher/k3s/k3s.yaml`, ...(options.args ?? [])];
  const config = testConfig(`${root}/state`, {
    ...options.config,
    k3s: { version: "stable", path: undefined, images: [], ...options.config?.k3s, args },
  });
  const tool = {
    name: "k3s" as const,
    path: fake.path,
    asked: "stable",
    version: "v1.36.3+k3s1",
    sha256: "",
    origin: "path",
  };
  const facts = { ...ordinary, ...options.facts };
  const preflight = { adaptations: [], warnings: [], dataDir: join(paths.varLib, "rancher/k3s"), facts };
  const k3s = await startK3s({ ...context, host: options.host ?? host }, config, tool, preflight, journal, {
    paths,
  });
  running.push(k3s);
  return { k3s, entries, paths };
}

// Starting k3s needs root or sudo.
describe.skipIf(host.rights === "none")("a fake k3s, started for real", () => {
  test("is waited for until its API is ready, and then its node", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("works");
    const { k3s, entries } = await start(fake, tree.root);
    const cluster = await waitForApi(context, k3s, 10_000);
    expect(cluster).toMatchObject({
      kind: "k3s",
      context: "default",
      version: "v1.36.3+k3s1",
      reach: "direct",
    });
    expect(cluster.kubeconfig).toBe(`${tree.root}/state/kubeconfig`);
    const copy = await stat(cluster.kubeconfig);
    expect(copy.mode & 0o777).toBe(0o600);
    expect(copy.uid).toBe(process.getuid?.());
    expect(entries.find(({ kind }) => kind === "k3s")).toMatchObject({
      networks: ["10.42.0.0/16", "10.43.0.0/16"],
    });
    expect(entries.find(({ kind }) => kind === "process")).toMatchObject({
      pid: k3s.pid,
      startTime: k3s.startTime,
    });
    expect(await isRunning(host, k3s)).toBe(true);
  });

  test("below a private / runs in a mount namespace of its own", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("works");
    const { k3s } = await start(fake, tree.root, { facts: { rootPropagation: "private" } });
    await waitForApi(context, k3s, 10_000);
    expect(await readlink(`/proc/${k3s.pid}/ns/mnt`)).not.toBe(await readlink("/proc/self/ns/mnt"));
    const mountinfo = (await host.files.readAsRoot(`/proc/${k3s.pid}/mountinfo`)) ?? "";
    expect(mountinfo.split("\n").findLast((line) => line.split(" ")[4] === "/")).toMatch(/ shared:\d+ /);
  });

  test("services get a route where none leads to them, after it is in the journal", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("silent");
    await using network = await networkNamespace(host);
    const reached = () => isRouted(network.host, "10.43.0.0/16");
    expect(await reached()).toBe(false);
    const order: string[] = [];
    const exec: Host["exec"] = (argv, how) => {
      if (argv.includes("route")) order.push(argv.join(" "));
      return network.host.exec(argv, how);
    };
    const facts = { serviceRoute: "10.43.0.0/16" };
    const onEntry = ({ kind }: JournalEntry) => order.push(kind);
    await start(fake, tree.root, { facts, onEntry, host: { ...host, exec } });
    const added = order.indexOf("ip -4 route add 10.43.0.0/16 dev lo");
    expect(order.indexOf("route")).toBeGreaterThanOrEqual(0);
    expect(order.indexOf("route")).toBeLessThan(added);
    expect(added).toBeLessThan(order.indexOf("process"));
    expect([await network.routes(), await reached()]).toEqual(["10.43.0.0/16 dev lo scope link", true]);
  });

  test("each file is in the journal before it is there, and what was there before is kept", async () => {
    await using tree = await hostTree({ "etc/rancher/k3s/registries.yaml": "mirrors: {theirs: {}}\n" });
    await using fake = await fakeK3s("silent");
    const { entries, paths } = await start(fake, tree.root, {
      facts: { sysResource: false, podMtu: 1410, sysctls: [{ key: "net.ipv4.ip_forward", previous: "0" }] },
      config: {
        mirrors: { "docker.io": "http://mirror.test:5000", "https://get.helm.sh/": "http://mirror.test/" },
      },
    });
    const dropIn = join(
      paths.varLib,
      "rancher/k3s/agent/etc/containerd/config-v3.toml.d/50-monstack-oom.toml",
    );
    const subnet = join(paths.run, "flannel/subnet.env");
    const registries = join(paths.etcRancher, "k3s/registries.yaml");
    expect(entries.map(({ kind }) => kind)).toEqual([
      "sysctl",
      "file",
      "file",
      "file",
      "file",
      "k3s",
      "process",
    ]);
    for (const entry of entries.filter((candidate) => candidate.kind === "file").slice(1)) {
      const relative = entry.path.slice(tree.root.length + 1);
      if (entry.path !== registries) expect(entry.filesThen).not.toContain(relative);
      expect(await host.files.readAsRoot(entry.path)).toBeTruthy();
    }
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: "file",
        path: registries,
        root: true,
        previous: "mirrors: {theirs: {}}\n",
      }),
    );
    expect(await host.files.readAsRoot(registries)).toContain("http://mirror.test:5000");
    expect(await host.files.readAsRoot(dropIn)).toContain("restrict_oom_score_adj = true");
    expect(await host.files.readAsRoot(subnet)).toBe(
      "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\nFLANNEL_MTU=1410\nFLANNEL_IPMASQ=true\n",
    );
    const k3s = entries.find((entry) => entry.kind === "k3s");
    expect(k3s?.filesThen).not.toContain("var/lib/rancher/k3s/agent");
    // /etc/rancher/k3s was there before: it isn't k3s', what comes into it is.
    expect(k3s?.kind === "k3s" && k3s.paths).toEqual(
      expect.arrayContaining([
        `${tree.root}/etc/rancher/k3s/k3s.yaml`,
        `${tree.root}/etc/rancher/node`,
        `${tree.root}/var/lib/rancher/k3s`,
        `${tree.root}/var/lib/kubelet`,
      ]),
    );
    expect(k3s?.kind === "k3s" && k3s.paths).not.toContain(`${tree.root}/etc/rancher/k3s`);
  });

  test("images in a data folder that was there before are linked one by one, and only the links are ours", async () => {
    await using tree = await hostTree({ "var/lib/rancher/k3s/agent/images/theirs.tar": "x" });
    await using fake = await fakeK3s("silent");
    await mkdir(join(fake.folder, "images"));
    await writeFile(join(fake.folder, "images/a.tar.zst"), "");
    await writeFile(join(fake.folder, "images/README.md"), "");
    await writeFile(join(fake.folder, "b.tar"), "");
    const images = [join(fake.folder, "images"), join(fake.folder, "b.tar")];
    const k3s = { version: "stable", path: undefined, args: [], images };
    const { entries, paths } = await start(fake, tree.root, { config: { k3s } });
    const folder = join(paths.varLib, "rancher/k3s/agent/images");
    expect((await readdir(folder)).sort()).toEqual(["0-a.tar.zst", "1-b.tar", "theirs.tar"]);
    expect(await readlink(join(folder, "0-a.tar.zst"))).toBe(join(fake.folder, "images/a.tar.zst"));
    const files = entries.flatMap((entry) => (entry.kind === "file" && entry.root ? [entry.path] : []));
    expect(files).toEqual(expect.arrayContaining([join(folder, "0-a.tar.zst"), join(folder, "1-b.tar")]));
    const own = entries.flatMap((entry) => (entry.kind === "k3s" ? entry.paths : []));
    expect(own).not.toContain(folder);
    expect(own).not.toContain(join(paths.varLib, "rancher/k3s"));
    expect(own).toContain(join(paths.varLib, "rancher/k3s/server"));
  });

  test("an authority's certificate that isn't there ends it before anything is changed", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("works");
    const registries = { "registry.example": { credentials: undefined, ca: "/no/such.pem" } };
    const before = await readdir(tree.root, { recursive: true });
    await expect(start(fake, tree.root, { config: { registries } })).rejects.toThrow(
      "registries.registry.example.ca: file not found: /no/such.pem",
    );
    expect(await readdir(tree.root, { recursive: true })).toEqual(before);
  });

  test("an image archive that isn't there ends it before anything is changed", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("works");
    const k3s = { version: "stable", path: undefined, args: [], images: ["/no/such.tar"] };
    await expect(start(fake, tree.root, { config: { k3s } })).rejects.toThrow(
      "k3s.images: there is no /no/such.tar",
    );
    expect(await host.files.exists(`${tree.root}/state`)).toBe(false);
  });

  test.each([
    ["port-taken", /k3s v1\.36\.3\+k3s1 ended: port 6443 is in use/],
    // The genuine one ends with exit code 0 here.
    ["cgroup-v1", /ended: the kubelet refuses this host's cgroup v1/],
    ["unknown-flag", /ended: this version of k3s doesn't know the flag --bogus/],
  ] as const)("%s: it ends, and the cause is told", async (behaviour, message) => {
    await using tree = await hostTree();
    await using fake = await fakeK3s(behaviour);
    const { k3s } = await start(fake, tree.root);
    const began = Date.now();
    const error = await waitForApi(context, k3s, 10_000).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "InstallError", message: expect.stringMatching(message) });
    expect(error).toHaveProperty("fix", expect.stringMatching(/\S/));
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test("one that says nothing is given up at the deadline, with what was missing", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("silent");
    const { k3s } = await start(fake, tree.root);
    await expect(waitForApi(context, k3s, 300)).rejects.toThrow(
      /API was not ready after 0\.3 s: .*k3s\.yaml is not there yet.*Starting k3s v1\.36\.3/s,
    );
  });

  test("an interruption ends the wait", async () => {
    await using tree = await hostTree();
    await using fake = await fakeK3s("silent");
    const { k3s } = await start(fake, tree.root);
    const signal = AbortSignal.timeout(200);
    await expect(waitForApi({ ...context, signal }, k3s, 10_000)).rejects.toBeInstanceOf(Interrupted);
  });
});
