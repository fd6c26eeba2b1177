import { n as __require, r as __toESM, t as __commonJSMin } from "./rolldown-runtime.js";
import { A as strictObject, C as array, D as number, E as looseObject, F as ZodError, I as prettifyError, L as NEVER, M as tuple, N as union, O as object, P as unknown, S as ZodRecord, T as literal, X as mkdirP, Y as cp, Z as rmRF, _ as openJournal, a as startTimeOf, b as ZodObject, g as journalName, h as hide, i as takeSnapshot, j as string, k as record, n as tearDown, r as withKubeCache, s as writeReport, v as readJournal, w as boolean, x as ZodOptional, y as ZodNullable, z as debug } from "./create.js";
import { a as UserError, c as messageOf, i as MonstackError, n as InstallError, o as exitCode, r as Interrupted, t as CommandError } from "./errors.js";
import { t as bind } from "./server.js";
import { C as ObjectDiscoveryV1Api, D as ApiException, Fm as HttpMethod, Im as RequestContext, Rm as IsomorphicFetchHttpLibrary, S as ObjectCoreV1Api, T as ObjectVersionApi, m as KubeConfig, t as Health, x as ObjectAuthorizationV1Api, zm as Observable } from "./dist.js";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import * as os$1 from "os";
import * as fs from "fs";
import * as path$2 from "path";
import { ok } from "assert";
import { createServer } from "node:net";
import { STATUS_CODES } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { createHash, randomBytes } from "node:crypto";
import { homedir } from "node:os";

// src/cluster/k3s-settings.ts
/** k3s' defaults, changed by the arguments that the user gave it. */
function k3sSettings(args, paths) {
	return {
		dataDir: lastValue(args, ["--data-dir", "-d"]) ?? join(paths.varLib, "rancher/k3s"),
		kubeconfig: lastValue(args, ["--write-kubeconfig", "-o"]) ?? join(paths.etcRancher, "k3s/k3s.yaml"),
		apiPort: Number(lastValue(args, ["--https-listen-port"]) ?? 6443),
		clusterCidr: lastValue(args, ["--cluster-cidr"]) ?? "10.42.0.0/16",
		flannelBackend: lastValue(args, ["--flannel-backend"]) ?? "vxlan"
	};
}
/** The value of a flag given as `--flag value` or `--flag=value`; of several the last, as k3s takes it. */
function lastValue(args, names) {
	return args.reduce((found, arg, index) => {
		const name = names.find((candidate) => arg === candidate || arg.startsWith(`${candidate}=`));
		if (name === void 0) return found;
		return arg === name ? args[index + 1] ?? found : arg.slice(name.length + 1);
	}, void 0);
}
/** Whether a flag is there at all, with or without a value. */
function hasFlag(args, name) {
	return args.some((arg) => arg === name || arg.startsWith(`${name}=`));
}
/** The minor of a Kubernetes version (`v1.36.3+k3s1` -> 36); undefined when it doesn't look like one. */
function minorOf(version) {
	const minor = /^v?1\.(\d+)/.exec(version)?.[1];
	return minor === void 0 ? void 0 : Number(minor);
}

// src/cluster/paths.ts
/** The host's own paths; with `root`, the same layout below another folder, which is how the tests see a host. */
function hostPaths(root = "") {
	return {
		proc: `${root}/proc`,
		sys: `${root}/sys`,
		run: `${root}/run`,
		etcRancher: `${root}/etc/rancher`,
		varLib: `${root}/var/lib`,
		varLog: `${root}/var/log`,
		systemdUnits: [
			`${root}/etc/systemd/system`,
			`${root}/usr/lib/systemd/system`,
			`${root}/lib/systemd/system`
		]
	};
}

// src/cluster/preflight/capabilities.ts
const sysResourceBit = 24n;
/** Whether CapEff in a /proc/PID/status has CAP_SYS_RESOURCE. */
function hasSysResource(status) {
	const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
	return mask === void 0 || (BigInt(`0x${mask}`) >> sysResourceBit & 1n) === 1n;
}
function judgeSysResource(sysResource) {
	if (sysResource) return [];
	return [{
		kind: "adaptation",
		id: "no-cap-sys-resource",
		found: "root has no CAP_SYS_RESOURCE here, so a container with a negative oom_score_adj (every pause container) can't start",
		done: "containerd is told to keep to the oom_score_adj it has (restrict_oom_score_adj)"
	}];
}
/**
* A drop-in for containerd's configuration, version 3, which k3s imports from
* <data-dir>/agent/etc/containerd/config-v3.toml.d/.
*/
const restrictOomScoreAdj = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
`;

// src/cluster/preflight/cgroups.ts
async function readCgroups(host, paths) {
	const folder = `${paths.sys}/fs/cgroup`;
	const controllers = await host.files.read(`${folder}/cgroup.controllers`);
	if (controllers !== void 0) return {
		kind: "v2",
		controllers: controllers.trim().split(/\s+/)
	};
	const table = await host.files.read(`${paths.proc}/cgroups`) ?? "";
	return {
		kind: await host.files.exists(`${folder}/unified`) ? "hybrid" : "v1",
		controllers: enabledControllers(table)
	};
}
/** Names in /proc/cgroups (`name hierarchy num_cgroups enabled`) that are enabled. */
function enabledControllers(table) {
	return table.split("\n").filter((line) => !line.startsWith("#")).map((line) => line.split(/\s+/)).filter((fields) => fields[3] === "1").flatMap((fields) => fields[0] === void 0 ? [] : [fields[0]]);
}
function judgeCgroups(kind, controllers) {
	const missing = ["cpu", "memory"].filter((name) => !controllers.includes(name));
	if (missing.length > 0) return [{
		kind: "problem",
		id: "missing-cgroup-controllers",
		message: `the cgroup controllers ${missing.join(" and ")} are not available, and the kubelet needs them`,
		mend: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line; in a container, delegate the controllers to it"
	}];
	if (kind === "v2") return [];
	return [{
		kind: "adaptation",
		id: "cgroup-v1",
		found: `this host uses cgroup ${kind === "hybrid" ? "v1 (hybrid)" : "v1"}, which the kubelet refuses from 1.35 on`,
		done: "from that version on the kubelet is told to accept it (fail-cgroupv1=false)"
	}];
}

// src/cluster/preflight/disk.ts
const gib = 1024 ** 3;
/** The disk that holds a folder, which may not be there yet. */
async function readDisk(host, folder) {
	let there = folder;
	while (there !== "/" && !await host.files.exists(there)) there = dirname(there);
	return parseDf((await host.exec([
		"df",
		"-Pk",
		there
	], { allowFailure: true })).stdout);
}
/** The last line of `df -Pk`: file system, 1024-blocks, used, available, capacity, mounted on. */
function parseDf(text) {
	const fields = /^\S.*?\s+(\d+)\s+\d+\s+(\d+)\s+\d+%\s+(.+)$/.exec(text.trim().split("\n").at(-1) ?? "");
	if (!fields) return void 0;
	return {
		size: Number(fields[1]) * 1024,
		available: Number(fields[2]) * 1024,
		mountedOn: fields[3] ?? ""
	};
}
/** What a run writes: k3s unpacked, the stack's images twice (archive and layers), the first metrics. */
const aRun = 3 * gib;
/** The kubelet evicts pods below 5 % free, and deletes unused images above 85 % used. */
function isNearlyFull({ size, available }) {
	return available - aRun < .2 * size;
}
function judgeDisk(disk, folder) {
	if (disk === void 0) return [{
		kind: "warning",
		message: `how much disk is free for ${folder} can't be told`
	}];
	const free = `${(disk.available / gib).toFixed(1)} GiB free on ${disk.mountedOn}`;
	if (disk.available < 5 * gib) return [{
		kind: "problem",
		id: "disk-full",
		message: `${free}, where ${folder} is; k3s and the stack's images need at least 5 GiB`,
		mend: `free some space, or put k3s on another disk: k3s.args: ["--data-dir=/path"]`
	}];
	const findings = [];
	if (disk.available < 8 * gib) findings.push({
		kind: "warning",
		message: `only ${free}; 8 GiB are comfortable for k3s and the stack's images`
	});
	if (isNearlyFull(disk)) findings.push({
		kind: "adaptation",
		id: "disk-nearly-full",
		found: `${free} of ${(disk.size / gib).toFixed(0)} GiB: near the shares at which the kubelet deletes images and evicts pods`,
		done: "the kubelet is told to keep its images and to evict below 1 GiB free instead of below 5 %"
	});
	return findings;
}

// src/cluster/preflight/existing-k3s.ts
/**
* Looks for a k3s on this host: one that runs, or one that is installed. Such a one is never touched. One that a run of
* ours left behind is told apart by the journal in the state folder.
*/
async function probeExistingK3s(host, paths, options) {
	const signs = [...await runningServers(host, paths), ...await installedFiles(host, paths, options)];
	if (signs.length === 0) return [];
	if (await isOurs(host, options.stateDir)) return [{
		kind: "problem",
		id: "not-torn-down",
		message: `a k3s of an earlier run is still here (${signs.join(", ")})`,
		mend: `take it down first: monstack down --state-dir ${options.stateDir}`
	}];
	return [{
		kind: "problem",
		id: "k3s-already-here",
		message: `a k3s is already installed here (${signs.join(", ")}), and monstack doesn't touch it`,
		mend: `use its kubeconfig to deploy into it (cluster.kubeconfig: ${options.kubeconfig}), or uninstall it first (k3s-uninstall.sh)`
	}];
}
async function installedFiles(host, paths, options) {
	const candidates = [
		options.kubeconfig,
		join(paths.etcRancher, "k3s/k3s.yaml"),
		...paths.systemdUnits.flatMap((folder) => [join(folder, "k3s.service"), join(folder, "k3s-agent.service")]),
		...options.dataDirs.flatMap((dataDir) => [join(dataDir, "server"), join(dataDir, "agent/containerd")])
	];
	return existing(host, [...new Set(candidates)]);
}
/** Of these paths the ones that exist, seen as root: k3s' folders are closed to others. */
async function existing(host, candidates) {
	const listed = await host.exec([
		"ls",
		"-1d",
		"--",
		...candidates
	], {
		root: host.rights !== "none",
		allowFailure: true
	});
	const there = new Set(listed.stdout.split("\n"));
	return candidates.filter((path) => there.has(path));
}
async function runningServers(host, paths) {
	const pids = (await host.files.list(paths.proc)).filter((name) => /^\d+$/.test(name));
	const servers = (await Promise.all(pids.map(async (pid) => {
		return {
			pid,
			command: (await host.files.read(`${paths.proc}/${pid}/cmdline`).catch(() => void 0))?.replaceAll("\0", " ").trim() ?? ""
		};
	}))).filter(({ command }) => isK3sServer(command));
	const here = await Promise.all(servers.map(({ pid }) => isInOurNetwork(host, paths, pid)));
	return servers.filter((_, index) => here[index]).map(({ pid, command }) => `process ${pid}: ${command.slice(0, 60)}`);
}
/** `/usr/local/bin/k3s server ...`, also when k3s set its title to it; not `k3s kubectl` or an editor on k3s.yaml. */
function isK3sServer(command) {
	return /^(\S*\/)?k3s\s+(server|agent)\b/.test(command);
}
/** k3d runs k3s in containers that have ports and addresses of their own: those are no k3s of this host. */
async function isInOurNetwork(host, paths, pid) {
	const [theirs, ours] = (await host.exec([
		"readlink",
		`${paths.proc}/${pid}/ns/net`,
		`${paths.proc}/self/ns/net`
	], {
		root: host.rights !== "none",
		allowFailure: true
	})).stdout.trim().split("\n");
	return theirs === void 0 || ours === void 0 || theirs === ours;
}
async function isOurs(host, stateDir) {
	return (await host.files.read(join(stateDir, "journal.jsonl")).catch(() => void 0))?.includes("\"kind\":\"k3s\"") ?? false;
}

// src/cluster/preflight/mounts.ts
/** How `/` is propagated, from the optional fields of its line in /proc/PID/mountinfo. */
function rootPropagation(mountinfo) {
	const fields = mountinfo.split("\n").findLast((candidate) => candidate.split(" ")[4] === "/")?.split(" ") ?? [];
	const optional = fields.slice(6, fields.indexOf("-"));
	if (optional.some((field) => field.startsWith("shared:"))) return "shared";
	return optional.some((field) => field.startsWith("master:")) ? "slave" : "private";
}
/**
* node-exporter and CSI drivers mount host paths with propagation, which containerd refuses below a private `/`. Of the
* two cures, k3s in a mount namespace of its own changes the least: the host's mount table is never touched, pods'
* mounts can't outlive their processes, and a kill at any instant leaves nothing to undo. `mount --make-rshared /`
* would change each of the host's mounts, and undoing it needs the state of every single one.
*/
function judgeRootPropagation(propagation) {
	if (propagation === "shared") return [];
	return [{
		kind: "adaptation",
		id: "private-root-mount",
		found: `/ is mounted ${propagation}, and pods that follow the host's mounts (node-exporter) can't start below that`,
		done: "k3s runs in a mount namespace of its own, where / is shared; the host's mounts stay as they are"
	}];
}
/** Runs a command in a mount namespace of its own with shared propagation; the pid stays the command's. */
const ownMountNamespace = [
	"unshare",
	"--mount",
	"--propagation",
	"shared",
	"--"
];

// src/cluster/preflight/overlay.ts
/** Whether the kernel has overlayfs, after having asked for the module. */
async function readOverlay(host, paths) {
	if (await isListed(host, paths)) return true;
	await host.exec([
		"modprobe",
		"--",
		"overlay"
	], {
		root: true,
		allowFailure: true
	}).catch(() => void 0);
	return isListed(host, paths);
}
async function isListed(host, paths) {
	return /\boverlay$/m.test(await host.files.read(`${paths.proc}/filesystems`) ?? "");
}
function judgeOverlay(overlayfs) {
	if (overlayfs) return [];
	return [{
		kind: "adaptation",
		id: "no-overlayfs",
		found: "the kernel has no overlayfs",
		done: "k3s copies images instead of layering them (--snapshotter=native): slower, and it takes more disk"
	}];
}

// src/cluster/preflight/platform.ts
/** What has to be so before anything else can be looked at. */
async function probePlatform(host, paths) {
	if ((await host.files.read(`${paths.proc}/sys/kernel/ostype`))?.trim() !== "Linux") return [{
		kind: "problem",
		id: "not-linux",
		message: "k3s runs on Linux only, and this machine doesn't",
		mend: "deploy into an existing cluster: set cluster.kubeconfig, or use --kubeconfig"
	}];
	if (host.rights !== "none") return [];
	return [{
		kind: "problem",
		id: "no-root",
		message: "k3s needs root, and this user is neither root nor allowed to sudo without a password",
		mend: "run as root, allow this user to sudo without a password, or deploy into an existing cluster"
	}];
}
/** Whether systemd runs this machine, by systemd's own test (sd_booted). */
function hasSystemd(host, paths) {
	return host.files.exists(`${paths.run}/systemd/system`);
}
/** Programs that the kubelet and monstack call by name; k3s brings its own iptables, containerd and CNI plugins. */
async function probePrograms(host) {
	const folders = [
		...(host.env.PATH ?? "").split(":"),
		"/usr/sbin",
		"/sbin",
		"/usr/bin",
		"/bin"
	].filter(Boolean);
	const findings = [];
	for (const [program, debian] of Object.entries(needed)) {
		if ((await Promise.all(folders.map((folder) => host.files.exists(`${folder}/${program}`)))).includes(true)) continue;
		findings.push({
			kind: "problem",
			id: "missing-program",
			message: `the program ${program} is not there`,
			mend: `install it (Debian, Ubuntu: apt-get install ${debian})`
		});
	}
	return findings;
}
const needed = {
	mount: "mount",
	umount: "mount",
	unshare: "util-linux",
	ip: "iproute2"
};

// src/cluster/preflight/pod-network.ts
/** VXLAN's header, in bytes, over IPv4. */
const vxlanHeader = 50;
const ethernetMtu = 1500;
/** The device of the default route in /proc/net/route; of several the one with the lowest metric. */
function defaultDevice(table) {
	return table.split("\n").map((line) => line.trim().split(/\s+/)).filter((fields) => fields[1] === "00000000" && fields[7] === "00000000").sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}
/** The MTU that flannel is going to give the pods, and whether there is a route to choose the node's address from. */
async function readPodNetwork(host, paths) {
	const device = defaultDevice(await host.files.read(`${paths.proc}/net/route`) ?? "");
	const text = device && await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => void 0);
	return {
		mtu: (Number(text) || ethernetMtu) - vxlanHeader,
		device
	};
}
/** k3s takes its node's address from the default route and ends when there is none. */
function judgeRoute(device, hasIpv6Default, args) {
	if (device !== void 0 || hasIpv6Default || args.some((arg) => /^(--node-ip|-i|--flannel-iface)(=|$)/.test(arg))) return [];
	return [{
		kind: "problem",
		id: "no-default-route",
		message: "this host has no default route, and k3s takes its node's address from it",
		mend: "give the host a default route (a dummy link will do), or k3s its address: k3s.args: [\"--node-ip=ADDRESS\"]"
	}];
}

// src/cluster/preflight/ports.ts
/** The TCP ports that a k3s server binds. */
function neededPorts(apiPort) {
	return [
		{
			port: apiPort,
			usedBy: "the Kubernetes API",
			bound: "all"
		},
		{
			port: apiPort + 1,
			usedBy: "k3s' API server",
			bound: "loopback"
		},
		{
			port: 10250,
			usedBy: "the kubelet",
			bound: "all"
		},
		{
			port: 10248,
			usedBy: "the kubelet's health check",
			bound: "loopback"
		},
		{
			port: 10249,
			usedBy: "kube-proxy's metrics",
			bound: "loopback"
		},
		{
			port: 10256,
			usedBy: "kube-proxy's health check",
			bound: "all"
		},
		{
			port: 10257,
			usedBy: "the controller manager",
			bound: "loopback"
		},
		{
			port: 10259,
			usedBy: "the scheduler",
			bound: "loopback"
		},
		{
			port: 10010,
			usedBy: "containerd's streaming server",
			bound: "loopback"
		}
	];
}
/** The listening sockets in /proc/net/tcp or tcp6. */
function parseListeners(table) {
	return table.split("\n").flatMap((line) => {
		const fields = line.trim().split(/\s+/);
		const [address, port] = fields[1]?.split(":") ?? [];
		const inode = fields[9];
		if (fields[3] !== listen || address === void 0 || port === void 0 || inode === void 0) return [];
		return [{
			port: Number.parseInt(port, 16),
			inode,
			on: placeOf(address)
		}];
	});
}
const listen = "0A";
/** Addresses are in host byte order, four bytes at a time: 127.0.0.1 is 0100007F on the machines we run on. */
function placeOf(address) {
	if (/^0+$/.test(address)) return "all";
	return address.endsWith("7F") && (address.length === 8 || address.startsWith("0000000000000000FFFF0000")) || address === ipv6Loopback ? "loopback" : "other";
}
const ipv6Loopback = "00000000000000000000000001000000";
/** Finds the ports that k3s needs and something else has, and who that is. */
async function probePorts(host, paths, apiPort) {
	const listeners = (await Promise.all(["tcp", "tcp6"].map((name) => host.files.read(`${paths.proc}/net/${name}`)))).flatMap((table) => parseListeners(table ?? ""));
	const findings = [];
	for (const needed of neededPorts(apiPort)) {
		const taken = listeners.find((listener) => clash(needed, listener));
		if (taken === void 0) continue;
		const owner = await ownerOf(host, paths, taken.inode);
		findings.push({
			kind: "problem",
			id: "port-in-use",
			message: `port ${needed.port}, which ${needed.usedBy} needs, is in use by ${owner?.text ?? "a process that can't be seen from here"}`,
			mend: mendFor(needed, apiPort, owner?.pid)
		});
	}
	return findings;
}
function clash(needed, listener) {
	if (needed.port !== listener.port) return false;
	return needed.bound === "all" || listener.on !== "other";
}
function mendFor(needed, apiPort, pid) {
	const stop = pid === void 0 ? "stop what uses it" : `stop that process (kill ${pid})`;
	return needed.port === apiPort ? `${stop}, or give k3s another port: k3s.args: ["--https-listen-port=7443"]` : stop;
}
async function ownerOf(host, paths, inode) {
	const pid = (await host.exec([
		"find",
		paths.proc,
		"-maxdepth",
		"3",
		"-path",
		`${paths.proc}/[0-9]*/fd/*`,
		"-lname",
		`socket:\\[${inode}\\]`
	], {
		root: host.rights !== "none",
		allowFailure: true
	})).stdout.split("\n").map((line) => line.slice(paths.proc.length + 1).split("/")[0]).find((candidate) => candidate !== void 0 && candidate !== "");
	if (pid === void 0) return void 0;
	const command = await host.files.read(`${paths.proc}/${pid}/cmdline`).catch(() => void 0);
	const name = (await host.files.read(`${paths.proc}/${pid}/comm`).catch(() => void 0))?.trim() ?? "?";
	const line = command?.replaceAll("\0", " ").trim().slice(0, 80);
	return {
		pid,
		text: `process ${pid} (${line ? `${name}: ${line}` : name})`
	};
}

// src/cluster/preflight/sysctls.ts
/**
* What k3s (pkg/agent/syssetup) and its kubelet and kube-proxy set, with the value they set it to; undefined: it
* depends on the machine. `ip_forward` is last, so that it is put back first: writing it resets the others.
*/
const changedByK3s = [
	["vm.overcommit_memory", "1"],
	["vm.panic_on_oom", "0"],
	["kernel.panic", "10"],
	["kernel.panic_on_oops", "1"],
	["kernel.keys.root_maxkeys", "1000000"],
	["kernel.keys.root_maxbytes", "25000000"],
	["net.netfilter.nf_conntrack_max", void 0],
	["net.netfilter.nf_conntrack_tcp_timeout_established", "86400"],
	["net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"],
	["net.bridge.bridge-nf-call-iptables", "1"],
	["net.ipv4.conf.all.route_localnet", "1"],
	["net.ipv4.conf.default.forwarding", "1"],
	["net.ipv4.ip_forward", "1"]
];
/** The kernel settings that k3s is going to change, as they are now. */
async function readSysctls(host, paths) {
	return (await Promise.all(changedByK3s.map(async ([key, to]) => {
		const path = `${paths.proc}/sys/${key.replaceAll(".", "/")}`;
		const previous = (await host.files.read(path).catch(() => void 0))?.trim();
		return previous === void 0 || previous === to ? [] : [{
			key,
			previous
		}];
	}))).flat();
}
function judgeSysctls(sysctls) {
	if (!sysctls.some(({ key }) => key === "net.ipv4.ip_forward")) return [];
	return [{
		kind: "adaptation",
		id: "ip-forward",
		found: "IP forwarding is off, and pods need it",
		done: "k3s turns it on; teardown puts it and the other kernel settings that k3s changes back"
	}];
}

// src/cluster/preflight.ts
/**
* Looks at the host that k3s is to run on, and says what it found and what will be done about it. Changes nothing but
* for asking the kernel for overlayfs.
* @throws InstallError naming everything that k3s can't run with.
*/
async function preflight(context, config, paths = hostPaths()) {
	const { problems, result } = await examine(context, config, paths);
	if (result === void 0 || problems.length > 0) throw asError(problems);
	for (const { found, done } of result.adaptations) context.log.info(`${found}: ${done}`);
	for (const warning of result.warnings) context.log.warn(warning);
	return result;
}
/** The same look at the host without an error: everything that is wrong, for `doctor`. */
async function examine({ host }, config, paths = hostPaths()) {
	const platform = await probePlatform(host, paths);
	if (platform.length > 0) return {
		problems: platform.flatMap(asProblem),
		result: void 0
	};
	const settings = k3sSettings(config.k3s.args, paths);
	const { facts, findings } = await readFacts(host, paths, config, settings.dataDir);
	const existing = await probeExistingK3s(host, paths, {
		dataDirs: [settings.dataDir, `${paths.varLib}/rancher/k3s`],
		kubeconfig: settings.kubeconfig,
		stateDir: config.stateDir
	});
	const ports = existing.length > 0 ? [] : await probePorts(host, paths, settings.apiPort);
	const all = [
		...existing,
		...ports,
		...await probePrograms(host),
		...findings
	];
	return {
		problems: all.flatMap(asProblem),
		result: {
			adaptations: all.flatMap(({ kind, ...rest }) => kind === "adaptation" && "done" in rest ? [rest] : []),
			warnings: all.flatMap((finding) => finding.kind === "warning" ? [finding.message] : []),
			dataDir: settings.dataDir,
			facts
		}
	};
}
async function readFacts(host, paths, config, dataDir) {
	const systemd = await hasSystemd(host, paths);
	const runsAs = `${paths.proc}/${systemd ? "1" : "self"}`;
	const [status, mountinfo, cgroups, overlayfs, sysctls, disk, network, ipv6Routes] = await Promise.all([
		host.files.readAsRoot(`${runsAs}/status`),
		host.files.readAsRoot(`${runsAs}/mountinfo`),
		readCgroups(host, paths),
		readOverlay(host, paths),
		readSysctls(host, paths),
		readDisk(host, dataDir),
		readPodNetwork(host, paths),
		host.files.read(`${paths.proc}/net/ipv6_route`)
	]);
	const facts = {
		systemd,
		cgroups: cgroups.kind,
		sysResource: hasSysResource(status ?? ""),
		rootPropagation: rootPropagation(mountinfo ?? ""),
		overlayfs,
		podMtu: network.mtu,
		sysctls,
		diskNearlyFull: disk !== void 0 && isNearlyFull(disk)
	};
	return {
		facts,
		findings: [
			...judgeSysResource(facts.sysResource),
			...judgeCgroups(cgroups.kind, cgroups.controllers),
			...judgeRootPropagation(facts.rootPropagation),
			...judgeOverlay(overlayfs),
			...judgeSysctls(sysctls),
			...judgeDisk(disk, dataDir),
			...judgeRoute(network.device, /^0{32} 00 .* (?!lo$)\S+$/m.test(ipv6Routes ?? ""), config.k3s.args)
		]
	};
}
function asProblem(finding) {
	return finding.kind === "problem" ? [finding] : [];
}
function asError(problems) {
	const [first] = problems;
	if (first !== void 0 && problems.length === 1) return new InstallError(first.message, { mend: first.mend });
	const list = problems.map(({ message, mend }) => `- ${message} (${mend})`).join("\n");
	return new InstallError(`k3s can't run on this host:\n${list}`, { mend: "mend each of these, then try again" });
}

// src/forward/ports.ts
/**
* Makes sure that each listener's port is free on both loopback addresses. One that is taken is replaced by a free
* one when `whenBusy` says so.
* @throws UserError naming the port, who has it if that can be seen, and the setting to change.
*/
async function choosePorts({ host, log }, listeners, whenBusy) {
	const chosen = [];
	for (const listener of listeners) {
		const { name, port } = listener;
		const asked = chosen.some((other) => other.port === port);
		if (!asked && await isFree(port)) {
			chosen.push(listener);
			continue;
		}
		const holder = asked ? "another listener of this stack" : await findHolder(host, port);
		const problem = `port ${port} for ${name} is taken${holder ? ` by ${holder}` : ""}`;
		if (whenBusy === "fail") throw new UserError(problem, { mend: `choose another with \`ports.${name}\` in monstack.yaml or --${name}-port, or take any free one with --busy-port other` });
		const other = await freePort(new Set(listeners.map((wanted) => wanted.port)));
		log.warn(`${problem}: using ${other} instead`);
		chosen.push({
			...listener,
			port: other
		});
	}
	return chosen;
}
async function isFree(port) {
	for (const address of ["127.0.0.1", "::1"]) try {
		const server = await bind(port, address, (client) => client.destroy());
		await new Promise((resolve) => server.close(resolve));
	} catch (error) {
		const { code } = error;
		if (code === "EADDRINUSE") return false;
		if (code === "EACCES") throw new UserError(`port ${port} can only be used by root`, { cause: error });
	}
	return true;
}
async function freePort(without) {
	for (;;) {
		const server = createServer();
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
		const address = server.address();
		await new Promise((resolve) => server.close(resolve));
		if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
		if (!without.has(address.port) && await isFree(address.port)) return address.port;
	}
}
/** @returns e.g. `nginx (pid 123)`; undefined where `ss` can't tell. */
async function findHolder(host, port) {
	const argv = [
		"ss",
		"-H",
		"-ltnp",
		"sport",
		"=",
		`:${port}`
	];
	const root = host.rights !== "none";
	const result = await host.exec(argv, {
		root,
		allowFailure: true,
		timeoutMs: 5e3
	}).catch(() => void 0);
	const user = /users:\(\("([^"]+)",pid=(\d+)/.exec(result?.stdout ?? "");
	return user ? `${user[1]} (pid ${user[2]})` : void 0;
}

// src/core/down.ts
/** Undoes everything in the journal and proves that nothing is left. */
async function down(session) {
	const { context, loaded, recorder } = session;
	const { leaks, kept } = await recorder.phase("teardown", () => tearDown(context, {
		stateDir: loaded.config.stateDir,
		keep: [loaded.config.reportDir]
	}));
	for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
	if (leaks.length === 0) context.log.info("torn down, nothing left");
	return {
		leaks,
		kept
	};
}

// src/core/evidence.ts
/** Keeps what a teardown takes away and somebody will want to read after a failure: k3s' log, beside the report. */
async function keepEvidence({ context, loaded, secrets }) {
	const { host, log } = context;
	const path = join(loaded.config.reportDir, "k3s.log");
	try {
		const text = await host.files.read(join(loaded.config.stateDir, "k3s.log"));
		if (text === void 0) return;
		await host.files.write(path, hide(text.slice(-2e6), secrets));
		log.info(`k3s' log is kept in ${path}`);
	} catch (error) {
		log.warn(`k3s' log could not be kept in ${path}: ${messageOf(error)}`);
	}
}

// src/deploy/workloads-failed.ts
/** Workloads that can't get ready, or did not in time. Exit code 3. The first lines name the cause. */
var WorkloadsFailed = class extends InstallError {
	failures;
	/** How the other workloads stood, one line each. */
	others;
	constructor(failures, others = []) {
		const mend = failures[0]?.mend;
		super([...failures.map(describeFailure$1), ...otherLines(others)].join("\n"), mend === void 0 ? {} : { mend });
		this.failures = failures;
		this.others = others;
	}
};
function describeFailure$1(failure, index) {
	const where = [...failure.container ? [`container ${failure.container}`] : [], ...failure.pod ? [`pod ${failure.pod}`] : []].join(" of ");
	const line = `${failure.workload} is not ready: ${failure.reason}${where ? ` (${where})` : ""}: ${failure.message.trim()}`;
	return index === 0 ? line : `${line}\n  ${failure.mend}`;
}
function otherLines(others) {
	return others.length === 0 ? [] : ["The others:", ...others.map((line) => `  ${line}`)];
}

// src/core/failure.ts
/** What ended a run early, as it stands in the report. */
function describeFailure(error) {
	return {
		message: messageOf(error),
		mend: error instanceof MonstackError ? error.mend : void 0,
		workloads: error instanceof WorkloadsFailed ? error.failures : []
	};
}

// src/config/suggest.ts
/** The known word that was most likely meant, or undefined when none is near. */
function nearest(word, known) {
	const wanted = plain(word);
	let best;
	for (const name of known) {
		const distance = editDistance(wanted, plain(name));
		if (!best || distance < best.distance) best = {
			name,
			distance
		};
	}
	if (!best) return void 0;
	return best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : void 0;
}
/** `did you mean X?`, or the list of all that would be right. */
function didYouMean(word, known) {
	const name = nearest(word, known);
	if (name !== void 0) return `did you mean ${name}?`;
	return known.length > 0 ? `right would be one of ${known.join(", ")}` : "there is nothing to choose from";
}
/** `dependsOn`, `depends-on` and `depends_on` are the same word to a reader. */
function plain(word) {
	return word.toLowerCase().replaceAll(/[-_]/g, "");
}
/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a, b) {
	const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		const above = rows[i - 1] ?? [];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
			row.push(cost);
		}
		rows.push(row);
	}
	return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY;
}

// src/plan/chart.ts
/** Where an app's chart is, from the way the configuration writes it. */
function chartRef(app, chart, version, repos) {
	if (chart.startsWith("oci://")) return {
		kind: "oci",
		url: chart,
		version
	};
	if (/^[/.]/.test(chart)) return {
		kind: "path",
		path: chart
	};
	const [repo = "", name = ""] = chart.split("/");
	const repoUrl = Object.hasOwn(repos, repo) ? repos[repo] : void 0;
	if (repoUrl !== void 0) return {
		kind: "repo",
		repo,
		repoUrl,
		name,
		version
	};
	throw new UserError(`apps.${app}.chart: there is no chart repository ${repo} under repos; ${didYouMean(repo, Object.keys(repos))}`);
}
/** The chart's own name, wherever it comes from: `prometheus` for `/charts/prometheus-29.27.0.tgz` too. */
function chartName(chart) {
	if (chart.kind === "repo") return chart.name;
	return basename(chart.kind === "oci" ? chart.url : chart.path).replace(/(-v?\d+\.\d+[^/]*)?\.(tgz|tar\.gz)$/, "");
}
/** `prometheus-community/prometheus 29.27.0`; a version that nobody named is the newest. */
function formatChart(chart) {
	if (chart.kind === "path") return chart.path;
	return `${chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`} ${chart.version ?? "(newest)"}`;
}

// src/config/duration.ts
const unitMs$1 = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5,
	w: 6048e5,
	y: 31536e6
};
/** Milliseconds in a duration as Prometheus and Go write it (`90s`, `1h30m`, `500ms`); undefined when it isn't one. */
function parseDuration(text) {
	if (!/^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(text)) return void 0;
	let total = 0;
	for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)) total += Number(amount) * (unitMs$1[unit ?? ""] ?? NaN);
	return Number.isFinite(total) ? Math.round(total) : void 0;
}
/** The shortest way to write it: 300 000 -> `5m`, 5 400 000 -> `1h30m`, 1500 -> `1s500ms`. */
function formatDuration(ms) {
	let rest = Math.round(ms);
	let text = "";
	for (const unit of [
		"h",
		"m",
		"s",
		"ms"
	]) {
		const size = unitMs$1[unit] ?? 1;
		const count = Math.floor(rest / size);
		if (count > 0) text += `${count}${unit}`;
		rest -= count * size;
	}
	return text || "0s";
}

// src/plan/values.ts
function isMapping$1(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/**
* Lays one over the other as helm does with several values files: mappings are merged, everything else is replaced. A
* null stays, because only helm knows the chart's default that it takes away.
*/
function mergeValues(under, over) {
	const merged = { ...under };
	for (const [key, value] of Object.entries(over)) {
		const below = Object.hasOwn(under, key) ? under[key] : void 0;
		merged[key] = isMapping$1(below) && isMapping$1(value) ? mergeValues(below, value) : value;
	}
	return merged;
}
/** What stands at a key path; undefined when nothing does. */
function valueAt(values, path) {
	let node = values;
	for (const key of path) {
		if (!isMapping$1(node) || !Object.hasOwn(node, key)) return void 0;
		node = node[key];
	}
	return node;
}
/** The values with one more at a key path; what stood there is replaced. */
function withValue(values, path, value) {
	return mergeValues(values, path.reduceRight((inner, key) => ({ [key]: inner }), value));
}
/** Whether the values leave a path to others: nothing stands there, nothing above it is a null, a text or switched off. */
function isUnset(values, path) {
	let node = values;
	for (const [index, key] of path.entries()) {
		if (!isMapping$1(node)) return false;
		if (index > 0 && node.enabled === false) return false;
		if (!Object.hasOwn(node, key)) return true;
		node = node[key];
	}
	return false;
}
/** As helm's `--set` writes a key path: a dot within a key has a backslash before it. */
function formatKeyPath(path) {
	return path.map((key) => key.replaceAll(".", "\\.")).join(".");
}

// src/plan/scrape.ts
const intervalPath = [
	"server",
	"global",
	"scrape_interval"
];
const timeoutPath = [
	"server",
	"global",
	"scrape_timeout"
];
const ciMs = 2e3;
/** The Prometheus chart's defaults. */
const chartTimeoutMs = 1e4;
const chartInterval = "1m";
/** How often Prometheus will scrape, given all its values. */
function scrapeInterval(values) {
	const set = valueAt(values, intervalPath);
	return typeof set === "string" ? set : chartInterval;
}
/**
* Profile ci's scraping. Prometheus refuses a configuration in which a timeout is longer than its interval, so each of
* the two keeps to what the user says about the other.
*/
function ciScraping(values) {
	const interval = durationAt(values, intervalPath);
	const timeout = durationAt(values, timeoutPath);
	const settings = [];
	const ownMs = Math.max(ciMs, timeout ?? 0, longestJobTimeout(values));
	if (interval === void 0) settings.push({
		path: intervalPath,
		value: formatDuration(ownMs),
		why: "rate() needs two scrapes: with the chart's 1m nothing can be queried for minutes"
	});
	const timeoutMs = interval === void 0 ? ownMs : Math.min(chartTimeoutMs, interval);
	if (timeoutMs < chartTimeoutMs) settings.push({
		path: timeoutPath,
		value: formatDuration(timeoutMs),
		why: "a timeout may not be longer than the interval"
	});
	settings.push({
		path: [
			"server",
			"global",
			"evaluation_interval"
		],
		value: formatDuration(ciMs),
		why: "rules are evaluated before the job is over; the chart's default is 1m"
	});
	return settings;
}
function durationAt(values, path) {
	const set = valueAt(values, path);
	return typeof set === "string" ? parseDuration(set) : void 0;
}
/** Of the user's own jobs that have a timeout but leave the interval to the global one, in milliseconds. */
function longestJobTimeout(node) {
	if (typeof node === "string") {
		const found = [...node.matchAll(/scrape_timeout:\s*["']?(\w+)/g)].map((match) => parseDuration(match[1] ?? "") ?? 0);
		return Math.max(0, ...found);
	}
	if (Array.isArray(node)) return Math.max(0, ...node.map(longestJobTimeout));
	if (!isMapping$1(node)) return 0;
	const own = typeof node.scrape_timeout === "string" && node.scrape_interval === void 0 ? parseDuration(node.scrape_timeout) ?? 0 : 0;
	return Math.max(own, ...Object.values(node).map((value) => typeof value === "string" && !value.includes("\n") ? 0 : longestJobTimeout(value)));
}

// src/plan/grafana.ts
/** Puts the administrator into a Grafana chart's values, where the user's own values say nothing of them. */
function withAdmin(values, admin) {
	if (existingSecret(values) !== void 0) return values;
	const named = isUnset(values, ["adminUser"]) ? withValue(values, ["adminUser"], admin.user) : values;
	if (admin.password === void 0 || !isUnset(named, ["adminPassword"])) return named;
	return withValue(named, ["adminPassword"], admin.password);
}
/**
* The credentials that are in force, whoever set them; undefined when the plan has no Grafana.
* `admin` is what the run uses (`config.grafana` with a generated password filled in); `config.grafana` of the plan says
* whether the user chose one.
* @throws UserError when nobody can know the password.
*/
function grafanaLogin(plan, admin) {
	const app = plan.apps.find((one) => chartName(one.chart) === "grafana");
	if (!app) return void 0;
	const secret = existingSecret(app.values);
	const configured = plan.config.grafana;
	if (secret !== void 0 && configured.password !== void 0) return {
		kind: "known",
		user: configured.user,
		password: configured.password
	};
	if (secret !== void 0) {
		const key = (name, fallback) => String(valueAt(app.values, ["admin", name]) || fallback);
		return {
			kind: "secret",
			namespace: app.namespace,
			secret,
			userKey: key("userKey", "admin-user"),
			passwordKey: key("passwordKey", "admin-password")
		};
	}
	const user = app.values.adminUser ?? admin.user;
	const password = app.values.adminPassword ?? admin.password;
	if (typeof user === "string" && typeof password === "string" && password !== "") return {
		kind: "known",
		user,
		password
	};
	throw new UserError(`apps.${app.name}.values: adminUser and adminPassword are not texts, so nobody can log in to Grafana`, { mend: "put both in quotes, or leave them out and use grafana.user and grafana.password" });
}
function existingSecret(values) {
	const name = valueAt(values, ["admin", "existingSecret"]);
	return typeof name === "string" && name !== "" ? name : void 0;
}
/** The default stack's data source: the Prometheus that Grafana depends on. */
function datasourceSettings(prometheus, grafanaValues) {
	if (valueAt(grafanaValues, [
		"sidecar",
		"datasources",
		"enabled"
	]) === true) return [];
	return [{
		path: ["datasources", "datasources.yaml"],
		value: {
			apiVersion: 1,
			datasources: [{
				name: "Prometheus",
				uid: "prometheus",
				type: "prometheus",
				access: "proxy",
				url: prometheusUrl(prometheus),
				isDefault: true,
				jsonData: { timeInterval: scrapeInterval(prometheus.values) }
			}]
		},
		why: `Grafana asks the Prometheus of this stack; $__rate_interval follows its scrape interval`,
		unlessAny: ["datasources"]
	}];
}
/** The address of the Prometheus chart's service inside the cluster, named the way the chart names it. */
function prometheusUrl({ release, namespace, values }) {
	const server = isMapping$1(values.server) ? values.server : {};
	const name = String(values.nameOverride || "prometheus");
	const base = release.includes(name) ? release : `${release}-${name}`;
	const service = String(server.fullnameOverride || `${base}-${server.name || "server"}`).slice(0, 63).replace(/-$/, "");
	const port = Number(valueAt(server, ["service", "servicePort"]) ?? 80);
	const host = `${service}.${values.forceNamespace || namespace}.svc.cluster.local`;
	const prefix = typeof server.prefixURL === "string" ? server.prefixURL.replace(/\/$/, "") : "";
	return `http://${host}${port === 80 ? "" : `:${port}`}${prefix}`;
}

// src/plan/ci.ts
/** What profile ci sets for a chart, by the chart's name; every key is one that the upstream chart has. */
function ciSettings(chart, values) {
	if (chart === "prometheus") return [...prometheus, ...ciScraping(values)];
	if (chart === "grafana") return grafana;
	return [];
}
const everySecond = "a ready pod is noticed within a second instead of up to ten";
const small = "small enough for any runner, but not the first to starve or to be evicted on a busy one";
const prometheus = [
	{
		path: ["server", "readinessProbeInitialDelay"],
		value: 0,
		why: "the chart waits 30 s before it asks for the first time"
	},
	{
		path: ["server", "readinessProbePeriodSeconds"],
		value: 1,
		why: everySecond
	},
	{
		path: [
			"configmapReload",
			"prometheus",
			"readinessProbe",
			"periodSeconds"
		],
		value: 1,
		why: everySecond
	},
	{
		path: [
			"alertmanager",
			"readinessProbe",
			"periodSeconds"
		],
		value: 1,
		why: everySecond
	},
	{
		path: [
			"kube-state-metrics",
			"readinessProbe",
			"initialDelaySeconds"
		],
		value: 0,
		why: "the chart waits 5 s before it asks for the first time"
	},
	{
		path: [
			"kube-state-metrics",
			"readinessProbe",
			"periodSeconds"
		],
		value: 1,
		why: everySecond
	},
	{
		path: [
			"prometheus-node-exporter",
			"readinessProbe",
			"periodSeconds"
		],
		value: 1,
		why: everySecond
	},
	{
		path: [
			"server",
			"persistentVolume",
			"enabled"
		],
		value: false,
		why: "a volume that dies with the job costs 5 to 10 s of provisioning",
		unlessAny: ["server", "persistentVolume"]
	},
	{
		path: [
			"alertmanager",
			"persistence",
			"enabled"
		],
		value: false,
		why: "a volume that dies with the job costs 5 to 10 s of provisioning",
		unlessAny: ["alertmanager", "persistence"]
	},
	{
		path: [
			"server",
			"resources",
			"requests"
		],
		value: {
			cpu: "50m",
			memory: "64Mi"
		},
		why: small,
		unlessAny: ["server", "resources"]
	},
	{
		path: ["server", "terminationGracePeriodSeconds"],
		value: 10,
		why: "the chart lets a shutdown take 5 minutes, and teardown waits for it"
	}
];
const noNetwork = "a test's Grafana calls nobody on the internet";
const grafana = [
	{
		path: ["readinessProbe", "periodSeconds"],
		value: 1,
		why: everySecond
	},
	{
		path: ["resources", "requests"],
		value: {
			cpu: "50m",
			memory: "64Mi"
		},
		why: small,
		unlessAny: ["resources"]
	},
	{
		path: [
			"grafana.ini",
			"analytics",
			"check_for_updates"
		],
		value: false,
		why: noNetwork
	},
	{
		path: [
			"grafana.ini",
			"analytics",
			"check_for_plugin_updates"
		],
		value: false,
		why: noNetwork
	},
	{
		path: [
			"grafana.ini",
			"analytics",
			"reporting_enabled"
		],
		value: false,
		why: noNetwork
	},
	{
		path: [
			"grafana.ini",
			"plugins",
			"preinstall_disabled"
		],
		value: true,
		why: "Grafana 11.5 and later download plugins from grafana.com at each start"
	}
];

// src/plan/host-mount.ts
/** Where each chart keeps node-exporter's values. */
const nodeExporterIn = {
	prometheus: ["prometheus-node-exporter"],
	"kube-prometheus-stack": ["prometheus-node-exporter"],
	"prometheus-node-exporter": []
};
/**
* Lets node-exporter start on a host whose `/` is mounted private: its HostToContainer mount is refused there ("not a
* shared or slave mount"). Without propagation it still sees every file system that is mounted before it starts.
*/
function privateRootSettings(chart) {
	const prefix = nodeExporterIn[chart];
	if (!prefix) return [];
	return [{
		path: [
			...prefix,
			"hostRootFsMount",
			"mountPropagation"
		],
		value: "",
		why: "this host's / is mounted private, and node-exporter can't start with the chart's HostToContainer there"
	}];
}

// src/plan/overlay.ts
/** Sets each value that the user left unset, and says which. */
function applyOverlay(app, values, settings) {
	const free = settings.filter(({ path, unlessAny }) => isUnset(values, path) && !hasAny(values, unlessAny));
	return {
		values: free.reduce((merged, { path, value }) => withValue(merged, path, value), values),
		set: free.map(({ path, value, why }) => ({
			app,
			path: formatKeyPath(path),
			value,
			why
		}))
	};
}
function hasAny(values, path) {
	if (!path) return false;
	const there = valueAt(values, path);
	return isMapping$1(there) ? Object.keys(there).length > 0 : there !== void 0;
}

// src/plan/select.ts
/**
* The names of the apps to deploy: the selected ones (or all that are enabled) with all that they depend on, each after
* its dependencies, ties in alphabetical order.
* @throws UserError for an unknown name, a disabled dependency or a cycle.
*/
function orderApps(apps, select) {
	const chosen = withDependencies(apps, select);
	const ordered = [];
	while (ordered.length < chosen.size) {
		const isReady = (name) => dependenciesOf(apps, name).every((one) => ordered.includes(one));
		const next = [...chosen].filter((name) => !ordered.includes(name) && isReady(name)).sort()[0];
		if (next === void 0) throw cycleError(apps, [...chosen].filter((name) => !ordered.includes(name)));
		ordered.push(next);
	}
	return ordered;
}
function withDependencies(apps, select) {
	const enabled = Object.keys(apps).filter((name) => apps[name]?.enabled);
	if (enabled.length === 0) throw new UserError("no app is enabled", { mend: "take `enabled: false` away from one of them" });
	const chosen = /* @__PURE__ */ new Set();
	const add = (name, wantedBy) => {
		checkUsable(apps, name, wantedBy);
		if (chosen.has(name)) return;
		chosen.add(name);
		for (const dependency of dependenciesOf(apps, name)) add(dependency, name);
	};
	for (const name of select.length > 0 ? select : enabled) add(name, void 0);
	return chosen;
}
function checkUsable(apps, name, wantedBy) {
	const app = Object.hasOwn(apps, name) ? apps[name] : void 0;
	const where = wantedBy === void 0 ? "apps" : `apps.${wantedBy}.depends_on`;
	if (!app) throw new UserError(`${where}: there is no app ${name}; ${didYouMean(name, Object.keys(apps))}`);
	if (app.enabled) return;
	if (wantedBy === void 0) throw new UserError(`${where}: ${name} is selected but disabled (apps.${name}.enabled: false)`);
	throw new UserError(`${where}: ${wantedBy} depends on ${name}, which is disabled (apps.${name}.enabled: false)`, { mend: `enable ${name}, or write depends_on for ${wantedBy} without it` });
}
function dependenciesOf(apps, name) {
	return (apps[name]?.dependsOn ?? []).map(({ app }) => app);
}
/** Each of the stuck apps has a dependency among them, so that following these ends in a circle. */
function cycleError(apps, stuck) {
	const walked = [];
	let name = [...stuck].sort()[0];
	while (name !== void 0 && !walked.includes(name)) {
		walked.push(name);
		name = dependenciesOf(apps, name).filter((one) => stuck.includes(one)).sort()[0];
	}
	const circle = name === void 0 ? walked : [...walked.slice(walked.indexOf(name)), name];
	return new UserError(`apps depend on each other in a circle: ${circle.join(" -> ")}`, { mend: "take one of these out of the other's depends_on" });
}

// src/plan/plan.ts
/**
* What will be deployed, in which order and with which values. Pure.
* @throws UserError for unknown or disabled apps, cycles, unknown repositories and releases of the same name.
*/
function makePlan(config, input) {
	const apps = [];
	const profileSettings = [];
	for (const name of orderApps(config.apps, config.select)) {
		const app = config.apps[name];
		if (!app) continue;
		const planned = planApp(name, app, config, input.valuesFiles);
		const { values, set } = applyOverlay(name, planned.values, settingsFor(planned, apps, config, input));
		profileSettings.push(...set);
		const isGrafana = chartName(planned.chart) === "grafana";
		apps.push({
			...planned,
			values: isGrafana ? withAdmin(values, input.grafana ?? config.grafana) : values
		});
	}
	checkReleases(apps);
	return {
		config,
		apps,
		profileSettings
	};
}
function planApp(name, app, config, files) {
	return {
		name,
		release: app.release,
		namespace: app.namespace ?? config.namespace,
		chart: chartRef(name, app.chart, app.version, config.repos),
		values: app.values.reduce((merged, source) => mergeValues(merged, valuesOf$1(name, source, files)), {}),
		dependsOn: app.dependsOn,
		timeoutMs: app.timeoutMs ?? config.timeouts.deployMs
	};
}
function valuesOf$1(app, source, files) {
	if ("inline" in source) return source.inline;
	const values = files[source.file];
	if (values) return values;
	throw new UserError(`apps.${app}.values: the values file ${source.file} was not read`);
}
/** What goes under an app's own values; `before` are the apps that are planned already, its dependencies among them. */
function settingsFor(app, before, config, input) {
	const chart = chartName(app.chart);
	const settings = [];
	if (config.profile === "ci") settings.push(...ciSettings(chart, app.values));
	if (input.hostRootMountShared === false) settings.push(...privateRootSettings(chart));
	if (app.name === "grafana" && chart === "grafana") {
		const isPrometheus = (one) => chartName(one.chart) === "prometheus" && app.dependsOn.some((to) => to.app === one.name);
		const prometheus = before.find(isPrometheus);
		if (prometheus) settings.push(...datasourceSettings(prometheus, app.values));
	}
	return settings;
}
function checkReleases(apps) {
	const seen = /* @__PURE__ */ new Map();
	for (const { name, release, namespace } of apps) {
		const other = seen.get(`${namespace}/${release}`);
		if (other !== void 0) throw new UserError(`apps.${name}.release: ${release} in namespace ${namespace} is ${other}'s release already`, { mend: `give ${name} another release or namespace` });
		seen.set(`${namespace}/${release}`, name);
	}
}

// src/core/prepare.ts
/** Decides what will be done. A password that nobody chose is made here, and masked before anything is logged. */
function prepare({ context, loaded, secrets }) {
	const { config, valuesFiles } = loaded;
	const password = config.grafana.password ?? randomBytes(18).toString("base64url");
	keepSecret(password, context.log, secrets);
	const admin = {
		user: config.grafana.user,
		password
	};
	const plan = makePlan(config, {
		valuesFiles,
		grafana: admin
	});
	const login = grafanaLogin(plan, admin);
	if (login?.kind === "known") keepSecret(login.password, context.log, secrets);
	return {
		plan,
		login
	};
}
function keepSecret(secret, log, secrets) {
	log.mask(secret);
	secrets.push(secret);
}
/** The user and password themselves; those in a Secret of the user's are read from the cluster. */
async function readLogin(login, kube, { context, secrets }) {
	if (login === void 0) return {
		user: "",
		password: ""
	};
	if (login.kind === "known") return login;
	const { namespace, secret, userKey, passwordKey } = login;
	const where = `secret ${namespace}/${secret}`;
	const { data } = await kube.makeApiClient(ObjectCoreV1Api).readNamespacedSecret({
		namespace,
		name: secret
	}).catch((cause) => {
		throw new InstallError(`${where}, which holds Grafana's administrator, can't be read: ${messageOf(cause)}`, { cause });
	});
	const read = (key) => {
		const value = data?.[key];
		if (value === void 0) throw new InstallError(`${where} has no key ${key}`, { mend: "add it, or set grafana.password" });
		return Buffer.from(value, "base64").toString("utf8");
	};
	const password = read(passwordKey);
	keepSecret(password, context.log, secrets);
	return {
		user: read(userKey),
		password
	};
}

// src/forward/start.ts
const startTimeoutMs = 15e3;
/**
* Starts the process that gives the stack its stable addresses, and returns them once it listens.
* @throws UserError when a port is taken and `whenBusy` is `fail`; InstallError when the process doesn't come up.
*/
async function startForwarder(context, options) {
	const { host } = context;
	const { stateDir, journal } = options;
	const listeners = await choosePorts(context, options.listeners, options.whenBusy);
	const specFile = join(stateDir, "forward.json");
	const statusFile = join(stateDir, "forward-status.json");
	const logFile = join(stateDir, "forward.log");
	const at = () => new Date(host.now()).toISOString();
	for (const path of [
		specFile,
		statusFile,
		logFile
	]) await journal.append({
		kind: "file",
		at: at(),
		path,
		root: false
	});
	await host.files.remove(statusFile);
	const spec = {
		listeners,
		statusFile
	};
	await host.files.write(specFile, JSON.stringify(spec), 384);
	await journal.append({
		kind: "starting",
		at: at(),
		name: "forward",
		argument: specFile
	});
	const { pid } = await host.startDetached([
		process.execPath,
		options.script,
		specFile
	], { logFile });
	const startTime = await startTimeOf(host, pid);
	if (startTime !== void 0) await journal.append({
		kind: "process",
		at: at(),
		name: "forward",
		pid,
		startTime
	});
	const status = await waitForStatus(context, statusFile, pid);
	if (status?.state !== "listening") {
		const why = status?.message ?? await lastLines(host, logFile);
		throw new InstallError(`the local addresses could not be set up: ${why}`, { mend: `see ${logFile}` });
	}
	return Object.fromEntries(Object.entries(status.ports).map(([name, port]) => [name, {
		port,
		url: `http://localhost:${port}`
	}]));
}
/** @returns undefined when the process ended, or took too long, without a word. */
async function waitForStatus({ host, signal }, statusFile, pid) {
	const deadline = host.now() + startTimeoutMs;
	while (host.now() < deadline) {
		const isRunning = await startTimeOf(host, pid) !== void 0;
		const text = await host.files.read(statusFile);
		if (text !== void 0) return JSON.parse(text);
		if (!isRunning) return void 0;
		await host.sleep(20, signal);
	}
}
async function lastLines(host, logFile) {
	return (await host.files.read(logFile) ?? "").trim().split("\n").slice(-5).join("\n") || "its process ended without a word";
}

// node_modules/yaml/dist/nodes/identity.js
var require_identity = /* @__PURE__ */ __commonJSMin(((exports) => {
	const ALIAS = Symbol.for("yaml.alias");
	const DOC = Symbol.for("yaml.document");
	const MAP = Symbol.for("yaml.map");
	const PAIR = Symbol.for("yaml.pair");
	const SCALAR = Symbol.for("yaml.scalar");
	const SEQ = Symbol.for("yaml.seq");
	const NODE_TYPE = Symbol.for("yaml.node.type");
	const isAlias = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === ALIAS;
	const isDocument = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === DOC;
	const isMap = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === MAP;
	const isPair = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === PAIR;
	const isScalar = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SCALAR;
	const isSeq = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SEQ;
	function isCollection(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case MAP:
			case SEQ: return true;
		}
		return false;
	}
	function isNode(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case ALIAS:
			case MAP:
			case SCALAR:
			case SEQ: return true;
		}
		return false;
	}
	const hasAnchor = (node) => (isScalar(node) || isCollection(node)) && !!node.anchor;
	exports.ALIAS = ALIAS;
	exports.DOC = DOC;
	exports.MAP = MAP;
	exports.NODE_TYPE = NODE_TYPE;
	exports.PAIR = PAIR;
	exports.SCALAR = SCALAR;
	exports.SEQ = SEQ;
	exports.hasAnchor = hasAnchor;
	exports.isAlias = isAlias;
	exports.isCollection = isCollection;
	exports.isDocument = isDocument;
	exports.isMap = isMap;
	exports.isNode = isNode;
	exports.isPair = isPair;
	exports.isScalar = isScalar;
	exports.isSeq = isSeq;
}));

// node_modules/yaml/dist/visit.js
var require_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove node");
	/**
	* Apply a visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	function visit(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (visit_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else visit_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visit.SKIP = SKIP;
	/** Remove the current node */
	visit.REMOVE = REMOVE;
	function visit_(key, node, visitor, path) {
		const ctrl = callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visit_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = visit_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = visit_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = visit_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	/**
	* Apply an async visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `Promise`: Must resolve to one of the following values
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	async function visitAsync(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (await visitAsync_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else await visitAsync_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visitAsync.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visitAsync.SKIP = SKIP;
	/** Remove the current node */
	visitAsync.REMOVE = REMOVE;
	async function visitAsync_(key, node, visitor, path) {
		const ctrl = await callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visitAsync_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = await visitAsync_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = await visitAsync_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = await visitAsync_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	function initVisitor(visitor) {
		if (typeof visitor === "object" && (visitor.Collection || visitor.Node || visitor.Value)) return Object.assign({
			Alias: visitor.Node,
			Map: visitor.Node,
			Scalar: visitor.Node,
			Seq: visitor.Node
		}, visitor.Value && {
			Map: visitor.Value,
			Scalar: visitor.Value,
			Seq: visitor.Value
		}, visitor.Collection && {
			Map: visitor.Collection,
			Seq: visitor.Collection
		}, visitor);
		return visitor;
	}
	function callVisitor(key, node, visitor, path) {
		if (typeof visitor === "function") return visitor(key, node, path);
		if (identity.isMap(node)) return visitor.Map?.(key, node, path);
		if (identity.isSeq(node)) return visitor.Seq?.(key, node, path);
		if (identity.isPair(node)) return visitor.Pair?.(key, node, path);
		if (identity.isScalar(node)) return visitor.Scalar?.(key, node, path);
		if (identity.isAlias(node)) return visitor.Alias?.(key, node, path);
	}
	function replaceNode(key, path, node) {
		const parent = path[path.length - 1];
		if (identity.isCollection(parent)) parent.items[key] = node;
		else if (identity.isPair(parent)) {
			if (key === "key") parent.key = node;
			else parent.value = node;
		} else if (identity.isDocument(parent)) parent.contents = node;
		else {
			const pt = identity.isAlias(parent) ? "alias" : "scalar";
			throw new Error(`Cannot replace node with ${pt} parent`);
		}
	}
	exports.visit = visit;
	exports.visitAsync = visitAsync;
}));

// node_modules/yaml/dist/doc/directives.js
var require_directives = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	const escapeChars = {
		"!": "%21",
		",": "%2C",
		"[": "%5B",
		"]": "%5D",
		"{": "%7B",
		"}": "%7D"
	};
	const escapeTagName = (tn) => tn.replace(/[!,[\]{}]/g, (ch) => escapeChars[ch]);
	var Directives = class Directives {
		constructor(yaml, tags) {
			/**
			* The directives-end/doc-start marker `---`. If `null`, a marker may still be
			* included in the document's stringified representation.
			*/
			this.docStart = null;
			/** The doc-end marker `...`.  */
			this.docEnd = false;
			this.yaml = Object.assign({}, Directives.defaultYaml, yaml);
			this.tags = Object.assign({}, Directives.defaultTags, tags);
		}
		clone() {
			const copy = new Directives(this.yaml, this.tags);
			copy.docStart = this.docStart;
			return copy;
		}
		/**
		* During parsing, get a Directives instance for the current document and
		* update the stream state according to the current version's spec.
		*/
		atDocument() {
			const res = new Directives(this.yaml, this.tags);
			switch (this.yaml.version) {
				case "1.1":
					this.atNextDocument = true;
					break;
				case "1.2":
					this.atNextDocument = false;
					this.yaml = {
						explicit: Directives.defaultYaml.explicit,
						version: "1.2"
					};
					this.tags = Object.assign({}, Directives.defaultTags);
			}
			return res;
		}
		/**
		* @param onError - May be called even if the action was successful
		* @returns `true` on success
		*/
		add(line, onError) {
			if (this.atNextDocument) {
				this.yaml = {
					explicit: Directives.defaultYaml.explicit,
					version: "1.1"
				};
				this.tags = Object.assign({}, Directives.defaultTags);
				this.atNextDocument = false;
			}
			const parts = line.trim().split(/[ \t]+/);
			const name = parts.shift();
			switch (name) {
				case "%TAG": {
					if (parts.length !== 2) {
						onError(0, "%TAG directive should contain exactly two parts");
						if (parts.length < 2) return false;
					}
					const [handle, prefix] = parts;
					this.tags[handle] = prefix;
					return true;
				}
				case "%YAML": {
					this.yaml.explicit = true;
					if (parts.length !== 1) {
						onError(0, "%YAML directive should contain exactly one part");
						return false;
					}
					const [version] = parts;
					if (version === "1.1" || version === "1.2") {
						this.yaml.version = version;
						return true;
					} else {
						const isValid = /^\d+\.\d+$/.test(version);
						onError(6, `Unsupported YAML version ${version}`, isValid);
						return false;
					}
				}
				default:
					onError(0, `Unknown directive ${name}`, true);
					return false;
			}
		}
		/**
		* Resolves a tag, matching handles to those defined in %TAG directives.
		*
		* @returns Resolved tag, which may also be the non-specific tag `'!'` or a
		*   `'!local'` tag, or `null` if unresolvable.
		*/
		tagName(source, onError) {
			if (source === "!") return "!";
			if (source[0] !== "!") {
				onError(`Not a valid tag: ${source}`);
				return null;
			}
			if (source[1] === "<") {
				const verbatim = source.slice(2, -1);
				if (verbatim === "!" || verbatim === "!!") {
					onError(`Verbatim tags aren't resolved, so ${source} is invalid.`);
					return null;
				}
				if (source[source.length - 1] !== ">") onError("Verbatim tags must end with a >");
				return verbatim;
			}
			const [, handle, suffix] = source.match(/^(.*!)([^!]*)$/s);
			if (!suffix) onError(`The ${source} tag has no suffix`);
			const prefix = this.tags[handle];
			if (prefix) try {
				return prefix + decodeURIComponent(suffix);
			} catch (error) {
				onError(String(error));
				return null;
			}
			if (handle === "!") return source;
			onError(`Could not resolve tag: ${source}`);
			return null;
		}
		/**
		* Given a fully resolved tag, returns its printable string form,
		* taking into account current tag prefixes and defaults.
		*/
		tagString(tag) {
			for (const [handle, prefix] of Object.entries(this.tags)) if (tag.startsWith(prefix)) return handle + escapeTagName(tag.substring(prefix.length));
			return tag[0] === "!" ? tag : `!<${tag}>`;
		}
		toString(doc) {
			const lines = this.yaml.explicit ? [`%YAML ${this.yaml.version || "1.2"}`] : [];
			const tagEntries = Object.entries(this.tags);
			let tagNames;
			if (doc && tagEntries.length > 0 && identity.isNode(doc.contents)) {
				const tags = {};
				visit.visit(doc.contents, (_key, node) => {
					if (identity.isNode(node) && node.tag) tags[node.tag] = true;
				});
				tagNames = Object.keys(tags);
			} else tagNames = [];
			for (const [handle, prefix] of tagEntries) {
				if (handle === "!!" && prefix === "tag:yaml.org,2002:") continue;
				if (!doc || tagNames.some((tn) => tn.startsWith(prefix))) lines.push(`%TAG ${handle} ${prefix}`);
			}
			return lines.join("\n");
		}
	};
	Directives.defaultYaml = {
		explicit: false,
		version: "1.2"
	};
	Directives.defaultTags = { "!!": "tag:yaml.org,2002:" };
	exports.Directives = Directives;
}));

// node_modules/yaml/dist/doc/anchors.js
var require_anchors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	/**
	* Verify that the input string is a valid anchor.
	*
	* Will throw on errors.
	*/
	function anchorIsValid(anchor) {
		if (/[\x00-\x19\s,[\]{}]/.test(anchor)) {
			const msg = `Anchor must not contain whitespace or control characters: ${JSON.stringify(anchor)}`;
			throw new Error(msg);
		}
		return true;
	}
	function anchorNames(root) {
		const anchors = /* @__PURE__ */ new Set();
		visit.visit(root, { Value(_key, node) {
			if (node.anchor) anchors.add(node.anchor);
		} });
		return anchors;
	}
	/** Find a new anchor name with the given `prefix` and a one-indexed suffix. */
	function findNewAnchor(prefix, exclude) {
		for (let i = 1;; ++i) {
			const name = `${prefix}${i}`;
			if (!exclude.has(name)) return name;
		}
	}
	function createNodeAnchors(doc, prefix) {
		const aliasObjects = [];
		const sourceObjects = /* @__PURE__ */ new Map();
		let prevAnchors = null;
		return {
			onAnchor: (source) => {
				aliasObjects.push(source);
				prevAnchors ?? (prevAnchors = anchorNames(doc));
				const anchor = findNewAnchor(prefix, prevAnchors);
				prevAnchors.add(anchor);
				return anchor;
			},
			/**
			* With circular references, the source node is only resolved after all
			* of its child nodes are. This is why anchors are set only after all of
			* the nodes have been created.
			*/
			setAnchors: () => {
				for (const source of aliasObjects) {
					const ref = sourceObjects.get(source);
					if (typeof ref === "object" && ref.anchor && (identity.isScalar(ref.node) || identity.isCollection(ref.node))) ref.node.anchor = ref.anchor;
					else {
						const error = /* @__PURE__ */ new Error("Failed to resolve repeated object (this should not happen)");
						error.source = source;
						throw error;
					}
				}
			},
			sourceObjects
		};
	}
	exports.anchorIsValid = anchorIsValid;
	exports.anchorNames = anchorNames;
	exports.createNodeAnchors = createNodeAnchors;
	exports.findNewAnchor = findNewAnchor;
}));

// node_modules/yaml/dist/doc/applyReviver.js
var require_applyReviver = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Applies the JSON.parse reviver algorithm as defined in the ECMA-262 spec,
	* in section 24.5.1.1 "Runtime Semantics: InternalizeJSONProperty" of the
	* 2021 edition: https://tc39.es/ecma262/#sec-json.parse
	*
	* Includes extensions for handling Map and Set objects.
	*/
	function applyReviver(reviver, obj, key, val) {
		if (val && typeof val === "object") {
			if (Array.isArray(val)) for (let i = 0, len = val.length; i < len; ++i) {
				const v0 = val[i];
				const v1 = applyReviver(reviver, val, String(i), v0);
				if (v1 === void 0) delete val[i];
				else if (v1 !== v0) val[i] = v1;
			}
			else if (val instanceof Map) for (const k of Array.from(val.keys())) {
				const v0 = val.get(k);
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) val.delete(k);
				else if (v1 !== v0) val.set(k, v1);
			}
			else if (val instanceof Set) for (const v0 of Array.from(val)) {
				const v1 = applyReviver(reviver, val, v0, v0);
				if (v1 === void 0) val.delete(v0);
				else if (v1 !== v0) {
					val.delete(v0);
					val.add(v1);
				}
			}
			else for (const [k, v0] of Object.entries(val)) {
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) delete val[k];
				else if (v1 !== v0) val[k] = v1;
			}
		}
		return reviver.call(obj, key, val);
	}
	exports.applyReviver = applyReviver;
}));

// node_modules/yaml/dist/nodes/toJS.js
var require_toJS = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	/**
	* Recursively convert any node or its contents to native JavaScript
	*
	* @param value - The input value
	* @param arg - If `value` defines a `toJSON()` method, use this
	*   as its first argument
	* @param ctx - Conversion context, originally set in Document#toJS(). If
	*   `{ keep: true }` is not set, output should be suitable for JSON
	*   stringification.
	*/
	function toJS(value, arg, ctx) {
		if (Array.isArray(value)) return value.map((v, i) => toJS(v, String(i), ctx));
		if (value && typeof value.toJSON === "function") {
			if (!ctx || !identity.hasAnchor(value)) return value.toJSON(arg, ctx);
			const data = {
				aliasCount: 0,
				count: 1,
				res: void 0
			};
			ctx.anchors.set(value, data);
			ctx.onCreate = (res) => {
				data.res = res;
				delete ctx.onCreate;
			};
			const res = value.toJSON(arg, ctx);
			if (ctx.onCreate) ctx.onCreate(res);
			return res;
		}
		if (typeof value === "bigint" && !ctx?.keep) return Number(value);
		return value;
	}
	exports.toJS = toJS;
}));

// node_modules/yaml/dist/nodes/Node.js
var require_Node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var applyReviver = require_applyReviver();
	var identity = require_identity();
	var toJS = require_toJS();
	var NodeBase = class {
		constructor(type) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: type });
		}
		/** Create a copy of this node.  */
		clone() {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** A plain JavaScript representation of this node. */
		toJS(doc, { mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			if (!identity.isDocument(doc)) throw new TypeError("A document argument is required");
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc,
				keep: true,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this, "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
	};
	exports.NodeBase = NodeBase;
}));

// node_modules/yaml/dist/nodes/Alias.js
var require_Alias = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var visit = require_visit();
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	var Alias = class extends Node.NodeBase {
		constructor(source) {
			super(identity.ALIAS);
			this.source = source;
			Object.defineProperty(this, "tag", { set() {
				throw new Error("Alias nodes cannot have tags");
			} });
		}
		/**
		* Resolve the value of this alias within `doc`, finding the last
		* instance of the `source` anchor before this node.
		*/
		resolve(doc, ctx) {
			if (ctx?.maxAliasCount === 0) throw new ReferenceError("Alias resolution is disabled");
			let nodes;
			if (ctx?.aliasResolveCache) nodes = ctx.aliasResolveCache;
			else {
				nodes = [];
				visit.visit(doc, { Node: (_key, node) => {
					if (identity.isAlias(node) || identity.hasAnchor(node)) nodes.push(node);
				} });
				if (ctx) ctx.aliasResolveCache = nodes;
			}
			let found = void 0;
			for (const node of nodes) {
				if (node === this) break;
				if (node.anchor === this.source) found = node;
			}
			if (found && ctx) {
				const { anchors, doc, maxAliasCount } = ctx;
				let data = anchors.get(found);
				if (!data) {
					toJS.toJS(found, null, ctx);
					data = anchors.get(found);
				}
				/* istanbul ignore if */
				if (data?.res === void 0) throw new ReferenceError("This should not happen: Alias anchor was not resolved?");
				if (maxAliasCount >= 0) {
					data.count += 1;
					if (data.aliasCount === 0) data.aliasCount = getAliasCount(doc, found, anchors);
					if (data.count * data.aliasCount > maxAliasCount) throw new ReferenceError("Excessive alias count indicates a resource exhaustion attack");
				}
			}
			return found;
		}
		toJSON(_arg, ctx) {
			if (!ctx) return { source: this.source };
			const source = this.resolve(ctx.doc, ctx);
			if (!source) {
				const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
				throw new ReferenceError(msg);
			}
			return ctx.anchors.get(source).res;
		}
		toString(ctx, _onComment, _onChompKeep) {
			const src = `*${this.source}`;
			if (ctx) {
				anchors.anchorIsValid(this.source);
				if (ctx.options.verifyAliasOrder && !ctx.anchors.has(this.source)) {
					const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
					throw new Error(msg);
				}
				if (ctx.implicitKey) return `${src} `;
			}
			return src;
		}
	};
	function getAliasCount(doc, node, anchors) {
		if (identity.isAlias(node)) {
			const source = node.resolve(doc);
			const anchor = anchors && source && anchors.get(source);
			return anchor ? anchor.count * anchor.aliasCount : 0;
		} else if (identity.isCollection(node)) {
			let count = 0;
			for (const item of node.items) {
				const c = getAliasCount(doc, item, anchors);
				if (c > count) count = c;
			}
			return count;
		} else if (identity.isPair(node)) {
			const kc = getAliasCount(doc, node.key, anchors);
			const vc = getAliasCount(doc, node.value, anchors);
			return Math.max(kc, vc);
		}
		return 1;
	}
	exports.Alias = Alias;
}));

// node_modules/yaml/dist/nodes/Scalar.js
var require_Scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	const isScalarValue = (value) => !value || typeof value !== "function" && typeof value !== "object";
	var Scalar = class extends Node.NodeBase {
		constructor(value) {
			super(identity.SCALAR);
			this.value = value;
		}
		toJSON(arg, ctx) {
			return ctx?.keep ? this.value : toJS.toJS(this.value, arg, ctx);
		}
		toString() {
			return String(this.value);
		}
	};
	Scalar.BLOCK_FOLDED = "BLOCK_FOLDED";
	Scalar.BLOCK_LITERAL = "BLOCK_LITERAL";
	Scalar.PLAIN = "PLAIN";
	Scalar.QUOTE_DOUBLE = "QUOTE_DOUBLE";
	Scalar.QUOTE_SINGLE = "QUOTE_SINGLE";
	exports.Scalar = Scalar;
	exports.isScalarValue = isScalarValue;
}));

// node_modules/yaml/dist/doc/createNode.js
var require_createNode = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var Scalar = require_Scalar();
	const defaultTagPrefix = "tag:yaml.org,2002:";
	function findTagObject(value, tagName, tags) {
		if (tagName) {
			const match = tags.filter((t) => t.tag === tagName);
			const tagObj = match.find((t) => !t.format) ?? match[0];
			if (!tagObj) throw new Error(`Tag ${tagName} not found`);
			return tagObj;
		}
		return tags.find((t) => t.identify?.(value) && !t.format);
	}
	function createNode(value, tagName, ctx) {
		if (identity.isDocument(value)) value = value.contents;
		if (identity.isNode(value)) return value;
		if (identity.isPair(value)) {
			const map = ctx.schema[identity.MAP].createNode?.(ctx.schema, null, ctx);
			map.items.push(value);
			return map;
		}
		if (value instanceof String || value instanceof Number || value instanceof Boolean || typeof BigInt !== "undefined" && value instanceof BigInt) value = value.valueOf();
		const { aliasDuplicateObjects, onAnchor, onTagObj, schema, sourceObjects } = ctx;
		let ref = void 0;
		if (aliasDuplicateObjects && value && typeof value === "object") {
			ref = sourceObjects.get(value);
			if (ref) {
				ref.anchor ?? (ref.anchor = onAnchor(value));
				return new Alias.Alias(ref.anchor);
			} else {
				ref = {
					anchor: null,
					node: null
				};
				sourceObjects.set(value, ref);
			}
		}
		if (tagName?.startsWith("!!")) tagName = defaultTagPrefix + tagName.slice(2);
		let tagObj = findTagObject(value, tagName, schema.tags);
		if (!tagObj) {
			if (value && typeof value.toJSON === "function") value = value.toJSON();
			if (!value || typeof value !== "object") {
				const node = new Scalar.Scalar(value);
				if (ref) ref.node = node;
				return node;
			}
			tagObj = value instanceof Map ? schema[identity.MAP] : Symbol.iterator in Object(value) ? schema[identity.SEQ] : schema[identity.MAP];
		}
		if (onTagObj) {
			onTagObj(tagObj);
			delete ctx.onTagObj;
		}
		const node = tagObj?.createNode ? tagObj.createNode(ctx.schema, value, ctx) : typeof tagObj?.nodeClass?.from === "function" ? tagObj.nodeClass.from(ctx.schema, value, ctx) : new Scalar.Scalar(value);
		if (tagName) node.tag = tagName;
		else if (!tagObj.default) node.tag = tagObj.tag;
		if (ref) ref.node = node;
		return node;
	}
	exports.createNode = createNode;
}));

// node_modules/yaml/dist/nodes/Collection.js
var require_Collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var identity = require_identity();
	var Node = require_Node();
	function collectionFromPath(schema, path, value) {
		let v = value;
		for (let i = path.length - 1; i >= 0; --i) {
			const k = path[i];
			if (typeof k === "number" && Number.isInteger(k) && k >= 0) {
				const a = [];
				a[k] = v;
				v = a;
			} else v = /* @__PURE__ */ new Map([[k, v]]);
		}
		return createNode.createNode(v, void 0, {
			aliasDuplicateObjects: false,
			keepUndefined: false,
			onAnchor: () => {
				throw new Error("This should not happen, please report a bug.");
			},
			schema,
			sourceObjects: /* @__PURE__ */ new Map()
		});
	}
	const isEmptyPath = (path) => path == null || typeof path === "object" && !!path[Symbol.iterator]().next().done;
	var Collection = class extends Node.NodeBase {
		constructor(type, schema) {
			super(type);
			Object.defineProperty(this, "schema", {
				value: schema,
				configurable: true,
				enumerable: false,
				writable: true
			});
		}
		/**
		* Create a copy of this collection.
		*
		* @param schema - If defined, overwrites the original's schema
		*/
		clone(schema) {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (schema) copy.schema = schema;
			copy.items = copy.items.map((it) => identity.isNode(it) || identity.isPair(it) ? it.clone(schema) : it);
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/**
		* Adds a value to the collection. For `!!map` and `!!omap` the value must
		* be a Pair instance or a `{ key, value }` object, which may not have a key
		* that already exists in the map.
		*/
		addIn(path, value) {
			if (isEmptyPath(path)) this.add(value);
			else {
				const [key, ...rest] = path;
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.addIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
		/**
		* Removes a value from the collection.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.delete(key);
			const node = this.get(key, true);
			if (identity.isCollection(node)) return node.deleteIn(rest);
			else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			const [key, ...rest] = path;
			const node = this.get(key, true);
			if (rest.length === 0) return !keepScalar && identity.isScalar(node) ? node.value : node;
			else return identity.isCollection(node) ? node.getIn(rest, keepScalar) : void 0;
		}
		hasAllNullValues(allowScalar) {
			return this.items.every((node) => {
				if (!identity.isPair(node)) return false;
				const n = node.value;
				return n == null || allowScalar && identity.isScalar(n) && n.value == null && !n.commentBefore && !n.comment && !n.tag;
			});
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*/
		hasIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.has(key);
			const node = this.get(key, true);
			return identity.isCollection(node) ? node.hasIn(rest) : false;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			const [key, ...rest] = path;
			if (rest.length === 0) this.set(key, value);
			else {
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.setIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
	};
	exports.Collection = Collection;
	exports.collectionFromPath = collectionFromPath;
	exports.isEmptyPath = isEmptyPath;
}));

// node_modules/yaml/dist/stringify/stringifyComment.js
var require_stringifyComment = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringifies a comment.
	*
	* Empty comment lines are left empty,
	* lines consisting of a single space are replaced by `#`,
	* and all other lines are prefixed with a `#`.
	*/
	const stringifyComment = (str) => str.replace(/^(?!$)(?: $)?/gm, "#");
	function indentComment(comment, indent) {
		if (/^\n+$/.test(comment)) return comment.substring(1);
		return indent ? comment.replace(/^(?! *$)/gm, indent) : comment;
	}
	const lineComment = (str, indent, comment) => str.endsWith("\n") ? indentComment(comment, indent) : comment.includes("\n") ? "\n" + indentComment(comment, indent) : (str.endsWith(" ") ? "" : " ") + comment;
	exports.indentComment = indentComment;
	exports.lineComment = lineComment;
	exports.stringifyComment = stringifyComment;
}));

// node_modules/yaml/dist/stringify/foldFlowLines.js
var require_foldFlowLines = /* @__PURE__ */ __commonJSMin(((exports) => {
	const FOLD_FLOW = "flow";
	const FOLD_BLOCK = "block";
	const FOLD_QUOTED = "quoted";
	/**
	* Tries to keep input at up to `lineWidth` characters, splitting only on spaces
	* not followed by newlines or spaces unless `mode` is `'quoted'`. Lines are
	* terminated with `\n` and started with `indent`.
	*/
	function foldFlowLines(text, indent, mode = "flow", { indentAtStart, lineWidth = 80, minContentWidth = 20, onFold, onOverflow } = {}) {
		if (!lineWidth || lineWidth < 0) return text;
		if (lineWidth < minContentWidth) minContentWidth = 0;
		const endStep = Math.max(1 + minContentWidth, 1 + lineWidth - indent.length);
		if (text.length <= endStep) return text;
		const folds = [];
		const escapedFolds = {};
		let end = lineWidth - indent.length;
		if (typeof indentAtStart === "number") {
			if (indentAtStart > lineWidth - Math.max(2, minContentWidth)) folds.push(0);
			else end = lineWidth - indentAtStart;
		}
		let split = void 0;
		let prev = void 0;
		let overflow = false;
		let i = -1;
		let escStart = -1;
		let escEnd = -1;
		if (mode === FOLD_BLOCK) {
			i = consumeMoreIndentedLines(text, i, indent.length);
			if (i !== -1) end = i + endStep;
		}
		for (let ch; ch = text[i += 1];) {
			if (mode === FOLD_QUOTED && ch === "\\") {
				escStart = i;
				switch (text[i + 1]) {
					case "x":
						i += 3;
						break;
					case "u":
						i += 5;
						break;
					case "U":
						i += 9;
						break;
					default: i += 1;
				}
				escEnd = i;
			}
			if (ch === "\n") {
				if (mode === FOLD_BLOCK) i = consumeMoreIndentedLines(text, i, indent.length);
				end = i + indent.length + endStep;
				split = void 0;
			} else {
				if (ch === " " && prev && prev !== " " && prev !== "\n" && prev !== "	") {
					const next = text[i + 1];
					if (next && next !== " " && next !== "\n" && next !== "	") split = i;
				}
				if (i >= end) {
					if (split) {
						folds.push(split);
						end = split + endStep;
						split = void 0;
					} else if (mode === FOLD_QUOTED) {
						while (prev === " " || prev === "	") {
							prev = ch;
							ch = text[i += 1];
							overflow = true;
						}
						const j = i > escEnd + 1 ? i - 2 : escStart - 1;
						if (escapedFolds[j]) return text;
						folds.push(j);
						escapedFolds[j] = true;
						end = j + endStep;
						split = void 0;
					} else overflow = true;
				}
			}
			prev = ch;
		}
		if (overflow && onOverflow) onOverflow();
		if (folds.length === 0) return text;
		if (onFold) onFold();
		let res = text.slice(0, folds[0]);
		for (let i = 0; i < folds.length; ++i) {
			const fold = folds[i];
			const end = folds[i + 1] || text.length;
			if (fold === 0) res = `\n${indent}${text.slice(0, end)}`;
			else {
				if (mode === FOLD_QUOTED && escapedFolds[fold]) res += `${text[fold]}\\`;
				res += `\n${indent}${text.slice(fold + 1, end)}`;
			}
		}
		return res;
	}
	/**
	* Presumes `i + 1` is at the start of a line
	* @returns index of last newline in more-indented block
	*/
	function consumeMoreIndentedLines(text, i, indent) {
		let end = i;
		let start = i + 1;
		let ch = text[start];
		while (ch === " " || ch === "	") if (i < start + indent) ch = text[++i];
		else {
			do
				ch = text[++i];
			while (ch && ch !== "\n");
			end = i;
			start = i + 1;
			ch = text[start];
		}
		return end;
	}
	exports.FOLD_BLOCK = FOLD_BLOCK;
	exports.FOLD_FLOW = FOLD_FLOW;
	exports.FOLD_QUOTED = FOLD_QUOTED;
	exports.foldFlowLines = foldFlowLines;
}));

// node_modules/yaml/dist/stringify/stringifyString.js
var require_stringifyString = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var foldFlowLines = require_foldFlowLines();
	const getFoldOptions = (ctx, isBlock) => ({
		indentAtStart: isBlock ? ctx.indent.length : ctx.indentAtStart,
		lineWidth: ctx.options.lineWidth,
		minContentWidth: ctx.options.minContentWidth
	});
	const containsDocumentMarker = (str) => /^(%|---|\.\.\.)/m.test(str);
	function lineLengthOverLimit(str, lineWidth, indentLength) {
		if (!lineWidth || lineWidth < 0) return false;
		const limit = lineWidth - indentLength;
		const strLen = str.length;
		if (strLen <= limit) return false;
		for (let i = 0, start = 0; i < strLen; ++i) if (str[i] === "\n") {
			if (i - start > limit) return true;
			start = i + 1;
			if (strLen - start <= limit) return false;
		}
		return true;
	}
	function doubleQuotedString(value, ctx) {
		const json = JSON.stringify(value);
		if (ctx.options.doubleQuotedAsJSON) return json;
		const { implicitKey } = ctx;
		const minMultiLineLength = ctx.options.doubleQuotedMinMultiLineLength;
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		let str = "";
		let start = 0;
		for (let i = 0, ch = json[i]; ch; ch = json[++i]) {
			if (ch === " " && json[i + 1] === "\\" && json[i + 2] === "n") {
				str += json.slice(start, i) + "\\ ";
				i += 1;
				start = i;
				ch = "\\";
			}
			if (ch === "\\") switch (json[i + 1]) {
				case "u":
					{
						str += json.slice(start, i);
						const code = json.substr(i + 2, 4);
						switch (code) {
							case "0000":
								str += "\\0";
								break;
							case "0007":
								str += "\\a";
								break;
							case "000b":
								str += "\\v";
								break;
							case "001b":
								str += "\\e";
								break;
							case "0085":
								str += "\\N";
								break;
							case "00a0":
								str += "\\_";
								break;
							case "2028":
								str += "\\L";
								break;
							case "2029":
								str += "\\P";
								break;
							default: if (code.substr(0, 2) === "00") str += "\\x" + code.substr(2);
							else str += json.substr(i, 6);
						}
						i += 5;
						start = i + 1;
					}
					break;
				case "n":
					if (implicitKey || json[i + 2] === "\"" || json.length < minMultiLineLength) i += 1;
					else {
						str += json.slice(start, i) + "\n\n";
						while (json[i + 2] === "\\" && json[i + 3] === "n" && json[i + 4] !== "\"") {
							str += "\n";
							i += 2;
						}
						str += indent;
						if (json[i + 2] === " ") str += "\\";
						i += 1;
						start = i + 1;
					}
					break;
				default: i += 1;
			}
		}
		str = start ? str + json.slice(start) : json;
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_QUOTED, getFoldOptions(ctx, false));
	}
	function singleQuotedString(value, ctx) {
		if (ctx.options.singleQuote === false || ctx.implicitKey && value.includes("\n") || /[ \t]\n|\n[ \t]/.test(value)) return doubleQuotedString(value, ctx);
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		const res = "'" + value.replace(/'/g, "''").replace(/\n+/g, `$&\n${indent}`) + "'";
		return ctx.implicitKey ? res : foldFlowLines.foldFlowLines(res, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function quotedString(value, ctx) {
		const { singleQuote } = ctx.options;
		let qs;
		if (singleQuote === false) qs = doubleQuotedString;
		else {
			const hasDouble = value.includes("\"");
			const hasSingle = value.includes("'");
			if (hasDouble && !hasSingle) qs = singleQuotedString;
			else if (hasSingle && !hasDouble) qs = doubleQuotedString;
			else qs = singleQuote ? singleQuotedString : doubleQuotedString;
		}
		return qs(value, ctx);
	}
	let blockEndNewlines;
	try {
		blockEndNewlines = new RegExp("(^|(?<!\n))\n+(?!\n|$)", "g");
	} catch {
		blockEndNewlines = /\n+(?!\n|$)/g;
	}
	function blockString({ comment, type, value }, ctx, onComment, onChompKeep) {
		const { blockQuote, commentString, lineWidth } = ctx.options;
		if (!blockQuote || /\n[\t ]+$/.test(value)) return quotedString(value, ctx);
		const indent = ctx.indent || (ctx.forceBlockIndent || containsDocumentMarker(value) ? "  " : "");
		const literal = blockQuote === "literal" ? true : blockQuote === "folded" || type === Scalar.Scalar.BLOCK_FOLDED ? false : type === Scalar.Scalar.BLOCK_LITERAL ? true : !lineLengthOverLimit(value, lineWidth, indent.length);
		if (!value) return literal ? "|\n" : ">\n";
		let chomp;
		let endStart;
		for (endStart = value.length; endStart > 0; --endStart) {
			const ch = value[endStart - 1];
			if (ch !== "\n" && ch !== "	" && ch !== " ") break;
		}
		let end = value.substring(endStart);
		const endNlPos = end.indexOf("\n");
		if (endNlPos === -1) chomp = "-";
		else if (value === end || endNlPos !== end.length - 1) {
			chomp = "+";
			if (onChompKeep) onChompKeep();
		} else chomp = "";
		if (end) {
			value = value.slice(0, -end.length);
			if (end[end.length - 1] === "\n") end = end.slice(0, -1);
			end = end.replace(blockEndNewlines, `$&${indent}`);
		}
		let startWithSpace = false;
		let startEnd;
		let startNlPos = -1;
		for (startEnd = 0; startEnd < value.length; ++startEnd) {
			const ch = value[startEnd];
			if (ch === " ") startWithSpace = true;
			else if (ch === "\n") startNlPos = startEnd;
			else break;
		}
		let start = value.substring(0, startNlPos < startEnd ? startNlPos + 1 : startEnd);
		if (start) {
			value = value.substring(start.length);
			start = start.replace(/\n+/g, `$&${indent}`);
		}
		let header = (startWithSpace ? indent ? "2" : "1" : "") + chomp;
		if (comment) {
			header += " " + commentString(comment.replace(/ ?[\r\n]+/g, " "));
			if (onComment) onComment();
		}
		if (!literal) {
			const foldedValue = value.replace(/\n+/g, "\n$&").replace(/(?:^|\n)([\t ].*)(?:([\n\t ]*)\n(?![\n\t ]))?/g, "$1$2").replace(/\n+/g, `$&${indent}`);
			let literalFallback = false;
			const foldOptions = getFoldOptions(ctx, true);
			if (blockQuote !== "folded" && type !== Scalar.Scalar.BLOCK_FOLDED) foldOptions.onOverflow = () => {
				literalFallback = true;
			};
			const body = foldFlowLines.foldFlowLines(`${start}${foldedValue}${end}`, indent, foldFlowLines.FOLD_BLOCK, foldOptions);
			if (!literalFallback) return `>${header}\n${indent}${body}`;
		}
		value = value.replace(/\n+/g, `$&${indent}`);
		return `|${header}\n${indent}${start}${value}${end}`;
	}
	function plainString(item, ctx, onComment, onChompKeep) {
		const { type, value } = item;
		const { actualString, implicitKey, indent, indentStep, inFlow } = ctx;
		if (implicitKey && value.includes("\n") || inFlow && /[[\]{},]/.test(value)) return quotedString(value, ctx);
		if (/^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$/.test(value)) return implicitKey || inFlow || !value.includes("\n") ? quotedString(value, ctx) : blockString(item, ctx, onComment, onChompKeep);
		if (!implicitKey && !inFlow && type !== Scalar.Scalar.PLAIN && value.includes("\n")) return blockString(item, ctx, onComment, onChompKeep);
		if (containsDocumentMarker(value)) {
			if (indent === "") {
				ctx.forceBlockIndent = true;
				return blockString(item, ctx, onComment, onChompKeep);
			} else if (implicitKey && indent === indentStep) return quotedString(value, ctx);
		}
		const str = value.replace(/\n+/g, `$&\n${indent}`);
		if (actualString) {
			const test = (tag) => tag.default && tag.tag !== "tag:yaml.org,2002:str" && tag.test?.test(str);
			const { compat, tags } = ctx.doc.schema;
			if (tags.some(test) || compat?.some(test)) return quotedString(value, ctx);
		}
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function stringifyString(item, ctx, onComment, onChompKeep) {
		const { implicitKey, inFlow } = ctx;
		const ss = typeof item.value === "string" ? item : Object.assign({}, item, { value: String(item.value) });
		let { type } = item;
		if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
			if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u.test(ss.value)) type = Scalar.Scalar.QUOTE_DOUBLE;
		}
		const _stringify = (_type) => {
			switch (_type) {
				case Scalar.Scalar.BLOCK_FOLDED:
				case Scalar.Scalar.BLOCK_LITERAL: return implicitKey || inFlow ? quotedString(ss.value, ctx) : blockString(ss, ctx, onComment, onChompKeep);
				case Scalar.Scalar.QUOTE_DOUBLE: return doubleQuotedString(ss.value, ctx);
				case Scalar.Scalar.QUOTE_SINGLE: return singleQuotedString(ss.value, ctx);
				case Scalar.Scalar.PLAIN: return plainString(ss, ctx, onComment, onChompKeep);
				default: return null;
			}
		};
		let res = _stringify(type);
		if (res === null) {
			const { defaultKeyType, defaultStringType } = ctx.options;
			const t = implicitKey && defaultKeyType || defaultStringType;
			res = _stringify(t);
			if (res === null) throw new Error(`Unsupported default string type ${t}`);
		}
		return res;
	}
	exports.stringifyString = stringifyString;
}));

// node_modules/yaml/dist/stringify/stringify.js
var require_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var identity = require_identity();
	var stringifyComment = require_stringifyComment();
	var stringifyString = require_stringifyString();
	function createStringifyContext(doc, options) {
		const opt = Object.assign({
			blockQuote: true,
			commentString: stringifyComment.stringifyComment,
			defaultKeyType: null,
			defaultStringType: "PLAIN",
			directives: null,
			doubleQuotedAsJSON: false,
			doubleQuotedMinMultiLineLength: 40,
			falseStr: "false",
			flowCollectionPadding: true,
			indentSeq: true,
			lineWidth: 80,
			minContentWidth: 20,
			nullStr: "null",
			simpleKeys: false,
			singleQuote: null,
			trailingComma: false,
			trueStr: "true",
			verifyAliasOrder: true
		}, doc.schema.toStringOptions, options);
		let inFlow;
		switch (opt.collectionStyle) {
			case "block":
				inFlow = false;
				break;
			case "flow":
				inFlow = true;
				break;
			default: inFlow = null;
		}
		return {
			anchors: /* @__PURE__ */ new Set(),
			doc,
			flowCollectionPadding: opt.flowCollectionPadding ? " " : "",
			indent: "",
			indentStep: typeof opt.indent === "number" ? " ".repeat(opt.indent) : "  ",
			inFlow,
			options: opt
		};
	}
	function getTagObject(tags, item) {
		if (item.tag) {
			const match = tags.filter((t) => t.tag === item.tag);
			if (match.length > 0) return match.find((t) => t.format === item.format) ?? match[0];
		}
		let tagObj = void 0;
		let obj;
		if (identity.isScalar(item)) {
			obj = item.value;
			let match = tags.filter((t) => t.identify?.(obj));
			if (match.length > 1) {
				const testMatch = match.filter((t) => t.test);
				if (testMatch.length > 0) match = testMatch;
			}
			tagObj = match.find((t) => t.format === item.format) ?? match.find((t) => !t.format);
		} else {
			obj = item;
			tagObj = tags.find((t) => t.nodeClass && obj instanceof t.nodeClass);
		}
		if (!tagObj) {
			const name = obj?.constructor?.name ?? (obj === null ? "null" : typeof obj);
			throw new Error(`Tag not resolved for ${name} value`);
		}
		return tagObj;
	}
	function stringifyProps(node, tagObj, { anchors: anchors$1, doc }) {
		if (!doc.directives) return "";
		const props = [];
		const anchor = (identity.isScalar(node) || identity.isCollection(node)) && node.anchor;
		if (anchor && anchors.anchorIsValid(anchor)) {
			anchors$1.add(anchor);
			props.push(`&${anchor}`);
		}
		const tag = node.tag ?? (tagObj.default ? null : tagObj.tag);
		if (tag) props.push(doc.directives.tagString(tag));
		return props.join(" ");
	}
	function stringify(item, ctx, onComment, onChompKeep) {
		if (identity.isPair(item)) return item.toString(ctx, onComment, onChompKeep);
		if (identity.isAlias(item)) {
			if (ctx.doc.directives) return item.toString(ctx);
			if (ctx.resolvedAliases?.has(item)) throw new TypeError(`Cannot stringify circular structure without alias nodes`);
			else {
				if (ctx.resolvedAliases) ctx.resolvedAliases.add(item);
				else ctx.resolvedAliases = /* @__PURE__ */ new Set([item]);
				item = item.resolve(ctx.doc);
			}
		}
		let tagObj = void 0;
		const node = identity.isNode(item) ? item : ctx.doc.createNode(item, { onTagObj: (o) => tagObj = o });
		tagObj ?? (tagObj = getTagObject(ctx.doc.schema.tags, node));
		const props = stringifyProps(node, tagObj, ctx);
		if (props.length > 0) ctx.indentAtStart = (ctx.indentAtStart ?? 0) + props.length + 1;
		const str = typeof tagObj.stringify === "function" ? tagObj.stringify(node, ctx, onComment, onChompKeep) : identity.isScalar(node) ? stringifyString.stringifyString(node, ctx, onComment, onChompKeep) : node.toString(ctx, onComment, onChompKeep);
		if (!props) return str;
		return identity.isScalar(node) || str[0] === "{" || str[0] === "[" ? `${props} ${str}` : `${props}\n${ctx.indent}${str}`;
	}
	exports.createStringifyContext = createStringifyContext;
	exports.stringify = stringify;
}));

// node_modules/yaml/dist/stringify/stringifyPair.js
var require_stringifyPair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyPair({ key, value }, ctx, onComment, onChompKeep) {
		const { allNullValues, doc, indent, indentStep, options: { commentString, indentSeq, simpleKeys } } = ctx;
		let keyComment = identity.isNode(key) && key.comment || null;
		if (simpleKeys) {
			if (keyComment) throw new Error("With simple keys, key nodes cannot have comments");
			if (identity.isCollection(key) || !identity.isNode(key) && typeof key === "object") throw new Error("With simple keys, collection cannot be used as a key value");
		}
		let explicitKey = !simpleKeys && (!key || keyComment && value == null && !ctx.inFlow || identity.isCollection(key) || (identity.isScalar(key) ? key.type === Scalar.Scalar.BLOCK_FOLDED || key.type === Scalar.Scalar.BLOCK_LITERAL : typeof key === "object"));
		ctx = Object.assign({}, ctx, {
			allNullValues: false,
			implicitKey: !explicitKey && (simpleKeys || !allNullValues),
			indent: indent + indentStep
		});
		let keyCommentDone = false;
		let chompKeep = false;
		let str = stringify.stringify(key, ctx, () => keyCommentDone = true, () => chompKeep = true);
		if (!explicitKey && !ctx.inFlow && str.length > 1024) {
			if (simpleKeys) throw new Error("With simple keys, single line scalar must not span more than 1024 characters");
			explicitKey = true;
		}
		if (ctx.inFlow) {
			if (allNullValues || value == null) {
				if (keyCommentDone && onComment) onComment();
				return str === "" ? "?" : explicitKey ? `? ${str}` : str;
			}
		} else if (allNullValues && !simpleKeys || value == null && explicitKey) {
			str = `? ${str}`;
			if (keyComment && !keyCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			else if (chompKeep && onChompKeep) onChompKeep();
			return str;
		}
		if (keyCommentDone) keyComment = null;
		if (explicitKey) {
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			str = `? ${str}\n${indent}:`;
		} else {
			str = `${str}:`;
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
		}
		let vsb, vcb, valueComment;
		if (identity.isNode(value)) {
			vsb = !!value.spaceBefore;
			vcb = value.commentBefore;
			valueComment = value.comment;
		} else {
			vsb = false;
			vcb = null;
			valueComment = null;
			if (value && typeof value === "object") value = doc.createNode(value);
		}
		ctx.implicitKey = false;
		if (!explicitKey && !keyComment && identity.isScalar(value)) ctx.indentAtStart = str.length + 1;
		chompKeep = false;
		if (!indentSeq && indentStep.length >= 2 && !ctx.inFlow && !explicitKey && identity.isSeq(value) && !value.flow && !value.tag && !value.anchor) ctx.indent = ctx.indent.substring(2);
		let valueCommentDone = false;
		const valueStr = stringify.stringify(value, ctx, () => valueCommentDone = true, () => chompKeep = true);
		let ws = " ";
		if (keyComment || vsb || vcb) {
			ws = vsb ? "\n" : "";
			if (vcb) {
				const cs = commentString(vcb);
				ws += `\n${stringifyComment.indentComment(cs, ctx.indent)}`;
			}
			if (valueStr === "" && !ctx.inFlow) {
				if (ws === "\n" && valueComment) ws = "\n\n";
			} else ws += `\n${ctx.indent}`;
		} else if (!explicitKey && identity.isCollection(value)) {
			const vs0 = valueStr[0];
			const nl0 = valueStr.indexOf("\n");
			const hasNewline = nl0 !== -1;
			const flow = ctx.inFlow ?? value.flow ?? value.items.length === 0;
			if (hasNewline || !flow) {
				let hasPropsLine = false;
				if (hasNewline && (vs0 === "&" || vs0 === "!")) {
					let sp0 = valueStr.indexOf(" ");
					if (vs0 === "&" && sp0 !== -1 && sp0 < nl0 && valueStr[sp0 + 1] === "!") sp0 = valueStr.indexOf(" ", sp0 + 1);
					if (sp0 === -1 || nl0 < sp0) hasPropsLine = true;
				}
				if (!hasPropsLine) ws = `\n${ctx.indent}`;
			}
		} else if (valueStr === "" || valueStr[0] === "\n") ws = "";
		str += ws + valueStr;
		if (ctx.inFlow) {
			if (valueCommentDone && onComment) onComment();
		} else if (valueComment && !valueCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(valueComment));
		else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	exports.stringifyPair = stringifyPair;
}));

// node_modules/yaml/dist/log.js
var require_log = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	function debug(logLevel, ...messages) {
		if (logLevel === "debug") console.log(...messages);
	}
	function warn(logLevel, warning) {
		if (logLevel === "debug" || logLevel === "warn") {
			if (typeof node_process.emitWarning === "function") node_process.emitWarning(warning);
			else console.warn(warning);
		}
	}
	exports.debug = debug;
	exports.warn = warn;
}));

// node_modules/yaml/dist/schema/yaml-1.1/merge.js
var require_merge = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	const MERGE_KEY = "<<";
	const merge = {
		identify: (value) => value === MERGE_KEY || typeof value === "symbol" && value.description === MERGE_KEY,
		default: "key",
		tag: "tag:yaml.org,2002:merge",
		test: /^<<$/,
		resolve: () => Object.assign(new Scalar.Scalar(Symbol(MERGE_KEY)), { addToJSMap: addMergeToJSMap }),
		stringify: () => MERGE_KEY
	};
	const isMergeKey = (ctx, key) => (merge.identify(key) || identity.isScalar(key) && (!key.type || key.type === Scalar.Scalar.PLAIN) && merge.identify(key.value)) && ctx?.doc.schema.tags.some((tag) => tag.tag === merge.tag && tag.default);
	function addMergeToJSMap(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (identity.isSeq(source)) for (const it of source.items) mergeValue(ctx, map, it);
		else if (Array.isArray(source)) for (const it of source) mergeValue(ctx, map, it);
		else mergeValue(ctx, map, source);
	}
	function mergeValue(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (!identity.isMap(source)) throw new Error("Merge sources must be maps or map aliases");
		const srcMap = source.toJSON(null, ctx, Map);
		for (const [key, value] of srcMap) if (map instanceof Map) {
			if (!map.has(key)) map.set(key, value);
		} else if (map instanceof Set) map.add(key);
		else if (!Object.prototype.hasOwnProperty.call(map, key)) Object.defineProperty(map, key, {
			value,
			writable: true,
			enumerable: true,
			configurable: true
		});
		return map;
	}
	function resolveAliasValue(ctx, value) {
		return ctx && identity.isAlias(value) ? value.resolve(ctx.doc, ctx) : value;
	}
	exports.addMergeToJSMap = addMergeToJSMap;
	exports.isMergeKey = isMergeKey;
	exports.merge = merge;
}));

// node_modules/yaml/dist/nodes/addPairToJSMap.js
var require_addPairToJSMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var log = require_log();
	var merge = require_merge();
	var stringify = require_stringify();
	var identity = require_identity();
	var toJS = require_toJS();
	function addPairToJSMap(ctx, map, { key, value }) {
		if (identity.isNode(key) && key.addToJSMap) key.addToJSMap(ctx, map, value);
		else if (merge.isMergeKey(ctx, key)) merge.addMergeToJSMap(ctx, map, value);
		else {
			const jsKey = toJS.toJS(key, "", ctx);
			if (map instanceof Map) map.set(jsKey, toJS.toJS(value, jsKey, ctx));
			else if (map instanceof Set) map.add(jsKey);
			else {
				const stringKey = stringifyKey(key, jsKey, ctx);
				const jsValue = toJS.toJS(value, stringKey, ctx);
				if (stringKey in map) Object.defineProperty(map, stringKey, {
					value: jsValue,
					writable: true,
					enumerable: true,
					configurable: true
				});
				else map[stringKey] = jsValue;
			}
		}
		return map;
	}
	function stringifyKey(key, jsKey, ctx) {
		if (jsKey === null) return "";
		if (typeof jsKey !== "object") return String(jsKey);
		if (identity.isNode(key) && ctx?.doc) {
			const strCtx = stringify.createStringifyContext(ctx.doc, {});
			strCtx.anchors = /* @__PURE__ */ new Set();
			for (const node of ctx.anchors.keys()) strCtx.anchors.add(node.anchor);
			strCtx.inFlow = true;
			strCtx.inStringifyKey = true;
			const strKey = key.toString(strCtx);
			if (!ctx.mapKeyWarned) {
				let jsonStr = JSON.stringify(strKey);
				if (jsonStr.length > 40) jsonStr = jsonStr.substring(0, 36) + "...\"";
				log.warn(ctx.doc.options.logLevel, `Keys with collection values will be stringified due to JS Object restrictions: ${jsonStr}. Set mapAsMap: true to use object keys.`);
				ctx.mapKeyWarned = true;
			}
			return strKey;
		}
		return JSON.stringify(jsKey);
	}
	exports.addPairToJSMap = addPairToJSMap;
}));

// node_modules/yaml/dist/nodes/Pair.js
var require_Pair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyPair = require_stringifyPair();
	var addPairToJSMap = require_addPairToJSMap();
	var identity = require_identity();
	function createPair(key, value, ctx) {
		const k = createNode.createNode(key, void 0, ctx);
		const v = createNode.createNode(value, void 0, ctx);
		return new Pair(k, v);
	}
	var Pair = class Pair {
		constructor(key, value = null) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.PAIR });
			this.key = key;
			this.value = value;
		}
		clone(schema) {
			let { key, value } = this;
			if (identity.isNode(key)) key = key.clone(schema);
			if (identity.isNode(value)) value = value.clone(schema);
			return new Pair(key, value);
		}
		toJSON(_, ctx) {
			const pair = ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			return addPairToJSMap.addPairToJSMap(ctx, pair, this);
		}
		toString(ctx, onComment, onChompKeep) {
			return ctx?.doc ? stringifyPair.stringifyPair(this, ctx, onComment, onChompKeep) : JSON.stringify(this);
		}
	};
	exports.Pair = Pair;
	exports.createPair = createPair;
}));

// node_modules/yaml/dist/stringify/stringifyCollection.js
var require_stringifyCollection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyCollection(collection, ctx, options) {
		return (ctx.inFlow ?? collection.flow ? stringifyFlowCollection : stringifyBlockCollection)(collection, ctx, options);
	}
	function stringifyBlockCollection({ comment, items }, ctx, { blockItemPrefix, flowChars, itemIndent, onChompKeep, onComment }) {
		const { indent, options: { commentString } } = ctx;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			type: null
		});
		let chompKeep = false;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (!chompKeep && item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, chompKeep);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (!chompKeep && ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, chompKeep);
				}
			}
			chompKeep = false;
			let str = stringify.stringify(item, itemCtx, () => comment = null, () => chompKeep = true);
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			if (chompKeep && comment) chompKeep = false;
			lines.push(blockItemPrefix + str);
		}
		let str;
		if (lines.length === 0) str = flowChars.start + flowChars.end;
		else {
			str = lines[0];
			for (let i = 1; i < lines.length; ++i) {
				const line = lines[i];
				str += line ? `\n${indent}${line}` : "\n";
			}
		}
		if (comment) {
			str += "\n" + stringifyComment.indentComment(commentString(comment), indent);
			if (onComment) onComment();
		} else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	function stringifyFlowCollection({ items }, ctx, { flowChars, itemIndent }) {
		const { indent, indentStep, flowCollectionPadding: fcPadding, options: { commentString } } = ctx;
		itemIndent += indentStep;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			inFlow: true,
			type: null
		});
		let reqNewline = false;
		let linesAtValue = 0;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, false);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, false);
					if (ik.comment) reqNewline = true;
				}
				const iv = identity.isNode(item.value) ? item.value : null;
				if (iv) {
					if (iv.comment) comment = iv.comment;
					if (iv.commentBefore) reqNewline = true;
				} else if (item.value == null && ik?.comment) comment = ik.comment;
			}
			if (comment) reqNewline = true;
			let str = stringify.stringify(item, itemCtx, () => comment = null);
			reqNewline || (reqNewline = lines.length > linesAtValue || str.includes("\n"));
			if (i < items.length - 1) str += ",";
			else if (ctx.options.trailingComma) {
				if (ctx.options.lineWidth > 0) reqNewline || (reqNewline = lines.reduce((sum, line) => sum + line.length + 2, 2) + (str.length + 2) > ctx.options.lineWidth);
				if (reqNewline) str += ",";
			}
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			lines.push(str);
			linesAtValue = lines.length;
		}
		const { start, end } = flowChars;
		if (lines.length === 0) return start + end;
		else {
			if (!reqNewline) {
				const len = lines.reduce((sum, line) => sum + line.length + 2, 2);
				reqNewline = ctx.options.lineWidth > 0 && len > ctx.options.lineWidth;
			}
			if (reqNewline) {
				let str = start;
				for (const line of lines) str += line ? `\n${indentStep}${indent}${line}` : "\n";
				return `${str}\n${indent}${end}`;
			} else return `${start}${fcPadding}${lines.join(" ")}${fcPadding}${end}`;
		}
	}
	function addCommentBefore({ indent, options: { commentString } }, lines, comment, chompKeep) {
		if (comment && chompKeep) comment = comment.replace(/^\n+/, "");
		if (comment) {
			const ic = stringifyComment.indentComment(commentString(comment), indent);
			lines.push(ic.trimStart());
		}
	}
	exports.stringifyCollection = stringifyCollection;
}));

// node_modules/yaml/dist/nodes/YAMLMap.js
var require_YAMLMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyCollection = require_stringifyCollection();
	var addPairToJSMap = require_addPairToJSMap();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	function findPair(items, key) {
		const k = identity.isScalar(key) ? key.value : key;
		for (const it of items) if (identity.isPair(it)) {
			if (it.key === key || it.key === k) return it;
			if (identity.isScalar(it.key) && it.key.value === k) return it;
		}
	}
	var YAMLMap = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:map";
		}
		constructor(schema) {
			super(identity.MAP, schema);
			this.items = [];
		}
		/**
		* A generic collection parsing method that can be extended
		* to other node classes that inherit from YAMLMap
		*/
		static from(schema, obj, ctx) {
			const { keepUndefined, replacer } = ctx;
			const map = new this(schema);
			const add = (key, value) => {
				if (typeof replacer === "function") value = replacer.call(obj, key, value);
				else if (Array.isArray(replacer) && !replacer.includes(key)) return;
				if (value !== void 0 || keepUndefined) map.items.push(Pair.createPair(key, value, ctx));
			};
			if (obj instanceof Map) for (const [key, value] of obj) add(key, value);
			else if (obj && typeof obj === "object") for (const key of Object.keys(obj)) add(key, obj[key]);
			if (typeof schema.sortMapEntries === "function") map.items.sort(schema.sortMapEntries);
			return map;
		}
		/**
		* Adds a value to the collection.
		*
		* @param overwrite - If not set `true`, using a key that is already in the
		*   collection will throw. Otherwise, overwrites the previous value.
		*/
		add(pair, overwrite) {
			let _pair;
			if (identity.isPair(pair)) _pair = pair;
			else if (!pair || typeof pair !== "object" || !("key" in pair)) _pair = new Pair.Pair(pair, pair?.value);
			else _pair = new Pair.Pair(pair.key, pair.value);
			const prev = findPair(this.items, _pair.key);
			const sortEntries = this.schema?.sortMapEntries;
			if (prev) {
				if (!overwrite) throw new Error(`Key ${_pair.key} already set`);
				if (identity.isScalar(prev.value) && Scalar.isScalarValue(_pair.value)) prev.value.value = _pair.value;
				else prev.value = _pair.value;
			} else if (sortEntries) {
				const i = this.items.findIndex((item) => sortEntries(_pair, item) < 0);
				if (i === -1) this.items.push(_pair);
				else this.items.splice(i, 0, _pair);
			} else this.items.push(_pair);
		}
		delete(key) {
			const it = findPair(this.items, key);
			if (!it) return false;
			return this.items.splice(this.items.indexOf(it), 1).length > 0;
		}
		get(key, keepScalar) {
			const node = findPair(this.items, key)?.value;
			return (!keepScalar && identity.isScalar(node) ? node.value : node) ?? void 0;
		}
		has(key) {
			return !!findPair(this.items, key);
		}
		set(key, value) {
			this.add(new Pair.Pair(key, value), true);
		}
		/**
		* @param ctx - Conversion context, originally set in Document#toJS()
		* @param {Class} Type - If set, forces the returned collection type
		* @returns Instance of Type, Map, or Object
		*/
		toJSON(_, ctx, Type) {
			const map = Type ? new Type() : ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const item of this.items) addPairToJSMap.addPairToJSMap(ctx, map, item);
			return map;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			for (const item of this.items) if (!identity.isPair(item)) throw new Error(`Map items must all be pairs; found ${JSON.stringify(item)} instead`);
			if (!ctx.allNullValues && this.hasAllNullValues(false)) ctx = Object.assign({}, ctx, { allNullValues: true });
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "",
				flowChars: {
					start: "{",
					end: "}"
				},
				itemIndent: ctx.indent || "",
				onChompKeep,
				onComment
			});
		}
	};
	exports.YAMLMap = YAMLMap;
	exports.findPair = findPair;
}));

// node_modules/yaml/dist/schema/common/map.js
var require_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLMap = require_YAMLMap();
	const map = {
		collection: "map",
		default: true,
		nodeClass: YAMLMap.YAMLMap,
		tag: "tag:yaml.org,2002:map",
		resolve(map, onError) {
			if (!identity.isMap(map)) onError("Expected a mapping for this tag");
			return map;
		},
		createNode: (schema, obj, ctx) => YAMLMap.YAMLMap.from(schema, obj, ctx)
	};
	exports.map = map;
}));

// node_modules/yaml/dist/nodes/YAMLSeq.js
var require_YAMLSeq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyCollection = require_stringifyCollection();
	var Collection = require_Collection();
	var identity = require_identity();
	var Scalar = require_Scalar();
	var toJS = require_toJS();
	var YAMLSeq = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:seq";
		}
		constructor(schema) {
			super(identity.SEQ, schema);
			this.items = [];
		}
		add(value) {
			this.items.push(value);
		}
		/**
		* Removes a value from the collection.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return false;
			return this.items.splice(idx, 1).length > 0;
		}
		get(key, keepScalar) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return void 0;
			const it = this.items[idx];
			return !keepScalar && identity.isScalar(it) ? it.value : it;
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*/
		has(key) {
			const idx = asItemIndex(key);
			return typeof idx === "number" && idx < this.items.length;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*
		* If `key` does not contain a representation of an integer, this will throw.
		* It may be wrapped in a `Scalar`.
		*/
		set(key, value) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") throw new Error(`Expected a valid index, not ${key}.`);
			const prev = this.items[idx];
			if (identity.isScalar(prev) && Scalar.isScalarValue(value)) prev.value = value;
			else this.items[idx] = value;
		}
		toJSON(_, ctx) {
			const seq = [];
			if (ctx?.onCreate) ctx.onCreate(seq);
			let i = 0;
			for (const item of this.items) seq.push(toJS.toJS(item, String(i++), ctx));
			return seq;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "- ",
				flowChars: {
					start: "[",
					end: "]"
				},
				itemIndent: (ctx.indent || "") + "  ",
				onChompKeep,
				onComment
			});
		}
		static from(schema, obj, ctx) {
			const { replacer } = ctx;
			const seq = new this(schema);
			if (obj && Symbol.iterator in Object(obj)) {
				let i = 0;
				for (let it of obj) {
					if (typeof replacer === "function") {
						const key = obj instanceof Set ? it : String(i++);
						it = replacer.call(obj, key, it);
					}
					seq.items.push(createNode.createNode(it, void 0, ctx));
				}
			}
			return seq;
		}
	};
	function asItemIndex(key) {
		let idx = identity.isScalar(key) ? key.value : key;
		if (idx && typeof idx === "string") idx = Number(idx);
		return typeof idx === "number" && Number.isInteger(idx) && idx >= 0 ? idx : null;
	}
	exports.YAMLSeq = YAMLSeq;
}));

// node_modules/yaml/dist/schema/common/seq.js
var require_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLSeq = require_YAMLSeq();
	const seq = {
		collection: "seq",
		default: true,
		nodeClass: YAMLSeq.YAMLSeq,
		tag: "tag:yaml.org,2002:seq",
		resolve(seq, onError) {
			if (!identity.isSeq(seq)) onError("Expected a sequence for this tag");
			return seq;
		},
		createNode: (schema, obj, ctx) => YAMLSeq.YAMLSeq.from(schema, obj, ctx)
	};
	exports.seq = seq;
}));

// node_modules/yaml/dist/schema/common/string.js
var require_string = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyString = require_stringifyString();
	const string = {
		identify: (value) => typeof value === "string",
		default: true,
		tag: "tag:yaml.org,2002:str",
		resolve: (str) => str,
		stringify(item, ctx, onComment, onChompKeep) {
			ctx = Object.assign({ actualString: true }, ctx);
			return stringifyString.stringifyString(item, ctx, onComment, onChompKeep);
		}
	};
	exports.string = string;
}));

// node_modules/yaml/dist/schema/common/null.js
var require_null = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const nullTag = {
		identify: (value) => value == null,
		createNode: () => new Scalar.Scalar(null),
		default: true,
		tag: "tag:yaml.org,2002:null",
		test: /^(?:~|[Nn]ull|NULL)?$/,
		resolve: () => new Scalar.Scalar(null),
		stringify: ({ source }, ctx) => typeof source === "string" && nullTag.test.test(source) ? source : ctx.options.nullStr
	};
	exports.nullTag = nullTag;
}));

// node_modules/yaml/dist/schema/core/bool.js
var require_bool$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const boolTag = {
		identify: (value) => typeof value === "boolean",
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
		resolve: (str) => new Scalar.Scalar(str[0] === "t" || str[0] === "T"),
		stringify({ source, value }, ctx) {
			if (source && boolTag.test.test(source)) {
				if (value === (source[0] === "t" || source[0] === "T")) return source;
			}
			return value ? ctx.options.trueStr : ctx.options.falseStr;
		}
	};
	exports.boolTag = boolTag;
}));

// node_modules/yaml/dist/stringify/stringifyNumber.js
var require_stringifyNumber = /* @__PURE__ */ __commonJSMin(((exports) => {
	function stringifyNumber({ format, minFractionDigits, tag, value }) {
		if (typeof value === "bigint") return String(value);
		const num = typeof value === "number" ? value : Number(value);
		if (!isFinite(num)) return isNaN(num) ? ".nan" : num < 0 ? "-.inf" : ".inf";
		let n = Object.is(value, -0) ? "-0" : JSON.stringify(value);
		if (!format && minFractionDigits && (!tag || tag === "tag:yaml.org,2002:float") && /^-?\d/.test(n) && !n.includes("e")) {
			let i = n.indexOf(".");
			if (i < 0) {
				i = n.length;
				n += ".";
			}
			let d = minFractionDigits - (n.length - i - 1);
			while (d-- > 0) n += "0";
		}
		return n;
	}
	exports.stringifyNumber = stringifyNumber;
}));

// node_modules/yaml/dist/schema/core/float.js
var require_float$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	const float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str));
			const dot = str.indexOf(".");
			if (dot !== -1 && str[str.length - 1] === "0") node.minFractionDigits = str.length - dot - 1;
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.float = float;
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));

// node_modules/yaml/dist/schema/core/int.js
var require_int$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	const intResolve = (str, offset, radix, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str.substring(offset), radix);
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value) && value >= 0) return prefix + value.toString(radix);
		return stringifyNumber.stringifyNumber(node);
	}
	const intOct = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^0o[0-7]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 8, opt),
		stringify: (node) => intStringify(node, 8, "0o")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^0x[0-9a-fA-F]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));

// node_modules/yaml/dist/schema/core/schema.js
var require_schema$2 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	const schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.boolTag,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float
	];
	exports.schema = schema;
}));

// node_modules/yaml/dist/schema/json/schema.js
var require_schema$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var map = require_map();
	var seq = require_seq();
	function intIdentify(value) {
		return typeof value === "bigint" || Number.isInteger(value);
	}
	const stringifyJSON = ({ value }) => JSON.stringify(value);
	const jsonScalars = [
		{
			identify: (value) => typeof value === "string",
			default: true,
			tag: "tag:yaml.org,2002:str",
			resolve: (str) => str,
			stringify: stringifyJSON
		},
		{
			identify: (value) => value == null,
			createNode: () => new Scalar.Scalar(null),
			default: true,
			tag: "tag:yaml.org,2002:null",
			test: /^null$/,
			resolve: () => null,
			stringify: stringifyJSON
		},
		{
			identify: (value) => typeof value === "boolean",
			default: true,
			tag: "tag:yaml.org,2002:bool",
			test: /^true$|^false$/,
			resolve: (str) => str === "true",
			stringify: stringifyJSON
		},
		{
			identify: intIdentify,
			default: true,
			tag: "tag:yaml.org,2002:int",
			test: /^-?(?:0|[1-9][0-9]*)$/,
			resolve: (str, _onError, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str, 10),
			stringify: ({ value }) => intIdentify(value) ? value.toString() : JSON.stringify(value)
		},
		{
			identify: (value) => typeof value === "number",
			default: true,
			tag: "tag:yaml.org,2002:float",
			test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/,
			resolve: (str) => parseFloat(str),
			stringify: stringifyJSON
		}
	];
	const schema = [map.map, seq.seq].concat(jsonScalars, {
		default: true,
		tag: "",
		test: /^/,
		resolve(str, onError) {
			onError(`Unresolved plain scalar ${JSON.stringify(str)}`);
			return str;
		}
	});
	exports.schema = schema;
}));

// node_modules/yaml/dist/schema/yaml-1.1/binary.js
var require_binary = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_buffer = __require("buffer");
	var Scalar = require_Scalar();
	var stringifyString = require_stringifyString();
	const binary = {
		identify: (value) => value instanceof Uint8Array,
		default: false,
		tag: "tag:yaml.org,2002:binary",
		/**
		* Returns a Buffer in node and an Uint8Array in browsers
		*
		* To use the resulting buffer as an image, you'll want to do something like:
		*
		*   const blob = new Blob([buffer], { type: 'image/jpeg' })
		*   document.querySelector('#photo').src = URL.createObjectURL(blob)
		*/
		resolve(src, onError) {
			if (typeof node_buffer.Buffer === "function") return node_buffer.Buffer.from(src, "base64");
			else if (typeof atob === "function") {
				const str = atob(src.replace(/[\n\r]/g, ""));
				const buffer = new Uint8Array(str.length);
				for (let i = 0; i < str.length; ++i) buffer[i] = str.charCodeAt(i);
				return buffer;
			} else {
				onError("This environment does not support reading binary tags; either Buffer or atob is required");
				return src;
			}
		},
		stringify({ comment, type, value }, ctx, onComment, onChompKeep) {
			if (!value) return "";
			const buf = value;
			let str;
			if (typeof node_buffer.Buffer === "function") str = buf instanceof node_buffer.Buffer ? buf.toString("base64") : node_buffer.Buffer.from(buf.buffer).toString("base64");
			else if (typeof btoa === "function") {
				let s = "";
				for (let i = 0; i < buf.length; ++i) s += String.fromCharCode(buf[i]);
				str = btoa(s);
			} else throw new Error("This environment does not support writing binary tags; either Buffer or btoa is required");
			type ?? (type = Scalar.Scalar.BLOCK_LITERAL);
			if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
				const lineWidth = Math.max(ctx.options.lineWidth - ctx.indent.length, ctx.options.minContentWidth);
				const n = Math.ceil(str.length / lineWidth);
				const lines = new Array(n);
				for (let i = 0, o = 0; i < n; ++i, o += lineWidth) lines[i] = str.substr(o, lineWidth);
				str = lines.join(type === Scalar.Scalar.BLOCK_LITERAL ? "\n" : " ");
			}
			return stringifyString.stringifyString({
				comment,
				type,
				value: str
			}, ctx, onComment, onChompKeep);
		}
	};
	exports.binary = binary;
}));

// node_modules/yaml/dist/schema/yaml-1.1/pairs.js
var require_pairs = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLSeq = require_YAMLSeq();
	function resolvePairs(seq, onError) {
		if (identity.isSeq(seq)) for (let i = 0; i < seq.items.length; ++i) {
			let item = seq.items[i];
			if (identity.isPair(item)) continue;
			else if (identity.isMap(item)) {
				if (item.items.length > 1) onError("Each pair must have its own sequence indicator");
				const pair = item.items[0] || new Pair.Pair(new Scalar.Scalar(null));
				if (item.commentBefore) pair.key.commentBefore = pair.key.commentBefore ? `${item.commentBefore}\n${pair.key.commentBefore}` : item.commentBefore;
				if (item.comment) {
					const cn = pair.value ?? pair.key;
					cn.comment = cn.comment ? `${item.comment}\n${cn.comment}` : item.comment;
				}
				item = pair;
			}
			seq.items[i] = identity.isPair(item) ? item : new Pair.Pair(item);
		}
		else onError("Expected a sequence for this tag");
		return seq;
	}
	function createPairs(schema, iterable, ctx) {
		const { replacer } = ctx;
		const pairs = new YAMLSeq.YAMLSeq(schema);
		pairs.tag = "tag:yaml.org,2002:pairs";
		let i = 0;
		if (iterable && Symbol.iterator in Object(iterable)) for (let it of iterable) {
			if (typeof replacer === "function") it = replacer.call(iterable, String(i++), it);
			let key, value;
			if (Array.isArray(it)) {
				if (it.length === 2) {
					key = it[0];
					value = it[1];
				} else throw new TypeError(`Expected [key, value] tuple: ${it}`);
			} else if (it && it instanceof Object) {
				const keys = Object.keys(it);
				if (keys.length === 1) {
					key = keys[0];
					value = it[key];
				} else throw new TypeError(`Expected tuple with one key, not ${keys.length} keys`);
			} else key = it;
			pairs.items.push(Pair.createPair(key, value, ctx));
		}
		return pairs;
	}
	const pairs = {
		collection: "seq",
		default: false,
		tag: "tag:yaml.org,2002:pairs",
		resolve: resolvePairs,
		createNode: createPairs
	};
	exports.createPairs = createPairs;
	exports.pairs = pairs;
	exports.resolvePairs = resolvePairs;
}));

// node_modules/yaml/dist/schema/yaml-1.1/omap.js
var require_omap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var toJS = require_toJS();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var pairs = require_pairs();
	var YAMLOMap = class YAMLOMap extends YAMLSeq.YAMLSeq {
		constructor() {
			super();
			this.add = YAMLMap.YAMLMap.prototype.add.bind(this);
			this.delete = YAMLMap.YAMLMap.prototype.delete.bind(this);
			this.get = YAMLMap.YAMLMap.prototype.get.bind(this);
			this.has = YAMLMap.YAMLMap.prototype.has.bind(this);
			this.set = YAMLMap.YAMLMap.prototype.set.bind(this);
			this.tag = YAMLOMap.tag;
		}
		/**
		* If `ctx` is given, the return type is actually `Map<unknown, unknown>`,
		* but TypeScript won't allow widening the signature of a child method.
		*/
		toJSON(_, ctx) {
			if (!ctx) return super.toJSON(_);
			const map = /* @__PURE__ */ new Map();
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const pair of this.items) {
				let key, value;
				if (identity.isPair(pair)) {
					key = toJS.toJS(pair.key, "", ctx);
					value = toJS.toJS(pair.value, key, ctx);
				} else key = toJS.toJS(pair, "", ctx);
				if (map.has(key)) throw new Error("Ordered maps must not include duplicate keys");
				map.set(key, value);
			}
			return map;
		}
		static from(schema, iterable, ctx) {
			const pairs$1 = pairs.createPairs(schema, iterable, ctx);
			const omap = new this();
			omap.items = pairs$1.items;
			return omap;
		}
	};
	YAMLOMap.tag = "tag:yaml.org,2002:omap";
	const omap = {
		collection: "seq",
		identify: (value) => value instanceof Map,
		nodeClass: YAMLOMap,
		default: false,
		tag: "tag:yaml.org,2002:omap",
		resolve(seq, onError) {
			const pairs$1 = pairs.resolvePairs(seq, onError);
			const seenKeys = [];
			for (const { key } of pairs$1.items) if (identity.isScalar(key)) {
				if (seenKeys.includes(key.value)) onError(`Ordered maps must not include duplicate keys: ${key.value}`);
				else seenKeys.push(key.value);
			}
			return Object.assign(new YAMLOMap(), pairs$1);
		},
		createNode: (schema, iterable, ctx) => YAMLOMap.from(schema, iterable, ctx)
	};
	exports.YAMLOMap = YAMLOMap;
	exports.omap = omap;
}));

// node_modules/yaml/dist/schema/yaml-1.1/bool.js
var require_bool = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function boolStringify({ value, source }, ctx) {
		if (source && (value ? trueTag : falseTag).test.test(source)) return source;
		return value ? ctx.options.trueStr : ctx.options.falseStr;
	}
	const trueTag = {
		identify: (value) => value === true,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
		resolve: () => new Scalar.Scalar(true),
		stringify: boolStringify
	};
	const falseTag = {
		identify: (value) => value === false,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
		resolve: () => new Scalar.Scalar(false),
		stringify: boolStringify
	};
	exports.falseTag = falseTag;
	exports.trueTag = trueTag;
}));

// node_modules/yaml/dist/schema/yaml-1.1/float.js
var require_float = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str.replace(/_/g, "")),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	const float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str.replace(/_/g, "")));
			const dot = str.indexOf(".");
			if (dot !== -1) {
				const f = str.substring(dot + 1).replace(/_/g, "");
				if (f[f.length - 1] === "0") node.minFractionDigits = f.length;
			}
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.float = float;
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));

// node_modules/yaml/dist/schema/yaml-1.1/int.js
var require_int = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	function intResolve(str, offset, radix, { intAsBigInt }) {
		const sign = str[0];
		if (sign === "-" || sign === "+") offset += 1;
		str = str.substring(offset).replace(/_/g, "");
		if (intAsBigInt) {
			switch (radix) {
				case 2:
					str = `0b${str}`;
					break;
				case 8:
					str = `0o${str}`;
					break;
				case 16: str = `0x${str}`;
			}
			const n = BigInt(str);
			return sign === "-" ? BigInt(-1) * n : n;
		}
		const n = parseInt(str, radix);
		return sign === "-" ? -1 * n : n;
	}
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value)) {
			const str = value.toString(radix);
			return value < 0 ? "-" + prefix + str.substr(1) : prefix + str;
		}
		return stringifyNumber.stringifyNumber(node);
	}
	const intBin = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "BIN",
		test: /^[-+]?0b[0-1_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 2, opt),
		stringify: (node) => intStringify(node, 2, "0b")
	};
	const intOct = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^[-+]?0[0-7_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 1, 8, opt),
		stringify: (node) => intStringify(node, 8, "0")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9][0-9_]*$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^[-+]?0x[0-9a-fA-F_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intBin = intBin;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));

// node_modules/yaml/dist/schema/yaml-1.1/set.js
var require_set = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSet = class YAMLSet extends YAMLMap.YAMLMap {
		constructor(schema) {
			super(schema);
			this.tag = YAMLSet.tag;
		}
		add(key) {
			let pair;
			if (identity.isPair(key)) pair = key;
			else if (key && typeof key === "object" && "key" in key && "value" in key && key.value === null) pair = new Pair.Pair(key.key, null);
			else pair = new Pair.Pair(key, null);
			if (!YAMLMap.findPair(this.items, pair.key)) this.items.push(pair);
		}
		/**
		* If `keepPair` is `true`, returns the Pair matching `key`.
		* Otherwise, returns the value of that Pair's key.
		*/
		get(key, keepPair) {
			const pair = YAMLMap.findPair(this.items, key);
			return !keepPair && identity.isPair(pair) ? identity.isScalar(pair.key) ? pair.key.value : pair.key : pair;
		}
		set(key, value) {
			if (typeof value !== "boolean") throw new Error(`Expected boolean value for set(key, value) in a YAML set, not ${typeof value}`);
			const prev = YAMLMap.findPair(this.items, key);
			if (prev && !value) this.items.splice(this.items.indexOf(prev), 1);
			else if (!prev && value) this.items.push(new Pair.Pair(key));
		}
		toJSON(_, ctx) {
			return super.toJSON(_, ctx, Set);
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			if (this.hasAllNullValues(true)) return super.toString(Object.assign({}, ctx, { allNullValues: true }), onComment, onChompKeep);
			else throw new Error("Set items must all have null values");
		}
		static from(schema, iterable, ctx) {
			const { replacer } = ctx;
			const set = new this(schema);
			if (iterable && Symbol.iterator in Object(iterable)) for (let value of iterable) {
				if (typeof replacer === "function") value = replacer.call(iterable, value, value);
				set.items.push(Pair.createPair(value, null, ctx));
			}
			return set;
		}
	};
	YAMLSet.tag = "tag:yaml.org,2002:set";
	const set = {
		collection: "map",
		identify: (value) => value instanceof Set,
		nodeClass: YAMLSet,
		default: false,
		tag: "tag:yaml.org,2002:set",
		createNode: (schema, iterable, ctx) => YAMLSet.from(schema, iterable, ctx),
		resolve(map, onError) {
			if (identity.isMap(map)) {
				if (map.hasAllNullValues(true)) return Object.assign(new YAMLSet(), map);
				else onError("Set items must all have null values");
			} else onError("Expected a mapping for this tag");
			return map;
		}
	};
	exports.YAMLSet = YAMLSet;
	exports.set = set;
}));

// node_modules/yaml/dist/schema/yaml-1.1/timestamp.js
var require_timestamp = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	/** Internal types handle bigint as number, because TS can't figure it out. */
	function parseSexagesimal(str, asBigInt) {
		const sign = str[0];
		const parts = sign === "-" || sign === "+" ? str.substring(1) : str;
		const num = (n) => asBigInt ? BigInt(n) : Number(n);
		const res = parts.replace(/_/g, "").split(":").reduce((res, p) => res * num(60) + num(p), num(0));
		return sign === "-" ? num(-1) * res : res;
	}
	/**
	* hhhh:mm:ss.sss
	*
	* Internal types handle bigint as number, because TS can't figure it out.
	*/
	function stringifySexagesimal(node) {
		let { value } = node;
		let num = (n) => n;
		if (typeof value === "bigint") num = (n) => BigInt(n);
		else if (isNaN(value) || !isFinite(value)) return stringifyNumber.stringifyNumber(node);
		let sign = "";
		if (value < 0) {
			sign = "-";
			value *= num(-1);
		}
		const _60 = num(60);
		const parts = [value % _60];
		if (value < 60) parts.unshift(0);
		else {
			value = (value - parts[0]) / _60;
			parts.unshift(value % _60);
			if (value >= 60) {
				value = (value - parts[0]) / _60;
				parts.unshift(value);
			}
		}
		return sign + parts.map((n) => String(n).padStart(2, "0")).join(":").replace(/000000\d*$/, "");
	}
	const intTime = {
		identify: (value) => typeof value === "bigint" || Number.isInteger(value),
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
		resolve: (str, _onError, { intAsBigInt }) => parseSexagesimal(str, intAsBigInt),
		stringify: stringifySexagesimal
	};
	const floatTime = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
		resolve: (str) => parseSexagesimal(str, false),
		stringify: stringifySexagesimal
	};
	const timestamp = {
		identify: (value) => value instanceof Date,
		default: true,
		tag: "tag:yaml.org,2002:timestamp",
		test: RegExp("^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:t|T|[ \\t]+)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(\\.[0-9]+)?)(?:[ \\t]*(Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$"),
		resolve(str) {
			const match = str.match(timestamp.test);
			if (!match) throw new Error("!!timestamp expects a date, starting with yyyy-mm-dd");
			const [, year, month, day, hour, minute, second] = match.map(Number);
			const millisec = match[7] ? Number((match[7] + "00").substr(1, 3)) : 0;
			let date = Date.UTC(year, month - 1, day, hour || 0, minute || 0, second || 0, millisec);
			const tz = match[8];
			if (tz && tz !== "Z") {
				let d = parseSexagesimal(tz, false);
				if (Math.abs(d) < 30) d *= 60;
				date -= 6e4 * d;
			}
			return new Date(date);
		},
		stringify: ({ value }) => value?.toISOString().replace(/(T00:00:00)?\.000Z$/, "") ?? ""
	};
	exports.floatTime = floatTime;
	exports.intTime = intTime;
	exports.timestamp = timestamp;
}));

// node_modules/yaml/dist/schema/yaml-1.1/schema.js
var require_schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var binary = require_binary();
	var bool = require_bool();
	var float = require_float();
	var int = require_int();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var set = require_set();
	var timestamp = require_timestamp();
	const schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.trueTag,
		bool.falseTag,
		int.intBin,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float,
		binary.binary,
		merge.merge,
		omap.omap,
		pairs.pairs,
		set.set,
		timestamp.intTime,
		timestamp.floatTime,
		timestamp.timestamp
	];
	exports.schema = schema;
}));

// node_modules/yaml/dist/schema/tags.js
var require_tags = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	var schema = require_schema$2();
	var schema$1 = require_schema$1();
	var binary = require_binary();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var schema$2 = require_schema();
	var set = require_set();
	var timestamp = require_timestamp();
	const schemas = /* @__PURE__ */ new Map([
		["core", schema.schema],
		["failsafe", [
			map.map,
			seq.seq,
			string.string
		]],
		["json", schema$1.schema],
		["yaml11", schema$2.schema],
		["yaml-1.1", schema$2.schema]
	]);
	const tagsByName = {
		binary: binary.binary,
		bool: bool.boolTag,
		float: float.float,
		floatExp: float.floatExp,
		floatNaN: float.floatNaN,
		floatTime: timestamp.floatTime,
		int: int.int,
		intHex: int.intHex,
		intOct: int.intOct,
		intTime: timestamp.intTime,
		map: map.map,
		merge: merge.merge,
		null: _null.nullTag,
		omap: omap.omap,
		pairs: pairs.pairs,
		seq: seq.seq,
		set: set.set,
		timestamp: timestamp.timestamp
	};
	const coreKnownTags = {
		"tag:yaml.org,2002:binary": binary.binary,
		"tag:yaml.org,2002:merge": merge.merge,
		"tag:yaml.org,2002:omap": omap.omap,
		"tag:yaml.org,2002:pairs": pairs.pairs,
		"tag:yaml.org,2002:set": set.set,
		"tag:yaml.org,2002:timestamp": timestamp.timestamp
	};
	function getTags(customTags, schemaName, addMergeTag) {
		const schemaTags = schemas.get(schemaName);
		if (schemaTags && !customTags) return addMergeTag && !schemaTags.includes(merge.merge) ? schemaTags.concat(merge.merge) : schemaTags.slice();
		let tags = schemaTags;
		if (!tags) {
			if (Array.isArray(customTags)) tags = [];
			else {
				const keys = Array.from(schemas.keys()).filter((key) => key !== "yaml11").map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown schema "${schemaName}"; use one of ${keys} or define customTags array`);
			}
		}
		if (Array.isArray(customTags)) for (const tag of customTags) tags = tags.concat(tag);
		else if (typeof customTags === "function") tags = customTags(tags.slice());
		if (addMergeTag) tags = tags.concat(merge.merge);
		return tags.reduce((tags, tag) => {
			const tagObj = typeof tag === "string" ? tagsByName[tag] : tag;
			if (!tagObj) {
				const tagName = JSON.stringify(tag);
				const keys = Object.keys(tagsByName).map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown custom tag ${tagName}; use one of ${keys}`);
			}
			if (!tags.includes(tagObj)) tags.push(tagObj);
			return tags;
		}, []);
	}
	exports.coreKnownTags = coreKnownTags;
	exports.getTags = getTags;
}));

// node_modules/yaml/dist/schema/Schema.js
var require_Schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var map = require_map();
	var seq = require_seq();
	var string = require_string();
	var tags = require_tags();
	const sortMapEntriesByKey = (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
	var Schema = class Schema {
		constructor({ compat, customTags, merge, resolveKnownTags, schema, sortMapEntries, toStringDefaults }) {
			this.compat = Array.isArray(compat) ? tags.getTags(compat, "compat") : compat ? tags.getTags(null, compat) : null;
			this.name = typeof schema === "string" && schema || "core";
			this.knownTags = resolveKnownTags ? tags.coreKnownTags : {};
			this.tags = tags.getTags(customTags, this.name, merge);
			this.toStringOptions = toStringDefaults ?? null;
			Object.defineProperty(this, identity.MAP, { value: map.map });
			Object.defineProperty(this, identity.SCALAR, { value: string.string });
			Object.defineProperty(this, identity.SEQ, { value: seq.seq });
			this.sortMapEntries = typeof sortMapEntries === "function" ? sortMapEntries : sortMapEntries === true ? sortMapEntriesByKey : null;
		}
		clone() {
			const copy = Object.create(Schema.prototype, Object.getOwnPropertyDescriptors(this));
			copy.tags = this.tags.slice();
			return copy;
		}
	};
	exports.Schema = Schema;
}));

// node_modules/yaml/dist/stringify/stringifyDocument.js
var require_stringifyDocument = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyDocument(doc, options) {
		const lines = [];
		let hasDirectives = options.directives === true;
		if (options.directives !== false && doc.directives) {
			const dir = doc.directives.toString(doc);
			if (dir) {
				lines.push(dir);
				hasDirectives = true;
			} else if (doc.directives.docStart) hasDirectives = true;
		}
		if (hasDirectives) lines.push("---");
		const ctx = stringify.createStringifyContext(doc, options);
		const { commentString } = ctx.options;
		if (doc.commentBefore) {
			if (lines.length !== 1) lines.unshift("");
			const cs = commentString(doc.commentBefore);
			lines.unshift(stringifyComment.indentComment(cs, ""));
		}
		let chompKeep = false;
		let contentComment = null;
		if (doc.contents) {
			if (identity.isNode(doc.contents)) {
				if (doc.contents.spaceBefore && hasDirectives) lines.push("");
				if (doc.contents.commentBefore) {
					const cs = commentString(doc.contents.commentBefore);
					lines.push(stringifyComment.indentComment(cs, ""));
				}
				ctx.forceBlockIndent = !!doc.comment;
				contentComment = doc.contents.comment;
			}
			const onChompKeep = contentComment ? void 0 : () => chompKeep = true;
			let body = stringify.stringify(doc.contents, ctx, () => contentComment = null, onChompKeep);
			if (contentComment) body += stringifyComment.lineComment(body, "", commentString(contentComment));
			if ((body[0] === "|" || body[0] === ">") && lines[lines.length - 1] === "---") lines[lines.length - 1] = `--- ${body}`;
			else lines.push(body);
		} else lines.push(stringify.stringify(doc.contents, ctx));
		if (doc.directives?.docEnd) {
			if (doc.comment) {
				const cs = commentString(doc.comment);
				if (cs.includes("\n")) {
					lines.push("...");
					lines.push(stringifyComment.indentComment(cs, ""));
				} else lines.push(`... ${cs}`);
			} else lines.push("...");
		} else {
			let dc = doc.comment;
			if (dc && chompKeep) dc = dc.replace(/^\n+/, "");
			if (dc) {
				if ((!chompKeep || contentComment) && lines[lines.length - 1] !== "") lines.push("");
				lines.push(stringifyComment.indentComment(commentString(dc), ""));
			}
		}
		return lines.join("\n") + "\n";
	}
	exports.stringifyDocument = stringifyDocument;
}));

// node_modules/yaml/dist/doc/Document.js
var require_Document = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var toJS = require_toJS();
	var Schema = require_Schema();
	var stringifyDocument = require_stringifyDocument();
	var anchors = require_anchors();
	var applyReviver = require_applyReviver();
	var createNode = require_createNode();
	var directives = require_directives();
	var Document = class Document {
		constructor(value, replacer, options) {
			/** A comment before this Document */
			this.commentBefore = null;
			/** A comment immediately after this Document */
			this.comment = null;
			/** Errors encountered during parsing. */
			this.errors = [];
			/** Warnings encountered during parsing. */
			this.warnings = [];
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.DOC });
			let _replacer = null;
			if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
			else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const opt = Object.assign({
				intAsBigInt: false,
				keepSourceTokens: false,
				logLevel: "warn",
				prettyErrors: true,
				strict: true,
				stringKeys: false,
				uniqueKeys: true,
				version: "1.2"
			}, options);
			this.options = opt;
			let { version } = opt;
			if (options?._directives) {
				this.directives = options._directives.atDocument();
				if (this.directives.yaml.explicit) version = this.directives.yaml.version;
			} else this.directives = new directives.Directives({ version });
			this.setSchema(version, options);
			this.contents = value === void 0 ? null : this.createNode(value, _replacer, options);
		}
		/**
		* Create a deep copy of this Document and its contents.
		*
		* Custom Node values that inherit from `Object` still refer to their original instances.
		*/
		clone() {
			const copy = Object.create(Document.prototype, { [identity.NODE_TYPE]: { value: identity.DOC } });
			copy.commentBefore = this.commentBefore;
			copy.comment = this.comment;
			copy.errors = this.errors.slice();
			copy.warnings = this.warnings.slice();
			copy.options = Object.assign({}, this.options);
			if (this.directives) copy.directives = this.directives.clone();
			copy.schema = this.schema.clone();
			copy.contents = identity.isNode(this.contents) ? this.contents.clone(copy.schema) : this.contents;
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** Adds a value to the document. */
		add(value) {
			if (assertCollection(this.contents)) this.contents.add(value);
		}
		/** Adds a value to the document. */
		addIn(path, value) {
			if (assertCollection(this.contents)) this.contents.addIn(path, value);
		}
		/**
		* Create a new `Alias` node, ensuring that the target `node` has the required anchor.
		*
		* If `node` already has an anchor, `name` is ignored.
		* Otherwise, the `node.anchor` value will be set to `name`,
		* or if an anchor with that name is already present in the document,
		* `name` will be used as a prefix for a new unique anchor.
		* If `name` is undefined, the generated anchor will use 'a' as a prefix.
		*/
		createAlias(node, name) {
			if (!node.anchor) {
				const prev = anchors.anchorNames(this);
				node.anchor = !name || prev.has(name) ? anchors.findNewAnchor(name || "a", prev) : name;
			}
			return new Alias.Alias(node.anchor);
		}
		createNode(value, replacer, options) {
			let _replacer = void 0;
			if (typeof replacer === "function") {
				value = replacer.call({ "": value }, "", value);
				_replacer = replacer;
			} else if (Array.isArray(replacer)) {
				const keyToStr = (v) => typeof v === "number" || v instanceof String || v instanceof Number;
				const asStr = replacer.filter(keyToStr).map(String);
				if (asStr.length > 0) replacer = replacer.concat(asStr);
				_replacer = replacer;
			} else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const { aliasDuplicateObjects, anchorPrefix, flow, keepUndefined, onTagObj, tag } = options ?? {};
			const { onAnchor, setAnchors, sourceObjects } = anchors.createNodeAnchors(this, anchorPrefix || "a");
			const ctx = {
				aliasDuplicateObjects: aliasDuplicateObjects ?? true,
				keepUndefined: keepUndefined ?? false,
				onAnchor,
				onTagObj,
				replacer: _replacer,
				schema: this.schema,
				sourceObjects
			};
			const node = createNode.createNode(value, tag, ctx);
			if (flow && identity.isCollection(node)) node.flow = true;
			setAnchors();
			return node;
		}
		/**
		* Convert a key and a value into a `Pair` using the current schema,
		* recursively wrapping all values as `Scalar` or `Collection` nodes.
		*/
		createPair(key, value, options = {}) {
			const k = this.createNode(key, null, options);
			const v = this.createNode(value, null, options);
			return new Pair.Pair(k, v);
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			return assertCollection(this.contents) ? this.contents.delete(key) : false;
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			if (Collection.isEmptyPath(path)) {
				if (this.contents == null) return false;
				this.contents = null;
				return true;
			}
			return assertCollection(this.contents) ? this.contents.deleteIn(path) : false;
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		get(key, keepScalar) {
			return identity.isCollection(this.contents) ? this.contents.get(key, keepScalar) : void 0;
		}
		/**
		* Returns item at `path`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			if (Collection.isEmptyPath(path)) return !keepScalar && identity.isScalar(this.contents) ? this.contents.value : this.contents;
			return identity.isCollection(this.contents) ? this.contents.getIn(path, keepScalar) : void 0;
		}
		/**
		* Checks if the document includes a value with the key `key`.
		*/
		has(key) {
			return identity.isCollection(this.contents) ? this.contents.has(key) : false;
		}
		/**
		* Checks if the document includes a value at `path`.
		*/
		hasIn(path) {
			if (Collection.isEmptyPath(path)) return this.contents !== void 0;
			return identity.isCollection(this.contents) ? this.contents.hasIn(path) : false;
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		set(key, value) {
			if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, [key], value);
			else if (assertCollection(this.contents)) this.contents.set(key, value);
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			if (Collection.isEmptyPath(path)) this.contents = value;
			else if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, Array.from(path), value);
			else if (assertCollection(this.contents)) this.contents.setIn(path, value);
		}
		/**
		* Change the YAML version and schema used by the document.
		* A `null` version disables support for directives, explicit tags, anchors, and aliases.
		* It also requires the `schema` option to be given as a `Schema` instance value.
		*
		* Overrides all previously set schema options.
		*/
		setSchema(version, options = {}) {
			if (typeof version === "number") version = String(version);
			let opt;
			switch (version) {
				case "1.1":
					if (this.directives) this.directives.yaml.version = "1.1";
					else this.directives = new directives.Directives({ version: "1.1" });
					opt = {
						resolveKnownTags: false,
						schema: "yaml-1.1"
					};
					break;
				case "1.2":
				case "next":
					if (this.directives) this.directives.yaml.version = version;
					else this.directives = new directives.Directives({ version });
					opt = {
						resolveKnownTags: true,
						schema: "core"
					};
					break;
				case null:
					if (this.directives) delete this.directives;
					opt = null;
					break;
				default: {
					const sv = JSON.stringify(version);
					throw new Error(`Expected '1.1', '1.2' or null as first argument, but found: ${sv}`);
				}
			}
			if (options.schema instanceof Object) this.schema = options.schema;
			else if (opt) this.schema = new Schema.Schema(Object.assign(opt, options));
			else throw new Error(`With a null YAML version, the { schema: Schema } option is required`);
		}
		toJS({ json, jsonArg, mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc: this,
				keep: !json,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this.contents, jsonArg ?? "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
		/**
		* A JSON representation of the document `contents`.
		*
		* @param jsonArg Used by `JSON.stringify` to indicate the array index or
		*   property name.
		*/
		toJSON(jsonArg, onAnchor) {
			return this.toJS({
				json: true,
				jsonArg,
				mapAsMap: false,
				onAnchor
			});
		}
		/** A YAML representation of the document. */
		toString(options = {}) {
			if (this.errors.length > 0) throw new Error("Document with errors cannot be stringified");
			if ("indent" in options && (!Number.isInteger(options.indent) || Number(options.indent) <= 0)) {
				const s = JSON.stringify(options.indent);
				throw new Error(`"indent" option must be a positive integer, not ${s}`);
			}
			return stringifyDocument.stringifyDocument(this, options);
		}
	};
	function assertCollection(contents) {
		if (identity.isCollection(contents)) return true;
		throw new Error("Expected a YAML collection as document contents");
	}
	exports.Document = Document;
}));

// node_modules/yaml/dist/errors.js
var require_errors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLError = class extends Error {
		constructor(name, pos, code, message) {
			super();
			this.name = name;
			this.code = code;
			this.message = message;
			this.pos = pos;
		}
	};
	var YAMLParseError = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLParseError", pos, code, message);
		}
	};
	var YAMLWarning = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLWarning", pos, code, message);
		}
	};
	const prettifyError = (src, lc) => (error) => {
		if (error.pos[0] === -1) return;
		error.linePos = error.pos.map((pos) => lc.linePos(pos));
		const { line, col } = error.linePos[0];
		error.message += ` at line ${line}, column ${col}`;
		let ci = col - 1;
		let lineStr = src.substring(lc.lineStarts[line - 1], lc.lineStarts[line]).replace(/[\n\r]+$/, "");
		if (ci >= 60 && lineStr.length > 80) {
			const trimStart = Math.min(ci - 39, lineStr.length - 79);
			lineStr = "…" + lineStr.substring(trimStart);
			ci -= trimStart - 1;
		}
		if (lineStr.length > 80) lineStr = lineStr.substring(0, 79) + "…";
		if (line > 1 && /^ *$/.test(lineStr.substring(0, ci))) {
			let prev = src.substring(lc.lineStarts[line - 2], lc.lineStarts[line - 1]);
			if (prev.length > 80) prev = prev.substring(0, 79) + "…\n";
			lineStr = prev + lineStr;
		}
		if (/[^ ]/.test(lineStr)) {
			let count = 1;
			const end = error.linePos[1];
			if (end?.line === line && end.col > col) count = Math.max(1, Math.min(end.col - col, 80 - ci));
			const pointer = " ".repeat(ci) + "^".repeat(count);
			error.message += `:\n\n${lineStr}\n${pointer}\n`;
		}
	};
	exports.YAMLError = YAMLError;
	exports.YAMLParseError = YAMLParseError;
	exports.YAMLWarning = YAMLWarning;
	exports.prettifyError = prettifyError;
}));

// node_modules/yaml/dist/compose/resolve-props.js
var require_resolve_props = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveProps(tokens, { flow, indicator, next, offset, onError, parentIndent, startOnNewline }) {
		let spaceBefore = false;
		let atNewline = startOnNewline;
		let hasSpace = startOnNewline;
		let comment = "";
		let commentSep = "";
		let hasNewline = false;
		let reqSpace = false;
		let tab = null;
		let anchor = null;
		let tag = null;
		let newlineAfterProp = null;
		let comma = null;
		let found = null;
		let start = null;
		for (const token of tokens) {
			if (reqSpace) {
				if (token.type !== "space" && token.type !== "newline" && token.type !== "comma") onError(token.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
				reqSpace = false;
			}
			if (tab) {
				if (atNewline && token.type !== "comment" && token.type !== "newline") onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
				tab = null;
			}
			switch (token.type) {
				case "space":
					if (!flow && (indicator !== "doc-start" || next?.type !== "flow-collection") && token.source.includes("	")) tab = token;
					hasSpace = true;
					break;
				case "comment": {
					if (!hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					const cb = token.source.substring(1) || " ";
					if (!comment) comment = cb;
					else comment += commentSep + cb;
					commentSep = "";
					atNewline = false;
					break;
				}
				case "newline":
					if (atNewline) {
						if (comment) comment += token.source;
						else if (!found || indicator !== "seq-item-ind") spaceBefore = true;
					} else commentSep += token.source;
					atNewline = true;
					hasNewline = true;
					if (anchor || tag) newlineAfterProp = token;
					hasSpace = true;
					break;
				case "anchor":
					if (anchor) onError(token, "MULTIPLE_ANCHORS", "A node can have at most one anchor");
					if (token.source.endsWith(":")) onError(token.offset + token.source.length - 1, "BAD_ALIAS", "Anchor ending in : is ambiguous", true);
					anchor = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case "tag":
					if (tag) onError(token, "MULTIPLE_TAGS", "A node can have at most one tag");
					tag = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case indicator:
					if (anchor || tag) onError(token, "BAD_PROP_ORDER", `Anchors and tags must be after the ${token.source} indicator`);
					if (found) onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.source} in ${flow ?? "collection"}`);
					found = token;
					atNewline = indicator === "seq-item-ind" || indicator === "explicit-key-ind";
					hasSpace = false;
					break;
				case "comma": if (flow) {
					if (comma) onError(token, "UNEXPECTED_TOKEN", `Unexpected , in ${flow}`);
					comma = token;
					atNewline = false;
					hasSpace = false;
					break;
				}
				default:
					onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.type} token`);
					atNewline = false;
					hasSpace = false;
			}
		}
		const last = tokens[tokens.length - 1];
		const end = last ? last.offset + last.source.length : offset;
		if (reqSpace && next && next.type !== "space" && next.type !== "newline" && next.type !== "comma" && (next.type !== "scalar" || next.source !== "")) onError(next.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
		if (tab && (atNewline && tab.indent <= parentIndent || next?.type === "block-map" || next?.type === "block-seq")) onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
		return {
			comma,
			found,
			spaceBefore,
			comment,
			hasNewline,
			anchor,
			tag,
			newlineAfterProp,
			end,
			start: start ?? end
		};
	}
	exports.resolveProps = resolveProps;
}));

// node_modules/yaml/dist/compose/util-contains-newline.js
var require_util_contains_newline = /* @__PURE__ */ __commonJSMin(((exports) => {
	function containsNewline(key) {
		if (!key) return null;
		switch (key.type) {
			case "alias":
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				if (key.source.includes("\n")) return true;
				if (key.end) {
					for (const st of key.end) if (st.type === "newline") return true;
				}
				return false;
			case "flow-collection":
				for (const it of key.items) {
					for (const st of it.start) if (st.type === "newline") return true;
					if (it.sep) {
						for (const st of it.sep) if (st.type === "newline") return true;
					}
					if (containsNewline(it.key) || containsNewline(it.value)) return true;
				}
				return false;
			default: return true;
		}
	}
	exports.containsNewline = containsNewline;
}));

// node_modules/yaml/dist/compose/util-flow-indent-check.js
var require_util_flow_indent_check = /* @__PURE__ */ __commonJSMin(((exports) => {
	var utilContainsNewline = require_util_contains_newline();
	function flowIndentCheck(indent, fc, onError) {
		if (fc?.type === "flow-collection") {
			const end = fc.end[0];
			if (end.indent === indent && (end.source === "]" || end.source === "}") && utilContainsNewline.containsNewline(fc)) onError(end, "BAD_INDENT", "Flow end indicator should be more indented than parent", true);
		}
	}
	exports.flowIndentCheck = flowIndentCheck;
}));

// node_modules/yaml/dist/compose/util-map-includes.js
var require_util_map_includes = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	function mapIncludes(ctx, items, search) {
		const { uniqueKeys } = ctx.options;
		if (uniqueKeys === false) return false;
		const isEqual = typeof uniqueKeys === "function" ? uniqueKeys : (a, b) => a === b || identity.isScalar(a) && identity.isScalar(b) && a.value === b.value;
		return items.some((pair) => isEqual(pair.key, search));
	}
	exports.mapIncludes = mapIncludes;
}));

// node_modules/yaml/dist/compose/resolve-block-map.js
var require_resolve_block_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	var utilMapIncludes = require_util_map_includes();
	const startColMsg = "All mapping items must start at the same column";
	function resolveBlockMap({ composeNode, composeEmptyNode }, ctx, bm, onError, tag) {
		const map = new ((tag?.nodeClass) ?? YAMLMap.YAMLMap)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		let offset = bm.offset;
		let commentEnd = null;
		for (const collItem of bm.items) {
			const { start, key, sep, value } = collItem;
			const keyProps = resolveProps.resolveProps(start, {
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: bm.indent,
				startOnNewline: true
			});
			const implicitKey = !keyProps.found;
			if (implicitKey) {
				if (key) {
					if (key.type === "block-seq") onError(offset, "BLOCK_AS_IMPLICIT_KEY", "A block sequence may not be used as an implicit map key");
					else if ("indent" in key && key.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
				}
				if (!keyProps.anchor && !keyProps.tag && !sep) {
					commentEnd = keyProps.end;
					if (keyProps.comment) {
						if (map.comment) map.comment += "\n" + keyProps.comment;
						else map.comment = keyProps.comment;
					}
					continue;
				}
				if (keyProps.newlineAfterProp || utilContainsNewline.containsNewline(key)) onError(key ?? start[start.length - 1], "MULTILINE_IMPLICIT_KEY", "Implicit keys need to be on a single line");
			} else if (keyProps.found?.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
			ctx.atKey = true;
			const keyStart = keyProps.end;
			const keyNode = key ? composeNode(ctx, key, keyProps, onError) : composeEmptyNode(ctx, keyStart, start, null, keyProps, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, key, onError);
			ctx.atKey = false;
			if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
			const valueProps = resolveProps.resolveProps(sep ?? [], {
				indicator: "map-value-ind",
				next: value,
				offset: keyNode.range[2],
				onError,
				parentIndent: bm.indent,
				startOnNewline: !key || key.type === "block-scalar"
			});
			offset = valueProps.end;
			if (valueProps.found) {
				if (implicitKey) {
					if (value?.type === "block-map" && !valueProps.hasNewline) onError(offset, "BLOCK_AS_IMPLICIT_KEY", "Nested mappings are not allowed in compact mappings");
					if (ctx.options.strict && keyProps.start < valueProps.found.offset - 1024) onError(keyNode.range, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit block mapping key");
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : composeEmptyNode(ctx, offset, sep, null, valueProps, onError);
				if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, value, onError);
				offset = valueNode.range[2];
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			} else {
				if (implicitKey) onError(keyNode.range, "MISSING_CHAR", "Implicit map keys need to be followed by map values");
				if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			}
		}
		if (commentEnd && commentEnd < offset) onError(commentEnd, "IMPOSSIBLE", "Map comment with trailing content");
		map.range = [
			bm.offset,
			offset,
			commentEnd ?? offset
		];
		return map;
	}
	exports.resolveBlockMap = resolveBlockMap;
}));

// node_modules/yaml/dist/compose/resolve-block-seq.js
var require_resolve_block_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLSeq = require_YAMLSeq();
	var resolveProps = require_resolve_props();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	function resolveBlockSeq({ composeNode, composeEmptyNode }, ctx, bs, onError, tag) {
		const seq = new ((tag?.nodeClass) ?? YAMLSeq.YAMLSeq)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = bs.offset;
		let commentEnd = null;
		for (const { start, value } of bs.items) {
			const props = resolveProps.resolveProps(start, {
				indicator: "seq-item-ind",
				next: value,
				offset,
				onError,
				parentIndent: bs.indent,
				startOnNewline: true
			});
			if (!props.found) {
				if (props.anchor || props.tag || value) {
					if (value?.type === "block-seq") onError(props.end, "BAD_INDENT", "All sequence items must start at the same column");
					else onError(offset, "MISSING_CHAR", "Sequence item without - indicator");
				} else {
					commentEnd = props.end;
					if (props.comment) seq.comment = props.comment;
					continue;
				}
			}
			const node = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, start, null, props, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bs.indent, value, onError);
			offset = node.range[2];
			seq.items.push(node);
		}
		seq.range = [
			bs.offset,
			offset,
			commentEnd ?? offset
		];
		return seq;
	}
	exports.resolveBlockSeq = resolveBlockSeq;
}));

// node_modules/yaml/dist/compose/resolve-end.js
var require_resolve_end = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveEnd(end, offset, reqSpace, onError) {
		let comment = "";
		if (end) {
			let hasSpace = false;
			let sep = "";
			for (const token of end) {
				const { source, type } = token;
				switch (type) {
					case "space":
						hasSpace = true;
						break;
					case "comment": {
						if (reqSpace && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
						const cb = source.substring(1) || " ";
						if (!comment) comment = cb;
						else comment += sep + cb;
						sep = "";
						break;
					}
					case "newline":
						if (comment) sep += source;
						hasSpace = true;
						break;
					default: onError(token, "UNEXPECTED_TOKEN", `Unexpected ${type} at node end`);
				}
				offset += source.length;
			}
		}
		return {
			comment,
			offset
		};
	}
	exports.resolveEnd = resolveEnd;
}));

// node_modules/yaml/dist/compose/resolve-flow-collection.js
var require_resolve_flow_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilMapIncludes = require_util_map_includes();
	const blockMsg = "Block collections are not allowed within flow collections";
	const isBlock = (token) => token && (token.type === "block-map" || token.type === "block-seq");
	function resolveFlowCollection({ composeNode, composeEmptyNode }, ctx, fc, onError, tag) {
		const isMap = fc.start.source === "{";
		const fcName = isMap ? "flow map" : "flow sequence";
		const coll = new ((tag?.nodeClass) ?? (isMap ? YAMLMap.YAMLMap : YAMLSeq.YAMLSeq))(ctx.schema);
		coll.flow = true;
		const atRoot = ctx.atRoot;
		if (atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = fc.offset + fc.start.source.length;
		for (let i = 0; i < fc.items.length; ++i) {
			const collItem = fc.items[i];
			const { start, key, sep, value } = collItem;
			const props = resolveProps.resolveProps(start, {
				flow: fcName,
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: fc.indent,
				startOnNewline: false
			});
			if (!props.found) {
				if (!props.anchor && !props.tag && !sep && !value) {
					if (i === 0 && props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
					else if (i < fc.items.length - 1) onError(props.start, "UNEXPECTED_TOKEN", `Unexpected empty item in ${fcName}`);
					if (props.comment) {
						if (coll.comment) coll.comment += "\n" + props.comment;
						else coll.comment = props.comment;
					}
					offset = props.end;
					continue;
				}
				if (!isMap && ctx.options.strict && utilContainsNewline.containsNewline(key)) onError(key, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
			}
			if (i === 0) {
				if (props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
			} else {
				if (!props.comma) onError(props.start, "MISSING_CHAR", `Missing , between ${fcName} items`);
				if (props.comment) {
					let prevItemComment = "";
					loop: for (const st of start) switch (st.type) {
						case "comma":
						case "space": break;
						case "comment":
							prevItemComment = st.source.substring(1);
							break loop;
						default: break loop;
					}
					if (prevItemComment) {
						let prev = coll.items[coll.items.length - 1];
						if (identity.isPair(prev)) prev = prev.value ?? prev.key;
						if (prev.comment) prev.comment += "\n" + prevItemComment;
						else prev.comment = prevItemComment;
						props.comment = props.comment.substring(prevItemComment.length + 1);
					}
				}
			}
			if (!isMap && !sep && !props.found) {
				const valueNode = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, sep, null, props, onError);
				coll.items.push(valueNode);
				offset = valueNode.range[2];
				if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
			} else {
				ctx.atKey = true;
				const keyStart = props.end;
				const keyNode = key ? composeNode(ctx, key, props, onError) : composeEmptyNode(ctx, keyStart, start, null, props, onError);
				if (isBlock(key)) onError(keyNode.range, "BLOCK_IN_FLOW", blockMsg);
				ctx.atKey = false;
				const valueProps = resolveProps.resolveProps(sep ?? [], {
					flow: fcName,
					indicator: "map-value-ind",
					next: value,
					offset: keyNode.range[2],
					onError,
					parentIndent: fc.indent,
					startOnNewline: false
				});
				if (valueProps.found) {
					if (!isMap && !props.found && ctx.options.strict) {
						if (sep) for (const st of sep) {
							if (st === valueProps.found) break;
							if (st.type === "newline") {
								onError(st, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
								break;
							}
						}
						if (props.start < valueProps.found.offset - 1024) onError(valueProps.found, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit flow sequence key");
					}
				} else if (value) {
					if ("source" in value && value.source?.[0] === ":") onError(value, "MISSING_CHAR", `Missing space after : in ${fcName}`);
					else onError(valueProps.start, "MISSING_CHAR", `Missing , or : between ${fcName} items`);
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : valueProps.found ? composeEmptyNode(ctx, valueProps.end, sep, null, valueProps, onError) : null;
				if (valueNode) {
					if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
				} else if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				if (isMap) {
					const map = coll;
					if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
					map.items.push(pair);
				} else {
					const map = new YAMLMap.YAMLMap(ctx.schema);
					map.flow = true;
					map.items.push(pair);
					const endRange = (valueNode ?? keyNode).range;
					map.range = [
						keyNode.range[0],
						endRange[1],
						endRange[2]
					];
					coll.items.push(map);
				}
				offset = valueNode ? valueNode.range[2] : valueProps.end;
			}
		}
		const expectedEnd = isMap ? "}" : "]";
		const [ce, ...ee] = fc.end;
		let cePos = offset;
		if (ce?.source === expectedEnd) cePos = ce.offset + ce.source.length;
		else {
			const name = fcName[0].toUpperCase() + fcName.substring(1);
			const msg = atRoot ? `${name} must end with a ${expectedEnd}` : `${name} in block collection must be sufficiently indented and end with a ${expectedEnd}`;
			onError(offset, atRoot ? "MISSING_CHAR" : "BAD_INDENT", msg);
			if (ce && ce.source.length !== 1) ee.unshift(ce);
		}
		if (ee.length > 0) {
			const end = resolveEnd.resolveEnd(ee, cePos, ctx.options.strict, onError);
			if (end.comment) {
				if (coll.comment) coll.comment += "\n" + end.comment;
				else coll.comment = end.comment;
			}
			coll.range = [
				fc.offset,
				cePos,
				end.offset
			];
		} else coll.range = [
			fc.offset,
			cePos,
			cePos
		];
		return coll;
	}
	exports.resolveFlowCollection = resolveFlowCollection;
}));

// node_modules/yaml/dist/compose/compose-collection.js
var require_compose_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveBlockMap = require_resolve_block_map();
	var resolveBlockSeq = require_resolve_block_seq();
	var resolveFlowCollection = require_resolve_flow_collection();
	function resolveCollection(CN, ctx, token, onError, tagName, tag) {
		const coll = token.type === "block-map" ? resolveBlockMap.resolveBlockMap(CN, ctx, token, onError, tag) : token.type === "block-seq" ? resolveBlockSeq.resolveBlockSeq(CN, ctx, token, onError, tag) : resolveFlowCollection.resolveFlowCollection(CN, ctx, token, onError, tag);
		const Coll = coll.constructor;
		if (tagName === "!" || tagName === Coll.tagName) {
			coll.tag = Coll.tagName;
			return coll;
		}
		if (tagName) coll.tag = tagName;
		return coll;
	}
	function composeCollection(CN, ctx, token, props, onError) {
		const tagToken = props.tag;
		const tagName = !tagToken ? null : ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg));
		if (token.type === "block-seq") {
			const { anchor, newlineAfterProp: nl } = props;
			const lastProp = anchor && tagToken ? anchor.offset > tagToken.offset ? anchor : tagToken : anchor ?? tagToken;
			if (lastProp && (!nl || nl.offset < lastProp.offset)) onError(lastProp, "MISSING_CHAR", "Missing newline after block sequence props");
		}
		const expType = token.type === "block-map" ? "map" : token.type === "block-seq" ? "seq" : token.start.source === "{" ? "map" : "seq";
		if (!tagToken || !tagName || tagName === "!" || tagName === YAMLMap.YAMLMap.tagName && expType === "map" || tagName === YAMLSeq.YAMLSeq.tagName && expType === "seq") return resolveCollection(CN, ctx, token, onError, tagName);
		let tag = ctx.schema.tags.find((t) => t.tag === tagName && t.collection === expType);
		if (!tag) {
			const kt = ctx.schema.knownTags[tagName];
			if (kt?.collection === expType) {
				ctx.schema.tags.push(Object.assign({}, kt, { default: false }));
				tag = kt;
			} else {
				if (kt) onError(tagToken, "BAD_COLLECTION_TYPE", `${kt.tag} used for ${expType} collection, but expects ${kt.collection ?? "scalar"}`, true);
				else onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, true);
				return resolveCollection(CN, ctx, token, onError, tagName);
			}
		}
		const coll = resolveCollection(CN, ctx, token, onError, tagName, tag);
		const res = tag.resolve?.(coll, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg), ctx.options) ?? coll;
		const node = identity.isNode(res) ? res : new Scalar.Scalar(res);
		node.range = coll.range;
		node.tag = tagName;
		if (tag?.format) node.format = tag.format;
		return node;
	}
	exports.composeCollection = composeCollection;
}));

// node_modules/yaml/dist/compose/resolve-block-scalar.js
var require_resolve_block_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function resolveBlockScalar(ctx, scalar, onError) {
		const start = scalar.offset;
		const header = parseBlockScalarHeader(scalar, ctx.options.strict, onError);
		if (!header) return {
			value: "",
			type: null,
			comment: "",
			range: [
				start,
				start,
				start
			]
		};
		const type = header.mode === ">" ? Scalar.Scalar.BLOCK_FOLDED : Scalar.Scalar.BLOCK_LITERAL;
		const lines = scalar.source ? splitLines(scalar.source) : [];
		let chompStart = lines.length;
		for (let i = lines.length - 1; i >= 0; --i) {
			const content = lines[i][1];
			if (content === "" || content === "\r") chompStart = i;
			else break;
		}
		if (chompStart === 0) {
			const value = header.chomp === "+" && lines.length > 0 ? "\n".repeat(Math.max(1, lines.length - 1)) : "";
			let end = start + header.length;
			if (scalar.source) end += scalar.source.length;
			return {
				value,
				type,
				comment: header.comment,
				range: [
					start,
					end,
					end
				]
			};
		}
		let trimIndent = scalar.indent + header.indent;
		let offset = scalar.offset + header.length;
		let contentStart = 0;
		for (let i = 0; i < chompStart; ++i) {
			const [indent, content] = lines[i];
			if (content === "" || content === "\r") {
				if (header.indent === 0 && indent.length > trimIndent) trimIndent = indent.length;
			} else {
				if (indent.length < trimIndent) onError(offset + indent.length, "MISSING_CHAR", "Block scalars with more-indented leading empty lines must use an explicit indentation indicator");
				if (header.indent === 0) trimIndent = indent.length;
				contentStart = i;
				if (trimIndent === 0 && !ctx.atRoot) onError(offset, "BAD_INDENT", "Block scalar values in collections must be indented");
				break;
			}
			offset += indent.length + content.length + 1;
		}
		for (let i = lines.length - 1; i >= chompStart; --i) if (lines[i][0].length > trimIndent) chompStart = i + 1;
		let value = "";
		let sep = "";
		let prevMoreIndented = false;
		for (let i = 0; i < contentStart; ++i) value += lines[i][0].slice(trimIndent) + "\n";
		for (let i = contentStart; i < chompStart; ++i) {
			let [indent, content] = lines[i];
			offset += indent.length + content.length + 1;
			const crlf = content[content.length - 1] === "\r";
			if (crlf) content = content.slice(0, -1);
			/* istanbul ignore if already caught in lexer */
			if (content && indent.length < trimIndent) {
				const message = `Block scalar lines must not be less indented than their ${header.indent ? "explicit indentation indicator" : "first line"}`;
				onError(offset - content.length - (crlf ? 2 : 1), "BAD_INDENT", message);
				indent = "";
			}
			if (type === Scalar.Scalar.BLOCK_LITERAL) {
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
			} else if (indent.length > trimIndent || content[0] === "	") {
				if (sep === " ") sep = "\n";
				else if (!prevMoreIndented && sep === "\n") sep = "\n\n";
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
				prevMoreIndented = true;
			} else if (content === "") {
				if (sep === "\n") value += "\n";
				else sep = "\n";
			} else {
				value += sep + content;
				sep = " ";
				prevMoreIndented = false;
			}
		}
		switch (header.chomp) {
			case "-": break;
			case "+":
				for (let i = chompStart; i < lines.length; ++i) value += "\n" + lines[i][0].slice(trimIndent);
				if (value[value.length - 1] !== "\n") value += "\n";
				break;
			default: value += "\n";
		}
		const end = start + header.length + scalar.source.length;
		return {
			value,
			type,
			comment: header.comment,
			range: [
				start,
				end,
				end
			]
		};
	}
	function parseBlockScalarHeader({ offset, props }, strict, onError) {
		/* istanbul ignore if should not happen */
		if (props[0].type !== "block-scalar-header") {
			onError(props[0], "IMPOSSIBLE", "Block scalar header not found");
			return null;
		}
		const { source } = props[0];
		const mode = source[0];
		let indent = 0;
		let chomp = "";
		let error = -1;
		for (let i = 1; i < source.length; ++i) {
			const ch = source[i];
			if (!chomp && (ch === "-" || ch === "+")) chomp = ch;
			else {
				const n = Number(ch);
				if (!indent && n) indent = n;
				else if (error === -1) error = offset + i;
			}
		}
		if (error !== -1) onError(error, "UNEXPECTED_TOKEN", `Block scalar header includes extra characters: ${source}`);
		let hasSpace = false;
		let comment = "";
		let length = source.length;
		for (let i = 1; i < props.length; ++i) {
			const token = props[i];
			switch (token.type) {
				case "space": hasSpace = true;
				case "newline":
					length += token.source.length;
					break;
				case "comment":
					if (strict && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					length += token.source.length;
					comment = token.source.substring(1);
					break;
				case "error":
					onError(token, "UNEXPECTED_TOKEN", token.message);
					length += token.source.length;
					break;
				/* istanbul ignore next should not happen */
				default: {
					onError(token, "UNEXPECTED_TOKEN", `Unexpected token in block scalar header: ${token.type}`);
					const ts = token.source;
					if (ts && typeof ts === "string") length += ts.length;
				}
			}
		}
		return {
			mode,
			indent,
			chomp,
			comment,
			length
		};
	}
	/** @returns Array of lines split up as `[indent, content]` */
	function splitLines(source) {
		const split = source.split(/\n( *)/);
		const first = split[0];
		const m = first.match(/^( *)/);
		const lines = [m?.[1] ? [m[1], first.slice(m[1].length)] : ["", first]];
		for (let i = 1; i < split.length; i += 2) lines.push([split[i], split[i + 1]]);
		return lines;
	}
	exports.resolveBlockScalar = resolveBlockScalar;
}));

// node_modules/yaml/dist/compose/resolve-flow-scalar.js
var require_resolve_flow_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var resolveEnd = require_resolve_end();
	function resolveFlowScalar(scalar, strict, onError) {
		const { offset, type, source, end } = scalar;
		let _type;
		let value;
		const _onError = (rel, code, msg) => onError(offset + rel, code, msg);
		switch (type) {
			case "scalar":
				_type = Scalar.Scalar.PLAIN;
				value = plainValue(source, _onError);
				break;
			case "single-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_SINGLE;
				value = singleQuotedValue(source, _onError);
				break;
			case "double-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_DOUBLE;
				value = doubleQuotedValue(source, _onError);
				break;
			/* istanbul ignore next should not happen */
			default:
				onError(scalar, "UNEXPECTED_TOKEN", `Expected a flow scalar value, but found: ${type}`);
				return {
					value: "",
					type: null,
					comment: "",
					range: [
						offset,
						offset + source.length,
						offset + source.length
					]
				};
		}
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, strict, onError);
		return {
			value,
			type: _type,
			comment: re.comment,
			range: [
				offset,
				valueEnd,
				re.offset
			]
		};
	}
	function plainValue(source, onError) {
		let badChar = "";
		switch (source[0]) {
			/* istanbul ignore next should not happen */
			case "	":
				badChar = "a tab character";
				break;
			case ",":
				badChar = "flow indicator character ,";
				break;
			case "%":
				badChar = "directive indicator character %";
				break;
			case "|":
			case ">":
				badChar = `block scalar indicator ${source[0]}`;
				break;
			case "@":
			case "`": badChar = `reserved character ${source[0]}`;
		}
		if (badChar) onError(0, "BAD_SCALAR_START", `Plain value cannot start with ${badChar}`);
		return unfoldLines(source);
	}
	function singleQuotedValue(source, onError) {
		if (source[source.length - 1] !== "'" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing 'quote");
		return unfoldLines(source.slice(1, -1)).replace(/''/g, "'");
	}
	function unfoldLines(source) {
		const line = /(.*?)\r?\n/sy;
		let match = line.exec(source);
		if (!match) return source;
		/**
		* The negative lookbehinds in these RegExps are to
		* prevent causing a polynomial search time in certain cases.
		*
		* The try-catch is for Safari < 16.4 and other old browsers:
		* https://caniuse.com/js-regexp-lookbehind
		*/
		let trimEnd, trimBoth;
		try {
			trimEnd = new RegExp("(?<![ 	])[ 	]+$");
			trimBoth = new RegExp("^[ 	]+|(?<![ 	])[ 	]+$", "g");
		} catch {
			trimEnd = /[ \t]+$/;
			trimBoth = /^[ \t]+|[ \t]+$/g;
		}
		let res = match[1].replace(trimEnd, "");
		let sep = " ";
		let pos = line.lastIndex;
		while (match = line.exec(source)) {
			const lm = match[1].replace(trimBoth, "");
			if (lm === "") {
				if (sep === "\n") res += sep;
				else sep = "\n";
			} else {
				res += sep + lm;
				sep = " ";
			}
			pos = line.lastIndex;
		}
		const last = /[ \t]*(.*)/sy;
		last.lastIndex = pos;
		match = last.exec(source);
		return res + sep + (match?.[1] ?? "");
	}
	function doubleQuotedValue(source, onError) {
		let res = "";
		for (let i = 1; i < source.length - 1; ++i) {
			const ch = source[i];
			if (ch === "\r" && source[i + 1] === "\n") continue;
			if (ch === "\n") {
				const { fold, offset } = foldNewline(source, i);
				res += fold;
				i = offset;
			} else if (ch === "\\") {
				let next = source[++i];
				const cc = escapeCodes[next];
				if (cc) res += cc;
				else if (next === "\n") {
					next = source[i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "\r" && source[i + 1] === "\n") {
					next = source[++i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "x" || next === "u" || next === "U") {
					const length = next === "x" ? 2 : next === "u" ? 4 : 8;
					res += parseCharCode(source, i + 1, length, onError);
					i += length;
				} else {
					const raw = source.substr(i - 1, 2);
					onError(i - 1, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
					res += raw;
				}
			} else if (ch === " " || ch === "	") {
				const wsStart = i;
				let next = source[i + 1];
				while (next === " " || next === "	") next = source[++i + 1];
				if (next !== "\n" && !(next === "\r" && source[i + 2] === "\n")) res += i > wsStart ? source.slice(wsStart, i + 1) : ch;
			} else res += ch;
		}
		if (source[source.length - 1] !== "\"" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing \"quote");
		return res;
	}
	/**
	* Fold a single newline into a space, multiple newlines to N - 1 newlines.
	* Presumes `source[offset] === '\n'`
	*/
	function foldNewline(source, offset) {
		let fold = "";
		let ch = source[offset + 1];
		while (ch === " " || ch === "	" || ch === "\n" || ch === "\r") {
			if (ch === "\r" && source[offset + 2] !== "\n") break;
			if (ch === "\n") fold += "\n";
			offset += 1;
			ch = source[offset + 1];
		}
		if (!fold) fold = " ";
		return {
			fold,
			offset
		};
	}
	const escapeCodes = {
		"0": "\0",
		a: "\x07",
		b: "\b",
		e: "\x1B",
		f: "\f",
		n: "\n",
		r: "\r",
		t: "	",
		v: "\v",
		N: "",
		_: "\xA0",
		L: "\u2028",
		P: "\u2029",
		" ": " ",
		"\"": "\"",
		"/": "/",
		"\\": "\\",
		"	": "	"
	};
	function parseCharCode(source, offset, length, onError) {
		const cc = source.substr(offset, length);
		const code = cc.length === length && /^[0-9a-fA-F]+$/.test(cc) ? parseInt(cc, 16) : NaN;
		try {
			return String.fromCodePoint(code);
		} catch {
			const raw = source.substr(offset - 2, length + 2);
			onError(offset - 2, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
			return raw;
		}
	}
	exports.resolveFlowScalar = resolveFlowScalar;
}));

// node_modules/yaml/dist/compose/compose-scalar.js
var require_compose_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	function composeScalar(ctx, token, tagToken, onError) {
		const { value, type, comment, range } = token.type === "block-scalar" ? resolveBlockScalar.resolveBlockScalar(ctx, token, onError) : resolveFlowScalar.resolveFlowScalar(token, ctx.options.strict, onError);
		const tagName = tagToken ? ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg)) : null;
		let tag;
		if (ctx.options.stringKeys && ctx.atKey) tag = ctx.schema[identity.SCALAR];
		else if (tagName) tag = findScalarTagByName(ctx.schema, value, tagName, tagToken, onError);
		else if (token.type === "scalar") tag = findScalarTagByTest(ctx, value, token, onError);
		else tag = ctx.schema[identity.SCALAR];
		let scalar;
		try {
			const res = tag.resolve(value, (msg) => onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg), ctx.options);
			scalar = identity.isScalar(res) ? res : new Scalar.Scalar(res);
		} catch (error) {
			const msg = error instanceof Error ? error.message : String(error);
			onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg);
			scalar = new Scalar.Scalar(value);
		}
		scalar.range = range;
		scalar.source = value;
		if (type) scalar.type = type;
		if (tagName) scalar.tag = tagName;
		if (tag.format) scalar.format = tag.format;
		if (comment) scalar.comment = comment;
		return scalar;
	}
	function findScalarTagByName(schema, value, tagName, tagToken, onError) {
		if (tagName === "!") return schema[identity.SCALAR];
		const matchWithTest = [];
		for (const tag of schema.tags) if (!tag.collection && tag.tag === tagName) {
			if (tag.default && tag.test) matchWithTest.push(tag);
			else return tag;
		}
		for (const tag of matchWithTest) if (tag.test?.test(value)) return tag;
		const kt = schema.knownTags[tagName];
		if (kt && !kt.collection) {
			schema.tags.push(Object.assign({}, kt, {
				default: false,
				test: void 0
			}));
			return kt;
		}
		onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, tagName !== "tag:yaml.org,2002:str");
		return schema[identity.SCALAR];
	}
	function findScalarTagByTest({ atKey, directives, schema }, value, token, onError) {
		const tag = schema.tags.find((tag) => (tag.default === true || atKey && tag.default === "key") && tag.test?.test(value)) || schema[identity.SCALAR];
		if (schema.compat) {
			const compat = schema.compat.find((tag) => tag.default && tag.test?.test(value)) ?? schema[identity.SCALAR];
			if (tag.tag !== compat.tag) onError(token, "TAG_RESOLVE_FAILED", `Value may be parsed as either ${directives.tagString(tag.tag)} or ${directives.tagString(compat.tag)}`, true);
		}
		return tag;
	}
	exports.composeScalar = composeScalar;
}));

// node_modules/yaml/dist/compose/util-empty-scalar-position.js
var require_util_empty_scalar_position = /* @__PURE__ */ __commonJSMin(((exports) => {
	function emptyScalarPosition(offset, before, pos) {
		if (before) {
			pos ?? (pos = before.length);
			for (let i = pos - 1; i >= 0; --i) {
				let st = before[i];
				switch (st.type) {
					case "space":
					case "comment":
					case "newline":
						offset -= st.source.length;
						continue;
				}
				st = before[++i];
				while (st?.type === "space") {
					offset += st.source.length;
					st = before[++i];
				}
				break;
			}
		}
		return offset;
	}
	exports.emptyScalarPosition = emptyScalarPosition;
}));

// node_modules/yaml/dist/compose/compose-node.js
var require_compose_node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var composeCollection = require_compose_collection();
	var composeScalar = require_compose_scalar();
	var resolveEnd = require_resolve_end();
	var utilEmptyScalarPosition = require_util_empty_scalar_position();
	const CN = {
		composeNode,
		composeEmptyNode
	};
	function composeNode(ctx, token, props, onError) {
		const atKey = ctx.atKey;
		const { spaceBefore, comment, anchor, tag } = props;
		let node;
		let isSrcToken = true;
		switch (token.type) {
			case "alias":
				node = composeAlias(ctx, token, onError);
				if (anchor || tag) onError(token, "ALIAS_PROPS", "An alias node must not specify any properties");
				break;
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "block-scalar":
				node = composeScalar.composeScalar(ctx, token, tag, onError);
				if (anchor) node.anchor = anchor.source.substring(1);
				break;
			case "block-map":
			case "block-seq":
			case "flow-collection":
				try {
					node = composeCollection.composeCollection(CN, ctx, token, props, onError);
					if (anchor) node.anchor = anchor.source.substring(1);
				} catch (error) {
					onError(token, "RESOURCE_EXHAUSTION", error instanceof Error ? error.message : String(error));
				}
				break;
			default:
				onError(token, "UNEXPECTED_TOKEN", token.type === "error" ? token.message : `Unsupported token (type: ${token.type})`);
				isSrcToken = false;
		}
		node ?? (node = composeEmptyNode(ctx, token.offset, void 0, null, props, onError));
		if (anchor && node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		if (atKey && ctx.options.stringKeys && (!identity.isScalar(node) || typeof node.value !== "string" || node.tag && node.tag !== "tag:yaml.org,2002:str")) onError(tag ?? token, "NON_STRING_KEY", "With stringKeys, all keys must be strings");
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			if (token.type === "scalar" && token.source === "") node.comment = comment;
			else node.commentBefore = comment;
		}
		if (ctx.options.keepSourceTokens && isSrcToken) node.srcToken = token;
		return node;
	}
	function composeEmptyNode(ctx, offset, before, pos, { spaceBefore, comment, anchor, tag, end }, onError) {
		const token = {
			type: "scalar",
			offset: utilEmptyScalarPosition.emptyScalarPosition(offset, before, pos),
			indent: -1,
			source: ""
		};
		const node = composeScalar.composeScalar(ctx, token, tag, onError);
		if (anchor) {
			node.anchor = anchor.source.substring(1);
			if (node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		}
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			node.comment = comment;
			node.range[2] = end;
		}
		return node;
	}
	function composeAlias({ options }, { offset, source, end }, onError) {
		const alias = new Alias.Alias(source.substring(1));
		if (alias.source === "") onError(offset, "BAD_ALIAS", "Alias cannot be an empty string");
		if (alias.source.endsWith(":")) onError(offset + source.length - 1, "BAD_ALIAS", "Alias ending in : is ambiguous", true);
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, options.strict, onError);
		alias.range = [
			offset,
			valueEnd,
			re.offset
		];
		if (re.comment) alias.comment = re.comment;
		return alias;
	}
	exports.composeEmptyNode = composeEmptyNode;
	exports.composeNode = composeNode;
}));

// node_modules/yaml/dist/compose/compose-doc.js
var require_compose_doc = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Document = require_Document();
	var composeNode = require_compose_node();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	function composeDoc(options, directives, { offset, start, value, end }, onError) {
		const opts = Object.assign({ _directives: directives }, options);
		const doc = new Document.Document(void 0, opts);
		const ctx = {
			atKey: false,
			atRoot: true,
			directives: doc.directives,
			options: doc.options,
			schema: doc.schema
		};
		const props = resolveProps.resolveProps(start, {
			indicator: "doc-start",
			next: value ?? end?.[0],
			offset,
			onError,
			parentIndent: 0,
			startOnNewline: true
		});
		if (props.found) {
			doc.directives.docStart = true;
			if (value && (value.type === "block-map" || value.type === "block-seq") && !props.hasNewline) onError(props.end, "MISSING_CHAR", "Block collection cannot start on same line with directives-end marker");
		}
		doc.contents = value ? composeNode.composeNode(ctx, value, props, onError) : composeNode.composeEmptyNode(ctx, props.end, start, null, props, onError);
		const contentEnd = doc.contents.range[2];
		const re = resolveEnd.resolveEnd(end, contentEnd, false, onError);
		if (re.comment) doc.comment = re.comment;
		doc.range = [
			offset,
			contentEnd,
			re.offset
		];
		return doc;
	}
	exports.composeDoc = composeDoc;
}));

// node_modules/yaml/dist/compose/composer.js
var require_composer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var directives = require_directives();
	var Document = require_Document();
	var errors = require_errors();
	var identity = require_identity();
	var composeDoc = require_compose_doc();
	var resolveEnd = require_resolve_end();
	function getErrorPos(src) {
		if (typeof src === "number") return [src, src + 1];
		if (Array.isArray(src)) return src.length === 2 ? src : [src[0], src[1]];
		const { offset, source } = src;
		return [offset, offset + (typeof source === "string" ? source.length : 1)];
	}
	function parsePrelude(prelude) {
		let comment = "";
		let atComment = false;
		let afterEmptyLine = false;
		for (let i = 0; i < prelude.length; ++i) {
			const source = prelude[i];
			switch (source[0]) {
				case "#":
					comment += (comment === "" ? "" : afterEmptyLine ? "\n\n" : "\n") + (source.substring(1) || " ");
					atComment = true;
					afterEmptyLine = false;
					break;
				case "%":
					if (prelude[i + 1]?.[0] !== "#") i += 1;
					atComment = false;
					break;
				default:
					if (!atComment) afterEmptyLine = true;
					atComment = false;
			}
		}
		return {
			comment,
			afterEmptyLine
		};
	}
	/**
	* Compose a stream of CST nodes into a stream of YAML Documents.
	*
	* ```ts
	* import { Composer, Parser } from 'yaml'
	*
	* const src: string = ...
	* const tokens = new Parser().parse(src)
	* const docs = new Composer().compose(tokens)
	* ```
	*/
	var Composer = class {
		constructor(options = {}) {
			this.doc = null;
			this.atDirectives = false;
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
			this.onError = (source, code, message, warning) => {
				const pos = getErrorPos(source);
				if (warning) this.warnings.push(new errors.YAMLWarning(pos, code, message));
				else this.errors.push(new errors.YAMLParseError(pos, code, message));
			};
			this.directives = new directives.Directives({ version: options.version || "1.2" });
			this.options = options;
		}
		decorate(doc, afterDoc) {
			const { comment, afterEmptyLine } = parsePrelude(this.prelude);
			if (comment) {
				const dc = doc.contents;
				if (afterDoc) doc.comment = doc.comment ? `${doc.comment}\n${comment}` : comment;
				else if (afterEmptyLine || doc.directives.docStart || !dc) doc.commentBefore = comment;
				else if (identity.isCollection(dc) && !dc.flow && dc.items.length > 0) {
					let it = dc.items[0];
					if (identity.isPair(it)) it = it.key;
					const cb = it.commentBefore;
					it.commentBefore = cb ? `${comment}\n${cb}` : comment;
				} else {
					const cb = dc.commentBefore;
					dc.commentBefore = cb ? `${comment}\n${cb}` : comment;
				}
			}
			if (afterDoc) {
				for (let i = 0; i < this.errors.length; ++i) doc.errors.push(this.errors[i]);
				for (let i = 0; i < this.warnings.length; ++i) doc.warnings.push(this.warnings[i]);
			} else {
				doc.errors = this.errors;
				doc.warnings = this.warnings;
			}
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
		}
		/**
		* Current stream status information.
		*
		* Mostly useful at the end of input for an empty stream.
		*/
		streamInfo() {
			return {
				comment: parsePrelude(this.prelude).comment,
				directives: this.directives,
				errors: this.errors,
				warnings: this.warnings
			};
		}
		/**
		* Compose tokens into documents.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*compose(tokens, forceDoc = false, endOffset = -1) {
			for (const token of tokens) yield* this.next(token);
			yield* this.end(forceDoc, endOffset);
		}
		/** Advance the composer by one CST token. */
		*next(token) {
			if (node_process.env.LOG_STREAM) console.dir(token, { depth: null });
			switch (token.type) {
				case "directive":
					this.directives.add(token.source, (offset, message, warning) => {
						const pos = getErrorPos(token);
						pos[0] += offset;
						this.onError(pos, "BAD_DIRECTIVE", message, warning);
					});
					this.prelude.push(token.source);
					this.atDirectives = true;
					break;
				case "document": {
					const doc = composeDoc.composeDoc(this.options, this.directives, token, this.onError);
					if (this.atDirectives && !doc.directives.docStart) this.onError(token, "MISSING_CHAR", "Missing directives-end/doc-start indicator line");
					this.decorate(doc, false);
					if (this.doc) yield this.doc;
					this.doc = doc;
					this.atDirectives = false;
					break;
				}
				case "byte-order-mark":
				case "space": break;
				case "comment":
				case "newline":
					this.prelude.push(token.source);
					break;
				case "error": {
					const msg = token.source ? `${token.message}: ${JSON.stringify(token.source)}` : token.message;
					const error = new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", msg);
					if (this.atDirectives || !this.doc) this.errors.push(error);
					else this.doc.errors.push(error);
					break;
				}
				case "doc-end": {
					if (!this.doc) {
						this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", "Unexpected doc-end without preceding document"));
						break;
					}
					this.doc.directives.docEnd = true;
					const end = resolveEnd.resolveEnd(token.end, token.offset + token.source.length, this.doc.options.strict, this.onError);
					this.decorate(this.doc, true);
					if (end.comment) {
						const dc = this.doc.comment;
						this.doc.comment = dc ? `${dc}\n${end.comment}` : end.comment;
					}
					this.doc.range[2] = end.offset;
					break;
				}
				default: this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", `Unsupported token ${token.type}`));
			}
		}
		/**
		* Call at end of input to yield any remaining document.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*end(forceDoc = false, endOffset = -1) {
			if (this.doc) {
				this.decorate(this.doc, true);
				yield this.doc;
				this.doc = null;
			} else if (forceDoc) {
				const opts = Object.assign({ _directives: this.directives }, this.options);
				const doc = new Document.Document(void 0, opts);
				if (this.atDirectives) this.onError(endOffset, "MISSING_CHAR", "Missing directives-end indicator line");
				doc.range = [
					0,
					endOffset,
					endOffset
				];
				this.decorate(doc, false);
				yield doc;
			}
		}
	};
	exports.Composer = Composer;
}));

// node_modules/yaml/dist/parse/cst-scalar.js
var require_cst_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	var errors = require_errors();
	var stringifyString = require_stringifyString();
	function resolveAsScalar(token, strict = true, onError) {
		if (token) {
			const _onError = (pos, code, message) => {
				const offset = typeof pos === "number" ? pos : Array.isArray(pos) ? pos[0] : pos.offset;
				if (onError) onError(offset, code, message);
				else throw new errors.YAMLParseError([offset, offset + 1], code, message);
			};
			switch (token.type) {
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return resolveFlowScalar.resolveFlowScalar(token, strict, _onError);
				case "block-scalar": return resolveBlockScalar.resolveBlockScalar({ options: { strict } }, token, _onError);
			}
		}
		return null;
	}
	/**
	* Create a new scalar token with `value`
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.end Comments and whitespace after the end of the value, or after the block scalar header. If undefined, a newline will be added.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.indent The indent level of the token.
	* @param context.inFlow Is this scalar within a flow collection? This may affect the resolved type of the token's value.
	* @param context.offset The offset position of the token.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function createScalarToken(value, context) {
		const { implicitKey = false, indent, inFlow = false, offset = -1, type = "PLAIN" } = context;
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey,
			indent: indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		const end = context.end ?? [{
			type: "newline",
			offset: -1,
			indent,
			source: "\n"
		}];
		switch (source[0]) {
			case "|":
			case ">": {
				const he = source.indexOf("\n");
				const head = source.substring(0, he);
				const body = source.substring(he + 1) + "\n";
				const props = [{
					type: "block-scalar-header",
					offset,
					indent,
					source: head
				}];
				if (!addEndtoBlockProps(props, end)) props.push({
					type: "newline",
					offset: -1,
					indent,
					source: "\n"
				});
				return {
					type: "block-scalar",
					offset,
					indent,
					props,
					source: body
				};
			}
			case "\"": return {
				type: "double-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			case "'": return {
				type: "single-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			default: return {
				type: "scalar",
				offset,
				indent,
				source,
				end
			};
		}
	}
	/**
	* Set the value of `token` to the given string `value`, overwriting any previous contents and type that it may have.
	*
	* Best efforts are made to retain any comments previously associated with the `token`,
	* though all contents within a collection's `items` will be overwritten.
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param token Any token. If it does not include an `indent` value, the value will be stringified as if it were an implicit key.
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.afterKey In most cases, values after a key should have an additional level of indentation.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.inFlow Being within a flow collection may affect the resolved type of the token's value.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function setScalarValue(token, value, context = {}) {
		let { afterKey = false, implicitKey = false, inFlow = false, type } = context;
		let indent = "indent" in token ? token.indent : null;
		if (afterKey && typeof indent === "number") indent += 2;
		if (!type) switch (token.type) {
			case "single-quoted-scalar":
				type = "QUOTE_SINGLE";
				break;
			case "double-quoted-scalar":
				type = "QUOTE_DOUBLE";
				break;
			case "block-scalar": {
				const header = token.props[0];
				if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
				type = header.source[0] === ">" ? "BLOCK_FOLDED" : "BLOCK_LITERAL";
				break;
			}
			default: type = "PLAIN";
		}
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey: implicitKey || indent === null,
			indent: indent !== null && indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		switch (source[0]) {
			case "|":
			case ">":
				setBlockScalarValue(token, source);
				break;
			case "\"":
				setFlowScalarValue(token, source, "double-quoted-scalar");
				break;
			case "'":
				setFlowScalarValue(token, source, "single-quoted-scalar");
				break;
			default: setFlowScalarValue(token, source, "scalar");
		}
	}
	function setBlockScalarValue(token, source) {
		const he = source.indexOf("\n");
		const head = source.substring(0, he);
		const body = source.substring(he + 1) + "\n";
		if (token.type === "block-scalar") {
			const header = token.props[0];
			if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
			header.source = head;
			token.source = body;
		} else {
			const { offset } = token;
			const indent = "indent" in token ? token.indent : -1;
			const props = [{
				type: "block-scalar-header",
				offset,
				indent,
				source: head
			}];
			if (!addEndtoBlockProps(props, "end" in token ? token.end : void 0)) props.push({
				type: "newline",
				offset: -1,
				indent,
				source: "\n"
			});
			for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
			Object.assign(token, {
				type: "block-scalar",
				indent,
				props,
				source: body
			});
		}
	}
	/** @returns `true` if last token is a newline */
	function addEndtoBlockProps(props, end) {
		if (end) for (const st of end) switch (st.type) {
			case "space":
			case "comment":
				props.push(st);
				break;
			case "newline":
				props.push(st);
				return true;
		}
		return false;
	}
	function setFlowScalarValue(token, source, type) {
		switch (token.type) {
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				token.type = type;
				token.source = source;
				break;
			case "block-scalar": {
				const end = token.props.slice(1);
				let oa = source.length;
				if (token.props[0].type === "block-scalar-header") oa -= token.props[0].source.length;
				for (const tok of end) tok.offset += oa;
				delete token.props;
				Object.assign(token, {
					type,
					source,
					end
				});
				break;
			}
			case "block-map":
			case "block-seq": {
				const nl = {
					type: "newline",
					offset: token.offset + source.length,
					indent: token.indent,
					source: "\n"
				};
				delete token.items;
				Object.assign(token, {
					type,
					source,
					end: [nl]
				});
				break;
			}
			default: {
				const indent = "indent" in token ? token.indent : -1;
				const end = "end" in token && Array.isArray(token.end) ? token.end.filter((st) => st.type === "space" || st.type === "comment" || st.type === "newline") : [];
				for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
				Object.assign(token, {
					type,
					indent,
					source,
					end
				});
			}
		}
	}
	exports.createScalarToken = createScalarToken;
	exports.resolveAsScalar = resolveAsScalar;
	exports.setScalarValue = setScalarValue;
}));

// node_modules/yaml/dist/parse/cst-stringify.js
var require_cst_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringify a CST document, token, or collection item
	*
	* Fair warning: This applies no validation whatsoever, and
	* simply concatenates the sources in their logical order.
	*/
	const stringify = (cst) => "type" in cst ? stringifyToken(cst) : stringifyItem(cst);
	function stringifyToken(token) {
		switch (token.type) {
			case "block-scalar": {
				let res = "";
				for (const tok of token.props) res += stringifyToken(tok);
				return res + token.source;
			}
			case "block-map":
			case "block-seq": {
				let res = "";
				for (const item of token.items) res += stringifyItem(item);
				return res;
			}
			case "flow-collection": {
				let res = token.start.source;
				for (const item of token.items) res += stringifyItem(item);
				for (const st of token.end) res += st.source;
				return res;
			}
			case "document": {
				let res = stringifyItem(token);
				if (token.end) for (const st of token.end) res += st.source;
				return res;
			}
			default: {
				let res = token.source;
				if ("end" in token && token.end) for (const st of token.end) res += st.source;
				return res;
			}
		}
	}
	function stringifyItem({ start, key, sep, value }) {
		let res = "";
		for (const st of start) res += st.source;
		if (key) res += stringifyToken(key);
		if (sep) for (const st of sep) res += st.source;
		if (value) res += stringifyToken(value);
		return res;
	}
	exports.stringify = stringify;
}));

// node_modules/yaml/dist/parse/cst-visit.js
var require_cst_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove item");
	/**
	* Apply a visitor to a CST document or item.
	*
	* Walks through the tree (depth-first) starting from the root, calling a
	* `visitor` function with two arguments when entering each item:
	*   - `item`: The current item, which included the following members:
	*     - `start: SourceToken[]` – Source tokens before the key or value,
	*       possibly including its anchor or tag.
	*     - `key?: Token | null` – Set for pair values. May then be `null`, if
	*       the key before the `:` separator is empty.
	*     - `sep?: SourceToken[]` – Source tokens between the key and the value,
	*       which should include the `:` map value indicator if `value` is set.
	*     - `value?: Token` – The value of a sequence item, or of a map pair.
	*   - `path`: The steps from the root to the current node, as an array of
	*     `['key' | 'value', number]` tuples.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this token, continue with
	*      next sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current item, then continue with the next one
	*   - `number`: Set the index of the next step. This is useful especially if
	*     the index of the current token has changed.
	*   - `function`: Define the next visitor for this item. After the original
	*     visitor is called on item entry, next visitors are called after handling
	*     a non-empty `key` and when exiting the item.
	*/
	function visit(cst, visitor) {
		if ("type" in cst && cst.type === "document") cst = {
			start: cst.start,
			value: cst.value
		};
		_visit(Object.freeze([]), cst, visitor);
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current item */
	visit.SKIP = SKIP;
	/** Remove the current item */
	visit.REMOVE = REMOVE;
	/** Find the item at `path` from `cst` as the root */
	visit.itemAtPath = (cst, path) => {
		let item = cst;
		for (const [field, index] of path) {
			const tok = item?.[field];
			if (tok && "items" in tok) item = tok.items[index];
			else return void 0;
		}
		return item;
	};
	/**
	* Get the immediate parent collection of the item at `path` from `cst` as the root.
	*
	* Throws an error if the collection is not found, which should never happen if the item itself exists.
	*/
	visit.parentCollection = (cst, path) => {
		const parent = visit.itemAtPath(cst, path.slice(0, -1));
		const field = path[path.length - 1][0];
		const coll = parent?.[field];
		if (coll && "items" in coll) return coll;
		throw new Error("Parent collection not found");
	};
	function _visit(path, item, visitor) {
		let ctrl = visitor(item, path);
		if (typeof ctrl === "symbol") return ctrl;
		for (const field of ["key", "value"]) {
			const token = item[field];
			if (token && "items" in token) {
				for (let i = 0; i < token.items.length; ++i) {
					const ci = _visit(Object.freeze(path.concat([[field, i]])), token.items[i], visitor);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						token.items.splice(i, 1);
						i -= 1;
					}
				}
				if (typeof ctrl === "function" && field === "key") ctrl = ctrl(item, path);
			}
		}
		return typeof ctrl === "function" ? ctrl(item, path) : ctrl;
	}
	exports.visit = visit;
}));

// node_modules/yaml/dist/parse/cst.js
var require_cst = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cstScalar = require_cst_scalar();
	var cstStringify = require_cst_stringify();
	var cstVisit = require_cst_visit();
	/** The byte order mark */
	const BOM = "﻿";
	/** Start of doc-mode */
	const DOCUMENT = "";
	/** Unexpected end of flow-mode */
	const FLOW_END = "";
	/** Next token is a scalar value */
	const SCALAR = "";
	/** @returns `true` if `token` is a flow or block collection */
	const isCollection = (token) => !!token && "items" in token;
	/** @returns `true` if `token` is a flow or block scalar; not an alias */
	const isScalar = (token) => !!token && (token.type === "scalar" || token.type === "single-quoted-scalar" || token.type === "double-quoted-scalar" || token.type === "block-scalar");
	/* istanbul ignore next */
	/** Get a printable representation of a lexer token */
	function prettyToken(token) {
		switch (token) {
			case BOM: return "<BOM>";
			case DOCUMENT: return "<DOC>";
			case FLOW_END: return "<FLOW_END>";
			case SCALAR: return "<SCALAR>";
			default: return JSON.stringify(token);
		}
	}
	/** Identify the type of a lexer token. May return `null` for unknown tokens. */
	function tokenType(source) {
		switch (source) {
			case BOM: return "byte-order-mark";
			case DOCUMENT: return "doc-mode";
			case FLOW_END: return "flow-error-end";
			case SCALAR: return "scalar";
			case "---": return "doc-start";
			case "...": return "doc-end";
			case "":
			case "\n":
			case "\r\n": return "newline";
			case "-": return "seq-item-ind";
			case "?": return "explicit-key-ind";
			case ":": return "map-value-ind";
			case "{": return "flow-map-start";
			case "}": return "flow-map-end";
			case "[": return "flow-seq-start";
			case "]": return "flow-seq-end";
			case ",": return "comma";
		}
		switch (source[0]) {
			case " ":
			case "	": return "space";
			case "#": return "comment";
			case "%": return "directive-line";
			case "*": return "alias";
			case "&": return "anchor";
			case "!": return "tag";
			case "'": return "single-quoted-scalar";
			case "\"": return "double-quoted-scalar";
			case "|":
			case ">": return "block-scalar-header";
		}
		return null;
	}
	exports.createScalarToken = cstScalar.createScalarToken;
	exports.resolveAsScalar = cstScalar.resolveAsScalar;
	exports.setScalarValue = cstScalar.setScalarValue;
	exports.stringify = cstStringify.stringify;
	exports.visit = cstVisit.visit;
	exports.BOM = BOM;
	exports.DOCUMENT = DOCUMENT;
	exports.FLOW_END = FLOW_END;
	exports.SCALAR = SCALAR;
	exports.isCollection = isCollection;
	exports.isScalar = isScalar;
	exports.prettyToken = prettyToken;
	exports.tokenType = tokenType;
}));

// node_modules/yaml/dist/parse/lexer.js
var require_lexer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cst = require_cst();
	function isEmpty(ch) {
		switch (ch) {
			case void 0:
			case " ":
			case "\n":
			case "\r":
			case "	": return true;
			default: return false;
		}
	}
	const hexDigits = /* @__PURE__ */ new Set("0123456789ABCDEFabcdef");
	const tagChars = /* @__PURE__ */ new Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.!~*'()");
	const flowIndicatorChars = /* @__PURE__ */ new Set(",[]{}");
	const invalidAnchorChars = /* @__PURE__ */ new Set(" ,[]{}\n\r	");
	const isNotAnchorChar = (ch) => !ch || invalidAnchorChars.has(ch);
	/**
	* Splits an input string into lexical tokens, i.e. smaller strings that are
	* easily identifiable by `tokens.tokenType()`.
	*
	* Lexing starts always in a "stream" context. Incomplete input may be buffered
	* until a complete token can be emitted.
	*
	* In addition to slices of the original input, the following control characters
	* may also be emitted:
	*
	* - `\x02` (Start of Text): A document starts with the next token
	* - `\x18` (Cancel): Unexpected end of flow-mode (indicates an error)
	* - `\x1f` (Unit Separator): Next token is a scalar value
	* - `\u{FEFF}` (Byte order mark): Emitted separately outside documents
	*/
	var Lexer = class {
		constructor() {
			/**
			* Flag indicating whether the end of the current buffer marks the end of
			* all input
			*/
			this.atEnd = false;
			/**
			* Explicit indent set in block scalar header, as an offset from the current
			* minimum indent, so e.g. set to 1 from a header `|2+`. Set to -1 if not
			* explicitly set.
			*/
			this.blockScalarIndent = -1;
			/**
			* Block scalars that include a + (keep) chomping indicator in their header
			* include trailing empty lines, which are otherwise excluded from the
			* scalar's contents.
			*/
			this.blockScalarKeep = false;
			/** Current input */
			this.buffer = "";
			/**
			* Flag noting whether the map value indicator : can immediately follow this
			* node within a flow context.
			*/
			this.flowKey = false;
			/** Count of surrounding flow collection levels. */
			this.flowLevel = 0;
			/**
			* Minimum level of indentation required for next lines to be parsed as a
			* part of the current scalar value.
			*/
			this.indentNext = 0;
			/** Indentation level of the current line. */
			this.indentValue = 0;
			/** Position of the next \n character. */
			this.lineEndPos = null;
			/** Stores the state of the lexer if reaching the end of incpomplete input */
			this.next = null;
			/** A pointer to `buffer`; the current position of the lexer. */
			this.pos = 0;
		}
		/**
		* Generate YAML tokens from the `source` string. If `incomplete`,
		* a part of the last line may be left as a buffer for the next call.
		*
		* @returns A generator of lexical tokens
		*/
		*lex(source, incomplete = false) {
			if (source) {
				if (typeof source !== "string") throw TypeError("source is not a string");
				this.buffer = this.buffer ? this.buffer + source : source;
				this.lineEndPos = null;
			}
			this.atEnd = !incomplete;
			let next = this.next ?? "stream";
			while (next && (incomplete || this.hasChars(1))) next = yield* this.parseNext(next);
		}
		atLineEnd() {
			let i = this.pos;
			let ch = this.buffer[i];
			while (ch === " " || ch === "	") ch = this.buffer[++i];
			if (!ch || ch === "#" || ch === "\n") return true;
			if (ch === "\r") return this.buffer[i + 1] === "\n";
			return false;
		}
		charAt(n) {
			return this.buffer[this.pos + n];
		}
		continueScalar(offset) {
			let ch = this.buffer[offset];
			if (this.indentNext > 0) {
				let indent = 0;
				while (ch === " ") ch = this.buffer[++indent + offset];
				if (ch === "\r") {
					const next = this.buffer[indent + offset + 1];
					if (next === "\n" || !next && !this.atEnd) return offset + indent + 1;
				}
				return ch === "\n" || indent >= this.indentNext || !ch && !this.atEnd ? offset + indent : -1;
			}
			if (ch === "-" || ch === ".") {
				const dt = this.buffer.substr(offset, 3);
				if ((dt === "---" || dt === "...") && isEmpty(this.buffer[offset + 3])) return -1;
			}
			return offset;
		}
		getLine() {
			let end = this.lineEndPos;
			if (typeof end !== "number" || end !== -1 && end < this.pos) {
				end = this.buffer.indexOf("\n", this.pos);
				this.lineEndPos = end;
			}
			if (end === -1) return this.atEnd ? this.buffer.substring(this.pos) : null;
			if (this.buffer[end - 1] === "\r") end -= 1;
			return this.buffer.substring(this.pos, end);
		}
		hasChars(n) {
			return this.pos + n <= this.buffer.length;
		}
		setNext(state) {
			this.buffer = this.buffer.substring(this.pos);
			this.pos = 0;
			this.lineEndPos = null;
			this.next = state;
			return null;
		}
		peek(n) {
			return this.buffer.substr(this.pos, n);
		}
		*parseNext(next) {
			switch (next) {
				case "stream": return yield* this.parseStream();
				case "line-start": return yield* this.parseLineStart();
				case "block-start": return yield* this.parseBlockStart();
				case "doc": return yield* this.parseDocument();
				case "flow": return yield* this.parseFlowCollection();
				case "quoted-scalar": return yield* this.parseQuotedScalar();
				case "block-scalar": return yield* this.parseBlockScalar();
				case "plain-scalar": return yield* this.parsePlainScalar();
			}
		}
		*parseStream() {
			let line = this.getLine();
			if (line === null) return this.setNext("stream");
			if (line[0] === cst.BOM) {
				yield* this.pushCount(1);
				line = line.substring(1);
			}
			if (line[0] === "%") {
				let dirEnd = line.length;
				let cs = line.indexOf("#");
				while (cs !== -1) {
					const ch = line[cs - 1];
					if (ch === " " || ch === "	") {
						dirEnd = cs - 1;
						break;
					} else cs = line.indexOf("#", cs + 1);
				}
				while (true) {
					const ch = line[dirEnd - 1];
					if (ch === " " || ch === "	") dirEnd -= 1;
					else break;
				}
				const n = (yield* this.pushCount(dirEnd)) + (yield* this.pushSpaces(true));
				yield* this.pushCount(line.length - n);
				this.pushNewline();
				return "stream";
			}
			if (this.atLineEnd()) {
				const sp = yield* this.pushSpaces(true);
				yield* this.pushCount(line.length - sp);
				yield* this.pushNewline();
				return "stream";
			}
			yield cst.DOCUMENT;
			return yield* this.parseLineStart();
		}
		*parseLineStart() {
			const ch = this.charAt(0);
			if (!ch && !this.atEnd) return this.setNext("line-start");
			if (ch === "-" || ch === ".") {
				if (!this.atEnd && !this.hasChars(4)) return this.setNext("line-start");
				const s = this.peek(3);
				if ((s === "---" || s === "...") && isEmpty(this.charAt(3))) {
					yield* this.pushCount(3);
					this.indentValue = 0;
					this.indentNext = 0;
					return s === "---" ? "doc" : "stream";
				}
			}
			this.indentValue = yield* this.pushSpaces(false);
			if (this.indentNext > this.indentValue && !isEmpty(this.charAt(1))) this.indentNext = this.indentValue;
			return yield* this.parseBlockStart();
		}
		*parseBlockStart() {
			const [ch0, ch1] = this.peek(2);
			if (!ch1 && !this.atEnd) return this.setNext("block-start");
			if ((ch0 === "-" || ch0 === "?" || ch0 === ":") && isEmpty(ch1)) {
				const n = (yield* this.pushCount(1)) + (yield* this.pushSpaces(true));
				this.indentNext = this.indentValue + 1;
				this.indentValue += n;
				return "block-start";
			}
			return "doc";
		}
		*parseDocument() {
			yield* this.pushSpaces(true);
			const line = this.getLine();
			if (line === null) return this.setNext("doc");
			let n = yield* this.pushIndicators();
			switch (line[n]) {
				case "#": yield* this.pushCount(line.length - n);
				case void 0:
					yield* this.pushNewline();
					return yield* this.parseLineStart();
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel = 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					return "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "doc";
				case "\"":
				case "'": return yield* this.parseQuotedScalar();
				case "|":
				case ">":
					n += yield* this.parseBlockScalarHeader();
					n += yield* this.pushSpaces(true);
					yield* this.pushCount(line.length - n);
					yield* this.pushNewline();
					return yield* this.parseBlockScalar();
				default: return yield* this.parsePlainScalar();
			}
		}
		*parseFlowCollection() {
			let nl, sp;
			let indent = -1;
			do {
				nl = yield* this.pushNewline();
				if (nl > 0) {
					sp = yield* this.pushSpaces(false);
					this.indentValue = indent = sp;
				} else sp = 0;
				sp += yield* this.pushSpaces(true);
			} while (nl + sp > 0);
			const line = this.getLine();
			if (line === null) return this.setNext("flow");
			if (indent !== -1 && indent < this.indentNext && line[0] !== "#" || indent === 0 && (line.startsWith("---") || line.startsWith("...")) && isEmpty(line[3])) {
				if (!(indent === this.indentNext - 1 && this.flowLevel === 1 && (line[0] === "]" || line[0] === "}"))) {
					this.flowLevel = 0;
					yield cst.FLOW_END;
					return yield* this.parseLineStart();
				}
			}
			let n = 0;
			while (line[n] === ",") {
				n += yield* this.pushCount(1);
				n += yield* this.pushSpaces(true);
				this.flowKey = false;
			}
			n += yield* this.pushIndicators();
			switch (line[n]) {
				case void 0: return "flow";
				case "#":
					yield* this.pushCount(line.length - n);
					return "flow";
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel += 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					this.flowKey = true;
					this.flowLevel -= 1;
					return this.flowLevel ? "flow" : "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "flow";
				case "\"":
				case "'":
					this.flowKey = true;
					return yield* this.parseQuotedScalar();
				case ":": {
					const next = this.charAt(1);
					if (this.flowKey || isEmpty(next) || next === ",") {
						this.flowKey = false;
						yield* this.pushCount(1);
						yield* this.pushSpaces(true);
						return "flow";
					}
				}
				default:
					this.flowKey = false;
					return yield* this.parsePlainScalar();
			}
		}
		*parseQuotedScalar() {
			const quote = this.charAt(0);
			let end = this.buffer.indexOf(quote, this.pos + 1);
			if (quote === "'") while (end !== -1 && this.buffer[end + 1] === "'") end = this.buffer.indexOf("'", end + 2);
			else while (end !== -1) {
				let n = 0;
				while (this.buffer[end - 1 - n] === "\\") n += 1;
				if (n % 2 === 0) break;
				end = this.buffer.indexOf("\"", end + 1);
			}
			const qb = this.buffer.substring(0, end);
			let nl = qb.indexOf("\n", this.pos);
			if (nl !== -1) {
				while (nl !== -1) {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = qb.indexOf("\n", cs);
				}
				if (nl !== -1) end = nl - (qb[nl - 1] === "\r" ? 2 : 1);
			}
			if (end === -1) {
				if (!this.atEnd) return this.setNext("quoted-scalar");
				end = this.buffer.length;
			}
			yield* this.pushToIndex(end + 1, false);
			return this.flowLevel ? "flow" : "doc";
		}
		*parseBlockScalarHeader() {
			this.blockScalarIndent = -1;
			this.blockScalarKeep = false;
			let i = this.pos;
			while (true) {
				const ch = this.buffer[++i];
				if (ch === "+") this.blockScalarKeep = true;
				else if (ch > "0" && ch <= "9") this.blockScalarIndent = Number(ch) - 1;
				else if (ch !== "-") break;
			}
			return yield* this.pushUntil((ch) => isEmpty(ch) || ch === "#");
		}
		*parseBlockScalar() {
			let nl = this.pos - 1;
			let indent = 0;
			let ch;
			loop: for (let i = this.pos; ch = this.buffer[i]; ++i) switch (ch) {
				case " ":
					indent += 1;
					break;
				case "\n":
					nl = i;
					indent = 0;
					break;
				case "\r": {
					const next = this.buffer[i + 1];
					if (!next && !this.atEnd) return this.setNext("block-scalar");
					if (next === "\n") break;
				}
				default: break loop;
			}
			if (!ch && !this.atEnd) return this.setNext("block-scalar");
			if (indent >= this.indentNext) {
				if (this.blockScalarIndent === -1) this.indentNext = indent;
				else this.indentNext = this.blockScalarIndent + (this.indentNext === 0 ? 1 : this.indentNext);
				do {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = this.buffer.indexOf("\n", cs);
				} while (nl !== -1);
				if (nl === -1) {
					if (!this.atEnd) return this.setNext("block-scalar");
					nl = this.buffer.length;
				}
			}
			let i = nl + 1;
			ch = this.buffer[i];
			while (ch === " ") ch = this.buffer[++i];
			if (ch === "	") {
				while (ch === "	" || ch === " " || ch === "\r" || ch === "\n") ch = this.buffer[++i];
				nl = i - 1;
			} else if (!this.blockScalarKeep) do {
				let i = nl - 1;
				let ch = this.buffer[i];
				if (ch === "\r") ch = this.buffer[--i];
				const lastChar = i;
				while (ch === " ") ch = this.buffer[--i];
				if (ch === "\n" && i >= this.pos && i + 1 + indent > lastChar) nl = i;
				else break;
			} while (true);
			yield cst.SCALAR;
			yield* this.pushToIndex(nl + 1, true);
			return yield* this.parseLineStart();
		}
		*parsePlainScalar() {
			const inFlow = this.flowLevel > 0;
			let end = this.pos - 1;
			let i = this.pos - 1;
			let ch;
			while (ch = this.buffer[++i]) if (ch === ":") {
				const next = this.buffer[i + 1];
				if (isEmpty(next) || inFlow && flowIndicatorChars.has(next)) break;
				end = i;
			} else if (isEmpty(ch)) {
				let next = this.buffer[i + 1];
				if (ch === "\r") {
					if (next === "\n") {
						i += 1;
						ch = "\n";
						next = this.buffer[i + 1];
					} else end = i;
				}
				if (next === "#" || inFlow && flowIndicatorChars.has(next)) break;
				if (ch === "\n") {
					const cs = this.continueScalar(i + 1);
					if (cs === -1) break;
					i = Math.max(i, cs - 2);
				}
			} else {
				if (inFlow && flowIndicatorChars.has(ch)) break;
				end = i;
			}
			if (!ch && !this.atEnd) return this.setNext("plain-scalar");
			yield cst.SCALAR;
			yield* this.pushToIndex(end + 1, true);
			return inFlow ? "flow" : "doc";
		}
		*pushCount(n) {
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos += n;
				return n;
			}
			return 0;
		}
		*pushToIndex(i, allowEmpty) {
			const s = this.buffer.slice(this.pos, i);
			if (s) {
				yield s;
				this.pos += s.length;
				return s.length;
			} else if (allowEmpty) yield "";
			return 0;
		}
		*pushIndicators() {
			let n = 0;
			loop: while (true) {
				switch (this.charAt(0)) {
					case "!":
						n += yield* this.pushTag();
						n += yield* this.pushSpaces(true);
						continue loop;
					case "&":
						n += yield* this.pushUntil(isNotAnchorChar);
						n += yield* this.pushSpaces(true);
						continue loop;
					case "-":
					case "?":
					case ":": {
						const inFlow = this.flowLevel > 0;
						const ch1 = this.charAt(1);
						if (isEmpty(ch1) || inFlow && flowIndicatorChars.has(ch1)) {
							if (!inFlow) this.indentNext = this.indentValue + 1;
							else if (this.flowKey) this.flowKey = false;
							n += yield* this.pushCount(1);
							n += yield* this.pushSpaces(true);
							continue loop;
						}
					}
				}
				break loop;
			}
			return n;
		}
		*pushTag() {
			if (this.charAt(1) === "<") {
				let i = this.pos + 2;
				let ch = this.buffer[i];
				while (!isEmpty(ch) && ch !== ">") ch = this.buffer[++i];
				return yield* this.pushToIndex(ch === ">" ? i + 1 : i, false);
			} else {
				let i = this.pos + 1;
				let ch = this.buffer[i];
				while (ch) if (tagChars.has(ch)) ch = this.buffer[++i];
				else if (ch === "%" && hexDigits.has(this.buffer[i + 1]) && hexDigits.has(this.buffer[i + 2])) ch = this.buffer[i += 3];
				else break;
				return yield* this.pushToIndex(i, false);
			}
		}
		*pushNewline() {
			const ch = this.buffer[this.pos];
			if (ch === "\n") return yield* this.pushCount(1);
			else if (ch === "\r" && this.charAt(1) === "\n") return yield* this.pushCount(2);
			else return 0;
		}
		*pushSpaces(allowTabs) {
			let i = this.pos - 1;
			let ch;
			do
				ch = this.buffer[++i];
			while (ch === " " || allowTabs && ch === "	");
			const n = i - this.pos;
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos = i;
			}
			return n;
		}
		*pushUntil(test) {
			let i = this.pos;
			let ch = this.buffer[i];
			while (!test(ch)) ch = this.buffer[++i];
			return yield* this.pushToIndex(i, false);
		}
	};
	exports.Lexer = Lexer;
}));

// node_modules/yaml/dist/parse/line-counter.js
var require_line_counter = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Tracks newlines during parsing in order to provide an efficient API for
	* determining the one-indexed `{ line, col }` position for any offset
	* within the input.
	*/
	var LineCounter = class {
		constructor() {
			this.lineStarts = [];
			/**
			* Should be called in ascending order. Otherwise, call
			* `lineCounter.lineStarts.sort()` before calling `linePos()`.
			*/
			this.addNewLine = (offset) => this.lineStarts.push(offset);
			/**
			* Performs a binary search and returns the 1-indexed { line, col }
			* position of `offset`. If `line === 0`, `addNewLine` has never been
			* called or `offset` is before the first known newline.
			*/
			this.linePos = (offset) => {
				let low = 0;
				let high = this.lineStarts.length;
				while (low < high) {
					const mid = low + high >> 1;
					if (this.lineStarts[mid] < offset) low = mid + 1;
					else high = mid;
				}
				if (this.lineStarts[low] === offset) return {
					line: low + 1,
					col: 1
				};
				if (low === 0) return {
					line: 0,
					col: offset
				};
				const start = this.lineStarts[low - 1];
				return {
					line: low,
					col: offset - start + 1
				};
			};
		}
	};
	exports.LineCounter = LineCounter;
}));

// node_modules/yaml/dist/parse/parser.js
var require_parser = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var cst = require_cst();
	var lexer = require_lexer();
	function includesToken(list, type) {
		for (let i = 0; i < list.length; ++i) if (list[i].type === type) return true;
		return false;
	}
	function findNonEmptyIndex(list) {
		for (let i = 0; i < list.length; ++i) switch (list[i].type) {
			case "space":
			case "comment":
			case "newline": break;
			default: return i;
		}
		return -1;
	}
	function isFlowToken(token) {
		switch (token?.type) {
			case "alias":
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "flow-collection": return true;
			default: return false;
		}
	}
	function getPrevProps(parent) {
		switch (parent.type) {
			case "document": return parent.start;
			case "block-map": {
				const it = parent.items[parent.items.length - 1];
				return it.sep ?? it.start;
			}
			case "block-seq": return parent.items[parent.items.length - 1].start;
			/* istanbul ignore next should not happen */
			default: return [];
		}
	}
	/** Note: May modify input array */
	function getFirstKeyStartProps(prev) {
		if (prev.length === 0) return [];
		let i = prev.length;
		loop: while (--i >= 0) switch (prev[i].type) {
			case "doc-start":
			case "explicit-key-ind":
			case "map-value-ind":
			case "seq-item-ind":
			case "newline": break loop;
		}
		while (prev[++i]?.type === "space");
		return prev.splice(i, prev.length);
	}
	function arrayPushArray(target, source) {
		if (source.length < 1e5) Array.prototype.push.apply(target, source);
		else for (let i = 0; i < source.length; ++i) target.push(source[i]);
	}
	function fixFlowSeqItems(fc) {
		if (fc.start.type === "flow-seq-start") {
			for (const it of fc.items) if (it.sep && !it.value && !includesToken(it.start, "explicit-key-ind") && !includesToken(it.sep, "map-value-ind")) {
				if (it.key) it.value = it.key;
				delete it.key;
				if (isFlowToken(it.value)) {
					if (it.value.end) arrayPushArray(it.value.end, it.sep);
					else it.value.end = it.sep;
				} else arrayPushArray(it.start, it.sep);
				delete it.sep;
			}
		}
	}
	/**
	* A YAML concrete syntax tree (CST) parser
	*
	* ```ts
	* const src: string = ...
	* for (const token of new Parser().parse(src)) {
	*   // token: Token
	* }
	* ```
	*
	* To use the parser with a user-provided lexer:
	*
	* ```ts
	* function* parse(source: string, lexer: Lexer) {
	*   const parser = new Parser()
	*   for (const lexeme of lexer.lex(source))
	*     yield* parser.next(lexeme)
	*   yield* parser.end()
	* }
	*
	* const src: string = ...
	* const lexer = new Lexer()
	* for (const token of parse(src, lexer)) {
	*   // token: Token
	* }
	* ```
	*/
	var Parser = class {
		/**
		* @param onNewLine - If defined, called separately with the start position of
		*   each new line (in `parse()`, including the start of input).
		*/
		constructor(onNewLine) {
			/** If true, space and sequence indicators count as indentation */
			this.atNewLine = true;
			/** If true, next token is a scalar value */
			this.atScalar = false;
			/** Current indentation level */
			this.indent = 0;
			/** Current offset since the start of parsing */
			this.offset = 0;
			/** On the same line with a block map key */
			this.onKeyLine = false;
			/** Top indicates the node that's currently being built */
			this.stack = [];
			/** The source of the current token, set in parse() */
			this.source = "";
			/** The type of the current token, set in parse() */
			this.type = "";
			this.lexer = new lexer.Lexer();
			this.onNewLine = onNewLine;
		}
		/**
		* Parse `source` as a YAML stream.
		* If `incomplete`, a part of the last line may be left as a buffer for the next call.
		*
		* Errors are not thrown, but yielded as `{ type: 'error', message }` tokens.
		*
		* @returns A generator of tokens representing each directive, document, and other structure.
		*/
		*parse(source, incomplete = false) {
			if (this.onNewLine && this.offset === 0) this.onNewLine(0);
			for (const lexeme of this.lexer.lex(source, incomplete)) yield* this.next(lexeme);
			if (!incomplete) yield* this.end();
		}
		/**
		* Advance the parser by the `source` of one lexical token.
		*/
		*next(source) {
			this.source = source;
			if (node_process.env.LOG_TOKENS) console.log("|", cst.prettyToken(source));
			if (this.atScalar) {
				this.atScalar = false;
				yield* this.step();
				this.offset += source.length;
				return;
			}
			const type = cst.tokenType(source);
			if (!type) {
				const message = `Not a YAML token: ${source}`;
				yield* this.pop({
					type: "error",
					offset: this.offset,
					message,
					source
				});
				this.offset += source.length;
			} else if (type === "scalar") {
				this.atNewLine = false;
				this.atScalar = true;
				this.type = "scalar";
			} else {
				this.type = type;
				yield* this.step();
				switch (type) {
					case "newline":
						this.atNewLine = true;
						this.indent = 0;
						if (this.onNewLine) this.onNewLine(this.offset + source.length);
						break;
					case "space":
						if (this.atNewLine && source[0] === " ") this.indent += source.length;
						break;
					case "explicit-key-ind":
					case "map-value-ind":
					case "seq-item-ind":
						if (this.atNewLine) this.indent += source.length;
						break;
					case "doc-mode":
					case "flow-error-end": return;
					default: this.atNewLine = false;
				}
				this.offset += source.length;
			}
		}
		/** Call at end of input to push out any remaining constructions */
		*end() {
			while (this.stack.length > 0) yield* this.pop();
		}
		get sourceToken() {
			return {
				type: this.type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		*step() {
			const top = this.peek(1);
			if (this.type === "doc-end" && top?.type !== "doc-end") {
				while (this.stack.length > 0) yield* this.pop();
				this.stack.push({
					type: "doc-end",
					offset: this.offset,
					source: this.source
				});
				return;
			}
			if (!top) return yield* this.stream();
			switch (top.type) {
				case "document": return yield* this.document(top);
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return yield* this.scalar(top);
				case "block-scalar": return yield* this.blockScalar(top);
				case "block-map": return yield* this.blockMap(top);
				case "block-seq": return yield* this.blockSequence(top);
				case "flow-collection": return yield* this.flowCollection(top);
				case "doc-end": return yield* this.documentEnd(top);
			}
			/* istanbul ignore next should not happen */
			yield* this.pop();
		}
		peek(n) {
			return this.stack[this.stack.length - n];
		}
		*pop(error) {
			const token = error ?? this.stack.pop();
			/* istanbul ignore if should not happen */
			if (!token) yield {
				type: "error",
				offset: this.offset,
				source: "",
				message: "Tried to pop an empty stack"
			};
			else if (this.stack.length === 0) yield token;
			else {
				const top = this.peek(1);
				if (token.type === "block-scalar") token.indent = "indent" in top ? top.indent : 0;
				else if (token.type === "flow-collection" && top.type === "document") token.indent = 0;
				if (token.type === "flow-collection") fixFlowSeqItems(token);
				switch (top.type) {
					case "document":
						top.value = token;
						break;
					case "block-scalar":
						top.props.push(token);
						break;
					case "block-map": {
						const it = top.items[top.items.length - 1];
						if (it.value) {
							top.items.push({
								start: [],
								key: token,
								sep: []
							});
							this.onKeyLine = true;
							return;
						} else if (it.sep) it.value = token;
						else {
							Object.assign(it, {
								key: token,
								sep: []
							});
							this.onKeyLine = !it.explicitKey;
							return;
						}
						break;
					}
					case "block-seq": {
						const it = top.items[top.items.length - 1];
						if (it.value) top.items.push({
							start: [],
							value: token
						});
						else it.value = token;
						break;
					}
					case "flow-collection": {
						const it = top.items[top.items.length - 1];
						if (!it || it.value) top.items.push({
							start: [],
							key: token,
							sep: []
						});
						else if (it.sep) it.value = token;
						else Object.assign(it, {
							key: token,
							sep: []
						});
						return;
					}
					/* istanbul ignore next should not happen */
					default:
						yield* this.pop();
						yield* this.pop(token);
				}
				if ((top.type === "document" || top.type === "block-map" || top.type === "block-seq") && (token.type === "block-map" || token.type === "block-seq")) {
					const last = token.items[token.items.length - 1];
					if (last && !last.sep && !last.value && last.start.length > 0 && findNonEmptyIndex(last.start) === -1 && (token.indent === 0 || last.start.every((st) => st.type !== "comment" || st.indent < token.indent))) {
						if (top.type === "document") top.end = last.start;
						else top.items.push({ start: last.start });
						token.items.splice(-1, 1);
					}
				}
			}
		}
		*stream() {
			switch (this.type) {
				case "directive-line":
					yield {
						type: "directive",
						offset: this.offset,
						source: this.source
					};
					return;
				case "byte-order-mark":
				case "space":
				case "comment":
				case "newline":
					yield this.sourceToken;
					return;
				case "doc-mode":
				case "doc-start": {
					const doc = {
						type: "document",
						offset: this.offset,
						start: []
					};
					if (this.type === "doc-start") doc.start.push(this.sourceToken);
					this.stack.push(doc);
					return;
				}
			}
			yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML stream`,
				source: this.source
			};
		}
		*document(doc) {
			if (doc.value) return yield* this.lineEnd(doc);
			switch (this.type) {
				case "doc-start":
					if (findNonEmptyIndex(doc.start) !== -1) {
						yield* this.pop();
						yield* this.step();
					} else doc.start.push(this.sourceToken);
					return;
				case "anchor":
				case "tag":
				case "space":
				case "comment":
				case "newline":
					doc.start.push(this.sourceToken);
					return;
			}
			const bv = this.startBlockValue(doc);
			if (bv) this.stack.push(bv);
			else yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML document`,
				source: this.source
			};
		}
		*scalar(scalar) {
			if (this.type === "map-value-ind") {
				const start = getFirstKeyStartProps(getPrevProps(this.peek(2)));
				let sep;
				if (scalar.end) {
					sep = scalar.end;
					sep.push(this.sourceToken);
					delete scalar.end;
				} else sep = [this.sourceToken];
				const map = {
					type: "block-map",
					offset: scalar.offset,
					indent: scalar.indent,
					items: [{
						start,
						key: scalar,
						sep
					}]
				};
				this.onKeyLine = true;
				this.stack[this.stack.length - 1] = map;
			} else yield* this.lineEnd(scalar);
		}
		*blockScalar(scalar) {
			switch (this.type) {
				case "space":
				case "comment":
				case "newline":
					scalar.props.push(this.sourceToken);
					return;
				case "scalar":
					scalar.source = this.source;
					this.atNewLine = true;
					this.indent = 0;
					if (this.onNewLine) {
						let nl = this.source.indexOf("\n") + 1;
						while (nl !== 0) {
							this.onNewLine(this.offset + nl);
							nl = this.source.indexOf("\n", nl) + 1;
						}
					}
					yield* this.pop();
					break;
				/* istanbul ignore next should not happen */
				default:
					yield* this.pop();
					yield* this.step();
			}
		}
		*blockMap(map) {
			const it = map.items[map.items.length - 1];
			switch (this.type) {
				case "newline":
					this.onKeyLine = false;
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else map.items.push({ start: [this.sourceToken] });
					} else if (it.sep) it.sep.push(this.sourceToken);
					else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) map.items.push({ start: [this.sourceToken] });
					else if (it.sep) it.sep.push(this.sourceToken);
					else {
						if (this.atIndentedComment(it.start, map.indent)) {
							const end = map.items[map.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								map.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
			}
			if (this.indent >= map.indent) {
				const atMapIndent = !this.onKeyLine && this.indent === map.indent;
				const atNextItem = atMapIndent && (it.sep || it.explicitKey) && this.type !== "seq-item-ind";
				let start = [];
				if (atNextItem && it.sep && !it.value) {
					const nl = [];
					for (let i = 0; i < it.sep.length; ++i) {
						const st = it.sep[i];
						switch (st.type) {
							case "newline":
								nl.push(i);
								break;
							case "space": break;
							case "comment":
								if (st.indent > map.indent) nl.length = 0;
								break;
							default: nl.length = 0;
						}
					}
					if (nl.length >= 2) start = it.sep.splice(nl[1]);
				}
				switch (this.type) {
					case "anchor":
					case "tag":
						if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({ start });
							this.onKeyLine = true;
						} else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "explicit-key-ind":
						if (!it.sep && !it.explicitKey) {
							it.start.push(this.sourceToken);
							it.explicitKey = true;
						} else if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({
								start,
								explicitKey: true
							});
						} else this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [this.sourceToken],
								explicitKey: true
							}]
						});
						this.onKeyLine = true;
						return;
					case "map-value-ind":
						if (it.explicitKey) {
							if (!it.sep) {
								if (includesToken(it.start, "newline")) Object.assign(it, {
									key: null,
									sep: [this.sourceToken]
								});
								else {
									const start = getFirstKeyStartProps(it.start);
									this.stack.push({
										type: "block-map",
										offset: this.offset,
										indent: this.indent,
										items: [{
											start,
											key: null,
											sep: [this.sourceToken]
										}]
									});
								}
							} else if (it.value) map.items.push({
								start: [],
								key: null,
								sep: [this.sourceToken]
							});
							else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
								type: "block-map",
								offset: this.offset,
								indent: this.indent,
								items: [{
									start,
									key: null,
									sep: [this.sourceToken]
								}]
							});
							else if (isFlowToken(it.key) && !includesToken(it.sep, "newline")) {
								const start = getFirstKeyStartProps(it.start);
								const key = it.key;
								const sep = it.sep;
								sep.push(this.sourceToken);
								delete it.key;
								delete it.sep;
								this.stack.push({
									type: "block-map",
									offset: this.offset,
									indent: this.indent,
									items: [{
										start,
										key,
										sep
									}]
								});
							} else if (start.length > 0) it.sep = it.sep.concat(start, this.sourceToken);
							else it.sep.push(this.sourceToken);
						} else if (!it.sep) Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.value || atNextItem) map.items.push({
							start,
							key: null,
							sep: [this.sourceToken]
						});
						else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [],
								key: null,
								sep: [this.sourceToken]
							}]
						});
						else it.sep.push(this.sourceToken);
						this.onKeyLine = true;
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (atNextItem || it.value) {
							map.items.push({
								start,
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						} else if (it.sep) this.stack.push(fs);
						else {
							Object.assign(it, {
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						}
						return;
					}
					default: {
						const bv = this.startBlockValue(map);
						if (bv) {
							if (bv.type === "block-seq") {
								if (!it.explicitKey && it.sep && !includesToken(it.sep, "newline")) {
									yield* this.pop({
										type: "error",
										offset: this.offset,
										message: "Unexpected block-seq-ind on same line with key",
										source: this.source
									});
									return;
								}
							} else if (atMapIndent) map.items.push({ start });
							this.stack.push(bv);
							return;
						}
					}
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*blockSequence(seq) {
			const it = seq.items[seq.items.length - 1];
			switch (this.type) {
				case "newline":
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else seq.items.push({ start: [this.sourceToken] });
					} else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) seq.items.push({ start: [this.sourceToken] });
					else {
						if (this.atIndentedComment(it.start, seq.indent)) {
							const end = seq.items[seq.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								seq.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
				case "anchor":
				case "tag":
					if (it.value || this.indent <= seq.indent) break;
					it.start.push(this.sourceToken);
					return;
				case "seq-item-ind":
					if (this.indent !== seq.indent) break;
					if (it.value || includesToken(it.start, "seq-item-ind")) seq.items.push({ start: [this.sourceToken] });
					else it.start.push(this.sourceToken);
					return;
			}
			if (this.indent > seq.indent) {
				const bv = this.startBlockValue(seq);
				if (bv) {
					this.stack.push(bv);
					return;
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*flowCollection(fc) {
			const it = fc.items[fc.items.length - 1];
			if (this.type === "flow-error-end") {
				let top;
				do {
					yield* this.pop();
					top = this.peek(1);
				} while (top?.type === "flow-collection");
			} else if (fc.end.length === 0) {
				switch (this.type) {
					case "comma":
					case "explicit-key-ind":
						if (!it || it.sep) fc.items.push({ start: [this.sourceToken] });
						else it.start.push(this.sourceToken);
						return;
					case "map-value-ind":
						if (!it || it.value) fc.items.push({
							start: [],
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.sep) it.sep.push(this.sourceToken);
						else Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						return;
					case "space":
					case "comment":
					case "newline":
					case "anchor":
					case "tag":
						if (!it || it.value) fc.items.push({ start: [this.sourceToken] });
						else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (!it || it.value) fc.items.push({
							start: [],
							key: fs,
							sep: []
						});
						else if (it.sep) this.stack.push(fs);
						else Object.assign(it, {
							key: fs,
							sep: []
						});
						return;
					}
					case "flow-map-end":
					case "flow-seq-end":
						fc.end.push(this.sourceToken);
						return;
				}
				const bv = this.startBlockValue(fc);
				/* istanbul ignore else should not happen */
				if (bv) this.stack.push(bv);
				else {
					yield* this.pop();
					yield* this.step();
				}
			} else {
				const parent = this.peek(2);
				if (parent.type === "block-map" && (this.type === "map-value-ind" && parent.indent === fc.indent || this.type === "newline" && !parent.items[parent.items.length - 1].sep)) {
					yield* this.pop();
					yield* this.step();
				} else if (this.type === "map-value-ind" && parent.type !== "flow-collection") {
					const start = getFirstKeyStartProps(getPrevProps(parent));
					fixFlowSeqItems(fc);
					const sep = fc.end.splice(1, fc.end.length);
					sep.push(this.sourceToken);
					const map = {
						type: "block-map",
						offset: fc.offset,
						indent: fc.indent,
						items: [{
							start,
							key: fc,
							sep
						}]
					};
					this.onKeyLine = true;
					this.stack[this.stack.length - 1] = map;
				} else yield* this.lineEnd(fc);
			}
		}
		flowScalar(type) {
			if (this.onNewLine) {
				let nl = this.source.indexOf("\n") + 1;
				while (nl !== 0) {
					this.onNewLine(this.offset + nl);
					nl = this.source.indexOf("\n", nl) + 1;
				}
			}
			return {
				type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		startBlockValue(parent) {
			switch (this.type) {
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return this.flowScalar(this.type);
				case "block-scalar-header": return {
					type: "block-scalar",
					offset: this.offset,
					indent: this.indent,
					props: [this.sourceToken],
					source: ""
				};
				case "flow-map-start":
				case "flow-seq-start": return {
					type: "flow-collection",
					offset: this.offset,
					indent: this.indent,
					start: this.sourceToken,
					items: [],
					end: []
				};
				case "seq-item-ind": return {
					type: "block-seq",
					offset: this.offset,
					indent: this.indent,
					items: [{ start: [this.sourceToken] }]
				};
				case "explicit-key-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					start.push(this.sourceToken);
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							explicitKey: true
						}]
					};
				}
				case "map-value-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							key: null,
							sep: [this.sourceToken]
						}]
					};
				}
			}
			return null;
		}
		atIndentedComment(start, indent) {
			if (this.type !== "comment") return false;
			if (this.indent <= indent) return false;
			return start.every((st) => st.type === "newline" || st.type === "space");
		}
		*documentEnd(docEnd) {
			if (this.type !== "doc-mode") {
				if (docEnd.end) docEnd.end.push(this.sourceToken);
				else docEnd.end = [this.sourceToken];
				if (this.type === "newline") yield* this.pop();
			}
		}
		*lineEnd(token) {
			switch (this.type) {
				case "comma":
				case "doc-start":
				case "doc-end":
				case "flow-seq-end":
				case "flow-map-end":
				case "map-value-ind":
					yield* this.pop();
					yield* this.step();
					break;
				case "newline": this.onKeyLine = false;
				default:
					if (token.end) token.end.push(this.sourceToken);
					else token.end = [this.sourceToken];
					if (this.type === "newline") yield* this.pop();
			}
		}
	};
	exports.Parser = Parser;
}));

// node_modules/yaml/dist/public-api.js
var require_public_api = /* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var errors = require_errors();
	var log = require_log();
	var identity = require_identity();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	function parseOptions(options) {
		const prettyErrors = options.prettyErrors !== false;
		return {
			lineCounter: options.lineCounter || prettyErrors && new lineCounter.LineCounter() || null,
			prettyErrors
		};
	}
	/**
	* Parse the input as a stream of YAML documents.
	*
	* Documents should be separated from each other by `...` or `---` marker lines.
	*
	* @returns If an empty `docs` array is returned, it will be of type
	*   EmptyStream and contain additional stream information. In
	*   TypeScript, you should use `'empty' in docs` as a type guard for it.
	*/
	function parseAllDocuments(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		const docs = Array.from(composer$1.compose(parser$1.parse(source)));
		if (prettyErrors && lineCounter) for (const doc of docs) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		if (docs.length > 0) return docs;
		return Object.assign([], { empty: true }, composer$1.streamInfo());
	}
	/** Parse an input string into a single YAML.Document */
	function parseDocument(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		let doc = null;
		for (const _doc of composer$1.compose(parser$1.parse(source), true, source.length)) if (!doc) doc = _doc;
		else if (doc.options.logLevel !== "silent") {
			doc.errors.push(new errors.YAMLParseError(_doc.range.slice(0, 2), "MULTIPLE_DOCS", "Source contains multiple documents; please use YAML.parseAllDocuments()"));
			break;
		}
		if (prettyErrors && lineCounter) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		return doc;
	}
	function parse(src, reviver, options) {
		let _reviver = void 0;
		if (typeof reviver === "function") _reviver = reviver;
		else if (options === void 0 && reviver && typeof reviver === "object") options = reviver;
		const doc = parseDocument(src, options);
		if (!doc) return null;
		doc.warnings.forEach((warning) => log.warn(doc.options.logLevel, warning));
		if (doc.errors.length > 0) {
			if (doc.options.logLevel !== "silent") throw doc.errors[0];
			else doc.errors = [];
		}
		return doc.toJS(Object.assign({ reviver: _reviver }, options));
	}
	function stringify(value, replacer, options) {
		let _replacer = null;
		if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
		else if (options === void 0 && replacer) options = replacer;
		if (typeof options === "string") options = options.length;
		if (typeof options === "number") {
			const indent = Math.round(options);
			options = indent < 1 ? void 0 : indent > 8 ? { indent: 8 } : { indent };
		}
		if (value === void 0) {
			const { keepUndefined } = options ?? replacer ?? {};
			if (!keepUndefined) return void 0;
		}
		if (identity.isDocument(value) && !_replacer) return value.toString(options);
		return new Document.Document(value, _replacer, options).toString(options);
	}
	exports.parse = parse;
	exports.parseAllDocuments = parseAllDocuments;
	exports.parseDocument = parseDocument;
	exports.stringify = stringify;
}));

// node_modules/yaml/dist/index.js
var require_dist = /* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var Schema = require_Schema();
	var errors = require_errors();
	var Alias = require_Alias();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var cst = require_cst();
	var lexer = require_lexer();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	var publicApi = require_public_api();
	var visit = require_visit();
	exports.Composer = composer.Composer;
	exports.Document = Document.Document;
	exports.Schema = Schema.Schema;
	exports.YAMLError = errors.YAMLError;
	exports.YAMLParseError = errors.YAMLParseError;
	exports.YAMLWarning = errors.YAMLWarning;
	exports.Alias = Alias.Alias;
	exports.isAlias = identity.isAlias;
	exports.isCollection = identity.isCollection;
	exports.isDocument = identity.isDocument;
	exports.isMap = identity.isMap;
	exports.isNode = identity.isNode;
	exports.isPair = identity.isPair;
	exports.isScalar = identity.isScalar;
	exports.isSeq = identity.isSeq;
	exports.Pair = Pair.Pair;
	exports.Scalar = Scalar.Scalar;
	exports.YAMLMap = YAMLMap.YAMLMap;
	exports.YAMLSeq = YAMLSeq.YAMLSeq;
	exports.Lexer = lexer.Lexer;
	exports.LineCounter = lineCounter.LineCounter;
	exports.Parser = parser.Parser;
	exports.parse = publicApi.parse;
	exports.parseAllDocuments = publicApi.parseAllDocuments;
	exports.parseDocument = publicApi.parseDocument;
	exports.stringify = publicApi.stringify;
	exports.visit = visit.visit;
	exports.visitAsync = visit.visitAsync;
}));

// src/verify/http.ts
var import_dist = require_dist();
/** No single request of a check waits longer than this, in milliseconds. */
const requestTimeoutMs = 5e3;
/** A request that got no answer, or one that is not what this API says. Never an empty result. */
var HttpError = class extends Error {
	url;
	/** Undefined when there was no answer at all. */
	status;
	constructor(message, url, status, options) {
		super(message, options);
		this.name = "HttpError";
		this.url = url;
		this.status = status;
	}
};
/**
* Sends one request, bounded in time.
* @throws HttpError when no whole answer came.
*/
async function send(context, url, init = {}) {
	const method = init.method ?? "GET";
	const timeout = AbortSignal.timeout(requestTimeoutMs);
	try {
		const signal = AbortSignal.any([context.signal, timeout]);
		const response = await context.host.fetch(url, {
			...init,
			redirect: "manual",
			signal
		});
		return {
			method,
			url,
			status: response.status,
			body: await response.text()
		};
	} catch (error) {
		const reason = reasonOf$2(error);
		const why = timeout.aborted ? `no answer within ${requestTimeoutMs / 1e3} s` : messageOf(reason);
		throw new HttpError(`${method} ${url}: ${why}`, url, void 0, { cause: reason });
	}
}
/** Node's fetch only says that it failed; the reason is its cause, and with several addresses that cause's first error. */
function reasonOf$2(error) {
	const cause = error instanceof Error ? error.cause : void 0;
	if (cause instanceof AggregateError) return cause.errors[0] ?? cause;
	return cause ?? error;
}
/** @throws HttpError unless the status is 200. */
function expectOk(answer) {
	if (answer.status === 200) return answer;
	throw unexpected(answer, `HTTP ${answer.status}`);
}
/** @throws HttpError when the body is not JSON of this shape. The status is not looked at. */
function parseJson(answer, schema) {
	const json = tryJson(answer.body);
	if (json === void 0) {
		const kind = /^\s*<(!doctype|html)/i.test(answer.body) ? "HTML" : "something";
		throw unexpected(answer, `HTTP ${answer.status} and ${kind} that is not JSON`);
	}
	const parsed = schema.safeParse(json);
	if (parsed.success) return parsed.data;
	const first = parsed.error.issues[0];
	const where = first?.path.join(".") || "the top level";
	throw unexpected(answer, `HTTP ${answer.status} and JSON of another shape (${where}: ${first?.message})`);
}
/** The parsed body; undefined when it is no JSON. */
function tryJson(body) {
	try {
		return JSON.parse(body);
	} catch {
		return;
	}
}
/** The start of a body, on one line. */
function excerpt$1(body) {
	const line = body.trim().replace(/\s+/g, " ");
	return line.length > 200 ? `${line.slice(0, 200)}...` : line || "(empty body)";
}
function unexpected(answer, what) {
	const message = `${answer.method} ${answer.url} answered ${what}: ${excerpt$1(answer.body)}`;
	return new HttpError(message, answer.url, answer.status);
}

// src/verify/prometheus.ts
const targetSchema = object({
	discoveredLabels: record(string(), string()).nullish(),
	labels: record(string(), string()).nullish(),
	scrapePool: string().optional(),
	scrapeUrl: string(),
	lastError: string(),
	lastScrape: string(),
	health: string()
});
const scrapeConfigSchema = looseObject({
	job_name: string(),
	scrape_interval: string().optional(),
	static_configs: array(looseObject({ targets: array(string()).nullish() })).nullish(),
	kubernetes_sd_configs: array(looseObject({
		role: string(),
		namespaces: looseObject({
			names: array(string()).nullish(),
			own_namespace: boolean().optional()
		}).nullish(),
		selectors: array(unknown()).nullish()
	})).nullish(),
	relabel_configs: array(looseObject({
		action: string().optional(),
		source_labels: array(string()).nullish(),
		separator: string().optional(),
		regex: union([
			string(),
			boolean(),
			number()
		]).optional(),
		target_label: string().optional()
	})).nullish()
});
const configSchema = looseObject({
	global: looseObject({ scrape_interval: string().optional() }).nullish(),
	scrape_configs: array(scrapeConfigSchema).nullish()
});
/** The part of prometheus.yml that the checks look at; undefined when the text is no such file. */
function parsePrometheusConfig(text) {
	try {
		const parsed = configSchema.safeParse((0, import_dist.parse)(text));
		return parsed.success ? parsed.data : void 0;
	} catch {
		return;
	}
}
const vectorSchema = object({
	resultType: literal("vector"),
	result: array(object({
		metric: record(string(), string()),
		value: tuple([number(), string()])
	}))
});
const errorSchema = object({
	status: literal("error"),
	errorType: string(),
	error: string()
});
/** Prometheus' HTTP API. Each call throws HttpError on anything but a good answer; an empty list is a good answer. */
function prometheusClient(context, endpoint) {
	const base = endpoint.url.replace(/\/+$/, "");
	const get = (path) => send(context, `${base}${path}`);
	return {
		/** 503 is an answer too: it is starting. */
		ready: () => get("/-/ready"),
		flags: async () => data(await get("/api/v1/status/flags"), record(string(), string())),
		config: async () => {
			const answer = await get("/api/v1/status/config");
			const config = parsePrometheusConfig(data(answer, object({ yaml: string() })).yaml);
			if (config === void 0) throw unexpected(answer, "a configuration that can't be read");
			return config;
		},
		targets: async () => {
			return data(await get("/api/v1/targets?state=active"), object({ activeTargets: array(targetSchema) })).activeTargets.map(toTarget);
		},
		/** Only instant vectors: what the checks ask is written so. */
		query: async (expression) => {
			return data(await get(`/api/v1/query?query=${encodeURIComponent(expression)}`), vectorSchema, `query ${expression}`).result.map(({ metric, value }) => ({
				labels: metric,
				time: value[0],
				value: Number(value[1]),
				text: value[1]
			}));
		},
		alertmanagers: async () => {
			const schema = object({ activeAlertmanagers: array(object({ url: string() })).nullable() });
			return (data(await get("/api/v1/alertmanagers"), schema).activeAlertmanagers ?? []).map(({ url }) => url);
		},
		/** Its own metrics as they are now: nothing old can be among them. */
		metrics: async () => {
			const answer = expectOk(await get("/metrics"));
			if (/^\s*</.test(answer.body)) throw unexpected(answer, "HTML, not metrics");
			return answer.body;
		}
	};
}
/** Prometheus answers its errors as JSON too, with statuses 400 to 503. */
function data(answer, schema, what = "") {
	const error = errorSchema.safeParse(tryJson(answer.body));
	if (error.success) {
		const { errorType, error: text } = error.data;
		const message = `${answer.method} ${answer.url} answered HTTP ${answer.status}${what && `, ${what}`}: ${errorType}: ${excerpt$1(text)}`;
		throw new HttpError(message, answer.url, answer.status);
	}
	return parseJson(expectOk(answer), object({
		status: literal("success"),
		data: schema
	})).data;
}
function toTarget(raw) {
	const labels = raw.labels ?? {};
	return {
		job: raw.scrapePool ?? labels["job"] ?? "",
		discovered: raw.discoveredLabels ?? {},
		labels,
		scrapeUrl: raw.scrapeUrl,
		lastError: raw.lastError,
		lastScrape: raw.lastScrape,
		health: raw.health
	};
}
/** The sum of a metric's series in a text exposition; undefined when there is none. */
function sumOfMetric(exposition, name) {
	const values = exposition.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`)).map((line) => Number(/\s(\S+)$/.exec(line.replace(/\s\d{10,}$/, "").trimEnd())?.[1]));
	return values.length === 0 ? void 0 : values.reduce((sum, value) => sum + value, 0);
}

// src/verify/rendered.ts
const containerSchema = looseObject({
	name: string(),
	args: array(string()).nullish()
});
const workloadSchema = looseObject({ spec: looseObject({
	replicas: number().nullish(),
	selector: looseObject({ matchLabels: record(string(), string()).nullish() }),
	template: looseObject({
		metadata: looseObject({ labels: record(string(), string()).nullish() }).nullish(),
		spec: looseObject({ containers: array(containerSchema) })
	})
}) });
/** All objects of all apps. */
function objectsOf(rendered) {
	return rendered.flatMap((app) => [...app.objects]);
}
/** The namespaces that the stack's workloads are in, sorted. */
function namespacesOf(rendered) {
	return [...new Set(workloadsOf(rendered).map((workload) => workload.namespace))].sort();
}
function workloadsOf(rendered) {
	return rendered.flatMap((app) => app.objects.flatMap((object) => toWorkload(object, app.app.namespace)));
}
function toWorkload(object, namespace) {
	if (![
		"Deployment",
		"StatefulSet",
		"DaemonSet"
	].includes(object.kind)) return [];
	const parsed = workloadSchema.safeParse(object);
	if (!parsed.success) return [];
	const { replicas, selector, template } = parsed.data.spec;
	return [{
		kind: object.kind,
		namespace: object.metadata.namespace ?? namespace,
		name: object.metadata.name,
		matchLabels: selector.matchLabels ?? {},
		podLabels: template.metadata?.labels ?? {},
		replicas: object.kind === "DaemonSet" ? void 0 : replicas ?? 1,
		args: template.spec.containers.flatMap((container) => container.args ?? [])
	}];
}
/** The workloads whose pods carry this `app.kubernetes.io/name`. */
function workloadsNamed(rendered, name) {
	return workloadsOf(rendered).filter(({ podLabels }) => podLabels["app.kubernetes.io/name"] === name);
}
/** True when every label of the selector is among the labels; an empty selector selects nothing. */
function selects(selector, labels) {
	const wanted = Object.entries(selector);
	return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}
/** The prometheus.yml that the charts wrote; undefined when they wrote none (an operator does, later). */
function renderedConfig(rendered) {
	for (const { content, key } of filesOf(rendered)) {
		if (!/prometheus\.ya?ml$/.test(key)) continue;
		const config = parsePrometheusConfig(content);
		if (config?.scrape_configs?.length) return config;
	}
}
/** What the charts ask Prometheus to keep: its arguments, or the operator's Prometheus object. */
function askedRetention(rendered) {
	const args = workloadsNamed(rendered, "prometheus").flatMap((workload) => workload.args);
	const argument = (flag) => args.findLast((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
	const resource = objectsOf(rendered).find(({ kind, apiVersion }) => kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/"));
	const spec = object({
		retention: string().optional(),
		retentionSize: string().optional()
	}).safeParse(resource?.["spec"]).data;
	const time = argument("--storage.tsdb.retention.time") ?? spec?.retention;
	const size = argument("--storage.tsdb.retention.size") ?? spec?.retentionSize;
	return {
		...time ? { time } : {},
		...size ? { size } : {}
	};
}
const provisionedSchema = looseObject({
	name: string(),
	type: string(),
	url: string().optional(),
	uid: string().optional(),
	isDefault: boolean().optional()
});
/** The datasources that the charts give Grafana in provisioning files. */
function provisionedDatasources(rendered) {
	const fileSchema = looseObject({ datasources: array(provisionedSchema) });
	return filesOf(rendered).filter(({ key, content }) => /\.ya?ml$/.test(key) && /^\s*datasources:/m.test(content)).flatMap(({ content }) => (0, import_dist.parseAllDocuments)(content).flatMap((document) => {
		if ("errors" in document && document.errors.length > 0) return [];
		return fileSchema.safeParse(document.toJS()).data?.datasources ?? [];
	}));
}
/** The files in ConfigMaps and Secrets. */
function filesOf(rendered) {
	const strings = record(string(), string());
	return objectsOf(rendered).flatMap((object) => {
		const plain = strings.safeParse(object["kind"] === "Secret" ? object["stringData"] : object["data"]).data ?? {};
		const encoded = object.kind === "Secret" ? strings.safeParse(object["data"]).data ?? {} : {};
		return [...Object.entries(plain).map(([key, content]) => ({
			key,
			content
		})), ...Object.entries(encoded).map(([key, content]) => ({
			key,
			content: Buffer.from(content, "base64").toString("utf8")
		}))].filter(() => ["ConfigMap", "Secret"].includes(object.kind));
	});
}

// src/verify/discover.ts
const nameLabel = "app.kubernetes.io/name";
const portSchema = looseObject({
	name: string().optional(),
	port: number()
});
const serviceSchema = looseObject({
	clusterIP: string().nullish(),
	selector: record(string(), string()).nullish(),
	ports: array(portSchema)
});
/** Finds the services that lead to Prometheus, Alertmanager and Grafana, from what the charts rendered alone. */
function findEndpoints(rendered) {
	const prometheus = serviceOf(rendered, isPrometheus);
	const alertmanager = serviceOf(rendered, (labels) => labels[nameLabel] === "alertmanager");
	const grafana = serviceOf(rendered, (labels) => labels[nameLabel] === "grafana");
	return {
		...prometheus ? { prometheus } : {},
		...alertmanager ? { alertmanager } : {},
		...grafana ? { grafana } : {}
	};
}
/** The operator's Prometheus carries its own label instead of a component. */
function isPrometheus(labels) {
	if (labels[nameLabel] !== "prometheus") return false;
	return labels["app.kubernetes.io/component"] === "server" || "operator.prometheus.io/name" in labels;
}
function serviceOf(rendered, is) {
	const pods = workloadsOf(rendered).filter(({ podLabels }) => is(podLabels));
	const best = rendered.flatMap((app) => app.objects.flatMap((object) => toService(object, app.app.namespace))).filter(({ selector, namespace }) => {
		if (pods.length === 0) return is(selector);
		return pods.some((pod) => pod.namespace === namespace && selects(selector, pod.podLabels));
	}).sort((a, b) => Number(a.headless) - Number(b.headless))[0];
	return best && {
		namespace: best.namespace,
		name: best.name,
		port: best.port
	};
}
function toService(object, namespace) {
	if (object.kind !== "Service") return [];
	const spec = serviceSchema.safeParse(object["spec"]).data;
	const first = spec?.ports[0];
	if (spec === void 0 || first === void 0) return [];
	const web = spec.ports.find(({ name }) => [
		"http",
		"http-web",
		"web",
		"service"
	].includes(name ?? ""));
	return [{
		namespace: object.metadata.namespace ?? namespace,
		name: object.metadata.name,
		port: (web ?? first).port,
		selector: spec.selector ?? {},
		headless: spec.clusterIP === "None"
	}];
}

// src/core/services.ts
/** The addresses that the stack is going to want, so that a busy port is said before anything is started. */
function expectedListeners(config, plan) {
	const charts = plan.apps.map(({ chart, values }) => ({
		name: chart.kind === "repo" ? chart.name : "",
		values
	}));
	const wanted = /* @__PURE__ */ new Set();
	for (const { name, values } of charts) {
		if (name === "grafana") wanted.add("grafana");
		if (name !== "prometheus") continue;
		wanted.add("prometheus");
		if (values["alertmanager"]?.enabled !== false) wanted.add("alertmanager");
	}
	return [...wanted].map((name) => ({
		name,
		port: config.ports[name],
		target: {
			kind: "tcp",
			host: "",
			port: 0
		}
	}));
}
/** Gives the stack's services addresses on localhost that stay until teardown. */
async function openServices(session, cluster, rendered, journal) {
	const { context, loaded, forwardScript } = session;
	const { ports, stateDir } = loaded.config;
	const found = findEndpoints(rendered);
	const names = [
		"prometheus",
		"grafana",
		"alertmanager"
	].filter((name) => found[name] !== void 0);
	const core = cluster.kube.makeApiClient(ObjectCoreV1Api);
	const opened = await Promise.all(names.map(async (name) => {
		const service = found[name];
		return {
			name,
			service,
			...await reach(cluster, core, service)
		};
	}));
	const listeners = opened.map(({ name, target }) => ({
		name,
		port: ports[name],
		target
	}));
	const local = await startForwarder(context, {
		stateDir,
		journal,
		listeners,
		script: forwardScript,
		whenBusy: ports.whenBusy
	});
	const services = /* @__PURE__ */ new Map();
	for (const { name, service, direct } of opened) {
		const url = local[name]?.url;
		if (url === void 0) throw new Error(`the forwarder has no address for ${name}`);
		services.set(name, {
			service,
			url,
			direct: direct ?? url
		});
	}
	return {
		prometheus: services.get("prometheus"),
		grafana: services.get("grafana"),
		alertmanager: services.get("alertmanager")
	};
}
/** A ClusterIP where this host reaches it; else through the API server to a pod behind the service. */
async function reach(cluster, core, service) {
	const { namespace, name, port } = service;
	if (cluster.reach === "direct") {
		const { spec } = await core.readNamespacedService({
			namespace,
			name
		});
		const host = spec?.clusterIP;
		if (host !== void 0 && host !== "None" && host !== "") {
			const shown = host.includes(":") ? `[${host}]` : host;
			return {
				target: {
					kind: "tcp",
					host,
					port
				},
				direct: `http://${shown}:${port}`
			};
		}
	}
	const { kubeconfig, context } = cluster;
	return {
		target: {
			kind: "pod",
			kubeconfig,
			context,
			namespace,
			service: name,
			port
		},
		direct: void 0
	};
}

// src/core/stack-file.ts
function stackFile(stateDir) {
	return join(stateDir, "stack.json");
}
async function saveStack(host, stateDir, stack) {
	await host.files.write(stackFile(stateDir), `${JSON.stringify(stack)}\n`, 384);
}
/** @throws UserError when no stack is up. */
async function loadStack(host, stateDir) {
	const text = await host.files.read(stackFile(stateDir));
	if (text === void 0) throw new UserError(`no stack is up: there is no ${stackFile(stateDir)}`, { mend: "run `monstack up` first, or name its state folder with --state-dir" });
	return JSON.parse(text);
}

// src/cluster/client.ts
/**
* Options for one call of the Kubernetes client, which has no limit in time of its own: the call ends after
* `timeoutMs` milliseconds or when the signal fires.
*/
function bounded$1(timeoutMs, signal) {
	return {
		middleware: [{
			pre: (request) => {
				request.setSignal(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
				return new Observable(Promise.resolve(request));
			},
			post: (response) => new Observable(Promise.resolve(response))
		}],
		middlewareMergeStrategy: "append"
	};
}
/** The HTTP status of an answer that the client threw; undefined when there was no answer. */
function statusOf(error) {
	return error instanceof ApiException ? error.code : void 0;
}
/** What the API server, or else the connection, said: without the headers that the client puts into its message. */
function reasonOf$1(error) {
	if (!(error instanceof ApiException)) return messageOf(error);
	const body = typeof error.body === "string" ? parsed(error.body) : error.body;
	const said = typeof body === "object" && body !== null && "message" in body ? body.message : body;
	return `${error.code} ${String(said || STATUS_CODES[error.code] || "")}`.trim();
}
function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

// src/cluster/diagnosis.ts
/** Lines with which k3s is known to end, most telling first: the cause, and the way to mend it. */
const known = [
	[/listen tcp \S*?:(\d+): bind: address already in use/, ([, port]) => ({
		message: `port ${port} is in use`,
		mend: `find out by whom (ss -ltnp 'sport = :${port}') and stop it; a k3s left by an earlier run goes with \`monstack down\``
	})],
	[/configured to not run on a host using cgroup v1/, () => ({
		message: "the kubelet refuses this host's cgroup v1",
		mend: "allow it with k3s.args: [\"--kubelet-arg=fail-cgroupv1=false\"], or boot with systemd.unified_cgroup_hierarchy=1"
	})],
	[/flag provided but not defined: (\S+)/, ([, flag]) => ({
		message: `this version of k3s doesn't know the flag ${flag?.replace(/^-(?!-)/, "--")}`,
		mend: "correct k3s.args, or choose a version that knows it (k3s.version)"
	})],
	[/failed to parse kubelet flag: (.*?)"?$|unknown flag: (\S+)/m, ([, reason, flag]) => ({
		message: `a component of k3s doesn't know one of its flags: ${reason ?? flag}`,
		mend: "correct the ...-arg entries in k3s.args, or choose a version that knows them (k3s.version)"
	})],
	[/failed to find (\w+) cgroup/, ([, name]) => ({
		message: `the cgroup controller ${name} is not available`,
		mend: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line"
	})],
	[/"?overlayfs"? snapshotter cannot be enabled/, () => ({
		message: "overlayfs doesn't work on the disk where k3s keeps its data",
		mend: "put the data on another file system (k3s.args: [\"--data-dir=/path\"]), or use --snapshotter=native"
	})],
	[/level=fatal .*\b(br_netfilter|nf_conntrack|iptable_\w+|ip_tables)\b/, ([, name]) => ({
		message: `the kernel module ${name} can't be loaded`,
		mend: `load it on the host (modprobe ${name}); a container can't do that for its host`
	})],
	[/no default routes? found|unable to select an IP from default routes/i, () => ({
		message: "the host has no default route, from which k3s takes its node's address",
		mend: "give k3s its address: k3s.args: [\"--node-ip=ADDRESS\"]"
	})],
	[/no space left on device/, () => ({
		message: "the disk is full",
		mend: "free some space, or use another disk: k3s.args: [\"--data-dir=/path\"]"
	})],
	[/too many open files/, () => ({
		message: "the host's limit of open files or inotify instances is reached",
		mend: "raise it: sysctl -w fs.inotify.max_user_instances=512"
	})],
	[/bootstrap data already found and encrypted with different token/, () => ({
		message: "the data folder holds another cluster's data",
		mend: "remove what is left of that k3s (k3s-uninstall.sh), or choose another --data-dir"
	})],
	[/[Ee]xec format error/, () => ({
		message: "the k3s binary is not for this machine's architecture",
		mend: "correct k3s.path, or leave it out so that the right one is downloaded"
	})],
	[/must run as root|must be run as root/, () => ({
		message: "k3s was not run as root",
		mend: "run as root, or allow sudo without a password"
	})]
];
/** The cause in k3s' log, when it is one that is known. */
function knownCause(log) {
	for (const [line, cause] of known) {
		const match = line.exec(log);
		if (match) return cause(match);
	}
}
/** The last line that says it is fatal, without its decoration. */
function fatalLine(log) {
	const line = log.split("\n").findLast((candidate) => /level=fatal|^panic:|^Error: |^fatal error:/.test(candidate));
	return line === void 0 ? void 0 : (/msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line).replaceAll("\\\"", "\"");
}
/**
* Why k3s ended, from its log. Its exit code is no help: on cgroup v1 it is 0.
* @returns an error to be thrown.
*/
async function endedError(host, running) {
	const log = await readLog(host, running);
	const cause = knownCause(log);
	if (cause) return new InstallError(`k3s ${running.version} ended: ${cause.message}`, { mend: cause.mend });
	const fatal = fatalLine(log);
	return new InstallError(`k3s ${running.version} ended: ${fatal ?? `its last lines were\n${tail(log)}`}`, { mend: `the whole log is in ${running.logFile}` });
}
async function readLog(host, { logFile }) {
	return await host.files.read(logFile).catch(() => void 0) ?? "";
}
/** The last lines, indented; the warnings among them are most often what it hangs on. */
function tail(log, count = 12) {
	return log.trim().split("\n").slice(-count).map((line) => `  ${line.slice(0, 300)}`).join("\n") || "  (nothing was logged)";
}

// src/cluster/launch.ts
/** Name of the transient unit. */
const unitName = "monstack-k3s";
/** Starts k3s as a transient systemd unit, or as a detached process; its output goes to the log file. */
async function launch({ host }, argv, options) {
	await host.files.mkdir(dirname(options.logFile), 448);
	await host.files.write(options.logFile, "", 384);
	const env = proxies(host.env);
	if (!options.systemd) return (await host.startDetached(argv, {
		logFile: options.logFile,
		root: true,
		env
	})).pid;
	await host.exec([
		"systemctl",
		"reset-failed",
		unitName
	], {
		root: true,
		allowFailure: true
	});
	await host.exec(systemdArgv(argv, options.logFile, Object.keys(env)), {
		root: true,
		env
	});
	const main = await host.exec([
		"systemctl",
		"show",
		"--property=MainPID",
		"--value",
		unitName
	], { root: true });
	return Number(main.stdout.trim());
}
/** The service that k3s' own installer writes, as a transient unit. */
function systemdArgv(argv, logFile, environment) {
	const properties = [
		"KillMode=process",
		"Delegate=yes",
		"LimitNOFILE=1048576",
		"LimitNPROC=infinity",
		"LimitCORE=infinity",
		"TasksMax=infinity",
		`StandardOutput=append:${logFile}`,
		`StandardError=append:${logFile}`
	];
	return [
		"systemd-run",
		`--unit=${unitName}`,
		"--description=k3s, started by monstack",
		"--service-type=exec",
		"--collect",
		"--quiet",
		...properties.map((property) => `--property=${property}`),
		...environment.map((name) => `--setenv=${name}`),
		"--",
		...argv
	];
}
/** k3s hands these on to containerd for its pulls, and adds the cluster's own addresses to NO_PROXY. */
function proxies(env) {
	const names = [
		"HTTP_PROXY",
		"HTTPS_PROXY",
		"NO_PROXY"
	];
	const all = [
		...names,
		...names.map((name) => name.toLowerCase()),
		...names.map((name) => `CONTAINERD_${name}`)
	];
	return Object.fromEntries(all.flatMap((name) => env[name] ? [[name, env[name]]] : []));
}
/** Whether the process that was started is still the one with this pid, and not a zombie. */
async function isRunning(host, { pid, startTime }) {
	const now = await processState(host, pid);
	return now !== void 0 && now.startTime === startTime && now.state !== "Z" && now.state !== "X";
}
/** State and start time (field 3 and 22 of /proc/PID/stat); undefined when there is no such process. */
async function processState(host, pid) {
	const stat = await host.files.read(`/proc/${pid}/stat`).catch(() => void 0);
	if (!stat) return void 0;
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return {
		state: fields[0] ?? "?",
		startTime: fields[19] ?? ""
	};
}

// src/cluster/api.ts
/** k3s' kubeconfig and its API can only be asked for: neither can be watched before it is there. */
const pollMs = 100;
const requestMs$1 = 3e3;
/**
* Waits until k3s' API is ready, and puts a kubeconfig for this user beside the journal.
* @param timeoutMs from now on.
* @throws InstallError with the cause when k3s ends, or when it takes too long.
*/
async function waitForApi(context, running, timeoutMs) {
	const { host, signal } = context;
	const deadline = host.now() + timeoutMs;
	for (;;) {
		const attempt = await tryApi(context, running);
		if (typeof attempt !== "string") return attempt;
		if (signal.aborted) throw new Interrupted();
		if (!await isRunning(host, running)) throw await endedError(host, running);
		if (host.now() >= deadline) throw await tooLong(context, running, timeoutMs, attempt);
		await host.sleep(pollMs, signal);
	}
}
/** @returns the cluster, or what is still missing. */
async function tryApi({ host, signal }, running) {
	const text = await readServerKubeconfig(host, running.serverKubeconfig);
	if (text === void 0) return `${running.serverKubeconfig} is not there yet`;
	const kube = new KubeConfig();
	try {
		kube.loadFromString(text);
		const bound = AbortSignal.any([signal, AbortSignal.timeout(requestMs$1)]);
		if (!await new Health(kube).readyz({ signal: bound })) return "the API answers, but is not ready yet";
		const { gitVersion } = await kube.makeApiClient(ObjectVersionApi).getCode({}, bounded$1(requestMs$1, signal));
		await host.files.write(running.kubeconfig, text, 384);
		return {
			kind: "k3s",
			kubeconfig: running.kubeconfig,
			context: kube.getCurrentContext(),
			kube,
			version: gitVersion,
			reach: "direct"
		};
	} catch (error) {
		return `the API doesn't answer: ${messageOf(error)}`;
	}
}
async function readServerKubeconfig(host, path) {
	const text = await (host.rights === "root" ? host.files.read(path) : host.files.readAsRoot(path));
	return text?.includes("current-context") ? text : void 0;
}
async function tooLong({ host }, running, timeoutMs, missing) {
	const log = await readLog(host, running);
	const cause = knownCause(log);
	const why = cause?.message ?? `${missing}. The last lines of k3s' log:\n${tail(log)}`;
	return new InstallError(`k3s' API was not ready after ${timeoutMs / 1e3} s: ${why}`, { mend: cause?.mend ?? `look into ${running.logFile}, or give it more time (timeouts.cluster)` });
}

// src/cluster/existing.ts
const requestMs = 1e4;
/**
* A cluster that was there before, and stays.
* @throws UserError when the kubeconfig or the context isn't there, InstallError when the API can't be reached, or
*   doesn't let this user in.
*/
async function existingCluster(context, options) {
	const kube = await readKubeconfig(context, options.kubeconfig);
	const name = chooseContext(kube, options);
	kube.setCurrentContext(name);
	const server = kube.getCurrentCluster()?.server;
	if (!server) throw new UserError(`${options.kubeconfig}: the context ${name} names a cluster that isn't in the file`, { mend: "correct the file, or choose another context" });
	const where = `the cluster at ${server} (context ${name} in ${options.kubeconfig})`;
	const version = await readVersion(context, kube, where);
	await checkRights(context, kube, where, options.namespace);
	return {
		kind: "existing",
		kubeconfig: options.kubeconfig,
		context: name,
		kube,
		version,
		reach: "api-server"
	};
}
async function readKubeconfig({ host }, path) {
	const mend = "name a kubeconfig with cluster.kubeconfig or --kubeconfig; `kubectl config view` shows the one in use";
	const text = await host.files.read(path).catch((cause) => {
		throw new UserError(`the kubeconfig ${path} can't be read`, {
			mend,
			cause
		});
	});
	if (text === void 0) throw new UserError(`there is no kubeconfig ${path}`, { mend });
	const kube = new KubeConfig();
	try {
		kube.loadFromString(text);
		kube.makePathsAbsolute(dirname(path));
	} catch (cause) {
		throw new UserError(`${path} is not a kubeconfig`, {
			mend,
			cause
		});
	}
	if (kube.getContexts().length === 0) throw new UserError(`the kubeconfig ${path} has no contexts`, { mend });
	return kube;
}
function chooseContext(kube, { kubeconfig, context }) {
	const names = kube.getContexts().map(({ name }) => name);
	const wanted = context ?? kube.getCurrentContext();
	const mend = `choose one of ${names.join(", ")} (cluster.context or --context)`;
	if (!wanted) throw new UserError(`${kubeconfig} has no current context, and none was named`, { mend });
	if (!names.includes(wanted)) throw new UserError(`${kubeconfig} has no context ${wanted}`, { mend });
	return wanted;
}
async function readVersion({ signal }, kube, where) {
	try {
		return (await kube.makeApiClient(ObjectVersionApi).getCode({}, bounded$1(requestMs, signal))).gitVersion;
	} catch (cause) {
		if (signal.aborted) throw cause;
		throw unusable(cause, where);
	}
}
/** Asks the API server itself; anonymous users may ask for the version, so that an answer to that proves nothing. */
async function checkRights({ log, signal }, kube, where, namespace) {
	const body = { spec: { resourceAttributes: {
		group: "apps",
		resource: "deployments",
		verb: "create",
		...namespace === void 0 ? {} : { namespace }
	} } };
	if ((await kube.makeApiClient(ObjectAuthorizationV1Api).createSelfSubjectAccessReview({ body }, bounded$1(requestMs, signal)).catch((cause) => {
		throw signal.aborted ? cause : unusable(cause, where);
	})).status?.allowed) return;
	const mend = "use credentials with the right to create the stack's objects, its ClusterRoles among them";
	const said = `${where} doesn't let this user create deployments in`;
	if (namespace !== void 0) throw new InstallError(`${said} the namespace ${namespace}`, { mend });
	log.warn(`${said} every namespace; ${mend}`);
}
function unusable(cause, where) {
	const status = statusOf(cause);
	const reason = reasonOf$1(cause);
	if (status === 401 || status === 403) return new InstallError(`${where} doesn't accept this user's credentials: ${reason}`, {
		mend: "renew them (log in again, or fetch a new kubeconfig), or choose another context",
		cause
	});
	if (status !== void 0) return new InstallError(`${where} answered with an error: ${reason}`, { cause });
	const mend = /certificate|self.signed/i.test(reason) ? "the certificate doesn't belong to this kubeconfig's certificate-authority-data: fetch a new kubeconfig" : "check that it runs and that this machine can reach it (kubectl get nodes)";
	return new InstallError(`${where} can't be reached: ${reason}`, {
		mend,
		cause
	});
}

// src/cluster/k3s-flags.ts
/** `k3s server`'s arguments. What the user gave comes last, and there the last word wins. */
function k3sFlags(config, version, facts) {
	const user = config.k3s.args;
	return [
		"--write-kubeconfig-mode=600",
		...packaged(user),
		...quickStart(),
		...config.profile === "ci" ? onlyInCi() : [],
		...forThisHost(version, facts),
		...user
	];
}
/** `--disable` adds up, so a user who names components of his own gets exactly those. */
function packaged(user) {
	if (hasFlag(user, "--disable")) return [];
	return ["--disable=traefik,servicelb,metrics-server"];
}
/**
* Measured on the lab's stand-in, 2 cores, from k3s' start to a pod Ready that was created as soon as the API answered
* (3.4-4.1 s in each case): with all of this and flannel's file written beforehand 6.1-6.6 s; without that file 21.2 s,
* with the cloud controller 10.9 s, with the default rates 11.0 s, with none of them 26.8 s.
*/
function quickStart() {
	return [
		"--disable-cloud-controller",
		"--disable-helm-controller",
		"--kube-controller-manager-arg=kube-api-qps=400",
		"--kube-controller-manager-arg=kube-api-burst=800"
	];
}
function onlyInCi() {
	return ["--kubelet-arg=housekeeping-interval=1s", "--disable-network-policy"];
}
function forThisHost(version, facts) {
	const flags = [];
	if (facts.cgroups !== "v2" && (minorOf(version) ?? 99) >= cgroupV1RefusedSince) flags.push("--kubelet-arg=fail-cgroupv1=false");
	if (!facts.overlayfs) flags.push("--snapshotter=native");
	if (facts.diskNearlyFull) {
		flags.push("--kubelet-arg=eviction-hard=nodefs.available<1Gi,imagefs.available<1Gi");
		flags.push("--kubelet-arg=image-gc-high-threshold=100");
	}
	return flags;
}
/** The kubelet refuses cgroup v1 from 1.35 on (KEP-5573); kubelets before 1.31 don't know the flag and would not start. */
const cgroupV1RefusedSince = 35;

// src/sources/mirrors.ts
/**
* The address to ask instead of `url`: the longest URL prefix among the keys is replaced, once. A key matches whole
* path segments only, so `https://get.helm.sh` never takes `https://get.helm.sh.example`. A key that is just a scheme
* (`https://`) makes the host the first folder. Keys without `://` are image registries and don't count here.
*/
function mirrored(url, mirrors) {
	const key = Object.keys(mirrors).filter((prefix) => prefix.includes("://") && matches(url, prefix)).sort((a, b) => b.length - a.length)[0];
	const target = key === void 0 ? void 0 : mirrors[key];
	if (key === void 0 || target === void 0) return url;
	const rest = url.slice(key.length);
	if (rest === "" || rest.startsWith("?")) return target + rest;
	return `${target.replace(/\/+$/, "")}/${rest.replace(/^\/+/, "")}`;
}
/** Takes an image registry's address apart; `/v2`, the root of the registry protocol, may stand in it or not. */
function parseRegistry(address) {
	const scheme = /^[a-z]+:\/\//.exec(address)?.[0] ?? "";
	const [host = "", ...folders] = address.slice(scheme.length).split("/");
	const path = folders.filter((folder) => folder !== "");
	return {
		scheme,
		host,
		path: (path[0] === "v2" ? path.slice(1) : path).join("/")
	};
}
/**
* The same for a chart in an image registry (`oci://ghcr.io/org/chart`): a key `oci://...` as in `mirrored`, else the
* mirror of the registry that images are pulled through as well.
*/
function mirroredOci(url, mirrors) {
	const direct = mirrored(url, mirrors);
	const { host, path } = parseRegistry(url);
	const target = mirrors[host];
	if (direct !== url || target === void 0) return {
		url: direct,
		plainHttp: false
	};
	const registry = parseRegistry(target);
	return {
		url: `oci://${[
			registry.host,
			registry.path,
			path
		].filter((part) => part !== "").join("/")}`,
		plainHttp: registry.scheme === "http://"
	};
}
function matches(url, prefix) {
	if (!url.startsWith(prefix)) return false;
	return prefix.endsWith("/") || [
		"",
		"/",
		"?"
	].includes(url.charAt(prefix.length));
}

// src/sources/registries.ts
/**
* k3s' /etc/rancher/k3s/registries.yaml for the image registries among the mirrors; undefined when there are none.
*
* A mirror with a path becomes the endpoint `<host>/v2/<path>`. k3s (pkg/agent/containerd, normalizeEndpointAddress)
* takes any path other than "", "/" and "/v2" as it is: it writes `override_path = true` into containerd's hosts.toml,
* and containerd then puts no `/v2` of its own before it. So the `/v2` has to be in the path, and before the folder:
* `docker.io/library/busybox` is asked for at `/v2/docker.io/library/busybox/...`. The `rewrite` setting would do it
* too, but only k3s' own fork of containerd knows it, and it would apply to every endpoint of the registry.
*/
function registriesYaml(mirrors) {
	const registries = Object.entries(mirrors).filter(([key]) => !key.includes("://"));
	if (registries.length === 0) return void 0;
	const entries = registries.map(([registry, address]) => [registry, { endpoint: [endpoint$1(address)] }]);
	return (0, import_dist.stringify)({ mirrors: Object.fromEntries(entries) });
}
function endpoint$1(address) {
	const { scheme, host, path } = parseRegistry(address);
	return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}

// src/cluster/prepare.ts
/** The files that are written before k3s is started. */
function preparedFiles(config, settings, facts, paths) {
	const files = [];
	const registries = registriesYaml(config.mirrors);
	if (registries !== void 0) files.push({
		path: join(paths.etcRancher, "k3s/registries.yaml"),
		content: registries,
		mode: 384
	});
	if (!facts.sysResource) {
		const path = join(settings.dataDir, "agent/etc/containerd/config-v3.toml.d/50-monstack-oom.toml");
		files.push({
			path,
			content: restrictOomScoreAdj,
			mode: 420
		});
	}
	const subnet = subnetEnv(settings, facts);
	if (subnet !== void 0) files.push({
		path: join(paths.run, "flannel/subnet.env"),
		content: subnet,
		mode: 420
	});
	return files;
}
/**
* What flannel is going to write into /run/flannel/subnet.env, which its CNI plugin reads for each pod. The node says
* Ready seconds before flannel wrote it; a pod that is scheduled in between fails, backs off and comes up 10-25 s later.
* The first node always gets the first subnet, so the file can be there from the start; flannel overwrites it.
* In the lab a pod was Ready at 6.3 s with the file, at 21.2 s without. Holding the workloads back until flannel wrote it
* (7 s after the node is Ready) would cure it too, but later, and image pulls and volumes wait for their pods.
* @returns undefined where it can't be known beforehand: another backend, another family of addresses.
*/
function subnetEnv(settings, facts) {
	const cidr = /^(\d+\.\d+\.\d+)\.0\/(\d+)$/.exec(settings.clusterCidr);
	if (settings.flannelBackend !== "vxlan" || !cidr || Number(cidr[2]) > 24) return void 0;
	return [
		`FLANNEL_NETWORK=${settings.clusterCidr}`,
		`FLANNEL_SUBNET=${cidr[1]}.1/24`,
		`FLANNEL_MTU=${facts.podMtu}`,
		"FLANNEL_IPMASQ=true",
		""
	].join("\n");
}
/** What k3s reads as an image archive (pkg/agent/containerd), or as a list of images to pull. */
const archive = /\.(tar|tar\.(gz|bz2|zst|lz4)|tgz|tbz|tzst|txt)$/;
/**
* The links in agent/images that make k3s import the user's archives, before the kubelet starts.
* @throws UserError for a path that isn't there, or that k3s would not read.
*/
async function imageLinks(host, images, dataDir) {
	const targets = [];
	for (const image of images) {
		if (!await host.files.exists(image)) throw new UserError(`k3s.images: there is no ${image}`);
		const found = (await host.files.list(image).catch(() => [])).filter((name) => archive.test(name)).map((name) => join(image, name));
		if (found.length === 0 && !archive.test(image)) throw new UserError(`k3s.images: ${image} is no image archive, and no folder of them`, { mend: "name files that end in .tar, .tar.zst, .tar.gz, .tar.bz2, .tar.lz4 or .txt" });
		targets.push(...found.length > 0 ? found.sort() : [image]);
	}
	return targets.map((target, index) => ({
		link: join(dataDir, "agent/images", `${index}-${basename(target)}`),
		target
	}));
}
/**
* Of the paths that k3s makes, those that are not there yet; where a folder is missing, the folder instead of what
* would be in it. They are what teardown may remove.
*/
async function pathsToCome(host, settings, paths) {
	const all = footprint(settings, paths);
	const there = new Set(await existing(host, [...new Set(all.flatMap((path) => [path, dirname(path)]))]));
	const missing = all.filter((path) => !there.has(path));
	const shared = /* @__PURE__ */ new Set([
		paths.varLib,
		paths.varLog,
		paths.run,
		dirname(paths.etcRancher)
	]);
	const tops = missing.map((path) => {
		const parent = dirname(path);
		return there.has(parent) || shared.has(parent) || path === settings.dataDir ? path : parent;
	});
	return [...new Set(tops)].filter((path) => !tops.some((top) => path.startsWith(`${top}/`)));
}
function footprint({ dataDir, kubeconfig }, paths) {
	const agent = join(dataDir, "agent");
	return [
		kubeconfig,
		join(paths.etcRancher, "k3s"),
		join(paths.etcRancher, "node"),
		dataDir,
		...[
			"server",
			"data",
			"storage",
			"agent"
		].map((name) => join(dataDir, name)),
		...[
			"containerd",
			"etc",
			"pod-manifests",
			"images"
		].map((name) => join(agent, name)),
		...["client-ca.crt", "server-ca.crt"].map((name) => join(agent, name)),
		...[
			"kubelet",
			"k3scontroller",
			"kubeproxy"
		].map((name) => join(agent, `${name}.kubeconfig`)),
		...[
			"client-kubelet",
			"serving-kubelet",
			"client-kube-proxy",
			"client-k3s-controller"
		].flatMap((name) => [join(agent, `${name}.crt`), join(agent, `${name}.key`)]),
		join(paths.varLib, "kubelet"),
		...[
			"networks",
			"results",
			"cache",
			"flannel"
		].map((name) => join(paths.varLib, "cni", name)),
		...[
			"k3s",
			"flannel",
			"netns"
		].map((name) => join(paths.run, name)),
		...["pods", "containers"].map((name) => join(paths.varLog, name))
	];
}

// src/cluster/start.ts
/**
* Starts k3s and returns at once; `waitForApi` tells when it can be used. Each change to the host is in the journal
* before it is made, in an order in which it can be undone backwards: the process, k3s as a whole, its files, the
* kernel's settings.
* @throws UserError when an image archive isn't there, InstallError when k3s can't be started at all.
*/
async function startK3s(context, config, tool, preflight, journal, paths = hostPaths()) {
	const { host } = context;
	const { facts } = preflight;
	const settings = k3sSettings(config.k3s.args, paths);
	const note = (entry) => journal.append({
		...entry,
		at: new Date(host.now()).toISOString()
	});
	const links = await imageLinks(host, config.k3s.images, settings.dataDir);
	const unit = facts.systemd ? unitName : void 0;
	const kubeconfig = join(config.stateDir, "kubeconfig");
	for (const sysctl of facts.sysctls) await note({
		kind: "sysctl",
		...sysctl
	});
	await note({
		kind: "file",
		path: kubeconfig,
		root: false
	});
	const come = await pathsToCome(host, settings, paths);
	const files = preparedFiles(config, settings, facts, paths);
	await noteFiles(context, files, note);
	if (!come.some((path) => join(settings.dataDir, "agent/images").startsWith(path))) for (const { link } of links) await note({
		kind: "file",
		path: link,
		root: true
	});
	await note({
		kind: "k3s",
		binary: tool.path,
		dataDir: settings.dataDir,
		unit,
		paths: come
	});
	await Promise.all(files.map(({ path, content, mode }) => host.files.writeAsRoot(path, content, mode)));
	await linkImages(context, links, settings.dataDir);
	const server = [
		tool.path,
		"server",
		...k3sFlags(config, tool.version, facts)
	];
	const [command, ...rest] = [...facts.rootPropagation === "shared" ? [] : ownMountNamespace, ...server];
	const logFile = join(config.stateDir, "k3s.log");
	context.log.debug(`starting ${[command, ...rest].join(" ")}`);
	const startedAt = host.now();
	const pid = await launch(context, [command ?? tool.path, ...rest], {
		systemd: facts.systemd,
		logFile
	});
	const startTime = (await processState(host, pid))?.startTime ?? "";
	if (startTime !== "") await note({
		kind: "process",
		name: "k3s",
		pid,
		startTime
	});
	return {
		pid,
		startTime,
		unit,
		version: tool.version,
		logFile,
		dataDir: settings.dataDir,
		serverKubeconfig: settings.kubeconfig,
		kubeconfig,
		startedAt
	};
}
/** A file that was there before (a registries.yaml of the user's) is kept in the journal, to be put back. */
async function noteFiles({ host, log }, files, note) {
	const there = new Set(files.length === 0 ? [] : await existing(host, files.map(({ path }) => path)));
	for (const { path } of files) {
		const previous = there.has(path) ? await host.files.readAsRoot(path) : void 0;
		if (previous !== void 0) log.warn(`${path} was there before; it is replaced for this run and put back at teardown`);
		await note({
			kind: "file",
			path,
			root: true,
			...previous === void 0 ? {} : { previous }
		});
	}
}
async function linkImages({ host }, links, dataDir) {
	if (links.length === 0) return;
	await host.exec([
		"mkdir",
		"-p",
		join(dataDir, "agent/images")
	], { root: true });
	await host.exec([
		"sh",
		"-c",
		"while [ $# -gt 0 ]; do ln -sfn -- \"$1\" \"$2\" || exit 1; shift 2; done",
		"link",
		...links.flatMap(({ link, target }) => [target, link])
	], { root: true });
}

// src/deploy/helm.ts
/** What the user's shell has set for their own helm must not steer ours. */
const helmEnv = {
	HELM_KUBEAPISERVER: "",
	HELM_KUBEASGROUPS: "",
	HELM_KUBEASUSER: "",
	HELM_KUBECAFILE: "",
	HELM_KUBECONTEXT: "",
	HELM_KUBETOKEN: "",
	HELM_NAMESPACE: "",
	HELM_DEBUG: "false"
};
/** Writes an app's values to a file that only this user can read, for as long as `use` takes: they hold passwords. */
async function withValuesFile(context, app, use) {
	const { files } = context.host;
	return await files.withTemp("monstack-values-", async (folder) => {
		const path = join(folder, "values.yaml");
		await files.write(path, JSON.stringify(app.values), 384);
		return await use(path);
	});
}
/**
* Runs helm against the cluster and returns what it prints.
* @param timeoutMs what helm itself was told, if anything: it gets a little longer than that
*/
async function runHelm(context, cluster, helm, timeoutMs, argv) {
	const where = [
		"--kubeconfig",
		cluster.kubeconfig,
		...cluster.context ? ["--kube-context", cluster.context] : []
	];
	context.log.debug(`helm ${argv.join(" ")}`);
	return (await withKubeCache(context.host, (cache) => context.host.exec([
		helm.path,
		...argv,
		...where
	], {
		env: {
			...helmEnv,
			...cache
		},
		timeoutMs: timeoutMs + 15e3
	}))).stdout;
}
const mistakes = [
	{
		match: /don't meet the specifications of the schema/i,
		user: true,
		mend: "Correct these values: the chart's values.schema.json says what it takes."
	},
	{
		match: /missing in charts\/ directory|found in Chart\.(yaml|lock), but missing/i,
		user: false,
		mend: "Run `helm dependency build` in the chart's folder, or use its packaged archive."
	},
	{
		match: /incompatible with Kubernetes|requires kubeVersion/i,
		user: true,
		mend: "Choose another version of the chart, or of k3s."
	},
	{
		match: /conflict with "|conflicts? with field manager|Apply failed with \d+ conflict/i,
		user: false,
		mend: "Somebody else changed these fields of the release's objects: undo that, or uninstall the release first."
	},
	{
		match: /invalid ownership metadata|cannot be imported into the current release/i,
		user: false,
		mend: "An object of this name is there and belongs to something else: remove it, or use another release name or namespace."
	},
	{
		match: /no matches for kind/i,
		user: false,
		mend: "The cluster lacks the custom resource that this chart needs: deploy what defines it before (depends_on)."
	},
	{
		match: /execution error at|error calling (fail|required|include|tpl)|nil pointer evaluating|wrong type for value/i,
		user: true,
		mend: "Correct the values that the chart's template complains about."
	}
];
/** Helm's own words, with the app and chart they are about. */
function helmError(doing, app, chart, error) {
	if (error instanceof MonstackError && !(error instanceof CommandError)) return error;
	if (!(error instanceof CommandError)) return new InstallError(`${doing} app ${app.name} (chart ${chart.name} ${chart.version})`, { cause: error });
	const words = helmWords(error.stderr) || error.message;
	const mistake = mistakes.find(({ match }) => match.test(words));
	const message = `${doing} app ${app.name} (chart ${chart.name} ${chart.version}): ${words}`;
	const options = {
		cause: error.cause,
		mend: mistake?.mend ?? "Read helm's message; `--verbose` shows the whole command."
	};
	return mistake?.user ? new UserError(message, options) : new InstallError(message, options);
}
/** What helm says from `Error:` on; warnings and coalescing notes come before it. */
function helmWords(stderr) {
	const start = stderr.search(/^Error: /m);
	return (start >= 0 ? stderr.slice(start + 7) : stderr).replace(/\n*Use --debug flag to render out invalid YAML\n*/, "").trim();
}

// src/deploy/transient.ts
/**
* What an API server says in its first seconds, when it answers but not all of it does yet. Nothing else is tried
* again: a wrong value stays wrong.
*/
const transientWords = [
	/connection re(fused|set)/i,
	/server is currently unable to handle the request/i,
	/server could not find the requested resource/i,
	/stale GroupVersion discovery|unable to retrieve the complete list of server APIs/i,
	/TLS handshake timeout|i\/o timeout|\bEOF\b|http2: client connection lost/i,
	/etcdserver: (leader changed|request timed out)|no leader/i,
	/error looking up service account|serviceaccounts? "[^"]*" not found/i,
	/namespaces? "[^"]*" not found/i,
	/failed calling webhook .*(connection refused|no endpoints available|deadline exceeded|no service port)/is,
	/too many requests|apiserver is shutting down|apiserver not ready|server was unable to return a response in the time/i
];
function isTransient(words) {
	return transientWords.some((pattern) => pattern.test(words));
}
/** Tries again, for at most `forMs` milliseconds, as long as `again` says of the error that it may go away. */
async function retryTransient(context, forMs, again, attempt) {
	const deadline = context.host.now() + forMs;
	let pauseMs = 250;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (!again(error) || context.host.now() + pauseMs > deadline) throw error;
			context.log.debug(`trying again in ${pauseMs} ms: ${error instanceof Error ? error.message : String(error)}`);
		}
		await context.host.sleep(pauseMs, context.signal);
		pauseMs = Math.min(pauseMs * 2, 2e3);
	}
}

// src/deploy/release.ts
const startingMs$1 = 45e3;
/** On a cluster that others use too, a pending release may be somebody's that is just being installed. */
const otherRunMs = 2e4;
const pendingWords = /another operation \(install\/upgrade\/rollback\) is in progress/i;
/**
* Installs or upgrades one release without waiting for its workloads (hooks are waited for, by helm). Tries again what
* a starting API server refuses, and takes up a release that a killed run left pending.
* @throws UserError or InstallError with helm's words.
*/
async function installRelease(context, cluster, helm, rendered, timeoutMs) {
	const { app, chart } = rendered;
	await withValuesFile(context, app, async (values) => {
		const upgrade = () => runHelm(context, cluster, helm, timeoutMs, [...[
			"upgrade",
			app.release,
			chart.path,
			"--install",
			"-n",
			app.namespace,
			"-f",
			values
		], ...["--timeout", `${Math.max(1, Math.ceil(timeoutMs / 1e3))}s`]]);
		try {
			await retryStarting(context, upgrade).catch(async (error) => {
				if (!isPending(error)) throw error;
				await recover(context, cluster, helm, rendered, upgrade);
			});
		} catch (error) {
			throw helmError("installing", app, chart, error);
		}
	});
}
/** Tries again what an API server refuses in its first seconds. */
function retryStarting(context, attempt) {
	const again = (error) => error instanceof CommandError && isTransient(helmWords(error.stderr));
	return retryTransient(context, startingMs$1, again, attempt);
}
/** A run that was killed leaves `pending-install` or `pending-upgrade`, and helm then refuses for ever. */
async function recover(context, cluster, helm, { app }, upgrade) {
	if (cluster.kind === "existing" && await otherRunEnds(context, upgrade)) return;
	const run = (...argv) => runHelm(context, cluster, helm, 12e4, [
		...argv,
		"-n",
		app.namespace
	]);
	const good = lastGoodRevision(await run("history", app.release, "-o", "json"));
	if (good === void 0) {
		context.log.warn(`release ${app.release} was left half installed by an earlier run: it is removed and installed anew`);
		await run("uninstall", app.release);
	} else {
		context.log.warn(`release ${app.release} was left half upgraded by an earlier run: it is rolled back to revision ${good} first`);
		await run("rollback", app.release, String(good));
	}
	await retryStarting(context, upgrade);
}
/** Whether the release was somebody's that is being installed right now, and could be upgraded after that. */
async function otherRunEnds(context, upgrade) {
	try {
		await retryTransient(context, otherRunMs, isPending, upgrade);
		return true;
	} catch (error) {
		if (isPending(error)) return false;
		throw error;
	}
}
/** The newest revision that was once deployed, of what `helm history -o json` prints. */
function lastGoodRevision(history) {
	return JSON.parse(history).findLast(({ status }) => status === "deployed" || status === "superseded")?.revision;
}
function isPending(error) {
	return error instanceof CommandError && pendingWords.test(error.stderr);
}

// src/deploy/foreign.ts
const lookMs = 3e4;
/**
* Refuses to touch releases that are in a cluster already. A run begins with an empty journal, so none of them is its
* own; and what it upgraded it would uninstall at teardown.
* @throws InstallError naming each of them, before anything is changed.
*/
async function refuseForeignReleases(context, cluster, helm, apps) {
	const [first, ...others] = (await Promise.all(apps.map(async ({ app }) => {
		const standing = await standingRelease(context, cluster, helm, app.release, app.namespace);
		return standing === void 0 ? [] : [{
			app,
			standing
		}];
	}))).flat();
	if (first === void 0) return;
	const lines = [first, ...others].map(({ app, standing }) => `release ${app.release} is in namespace ${app.namespace} already (${standing}), and it is not this run's`);
	const { name, release, namespace } = first.app;
	throw new InstallError(`${lines.join("\n")}\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.`, { mend: `choose another release name (apps.${name}.release) or namespace; or, if nobody needs it any more: helm uninstall ${release} -n ${namespace}` });
}
/** What helm 3 and 4 both tell of a release in any state, also of an uninstalled one whose history is kept. */
async function standingRelease(context, cluster, helm, release, namespace) {
	const argv = [
		"history",
		release,
		"-n",
		namespace,
		"--max",
		"1",
		"-o",
		"json"
	];
	try {
		const text = await retryStarting(context, () => runHelm(context, cluster, helm, lookMs, argv));
		const latest = JSON.parse(text).at(-1);
		if (latest === void 0) return void 0;
		const updated = latest.updated?.replace(/\.\d+/, "");
		return [
			latest.chart,
			latest.status,
			...updated ? [`since ${updated}`] : []
		].join(", ");
	} catch (error) {
		const words = error instanceof CommandError ? helmWords(error.stderr) : messageOf(error);
		if (/release: not found/i.test(words)) return void 0;
		if (error instanceof MonstackError && !(error instanceof CommandError)) throw error;
		throw new InstallError(`whether release ${release} is in namespace ${namespace} already can't be found out: ${words}`, {
			cause: error instanceof CommandError ? error.cause : error,
			mend: "Helm keeps its releases in Secrets: use a kubeconfig whose user may read and write them there."
		});
	}
}

// src/deploy/namespaces.ts
const startingMs = 3e4;
const terminatingMs = 12e4;
/**
* Of these namespaces those that have to be made; one that is being deleted is waited for. Changes nothing.
* @throws InstallError when one can't be read, or is still being deleted after two minutes.
*/
async function missingNamespaces(context, kube, names) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	const missing = [];
	for (const name of new Set(names)) if (await standing(context, core, name) === "missing") missing.push(name);
	return missing;
}
/**
* Makes namespaces, each written to the journal before.
* @throws InstallError when one can't be made.
*/
async function createNamespaces(context, kube, missing, journal) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	for (const name of missing) {
		const at = new Date(context.host.now()).toISOString();
		await journal.append({
			kind: "namespace",
			at,
			name
		});
		await request$1(context, () => core.createNamespace({ body: { metadata: { name } } })).catch((cause) => {
			if (codeOf(cause) === 409) return;
			throw new InstallError(`namespace ${name} can't be created: ${wordsOf(cause)}`, {
				cause,
				mend: "Create it beforehand, or use a kubeconfig whose user may create namespaces."
			});
		});
	}
}
/** A namespace that is being deleted is waited for: nothing can be created in it. */
async function standing(context, core, name) {
	const deadline = context.host.now() + terminatingMs;
	let told = false;
	while (context.host.now() < deadline) {
		const found = await request$1(context, () => core.readNamespace({ name })).catch((cause) => {
			if (codeOf(cause) === 404) return void 0;
			if (codeOf(cause) === 403) return { status: { phase: "Active" } };
			throw new InstallError(`namespace ${name} can't be read: ${wordsOf(cause)}`, {
				cause,
				mend: "Check the cluster's API server."
			});
		});
		if (!found) return "missing";
		if (found.status?.phase !== "Terminating") return "there";
		if (!told) context.log.info(`namespace ${name} is still being deleted; waiting until it is gone`);
		told = true;
		await context.host.sleep(500, context.signal);
	}
	throw new InstallError(`namespace ${name} is still being deleted after ${terminatingMs / 1e3} s`, { mend: `Look at what holds it: kubectl get namespace ${name} -o yaml (conditions, finalizers). Or use another namespace.` });
}
async function request$1(context, attempt) {
	const again = (error) => {
		const code = codeOf(error);
		return code === void 0 ? isTransient(messageOf(error)) : code === 429 || code >= 500;
	};
	return await retryTransient(context, startingMs, again, attempt);
}
function codeOf(error) {
	return error instanceof ApiException ? error.code : void 0;
}
/** The client's exception prints whole headers; the API server's own sentence is in the body. */
function wordsOf(error) {
	if (!(error instanceof ApiException)) return messageOf(error);
	const body = error.body;
	return (typeof body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] : body?.message) ?? `HTTP ${error.code}`;
}

// src/deploy/objects.ts
/** When an event was seen last, in milliseconds since the epoch; 0 when it doesn't say. */
function eventTime(event) {
	const text = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
	return text ? Date.parse(text) : 0;
}
/** The start-up taints that go away by themselves. */
const healingTaints = [
	"node.cloudprovider.kubernetes.io/uninitialized",
	"node.kubernetes.io/not-ready",
	"node.kubernetes.io/unreachable",
	"node.kubernetes.io/network-unavailable"
];

// src/deploy/views.ts
const resourceOf = {
	Deployment: "deployments",
	StatefulSet: "statefulsets",
	DaemonSet: "daemonsets",
	ReplicaSet: "replicasets",
	Job: "jobs",
	Pod: "pods",
	PersistentVolumeClaim: "persistentvolumeclaims"
};
/** Of rendered objects, those that get ready or don't. */
function targetsOf(objects) {
	return objects.filter((object) => object.kind in resourceOf).map(({ kind, metadata }) => ({
		kind,
		namespace: metadata.namespace ?? "default",
		name: metadata.name
	}));
}
/** What has to be followed to judge these. */
function resourcesFor(targets) {
	const kinds = targets.flatMap(({ kind }) => resourceOf[kind] ?? []);
	const below = kinds.includes("deployments") ? ["replicasets"] : [];
	return [.../* @__PURE__ */ new Set([
		"pods",
		"events",
		"persistentvolumeclaims",
		"nodes",
		...kinds,
		...below
	])];
}
/** Puts together what the store knows about one workload. */
function viewOf(store, target) {
	const all = (resource) => store.items(resource, target.namespace) ?? [];
	const object = all(resourceOf[target.kind] ?? "pods").find((item) => item.metadata.name === target.name);
	const pods = all("pods");
	const claims = all("persistentvolumeclaims");
	const creators = object ? creatorsOf(target.kind, object, all("replicasets")) : [];
	const own = object ? podsOf(target, object, creators, pods) : [];
	const mounted = own.flatMap((pod) => claimNames$1(pod));
	const ownClaims = claims.filter((claim) => mounted.includes(claim.metadata.name));
	const known = [
		object,
		...creators,
		...own,
		...ownClaims
	].flatMap((item) => item?.metadata.uid ?? []);
	const nodes = store.items("nodes", "");
	return {
		id: `${target.kind} ${target.namespace}/${target.name}`,
		kind: target.kind,
		object,
		pods: own,
		claims: ownClaims,
		events: all("events").filter((event) => known.includes(event.involvedObject.uid ?? "")),
		creators,
		terminating: pods.some((pod) => pod.metadata.deletionTimestamp !== void 0),
		usableNodes: nodes?.filter(isUsable).length,
		startingNodes: nodes?.filter(isStarting).length ?? 0
	};
}
function creatorsOf(kind, object, replicaSets) {
	if (kind === "Pod" || kind === "PersistentVolumeClaim") return [];
	if (kind !== "Deployment") return [object];
	const revision = object.metadata.annotations?.["deployment.kubernetes.io/revision"];
	return [...replicaSets.filter((set) => isOwnedBy(set.metadata, object.metadata.uid) && set.metadata.annotations?.["deployment.kubernetes.io/revision"] === revision), object];
}
/** A claim's pods are those that mount it; pods of an earlier revision don't count, they are on their way out. */
function podsOf(target, object, creators, pods) {
	const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === void 0);
	if (target.kind === "Pod") return alive.filter((pod) => pod.metadata.uid === object.metadata.uid);
	if (target.kind === "PersistentVolumeClaim") return alive.filter((pod) => claimNames$1(pod).includes(target.name));
	const owned = alive.filter((pod) => creators.some((creator) => isOwnedBy(pod.metadata, creator.metadata.uid)));
	if (target.kind !== "DaemonSet") return owned;
	const generation = object.metadata.annotations?.["deprecated.daemonset.template.generation"];
	return owned.filter((pod) => (pod.metadata.labels?.["pod-template-generation"] ?? generation) === generation);
}
function claimNames$1(pod) {
	return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}
function isOwnedBy(meta, uid) {
	return uid !== void 0 && (meta.ownerReferences ?? []).some((owner) => owner.uid === uid);
}
function isUsable(node) {
	return node.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True") === true && !isStarting(node);
}
function isStarting(node) {
	return node.spec?.taints?.some((taint) => healingTaints.includes(taint.key)) ?? false;
}

// src/deploy/api.ts
/** The API server answered, but not with 200. */
var ApiError = class extends Error {
	status;
	constructor(path, status, body) {
		super(`${path}: HTTP ${status}: ${statusMessage(body)}`);
		this.name = "ApiError";
		this.status = status;
	}
};
function createApi(kube) {
	const send = async (path, signal) => {
		const cluster = kube.getCurrentCluster();
		if (!cluster) throw new Error("the kubeconfig has no current cluster");
		const request = new RequestContext(`${cluster.server.replace(/\/$/, "")}${path}`, HttpMethod.GET);
		await kube.applySecurityAuthentication(request);
		request.setSignal(signal);
		const response = await new IsomorphicFetchHttpLibrary().send(request).toPromise();
		if (response.httpStatusCode === 200) return response.body;
		throw new ApiError(path.split("?")[0] ?? path, response.httpStatusCode, await response.body.text());
	};
	return {
		text: async (path, signal) => (await send(path, signal)).text(),
		watch: async function* (path, signal) {
			const stream = (await send(path, signal)).stream();
			if (!stream) return;
			yield* lines(stream);
		}
	};
}
async function* lines(stream) {
	const decoder = new TextDecoder();
	let rest = "";
	for await (const chunk of stream) {
		rest += decoder.decode(chunk, { stream: true });
		const whole = rest.split("\n");
		rest = whole.pop() ?? "";
		for (const line of whole) if (line.trim() !== "") yield JSON.parse(line);
	}
}
/** A Kubernetes `Status` carries its message; a proxy's page doesn't. */
function statusMessage(body) {
	try {
		return JSON.parse(body).message ?? body.slice(0, 200);
	} catch {
		return body.slice(0, 200);
	}
}

// src/deploy/crash-log.ts
const withLog = [
	"CrashLoopBackOff",
	"BackoffLimitExceeded",
	"Error",
	"Failed"
];
const lookupMs = 5e3;
/** A crash says why in its last words: adds them to the message. Anything but a crash comes back as it is. */
async function failureWithLog(context, kube, failure) {
	if (!failure.pod || !withLog.includes(failure.reason)) return failure;
	const [, namespace = ""] = /^\S+ ([^/]+)\//.exec(failure.workload) ?? [];
	const base = `/api/v1/namespaces/${namespace}/pods/${failure.pod}/log?tailLines=30${failure.container ? `&container=${encodeURIComponent(failure.container)}` : ""}`;
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(lookupMs)]);
	const api = createApi(kube);
	const read = (path) => api.text(path, signal).catch((error) => {
		context.log.debug(`no log of ${failure.pod}: ${String(error)}`);
		return "";
	});
	const line = lastWordsOf(await Promise.all([read(base), read(`${base}&previous=true`)]));
	return line ? {
		...failure,
		message: `${failure.message}; it said last: ${line}`
	} : failure;
}
/** Of several logs, the most telling one first; empty when there is none. */
function lastWordsOf(logs) {
	const words = logs.filter((log) => !/^unable to retrieve container logs for /.test(log)).map(lastWords).filter((line) => line !== "");
	return words.find((line) => trouble.test(line)) ?? words[0] ?? "";
}
const trouble = /error|fatal|panic|fail|exception/i;
/** The last line that speaks of an error, else the last line. Empty when there is none. */
function lastWords(log) {
	const lines = log.split("\n").map((line) => line.trim()).filter((line) => line !== "");
	return (lines.findLast((text) => trouble.test(text)) ?? lines.at(-1) ?? "").slice(0, 500);
}

// src/deploy/container-rules.ts
const mendImage = "Check the image's name and tag in the values, and that this machine can reach its registry.";
const imageRules = [
	{
		id: "image-rate-limit",
		match: /429 Too Many|toomanyrequests|too many requests|pull rate limit/i,
		graceMs: 0,
		mend: "The registry limits how often may be pulled: pull with credentials, or from a mirror (`mirrors:`)."
	},
	{
		id: "image-network",
		match: /i\/o timeout|no such host|server misbehaving|connection re(fused|set)|TLS handshake timeout|\bEOF\b|no route to host|network is unreachable|context (deadline exceeded|canceled)|temporary failure|unexpected status.*\b50[0234]\b|service unavailable|bad gateway|RegistryUnavailable|pull QPS exceeded/i,
		graceMs: 2e4,
		mend: "The registry can't be reached from the node: check the network, DNS and proxy, or name a mirror (`mirrors:`)."
	},
	{
		id: "image-platform",
		match: /no match(ing manifest)? for (platform|linux)|no matching manifest/i,
		graceMs: 0,
		mend: "The image does not exist for this machine's architecture: choose another tag."
	},
	{
		id: "image-tls",
		match: /x509:|server gave HTTP response to HTTPS client|failed to verify certificate/i,
		graceMs: 0,
		mend: "The registry's certificate is not trusted, or it speaks plain HTTP: mend the registry or its entry in `mirrors:`."
	},
	{
		id: "image-denied",
		match: /unauthorized|access denied|denied:|insufficient_scope|403 forbidden|no basic auth credentials/i,
		graceMs: 0,
		mend: "The registry refuses: the image's name is wrong, or it needs credentials (imagePullSecrets)."
	},
	{
		id: "image-not-found",
		match: /not found|manifest unknown|repository does not exist|NAME_UNKNOWN/i,
		graceMs: 0,
		mend: "There is no such image or tag: correct the image's name or tag in the values."
	},
	{
		id: "image-disk-full",
		match: /no space left on device/i,
		graceMs: 0,
		mend: "The node's disk is full: free some space."
	},
	{
		id: "image-invalid",
		match: /InvalidImageName|invalid reference format|couldn't parse image|failed to apply default image tag/i,
		graceMs: 0,
		mend: "This is not an image's name: correct it in the values."
	},
	{
		id: "image-never",
		match: /not present with pull policy of Never/i,
		graceMs: 0,
		mend: "The image is not on the node and may not be pulled: import it (`k3s.images`), or set another pullPolicy."
	},
	{
		id: "image-signature",
		match: /SignatureValidationFailed/i,
		graceMs: 0,
		mend: "The image's signature could not be verified: use a signed image, or change the node's policy."
	},
	{
		id: "image-other",
		match: /(?:)/,
		graceMs: 2e4,
		mend: mendImage
	}
];
/** What is said while a container is made and started: CreateContainerConfigError, CreateContainerError, RunContainerError. */
const createRules = [
	{
		id: "shared-mount",
		match: /not a shared or slave mount/i,
		graceMs: 0,
		mend: "The node's / is mounted private: run `mount --make-rshared /` on it, or turn the host mount off (prometheus-node-exporter: hostRootFsMount.enabled=false)."
	},
	{
		id: "oom-score",
		match: /oom_score_adj.*permission denied/i,
		graceMs: 0,
		mend: "The node lacks CAP_SYS_RESOURCE: let containerd run with `restrict_oom_score_adj = true`."
	},
	{
		id: "config-cache",
		match: /failed to sync (secret|configmap) cache|timed out waiting for the condition|not registered/i,
		graceMs: 4e4,
		mend: "The kubelet can't read Secrets or ConfigMaps from the API server: look at the node's log."
	},
	{
		id: "config-missing",
		match: /(secret|configmap)s? "[^"]*" not found|couldn't find key|non-existent (config|secret) key/i,
		graceMs: 1e4,
		mend: "Create this Secret or ConfigMap (or the key in it) before, or correct its name in the values."
	},
	{
		id: "run-as-root",
		match: /runAsNonRoot|will run as root|non-numeric user/i,
		graceMs: 0,
		mend: "The image runs as root and its security context forbids that: set runAsUser, or use another image."
	},
	{
		id: "no-executable",
		match: /executable file not found|exec format error|exec: .*(no such file or directory|permission denied)/i,
		graceMs: 0,
		mend: "The container's command can't be started: correct command and args in the values, or the image's architecture."
	},
	{
		id: "mount-subpath",
		match: /failed to prepare subPath|not a directory|mounting .* to rootfs/i,
		graceMs: 5e3,
		mend: "A path that is mounted into the container doesn't fit: correct the volumes and subPaths in the values."
	},
	{
		id: "create-other",
		match: /(?:)/,
		graceMs: 4e4,
		mend: "The container runtime can't start this container: read the message, and the node's containerd log."
	}
];

// src/deploy/pod-rules.ts
const mountRules = [
	...createRules.filter((rule) => rule.id === "config-cache" || rule.id === "config-missing"),
	{
		id: "host-path",
		match: /hostPath type check failed/i,
		graceMs: 5e3,
		mend: "The path that the chart mounts from the host is not there, or not of the kind it should be."
	},
	{
		id: "claim-missing",
		match: /persistentvolumeclaim "[^"]*" not found/i,
		graceMs: 1e4,
		mend: "Create this PersistentVolumeClaim, or correct existingClaim in the values."
	},
	{
		id: "mount-other",
		match: /(?:)/,
		graceMs: 6e4,
		mend: "The volume can't be mounted: read the message, and check the storage behind it."
	}
];
const sandboxRules = [
	...createRules.filter((rule) => rule.id === "oom-score"),
	{
		id: "sandbox-network",
		match: /subnet\.env|cni plugin not initialized|no networks found|failed to setup network|loopback/i,
		graceMs: 45e3,
		mend: "The node's pod network does not come up: look at the CNI's (flannel's) log and /etc/cni/net.d."
	},
	{
		id: "sandbox-other",
		match: /(?:)/,
		graceMs: 45e3,
		mend: "The node can't make the pod's sandbox: read the message, and the node's containerd log."
	}
];
const scheduleRules = [
	{
		id: "node-starting",
		match: /untolerated taint[^{]*\{(node\.cloudprovider\.kubernetes\.io\/uninitialized|node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable))|no nodes available/i,
		graceMs: 9e4,
		mend: "No node gets ready: look at `kubectl get nodes` and the node's log."
	},
	{
		id: "claim-unbound",
		match: /unbound immediate PersistentVolumeClaims/i,
		graceMs: 6e4,
		mend: "A volume claim is not bound: check its StorageClass and that its provisioner runs."
	},
	{
		id: "claim-missing",
		match: /persistentvolumeclaim "[^"]*" (not found|is being deleted)/i,
		graceMs: 1e4,
		mend: "Create this PersistentVolumeClaim, or correct existingClaim in the values."
	},
	{
		id: "no-room",
		match: /Insufficient|Too many pods/i,
		graceMs: 5e3,
		mend: "The pod asks for more than a node has free: lower resources.requests in the values, or use a larger machine."
	},
	{
		id: "host-port",
		match: /free ports/i,
		graceMs: 5e3,
		mend: "Another pod has this host port on every node: change the port in the values, or remove the other pod."
	},
	{
		id: "taint",
		match: /untolerated taint/i,
		graceMs: 12e3,
		mend: "The nodes carry a taint that the pod doesn't tolerate: add tolerations in the values, or remove the taint."
	},
	{
		id: "unschedulable",
		match: /(?:)/,
		graceMs: 5e3,
		mend: "No node fits: correct nodeSelector, affinity or tolerations in the values, or label the nodes."
	}
];
const claimRules = [
	{
		id: "no-class",
		match: /storageclass(\.storage\.k8s\.io)? "[^"]*" not found/i,
		graceMs: 3e3,
		mend: "There is no such StorageClass: correct storageClass in the values (`kubectl get storageclass` lists them)."
	},
	{
		id: "no-default-class",
		match: /no storage class is set/i,
		graceMs: 2e4,
		mend: "The cluster has no default StorageClass: name one in the values, or turn persistence off."
	},
	{
		id: "no-provisioner",
		match: /external provisioner|waiting for a volume to be created/i,
		graceMs: 6e4,
		mend: "Nothing provisions volumes of this class: check that its provisioner runs."
	},
	{
		id: "provisioning-failed",
		match: /(?:)/,
		graceMs: 2e4,
		mend: "The provisioner can't make the volume: read the message, and check size, access mode and StorageClass."
	}
];
/** FailedCreate: a controller may not create its pods. */
const admissionRules = [
	{
		id: "service-account",
		match: /service ?account/i,
		graceMs: 15e3,
		mend: "The pod's ServiceAccount doesn't exist: create it, or correct serviceAccount.name in the values."
	},
	{
		id: "namespace-ending",
		match: /is being terminated/i,
		graceMs: 0,
		mend: "The namespace is being deleted: wait until it is gone, or use another one."
	},
	{
		id: "webhook-down",
		match: /failed calling webhook/i,
		graceMs: 6e4,
		mend: "An admission webhook of this cluster doesn't answer: mend it, or exclude the namespace from it."
	},
	{
		id: "quota",
		match: /exceeded quota|failed quota/i,
		graceMs: 5e3,
		mend: "The namespace's ResourceQuota does not allow this pod: raise it, or lower the requests in the values."
	},
	{
		id: "pod-security",
		match: /violates PodSecurity|PodSecurityPolicy|security context constraint/i,
		graceMs: 0,
		mend: "The namespace's Pod Security level forbids this pod: relax it (pod-security.kubernetes.io/enforce), or the pod's settings."
	},
	{
		id: "webhook-denied",
		match: /admission webhook .* denied the request|ValidatingAdmissionPolicy/i,
		graceMs: 0,
		mend: "An admission policy of this cluster forbids this pod: adapt the values to it."
	},
	{
		id: "limit-range",
		match: /(minimum|maximum) (cpu|memory|storage)|LimitRange/i,
		graceMs: 0,
		mend: "The namespace's LimitRange does not allow this pod: adapt resources in the values."
	},
	{
		id: "invalid-pod",
		match: /is invalid:/i,
		graceMs: 0,
		mend: "The API server refuses this pod: correct the values that the message names."
	},
	{
		id: "create-failed",
		match: /(?:)/,
		graceMs: 3e4,
		mend: "The controller can't create its pods: read the message."
	}
];

// src/deploy/symptoms.ts
/** Takes the first rule whose words are in the message; the last rule of each list matches everything. */
function ruleFor(rules, message) {
	const rule = rules.find((candidate) => candidate.match.test(message));
	if (!rule) throw new Error(`no rule for: ${message}`);
	return rule;
}

// src/deploy/failures.ts
const imageReasons = [
	"ErrImagePull",
	"ImagePullBackOff",
	"InvalidImageName",
	"ErrImageNeverPull",
	"ImageInspectError",
	"RegistryUnavailable",
	"SignatureValidationFailed"
];
const createReasons = [
	"CreateContainerConfigError",
	"CreateContainerError",
	"RunContainerError",
	"PreCreateHookError",
	"PreStartHookError",
	"PostStartHookError"
];
/** What the kubelet reports once the volumes are mounted and the sandbox stands: what came before is healed then. */
const progressReasons = [
	"Pulling",
	"Pulled",
	"Created",
	"Started"
];
/** What is wrong with a pod now: its own state first, then the events that its state does not hold. */
function judgePod(pod, events) {
	const own = events.filter((event) => event.involvedObject.uid === pod.metadata.uid);
	const unscheduled = judgeScheduling(pod, own);
	if (unscheduled) return [unscheduled];
	const inside = containersOf(pod).flatMap((container) => judgeContainer(pod, container, own));
	return inside.length > 0 ? inside : judgeStart(pod, own);
}
/** Init containers first: the others wait for them. */
function containersOf(pod) {
	return [...pod.status?.initContainerStatuses ?? [], ...pod.status?.containerStatuses ?? []];
}
function judgeScheduling(pod, events) {
	const condition = pod.status?.conditions?.find((candidate) => candidate.type === "PodScheduled");
	if (condition?.status !== "False" || condition.reason !== "Unschedulable") return void 0;
	const message = condition.message ?? "the scheduler gives no reason";
	const found = symptom(ruleFor(scheduleRules, message), "Unschedulable", message, pod);
	if (!events.some((event) => event.reason === "TriggeredScaleUp")) return found;
	return {
		...found,
		graceMs: 6e5
	};
}
function judgeContainer(pod, container, events) {
	const waiting = container.state?.waiting;
	const reason = waiting?.reason ?? "";
	if (imageReasons.includes(reason)) return [imageSymptom(pod, container, reason, events)];
	if (createReasons.includes(reason)) {
		const message = waiting?.message || lastWarning$1(events, ["Failed"]) || reason;
		return [symptom(ruleFor(createRules, message), reason, message, pod, container)];
	}
	return crashSymptom(pod, container);
}
function imageSymptom(pod, container, reason, events) {
	const said = container.state?.waiting?.message ?? "";
	const bare = said === "" || /^Back-off pulling image "[^"]*"$/.test(said);
	const ofImage = events.filter((event) => event.message?.includes(container.image ?? ""));
	const message = bare && lastWarning$1(ofImage, ["Failed", "InspectFailed"], /^Failed to/) || said || reason;
	return symptom(ruleFor(imageRules, `${reason}: ${message}`), reason, message, pod, container);
}
const crash = {
	id: "crash",
	graceMs: 8e3,
	mend: "The program in the container ends by itself: read its last line, and correct its configuration in the values."
};
/**
* One crash is normal in a cluster that is just starting (its DNS, its API, a database come up later), so a crash
* loop is final at the third end of the container, at the second one when the same must happen again.
*/
function crashSymptom(pod, container) {
	const ended = container.state?.terminated;
	const last = ended ?? container.lastState?.terminated;
	if (container.ready || container.restartCount === 0 || !last) return [];
	const oom = last.reason === "OOMKilled";
	const certain = oom || ["StartError", "ContainerCannotRun"].includes(last.reason ?? "") || isNoCommand(last.exitCode);
	const enough = container.restartCount >= (certain ? 1 : 2);
	const looping = container.state?.waiting?.reason === "CrashLoopBackOff" || enough && ended !== void 0 && ended.exitCode !== 0;
	if (last.exitCode === 0 && !looping) return [];
	const graceMs = looping ? certain ? 0 : enough ? crash.graceMs : 6e4 : Number.POSITIVE_INFINITY;
	const words = [
		oom ? "OOMKilled: the container needs more memory than its limit" : `exit code ${last.exitCode}`,
		`restarted ${container.restartCount === 1 ? "once" : `${container.restartCount} times`}`,
		...last.message ? [last.message.trim()] : []
	];
	const mend = oom ? "Raise resources.limits.memory of this container in the values." : crash.mend;
	const reason = looping ? "CrashLoopBackOff" : last.reason ?? "Error";
	return [symptom({
		...crash,
		graceMs,
		mend
	}, reason, words.join(", "), pod, container)];
}
/** What a shell and a container runtime give for a command that isn't there or isn't executable. */
function isNoCommand(exitCode) {
	return exitCode === 126 || exitCode === 127;
}
/** Volumes and the sandbox: they are only in events, and an event stays when its cause has gone. */
function judgeStart(pod, events) {
	if (!containersOf(pod).some((container) => ["ContainerCreating", "PodInitializing"].includes(container.state?.waiting?.reason ?? "")) || containersOf(pod).some((container) => container.state?.running)) return [];
	const progress = Math.max(0, ...events.filter((event) => progressReasons.includes(event.reason ?? "")).map(eventTime));
	return events.flatMap((event) => {
		const rules = startRules(event);
		if (!rules || eventTime(event) <= progress) return [];
		const message = event.message ?? "";
		return [symptom(ruleFor(rules, message), event.reason ?? "", message, pod)];
	});
}
function startRules(event) {
	if (event.type !== "Warning") return void 0;
	if ([
		"FailedMount",
		"FailedAttachVolume",
		"FailedMapVolume"
	].includes(event.reason ?? "")) return mountRules;
	if (event.reason !== "FailedCreatePodSandBox") return void 0;
	return /failed to (get sandbox image|pull)/i.test(event.message ?? "") ? imageRules : sandboxRules;
}
/** A claim that doesn't get its volume. Waiting for its first consumer is normal. */
function judgeClaim(claim, events) {
	if (claim.status?.phase === "Bound") return [];
	if (claim.status?.phase === "Lost") return [symptom({
		id: "claim-lost",
		graceMs: 0,
		mend: "The volume behind the claim is gone: delete the claim, so that a new one is made."
	}, "Lost", `${claim.metadata.name}: the claim has lost its volume`)];
	const latest = events.filter((event) => event.involvedObject.uid === claim.metadata.uid).filter((event) => [
		"ProvisioningFailed",
		"FailedBinding",
		"ExternalProvisioning"
	].includes(event.reason ?? "")).sort((a, b) => eventTime(a) - eventTime(b)).at(-1);
	if (!latest) return [];
	const message = `${claim.metadata.name}: ${latest.message ?? ""}`;
	return [symptom(ruleFor(claimRules, message), latest.reason ?? "", message)];
}
/** A controller that may not create its pods: quota, Pod Security, a webhook, a missing service account. */
function judgeCreator(creator, events) {
	if (createdPods(creator) >= wantedPods(creator)) return [];
	const condition = creator.status?.conditions?.find((candidate) => candidate.type === "ReplicaFailure" && candidate.status === "True");
	const own = events.filter((event) => event.involvedObject.uid === creator.metadata.uid);
	const message = condition?.message ?? lastWarning$1(own, ["FailedCreate"]);
	if (!message) return [];
	return [symptom(ruleFor(admissionRules, message), condition?.reason ?? "FailedCreate", message)];
}
function wantedPods(creator) {
	if (creator.kind === "DaemonSet") return creator.status?.desiredNumberScheduled ?? 0;
	return creator.kind === "Job" ? 1 : creator.spec?.replicas ?? 1;
}
function createdPods(creator) {
	const status = creator.status ?? {};
	if (creator.kind === "DaemonSet") return status.currentNumberScheduled ?? 0;
	if (creator.kind === "Job") return (status.active ?? 0) + (status.succeeded ?? 0) + (status.failed ?? 0);
	return status.replicas ?? 0;
}
/** The latest warning with one of the reasons, its message. */
function lastWarning$1(events, reasons, words = /(?:)/) {
	return events.filter((event) => event.type === "Warning" && reasons.includes(event.reason ?? "") && words.test(event.message ?? "")).sort((a, b) => eventTime(a) - eventTime(b)).at(-1)?.message;
}
function symptom(rule, reason, message, pod, container) {
	return {
		rule: rule.id,
		graceMs: rule.graceMs,
		pod: pod?.metadata.name,
		container: container?.name,
		reason,
		message,
		mend: rule.mend
	};
}

// src/deploy/rollout.ts
const ready = { state: "ready" };
const waiting$1 = (missing) => ({
	state: "waiting",
	missing
});
const vague = (missing) => ({
	state: "waiting",
	missing,
	vague: true
});
/** How many of one are ready says nothing. */
const counted = (count, wanted) => wanted > 1 ? waiting$1(count) : vague(count);
/**
* Judges as kstatus does (sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go), with two differences: a DaemonSet that
* nothing runs yet because no node is usable is not ready, and a claim that waits for a consumer it doesn't have is.
*/
function judgeRollout(view) {
	const object = view.object;
	if (!object) return waiting$1("does not exist yet");
	if (object.metadata.deletionTimestamp) return waiting$1("is being deleted");
	if (view.kind === "PersistentVolumeClaim") return claim(object, view);
	if (view.kind === "Pod") return pod(object);
	const workload = object;
	const seen = workload.status?.observedGeneration;
	if (view.kind !== "Job" && (seen === void 0 || seen < (workload.metadata.generation ?? 0))) return vague("not yet seen by its controller");
	if (view.kind === "Deployment" || view.kind === "ReplicaSet") return deployment(workload);
	if (view.kind === "StatefulSet") return statefulSet(workload);
	if (view.kind === "DaemonSet") return daemonSet(workload, view.usableNodes);
	return view.kind === "Job" ? job(workload) : ready;
}
function deployment(object) {
	const { updatedReplicas = 0, replicas = 0, readyReplicas = 0, availableReplicas = 0 } = object.status ?? {};
	const wanted = object.spec?.replicas ?? 1;
	const progress = conditionOf(object, "Progressing");
	if (progress?.reason === "ProgressDeadlineExceeded") return {
		state: "failed",
		reason: progress.reason,
		message: progress.message ?? progress.reason,
		mend: "Its pods did not get ready within its progressDeadlineSeconds: look at their logs and readiness probe."
	};
	const count = `${readyReplicas}/${wanted} ready`;
	if (object.kind === "Deployment") {
		if (updatedReplicas < wanted) return counted(count, wanted);
		if (replicas > updatedReplicas) return waiting$1(`${replicas - updatedReplicas} old pods still running`);
	}
	if (readyReplicas < wanted) return counted(count, wanted);
	if (availableReplicas < wanted) return waiting$1(`${count}, ${availableReplicas} available`);
	const available = conditionOf(object, "Available");
	if (object.kind === "Deployment" && wanted > 0 && available?.status !== "True") return waiting$1(`${count}, not yet available`);
	return ready;
}
function statefulSet(object) {
	if (object.spec?.updateStrategy?.type === "OnDelete") return ready;
	const status = object.status ?? {};
	const wanted = object.spec?.replicas ?? 1;
	const count = `${status.readyReplicas ?? 0}/${wanted} ready`;
	if ((status.replicas ?? 0) < wanted || (status.readyReplicas ?? 0) < wanted) return counted(count, wanted);
	if ((status.replicas ?? 0) > wanted) return waiting$1(`${(status.replicas ?? 0) - wanted} pods too many`);
	const partition = object.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
	if (partition > 0) {
		const due = wanted - partition;
		return (status.updatedReplicas ?? 0) < due ? waiting$1(`${status.updatedReplicas ?? 0}/${due} updated`) : ready;
	}
	if (status.currentRevision !== status.updateRevision) return waiting$1(`${status.updatedReplicas ?? 0}/${wanted} updated`);
	return ready;
}
function daemonSet(object, usableNodes) {
	const status = object.status ?? {};
	const wanted = status.desiredNumberScheduled;
	if (wanted === void 0) return vague("not yet seen by its controller");
	if (wanted === 0) return usableNodes === 0 ? waiting$1("no node is ready yet") : ready;
	const count = `${status.numberReady ?? 0}/${wanted} ready`;
	return Math.min(status.currentNumberScheduled ?? 0, status.updatedNumberScheduled ?? 0, status.numberAvailable ?? 0, status.numberReady ?? 0) < wanted ? counted(count, wanted) : ready;
}
function job(object) {
	if (object.spec?.suspend) return ready;
	const failed = conditionOf(object, "Failed");
	if (failed?.status === "True") return {
		state: "failed",
		reason: failed.reason ?? "Failed",
		message: failed.message ?? "the job failed",
		mend: "Look at the log of the job's last pod."
	};
	if (conditionOf(object, "Complete")?.status === "True") return ready;
	return waiting$1(`${object.status?.succeeded ?? 0}/${object.spec?.completions ?? 1} completed`);
}
function claim(object, view) {
	if (object.status?.phase === "Bound") return ready;
	return view.events.some((event) => event.reason === "WaitForFirstConsumer") && view.pods.length === 0 ? ready : waiting$1(object.status?.phase ?? "Pending");
}
function pod(object) {
	const { phase, conditions } = object.status ?? {};
	if (phase === "Succeeded") return ready;
	if (phase === "Failed") return {
		state: "failed",
		reason: object.status?.reason ?? "Failed",
		message: object.status?.message ?? "the pod failed",
		mend: "Look at the pod's log."
	};
	return conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ? ready : vague("0/1 ready");
}
function conditionOf(object, type) {
	return object.status?.conditions?.find((condition) => condition.type === type);
}

// src/deploy/judge.ts
/** Resources that get freed can make room for a pending pod: time for that, in milliseconds. */
const whileTerminatingMs = 4e4;
/** A node that is starting takes its start-up taints off within this time, in milliseconds. */
const nodeStartMs = 9e4;
/** A controller notices a node that became usable a little later; then 0 wanted pods are meant. */
const zeroNodesMs = 3e3;
/** A container without a probe counts as ready the moment it runs, also in a crash loop; so it has to stay up. */
const stayUpMs = 3e3;
/** The same after a crash: longer than the first back-off. */
const stayUpAgainMs = 12e3;
/** How a workload stands: its rollout the way kstatus judges it, and whether what holds it up can heal by waiting. */
function judgeWorkload(view, ageOf) {
	const rollout = judgeRollout(view);
	const doubt = doubtOf(view, ageOf);
	if (rollout.state === "ready") return doubt === void 0 ? rollout : {
		state: "waiting",
		missing: doubt
	};
	const symptoms = symptomsOf(view);
	const ages = symptoms.map((symptom) => ageOf(keyOf(view, symptom)));
	const final = symptoms.find((symptom, index) => (ages[index] ?? 0) >= grace(symptom, view));
	if (final) return {
		state: "failed",
		workload: view.id,
		pod: final.pod,
		container: final.container,
		rule: final.rule,
		reason: final.reason,
		message: final.message,
		mend: final.mend
	};
	if (rollout.state === "failed") return {
		workload: view.id,
		container: void 0,
		...lastFailedPod(view),
		...rollout
	};
	const detail = symptoms[0] ? `${symptoms[0].reason}: ${symptoms[0].message}` : detailOf(view);
	const count = rollout.vague ? "" : `${rollout.missing}: `;
	return {
		state: "waiting",
		missing: detail ? `${count}${detail}` : rollout.missing
	};
}
/** Why a workload whose status says ready may not be; each is settled by a moment's waiting. */
function doubtOf(view, ageOf) {
	if (view.kind === "Job" || view.kind === "PersistentVolumeClaim") return void 0;
	if (view.object?.status?.desiredNumberScheduled === 0 && view.usableNodes && ageOf(`${view.id}|no-nodes-wanted`) < zeroNodesMs) return "no node takes it yet";
	return tooYoung(view, ageOf);
}
function tooYoung(view, ageOf) {
	const young = view.pods.flatMap((pod) => {
		const unprobed = (pod.spec?.containers ?? []).filter((it) => !it.readinessProbe && !it.startupProbe);
		return (pod.status?.containerStatuses ?? []).filter(({ name, state }) => state?.running && unprobed.some((container) => container.name === name)).filter(({ name, restartCount }) => {
			return ageOf([
				view.id,
				pod.metadata.name,
				name,
				`up ${restartCount}`
			].join("|")) < (restartCount > 0 ? stayUpAgainMs : stayUpMs);
		});
	});
	return young[0] ? `container ${young[0].name} has only just started, and has no readiness probe` : void 0;
}
/** Everything that is wrong now: at the workload's creators, its claims, its pods. */
function symptomsOf(view) {
	const claims = view.kind === "PersistentVolumeClaim" && view.object ? [view.object] : view.claims;
	return [
		...view.creators.flatMap((creator) => judgeCreator(creator, view.events)),
		...claims.flatMap((claim) => judgeClaim(claim, view.events)),
		...view.pods.flatMap((pod) => judgePod(pod, view.events).filter((symptom) => !isStale(symptom, claims)))
	];
}
/** While the scheduler waits for a volume on the node that it chose, the pod's condition still says what was before. */
function isStale(symptom, claims) {
	return symptom.reason === "Unschedulable" && claims.some((claim) => claim.status?.phase === "Pending" && claim.metadata.annotations?.["volume.kubernetes.io/selected-node"] !== void 0);
}
/** The time with no node to go to doesn't count for what is wrong once there is one. */
function keyOf(view, symptom) {
	const phase = awaitsNode(symptom, view) ? "no node yet" : "";
	return [
		view.id,
		symptom.pod,
		symptom.container,
		symptom.rule,
		phase
	].join("|");
}
function grace(symptom, view) {
	if (awaitsNode(symptom, view)) return Math.max(symptom.graceMs, nodeStartMs);
	return symptom.reason === "Unschedulable" && view.terminating ? Math.max(symptom.graceMs, whileTerminatingMs) : symptom.graceMs;
}
/** Whether it is a start-up taint that keeps the pod pending: the scheduler's message need not name it. */
function awaitsNode(symptom, view) {
	if (symptom.reason !== "Unschedulable") return false;
	if (view.usableNodes === 0) return true;
	return /untolerated taint/i.test(symptom.message) && (view.startingNodes > 0 || view.usableNodes === void 0 && !symptom.message.includes("{"));
}
function lastFailedPod(view) {
	return { pod: view.pods.filter((pod) => pod.status?.phase === "Failed").at(-1)?.metadata.name };
}
/** What the first pod that isn't ready is doing. */
function detailOf(view) {
	const pod = view.pods.find((candidate) => !isReady(candidate));
	if (!pod) return "";
	const open = containersOf(pod).find((container) => !container.ready);
	if (!open) return pod.spec?.nodeName ? "starting" : "waiting for a node";
	const { waiting, running, terminated } = open.state ?? {};
	if (running) return `container ${open.name} runs, not ready yet`;
	if (terminated) return `container ${open.name} ended with exit code ${terminated.exitCode}`;
	const pulling = pullingImage(pod, view.events);
	return pulling ? `pulling image ${pulling}` : waiting?.reason ?? "starting";
}
function isReady(pod) {
	return pod.status?.conditions?.some((item) => item.type === "Ready" && item.status === "True") ?? false;
}
function pullingImage(pod, events) {
	const latest = events.filter((event) => event.involvedObject.uid === pod.metadata.uid && [
		"Pulling",
		"Pulled",
		"Created",
		"Started",
		"Failed"
	].includes(event.reason ?? "")).sort((a, b) => eventTime(a) - eventTime(b)).at(-1);
	return latest?.reason === "Pulling" ? /image "([^"]+)"/.exec(latest.message ?? "")?.[1] : void 0;
}

// src/deploy/store.ts
/** What is followed. `optional`: without the right to read it, judging goes on with less. */
const resources = {
	pods: {
		kind: "Pod",
		group: "/api/v1",
		optional: false
	},
	events: {
		kind: "Event",
		group: "/api/v1",
		optional: true
	},
	persistentvolumeclaims: {
		kind: "PersistentVolumeClaim",
		group: "/api/v1",
		optional: true
	},
	nodes: {
		kind: "Node",
		group: "/api/v1",
		optional: true
	},
	deployments: {
		kind: "Deployment",
		group: "/apis/apps/v1",
		optional: false
	},
	replicasets: {
		kind: "ReplicaSet",
		group: "/apis/apps/v1",
		optional: false
	},
	statefulsets: {
		kind: "StatefulSet",
		group: "/apis/apps/v1",
		optional: false
	},
	daemonsets: {
		kind: "DaemonSet",
		group: "/apis/apps/v1",
		optional: false
	},
	jobs: {
		kind: "Job",
		group: "/apis/batch/v1",
		optional: false
	}
};
/** A watch is renewed after this many seconds, by the server; a little later by us, if the connection is dead. */
const watchSeconds = 120;
const listMs = 15e3;
const firstPauseMs = 100;
/** Lists and then watches every resource in every namespace (nodes once), until `close`. */
function openStore(context, kube, namespaces, followed = Object.keys(resources)) {
	const end = new AbortController();
	const signal = AbortSignal.any([context.signal, end.signal]);
	const waiters = /* @__PURE__ */ new Set();
	let refused;
	const notify = () => {
		for (const wake of [...waiters]) wake();
		waiters.clear();
	};
	const followers = /* @__PURE__ */ new Map();
	for (const resource of followed) for (const namespace of resource === "nodes" ? [""] : namespaces) followers.set(`${resource}/${namespace}`, newFollower(resource, namespace));
	const api = createApi(kube);
	const refuse = (error) => {
		refused ??= error;
		notify();
	};
	for (const follower of followers.values()) keepFollowing(context, api, follower, signal, notify, refuse);
	return {
		items: (resource, namespace) => {
			const follower = followers.get(`${resource}/${resource === "nodes" ? "" : namespace}`);
			return !follower || follower.forbidden ? void 0 : [...follower.items.values()];
		},
		synced: () => [...followers.values()].every((follower) => follower.listed || follower.forbidden),
		silence: () => silenceOf([...followers.values()]),
		refused: () => refused,
		changed: () => new Promise((resolve) => waiters.add(resolve)),
		close: () => {
			end.abort();
			notify();
		}
	};
}
function newFollower(resource, namespace) {
	const { group } = resources[resource];
	return {
		resource,
		path: namespace === "" ? `${group}/${resource}` : `${group}/namespaces/${namespace}/${resource}`,
		items: /* @__PURE__ */ new Map(),
		listed: false,
		forbidden: false,
		failing: void 0
	};
}
/** Silence is when every one fails: a single resource can be slow while the API server is fine. */
function silenceOf(followers) {
	const failing = followers.flatMap((follower) => follower.failing ? [follower.failing] : []);
	const working = followers.filter((follower) => !follower.forbidden);
	if (failing.length === 0 || failing.length < working.length) return void 0;
	return failing.reduce((latest, next) => next.since > latest.since ? next : latest);
}
async function keepFollowing(context, api, follower, signal, notify, refuse) {
	let pauseMs = firstPauseMs;
	while (!signal.aborted) {
		const began = context.host.now();
		try {
			const version = await list$1(api, follower, signal);
			notify();
			await watchFrom(api, follower, version, signal, notify);
		} catch (error) {
			if (signal.aborted) return;
			if (endsFollowing(context, follower, error, refuse)) return notify();
			follower.failing ??= {
				since: context.host.now(),
				why: messageOf(error)
			};
			context.log.debug(`${follower.path}: ${messageOf(error)}; trying again in ${pauseMs} ms`);
		}
		if (context.host.now() - began > 5e3) pauseMs = firstPauseMs;
		await context.host.sleep(pauseMs, signal).catch(() => void 0);
		pauseMs = Math.min(pauseMs * 2, 2e3);
	}
}
function endsFollowing(context, follower, error, refuse) {
	if (!(error instanceof ApiError) || error.status !== 401 && error.status !== 403) return false;
	const { kind, optional } = resources[follower.resource];
	if (error.status === 403 && optional) {
		follower.forbidden = true;
		context.log.warn(`this user may not watch ${follower.resource}, so causes that only they tell are not seen`);
		return true;
	}
	const mend = `Use a kubeconfig whose user may get, list and watch ${follower.resource} (${kind}).`;
	refuse(new InstallError(`readiness can't be watched: ${error.message}`, {
		cause: error,
		mend
	}));
	return true;
}
async function list$1(api, follower, signal) {
	const bounded = AbortSignal.any([signal, AbortSignal.timeout(listMs)]);
	const answer = JSON.parse(await api.text(follower.path, bounded));
	const { kind } = resources[follower.resource];
	const items = (answer.items ?? []).map((item) => ({
		...item,
		kind
	}));
	follower.items = new Map(items.map((item) => [item.metadata.name, item]));
	follower.listed = true;
	follower.failing = void 0;
	return answer.metadata?.resourceVersion ?? "";
}
/** Returns when the state must be listed again: the version is too old (410 Gone), or the watch broke. */
async function watchFrom(api, follower, from, signal, notify) {
	let version = from;
	let heard = true;
	while (heard && !signal.aborted) {
		heard = false;
		const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeURIComponent(version)}`;
		const bounded = AbortSignal.any([signal, AbortSignal.timeout(135e3)]);
		for await (const event of api.watch(`${follower.path}?${query}`, bounded)) {
			if (event.type === "ERROR") return;
			const object = event.object;
			version = object.metadata.resourceVersion ?? version;
			heard = true;
			if (event.type === "BOOKMARK") continue;
			if (event.type === "DELETED") follower.items.delete(object.metadata.name);
			else follower.items.set(object.metadata.name, {
				...object,
				kind: resources[follower.resource].kind
			});
			notify();
		}
	}
}

// src/deploy/teller.ts
/** Most states of a rollout are over in a moment; one that lasts this long, in milliseconds, is worth a line. */
const tellingMs = 2e3;
/** @returns what is called in each round; it tells nothing twice. */
function createTeller(now, told) {
	const current = /* @__PURE__ */ new Map();
	const said = /* @__PURE__ */ new Set();
	return (standings) => {
		for (const { target, status } of standings) {
			const line = `${target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name}: ${describe$3(status)}`;
			const known = current.get(target);
			const since = known?.line === line ? known.since : now();
			if (known?.line !== line) told.onChange?.(line);
			current.set(target, {
				line,
				since
			});
			if (!(status.state !== "waiting" || now() - since >= tellingMs) || said.has(line)) continue;
			said.add(line);
			told.onProgress?.(line);
		}
	};
}
/** One line of bounded length. */
function describe$3(status) {
	if (status.state === "ready") return "ready";
	const line = (status.state === "waiting" ? status.missing : `failed: ${status.reason}`).replaceAll(/\s+/g, " ");
	return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

// src/deploy/watch.ts
/** Symptoms become final by lasting, so there is something to judge without a change too. */
const tickMs = 500;
/** An API server that says nothing for so long has died. */
const silenceMs = 6e4;
/**
* Watches until every workload is ready.
* @throws WorkloadsFailed at once when a workload is in a state that can't heal by waiting, and at the timeout with
*   each workload that is still missing; InstallError when the API server refuses or no longer answers.
*/
async function waitForWorkloads(context, options) {
	const targets = targetsOf(options.workloads);
	if (targets.length === 0) return;
	const store = options.store ?? openStoreFor(context, options.cluster, targets);
	try {
		await waitInStore(context, store, targets, options);
	} finally {
		if (!options.store) store.close();
	}
}
/** Opens a store that follows what these workloads need. */
function openStoreFor(context, cluster, targets) {
	const namespaces = [...new Set(targets.map((target) => target.namespace))];
	return openStore(context, cluster.kube, namespaces, resourcesFor(targets));
}
async function waitInStore(context, store, targets, options) {
	const deadline = context.host.now() + options.timeoutMs;
	const ages = createAges(context.host.now);
	const tell = createTeller(context.host.now, options);
	for (;;) {
		const changed = store.changed();
		const standings = store.synced() ? judgeAll(store, targets, ages) : void 0;
		if (standings) tell(standings);
		const failures = standings?.flatMap(({ status }) => failureOf(status)) ?? [];
		if (standings && failures.length > 0) throw await workloadsFailed(context, options.cluster, failures, standings);
		if (standings?.every(({ status }) => status.state === "ready")) return;
		throwIfSilent(context, store);
		const left = deadline - context.host.now();
		if (left <= 0) throw timedOut(targets, standings, store, options.timeoutMs);
		await nextChange(context, changed, Math.min(tickMs, left));
	}
}
function failureOf(status) {
	if (status.state !== "failed") return [];
	const { state: _, ...failure } = status;
	return [failure];
}
/** How every one stands; symptoms that are gone are forgotten, so that their time starts anew. */
function judgeAll(store, targets, ages) {
	const standings = targets.map((target) => ({
		target,
		status: judgeWorkload(viewOf(store, target), ages.of)
	}));
	ages.endRound();
	return standings;
}
/** Counts how long each symptom has been seen in every round, by this machine's clock: the cluster's may differ. */
function createAges(now) {
	let since = /* @__PURE__ */ new Map();
	let seen = /* @__PURE__ */ new Map();
	return {
		of: (key) => {
			const first = seen.get(key) ?? since.get(key) ?? now();
			seen.set(key, first);
			return now() - first;
		},
		endRound: () => {
			since = seen;
			seen = /* @__PURE__ */ new Map();
		}
	};
}
/** One cause is told once: of a claim and the workload that needs it, for the workload. */
function withoutEchoes(failures) {
	const isClaim = ({ workload }) => workload.startsWith("PersistentVolumeClaim ");
	const claimsLast = [...failures].sort((a, b) => Number(isClaim(a)) - Number(isClaim(b)));
	const isSame = (a, b) => a.reason === b.reason && a.message === b.message;
	return claimsLast.filter((failure, index) => claimsLast.findIndex((other) => isSame(other, failure)) === index);
}
async function workloadsFailed(context, cluster, failures, standings) {
	const distinct = withoutEchoes(failures);
	const told = await Promise.all(distinct.map((failure) => failureWithLog(context, cluster.kube, failure)));
	const others = standings.flatMap(({ target, status }) => status.state === "failed" ? [] : [`${target.kind} ${target.namespace}/${target.name}: ${describe$3(status)}`]);
	return new WorkloadsFailed(told, others);
}
function timedOut(targets, standings, store, timeoutMs) {
	const silence = store.silence();
	const unknown = silence ? `the API server does not answer: ${silence.why}` : "its state could not be read in time";
	const all = standings ?? targets.map((target) => ({
		target,
		status: {
			state: "waiting",
			missing: unknown
		}
	}));
	const missing = all.flatMap(({ target, status }) => status.state !== "waiting" ? [] : [{
		workload: `${target.kind} ${target.namespace}/${target.name}`,
		pod: void 0,
		container: void 0,
		reason: "Timeout",
		message: `after ${Math.round(timeoutMs / 1e3)} s: ${status.missing}`,
		mend: "Give it more time (timeout), or look at the pod's log and readiness probe."
	}]);
	const others = all.flatMap(({ target, status }) => status.state === "ready" ? [`${target.kind} ${target.namespace}/${target.name}: ready`] : []);
	return new WorkloadsFailed(missing, others);
}
function throwIfSilent(context, store) {
	const refused = store.refused();
	if (refused) throw refused;
	const silence = store.silence();
	if (!silence || context.host.now() - silence.since < silenceMs) return;
	throw new InstallError(`the API server has not answered for ${silenceMs / 1e3} s: ${silence.why}`, { mend: "Look at the cluster's (k3s') log: its server has ended or is overloaded." });
}
async function nextChange(context, changed, ms) {
	const woken = new AbortController();
	try {
		const tick = context.host.sleep(ms, AbortSignal.any([context.signal, woken.signal]));
		await Promise.race([changed, tick]);
	} finally {
		woken.abort();
	}
}

// src/deploy/deploy.ts
/**
* Installs the apps side by side, each as soon as what it depends on is applied or ready, and waits until every
* workload is ready. The first failure ends it; helm commands that run already are let finish.
* @throws WorkloadsFailed, InstallError or UserError of the app that failed first, with how the others stood.
*/
async function deployApps(context, options) {
	const { cluster, apps, journal } = options;
	const missing = await missingNamespaces(context, cluster.kube, apps.map(({ app }) => app.namespace));
	if (cluster.kind === "existing") {
		const there = apps.filter(({ app }) => !missing.includes(app.namespace));
		await refuseForeignReleases(context, cluster, options.helm, there);
	}
	await createNamespaces(context, cluster.kube, missing, journal);
	context.log.info(`deploying ${apps.map(({ app, chart }) => `${app.name} (chart ${chart.version})`).join(", ")}`);
	const stop = new AbortController();
	const inner = {
		...context,
		signal: AbortSignal.any([context.signal, stop.signal])
	};
	const store = openStoreFor(inner, cluster, targetsOf(apps.flatMap(({ objects }) => objects)));
	const deadline = context.host.now() + options.timeoutMs;
	const rollouts = /* @__PURE__ */ new Map();
	try {
		for (const rendered of apps) rollouts.set(rendered.app.name, startRollout(inner, options, rendered, rollouts, store, deadline));
		return await finish(context, rollouts, () => stop.abort());
	} finally {
		stop.abort();
		store.close();
	}
}
function startRollout(context, options, rendered, others, store, deadline) {
	const { app } = rendered;
	const progress = {
		state: waitsFor(app.dependsOn.map((other) => other.app)),
		lines: /* @__PURE__ */ new Map()
	};
	const onChange = (line) => {
		progress.lines.set(line.split(":")[0] ?? line, line);
		context.log.debug(line);
	};
	const install = async () => {
		await dependencies$1(rendered, others);
		context.signal.throwIfAborted();
		progress.state = "being installed";
		await apply(context, options, rendered, deadline);
		progress.state = "installed, its workloads not yet ready";
	};
	const applied = install();
	const ready = applied.then(async () => {
		const deployed = await becomeReady(context, options, rendered, store, deadline, onChange);
		progress.state = "ready";
		return deployed;
	});
	applied.catch(() => void 0);
	return {
		applied,
		ready,
		progress
	};
}
function waitsFor(names) {
	return names.length === 0 ? "not yet installed" : `not yet installed (it comes after ${names.join(", ")})`;
}
async function dependencies$1({ app }, others) {
	await Promise.all(app.dependsOn.map(async ({ app: name, until }) => {
		const other = others.get(name);
		if (!other) throw new InstallError(`app ${app.name} depends on ${name}, which is not deployed before it`);
		await other[until];
	}));
}
async function apply(context, options, rendered, deadline) {
	const { app } = rendered;
	const { cluster, helm, journal } = options;
	const leftMs = Math.min(app.timeoutMs, deadline - context.host.now());
	if (leftMs <= 0) throw new InstallError(`app ${app.name}: no time was left to install it`, { mend: "Raise timeouts.deploy." });
	const at = new Date(context.host.now()).toISOString();
	await journal.append({
		kind: "release",
		at,
		name: app.release,
		namespace: app.namespace,
		helm: helm.path
	});
	await installRelease(context, cluster, helm, rendered, leftMs);
}
async function becomeReady(context, options, { app, chart, objects }, store, deadline, onChange) {
	const installedAt = context.host.now();
	await waitForWorkloads(context, {
		cluster: options.cluster,
		workloads: objects,
		timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
		onProgress: options.onProgress ?? context.log.info,
		onChange,
		store
	});
	const readyAfterMs = context.host.now() - installedAt;
	return {
		name: app.name,
		release: app.release,
		namespace: app.namespace,
		chart,
		readyAfterMs
	};
}
/** The first rejection tells the others to stop; it is thrown when all of them have. */
async function finish(context, rollouts, stop) {
	let first;
	const settled = await Promise.all([...rollouts].map(([name, { ready }]) => ready.catch((error) => {
		first ??= {
			name,
			error
		};
		stop();
	})));
	if (context.signal.aborted) throw new Interrupted();
	if (first === void 0) return settled.filter((app) => app !== void 0);
	const { name, error } = first;
	throw withOthers(name, error, rollouts);
}
function withOthers(failed, error, rollouts) {
	const others = [...rollouts].flatMap(([name, { progress }]) => {
		if (name === failed) return [];
		const open = [...progress.lines.values()].filter((line) => !line.endsWith(": ready"));
		return [`app ${name}: ${progress.state}${open.length > 0 ? ` (${open.join("; ")})` : ""}`];
	});
	if (others.length === 0 || !(error instanceof MonstackError)) return error;
	if (error instanceof WorkloadsFailed) return new WorkloadsFailed(error.failures, [...error.others, ...others]);
	const message = [
		error.message,
		"The others:",
		...others.map((line) => `  ${line}`)
	].join("\n");
	const options = {
		cause: error.cause,
		...error.mend === void 0 ? {} : { mend: error.mend }
	};
	return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}

// src/deploy/manifest.ts
/** Kinds that have no namespace. Custom kinds are taken as having one. */
const clusterScoped = /* @__PURE__ */ new Set([
	"APIService",
	"CSIDriver",
	"CSINode",
	"ClusterRole",
	"ClusterRoleBinding",
	"CustomResourceDefinition",
	"FlowSchema",
	"IngressClass",
	"MutatingAdmissionPolicy",
	"MutatingAdmissionPolicyBinding",
	"MutatingWebhookConfiguration",
	"Namespace",
	"Node",
	"PersistentVolume",
	"PriorityClass",
	"PriorityLevelConfiguration",
	"RuntimeClass",
	"StorageClass",
	"ValidatingAdmissionPolicy",
	"ValidatingAdmissionPolicyBinding",
	"ValidatingWebhookConfiguration",
	"VolumeAttachment"
]);
/**
* The objects in what `helm template` prints: empty documents dropped, Lists taken apart, the namespace filled in.
* @throws Error with the document's position when one is no YAML or no Kubernetes object.
*/
function parseManifest(text, namespace) {
	return [...(0, import_dist.parseAllDocuments)(text, {
		uniqueKeys: false,
		merge: true
	})].flatMap((document) => {
		const [error] = document.errors;
		if (error) throw error;
		const value = document.toJS();
		return value === null || value === void 0 ? [] : flatten(value).map((object) => place(object, namespace));
	});
}
function flatten(value) {
	const object = value;
	if (typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items)) return object.items.flatMap(flatten);
	if (typeof object.kind !== "string" || typeof object.apiVersion !== "string" || !object.metadata?.name) throw new Error(`not a Kubernetes object: ${JSON.stringify(value).slice(0, 120)}`);
	return [object];
}
function place(object, namespace) {
	if (clusterScoped.has(object.kind) || object.metadata.namespace) return object;
	return {
		...object,
		metadata: {
			...object.metadata,
			namespace
		}
	};
}
/** Images of every container of every pod template in these objects, sorted, each once. */
function imagesOf(objects) {
	const images = objects.flatMap((object) => podSpecsOf(object).flatMap(imagesOfPod));
	return [...new Set(images)].sort();
}
function imagesOfPod(pod) {
	return [...pod.initContainers ?? [], ...pod.containers ?? []].map(({ image }) => image).filter((image) => typeof image === "string" && image !== "");
}
function podSpecsOf(object) {
	const { spec } = object;
	if (object.kind === "Pod") return spec ? [spec] : [];
	return [spec?.template?.spec, spec?.jobTemplate?.spec?.template?.spec].filter((pod) => typeof pod === "object" && pod !== null);
}

// src/deploy/render.ts
/**
* Renders a chart with the app's values, without a cluster, by helm itself (3 or 4).
* @param kubeVersion what the templates shall take as the cluster's version; helm's own default when undefined
* @throws UserError when the values don't fit the chart, InstallError when helm can't render it; with helm's words.
*/
async function renderApp(context, helm, app, chart, kubeVersion) {
	const objects = parse$2(await withValuesFile(context, app, async (values) => {
		const options = [
			"-n",
			app.namespace,
			"-f",
			values,
			"--no-hooks",
			"--include-crds"
		];
		if (kubeVersion) options.push("--kube-version", kubeVersion);
		try {
			const argv = [
				helm.path,
				"template",
				app.release,
				chart.path,
				...options
			];
			return (await context.host.exec(argv, {
				env: helmEnv,
				timeoutMs: 6e4
			})).stdout;
		} catch (error) {
			throw helmError("rendering", app, chart, error);
		}
	}), app, chart);
	return {
		app,
		chart,
		objects,
		images: imagesOf(objects)
	};
}
function parse$2(manifest, app, chart) {
	try {
		return parseManifest(manifest, app.namespace);
	} catch (cause) {
		throw new InstallError(`app ${app.name}: chart ${chart.name} ${chart.version} renders to something else than objects`, {
			cause,
			mend: "Correct the chart, or the values that end up in its templates; `helm template` shows what it renders."
		});
	}
}

// src/sources/patience.ts
const defaultPatience = {
	tries: 4,
	firstWaitMs: 1e3,
	totalWaitMs: 6e4,
	stallMs: 3e4
};
/** Milliseconds to wait after the given number of tries; half of it by chance, so that many jobs don't come back at once. */
function backOff(patience, tried) {
	return patience.firstWaitMs * 3 ** (tried - 1) * (.5 + Math.random() / 2);
}

// src/sources/http.ts
/** A host's final answer that it won't give the thing: not retried. */
var HttpStatusError = class extends InstallError {
	status;
	constructor(status, message, mend) {
		super(message, mend === void 0 ? {} : { mend });
		this.status = status;
	}
};
/** A failure that the next try may not meet. */
var Transient = class extends Error {
	retryAfterMs;
	constructor(message, options = {}) {
		super(message, { cause: options.cause });
		this.retryAfterMs = options.retryAfterMs ?? 0;
	}
};
/**
* Asks for `url`, through the mirrors, and hands the answer to `read`; the whole, reading included, is tried again on
* a failure that may pass: no connection, 408, 429, 500, 502, 503, 504, a body cut off or standing still.
* @throws HttpStatusError for any other status (404, 403, ...), InstallError when the tries or the time for waiting
*   are used up, Interrupted, and whatever `read` throws of its own.
*/
async function request(web, url, read, options = {}) {
	const { context, patience } = web;
	let waitedMs = 0;
	for (let tried = 1;; tried++) try {
		return await attempt$1(web, url, read, options);
	} catch (error) {
		if (context.signal.aborted) throw new Interrupted();
		if (!(error instanceof Transient)) throw error;
		const waitMs = Math.max(backOff(patience, tried), error.retryAfterMs);
		const whole = `${where(web, url)}: ${error.message}`;
		if (tried >= patience.tries || waitedMs + waitMs > patience.totalWaitMs) throw givenUp(whole, tried, error);
		context.log.info(`${whole}; trying again in ${seconds(waitMs)} (${tried + 1} of ${patience.tries})`);
		await context.host.sleep(waitMs, context.signal);
		waitedMs += waitMs;
	}
}
/** The URL, with the mirror that was really asked. */
function where(web, url) {
	const asked = mirrored(url, web.mirrors);
	return asked === url ? url : `${url} (through ${asked})`;
}
/** The same for a line of progress: the hosts alone. */
function whence(web, url) {
	const { host } = new URL(url);
	const asked = new URL(mirrored(url, web.mirrors));
	return asked.href === new URL(url).href ? host : `${host} (through ${asked.protocol}//${asked.host})`;
}
async function attempt$1(web, url, read, options) {
	const { context, patience } = web;
	const ended = new AbortController();
	const stalled = new AbortController();
	const last = { at: context.host.now() };
	watchForStall(web, last, ended.signal, stalled);
	const signal = AbortSignal.any([context.signal, stalled.signal]);
	const explain = (cause) => stalled.signal.aborted ? new Transient(`no byte came for ${seconds(patience.stallMs)}`) : asTransient(cause, web, url);
	try {
		const response = await context.host.fetch(mirrored(url, web.mirrors), {
			headers: {
				"accept-encoding": url.endsWith("gz") ? "identity" : "gzip",
				"user-agent": "monstack"
			},
			...options,
			signal
		}).catch((cause) => {
			throw explain(cause);
		});
		last.at = context.host.now();
		await refuse(web, url, response, options);
		return await read({
			headers: response.headers,
			body: pieces(web, response, last, explain)
		});
	} finally {
		ended.abort();
		if (!stalled.signal.aborted) stalled.abort();
	}
}
/** Ends the request when no byte came for `stallMs`. */
async function watchForStall({ context, patience }, last, ended, stalled) {
	try {
		for (;;) {
			const leftMs = last.at + patience.stallMs - context.host.now();
			if (leftMs <= 0) break;
			await context.host.sleep(leftMs, ended);
		}
		stalled.abort();
	} catch {}
}
/** fetch itself ends a body in an error that is shorter than its content-length. */
async function* pieces({ context }, response, last, explain) {
	try {
		for await (const piece of response.body ?? []) {
			last.at = context.host.now();
			yield piece;
		}
	} catch (cause) {
		throw explain(cause);
	}
}
async function refuse(web, url, response, options) {
	const { status } = response;
	if (response.ok || options.redirect === "manual" && status >= 300 && status < 400) return;
	await response.body?.cancel();
	if ([
		408,
		429,
		500,
		502,
		503,
		504
	].includes(status)) throw new Transient(`the host answers ${status}`, { retryAfterMs: retryAfter(response.headers.get("retry-after"), web.context.host.now()) });
	const mend = status === 401 || status === 403 ? "the host, or a proxy before it, refuses this machine: check the proxy settings and `mirrors`" : void 0;
	throw new HttpStatusError(status, `${where(web, url)}: the host answers ${status}`, mend);
}
/** Certificates don't mend by waiting; every other trouble on the line may. */
function asTransient(cause, web, url) {
	const code = errorCode(cause);
	if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|INVALID_URL/.test(code)) return new InstallError(`${where(web, url)}: no trusted connection (${code})`, {
		cause,
		mend: "name your own certificate authority in NODE_EXTRA_CA_CERTS, or mend the URL in `mirrors`"
	});
	return new Transient(code === "" ? "the connection broke" : `the connection failed (${code})`, { cause });
}
function errorCode(error) {
	if (!(error instanceof Error)) return "";
	const { code } = error;
	return errorCode(error.cause) || (typeof code === "string" ? code : "");
}
/** Milliseconds that a Retry-After asks for: seconds, or a date. */
function retryAfter(header, now) {
	if (header === null) return 0;
	if (/^\d+$/.test(header)) return Number(header) * 1e3;
	const date = Date.parse(header);
	return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
function givenUp(whole, tried, error) {
	const asked = error.retryAfterMs > 0 ? `, and asks to wait ${seconds(error.retryAfterMs)}` : "";
	return new InstallError(`${whole} (tried ${tried} ${tried === 1 ? "time" : "times"}${asked})`, {
		cause: error,
		mend: "try again later, or name a host that answers under `mirrors`"
	});
}
function seconds(ms) {
	return `${(ms / 1e3).toFixed(1)} s`;
}

// src/sources/download.ts
/** More than any file that is fetched has; a body without end stops here. */
const mostBytes = 1024 ** 3;
const mostTextBytes = 64 * 1024 ** 2;
/** A small text, whole: a checksum file, a channel, a chart index. */
async function fetchText(web, url, limit = mostTextBytes) {
	return request(web, url, async ({ body }) => {
		const parts = [];
		for await (const piece of bounded(body, limit, where(web, url))) parts.push(piece);
		return Buffer.concat(parts).toString("utf8");
	});
}
/** Streams `url` to `path`, which appears only when it is whole. */
async function download(web, url, path, mode = 420) {
	const { host } = web.context;
	const startedAt = host.now();
	return request(web, url, async ({ body }) => {
		const hash = createHash("sha256");
		let bytes = 0;
		const hashed = async function* () {
			for await (const piece of bounded(body, mostBytes, where(web, url))) {
				hash.update(piece);
				bytes += piece.byteLength;
				yield piece;
			}
		};
		await host.files.write(path, hashed(), mode);
		return {
			sha256: hash.digest("hex"),
			bytes,
			tookMs: host.now() - startedAt
		};
	});
}
/** Downloads to `path` what must have this checksum. On another one nothing is kept. */
async function downloadVerified(web, url, path, expected, mode) {
	const got = await download(web, url, path, mode);
	if (got.sha256 === expected.sha256) return got;
	await web.context.host.files.remove(path);
	throw new InstallError(`wrong checksum of ${fileName(url)}: expected sha256 ${expected.sha256} (${expected.from}), got ${got.sha256} from ${where(web, url)}; nothing was kept`, { mend: "the host or the mirror serves other bytes than it says: don't use them, find out why" });
}
/** Hex sha256 of a file on this machine. */
async function sha256Of(host, path) {
	const hash = createHash("sha256");
	for await (const piece of host.files.stream(path)) hash.update(piece);
	return hash.digest("hex");
}
/** The last part of a URL's path, as it is written in checksum files. */
function fileName(url) {
	return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? url);
}
async function* bounded(body, limit, what) {
	let bytes = 0;
	for await (const piece of body) {
		bytes += piece.byteLength;
		if (bytes > limit) throw new InstallError(`${what}: more than ${limit} bytes come; that can't be it`);
		yield piece;
	}
}

// src/sources/tar.ts
const blockSize = 512;
/**
* The bytes of one file in a .tar.gz. Nothing else is unpacked and no name in the archive ever becomes a path, so that
* `../`, absolute names and links in it have no effect.
* @throws InstallError when it isn't a whole .tar.gz, has no such file, or goes beyond the limit.
*/
async function* tarEntry(host, archive, wish) {
	const gunzip = createGunzip();
	pipeline(host.files.stream(archive), gunzip, () => {});
	const reader = createReader(gunzip, archive, wish);
	try {
		for (;;) {
			const header = parseHeader(await reader.exactly(blockSize), archive);
			if (header === void 0) break;
			const padding = (blockSize - header.size % blockSize) % blockSize;
			if (header.isFile && wish.matches(header.name)) {
				yield* reader.pieces(header.size);
				return;
			}
			await reader.skip(header.size + padding);
		}
	} finally {
		gunzip.destroy();
	}
	throw new InstallError(`${archive}: there is no ${wish.what} in it`);
}
/** The same as text. */
async function tarEntryText(host, archive, wish) {
	const parts = [];
	for await (const piece of tarEntry(host, archive, wish)) parts.push(piece);
	return Buffer.concat(parts).toString("utf8");
}
/** Undefined at the archive's end, which is a block of zeros. */
function parseHeader(block, archive) {
	if (block.every((byte) => byte === 0)) return void 0;
	const text = (from, length) => Buffer.from(block.subarray(from, from + length)).toString("utf8").replace(/\0[\s\S]*$/, "");
	const size = text(124, 12).trim();
	if (text(257, 5) !== "ustar" || !/^[0-7]+$/.test(size)) throw new InstallError(`${archive}: not a tar archive`);
	const folder = text(345, 155);
	const type = text(156, 1);
	return {
		name: (folder === "" ? text(0, 100) : `${folder}/${text(0, 100)}`).replace(/^\.\//, ""),
		size: Number.parseInt(size, 8),
		isFile: type === "0" || type === ""
	};
}
function createReader(source, archive, wish) {
	const iterator = source[Symbol.asyncIterator]();
	let rest = /* @__PURE__ */ new Uint8Array();
	let read = 0;
	async function more() {
		const next = await iterator.next().catch((cause) => {
			throw new InstallError(`${archive}: not a whole .tar.gz`, { cause });
		});
		if (next.done) throw new InstallError(`${archive}: it ends before its time`);
		rest = next.value;
		read += rest.byteLength;
		if (read > wish.limit) throw new InstallError(`${archive}: more than ${wish.limit} bytes unpacked before the end of ${wish.what}`);
	}
	async function* pieces(size) {
		for (let left = size; left > 0;) {
			if (rest.byteLength === 0) await more();
			const piece = rest.subarray(0, left);
			rest = rest.subarray(piece.byteLength);
			left -= piece.byteLength;
			yield piece;
		}
	}
	async function skip(size) {
		for await (const _ of pieces(size));
	}
	async function exactly(size) {
		const parts = [];
		for await (const piece of pieces(size)) parts.push(piece);
		return Buffer.concat(parts);
	}
	return {
		pieces,
		skip,
		exactly
	};
}

// src/sources/chart-file.ts
/** What is read of a chart's Chart.yaml. */
const ChartYaml = object({
	name: string().min(1),
	version: string().min(1),
	appVersion: string().default("")
});
/** A chart is text: unpacked it has no more than this before its Chart.yaml, which helm puts first. */
const unpackedLimit = 64 * 1024 ** 2;
/** The Chart.yaml in a chart's archive. @throws InstallError when it isn't a chart. */
async function readArchive({ host }, path) {
	return parseChartYaml(await tarEntryText(host, path, {
		matches: (name) => /^[^/]+\/Chart\.yaml$/.test(name),
		what: "Chart.yaml",
		limit: unpackedLimit
	}), path);
}
/** A chart on this machine: a folder or a .tgz. @throws UserError when there is none. */
async function localChart(context, path) {
	const { host } = context;
	const mend = "name a chart's folder (with its Chart.yaml) or its .tgz";
	const fail = (why, cause) => new UserError(`chart ${path}: ${why}`, {
		mend,
		cause
	});
	if (!await host.files.exists(path)) throw fail("there is no such folder or file");
	const wrongChart = (cause) => {
		throw fail(messageOf(cause), cause);
	};
	const chartYaml = await host.files.read(join(path, "Chart.yaml"));
	if (chartYaml !== void 0) return {
		path,
		...await Promise.resolve(chartYaml).then((text) => parseChartYaml(text, path)).catch(wrongChart),
		sha256: void 0,
		origin: path
	};
	if (!/\.t(ar\.)?gz$/.test(path)) throw fail("there is no Chart.yaml in it");
	return {
		path,
		...await readArchive(context, path).catch(wrongChart),
		sha256: await sha256Of(host, path),
		origin: path
	};
}
function parseChartYaml(text, where) {
	try {
		return ChartYaml.parse((0, import_dist.parse)(text, { schema: "failsafe" }));
	} catch (cause) {
		const why = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
		throw new InstallError(`${where}: its Chart.yaml is not valid: ${why}`, { cause });
	}
}

// node_modules/semver/internal/constants.js
var require_constants = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SEMVER_SPEC_VERSION = "2.0.0";
	const MAX_LENGTH = 256;
	const MAX_SAFE_INTEGER = Number.MAX_SAFE_INTEGER || 
	/* istanbul ignore next */ 9007199254740991;
	const MAX_SAFE_COMPONENT_LENGTH = 16;
	const MAX_SAFE_BUILD_LENGTH = 250;
	const WHITESPACE_CHARACTERS = [
		"	",
		"\n",
		"\v",
		"\f",
		"\r",
		" ",
		"\xA0",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		" ",
		"\u2028",
		"\u2029",
		" ",
		" ",
		"　",
		"﻿"
	];
	const RELEASE_TYPES = [
		"major",
		"premajor",
		"minor",
		"preminor",
		"patch",
		"prepatch",
		"prerelease"
	];
	module.exports = {
		MAX_LENGTH,
		MAX_SAFE_COMPONENT_LENGTH,
		MAX_SAFE_BUILD_LENGTH,
		MAX_SAFE_INTEGER,
		WHITESPACE_CHARACTERS,
		RELEASE_TYPES,
		SEMVER_SPEC_VERSION,
		FLAG_INCLUDE_PRERELEASE: 1,
		FLAG_LOOSE: 2
	};
}));

// node_modules/semver/internal/debug.js
var require_debug = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const debug = typeof process === "object" && process.env && process.env.NODE_DEBUG && /\bsemver\b/i.test(process.env.NODE_DEBUG) ? (...args) => console.error("SEMVER", ...args) : () => {};
	module.exports = debug;
}));

// node_modules/semver/internal/re.js
var require_re = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { MAX_SAFE_COMPONENT_LENGTH, MAX_SAFE_BUILD_LENGTH, MAX_LENGTH } = require_constants();
	const debug = require_debug();
	exports = module.exports = {};
	const re = exports.re = [];
	const safeRe = exports.safeRe = [];
	const src = exports.src = [];
	const safeSrc = exports.safeSrc = [];
	const t = exports.t = {};
	let R = 0;
	const LETTERDASHNUMBER = "[a-zA-Z0-9-]";
	const safeRegexReplacements = [
		["\\s", 1],
		["\\d", MAX_LENGTH],
		[LETTERDASHNUMBER, MAX_SAFE_BUILD_LENGTH]
	];
	const makeSafeRegex = (value) => {
		for (const [token, max] of safeRegexReplacements) value = value.split(`${token}*`).join(`${token}{0,${max}}`).split(`${token}+`).join(`${token}{1,${max}}`);
		return value;
	};
	const createToken = (name, value, isGlobal) => {
		const safe = makeSafeRegex(value);
		const index = R++;
		debug(name, index, value);
		t[name] = index;
		src[index] = value;
		safeSrc[index] = safe;
		re[index] = new RegExp(value, isGlobal ? "g" : void 0);
		safeRe[index] = new RegExp(safe, isGlobal ? "g" : void 0);
	};
	createToken("NUMERICIDENTIFIER", "0|[1-9]\\d*");
	createToken("NUMERICIDENTIFIERLOOSE", "\\d+");
	createToken("NONNUMERICIDENTIFIER", `\\d*[a-zA-Z-]${LETTERDASHNUMBER}*`);
	createToken("MAINVERSION", `(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})\\.(${src[t.NUMERICIDENTIFIER]})`);
	createToken("MAINVERSIONLOOSE", `(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})\\.(${src[t.NUMERICIDENTIFIERLOOSE]})`);
	createToken("PRERELEASEIDENTIFIER", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIER]})`);
	createToken("PRERELEASEIDENTIFIERLOOSE", `(?:${src[t.NONNUMERICIDENTIFIER]}|${src[t.NUMERICIDENTIFIERLOOSE]})`);
	createToken("PRERELEASE", `(?:-(${src[t.PRERELEASEIDENTIFIER]}(?:\\.${src[t.PRERELEASEIDENTIFIER]})*))`);
	createToken("PRERELEASELOOSE", `(?:-?(${src[t.PRERELEASEIDENTIFIERLOOSE]}(?:\\.${src[t.PRERELEASEIDENTIFIERLOOSE]})*))`);
	createToken("BUILDIDENTIFIER", `${LETTERDASHNUMBER}+`);
	createToken("BUILD", `(?:\\+(${src[t.BUILDIDENTIFIER]}(?:\\.${src[t.BUILDIDENTIFIER]})*))`);
	createToken("FULLPLAIN", `v?${src[t.MAINVERSION]}${src[t.PRERELEASE]}?${src[t.BUILD]}?`);
	createToken("FULL", `^${src[t.FULLPLAIN]}$`);
	createToken("LOOSEPLAIN", `[v=\\s]*${src[t.MAINVERSIONLOOSE]}${src[t.PRERELEASELOOSE]}?${src[t.BUILD]}?`);
	createToken("LOOSE", `^${src[t.LOOSEPLAIN]}$`);
	createToken("GTLT", "((?:<|>)?=?)");
	createToken("XRANGEIDENTIFIERLOOSE", `${src[t.NUMERICIDENTIFIERLOOSE]}|x|X|\\*`);
	createToken("XRANGEIDENTIFIER", `${src[t.NUMERICIDENTIFIER]}|x|X|\\*`);
	createToken("XRANGEPLAIN", `[v=\\s]*(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:\\.(${src[t.XRANGEIDENTIFIER]})(?:${src[t.PRERELEASE]})?${src[t.BUILD]}?)?)?`);
	createToken("XRANGEPLAINLOOSE", `[v=\\s]*(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:\\.(${src[t.XRANGEIDENTIFIERLOOSE]})(?:${src[t.PRERELEASELOOSE]})?${src[t.BUILD]}?)?)?`);
	createToken("XRANGE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAIN]}$`);
	createToken("XRANGELOOSE", `^${src[t.GTLT]}\\s*${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("COERCEPLAIN", `(^|[^\\d])(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}})(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?(?:\\.(\\d{1,${MAX_SAFE_COMPONENT_LENGTH}}))?`);
	createToken("COERCE", `${src[t.COERCEPLAIN]}(?:$|[^\\d])`);
	createToken("COERCEFULL", src[t.COERCEPLAIN] + `(?:${src[t.PRERELEASE]})?(?:${src[t.BUILD]})?(?:$|[^\\d])`);
	createToken("COERCERTL", src[t.COERCE], true);
	createToken("COERCERTLFULL", src[t.COERCEFULL], true);
	createToken("LONETILDE", "(?:~>?)");
	createToken("TILDETRIM", `(\\s*)${src[t.LONETILDE]}\\s+`, true);
	exports.tildeTrimReplace = "$1~";
	createToken("TILDE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAIN]}$`);
	createToken("TILDELOOSE", `^${src[t.LONETILDE]}${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("LONECARET", "(?:\\^)");
	createToken("CARETTRIM", `(\\s*)${src[t.LONECARET]}\\s+`, true);
	exports.caretTrimReplace = "$1^";
	createToken("CARET", `^${src[t.LONECARET]}${src[t.XRANGEPLAIN]}$`);
	createToken("CARETLOOSE", `^${src[t.LONECARET]}${src[t.XRANGEPLAINLOOSE]}$`);
	createToken("COMPARATORLOOSE", `^${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]})$|^$`);
	createToken("COMPARATOR", `^${src[t.GTLT]}\\s*(${src[t.FULLPLAIN]})$|^$`);
	createToken("COMPARATORTRIM", `(\\s*)${src[t.GTLT]}\\s*(${src[t.LOOSEPLAIN]}|${src[t.XRANGEPLAIN]})`, true);
	exports.comparatorTrimReplace = "$1$2$3";
	createToken("HYPHENRANGE", `^\\s*(${src[t.XRANGEPLAIN]})\\s+-\\s+(${src[t.XRANGEPLAIN]})\\s*$`);
	createToken("HYPHENRANGELOOSE", `^\\s*(${src[t.XRANGEPLAINLOOSE]})\\s+-\\s+(${src[t.XRANGEPLAINLOOSE]})\\s*$`);
	createToken("STAR", "(<|>)?=?\\s*\\*");
	createToken("GTE0", "^\\s*>=\\s*0\\.0\\.0\\s*$");
	createToken("GTE0PRE", "^\\s*>=\\s*0\\.0\\.0-0\\s*$");
}));

// node_modules/semver/internal/parse-options.js
var require_parse_options = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const looseOption = Object.freeze({ loose: true });
	const emptyOpts = Object.freeze({});
	const parseOptions = (options) => {
		if (!options) return emptyOpts;
		if (typeof options !== "object") return looseOption;
		return options;
	};
	module.exports = parseOptions;
}));

// node_modules/semver/internal/identifiers.js
var require_identifiers = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const numeric = /^[0-9]+$/;
	const compareIdentifiers = (a, b) => {
		if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a < b ? -1 : 1;
		const anum = numeric.test(a);
		const bnum = numeric.test(b);
		if (anum && bnum) {
			a = +a;
			b = +b;
		}
		return a === b ? 0 : anum && !bnum ? -1 : bnum && !anum ? 1 : a < b ? -1 : 1;
	};
	const rcompareIdentifiers = (a, b) => compareIdentifiers(b, a);
	module.exports = {
		compareIdentifiers,
		rcompareIdentifiers
	};
}));

// node_modules/semver/classes/semver.js
var require_semver$1 = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const debug = require_debug();
	const { MAX_LENGTH, MAX_SAFE_INTEGER } = require_constants();
	const { safeRe: re, t } = require_re();
	const parseOptions = require_parse_options();
	const { compareIdentifiers } = require_identifiers();
	const isPrereleaseIdentifier = (prerelease, identifier) => {
		const identifiers = identifier.split(".");
		if (identifiers.length > prerelease.length) return false;
		for (let i = 0; i < identifiers.length; i++) if (compareIdentifiers(prerelease[i], identifiers[i]) !== 0) return false;
		return true;
	};
	var SemVer = class SemVer {
		constructor(version, options) {
			options = parseOptions(options);
			if (version instanceof SemVer) {
				if (version.loose === !!options.loose && version.includePrerelease === !!options.includePrerelease) return version;
				else version = version.version;
			} else if (typeof version !== "string") throw new TypeError(`Invalid version. Must be a string. Got type "${typeof version}".`);
			if (version.length > MAX_LENGTH) throw new TypeError(`version is longer than ${MAX_LENGTH} characters`);
			debug("SemVer", version, options);
			this.options = options;
			this.loose = !!options.loose;
			this.includePrerelease = !!options.includePrerelease;
			const m = version.trim().match(options.loose ? re[t.LOOSE] : re[t.FULL]);
			if (!m) throw new TypeError(`Invalid Version: ${version}`);
			this.raw = version;
			this.major = +m[1];
			this.minor = +m[2];
			this.patch = +m[3];
			if (this.major > MAX_SAFE_INTEGER || this.major < 0) throw new TypeError("Invalid major version");
			if (this.minor > MAX_SAFE_INTEGER || this.minor < 0) throw new TypeError("Invalid minor version");
			if (this.patch > MAX_SAFE_INTEGER || this.patch < 0) throw new TypeError("Invalid patch version");
			if (!m[4]) this.prerelease = [];
			else this.prerelease = m[4].split(".").map((id) => {
				if (/^[0-9]+$/.test(id)) {
					const num = +id;
					if (num >= 0 && num < MAX_SAFE_INTEGER) return num;
				}
				return id;
			});
			this.build = m[5] ? m[5].split(".") : [];
			this.format();
		}
		format() {
			this.version = `${this.major}.${this.minor}.${this.patch}`;
			if (this.prerelease.length) this.version += `-${this.prerelease.join(".")}`;
			return this.version;
		}
		toString() {
			return this.version;
		}
		compare(other) {
			debug("SemVer.compare", this.version, this.options, other);
			if (!(other instanceof SemVer)) {
				if (typeof other === "string" && other === this.version) return 0;
				other = new SemVer(other, this.options);
			}
			if (other.version === this.version) return 0;
			return this.compareMain(other) || this.comparePre(other);
		}
		compareMain(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			if (this.major < other.major) return -1;
			if (this.major > other.major) return 1;
			if (this.minor < other.minor) return -1;
			if (this.minor > other.minor) return 1;
			if (this.patch < other.patch) return -1;
			if (this.patch > other.patch) return 1;
			return 0;
		}
		comparePre(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			if (this.prerelease.length && !other.prerelease.length) return -1;
			else if (!this.prerelease.length && other.prerelease.length) return 1;
			else if (!this.prerelease.length && !other.prerelease.length) return 0;
			let i = 0;
			do {
				const a = this.prerelease[i];
				const b = other.prerelease[i];
				debug("prerelease compare", i, a, b);
				if (a === void 0 && b === void 0) return 0;
				else if (b === void 0) return 1;
				else if (a === void 0) return -1;
				else if (a === b) continue;
				else return compareIdentifiers(a, b);
			} while (++i);
		}
		compareBuild(other) {
			if (!(other instanceof SemVer)) other = new SemVer(other, this.options);
			let i = 0;
			do {
				const a = this.build[i];
				const b = other.build[i];
				debug("build compare", i, a, b);
				if (a === void 0 && b === void 0) return 0;
				else if (b === void 0) return 1;
				else if (a === void 0) return -1;
				else if (a === b) continue;
				else return compareIdentifiers(a, b);
			} while (++i);
		}
		inc(release, identifier, identifierBase) {
			if (release.startsWith("pre")) {
				if (!identifier && identifierBase === false) throw new Error("invalid increment argument: identifier is empty");
				if (identifier) {
					const match = `-${identifier}`.match(this.options.loose ? re[t.PRERELEASELOOSE] : re[t.PRERELEASE]);
					if (!match || match[1] !== identifier) throw new Error(`invalid identifier: ${identifier}`);
				}
			}
			switch (release) {
				case "premajor":
					this.prerelease.length = 0;
					this.patch = 0;
					this.minor = 0;
					this.major++;
					this.inc("pre", identifier, identifierBase);
					break;
				case "preminor":
					this.prerelease.length = 0;
					this.patch = 0;
					this.minor++;
					this.inc("pre", identifier, identifierBase);
					break;
				case "prepatch":
					this.prerelease.length = 0;
					this.inc("patch", identifier, identifierBase);
					this.inc("pre", identifier, identifierBase);
					break;
				case "prerelease":
					if (this.prerelease.length === 0) this.inc("patch", identifier, identifierBase);
					this.inc("pre", identifier, identifierBase);
					break;
				case "release":
					if (this.prerelease.length === 0) throw new Error(`version ${this.raw} is not a prerelease`);
					this.prerelease.length = 0;
					break;
				case "major":
					if (this.minor !== 0 || this.patch !== 0 || this.prerelease.length === 0) this.major++;
					this.minor = 0;
					this.patch = 0;
					this.prerelease = [];
					break;
				case "minor":
					if (this.patch !== 0 || this.prerelease.length === 0) this.minor++;
					this.patch = 0;
					this.prerelease = [];
					break;
				case "patch":
					if (this.prerelease.length === 0) this.patch++;
					this.prerelease = [];
					break;
				case "pre": {
					const base = Number(identifierBase) ? 1 : 0;
					if (this.prerelease.length === 0) this.prerelease = [base];
					else {
						let i = this.prerelease.length;
						while (--i >= 0) if (typeof this.prerelease[i] === "number") {
							this.prerelease[i]++;
							i = -2;
						}
						if (i === -1) {
							if (identifier === this.prerelease.join(".") && identifierBase === false) throw new Error("invalid increment argument: identifier already exists");
							this.prerelease.push(base);
						}
					}
					if (identifier) {
						let prerelease = [identifier, base];
						if (identifierBase === false) prerelease = [identifier];
						if (isPrereleaseIdentifier(this.prerelease, identifier)) {
							const prereleaseBase = this.prerelease[identifier.split(".").length];
							if (isNaN(prereleaseBase)) this.prerelease = prerelease;
						} else this.prerelease = prerelease;
					}
					break;
				}
				default: throw new Error(`invalid increment argument: ${release}`);
			}
			this.raw = this.format();
			if (this.build.length) this.raw += `+${this.build.join(".")}`;
			return this;
		}
	};
	module.exports = SemVer;
}));

// node_modules/semver/functions/parse.js
var require_parse = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const parse = (version, options, throwErrors = false) => {
		if (version instanceof SemVer) return version;
		try {
			return new SemVer(version, options);
		} catch (er) {
			if (!throwErrors) return null;
			throw er;
		}
	};
	module.exports = parse;
}));

// node_modules/semver/functions/valid.js
var require_valid$1 = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const valid = (version, options) => {
		const v = parse(version, options);
		return v ? v.version : null;
	};
	module.exports = valid;
}));

// node_modules/semver/functions/clean.js
var require_clean = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const clean = (version, options) => {
		const s = parse(version.trim().replace(/^[=v]+/, ""), options);
		return s ? s.version : null;
	};
	module.exports = clean;
}));

// node_modules/semver/functions/inc.js
var require_inc = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const inc = (version, release, options, identifier, identifierBase) => {
		if (typeof options === "string") {
			identifierBase = identifier;
			identifier = options;
			options = void 0;
		}
		try {
			return new SemVer(version instanceof SemVer ? version.version : version, options).inc(release, identifier, identifierBase).version;
		} catch (er) {
			return null;
		}
	};
	module.exports = inc;
}));

// node_modules/semver/functions/diff.js
var require_diff = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const diff = (version1, version2) => {
		const v1 = parse(version1, null, true);
		const v2 = parse(version2, null, true);
		const comparison = v1.compare(v2);
		if (comparison === 0) return null;
		const v1Higher = comparison > 0;
		const highVersion = v1Higher ? v1 : v2;
		const lowVersion = v1Higher ? v2 : v1;
		const highHasPre = !!highVersion.prerelease.length;
		if (!!lowVersion.prerelease.length && !highHasPre) {
			if (!lowVersion.patch && !lowVersion.minor) return "major";
			if (lowVersion.compareMain(highVersion) === 0) {
				if (lowVersion.minor && !lowVersion.patch) return "minor";
				return "patch";
			}
		}
		const prefix = highHasPre ? "pre" : "";
		if (v1.major !== v2.major) return prefix + "major";
		if (v1.minor !== v2.minor) return prefix + "minor";
		if (v1.patch !== v2.patch) return prefix + "patch";
		return "prerelease";
	};
	module.exports = diff;
}));

// node_modules/semver/functions/major.js
var require_major = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const major = (a, loose) => new SemVer(a, loose).major;
	module.exports = major;
}));

// node_modules/semver/functions/minor.js
var require_minor = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const minor = (a, loose) => new SemVer(a, loose).minor;
	module.exports = minor;
}));

// node_modules/semver/functions/patch.js
var require_patch = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const patch = (a, loose) => new SemVer(a, loose).patch;
	module.exports = patch;
}));

// node_modules/semver/functions/prerelease.js
var require_prerelease = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const prerelease = (version, options) => {
		const parsed = parse(version, options);
		return parsed && parsed.prerelease.length ? parsed.prerelease : null;
	};
	module.exports = prerelease;
}));

// node_modules/semver/functions/compare.js
var require_compare = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const compare = (a, b, loose) => new SemVer(a, loose).compare(new SemVer(b, loose));
	module.exports = compare;
}));

// node_modules/semver/functions/rcompare.js
var require_rcompare = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const rcompare = (a, b, loose) => compare(b, a, loose);
	module.exports = rcompare;
}));

// node_modules/semver/functions/compare-loose.js
var require_compare_loose = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const compareLoose = (a, b) => compare(a, b, true);
	module.exports = compareLoose;
}));

// node_modules/semver/functions/compare-build.js
var require_compare_build = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const compareBuild = (a, b, loose) => {
		const versionA = new SemVer(a, loose);
		const versionB = new SemVer(b, loose);
		return versionA.compare(versionB) || versionA.compareBuild(versionB);
	};
	module.exports = compareBuild;
}));

// node_modules/semver/functions/sort.js
var require_sort = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compareBuild = require_compare_build();
	const sort = (list, loose) => list.sort((a, b) => compareBuild(a, b, loose));
	module.exports = sort;
}));

// node_modules/semver/functions/rsort.js
var require_rsort = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compareBuild = require_compare_build();
	const rsort = (list, loose) => list.sort((a, b) => compareBuild(b, a, loose));
	module.exports = rsort;
}));

// node_modules/semver/functions/gt.js
var require_gt = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const gt = (a, b, loose) => compare(a, b, loose) > 0;
	module.exports = gt;
}));

// node_modules/semver/functions/lt.js
var require_lt = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const lt = (a, b, loose) => compare(a, b, loose) < 0;
	module.exports = lt;
}));

// node_modules/semver/functions/eq.js
var require_eq = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const eq = (a, b, loose) => compare(a, b, loose) === 0;
	module.exports = eq;
}));

// node_modules/semver/functions/neq.js
var require_neq = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const neq = (a, b, loose) => compare(a, b, loose) !== 0;
	module.exports = neq;
}));

// node_modules/semver/functions/gte.js
var require_gte = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const gte = (a, b, loose) => compare(a, b, loose) >= 0;
	module.exports = gte;
}));

// node_modules/semver/functions/lte.js
var require_lte = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const compare = require_compare();
	const lte = (a, b, loose) => compare(a, b, loose) <= 0;
	module.exports = lte;
}));

// node_modules/semver/functions/cmp.js
var require_cmp = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const eq = require_eq();
	const neq = require_neq();
	const gt = require_gt();
	const gte = require_gte();
	const lt = require_lt();
	const lte = require_lte();
	const cmp = (a, op, b, loose) => {
		switch (op) {
			case "===":
				if (typeof a === "object") a = a.version;
				if (typeof b === "object") b = b.version;
				return a === b;
			case "!==":
				if (typeof a === "object") a = a.version;
				if (typeof b === "object") b = b.version;
				return a !== b;
			case "":
			case "=":
			case "==": return eq(a, b, loose);
			case "!=": return neq(a, b, loose);
			case ">": return gt(a, b, loose);
			case ">=": return gte(a, b, loose);
			case "<": return lt(a, b, loose);
			case "<=": return lte(a, b, loose);
			default: throw new TypeError(`Invalid operator: ${op}`);
		}
	};
	module.exports = cmp;
}));

// node_modules/semver/functions/coerce.js
var require_coerce = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const parse = require_parse();
	const { safeRe: re, t } = require_re();
	const coerce = (version, options) => {
		if (version instanceof SemVer) return version;
		if (typeof version === "number") version = String(version);
		if (typeof version !== "string") return null;
		options = options || {};
		let match = null;
		if (!options.rtl) match = version.match(options.includePrerelease ? re[t.COERCEFULL] : re[t.COERCE]);
		else {
			const coerceRtlRegex = options.includePrerelease ? re[t.COERCERTLFULL] : re[t.COERCERTL];
			let next;
			while ((next = coerceRtlRegex.exec(version)) && (!match || match.index + match[0].length !== version.length)) {
				if (!match || next.index + next[0].length !== match.index + match[0].length) match = next;
				coerceRtlRegex.lastIndex = next.index + next[1].length + next[2].length;
			}
			coerceRtlRegex.lastIndex = -1;
		}
		if (match === null) return null;
		const major = match[2];
		const minor = match[3] || "0";
		const patch = match[4] || "0";
		const prerelease = options.includePrerelease && match[5] ? `-${match[5]}` : "";
		const build = options.includePrerelease && match[6] ? `+${match[6]}` : "";
		return parse(`${major}.${minor}.${patch}${prerelease}${build}`, options);
	};
	module.exports = coerce;
}));

// node_modules/semver/functions/truncate.js
var require_truncate = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const parse = require_parse();
	const constants = require_constants();
	const SemVer = require_semver$1();
	const truncate = (version, truncation, options) => {
		if (!constants.RELEASE_TYPES.includes(truncation)) return null;
		const clonedVersion = cloneInputVersion(version, options);
		return clonedVersion && doTruncation(clonedVersion, truncation);
	};
	const cloneInputVersion = (version, options) => {
		const versionStringToParse = version instanceof SemVer ? version.version : version;
		return parse(versionStringToParse, options);
	};
	const doTruncation = (version, truncation) => {
		if (isPrerelease(truncation)) return version.version;
		version.prerelease = [];
		switch (truncation) {
			case "major":
				version.minor = 0;
				version.patch = 0;
				break;
			case "minor": version.patch = 0;
		}
		return version.format();
	};
	const isPrerelease = (type) => {
		return type.startsWith("pre");
	};
	module.exports = truncate;
}));

// node_modules/semver/internal/lrucache.js
var require_lrucache = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	var LRUCache = class {
		constructor() {
			this.max = 1e3;
			this.map = /* @__PURE__ */ new Map();
		}
		get(key) {
			const value = this.map.get(key);
			if (value === void 0) return;
			else {
				this.map.delete(key);
				this.map.set(key, value);
				return value;
			}
		}
		delete(key) {
			return this.map.delete(key);
		}
		set(key, value) {
			if (!this.delete(key) && value !== void 0) {
				if (this.map.size >= this.max) {
					const firstKey = this.map.keys().next().value;
					this.delete(firstKey);
				}
				this.map.set(key, value);
			}
			return this;
		}
	};
	module.exports = LRUCache;
}));

// node_modules/semver/internal/trim-comparator-whitespace.js
var require_trim_comparator_whitespace = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { MAX_LENGTH, MAX_SAFE_BUILD_LENGTH, WHITESPACE_CHARACTERS } = require_constants();
	/**
	* Remembers the last two rows of digits so their characters need not be reread.
	* Positions start at -1 until a row has been found.
	*
	* @typedef {object} DigitRunCache
	* @property {number} start The first character of the most recently found row.
	* @property {number} end The position after that row's last character.
	* @property {number} previousStart The first character of the previous row.
	* @property {number} previousEnd The position after the previous row.
	*/
	const whitespace = /* @__PURE__ */ new Uint8Array(65536);
	for (const char of WHITESPACE_CHARACTERS) whitespace[char.charCodeAt(0)] = 1;
	/**
	* Checks whether a character is whitespace, like a space, tab, or newline.
	* Looking past the end of the string returns false.
	*
	* @param {string|undefined} char One character, or undefined past the string's end.
	* @returns {boolean} Whether the character is whitespace.
	* @example isWhitespace(' ') // true
	* @example isWhitespace('1') // false
	*/
	const isWhitespace = (char) => char !== void 0 && whitespace[char.charCodeAt(0)] === 1;
	/**
	* Checks for v, =, or whitespace before the version number.
	* These are historical version prefixes, not range operators:
	* < and > are handled separately, as are tilde and caret ranges.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character can belong to a version prefix.
	* @example isVersionPrefix('=') // true
	* @example isVersionPrefix('>') // false
	*/
	const isVersionPrefix = (char) => char === "v" || char === "=" || isWhitespace(char);
	/**
	* Checks whether a character is one of the digits 0 through 9.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character is an ASCII digit.
	* @example isDigit('7') // true
	* @example isDigit('.') // false
	*/
	const isDigit = (char) => char !== void 0 && char >= "0" && char <= "9";
	/**
	* Checks whether a character is an English letter, uppercase or lowercase.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character is an ASCII letter.
	* @example isLetter('b') // true
	* @example isLetter('7') // false
	*/
	const isLetter = (char) => char !== void 0 && (char >= "a" && char <= "z" || char >= "A" && char <= "Z");
	/**
	* Checks for a letter, digit, or hyphen: the characters allowed inside
	* prerelease and build names such as beta-1.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether the character can be part of an identifier.
	* @example isIdentifierCharacter('-') // true
	* @example isIdentifierCharacter('.') // false; dots separate identifiers
	*/
	const isIdentifierCharacter = (char) => isDigit(char) || isLetter(char) || char === "-";
	/**
	* Checks whether a version component can begin here: with a digit or
	* a wildcard such as x, X, or *.
	*
	* @param {string|undefined} char One character to check.
	* @returns {boolean} Whether a number or wildcard can start with this character.
	* @example isVersionStart('x') // true
	* @example isVersionStart('v') // false; v belongs to the prefix
	*/
	const isVersionStart = (char) => isDigit(char) || char === "x" || char === "X" || char === "*";
	/**
	* Finds the end of a row of digits, but returns no more than limit digits.
	* Remembers the last two rows so looking at them again does not reread them.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of the first character to check.
	* @param {number} limit The most digit characters the returned match can include.
	* @param {DigitRunCache} digitRuns Shared cache of digit-run positions, updated in place.
	* @returns {number} The position after the matched digits, or start if none match.
	* @example findDigitsEndIndex('123abc', 0, 10, digitRuns) // 3, pointing at a
	* @example findDigitsEndIndex('123abc', 0, 2, digitRuns) // 2, pointing at the unread 3
	*/
	const findDigitsEndIndex = (range, start, limit, digitRuns) => {
		if (!isDigit(range[start])) return start;
		if (start >= digitRuns.start && start < digitRuns.end) return Math.min(start + limit, digitRuns.end);
		if (start >= digitRuns.previousStart && start < digitRuns.previousEnd) return Math.min(start + limit, digitRuns.previousEnd);
		let end = start + 1;
		while (isDigit(range[end])) end++;
		digitRuns.previousStart = digitRuns.start;
		digitRuns.previousEnd = digitRuns.end;
		digitRuns.start = start;
		digitRuns.end = end;
		return Math.min(start + limit, end);
	};
	/**
	* Reads a number using the old regex's length and leading-zero rules.
	* Strict mode reads just the first zero in 012; loose mode can read all three.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the number should begin.
	* @param {boolean} loose Whether to allow leading zeros.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched digits, not their numeric value.
	* @example findVersionNumberEndIndex('012', 0, false, digitRuns) // 1
	* @example findVersionNumberEndIndex('012', 0, true, digitRuns) // 3
	*/
	const findVersionNumberEndIndex = (range, start, loose, digitRuns) => {
		if (!loose && range[start] === "0") return start + 1;
		return findDigitsEndIndex(range, start, loose ? MAX_LENGTH : MAX_LENGTH + 1, digitRuns);
	};
	/**
	* Reads one piece of a prerelease name, such as beta or 1 in beta.1.
	* Tries the letter-or-hyphen form first, then the number-only form.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the identifier should begin.
	* @param {boolean} loose Whether numeric identifiers may have leading zeros.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the identifier, or start if none matches.
	* @example findPrereleaseIdentifierEndIndex('beta.1', 0, false, digitRuns) // 4, at the dot
	* @example findPrereleaseIdentifierEndIndex('001beta', 0, false, digitRuns) // 7
	*/
	const findPrereleaseIdentifierEndIndex = (range, start, loose, digitRuns) => {
		const digitsEnd = findDigitsEndIndex(range, start, MAX_LENGTH, digitRuns);
		if (isLetter(range[digitsEnd]) || range[digitsEnd] === "-") {
			let end = digitsEnd + 1;
			const limit = end + MAX_SAFE_BUILD_LENGTH;
			while (end < limit && isIdentifierCharacter(range[end])) end++;
			return end;
		}
		return findVersionNumberEndIndex(range, start, loose, digitRuns);
	};
	/**
	* Reads a prerelease suffix such as -beta.1, one dot-separated piece at a time.
	* Loose mode also allows the name without its opening hyphen.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the suffix should begin, including -.
	* @param {boolean} loose Whether the opening hyphen is optional and zeros allowed.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched suffix, or start if absent.
	* @example findPrereleaseEndIndex('-beta.1+sha', 0, false, digitRuns) // 7, at the plus
	* @example findPrereleaseEndIndex('beta', 0, false, digitRuns) // 0; no opening hyphen
	*/
	const findPrereleaseEndIndex = (range, start, loose, digitRuns) => {
		const hyphen = range[start] === "-";
		if (!loose && !hyphen) return start;
		const identifierStart = start + (hyphen ? 1 : 0);
		let end = findPrereleaseIdentifierEndIndex(range, identifierStart, loose, digitRuns);
		if (end === identifierStart) {
			if (!loose || !hyphen) return start;
			end = findPrereleaseIdentifierEndIndex(range, start, loose, digitRuns);
		}
		while (range[end] === ".") {
			const next = findPrereleaseIdentifierEndIndex(range, end + 1, loose, digitRuns);
			if (next === end + 1) break;
			end = next;
		}
		return end;
	};
	/**
	* Reads one build-name piece, such as sha or 123 in +sha.123.
	* Stops at a disallowed character or the old regex's length limit.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the identifier should begin.
	* @returns {number} The position after the identifier, or start if none matches.
	* @example findBuildIdentifierEndIndex('sha.123', 0) // 3, at the dot
	* @example findBuildIdentifierEndIndex('001', 0) // 3; leading zeros are allowed
	*/
	const findBuildIdentifierEndIndex = (range, start) => {
		let end = start;
		while (end - start < MAX_SAFE_BUILD_LENGTH && isIdentifierCharacter(range[end])) end++;
		return end;
	};
	/**
	* Reads optional build metadata such as +sha.123.
	* Leaves the position unchanged if there is no plus sign followed by a name.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the opening + should be.
	* @returns {number} The position after the matched metadata, or start if absent.
	* @example findBuildEndIndex('+sha.123 <2', 0) // 8, at the space
	* @example findBuildEndIndex('+', 0) // 0; a plus sign alone is not a match
	*/
	const findBuildEndIndex = (range, start) => {
		if (range[start] !== "+") return start;
		let end = findBuildIdentifierEndIndex(range, start + 1);
		if (end === start + 1) return start;
		while (range[end] === ".") {
			const next = findBuildIdentifierEndIndex(range, end + 1);
			if (next === end + 1) break;
			end = next;
		}
		return end;
	};
	/**
	* Reads three numbers separated by dots, then any prerelease and build suffixes.
	* Uses loose rules, so forms such as 01.02.03beta can match here.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of the first number, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the version match, or start if none matches.
	* @example findLooseFullVersionEndIndex('1.2.3-beta+sha <2', 0, digitRuns) // 14
	* @example findLooseFullVersionEndIndex('1.2', 0, digitRuns) // 0; needs three numbers
	*/
	const findLooseFullVersionEndIndex = (range, start, digitRuns) => {
		let end = start;
		for (let component = 0; component < 3; component++) {
			const next = findVersionNumberEndIndex(range, end, true, digitRuns);
			if (next === end) return start;
			end = next;
			if (component < 2) {
				if (range[end] !== ".") return start;
				end++;
			}
		}
		const prereleaseEnd = findPrereleaseEndIndex(range, end, true, digitRuns);
		return findBuildEndIndex(range, prereleaseEnd);
	};
	/**
	* Reads one component of a partial or wildcard version, such as 2 or x in 2.x.
	* Numbers use strict leading-zero rules; wildcards take up one character.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position where the component should begin.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the component, or start if none matches.
	* @example findPartialVersionComponentEndIndex('2.x', 0, digitRuns) // 1, at the dot
	* @example findPartialVersionComponentEndIndex('2.x', 2, digitRuns) // 3, after x
	*/
	const findPartialVersionComponentEndIndex = (range, start, digitRuns) => {
		if (isDigit(range[start])) return findVersionNumberEndIndex(range, start, false, digitRuns);
		return isVersionStart(range[start]) ? start + 1 : start;
	};
	/**
	* Reads up to three components, allowing forms such as 1, 1.2, or 1.x.
	* After the third component, also reads any strict prerelease and build suffixes.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of a number or wildcard, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position after the matched version text.
	* @example findPartialVersionEndIndex('1.x <2', 0, digitRuns) // 3, at the space
	* @example findPartialVersionEndIndex('1.', 0, digitRuns) // 1; the trailing dot is unread
	*/
	const findPartialVersionEndIndex = (range, start, digitRuns) => {
		let end = findPartialVersionComponentEndIndex(range, start, digitRuns);
		for (let component = 0; component < 2; component++) {
			if (range[end] !== ".") return end;
			const next = findPartialVersionComponentEndIndex(range, end + 1, digitRuns);
			if (next === end + 1) return end;
			end = next;
		}
		const prereleaseEnd = findPrereleaseEndIndex(range, end, false, digitRuns);
		return findBuildEndIndex(range, prereleaseEnd);
	};
	/**
	* Finds where a version match ends, without deciding whether the range is valid.
	* Tries a loose full version first, then a partial or wildcard version, just
	* like the old regex's LOOSEPLAIN and XRANGEPLAIN alternatives.
	*
	* @param {string} range The text to read; it is not changed.
	* @param {number} start The position of a number or wildcard, after any prefix.
	* @param {DigitRunCache} digitRuns Shared digit-run cache, updated as needed.
	* @returns {number} The position where scanning the next candidate can resume.
	* @example findVersionEndIndex('1.2.3 <2', 0, digitRuns) // 5, at the space
	* @example findVersionEndIndex('1.x <2', 0, digitRuns) // 3, at the space
	*/
	const findVersionEndIndex = (range, start, digitRuns) => {
		const fullVersionEnd = findLooseFullVersionEndIndex(range, start, digitRuns);
		return fullVersionEnd !== start ? fullVersionEnd : findPartialVersionEndIndex(range, start, digitRuns);
	};
	/**
	* Finds the one whitespace character the old replacement would remove.
	* Keeps leading whitespace, skips an optional operator, and checks immediately
	* after it. Returns -1 if there is nothing to remove.
	*
	* @param {string} range The text containing a candidate already found by the caller.
	* @param {number} matchStart The candidate's position, including leading whitespace.
	* @returns {number} The position of the removable whitespace, or -1 if absent.
	* @example findRemovableWhitespaceIndex(' > 1', 0) // 2; keep the space at position 0
	* @example findRemovableWhitespaceIndex('>1', 0) // -1
	*/
	const findRemovableWhitespaceIndex = (range, matchStart) => {
		let position = matchStart;
		if (isWhitespace(range[position])) position++;
		if (range[position] === "<" || range[position] === ">") position++;
		if (range[position] === "=") position++;
		return isWhitespace(range[position]) ? position : -1;
	};
	/**
	* Joins an operator to its version, turning > 1.2.3 into >1.2.3.
	* Copies everything else according to the old regex's matching rules.
	* Moves forward through prefixes and whole versions to avoid repeatedly
	* searching the same characters on long inputs.
	*
	* @param {string} range The range text to process; the original string is unchanged.
	* @returns {string} The range with matched operator whitespace removed.
	* @example trimComparatorWhitespace('> 1.2.3 < 2') // '>1.2.3 <2'
	* @example trimComparatorWhitespace('> invalid') // '> invalid'
	*/
	const trimComparatorWhitespace = (range) => {
		let result = "";
		let copyFrom = 0;
		let cursor = 0;
		const digitRuns = {
			start: -1,
			end: -1,
			previousStart: -1,
			previousEnd: -1
		};
		while (cursor < range.length) {
			const matchStart = cursor;
			if (range[cursor] === "<" || range[cursor] === ">") cursor++;
			else if (!isVersionPrefix(range[cursor]) && !isVersionStart(range[cursor])) {
				cursor++;
				continue;
			}
			while (cursor < range.length && isVersionPrefix(range[cursor])) cursor++;
			if (!isVersionStart(range[cursor])) continue;
			const whitespacePosition = findRemovableWhitespaceIndex(range, matchStart);
			if (whitespacePosition !== -1) {
				result += range.slice(copyFrom, whitespacePosition);
				copyFrom = whitespacePosition + 1;
			}
			cursor = findVersionEndIndex(range, cursor, digitRuns);
		}
		return result + range.slice(copyFrom);
	};
	module.exports = trimComparatorWhitespace;
}));

// node_modules/semver/classes/range.js
var require_range = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SPACE_CHARACTERS = /\s+/g;
	var Range = class Range {
		constructor(range, options) {
			options = parseOptions(options);
			if (range instanceof Range) {
				if (range.loose === !!options.loose && range.includePrerelease === !!options.includePrerelease) return range;
				else return new Range(range.raw, options);
			}
			if (range instanceof Comparator) {
				this.raw = range.value;
				this.set = [[range]];
				this.formatted = void 0;
				return this;
			}
			this.options = options;
			this.loose = !!options.loose;
			this.includePrerelease = !!options.includePrerelease;
			this.raw = range.trim().replace(SPACE_CHARACTERS, " ");
			this.set = this.raw.split("||").map((r) => this.parseRange(r.trim())).filter((c) => c.length);
			if (!this.set.length) throw new TypeError(`Invalid SemVer Range: ${this.raw}`);
			if (this.set.length > 1) {
				const first = this.set[0];
				this.set = this.set.filter((c) => !isNullSet(c[0]));
				if (this.set.length === 0) this.set = [first];
				else if (this.set.length > 1) {
					for (const c of this.set) if (c.length === 1 && isAny(c[0])) {
						this.set = [c];
						break;
					}
				}
			}
			this.formatted = void 0;
		}
		get range() {
			if (this.formatted === void 0) {
				this.formatted = "";
				for (let i = 0; i < this.set.length; i++) {
					if (i > 0) this.formatted += "||";
					const comps = this.set[i];
					for (let k = 0; k < comps.length; k++) {
						if (k > 0) this.formatted += " ";
						this.formatted += comps[k].toString().trim();
					}
				}
			}
			return this.formatted;
		}
		format() {
			return this.range;
		}
		toString() {
			return this.range;
		}
		parseRange(range) {
			range = range.replace(BUILDSTRIPRE, "");
			const memoKey = ((this.options.includePrerelease && FLAG_INCLUDE_PRERELEASE) | (this.options.loose && FLAG_LOOSE)) + ":" + range;
			const cached = cache.get(memoKey);
			if (cached) return cached;
			const loose = this.options.loose;
			const hr = loose ? re[t.HYPHENRANGELOOSE] : re[t.HYPHENRANGE];
			range = range.replace(hr, hyphenReplace(this.options.includePrerelease));
			debug("hyphen replace", range);
			range = trimComparatorWhitespace(range);
			debug("comparator trim", range);
			range = range.replace(re[t.TILDETRIM], tildeTrimReplace);
			debug("tilde trim", range);
			range = range.replace(re[t.CARETTRIM], caretTrimReplace);
			debug("caret trim", range);
			let rangeList = range.split(" ").map((comp) => parseComparator(comp, this.options)).join(" ").split(/\s+/).map((comp) => replaceGTE0(comp, this.options));
			if (loose) rangeList = rangeList.filter((comp) => {
				debug("loose invalid filter", comp, this.options);
				return !!comp.match(re[t.COMPARATORLOOSE]);
			});
			debug("range list", rangeList);
			const rangeMap = /* @__PURE__ */ new Map();
			const comparators = rangeList.map((comp) => new Comparator(comp, this.options));
			for (const comp of comparators) {
				if (isNullSet(comp)) return [comp];
				rangeMap.set(comp.value, comp);
			}
			if (rangeMap.size > 1 && rangeMap.has("")) rangeMap.delete("");
			const result = [...rangeMap.values()];
			cache.set(memoKey, result);
			return result;
		}
		intersects(range, options) {
			if (!(range instanceof Range)) throw new TypeError("a Range is required");
			return this.set.some((thisComparators) => {
				return isSatisfiable(thisComparators, options) && range.set.some((rangeComparators) => {
					return isSatisfiable(rangeComparators, options) && thisComparators.every((thisComparator) => {
						return rangeComparators.every((rangeComparator) => {
							return thisComparator.intersects(rangeComparator, options);
						});
					});
				});
			});
		}
		test(version) {
			if (!version) return false;
			if (typeof version === "string") try {
				version = new SemVer(version, this.options);
			} catch (er) {
				return false;
			}
			for (let i = 0; i < this.set.length; i++) if (testSet(this.set[i], version, this.options)) return true;
			return false;
		}
	};
	module.exports = Range;
	const cache = new (require_lrucache())();
	const parseOptions = require_parse_options();
	const Comparator = require_comparator();
	const debug = require_debug();
	const SemVer = require_semver$1();
	const trimComparatorWhitespace = require_trim_comparator_whitespace();
	const { safeRe: re, src, t, tildeTrimReplace, caretTrimReplace } = require_re();
	const { FLAG_INCLUDE_PRERELEASE, FLAG_LOOSE } = require_constants();
	const BUILDSTRIPRE = new RegExp(src[t.BUILD], "g");
	const isNullSet = (c) => c.value === "<0.0.0-0";
	const isAny = (c) => c.value === "";
	const isSatisfiable = (comparators, options) => {
		let result = true;
		const remainingComparators = comparators.slice();
		let testComparator = remainingComparators.pop();
		while (result && remainingComparators.length) {
			result = remainingComparators.every((otherComparator) => {
				return testComparator.intersects(otherComparator, options);
			});
			testComparator = remainingComparators.pop();
		}
		return result;
	};
	const parseComparator = (comp, options) => {
		comp = comp.replace(re[t.BUILD], "");
		debug("comp", comp, options);
		comp = replaceCarets(comp, options);
		debug("caret", comp);
		comp = replaceTildes(comp, options);
		debug("tildes", comp);
		comp = replaceXRanges(comp, options);
		debug("xrange", comp);
		comp = replaceStars(comp, options);
		debug("stars", comp);
		return comp;
	};
	const isX = (id) => !id || id.toLowerCase() === "x" || id === "*";
	const invalidXRangeOrder = (M, m, p) => isX(M) && !isX(m) || isX(m) && p && !isX(p);
	const replaceTildes = (comp, options) => {
		return comp.trim().split(/\s+/).map((c) => replaceTilde(c, options)).join(" ");
	};
	const replaceTilde = (comp, options) => {
		const r = options.loose ? re[t.TILDELOOSE] : re[t.TILDE];
		const z = options.includePrerelease ? "-0" : "";
		return comp.replace(r, (_, M, m, p, pr) => {
			debug("tilde", comp, _, M, m, p, pr);
			let ret;
			if (isX(M)) ret = "";
			else if (isX(m)) ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
			else if (isX(p)) ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
			else if (pr) {
				debug("replaceTilde pr", pr);
				ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
			} else ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
			debug("tilde return", ret);
			return ret;
		});
	};
	const replaceCarets = (comp, options) => {
		return comp.trim().split(/\s+/).map((c) => replaceCaret(c, options)).join(" ");
	};
	const replaceCaret = (comp, options) => {
		debug("caret", comp, options);
		const r = options.loose ? re[t.CARETLOOSE] : re[t.CARET];
		const z = options.includePrerelease ? "-0" : "";
		return comp.replace(r, (_, M, m, p, pr) => {
			debug("caret", comp, _, M, m, p, pr);
			let ret;
			if (isX(M)) ret = "";
			else if (isX(m)) ret = `>=${M}.0.0${z} <${+M + 1}.0.0-0`;
			else if (isX(p)) {
				if (M === "0") ret = `>=${M}.${m}.0${z} <${M}.${+m + 1}.0-0`;
				else ret = `>=${M}.${m}.0${z} <${+M + 1}.0.0-0`;
			} else if (pr) {
				debug("replaceCaret pr", pr);
				if (M === "0") {
					if (m === "0") ret = `>=${M}.${m}.${p}-${pr} <${M}.${m}.${+p + 1}-0`;
					else ret = `>=${M}.${m}.${p}-${pr} <${M}.${+m + 1}.0-0`;
				} else ret = `>=${M}.${m}.${p}-${pr} <${+M + 1}.0.0-0`;
			} else {
				debug("no pr");
				if (M === "0") {
					if (m === "0") ret = `>=${M}.${m}.${p} <${M}.${m}.${+p + 1}-0`;
					else ret = `>=${M}.${m}.${p} <${M}.${+m + 1}.0-0`;
				} else ret = `>=${M}.${m}.${p} <${+M + 1}.0.0-0`;
			}
			debug("caret return", ret);
			return ret;
		});
	};
	const replaceXRanges = (comp, options) => {
		debug("replaceXRanges", comp, options);
		return comp.split(/\s+/).map((c) => replaceXRange(c, options)).join(" ");
	};
	const replaceXRange = (comp, options) => {
		comp = comp.trim();
		const r = options.loose ? re[t.XRANGELOOSE] : re[t.XRANGE];
		return comp.replace(r, (ret, gtlt, M, m, p, pr) => {
			debug("xRange", comp, ret, gtlt, M, m, p, pr);
			if (invalidXRangeOrder(M, m, p)) return comp;
			const xM = isX(M);
			const xm = xM || isX(m);
			const xp = xm || isX(p);
			const anyX = xp;
			if (gtlt === "=" && anyX) gtlt = "";
			pr = options.includePrerelease ? "-0" : "";
			if (xM) {
				if (gtlt === ">" || gtlt === "<") ret = "<0.0.0-0";
				else ret = "*";
			} else if (gtlt && anyX) {
				if (xm) m = 0;
				p = 0;
				if (gtlt === ">") {
					gtlt = ">=";
					if (xm) {
						M = +M + 1;
						m = 0;
						p = 0;
					} else {
						m = +m + 1;
						p = 0;
					}
				} else if (gtlt === "<=") {
					gtlt = "<";
					if (xm) M = +M + 1;
					else m = +m + 1;
				}
				if (gtlt === "<") pr = "-0";
				ret = `${gtlt + M}.${m}.${p}${pr}`;
			} else if (xm) ret = `>=${M}.0.0${pr} <${+M + 1}.0.0-0`;
			else if (xp) ret = `>=${M}.${m}.0${pr} <${M}.${+m + 1}.0-0`;
			debug("xRange return", ret);
			return ret;
		});
	};
	const replaceStars = (comp, options) => {
		debug("replaceStars", comp, options);
		return comp.trim().replace(re[t.STAR], "");
	};
	const replaceGTE0 = (comp, options) => {
		debug("replaceGTE0", comp, options);
		return comp.trim().replace(re[options.includePrerelease ? t.GTE0PRE : t.GTE0], "");
	};
	const hyphenReplace = (incPr) => ($0, from, fM, fm, fp, fpr, fb, to, tM, tm, tp, tpr) => {
		if (isX(fM)) from = "";
		else if (isX(fm)) from = `>=${fM}.0.0${incPr ? "-0" : ""}`;
		else if (isX(fp)) from = `>=${fM}.${fm}.0${incPr ? "-0" : ""}`;
		else if (fpr) from = `>=${from}`;
		else from = `>=${from}${incPr ? "-0" : ""}`;
		if (isX(tM)) to = "";
		else if (isX(tm)) to = `<${+tM + 1}.0.0-0`;
		else if (isX(tp)) to = `<${tM}.${+tm + 1}.0-0`;
		else if (tpr) to = `<=${tM}.${tm}.${tp}-${tpr}`;
		else if (incPr) to = `<${tM}.${tm}.${+tp + 1}-0`;
		else to = `<=${to}`;
		return `${from} ${to}`.trim();
	};
	const testSet = (set, version, options) => {
		for (let i = 0; i < set.length; i++) if (!set[i].test(version)) return false;
		if (version.prerelease.length && !options.includePrerelease) {
			for (let i = 0; i < set.length; i++) {
				debug(set[i].semver);
				if (set[i].semver === Comparator.ANY) continue;
				if (set[i].semver.prerelease.length > 0) {
					const allowed = set[i].semver;
					if (allowed.major === version.major && allowed.minor === version.minor && allowed.patch === version.patch) return true;
				}
			}
			return false;
		}
		return true;
	};
}));

// node_modules/semver/classes/comparator.js
var require_comparator = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const ANY = Symbol("SemVer ANY");
	var Comparator = class Comparator {
		static get ANY() {
			return ANY;
		}
		constructor(comp, options) {
			options = parseOptions(options);
			if (comp instanceof Comparator) {
				if (comp.loose === !!options.loose) return comp;
				else comp = comp.value;
			}
			comp = comp.trim().split(/\s+/).join(" ");
			debug("comparator", comp, options);
			this.options = options;
			this.loose = !!options.loose;
			this.parse(comp);
			if (this.semver === ANY) this.value = "";
			else this.value = this.operator + this.semver.version;
			debug("comp", this);
		}
		parse(comp) {
			const r = this.options.loose ? re[t.COMPARATORLOOSE] : re[t.COMPARATOR];
			const m = comp.match(r);
			if (!m) throw new TypeError(`Invalid comparator: ${comp}`);
			this.operator = m[1] !== void 0 ? m[1] : "";
			if (this.operator === "=") this.operator = "";
			if (!m[2]) this.semver = ANY;
			else this.semver = new SemVer(m[2], this.options.loose);
		}
		toString() {
			return this.value;
		}
		test(version) {
			debug("Comparator.test", version, this.options.loose);
			if (this.semver === ANY || version === ANY) return true;
			if (typeof version === "string") try {
				version = new SemVer(version, this.options);
			} catch (er) {
				return false;
			}
			return cmp(version, this.operator, this.semver, this.options);
		}
		intersects(comp, options) {
			if (!(comp instanceof Comparator)) throw new TypeError("a Comparator is required");
			if (this.operator === "") {
				if (this.value === "") return true;
				return new Range(comp.value, options).test(this.value);
			} else if (comp.operator === "") {
				if (comp.value === "") return true;
				return new Range(this.value, options).test(comp.semver);
			}
			options = parseOptions(options);
			if (options.includePrerelease && (this.value === "<0.0.0-0" || comp.value === "<0.0.0-0")) return false;
			if (!options.includePrerelease && (this.value.startsWith("<0.0.0") || comp.value.startsWith("<0.0.0"))) return false;
			if (this.operator.startsWith(">") && comp.operator.startsWith(">")) return true;
			if (this.operator.startsWith("<") && comp.operator.startsWith("<")) return true;
			if (this.semver.version === comp.semver.version && this.operator.includes("=") && comp.operator.includes("=")) return true;
			if (cmp(this.semver, "<", comp.semver, options) && this.operator.startsWith(">") && comp.operator.startsWith("<")) return true;
			if (cmp(this.semver, ">", comp.semver, options) && this.operator.startsWith("<") && comp.operator.startsWith(">")) return true;
			return false;
		}
	};
	module.exports = Comparator;
	const parseOptions = require_parse_options();
	const { safeRe: re, t } = require_re();
	const cmp = require_cmp();
	const debug = require_debug();
	const SemVer = require_semver$1();
	const Range = require_range();
}));

// node_modules/semver/functions/satisfies.js
var require_satisfies = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const satisfies = (version, range, options) => {
		try {
			range = new Range(range, options);
		} catch (er) {
			return false;
		}
		return range.test(version);
	};
	module.exports = satisfies;
}));

// node_modules/semver/ranges/to-comparators.js
var require_to_comparators = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const toComparators = (range, options) => new Range(range, options).set.map((comp) => comp.map((c) => c.value).join(" ").trim().split(" "));
	module.exports = toComparators;
}));

// node_modules/semver/ranges/max-satisfying.js
var require_max_satisfying = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const maxSatisfying = (versions, range, options) => {
		let max = null;
		let maxSV = null;
		let rangeObj = null;
		try {
			rangeObj = new Range(range, options);
		} catch (er) {
			return null;
		}
		versions.forEach((v) => {
			if (rangeObj.test(v)) {
				if (!max || maxSV.compare(v) === -1) {
					max = v;
					maxSV = new SemVer(max, options);
				}
			}
		});
		return max;
	};
	module.exports = maxSatisfying;
}));

// node_modules/semver/ranges/min-satisfying.js
var require_min_satisfying = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const minSatisfying = (versions, range, options) => {
		let min = null;
		let minSV = null;
		let rangeObj = null;
		try {
			rangeObj = new Range(range, options);
		} catch (er) {
			return null;
		}
		versions.forEach((v) => {
			if (rangeObj.test(v)) {
				if (!min || minSV.compare(v) === 1) {
					min = v;
					minSV = new SemVer(min, options);
				}
			}
		});
		return min;
	};
	module.exports = minSatisfying;
}));

// node_modules/semver/ranges/min-version.js
var require_min_version = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Range = require_range();
	const gt = require_gt();
	const minVersion = (range, loose) => {
		range = new Range(range, loose);
		let minver = new SemVer("0.0.0");
		if (range.test(minver)) return minver;
		minver = new SemVer("0.0.0-0");
		if (range.test(minver)) return minver;
		minver = null;
		for (let i = 0; i < range.set.length; ++i) {
			const comparators = range.set[i];
			let setMin = null;
			comparators.forEach((comparator) => {
				const compver = new SemVer(comparator.semver.version);
				switch (comparator.operator) {
					case ">":
						if (compver.prerelease.length === 0) compver.patch++;
						else compver.prerelease.push(0);
						compver.raw = compver.format();
					case "":
					case ">=":
						if (!setMin || gt(compver, setMin)) setMin = compver;
						break;
					case "<":
					case "<=": break;
					/* istanbul ignore next */
					default: throw new Error(`Unexpected operation: ${comparator.operator}`);
				}
			});
			if (setMin && (!minver || gt(minver, setMin))) minver = setMin;
		}
		if (minver && range.test(minver)) return minver;
		return null;
	};
	module.exports = minVersion;
}));

// node_modules/semver/ranges/valid.js
var require_valid = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const validRange = (range, options) => {
		try {
			return new Range(range, options).range || "*";
		} catch (er) {
			return null;
		}
	};
	module.exports = validRange;
}));

// node_modules/semver/ranges/outside.js
var require_outside = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const SemVer = require_semver$1();
	const Comparator = require_comparator();
	const { ANY } = Comparator;
	const Range = require_range();
	const satisfies = require_satisfies();
	const gt = require_gt();
	const lt = require_lt();
	const lte = require_lte();
	const gte = require_gte();
	const outside = (version, range, hilo, options) => {
		version = new SemVer(version, options);
		range = new Range(range, options);
		let gtfn, ltefn, ltfn, comp, ecomp;
		switch (hilo) {
			case ">":
				gtfn = gt;
				ltefn = lte;
				ltfn = lt;
				comp = ">";
				ecomp = ">=";
				break;
			case "<":
				gtfn = lt;
				ltefn = gte;
				ltfn = gt;
				comp = "<";
				ecomp = "<=";
				break;
			default: throw new TypeError("Must provide a hilo val of \"<\" or \">\"");
		}
		if (satisfies(version, range, options)) return false;
		for (let i = 0; i < range.set.length; ++i) {
			const comparators = range.set[i];
			let high = null;
			let low = null;
			comparators.forEach((comparator) => {
				if (comparator.semver === ANY) comparator = new Comparator(">=0.0.0");
				high = high || comparator;
				low = low || comparator;
				if (gtfn(comparator.semver, high.semver, options)) high = comparator;
				else if (ltfn(comparator.semver, low.semver, options)) low = comparator;
			});
			if (high.operator === comp || high.operator === ecomp) return false;
			if ((!low.operator || low.operator === comp) && ltefn(version, low.semver)) return false;
			else if (low.operator === ecomp && ltfn(version, low.semver)) return false;
		}
		return true;
	};
	module.exports = outside;
}));

// node_modules/semver/ranges/gtr.js
var require_gtr = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const outside = require_outside();
	const gtr = (version, range, options) => outside(version, range, ">", options);
	module.exports = gtr;
}));

// node_modules/semver/ranges/ltr.js
var require_ltr = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const outside = require_outside();
	const ltr = (version, range, options) => outside(version, range, "<", options);
	module.exports = ltr;
}));

// node_modules/semver/ranges/intersects.js
var require_intersects = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const intersects = (r1, r2, options) => {
		r1 = new Range(r1, options);
		r2 = new Range(r2, options);
		return r1.intersects(r2, options);
	};
	module.exports = intersects;
}));

// node_modules/semver/ranges/simplify.js
var require_simplify = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const satisfies = require_satisfies();
	const compare = require_compare();
	module.exports = (versions, range, options) => {
		const set = [];
		let first = null;
		let prev = null;
		const v = versions.sort((a, b) => compare(a, b, options));
		for (const version of v) if (satisfies(version, range, options)) {
			prev = version;
			if (!first) first = version;
		} else {
			if (prev) set.push([first, prev]);
			prev = null;
			first = null;
		}
		if (first) set.push([first, null]);
		const ranges = [];
		for (const [min, max] of set) if (min === max) ranges.push(min);
		else if (!max && min === v[0]) ranges.push("*");
		else if (!max) ranges.push(`>=${min}`);
		else if (min === v[0]) ranges.push(`<=${max}`);
		else ranges.push(`${min} - ${max}`);
		const simplified = ranges.join(" || ");
		const original = typeof range.raw === "string" ? range.raw : String(range);
		return simplified.length < original.length ? simplified : range;
	};
}));

// node_modules/semver/ranges/subset.js
var require_subset = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const Range = require_range();
	const Comparator = require_comparator();
	const { ANY } = Comparator;
	const satisfies = require_satisfies();
	const compare = require_compare();
	const subset = (sub, dom, options = {}) => {
		if (sub === dom) return true;
		sub = new Range(sub, options);
		dom = new Range(dom, options);
		let sawNonNull = false;
		OUTER: for (const simpleSub of sub.set) {
			for (const simpleDom of dom.set) {
				const isSub = simpleSubset(simpleSub, simpleDom, options);
				sawNonNull = sawNonNull || isSub !== null;
				if (isSub) continue OUTER;
			}
			if (sawNonNull) return false;
		}
		return true;
	};
	const minimumVersionWithPreRelease = [new Comparator(">=0.0.0-0")];
	const minimumVersion = [new Comparator(">=0.0.0")];
	const simpleSubset = (sub, dom, options) => {
		if (sub === dom) return true;
		if (sub.length === 1 && sub[0].semver === ANY) {
			if (dom.length === 1 && dom[0].semver === ANY) return true;
			else if (options.includePrerelease) sub = minimumVersionWithPreRelease;
			else sub = minimumVersion;
		}
		if (dom.length === 1 && dom[0].semver === ANY) {
			if (options.includePrerelease) return true;
			else dom = minimumVersion;
		}
		const eqSet = /* @__PURE__ */ new Set();
		let gt, lt;
		for (const c of sub) if (c.operator === ">" || c.operator === ">=") gt = higherGT(gt, c, options);
		else if (c.operator === "<" || c.operator === "<=") lt = lowerLT(lt, c, options);
		else eqSet.add(c.semver);
		if (eqSet.size > 1) return null;
		let gtltComp;
		if (gt && lt) {
			gtltComp = compare(gt.semver, lt.semver, options);
			if (gtltComp > 0) return null;
			else if (gtltComp === 0 && (gt.operator !== ">=" || lt.operator !== "<=")) return null;
		}
		for (const eq of eqSet) {
			if (gt && !satisfies(eq, String(gt), options)) return null;
			if (lt && !satisfies(eq, String(lt), options)) return null;
			for (const c of dom) if (!satisfies(eq, String(c), options)) return false;
			return true;
		}
		let higher, lower;
		let hasDomLT, hasDomGT;
		let needDomLTPre = lt && !options.includePrerelease && lt.semver.prerelease.length ? lt.semver : false;
		let needDomGTPre = gt && !options.includePrerelease && gt.semver.prerelease.length ? gt.semver : false;
		if (needDomLTPre && needDomLTPre.prerelease.length === 1 && lt.operator === "<" && needDomLTPre.prerelease[0] === 0) needDomLTPre = false;
		for (const c of dom) {
			hasDomGT = hasDomGT || c.operator === ">" || c.operator === ">=";
			hasDomLT = hasDomLT || c.operator === "<" || c.operator === "<=";
			if (gt) {
				if (needDomGTPre) {
					if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomGTPre.major && c.semver.minor === needDomGTPre.minor && c.semver.patch === needDomGTPre.patch) needDomGTPre = false;
				}
				if (c.operator === ">" || c.operator === ">=") {
					higher = higherGT(gt, c, options);
					if (higher === c && higher !== gt) return false;
				} else if (gt.operator === ">=" && !c.test(gt.semver)) return false;
			}
			if (lt) {
				if (needDomLTPre) {
					if (c.semver.prerelease && c.semver.prerelease.length && c.semver.major === needDomLTPre.major && c.semver.minor === needDomLTPre.minor && c.semver.patch === needDomLTPre.patch) needDomLTPre = false;
				}
				if (c.operator === "<" || c.operator === "<=") {
					lower = lowerLT(lt, c, options);
					if (lower === c && lower !== lt) return false;
				} else if (lt.operator === "<=" && !c.test(lt.semver)) return false;
			}
			if (!c.operator && (lt || gt) && gtltComp !== 0) return false;
		}
		if (gt && hasDomLT && !lt && gtltComp !== 0) return false;
		if (lt && hasDomGT && !gt && gtltComp !== 0) return false;
		if (needDomGTPre || needDomLTPre) return false;
		return true;
	};
	const higherGT = (a, b, options) => {
		if (!a) return b;
		const comp = compare(a.semver, b.semver, options);
		return comp > 0 ? a : comp < 0 ? b : b.operator === ">" && a.operator === ">=" ? b : a;
	};
	const lowerLT = (a, b, options) => {
		if (!a) return b;
		const comp = compare(a.semver, b.semver, options);
		return comp < 0 ? a : comp > 0 ? b : b.operator === "<" && a.operator === "<=" ? b : a;
	};
	module.exports = subset;
}));

// node_modules/semver/index.js
var require_semver = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const internalRe = require_re();
	const constants = require_constants();
	const SemVer = require_semver$1();
	const identifiers = require_identifiers();
	const parse = require_parse();
	const valid = require_valid$1();
	const clean = require_clean();
	const inc = require_inc();
	const diff = require_diff();
	const major = require_major();
	const minor = require_minor();
	const patch = require_patch();
	const prerelease = require_prerelease();
	const compare = require_compare();
	const rcompare = require_rcompare();
	const compareLoose = require_compare_loose();
	const compareBuild = require_compare_build();
	const sort = require_sort();
	const rsort = require_rsort();
	const gt = require_gt();
	const lt = require_lt();
	const eq = require_eq();
	const neq = require_neq();
	const gte = require_gte();
	const lte = require_lte();
	const cmp = require_cmp();
	const coerce = require_coerce();
	const truncate = require_truncate();
	const Comparator = require_comparator();
	const Range = require_range();
	const satisfies = require_satisfies();
	const toComparators = require_to_comparators();
	const maxSatisfying = require_max_satisfying();
	const minSatisfying = require_min_satisfying();
	const minVersion = require_min_version();
	const validRange = require_valid();
	const outside = require_outside();
	const gtr = require_gtr();
	const ltr = require_ltr();
	const intersects = require_intersects();
	const simplifyRange = require_simplify();
	const subset = require_subset();
	module.exports = {
		parse,
		valid,
		clean,
		inc,
		diff,
		major,
		minor,
		patch,
		prerelease,
		compare,
		rcompare,
		compareLoose,
		compareBuild,
		sort,
		rsort,
		gt,
		lt,
		eq,
		neq,
		gte,
		lte,
		cmp,
		coerce,
		truncate,
		Comparator,
		Range,
		satisfies,
		toComparators,
		maxSatisfying,
		minSatisfying,
		minVersion,
		validRange,
		outside,
		gtr,
		ltr,
		intersects,
		simplifyRange,
		subset,
		SemVer,
		re: internalRe.re,
		src: internalRe.src,
		tokens: internalRe.t,
		SEMVER_SPEC_VERSION: constants.SEMVER_SPEC_VERSION,
		RELEASE_TYPES: constants.RELEASE_TYPES,
		compareIdentifiers: identifiers.compareIdentifiers,
		rcompareIdentifiers: identifiers.rcompareIdentifiers
	};
}));

// node_modules/@actions/tool-cache/lib/manifest.js
var import_semver = /* @__PURE__ */ __toESM(require_semver(), 1);
var __awaiter$2 = void 0 && (void 0).__awaiter || function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};

// node_modules/@actions/tool-cache/lib/retry-helper.js
var __awaiter$1 = void 0 && (void 0).__awaiter || function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};

// node_modules/@actions/tool-cache/lib/tool-cache.js
var __awaiter = void 0 && (void 0).__awaiter || function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
const IS_WINDOWS = process.platform === "win32";
const IS_MAC = process.platform === "darwin";
/**
* Caches a directory and installs it into the tool cacheDir
*
* @param sourceDir    the directory to cache into tools
* @param tool          tool name
* @param version       version of the tool.  semver format
* @param arch          architecture of the tool.  Optional.  Defaults to machine architecture
*/
function cacheDir(sourceDir, tool, version, arch) {
	return __awaiter(this, void 0, void 0, function* () {
		version = import_semver.clean(version) || version;
		arch = arch || os$1.arch();
		debug(`Caching tool ${tool} ${version} ${arch}`);
		debug(`source dir: ${sourceDir}`);
		if (!fs.statSync(sourceDir).isDirectory()) throw new Error("sourceDir is not a directory");
		const destPath = yield _createToolPath(tool, version, arch);
		for (const itemName of fs.readdirSync(sourceDir)) {
			const s = path$2.join(sourceDir, itemName);
			yield cp(s, destPath, { recursive: true });
		}
		_completeToolPath(tool, version, arch);
		return destPath;
	});
}
/**
* Finds the path to a tool version in the local installed tool cache
*
* @param toolName      name of the tool
* @param versionSpec   version of the tool
* @param arch          optional arch.  defaults to arch of computer
*/
function find(toolName, versionSpec, arch) {
	if (!toolName) throw new Error("toolName parameter is required");
	if (!versionSpec) throw new Error("versionSpec parameter is required");
	arch = arch || os$1.arch();
	if (!isExplicitVersion(versionSpec)) versionSpec = evaluateVersions(findAllVersions(toolName, arch), versionSpec);
	let toolPath = "";
	if (versionSpec) {
		versionSpec = import_semver.clean(versionSpec) || "";
		const cachePath = path$2.join(_getCacheDirectory(), toolName, versionSpec, arch);
		debug(`checking cache: ${cachePath}`);
		if (fs.existsSync(cachePath) && fs.existsSync(`${cachePath}.complete`)) {
			debug(`Found tool in cache ${toolName} ${versionSpec} ${arch}`);
			toolPath = cachePath;
		} else debug("not found");
	}
	return toolPath;
}
/**
* Finds the paths to all versions of a tool that are installed in the local tool cache
*
* @param toolName  name of the tool
* @param arch      optional arch.  defaults to arch of computer
*/
function findAllVersions(toolName, arch) {
	const versions = [];
	arch = arch || os$1.arch();
	const toolPath = path$2.join(_getCacheDirectory(), toolName);
	if (fs.existsSync(toolPath)) {
		const children = fs.readdirSync(toolPath);
		for (const child of children) if (isExplicitVersion(child)) {
			const fullPath = path$2.join(toolPath, child, arch || "");
			if (fs.existsSync(fullPath) && fs.existsSync(`${fullPath}.complete`)) versions.push(child);
		}
	}
	return versions;
}
function _createToolPath(tool, version, arch) {
	return __awaiter(this, void 0, void 0, function* () {
		const folderPath = path$2.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "");
		debug(`destination ${folderPath}`);
		const markerPath = `${folderPath}.complete`;
		yield rmRF(folderPath);
		yield rmRF(markerPath);
		yield mkdirP(folderPath);
		return folderPath;
	});
}
function _completeToolPath(tool, version, arch) {
	const markerPath = `${path$2.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "")}.complete`;
	fs.writeFileSync(markerPath, "");
	debug("finished caching tool");
}
/**
* Check if version string is explicit
*
* @param versionSpec      version string to check
*/
function isExplicitVersion(versionSpec) {
	const c = import_semver.clean(versionSpec) || "";
	debug(`isExplicit: ${c}`);
	const valid = import_semver.valid(c) != null;
	debug(`explicit? ${valid}`);
	return valid;
}
/**
* Get the highest satisfiying semantic version in `versions` which satisfies `versionSpec`
*
* @param versions        array of versions to evaluate
* @param versionSpec     semantic version spec to satisfy
*/
function evaluateVersions(versions, versionSpec) {
	let version = "";
	debug(`evaluating ${versions.length} versions`);
	versions = versions.sort((a, b) => {
		if (import_semver.gt(a, b)) return 1;
		return -1;
	});
	for (let i = versions.length - 1; i >= 0; i--) {
		const potential = versions[i];
		if (import_semver.satisfies(potential, versionSpec)) {
			version = potential;
			break;
		}
	}
	if (version) debug(`matched: ${version}`);
	else debug("match not found");
	return version;
}
/**
* Gets RUNNER_TOOL_CACHE
*/
function _getCacheDirectory() {
	const cacheDirectory = process.env["RUNNER_TOOL_CACHE"] || "";
	ok(cacheDirectory, "Expected RUNNER_TOOL_CACHE to be defined");
	return cacheDirectory;
}

// src/sources/cache.ts
/** What is kept beside a cached executable, to tell whether it is still the one. */
const Origin = object({
	/** Hex, of the file as downloaded (for helm the archive). */
	sha256: string(),
	/** Hex, of the executable. */
	executableSha256: string(),
	url: string()
});
const originFile = "origin.json";
/** Where this user's downloads are kept between runs. */
function cacheFolder(host) {
	return join(host.env["XDG_CACHE_HOME"] || join(host.env["HOME"] || homedir(), ".cache"), "monstack");
}
/** The cached executable, checked byte for byte; undefined when there is none or when it isn't what was put there. */
async function cachedTool(context, tool, version) {
	const { host, log } = context;
	prepareToolCache(host);
	const folder = find(entryName(tool), versionKey(version), host.arch);
	if (folder === "") return void 0;
	const path = join(folder, tool);
	const origin = parseOrigin(await host.files.read(join(folder, originFile)));
	if (origin && await host.files.exists(path) && await sha256Of(host, path) === origin.executableSha256) return {
		path,
		origin
	};
	log.warn(`the cached ${tool} ${version} in ${folder} is not what was put there; it is fetched anew`);
	await forgetTool(context, folder);
}
/** Puts `<folder>/<tool>` into the tool cache and returns its path there. */
async function keepTool({ host }, tool, version, folder, origin) {
	prepareToolCache(host);
	await host.files.write(join(folder, originFile), `${JSON.stringify(origin)}\n`);
	try {
		return join(await cacheDir(folder, entryName(tool), versionKey(version), host.arch), tool);
	} catch (cause) {
		throw new InstallError(`${tool} ${version} could not be put into ${process.env["RUNNER_TOOL_CACHE"]}`, {
			cause,
			mend: "make room there, or name another folder in XDG_CACHE_HOME (on a runner: RUNNER_TOOL_CACHE)"
		});
	}
}
/** Takes an entry out of the tool cache; `folder` is the one that holds the executable. */
async function forgetTool({ host }, folder) {
	await host.files.remove(`${folder}.complete`);
	await host.files.remove(folder);
}
/**
* The tool cache names its folders by `semver.clean`, which drops the build part: v1.36.3+k3s1 and v1.36.3+k3s2 would
* be one. As a pre-release it stays.
*/
function versionKey(version) {
	const [release = "", build] = version.replace(/^v/, "").split("+");
	return build === void 0 ? release : `${release}-${build}`;
}
/** Not just `helm`: runners have tools of that name in their cache, put there by others and without our checksum. */
function entryName(tool) {
	return `monstack-${tool}`;
}
function parseOrigin(text) {
	try {
		return Origin.safeParse(JSON.parse(text ?? "")).data;
	} catch {
		return;
	}
}
/**
* @actions/tool-cache takes its folder from this process' environment and fails without it. A runner sets it;
* elsewhere it is the user's cache folder. It also prints its steps to stdout as `::debug::` lines, which only a
* runner understands: elsewhere they are dropped.
*/
function prepareToolCache(host) {
	const folder = host.env["RUNNER_TOOL_CACHE"] || join(cacheFolder(host), "tools");
	process.env["RUNNER_TOOL_CACHE"] = folder;
	if (host.env["GITHUB_ACTIONS"] !== "true") dropDebugLines();
}
let dropsDebugLines = false;
function dropDebugLines() {
	if (dropsDebugLines) return;
	dropsDebugLines = true;
	const write = process.stdout.write.bind(process.stdout);
	const filtered = (chunk, ...rest) => typeof chunk === "string" && chunk.startsWith("::debug::") ? true : write(chunk, ...rest);
	process.stdout.write = filtered;
}

// src/sources/chart-cache.ts
const Pointer = object({
	sha256: string().regex(/^[0-9a-f]{64}$/),
	origin: string()
});
/** Archives lie there under their own sha256. */
function archivePath(host, sha256) {
	return join(cacheFolder(host), "charts", `${sha256}.tgz`);
}
/** The archive with this checksum, if it is there and whole. One that isn't is taken away. */
async function cachedArchive({ host, log }, sha256) {
	const path = archivePath(host, sha256);
	if (!await host.files.exists(path)) return void 0;
	if (await sha256Of(host, path) === sha256) return path;
	log.warn(`the cached chart ${path} is not what was put there; it is fetched anew`);
	await host.files.remove(path);
}
/** A chart that was fetched before, without asking its repository. */
async function cachedChart(context, key) {
	const pointer = parsePointer(await context.host.files.read(pointerPath(context.host, key)));
	if (!pointer) return void 0;
	const path = await cachedArchive(context, pointer.sha256);
	return path === void 0 ? void 0 : {
		path,
		...pointer
	};
}
/** Remembers which archive a chart is. */
async function rememberChart({ host }, key, chart) {
	const { sha256, origin } = chart;
	await host.files.write(pointerPath(host, key), `${JSON.stringify({
		...key,
		sha256,
		origin
	})}\n`);
}
function pointerPath(host, { from, name, version }) {
	const key = createHash("sha256").update([
		from,
		name,
		version
	].join("\n")).digest("hex");
	return join(cacheFolder(host), "charts", "by-version", `${key}.json`);
}
function parsePointer(text) {
	try {
		return Pointer.safeParse(JSON.parse(text ?? "")).data;
	} catch {
		return;
	}
}

// src/sources/chart-oci.ts
/** A chart from an image registry, pulled by helm, which verifies the registry's own digests. */
async function ociChart(web, ref, helm) {
	const { context } = web;
	const { host, log } = context;
	const key = {
		from: ref.url,
		name: "",
		version: ref.version ?? ""
	};
	const cached = ref.version === void 0 ? void 0 : await cachedChart(context, key);
	if (cached) {
		log.info(`chart ${ref.url} ${ref.version}: from the cache, sha256 verified`);
		return {
			...cached,
			...await readArchive(context, cached.path)
		};
	}
	const temp = await host.files.makeTemp("monstack-chart-");
	try {
		await pull(web, ref, helm, temp);
		const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
		if (file === void 0) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
		const sha256 = await sha256Of(host, join(temp, file));
		const path = archivePath(host, sha256);
		const chart = await readArchive(context, join(temp, file));
		await host.files.write(path, host.files.stream(join(temp, file)));
		const found = {
			path,
			sha256,
			origin: ref.url
		};
		if (ref.version !== void 0) await rememberChart(context, key, found);
		log.info(`chart ${chart.name} ${chart.version}: from ${ref.url}, pulled by helm`);
		return {
			...found,
			...chart
		};
	} finally {
		await host.files.remove(temp);
	}
}
async function pull(web, ref, helm, folder) {
	const { context, patience } = web;
	const { url, plainHttp } = mirroredOci(ref.url, web.mirrors);
	const version = ref.version === void 0 ? [] : ["--version", ref.version];
	const plain = plainHttp ? ["--plain-http"] : [];
	for (let tried = 1;; tried++) try {
		await context.host.exec([
			helm.path,
			"pull",
			url,
			...version,
			...plain,
			"--destination",
			folder
		]);
		return;
	} catch (cause) {
		const why = messageOf(cause);
		if (/not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(why) || tried >= patience.tries) throw new InstallError(`chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${why}`, {
			cause,
			mend: "look whether the chart and its version are there, and whether it needs `helm registry login`"
		});
		context.log.info(`${why}; trying again (${tried + 1} of ${patience.tries})`);
		await context.host.sleep(backOff(patience, tried), context.signal);
	}
}

// src/sources/chart-index.ts
/** One version of a chart, as a repository's index.yaml lists it. */
const IndexEntry = object({
	name: string(),
	version: string(),
	appVersion: string().optional(),
	/** Hex sha256 of the archive. */
	digest: string().optional(),
	/** Absolute, or relative to the repository. */
	urls: tuple([string()], string()),
	deprecated: string().optional()
});
/**
* A chart's entries in an index.yaml; undefined when it isn't in there.
*
* Such an index has 10 MB and more, which a YAML parser takes many seconds for. Helm writes it with an indentation of
* two spaces, so the chart's block is cut out as text, and only the entry that is wanted is parsed. An index that is
* written otherwise is parsed whole, as JSON where it is that.
*/
function findChart(index, name) {
	const slices = sliceEntries(index, name);
	if (slices) return fromSlices(slices, name);
	if (!mentionsKey(index, "entries")) throw notAnIndex();
	return mentionsKey(index, name) ? fromWhole(index, name) : void 0;
}
/** Undefined when the chart's block isn't found, or isn't laid out as helm does it. */
function sliceEntries(index, name) {
	const entries = /^entries:[ ]*\r?$/m.exec(index)?.index;
	if (entries === void 0) return void 0;
	const start = index.indexOf(`\n  ${name}:\n`, entries);
	if (start < 0) return void 0;
	const body = start + `\n  ${name}:\n`.length;
	const next = /^(?: {2})?[^\s-]/gm;
	next.lastIndex = body;
	const end = next.exec(index)?.index ?? index.length;
	const slices = index.slice(body, end).split(/^(?= {2}- )/m).map((text) => ({
		text,
		version: /^ {2}(?:- | {2})version: *["']?([^\s"']+)["']? *$/m.exec(text)?.[1] ?? ""
	}));
	return slices.every(({ version }) => version !== "") ? slices : void 0;
}
function fromSlices(slices, name) {
	return {
		versions: slices.map(({ version }) => version),
		hasDigests: slices.some(({ text }) => /^ {2}(?:- | {2})digest: *\S/m.test(text)),
		entry: (version) => {
			const slice = slices.find((one) => one.version === version);
			return parseEntry((0, import_dist.parse)(slice?.text ?? "", { schema: "failsafe" })?.[0], name, version);
		}
	};
}
function fromWhole(index, name) {
	const list = object({ entries: record(string(), array(record(string(), unknown()))) }).safeParse(index.trimStart().startsWith("{") ? JSON.parse(index) : (0, import_dist.parse)(index, { schema: "failsafe" }));
	if (!list.success) throw notAnIndex();
	const entries = list.data.entries[name];
	if (entries === void 0) return void 0;
	return {
		versions: entries.map((entry) => String(entry.version)),
		hasDigests: entries.some((entry) => Boolean(entry.digest)),
		entry: (version) => parseEntry(entries.find((entry) => entry.version === version), name, version)
	};
}
function notAnIndex() {
	return new InstallError("it is not a chart repository's index");
}
function parseEntry(value, name, version) {
	const entry = IndexEntry.safeParse(stringDeprecated(value));
	if (!entry.success) throw new InstallError(`its entry of ${name} ${version} is not valid: ${prettifyError(entry.error)}`);
	if (entry.data.name !== name || entry.data.version !== version) throw new InstallError(`its entry of ${name} ${version} says ${entry.data.name} ${entry.data.version}`);
	return entry.data;
}
/** JSON has true and false where failsafe YAML has text. */
function stringDeprecated(value) {
	if (typeof value !== "object" || value === null || !("deprecated" in value)) return value;
	return {
		...value,
		deprecated: String(value.deprecated)
	};
}
function mentionsKey(index, name) {
	const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`(?:^|[\\s{,])["']?${escaped}["']?\\s*:`, "m").test(index);
}

// src/sources/semver.ts
const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;
/** Undefined when it isn't one. */
function parseSemver(text) {
	const found = pattern.exec(text);
	if (!found) return void 0;
	const [, major, minor, patch, pre, build] = found;
	return {
		major: Number(major),
		minor: Number(minor),
		patch: Number(patch),
		pre: pre === void 0 ? [] : pre.split("."),
		build: build ?? ""
	};
}
/** Below zero when `a` comes before `b`; the build part doesn't count. */
function compareSemver(a, b) {
	return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePre(a.pre, b.pre);
}
/** `vX.Y.Z` or `X.Y.Z...` down to `X.Y.Z`; undefined when it isn't a version. */
function coreOf(text) {
	const version = parseSemver(text);
	return version && `${version.major}.${version.minor}.${version.patch}`;
}
function comparePre(a, b) {
	if (a.length === 0 || b.length === 0) return b.length - a.length;
	for (let i = 0; i < Math.min(a.length, b.length); i++) {
		const order = compareIdentifier(a[i] ?? "", b[i] ?? "");
		if (order !== 0) return order;
	}
	return a.length - b.length;
}
function compareIdentifier(a, b) {
	const numbers = [a, b].map((part) => /^\d+$/.test(part));
	if (numbers[0] && numbers[1]) return Number(a) - Number(b);
	if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
	return a < b ? -1 : a > b ? 1 : 0;
}

// src/sources/chart-version.ts
/**
* The version in the list that is asked for: the very one (a leading `v` doesn't count), or, when none is named, the
* newest release that is not a pre-release. Undefined when there is none.
*/
function chooseVersion(versions, asked) {
	if (asked === void 0) return newest(versions)[0];
	const bare = (version) => version.replace(/^v/, "");
	return versions.find((one) => one === asked) ?? versions.find((one) => bare(one) === bare(asked));
}
/** For the message about a version that isn't there: the three nearest, and the newest release. */
function suggestVersions(versions, asked) {
	const wanted = parseSemver(asked);
	const stable = newest(versions);
	if (!wanted) return `the newest are ${stable.slice(0, 3).join(", ")}`;
	return `the nearest are ${versions.flatMap((text) => withSemver(text)).sort((a, b) => compareDistance(a.semver, b.semver, wanted)).slice(0, 3).map(({ text }) => text).join(", ")}; the newest is ${stable[0] ?? versions[0]}`;
}
function newest(versions) {
	return versions.flatMap(withSemver).filter(({ semver }) => semver.pre.length === 0).sort((a, b) => compareSemver(b.semver, a.semver)).map(({ text }) => text);
}
function withSemver(text) {
	const semver = parseSemver(text);
	return semver ? [{
		text,
		semver
	}] : [];
}
function compareDistance(a, b, wanted) {
	const far = (key, one) => Math.abs(one[key] - wanted[key]);
	return far("major", a) - far("major", b) || far("minor", a) - far("minor", b) || far("patch", a) - far("patch", b) || compareSemver(b, a);
}

// src/sources/chart-repo.ts
/**
* A chart from a repository. With an exact version that was fetched before, nothing is asked at all: a published
* version doesn't change, and its bytes are verified against the checksum they had.
*/
async function repoChart(web, ref) {
	const { context } = web;
	const base = ref.repoUrl.replace(/\/+$/, "");
	if (ref.version !== void 0) {
		const key = {
			from: base,
			name: ref.name,
			version: ref.version
		};
		const cached = await cachedChart(context, key);
		if (cached) {
			context.log.info(`chart ${ref.repo}/${ref.name} ${ref.version}: from the cache, sha256 verified`);
			return {
				...cached,
				...await readArchive(context, cached.path)
			};
		}
	}
	const { entry, hasDigests } = await lookUp(web, base, ref);
	const origin = archiveUrl(base, entry.urls[0]);
	const { path, sha256, how } = await fetchArchive(web, ref, entry, hasDigests, origin);
	const chart = await readArchive(context, path);
	if (chart.name !== entry.name || bare(chart.version) !== bare(entry.version)) {
		await context.host.files.remove(path);
		throw new InstallError(`${where(web, origin)}: the index calls it ${entry.name} ${entry.version}, its Chart.yaml ${chart.name} ${chart.version}`);
	}
	for (const version of /* @__PURE__ */ new Set([entry.version, ref.version ?? entry.version])) await rememberChart(context, {
		from: base,
		name: ref.name,
		version
	}, {
		path,
		sha256,
		origin
	});
	const what = `chart ${ref.repo}/${ref.name} ${chart.version}`;
	context.log.info(`${what}: from ${whence(web, origin)}, ${how}`);
	context.log.debug(`${what}: ${where(web, origin)}`);
	return {
		path,
		...chart,
		sha256,
		origin
	};
}
async function lookUp(web, base, ref) {
	const url = `${base}/index.yaml`;
	const text = await fetchText(web, url).catch((cause) => {
		if (!(cause instanceof HttpStatusError) || cause.status !== 404) throw cause;
		throw new InstallError(`repos.${ref.repo}: there is no chart repository at ${where(web, url)}`, {
			cause,
			mend: "name the folder that holds the repository's index.yaml"
		});
	});
	try {
		const chart = findChart(text, ref.name);
		if (!chart) throw noSuchChart(ref, where(web, url));
		const entry = chart.entry(pickVersion(web, chart, ref, where(web, url)));
		if (entry.deprecated === "true") web.context.log.warn(`chart ${ref.repo}/${ref.name} ${entry.version} is deprecated by its authors`);
		return {
			entry,
			hasDigests: chart.hasDigests
		};
	} catch (cause) {
		if (cause instanceof InstallError && cause.mend !== void 0) throw cause;
		throw new InstallError(`${where(web, url)} can't be used: ${messageOf(cause)}`, {
			cause,
			mend: "the host or the mirror serves something else than a chart repository's index"
		});
	}
}
function pickVersion(web, chart, ref, url) {
	const version = chooseVersion(chart.versions, ref.version);
	if (version === void 0) throw noSuchVersion(chart, ref, url);
	if (ref.version === void 0) web.context.log.info(`chart ${ref.repo}/${ref.name}: the newest release is ${version}, says ${url}`);
	return version;
}
function noSuchChart(ref, url) {
	return new InstallError(`there is no chart ${ref.name} in the repository ${ref.repo} (${url})`, { mend: "look for the chart's name in the repository; or is the repository's name another one?" });
}
function noSuchVersion(chart, ref, url) {
	const asked = ref.version ?? "";
	const what = ref.version === void 0 ? `chart ${ref.repo}/${ref.name} has no release, only ${chart.versions.slice(0, 3).join(", ")}` : `there is no version ${asked} of the chart ${ref.repo}/${ref.name}; ${suggestVersions(chart.versions, asked)}`;
	return new InstallError(`${what} (${url})`, { mend: moved(ref) ?? "name one of these versions" });
}
/** The Grafana chart went to another organisation on 2026-01-30; the old repository ends at 10.5.15. */
function moved(ref) {
	if (ref.name !== "grafana" || !/^https:\/\/grafana\.github\.io\/helm-charts\/?$/.test(ref.repoUrl)) return;
	const [asked, last] = [parseSemver(ref.version ?? ""), parseSemver("10.5.15")];
	if (!asked || !last || compareSemver(asked, last) <= 0) return;
	return "after 10.5.15 the Grafana chart is at https://grafana-community.github.io/helm-charts: put that under `repos` as grafana-community, and take the chart grafana-community/grafana";
}
function archiveUrl(base, url) {
	return new URL(url, `${base}/`).href;
}
/**
* A repository that publishes no checksums for a chart has nothing to verify with: that is said, and the sha256 of what
* came goes into the results. When only this version lacks its checksum, something is wrong, and it is an error.
*/
async function fetchArchive(web, ref, entry, hasDigests, origin) {
	const { context } = web;
	const expected = entry.digest?.replace(/^sha256:/, "").toLowerCase();
	const from = `the digest in ${where(web, `${ref.repoUrl.replace(/\/+$/, "")}/index.yaml`)}`;
	if (expected === void 0 && hasDigests) throw new InstallError(`no checksum of ${ref.name} ${entry.version}: ${from} is missing, though other versions have theirs`, { mend: "take another version, or download the chart yourself and name its .tgz" });
	if (expected !== void 0 && !/^[0-9a-f]{64}$/.test(expected)) throw new InstallError(`${from} for ${ref.name} ${entry.version} is no sha256: ${entry.digest}`);
	const cached = expected === void 0 ? void 0 : await cachedArchive(context, expected);
	if (cached !== void 0 && expected !== void 0) return {
		path: cached,
		sha256: expected,
		how: "already in the cache, sha256 verified"
	};
	const temp = await context.host.files.makeTemp("monstack-chart-");
	try {
		const file = join(temp, "chart.tgz");
		const { sha256 } = expected === void 0 ? await download(web, origin, file) : await downloadVerified(web, origin, file, {
			sha256: expected,
			from
		});
		const path = archivePath(context.host, sha256);
		await context.host.files.write(path, context.host.files.stream(file));
		if (expected !== void 0) return {
			path,
			sha256,
			how: "sha256 verified"
		};
		context.log.warn(`${ref.repoUrl} gives no checksums for ${ref.name}: it could not be verified (sha256 ${sha256})`);
		return {
			path,
			sha256,
			how: "not verified"
		};
	} finally {
		await context.host.files.remove(temp);
	}
}
function bare(version) {
	return version.replace(/^v/, "");
}

// src/sources/checksums.ts
/**
* The sha256 (hex, lower case) that `text` gives for the file.
* @throws InstallError when it isn't a checksum file, gives none for that file, or two different ones.
*/
function findChecksum(text, { file, form, url }) {
	const fail = (why) => new InstallError(`no checksum of ${file}: ${url} ${why}; without it nothing is installed`, { mend: "the host or the mirror serves something else than upstream: compare the URL with upstream's" });
	if (/^\s*</.test(text)) throw fail("is an HTML page, not a checksum file");
	if (form === "bare") {
		const bare = text.trim().toLowerCase();
		if (!/^[0-9a-f]{64}$/.test(bare)) throw fail(`is not a sha256 but ${excerpt(text)}`);
		return bare;
	}
	const lines = text.split("\n").filter((line) => line.trim() !== "");
	const entries = lines.map((line) => /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(\S+)\s*$/.exec(line));
	const broken = entries.indexOf(null);
	if (broken >= 0 || entries.length === 0) throw fail(`is not a checksum file: ${excerpt(lines[broken] ?? "")}`);
	const names = entries.map((entry) => entry?.[2] ?? "");
	const sums = entries.filter((entry) => entry?.[2] === file).map((entry) => entry?.[1]?.toLowerCase() ?? "");
	const [sum] = sums;
	if (sum === void 0) throw fail(`has only those of ${names.slice(0, 5).join(", ")}`);
	if (sums.some((other) => other !== sum)) throw fail("gives two different ones");
	return sum;
}
function excerpt(text) {
	return text.trim() === "" ? "empty" : JSON.stringify(text.slice(0, 80));
}

// src/sources/tool-version.ts
const question = {
	k3s: ["--version"],
	helm: [
		"version",
		"--template",
		"{{.Version}}"
	],
	kubectl: [
		"version",
		"--client",
		"--output",
		"json"
	]
};
const answer = {
	k3s: /^k3s version (v\S+)/m,
	helm: /^(v\S+)/m,
	kubectl: /"gitVersion":\s*"(v[^"]+)"/
};
/**
* What a tool says it is, e.g. `v1.36.3+k3s1`.
* @throws InstallError when it can't be run or answers something else than a version.
*/
async function askVersion(context, tool, path) {
	const { stdout } = await runAsking(context, tool, path);
	const version = answer[tool].exec(stdout)?.[1];
	if (version !== void 0) return version;
	const command = `${path} ${question[tool].join(" ")}`;
	throw new InstallError(`${command} answers no version of ${tool}: ${JSON.stringify(stdout.slice(0, 200))}`);
}
async function runAsking({ host, signal }, tool, path) {
	for (let tried = 1;; tried++) try {
		return await host.exec([path, ...question[tool]], { timeoutMs: 3e4 });
	} catch (cause) {
		if (tried < 5 && /text file busy|ETXTBSY/i.test(messageOf(cause))) await host.sleep(50 * tried, signal);
		else throw new InstallError(`${tool} at ${path} can't be run: ${messageOf(cause)}`, { cause });
	}
}

// src/sources/upstream.ts
/** The upstream hosts' own layout; versions as upstream writes them (`v1.36.3+k3s1`, `v4.1.4`). */
function releaseOf(tool, version, arch) {
	if (tool === "k3s") return k3sRelease(version, arch);
	if (tool === "helm") return helmRelease(version, arch);
	const url = `https://dl.k8s.io/release/${version}/bin/linux/${arch}/kubectl`;
	return {
		url,
		checksumUrl: `${url}.sha256`,
		checksumForm: "bare",
		file: "kubectl",
		entry: void 0
	};
}
function k3sRelease(version, arch) {
	const file = arch === "amd64" ? "k3s" : `k3s-${arch}`;
	const folder = `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}`;
	const checksumUrl = `${folder}/sha256sum-${arch}.txt`;
	return {
		url: `${folder}/${file}`,
		checksumUrl,
		checksumForm: "named",
		file,
		entry: void 0
	};
}
function helmRelease(version, arch) {
	const file = `helm-${version}-linux-${arch}.tar.gz`;
	const url = `https://get.helm.sh/${file}`;
	return {
		url,
		checksumUrl: `${url}.sha256sum`,
		checksumForm: "named",
		file,
		entry: `linux-${arch}/helm`
	};
}

// src/sources/versions.ts
const choices = {
	k3s: "an exact release (v1.36.3+k3s1), a minor (v1.36), stable or latest",
	helm: "an exact release (v4.1.4), a major (v4 or v3) or stable",
	kubectl: "an exact release (v1.36.3), a minor (v1.36) or stable"
};
const exact = {
	k3s: /^v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?\+k3s\d+$/,
	helm: /^v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/,
	kubectl: /^v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/
};
/** @throws UserError when it is nothing that can be had of that tool. */
function parseVersion(tool, asked) {
	const version = /^\d/.test(asked) ? `v${asked}` : asked;
	if (exact[tool].test(version)) return {
		kind: "exact",
		version
	};
	const channel = channelOf(tool, version);
	if (channel) return {
		kind: "channel",
		...channel
	};
	const why = tool === "k3s" && /^v\d+\.\d+\.\d+/.test(version) ? `; k3s' releases are named like ${/^v\d+\.\d+\.\d+/.exec(version)?.[0]}+k3s1` : tool === "helm" && /^v\d+\.\d+$/.test(version) ? "; helm's host tells the newest release of a major only, not of a minor" : "";
	throw new UserError(`${tool}.version: ${JSON.stringify(asked)} is not a version of ${tool}${why}`, { mend: `name ${choices[tool]}` });
}
/** The version to install. Never another one than asked: what can't be resolved is an error. */
async function resolveVersion(web, tool, asked) {
	const wanted = parseVersion(tool, asked);
	if (wanted.kind === "exact") return {
		version: wanted.version,
		from: "as asked"
	};
	const fail = (why, cause) => new InstallError(`${tool}.version: ${JSON.stringify(asked)} could not be resolved: ${why}`, {
		cause,
		mend: `name ${choices[tool]}; an exact release needs no channel`
	});
	const version = await askChannel(web, wanted).catch((cause) => {
		if (!(cause instanceof InstallError)) throw cause;
		if (cause instanceof HttpStatusError && cause.status === 404) throw fail(`there is no such channel at ${where(web, wanted.url)}`, cause);
		throw fail(cause.message, cause);
	});
	if (!exact[tool].test(version) || !version.startsWith(wanted.prefix)) throw fail(`${where(web, wanted.url)} answers ${JSON.stringify(version.slice(0, 80))}`);
	return {
		version,
		from: wanted.url
	};
}
function channelOf(tool, version) {
	const minor = /^v\d+\.\d+$/.test(version);
	if (tool === "k3s") {
		if (!minor && version !== "stable" && version !== "latest") return void 0;
		return {
			url: `https://update.k3s.io/v1-release/channels/${version}`,
			answers: "redirect",
			prefix: minor ? `${version}.` : "v"
		};
	}
	if (tool === "helm") {
		const major = version === "stable" ? "4" : /^v([34])$/.exec(version)?.[1];
		if (major === void 0) return void 0;
		return {
			url: `https://get.helm.sh/helm${major}-latest-version`,
			answers: "text",
			prefix: `v${major}.`
		};
	}
	if (!minor && version !== "stable") return void 0;
	return {
		url: `https://dl.k8s.io/release/${minor ? `stable-${version.slice(1)}.txt` : "stable.txt"}`,
		answers: "text",
		prefix: minor ? `${version}.` : "v"
	};
}
async function askChannel(web, channel) {
	if (channel.answers === "text") return (await fetchText(web, channel.url, 65536)).trim();
	return (await request(web, channel.url, async ({ headers }) => headers.get("location"), { redirect: "manual" }))?.split("/").at(-1)?.replace(/%2B/i, "+") ?? "no redirect";
}

// src/sources/tools.ts
/** What an unpacked helm archive may weigh. */
const archiveLimit = 512 * 1024 ** 2;
/**
* One tool, from the user's path, the cache or its upstream host (through the mirrors), its checksum verified and
* its version asked.
* @throws UserError when the path or the version can't be right, InstallError when it can't be had.
*/
async function installTool(context, config, name, options = {}) {
	const { path, version: asked } = config[name];
	if (path !== void 0) return localTool(context, name, path);
	const web = createWeb(context, config, options);
	const { version, from } = await resolveVersion(web, name, asked);
	if (from !== "as asked") context.log.info(`${name} ${asked} is ${version}, says ${from}`);
	return await fromCache(context, name, asked, version) ?? await fromUpstream(web, name, asked, version);
}
/** The transport with a configuration's mirrors. */
function createWeb(context, config, options) {
	return {
		context,
		mirrors: config.mirrors,
		patience: {
			...defaultPatience,
			...options.patience
		}
	};
}
async function localTool(context, name, given) {
	const path = isAbsolute(given) ? given : resolve(given);
	const mend = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
	if (!await context.host.files.exists(path)) throw new UserError(`${name}.path: there is no ${path}`, { mend });
	const version = await askVersion(context, name, path).catch((cause) => {
		throw new UserError(`${name}.path: ${messageOf(cause)}`, {
			mend,
			cause
		});
	});
	context.log.info(`${name} ${version}: from ${path}`);
	return {
		name,
		path,
		asked: given,
		version,
		sha256: await sha256Of(context.host, path),
		origin: "path"
	};
}
async function fromCache(context, name, asked, version) {
	const cached = await cachedTool(context, name, version);
	if (!cached) return void 0;
	const { path, origin } = cached;
	const says = await askExactly(context, name, version, path);
	context.log.info(`${name} ${says}: from the cache, sha256 verified`);
	context.log.debug(`${name} ${says}: ${path}`);
	return {
		name,
		path,
		asked,
		version: says,
		sha256: origin.sha256,
		origin: "cache"
	};
}
async function fromUpstream(web, name, asked, version) {
	const { context } = web;
	const { host, log } = context;
	const release = releaseOf(name, version, host.arch);
	const sha256 = await checksumOf(web, name, version, release);
	const temp = await host.files.makeTemp("monstack-tool-");
	try {
		const executable = join(temp, "keep", name);
		const raw = release.entry === void 0 ? executable : join(temp, "archive");
		const got = await downloadVerified(web, release.url, raw, {
			sha256,
			from: release.checksumUrl
		}, 493);
		const origin = {
			sha256,
			executableSha256: release.entry === void 0 ? sha256 : await unpack(host, raw, release.entry, executable),
			url: release.url
		};
		const path = await keepTool(context, name, version, join(temp, "keep"), origin);
		const says = await askExactly(context, name, version, path);
		const [size, took] = [(got.bytes / 1e6).toFixed(1), (got.tookMs / 1e3).toFixed(1)];
		log.info(`${name} ${says}: ${size} MB from ${whence(web, release.url)} in ${took} s, sha256 verified`);
		log.debug(`${name} ${says}: ${where(web, release.url)}, ${path}`);
		return {
			name,
			path,
			asked,
			version: says,
			sha256,
			origin: release.url
		};
	} finally {
		await host.files.remove(temp);
	}
}
/** Takes one program out of an archive; returns its sha256. */
async function unpack(host, archive, entry, path) {
	const wish = {
		matches: (name) => name === entry,
		what: entry,
		limit: archiveLimit
	};
	await host.files.write(path, tarEntry(host, archive, wish), 493);
	return sha256Of(host, path);
}
/** The published checksum; tells a version that doesn't exist from a checksum that is missing. */
async function checksumOf(web, name, version, release) {
	const { checksumUrl: url, checksumForm: form, file } = release;
	const text = await fetchText(web, url, 1024 ** 2).catch(async (cause) => {
		if (!isMissing(cause)) throw cause;
		await request(web, release.url, async () => {}, { method: "HEAD" }).catch((why) => {
			if (!isMissing(why)) return;
			throw new InstallError(`there is no such version: ${name} ${version} (404 at ${where(web, release.url)})`, {
				cause: why,
				mend: `look at ${name}'s releases for one that exists for linux/${web.context.host.arch}`
			});
		});
		throw new InstallError(`no checksum of ${file}: 404 at ${where(web, url)}; without it nothing is installed`, {
			cause,
			mend: "put the checksum file on the mirror, beside the download, as upstream does"
		});
	});
	return findChecksum(text, {
		file,
		form,
		url: where(web, url)
	});
}
function isMissing(error) {
	return error instanceof HttpStatusError && error.status === 404;
}
/** A build suffix (`+k3s1`, `-lab`) may differ and is told as it is; another vX.Y.Z is another program. */
async function askExactly(context, name, version, path) {
	const folder = join(path, "..");
	const says = await askVersion(context, name, path).catch(async (error) => {
		await forgetTool(context, folder);
		throw error;
	});
	if (coreOf(says) === coreOf(version)) return says;
	await forgetTool(context, folder);
	throw new InstallError(`${name} ${version} was asked for, but what came says it is ${says}; it was not kept`, { mend: "the host or the mirror serves another version under this name" });
}

// src/sources/charts.ts
/**
* A chart on this machine: from its repository or registry (through the mirrors, checksum verified, kept in the cache),
* or the user's own folder or archive.
* @throws InstallError when it can't be had, UserError when the path holds no chart, Interrupted.
*/
async function fetchChart(context, config, ref, options = {}) {
	if (ref.kind === "path") return localChart(context, ref.path);
	const web = createWeb(context, config, options);
	if (ref.kind === "repo") return repoChart(web, ref);
	if (options.helm === void 0) throw new UserError(`chart ${ref.url}: helm is needed to pull it`);
	return ociChart(web, ref, options.helm);
}

// src/core/crew.ts
function createCrew(parent) {
	const stop = new AbortController();
	const parts = [];
	let first;
	return {
		signal: AbortSignal.any([parent, stop.signal]),
		start: (part) => {
			const running = part();
			parts.push(running.catch((error) => {
				first ??= { error };
				stop.abort();
			}));
			return running;
		},
		settle: async () => {
			await Promise.all(parts);
			if (first) throw first.error;
		}
	};
}

// src/core/up.ts
/**
* From nothing to workloads that are ready and addresses that answer. Downloads, charts and k3s' start go on side by
* side; what is changed stands in the journal first.
*/
async function up(session, input) {
	const crew = createCrew(session.context.signal);
	const inner = {
		...session,
		context: {
			...session.context,
			signal: crew.signal
		}
	};
	const work = crew.start(() => bringUp$1(inner, crew, input));
	await crew.settle();
	return await work;
}
async function bringUp$1(session, crew, input) {
	const { context, loaded, recorder, draft } = session;
	const { config } = loaded;
	const tool = (name) => crew.start(() => recorder.phase(`install ${name}`, () => installTool(context, config, name)));
	const k3s = config.cluster.kind === "k3s" ? tool("k3s") : void 0;
	const helm = tool("helm");
	const kubectl = tool("kubectl");
	const rendered = crew.start(() => recorder.phase("fetch and render charts", () => render(session, input.plan, helm)));
	const cluster = await crew.start(() => recorder.phase("start cluster", () => openCluster(session, input, k3s)));
	draft.cluster = {
		kind: cluster.kind,
		version: cluster.version
	};
	const apps = await rendered;
	const tools = await Promise.all([
		...k3s ? [k3s] : [],
		helm,
		kubectl
	]);
	draft.versions = versionsOf(tools, apps);
	const deployedAt = new Date(context.host.now()).toISOString();
	draft.apps = (await recorder.phase("deploy", async () => deployApps(context, {
		cluster,
		helm: await helm,
		apps,
		journal: input.journal,
		timeoutMs: config.timeouts.deployMs
	}))).map(({ chart: _, ...app }) => app);
	const services = await recorder.phase("open local addresses", () => openServices(session, cluster, apps, input.journal));
	const stack = {
		version: 1,
		monstack: session.version,
		deployedAt,
		clusterKind: cluster.kind,
		clusterVersion: cluster.version,
		kubeconfig: cluster.kubeconfig,
		context: cluster.context,
		tools,
		plan: input.plan,
		rendered: apps,
		services,
		grafana: await readLogin(input.login, cluster.kube, session)
	};
	await saveStack(context.host, config.stateDir, stack);
	return stack;
}
async function render(session, plan, helm) {
	const { context, loaded } = session;
	return await Promise.all(plan.apps.map(async (app) => {
		const chart = await fetchChart(context, loaded.config, app.chart, app.chart.kind === "oci" ? { helm: await helm } : {});
		return await renderApp(context, await helm, app, chart);
	}));
}
async function openCluster(session, input, k3s) {
	const { context, loaded } = session;
	const { config } = loaded;
	const { journal, preflight } = input;
	const journaled = async (cluster) => {
		const { kind: clusterKind, kubeconfig, context: name } = cluster;
		await journal.append({
			kind: "cluster",
			at: new Date(context.host.now()).toISOString(),
			clusterKind,
			kubeconfig,
			context: name
		});
		return cluster;
	};
	if (config.cluster.kind === "existing") return journaled(await existingCluster(context, {
		...config.cluster,
		namespace: config.namespace
	}));
	if (k3s === void 0 || preflight === void 0) throw new Error("a k3s is started only after the look at the host");
	const running = await startK3s(context, config, await k3s, preflight, journal);
	return journaled(await waitForApi(context, running, config.timeouts.clusterMs));
}
function versionsOf(tools, apps) {
	return {
		tools,
		charts: apps.map(({ app, chart }) => ({
			app: app.name,
			chart: chart.name,
			version: chart.version,
			appVersion: chart.appVersion,
			sha256: chart.sha256
		})),
		images: [...new Set(apps.flatMap(({ images }) => images))].sort()
	};
}

// src/verify/alertmanager.ts
const statusSchema = object({
	cluster: object({ status: string() }),
	versionInfo: object({ version: string() })
});
/** Alertmanager's HTTP API v2. Throws HttpError on anything but a good answer. */
function alertmanagerClient(context, endpoint) {
	const base = endpoint.url.replace(/\/+$/, "");
	return { 
	/** `cluster` is ready, settling or disabled (a single one). */
status: async () => {
		const answer = expectOk(await send(context, `${base}/api/v2/status`));
		const status = parseJson(answer, statusSchema);
		return {
			cluster: status.cluster.status,
			version: status.versionInfo.version
		};
	} };
}

// src/verify/duration.ts
const unitMs = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5,
	d: 864e5,
	w: 6048e5,
	y: 31536e6
};
/** A Prometheus duration (`15d`, `1h30m`, `0s`) in milliseconds; undefined when it is none. */
function durationMs(text) {
	if (text === "0") return 0;
	if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return void 0;
	return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ""] ?? 0), 0);
}
const unitBytes = {
	B: 0,
	KB: 1,
	MB: 2,
	GB: 3,
	TB: 4,
	PB: 5,
	EB: 6
};
/** A Prometheus size (`512MB`, `10GiB`) in bytes; all its units are powers of 1024. Undefined when it is none. */
function sizeBytes(text) {
	const match = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?(B?)$/.exec(text);
	if (!match) return void 0;
	return Number(match[1]) * 1024 ** (unitBytes[`${match[2]}B`] ?? 0);
}

// src/verify/freshness.ts
/** Samples of cAdvisor carry its own clock, which runs up to a minute behind the scrape on a quiet node. */
const exporterLagSeconds = 60;
/** A job scraped more rarely than this, in milliseconds, has gaps in every graph anyway: it sets no measure here. */
const rareMs = 15e4;
/** What counts as fresh: twice the longest usual scrape interval, and a minute. */
async function freshnessOf(client, deployedAt) {
	return {
		since: Date.parse(deployedAt) / 1e3,
		maxAge: maxAgeOf(await client.config())
	};
}
function maxAgeOf({ global, scrape_configs }) {
	const intervals = [global?.scrape_interval, ...(scrape_configs ?? []).map((scrape) => scrape.scrape_interval)].map((text) => durationMs(text ?? "") ?? 0).filter((interval) => interval <= rareMs);
	return 2 * Math.max(0, ...intervals) / 1e3 + exporterLagSeconds;
}
/** Why a `timestamp(...)` sample doesn't count; undefined when it does. */
function staleness(sample, { since, maxAge }) {
	const taken = sample.value;
	if (!Number.isFinite(taken)) return `has no time (${sample.text})`;
	if (taken < since) return `was last scraped ${clock(taken)}, before the deployment began (${clock(since)})`;
	const age = sample.time - taken;
	return age > maxAge ? `was last scraped ${clock(taken)}, ${Math.round(age)} s ago` : void 0;
}
function clock(seconds) {
	return Number.isFinite(seconds) ? (/* @__PURE__ */ new Date(seconds * 1e3)).toISOString() : String(seconds);
}
/** Splits `timestamp(...)` samples into those that count and the reasons why the others don't. */
function splitFresh(samples, freshness) {
	return {
		fresh: samples.filter((sample) => staleness(sample, freshness) === void 0),
		stale: samples.flatMap((sample) => {
			const why = staleness(sample, freshness);
			return why === void 0 ? [] : [{
				sample,
				why
			}];
		})
	};
}

// src/verify/verdicts.ts
function pass(seen) {
	return {
		status: "pass",
		seen
	};
}
function skipped$1(reason) {
	return {
		status: "skipped",
		reason
	};
}
/** For a check whose service is not part of the stack. */
function notDeployed(what) {
	return skipped$1(`${what} is not part of this stack`);
}
/** `a, b, c and 4 more`. */
function listOf$1(items, most = 5) {
	const rest = items.length - most;
	return items.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
/** `1 node`, `2 nodes`. */
function count(number, noun) {
	return `${number} ${noun}${number === 1 || noun.endsWith("s") ? "" : "s"}`;
}

// src/verify/checks/alertmanager-wired.ts
const alertmanagerWired = {
	id: "alertmanager-wired",
	title: "Prometheus sends its alerts to Alertmanager",
	severity: "error",
	meaning: "Alerts fire in Prometheus, and nobody is told.",
	mend: "look at alerting.alertmanagers in prometheus.yml and at Prometheus' log for `notifier`",
	run: run$13
};
const discovered$1 = "prometheus_notifications_alertmanagers_discovered";
const counters = ["prometheus_notifications_errors_total", "prometheus_notifications_dropped_total"];
async function run$13({ context, prometheus, alertmanager, deployedAt }) {
	if (prometheus === void 0) return notDeployed("Prometheus");
	if (alertmanager === void 0) return notDeployed("Alertmanager");
	const client = prometheusClient(context, prometheus);
	const [urls, exposition, status] = await Promise.all([
		client.alertmanagers(),
		client.metrics(),
		alertmanagerClient(context, alertmanager).status()
	]);
	if (urls.length === 0) return {
		status: "fail",
		expected: "at least 1 active Alertmanager in Prometheus",
		seen: "none",
		cause: `Prometheus has not discovered ${alertmanager.service.namespace}/${alertmanager.service.name} yet, or its alerting section finds nothing`
	};
	if (sumOfMetric(exposition, discovered$1) === void 0) {
		const seen = `${prometheus.url}/metrics has no ${discovered$1}`;
		return {
			status: "fail",
			expected: `${listOf$1(counters)} at 0`,
			seen
		};
	}
	const failed = counters.map((name) => ({
		name,
		total: sumOfMetric(exposition, name) ?? 0
	}));
	const wired = `${count(urls.length, "Alertmanager")} active (${listOf$1(urls)}), version ${status.version}`;
	const lost = failed.filter(({ total }) => total !== 0);
	if (lost.length === 0) return pass(`${wired}; no notification failed`);
	const totals = listOf$1(lost.map(({ name, total }) => `${name} is ${total}`));
	if (await hasStopped(client, lost.map(({ name }) => name), deployedAt)) return pass(`${wired}; ${totals}, from the start only: none in the last minute`);
	return {
		status: "fail",
		expected: "no notification is lost",
		seen: totals,
		cause: `Prometheus could not deliver alerts to ${listOf$1(urls)}: it was not up yet, or refuses them`
	};
}
/** What was lost before Alertmanager was up stays in the counters; only what goes on being lost is a fault. */
async function hasStopped(client, names, deployedAt) {
	const freshness = await freshnessOf(client, deployedAt);
	const answers = names.map(async (name) => {
		const [taken, growth] = await Promise.all([client.query(`timestamp(${name})`), client.query(`sum(increase(${name}[1m]))`)]);
		const { fresh } = splitFresh(taken, freshness);
		return fresh.length > 0 && growth.length > 0 && growth.every(({ value }) => value === 0);
	});
	return (await Promise.all(answers)).every(Boolean);
}

// src/verify/grafana.ts
const datasourceSchema = object({
	uid: string(),
	name: string(),
	type: string(),
	url: string().default(""),
	isDefault: boolean()
});
const frameSchema = looseObject({
	schema: looseObject({ fields: array(looseObject({ type: string() })).nullish() }).optional(),
	data: looseObject({ values: array(array(unknown())).nullish() }).nullish()
});
const resultSchema = looseObject({
	status: number().optional(),
	error: string().optional(),
	frames: array(frameSchema).nullish()
});
/** Grafana refused the user and password: asking again only gets the account locked. */
var LoginRefused = class extends HttpError {};
/** Grafana's HTTP API, of versions 9 to 13. Throws HttpError on anything but a good answer, LoginRefused on a 401. */
function grafanaClient(context, endpoint) {
	const base = endpoint.url.replace(/\/+$/, "");
	const authorization = `Basic ${Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64")}`;
	const call = async (path, body) => {
		const headers = {
			authorization,
			accept: "application/json",
			"content-type": "application/json"
		};
		const post = body === void 0 ? {} : {
			method: "POST",
			body: JSON.stringify(body)
		};
		const answer = await send(context, `${base}${path}`, {
			headers,
			...post
		});
		if (answer.status !== 401) return answer;
		const message = `${answer.method} ${answer.url} answered HTTP 401 to user ${endpoint.user}: ${excerpt$1(answer.body)}`;
		throw new LoginRefused(message, answer.url, 401);
	};
	return {
		/** Without credentials. Any status that comes with Grafana's own JSON; a proxy's page throws. */
		health: async () => {
			const answer = await send(context, `${base}/api/health`);
			const schema = looseObject({
				database: string(),
				version: string().optional()
			});
			return {
				status: answer.status,
				...parseJson(answer, schema)
			};
		},
		org: async () => parseJson(expectOk(await call("/api/org")), object({ name: string() })),
		datasources: async () => parseJson(expectOk(await call("/api/datasources")), array(datasourceSchema)),
		/** Instant queries through a Prometheus datasource, in the order of the expressions. */
		query: async (uid, expressions) => {
			const queries = expressions.map((expr, index) => ({
				refId: refId(index),
				datasource: {
					uid,
					type: "prometheus"
				},
				expr,
				instant: true,
				intervalMs: 2e3,
				maxDataPoints: 100
			}));
			const answer = await call("/api/ds/query", {
				queries,
				from: "now-5m",
				to: "now"
			});
			return expressions.map((_, index) => outcome(answer, refId(index)));
		},
		/** Prometheus' own answer, passed on: on 9.4 the only way to learn why a query is empty. */
		proxyQuery: (uid, expression) => call(`/api/datasources/proxy/uid/${uid}/api/v1/query?query=${encodeURIComponent(expression)}`)
	};
}
function refId(index) {
	return String.fromCharCode("A".charCodeAt(0) + index);
}
/** 12.4 answers 400 with results; 9.4 answers 500 with a message only. */
function outcome(answer, id) {
	const json = tryJson(answer.body);
	const results = looseObject({ results: record(string(), resultSchema) }).safeParse(json);
	if (!results.success) {
		const message = looseObject({ message: string() }).safeParse(json);
		if (answer.status === 200 || !message.success) throw unexpected(answer, `HTTP ${answer.status}, no query results`);
		return {
			error: `HTTP ${answer.status}: ${message.data.message}`,
			values: []
		};
	}
	const result = results.data.results[id];
	if (result === void 0) throw unexpected(answer, `HTTP ${answer.status} without a result ${id}`);
	return {
		error: result.error ?? ((result.status ?? 200) >= 400 ? `status ${result.status}` : void 0),
		values: (result.frames ?? []).flatMap(valuesOf)
	};
}
/** 12.4 answers "no series" as one frame without fields. */
function valuesOf(frame) {
	return (frame.schema?.fields ?? []).flatMap((field, index) => {
		if (field.type !== "number") return [];
		const last = frame.data?.values?.[index]?.at(-1);
		return typeof last === "number" && Number.isFinite(last) ? [last] : [];
	});
}

// src/verify/checks/grafana-healthy.ts
const grafanaHealthy = {
	id: "grafana-healthy",
	title: "Grafana is healthy and lets us in",
	severity: "error",
	meaning: "Grafana can't reach its database, or its password is not the one that was configured.",
	mend: "read the log of the grafana pod; for a wrong password run `grafana cli admin reset-admin-password` in it",
	run: run$12
};
async function run$12({ context, grafana }) {
	if (grafana === void 0) return notDeployed("Grafana");
	const client = grafanaClient(context, grafana);
	const { status, database, version } = await client.health();
	if (status !== 200 || database !== "ok") return {
		status: "fail",
		expected: `${grafana.url}/api/health answers HTTP 200, database ok`,
		seen: `HTTP ${status}, database ${database}`,
		cause: "Grafana's database can't be opened: its volume is full or read-only, or an external one is down"
	};
	try {
		const org = await client.org();
		return pass(`Grafana ${version ?? "of unknown version"}, database ok, user ${grafana.user} is in "${org.name}"`);
	} catch (error) {
		if (error instanceof LoginRefused) return loginRefused(error, grafana.user);
		throw error;
	}
}
/** Final: Grafana locks an account after a few wrong passwords, so asking again makes it worse. */
function loginRefused(error, user) {
	return {
		status: "fail",
		expected: `Grafana lets ${user} in with the configured password`,
		seen: error.message,
		cause: "a volume from an earlier deployment holds another password: Grafana sets it only for a new database",
		mend: "delete Grafana's PVC, give the old password as grafana.password, or reset it with `grafana cli admin reset-admin-password`",
		final: true
	};
}

// src/verify/checks/grafana-datasource.ts
const grafanaDatasource = {
	id: "grafana-datasource",
	title: "Grafana's default datasource is this Prometheus",
	severity: "error",
	meaning: "Dashboards show nothing, or the data of another Prometheus.",
	mend: "provision one datasource with type prometheus, isDefault: true, the URL of the Prometheus service and a fixed uid (`datasources:` in the Grafana chart's values)",
	run: run$11
};
async function run$11({ context, grafana, prometheus, rendered }) {
	if (grafana === void 0) return notDeployed("Grafana");
	try {
		return judge$1(await grafanaClient(context, grafana).datasources(), provisionedDatasources(rendered), prometheus);
	} catch (error) {
		if (error instanceof LoginRefused) return loginRefused(error, grafana.user);
		throw error;
	}
}
function judge$1(live, provisioned, prometheus) {
	const wanted = provisioned.find(({ isDefault, type }) => isDefault && type === "prometheus");
	const expected = wanted ? `one default datasource: ${wanted.name}, type prometheus, url ${wanted.url}, uid ${wanted.uid ?? "any"}` : `one default datasource of type prometheus${prometheus ? `, at the service ${prometheus.service.namespace}/${prometheus.service.name}` : ""}`;
	const defaults = live.filter(({ isDefault }) => isDefault);
	const only = defaults[0];
	const fail = (seen, cause) => ({
		status: "fail",
		expected,
		seen,
		cause
	});
	if (only === void 0 || defaults.length > 1) return fail(live.length === 0 ? "no datasource" : `${defaults.length} default ones of ${listOf$1(live.map(describe$2))}`, wanted ? "Grafana has not read its provisioning files yet, or refused them (see its log)" : "the charts provision no default Prometheus datasource");
	if (only.type !== "prometheus") return fail(describe$2(only), "another datasource is the default one");
	if (wanted?.url && !wanted.url.includes("$") && !sameUrl(wanted.url, only.url)) return fail(describe$2(only), "the datasource was changed, or kept from an earlier deployment");
	if (wanted?.uid && wanted.uid !== only.uid) return fail(describe$2(only), "a datasource of that name was there before, with another uid; dashboards that name the uid break");
	if (prometheus && !leadsTo(only.url, prometheus)) return fail(describe$2(only), `its URL is not the service ${prometheus.service.namespace}/${prometheus.service.name}`);
	return pass(describe$2(only));
}
function describe$2({ name, type, url, uid }) {
	return `${name} (type ${type}, url ${url || "none"}, uid ${uid})`;
}
function sameUrl(one, other) {
	return one.replace(/\/+$/, "") === other.replace(/\/+$/, "");
}
/** Only a cluster name can be judged: an address or an ingress may lead there as well. */
function leadsTo(url, { service }) {
	if (!URL.canParse(url)) return false;
	const { hostname } = new URL(url);
	const [name, namespace, kind] = hostname.split(".");
	if (/^[\d.]+$|:/.test(hostname)) return true;
	if (hostname.includes(".") && kind !== "svc" && hostname.split(".").length > 2) return true;
	return name === service.name && (namespace === void 0 || namespace === service.namespace);
}

// src/verify/checks/grafana-query.ts
const grafanaQuery = {
	id: "grafana-query",
	title: "A query through Grafana brings data",
	severity: "error",
	meaning: "Grafana is up, but no dashboard can show anything.",
	mend: "open Connections > Data sources in Grafana and press Save & test; compare the URL with the Prometheus service",
	run: run$10
};
/** Asked as a panel does. A datasource's health is no substitute: 9.4 answers 404 to it though all is well. */
async function run$10({ context, grafana, deployedAt }) {
	if (grafana === void 0) return notDeployed("Grafana");
	const client = grafanaClient(context, grafana);
	try {
		const datasource = (await client.datasources()).find(({ isDefault, type }) => isDefault && type === "prometheus");
		const expected = "`up` has values that were scraped since the deployment began, asked through /api/ds/query";
		if (datasource === void 0) return {
			status: "fail",
			expected,
			seen: "no default datasource of type prometheus",
			cause: "see grafana-datasource"
		};
		const [up, taken] = await client.query(datasource.uid, ["up", "timestamp(up)"]);
		const error = up?.error ?? taken?.error;
		const through = `through datasource ${datasource.name} (${datasource.url})`;
		if (error !== void 0 || !up?.values.length || !taken?.values.length) return {
			status: "fail",
			expected,
			seen: error === void 0 ? `no values ${through}` : `${error}, ${through}`,
			cause: await whyNothing(client, datasource, error)
		};
		const since = Date.parse(deployedAt) / 1e3;
		const newest = Math.max(...taken.values);
		if (newest < since) return {
			status: "fail",
			expected,
			seen: `${count(up.values.length, "series")} ${through}, the newest of ${clock(newest)}`,
			cause: `nothing was scraped since the deployment began (${clock(since)})`
		};
		const targets = up.values.filter((value) => value === 1).length;
		if (targets > 0) return pass(`${count(up.values.length, "series")} ${through}, ${targets} of them up`);
		return {
			status: "fail",
			expected,
			seen: `${count(up.values.length, "series")} ${through}, none of them up`,
			cause: "see targets-up"
		};
	} catch (error) {
		if (error instanceof LoginRefused) return loginRefused(error, grafana.user);
		throw error;
	}
}
/** 9.4 hides errors of the datasource behind an empty answer or a bare 500; its proxy passes on what there is. */
async function whyNothing(client, { uid, url }, error) {
	const { status, body } = await client.proxyQuery(uid, "up");
	if (status === 200 && error === void 0) return "Prometheus answers, but has scraped nothing yet";
	if (status === 200) return "Prometheus answers through Grafana's proxy: it is Grafana's own query that fails";
	if (status === 502 || status === 504) return `Grafana can't reach ${url}: HTTP ${status} from its proxy (${excerpt$1(body)})`;
	return `Grafana's proxy to ${url} answers HTTP ${status}: ${excerpt$1(body)}`;
}

// src/verify/kube.ts
/**
* One list from the API server, bounded in time and ended by the run's signal.
* @throws Error that names what was asked; never an empty list instead.
*/
async function list(stack, what, call) {
	const answer = await call(bounded$1(requestTimeoutMs, stack.context.signal)).catch((cause) => {
		throw new Error(`Kubernetes API, list ${what}: ${reasonOf$1(cause)}`, { cause });
	});
	if (Array.isArray(answer?.items)) return answer.items;
	throw new Error(`Kubernetes API, list ${what}: the answer is no list, so what answered is no API server`);
}
function listNodes(stack) {
	return list(stack, "nodes", (options) => stack.core.listNode({}, options));
}
function listPods(stack, namespace) {
	return list(stack, `pods of ${namespace}`, (options) => stack.core.listNamespacedPod({ namespace }, options));
}
function listAllPods(stack) {
	return list(stack, "pods", (options) => stack.core.listPodForAllNamespaces({}, options));
}
function listServices(stack) {
	return list(stack, "services", (options) => stack.core.listServiceForAllNamespaces({}, options));
}
function listEndpointSlices(stack) {
	const discovery = stack.kube.makeApiClient(ObjectDiscoveryV1Api);
	return list(stack, "endpointslices", (options) => discovery.listEndpointSliceForAllNamespaces({}, options));
}
function listClaims(stack, namespace) {
	return list(stack, `PVCs of ${namespace}`, (options) => stack.core.listNamespacedPersistentVolumeClaim({ namespace }, options));
}
/**
* The newest warning about an object, e.g. why a volume can't be mounted; undefined when there is none. It only
* explains a failure that is already certain, so not being allowed to read events is no error.
*/
async function lastWarning(stack, namespace, name) {
	const fieldSelector = `involvedObject.name=${name},type=Warning`;
	const newest = (await list(stack, `events of ${namespace}/${name}`, (options) => stack.core.listNamespacedEvent({
		namespace,
		fieldSelector
	}, options)).catch(() => [])).toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
	return newest && `${newest.reason ?? "Warning"}: ${newest.message ?? ""}`;
}
function timeOf(event) {
	return Number(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? 0);
}

// src/verify/checks/kube-node-info.ts
const kubeNodeInfo = {
	id: "kube-node-info",
	title: "The metrics know the same nodes as the cluster",
	severity: "error",
	meaning: "kube-state-metrics sees another cluster than the one deployed into, an old state of it, or not all of it.",
	mend: "kubectl logs of the kube-state-metrics pod: look for `forbidden` (its ClusterRole) and for watch errors",
	run: run$9
};
async function run$9(stack) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	if (workloadsNamed(stack.rendered, "kube-state-metrics").length === 0) return notDeployed("kube-state-metrics");
	const client = prometheusClient(stack.context, stack.prometheus);
	const [samples, freshness, nodes] = await Promise.all([
		client.query("timestamp(kube_node_info)"),
		freshnessOf(client, stack.deployedAt),
		listNodes(stack)
	]);
	const { fresh, stale } = splitFresh(samples, freshness);
	const known = new Set(fresh.map(({ labels }) => labels["node"] ?? ""));
	const names = nodes.map(({ metadata }) => metadata?.name ?? "");
	const missing = names.filter((name) => !known.has(name));
	const extra = [...known].filter((name) => !names.includes(name));
	if (names.length > 0 && missing.length === 0 && extra.length === 0) return pass(`kube_node_info has ${count(known.size, "node")}, as the API server has: ${listOf$1(names)}`);
	const details = [
		...missing.map((name) => `${name} is missing`),
		...extra.map((name) => `${name} is no node of this cluster`),
		...stale.map(({ sample, why }) => `${sample.labels["node"]} ${why}`)
	];
	return {
		status: "fail",
		expected: `kube_node_info of ${count(names.length, "node")}: ${listOf$1(names)}`,
		seen: known.size === 0 && stale.length === 0 ? "no series of kube_node_info" : listOf$1(details),
		cause: extra.length > 0 ? "series of another cluster, or of a node that is gone" : "kube-state-metrics has not been scraped yet, or may not list nodes"
	};
}

// src/verify/checks/kube-state-metrics-once.ts
const kubeStateMetricsOnce = {
	id: "kube-state-metrics-once",
	title: "kube-state-metrics is scraped exactly once",
	severity: "error",
	meaning: "Without it all kube_* metrics are missing; scraped twice, every sum over them is twice too large.",
	mend: "leave one way to scrape it: the prometheus.io/scrape annotation or a static job or a ServiceMonitor",
	run: run$8
};
/** Sharded, it has several sources too, but none of them has an object of another's: so each node is looked at. */
async function run$8({ context, prometheus, rendered, deployedAt }) {
	if (prometheus === void 0) return notDeployed("Prometheus");
	if (workloadsNamed(rendered, "kube-state-metrics").length === 0) return notDeployed("kube-state-metrics");
	const client = prometheusClient(context, prometheus);
	const [samples, freshness] = await Promise.all([client.query("timestamp(kube_node_info)"), freshnessOf(client, deployedAt)]);
	const { fresh, stale } = splitFresh(samples, freshness);
	const expected = "kube_node_info once for each node, scraped since the deployment began";
	if (fresh.length === 0) return {
		status: "fail",
		expected,
		seen: stale[0] ? `only old samples: kube_node_info ${stale[0].why}` : "no series of kube_node_info",
		cause: "kube-state-metrics has not been scraped yet, or has no target (see targets-up)"
	};
	const twice = [...new Set(fresh.map(({ labels }) => labels["node"] ?? ""))].map((node) => fresh.filter(({ labels }) => labels["node"] === node)).find((list) => list.length > 1);
	if (twice === void 0) return pass(`scraped once, by ${listOf$1(sourcesOf(fresh))}`);
	return {
		status: "fail",
		expected,
		seen: `kube_node_info of node ${twice[0]?.labels["node"]} comes from ${twice.length} scrapes: ${listOf$1(sourcesOf(twice))}`,
		cause: "two jobs scrape it, or two of it run"
	};
}
function sourcesOf(samples) {
	return [...new Set(samples.map(({ labels }) => `job ${labels["job"]} from ${labels["instance"]}`))];
}

// src/verify/pods.ts
/** A container that came back is taken to be well after it has run for this long, in seconds. */
const settledSeconds = 10;
/** More restarts than this since the deployment are no accident. */
const acceptableRestarts = 2;
/** What keeps a pod from being healthy; empty when nothing does. `now` is in milliseconds. */
function problemsOf(pod, deployedAt, now) {
	if (pod.metadata?.deletionTimestamp || pod.status?.phase === "Succeeded") return [];
	const name = pod.metadata?.name ?? "";
	const problem = (what, reason) => ({
		namespace: pod.metadata?.namespace ?? "",
		pod: name,
		what,
		reason
	});
	const { phase, reason, message, conditions = [] } = pod.status ?? {};
	if (phase === "Failed") return [problem(`failed: ${text$1(reason, message)}`, reason)];
	const inits = (pod.status?.initContainerStatuses ?? []).flatMap((status) => initProblem(status));
	const mains = (pod.status?.containerStatuses ?? []).flatMap((status) => containerProblem(status));
	const all = [...pod.status?.initContainerStatuses ?? [], ...pod.status?.containerStatuses ?? []];
	const restarts = all.flatMap((status) => restartProblem(status, deployedAt, now));
	const found = [
		...inits,
		...mains,
		...restarts
	].map((one) => problem(one.what, one.reason));
	if (found.length > 0) return found;
	const unmet = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
	if (unmet) return [problem(`is not scheduled: ${text$1(unmet.reason, unmet.message)}`, unmet.reason)];
	return all.length === 0 ? [problem(`is ${phase ?? "new"}, without containers yet`)] : [];
}
function initProblem({ name, state, restartCount, started, ready }) {
	const where = `init container ${name}`;
	if (state?.waiting) return [waiting(where, state.waiting)];
	const code = state?.terminated?.exitCode ?? 0;
	if (code !== 0) return [{
		what: `${where} ended with exit code ${code}`,
		reason: state?.terminated?.reason
	}];
	return state?.running && !(started && ready) ? [{
		what: `${where} is still running (${restartCount} restarts)`,
		reason: void 0
	}] : [];
}
function containerProblem({ name, state, ready }) {
	const where = `container ${name}`;
	if (state?.waiting) return [waiting(where, state.waiting)];
	if (state?.terminated) {
		const { exitCode, reason } = state.terminated;
		return [{
			what: `${where} ended with exit code ${exitCode} (${reason ?? "no reason"})`,
			reason
		}];
	}
	return ready ? [] : [{
		what: `${where} is running but not ready`,
		reason: void 0
	}];
}
function waiting(where, { reason, message }) {
	return {
		what: `${where} is waiting: ${text$1(reason, message)}`,
		reason
	};
}
/** A restart before the deployment is not the deployment's; one that has settled is only worth a word. */
function restartProblem(status, deployedAt, now) {
	const ended = status.lastState?.terminated;
	const endedAt = ended?.finishedAt?.getTime() ?? 0;
	if (!ended || status.restartCount === 0 || endedAt < Date.parse(deployedAt)) return [];
	const runs = (now - (status.state?.running?.startedAt?.getTime() ?? now)) / 1e3;
	if (status.restartCount <= acceptableRestarts && runs >= settledSeconds) return [];
	const why = `exit code ${ended.exitCode}, ${ended.reason ?? "no reason"}`;
	return [{
		what: `container ${status.name} restarted ${status.restartCount} times (last: ${why})`,
		reason: ended.reason
	}];
}
/** Containers that have restarted since, for the record. */
function restartsOf(pods) {
	return pods.flatMap((pod) => (pod.status?.containerStatuses ?? []).filter(({ restartCount }) => restartCount > 0).map(({ name, restartCount }) => `${pod.metadata?.name}/${name} has restarted ${restartCount} times`));
}
function text$1(reason, message) {
	return [reason, message?.trim()].filter(Boolean).join(": ") || "no reason given";
}

// src/verify/checks/node-exporter-on-every-node.ts
const nodeExporterOnEveryNode = {
	id: "node-exporter-on-every-node",
	title: "node-exporter answers for every node",
	severity: "error",
	meaning: "A node's CPU, memory and disk are not watched, or are counted twice.",
	mend: "kubectl describe the node-exporter pod of that node; a host port that is taken and an unshared / are the usual causes",
	run: run$7
};
async function run$7(stack) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	const workload = workloadsNamed(stack.rendered, "prometheus-node-exporter")[0];
	if (workload === void 0) return notDeployed("node-exporter");
	const client = prometheusClient(stack.context, stack.prometheus);
	const [samples, freshness, allNodes] = await Promise.all([
		client.query("timestamp(node_uname_info)"),
		freshnessOf(client, stack.deployedAt),
		listNodes(stack)
	]);
	const nodes = allNodes.filter(isLinux);
	const { fresh, stale } = splitFresh(samples, freshness);
	const bare = nodes.filter((node) => !fresh.some((sample) => isOf(sample, node)));
	if (nodes.length > 0 && bare.length === 0 && fresh.length === nodes.length) return pass(`${count(fresh.length, "node-exporter")} for ${count(nodes.length, "node")}`);
	const expected = `one node-exporter for each of ${count(nodes.length, "node")}`;
	const old = stale.map(({ sample, why }) => `${sample.labels["instance"]} ${why}`);
	if (bare.length > 0) {
		const names = bare.map(({ metadata }) => metadata?.name ?? "");
		return {
			status: "fail",
			expected,
			seen: listOf$1([`none for ${listOf$1(names)}`, ...old]),
			cause: await whyBare(stack, workload, names)
		};
	}
	const instances = fresh.map(({ labels }) => `${labels["instance"]} (job ${labels["job"]})`);
	return {
		status: "fail",
		expected,
		seen: `${fresh.length}: ${listOf$1(instances)}`,
		cause: "a node-exporter is scraped twice, or one that is not part of this cluster is scraped"
	};
}
/** The exporter is for Linux; its chart keeps it off other nodes. */
function isLinux({ metadata }) {
	return (metadata?.labels?.["kubernetes.io/os"] ?? "linux") === "linux";
}
/** By the `node` label of the charts' relabelling, the kernel's host name, or the address it is scraped at. */
function isOf({ labels }, { metadata, status }) {
	const name = metadata?.name ?? "";
	if (labels["node"] !== void 0) return labels["node"] === name;
	const host = (labels["instance"] ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
	return labels["nodename"] === name || (status?.addresses ?? []).some(({ address }) => address === host);
}
async function whyBare(stack, workload, names) {
	const pod = (await listPods(stack, workload.namespace)).filter(({ metadata, spec }) => selects(workload.matchLabels, metadata?.labels) && names.includes(spec?.nodeName ?? ""))[0];
	if (pod === void 0) return `no pod of DaemonSet ${workload.namespace}/${workload.name} runs there`;
	const problem = problemsOf(pod, stack.deployedAt, stack.context.host.now())[0];
	if (problem === void 0) return "its pod is ready, but Prometheus has not scraped it yet (see targets-up)";
	const warning = await lastWarning(stack, problem.namespace, problem.pod);
	return [`pod ${problem.namespace}/${problem.pod}: ${problem.what}`, warning].filter(Boolean).join("; ");
}

// src/verify/checks/prometheus-config-loaded.ts
const metric = "prometheus_config_last_reload_successful";
const prometheusConfigLoaded = {
	id: "prometheus-config-loaded",
	title: "Prometheus has loaded its configuration",
	severity: "error",
	meaning: "The last configuration was refused, and Prometheus goes on with an older one.",
	mend: "the log of the prometheus-server pod names the line; `promtool check config` finds it beforehand",
	run: run$6
};
/** Read from Prometheus' own /metrics rather than by a query: that works without a scrape of itself and is never old. */
async function run$6({ context, prometheus }) {
	if (prometheus === void 0) return notDeployed("Prometheus");
	const exposition = await prometheusClient(context, prometheus).metrics();
	const value = sumOfMetric(exposition, metric);
	const expected = `${metric} is 1`;
	if (value === void 0) return {
		status: "fail",
		expected,
		seen: `${prometheus.url}/metrics has no such metric`,
		cause: "what answers there is not Prometheus, or one that has not loaded a configuration yet"
	};
	if (value === 1) return pass(expected);
	return {
		status: "fail",
		expected,
		seen: `${metric} is ${value}`,
		cause: "the configuration in the ConfigMap can't be loaded: a wrong key, a bad expression or a missing file"
	};
}

// src/verify/checks/prometheus-ready.ts
const prometheusReady = {
	id: "prometheus-ready",
	title: "Prometheus is ready to answer",
	severity: "error",
	meaning: "Prometheus runs but can't be queried: it is still replaying its log, or its start doesn't come to an end.",
	mend: "read the log of the prometheus-server pod; give it memory or time to replay a large write-ahead log",
	run: run$5
};
async function run$5({ context, prometheus }) {
	if (prometheus === void 0) return notDeployed("Prometheus");
	const answer = await prometheusClient(context, prometheus).ready();
	if (answer.status === 200 && /^Prometheus.* is Ready/i.test(answer.body)) return pass(`${answer.url} answers: ${excerpt$1(answer.body)}`);
	if (answer.status === 503) return {
		status: "fail",
		expected: `${answer.url} answers HTTP 200`,
		seen: `HTTP 503: ${excerpt$1(answer.body)}`,
		cause: "Prometheus is still starting (it loads its blocks and replays its write-ahead log), or is shutting down"
	};
	throw unexpected(answer, `HTTP ${answer.status}, not as Prometheus does`);
}

// src/verify/checks/prometheus-retention.ts
const prometheusRetention = {
	id: "prometheus-retention",
	title: "Prometheus keeps its data as long as was asked",
	severity: "error",
	meaning: "Metrics are dropped sooner, or kept longer, than the configuration says.",
	mend: "set server.retention (and server.retentionSize) in the Prometheus app's values, and let its pod be replaced",
	run: run$4
};
async function run$4({ context, prometheus, rendered }) {
	if (prometheus === void 0) return notDeployed("Prometheus");
	const asked = askedRetention(rendered);
	if (asked.time === void 0 && asked.size === void 0) return skipped$1("the charts ask for no retention; Prometheus' own default holds");
	const flags = await prometheusClient(context, prometheus).flags();
	const compared = [compare("storage.tsdb.retention.time", asked.time, flags, durationMs), compare("storage.tsdb.retention.size", asked.size, flags, sizeBytes)].flat();
	const wrong = compared.filter(({ same }) => !same);
	const seen = (list) => listOf$1(list.map(({ flag, live }) => `${flag} is ${live}`));
	if (wrong.length === 0) return pass(seen(compared));
	return {
		status: "fail",
		expected: listOf$1(wrong.map(({ flag, asked }) => `${flag} is ${asked}, as the chart renders it`)),
		seen: seen(wrong),
		cause: "the Prometheus that answers was not started with the arguments of this deployment"
	};
}
function compare(flag, asked, flags, measure) {
	if (asked === void 0) return [];
	const live = flags[flag] ?? "not among its flags";
	const wanted = measure(asked);
	return [{
		flag,
		asked,
		live,
		same: asked === live || wanted !== void 0 && wanted === measure(live)
	}];
}

// src/verify/pod-series.ts
/** Every running pod of the stack must have a finite value, made of samples of this deployment. */
async function judgePodQuery(stack, query) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	const client = prometheusClient(stack.context, stack.prometheus);
	const namespaces = namespacesOf(stack.rendered);
	const taken = `max by (pod) (timestamp(${query.metric}{namespace=~"${namespaces.join("|")}",pod!=""}))`;
	const [values, times, freshness, pods] = await Promise.all([
		client.query(query.expression),
		client.query(taken),
		freshnessOf(client, stack.deployedAt),
		runningPods(stack, namespaces)
	]);
	const where = `of namespace ${listOf$1(namespaces)}`;
	const expected = `a finite value for each of ${count(pods.length, "running pod")} ${where}: ${query.expression}`;
	if (pods.length === 0) return {
		status: "fail",
		expected,
		seen: `no running pod ${where}`
	};
	const ofPods = values.filter(({ labels }) => (labels["pod"] ?? "") !== "");
	if (ofPods.length === 0) return {
		status: "fail",
		expected,
		seen: values.length === 0 ? "an empty answer" : `only ${count(values.length, "series")} without a pod`,
		cause: query.cause
	};
	const lacking = pods.flatMap((pod) => lacks(pod, ofPods, times, freshness));
	const odd = ofPods.filter(({ value }) => !Number.isFinite(value));
	const wrong = [.../* @__PURE__ */ new Set([...odd.map(({ labels, text }) => `${labels["pod"]} is ${text}`), ...lacking])];
	if (wrong.length > 0) return {
		status: "fail",
		expected,
		seen: listOf$1(wrong),
		cause: query.cause
	};
	return pass(`${count(ofPods.length, "pod")} with a value, all ${pods.length} running ones ${where} among them`);
}
function lacks(pod, values, times, freshness) {
	const of = (samples) => samples.find(({ labels }) => labels["pod"] === pod);
	const time = of(times);
	if (of(values) === void 0 || time === void 0) return [`${pod} has no value`];
	const why = staleness(time, freshness);
	return why === void 0 ? [] : [`${pod} ${why}`];
}
/** Names of the pods that run and are to go on running. */
async function runningPods(stack, namespaces) {
	return (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat().filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp).map(({ metadata }) => metadata?.name ?? "");
}

// src/verify/checks/query-cpu.ts
const queryCpu = {
	id: "query-cpu",
	title: "CPU usage of pods can be queried",
	severity: "error",
	meaning: "Dashboards and alerts on the CPU of pods stay empty.",
	mend: "see whether the targets of kubernetes-nodes-cadvisor are up, and whether scrape_interval is at most half of 5m",
	run: (stack) => judgePodQuery(stack, {
		expression: "sum(rate(container_cpu_usage_seconds_total[5m])) by (pod)",
		metric: "container_cpu_usage_seconds_total",
		cause: "rate() needs two scrapes of the kubelet's cAdvisor since the pod started; until then a pod has no value"
	})
};

// src/verify/checks/query-memory.ts
const queryMemory = {
	id: "query-memory",
	title: "Memory usage of pods can be queried",
	severity: "error",
	meaning: "Dashboards and alerts on the memory of pods stay empty.",
	mend: "see whether the targets of kubernetes-nodes-cadvisor are up",
	run: (stack) => judgePodQuery(stack, {
		expression: "sum(container_memory_usage_bytes) by (pod)",
		metric: "container_memory_usage_bytes",
		cause: "the kubelet's cAdvisor has not been scraped since the pod started"
	})
};

// src/verify/checks/query-node-cpu.ts
const expression = "100 - (avg by (instance) (irate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100)";
const queryNodeCpu = {
	id: "query-node-cpu",
	title: "CPU usage of nodes can be queried",
	severity: "error",
	meaning: "Dashboards and alerts on the CPU of nodes stay empty.",
	mend: "see whether the node-exporter targets are up, and whether scrape_interval is at most half of 5m",
	run: run$3
};
async function run$3(stack) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	if (workloadsNamed(stack.rendered, "prometheus-node-exporter").length === 0) return notDeployed("node-exporter");
	const client = prometheusClient(stack.context, stack.prometheus);
	const [values, times, freshness, nodes] = await Promise.all([
		client.query(expression),
		client.query("max by (instance) (timestamp(node_cpu_seconds_total{mode=\"idle\"}))"),
		freshnessOf(client, stack.deployedAt),
		listNodes(stack)
	]);
	const wanted = nodes.filter(({ metadata }) => (metadata?.labels?.["kubernetes.io/os"] ?? "linux") === "linux").length;
	const expected = `a finite percentage for each of ${count(wanted, "node")}: ${expression}`;
	const judged = values.map(({ labels, value, text }) => {
		const instance = labels["instance"] ?? "";
		const time = times.find((one) => one.labels["instance"] === instance);
		const why = time === void 0 ? "has no samples" : staleness(time, freshness);
		const wrong = Number.isFinite(value) ? why : `is ${text}`;
		return {
			value,
			problem: wrong === void 0 ? void 0 : `${instance} ${wrong}`
		};
	});
	const good = judged.filter(({ problem }) => problem === void 0);
	const problems = judged.flatMap(({ problem }) => problem ?? []);
	if (wanted > 0 && good.length >= wanted && problems.length === 0) return pass(`${count(good.length, "node")}: ${listOf$1(good.map(({ value }) => `${value.toFixed(1)} %`))}`);
	return {
		status: "fail",
		expected,
		seen: values.length === 0 ? "an empty answer" : listOf$1([`${count(good.length, "node")} with a value`, ...problems]),
		cause: "irate() needs two scrapes of node-exporter; until then a node has no value"
	};
}

// src/verify/checks/query-pod-status.ts
const queryPodStatus = {
	id: "query-pod-status",
	title: "The state of pods can be queried",
	severity: "error",
	meaning: "Dashboards and alerts on pods that fail or hang stay empty.",
	mend: "see whether the kube-state-metrics target is up, and its log for `forbidden`",
	run: run$2
};
/**
* The query as people write it asks for the namespace `default`, which has no pod on a new cluster and then rightly
* gives nothing. So it counts only when there are pods; the stack's own namespaces always count.
*/
async function run$2(stack) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	if (workloadsNamed(stack.rendered, "kube-state-metrics").length === 0) return notDeployed("kube-state-metrics");
	const client = prometheusClient(stack.context, stack.prometheus);
	const freshness = await freshnessOf(client, stack.deployedAt);
	const own = namespacesOf(stack.rendered);
	const namespaces = [.../* @__PURE__ */ new Set(["default", ...own])];
	const states = await Promise.all(namespaces.map((namespace) => stateOf(stack, client, freshness, namespace)));
	const expected = `kube_pod_status_phase says Running for every running pod of ${listOf$1(namespaces)}`;
	const cause = "kube-state-metrics has not been scraped since these pods started, or sees another cluster";
	if (!states.some(({ namespace, pods }) => own.includes(namespace) && pods > 0)) return {
		status: "fail",
		expected,
		seen: `no running pod in ${listOf$1(own)}`
	};
	const wrong = states.flatMap((state) => state.wrong);
	if (wrong.length > 0) return {
		status: "fail",
		expected,
		seen: listOf$1(wrong),
		cause
	};
	return pass(states.map(describe$1).join("; "));
}
async function stateOf(stack, client, freshness, namespace) {
	const selector = `kube_pod_status_phase{namespace="${namespace}"}`;
	const [phases, times, pods] = await Promise.all([
		client.query(selector),
		client.query(`max by (pod) (timestamp(${selector}))`),
		runningPods(stack, [namespace])
	]);
	const wrong = pods.flatMap((pod) => {
		const ofPod = phases.filter(({ labels }) => labels["pod"] === pod);
		const time = times.find(({ labels }) => labels["pod"] === pod);
		if (ofPod.length === 0 || time === void 0) return [`${namespace}/${pod} has no series`];
		const why = staleness(time, freshness);
		if (why !== void 0) return [`${namespace}/${pod} ${why}`];
		const current = ofPod.filter(({ value }) => value === 1).map(({ labels }) => labels["phase"] ?? "");
		return current.length === 1 && current[0] === "Running" ? [] : [`${namespace}/${pod} is ${current.join(" and ") || "in no phase"}`];
	});
	return {
		namespace,
		pods: pods.length,
		series: phases.length,
		wrong
	};
}
function describe$1({ namespace, pods, series }) {
	if (pods === 0) return `no pod runs in namespace ${namespace}, so its ${series} series count for nothing`;
	return `${count(pods, "running pod")} of namespace ${namespace} Running (${series} series)`;
}

// src/verify/relabel.ts
/**
* Whether Prometheus would keep a target with these labels. Only what the keep and drop rules need is worked out;
* `unknown` when a rule looks at a label that isn't known here, or at one that an earlier rule has written.
*/
function keeps(rules, lookup) {
	const written = /* @__PURE__ */ new Set();
	let unknown = false;
	for (const rule of rules) {
		const action = rule.action ?? "replace";
		if (action === "keep" || action === "drop") {
			const matches = matchesRule(rule, written, lookup);
			if (matches === void 0) unknown = true;
			else if (matches !== (action === "keep")) return "no";
		} else if (action === "keepequal" || action === "dropequal") unknown = true;
		else if (rule.target_label !== void 0) written.add(rule.target_label);
	}
	return unknown ? "unknown" : "yes";
}
function matchesRule(rule, written, lookup) {
	const values = (rule.source_labels ?? []).map((label) => written.has(label) ? void 0 : lookup(label));
	if (values.includes(void 0)) return void 0;
	try {
		return new RegExp(`^(?:${String(rule.regex ?? "(.*)")})$`, "s").test(values.join(rule.separator ?? ";"));
	} catch {
		return;
	}
}
/** The way Kubernetes' names become parts of label names: `prometheus.io/scrape` -> `prometheus_io_scrape`. */
function sanitized(name) {
	return name.replace(/[^a-zA-Z0-9_]/g, "_");
}
/** Looks a label up in fixed values and in families such as `__meta_kubernetes_service_annotation_`. */
function lookupIn(fixed, families) {
	const all = new Map(Object.entries(fixed));
	const prefixes = [];
	for (const [family, values] of Object.entries(families)) {
		prefixes.push(`${family}_`, `${family}present_`);
		for (const [key, value] of Object.entries(values)) {
			all.set(`${family}_${sanitized(key)}`, value);
			all.set(`${family}present_${sanitized(key)}`, "true");
		}
	}
	return (label) => all.get(label) ?? (prefixes.some((prefix) => label.startsWith(prefix)) ? "" : void 0);
}

// src/verify/expected.ts
/**
* Which targets each job must have at least, from the scrape configuration and from what is in the cluster. Where a
* rule can't be foretold (other kinds of discovery, labels that only Prometheus knows) nothing is expected: what is
* found there must still be up.
*/
function expectedTargets(config, cluster) {
	return (config.scrape_configs ?? []).flatMap((scrape) => {
		const found = (scrape.kubernetes_sd_configs ?? []).flatMap((discovery) => discovered(scrape, discovery, cluster));
		return [...staticTargets(scrape), ...found].filter(({ atLeast }) => atLeast > 0).map((expectation) => ({
			job: scrape.job_name,
			...expectation
		}));
	});
}
function staticTargets(scrape) {
	const kept = [...new Set((scrape.static_configs ?? []).flatMap(({ targets }) => targets ?? []))].filter((address) => isKept(scrape, lookupIn({ __address__: address }, {})));
	return [{
		what: `static targets ${kept.join(", ")}`,
		atLeast: kept.length,
		matches: ({ discovered }) => kept.includes(discovered["__address__"] ?? "")
	}];
}
function isKept(scrape, lookup) {
	return keeps(scrape.relabel_configs ?? [], lookup) === "yes";
}
function discovered(scrape, discovery, cluster) {
	if (discovery.selectors?.length || discovery.namespaces?.own_namespace) return [];
	const namespaces = discovery.namespaces?.names ?? [];
	const seen = ({ metadata }) => namespaces.length === 0 || namespaces.includes(metadata?.namespace ?? "");
	switch (discovery.role) {
		case "node": return cluster.nodes.filter((node) => isKept(scrape, lookupOfNode(node))).map(expectNode);
		case "service": return cluster.services.filter((service) => seen(service) && keepsService(scrape, service)).map((service) => expectService(service, 1));
		case "endpoints":
		case "endpointslice": return cluster.services.filter((service) => seen(service) && keepsService(scrape, service)).map((service) => expectService(service, addressesOf(service, cluster)));
		case "pod": return cluster.pods.filter((pod) => seen(pod) && isScraped(scrape, pod)).map(expectPod);
		default: return [];
	}
}
function expectNode(node) {
	const name = node.metadata?.name ?? "";
	return {
		what: `node ${name}`,
		atLeast: 1,
		matches: ({ discovered }) => discovered["__meta_kubernetes_node_name"] === name
	};
}
function expectService(service, atLeast) {
	const { namespace, name } = identity(service);
	return {
		what: `service ${namespace}/${name}`,
		atLeast,
		matches: ({ discovered }) => discovered["__meta_kubernetes_namespace"] === namespace && discovered["__meta_kubernetes_service_name"] === name
	};
}
function expectPod(pod) {
	const { namespace, name } = identity(pod);
	return {
		what: `pod ${namespace}/${name}`,
		atLeast: 1,
		matches: ({ discovered }) => discovered["__meta_kubernetes_namespace"] === namespace && discovered["__meta_kubernetes_pod_name"] === name
	};
}
function identity({ metadata }) {
	return {
		namespace: metadata?.namespace ?? "",
		name: metadata?.name ?? ""
	};
}
function lookupOfNode({ metadata }) {
	return lookupIn({ __meta_kubernetes_node_name: metadata?.name ?? "" }, {
		__meta_kubernetes_node_label: metadata?.labels ?? {},
		__meta_kubernetes_node_annotation: metadata?.annotations ?? {}
	});
}
/** A service is one candidate for each of its ports. */
function keepsService(scrape, service) {
	const { namespace, name } = identity(service);
	const { labels = {}, annotations = {} } = service.metadata ?? {};
	return (service.spec?.ports ?? []).some((port) => {
		const portName = port.name ?? "";
		return isKept(scrape, lookupIn({
			__meta_kubernetes_namespace: namespace,
			__meta_kubernetes_service_name: name,
			__meta_kubernetes_service_port_name: portName,
			__meta_kubernetes_endpoint_port_name: portName,
			__meta_kubernetes_endpointslice_port_name: portName
		}, {
			__meta_kubernetes_service_label: labels,
			__meta_kubernetes_service_annotation: annotations
		}));
	});
}
function addressesOf(service, cluster) {
	const { namespace, name } = identity(service);
	const ready = cluster.endpointSlices.filter(({ metadata }) => metadata?.namespace === namespace).filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === name).flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => addresses);
	const least = cluster.ownServices.has(`${namespace}/${name}`) ? 1 : 0;
	return Math.max(least, new Set(ready).size);
}
/** Only running pods: others come and go. A pod without ports is one target. */
function isScraped(scrape, pod) {
	if (pod.status?.phase !== "Running" || pod.metadata?.deletionTimestamp) return false;
	const { namespace, name } = identity(pod);
	const fixed = {
		__meta_kubernetes_namespace: namespace,
		__meta_kubernetes_pod_name: name,
		__meta_kubernetes_pod_phase: "Running",
		__meta_kubernetes_pod_node_name: pod.spec?.nodeName ?? ""
	};
	const families = {
		__meta_kubernetes_pod_label: pod.metadata?.labels ?? {},
		__meta_kubernetes_pod_annotation: pod.metadata?.annotations ?? {}
	};
	return isKept(scrape, lookupIn(fixed, families));
}

// src/verify/scrape-errors.ts
/** Prometheus' word for why a scrape failed, in plain language with a way out. */
function explainScrapeError(error) {
	const known = explanations.find(({ pattern }) => pattern.test(error));
	return known ? {
		cause: known.cause,
		mend: known.mend
	} : { cause: error };
}
const explanations = [
	{
		pattern: /connection refused/i,
		cause: "nothing listens on that port: the process is not up, or the scrape annotation names another port",
		mend: "look at that pod's state and log, and compare prometheus.io/port with the port that it serves metrics on"
	},
	{
		pattern: /context deadline exceeded|i\/o timeout|Client\.Timeout/i,
		cause: "no answer in time: a network policy or firewall drops the packets, or the target is slower than scrape_timeout",
		mend: "ask the target from a pod in the same namespace; then raise scrape_timeout or allow the traffic"
	},
	{
		pattern: /no route to host|network is unreachable/i,
		cause: "the pod network does not lead there: the CNI is not up on one of the nodes",
		mend: "look at the CNI's pods and the node's routes"
	},
	{
		pattern: /HTTP status (401|403)/i,
		cause: "Prometheus' service account is not allowed to read these metrics",
		mend: "compare the ClusterRole prometheus-server (nodes/metrics, nodes/proxy) with what the target wants"
	},
	{
		pattern: /HTTP status 404/i,
		cause: "the target serves no metrics under that path",
		mend: "set prometheus.io/path, or take the scrape annotation away"
	},
	{
		pattern: /x509|certificate/i,
		cause: "the target's certificate is not trusted",
		mend: "set tls_config of that job to the right CA"
	},
	{
		pattern: /no such host/i,
		cause: "the name can't be resolved: cluster DNS is not up, or the service doesn't exist",
		mend: "look at the CoreDNS pods in kube-system"
	},
	{
		pattern: /expected (a valid|label|value)|invalid metric|unsupported Content-Type|received unsupported/i,
		cause: "what is served there are no metrics: a scrape annotation on something else",
		mend: "take the scrape annotation away, or name the metrics' port and path"
	}
];

// src/verify/checks/targets-up.ts
const targetsUp = {
	id: "targets-up",
	title: "Every scrape job has its targets, and all are up",
	severity: "error",
	meaning: "Metrics are missing: a job finds nothing to scrape, or what it finds doesn't answer.",
	mend: "open /targets in Prometheus; an empty job is a matter of RBAC or annotations, a target that is down of its pod",
	run: run$1
};
async function run$1(stack) {
	if (stack.prometheus === void 0) return notDeployed("Prometheus");
	const client = prometheusClient(stack.context, stack.prometheus);
	const config = renderedConfig(stack.rendered) ?? await client.config();
	const [targets, cluster] = await Promise.all([client.targets(), discoverable(stack)]);
	const expected = expectedTargets(config, cluster);
	const missing = expected.filter((one) => matching(one, targets) < one.atLeast);
	if (targets.length === 0 || missing.length > 0) return incomplete(expected, missing, targets);
	const since = Date.parse(stack.deployedAt);
	const down = targets.filter((target) => target.health !== "up" || Date.parse(target.lastScrape) < since);
	if (down.length > 0) return notUp(down, targets.length, since);
	const sizes = [...new Set(targets.map(({ job }) => job))].map((job) => `${job} ${targets.filter((target) => target.job === job).length}`);
	return pass(`${count(targets.length, "target")} up: ${listOf$1(sizes, 20)}`);
}
async function discoverable(stack) {
	const [nodes, services, endpointSlices, pods] = await Promise.all([
		listNodes(stack),
		listServices(stack),
		listEndpointSlices(stack),
		listAllPods(stack)
	]);
	const own = objectsOf(stack.rendered).filter(({ kind }) => kind === "Service");
	return {
		nodes,
		services,
		endpointSlices,
		pods,
		ownServices: new Set(own.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
	};
}
/** What is scraped through several labels at one address is one target. */
function matching({ job, matches }, targets) {
	const found = targets.filter((target) => target.job === job && matches(target));
	return new Set(found.map(({ scrapeUrl }) => scrapeUrl)).size;
}
function incomplete(expected, missing, targets) {
	const jobs = new Set(expected.map(({ job }) => job));
	const empty = [...jobs].filter((job) => !targets.some((target) => target.job === job));
	const lines = missing.map((one) => `job ${one.job} has ${matching(one, targets)} of ${count(one.atLeast, "target")} for ${one.what}`);
	return {
		status: "fail",
		expected: `targets in ${count(jobs.size, "job")}: ${listOf$1([...jobs], 20)}`,
		seen: targets.length === 0 ? "no target at all" : listOf$1(lines),
		cause: empty.length > 0 ? `Prometheus has discovered nothing for ${listOf$1(empty)}: it has just started, or its service account may not list services, endpointslices, pods and nodes` : "Prometheus has not discovered them: their pods are not ready, or their labels or annotations don't match",
		mend: "kubectl describe clusterrole prometheus-server, and look for `forbidden` in Prometheus' log"
	};
}
function notUp(down, all, since) {
	const broken = down.find(({ health }) => health === "down");
	return {
		status: "fail",
		expected: `all ${count(all, "target")} up`,
		seen: `${all - down.length} up; ${listOf$1(down.map((target) => describe(target, since)))}`,
		...broken ? explainScrapeError(broken.lastError) : { cause: "not scraped since the deployment began: the scrape interval has not passed yet" }
	};
}
function describe({ job, discovered, scrapeUrl, health, lastError, lastScrape }, since) {
	const service = discovered["__meta_kubernetes_service_name"];
	const which = `target ${scrapeUrl} of job ${job}${service ? ` (service ${service})` : ""}`;
	if (health === "down") return `${which}: ${reasonOf(lastError)}`;
	if (health === "unknown" || lastScrape.startsWith("0001")) return `${which}: not scraped yet`;
	return `${which}: ${Date.parse(lastScrape) < since ? `last scraped ${lastScrape}, before the deployment` : health}`;
}
/** `Get "http://10.42.0.7:9100/metrics": dial tcp 10.42.0.7:9100: connect: connection refused` says the URL twice. */
function reasonOf(lastError) {
	return lastError.replace(/^(Get|Post) "[^"]*": /, "") || "down, without an error";
}

// src/verify/checks/workloads-healthy.ts
const workloadsHealthy = {
	id: "workloads-healthy",
	title: "All pods run, and all volumes are bound",
	severity: "error",
	meaning: "A part of the stack does not run, restarts again and again, or has no storage.",
	mend: "kubectl describe the pod or PVC that is named; its events and the container's log tell the rest",
	run
};
async function run(stack) {
	const workloads = workloadsOf(stack.rendered).filter(({ replicas }) => replicas !== 0);
	if (workloads.length === 0) return skipped$1("the charts render no workload");
	const namespaces = namespacesOf(stack.rendered);
	const own = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat().filter((pod) => workloads.some((workload) => belongs(pod, workload)));
	const claims = (await Promise.all(namespaces.map((namespace) => listClaims(stack, namespace)))).flat();
	const wanted = claimNames(stack, own);
	const now = stack.context.host.now();
	const problems = [
		...unboundClaims(wanted, claims),
		...workloads.flatMap((workload) => missingPods(workload, own)),
		...own.flatMap((pod) => problemsOf(pod, stack.deployedAt, now).map(toProblem))
	];
	if (problems.length === 0) {
		const healthy = `${count(workloads.length, "workload")}, ${count(own.length, "pod")}, ${count(wanted.size, "PVC")}`;
		return pass([`${healthy}: all well`, ...restartsOf(own)].join("; "));
	}
	return {
		status: "fail",
		expected: "every pod's containers run and are ready, and every PVC is Bound",
		seen: listOf$1(problems.map(({ line }) => line)),
		...await causeOf(stack, problems)
	};
}
function belongs(pod, { namespace, matchLabels }) {
	return pod.metadata?.namespace === namespace && selects(matchLabels, pod.metadata.labels);
}
/** A DaemonSet may be meant for no node at all, but the stack's are not: at least one. */
function missingPods(workload, pods) {
	const wanted = workload.replicas ?? 1;
	const found = pods.filter((pod) => belongs(pod, workload) && !pod.metadata?.deletionTimestamp).length;
	if (found >= wanted) return [];
	const { kind, namespace, name } = workload;
	return [{
		namespace,
		name,
		line: `${kind} ${namespace}/${name} has ${found} of ${count(wanted, "pod")}`
	}];
}
/** `namespace/name` of the PVCs that pods use or that the charts make. */
function claimNames({ rendered }, pods) {
	const used = pods.flatMap((pod) => (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim ? [`${pod.metadata?.namespace}/${persistentVolumeClaim.claimName}`] : []));
	const made = objectsOf(rendered).filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
	return /* @__PURE__ */ new Set([...used, ...made]);
}
function unboundClaims(wanted, claims) {
	return [...wanted].flatMap((id) => {
		const [namespace = "", name = ""] = id.split("/");
		const claim = claims.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
		const phase = claim?.status?.phase ?? (claim ? "Pending" : "missing");
		return phase === "Bound" ? [] : [{
			namespace,
			name,
			line: `PVC ${id} is ${phase}`
		}];
	});
}
function toProblem({ namespace, pod, what }) {
	return {
		namespace,
		name: pod,
		line: `pod ${namespace}/${pod}: ${what}`
	};
}
/** The cluster's own last warning about the first of them that it has one for: a PVC may only wait for its pod. */
async function causeOf(stack, problems) {
	for (const { namespace, name } of problems.slice(0, 5)) {
		const warning = await lastWarning(stack, namespace, name);
		if (warning !== void 0) return { cause: `${name}: ${warning}` };
	}
	return {};
}

// src/verify/catalogue.ts
/** All checks, from what everything rests on to what rests on all of it. Results are in this order. */
const allChecks = [
	workloadsHealthy,
	prometheusReady,
	prometheusRetention,
	prometheusConfigLoaded,
	targetsUp,
	kubeStateMetricsOnce,
	nodeExporterOnEveryNode,
	kubeNodeInfo,
	queryCpu,
	queryMemory,
	queryPodStatus,
	queryNodeCpu,
	alertmanagerWired,
	grafanaHealthy,
	grafanaDatasource,
	grafanaQuery
];

// src/verify/select.ts
/**
* The ids that are in, with the reason of those that are to be reported as skipped.
* @throws UserError when an id or pattern fits no check.
*/
function selectChecks(ids, { only = [], skip = {} }) {
	for (const pattern of [...only, ...Object.keys(skip)]) {
		if (ids.some((id) => fits(pattern, id))) continue;
		const mend = pattern.includes("*") ? `the checks are: ${ids.join(", ")}` : didYouMean(pattern, ids);
		throw new UserError(`there is no check named ${pattern}`, { mend });
	}
	return ids.filter((id) => only.length === 0 || only.some((pattern) => fits(pattern, id))).map((id) => ({
		id,
		skipped: Object.entries(skip).find(([pattern]) => fits(pattern, id))?.[1]
	}));
}
/** `*` stands for any characters. */
function fits(pattern, id) {
	const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join(".*")}$`).test(id);
}

// src/verify/run.ts
const defaultPauseMs = 500;
/** A stack whose pods are all ready and that still can't be asked after this long won't be any better later. */
const defaultErrorGraceMs = 15e3;
const defaultLingerMs = 5e3;
/**
* Runs the checks side by side; each is tried again until it passes, can't pass any more, or its time is up. When one of
* severity `error` can't pass any more, the verdict is certain, and the others get a short time to add what they know.
* @throws Interrupted when the stack's signal fires; UserError when `only` or `skip` names an unknown check.
*/
async function runChecks(stack, options) {
	const { checks = allChecks } = options;
	const chosen = selectChecks(checks.map(({ id }) => id), options);
	const round = {
		options,
		enough: new AbortController(),
		over: new AbortController(),
		failed: void 0
	};
	const decided = await Promise.all(chosen.map(async ({ id, skipped }) => {
		const check = checks.find((one) => one.id === id);
		const one = skipped === void 0 ? await runCheck(stack, check, round) : leftOut(stack, check, skipped);
		options.onResult?.(one.result);
		return one;
	})).finally(() => round.over.abort());
	return {
		results: decided.map(({ result }) => result),
		findings: Object.assign({}, ...decided.map(({ findings }) => findings))
	};
}
function leftOut(stack, check, reason) {
	const now = isoNow(stack);
	const times = {
		startedAt: now,
		endedAt: now,
		attempts: 0
	};
	return {
		result: {
			...base(check),
			...times,
			status: "skipped",
			reason
		},
		findings: {}
	};
}
async function runCheck(stack, check, round) {
	const { deadlineMs, pauseMs = defaultPauseMs, lingerMs = defaultLingerMs } = round.options;
	const { host, signal } = stack.context;
	const startedAt = isoNow(stack);
	const end = host.now() + deadlineMs;
	const deadline = AbortSignal.any([AbortSignal.timeout(deadlineMs), round.enough.signal]);
	const bounded = {
		...stack,
		context: {
			...stack.context,
			signal: AbortSignal.any([signal, deadline])
		}
	};
	const patience = createPatience(round.options.errorGraceMs ?? defaultErrorGraceMs);
	let last;
	let attempts = 0;
	let isFinal = false;
	while (true) {
		attempts += 1;
		const outcome = await attempt(bounded, check);
		if (signal.aborted) throw new Interrupted();
		if (outcome !== void 0) last = outcome;
		if (last?.status === "pass" || last?.status === "skipped") break;
		isFinal = outcome !== void 0 && patience.isOver(outcome, host.now());
		if (isFinal) break;
		if (deadline.aborted || host.now() + pauseMs >= end) break;
		await host.sleep(pauseMs, AbortSignal.any([signal, deadline])).catch(() => void 0);
		if (signal.aborted) throw new Interrupted();
		if (round.enough.signal.aborted) break;
	}
	const times = {
		startedAt,
		endedAt: isoNow(stack),
		attempts
	};
	if (isFinal && check.severity === "error" && round.failed === void 0) {
		round.failed = check.id;
		const leave = () => round.enough.abort();
		host.sleep(lingerMs, round.over.signal).then(leave, leave);
	}
	const error = /* @__PURE__ */ new Error(`no answer within ${deadlineMs / 1e3} s`);
	const outcome = last ?? {
		status: "error",
		error
	};
	const findings = ("findings" in outcome ? outcome.findings : void 0) ?? {};
	const result = toResult(check, outcome, times);
	return {
		result: !isFinal && round.enough.signal.aborted && round.failed !== void 0 ? notWaitedFor(result, round.failed ?? "") : result,
		findings
	};
}
/** Neither good nor bad: what it said so far stays readable, but blames nothing. */
function notWaitedFor(result, failed) {
	if (result.status === "pass" || result.status === "skipped") return result;
	const { id, title, severity, startedAt, endedAt, attempts } = result;
	return {
		id,
		title,
		severity,
		startedAt,
		endedAt,
		attempts,
		status: "skipped",
		reason: `not waited for any longer, since ${failed} had failed for good; until then: ${result.status === "error" ? result.error : `expected ${result.expected}, saw ${result.seen}`}`
	};
}
/** How long the same trouble has lasted, and whether that is long enough. */
function createPatience(errorGraceMs) {
	let fault = "";
	let since = 0;
	return { isOver: (outcome, now) => {
		if (outcome.status !== "fail" && outcome.status !== "error") return false;
		const known = outcome.status === "fail" ? outcome.fault : {
			id: "no answer at all",
			graceMs: errorGraceMs
		};
		if ((known?.id ?? "") !== fault) since = now;
		fault = known?.id ?? "";
		if (outcome.status === "fail" && outcome.final) return true;
		return known !== void 0 && now - since >= known.graceMs;
	} };
}
/** Undefined when the signal ended it, whether the check heeds the signal or not. */
async function attempt(stack, check) {
	const { signal } = stack.context;
	let onAbort = () => {};
	const cutOff = new Promise((resolve) => {
		onAbort = () => resolve(void 0);
	});
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		if (signal.aborted) return void 0;
		return await Promise.race([check.run(stack), cutOff]);
	} catch (error) {
		return signal.aborted ? void 0 : {
			status: "error",
			error
		};
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}
function toResult(check, outcome, times) {
	const common = {
		...base(check),
		...times
	};
	switch (outcome.status) {
		case "pass": return {
			...common,
			status: "pass",
			seen: outcome.seen
		};
		case "skipped": return {
			...common,
			status: "skipped",
			reason: outcome.reason
		};
		case "error": {
			const own = outcome.error instanceof MonstackError ? outcome.error.mend : void 0;
			return {
				...common,
				status: "error",
				error: messageOf(outcome.error),
				mend: own ?? check.mend
			};
		}
		case "fail": {
			const { expected, seen, cause, mend = check.mend } = outcome;
			const status = check.severity === "error" ? "fail" : "warn";
			return {
				...common,
				status,
				expected,
				seen,
				cause,
				fault: outcome.fault?.id,
				mend
			};
		}
	}
}
function base({ id, title, severity }) {
	return {
		id,
		title,
		severity
	};
}
function isoNow(stack) {
	return new Date(stack.context.host.now()).toISOString();
}

// src/verify/verified.ts
/** True when something was proven and nothing that counts failed: a run in which all was skipped proves nothing. */
function isVerified(results) {
	const passed = results.some(({ status }) => status === "pass");
	const broken = results.some(({ status, severity }) => severity === "error" && (status === "fail" || status === "error"));
	return passed && !broken;
}

// src/core/verify.ts
/** Checks a stack that is up; the results are in the session's draft. */
async function verify(session, record) {
	const { context, loaded, recorder, draft } = session;
	const stack = toStack(session, record);
	const { verify, timeouts } = loaded.config;
	const { results, findings } = await recorder.phase("verify", () => runChecks(stack, {
		only: verify.only,
		skip: verify.skip,
		deadlineMs: timeouts.verifyMs,
		onResult: (result) => {
			if (result.status === "pass") context.log.info(`✓ ${result.title}: ${result.seen}`);
			if (result.status === "skipped") context.log.info(`- ${result.title}: skipped, ${result.reason}`);
			if (result.status === "fail") context.log.error(`${result.title}: expected ${result.expected}, saw ${result.seen}`);
			if (result.status === "warn") context.log.warn(`${result.title}: expected ${result.expected}, saw ${result.seen}`);
			if (result.status === "error") context.log.error(`${result.title}: ${result.error}`);
		}
	}));
	draft.checks = results;
	draft.targets = findings.targets ?? [];
	draft.dashboards = findings.dashboards ?? [];
	return isVerified(results);
}
function toStack({ context, loaded }, record) {
	const kube = new KubeConfig();
	kube.loadFromFile(record.kubeconfig);
	if (record.context !== void 0) kube.setCurrentContext(record.context);
	const { prometheus, alertmanager, grafana } = record.services;
	return {
		context,
		plan: record.plan,
		verify: loaded.config.verify,
		rendered: record.rendered,
		kube,
		core: kube.makeApiClient(ObjectCoreV1Api),
		prometheus: prometheus && endpoint(prometheus),
		alertmanager: alertmanager && endpoint(alertmanager),
		grafana: grafana && {
			...endpoint(grafana),
			...record.grafana
		},
		deployedAt: record.deployedAt
	};
}
function endpoint({ direct, service }) {
	return {
		url: direct,
		service
	};
}

// src/core/job.ts
/** Does a job to its end, tears down what it must, and writes the report whatever happened. */
async function runJob(session, job) {
	const { context, loaded, draft } = session;
	if (job.mode !== "down") await makeReportDir(session);
	let stack;
	let verified = false;
	let error;
	const own = { began: false };
	try {
		for (const warning of loaded.warnings) context.log.warn(warning);
		if (job.mode === "verify") stack = await loadStack(context.host, loaded.config.stateDir);
		if (job.mode === "up" || job.mode === "run") stack = await bringUp(session, job, own);
		if (job.mode === "verify" || job.mode === "run" || job.verifyAfterUp) {
			if (stack) verified = await verify(session, stack);
		}
	} catch (thrown) {
		error = context.signal.aborted ? new Interrupted() : thrown;
		draft.failure = describeFailure(error);
		tell(session, draft.failure);
	}
	const failed = error !== void 0 || job.mode === "run" && !verified;
	if (own.began && (failed || job.verifyAfterUp && !verified)) await keepEvidence(session);
	if (job.mode === "down" || own.began && wantsTeardown(job, failed, error)) await tryDown(session);
	const results = toResults(session, job.mode, verified);
	await tryReport(session, results);
	return {
		exitCode: judge(job, results, error),
		results,
		stack,
		error
	};
}
/** Known to be writable before anything is changed: a run whose report can't be written has told nothing. */
async function makeReportDir({ context, loaded }) {
	const { reportDir } = loaded.config;
	try {
		await context.host.files.mkdir(reportDir);
		await context.host.files.write(join(reportDir, ".writable"), "");
		await context.host.files.remove(join(reportDir, ".writable"));
	} catch (cause) {
		throw new UserError(`the report folder ${reportDir} can't be written to: ${messageOf(cause)}`, {
			mend: "name another with --report-dir (input report-dir)",
			cause
		});
	}
}
/** After the work is done: that it can't be written is told, and changes nothing about what was done. */
async function tryReport({ context, loaded, secrets }, results) {
	const { reportDir } = loaded.config;
	try {
		await writeReport(context.host, reportDir, results, { secrets });
	} catch (error) {
		context.log.error(`the report could not be written to ${reportDir}: ${messageOf(error)}`);
	}
}
/** At once, before a teardown fills the screen: what went wrong and how to mend it. */
function tell({ context, secrets }, { message, mend }) {
	const text = mend === void 0 ? message : `${message}\nto mend it: ${mend}`;
	context.log.error(hide(text, secrets));
}
/** Only what this job began is its to take down: a refused `up` leaves the stack that is there. */
function wantsTeardown(job, failed, error) {
	if (job.mode === "verify" || failed && job.keepOnFailure) return false;
	return job.mode === "run" || error !== void 0;
}
async function bringUp(session, job, own) {
	const { context, loaded, recorder, version } = session;
	const { config } = loaded;
	const { host } = context;
	const { plan, login } = prepare(session);
	await clearLeftovers(session, job);
	const found = config.cluster.kind === "k3s" ? await recorder.phase("preflight", () => preflight(context, config)) : void 0;
	session.draft.adaptations = found?.adaptations ?? [];
	if (config.ports.whenBusy === "fail") await choosePorts(context, expectedListeners(config, plan), "fail");
	const before = await takeSnapshot(host);
	own.began = true;
	const journal = await openJournal(host, config.stateDir);
	await journal.append({
		kind: "begin",
		at: new Date(host.now()).toISOString(),
		before,
		version
	});
	return await up(session, {
		plan,
		login,
		journal,
		preflight: found
	});
}
async function clearLeftovers(session, job) {
	const { context, loaded } = session;
	const { stateDir } = loaded.config;
	const [first] = await readJournal(context.host, stateDir);
	if (first === void 0) return;
	if (!job.replace) throw new InstallError(`a stack of monstack is here already, since ${first.at} (its journal is in ${stateDir})`, { mend: "`monstack down` takes it away; `--replace` does so before it starts" });
	context.log.warn(`an earlier run, of ${first.at}, left a stack behind: taking it down first`);
	const { leaks } = await down(session);
	if (leaks.length > 0) throw new InstallError(`the earlier stack could not be taken down: ${leaks.map(({ kind, what }) => `${kind} ${what}`).join(", ")} left`);
}
/** A teardown that fails is told, and must not hide what went wrong before it. */
async function tryDown(session) {
	const { context, draft } = session;
	const own = {
		...session,
		context: {
			...context,
			signal: new AbortController().signal
		}
	};
	try {
		draft.teardown = await down(own);
	} catch (error) {
		context.log.error(`teardown: ${messageOf(error)}`);
		draft.failure ??= describeFailure(error);
		draft.teardown = {
			leaks: [{
				kind: "path",
				what: `everything in the journal of ${session.loaded.config.stateDir}: ${messageOf(error)}`
			}],
			kept: []
		};
	}
}
function toResults(session, mode, verified) {
	const { context, loaded, recorder, draft } = session;
	return {
		schemaVersion: 1,
		monstack: session.version,
		mode,
		verified,
		startedAt: recorder.startedAt,
		endedAt: new Date(context.host.now()).toISOString(),
		profile: loaded.config.profile,
		phases: recorder.phases,
		...draft,
		warnings: [...loaded.warnings, ...draft.warnings]
	};
}
function judge(job, results, error) {
	if (error instanceof MonstackError) return error.exitCode;
	if (error !== void 0) return exitCode.notInstalled;
	if ((job.mode === "run" || job.mode === "verify" || job.verifyAfterUp) && !results.verified) return exitCode.notVerified;
	return (results.teardown?.leaks.length ?? 0) > 0 ? exitCode.leaked : exitCode.verified;
}

// src/config/defaults.ts
/** The chart repositories that every configuration knows. */
const defaultRepos = {
	"prometheus-community": "https://prometheus-community.github.io/helm-charts",
	"grafana-community": "https://grafana-community.github.io/helm-charts",
	grafana: "https://grafana.github.io/helm-charts"
};
/** The stack without any configuration. An app of the same name in the file is laid over it. */
const defaultApps = {
	prometheus: {
		chart: "prometheus-community/prometheus",
		version: "29.27.0",
		enabled: true,
		namespace: void 0,
		release: "prometheus",
		values: [{ inline: { "prometheus-pushgateway": { enabled: false } } }],
		dependsOn: [],
		timeoutMs: void 0
	},
	grafana: {
		chart: "grafana-community/grafana",
		version: "12.11.1",
		enabled: true,
		namespace: void 0,
		release: "grafana",
		values: [],
		dependsOn: [{
			app: "prometheus",
			until: "applied"
		}],
		timeoutMs: void 0
	}
};
/** The configuration from what was set, with a default for the rest. `cwd` is absolute. */
function withDefaults(set, from, rest) {
	return {
		profile: set.profile ?? "ci",
		namespace: set.namespace ?? "monitoring",
		cluster: clusterOf(set, from),
		k3s: {
			version: set["k3s-version"] ?? "v1.36.3+k3s1",
			path: set["k3s-path"],
			args: set["k3s-args"] ?? [],
			images: set["k3s-images"] ?? []
		},
		helm: {
			version: set["helm-version"] ?? "v4.2.3",
			path: set["helm-path"]
		},
		kubectl: {
			version: set["kubectl-version"] ?? "v1.36.3",
			path: set["kubectl-path"]
		},
		mirrors: set.mirrors ?? {},
		select: set.apps ?? [],
		grafana: {
			user: set["grafana-user"] ?? "admin",
			password: set["grafana-password"]
		},
		verify: {
			only: set.checks ?? [],
			skip: set.skip ?? {},
			atEnd: set["verify-at-end"] ?? false,
			expectAlerts: set["expect-alerts"] ?? ["Watchdog", "InfoInhibitor"],
			maxSeries: set["max-series"] ?? 1e6,
			maxDeadPanels: set["max-dead-panels"],
			dashboardBaseline: set["dashboard-baseline"] ?? join(rest.file === void 0 ? from.cwd : dirname(rest.file), "monstack-dashboards.json"),
			updateBaseline: set["update-baseline"] ?? false
		},
		alerting: {
			receivers: set["alert-receivers"],
			ruleTests: set["rule-tests"] ?? [],
			promtool: set["promtool-path"]
		},
		ports: {
			prometheus: set["prometheus-port"] ?? 9090,
			grafana: set["grafana-port"] ?? 3e3,
			alertmanager: set["alertmanager-port"] ?? 9093,
			whenBusy: set["busy-port"] ?? "fail"
		},
		timeouts: {
			deployMs: set["deploy-timeout"] ?? 3e5,
			verifyMs: set["verify-timeout"] ?? 12e4,
			clusterMs: set["cluster-timeout"] ?? 12e4
		},
		reportDir: set["report-dir"] ?? `${from.cwd}/monstack-report`,
		stateDir: set["state-dir"] ?? defaultStateDir(from),
		...rest
	};
}
/** A kubeconfig or a context means a cluster that is there already; what is missing is found as kubectl finds it. */
function clusterOf(set, { cwd, env }) {
	if (set.kubeconfig === void 0 && set.context === void 0) return { kind: "k3s" };
	const fromEnv = env.KUBECONFIG?.split(":").find((path) => path !== "");
	return {
		kind: "existing",
		kubeconfig: set.kubeconfig ?? fromEnv ?? `${env.HOME ?? cwd}/.kube/config`,
		context: set.context
	};
}
/** As the XDG base directory specification has it: a relative XDG_STATE_HOME doesn't count. */
function defaultStateDir({ cwd, env }) {
	if (env.XDG_STATE_HOME?.startsWith("/")) return `${env.XDG_STATE_HOME}/monstack`;
	return env.HOME ? `${env.HOME}/.local/state/monstack` : `${cwd}/.monstack`;
}

// src/config/mistakes.ts
const mostShown = 20;
/** @throws UserError with all mistakes (at most 20 of them in full), when there is any. */
function throwIfAny(mistakes) {
	if (mistakes.length === 0) return;
	const lines = mistakes.slice(0, mostShown).map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
	if (lines.length === 1 && lines[0] !== void 0) throw new UserError(lines[0]);
	const more = mistakes.length - lines.length;
	if (more > 0) lines.push(`... and ${more} more`);
	throw new UserError(`${mistakes.length} mistakes in the configuration:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
/** `apps.grafana.values[0]`; a key that holds a dot is put in quotes. */
function formatPath(path) {
	let text = "";
	for (const part of path) if (typeof part === "number") text += `[${part}]`;
	else text += `${text && "."}${/[.\s]/.test(part) ? JSON.stringify(part) : part}`;
	return text;
}
/** A path as the reader knows it: relative where it lies below the working folder. */
function showPath(cwd, path) {
	const short = relative(cwd, path);
	return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}
/** A value as it stands in a message: short, and in the words of YAML. */
function shown(value) {
	if (value === null || value === void 0 || value === "") return "nothing";
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object") return "a mapping";
	if (typeof value !== "string") return String(value);
	return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

// src/config/apps.ts
/** The default apps with the file's laid over them, then the file's own. What is wrong goes to `mistakes`. */
function buildApps(file, repos, shownAs, mistakes) {
	const apps = { ...defaultApps };
	if (!file) return apps;
	const report = (path, problem, what = "value") => {
		const position = what === "key" ? file.yaml.keyAt(path) : file.yaml.valueAt(path);
		mistakes.push({
			where: `${shownAs}:${position}`,
			path: formatPath(path),
			problem
		});
	};
	for (const [name, app] of Object.entries(file.apps)) {
		const built = overlay(name, app, report);
		if (built) apps[name] = built;
	}
	const names = [.../* @__PURE__ */ new Set([...Object.keys(apps), ...Object.keys(file.apps)])];
	for (const [name, app] of Object.entries(file.apps)) checkReferences(name, app, names, Object.keys(repos), report);
	return apps;
}
function overlay(name, app, report) {
	const path = ["apps", name];
	if (!/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name)) {
		report(path, "this is not an app's name; right would be lower-case letters, digits and -, at most 53", "key");
		return;
	}
	const base = Object.hasOwn(defaultApps, name) ? defaultApps[name] : void 0;
	const chart = app.chart ?? base?.chart;
	if (chart === void 0) {
		report(path, "its chart is missing; right would be e.g. chart: prometheus-community/prometheus", "key");
		return;
	}
	const isSameChart = chart === base?.chart;
	const hasSameName = chart.split("/").at(-1) === base?.chart.split("/").at(-1);
	return {
		chart,
		version: app.version ?? (isSameChart ? base?.version : void 0),
		enabled: app.enabled ?? base?.enabled ?? true,
		namespace: app.namespace ?? base?.namespace,
		release: app.release ?? base?.release ?? name,
		values: [...hasSameName ? base?.values ?? [] : [], ...app.values ?? []],
		dependsOn: app.depends_on ?? base?.dependsOn ?? [],
		timeoutMs: app.timeout ?? base?.timeoutMs
	};
}
function checkReferences(name, app, names, repos, report) {
	for (const [index, { app: wanted }] of (app.depends_on ?? []).entries()) {
		const path = [
			"apps",
			name,
			"depends_on",
			index
		];
		if (wanted === name) report(path, `${name} depends on itself`);
		else if (!names.includes(wanted)) report(path, `there is no app ${wanted}; ${didYouMean(wanted, names.filter((one) => one !== name))}`);
	}
	const repo = /^([^/:.~][^/:]*)\/[^/]+$/.exec(app.chart ?? "")?.[1];
	if (repo !== void 0 && !repos.includes(repo)) report([
		"apps",
		name,
		"chart"
	], `there is no chart repository ${repo} under repos; ${didYouMean(repo, repos)}`);
}

// src/config/parsers.ts
function problem(text, at = []) {
	return { problems: [{
		at,
		text
	}] };
}
/** `expected` starts with an article: `a namespace (...)`. */
function text(expected, isRight = () => true) {
	return (given) => {
		if (typeof given === "number" || typeof given === "boolean") return problem(`${given} is ${typeof given === "number" ? "a number" : "true or false"} to YAML; right would be ${expected}, in quotes`);
		if (typeof given !== "string" || given.trim() === "" || !isRight(given.trim())) return problem(`${shown(given)} is not ${expected}`);
		return { value: given.trim() };
	};
}
/** A text that no message ever shows. */
function secret(expected) {
	return (given) => {
		if (typeof given !== "string" || given === "") return problem(`what is there (not shown) is not ${expected}, in quotes`);
		return { value: given };
	};
}
function oneOf(what, choices) {
	return (given) => {
		const found = choices.find((choice) => choice === given);
		if (found !== void 0) return { value: found };
		const hint = typeof given === "string" ? didYouMean(given, choices) : `right would be one of ${choices.join(", ")}`;
		return problem(`${shown(given)} is not ${what}; ${hint}`);
	};
}
const port = (given) => {
	const number = typeof given === "string" && /^\d{1,5}$/.test(given.trim()) ? Number(given) : given;
	if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= 65535) return { value: number };
	return problem(`${shown(given)} is not a port; right would be a whole number from 1 to 65535`);
};
const wholeNumber = (given) => {
	const number = typeof given === "string" && /^\d{1,15}$/.test(given.trim()) ? Number(given) : given;
	if (typeof number === "number" && Number.isInteger(number) && number >= 0) return { value: number };
	return problem(`${shown(given)} is not a whole number; right would be 0 or more`);
};
/** Milliseconds. */
const duration = (given) => {
	if (typeof given === "number") return problem(`${given} has no unit; right would be a duration like ${given}s, 5m or 1h30m`);
	const ms = typeof given === "string" ? parseDuration(given.trim()) : void 0;
	if (ms === void 0 || ms <= 0) return problem(`${shown(given)} is not a duration; right would be e.g. 90s, 5m or 1h30m`);
	return { value: ms };
};
const flag = (given) => typeof given === "boolean" ? { value: given } : problem(`${shown(given)} is not a yes or no; right would be true or false`);
/**
* What a tool's release host can be asked for; numbers get their leading `v`.
* @param right says what is accepted, as a message puts it
*/
function toolVersion(right, isRight) {
	const withV = (version) => /^\d/.test(version) ? `v${version}` : version;
	const parse = text(`a version (${right})`, (version) => isRight.test(withV(version)));
	return (given, base) => {
		const parsed = parse(given, base);
		return "problems" in parsed ? parsed : { value: withV(parsed.value) };
	};
}
/** A path, made absolute. */
const path$1 = (given, base) => {
	const parsed = text("a path")(given, base);
	return "problems" in parsed ? parsed : { value: toAbsolute(parsed.value, base) };
};
function toAbsolute(written, base) {
	if (base.home !== void 0 && (written === "~" || written.startsWith("~/"))) return join(base.home, written.slice(1));
	return resolve(base.folder, written);
}
/** A list in a file; a single value stands for a list of one. */
function listOf(item, whatIsRight) {
	return (given, base) => {
		if (given === null || given === void 0 || typeof given === "object" && !Array.isArray(given)) return problem(`${shown(given)} is not a list; right would be ${whatIsRight}`);
		const values = [];
		const problems = [];
		for (const [index, element] of (Array.isArray(given) ? given : [given]).entries()) {
			const parsed = item(element, base);
			if ("value" in parsed) values.push(parsed.value);
			else problems.push(...parsed.problems.map((one) => ({
				...one,
				at: Array.isArray(given) ? [index, ...one.at] : one.at
			})));
		}
		return problems.length > 0 ? { problems } : { value: values };
	};
}
/** A list in one text, as inputs and flags write it; empty parts are left out. */
function splitList(item, separator) {
	return (given, base) => {
		const parts = typeof given === "string" ? given.split(separator).map((part) => part.trim()).filter((part) => part !== "") : [];
		return listOf(item, "a list")(parts, base);
	};
}

// src/config/app-parsers.ts
/** A release's name, as helm accepts it. */
const releaseName = text("a release's name (lower-case letters, digits and -, at most 53)", (name) => /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name));
const enabled = flag;
/** `repo/name`, `oci://...`, or a path, which is made absolute. */
const chart = (given, base) => {
	const parsed = text("a chart; right would be repo/name, ./folder or oci://registry/name")(given, base);
	if ("problems" in parsed) return parsed;
	if (/^(\.{0,2}\/|~\/)/.test(parsed.value)) return { value: toAbsolute(parsed.value, base) };
	if (/^oci:\/\/.+\/.+$/.test(parsed.value) || /^[^/:\s]+\/[^/:\s]+$/.test(parsed.value)) return parsed;
	return problem(`${shown(parsed.value)} is not a chart; right would be repo/name, ./folder or oci://registry/name`);
};
/** A path, a mapping, or a list of either. */
const values = (given, base) => {
	if (given === null) return { value: [] };
	return listOf(oneOfValues, "a path, a mapping or a list of these")(isMapping(given) ? [given] : given, base);
};
const oneOfValues = (given, base) => {
	if (isMapping(given)) return { value: { inline: given } };
	if (typeof given === "string" && given.trim() !== "") return { value: { file: toAbsolute(given.trim(), base) } };
	return problem(`${shown(given)} is not values for a chart; right would be a path or a mapping`);
};
/** A name, `{app, until}`, or a list of either. */
const dependencies = (given, base) => {
	if (given === null) return { value: [] };
	return listOf(dependency, "a list of apps' names")(isMapping(given) ? [given] : given, base);
};
const dependency = (given, base) => {
	if (!isMapping(given)) {
		const name = text("an app's name")(given, base);
		return "problems" in name ? name : { value: {
			app: name.value,
			until: "ready"
		} };
	}
	const problems = Object.keys(given).filter((key) => key !== "app" && key !== "until").map((key) => ({
		at: [key],
		text: `unknown key; ${didYouMean(key, ["app", "until"])}`
	}));
	const app = text("an app's name")(given.app, base);
	const until = oneOf("what to wait for", ["applied", "ready"])(given.until === void 0 ? "ready" : given.until, base);
	if ("problems" in app) problems.push(...app.problems.map((one) => ({
		...one,
		at: ["app"]
	})));
	if ("problems" in until) problems.push(...until.problems.map((one) => ({
		...one,
		at: ["until"]
	})));
	if (problems.length > 0 || "problems" in app || "problems" in until) return { problems };
	return { value: {
		app: app.value,
		until: until.value
	} };
};
function isMapping(given) {
	return typeof given === "object" && given !== null && !Array.isArray(given);
}

// src/config/mirrors.ts
const example = "https://get.helm.sh/=http://mirror/helm/";
/** In a file: a mapping from prefix to prefix. */
const mirrorsFromFile = (given) => {
	if (typeof given !== "object" || given === null || Array.isArray(given)) return problem(`${shown(given)} is not a mapping; right would be e.g. https://get.helm.sh/: http://mirror/helm/`);
	return collect(Object.entries(given).map(([from, to]) => ({
		from,
		to,
		at: [from]
	})));
};
/** In an input, a flag or the environment: `from=to`, separated by commas or line breaks. */
const mirrorsFromText = (given) => {
	const pairs = [];
	for (const part of typeof given === "string" ? given.split(/[,\n]/) : []) {
		if (part.trim() === "") continue;
		const equals = part.indexOf("=");
		if (equals < 0) return problem(`${shown(part.trim())} is not a mirror; right would be from=to, e.g. ${example}`);
		pairs.push({
			from: part.slice(0, equals).trim(),
			to: part.slice(equals + 1).trim(),
			at: []
		});
	}
	return collect(pairs);
};
function collect(pairs) {
	const value = {};
	const problems = [];
	for (const { from, to, at } of pairs) {
		const wrong = wrongWith(from, to);
		if (wrong !== void 0) problems.push({
			at,
			text: wrong
		});
		else value[from] = String(to);
	}
	return problems.length > 0 ? { problems } : { value };
}
function wrongWith(from, to) {
	const isUrl = from.includes("://");
	if (isUrl && !/^https?:\/\//.test(from)) return `${shown(from)} can't be mirrored; right would be a prefix with https:// or http://, or an image registry such as docker.io`;
	if (!isUrl && !/^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(from)) return `${shown(from)} is neither a URL prefix (https://...) nor an image registry (docker.io)`;
	if (typeof to !== "string" || !isHttpUrl(to)) return `${shown(to)} is not a mirror of ${from}; right would be a URL with http:// or https://`;
}
function isHttpUrl(text) {
	return /^https?:\/\//.test(text) && URL.canParse(text);
}

// src/config/settings/setting.ts
/** A setting that is written the same way everywhere. */
function same(parse, inFile, metavar, byDefault, help) {
	return {
		fromText: parse,
		fromFile: parse,
		inFile,
		metavar,
		byDefault,
		help
	};
}

// src/config/settings/access.ts
/** How the stack is reached, how long things may take, and where what is told goes. */
const accessSettings = {
	"grafana-user": same(text("a user's name"), ["grafana", "user"], "NAME", "admin", "Grafana's administrator"),
	"grafana-password": same(secret("a password"), ["grafana", "password"], "SECRET", "a new one for each run", "Grafana's administrator's password"),
	"prometheus-port": same(port, ["ports", "prometheus"], "PORT", "9090", "Prometheus' port on localhost"),
	"grafana-port": same(port, ["ports", "grafana"], "PORT", "3000", "Grafana's port on localhost"),
	"alertmanager-port": same(port, ["ports", "alertmanager"], "PORT", "9093", "Alertmanager's port on localhost"),
	"busy-port": same(oneOf("a way to treat a busy port", ["fail", "other"]), ["ports", "when-busy"], "fail|other", "fail", "When one of these ports is taken: stop, or take another one and say which"),
	"cluster-timeout": same(duration, ["timeouts", "cluster"], "TIME", "2m", "From k3s' start to its API answering"),
	"deploy-timeout": same(duration, ["timeouts", "deploy"], "TIME", "5m", "From the first app's deployment to the last workload ready"),
	"verify-timeout": same(duration, ["timeouts", "verify"], "TIME", "2m", "How long a check may take until it must pass"),
	"report-dir": same(path$1, ["report-dir"], "DIR", "./monstack-report", "Where results.json and the summary go"),
	"state-dir": same(path$1, ["state-dir"], "DIR", "$XDG_STATE_HOME/monstack or ~/.local/state/monstack", "Where the journal, the kubeconfig and the logs go")
};

// src/config/settings/checks.ts
const checkId = text("a check's id, or a pattern of ids like grafana-*", (id) => /^[a-z0-9/*-]+$/.test(id));
const alertName = text("an alert's name");
const withoutReason = "left out on request";
/** `id` or `id=reason`. */
const skipped = (given, base) => {
	const [id = "", reason] = typeof given === "string" ? given.split(/=(.*)/s, 2) : [];
	const parsed = checkId(typeof given === "string" ? id.trim() : given, base);
	return "problems" in parsed ? parsed : { value: [parsed.value, reason?.trim() || withoutReason] };
};
function collected(parse) {
	return (given, base) => {
		const parsed = parse(given, base);
		return "problems" in parsed ? parsed : { value: Object.fromEntries(parsed.value) };
	};
}
/** A list of ids, or a mapping from an id to the reason. */
const skippedInFile = (given, base) => {
	if (typeof given !== "object" || given === null || Array.isArray(given)) return collected(listOf(skipped, "a list of ids, or ids with a reason each"))(given, base);
	const problems = Object.entries(given).flatMap(([id, reason]) => {
		return [checkId(id, base), text("a reason")(reason, base)].flatMap((one) => "problems" in one ? one.problems.map((each) => ({
			...each,
			at: [id]
		})) : []);
	});
	if (problems.length > 0) return { problems };
	return { value: given };
};
/** A yes or no in an input or a flag. */
const yesOrNo = (given, base) => {
	if (given === "true" || given === "false") return { value: given === "true" };
	return flag(given, base);
};
/** What is checked on the live stack, and how strictly. */
const checkSettings = {
	checks: {
		...same(listOf(checkId, "a list of ids"), ["verify", "only"], "ID,ID", "all", "Make only these checks; ids or patterns like grafana-*"),
		fromText: splitList(checkId, /[,\n]/)
	},
	skip: {
		...same(skippedInFile, ["verify", "skip"], "ID[=WHY]", "", "Leave these checks out; ids or patterns, with =WHY for the report, separated by commas"),
		fromText: collected(splitList(skipped, /[,\n]/))
	},
	"verify-at-end": {
		...same(flag, ["verify", "at-end"], "true|false", "false", "Check the stack once more before the teardown: that it held, and that nothing restarted or fired meanwhile"),
		fromText: yesOrNo
	},
	"expect-alerts": {
		...same(listOf(alertName, "a list of alerts' names"), ["verify", "expect-alerts"], "A,B", "Watchdog, InfoInhibitor", "Alerts that may fire without the stack being called unhealthy"),
		fromText: splitList(alertName, /[,\n]/)
	},
	"max-series": same(wholeNumber, ["verify", "max-series"], "COUNT", "1000000", "How many series Prometheus may hold in its head block"),
	"max-dead-panels": same(wholeNumber, ["verify", "max-dead-panels"], "COUNT", "as many as the baseline file names, else any number with a warning", "How many panels of a dashboard may show nothing"),
	"dashboard-baseline": same(path$1, ["verify", "dashboard-baseline"], "PATH", "monstack-dashboards.json beside the configuration file, if it is there", "The panels that are known to show nothing; only others are news"),
	"update-baseline": {
		...same(flag, ["verify", "update-baseline"], "true|false", "false", "Write the panels that show nothing now into the baseline file"),
		fromText: yesOrNo
	},
	"alert-receivers": same(oneOf("a way to treat the receivers", ["as-is", "capture"]), ["alerting", "receivers"], "as-is|capture", "capture when the values name no receiver, else as-is", "capture: Alertmanager sends to a receiver of monstack's own instead, so that delivery is proven and nobody is paged"),
	"rule-tests": {
		...same(listOf(path$1, "a list of paths"), ["alerting", "rule-tests"], "PATHS", "", "Unit tests of rules in promtool's format, run with promtool before anything is deployed; separated by commas"),
		fromText: splitList(path$1, /[,\n]/)
	},
	"promtool-path": same(path$1, ["alerting", "promtool"], "PATH", "the one in PATH, if there is one", "The promtool that runs the rules' unit tests")
};

// src/config/settings/stack.ts
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** What is deployed, and where. */
const stackSettings = {
	profile: same(oneOf("a profile", [
		"ci",
		"as-is",
		"production"
	]), ["profile"], "NAME", "ci", "ci: quick to start, short scrapes, nothing kept; as-is: the charts' own values; production: like as-is for now, its own checks are still to come"),
	namespace: same(text("a namespace (lower-case letters, digits and -, at most 63)", (name) => label.test(name)), ["namespace"], "NAME", "monitoring", "Namespace that the stack goes into"),
	apps: {
		...same(text("an app's name"), void 0, "A,B", "all that are enabled", "Deploy only these apps and what they depend on"),
		fromText: splitList(text("an app's name"), /[,\n]/),
		fromFile: listOf(text("an app's name"), "a list of names")
	},
	kubeconfig: same(path$1, ["cluster", "kubeconfig"], "PATH", "", "Deploy into the existing cluster of this kubeconfig instead of starting k3s"),
	context: same(text("a context's name"), ["cluster", "context"], "NAME", "the kubeconfig's current one", "Deploy into the existing cluster of this kubeconfig context instead of starting k3s")
};

// src/config/settings/tools.ts
const paths = "a list of paths";
const k3sVersion = toolVersion("v1.36.3+k3s1, a minor like v1.36, stable or latest", /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?\+k3s\d+)?|stable|latest)$/);
const helmVersion = toolVersion("v4.2.3, v4, v3 or stable", /^(v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?|v[34]|stable)$/);
const kubectlVersion = toolVersion("v1.36.3, a minor like v1.36, or stable", /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?)?|stable)$/);
/** k3s, helm and kubectl, and where they come from. */
const toolSettings = {
	"k3s-version": same(k3sVersion, ["k3s", "version"], "VERSION", "v1.36.3+k3s1", "k3s: an exact version, a minor (v1.36), stable or latest"),
	"k3s-path": same(path$1, ["k3s", "path"], "PATH", "", "A k3s on this machine instead of a download"),
	"k3s-args": {
		...same(listOf(text("an argument"), "a list of arguments"), ["k3s", "args"], "ARGS", "", "Added to the end of k3s' command line; separated by spaces, or one a line"),
		fromText: splitArgs
	},
	"k3s-images": {
		...same(listOf(path$1, paths), ["k3s", "images"], "PATHS", "", "Image archives, or folders of them, that k3s imports at its start; separated by commas"),
		fromText: splitList(path$1, /[,\n]/)
	},
	"helm-version": same(helmVersion, ["helm", "version"], "VERSION", "v4.2.3", "helm: an exact version, v4, v3 or stable"),
	"helm-path": same(path$1, ["helm", "path"], "PATH", "", "A helm on this machine instead of a download"),
	"kubectl-version": same(kubectlVersion, ["kubectl", "version"], "VERSION", "v1.36.3", "kubectl: an exact version, a minor (v1.36) or stable"),
	"kubectl-path": same(path$1, ["kubectl", "path"], "PATH", "", "A kubectl on this machine instead of a download"),
	mirrors: {
		...same(mirrorsFromFile, ["mirrors"], "FROM=TO", "", "Where to get things instead: URL prefixes (https://get.helm.sh/=http://mirror/helm/) and image registries (docker.io=http://mirror:5000); separated by commas or line breaks"),
		fromText: mirrorsFromText
	}
};
/** One a line when there are several lines, else separated by spaces. */
function splitArgs(given, base) {
	const separator = typeof given === "string" && given.trim().includes("\n") ? /\n/ : /\s+/;
	return splitList(text("an argument"), separator)(given, base);
}

// src/config/settings.ts
/** Every setting by its name, in the order in which `--help` shows them. */
const settings = {
	...stackSettings,
	...toolSettings,
	...checkSettings,
	...accessSettings
};
/** The settings as data: `--help`, action.yml and the docs are made from it. */
const overrides = settingNames().map((name) => ({
	name,
	metavar: settings[name].metavar,
	help: settings[name].help,
	default: settings[name].byDefault
}));
function settingNames() {
	return Object.keys(settings);
}

// src/config/yaml.ts
/**
* Reads YAML the way helm does, so that a value means the same here and there: `yes` and `on` are true, `0644` is octal
* and `1_000` a number (helm's library, go.yaml.in/yaml/v2, follows YAML 1.1 in these; https://yaml.org/type/bool.html).
*/
function readYaml(text) {
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		prettyErrors: false,
		merge: true,
		customTags: (tags) => [
			yesNo,
			octal,
			underscored,
			...tags
		]
	});
	const position = (offset) => {
		const { line, col } = lines.linePos(offset);
		return `${line}:${col}`;
	};
	const errors = document.errors.map((error) => ({
		position: position(error.pos[0]),
		problem: plainWords(error.code, error.message, text, error.pos)
	}));
	const root = document.contents;
	const find = (path, what) => position(offsetOf(root, path, what, document));
	const read = {
		valueAt: (path) => find(path, "value"),
		keyAt: (path) => find(path, "key")
	};
	if (errors.length > 0) return {
		data: void 0,
		errors,
		...read
	};
	try {
		return {
			data: document.toJS(),
			errors,
			...read
		};
	} catch (error) {
		return {
			data: void 0,
			errors: [{
				position: "1:1",
				problem: `bad YAML: ${messageOf(error)}`
			}],
			...read
		};
	}
}
const yesNo = {
	tag: "tag:yaml.org,2002:bool",
	default: true,
	test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
	resolve: (text) => /^(?:y|on)/i.test(text)
};
const octal = {
	tag: "tag:yaml.org,2002:int",
	default: true,
	test: /^[-+]?0[0-7]+$/,
	resolve: (text) => Number.parseInt(text, 8)
};
const underscored = {
	tag: "tag:yaml.org,2002:int",
	default: true,
	test: /^[-+]?[1-9][0-9]*_[0-9_]*$/,
	resolve: (text) => Number(text.replaceAll("_", ""))
};
function offsetOf(root, path, what, document) {
	let node = root;
	let offset = startOf(root) ?? 0;
	for (const [index, part] of path.entries()) {
		if ((0, import_dist.isAlias)(node)) node = node.resolve(document);
		if ((0, import_dist.isMap)(node)) {
			const pair = node.items.find(({ key }) => String((0, import_dist.isScalar)(key) ? key.value : key) === String(part));
			if (!pair) return offset;
			const keyIsMeant = what === "key" && index === path.length - 1;
			node = pair.value;
			offset = (keyIsMeant ? void 0 : startOf(pair.value)) ?? startOf(pair.key) ?? offset;
		} else if ((0, import_dist.isSeq)(node) && typeof part === "number") {
			node = node.items[part];
			offset = startOf(node) ?? offset;
		} else return offset;
	}
	return offset;
}
function startOf(node) {
	return (0, import_dist.isNode)(node) ? node.range?.[0] ?? void 0 : void 0;
}
function plainWords(code, message, text, [start]) {
	if (code === "DUPLICATE_KEY") return `the key ${/^["']?([^"':\n]+)/.exec(text.slice(start))?.[1]?.trim() ?? ""} is there twice; keep one of them`;
	if (code === "MULTIPLE_DOCS") return "a second document starts here (---); right would be one document in the file";
	if (code === "TAB_AS_INDENT") return "bad YAML: a tab as indentation; right would be spaces";
	return `bad YAML: ${message}`;
}

// src/config/file.ts
/** A leaf of the file: a parser tells what is wrong with it in its own words. */
function field(parse, base) {
	return unknown().transform((given, context) => {
		const parsed = parse(given, base);
		if ("value" in parsed) return parsed.value;
		for (const { at, text } of parsed.problems) context.issues.push({
			code: "custom",
			message: text,
			path: [...at],
			input: given
		});
		return NEVER;
	});
}
/** The file's schema; `base` is what its relative paths stand on. */
function fileSchema(base) {
	const AppInFile = strictObject({
		chart: field(chart, base).optional(),
		version: field(text("a chart's version"), base).optional(),
		values: field(values, base).optional(),
		depends_on: field(dependencies, base).optional(),
		enabled: field(enabled, base).optional(),
		namespace: field(settings.namespace.fromFile, base).optional(),
		release: field(releaseName, base).optional(),
		timeout: field(duration, base).optional()
	});
	const repoUrl = text("a chart repository; right would be a URL with https:// or http://", isHttpUrl);
	return strictObject({
		...settingsShape(base),
		repos: record(string(), field(repoUrl, base)).nullish(),
		apps: record(string(), AppInFile.nullish()).nullish()
	});
}
/** The part of the schema that the settings' table says. */
function settingsShape(base) {
	const shape = {};
	const sections = {};
	for (const name of settingNames()) {
		const { inFile, fromFile } = settings[name];
		if (inFile === void 0) continue;
		const [first, second] = inFile;
		const leaf = field(fromFile, base).optional();
		if (second === void 0) shape[first] = leaf;
		else sections[first] = {
			...sections[first],
			[second]: leaf
		};
	}
	for (const [name, section] of Object.entries(sections)) shape[name] = strictObject(section).nullish();
	return shape;
}
/** Reads the text of a configuration file; everything wrong with it goes to `mistakes`. */
function parseConfigFile(content, shownAs, base, mistakes) {
	const yaml = readYaml(content);
	const empty = {
		settings: {},
		repos: {},
		apps: {},
		checks: [],
		isValid: false,
		yaml
	};
	mistakes.push(...yaml.errors.map(({ position, problem }) => ({
		where: `${shownAs}:${position}`,
		path: "",
		problem
	})));
	if (yaml.errors.length > 0) return empty;
	const schema = fileSchema(base);
	const parsed = schema.safeParse(yaml.data ?? {});
	if (!parsed.success) {
		const explained = parsed.error.issues.flatMap((issue) => explain(issue, schema, yaml, shownAs));
		mistakes.push(...explained.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true })));
		return empty;
	}
	const data = parsed.data;
	return {
		settings: settingsOf(data),
		repos: parsed.data.repos ?? {},
		apps: appsOf(parsed.data.apps ?? {}),
		checks: [],
		isValid: true,
		yaml
	};
}
function appsOf(apps) {
	return Object.fromEntries(Object.entries(apps).map(([name, app]) => [name, app ?? {}]));
}
function settingsOf(data) {
	const found = {};
	for (const name of settingNames()) {
		const value = at(data, settings[name].inFile ?? []);
		if (value !== void 0 && settings[name].inFile !== void 0) found[name] = value;
	}
	return found;
}
function at(data, path) {
	return path.reduce((node, key) => node?.[key], data);
}
function explain(issue, schema, yaml, shownAs) {
	const path = issue.path.map((part) => typeof part === "number" ? part : String(part));
	if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({
		where: `${shownAs}:${yaml.keyAt([...path, key])}`,
		path: formatPath([...path, key]),
		problem: `unknown key; ${didYouMean(key, knownKeys(schema, path))}`
	}));
	const problem = issue.code === "invalid_type" ? notAMapping(at(yaml.data, path.map(String))) : issue.message;
	return [{
		where: `${shownAs}:${problem.startsWith("unknown key") ? yaml.keyAt(path) : yaml.valueAt(path)}`,
		path: formatPath(path),
		problem
	}];
}
function notAMapping(given) {
	return `${shown(given)} is not a mapping; right would be keys with values, each on a line of its own`;
}
/** The keys that the schema knows at a path. */
function knownKeys(schema, path) {
	let node = schema;
	for (const part of [...path, void 0]) {
		while (node instanceof ZodOptional || node instanceof ZodNullable) node = node.unwrap();
		if (part === void 0) break;
		if (node instanceof ZodObject) node = node.shape[String(part)];
		else if (node instanceof ZodRecord) node = node.valueType;
	}
	return node instanceof ZodObject ? Object.keys(node.shape) : [];
}

// src/config/values-files.ts
/** Reads every values file that the configuration names. What is wrong goes to `mistakes`. */
async function readValuesFiles(file, from, mistakes) {
	const found = {};
	for (const [name, app] of Object.entries(file.apps)) for (const [index, source] of (app.values ?? []).entries()) {
		if (!("file" in source) || source.file in found) continue;
		const where = `${from.shownAs}:${file.yaml.valueAt([
			"apps",
			name,
			"values",
			index
		])}`;
		const complain = (problem) => mistakes.push({
			where,
			path: `apps.${name}.values`,
			problem
		});
		const content = await readOrExplain(source.file, from.readFile, complain);
		if (content === void 0) continue;
		found[source.file] = parseValues(content, showPath(from.cwd, source.file), mistakes);
	}
	return found;
}
async function readOrExplain(path, readFile, complain) {
	try {
		const content = await readFile(path);
		if (content === void 0) complain(`there is no values file ${path}`);
		return content;
	} catch (error) {
		complain(`the values file ${path} can't be read: ${messageOf(error)}`);
		return;
	}
}
function parseValues(content, shownAs, mistakes) {
	const { data, errors, valueAt } = readYaml(content);
	mistakes.push(...errors.map(({ position, problem }) => ({
		where: `${shownAs}:${position}`,
		path: "",
		problem
	})));
	if (errors.length > 0 || data === null || data === void 0) return {};
	if (typeof data === "object" && !Array.isArray(data)) return data;
	mistakes.push({
		where: `${shownAs}:${valueAt([])}`,
		path: "",
		problem: `${shown(data)} is not values for a chart; right would be a mapping`
	});
	return {};
}

// src/config/load.ts
/** The environment variables that are settings. */
const fromEnvironment = [["mirrors", "MONSTACK_MIRRORS"], ["state-dir", "MONSTACK_STATE_DIR"]];
/**
* The configuration from the defaults, the file, the environment, the action's inputs and the CLI's flags, in this
* rising order of precedence.
* @throws UserError that names every mistake with its place and what would be right.
*/
async function loadConfig(sources) {
	const mistakes = [];
	const warnings = [];
	const found = await findFile(sources, warnings);
	const shownAs = found ? showPath(sources.cwd, found.path) : "";
	const base = (folder) => ({
		folder,
		home: sources.env.HOME
	});
	const file = found && parseConfigFile(found.content, shownAs, base(dirname(found.path)), mistakes);
	const layers = layersOf(sources, file, base(sources.cwd), mistakes);
	const { merged, origins } = merge(layers);
	const repos = {
		...defaultRepos,
		...file?.repos
	};
	const apps = buildApps(file, repos, shownAs, mistakes);
	const valuesFiles = file ? await readValuesFiles(file, {
		...sources,
		shownAs
	}, mistakes) : {};
	if (file?.isValid !== false) checkSelection(layers, Object.keys({
		...apps,
		...file?.apps
	}), mistakes);
	throwIfAny(mistakes);
	const config = withDefaults(merged, sources, {
		repos,
		apps,
		checks: file?.checks ?? [],
		file: found?.path
	});
	if (config.profile === "production") warnings.push("profile production sets nothing yet: the charts are deployed as they are, and its own checks don't exist yet");
	const reposFrom = Object.keys(file?.repos ?? {}).length > 0 ? "file" : "default";
	return {
		config,
		warnings,
		origins: {
			...origins,
			repos: reposFrom
		},
		valuesFiles
	};
}
async function findFile(sources, warnings) {
	const read = async (path) => {
		try {
			return await sources.readFile(path);
		} catch (error) {
			throw new UserError(`the configuration file ${path} can't be read: ${messageOf(error)}`, { cause: error });
		}
	};
	if (sources.file) {
		const path = resolve(sources.cwd, sources.file);
		const content = await read(path);
		if (content !== void 0) return {
			path,
			content
		};
		throw new UserError(`there is no configuration file ${path}`, { mend: "name one that exists, or none to get the defaults" });
	}
	const paths = ["monstack.yaml", "monstack.yml"].map((name) => resolve(sources.cwd, name));
	const [first, second] = (await Promise.all(paths.map(async (path) => ({
		path,
		content: await read(path)
	})))).filter((one) => one.content !== void 0);
	if (first && second) warnings.push(`${first.path} is used; ${second.path} is there too and is ignored`);
	return first;
}
function layersOf(sources, file, base, mistakes) {
	const texts = (origin, given, label) => ({
		origin,
		label,
		settings: parseTexts(given, label, base, mistakes)
	});
	const env = Object.fromEntries(fromEnvironment.map(([name, variable]) => [name, sources.env[variable]]));
	const variables = new Map(fromEnvironment);
	return [
		{
			origin: "file",
			settings: file?.settings ?? {},
			label: (name) => name
		},
		texts("env", dropEmpty(env), (name) => variables.get(name) ?? name),
		texts("input", dropEmpty(sources.inputs ?? {}), (name) => `input ${name}`),
		texts("flag", sources.flags ?? {}, (name) => `--${name}`)
	];
}
/** An input that isn't given comes as an empty text. */
function dropEmpty(given) {
	return Object.fromEntries(Object.entries(given).filter(([, text]) => text?.trim() !== ""));
}
function parseTexts(given, label, base, mistakes) {
	const parsedAll = {};
	for (const name of settingNames()) {
		if (given[name] === void 0) continue;
		const parsed = settings[name].fromText(given[name], base);
		if ("value" in parsed) parsedAll[name] = parsed.value;
		else mistakes.push(...parsed.problems.map(({ text }) => ({
			where: label(name),
			path: "",
			problem: text
		})));
	}
	return parsedAll;
}
function merge(layers) {
	const merged = Object.assign({}, ...layers.map((layer) => layer.settings));
	const originOf = (name) => layers.findLast((layer) => layer.settings[name] !== void 0)?.origin ?? "default";
	return {
		merged,
		origins: Object.fromEntries(settingNames().map((name) => [name, originOf(name)]))
	};
}
function checkSelection(layers, names, mistakes) {
	const layer = layers.findLast(({ settings }) => settings.apps !== void 0);
	for (const name of layer?.settings.apps ?? []) {
		if (names.includes(name)) continue;
		mistakes.push({
			where: layer?.label("apps") ?? "",
			path: "",
			problem: `there is no app ${name}; ${didYouMean(name, names)}`
		});
	}
}

// src/core/recorder.ts
function createRecorder(context) {
	const { host, log } = context;
	const phases = [];
	const iso = (ms) => new Date(ms).toISOString();
	return {
		startedAt: iso(host.now()),
		phases,
		phase: async (name, work) => {
			const began = host.now();
			try {
				return await work();
			} finally {
				const ended = host.now();
				phases.push({
					name,
					startedAt: iso(began),
					endedAt: iso(ended)
				});
				log.debug(`${name}: ${((ended - began) / 1e3).toFixed(1)} s`);
			}
		}
	};
}

// src/core/session.ts
function emptyDraft(kind) {
	return {
		cluster: {
			kind,
			version: void 0
		},
		versions: {
			tools: [],
			charts: [],
			images: []
		},
		profileSettings: [],
		adaptations: [],
		apps: [],
		checks: [],
		causes: [],
		targets: [],
		dashboards: [],
		failure: void 0,
		warnings: [],
		teardown: void 0
	};
}

// package.json
var version$1 = "0.1.0";

// src/core/version.ts
/** monstack's own version. */
const version = version$1;

// src/core/open-session.ts
/**
* Reads the configuration and makes ready what one call of monstack needs.
* @throws UserError that names every mistake in the configuration
*/
async function openSession(context, input) {
	const { host, log } = context;
	const { forwardScript, ...sources } = input;
	const loaded = await loadConfig({
		...sources,
		env: host.env,
		readFile: host.files.read
	});
	const { password } = loaded.config.grafana;
	if (password !== void 0) log.mask(password);
	return {
		context,
		loaded,
		recorder: createRecorder(context),
		version,
		forwardScript,
		secrets: [],
		draft: emptyDraft(loaded.config.cluster.kind)
	};
}

export { existingCluster as a, formatChart as c, choosePorts as d, examine as f, runJob as i, didYouMean as l, version as n, expectedListeners as o, overrides as r, prepare as s, openSession as t, nearest as u };