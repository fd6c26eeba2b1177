import { $ as exitCode, B as string, H as union$1, J as CommandError, K as prettifyError, L as object, N as int, O as _enum, P as literal, Q as UserError, R as record, U as unknown$1, V as tuple, W as ZodError, X as Interrupted, Y as InstallError, Z as MonstackError, _ as mailMark, a as probeLabel, f as describeEndpoint, h as endpointUrl, k as array, nt as messageWithFix, p as endpointHeader, s as ruleGroup, tt as messageOf, x as encodeUrlPart, y as probeHeader } from "./arrivals.js";
import { $ as request$1, $i as plainWord, $r as k3sSettings, $t as ruleFiles$1, A as cachedChart, Ai as isTooDeep, B as releaseOf, Bi as chartRef, Bn as variableOf, Br as runChecks, Bt as clusterObjectsOf, C as notAsLocked, Ca as isNetwork, Ci as isPromql, Cn as tail, Cr as placeInFile, D as repoOf, Da as ownFolderOf, Di as prometheusTypes, Dn as keepFile, Dr as plainWords, Dt as checkRights, E as dashboardIn, Ea as oomDropIn, Ei as languageOfText, En as cacheFolder, Er as asHelmReads, Et as explain$1, F as forgetTool, Fi as switchedOffAt, Fn as hiddenInMessages, Fr as accessOf, Ft as targetsOf, G as bounded$1, Gi as showPath, Gn as defaultRepos, Gr as trimPath, Gt as podSpecsOf, Hi as ownValue, Hn as parseWith, Hr as isMapping$3, Ht as hookOf, I as keepTool, Ii as grafanaValuesIn, In as isSecretField, Ir as datasourceAccess, It as viewOf, J as fetchText, Ja as onlyFiles, Ji as formatDuration, Jn as byDefault, Jr as monitorsOf, K as download, Ki as shown$2, Kn as defaultVersions, Kr as forOperator, Kt as unclearYaml, L as packedProgram, Li as isStackChart, Ln as variableFor, Lr as probeLogin, Lt as openStore, M as tearDown, Mi as namespacesOf, Mn as openSupply, Mr as offsetInScalar, N as archiveFile, Na as showUrl, Ni as homeOf, Nn as splitSecretArguments, Nr as yamlEntries, O as archivePath, Oa as settingFiles, Oi as typeInName, On as refuseShared, Or as readYaml, P as cachedTool, Pa as isCredentialKey, Pi as keysOf$1, Pn as credentialsIn, Pr as isVerified, Pt as resourcesFor, Q as refuseOffline, Qi as nearest, Qn as keepMetrics, Qr as k3sFlags, Qt as refuseAs, Ri as stackChart, Rn as writtenSecrets, Rr as prometheusUrl, Rt as noteKubeletServices, S as downloadLocked, Sa as imageFolder, Si as isForeign, Sn as readLog, Sr as placeInApp, T as chartIn, Ta as k3sUnit, Ti as languageOf, Tr as placeOfSetting, Tt as verifyAtEnd, Ua as bounded, Un as defaultApps, Ur as flagIn, Ut as imagesOf, Vi as formatChart, Vn as registryName, Vr as components$1, Vt as definitionsOf, Wi as formatPath, Wn as defaultAppsOf, Wr as servedPath, Wt as parseManifest$1, X as createProgress, Xa as tarEntries, Xi as didYouMean, Xn as isRelease, Xr as operatorKinds, Y as sha256Of, Yi as parseDuration, Yn as lockFileName, Yr as operatorGroup, Z as createPart, Za as tarEntryText, Zi as editDistance, Zr as disabledParts, Zt as checkRendered, _ as imageParts, _a as reasonAgainstDataDir, _i as resolve$1, _n as classNameOf, aa as replaceAt, ai as parseImageRef, an as judgeRuleTexts, ao as durationMs, ar as nodesOf, at as mirrored, b as textPath, ba as forwardSettings, bi as datasourceSchema, bn as endedError, c as asArchive, ca as withValue, ci as endChecks, cn as judgedBy, co as require_dist, cr as describeResult, ct as eachOnce, d as imagesFolder, da as loadStack, di as existingCluster, dn as isNearlyFull, dr as tellCharts, dt as takeSnapshot, ea as formatKeyPath, ei as lastValue, en as judgeNotifications, er as judgeStack, et as createWeb, f as keepImage, fi as readRouting, fn as judgeDisk, ft as isOfRootOrUs, g as digestOfBytes, ga as readJournal, gi as refOf, gn as claimRules, ha as openJournal, hi as mapLimited, hn as describeClasses, ht as findExisting, ii as formatImageRef, in as newerKeys, ir as nodesAround, it as HttpStatusError, j as rememberChart, ji as findEndpoints, jr as resolveReferences, k as cachedArchive, ka as stateFiles, ki as withoutTexts, kr as foreignTemplate, l as cachedImage, la as operatorImages, li as firstOf$1, ln as deployedPrometheus, lo as datetime, lt as joinBelow, ma as journalName, mi as demandsOf, mn as judgeWorkload, mr as formatPlace, mt as startedBy, n as hostPaths, na as isUnset, ni as podImages, nn as mayKnowMore, nr as verify, nt as where, o as createRedactor, oa as valueAt, oi as clipLines, on as ruleFileOfSpec, oo as parseDocuments, or as pointAt, ot as mirroredOci, p as archiveOf, pa as saveStack, pi as matches, pn as readDisk, pr as count, pt as startTimeOf, q as downloadVerified, qi as throwIfAny, qn as Lock, qr as inNamespace, qt as redactResults, ra as mergeValues, rn as deployedAlertmanager, rr as checksOf, rt as backOff, s as foreignTools, sa as withSet, si as renderedGroups, sn as faultOn, so as parseYaml, sr as toParsedQuery, st as parseRegistry, t as knownOf, ta as isMapping$2, ti as nodeIpFlags, tn as judgeAlertmanager, tr as toStack, tt as whence, u as imageArchivePath, ua as checklistPoints, ui as reportWaits, un as prometheusFeatures, ut as withKubeCache, v as fetchDashboard, va as changedByK3s, vi as readDashboard, vn as isDefaultClass, vt as writeReport, w as notInLock, wa as k3sFootprint, wi as isSameType, wr as placeInValues, x as whatItIs, xa as forwardStatus, xi as toRef, xn as knownCause, xr as locate, ya as forwardLog, yi as namesIn, yn as watchPodNetwork, zi as chartName, zn as isOpen$1, zr as refuseUrlPrefixes, zt as needsOf } from "./known.js";
import { t as bind } from "./server.js";
import { T as ObjectCoreV1Api, j as ApiException, k as ObjectVersionApi, t as Health } from "./dist.js";
import { r as loginEnvironment, t as SharingKubeConfig } from "./kube-config.js";
import { n as createApi, r as shorten, t as ApiError } from "./api.js";
import { basename, dirname, isAbsolute, join, posix, resolve } from "node:path";
import { createServer, isIPv4 } from "node:net";
import { Readable, pipeline } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { constants, createZstdCompress, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { createHash, randomBytes } from "node:crypto";

// src/cluster/preflight/capabilities.ts
const sysResourceBit = 24n;
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
function enabledControllers(table) {
	return table.split("\n").filter((line) => !line.startsWith("#")).map((line) => line.split(/\s+/)).filter((fields) => fields[3] === "1").flatMap((fields) => fields[0] === void 0 ? [] : [fields[0]]);
}
function judgeCgroups(kind, controllers) {
	const missing = ["cpu", "memory"].filter((name) => !controllers.includes(name));
	if (missing.length > 0) return [{
		kind: "problem",
		id: "missing-cgroup-controllers",
		message: `the cgroup controllers ${missing.join(" and ")} are not available, and the kubelet needs them`,
		fix: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line; in a container, delegate the controllers to it"
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
async function probeExistingK3s(host, paths, options) {
	const signs = [...await runningServers(host, paths), ...await installedFiles(host, paths, options)];
	if (signs.length === 0) return [];
	if (await isOurs(host, options.stateDir)) return [{
		kind: "problem",
		id: "not-torn-down",
		message: `a k3s of an earlier run is still here (${signs.join(", ")})`,
		fix: `take it down first: monstack down --state-dir ${options.stateDir}`
	}];
	return [{
		kind: "problem",
		id: "k3s-already-here",
		message: `a k3s is already installed here (${signs.join(", ")}), and monstack doesn't touch it`,
		fix: `use its kubeconfig to deploy into it (cluster.kubeconfig: ${options.kubeconfig}), or uninstall it first (k3s-uninstall.sh)`
	}];
}
async function installedFiles(host, paths, options) {
	const candidates = [
		options.kubeconfig,
		join(paths.etcRancher, "k3s/k3s.yaml"),
		...paths.systemdUnits.flatMap((folder) => [join(folder, "k3s.service"), join(folder, "k3s-agent.service")]),
		...options.dataDirs.flatMap((dataDir) => [join(dataDir, "server"), join(dataDir, "agent/containerd")])
	];
	return existing$1(host, [...new Set(candidates)]);
}
async function existing$1(host, candidates) {
	const there = new Set(await findExisting(host, candidates));
	return candidates.filter((path) => there.has(path));
}
async function runningServers(host, paths) {
	const pids = (await host.files.list(paths.proc)).filter((name) => /^\d+$/.test(name));
	const servers = (await Promise.all(pids.map(async (pid) => {
		const read = (name) => host.files.read(`${paths.proc}/${pid}/${name}`).catch(() => void 0);
		const [command, status] = await Promise.all([read("cmdline"), read("status")]);
		return {
			pid,
			command: command?.replaceAll("\0", " ").trim() ?? "",
			uid: startedBy(status ?? "")
		};
	}))).filter((info) => isOfRootOrUs(info) && isK3sServer(info.command));
	const here = await Promise.all(servers.map(({ pid }) => isInOurNetwork(host, paths, pid)));
	return servers.filter((_, index) => here[index]).map(({ pid, command }) => `process ${pid}: ${command.slice(0, 60)}`);
}
function isK3sServer(command) {
	return /^(\S*\/)?k3s\s+(server|agent)\b/.test(command);
}
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
function rootPropagation(mountinfo) {
	const fields = mountinfo.split("\n").findLast((candidate) => candidate.split(" ")[4] === "/")?.split(" ") ?? [];
	const optional = fields.slice(6, fields.indexOf("-"));
	if (optional.some((field) => field.startsWith("shared:"))) return "shared";
	return optional.some((field) => field.startsWith("master:")) ? "slave" : "private";
}
function judgeRootPropagation(propagation) {
	if (propagation === "shared") return [];
	return [{
		kind: "adaptation",
		id: "private-root-mount",
		found: `/ is mounted ${propagation}, and pods that follow the host's mounts (node-exporter) can't start below that`,
		done: "k3s runs in a mount namespace of its own, where / is shared; the host's mounts stay as they are"
	}];
}
const ownMountNamespace = [
	"unshare",
	"--mount",
	"--propagation",
	"shared",
	"--"
];

// src/cluster/preflight/overlay.ts
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
async function probePlatform(host, paths) {
	if ((await host.files.read(`${paths.proc}/sys/kernel/ostype`))?.trim() !== "Linux") return [{
		kind: "problem",
		id: "not-linux",
		message: "k3s runs on Linux only, and this machine doesn't",
		fix: "deploy into an existing cluster: set cluster.kubeconfig, or use --kubeconfig"
	}];
	if (host.rights !== "none") return [];
	return [{
		kind: "problem",
		id: "no-root",
		message: "k3s needs root, and this user is neither root nor allowed to sudo without a password",
		fix: "run as root, allow this user to sudo without a password, or deploy into an existing cluster"
	}];
}
function hasSystemd(host, paths) {
	return host.files.exists(`${paths.run}/systemd/system`);
}
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
			fix: `install it (Debian, Ubuntu: apt-get install ${debian})`
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

// src/cluster/preflight/uplink.ts
const Links = array(object({
	ifname: string().default(""),
	flags: array(string()).default([]),
	addr_info: array(object({
		local: string().default(""),
		scope: string().default("")
	})).default([])
}));
const ofContainers = /^(cni|flannel|docker|br-|veth|virbr|podman|lxcbr|lxdbr|cali|cilium|kube-|tunl)/;
function parseLinkAddresses(json) {
	const links = Links.safeParse(parsed$2(json));
	if (!links.success) return [];
	return links.data.filter(({ flags }) => !flags.includes("LOOPBACK")).flatMap(({ ifname, flags, addr_info }) => addr_info.filter(({ local, scope }) => scope === "global" && isIPv4(local) && !local.startsWith("169.254.")).map(({ local }) => ({
		device: ifname,
		address: local,
		hasCarrier: !flags.includes("NO-CARRIER")
	})));
}
function parsed$2(json) {
	try {
		return JSON.parse(json);
	} catch {
		return;
	}
}
async function readLinkAddresses(host, paths) {
	const shown = await host.exec([...[
		"ip",
		"-json",
		"-4",
		"address",
		"show",
		"up"
	]], { allowFailure: true }).catch(() => void 0);
	return (await Promise.all(parseLinkAddresses(shown?.stdout ?? "").map(async (link) => {
		const isHardware = await host.files.exists(`${paths.sys}/class/net/${link.device}/device`);
		return {
			link,
			rank: (link.hasCarrier ? 0 : 2) + (isHardware ? 0 : 1)
		};
	}))).sort((a, b) => a.rank - b.rank).map(({ link }) => link);
}
function uplinkAsked(args) {
	const address = lastValue(args, nodeIpFlags);
	const device = lastValue(args, ["--flannel-iface"]);
	return {
		...address === void 0 ? {} : { address },
		...device === void 0 ? {} : { device }
	};
}
function uplinksFor(links, asked) {
	const { address, device } = asked;
	if (address !== void 0 && device !== void 0) return [{
		address,
		device
	}];
	return links.filter((link) => {
		if (address !== void 0) return link.address === address;
		if (device !== void 0) return link.device === device;
		return !ofContainers.test(link.device);
	});
}
async function isRouted(host, network) {
	const [address = network] = network.split("/");
	return (await host.exec([
		"ip",
		"-4",
		"route",
		"get",
		address
	], { allowFailure: true }).catch(() => void 0))?.exitCode === 0;
}
function judgeUplink(uplinks, asked, serviceRoute) {
	const [uplink, ...others] = uplinks;
	if (uplink === void 0) return [{
		kind: "problem",
		id: "no-default-route",
		...missing$1(asked)
	}];
	const done = [];
	if (asked.address === void 0 || asked.device === void 0) done.push(`k3s is told ${uplink.address} of ${uplink.device}${choice(others)}`);
	if (serviceRoute !== void 0) done.push(`the services' addresses (${serviceRoute}) get a route within this host until teardown`);
	if (done.length === 0) return [];
	return [{
		kind: "adaptation",
		id: "no-default-route",
		found: "this host has no default route, by which k3s finds its node's address and services are reached",
		done: done.join("; ")
	}];
}
function choice(others) {
	if (others.length === 0) return "";
	return ` rather than ${others.map(({ address, device }) => `${address} of ${device}`).join(", ")} (k3s.args: ["--node-ip=ADDRESS"] for another one)`;
}
function missing$1({ address, device }) {
	if (address !== void 0 || device !== void 0) {
		const [flag, what] = address === void 0 ? [`--flannel-iface=${device}`, "there is no such link that is up and has an IPv4 address"] : [`--node-ip=${address}`, "no link that is up has this address"];
		return {
			message: `this host has no default route, k3s.args has ${flag}, and ${what}`,
			fix: "correct k3s.args (`ip -4 address` lists links and addresses), or give the host a default route"
		};
	}
	return {
		message: "this host has no default route and no IPv4 address on a link that is up, so its node has no address",
		fix: "connect it, or give it an address of its own that leads nowhere: ip link add node0 type dummy; ip address add 192.0.2.1/32 dev node0; ip link set node0 up"
	};
}

// src/cluster/preflight/pod-network.ts
const vxlanHeader = 50;
const ethernetMtu = 1500;
function defaultDevice(table) {
	return table.split("\n").map((line) => line.trim().split(/\s+/)).filter((fields) => fields[1] === "00000000" && fields[7] === "00000000" && fields[0] !== "*").sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}
function hasIpv6Default(table) {
	return /^0{32} 00 .* (?!lo$)\S+$/m.test(table);
}
async function readPodNetwork(host, paths, args, settings) {
	const asked = uplinkAsked(args);
	const device = defaultDevice(await host.files.read(`${paths.proc}/net/route`) ?? "");
	if (device !== void 0) return {
		facts: {
			podMtu: await readPodMtu(host, paths, asked.device ?? device),
			uplink: void 0,
			serviceRoute: void 0
		},
		findings: []
	};
	const uplinks = asksForIpv6(args, settings) ? [] : uplinksFor(await readLinkAddresses(host, paths), asked);
	const [uplink] = uplinks;
	const podMtu = await readPodMtu(host, paths, asked.device ?? uplink?.device);
	if (uplink === void 0) {
		const ipv6Routes = await host.files.read(`${paths.proc}/net/ipv6_route`) ?? "";
		const findings = asksForIpv6(args, settings) || hasIpv6Default(ipv6Routes) ? [] : judgeUplink([], asked, void 0);
		return {
			facts: {
				podMtu,
				uplink,
				serviceRoute: void 0
			},
			findings
		};
	}
	const serviceRoute = await isRouted(host, settings.serviceCidr) ? void 0 : settings.serviceCidr;
	return {
		facts: {
			podMtu,
			uplink,
			serviceRoute
		},
		findings: judgeUplink(uplinks, asked, serviceRoute)
	};
}
function asksForIpv6(args, { clusterCidr, serviceCidr }) {
	return [
		clusterCidr,
		serviceCidr,
		lastValue(args, nodeIpFlags) ?? ""
	].some((value) => value.includes(":"));
}
async function readPodMtu(host, paths, device) {
	const text = device && await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => void 0);
	return (Number(text) || ethernetMtu) - vxlanHeader;
}

// src/cluster/preflight/ports.ts
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
function parseListeners(table) {
	return table.split("\n").flatMap((line) => {
		const fields = line.trim().split(/\s+/);
		const [address, port] = fields[1]?.split(":") ?? [];
		const inode = fields[9];
		if (fields[3] !== listen || address === void 0 || port === void 0 || inode === void 0) return [];
		return [{
			port: Number.parseInt(port, 16),
			inode,
			on: placeOf$2(address)
		}];
	});
}
const listen = "0A";
function placeOf$2(address) {
	if (/^0+$/.test(address)) return "all";
	return address.endsWith("7F") && (address.length === 8 || address.startsWith("0000000000000000FFFF0000")) || address === ipv6Loopback ? "loopback" : "other";
}
const ipv6Loopback = "00000000000000000000000001000000";
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
			fix: fixFor$1(needed, apiPort, owner?.pid)
		});
	}
	return findings;
}
function clash(needed, listener) {
	if (needed.port !== listener.port) return false;
	return needed.bound === "all" || listener.on !== "other";
}
function fixFor$1(needed, apiPort, pid) {
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
async function preflight(context, config, paths = hostPaths()) {
	const { problems, result } = await examine(context, config, paths);
	if (result === void 0 || problems.length > 0) throw asError(problems);
	for (const { found, done } of result.adaptations) context.log.info(`${found}: ${done}`);
	for (const warning of result.warnings) context.log.warn(warning);
	return result;
}
async function examine({ host }, config, paths = hostPaths()) {
	const platform = await probePlatform(host, paths);
	if (platform.length > 0) return {
		problems: platform.flatMap(asProblem),
		result: void 0
	};
	const settings = k3sSettings(config.k3s.args, paths);
	const { facts, findings } = await readFacts(host, paths, config.k3s.args, settings);
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
async function readFacts(host, paths, args, settings) {
	const systemd = await hasSystemd(host, paths);
	const runsAs = `${paths.proc}/${systemd ? "1" : "self"}`;
	const [status, mountinfo, cgroups, overlayfs, sysctls, disk, network] = await Promise.all([
		host.files.readAsRoot(`${runsAs}/status`),
		host.files.readAsRoot(`${runsAs}/mountinfo`),
		readCgroups(host, paths),
		readOverlay(host, paths),
		readSysctls(host, paths),
		readDisk(host, settings.dataDir),
		readPodNetwork(host, paths, args, settings)
	]);
	const facts = {
		systemd,
		cgroups: cgroups.kind,
		sysResource: hasSysResource(status ?? ""),
		rootPropagation: rootPropagation(mountinfo ?? ""),
		overlayfs,
		...network.facts,
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
			...judgeDisk(disk, settings.dataDir),
			...network.findings
		]
	};
}
function asProblem(finding) {
	return finding.kind === "problem" ? [finding] : [];
}
function asError(problems) {
	const [first] = problems;
	if (first !== void 0 && problems.length === 1) return new InstallError(first.message, { fix: first.fix });
	const list = problems.map(({ message, fix }) => `- ${message} (${fix})`).join("\n");
	return new InstallError(`k3s can't run on this host:\n${list}`, { fix: "fix each of these, then try again" });
}

// src/forward/ports.ts
async function choosePorts({ host, log }, listeners, whenBusy) {
	const chosen = [];
	for (const listener of listeners) {
		const { name, port } = listener;
		const asked = chosen.some((other) => other.port === port);
		if (!asked && await isFree$1(port)) {
			chosen.push(listener);
			continue;
		}
		const holder = asked ? "another listener of this stack" : await findHolder(host, port);
		const problem = `port ${port} for ${name} is taken${holder ? ` by ${holder}` : ""}`;
		if (whenBusy === "fail") throw new UserError(problem, { fix: `choose another with \`ports.${name}\` in monstack.yaml or --${name}-port, or take any free one with --busy-port other` });
		const other = await freePort(new Set(listeners.map((wanted) => wanted.port)));
		log.warn(`${problem}: using ${other} instead`);
		chosen.push({
			...listener,
			port: other
		});
	}
	return chosen;
}
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
		throw new UserError(`port ${port}, at which monstack takes Alertmanager's notifications, is taken${holder ? ` by ${holder}` : ""}`, { fix: "free the port, or leave the receivers alone with alerting.receivers: as-is" });
	}
}
async function isFree$1(port) {
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
		if (!without.has(address.port) && await isFree$1(address.port)) return address.port;
	}
}
function pidIn(listed) {
	return /",pid=(\d+),fd=\d+\)\)\s*$/.exec(listed)?.[1];
}
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
	const pid = pidIn((await host.exec(argv, {
		root,
		allowFailure: true,
		timeoutMs: 5e3
	}).catch(() => void 0))?.stdout ?? "");
	if (pid === void 0) return void 0;
	return `${(await host.files.read(`/proc/${pid}/comm`).catch(() => void 0))?.trimEnd() || "a process"} (pid ${pid})`;
}

// src/lock/differences.ts
function missingIn(lock, wanted) {
	return [
		...profileDiffers(lock, wanted),
		...wanted.tools.flatMap((tool) => toolDiffers(lock.tools[tool.name], tool)),
		...wanted.charts.flatMap((chart) => chartDiffers(lock, chart)),
		...wanted.dashboards.flatMap((dashboard) => dashboardDiffers(lock, dashboard)),
		...k3sImagesMissing(lock, wanted)
	];
}
function unusedIn(lock, wanted) {
	const tools = Object.keys(lock.tools).filter((name) => !wanted.tools.some((tool) => tool.name === name));
	const charts = new Set(wanted.charts.map((chart) => chartIn(lock, chart)));
	const dashboards = new Set(wanted.dashboards.map((dashboard) => dashboardIn(lock, dashboard)));
	return [
		...tools.map((name) => `${name} ${lock.tools[name]?.version}`),
		...lock.charts.filter((chart) => !charts.has(chart)).map(({ name, from, version }) => `chart ${name || from} ${version}`),
		...lock.dashboards.filter((dashboard) => !dashboards.has(dashboard)).map(({ from, revision }) => `dashboard ${from}${revision === void 0 ? "" : `@${revision}`}`)
	].map((what) => ({
		text: `${what} is locked, and nothing asks for it`,
		at: void 0
	}));
}
function fitsTool({ asked: then, version }, asked) {
	return then === asked || version === asked;
}
function missingRepositories(lock, repositories) {
	const locked = new Set(lock.images.map(({ image }) => repositoryOf(image)));
	return repositories.filter((repository) => !locked.has(repository));
}
function repositoryOf(image) {
	const { registry, repository } = parseImageRef(image);
	return `${registry}/${repository}`;
}
function profileDiffers(lock, { profile, profileAt: at }) {
	if (lock.profile === profile) return [];
	return [{
		text: `profile: ${profile} is asked for, and the lock was made for ${lock.profile}, which can use other images`,
		at
	}];
}
function toolDiffers(locked, { name, asked, at }) {
	if (locked && fitsTool(locked, asked)) return [];
	const has = locked ? `has ${locked.version}, ${was(locked.asked)}` : `has no ${name}`;
	return [{
		text: `${name}.version: ${wish(asked)}, and the lock ${has}`,
		at
	}];
}
function chartDiffers(lock, wanted) {
	if (chartIn(lock, wanted)) return [];
	const { app, chart, from, name, asked, at } = wanted;
	const has = lock.charts.filter((one) => one.from === from && one.name === name).map((one) => `${one.version}, ${was(one.asked)}`).join("; ");
	return [{
		text: `apps.${app}: chart ${chart} ${asked === "default" ? "in monstack's default version" : asked ?? "in its newest version"} is asked for, and the lock has ${has || "no such chart"}`,
		at
	}];
}
function dashboardDiffers(lock, { from, asked, sha256, at }) {
	const locked = dashboardIn(lock, {
		from,
		asked
	});
	const what = `dashboards: ${from}${asked === void 0 ? "" : `@${asked}`}`;
	if (locked && (sha256 === void 0 || sha256 === locked.sha256)) return [];
	if (locked) return [{
		text: `${what} must have sha256 ${sha256}, and the lock has ${locked.sha256}`,
		at
	}];
	const [other] = lock.dashboards.filter((one) => one.from === from);
	return [{
		text: `${what} is asked for, and the lock ${other?.revision === void 0 ? "hasn't got it" : `has revision ${other.revision}`}`,
		at
	}];
}
function k3sImagesMissing(lock, { k3sImages }) {
	if (lock.tools.k3s === void 0) return [];
	return missingRepositories(lock, k3sImages).map((repository) => ({
		text: `k3s starts ${repository}, and the lock has no such image`,
		at: void 0
	}));
}
function wish(asked) {
	return asked === "default" ? "monstack's default is asked for" : `${asked} is asked for`;
}
function was(asked) {
	if (asked === "default") return "which was monstack's default";
	return asked === void 0 ? "which was the newest" : `which was asked for as ${asked}`;
}

// src/lock/images.ts
function allImages({ app, objects, hooks = [] }) {
	const images = [...imagesOf([...objects, ...hooks]), ...operatorImages(objects)];
	return [...new Set(images.map((image) => checkedName(image, app.name)))].sort();
}
function unlockedImages(lock, apps) {
	const known = new Set([...lock.images, ...lock.unlocked ?? []].map(({ image }) => image));
	return apps.flatMap((rendered) => allImages(rendered).filter((image) => !known.has(image)).map((image) => ({
		app: rendered.app.name,
		image
	})));
}
function checkedName(image, app) {
	try {
		return formatImageRef(parseImageRef(image));
	} catch (cause) {
		if (!(cause instanceof UserError)) throw cause;
		throw new UserError(`app ${app}: ${cause.message}`, {
			cause,
			fix: "fix the image's name in the app's values"
		});
	}
}

// src/lock/pin.ts
function pinCharts(plan, lock, { charts }) {
	const pin = (app, chart) => {
		if (chart.kind !== "repo" && chart.kind !== "oci") return chart;
		const wanted = charts.find((one) => one.app === app);
		const locked = wanted && chartIn(lock, wanted);
		return locked ? {
			...chart,
			version: locked.version
		} : chart;
	};
	return {
		...plan,
		apps: plan.apps.map((app) => ({
			...app,
			chart: pin(app.name, app.chart)
		}))
	};
}

// src/lock/plain-http.ts
function plainHttpHosts({ tools, charts, dashboards }) {
	const hosts = [...Object.values(tools).flatMap((tool) => tool ? [tool.amd64.url, tool.arm64.url] : []), ...[...charts, ...dashboards].flatMap(({ from, url }) => [from, url])].filter((url) => isOpen$1(url)).map((url) => new URL(url).host);
	return [...new Set(hosts)].sort();
}

// src/cluster/k3s-images.ts
const rancher = "docker.io/rancher/";
const imagesOfParts = {
	"": ["mirrored-pause"],
	coredns: ["mirrored-coredns-coredns"],
	"local-storage": ["local-path-provisioner", "mirrored-library-busybox"],
	"metrics-server": ["mirrored-metrics-server"],
	servicelb: ["klipper-lb"],
	traefik: ["klipper-helm", "mirrored-library-traefik"]
};
function neededImages(args) {
	const off = disabledParts(args);
	return Object.entries(imagesOfParts).filter(([part]) => !off.includes(part)).flatMap(([, names]) => names.map((name) => rancher + name));
}
function startedImages(list, args) {
	const needed = neededImages(args);
	const known = Object.values(imagesOfParts).flat().map((name) => rancher + name);
	return list.filter((image) => {
		const [untagged = image, digest] = image.split("@sha256:");
		const repository = digest === void 0 ? image.replace(/:[^:/]*$/, "") : untagged;
		return needed.includes(repository) || !known.includes(repository);
	});
}
function isK3sImage(image) {
	return image.startsWith(rancher);
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
const chartTimeoutMs = 1e4;
const chartInterval = "1m";
function scrapeInterval(values) {
	const set = valueAt(values, intervalPath);
	return typeof set === "string" ? set : chartInterval;
}
const plainKeys = {
	interval: intervalPath,
	timeout: timeoutPath,
	evaluation: [
		"server",
		"global",
		"evaluation_interval"
	],
	default: `chart's ${chartInterval}`
};
function ciScraping(values, keys = plainKeys, longestMs = longestJobTimeout(values)) {
	const interval = durationAt(values, keys.interval);
	const timeout = durationAt(values, keys.timeout);
	const settings = [];
	const ownMs = Math.max(ciMs, timeout ?? 0, longestMs);
	if (interval === void 0) settings.push({
		path: keys.interval,
		value: formatDuration(ownMs),
		why: `rate() needs two scrapes: with the ${keys.default} nothing can be queried for minutes`
	});
	const timeoutMs = interval === void 0 ? ownMs : Math.min(chartTimeoutMs, interval);
	if (timeoutMs < chartTimeoutMs) settings.push({
		path: keys.timeout,
		value: formatDuration(timeoutMs),
		why: "a timeout may not be longer than the interval"
	});
	settings.push({
		path: keys.evaluation,
		value: formatDuration(ciMs),
		why: `rules are evaluated before the job is over; by default it is the ${keys.default}`
	});
	return settings;
}
function durationAt(values, path) {
	const set = valueAt(values, path);
	return typeof set === "string" ? parseDuration(set) : void 0;
}
function longestJobTimeout(node) {
	if (typeof node === "string") {
		const found = [...node.matchAll(/scrape_timeout:\s*["']?(\w+)/g)].map((match) => parseDuration(match[1] ?? "") ?? 0);
		return Math.max(0, ...found);
	}
	if (Array.isArray(node)) return Math.max(0, ...node.map(longestJobTimeout));
	if (!isMapping$2(node)) return 0;
	const own = typeof node.scrape_timeout === "string" && node.scrape_interval === void 0 ? parseDuration(node.scrape_timeout) ?? 0 : 0;
	return Math.max(own, ...Object.values(node).map((value) => typeof value === "string" && !value.includes("\n") ? 0 : longestJobTimeout(value)));
}
function longestEndpointTimeout(node) {
	if (typeof node === "string") {
		const documents = parseDocuments(node).map((document) => document.errors.length > 0 ? void 0 : document.toJS());
		return documents.some((one) => typeof one === "string") ? 0 : Math.max(0, ...documents.map(longestEndpointTimeout));
	}
	if (Array.isArray(node)) return Math.max(0, ...node.map(longestEndpointTimeout));
	if (!isMapping$2(node)) return 0;
	const { scrapeTimeout, interval, scrapeInterval } = node;
	const isOpen = typeof scrapeTimeout === "string" && !interval && !scrapeInterval;
	const below = Object.values(node).filter((value) => typeof value !== "string");
	return Math.max(isOpen ? parseDuration(scrapeTimeout) ?? 0 : 0, ...below.map((value) => longestEndpointTimeout(value)));
}

// src/plan/grafana.ts
function withAdmin(values, admin, at = []) {
	if (existingSecret(values, at) !== void 0) return values;
	const user = [...at, "adminUser"];
	const password = [...at, "adminPassword"];
	const named = isUnset(values, user) ? withValue(values, user, admin.user) : values;
	if (admin.password === void 0 || !isUnset(named, password)) return named;
	return withValue(named, password, admin.password);
}
function grafanaLogin(plan, admin) {
	const app = plan.apps.find(hasGrafana);
	const at = app && grafanaValuesIn(chartName(app.chart));
	if (!app || !at) return void 0;
	const configured = plan.config.grafana;
	const inEnv = (name) => textIn(app.values, [
		...at,
		"env",
		`GF_SECURITY_ADMIN_${name}`
	]);
	const envUser = inEnv("USER");
	const envPassword = inEnv("PASSWORD");
	const secret = envPassword === void 0 ? existingSecret(app.values, at) : void 0;
	if (secret !== void 0 && configured.password !== void 0) return {
		kind: "known",
		user: configured.user,
		password: configured.password
	};
	if (secret !== void 0) {
		const key = (name, fallback) => String(valueAt(app.values, [
			...at,
			"admin",
			name
		]) || fallback);
		return {
			kind: "secret",
			namespace: app.namespace,
			secret,
			userKey: key("userKey", "admin-user"),
			passwordKey: key("passwordKey", "admin-password")
		};
	}
	const user = envUser ?? valueAt(app.values, [...at, "adminUser"]) ?? admin.user;
	const password = envPassword ?? valueAt(app.values, [...at, "adminPassword"]) ?? admin.password;
	if (typeof user === "string" && typeof password === "string" && password !== "") return {
		kind: "known",
		user,
		password
	};
	throw new UserError(`apps.${app.name}.values: ${formatKeyPath([...at, "adminUser"])} and ${formatKeyPath([...at, "adminPassword"])} are not texts, so nobody can log in to Grafana`, { fix: "put both in quotes, or leave them out and use grafana.user and grafana.password" });
}
function hasGrafana({ chart, values }) {
	const at = grafanaValuesIn(chartName(chart));
	return at !== void 0 && (at.length === 0 || valueAt(values, [...at, "enabled"]) !== false);
}
function textIn(values, path) {
	const text = valueAt(values, path);
	return typeof text === "string" && text !== "" && !text.includes("{{") ? text : void 0;
}
function existingSecret(values, at) {
	const name = valueAt(values, [
		...at,
		"admin",
		"existingSecret"
	]);
	return typeof name === "string" && name !== "" ? name : void 0;
}
function datasourceSettings(prometheus, grafanaValues) {
	if (valueAt(grafanaValues, [
		"sidecar",
		"datasources",
		"enabled"
	]) === true) return [];
	if (mountsDatasources(grafanaValues)) return [];
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
				...datasourceAccess(prometheus, { timeInterval: scrapeInterval(prometheus.values) })
			}]
		},
		why: `Grafana asks the Prometheus of this stack; $__rate_interval follows its scrape interval`,
		unlessAny: [["datasources"]]
	}];
}
function mountsDatasources(grafanaValues) {
	return [
		"extraConfigmapMounts",
		"extraSecretMounts",
		"extraVolumeMounts"
	].map((key) => grafanaValues[key]).some((list) => Array.isArray(list) && list.some((one) => isMapping$2(one) && /^\/etc\/grafana\/provisioning(\/?$|\/datasources)/.test(String(one["mountPath"]))));
}

// src/plan/chart-dashboards.ts
const firstRevision = 1;
const ownWays = [
	"url",
	"json",
	"file",
	"b64content",
	"curlOptions",
	"token",
	"bearerToken",
	"basic",
	"gitlabToken"
];
function takenOver(config, apps) {
	const grafana = config.takeOverDashboards ? apps.find(hasGrafana) : void 0;
	if (grafana === void 0) return [];
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const values = valueAt(grafana.values, at);
	if (!isMapping$2(values) || hasSidecar(values, chartName(grafana.chart))) return [];
	const byProvider = isMapping$2(values["dashboards"]) ? values["dashboards"] : {};
	return Object.entries(byProvider).flatMap(([provider, entries]) => {
		const reader = providersIn$1(values).find(({ name }) => name === provider);
		if (!isMapping$2(entries) || reader?.path !== `/var/lib/grafana/dashboards/${provider}`) return [];
		return Object.entries(entries).flatMap(([name, entry]) => {
			if (!isMapping$2(entry) || ownWays.some((key) => Object.hasOwn(entry, key))) return [];
			const id = wholeNumber(entry["gnetId"]);
			const revision = wholeNumber(entry["revision"] ?? firstRevision);
			if (id === void 0 || revision === void 0) return [];
			const path = [
				...at,
				"dashboards",
				provider,
				name
			];
			const { title } = entry;
			return [{
				app: grafana.name,
				path,
				name,
				id,
				revision,
				datasource: datasourceOf(entry["datasource"]),
				title: typeof title === "string" ? title : void 0,
				folder: reader.folder
			}];
		});
	});
}
function withModel(apps, { app, path }, model) {
	return apps.map((one) => one.name === app ? {
		...one,
		values: replaceAt(one.values, path, { json: JSON.stringify(model) })
	} : one);
}
function hasSidecar(values, chart) {
	return (valueAt(values, [
		"sidecar",
		"dashboards",
		"enabled"
	]) ?? chart !== "grafana") === true;
}
function providersIn$1(values) {
	return (isMapping$2(values["dashboardProviders"]) ? Object.values(values["dashboardProviders"]) : []).flatMap((file) => isMapping$2(file) && Array.isArray(file["providers"]) ? file["providers"] : []).flatMap((one) => {
		if (!isMapping$2(one) || typeof one["name"] !== "string") return [];
		const path = valueAt(one, ["options", "path"]);
		const isStructured = valueAt(one, ["options", "foldersFromFilesStructure"]) === true;
		const folder = typeof one["folder"] === "string" && !isStructured ? one["folder"] : "";
		return [{
			name: one["name"],
			folder: folder === "" || folder.toLowerCase() === "general" ? void 0 : folder,
			path: typeof path === "string" ? path.replace(/(?<!\/)\/+$/, "") : ""
		}];
	});
}
function wholeNumber(value) {
	const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
	return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : void 0;
}
function datasourceOf(value) {
	if (typeof value === "string") return value === "" ? void 0 : value;
	if (!Array.isArray(value)) return void 0;
	return value.flatMap((one) => isMapping$2(one) && typeof one["name"] === "string" && typeof one["value"] === "string" ? [{
		name: one["name"],
		value: one["value"]
	}] : []);
}

// src/lock/wanted.ts
function wantedOf(loaded, plan) {
	const { config } = loaded;
	const tools = toolsOf(loaded);
	return {
		profile: config.profile,
		profileAt: placeOfSetting(loaded, "profile"),
		tools,
		charts: plan.apps.flatMap((app) => chartOf(loaded, app)),
		dashboards: plan.apps.some(hasGrafana) ? [...dashboardsOf(loaded), ...ofCharts$1(loaded, plan)] : [],
		k3sImages: tools.some(({ name }) => name === "k3s") ? neededImages(config.k3s.args) : []
	};
}
function localOf({ config, cwd }, plan) {
	const tools = [
		"k3s",
		"helm",
		"kubectl"
	].filter((name) => name !== "k3s" || config.cluster.kind === "k3s").flatMap((name) => {
		const { path } = config[name];
		return path === void 0 ? [] : [`${name}${name === "k3s" ? " and the images that it starts" : ""}: ${showPath(cwd, path)}`];
	});
	const charts = plan.apps.flatMap(({ name, chart }) => {
		if (chart.kind === "path" || chart.kind === "kustomize") return [`app ${name}: ${showPath(cwd, chart.path)}`];
		return chart.kind === "manifests" ? [`app ${name}: ${chart.paths.map((path) => showPath(cwd, path)).join(", ")}`] : [];
	});
	const dashboards = config.dashboards.flatMap(({ source }) => source.kind === "file" ? [`dashboard ${showPath(cwd, source.path)}`] : []);
	return [
		...tools,
		...charts,
		...dashboards
	];
}
function toolsOf(loaded) {
	const { config, origins } = loaded;
	return [
		...config.cluster.kind === "k3s" ? ["k3s"] : [],
		"helm",
		"kubectl"
	].filter((name) => config[name].path === void 0).map((name) => {
		const setting = `${name}-version`;
		return {
			name,
			asked: origins[setting] === "default" ? byDefault : config[name].version,
			at: placeOfSetting(loaded, setting)
		};
	});
}
function chartOf(loaded, app) {
	const { chart } = app;
	if (chart.kind !== "repo" && chart.kind !== "oci") return [];
	const place = (key) => placeInFile(loaded, [
		"apps",
		app.name,
		key
	]);
	return [{
		app: app.name,
		chart: chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`,
		from: chart.kind === "oci" ? chart.url : repoOf(chart.repoUrl),
		name: chart.kind === "oci" ? "" : chart.name,
		asked: isDefault(loaded, app.name) ? byDefault : chart.version,
		at: place("version") ?? place("chart")
	}];
}
function isDefault({ config }, app) {
	const defaults = defaultAppsOf(config.stack);
	return Object.hasOwn(defaults, app) && isDeepStrictEqual(defaults[app]?.source, config.apps[app]?.source);
}
function dashboardsOf(loaded) {
	return loaded.config.dashboards.flatMap(({ source, index }) => {
		if (source.kind === "file") return [];
		const at = placeInFile(loaded, ["dashboards", index]);
		return source.kind === "id" ? [{
			from: String(source.id),
			asked: source.revision,
			sha256: void 0,
			at
		}] : [{
			from: showUrl(source.url),
			url: source.url,
			asked: void 0,
			sha256: source.sha256,
			at
		}];
	});
}
function ofCharts$1(loaded, { apps }) {
	return takenOver(loaded.config, apps).map(({ app, path, id, revision }) => ({
		from: String(id),
		asked: revision,
		sha256: void 0,
		at: placeInValues(loaded, app, [...path, "gnetId"])
	}));
}

// src/lockfile/parse.ts
const mostShown = 20;
function parseLock(text, shownAs) {
	const conflict = text.split("\n").findIndex((line) => /^(<{7}|>{7}|={7})( |$)/.test(line));
	if (conflict >= 0) throw new UserError(`${shownAs}:${conflict + 1}:1: git's marks of a merge conflict are in it`, { fix: `take either side (\`git checkout --theirs ${shownAs}\`), then \`monstack lock\` adds what the other one had` });
	const yaml = readYaml(text);
	refuseOtherVersion(yaml.data, shownAs, yaml.valueAt(["lockVersion"]));
	const mistakes = [];
	const lock = parseWith(Lock, yaml, shownAs, mistakes);
	if (lock !== void 0) return lock;
	const lines = mistakes.map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
	const rest = lines.length - mostShown;
	const told = [...lines.slice(0, mostShown), ...rest > 0 ? [`... and ${rest} more`] : []];
	throw new UserError(told.length === 1 ? told[0] ?? "" : `${lines.length} mistakes in the lock file:\n${told.map((line) => `  ${line}`).join("\n")}`, { fix: "take the file as it was last committed, or delete it and let `monstack lock` write it anew" });
}
function refuseOtherVersion(data, shownAs, at) {
	if (typeof data !== "object" || data === null || Array.isArray(data)) {
		if (data === void 0) return;
		throw new UserError(`${shownAs}:1:1: ${shown$2(data)} is not a lock file`, { fix: "delete it and let `monstack lock` write it" });
	}
	const { lockVersion, monstack } = data;
	if (lockVersion === 1) return;
	const isNewer = typeof lockVersion === "number" && lockVersion > 1;
	throw new UserError(isNewer ? `${shownAs}:${at}: lockVersion: it is of version ${lockVersion} of the format, and this monstack reads version 1` : `${shownAs}:${at}: lockVersion: ${shown$2(lockVersion)} is no version of the format; right would be 1`, { fix: isNewer ? `use the monstack that wrote it${typeof monstack === "string" ? ` (${monstack})` : ""} or a newer one` : "take the file as it was last committed, or delete it and let `monstack lock` write it anew" });
}

// src/bundle/cached.ts
function placeOf$1(host, path) {
	const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
	return path.startsWith("charts/") ? archivePath(host, sha256) : textPath(host, sha256);
}
function digestOf$1(manifest) {
	return createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
}
function bundledKey(manifest, { name, version, path }) {
	return {
		name,
		version,
		sha256: manifest.parts.find((part) => part.path === path)?.unpacked?.sha256 ?? "",
		bundle: digestOf$1(manifest)
	};
}
async function notInCache(context, manifest) {
	const missing = /* @__PURE__ */ new Set();
	for (const part of manifest.parts) if (part.path !== "monstack.lock" && !await isCached(context, manifest, part)) missing.add(part.path);
	return missing;
}
async function isCached(context, manifest, part) {
	const { host } = context;
	const tool = manifest.tools.find(({ path }) => path === part.path);
	if (tool) return await cachedTool(context, bundledKey(manifest, tool)) !== void 0;
	const image = manifest.images.find(({ path }) => path === part.path);
	if (image) return await cachedImage(context, image) !== void 0;
	const path = placeOf$1(host, part.path);
	await refuseShared(host, dirname(path));
	return await host.files.exists(path) && await sha256Of(host, path) === part.sha256;
}

// src/bundle/refusal.ts
function refusal(file, why, options = {}) {
	return new UserError(`${file} is not a whole bundle: ${why}`, {
		fix: "copy it again from where it came, or make another one: `monstack bundle create`",
		...options
	});
}

// src/bundle/content.ts
const ownWindow = 19;
const widestWindow = 23;
async function* checkedPieces(file, part, raw) {
	const stored = createMeter();
	if (part.unpacked === void 0) yield* stored.pass(raw);
	else yield* unpacked(file, part.path, part.unpacked, stored.pass(raw));
	if (stored.bytes() !== part.bytes || stored.sha256() !== part.sha256) throw wrong$1(file, part.path);
}
async function* unpacked(file, path, expected, compressed) {
	const zstd = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: widestWindow } });
	pipeline(compressed, zstd, () => {});
	const content = createMeter();
	try {
		for await (const piece of content.pass(zstd)) {
			if (content.bytes() > expected.bytes) throw refusal(file, `${path} unpacks to more than the ${expected.bytes} bytes that its manifest says`);
			yield piece;
		}
	} catch (cause) {
		if (isZstdError(cause)) throw wrong$1(file, path, cause);
		throw cause;
	} finally {
		zstd.destroy();
	}
	if (content.bytes() !== expected.bytes || content.sha256() !== expected.sha256) throw wrong$1(file, path);
}
function wrong$1(file, path, cause) {
	return refusal(file, `${path} is not as it was written`, { cause });
}
function isZstdError(error) {
	return error instanceof Error && /^ZSTD_|^ERR_ZSTD|^Z_/.test(String(error.code));
}
function createMeter() {
	const hash = createHash("sha256");
	let bytes = 0;
	return {
		pass: async function* (pieces) {
			for await (const piece of pieces) {
				hash.update(piece);
				bytes += piece.byteLength;
				yield piece;
			}
		},
		bytes: () => bytes,
		sha256: () => hash.digest("hex")
	};
}
async function stageCompressed(host, path, source, file) {
	const [content, stored] = [createMeter(), createMeter()];
	const zstd = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: ownWindow } });
	pipeline(content.pass(source), zstd, () => {});
	await host.files.write(file, stored.pass(zstd), 384);
	const unpacked = {
		bytes: content.bytes(),
		sha256: content.sha256()
	};
	return {
		path,
		bytes: stored.bytes(),
		sha256: stored.sha256(),
		unpacked,
		file
	};
}
async function stageAsIs(host, path, file) {
	const stored = createMeter();
	for await (const _ of stored.pass(eachOnce(host.files.stream(file))));
	return {
		path,
		bytes: stored.bytes(),
		sha256: stored.sha256(),
		file
	};
}

// src/bundle/manifest.ts
const manifestName = "manifest.json";
const hash = string().regex(/^[0-9a-f]{64}$/, "no sha256");
const size = int().nonnegative();
const time = datetime().describe("UTC");
const Part = object({
	path: string().regex(/^(?:monstack\.lock|tools\/(?:k3s|helm|kubectl)\.zst|charts\/[0-9a-f]{64}\.tgz|dashboards\/[0-9a-f]{64}\.json|images\/[0-9a-f]{64}\.tar\.zst)$/, "a file that no bundle has"),
	bytes: size,
	sha256: hash,
	unpacked: object({
		bytes: size,
		sha256: hash
	}).optional().describe("Without the compression; not there when the part has none of its own")
});
const Tool = object({
	name: _enum([
		"k3s",
		"helm",
		"kubectl"
	]),
	version: string(),
	path: string().startsWith("tools/"),
	download: object({
		url: string(),
		sha256: hash
	}).describe("What it came from, before mirrors")
}).refine(({ name, version }) => isRelease(name, version), {
	error: "not the version of a release",
	path: ["version"]
});
const Chart = object({
	name: string(),
	version: string(),
	path: string().startsWith("charts/")
});
const Dashboard = object({
	from: string(),
	revision: int().optional(),
	path: string().startsWith("dashboards/")
});
const Image = object({
	image: string().describe("Whole, with its registry and tag"),
	digest: string().regex(/^sha256:[0-9a-f]{64}$/, "no digest"),
	path: string().startsWith("images/")
});
const Whole = object({
	format: literal(1),
	monstack: string().describe("Its version"),
	createdAt: time,
	arch: _enum(["amd64", "arm64"]),
	profile: _enum([
		"ci",
		"as-is",
		"production"
	]),
	verified: object({
		at: time,
		checks: array(string()).min(1).describe("The ids of those that passed")
	}).describe("The run that it was made of"),
	tools: array(Tool),
	charts: array(Chart),
	dashboards: array(Dashboard),
	images: array(Image),
	parts: array(Part).max(1e4).describe("Every other file, in the order in which they come")
});
const Manifest = Whole.superRefine((manifest, { addIssue }) => {
	const wrong = (message) => addIssue({
		code: "custom",
		path: ["parts"],
		message
	});
	const { parts, tools, charts, dashboards, images } = manifest;
	const names = parts.map(({ path }) => path);
	if (names[0] !== "monstack.lock") wrong(`the first one is ${names[0]} and not ${lockFileName}`);
	const told = /* @__PURE__ */ new Set([lockFileName, ...[
		...tools,
		...charts,
		...dashboards,
		...images
	].map(({ path }) => path)]);
	for (const [index, { path, sha256, unpacked }] of parts.entries()) {
		if (names.indexOf(path) !== index) wrong(`${path} is there twice`);
		if (!told.has(path)) wrong(`${path} is told to be nothing`);
		if (path.endsWith(".zst") !== (unpacked !== void 0)) wrong(`${path}: its unpacked size doesn't belong`);
		if (/^(?:charts|dashboards|images)\//.test(path) && !path.includes((unpacked ?? { sha256 }).sha256)) wrong(`${path} has another name than its sha256`);
	}
	for (const path of told) if (!names.includes(path)) wrong(`${path} is missing`);
});

// src/bundle/read.ts
const mostManifest = 16 * 1024 ** 2;
async function readManifest$1(host, file) {
	return await reading(host, file, async (files) => await firstOf(file, files));
}
async function readBundle(host, file, take) {
	return await reading(host, file, async (files) => {
		const manifest = await firstOf(file, files);
		let read = 0;
		for await (const entry of files) {
			const part = expected$1(file, manifest.parts, read, entry);
			const pieces = checkedPieces(file, part, entry.pieces());
			if (await take(part, pieces) === "enough") return manifest;
			for await (const _ of pieces);
			read += 1;
		}
		const missing = manifest.parts[read];
		if (missing) throw refusal(file, `${missing.path} is missing`);
		return manifest;
	});
}
async function reading(host, file, use) {
	if (!await host.files.exists(file)) throw new UserError(`there is no bundle ${file}`, { fix: "name the file that `monstack bundle create -o FILE` wrote" });
	const files = onlyFiles(host.files.stream(file), file);
	try {
		return await use(files);
	} catch (cause) {
		if (cause instanceof InstallError && cause.message.startsWith(`${file}: `)) throw refusal(file, messageOf(cause).slice(file.length + 2), { cause });
		throw cause;
	} finally {
		await files.return(void 0);
	}
}
async function firstOf(file, files) {
	const { value: first } = await files.next();
	if (!first) throw refusal(file, "it is empty");
	if (first.name !== "manifest.json") throw refusal(file, `it begins with ${JSON.stringify(first.name)}, and a bundle with its ${manifestName}`);
	if (first.size > mostManifest) throw refusal(file, `its ${manifestName} has ${first.size} bytes`);
	const parts = [];
	for await (const piece of first.pieces()) parts.push(piece);
	return parseManifest(file, Buffer.concat(parts).toString("utf8"));
}
function parseManifest(file, text) {
	let data;
	try {
		data = JSON.parse(text);
	} catch (cause) {
		throw refusal(file, `its ${manifestName} is no JSON`, { cause });
	}
	const { format, monstack } = data ?? {};
	if (typeof format === "number" && format !== 1) {
		const maker = typeof monstack === "string" ? `monstack ${monstack}, which made it` : "the monstack that made it";
		throw new UserError(`${file} is a bundle of format ${format}, and this monstack reads format 1`, { fix: `use ${maker}, or make another one with this monstack` });
	}
	const parsed = Manifest.safeParse(data);
	if (parsed.success) return parsed.data;
	const [first] = parsed.error.issues;
	throw refusal(file, `its ${manifestName} is wrong at ${first?.path.join(".") || "its top"}: ${first?.message}`);
}
function expected$1(file, parts, index, { name, size }) {
	const part = parts[index];
	const shown = JSON.stringify(name);
	const at = parts.findIndex(({ path }) => path === name);
	if (at < 0) throw refusal(file, `${shown} is not in its manifest`);
	if (part === void 0 || at < index) throw refusal(file, `${shown} is in it twice`);
	if (at > index) throw refusal(file, `${part.path} is missing`);
	if (size !== part.bytes) throw refusal(file, `${part.path} has ${size} bytes, and by its manifest ${part.bytes}`);
	return part;
}

// src/bundle/unpack.ts
const mostLock = 16 * 1024 ** 2;
async function unpackBundle(context, file) {
	const { host } = context;
	const manifest = await readManifest$1(host, file);
	refuseOtherArch(host, file, manifest);
	const missing = await notInCache(context, manifest);
	const added = [];
	try {
		return {
			manifest,
			lock: await host.files.withTemp("monstack-bundle-", (temp) => unpackInto(context, file, {
				manifest,
				missing,
				temp,
				added
			})),
			bundle: programsOf(manifest),
			added: missing.size
		};
	} catch (error) {
		for (const path of added) await host.files.remove(path);
		throw error;
	}
}
async function unpackInto(context, file, unpacking) {
	const { manifest, missing, temp } = unpacking;
	let text = "";
	await readBundle(context.host, file, async (part, pieces) => {
		if (part.path === "monstack.lock") text = await textOf$2(file, part, pieces);
		else if (missing.has(part.path)) await put(context, file, unpacking, part.path, pieces);
		return missing.size === 0 ? "enough" : void 0;
	});
	const lock = parseLock(text, `${lockFileName} in ${file}`);
	for (const tool of manifest.tools) refuseUnlocked(context.host, file, manifest, lock, tool);
	for (const tool of manifest.tools) {
		if (!missing.has(tool.path)) continue;
		const label = {
			arch: manifest.arch,
			url: tool.download.url
		};
		await keepTool(context, bundledKey(manifest, tool), join(temp, tool.name), label);
	}
	return lock;
}
function programsOf(manifest) {
	const programs = manifest.tools.map((tool) => [tool.name, bundledKey(manifest, tool).sha256]);
	return {
		digest: digestOf$1(manifest),
		programs: Object.fromEntries(programs)
	};
}
function refuseUnlocked(host, file, manifest, lock, tool) {
	const { name, version, path, download } = tool;
	const locked = lock.tools[name];
	const wrong = (why) => refusal(file, `${path} is not what its lock says: ${why}`);
	if (locked?.version !== version) throw wrong(`expected ${name} ${locked?.version ?? "not at all"}, got ${version}`);
	const { sha256 } = locked[host.arch];
	const got = releaseOf(name, version, host.arch).entry !== void 0 ? download.sha256 : bundledKey(manifest, tool).sha256;
	if (got !== sha256) throw wrong(`expected sha256 ${sha256}, got ${got}`);
}
async function put(context, file, { manifest, temp, added }, path, pieces) {
	const { files } = context.host;
	const tool = manifest.tools.find((one) => one.path === path);
	if (tool) return await files.write(join(temp, tool.name, tool.name), pieces, 493);
	const image = manifest.images.find((one) => one.path === path);
	const place = image ? await keptImage(context, file, image, pieces) : placeOf$1(context.host, path);
	if (!image) await keepFile(context.host, place, pieces);
	added.push(place);
}
async function keptImage(context, file, image, pieces) {
	try {
		return (await keepImage(context, image, pieces)).path;
	} catch (cause) {
		if (!(cause instanceof InstallError)) throw cause;
		throw refusal(file, `${image.path} is not the image ${image.image}: ${messageOf(cause)}`, { cause });
	}
}
function refuseOtherArch(host, file, { arch }) {
	if (arch === host.arch) return;
	throw new UserError(`${file} is a bundle for ${arch}, and this machine is ${host.arch}`, { fix: `make one on a machine that is ${host.arch}: \`monstack bundle create\`` });
}
async function textOf$2(file, part, pieces) {
	if (part.bytes > mostLock) throw refusal(file, `its ${part.path} has ${part.bytes} bytes`);
	const parts = [];
	for await (const piece of pieces) parts.push(piece);
	return Buffer.concat(parts).toString("utf8");
}

// src/deploy/pull-policy.ts
function alwaysPulled(apps) {
	return apps.flatMap(({ app, objects, hooks = [] }) => [...objects, ...hooks].flatMap((object) => podSpecsOf(object).flatMap((pod) => [...pod.initContainers ?? [], ...pod.containers ?? []]).flatMap(({ name, image, imagePullPolicy }) => typeof image === "string" && (imagePullPolicy ?? impliedPolicy(image)) === "Always" ? [{
		app: app.name,
		object: `${object.kind} ${object.metadata.name}`,
		container: String(name),
		image
	}] : [])));
}
function impliedPolicy(image) {
	if (image.includes("@")) return "IfNotPresent";
	const tag = /:([^/:]+)$/.exec(image)?.[1];
	return tag === void 0 || tag === "latest" ? "Always" : "IfNotPresent";
}

// src/app/bytes/bundle.ts
async function supplyFrom(session, file) {
	const { context, loaded, recorder } = session;
	const shown = showPath(loaded.cwd, file);
	const { manifest, lock, bundle, added } = await recorder.phase("unpack bundle", () => unpackBundle(context, file), () => `the bundle to be unpacked`);
	const { createdAt, monstack } = manifest;
	const what = added === 0 ? "all of it is in the cache already" : `${added} of its parts put into the cache`;
	context.log.info(`bundle ${shown}, made at ${createdAt} by monstack ${monstack}: ${what}, sha256 verified`);
	return {
		lock,
		lockedBy: `the bundle ${shown}`,
		offline: `--bundle ${shown}`,
		bundle
	};
}
function refusePulls({ supply }, apps) {
	if (supply.offline === void 0) return;
	const pulled = alwaysPulled(apps);
	if (pulled.length === 0) return;
	const lines = pulled.map(({ app, object, container, image }) => `  app ${app}: container ${container} of ${object} (${image})`);
	throw new UserError(`${supply.offline} allows no request, and with the pull policy Always the kubelet would make one for\n${lines.join("\n")}`, { fix: "set imagePullPolicy (in most charts image.pullPolicy) to IfNotPresent there, and give the image a tag that is not `latest`" });
}

// src/app/bytes/supply.ts
async function findSupply({ host }, { cwd, limits }, { lock: { file, isRequired } }) {
	const text = await host.files.read(file);
	const lockedBy = showPath(cwd, file);
	if (text !== void 0) {
		const lock = parseLock(text, lockedBy);
		if (limits.isRestricted) refuseForeignTools(lock, text, lockedBy);
		return {
			lock,
			lockedBy,
			offline: void 0
		};
	}
	if (!isRequired) return openSupply;
	throw new UserError(`lock-file: there is no ${lockedBy}`, { fix: `\`monstack lock --lock-file ${lockedBy}\` writes it` });
}
function refuseForeignTools(lock, text, shownAs) {
	const yaml = readYaml(text);
	throwIfAny(foreignTools(lock).map(({ path, problem }) => ({
		where: `${shownAs}:${yaml.valueAt(path)}`,
		path: formatPath(path),
		problem: `${problem}, and with trust: restricted a lock can't name programs of its own`
	})));
}
async function holdToLock(session, plan) {
	if (session.supply.lock === void 0) session.supply = await supplyOf(session);
	return pinned(session, plan);
}
async function supplyOf(session) {
	const { context, loaded } = session;
	const { bundle } = loaded.config;
	if (bundle !== void 0) return await supplyFrom(session, bundle);
	return await findSupply(context, loaded, loaded.config);
}
function pinned({ context, loaded, supply }, plan) {
	const { lock, lockedBy } = supply;
	if (lock === void 0) return plan;
	const wanted = wantedOf(loaded, plan);
	const open = plainHttpHosts(lock);
	if (open.length > 0) context.log.warn(`${lockedBy} fetches from ${open.map((host) => `http://${host}`).join(", ")} unencrypted: the checksums hold what comes from there, but anybody on the way sees it and can keep it back`);
	const differences = missingIn(lock, wanted);
	if (differences.length > 0) throw differs(supply, differences);
	context.log.info(`installing what ${lockedBy} says`);
	return pinCharts(plan, lock, wanted);
}
function holdImages({ supply }, apps) {
	const { lock } = supply;
	if (lock === void 0) return;
	const missing = unlockedImages(lock, apps);
	if (missing.length === 0) return;
	throw differs(supply, missing.map(({ app, image }) => `app ${app} uses the image ${image}, and the lock hasn't got it`).map((text) => ({
		text,
		at: void 0
	})));
}
function differs({ lockedBy, offline }, differences) {
	const lines = differences.map(({ text, at }) => `  ${at ? `${at.file}:${at.line}:${at.column}: ` : ""}${text}`);
	return new UserError(`${lockedBy} does not fit the configuration:\n${lines.join("\n")}`, { fix: offline === void 0 ? "`monstack lock` takes over what changed and keeps the rest (`monstack lock --update NAME` also moves what still fits); commit the file with the change" : "take the configuration that the bundle was made with, or make the bundle again: `monstack bundle create`" });
}

// src/sources/registries.ts
var import_dist = require_dist();
function registriesYaml(mirrors, registries = {}) {
	const mirrored = Object.entries(mirrors).filter(([key]) => !key.includes("://"));
	const configs = Object.entries(registries).flatMap(([host, access]) => {
		const config = hostConfig(access);
		return Object.keys(config).length > 0 ? [[askedHost(host), config]] : [];
	});
	if (mirrored.length === 0 && configs.length === 0) return void 0;
	const entries = mirrored.map(([registry, address]) => [registry, { endpoint: [endpoint(address)] }]);
	return (0, import_dist.stringify)({
		...entries.length > 0 && { mirrors: Object.fromEntries(entries) },
		...configs.length > 0 && { configs: Object.fromEntries(configs) }
	});
}
async function trustOf(files, host, access) {
	if (access?.insecure) return { insecure: true };
	return access?.ca === void 0 ? {} : { ca: await readAuthority(files, host, access.ca) };
}
async function checkAuthorities(files, registries) {
	for (const [host, access] of Object.entries(registries)) await trustOf(files, host, access);
}
async function readAuthority(files, host, path) {
	const text = await files.read(path);
	if (text?.includes("-----BEGIN CERTIFICATE-----")) return text;
	throw new UserError(`registries.${host}.ca: ${text === void 0 ? `there is no ${path}` : `${path} holds no certificate`}`, { fix: "name the file of the authority that the registry's certificate is signed by, as PEM (-----BEGIN CERTIFICATE-----)" });
}
function askedHost(host) {
	return host === "docker.io" ? "registry-1.docker.io" : host;
}
function hostConfig({ credentials, ca, insecure }) {
	const tls = {
		...ca !== void 0 && { ca_file: ca },
		...insecure && { insecure_skip_verify: true }
	};
	return {
		...credentials && { auth: credentials },
		...Object.keys(tls).length > 0 && { tls }
	};
}
function endpoint(address) {
	const { scheme, host, path } = parseRegistry(address);
	return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}

// src/cluster/prepare.ts
function preparedFiles(config, settings, facts, paths) {
	const files = [];
	const { registries: registriesFile, subnet: subnetFile } = settingFiles(paths);
	const registries = registriesYaml(config.mirrors, config.registries);
	if (registries !== void 0) files.push({
		path: registriesFile,
		content: registries,
		mode: 384
	});
	if (!facts.sysResource) {
		const path = join(settings.dataDir, oomDropIn);
		files.push({
			path,
			content: restrictOomScoreAdj,
			mode: 420
		});
	}
	const subnet = subnetEnv(settings, facts);
	if (subnet !== void 0) files.push({
		path: subnetFile,
		content: subnet,
		mode: 420
	});
	return files;
}
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
const archive = /\.(tar|tar\.(gz|bz2|zst|lz4)|tgz|tbz|tzst|txt)$/;
async function imageArchives(host, images) {
	const targets = [];
	for (const image of images) {
		if (!await host.files.exists(image)) throw new UserError(`k3s.images: there is no ${image}`);
		const found = (await host.files.list(image).catch(() => [])).filter((name) => archive.test(name)).map((name) => join(image, name));
		if (found.length === 0 && !archive.test(image)) throw new UserError(`k3s.images: ${image} is no image archive, and no folder of them`, { fix: "name files that end in .tar, .tar.zst, .tar.gz, .tar.bz2, .tar.lz4 or .txt" });
		targets.push(...found.length > 0 ? found.sort() : [image]);
	}
	return targets;
}
async function imageLinks(host, images, dataDir) {
	return (await imageArchives(host, images)).map((target, index) => ({
		link: join(dataDir, imageFolder, `${index}-${basename(target)}`),
		target
	}));
}
async function pathsToCome(host, settings, paths) {
	const all = k3sFootprint(settings, paths);
	const there = new Set(await existing$1(host, [...new Set(all.flatMap((path) => [path, dirname(path)]))]));
	const tops = all.filter((path) => !there.has(path)).map((path) => {
		const folder = ownFolderOf(path, settings, paths);
		return folder === void 0 || there.has(folder) ? path : folder;
	});
	return [...new Set(tops)].filter((path) => !tops.some((top) => path.startsWith(`${top}/`)));
}

// src/monitors/scrape-config.ts
const plainFields = {
	interval: "scrape_interval",
	scrapeTimeout: "scrape_timeout",
	path: "metrics_path",
	scheme: "scheme",
	params: "params",
	honorLabels: "honor_labels",
	honorTimestamps: "honor_timestamps",
	followRedirects: "follow_redirects",
	enableHttp2: "enable_http2",
	proxyUrl: "proxy_url"
};
const handled = [
	"port",
	"targetPort",
	"portNumber",
	"relabelings",
	"metricRelabelings",
	"bearerTokenFile",
	"tlsConfig"
];
const tlsFields = {
	caFile: "ca_file",
	certFile: "cert_file",
	keyFile: "key_file",
	serverName: "server_name",
	insecureSkipVerify: "insecure_skip_verify"
};
function scrapeJobsOf(monitor) {
	return monitor.endpoints.map((endpoint, index) => {
		const job = monitor.endpoints.length === 1 ? "" : `/${index}`;
		const tls = tlsOf(endpoint);
		return {
			config: {
				job_name: `${monitor.namespace}/${monitor.name}${job}`,
				...renamed(endpoint, plainFields),
				...endpoint["bearerTokenFile"] ? { authorization: { credentials_file: endpoint["bearerTokenFile"] } } : {},
				...Object.keys(tls.config).length > 0 ? { tls_config: tls.config } : {},
				kubernetes_sd_configs: [{
					role: isPods(monitor) ? "pod" : "endpointslice",
					...monitor.namespaces ? { namespaces: { names: [...monitor.namespaces] } } : {}
				}],
				relabel_configs: [
					...demandRules(monitor),
					...portRules(monitor, endpoint),
					...labelRules(monitor, endpoint),
					...asRelabelConfigs(endpoint["relabelings"])
				],
				...Array.isArray(endpoint["metricRelabelings"]) ? { metric_relabel_configs: asRelabelConfigs(endpoint["metricRelabelings"]) } : {}
			},
			leftOut: [...Object.keys(endpoint).filter((key) => !(key in plainFields) && !handled.includes(key)), ...tls.leftOut]
		};
	});
}
function isPods({ kind }) {
	return kind === "PodMonitor";
}
function renamed(from, names) {
	return Object.fromEntries(Object.entries(names).flatMap(([key, name]) => from[key] === void 0 || from[key] === null ? [] : [[name, from[key]]]));
}
function tlsOf(endpoint) {
	const given = endpoint["tlsConfig"] ?? {};
	const leftOut = Object.keys(given).filter((key) => !(key in tlsFields)).map((key) => `tlsConfig.${key}`);
	return {
		config: renamed(given, tlsFields),
		leftOut
	};
}
function sanitized(label) {
	return label.replace(/[^a-zA-Z0-9_]/g, "_");
}
function demandRules(monitor) {
	const what = isPods(monitor) ? "pod" : "service";
	return demandsOf(monitor.selector).map(({ key, operator, values }) => {
		const value = `__meta_kubernetes_${what}_label_${sanitized(key)}`;
		const present = `__meta_kubernetes_${what}_labelpresent_${sanitized(key)}`;
		const any = `(${(values ?? []).map(escaped).join("|")});true`;
		if (operator === "In") return {
			action: "keep",
			source_labels: [value, present],
			regex: any
		};
		if (operator === "NotIn") return {
			action: "drop",
			source_labels: [value, present],
			regex: any
		};
		return {
			action: operator === "Exists" ? "keep" : "drop",
			source_labels: [present],
			regex: "true"
		};
	});
}
function escaped(text) {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function portRules(monitor, { port, targetPort, portNumber }) {
	const keep = (label, value) => [{
		action: "keep",
		source_labels: [label],
		regex: escaped(String(value))
	}];
	if (port) return keep(isPods(monitor) ? "__meta_kubernetes_pod_container_port_name" : "__meta_kubernetes_endpointslice_port_name", port);
	const number = portNumber ?? (typeof targetPort === "number" ? targetPort : void 0);
	if (number) return keep("__meta_kubernetes_pod_container_port_number", number);
	return typeof targetPort === "string" ? keep("__meta_kubernetes_pod_container_port_name", targetPort) : [];
}
function labelRules(monitor, { port, targetPort, portNumber }) {
	const take = (from, to) => ({
		source_labels: [from],
		target_label: to
	});
	const { jobLabel, namespace, name } = monitor;
	const service = isPods(monitor) ? [{
		target_label: "job",
		replacement: `${namespace}/${name}`
	}] : [take("__meta_kubernetes_service_name", "service"), take("__meta_kubernetes_service_name", "job")];
	const what = isPods(monitor) ? "pod" : "service";
	const own = jobLabel ? [{
		...take(`__meta_kubernetes_${what}_label_${sanitized(jobLabel)}`, "job"),
		regex: "(.+)"
	}] : [];
	const endpoint = port ?? targetPort ?? portNumber;
	return [
		take("__meta_kubernetes_namespace", "namespace"),
		...service,
		take("__meta_kubernetes_pod_name", "pod"),
		take("__meta_kubernetes_pod_container_name", "container"),
		...own,
		...endpoint ? [{
			target_label: "endpoint",
			replacement: String(endpoint)
		}] : []
	];
}
const relabelFields = {
	action: "action",
	sourceLabels: "source_labels",
	separator: "separator",
	regex: "regex",
	modulus: "modulus",
	targetLabel: "target_label",
	replacement: "replacement"
};
function asRelabelConfigs(given) {
	return (Array.isArray(given) ? given : []).map((rule) => renamed(rule ?? {}, relabelFields));
}

// src/monitors/refusal.ts
function withoutOperator(unread, { prometheusApp = "prometheus", appDir } = {}) {
	const lines = unread.map(({ where, object: { kind, metadata } }) => {
		return `  ${where}: ${kind} ${metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name}`;
	});
	const { values, leftOut } = sameAsValues(unread.map(({ object }) => object));
	const fragment = (0, import_dist.stringify)({ apps: { [prometheusApp]: { values } } }, { lineWidth: 0 }).trimEnd();
	const message = [
		"these objects are for the Prometheus operator, and this stack has none: nothing would be scraped or evaluated",
		...lines,
		"the same for a Prometheus without an operator, as part of monstack.yaml:",
		"",
		...fragment.split("\n").map((line) => `  ${line}`),
		"",
		...leftOut.map((text) => `  not in it: ${text}`)
	].join("\n");
	const withIt = appDir === void 0 ? "deploy the flavour with the operator (`stack: operator`, `--stack operator`)" : `add an app with the chart prometheus-community/kube-prometheus-stack, which brings the operator, to ${appDir}`;
	return new UserError(message.trimEnd(), { fix: `${withIt}, or leave the objects out and take over the values above` });
}
function sameAsValues(objects) {
	const jobs = monitorsOf(objects).flatMap((monitor) => scrapeJobsOf(monitor).map((job) => ({
		monitor,
		...job
	})));
	const groups = forOperator(objects).filter(({ kind }) => kind === "PrometheusRule").flatMap((rule) => rule["spec"]?.groups ?? []);
	const others = objects.filter(({ kind }) => [
		"AlertmanagerConfig",
		"Probe",
		"ScrapeConfig"
	].includes(kind));
	return {
		values: {
			...jobs.length > 0 ? { extraScrapeConfigs: (0, import_dist.stringify)(jobs.map(({ config }) => config), { lineWidth: 0 }) } : {},
			...groups.length > 0 ? { serverFiles: { "alerting_rules.yml": { groups } } } : {}
		},
		leftOut: [...jobs.flatMap(({ monitor, leftOut }) => leftOut.map((field) => `${field} of ${monitor.kind} ${monitor.namespace}/${monitor.name}`)), ...others.map(({ kind, metadata }) => `${kind} ${metadata.name}`)]
	};
}

// src/monitors/unread.ts
function refuseUnread(rendered, inFiles = [], stack = {}) {
	const definesMonitors = ({ kind, metadata }) => kind === "CustomResourceDefinition" && metadata.name === "servicemonitors.monitoring.coreos.com";
	const isServer = ({ kind, apiVersion }) => kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
	if (rendered.some(({ objects }) => objects.some((one) => definesMonitors(one) || isServer(one)))) return;
	const unread = rendered.flatMap(({ app, objects }) => forOperator(objects).map((object) => ({
		where: inFiles.find((one) => isSame(one.object, object))?.where ?? `app ${app.name}`,
		object
	})));
	if (unread.length > 0) throw withoutOperator(unread, stack);
}
function isSame(inFile, { kind, metadata }) {
	const { name, namespace = metadata.namespace } = inFile.metadata;
	return inFile.kind === kind && name === metadata.name && namespace === metadata.namespace;
}

// src/yaml/documents.ts
function readDocuments(text) {
	const lineCounter = new import_dist.LineCounter();
	const documents = [...parseDocuments(text, {
		lineCounter,
		merge: true,
		customTags: asHelmReads
	})];
	const positionOf = (offset) => {
		const { line, col } = lineCounter.linePos(offset);
		return {
			line,
			column: col
		};
	};
	return documents.flatMap((document) => {
		const start = positionOf(document.contents?.range?.[0] ?? 0);
		const error = errorOf(document, text);
		if (error) {
			const position = positionOf(error.offset);
			return [{
				data: void 0,
				error: {
					position,
					problem: error.problem
				},
				start,
				place: () => position
			}];
		}
		keepKeys(document);
		const data = document.toJS();
		if (data === null || data === void 0) return [];
		let entries;
		return [{
			data,
			error: void 0,
			start,
			place(path, on, character) {
				entries ??= new Map(yamlEntries(document).map((entry) => [JSON.stringify(entry.path), entry]));
				for (let length = path.length; length > 0; length--) {
					const entry = entries.get(JSON.stringify(path.slice(0, length)));
					if (entry === void 0) continue;
					if (length < path.length || on === "key") return positionOf(entry.key ?? entry.value);
					const within = character === void 0 ? void 0 : entry.scalar;
					return positionOf(within ? offsetInScalar(within, character ?? 0, text) : entry.value);
				}
				return start;
			}
		}];
	});
}
function keepKeys(document) {
	(0, import_dist.visit)(document, { Pair: (_, { key }) => {
		if ((0, import_dist.isScalar)(key) && ["boolean", "number"].includes(typeof key.value)) key.value = key.source ?? key.value;
	} });
}
function errorOf(document, text) {
	const foreign = foreignTemplate(document, text);
	const [error] = document.errors;
	if (foreign !== void 0 || error === void 0) return foreign;
	const message = (error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
	return {
		offset: error.pos[0],
		problem: plainWords(error.code, message, text, error.pos)
	};
}

// src/monitors/placed.ts
function objectsInFile(text, shownAs) {
	return readDocuments(text).flatMap(({ data, error, start, place }) => {
		const at = ({ line, column }) => `${shownAs}:${line}:${column}`;
		if (error) throw new UserError(`${at(error.position)}: ${error.problem}`);
		const where = (path, on, character) => at(place(path, on, character));
		return flatten(data, [], {
			start: at(start),
			where
		});
	});
}
function flatten(data, at, document) {
	const start = at.length === 0 ? document.start : document.where(at, "value");
	if (!isMapping$3(data)) throw new UserError(`${start}: this is not a Kubernetes object: expected a mapping with kind and apiVersion`);
	const { kind, items } = data;
	if (String(kind).endsWith("List") && Array.isArray(items)) return items.flatMap((item, index) => flatten(item, [
		...at,
		"items",
		index
	], document));
	return [{
		object: data,
		start,
		where: (path, on, character) => document.where([...at, ...path], on, character)
	}];
}

// src/plan/asked/monitors.ts
const monitorsApp = "monitors";
const without$2 = ["prometheus", "grafana"];
function askedMonitors(input) {
	const { config, apps } = input;
	const { monitors: paths } = config;
	if (paths.length === 0) return {};
	const found = monitorsIn$1(input);
	const operators = apps.filter(isStackChart);
	if (operators.length === 0 && apps.every(bringsNoOperator)) {
		const prometheus = apps.find(({ chart }) => chartName(chart) === "prometheus");
		throw withoutOperator(found, {
			prometheusApp: prometheus?.name,
			appDir: shownAppDir(input)
		});
	}
	const name = apps.some((app) => app.name === "monitors") ? "monstack-monitors" : monitorsApp;
	const before = operators.length > 0 ? operators : apps;
	return { apps: [{
		name,
		release: name,
		namespace: config.namespace,
		chart: {
			kind: "manifests",
			paths
		},
		values: {},
		dependsOn: before.map((one) => ({
			app: one.name,
			until: "applied"
		})),
		timeoutMs: config.timeouts.deployMs
	}] };
}
function bringsNoOperator({ chart }) {
	return chart.kind === "objects" || without$2.includes(chartName(chart));
}
function shownAppDir({ config, cwd }) {
	return config.appDir === void 0 ? void 0 : showPath(cwd, config.appDir);
}
function monitorsIn$1({ config, texts, cwd }) {
	const mistakes = [];
	const found = monitorDocuments({
		config,
		texts,
		cwd
	}).flatMap((one) => {
		const problem = problemOf$1(one);
		if (problem !== void 0) mistakes.push(problem);
		const { object, start } = one;
		return problem === void 0 ? [{
			where: start,
			object: inNamespace(object, config.namespace)
		}] : [];
	});
	throwIfAny(mistakes);
	return found;
}
function monitorDocuments({ config, texts, cwd }) {
	return config.monitors.flatMap((path) => objectsInFile(texts[path] ?? "", showPath(cwd, path)));
}
function problemOf$1({ object, start, where }) {
	const { kind, apiVersion, metadata } = object;
	const isKnown = monitorKinds.includes(String(kind)) && String(apiVersion).startsWith(`${"monitoring.coreos.com"}/`);
	const name = isMapping$3(metadata) ? metadata["name"] : void 0;
	if (isKnown && name !== void 0 && name !== null && name !== "") return void 0;
	if (isKnown) return {
		where: where(["metadata"], "key"),
		path: "",
		problem: `the metadata.name of this ${String(kind)} is missing`
	};
	if (!kind && Array.isArray(object["groups"])) return {
		where: start,
		path: "",
		problem: "this is a rule file of Prometheus: name it in rules"
	};
	const near = typeof kind === "string" && kind !== "" ? nearest(kind, monitorKinds) : void 0;
	const meant = near === void 0 ? "" : `; did you mean kind ${near} and apiVersion ${operatorGroup}/${versionOf$1(near)}?`;
	return {
		where: start,
		path: "",
		problem: `${describe$1(object)} is not one of the operator's monitors${meant}; expected one of: ${monitorKinds.join(", ")}, of ${operatorGroup}`
	};
}
const monitorKinds = [...operatorKinds, "AlertmanagerConfig"];
function versionOf$1(kind) {
	return kind === "ScrapeConfig" || kind === "AlertmanagerConfig" ? "v1alpha1" : "v1";
}
function describe$1({ kind, apiVersion }) {
	return kind ? `${String(kind)} (apiVersion ${String(apiVersion ?? "missing")})` : "this document, which has no kind,";
}

// src/plan/extra-objects.ts
const keys = [
	"extraObjects",
	"extraManifests",
	"extraDeploy"
];
function extraObjects({ name: app, namespace, values }) {
	const found = [];
	const look = (node, path) => {
		if (!isMapping$2(node)) return;
		for (const [key, value] of Object.entries(node)) {
			if (!keys.includes(key)) {
				if (path.length < 2) look(value, [...path, key]);
				continue;
			}
			const items = Array.isArray(value) ? [...value.entries()] : Object.entries(isMapping$2(value) ? value : {});
			for (const [at, item] of items) for (const object of objectsIn$3(item)) found.push({
				app,
				namespace: namespaceOf(object, namespace),
				object,
				path: [
					...path,
					key,
					at
				]
			});
		}
	};
	look(values, []);
	return found;
}
function namespaceOf(object, release) {
	const own = isMapping$2(object["metadata"]) ? object["metadata"]["namespace"] : void 0;
	return typeof own === "string" && own !== "" && !own.includes("{{") ? own : release;
}
function objectsIn$3(item) {
	if (isMapping$2(item)) return [item];
	return typeof item === "string" ? yamlIn(item).filter(isMapping$2) : [];
}
function yamlIn(text) {
	if (text.includes("{{")) return [];
	return parseDocuments(text).flatMap((one) => one.errors.length > 0 ? [] : [one.toJS()]);
}

// src/sources/charts/remote-bases.ts
const kustomizationNames = [
	"kustomization.yaml",
	"kustomization.yml",
	"Kustomization"
];
const withPlugins = /* @__PURE__ */ new Set([
	"generators",
	"transformers",
	"validators"
]);
const withFolders = /* @__PURE__ */ new Set([
	...withPlugins,
	"resources",
	"bases",
	"components"
]);
const freeTexts = new Set(`commonlabels commonannotations labels annotations metadata literals patch jsonop images imagetags vars replicas
  sourcevalue valuesinline valueslocal nameprefix namesuffix namespace generatoroptions options target targets source
  select reject fieldpath fieldpaths apiversion kind buildmetadata`.split(/\s+/));
const mostNodes = 1e5;
const mostFiles$1 = 1e3;
const mostBytes$2 = 8 * 1024 ** 2;
async function findRemoteReferences(files, folder) {
	const search = {
		files,
		found: [],
		seen: /* @__PURE__ */ new Set(),
		nodes: 0
	};
	await searchFolder(search, folder);
	return search.found;
}
async function searchFolder(search, folder) {
	for (const name of kustomizationNames) await searchFile(search, join(folder, name));
}
async function searchFile(search, path) {
	const { files, seen } = search;
	if (seen.has(path)) return;
	seen.add(path);
	if (seen.size > mostFiles$1) throw unreadable(path, `it leads to more than ${mostFiles$1} files`);
	const text = await files.exists(path) ? await readBounded(files, path) : void 0;
	if (text !== void 0) await searchText(search, text, {
		path,
		folder: dirname(path),
		line: 0
	});
}
async function readBounded(files, path) {
	const pieces = [];
	let bytes = 0;
	try {
		for await (const piece of files.stream(path)) {
			bytes += piece.byteLength;
			if (bytes > mostBytes$2) break;
			pieces.push(piece);
		}
	} catch {
		return;
	}
	if (bytes > mostBytes$2) throw unreadable(path, `it has more than ${mostBytes$2} bytes`);
	return Buffer.concat(pieces).toString("utf8");
}
async function searchText(search, text, origin) {
	for (const { key, value, line, column } of readTexts(search, text, origin)) {
		const where = `${origin.path}:${line}:${column}`;
		if (isRemote(value, key)) search.found.push({
			where,
			key,
			text: shown$1(value)
		});
		else if (withFolders.has(folded(key))) await follow(search, value, folded(key), {
			...origin,
			line
		});
	}
}
function readTexts(search, text, origin) {
	const lines = new import_dist.LineCounter();
	try {
		return parseDocuments(text, {
			merge: true,
			lineCounter: lines,
			uniqueKeys: false
		}).flatMap((document) => {
			const [error] = document.errors;
			if (error) throw unreadable(origin.path, error.message);
			return scalarsIn(search, document, origin).map(({ key, node }) => {
				const { line, col } = lines.linePos(node.range?.[0] ?? 0);
				return {
					key,
					value: String(node.value ?? ""),
					line: origin.line + line,
					column: col
				};
			});
		});
	} catch (cause) {
		if (!(cause instanceof RangeError)) throw cause;
		throw unreadable(origin.path, "its lists and maps are nested too deeply");
	}
}
async function follow(search, value, key, origin) {
	if (withPlugins.has(key) && /[\n{]/.test(value)) return await searchText(search, value, origin);
	const path = isAbsolute(value) ? value : join(origin.folder, value);
	if (withPlugins.has(key)) await searchFile(search, path);
	await searchFolder(search, path);
}
function scalarsIn(search, document, { path }) {
	const scalars = [];
	const visit = (unresolved, key) => {
		search.nodes += 1;
		if (search.nodes > mostNodes) throw unreadable(path, `it has more than ${mostNodes} values`);
		const node = (0, import_dist.isAlias)(unresolved) ? unresolved.resolve(document) : unresolved;
		if (!(0, import_dist.isNode)(node) || (0, import_dist.isAlias)(node)) return;
		if (node.tag && !/^(tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)|!)$/.test(node.tag)) throw unreadable(path, `it has the tag ${node.tag}`);
		if ((0, import_dist.isScalar)(node)) scalars.push({
			key,
			node
		});
		if ((0, import_dist.isSeq)(node)) for (const item of node.items) visit(item, key);
		if (!(0, import_dist.isMap)(node)) return;
		for (const { key: written, value } of node.items) {
			const name = (0, import_dist.isAlias)(written) ? written.resolve(document) : written;
			const inner = (0, import_dist.isScalar)(name) ? String(name.value) : "";
			if (!freeTexts.has(folded(inner))) visit(value, inner === "<<" ? key : inner);
		}
	};
	visit(document.contents, "");
	return scalars;
}
function folded(key) {
	return key.toUpperCase().toLowerCase();
}
function isRemote(value, key = "") {
	const text = folded(key) === "files" ? value.slice(value.indexOf("=") + 1) : value;
	return /^\s*([a-z][a-z0-9+.-]{0,40}:\S|[a-z][a-z0-9-]{0,99}@|(www\.)?(github|gitlab)\.com[/:]|bitbucket\.org[/:])/i.test(text);
}
function shown$1(value) {
	return (value.trim().split("\n")[0] ?? "").replace(/\/\/[^/@]{0,500}@/, "//***@").slice(0, 200);
}
function unreadable(path, why) {
	return new UserError(`${path} can't be searched for what it fetches: ${why}`, { fix: "write it as plain YAML, or run without a lock and without a bundle" });
}

// src/sources/charts/objects.ts
async function objectsChart(context, ref, { folder, kubectl, supply }) {
	const { files } = context.host;
	const name = ref.kind === "objects" ? ref.name : ref.kind;
	const documents = await documentsOf$1(context, ref, kubectl, supply);
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
async function readManifests(context, { paths }, cwd) {
	return (await Promise.all(paths.map((path) => read(context, path)))).flatMap((text, index) => {
		const shown = showPath(cwd, paths[index] ?? "");
		return objectsInFile(text, shown).map((one) => {
			if (typeof one.object["kind"] === "string") return one;
			throw new UserError(`${one.start}: this document is not a Kubernetes object: it has no kind`);
		});
	});
}
async function documentsOf$1(context, ref, kubectl, supply) {
	if (ref.kind === "objects") return ref.objects.map((object) => ({
		kind: object.kind,
		text: JSON.stringify(object, null, 2)
	}));
	if (ref.kind === "kustomize") {
		await refuseRemote(context, ref.path, supply);
		return split$2(await build(context, ref.path, await kubectl, supply), ref.path, ref);
	}
	return (await Promise.all(ref.paths.map(async (path) => split$2(await read(context, path), path, ref)))).flat();
}
async function read({ host }, path) {
	const text = await host.files.read(path).catch((cause) => {
		throw new UserError(`the manifest ${path} can't be read: ${messageOf(cause)}`, { cause });
	});
	if (text === void 0) throw new UserError(`there is no manifest ${path}`);
	return text;
}
async function refuseRemote({ host, log }, path, supply) {
	const isClosed = isClosedBy(supply);
	const found = await findRemoteReferences(host.files, path).catch((error) => {
		if (isClosed) throw error;
		return [];
	});
	if (found.length === 0) return;
	const lines = found.map(({ where, key, text }) => `  ${where}: ${key}: ${text}`).join("\n");
	if (!isClosed) return log.warn(`the kustomization ${path} fetches what no checksum verifies and no lock can name:\n${lines}`);
	throw new UserError(`the kustomization ${path} fetches from the network, and ${supply.offline ?? supply.lockedBy} allows only what the lock names:\n${lines}`, { fix: "copy these files into the repository and name the copies" });
}
function isClosedBy({ lock, offline }) {
	return lock !== void 0 || offline !== void 0;
}
const deadProxy = "http://127.0.0.1:1";
const withoutNetwork = {
	GIT_ALLOW_PROTOCOL: "none",
	...Object.fromEntries([
		"HTTP_PROXY",
		"HTTPS_PROXY",
		"http_proxy",
		"https_proxy"
	].map((name) => [name, deadProxy])),
	NO_PROXY: "",
	no_proxy: ""
};
async function build({ host }, path, kubectl, supply) {
	if (kubectl === void 0) throw new Error("a kustomization needs kubectl to be built");
	const { exitCode, stdout, stderr } = await host.exec([
		kubectl.path,
		"kustomize",
		path
	], {
		allowFailure: true,
		timeoutMs: 6e4,
		...isClosedBy(supply) && { env: withoutNetwork }
	});
	if (exitCode === 0) return stdout;
	throw new UserError(`the kustomization ${path} can't be built: ${stderr.trim().replace(/^error: /, "")}`);
}
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
function split$2(text, path, marks) {
	return objectsIn$2(text, path).map(({ kind, object }) => ({
		kind,
		text: JSON.stringify(marked(object, marks), null, 2)
	}));
}
function objectsIn$2(text, path) {
	return readDocuments(text).flatMap(({ data: value, error }) => {
		if (error) throw new UserError(`${path}:${error.position.line}:${error.position.column}: ${error.problem}`);
		const kind = value.kind;
		if (typeof kind !== "string") throw new UserError(`${path}: ${JSON.stringify(value).slice(0, 80)} is not a Kubernetes object: it has no kind`);
		return [{
			kind,
			object: value
		}];
	});
}

// src/plan/known-tree.ts
function kindOf$2(value) {
	if (Array.isArray(value)) return "list";
	if (typeof value === "object") return value === null ? void 0 : "mapping";
	if (typeof value === "boolean") return "boolean";
	return typeof value === "number" ? "number" : "text";
}
function emptyTree() {
	return {
		keys: /* @__PURE__ */ new Map(),
		anything: false
	};
}
function copyTree(known) {
	const keys = new Map([...known.keys].map(([key, node]) => [key, copyTree(node)]));
	return {
		...known,
		keys
	};
}
function findNode(known, path) {
	return path.reduce((node, key) => node?.keys.get(key), known);
}
function nodeAt$1(known, path) {
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
function mergeTree(into, other) {
	if (isOpen(other)) into.anything = true;
	into.kind ??= other.kind;
	for (const [key, node] of other.keys) mergeTree(nodeAt$1(into, [key]), node);
}

// src/plan/schema-keys.ts
const deepest$6 = 20;
function addSchemaKeys(known, schema, subcharts) {
	if (!isMapping$2(schema)) return;
	addPart(known, schema, {
		root: schema,
		depth: 0,
		isOthers: false,
		subcharts
	});
}
function addPart(known, given, within) {
	const schema = followed(given, within.root);
	if (!isMapping$2(schema) || within.depth > deepest$6) {
		if (!within.isOthers) known.anything = true;
		return;
	}
	const { properties, patternProperties, additionalProperties } = schema;
	known.kind ??= kindIn(schema.type);
	const named = Object.entries(isMapping$2(properties) ? properties : {});
	const parts = partsOf$2(schema);
	const saysNothing = named.length === 0 && parts.length === 0 && within.depth > 0 && !within.isOthers;
	if (isMapping$2(patternProperties) || isMapping$2(additionalProperties) || saysNothing) known.anything = true;
	for (const [key, one] of named) {
		const isOthers = within.depth === 0 && within.subcharts.has(key);
		addPart(nodeAt$1(known, [key]), one, {
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
const kinds = {
	array: "list",
	object: "mapping",
	boolean: "boolean",
	integer: "number",
	number: "number",
	string: "text"
};
function kindIn(type) {
	const [only, second] = [type].flat().filter((one) => one !== "null");
	return second === void 0 && typeof only === "string" ? kinds[only] : void 0;
}
function partsOf$2(schema) {
	return [
		...[
			schema.allOf,
			schema.anyOf,
			schema.oneOf
		].flatMap((one) => Array.isArray(one) ? one : []),
		schema.if,
		schema.then,
		schema.else
	].filter(isMapping$2);
}
function followed(schema, root) {
	let node = schema;
	for (let steps = 0; isMapping$2(node) && typeof node.$ref === "string"; steps++) {
		const { $ref } = node;
		if (!$ref.startsWith("#") || steps > deepest$6) return void 0;
		node = $ref.slice(1).split("/").filter((part) => part !== "").map((part) => decoded(part).replaceAll("~1", "/").replaceAll("~0", "~")).reduce((at, part) => isMapping$2(at) && Object.hasOwn(at, part) ? at[part] : void 0, root);
	}
	return node;
}
function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

// src/plan/template-tokens.ts
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

// src/plan/template-parts.ts
function parseTemplate(text) {
	const body = [];
	const defines = /* @__PURE__ */ new Map();
	const open = [];
	const partOf = () => {
		const name = open.findLast((one) => one !== void 0);
		return name === void 0 ? body : defines.get(name) ?? body;
	};
	for (const action of templateActions(text)) {
		const tokens = templateTokens(action);
		const word = tokens[0]?.kind === "word" ? tokens[0].text : "";
		const name = tokens[1]?.kind === "string" ? tokens[1].text : void 0;
		if ((word === "define" || word === "block") && name !== void 0) {
			if (word === "block") partOf().push([{
				kind: "word",
				text: "template"
			}, ...tokens.slice(1)]);
			defines.set(name, []);
			open.push(name);
			continue;
		}
		if (word === "if" || word === "with" || word === "range") open.push(void 0);
		if (word === "end" && open.pop() !== void 0) continue;
		partOf().push(tokens);
	}
	return {
		body,
		defines
	};
}
const parsed$1 = /* @__PURE__ */ new WeakMap();
function templatesOf(chart) {
	const known = parsed$1.get(chart) ?? chart.templates.map(parseTemplate);
	parsed$1.set(chart, known);
	return known;
}
function definesIn(chart) {
	const own = templatesOf(chart).flatMap(({ defines }) => [...defines]);
	return new Map([...chart.charts.flatMap((one) => [...definesIn(one)]), ...own]);
}

// src/plan/template-value.ts
const nothing = { refs: [] };
const rootContext = {
	refs: [],
	fields: /* @__PURE__ */ new Map([["Values", { refs: [[]] }]])
};
function fieldOf$1(value, name) {
	const refs = value.refs.map((path) => [...path, name]);
	const field = value.fields?.get(name);
	if (field !== void 0) return refs.length === 0 ? field : join$1(field, { refs });
	return name === "Values" && refs.length === 0 ? { refs: [[]] } : { refs };
}
function join$1(a, b) {
	if (a === b || b === nothing) return a;
	if (a === nothing) return b;
	const fields = new Map(a.fields);
	for (const [name, field] of b.fields ?? []) fields.set(name, join$1(fields.get(name) ?? nothing, field));
	const items = [...a.items ?? [], ...b.items ?? []];
	return {
		refs: distinct([...a.refs, ...b.refs]),
		texts: a.texts && b.texts ? [.../* @__PURE__ */ new Set([...a.texts, ...b.texts])] : void 0,
		fields: fields.size > 0 ? fields : void 0,
		items: items.length > 0 ? items.slice(0, 50) : void 0
	};
}
function joinAll(values) {
	return values.reduce(join$1, nothing);
}
function partsOf$1(value) {
	const inFields = [...value.fields ?? []].flatMap(([name, field]) => name === "Values" ? field.refs.filter((path) => path.length > 0) : partsOf$1(field));
	return [
		...value.refs,
		...inFields,
		...(value.items ?? []).flatMap(partsOf$1)
	];
}
function keyOfValue({ refs, texts, fields, items }) {
	const inner = [...fields ?? []].map(([name, field]) => `${JSON.stringify(name)}:${keyOfValue(field)}`);
	return `${JSON.stringify([refs, texts ?? 0])}{${inner.sort().join()}}[${(items ?? []).map(keyOfValue).join()}]`;
}
function distinct(refs) {
	return [...new Map(refs.map((path) => [path.join("\0"), path])).values()];
}

// src/plan/template-pipeline.ts
const words = (text) => new Set(text.split(" "));
const tests = words("not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare");
const passing = words("and or default coalesce ternary required deepCopy mustDeepCopy omit first last initial rest reverse uniq compact concat mustFirst mustLast mustUniq append prepend mustAppend mustPrepend");
const merging = words("merge mergeOverwrite mustMerge mustMergeOverwrite");
const copying = words("deepCopy mustDeepCopy dict pick omit merge mergeOverwrite mustMerge mustMergeOverwrite");
const picking = words("first last mustFirst mustLast");
function runStatement(scope, tokens) {
	const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
	const value = runPipeline(scope, tokens.slice(sign + 1));
	const names = tokens.slice(0, Math.max(sign, 0)).flatMap((one) => one.kind === "field" && one.variable !== void 0 ? [one.variable] : []);
	const isNew = tokens[sign]?.kind === "sign" && tokens[sign].text === ":=";
	for (const name of names) {
		const before = scope.variables.get(name) ?? nothing;
		const texts = isNew ? value.texts : before.texts && value.texts && [...before.texts, ...value.texts];
		scope.variables.set(name, {
			...join$1(before, value),
			texts
		});
	}
	return {
		value,
		assigned: names.length > 0,
		names
	};
}
function runPipeline(scope, tokens) {
	let piped;
	for (const part of split$1(tokens)) piped = runCommand(scope, part, piped);
	return piped ?? nothing;
}
function runCommand(scope, tokens, piped) {
	const { args: own, name } = operandsOf(scope, tokens);
	const args = piped === void 0 ? own : [...own, operand(piped)];
	const values = args.map(({ value }) => value);
	const [first = nothing, ...others] = values;
	for (const { refs } of values) scope.mention(refs, false);
	if (name === void 0) return joinAll(values);
	if (tests.has(name)) return nothing;
	if (picking.has(name)) return join$1({
		...first,
		items: void 0,
		texts: void 0
	}, joinAll(first.items ?? []));
	if (passing.has(name)) {
		const passed = values.filter((_, index) => name !== "omit" || index === 0);
		return {
			...joinAll(passed),
			...passed.some(({ texts }) => !texts) && { texts: void 0 }
		};
	}
	if (merging.has(name)) return merged(scope, args);
	switch (name) {
		case "index":
		case "get": return stepInto(scope, first, args.slice(1));
		case "hasKey":
			stepInto(scope, first, args.slice(1));
			return nothing;
		case "dig": return stepInto(scope, values.at(-1) ?? nothing, args.slice(0, values.length - 2));
		case "dict": return dictOf(scope, values);
		case "list":
		case "tuple": return listOf$1(values);
		case "pick": return picked(scope, first, others);
		case "set": return withKey(scope, args);
		case "unset": return first;
		case "include":
			if (!args[0]?.isFile) scope.call(first.texts, others[0] ?? nothing);
			return nothing;
		default:
			for (const one of values) scope.mention(partsOf$1(one), true);
			return nothing;
	}
}
function merged(scope, args) {
	const [target, ...others] = args;
	const result = joinAll(args.map(({ value }) => value));
	if (target?.variable !== void 0) scope.variables.set(target.variable, result);
	else if (target?.isCopy === false) scope.mention(others.flatMap(({ value }) => partsOf$1(value)), true);
	return result;
}
function dictOf(scope, values) {
	const fields = /* @__PURE__ */ new Map();
	for (let i = 0; i < values.length; i += 2) {
		const value = values[i + 1] ?? nothing;
		const names = values[i]?.texts;
		if (names === void 0) scope.mention(partsOf$1(value), true);
		for (const name of names ?? []) fields.set(name, join$1(fields.get(name) ?? nothing, value));
	}
	return {
		refs: [],
		fields
	};
}
function listOf$1(values) {
	const texts = values.map((one) => one.texts);
	return {
		refs: [],
		items: values,
		texts: texts.every((one) => one !== void 0) ? texts.flat() : void 0
	};
}
function picked(scope, from, keys) {
	const names = keys.map(({ texts }) => texts);
	if (names.some((one) => one === void 0)) return from;
	const parts = names.flatMap((one) => one ?? []).map((name) => [name, fieldOf$1(from, name)]);
	for (const [, { refs }] of parts) scope.mention(refs, false);
	return {
		refs: [],
		fields: new Map(parts)
	};
}
function withKey(scope, args) {
	const [target, key, value = operand(nothing)] = args;
	const into = target?.value ?? nothing;
	const names = key?.value.texts;
	if (names === void 0 || into.refs.length > 0) {
		scope.mention(partsOf$1(value.value), true);
		return into;
	}
	const result = join$1(into, {
		refs: [],
		fields: new Map(names.map((name) => [name, value.value]))
	});
	if (target?.variable !== void 0) scope.variables.set(target.variable, result);
	return result;
}
function stepInto(scope, base, steps) {
	let value = base;
	for (const { value: step, index } of steps) {
		if (value.items !== void 0 && index !== void 0) {
			value = value.items[index] ?? joinAll(value.items);
			continue;
		}
		const from = value;
		if (step.texts === void 0) {
			scope.mention(partsOf$1(from), true);
			return nothing;
		}
		value = joinAll(step.texts.map((text) => fieldOf$1(from, text)));
		scope.mention(value.refs, false);
	}
	return value;
}
function operand(value, more = {}) {
	return {
		value,
		variable: void 0,
		index: void 0,
		isFile: false,
		isCopy: false,
		...more
	};
}
function operandsOf(scope, tokens) {
	const args = [];
	let name;
	for (let i = 0; i < tokens.length; i++) {
		const one = tokens[i];
		if (one.kind === "string") args.push(operand({
			refs: [],
			texts: [one.text]
		}));
		else if (one.kind === "field") args.push(fieldOperand(scope, one));
		else if (one.kind === "word" && i === 0 && /^[a-zA-Z]/.test(one.text)) name = one.text;
		else if (one.kind === "word") args.push(operand(nothing, { index: indexIn(one.text) }));
		else if (one.text === "(") {
			const end = closing$1(tokens, i);
			const next = tokens[end + 1];
			const fields = next?.kind === "field" && next.attached ? next.fields : [];
			const inside = tokens.slice(i + 1, end);
			const isFile = inside.some((part) => part.kind === "field" && part.fields.at(-1) === "BasePath");
			const isCopy = inside[0]?.kind === "word" && copying.has(inside[0].text);
			args.push(operand(fields.reduce(fieldOf$1, runPipeline(scope, inside)), {
				isFile,
				isCopy
			}));
			i = fields.length > 0 ? end + 1 : end;
		}
	}
	return {
		args,
		name
	};
}
function indexIn(text) {
	return /^\d+$/.test(text) ? Number(text) : void 0;
}
function fieldOperand(scope, { variable, fields }) {
	const base = variable === void 0 ? scope.dot : scope.variables.get(variable) ?? nothing;
	return operand(fields.reduce(fieldOf$1, base), { variable: fields.length === 0 ? variable : void 0 });
}
function split$1(tokens) {
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
function closing$1(tokens, open) {
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

// src/plan/template-mentions.ts
function chartMentions(chart, defines) {
	const parts = [chart, ...chart.charts.filter(({ isLibrary }) => isLibrary)].flatMap(templatesOf);
	const inValues = textsIn$1(chart.values).map((text) => parseTemplate(text).body);
	const own = new Map(parts.flatMap((one) => [...one.defines]));
	return mentionsOf([...parts.map(({ body }) => body), ...inValues], defines, own);
}
function textsIn$1(values) {
	if (typeof values === "string") return values.includes("{{") ? [values] : [];
	return typeof values === "object" && values !== null ? Object.values(values).flatMap(textsIn$1) : [];
}
const deepest$5 = 25;
function mentionsOf(bodies, defines, own) {
	const mentions = /* @__PURE__ */ new Map();
	const done = /* @__PURE__ */ new Set();
	let isOpen = false;
	const mention = (refs, whole) => {
		for (const path of refs) if (path.length > 0 || whole) mentions.set(`${whole}\0${path.join("\0")}`, {
			path,
			whole
		});
	};
	const call = (names, value, depth) => {
		if (names === void 0) isOpen = true;
		for (const name of names ?? [""]) {
			const actions = defines.get(name);
			if (actions === void 0 || depth > deepest$5) mention(partsOf$1(value), true);
			else runOnce(name, actions, value, depth);
		}
	};
	const runOnce = (name, actions, value, depth) => {
		const key = `${name}\0${keyOfValue(value)}`;
		if (done.has(key)) return;
		done.add(key);
		run(actions, value, depth);
	};
	const run = (actions, dot, depth) => {
		const scope = {
			dot,
			variables: /* @__PURE__ */ new Map([["$", dot]]),
			mention,
			call: (names, value) => call(names, value, depth + 1)
		};
		const outer = [];
		for (const tokens of actions) runAction(scope, outer, tokens);
	};
	for (const body of bodies) run(body, rootContext, 0);
	if (isOpen) for (const [name, actions] of own) runOnce(name, actions, nothing, 0);
	return [...mentions.values()];
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
		case "else":
			scope.dot = outer.at(-1) ?? nothing;
			runHead(scope, rest);
			return;
		case "end":
			scope.dot = outer.pop() ?? nothing;
			return;
		case "template": {
			const [name, ...value] = rest;
			scope.call(name?.kind === "string" ? [name.text] : void 0, runPipeline(scope, value));
			return;
		}
		case "break":
		case "continue": return;
		default: {
			const { value, assigned } = runStatement(scope, tokens);
			scope.mention(assigned ? value.refs : partsOf$1(value), !assigned);
		}
	}
}
function runHead(scope, tokens) {
	const [first, ...rest] = tokens;
	if (first?.kind !== "word") return;
	if (first.text === "range") {
		runRange(scope, rest);
		return;
	}
	const { value } = runStatement(scope, rest);
	scope.mention(value.refs, false);
	if (first.text === "with") scope.dot = value;
}
function runRange(scope, tokens) {
	const { value, names } = runStatement(scope, tokens);
	scope.mention(value.refs, true);
	const parts = [...value.items ?? [], ...value.fields?.values() ?? []];
	const texts = value.texts === void 0 ? nothing : {
		refs: [],
		texts: value.texts
	};
	const each = parts.length > 0 ? joinAll(parts) : texts;
	scope.dot = each;
	const last = names.at(-1);
	if (last !== void 0) scope.variables.set(last, each);
	const keys = value.fields && !value.fields.has("Values") ? [...value.fields.keys()] : void 0;
	const [index] = names;
	if (names.length > 1 && index !== void 0) scope.variables.set(index, {
		refs: [],
		texts: keys
	});
}

// src/plan/known-values.ts
const ofCharts = /* @__PURE__ */ new WeakMap();
function knownValues(chart, given) {
	const known = ofCharts.get(chart) ?? knownToChart(chart, definesIn(chart));
	ofCharts.set(chart, known);
	const copy = copyTree(known);
	addUserMentions(copy, chart, given);
	return copy;
}
function knownToChart(chart, defines) {
	const known = emptyTree();
	const subcharts = subchartsOf$1(chart);
	addDefaults(known, chart.values, new Set(subcharts.keys()));
	addSchemaKeys(known, chart.schema, new Set(subcharts.keys()));
	for (const { path, whole } of chartMentions(chart, defines)) {
		const node = nodeAt$1(known, path);
		if (whole) node.anything = true;
	}
	nodeAt$1(known, ["global"]).anything = true;
	for (const [key, subchart] of subcharts) mergeTree(nodeAt$1(known, [key]), knownToChart(subchart, defines));
	for (const dependency of chart.dependencies) addSwitches(known, dependency, chart);
	return known;
}
function subchartsOf$1(chart) {
	return new Map(chart.charts.flatMap((one) => keysOf(one, chart.dependencies).map((key) => [key, one])));
}
function keysOf(subchart, dependencies) {
	const listed = dependencies.filter(({ name }) => name === subchart.name);
	return listed.length === 0 ? [subchart.name] : listed.map(({ name, alias }) => alias ?? name);
}
function addSwitches(known, dependency, chart) {
	for (const condition of dependency.conditions) nodeAt$1(known, condition.split(".")).kind ??= "boolean";
	for (const tag of dependency.tags) nodeAt$1(known, ["tags", tag]);
	const values = chart.charts.find(({ name }) => name === dependency.name)?.values;
	if (!isMapping$2(values)) return;
	for (const one of dependency.importValues) {
		const [child, parent] = typeof one === "string" ? [`exports.${one}`, "."] : [one.child, one.parent];
		addDefaults(parent === "." ? known : nodeAt$1(known, parent.split(".")), valueAt(values, child.split(".")), /* @__PURE__ */ new Set());
	}
}
function addUserMentions(known, chart, given) {
	for (const path of userMentions(given)) nodeAt$1(known, path).anything = true;
	for (const [key, subchart] of subchartsOf$1(chart)) {
		const below = given[key];
		if (isMapping$2(below)) addUserMentions(nodeAt$1(known, [key]), subchart, below);
	}
}
function userMentions(values) {
	if (typeof values === "string") {
		if (!values.includes("{{")) return [];
		return [...values.matchAll(/(?<![\w.])\$?\.Values\.(\w+(?:\.\w+)*)/g)].map(([, path = ""]) => path.split("."));
	}
	return typeof values === "object" && values !== null ? Object.values(values).flatMap(userMentions) : [];
}
function addDefaults(known, values, subcharts) {
	if (!isMapping$2(values)) return;
	for (const [key, value] of Object.entries(values)) {
		const node = nodeAt$1(known, [key]);
		if (!(isMapping$2(value) && Object.keys(value).length > 0) && !subcharts.has(key)) node.anything = true;
		node.kind = kindOf$2(value) ?? node.kind;
		addDefaults(node, value, /* @__PURE__ */ new Set());
	}
}

// src/plan/template-tree.ts
function templateTree(template) {
	const parts = partsOf(template);
	let at = 0;
	const read = () => {
		const nodes = [];
		for (; at < parts.length;) {
			const part = parts[at++];
			if ("text" in part) {
				nodes.push({
					kind: "text",
					text: part.text
				});
				continue;
			}
			const word = wordOf(part.tokens[0]);
			if (word === "end" || word === "else") return {
				nodes,
				end: part.tokens
			};
			if (word === "if" || word === "with" || word === "range") nodes.push(block(word, part.tokens.slice(1)));
			else if (word === "define" || word === "block") {
				const { nodes: body } = read();
				const [, name] = part.tokens;
				nodes.push({
					kind: "define",
					name: name?.kind === "string" ? name.text : "",
					body
				});
			} else nodes.push({
				kind: "action",
				tokens: part.tokens
			});
		}
		return {
			nodes,
			end: []
		};
	};
	const block = (kind, head) => {
		const branches = [];
		for (let tokens = head;;) {
			const { nodes: body, end } = read();
			branches.push({
				tokens,
				body
			});
			if (wordOf(end[0]) !== "else") return {
				kind,
				branches
			};
			tokens = end.length > 1 ? end.slice(2) : void 0;
		}
	};
	const all = [];
	while (at < parts.length) all.push(...read().nodes);
	return all;
}
function wordOf(token) {
	return token?.kind === "word" ? token.text : void 0;
}
function partsOf(template) {
	const parts = [];
	let rest = 0;
	let trims = false;
	for (let from = template.indexOf("{{"); from !== -1; from = template.indexOf("{{", rest)) {
		const isLeft = /^\{\{-\s/.test(template.slice(from, from + 4));
		const inner = from + 2 + (isLeft ? 1 : 0);
		const isComment = /^\s*\/\*/.test(template.slice(inner, inner + 20));
		const comment = isComment ? endOfComment(template, inner) : inner;
		const end = comment === void 0 ? void 0 : endOfAction(template, comment);
		if (end === void 0) return parts;
		const text = template.slice(rest, from);
		const begun = trims ? text.trimStart() : text;
		parts.push({ text: isLeft ? begun.trimEnd() : begun });
		trims = /\s-$/.test(template.slice(inner, end));
		if (!isComment) parts.push({ tokens: templateTokens(template.slice(inner, trims ? end - 1 : end).trim()) });
		rest = end + 2;
	}
	const text = template.slice(rest);
	return [...parts, { text: trims ? text.trimStart() : text }];
}

// src/plan/item-shapes.ts
function wrongItems(app, values, chart) {
	const lists = listKeys(values);
	if (lists.length === 0) return [];
	return usesOf(chart, (template) => lists.some((key) => template.includes(key))).flatMap((use) => {
		const list = valueAt(values, use.path);
		if (!Array.isArray(list) || use.isOpen) return [];
		const key = formatKeyPath(use.path);
		return list.flatMap((item, index) => {
			const mistake = (problem) => [{
				app,
				path: [...use.path, index],
				problem
			}];
			if (use.fields.size > 0 && [
				"string",
				"number",
				"boolean"
			].includes(typeof item)) {
				const [first = "name"] = use.fields;
				return mistake(`${JSON.stringify(item)} is not a mapping: the chart reads ${[...use.fields].join(", ")} of each item of ${key}; expected e.g. {${first}: ${JSON.stringify(item)}}`);
			}
			if (use.fields.size === 0 && use.isPrinted && (isMapping$2(item) || Array.isArray(item))) return mistake(`this is ${Array.isArray(item) ? "a list" : "a mapping"}: the chart prints each item of ${key} as a text`);
			return [];
		});
	});
}
function listKeys(values) {
	if (!isMapping$2(values)) return [];
	return Object.entries(values).flatMap(([key, value]) => Array.isArray(value) ? [key] : listKeys(value));
}
function usesOf(chart, isWorthwhile) {
	const uses = /* @__PURE__ */ new Map();
	for (const template of chart.templates.filter(isWorthwhile)) walk$1(templateTree(template), root, /* @__PURE__ */ new Map(), uses);
	const below = chart.charts.flatMap((one) => {
		const own = usesOf(one, isWorthwhile);
		return keysOf(one, chart.dependencies).flatMap((key) => own.map((use) => ({
			...use,
			path: [key, ...use.path]
		})));
	});
	return [...uses.values(), ...below];
}
const root = [{
	path: [],
	isItem: false
}];
function walk$1(nodes, dot, variables, uses) {
	for (const node of nodes) {
		if (node.kind === "define") walk$1(node.body, root, /* @__PURE__ */ new Map(), uses);
		if (node.kind === "action") note$1(node.tokens, dot, variables, uses, true);
		if (node.kind !== "if" && node.kind !== "with" && node.kind !== "range") continue;
		for (const { tokens = [], body } of node.branches) {
			const sign = tokens.findIndex((one) => one.kind === "sign" && one.text === ":=");
			const head = tokens.slice(sign + 1);
			note$1(head, dot, variables, uses, false);
			const refs = node.kind === "range" ? itemsOf(head, dot, variables) : refsOf(head, dot, variables);
			const last = tokens.slice(0, Math.max(0, sign)).flatMap((one) => one.kind === "field" ? one.variable ?? [] : []).at(-1);
			walk$1(body, node.kind === "if" || tokens.length === 0 ? dot : refs, last === void 0 ? variables : new Map([...variables, [last, refs]]), uses);
		}
	}
}
function itemsOf(head, dot, variables) {
	const [first, ...rest] = head;
	if (first?.kind === "word" && first.text === "dict") return rest.flatMap((one, index) => index % 2 === 1 ? refsOf([one], dot, variables) : []);
	return refsOf(head, dot, variables).flatMap(({ path, isItem }) => isItem ? [] : [{
		path,
		isItem: true
	}]);
}
function refsOf([first, more], dot, variables) {
	if (first?.kind !== "field" || more !== void 0 || first.attached) return [];
	const { variable, fields } = first;
	const from = variable === void 0 ? dot : variable === "$" ? root : variables.get(variable) ?? [];
	if (fields.length === 0) return from;
	return from.flatMap(({ path, isItem }) => {
		if (isItem) return [];
		if (path.length > 0) return [{
			path: [...path, ...fields],
			isItem
		}];
		return fields[0] === "Values" ? [{
			path: fields.slice(1),
			isItem
		}] : [];
	});
}
function note$1(tokens, dot, variables, uses, prints) {
	for (const one of tokens) {
		if (one.kind !== "field" || one.attached) continue;
		const refs = one.variable === void 0 ? dot : variables.get(one.variable) ?? [];
		for (const { path } of refs.filter(({ isItem }) => isItem)) {
			const key = JSON.stringify(path);
			const use = uses.get(key) ?? {
				path,
				fields: /* @__PURE__ */ new Set(),
				isPrinted: false,
				isOpen: false
			};
			uses.set(key, use);
			const [field] = one.fields;
			if (field !== void 0) use.fields.add(field);
			else if (prints && isPrint(tokens)) use.isPrinted = true;
			else use.isOpen = true;
		}
	}
}
function isPrint(tokens) {
	return tokens.flatMap((one) => one.kind === "word" ? one.text : []).every((word) => word === "quote" || word === "tpl" || word === "squote");
}

// src/plan/template-functions.ts
const unknown = Symbol("unknown");
function isTrue(value) {
	if (Array.isArray(value)) return value.length > 0;
	if (isMapping$2(value)) return Object.keys(value).length > 0;
	return Boolean(value);
}
const text$1 = (value) => value === void 0 || value === null ? "" : String(value);
const functions = {
	not: (value) => !isTrue(value),
	eq: (one, ...others) => others.some((other) => text$1(other) === text$1(one)),
	ne: (one, other) => text$1(one) !== text$1(other),
	empty: (value) => !isTrue(value),
	has: (item, items) => Array.isArray(items) && items.some((one) => text$1(one) === text$1(item)),
	gt: (one, other) => Number(one) > Number(other),
	ge: (one, other) => Number(one) >= Number(other),
	lt: (one, other) => Number(one) < Number(other),
	le: (one, other) => Number(one) <= Number(other),
	int: (value) => Math.trunc(Number(value) || 0),
	add: (...values) => values.reduce((sum, one) => sum + Number(one), 0),
	sub: (one, other) => Number(one) - Number(other),
	len: (value) => isMapping$2(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : text$1(value).length,
	contains: (part, whole) => text$1(whole).includes(text$1(part)),
	hasPrefix: (part, whole) => text$1(whole).startsWith(text$1(part)),
	hasSuffix: (part, whole) => text$1(whole).endsWith(text$1(part)),
	hasKey: (mapping, key) => isMapping$2(mapping) && Object.hasOwn(mapping, text$1(key)),
	trunc: (length, whole) => Number(length) < 0 ? text$1(whole).slice(Number(length)) : text$1(whole).slice(0, Number(length)),
	trimSuffix: (end, whole) => text$1(whole).endsWith(text$1(end)) ? text$1(whole).slice(0, text$1(whole).length - text$1(end).length) : text$1(whole),
	trimPrefix: (start, whole) => text$1(whole).startsWith(text$1(start)) ? text$1(whole).slice(text$1(start).length) : text$1(whole),
	trim: (whole) => text$1(whole).trim(),
	upper: (whole) => text$1(whole).toUpperCase(),
	lower: (whole) => text$1(whole).toLowerCase(),
	replace: (from, to, whole) => text$1(whole).replaceAll(text$1(from), text$1(to)),
	quote: (value) => JSON.stringify(text$1(value)),
	squote: (value) => `'${text$1(value)}'`,
	toString: (value) => text$1(value),
	print: (...values) => values.map(text$1).join(""),
	printf: (format, ...values) => {
		let next = 0;
		return text$1(format).replace(/%[sdv]/g, () => text$1(values[next++]));
	},
	tpl: (value) => text$1(value).includes("{{") ? unknown : text$1(value),
	indent: (width, value) => text$1(value).replace(/^/gm, " ".repeat(Number(width))),
	nindent: (width, value) => `\n${text$1(value).replace(/^/gm, " ".repeat(Number(width)))}`,
	required: (_, value) => value,
	ternary: (one, other, isSo) => isTrue(isSo) ? one : other,
	kindIs: (kind, value) => kind === kindOf$1(value),
	list: (...values) => values,
	dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, index) => index % 2 === 0 ? [[text$1(key), pairs[index + 1]]] : []))
};
function kindOf$1(value) {
	if (value === void 0 || value === null) return "invalid";
	if (Array.isArray(value)) return "slice";
	if (isMapping$2(value)) return "map";
	return {
		string: "string",
		boolean: "bool",
		number: "float64"
	}[typeof value] ?? "";
}

// src/plan/template-outline.ts
const unknownText = "\0";
const mostSteps = 3e5;
const deepest$4 = 30;
function createOutliner(templates) {
	const defined = /* @__PURE__ */ new Map();
	const trees = new Map(templates.map((text) => [text, templateTree(text)]));
	const define = (nodes) => {
		for (const node of nodes) if (node.kind === "define") defined.set(node.name, node.body);
	};
	for (const tree of trees.values()) define(tree);
	let steps = 0;
	function print(nodes, scope) {
		return nodes.map((node) => printOne(node, scope)).join("");
	}
	function printOne(node, scope) {
		if (++steps > mostSteps) return "";
		if (node.kind === "text") return node.text;
		if (node.kind === "define") return "";
		if (node.kind === "action") return printed(statement(node.tokens, scope));
		for (const { tokens, body } of node.branches) {
			if (tokens === void 0) return print(body, scope);
			const value = statement(tokens, scope, true);
			if (value === unknown) {
				for (const name of node.branches.flatMap((one) => assignedIn(one.body))) scope.variables.set(name, unknown);
				return "";
			}
			if (!isTrue(value)) continue;
			if (node.kind === "if") return print(body, scope);
			if (node.kind === "with") return print(body, {
				...scope,
				dot: value
			});
			return items(value).map(([key, item]) => print(body, {
				...scope,
				dot: item,
				variables: named$1(scope, tokens, key, item)
			})).join("");
		}
		return "";
	}
	function statement(tokens, scope, isHead = false) {
		const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
		const value = pipeline(tokens.slice(sign + 1), scope);
		const [first] = tokens;
		if (sign > 0 && first?.kind === "field" && first.variable !== void 0) scope.variables.set(first.variable, value);
		return sign > 0 && !isHead ? "" : value;
	}
	function pipeline(tokens, scope) {
		let piped = [];
		for (const command of split(tokens)) piped = [call(command, scope, piped)];
		return piped[0];
	}
	function call(tokens, scope, piped) {
		const [first, ...rest] = tokens;
		if (first?.kind !== "word" || isLiteral(first.text)) return operands(tokens, scope)[0];
		const args = [...operands(rest, scope), ...piped];
		const name = first.text;
		if (name === "include" || name === "template") return included(String(args[0]), args[1], scope);
		if (name === "and") {
			const no = args.findIndex((one) => one !== unknown && !isTrue(one));
			return no >= 0 ? args[no] : args.includes(unknown) ? unknown : args.at(-1);
		}
		if (name === "or") {
			const yes = args.findIndex((one) => one === unknown || isTrue(one));
			return yes >= 0 ? args[yes] : args.at(-1);
		}
		if (name === "default") return args[1] === unknown ? unknown : isTrue(args[1]) ? args[1] : args[0];
		if (name === "coalesce") return args.find((one) => one === unknown || isTrue(one));
		if (name === "index") return args.slice(1).reduce((node, key) => fieldOf(node, String(key)), args[0]);
		const run = Object.hasOwn(functions, name) ? functions[name] : void 0;
		return run === void 0 || args.includes(unknown) ? unknown : run(...args);
	}
	function included(name, dot, scope) {
		const body = defined.get(name);
		if (body === void 0 || scope.depth >= deepest$4) return unknown;
		return print(body, {
			root: dot,
			dot,
			variables: /* @__PURE__ */ new Map(),
			depth: scope.depth + 1
		});
	}
	function operands(tokens, scope) {
		const values = [];
		for (let at = 0; at < tokens.length; at++) {
			const one = tokens[at];
			if (one.kind === "string") values.push(one.text);
			else if (one.kind === "word") values.push(literal(one.text, scope));
			else if (one.kind === "field") {
				const from = one.attached ? values.pop() : one.variable === void 0 ? scope.dot : variable(one.variable, scope);
				values.push(one.fields.reduce(fieldOf, from));
			} else if (one.text === "(") {
				const end = closing(tokens, at);
				values.push(pipeline(tokens.slice(at + 1, end), scope));
				at = end;
			}
		}
		return values;
	}
	function literal(word, scope) {
		if (!isLiteral(word)) return call([{
			kind: "word",
			text: word
		}], scope, []);
		return word === "true" ? true : word === "false" ? false : word === "nil" ? null : Number(word);
	}
	return { outline(template, root) {
		return print(trees.get(template) ?? templateTree(template), {
			root,
			dot: root,
			variables: /* @__PURE__ */ new Map(),
			depth: 0
		});
	} };
}
function assignedIn(nodes) {
	return nodes.flatMap((node) => {
		if (node.kind === "if" || node.kind === "with" || node.kind === "range") return node.branches.flatMap(({ body }) => assignedIn(body));
		const [first, second] = node.kind === "action" ? node.tokens : [];
		return second?.kind === "sign" && (second.text === "=" || second.text === ":=") && first?.kind === "field" && first.variable !== void 0 ? [first.variable] : [];
	});
}
function variable(name, { root, variables }) {
	return name === "$" ? root : variables.has(name) ? variables.get(name) : unknown;
}
function fieldOf(node, key) {
	if (node === unknown) return unknown;
	return isMapping$2(node) && Object.hasOwn(node, key) ? node[key] : void 0;
}
function items(value) {
	if (Array.isArray(value)) return [...value.entries()];
	return isMapping$2(value) ? Object.entries(value) : [];
}
function named$1({ variables }, tokens, key, item) {
	const sign = tokens.findIndex((one) => one.kind === "sign" && one.text === ":=");
	const names = tokens.slice(0, Math.max(0, sign)).flatMap((one) => one.kind === "field" ? one.variable ?? [] : []);
	const values = names.length === 2 ? [key, item] : [item];
	return new Map([...variables, ...names.map((name, index) => [name, values[index]])]);
}
function isLiteral(word) {
	return /^(?:true|false|nil|-?\d+(?:\.\d+)?)$/.test(word);
}
function split(tokens) {
	const commands = [[]];
	let depth = 0;
	for (const one of tokens) {
		if (one.kind === "sign" && one.text === "(") depth += 1;
		if (one.kind === "sign" && one.text === ")") depth -= 1;
		if (one.kind === "sign" && one.text === "|" && depth === 0) commands.push([]);
		else commands.at(-1)?.push(one);
	}
	return commands;
}
function closing(tokens, from) {
	let depth = 0;
	for (let at = from; at < tokens.length; at++) {
		const one = tokens[at];
		if (one?.kind !== "sign") continue;
		if (one.text === "(") depth += 1;
		if (one.text === ")" && --depth === 0) return at;
	}
	return tokens.length;
}
function printed(value) {
	if (value === unknown) return "\0";
	if (value === void 0 || value === null) return "";
	return typeof value === "object" ? "\0" : String(value);
}

// src/plan/name-lengths.ts
const revision = "its pods carry it with up to 11 more characters in the label controller-revision-hash, and a label's value has at most 63";
const limits = {
	Service: [63],
	Namespace: [63],
	Job: [63],
	CronJob: [52, "its jobs have up to 11 more characters, and at most 63"],
	StatefulSet: [52, revision],
	Prometheus: [41, `the operator makes a StatefulSet prometheus-NAME of it, and ${revision}`],
	Alertmanager: [39, `the operator makes a StatefulSet alertmanager-NAME of it, and ${revision}`]
};
function longName(kind, name) {
	const [most, why] = limits[kind] ?? [Number.POSITIVE_INFINITY];
	return name.length > most ? {
		kind,
		name,
		most,
		why
	} : void 0;
}
const alwaysShort = 20;
function longNames(app, chart) {
	if (Math.max(app.release.length, ...overrides(app.values)) <= alwaysShort) return [];
	const all = chartsIn(chart, mergeValues(isMapping$2(chart.values) ? chart.values : {}, app.values));
	const outliner = createOutliner(all.flatMap(({ source }) => source.templates));
	const long = all.flatMap(({ source, name, values }) => {
		const root = rootOf(app, name, values);
		return source.isLibrary ? [] : source.templates.flatMap((text) => objectsIn$1(outliner.outline(text, root)));
	});
	return [...new Map(long.map((one) => [`${one.kind} ${one.name}`, one])).values()];
}
function overrides(values) {
	if (!isMapping$2(values)) return [];
	return Object.entries(values).flatMap(([key, value]) => /^(?:fullname|name)Override$/.test(key) ? [String(value).length] : overrides(value));
}
function chartsIn(source, values, name = source.name) {
	const below = source.charts.flatMap((one) => keysOf(one, source.dependencies).flatMap((key) => {
		const isOff = source.dependencies.find((dependency) => (dependency.alias ?? dependency.name) === key)?.conditions.some((path) => valueAt(values, path.split(".")) === false) ?? false;
		const own = isMapping$2(values[key]) ? values[key] : {};
		const global = isMapping$2(values["global"]) ? { global: values["global"] } : {};
		const defaults = isMapping$2(one.values) ? one.values : {};
		return isOff ? [] : chartsIn(one, mergeValues(mergeValues(defaults, global), own), key);
	}));
	return [{
		source,
		name,
		values
	}, ...below];
}
function rootOf({ release, namespace }, chart, values) {
	return {
		Values: values,
		Release: {
			Name: release,
			Namespace: namespace,
			Service: "Helm",
			IsInstall: true,
			IsUpgrade: false,
			Revision: 1
		},
		Chart: {
			Name: chart,
			Version: unknown,
			AppVersion: unknown
		},
		Template: unknown,
		Capabilities: unknown,
		Files: unknown,
		Subcharts: unknown
	};
}
function mostOfRelease$1(app, chart) {
	let [fits, long] = [alwaysShort, app.release.length];
	while (long - fits > 1) {
		const middle = Math.floor((fits + long) / 2);
		if (longNames({
			...app,
			release: app.release.slice(0, middle)
		}, chart).length === 0) fits = middle;
		else long = middle;
	}
	return fits;
}
function longLabels(outline, of) {
	return [...outline.matchAll(/^( *)(?:labels|matchLabels|selector):[ \t]*\n((?:\1 +\S.*\n?)*)/gm)].flatMap(([, , lines = ""]) => [...lines.matchAll(/^ +([\w./-]+):[ \t]*["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*$/gm)].flatMap(([, key, name = ""]) => name.length > 63 ? [{
		kind: `label ${key} of ${of}`,
		name,
		most: 63,
		why: void 0
	}] : []));
}
function objectsIn$1(outline) {
	return outline.split(/^---.*$/m).flatMap((text) => {
		const kind = /^kind:[ \t]*["']?(\w+)/m.exec(text)?.[1];
		const metadata = /^metadata:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? "";
		const name = /^ +name:[ \t]*["']?([^\s"'#]+)/m.exec(metadata)?.[1];
		if (kind === void 0 || name === void 0 || name.includes("\0")) return [];
		return [...[longName(kind, name) ?? []].flat(), ...longLabels(text, `${kind} ${name}`)];
	});
}

// src/plan/admin-api.ts
const why = "a backup begins with a snapshot, which only the admin API makes";
const flag = "web.enable-admin-api";
function adminApiSettings(chart, values) {
	if (chart === "prometheus") return [{
		path: ["server", "extraFlags"],
		value: ["web.enable-lifecycle", flag],
		why,
		unlessAny: [[
			"server",
			"extraArgs",
			flag
		]]
	}];
	if (chart !== "kube-prometheus-stack") return [];
	const own = valueAt(values, [
		"prometheus",
		"prometheusSpec",
		"additionalArgs"
	]);
	if (Array.isArray(own) && own.some((one) => isMapping$2(one) && one["name"] === flag)) return [];
	return [{
		path: [
			"prometheus",
			"prometheusSpec",
			"enableAdminAPI"
		],
		value: true,
		why
	}];
}

// src/plan/asked/asked.ts
function applyAsked(parts, input) {
	return parts.reduce((so, part) => {
		const asked = part({
			...input,
			apps: so.apps
		});
		return {
			apps: withDependencies$1([...so.apps.map((app) => withAsked(app, asked.values ?? [])), ...asked.apps ?? []], asked),
			values: [...so.values, ...asked.values ?? []],
			notices: [
				...so.notices,
				...asked.notices ?? [],
				...replaced(so.apps, asked.values ?? [])
			],
			secrets: [...so.secrets, ...asked.secrets ?? []]
		};
	}, {
		apps: input.apps,
		values: [],
		notices: [],
		secrets: []
	});
}
function withAsked(app, asked) {
	const own = asked.filter((one) => one.app === app.name);
	return own.length === 0 ? app : {
		...app,
		values: own.reduce(lay, app.values)
	};
}
function lay(values, { path, value, how, setting }) {
	if (how === "whole") return replaceAt(values, path, value);
	if (how !== "append") return withValue(values, path, value);
	if (typeof value === "string") return withValue(values, path, withText(valueAt(values, path), value));
	const there = valueAt(values, path) ?? [];
	if (!Array.isArray(there)) throw new UserError(`${setting}: ${formatKeyPath(path)} in the values is not a list, so nothing can be added to it`);
	return withValue(values, path, [...there, ...Array.isArray(value) ? value : [value]]);
}
function withText(there, more) {
	const before = typeof there === "string" ? there.trimEnd() : "";
	return before === "" ? more : `${before}\n${more}`;
}
function withDependencies$1(apps, { dependencies = [] }) {
	return apps.map((app) => {
		const more = dependencies.filter((one) => one.app === app.name).map(({ on }) => on);
		return more.length === 0 ? app : {
			...app,
			dependsOn: [...app.dependsOn, ...more]
		};
	});
}
function replaced(apps, asked) {
	return asked.flatMap(({ app, path, value, how, setting, secret }) => {
		const there = valueAt(apps.find(({ name }) => name === app)?.values ?? {}, path);
		if (how === "append" || there === void 0 || how !== "whole" && isMapping$2(there)) return [];
		if (JSON.stringify(there) === JSON.stringify(value)) return [];
		const shown = (one) => secret === true || typeof one === "object" && one !== null ? "" : `: ${String(one)}`;
		return [{
			id: "value-replaced",
			text: `${setting}${shown(value)} takes the place of ${app}'s own value ${formatKeyPath(path)}${shown(there)}`,
			about: {
				app,
				path
			}
		}];
	});
}

// src/alerting/complete.ts
const routeDefaults = {
	group_by: [],
	group_wait: "30s",
	group_interval: "5m",
	repeat_interval: "4h",
	routes: []
};
function completeConfig(given) {
	const isMade = given["route"] === void 0 || given["route"] === null;
	const names = (Array.isArray(given["receivers"]) ? given["receivers"] : []).flatMap((one) => {
		const name = one?.name;
		return typeof name === "string" && name !== "" ? [name] : [];
	});
	const [first] = names;
	const route = isMade ? routeTo(names) : given["route"];
	const isRoute = typeof route === "object" && route !== null && !Array.isArray(route);
	return {
		config: {
			...given,
			global: given["global"] ?? {},
			inhibit_rules: given["inhibit_rules"] ?? [],
			...route === void 0 ? {} : { route: isRoute ? {
				...routeDefaults,
				...withoutNulls$2(route)
			} : route }
		},
		madeRouteTo: isMade && first !== void 0 ? names : void 0
	};
}
function routeTo(names) {
	const [first, ...rest] = names;
	if (first === void 0) return void 0;
	if (rest.length === 0) return { receiver: first };
	return {
		receiver: first,
		routes: names.map((receiver, index) => ({
			receiver,
			...index < names.length - 1 ? { continue: true } : {}
		}))
	};
}
function withoutNulls$2(mapping) {
	return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== null));
}

// src/alerting/redirect.ts
const groupWait = "1s";
function redirect(config, at) {
	const receivers = listOfMappings(config["receivers"]);
	const isSilent = receivers.every((receiver) => !hasIntegration(receiver));
	const redirected = receivers.map((receiver) => redirectReceiver(isSilent ? {
		...receiver,
		webhook_configs: [{}]
	} : receiver, at));
	return {
		config: {
			...config,
			...isMapping$1(config["global"]) ? { global: redirectGlobal(config["global"]) } : {},
			route: hasten(config["route"] ?? {}, true),
			receivers: redirected.map((one) => one.receiver)
		},
		endpoints: redirected.flatMap((one) => one.endpoints)
	};
}
function hasIntegration(receiver) {
	return isMapping$1(receiver) && integrationKeys(receiver).length > 0;
}
function integrationKeys(receiver) {
	return Object.keys(receiver).filter((key) => {
		const list = receiver[key];
		return key.endsWith("_configs") && Array.isArray(list) && list.length > 0;
	});
}
function redirectReceiver(given, at) {
	const name = String(given["name"] ?? "");
	const receiver = Object.fromEntries(Object.entries(given).filter(([key]) => !key.endsWith("_configs")));
	const endpoints = [];
	for (const key of integrationKeys(given)) {
		const integration = key.replace(/_configs$/, "");
		for (const [index, one] of given[key].entries()) {
			const endpoint = {
				receiver: name,
				integration,
				index
			};
			const to = key === "slack_configs" || key === "email_configs" ? key : "webhook_configs";
			endpoints.push(endpoint);
			receiver[to] = [...listOf(receiver[to]), redirectIntegration(to, isMapping$1(one) ? one : {}, endpoint, at)];
		}
	}
	return {
		receiver,
		endpoints
	};
}
const probesTemplate = `monstack-probes({{ range .Alerts.Firing }}{{ .Labels.${probeLabel} }} {{ end }})`;
function redirectIntegration(key, own, endpoint, at) {
	if (key === "slack_configs") {
		const carrier = own["message_text"] === void 0 ? "callback_id" : "message_text";
		return {
			...without$1(own, [...connection, ...slackAccess]),
			api_url: endpointUrl(at, endpoint),
			[carrier]: [...typeof own[carrier] === "string" ? [own[carrier]] : [], probesTemplate].join(" ")
		};
	}
	if (key === "email_configs") {
		const auth = Object.keys(own).filter((name) => name.startsWith("auth_"));
		return {
			from: "alertmanager@monstack.invalid",
			...without$1(own, [
				...connection,
				...auth,
				"force_implicit_tls"
			]),
			smarthost: smarthost(at),
			require_tls: false,
			headers: {
				...isMapping$1(own["headers"]) ? own["headers"] : {},
				[endpointHeader]: mailMark(at, endpoint),
				[probeHeader]: probesTemplate
			}
		};
	}
	const kept = endpoint.integration === "webhook" ? [
		"send_resolved",
		"max_alerts",
		"timeout"
	] : ["send_resolved"];
	return {
		...Object.fromEntries(kept.filter((name) => name in own).map((name) => [name, own[name]])),
		url: endpointUrl(at, endpoint)
	};
}
function isRedirected(path) {
	const [top, , key, , field = ""] = path.map(String);
	if (top === "global") return !globalKept.includes(String(path[1]));
	if (top !== "receivers" || !key?.endsWith("_configs")) return false;
	if (key === "slack_configs") return [...connection, ...slackAccess].includes(field);
	if (key === "email_configs") return [
		...connection,
		"smarthost",
		"force_implicit_tls"
	].includes(field) || field.startsWith("auth_");
	return ![
		"send_resolved",
		"max_alerts",
		"timeout"
	].includes(field);
}
const connection = ["http_config", "tls_config"];
const slackAccess = [
	"api_url",
	"api_url_file",
	"app_token",
	"app_token_file",
	"app_url",
	"update_message"
];
const globalKept = [
	"resolve_timeout",
	"smtp_from",
	"smtp_hello"
];
function redirectGlobal(own) {
	return Object.fromEntries(globalKept.filter((name) => name in own).map((name) => [name, own[name]]));
}
function smarthost({ host, smtpPort }) {
	return `${host.includes(":") ? `[${host}]` : host}:${smtpPort}`;
}
function hasten(route, isRoot = false) {
	if (!isMapping$1(route)) return route;
	const quick = Object.fromEntries(["group_wait", "group_interval"].filter((name) => isRoot || route[name] !== void 0).map((name) => [name, isShort(route[name]) ? route[name] : "1s"]));
	const routes = Array.isArray(route["routes"]) ? { routes: route["routes"].map((one) => hasten(one)) } : {};
	return {
		...route,
		...quick,
		...routes
	};
}
function isShort(duration) {
	return typeof duration === "string" && /^(\d+ms|[01]s)$/.test(duration) && duration !== "0s";
}
function without$1(mapping, names) {
	return Object.fromEntries(Object.entries(mapping).filter(([name]) => !names.includes(name)));
}
function listOf(value) {
	return Array.isArray(value) ? value : [];
}
function listOfMappings(value) {
	return listOf(value).filter(isMapping$1);
}
function isMapping$1(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/rules/deprecated-matchers.ts
const old = {
	match: ["matchers", "="],
	match_re: ["matchers", "=~"],
	source_match: ["source_matchers", "="],
	source_match_re: ["source_matchers", "=~"],
	target_match: ["target_matchers", "="],
	target_match_re: ["target_matchers", "=~"]
};
function deprecatedMatchers(config) {
	if (!isMapping$3(config)) return [];
	const rules = Array.isArray(config["inhibit_rules"]) ? config["inhibit_rules"] : [];
	return [...inRoute(config["route"], ["route"]), ...rules.flatMap((rule, index) => inMapping(rule, ["inhibit_rules", index]))];
}
function inRoute(route, path) {
	if (!isMapping$3(route)) return [];
	const below = Array.isArray(route["routes"]) ? route["routes"] : [];
	return [...inMapping(route, path), ...below.flatMap((one, index) => inRoute(one, [
		...path,
		"routes",
		index
	]))];
}
function inMapping(mapping, path) {
	if (!isMapping$3(mapping)) return [];
	return Object.entries(old).flatMap(([key, [now, op]]) => {
		const labels = mapping[key];
		if (!isMapping$3(labels)) return [];
		const matchers = Object.entries(labels).map(([label, value]) => `'${label}${op}"${value}"'`);
		return [{
			path: [...path, key],
			instead: `${now}: [${matchers.join(", ")}]`
		}];
	});
}

// src/plan/rule-files.ts
function isRuleFileRead(values, file) {
	const read = valueAt(values, [
		"serverFiles",
		"prometheus.yml",
		"rule_files"
	]);
	return !Array.isArray(read) || read.some((one) => String(one).endsWith(`/${file}`));
}
function hasGroups(content) {
	return isMapping$2(content) && Array.isArray(content.groups);
}

// src/plan/capture-rule.ts
const ruleFiles = [
	"rules",
	"alerts",
	"alerting_rules.yml",
	"recording_rules.yml"
];
function withRule(app, values) {
	const chart = chartName(app.chart);
	if (chart === "prometheus") return inRuleFile(values);
	if (chart === "kube-prometheus-stack") return asPrometheusRule(values);
	return { without: "only the charts prometheus and kube-prometheus-stack get monstack's own rule" };
}
function asPrometheusRule(values) {
	const selector = valueAt(values, [
		"prometheus",
		"prometheusSpec",
		"ruleSelector"
	]);
	if (isMapping$2(selector) && Object.keys(selector).length > 0) return { without: "Prometheus takes in only the rules that your ruleSelector asks for" };
	const at = [
		"additionalPrometheusRulesMap",
		ruleGroup.name,
		"groups"
	];
	return {
		at,
		values: replaceAt(values, at, [ruleGroup])
	};
}
function inRuleFile(values) {
	if (valueAt(values, ["server", "configMapOverrideName"])) return { without: "Prometheus reads its files from a ConfigMap of the user's" };
	const contentOf = (file) => valueAt(values, ["serverFiles", file]);
	const isEmpty = (content) => content === void 0 || isMapping$2(content) && Object.keys(content).length === 0;
	const readable = ruleFiles.filter((file) => isRuleFileRead(values, file));
	const file = readable.find((one) => isEmpty(contentOf(one))) ?? readable.find((one) => hasGroups(contentOf(one)));
	if (file === void 0) return { without: "none of the rule files that Prometheus reads can take monstack's own rule" };
	const there = contentOf(file);
	const groups = hasGroups(there) ? [...there.groups, ruleGroup] : [ruleGroup];
	return {
		at: [
			"serverFiles",
			file,
			"groups"
		],
		values: replaceAt(values, ["serverFiles", file], {
			...isMapping$2(there) ? there : {},
			groups
		})
	};
}

// src/plan/capture.ts
const httpPort = 9095;
const smtpPort = 9096;
const alertmanagerIn$1 = {
	prometheus: {
		path: ["alertmanager", "config"],
		receiver: "default-receiver"
	},
	alertmanager: {
		path: ["config"],
		receiver: "default-receiver"
	},
	"kube-prometheus-stack": {
		path: ["alertmanager", "config"],
		receiver: "null"
	}
};
const fixOf = "leave alerting.receivers out, or set it to as-is: then delivery isn't tried";
function planAlerting(config, apps, gateway, hasOnlyPlaceholders = false, token) {
	const asIs = (reason) => {
		if (config.alerting.receivers === "capture") throw new UserError(`alerting.receivers: capture can't be done: ${reason}`, { fix: fixOf });
		return {
			alerting: {
				kind: "as-is",
				reason
			},
			apps,
			set: []
		};
	};
	const app = apps.find((one) => hasAlertmanager(one));
	if (app === void 0) return asIs("no chart of this stack deploys an Alertmanager");
	const { path, receiver } = placeIn(app);
	const own = valueAt(app.values, path) ?? {};
	if (config.alerting.receivers === "as-is") return asIs("the receivers are the user's; alerting.receivers: capture tries them without telling anybody");
	const instead = insteadOfConfig(app);
	if (instead !== void 0) return asIs(`${app.name} takes Alertmanager's configuration from ${instead}`);
	if (!isMapping$2(own) || own.enabled === false || !isList(own.receivers)) return asIs(`${app.name}'s ${formatKeyPath(path)} doesn't hold Alertmanager's configuration`);
	if (config.alerting.receivers === void 0) {
		if (config.profile !== "ci") return asIs(`profile ${config.profile} leaves the receivers alone; ${hint}`);
		if ((own.receivers ?? []).some(hasIntegration) && !hasOnlyPlaceholders) return asIs(`the values name receivers; ${hint}`);
	}
	if ("unknown" in gateway) return asIs(gateway.unknown);
	const at = {
		host: gateway.address,
		httpPort,
		smtpPort,
		...token === void 0 ? {} : { token }
	};
	return capture(config, apps, app, {
		...own,
		receivers: own.receivers ?? [{ name: receiver }]
	}, at, hasOnlyPlaceholders);
}
const hint = "alerting.receivers: capture tries them without telling anybody";
function isList(value) {
	return value === void 0 || Array.isArray(value);
}
function alertmanagerPath(app) {
	const { path } = placeIn(app);
	return path.length === 0 ? void 0 : path;
}
function placeIn(app) {
	return ownValue(alertmanagerIn$1, chartName(app.chart)) ?? {
		path: [],
		receiver: ""
	};
}
function insteadOfConfig({ chart, values }) {
	if (chartName(chart) !== "kube-prometheus-stack") return void 0;
	const found = [
		["stringConfig"],
		["alertmanagerSpec", "useExistingSecret"],
		["alertmanagerSpec", "alertmanagerConfiguration"]
	].map((path) => ["alertmanager", ...path]).find((path) => !isEmpty$3(valueAt(values, path)));
	return found && formatKeyPath(found);
}
function isEmpty$3(value) {
	return !value || isMapping$2(value) && Object.keys(value).length === 0;
}
function hasAlertmanager(app) {
	const { path } = placeIn(app);
	if (path.length === 0) return false;
	return path.length === 1 || valueAt(app.values, ["alertmanager", "enabled"]) !== false;
}
function capture(config, apps, app, own, at, hasOnlyPlaceholders) {
	const { path } = placeIn(app);
	const redirected = redirect(own, at);
	const why = config.alerting.receivers === "capture" ? "asked for with alerting.receivers: capture" : `${hasOnlyPlaceholders ? "the receivers have only placeholders" : "no receiver is named"}, so monstack is the one: it proves that alerts are delivered`;
	const setting = (at, value, why) => ({
		app: app.name,
		path: formatKeyPath(at),
		value,
		why,
		...config.alerting.receivers === "capture" ? { isAsked: true } : {}
	});
	const leads = redirected.endpoints.map((one) => `${describeEndpoint(one)} to ${at.host}`);
	const quick = `at most ${"1s"}`;
	const set = [
		setting([...path, "receivers"], leads, why),
		setting([
			...path,
			"route",
			"group_wait"
		], quick, "a test waits for its alerts"),
		setting([
			...path,
			"route",
			"group_interval"
		], quick, "and for the next ones of the same group")
	];
	const values = replaceAt(app.values, path, redirected.config);
	const rule = withRule(app, values);
	if ("at" in rule) set.push(setting(rule.at, [ruleGroup], "a rule that always fires must reach a receiver"));
	return {
		alerting: {
			kind: "captured",
			at,
			endpoints: redirected.endpoints,
			isUsers: !hasOnlyPlaceholders && Array.isArray(own.receivers) && own.receivers.some(hasIntegration),
			withoutRule: "at" in rule ? void 0 : rule.without
		},
		apps: apps.map((one) => one === app ? {
			...app,
			values: "at" in rule ? rule.values : values
		} : one),
		set
	};
}

// src/alerting/placeholders.ts
function namesOnlyPlaceholders(config) {
	if (!isMapping$3(config) || !Array.isArray(config["receivers"])) return false;
	const integrations = config["receivers"].flatMap(integrationsOf);
	const global = globalPlaceholders(config["global"]);
	return integrations.length > 0 && integrations.every(({ key, one }) => isUnreachable(key, one, global));
}
function hasReachableBeside(config, path) {
	const [list, receiver, key, place] = path;
	if (!isMapping$3(config) || list !== "receivers" || !Array.isArray(config[list])) return false;
	const global = globalPlaceholders(config["global"]);
	return integrationsOf(config[list][Number(receiver)]).some((one) => !(one.key === key && one.place === place) && !isUnreachable(one.key, one.one, global));
}
function integrationsOf(receiver) {
	return Object.entries(isMapping$3(receiver) ? receiver : {}).flatMap(([key, list]) => key.endsWith("_configs") && Array.isArray(list) ? list.map((one, place) => ({
		key,
		one,
		place
	})) : []);
}
function isUnreachable(key, own, global) {
	if (!isMapping$3(own)) return false;
	if (writtenSecrets({ [key]: own }).some(({ isPlaceholder }) => isPlaceholder)) return true;
	const prefix = key === "email_configs" ? "smtp_" : key.replace(/configs$/, "");
	return !hasOwnSecret(key, own) && global.some((name) => name.startsWith(prefix));
}
function globalPlaceholders(global) {
	return writtenSecrets({ global }).flatMap(({ path, isPlaceholder }) => isPlaceholder ? [String(path.at(-1))] : []);
}
function hasOwnSecret(key, own) {
	return Object.entries(own).some(([name, value]) => Boolean(value) && isSecretField([key, name.replace(/_file$/, "")], String(value)));
}

// src/plan/asked/user-yaml.ts
function userFile({ texts, cwd }, path) {
	const shownAs = showPath(cwd, path);
	const yaml = readYaml(texts[path] ?? "");
	throwIfAny(yaml.errors.map(({ position, problem }) => ({
		where: `${shownAs}:${position}`,
		path: "",
		problem
	})));
	return placed$2({
		data: yaml.data,
		yaml,
		folder: dirname(path),
		shownAs,
		at: []
	});
}
function inUserConfig({ config, texts, cwd }, data, at) {
	const file = config.file ?? "monstack.yaml";
	return placed$2({
		data,
		yaml: readYaml(texts[file] ?? ""),
		folder: dirname(file),
		shownAs: showPath(cwd, file),
		at
	});
}
function placed$2({ data, yaml, folder, shownAs, at }) {
	const positionOf = (path, character) => yaml.valueAt(existing(yaml.data, [...at, ...path]), character);
	return {
		data,
		folder,
		shownAs,
		get unlikeTheirText() {
			return yaml.entries().flatMap(({ path, scalar }) => {
				const isBelow = at.every((step, index) => path[index] === step);
				const { value, source = "" } = scalar ?? {};
				return isBelow && (typeof value === "number" || typeof value === "boolean") && String(value) !== source ? [{
					path: path.slice(at.length),
					text: source
				}] : [];
			});
		},
		mistake: (path, problem, character) => ({
			where: `${shownAs}:${positionOf(path, character)}`,
			path: formatPath(path),
			problem
		}),
		keyMistake: (path, problem) => ({
			where: `${shownAs}:${yaml.keyAt(existing(yaml.data, [...at, ...path]))}`,
			path: formatPath(path),
			problem
		}),
		notice: (id, path, text, character) => {
			const [line = 1, column = 1] = positionOf(path, character).split(":").map(Number);
			return {
				id,
				text,
				at: {
					file: shownAs,
					line,
					column
				}
			};
		}
	};
}
function existing(data, path) {
	let node = data;
	for (const [index, part] of path.entries()) {
		if (!(Array.isArray(node) ? typeof part === "number" && part < node.length : isMapping$3(node) && Object.hasOwn(node, part))) return path.slice(0, index);
		node = node[part];
	}
	return path;
}

// src/plan/asked/receivers.ts
function readConfig(input, config) {
	return "file" in config ? userFile(input, config.file) : inUserConfig(input, config.inline, ["alerting", "config"]);
}
function hasOnlyPlaceholders(input) {
	const { config } = input.config.alerting;
	return config !== void 0 && namesOnlyPlaceholders(readConfig(input, config).data);
}
function whyCaptured(input) {
	const { alerting, profile } = input.config;
	if (alerting.receivers !== void 0) return alerting.receivers === "capture" ? "asked" : void 0;
	return profile === "ci" && input.canCapture === true && hasOnlyPlaceholders(input) ? "placeholders" : void 0;
}
function captureInstead({ canCapture }) {
	return canCapture === true ? ", or alerting.receivers: capture (--alert-receivers capture) to try delivery without it" : "";
}
function judgeWritten(input, yaml, written) {
	const mistakes = [];
	const notices = [];
	const captured = whyCaptured(input);
	for (const { path, isPlaceholder } of written) {
		const right = `\${${variableFor(path)}}, from the environment, or \${file:PATH}`;
		const what = formatPath(path);
		if (isPlaceholder && captured !== void 0) {
			const text = captured === "asked" ? `${what} is a placeholder, which does no harm as alerting.receivers is capture; right would be ${right}` : `${what} is a placeholder, and no receiver has more than that: monstack's own takes their place; for real delivery write ${right}`;
			notices.push(yaml.notice("receiver-placeholder", path, text));
		} else if (isPlaceholder && input.config.profile !== "production" && hasReachableBeside(yaml.data, path)) {
			const text = `${what} is a placeholder, so that no alert arrives there; expected ${right}`;
			notices.push(yaml.notice("receiver-placeholder", path, text));
		} else if (isPlaceholder) {
			const text = `a placeholder, so that no alert can arrive; right would be ${right}${captureInstead(input)}`;
			mistakes.push(yaml.mistake(path, text));
		} else if (input.config.profile === "production") {
			const text = `a secret (not shown) that everybody sees who sees the file; right would be ${right}`;
			mistakes.push(yaml.mistake(path, text));
		} else {
			const text = `${what} is a secret that everybody sees who sees the file; right would be ${right}`;
			notices.push(yaml.notice("secret-in-file", path, text));
		}
	}
	return {
		mistakes,
		notices,
		secrets: written.filter((one) => !one.isPlaceholder).map(({ value }) => value)
	};
}

// src/plan/asked/alertmanager.ts
const alertmanagerConfig = (input) => {
	const { config } = input.config.alerting;
	if (config === void 0) return {};
	const yaml = readConfig(input, config);
	const app = input.apps.find(hasAlertmanager) ?? input.apps.find((one) => alertmanagerPath(one));
	const path = app && alertmanagerPath(app);
	if (app === void 0 || path === void 0) throw new UserError("alerting.config: no app of this stack deploys an Alertmanager");
	const data = asWritten(yaml);
	if (!isMapping$3(data)) {
		throwIfAny([yaml.mistake([], "Alertmanager's configuration is a mapping with receivers and route")]);
		return {};
	}
	const completed = completeConfig(data);
	const secrets = fillIn(input, yaml, completed);
	const written = judgeWritten(input, yaml, writtenSecrets(data));
	const all = [...secrets.secrets, ...written.secrets];
	throwIfAny([
		...secrets.mistakes,
		...written.mistakes,
		...refused$2(input, yaml, all)
	]);
	const setting = `alerting.config (${yaml.shownAs}): ${receiversOf$1(completed)}`;
	const value = {
		app: app.name,
		path,
		value: withTypes(secrets.value, input.judged?.typed ?? []),
		how: "whole",
		setting,
		...all.length > 0 ? { secret: true } : {}
	};
	return {
		values: [...switchedOn(app, setting), value],
		notices: [
			...routeNotice(yaml, completed),
			...secrets.notices,
			...written.notices,
			...deprecated(yaml),
			...input.judged?.notices ?? []
		],
		secrets: all
	};
};
function configToJudge(input) {
	const source = input.config.alerting.config;
	if (source === void 0) return void 0;
	const yaml = readConfig(input, source);
	const data = asWritten(yaml);
	if (!isMapping$3(data)) return void 0;
	const { config } = completeConfig(data);
	const madeUp = /* @__PURE__ */ new Set();
	const resolved = resolveReferences(config, (wanted) => {
		const content = contentOf$1(input, yaml, wanted);
		if (!content) madeUp.add(JSON.stringify(wanted.path));
		return content || possible(wanted.path);
	});
	const placeholders = writtenSecrets(yaml.data).filter((one) => one.isPlaceholder);
	for (const { path } of placeholders) madeUp.add(JSON.stringify(path));
	return {
		config: withTypes(resolved.value, placeholders.map(({ path }) => ({
			path,
			value: possible(path)
		}))),
		yaml,
		referred: new Set([...resolved.filled.filter(({ path, content }) => valueIn$1(resolved.value, path) === content), ...yaml.unlikeTheirText].map(({ path }) => JSON.stringify(path))),
		madeUp
	};
}
function asWritten(yaml) {
	return withTypes(yaml.data, yaml.unlikeTheirText.map(({ path, text }) => ({
		path,
		value: text
	})));
}
function possible(path) {
	return /smarthost$/.test(String(path.at(-1))) ? "mail.invalid:25" : "https://secret.invalid/";
}
function withTypes(config, values) {
	return values.reduce((so, { path, value }) => withAt(so, path, value), config);
}
function valueIn$1(config, path) {
	return path.reduce((node, step) => typeof node === "object" && node !== null ? Reflect.get(node, step) : void 0, config);
}
function withAt(node, path, value) {
	const [key, ...rest] = path;
	if (key === void 0) return value;
	if (Array.isArray(node)) return node.map((one, index) => index === key ? withAt(one, rest, value) : one);
	return isMapping$3(node) ? {
		...node,
		[key]: withAt(node[key], rest, value)
	} : node;
}
function switchedOn(app, setting) {
	const path = ["alertmanager", "enabled"];
	if (valueAt(app.values, path) !== false) return [];
	return [{
		app: app.name,
		path,
		value: true,
		setting
	}];
}
function fillIn(input, yaml, { config }) {
	const lookUp = (wanted) => contentOf$1(input, yaml, wanted) || void 0;
	const { value, filled, missing } = resolveReferences(config, lookUp);
	const captured = whyCaptured(input);
	const needless = (one) => captured !== void 0 && isRedirected(one.path);
	const text = (one) => `${nameOf$3(one)} ${whyMissing(input, yaml, one)}`;
	const fix = (one) => {
		const first = one.kind === "env" ? "set it" : "put the secret there";
		return isRedirected(one.path) ? `${first}${captureInstead(input)}` : first;
	};
	const why = captured === "asked" ? "alerting.receivers is capture" : "monstack's own receiver takes the place of placeholders";
	return {
		value,
		secrets: filled.filter((one) => isSecretField(one.path, one.content) || one.content.length >= 6).map(({ content }) => content),
		mistakes: missing.filter((one) => !needless(one)).map((one) => yaml.mistake(one.path, `${text(one)}; ${fix(one)}`, one.character)),
		notices: missing.filter(needless).map((one) => yaml.notice("receiver-secret-missing", one.path, `${text(one)}; ${formatPath(one.path)} is not needed, as ${why}`, one.character))
	};
}
function contentOf$1({ env, texts }, { folder }, { kind, name }) {
	return kind === "env" ? ownValue(env, name) : texts[resolve(folder, name)]?.replace(/\r?\n$/, "");
}
function nameOf$3({ kind, name }) {
	return kind === "env" ? `the environment variable ${name}` : `the file ${name}`;
}
function whyMissing(input, yaml, one) {
	if (contentOf$1(input, yaml, one) === "") return "is empty";
	return one.kind === "env" ? "is not set" : `is not there (looked for at ${resolve(yaml.folder, one.name)})`;
}
function refused$2({ judged }, yaml, secrets) {
	const redactor = createRedactor(hiddenInMessages(yaml.data, secrets));
	return (judged?.mistakes ?? []).map(({ path, problem, isKey, at }) => {
		const shown = redactor.message(problem);
		if (at) return {
			where: `${at.file}:${at.line}:${at.column}`,
			path: "",
			problem: shown
		};
		return isKey ? yaml.keyMistake(path, shown) : yaml.mistake(path, shown);
	});
}
function routeNotice(yaml, { madeRouteTo }) {
	if (madeRouteTo === void 0) return [];
	const text = `there is no route, so one is made: every alert goes to ${madeRouteTo.length === 1 ? "" : "each of "}${madeRouteTo.join(", ")}`;
	return [yaml.notice("route-made", ["receivers"], text)];
}
function deprecated(yaml) {
	return deprecatedMatchers(yaml.data).map(({ path, instead }) => yaml.notice("matchers-deprecated", path, `${formatPath(path)} is deprecated; write ${instead}`));
}
function receiversOf$1({ config }) {
	return (Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping$3) : []).map(({ name, ...rest }) => {
		const kinds = Object.keys(rest).filter((key) => key.endsWith("_configs"));
		const endpoint = (key) => ({
			receiver: String(name),
			integration: key.replace(/_configs$/, ""),
			index: 0
		});
		return kinds.length === 0 ? String(name) : kinds.map((key) => describeEndpoint(endpoint(key))).join(", ");
	}).join(", ");
}

// src/plan/asked/place.ts
function placeOf({ config, texts, cwd }, path) {
	const text = config.file === void 0 ? void 0 : texts[config.file];
	if (config.file === void 0 || text === void 0) return void 0;
	const yaml = readYaml(text);
	if (typeof yaml.data !== "object" || yaml.data === null || !Object.hasOwn(yaml.data, path[0])) return void 0;
	const [line, column] = yaml.valueAt(path).split(":").map(Number);
	return {
		file: showPath(cwd, config.file),
		line: line ?? 1,
		column: column ?? 1
	};
}
function mistakeAt(input, path, problem) {
	const at = placeOf(input, path);
	const where = at === void 0 ? "" : `${at.file}:${at.line}:${at.column}: `;
	return new UserError(`${where}${formatPath(path)}: ${problem}`);
}
function nobodyTakes(input, path, what) {
	return {
		id: "setting-without-app",
		text: `${formatPath(path)} has no effect: this stack has no ${what} from a chart that it is known for`,
		at: placeOf(input, path)
	};
}
function leftOut(input, path, app, component) {
	const at = switchedOffAt(component, app);
	const isAskedFor = component === "alertmanager" && input.config.alerting.config !== void 0;
	if (at === void 0 || isAskedFor) return void 0;
	return {
		id: "setting-without-app",
		text: `${formatPath(path)} has no effect: ${app.name}'s values have ${formatKeyPath(at)}: false`,
		at: placeOf(input, path)
	};
}

// src/plan/asked/dashboards.ts
function askedDashboards(input) {
	if (input.config.dashboards.length === 0 || input.apps.some(hasGrafana)) return {};
	return { notices: [nobodyTakes(input, ["dashboards"], "Grafana")] };
}

// src/plan/asked/credentials.ts
const credentialsName = "monstack-credentials";
function credentialsOf(config) {
	const each = (section, items) => items.flatMap(({ name, login }, index) => {
		if (login === void 0) return [];
		const key = login.kind === "basic" ? ["basic-auth", "password-env"] : ["bearer-token-env"];
		return [{
			key: credentialKey(section, name),
			login,
			at: [
				section,
				index,
				...key
			]
		}];
	});
	return [...each("federate", config.federate), ...each("remote-write", config.remoteWrite)];
}
function credentialKey(section, name) {
	return `${section}-${name}`;
}
function usernameKey(key) {
	return `${key}-username`;
}
function fileOf(app, key) {
	return `${isOperators(app) ? `/etc/prometheus/secrets/${credentialsName}` : mountPath}/${key}`;
}
function isOperators(app) {
	return chartName(app.chart) === "kube-prometheus-stack";
}
const mountPath = "/etc/monstack-credentials";
function askedCredentials(input, prometheus) {
	const credentials = credentialsOf(input.config);
	if (credentials.length === 0) return {};
	throwIfAny(credentials.flatMap((one) => missing(one, input)));
	const data = Object.fromEntries(credentials.flatMap((one) => entriesOf(one, input)));
	const { namespace, timeoutMs } = prometheus;
	return {
		apps: [{
			name: credentialsName,
			release: credentialsName,
			namespace,
			chart: {
				kind: "objects",
				name: credentialsName,
				objects: [{
					apiVersion: "v1",
					kind: "Secret",
					metadata: {
						name: credentialsName,
						namespace
					},
					type: "Opaque",
					stringData: data
				}]
			},
			values: {},
			dependsOn: [],
			timeoutMs
		}],
		dependencies: [{
			app: prometheus.name,
			on: {
				app: credentialsName,
				until: "applied"
			}
		}],
		values: mounted(prometheus)
	};
}
function missing({ login, at }, input) {
	const variable = variableOf(login);
	const secret = ownValue(input.env, variable);
	if (secret) return [];
	const problem = `the environment variable ${variable} ${secret === void 0 ? "is not set" : "is empty"}; set it to the ${login.kind === "basic" ? "password" : "token"}`;
	const place = placeOf(input, at);
	return [{
		where: place ? `${place.file}:${place.line}:${place.column}` : "monstack.yaml",
		path: formatPath(at),
		problem
	}];
}
function entriesOf({ key, login }, input) {
	return [[key, input.env[variableOf(login)] ?? ""], ...login.kind === "basic" ? [[usernameKey(key), login.username]] : []];
}
function mounted(app) {
	const append = (path, value) => ({
		app: app.name,
		path,
		value: [value],
		how: "append",
		setting: "a login of federate or remote-write"
	});
	if (isOperators(app)) return [append([
		"prometheus",
		"prometheusSpec",
		"secrets"
	], credentialsName)];
	return [append(["server", "extraVolumes"], {
		name: credentialsName,
		secret: { secretName: credentialsName }
	}), append(["server", "extraVolumeMounts"], {
		name: credentialsName,
		mountPath,
		readOnly: true
	})];
}

// src/plan/asked/remotes.ts
function askedRemotes(input) {
	const { federate, remoteWrite } = input.config;
	if (federate.length + remoteWrite.length === 0) return {};
	const app = homeOf("prometheus", input.apps);
	const keys = app && keysOf$1(app.chart)?.prometheus;
	if (app === void 0 || keys === void 0) return { notices: [...federate.length > 0 ? ["federate"] : [], ...remoteWrite.length > 0 ? ["remote-write"] : []].map((section) => nobodyTakes(input, [section], "Prometheus")) };
	const credentials = askedCredentials(input, app);
	const values = [
		...federate.length === 0 ? [] : [scrapeConfigs(app, keys, federate)],
		...remoteWrite.length === 0 ? [] : [stores(app, keys, remoteWrite)],
		...credentials.values ?? []
	];
	return {
		...credentials,
		values
	};
}
function scrapeConfigs(app, keys, federate) {
	const jobs = federate.map((one) => scrapeConfig(app, one));
	const path = keys.scrapeConfigs;
	const value = !isOperators(app) || typeof valueAt(app.values, path) === "string" ? withoutTemplates((0, import_dist.stringify)(jobs)) : allWithoutTemplates(jobs);
	return {
		app: app.name,
		path,
		value,
		how: "append",
		setting: "federate"
	};
}
function scrapeConfig(app, { name, targets, match, interval, scheme, path, login }) {
	return {
		job_name: name,
		...interval === void 0 ? {} : { scrape_interval: interval },
		honor_labels: true,
		metrics_path: path,
		...scheme === "http" ? {} : { scheme },
		params: { "match[]": [...match] },
		...login === void 0 ? {} : byFile(login, fileOf(app, credentialKey("federate", name))),
		static_configs: [{ targets: [...targets] }]
	};
}
function byFile(login, file) {
	if (login.kind === "bearer") return { authorization: {
		type: "Bearer",
		credentials_file: file
	} };
	return { basic_auth: {
		username: login.username,
		password_file: file
	} };
}
function withoutTemplates(text) {
	return text.replaceAll("{{", "{{ `{{` }}");
}
function allWithoutTemplates(value) {
	return JSON.parse(withoutTemplates(JSON.stringify(value)));
}
function stores(app, keys, remoteWrite) {
	const isPlain = !isOperators(app);
	const all = remoteWrite.map((store) => isPlain ? plainStore(app, store) : operatorStore(store));
	return {
		app: app.name,
		path: keys.remoteWrite,
		value: isPlain ? all : allWithoutTemplates(all),
		how: "append",
		setting: "remote-write"
	};
}
function plainStore(app, { name, url, headers, login, queue }) {
	const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
	return withoutEmpty({
		url: withoutTemplates(url),
		name,
		headers,
		...login === void 0 ? {} : byFile(login, fileOf(app, credentialKey("remote-write", name))),
		queue_config: withoutEmpty({
			max_shards: maxShards,
			capacity,
			max_samples_per_send: maxSamplesPerSend,
			batch_send_deadline: batchSendDeadline
		})
	});
}
function operatorStore({ name, url, headers, login, queue }) {
	const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
	const key = credentialKey("remote-write", name);
	const from = (key) => ({
		name: credentialsName,
		key
	});
	return withoutEmpty({
		url,
		name,
		headers,
		basicAuth: login?.kind === "basic" ? {
			username: from(usernameKey(key)),
			password: from(key)
		} : void 0,
		authorization: login?.kind === "bearer" ? {
			type: "Bearer",
			credentials: from(key)
		} : void 0,
		queueConfig: withoutEmpty({
			maxShards,
			capacity,
			maxSamplesPerSend,
			batchSendDeadline
		})
	});
}
function withoutEmpty(of) {
	const isThere = (value) => value !== void 0 && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);
	return Object.fromEntries(Object.entries(of).filter(([, value]) => isThere(value)));
}

// src/plan/asked/resources.ts
function askedResources(input) {
	const values = [];
	const notices = [];
	for (const component of components$1) {
		const asked = input.config.resources[component];
		if (asked === void 0) continue;
		const app = homeOf(component, input.apps);
		const path = app && keysOf$1(app.chart)?.resources[component];
		if (app === void 0 || path === void 0) {
			notices.push(nobodyTakes(input, ["resources", component], component));
			continue;
		}
		const off = leftOut(input, ["resources", component], app, component);
		if (off !== void 0) {
			notices.push(off);
			continue;
		}
		for (const kind of ["requests", "limits"]) for (const [name, value] of Object.entries(asked[kind] ?? {})) values.push({
			app: app.name,
			path: [
				...path,
				kind,
				name
			],
			value,
			setting: `resources.${component}`
		});
	}
	return {
		values,
		notices
	};
}

// src/plan/asked/rules.ts
const customRules = (input) => {
	if (input.config.rules.length === 0) return {};
	const app = prometheusOf(input.apps);
	if (app === void 0) throw new UserError(`rules: no app of this stack is one of the charts ${prometheusCharts.join(", ")}`);
	const sources = ruleSources(input);
	const target = targetOf(app);
	const named = withOwnNames(sources, target.taken);
	return {
		...target.deploy(named.groups, `rules (${sources.map(({ yaml }) => yaml.shownAs).join(", ")})`),
		notices: named.notices
	};
};
function ruleSources(input) {
	return input.config.rules.map((path) => readSource(userFile(input, path)));
}
function prometheusOf(apps) {
	return apps.find((one) => prometheusCharts.includes(chartName(one.chart)));
}
const prometheusCharts = ["prometheus", "kube-prometheus-stack"];
function readSource(yaml) {
	const { data } = yaml;
	const at = isMapping$3(data) && data["kind"] === "PrometheusRule" ? ["spec"] : [];
	const content = isMapping$3(data) && at.length > 0 ? data["spec"] : data;
	return {
		yaml,
		at,
		groups: (isMapping$3(content) && Array.isArray(content["groups"]) ? content["groups"] : []).filter(isMapping$3)
	};
}
function targetOf(app) {
	return chartName(app.chart) === "prometheus" ? ruleFileOf(app) : prometheusRuleFor(app);
}
function ruleFileOf(app) {
	if (valueAt(app.values, ["server", "configMapOverrideName"])) throw new UserError(`rules: ${app.name} reads its files from a ConfigMap of your own (server.configMapOverrideName); put them there`);
	const contentOf = (file) => valueAt(app.values, ["serverFiles", file]);
	const file = [
		"alerting_rules.yml",
		"recording_rules.yml",
		"alerts",
		"rules"
	].find((one) => isRuleFileRead(app.values, one) && (isEmpty$2(contentOf(one)) || hasGroups(contentOf(one))));
	if (file === void 0) throw new UserError(`rules: none of the chart's rule files is in rule_files of ${app.name}'s serverFiles.prometheus\\.yml`, { fix: "add /etc/config/alerting_rules.yml to rule_files" });
	const there = contentOf(file);
	const groups = hasGroups(there) ? there.groups : [];
	const path = [
		"serverFiles",
		file,
		"groups"
	];
	return {
		taken: groups.flatMap((one) => isMapping$3(one) ? [String(one["name"])] : []),
		deploy: (value, setting) => {
			return { values: [{
				app: app.name,
				path,
				value,
				how: "append",
				setting
			}] };
		}
	};
}
function isEmpty$2(content) {
	return content === void 0 || isMapping$3(content) && Object.keys(content).length === 0;
}
function prometheusRuleFor(app) {
	const spec = valueAt(app.values, ["prometheus", "prometheusSpec"]);
	const selector = isMapping$3(spec) ? valueAt(spec, ["ruleSelector", "matchLabels"]) : void 0;
	const labels = isMapping$3(selector) ? selector : { release: app.release };
	const name = "monstack-rules";
	return {
		taken: [],
		deploy: (groups) => ({ apps: [{
			name,
			release: name,
			namespace: app.namespace,
			chart: {
				kind: "objects",
				name,
				objects: [{
					apiVersion: "monitoring.coreos.com/v1",
					kind: "PrometheusRule",
					metadata: {
						name,
						namespace: app.namespace,
						labels
					},
					spec: { groups }
				}]
			},
			values: {},
			dependsOn: [{
				app: app.name,
				until: "ready"
			}],
			timeoutMs: app.timeoutMs
		}] })
	};
}
function withOwnNames(sources, taken) {
	const names = new Set(taken);
	const groups = [];
	const notices = [];
	for (const { yaml, at, groups: own } of sources) for (const [index, group] of own.entries()) {
		const name = String(group["name"]);
		let free = name;
		for (let count = 1; names.has(free); count++) free = count === 1 ? `${name} (${yaml.shownAs})` : `${name} (${yaml.shownAs} ${count})`;
		names.add(free);
		groups.push(free === name ? group : {
			...group,
			name: free
		});
		if (free !== name) {
			const text = `another rule group is named ${name} too; this one is deployed as ${free}`;
			notices.push(yaml.notice("rule-group-renamed", [
				...at,
				"groups",
				index,
				"name"
			], text));
		}
	}
	return {
		groups,
		notices
	};
}
function scrapeMsOf(apps) {
	const app = prometheusOf(apps);
	if (app === void 0) return void 0;
	if (chartName(app.chart) === "prometheus") return durationMs(scrapeInterval(app.values));
	const interval = valueAt(app.values, [
		"prometheus",
		"prometheusSpec",
		"scrapeInterval"
	]) || "30s";
	return durationMs(String(interval));
}

// src/plan/asked/scraping.ts
const usualWindowMs = 3e5;
const settings = {
	retention: "retention",
	retentionSize: "retention-size",
	scrapeInterval: "scrape-interval",
	scrapeTimeout: "scrape-timeout",
	evaluationInterval: "evaluation-interval"
};
function askedPrometheus(input) {
	const set = Object.keys(settings).flatMap((name) => {
		const value = input.config.prometheus[name];
		return value === void 0 ? [] : [{
			name,
			value
		}];
	});
	const app = homeOf("prometheus", input.apps);
	const keys = app && keysOf$1(app.chart)?.prometheus;
	if (app === void 0 || keys === void 0) return { notices: set.map(({ name }) => nobodyTakes(input, [settings[name]], "Prometheus")) };
	return {
		values: [...set.map(({ name, value }) => ({
			app: app.name,
			path: keys[name],
			value,
			setting: settings[name]
		})), ...fittingTimeout(input, app, keys)],
		notices: tooSeldom(input)
	};
}
function fittingTimeout(input, app, keys) {
	const { scrapeInterval, scrapeTimeout } = input.config.prometheus;
	const own = (name) => {
		const value = valueAt(app.values, keys[name]);
		return typeof value === "string" && value !== "" ? value : void 0;
	};
	if (scrapeTimeout !== void 0) {
		const byDefault = input.config.profile === "ci" ? void 0 : keys.defaults.scrapeInterval;
		const interval = scrapeInterval ?? own("scrapeInterval") ?? byDefault;
		if (interval !== void 0 && ms(scrapeTimeout) > ms(interval)) {
			const problem = `${scrapeTimeout} is longer than the scrape interval ${interval}, which Prometheus refuses; right would be at most ${interval}, or a longer scrape-interval`;
			throw mistakeAt(input, ["scrape-timeout"], problem);
		}
		return [];
	}
	const timeout = own("scrapeTimeout") ?? keys.defaults.scrapeTimeout;
	if (scrapeInterval === void 0 || ms(timeout) <= ms(scrapeInterval)) return [];
	return [{
		app: app.name,
		path: keys.scrapeTimeout,
		value: scrapeInterval,
		setting: "scrape-interval (a timeout may not be longer)"
	}];
}
function tooSeldom(input) {
	const { scrapeInterval } = input.config.prometheus;
	if (scrapeInterval === void 0 || 2 * ms(scrapeInterval) <= usualWindowMs) return [];
	return [{
		id: "window-too-short",
		text: `scrape-interval: with ${scrapeInterval} every rate(x[5m]), as most rules and dashboards have it, is empty: a window needs two scrapes; right would be at most 2m30s`,
		at: placeOf(input, ["scrape-interval"])
	}];
}
function ms(duration) {
	return durationMs(duration) ?? 0;
}

// src/plan/asked/storage.ts
const components = [
	"prometheus",
	"grafana",
	"alertmanager"
];
function askedStorage(input) {
	const { sizes, storageClass } = input.config.storage;
	const values = [];
	const notices = [];
	for (const component of components) {
		const size = sizes[component];
		const app = homeOf(component, input.apps);
		const keys = app && keysOf$1(app.chart)?.storage[component];
		if (app === void 0 || keys === void 0) {
			if (size !== void 0) notices.push(nobodyTakes(input, ["storage", component], component));
			continue;
		}
		const off = leftOut(input, ["storage", component], app, component);
		if (off !== void 0) {
			if (size !== void 0) notices.push(off);
			continue;
		}
		if (size !== void 0) values.push(...volume(app, keys, size, `storage (${component})`));
		const isKept = size !== void 0 || hasVolume(input, app, keys);
		if (storageClass === void 0 || !isKept) continue;
		values.push({
			app: app.name,
			path: keys.storageClass,
			value: storageClass,
			setting: "storage-class"
		});
	}
	if (storageClass !== void 0 && !values.some(({ setting }) => setting === "storage-class")) notices.push({
		id: "setting-without-app",
		text: "storage-class has no effect: nothing in this stack has a volume; right would be e.g. storage: 50Gi beside it",
		at: placeOf(input, ["storage-class"])
	});
	return {
		values,
		notices
	};
}
function volume(app, keys, size, setting) {
	const value = (path, value) => path === void 0 ? [] : [{
		app: app.name,
		path,
		value,
		setting
	}];
	const hasModes = keys.accessModes !== void 0 && valueAt(app.values, keys.accessModes) !== void 0;
	return [
		...value(keys.enabled, true),
		...value(keys.size, size),
		...hasModes ? [] : value(keys.accessModes, ["ReadWriteOnce"])
	];
}
function hasVolume({ config }, { values }, keys) {
	if (keys.enabled === void 0) return valueAt(values, keys.size) !== void 0;
	const enabled = valueAt(values, keys.enabled);
	if (typeof enabled === "boolean") return enabled;
	const ownKeys = valueAt(values, keys.enabled.slice(0, -1)) !== void 0;
	return keys.byDefault && (config.profile !== "ci" || config.keep.data || ownKeys);
}

// src/plan/asked/parts.ts
const askedParts = [
	askedPrometheus,
	askedStorage,
	askedResources,
	askedRemotes,
	alertmanagerConfig,
	customRules,
	askedMonitors,
	askedDashboards
];

// src/plan/ci-grafana.ts
const quiet = "a test's Grafana needs nothing from grafana.com: whatever asks there and can be turned off is off";
function ciGrafana(values, everySecond, small) {
	return [
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
			unlessAny: [["resources"]]
		},
		{
			path: [
				"grafana.ini",
				"analytics",
				"check_for_updates"
			],
			value: false,
			why: quiet
		},
		{
			path: [
				"grafana.ini",
				"analytics",
				"check_for_plugin_updates"
			],
			value: false,
			why: quiet
		},
		{
			path: [
				"grafana.ini",
				"analytics",
				"reporting_enabled"
			],
			value: false,
			why: quiet
		},
		...mayNeedPlugins(values) ? [] : withoutPlugins
	];
}
const withoutPlugins = [{
	path: [
		"grafana.ini",
		"plugins",
		"preinstall_disabled"
	],
	value: true,
	why: "Grafana 11.5 and later download plugins from grafana.com at each start, and your values request none"
}, {
	path: [
		"grafana.ini",
		"plugins",
		"public_key_retrieval_disabled"
	],
	value: true,
	why: "Grafana downloads keys for the signatures of plugins from grafana.com, and your values request no plugin"
}];
const pluginVariables = /^GF_(INSTALL_PLUGINS|PLUGINS_PREINSTALL|PLUGINS_PREINSTALL_(SYNC|ASYNC|DISABLED|AUTO_UPDATE))$/;
const pluginSettings = [
	"preinstall",
	"preinstall_sync",
	"preinstall_async",
	"preinstall_auto_update"
];
const bundledTypes = ["prometheus", "alertmanager"];
function mayNeedPlugins(values) {
	const at = (...path) => valueAt(values, path);
	const variables = [at("env"), at("envValueFrom")].flatMap((one) => isMapping$2(one) ? Object.keys(one) : []);
	const unread = [
		at("envFromSecret"),
		at("envFromSecrets"),
		at("envFromConfigMaps"),
		at("envRenderSecret")
	];
	return !isEmpty$1(at("plugins")) || pluginSettings.some((key) => !isEmpty$1(at("grafana.ini", "plugins", key))) || variables.some((name) => pluginVariables.test(name)) || unread.some((one) => !isEmpty$1(one)) || at("sidecar", "plugins", "enabled") === true || typesOf$2(values).some((type) => !bundledTypes.includes(type));
}
function typesOf$2(values) {
	const files = valueAt(values, ["datasources"]);
	return [...isMapping$2(files) ? Object.values(files).map((file) => isMapping$2(file) && file["datasources"]) : [], valueAt(values, ["additionalDataSources"])].flatMap((list) => Array.isArray(list) ? list.flatMap((one) => isMapping$2(one) && typeof one["type"] === "string" ? [one["type"]] : []) : []);
}
function isEmpty$1(value) {
	if (Array.isArray(value)) return value.length === 0;
	if (isMapping$2(value)) return Object.keys(value).length === 0;
	return value === void 0 || value === null || value === "";
}

// src/plan/stack-chart-settings.ts
const absent = "k3s runs it inside its own process, where nothing scrapes it: its targets could never be up";
const absentOnK3s = [
	"kubeControllerManager",
	"kubeScheduler",
	"kubeProxy",
	"kubeEtcd"
].map((part) => ({
	path: [part, "enabled"],
	value: false,
	why: absent,
	unlessAny: [[part, "endpoints"]]
}));
const selected = [
	"serviceMonitor",
	"podMonitor",
	"probe",
	"scrapeConfig",
	"rule"
];
const monitorsSeen = selected.map((kind) => ({
	path: [
		"prometheus",
		"prometheusSpec",
		`${kind}SelectorNilUsesHelmValues`
	],
	value: false,
	why: "your monitors and rules are taken in without the chart's label `release`"
}));
function stackSettingsFor(config) {
	const wantsMonitors = config.stack === "operator" || config.monitors.length > 0;
	return [...config.cluster.kind === "k3s" ? absentOnK3s : [], ...wantsMonitors ? monitorsSeen : []];
}
const everySecond$1 = "a ready pod is noticed within a second instead of up to fifteen";
const small$1 = "small enough for any runner, but not the first to starve or to be evicted on a busy one";
const spec$1 = ["prometheus", "prometheusSpec"];
const certificates = [["prometheusOperator", "admissionWebhooks"], ["prometheusOperator", "tls"]];
const scrapeKeys = {
	interval: [...spec$1, "scrapeInterval"],
	timeout: [...spec$1, "scrapeTimeout"],
	evaluation: [...spec$1, "evaluationInterval"],
	default: "operator's 30s"
};
function ciStackSettings(values, texts, grafana) {
	const scraping = ciScraping(values, scrapeKeys, longestEndpointTimeout([values, ...texts]));
	const interval = scraping.find(({ path }) => path === scrapeKeys.interval)?.value;
	return [
		...scraping,
		{
			path: [
				"kubelet",
				"serviceMonitor",
				"cAdvisorInterval"
			],
			value: interval ?? valueAt(values, scrapeKeys.interval),
			why: "containers are measured as often as the rest is scraped; the chart's default is 10s"
		},
		{
			path: [
				"prometheusOperator",
				"admissionWebhooks",
				"enabled"
			],
			value: false,
			why: "two jobs that make its certificates would run before anything else; monstack looks through the rules itself",
			unlessAny: certificates
		},
		{
			path: [
				"prometheusOperator",
				"tls",
				"enabled"
			],
			value: false,
			why: "the operator waits for these certificates too",
			unlessAny: certificates
		},
		{
			path: [
				"prometheusOperator",
				"readinessProbe",
				"periodSeconds"
			],
			value: 1,
			why: everySecond$1
		},
		{
			path: [...spec$1, "containers"],
			value: [{
				name: "prometheus",
				startupProbe: {
					periodSeconds: 1,
					failureThreshold: 900
				},
				readinessProbe: { periodSeconds: 1 }
			}],
			why: "the operator's startup probe asks every 15 s"
		},
		{
			path: [
				"alertmanager",
				"alertmanagerSpec",
				"containers"
			],
			value: [{
				name: "alertmanager",
				readinessProbe: {
					initialDelaySeconds: 0,
					periodSeconds: 1
				}
			}],
			why: everySecond$1
		},
		{
			path: [
				...spec$1,
				"resources",
				"requests"
			],
			value: {
				cpu: "50m",
				memory: "64Mi"
			},
			why: small$1,
			unlessAny: [[...spec$1, "resources"]]
		},
		{
			path: [
				"alertmanager",
				"alertmanagerSpec",
				"resources",
				"requests"
			],
			value: {
				cpu: "10m",
				memory: "32Mi"
			},
			why: "the operator asks for 200Mi of memory",
			unlessAny: [[
				"alertmanager",
				"alertmanagerSpec",
				"resources"
			]]
		},
		{
			path: [...spec$1, "terminationGracePeriodSeconds"],
			value: 10,
			why: "the operator lets a shutdown take 10 minutes, and teardown waits for it"
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
			why: everySecond$1
		},
		{
			path: [
				"prometheus-node-exporter",
				"readinessProbe",
				"periodSeconds"
			],
			value: 1,
			why: everySecond$1
		},
		...grafana.map((setting) => ({
			...setting,
			path: ["grafana", ...setting.path],
			...setting.unlessAny ? { unlessAny: setting.unlessAny.map((one) => ["grafana", ...one]) } : {}
		}))
	];
}

// src/plan/ci.ts
function ciSettings(chart, values, { texts = [], keepsData = false } = {}) {
	const grafanaOf = (own) => ciGrafana(isMapping$2(own) ? own : {}, everySecond, small);
	if (chart === "prometheus") return [
		...prometheus,
		...keepsData ? [] : withoutVolumes,
		...ciScraping(values)
	];
	if (chart === "grafana") return grafanaOf(values);
	if (chart === "kube-prometheus-stack") return ciStackSettings(values, texts, grafanaOf(values["grafana"]));
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
			"resources",
			"requests"
		],
		value: {
			cpu: "50m",
			memory: "64Mi"
		},
		why: small,
		unlessAny: [["server", "resources"]]
	},
	{
		path: ["server", "terminationGracePeriodSeconds"],
		value: 10,
		why: "the chart lets a shutdown take 5 minutes, and teardown waits for it",
		unlessAny: [[
			"server",
			"extraArgs",
			"storage.remote.flush-deadline"
		]]
	}
];
const withoutVolumes = [{
	path: [
		"server",
		"persistentVolume",
		"enabled"
	],
	value: false,
	why: "a volume that dies with the job costs 5 to 10 s of provisioning",
	unlessAny: [["server", "persistentVolume"], ["server", "statefulSet"]]
}, {
	path: [
		"alertmanager",
		"persistence",
		"enabled"
	],
	value: false,
	why: "a volume that dies with the job costs 5 to 10 s of provisioning",
	unlessAny: [["alertmanager", "persistence"]]
}];

// src/plan/dropped-dependencies.ts
function droppedBy({ name, dependsOn }, config) {
	if (config.appDir !== void 0) return [];
	const apps = defaultAppsOf(config.stack);
	return (Object.hasOwn(apps, name) ? apps[name]?.dependsOn ?? [] : []).filter(({ app }) => dependsOn.every((one) => one.app !== app));
}
function droppedDependencies(config, apps, set) {
	return apps.flatMap((app) => {
		if (!set.some((one) => one.app === app.name && one.path.startsWith("datasources"))) return [];
		const waitsFor = allBefore(app, apps);
		const dropped = droppedBy(app, config).filter((to) => !waitsFor.has(to.app) && apps.some(({ name }) => name === to.app));
		if (dropped.length === 0) return [];
		const names = dropped.map((to) => to.app).join(", ");
		const list = [...app.dependsOn, ...dropped].map((to) => to.app).join(", ");
		return [{
			id: "dependency-dropped",
			text: `apps.${app.name}.depends_on takes the place of the default one, so ${app.name} no longer waits for ${names}; its data source still points to ${names}. To wait as well: depends_on: [${list}]`,
			inApp: {
				app: app.name,
				path: ["depends_on"]
			}
		}];
	});
}
function allBefore(app, apps) {
	const found = /* @__PURE__ */ new Set();
	const open = [app];
	for (let one = open.pop(); one !== void 0; one = open.pop()) {
		const further = one.dependsOn.map((to) => to.app).filter((name) => !found.has(name));
		for (const name of further) found.add(name);
		open.push(...apps.filter(({ name }) => further.includes(name)));
	}
	return found;
}

// src/plan/host-mount.ts
const nodeExporterIn = {
	prometheus: ["prometheus-node-exporter"],
	"kube-prometheus-stack": ["prometheus-node-exporter"],
	"prometheus-node-exporter": []
};
function privateRootSettings(chart) {
	const prefix = ownValue(nodeExporterIn, chart);
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
function applyOverlay(app, values, settings) {
	const free = settings.filter(({ path, unlessAny = [] }) => isUnset(values, path) && !unlessAny.some((one) => hasAny(values, one)));
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
	const there = valueAt(values, path);
	return isMapping$2(there) ? Object.keys(there).length > 0 : there !== void 0;
}

// src/plan/select.ts
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
function inOrder(apps) {
	const ordered = [];
	const open = [...apps];
	while (open.length > 0) {
		const next = open.findIndex(({ dependsOn }) => dependsOn.every(({ app }) => !open.some(({ name }) => name === app)));
		if (next < 0) throw new UserError(`apps depend on each other in a circle: ${open.map(({ name }) => name).join(", ")}`, { fix: "take one of these out of another's depends_on" });
		ordered.push(...open.splice(next, 1));
	}
	return ordered;
}
function withDependencies(apps, select) {
	const enabled = Object.keys(apps).filter((name) => apps[name]?.enabled);
	if (enabled.length === 0) throw new UserError("no app is enabled", { fix: "take `enabled: false` away from one of them" });
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
	throw new UserError(`${where}: ${wantedBy} depends on ${name}, which is disabled (apps.${name}.enabled: false)`, { fix: `enable ${name}, or write depends_on for ${wantedBy} without it` });
}
function dependenciesOf(apps, name) {
	return (apps[name]?.dependsOn ?? []).map(({ app }) => app);
}
function cycleError(apps, stuck) {
	const walked = [];
	let name = [...stuck].sort()[0];
	while (name !== void 0 && !walked.includes(name)) {
		walked.push(name);
		name = dependenciesOf(apps, name).filter((one) => stuck.includes(one)).sort()[0];
	}
	const circle = name === void 0 ? walked : [...walked.slice(walked.indexOf(name)), name];
	return new UserError(`apps depend on each other in a circle: ${circle.join(" -> ")}`, { fix: "take one of these out of the other's depends_on" });
}

// src/plan/plan.ts
const unknownGateway = { unknown: "where pods reach this machine is not known" };
function makePlan(config, input) {
	const own = plannedApps(config, input.valuesFiles);
	const { texts = {}, env = {}, cwd = "/" } = input;
	const gateway = input.podGateway ?? unknownGateway;
	const askedOf = {
		config,
		apps: own,
		texts,
		env,
		cwd,
		canCapture: "address" in gateway,
		judged: input.judged
	};
	const asked = applyAsked(askedParts, askedOf);
	const ordered = inOrder(asked.apps);
	const before = [];
	const profileSettings = [];
	for (const planned of [...ordered.filter(isPrometheus), ...ordered.filter((app) => !isPrometheus(app))]) {
		const { name } = planned;
		const { values, set } = applyOverlay(name, planned.values, settingsFor(planned, before, config, input));
		profileSettings.push(...set);
		const grafana = grafanaValuesIn(chartName(planned.chart));
		before.push({
			...planned,
			values: grafana ? withAdmin(values, input.grafana ?? config.grafana, grafana) : values
		});
	}
	const apps = ordered.flatMap(({ name }) => before.find((one) => one.name === name) ?? []);
	checkReleases(apps);
	refuseUrlPrefixes(apps);
	const token = input.receiverToken;
	const alerts = planAlerting(config, apps, gateway, hasOnlyPlaceholders(askedOf), token);
	const isUsed = token !== void 0 && alerts.alerting.kind === "captured";
	return {
		config,
		apps: alerts.apps,
		dashboards: [],
		askedValues: asked.values,
		notices: [...asked.notices, ...droppedDependencies(config, apps, profileSettings)],
		profileSettings: [...profileSettings, ...alerts.set],
		alerting: alerts.alerting,
		secrets: [
			...asked.secrets,
			...isUsed ? [token] : [],
			...apps.flatMap((app) => probeLogin(app)?.password || [])
		]
	};
}
function plannedApps(config, files) {
	return orderApps(config.apps, config.select).flatMap((name) => {
		const app = config.apps[name];
		return app ? [planApp(name, app, config, files)] : [];
	});
}
function planApp(name, app, config, files) {
	return {
		name,
		release: app.release,
		namespace: app.namespace ?? config.namespace,
		chart: chartRef(name, app, config.repos),
		values: userValues(name, app, files),
		dependsOn: app.dependsOn,
		labels: app.labels,
		timeoutMs: app.timeoutMs ?? config.timeouts.deployMs,
		patienceMs: app.timeoutMs
	};
}
function userValues(name, app, files) {
	return app.values.reduce((merged, source) => "set" in source ? source.set.reduce((values, { path, value }) => withSet(values, path, value), merged) : mergeValues(merged, valuesOf(name, source, files)), {});
}
function valuesOf(app, source, files) {
	if ("inline" in source) return source.inline;
	const values = files[source.file];
	if (values) return values;
	throw new UserError(`apps.${app}.values: the values file ${source.file} was not read`);
}
function settingsFor(app, before, config, input) {
	const chart = chartName(app.chart);
	const settings = [];
	if (chart === "kube-prometheus-stack") settings.push(...stackSettingsFor(config));
	if (config.profile === "ci") {
		const texts = monitorTexts(config, input);
		settings.push(...ciSettings(chart, app.values, {
			texts,
			keepsData: config.keep.data
		}));
	}
	if (config.profile === "ci" || config.keep.metrics) settings.push(...adminApiSettings(chart, app.values));
	if (input.hostRootMountShared === false) settings.push(...privateRootSettings(chart));
	if (chart === "grafana") {
		const waitsFor = [...app.dependsOn, ...droppedBy(app, config)].map((to) => to.app);
		const prometheus = before.find((one) => isPrometheus(one) && waitsFor.includes(one.name));
		if (prometheus) settings.push(...datasourceSettings(prometheus, app.values));
	}
	return settings;
}
function isPrometheus({ chart }) {
	return chartName(chart) === "prometheus";
}
function monitorTexts({ monitors }, { texts = {} }) {
	return monitors.flatMap((path) => texts[path] ?? []);
}
function checkReleases(apps) {
	const seen = /* @__PURE__ */ new Map();
	for (const { name, release, namespace } of apps) {
		const other = seen.get(`${namespace}/${release}`);
		if (other !== void 0) throw new UserError(`apps.${name}.release: ${release} in namespace ${namespace} is ${other}'s release already`, { fix: `give ${name} another release or namespace` });
		seen.set(`${namespace}/${release}`, name);
	}
}

// src/plan/probe-paths.ts
function wrongPaths(apps) {
	return apps.flatMap(({ name: app, chart, values }) => {
		const found = (at, is) => {
			const own = at.length === 0 ? values : valueAt(values, at);
			return isMapping$2(own) && (at.length === 0 || own["enabled"] !== false) ? is(own, at) : [];
		};
		const all = {
			prometheus: () => [
				...found(["server"], ofPrometheus),
				...found(["alertmanager"], ofProbes),
				...hasOwnAlerting(values) ? [] : found(["alertmanager"], ofAlerts),
				...found(["prometheus-pushgateway"], ofProbes)
			],
			alertmanager: () => found([], ofProbes),
			"prometheus-pushgateway": () => found([], ofProbes)
		}[chartName(chart)];
		return (all?.() ?? []).map((one) => ({
			app,
			...one
		}));
	});
}
function ofPrometheus(server, at) {
	const served = servedBelow(server, at, ["prefixURL"], ["baseURL"]);
	const asked = trimPath(textAt(server, ["prefixURL"]) ?? "");
	const hasOwn = Boolean(server["tcpSocketProbeEnabled"]) || isFilled(server["defaultFlagsOverride"]);
	if (served === void 0 || served.path === asked || hasOwn) return [];
	const right = `expected server.prefixURL: ${served.path || "/"}`;
	const root = asked === "" ? ", or prefixURL: / if a proxy takes the path away" : "";
	return [{
		path: served.key,
		problem: `Prometheus answers below ${served.path || "/"} with this, and the chart's probes ask ${asked}/-/ready: its pod is never ready; ${right}${root}`
	}];
}
const probes = [
	"livenessProbe",
	"readinessProbe",
	"startupProbe"
];
function ofProbes(values, at) {
	const served = servedBelow(values, at, [], ["baseURL"]);
	if (served === void 0 || served.path === "") return [];
	return probes.flatMap((probe) => {
		const path = textAt(values, [
			probe,
			"httpGet",
			"path"
		]);
		if (path === void 0 || trimPath(path) === "" || `${trimPath(path)}/`.startsWith(`${served.path}/`)) return [];
		return [{
			path: [
				...at,
				probe,
				"httpGet",
				"path"
			],
			problem: `the program answers below ${served.path} (${served.key.join(".")}), and this probe asks ${path}: its pod is never ready; expected ${served.path}${path}`
		}];
	});
}
function ofAlerts(alertmanager, at) {
	const served = servedBelow(alertmanager, at, [], ["baseURL"]);
	const asked = trimPath(textAt(alertmanager, ["prefixURL"]) ?? "");
	if (served === void 0 || served.path === asked) return [];
	return [{
		path: served.key,
		problem: `Alertmanager answers below ${served.path || "/"} with this, and Prometheus sends alerts below ${asked || "/"}: none arrives; expected alertmanager.prefixURL: ${served.path || "/"}`
	}];
}
function servedBelow(values, at, prefix, external) {
	const flag = (name, key) => {
		const flags = ["extraFlags", "extraArgs"].flatMap((list) => {
			const held = values[list];
			if (isMapping$2(held)) return typeof held[name] === "string" ? [{
				text: held[name],
				key: [list, name]
			}] : [];
			const texts = (Array.isArray(held) ? held : []).map((one) => `--${String(one).replace(/^-+/, "")}`);
			const text = flagIn(texts, name);
			return text === void 0 ? [] : [{
				text,
				key: [list]
			}];
		});
		const own = key.length > 0 ? textAt(values, key) : void 0;
		return [...flags, ...own === void 0 ? [] : [{
			text: own,
			key
		}]].find(({ text }) => text !== "");
	};
	const route = flag("web.route-prefix", prefix);
	const found = route ?? flag("web.external-url", external);
	if (found === void 0 || found.text.includes("{{")) return void 0;
	return {
		path: servedPath(route?.text, found.text),
		key: [...at, ...found.key]
	};
}
function hasOwnAlerting(values) {
	return valueAt(values, [
		"serverFiles",
		"prometheus.yml",
		"alerting"
	]) !== void 0 || isFilled(valueAt(values, ["server", "alertmanagers"]));
}
function textAt(values, path) {
	const text = valueAt(values, path);
	return typeof text === "string" && text !== "" ? text : void 0;
}
function isFilled(value) {
	return Array.isArray(value) && value.length > 0;
}

// src/plan/sidecar.ts
const labels = {
	dashboards: "grafana_dashboard",
	datasources: "grafana_datasource"
};
function sidecarOf(grafana, what) {
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const path = [
		...at,
		"sidecar",
		what
	];
	const isStack = isStackChart(grafana);
	const own = (key) => valueAt(grafana.values, [...path, key]) ?? void 0;
	const home = valueAt(grafana.values, [...at, "namespaceOverride"]) || grafana.namespace;
	const everywhere = isStack && what === "dashboards" ? "ALL" : void 0;
	const named = [own("searchNamespace") ?? everywhere].flat().flatMap((one) => String(one ?? "").split(",")).map((one) => one.trim()).filter((one) => one !== "");
	const isOpen = named.some((one) => one === "ALL" || one.includes("{{"));
	const resource = own("resource");
	return {
		isOn: (own("enabled") ?? isStack) === true,
		path,
		label: String(own("label") ?? labels[what]),
		labelValue: String(own("labelValue") ?? (isStack ? "1" : "")),
		namespaces: isOpen ? void 0 : named.length > 0 ? named : [String(home)],
		kinds: resource === "configmap" ? ["ConfigMap"] : resource === "secret" ? ["Secret"] : ["ConfigMap", "Secret"]
	};
}
function labelOn({ label }, { object }) {
	const metadata = isMapping$2(object["metadata"]) ? object["metadata"] : {};
	const value = isMapping$2(metadata["labels"]) ? metadata["labels"][label] : void 0;
	return value === void 0 ? void 0 : String(value);
}
function collects(sidecar, one) {
	return sidecar.isOn && labelOn(sidecar, one) !== void 0 && whyNotCollected(sidecar, one) === void 0;
}
function whyNotCollected(sidecar, one) {
	const { isOn, label, labelValue, namespaces, kinds } = sidecar;
	const value = labelOn(sidecar, one);
	const kind = String(one.object["kind"]);
	const key = (name) => [...sidecar.path, name].join(".");
	if (value === void 0 || !/^(?:ConfigMap|Secret)$/.test(kind)) return void 0;
	if (!isOn) return `the sidecar that collects it is off; expected ${key("enabled")}: true`;
	if (!kinds.includes(kind)) return `the sidecar collects ${kinds.join(", ")} only (${key("resource")})`;
	if (labelValue !== "" && !labelValue.includes("{{") && value !== labelValue) return `its label ${label} is ${JSON.stringify(value)}, and the sidecar collects ${JSON.stringify(labelValue)} (${key("labelValue")})`;
	if (namespaces !== void 0 && !namespaces.includes(one.namespace)) return `it is in namespace ${one.namespace}, and the sidecar looks in ${namespaces.join(", ")} (${key("searchNamespace")})`;
}

// src/plan/datasources.ts
function plannedDatasources(grafana) {
	return provisionedDatasources(grafana, []).map(({ uid, name, type, isDefault }) => ({
		uid,
		name,
		type,
		isDefault
	}));
}
function provisionedDatasources(grafana, objects) {
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const provisioned = valueAt(grafana.values, [...at, "datasources"]);
	const files = isMapping$2(provisioned) ? Object.entries(provisioned) : [];
	const app = grafana.name;
	const written = files.flatMap(([file, content]) => listIn(isMapping$2(content) ? content["datasources"] : void 0).flatMap((one, index) => datasource(one, {
		app,
		path: [
			...at,
			"datasources",
			file,
			"datasources",
			index
		]
	})));
	const sidecar = sidecarOf(grafana, "datasources");
	const collected = objects.filter((one) => collects(sidecar, one)).flatMap(inObject$1);
	if (!isStackChart(grafana) || !sidecar.isOn) return [...written, ...collected];
	const more = listIn(valueAt(grafana.values, [...at, "additionalDataSources"])).flatMap((one, index) => datasource(one, {
		app,
		path: [
			...at,
			"additionalDataSources",
			index
		]
	}));
	const text = valueAt(grafana.values, [...at, "additionalDataSourcesString"]);
	const inText = (typeof text === "string" ? yamlIn(text) : []).flatMap((list) => listIn(list).flatMap((one) => datasource(one, {
		app,
		path: [...at, "additionalDataSourcesString"]
	})));
	return [
		...ofStackChart(grafana, at),
		...written,
		...more,
		...inText,
		...collected
	];
}
function ofStackChart({ name: app, chart, values }, at) {
	const own = (key, fallback) => valueAt(values, [
		...at,
		"sidecar",
		"datasources",
		...key.split(".")
	]) ?? fallback;
	const made = {
		orgId: 1,
		of: "the chart's own",
		app,
		path: []
	};
	const found = [];
	if (own("defaultDatasourceEnabled", true) !== false) found.push({
		uid: String(own("uid", "prometheus")),
		name: String(own("name", "Prometheus")),
		type: "prometheus",
		isDefault: own("isDefaultDatasource", true) === true,
		...made
	});
	const version = "version" in chart ? Number.parseInt(chart.version ?? "", 10) : NaN;
	if (own("alertmanager.enabled", true) !== false && !(version < 45)) found.push({
		uid: String(own("alertmanager.uid", "alertmanager")),
		name: String(own("alertmanager.name", "Alertmanager")),
		type: "alertmanager",
		isDefault: false,
		...made
	});
	return found;
}
function listIn(value) {
	return Array.isArray(value) ? value : [];
}
function inObject$1({ app, object, path, where }) {
	const name = isMapping$2(object["metadata"]) ? String(object["metadata"]["name"]) : "";
	return [object["data"], object["stringData"]].flatMap((one) => isMapping$2(one) ? Object.values(one) : []).flatMap((file) => (typeof file === "string" ? yamlIn(file) : []).flatMap((content) => listIn(isMapping$2(content) ? content["datasources"] : void 0).flatMap((one) => datasource(one, {
		app,
		path,
		where,
		of: `${object["kind"]} ${name}`
	}))));
}
function datasource(written, from) {
	if (!isMapping$2(written)) return [];
	const { name, uid, type, isDefault, orgId } = written;
	if (typeof name !== "string" || typeof type !== "string") return [];
	return [{
		name,
		type,
		uid: typeof uid === "string" && uid ? uid : uidOf(name),
		isDefault: isDefault === true || isDefault === "true",
		orgId: Number(orgId) || 1,
		of: "the values",
		...from
	}];
}
function uidOf(name) {
	return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}

// src/dashboards/spoken.ts
function spokenTo(model) {
	const heard = /* @__PURE__ */ new Map();
	const hear = (ref, language) => {
		const name = nameIn(ref);
		if (name === void 0 || language === void 0) return;
		heard.set(name, [...heard.get(name) ?? [], language]);
	};
	for (const panel of panelsIn(model)) for (const target of mappingsIn(panel["targets"])) {
		const own = nameIn(panel["datasource"]);
		const ref = own === void 0 || own === "-- Mixed --" ? target["datasource"] : panel["datasource"];
		hear(ref, languageOf(target, nameIn(ref)));
	}
	for (const one of mappingsIn(mapping(model["annotations"])["list"])) hear(one["datasource"], languageOfAnnotation(one));
	for (const one of mappingsIn(mapping(model["templating"])["list"])) if (one["type"] === "query") hear(one["datasource"], languageOfVariable(one));
	return new Map([...heard].flatMap(([name, all]) => mostHeard(name, all)));
}
function mostHeard(name, all) {
	const promql = all.filter(isPromql);
	const other = all.filter((one) => !isPromql(one)).toSorted((a, b) => b.types.length - a.types.length);
	const found = promql.length >= other.length ? promql[0] : other[0];
	return found === void 0 ? [] : [[name, found]];
}
function languageOfAnnotation(annotation) {
	const { target, query } = annotation;
	return (typeof query === "string" ? languageOfText(query) : void 0) ?? languageOf({
		...annotation,
		target: void 0,
		...mapping(target)
	});
}
function languageOfVariable({ query, definition }) {
	if (typeof query !== "object" || query === null) return languageOfText(String(query ?? definition ?? ""));
	const { query: text, refId } = query;
	if (/^Loki/.test(String(refId))) return {
		name: "LogQL",
		types: ["loki"]
	};
	return languageOfText(String(text ?? definition ?? "")) ?? languageOf({
		...query,
		query: void 0
	});
}
function nameIn(ref) {
	const name = typeof ref === "string" ? ref : mapping(ref)["uid"];
	return typeof name === "string" && name !== "" ? name : void 0;
}
function panelsIn(model) {
	const elements = model["__elements"];
	const library = mappingsIn(Array.isArray(elements) ? elements : Object.values(mapping(elements)));
	return [
		...mappingsIn(model["panels"]),
		...mappingsIn(model["rows"]),
		...library.map((one) => mapping(one["model"]))
	].flatMap((one) => [one, ...mappingsIn(one["panels"])]);
}
function mappingsIn(list) {
	return (Array.isArray(list) ? list : []).filter((one) => typeof one === "object" && one !== null);
}
function mapping(value) {
	return typeof value === "object" && value !== null ? value : {};
}

// src/dashboards/inputs.ts
function fillInputs(model, given, datasources) {
	const declared = declaredIn(model);
	const all = [...declared, ...undeclaredIn(model, declared)];
	const values = /* @__PURE__ */ new Map();
	const problems = [];
	const { __inputs: _, ...rest } = model;
	const text = JSON.stringify(rest);
	for (const input of all) {
		const value = textOf$1(input, ownValue(given, input.name), datasources);
		if ("value" in value) values.set(input.name, value.value);
		else if (text.includes(`\${${input.name}}`)) problems.push(value.problem);
	}
	return {
		values,
		problems
	};
}
function inputNames(model) {
	const declared = declaredIn(model);
	return [...declared, ...undeclaredIn(model, declared)].map(({ name }) => name);
}
function fillsInput(model, name, wanted, datasources) {
	const declared = declaredIn(model);
	const input = [...declared, ...undeclaredIn(model, declared)].find((one) => one.name === name);
	if (input === void 0 || input.type !== "datasource") return false;
	if (input.types.some((type) => Object.hasOwn(builtIns, type))) return false;
	const type = named(wanted, datasources)?.type;
	return type === void 0 || input.types.some((one) => isSameType(one, type));
}
function declaredIn(model) {
	const { __inputs } = model;
	if (!Array.isArray(__inputs)) return [];
	const spoken = spokenTo(model);
	return __inputs.flatMap((one) => {
		const { name, type, pluginId, value } = one ?? {};
		if (typeof name !== "string") return [];
		return [{
			name,
			type: typeof type === "string" ? type : "datasource",
			types: typeof pluginId === "string" ? [pluginId] : typesFor(spoken, name),
			value: value === void 0 || value === null ? void 0 : String(value)
		}];
	});
}
function undeclaredIn(model, declared) {
	const known = /* @__PURE__ */ new Set([...declared.map(({ name }) => name), ...variableNames(model)]);
	const { __inputs: _, ...rest } = model;
	const found = /* @__PURE__ */ new Map();
	walk(rest, (text, type) => {
		for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g)) if (!known.has(name)) found.set(name, found.get(name) ?? type);
	});
	const spoken = spokenTo(model);
	return [...found].map(([name, type]) => ({
		name,
		type: "datasource",
		types: type === void 0 ? typesFor(spoken, name) : [type],
		value: void 0
	}));
}
function typesFor(spoken, name) {
	return spoken.get(`\${${name}}`)?.types ?? ["prometheus"];
}
function variableNames({ templating }) {
	const list = templating?.list;
	if (!Array.isArray(list)) return [];
	return list.flatMap((one) => {
		const name = one?.name;
		return typeof name === "string" ? [name] : [];
	});
}
function walk(node, visit, type) {
	if (typeof node === "string") visit(node, type);
	if (typeof node !== "object" || node === null) return;
	const own = node.type;
	const isRef = "uid" in node && typeof own === "string";
	for (const inner of Object.values(node)) walk(inner, visit, isRef ? own : void 0);
}
const builtIns = {
	__expr__: "__expr__",
	grafana: "-- Grafana --",
	datasource: "-- Grafana --",
	mixed: "-- Mixed --",
	dashboard: "-- Dashboard --"
};
function textOf$1({ name, type, types, value }, given, datasources) {
	if (type !== "datasource") {
		const text = given ?? value;
		if (text !== void 0) return { value: text };
		return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
	}
	if (given !== void 0) return { value: named(given, datasources)?.uid ?? given };
	const [first = ""] = types;
	const builtIn = ownValue(builtIns, first);
	if (builtIn !== void 0) return { value: builtIn };
	const found = types.map((one) => defaultOf(one, datasources)).find((one) => one !== void 0);
	if (found) return { value: found.uid };
	const have = datasources.map((one) => `${one.name} (${one.type}, uid ${one.uid})`).join(", ") || "none known";
	return { problem: `its input ${name} wants a datasource${types.length > 0 ? ` of type ${types.join(" or ")}` : " for another language than PromQL"}; Grafana's are: ${have}. Name one: inputs: {${name}: UID}` };
}
function defaultOf(type, datasources) {
	const fitting = datasources.filter((one) => isSameType(one.type, type));
	return fitting.find(({ isDefault }) => isDefault) ?? fitting[0];
}
function named(text, datasources) {
	return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}

// src/dashboards/unanswered.ts
function findUnanswered(model, known) {
	const read = readDashboard(model);
	if ("problem" in read) return [];
	const { dashboard } = read;
	const asking = /* @__PURE__ */ new Map();
	for (const question of questionsOf(dashboard, model)) {
		const why = whyUnanswered(question, dashboard, known);
		if (why !== void 0) asking.set(why, [...asking.get(why) ?? [], question.who]);
	}
	const missing = dashboard.panels.flatMap(({ library, queries, title }) => library === void 0 || queries.length > 0 ? [] : [`panel ${title} is the library panel ${library.name} (uid ${library.uid}), which did not come with the file: it stays empty unless Grafana has it`]);
	return [...[...asking].map(([why, all]) => {
		const each = [...new Set(all)];
		return `${listed$1(each)} ${each.length > 1 ? why.replace(/^asks/, "ask") : why}`;
	}), ...missing];
}
function questionsOf(dashboard, model) {
	const panels = dashboard.panels.flatMap((panel) => panel.queries.filter(({ hidden }) => !hidden).map((query) => {
		const { language, expr } = query;
		return {
			who: `panel ${panel.title}`,
			ref: refOf(panel, query),
			language,
			expr
		};
	}));
	const list = (of) => {
		const held = model[of]?.list;
		return (Array.isArray(held) ? held : []).filter((one) => typeof one === "object" && one !== null);
	};
	const variables = list("templating").filter(({ type }) => type === "query");
	const annotations = list("annotations").filter(({ enable, builtIn }) => enable !== false && builtIn !== 1);
	return [
		...panels,
		...variables.map((one) => ask(`variable $${one.name}`, one, languageOfVariable(one))),
		...annotations.map((one) => ask(`annotation ${one.name}`, one, languageOfAnnotation(one)))
	];
}
function ask(who, { datasource, expr }, language) {
	return {
		who,
		ref: toRef(datasourceSchema.parse(datasource)),
		language,
		expr: typeof expr === "string" ? expr : void 0
	};
}
function whyUnanswered(question, { variables }, known) {
	const { ref, language, expr } = question;
	const { datasources, given } = known;
	if (datasources.length === 0) return void 0;
	const name = ref?.uid ?? "";
	if (given.includes(name)) return void 0;
	const says = isForeign(language, expr) ? language : void 0;
	const inLanguage = says === void 0 ? "" : ` in ${says.name}`;
	const [variable] = namesIn(name);
	if (variable !== void 0) {
		const source = variables.find((one) => one.name === variable && one.type === "datasource");
		if (!variables.some((one) => one.name === variable) && !variable.startsWith("__")) return `asks ${name}, a variable that the dashboard does not have`;
		if (source === void 0) return void 0;
		if (!datasources.some(({ type }) => isSameType(type, source.query))) return `${asks(name, source.query)}, and ${has(known, `no data source of type ${source.query}`)}`;
		return prometheusTypes.includes(source.query) && says !== void 0 ? `${asks(name, source.query)}${inLanguage}, which no Prometheus answers` : void 0;
	}
	const resolved = resolve$1(ref, /* @__PURE__ */ new Map(), datasources);
	if (resolved.kind === "missing" && name !== "") return `${asks(name, ref?.type)}${ref?.type === void 0 ? inLanguage : ""}, and ${has(known, "no such data source")}`;
	if (resolved.kind === "other" && ref?.uid === void 0 && ref?.type !== void 0) return isOwnType(ref.type) ? void 0 : `asks a data source of type ${ref.type}, and ${has(known, "none")}`;
	if (resolved.kind !== "prometheus" || says === void 0) return void 0;
	return `asks ${ref === void 0 ? "the default data source " : ""}${resolved.datasource.name}${inLanguage}, which no Prometheus answers`;
}
function asks(name, type) {
	return `asks ${name}${type === void 0 ? "" : ` (type ${type})`}`;
}
function has({ datasources }, what) {
	return `Grafana's values define ${what}, only ${datasources.map(({ name, type }) => `${name} (${type})`).join(", ")}`;
}
function isOwnType(type) {
	return [
		"datasource",
		"grafana",
		"mixed",
		"dashboard",
		"__expr__"
	].includes(type);
}
const mostNamed = 3;
function listed$1(each) {
	if (each.length <= mostNamed) return each.join(", ");
	return `${each.slice(0, mostNamed).join(", ")} and ${each.length - mostNamed} more`;
}

// src/dashboards/import.ts
function importDashboard(file, options) {
	if (isTooDeep(file)) return { problems: [`it is nested deeper than ${200} levels`] };
	const exported = withoutEnvelope(file);
	const { inputs } = options;
	const filling = fillInputs(exported, inputs, options.datasources);
	const known = knownInputs(exported);
	const problems = [...filling.problems, ...options.mayNameOthers ? [] : unknownInputs(inputs, known)];
	if (problems.length > 0) return { problems };
	const changes = /* @__PURE__ */ new Set();
	const { __inputs: _, __requires: __, __elements: elements, id: ___, ...rest } = exported;
	const filled = withPanels(rest, elements, (node) => mapTexts(node, filling.values));
	const spoken = spokenTo(filled);
	const model = withSources(filled, (ref) => resolved(ref, {
		...options,
		spoken
	}, changes));
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
		changes: [...changes],
		unanswered: findUnanswered(model, {
			datasources: options.datasources,
			given: Object.values(inputs)
		})
	};
}
function withoutEnvelope(file) {
	const outer = file;
	const isResource = typeof outer["apiVersion"] === "string";
	const inner = outer["dashboard"] ?? (isResource ? outer["spec"] : void 0);
	if (!(typeof inner === "object" && inner !== null && !("panels" in outer) && !("rows" in outer))) return outer;
	const uid = isResource ? outer["metadata"]?.["name"] : void 0;
	return uid === void 0 ? inner : {
		uid,
		...inner
	};
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
function withSources(node, replace) {
	if (Array.isArray(node)) return node.map((one) => withSources(one, replace));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => {
		if (key === "datasource" && (typeof value === "string" || typeof value?.uid === "string")) return [key, replace(value)];
		return [key, withSources(value, replace)];
	}));
}
function isOwn(name) {
	return /\$/.test(name) || /^(-- .* --|__expr__|default|grafana|)$/.test(name);
}
function resolved(ref, { inputs, datasources, spoken }, changes) {
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
	const types = type === void 0 ? typesOf$1(name, spoken) : [type];
	const [only, second] = datasources.filter((one) => types === void 0 || types.some((wanted) => isSameType(one.type, wanted)));
	if (only === void 0 || second !== void 0) return ref;
	if (types === void 0 && !prometheusTypes.includes(only.type)) return ref;
	changes.add(`its datasource ${name} is not this Grafana's: ${only.name} takes its place`);
	return {
		type: only.type,
		uid: only.uid
	};
}
function typesOf$1(name, spoken) {
	const kind = typeInName(name);
	const types = spoken.get(name)?.types;
	if (kind !== void 0 && (types === void 0 || types.includes(kind))) return [kind];
	return types;
}

// src/plan/provisioned-dashboards.ts
function unansweredDashboards(grafana, sidecar, objects, datasources) {
	const collected = objects.filter((one) => collects(sidecar, one)).flatMap(inObject);
	return [...inValues(grafana), ...collected].flatMap(({ name, text, ...at }) => problemsOf(text, datasources).map((problem) => ({
		...at,
		problem: `dashboard ${name}: ${problem}`
	})));
}
function problemsOf(text, datasources) {
	if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
	try {
		const model = JSON.parse(text);
		if (!isMapping$2(model)) return ["it is JSON, but not an object: Grafana never shows it"];
		return findUnanswered(withoutEnvelope(model), {
			datasources,
			given: []
		});
	} catch (error) {
		return [`it is not JSON (${messageOf(error)}): Grafana never shows it`];
	}
}
function inValues({ name: app, chart, values }) {
	const at = [...grafanaValuesIn(chartName(chart)) ?? [], "dashboards"];
	const providers = valueAt(values, at);
	return Object.entries(isMapping$2(providers) ? providers : {}).flatMap(([provider, held]) => Object.entries(isMapping$2(held) ? held : {}).flatMap(([name, entry]) => {
		const text = isMapping$2(entry) ? entry["json"] : void 0;
		return typeof text === "string" ? [{
			app,
			path: [
				...at,
				provider,
				name,
				"json"
			],
			name,
			text
		}] : [];
	}));
}
function inObject({ app, object, path, where }) {
	return Object.entries(isMapping$2(object["data"]) ? object["data"] : {}).flatMap(([name, text]) => name.endsWith(".json") && typeof text === "string" ? [{
		app,
		path,
		where,
		name,
		text
	}] : []);
}

// src/plan/provisioning.ts
function judgeProvisioning(apps, brought = [], config = { takeOverDashboards: false }) {
	const grafana = apps.find(hasGrafana);
	if (grafana === void 0) return {
		mistakes: [],
		warnings: []
	};
	const objects = [...apps.flatMap(extraObjects), ...brought];
	const datasources = provisionedDatasources(grafana, objects);
	const warnings = ["dashboards", "datasources"].flatMap((what) => uncollected(grafana, what, objects));
	const unanswered = unansweredDashboards(grafana, sidecarOf(grafana, "dashboards"), objects, datasources);
	return {
		mistakes: [
			...clashes$1(datasources),
			...unreadDashboards(grafana),
			...lostDownloads(grafana, takenOver(config, apps))
		],
		warnings: [...warnings, ...unanswered]
	};
}
function clashes$1(all) {
	return all.flatMap((one, index) => {
		const before = all.slice(0, index).filter(({ orgId }) => orgId === one.orgId);
		const other = (is) => before.find(is);
		const byDefault = one.isDefault ? other(({ isDefault }) => isDefault) : void 0;
		const byName = other(({ name }) => name === one.name);
		const byUid = other(({ uid }) => uid === one.uid);
		const mistake = (keys, problem) => {
			const at = one.path.length > 0 || one.where !== void 0 ? one : before[0] ?? one;
			return [{
				app: at.app,
				path: at.path.length > 0 ? [...at.path, ...keys] : [],
				where: at.where,
				problem
			}];
		};
		if (byDefault) return mistake(["isDefault"], `${shown(one)} is the default data source, and so is ${shown(byDefault)}: Grafana does not start with two; expected isDefault: true once${switchOff(byDefault)}`).map((found) => ({
			...found,
			isSecondDefault: true
		}));
		if (byName) return mistake(["name"], `there are two data sources named ${one.name}: Grafana keeps the later one only`);
		if (byUid) return mistake(["uid"], `the data sources ${one.name} and ${byUid.name} both have the uid ${one.uid}: Grafana refuses the second one`);
		return [];
	});
}
function switchOff({ of }) {
	return of === "the chart's own" ? " (the chart's own: grafana.sidecar.datasources.isDefaultDatasource: false)" : "";
}
function shown({ name, of }) {
	return of === "the values" ? name : `${name} (${of})`;
}
const home = "/var/lib/grafana/dashboards";
function unreadDashboards(grafana) {
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const values = valueAt(grafana.values, at);
	if (!isMapping$2(values) || mountsProviders(values)) return [];
	const readers = providersIn(values).filter(({ path }) => path !== "");
	const sidecar = sidecarOf(grafana, "dashboards");
	const folder = valueAt(values, [
		"sidecar",
		"dashboards",
		"folder"
	]) ?? "/tmp/dashboards";
	const folders = [...readers.map(({ path }) => path), ...sidecar.isOn ? [String(folder)] : []];
	return ["dashboards", "dashboardsConfigMaps"].flatMap((key) => {
		const byProvider = values[key];
		return Object.entries(isMapping$2(byProvider) ? byProvider : {}).flatMap(([provider, held]) => {
			const names = key === "dashboards" ? Object.keys(isMapping$2(held) ? held : {}) : [String(held)];
			const isDownload = isMapping$2(held) && Object.values(held).some(isDownloaded);
			const isRead = folders.some((path) => `${home}/${provider}/`.startsWith(`${path.replace(/(?<!\/)\/+$/, "")}/`));
			if (names.length === 0 || isRead || isDownload && readers.some(({ name }) => name === provider)) return [];
			return [{
				app: grafana.name,
				path: [
					...at,
					key,
					provider
				],
				problem: unread(key, provider, names, readers)
			}];
		});
	});
}
const providersFile = "dashboardproviders.yaml";
function lostDownloads(grafana, taken) {
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const values = valueAt(grafana.values, at);
	const providers = isMapping$2(values) ? values["dashboards"] : void 0;
	if (!isMapping$2(values) || !isMapping$2(providers)) return [];
	const readers = providersIn(values);
	if (isMapping$2(valueAt(values, ["dashboardProviders", providersFile]))) return [];
	return Object.entries(providers).flatMap(([provider, held]) => Object.entries(isMapping$2(held) ? held : {}).flatMap(([name, entry]) => {
		const path = [
			...at,
			"dashboards",
			provider,
			name
		];
		const isTaken = taken.some((one) => one.path.join("/") === path.join("/"));
		if (!isDownloaded(entry) || isTaken || readers.length === 0) return [];
		const problem = `the chart looks for the provider of a download in dashboardProviders.${providersFile} alone, and can't be rendered without; expected the providers in a file of this name`;
		return [{
			app: grafana.name,
			path,
			problem
		}];
	}));
}
function unread(key, provider, names, readers) {
	const has = readers.map(({ name, path }) => `${name} reads ${path}`).join(", ") || "there is none";
	const right = `dashboardProviders: {dashboardproviders.yaml: {apiVersion: 1, providers: [{name: ${provider}, type: file, options: {path: ${home}/${provider}}}]}}`;
	return `no provider in dashboardProviders reads ${home}/${provider} (${has}), so Grafana never shows ${names.join(", ")} of ${key}; expected ${right}`;
}
function isDownloaded(entry) {
	return isMapping$2(entry) && (Object.hasOwn(entry, "gnetId") || Object.hasOwn(entry, "url"));
}
function providersIn(values) {
	return (isMapping$2(values["dashboardProviders"]) ? Object.values(values["dashboardProviders"]) : []).flatMap((file) => isMapping$2(file) && Array.isArray(file["providers"]) ? file["providers"] : []).filter(isMapping$2).map((one) => ({
		name: String(one["name"] ?? ""),
		path: String(valueAt(one, ["options", "path"]) ?? "")
	}));
}
function mountsProviders(values) {
	return [
		"extraConfigmapMounts",
		"extraSecretMounts",
		"extraVolumeMounts"
	].some((key) => {
		const list = values[key];
		return Array.isArray(list) && list.some((one) => isMapping$2(one) && /^\/etc\/grafana\/provisioning(\/?$|\/dashboards)/.test(String(one["mountPath"])));
	});
}
function uncollected(grafana, what, objects) {
	const sidecar = sidecarOf(grafana, what);
	return objects.flatMap((one) => {
		const why = whyNotCollected(sidecar, one);
		if (why === void 0) return [];
		const { app, path, where, object } = one;
		const name = isMapping$2(object["metadata"]) ? String(object["metadata"]["name"]) : "";
		return [{
			app,
			path,
			where,
			problem: `Grafana never gets the ${what === "dashboards" ? "dashboards" : "data sources"} of ${object["kind"]} ${one.namespace}/${name}: ${why}`
		}];
	});
}

// src/app/charts/value-mistakes.ts
function judgeValues({ context, loaded, draft }, plan, brought) {
	const { mistakes, warnings } = judgeProvisioning(plan.apps, brought, plan.config);
	for (const one of warnings) {
		const { where, problem } = placed$1(loaded, one);
		const text = `${where}: ${problem}`;
		context.log.warn(text, { title: "monstack: grafana" });
		draft.warnings = [...draft.warnings, text];
	}
	const all = [
		...mistakes,
		...wrongPaths(plan.apps),
		...brought.flatMap(tooLong$1)
	];
	const places = all.map((one) => placed$1(loaded, one));
	if (all.every(({ isSecondDefault }) => isSecondDefault)) refuseAs("datasource-two-defaults", places);
	throwIfAny(places);
}
function tooLong$1({ app, object, path, where }) {
	const { name } = object["metadata"] ?? {};
	const long = longName(String(object["kind"]), String(name ?? ""));
	return long === void 0 ? [] : [{
		app,
		path,
		where,
		problem: `the name is too long: ${describeLong(long)}`
	}];
}
function describeLong({ kind, name, most, why }) {
	return `${kind} ${name} has ${name.length} characters, at most ${most} are allowed${why ? ` (${why})` : ""}`;
}
function chartMistakes(loaded, app, source) {
	const own = loaded.config.apps[app.name];
	const values = own === void 0 ? {} : userValues(app.name, own, loaded.valuesFiles);
	return [...wrongItems(app.name, values, source).map((one) => placed$1(loaded, one)), ...ofNames(loaded, app, longNames(app, source), () => mostOfRelease$1(app, source))];
}
function refuseLongNames(loaded, rendered) {
	throwIfAny(rendered.flatMap(({ app, objects }) => ofNames(loaded, app, objects.flatMap(({ kind, metadata }) => longName(kind, metadata.name) ?? []), (names) => app.release.length - Math.max(...names.map(({ name, most }) => name.length - most)))));
}
function ofNames(loaded, { name: app, release }, names, mostOf) {
	if (names.length === 0) return [];
	const isRelease = names.every(({ name }) => name.includes(release));
	const at = (isRelease ? placeInApp(loaded, app, ["release"]) ?? placeInApp(loaded, app, ["release_name"]) : locate(loaded, {
		app,
		keys: ["fullnameOverride", "nameOverride"],
		values: []
	})) ?? placeInApp(loaded, app, []);
	const right = isRelease ? `the release's name ${release} has ${release.length} characters; expected at most ${mostOf(names)}` : "expected a shorter fullnameOverride or nameOverride";
	return [{
		where: at ? formatPlace(at) : `app ${app}`,
		path: `apps.${app}${isRelease ? ".release" : ".values"}`,
		problem: `the names of objects are too long: ${names.map(describeLong).join("; ")}; ${right}`
	}];
}
function placed$1(loaded, { app, path, where, problem }) {
	const shown = path.length === 0 ? "" : formatPath(path);
	if (where !== void 0) return {
		where,
		path: shown,
		problem
	};
	for (let length = path.length; length > 0; length--) {
		const what = typeof path[length - 1] === "number" ? "value" : "key";
		const place = placeInValues(loaded, app, path.slice(0, length), { what });
		if (place) return {
			where: formatPlace(place),
			path: shown,
			problem
		};
	}
	const place = placeInApp(loaded, app, []);
	return {
		where: place ? formatPlace(place) : `app ${app}`,
		path: shown,
		problem
	};
}

// src/plan/dashboards.ts
const mostBytes$1 = 1e6;
const name$1 = "monstack-dashboards";
function withDashboards(plan, dashboards) {
	const grafana = plan.apps.find(hasGrafana);
	if (grafana === void 0 || dashboards.length === 0) return {
		...plan,
		dashboards
	};
	const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
	const bundles = bundlesOf(dashboards);
	const given = valueAt(grafana.values, at);
	const changed = mountedIn(isMapping$2(given) ? given : {}, bundles);
	const own = inReleases(bundles.map(configMap)).map((objects, index) => {
		const numbered = index === 0 ? name$1 : `${name$1}-${index + 1}`;
		return {
			name: numbered,
			release: numbered,
			namespace: grafana.namespace,
			chart: {
				kind: "objects",
				name: name$1,
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
		if (bytes > mostBytes$1) throw new UserError(`dashboard ${title} has ${bytes} bytes, and a ConfigMap holds no more than ${mostBytes$1} of them`, { fix: "take it apart, or let the chart download it: dashboards.NAME.url in the values of Grafana's chart" });
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
		name: `${name$1}-${index + 1}`,
		folder,
		files
	}));
}
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

// src/dashboards/as-chart.ts
function asChart(exported, { datasource, title }, datasources = []) {
	const named = title === void 0 ? { ...exported } : {
		...exported,
		title
	};
	if (datasource === void 0) return {
		model: named,
		inputs: {}
	};
	if (typeof datasource === "string") {
		const open = inputNames(exported).filter((name) => fillsInput(exported, name, datasource, datasources));
		return {
			model: replaceNames(named, datasource),
			inputs: Object.fromEntries(open.map((name) => [name, datasource]))
		};
	}
	const values = new Map(datasource.map(({ name, value }) => [name, value]));
	const known = inputNames(exported);
	return {
		model: replaceTexts(named, values),
		inputs: Object.fromEntries([...values].filter(([name]) => known.includes(name)))
	};
}
function replaceNames(node, name) {
	if (Array.isArray(node)) return node.map((one) => replaceNames(one, name));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => {
		const isName = typeof value === "string" ? !/^-- .* --$/.test(value) : value === null;
		return [key, key === "datasource" && isName ? name : replaceNames(value, name)];
	}));
}
function replaceTexts(node, values) {
	if (typeof node === "string") return node.replaceAll(/\$(?:\{([\w-]+)\}|([\w-]+))/g, (whole, braced, bare) => {
		return values.get(braced ?? bare) ?? whole;
	});
	if (Array.isArray(node)) return node.map((one) => replaceTexts(one, values));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaceTexts(value, values)]));
}

// src/app/chart-dashboards.ts
const atOnce$1 = 4;
const mostOfProvider = 1e6;
const mostOfRelease = 25e5;
async function takeOverDashboards(session, plan) {
	const { context, loaded, supply } = session;
	const wanted = takenOver(loaded.config, plan.apps);
	const grafana = plan.apps.find(hasGrafana);
	if (wanted.length === 0 || grafana === void 0) return plan;
	const datasources = plannedDatasources(grafana);
	const files = await mapLimited(wanted, atOnce$1, async (one) => {
		const source = {
			kind: "id",
			id: one.id,
			revision: one.revision
		};
		return await fetchDashboard(context, loaded.config, source, { supply });
	});
	let apps = plan.apps;
	const dashboards = [];
	const bytes = /* @__PURE__ */ new Map();
	for (const [index, one] of wanted.entries()) {
		const made = plannedOf(one, files[index], datasources);
		if ("problem" in made) {
			leave(session, one, made.problem);
			continue;
		}
		const { planned, unanswered } = made;
		const provider = one.path.slice(0, -1).join("/");
		const size = Buffer.byteLength(JSON.stringify(planned.model));
		const ofProvider = (bytes.get(provider) ?? 0) + size;
		const inAll = [...bytes.values()].reduce((sum, other) => sum + other, size);
		if (ofProvider > mostOfProvider || inAll > mostOfRelease) leave(session, one, "a ConfigMap holds no more than the dashboards before it");
		else {
			bytes.set(provider, ofProvider);
			apps = withModel(apps, one, planned.model);
			dashboards.push(planned);
			for (const text of unanswered) warn(session, one, `dashboard ${planned.title} (${planned.origin}): ${text}`);
		}
	}
	return {
		...plan,
		apps,
		dashboards: [...plan.dashboards, ...dashboards]
	};
}
function plannedOf({ id, datasource, title, folder }, { text, origin, sha256, revision }, datasources) {
	const exported = withoutEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
	const { model, inputs } = asChart(exported, {
		datasource,
		title
	}, datasources);
	const imported = importDashboard(model, {
		inputs,
		mayNameOthers: true,
		datasources,
		fallbackUid: `gnet-${id}`
	});
	if ("problems" in imported) return { problem: imported.problems.join("; ") };
	const { uid, panels, title: shown, model: filled, unanswered } = imported;
	return {
		planned: {
			uid,
			title: shown,
			folder,
			origin,
			sha256,
			revision,
			panels,
			model: filled
		},
		unanswered
	};
}
function leave(session, one, why) {
	warn(session, one, `dashboard ${one.name} (${one.id} of grafana.com) is left to the chart's own download: ${why}`);
}
function warn({ context, loaded, draft }, { app, path }, text) {
	const at = placeInValues(loaded, app, [...path, "gnetId"]);
	context.log.warn(text, {
		title: "monstack: dashboards",
		...at
	});
	draft.warnings = [...draft.warnings, text];
}

// src/app/dashboards.ts
const atOnce = 4;
async function checkLocalDashboards(session, plan) {
	const isLocal = ({ source }) => source.kind === "file";
	await withWishes(session, plan, session.loaded.config.dashboards.filter(isLocal));
}
async function addDashboards(session, plan) {
	const own = await withWishes(session, plan, session.loaded.config.dashboards);
	return await takeOverDashboards(session, own);
}
async function withWishes(session, plan, wishes) {
	const { context, draft } = session;
	const grafana = plan.apps.find(hasGrafana);
	if (wishes.length === 0 || grafana === void 0) return plan;
	const datasources = plannedDatasources(grafana);
	const each = await mapLimited(wishes, atOnce, async (wish) => importOne(wish, await bytesOf$1(session, wish), datasources));
	const ready = each.filter((one) => "planned" in one);
	const wrong = each.filter((one) => "problem" in one);
	wrong.push(...strayInputs(ready), ...clashes(ready));
	if (wrong.length > 0) throw new UserError(wrong.map((one) => placed(session, one)).join("\n"));
	const changes = ready.flatMap(({ imported, planned }) => [...imported.changes, ...imported.unanswered].map((text) => `dashboard ${planned.title} (${planned.origin}): ${text}`));
	for (const change of changes) context.log.warn(change, { title: "monstack: dashboards" });
	draft.warnings = [...draft.warnings, ...changes];
	return withDashboards(plan, ready.map(({ planned }) => planned));
}
async function bytesOf$1({ context, loaded, supply }, { source }) {
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
function madeUid(id, origin) {
	return id === void 0 ? `file-${createHash("sha256").update(origin).digest("hex").slice(0, 16)}` : `gnet-${id}`;
}
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

// src/app/check-on-disk.ts
async function checkOnDisk(session, plan) {
	const { context, loaded } = session;
	if (loaded.config.cluster.kind === "k3s") {
		await imageArchives(context.host, loaded.config.k3s.images);
		await checkAuthorities(context.host.files, loaded.config.registries);
	}
	await refuseValues(session, plan);
	await checkLocalDashboards(session, plan);
	const apps = await objectsOnDisk(session, plan);
	const others = plan.apps.filter(({ chart }) => chart.kind !== "manifests");
	if (loaded.config.cluster.kind !== "k3s" || !others.every(bringsNoOperator)) return;
	const prometheusApp = others.find(({ chart }) => chartName(chart) === "prometheus")?.name;
	refuseUnread(apps, placesIn(apps), {
		prometheusApp,
		appDir: shownAppDir(loaded)
	});
}
async function refuseValues(session, plan) {
	judgeValues(session, plan, broughtBy(await objectsOnDisk(session, plan), plan));
}
async function objectsOnDisk({ context, loaded }, plan) {
	const each = plan.apps.map(async ({ name, chart, namespace }) => {
		if (chart.kind !== "manifests") return [];
		const placed = (await readManifests(context, chart, loaded.cwd)).flatMap(({ start, object }) => isObject(object) ? [{
			where: start,
			object: inNamespace(object, namespace)
		}] : []);
		return [{
			app: { name },
			objects: placed.map(({ object }) => object),
			placed
		}];
	});
	return (await Promise.all(each)).flat();
}
function broughtBy(apps, plan) {
	return apps.flatMap(({ app, placed }) => {
		const release = plan.apps.find(({ name }) => name === app.name)?.namespace ?? "";
		return placed.map(({ where, object }) => ({
			app: app.name,
			namespace: namespaceOf(object, release),
			object,
			path: [],
			where
		}));
	});
}
function placesIn(apps) {
	return apps.flatMap(({ placed }) => placed.filter(({ object }) => forOperator([object]).length > 0));
}
function isObject(value) {
	const { apiVersion, kind, metadata } = value;
	return typeof apiVersion === "string" && typeof kind === "string" && Boolean(metadata?.name);
}

// src/app/down.ts
async function down(session) {
	const { context, loaded, recorder } = session;
	const { stateDir, reportDir, keep } = loaded.config;
	const { leaks, kept } = await recorder.phase("teardown", () => tearDown(context, {
		stateDir,
		keep: [reportDir],
		keepData: keep.data,
		known: knownOf(loaded.config)
	}));
	for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
	if (leaks.length === 0) context.log.info("torn down, nothing left");
	return {
		leaks,
		kept
	};
}

// src/cluster/pod-gateway.ts
function podGateway(config) {
	if (config.cluster.kind === "existing") return { unknown: "pods of an existing cluster can't be expected to reach this machine" };
	const { clusterCidr, flannelBackend } = k3sSettings(config.k3s.args, hostPaths());
	const subnet = /^(\d+\.\d+\.\d+)\.0\/(\d+)$/.exec(clusterCidr);
	if (flannelBackend === "none") return { unknown: "k3s runs without flannel, so pods' gateway is not known" };
	if (!subnet || Number(subnet[2]) > 24) return { unknown: `k3s' cluster-cidr is ${clusterCidr}, so pods' gateway is not known` };
	return { address: `${subnet[1]}.1` };
}

// src/plan/alertmanager-values.ts
function placesBelow(path) {
	const at = (...keys) => [...path, ...keys];
	return {
		templates: at("templates"),
		folder: "/etc/alertmanager",
		mounts: [
			"extraConfigmapMounts",
			"extraSecretMounts",
			"extraVolumeMounts",
			"extraVolumes"
		].map((key) => at(key)),
		features: at("extraArgs", "enable-feature"),
		tag: at("image", "tag")
	};
}
const spec = ["alertmanager", "alertmanagerSpec"];
const charts = {
	alertmanager: placesBelow([]),
	prometheus: placesBelow(["alertmanager"]),
	"kube-prometheus-stack": {
		templates: ["alertmanager", "templateFiles"],
		folder: "/etc/alertmanager/config",
		mounts: [
			"secrets",
			"configMaps",
			"volumeMounts",
			"containers"
		].map((key) => [...spec, key]),
		features: [...spec, "enableFeatures"],
		tag: [
			...spec,
			"image",
			"tag"
		]
	}
};
function notificationTemplates({ chart, values }) {
	const places = ownValue(charts, chartName(chart));
	const found = places && valueAt(values, places.templates);
	if (places === void 0) return {
		files: [],
		isComplete: false,
		at: {}
	};
	const texts = Object.entries(isMapping$2(found) ? found : {}).flatMap(([name, text]) => typeof text === "string" ? [{
		key: name,
		name: `${places.folder}/${name}`,
		text
	}] : []);
	return {
		files: texts.map(({ name, text }) => ({
			name,
			text
		})),
		isComplete: places.mounts.every((path) => isNothing$1(valueAt(values, path))),
		at: Object.fromEntries(texts.map(({ key, name }) => [name, [...places.templates, key]]))
	};
}
function alertmanagerFeatures({ chart, values }) {
	const places = ownValue(charts, chartName(chart));
	const given = places && valueAt(values, places.features);
	return (Array.isArray(given) ? given : [given ?? ""]).flatMap((one) => String(one).split(",")).filter((one) => one !== "");
}
function alertmanagerTag({ chart, values }) {
	const places = ownValue(charts, chartName(chart));
	const tag = places && valueAt(values, places.tag);
	return typeof tag === "string" && tag !== "" ? tag : void 0;
}
function isNothing$1(value) {
	return !value || typeof value === "object" && Object.keys(value).length === 0;
}
function configInValues(app) {
	const path = alertmanagerPath(app);
	const places = ownValue(charts, chartName(app.chart));
	const given = path && valueAt(app.values, path);
	if (path === void 0 || places === void 0 || !isMapping$2(given)) return void 0;
	const { enabled: _, ...own } = given;
	const receivers = Array.isArray(own["receivers"]) ? own["receivers"] : [{ name: "default-receiver" }];
	const [first] = receivers.filter(isMapping$2);
	const route = isMapping$2(own["route"]) ? own["route"] : {};
	return {
		path,
		config: {
			templates: [`${places.folder}/*.tmpl`],
			...own,
			receivers,
			route: {
				receiver: first?.["name"],
				...route
			}
		}
	};
}

// src/rules/alert-labels.ts
const none = {
	kind: "only",
	names: []
};
const any = {
	kind: "any-but",
	names: []
};
function canHave({ kind, names }, label) {
	return kind === "only" === names.includes(label);
}
function labelsOf$1(expression, node = expression.tree) {
	const below = (child) => child ? labelsOf$1(expression, child) : none;
	const all = node.children.filter(({ type }) => type === "vector" || type === "matrix").map(below).reduce(union, none);
	switch (node.kind) {
		case "number":
		case "string": return none;
		case "selector": return {
			kind: "any-but",
			names: (expression.selectors[node.index ?? -1]?.matchers ?? []).filter(({ op, value }) => op === "=" && value === "").map(({ label }) => label)
		};
		case "aggregation": return aggregated(expression, node, all);
		case "call": return returned(expression, node, all);
		case "binary": return joined(node, below, all);
		default: return all;
	}
}
const choosing = [
	"topk",
	"bottomk",
	"limitk",
	"limit_ratio"
];
function aggregated(expression, node, inner) {
	const { name = "", without = false, labels = [] } = expression.aggregations[node.index ?? -1] ?? {};
	if (choosing.includes(name)) return inner;
	const left = without ? minus(inner, labels) : among(inner, labels);
	return name === "count_values" ? plus(left, textsIn(node)) : left;
}
function returned(expression, node, inner) {
	const { name = "" } = node;
	if (node.type === "scalar" || name === "vector") return none;
	if (name === "info") return any;
	if (name === "label_replace" || name === "label_join") return plus(inner, textsIn(node).slice(0, 1));
	if (name !== "absent" && name !== "absent_over_time") return inner;
	return {
		kind: "only",
		names: fixedIn(expression, node)
	};
}
function fixedIn(expression, node) {
	return [...(node.kind === "selector" ? expression.selectors[node.index ?? -1]?.matchers ?? [] : []).filter(({ op }) => op === "=").map(({ label }) => label), ...node.children.flatMap((child) => fixedIn(expression, child))];
}
function textsIn({ children }) {
	return children.flatMap(({ kind, text }) => kind === "string" && text !== void 0 ? [text] : []);
}
function joined({ operator = "", matching, children: [left, right] }, below, all) {
	if (matching === void 0 || operator === "or") return all;
	if (operator === "and" || operator === "unless" || operator === "atan2") return below(left);
	const { card, on, labels, include } = matching;
	if (card === "many-to-one") return plus(below(left), include);
	if (card === "one-to-many") return plus(below(right), include);
	return on ? among(below(left), labels) : minus(below(left), labels);
}
function union(a, b) {
	if (a.kind === "any-but") return {
		kind: "any-but",
		names: a.names.filter((label) => !canHave(b, label))
	};
	if (b.kind === "any-but") return union(b, a);
	return {
		kind: "only",
		names: [...a.names, ...b.names]
	};
}
function among(given, labels) {
	return {
		kind: "only",
		names: labels.filter((label) => canHave(given, label))
	};
}
function minus({ kind, names }, labels) {
	const others = names.filter((label) => !labels.includes(label));
	return {
		kind,
		names: kind === "only" ? others : [...names, ...labels]
	};
}
function plus({ kind, names }, labels) {
	const others = names.filter((label) => !labels.includes(label));
	return {
		kind,
		names: kind === "only" ? [...names, ...labels] : others
	};
}

// src/rules/judge-inhibition.ts
async function judgeInhibitions(judge, config, { rules, added }) {
	if (!isMapping$3(config) || !Array.isArray(config["inhibit_rules"]) || added === void 0) return [];
	const inhibitions = inhibitionsIn(config);
	const alerts = rules.flatMap((rule) => isMapping$3(rule) && typeof rule["alert"] === "string" ? [rule] : []);
	if (inhibitions.length === 0 || alerts.length === 0) return [];
	const answers = await judge.ask("expression", alerts.map(({ expr }) => ({ text: String(expr) })));
	const known = alerts.flatMap((rule, index) => {
		const answer = answers[index];
		if (answer === void 0 || answer.errors !== void 0) return [];
		return [{
			name: String(rule["alert"]),
			labels: textsOf(rule["labels"]),
			series: labelsOf$1(answer),
			added
		}];
	});
	if (known.length < alerts.length) return [];
	return inhibitions.flatMap((one, index) => faultsIn(one, index, known));
}
function inhibitionsIn(config) {
	try {
		return readRouting(config).inhibitions;
	} catch {
		return [];
	}
}
function textsOf(labels) {
	return new Map(Object.entries(isMapping$3(labels) ? labels : {}).map(([name, value]) => [name, String(value)]));
}
function labelValue({ name, labels, series, added }, label) {
	if (label === "alertname") return name;
	const own = labels.get(label);
	if (own !== void 0) return own.includes("{{") ? void 0 : own;
	return added.includes(label) || canHave(series, label) ? void 0 : "";
}
function mayFit(alert, matcher) {
	const value = labelValue(alert, matcher.label);
	return value === void 0 || matches(matcher, { [matcher.label]: value });
}
function faultsIn(rule, index, alerts) {
	const at = ["inhibit_rules", index];
	const sides = ["source", "target"].flatMap((side) => {
		const never = rule[side].find((matcher) => !alerts.some((alert) => mayFit(alert, matcher)));
		if (never === void 0) return [];
		const { label, op, value } = never;
		const what = alerts.some((alert) => labelValue(alert, label) !== "") ? `${label}${op}${JSON.stringify(value)}` : `the label ${label}`;
		return [{
			path: [...at, `${side}_matchers`],
			problem: `the ${side} of this inhibition rule names ${what}, which no alerting rule gives to its alerts: it never holds anything back`
		}];
	});
	if (sides.length > 0) return sides;
	const fitting = alerts.filter((alert) => [rule.source, rule.target].some((matchers) => matchers.every((one) => mayFit(alert, one))));
	return rule.equal.flatMap((label, place) => {
		if (fitting.some((alert) => labelValue(alert, label) !== "")) return [];
		const problem = `equal of this inhibition rule names the label ${label}, which no alerting rule gives to its alerts: two alerts without it count as equal, so it separates nothing`;
		return [{
			path: [
				...at,
				"equal",
				place
			],
			problem
		}];
	});
}

// src/rules/rendered-alerts.ts
function renderedAlertSources(rendered) {
	const objects = rendered.flatMap(({ objects }) => objects);
	const servers = objects.filter(({ kind }) => kind === "Prometheus").map(({ spec }) => isMapping$3(spec) ? spec : {});
	if (servers.length === 0) return void 0;
	const isOpen = servers.some((spec) => spec["additionalAlertRelabelConfigs"] !== void 0);
	const external = servers.flatMap(({ externalLabels }) => Object.keys(externalLabels ?? {}));
	return {
		rules: objects.filter(({ kind }) => kind === "PrometheusRule").flatMap(rulesIn$2),
		added: isOpen ? void 0 : [
			...external,
			"prometheus",
			"prometheus_replica"
		]
	};
}
function rulesIn$2(content) {
	if (!isMapping$3(content)) return [];
	const { groups } = isMapping$3(content["spec"]) ? content["spec"] : content;
	return (Array.isArray(groups) ? groups : []).flatMap((group) => {
		if (!isMapping$3(group) || !Array.isArray(group["rules"])) return [];
		const shared = isMapping$3(group["labels"]) ? group["labels"] : {};
		return group["rules"].filter(isMapping$3).map((rule) => ({
			...rule,
			labels: {
				...shared,
				...isMapping$3(rule["labels"]) ? rule["labels"] : {}
			}
		}));
	});
}

// src/plan/alert-sources.ts
function alertSources(apps, ruleTexts) {
	const servers = apps.filter(({ chart }) => chartName(chart) === "prometheus");
	const [server] = servers;
	if (server === void 0 || servers.length > 1 || apps.some(({ chart }) => chartName(chart) === "kube-prometheus-stack")) return void 0;
	const { values } = server;
	if (mounts.some((path) => !isNothing(valueAt(values, path)))) return void 0;
	return {
		rules: [...[...Object.values(mappingAt(values, "serverFiles")), ...Object.values(mappingAt(values, "ruleFiles"))], ...ruleTexts].flatMap((content) => rulesIn$2(typeof content === "string" ? readYaml(content).data : content)),
		added: addedLabels(values)
	};
}
const mounts = [
	"extraConfigmapMounts",
	"extraSecretMounts",
	"extraVolumeMounts",
	"extraVolumes",
	"extraHostPathMounts"
].map((key) => ["server", key]);
function mappingAt(values, key) {
	const found = values[key];
	return isMapping$2(found) ? found : {};
}
function addedLabels(values) {
	const external = [["server", "global"], [
		"serverFiles",
		"prometheus.yml",
		"global"
	]].flatMap((path) => {
		const labels = valueAt(values, [...path, "external_labels"]);
		return isMapping$2(labels) ? Object.keys(labels) : [];
	});
	const relabelling = [[
		"serverFiles",
		"prometheus.yml",
		"alerting",
		"alert_relabel_configs"
	], ["alertRelabelConfigs", "alert_relabel_configs"]].flatMap((path) => valueAt(values, path) ?? []);
	const targets = relabelling.map((one) => isMapping$2(one) ? one["target_label"] : void 0);
	return relabelling.some((one) => isMapping$2(one) && one["action"] === "labelmap") ? void 0 : [...external, ...targets.filter((one) => typeof one === "string")];
}
function isNothing(value) {
	return !value || typeof value === "object" && Object.keys(value).length === 0;
}

// src/app/charts/try-notifications.ts
async function findIdle(judge, loaded, app, config) {
	const templates = await judgeNotifications(judge, config, notificationTemplates(app));
	const sources = alertSources(plannedApps(loaded.config, loaded.valuesFiles), loaded.config.rules.map((path) => loaded.texts[path] ?? ""));
	const inhibition = sources ? await judgeInhibitions(judge, config, sources) : [];
	return [...templates.map((one) => inFile(loaded, app, one)), ...inhibition.map((one) => ({
		...one,
		id: "inhibition-label"
	}))];
}
async function findIdleInValues(judge, loaded) {
	const app = plannedApps(loaded.config, loaded.valuesFiles).find(hasAlertmanager);
	const own = loaded.config.alerting.config === void 0 && app ? configInValues(app) : void 0;
	const isTried = own !== void 0 && /\{\{|"inhibit_rules"/.test(JSON.stringify(own.config));
	if (app === void 0 || own === void 0 || !isTried) return {
		mistakes: [],
		notices: []
	};
	const placed = ((await judgeAlertmanager(judge, own.config, alertmanagerFeatures(app))).length > 0 ? [] : await findIdle(judge, loaded, app, own.config)).map((one) => {
		const at = one.at ?? placeInValues(loaded, app.name, [...own.path, ...one.path]);
		return {
			...one,
			at,
			path: formatPath([...own.path, ...one.path])
		};
	});
	return {
		mistakes: placed.filter(({ id }) => id === void 0).map(({ at, path, problem }) => ({
			where: at ? `${at.file}:${at.line}:${at.column}` : `app ${app.name}`,
			path,
			problem
		})),
		notices: placed.flatMap(({ id, at, path, problem }) => id === void 0 ? [] : [{
			id,
			at,
			text: `${path}: ${problem}`
		}])
	};
}
function inFile(loaded, app, { path = [], file, line = 1, problem, isUncertain }) {
	const id = isUncertain ? { id: "notification-template" } : {};
	if (file === void 0) return {
		path,
		problem,
		...id
	};
	const { at: keys, files } = notificationTemplates(app);
	const character = (files.find(({ name }) => name === file)?.text.split("\n", line - 1) ?? []).reduce((sum, one) => sum + one.length + 1, 0);
	const key = keys[file];
	const at = key && placeInValues(loaded, app.name, key, { character });
	return {
		path,
		problem: `${file}, line ${line}: ${problem}`,
		...at ? { at } : {},
		...id
	};
}

// src/app/charts/judge-alertmanager.ts
async function judgeOwnConfig(judge, loaded) {
	const { config, texts, cwd, variables: env, valuesFiles } = loaded;
	const own = configToJudge({
		config,
		texts,
		cwd,
		env
	});
	if (own === void 0) return void 0;
	const app = plannedApps(config, valuesFiles).find(hasAlertmanager);
	const { typed, faults, judged } = await judgeTyped(judge, own, app ? alertmanagerFeatures(app) : []);
	const version = app && alertmanagerTag(app);
	const isCertain = ({ isUnknownKey }) => !isUnknownKey || !mayKnowMore(version);
	const told = (id, { path, problem }) => own.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
	const aboutVersion = [...faults.filter((fault) => !isCertain(fault)).map((fault) => told("alertmanager-newer", fault)), ...newerKeys(judged, version ?? "").map((one) => told("alertmanager-older", one))];
	const refused = faults.filter(isCertain).map(({ path, problem, isUnknownKey }) => ({
		path,
		problem,
		isKey: isUnknownKey
	}));
	if (refused.length > 0 || app === void 0) return {
		typed,
		mistakes: refused,
		notices: aboutVersion
	};
	const found = await findIdle(judge, loaded, app, judged);
	const notices = found.flatMap(({ id, path, problem, at }) => id === void 0 ? [] : [at ? {
		id,
		at,
		text: problem
	} : told(id, {
		path,
		problem
	})]);
	return {
		typed,
		mistakes: found.filter(({ id }) => id === void 0),
		notices: [...aboutVersion, ...notices]
	};
}
async function noticesAfterRender(judge, loaded, rendered) {
	const { config, texts, cwd, variables: env, valuesFiles } = loaded;
	const own = configToJudge({
		config,
		texts,
		cwd,
		env
	});
	if (own === void 0) return [];
	const newer = plannedApps(config, valuesFiles).some((app) => hasAlertmanager(app) && alertmanagerTag(app)) ? [] : newerKeys(own.config, deployedAlertmanager(rendered) ?? "");
	const sources = renderedAlertSources(rendered);
	const inhibition = sources ? await judgeInhibitions(judge, own.config, sources) : [];
	const told = (id, { path, problem }) => own.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
	return [...newer.map((one) => told("alertmanager-older", one)), ...inhibition.map((one) => told("inhibition-label", one))];
}
const mostRounds = 10;
async function judgeTyped(judge, own, features) {
	const typed = [];
	let judged = own.config;
	for (let round = 0;; round++) {
		const faults = await judgeAlertmanager(judge, judged, features);
		const more = faults.flatMap((fault) => retyped(own, judged, fault));
		if (more.length === 0 || round >= mostRounds) return {
			typed: typed.filter(({ path }) => !own.madeUp.has(JSON.stringify(path))),
			judged,
			faults: faults.filter((fault) => !isAboutMadeUp(own, fault))
		};
		typed.push(...more);
		judged = withTypes(judged, more);
	}
}
function isAboutMadeUp({ madeUp }, { path, problem }) {
	return madeUp.has(JSON.stringify(path)) && (problem.startsWith("expected ") || /\.invalid\b/.test(problem));
}
function retyped(own, config, { path, wanted }) {
	const text = valueIn$1(config, path);
	if (wanted === void 0 || typeof text !== "string") return [];
	const key = JSON.stringify(path);
	if (own.madeUp.has(key)) return [{
		path,
		value: wanted === "boolean" ? true : 1
	}];
	if (!own.referred.has(key)) return [];
	const value = readYaml(text).data;
	return typeof value === wanted && (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) ? [{
		path,
		value
	}] : [];
}

// src/plan/complete-alertmanager.ts
function completeAlertmanager(data) {
	if (!isMapping$3(data)) return data;
	const given = data["receivers"];
	const route = isMapping$3(data["route"]) ? data["route"] : {};
	const names = Array.isArray(given) ? given.flatMap((one) => isMapping$3(one) ? [String(one["name"])] : []) : [];
	const receivers = given ?? [.../* @__PURE__ */ new Set(["default-receiver", ...receiversOf(route)])].map((name) => ({ name }));
	const first = names[0] ?? "default-receiver";
	return {
		...data,
		receivers,
		...data["route"] === void 0 || isMapping$3(data["route"]) ? { route: {
			receiver: first,
			...route
		} } : {}
	};
}
function receiversOf({ receiver, routes }) {
	const below = Array.isArray(routes) ? routes.filter(isMapping$3).flatMap(receiversOf) : [];
	return [...typeof receiver === "string" ? [receiver] : [], ...below];
}

// src/plan/content-spots.ts
function spotsIn(content, where) {
	const { data, path: at } = content;
	if (typeof data !== "string") return [{
		content,
		data,
		error: void 0,
		where: (path, on, character) => where([...at, ...path], on, character)
	}];
	if (data.includes("{{")) return [];
	return readDocuments(data).map((document) => {
		const inText = (path, on, character) => where(at, "value", offsetOf(data, document.place(path, on, character)));
		const { error } = document;
		return {
			content,
			data: document.data,
			error: error && {
				where: where(at, "value", offsetOf(data, error.position)),
				problem: error.problem
			},
			where: inText
		};
	});
}
function offsetOf(text, { line, column }) {
	return text.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}

// src/plan/value-contents.ts
function contentsIn(chart, values, source) {
	const own = finders[chart]?.(values) ?? [];
	const listed = source?.dependencies ?? [];
	const below = (source?.charts ?? []).flatMap((subchart) => {
		const aliases = listed.filter(({ name }) => name === subchart.name).map(({ name, alias }) => alias ?? name);
		return (aliases.length > 0 ? aliases : [subchart.name]).flatMap((key) => {
			const inner = values[key];
			return isMapping$2(inner) ? contentsIn(subchart.name, inner, subchart).map((one) => under(key, one)) : [];
		});
	});
	const known = own.map(({ path }) => JSON.stringify(path));
	return [...own, ...below.filter(({ path }) => !known.includes(JSON.stringify(path)))];
}
function under(key, content) {
	return {
		...content,
		path: [key, ...content.path]
	};
}
const finders = {
	alertmanager: (values) => [...alertmanagerIn(values, ["config"]), ...objectsIn(values)],
	prometheus: (values) => [
		...rulesOfPrometheus(values),
		...scrapesOfPrometheus(values),
		...alertmanagerIn(values, ["alertmanager", "config"]),
		...objectsIn(values)
	],
	[stackChart]: (values) => [...ofStack(values), ...objectsIn(values)]
};
function rulesOfPrometheus(values) {
	return ["serverFiles", "ruleFiles"].flatMap((key) => {
		const files = values[key];
		if (!isMapping$2(files)) return [];
		return Object.entries(files).flatMap(([name, data]) => {
			if (name === "prometheus.yml" || isEmpty(data) || !isRuleFileRead(values, name)) return [];
			return name === "alerts" && isMapping$2(data) && isEmpty(data["groups"]) ? [] : [{
				kind: "rules",
				path: [key, name],
				data
			}];
		});
	});
}
const chartGlobal = {
	scrape_interval: "1m",
	scrape_timeout: "10s"
};
function scrapesOfPrometheus(values) {
	const of = {
		kind: "scrape",
		global: chartGlobal,
		globalAt: ["server", "global"]
	};
	const jobs = values["scrapeConfigs"];
	const named = Object.entries(isMapping$2(jobs) ? jobs : {}).flatMap(([name, data]) => isMapping$2(data) && data["enabled"] !== false ? [{
		...of,
		path: ["scrapeConfigs", name],
		data,
		jobName: name
	}] : []);
	const lists = [["extraScrapeConfigs"], [
		"serverFiles",
		"prometheus.yml",
		"scrape_configs"
	]].flatMap((path) => {
		const data = valueAt(values, path);
		return isEmpty(data) ? [] : [{
			...of,
			path,
			data
		}];
	});
	const set = valueAt(values, of.globalAt);
	return [
		...isEmpty(set) ? [] : [{
			...of,
			path: of.globalAt,
			data: set,
			isGlobal: true
		}],
		...named,
		...lists
	];
}
function alertmanagerIn(values, path) {
	const data = valueAt(values, path);
	const isOff = valueAt(values, [...path.slice(0, -1), "enabled"]) === false;
	if (!isMapping$2(data) || isEmpty(data) || data["enabled"] === false || path.length > 1 && isOff) return [];
	const { enabled: _, ...config } = data;
	return [{
		kind: "alertmanager",
		path,
		data: config
	}];
}
function objectsIn(values) {
	return ["extraManifests", "extraObjects"].flatMap((key) => {
		const given = values[key];
		return (Array.isArray(given) || isMapping$2(given) ? Object.entries(given) : []).map(([name, data]) => {
			return {
				kind: "object",
				path: [key, Array.isArray(given) ? Number(name) : name],
				data
			};
		});
	});
}
const replacesConfig = [
	["stringConfig"],
	["alertmanagerSpec", "useExistingSecret"],
	["alertmanagerSpec", "alertmanagerConfiguration"]
];
function ofStack(values) {
	const alertmanager = values["alertmanager"];
	const isReplaced = isMapping$2(alertmanager) && replacesConfig.some((path) => !isEmpty(valueAt(alertmanager, path)));
	return [
		...stackRules(values),
		...isReplaced ? [] : alertmanagerIn(values, ["alertmanager", "config"]),
		...stackScrapes(values),
		...monitorsIn(values, "additionalServiceMonitors", "ServiceMonitor", "endpoints"),
		...monitorsIn(values, "additionalPodMonitors", "PodMonitor", "podMetricsEndpoints"),
		...relabelingsIn(values)
	];
}
function stackRules(values) {
	const map = values["additionalPrometheusRulesMap"];
	const list = values["additionalPrometheusRules"];
	const [key, given] = isEmpty(map) ? ["additionalPrometheusRules", list] : ["additionalPrometheusRulesMap", map];
	if (!isMapping$2(given) && !Array.isArray(given)) return [];
	return Object.entries(given).flatMap(([name, data]) => {
		const path = [key, Array.isArray(given) ? Number(name) : name];
		if (!isMapping$2(data)) return [{
			kind: "part",
			of: "PrometheusRule",
			at: ["spec"],
			path,
			data
		}];
		const { groups } = data;
		return [{
			kind: "rules",
			path,
			data: { groups }
		}];
	});
}
function stackScrapes(values) {
	const path = ["prometheus", "prometheusSpec"];
	const spec = valueAt(values, path);
	if (!isMapping$2(spec)) return [];
	const { scrapeTimeout, additionalScrapeConfigs: data } = spec;
	const scrapeInterval = spec["scrapeInterval"] || "30s";
	const isTooLong = (durationMs(String(scrapeTimeout)) ?? 0) > (durationMs(String(scrapeInterval)) ?? Number.POSITIVE_INFINITY);
	const times = isTooLong ? [{
		kind: "part",
		of: "Prometheus",
		at: ["spec"],
		path,
		data: {
			scrapeInterval,
			scrapeTimeout
		}
	}] : [];
	if (isEmpty(data)) return times;
	const global = {
		scrape_interval: scrapeInterval,
		...scrapeTimeout && !isTooLong ? { scrape_timeout: scrapeTimeout } : {}
	};
	return [...times, {
		kind: "scrape",
		path: [...path, "additionalScrapeConfigs"],
		data,
		global
	}];
}
function monitorsIn(values, key, kind, endpoints) {
	const list = valueAt(values, ["prometheus", key]);
	if (!Array.isArray(list)) return [];
	return list.flatMap((item, index) => {
		const path = [
			"prometheus",
			key,
			index
		];
		if (!isMapping$2(item)) return [{
			kind: "part",
			of: kind,
			at: ["spec"],
			path,
			data: item
		}];
		return [
			endpoints,
			"selector",
			"namespaceSelector",
			"jobLabel",
			"targetLabels",
			"podTargetLabels",
			"attachMetadata"
		].flatMap((field) => {
			const required = field === endpoints || field === "selector";
			if (!(field in item) && !required) return [];
			return [{
				kind: "part",
				of: kind,
				at: ["spec", field],
				path: [...path, field],
				data: item[field],
				required
			}];
		});
	});
}
function relabelingsIn(values, path = []) {
	return Object.entries(values).flatMap(([key, value]) => {
		const here = [...path, key];
		if (Array.isArray(value) && /^(?:[a-zA-Z]+R|r)elabelings$/.test(key) && value.every(isMapping$2)) return [{
			kind: "part",
			of: "ServiceMonitor",
			at: [
				"spec",
				"endpoints",
				"*",
				"relabelings"
			],
			path: here,
			data: value
		}];
		return isMapping$2(value) && path.length < 6 ? relabelingsIn(value, here) : [];
	});
}
function isEmpty(data) {
	if (data === void 0 || data === null || data === "" || data === false) return true;
	return typeof data === "object" && Object.keys(data).length === 0;
}

// src/schemas/helm-values.ts
var NoMappingForSubchart = class extends Error {
	path;
	constructor(path) {
		super(`${path.join(".")} is not a mapping`);
		this.path = path;
	}
};
function enableCharts(source, given, traits = {}) {
	return withImports(enable(source, source.name, given, {
		tags: void 0,
		at: [],
		traits
	}), traits);
}
function enable(source, name, given, { tags, at, traits }) {
	const all = subchartsOf(source);
	const values = defaultsOf$1(source);
	const whole = coalesceValues({
		name,
		source,
		values,
		charts: all.map(({ chart }) => chart)
	}, given, {
		at,
		traits
	});
	const allTags = tags ?? whole["tags"];
	return {
		name,
		source,
		values,
		charts: all.filter(({ conditions, tags: own }) => isEnabled(conditions, own, whole, allTags)).map(({ chart }) => {
			const below = whole[chart.name];
			const within = {
				tags: allTags ?? {},
				at: [...at, chart.name],
				traits
			};
			return enable(chart.source, chart.name, isMapping$2(below) ? below : {}, within);
		})
	};
}
function subchartsOf({ charts, dependencies }) {
	const make = (source, name) => ({
		name,
		source,
		values: defaultsOf$1(source),
		charts: subchartsOf(source).map(({ chart }) => chart)
	});
	const unlisted = charts.filter((chart) => !dependencies.some(({ name }) => name === chart.name));
	const listed = dependencies.flatMap(({ name, alias, conditions, tags }) => {
		const source = charts.find((chart) => chart.name === name);
		return source === void 0 ? [] : [{
			chart: make(source, alias ?? name),
			conditions,
			tags
		}];
	});
	return [...unlisted.map((one) => ({
		chart: make(one, one.name),
		conditions: [],
		tags: []
	})), ...listed];
}
function isEnabled(conditions, own, values, tags) {
	for (const condition of conditions) {
		const value = valueAt(values, condition.split("."));
		if (typeof value === "boolean") return value;
	}
	const set = own.map((tag) => isMapping$2(tags) ? tags[tag] : void 0);
	return set.includes(true) || !set.includes(false);
}
function defaultsOf$1({ values }) {
	return isMapping$2(values) ? structuredClone(values) : {};
}
function withImports(chart, traits) {
	const charts = chart.charts.map((subchart) => withImports(subchart, traits));
	const made = {
		...chart,
		charts
	};
	const imports = chart.source.dependencies.flatMap(({ name, alias, importValues }) => importValues.map((one) => ({
		from: alias ?? name,
		one
	})));
	if (imports.length === 0) return made;
	const whole = coalesceValues(made, {}, { traits });
	const imported = imports.reduce((so, { from, one }) => {
		const [child, parent] = typeof one === "string" ? [`exports.${one}`, "."] : [one.child, one.parent];
		const found = valueAt(whole, [from, ...child.split(".")]);
		if (!isMapping$2(found)) return so;
		const placed = parent === "." ? found : nest(parent.split("."), found);
		return layUnder(so, structuredClone(placed), "kept");
	}, {});
	return {
		...made,
		values: layUnder(structuredClone(chart.values), imported, "kept")
	};
}
function nest(path, value) {
	return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}
function coalesceValues(chart, given, { at = [], traits = {} } = {}) {
	return coalesce(chart, structuredClone(given), {
		at,
		traits
	});
}
function coalesce(chart, values, { at, traits }) {
	layDefaults(chart, values, traits);
	for (const subchart of chart.charts) {
		const here = [...at, subchart.name];
		if (!Object.hasOwn(values, subchart.name)) values[subchart.name] = {};
		const below = values[subchart.name];
		if (!isMapping$2(below)) throw new NoMappingForSubchart(here);
		layGlobals(below, values);
		values[subchart.name] = coalesce(subchart, below, {
			at: here,
			traits
		});
	}
	return values;
}
function layDefaults(chart, values, { keepsNulls = false }) {
	const own = structuredClone(chart.values);
	for (const [key, value] of Object.entries(keepsNulls ? own : withoutNulls$1(own))) {
		const set = values[key];
		if (!Object.hasOwn(values, key)) values[key] = value;
		else if (set === null) delete values[key];
		else if (isMapping$2(set) && isMapping$2(value)) layUnder(set, value, chart.charts.some(({ name }) => name === key) ? "kept" : keepsNulls ? "dropped" : "dropped over a value");
	}
}
function layGlobals(into, from) {
	const [below = {}, above = {}] = [into["global"], from["global"]];
	if (!isMapping$2(below) || !isMapping$2(above)) return;
	for (const [key, value] of Object.entries(above)) {
		const own = below[key];
		if (!isMapping$2(value)) {
			if (!isMapping$2(own)) below[key] = value;
		} else if (own === void 0) below[key] = { ...value };
		else if (isMapping$2(own)) below[key] = layUnder({ ...value }, own, "kept");
	}
	into["global"] = below;
}
function layUnder(over, under, nulls) {
	for (const [key, value] of Object.entries(under)) if (!Object.hasOwn(over, key)) over[key] = value;
	else if (over[key] === null) {
		if (nulls === "dropped" || nulls === "dropped over a value" && value !== null) delete over[key];
	} else if (isMapping$2(over[key]) && isMapping$2(value)) layUnder(over[key], value, nulls);
	return over;
}
function withoutNulls$1(value) {
	if (!isMapping$2(value)) return value;
	const kept = Object.entries(value).filter(([, inner]) => inner !== null);
	return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls$1(inner)]));
}

// src/monitors/scrape-parts.ts
const fields = {
	interval: "scrape_interval",
	scrapeInterval: "scrape_interval",
	scrapeTimeout: "scrape_timeout",
	relabelings: "relabel_configs",
	relabelingConfigs: "relabel_configs",
	metricRelabelings: "metric_relabel_configs"
};
function scrapePartsOf(kind, spec) {
	if (!isMapping$3(spec)) return [];
	if (kind === "ServiceMonitor") return partsIn(spec["endpoints"], ["endpoints"]);
	if (kind === "PodMonitor") return partsIn(spec["podMetricsEndpoints"], ["podMetricsEndpoints"]);
	if (kind === "ScrapeConfig") return [partOf(spec, [])];
	if (kind !== "Probe") return [];
	const targets = isMapping$3(spec["targets"]) ? spec["targets"] : {};
	const found = ["staticConfig", "ingress"].flatMap((key) => {
		const target = targets[key];
		return isMapping$3(target) ? [partOf(target, ["targets", key])] : [];
	});
	return [partOf(spec, []), ...found];
}
function partsIn(list, at) {
	if (!Array.isArray(list)) return [];
	return list.flatMap((item, index) => isMapping$3(item) ? [partOf(item, [...at, index])] : []);
}
function partOf(from, at) {
	const set = Object.entries(fields).filter(([field]) => from[field] !== void 0 && from[field] !== null && from[field] !== "");
	const settings = set.map(([field, name]) => {
		const value = from[field];
		return [name, name.endsWith("relabel_configs") ? asRelabelConfigs(value) : value];
	});
	const nameOf = (names, known, wanted) => known.find((field) => names[field] === wanted) ?? wanted;
	return {
		job: {
			job_name: "monitor",
			...Object.fromEntries(settings),
			static_configs: [{ targets: ["target:80"] }]
		},
		pathOf([first, index, field, ...rest]) {
			const own = set.map(([name]) => name);
			if (typeof first !== "string" || !Object.values(fields).includes(first)) return at;
			const path = [...at, nameOf(fields, own, first)];
			if (index === void 0) return path;
			if (typeof field !== "string") return [...path, index];
			return [
				...path,
				index,
				nameOf(relabelFields, Object.keys(relabelFields), field),
				...rest
			];
		}
	};
}

// src/rules/judge-scrape.ts
async function judgeScrapes(judge, scrapes) {
	const texts = scrapes.map(({ job, global }) => JSON.stringify({
		global,
		...job === void 0 ? {} : { scrape_configs: [job] }
	}, null, 1));
	const answers = await judge.ask("scrape", texts.map((text) => ({ text })));
	return texts.map((text, index) => {
		const isJob = scrapes[index]?.job !== void 0;
		const yaml = readYaml(text);
		return (answers[index]?.errors ?? []).map((error) => toFault(error, yaml, isJob));
	});
}
function toFault(error, yaml, isJob) {
	const above = isJob ? ["scrape_configs", 0] : ["global"];
	const unknown = /^field (\S+) not found in type/.exec(error.message)?.[1];
	const whole = (error.line === void 0 ? mentioned(error.message, yaml, above) : atLine(error, yaml)) ?? above;
	const isBelow = above.every((step, index) => whole[index] === step);
	const said = unknown === void 0 ? error.message : `unknown key ${unknown}`;
	return {
		path: isBelow ? whole.slice(above.length) : [],
		on: unknown === void 0 ? "value" : "key",
		problem: `Prometheus ${judgedBy.prometheus}: ${said}`
	};
}
function atLine({ line, message }, yaml) {
	const unknown = /^field (\S+) not found in type/.exec(message)?.[1];
	const inLine = yaml.entries().filter(({ key, value }) => yaml.placeOf(key ?? value).line === line);
	return (inLine.find(({ path }) => path.at(-1) === unknown) ?? inLine[0])?.path;
}
function mentioned(message, yaml, above) {
	const words = message.toLowerCase().replaceAll(/[_-]/g, " ");
	return yaml.entries().filter(({ path }) => path.length > above.length && above.every((step, index) => path[index] === step)).flatMap(({ path, scalar }) => {
		const key = String(path.at(-1)).toLowerCase().replaceAll("_", " ");
		const value = String(scalar?.value ?? "");
		const byKey = typeof path.at(-1) === "string" && key.length > 3 ? words.indexOf(key) : -1;
		const byValue = value.length > 2 && path.at(-1) !== "job_name" ? message.indexOf(value) : -1;
		const at = byKey >= 0 ? byKey : byValue >= 0 ? byValue : void 0;
		return at === void 0 ? [] : [{
			path,
			at,
			both: byKey >= 0 && byValue >= 0
		}];
	}).sort((a, b) => Number(b.both) - Number(a.both) || a.at - b.at || b.path.length - a.path.length)[0]?.path;
}
function sameNames(jobs, taken = []) {
	const seen = new Set(taken);
	return jobs.flatMap((job, index) => {
		const name = isMapping$3(job) ? job["job_name"] : void 0;
		if (typeof name !== "string") return [];
		const isSecond = seen.has(name);
		seen.add(name);
		return isSecond ? [{
			index,
			name
		}] : [];
	});
}

// src/schemas/alertmanager-config.ts
function routeProblems({ kind, spec }) {
	if (kind !== "AlertmanagerConfig") return [];
	return undefinedReceivers(spec).map((one) => ({
		...one,
		path: ["spec", ...one.path]
	}));
}
function undefinedReceivers(config) {
	if (!isMapping$3(config)) return [];
	const names = (Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping$3) : []).map(({ name }) => String(name));
	const walk = (route, path) => {
		if (!isMapping$3(route)) return [];
		const { receiver, routes } = route;
		const below = Array.isArray(routes) ? routes.flatMap((one, index) => walk(one, [
			...path,
			"routes",
			index
		])) : [];
		if (typeof receiver !== "string" || receiver === "" || names.includes(receiver)) return below;
		const problem = `there is no receiver ${receiver}; ${didYouMean(receiver, names)}`;
		return [{
			path: [...path, "receiver"],
			on: "value",
			problem
		}, ...below];
	};
	return walk(config["route"], ["route"]);
}

// src/schemas/crd.ts
const worthSharing = 120;
function kindSchemaOf(definition) {
	if (!isMapping$3(definition) || definition["kind"] !== "CustomResourceDefinition") return void 0;
	const { spec } = definition;
	if (!isMapping$3(spec) || !isMapping$3(spec["names"]) || !Array.isArray(spec["versions"])) return void 0;
	const versions = spec["versions"].filter(isMapping$3).flatMap(({ name, schema, served }) => {
		const whole = isMapping$3(schema) ? schema["openAPIV3Schema"] : void 0;
		return isMapping$3(whole) && served !== false ? [[String(name), objectSchema(whole)]] : [];
	});
	return {
		kind: String(spec["names"]["kind"]),
		group: String(spec["group"]),
		versions: Object.fromEntries(versions)
	};
}
function objectSchema(whole) {
	const { properties = {}, required = [] } = convert(whole);
	const { status: _, ...own } = properties;
	return share({
		type: "object",
		properties: {
			...own,
			apiVersion: text,
			kind: text,
			metadata,
			status: true
		},
		required: [.../* @__PURE__ */ new Set([...required, "metadata"])],
		additionalProperties: false
	});
}
const expected = "x-expected";
const duration = "a duration, for example 30s, 5m or 1h30m";
const text = { type: "string" };
const name = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const metadata = {
	type: "object",
	properties: {
		name: {
			type: "string",
			pattern: `^${name}(\\.${name})*$`,
			maxLength: 253,
			[expected]: "lower-case letters, digits, - and ."
		},
		generateName: text,
		namespace: {
			type: "string",
			pattern: `^${name}$`,
			maxLength: 63,
			[expected]: "lower-case letters, digits and -"
		},
		labels: {
			type: "object",
			additionalProperties: {
				type: "string",
				pattern: `^(${qualified})?$`,
				maxLength: 63
			},
			propertyNames: { pattern: `^(${name}(\\.${name})*/)?${qualified}$` }
		},
		annotations: {
			type: "object",
			additionalProperties: text,
			propertyNames: { pattern: `^([A-Za-z0-9][-A-Za-z0-9.]*/)?${qualified}$` }
		},
		...Object.fromEntries([
			"creationTimestamp",
			"deletionGracePeriodSeconds",
			"deletionTimestamp",
			"finalizers",
			"generation",
			"managedFields",
			"ownerReferences",
			"resourceVersion",
			"selfLink",
			"uid"
		].map((key) => [key, true]))
	},
	additionalProperties: false
};
const kept = [
	"enum",
	"exclusiveMaximum",
	"exclusiveMinimum",
	"maxItems",
	"maxLength",
	"maxProperties",
	"maximum",
	"minItems",
	"minLength",
	"minProperties",
	"minimum",
	"multipleOf",
	"pattern",
	"required",
	"type",
	"uniqueItems"
];
function convert(given, isNested = false) {
	if (!isMapping$3(given)) return {};
	const schema = Object.fromEntries(kept.flatMap((key) => key in given ? [[key, given[key]]] : []));
	if (given["x-kubernetes-int-or-string"] === true) schema["type"] = ["integer", "string"];
	if (given["nullable"] === true && schema["type"] !== void 0) schema["type"] = [schema["type"], "null"].flat();
	if (given["x-kubernetes-list-type"] === "set") schema["uniqueItems"] = true;
	const keys = given["x-kubernetes-list-map-keys"];
	if (given["x-kubernetes-list-type"] === "map" && Array.isArray(keys)) schema["uniqueBy"] = keys;
	if (String(given["pattern"]).startsWith("^(0|(([0-9]+)y)?")) schema[expected] = duration;
	for (const key of [
		"allOf",
		"anyOf",
		"oneOf"
	]) {
		const parts = given[key];
		if (Array.isArray(parts) && given["x-kubernetes-int-or-string"] !== true) schema[key] = parts.map((part) => convert(part, true));
	}
	if (isMapping$3(given["not"])) schema["not"] = convert(given["not"], true);
	if (isMapping$3(given["items"])) schema["items"] = convert(given["items"], isNested);
	addProperties(schema, given, isNested);
	return {
		...schema,
		...rulesOf(given["x-kubernetes-validations"])
	};
}
function addProperties(schema, given, isNested) {
	const { properties, additionalProperties } = given;
	if (isMapping$3(properties)) {
		const own = Object.entries(properties);
		schema["properties"] = Object.fromEntries(own.map(([key, inner]) => [key, key === "matchExpressions" ? withOperators(convert(inner)) : convert(inner, isNested)]));
		const port = schema["properties"]["port"];
		const number = "portNumber" in properties ? "portNumber" : "targetPort";
		if (isMapping$3(port) && port["type"] === "string" && number in properties) port[expected] = `the name of a port; its number belongs in ${number}`;
		const open = own.flatMap(([key, inner]) => isMapping$3(inner) && "default" in inner ? [key] : []);
		if (Array.isArray(schema["required"])) schema["required"] = schema["required"].filter((key) => !open.includes(key));
	}
	if (isMapping$3(additionalProperties)) schema["additionalProperties"] = convert(additionalProperties, isNested);
	else if (isMapping$3(properties) && additionalProperties !== true && !isNested) schema["additionalProperties"] = given["x-kubernetes-preserve-unknown-fields"] === true;
}
function withOperators(schema) {
	const { items } = schema;
	const operator = {
		type: "string",
		enum: [
			"In",
			"NotIn",
			"Exists",
			"DoesNotExist"
		]
	};
	return items?.properties === void 0 ? schema : {
		...schema,
		items: {
			...items,
			properties: {
				...items.properties,
				operator
			}
		}
	};
}
function rulesOf(validations) {
	if (!Array.isArray(validations)) return {};
	const schema = {};
	for (const one of validations.filter(isMapping$3)) {
		const rule = String(one["rule"]).replaceAll(/\s+/g, " ");
		const [, needing, needed] = /^!has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/.exec(rule) ?? [];
		if (needing && needed) schema.dependentRequired = {
			...schema.dependentRequired,
			[needing]: [...schema.dependentRequired?.[needing] ?? [], needed]
		};
		const names = [...(/^\[([^\]]*)\]\.filter\((\w), \2\)\.size\(\) <= 1$/.exec(rule)?.[1] ?? "").matchAll(/has\(self\.(\w+)\)/g)].map(([, field = ""]) => field);
		if (names.length > 1) schema.atMostOne = [...schema.atMostOne ?? [], names];
	}
	return schema;
}
function share(schema) {
	const counts = /* @__PURE__ */ new Map();
	const count = (node) => {
		if (Array.isArray(node)) for (const inner of node) count(inner);
		if (!isMapping$3(node)) return;
		if (isPart(node)) {
			const key = JSON.stringify(node);
			const times = (counts.get(key) ?? 0) + 1;
			counts.set(key, times);
			if (times > 1) return;
		}
		for (const inner of Object.values(node)) count(inner);
	};
	count(schema);
	const names = /* @__PURE__ */ new Map();
	const $defs = {};
	const replace = (node, isRoot = false) => {
		if (Array.isArray(node)) return node.map((inner) => replace(inner));
		if (!isMapping$3(node)) return node;
		const key = isPart(node) && !isRoot ? JSON.stringify(node) : "";
		if ((counts.get(key) ?? 0) < 2) return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, replace(inner)]));
		const known = names.get(key);
		if (known !== void 0) return { $ref: `#/$defs/${known}` };
		const named = `d${names.size}`;
		names.set(key, named);
		$defs[named] = Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, replace(inner)]));
		return { $ref: `#/$defs/${named}` };
	};
	return {
		...replace(schema, true),
		$defs
	};
}
function isPart(node) {
	const { type } = node;
	return (type === "object" || type === "array") && JSON.stringify(node).length >= worthSharing;
}

// src/schemas/explain.ts
const mostNames = 15;
function explainErrors(errors, data) {
	const found = [];
	for (const error of errors) {
		if (error.keyword === "if") continue;
		const isComposed = [
			"anyOf",
			"oneOf",
			"contains",
			"propertyNames"
		].includes(error.keyword);
		const below = isComposed ? takeBelow(found, error.instancePath) : [];
		const path = pathOf$1(error.instancePath, data);
		found.push({
			error,
			problem: isComposed ? explainComposed(error, path, below) : explain(error, path)
		});
	}
	const problems = found.map(({ problem }) => problem);
	const nameOf = ({ path, problem }) => JSON.stringify([path, problem]);
	const names = problems.map(nameOf);
	return problems.filter((_, index) => names.indexOf(names[index] ?? "") === index);
}
function takeBelow(found, instancePath) {
	let from = found.length;
	while (from > 0 && found[from - 1]?.error.instancePath.startsWith(instancePath)) from--;
	return found.splice(from);
}
function explainComposed(error, path, below) {
	if (error.keyword === "propertyNames") {
		const key = String(error.params["propertyName"]);
		const why = below.map(({ problem }) => problem.problem.replace(/^".*?" /s, "")).join("; ");
		return {
			path: [...path, key],
			on: "key",
			problem: `the key ${shown$2(key)} ${why || "is not allowed"}`
		};
	}
	if (error.keyword === "contains") return {
		path,
		on: "value",
		problem: "no item of the list is as it has to be"
	};
	if (error.keyword === "oneOf" && error.params["passingSchemas"]) return {
		path,
		on: "value",
		problem: "fits more than one of the alternatives, and may fit only one"
	};
	const types = below.filter((one) => one.error.keyword === "type" && one.error.instancePath === error.instancePath);
	const others = below.filter((one) => !types.includes(one));
	if (others.length === 0 && types.length > 0) return {
		path,
		on: "value",
		problem: notA(error, path, types.flatMap((one) => typesOf(one.error)))
	};
	const [first] = others;
	if (first === void 0) return {
		path,
		on: "value",
		problem: "fits none of the alternatives"
	};
	if (others.every(({ problem }) => samePath(problem, first.problem))) {
		const all = [...new Set(others.map(({ problem }) => problem.problem))];
		return {
			...first.problem,
			problem: all.length === 1 ? all[0] ?? "" : `fits none of the alternatives: ${all.join("; or ")}`
		};
	}
	return {
		path,
		on: "value",
		problem: `fits none of the alternatives: ${others.slice(0, 3).map(({ problem }) => `${formatBelow(problem.path, path)}${problem.problem}`).join("; or ")}`
	};
}
function samePath(a, b) {
	return a.on === b.on && JSON.stringify(a.path) === JSON.stringify(b.path);
}
function formatBelow(path, above) {
	const rest = path.slice(above.length).join(".");
	return rest === "" ? "" : `${rest}: `;
}
function explain(error, path) {
	const { keyword, params } = error;
	if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
		const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
		return {
			path: [...path, key],
			on: "key",
			...unknownKey(key, error)
		};
	}
	if (keyword === "required" || keyword === "dependentRequired" || keyword === "dependencies") return {
		path,
		on: "key",
		problem: `the key ${String(params["missingProperty"])} is missing${keyword === "required" ? "" : `, which ${String(params["property"])} needs`}`
	};
	return {
		path: keyword === "uniqueBy" ? [...path, ...secondOf(error)] : path,
		on: keyword === "atMostOne" ? "key" : "value",
		problem: valueProblem(error, path)
	};
}
function unknownKey(key, { parentSchema }) {
	const known = Object.keys(parentSchema?.properties ?? {});
	const meant = nearest(key, known);
	if (meant !== void 0) return {
		problem: `unknown key; did you mean ${meant}?`,
		meant
	};
	if (known.length === 0) return { problem: "unknown key; expected no keys here" };
	return { problem: known.length > mostNames ? "unknown key" : `unknown key; expected one of: ${known.join(", ")}` };
}
function valueProblem(error, path) {
	const { keyword, params, schema } = error;
	const value = shownValue(error, path);
	switch (keyword) {
		case "type": return notA(error, path, typesOf(error));
		case "enum": return `${value} is not allowed; expected one of: ${schema.map(plain).join(", ")}`;
		case "const": return `${value} is not allowed; expected ${plain(schema)}`;
		case "pattern": {
			const expected = expectedBy(error);
			return expected === void 0 ? `${value} does not match the pattern ${String(schema)}` : `${value} is not valid; expected ${expected}`;
		}
		case "uniqueBy": return `two items of the list have the same ${schema.join(" and ")}`;
		case "atMostOne": return `only one of these keys may be set: ${schema.map((keys) => keys.join(", ")).join("; ")}`;
		case "format": return `${value} is not a valid ${String(schema)}`;
		case "minLength": return `${value} is too short; expected at least ${limit(params)} characters`;
		case "maxLength": return `${value} is too long; expected at most ${limit(params)} characters`;
		case "minItems":
		case "minProperties": return `${value} has too few entries; expected at least ${limit(params)}`;
		case "maxItems":
		case "maxProperties": return `${value} has too many entries; expected at most ${limit(params)}`;
		case "minimum":
		case "maximum":
		case "exclusiveMinimum":
		case "exclusiveMaximum": return `${value} is out of range; expected ${String(params["comparison"])} ${limit(params)}`;
		case "multipleOf": return `${value} is not a multiple of ${String(schema)}`;
		case "uniqueItems": return `two items of the list are equal, the items ${String(params["j"])} and ${String(params["i"])}`;
		case "not": return "is as it may not be";
		case "false schema": return "nothing may be set here";
		default: return `${value} ${error.message ?? "is not allowed"}`;
	}
}
function secondOf({ data, schema }) {
	const keys = schema;
	const names = data.map((item) => JSON.stringify(keys.map((key) => item?.[key])));
	const second = names.findIndex((name, index) => names.indexOf(name) < index);
	return second < 0 ? [] : [second, ...keys.slice(0, 1)];
}
function limit(params) {
	return String(params["limit"]);
}
function plain(value) {
	return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
function typesOf({ schema, params }) {
	const type = params["type"] ?? schema;
	return (Array.isArray(type) ? type : [type]).map(String);
}
const typeNames = {
	string: "a text",
	integer: "a whole number",
	number: "a number",
	boolean: "true or false",
	object: "a mapping",
	array: "a list",
	null: "null"
};
function notA(error, path, types) {
	const names = [...new Set(types.map((type) => typeNames[type] ?? type))];
	const expected = expectedBy(error);
	return `${shownValue(error, path)} is not ${names.join(" or ")}${expected === void 0 ? "" : `; expected ${expected}`}`;
}
function expectedBy({ parentSchema }) {
	const said = parentSchema?.["x-expected"];
	return typeof said === "string" ? said : void 0;
}
function shownValue({ data }, path) {
	const key = path.findLast((part) => typeof part === "string");
	if (data === null || data === void 0) return "null";
	if (typeof data !== "object" && key !== void 0 && isCredentialKey(key, {})) return kindOf(data);
	return data === "" ? "an empty text" : shown$2(data);
}
function kindOf(data) {
	return typeof data === "string" ? "a text" : typeof data === "number" ? "a number" : "this value";
}
function pathOf$1(pointer, data) {
	let node = data;
	return pointer.split("/").slice(1).map((part) => {
		const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
		const step = Array.isArray(node) ? Number(name) : name;
		node = node?.[step];
		return step;
	});
}

// src/schemas/operator.ts
const schemasFile = "operator-schemas.json.zst";
function readSchemas(file) {
	return JSON.parse(zstdDecompressSync(file).toString("utf8"));
}
function createObjectJudge({ operator, kinds }, definitions = []) {
	const own = /* @__PURE__ */ new Map();
	const kindNamed = (kind) => {
		const name = String(kind);
		const other = definitions.find((one) => one.kind === name && one.release !== operator);
		if (other !== void 0 && !own.has(name)) own.set(name, kindSchemaOf(other.read()));
		return own.get(name) ?? kinds.find((one) => one.kind === name);
	};
	const compiled = /* @__PURE__ */ new Map();
	const validateBy = (name, schema) => {
		const known = compiled.get(name) ?? compileDefinition(schema);
		compiled.set(name, known);
		return known;
	};
	return {
		operator,
		async judge(object) {
			const [group, version = ""] = String(object["apiVersion"]).split("/");
			if (group !== "monitoring.coreos.com") return [];
			const known = kindNamed(object["kind"]);
			if (known === void 0) {
				const names = kinds.map(({ kind }) => kind);
				return [{
					path: ["kind"],
					on: "value",
					problem: `${operatorGroup} has no kind ${String(object["kind"])}; ${didYouMean(String(object["kind"]), names)}`
				}];
			}
			const versions = Object.keys(known.versions);
			const schema = known.versions[version] ?? known.versions[versions.at(-1) ?? ""];
			const wrongVersion = Object.hasOwn(known.versions, version) ? [] : [{
				path: ["apiVersion"],
				on: "value",
				problem: `${known.kind} has no version ${version || "(none)"}; expected ${versions.map((one) => `${group}/${one}`).join(" or ")}`
			}];
			const validate = await validateBy(known.kind, schema ?? {});
			return [...wrongVersion, ...judgeAsMeant(validate, withoutNulls(withoutEmptyNamespace(object)))];
		},
		async judgePart(kind, path, data) {
			const known = kindNamed(kind);
			const version = Object.values(known?.versions ?? {}).at(-1);
			const part = version && partAt(version, path);
			if (part === void 0) return void 0;
			return judgeAsMeant(await validateBy([kind, ...path].join("."), {
				...part,
				$defs: version?.["$defs"]
			}), withoutNulls(data));
		}
	};
}
async function compileDefinition(schema) {
	const { compileDefinition: compile } = await import("./ajv.js");
	const validate = compile(schema);
	return (data) => validate(data) ? [] : explainErrors(validate.errors ?? [], data);
}
function judgeAsMeant(validate, data) {
	const first = validate(data);
	const misspelled = first.filter((one) => one.meant !== void 0 && isFree(data, one));
	if (misspelled.length === 0) return first;
	const corrected = structuredClone(data);
	for (const { path, meant = "" } of misspelled) {
		const parent = valueIn(corrected, path.slice(0, -1));
		parent[meant] = parent[String(path.at(-1))];
		delete parent[String(path.at(-1))];
	}
	const asWritten = (path) => misspelled.reduce((so, { path: key, meant }) => {
		return [...key.slice(0, -1), meant].every((step, index) => so[index] === step) ? [...key, ...so.slice(key.length)] : so;
	}, path);
	return [...misspelled, ...validate(corrected).map((one) => ({
		...one,
		path: asWritten(one.path)
	}))];
}
function isFree(data, { path, meant = "" }) {
	const parent = valueIn(data, path.slice(0, -1));
	return isMapping$3(parent) && !Object.hasOwn(parent, meant);
}
function valueIn(data, path) {
	return path.reduce((node, step) => node?.[step], data);
}
function withoutNulls(value) {
	if (Array.isArray(value)) return value.map(withoutNulls);
	if (!isMapping$3(value)) return value;
	const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== void 0);
	return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}
function withoutEmptyNamespace(object) {
	const { metadata } = object;
	if (!isMapping$3(metadata) || metadata["namespace"] !== "") return object;
	const { namespace: _, ...rest } = metadata;
	return {
		...object,
		metadata: rest
	};
}
function partAt(root, path) {
	let node = root;
	for (const step of [...path, void 0]) {
		const ref = isMapping$3(node) && typeof node["$ref"] === "string" ? node["$ref"].split("/").at(-1) : void 0;
		if (ref !== void 0) node = root["$defs"]?.[ref];
		if (step === void 0 || !isMapping$3(node)) break;
		node = step === "*" ? node["items"] : node["properties"]?.[step];
	}
	return isMapping$3(node) ? node : void 0;
}

// src/app/judge-objects.ts
function objectMeans({ context, judge, program }, definitions) {
	const read = async () => {
		const [bundled, own] = await Promise.all([readProgramFile(context, program.folder), definitions()]);
		return createObjectJudge(readSchemas(bundled), own);
	};
	let schemas;
	return {
		judge,
		schemas: () => {
			schemas ??= read();
			return schemas;
		}
	};
}
async function readProgramFile({ host }, folder) {
	const pieces = [];
	for await (const piece of host.files.stream(`${folder}/${schemasFile}`)) pieces.push(piece);
	return Buffer.concat(pieces);
}
async function judgeObjects(means, objects, options) {
	const own = objects.filter(({ object }) => String(object["apiVersion"]).split("/")[0] === operatorGroup);
	if (own.length === 0) return [];
	const schemas = await means.schemas();
	const refused = await Promise.all(own.map(async ({ object }) => schemas.judge(object)));
	const rest = own.map(({ object, where }, index) => ({
		object: withoutRefused(object, refused[index] ?? []),
		where
	}));
	const rules = await rulesRefused$1(means, rest, refused, options);
	const scrapes = await scrapesRefused$1(means, rest, refused, options);
	return own.flatMap(({ object, where }, index) => {
		return [
			...refused[index] ?? [],
			...rules[index] ?? [],
			...scrapes[index] ?? [],
			...routeProblems(object)
		].map(({ path, on, problem, character }) => ({
			where: where(path, on, character),
			path: [nameOf$2(object), formatPath(path)].filter((part) => part !== "").join(", "),
			problem
		}));
	});
}
function nameOf$2(object) {
	const { kind, metadata } = object;
	const name = isMapping$3(metadata) && typeof metadata["name"] === "string" ? ` ${metadata["name"]}` : "";
	return `${String(kind)}${name}`;
}
async function rulesRefused$1({ judge }, objects, refused, { rules = {} }) {
	const files = objects.map(({ object }) => object["kind"] === "PrometheusRule" && isMapping$3(object["spec"]) ? ruleFileOfSpec(object["spec"]) : void 0);
	const asked = files.filter((file) => file !== void 0);
	const judged = asked.length === 0 ? [] : await judgeRuleTexts(judge, asked, rules);
	return files.map((file, index) => {
		const faults = (file === void 0 ? [] : judged[asked.indexOf(file)] ?? []).map((one) => ({
			...one,
			path: ["spec", ...one.path],
			on: faultOn(one)
		}));
		return unless(refused[index] ?? [], faults);
	});
}
async function scrapesRefused$1({ judge }, objects, refused, { global }) {
	const parts = objects.flatMap(({ object }, index) => scrapePartsOf(String(object["kind"]), object["spec"]).map((part) => ({
		index,
		part
	})));
	const judged = await judgeParts(judge, parts.map(({ part }) => part), global);
	return objects.map((_, index) => {
		const faults = parts.flatMap((one, at) => one.index === index ? (judged[at] ?? []).map((fault) => ({
			...fault,
			path: ["spec", ...fault.path]
		})) : []);
		return unless(refused[index] ?? [], faults);
	});
}
function withoutRefused(object, refused) {
	if (refused.length === 0) return object;
	const rest = structuredClone(object);
	for (const { path, on } of refused) {
		const [, groups, , rules] = path;
		const isRule = groups === "groups" && rules === "rules" && path.length > 4;
		const at = isRule && on === "key" ? path.slice(0, 5) : path;
		const parent = at.slice(0, -1).reduce((node, step) => node?.[step], rest);
		const last = at.at(-1) ?? "";
		if (Array.isArray(parent) && isRule) parent[Number(last)] = {
			record: "left_out",
			expr: "1"
		};
		else if (isMapping$3(parent) && at.length > 1) delete parent[last];
	}
	return rest;
}
async function judgeParts(judge, parts, global) {
	if (parts.length === 0) return [];
	const judged = await judgeScrapes(judge, parts.map(({ job }) => ({
		job,
		global
	})));
	return parts.map(({ pathOf }, index) => (judged[index] ?? []).map(({ path, on, problem }) => ({
		path: pathOf(path),
		on,
		problem: problem.replace(/ for scrape config with job name "monitor"$/, "")
	})));
}
function unless(known, faults) {
	return faults.filter(({ path }) => !known.some((one) => {
		const shared = Math.min(one.path.length, path.length);
		return shared > 1 && one.path.slice(0, shared).every((step, index) => step === path[index]);
	}));
}

// src/app/charts/judge-contents.ts
async function judgeContents(means, contents, options) {
	const of = (kind) => contents.filter((one) => one.kind === kind);
	return [
		...contents.flatMap((content) => spotsIn(content, options.where).flatMap(notYaml)),
		...await rulesRefused(means, of("rules"), options),
		...await alertmanagersRefused(means, of("alertmanager"), options),
		...await scrapesRefused(means, of("scrape"), options),
		...await objectsRefused(means, of("object"), options),
		...await partsRefused(means, of("part"), options)
	];
}
function notYaml({ content, error }) {
	return error === void 0 ? [] : [{
		where: error.where,
		path: formatPath(content.path),
		problem: error.problem
	}];
}
function toMistake({ content, where }, { path, on, character, problem }) {
	return {
		where: where(path, on, character),
		path: formatPath([...content.path, ...path]),
		problem
	};
}
function readable(contents, where) {
	return contents.flatMap((content) => spotsIn(content, where)).filter(({ error }) => error === void 0);
}
async function rulesRefused({ judge }, contents, { rules, where }) {
	const spots = readable(contents, where);
	if (spots.length === 0) return [];
	const judged = await judgeRuleTexts(judge, spots.map(({ data }) => ruleFileOfSpec(data)), rules);
	return spots.flatMap((spot, index) => (judged[index] ?? []).map((one) => {
		const path = one.path.length > 0 ? one.path : quotedIn(one.problem, spot.data) ?? [];
		return toMistake(spot, {
			...one,
			path,
			on: faultOn(one)
		});
	}));
}
function quotedIn(message, data) {
	const found = [];
	const walk = (node, path) => {
		if (typeof node === "string" && node.length > 1 && message.includes(JSON.stringify(node))) found.push(path);
		if (typeof node !== "object" || node === null) return;
		for (const [key, inner] of Object.entries(node)) walk(inner, [...path, Array.isArray(node) ? Number(key) : key]);
	};
	walk(data, []);
	return found.length === 1 ? found[0] : void 0;
}
async function alertmanagersRefused({ judge }, contents, { alertmanager, where }) {
	return (await Promise.all(readable(contents, where).map(async (spot) => {
		const refused = (await judgeAlertmanager(judge, spot.data, alertmanager.features)).filter(({ isUnknownKey }) => !isUnknownKey || !mayKnowMore(alertmanager.version)).map(({ path, problem, isUnknownKey }) => ({
			path,
			problem,
			on: isUnknownKey ? "key" : "value"
		}));
		const receivers = undefinedReceivers(spot.data);
		return [...refused.filter(({ problem }) => !receivers.some((one) => problem.startsWith(one.problem))), ...receivers].map((fault) => toMistake(spot, fault));
	}))).flat();
}
async function scrapesRefused({ judge }, contents, { where, jobNames = [] }) {
	const jobs = contents.flatMap((content) => readable([content], where).flatMap((spot) => jobsIn(content, spot)));
	if (jobs.length === 0) return [];
	const first = await judgeScrapes(judge, jobs.map(({ scrape }) => scrape));
	const judged = jobs.some(({ scrape }, index) => scrape.job === void 0 && first[index]?.length) ? await judgeScrapes(judge, jobs.map(({ scrape }) => scrape.job === void 0 ? scrape : {
		...scrape,
		global: {}
	})) : first;
	const twice = sameNames(jobs.map(({ scrape }) => scrape.job), jobNames);
	return jobs.flatMap(({ spot, at }, index) => {
		const name = twice.find((one) => one.index === index)?.name;
		const again = name === void 0 ? [] : [{
			path: [...at, "job_name"],
			on: "value",
			problem: `another job is named ${name} too; each needs a name of its own`
		}];
		return [...(judged[index] ?? []).map((one) => {
			const fault = asUsers(spot, one);
			return {
				...fault,
				path: [...at, ...fault.path]
			};
		}), ...again].map((fault) => toMistake(spot, fault));
	});
}
function asUsers({ content, data }, fault) {
	if (!(content.kind === "scrape" && content.isGlobal && isMapping$3(data) && !("scrape_timeout" in data)) || fault.path[0] !== "scrape_timeout") return fault;
	const own = String(content.global["scrape_timeout"]);
	return {
		...fault,
		path: ["scrape_interval"],
		problem: `${fault.problem}; scrape_timeout is ${own} unless you set it`
	};
}
function jobsIn({ global, jobName, isGlobal }, spot) {
	if (isGlobal) return isUsualGlobal(global) ? [] : [{
		spot,
		at: [],
		scrape: { global }
	}].filter(isPlain);
	if (jobName !== void 0 && isMapping$3(spot.data)) {
		const { enabled: _, ...job } = spot.data;
		return [{
			spot,
			at: [],
			scrape: {
				job: {
					...job,
					job_name: job["job_name"] || jobName
				},
				global
			}
		}].filter(isPlain);
	}
	if (!Array.isArray(spot.data)) return [{
		spot,
		at: [],
		scrape: {
			job: spot.data,
			global
		}
	}];
	return spot.data.map((job, index) => ({
		spot,
		at: [index],
		scrape: {
			job,
			global
		}
	})).filter(isPlain);
}
function isUsualGlobal(global) {
	const names = [
		"scrape_interval",
		"scrape_timeout",
		"evaluation_interval"
	];
	const times = Object.entries(global).map(([name, value]) => names.includes(name) && typeof value === "string" ? durationMs(value) : void 0);
	const [interval = 0, timeout = 0] = ["scrape_interval", "scrape_timeout"].map((name) => durationMs(String(global[name])) ?? 0);
	return times.every((ms) => ms !== void 0 && ms > 0) && timeout <= interval;
}
function isPlain({ scrape }) {
	return !JSON.stringify(scrape).includes("{{");
}
async function objectsRefused(means, contents, options) {
	const objects = readable(contents, options.where).flatMap(({ data, where }) => isMapping$3(data) && !JSON.stringify(data["metadata"] ?? null).includes("{{") ? [{
		object: data,
		where
	}] : []);
	return await judgeObjects(means, objects, {
		global: {},
		rules: options.rules
	});
}
async function partsRefused(means, contents, { where }) {
	if (contents.length === 0) return [];
	const schemas = await means.schemas();
	const parts = contents.map((content) => ({
		content,
		scrapes: scrapesOf(content)
	}));
	const all = parts.flatMap(({ scrapes }) => scrapes);
	const judged = await judgeParts(means.judge, all, {});
	const each = parts.map(async ({ content, scrapes }) => {
		const { of, at, data, path } = content;
		const [spot] = readable([content], where);
		if (data === void 0 || data === null) return [{
			where: where(path, "key"),
			path: formatPath(path),
			problem: `the key ${String(path.at(-1))} is missing`
		}];
		if (spot === void 0) return [];
		const refused = await schemas.judgePart(of, at, data) ?? [];
		const faults = scrapes.flatMap((one) => judged[all.indexOf(one)] ?? []);
		return [...refused, ...unless(refused, faults)].map((fault) => toMistake(spot, fault));
	});
	return (await Promise.all(each)).flat();
}
function scrapesOf({ of, at, data }) {
	const last = at.at(-1);
	if (of === "Prometheus") return isMapping$3(data) ? [partOf(data, [])] : [];
	if (last === "endpoints" || last === "podMetricsEndpoints") return partsIn(data, []);
	if (last !== "relabelings" || !Array.isArray(data)) return [];
	const part = partOf({ relabelings: data }, []);
	return [{
		...part,
		pathOf: (inJob) => part.pathOf(inJob).slice(1)
	}];
}

// src/schemas/helm-version.ts
function isBefore$1(helm, [major, ...wanted]) {
	const [, ...own] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(helm ?? "")?.map(Number) ?? [];
	const [ownMajor, minor = 0, patch = 0] = own;
	if (ownMajor !== major) return false;
	return minor < wanted[0] || minor === wanted[0] && patch < wanted[1];
}

// src/schemas/draft.ts
function draftOf(schema) {
	const { $schema } = schema;
	if (typeof $schema !== "string") return "2020";
	const name = /^https?:\/\/json-schema\.org\/(?:draft[-/])?([\d-]+\/)?schema#?$/.exec($schema)?.[1];
	if (name === void 0) return /^https?:\/\/json-schema\.org\/schema#?$/.test($schema) ? "2020" : void 0;
	return drafts[name.slice(0, -1)];
}
const drafts = {
	"04": "4",
	"06": "6",
	"07": "7",
	"2019-09": "2019",
	"2020-12": "2020"
};
const one = [
	"additionalItems",
	"additionalProperties",
	"contains",
	"else",
	"if",
	"items",
	"not",
	"propertyNames",
	"then",
	"unevaluatedItems",
	"unevaluatedProperties"
];
const lists = [
	"allOf",
	"anyOf",
	"items",
	"oneOf",
	"prefixItems"
];
const maps = [
	"$defs",
	"definitions",
	"dependencies",
	"dependentSchemas",
	"patternProperties",
	"properties"
];
const sensitive = [
	"contains",
	"if",
	"not",
	"oneOf",
	"propertyNames",
	"unevaluatedItems",
	"unevaluatedProperties"
];
function prepareSchema(schema, draft) {
	const ids = idsIn(schema);
	const isOld = draft === "4" || draft === "6" || draft === "7";
	const isElsewhere = (ref) => typeof ref === "string" && !ref.startsWith("#") && !ids.has(ref.replace(/#.*$/s, ""));
	let refersElsewhere = false;
	function prepare(given) {
		if (!isMapping$3(given)) return {
			schema: given,
			isOpen: false
		};
		if ([
			given["$ref"],
			given["$dynamicRef"],
			given["$recursiveRef"]
		].some(isElsewhere)) {
			refersElsewhere = true;
			return {
				schema: {},
				isOpen: true
			};
		}
		const isRef = isOld && typeof given["$ref"] === "string";
		const made = {};
		let isOpen = false;
		for (const [key, value] of Object.entries(given)) {
			if (isRef && ![
				"$ref",
				"$id",
				"definitions",
				"$defs"
			].includes(key)) continue;
			if ([
				"$schema",
				"nullable",
				"discriminator",
				"$async",
				"$data"
			].includes(key)) continue;
			if (key === "id" && draft !== "4") continue;
			const below = prepareKeyword(key, value, prepare);
			if (below.isOpen && sensitive.includes(key)) continue;
			isOpen ||= below.isOpen && !maps.slice(0, 2).includes(key);
			made[key] = below.schema;
		}
		return {
			schema: made,
			isOpen
		};
	}
	const { schema: made } = prepare(schema);
	return refersElsewhere ? without(made, ["unevaluatedItems", "unevaluatedProperties"]) : made;
}
function prepareKeyword(key, value, prepare) {
	if (lists.includes(key) && Array.isArray(value)) {
		const all = value.map(prepare);
		return {
			schema: all.map(({ schema }) => schema),
			isOpen: all.some(({ isOpen }) => isOpen)
		};
	}
	if (maps.includes(key) && isMapping$3(value)) {
		const all = Object.entries(value).map(([name, inner]) => [name, prepare(inner)]);
		return {
			schema: Object.fromEntries(all.map(([name, { schema }]) => [name, schema])),
			isOpen: all.some(([, { isOpen }]) => isOpen)
		};
	}
	return one.includes(key) ? prepare(value) : {
		schema: value,
		isOpen: false
	};
}
function without(node, keys) {
	if (Array.isArray(node)) return node.map((inner) => without(inner, keys));
	if (!isMapping$3(node)) return node;
	const kept = Object.entries(node).filter(([key]) => !keys.includes(key));
	return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, keys)]));
}
function idsIn(node) {
	const found = /* @__PURE__ */ new Set();
	const walk = (inner) => {
		if (Array.isArray(inner)) for (const item of inner) walk(item);
		if (!isMapping$3(inner)) return;
		for (const id of [inner["$id"], inner["id"]]) if (typeof id === "string") found.add(id.replace(/#.*$/s, ""));
		for (const value of Object.values(inner)) walk(value);
	};
	walk(node);
	return found;
}

// src/schemas/validate.ts
async function compileSchema(schema, { helm } = {}) {
	if (!isMapping$3(schema)) return void 0;
	const own = draftOf(schema);
	if (own === void 0) return void 0;
	const draft = own.startsWith("20") && isBefore$1(helm, [
		3,
		18,
		5
	]) ? "7" : own;
	const { compile } = await import("./ajv.js");
	try {
		const validate = compile(prepareSchema(schema, draft), draft);
		return (data) => validate(data) ? [] : explainErrors(validate.errors ?? [], data);
	} catch {
		return;
	}
}

// src/schemas/chart-values.ts
async function judgeChartValues(source, given, helm) {
	try {
		const traits = { keepsNulls: isBefore$1(helm, [
			3,
			20,
			1
		]) || isBefore$1(helm, [
			4,
			2,
			0
		]) };
		const chart = enableCharts(source, given, traits);
		return await judge$2(chart, coalesceValues(chart, given, { traits }), [], helm);
	} catch (error) {
		if (!(error instanceof NoMappingForSubchart)) throw error;
		const problem = `the values of the subchart ${error.path.at(-1) ?? ""} are not a mapping`;
		return [{
			path: error.path,
			on: "value",
			problem,
			chart: source.name
		}];
	}
}
async function judge$2(chart, values, at, helm) {
	const own = ((await compileSchema(chart.source.schema, { helm }))?.(values) ?? []).map((one) => ({
		...one,
		path: [...at, ...one.path],
		chart: chart.source.name
	}));
	const below = await Promise.all(chart.charts.map((subchart) => {
		const inner = values[subchart.name];
		return isMapping$2(inner) ? judge$2(subchart, inner, [...at, subchart.name], helm) : [];
	}));
	return [...own, ...below.flat()];
}

// src/app/charts/schema-mistakes.ts
async function schemaMistakes(loaded, { name, values }, source) {
	const where = placesInValues(loaded, name);
	return (await judgeChartValues(source, values, loaded.config.helm.version)).map(({ path, on, problem, chart }) => ({
		where: where(path, on),
		path: formatPath(path),
		problem: `${problem} (values.schema.json of the chart ${chart})`
	}));
}
function placesInValues(loaded, app) {
	return (path, on, character) => {
		const within = character === void 0 ? {} : { character };
		const global = path.indexOf("global");
		const whole = [path, ...global > 0 ? [path.slice(global)] : []].map((one) => placeInValues(loaded, app, one, {
			what: on,
			...within
		}));
		const above = path.map((_, index) => path.slice(0, path.length - 1 - index)).filter(({ length }) => length > 0);
		for (const found of whole) if (found) return `${found.file}:${found.line}:${found.column}`;
		for (const one of above) {
			const found = placeInValues(loaded, app, one, { what: "key" });
			if (found) return `${found.file}:${found.line}:${found.column}`;
		}
		return `app ${app}`;
	};
}

// src/app/charts/judge-values.ts
async function contentMistakes(means, loaded, plan, { sources = /* @__PURE__ */ new Map(), kinds } = {}) {
	const each = plan.apps.map(async (planned) => {
		const app = loaded.config.apps[planned.name];
		if (app === void 0 || app.values.length === 0) return [];
		const own = userValues(planned.name, app, loaded.valuesFiles);
		const source = sources.get(planned.name);
		const whole = source && wholeValues(source, own);
		const all = contentsIn(source?.name ?? chartName(planned.chart), whole ?? own, source);
		const isOwn = (content) => {
			if (kinds !== void 0 && !kinds.includes(content.kind)) return false;
			const path = content.kind === "part" && content.required === true ? content.path.slice(0, -1) : content.path;
			return isSet(own, path) && !isReplaced(plan, planned.name, path);
		};
		const contents = all.filter(isOwn).map((content) => completed(content, planned, whole !== void 0));
		return await judgeContents(means, contents, {
			rules: { features: prometheusFeatures(planned) },
			alertmanager: {
				features: alertmanagerFeatures(planned),
				version: alertmanagerTag(planned)
			},
			jobNames: all.filter((content) => !isOwn(content)).flatMap(jobNamesIn),
			where: placesInValues(loaded, planned.name)
		});
	});
	return (await Promise.all(each)).flat();
}
function rulesInValues(loaded, plan) {
	return plan.apps.flatMap((planned) => {
		const app = loaded.config.apps[planned.name];
		if (app === void 0 || app.values.length === 0) return [];
		const own = userValues(planned.name, app, loaded.valuesFiles);
		const where = placesInValues(loaded, planned.name);
		return contentsIn(chartName(planned.chart), own).filter(({ kind, path }) => kind === "rules" && !isReplaced(plan, planned.name, path)).flatMap((content) => spotsIn(content, where)).flatMap((spot) => {
			const groups = isMapping$3(spot.data) ? spot.data["groups"] : void 0;
			return Array.isArray(groups) ? [{
				at: [],
				groups: groups.filter(isMapping$3),
				yaml: valuesYaml(spot)
			}] : [];
		});
	});
}
function valuesYaml({ where }) {
	return { notice: (id, path, text, character) => {
		const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(where(path, "value", character)) ?? [];
		return file === void 0 ? {
			id,
			text
		} : {
			id,
			text,
			at: {
				file,
				line: Number(line),
				column: Number(column)
			}
		};
	} };
}
function isReplaced({ askedValues }, app, path) {
	return askedValues.some((one) => one.app === app && one.how === "whole" && one.path.every((step, index) => path[index] === step));
}
function isSet(own, path) {
	let node = own;
	for (const step of path) {
		if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
		node = node[step];
	}
	return true;
}
function completed(content, planned, hasChart) {
	if (content.kind === "alertmanager") return hasChart ? content : {
		...content,
		data: completeAlertmanager(content.data)
	};
	if (content.kind !== "scrape") return content;
	const global = content.globalAt && valueAt(planned.values, content.globalAt);
	const job = hasChart ? content.data : withoutPartialTimeout(content);
	return {
		...content,
		data: job,
		...isMapping$3(global) ? { global: {
			...content.global,
			...global
		} } : {}
	};
}
function withoutPartialTimeout({ data, jobName }) {
	if (jobName === void 0 || !isMapping$3(data) || data["scrape_interval"] !== void 0) return data;
	if (Object.keys(data).some((key) => key.endsWith("_sd_configs") || key === "static_configs")) return data;
	const { scrape_timeout: _, ...job } = data;
	return job;
}
function jobNamesIn(content) {
	if (content.kind !== "scrape" || content.jobName === void 0 || !isMapping$3(content.data)) return [];
	return [String(content.data["job_name"] || content.jobName)];
}
function wholeValues(source, own) {
	try {
		return coalesceValues(enableCharts(source, own), own);
	} catch (error) {
		if (error instanceof NoMappingForSubchart) return void 0;
		throw error;
	}
}

// src/plan/moved-charts.ts
const newest$1 = (app) => {
	const source = defaultApps[app]?.source;
	return source?.kind === "chart" ? source.version ?? "" : "";
};
const grafanaVersion = newest$1("grafana");
const prometheusVersion = newest$1("prometheus");
const grafana = `grafana-community/grafana (https://grafana-community.github.io/helm-charts), newest known ${grafanaVersion}`;
const community = (name) => `prometheus-community/${name} (https://prometheus-community.github.io/helm-charts)${name === "prometheus" ? `, newest known ${prometheusVersion}` : ""}`;
const moves$1 = [
	{
		from: /^https?:\/\/grafana\.github\.io\/helm-charts\/?$/,
		charts: { grafana },
		why: "the Grafana chart moved on 2026-01-30, and its old repository ends at 10.5.15"
	},
	{
		from: /^https?:\/\/(?:charts\.helm\.sh\/(?:stable|incubator)|kubernetes-charts(?:-incubator)?\.storage\.googleapis\.com)\/?$/,
		charts: {
			prometheus: community("prometheus"),
			grafana,
			"prometheus-operator": community("kube-prometheus-stack"),
			"prometheus-node-exporter": community("prometheus-node-exporter"),
			"prometheus-pushgateway": community("prometheus-pushgateway"),
			"prometheus-adapter": community("prometheus-adapter"),
			"prometheus-blackbox-exporter": community("prometheus-blackbox-exporter"),
			"kube-state-metrics": community("kube-state-metrics"),
			"*": "its project's own repository (https://artifacthub.io lists it)"
		},
		why: "the stable and incubator repositories are archived since November 2020, and nothing in them is fixed"
	},
	{
		from: /^(?:https?:\/\/charts\.bitnami\.com\/|oci:\/\/registry-1\.docker\.io\/bitnamicharts\/)/,
		charts: {
			prometheus: community("prometheus"),
			grafana,
			"kube-prometheus": community("kube-prometheus-stack"),
			"kube-state-metrics": community("kube-state-metrics"),
			"node-exporter": community("prometheus-node-exporter"),
			alertmanager: community("alertmanager")
		},
		why: "Bitnami's free images went to docker.io/bitnamilegacy in 2025 and are not updated any more"
	}
];
function movedTo$1(chart) {
	if (chart.kind !== "repo" && chart.kind !== "oci") return void 0;
	const address = chart.kind === "repo" ? chart.repoUrl : chart.url;
	const name = chart.kind === "repo" ? chart.name : chart.url.split("/").at(-1) ?? "";
	const move = moves$1.find(({ from }) => from.test(address));
	const to = move && (Object.hasOwn(move.charts, name) ? move.charts[name] : move.charts["*"]);
	return move && to !== void 0 ? {
		to,
		why: move.why
	} : void 0;
}

// src/app/charts/moved.ts
function movedChartNotices(loaded, plan) {
	return plan.apps.flatMap(({ name, chart }) => {
		const moved = movedTo$1(chart);
		if (moved === void 0) return [];
		const at = locate(loaded, {
			app: name,
			keys: ["chart"],
			values: []
		});
		return [{
			id: "chart-moved",
			text: `apps.${name}: chart ${formatChart(chart)} still works, but ${moved.why}; it goes on as ${moved.to}`,
			...at ? { at } : {}
		}];
	});
}

// src/plan/prometheus-version.ts
const first3 = {
	prometheus: 26,
	"kube-prometheus-stack": 67
};
function plannedPrometheusVersion({ chart, values }) {
	const name = chartName(chart);
	const spec = ["prometheus", "prometheusSpec"];
	const written = (name === "prometheus" ? [[
		"server",
		"image",
		"tag"
	]] : [[
		...spec,
		"image",
		"tag"
	], [...spec, "version"]]).map((path) => /^v?(\d+\.\d+)/.exec(String(valueAt(values, path) ?? ""))?.[1]).find(Boolean);
	if (written !== void 0) return written;
	return ("version" in chart ? Number(/^v?(\d+)\./.exec(chart.version ?? "")?.[1] ?? NaN) : NaN) < (first3[name] ?? 0) ? "2" : void 0;
}

// src/app/judge-queries.ts
async function judgeQueries({ judge, loaded }, { config, apps }) {
	const queries = queriesIn(config);
	const app = prometheusOf(apps);
	const features = app === void 0 ? [] : prometheusFeatures(app);
	const prometheus2 = (app && plannedPrometheusVersion(app))?.startsWith("2") ?? false;
	const answers = await judge.ask("expression", queries.map(({ text }) => ({
		text,
		features,
		prometheus2
	})));
	const { texts, cwd } = loaded;
	const yaml = inUserConfig({
		config,
		texts,
		cwd
	}, void 0, []);
	throwIfAny(queries.flatMap((query, index) => {
		const answer = answers[index];
		const found = answer && problemOf(query, toParsedQuery(answer));
		return found ? [yaml.mistake(query.path, found.text, found.character)] : [];
	}));
}
function queriesIn({ checks, federate }) {
	const own = checks.flatMap(({ what }, index) => what.kind === "promql" ? [{
		text: what.expression,
		path: [
			"checks",
			index,
			"promql"
		],
		isMatcher: false
	}] : []);
	const matchers = federate.flatMap(({ match }, index) => match.map((text, at) => ({
		text,
		path: [
			"federate",
			index,
			"match",
			at
		],
		isMatcher: true
	})));
	return [...own, ...matchers];
}
function problemOf({ text, isMatcher }, parsed) {
	if (parsed.status === "invalid") {
		const { error } = parsed;
		const what = isMatcher ? "invalid selector" : "invalid PromQL";
		const caret = pointAt(text, error).replaceAll(/^/gm, "    ");
		return {
			text: `${what}: Prometheus ${judgedBy.prometheus}: ${error.message}\n${caret}`,
			character: error.from
		};
	}
	if (!isMatcher || parsed.tree.kind === "selector" && parsed.selectors[0]?.text === text) return void 0;
	return { text: `${text} is more than a selector, and /federate accepts nothing else: expected for example '{job="kubernetes-pods"}'` };
}

// src/rules/alert-templates.ts
function templatesToTry(rule, features) {
	if (!rule["alert"]) return void 0;
	const templates = ["labels", "annotations"].flatMap((key) => {
		const texts = rule[key];
		return isMapping$3(texts) ? Object.entries(texts).filter((entry) => typeof entry[1] === "string" && entry[1].includes("{{")).map(([name, text]) => ({
			name: `${key}.${name}`,
			text
		})) : [];
	});
	return templates.length === 0 ? void 0 : {
		alert: String(rule["alert"]),
		templates,
		features
	};
}
function templateFaults(rule, tree, { errors, onNothing, followsValue }) {
	const changes = tree === void 0 || !isFixed(tree);
	return [
		...followsValue.filter((name) => name.startsWith("labels.") && changes).map((name) => ({
			id: "alert-label-follows-value",
			...labelFault(name, rule)
		})),
		...errors.map(({ field = "", message }) => {
			const what = `${nameOf$1(field)} fails whenever the alert fires: ${message}`;
			return {
				id: "alert-template-fails",
				path: pathOf(field),
				what
			};
		}),
		...onNothing.map(({ field = "", message }) => {
			const what = `${nameOf$1(field)} fails whenever its query finds nothing: ${message}; put it into {{ with query "..." }}...{{ end }}`;
			return {
				id: "alert-template-needs-result",
				path: pathOf(field),
				what
			};
		})
	];
}
function labelFault(name, rule) {
	const wait = rule["for"] === void 0 || /^0/.test(String(rule["for"])) ? void 0 : String(rule["for"]);
	const consequence = wait === void 0 ? "each new value ends the alert and starts another one" : `each new value starts another alert, whose time (for: ${wait}) begins anew, so that none may ever fire`;
	return {
		path: pathOf(name),
		what: `${nameOf$1(name)} follows the value: ${consequence}; put the value into an annotation`
	};
}
function nameOf$1(field) {
	const [key = "", name = ""] = pathOf(field);
	return `the ${key === "labels" ? "label" : "annotation"} ${name}`;
}
function pathOf(field) {
	const [key = "", ...name] = field.split(".");
	return [key, name.join(".")];
}
const comparisons = [
	"==",
	"!=",
	">",
	">=",
	"<",
	"<="
];
function isFixed({ kind, name, operator = "", bool = false, type, children }) {
	const [first, second] = children;
	if (kind === "number" || bool) return true;
	if (kind === "call") {
		if (name === "vector") return first !== void 0 && isFixed(first);
		return name === "absent" || name === "absent_over_time";
	}
	if (kind === "aggregation") return name === "group";
	if (type === "matrix" || first === void 0) return false;
	if (kind === "paren" || kind === "unary") return isFixed(first);
	if (kind !== "binary" || second === void 0) return false;
	if (operator === "==" && (first.kind === "number" || second.kind === "number")) return true;
	if (comparisons.includes(operator)) return isFixed(first.type === "scalar" ? second : first);
	if (operator === "and" || operator === "unless") return isFixed(first);
	return isFixed(first) && isFixed(second);
}

// src/rules/foreign-files.ts
function describeForeignFile(data) {
	if (Array.isArray(data) || typeof data === "string") return `this is a ${typeof data === "string" ? "text" : "list"}: expected a mapping with groups, each with a name and rules`;
	if (!isMapping$3(data)) return void 0;
	const kind = typeof data["kind"] === "string" ? data["kind"] : void 0;
	if (kind !== void 0 && typeof data["apiVersion"] === "string" && kind !== "PrometheusRule") return `this is ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind} of ${data["apiVersion"]}: expected a rule file with groups, or a PrometheusRule`;
	if (Array.isArray(data["tests"]) || Array.isArray(data["rule_files"])) return "scrape_configs" in data ? "this is a configuration of Prometheus: name the rule files that it lists, one by one" : "this is a promtool test file: name it in alerting.rule-tests";
	if ("scrape_configs" in data || isMapping$3(data["global"]) && !("groups" in data) && !("route" in data)) return "this is a configuration of Prometheus: expected a rule file with groups";
	if ("route" in data && "receivers" in data) return "this is a configuration of Alertmanager: name it in alerting.config";
	if (isGrafanas(data)) return "this is a Grafana alerting file: Grafana evaluates it, so put it into the Grafana chart's value alerting";
	if (rulesIn$1(data).some(({ expr }) => typeof expr === "string" && isLogQl(expr))) return "this is a Loki rule file: its expressions are LogQL, which Loki's ruler evaluates and Prometheus does not";
}
const ofGrafana = /^(contactPoints|policies|muteTimes|templates|(delete|reset)[A-Z][A-Za-z]*)$/;
function isGrafanas(data) {
	if (Object.entries(data).some(([key, value]) => ofGrafana.test(key) && Array.isArray(value))) return true;
	return groupsIn(data).some((group) => "orgId" in group || "folder" in group) || rulesIn$1(data).some((rule) => !("expr" in rule) && (Array.isArray(rule["data"]) || "condition" in rule));
}
const pipeline$1 = /(?<![\w:.])\{[^{}]*\}\s*(?:\|(?!\|)|!>|![=~]\s*")/;
const onlyLogQl = /\b(?:bytes_rate|bytes_over_time)\s*\(/;
function isLogQl(expr) {
	const bare = withoutTexts(expr);
	return pipeline$1.test(bare) || onlyLogQl.test(bare);
}
function groupsIn(data) {
	const { groups } = isMapping$3(data["spec"]) ? data["spec"] : data;
	return Array.isArray(groups) ? groups.filter(isMapping$3) : [];
}
function rulesIn$1(data) {
	return groupsIn(data).flatMap(({ rules }) => Array.isArray(rules) ? rules : []).filter(isMapping$3);
}

// src/rules/newer-parts.ts
const functionsSince = {
	"2.16": "absent_over_time",
	"2.20": "group",
	"2.26": "last_over_time sgn clamp",
	"2.29": "present_over_time",
	"2.31": "acos acosh asin asinh atan atanh cos cosh deg pi rad sin sinh tan tanh",
	"2.40": "histogram_count histogram_sum histogram_fraction",
	"2.47": "histogram_stddev histogram_stdvar",
	"2.49": "mad_over_time sort_by_label sort_by_label_desc",
	"2.51": "histogram_avg",
	"2.54": "limitk limit_ratio",
	"2.55": "info",
	"3.0": "double_exponential_smoothing",
	"3.5": "ts_of_min_over_time ts_of_max_over_time ts_of_last_over_time",
	"3.7": "ts_of_first_over_time",
	"3.11": "histogram_quantiles",
	"3.12": "start end range step",
	"3.13": "min_of max_of",
	"3.14": "first_over_time start_timestamp"
};
const keysSince = { keep_firing_for: "2.42" };
const groupKeysSince = {
	limit: "2.31",
	query_offset: "2.53",
	labels: "3.0"
};
const templateFunctionsSince = {
	parseDuration: "2.32",
	stripPort: "2.33",
	stripDomain: "2.36",
	toTime: "2.38",
	toDuration: "3.6",
	now: "3.6",
	urlQueryEscape: "3.8"
};
function newerParts(rule, parsed, version) {
	const query = parsed?.status === "parsed" ? parsed : void 0;
	const functions = query?.functions ?? [];
	const used = Object.entries(functionsSince).flatMap(([since, names]) => names.split(" ").filter((name) => functions.includes(name)).map((name) => ({
		what: `${name}()`,
		since
	})));
	const computed = (query?.windows ?? []).some(({ text }) => !/^[\d.]+(?:(?:ms|[smhdwy])[\dmshdwy]*)?$/.test(text));
	const matched = query?.selectors.flatMap((one) => one.matchers.map(({ label }) => label)) ?? [];
	const own = ["labels", "annotations"].flatMap((key) => isMapping$3(rule[key]) ? Object.keys(rule[key]) : []);
	const utf8 = [...matched, ...own].find((name) => !/^[a-zA-Z_]\w*$/.test(name));
	return [
		...used,
		...computed ? [{
			what: "a computed range",
			since: "3.14"
		}] : [],
		...utf8 === void 0 ? [] : [{
			what: `the name ${utf8}`,
			since: "3.0"
		}],
		...keysIn(rule, keysSince),
		...templateParts(rule)
	].filter(({ since }) => isBefore(version, since));
}
function newerGroupKeys(group, version) {
	return keysIn(group, groupKeysSince).filter(({ since }) => isBefore(version, since));
}
function keysIn(mapping, known) {
	return Object.entries(known).filter(([key]) => key in mapping).map(([what, since]) => ({
		what,
		since
	}));
}
function templateParts(rule) {
	const actions = ["labels", "annotations"].flatMap((key) => isMapping$3(rule[key]) ? Object.values(rule[key]).map(String) : []).flatMap((text) => text.match(/\{\{[^{}]*\}\}/g) ?? []);
	const used = new Set(actions.flatMap((text) => text.match(/(?<![\w.$"])[a-zA-Z]\w*/g) ?? []));
	return Object.entries(templateFunctionsSince).filter(([name]) => used.has(name)).map(([name, since]) => ({
		what: `the template function ${name}`,
		since
	}));
}
function isBefore(version, since) {
	const [major = 0, minor] = version.split(".").map(Number);
	const [ofMajor = 0, ofMinor = 0] = since.split(".").map(Number);
	if (major !== ofMajor) return major < ofMajor;
	return minor !== void 0 && minor < ofMinor;
}

// src/rules/traps.ts
function trapsIn(expr, parsed, options) {
	if (parsed.status === "invalid") return [];
	const found = [
		...parsed.selectors.flatMap((selector) => rootCgroup(selector, parsed)),
		...divisors(expr, parsed),
		...options.scrapeMs === void 0 ? [] : shortWindows(parsed.windows, options.scrapeMs),
		...options.localPath ? silentVolumes(parsed.selectors) : []
	];
	const instead = rewrite(expr, found.flatMap(({ edits }) => edits));
	return found.sort((a, b) => a.character - b.character).map(({ edits, ...trap }) => ({
		...trap,
		instead: edits.length > 0 ? instead : void 0
	}));
}
const perCgroup = /^container_(memory|cpu|spec|fs|tasks|processes|threads|file_descriptors|sockets)(_|$)/;
const ofContainer = [
	"container",
	"id",
	"image",
	"name"
];
const sums = /^(sum|avg|count|stddev|stdvar|quantile)$/;
function rootCgroup({ metric = "", matchers, from, to, text }, parsed) {
	if (!perCgroup.test(metric)) return [];
	if (matchers.some(({ label }) => ofContainer.includes(label))) return [];
	const aggregate = nodesAround(parsed.tree, {
		from,
		to
	}).find(({ kind }) => kind === "aggregation");
	if (aggregate === void 0 || !sums.test(aggregate.name ?? "")) return [];
	if (keepsContainers(aggregate, parsed)) return [];
	const added = ["container", ...matchers.some(({ label }) => label === "pod") ? [] : ["pod"]].map((label) => `${label}!=""`).join(",");
	const close = text.lastIndexOf("}");
	const edit = close === -1 ? {
		from: to,
		to,
		text: `{${added}}`
	} : {
		from: from + close,
		to: from + close,
		text: /[{,]\s*$/.test(text.slice(0, close)) ? added : `,${added}`
	};
	return [{
		id: "root-cgroup",
		what: `${metric} has a series for each container, for the pod that it is in and for all cgroups above: summed up, memory or CPU is counted several times`,
		character: from,
		edits: [edit]
	}];
}
function keepsContainers({ index = -1 }, { aggregations }) {
	const { without = false, labels = [] } = aggregations[index] ?? {};
	const isNamed = (label) => labels.includes(label);
	return without ? !ofContainer.every(isNamed) : ofContainer.some(isNamed);
}
const unlimited = /^container_spec_memory_(swap_|reservation_)?limit_bytes$/;
function divisors(expr, { tree, selectors }) {
	return nodesOf(tree).filter(({ kind, operator }) => kind === "binary" && operator === "/").flatMap(({ children }) => {
		const divisor = children.at(-1);
		const limit = divisor && selectors.find((one) => isWithin(one, divisor) && unlimited.test(one.metric ?? ""));
		if (!divisor || !limit || isFiltered(divisor) || leavesOutUnlimited(tree, selectors)) return [];
		return [{
			id: "divided-by-no-limit",
			what: `${limit.metric} is 0 for a container without a limit: the quotient is +Inf, which is above every threshold`,
			character: limit.from,
			edits: wrap(expr, divisor)
		}];
	});
}
function isWithin(inner, outer) {
	return inner.from >= outer.from && inner.to <= outer.to;
}
function wrap(expr, { from, to, kind, children: [inner] }) {
	if (kind === "paren" && inner?.kind === "selector") return [{
		from: to - 1,
		to: to - 1,
		text: " > 0"
	}];
	return [{
		from,
		to: from,
		text: `${/\s$/.test(expr.slice(0, from)) ? "" : " "}(`
	}, {
		from: to,
		to,
		text: " > 0)"
	}];
}
function leavesOutUnlimited(tree, selectors) {
	const isLimit = ({ kind, index = -1 }) => kind === "selector" && unlimited.test(selectors[index]?.metric ?? "");
	const isInfinite = ({ kind, number = "" }) => kind === "number" && /inf/i.test(number);
	return nodesOf(tree).some(({ kind, operator = "", children }) => kind === "binary" && /^([<>]=?|[!=]=)$/.test(operator) && children.some((side) => isLimit(side) || nodesOf(side).some(isInfinite)));
}
function isFiltered(divisor) {
	return nodesOf(divisor).some(({ kind, operator = "" }) => kind === "binary" && [
		">",
		">=",
		"!="
	].includes(operator));
}
function shortWindows(windows, scrapeMs) {
	return windows.flatMap(({ ms, selector, text, textFrom, textTo, function: by }) => {
		if (ms === void 0 || selector === void 0 || selector.metric?.includes(":")) return [];
		if (ms >= 2 * scrapeMs) return [];
		return [{
			id: "window-too-short",
			what: `the range [${text}] is shorter than two scrapes (one every ${formatDuration(scrapeMs)}): ${by ?? "a function over it"} finds one sample or none, and the expression is empty`,
			character: textFrom,
			edits: [{
				from: textFrom,
				to: textTo,
				text: formatDuration(4 * scrapeMs)
			}]
		}];
	});
}
function silentVolumes(selectors) {
	return selectors.filter(({ metric }) => metric?.startsWith("kubelet_volume_stats_")).slice(0, 1).map(({ metric, from }) => ({
		id: "volume-stats-missing",
		what: `${metric} doesn't exist for k3s' local-path volumes: the rule stays silent however full a volume is; node_filesystem_avail_bytes tells of the disk that they are on`,
		character: from,
		edits: []
	}));
}
function rewrite(expr, edits) {
	return edits.map((edit, index) => ({
		...edit,
		index
	})).sort((a, b) => b.from - a.from || b.index - a.index).reduce((text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to), expr);
}

// src/app/judge-rules.ts
async function judgeRules(means, plan) {
	const { texts, cwd } = means.loaded;
	const sources = ruleSources({
		config: plan.config,
		texts,
		cwd
	});
	if (sources.length === 0) return [];
	const app = prometheusOf(plan.apps);
	const features = app === void 0 ? [] : prometheusFeatures(app);
	const version = app && plannedPrometheusVersion(app);
	const prometheus2 = version?.startsWith("2") ?? false;
	throwIfAny(await mistakesIn(means, sources, plan.config.rules, {
		features,
		prometheus2
	}));
	const rules = sources.flatMap(rulesIn);
	const options = {
		scrapeMs: scrapeMsOf(plan.apps),
		localPath: plan.config.cluster.kind === "k3s"
	};
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const judged = rules.map((one, index) => ({
		...one,
		parsed: parsed[index]
	}));
	return [
		...sources.flatMap(emptyNotice),
		...judged.flatMap((one) => [...typeNotice(one), ...trapNotices(one, options)]),
		...await templateNotices(means, judged, features),
		...version === void 0 ? [] : sources.flatMap((source) => newerIn(source, judged, version))
	];
}
async function newerThanDeployed(means, plan, version) {
	const app = prometheusOf(plan.apps);
	const known = app && plannedPrometheusVersion(app);
	if (version === void 0 || known !== void 0) return [];
	const { texts, cwd } = means.loaded;
	const sources = ruleSources({
		config: plan.config,
		texts,
		cwd
	});
	const rules = sources.flatMap(rulesIn);
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const judged = rules.map((one, index) => ({
		...one,
		parsed: parsed[index]
	}));
	return sources.flatMap((source) => newerIn(source, judged, version));
}
function newerIn(source, rules, version) {
	const { yaml, at, groups } = source;
	const shown = version === "2" ? "a Prometheus before 3" : `Prometheus ${version}`;
	const say = (path, where, { what, since }) => yaml.notice("newer-than-deployed", path, `${where}: ${what} exists since Prometheus ${since}; ${shown} is deployed`);
	const ofGroups = groups.flatMap((group, index) => newerGroupKeys(group, version).map((part) => say([
		...at,
		"groups",
		index,
		part.what
	], `group ${String(group["name"])}`, part)));
	const ofRules = rules.filter((one) => one.source === source).flatMap((one) => newerParts(one.rule, one.parsed, version).map((part) => say(one.path, nameOf(one), part)));
	return [...ofGroups, ...ofRules];
}
async function mistakesIn({ judge, loaded }, sources, paths, options) {
	const foreign = sources.map(({ yaml }) => describeForeignFile(yaml.data));
	const files = sources.map(({ yaml, at }, index) => {
		if (foreign[index] !== void 0) return {
			text: "",
			data: void 0
		};
		const { data } = yaml;
		if (at.length > 0 && isMapping$3(data)) return ruleFileOfSpec(data["spec"]);
		return {
			text: loaded.texts[paths[index] ?? ""] ?? "",
			data
		};
	});
	const judged = await judgeRuleTexts(judge, files, options);
	return sources.flatMap(({ yaml, at }, index) => {
		const what = foreign[index];
		if (what !== void 0) return [yaml.mistake([], what)];
		return (judged[index] ?? []).map(({ path, problem, character, line }) => {
			const whole = [...at, ...path];
			const mistake = faultOn({ problem }) === "key" ? yaml.keyMistake(whole, problem) : yaml.mistake(whole, problem, character);
			return line === void 0 || at.length > 0 ? mistake : {
				...mistake,
				where: `${yaml.shownAs}:${line}:1`
			};
		});
	});
}
async function tryRulesInValues(means, sources, plan) {
	const app = prometheusOf(plan.apps);
	const rules = sources.flatMap(rulesIn);
	if (rules.length === 0) return [];
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const judged = rules.map((one, index) => ({
		...one,
		parsed: parsed[index]
	}));
	const features = app === void 0 ? [] : prometheusFeatures(app);
	return [...judged.flatMap(typeNotice), ...await templateNotices(means, judged, features)];
}
function rulesIn(source) {
	return source.groups.flatMap((group, groupIndex) => (Array.isArray(group["rules"]) ? group["rules"] : []).flatMap((rule, index) => {
		if (!isMapping$3(rule)) return [];
		return [{
			source,
			path: [
				...source.at,
				"groups",
				groupIndex,
				"rules",
				index
			],
			rule,
			expr: String(rule["expr"])
		}];
	}));
}
function emptyNotice({ yaml, at, groups }) {
	return groups.length > 0 ? [] : [yaml.notice("rule-file-empty", at, "there is no rule group in this file")];
}
function nameOf({ rule }) {
	return `rule ${String(rule["alert"] ?? rule["record"])}`;
}
function typeNotice(one) {
	const { source, path, parsed } = one;
	if (parsed?.status !== "parsed" || parsed.type === "vector" || parsed.type === "scalar") return [];
	const type = parsed.type === "matrix" ? "a range vector" : "a string";
	const text = `${nameOf(one)}: its result is ${type}, so every evaluation fails: expected an instant vector or a scalar`;
	return [source.yaml.notice("rule-result-type", [...path, "expr"], text)];
}
function trapNotices(one, options) {
	const { source, path, expr, parsed } = one;
	if (parsed === void 0) return [];
	return trapsIn(expr, parsed, options).map(({ id, what, character, instead }) => {
		const better = instead === void 0 ? "" : `; better: ${instead.replace(/\s+/g, " ").trim()}`;
		return source.yaml.notice(id, [...path, "expr"], `${nameOf(one)}: ${what}${better}`, character);
	});
}
async function templateNotices({ judge }, rules, features) {
	const tried = rules.flatMap((one) => {
		const request = templatesToTry(one.rule, features);
		return request === void 0 ? [] : [{
			one,
			request
		}];
	});
	const answers = await judge.ask("ruleTemplates", tried.map(({ request }) => request));
	return tried.flatMap(({ one }, index) => {
		const answer = answers[index];
		const tree = one.parsed?.status === "parsed" ? one.parsed.tree : void 0;
		if (answer === void 0) return [];
		return templateFaults(one.rule, tree, answer).map(({ id, path, what }) => one.source.yaml.notice(id, [...one.path, ...path], `${nameOf(one)}: ${what}`));
	});
}

// src/app/prepare.ts
async function prepare$1(session) {
	const { context, loaded, judge } = session;
	const { config, valuesFiles } = loaded;
	const password = config.grafana.password ?? randomBytes(18).toString("base64url");
	context.log.mask(password);
	for (const { login } of credentialsOf(config)) context.log.mask(loaded.variables[variableOf(login)] ?? "");
	const admin = {
		user: config.grafana.user,
		password
	};
	const judged = await judgeOwnConfig(judge, loaded);
	const idle = await findIdleInValues(judge, loaded);
	throwIfAny(idle.mistakes);
	const made = makePlan(config, {
		judged,
		valuesFiles,
		texts: loaded.texts,
		env: loaded.variables,
		cwd: loaded.cwd,
		grafana: admin,
		podGateway: podGateway(config),
		receiverToken: randomBytes(16).toString("hex")
	});
	for (const secret of made.secrets) context.log.mask(secret);
	await judgeQueries(session, made);
	const ofRules = [...await judgeRules(session, made), ...await tryRulesInValues(session, rulesInValues(loaded, made), made)];
	const placed = [...made.notices, ...ofRules].map((notice) => {
		const { about, inApp } = notice;
		const at = notice.at ?? (about && placeInValues(loaded, about.app, about.path)) ?? (inApp && placeInApp(loaded, inApp.app, inApp.path));
		return at ? {
			...notice,
			at
		} : notice;
	});
	const plan = {
		...made,
		notices: [
			...placed,
			...idle.notices,
			...movedChartNotices(loaded, made)
		]
	};
	const login = grafanaLogin(plan, admin);
	for (const { text, at } of plan.notices) context.log.warn(text, {
		title: "monstack: plan",
		...at
	});
	if (login?.kind === "known") context.log.mask(login.password);
	return {
		plan,
		login
	};
}
async function readLogin(login, kube, { context }) {
	if (login === void 0) return {
		user: "",
		password: ""
	};
	if (login.kind === "known") return {
		user: login.user,
		password: login.password
	};
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
		if (value === void 0) throw new InstallError(`${where} has no key ${key}`, { fix: "add it, or set grafana.password" });
		return Buffer.from(value, "base64").toString("utf8");
	};
	const password = read(passwordKey);
	context.log.mask(password);
	return {
		user: read(userKey),
		password
	};
}

// src/forward/start.ts
const startTimeoutMs = 15e3;
async function startForwarder(context, options) {
	const { host } = context;
	const { stateDir, journal } = options;
	const listeners = await choosePorts(context, options.listeners, options.whenBusy);
	const specFile = join(stateDir, forwardSettings);
	const statusFile = join(stateDir, forwardStatus);
	const logFile = join(stateDir, forwardLog);
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
	const argv = [
		process.execPath,
		options.script,
		specFile
	];
	const { pid } = await host.startDetached(argv, {
		logFile,
		env: options.env ?? {}
	});
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
		throw new InstallError(`the local addresses could not be set up: ${why}`, { fix: `see ${logFile}` });
	}
	if (status.receiverProblem !== void 0) context.log.warn(`Alertmanager's notifications can't be received yet: ${status.receiverProblem}`);
	return Object.fromEntries(Object.entries(status.ports).map(([name, port]) => [name, {
		port,
		url: `http://localhost:${port}`
	}]));
}
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

// src/app/services.ts
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
		const access = accessOf(name, rendered);
		return {
			name,
			service,
			access,
			...await reach(cluster, core, service, access)
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
		...cluster.kind === "existing" ? { env: loginEnvironment(context.host.env) } : {},
		whenBusy: ports.whenBusy
	});
	const services = /* @__PURE__ */ new Map();
	for (const { name, service, access, direct } of opened) {
		const port = local[name]?.port;
		if (port === void 0) throw new Error(`the forwarder has no address for ${name}`);
		const url = addressOf(access, "localhost", port);
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
async function reach(cluster, core, service, access) {
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
				direct: addressOf(access, shown, port)
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
function addressOf({ scheme, path }, host, port) {
	return `${scheme}://${host}:${port}${path}`;
}

// src/deploy/workloads-failed.ts
var WorkloadsFailed = class extends InstallError {
	failures;
	others;
	constructor(failures, others = []) {
		const fix = failures[0]?.fix;
		super([...failures.map(describeFailure$1), ...otherLines(others)].join("\n"), fix === void 0 ? {} : { fix });
		this.failures = failures;
		this.others = others;
	}
};
function describeFailure$1(failure, index) {
	const where = [...failure.container ? [`container ${failure.container}`] : [], ...failure.pod ? [`pod ${failure.pod}`] : []].join(" of ");
	const line = `${failure.workload} is not ready: ${failure.reason}${where ? ` (${where})` : ""}: ${failure.message.trim()}`;
	return index === 0 ? line : `${line}\n  ${failure.fix}`;
}
function otherLines(others) {
	return others.length === 0 ? [] : ["The others:", ...others.map((line) => `  ${line}`)];
}

// src/app/session/failure.ts
function describeFailure(error) {
	return {
		message: messageOf(error),
		fix: error instanceof MonstackError ? error.fix : void 0,
		workloads: error instanceof WorkloadsFailed ? error.failures : []
	};
}

// src/cluster/launch.ts
async function launch({ host }, argv, options) {
	await host.files.mkdir(dirname(options.logFile), 448);
	await host.files.write(options.logFile, "", 384);
	const env = {
		...proxies(host.env),
		...options.env
	};
	if (!options.systemd) return (await host.startDetached(argv, {
		logFile: options.logFile,
		root: true,
		env
	})).pid;
	await host.exec([
		"systemctl",
		"reset-failed",
		k3sUnit
	], {
		root: true,
		allowFailure: true
	});
	const envFile = join(dirname(options.logFile), "k3s.env");
	await host.files.write(envFile, environmentText(env), 384);
	try {
		await host.exec(systemdArgv(argv, {
			logFile: options.logFile,
			envFile
		}), { root: true });
	} finally {
		await host.files.remove(envFile);
	}
	const main = await host.exec([
		"systemctl",
		"show",
		"--property=MainPID",
		"--value",
		k3sUnit
	], { root: true });
	return Number(main.stdout.trim());
}
function systemdArgv(argv, { logFile, envFile }) {
	const properties = [
		"KillMode=process",
		"Delegate=yes",
		"LimitNOFILE=1048576",
		"LimitNPROC=infinity",
		"LimitCORE=infinity",
		"TasksMax=infinity",
		`EnvironmentFile=${envFile}`,
		`StandardOutput=append:${logFile}`,
		`StandardError=append:${logFile}`
	];
	return [
		"systemd-run",
		`--unit=${k3sUnit}`,
		"--description=k3s, started by monstack",
		"--service-type=exec",
		"--collect",
		"--quiet",
		...properties.map((property) => `--property=${property}`),
		"--",
		...argv.map((word) => word.replaceAll("$", "$$$$"))
	];
}
function environmentText(env) {
	return Object.entries(env).map(([name, value]) => `${name}="${value.replaceAll(/["\\`$]/g, "\\$&")}"\n`).join("");
}
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
async function isRunning(host, { pid, startTime }) {
	const now = await processState(host, pid);
	return now !== void 0 && now.startTime === startTime && now.state !== "Z" && now.state !== "X";
}
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
const pollMs$2 = 100;
const requestMs$2 = 3e3;
async function waitForApi(context, running, timeoutMs) {
	let missing = "its start";
	return await reportWaits(context, () => `k3s: ${missing}`, () => pollApi(context, running, timeoutMs, (what) => {
		missing = what;
	}));
}
async function pollApi(context, running, timeoutMs, onMissing) {
	const { host, signal } = context;
	const deadline = host.now() + timeoutMs;
	for (;;) {
		const attempt = await tryApi(context, running);
		if (typeof attempt !== "string") return attempt;
		onMissing(attempt);
		if (signal.aborted) throw new Interrupted();
		if (!await isRunning(host, running)) throw await endedError(host, running);
		if (host.now() >= deadline) throw await tooLong(context, running, timeoutMs, attempt);
		await host.sleep(pollMs$2, signal);
	}
}
const watchMs = 1e3;
async function staysUp({ host, signal }, running, until) {
	const either = AbortSignal.any([signal, until]);
	while (!either.aborted) {
		if (!await isRunning(host, running)) throw await endedError(host, running);
		await host.sleep(watchMs, either).catch(() => void 0);
	}
}
async function tryApi({ host, signal }, running) {
	const text = await readServerKubeconfig(host, running.serverKubeconfig);
	if (text === void 0) return `${running.serverKubeconfig} is not there yet`;
	const kube = new SharingKubeConfig();
	try {
		kube.loadFromString(text);
		const bound = AbortSignal.any([signal, AbortSignal.timeout(requestMs$2)]);
		if (!await new Health(kube).readyz({ signal: bound })) return "the API answers, but is not ready yet";
		const { gitVersion } = await kube.makeApiClient(ObjectVersionApi).getCode({}, bounded(requestMs$2, signal));
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
	return new InstallError(`k3s' API was not ready after ${timeoutMs / 1e3} s: ${why}`, { fix: cause?.fix ?? `look into ${running.logFile}, or give it more time (timeouts.cluster)` });
}

// src/cluster/start.ts
async function startK3s(context, config, tool, preflight, journal, paths = hostPaths()) {
	const { host } = context;
	const { facts } = preflight;
	const settings = k3sSettings(config.k3s.args, paths);
	const note = (entry) => journal.append({
		...entry,
		at: new Date(host.now()).toISOString()
	});
	const reason = reasonAgainstDataDir(settings.dataDir, settings.dataDir);
	if (reason !== void 0) throw new UserError(`k3s.args: --data-dir ${settings.dataDir} can't be k3s' data folder: ${reason}`, { fix: "name a folder of its own, for example /var/lib/rancher/k3s" });
	await checkAuthorities(host.files, config.registries);
	const links = await imageLinks(host, config.k3s.images, settings.dataDir);
	const unit = facts.systemd ? k3sUnit : void 0;
	const kubeconfig = join(config.stateDir, stateFiles.kubeconfig);
	for (const sysctl of facts.sysctls) await note({
		kind: "sysctl",
		...sysctl
	});
	if (facts.serviceRoute !== void 0) await note({
		kind: "route",
		to: facts.serviceRoute
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
	const networks = [settings.clusterCidr, settings.serviceCidr].flatMap((value) => value.split(",").filter(isNetwork));
	await note({
		kind: "k3s",
		binary: resolve(tool.path),
		dataDir: settings.dataDir,
		unit,
		paths: come,
		networks
	});
	await Promise.all(files.map(({ path, content, mode }) => host.files.writeAsRoot(path, content, mode)));
	await linkImages(context, links, settings.dataDir);
	if (facts.serviceRoute !== void 0) await addRoute(host, facts.serviceRoute);
	const { args, env } = splitSecretArguments(k3sFlags(config, tool.version, facts));
	const server = [
		tool.path,
		"server",
		...args
	];
	const [command, ...rest] = [...facts.rootPropagation === "shared" ? [] : ownMountNamespace, ...server];
	const logFile = join(config.stateDir, "k3s.log");
	context.log.debug(`starting ${[command, ...rest].join(" ")}`);
	const startedAt = host.now();
	const pid = await launch(context, [command ?? tool.path, ...rest], {
		systemd: facts.systemd,
		logFile,
		env
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
async function noteFiles({ host, log }, files, note) {
	const there = new Set(files.length === 0 ? [] : await existing$1(host, files.map(({ path }) => path)));
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
async function addRoute(host, to) {
	await host.exec([
		"ip",
		"-4",
		"route",
		"add",
		to,
		"dev",
		"lo"
	], { root: true });
}
async function linkImages({ host }, links, dataDir) {
	if (links.length === 0) return;
	await host.exec([
		"mkdir",
		"-p",
		join(dataDir, imageFolder)
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
		fix: "Use a kubeconfig whose user may get custom resource definitions."
	});
}

// src/deploy/helm.ts
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
async function withValuesFile(context, app, use) {
	const { files } = context.host;
	return await files.withTemp("monstack-values-", async (folder) => {
		const path = join(folder, "values.yaml");
		await files.write(path, JSON.stringify(app.values), 384);
		return await use(path);
	});
}
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
			...loginOf(context, cluster),
			...helmEnv,
			...cache
		},
		timeoutMs: timeoutMs + 15e3
	}))).stdout;
}
function loginOf({ host }, { kind }) {
	return kind === "existing" ? loginEnvironment(host.env) : {};
}
const mistakes = [
	{
		match: /don't meet the specifications of the schema/i,
		user: true,
		fix: "Correct these values: the chart's values.schema.json says what it takes."
	},
	{
		match: /missing in charts\/ directory|found in Chart\.(yaml|lock), but missing/i,
		user: true,
		fix: "Run `helm dependency build` in the chart's folder, or use its packaged archive."
	},
	{
		match: /incompatible with Kubernetes|requires kubeVersion/i,
		user: true,
		fix: "Choose another version of the chart, or of k3s."
	},
	{
		match: /conflict with "|conflicts? with field manager|Apply failed with \d+ conflict/i,
		user: false,
		fix: "Somebody else changed these fields of the release's objects: undo that, or uninstall the release first."
	},
	{
		match: /invalid ownership metadata|cannot be imported into the current release/i,
		user: false,
		fix: "An object of this name is there and belongs to something else: remove it, or use another release name or namespace."
	},
	{
		match: /no matches for kind/i,
		user: false,
		fix: "The cluster lacks the custom resource that this chart needs: deploy what defines it before (depends_on)."
	},
	{
		match: /execution error at|error calling (fail|required|include|tpl)|nil pointer evaluating|wrong type for value/i,
		user: true,
		fix: "Correct the values that the chart's template complains about."
	}
];
function helmError(doing, app, chart, error) {
	if (error instanceof MonstackError && !(error instanceof CommandError)) return error;
	if (!(error instanceof CommandError)) return new InstallError(`${doing} app ${app.name} (chart ${chart.name} ${chart.version})`, { cause: error });
	const words = helmWords(error.stderr) || error.message;
	const mistake = mistakes.find(({ match }) => match.test(words));
	const message = `${doing} app ${app.name} (chart ${chart.name} ${chart.version}): ${words}`;
	const options = {
		cause: error.cause,
		fix: mistake?.fix ?? "Read helm's message; `--verbose` shows the whole command."
	};
	return mistake?.user ? new UserError(message, options) : new InstallError(message, options);
}
function helmWords(stderr) {
	const lines = clipLines(stderr);
	const start = lines.search(/^Error: /m);
	return (start >= 0 ? lines.slice(start + 7) : lines).replace(/\n{0,3}Use --debug flag to render out invalid YAML\n{0,3}/, "").trim();
}

// src/deploy/transient.ts
const transientWords = [
	/connection re(fused|set)/i,
	/server is currently unable to handle the request/i,
	/server could not find the requested resource/i,
	/stale GroupVersion discovery|unable to retrieve the complete list of server APIs/i,
	/TLS handshake timeout|i\/o timeout|\bEOF\b|http2: client connection lost/i,
	/etcdserver: (leader changed|request timed out)|no leader/i,
	/error looking up service account|serviceaccounts? "[^"]*" not found/i,
	/namespaces? "[^"]*" not found/i,
	/failed calling webhook .{0,1000}(connection refused|no endpoints available|deadline exceeded|no service port)/is,
	/too many requests|apiserver is shutting down|apiserver not ready|server was unable to return a response in the time/i
];
function isTransient(words) {
	return transientWords.some((pattern) => pattern.test(words));
}
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
const otherRunMs = 2e4;
const pendingWords = /another operation \(install\/upgrade\/rollback\) is in progress/i;
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
function retryStarting(context, attempt) {
	const again = (error) => error instanceof CommandError && isTransient(helmWords(error.stderr));
	return retryTransient(context, startingMs$1, again, attempt);
}
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
async function otherRunEnds(context, upgrade) {
	try {
		await retryTransient(context, otherRunMs, isPending, upgrade);
		return true;
	} catch (error) {
		if (isPending(error)) return false;
		throw error;
	}
}
function lastGoodRevision(history) {
	return JSON.parse(history).findLast(({ status }) => status === "deployed" || status === "superseded")?.revision;
}
function isPending(error) {
	return error instanceof CommandError && pendingWords.test(error.stderr);
}

// src/deploy/foreign.ts
const lookMs = 3e4;
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
	throw new InstallError(`${lines.join("\n")}\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.`, { fix: `choose another release name (apps.${name}.release) or namespace; or, if nobody needs it any more: helm uninstall ${release} -n ${namespace}` });
}
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
			fix: "Helm keeps its releases in Secrets: use a kubeconfig whose user may read and write them there."
		});
	}
}

// src/deploy/namespaces.ts
const startingMs = 3e4;
const terminatingMs = 12e4;
async function missingNamespaces(context, kube, names) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	const missing = [];
	for (const name of new Set(names)) if (await standing(context, core, name) === "missing") missing.push(name);
	return missing;
}
async function createNamespaces(context, kube, missing, journal, apps = []) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	for (const name of missing) {
		const at = new Date(context.host.now()).toISOString();
		await journal.append({
			kind: "namespace",
			at,
			name
		});
		await request(context, () => core.createNamespace({ body: bodyOf(name, apps) })).catch((cause) => {
			if (codeOf(cause) === 409) return;
			throw new InstallError(`namespace ${name} can't be created: ${wordsOf$1(cause)}`, {
				cause,
				fix: "Create it beforehand, or use a kubeconfig whose user may create namespaces."
			});
		});
	}
}
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
async function standing(context, core, name) {
	const deadline = context.host.now() + terminatingMs;
	let told = false;
	while (context.host.now() < deadline) {
		const found = await request(context, () => core.readNamespace({ name })).catch((cause) => {
			if (codeOf(cause) === 404) return void 0;
			if (codeOf(cause) === 403) return { status: { phase: "Active" } };
			throw new InstallError(`namespace ${name} can't be read: ${wordsOf$1(cause)}`, {
				cause,
				fix: "Check the cluster's API server."
			});
		});
		if (!found) return "missing";
		if (found.status?.phase !== "Terminating") return "there";
		if (!told) context.log.info(`namespace ${name} is still being deleted; waiting until it is gone`);
		told = true;
		await context.host.sleep(500, context.signal);
	}
	throw new InstallError(`namespace ${name} is still being deleted after ${terminatingMs / 1e3} s`, { fix: `Look at what holds it: kubectl get namespace ${name} -o yaml (conditions, finalizers). Or use another namespace.` });
}
async function request(context, attempt) {
	const again = (error) => {
		const code = codeOf(error);
		return code === void 0 ? isTransient(messageOf(error)) : code === 429 || code >= 500;
	};
	return await retryTransient(context, startingMs, again, attempt);
}
function codeOf(error) {
	return error instanceof ApiException ? error.code : void 0;
}
function wordsOf$1(error) {
	if (!(error instanceof ApiException)) return messageOf(error);
	const body = error.body;
	return (typeof body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] : body?.message) ?? `HTTP ${error.code}`;
}

// src/deploy/packaged.ts
const pollMs$1 = 250;
const requestMs$1 = 5e3;
const settleMs = 2e3;
const roundMs = 16e3;
const longestMs = 6e4;
async function waitForPackaged(context, cluster, options) {
	const { host, log, signal } = context;
	const { app, needs } = options;
	if (needs.length === 0 || cluster.kind === "existing") return;
	const api = createApi(cluster.kube);
	const end = Math.min(options.deadline, host.now() + longestMs);
	let since;
	while (true) {
		const seen = await look(context, api, needs);
		if (seen?.missing.length === 0) return;
		const settlesInMs = seen?.settlesInMs;
		if (seen && settlesInMs !== void 0 && since !== void 0 && host.now() - since >= settlesInMs) return await refuse(context, api, app, seen);
		since = settlesInMs === void 0 ? void 0 : since ?? host.now();
		const missing = [...new Set((seen?.missing ?? needs).map(describeNeed))].join(", ");
		if (host.now() >= end) {
			log.warn(`k3s has not brought ${missing} in time; app ${app.name} is installed without it`);
			return;
		}
		options.onWaiting(missing);
		await host.sleep(pollMs$1, signal);
	}
}
async function look(context, api, needs) {
	const { signal, log } = context;
	const bounded = () => AbortSignal.any([signal, AbortSignal.timeout(requestMs$1)]);
	const list = async (path) => JSON.parse(await api.text(path, bounded())).items ?? [];
	const isNeeded = (kind) => needs.some((need) => need.kind === kind);
	try {
		const [classes, runtimes, groups] = await Promise.all([
			isNeeded("StorageClass") ? list("/apis/storage.k8s.io/v1/storageclasses") : [],
			isNeeded("RuntimeClass") ? list("/apis/node.k8s.io/v1/runtimeclasses") : [],
			servedOf(api, needs, bounded)
		]);
		const isThere = ({ kind, name }) => {
			if (kind === "API") return groups.includes(name);
			if (kind === "RuntimeClass") return runtimes.some(({ metadata }) => metadata.name === name);
			return name === void 0 ? classes.some(isDefaultClass) : classes.some(({ metadata }) => metadata.name === name);
		};
		const missing = needs.filter((need) => !isThere(need));
		return {
			missing,
			classes,
			settlesInMs: missing.length > 0 ? await settlesIn(api, list, bounded) : void 0
		};
	} catch (error) {
		signal.throwIfAborted();
		log.debug(`what k3s brings can't be read yet: ${messageOf(error)}`);
		return;
	}
}
async function servedOf(api, needs, bounded) {
	const asked = [...new Set(needs.flatMap(({ kind, name }) => kind === "API" ? [name] : []))];
	const answers = await Promise.all(asked.map((name) => api.ask(`/apis/${name}`, bounded())));
	return asked.filter((_, index) => answers[index]?.status === 200);
}
async function settlesIn(api, list, bounded) {
	const path = "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons";
	const { status, body } = await api.ask(path, bounded());
	if (status === 200) {
		const addons = JSON.parse(body).items ?? [];
		const isApplied = ({ spec }) => (spec?.checksum ?? "") !== "";
		return addons.some(({ metadata }) => metadata.name === "rolebindings") && addons.every(isApplied) ? settleMs : void 0;
	}
	if (status !== 404) throw new ApiError(path, status, body);
	const deployments = await list("/apis/apps/v1/namespaces/kube-system/deployments");
	if (deployments.some(({ metadata }) => metadata.name === "local-path-provisioner")) return settleMs;
	return deployments.length > 0 ? roundMs : void 0;
}
function describeNeed({ kind, name }) {
	if (kind === "API") return `the API ${name}`;
	return name === void 0 ? "the default StorageClass" : `the ${kind} "${name}"`;
}
async function refuse(context, api, app, seen) {
	const missing = seen.missing.flatMap((need) => need.kind === "StorageClass" ? [need] : []);
	if (missing.length === 0) return;
	const bounded = AbortSignal.any([context.signal, AbortSignal.timeout(requestMs$1)]);
	const { items = [] } = JSON.parse(await api.text("/api/v1/persistentvolumes", bounded));
	const failures = missing.filter(({ name }) => !items.some((volume) => name !== void 0 && classNameOf(volume) === name)).map(({ object, name }) => ({
		workload: object,
		rule: name === void 0 ? "no-default-class" : "no-class",
		reason: "NoStorageClass",
		message: `a volume claim of app ${app.name}: ${name === void 0 ? "no storage class is set, and the cluster has no default StorageClass" : `StorageClass "${name}" not found`}; ${describeClasses(seen.classes)}`,
		fix: fixFor(name === void 0 ? "no-default-class" : "no-class")
	}));
	if (failures.length > 0) throw new WorkloadsFailed(failures);
}
function fixFor(id) {
	return claimRules.find((rule) => rule.id === id)?.fix ?? "";
}

// src/deploy/teller.ts
const tellingMs = 2e3;
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
function describe(status) {
	if (status.state === "ready") return "ready";
	const line = (status.state === "waiting" ? status.missing : `failed: ${status.reason}`).replaceAll(/\s+/g, " ");
	return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

// src/deploy/crash-log.ts
const withLog = [
	"CrashLoopBackOff",
	"BackoffLimitExceeded",
	"Error",
	"Failed"
];
const lookupMs = 5e3;
const mostLogBytes = 1024 ** 2;
async function failureWithLog(context, kube, failure) {
	if (!failure.pod || !withLog.includes(failure.reason)) return failure;
	const [, namespace = ""] = /^\S+ ([^/]+)\//.exec(failure.workload) ?? [];
	const base = `/api/v1/namespaces/${namespace}/pods/${failure.pod}/log?tailLines=30&limitBytes=${mostLogBytes}${failure.container ? `&container=${encodeUrlPart(failure.container)}` : ""}`;
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
function lastWordsOf(logs) {
	const words = logs.filter((log) => !/^unable to retrieve container logs for /.test(log)).map(lastWords).filter((line) => line !== "");
	return words.find((line) => trouble.test(line)) ?? words[0] ?? "";
}
const trouble = /error|fatal|panic|fail|exception/i;
function lastWords(log) {
	const lines = log.split("\n").map((line) => line.trim()).filter((line) => line !== "");
	const line = lines.findLast((text) => trouble.test(text)) ?? lines.at(-1) ?? "";
	return shorten(line, 1e3);
}

// src/deploy/watch.ts
const tickMs = 500;
const silenceMs = 6e4;
async function waitForWorkloads(context, options) {
	const targets = targetsOf(options.workloads);
	if (targets.length === 0) return;
	const store = options.store ?? openStoreFor(context, options.cluster, options.workloads);
	try {
		await waitInStore(context, store, targets, options);
	} finally {
		if (!options.store) store.close();
	}
}
function openStoreFor(context, cluster, objects) {
	const namespaces = [...new Set(targetsOf(objects).map((target) => target.namespace))];
	return openStore(context, cluster.kube, namespaces, resourcesFor(objects));
}
async function waitInStore(context, store, targets, options) {
	const deadline = context.host.now() + options.timeoutMs;
	const ages = createAges(context.host.now);
	const tell = createTeller(context.host.now, options);
	for (;;) {
		const changed = store.changed();
		const standings = store.synced() ? judgeAll(store, targets, ages, options.patienceMs) : void 0;
		if (standings) tell(standings);
		if (standings) options.onRound?.(standings);
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
function judgeAll(store, targets, ages, patienceMs) {
	const standings = targets.map((target) => ({
		target,
		status: judgeWorkload(viewOf(store, target), ages.of, patienceMs)
	}));
	ages.endRound();
	return standings;
}
function createAges(now) {
	let since = /* @__PURE__ */ new Map();
	let seen = /* @__PURE__ */ new Map();
	return {
		of: (key, recurrence) => {
			const known = seen.get(key) ?? since.get(key);
			const first = known?.first ?? now();
			const last = known === void 0 || recurrence === void 0 || known.recurrence !== recurrence ? now() : known.last;
			seen.set(key, {
				first,
				last,
				recurrence
			});
			return last - first;
		},
		endRound: () => {
			since = seen;
			seen = /* @__PURE__ */ new Map();
		}
	};
}
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
		fix: "Give it more time (timeout), or look at the pod's log and readiness probe."
	}]);
	const others = all.flatMap(({ target, status }) => status.state === "ready" ? [`${target.kind} ${target.namespace}/${target.name}: ready`] : []);
	return new WorkloadsFailed(missing, others);
}
function throwIfSilent(context, store) {
	const refused = store.refused();
	if (refused) throw refused;
	const silence = store.silence();
	if (!silence || context.host.now() - silence.since < silenceMs) return;
	throw new InstallError(`the API server has not answered for ${silenceMs / 1e3} s: ${silence.why}`, { fix: "Look at the cluster's (k3s') log: its server has ended or is overloaded." });
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
	const store = openStoreFor(inner, cluster, apps.flatMap(({ objects }) => objects));
	const deadline = context.host.now() + options.timeoutMs;
	const rollouts = /* @__PURE__ */ new Map();
	let lacksNetwork;
	const network = watchPodNetwork(inner, cluster, apps, options.withoutFlannel === true).catch((error) => {
		if (inner.signal.aborted) return;
		lacksNetwork = error;
		stop.abort();
	});
	try {
		for (const rendered of apps) rollouts.set(rendered.app.name, startRollout(inner, options, rendered, rollouts, store, deadline));
		return await reportWaits(inner, () => describeOpen(rollouts), () => finish(context, rollouts, () => stop.abort()));
	} catch (error) {
		throw context.signal.aborted ? error : lacksNetwork ?? error;
	} finally {
		stop.abort();
		await network;
		store.close();
	}
}
function startRollout(context, options, rendered, others, store, deadline) {
	const { app } = rendered;
	const progress = {
		state: waitsFor(app.dependsOn.map((other) => other.app)),
		standings: []
	};
	const onRound = (standings) => {
		progress.standings = standings;
	};
	const install = async () => {
		await dependencies(rendered, others);
		context.signal.throwIfAborted();
		const onWaiting = (missing) => {
			progress.state = `not yet installed: it needs ${missing}, which k3s has not brought yet`;
		};
		const needs = needsOf(rendered, options.apps);
		await waitForPackaged(context, options.cluster, {
			app,
			needs,
			deadline,
			onWaiting
		});
		progress.state = "being installed by helm";
		await apply(context, options, rendered, deadline);
		progress.state = "installed, its workloads not yet ready";
	};
	const applied = install();
	const ready = applied.then(async () => {
		const deployed = await becomeReady(context, options, rendered, store, deadline, onRound);
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
	if (leftMs <= 0) throw new InstallError(`app ${app.name}: no time was left to install it`, { fix: "Raise timeouts.deploy." });
	const at = new Date(context.host.now()).toISOString();
	const { release: name, namespace } = app;
	const clusterObjects = clusterObjectsOf(rendered);
	await journal.append({
		kind: "release",
		at,
		name,
		namespace,
		helm: resolve(helm.path),
		clusterObjects
	});
	await installRelease(context, cluster, helm, rendered, leftMs);
}
async function becomeReady(context, options, { app, chart, objects }, store, deadline, onRound) {
	const installedAt = context.host.now();
	await waitForWorkloads(context, {
		cluster: options.cluster,
		workloads: objects,
		timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
		patienceMs: app.patienceMs,
		onProgress: options.onProgress ?? context.log.info,
		onChange: context.log.debug,
		onRound,
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
function describeOpen(rollouts) {
	const open = [...rollouts].flatMap(([name, { progress }]) => {
		if (progress.state === "ready") return [];
		const workloads = openOf(progress);
		return workloads.length > 0 ? workloads : [`app ${name}: ${progress.state}`];
	});
	return open.length === 0 ? void 0 : firstOf$1(open);
}
function openOf({ standings }) {
	return standings.filter(({ status }) => status.state !== "ready").map(({ target, status }) => `${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`);
}
function withOthers(failed, error, rollouts) {
	const others = [...rollouts].flatMap(([name, { progress }]) => {
		if (name === failed) return [];
		const open = openOf(progress);
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
		...error.fix === void 0 ? {} : { fix: error.fix }
	};
	return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}

// src/sources/semver.ts
const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;
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
function compareSemver(a, b) {
	return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePre(a.pre, b.pre);
}
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

// src/sources/signatures/helm-keys.ts
const helmKeysUrl = "https://raw.githubusercontent.com/helm/helm/main/KEYS";
const helmReleaseManagers = {
	"672C657BE06B4B30969C4A57461449C25E36B98E": "Matthew Farina",
	F1261BDE929012C8FF2E501D6EA5D7598529A53E: "Martin Hickey",
	"967F8AC5E2216F9F4FD270AD92AA783CBAAE8E3B": "Matthew Fisher",
	"76939899B137D575D3274E756DCCB9D752D35BA8": "Taylor Thomas",
	"49D09C86C3DC8DA3F0A076221EF612347F8A9958": "Adam Reese",
	ABA2529598F6626C420D335B62F49E747D911B60: "Matt Butcher",
	"4AB45F1CB0D292975C6371436E2A23D806B6E6DD": "Matt Butcher",
	"208DD36ED5BB3745A16743A4C7C6FBB5B91C1155": "Scott Rigby",
	"7FEC81FACC7FFB2A010ADD13C2D40F4D8196E874": "Robert Sirchia",
	BF888333D96A1C18E2682AAED79D67C9EC016739: "George Jenkins"
};

// src/sources/signatures/program.ts
async function isInstalled(host, program) {
	const folders = (host.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
	return (await Promise.all(folders.map((folder) => host.files.exists(join(folder, program))))).includes(true);
}
function unchecked(why) {
	return {
		status: "unchecked",
		why
	};
}
async function answers({ context, mirrors }, url) {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(1e4)]);
	try {
		await (await context.host.fetchOutside(mirrored(url, mirrors), {
			method: "HEAD",
			redirect: "manual",
			signal
		})).body?.cancel();
		return true;
	} catch {
		return false;
	}
}
function wrong(what, said) {
	return new InstallError(`the signature of ${what} is wrong: ${said}; nothing was kept`, { fix: "the host or the mirror serves something else than was signed: don't use it, find out why" });
}
async function published({ web }, url) {
	try {
		const text = await fetchText(web, url, 1024 ** 2);
		if (text.trim() !== "" && !/^\s*</.test(text)) return { text };
		return {
			text: void 0,
			why: `${where(web, url)} is ${text.trim() === "" ? "empty" : "a web page"}`
		};
	} catch (error) {
		if (!(error instanceof InstallError)) throw error;
		return {
			text: void 0,
			why: error instanceof HttpStatusError && error.status === 404 ? `there is no ${where(web, url)}` : error.message
		};
	}
}
function lastLine(text) {
	return text.trim().split("\n").at(-1) ?? "";
}

// src/sources/signatures/helm.ts
async function checkHelm(signed, managers = helmReleaseManagers) {
	const { web, version, url, path } = signed;
	const { host } = web.context;
	if (!await isInstalled(host, "gpg")) return unchecked("gpg is not on this machine (Debian's package gnupg has it)");
	const signature = await published(signed, `${url}.asc`);
	if (signature.text === void 0) return unchecked(signature.why);
	const keys = await published(signed, helmKeysUrl);
	if (keys.text === void 0) return unchecked(keys.why);
	const { text } = keys;
	return await host.files.withTemp("monstack-gpg-", async (folder) => {
		await host.files.write(join(folder, "KEYS"), text);
		await host.files.write(join(folder, "signature.asc"), signature.text);
		const gpg = (args) => host.exec([
			"gpg",
			"--homedir",
			folder,
			"--batch",
			"--no-tty",
			...args
		], { allowFailure: true });
		await gpg([
			"--quiet",
			"--import",
			join(folder, "KEYS")
		]);
		const verdict = await gpg([
			"--status-fd",
			"1",
			"--verify",
			join(folder, "signature.asc"),
			path
		]);
		return judge$1(`helm ${version}`, verdict, managers);
	});
}
const verdicts = /^(GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)$/;
function judge$1(what, { exitCode, stdout, stderr }, managers) {
	const words = stdout.split("\n").map((line) => line.split(" ")).flatMap(([mark, word = "", ...rest]) => mark === "[GNUPG:]" ? [{
		word,
		rest: rest.join(" ")
	}] : []);
	const restOf = (wanted) => words.find(({ word }) => word === wanted)?.rest;
	if (restOf("BADSIG") !== void 0) throw wrong(what, "gpg says that these are not the bytes that were signed");
	if (restOf("REVKEYSIG") !== void 0) throw wrong(what, "its key was revoked");
	if (restOf("NO_PUBKEY") !== void 0) throw wrong(what, `it is of the key ${restOf("NO_PUBKEY")}, which is not in helm's KEYS`);
	const found = words.filter(({ word }) => verdicts.test(word)).map(({ word }) => word);
	const valid = words.filter(({ word }) => word === "VALIDSIG");
	const primary = valid[0]?.rest.split(" ").at(-1);
	if (primary === void 0) throw wrong(what, `gpg finds none in it: ${lastLine(stderr)}`);
	const manager = ownValue(managers, primary);
	if (manager === void 0) throw wrong(what, `it is of the key ${primary}, which is none of helm's release managers that are known here`);
	if (valid.length !== 1 || found.length !== 1) throw wrong(what, `gpg says of it: ${found.join(", ")}`);
	if (found[0] === "EXPKEYSIG") return unchecked(`the key of ${manager} (${primary}) has expired since`);
	if (found[0] !== "GOODSIG" || exitCode !== 0) throw wrong(what, `gpg says of it: ${found.join(", ")}, and ends with exit code ${exitCode}`);
	return {
		status: "verified",
		by: "gpg",
		signer: `${manager} (${primary})`
	};
}

// src/sources/signatures/k3s.ts
const repository = "k3s-io/k3s";
const needsLogin = 4;
const api = "https://api.github.com/";
const unreachable$1 = /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|error connecting/i;
async function checkK3s({ web, version, path }) {
	const { host } = web.context;
	if (!await isInstalled(host, "gh")) return unchecked("gh is not on this machine (https://cli.github.com)");
	const token = host.env["GH_TOKEN"] || host.env["GITHUB_TOKEN"];
	if ((await host.exec([
		"gh",
		"attestation",
		"verify",
		"--help"
	], { allowFailure: true })).exitCode !== 0) return unchecked("the gh on this machine has no `attestation verify`: version 2.49 or newer has it");
	const { exitCode, stdout, stderr } = await host.exec([
		"gh",
		"attestation",
		"verify",
		path,
		"--repo",
		repository,
		"--format",
		"json"
	], {
		allowFailure: true,
		env: {
			GH_PROMPT_DISABLED: "1",
			...token ? { GH_TOKEN: token } : {}
		}
	});
	if (exitCode === 0 && hasAttestations(stdout)) return {
		status: "verified",
		by: "gh",
		signer: `a workflow of ${repository}`
	};
	const said = lastLine(stderr);
	if (exitCode === needsLogin) return unchecked("gh needs a token: set GH_TOKEN (in a workflow github.token does)");
	if (/^(Error: )?(no attestations found|HTTP 404)/im.test(stderr)) return {
		...unchecked(`the project ${repository} has no attestation of ${version}`),
		isUnpublished: true
	};
	if (/^(Error: )?HTTP (401|403|429|5\d\d)\b/im.test(stderr)) return unchecked(`GitHub refuses gh: ${said}`);
	if (unreachable$1.test(stderr) && !await answers(web, api)) return unchecked(`gh could not do it: ${said}`);
	throw wrong(`k3s ${version}`, exitCode === 0 ? "gh names no attestation" : `gh says: ${said}`);
}
function hasAttestations(json) {
	try {
		const found = JSON.parse(json);
		return Array.isArray(found) && found.length > 0;
	} catch {
		return false;
	}
}

// src/sources/signatures/kubectl.ts
const identity = "krel-staging@k8s-releng-prod.iam.gserviceaccount.com";
const issuer = "https://accounts.google.com";
const sigstore = "https://tuf-repo-cdn.sigstore.dev/";
const unreachable = /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|proxyconnect/i;
async function checkKubectl(signed) {
	const { web, version, url, path } = signed;
	const { host } = web.context;
	if (!await isInstalled(host, "cosign")) return unchecked("cosign is not on this machine (https://docs.sigstore.dev/cosign/system_config/installation)");
	const { stdout: flags } = await host.exec([
		"cosign",
		"verify-blob",
		"--help"
	], { allowFailure: true });
	if (!flags.includes("--certificate-identity")) return unchecked("the cosign on this machine has no --certificate-identity: version 2 or newer has it");
	const signature = await published(signed, `${url}.sig`);
	if (signature.text === void 0) return unchecked(signature.why);
	const certificate = await published(signed, `${url}.cert`);
	if (certificate.text === void 0) return unchecked(certificate.why);
	const [sigText, certText] = [signature.text, certificate.text];
	return await host.files.withTemp("monstack-cosign-", async (folder) => {
		const [sig, cert] = [join(folder, "kubectl.sig"), join(folder, "kubectl.cert")];
		await host.files.write(sig, sigText);
		await host.files.write(cert, certText);
		const about = [
			"--certificate-identity",
			identity,
			"--certificate-oidc-issuer",
			issuer
		];
		const { exitCode, stdout, stderr } = await host.exec([
			"cosign",
			"verify-blob",
			path,
			"--signature",
			sig,
			"--certificate",
			cert,
			...about
		], { allowFailure: true });
		if (exitCode === 0 && /^Verified OK$/m.test(`${stdout}\n${stderr}`)) return {
			status: "verified",
			by: "cosign",
			signer: identity
		};
		const said = lastLine(stderr);
		if (unreachable.test(stderr) && !await answers(web, sigstore)) return unchecked(`cosign could not do it: ${said}`);
		throw wrong(`kubectl ${version}`, exitCode === 0 ? "cosign does not say that it is verified" : `cosign says: ${said}`);
	});
}

// src/sources/signatures/check.ts
const checks$1 = {
	helm: (signed) => checkHelm(signed),
	kubectl: checkKubectl,
	k3s: checkK3s
};
async function checkSignature(name, signed, { isRequired }) {
	const { context, supply } = signed.web;
	const hindrance = await hindranceOf(signed);
	const { isUnpublished, ...signature } = hindrance === void 0 ? await checks$1[name](signed) : unchecked(hindrance);
	const what = `${name} ${signed.version}`;
	if (signature.status === "verified") {
		context.log.info(`${what}: signed by ${signature.signer}, ${signature.by} says`);
		return signature;
	}
	if (isRequired && !(isUnpublished && supply.lock !== void 0)) throw new InstallError(`the signature of ${what} is required and could not be checked: ${signature.why}; it is not installed`, { fix: isUnpublished ? "`monstack lock` writes its sha256 into a lock file, which is accepted in the place of a signature that is not published" : "make it possible, or set verify-signatures to true, which warns instead" });
	context.log.warn(`the signature of ${what} could not be checked: ${signature.why}`);
	return signature;
}
async function hindranceOf({ web, path }) {
	const { context, supply } = web;
	if (supply.offline !== void 0) return `${supply.offline} allows no request`;
	return await context.host.files.exists(path) ? void 0 : "the cache has only what was unpacked of it";
}

// src/sources/tools/published.ts
const Remembered = object({ sha256: string().regex(/^[0-9a-f]{64}$/) });
function checksumsFolder(host) {
	return joinBelow(cacheFolder(host), "tools-by-version");
}
async function rememberedChecksum(web, name, version) {
	const { host } = web.context;
	await refuseShared(host, checksumsFolder(host));
	const text = await host.files.read(checksumPath(web, name, version));
	try {
		return Remembered.safeParse(JSON.parse(text ?? "")).data?.sha256;
	} catch {
		return;
	}
}
async function rememberChecksum(web, name, version, sha256) {
	const { host } = web.context;
	const text = `${JSON.stringify({
		name,
		version,
		arch: host.arch,
		sha256
	})}\n`;
	await keepFile(host, checksumPath(web, name, version), text);
}
function checksumPath({ context, mirrors }, name, version) {
	const { host } = context;
	const { checksumUrl } = releaseOf(name, version, host.arch);
	const key = [
		name,
		version,
		host.arch,
		mirrored(checksumUrl, mirrors)
	].join("\n");
	return joinBelow(checksumsFolder(host), `${createHash("sha256").update(key).digest("hex")}.json`);
}

// src/sources/tools/checksums.ts
function findChecksum(text, { file, form, url }) {
	const fail = (why) => new InstallError(`no checksum of ${file}: ${url} ${why}; without it nothing is installed`, { fix: "the host or the mirror serves something else than upstream: compare the URL with upstream's" });
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

// src/sources/tools/releases.ts
async function publishedDownload(web, name, version) {
	const { url, checksumUrl: from } = releaseOf(name, version, web.context.host.arch);
	const sha256 = await publishedChecksum(web, name, version);
	return {
		url,
		sha256,
		to: (path) => downloadVerified(web, url, path, {
			sha256,
			from
		}, { mode: 493 })
	};
}
function lockedDownload(web, name, locked) {
	const { url, sha256 } = locked[web.context.host.arch];
	const what = `${name} ${locked.version}`;
	return {
		url,
		sha256,
		to: (path) => downloadLocked(web, {
			url,
			sha256,
			what
		}, path, { mode: 493 })
	};
}
async function publishedChecksum(web, name, version, arch = web.context.host.arch) {
	const release = releaseOf(name, version, arch);
	const { checksumUrl: url, checksumForm: form, file } = release;
	const text = await fetchText(web, url, 1024 ** 2).catch(async (cause) => {
		if (!isMissing(cause)) throw cause;
		await request$1(web, release.url, async () => {}, { method: "HEAD" }).catch((why) => {
			if (!isMissing(why)) return;
			throw new InstallError(`there is no such version: ${name} ${version} (404 at ${where(web, release.url)})`, {
				cause: why,
				fix: `look at ${name}'s releases for one that exists for linux/${arch}`
			});
		});
		throw new InstallError(`no checksum of ${file}: 404 at ${where(web, url)}; without it nothing is installed`, {
			cause,
			fix: "put the checksum file on the mirror, beside the download, as upstream does"
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

// src/sources/tools/said-version.ts
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

// src/sources/tools/versions.ts
const choices = {
	k3s: "an exact release (v1.36.3+k3s1), a minor (v1.36), stable or latest",
	helm: "an exact release (v4.1.4), a major (v4 or v3) or stable",
	kubectl: "an exact release (v1.36.3), a minor (v1.36) or stable"
};
function parseVersion(tool, asked) {
	const version = /^\d/.test(asked) ? `v${asked}` : asked;
	if (isRelease(tool, version)) return {
		kind: "exact",
		version
	};
	const channel = channelOf(tool, version);
	if (channel) return {
		kind: "channel",
		...channel
	};
	const why = tool === "k3s" && /^v\d+\.\d+\.\d+/.test(version) ? `; k3s' releases are named like ${/^v\d+\.\d+\.\d+/.exec(version)?.[0]}+k3s1` : tool === "helm" && /^v\d+\.\d+$/.test(version) ? "; helm's host tells the newest release of a major only, not of a minor" : "";
	throw new UserError(`${tool}.version: ${JSON.stringify(asked)} is not a version of ${tool}${why}`, { fix: `name ${choices[tool]}` });
}
async function resolveVersion(web, tool, asked) {
	const wanted = parseVersion(tool, asked);
	if (wanted.kind === "exact") return {
		version: wanted.version,
		from: "as asked"
	};
	const told = await askChannel(web, wanted);
	const isVersion = told.kind === "answer" && isRelease(tool, told.text);
	if (isVersion && told.text.startsWith(wanted.prefix)) return {
		version: told.text,
		from: wanted.url
	};
	const said = (text) => `${where(web, wanted.url)} answers ${JSON.stringify(text.slice(0, 80))}`;
	const why = told.kind === "answer" ? said(told.text) : told.why;
	const cause = told.kind === "answer" ? void 0 : told.cause;
	if (isVersion || !defaultVersions[tool].startsWith(wanted.prefix)) throw new InstallError(`${tool}.version: ${JSON.stringify(asked)} could not be resolved: ${why}`, {
		cause,
		fix: `name ${choices[tool]}; an exact release needs no channel`
	});
	return standIn(web, tool, {
		asked,
		why
	});
}
function standIn(web, tool, { asked, why }) {
	const version = defaultVersions[tool];
	web.context.log.warn(`${tool}.version: ${JSON.stringify(asked)} could not be resolved, so monstack's default ${version} is taken, which may not be the newest: ${why}. An exact release needs no channel`, { title: "monstack: versions" });
	return {
		version,
		from: "monstack's default"
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
	try {
		return {
			kind: "answer",
			text: await readChannel(web, channel)
		};
	} catch (cause) {
		if (!(cause instanceof InstallError) || web.supply.offline !== void 0) throw cause;
		return {
			kind: "outage",
			why: cause.message,
			cause
		};
	}
}
async function readChannel(web, channel) {
	if (channel.answers === "text") return (await fetchText(web, channel.url, 65536)).trim();
	return (await request$1(web, channel.url, async ({ headers }) => headers.get("location"), { redirect: "manual" }))?.split("/").at(-1)?.replace(/%2B/i, "+") ?? "no redirect";
}

// src/sources/tools/install.ts
async function installTool(context, config, name, options = {}) {
	const { path, version: asked } = config[name];
	const checkSigned = signatureCheck(config.verifySignatures);
	if (path !== void 0) return localTool(context, name, path, checkSigned !== void 0);
	const web = createWeb(context, config, options);
	const wish = await wishFor(web, name, asked);
	return await fromCache(web, wish, checkSigned) ?? await fromUpstream(web, wish, checkSigned);
}
function signatureCheck(wanted) {
	if (!wanted) return void 0;
	return (name, signed) => checkSignature(name, signed, { isRequired: wanted === "required" });
}
async function wishFor(web, name, asked) {
	const { lock, bundle } = web.supply;
	if (lock !== void 0) {
		const locked = lock.tools[name];
		if (locked === void 0) throw notInLock(web, name);
		const { version } = locked;
		const download = lockedDownload(web, name, locked);
		const bundled = bundle?.programs[name];
		return {
			name,
			asked,
			version,
			key: bundled === void 0 ? {
				name,
				version,
				sha256: download.sha256
			} : {
				name,
				version,
				sha256: bundled,
				bundle: bundle?.digest
			},
			find: async () => download
		};
	}
	const { version, from } = await resolveVersion(web, name, asked);
	if (from !== "as asked") web.context.log.info(`${name} ${asked} is ${version}, says ${from}`);
	const sha256 = await rememberedChecksum(web, name, version);
	return {
		name,
		asked,
		version,
		key: sha256 === void 0 ? void 0 : {
			name,
			version,
			sha256
		},
		find: () => publishedDownload(web, name, version)
	};
}
async function localTool(context, name, given, wantsSignature) {
	const path = isAbsolute(given) ? given : resolve(given);
	const fix = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
	if (!await context.host.files.exists(path)) throw new UserError(`${name}.path: there is no ${path}`, { fix });
	const version = await askVersion(context, name, path).catch((cause) => {
		throw new UserError(`${name}.path: ${messageOf(cause)}`, {
			fix,
			cause
		});
	});
	context.log.info(`${name} ${version}: from ${path}`);
	const sha256 = await sha256Of(context.host, path);
	const signature = {
		status: "unchecked",
		why: `it is the file that ${name}.path names`
	};
	return {
		name,
		path,
		asked: given,
		version,
		sha256,
		origin: "path",
		...wantsSignature && { signature }
	};
}
async function fromCache(web, wish, checkSigned) {
	const { context } = web;
	const { name, asked, version, key } = wish;
	const cached = key && await cachedTool(context, key);
	if (!cached) return void 0;
	const { path, download } = cached;
	const signed = {
		web,
		version,
		url: urlOf(web, name, version),
		path: download
	};
	const signature = await checkSigned?.(name, signed).catch(async (error) => {
		if (!(error instanceof Interrupted)) await forgetTool(context, dirname(path));
		throw error;
	});
	const says = await askExactly(context, name, version, path);
	context.log.info(`${name} ${says}: from the cache, sha256 verified`);
	context.log.debug(`${name} ${says}: ${path}`);
	return {
		name,
		path,
		asked,
		version: says,
		sha256: web.supply.lock?.tools[name]?.[context.host.arch].sha256 ?? key.sha256,
		origin: "cache",
		...signature && { signature }
	};
}
function urlOf({ context, supply }, name, version) {
	const { arch } = context.host;
	return supply.lock?.tools[name]?.[arch].url ?? releaseOf(name, version, arch).url;
}
async function fromUpstream(web, wish, checkSigned) {
	const { context } = web;
	const { host, log } = context;
	const { name, asked, version } = wish;
	const { entry } = releaseOf(name, version, host.arch);
	const { url, sha256, to } = await wish.find();
	const key = {
		name,
		version,
		sha256
	};
	const isPublished = web.supply.lock === void 0;
	if (isPublished && sha256 !== wish.key?.sha256) {
		const cached = await fromCache(web, {
			...wish,
			key
		}, checkSigned);
		if (cached) await rememberChecksum(web, name, version, sha256);
		if (cached) return cached;
	}
	return await host.files.withTemp("tool-", async (temp) => {
		const executable = join(temp, "keep", name);
		const raw = entry === void 0 ? executable : join(temp, "keep", archiveFile);
		const got = await to(raw);
		const signature = await checkSigned?.(name, {
			web,
			version,
			url,
			path: raw
		});
		if (entry !== void 0) await host.files.write(executable, packedProgram(host, raw, entry), 493);
		const path = await keepTool(context, key, join(temp, "keep"), {
			arch: host.arch,
			url
		});
		const says = await askExactly(context, name, version, path);
		if (isPublished) await rememberChecksum(web, name, version, sha256);
		const [size, took] = [(got.bytes / 1e6).toFixed(1), (got.tookMs / 1e3).toFixed(1)];
		log.info(`${name} ${says}: ${size} MB from ${whence(web, url)} in ${took} s, sha256 verified`);
		log.debug(`${name} ${says}: ${where(web, url)}, ${path}`);
		return {
			name,
			path,
			asked,
			version: says,
			sha256,
			origin: url,
			...signature && { signature }
		};
	});
}
async function askExactly(context, name, version, path) {
	const folder = dirname(path);
	const says = await askVersion(context, name, path).catch(async (error) => {
		await forgetTool(context, folder);
		throw error;
	});
	if (coreOf(says) === coreOf(version)) return says;
	await forgetTool(context, folder);
	throw new InstallError(`${name} ${version} was asked for, but what came says it is ${says}; it was not kept`, { fix: "the host or the mirror serves another version under this name" });
}

// src/sources/images/queue.ts
function createQueue(atOnce) {
	const waiting = [];
	let running = 0;
	return async (work) => {
		if (running >= atOnce) await new Promise((go) => waiting.push(go));
		else running += 1;
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else running -= 1;
		}
	};
}

// src/sources/images/challenge.ts
const parts = /([\w-]+)(?:\s{0,10}=\s{0,10}(?:"((?:[^"\\]|\\.)*)"?|([^\s",]+)))?/g;
function parseChallenge(header) {
	const found = [];
	for (const [, word = "", quoted, bare] of (header ?? "").matchAll(parts)) {
		const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
		if (value !== void 0) found.at(-1)?.values.set(word.toLowerCase(), value);
		else if (/^[A-Za-z]/.test(word)) found.push({
			scheme: word.toLowerCase(),
			values: /* @__PURE__ */ new Map()
		});
	}
	const bearer = found.find(({ scheme }) => scheme === "bearer")?.values;
	const realm = bearer?.get("realm");
	if (bearer && realm !== void 0 && URL.canParse(realm)) return {
		scheme: "bearer",
		realm,
		service: bearer.get("service"),
		scope: bearer.get("scope")
	};
	return found.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : void 0;
}

// src/sources/images/endpoint.ts
const dockerHost = "registry-1.docker.io";
function endpointOf(mirrors, ref) {
	const address = ownValue(mirrors, ref.registry);
	if (address === void 0) {
		const host = ref.registry === "docker.io" ? dockerHost : ref.registry;
		return {
			url: `${isLoopback(host) ? "http" : "https"}://${host}/v2/${ref.repository}`,
			repository: ref.repository,
			host: ref.registry,
			mirrorOf: void 0
		};
	}
	const { scheme, host, path } = parseRegistry(address);
	const repository = [path, ref.repository].filter((part) => part !== "").join("/");
	return {
		url: `${scheme || "https://"}${host}/v2/${repository}`,
		repository,
		host: registryName(host),
		mirrorOf: ref.registry
	};
}
function accessTo(registries, host) {
	return registries && ownValue(registries, host);
}
function isLoopback(host) {
	return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}

// src/sources/images/refusals.ts
function refused$1(endpoint, access, refusal) {
	const fix = access?.credentials === void 0 ? `if the image is private, set ${loginSetting(endpoint.host)}; else look whether there is a repository ${endpoint.repository}: registries tell a missing one and a private one alike` : `look whether registries.${endpoint.host} names the right account, and whether it may pull ${endpoint.repository}`;
	return new HttpStatusError(refusal.status, `${endpoint.host} refuses ${endpoint.repository}: ${answered(refusal)}`, fix);
}
function isRateLimit({ status, headers, text }) {
	if (status !== 429 || headers.get("retry-after") !== null) return false;
	return /pull rate limit/i.test(text) || /^0(;|$)/.test(headers.get("ratelimit-remaining") ?? "");
}
function rateLimited(endpoint, access, refusal, cause) {
	const account = access?.credentials;
	const who = account === void 0 ? "this machine's address" : `the account ${account.username}`;
	const ways = [
		...account === void 0 ? [`log in: ${loginSetting(endpoint.host)}`] : [],
		`pull through a mirror: mirrors.${endpoint.mirrorOf ?? endpoint.host}`,
		"fetch each image only once: `monstack lock`, and keep the cache"
	];
	const message = `${endpoint.host} limits how much ${who} may pull: ${answered(refusal)}${limitOf(refusal)}`;
	return new HttpStatusError(refusal.status, message, `wait, or ${ways.join("; or ")}`, { cause });
}
function loginSetting(host) {
	return `registries: {${JSON.stringify(host)}: {username: "\${NAME}", password: "\${PASSWORD}"}}`;
}
function trustSetting(host) {
	return `name the authority that it is signed by: registries: {${JSON.stringify(host)}: {ca: FILE}}`;
}
function answered({ url, status, text }) {
	const words = errorWords(text);
	return `${withoutQuery(url)} answers ${status}${words === "" ? "" : ` (${words})`}`;
}
function errorWords(text) {
	try {
		const { errors } = JSON.parse(text);
		const first = Array.isArray(errors) ? errors[0] : void 0;
		return [first?.code, first?.message].filter((word) => typeof word === "string").join(": ");
	} catch {
		return /^\s*</.test(text) ? "an HTML page" : text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
	}
}
function limitOf({ headers }) {
	const [, most, window] = /^(\d+);w=(\d+)/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
	if (most === void 0) return "";
	return `; its limit is ${most} in ${Number((Number(window) / 3600).toFixed(1))} h`;
}
function withoutQuery(url) {
	return url.split("?", 1)[0] ?? url;
}

// src/sources/images/token.ts
const Token = object({
	token: string().optional(),
	access_token: string().optional()
});
const mostBytes = 1024 ** 2;
async function authorize(web, endpoint, challenge, credentials) {
	const basic = credentials && basicHeader(credentials);
	if (challenge.scheme === "basic") return basic;
	const url = new URL(challenge.realm);
	if (url.protocol !== "https:" && endpoint.url.startsWith("https:")) throw new InstallError(`${endpoint.host} asks for a login at ${url.origin}, without TLS: not sent there`, { fix: "the registry's token service must be an https:// address" });
	if (challenge.service !== void 0) url.searchParams.set("service", challenge.service);
	url.searchParams.set("scope", challenge.scope ?? `repository:${endpoint.repository}:pull`);
	return await request$1(web, url.href, async ({ body }) => tokenIn(await textOf(body, url), url), {
		headers: basic === void 0 ? {} : { authorization: basic },
		explain: (refusal) => [
			400,
			401,
			403
		].includes(refusal.status) ? refused$1(endpoint, { credentials }, refusal) : void 0
	});
}
function basicHeader({ username, password }) {
	return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
async function textOf(body, url) {
	const parts = [];
	for await (const piece of bounded$1(body, mostBytes, url.href)) parts.push(piece);
	return Buffer.concat(parts).toString("utf8");
}
function tokenIn(text, url) {
	const token = parseToken(text);
	if (token) return `Bearer ${token}`;
	throw new InstallError(`${url.origin}${url.pathname} gives no token`, { fix: "something else than the registry's token service answers there: look at the proxy settings" });
}
function parseToken(text) {
	try {
		const { data } = Token.safeParse(JSON.parse(text));
		return data?.token || data?.access_token;
	} catch {
		return;
	}
}

// src/sources/images/registry.ts
const indexTypes = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const manifestTypes = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const accept = [...indexTypes, ...manifestTypes].join(", ");
const mostManifestBytes = 4 * 1024 ** 2;
async function digestOf(web, ref) {
	if (ref.digest !== void 0) return ref.digest;
	const tag = ref.tag ?? "latest";
	const repository = openRepository(web, ref);
	try {
		return await repository.head(tag) ?? (await repository.manifest(tag)).digest;
	} catch (cause) {
		throw cause instanceof HttpStatusError && cause.status === 404 ? noSuchImage(ref, cause) : cause;
	}
}
function openRepository(web, ref) {
	const endpoint = endpointOf(web.mirrors, ref);
	const ask = asker(web, endpoint);
	const manifestAt = (reference) => `/manifests/${reference}`;
	return {
		endpoint,
		manifest: (reference) => ask(manifestAt(reference), { accept }, ({ headers, body }) => readManifest(body, headers, `${endpoint.url}${manifestAt(reference)}`)),
		head: (tag) => ask(manifestAt(tag), {
			accept,
			method: "HEAD"
		}, async ({ headers }) => {
			const digest = headers.get("docker-content-digest") ?? "";
			return isManifest(mediaTypeOf(headers)) && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : void 0;
		}),
		blob: (digest, read) => ask(`/blobs/${digest}`, { accept: "*/*" }, read),
		blobInto: (digest, part) => ask(`/blobs/${digest}`, {
			accept: "*/*",
			part
		}, part.receive)
	};
}
function noSuchImage(ref, cause) {
	return new InstallError(`there is no image ${formatImageRef(ref)}: ${cause.message}`, {
		cause,
		fix: "look for the image's name and tag in its registry; a mirror may not have it"
	});
}
var Challenged = class extends Error {
	refusal;
	challenge;
	constructor(refusal, challenge) {
		super("a login is wanted");
		this.refusal = refusal;
		this.challenge = challenge;
	}
};
function asker(web, endpoint) {
	const access = accessTo(web.registries, endpoint.host);
	let opened;
	const direct = () => {
		opened ??= directTo(web, endpoint, access);
		return opened;
	};
	const query = endpoint.mirrorOf === void 0 ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
	let login;
	const once = async (path, { accept, method, part }, read) => {
		const url = `${endpoint.url}${path}${query}`;
		const authorization = await login;
		let limit;
		const explain = (refusal) => {
			if (refusal.status === 429) limit = refusal;
			return meaningOf$1(refusal, url, endpoint, access);
		};
		const headers = {
			accept,
			"accept-encoding": "identity",
			...authorization === void 0 ? {} : { authorization }
		};
		try {
			return await request$1(await direct(), url, read, {
				headers: () => ({
					...headers,
					...part?.headers()
				}),
				explain,
				verified: true,
				...method && { method },
				...part && {
					accepts: 416,
					kept: part.bytes
				}
			});
		} catch (error) {
			if (limit === void 0 || !(error instanceof InstallError)) throw error;
			throw rateLimited(endpoint, access, limit, error);
		}
	};
	return async (path, how, read) => {
		const before = login;
		try {
			return await once(path, how, read);
		} catch (error) {
			if (!(error instanceof Challenged)) throw error;
			const { challenge } = error;
			if (login === before) login = direct().then((known) => authorize(known, endpoint, challenge, access?.credentials));
		}
		try {
			return await once(path, how, read);
		} catch (error) {
			throw error instanceof Challenged ? refused$1(endpoint, access, error.refusal) : error;
		}
	};
}
async function directTo(web, { host }, access) {
	const known = {
		by: await trustOf(web.context.host.files, host, access),
		fix: trustSetting(host)
	};
	return {
		...web,
		mirrors: {},
		credentials: void 0,
		known
	};
}
function meaningOf$1(refusal, url, endpoint, access) {
	const { status, headers } = refusal;
	const isRegistry = new URL(refusal.url).origin === new URL(url).origin;
	const challenge = status === 401 && isRegistry ? parseChallenge(headers.get("www-authenticate")) : void 0;
	if (challenge !== void 0) return new Challenged(refusal, challenge);
	if (status === 401 || status === 403) return refused$1(endpoint, access, refusal);
	return isRateLimit(refusal) ? rateLimited(endpoint, access, refusal) : void 0;
}
async function readManifest(body, headers, url) {
	const parts = [];
	for await (const piece of bounded$1(body, mostManifestBytes, url)) parts.push(piece);
	const bytes = Buffer.concat(parts);
	const mediaType = mediaTypeOf(headers);
	if (!isManifest(mediaType)) throw new InstallError(`${showUrl(url)} is no image manifest but ${mediaType || "of no type"}`, { fix: "something else than a registry answers there, or one that is too old: look at `mirrors` and the proxy settings" });
	return {
		bytes,
		digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
		mediaType
	};
}
function isManifest(mediaType) {
	return indexTypes.includes(mediaType) || manifestTypes.includes(mediaType);
}
function mediaTypeOf(headers) {
	return (headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
}

// src/sources/images/fetch.ts
const layersAtOnce = 4;
const archivesAtOnce = 2;
const mostConfigBytes = 4 * 1024 ** 2;
async function fetchImages(context, config, wanted, options = {}) {
	const stop = new AbortController();
	const linked = {
		...context,
		signal: AbortSignal.any([context.signal, stop.signal])
	};
	const web = {
		...createWeb(linked, config, options),
		registries: config.registries
	};
	const failures = [];
	const fail = (error) => {
		failures.push(error);
		stop.abort();
	};
	const layers = await openLayers(linked, fail);
	try {
		const archives = await Promise.all(wanted.map(async (one) => {
			try {
				return [await layers.archives(() => cachedImage(linked, one)) ?? await fromRegistry(web, one, layers)];
			} catch (error) {
				fail(error);
				return [];
			}
		}));
		if (failures.length > 0) throw failures[0];
		tell(context, archives.flat());
		return archives.flat();
	} finally {
		await closeLayers(context, layers);
	}
}
function tell({ log }, archives) {
	const cached = archives.filter(({ origin }) => origin === "cache").length;
	if (cached > 0) log.info(`images: ${cached} of ${archives.length} from the cache, digests verified`);
}
async function openLayers({ host }, fail) {
	const incoming = joinBelow(imagesFolder(host), "incoming");
	await refuseShared(host, incoming);
	await host.files.mkdir(incoming, 448);
	for (const pid of await host.files.list(incoming)) if (!await host.files.exists(`/proc/${pid}`)) await host.files.remove(join(incoming, pid));
	return {
		folder: join(incoming, `${process.pid}`, `${host.now()}`),
		queue: createQueue(layersAtOnce),
		archives: createQueue(archivesAtOnce),
		coming: /* @__PURE__ */ new Map(),
		fail
	};
}
async function closeLayers({ host }, { folder }) {
	await host.files.remove(folder);
	const own = dirname(folder);
	if ((await host.files.list(own)).length === 0) await host.files.remove(own);
}
async function fromRegistry(web, wanted, layers) {
	const { context } = web;
	const { host, log } = context;
	const startedAt = host.now();
	const ref = parseImageRef(wanted.image);
	const repository = openRepository(web, ref);
	const parts = await layers.queue(() => imageParts(`image ${wanted.image}`, wanted.digest, host.arch, documentsOf(repository, wanted))).catch((cause) => {
		throw cause instanceof HttpStatusError && cause.status === 404 ? noSuchImage(ref, cause) : cause;
	});
	const paths = await fetchLayers(context, repository, wanted, parts, layers);
	const path = imageArchivePath(host, wanted);
	const pieces = archiveOf(wanted.image, parts, ({ digest }) => eachOnce(host.files.stream(paths.get(digest) ?? "")));
	await layers.archives(() => keepFile(host, path, pieces));
	const [megabytes, took] = [(parts.layers.reduce((sum, layer) => sum + layer.size, 0) / 1e6).toFixed(1), ((host.now() - startedAt) / 1e3).toFixed(1)];
	const whence = new URL(repository.endpoint.url).host;
	log.info(`image ${wanted.image}: ${megabytes} MB from ${whence} in ${took} s, digest verified`);
	return asArchive(wanted, path, "registry", parts);
}
function documentsOf(repository, { image }) {
	const { url } = repository.endpoint;
	return async (kind, { digest, size }) => {
		const at = `${url}/${kind === "config" ? "blobs" : "manifests"}/${digest}`;
		if (size !== void 0 && size > mostConfigBytes) throw new InstallError(`image ${image}: its ${kind} ${digest} is to have ${size} bytes; that can't be it`);
		const { bytes, mediaType } = kind === "manifest" ? await repository.manifest(digest) : {
			bytes: await blobBytes(repository, digest, at, size ?? mostConfigBytes),
			mediaType: ""
		};
		if (digestOfBytes(bytes) !== digest) throw otherBytes(image, kind, digest, digestOfBytes(bytes), at);
		return {
			bytes,
			mediaType
		};
	};
}
async function blobBytes(repository, digest, at, limit) {
	return await repository.blob(digest, async ({ body }) => {
		const parts = [];
		for await (const piece of bounded$1(body, limit, at)) parts.push(piece);
		return Buffer.concat(parts);
	});
}
async function fetchLayers(context, repository, { image }, parts, { folder, queue, coming, fail }) {
	const paths = parts.layers.map((layer) => {
		const path = coming.get(layer.digest) ?? queue(() => fetchLayer(context, repository, image, layer, joinBelow(folder, layer.digest.slice(7))));
		coming.set(layer.digest, path);
		return path.catch((error) => {
			fail(error);
			throw error;
		});
	});
	await Promise.allSettled(paths);
	const fetched = await Promise.all(paths);
	return new Map(parts.layers.map(({ digest }, at) => [digest, fetched[at] ?? ""]));
}
async function fetchLayer(context, repository, image, { digest, size }, path) {
	const at = `${repository.endpoint.url}/blobs/${digest}`;
	const what = `image ${image}: its layer ${digest} from ${at}`;
	const name = `${image.slice(image.lastIndexOf("/") + 1)} ${digest.slice(7, 14)}`;
	const progress = createProgress(context, name, {
		kept: () => part.bytes(),
		total: () => size
	});
	const { tell } = progress;
	const part = createPart(context.host, {
		path,
		mode: 420,
		limit: size,
		what,
		resumes: "always",
		tell
	});
	await repository.blobInto(digest, part).finally(progress.end);
	if (part.bytes() < size) throw new InstallError(`${what}: ${part.bytes()} bytes came instead of ${size}; nothing was kept`, { fix });
	const got = `sha256:${await part.finish()}`;
	if (got !== digest) throw otherBytes(image, "layer", digest, got, at);
	return path;
}
const fix = "the registry or the mirror serves other bytes than its digests say: don't use them, find out why";
function otherBytes(image, what, digest, got, at) {
	return new InstallError(`image ${image}: its ${what} should be ${digest}, got ${got} from ${at}; nothing was kept`, { fix });
}

// src/app/bytes/images.ts
const requestMs = 1e4;
async function bringImages(session) {
	const { context, loaded, recorder, supply } = session;
	const wanted = supply.lock?.images ?? [];
	if (wanted.length === 0 || loaded.config.cluster.kind !== "k3s") return [];
	return await recorder.phase("fetch images", () => fetchImages(context, loaded.config, wanted, { supply }));
}
function withImages(config, archives) {
	const images = [...config.k3s.images, ...archives.map(({ path }) => path)];
	return {
		...config,
		k3s: {
			...config.k3s,
			images
		}
	};
}
function lockedImages({ supply }, archives) {
	if (supply.lock === void 0) return void 0;
	const images = supply.lock.images.map(({ image, digest }) => {
		const archive = archives.find((one) => one.image === image && one.digest === digest);
		const others = archive ? [archive.manifest, archive.config] : [];
		return {
			image,
			digest,
			digests: [.../* @__PURE__ */ new Set([digest, ...others])]
		};
	});
	const unlocked = (supply.lock.unlocked ?? []).map(({ image }) => image);
	return {
		lockedBy: supply.lockedBy,
		images,
		unlocked
	};
}
async function imageDigests({ context }, kube, apps, locked) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	try {
		const lists = await Promise.all(namespacesOf(apps).map((namespace) => core.listNamespacedPod({ namespace }, bounded(requestMs, context.signal))));
		const found = /* @__PURE__ */ new Map();
		for (const { image, id } of podImages(lists.flatMap(({ items }) => items))) {
			const wanted = locked?.images.find((one) => one.image === image);
			if (id === void 0) continue;
			if (wanted?.digests.includes(id.digest)) found.set(image, wanted.digest);
			else if (id.kind === "registry") found.set(image, id.digest);
		}
		return [...found].map(([image, digest]) => ({
			image,
			digest
		})).sort((a, b) => a.image < b.image ? -1 : 1);
	} catch (error) {
		context.log.debug(`the images' digests are not known: ${messageOf(error)}`);
		return [];
	}
}
function tellPulls({ context, draft, supply }, apps) {
	if (supply.lock === void 0) return;
	for (const { app, object, container, image } of alwaysPulled(apps)) {
		const text = `${app}: container ${container} of ${object} has the pull policy Always, so its registry is asked for ${image} at each start and may give another image than ${supply.lockedBy} says: set its pullPolicy to IfNotPresent`;
		context.log.warn(text, { title: "monstack: pull policy" });
		draft.warnings = [...draft.warnings, text];
	}
}

// src/deploy/render.ts
async function renderApp(context, helm, app, chart, { kubeVersion, isRestricted = false } = {}) {
	const manifest = await withValuesFile(context, app, async (values) => {
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
				env: {
					...helmEnv,
					HELM_CACHE_HOME: dirname(values)
				},
				timeoutMs: 6e4
			})).stdout;
		} catch (error) {
			throw helmError("rendering", app, chart, error);
		}
	});
	const all = parse(manifest, app, chart);
	const objects = all.filter((object) => hookOf(object) === void 0);
	const hooks = all.filter((object) => hookOf(object)?.some((event) => !event.startsWith("test")));
	const tests = all.filter((object) => hookOf(object)?.every((event) => event.startsWith("test")));
	const unclear = isRestricted ? unclearYaml(manifest) : void 0;
	return {
		app,
		chart,
		objects,
		hooks,
		tests,
		images: imagesOf(objects),
		...unclear ? { unclear } : {}
	};
}
function parse(manifest, app, chart) {
	try {
		return parseManifest$1(manifest, app.namespace);
	} catch (cause) {
		throw new InstallError(`app ${app.name}: chart ${chart.name} ${chart.version} renders to something else than objects`, {
			cause,
			fix: "Correct the chart, or the values that end up in its templates; `helm template` shows what it renders."
		});
	}
}

// src/rules/rule-tests.ts
const timeoutMs = 6e4;
async function runRuleTests(context, { alerting }, rendered, limits) {
	const { host, log } = context;
	if (alerting.ruleTests.length === 0) return;
	const promtool = await findPromtool(host, alerting.promtool);
	if (promtool === void 0) {
		log.warn(`alerting.rule-tests were not run: there is no promtool in PATH (name one with alerting.promtool)`);
		return;
	}
	await host.files.withTemp("monstack-rule-tests-", async (folder) => {
		const copies = [];
		for (const [index, test] of alerting.ruleTests.entries()) copies.push(await prepare(host, rendered, test, join(folder, String(index)), limits));
		const argv = [
			promtool,
			"test",
			"rules",
			...copies
		];
		const { exitCode, stdout, stderr } = await host.exec(argv, {
			allowFailure: true,
			timeoutMs
		});
		if (exitCode === 0) {
			log.info(`rule tests passed: ${alerting.ruleTests.map((path) => basename(path)).join(", ")}`);
			return;
		}
		const output = copies.reduce((text, copy, index) => text.replaceAll(copy, alerting.ruleTests[index] ?? copy), `${stdout}\n${stderr}`.trim());
		throw new UserError(`the unit tests of rules (alerting.rule-tests) fail:\n${output.slice(-4e3)}`, { fix: "correct the rule or its test; `promtool test rules FILE` runs it alone" });
	});
}
async function findPromtool(host, named) {
	const path = named ?? "promtool";
	return await host.exec([path, "--version"], { timeoutMs: 1e4 }).catch((cause) => {
		if (named === void 0) return void 0;
		throw new UserError(`alerting.promtool: ${named} can't be run`, { cause });
	}) && path;
}
async function prepare(host, rendered, path, folder, limits) {
	const text = await host.files.read(path);
	if (text === void 0) throw new UserError(`alerting.rule-tests: there is no file ${path}`);
	const copy = join(folder, basename(path));
	const test = tryYaml(text);
	if (!isMapping$3(test) || !Array.isArray(test["rule_files"])) {
		if (limits.isRestricted) throw new UserError(`alerting.rule-tests: ${path} is not a mapping with a list rule_files`);
		await host.files.write(copy, text);
		return copy;
	}
	const files = [];
	for (const one of test["rule_files"]) {
		const beside = isAbsolute(String(one)) ? String(one) : join(dirname(path), String(one));
		refuseRuleFile(String(one), beside, path, limits);
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
function refuseRuleFile(written, absolute, test, { isRestricted, refusesPath }) {
	const why = isRestricted && /[*?[\\]/.test(written) ? "a pattern can't be named with trust: restricted; name each file" : refusesPath(absolute);
	if (why !== void 0) throw new UserError(`${test}: rule_files: ${written}: ${why}`);
}
function contentOf(rendered, name) {
	return rendered.flatMap(ruleFiles$1).find(({ key }) => key === basename(name))?.content;
}
function tryYaml(text) {
	try {
		return parseYaml(text);
	} catch {
		return;
	}
}

// src/sources/charts/archive.ts
const chartLimit = 64 * 1024 ** 2;
const mostUnpacked = 100 * 1024 ** 2;
const mostOfSubchart = 16 * 1024 ** 2;
const mostEntries = 1e4;
const deepest$3 = 5;
async function inspectChart(source, what) {
	await inspect$1(source, what, {
		entries: mostEntries,
		bytes: mostUnpacked
	}, 0);
}
async function inspect$1(source, what, budget, depth) {
	const fail = (why) => new InstallError(`${what}: ${why}; it is not given to helm`, { fix: "this is no chart that helm packed: don't use it, find out where it comes from" });
	const look = (entry) => {
		budget.entries -= 1;
		budget.bytes -= entry.size;
		if (budget.entries < 0) throw fail(`it has more than ${mostEntries} entries`);
		if (budget.bytes < 0) throw fail(`unpacked it has more than ${mostUnpacked} bytes`);
		const wrong = wrongIn(entry);
		if (wrong !== void 0) throw fail(wrong);
	};
	const reading = {
		what: "the chart",
		limit: mostUnpacked + mostEntries * 1024,
		look
	};
	for await (const { name, size, pieces } of tarEntries(source, what, reading)) {
		if (!/\/charts\/[^/]+\.t(ar\.)?gz$/.test(name)) continue;
		if (depth >= deepest$3) throw fail(`subcharts in it lie deeper than ${deepest$3} archives`);
		if (size > mostOfSubchart) throw fail(`the subchart ${name} in it has ${size} bytes`);
		const parts = [];
		for await (const piece of pieces()) parts.push(piece);
		await inspect$1(Readable.from([Buffer.concat(parts)]), `${what}: ${name}`, budget, depth + 1);
	}
}
function wrongIn(entry) {
	const { name, type, linkTo } = entry;
	const shown = JSON.stringify(name.slice(0, 200));
	if (leadsOut(name)) return `the name ${shown} in it leads out of the chart's folder`;
	if ([
		"",
		"0",
		"5",
		"g"
	].includes(type)) return void 0;
	if (type !== "1" && type !== "2") return `${shown} in it is no file, folder or link (type ${JSON.stringify(type)})`;
	const target = type === "1" ? posix.normalize(linkTo) : posix.join(posix.dirname(name), linkTo);
	const folder = name.split("/")[0] ?? "";
	return !leadsOut(target) && !linkTo.startsWith("/") && target.startsWith(`${folder}/`) ? void 0 : `${shown} in it is a link out of the chart's folder, to ${JSON.stringify(linkTo)}`;
}
function leadsOut(name) {
	return /^[/\\]|^[A-Za-z]:|[\x00-\x1f]/.test(name) || name.split(/[/\\]/).includes("..");
}

// src/sources/charts/file.ts
const ChartYaml$1 = object({
	name: string().min(1),
	version: string().min(1),
	appVersion: string().default(""),
	deprecated: string().optional().transform((text) => text === "true" ? true : void 0)
});
const unpackedLimit$2 = 64 * 1024 ** 2;
async function readArchive({ host }, path, what = path) {
	await inspectChart(host.files.stream(path), what);
	return parseChartYaml(await tarEntryText(host, path, {
		matches: (name) => /^[^/]+\/Chart\.yaml$/.test(name),
		what: "Chart.yaml",
		limit: unpackedLimit$2
	}), path);
}
async function localChart(context, path) {
	const { host } = context;
	const fix = "name a chart's folder (with its Chart.yaml) or its .tgz";
	const fail = (why, cause) => new UserError(`chart ${path}: ${why}`, {
		fix,
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
		return ChartYaml$1.parse(parseYaml(text, { schema: "failsafe" }));
	} catch (cause) {
		const why = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
		throw new InstallError(`${where}: its Chart.yaml is not valid: ${why}`, { cause });
	}
}

// src/host/exec-bounded.ts
var TooMuch = class extends Error {
	constructor(argv0, what) {
		super(`${argv0} was ended: it ${what}`);
		this.name = "TooMuch";
	}
};
const pollMs = 50;
const script = "echo $$ >\"$1\"; ulimit -f \"$2\" 2>/dev/null; shift 2; exec \"$@\"";
async function execBounded(host, argv, options, { memoryBytes, fileBytes }) {
	return await host.files.withTemp("monstack-bounded-", async (folder) => {
		const pidFile = `${folder}/pid`;
		const over = new AbortController();
		const watched = watch$1(host, pidFile, memoryBytes, over.signal);
		try {
			const blocks = String(Math.ceil(fileBytes / 512));
			return await host.exec([
				"sh",
				"-c",
				script,
				"sh",
				pidFile,
				blocks,
				...argv
			], options);
		} catch (error) {
			over.abort();
			if (await watched) throw new TooMuch(argv[0], `took more than ${mebibytes(memoryBytes)} of memory`);
			if (!(error instanceof CommandError)) throw error;
			const { commandExitCode, stderr } = error;
			if (commandExitCode === 153 || /file too large/i.test(stderr)) throw new TooMuch(argv[0], `wrote a file of more than ${mebibytes(fileBytes)}`);
			throw new CommandError(argv, commandExitCode, stderr, { cause: error });
		} finally {
			over.abort();
		}
	});
}
async function watch$1(host, pidFile, mostBytes, over) {
	const isOver = async () => await host.sleep(pollMs, over).then(() => over.aborted, () => true);
	while (!await isOver()) {
		const pid = (await host.files.read(pidFile).catch(() => void 0))?.trim() ?? "";
		if (!/^\d+$/.test(pid)) continue;
		const resident = (await host.files.read(`/proc/${pid}/status`).catch(() => void 0))?.split("\n").find((line) => line.startsWith("VmRSS:"));
		if (Number(/^VmRSS:\s*(\d+) kB$/.exec(resident ?? "")?.[1] ?? 0) * 1024 <= mostBytes || over.aborted) continue;
		await host.exec([
			"kill",
			"-s",
			"KILL",
			pid
		], { allowFailure: true });
		return true;
	}
	return false;
}
function mebibytes(bytes) {
	return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

// src/sources/charts/helm-access.ts
async function helmAccess({ files, env }, folder, host, access) {
	const { insecure, ca } = await trustOf(files, host, access);
	const login = access?.credentials;
	return {
		args: insecure ? ["--insecure-skip-tls-verify"] : [],
		env: {
			...await authorities(files, env, folder, ca),
			...login && { HELM_REGISTRY_CONFIG: await loginFile(files, folder, host, login) }
		}
	};
}
async function loginFile(files, folder, host, { username, password }) {
	const key = host === "docker.io" ? "https://index.docker.io/v1/" : host;
	const auth = Buffer.from(`${username}:${password}`).toString("base64");
	const path = join(folder, "registry-login.json");
	await files.write(path, JSON.stringify({ auths: { [key]: { auth } } }), 384);
	return path;
}
async function authorities(files, env, folder, ca) {
	const known = env["SSL_CERT_FILE"] || env["NODE_EXTRA_CA_CERTS"];
	if (ca === void 0) return known ? { SSL_CERT_FILE: known } : {};
	const path = join(folder, "authorities.pem");
	const others = known === void 0 ? "" : await files.read(known) ?? "";
	await files.write(path, `${others}\n${ca}`);
	return { SSL_CERT_FILE: path };
}

// src/sources/charts/oci.ts
const helmMemory = 512 * 1024 ** 2;
async function ociChart(web, ref, helm) {
	const { context } = web;
	const { host, log } = context;
	const { lock } = web.supply;
	if (lock !== void 0) return lockedChart$1(web, ref, helm, chartIn(lock, {
		from: ref.url,
		name: "",
		asked: ref.version
	}));
	const key = {
		from: ref.url,
		name: "",
		version: ref.version ?? "",
		asked: askedFor(web, ref)
	};
	const cached = ref.version === void 0 ? void 0 : await cachedChart(context, key);
	if (cached) {
		log.info(`chart ${ref.url} ${ref.version}: from the cache, sha256 verified`);
		return {
			...cached,
			...await readArchive(context, cached.path)
		};
	}
	return pulled(web, ref, helm, async (file, sha256) => {
		const path = archivePath(host, sha256);
		const chart = await readArchive(context, file, ref.url);
		await keepFile(host, path, host.files.stream(file));
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
	});
}
function askedFor({ mirrors, registries }, ref) {
	const { url, plainHttp } = mirroredOci(ref.url, mirrors);
	const { insecure, ca } = accessTo(registries, registryName(parseRegistry(url).host)) ?? {};
	return JSON.stringify([
		url,
		plainHttp,
		insecure ?? false,
		ca ?? ""
	]);
}
async function lockedChart$1(web, ref, helm, locked) {
	const { context } = web;
	const { host } = context;
	if (locked === void 0) throw notInLock(web, `chart ${ref.url}`);
	const { version, sha256, url } = locked;
	const what = `chart ${ref.url} ${version}`;
	const path = archivePath(host, sha256);
	const cached = await cachedArchive(context, sha256);
	if (cached === void 0) await pulled(web, {
		...ref,
		version
	}, helm, async (file, got) => {
		if (got !== sha256) throw notAsLocked(web, {
			what,
			url,
			sha256
		}, got);
		await keepFile(host, path, host.files.stream(file));
	});
	const from = cached === void 0 ? "its registry, pulled by helm" : "the cache";
	context.log.info(`${what}: from ${from}, sha256 as ${web.supply.lockedBy} says`);
	return {
		path,
		...await readArchive(context, path),
		sha256,
		origin: url
	};
}
async function pulled(web, ref, helm, use) {
	const { host } = web.context;
	return host.files.withTemp("monstack-chart-", async (temp) => {
		await pull(web, ref, helm, temp);
		const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
		if (file === void 0) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
		return use(join(temp, file), await sha256Of(host, join(temp, file)));
	});
}
function withoutPlainHttp({ NO_PROXY, no_proxy }) {
	const nowhere = "http://127.0.0.1:1";
	const direct = (NO_PROXY ?? no_proxy ?? "").split(",").map((host) => host.trim()).filter((host) => host !== "" && host !== "*" && !/^\[?(?:169\.254\.|fe80:|fd00:|fd20:)|metadata/i.test(host)).join(",");
	return {
		HTTP_PROXY: nowhere,
		http_proxy: nowhere,
		NO_PROXY: direct,
		no_proxy: direct
	};
}
async function pull(web, ref, helm, folder) {
	refuseOffline(web, ref.url);
	const { context, patience } = web;
	const { url, plainHttp } = mirroredOci(ref.url, web.mirrors);
	const registry = registryName(parseRegistry(url).host);
	const access = await helmAccess(context.host, folder, registry, accessTo(web.registries, registry));
	const version = ref.version === void 0 ? [] : ["--version", ref.version];
	const plain = plainHttp ? ["--plain-http"] : [];
	const args = [
		url,
		...version,
		...plain,
		...access.args,
		"--destination",
		folder
	];
	for (let tried = 1;; tried++) try {
		const env = {
			...loginEnvironment(context.host.env),
			...plainHttp ? {} : withoutPlainHttp(context.host.env),
			HELM_CACHE_HOME: join(folder, "cache"),
			...access.env
		};
		const bounds = {
			memoryBytes: helmMemory,
			fileBytes: chartLimit
		};
		await execBounded(context.host, [
			helm.path,
			"pull",
			...args
		], { env }, bounds);
		return;
	} catch (cause) {
		if (cause instanceof TooMuch) throw new InstallError(`chart ${ref.url} ${ref.version ?? ""} was not pulled from ${url}: it is bigger than any chart (${cause.message})`, {
			cause,
			fix: "the registry or the mirror serves something else than a chart: compare it with upstream's"
		});
		const why = messageOf(cause);
		if (/not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(why) || tried >= patience.tries) throw new InstallError(`chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${why}`, {
			cause,
			fix: `look whether the chart and its version are there, and whether ${registry} wants a login: \`registries\` in monstack.yaml, or \`helm registry login\``
		});
		context.log.info(`${why}; trying again (${tried + 1} of ${patience.tries})`);
		await context.host.sleep(backOff(patience, tried), context.signal);
	}
}

// src/sources/charts/repo-index.ts
const IndexEntry = object({
	name: string(),
	version: string(),
	appVersion: string().optional(),
	digest: string().optional(),
	urls: tuple([string()], string())
});
function findChart(index, name) {
	const slices = sliceEntries(index, name);
	if (slices) return fromSlices(slices, name);
	if (!mentionsKey(index, "entries")) throw notAnIndex();
	return mentionsKey(index, name) ? fromWhole(index, name) : void 0;
}
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
			const list = parseYaml(slice?.text ?? "", { schema: "failsafe" });
			return parseEntry(Array.isArray(list) ? list[0] : void 0, name, version);
		}
	};
}
function fromWhole(index, name) {
	const list = object({ entries: record(string(), array(record(string(), unknown$1()))) }).safeParse(index.trimStart().startsWith("{") ? JSON.parse(index) : parseYaml(index, { schema: "failsafe" }));
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
	for (let at = index.indexOf(name); at >= 0; at = index.indexOf(name, at + 1)) {
		const before = /(?:^|[\s{,])["']?$/.test(index.slice(Math.max(0, at - 2), at));
		const end = at + name.length;
		if (before && /^["']?\s{0,20}:/.test(index.slice(end, end + 30))) return true;
	}
	return false;
}

// src/sources/charts/version.ts
function chooseVersion(versions, asked) {
	if (asked === void 0) return newest(versions)[0];
	const bare = (version) => version.replace(/^v/, "");
	return versions.find((one) => one === asked) ?? versions.find((one) => bare(one) === bare(asked));
}
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

// src/sources/charts/repo.ts
async function repoChart(web, ref) {
	return await findOrFetch(web, ref).catch((cause) => {
		throw cause instanceof HttpStatusError ? asRefusal(web, ref, cause) : cause;
	});
}
function asRefusal({ credentials }, { repo, repoUrl }, cause) {
	if (cause.status !== 401 && cause.status !== 403) return cause;
	const fix = credentials === void 0 ? `if it wants to see a login, set repos.${repo} to {url: ${showUrl(repoUrl)}, username: "\${NAME}", password: "\${PASSWORD}"}, both from the environment; else check the proxy settings and \`mirrors\`` : "check what is in the environment variables that its username and password name";
	return new InstallError(`the chart repository ${repo} refuses: ${cause.message}`, {
		cause,
		fix
	});
}
async function findOrFetch(web, ref) {
	const { context } = web;
	const base = repoOf(ref.repoUrl);
	const { lock } = web.supply;
	if (lock !== void 0) {
		const locked = chartIn(lock, {
			from: base,
			name: ref.name,
			asked: ref.version
		});
		return lockedChart(web, `${ref.repo}/${ref.name}`, locked);
	}
	if (ref.version !== void 0) {
		const cached = await cachedChart(context, keyOf(web, base, ref.name, ref.version));
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
	for (const version of /* @__PURE__ */ new Set([entry.version, ref.version ?? entry.version])) await rememberChart(context, keyOf(web, base, ref.name, version), {
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
function keyOf({ mirrors }, from, name, version) {
	return {
		from,
		name,
		version,
		asked: mirrored(`${from}/index.yaml`, mirrors)
	};
}
async function lockedChart(web, name, locked) {
	const { context } = web;
	if (locked === void 0) throw notInLock(web, `chart ${name}`);
	const { version, sha256, url } = locked;
	const what = `chart ${name} ${version}`;
	const cached = await cachedArchive(context, sha256);
	const path = cached ?? archivePath(context.host, sha256);
	if (cached === void 0) await context.host.files.withTemp("chart-", async (temp) => {
		const file = join(temp, "chart.tgz");
		await downloadLocked(web, {
			url,
			sha256,
			what
		}, file);
		await keepFile(context.host, path, context.host.files.stream(file));
	});
	const from = cached === void 0 ? whence(web, url) : "the cache";
	context.log.info(`${what}: from ${from}, sha256 as ${web.supply.lockedBy} says`);
	return {
		path,
		...await readArchive(context, path),
		sha256,
		origin: url
	};
}
async function lookUp(web, base, ref) {
	const url = `${base}/index.yaml`;
	const text = await fetchText(web, url).catch((cause) => {
		if (!(cause instanceof HttpStatusError) || cause.status !== 404) throw cause;
		throw new InstallError(`repos.${ref.repo}: there is no chart repository at ${where(web, url)}`, {
			cause,
			fix: "name the folder that holds the repository's index.yaml"
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
		if (cause instanceof InstallError && cause.fix !== void 0) throw cause;
		throw new InstallError(`${where(web, url)} can't be used: ${messageOf(cause)}`, {
			cause,
			fix: "the host or the mirror serves something else than a chart repository's index"
		});
	}
}
function pickVersion(web, chart, ref, url) {
	const version = chooseVersion(chart.versions, ref.version);
	if (version === void 0) throw noSuchVersion(chart, ref, url);
	if (ref.version === void 0) web.context.log.info(`chart ${ref.repo}/${ref.name}: the newest release is ${version}, says ${url}`);
	return version;
}
var NotInIndex = class extends InstallError {
	missing;
	constructor(missing, message, fix) {
		super(message, { fix });
		this.missing = missing;
	}
};
function noSuchChart(ref, url) {
	return new NotInIndex("chart", `there is no chart ${ref.name} in the repository ${ref.repo} (${url})`, "look for the chart's name in the repository; or is the repository's name another one?");
}
function noSuchVersion(chart, ref, url) {
	const asked = ref.version ?? "";
	const what = ref.version === void 0 ? `chart ${ref.repo}/${ref.name} has no release, only ${chart.versions.slice(0, 3).join(", ")}` : `there is no version ${asked} of the chart ${ref.repo}/${ref.name}; ${suggestVersions(chart.versions, asked)}`;
	const missing = ref.version === void 0 ? "chart" : "version";
	return new NotInIndex(missing, `${what} (${url})`, moved(ref) ?? "name one of these versions");
}
function moved(ref) {
	if (ref.name !== "grafana" || !/^https:\/\/grafana\.github\.io\/helm-charts\/?$/.test(ref.repoUrl)) return;
	const [asked, last] = [parseSemver(ref.version ?? ""), parseSemver("10.5.15")];
	if (!asked || !last || compareSemver(asked, last) <= 0) return;
	return "after 10.5.15 the Grafana chart is at https://grafana-community.github.io/helm-charts: put that under `repos` as grafana-community, and take the chart grafana-community/grafana";
}
function archiveUrl(base, url) {
	if (!URL.canParse(url, `${base}/`)) throw new InstallError(`${base}: its index names ${JSON.stringify(url)}, which is not an address`, { fix: "report it to whoever runs the repository, or take the chart from elsewhere" });
	return new URL(url, `${base}/`).href;
}
async function fetchArchive(web, ref, entry, hasDigests, origin) {
	const { context } = web;
	const expected = entry.digest?.replace(/^sha256:/, "").toLowerCase();
	const from = `the digest in ${where(web, `${ref.repoUrl.replace(/(?<!\/)\/+$/, "")}/index.yaml`)}`;
	if (expected === void 0 && hasDigests) throw new InstallError(`no checksum of ${ref.name} ${entry.version}: ${from} is missing, though other versions have theirs`, { fix: "take another version, or download the chart yourself and name its .tgz" });
	if (expected !== void 0 && !/^[0-9a-f]{64}$/.test(expected)) throw new InstallError(`${from} for ${ref.name} ${entry.version} is no sha256: ${entry.digest}`);
	const cached = expected === void 0 ? void 0 : await cachedArchive(context, expected);
	if (cached !== void 0 && expected !== void 0) return {
		path: cached,
		sha256: expected,
		how: "already in the cache, sha256 verified"
	};
	return await context.host.files.withTemp("chart-", async (temp) => {
		const file = join(temp, "chart.tgz");
		const { sha256 } = expected === void 0 ? await download(web, origin, file, { limit: chartLimit }) : await downloadVerified(web, origin, file, {
			sha256: expected,
			from
		}, { limit: chartLimit });
		await inspectChart(context.host.files.stream(file), where(web, origin));
		const path = archivePath(context.host, sha256);
		await keepFile(context.host, path, context.host.files.stream(file));
		if (expected !== void 0) return {
			path,
			sha256,
			how: "sha256 verified"
		};
		context.log.warn(`${showUrl(ref.repoUrl)} gives no checksums for ${ref.name}: it could not be verified (sha256 ${sha256})`);
		return {
			path,
			sha256,
			how: "not verified"
		};
	});
}
function bare(version) {
	return version.replace(/^v/, "");
}

// src/sources/charts/fetch.ts
async function fetchChart(context, config, ref, options = {}) {
	if (ref.kind === "path") return localChart(context, ref.path);
	if (ref.kind === "objects" || ref.kind === "manifests" || ref.kind === "kustomize") {
		const { folder, kubectl, supply = openSupply } = options;
		if (folder === void 0) throw new Error("a chart of objects needs a folder to be written to");
		return objectsChart(context, ref, {
			folder,
			kubectl,
			supply
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
	return ociChart({
		...web,
		registries: config.registries
	}, ref, await options.helm);
}

// src/sources/charts/values.ts
const unpackedLimit$1 = 64 * 1024 ** 2;
const deepest$2 = 10;
const wanted = /^(?:charts\/[^/]+\/)*(?:Chart\.yaml|requirements\.yaml|values\.yaml|values\.schema\.json|templates\/.+|charts\/[^/]+\.t(?:ar\.)?gz)$/;
const ImportValue = union$1([string(), object({
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
const Requirements = ChartYaml.pick({ dependencies: true });
async function readChartSource({ host }, chart) {
	return toSource(await host.files.read(join(chart.path, "Chart.yaml")) !== void 0 ? await folderFiles(host.files, chart.path) : await archiveFiles(host.files.stream(chart.path), chart.path), chart.path, 0);
}
async function archiveFiles(source, archive) {
	const files = /* @__PURE__ */ new Map();
	for await (const { name, pieces } of tarEntries(source, archive, {
		what: "the chart",
		limit: unpackedLimit$1
	})) {
		const path = name.slice(name.indexOf("/") + 1);
		if (wanted.test(path)) files.set(path, await bytesOf(pieces()));
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
				const bytes = await bytesOf(files.stream(join(root, inner))).catch(emptyWhenFolder);
				size += bytes.byteLength;
				if (size > unpackedLimit$1) throw new InstallError(`${root}: more than ${unpackedLimit$1} bytes of a chart`);
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
	const chart = parsed(`${where}: Chart.yaml`, () => ChartYaml.parse(parseYaml(text("Chart.yaml") ?? "")));
	const listed = chart.dependencies ?? parsed(`${where}: requirements.yaml`, () => Requirements.parse(parseYaml(text("requirements.yaml") ?? "{}"))).dependencies ?? [];
	const schema = text("values.schema.json");
	const templates = [...files].filter(([path]) => path.startsWith("templates/"));
	return {
		name: chart.name,
		isLibrary: chart.type === "library",
		values: defaultsOf(text("values.yaml") ?? "", where),
		schema: schema === void 0 ? void 0 : parsed(`${where}: values.schema.json`, () => JSON.parse(schema)),
		templates: templates.map(([, bytes]) => decode(bytes) ?? ""),
		dependencies: listed.map(toDependency),
		charts: depth < deepest$2 ? await subcharts(files, where, depth) : []
	};
}
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
function defaultsOf(text, where) {
	const { data, errors } = readYaml(text, { keysMayRepeat: true });
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
async function bytesOf(pieces) {
	const parts = [];
	for await (const piece of pieces) parts.push(piece);
	return Buffer.concat(parts);
}

// src/app/judge-monitors.ts
async function monitorMistakes(means, { context, loaded }, plan) {
	const paths = plan.apps.flatMap(({ chart }) => chart.kind === "manifests" ? chart.paths : []);
	const others = [...new Set(paths)].filter((path) => !loaded.config.monitors.includes(path));
	const inManifests = await Promise.all(others.map(async (path) => objectsInFile(await context.host.files.read(path) ?? "", showPath(loaded.cwd, path))));
	const stack = plan.apps.find(isStackChart);
	const interval = stack && valueAt(stack.values, [
		"prometheus",
		"prometheusSpec",
		"scrapeInterval"
	]);
	return (await judgeObjects(means, [...monitorDocuments(loaded), ...inManifests.flat()], {
		global: { scrape_interval: typeof interval === "string" && interval !== "" ? interval : "30s" },
		rules: { features: stack === void 0 ? [] : prometheusFeatures(stack) }
	})).sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true }));
}
function namespaceLines({ loaded }) {
	const { namespace } = loaded.config;
	return monitorDocuments(loaded).filter(({ object: { metadata } }) => isMapping$3(metadata) && !metadata["namespace"]).map(({ object, start }) => `${start}  ${nameOf$2(object)}: namespace ${namespace}${selectionOf(object, namespace)}`);
}
function selectionOf({ kind, spec }, namespace) {
	const what = {
		ServiceMonitor: "Services",
		PodMonitor: "pods"
	}[String(kind)];
	const isOpen = isMapping$3(spec) && !isMapping$3(spec["namespaceSelector"]);
	return what !== void 0 && isOpen ? `; without a namespaceSelector it selects ${what} of ${namespace} only` : "";
}

// src/app/charts/chart-links.ts
const mostFiles = 2e4;
async function refuseChartLinks({ files }, folder, { limits, cwd }) {
	if (!limits.isRestricted) return;
	const left = [folder];
	for (let seen = 0, path = left.pop(); path !== void 0; path = left.pop()) {
		seen += 1;
		if (seen > mostFiles) throw new UserError(`the chart ${showPath(cwd, folder)} has more than ${mostFiles} files`);
		const why = limits.refusesPath(path);
		if (why !== void 0) throw new UserError(`the chart ${showPath(cwd, folder)}: ${showPath(cwd, path)} can't be read: ${why}`);
		const stat = await files.stat(path);
		if (stat !== void 0 && stat.kind !== "file") left.push(...await namesIn(path));
	}
	async function namesIn(path) {
		return (await files.list(path).catch((cause) => {
			throw new UserError(`the chart ${showPath(cwd, folder)} can't be looked through: ${messageOf(cause)}`, { cause });
		})).map((name) => join(path, name));
	}
}

// src/sources/charts/crds.ts
const unpackedLimit = 64 * 1024 ** 2;
const deepest$1 = 6;
const isDefinition = /(?:^|\/)crds\/[^/]+\.ya?ml$/;
async function readChartCrds({ host }, chart) {
	if (await host.files.read(join(chart.path, "Chart.yaml")) !== void 0) return await inFolder(host.files, chart.path, 0);
	const texts = [];
	const options = {
		what: "the chart",
		limit: unpackedLimit
	};
	for await (const { name, pieces } of tarEntries(host.files.stream(chart.path), chart.path, options)) {
		if (!isDefinition.test(name)) continue;
		const parts = [];
		for await (const piece of pieces()) parts.push(piece);
		texts.push(Buffer.concat(parts).toString("utf8"));
	}
	return texts;
}
async function inFolder(files, folder, depth) {
	const each = (depth > deepest$1 ? [] : await files.list(folder)).map(async (name) => {
		const path = join(folder, name);
		if (isDefinition.test(path)) return [await files.read(path) ?? ""];
		return name === "crds" || name === "charts" || /\/charts$/.test(folder) ? await inFolder(files, path, depth + 1) : [];
	});
	return (await Promise.all(each)).flat();
}

// src/app/charts/definitions.ts
async function definitionsIn({ context }, charts) {
	return (await Promise.all(charts.map((chart) => readChartCrds(context, chart)))).flat().filter((text) => text.includes(`group: ${operatorGroup}`)).map((text) => ({
		kind: /^ {4}kind: (\w+)/m.exec(text)?.[1] ?? "",
		release: `v${/operator\.prometheus\.io\/version: "?([\w.-]+)/.exec(text)?.[1] ?? ""}`,
		read: () => {
			try {
				return parseYaml(text, { logLevel: "error" });
			} catch {
				return;
			}
		}
	}));
}
function definitionsAmong(objects) {
	return objects.filter(({ kind }) => kind === "CustomResourceDefinition").flatMap((object) => {
		const { group, names } = object["spec"] ?? {};
		const release = `v${object.metadata.annotations?.["operator.prometheus.io/version"] ?? ""}`;
		return group === "monitoring.coreos.com" ? [{
			kind: String(names?.kind),
			release,
			read: () => object
		}] : [];
	});
}

// src/deploy/host-access.ts
function hostAccessOf({ app, objects, hooks = [], tests = [] }) {
	return [
		...objects,
		...hooks,
		...tests
	].filter(({ kind }) => kind !== "CustomResourceDefinition").filter((object) => !isNodeExporter(app.chart, object)).flatMap((object) => findings(object, [], object));
}
function findings(node, path, object) {
	if (Array.isArray(node)) return node.flatMap((one, index) => findings(one, [...path, index], object));
	if (typeof node !== "object" || node === null) return [];
	return Object.entries(node).flatMap(([key, value]) => {
		const at = [...path, key];
		const what = accessIn(key, value, object);
		return what === void 0 ? findings(value, at, object) : [{
			object,
			path: at,
			what
		}];
	});
}
const harmless = /* @__PURE__ */ new Set([...[
	"AUDIT_WRITE",
	"CHOWN",
	"DAC_OVERRIDE",
	"FOWNER",
	"FSETID",
	"KILL",
	"MKNOD"
], ...[
	"NET_BIND_SERVICE",
	"SETFCAP",
	"SETGID",
	"SETPCAP",
	"SETUID",
	"SYS_CHROOT"
]]);
function accessIn(key, value, { kind }) {
	if (key === "hostPath" && isMapping(value)) return `a hostPath (${String(value["path"])})`;
	if (key === "local" && kind === "PersistentVolume" && isMapping(value)) return `a folder of the machine (${String(value["path"])})`;
	if (hostFields.has(key) && value !== false && value !== null) return `${key}: true`;
	if (key === "hostPort" && value !== 0 && value !== null) return `a port of the machine (${String(value)})`;
	if (key === "gitRepo" && isMapping(value)) return "a gitRepo volume, which the kubelet fetches as root";
	if (key === "sysctls" && Array.isArray(value) && value.length > 0) return "sysctls";
	if (/^(seccomp|appArmor)Profile$/.test(key) && isMapping(value) && value["type"] === "Unconfined") return `${key}: Unconfined`;
	if (key === "parameters" && kind === "StorageClass" && isMapping(value) && chosenFolder in value) return "folders of the machine that a StorageClass chooses (pathPattern)";
	if (key === "procMount" && value === "Unmasked") return "procMount: Unmasked";
	if (key === "capabilities" && isMapping(value) && Array.isArray(value["add"])) {
		const more = value["add"].map(String).filter((name) => !harmless.has(name.replace(/^CAP_/i, "").toUpperCase()));
		return more.length === 0 ? void 0 : `the capabilities ${more.join(", ")}`;
	}
	if (key === "roleRef" && isMapping(value) && value["name"] === "cluster-admin") return "the role cluster-admin";
	if (key === "aggregationRule" && kind === "ClusterRole") return "the rights of other roles (aggregationRule)";
	if (key === "rules" && /^(Cluster)?Role$/.test(kind) && Array.isArray(value) && value.some(isEverything)) return "every right in the cluster";
}
const hostFields = /* @__PURE__ */ new Set([
	"hostPID",
	"hostIPC",
	"hostNetwork",
	"privileged",
	"hostProcess"
]);
const chosenFolder = "pathPattern";
const writing = /^(\*|create|update|patch|delete|deletecollection|impersonate|escalate|bind)$/;
function isEverything(rule) {
	const listOf = (key) => isMapping(rule) && Array.isArray(rule[key]) ? rule[key].map(String) : [];
	const isAll = (key) => listOf(key).includes("*");
	return isAll("apiGroups") && isAll("resources") && listOf("verbs").some((verb) => writing.test(verb));
}
const measured = /* @__PURE__ */ new Set([
	"/proc",
	"/sys",
	"/"
]);
function isNodeExporter(chart, object) {
	if (chart.kind !== "repo" || chart.repoUrl !== defaultRepos["prometheus-community"]?.url) return false;
	if (object.kind !== "DaemonSet") return false;
	const [pod] = podSpecsOf(object);
	const [container, ...others] = [...pod?.initContainers ?? [], ...pod?.containers ?? []];
	if (pod === void 0 || container === void 0 || others.length > 0) return false;
	const paths = (pod.volumes ?? []).flatMap((volume) => volume.hostPath ? [volume.hostPath.path] : []);
	const named = new Set((pod.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name));
	const writes = (container.volumeMounts ?? []).some((mount) => named.has(mount.name) && mount.readOnly !== true);
	const isGuarded = container.securityContext?.privileged !== true && !container.securityContext?.capabilities?.add?.length;
	return isOwnImage(container) && !runsCommands(container) && paths.every((path) => measured.has(path)) && !writes && isGuarded;
}
function isOwnImage({ image, command }) {
	if (typeof image !== "string" || command !== void 0) return false;
	const { registry, repository } = parseImageRef(image);
	return registry === "quay.io" && repository === "prometheus/node-exporter";
}
function runsCommands(container) {
	return "lifecycle" in container || JSON.stringify(container).includes("\"exec\":");
}
function isMapping(node) {
	return typeof node === "object" && node !== null && !Array.isArray(node);
}

// src/app/charts/refuse-host-access.ts
const noChart = "no chart may have with trust: restricted";
function refuseHostAccess({ limits }, rendered) {
	if (!limits.isRestricted) return;
	throwIfAny(rendered.flatMap((one) => [...one.unclear === void 0 ? [] : [{
		where: `app ${one.app.name}`,
		path: "",
		problem: `${one.unclear}, which ${noChart}`
	}], ...hostAccessOf(one).map(({ object: { kind, metadata }, path, what }) => ({
		where: `app ${one.app.name}, ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join("/")}`,
		path: formatPath(path),
		problem: `${what}, which ${noChart}`
	}))]));
}

// src/app/charts/refused.ts
function refusalOf(loaded, app, error) {
	if (error instanceof NotInIndex) return refused(loaded, app, error.missing, error);
	if (error instanceof UserError) return refused(loaded, app, "chart", error);
}
function refuseCharts(refused) {
	const fixes = new Set(refused.flatMap(({ fix }) => fix ?? []));
	try {
		throwIfAny(refused.map(({ mistake }) => mistake));
	} catch (cause) {
		throw new UserError(messageOf(cause), fixes.size > 0 ? { fix: [...fixes].join("; ") } : {});
	}
}
function placeOfChart(loaded, app, first = "chart") {
	const second = first === "chart" ? "version" : "chart";
	return placeInApp(loaded, app, [first]) ?? placeInApp(loaded, app, [second]);
}
function refused(loaded, app, what, { message, fix }) {
	const place = placeOfChart(loaded, app, what);
	return {
		mistake: {
			where: place ? `${place.file}:${place.line}:${place.column}` : `app ${app}`,
			path: `apps.${app}.${what}`,
			problem: message
		},
		fix
	};
}

// src/plan/meant-scrape-configs.ts
const homes = [{
	path: ["extraScrapeConfigs"],
	asText: true
}, {
	path: [
		"prometheus",
		"prometheusSpec",
		"additionalScrapeConfigs"
	],
	asText: false
}];
function meantScrapeConfigs(path, value, known) {
	if (path.at(-1) !== "scrape_configs" || !Array.isArray(value)) return void 0;
	for (let depth = path.length - 1; depth >= 0; depth--) {
		const above = path.slice(0, depth);
		const home = homes.find((one) => nodeAt(known, [...above, ...one.path]) !== void 0);
		if (home === void 0) continue;
		const to = [...above, ...home.path];
		const how = home.asText ? `, which takes the jobs as one text (${home.path.at(-1)}: |)` : "";
		const own = value.some((job) => isMapping$2(job) && job["metrics_path"] === "/federate") ? " For federation there is `federate:` in monstack.yaml, with targets and match: then it is checked that the series arrive." : "";
		return {
			path: to,
			asText: home.asText,
			hint: `did you mean ${to.join(".")}${how}?${own}`
		};
	}
}
function nodeAt(known, path) {
	return path.reduce((node, key) => node?.keys.get(key), known);
}

// src/plan/meant-value.ts
const deepest = 5;
function meantValue(path, value, known) {
	const name = path.at(-1) ?? "";
	if (name === "enabled") return void 0;
	const moved = movedTo(path, value, known);
	if (moved !== void 0) return certainUnless(value === null, moved);
	const above = path.slice(0, -1);
	const beside = [...findNode(known, above)?.keys ?? []].filter(([, node]) => fits(value, node));
	const keys = beside.map(([key]) => key);
	const same = keys.find((key) => hasSameWords(key, name));
	const elsewhere = onAnotherLevel(path, value, known);
	if (same !== void 0) {
		const isOther = beside.some(([key, node]) => key === same && !isOpen(node) && !sharesKeys(value, node));
		return certainUnless(isSwitch(same) || value === null || isOther || elsewhere !== void 0 && isExact(elsewhere, name), [...above, same]);
	}
	if (elsewhere !== void 0) return elsewhere;
	const wrong = beside.flatMap(([key, node]) => !isSwitch(key) && sharesKeys(value, node) ? [key] : []);
	const misspelt = oneLetterOff(name, wrong);
	if (misspelt !== void 0) {
		const node = findNode(known, [...above, misspelt]);
		return certainUnless(value === null || !hasProvenType(value, node), [...above, misspelt]);
	}
	const misspeltSwitch = oneLetterOff(name, keys.filter(isSwitch));
	const similar = (isSwitch(name) ? misspeltSwitch : void 0) ?? similarTo(name, wrong) ?? misspeltSwitch;
	return similar === void 0 ? void 0 : {
		path: [...above, similar],
		isCertain: false
	};
}
const moves = [{
	from: ["configmapReload", "alertmanager"],
	to: ["alertmanager", "configmapReload"]
}];
function movedTo(path, value, known) {
	for (const { from, to } of moves) {
		const above = path.slice(0, path.length - from.length);
		if (JSON.stringify([...above, ...from]) !== JSON.stringify(path)) continue;
		const node = findNode(known, [...above, ...to]);
		if (node !== void 0 && fits(value, node) && sharesKeys(value, node)) return [...above, ...to];
	}
}
function certainUnless(isDoubtful, path) {
	return {
		path,
		isCertain: !isDoubtful
	};
}
function isExact(found, name) {
	return ("several" in found ? found.several : [found.path]).some((path) => path.at(-1) === name);
}
function isSwitch(name) {
	return /^(?:enabled?|disabled?|create|install|deploy)$/i.test(name);
}
function fits(value, node) {
	const kind = kindOf$2(value);
	if (kind === void 0) return true;
	if (kind === "mapping" || kind === "list") return (node.kind ?? kind) === kind && isRoomy(node, kind);
	if (node.kind === void 0) return node.keys.size === 0;
	if (kind === node.kind) return true;
	return kind === "number" ? node.kind === "text" : node.kind === "number" && isNumeric(value);
}
function hasProvenType(value, node) {
	return typeof value !== "object" || node?.kind === kindOf$2(value);
}
function isRoomy(node, kind) {
	return kind === "mapping" ? node.keys.size > 0 || isOpen(node) : node.keys.size === 0 || node.kind === "list";
}
function isNumeric(value) {
	return typeof value === "string" && /^\d+%?$/.test(value);
}
function sharesKeys(value, node) {
	if (!isMapping$2(value) || node.keys.size === 0) return true;
	const names = Object.keys(value);
	return names.length === 0 || names.some((name) => [...node.keys.keys()].some((key) => hasSameWords(key, name)));
}
function onAnotherLevel(path, value, known) {
	const name = path.at(-1) ?? "";
	const above = path.slice(0, -1);
	const level = findNode(known, above);
	const isIt = (found, node) => hasSameWords(found.at(-1) ?? "", name) && fits(value, node) && sharesKeys(value, node);
	const below = level ? namesakes(level, above, name).filter(({ path, node }) => isIt(path, node)) : [];
	const further = above.flatMap((_, index) => {
		const upper = above.slice(0, above.length - 1 - index);
		return [...findNode(known, upper)?.keys ?? []].map(([key, node]) => ({
			path: [...upper, key],
			node
		})).filter((one) => isIt(one.path, one.node));
	});
	const found = below.length > 0 ? below : further.slice(0, 1);
	const [only, second] = found;
	if (only === void 0) return void 0;
	if (second !== void 0) return { several: found.map((one) => one.path) };
	return certainUnless(!(namesakes(known, [], name).length === 1 || below.length > 0 && above.length > 0 && namesakes(level ?? known, above, name).length === 1) || isDelicate(value, only.node, name) || leavesComponent(path, only.path, known), only.path);
}
function isDelicate(value, node, name) {
	if (value === null || isSwitch(name)) return true;
	if (isMapping$2(value) && node.keys.size === 0) return true;
	return isMapping$2(value) && (hasSwitch(value) || [...node.keys.keys()].some(isSwitch));
}
function leavesComponent(path, to, known) {
	return path.slice(0, -1).map((_, index) => path.slice(0, index + 1)).filter((above) => above.length >= to.length).some((above) => [...findNode(known, above)?.keys.keys() ?? []].some(isSwitch));
}
function hasSwitch(value) {
	if (!isMapping$2(value)) return false;
	return Object.entries(value).some(([key, inner]) => isSwitch(key) || hasSwitch(inner));
}
function namesakes(level, above, name, depth = 0) {
	return [...level.keys].flatMap(([key, node]) => {
		const path = [...above, key];
		const here = hasSameWords(key, name) ? [{
			path,
			node
		}] : [];
		return depth < deepest ? [...here, ...namesakes(node, path, name, depth + 1)] : here;
	});
}
const canonical = new Map([
	["persistence", "persistent volume"],
	["storage class", "storage class name"],
	["node exporter", "prometheus node exporter"],
	[
		"pushgateway",
		"push gateway",
		"prometheus pushgateway"
	],
	[
		"replicas",
		"replica count",
		"replica"
	]
].flatMap((names) => names.map((name) => [name, names[0] ?? name])));
function hasSameWords(a, b) {
	return a === b || meaningOf(a) === meaningOf(b);
}
const meanings = /* @__PURE__ */ new Map();
function meaningOf(name) {
	const known = meanings.get(name);
	if (known !== void 0) return known;
	const words = wordsOf(name).join(" ");
	const found = canonical.get(words) ?? words.replaceAll(" ", "");
	meanings.set(name, found);
	return found;
}
function oneLetterOff(name, candidates) {
	if (name.length < 4 || name.length > 100) return void 0;
	const wanted = plainWord(name);
	const found = candidates.filter((key) => {
		const plain = plainWord(key);
		if (Math.abs(plain.length - wanted.length) > 1 || editDistance(wanted, plain) !== 1) return false;
		const isReplaced = plain.length === wanted.length && sorted(plain) !== sorted(wanted);
		return wanted.length >= (isReplaced ? 6 : 4);
	});
	return found.length === 1 ? found[0] : void 0;
}
function sorted(word) {
	return [...word].sort().join("");
}
function similarTo(name, candidates) {
	return (name.length > 3 ? nearest(name, candidates) : void 0) ?? withMoreWords(name, candidates) ?? sameBeginning(name, candidates);
}
function withMoreWords(name, candidates) {
	const words = wordsOf(name);
	const wanted = ` ${words.join(" ")} `;
	return single(candidates.map((key) => ({
		key,
		words: ` ${wordsOf(key).join(" ")} `
	})).filter((one) => one.words.includes(wanted) || wanted.includes(one.words)).filter((one) => words.length > 1 || one.words.startsWith(wanted)).map((one) => ({
		key: one.key,
		more: Math.abs(one.words.length - wanted.length)
	})).filter(({ key, more }) => more <= Math.max(key.length, name.length) / 2).sort((a, b) => a.more - b.more), ({ more }) => more)?.key;
}
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
function single([first, second], measure) {
	if (first === void 0) return void 0;
	return second !== void 0 && measure(first) === measure(second) ? void 0 : first;
}
function wordsOf(name) {
	return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
}

// src/plan/unknown-values.ts
function unknownValues(app, values, chart) {
	const known = knownValues(chart, values);
	return below(values, known, []).map(({ path, value }) => {
		const otherwise = meantScrapeConfigs(path, value, known);
		if (otherwise !== void 0) {
			const { hint, asText } = otherwise;
			return {
				app,
				path,
				meant: formatKeyPath(otherwise.path),
				hint,
				asText,
				isCertain: true
			};
		}
		if (isWrapper(path, value, known, [
			app,
			chart.name,
			...formerNames[chart.name] ?? []
		])) return {
			app,
			path,
			meant: void 0,
			hint: `the chart has these values one level higher: move them up, out of ${formatKeyPath(path)}`,
			isWrapper: true,
			isCertain: true
		};
		const condition = conditionOf(path, chart);
		if (condition !== void 0) return {
			app,
			path,
			meant: condition
		};
		const meant = meantValue(path, value, known);
		if (meant !== void 0 && "several" in meant) return {
			app,
			path,
			meant: void 0,
			hint: `the chart has a key of this name at ${meant.several.slice(0, 4).map(formatKeyPath).join(", ")}`
		};
		return {
			app,
			path,
			meant: meant && formatKeyPath(meant.path),
			...meant?.isCertain && { isCertain: true }
		};
	});
}
function conditionOf([key, name, ...further], chart) {
	if (name !== "enabled" || further.length > 0) return void 0;
	return chart.dependencies.find((one) => (one.alias ?? one.name) === key)?.conditions[0];
}
const formerNames = { "kube-prometheus-stack": ["prometheus-operator"] };
function isWrapper(path, value, known, namesOfChart) {
	const name = path.at(-1) ?? "";
	const names = path.length === 1 ? namesOfChart : path.slice(-2, -1);
	if (!isMapping$2(value) || !names.some((one) => hasSameWords(one, name))) return false;
	const inside = Object.keys(value);
	const beside = [...findNode(known, path.slice(0, -1))?.keys.keys() ?? []];
	const fitting = inside.filter((key) => beside.some((one) => hasSameWords(one, key)));
	return fitting.length > 0 && fitting.length * 2 >= inside.length;
}
function below(values, known, path) {
	if (isOpen(known)) return [];
	return Object.entries(values).flatMap(([key, value]) => {
		const here = [...path, key];
		const next = known.keys.get(key);
		if (next !== void 0) return isMapping$2(value) ? below(value, next, here) : [];
		if (path.length === 0 && /^(?:[._]|x-)/.test(key)) return [];
		return [{
			path: here,
			value
		}];
	});
}

// src/app/charts/unknown-values.ts
async function findUnknownValues({ context, loaded }, { name }, chart) {
	if (loaded.config.apps[name] === void 0) return [];
	try {
		return unknownIn(loaded, name, await readChartSource(context, chart));
	} catch (error) {
		context.log.debug(`${name}: which values chart ${chart.name} knows could not be told: ${messageOf(error)}`);
		return;
	}
}
function unknownIn(loaded, name, source) {
	const app = loaded.config.apps[name];
	return app === void 0 ? [] : unknownValues(name, userValues(name, app, loaded.valuesFiles), source);
}

// src/app/charts/render.ts
async function renderCharts(session, plan, tools, folder = join(session.loaded.config.stateDir, "charts")) {
	const { context, loaded } = session;
	const rendered = await Promise.all(plan.apps.map(async (app) => {
		if (app.chart.kind === "path") await refuseChartLinks(context.host, app.chart.path, loaded);
		const chart = await fetchChart(context, loaded.config, app.chart, {
			...tools,
			supply: session.supply,
			folder: join(folder, app.name)
		}).catch((error) => {
			const refusal = placeOfChart(loaded, app.name) && refusalOf(loaded, app.name, error);
			if (refusal) refuseCharts([refusal]);
			throw error;
		});
		const [one, unknownValues] = await Promise.all([renderApp(context, await tools.helm, app, chart, loaded.limits).catch(async (error) => {
			if (error instanceof UserError) throwIfAny(await schemaMistakes(loaded, app, await readChartSource(context, chart)));
			throw error;
		}), findUnknownValues(session, app, chart)]);
		return {
			...one,
			unknownValues
		};
	}));
	for (const secret of rendered.flatMap(secretsOf)) context.log.mask(secret);
	refuseHostAccess(loaded, rendered);
	refuseLongNames(loaded, rendered);
	if (loaded.config.cluster.kind === "k3s") refuseUnread(rendered, [...monitorsIn$1(loaded), ...placesIn(await objectsOnDisk(session, plan))], { appDir: shownAppDir(loaded) });
	const means = objectMeans(session, async () => definitionsAmong(rendered.flatMap(({ objects }) => objects)));
	refuseAs("prometheus-config-invalid", await contentMistakes(means, loaded, plan, { kinds: ["scrape"] }));
	throwIfAny([...await contentMistakes(means, loaded, plan, { kinds: ["object", "part"] }), ...await monitorMistakes(means, session, plan)]);
	await checkRendered(session.judge, loaded, rendered);
	for (const { text, at } of await noticesAfterRender(session.judge, loaded, rendered)) context.log.warn(text, {
		title: "monstack: plan",
		...at
	});
	await session.expressions.prepare(rangeQueries(rendered));
	for (const { text, at } of await newerThanDeployed(session, plan, deployedPrometheus(rendered).version)) context.log.warn(text, {
		title: "monstack: rules",
		...at
	});
	await runRuleTests(context, loaded.config, rendered, loaded.limits);
	return rendered;
}
function rangeQueries(rendered) {
	return renderedGroups(rendered).filter(({ name }) => name !== ruleGroup.name).flatMap(({ rules }) => rules.map(({ expr }) => String(expr))).filter((expr) => expr.includes("["));
}
function secretsOf({ objects }) {
	return objects.filter(({ kind }) => kind === "Secret").flatMap(({ data, stringData }) => [...credentialsIn(stringData, () => void 0), ...credentialsIn(data, () => void 0).map((text) => Buffer.from(text, "base64").toString("utf8"))]);
}

// src/app/session/crew.ts
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

// src/app/up.ts
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
	const images = crew.start(() => bringImages(session));
	const rendered = crew.start(() => recorder.phase("fetch and render charts", async () => {
		const plan = await addDashboards(session, input.plan);
		const apps = await renderCharts(session, plan, {
			helm,
			kubectl
		});
		holdImages(session, apps);
		refusePulls(session, apps);
		tellCharts(session, apps);
		tellPulls(session, apps);
		return {
			plan,
			apps
		};
	}));
	const cluster = await crew.start(() => recorder.phase("start cluster", () => openCluster(session, input, {
		k3s,
		images
	}, (running) => {
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
	const deployed = await recorder.phase("deploy", async () => deployApps(context, {
		cluster,
		helm: await helm,
		apps,
		journal: input.journal,
		timeoutMs: config.timeouts.deployMs,
		withoutFlannel: cluster.kind === "k3s" && k3sSettings(config.k3s.args, hostPaths()).flannelBackend === "none",
		beforeChanges: (missing) => checkRights(session, cluster, apps, input.login, missing)
	}));
	const locked = lockedImages(session, await images);
	draft.versions = {
		...draft.versions,
		imageDigests: await imageDigests(session, cluster.kube, apps, locked)
	};
	draft.apps = deployed.map(({ chart: _, ...app }) => app);
	const services = await recorder.phase("open local addresses", () => openServices(session, cluster, apps, input.journal, plan.alerting), () => "the local addresses");
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
		images: locked,
		services,
		grafana: await readLogin(input.login, cluster.kube, session)
	};
	await saveStack(context.host, config.stateDir, stack);
	return stack;
}
async function openCluster(session, input, { k3s, images }, onRunning) {
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
	const running = await startK3s(context, withImages(config, await images), await k3s, preflight, journal);
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

// src/app/verify/watch.ts
const mostKept = 1e3;
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
function noteChange(log, watched, result, { began, ended }) {
	const { id, status } = result;
	const before = watched.states.get(id);
	if (before?.status === status) return;
	watched.states.set(id, {
		status,
		since: began
	});
	const said = describeResult(result);
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

// src/app/job.ts
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
			if (stack && verified) await job.whenVerified?.(stack);
		}
	} catch (thrown) {
		error = context.signal.aborted ? new Interrupted() : thrown;
		draft.failure = describeFailure(error);
	}
	const unverified = checks(job) && !verified;
	if (error !== void 0 || unverified && isUnexplained(session)) await explain$1(session, {
		stack,
		error
	});
	const failed = error !== void 0 || job.mode === "run" && !verified;
	if (job.mode === "down" && loaded.config.verify.atEnd) await tryVerifyAtEnd(session);
	if (job.mode === "down" || own.began && wantsTeardown(job, failed, error)) {
		if (loaded.config.keep.metrics) await keepMetrics(session);
		await tryDown(session);
	}
	const results = redactResults(toResults(session, job.mode, verified), context.log.redactor);
	await tryReport(session, results);
	return {
		exitCode: judge(job, results, error),
		results,
		stack,
		error
	};
}
async function findStack({ context, loaded }) {
	const stack = await loadStack(context.host, loaded.config.stateDir);
	for (const secret of stack.plan.secrets ?? []) context.log.mask(secret);
	return stack;
}
async function makeReportDir({ context, loaded }) {
	const { reportDir } = loaded.config;
	try {
		await context.host.files.mkdir(reportDir);
		await context.host.files.write(join(reportDir, ".writable"), "");
		await context.host.files.remove(join(reportDir, ".writable"));
	} catch (cause) {
		throw new UserError(`the report folder ${reportDir} can't be written to: ${messageOf(cause)}`, {
			fix: "name another with --report-dir (input report-dir)",
			cause
		});
	}
}
async function tryReport({ context, loaded }, results) {
	const { reportDir } = loaded.config;
	try {
		await writeReport(context.host, reportDir, results);
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
function isUnexplained({ draft }) {
	const points = new Set(checklistPoints.map(({ id }) => id));
	const failed = draft.checks.filter(({ status }) => status === "fail" || status === "error");
	return failed.length === 0 || failed.some(({ id }) => !points.has(id));
}
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
function wantsTeardown(job, failed, error) {
	if (job.mode === "verify" || job.mode === "checklist" || failed && job.keepOnFailure) return false;
	return job.mode === "run" || error !== void 0;
}
async function bringUp(session, job, own) {
	const { context, loaded, recorder, version } = session;
	const { config } = loaded;
	const { host } = context;
	const { plan: unpinned, login } = await prepare$1(session);
	const plan = await holdToLock(session, unpinned);
	await refuseValues(session, plan);
	session.draft.profileSettings = plan.profileSettings.map(({ isAsked: _, ...set }) => set);
	session.draft.warnings = [...session.draft.warnings, ...plan.notices.map(({ text }) => text)];
	await clearLeftovers(session, job);
	const found = config.cluster.kind === "k3s" ? await recorder.phase("preflight", () => preflight(context, config), () => "the look at this host") : void 0;
	session.draft.adaptations = found?.adaptations ?? [];
	if (config.ports.whenBusy === "fail") await choosePorts(context, expectedListeners(config, plan), "fail");
	if (plan.alerting.kind === "captured") {
		session.progress.capture = plan.alerting.at;
		await checkReceiverPorts(context, plan.alerting.at);
	}
	const before = await takeSnapshot(host);
	own.began = true;
	const owner = config.cluster.kind === "k3s" ? "root" : "user";
	const journal = await openJournal(host, config.stateDir, owner);
	const at = new Date(host.now()).toISOString();
	await journal.append({
		kind: "begin",
		at,
		before,
		version
	});
	await journal.append({
		kind: "temporary",
		at,
		path: host.temporary.folder
	});
	if (config.keep.data) await journal.append({
		kind: "keep-data",
		at
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
	const [first] = await readJournal(context.host, stateDir, knownOf(loaded.config));
	if (first === void 0) return;
	if (!job.replace) throw new InstallError(`a stack of monstack is here already, since ${first.at} (its journal is in ${stateDir})`, { fix: "`monstack down` takes it away; `--replace` does so before it starts" });
	context.log.warn(`an earlier run, of ${first.at}, left a stack behind: taking it down first`);
	const { leaks } = await down(session);
	if (leaks.length > 0) throw new InstallError(`the earlier stack could not be taken down: ${leaks.map(({ kind, what }) => `${kind} ${what}`).join(", ")} left`);
}
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
		context.log.error(`teardown: ${messageWithFix(error)}`);
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
		schemaVersion: 2,
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

export { allImages as $, checkOnDisk as A, readBundle as B, checksumsFolder as C, contentMistakes as D, prepare$1 as E, findSupply as F, stageCompressed as G, Manifest as H, holdImages as I, wantedOf as J, parseLock as K, holdToLock as L, chartMistakes as M, userValues as N, schemaMistakes as O, differs as P, pinCharts as Q, pinned as R, publishedChecksum as S, expectedListeners as T, manifestName as U, readManifest$1 as V, stageAsIs as W, isK3sImage as X, takenOver as Y, startedImages as Z, renderApp as _, hasSameWords as a, checkReceiverPorts as at, installTool as b, refusalOf as c, refuseChartLinks as d, fitsTool as et, monitorMistakes as f, readArchive as g, fetchChart as h, unknownValues as i, unusedIn as it, addDashboards as j, objectMeans as k, refuseCharts as l, readChartSource as m, renderCharts as n, missingRepositories as nt, isSwitch as o, choosePorts as ot, namespaceLines as p, localOf as q, unknownIn as r, repositoryOf as rt, placeOfChart as s, examine as st, runJob as t, missingIn as tt, definitionsIn as u, fetchImages as v, missingNamespaces as w, resolveVersion as x, digestOf as y, refuseForeignTools as z };