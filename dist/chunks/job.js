import { i as __toESM, t as __commonJSMin } from "./rolldown-runtime.js";
import { $t as tail, A as inOrder, An as hasFlag, At as clusterObjectsOf, B as toStack, Bt as placeInFile, C as verifyAtEnd, Cn as journalName, D as prepare$1, Dn as judgeDisk, Dt as viewOf, E as keepSecret, En as isNearlyFull, Et as targetsOf, F as grafanaValuesIn, G as tellCharts, Gt as containersOf, H as checksOf, I as isStackChart, It as checkRendered, Jt as judgePod, K as isVerified, Kt as judgeClaim, L as stackChart, Lt as alertmanagerFilesOf, M as withoutOperator, Mn as minorOf, Mt as hookOf, N as configToJudge, Nn as checklistPoints, Nt as imagesOf, O as readLogin, On as readDisk, Ot as openStore, P as hasGrafana, Pt as parseManifest, Qt as readLog, R as explain, Rt as ruleFiles, Sn as hide, T as saveStack, Tn as readJournal, Tt as resourcesFor, Ut as isMapping, V as verify, Vt as readYaml, Wt as findEndpoints, Xt as endedError, Yt as eventTime, Zt as knownCause, _t as mapLimited, a as tearDown, an as formatDuration, at as checkRights, bt as reasonOf, c as keepMetrics, cn as takeSnapshot, dn as writeReport, dt as isMapping$1, en as chartName, ft as mergeValues, gn as count, gt as forOperator, ht as withValue, i as openSupply, in as nearest, it as tarEntryText, j as monitorsIn, jn as k3sSettings, jt as definitionsOf, k as userValues, kn as hostPaths, kt as noteKubeletServices, ln as startTimeOf, lt as endChecks, mt as valueAt, nt as tarEntries, o as withKubeCache, on as showPath, q as runChecks, qt as judgeCreator, rt as tarEntry, sn as require_dist, ut as formatKeyPath, vt as readDashboard, w as loadStack, wn as openJournal, xt as statusOf, yt as bounded$1, z as judgeStack } from "./create.js";
import { D as int, F as tuple, G as UserError, H as InstallError, I as union, J as messageOf, K as exitCode, L as unknown, M as record, P as string, R as ZodError, U as Interrupted, V as CommandError, W as MonstackError, j as object, w as array, z as prettifyError } from "./arrivals.js";
import { t as bind } from "./server.js";
import { T as ObjectCoreV1Api, g as KubeConfig, j as ApiException, k as ObjectVersionApi, t as Health, w as ObjectAuthorizationV1Api } from "./dist.js";
import { n as createApi, t as ApiError } from "./api2.js";
import { h as rmRF, m as mkdirP, n as debug, p as cp } from "./core.js";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import * as os$2 from "os";
import * as fs from "fs";
import * as path$1 from "path";
import { ok } from "assert";
import { createServer } from "node:net";
import { createHash } from "node:crypto";
import { homedir } from "node:os";

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
/**
* Makes sure that nobody holds a port of the receiver's on all addresses. Its own address need not exist yet, so it can't
* be tried; where `ss` can't tell, the receiver itself will.
* @throws UserError naming the port and who has it
*/
async function checkReceiverPorts({ host }, at) {
	for (const port of [at.httpPort, at.smtpPort]) {
		const argv = [
			"ss",
			"-H",
			"-ltn",
			"sport",
			"=",
			`:${port}`
		];
		const { stdout } = await host.exec(argv, {
			allowFailure: true,
			timeoutMs: 5e3
		}).catch(() => ({ stdout: "" }));
		if (!stdout.split("\n").some((line) => {
			const local = line.trim().split(/\s+/)[3] ?? "";
			return [
				`0.0.0.0:${port}`,
				`*:${port}`,
				`[::]:${port}`,
				`${at.host}:${port}`
			].includes(local);
		})) continue;
		const holder = await findHolder(host, port);
		throw new UserError(`port ${port}, at which monstack takes Alertmanager's notifications, is taken${holder ? ` by ${holder}` : ""}`, { mend: "free the port, or leave the receivers alone with alerting.receivers: as-is" });
	}
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
	const { stateDir, reportDir, keep } = loaded.config;
	const { leaks, kept } = await recorder.phase("teardown", () => tearDown(context, {
		stateDir,
		keep: [reportDir],
		keepData: keep.data
	}));
	for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
	if (leaks.length === 0) context.log.info("torn down, nothing left");
	return {
		leaks,
		kept
	};
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
		statusFile,
		receiver: options.receiver
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
	if (status.receiverProblem !== void 0) context.log.warn(`Alertmanager's notifications can't be received yet: ${status.receiverProblem}`);
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

// src/core/services.ts
/** The addresses that the stack is going to want, so that a busy port is said before anything is started. */
function expectedListeners(config, plan) {
	const wanted = /* @__PURE__ */ new Set();
	for (const app of plan.apps) {
		const { chart, values } = app;
		const name = chart.kind === "repo" ? chart.name : "";
		if (name !== "" && hasGrafana(app)) wanted.add("grafana");
		if (name !== "prometheus" && name !== "kube-prometheus-stack") continue;
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
/**
* Gives the stack's services addresses on localhost that stay until teardown, and Alertmanager one of this host's to send
* to where the plan says so.
*/
async function openServices(session, cluster, rendered, journal, alerting) {
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
		receiver: alerting?.kind === "captured" ? alerting.at : void 0,
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
const watchMs = 1e3;
/**
* Looks after a k3s whose API has answered, until `until` fires: a component that can't start takes it down seconds
* later, and what is deployed meanwhile would only say that nobody answers.
* @throws InstallError with the cause when it ends before.
*/
async function staysUp({ host, signal }, running, until) {
	const either = AbortSignal.any([signal, until]);
	while (!either.aborted) {
		if (!await isRunning(host, running)) throw await endedError(host, running);
		await host.sleep(watchMs, either).catch(() => void 0);
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
	await checkCredentials(context, kube, where);
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
/**
* Asks for something that only a known user may ask: anonymous users may ask for the version, so that an answer to that
* proves nothing. Which rights the user has is looked at when it is known which are needed.
*/
async function checkCredentials({ log, signal }, kube, where) {
	await kube.makeApiClient(ObjectAuthorizationV1Api).createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: {
		verb: "get",
		resource: "pods"
	} } } }, bounded$1(requestMs, signal)).catch((cause) => {
		if (signal.aborted) throw cause;
		if (statusOf(cause) !== 403 || isAnonymous(cause)) throw unusable(cause, where);
		log.debug(`${where} doesn't let this user ask what they may do: ${reasonOf(cause)}`);
	});
}
function isAnonymous(cause) {
	return reasonOf(cause).includes("system:anonymous");
}
function unusable(cause, where) {
	const status = statusOf(cause);
	const reason = reasonOf(cause);
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
var import_dist = require_dist();
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
	const entries = registries.map(([registry, address]) => [registry, { endpoint: [endpoint(address)] }]);
	return (0, import_dist.stringify)({ mirrors: Object.fromEntries(entries) });
}
function endpoint(address) {
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

// src/deploy/definitions.ts
const base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const readMs = 15e3;
/**
* Writes to the journal which of the apps' custom resource definitions the cluster doesn't have yet: helm never deletes
* those of a chart's folder crds, and one that was there before is somebody else's.
* @throws InstallError when that can't be found out
*/
async function noteDefinitions(context, kube, apps, journal) {
	const names = [...new Set(apps.flatMap(({ objects }) => definitionsOf(objects).map(({ metadata }) => metadata.name)))];
	if (names.length === 0) return;
	const api = createApi(kube);
	const there = await Promise.all(names.map((name) => isThere(context, api, name)));
	const missing = names.filter((_, index) => !there[index]);
	if (missing.length === 0) return;
	await journal.append({
		kind: "crds",
		at: new Date(context.host.now()).toISOString(),
		names: missing
	});
}
async function isThere({ signal }, api, name) {
	const path = `${base}/${name}`;
	const { status, body } = await api.ask(path, AbortSignal.any([signal, AbortSignal.timeout(readMs)]));
	if (status === 200) return true;
	if (status === 404) return false;
	const cause = new ApiError(path, status, body);
	throw new InstallError(`whether the cluster has the custom resource definition ${name} can't be found out: ${cause.message}`, {
		cause,
		mend: "Use a kubeconfig whose user may get custom resource definitions."
	});
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
		const upgrade = () => runHelm(context, cluster, helm, timeoutMs, [
			...[
				"upgrade",
				app.release,
				chart.path,
				"--install",
				"-n",
				app.namespace,
				"-f",
				values
			],
			...["--timeout", `${Math.max(1, Math.ceil(timeoutMs / 1e3))}s`],
			...labelsOf(app.labels ?? {})
		]);
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
function labelsOf(labels) {
	const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
	return pairs.length === 0 ? [] : ["--labels", pairs.join(",")];
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
* Makes namespaces, each written to the journal before. `apps` may bring some of them along themselves.
* @throws InstallError when one can't be made.
*/
async function createNamespaces(context, kube, missing, journal, apps = []) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	for (const name of missing) {
		const at = new Date(context.host.now()).toISOString();
		await journal.append({
			kind: "namespace",
			at,
			name
		});
		await request$1(context, () => core.createNamespace({ body: bodyOf(name, apps) })).catch((cause) => {
			if (codeOf(cause) === 409) return;
			throw new InstallError(`namespace ${name} can't be created: ${wordsOf$2(cause)}`, {
				cause,
				mend: "Create it beforehand, or use a kubeconfig whose user may create namespaces."
			});
		});
	}
}
/** One that is among an app's own objects too is made as that app's: helm takes over no other. */
function bodyOf(name, apps) {
	for (const { app, objects } of apps) {
		const own = objects.find(({ kind, metadata }) => kind === "Namespace" && metadata.name === name);
		if (own === void 0) continue;
		return { metadata: {
			name,
			labels: {
				...own.metadata.labels,
				"app.kubernetes.io/managed-by": "Helm"
			},
			annotations: {
				...own.metadata.annotations,
				"meta.helm.sh/release-name": app.release,
				"meta.helm.sh/release-namespace": app.namespace
			}
		} };
	}
	return { metadata: { name } };
}
/** A namespace that is being deleted is waited for: nothing can be created in it. */
async function standing(context, core, name) {
	const deadline = context.host.now() + terminatingMs;
	let told = false;
	while (context.host.now() < deadline) {
		const found = await request$1(context, () => core.readNamespace({ name })).catch((cause) => {
			if (codeOf(cause) === 404) return void 0;
			if (codeOf(cause) === 403) return { status: { phase: "Active" } };
			throw new InstallError(`namespace ${name} can't be read: ${wordsOf$2(cause)}`, {
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
function wordsOf$2(error) {
	if (!(error instanceof ApiException)) return messageOf(error);
	const body = error.body;
	return (typeof body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] : body?.message) ?? `HTTP ${error.code}`;
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

// src/deploy/operated.ts
/** A refusal that the next look heals (an object that another one needs is being made) is gone after this. */
const refusalMs = 5e3;
/** What the Prometheus operator says of an object that it can't make workloads of. */
function judgeOperated(view) {
	if (view.kind !== "Prometheus" && view.kind !== "Alertmanager") return [];
	const refused = view.object?.status?.conditions?.find(({ type, status }) => type === "Reconciled" && status === "False");
	if (refused === void 0) return [];
	return [{
		rule: "operator-refused",
		graceMs: refusalMs,
		pod: void 0,
		container: void 0,
		reason: refused.reason ?? "ReconciliationFailed",
		message: refused.message ?? "the operator gives no reason",
		mend: `Correct the ${view.kind === "Prometheus" ? "prometheus.prometheusSpec" : "alertmanager.alertmanagerSpec"} (and what it names) that the operator complains about; its log says more.`
	}];
}

// src/deploy/rollout.ts
const ready = { state: "ready" };
const waiting = (missing) => ({
	state: "waiting",
	missing
});
const vague = (missing) => ({
	state: "waiting",
	missing,
	vague: true
});
/** How many of one are ready says nothing. */
const counted = (count, wanted) => wanted > 1 ? waiting(count) : vague(count);
/**
* Judges as kstatus does (sigs.k8s.io/cli-utils, pkg/kstatus/status/core.go), with two differences: a DaemonSet that
* nothing runs yet because no node is usable is not ready, and a claim that waits for a consumer it doesn't have is.
*/
function judgeRollout(view) {
	const object = view.object;
	if (!object) return waiting("does not exist yet");
	if (object.metadata.deletionTimestamp) return waiting("is being deleted");
	if (view.kind === "PersistentVolumeClaim") return claim(object, view);
	if (view.kind === "Pod") return pod(object);
	const workload = object;
	if (view.kind === "Prometheus" || view.kind === "Alertmanager") return operated(workload);
	const seen = workload.status?.observedGeneration;
	if (view.kind !== "Job" && (seen === void 0 || seen < (workload.metadata.generation ?? 0))) return vague("not yet seen by its controller");
	if (view.kind === "Deployment" || view.kind === "ReplicaSet") return deployment(workload);
	if (view.kind === "StatefulSet") return statefulSet(workload);
	if (view.kind === "DaemonSet") return daemonSet(workload, view.usableNodes);
	return view.kind === "Job" ? job(workload) : ready;
}
/** The operator has taken it up as it is now; its StatefulSets are judged by themselves. */
function operated(object) {
	const reconciled = conditionOf(object, "Reconciled");
	if (reconciled === void 0 || (reconciled.observedGeneration ?? 0) < (object.metadata.generation ?? 0)) return waiting("not yet seen by the operator");
	return reconciled.status === "True" ? ready : waiting("the operator has not made its workload yet");
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
		if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old pods still running`);
	}
	if (readyReplicas < wanted) return counted(count, wanted);
	if (availableReplicas < wanted) return waiting(`${count}, ${availableReplicas} available`);
	const available = conditionOf(object, "Available");
	if (object.kind === "Deployment" && wanted > 0 && available?.status !== "True") return waiting(`${count}, not yet available`);
	return ready;
}
function statefulSet(object) {
	if (object.spec?.updateStrategy?.type === "OnDelete") return ready;
	const status = object.status ?? {};
	const wanted = object.spec?.replicas ?? 1;
	const count = `${status.readyReplicas ?? 0}/${wanted} ready`;
	if ((status.replicas ?? 0) < wanted || (status.readyReplicas ?? 0) < wanted) return counted(count, wanted);
	if ((status.replicas ?? 0) > wanted) return waiting(`${(status.replicas ?? 0) - wanted} pods too many`);
	const partition = object.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
	if (partition > 0) {
		const due = wanted - partition;
		return (status.updatedReplicas ?? 0) < due ? waiting(`${status.updatedReplicas ?? 0}/${due} updated`) : ready;
	}
	if (status.currentRevision !== status.updateRevision) return waiting(`${status.updatedReplicas ?? 0}/${wanted} updated`);
	return ready;
}
function daemonSet(object, usableNodes) {
	const status = object.status ?? {};
	const wanted = status.desiredNumberScheduled;
	if (wanted === void 0) return vague("not yet seen by its controller");
	if (wanted === 0) return usableNodes === 0 ? waiting("no node is ready yet") : ready;
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
	return waiting(`${object.status?.succeeded ?? 0}/${object.spec?.completions ?? 1} completed`);
}
function claim(object, view) {
	if (object.status?.phase === "Bound") return ready;
	return view.events.some((event) => event.reason === "WaitForFirstConsumer") && view.pods.length === 0 ? ready : waiting(object.status?.phase ?? "Pending");
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
		...judgeOperated(view),
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

// src/deploy/teller.ts
/** Most states of a rollout are over in a moment; one that lasts this long, in milliseconds, is worth a line. */
const tellingMs = 2e3;
/** @returns what is called in each round; it tells nothing twice. */
function createTeller(now, told) {
	const current = /* @__PURE__ */ new Map();
	const said = /* @__PURE__ */ new Set();
	return (standings) => {
		for (const { target, status } of standings) {
			const line = `${target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name}: ${describe(status)}`;
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
function describe(status) {
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
	const others = standings.flatMap(({ target, status }) => status.state === "failed" ? [] : [`${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`]);
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
		await options.beforeChanges?.(missing);
		const there = apps.filter(({ app }) => !missing.includes(app.namespace));
		await refuseForeignReleases(context, cluster, options.helm, there);
	}
	await createNamespaces(context, cluster.kube, missing, journal, apps);
	if (cluster.kind === "existing") {
		await noteDefinitions(context, cluster.kube, apps, journal);
		await noteKubeletServices(context, cluster.kube, apps, journal);
	}
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
		await dependencies(rendered, others);
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
async function dependencies({ app }, others) {
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
	const { release: name, namespace } = app;
	const clusterObjects = clusterObjectsOf(rendered);
	await journal.append({
		kind: "release",
		at,
		name,
		namespace,
		helm: helm.path,
		clusterObjects
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
		arch = arch || os$2.arch();
		debug(`Caching tool ${tool} ${version} ${arch}`);
		debug(`source dir: ${sourceDir}`);
		if (!fs.statSync(sourceDir).isDirectory()) throw new Error("sourceDir is not a directory");
		const destPath = yield _createToolPath(tool, version, arch);
		for (const itemName of fs.readdirSync(sourceDir)) {
			const s = path$1.join(sourceDir, itemName);
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
	arch = arch || os$2.arch();
	if (!isExplicitVersion(versionSpec)) versionSpec = evaluateVersions(findAllVersions(toolName, arch), versionSpec);
	let toolPath = "";
	if (versionSpec) {
		versionSpec = import_semver.clean(versionSpec) || "";
		const cachePath = path$1.join(_getCacheDirectory(), toolName, versionSpec, arch);
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
	arch = arch || os$2.arch();
	const toolPath = path$1.join(_getCacheDirectory(), toolName);
	if (fs.existsSync(toolPath)) {
		const children = fs.readdirSync(toolPath);
		for (const child of children) if (isExplicitVersion(child)) {
			const fullPath = path$1.join(toolPath, child, arch || "");
			if (fs.existsSync(fullPath) && fs.existsSync(`${fullPath}.complete`)) versions.push(child);
		}
	}
	return versions;
}
function _createToolPath(tool, version, arch) {
	return __awaiter(this, void 0, void 0, function* () {
		const folderPath = path$1.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "");
		debug(`destination ${folderPath}`);
		const markerPath = `${folderPath}.complete`;
		yield rmRF(folderPath);
		yield rmRF(markerPath);
		yield mkdirP(folderPath);
		return folderPath;
	});
}
function _completeToolPath(tool, version, arch) {
	const markerPath = `${path$1.join(_getCacheDirectory(), tool, import_semver.clean(version) || version, arch || "")}.complete`;
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
	refuseOffline(web, url);
	let waitedMs = 0;
	for (let tried = 1;; tried++) try {
		return await attempt(web, url, read, options);
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
function refuseOffline({ supply }, url) {
	if (supply.offline === void 0) return;
	throw new InstallError(`${url} would be fetched, and ${supply.offline} allows no request`, { mend: "make the bundle again, from the configuration as it is now: `monstack bundle create`" });
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
async function attempt(web, url, read, options) {
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
				"user-agent": "monstack",
				...authorization(web, mirrored(url, web.mirrors))
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
/** fetch itself takes the header away when a redirect leads to another host. */
function authorization({ credentials }, asked) {
	if (credentials === void 0 || new URL(asked).origin !== new URL(credentials.host).origin) return {};
	const { username, password } = credentials;
	return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
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
const mostBytes$2 = 1024 ** 3;
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
			for await (const piece of bounded(body, mostBytes$2, where(web, url))) {
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
	const { patience, supply = openSupply } = options;
	return {
		context,
		mirrors: config.mirrors,
		patience: {
			...defaultPatience,
			...patience
		},
		supply
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

// src/deploy/render.ts
/**
* Renders a chart with the app's values, without a cluster, by helm itself (3 or 4).
* @param kubeVersion what the templates shall take as the cluster's version; helm's own default when undefined
* @throws UserError when the values don't fit the chart, InstallError when helm can't render it; with helm's words.
*/
async function renderApp(context, helm, app, chart, kubeVersion) {
	const all = parse$5(await withValuesFile(context, app, async (values) => {
		const options = [
			"-n",
			app.namespace,
			"-f",
			values,
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
	const objects = all.filter((object) => hookOf(object) === void 0);
	return {
		app,
		chart,
		objects,
		hooks: all.filter((object) => hookOf(object)?.some((event) => !event.startsWith("test"))),
		images: imagesOf(objects)
	};
}
function parse$5(manifest, app, chart) {
	try {
		return parseManifest(manifest, app.namespace);
	} catch (cause) {
		throw new InstallError(`app ${app.name}: chart ${chart.name} ${chart.version} renders to something else than objects`, {
			cause,
			mend: "Correct the chart, or the values that end up in its templates; `helm template` shows what it renders."
		});
	}
}

// src/monitors/unread.ts
/**
* Refuses monitors and rules in an app's chart when no app brings the operator along. `inFiles` are those of the user's
* files, whose places are known.
* @throws UserError with the equivalent scrape configuration
*/
function refuseUnread(rendered, inFiles = []) {
	const definesMonitors = ({ kind, metadata }) => kind === "CustomResourceDefinition" && metadata.name === "servicemonitors.monitoring.coreos.com";
	const isServer = ({ kind, apiVersion }) => kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
	if (rendered.some(({ objects }) => objects.some((one) => definesMonitors(one) || isServer(one)))) return;
	const unread = rendered.flatMap(({ app, objects }) => forOperator(objects).map((object) => ({
		where: inFiles.find((one) => isSame(one.object, object))?.where ?? `app ${app.name}`,
		object
	})));
	if (unread.length > 0) throw withoutOperator(unread);
}
/** What has no namespace in the file is given the app's. */
function isSame(inFile, { kind, metadata }) {
	const { name, namespace = metadata.namespace } = inFile.metadata;
	return inFile.kind === kind && name === metadata.name && namespace === metadata.namespace;
}

// src/rules/rule-tests.ts
const timeoutMs$1 = 6e4;
/**
* Runs the user's unit tests of rules with the real promtool. A rule file that a test names and that isn't beside it is
* the deployed one of this name (`alerting_rules.yml`).
* @throws UserError when a test fails, is no test, or isn't there, or the promtool that was named isn't
*/
async function runRuleTests(context, { alerting }, rendered) {
	const { host, log } = context;
	if (alerting.ruleTests.length === 0) return;
	const promtool = await findPromtool(host, alerting.promtool);
	if (promtool === void 0) {
		log.warn(`alerting.rule-tests were not run: there is no promtool in PATH (name one with alerting.promtool)`);
		return;
	}
	await host.files.withTemp("monstack-rule-tests-", async (folder) => {
		const copies = [];
		for (const [index, test] of alerting.ruleTests.entries()) copies.push(await prepare(host, rendered, test, join(folder, String(index))));
		const argv = [
			promtool,
			"test",
			"rules",
			...copies
		];
		const { exitCode, stdout, stderr } = await host.exec(argv, {
			allowFailure: true,
			timeoutMs: timeoutMs$1
		});
		if (exitCode === 0) {
			log.info(`rule tests passed: ${alerting.ruleTests.map((path) => basename(path)).join(", ")}`);
			return;
		}
		const output = copies.reduce((text, copy, index) => text.replaceAll(copy, alerting.ruleTests[index] ?? copy), `${stdout}\n${stderr}`.trim());
		throw new UserError(`the unit tests of rules (alerting.rule-tests) fail:\n${output.slice(-4e3)}`, { mend: "correct the rule or its test; `promtool test rules FILE` runs it alone" });
	});
}
async function findPromtool(host, named) {
	const path = named ?? "promtool";
	return await host.exec([path, "--version"], { timeoutMs: 1e4 }).catch((cause) => {
		if (named === void 0) return void 0;
		throw new UserError(`alerting.promtool: ${named} can't be run`, { cause });
	}) && path;
}
/** A copy of a test in which the rule files have absolute paths. */
async function prepare(host, rendered, path, folder) {
	const text = await host.files.read(path);
	if (text === void 0) throw new UserError(`alerting.rule-tests: there is no file ${path}`);
	const copy = join(folder, basename(path));
	const test = tryYaml(text);
	if (!isMapping(test) || !Array.isArray(test["rule_files"])) {
		await host.files.write(copy, text);
		return copy;
	}
	const files = [];
	for (const one of test["rule_files"]) {
		const beside = isAbsolute(String(one)) ? String(one) : join(dirname(path), String(one));
		const deployed = await host.files.exists(beside) ? void 0 : contentOf(rendered, String(one));
		if (deployed === void 0) files.push(beside);
		else {
			files.push(join(folder, "rules", basename(String(one))));
			await host.files.write(files.at(-1) ?? "", deployed);
		}
	}
	await host.files.write(copy, (0, import_dist.stringify)({
		...test,
		rule_files: files
	}));
	return copy;
}
function contentOf(rendered, name) {
	return rendered.flatMap(ruleFiles).find(({ key }) => key === basename(name))?.content;
}
function tryYaml(text) {
	try {
		return (0, import_dist.parse)(text);
	} catch {
		return;
	}
}

// src/sources/chart-file.ts
/** What is read of a chart's Chart.yaml. */
const ChartYaml$1 = object({
	name: string().min(1),
	version: string().min(1),
	appVersion: string().default(""),
	deprecated: string().optional().transform((text) => text === "true" ? true : void 0)
});
/** A chart is text: unpacked it has no more than this before its Chart.yaml, which helm puts first. */
const unpackedLimit$1 = 64 * 1024 ** 2;
/** The Chart.yaml in a chart's archive. @throws InstallError when it isn't a chart. */
async function readArchive({ host }, path) {
	return parseChartYaml(await tarEntryText(host, path, {
		matches: (name) => /^[^/]+\/Chart\.yaml$/.test(name),
		what: "Chart.yaml",
		limit: unpackedLimit$1
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
		return ChartYaml$1.parse((0, import_dist.parse)(text, { schema: "failsafe" }));
	} catch (cause) {
		const why = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
		throw new InstallError(`${where}: its Chart.yaml is not valid: ${why}`, { cause });
	}
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
	const pointer = parsePointer(await context.host.files.read(pointerPath$1(context.host, key)));
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
	await host.files.write(pointerPath$1(host, key), `${JSON.stringify({
		...key,
		sha256,
		origin
	})}\n`);
}
function pointerPath$1(host, { from, name, version }) {
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
	urls: tuple([string()], string())
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
	const entry = IndexEntry.safeParse(value);
	if (!entry.success) throw new InstallError(`its entry of ${name} ${version} is not valid: ${prettifyError(entry.error)}`);
	if (entry.data.name !== name || entry.data.version !== version) throw new InstallError(`its entry of ${name} ${version} says ${entry.data.name} ${entry.data.version}`);
	return entry.data;
}
function mentionsKey(index, name) {
	const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
	return new RegExp(`(?:^|[\\s{,])["']?${escaped}["']?\\s*:`, "m").test(index);
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
	return await findOrFetch(web, ref).catch((cause) => {
		throw cause instanceof HttpStatusError ? asRefusal(web, ref, cause) : cause;
	});
}
/** Whether it wants to see credentials, or other ones, only the user can tell. */
function asRefusal({ credentials }, { repo, repoUrl }, cause) {
	if (cause.status !== 401 && cause.status !== 403) return cause;
	const mend = credentials === void 0 ? `if it wants to see a login, set repos.${repo} to {url: ${repoUrl}, username: "\${NAME}", password: "\${PASSWORD}"}, both from the environment; else check the proxy settings and \`mirrors\`` : "check what is in the environment variables that its username and password name";
	return new InstallError(`the chart repository ${repo} refuses: ${cause.message}`, {
		cause,
		mend
	});
}
async function findOrFetch(web, ref) {
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
		return {
			entry: chart.entry(pickVersion(web, chart, ref, where(web, url))),
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

// src/sources/objects-chart.ts
/**
* Objects without a chart as a chart of one template, which prints them as they are: nothing in them is taken for a
* template. Custom resource definitions go where helm installs them first.
* @throws UserError for a file that isn't there or holds something else than objects, or a kustomization that can't be built
*/
async function objectsChart(context, ref, { folder, kubectl }) {
	const { files } = context.host;
	const name = ref.kind === "objects" ? ref.name : ref.kind;
	const documents = await documentsOf(context, ref, kubectl);
	const origin = ref.kind === "objects" ? "monstack" : ref.kind === "kustomize" ? ref.path : ref.paths.join(", ");
	await files.remove(folder);
	const chart = {
		apiVersion: "v2",
		name,
		version: "0.0.0",
		description: `Objects of ${origin}`
	};
	await files.write(join(folder, "Chart.yaml"), (0, import_dist.stringify)(chart));
	await files.write(join(folder, "templates", "objects.yaml"), template);
	for (const [index, document] of documents.entries()) {
		const file = `${String(index).padStart(4, "0")}.yaml`;
		const place = document.kind === "CustomResourceDefinition" ? "crds" : "objects";
		await files.write(join(folder, place, file), document.text, 384);
	}
	return {
		path: folder,
		name,
		version: "0.0.0",
		appVersion: "",
		sha256: void 0,
		origin
	};
}
const template = `{{- range $path, $_ := .Files.Glob "objects/*.yaml" }}
---
{{ $.Files.Get $path }}
{{- end }}
`;
async function documentsOf(context, ref, kubectl) {
	if (ref.kind === "objects") return ref.objects.map((object) => ({
		kind: object.kind,
		text: JSON.stringify(object, null, 2)
	}));
	if (ref.kind === "kustomize") return split$1(await build(context, ref.path, await kubectl), ref.path, ref);
	return (await Promise.all(ref.paths.map(async (path) => split$1(await read(context, path), path, ref)))).flat();
}
async function read({ host }, path) {
	const text = await host.files.read(path).catch((cause) => {
		throw new UserError(`the manifest ${path} can't be read: ${messageOf(cause)}`, { cause });
	});
	if (text === void 0) throw new UserError(`there is no manifest ${path}`);
	return text;
}
async function build({ host }, path, kubectl) {
	if (kubectl === void 0) throw new Error("a kustomization needs kubectl to be built");
	const argv = [
		kubectl.path,
		"kustomize",
		path
	];
	const { exitCode, stdout, stderr } = await host.exec(argv, {
		allowFailure: true,
		timeoutMs: 6e4
	});
	if (exitCode === 0) return stdout;
	throw new UserError(`the kustomization ${path} can't be built: ${stderr.trim().replace(/^error: /, "")}`);
}
/** With the app's labels and annotations; what the object says itself stays. */
function marked(object, { labels = {}, annotations = {} }) {
	const merged = (name, more) => Object.keys(more).length === 0 ? {} : { [name]: {
		...more,
		...object.metadata?.[name]
	} };
	return {
		...object,
		metadata: {
			...object.metadata,
			...merged("labels", labels),
			...merged("annotations", annotations)
		}
	};
}
/** One text for each object; documents without content are left out. */
function split$1(text, path, marks) {
	return [...(0, import_dist.parseAllDocuments)(text, { merge: true })].flatMap((document) => {
		const [error] = document.errors;
		if (error) throw new UserError(`${path}: ${error.message}`);
		const value = document.toJS();
		if (value === null || value === void 0) return [];
		const kind = value.kind;
		if (typeof kind !== "string") throw new UserError(`${path}: ${JSON.stringify(value).slice(0, 80)} is no Kubernetes object: it has no kind`);
		return [{
			kind,
			text: JSON.stringify(marked(value, marks), null, 2)
		}];
	});
}

// src/sources/charts.ts
/**
* A chart on this machine: from its repository or registry (through the mirrors, checksum verified, kept in the cache),
* or the user's own folder or archive.
* @throws InstallError when it can't be had, UserError when the path holds no chart, Interrupted.
*/
async function fetchChart(context, config, ref, options = {}) {
	if (ref.kind === "path") return localChart(context, ref.path);
	if (ref.kind === "objects" || ref.kind === "manifests" || ref.kind === "kustomize") {
		const { folder, kubectl } = options;
		if (folder === void 0) throw new Error("a chart of objects needs a folder to be written to");
		return objectsChart(context, ref, {
			folder,
			kubectl
		});
	}
	const web = createWeb(context, config, options);
	if (ref.kind === "repo") {
		const wants = config.repos?.[ref.repo]?.credentials;
		const credentials = wants && {
			host: ref.repoUrl,
			...wants
		};
		return repoChart({
			...web,
			credentials
		}, ref);
	}
	if (options.helm === void 0) throw new UserError(`chart ${ref.url}: helm is needed to pull it`);
	return ociChart(web, ref, await options.helm);
}

// src/rules/amtool.ts
const timeoutMs = 3e4;
/**
* Asks the real amtool what it thinks of Alertmanager's configuration: it knows all that Alertmanager itself refuses.
* @throws UserError in amtool's words when it refuses it, or when the amtool that was named can't be run
*/
async function runAmtool({ host, log }, input) {
	const amtool = await findAmtool(host, input.amtool);
	if (amtool === void 0) {
		log.debug("amtool is not in PATH, so Alertmanager's configuration is judged without it");
		return;
	}
	const text = (0, import_dist.stringify)(input.config);
	await host.files.withTemp("monstack-amtool-", async (folder) => {
		const file = join(folder, "alertmanager.yml");
		await host.files.write(file, text, 384);
		const argv = [
			amtool,
			"check-config",
			file
		];
		const { exitCode, stdout, stderr } = await host.exec(argv, {
			allowFailure: true,
			timeoutMs
		});
		if (exitCode === 0) {
			log.debug("amtool takes Alertmanager's configuration");
			return;
		}
		const words = hide(wordsOf$1(`${stdout}\n${stderr}`, file), input.secrets);
		const line = Number(/\bline (\d+):/.exec(words)?.[1] ?? NaN);
		const place = input.placeOf(pathAtLine(text, line) ?? []);
		const at = place === void 0 ? "" : `${place}: `;
		throw new UserError(`${at}amtool refuses Alertmanager's configuration: ${words.replace(/\bline \d+: /g, "")}`, { mend: "correct it; `amtool check-config FILE` says the same" });
	});
}
async function findAmtool(host, named) {
	const path = named ?? "amtool";
	return await host.exec([path, "--version"], { timeoutMs: 1e4 }).catch((cause) => {
		if (named === void 0) return void 0;
		throw new UserError(`alerting.amtool: ${named} can't be run`, { cause });
	}) && path;
}
/** `Checking 'FILE'  FAILED: what is wrong`, over several lines when YAML is. */
function wordsOf$1(output, file) {
	return output.split("\n").filter((line) => !/^amtool: error: failed to validate/.test(line)).join(" ").replaceAll(file, "").replace(/^\s*Checking\s+''\s+FAILED:\s*/, "").replace(/\s+/g, " ").trim();
}
/** What stands in a line of YAML. */
function pathAtLine(text, line) {
	const yaml = readYaml(text);
	return yaml.entries().findLast(({ key, value }) => yaml.placeOf(key ?? value).line === line)?.path;
}

// src/core/judge-alertmanager.ts
/**
* Has amtool, where there is one, judge Alertmanager's configuration: the user's own as it was before anything was led to
* monstack, else what the charts render.
* @throws UserError in amtool's words
*/
async function judgeAlertmanager({ context, loaded, secrets }, rendered) {
	const { config, texts, cwd } = loaded;
	const { amtool } = config.alerting;
	const own = configToJudge({
		config,
		texts,
		cwd,
		env: context.host.env
	});
	if (own !== void 0) {
		const placeOf = (path) => own.yaml.mistake(path, "").where;
		await runAmtool(context, {
			amtool,
			config: own.config,
			secrets,
			placeOf
		});
		return;
	}
	for (const { key, object, content } of rendered.flatMap(alertmanagerFilesOf)) {
		const placeOf = () => `${key} of ${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
		await runAmtool(context, {
			amtool,
			config: (0, import_dist.parse)(content, { logLevel: "error" }),
			secrets,
			placeOf
		});
	}
}

// src/plan/known-tree.ts
function emptyTree() {
	return {
		keys: /* @__PURE__ */ new Map(),
		anything: false
	};
}
/** The node of a key path, made where there is none. */
function nodeAt(known, path) {
	let node = known;
	for (const key of path) {
		const next = node.keys.get(key) ?? emptyTree();
		node.keys.set(key, next);
		node = next;
	}
	return node;
}
function isOpen(known) {
	return known.anything || known.keys.size === 0;
}
/** Adds what a subchart knows to what its parent says of it. */
function mergeTree(into, other) {
	if (isOpen(other)) into.anything = true;
	for (const [key, node] of other.keys) mergeTree(nodeAt(into, [key]), node);
}

// src/plan/schema-keys.ts
/** Schemas may hold themselves. */
const deepest$1 = 20;
/**
* Adds the keys that a JSON schema names. That it allows others (`additionalProperties: true`, or nothing said) doesn't
* make them known: nearly all charts' schemas allow what their templates ignore.
* @param subcharts keys whose values somebody else knows better
*/
function addSchemaKeys(known, schema, subcharts) {
	if (!isMapping$1(schema)) return;
	addPart(known, schema, {
		root: schema,
		depth: 0,
		isOthers: false,
		subcharts
	});
}
function addPart(known, given, within) {
	const schema = followed(given, within.root);
	if (!isMapping$1(schema) || within.depth > deepest$1) {
		if (!within.isOthers) known.anything = true;
		return;
	}
	const { properties, patternProperties, additionalProperties } = schema;
	const named = Object.entries(isMapping$1(properties) ? properties : {});
	const parts = partsOf(schema);
	const saysNothing = named.length === 0 && parts.length === 0 && within.depth > 0 && !within.isOthers;
	if (isMapping$1(patternProperties) || isMapping$1(additionalProperties) || saysNothing) known.anything = true;
	for (const [key, one] of named) {
		const isOthers = within.depth === 0 && within.subcharts.has(key);
		addPart(nodeAt(known, [key]), one, {
			...within,
			depth: within.depth + 1,
			isOthers
		});
	}
	for (const part of parts) addPart(known, part, {
		...within,
		depth: within.depth + .1
	});
}
function partsOf(schema) {
	return [
		...[
			schema.allOf,
			schema.anyOf,
			schema.oneOf
		].flatMap((one) => Array.isArray(one) ? one : []),
		schema.if,
		schema.then,
		schema.else
	].filter(isMapping$1);
}
/** A `$ref` within the schema; undefined for one that leads elsewhere, or to nothing. */
function followed(schema, root) {
	let node = schema;
	for (let steps = 0; isMapping$1(node) && typeof node.$ref === "string"; steps++) {
		const { $ref } = node;
		if (!$ref.startsWith("#") || steps > deepest$1) return void 0;
		node = $ref.slice(1).split("/").filter((part) => part !== "").map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")).reduce((at, part) => isMapping$1(at) && Object.hasOwn(at, part) ? at[part] : void 0, root);
	}
	return node;
}

// src/plan/template-pipeline.ts
/** Functions that only look whether something is there or what it is like. */
const tests = new Set("not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare".split(" "));
/** Functions whose result is one of their arguments, or a copy of it. */
const passing = new Set("and or default coalesce ternary required deepCopy mustDeepCopy".split(" "));
/** `$x := ...`, `$k, $v := ...` or a pipeline alone; the variables keep what they may be. */
function runStatement(scope, tokens) {
	const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
	const refs = runPipeline(scope, tokens.slice(sign + 1));
	const names = tokens.slice(0, Math.max(sign, 0)).flatMap((one) => one.kind === "field" && one.variable !== void 0 ? [one.variable] : []);
	const last = names.at(-1);
	const texts = listedTexts(tokens.slice(sign + 1));
	if (last !== void 0 && texts !== void 0) scope.texts.set(last, texts);
	else if (last !== void 0) scope.texts.delete(last);
	for (const name of names) scope.variables.set(name, distinct([...scope.variables.get(name) ?? [], ...refs]));
	return {
		refs,
		assigned: names.length > 0
	};
}
function listedTexts([first, ...rest]) {
	if (first?.kind !== "word" || first.text !== "list" && first.text !== "tuple") return void 0;
	const texts = rest.flatMap((one) => one.kind === "string" ? [one.text] : []);
	return texts.length === rest.length ? texts : void 0;
}
function runPipeline(scope, tokens) {
	let piped;
	for (const part of split(tokens)) piped = runCommand(scope, part, piped);
	return piped ?? [];
}
/** E.g. `default .Values.a`; `piped` is what comes from the left. */
function runCommand(scope, tokens, piped) {
	const { args, name } = operandsOf(scope, tokens);
	const refs = [...args.map((arg) => arg.refs), ...piped === void 0 ? [] : [piped]];
	for (const one of refs) scope.mention(one, false);
	if (name === void 0 || passing.has(name)) return refs.flat();
	if (tests.has(name)) return [];
	if (name === "index" || name === "get") return stepInto(scope, refs[0] ?? [], args.slice(1));
	if (name === "hasKey") {
		stepInto(scope, refs[0] ?? [], args.slice(1));
		return [];
	}
	if (name === "dig") return stepInto(scope, refs.at(-1) ?? [], args.slice(0, refs.length - 2));
	const isAll = (index) => name === "set" || name === "dict" && args[index - 1]?.texts?.[0] === "Values";
	for (const [index, one] of refs.entries()) if (!isAll(index)) scope.mention(one, true);
	return [];
}
/** `index X "a" "b"`; a key that isn't written there may be any. */
function stepInto(scope, base, steps) {
	let refs = base;
	for (const { texts } of steps) {
		if (texts === void 0) {
			scope.mention(refs, true);
			return [];
		}
		refs = refs.flatMap((path) => texts.map((text) => [...path, text]));
		scope.mention(refs, false);
	}
	return refs;
}
function operandsOf(scope, tokens) {
	const args = [];
	let name;
	for (let i = 0; i < tokens.length; i++) {
		const one = tokens[i];
		if (one.kind === "string") args.push({
			refs: [],
			texts: [one.text]
		});
		else if (one.kind === "field") args.push(fieldOperand(scope, one));
		else if (one.kind === "word" && i === 0 && /^[a-zA-Z]/.test(one.text)) name = one.text;
		else if (one.kind === "word") args.push({
			refs: [],
			texts: void 0
		});
		else if (one.text === "(") {
			const end = closing(tokens, i);
			const next = tokens[end + 1];
			const fields = next?.kind === "field" && next.attached ? next.fields : [];
			const inner = runPipeline(scope, tokens.slice(i + 1, end));
			args.push({
				refs: inner.map((path) => [...path, ...fields]),
				texts: void 0
			});
			i = fields.length > 0 ? end + 1 : end;
		}
	}
	return {
		args,
		name
	};
}
function fieldOperand(scope, { variable, fields }) {
	const values = fields.indexOf("Values");
	if (values !== -1) return {
		refs: [fields.slice(values + 1)],
		texts: void 0
	};
	const base = variable === void 0 ? scope.dot : scope.variables.get(variable) ?? [];
	const texts = variable !== void 0 && fields.length === 0 ? scope.texts.get(variable) : void 0;
	return {
		refs: base.map((path) => [...path, ...fields]),
		texts
	};
}
function distinct(refs) {
	return [...new Map(refs.map((path) => [path.join("\0"), path])).values()];
}
function split(tokens) {
	const parts = [[]];
	let depth = 0;
	for (const one of tokens) {
		if (isSign(one, "(")) depth += 1;
		if (isSign(one, ")")) depth -= 1;
		if (depth === 0 && isSign(one, "|")) parts.push([]);
		else parts.at(-1)?.push(one);
	}
	return parts.filter((part) => part.length > 0);
}
function closing(tokens, open) {
	let depth = 0;
	for (let i = open; i < tokens.length; i++) {
		const one = tokens[i];
		if (isSign(one, "(")) depth += 1;
		if (isSign(one, ")")) depth -= 1;
		if (depth === 0) return i;
	}
	return tokens.length;
}
function isSign(token, text) {
	return token.kind === "sign" && token.text === text;
}

// src/plan/template-tokens.ts
/** What stands between `{{` and `}}`, comments left out; a brace within a string ends nothing. */
function templateActions(text) {
	const actions = [];
	for (let from = text.indexOf("{{"); from !== -1;) {
		const inner = from + 2;
		const isComment = /^-?\s*\/\*/.test(text.slice(inner, inner + 20));
		const end = isComment ? endOfComment(text, inner) : endOfAction(text, inner);
		if (end === void 0) break;
		if (!isComment) actions.push(text.slice(inner, end).replace(/^-(?=\s)/, "").replace(/\s-$/, "").trim());
		from = text.indexOf("{{", end);
	}
	return actions;
}
function endOfComment(text, from) {
	const end = text.indexOf("*/", from);
	return end === -1 ? void 0 : end + 2;
}
function endOfAction(text, from) {
	let quote = "";
	for (let i = from; i < text.length; i++) {
		const character = text[i] ?? "";
		if (quote !== "") {
			if (character === "\\" && quote !== "`") i += 1;
			else if (character === quote) quote = "";
		} else if (`"'\``.includes(character)) quote = character;
		else if (character === "}" && text[i + 1] === "}") return i;
	}
}
const token = /("(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*')|(\$\w*)?((?:\.\w+)+)|(\$\w*)|(\.)|(:=|[()|=,])|([^\s()|=,"`'.$]+)/g;
function templateTokens(action) {
	const tokens = [];
	let end = 0;
	for (const found of action.matchAll(token)) {
		const [, string, owner, chain, variable, dot, sign, word] = found;
		const last = tokens.at(-1);
		const attached = found.index === end && last?.kind === "sign" && last.text === ")";
		if (string !== void 0) tokens.push({
			kind: "string",
			text: string.slice(1, -1)
		});
		else if (chain !== void 0) tokens.push({
			kind: "field",
			variable: owner,
			fields: chain.slice(1).split("."),
			attached
		});
		else if (variable !== void 0) tokens.push({
			kind: "field",
			variable,
			fields: [],
			attached: false
		});
		else if (dot !== void 0) tokens.push({
			kind: "field",
			variable: void 0,
			fields: [],
			attached: false
		});
		else if (sign !== void 0) tokens.push({
			kind: "sign",
			text: sign
		});
		else if (word !== void 0) tokens.push({
			kind: "word",
			text: word
		});
		end = found.index + found[0].length;
	}
	return tokens;
}

// src/plan/template-mentions.ts
/**
* The key paths below `.Values` in a chart's template or helper, also such as are named by way of `with`, variables and
* `index`. In doubt a path counts as used whole, so that nothing that has an effect is ever called unknown.
*/
function mentionsIn(template) {
	const mentions = [];
	const scope = {
		dot: [],
		variables: /* @__PURE__ */ new Map(),
		texts: /* @__PURE__ */ new Map(),
		mention: (refs, whole) => {
			for (const path of refs) if (path.length > 0 || whole) mentions.push({
				path,
				whole
			});
		}
	};
	/** What the dot was outside of each block that is open. */
	const outer = [];
	for (const action of templateActions(template)) runAction(scope, outer, templateTokens(action));
	return mentions;
}
function runAction(scope, outer, tokens) {
	const [first, ...rest] = tokens;
	switch (first?.kind === "word" ? first.text : "") {
		case "if":
		case "with":
		case "range":
			outer.push(scope.dot);
			runHead(scope, tokens);
			return;
		case "define":
			outer.push(scope.dot);
			scope.variables.clear();
			scope.texts.clear();
			scope.dot = [];
			return;
		case "block":
			outer.push(scope.dot);
			scope.mention(runPipeline(scope, rest.slice(1)), true);
			scope.dot = [];
			return;
		case "else":
			scope.dot = outer.at(-1) ?? [];
			runHead(scope, rest);
			return;
		case "end":
			scope.dot = outer.pop() ?? [];
			return;
		case "break":
		case "continue": return;
		default: {
			const { refs, assigned } = runStatement(scope, tokens);
			scope.mention(refs, !assigned);
		}
	}
}
/** `if X` only looks at X, `with X` makes it the dot, and what `range X` goes through may be anything. */
function runHead(scope, tokens) {
	const [first, ...rest] = tokens;
	if (first?.kind !== "word") return;
	const { refs } = runStatement(scope, rest);
	scope.mention(refs, first.text === "range");
	if (first.text === "with") scope.dot = refs;
	if (first.text === "range") scope.dot = [];
}

// src/plan/known-values.ts
/**
* The keys that a chart and its subcharts know, from their default values, schemas and templates. `given` are the
* user's own values: a template in one of them (`extraManifests`) may name keys of the user's own making.
*/
function knownValues(chart, given) {
	const known = emptyTree();
	const subcharts = new Map(chart.charts.flatMap((one) => keysOf(one, chart.dependencies).map((key) => [key, one])));
	addDefaults(known, chart.values, new Set(subcharts.keys()));
	addSchemaKeys(known, chart.schema, new Set(subcharts.keys()));
	for (const { path, whole } of chartMentions(chart)) {
		const node = nodeAt(known, path);
		if (whole) node.anything = true;
	}
	for (const path of userMentions(given)) nodeAt(known, path).anything = true;
	nodeAt(known, ["global"]).anything = true;
	for (const [key, subchart] of subcharts) {
		const below = isMapping$1(given[key]) ? given[key] : {};
		mergeTree(nodeAt(known, [key]), knownValues(subchart, below));
	}
	for (const dependency of chart.dependencies) addSwitches(known, dependency, chart);
	return known;
}
/** The keys below which a subchart gets its values: its name or its aliases. */
function keysOf(subchart, dependencies) {
	const listed = dependencies.filter(({ name }) => name === subchart.name);
	return listed.length === 0 ? [subchart.name] : listed.map(({ name, alias }) => alias ?? name);
}
/** What switches it on, and what of its values helm copies into those of the chart. */
function addSwitches(known, dependency, chart) {
	for (const condition of dependency.conditions) nodeAt(known, condition.split("."));
	for (const tag of dependency.tags) nodeAt(known, ["tags", tag]);
	const values = chart.charts.find(({ name }) => name === dependency.name)?.values;
	if (!isMapping$1(values)) return;
	for (const one of dependency.importValues) {
		const [child, parent] = typeof one === "string" ? [`exports.${one}`, "."] : [one.child, one.parent];
		addDefaults(parent === "." ? known : nodeAt(known, parent.split(".")), valueAt(values, child.split(".")), /* @__PURE__ */ new Set());
	}
}
/** A library's helpers see the values of the chart that includes them. */
function chartMentions(chart) {
	return [chart, ...chart.charts.filter(({ isLibrary }) => isLibrary)].flatMap(({ templates }) => templates.flatMap(mentionsIn));
}
function userMentions(values) {
	if (typeof values === "string") {
		if (!values.includes("{{")) return [];
		return [...values.matchAll(/(?<![\w.])\$?\.Values\.(\w+(?:\.\w+)*)/g)].map(([, path = ""]) => path.split("."));
	}
	return typeof values === "object" && values !== null ? Object.values(values).flatMap(userMentions) : [];
}
/** An empty mapping, a list, a text or nothing says nothing about what may stand there. */
function addDefaults(known, values, subcharts) {
	if (!isMapping$1(values)) return;
	for (const [key, value] of Object.entries(values)) {
		const node = nodeAt(known, [key]);
		if (!(isMapping$1(value) && Object.keys(value).length > 0) && !subcharts.has(key)) node.anything = true;
		addDefaults(node, value, /* @__PURE__ */ new Set());
	}
}

// src/plan/meant-value.ts
/**
* The key path that was probably meant by one that nobody reads: a key of a similar name beside it, else one of the same
* name further up, else the only one of that name one level below. Undefined when nothing is near.
*/
function meantValue(path, value, known) {
	const name = path.at(-1) ?? "";
	if (name === "enabled") return void 0;
	for (let depth = path.length - 1; depth >= 0; depth--) {
		const above = path.slice(0, depth);
		const level = at(known, above);
		const fitting = level ? [...level.keys].filter(([, node]) => fits(value, node)).map(([key]) => key) : [];
		const key = depth === path.length - 1 ? similar(name, fitting) : sameWords(name, fitting);
		if (key !== void 0) return [...above, key];
	}
	return onlyOneBelow(path, value, known);
}
/** A mapping fits where at least one of its keys is known, if it has any; anything else, where no mapping is. */
function fits(value, node) {
	if (isOpen(node)) return true;
	if (!isMapping$1(value)) return false;
	const keys = Object.keys(value);
	return keys.length === 0 || keys.some((key) => node.keys.has(key));
}
function similar(name, candidates) {
	return sameWords(name, candidates) ?? (name.length > 3 ? nearest(name, candidates) : void 0) ?? withMoreWords(name, candidates) ?? sameBeginning(name, candidates);
}
/** `kubeStateMetrics` and `kube-state-metrics`. */
function sameWords(name, candidates) {
	const wanted = wordsOf(name).join(" ");
	return candidates.find((key) => wordsOf(key).join(" ") === wanted);
}
/**
* `nodeExporter` in `prometheus-node-exporter`, `storageClass` in `storageClassName`: the one with the fewest more words,
* which are less than half of it.
*/
function withMoreWords(name, candidates) {
	const wanted = ` ${wordsOf(name).join(" ")} `;
	return single(candidates.map((key) => ({
		key,
		words: ` ${wordsOf(key).join(" ")} `
	})).filter(({ words }) => words.includes(wanted) || wanted.includes(words)).map(({ key, words }) => ({
		key,
		more: Math.abs(words.length - wanted.length)
	})).filter(({ key, more }) => more <= Math.max(key.length, name.length) / 2).sort((a, b) => a.more - b.more), ({ more }) => more)?.key;
}
/** `persistence` and `persistentVolume`: most of the shorter word is the same. */
function sameBeginning(name, candidates) {
	return single(candidates.map((key) => ({
		key,
		same: sameLetters(name, key)
	})).filter(({ key, same }) => same >= 6 && same >= Math.min(name.length, key.length) * .6).sort((a, b) => b.same - a.same), ({ same }) => same)?.key;
}
function sameLetters(a, b) {
	let same = 0;
	while (same < a.length && a[same]?.toLowerCase() === b[same]?.toLowerCase()) same += 1;
	return same;
}
/** The first, unless the second is as good. */
function single([first, second], measure) {
	if (first === void 0) return void 0;
	return second !== void 0 && measure(first) === measure(second) ? void 0 : first;
}
function onlyOneBelow(path, value, known) {
	const name = path.at(-1) ?? "";
	const above = path.slice(0, -1);
	const found = [...at(known, above)?.keys ?? []].flatMap(([key, node]) => {
		const inner = node.keys.get(name);
		return inner !== void 0 && fits(value, inner) ? [[
			...above,
			key,
			name
		]] : [];
	});
	return found.length === 1 ? found[0] : void 0;
}
function wordsOf(name) {
	return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
}
function at(known, path) {
	return path.reduce((node, key) => node?.keys.get(key), known);
}

// src/plan/unknown-values.ts
/**
* The keys of the user's values that neither the chart nor a subchart of it reads, the highest of each branch, with what
* was probably meant. helm accepts them without a word. In doubt a key is known. Pure.
*/
function unknownValues(app, values, chart) {
	const known = knownValues(chart, values);
	return below(values, known, []).map(({ path, value }) => {
		const meant = meantValue(path, value, known);
		return {
			app,
			path,
			meant: meant && formatKeyPath(meant)
		};
	});
}
function below(values, known, path) {
	if (isOpen(known)) return [];
	return Object.entries(values).flatMap(([key, value]) => {
		const here = [...path, key];
		const next = known.keys.get(key);
		if (next !== void 0) return isMapping$1(value) ? below(value, next, here) : [];
		if (path.length === 0 && /^(?:[._]|x-)/.test(key)) return [];
		return [{
			path: here,
			value
		}];
	});
}

// src/sources/chart-values.ts
/** Unpacked; a chart is text. The same as for its Chart.yaml. */
const unpackedLimit = 64 * 1024 ** 2;
/** Subcharts in subcharts. */
const deepest = 10;
const wanted = /^(?:charts\/[^/]+\/)*(?:Chart\.yaml|requirements\.yaml|values\.yaml|values\.schema\.json|templates\/.+|charts\/[^/]+\.t(?:ar\.)?gz)$/;
const ImportValue = union([string(), object({
	child: string(),
	parent: string()
})]);
const Dependency = object({
	name: string(),
	alias: string().optional(),
	condition: string().optional(),
	tags: array(string()).nullish(),
	"import-values": array(ImportValue).nullish()
});
const ChartYaml = object({
	name: string(),
	type: string().optional(),
	dependencies: array(Dependency).nullish()
});
/** Where charts of helm 2's format list them. */
const Requirements = ChartYaml.pick({ dependencies: true });
/**
* What a chart's archive or folder says about its values.
* @throws InstallError when a part of it can't be read as what it should be
*/
async function readChartSource({ host }, chart) {
	return toSource(await host.files.read(join(chart.path, "Chart.yaml")) !== void 0 ? await folderFiles(host.files, chart.path) : await archiveFiles(host.files.stream(chart.path), chart.path), chart.path, 0);
}
async function archiveFiles(source, archive) {
	const files = /* @__PURE__ */ new Map();
	for await (const { name, pieces } of tarEntries(source, archive, {
		what: "the chart",
		limit: unpackedLimit
	})) {
		const path = name.slice(name.indexOf("/") + 1);
		if (wanted.test(path)) files.set(path, await bytesOf$1(pieces()));
	}
	return files;
}
async function folderFiles(files, root) {
	const found = /* @__PURE__ */ new Map();
	let size = 0;
	const walk = async (path, depth) => {
		for (const name of await files.list(join(root, path))) {
			const inner = path === "" ? name : `${path}/${name}`;
			if (/^(?:charts\/[^/]+\/)*(?:charts|charts\/[^/]+|templates(?:\/.+)?)$/.test(inner) && depth < 20 && (await files.list(join(root, inner))).length > 0) await walk(inner, depth + 1);
			else if (wanted.test(inner)) {
				const bytes = await bytesOf$1(files.stream(join(root, inner))).catch(emptyWhenFolder);
				size += bytes.byteLength;
				if (size > unpackedLimit) throw new InstallError(`${root}: more than ${unpackedLimit} bytes of a chart`);
				found.set(inner, bytes);
			}
		}
	};
	await walk("", 0);
	return found;
}
function emptyWhenFolder(error) {
	if (error.code === "EISDIR") return /* @__PURE__ */ new Uint8Array();
	throw error;
}
async function toSource(files, where, depth) {
	const text = (path) => decode(files.get(path));
	const chart = parsed(`${where}: Chart.yaml`, () => ChartYaml.parse((0, import_dist.parse)(text("Chart.yaml") ?? "")));
	const listed = chart.dependencies ?? parsed(`${where}: requirements.yaml`, () => Requirements.parse((0, import_dist.parse)(text("requirements.yaml") ?? "{}"))).dependencies ?? [];
	const schema = text("values.schema.json");
	const templates = [...files].filter(([path]) => path.startsWith("templates/"));
	return {
		name: chart.name,
		isLibrary: chart.type === "library",
		values: defaultsOf(text("values.yaml") ?? "", where),
		schema: schema === void 0 ? void 0 : parsed(`${where}: values.schema.json`, () => JSON.parse(schema)),
		templates: templates.map(([, bytes]) => decode(bytes) ?? ""),
		dependencies: listed.map(toDependency),
		charts: depth < deepest ? await subcharts(files, where, depth) : []
	};
}
/** Folders and archives below charts/. */
async function subcharts(files, where, depth) {
	const folders = /* @__PURE__ */ new Map();
	const found = [];
	for (const [path, bytes] of files) {
		const [, name = "", inner] = /^charts\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
		if (name === "") continue;
		if (inner !== void 0) folders.set(name, (folders.get(name) ?? /* @__PURE__ */ new Map()).set(inner, bytes));
		else found.push(archiveFiles(once(bytes), `${where}/${path}`).then((own) => toSource(own, `${where}/${path}`, depth + 1)));
	}
	for (const [name, own] of folders) if (own.has("Chart.yaml")) found.push(toSource(own, `${where}/charts/${name}`, depth + 1));
	return Promise.all(found);
}
function toDependency(one) {
	return {
		name: one.name,
		alias: one.alias,
		conditions: (one.condition ?? "").split(",").flatMap((path) => path.trim() || []),
		tags: one.tags ?? [],
		importValues: one["import-values"] ?? []
	};
}
/** As helm reads it, and as monstack reads the user's. */
function defaultsOf(text, where) {
	const { data, errors } = readYaml(text);
	const [first] = errors;
	if (first) throw new InstallError(`${where}: values.yaml:${first.position}: ${first.problem}`);
	return data;
}
function parsed(what, parse) {
	try {
		return parse();
	} catch (cause) {
		const why = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
		throw new InstallError(`${what} is not valid: ${why}`, { cause });
	}
}
function decode(bytes) {
	return bytes && new TextDecoder().decode(bytes);
}
async function* once(bytes) {
	yield bytes;
}
async function bytesOf$1(pieces) {
	const parts = [];
	for await (const piece of pieces) parts.push(piece);
	return Buffer.concat(parts);
}

// src/core/unknown-values.ts
/**
* The keys of the configuration's values for an app that have no effect. Undefined when the chart can't be read for it:
* helm, which can, decides about the deployment.
*/
async function findUnknownValues({ context, loaded }, { name }, chart) {
	if (loaded.config.apps[name] === void 0) return [];
	try {
		return unknownIn(loaded, name, await readChartSource(context, chart));
	} catch (error) {
		context.log.debug(`${name}: which values chart ${chart.name} knows could not be told: ${messageOf(error)}`);
		return;
	}
}
/** The same for a chart that was read. */
function unknownIn(loaded, name, source) {
	const app = loaded.config.apps[name];
	return app === void 0 ? [] : unknownValues(name, userValues(name, app, loaded.valuesFiles), source);
}

// src/core/charts.ts
/**
* Every app's chart, fetched and rendered with its values, side by side; no cluster is needed. Charts that are made from
* objects are written below `folder`; default: the state folder, where they stay as long as the stack does.
* @throws UserError or InstallError of the first that can't be rendered, RulesInvalid for rules that no Prometheus takes.
*/
async function renderCharts(session, plan, tools, folder = join(session.loaded.config.stateDir, "charts")) {
	const { context, loaded } = session;
	const rendered = await Promise.all(plan.apps.map(async (app) => {
		const chart = await fetchChart(context, loaded.config, app.chart, {
			...tools,
			supply: session.supply,
			folder: join(folder, app.name)
		});
		const [one, unknownValues] = await Promise.all([renderApp(context, await tools.helm, app, chart), findUnknownValues(session, app, chart)]);
		return {
			...one,
			unknownValues
		};
	}));
	if (loaded.config.cluster.kind === "k3s") refuseUnread(rendered, monitorsIn(loaded));
	checkRendered(loaded, rendered);
	await judgeAlertmanager(session, rendered);
	await runRuleTests(context, loaded.config, rendered);
	return rendered;
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

// src/dashboards/inputs.ts
const prometheusTypes = [
	"prometheus",
	"grafana-amazonprometheus-datasource",
	"grafana-azureprometheus-datasource"
];
/**
* Finds a value for each input of an export, whatever it is called, and for placeholders that nobody declared.
* @param given the user's values by the names of inputs: a datasource's uid or name, or a constant
*/
function fillInputs(model, given, datasources) {
	const declared = declaredIn(model);
	const all = [...declared, ...undeclaredIn(model, declared)];
	const values = /* @__PURE__ */ new Map();
	const problems = [];
	for (const input of all) {
		const value = textOf(input, given[input.name], datasources);
		if ("value" in value) values.set(input.name, value.value);
		else problems.push(value.problem);
	}
	return {
		values,
		problems
	};
}
/** Names of a dashboard's inputs. */
function inputNames(model) {
	const declared = declaredIn(model);
	return [...declared, ...undeclaredIn(model, declared)].map(({ name }) => name);
}
function declaredIn({ __inputs }) {
	if (!Array.isArray(__inputs)) return [];
	return __inputs.flatMap((one) => {
		const { name, type, pluginId, value } = one ?? {};
		if (typeof name !== "string") return [];
		return [{
			name,
			type: typeof type === "string" ? type : "datasource",
			pluginId: typeof pluginId === "string" ? pluginId : void 0,
			value: value === void 0 || value === null ? void 0 : String(value)
		}];
	});
}
/** `${DS_X}` that is neither declared nor a variable: somebody copied a part of an export. */
function undeclaredIn(model, declared) {
	const known = /* @__PURE__ */ new Set([...declared.map(({ name }) => name), ...variableNames(model)]);
	const { __inputs: _, ...rest } = model;
	const found = /* @__PURE__ */ new Map();
	walk(rest, (text, type) => {
		for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g)) if (!known.has(name)) found.set(name, found.get(name) ?? type);
	});
	return [...found].map(([name, type]) => ({
		name,
		type: "datasource",
		pluginId: type ?? "prometheus",
		value: void 0
	}));
}
function variableNames({ templating }) {
	const list = templating?.list;
	if (!Array.isArray(list)) return [];
	return list.flatMap((one) => {
		const name = one?.name;
		return typeof name === "string" ? [name] : [];
	});
}
/** Every text, with the type of the datasource reference that it is a part of. */
function walk(node, visit, type) {
	if (typeof node === "string") visit(node, type);
	if (typeof node !== "object" || node === null) return;
	const own = node.type;
	const isRef = "uid" in node && typeof own === "string";
	for (const inner of Object.values(node)) walk(inner, visit, isRef ? own : void 0);
}
function textOf({ name, type, pluginId, value }, given, datasources) {
	if (type !== "datasource") {
		const text = given ?? value;
		if (text !== void 0) return { value: text };
		return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
	}
	if (given !== void 0) return { value: named(given, datasources)?.uid ?? given };
	if (pluginId === "__expr__") return { value: "__expr__" };
	if (pluginId === "grafana" || pluginId === "datasource") return { value: "-- Grafana --" };
	const wanted = pluginId ?? "prometheus";
	const found = defaultOf(wanted, datasources);
	if (found) return { value: found.uid };
	return { problem: `its input ${name} wants a datasource of type ${wanted}; Grafana's are: ${datasources.map((one) => `${one.name} (${one.type}, uid ${one.uid})`).join(", ") || "none known"}. Name one: inputs: {${name}: UID}` };
}
/** The default one if it is of this type, else the first of them. */
function defaultOf(type, datasources) {
	const wanted = prometheusTypes.includes(type) ? prometheusTypes : [type];
	const fitting = datasources.filter((one) => wanted.includes(one.type));
	return fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
}
/** By its uid, or by its name. */
function named(text, datasources) {
	return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}

// src/dashboards/import.ts
/**
* What Grafana's own import does, which it leaves out for files: inputs are filled in, and what is only for the export goes.
* Library panels that came along become panels. Datasources of another Grafana become this one's, where there is only one
* that it can be. Pure.
*/
function importDashboard(file, options) {
	const exported = withoutEnvelope(file);
	const { inputs } = options;
	const filling = fillInputs(exported, inputs, options.datasources);
	const known = knownInputs(exported);
	const problems = [...filling.problems, ...options.mayNameOthers ? [] : unknownInputs(inputs, known)];
	if (problems.length > 0) return { problems };
	const changes = /* @__PURE__ */ new Set();
	const { __inputs: _, __requires: __, __elements: elements, id: ___, ...rest } = exported;
	const model = withSources(withPanels(rest, elements, (node) => mapTexts(node, filling.values)), (ref) => resolved(ref, options, changes));
	model["uid"] = (typeof model["uid"] === "string" && /^[\w-]{1,40}$/.test(model["uid"]) ? model["uid"] : void 0) ?? options.fallbackUid;
	const read = readDashboard(model);
	if ("problem" in read) return { problems: [read.problem] };
	const { title, panels, unfilled } = read.dashboard;
	if (title.trim() === "") return { problems: ["it has no title"] };
	if (panels.length === 0) return { problems: ["it has no panels"] };
	if (unfilled.length > 0) return { problems: [`${unfilled.join(", ")} was not filled in`] };
	return {
		model,
		uid: String(model["uid"]),
		title,
		panels: panels.length,
		inputs: known,
		changes: [...changes]
	};
}
/** Grafana's API gives a dashboard out with what it knows about it around it. */
function withoutEnvelope(file) {
	const outer = file;
	const inner = outer["dashboard"] ?? (typeof outer["apiVersion"] === "string" ? outer["spec"] : void 0);
	return typeof inner === "object" && inner !== null && !("panels" in outer) && !("rows" in outer) ? inner : outer;
}
function knownInputs(model) {
	const names = new Set(inputNames(model));
	withSources(model, (ref) => {
		const name = typeof ref === "string" ? ref : ref?.uid;
		if (name !== void 0 && !isOwn(name)) names.add(name);
		return ref;
	});
	return [...names];
}
function unknownInputs(given, known) {
	const unknown = Object.keys(given).filter((name) => !known.includes(name));
	if (unknown.length === 0) return [];
	return [`it has no input ${unknown.join(", ")}; it has ${known.join(", ") || "none"}`];
}
function mapTexts(node, values) {
	if (typeof node === "string") return node.replaceAll(/\$\{([\w-]+)\}/g, (whole, name) => values.get(name) ?? whole);
	if (Array.isArray(node)) return node.map((one) => mapTexts(one, values));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, mapTexts(value, values)]));
}
/** Library panels are in an export as `__elements`, where a file's reader doesn't look. */
function withPanels(model, elements, fill) {
	const library = new Map((Array.isArray(elements) ? elements : Object.values(elements ?? {})).flatMap((one) => {
		const { uid, model: panel } = one ?? {};
		return typeof uid === "string" && typeof panel === "object" ? [[uid, panel]] : [];
	}));
	const panel = (one) => {
		const { libraryPanel, ...rest } = one ?? {};
		const found = library.get(String(libraryPanel?.["uid"]));
		if (found) return {
			...found,
			...rest
		};
		return Array.isArray(rest["panels"]) ? {
			...one,
			panels: rest["panels"].map(panel)
		} : one;
	};
	const panels = model["panels"];
	return fill(Array.isArray(panels) ? {
		...model,
		panels: panels.map(panel)
	} : model);
}
/** The same with each `datasource` replaced; references without a uid mean the default one and stay. */
function withSources(node, replace) {
	if (Array.isArray(node)) return node.map((one) => withSources(one, replace));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => {
		if (key === "datasource" && (typeof value === "string" || typeof value?.uid === "string")) return [key, replace(value)];
		return [key, withSources(value, replace)];
	}));
}
/** A variable, or one of Grafana's own. */
function isOwn(name) {
	return /\$/.test(name) || /^(-- .* --|__expr__|default|grafana|)$/.test(name);
}
function resolved(ref, { inputs, datasources }, changes) {
	const name = typeof ref === "string" ? ref : ref?.uid ?? "";
	const type = typeof ref === "string" ? void 0 : ref?.type;
	if (isOwn(name) || type === "datasource" || type === "grafana") return ref;
	const isGiven = Object.values(inputs).includes(name);
	const given = Object.hasOwn(inputs, name) ? inputs[name] : void 0;
	const found = named(given ?? name, datasources);
	if (found) return {
		type: found.type,
		uid: found.uid
	};
	if (isGiven) return ref;
	if (given !== void 0) return type === void 0 ? given : {
		type,
		uid: given
	};
	const only = defaultOf("prometheus", datasources);
	const canBe = type === void 0 ? datasources : datasources.filter((one) => one.type === type);
	if (only === void 0 || canBe.length !== 1 || canBe[0] !== only) return ref;
	changes.add(`its datasource ${name} is not this Grafana's: ${only.name} takes its place`);
	return {
		type: only.type,
		uid: only.uid
	};
}

// src/plan/dashboards.ts
/** A ConfigMap holds 1 MiB of data, its keys included. */
const mostBytes$1 = 1e6;
/** The app that the dashboards are; more of them than a release holds are several apps, numbered from the second. */
const name = "monstack-dashboards";
/**
* Puts dashboards into the Grafana that a plan deploys, as files that it reads at each start: so they are there again
* after a restart, with or without a volume. They are ConfigMaps of an app of their own, which Grafana's comes after.
* @throws UserError for one that is too large for a ConfigMap
*/
function withDashboards(plan, dashboards) {
	const grafana = plan.apps.find(hasGrafana);
	if (grafana === void 0 || dashboards.length === 0) return {
		...plan,
		dashboards
	};
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const bundles = bundlesOf(dashboards);
	const given = valueAt(grafana.values, at);
	const changed = mountedIn(isMapping$1(given) ? given : {}, bundles);
	const own = inReleases(bundles.map(configMap)).map((objects, index) => {
		const numbered = index === 0 ? name : `${name}-${index + 1}`;
		return {
			name: numbered,
			release: numbered,
			namespace: grafana.namespace,
			chart: {
				kind: "objects",
				name,
				objects
			},
			values: {},
			dependsOn: [],
			timeoutMs: grafana.timeoutMs
		};
	});
	const after = own.map((app) => ({
		app: app.name,
		until: "applied"
	}));
	const values = at.length === 0 ? changed : withValue(grafana.values, at, changed);
	const apps = plan.apps.map((one) => one === grafana ? {
		...one,
		values,
		dependsOn: [...one.dependsOn, ...after]
	} : one);
	return {
		...plan,
		dashboards,
		apps: inOrder([...own, ...apps])
	};
}
function bundlesOf(dashboards) {
	const bundles = [];
	for (const { uid, title, folder, model } of dashboards) {
		const text = JSON.stringify(model);
		const bytes = Buffer.byteLength(text);
		if (bytes > mostBytes$1) throw new UserError(`dashboard ${title} has ${bytes} bytes, and a ConfigMap holds no more than ${mostBytes$1} of them`, { mend: "take it apart, or let the chart download it: dashboards.NAME.url in the values of Grafana's chart" });
		const open = bundles.find((one) => one.folder === folder && one.bytes + bytes <= mostBytes$1);
		const file = `${uid}.json`;
		if (open === void 0) bundles.push({
			folder,
			bytes,
			files: { [file]: text }
		});
		else {
			open.bytes += bytes;
			open.files[file] = text;
		}
	}
	return bundles.map(({ folder, files }, index) => ({
		name: `${name}-${index + 1}`,
		folder,
		files
	}));
}
/** Objects that one release can keep: helm writes them twice into a Secret of at most 1 MiB, compressed. */
function inReleases(objects) {
	const parts = [];
	for (const object of objects) {
		const size = Buffer.byteLength(JSON.stringify(object));
		const open = parts.find(({ room }) => size <= room);
		if (open === void 0) parts.push({
			room: 1024 ** 2 - size,
			objects: [object]
		});
		else {
			open.room -= size;
			open.objects.push(object);
		}
	}
	return parts.map(({ objects }) => objects);
}
/** The label is the one of the chart's own: a sidecar leaves it alone, and nothing is provisioned twice. */
function configMap({ name, files }) {
	return {
		apiVersion: "v1",
		kind: "ConfigMap",
		metadata: {
			name,
			labels: { "dashboard-provider": name }
		},
		data: files
	};
}
/** Each bundle is a folder of files, and a provider that reads it. */
function mountedIn(grafana, bundles) {
	const providers = bundles.map(({ name, folder }) => ({
		name,
		type: "file",
		folder: folder ?? "",
		disableDeletion: true,
		options: { path: `/var/lib/grafana/dashboards/${name}` }
	}));
	return mergeValues(grafana, {
		dashboardProviders: { "monstack.yaml": {
			apiVersion: 1,
			providers
		} },
		dashboardsConfigMaps: Object.fromEntries(bundles.map(({ name }) => [name, name]))
	});
}

// src/plan/datasources.ts
/** The datasources that a Grafana's values give it; what a sidecar collects is not known before it runs. Pure. */
function plannedDatasources(grafana) {
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const provisioned = valueAt(grafana.values, [...at, "datasources"]);
	const written = (isMapping$1(provisioned) ? Object.values(provisioned) : []).flatMap((file) => isMapping$1(file) ? listIn(file["datasources"]) : []);
	if (!isStackChart(grafana)) return written.flatMap(datasource);
	const more = listIn(valueAt(grafana.values, [...at, "additionalDataSources"]));
	return [...ofStackChart(grafana.values, at), ...[...written, ...more].flatMap(datasource)];
}
/** kube-prometheus-stack's own, which its sidecar brings; the names are the chart's defaults. */
function ofStackChart(values, at) {
	const own = (key, fallback) => valueAt(values, [
		...at,
		"sidecar",
		"datasources",
		key
	]) ?? fallback;
	if (own("enabled", true) === false || own("defaultDatasourceEnabled", true) === false) return [];
	return [{
		uid: String(own("uid", "prometheus")),
		name: String(own("name", "Prometheus")),
		type: "prometheus",
		isDefault: own("isDefaultDatasource", true) === true
	}];
}
function listIn(value) {
	return Array.isArray(value) ? value : [];
}
function datasource(written) {
	if (!isMapping$1(written)) return [];
	const { name, uid, type, isDefault } = written;
	if (typeof name !== "string" || typeof type !== "string") return [];
	return [{
		name,
		type,
		uid: typeof uid === "string" && uid ? uid : uidOf(name),
		isDefault: isDefault === true
	}];
}
/** Grafana makes a uid from the name: https://github.com/grafana/grafana, pkg/services/provisioning/datasources. */
function uidOf(name) {
	return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}

// src/sources/dashboards.ts
/** More than a ConfigMap could take, even with all its white space. */
const mostBytes = 16 * 1024 ** 2;
const api = "https://grafana.com/api/dashboards";
/**
* A dashboard from grafana.com or from a URL, through the mirrors. A revision, or a URL with a checksum, that was fetched
* before is taken from the cache without asking anybody: it doesn't change.
* @throws InstallError when it can't be had or is no JSON, Interrupted.
*/
async function fetchDashboard(context, config, source, options = {}) {
	const web = createWeb(context, config, options);
	if (source.kind === "id") return await ofGrafana(web, source);
	const { url, sha256 } = source;
	const cached = sha256 === void 0 ? void 0 : await readCached(context, sha256);
	if (cached !== void 0 && sha256 !== void 0) {
		context.log.info(`dashboard ${url}: from the cache, sha256 verified`);
		return {
			text: cached,
			revision: void 0,
			sha256,
			origin: url
		};
	}
	const text = await fetchText(web, url, mostBytes);
	const got = hashOf(text);
	if (sha256 !== void 0 && got !== sha256) throw new InstallError(`wrong checksum of the dashboard ${where(web, url)}: expected sha256 ${sha256}, got ${got}`, { mend: "the host or the mirror serves another dashboard than the one that you saw: look at it again" });
	refuseOther(web, url, text);
	if (sha256 !== void 0) await context.host.files.write(textPath(context.host, sha256), text);
	context.log.info(`dashboard ${url}: from ${whence(web, url)}, sha256 ${got}`);
	return {
		text,
		revision: void 0,
		sha256: got,
		origin: url
	};
}
async function ofGrafana(web, { id, revision: asked }) {
	const { context } = web;
	const revision = asked ?? await newestRevision(web, id);
	const origin = `${api}/${id}/revisions/${revision}/download`;
	const cached = await cachedRevision(context, id, revision);
	if (cached) {
		context.log.info(`dashboard ${id} revision ${revision}: from the cache, sha256 verified`);
		return {
			...cached,
			revision,
			origin
		};
	}
	const text = await fetchText(web, origin, mostBytes).catch((cause) => {
		if (!isStatus(cause, 404)) throw cause;
		throw new InstallError(`there is no revision ${revision} of the dashboard ${id} on grafana.com: ${cause.message}`, {
			cause,
			mend: `look at https://grafana.com/grafana/dashboards/${id} for its revisions, or leave the revision out`
		});
	});
	refuseOther(web, origin, text);
	const sha256 = hashOf(text);
	await context.host.files.write(textPath(context.host, sha256), text);
	await context.host.files.write(pointerPath(context.host, id, revision), `${JSON.stringify({
		id,
		revision,
		sha256
	})}\n`);
	context.log.info(`dashboard ${id} revision ${revision}: from ${whence(web, origin)}, sha256 ${sha256}`);
	return {
		text,
		revision,
		sha256,
		origin
	};
}
async function newestRevision(web, id) {
	const url = `${api}/${id}`;
	const text = await fetchText(web, url, mostBytes).catch((cause) => {
		if (!isStatus(cause, 404)) throw cause;
		throw new InstallError(`there is no dashboard ${id} on grafana.com: ${cause.message}`, {
			cause,
			mend: "look for its ID on https://grafana.com/grafana/dashboards"
		});
	});
	refuseOther(web, url, text);
	const about = object({ revision: int().positive() }).safeParse(JSON.parse(text));
	if (!about.success) throw new InstallError(`${where(web, url)} does not say which revision is the newest`, { mend: `name one: ${id}@1` });
	const { revision } = about.data;
	web.context.log.info(`dashboard ${id}: the newest revision is ${revision}, says ${where(web, url)}`);
	return revision;
}
function isStatus(error, status) {
	return error instanceof HttpStatusError && error.status === status;
}
/** An answer that says 200 and is a login page, or nothing. */
function refuseOther(web, url, text) {
	const said = whatItIs(text);
	if (said === void 0) return;
	throw new InstallError(`${where(web, url)} is no dashboard: ${said}`, { mend: "the host, the mirror or a proxy before it answers with something else: open the address, and check `mirrors`" });
}
/** Undefined for a JSON object; else what there is instead. */
function whatItIs(text) {
	const start = text.trimStart().replace(/^\uFEFF/, "");
	if (start === "") return "it is empty";
	if (/^<(!doctype|html|\?xml|head|body)/i.test(start)) {
		const title = /<title[^>]*>([^<]{1,100})/i.exec(start)?.[1]?.trim();
		return `it is a web page${title === void 0 ? "" : ` (${JSON.stringify(title)})`}`;
	}
	try {
		const value = JSON.parse(start);
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return void 0;
		return "it is JSON, but no object";
	} catch (error) {
		return `it is no JSON (${error instanceof Error ? error.message : String(error)})`;
	}
}
function hashOf(text) {
	return createHash("sha256").update(text).digest("hex");
}
/** They lie there under their own sha256. */
function textPath(host, sha256) {
	return join(cacheFolder(host), "dashboards", `${sha256}.json`);
}
function pointerPath(host, id, revision) {
	return join(cacheFolder(host), "dashboards", "by-revision", `${id}-${revision}.json`);
}
async function cachedRevision(context, id, revision) {
	const pointer = await context.host.files.read(pointerPath(context.host, id, revision));
	const sha256 = /"sha256":"([0-9a-f]{64})"/.exec(pointer ?? "")?.[1];
	const text = sha256 === void 0 ? void 0 : await readCached(context, sha256);
	return text === void 0 || sha256 === void 0 ? void 0 : {
		text,
		sha256
	};
}
/** One that isn't what was put there is taken away. */
async function readCached({ host, log }, sha256) {
	const path = textPath(host, sha256);
	const text = await host.files.read(path);
	if (text === void 0 || hashOf(text) === sha256) return text;
	log.warn(`the cached dashboard ${path} is not what was put there; it is fetched anew`);
	await host.files.remove(path);
}

// src/core/dashboards.ts
/** grafana.com limits requests: no more at a time. */
const atOnce = 4;
/**
* The plan with the dashboards that the user wants: fetched, their inputs filled in, as files of Grafana's.
* @throws UserError that names every dashboard that can't be shown with its place in the configuration, InstallError of
*   the first that can't be had
*/
async function addDashboards(session, plan) {
	const { context, draft, loaded } = session;
	const wishes = loaded.config.dashboards;
	const grafana = plan.apps.find(hasGrafana);
	if (wishes.length === 0 || grafana === void 0) return plan;
	const datasources = plannedDatasources(grafana);
	const each = await mapLimited(wishes, atOnce, async (wish) => importOne(wish, await bytesOf(session, wish), datasources));
	const ready = each.filter((one) => "planned" in one);
	const wrong = each.filter((one) => "problem" in one);
	wrong.push(...strayInputs(ready), ...clashes(ready));
	if (wrong.length > 0) throw new UserError(wrong.map((one) => placed(session, one)).join("\n"));
	const changes = ready.flatMap(({ imported, planned }) => imported.changes.map((change) => `dashboard ${planned.title} (${planned.origin}): ${change}`));
	for (const change of changes) context.log.warn(change, { title: "monstack: dashboards" });
	draft.warnings = [...draft.warnings, ...changes];
	return withDashboards(plan, ready.map(({ planned }) => planned));
}
async function bytesOf({ context, loaded, supply }, { source }) {
	if (source.kind !== "file") return await fetchDashboard(context, loaded.config, source, { supply });
	const text = loaded.texts[source.path];
	if (text === void 0) throw new Error(`the dashboard ${source.path} was not read with the configuration`);
	return {
		text,
		revision: void 0,
		sha256: createHash("sha256").update(text).digest("hex"),
		origin: showPath(loaded.cwd, source.path)
	};
}
function importOne(wish, file, datasources) {
	const { text, origin, sha256, revision } = file;
	const { source, folder, inputs, index, isOneOfMany } = wish;
	const is = whatItIs(text);
	if (is !== void 0) return {
		index,
		problem: `${origin} is no dashboard: ${is}`
	};
	const exported = withoutEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
	const fallbackUid = madeUid(source.kind === "id" ? source.id : void 0, origin);
	const imported = importDashboard(exported, {
		inputs,
		mayNameOthers: isOneOfMany,
		datasources,
		fallbackUid
	});
	if ("problems" in imported) return {
		index,
		problem: `dashboard ${String(exported["title"] ?? basename(origin))} (${origin}): ${imported.problems.join("; ")}`
	};
	const { uid, title, panels, model } = imported;
	return {
		wish,
		imported,
		planned: {
			uid,
			title,
			folder,
			origin,
			sha256,
			revision,
			panels,
			model
		}
	};
}
/** The same each time, so that a link to it stays right. */
function madeUid(id, origin) {
	return id === void 0 ? `file-${createHash("sha256").update(origin).digest("hex").slice(0, 16)}` : `gnet-${id}`;
}
/** One of a folder's files may lack an input that others have, but not all of them. */
function strayInputs(ready) {
	return [...Map.groupBy(ready.filter(({ wish }) => wish.isOneOfMany), ({ wish }) => wish.index)].flatMap(([index, all]) => {
		const known = new Set(all.flatMap(({ imported }) => imported.inputs));
		const names = Object.keys(all[0]?.wish.inputs ?? {}).filter((name) => !known.has(name));
		if (names.length === 0) return [];
		const have = [...known].join(", ") || "none";
		return [{
			index,
			problem: `none of its dashboards has an input ${names.join(", ")}; they have ${have}`
		}];
	});
}
/** Grafana takes the second file of a uid for a mistake, and of two titles in one folder as well. */
function clashes(ready) {
	const seen = /* @__PURE__ */ new Map();
	return ready.flatMap(({ wish: { index }, planned }) => {
		const { uid, title, folder, origin } = planned;
		for (const [key, what] of [[`uid ${uid}`, ` (uid ${uid})`], [`title ${folder ?? ""}/${title.toLowerCase()}`, " in the same folder"]]) {
			const other = seen.get(key);
			if (other === void 0) seen.set(key, planned);
			else return [{
				index,
				problem: `${origin} and ${other.origin} are both dashboard ${title}${what}; leave one of them out, or give it another uid and title`
			}];
		}
		return [];
	});
}
function placed({ loaded }, { index, problem }) {
	if (loaded.origins.dashboards !== "file") return problem;
	const place = placeInFile(loaded, ["dashboards", index]) ?? placeInFile(loaded, ["dashboards"]);
	return place ? `${place.file}:${place.line}:${place.column}: ${problem}` : problem;
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
	const isUp = new AbortController();
	const work = crew.start(() => bringUp$1(inner, crew, input, isUp.signal).finally(() => isUp.abort()));
	await crew.settle();
	return await work;
}
async function bringUp$1(session, crew, input, isUp) {
	const { context, loaded, recorder, draft, progress } = session;
	const { config } = loaded;
	const tool = (name) => crew.start(() => recorder.phase(`install ${name}`, () => installTool(context, config, name, { supply: session.supply })));
	const k3s = config.cluster.kind === "k3s" ? tool("k3s") : void 0;
	const helm = tool("helm");
	const kubectl = tool("kubectl");
	const rendered = crew.start(() => recorder.phase("fetch and render charts", async () => {
		const plan = await addDashboards(session, input.plan);
		const apps = await renderCharts(session, plan, {
			helm,
			kubectl
		});
		tellCharts(session, apps);
		return {
			plan,
			apps
		};
	}));
	const cluster = await crew.start(() => recorder.phase("start cluster", () => openCluster(session, input, k3s, (running) => {
		crew.start(() => staysUp(context, running, isUp));
	})));
	progress.cluster = cluster;
	draft.cluster = {
		kind: cluster.kind,
		version: cluster.version
	};
	const { plan, apps } = await rendered;
	progress.apps = apps;
	const tools = await Promise.all([
		...k3s ? [k3s] : [],
		helm,
		kubectl
	]);
	draft.versions = {
		...versionsOf(tools, apps),
		dashboards: plan.dashboards.map(versionOf)
	};
	const deployedAt = new Date(context.host.now()).toISOString();
	progress.deployedAt = deployedAt;
	draft.apps = (await recorder.phase("deploy", async () => deployApps(context, {
		cluster,
		helm: await helm,
		apps,
		journal: input.journal,
		timeoutMs: config.timeouts.deployMs,
		beforeChanges: (missing) => checkRights(session, cluster, apps, input.login, missing)
	}))).map(({ chart: _, ...app }) => app);
	const services = await recorder.phase("open local addresses", () => openServices(session, cluster, apps, input.journal, plan.alerting));
	const stack = {
		version: 1,
		monstack: session.version,
		deployedAt,
		clusterKind: cluster.kind,
		clusterVersion: cluster.version,
		kubeconfig: cluster.kubeconfig,
		context: cluster.context,
		tools,
		plan,
		rendered: apps,
		services,
		grafana: await readLogin(input.login, cluster.kube, session)
	};
	await saveStack(context.host, config.stateDir, stack);
	return stack;
}
async function openCluster(session, input, k3s, onRunning) {
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
	if (config.cluster.kind === "existing") return journaled(await existingCluster(context, config.cluster));
	if (k3s === void 0 || preflight === void 0) throw new Error("a k3s is started only after the look at the host");
	const running = await startK3s(context, config, await k3s, preflight, journal);
	const cluster = await waitForApi(context, running, config.timeouts.clusterMs);
	onRunning(running);
	return journaled(cluster);
}
function versionOf({ uid, title, origin, revision, sha256 }) {
	return {
		uid,
		title,
		origin,
		revision,
		sha256
	};
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

// src/core/watch.ts
/** Rounds, and changes, that the report keeps: a day of rounds at the default pace is about three times that. */
const mostKept = 1e3;
/**
* Checks a stack again and again, a line per round and one per change, until its time is over or it is interrupted, which is
* the ordinary way to end it. The last whole round is in the session's draft, with the history.
* @returns whether the last round was good; whether all were is in the draft
* @throws Interrupted when not even the first round could be finished
*/
async function watch(session, record, options) {
	const { context } = session;
	const stack = await toStack(session, record);
	const watched = {
		states: /* @__PURE__ */ new Map(),
		rounds: 0,
		failedRounds: 0,
		history: [],
		changes: []
	};
	const end = options.forMs === void 0 ? Number.POSITIVE_INFINITY : context.host.now() + options.forMs;
	let verified = false;
	while (true) {
		const began = context.host.now();
		const round = await oneRound(session, stack, options).catch((error) => {
			if (context.signal.aborted && watched.rounds > 0) return void 0;
			throw error;
		});
		if (round === void 0) break;
		verified = isVerified(round.results);
		note(session, watched, round, {
			began,
			verified
		});
		keep(session, watched, round, options);
		const next = began + options.everyMs;
		if (next >= end) break;
		await context.host.sleep(Math.max(0, next - context.host.now()), context.signal).catch(() => void 0);
		if (context.signal.aborted) break;
	}
	const { rounds, failedRounds } = watched;
	context.log.info(`watched ${count(rounds, "round")}: ${failedRounds === 0 ? "all good" : `${failedRounds} not verified`}`);
	return verified;
}
async function oneRound(session, stack, { everyMs }) {
	const { verify: wanted, timeouts } = session.loaded.config;
	const deadlineMs = Math.min(timeouts.verifyMs, everyMs);
	return await runChecks(stack, {
		checks: checksOf(session, stack).map((check) => ({
			...check,
			withinMs: check.withinMs === void 0 ? void 0 : Math.min(check.withinMs, everyMs)
		})),
		others: [...endChecks, ...checklistPoints].map(({ id }) => id),
		only: wanted.only,
		skip: wanted.skip,
		deadlineMs,
		lingerMs: deadlineMs
	});
}
/** What the round says: a line for each check whose state is another than before, and one for the round. */
function note({ context: { host, log } }, watched, { results }, { began, verified }) {
	const times = {
		began,
		ended: host.now()
	};
	for (const result of results) noteChange(log, watched, result, times);
	watched.rounds += 1;
	if (!verified) watched.failedRounds += 1;
	const failed = results.filter((result) => result.severity === "error" && isBad(result)).map(({ id }) => id);
	const startedAt = new Date(began).toISOString();
	add(watched.history, {
		startedAt,
		endedAt: new Date(times.ended).toISOString(),
		verified,
		failed
	});
	const passed = results.filter(({ status }) => status === "pass").length;
	const words = verified ? `verified, ${count(passed, "check")} passed` : `not verified: ${listed(failed)}`;
	log.info(`round ${watched.rounds}: ${words} (${((times.ended - began) / 1e3).toFixed(1)} s)`);
}
function listed(failed) {
	return failed.join(", ") || "no check passed";
}
/** In the first round only what is not well is news. */
function noteChange(log, watched, result, { began, ended }) {
	const { id, status } = result;
	const before = watched.states.get(id);
	if (before?.status === status) return;
	watched.states.set(id, {
		status,
		since: began
	});
	const said = saidBy(result);
	if (before === void 0) {
		if (isBad(result)) log.warn(`${id}: ${status}: ${said}`);
		return;
	}
	const lasted = formatDuration(Math.round((began - before.since) / 1e3) * 1e3);
	const line = `${id}: ${before.status} -> ${status}, after ${lasted}: ${said}`;
	if (isBad(result)) log.warn(line);
	else log.info(line);
	add(watched.changes, {
		at: new Date(ended).toISOString(),
		check: id,
		from: before.status,
		to: status,
		said
	});
}
/** So that a report can be written whatever happens in the next round. */
function keep({ draft, progress }, watched, { results, findings }, { everyMs }) {
	const { rounds, failedRounds, history, changes } = watched;
	draft.checks = results;
	draft.targets = findings.targets ?? [];
	draft.dashboards = findings.dashboards ?? [];
	progress.findings = findings;
	draft.watch = {
		everyMs,
		rounds,
		failedRounds,
		history: [...history],
		changes: [...changes]
	};
}
function add(list, one) {
	list.push(one);
	if (list.length > mostKept) list.shift();
}
function isBad({ status }) {
	return status === "fail" || status === "error" || status === "warn";
}
function saidBy(result) {
	switch (result.status) {
		case "pass": return result.seen;
		case "skipped": return result.reason;
		case "error": return `could not be asked, ${result.error}`;
		case "fail":
		case "warn": return `expected ${result.expected}, saw ${result.seen}`;
	}
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
		if (job.mode === "verify" || job.mode === "checklist") stack = await findStack(session);
		if (job.mode === "up" || job.mode === "run") stack = await bringUp(session, job, own);
		if (checks(job)) {
			if (stack) verified = await check(session, stack, job);
		}
	} catch (thrown) {
		error = context.signal.aborted ? new Interrupted() : thrown;
		draft.failure = describeFailure(error);
	}
	const unverified = checks(job) && !verified;
	if (error !== void 0 || unverified && isUnexplained(session)) await explain(session, {
		stack,
		error
	});
	const failed = error !== void 0 || job.mode === "run" && !verified;
	if (job.mode === "down" && loaded.config.verify.atEnd) await tryVerifyAtEnd(session);
	if (job.mode === "down" || own.began && wantsTeardown(job, failed, error)) {
		if (loaded.config.keep.metrics) await keepMetrics(session);
		await tryDown(session);
	}
	const results = toResults(session, job.mode, verified);
	await tryReport(session, results);
	return {
		exitCode: judge(job, results, error),
		results,
		stack,
		error
	};
}
/** What was secret when it was deployed is so in what is told about it now. */
async function findStack({ context, loaded, secrets }) {
	const stack = await loadStack(context.host, loaded.config.stateDir);
	for (const secret of stack.plan.secrets ?? []) keepSecret(secret, context.log, secrets);
	return stack;
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
function checks(job) {
	return [
		"verify",
		"checklist",
		"run"
	].includes(job.mode) || job.verifyAfterUp;
}
async function check(session, stack, job) {
	if (job.mode === "checklist") return await judgeStack(session, stack);
	return await (job.watch ? watch(session, stack, job.watch) : verify(session, stack));
}
/** A point of the checklist says itself why it isn't met. */
function isUnexplained({ draft }) {
	const points = new Set(checklistPoints.map(({ id }) => id));
	const failed = draft.checks.filter(({ status }) => status === "fail" || status === "error");
	return failed.length === 0 || failed.some(({ id }) => !points.has(id));
}
/** What it finds is told; what keeps it from looking must not keep the teardown from its work. */
async function tryVerifyAtEnd(session) {
	try {
		await verifyAtEnd(session);
	} catch (error) {
		session.draft.atEnd = {
			verified: false,
			checks: [],
			causes: []
		};
		session.context.log.error(`the stack could not be checked at the end: ${messageOf(error)}`);
	}
}
/** Only what this job began is its to take down: a refused `up` leaves the stack that is there. */
function wantsTeardown(job, failed, error) {
	if (job.mode === "verify" || job.mode === "checklist" || failed && job.keepOnFailure) return false;
	return job.mode === "run" || error !== void 0;
}
async function bringUp(session, job, own) {
	const { context, loaded, recorder, version } = session;
	const { config } = loaded;
	const { host } = context;
	const { plan, login } = prepare$1(session);
	session.draft.warnings = [...session.draft.warnings, ...plan.notices.map(({ text }) => text)];
	await clearLeftovers(session, job);
	const found = config.cluster.kind === "k3s" ? await recorder.phase("preflight", () => preflight(context, config)) : void 0;
	session.draft.adaptations = found?.adaptations ?? [];
	if (config.ports.whenBusy === "fail") await choosePorts(context, expectedListeners(config, plan), "fail");
	if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
	const before = await takeSnapshot(host);
	own.began = true;
	const journal = await openJournal(host, config.stateDir);
	await journal.append({
		kind: "begin",
		at: new Date(host.now()).toISOString(),
		before,
		version
	});
	if (config.keep.data) await journal.append({
		kind: "keep-data",
		at: new Date(host.now()).toISOString()
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
	if (checks(job) && !results.verified) return exitCode.notVerified;
	if ((results.watch?.failedRounds ?? 0) > 0) return exitCode.notVerified;
	if (results.atEnd?.verified === false) return exitCode.notVerified;
	return (results.teardown?.leaks.length ?? 0) > 0 ? exitCode.leaked : exitCode.verified;
}

export { readChartSource as a, installTool as c, expectedListeners as d, checkReceiverPorts as f, unknownIn as i, missingNamespaces as l, examine as m, addDashboards as n, unknownValues as o, choosePorts as p, renderCharts as r, fetchChart as s, runJob as t, existingCluster as u };