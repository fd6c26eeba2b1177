import { i as __toESM } from "./rolldown-runtime.js";
import { _ as describeError$1, a as formatList, d as tryParseJson, f as CommandError, g as UserError, h as MonstackError, i as formatCount, l as shorten, m as Interrupted, p as InstallError, r as encodeUrlPart, s as limitLine, t as clipLines, v as describeErrorAndFix, y as exitCode } from "./text.js";
import { $a as readDashboard$1, $i as getEventTime, $n as lockFileName, $t as showHosts, Aa as findGrafanaValues, Ai as areas, An as listEndpointParts, Ao as checklistPoints, Ar as judgeRuleTexts, As as createPrometheusClient, At as findCachedChart, B as readRememberedChecksum, Ba as matchesLabel, Bo as forwardLog, Br as findPlannedFeatures, Bt as hashFile, C as openIncoming, Ca as formatImageRef, Cn as listCredentials, Cr as findNeeds, Da as listRenderedGroups, Dn as readMonitors, Do as didYouMean, Dr as refuseAs, Dt as warnAboutCharts, E as archiveFile, Ea as toFullImageName, En as readMonitorDocuments, Eo as throwIfAny, Er as checkRendered, Es as tarEnd, Et as refuseCharts, Fa as findWrongPaths, Fn as setValues, Fo as openJournal, Fr as findDeployedAlertmanager, Fs as require_dist, Ft as readLocalChart, G as resolveVersion, Ga as readDocuments, Gn as isRuleFileRead, Go as k3sUnit, Gr as placeInFile, Gt as HttpStatusError, H as resolveLockedDownload, Ha as operatorGroup, Hi as formatPlace, Hn as findGrafanaLogin, Ho as forwardStatus, Ht as refuseOffline, I as fetchK3sImageList, Ia as reportWaits, In as readInlineYaml, Io as readJournal, Ir as findNewerKeys$1, Is as datetime, It as createChecksumError, J as readStartTime, Ja as createGrafanaClient, Ji as judgeDisk, Jn as getDefaultApps, Jo as oomDropIn, Jt as createTooLargeError, K as isOfRootOrUs, Ka as readYaml, Kn as defaultRepos, Ko as listK3sPaths, Kr as placeInValues, Kt as Transient, La as connectToCluster, Ln as completeConfigInValues, Lo as changedByK3s, Lt as createNotLockedError, Ma as hasProvisioningMount, Mn as pickPart, Mr as isNewerThanJudge, Ms as parseDuration, Mt as rememberChart, Na as listDashboardProviders, Nn as findValue, No as saveStack, Nr as judgeAlertmanager, Ns as parseDocuments, Nt as chartLimit, O as findCachedTool, Oa as joinBelow, Oi as inSpan, On as showAppDir, Oo as findNearestWord, Or as findRuleFiles, Ot as fetchRepoChart, P as readPackedProgram, Pa as removeEndSlashes, Pn as prepareConfigToJudge, Po as journalName, Pr as judgeNotifications, Ps as parseYaml, Pt as readArchive, Qa as mapLimited, Qi as expectFailure, Qn as findLockedDashboard, Qt as openSupply, Ro as explainForbiddenDataDir, Rr as judgedBy, Rt as createProgress, S as noteImage, Sa as listPodImages, Sn as readRuleSources, So as formatValue$1, Sr as parseManifest$1, St as findUnknownValues, T as takeSnapshot, Ta as toContainerdName, Tn as hasNoOperator, To as showPath, Ts as readStrictTarFiles, Tt as noticeMovedCharts, U as resolvePublishedDownload, Ua as parseObjects, Un as findAlertmanagerPath, Uo as imageFolder, Ur as locate, Ut as request, V as rememberChecksum, Va as filterOperatorObjects, Vn as sortByDependencies, Vo as forwardSettings, Vr as findPlannedVersion, Vt as showDownload, W as parseVersion, Wa as setDefaultNamespace, Wn as hasAlertmanager, Wo as isNetwork, Wr as placeInApp, Wt as parseRange, X as explainSystemError, Xa as queryRange, Xi as judgeWorkload, Xn as byDefault, Xo as withKubeCache, Xt as formatBasicAuthorization, Y as findExisting, Ya as createRange, Yi as readDisk, Yn as Lock, Yo as stateFiles, Yt as createWeb, Za as createLimiter, Zi as describeClasses, Zn as findLockedChart, Zt as limitBytes, _ as getBlobPath, _a as listDisabledParts, _n as listPlannedApps, _o as stackChart, _r as listClusterObjects, _t as trackReadiness, a as findPlainHttpHosts, aa as readLog, ao as prometheusTypes, as as showUrl, ba as removeFlag, bn as findPrometheus, br as listImages$1, c as getTextPath, ca as policyFailures, co as pointAt, cs as getOwnValue, d as detectMediaType, do as findEndpoints, dr as createWorkloadView, ds as isMapping, dt as keepMetrics, ea as getStorageClassName, en as showRequest, eo as isVerified, er as normalizeRepoUrl, et as describeFailure, f as readImageParts, fa as endChecks, fi as redactResults, fo as listNamespaces, fr as listResources, fs as isTooDeep, ft as connectToStack, g as forgetBlob, ga as hasFlag, gi as buildTrace, gn as parseChartTemplates, go as isStackChart, gr as noteKubeletServices, gs as withValue, gt as verifyAtEnd, h as findBlob, ha as findLastValue, hi as writeReport, hn as collectDefinitions, ho as getGrafanaValuesPath, hr as noteDefinitions, hs as replaceValueAt, ht as verify, i as findForeignTools, ia as formatLogTail, io as isSameType, ir as checkRights, is as isCredentialKey, it as splitSecretArguments, j as keepTool, ja as hasGrafana, jn as listScrapeParts$1, jo as loadStack, jr as locateFault, js as formatDuration, jt as getArchivePath, k as forgetTool, ka as resolveServerAccess, ki as readInventory, kn as refuseUnreadObjects, ko as listOperatorImages, kr as createRuleFile, kt as findCachedArchive, la as noClass, ln as readChartCrds, lo as toParsedQuery, ls as getValueAt, m as closeIncoming, ma as buildK3sFlags, mn as findSubchartKeys, mo as getChartName, mr as openStore, mt as listChecks, na as explainK3sEnd, nn as applyMirrorsToOci, no as detectSourceLanguages, nr as isRelease, nt as addLogLine, o as describeNonObject, oa as watchPodNetwork, on as keepFile, oo as findNodesAround, os as formatKeyPath, pa as matchFailure, pr as listTargets, ps as mergeValues, pt as judgeStack, q as parseUserId, qa as listUnansweredQueries, qi as isNearlyFull, qo as listSettingFiles, qr as placeOfSetting, qt as computeBackoffMs, r as readResults, ra as findKnownCause, rn as parseRegistry, ro as guessTypeFromName, rr as explainFailure, rs as collectCredentials, s as fetchDashboard, sa as runChecks, sn as refuseShared, so as listNodes, ss as getMappingAt$1, t as getKnownPlaces, ta as isDefaultClass, tn as applyMirrors, to as parseInterval, tt as WorkloadsFailed, u as computeDigest, ua as helmFailures, un as readChartSource, uo as withoutTexts, us as isEmptyValue, va as listHostPaths, vn as makePlan, vo as normalizeRegistryHost, vr as findAmbiguousYaml, vt as describeResult, w as tearDown, wa as parseImageRef, wn as getSecretVariable, wo as parseWith, wt as locateChart, x as maxDocumentBytes, xa as resolveK3sSettings, xn as findScrapeMs, xo as formatPath, xr as listPodSpecs, xt as findRefusal, ya as nodeIpFlags, yn as mergeUserValues, yr as getHookEvents, z as getRelease, za as readRouting, zo as findOwnFolder, zr as findDeployedPrometheus, zt as fetchText } from "./known.js";
import { n as openServer } from "./server.js";
import { r as yieldEachOnce, t as freeMemory } from "./memory.js";
import { T as ObjectCoreV1Api, j as ApiException, k as ObjectVersionApi, t as Health } from "./dist.js";
import { t as require_semver } from "./semver.js";
import { r as selectLoginEnvironment, t as SharingKubeConfig } from "./kube-config.js";
import { a as isTransient, n as createApi, o as limitCallTime, s as retryTransient, t as ApiError } from "./api2.js";
import { A as int, E as array, F as object, H as unknown$1, L as record, M as looseObject, j as literal, w as _enum, y as ruleGroup, z as string } from "./endpoints.js";
import { n as BodyTooLarge, r as readBody } from "./kube-http.js";
import { t as formatBytes } from "./quantity.js";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { createHash, generateKeyPairSync, randomBytes, sign, timingSafeEqual } from "node:crypto";
import { pipeline } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { constants, createZstdCompress, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { createServer } from "node:https";
import { createServer as createServer$1, isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";

// src/cluster/preflight/existing-k3s.ts
async function probeExistingK3s(host, paths, options) {
	const signs = [...await findRunningServers(host, paths), ...await findInstalledFiles(host, paths, options)];
	if (signs.length === 0) return [];
	if (await isFromEarlierRun(host, options.stateDir)) return [{
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
async function findInstalledFiles(host, paths, options) {
	const candidates = [
		options.kubeconfig,
		join(paths.etcRancher, "k3s/k3s.yaml"),
		...paths.systemdUnits.flatMap((folder) => [join(folder, "k3s.service"), join(folder, "k3s-agent.service")]),
		...options.dataDirs.flatMap((dataDir) => [join(dataDir, "server"), join(dataDir, "agent/containerd")])
	];
	return filterExisting(host, [...new Set(candidates)]);
}
async function filterExisting(host, candidates) {
	const existingPaths = new Set(await findExisting(host, candidates));
	return candidates.filter((path) => existingPaths.has(path));
}
async function findRunningServers(host, paths) {
	const pids = (await host.files.list(paths.proc)).filter((name) => /^\d+$/.test(name));
	const servers = (await Promise.all(pids.map(async (pid) => {
		const read = (name) => host.files.read(`${paths.proc}/${pid}/${name}`).catch(() => void 0);
		const [command, status] = await Promise.all([read("cmdline"), read("status")]);
		return {
			pid,
			command: command?.replaceAll("\0", " ").trim() ?? "",
			uid: parseUserId(status ?? "")
		};
	}))).filter((info) => isOfRootOrUs(info) && isK3sServer(info.command));
	const areInThisNetwork = await Promise.all(servers.map(({ pid }) => isInOurNetwork(host, paths, pid)));
	return servers.filter((_, index) => areInThisNetwork[index]).map(({ pid, command }) => `process ${pid}: ${command.slice(0, 60)}`);
}
function isK3sServer(command) {
	return /^(\S*\/)?k3s\s+(server|agent)\b/.test(command);
}
async function isInOurNetwork(host, paths, pid) {
	const [processNetwork, ownNetwork] = (await host.exec([
		"readlink",
		`${paths.proc}/${pid}/ns/net`,
		`${paths.proc}/self/ns/net`
	], {
		root: host.rights !== "none",
		allowFailure: true
	})).stdout.trim().split("\n");
	return processNetwork === void 0 || ownNetwork === void 0 || processNetwork === ownNetwork;
}
async function isFromEarlierRun(host, stateDir) {
	return (await host.files.read(join(stateDir, "journal.jsonl")).catch(() => void 0))?.includes("\"kind\":\"k3s\"") ?? false;
}

// src/cluster/preflight/kernel.ts
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
		done: "containerd is set to keep the oom_score_adj it has (restrict_oom_score_adj)"
	}];
}
const restrictOomScoreAdj = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
`;
function parseRootPropagation(mountinfo) {
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
async function readOverlay(host, paths) {
	if (await isOverlayListed(host, paths)) return true;
	await host.exec([
		"modprobe",
		"--",
		"overlay"
	], {
		root: true,
		allowFailure: true
	}).catch(() => void 0);
	return isOverlayListed(host, paths);
}
async function isOverlayListed(host, paths) {
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
async function readSysctls(host, paths) {
	return (await Promise.all(changedByK3s.map(async ([key, k3sValue]) => {
		const path = `${paths.proc}/sys/${key.replaceAll(".", "/")}`;
		const previous = (await host.files.read(path).catch(() => void 0))?.trim();
		return previous === void 0 || previous === k3sValue ? [] : [{
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
	for (const [program, debianPackage] of Object.entries(packagesByProgram)) {
		if ((await Promise.all(folders.map((folder) => host.files.exists(`${folder}/${program}`)))).includes(true)) continue;
		findings.push({
			kind: "problem",
			id: "missing-program",
			message: `the program ${program} is not there`,
			fix: `install it (Debian, Ubuntu: apt-get install ${debianPackage})`
		});
	}
	return findings;
}
const packagesByProgram = {
	mount: "mount",
	umount: "mount",
	unshare: "util-linux",
	ip: "iproute2"
};
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
		controllers: parseEnabledControllers(table)
	};
}
function parseEnabledControllers(table) {
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
		done: "from that version on the kubelet is set to accept it (fail-cgroupv1=false)"
	}];
}

// src/cluster/preflight/network.ts
const Links = array(object({
	ifname: string().default(""),
	flags: array(string()).default([]),
	addr_info: array(object({
		local: string().default(""),
		scope: string().default("")
	})).default([])
}));
const containerLinks = /^(cni|flannel|docker|br-|veth|virbr|podman|lxcbr|lxdbr|cali|cilium|kube-|tunl)/;
function parseLinkAddresses(json) {
	const links = Links.safeParse(tryParseJson(json));
	if (!links.success) return [];
	return links.data.filter(({ flags }) => !flags.includes("LOOPBACK")).flatMap(({ ifname, flags, addr_info }) => addr_info.filter(({ local, scope }) => scope === "global" && isIPv4(local) && !local.startsWith("169.254.")).map(({ local }) => ({
		device: ifname,
		address: local,
		hasCarrier: !flags.includes("NO-CARRIER")
	})));
}
async function readLinkAddresses(host, paths) {
	const result = await host.exec([...[
		"ip",
		"-json",
		"-4",
		"address",
		"show",
		"up"
	]], { allowFailure: true }).catch(() => void 0);
	return (await Promise.all(parseLinkAddresses(result?.stdout ?? "").map(async (link) => {
		const isHardware = await host.files.exists(`${paths.sys}/class/net/${link.device}/device`);
		return {
			link,
			rank: (link.hasCarrier ? 0 : 2) + (isHardware ? 0 : 1)
		};
	}))).sort((a, b) => a.rank - b.rank).map(({ link }) => link);
}
function parseRequestedUplink(args) {
	const address = findLastValue(args, nodeIpFlags);
	const device = findLastValue(args, ["--flannel-iface"]);
	return {
		...address === void 0 ? {} : { address },
		...device === void 0 ? {} : { device }
	};
}
function filterUplinks(links, requested) {
	const { address, device } = requested;
	if (address !== void 0 && device !== void 0) return [{
		address,
		device
	}];
	return links.filter((link) => {
		if (address !== void 0) return link.address === address;
		if (device !== void 0) return link.device === device;
		return !containerLinks.test(link.device);
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
function judgeUplink(uplinks, requested, serviceRoute) {
	const [uplink, ...otherUplinks] = uplinks;
	if (uplink === void 0) return [{
		kind: "problem",
		id: "no-default-route",
		...describeMissingUplink(requested)
	}];
	const adaptations = [];
	if (requested.address === void 0 || requested.device === void 0) adaptations.push(`using ${uplink.address} (${uplink.device}) as the node address${describeOtherUplinks(otherUplinks)}`);
	if (serviceRoute !== void 0) adaptations.push(`the services' addresses (${serviceRoute}) get a route within this host until teardown`);
	if (adaptations.length === 0) return [];
	return [{
		kind: "adaptation",
		id: "no-default-route",
		found: "this host has no default route, by which k3s finds its node's address and services are reached",
		done: adaptations.join("; ")
	}];
}
function describeOtherUplinks(otherUplinks) {
	if (otherUplinks.length === 0) return "";
	return ` rather than ${otherUplinks.map(({ address, device }) => `${address} of ${device}`).join(", ")} (k3s.args: ["--node-ip=ADDRESS"] for another one)`;
}
function describeMissingUplink({ address, device }) {
	if (address !== void 0 || device !== void 0) {
		const [flag, problem] = address === void 0 ? [`--flannel-iface=${device}`, "no link with this name is up and has an IPv4 address"] : [`--node-ip=${address}`, "no link that is up has this address"];
		return {
			message: `this host has no default route, k3s.args has ${flag}, and ${problem}`,
			fix: "correct k3s.args (`ip -4 address` lists links and addresses), or give the host a default route"
		};
	}
	return {
		message: "this host has no default route and no IPv4 address on a link that is up, so its node has no address",
		fix: "connect it, or give it an address of its own that leads nowhere: ip link add node0 type dummy; ip address add 192.0.2.1/32 dev node0; ip link set node0 up"
	};
}
const vxlanHeader = 50;
const ethernetMtu = 1500;
function parseDefaultDevice(table) {
	return table.split("\n").map((line) => {
		const [device, destination, , , , , metric, mask] = line.trim().split(/\s+/);
		return {
			device,
			destination,
			metric: Number(metric),
			mask
		};
	}).filter(({ device, destination, mask }) => destination === "00000000" && mask === "00000000" && device !== "*").sort((a, b) => a.metric - b.metric)[0]?.device;
}
function hasIpv6Default(table) {
	return /^0{32} 00 .* (?!lo$)\S+$/m.test(table);
}
async function readPodNetwork(host, paths, args, settings) {
	const requested = parseRequestedUplink(args);
	const device = parseDefaultDevice(await host.files.read(`${paths.proc}/net/route`) ?? "");
	if (device !== void 0) return {
		facts: {
			podMtu: await readPodMtu(host, paths, requested.device ?? device),
			uplink: void 0,
			serviceRoute: void 0
		},
		findings: []
	};
	const uplinks = isIpv6Requested(args, settings) ? [] : filterUplinks(await readLinkAddresses(host, paths), requested);
	const [uplink] = uplinks;
	const podMtu = await readPodMtu(host, paths, requested.device ?? uplink?.device);
	if (uplink === void 0) {
		const ipv6Routes = await host.files.read(`${paths.proc}/net/ipv6_route`) ?? "";
		const findings = isIpv6Requested(args, settings) || hasIpv6Default(ipv6Routes) ? [] : judgeUplink([], requested, void 0);
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
		findings: judgeUplink(uplinks, requested, serviceRoute)
	};
}
function isIpv6Requested(args, { clusterCidr, serviceCidr }) {
	return [
		clusterCidr,
		serviceCidr,
		findLastValue(args, nodeIpFlags) ?? ""
	].some((value) => value.includes(":"));
}
async function readPodMtu(host, paths, device) {
	const text = device && await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => void 0);
	return (Number(text) || ethernetMtu) - vxlanHeader;
}

// src/cluster/preflight/ports.ts
function listNeededPorts(apiPort) {
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
		if (fields[3] !== listenState || address === void 0 || port === void 0 || inode === void 0) return [];
		return [{
			port: Number.parseInt(port, 16),
			inode,
			on: classifyAddress(address)
		}];
	});
}
const listenState = "0A";
function classifyAddress(address) {
	if (/^0+$/.test(address)) return "all";
	return address.endsWith("7F") && (address.length === 8 || address.startsWith("0000000000000000FFFF0000")) || address === ipv6Loopback ? "loopback" : "other";
}
const ipv6Loopback = "00000000000000000000000001000000";
async function probePorts(host, paths, apiPort) {
	const listeners = (await Promise.all(["tcp", "tcp6"].map((name) => host.files.read(`${paths.proc}/net/${name}`)))).flatMap((table) => parseListeners(table ?? ""));
	const findings = [];
	for (const needed of listNeededPorts(apiPort)) {
		const conflict = listeners.find((listener) => isInConflict(needed, listener));
		if (conflict === void 0) continue;
		const owner = await findOwner(host, paths, conflict.inode);
		findings.push({
			kind: "problem",
			id: "port-in-use",
			message: `port ${needed.port}, which ${needed.usedBy} needs, is in use by ${owner?.text ?? "a process that can't be seen from here"}`,
			fix: describePortFix(needed, apiPort, owner?.pid)
		});
	}
	return findings;
}
function isInConflict(needed, listener) {
	if (needed.port !== listener.port) return false;
	return needed.bound === "all" || listener.on !== "other";
}
function describePortFix(needed, apiPort, pid) {
	const stopText = pid === void 0 ? "stop what uses it" : `stop that process (kill ${pid})`;
	return needed.port === apiPort ? `${stopText}, or give k3s another port: k3s.args: ["--https-listen-port=7443"]` : stopText;
}
async function findOwner(host, paths, inode) {
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

// src/cluster/preflight.ts
async function checkHost(context, config, paths = listHostPaths()) {
	const { problems, result } = await examineHost(context, config, paths);
	if (result === void 0 || problems.length > 0) throw createProblemsError(problems);
	for (const { found: finding, done: adaptation } of result.adaptations) context.log.info(`${finding}: ${adaptation}`);
	for (const warning of result.warnings) context.log.warn(warning);
	return result;
}
async function examineHost({ host }, config, paths = listHostPaths()) {
	const platformFindings = await probePlatform(host, paths);
	if (platformFindings.length > 0) return {
		problems: platformFindings.flatMap(toProblems),
		result: void 0
	};
	const settings = resolveK3sSettings(config.k3s.args, paths);
	const { facts, findings } = await readFacts(host, paths, config.k3s.args, settings);
	const existing = await probeExistingK3s(host, paths, {
		dataDirs: [settings.dataDir, `${paths.varLib}/rancher/k3s`],
		kubeconfig: settings.kubeconfig,
		stateDir: config.stateDir
	});
	const ports = existing.length > 0 ? [] : await probePorts(host, paths, settings.apiPort);
	const allFindings = [
		...existing,
		...ports,
		...await probePrograms(host),
		...findings
	];
	return {
		problems: allFindings.flatMap(toProblems),
		result: {
			adaptations: allFindings.flatMap(({ kind, ...rest }) => kind === "adaptation" && "done" in rest ? [rest] : []),
			warnings: allFindings.flatMap((finding) => finding.kind === "warning" ? [finding.message] : []),
			dataDir: settings.dataDir,
			facts
		}
	};
}
async function readFacts(host, paths, args, settings) {
	const isSystemd = await hasSystemd(host, paths);
	const processFolder = `${paths.proc}/${isSystemd ? "1" : "self"}`;
	const [status, mountinfo, cgroups, overlayfs, sysctls, disk, network] = await Promise.all([
		host.files.readAsRoot(`${processFolder}/status`),
		host.files.readAsRoot(`${processFolder}/mountinfo`),
		readCgroups(host, paths),
		readOverlay(host, paths),
		readSysctls(host, paths),
		readDisk(host, settings.dataDir),
		readPodNetwork(host, paths, args, settings)
	]);
	const facts = {
		systemd: isSystemd,
		cgroups: cgroups.kind,
		sysResource: hasSysResource(status ?? ""),
		rootPropagation: parseRootPropagation(mountinfo ?? ""),
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
function toProblems(finding) {
	return finding.kind === "problem" ? [finding] : [];
}
function createProblemsError(problems) {
	const [firstProblem] = problems;
	if (firstProblem !== void 0 && problems.length === 1) return new InstallError(firstProblem.message, { fix: firstProblem.fix });
	const list = problems.map(({ message, fix }) => `- ${message} (${fix})`).join("\n");
	return new InstallError(`k3s can't run on this host:\n${list}`, { fix: "fix each of these, then try again" });
}

// src/forward/ports.ts
async function choosePorts({ host, log }, listeners, whenBusy) {
	const chosen = [];
	for (const listener of listeners) {
		const { name, port } = listener;
		const isChosen = chosen.some((earlier) => earlier.port === port);
		if (!isChosen && await isPortFree(port)) {
			chosen.push(listener);
			continue;
		}
		const holder = isChosen ? "another listener of this stack" : await findHolder(host, port);
		const problem = `port ${port} for ${name} is taken${holder ? ` by ${holder}` : ""}`;
		if (whenBusy === "fail") throw new UserError(problem, { fix: `choose another with \`ports.${name}\` in monstack.yaml or --${name}-port, or take any free one with --busy-port other` });
		const freePort = await findFreePort(new Set(listeners.map((requested) => requested.port)));
		log.warn(`${problem}: using ${freePort} instead`);
		chosen.push({
			...listener,
			port: freePort
		});
	}
	return chosen;
}
async function checkReceiverPorts({ host }, address) {
	for (const port of [address.httpPort, address.smtpPort]) {
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
			const localAddress = line.trim().split(/\s+/)[3] ?? "";
			return [
				`0.0.0.0:${port}`,
				`*:${port}`,
				`[::]:${port}`,
				`${address.host}:${port}`
			].includes(localAddress);
		})) continue;
		const holder = await findHolder(host, port);
		throw new UserError(`port ${port}, at which monstack takes Alertmanager's notifications, is taken${holder ? ` by ${holder}` : ""}`, { fix: "free the port, or leave the receivers alone with alerting.receivers: as-is" });
	}
}
async function isPortFree(port) {
	for (const address of ["127.0.0.1", "::1"]) try {
		const server = await openServer(port, address, (client) => client.destroy());
		await new Promise((resolve) => server.close(resolve));
	} catch (error) {
		const { code } = error;
		if (code === "EADDRINUSE") return false;
		if (code === "EACCES") throw new UserError(`port ${port} can only be used by root`, { cause: error });
	}
	return true;
}
async function findFreePort(excludedPorts) {
	for (;;) {
		const server = createServer$1();
		await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
		const address = server.address();
		await new Promise((resolve) => server.close(resolve));
		if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
		if (!excludedPorts.has(address.port) && await isPortFree(address.port)) return address.port;
	}
}
function parsePid(line) {
	return /",pid=(\d+),fd=\d+\)\)\s*$/.exec(line)?.[1];
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
	const pid = parsePid((await host.exec(argv, {
		root,
		allowFailure: true,
		timeoutMs: 5e3
	}).catch(() => void 0))?.stdout ?? "");
	if (pid === void 0) return void 0;
	return `${(await host.files.read(`/proc/${pid}/comm`).catch(() => void 0))?.trimEnd() || "a process"} (pid ${pid})`;
}

// src/report/compare/usage.ts
const maxWorkloads = 500;
function withUsage(results) {
	const { inventory, measurements } = results;
	if (inventory === void 0 || measurements === void 0) return results;
	const usage = summarizeUsage(measurements);
	return usage.length === 0 ? results : {
		...results,
		inventory: {
			...inventory,
			usage
		}
	};
}
function summarizeUsage({ plots }) {
	const memory = sumByWorkload(plots.find(({ id }) => id === "memory"));
	const cpu = sumByWorkload(plots.find(({ id }) => id === "cpu"));
	return [.../* @__PURE__ */ new Set([...memory.keys(), ...cpu.keys()])].toSorted().slice(0, maxWorkloads).map((workload) => {
		const [bytes, cores] = [memory.get(workload), cpu.get(workload)];
		return {
			workload,
			...bytes && { memoryBytes: Math.max(...bytes) },
			...cores && { cpuCores: cores.reduce((sum, value) => sum + value, 0) / cores.length }
		};
	});
}
function sumByWorkload(plot) {
	const sums = /* @__PURE__ */ new Map();
	for (const series of plot?.series ?? []) {
		const workload = nameWorkload(series);
		const values = sums.get(workload) ?? /* @__PURE__ */ new Map();
		sums.set(workload, values);
		for (const [time, value] of series.points) if (value !== null) values.set(time, (values.get(time) ?? 0) + value);
	}
	return new Map([...sums].flatMap(([name, values]) => values.size > 0 ? [[name, [...values.values()]]] : []));
}
const podSuffixes = [
	/-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
	/-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
	/-\d{1,4}$/
];
function nameWorkload({ name, labels = {} }) {
	const pod = labels["pod"] ?? name;
	const suffix = podSuffixes.find((pattern) => pattern.test(pod));
	const workload = suffix === void 0 ? pod : pod.replace(suffix, "");
	const namespace = labels["namespace"];
	return namespace === void 0 ? workload : `${namespace}/${workload}`;
}

// src/report/compare/area.ts
function findInventories(before, after) {
	if (before.inventory && after.inventory) return {
		before: before.inventory,
		after: after.inventory
	};
	return { why: describeMissing(before.inventory === void 0, "did not read what Prometheus held") };
}
function describeMissing(isEarlier, what) {
	return `the ${isEarlier ? "earlier" : "later"} run ${what}`;
}
function joinKeys(a, b) {
	return [.../* @__PURE__ */ new Set([...a.keys(), ...b.keys()])].toSorted();
}
function toMap(record) {
	return new Map(Object.entries(record));
}

// src/report/compare/figures.ts
const thresholds = {
	phase: {
		share: .2,
		amount: 1e3
	},
	series: {
		share: .2,
		amount: 20
	},
	memory: {
		share: .2,
		amount: 32 * 1024 ** 2
	},
	cpu: {
		share: .2,
		amount: .1
	}
};
const timeToVerdict = "to the verdict";
function comparePhases(before, after) {
	const earlier = sumPhases(before);
	const later = sumPhases(after);
	const common = [...later.keys()].filter((name) => earlier.has(name));
	return {
		changes: common.flatMap((name) => compareFigures("phases", name, "ms", earlier.get(name), later.get(name), thresholds.phase)).filter(({ effect }) => effect === "worse"),
		count: common.length
	};
}
function compareSeries(before, after) {
	const inventories = findInventories(before, after);
	if ("why" in inventories) return inventories;
	const jobs = [toMap(inventories.before.jobs), toMap(inventories.after.jobs)];
	const metrics = [toMap(inventories.before.metrics), toMap(inventories.after.metrics)];
	const common = [...metrics[1].keys()].filter((name) => metrics[0].has(name)).toSorted();
	return {
		changes: [...joinKeys(...jobs).flatMap((job) => compareFigures("series", `job ${job}`, "series", jobs[0].get(job), jobs[1].get(job), thresholds.series)), ...common.flatMap((name) => compareFigures("series", name, "series", metrics[0].get(name), metrics[1].get(name), thresholds.series))].map((change) => ({
			...change,
			effect: change.name.startsWith("job ") && change.after === void 0 ? "worse" : "neutral"
		})),
		count: jobs[1].size + common.length
	};
}
function compareResources(before, after) {
	const [earlier, later] = [before.inventory?.usage, after.inventory?.usage];
	if (earlier === void 0 || later === void 0) return { why: describeMissing(earlier === void 0, "did not measure memory and CPU") };
	const former = new Map(earlier.map((usage) => [usage.workload, usage]));
	const common = later.filter(({ workload }) => former.has(workload));
	return {
		changes: common.flatMap(({ workload, memoryBytes, cpuCores }) => {
			const old = former.get(workload);
			return [...compareBoth(`memory of ${workload}`, "bytes", old?.memoryBytes, memoryBytes, thresholds.memory), ...compareBoth(`CPU of ${workload}`, "cores", old?.cpuCores, cpuCores, thresholds.cpu)];
		}),
		count: common.length
	};
}
function compareBoth(name, unit, before, after, threshold) {
	if (before === void 0 || after === void 0) return [];
	return compareFigures("resources", name, unit, before, after, threshold);
}
function compareFigures(area, name, unit, before, after, { share, amount }) {
	const difference = Math.abs((after ?? 0) - (before ?? 0));
	const isSmall = difference <= amount || difference <= share * (before ?? 0);
	if (before !== void 0 && after !== void 0 && isSmall) return [];
	if (before === void 0 && after === void 0) return [];
	return [{
		area,
		name,
		before,
		after,
		unit,
		effect: (after ?? 0) > (before ?? 0) ? "worse" : "better"
	}];
}
function sumPhases({ phases, startedAt, trace }) {
	const sums = /* @__PURE__ */ new Map();
	const measure = (from, to) => Date.parse(to) - Date.parse(from);
	if (trace?.decidedAt !== void 0) sums.set(timeToVerdict, measure(startedAt, trace.decidedAt));
	for (const phase of phases) sums.set(phase.name, (sums.get(phase.name) ?? 0) + measure(phase.startedAt, phase.endedAt));
	return sums;
}

// src/report/compare/outcomes.ts
const badness = {
	pass: 0,
	skipped: 0,
	warn: 1,
	error: 2,
	fail: 2
};
function compareChecks(before, after) {
	if (before.checks.length === 0 || after.checks.length === 0) return { why: describeMissing(before.checks.length === 0, "made no checks") };
	const earlier = new Map(before.checks.map(({ id, status }) => [id, status]));
	const later = new Map(after.checks.map(({ id, status }) => [id, status]));
	return {
		changes: joinKeys(earlier, later).flatMap((name) => {
			const [was, is] = [earlier.get(name), later.get(name)];
			if (was === is) return [];
			return [{
				area: "checks",
				name,
				before: was,
				after: is,
				effect: compareNumbers(badness[was ?? "skipped"], badness[is ?? "skipped"])
			}];
		}),
		count: later.size
	};
}
function compareAlerts(before, after) {
	const inventories = findInventories(before, after);
	if ("why" in inventories) return inventories;
	const [earlier, later] = [toMap(inventories.before.alerts), toMap(inventories.after.alerts)];
	const names = joinKeys(earlier, later);
	return {
		changes: names.flatMap((name) => {
			const [was, is] = [earlier.get(name), later.get(name)];
			if (was === "firing" === (is === "firing")) return [];
			return [{
				area: "alerts",
				name,
				before: was,
				after: is,
				effect: is === "firing" ? "worse" : "better"
			}];
		}),
		count: names.length
	};
}
function comparePanels(before, after) {
	if (before.dashboards.length === 0 || after.dashboards.length === 0) {
		if (before.dashboards.length === after.dashboards.length) return {
			changes: [],
			count: 0
		};
		return { why: describeMissing(before.dashboards.length === 0, "looked at no dashboards") };
	}
	const earlier = listPanels(before);
	const later = listPanels(after);
	return {
		changes: [...later].flatMap(([key, { name, panel }]) => {
			const old = earlier.get(key)?.panel;
			if (old?.status === panel.status) return [];
			const effect = compareNumbers(rateDeadness(old), rateDeadness(panel));
			if (effect === "neutral") return [];
			return [{
				area: "panels",
				name,
				before: old?.status,
				after: panel.status,
				effect
			}];
		}),
		count: later.size
	};
}
function compareMetricNames(before, after) {
	const inventories = findInventories(before, after);
	if ("why" in inventories) return inventories;
	const [earlier, later] = [inventories.before.metricNames, inventories.after.metricNames];
	if (earlier === void 0 || later === void 0) return { why: describeMissing(earlier === void 0, "has no list of them") };
	const compareLists = (names, others) => {
		const known = new Set(others);
		return names.filter((name) => !known.has(name));
	};
	const sizes = [toMap(inventories.before.metrics), toMap(inventories.after.metrics)];
	const describe = (size) => size === void 0 ? "present" : `${size} series`;
	return {
		changes: [...compareLists(earlier, later).map((name) => ({
			area: "metrics",
			name,
			before: describe(sizes[0].get(name)),
			effect: "worse"
		})), ...compareLists(later, earlier).map((name) => ({
			area: "metrics",
			name,
			after: describe(sizes[1].get(name)),
			effect: "neutral"
		}))],
		count: later.length
	};
}
function compareNumbers(before, after) {
	if (before === after) return "neutral";
	return after > before ? "worse" : "better";
}
function rateDeadness(panel) {
	if (panel === void 0) return 0;
	return {
		data: 0,
		static: 0,
		unsupported: 0,
		partial: 1,
		empty: 2,
		error: 2
	}[panel.status];
}
function listPanels({ dashboards }) {
	return new Map(dashboards.flatMap(({ uid, title, panels }) => panels.map((panel) => [`${uid}/${panel.id}`, {
		name: `${title} / ${panel.title || `panel ${panel.id}`}`,
		panel
	}])));
}

// src/report/compare/versions.ts
function compareVersions(before, after) {
	const earlier = listVersions$1(before);
	const later = listVersions$1(after);
	if (earlier.size <= 1 || later.size <= 1) return { why: `the ${earlier.size <= 1 ? "earlier" : "later"} run ended before it had installed anything` };
	return {
		changes: joinKeys(earlier, later).flatMap((name) => compareVersion(name, earlier.get(name), later.get(name))),
		count: later.size
	};
}
function compareVersion(name, before, after) {
	const change = {
		area: "versions",
		name,
		effect: "neutral"
	};
	if (before?.version !== after?.version) return [{
		...change,
		before: before?.version,
		after: after?.version
	}];
	const digests = [before?.digest, after?.digest];
	if (digests.includes(void 0) || digests[0] === digests[1]) return [];
	return [{
		...change,
		before: `${before?.version} ${abridgeDigest(digests[0])}`,
		after: `${after?.version} ${abridgeDigest(digests[1])}`
	}];
}
function listVersions$1({ monstack, cluster, versions }) {
	const all = /* @__PURE__ */ new Map([["monstack", {
		version: monstack,
		digest: void 0
	}]]);
	if (cluster.kind === "existing" && cluster.version !== void 0) all.set("Kubernetes", {
		version: cluster.version,
		digest: void 0
	});
	for (const { name, version, sha256 } of versions.tools) all.set(name, {
		version,
		digest: sha256
	});
	for (const { app, chart, version, sha256 } of versions.charts) all.set(`chart ${chart} (app ${app})`, {
		version,
		digest: sha256
	});
	for (const { uid, title, revision, sha256 } of versions.dashboards) all.set(`dashboard ${title || uid}`, {
		version: revision === void 0 ? "file" : `revision ${revision}`,
		digest: sha256
	});
	return new Map([...all, ...listImages(versions)]);
}
function listImages({ images, imageDigests = [] }) {
	const digests = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
	const found = /* @__PURE__ */ new Map();
	for (const image of /* @__PURE__ */ new Set([...images.map(toFullImageName), ...digests.keys()])) {
		const { name } = splitImage(image);
		found.set(name, [...found.get(name) ?? [], image].toSorted());
	}
	return new Map([...found].map(([name, references]) => {
		const known = references.flatMap((image) => digests.get(image) ?? []);
		const version = references.map((image) => splitImage(image).tag).join(", ");
		const digest = known.length === references.length ? known.join(" ") : void 0;
		return [`image ${name}`, {
			version,
			digest
		}];
	}));
}
function splitImage(image) {
	const at = image.indexOf("@");
	const colon = image.lastIndexOf(":", at < 0 ? image.length : at);
	const end = colon > image.lastIndexOf("/", at < 0 ? image.length : at) ? colon : at;
	if (end < 0) return {
		name: image,
		tag: ""
	};
	return {
		name: image.slice(0, end),
		tag: image.slice(end + 1)
	};
}
function abridgeDigest(digest) {
	return (digest ?? "").split(" ").map((part) => part.replace("sha256:", "").slice(0, 12)).join(" ");
}

// src/report/compare/compare.ts
const comparers = {
	checks: compareChecks,
	alerts: compareAlerts,
	panels: comparePanels,
	phases: comparePhases,
	versions: compareVersions,
	resources: compareResources,
	series: compareSeries,
	metrics: compareMetricNames
};
function compareResults(before, after, from) {
	const { startedAt, mode, verified } = before;
	const outcomes = areas.map((area) => ({
		area,
		...comparers[area](before, after)
	}));
	const comparable = outcomes.filter((outcome) => "changes" in outcome);
	return {
		baseline: {
			from,
			startedAt,
			mode,
			verified
		},
		changes: comparable.flatMap(({ changes }) => sortChanges(changes).slice(0, 100)),
		compared: comparable.map(({ area, count }) => ({
			area,
			count
		})),
		left: comparable.map(({ area, changes }) => ({
			area,
			count: changes.length - 100
		})).filter(({ count }) => count > 0),
		notCompared: outcomes.flatMap((outcome) => "why" in outcome ? [{
			area: outcome.area,
			why: outcome.why
		}] : [])
	};
}
const effectOrder = {
	worse: 0,
	better: 1,
	neutral: 2
};
function sortChanges(changes) {
	return changes.toSorted((a, b) => effectOrder[a.effect] - effectOrder[b.effect]);
}

// src/app/compare-runs.ts
async function findBaseline({ context: { host, log, signal }, loaded }, findOther = async () => void 0) {
	const { baseline } = loaded.config.compare;
	if (signal.aborted) return void 0;
	if (baseline === void 0) return await findOther();
	try {
		return {
			results: await readResults(host.files, baseline),
			from: baseline
		};
	} catch (error) {
		const hint = error instanceof UserError && error.fix !== void 0 ? ` (${error.fix})` : "";
		log.warn(`this run is not compared with an earlier one: ${describeError$1(error)}${hint}`);
		return;
	}
}
function compareWithEarlier(results, earlier) {
	return earlier && compareResults(earlier.results, results, earlier.from);
}

// src/lock/differences.ts
function findMissing(lock, wanted) {
	return [
		...compareProfile(lock, wanted),
		...wanted.tools.flatMap((tool) => compareTool(lock.tools[tool.name], tool)),
		...wanted.charts.flatMap((chart) => compareChart(lock, chart)),
		...wanted.dashboards.flatMap((dashboard) => compareDashboard(lock, dashboard)),
		...compareK3sImages(lock, wanted)
	];
}
function findUnused(lock, wanted) {
	const tools = Object.keys(lock.tools).filter((name) => !wanted.tools.some((tool) => tool.name === name));
	const charts = new Set(wanted.charts.map((chart) => findLockedChart(lock, chart)));
	const dashboards = new Set(wanted.dashboards.map((dashboard) => findLockedDashboard(lock, dashboard)));
	return [
		...tools.map((name) => `${name} ${lock.tools[name]?.version}`),
		...lock.charts.filter((chart) => !charts.has(chart)).map(({ name, from, version }) => `chart ${name || from} ${version}`),
		...lock.dashboards.filter((dashboard) => !dashboards.has(dashboard)).map(({ from, revision }) => `dashboard ${from}${revision === void 0 ? "" : `@${revision}`}`)
	].map((what) => ({
		text: `${what} is locked, but the configuration does not use it`,
		at: void 0
	}));
}
function isLockedToolFor({ asked: lockedRequest, version }, asked) {
	return lockedRequest === asked || version === asked;
}
function findMissingRepositories(lock, repositories) {
	const locked = new Set(lock.images.map(({ image }) => getRepository(image)));
	return repositories.filter((repository) => !locked.has(repository));
}
function getRepository(image) {
	const { registry, repository } = parseImageRef(image);
	return `${registry}/${repository}`;
}
function compareProfile(lock, { profile, profileAt: at }) {
	if (lock.profile === profile) return [];
	return [{
		text: `profile: ${profile} is requested, but the lock was made for ${lock.profile}, which can use other images`,
		at
	}];
}
function compareTool(locked, { name, asked, at }) {
	if (locked && isLockedToolFor(locked, asked)) return [];
	const lockedText = locked ? `has ${locked.version}, ${describeLocked(locked.asked)}` : `has no ${name}`;
	return [{
		text: `${name}.version: ${describeRequest(asked)}, but the lock ${lockedText}`,
		at
	}];
}
function compareChart(lock, wanted) {
	if (findLockedChart(lock, wanted)) return [];
	const { app, chart, from, name, asked, at } = wanted;
	const lockedText = lock.charts.filter((candidate) => candidate.from === from && candidate.name === name).map((candidate) => `${candidate.version}, ${describeLocked(candidate.asked)}`).join("; ");
	return [{
		text: `apps.${app}: chart ${chart} ${asked === "default" ? "in monstack's default version" : asked ?? "in its newest version"} is requested, but the lock has ${lockedText || "no such chart"}`,
		at
	}];
}
function compareDashboard(lock, { from, asked, sha256, at }) {
	const locked = findLockedDashboard(lock, {
		from,
		asked
	});
	const what = `dashboards: ${from}${asked === void 0 ? "" : `@${asked}`}`;
	if (locked && (sha256 === void 0 || sha256 === locked.sha256)) return [];
	if (locked) return [{
		text: `${what} must have sha256 ${sha256}, and the lock has ${locked.sha256}`,
		at
	}];
	const [lockedRevision] = lock.dashboards.filter((candidate) => candidate.from === from);
	return [{
		text: `${what} is requested, but the lock ${lockedRevision?.revision === void 0 ? "hasn't got it" : `has revision ${lockedRevision.revision}`}`,
		at
	}];
}
function compareK3sImages(lock, { k3sImages }) {
	if (lock.tools.k3s === void 0) return [];
	return findMissingRepositories(lock, k3sImages).map((repository) => ({
		text: `k3s starts ${repository}, and the lock has no such image`,
		at: void 0
	}));
}
function describeRequest(asked) {
	return asked === "default" ? "monstack's default is requested" : `${asked} is requested`;
}
function describeLocked(asked) {
	if (asked === "default") return "which was monstack's default";
	return asked === void 0 ? "which was the newest" : `which was requested as ${asked}`;
}
function listAppImages({ app, objects, hooks = [] }) {
	const images = [...listImages$1([...objects, ...hooks]), ...listOperatorImages(objects)];
	return [...new Set(images.map((image) => resolveImageName(image, app.name)))].sort();
}
function findUnlockedImages(lock, apps) {
	const allowedImages = new Set([...lock.images, ...lock.unlocked ?? []].map(({ image }) => image));
	return apps.flatMap((rendered) => listAppImages(rendered).filter((image) => !allowedImages.has(image)).map((image) => ({
		app: rendered.app.name,
		image
	})));
}
function resolveImageName(image, app) {
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

// src/cluster/launch.ts
async function launch({ host }, argv, options) {
	await host.files.mkdir(dirname(options.logFile), 448);
	await host.files.write(options.logFile, "", 384);
	const env = {
		...selectProxies(host.env),
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
	await host.files.write(envFile, formatEnvironment(env), 384);
	try {
		await host.exec(buildSystemdArgv(argv, {
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
function buildSystemdArgv(argv, { logFile, envFile }) {
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
function formatEnvironment(env) {
	return Object.entries(env).map(([name, value]) => `${name}="${value.replaceAll(/["\\`$]/g, "\\$&")}"\n`).join("");
}
function selectProxies(env) {
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
const rancher = "docker.io/rancher/";
const imagesOfParts = {
	"": ["mirrored-pause"],
	coredns: ["mirrored-coredns-coredns"],
	"local-storage": ["local-path-provisioner", "mirrored-library-busybox"],
	"metrics-server": ["mirrored-metrics-server"],
	servicelb: ["klipper-lb"],
	traefik: ["klipper-helm", "mirrored-library-traefik"]
};
function listNeededImages(args) {
	const off = listDisabledParts(args);
	return Object.entries(imagesOfParts).filter(([part]) => !off.includes(part)).flatMap(([, names]) => names.map((name) => rancher + name));
}
function selectStartedImages(list, args) {
	const needed = listNeededImages(args);
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

// src/plan/grafana/chart-dashboards.ts
const firstRevision = 1;
const conflictingKeys = [
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
function findDashboardsToTakeOver(config, apps) {
	const grafana = config.takeOverDashboards ? apps.find(hasGrafana) : void 0;
	if (grafana === void 0) return [];
	const { at: grafanaPath, values } = findGrafanaValues(grafana);
	if (hasSidecar(values, getChartName(grafana.chart))) return [];
	return Object.entries(getMappingAt$1(values, ["dashboards"])).flatMap(([providerName, entries]) => {
		const dashboardProvider = listDashboardProviders(values).find(({ name }) => name === providerName);
		if (!isMapping(entries) || dashboardProvider?.path !== `/var/lib/grafana/dashboards/${providerName}`) return [];
		return Object.entries(entries).flatMap(([name, entry]) => {
			if (!isMapping(entry) || conflictingKeys.some((key) => Object.hasOwn(entry, key))) return [];
			const id = readWholeNumber(entry["gnetId"]);
			const revision = readWholeNumber(entry["revision"] ?? firstRevision);
			if (id === void 0 || revision === void 0) return [];
			const path = [
				...grafanaPath,
				"dashboards",
				providerName,
				name
			];
			const { title } = entry;
			return [{
				app: grafana.name,
				path,
				name,
				id,
				revision,
				datasource: readDatasource$1(entry["datasource"]),
				title: typeof title === "string" ? title : void 0,
				folder: dashboardProvider.folder
			}];
		});
	});
}
function replaceEntryWithModel(apps, { app, path }, model) {
	const entry = { json: JSON.stringify(model) };
	return apps.map((planned) => planned.name === app ? {
		...planned,
		values: replaceValueAt(planned.values, path, entry)
	} : planned);
}
function hasSidecar(values, chartName) {
	return (getValueAt(values, [
		"sidecar",
		"dashboards",
		"enabled"
	]) ?? chartName !== "grafana") === true;
}
function readWholeNumber(value) {
	const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
	return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : void 0;
}
function readDatasource$1(value) {
	if (typeof value === "string") return value === "" ? void 0 : value;
	if (!Array.isArray(value)) return void 0;
	return value.flatMap((input) => isMapping(input) && typeof input["name"] === "string" && typeof input["value"] === "string" ? [{
		name: input["name"],
		value: input["value"]
	}] : []);
}

// src/lock/wanted.ts
function collectWanted(loaded, plan) {
	const { config } = loaded;
	const tools = listWantedTools(loaded);
	return {
		profile: config.profile,
		profileAt: placeOfSetting(loaded, "profile"),
		tools,
		charts: plan.apps.flatMap((app) => findWantedChart(loaded, app)),
		dashboards: plan.apps.some(hasGrafana) ? [...listWantedDashboards(loaded), ...listChartDashboards(loaded, plan)] : [],
		k3sImages: tools.some(({ name }) => name === "k3s") ? listNeededImages(config.k3s.args) : []
	};
}
function describeLocalSources({ config, cwd }, plan) {
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
function listWantedTools(loaded) {
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
function findWantedChart(loaded, app) {
	const { chart } = app;
	if (chart.kind !== "repo" && chart.kind !== "oci") return [];
	const findPlace = (key) => placeInFile(loaded, [
		"apps",
		app.name,
		key
	]);
	return [{
		app: app.name,
		chart: chart.kind === "oci" ? chart.url : `${chart.repo}/${chart.name}`,
		from: chart.kind === "oci" ? chart.url : normalizeRepoUrl(chart.repoUrl),
		name: chart.kind === "oci" ? "" : chart.name,
		asked: isDefaultChart(loaded, app.name) ? byDefault : chart.version,
		at: findPlace("version") ?? findPlace("chart")
	}];
}
function isDefaultChart({ config }, app) {
	const defaults = getDefaultApps(config.stack);
	return Object.hasOwn(defaults, app) && isDeepStrictEqual(defaults[app]?.source, config.apps[app]?.source);
}
function listWantedDashboards(loaded) {
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
function listChartDashboards(loaded, { apps }) {
	return findDashboardsToTakeOver(loaded.config, apps).map(({ app, path, id, revision }) => ({
		from: String(id),
		asked: revision,
		sha256: void 0,
		at: placeInValues(loaded, app, [...path, "gnetId"])
	}));
}
function pinCharts(plan, lock, { charts }) {
	const pinChart = (app, chart) => {
		if (chart.kind !== "repo" && chart.kind !== "oci") return chart;
		const wanted = charts.find((candidate) => candidate.app === app);
		const locked = wanted && findLockedChart(lock, wanted);
		return locked ? {
			...chart,
			version: locked.version
		} : chart;
	};
	return {
		...plan,
		apps: plan.apps.map((app) => ({
			...app,
			chart: pinChart(app.name, app.chart)
		}))
	};
}

// src/lockfile/lock-text.ts
var import_dist = require_dist();
const maxShown = 20;
function parseLock(text, shownAs) {
	const conflict = text.split("\n").findIndex((line) => /^(<{7}|>{7}|={7})( |$)/.test(line));
	if (conflict >= 0) throw new UserError(`${shownAs}:${conflict + 1}:1: git's marks of a merge conflict are in it`, { fix: `take either side (\`git checkout --theirs ${shownAs}\`), then \`monstack lock\` adds what the other one had` });
	const yaml = readYaml(text);
	refuseOtherVersion(yaml.data, shownAs, yaml.valueAt(["lockVersion"]));
	const mistakes = [];
	const lock = parseWith(Lock, yaml, shownAs, mistakes);
	if (lock !== void 0) return lock;
	const lines = mistakes.map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
	const unlistedCount = lines.length - maxShown;
	const listedLines = [...lines.slice(0, maxShown), ...unlistedCount > 0 ? [`... and ${unlistedCount} more`] : []];
	throw new UserError(listedLines.length === 1 ? listedLines[0] ?? "" : `${lines.length} mistakes in the lock file:\n${listedLines.map((line) => `  ${line}`).join("\n")}`, { fix: "take the file as it was last committed, or delete it and let `monstack lock` write it anew" });
}
function refuseOtherVersion(data, shownAs, position) {
	if (typeof data !== "object" || data === null || Array.isArray(data)) {
		if (data === void 0) return;
		throw new UserError(`${shownAs}:1:1: ${formatValue$1(data)} is not a lock file`, { fix: "delete it and let `monstack lock` write it" });
	}
	const { lockVersion, monstack } = data;
	if (lockVersion === 1) return;
	const isNewer = typeof lockVersion === "number" && lockVersion > 1;
	throw new UserError(isNewer ? `${shownAs}:${position}: lockVersion: it is of version ${lockVersion} of the format, and this monstack reads version 1` : `${shownAs}:${position}: lockVersion: invalid format version ${formatValue$1(lockVersion)}: expected 1`, { fix: isNewer ? `use the monstack that wrote it${typeof monstack === "string" ? ` (${monstack})` : ""} or a newer one` : "take the file as it was last committed, or delete it and let `monstack lock` write it anew" });
}
const head = `# What a run of monstack installs, to the byte. Written by \`monstack lock\`; commit it, and don't edit it.
# \`monstack lock --check\` fails when the lock does not fit the configuration, \`monstack lock\` adds what is missing
# and keeps the rest, \`monstack lock --update [NAME...]\` moves what is named (or everything) to what is published now.
`;
function printLock(lock) {
	return head + (0, import_dist.stringify)(sortLock(lock), { lineWidth: 0 });
}
function sortLock({ tools, charts, dashboards, images, unlocked, ...about }) {
	const { lockVersion, monstack, profile } = about;
	return {
		lockVersion,
		monstack,
		profile,
		tools: {
			...tools.k3s && { k3s: orderToolKeys(tools.k3s) },
			...tools.helm && { helm: orderToolKeys(tools.helm) },
			...tools.kubectl && { kubectl: orderToolKeys(tools.kubectl) }
		},
		charts: charts.map(({ from, name, asked, version, url, sha256 }) => ({
			from,
			name,
			...asked === void 0 ? {} : { asked },
			version,
			url,
			sha256
		})).sort(compareBy(({ name, from, asked = "" }) => [
			name,
			from,
			asked
		])),
		dashboards: dashboards.map(({ from, asked, revision, url, sha256 }) => ({
			from,
			...asked === void 0 ? {} : { asked },
			...revision === void 0 ? {} : { revision },
			url,
			sha256
		})).sort(compareBy(({ from, asked = 0 }) => [from, String(asked)])),
		images: images.map(({ image, digest }) => ({
			image,
			digest
		})).sort(compareBy(({ image }) => [image])),
		...unlocked && unlocked.length > 0 ? { unlocked: unlocked.map(({ image, why }) => ({
			image,
			why
		})).sort(compareBy(({ image }) => [image])) } : {}
	};
}
function orderToolKeys({ asked, version, amd64, arm64 }) {
	const download = ({ url, sha256 }) => ({
		url,
		sha256
	});
	return {
		asked,
		version,
		amd64: download(amd64),
		arm64: download(arm64)
	};
}
function compareBy(keys) {
	return (a, b) => {
		const [left, right] = [keys(a), keys(b)];
		for (const [index, key] of left.entries()) {
			const rightKey = right[index] ?? "";
			if (key !== rightKey) return key < rightKey ? -1 : 1;
		}
		return 0;
	};
}

// src/bundle/manifest.ts
const manifestName = "manifest.json";
const hash = string().regex(/^[0-9a-f]{64}$/, "no sha256");
const digest = string().regex(/^sha256:[0-9a-f]{64}$/, "no digest");
const size = int().nonnegative();
const time$1 = datetime().describe("UTC");
const bundleFormat = 2;
const Part = object({
	path: string().regex(/^(?:monstack\.lock|tools\/(?:k3s|helm|kubectl)\.zst|charts\/[0-9a-f]{64}\.tgz|dashboards\/[0-9a-f]{64}\.json|blobs\/[0-9a-f]{64})$/, "a file that no bundle has"),
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
	digest,
	blobs: array(digest).describe("Its index, manifest, configuration and layers, for this architecture")
});
const Whole = object({
	format: literal(2),
	monstack: string().describe("Its version"),
	createdAt: time$1,
	arch: _enum(["amd64", "arm64"]),
	profile: _enum([
		"ci",
		"as-is",
		"production"
	]),
	verified: object({
		at: time$1,
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
	const described = /* @__PURE__ */ new Set([
		lockFileName,
		...[
			...tools,
			...charts,
			...dashboards
		].map(({ path }) => path),
		...images.flatMap(({ blobs }) => blobs.map(getBlobPart))
	]);
	for (const [index, { path, sha256, unpacked }] of parts.entries()) {
		if (names.indexOf(path) !== index) wrong(`${path} is there twice`);
		if (!described.has(path)) wrong(`${path} belongs to no tool, chart, dashboard or image`);
		if (path.endsWith(".zst") !== (unpacked !== void 0)) wrong(`${path}: its unpacked size doesn't belong`);
		if (/^(?:charts|dashboards|blobs)\//.test(path) && !path.includes((unpacked ?? { sha256 }).sha256)) wrong(`${path} has another name than its sha256`);
	}
	for (const path of described) if (!names.includes(path)) wrong(`${path} is missing`);
});
function getBlobPart(digest) {
	return `blobs/${digest.replace("sha256:", "")}`;
}
function createInvalidBundleError(file, why, options = {}) {
	return new UserError(`${file} is not a whole bundle: ${why}`, {
		fix: "copy it again from where it came, or make another one: `monstack bundle create`",
		...options
	});
}

// src/bundle/content.ts
const ownWindow = 19;
const widestWindow = 23;
async function* readCheckedContent(file, part, raw) {
	const stored = createMeter();
	if (part.unpacked === void 0) yield* stored.pass(raw);
	else yield* decompress(file, part.path, part.unpacked, stored.pass(raw));
	if (stored.bytes() !== part.bytes || stored.sha256() !== part.sha256) throw createChangedPartError(file, part.path);
}
async function* decompress(file, path, expected, compressed) {
	const zstd = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: widestWindow } });
	pipeline(compressed, zstd, () => {});
	const content = createMeter();
	try {
		for await (const piece of content.pass(zstd)) {
			if (content.bytes() > expected.bytes) throw createInvalidBundleError(file, `${path} unpacks to more than the ${expected.bytes} bytes that its manifest says`);
			yield piece;
		}
	} catch (cause) {
		if (isZstdError(cause)) throw createChangedPartError(file, path, cause);
		throw cause;
	} finally {
		zstd.destroy();
	}
	if (content.bytes() !== expected.bytes || content.sha256() !== expected.sha256) throw createChangedPartError(file, path);
}
function createChangedPartError(file, path, cause) {
	return createInvalidBundleError(file, `${path} is not as it was written`, { cause });
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
	for await (const _ of stored.pass(yieldEachOnce(host.files.stream(file))));
	return {
		path,
		bytes: stored.bytes(),
		sha256: stored.sha256(),
		file
	};
}

// src/bundle/read.ts
const maxManifestBytes$1 = 16 * 1024 ** 2;
async function readManifest$2(host, file) {
	return await openBundle(host, file, async (files) => await readFirst(file, files));
}
async function readBundle(host, file, take) {
	return await openBundle(host, file, async (files) => {
		const manifest = await readFirst(file, files);
		let read = 0;
		for await (const entry of files) {
			const part = expectPart(file, manifest.parts, read, entry);
			const pieces = readCheckedContent(file, part, entry.pieces());
			if (await take(part, pieces) === "enough") return manifest;
			for await (const _ of pieces);
			read += 1;
		}
		const missing = manifest.parts[read];
		if (missing) throw createInvalidBundleError(file, `${missing.path} is missing`);
		return manifest;
	});
}
async function locateParts(host, file, { parts }) {
	const manifest = await openBundle(host, file, async (files) => (await files.next()).value);
	const places = /* @__PURE__ */ new Map();
	let at = padToBlock(512 + (manifest?.size ?? 0));
	for (const { path, bytes } of parts) {
		places.set(path, at + 512);
		at = padToBlock(at + 512 + bytes);
	}
	const found = await host.files.stat(file);
	if (found?.kind === "file" && found.bytes < at + tarEnd.byteLength) throw createInvalidBundleError(file, "it is incomplete");
	return places;
}
function padToBlock(bytes) {
	return Math.ceil(bytes / 512) * 512;
}
async function openBundle(host, file, use) {
	if (!await host.files.exists(file)) throw new UserError(`bundle not found: ${file}`, { fix: "name the file that `monstack bundle create -o FILE` wrote" });
	const files = readStrictTarFiles(host.files.stream(file), file);
	try {
		return await use(files);
	} catch (cause) {
		if (cause instanceof InstallError && cause.message.startsWith(`${file}: `)) throw createInvalidBundleError(file, describeError$1(cause).slice(file.length + 2), { cause });
		throw cause;
	} finally {
		await files.return(void 0);
	}
}
async function readFirst(file, files) {
	const { value: first } = await files.next();
	if (!first) throw createInvalidBundleError(file, "it is empty");
	if (first.name !== "manifest.json") throw createInvalidBundleError(file, `it begins with ${JSON.stringify(first.name)}, and a bundle with its ${manifestName}`);
	if (first.size > maxManifestBytes$1) throw createInvalidBundleError(file, `its ${manifestName} has ${first.size} bytes`);
	return parseManifest(file, await text(first.pieces()));
}
function parseManifest(file, json) {
	let data;
	try {
		data = JSON.parse(json);
	} catch (cause) {
		throw createInvalidBundleError(file, `its ${manifestName} is not JSON`, { cause });
	}
	const { format, monstack } = data ?? {};
	if (typeof format === "number" && format !== 2) {
		const maker = typeof monstack === "string" ? `monstack ${monstack}, which made it` : "the monstack that made it";
		throw new UserError(`${file} is a bundle of format ${format}, and this monstack reads format ${2}`, { fix: `use ${maker}, or make another one with this monstack` });
	}
	const parsed = Manifest.safeParse(data);
	if (parsed.success) return parsed.data;
	const [first] = parsed.error.issues;
	throw createInvalidBundleError(file, `its ${manifestName} is wrong at ${first?.path.join(".") || "its top"}: ${first?.message}`);
}
function expectPart(file, parts, index, { name, size }) {
	const part = parts[index];
	const shown = JSON.stringify(name);
	const at = parts.findIndex(({ path }) => path === name);
	if (at < 0) throw createInvalidBundleError(file, `${shown} is not in its manifest`);
	if (part === void 0 || at < index) throw createInvalidBundleError(file, `${shown} is in it twice`);
	if (at > index) throw createInvalidBundleError(file, `${part.path} is missing`);
	if (size !== part.bytes) throw createInvalidBundleError(file, `${part.path} has ${size} bytes, and by its manifest ${part.bytes}`);
	return part;
}

// src/bundle/unpack.ts
const maxLockBytes = 16 * 1024 ** 2;
async function unpackBundle(context, file) {
	const { host } = context;
	const manifest = await readManifest$2(host, file);
	refuseOtherArch(host, file, manifest);
	const blobs = await locateBlobs(host, file, manifest);
	const missing = await findPartsNotCached(context, manifest);
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
			bundle: listPrograms(manifest),
			blobs,
			added: missing.size
		};
	} catch (error) {
		for (const path of added) await host.files.remove(path);
		throw error;
	}
}
async function unpackInto(context, file, unpacking) {
	const { manifest, missing, temp } = unpacking;
	let lockText = "";
	const left = new Set(missing);
	await readBundle(context.host, file, async (part, pieces) => {
		if (part.path === "monstack.lock") lockText = await readText(file, part, pieces);
		else if (left.delete(part.path)) {
			await storePart(context, unpacking, part.path, pieces);
			for await (const _ of pieces);
		}
		return left.size === 0 ? "enough" : void 0;
	});
	const lock = parseLock(lockText, `${lockFileName} in ${file}`);
	for (const tool of manifest.tools) refuseUnlocked(context.host, file, manifest, lock, tool);
	for (const tool of manifest.tools) {
		if (!missing.has(tool.path)) continue;
		const label = {
			arch: manifest.arch,
			url: tool.download.url
		};
		await keepTool(context, createBundledKey(manifest, tool), join(temp, tool.name), label);
	}
	return lock;
}
function listPrograms(manifest) {
	const programs = manifest.tools.map((tool) => [tool.name, createBundledKey(manifest, tool).sha256]);
	return {
		digest: hashManifest(manifest),
		programs: Object.fromEntries(programs)
	};
}
function refuseUnlocked(host, file, manifest, lock, tool) {
	const { name, version, path, download } = tool;
	const locked = lock.tools[name];
	const notLocked = (why) => createInvalidBundleError(file, `${path} is not what its lock says: ${why}`);
	if (locked?.version !== version) throw notLocked(`expected ${name} ${locked?.version ?? "not at all"}, got ${version}`);
	const { sha256 } = locked[host.arch];
	const got = getRelease(name, version, host.arch).entry !== void 0 ? download.sha256 : createBundledKey(manifest, tool).sha256;
	if (got !== sha256) throw notLocked(`expected sha256 ${sha256}, got ${got}`);
}
async function storePart({ host }, { manifest, temp, added }, path, pieces) {
	const tool = manifest.tools.find((one) => one.path === path);
	if (tool) return await host.files.write(join(temp, tool.name, tool.name), pieces, 493);
	const place = placeOf(host, path);
	await keepFile(host, place, pieces);
	added.push(place);
}
async function locateBlobs(host, file, manifest) {
	const offsets = await locateParts(host, file, manifest);
	const blobs = manifest.parts.filter(({ path }) => isBlob(path));
	return new Map(blobs.map(({ path, bytes, sha256 }) => [`sha256:${sha256}`, {
		path: file,
		offset: offsets.get(path) ?? 0,
		size: bytes,
		createSpoiledError: () => createInvalidBundleError(file, `${path} is not as it was written`)
	}]));
}
function isBlob(path) {
	return path.startsWith("blobs/");
}
function refuseOtherArch(host, file, { arch }) {
	if (arch === host.arch) return;
	throw new UserError(`${file} is a bundle for ${arch}, and this machine is ${host.arch}`, { fix: `make one on a machine that is ${host.arch}: \`monstack bundle create\`` });
}
async function readText(file, part, pieces) {
	if (part.bytes > maxLockBytes) throw createInvalidBundleError(file, `its ${part.path} has ${part.bytes} bytes`);
	return await text(pieces);
}
function placeOf(host, path) {
	const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
	return path.startsWith("charts/") ? getArchivePath(host, sha256) : getTextPath(host, sha256);
}
function hashManifest(manifest) {
	return createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
}
function createBundledKey(manifest, { name, version, path }) {
	return {
		name,
		version,
		sha256: manifest.parts.find((part) => part.path === path)?.unpacked?.sha256 ?? "",
		bundle: hashManifest(manifest)
	};
}
async function findPartsNotCached(context, manifest) {
	const missing = /* @__PURE__ */ new Set();
	for (const part of manifest.parts) if (part.path !== "monstack.lock" && !isBlob(part.path) && !await isCached(context, manifest, part)) missing.add(part.path);
	return missing;
}
async function isCached(context, manifest, part) {
	const { host } = context;
	const tool = manifest.tools.find(({ path }) => path === part.path);
	if (tool) return await findCachedTool(context, createBundledKey(manifest, tool)) !== void 0;
	const path = placeOf(host, part.path);
	await refuseShared(host, dirname(path));
	return await host.files.exists(path) && await hashFile(host, path) === part.sha256;
}

// src/app/downloads/bundle.ts
async function unpackSupply(session, file) {
	const { context, loaded, recorder } = session;
	const shownFile = showPath(loaded.cwd, file);
	const { manifest, lock, bundle, blobs, added } = await recorder.phase("open bundle", () => unpackBundle(context, file), () => `the bundle to be opened`);
	const { createdAt, monstack } = manifest;
	const cacheState = added === 0 ? "all of it is in the cache already" : `${added} of its parts put into the cache`;
	context.log.info(`bundle ${shownFile}, made at ${createdAt} by monstack ${monstack}: ${cacheState}, sha256 verified`);
	return {
		lock,
		lockedBy: `the bundle ${shownFile}`,
		offline: `--bundle ${shownFile}`,
		bundle,
		blobs
	};
}

// src/app/downloads/supply.ts
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
	throwIfAny(findForeignTools(lock).map(({ path, problem }) => ({
		where: `${shownAs}:${yaml.valueAt(path)}`,
		path: formatPath(path),
		problem: `${problem}, and with trust: restricted a lock can't name programs of its own`
	})));
}
async function lockPlan(session, plan) {
	if (session.supply.lock === void 0) session.supply = await loadSupply(session);
	return applyLock(session, plan);
}
async function loadSupply(session) {
	const { context, loaded } = session;
	const { bundle } = loaded.config;
	if (bundle !== void 0) return await unpackSupply(session, bundle);
	return await findSupply(context, loaded, loaded.config);
}
function applyLock({ context, loaded, supply }, plan) {
	const { lock, lockedBy } = supply;
	if (lock === void 0) return plan;
	const wanted = collectWanted(loaded, plan);
	const plainHttpHosts = findPlainHttpHosts(lock);
	if (plainHttpHosts.length > 0) context.log.warn(`${lockedBy} fetches from ${plainHttpHosts.map((host) => `http://${host}`).join(", ")} unencrypted: the checksums hold what comes from there, but anybody on the way sees it and can keep it back`);
	const differences = findMissing(lock, wanted);
	if (differences.length > 0) throw createLockError(supply, differences);
	context.log.info(`installing what ${lockedBy} says`);
	return pinCharts(plan, lock, wanted);
}
function requireLockedImages({ supply }, apps) {
	const { lock } = supply;
	if (lock === void 0) return;
	const missing = findUnlockedImages(lock, apps);
	if (missing.length === 0) return;
	throw createLockError(supply, missing.map(({ app, image }) => `app ${app} uses the image ${image}, and the lock hasn't got it`).map((text) => ({
		text,
		at: void 0
	})));
}
function createLockError({ lockedBy, offline }, differences) {
	const lines = differences.map(({ text, at: place }) => `  ${place ? `${place.file}:${place.line}:${place.column}: ` : ""}${text}`);
	return new UserError(`${lockedBy} does not fit the configuration:\n${lines.join("\n")}`, { fix: offline === void 0 ? "`monstack lock` takes over what changed and keeps the rest (`monstack lock --update NAME` also moves what still fits); commit the file with the change" : "take the configuration that the bundle was made with, or make the bundle again: `monstack bundle create`" });
}

// src/cluster/pod-gateway.ts
function computePodGateway(config) {
	if (config.cluster.kind === "existing") return { unknown: "pods of an existing cluster can't be expected to reach this machine" };
	const { clusterCidr, flannelBackend } = resolveK3sSettings(config.k3s.args, listHostPaths());
	const subnet = /^(\d+\.\d+\.\d+)\.0\/(\d+)$/.exec(clusterCidr);
	if (flannelBackend === "none") return { unknown: "k3s runs without flannel, so pods' gateway is not known" };
	if (!subnet || Number(subnet[2]) > 24) return { unknown: `k3s' cluster-cidr is ${clusterCidr}, so pods' gateway is not known` };
	return { address: `${subnet[1]}.1` };
}

// src/rules/inhibition.ts
async function judgeInhibitions(judge, config, { rules, added }) {
	if (!isMapping(config) || !Array.isArray(config["inhibit_rules"]) || added === void 0) return [];
	const inhibitions = readInhibitions(config);
	const alerts = rules.flatMap((rule) => isMapping(rule) && typeof rule["alert"] === "string" ? [rule] : []);
	if (inhibitions.length === 0 || alerts.length === 0) return [];
	const answers = await judge.ask("expression", alerts.map(({ expr }) => ({ text: String(expr) })));
	const knownAlerts = alerts.flatMap((rule, index) => {
		const answer = answers[index];
		if (answer === void 0 || answer.errors !== void 0) return [];
		return [{
			name: String(rule["alert"]),
			labels: readTexts$1(rule["labels"]),
			series: findPossibleLabels(answer),
			added
		}];
	});
	if (knownAlerts.length < alerts.length) return [];
	return inhibitions.flatMap((inhibition, index) => findFaults(inhibition, index, knownAlerts));
}
function readInhibitions(config) {
	try {
		return readRouting(config).inhibitions;
	} catch {
		return [];
	}
}
function readTexts$1(labels) {
	return new Map(Object.entries(isMapping(labels) ? labels : {}).map(([name, value]) => [name, String(value)]));
}
function findLabelValue({ name, labels, series, added }, label) {
	if (label === "alertname") return name;
	const labelValue = labels.get(label);
	if (labelValue !== void 0) return labelValue.includes("{{") ? void 0 : labelValue;
	return added.includes(label) || canHaveLabel(series, label) ? void 0 : "";
}
function canMatch(alert, matcher) {
	const value = findLabelValue(alert, matcher.label);
	return value === void 0 || matchesLabel(matcher, { [matcher.label]: value });
}
function findFaults(rule, index, alerts) {
	const rulePath = ["inhibit_rules", index];
	const sides = ["source", "target"].flatMap((side) => {
		const unmatchable = rule[side].find((matcher) => !alerts.some((alert) => canMatch(alert, matcher)));
		if (unmatchable === void 0) return [];
		const { label, op, value } = unmatchable;
		const namedPart = alerts.some((alert) => findLabelValue(alert, label) !== "") ? `${label}${op}${JSON.stringify(value)}` : `the label ${label}`;
		return [{
			path: [...rulePath, `${side}_matchers`],
			problem: `the ${side} of this inhibition rule names ${namedPart}, which no alerting rule gives to its alerts: it never holds anything back`
		}];
	});
	if (sides.length > 0) return sides;
	const matchingAlerts = alerts.filter((alert) => [rule.source, rule.target].some((matchers) => matchers.every((matcher) => canMatch(alert, matcher))));
	return rule.equal.flatMap((label, equalIndex) => {
		if (matchingAlerts.some((alert) => findLabelValue(alert, label) !== "")) return [];
		const problem = `equal of this inhibition rule names the label ${label}, which no alerting rule gives to its alerts: two alerts without it count as equal, so it separates nothing`;
		return [{
			path: [
				...rulePath,
				"equal",
				equalIndex
			],
			problem
		}];
	});
}
const noLabels = {
	kind: "only",
	names: []
};
const anyLabels = {
	kind: "any-but",
	names: []
};
function canHaveLabel({ kind, names }, label) {
	return kind === "only" === names.includes(label);
}
function findPossibleLabels(expression, node = expression.tree) {
	const findChildLabels = (child) => child ? findPossibleLabels(expression, child) : noLabels;
	const mergedLabels = node.children.filter(({ type }) => type === "vector" || type === "matrix").map(findChildLabels).reduce(mergeLabels, noLabels);
	switch (node.kind) {
		case "number":
		case "string": return noLabels;
		case "selector": return {
			kind: "any-but",
			names: (expression.selectors[node.index ?? -1]?.matchers ?? []).filter(({ op, value }) => op === "=" && value === "").map(({ label }) => label)
		};
		case "aggregation": return inferAggregationLabels(expression, node, mergedLabels);
		case "call": return inferCallLabels(expression, node, mergedLabels);
		case "binary": return inferBinaryLabels(node, findChildLabels, mergedLabels);
		default: return mergedLabels;
	}
}
const choosingAggregations = [
	"topk",
	"bottomk",
	"limitk",
	"limit_ratio"
];
function inferAggregationLabels(expression, node, operandLabels) {
	const { name = "", without = false, labels = [] } = expression.aggregations[node.index ?? -1] ?? {};
	if (choosingAggregations.includes(name)) return operandLabels;
	const remaining = without ? removeLabels(operandLabels, labels) : restrictLabels(operandLabels, labels);
	return name === "count_values" ? addLabels(remaining, listTexts(node)) : remaining;
}
function inferCallLabels(expression, node, argumentLabels) {
	const { name = "" } = node;
	if (node.type === "scalar" || name === "vector") return noLabels;
	if (name === "info") return anyLabels;
	if (name === "label_replace" || name === "label_join") return addLabels(argumentLabels, listTexts(node).slice(0, 1));
	if (name !== "absent" && name !== "absent_over_time") return argumentLabels;
	return {
		kind: "only",
		names: findFixedLabels(expression, node)
	};
}
function findFixedLabels(expression, node) {
	return [...(node.kind === "selector" ? expression.selectors[node.index ?? -1]?.matchers ?? [] : []).filter(({ op }) => op === "=").map(({ label }) => label), ...node.children.flatMap((child) => findFixedLabels(expression, child))];
}
function listTexts({ children }) {
	return children.flatMap(({ kind, text }) => kind === "string" && text !== void 0 ? [text] : []);
}
function inferBinaryLabels({ operator = "", matching, children: [left, right] }, findChildLabels, mergedLabels) {
	if (matching === void 0 || operator === "or") return mergedLabels;
	if (operator === "and" || operator === "unless" || operator === "atan2") return findChildLabels(left);
	const { card, on, labels, include } = matching;
	if (card === "many-to-one") return addLabels(findChildLabels(left), include);
	if (card === "one-to-many") return addLabels(findChildLabels(right), include);
	return on ? restrictLabels(findChildLabels(left), labels) : removeLabels(findChildLabels(left), labels);
}
function mergeLabels(a, b) {
	if (a.kind === "any-but") return {
		kind: "any-but",
		names: a.names.filter((label) => !canHaveLabel(b, label))
	};
	if (b.kind === "any-but") return mergeLabels(b, a);
	return {
		kind: "only",
		names: [...a.names, ...b.names]
	};
}
function restrictLabels(possible, labels) {
	return {
		kind: "only",
		names: labels.filter((label) => canHaveLabel(possible, label))
	};
}
function removeLabels({ kind, names }, labels) {
	const otherNames = names.filter((label) => !labels.includes(label));
	return {
		kind,
		names: kind === "only" ? otherNames : [...names, ...labels]
	};
}
function addLabels({ kind, names }, labels) {
	const otherNames = names.filter((label) => !labels.includes(label));
	return {
		kind,
		names: kind === "only" ? [...names, ...labels] : otherNames
	};
}
function findAlertSources$1(rendered) {
	const objects = rendered.flatMap(({ objects }) => objects);
	const servers = objects.filter(({ kind }) => kind === "Prometheus").map(({ spec }) => isMapping(spec) ? spec : {});
	if (servers.length === 0) return void 0;
	const canAddAnyLabel = servers.some((spec) => spec["additionalAlertRelabelConfigs"] !== void 0);
	const externalLabelNames = servers.flatMap(({ externalLabels }) => Object.keys(externalLabels ?? {}));
	return {
		rules: objects.filter(({ kind }) => kind === "PrometheusRule").flatMap(listRules$1),
		added: canAddAnyLabel ? void 0 : [
			...externalLabelNames,
			"prometheus",
			"prometheus_replica"
		]
	};
}
function listRules$1(content) {
	if (!isMapping(content)) return [];
	const { groups } = isMapping(content["spec"]) ? content["spec"] : content;
	return (Array.isArray(groups) ? groups : []).flatMap((group) => {
		if (!isMapping(group) || !Array.isArray(group["rules"])) return [];
		const groupLabels = isMapping(group["labels"]) ? group["labels"] : {};
		return group["rules"].filter(isMapping).map((rule) => ({
			...rule,
			labels: {
				...groupLabels,
				...isMapping(rule["labels"]) ? rule["labels"] : {}
			}
		}));
	});
}

// src/plan/alertmanager-values.ts
function createPlaces(path) {
	const extendPath = (...keys) => [...path, ...keys];
	return {
		templates: extendPath("templates"),
		folder: "/etc/alertmanager",
		mounts: [
			"extraConfigmapMounts",
			"extraSecretMounts",
			"extraVolumeMounts",
			"extraVolumes"
		].map((key) => extendPath(key)),
		features: extendPath("extraArgs", "enable-feature"),
		tag: extendPath("image", "tag")
	};
}
const spec = ["alertmanager", "alertmanagerSpec"];
const charts = {
	alertmanager: createPlaces([]),
	prometheus: createPlaces(["alertmanager"]),
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
function findNotificationTemplates({ chart, values }) {
	const places = getOwnValue(charts, getChartName(chart));
	const configuredFiles = places && getValueAt(values, places.templates);
	if (places === void 0) return {
		files: [],
		isComplete: false,
		at: {}
	};
	const templateFiles = Object.entries(isMapping(configuredFiles) ? configuredFiles : {}).flatMap(([name, text]) => typeof text === "string" ? [{
		key: name,
		name: `${places.folder}/${name}`,
		text
	}] : []);
	return {
		files: templateFiles.map(({ name, text }) => ({
			name,
			text
		})),
		isComplete: places.mounts.every((path) => isEmptyValue(getValueAt(values, path))),
		at: Object.fromEntries(templateFiles.map(({ key, name }) => [name, [...places.templates, key]]))
	};
}
function findAlertmanagerFeatures({ chart, values }) {
	const places = getOwnValue(charts, getChartName(chart));
	const features = places && getValueAt(values, places.features);
	return (Array.isArray(features) ? features : [features ?? ""]).flatMap((feature) => String(feature).split(",")).filter((feature) => feature !== "");
}
function findAlertmanagerTag({ chart, values }) {
	const places = getOwnValue(charts, getChartName(chart));
	const tag = places && getValueAt(values, places.tag);
	return typeof tag === "string" && tag !== "" ? tag : void 0;
}
function findConfigInValues(app) {
	const path = findAlertmanagerPath(app);
	const places = getOwnValue(charts, getChartName(app.chart));
	const configured = path && getValueAt(app.values, path);
	if (path === void 0 || places === void 0 || !isMapping(configured)) return void 0;
	const { enabled: _, ...ownConfig } = configured;
	const receivers = Array.isArray(ownConfig["receivers"]) ? ownConfig["receivers"] : [{ name: "default-receiver" }];
	const [first] = receivers.filter(isMapping);
	const route = isMapping(ownConfig["route"]) ? ownConfig["route"] : {};
	return {
		path,
		config: {
			templates: [`${places.folder}/*.tmpl`],
			...ownConfig,
			receivers,
			route: {
				receiver: first?.["name"],
				...route
			}
		}
	};
}
function findAlertSources(apps, ruleTexts) {
	const servers = apps.filter(({ chart }) => getChartName(chart) === "prometheus");
	const [server] = servers;
	if (server === void 0 || servers.length > 1 || apps.some(({ chart }) => getChartName(chart) === "kube-prometheus-stack")) return void 0;
	const { values } = server;
	if (mounts.some((path) => !isEmptyValue(getValueAt(values, path)))) return void 0;
	return {
		rules: [...[...Object.values(getMappingAt(values, "serverFiles")), ...Object.values(getMappingAt(values, "ruleFiles"))], ...ruleTexts].flatMap((content) => listRules$1(typeof content === "string" ? readYaml(content).data : content)),
		added: findAddedLabels(values)
	};
}
const mounts = [
	"extraConfigmapMounts",
	"extraSecretMounts",
	"extraVolumeMounts",
	"extraVolumes",
	"extraHostPathMounts"
].map((key) => ["server", key]);
function getMappingAt(values, key) {
	const value = values[key];
	return isMapping(value) ? value : {};
}
function findAddedLabels(values) {
	const externalLabels = [["server", "global"], [
		"serverFiles",
		"prometheus.yml",
		"global"
	]].flatMap((path) => {
		const labels = getValueAt(values, [...path, "external_labels"]);
		return isMapping(labels) ? Object.keys(labels) : [];
	});
	const relabelRules = [[
		"serverFiles",
		"prometheus.yml",
		"alerting",
		"alert_relabel_configs"
	], ["alertRelabelConfigs", "alert_relabel_configs"]].flatMap((path) => getValueAt(values, path) ?? []);
	const targetLabels = relabelRules.map((rule) => isMapping(rule) ? rule["target_label"] : void 0);
	return relabelRules.some((rule) => isMapping(rule) && rule["action"] === "labelmap") ? void 0 : [...externalLabels, ...targetLabels.filter((label) => typeof label === "string")];
}

// src/app/charts/try-notifications.ts
async function findIneffectiveParts(judge, loaded, app, config) {
	const templateFaults = await judgeNotifications(judge, config, findNotificationTemplates(app));
	const sources = findAlertSources(listPlannedApps(loaded.config, loaded.valuesFiles), loaded.config.rules.map((path) => loaded.texts[path] ?? ""));
	const inhibitionFaults = sources ? await judgeInhibitions(judge, config, sources) : [];
	return [...templateFaults.map((fault) => locateTemplateFault(loaded, app, fault)), ...inhibitionFaults.map((fault) => ({
		...fault,
		id: "inhibition-label"
	}))];
}
async function findIneffectivePartsInValues(judge, loaded) {
	const app = listPlannedApps(loaded.config, loaded.valuesFiles).find(hasAlertmanager);
	const valuesConfig = loaded.config.alerting.config === void 0 && app ? findConfigInValues(app) : void 0;
	const hasPartsToTest = valuesConfig !== void 0 && /\{\{|"inhibit_rules"/.test(JSON.stringify(valuesConfig.config));
	if (app === void 0 || valuesConfig === void 0 || !hasPartsToTest) return {
		mistakes: [],
		notices: []
	};
	const placedFaults = ((await judgeAlertmanager(judge, valuesConfig.config, findAlertmanagerFeatures(app))).length > 0 ? [] : await findIneffectiveParts(judge, loaded, app, valuesConfig.config)).map((fault) => {
		const place = fault.at ?? placeInValues(loaded, app.name, [...valuesConfig.path, ...fault.path]);
		return {
			...fault,
			at: place,
			path: formatPath([...valuesConfig.path, ...fault.path])
		};
	});
	return {
		mistakes: placedFaults.filter(({ id }) => id === void 0).map(({ at: place, path, problem }) => ({
			where: place ? `${place.file}:${place.line}:${place.column}` : `app ${app.name}`,
			path,
			problem
		})),
		notices: placedFaults.flatMap(({ id, at: place, path, problem }) => id === void 0 ? [] : [{
			id,
			at: place,
			text: `${path}: ${problem}`
		}])
	};
}
function locateTemplateFault(loaded, app, { path = [], file, line = 1, problem, isUncertain }) {
	const notice = isUncertain ? { id: "notification-template" } : {};
	if (file === void 0) return {
		path,
		problem,
		...notice
	};
	const { at: keys, files } = findNotificationTemplates(app);
	const character = (files.find(({ name }) => name === file)?.text.split("\n", line - 1) ?? []).reduce((sum, previousLine) => sum + previousLine.length + 1, 0);
	const key = keys[file];
	const place = key && placeInValues(loaded, app.name, key, { character });
	return {
		path,
		problem: `${file}, line ${line}: ${problem}`,
		...place ? { at: place } : {},
		...notice
	};
}

// src/app/validate/alertmanager.ts
async function judgeOwnConfig(judge, loaded) {
	const { config, texts, cwd, variables: env, valuesFiles } = loaded;
	const userConfig = prepareConfigToJudge({
		config,
		texts,
		cwd,
		env
	});
	if (userConfig === void 0) return void 0;
	const app = listPlannedApps(config, valuesFiles).find(hasAlertmanager);
	const { typed, faults, judged } = await judgeTyped(judge, userConfig, app ? findAlertmanagerFeatures(app) : []);
	const version = app && findAlertmanagerTag(app);
	const isCertain = ({ isUnknownKey }) => !isUnknownKey || !isNewerThanJudge(version);
	const createNotice = (id, { path, problem }) => userConfig.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
	const versionNotices = [...faults.filter((fault) => !isCertain(fault)).map((fault) => createNotice("alertmanager-newer", fault)), ...findNewerKeys$1(judged, version ?? "").map((newerKey) => createNotice("alertmanager-older", newerKey))];
	const mistakes = faults.filter(isCertain).map(({ path, problem, isUnknownKey }) => ({
		path,
		problem,
		isKey: isUnknownKey
	}));
	if (mistakes.length > 0 || app === void 0) return {
		typed,
		mistakes,
		notices: versionNotices
	};
	const ineffective = await findIneffectiveParts(judge, loaded, app, judged);
	const notices = ineffective.flatMap(({ id, path, problem, at: place }) => id === void 0 ? [] : [place ? {
		id,
		at: place,
		text: problem
	} : createNotice(id, {
		path,
		problem
	})]);
	return {
		typed,
		mistakes: ineffective.filter(({ id }) => id === void 0),
		notices: [...versionNotices, ...notices]
	};
}
async function judgeRenderedAlertmanager(judge, loaded, rendered) {
	const { config, texts, cwd, variables: env, valuesFiles } = loaded;
	const userConfig = prepareConfigToJudge({
		config,
		texts,
		cwd,
		env
	});
	if (userConfig === void 0) return [];
	const newerKeys = listPlannedApps(config, valuesFiles).some((app) => hasAlertmanager(app) && findAlertmanagerTag(app)) ? [] : findNewerKeys$1(userConfig.config, findDeployedAlertmanager(rendered) ?? "");
	const sources = findAlertSources$1(rendered);
	const inhibitionFaults = sources ? await judgeInhibitions(judge, userConfig.config, sources) : [];
	const createNotice = (id, { path, problem }) => userConfig.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
	return [...newerKeys.map((newerKey) => createNotice("alertmanager-older", newerKey)), ...inhibitionFaults.map((fault) => createNotice("inhibition-label", fault))];
}
const maximumRounds = 10;
async function judgeTyped(judge, userConfig, features) {
	const typed = [];
	let typedConfig = userConfig.config;
	for (let round = 0;; round++) {
		const faults = await judgeAlertmanager(judge, typedConfig, features);
		const newValues = faults.flatMap((fault) => convertValues(userConfig, typedConfig, fault));
		if (newValues.length === 0 || round >= maximumRounds) return {
			typed: typed.filter(({ path }) => !userConfig.madeUp.has(JSON.stringify(path))),
			judged: typedConfig,
			faults: faults.filter((fault) => !isAboutMadeUp(userConfig, fault))
		};
		typed.push(...newValues);
		typedConfig = setValues(typedConfig, newValues);
	}
}
function isAboutMadeUp({ madeUp }, { path, problem }) {
	return madeUp.has(JSON.stringify(path)) && (problem.startsWith("expected ") || /\.invalid\b/.test(problem));
}
function convertValues(userConfig, config, { path, wanted }) {
	const text = findValue(config, path);
	if (wanted === void 0 || typeof text !== "string") return [];
	const key = JSON.stringify(path);
	if (userConfig.madeUp.has(key)) return [{
		path,
		value: wanted === "boolean" ? true : 1
	}];
	if (!userConfig.referred.has(key)) return [];
	const value = readYaml(text).data;
	return typeof value === wanted && (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) ? [{
		path,
		value
	}] : [];
}

// src/app/validate/queries.ts
async function judgeQueries({ judge, loaded }, { config, apps }) {
	const queries = listQueries(config);
	const app = findPrometheus(apps);
	const features = app === void 0 ? [] : findPlannedFeatures(app);
	const prometheus2 = (app && findPlannedVersion(app))?.startsWith("2") ?? false;
	const answers = await judge.ask("expression", queries.map(({ text }) => ({
		text,
		features,
		prometheus2
	})));
	const { texts, cwd } = loaded;
	const yaml = readInlineYaml({
		config,
		texts,
		cwd
	}, void 0, []);
	throwIfAny(queries.flatMap((query, index) => {
		const answer = answers[index];
		const problem = answer && describeProblem(query, toParsedQuery(answer));
		return problem ? [yaml.mistake(query.path, problem.text, problem.character)] : [];
	}));
}
function listQueries({ checks, federate }) {
	const checkQueries = checks.flatMap(({ what }, index) => what.kind === "promql" ? [{
		text: what.expression,
		path: [
			"checks",
			index,
			"promql"
		],
		isMatcher: false
	}] : []);
	const matchers = federate.flatMap(({ match }, index) => match.map((text, matchIndex) => ({
		text,
		path: [
			"federate",
			index,
			"match",
			matchIndex
		],
		isMatcher: true
	})));
	return [...checkQueries, ...matchers];
}
function describeProblem({ text, isMatcher }, parsed) {
	if (parsed.status === "invalid") {
		const { error } = parsed;
		const label = isMatcher ? "invalid selector" : "invalid PromQL";
		const caret = pointAt(text, error).replaceAll(/^/gm, "    ");
		return {
			text: `${label}: Prometheus ${judgedBy.prometheus}: ${error.message}\n${caret}`,
			character: error.from
		};
	}
	if (!isMatcher || parsed.tree.kind === "selector" && parsed.selectors[0]?.text === text) return void 0;
	return { text: `${text} is more than a selector, and /federate accepts nothing else: expected for example '{job="kubernetes-pods"}'` };
}

// src/rules/alert-templates.ts
function selectTemplatesToTry(rule, features) {
	if (!rule["alert"]) return void 0;
	const templates = ["labels", "annotations"].flatMap((key) => {
		const texts = rule[key];
		return isMapping(texts) ? Object.entries(texts).filter((entry) => typeof entry[1] === "string" && entry[1].includes("{{")).map(([name, text]) => ({
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
function findTemplateFaults(rule, tree, { errors, onNothing, followsValue }) {
	const canChange = tree === void 0 || !hasFixedValues(tree);
	return [
		...followsValue.filter((name) => name.startsWith("labels.") && canChange).map((name) => ({
			id: "alert-label-follows-value",
			...describeLabelFault(name, rule)
		})),
		...errors.map(({ field = "", message }) => {
			const problem = `${describeField(field)} fails whenever the alert fires: ${message}`;
			return {
				id: "alert-template-fails",
				path: splitField(field),
				what: problem
			};
		}),
		...onNothing.map(({ field = "", message }) => {
			const problem = `${describeField(field)} fails whenever its query finds nothing: ${message}; put it into {{ with query "..." }}...{{ end }}`;
			return {
				id: "alert-template-needs-result",
				path: splitField(field),
				what: problem
			};
		})
	];
}
function describeLabelFault(name, rule) {
	const forDuration = rule["for"] === void 0 || /^0/.test(String(rule["for"])) ? void 0 : String(rule["for"]);
	const consequence = forDuration === void 0 ? "each new value ends the alert and starts another one" : `each new value starts another alert, whose time (for: ${forDuration}) begins anew, so that none may ever fire`;
	return {
		path: splitField(name),
		what: `${describeField(name)} follows the value: ${consequence}; put the value into an annotation`
	};
}
function describeField(field) {
	const [key = "", name = ""] = splitField(field);
	return `the ${key === "labels" ? "label" : "annotation"} ${name}`;
}
function splitField(field) {
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
function hasFixedValues({ kind, name, operator = "", bool = false, type, children }) {
	const [firstOperand, secondOperand] = children;
	if (kind === "number" || bool) return true;
	if (kind === "call") {
		if (name === "vector") return firstOperand !== void 0 && hasFixedValues(firstOperand);
		return name === "absent" || name === "absent_over_time";
	}
	if (kind === "aggregation") return name === "group";
	if (type === "matrix" || firstOperand === void 0) return false;
	if (kind === "paren" || kind === "unary") return hasFixedValues(firstOperand);
	if (kind !== "binary" || secondOperand === void 0) return false;
	if (operator === "==" && (firstOperand.kind === "number" || secondOperand.kind === "number")) return true;
	if (comparisons.includes(operator)) return hasFixedValues(firstOperand.type === "scalar" ? secondOperand : firstOperand);
	if (operator === "and" || operator === "unless") return hasFixedValues(firstOperand);
	return hasFixedValues(firstOperand) && hasFixedValues(secondOperand);
}

// src/rules/foreign-files.ts
function describeForeignFile(data) {
	if (Array.isArray(data) || typeof data === "string") return `this is a ${typeof data === "string" ? "text" : "list"}: expected a mapping with groups, each with a name and rules`;
	if (!isMapping(data)) return void 0;
	const kind = typeof data["kind"] === "string" ? data["kind"] : void 0;
	if (kind !== void 0 && typeof data["apiVersion"] === "string" && kind !== "PrometheusRule") return `this is ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind} of ${data["apiVersion"]}: expected a rule file with groups, or a PrometheusRule`;
	if (Array.isArray(data["tests"]) || Array.isArray(data["rule_files"])) return "scrape_configs" in data ? "this is a configuration of Prometheus: name the rule files that it lists, one by one" : "this is a promtool test file: name it in alerting.rule-tests";
	if ("scrape_configs" in data || isMapping(data["global"]) && !("groups" in data) && !("route" in data)) return "this is a configuration of Prometheus: expected a rule file with groups";
	if ("route" in data && "receivers" in data) return "this is a configuration of Alertmanager: name it in alerting.config";
	if (isGrafanaAlerting(data)) return "this is a Grafana alerting file: Grafana evaluates it, so put it into the Grafana chart's value alerting";
	if (listRules(data).some(({ expr }) => typeof expr === "string" && isLogQl(expr))) return "this is a Loki rule file: its expressions are LogQL, which Loki's ruler evaluates and Prometheus does not";
}
const grafanaKeys = /^(contactPoints|policies|muteTimes|templates|(delete|reset)[A-Z][A-Za-z]*)$/;
function isGrafanaAlerting(data) {
	if (Object.entries(data).some(([key, value]) => grafanaKeys.test(key) && Array.isArray(value))) return true;
	return listGroups(data).some((group) => "orgId" in group || "folder" in group) || listRules(data).some((rule) => !("expr" in rule) && (Array.isArray(rule["data"]) || "condition" in rule));
}
const logQlPipeline = /(?<![\w:.])\{[^{}]*\}\s*(?:\|(?!\|)|!>|![=~]\s*")/;
const logQlFunctions = /\b(?:bytes_rate|bytes_over_time)\s*\(/;
function isLogQl(expr) {
	const exprWithoutTexts = withoutTexts(expr);
	return logQlPipeline.test(exprWithoutTexts) || logQlFunctions.test(exprWithoutTexts);
}
function listGroups(data) {
	const { groups } = isMapping(data["spec"]) ? data["spec"] : data;
	return Array.isArray(groups) ? groups.filter(isMapping) : [];
}
function listRules(data) {
	return listGroups(data).flatMap(({ rules }) => Array.isArray(rules) ? rules : []).filter(isMapping);
}

// src/rules/prometheus-versions.ts
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
function findNewerParts(rule, parsed, version) {
	const query = parsed?.status === "parsed" ? parsed : void 0;
	const functions = query?.functions ?? [];
	const newerFunctions = Object.entries(functionsSince).flatMap(([since, names]) => names.split(" ").filter((name) => functions.includes(name)).map((name) => ({
		what: `${name}()`,
		since
	})));
	const hasComputedRange = (query?.windows ?? []).some(({ text }) => !/^[\d.]+(?:(?:ms|[smhdwy])[\dmshdwy]*)?$/.test(text));
	const matcherLabels = query?.selectors.flatMap((selector) => selector.matchers.map(({ label }) => label)) ?? [];
	const labelNames = ["labels", "annotations"].flatMap((key) => isMapping(rule[key]) ? Object.keys(rule[key]) : []);
	const utf8Name = [...matcherLabels, ...labelNames].find((name) => !/^[a-zA-Z_]\w*$/.test(name));
	return [
		...newerFunctions,
		...hasComputedRange ? [{
			what: "a computed range",
			since: "3.14"
		}] : [],
		...utf8Name === void 0 ? [] : [{
			what: `the name ${utf8Name}`,
			since: "3.0"
		}],
		...findNewerKeys(rule, keysSince),
		...findTemplateFunctions(rule)
	].filter(({ since }) => isBefore$1(version, since));
}
function findNewerGroupKeys(group, version) {
	return findNewerKeys(group, groupKeysSince).filter(({ since }) => isBefore$1(version, since));
}
function findNewerKeys(mapping, versionsByKey) {
	return Object.entries(versionsByKey).filter(([key]) => key in mapping).map(([what, since]) => ({
		what,
		since
	}));
}
function findTemplateFunctions(rule) {
	const actions = ["labels", "annotations"].flatMap((key) => isMapping(rule[key]) ? Object.values(rule[key]).map(String) : []).flatMap((text) => text.match(/\{\{[^{}]*\}\}/g) ?? []);
	const usedNames = new Set(actions.flatMap((text) => text.match(/(?<![\w.$"])[a-zA-Z]\w*/g) ?? []));
	return Object.entries(templateFunctionsSince).filter(([name]) => usedNames.has(name)).map(([name, since]) => ({
		what: `the template function ${name}`,
		since
	}));
}
function isBefore$1(version, since) {
	const [major = 0, minor] = version.split(".").map(Number);
	const [sinceMajor = 0, sinceMinor = 0] = since.split(".").map(Number);
	if (major !== sinceMajor) return major < sinceMajor;
	return minor !== void 0 && minor < sinceMinor;
}

// src/rules/traps.ts
function findTraps(expr, parsed, options) {
	if (parsed.status === "invalid") return [];
	const foundTraps = [
		...parsed.selectors.flatMap((selector) => findRootCgroupTrap(selector, parsed)),
		...findUnlimitedDivisorTraps(expr, parsed),
		...options.scrapeMs === void 0 ? [] : findShortWindowTraps(parsed.windows, options.scrapeMs),
		...options.localPath ? findVolumeStatsTrap(parsed.selectors) : []
	];
	const correctedExpr = applyEdits(expr, foundTraps.flatMap(({ edits }) => edits));
	return foundTraps.sort((a, b) => a.character - b.character).map(({ edits, ...trap }) => ({
		...trap,
		correctedExpr: edits.length > 0 ? correctedExpr : void 0
	}));
}
const cgroupMetrics = /^container_(memory|cpu|spec|fs|tasks|processes|threads|file_descriptors|sockets)(_|$)/;
const containerLabels = [
	"container",
	"id",
	"image",
	"name"
];
const summingAggregations = /^(sum|avg|count|stddev|stdvar|quantile)$/;
function findRootCgroupTrap({ metric = "", matchers, from, to, text }, parsed) {
	if (!cgroupMetrics.test(metric)) return [];
	if (matchers.some(({ label }) => containerLabels.includes(label))) return [];
	const aggregation = findNodesAround(parsed.tree, {
		from,
		to
	}).find(({ kind }) => kind === "aggregation");
	if (aggregation === void 0 || !summingAggregations.test(aggregation.name ?? "")) return [];
	if (keepsContainers(aggregation, parsed)) return [];
	const addedMatchers = ["container", ...matchers.some(({ label }) => label === "pod") ? [] : ["pod"]].map((label) => `${label}!=""`).join(",");
	const closingBrace = text.lastIndexOf("}");
	const edit = closingBrace === -1 ? {
		from: to,
		to,
		text: `{${addedMatchers}}`
	} : {
		from: from + closingBrace,
		to: from + closingBrace,
		text: /[{,]\s*$/.test(text.slice(0, closingBrace)) ? addedMatchers : `,${addedMatchers}`
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
	return without ? !containerLabels.every(isNamed) : containerLabels.some(isNamed);
}
const limitMetrics = /^container_spec_memory_(swap_|reservation_)?limit_bytes$/;
function findUnlimitedDivisorTraps(expr, { tree, selectors }) {
	return listNodes(tree).filter(({ kind, operator }) => kind === "binary" && operator === "/").flatMap(({ children }) => {
		const divisor = children.at(-1);
		const limitSelector = divisor && selectors.find((selector) => isWithin(selector, divisor) && limitMetrics.test(selector.metric ?? ""));
		if (!divisor || !limitSelector || isFiltered(divisor) || leavesOutUnlimited(tree, selectors)) return [];
		return [{
			id: "divided-by-no-limit",
			what: `${limitSelector.metric} is 0 for a container without a limit: the quotient is +Inf, which is above every threshold`,
			character: limitSelector.from,
			edits: wrapDivisor(expr, divisor)
		}];
	});
}
function isWithin(inner, outer) {
	return inner.from >= outer.from && inner.to <= outer.to;
}
function wrapDivisor(expr, { from, to, kind, children: [innerNode] }) {
	if (kind === "paren" && innerNode?.kind === "selector") return [{
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
	const isLimitSelector = ({ kind, index = -1 }) => kind === "selector" && limitMetrics.test(selectors[index]?.metric ?? "");
	const isInfinite = ({ kind, number = "" }) => kind === "number" && /inf/i.test(number);
	return listNodes(tree).some(({ kind, operator = "", children }) => kind === "binary" && /^([<>]=?|[!=]=)$/.test(operator) && children.some((side) => isLimitSelector(side) || listNodes(side).some(isInfinite)));
}
function isFiltered(divisor) {
	return listNodes(divisor).some(({ kind, operator = "" }) => kind === "binary" && [
		">",
		">=",
		"!="
	].includes(operator));
}
const suggestedScrapes = 4;
function findShortWindowTraps(windows, scrapeMs) {
	return windows.flatMap(({ ms: windowMs, selector, text, textFrom, textTo, function: functionName }) => {
		if (windowMs === void 0 || selector === void 0 || selector.metric?.includes(":")) return [];
		if (windowMs >= 2 * scrapeMs) return [];
		return [{
			id: "window-too-short",
			what: `the range [${text}] is shorter than two scrapes (one every ${formatDuration(scrapeMs)}): ${functionName ?? "a function over it"} finds one sample or none, and the expression is empty`,
			character: textFrom,
			edits: [{
				from: textFrom,
				to: textTo,
				text: formatDuration(suggestedScrapes * scrapeMs)
			}]
		}];
	});
}
function findVolumeStatsTrap(selectors) {
	return selectors.filter(({ metric }) => metric?.startsWith("kubelet_volume_stats_")).slice(0, 1).map(({ metric, from }) => ({
		id: "volume-stats-missing",
		what: `${metric} doesn't exist for k3s' local-path volumes: the rule stays silent however full a volume is; node_filesystem_avail_bytes measures the disk that they are on`,
		character: from,
		edits: []
	}));
}
function applyEdits(expr, edits) {
	return edits.map((edit, index) => ({
		...edit,
		index
	})).sort((a, b) => b.from - a.from || b.index - a.index).reduce((result, { from, to, text: replacement }) => result.slice(0, from) + replacement + result.slice(to), expr);
}

// src/app/validate/rules.ts
async function judgeRules(means, plan) {
	const { texts, cwd } = means.loaded;
	const sources = readRuleSources({
		config: plan.config,
		texts,
		cwd
	});
	if (sources.length === 0) return [];
	const app = findPrometheus(plan.apps);
	const features = app === void 0 ? [] : findPlannedFeatures(app);
	const version = app && findPlannedVersion(app);
	const prometheus2 = version?.startsWith("2") ?? false;
	throwIfAny(await findMistakes(means, sources, plan.config.rules, {
		features,
		prometheus2
	}));
	const rules = sources.flatMap(listUserRules);
	const options = {
		scrapeMs: findScrapeMs(plan.apps),
		localPath: plan.config.cluster.kind === "k3s"
	};
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const parsedRules = rules.map((rule, index) => ({
		...rule,
		parsed: parsed[index]
	}));
	return [
		...sources.flatMap(noticeEmptyFile),
		...parsedRules.flatMap((rule) => [...noticeTypes(rule), ...noticeTraps(rule, options)]),
		...await noticeTemplateFaults(means, parsedRules, features),
		...version === void 0 ? [] : sources.flatMap((source) => findNewerFeatures(source, parsedRules, version))
	];
}
async function noticeNewerThanDeployed(means, plan, version) {
	const app = findPrometheus(plan.apps);
	const plannedVersion = app && findPlannedVersion(app);
	if (version === void 0 || plannedVersion !== void 0) return [];
	const { texts, cwd } = means.loaded;
	const sources = readRuleSources({
		config: plan.config,
		texts,
		cwd
	});
	const rules = sources.flatMap(listUserRules);
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const parsedRules = rules.map((rule, index) => ({
		...rule,
		parsed: parsed[index]
	}));
	return sources.flatMap((source) => findNewerFeatures(source, parsedRules, version));
}
function findNewerFeatures(source, rules, version) {
	const { yaml, at: rootPath, groups } = source;
	const shownVersion = version === "2" ? "a Prometheus before 3" : `Prometheus ${version}`;
	const createNotice = (path, subject, { what, since }) => yaml.notice("newer-than-deployed", path, `${subject}: ${what} exists since Prometheus ${since}; ${shownVersion} is deployed`);
	const groupNotices = groups.flatMap((group, index) => findNewerGroupKeys(group, version).map((part) => createNotice([
		...rootPath,
		"groups",
		index,
		part.what
	], `group ${String(group["name"])}`, part)));
	const ruleNotices = rules.filter((rule) => rule.source === source).flatMap((rule) => findNewerParts(rule.rule, rule.parsed, version).map((part) => createNotice(rule.path, formatRuleName(rule), part)));
	return [...groupNotices, ...ruleNotices];
}
async function findMistakes({ judge, loaded }, sources, paths, options) {
	const foreignProblems = sources.map(({ yaml }) => describeForeignFile(yaml.data));
	const files = sources.map(({ yaml, at: rootPath }, index) => {
		if (foreignProblems[index] !== void 0) return {
			text: "",
			data: void 0
		};
		const { data } = yaml;
		if (rootPath.length > 0 && isMapping(data)) return createRuleFile(data["spec"]);
		return {
			text: loaded.texts[paths[index] ?? ""] ?? "",
			data
		};
	});
	const faultsByFile = await judgeRuleTexts(judge, files, options);
	return sources.flatMap(({ yaml, at: rootPath }, index) => {
		const foreignProblem = foreignProblems[index];
		if (foreignProblem !== void 0) return [yaml.mistake([], foreignProblem)];
		return (faultsByFile[index] ?? []).map(({ path, problem, character, line }) => {
			const faultPath = [...rootPath, ...path];
			const mistake = locateFault({ problem }) === "key" ? yaml.keyMistake(faultPath, problem) : yaml.mistake(faultPath, problem, character);
			return line === void 0 || rootPath.length > 0 ? mistake : {
				...mistake,
				where: `${yaml.shownAs}:${line}:1`
			};
		});
	});
}
async function tryRulesInValues(means, sources, plan) {
	const app = findPrometheus(plan.apps);
	const rules = sources.flatMap(listUserRules);
	if (rules.length === 0) return [];
	const parsed = await means.expressions.parse(rules.map(({ expr }) => expr));
	const parsedRules = rules.map((rule, index) => ({
		...rule,
		parsed: parsed[index]
	}));
	const features = app === void 0 ? [] : findPlannedFeatures(app);
	return [...parsedRules.flatMap(noticeTypes), ...await noticeTemplateFaults(means, parsedRules, features)];
}
function listUserRules(source) {
	return source.groups.flatMap((group, groupIndex) => (Array.isArray(group["rules"]) ? group["rules"] : []).flatMap((rule, index) => {
		if (!isMapping(rule)) return [];
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
function noticeEmptyFile({ yaml, at: rootPath, groups }) {
	return groups.length > 0 ? [] : [yaml.notice("rule-file-empty", rootPath, "there is no rule group in this file")];
}
function formatRuleName({ rule }) {
	return `rule ${String(rule["alert"] ?? rule["record"])}`;
}
function noticeTypes(userRule) {
	const { source, path, parsed } = userRule;
	if (parsed?.status !== "parsed" || parsed.type === "vector" || parsed.type === "scalar") return [];
	const type = parsed.type === "matrix" ? "a range vector" : "a string";
	const text = `${formatRuleName(userRule)}: its result is ${type}, so every evaluation fails: expected an instant vector or a scalar`;
	return [source.yaml.notice("rule-result-type", [...path, "expr"], text)];
}
function noticeTraps(userRule, options) {
	const { source, path, expr, parsed } = userRule;
	if (parsed === void 0) return [];
	return findTraps(expr, parsed, options).map(({ id, what, character, correctedExpr }) => {
		const suggestion = correctedExpr === void 0 ? "" : `; better: ${correctedExpr.replace(/\s+/g, " ").trim()}`;
		return source.yaml.notice(id, [...path, "expr"], `${formatRuleName(userRule)}: ${what}${suggestion}`, character);
	});
}
async function noticeTemplateFaults({ judge }, rules, features) {
	const testedRules = rules.flatMap((userRule) => {
		const request = selectTemplatesToTry(userRule.rule, features);
		return request === void 0 ? [] : [{
			userRule,
			request
		}];
	});
	const answers = await judge.ask("ruleTemplates", testedRules.map(({ request }) => request));
	return testedRules.flatMap(({ userRule }, index) => {
		const answer = answers[index];
		const tree = userRule.parsed?.status === "parsed" ? userRule.parsed.tree : void 0;
		if (answer === void 0) return [];
		return findTemplateFaults(userRule.rule, tree, answer).map(({ id, path, what }) => userRule.source.yaml.notice(id, [...userRule.path, ...path], `${formatRuleName(userRule)}: ${what}`));
	});
}

// src/plan/values/value-contents.ts
function findContents(chart, values, source) {
	const ownContents = contentFinders[chart]?.(values) ?? [];
	const dependencies = source?.dependencies ?? [];
	const subchartContents = (source?.charts ?? []).flatMap((subchart) => {
		const aliases = dependencies.filter(({ name }) => name === subchart.name).map(({ name, alias }) => alias ?? name);
		return (aliases.length > 0 ? aliases : [subchart.name]).flatMap((key) => {
			const subchartValues = values[key];
			return isMapping(subchartValues) ? findContents(subchart.name, subchartValues, subchart).map((content) => prefixPath(key, content)) : [];
		});
	});
	const ownPaths = ownContents.map(({ path }) => JSON.stringify(path));
	return [...ownContents, ...subchartContents.filter(({ path }) => !ownPaths.includes(JSON.stringify(path)))];
}
function prefixPath(key, content) {
	return {
		...content,
		path: [key, ...content.path]
	};
}
const contentFinders = {
	alertmanager: (values) => [...findAlertmanagerConfig(values, ["config"]), ...findObjects(values)],
	prometheus: (values) => [
		...findPrometheusRules(values),
		...findPrometheusScrapes(values),
		...findAlertmanagerConfig(values, ["alertmanager", "config"]),
		...findObjects(values)
	],
	[stackChart]: (values) => [...findStackContents(values), ...findObjects(values)]
};
function findPrometheusRules(values) {
	return ["serverFiles", "ruleFiles"].flatMap((key) => {
		const files = values[key];
		if (!isMapping(files)) return [];
		return Object.entries(files).flatMap(([name, data]) => {
			if (name === "prometheus.yml" || isEmptyValue(data) || !isRuleFileRead(values, name)) return [];
			return name === "alerts" && isMapping(data) && isEmptyValue(data["groups"]) ? [] : [{
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
function findPrometheusScrapes(values) {
	const commonFields = {
		kind: "scrape",
		global: chartGlobal,
		globalAt: ["server", "global"]
	};
	const jobs = values["scrapeConfigs"];
	const namedJobs = Object.entries(isMapping(jobs) ? jobs : {}).flatMap(([name, data]) => isMapping(data) && data["enabled"] !== false ? [{
		...commonFields,
		path: ["scrapeConfigs", name],
		data,
		jobName: name
	}] : []);
	const jobLists = [["extraScrapeConfigs"], [
		"serverFiles",
		"prometheus.yml",
		"scrape_configs"
	]].flatMap((path) => {
		const data = getValueAt(values, path);
		return isEmptyValue(data) ? [] : [{
			...commonFields,
			path,
			data
		}];
	});
	const userGlobal = getValueAt(values, commonFields.globalAt);
	return [
		...isEmptyValue(userGlobal) ? [] : [{
			...commonFields,
			path: commonFields.globalAt,
			data: userGlobal,
			isGlobal: true
		}],
		...namedJobs,
		...jobLists
	];
}
function findAlertmanagerConfig(values, path) {
	const data = getValueAt(values, path);
	const isOff = getValueAt(values, [...path.slice(0, -1), "enabled"]) === false;
	if (!isMapping(data) || isEmptyValue(data) || data["enabled"] === false || path.length > 1 && isOff) return [];
	const { enabled: _, ...config } = data;
	return [{
		kind: "alertmanager",
		path,
		data: config
	}];
}
function findObjects(values) {
	return ["extraManifests", "extraObjects"].flatMap((objectsKey) => {
		const extraObjects = values[objectsKey];
		return (Array.isArray(extraObjects) || isMapping(extraObjects) ? Object.entries(extraObjects) : []).map(([name, data]) => {
			return {
				kind: "object",
				path: [objectsKey, Array.isArray(extraObjects) ? Number(name) : name],
				data
			};
		});
	});
}
const replacingKeys = [
	["stringConfig"],
	["alertmanagerSpec", "useExistingSecret"],
	["alertmanagerSpec", "alertmanagerConfiguration"]
];
function findStackContents(values) {
	const alertmanager = values["alertmanager"];
	const isReplaced = isMapping(alertmanager) && replacingKeys.some((path) => !isEmptyValue(getValueAt(alertmanager, path)));
	return [
		...findStackRules(values),
		...isReplaced ? [] : findAlertmanagerConfig(values, ["alertmanager", "config"]),
		...findStackScrapes(values),
		...findMonitors(values, "additionalServiceMonitors", "ServiceMonitor", "endpoints"),
		...findMonitors(values, "additionalPodMonitors", "PodMonitor", "podMetricsEndpoints"),
		...findRelabelings(values)
	];
}
function findStackRules(values) {
	const map = values["additionalPrometheusRulesMap"];
	const list = values["additionalPrometheusRules"];
	const [key, rules] = isEmptyValue(map) ? ["additionalPrometheusRules", list] : ["additionalPrometheusRulesMap", map];
	if (!isMapping(rules) && !Array.isArray(rules)) return [];
	return Object.entries(rules).flatMap(([name, data]) => {
		const path = [key, Array.isArray(rules) ? Number(name) : name];
		if (!isMapping(data)) return [{
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
function findStackScrapes(values) {
	const path = ["prometheus", "prometheusSpec"];
	const spec = getValueAt(values, path);
	if (!isMapping(spec)) return [];
	const { scrapeTimeout, additionalScrapeConfigs: data } = spec;
	const scrapeInterval = spec["scrapeInterval"] || "30s";
	const isTooLong = (parseDuration(String(scrapeTimeout)) ?? 0) > (parseDuration(String(scrapeInterval)) ?? Number.POSITIVE_INFINITY);
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
	if (isEmptyValue(data)) return times;
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
function findMonitors(values, key, kind, endpoints) {
	const list = getValueAt(values, ["prometheus", key]);
	if (!Array.isArray(list)) return [];
	return list.flatMap((item, index) => {
		const path = [
			"prometheus",
			key,
			index
		];
		if (!isMapping(item)) return [{
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
			const isRequired = field === endpoints || field === "selector";
			if (!(field in item) && !isRequired) return [];
			return [{
				kind: "part",
				of: kind,
				at: ["spec", field],
				path: [...path, field],
				data: item[field],
				required: isRequired
			}];
		});
	});
}
const maximumRelabelingDepth = 6;
function findRelabelings(values, path = []) {
	return Object.entries(values).flatMap(([key, value]) => {
		const keyPath = [...path, key];
		if (Array.isArray(value) && /^(?:[a-zA-Z]+R|r)elabelings$/.test(key) && value.every(isMapping)) return [{
			kind: "part",
			of: "ServiceMonitor",
			at: [
				"spec",
				"endpoints",
				"*",
				"relabelings"
			],
			path: keyPath,
			data: value
		}];
		return isMapping(value) && path.length < maximumRelabelingDepth ? findRelabelings(value, keyPath) : [];
	});
}
function readContentDocuments(content, where) {
	const { data, path: contentPath } = content;
	if (typeof data !== "string") return [{
		content,
		data,
		error: void 0,
		where: (path, on, character) => where([...contentPath, ...path], on, character)
	}];
	if (data.includes("{{")) return [];
	return readDocuments(data).map((document) => {
		const locateInText = (path, on, character) => where(contentPath, "value", findOffset(data, document.findPosition(path, on, character)));
		const { error } = document;
		return {
			content,
			data: document.data,
			error: error && {
				where: where(contentPath, "value", findOffset(data, error.position)),
				problem: error.problem
			},
			where: locateInText
		};
	});
}
function findOffset(text, { line, column }) {
	return text.split("\n").slice(0, line - 1).reduce((sum, previousLine) => sum + previousLine.length + 1, 0) + column - 1;
}

// src/schemas/explain.ts
var import_semver = /* @__PURE__ */ __toESM(require_semver(), 1);
const maxNames = 15;
function explainErrors(errors, data) {
	const explainedErrors = [];
	for (const error of errors) {
		if (error.keyword === "if") continue;
		const isComposed = [
			"anyOf",
			"oneOf",
			"contains",
			"propertyNames"
		].includes(error.keyword);
		const alternatives = isComposed ? takeAlternatives(explainedErrors, error.instancePath) : [];
		const path = parsePointer(error.instancePath, data);
		explainedErrors.push({
			error,
			problem: isComposed ? explainComposed(error, path, alternatives) : describeError(error, path)
		});
	}
	const problems = explainedErrors.map(({ problem }) => problem);
	const createId = ({ path, problem }) => JSON.stringify([path, problem]);
	const ids = problems.map(createId);
	return problems.filter((_, index) => ids.indexOf(ids[index] ?? "") === index);
}
function takeAlternatives(explainedErrors, instancePath) {
	let start = explainedErrors.length;
	while (start > 0 && explainedErrors[start - 1]?.error.instancePath.startsWith(instancePath)) start--;
	return explainedErrors.splice(start);
}
const maximumAlternatives = 3;
function explainComposed(error, path, alternatives) {
	if (error.keyword === "propertyNames") {
		const key = String(error.params["propertyName"]);
		const reasons = alternatives.map(({ problem }) => problem.problem.replace(/^".*?" /s, "")).join("; ");
		return {
			path: [...path, key],
			on: "key",
			problem: `the key ${formatValue$1(key)} ${reasons || "is not allowed"}`
		};
	}
	if (error.keyword === "contains") return {
		path,
		on: "value",
		problem: "no item of the list has the required form"
	};
	if (error.keyword === "oneOf" && error.params["passingSchemas"]) return {
		path,
		on: "value",
		problem: "fits more than one of the alternatives, and may fit only one"
	};
	const wrongTypes = alternatives.filter((alternative) => alternative.error.keyword === "type" && alternative.error.instancePath === error.instancePath);
	const otherProblems = alternatives.filter((alternative) => !wrongTypes.includes(alternative));
	if (otherProblems.length === 0 && wrongTypes.length > 0) return {
		path,
		on: "value",
		problem: describeWrongType(error, path, wrongTypes.flatMap((type) => listTypes(type.error)))
	};
	const [firstOther] = otherProblems;
	if (firstOther === void 0) return {
		path,
		on: "value",
		problem: "fits none of the alternatives"
	};
	if (otherProblems.every(({ problem }) => haveSamePath(problem, firstOther.problem))) {
		const problems = [...new Set(otherProblems.map(({ problem }) => problem.problem))];
		return {
			...firstOther.problem,
			problem: problems.length === 1 ? problems[0] ?? "" : `fits none of the alternatives: ${problems.join("; or ")}`
		};
	}
	return {
		path,
		on: "value",
		problem: `fits none of the alternatives: ${otherProblems.slice(0, maximumAlternatives).map(({ problem }) => `${formatBelow(problem.path, path)}${problem.problem}`).join("; or ")}`
	};
}
function haveSamePath(a, b) {
	return a.on === b.on && JSON.stringify(a.path) === JSON.stringify(b.path);
}
function formatBelow(path, parentPath) {
	const rest = path.slice(parentPath.length).join(".");
	return rest === "" ? "" : `${rest}: `;
}
function describeError(error, path) {
	const { keyword, params } = error;
	if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
		const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
		return {
			path: [...path, key],
			on: "key",
			...describeUnknownKey(key, error)
		};
	}
	if (keyword === "required" || keyword === "dependentRequired" || keyword === "dependencies") return {
		path,
		on: "key",
		problem: `the key ${String(params["missingProperty"])} is missing${keyword === "required" ? "" : `, which ${String(params["property"])} needs`}`
	};
	return {
		path: keyword === "uniqueBy" ? [...path, ...findDuplicateItem(error)] : path,
		on: keyword === "atMostOne" ? "key" : "value",
		problem: describeValueProblem(error, path)
	};
}
function describeUnknownKey(key, { parentSchema }) {
	const known = Object.keys(parentSchema?.properties ?? {});
	const meant = findNearestWord(key, known);
	if (meant !== void 0) return {
		problem: `unknown key; did you mean ${meant}?`,
		meant
	};
	if (known.length === 0) return { problem: "unknown key; expected no keys here" };
	return { problem: known.length > maxNames ? "unknown key" : `unknown key; expected one of: ${known.join(", ")}` };
}
function describeValueProblem(error, path) {
	const { keyword, params, schema } = error;
	const value = maskValue(error, path);
	switch (keyword) {
		case "type": return describeWrongType(error, path, listTypes(error));
		case "enum": return `${value} is not allowed; expected one of: ${schema.map(formatPlain).join(", ")}`;
		case "const": return `${value} is not allowed; expected ${formatPlain(schema)}`;
		case "pattern": {
			const expected = findExpectation(error);
			return expected === void 0 ? `${value} does not match the pattern ${String(schema)}` : `${value} is not valid; expected ${expected}`;
		}
		case "uniqueBy": return `two items of the list have the same ${schema.join(" and ")}`;
		case "atMostOne": return `only one of these keys may be set: ${schema.map((keys) => keys.join(", ")).join("; ")}`;
		case "format": return `${value} is not a valid ${String(schema)}`;
		case "minLength": return `${value} is too short; expected at least ${formatLimit(params)} characters`;
		case "maxLength": return `${value} is too long; expected at most ${formatLimit(params)} characters`;
		case "minItems":
		case "minProperties": return `${value} has too few entries; expected at least ${formatLimit(params)}`;
		case "maxItems":
		case "maxProperties": return `${value} has too many entries; expected at most ${formatLimit(params)}`;
		case "minimum":
		case "maximum":
		case "exclusiveMinimum":
		case "exclusiveMaximum": return `${value} is out of range; expected ${String(params["comparison"])} ${formatLimit(params)}`;
		case "multipleOf": return `${value} is not a multiple of ${String(schema)}`;
		case "uniqueItems": return `two items of the list are equal, the items ${String(params["j"])} and ${String(params["i"])}`;
		case "not": return "has a form that is not allowed";
		case "false schema": return "nothing may be set here";
		default: return `${value} ${error.message ?? "is not allowed"}`;
	}
}
function findDuplicateItem({ data, schema }) {
	const keys = schema;
	const identities = data.map((item) => JSON.stringify(keys.map((key) => item?.[key])));
	const duplicateIndex = identities.findIndex((name, index) => identities.indexOf(name) < index);
	return duplicateIndex < 0 ? [] : [duplicateIndex, ...keys.slice(0, 1)];
}
function formatLimit(params) {
	return String(params["limit"]);
}
function formatPlain(value) {
	return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
function listTypes({ schema, params }) {
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
function describeWrongType(error, path, types) {
	const names = [...new Set(types.map((type) => typeNames[type] ?? type))];
	const expected = findExpectation(error);
	return `${maskValue(error, path)} is not ${names.join(" or ")}${expected === void 0 ? "" : `; expected ${expected}`}`;
}
function findExpectation({ parentSchema }) {
	const expectation = parentSchema?.["x-expected"];
	return typeof expectation === "string" ? expectation : void 0;
}
function maskValue({ data }, path) {
	const key = path.findLast((part) => typeof part === "string");
	if (data === null || data === void 0) return "null";
	if (typeof data !== "object" && key !== void 0 && isCredentialKey(key, {})) return nameKind(data);
	return data === "" ? "an empty text" : formatValue$1(data);
}
function nameKind(data) {
	return typeof data === "string" ? "a text" : typeof data === "number" ? "a number" : "this value";
}
function parsePointer(pointer, data) {
	let node = data;
	return pointer.split("/").slice(1).map((part) => {
		const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
		const step = Array.isArray(node) ? Number(name) : name;
		node = node?.[step];
		return step;
	});
}

// src/schemas/json-schema.ts
async function compileSchema(schema, { helm } = {}) {
	if (!isMapping(schema)) return void 0;
	const declaredDraft = detectDraft(schema);
	if (declaredDraft === void 0) return void 0;
	const draft = declaredDraft.startsWith("20") && isBefore(helm, "3.18.5") ? "7" : declaredDraft;
	const { compile } = await import("./ajv.js");
	try {
		const validate = compile(prepareSchema(schema, draft), draft);
		return (data) => validate(data) ? [] : explainErrors(validate.errors ?? [], data);
	} catch {
		return;
	}
}
function isBefore(helm, version) {
	const release = /^v?(\d+\.\d+\.\d+)/.exec(helm ?? "")?.[1];
	return release !== void 0 && (0, import_semver.major)(release) === (0, import_semver.major)(version) && (0, import_semver.lt)(release, version);
}
function detectDraft(schema) {
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
const schemaKeywords = [
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
const listKeywords = [
	"allOf",
	"anyOf",
	"items",
	"oneOf",
	"prefixItems"
];
const definitionKeywords = ["$defs", "definitions"];
const mapKeywords = [
	...definitionKeywords,
	"dependencies",
	"dependentSchemas",
	"patternProperties",
	"properties"
];
const reversingKeywords = [
	"contains",
	"if",
	"not",
	"oneOf",
	"propertyNames",
	"unevaluatedItems",
	"unevaluatedProperties"
];
function prepareSchema(schema, draft) {
	const ids = collectIds(schema);
	const isOldDraft = draft === "4" || draft === "6" || draft === "7";
	const isInOtherDocument = (ref) => typeof ref === "string" && !ref.startsWith("#") && !ids.has(ref.replace(/#.*$/s, ""));
	let hasOtherDocuments = false;
	function preparePart(part) {
		if (!isMapping(part)) return {
			schema: part,
			isOpen: false
		};
		if ([
			part["$ref"],
			part["$dynamicRef"],
			part["$recursiveRef"]
		].some(isInOtherDocument)) {
			hasOtherDocuments = true;
			return {
				schema: {},
				isOpen: true
			};
		}
		const hasOnlyReference = isOldDraft && typeof part["$ref"] === "string";
		const preparedSchema = {};
		let isOpen = false;
		for (const [key, value] of Object.entries(part)) {
			if (hasOnlyReference && ![
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
			const prepared = prepareKeyword(key, value, preparePart);
			if (prepared.isOpen && reversingKeywords.includes(key)) continue;
			isOpen ||= prepared.isOpen && !definitionKeywords.includes(key);
			preparedSchema[key] = prepared.schema;
		}
		return {
			schema: preparedSchema,
			isOpen
		};
	}
	const { schema: preparedSchema } = preparePart(schema);
	return hasOtherDocuments ? removeKeys(preparedSchema, ["unevaluatedItems", "unevaluatedProperties"]) : preparedSchema;
}
function prepareKeyword(key, value, preparePart) {
	if (listKeywords.includes(key) && Array.isArray(value)) {
		const items = value.map(preparePart);
		return {
			schema: items.map(({ schema }) => schema),
			isOpen: items.some(({ isOpen }) => isOpen)
		};
	}
	if (mapKeywords.includes(key) && isMapping(value)) {
		const entries = Object.entries(value).map(([name, partSchema]) => [name, preparePart(partSchema)]);
		return {
			schema: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
			isOpen: entries.some(([, { isOpen }]) => isOpen)
		};
	}
	return schemaKeywords.includes(key) ? preparePart(value) : {
		schema: value,
		isOpen: false
	};
}
function removeKeys(node, keys) {
	if (Array.isArray(node)) return node.map((child) => removeKeys(child, keys));
	if (!isMapping(node)) return node;
	const remainingEntries = Object.entries(node).filter(([key]) => !keys.includes(key));
	return Object.fromEntries(remainingEntries.map(([key, child]) => [key, removeKeys(child, keys)]));
}
function collectIds(node) {
	const ids = /* @__PURE__ */ new Set();
	const addIds = (part) => {
		if (Array.isArray(part)) for (const item of part) addIds(item);
		if (!isMapping(part)) return;
		for (const id of [part["$id"], part["id"]]) if (typeof id === "string") ids.add(id.replace(/#.*$/s, ""));
		for (const value of Object.values(part)) addIds(value);
	};
	addIds(node);
	return ids;
}

// src/schemas/helm-values.ts
var NoMappingForSubchart = class extends Error {
	path;
	constructor(path) {
		super(`${path.join(".")} is not a mapping`);
		this.path = path;
	}
};
function enableCharts(source, userValues, traits = {}) {
	return addImports(enableSubcharts(source, source.name, userValues, {
		tags: void 0,
		at: [],
		traits
	}), traits);
}
function enableSubcharts(source, name, userValues, { tags, at, traits }) {
	const allSubcharts = findSubcharts(source);
	const values = readDefaults(source);
	const coalescedValues = coalesceValues({
		name,
		source,
		values,
		charts: allSubcharts.map(({ chart }) => chart)
	}, userValues, {
		at,
		traits
	});
	const topTags = tags ?? coalescedValues["tags"];
	return {
		name,
		source,
		values,
		charts: allSubcharts.filter(({ conditions, tags: ownTags }) => isEnabled(conditions, ownTags, coalescedValues, topTags)).map(({ chart }) => {
			const subchartValues = coalescedValues[chart.name];
			const within = {
				tags: topTags ?? {},
				at: [...at, chart.name],
				traits
			};
			return enableSubcharts(chart.source, chart.name, isMapping(subchartValues) ? subchartValues : {}, within);
		})
	};
}
function findSubcharts({ charts, dependencies }) {
	const createChart = (source, name) => ({
		name,
		source,
		values: readDefaults(source),
		charts: findSubcharts(source).map(({ chart }) => chart)
	});
	const unlistedCharts = charts.filter((chart) => !dependencies.some(({ name }) => name === chart.name));
	const listedSubcharts = dependencies.flatMap(({ name, alias, conditions, tags }) => {
		const source = charts.find((chart) => chart.name === name);
		return source === void 0 ? [] : [{
			chart: createChart(source, alias ?? name),
			conditions,
			tags
		}];
	});
	return [...unlistedCharts.map((chart) => ({
		chart: createChart(chart, chart.name),
		conditions: [],
		tags: []
	})), ...listedSubcharts];
}
function isEnabled(conditions, ownTags, values, tags) {
	for (const condition of conditions) {
		const value = getValueAt(values, condition.split("."));
		if (typeof value === "boolean") return value;
	}
	const tagValues = ownTags.map((tag) => isMapping(tags) ? tags[tag] : void 0);
	return tagValues.includes(true) || !tagValues.includes(false);
}
function readDefaults({ values }) {
	return isMapping(values) ? structuredClone(values) : {};
}
function addImports(chart, traits) {
	const charts = chart.charts.map((subchart) => addImports(subchart, traits));
	const chartWithImports = {
		...chart,
		charts
	};
	const imports = chart.source.dependencies.flatMap(({ name, alias, importValues }) => importValues.map((importEntry) => ({
		from: alias ?? name,
		importEntry
	})));
	if (imports.length === 0) return chartWithImports;
	const coalescedValues = coalesceValues(chartWithImports, {}, { traits });
	const imported = imports.reduce((result, { from: subchartKey, importEntry }) => {
		const [childPath, parentPath] = typeof importEntry === "string" ? [`exports.${importEntry}`, "."] : [importEntry.child, importEntry.parent];
		const importedValue = getValueAt(coalescedValues, [subchartKey, ...childPath.split(".")]);
		if (!isMapping(importedValue)) return result;
		const placedValue = parentPath === "." ? importedValue : nestValue(parentPath.split("."), importedValue);
		return mergeMissing(result, structuredClone(placedValue), "kept");
	}, {});
	return {
		...chartWithImports,
		values: mergeMissing(structuredClone(chart.values), imported, "kept")
	};
}
function nestValue(path, value) {
	return path.reduceRight((inner, key) => ({ [key]: inner }), value);
}
function coalesceValues(chart, userValues, { at = [], traits = {} } = {}) {
	return coalesce(chart, structuredClone(userValues), {
		at,
		traits
	});
}
function coalesce(chart, values, { at, traits }) {
	mergeDefaults(chart, values, traits);
	for (const subchart of chart.charts) {
		const subchartPath = [...at, subchart.name];
		if (!Object.hasOwn(values, subchart.name)) values[subchart.name] = {};
		const subchartValues = values[subchart.name];
		if (!isMapping(subchartValues)) throw new NoMappingForSubchart(subchartPath);
		mergeGlobals(subchartValues, values);
		values[subchart.name] = coalesce(subchart, subchartValues, {
			at: subchartPath,
			traits
		});
	}
	return values;
}
function mergeDefaults(chart, values, { keepsNulls = false }) {
	const defaults = structuredClone(chart.values);
	for (const [key, value] of Object.entries(keepsNulls ? defaults : removeNulls$1(defaults))) {
		const userValue = values[key];
		if (!Object.hasOwn(values, key)) values[key] = value;
		else if (userValue === null) delete values[key];
		else if (isMapping(userValue) && isMapping(value)) mergeMissing(userValue, value, chart.charts.some(({ name }) => name === key) ? "kept" : keepsNulls ? "dropped" : "dropped over a value");
	}
}
function mergeGlobals(target, source) {
	const [targetGlobals = {}, sourceGlobals = {}] = [target["global"], source["global"]];
	if (!isMapping(targetGlobals) || !isMapping(sourceGlobals)) return;
	for (const [key, value] of Object.entries(sourceGlobals)) {
		const current = targetGlobals[key];
		if (!isMapping(value)) {
			if (!isMapping(current)) targetGlobals[key] = value;
		} else if (current === void 0) targetGlobals[key] = { ...value };
		else if (isMapping(current)) targetGlobals[key] = mergeMissing({ ...value }, current, "kept");
	}
	target["global"] = targetGlobals;
}
function mergeMissing(over, under, nulls) {
	for (const [key, value] of Object.entries(under)) if (!Object.hasOwn(over, key)) over[key] = value;
	else if (over[key] === null) {
		if (nulls === "dropped" || nulls === "dropped over a value" && value !== null) delete over[key];
	} else if (isMapping(over[key]) && isMapping(value)) mergeMissing(over[key], value, nulls);
	return over;
}
function removeNulls$1(value) {
	if (!isMapping(value)) return value;
	const entries = Object.entries(value).filter(([, inner]) => inner !== null);
	return Object.fromEntries(entries.map(([key, inner]) => [key, removeNulls$1(inner)]));
}
async function validateChartValues(source, userValues, helm) {
	try {
		const traits = { keepsNulls: isBefore(helm, "3.20.1") || isBefore(helm, "4.2.0") };
		const chart = enableCharts(source, userValues, traits);
		return await validateChart(chart, coalesceValues(chart, userValues, { traits }), [], helm);
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
async function validateChart(chart, values, at, helm) {
	const ownProblems = ((await compileSchema(chart.source.schema, { helm }))?.(values) ?? []).map((problem) => ({
		...problem,
		path: [...at, ...problem.path],
		chart: chart.source.name
	}));
	const subchartProblems = await Promise.all(chart.charts.map((subchart) => {
		const subchartValues = values[subchart.name];
		return isMapping(subchartValues) ? validateChart(subchart, subchartValues, [...at, subchart.name], helm) : [];
	}));
	return [...ownProblems, ...subchartProblems.flat()];
}

// src/rules/scrape-configs.ts
async function judgeScrapes(judge, scrapes) {
	const texts = scrapes.map(({ job, global }) => JSON.stringify({
		global,
		...job === void 0 ? {} : { scrape_configs: [job] }
	}, null, 1));
	const answers = await judge.ask("scrape", texts.map((text) => ({ text })));
	return texts.map((text, index) => {
		const isJob = scrapes[index]?.job !== void 0;
		const yaml = readYaml(text);
		return (answers[index]?.errors ?? []).map((error) => createFault(error, yaml, isJob));
	});
}
function createFault(error, yaml, isJob) {
	const basePath = isJob ? ["scrape_configs", 0] : ["global"];
	const unknownKey = /^field (\S+) not found in type/.exec(error.message)?.[1];
	const fullPath = (error.line === void 0 ? findMentionedPath(error.message, yaml, basePath) : findPathAtLine(error, yaml)) ?? basePath;
	const isBelow = basePath.every((step, index) => fullPath[index] === step);
	const reason = unknownKey === void 0 ? error.message : `unknown key ${unknownKey}`;
	return {
		path: isBelow ? fullPath.slice(basePath.length) : [],
		on: unknownKey === void 0 ? "value" : "key",
		problem: `Prometheus ${judgedBy.prometheus}: ${reason}`
	};
}
function findPathAtLine({ line, message }, yaml) {
	const unknownKey = /^field (\S+) not found in type/.exec(message)?.[1];
	const entriesInLine = yaml.entries().filter(({ key, value }) => yaml.placeOf(key ?? value).line === line);
	return (entriesInLine.find(({ path }) => path.at(-1) === unknownKey) ?? entriesInLine[0])?.path;
}
function findMentionedPath(message, yaml, basePath) {
	const words = message.toLowerCase().replaceAll(/[_-]/g, " ");
	return yaml.entries().filter(({ path }) => path.length > basePath.length && basePath.every((step, index) => path[index] === step)).flatMap(({ path, scalar }) => {
		const key = String(path.at(-1)).toLowerCase().replaceAll("_", " ");
		const value = String(scalar?.value ?? "");
		const keyIndex = typeof path.at(-1) === "string" && key.length > 3 ? words.indexOf(key) : -1;
		const valueIndex = value.length > 2 && path.at(-1) !== "job_name" ? message.indexOf(value) : -1;
		if (keyIndex < 0 && valueIndex < 0) return [];
		return [{
			path,
			index: keyIndex >= 0 ? keyIndex : valueIndex,
			isBoth: keyIndex >= 0 && valueIndex >= 0
		}];
	}).sort((a, b) => Number(b.isBoth) - Number(a.isBoth) || a.index - b.index || b.path.length - a.path.length)[0]?.path;
}
function findRepeatedNames(jobs, takenNames = []) {
	const seenNames = new Set(takenNames);
	return jobs.flatMap((job, index) => {
		const name = isMapping(job) ? job["job_name"] : void 0;
		if (typeof name !== "string") return [];
		const isRepeated = seenNames.has(name);
		seenNames.add(name);
		return isRepeated ? [{
			index,
			name
		}] : [];
	});
}

// src/schemas/crd.ts
const minimumSharedSize = 120;
function extractKindSchema(definition) {
	if (!isMapping(definition) || definition["kind"] !== "CustomResourceDefinition") return void 0;
	const { spec } = definition;
	if (!isMapping(spec) || !isMapping(spec["names"]) || !Array.isArray(spec["versions"])) return void 0;
	const versions = spec["versions"].filter(isMapping).flatMap(({ name, schema, served }) => {
		const openApiSchema = isMapping(schema) ? schema["openAPIV3Schema"] : void 0;
		return isMapping(openApiSchema) && served !== false ? [[String(name), createObjectSchema(openApiSchema)]] : [];
	});
	return {
		kind: String(spec["names"]["kind"]),
		group: String(spec["group"]),
		versions: Object.fromEntries(versions)
	};
}
function createObjectSchema(openApiSchema) {
	const { properties = {}, required = [] } = convertStructuralSchema(openApiSchema);
	const { status: _, ...propertiesOfKind } = properties;
	return shareParts({
		type: "object",
		properties: {
			...propertiesOfKind,
			apiVersion: textSchema,
			kind: textSchema,
			metadata: metadataSchema,
			status: true
		},
		required: [.../* @__PURE__ */ new Set([...required, "metadata"])],
		additionalProperties: false
	});
}
const expected = "x-expected";
const durationHint = "a duration, for example 30s, 5m or 1h30m";
const textSchema = { type: "string" };
const dnsLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const metadataSchema = {
	type: "object",
	properties: {
		name: {
			type: "string",
			pattern: `^${dnsLabel}(\\.${dnsLabel})*$`,
			maxLength: 253,
			[expected]: "lower-case letters, digits, - and ."
		},
		generateName: textSchema,
		namespace: {
			type: "string",
			pattern: `^${dnsLabel}$`,
			maxLength: 63,
			[expected]: "lower-case letters, digits and -"
		},
		labels: {
			type: "object",
			additionalProperties: {
				type: "string",
				pattern: `^(${qualifiedName})?$`,
				maxLength: 63
			},
			propertyNames: { pattern: `^(${dnsLabel}(\\.${dnsLabel})*/)?${qualifiedName}$` }
		},
		annotations: {
			type: "object",
			additionalProperties: textSchema,
			propertyNames: { pattern: `^([A-Za-z0-9][-A-Za-z0-9.]*/)?${qualifiedName}$` }
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
const commonKeywords = [
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
const durationPatternStart = "^(0|(([0-9]+)y)?";
function convertStructuralSchema(structural, isAlternative = false) {
	if (!isMapping(structural)) return {};
	const schema = Object.fromEntries(commonKeywords.flatMap((key) => key in structural ? [[key, structural[key]]] : []));
	if (structural["x-kubernetes-int-or-string"] === true) schema["type"] = ["integer", "string"];
	if (structural["nullable"] === true && schema["type"] !== void 0) schema["type"] = [schema["type"], "null"].flat();
	if (structural["x-kubernetes-list-type"] === "set") schema["uniqueItems"] = true;
	const keys = structural["x-kubernetes-list-map-keys"];
	if (structural["x-kubernetes-list-type"] === "map" && Array.isArray(keys)) schema["uniqueBy"] = keys;
	if (String(structural["pattern"]).startsWith(durationPatternStart)) schema[expected] = durationHint;
	for (const key of [
		"allOf",
		"anyOf",
		"oneOf"
	]) {
		const parts = structural[key];
		if (Array.isArray(parts) && structural["x-kubernetes-int-or-string"] !== true) schema[key] = parts.map((part) => convertStructuralSchema(part, true));
	}
	if (isMapping(structural["not"])) schema["not"] = convertStructuralSchema(structural["not"], true);
	if (isMapping(structural["items"])) schema["items"] = convertStructuralSchema(structural["items"], isAlternative);
	addKeysOfObject(schema, structural, isAlternative);
	return {
		...schema,
		...convertValidations(structural["x-kubernetes-validations"])
	};
}
function addKeysOfObject(schema, structural, isAlternative) {
	const { properties, additionalProperties } = structural;
	if (isMapping(properties)) {
		schema["properties"] = convertProperties(properties, isAlternative);
		if (Array.isArray(schema["required"])) schema["required"] = removeDefaultedKeys(schema["required"], properties);
	}
	if (isMapping(additionalProperties)) schema["additionalProperties"] = convertStructuralSchema(additionalProperties, isAlternative);
	else if (isMapping(properties) && additionalProperties !== true && !isAlternative) schema["additionalProperties"] = structural["x-kubernetes-preserve-unknown-fields"] === true;
}
function convertProperties(properties, isAlternative) {
	const converted = Object.fromEntries(Object.entries(properties).map(([key, property]) => [key, key === "matchExpressions" ? restrictOperators(convertStructuralSchema(property)) : convertStructuralSchema(property, isAlternative)]));
	addPortHint(converted);
	return converted;
}
function addPortHint(properties) {
	const { port } = properties;
	const numberKey = "portNumber" in properties ? "portNumber" : "targetPort";
	if (isMapping(port) && port["type"] === "string" && numberKey in properties) port[expected] = `the name of a port; its number belongs in ${numberKey}`;
}
function removeDefaultedKeys(requiredKeys, properties) {
	const hasDefault = (key) => {
		const property = properties[String(key)];
		return isMapping(property) && "default" in property;
	};
	return requiredKeys.filter((key) => !hasDefault(key));
}
function restrictOperators(schema) {
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
function convertValidations(validations) {
	if (!Array.isArray(validations)) return {};
	const schema = {};
	for (const validation of validations.filter(isMapping)) {
		const rule = String(validation["rule"]).replaceAll(/\s+/g, " ");
		const [, dependentKey, requiredKey] = /^!has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/.exec(rule) ?? [];
		if (dependentKey && requiredKey) schema.dependentRequired = {
			...schema.dependentRequired,
			[dependentKey]: [...schema.dependentRequired?.[dependentKey] ?? [], requiredKey]
		};
		const names = [...(/^\[([^\]]*)\]\.filter\((\w), \2\)\.size\(\) <= 1$/.exec(rule)?.[1] ?? "").matchAll(/has\(self\.(\w+)\)/g)].map(([, field = ""]) => field);
		if (names.length > 1) schema.atMostOne = [...schema.atMostOne ?? [], names];
	}
	return schema;
}
function shareParts(schema) {
	const occurrences = /* @__PURE__ */ new Map();
	const countParts = (node) => {
		if (Array.isArray(node)) for (const child of node) countParts(child);
		if (!isMapping(node)) return;
		if (isShareable(node)) {
			const key = JSON.stringify(node);
			const timesSeen = (occurrences.get(key) ?? 0) + 1;
			occurrences.set(key, timesSeen);
			if (timesSeen > 1) return;
		}
		for (const child of Object.values(node)) countParts(child);
	};
	countParts(schema);
	const nameByJson = /* @__PURE__ */ new Map();
	const $defs = {};
	const replaceRepeated = (node, isRoot = false) => {
		if (Array.isArray(node)) return node.map((child) => replaceRepeated(child));
		if (!isMapping(node)) return node;
		const key = isShareable(node) && !isRoot ? JSON.stringify(node) : "";
		if ((occurrences.get(key) ?? 0) < 2) return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replaceRepeated(child)]));
		const existingName = nameByJson.get(key);
		if (existingName !== void 0) return { $ref: `#/$defs/${existingName}` };
		const newName = `d${nameByJson.size}`;
		nameByJson.set(key, newName);
		$defs[newName] = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replaceRepeated(child)]));
		return { $ref: `#/$defs/${newName}` };
	};
	return {
		...replaceRepeated(schema, true),
		$defs
	};
}
function isShareable(node) {
	const { type } = node;
	return (type === "object" || type === "array") && JSON.stringify(node).length >= minimumSharedSize;
}

// src/schemas/operator.ts
const schemasFile = "operator-schemas.json.zst";
function readSchemas(file) {
	return JSON.parse(zstdDecompressSync(file).toString("utf8"));
}
function createObjectJudge({ operator, kinds }, definitions = []) {
	const deployedKinds = /* @__PURE__ */ new Map();
	const findKind = (kind) => {
		const name = String(kind);
		const deployedDefinition = definitions.find((definition) => definition.kind === name && definition.release !== operator);
		if (deployedDefinition !== void 0 && !deployedKinds.has(name)) deployedKinds.set(name, extractKindSchema(deployedDefinition.read()));
		return deployedKinds.get(name) ?? kinds.find((definition) => definition.kind === name);
	};
	const validatorsByName = /* @__PURE__ */ new Map();
	const getValidator = (name, schema) => {
		const validator = validatorsByName.get(name) ?? compileDefinition(schema);
		validatorsByName.set(name, validator);
		return validator;
	};
	return {
		operator,
		async judge(object) {
			const [group, version = ""] = String(object["apiVersion"]).split("/");
			if (group !== "monitoring.coreos.com") return [];
			const kindSchema = findKind(object["kind"]);
			if (kindSchema === void 0) {
				const names = kinds.map(({ kind }) => kind);
				return [{
					path: ["kind"],
					on: "value",
					problem: `${operatorGroup} has no kind ${String(object["kind"])}; ${didYouMean(String(object["kind"]), names)}`
				}];
			}
			const versions = Object.keys(kindSchema.versions);
			const schema = kindSchema.versions[version] ?? kindSchema.versions[versions.at(-1) ?? ""];
			const wrongVersion = Object.hasOwn(kindSchema.versions, version) ? [] : [{
				path: ["apiVersion"],
				on: "value",
				problem: `${kindSchema.kind} has no version ${version || "(none)"}; expected ${versions.map((versionName) => `${group}/${versionName}`).join(" or ")}`
			}];
			const validate = await getValidator(kindSchema.kind, schema ?? {});
			return [...wrongVersion, ...judgeAsMeant(validate, removeNulls(removeEmptyNamespace(object)))];
		},
		async judgePart(kind, path, data) {
			const kindSchema = findKind(kind);
			const newestVersion = Object.values(kindSchema?.versions ?? {}).at(-1);
			const part = newestVersion && getSchemaAt(newestVersion, path);
			if (part === void 0) return void 0;
			return judgeAsMeant(await getValidator([kind, ...path].join("."), {
				...part,
				$defs: newestVersion?.["$defs"]
			}), removeNulls(data));
		}
	};
}
async function compileDefinition(schema) {
	const { compileDefinition: compile } = await import("./ajv.js");
	const validate = compile(schema);
	return (data) => validate(data) ? [] : explainErrors(validate.errors ?? [], data);
}
function judgeAsMeant(validate, data) {
	const originalProblems = validate(data);
	const misspelled = originalProblems.filter((problem) => problem.meant !== void 0 && isMeantKeyUnset(data, problem));
	if (misspelled.length === 0) return originalProblems;
	const corrected = structuredClone(data);
	for (const { path, meant = "" } of misspelled) {
		const parent = getValue(corrected, path.slice(0, -1));
		parent[meant] = parent[String(path.at(-1))];
		delete parent[String(path.at(-1))];
	}
	const restoreWrittenPath = (path) => misspelled.reduce((restoredPath, { path: key, meant }) => {
		return [...key.slice(0, -1), meant].every((step, index) => restoredPath[index] === step) ? [...key, ...restoredPath.slice(key.length)] : restoredPath;
	}, path);
	return [...misspelled, ...validate(corrected).map((problem) => ({
		...problem,
		path: restoreWrittenPath(problem.path)
	}))];
}
function isMeantKeyUnset(data, { path, meant = "" }) {
	const parent = getValue(data, path.slice(0, -1));
	return isMapping(parent) && !Object.hasOwn(parent, meant);
}
function getValue(data, path) {
	return path.reduce((node, step) => node?.[step], data);
}
function removeNulls(value) {
	if (Array.isArray(value)) return value.map(removeNulls);
	if (!isMapping(value)) return value;
	const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== void 0);
	return Object.fromEntries(entries.map(([key, inner]) => [key, removeNulls(inner)]));
}
function removeEmptyNamespace(object) {
	const { metadata } = object;
	if (!isMapping(metadata) || metadata["namespace"] !== "") return object;
	const { namespace: _, ...rest } = metadata;
	return {
		...object,
		metadata: rest
	};
}
function getSchemaAt(root, path) {
	let node = root;
	for (const step of [...path, void 0]) {
		const ref = isMapping(node) && typeof node["$ref"] === "string" ? node["$ref"].split("/").at(-1) : void 0;
		if (ref !== void 0) node = root["$defs"]?.[ref];
		if (step === void 0 || !isMapping(node)) break;
		node = step === "*" ? node["items"] : node["properties"]?.[step];
	}
	return isMapping(node) ? node : void 0;
}
function listRouteProblems({ kind, spec }) {
	if (kind !== "AlertmanagerConfig") return [];
	return findUndefinedReceivers(spec).map((problem) => ({
		...problem,
		path: ["spec", ...problem.path]
	}));
}
function findUndefinedReceivers(config) {
	if (!isMapping(config)) return [];
	const names = (Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping) : []).map(({ name }) => String(name));
	const findInRoute = (route, path) => {
		if (!isMapping(route)) return [];
		const { receiver, routes } = route;
		const subroutes = Array.isArray(routes) ? routes.flatMap((subroute, index) => findInRoute(subroute, [
			...path,
			"routes",
			index
		])) : [];
		if (typeof receiver !== "string" || receiver === "" || names.includes(receiver)) return subroutes;
		const problem = `no receiver is called ${receiver}; ${didYouMean(receiver, names)}`;
		return [{
			path: [...path, "receiver"],
			on: "value",
			problem
		}, ...subroutes];
	};
	return findInRoute(config["route"], ["route"]);
}

// src/app/validate/objects.ts
function createObjectMeans({ context, judge, program }, definitions) {
	const createSchemas = async () => {
		const [bundled, operatorDefinitions] = await Promise.all([readProgramFile(context, program.folder), definitions()]);
		return createObjectJudge(readSchemas(bundled), operatorDefinitions);
	};
	let schemas;
	return {
		judge,
		schemas: () => {
			schemas ??= createSchemas();
			return schemas;
		}
	};
}
async function readProgramFile({ host }, folder) {
	return await buffer(host.files.stream(`${folder}/${schemasFile}`));
}
async function judgeObjects(means, objects, options) {
	const operatorObjects = objects.filter(({ object }) => String(object["apiVersion"]).split("/")[0] === operatorGroup);
	if (operatorObjects.length === 0) return [];
	const schemas = await means.schemas();
	const refusedFaults = await Promise.all(operatorObjects.map(async ({ object }) => schemas.judge(object)));
	const remainingObjects = operatorObjects.map(({ object, where }, index) => ({
		object: removeRefusedParts(object, refusedFaults[index] ?? []),
		where
	}));
	const ruleFaults = await judgeRuleObjects(means, remainingObjects, refusedFaults, options);
	const scrapeFaults = await judgeScrapeObjects(means, remainingObjects, refusedFaults, options);
	return operatorObjects.flatMap(({ object, where }, index) => {
		return [
			...refusedFaults[index] ?? [],
			...ruleFaults[index] ?? [],
			...scrapeFaults[index] ?? [],
			...listRouteProblems(object)
		].map(({ path, on, problem, character }) => ({
			where: where(path, on, character),
			path: [formatObjectName(object), formatPath(path)].filter((part) => part !== "").join(", "),
			problem
		}));
	});
}
function formatObjectName(object) {
	const { kind, metadata } = object;
	const name = isMapping(metadata) && typeof metadata["name"] === "string" ? ` ${metadata["name"]}` : "";
	return `${String(kind)}${name}`;
}
async function judgeRuleObjects({ judge }, objects, refusedFaults, { rules = {} }) {
	const files = objects.map(({ object }) => object["kind"] === "PrometheusRule" && isMapping(object["spec"]) ? createRuleFile(object["spec"]) : void 0);
	const ruleFiles = files.filter((file) => file !== void 0);
	const faultsByFile = ruleFiles.length === 0 ? [] : await judgeRuleTexts(judge, ruleFiles, rules);
	return files.map((file, index) => {
		const faults = (file === void 0 ? [] : faultsByFile[ruleFiles.indexOf(file)] ?? []).map((fault) => ({
			...fault,
			path: ["spec", ...fault.path],
			on: locateFault(fault)
		}));
		return removeKnownFaults(refusedFaults[index] ?? [], faults);
	});
}
async function judgeScrapeObjects({ judge }, objects, refusedFaults, { global }) {
	const parts = objects.flatMap(({ object }, index) => listScrapeParts$1(String(object["kind"]), object["spec"]).map((part) => ({
		index,
		part
	})));
	const faultsByPart = await judgeParts(judge, parts.map(({ part }) => part), global);
	return objects.map((_, index) => {
		const faults = parts.flatMap((placedPart, partIndex) => placedPart.index === index ? (faultsByPart[partIndex] ?? []).map((fault) => ({
			...fault,
			path: ["spec", ...fault.path]
		})) : []);
		return removeKnownFaults(refusedFaults[index] ?? [], faults);
	});
}
function removeRefusedParts(object, refusedFaults) {
	if (refusedFaults.length === 0) return object;
	const copy = structuredClone(object);
	for (const { path, on } of refusedFaults) {
		const [, groups, , rules] = path;
		const isRule = groups === "groups" && rules === "rules" && path.length > 4;
		const removedPath = isRule && on === "key" ? path.slice(0, 5) : path;
		const parent = removedPath.slice(0, -1).reduce((node, step) => node?.[step], copy);
		const lastStep = removedPath.at(-1) ?? "";
		if (Array.isArray(parent) && isRule) parent[Number(lastStep)] = {
			record: "left_out",
			expr: "1"
		};
		else if (isMapping(parent) && removedPath.length > 1) delete parent[lastStep];
	}
	return copy;
}
async function judgeParts(judge, parts, global) {
	if (parts.length === 0) return [];
	const faultsByPart = await judgeScrapes(judge, parts.map(({ job }) => ({
		job,
		global
	})));
	return parts.map(({ pathOf }, index) => (faultsByPart[index] ?? []).map(({ path, on, problem }) => ({
		path: pathOf(path),
		on,
		problem: problem.replace(/ for scrape config with job name "monitor"$/, "")
	})));
}
function removeKnownFaults(known, faults) {
	return faults.filter(({ path }) => !known.some((knownFault) => {
		const sharedLength = Math.min(knownFault.path.length, path.length);
		return sharedLength > 1 && knownFault.path.slice(0, sharedLength).every((step, index) => step === path[index]);
	}));
}

// src/app/validate/value-contents.ts
async function judgeContents(means, contents, options) {
	const selectKind = (kind) => contents.filter((content) => content.kind === kind);
	return [
		...contents.flatMap((content) => readContentDocuments(content, options.where).flatMap(findYamlMistakes)),
		...await judgeRuleContents(means, selectKind("rules"), options),
		...await judgeAlertmanagers(means, selectKind("alertmanager"), options),
		...await judgeScrapeConfigs(means, selectKind("scrape"), options),
		...await judgeContentObjects(means, selectKind("object"), options),
		...await judgeScrapeParts(means, selectKind("part"), options)
	];
}
function findYamlMistakes({ content, error }) {
	return error === void 0 ? [] : [{
		where: error.where,
		path: formatPath(content.path),
		problem: error.problem
	}];
}
function createMistake({ content, where }, { path, on, character, problem }) {
	return {
		where: where(path, on, character),
		path: formatPath([...content.path, ...path]),
		problem
	};
}
function listReadableDocuments(contents, where) {
	return contents.flatMap((content) => readContentDocuments(content, where)).filter(({ error }) => error === void 0);
}
async function judgeRuleContents({ judge }, contents, { rules, where }) {
	const documents = listReadableDocuments(contents, where);
	if (documents.length === 0) return [];
	const faults = await judgeRuleTexts(judge, documents.map(({ data }) => createRuleFile(data)), rules);
	return documents.flatMap((document, index) => (faults[index] ?? []).map((fault) => {
		const path = fault.path.length > 0 ? fault.path : findQuotedText(fault.problem, document.data) ?? [];
		return createMistake(document, {
			...fault,
			path,
			on: locateFault(fault)
		});
	}));
}
function findQuotedText(message, data) {
	const matchingPaths = [];
	const collectMatches = (node, path) => {
		if (typeof node === "string" && node.length > 1 && message.includes(JSON.stringify(node))) matchingPaths.push(path);
		if (typeof node !== "object" || node === null) return;
		for (const [key, child] of Object.entries(node)) collectMatches(child, [...path, Array.isArray(node) ? Number(key) : key]);
	};
	collectMatches(data, []);
	return matchingPaths.length === 1 ? matchingPaths[0] : void 0;
}
async function judgeAlertmanagers({ judge }, contents, { alertmanager, where }) {
	return (await Promise.all(listReadableDocuments(contents, where).map(async (document) => {
		const refusedFaults = (await judgeAlertmanager(judge, document.data, alertmanager.features)).filter(({ isUnknownKey }) => !isUnknownKey || !isNewerThanJudge(alertmanager.version)).map(({ path, problem, isUnknownKey }) => ({
			path,
			problem,
			on: isUnknownKey ? "key" : "value"
		}));
		const receiverFaults = findUndefinedReceivers(document.data);
		return [...refusedFaults.filter(({ problem }) => !receiverFaults.some((receiverFault) => problem.startsWith(receiverFault.problem))), ...receiverFaults].map((fault) => createMistake(document, fault));
	}))).flat();
}
async function judgeScrapeConfigs({ judge }, contents, { where, jobNames = [] }) {
	const jobs = contents.flatMap((content) => listReadableDocuments([content], where).flatMap((document) => listPlacedJobs(content, document)));
	if (jobs.length === 0) return [];
	const firstFaults = await judgeScrapes(judge, jobs.map(({ scrape }) => scrape));
	const faultsByJob = jobs.some(({ scrape }, index) => scrape.job === void 0 && firstFaults[index]?.length) ? await judgeScrapes(judge, jobs.map(({ scrape }) => scrape.job === void 0 ? scrape : {
		...scrape,
		global: {}
	})) : firstFaults;
	const repeatedNames = findRepeatedNames(jobs.map(({ scrape }) => scrape.job), jobNames);
	return jobs.flatMap(({ document, at: jobPath }, index) => {
		const name = repeatedNames.find((repeatedName) => repeatedName.index === index)?.name;
		const nameFaults = name === void 0 ? [] : [{
			path: [...jobPath, "job_name"],
			on: "value",
			problem: `another job is named ${name} too; each needs a name of its own`
		}];
		return [...(faultsByJob[index] ?? []).map((jobFault) => {
			const fault = blameUserInterval(document, jobFault);
			return {
				...fault,
				path: [...jobPath, ...fault.path]
			};
		}), ...nameFaults].map((fault) => createMistake(document, fault));
	});
}
function blameUserInterval({ content, data }, fault) {
	if (!(content.kind === "scrape" && content.isGlobal && isMapping(data) && !("scrape_timeout" in data)) || fault.path[0] !== "scrape_timeout") return fault;
	const chartTimeout = String(content.global["scrape_timeout"]);
	return {
		...fault,
		path: ["scrape_interval"],
		problem: `${fault.problem}; scrape_timeout is ${chartTimeout} unless you set it`
	};
}
function listPlacedJobs({ global, jobName, isGlobal }, document) {
	if (isGlobal) return hasFittingIntervals(global) ? [] : [{
		document,
		at: [],
		scrape: { global }
	}].filter(hasNoTemplate);
	if (jobName !== void 0 && isMapping(document.data)) {
		const { enabled: _, ...job } = document.data;
		return [{
			document,
			at: [],
			scrape: {
				job: {
					...job,
					job_name: job["job_name"] || jobName
				},
				global
			}
		}].filter(hasNoTemplate);
	}
	if (!Array.isArray(document.data)) return [{
		document,
		at: [],
		scrape: {
			job: document.data,
			global
		}
	}];
	return document.data.map((job, index) => ({
		document,
		at: [index],
		scrape: {
			job,
			global
		}
	})).filter(hasNoTemplate);
}
function hasFittingIntervals(global) {
	const names = [
		"scrape_interval",
		"scrape_timeout",
		"evaluation_interval"
	];
	const times = Object.entries(global).map(([name, value]) => names.includes(name) && typeof value === "string" ? parseDuration(value) : void 0);
	const [interval = 0, timeout = 0] = ["scrape_interval", "scrape_timeout"].map((name) => parseDuration(String(global[name])) ?? 0);
	return times.every((ms) => ms !== void 0 && ms > 0) && timeout <= interval;
}
function hasNoTemplate({ scrape }) {
	return !JSON.stringify(scrape).includes("{{");
}
async function judgeContentObjects(means, contents, options) {
	const objects = listReadableDocuments(contents, options.where).flatMap(({ data, where }) => isMapping(data) && !JSON.stringify(data["metadata"] ?? null).includes("{{") ? [{
		object: data,
		where
	}] : []);
	return await judgeObjects(means, objects, {
		global: {},
		rules: options.rules
	});
}
async function judgeScrapeParts(means, contents, { where }) {
	if (contents.length === 0) return [];
	const schemas = await means.schemas();
	const parts = contents.map((content) => ({
		content,
		scrapes: listScrapeParts(content)
	}));
	const allScrapes = parts.flatMap(({ scrapes }) => scrapes);
	const faultsByScrape = await judgeParts(means.judge, allScrapes, {});
	const mistakes = parts.map(async ({ content, scrapes }) => {
		const { of: objectKind, at: partPath, data, path } = content;
		const [document] = listReadableDocuments([content], where);
		if (data === void 0 || data === null) return [{
			where: where(path, "key"),
			path: formatPath(path),
			problem: `the key ${String(path.at(-1))} is missing`
		}];
		if (document === void 0) return [];
		const refusedFaults = await schemas.judgePart(objectKind, partPath, data) ?? [];
		const faults = scrapes.flatMap((scrape) => faultsByScrape[allScrapes.indexOf(scrape)] ?? []);
		return [...refusedFaults, ...removeKnownFaults(refusedFaults, faults)].map((fault) => createMistake(document, fault));
	});
	return (await Promise.all(mistakes)).flat();
}
function listScrapeParts({ of: objectKind, at: partPath, data }) {
	const lastKey = partPath.at(-1);
	if (objectKind === "Prometheus") return isMapping(data) ? [pickPart(data, [])] : [];
	if (lastKey === "endpoints" || lastKey === "podMetricsEndpoints") return listEndpointParts(data, []);
	if (lastKey !== "relabelings" || !Array.isArray(data)) return [];
	const part = pickPart({ relabelings: data }, []);
	return [{
		...part,
		pathOf: (inJob) => part.pathOf(inJob).slice(1)
	}];
}

// src/app/validate/values.ts
async function findContentMistakes(means, loaded, plan, { sources = /* @__PURE__ */ new Map(), kinds } = {}) {
	const mistakes = plan.apps.map(async (planned) => {
		const app = loaded.config.apps[planned.name];
		if (app === void 0 || app.values.length === 0) return [];
		const userValues = mergeUserValues(planned.name, app, loaded.valuesFiles);
		const source = sources.get(planned.name);
		const mergedValues = source && mergeWithDefaults(source, userValues);
		const allContents = findContents(source?.name ?? getChartName(planned.chart), mergedValues ?? userValues, source);
		const isUserContent = (content) => {
			if (kinds !== void 0 && !kinds.includes(content.kind)) return false;
			const path = content.kind === "part" && content.required === true ? content.path.slice(0, -1) : content.path;
			return isSet(userValues, path) && !isReplaced(plan, planned.name, path);
		};
		const contents = allContents.filter(isUserContent).map((content) => completeContent(content, planned, mergedValues !== void 0));
		return await judgeContents(means, contents, {
			rules: { features: findPlannedFeatures(planned) },
			alertmanager: {
				features: findAlertmanagerFeatures(planned),
				version: findAlertmanagerTag(planned)
			},
			jobNames: allContents.filter((content) => !isUserContent(content)).flatMap(listJobNames),
			where: createValueLocator(loaded, planned.name)
		});
	});
	return (await Promise.all(mistakes)).flat();
}
function listRulesInValues(loaded, plan) {
	return plan.apps.flatMap((planned) => {
		const app = loaded.config.apps[planned.name];
		if (app === void 0 || app.values.length === 0) return [];
		const userValues = mergeUserValues(planned.name, app, loaded.valuesFiles);
		const where = createValueLocator(loaded, planned.name);
		return findContents(getChartName(planned.chart), userValues).filter(({ kind, path }) => kind === "rules" && !isReplaced(plan, planned.name, path)).flatMap((content) => readContentDocuments(content, where)).flatMap((document) => {
			const groups = isMapping(document.data) ? document.data["groups"] : void 0;
			return Array.isArray(groups) ? [{
				at: [],
				groups: groups.filter(isMapping),
				yaml: createNoticeSource(document)
			}] : [];
		});
	});
}
function createNoticeSource({ where }) {
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
	return askedValues.some((setting) => setting.app === app && setting.how === "whole" && setting.path.every((step, index) => path[index] === step));
}
function isSet(userValues, path) {
	let node = userValues;
	for (const step of path) {
		if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return false;
		node = node[step];
	}
	return true;
}
function completeContent(content, planned, hasChart) {
	if (content.kind === "alertmanager") return hasChart ? content : {
		...content,
		data: completeConfigInValues(content.data)
	};
	if (content.kind !== "scrape") return content;
	const global = content.globalAt && getValueAt(planned.values, content.globalAt);
	const job = hasChart ? content.data : removePartialTimeout(content);
	return {
		...content,
		data: job,
		...isMapping(global) ? { global: {
			...content.global,
			...global
		} } : {}
	};
}
function removePartialTimeout({ data, jobName }) {
	if (jobName === void 0 || !isMapping(data) || data["scrape_interval"] !== void 0) return data;
	if (Object.keys(data).some((key) => key.endsWith("_sd_configs") || key === "static_configs")) return data;
	const { scrape_timeout: _, ...job } = data;
	return job;
}
function listJobNames(content) {
	if (content.kind !== "scrape" || content.jobName === void 0 || !isMapping(content.data)) return [];
	return [String(content.data["job_name"] || content.jobName)];
}
function mergeWithDefaults(source, userValues) {
	try {
		return coalesceValues(enableCharts(source, userValues), userValues);
	} catch (error) {
		if (error instanceof NoMappingForSubchart) return void 0;
		throw error;
	}
}
async function findSchemaMistakes(loaded, { name, values }, source) {
	const where = createValueLocator(loaded, name);
	return (await validateChartValues(source, values, loaded.config.helm.version)).map(({ path, on, problem, chart }) => ({
		where: where(path, on),
		path: formatPath(path),
		problem: `${problem} (values.schema.json of the chart ${chart})`
	}));
}
function createValueLocator(loaded, app) {
	return (path, target, character) => {
		const position = character === void 0 ? {} : { character };
		const globalIndex = path.indexOf("global");
		const exactPlaces = [path, ...globalIndex > 0 ? [path.slice(globalIndex)] : []].map((candidatePath) => placeInValues(loaded, app, candidatePath, {
			what: target,
			...position
		}));
		const parentPaths = path.map((_, index) => path.slice(0, path.length - 1 - index)).filter(({ length }) => length > 0);
		for (const place of exactPlaces) if (place) return `${place.file}:${place.line}:${place.column}`;
		for (const candidatePath of parentPaths) {
			const place = placeInValues(loaded, app, candidatePath, { what: "key" });
			if (place) return `${place.file}:${place.line}:${place.column}`;
		}
		return `app ${app}`;
	};
}

// src/app/prepare.ts
async function prepare(session) {
	const { context, loaded, judge } = session;
	const { config, valuesFiles } = loaded;
	const password = config.grafana.password ?? randomBytes(18).toString("base64url");
	context.log.mask(password);
	for (const { login } of listCredentials(config)) context.log.mask(loaded.variables[getSecretVariable(login)] ?? "");
	const administrator = {
		user: config.grafana.user,
		password
	};
	const judged = await judgeOwnConfig(judge, loaded);
	const ineffective = await findIneffectivePartsInValues(judge, loaded);
	throwIfAny(ineffective.mistakes);
	const basePlan = makePlan(config, {
		judged,
		valuesFiles,
		texts: loaded.texts,
		env: loaded.variables,
		cwd: loaded.cwd,
		grafana: administrator,
		podGateway: computePodGateway(config),
		receiverToken: randomBytes(16).toString("hex")
	});
	for (const secret of basePlan.secrets) context.log.mask(secret);
	await judgeQueries(session, basePlan);
	const ruleNotices = [...await judgeRules(session, basePlan), ...await tryRulesInValues(session, listRulesInValues(loaded, basePlan), basePlan)];
	const placedNotices = [...basePlan.notices, ...ruleNotices].map((notice) => {
		const { about, inApp } = notice;
		const place = notice.at ?? (about && placeInValues(loaded, about.app, about.path)) ?? (inApp && placeInApp(loaded, inApp.app, inApp.path));
		return place ? {
			...notice,
			at: place
		} : notice;
	});
	const plan = {
		...basePlan,
		notices: [
			...placedNotices,
			...ineffective.notices,
			...noticeMovedCharts(loaded, basePlan)
		]
	};
	const login = findGrafanaLogin(plan, administrator);
	for (const { text, at: place } of plan.notices) context.log.warn(text, {
		title: "monstack: plan",
		...place
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
	const shownSecret = `secret ${namespace}/${secret}`;
	const { data } = await kube.makeApiClient(ObjectCoreV1Api).readNamespacedSecret({
		namespace,
		name: secret
	}).catch((cause) => {
		throw new InstallError(`${shownSecret}, which holds Grafana's administrator, can't be read: ${describeError$1(cause)}`, { cause });
	});
	const decodeKey = (key) => {
		const value = data?.[key];
		if (value === void 0) throw new InstallError(`${shownSecret} has no key ${key}`, { fix: "add it, or set grafana.password" });
		return Buffer.from(value, "base64").toString("utf8");
	};
	const password = decodeKey(passwordKey);
	context.log.mask(password);
	return {
		user: decodeKey(userKey),
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
	const formatNow = () => new Date(host.now()).toISOString();
	for (const path of [
		specFile,
		statusFile,
		logFile
	]) await journal.append({
		kind: "file",
		at: formatNow(),
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
		at: formatNow(),
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
	const startTime = await readStartTime(host, pid);
	if (startTime !== void 0) await journal.append({
		kind: "process",
		at: formatNow(),
		name: "forward",
		pid,
		startTime
	});
	const status = await waitForStatus(context, statusFile, pid);
	if (status?.state !== "listening") {
		const why = status?.message ?? await readLastLines(host, logFile);
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
		const isRunning = await readStartTime(host, pid) !== void 0;
		const text = await host.files.read(statusFile);
		if (text !== void 0) return JSON.parse(text);
		if (!isRunning) return void 0;
		await host.sleep(20, signal);
	}
}
async function readLastLines(host, logFile) {
	return (await host.files.read(logFile) ?? "").trim().split("\n").slice(-5).join("\n") || "its process exited without a message";
}

// src/app/services.ts
function listExpectedListeners(config, plan) {
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
	const endpoints = findEndpoints(rendered);
	const names = [
		"prometheus",
		"grafana",
		"alertmanager"
	].filter((name) => endpoints[name] !== void 0);
	const core = cluster.kube.makeApiClient(ObjectCoreV1Api);
	const opened = await Promise.all(names.map(async (name) => {
		const service = endpoints[name];
		const access = resolveServerAccess(name, rendered);
		return {
			name,
			service,
			access,
			...await findServiceTarget(cluster, core, service, access)
		};
	}));
	const listeners = opened.map(({ name, target }) => ({
		name,
		port: ports[name],
		target
	}));
	const addresses = await startForwarder(context, {
		stateDir,
		journal,
		listeners,
		receiver: alerting?.kind === "captured" ? alerting.at : void 0,
		script: forwardScript,
		...cluster.kind === "existing" ? { env: selectLoginEnvironment(context.host.env) } : {},
		whenBusy: ports.whenBusy
	});
	const services = /* @__PURE__ */ new Map();
	for (const { name, service, access, direct } of opened) {
		const port = addresses[name]?.port;
		if (port === void 0) throw new Error(`the forwarder has no address for ${name}`);
		const url = formatAddress(access, "localhost", port);
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
async function findServiceTarget(cluster, core, service, access) {
	const { namespace, name, port } = service;
	if (cluster.reach === "direct") {
		const { spec } = await core.readNamespacedService({
			namespace,
			name
		});
		const host = spec?.clusterIP;
		if (host !== void 0 && host !== "None" && host !== "") {
			const shownHost = host.includes(":") ? `[${host}]` : host;
			return {
				target: {
					kind: "tcp",
					host,
					port
				},
				direct: formatAddress(access, shownHost, port)
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
function formatAddress({ scheme, path }, host, port) {
	return `${scheme}://${host}:${port}${path}`;
}

// src/cluster/api.ts
const pollMs$2 = 100;
const requestMs$3 = 3e3;
async function waitForApi(context, running, timeoutMs) {
	let lastProblem = "its start";
	return await reportWaits(context, () => `k3s: ${lastProblem}`, () => pollApi(context, running, timeoutMs, (newProblem) => {
		lastProblem = newProblem;
	}));
}
async function pollApi(context, running, timeoutMs, onProblem) {
	const { host, signal } = context;
	const deadline = host.now() + timeoutMs;
	for (;;) {
		const attempt = await tryApi(context, running);
		if (typeof attempt !== "string") return attempt;
		onProblem(attempt);
		if (signal.aborted) throw new Interrupted();
		if (!await isRunning(host, running)) throw await explainK3sEnd(host, running);
		if (host.now() >= deadline) throw await createTimeoutError(context, running, timeoutMs, attempt);
		await host.sleep(pollMs$2, signal);
	}
}
const watchMs = 1e3;
async function watchUntilStopped({ host, signal }, running, until) {
	const stopSignal = AbortSignal.any([signal, until]);
	while (!stopSignal.aborted) {
		if (!await isRunning(host, running)) throw await explainK3sEnd(host, running);
		await host.sleep(watchMs, stopSignal).catch(() => void 0);
	}
}
async function tryApi({ host, signal }, running) {
	const kubeconfigText = await readServerKubeconfig(host, running.serverKubeconfig);
	if (kubeconfigText === void 0) return `${running.serverKubeconfig} is not there yet`;
	const kube = new SharingKubeConfig();
	try {
		kube.loadFromString(kubeconfigText);
		const requestSignal = AbortSignal.any([signal, AbortSignal.timeout(requestMs$3)]);
		if (!await new Health(kube).readyz({ signal: requestSignal })) return "the API answers, but is not ready yet";
		const { gitVersion } = await kube.makeApiClient(ObjectVersionApi).getCode({}, limitCallTime(requestMs$3, signal));
		await host.files.write(running.kubeconfig, kubeconfigText, 384);
		return {
			kind: "k3s",
			kubeconfig: running.kubeconfig,
			context: kube.getCurrentContext(),
			kube,
			version: gitVersion,
			reach: "direct"
		};
	} catch (error) {
		return `the API doesn't answer: ${describeError$1(error)}`;
	}
}
async function readServerKubeconfig(host, path) {
	const text = await (host.rights === "root" ? host.files.read(path) : host.files.readAsRoot(path));
	return text?.includes("current-context") ? text : void 0;
}
async function createTimeoutError({ host }, running, timeoutMs, lastProblem) {
	const log = await readLog(host, running);
	const cause = findKnownCause(log);
	const reason = cause?.message ?? `${lastProblem}. The last lines of k3s' log:\n${formatLogTail(log)}`;
	return new InstallError(`k3s' API was not ready after ${timeoutMs / 1e3} s: ${reason}`, { fix: cause?.fix ?? `look into ${running.logFile}, or give it more time (timeouts.cluster)` });
}

// src/cluster/early-pulls.ts
const pullsAtOnce = 2;
const lookEveryMs = 200;
const limitMs$2 = 12e4;
function getContainerdSocket({ run } = listHostPaths()) {
	return join(run, "k3s/containerd/containerd.sock");
}
function usesDefaultSnapshotter(args, { overlayfs }) {
	return overlayfs && !hasFlag(args, "--snapshotter");
}
function createEarlyPulls(context) {
	const { log } = context;
	const stop = new AbortController();
	const limit = createLimiter(pullsAtOnce);
	const launched = Promise.withResolvers();
	const pullOnce = async (image) => {
		const k3s = await launched.promise;
		if (k3s === void 0 || stop.signal.aborted) return;
		await pull(context, k3s, image).catch((error) => log.debug(`${image.image} is left to the kubelet: ${describeError$1(error)}`));
	};
	return {
		add: (image) => void limit(() => pullOnce(image)),
		start: (k3s) => {
			waitForSocket(context, k3s.socket, stop.signal).then(() => launched.resolve(k3s), (error) => {
				log.debug(`nothing is pulled beforehand: ${describeError$1(error)}`);
				launched.resolve(void 0);
			});
		},
		stop: () => {
			stop.abort();
			launched.resolve(void 0);
		}
	};
}
async function waitForSocket({ host }, socket, signal) {
	const until = host.now() + limitMs$2;
	while (!await host.files.exists(socket)) {
		if (host.now() > until) throw new Error(`there is no ${socket}`);
		await host.sleep(lookEveryMs, signal);
	}
}
async function pull({ host }, k3s, { image, digest }) {
	const name = toContainerdName(image);
	const byDigest = formatImageRef({
		...parseImageRef(name),
		tag: void 0,
		digest
	});
	const hosts = join(k3s.dataDir, "agent/etc/containerd/certs.d");
	const ctr = async (...args) => await host.exec([
		k3s.path,
		"ctr",
		"--address",
		k3s.socket,
		"--namespace",
		"k8s.io",
		"images",
		...args
	], {
		root: true,
		timeoutMs: limitMs$2,
		env: { K3S_DATA_DIR: k3s.dataDir }
	});
	await ctr("pull", "--hosts-dir", hosts, "--platform", `linux/${host.arch}`, byDigest);
	if (byDigest !== name) await ctr("tag", "--force", byDigest, name);
}

// src/sources/registries.ts
function createRegistriesYaml(mirrors, registries = {}, own) {
	const file = createRegistriesFile(mirrors, registries);
	const isEmpty = Object.keys(file.mirrors).length + Object.keys(file.configs).length === 0;
	const whole = own === void 0 ? file : addOwnRegistry(isEmpty ? own.existing ?? file : file, own);
	const parts = Object.entries(whole).filter(([, part]) => Object.keys(part).length > 0);
	return parts.length === 0 ? void 0 : (0, import_dist.stringify)(Object.fromEntries(parts));
}
const RegistriesFile = looseObject({
	mirrors: record(string(), looseObject({
		endpoint: array(string()).optional(),
		rewrite: record(string(), string()).optional()
	})).default({}),
	configs: record(string(), unknown$1()).default({})
});
function parseRegistriesFile(text) {
	try {
		return RegistriesFile.safeParse(parseYaml(text) ?? {}).data;
	} catch {
		return;
	}
}
function hasOwnMirror({ mirrors }, registry) {
	return Object.hasOwn(mirrors, registry) || Object.hasOwn(mirrors, "*");
}
function addOwnRegistry(file, own) {
	const before = { endpoint: [own.url] };
	const mirrors = Object.entries(file.mirrors).map(([registry, mirror]) => {
		if (file === own.existing && !own.isLocked) return [registry, mirror];
		if (mirror.rewrite) return [registry, before];
		return [registry, {
			...mirror,
			endpoint: [own.url, ...mirror.endpoint ?? []]
		}];
	});
	return {
		...file,
		mirrors: {
			"*": before,
			...Object.fromEntries(mirrors)
		},
		configs: {
			...file.configs,
			[own.host]: { tls: { ca_file: own.authority } }
		}
	};
}
function createRegistriesFile(mirrors, registries) {
	const endpoints = Object.entries(mirrors).filter(([key]) => !key.includes("://")).map(([registry, address]) => ({
		registry,
		endpoint: [formatEndpointAddress(address)]
	}));
	const configs = Object.entries(registries).flatMap(([host, access]) => {
		const config = createHostConfig(access);
		return Object.keys(config).length > 0 ? [[getRequestedHost(host), config]] : [];
	});
	return {
		mirrors: Object.fromEntries(endpoints.map(({ registry, endpoint }) => [registry, { endpoint }])),
		configs: Object.fromEntries(configs)
	};
}
async function readTrust(files, host, access) {
	if (access?.insecure) return { insecure: true };
	return access?.ca === void 0 ? {} : { ca: await readAuthority(files, host, access.ca) };
}
async function checkAuthorities(files, registries) {
	for (const [host, access] of Object.entries(registries)) await readTrust(files, host, access);
}
async function readAuthority(files, host, path) {
	const text = await files.read(path);
	if (text?.includes("-----BEGIN CERTIFICATE-----")) return text;
	throw new UserError(`registries.${host}.ca: ${text === void 0 ? `file not found: ${path}` : `${path} holds no certificate`}`, { fix: "name the file of the authority that signed the registry's certificate, as PEM (-----BEGIN CERTIFICATE-----)" });
}
function getRequestedHost(host) {
	return host === "docker.io" ? "registry-1.docker.io" : host;
}
function createHostConfig({ credentials, ca, insecure }) {
	const tls = {
		...ca !== void 0 && { ca_file: ca },
		...insecure && { insecure_skip_verify: true }
	};
	return {
		...credentials && { auth: credentials },
		...Object.keys(tls).length > 0 && { tls }
	};
}
function formatEndpointAddress(address) {
	const { scheme, host, path } = parseRegistry(address);
	return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}

// src/cluster/prepare.ts
async function readExistingRegistries({ files }, { mirrors, registries, k3s }, paths) {
	if (createRegistriesYaml(mirrors, registries) !== void 0) return void 0;
	const path = findLastValue(k3s.args, ["--private-registry"]) ?? listSettingFiles(paths).registries;
	const text = await files.exists(path) ? await files.readAsRoot(path) : void 0;
	return text === void 0 ? void 0 : parseRegistriesFile(text);
}
const registriesFlag = "--private-registry";
function buildPreparedFiles(config, settings, facts, paths, through) {
	const files = [];
	const { registries: registriesFile, subnet: subnetFile, authority } = listSettingFiles(paths);
	const own = through && {
		...through,
		...through.address,
		authority
	};
	const registries = createRegistriesYaml(config.mirrors, config.registries, own);
	if (own) files.push({
		path: authority,
		content: own.certificate,
		mode: 420
	});
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
	const subnet = buildSubnetEnv(settings, facts);
	if (subnet !== void 0) files.push({
		path: subnetFile,
		content: subnet,
		mode: 420
	});
	return files;
}
function buildSubnetEnv(settings, facts) {
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
async function findImageArchives(host, images) {
	const targets = [];
	for (const image of images) {
		if (!await host.files.exists(image)) throw new UserError(`k3s.images: there is no ${image}`);
		const found = (await host.files.list(image).catch(() => [])).filter((name) => archive.test(name)).map((name) => join(image, name));
		if (found.length === 0 && !archive.test(image)) throw new UserError(`k3s.images: ${image} is neither an image archive nor a folder of image archives`, { fix: "name files that end in .tar, .tar.zst, .tar.gz, .tar.bz2, .tar.lz4 or .txt" });
		targets.push(...found.length > 0 ? found.sort() : [image]);
	}
	return targets;
}
async function planImageLinks(host, images, dataDir) {
	return (await findImageArchives(host, images)).map((target, index) => ({
		link: join(dataDir, imageFolder, `${index}-${basename(target)}`),
		target
	}));
}
async function findNewPaths(host, settings, paths) {
	const all = listK3sPaths(settings, paths);
	const there = new Set(await filterExisting(host, [...new Set(all.flatMap((path) => [path, dirname(path)]))]));
	const tops = all.filter((path) => !there.has(path)).map((path) => {
		const folder = findOwnFolder(path, settings, paths);
		return folder === void 0 || there.has(folder) ? path : folder;
	});
	return [...new Set(tops)].filter((path) => !tops.some((top) => path.startsWith(`${top}/`)));
}

// src/cluster/start.ts
async function startK3s(context, config, tool, preflight, journal, { paths = listHostPaths(), through } = {}) {
	const { host } = context;
	const { facts } = preflight;
	const settings = resolveK3sSettings(config.k3s.args, paths);
	const note = (entry) => journal.append({
		...entry,
		at: new Date(host.now()).toISOString()
	});
	const reason = explainForbiddenDataDir(settings.dataDir, settings.dataDir);
	if (reason !== void 0) throw new UserError(`k3s.args: --data-dir ${settings.dataDir} can't be k3s' data folder: ${reason}`, { fix: "name a folder of its own, for example /var/lib/rancher/k3s" });
	await checkAuthorities(host.files, config.registries);
	const links = await planImageLinks(host, config.k3s.images, settings.dataDir);
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
	const come = await findNewPaths(host, settings, paths);
	const files = buildPreparedFiles(config, settings, facts, paths, through);
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
	const flags = buildK3sFlags(config, tool.version, facts);
	const { args, env } = splitSecretArguments(through ? removeFlag(flags, registriesFlag) : flags);
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
	const there = new Set(files.length === 0 ? [] : await filterExisting(host, files.map(({ path }) => path)));
	for (const { path } of files) {
		const previous = there.has(path) ? await host.files.readAsRoot(path) : void 0;
		if (previous !== void 0) log.warn(`${path} was there before; it is changed for this run and put back at teardown`);
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

// src/deploy/namespaces.ts
const startingMs$1 = 3e4;
const terminatingMs = 12e4;
async function findMissingNamespaces(context, kube, names) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	const missing = [];
	for (const name of new Set(names)) if (await awaitNamespaceState(context, core, name) === "missing") missing.push(name);
	return missing;
}
async function createNamespaces(context, kube, names, journal, apps = []) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	for (const name of names) {
		const appendedAt = new Date(context.host.now()).toISOString();
		await journal.append({
			kind: "namespace",
			at: appendedAt,
			name
		});
		await sendWithRetries(context, () => core.createNamespace({ body: toNamespaceBody(name, apps) })).catch((cause) => {
			if (getStatusCode(cause) === 409) return;
			throw new InstallError(`namespace ${name} can't be created: ${getApiMessage(cause)}`, {
				cause,
				fix: "Create it beforehand, or use a kubeconfig whose user may create namespaces."
			});
		});
	}
}
function toNamespaceBody(name, apps) {
	for (const { app, objects } of apps) {
		const renderedNamespace = objects.find(({ kind, metadata }) => kind === "Namespace" && metadata.name === name);
		if (renderedNamespace === void 0) continue;
		return { metadata: {
			name,
			labels: {
				...renderedNamespace.metadata.labels,
				"app.kubernetes.io/managed-by": "Helm"
			},
			annotations: {
				...renderedNamespace.metadata.annotations,
				"meta.helm.sh/release-name": app.release,
				"meta.helm.sh/release-namespace": app.namespace
			}
		} };
	}
	return { metadata: { name } };
}
async function awaitNamespaceState(context, core, name) {
	const deadline = context.host.now() + terminatingMs;
	let isReported = false;
	while (context.host.now() < deadline) {
		const namespace = await sendWithRetries(context, () => core.readNamespace({ name })).catch((cause) => {
			if (getStatusCode(cause) === 404) return void 0;
			if (getStatusCode(cause) === 403) return { status: { phase: "Active" } };
			throw new InstallError(`namespace ${name} can't be read: ${getApiMessage(cause)}`, {
				cause,
				fix: "Check the cluster's API server."
			});
		});
		if (!namespace) return "missing";
		if (namespace.status?.phase !== "Terminating") return "there";
		if (!isReported) context.log.info(`namespace ${name} is still being deleted; waiting until it is gone`);
		isReported = true;
		await context.host.sleep(500, context.signal);
	}
	throw new InstallError(`namespace ${name} is still being deleted after ${terminatingMs / 1e3} s`, { fix: `Check what holds it: kubectl get namespace ${name} -o yaml (conditions, finalizers). Or use another namespace.` });
}
async function sendWithRetries(context, sendRequest) {
	const shouldRetry = (error) => {
		const code = getStatusCode(error);
		return code === void 0 ? isTransient(describeError$1(error)) : code === 429 || code >= 500;
	};
	return await retryTransient(context, startingMs$1, shouldRetry, sendRequest);
}
function getStatusCode(error) {
	return error instanceof ApiException ? error.code : void 0;
}
function getApiMessage(error) {
	if (!(error instanceof ApiException)) return describeError$1(error);
	const body = error.body;
	return (typeof body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] : body?.message) ?? `HTTP ${error.code}`;
}

// src/deploy/packaged.ts
const pollMs$1 = 250;
const requestMs$2 = 5e3;
const settleMs = 2e3;
const roundMs = 16e3;
const longestMs = 6e4;
async function waitForPackaged(context, cluster, options) {
	const { host, log, signal } = context;
	const { app, needs } = options;
	if (needs.length === 0 || cluster.kind === "existing") return;
	const api = createApi(cluster.kube);
	const deadline = Math.min(options.deadline, host.now() + longestMs);
	let settlingSince;
	while (true) {
		const reading = await readNeeds(context, api, needs);
		if (reading?.missing.length === 0) return;
		const settlesInMs = reading?.settlesInMs;
		if (reading && settlesInMs !== void 0 && settlingSince !== void 0 && host.now() - settlingSince >= settlesInMs) return await refuseMissingClasses(context, api, app, reading);
		settlingSince = settlesInMs === void 0 ? void 0 : settlingSince ?? host.now();
		const missingNames = [...new Set((reading?.missing ?? needs).map(describeNeed))].join(", ");
		if (host.now() >= deadline) {
			log.warn(`k3s has not brought ${missingNames} in time; app ${app.name} is installed without it`);
			return;
		}
		options.onWaiting(missingNames);
		await host.sleep(pollMs$1, signal);
	}
}
async function readNeeds(context, api, needs) {
	const { signal, log } = context;
	const createSignal = () => AbortSignal.any([signal, AbortSignal.timeout(requestMs$2)]);
	const list = async (path) => JSON.parse(await api.readText(path, createSignal())).items ?? [];
	const isNeeded = (kind) => needs.some((need) => need.kind === kind);
	try {
		const [classes, runtimeClasses, servedVersions] = await Promise.all([
			isNeeded("StorageClass") ? list("/apis/storage.k8s.io/v1/storageclasses") : [],
			isNeeded("RuntimeClass") ? list("/apis/node.k8s.io/v1/runtimeclasses") : [],
			listServedVersions(api, needs, createSignal)
		]);
		const isInstalled = ({ kind, name }) => {
			if (kind === "API") return servedVersions.includes(name);
			if (kind === "RuntimeClass") return runtimeClasses.some(({ metadata }) => metadata.name === name);
			return name === void 0 ? classes.some(isDefaultClass) : classes.some(({ metadata }) => metadata.name === name);
		};
		const missing = needs.filter((need) => !isInstalled(need));
		return {
			missing,
			classes,
			settlesInMs: missing.length > 0 ? await getSettleTime(api, list, createSignal) : void 0
		};
	} catch (error) {
		signal.throwIfAborted();
		log.debug(`what k3s brings can't be read yet: ${describeError$1(error)}`);
		return;
	}
}
async function listServedVersions(api, needs, createSignal) {
	const neededVersions = [...new Set(needs.flatMap(({ kind, name }) => kind === "API" ? [name] : []))];
	const responses = await Promise.all(neededVersions.map((name) => api.send(`/apis/${name}`, createSignal())));
	return neededVersions.filter((_, index) => responses[index]?.status === 200);
}
async function getSettleTime(api, list, createSignal) {
	const path = "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons";
	const { status, body } = await api.send(path, createSignal());
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
async function refuseMissingClasses(context, api, app, reading) {
	const missing = reading.missing.flatMap((need) => need.kind === "StorageClass" ? [need] : []);
	if (missing.length === 0) return;
	const requestSignal = AbortSignal.any([context.signal, AbortSignal.timeout(requestMs$2)]);
	const { items = [] } = JSON.parse(await api.readText("/api/v1/persistentvolumes", requestSignal));
	const failures = missing.filter(({ name }) => !items.some((volume) => name !== void 0 && getStorageClassName(volume) === name)).map(({ object, name }) => {
		const missing = name === void 0 ? "no storage class is set, and the cluster has no default StorageClass" : `StorageClass "${name}" not found`;
		const { id, aliases, fix } = expectFailure([noClass], missing);
		return {
			workload: object,
			rule: id,
			aliases,
			reason: "NoStorageClass",
			message: `a volume claim of app ${app.name}: ${missing}; ${describeClasses(reading.classes)}`,
			fix
		};
	});
	if (failures.length > 0) throw new WorkloadsFailed(failures);
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
	const connectionFlags = [
		"--kubeconfig",
		cluster.kubeconfig,
		...cluster.context ? ["--kube-context", cluster.context] : []
	];
	context.log.debug(`helm ${argv.join(" ")}`);
	return (await withKubeCache(context.host, (cache) => context.host.exec([
		helm.path,
		...argv,
		...connectionFlags
	], {
		env: {
			...getLogin(context, cluster),
			...helmEnv,
			...cache
		},
		timeoutMs: timeoutMs + 15e3
	}))).stdout;
}
function getLogin({ host }, { kind }) {
	return kind === "existing" ? selectLoginEnvironment(host.env) : {};
}
function toHelmError(doing, app, chart, error) {
	if (error instanceof MonstackError && !(error instanceof CommandError)) return error;
	if (!(error instanceof CommandError)) return new InstallError(`${doing} app ${app.name} (chart ${chart.name} ${chart.version})`, { cause: error });
	const helmMessage = parseHelmError(error.stderr) || error.message;
	const failure = matchFailure([...helmFailures, ...policyFailures], helmMessage);
	const message = `${doing} app ${app.name} (chart ${chart.name} ${chart.version}): ${helmMessage}`;
	const options = {
		cause: error.cause,
		fix: failure?.fix ?? "Read helm's message; `--verbose` shows the whole command."
	};
	return failure?.isUserError ? new UserError(message, options) : new InstallError(message, options);
}
function parseHelmError(stderr) {
	const output = clipLines(stderr);
	const start = output.search(/^Error: /m);
	return (start >= 0 ? output.slice(start + 7) : output).replace(/\n{0,3}Use --debug flag to render out invalid YAML\n{0,3}/, "").trim();
}

// src/deploy/release.ts
const startingMs = 45e3;
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
			...formatLabels$1(app.labels ?? {})
		]);
		try {
			await retryStarting(context, upgrade).catch(async (error) => {
				if (!isPending(error)) throw error;
				await repairPendingRelease(context, cluster, helm, rendered, upgrade);
			});
		} catch (error) {
			throw toHelmError("installing", app, chart, error);
		}
	});
}
function formatLabels$1(labels) {
	const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
	return pairs.length === 0 ? [] : ["--labels", pairs.join(",")];
}
function retryStarting(context, runCommand) {
	const isStarting = (error) => error instanceof CommandError && isTransient(parseHelmError(error.stderr));
	return retryTransient(context, startingMs, isStarting, runCommand);
}
async function repairPendingRelease(context, cluster, helm, { app }, upgrade) {
	if (cluster.kind === "existing" && await awaitOtherRun(context, upgrade)) return;
	const run = (...argv) => runHelm(context, cluster, helm, 12e4, [
		...argv,
		"-n",
		app.namespace
	]);
	const lastGoodRevision = findLastGoodRevision(await run("history", app.release, "-o", "json"));
	if (lastGoodRevision === void 0) {
		context.log.warn(`release ${app.release} was left half installed by an earlier run: it is removed and installed anew`);
		await run("uninstall", app.release);
	} else {
		context.log.warn(`release ${app.release} was left half upgraded by an earlier run: it is rolled back to revision ${lastGoodRevision} first`);
		await run("rollback", app.release, String(lastGoodRevision));
	}
	await retryStarting(context, upgrade);
}
async function awaitOtherRun(context, upgrade) {
	try {
		await retryTransient(context, otherRunMs, isPending, upgrade);
		return true;
	} catch (error) {
		if (isPending(error)) return false;
		throw error;
	}
}
function findLastGoodRevision(history) {
	return JSON.parse(history).findLast(({ status }) => status === "deployed" || status === "superseded")?.revision;
}
function isPending(error) {
	return error instanceof CommandError && pendingWords.test(error.stderr);
}
const historyMs = 3e4;
async function refuseForeignReleases(context, cluster, helm, apps) {
	const [firstRelease, ...otherReleases] = (await Promise.all(apps.map(async ({ app }) => {
		const description = await findExistingRelease(context, cluster, helm, app.release, app.namespace);
		return description === void 0 ? [] : [{
			app,
			standing: description
		}];
	}))).flat();
	if (firstRelease === void 0) return;
	const lines = [firstRelease, ...otherReleases].map(({ app, standing: description }) => `release ${app.release} is in namespace ${app.namespace} already (${description}), and it is not this run's`);
	const { name, release, namespace } = firstRelease.app;
	throw new InstallError(`${lines.join("\n")}\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.`, { fix: `choose another release name (apps.${name}.release) or namespace; or, if nobody needs it any more: helm uninstall ${release} -n ${namespace}` });
}
async function findExistingRelease(context, cluster, helm, release, namespace) {
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
		const output = await retryStarting(context, () => runHelm(context, cluster, helm, historyMs, argv));
		const latestRevision = JSON.parse(output).at(-1);
		if (latestRevision === void 0) return void 0;
		const updatedAt = latestRevision.updated?.replace(/\.\d+/, "");
		return [
			latestRevision.chart,
			latestRevision.status,
			...updatedAt ? [`since ${updatedAt}`] : []
		].join(", ");
	} catch (error) {
		const message = error instanceof CommandError ? parseHelmError(error.stderr) : describeError$1(error);
		if (/release: not found/i.test(message)) return void 0;
		if (error instanceof MonstackError && !(error instanceof CommandError)) throw error;
		throw new InstallError(`whether release ${release} is in namespace ${namespace} already can't be found out: ${message}`, {
			cause: error instanceof CommandError ? error.cause : error,
			fix: "Helm keeps its releases in Secrets: use a kubeconfig whose user may read and write them there."
		});
	}
}

// src/deploy/timeline.ts
const maxPods = 500;
function createTimeline(now) {
	const workloads = /* @__PURE__ */ new Map();
	let podCount = 0;
	const findPod = ({ pods }, pod) => {
		const uid = getUid(pod);
		const known = pods.get(uid);
		if (known !== void 0) return known;
		podCount += 1;
		if (podCount > maxPods) return void 0;
		const seen = {
			pod,
			createdMs: refineTime(now(), pod.metadata.creationTimestamp),
			reached: /* @__PURE__ */ new Map(),
			pulls: /* @__PURE__ */ new Map()
		};
		pods.set(uid, seen);
		return seen;
	};
	return {
		observe: (target, view, status) => {
			const workload = workloads.get(target) ?? {
				target,
				startedMs: now(),
				readyMs: void 0,
				pods: /* @__PURE__ */ new Map()
			};
			workloads.set(target, workload);
			if (status.state === "ready") workload.readyMs ??= now();
			if (target.kind === "PersistentVolumeClaim") return;
			for (const pod of view.pods) {
				const seen = findPod(workload, pod);
				if (seen !== void 0) observePod(seen, pod, view.events, now());
			}
		},
		record: (parent, after) => {
			if (parent === void 0) return;
			for (const workload of workloads.values()) recordWorkload(parent, workload, after, now());
		}
	};
}
function observePod(seen, pod, events, nowMs) {
	seen.pod = pod;
	for (const [state, reportedAt] of listStates(pod)) if (!seen.reached.has(state)) seen.reached.set(state, refineTime(nowMs, reportedAt));
	for (const event of events) {
		const key = event.metadata.uid ?? event.metadata.name;
		if (event.reason !== "Pulled" || event.involvedObject.uid !== getUid(pod) || seen.pulls.has(key)) continue;
		const pull = parsePulled(event.message ?? "");
		const reportedAt = new Date(getEventTime(event)).toISOString();
		if (pull) seen.pulls.set(key, {
			...pull,
			endedMs: refineTime(nowMs, reportedAt)
		});
	}
}
function getUid({ metadata }) {
	return metadata.uid ?? metadata.name;
}
function refineTime(seenMs, reportedAt) {
	const reportedMs = Date.parse(reportedAt ?? "");
	const lateMs = seenMs - reportedMs;
	return lateMs >= 1e3 && lateMs < 4e3 ? reportedMs + 999 : seenMs;
}
const podConditions = {
	PodScheduled: "scheduled",
	PodReadyToStartContainers: "prepared",
	Initialized: "initialized",
	Ready: "ready"
};
function listStates({ status }) {
	const conditions = (status?.conditions ?? []).flatMap(({ type, status: value, lastTransitionTime }) => {
		const state = podConditions[type];
		return state === void 0 || value !== "True" ? [] : [[state, lastTransitionTime]];
	});
	const containers = listContainers(status).flatMap(({ name, state }) => {
		const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt;
		const started = state?.running || state?.terminated ? [[`started ${name}`, startedAt]] : [];
		return state?.terminated ? [...started, [`ended ${name}`, state.terminated.finishedAt]] : started;
	});
	return [...conditions, ...containers];
}
function listContainers(status) {
	return [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []];
}
function parsePulled(message) {
	const [, image, pulled, waited] = /^Successfully pulled image "([^"]{1,500})" in (\S{1,30})(?: \((\S{1,30}) including waiting\))?/.exec(message) ?? [];
	if (image === void 0) return void 0;
	const tookMs = parseDuration((waited ?? pulled ?? "").replace(/\.$/, ""), { allowsFractions: true });
	const bytes = /Image size: (\d{1,15}) bytes/.exec(message)?.[1];
	return {
		image,
		tookMs: tookMs ?? 0,
		bytes: bytes === void 0 ? void 0 : Number(bytes)
	};
}
function recordWorkload(parent, { target, startedMs, readyMs, pods }, after, nowMs) {
	const { kind, namespace, name } = target;
	const span = parent.add({
		kind: "workload",
		name: `${kind} ${namespace}/${name}`,
		startedMs,
		endedMs: readyMs ?? nowMs,
		after,
		...readyMs === void 0 ? { attributes: { failed: true } } : {}
	});
	for (const seen of pods.values()) recordPod(span, seen, after, nowMs);
}
function recordPod(workload, seen, after, nowMs) {
	const { pod, createdMs, reached } = seen;
	const { nodeName } = pod.spec ?? {};
	const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
	const readyMs = reached.get("ready");
	const span = workload.add({
		kind: "pod",
		name: `pod ${pod.metadata.name}`,
		startedMs: createdMs,
		endedMs: Math.max(createdMs, readyMs ?? nowMs),
		after,
		...nodeName === void 0 ? {} : { attributes: { node: nodeName } }
	});
	let sinceMs = createdMs;
	const addState = (name, untilMs) => {
		if (untilMs === void 0) return;
		const endedMs = Math.max(sinceMs, untilMs);
		span.add({
			kind: "pod",
			name,
			startedMs: sinceMs,
			endedMs
		});
		sinceMs = endedMs;
	};
	addState("schedule", reached.get("scheduled"));
	addState("prepare volumes and network", reached.get("prepared"));
	recordPulls(span, seen);
	recordInitContainers(span, initContainerStatuses, seen);
	if (initContainerStatuses.length > 0) addState("initialize", reached.get("initialized"));
	const beganMs = sinceMs;
	for (const { name } of containerStatuses) {
		const startedMs = reached.get(`started ${name}`);
		if (startedMs === void 0) continue;
		const endedMs = Math.max(beganMs, startedMs);
		span.add({
			kind: "container",
			name: `start ${name}`,
			startedMs: beganMs,
			endedMs
		});
		sinceMs = Math.max(sinceMs, endedMs);
	}
	addState("become ready", readyMs);
}
function recordPulls(pod, { pulls }) {
	for (const { image, endedMs, tookMs, bytes } of pulls.values()) pod.add({
		kind: "image",
		name: `pull ${image}`,
		startedMs: endedMs - tookMs,
		endedMs,
		...bytes === void 0 ? {} : { attributes: { bytes } }
	});
}
function recordInitContainers(pod, statuses, { reached }) {
	for (const { name } of statuses) {
		const startedMs = reached.get(`started ${name}`);
		if (startedMs === void 0) continue;
		const endedMs = Math.max(startedMs, reached.get(`ended ${name}`) ?? startedMs);
		pod.add({
			kind: "container",
			name: `init container ${name}`,
			startedMs,
			endedMs
		});
	}
}

// src/deploy/watch.ts
const tickMs = 500;
const silenceMs = 6e4;
async function waitForWorkloads(context, options) {
	const targets = listTargets(options.workloads);
	if (targets.length === 0) return;
	const store = options.store ?? openStoreFor(context, options.cluster, options.workloads);
	try {
		await waitInStore(context, store, targets, options);
	} finally {
		if (!options.store) store.close();
	}
}
function openStoreFor(context, cluster, objects) {
	const namespaces = [...new Set(listTargets(objects).map((target) => target.namespace))];
	return openStore(context, cluster.kube, namespaces, listResources(objects));
}
async function waitInStore(context, store, targets, options) {
	const deadline = context.host.now() + options.timeoutMs;
	const ages = createAges(context.host.now);
	const reportProgress = createProgressReporter(context.host.now, options);
	for (;;) {
		const nextChange = store.changed();
		const standings = store.synced() ? judgeAll(store, targets, ages, options) : void 0;
		if (standings) reportProgress(standings);
		if (standings) options.onRound?.(standings);
		const failures = standings?.flatMap(({ status }) => toFailures(status)) ?? [];
		if (standings && failures.length > 0) throw await createWorkloadsFailed(context, options.cluster, failures, standings);
		if (standings?.every(({ status }) => status.state === "ready")) return;
		throwIfSilent(context, store);
		const remainingMs = deadline - context.host.now();
		if (remainingMs <= 0) throw createTimeout(targets, standings, store, options.timeoutMs);
		await awaitChange(context, nextChange, Math.min(tickMs, remainingMs));
	}
}
function toFailures(status) {
	if (status.state !== "failed") return [];
	const { state: _, ...failure } = status;
	return [failure];
}
function judgeAll(store, targets, ages, { cluster, slowStartMs, timeline }) {
	const standings = targets.map((target) => {
		const view = createWorkloadView(store, target, cluster.kind !== "k3s");
		const status = judgeWorkload(view, ages.of, slowStartMs);
		timeline?.observe(target, view, status);
		return {
			target,
			status
		};
	});
	ages.endRound();
	return standings;
}
function createAges(now) {
	let previousRound = /* @__PURE__ */ new Map();
	let currentRound = /* @__PURE__ */ new Map();
	return {
		of: (key, recurrence) => {
			const previous = currentRound.get(key) ?? previousRound.get(key);
			const first = previous?.first ?? now();
			const last = previous === void 0 || recurrence === void 0 || previous.recurrence !== recurrence ? now() : previous.last;
			currentRound.set(key, {
				first,
				last,
				recurrence
			});
			return last - first;
		},
		endRound: () => {
			previousRound = currentRound;
			currentRound = /* @__PURE__ */ new Map();
		}
	};
}
function dropRepeats(failures) {
	const isClaim = ({ workload }) => workload.startsWith("PersistentVolumeClaim ");
	const sortedFailures = [...failures].sort((a, b) => Number(isClaim(a)) - Number(isClaim(b)));
	const isSame = (a, b) => a.reason === b.reason && a.message === b.message;
	return sortedFailures.filter((failure, index) => sortedFailures.findIndex((candidate) => isSame(candidate, failure)) === index);
}
async function createWorkloadsFailed(context, cluster, failures, standings) {
	const distinct = dropRepeats(failures);
	const failuresWithLogs = await Promise.all(distinct.map((failure) => addLogLine(context, cluster.kube, failure)));
	const otherLines = standings.flatMap(({ target, status }) => status.state === "failed" ? [] : [`${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`]);
	return new WorkloadsFailed(failuresWithLogs, otherLines);
}
function createTimeout(targets, standings, store, timeoutMs) {
	const silence = store.silence();
	const unknownState = silence ? `the API server does not answer: ${silence.why}` : "its state could not be read in time";
	const latestStandings = standings ?? targets.map((target) => ({
		target,
		status: {
			state: "waiting",
			missing: unknownState
		}
	}));
	const failures = latestStandings.flatMap(({ target, status }) => status.state !== "waiting" ? [] : [{
		workload: `${target.kind} ${target.namespace}/${target.name}`,
		pod: void 0,
		container: void 0,
		reason: "Timeout",
		message: `after ${Math.round(timeoutMs / 1e3)} s: ${status.missing}`,
		fix: "Give it more time (timeout), or check the pod's log and readiness probe."
	}]);
	const readyLines = latestStandings.flatMap(({ target, status }) => status.state === "ready" ? [`${target.kind} ${target.namespace}/${target.name}: ready`] : []);
	return new WorkloadsFailed(failures, readyLines);
}
function throwIfSilent(context, store) {
	const refused = store.refused();
	if (refused) throw refused;
	const silence = store.silence();
	if (!silence || context.host.now() - silence.since < silenceMs) return;
	throw new InstallError(`the API server has not answered for ${silenceMs / 1e3} s: ${silence.why}`, { fix: "Read the cluster's (k3s') log: its server has ended or is overloaded." });
}
async function awaitChange(context, nextChange, longestMs) {
	const timerController = new AbortController();
	try {
		const timer = context.host.sleep(longestMs, AbortSignal.any([context.signal, timerController.signal]));
		await Promise.race([nextChange, timer]);
	} finally {
		timerController.abort();
	}
}
const reportAfterMs = 2e3;
function createProgressReporter(now, listener) {
	const lastLines = /* @__PURE__ */ new Map();
	const reportedLines = /* @__PURE__ */ new Set();
	return (standings) => {
		for (const { target, status } of standings) {
			const line = `${target.kind === "PersistentVolumeClaim" ? `volume claim ${target.name}` : target.name}: ${describe(status)}`;
			const previous = lastLines.get(target);
			const since = previous?.line === line ? previous.since : now();
			if (previous?.line !== line) listener.onChange?.(line);
			lastLines.set(target, {
				line,
				since
			});
			if (!(status.state !== "waiting" || now() - since >= reportAfterMs) || reportedLines.has(line)) continue;
			reportedLines.add(line);
			listener.onProgress?.(line);
		}
	};
}
function describe(status) {
	if (status.state === "ready") return "ready";
	const line = (status.state === "waiting" ? status.missing : `failed: ${status.reason}`).replaceAll(/\s+/g, " ");
	return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

// src/deploy/deploy.ts
async function deployApps(context, options) {
	const { cluster, apps, journal } = options;
	const missingNamespaces = await findMissingNamespaces(context, cluster.kube, apps.map(({ app }) => app.namespace));
	if (cluster.kind === "existing") {
		await options.beforeChanges?.(missingNamespaces);
		const appsInExistingNamespaces = apps.filter(({ app }) => !missingNamespaces.includes(app.namespace));
		await refuseForeignReleases(context, cluster, options.helm, appsInExistingNamespaces);
	}
	await createNamespaces(context, cluster.kube, missingNamespaces, journal, apps);
	if (cluster.kind === "existing") {
		await noteDefinitions(context, cluster.kube, apps, journal);
		await noteKubeletServices(context, cluster.kube, apps, journal);
	}
	context.log.info(`deploying ${apps.map(({ app, chart }) => `${app.name} (chart ${chart.version})`).join(", ")}`);
	const stopController = new AbortController();
	const deployContext = {
		...context,
		signal: AbortSignal.any([context.signal, stopController.signal])
	};
	const store = openStoreFor(deployContext, cluster, apps.flatMap(({ objects }) => objects));
	const deadline = context.host.now() + options.timeoutMs;
	const rollouts = /* @__PURE__ */ new Map();
	let networkError;
	const networkWatch = watchPodNetwork(deployContext, cluster, apps, options.withoutFlannel === true).catch((error) => {
		if (deployContext.signal.aborted) return;
		networkError = error;
		stopController.abort();
	});
	try {
		for (const rendered of apps) rollouts.set(rendered.app.name, startRollout(deployContext, options, rendered, rollouts, store, deadline));
		Promise.all([...rollouts.values()].map(({ applied }) => applied)).then(() => options.onInstalled?.(), () => void 0);
		return await reportWaits(deployContext, () => listOpen(rollouts), () => finish(context, rollouts, () => stopController.abort()));
	} catch (error) {
		throw context.signal.aborted ? error : networkError ?? error;
	} finally {
		stopController.abort();
		await networkWatch;
		store.close();
	}
}
function startRollout(context, options, rendered, rollouts, store, deadline) {
	const { app } = rendered;
	const progress = {
		state: describeDependencies(app.dependsOn.map((dependency) => dependency.app)),
		standings: []
	};
	const ready = /* @__PURE__ */ new Set();
	const onRound = (standings) => {
		progress.standings = standings;
		for (const { target, status } of standings) {
			if (status.state !== "ready" || ready.has(target)) continue;
			ready.add(target);
			options.onReady?.(target);
		}
	};
	const install = async () => {
		await awaitDependencies(rendered, rollouts);
		context.signal.throwIfAborted();
		const onWaiting = (missing) => {
			progress.state = `not yet installed: it needs ${missing}, which k3s has not brought yet`;
		};
		const needs = findNeeds(rendered, options.apps);
		await waitForPackaged(context, options.cluster, {
			app,
			needs,
			deadline,
			onWaiting
		});
		progress.state = "being installed by helm";
		const span = await apply(context, options, rendered, deadline);
		progress.state = "installed, its workloads not yet ready";
		return span;
	};
	const applied = install();
	const deployed = applied.then(async (installed) => {
		const app = await awaitReady(context, options, rendered, store, deadline, onRound, installed);
		progress.state = "ready";
		return app;
	});
	applied.catch(() => void 0);
	return {
		applied,
		ready: deployed,
		progress
	};
}
function describeDependencies(names) {
	return names.length === 0 ? "not yet installed" : `not yet installed (it comes after ${names.join(", ")})`;
}
async function awaitDependencies({ app }, rollouts) {
	await Promise.all(app.dependsOn.map(async ({ app: name, until }) => {
		const rollout = rollouts.get(name);
		if (!rollout) throw new InstallError(`app ${app.name} depends on ${name}, which is not deployed before it`);
		await rollout[until];
	}));
}
async function apply(context, options, rendered, deadline) {
	const { app, chart } = rendered;
	const { cluster, helm, journal } = options;
	const remainingMs = Math.min(app.timeoutMs, deadline - context.host.now());
	if (remainingMs <= 0) throw new InstallError(`app ${app.name}: no time was left to install it`, { fix: "Raise timeouts.deploy." });
	const appendedAt = new Date(context.host.now()).toISOString();
	const { release: name, namespace } = app;
	const clusterObjects = listClusterObjects(rendered);
	await journal.append({
		kind: "release",
		at: appendedAt,
		name,
		namespace,
		helm: resolve(helm.path),
		clusterObjects
	});
	const attributes = {
		chart: chart.name,
		version: chart.version
	};
	return await inSpan(context.span, {
		kind: "release",
		name: `install ${name}`,
		attributes
	}, async (span) => {
		await installRelease(context, cluster, helm, rendered, remainingMs);
		return span;
	});
}
async function awaitReady(context, options, { app, chart, objects }, store, deadline, onRound, installed) {
	const installedAt = context.host.now();
	const timeline = createTimeline(context.host.now);
	await waitForWorkloads(context, {
		cluster: options.cluster,
		workloads: objects,
		timeoutMs: Math.max(0, Math.min(app.timeoutMs, deadline - installedAt)),
		slowStartMs: app.slowStartMs,
		onProgress: options.onProgress ?? context.log.info,
		onChange: context.log.debug,
		onRound,
		timeline,
		store
	}).finally(() => timeline.record(context.span, installed ? [installed] : []));
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
	let firstFailure;
	const deployedApps = await Promise.all([...rollouts].map(([name, { ready }]) => ready.catch((error) => {
		firstFailure ??= {
			name,
			error
		};
		stop();
	})));
	if (context.signal.aborted) throw new Interrupted();
	if (firstFailure === void 0) return deployedApps.filter((app) => app !== void 0);
	const { name, error } = firstFailure;
	throw withOthers(name, error, rollouts);
}
function listOpen(rollouts) {
	return [...rollouts].flatMap(([name, { progress }]) => {
		if (progress.state === "ready") return [];
		const workloads = openOf(progress);
		return workloads.length > 0 ? workloads : [`app ${name}: ${progress.state}`];
	});
}
function openOf({ standings }) {
	return standings.filter(({ status }) => status.state !== "ready").map(({ target, status }) => `${target.kind} ${target.namespace}/${target.name}: ${describe(status)}`);
}
function withOthers(failedApp, error, rollouts) {
	const otherLines = [...rollouts].flatMap(([name, { progress }]) => {
		if (name === failedApp) return [];
		const openLines = openOf(progress);
		return [`app ${name}: ${progress.state}${openLines.length > 0 ? ` (${openLines.join("; ")})` : ""}`];
	});
	if (otherLines.length === 0 || !(error instanceof MonstackError)) return error;
	if (error instanceof WorkloadsFailed) return new WorkloadsFailed(error.failures, [...error.others, ...otherLines]);
	const message = [
		error.message,
		"The others:",
		...otherLines.map((line) => `  ${line}`)
	].join("\n");
	const options = {
		cause: error.cause,
		...error.fix === void 0 ? {} : { fix: error.fix }
	};
	return error instanceof UserError ? new UserError(message, options) : new InstallError(message, options);
}

// src/lib/task-group.ts
function createTaskGroup(parent) {
	const stop = new AbortController();
	const tasks = [];
	let firstFailure;
	return {
		signal: AbortSignal.any([parent, stop.signal]),
		start: (task) => {
			const running = task();
			tasks.push(running.catch((error) => {
				firstFailure ??= { error };
				stop.abort();
			}));
			return running;
		},
		settle: async () => {
			await Promise.all(tasks);
			if (firstFailure) throw firstFailure.error;
		}
	};
}

// src/sources/signatures/program.ts
async function isInstalled(host, program) {
	const folders = (host.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
	return (await Promise.all(folders.map((folder) => host.files.exists(join(folder, program))))).includes(true);
}
function createUncheckedSignature(why) {
	return {
		status: "unchecked",
		why
	};
}
async function isReachable({ context, mirrors }, url) {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(1e4)]);
	try {
		await (await context.host.fetchOutside(applyMirrors(url, mirrors), {
			method: "HEAD",
			redirect: "manual",
			signal
		})).body?.cancel();
		return true;
	} catch {
		return false;
	}
}
function createSignatureError(what, why) {
	return new InstallError(`signature verification failed for ${what}: ${why}; the download was discarded`, { fix: "the host or the mirror serves something else than was signed: don't use it, find out why" });
}
async function fetchPublished({ web }, url) {
	try {
		const text = await fetchText(web, url, 1024 ** 2);
		if (text.trim() !== "" && !/^\s*</.test(text)) return { text };
		return {
			text: void 0,
			why: `${showRequest(web, url)} is ${text.trim() === "" ? "empty" : "a web page"}`
		};
	} catch (error) {
		if (!(error instanceof InstallError)) throw error;
		return {
			text: void 0,
			why: error instanceof HttpStatusError && error.status === 404 ? `not found: ${showRequest(web, url)}` : error.message
		};
	}
}
function getLastLine(text) {
	return text.trim().split("\n").at(-1) ?? "";
}

// src/sources/signatures/helm.ts
async function checkHelm(signed, managers = helmReleaseManagers) {
	const { web, version, url, path } = signed;
	const { host } = web.context;
	if (!await isInstalled(host, "gpg")) return createUncheckedSignature("gpg is not on this machine (Debian's package gnupg has it)");
	const signature = await fetchPublished(signed, `${url}.asc`);
	if (signature.text === void 0) return createUncheckedSignature(signature.why);
	const keys = await fetchPublished(signed, helmKeysUrl);
	if (keys.text === void 0) return createUncheckedSignature(keys.why);
	const { text } = keys;
	return await host.files.withTemp("monstack-gpg-", async (folder) => {
		await host.files.write(join(folder, "KEYS"), text);
		await host.files.write(join(folder, "signature.asc"), signature.text);
		const runGpg = (args) => host.exec([
			"gpg",
			"--homedir",
			folder,
			"--batch",
			"--no-tty",
			...args
		], { allowFailure: true });
		await runGpg([
			"--quiet",
			"--import",
			join(folder, "KEYS")
		]);
		const verdict = await runGpg([
			"--status-fd",
			"1",
			"--verify",
			join(folder, "signature.asc"),
			path
		]);
		return judgeStatus(`helm ${version}`, verdict, managers);
	});
}
const resultPattern = /^(GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)$/;
function judgeStatus(what, { exitCode, stdout, stderr }, managers) {
	const statusLines = stdout.split("\n").map((line) => line.split(" ")).flatMap(([mark, word = "", ...rest]) => mark === "[GNUPG:]" ? [{
		word,
		rest: rest.join(" ")
	}] : []);
	const findArguments = (name) => statusLines.find(({ word }) => word === name)?.rest;
	if (findArguments("BADSIG") !== void 0) throw createSignatureError(what, "gpg says that these are not the bytes that were signed");
	if (findArguments("REVKEYSIG") !== void 0) throw createSignatureError(what, "its key was revoked");
	if (findArguments("NO_PUBKEY") !== void 0) throw createSignatureError(what, `it is of the key ${findArguments("NO_PUBKEY")}, which is not in helm's KEYS`);
	const results = statusLines.filter(({ word }) => resultPattern.test(word)).map(({ word }) => word);
	const validSignatures = statusLines.filter(({ word }) => word === "VALIDSIG");
	const fingerprint = validSignatures[0]?.rest.split(" ").at(-1);
	if (fingerprint === void 0) throw createSignatureError(what, `gpg finds none in it: ${getLastLine(stderr)}`);
	const manager = getOwnValue(managers, fingerprint);
	if (manager === void 0) throw createSignatureError(what, `it is of the key ${fingerprint}, which does not belong to a known helm release manager`);
	if (validSignatures.length !== 1 || results.length !== 1) throw createSignatureError(what, `gpg says of it: ${results.join(", ")}`);
	if (results[0] === "EXPKEYSIG") return createUncheckedSignature(`the key of ${manager} (${fingerprint}) has expired since`);
	if (results[0] !== "GOODSIG" || exitCode !== 0) throw createSignatureError(what, `gpg says of it: ${results.join(", ")}, and ends with exit code ${exitCode}`);
	return {
		status: "verified",
		by: "gpg",
		signer: `${manager} (${fingerprint})`
	};
}
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

// src/sources/signatures/k3s.ts
const repository = "k3s-io/k3s";
const loginExitCode = 4;
const api = "https://api.github.com/";
const unreachable$1 = /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|error connecting/i;
async function checkK3s({ web, version, path }) {
	const { host } = web.context;
	if (!await isInstalled(host, "gh")) return createUncheckedSignature("gh is not on this machine (https://cli.github.com)");
	const token = host.env["GH_TOKEN"] || host.env["GITHUB_TOKEN"];
	if ((await host.exec([
		"gh",
		"attestation",
		"verify",
		"--help"
	], { allowFailure: true })).exitCode !== 0) return createUncheckedSignature("the gh on this machine has no `attestation verify`: version 2.49 or newer has it");
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
	const message = getLastLine(stderr);
	if (exitCode === loginExitCode) return createUncheckedSignature("gh needs a token: set GH_TOKEN (in a workflow github.token does)");
	if (/^(Error: )?(no attestations found|HTTP 404)/im.test(stderr)) return {
		...createUncheckedSignature(`the project ${repository} has no attestation of ${version}`),
		isUnpublished: true
	};
	if (/^(Error: )?HTTP (401|403|429|5\d\d)\b/im.test(stderr)) return createUncheckedSignature(`GitHub refuses gh: ${message}`);
	if (unreachable$1.test(stderr) && !await isReachable(web, api)) return createUncheckedSignature(`gh could not do it: ${message}`);
	throw createSignatureError(`k3s ${version}`, exitCode === 0 ? "gh names no attestation" : `gh says: ${message}`);
}
function hasAttestations(json) {
	try {
		const attestations = JSON.parse(json);
		return Array.isArray(attestations) && attestations.length > 0;
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
	if (!await isInstalled(host, "cosign")) return createUncheckedSignature("cosign is not on this machine (https://docs.sigstore.dev/cosign/system_config/installation)");
	const { stdout: helpText } = await host.exec([
		"cosign",
		"verify-blob",
		"--help"
	], { allowFailure: true });
	if (!helpText.includes("--certificate-identity")) return createUncheckedSignature("the cosign on this machine has no --certificate-identity: version 2 or newer has it");
	const signature = await fetchPublished(signed, `${url}.sig`);
	if (signature.text === void 0) return createUncheckedSignature(signature.why);
	const certificate = await fetchPublished(signed, `${url}.cert`);
	if (certificate.text === void 0) return createUncheckedSignature(certificate.why);
	const [sigText, certText] = [signature.text, certificate.text];
	return await host.files.withTemp("monstack-cosign-", async (folder) => {
		const [sig, cert] = [join(folder, "kubectl.sig"), join(folder, "kubectl.cert")];
		await host.files.write(sig, sigText);
		await host.files.write(cert, certText);
		const identityFlags = [
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
			...identityFlags
		], { allowFailure: true });
		if (exitCode === 0 && /^Verified OK$/m.test(`${stdout}\n${stderr}`)) return {
			status: "verified",
			by: "cosign",
			signer: identity
		};
		const message = getLastLine(stderr);
		if (unreachable.test(stderr) && !await isReachable(web, sigstore)) return createUncheckedSignature(`cosign could not do it: ${message}`);
		throw createSignatureError(`kubectl ${version}`, exitCode === 0 ? "cosign does not say that it is verified" : `cosign says: ${message}`);
	});
}

// src/sources/signatures/check.ts
const checks = {
	helm: (signed) => checkHelm(signed),
	kubectl: checkKubectl,
	k3s: checkK3s
};
async function checkSignature(name, signed, { isRequired }) {
	const { context, supply } = signed.web;
	const obstacle = await findObstacle(signed);
	const { isUnpublished, ...signature } = obstacle === void 0 ? await checks[name](signed) : createUncheckedSignature(obstacle);
	const what = `${name} ${signed.version}`;
	if (signature.status === "verified") {
		context.log.info(`${what}: signed by ${signature.signer}, verified by ${signature.by}`);
		return signature;
	}
	if (isRequired && !(isUnpublished && supply.lock !== void 0)) throw new InstallError(`the signature of ${what} is required and could not be checked: ${signature.why}; it is not installed`, { fix: isUnpublished ? "`monstack lock` writes its sha256 into a lock file, which is accepted in the place of a signature that is not published" : "make it possible, or set verify-signatures to true, which warns instead" });
	context.log.warn(`the signature of ${what} could not be checked: ${signature.why}`);
	return signature;
}
async function findObstacle({ web, path }) {
	const { context, supply } = web;
	if (supply.offline !== void 0) return `${supply.offline} allows no request`;
	return await context.host.files.exists(path) ? void 0 : "the cache has only what was unpacked of it";
}

// src/sources/tools/install.ts
async function installTool(context, config, name, options = {}) {
	const { path, version: requested } = config[name];
	const checkSigned = createSignatureCheck(config.verifySignatures);
	if (path !== void 0) return useLocalTool(context, name, path, checkSigned !== void 0);
	const web = createWeb(context, config, options);
	const release = await inSpan(context.span, {
		kind: "tool",
		name: `resolve ${name}`
	}, () => resolveRelease(web, name, requested));
	return await findInCache(web, release, checkSigned) ?? await fetchFromUpstream(web, release, checkSigned);
}
function createSignatureCheck(wanted) {
	if (!wanted) return void 0;
	return (name, signed) => checkSignature(name, signed, { isRequired: wanted === "required" });
}
async function resolveRelease(web, name, requested) {
	const { lock, bundle } = web.supply;
	if (lock !== void 0) {
		const locked = lock.tools[name];
		if (locked === void 0) throw createNotLockedError(web, name);
		const { version } = locked;
		const download = resolveLockedDownload(web, name, locked);
		const bundledSha256 = bundle?.programs[name];
		return {
			name,
			asked: requested,
			version,
			key: bundledSha256 === void 0 ? {
				name,
				version,
				sha256: download.sha256
			} : {
				name,
				version,
				sha256: bundledSha256,
				bundle: bundle?.digest
			},
			findDownload: async () => download
		};
	}
	const { version, from: source } = await resolveVersion(web, name, requested);
	if (source !== "as asked") web.context.log.info(`${name} ${requested} is ${version}, says ${source}`);
	const sha256 = await readRememberedChecksum(web, name, version);
	return {
		name,
		asked: requested,
		version,
		key: sha256 === void 0 ? void 0 : {
			name,
			version,
			sha256
		},
		findDownload: () => resolvePublishedDownload(web, name, version)
	};
}
async function useLocalTool(context, name, configuredPath, wantsSignature) {
	const path = isAbsolute(configuredPath) ? configuredPath : resolve(configuredPath);
	const fix = `name an executable ${name} in ${name}.path, or leave the key out to have one downloaded`;
	if (!await context.host.files.exists(path)) throw new UserError(`${name}.path: file not found: ${path}`, { fix });
	const version = await readVersion(context, name, path).catch((cause) => {
		throw new UserError(`${name}.path: ${describeError$1(cause)}`, {
			fix,
			cause
		});
	});
	context.log.info(`${name} ${version}: from ${path}`);
	const sha256 = await hashFile(context.host, path);
	const signature = {
		status: "unchecked",
		why: `it is the file that ${name}.path names`
	};
	return {
		name,
		path,
		asked: configuredPath,
		version,
		sha256,
		origin: "path",
		...wantsSignature && { signature }
	};
}
async function findInCache(web, release, checkSigned) {
	const { context } = web;
	const { name, asked: requested, version, key } = release;
	const cached = key && await inSpan(context.span, {
		kind: "tool",
		name: `verify ${name} in the cache`
	}, () => findCachedTool(context, key));
	if (!cached) return void 0;
	const { path, download } = cached;
	const signedDownload = {
		web,
		version,
		url: getDownloadUrl(web, name, version),
		path: download
	};
	const signature = await checkSigned?.(name, signedDownload).catch(async (error) => {
		if (!(error instanceof Interrupted)) await forgetTool(context, dirname(path));
		throw error;
	});
	const reportedVersion = await checkVersion(context, name, version, path);
	context.log.info(`${name} ${reportedVersion}: from the cache, sha256 verified`);
	context.log.debug(`${name} ${reportedVersion}: ${path}`);
	return {
		name,
		path,
		asked: requested,
		version: reportedVersion,
		sha256: web.supply.lock?.tools[name]?.[context.host.arch].sha256 ?? key.sha256,
		origin: "cache",
		...signature && { signature }
	};
}
function getDownloadUrl({ context, supply }, name, version) {
	const { arch } = context.host;
	return supply.lock?.tools[name]?.[arch].url ?? getRelease(name, version, arch).url;
}
async function fetchFromUpstream(web, release, checkSigned) {
	const { context } = web;
	const { host, log } = context;
	const { name, asked: requested, version } = release;
	const { entry } = getRelease(name, version, host.arch);
	const { url, sha256, downloadTo } = await release.findDownload();
	const key = {
		name,
		version,
		sha256
	};
	const isPublished = web.supply.lock === void 0;
	if (isPublished && sha256 !== release.key?.sha256) {
		const cached = await findInCache(web, {
			...release,
			key
		}, checkSigned);
		if (cached) await rememberChecksum(web, name, version, sha256);
		if (cached) return cached;
	}
	return await host.files.withTemp("tool-", async (folder) => {
		const executable = join(folder, "keep", name);
		const downloadPath = entry === void 0 ? executable : join(folder, "keep", archiveFile);
		const downloaded = await inSpan(context.span, {
			kind: "tool",
			name: `download ${name}`
		}, async (span) => {
			const done = await downloadTo(downloadPath);
			span?.note({ bytes: done.bytes });
			return done;
		});
		const signature = checkSigned && await inSpan(context.span, {
			kind: "tool",
			name: `verify the signature of ${name}`
		}, () => checkSigned(name, {
			web,
			version,
			url,
			path: downloadPath
		}));
		const path = await inSpan(context.span, {
			kind: "tool",
			name: `unpack and keep ${name}`
		}, async () => {
			if (entry !== void 0) await host.files.write(executable, readPackedProgram(host, downloadPath, entry), 493);
			return await keepTool(context, key, join(folder, "keep"), {
				arch: host.arch,
				url
			});
		});
		const reportedVersion = await checkVersion(context, name, version, path);
		if (isPublished) await rememberChecksum(web, name, version, sha256);
		log.info(`${name} ${reportedVersion}: ${showDownload(downloaded.bytes, showHosts(web, url), downloaded.tookMs)}, sha256 verified`);
		log.debug(`${name} ${reportedVersion}: ${showRequest(web, url)}, ${path}`);
		return {
			name,
			path,
			asked: requested,
			version: reportedVersion,
			sha256,
			origin: url,
			...signature && { signature }
		};
	});
}
async function checkVersion(context, name, version, path) {
	const folder = dirname(path);
	const reportedVersion = await inSpan(context.span, {
		kind: "tool",
		name: `run ${name} for its version`
	}, () => readVersion(context, name, path)).catch(async (error) => {
		await forgetTool(context, folder);
		throw error;
	});
	if ((0, import_semver.parse)(reportedVersion)?.compareMain(version) === 0) return reportedVersion;
	await forgetTool(context, folder);
	throw new InstallError(`${name} ${version} was requested, but the download reports ${reportedVersion}; it was discarded`, { fix: "the host or the mirror serves another version under this name" });
}
const versionArgs = {
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
const versionPattern = {
	k3s: /^k3s version (v\S+)/m,
	helm: /^(v\S+)/m,
	kubectl: /"gitVersion":\s*"(v[^"]+)"/
};
async function readVersion(context, tool, path) {
	const { stdout } = await runForVersion(context, tool, path);
	const version = versionPattern[tool].exec(stdout)?.[1];
	if (version !== void 0) return version;
	const command = `${path} ${versionArgs[tool].join(" ")}`;
	throw new InstallError(`${command} reports no version of ${tool}: ${JSON.stringify(stdout.slice(0, 200))}`);
}
async function runForVersion({ host, signal }, tool, path) {
	for (let attempts = 1;; attempts++) try {
		return await host.exec([path, ...versionArgs[tool]], { timeoutMs: 3e4 });
	} catch (cause) {
		if (attempts < 5 && /text file busy|ETXTBSY/i.test(describeError$1(cause))) await host.sleep(50 * attempts, signal);
		else throw new InstallError(`${tool} at ${path} can't be run: ${describeError$1(cause)}`, { cause });
	}
}

// src/deploy/host-access.ts
function findHostAccess({ app, objects, hooks = [], tests = [] }) {
	return [
		...objects,
		...hooks,
		...tests
	].filter(({ kind }) => kind !== "CustomResourceDefinition").filter((object) => !isNodeExporter(app.chart, object)).flatMap((object) => findAccessBelow(object, [], object));
}
function findAccessBelow(node, path, object) {
	if (Array.isArray(node)) return node.flatMap((item, index) => findAccessBelow(item, [...path, index], object));
	if (typeof node !== "object" || node === null) return [];
	return Object.entries(node).flatMap(([key, value]) => {
		const keyPath = [...path, key];
		const access = describeAccess(key, value, object);
		return access === void 0 ? findAccessBelow(value, keyPath, object) : [{
			object,
			path: keyPath,
			what: access
		}];
	});
}
const harmlessCapabilities = /* @__PURE__ */ new Set([...[
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
function describeAccess(key, value, { kind }) {
	if (key === "hostPath" && isMapping(value)) return `a hostPath (${String(value["path"])})`;
	if (key === "local" && kind === "PersistentVolume" && isMapping(value)) return `a folder of the machine (${String(value["path"])})`;
	if (hostFields.has(key) && value !== false && value !== null) return `${key}: true`;
	if (key === "hostPort" && value !== 0 && value !== null) return `a port of the machine (${String(value)})`;
	if (key === "gitRepo" && isMapping(value)) return "a gitRepo volume, which the kubelet fetches as root";
	if (key === "sysctls" && Array.isArray(value) && value.length > 0) return "sysctls";
	if (/^(seccomp|appArmor)Profile$/.test(key) && isMapping(value) && value["type"] === "Unconfined") return `${key}: Unconfined`;
	if (key === "parameters" && kind === "StorageClass" && isMapping(value) && folderParameter in value) return "folders of the machine that a StorageClass chooses (pathPattern)";
	if (key === "procMount" && value === "Unmasked") return "procMount: Unmasked";
	if (key === "capabilities" && isMapping(value) && Array.isArray(value["add"])) {
		const harmfulCapabilities = value["add"].map(String).filter((name) => !harmlessCapabilities.has(name.replace(/^CAP_/i, "").toUpperCase()));
		return harmfulCapabilities.length === 0 ? void 0 : `the capabilities ${harmfulCapabilities.join(", ")}`;
	}
	if (key === "roleRef" && isMapping(value) && value["name"] === "cluster-admin") return "the role cluster-admin";
	if (key === "aggregationRule" && kind === "ClusterRole") return "the rights of other roles (aggregationRule)";
	if (key === "rules" && /^(Cluster)?Role$/.test(kind) && Array.isArray(value) && value.some(grantsEverything)) return "every right in the cluster";
}
const hostFields = /* @__PURE__ */ new Set([
	"hostPID",
	"hostIPC",
	"hostNetwork",
	"privileged",
	"hostProcess"
]);
const folderParameter = "pathPattern";
const changingVerbs = /^(\*|create|update|patch|delete|deletecollection|impersonate|escalate|bind)$/;
function grantsEverything(rule) {
	const listTexts = (key) => isMapping(rule) && Array.isArray(rule[key]) ? rule[key].map(String) : [];
	const includesAll = (key) => listTexts(key).includes("*");
	return includesAll("apiGroups") && includesAll("resources") && listTexts("verbs").some((verb) => changingVerbs.test(verb));
}
const nodeExporterPaths = /* @__PURE__ */ new Set([
	"/proc",
	"/sys",
	"/"
]);
function isNodeExporter(chart, object) {
	if (chart.kind !== "repo" || chart.repoUrl !== defaultRepos["prometheus-community"]?.url) return false;
	if (object.kind !== "DaemonSet") return false;
	const [pod] = listPodSpecs(object);
	const [container, ...otherContainers] = [...pod?.initContainers ?? [], ...pod?.containers ?? []];
	if (pod === void 0 || container === void 0 || otherContainers.length > 0) return false;
	const paths = (pod.volumes ?? []).flatMap((volume) => volume.hostPath ? [volume.hostPath.path] : []);
	const hostVolumeNames = new Set((pod.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name));
	const hasWritableMount = (container.volumeMounts ?? []).some((mount) => hostVolumeNames.has(mount.name) && mount.readOnly !== true);
	const isUnprivileged = container.securityContext?.privileged !== true && !container.securityContext?.capabilities?.add?.length;
	return runsExporterImage(container) && !runsCommands(container) && paths.every((path) => nodeExporterPaths.has(path)) && !hasWritableMount && isUnprivileged;
}
function runsExporterImage({ image, command }) {
	if (typeof image !== "string" || command !== void 0) return false;
	const { registry, repository } = parseImageRef(image);
	return registry === "quay.io" && repository === "prometheus/node-exporter";
}
function runsCommands(container) {
	return "lifecycle" in container || JSON.stringify(container).includes("\"exec\":");
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
			throw toHelmError("rendering", app, chart, error);
		}
	});
	const renderedObjects = parseRenderedObjects(manifest, app, chart);
	const objects = renderedObjects.filter((object) => getHookEvents(object) === void 0);
	const hooks = renderedObjects.filter((object) => getHookEvents(object)?.some((event) => !event.startsWith("test")));
	const tests = renderedObjects.filter((object) => getHookEvents(object)?.every((event) => event.startsWith("test")));
	const ambiguousYaml = isRestricted ? findAmbiguousYaml(manifest) : void 0;
	return {
		app,
		chart,
		objects,
		hooks,
		tests,
		images: listImages$1(objects),
		...ambiguousYaml ? { unclear: ambiguousYaml } : {}
	};
}
function parseRenderedObjects(manifest, app, chart) {
	try {
		return parseManifest$1(manifest, app.namespace);
	} catch (cause) {
		throw new InstallError(`app ${app.name}: chart ${chart.name} ${chart.version} renders to something else than objects`, {
			cause,
			fix: "Correct the chart, or the values that end up in its templates; `helm template` shows what it renders."
		});
	}
}
function findAlwaysPulled(apps) {
	return apps.flatMap(({ app, objects, hooks = [] }) => [...objects, ...hooks].flatMap((object) => listPodSpecs(object).flatMap((pod) => [...pod.initContainers ?? [], ...pod.containers ?? []]).flatMap(({ name, image, imagePullPolicy }) => typeof image === "string" && (imagePullPolicy ?? getImpliedPolicy(image)) === "Always" ? [{
		app: app.name,
		object: `${object.kind} ${object.metadata.name}`,
		container: String(name),
		image
	}] : [])));
}
function getImpliedPolicy(image) {
	if (image.includes("@")) return "IfNotPresent";
	const tag = /:([^/:]+)$/.exec(image)?.[1];
	return tag === void 0 || tag === "latest" ? "Always" : "IfNotPresent";
}

// src/rules/rule-tests.ts
const timeoutMs = 6e4;
async function runRuleTests(context, { alerting }, rendered, limits) {
	const { host, log } = context;
	if (alerting.ruleTests.length === 0) return;
	const promtool = await findPromtool(host, alerting.promtool);
	if (promtool === void 0) {
		log.warn(`alerting.rule-tests were not run: promtool is not in PATH (name one with alerting.promtool)`);
		return;
	}
	await host.files.withTemp("monstack-rule-tests-", async (folder) => {
		const copies = [];
		for (const [index, test] of alerting.ruleTests.entries()) copies.push(await prepareTest(host, rendered, test, join(folder, String(index)), limits));
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
async function findPromtool(host, configuredPath) {
	const path = configuredPath ?? "promtool";
	return await host.exec([path, "--version"], { timeoutMs: 1e4 }).catch((cause) => {
		if (configuredPath === void 0) return void 0;
		throw new UserError(`alerting.promtool: ${configuredPath} can't be run`, { cause });
	}) && path;
}
async function prepareTest(host, rendered, path, folder, limits) {
	const text = await host.files.read(path);
	if (text === void 0) throw new UserError(`alerting.rule-tests: file not found: ${path}`);
	const copy = join(folder, basename(path));
	const test = tryParseYaml(text);
	if (!isMapping(test) || !Array.isArray(test["rule_files"])) {
		if (limits.isRestricted) throw new UserError(`alerting.rule-tests: ${path} is not a mapping with a list rule_files`);
		await host.files.write(copy, text);
		return copy;
	}
	const files = [];
	for (const ruleFile of test["rule_files"].map(String)) {
		const absolutePath = isAbsolute(ruleFile) ? ruleFile : join(dirname(path), ruleFile);
		refuseRuleFile(ruleFile, absolutePath, path, limits);
		const deployedContent = await host.files.exists(absolutePath) ? void 0 : findDeployedContent(rendered, ruleFile);
		if (deployedContent === void 0) {
			files.push(absolutePath);
			continue;
		}
		const copiedRuleFile = join(folder, "rules", basename(ruleFile));
		files.push(copiedRuleFile);
		await host.files.write(copiedRuleFile, deployedContent);
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
function findDeployedContent(rendered, name) {
	return rendered.flatMap(findRuleFiles).find(({ key }) => key === basename(name))?.content;
}
function tryParseYaml(text) {
	try {
		return parseYaml(text);
	} catch {
		return;
	}
}

// src/sources/charts/kustomize-remotes.ts
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
const maxNodes = 1e5;
const maxFiles = 1e3;
const maxBytes = 8 * 1024 ** 2;
async function findRemoteReferences(files, folder) {
	const search = {
		files,
		references: [],
		readPaths: /* @__PURE__ */ new Set(),
		nodes: 0
	};
	await searchFolder(search, folder);
	return search.references;
}
async function searchFolder(search, folder) {
	for (const name of kustomizationNames) await searchFile(search, join(folder, name));
}
async function searchFile(search, path) {
	const { files, readPaths } = search;
	if (readPaths.has(path)) return;
	readPaths.add(path);
	if (readPaths.size > maxFiles) throw createUnreadableError(path, `it leads to more than ${maxFiles} files`);
	const text = await files.exists(path) ? await readBounded(files, path) : void 0;
	if (text !== void 0) await searchText(search, text, {
		path,
		folder: dirname(path),
		line: 0
	});
}
async function readBounded(files, path) {
	try {
		return await readBody(files.stream(path), maxBytes);
	} catch (error) {
		if (error instanceof BodyTooLarge) throw createUnreadableError(path, `it has more than ${maxBytes} bytes`);
		return;
	}
}
async function searchText(search, text, origin) {
	for (const { key, value, line, column } of readTexts(search, text, origin)) {
		const where = `${origin.path}:${line}:${column}`;
		if (isRemote(value, key)) search.references.push({
			where,
			key,
			text: maskReference(value)
		});
		else if (withFolders.has(foldKey(key))) await searchReferenced(search, value, foldKey(key), {
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
			if (error) throw createUnreadableError(origin.path, error.message);
			return listScalars(search, document, origin).map(({ key, node }) => {
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
		throw createUnreadableError(origin.path, "its lists and maps are nested too deeply");
	}
}
async function searchReferenced(search, value, key, origin) {
	if (withPlugins.has(key) && /[\n{]/.test(value)) return await searchText(search, value, origin);
	const path = isAbsolute(value) ? value : join(origin.folder, value);
	if (withPlugins.has(key)) await searchFile(search, path);
	await searchFolder(search, path);
}
function listScalars(search, document, { path }) {
	const scalars = [];
	const visit = (unresolvedNode, key) => {
		search.nodes += 1;
		if (search.nodes > maxNodes) throw createUnreadableError(path, `it has more than ${maxNodes} values`);
		const node = (0, import_dist.isAlias)(unresolvedNode) ? unresolvedNode.resolve(document) : unresolvedNode;
		if (!(0, import_dist.isNode)(node) || (0, import_dist.isAlias)(node)) return;
		if (node.tag && !/^(tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)|!)$/.test(node.tag)) throw createUnreadableError(path, `it has the tag ${node.tag}`);
		if ((0, import_dist.isScalar)(node)) scalars.push({
			key,
			node
		});
		if ((0, import_dist.isSeq)(node)) for (const item of node.items) visit(item, key);
		if (!(0, import_dist.isMap)(node)) return;
		for (const { key: unresolvedKey, value } of node.items) {
			const keyNode = (0, import_dist.isAlias)(unresolvedKey) ? unresolvedKey.resolve(document) : unresolvedKey;
			const innerKey = (0, import_dist.isScalar)(keyNode) ? String(keyNode.value) : "";
			if (!freeTexts.has(foldKey(innerKey))) visit(value, innerKey === "<<" ? key : innerKey);
		}
	};
	visit(document.contents, "");
	return scalars;
}
function foldKey(key) {
	return key.toUpperCase().toLowerCase();
}
function isRemote(value, key = "") {
	const text = foldKey(key) === "files" ? value.slice(value.indexOf("=") + 1) : value;
	return /^\s*([a-z][a-z0-9+.-]{0,40}:\S|[a-z][a-z0-9-]{0,99}@|(www\.)?(github|gitlab)\.com[/:]|bitbucket\.org[/:])/i.test(text);
}
function maskReference(value) {
	return (value.trim().split("\n")[0] ?? "").replace(/\/\/[^/@]{0,500}@/, "//***@").slice(0, 200);
}
function createUnreadableError(path, why) {
	return new UserError(`${path} can't be searched for what it fetches: ${why}`, { fix: "write it as plain YAML, or run without a lock and without a bundle" });
}

// src/sources/charts/objects.ts
async function createObjectsChart(context, ref, { folder, kubectl, supply }) {
	const { files } = context.host;
	const name = ref.kind === "objects" ? ref.name : ref.kind;
	const documents = await readObjectDocuments(context, ref, kubectl, supply);
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
		const fileName = `${String(index).padStart(4, "0")}.yaml`;
		const subfolder = document.kind === "CustomResourceDefinition" ? "crds" : "objects";
		await files.write(join(folder, subfolder, fileName), document.text, 384);
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
	return (await Promise.all(paths.map((path) => readManifest$1(context, path)))).flatMap((text, index) => {
		const shownPath = showPath(cwd, paths[index] ?? "");
		return parseObjects(text, shownPath).map((placed) => {
			if (typeof placed.object["kind"] === "string") return placed;
			throw new UserError(`${placed.start}: this document is not a Kubernetes object: it has no kind`);
		});
	});
}
async function readObjectDocuments(context, ref, kubectl, supply) {
	if (ref.kind === "objects") return ref.objects.map((object) => ({
		kind: object.kind,
		text: JSON.stringify(object, null, 2)
	}));
	if (ref.kind === "kustomize") {
		await refuseRemoteReferences(context, ref.path, supply);
		return splitObjects(await buildKustomization(context, ref.path, await kubectl, supply), ref.path, ref);
	}
	return (await Promise.all(ref.paths.map(async (path) => splitObjects(await readManifest$1(context, path), path, ref)))).flat();
}
async function readManifest$1({ host }, path) {
	const text = await host.files.read(path).catch((cause) => {
		throw new UserError(`the manifest ${path} can't be read: ${describeError$1(cause)}`, { cause });
	});
	if (text === void 0) throw new UserError(`manifest not found: ${path}`);
	return text;
}
async function refuseRemoteReferences({ host, log }, path, supply) {
	const isClosed = isClosedBy(supply);
	const references = await findRemoteReferences(host.files, path).catch((error) => {
		if (isClosed) throw error;
		return [];
	});
	if (references.length === 0) return;
	const lines = references.map(({ where, key, text }) => `  ${where}: ${key}: ${text}`).join("\n");
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
async function buildKustomization({ host }, path, kubectl, supply) {
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
function addMarks(object, { labels = {}, annotations = {} }) {
	const mergeMarks = (name, appValues) => Object.keys(appValues).length === 0 ? {} : { [name]: {
		...appValues,
		...object.metadata?.[name]
	} };
	return {
		...object,
		metadata: {
			...object.metadata,
			...mergeMarks("labels", labels),
			...mergeMarks("annotations", annotations)
		}
	};
}
function splitObjects(text, path, marks) {
	return parseKubeObjects(text, path).map(({ kind, object }) => ({
		kind,
		text: JSON.stringify(addMarks(object, marks), null, 2)
	}));
}
function parseKubeObjects(text, path) {
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

// src/host/exec-bounded.ts
var LimitExceeded = class extends Error {
	constructor(argv0, what) {
		super(`${argv0} was ended: it ${what}`);
		this.name = "LimitExceeded";
	}
};
const pollMs = 50;
const limitFileSizeScript = "echo $$ >\"$1\"; ulimit -f \"$2\" 2>/dev/null; shift 2; exec \"$@\"";
async function execBounded(host, argv, options, { memoryBytes, fileBytes }) {
	return await host.files.withTemp("monstack-bounded-", async (folder) => {
		const pidFile = `${folder}/pid`;
		const finished = new AbortController();
		const wasKilled = killAboveLimit(host, pidFile, memoryBytes, finished.signal);
		try {
			const blocks = String(Math.ceil(fileBytes / 512));
			return await host.exec([
				"sh",
				"-c",
				limitFileSizeScript,
				"sh",
				pidFile,
				blocks,
				...argv
			], options);
		} catch (error) {
			finished.abort();
			if (await wasKilled) throw new LimitExceeded(argv[0], `took more than ${formatBytes(memoryBytes)} of memory`);
			if (!(error instanceof CommandError)) throw error;
			const { commandExitCode, stderr } = error;
			if (commandExitCode === 153 || /file too large/i.test(stderr)) throw new LimitExceeded(argv[0], `wrote a file of more than ${formatBytes(fileBytes)}`);
			throw new CommandError(argv, commandExitCode, stderr, { cause: error });
		} finally {
			finished.abort();
		}
	});
}
async function killAboveLimit(host, pidFile, maxBytes, finished) {
	const isFinished = async () => await host.sleep(pollMs, finished).then(() => finished.aborted, () => true);
	while (!await isFinished()) {
		const pid = (await host.files.read(pidFile).catch(() => void 0))?.trim() ?? "";
		if (!/^\d+$/.test(pid)) continue;
		const residentLine = (await host.files.read(`/proc/${pid}/status`).catch(() => void 0))?.split("\n").find((line) => line.startsWith("VmRSS:"));
		if (Number(/^VmRSS:\s*(\d+) kB$/.exec(residentLine ?? "")?.[1] ?? 0) * 1024 <= maxBytes || finished.aborted) continue;
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

// src/sources/images/endpoint.ts
const dockerHost = "registry-1.docker.io";
function findEndpoint(mirrors, ref) {
	const address = getOwnValue(mirrors, ref.registry);
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
		host: normalizeRegistryHost(host),
		mirrorOf: ref.registry
	};
}
function findAccess(registries, host) {
	return registries && getOwnValue(registries, host);
}
function isLoopback(host) {
	return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}
function createLoginError(endpoint, access, refusal) {
	const fix = access?.credentials === void 0 ? `if the image is private, set ${formatLoginSetting(endpoint.host)}; else check that the repository ${endpoint.repository} exists: registries give the same answer for a missing and a private one` : `check that registries.${endpoint.host} names the right account, and that it may pull ${endpoint.repository}`;
	const message = `${endpoint.host} refuses ${endpoint.repository}: ${describeRefusal(refusal)}`;
	return new HttpStatusError(refusal.status, message, fix);
}
function isPullLimit({ status, headers, text }) {
	if (status !== 429 || headers.get("retry-after") !== null) return false;
	return /pull rate limit/i.test(text) || /^0(;|$)/.test(headers.get("ratelimit-remaining") ?? "");
}
function createPullLimitError(endpoint, access, refusal, cause) {
	const account = access?.credentials;
	const who = account === void 0 ? "this machine's address" : `the account ${account.username}`;
	const fixes = [
		...account === void 0 ? [`log in: ${formatLoginSetting(endpoint.host)}`] : [],
		`pull through a mirror: mirrors.${endpoint.mirrorOf ?? endpoint.host}`,
		"fetch each image only once: `monstack lock`, and keep the cache"
	];
	const message = `${endpoint.host} limits how much ${who} may pull: ${describeRefusal(refusal)}${describeLimit(refusal)}`;
	return new HttpStatusError(refusal.status, message, `wait, or ${fixes.join("; or ")}`, { cause });
}
function formatLoginSetting(host) {
	return `registries: {${JSON.stringify(host)}: {username: "\${NAME}", password: "\${PASSWORD}"}}`;
}
function trustSetting(host) {
	return `name the authority that signed it: registries: {${JSON.stringify(host)}: {ca: FILE}}`;
}
function describeRefusal({ url, status, text }) {
	const message = parseErrorMessage(text);
	return `${url.split("?", 1)[0] ?? url} answers ${status}${message === "" ? "" : ` (${message})`}`;
}
function parseErrorMessage(text) {
	try {
		const { errors } = JSON.parse(text);
		const first = Array.isArray(errors) ? errors[0] : void 0;
		return [first?.code, first?.message].filter((word) => typeof word === "string").join(": ");
	} catch {
		return /^\s*</.test(text) ? "an HTML page" : text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
	}
}
function describeLimit({ headers }) {
	const [, most, window] = /^(\d+);w=(\d+)/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
	if (most === void 0) return "";
	return `; its limit is ${most} in ${Number((Number(window) / 3600).toFixed(1))} h`;
}

// src/sources/charts/oci.ts
const helmMemory = 512 * 1024 ** 2;
async function fetchOciChart(web, ref, helm) {
	const { context } = web;
	const { host, log } = context;
	const { lock } = web.supply;
	if (lock !== void 0) return fetchLockedChart(web, ref, helm, findLockedChart(lock, {
		from: ref.url,
		name: "",
		asked: ref.version
	}));
	const key = {
		from: ref.url,
		name: "",
		version: ref.version ?? "",
		asked: describeRegistryAccess(web, ref)
	};
	const cached = ref.version === void 0 ? void 0 : await findCachedChart(context, key);
	if (cached) {
		log.info(`chart ${ref.url} ${ref.version}: from the cache, sha256 verified`);
		return {
			...cached,
			...await readArchive(context, cached.path)
		};
	}
	return withPulledArchive(web, ref, helm, async (file, sha256) => {
		const path = getArchivePath(host, sha256);
		const chart = await readArchive(context, file, ref.url);
		await keepFile(host, path, host.files.stream(file));
		const archive = {
			path,
			sha256,
			origin: ref.url
		};
		if (ref.version !== void 0) await rememberChart(context, key, archive);
		log.info(`chart ${chart.name} ${chart.version}: from ${ref.url}, pulled by helm`);
		return {
			...archive,
			...chart
		};
	});
}
function describeRegistryAccess({ mirrors, registries }, ref) {
	const { url, plainHttp } = applyMirrorsToOci(ref.url, mirrors);
	const { insecure, ca } = findAccess(registries, normalizeRegistryHost(parseRegistry(url).host)) ?? {};
	return JSON.stringify([
		url,
		plainHttp,
		insecure ?? false,
		ca ?? ""
	]);
}
async function fetchLockedChart(web, ref, helm, locked) {
	const { context } = web;
	const { host } = context;
	if (locked === void 0) throw createNotLockedError(web, `chart ${ref.url}`);
	const { version, sha256, url } = locked;
	const what = `chart ${ref.url} ${version}`;
	const path = getArchivePath(host, sha256);
	const cached = await findCachedArchive(context, sha256);
	if (cached === void 0) await withPulledArchive(web, {
		...ref,
		version
	}, helm, async (file, pulledSha256) => {
		if (pulledSha256 !== sha256) throw createChecksumError(web, {
			what,
			url,
			sha256
		}, pulledSha256);
		await keepFile(host, path, host.files.stream(file));
	});
	const source = cached === void 0 ? "its registry, pulled by helm" : "the cache";
	context.log.info(`${what}: from ${source}, sha256 as ${web.supply.lockedBy} says`);
	return {
		path,
		...await readArchive(context, path),
		sha256,
		origin: url
	};
}
async function withPulledArchive(web, ref, helm, use) {
	const { host } = web.context;
	return host.files.withTemp("monstack-chart-", async (temp) => {
		await pullWithHelm(web, ref, helm, temp);
		const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
		if (file === void 0) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
		return use(join(temp, file), await hashFile(host, join(temp, file)));
	});
}
function withoutPlainHttp({ NO_PROXY, no_proxy }) {
	const blockedProxy = "http://127.0.0.1:1";
	const unproxiedHosts = (NO_PROXY ?? no_proxy ?? "").split(",").map((host) => host.trim()).filter((host) => host !== "" && host !== "*" && !/^\[?(?:169\.254\.|fe80:|fd00:|fd20:)|metadata/i.test(host)).join(",");
	return {
		HTTP_PROXY: blockedProxy,
		http_proxy: blockedProxy,
		NO_PROXY: unproxiedHosts,
		no_proxy: unproxiedHosts
	};
}
async function pullWithHelm(web, ref, helm, folder) {
	refuseOffline(web, ref.url);
	const { context, retryPolicy } = web;
	const { url, plainHttp } = applyMirrorsToOci(ref.url, web.mirrors);
	const registry = normalizeRegistryHost(parseRegistry(url).host);
	const access = await configureHelmAccess(context.host, folder, registry, findAccess(web.registries, registry));
	const versionFlags = ref.version === void 0 ? [] : ["--version", ref.version];
	const plainFlags = plainHttp ? ["--plain-http"] : [];
	const args = [
		url,
		...versionFlags,
		...plainFlags,
		...access.args,
		"--destination",
		folder
	];
	for (let attempts = 1;; attempts++) try {
		const env = {
			...selectLoginEnvironment(context.host.env),
			...plainHttp ? {} : withoutPlainHttp(context.host.env),
			HELM_CACHE_HOME: join(folder, "cache"),
			...access.env
		};
		const limits = {
			memoryBytes: helmMemory,
			fileBytes: chartLimit
		};
		await execBounded(context.host, [
			helm.path,
			"pull",
			...args
		], { env }, limits);
		return;
	} catch (cause) {
		if (cause instanceof LimitExceeded) throw new InstallError(`chart ${ref.url} ${ref.version ?? ""} was not pulled from ${url}: it is bigger than any chart (${cause.message})`, {
			cause,
			fix: "the registry or the mirror serves something else than a chart: compare it with upstream's"
		});
		const reason = describeError$1(cause);
		if (/not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(reason) || attempts >= retryPolicy.tries) throw new InstallError(`chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${reason}`, {
			cause,
			fix: `look whether the chart and its version are there, and whether ${registry} wants a login: \`registries\` in monstack.yaml, or \`helm registry login\``
		});
		context.log.info(`${reason}; trying again (${attempts + 1} of ${retryPolicy.tries})`);
		await context.host.sleep(computeBackoffMs(retryPolicy, attempts), context.signal);
	}
}
async function configureHelmAccess({ files, env }, folder, host, access) {
	const { insecure, ca } = await readTrust(files, host, access);
	const login = access?.credentials;
	return {
		args: insecure ? ["--insecure-skip-tls-verify"] : [],
		env: {
			...await writeAuthorities(files, env, folder, ca),
			...login && { HELM_REGISTRY_CONFIG: await writeLoginFile(files, folder, host, login) }
		}
	};
}
async function writeLoginFile(files, folder, host, { username, password }) {
	const key = host === "docker.io" ? "https://index.docker.io/v1/" : host;
	const auth = Buffer.from(`${username}:${password}`).toString("base64");
	const path = join(folder, "registry-login.json");
	await files.write(path, JSON.stringify({ auths: { [key]: { auth } } }), 384);
	return path;
}
async function writeAuthorities(files, env, folder, ca) {
	const configuredFile = env["SSL_CERT_FILE"] || env["NODE_EXTRA_CA_CERTS"];
	if (ca === void 0) return configuredFile ? { SSL_CERT_FILE: configuredFile } : {};
	const path = join(folder, "authorities.pem");
	const configuredAuthorities = configuredFile === void 0 ? "" : await files.read(configuredFile) ?? "";
	await files.write(path, `${configuredAuthorities}\n${ca}`);
	return { SSL_CERT_FILE: path };
}

// src/sources/charts/fetch.ts
async function fetchChart(context, config, ref, options = {}) {
	if (ref.kind === "path") return readLocalChart(context, ref.path);
	if (ref.kind === "objects" || ref.kind === "manifests" || ref.kind === "kustomize") {
		const { folder, kubectl, supply = openSupply } = options;
		if (folder === void 0) throw new Error("a chart of objects needs a folder to be written to");
		return createObjectsChart(context, ref, {
			folder,
			kubectl,
			supply
		});
	}
	const web = createWeb(context, config, options);
	if (ref.kind === "repo") {
		const login = config.repos?.[ref.repo]?.credentials;
		const credentials = login && {
			host: ref.repoUrl,
			...login
		};
		return fetchRepoChart({
			...web,
			credentials
		}, ref);
	}
	if (options.helm === void 0) throw new UserError(`chart ${ref.url}: helm is needed to pull it`);
	return fetchOciChart({
		...web,
		registries: config.registries
	}, ref, await options.helm);
}

// src/plan/grafana/sidecar.ts
const defaultLabels = {
	dashboards: "grafana_dashboard",
	datasources: "grafana_datasource"
};
function readSidecar(grafana, kind) {
	const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
	const path = [
		...grafanaPath,
		"sidecar",
		kind
	];
	const isStack = isStackChart(grafana);
	const readSetting = (key) => getValueAt(grafana.values, [...path, key]) ?? void 0;
	const grafanaNamespace = getValueAt(grafana.values, [...grafanaPath, "namespaceOverride"]) || grafana.namespace;
	const defaultNamespace = isStack && kind === "dashboards" ? "ALL" : void 0;
	const namespaceNames = [readSetting("searchNamespace") ?? defaultNamespace].flat().flatMap((namespaces) => String(namespaces ?? "").split(",")).map((name) => name.trim()).filter((name) => name !== "");
	const searchesAll = namespaceNames.some((name) => name === "ALL" || name.includes("{{"));
	const searchedNamespaces = namespaceNames.length > 0 ? namespaceNames : [String(grafanaNamespace)];
	return {
		isOn: (readSetting("enabled") ?? isStack) === true,
		path,
		label: String(readSetting("label") ?? defaultLabels[kind]),
		labelValue: String(readSetting("labelValue") ?? (isStack ? "1" : "")),
		namespaces: searchesAll ? void 0 : searchedNamespaces,
		kinds: getOwnValue({
			configmap: ["ConfigMap"],
			secret: ["Secret"]
		}, String(readSetting("resource"))) ?? ["ConfigMap", "Secret"]
	};
}
function findLabel({ label }, { object }) {
	const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
	const value = isMapping(metadata["labels"]) ? metadata["labels"][label] : void 0;
	return value === void 0 ? void 0 : String(value);
}
function isCollected(sidecar, extraObject) {
	return sidecar.isOn && findLabel(sidecar, extraObject) !== void 0 && explainNotCollected(sidecar, extraObject) === void 0;
}
function explainNotCollected(sidecar, extraObject) {
	const { isOn, label, labelValue, namespaces, kinds } = sidecar;
	const value = findLabel(sidecar, extraObject);
	const kind = String(extraObject.object["kind"]);
	const formatKey = (name) => [...sidecar.path, name].join(".");
	if (value === void 0 || !/^(?:ConfigMap|Secret)$/.test(kind)) return void 0;
	if (!isOn) return `the sidecar that collects it is off; expected ${formatKey("enabled")}: true`;
	if (!kinds.includes(kind)) return `the sidecar collects ${kinds.join(", ")} only (${formatKey("resource")})`;
	if (labelValue !== "" && !labelValue.includes("{{") && value !== labelValue) return `its label ${label} is ${JSON.stringify(value)}, and the sidecar collects ${JSON.stringify(labelValue)} (${formatKey("labelValue")})`;
	if (namespaces !== void 0 && !namespaces.includes(extraObject.namespace)) return `it is in namespace ${extraObject.namespace}, and the sidecar looks in ${namespaces.join(", ")} (${formatKey("searchNamespace")})`;
}
const maximumSubchartDepth = 2;
const extraObjectKeys = [
	"extraObjects",
	"extraManifests",
	"extraDeploy"
];
function findExtraObjects({ name: app, namespace, values }) {
	const objects = [];
	const addObjectsBelow = (node, path) => {
		if (!isMapping(node)) return;
		for (const [key, value] of Object.entries(node)) {
			if (!extraObjectKeys.includes(key)) {
				if (path.length < maximumSubchartDepth) addObjectsBelow(value, [...path, key]);
				continue;
			}
			const items = Array.isArray(value) ? [...value.entries()] : Object.entries(isMapping(value) ? value : {});
			for (const [itemKey, item] of items) for (const object of readObjects(item)) objects.push({
				app,
				namespace: findNamespace(object, namespace),
				object,
				path: [
					...path,
					key,
					itemKey
				]
			});
		}
	};
	addObjectsBelow(values, []);
	return objects;
}
function findNamespace(object, release) {
	const namespace = isMapping(object["metadata"]) ? object["metadata"]["namespace"] : void 0;
	return typeof namespace === "string" && namespace !== "" && !namespace.includes("{{") ? namespace : release;
}
function readObjects(item) {
	if (isMapping(item)) return [item];
	return typeof item === "string" ? readYamlDocuments(item).filter(isMapping) : [];
}
function readYamlDocuments(text) {
	if (text.includes("{{")) return [];
	return parseDocuments(text).flatMap((document) => document.errors.length > 0 ? [] : [document.toJS()]);
}

// src/dashboards/inputs.ts
function fillInputs(model, userValues, datasources) {
	const declared = readDeclaredInputs(model);
	const inputs = [...declared, ...findUndeclaredInputs(model, declared)];
	const values = /* @__PURE__ */ new Map();
	const problems = [];
	const { __inputs: _, ...rest } = model;
	const text = JSON.stringify(rest);
	for (const input of inputs) {
		const result = findInputValue(input, getOwnValue(userValues, input.name), datasources);
		if ("value" in result) values.set(input.name, result.value);
		else if (text.includes(`\${${input.name}}`)) problems.push(result.problem);
	}
	return {
		values,
		problems
	};
}
function listInputNames(model) {
	const declared = readDeclaredInputs(model);
	return [...declared, ...findUndeclaredInputs(model, declared)].map(({ name }) => name);
}
function canFillInput(model, name, sourceName, datasources) {
	const declared = readDeclaredInputs(model);
	const input = [...declared, ...findUndeclaredInputs(model, declared)].find((entry) => entry.name === name);
	if (input === void 0 || input.type !== "datasource") return false;
	if (input.types.some((type) => Object.hasOwn(builtInSources, type))) return false;
	const type = findDatasource(sourceName, datasources)?.type;
	return type === void 0 || input.types.some((inputType) => isSameType(inputType, type));
}
function readDeclaredInputs(model) {
	const { __inputs } = model;
	if (!Array.isArray(__inputs)) return [];
	const languages = detectSourceLanguages(model);
	return __inputs.flatMap((input) => {
		const { name, type, pluginId, value } = input ?? {};
		if (typeof name !== "string") return [];
		return [{
			name,
			type: typeof type === "string" ? type : "datasource",
			types: typeof pluginId === "string" ? [pluginId] : guessInputTypes(languages, name),
			value: value === void 0 || value === null ? void 0 : String(value)
		}];
	});
}
function findUndeclaredInputs(model, declared) {
	const knownNames = /* @__PURE__ */ new Set([...declared.map(({ name }) => name), ...listVariableNames(model)]);
	const { __inputs: _, ...rest } = model;
	const typesByName = /* @__PURE__ */ new Map();
	visitTexts(rest, (text, type) => {
		for (const [, name = ""] of text.matchAll(/\$\{(DS_[A-Z0-9_-]+)\}/g)) if (!knownNames.has(name)) typesByName.set(name, typesByName.get(name) ?? type);
	});
	const languages = detectSourceLanguages(model);
	return [...typesByName].map(([name, type]) => ({
		name,
		type: "datasource",
		types: type === void 0 ? guessInputTypes(languages, name) : [type],
		value: void 0
	}));
}
function guessInputTypes(languages, name) {
	return languages.get(`\${${name}}`)?.types ?? ["prometheus"];
}
function listVariableNames({ templating }) {
	const list = templating?.list;
	if (!Array.isArray(list)) return [];
	return list.flatMap((variable) => {
		const name = variable?.name;
		return typeof name === "string" ? [name] : [];
	});
}
function visitTexts(node, visit, type) {
	if (typeof node === "string") visit(node, type);
	if (typeof node !== "object" || node === null) return;
	const nodeType = node.type;
	const isRef = "uid" in node && typeof nodeType === "string";
	for (const child of Object.values(node)) visitTexts(child, visit, isRef ? nodeType : void 0);
}
const builtInSources = {
	__expr__: "__expr__",
	grafana: "-- Grafana --",
	datasource: "-- Grafana --",
	mixed: "-- Mixed --",
	dashboard: "-- Dashboard --"
};
function findInputValue({ name, type, types, value }, userValue, datasources) {
	if (type !== "datasource") {
		const text = userValue ?? value;
		if (text !== void 0) return { value: text };
		return { problem: `its input ${name} has no value; give it one: inputs: {${name}: ...}` };
	}
	if (userValue !== void 0) return { value: findDatasource(userValue, datasources)?.uid ?? userValue };
	const [first = ""] = types;
	const builtIn = getOwnValue(builtInSources, first);
	if (builtIn !== void 0) return { value: builtIn };
	const datasource = types.map((inputType) => findDefaultSource(inputType, datasources)).find((source) => source !== void 0);
	if (datasource) return { value: datasource.uid };
	const available = datasources.map((source) => `${source.name} (${source.type}, uid ${source.uid})`).join(", ") || "none known";
	return { problem: `its input ${name} wants a datasource${types.length > 0 ? ` of type ${types.join(" or ")}` : " for another language than PromQL"}; Grafana's are: ${available}. Name one: inputs: {${name}: UID}` };
}
function findDefaultSource(type, datasources) {
	const matching = datasources.filter((source) => isSameType(source.type, type));
	return matching.find(({ isDefault }) => isDefault) ?? matching[0];
}
function findDatasource(text, datasources) {
	return datasources.find(({ uid }) => uid === text) ?? datasources.find(({ name }) => name === text);
}

// src/dashboards/import.ts
function importDashboard(file, options) {
	if (isTooDeep(file)) return { problems: [`it is nested deeper than ${200} levels`] };
	const exported = removeEnvelope(file);
	const { inputs } = options;
	const inputValues = fillInputs(exported, inputs, options.datasources);
	const knownNames = listKnownInputs(exported);
	const problems = [...inputValues.problems, ...options.mayNameOthers ? [] : findUnknownInputs(inputs, knownNames)];
	if (problems.length > 0) return { problems };
	const changes = /* @__PURE__ */ new Set();
	const { __inputs: _, __requires: __, __elements: elements, id: ___, ...rest } = exported;
	const filledModel = insertLibraryPanels(rest, elements, (node) => fillTexts(node, inputValues.values));
	const languages = detectSourceLanguages(filledModel);
	const model = replaceSources(filledModel, (ref) => resolveReference(ref, {
		...options,
		languages
	}, changes));
	model["uid"] = (typeof model["uid"] === "string" && /^[\w-]{1,40}$/.test(model["uid"]) ? model["uid"] : void 0) ?? options.fallbackUid;
	const result = readDashboard$1(model);
	if ("problem" in result) return { problems: [result.problem] };
	const { title, panels, unfilled } = result.dashboard;
	if (title.trim() === "") return { problems: ["it has no title"] };
	if (panels.length === 0) return { problems: ["it has no panels"] };
	if (unfilled.length > 0) return { problems: [`${unfilled.join(", ")} was not filled in`] };
	return {
		model,
		uid: String(model["uid"]),
		title,
		panels: panels.length,
		inputs: knownNames,
		changes: [...changes],
		unanswered: listUnansweredQueries(model, {
			datasources: options.datasources,
			given: Object.values(inputs)
		})
	};
}
function removeEnvelope(file) {
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
function listKnownInputs(model) {
	const names = new Set(listInputNames(model));
	replaceSources(model, (ref) => {
		const name = typeof ref === "string" ? ref : ref?.uid;
		if (name !== void 0 && !isBuiltInSource(name)) names.add(name);
		return ref;
	});
	return [...names];
}
function findUnknownInputs(userInputs, knownNames) {
	const unknown = Object.keys(userInputs).filter((name) => !knownNames.includes(name));
	if (unknown.length === 0) return [];
	return [`it has no input ${unknown.join(", ")}; it has ${knownNames.join(", ") || "none"}`];
}
function fillTexts(node, values) {
	if (typeof node === "string") return node.replaceAll(/\$\{([\w-]+)\}/g, (whole, name) => values.get(name) ?? whole);
	if (Array.isArray(node)) return node.map((child) => fillTexts(child, values));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fillTexts(value, values)]));
}
function insertLibraryPanels(model, elements, fill) {
	const library = new Map((Array.isArray(elements) ? elements : Object.values(elements ?? {})).flatMap((element) => {
		const { uid, model: panelModel } = element ?? {};
		return typeof uid === "string" && typeof panelModel === "object" ? [[uid, panelModel]] : [];
	}));
	const insertPanel = (panel) => {
		const { libraryPanel, ...rest } = panel ?? {};
		const libraryModel = library.get(String(libraryPanel?.["uid"]));
		if (libraryModel) return {
			...libraryModel,
			...rest
		};
		if (Array.isArray(rest["panels"])) return {
			...panel,
			panels: rest["panels"].map(insertPanel)
		};
		return panel;
	};
	const panels = model["panels"];
	return fill(Array.isArray(panels) ? {
		...model,
		panels: panels.map(insertPanel)
	} : model);
}
function replaceSources(node, replace) {
	if (Array.isArray(node)) return node.map((child) => replaceSources(child, replace));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => {
		if (key === "datasource" && (typeof value === "string" || typeof value?.uid === "string")) return [key, replace(value)];
		return [key, replaceSources(value, replace)];
	}));
}
function isBuiltInSource(name) {
	return /\$/.test(name) || /^(-- .* --|__expr__|default|grafana|)$/.test(name);
}
function resolveReference(ref, { inputs, datasources, languages }, changes) {
	const name = typeof ref === "string" ? ref : ref?.uid ?? "";
	const type = typeof ref === "string" ? void 0 : ref?.type;
	if (isBuiltInSource(name) || type === "datasource" || type === "grafana") return ref;
	const isUserValue = Object.values(inputs).includes(name);
	const userValue = Object.hasOwn(inputs, name) ? inputs[name] : void 0;
	const datasource = findDatasource(userValue ?? name, datasources);
	if (datasource) return {
		type: datasource.type,
		uid: datasource.uid
	};
	if (isUserValue) return ref;
	if (userValue !== void 0) return type === void 0 ? userValue : {
		type,
		uid: userValue
	};
	const types = type === void 0 ? guessTypes(name, languages) : [type];
	const [candidate, otherCandidate] = datasources.filter((source) => types === void 0 || types.some((expectedType) => isSameType(source.type, expectedType)));
	if (candidate === void 0 || otherCandidate !== void 0) return ref;
	if (types === void 0 && !prometheusTypes.includes(candidate.type)) return ref;
	changes.add(`its datasource ${name} is not this Grafana's: ${candidate.name} takes its place`);
	return {
		type: candidate.type,
		uid: candidate.uid
	};
}
function guessTypes(name, languages) {
	const typeFromName = guessTypeFromName(name);
	const types = languages.get(name)?.types;
	if (typeFromName !== void 0 && (types === void 0 || types.includes(typeFromName))) return [typeFromName];
	return types;
}
function applyChartChanges(exported, { datasource, title }, datasources = []) {
	const titledModel = title === void 0 ? { ...exported } : {
		...exported,
		title
	};
	if (datasource === void 0) return {
		model: titledModel,
		inputs: {}
	};
	if (typeof datasource === "string") {
		const openInputs = listInputNames(exported).filter((name) => canFillInput(exported, name, datasource, datasources));
		return {
			model: replaceNames(titledModel, datasource),
			inputs: Object.fromEntries(openInputs.map((name) => [name, datasource]))
		};
	}
	const values = new Map(datasource.map(({ name, value }) => [name, value]));
	const knownInputs = listInputNames(exported);
	return {
		model: replaceTexts(titledModel, values),
		inputs: Object.fromEntries([...values].filter(([name]) => knownInputs.includes(name)))
	};
}
function replaceNames(node, name) {
	if (Array.isArray(node)) return node.map((child) => replaceNames(child, name));
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
	if (Array.isArray(node)) return node.map((child) => replaceTexts(child, values));
	if (typeof node !== "object" || node === null) return node;
	return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaceTexts(value, values)]));
}

// src/plan/grafana/dashboard-configmaps.ts
const maximumBytes = 1e6;
const appName = "monstack-dashboards";
function planDashboards(plan, dashboards) {
	const grafana = plan.apps.find(hasGrafana);
	if (grafana === void 0 || dashboards.length === 0) return {
		...plan,
		dashboards
	};
	const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
	const bundles = bundleDashboards(dashboards);
	const grafanaValues = getValueAt(grafana.values, grafanaPath);
	const mountedValues = mountBundles(isMapping(grafanaValues) ? grafanaValues : {}, bundles);
	const dashboardApps = splitIntoReleases(bundles.map(createConfigMap)).map((objects, index) => {
		const numberedName = index === 0 ? appName : `${appName}-${index + 1}`;
		return {
			name: numberedName,
			release: numberedName,
			namespace: grafana.namespace,
			chart: {
				kind: "objects",
				name: appName,
				objects
			},
			values: {},
			dependsOn: [],
			timeoutMs: grafana.timeoutMs
		};
	});
	const dependencies = dashboardApps.map((app) => ({
		app: app.name,
		until: "applied"
	}));
	const values = grafanaPath.length === 0 ? mountedValues : withValue(grafana.values, grafanaPath, mountedValues);
	const apps = plan.apps.map((planned) => planned === grafana ? {
		...planned,
		values,
		dependsOn: [...planned.dependsOn, ...dependencies]
	} : planned);
	return {
		...plan,
		dashboards,
		apps: sortByDependencies([...dashboardApps, ...apps])
	};
}
function bundleDashboards(dashboards) {
	const bundles = [];
	for (const { uid, title, folder, model } of dashboards) {
		const text = JSON.stringify(model);
		const bytes = Buffer.byteLength(text);
		if (bytes > maximumBytes) throw new UserError(`dashboard ${title} has ${bytes} bytes, and a ConfigMap holds no more than ${maximumBytes} of them`, { fix: "take it apart, or let the chart download it: dashboards.NAME.url in the values of Grafana's chart" });
		const openBundle = bundles.find((bundle) => bundle.folder === folder && bundle.bytes + bytes <= maximumBytes);
		const file = `${uid}.json`;
		if (openBundle === void 0) bundles.push({
			folder,
			bytes,
			files: { [file]: text }
		});
		else {
			openBundle.bytes += bytes;
			openBundle.files[file] = text;
		}
	}
	return bundles.map(({ folder, files }, index) => ({
		name: `${appName}-${index + 1}`,
		folder,
		files
	}));
}
function splitIntoReleases(objects) {
	const releases = [];
	for (const object of objects) {
		const size = Buffer.byteLength(JSON.stringify(object));
		const releaseWithRoom = releases.find(({ room }) => size <= room);
		if (releaseWithRoom === void 0) releases.push({
			room: 1024 ** 2 - size,
			objects: [object]
		});
		else {
			releaseWithRoom.room -= size;
			releaseWithRoom.objects.push(object);
		}
	}
	return releases.map(({ objects }) => objects);
}
function createConfigMap({ name, files }) {
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
function mountBundles(grafana, bundles) {
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

// src/plan/grafana/datasources.ts
function findPlannedDatasources(grafana) {
	return findProvisionedDatasources(grafana, []).map(({ uid, name, type, isDefault }) => ({
		uid,
		name,
		type,
		isDefault
	}));
}
function findProvisionedDatasources(grafana, objects) {
	const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
	const provisioned = getValueAt(grafana.values, [...grafanaPath, "datasources"]);
	const files = isMapping(provisioned) ? Object.entries(provisioned) : [];
	const app = grafana.name;
	const fromFiles = files.flatMap(([file, content]) => asList(isMapping(content) ? content["datasources"] : void 0).flatMap((entry, index) => readDatasource(entry, {
		app,
		path: [
			...grafanaPath,
			"datasources",
			file,
			"datasources",
			index
		]
	})));
	const sidecar = readSidecar(grafana, "datasources");
	const fromSidecar = objects.filter((object) => isCollected(sidecar, object)).flatMap(readDatasourcesOfObject);
	if (!isStackChart(grafana) || !sidecar.isOn) return [...fromFiles, ...fromSidecar];
	const fromList = asList(getValueAt(grafana.values, [...grafanaPath, "additionalDataSources"])).flatMap((entry, index) => readDatasource(entry, {
		app,
		path: [
			...grafanaPath,
			"additionalDataSources",
			index
		]
	}));
	const additionalText = getValueAt(grafana.values, [...grafanaPath, "additionalDataSourcesString"]);
	const fromText = (typeof additionalText === "string" ? readYamlDocuments(additionalText) : []).flatMap((list) => asList(list).flatMap((entry) => readDatasource(entry, {
		app,
		path: [...grafanaPath, "additionalDataSourcesString"]
	})));
	return [
		...listStackChartDatasources(grafana, grafanaPath),
		...fromFiles,
		...fromList,
		...fromText,
		...fromSidecar
	];
}
function listStackChartDatasources({ name: app, chart, values }, grafanaPath) {
	const readSetting = (key, fallback) => getValueAt(values, [
		...grafanaPath,
		"sidecar",
		"datasources",
		...key.split(".")
	]) ?? fallback;
	const commonFields = {
		orgId: 1,
		originName: "the chart's own",
		app,
		path: []
	};
	const datasources = [];
	if (readSetting("defaultDatasourceEnabled", true) !== false) datasources.push({
		uid: String(readSetting("uid", "prometheus")),
		name: String(readSetting("name", "Prometheus")),
		type: "prometheus",
		isDefault: readSetting("isDefaultDatasource", true) === true,
		...commonFields
	});
	const version = "version" in chart ? Number.parseInt(chart.version ?? "", 10) : NaN;
	if (readSetting("alertmanager.enabled", true) !== false && !(version < 45)) datasources.push({
		uid: String(readSetting("alertmanager.uid", "alertmanager")),
		name: String(readSetting("alertmanager.name", "Alertmanager")),
		type: "alertmanager",
		isDefault: false,
		...commonFields
	});
	return datasources;
}
function asList(value) {
	return Array.isArray(value) ? value : [];
}
function readDatasourcesOfObject({ app, object, path, where }) {
	const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
	return [object["data"], object["stringData"]].flatMap((contents) => isMapping(contents) ? Object.values(contents) : []).flatMap((file) => (typeof file === "string" ? readYamlDocuments(file) : []).flatMap((content) => asList(isMapping(content) ? content["datasources"] : void 0).flatMap((entry) => readDatasource(entry, {
		app,
		path,
		where,
		originName: `${object["kind"]} ${name}`
	}))));
}
function readDatasource(entry, origin) {
	if (!isMapping(entry)) return [];
	const { name, uid, type, isDefault, orgId } = entry;
	if (typeof name !== "string" || typeof type !== "string") return [];
	return [{
		name,
		type,
		uid: typeof uid === "string" && uid ? uid : createUid$1(name),
		isDefault: isDefault === true || isDefault === "true",
		orgId: Number(orgId) || 1,
		originName: "the values",
		...origin
	}];
}
function createUid$1(name) {
	return `P${createHash("sha256").update(name).digest("hex").slice(0, 16)}`.toUpperCase();
}

// src/app/dashboards.ts
const maximumParallel = 4;
async function checkLocalDashboards(session, plan) {
	const isLocal = ({ source }) => source.kind === "file";
	await addRequestedDashboards(session, plan, session.loaded.config.dashboards.filter(isLocal));
}
async function addDashboards(session, plan) {
	return await takeOverDashboards(session, await addRequestedDashboards(session, plan, session.loaded.config.dashboards));
}
async function addRequestedDashboards(session, plan, wishes) {
	const { context, draft } = session;
	const grafana = plan.apps.find(hasGrafana);
	if (wishes.length === 0 || grafana === void 0) return plan;
	const datasources = findPlannedDatasources(grafana);
	const results = await mapLimited(wishes, maximumParallel, async (wish) => importOne(wish, await readDashboard(session, wish), datasources));
	const ready = results.filter((result) => "planned" in result);
	const mistakes = results.filter((result) => "problem" in result);
	mistakes.push(...findStrayInputs(ready), ...findClashes$1(ready));
	if (mistakes.length > 0) throw new UserError(mistakes.map((result) => formatMistake(session, result)).join("\n"));
	const changes = ready.flatMap(({ imported, planned }) => [...imported.changes, ...imported.unanswered].map((text) => `dashboard ${planned.title} (${planned.origin}): ${text}`));
	for (const change of changes) context.log.warn(change, { title: "monstack: dashboards" });
	draft.warnings = [...draft.warnings, ...changes];
	return planDashboards(plan, ready.map(({ planned }) => planned));
}
async function readDashboard({ context, loaded, supply }, { source }) {
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
	const nonDashboard = describeNonObject(text);
	if (nonDashboard !== void 0) return {
		index,
		problem: `${origin} is not a dashboard: ${nonDashboard}`
	};
	const exported = removeEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
	const fallbackUid = createUid(source.kind === "id" ? source.id : void 0, origin);
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
function createUid(id, origin) {
	return id === void 0 ? `file-${createHash("sha256").update(origin).digest("hex").slice(0, 16)}` : `gnet-${id}`;
}
function findStrayInputs(ready) {
	return [...Map.groupBy(ready.filter(({ wish }) => wish.isOneOfMany), ({ wish }) => wish.index)].flatMap(([index, dashboards]) => {
		const known = new Set(dashboards.flatMap(({ imported }) => imported.inputs));
		const names = Object.keys(dashboards[0]?.wish.inputs ?? {}).filter((name) => !known.has(name));
		if (names.length === 0) return [];
		const knownNames = [...known].join(", ") || "none";
		return [{
			index,
			problem: `none of its dashboards has an input ${names.join(", ")}; they have ${knownNames}`
		}];
	});
}
function findClashes$1(ready) {
	const seen = /* @__PURE__ */ new Map();
	return ready.flatMap(({ wish: { index }, planned }) => {
		const { uid, title, folder, origin } = planned;
		for (const [key, sharedPart] of [[`uid ${uid}`, ` (uid ${uid})`], [`title ${folder ?? ""}/${title.toLowerCase()}`, " in the same folder"]]) {
			const earlier = seen.get(key);
			if (earlier === void 0) seen.set(key, planned);
			else return [{
				index,
				problem: `${origin} and ${earlier.origin} are both dashboard ${title}${sharedPart}; leave one of them out, or give it another uid and title`
			}];
		}
		return [];
	});
}
function formatMistake({ loaded }, { index, problem }) {
	if (loaded.origins.dashboards !== "file") return problem;
	const place = placeInFile(loaded, ["dashboards", index]) ?? placeInFile(loaded, ["dashboards"]);
	return place ? `${place.file}:${place.line}:${place.column}: ${problem}` : problem;
}
const maximumProviderBytes = 1e6;
const maximumReleaseBytes = 25e5;
async function takeOverDashboards(session, plan) {
	const { context, loaded, supply } = session;
	const wanted = findDashboardsToTakeOver(loaded.config, plan.apps);
	const grafana = plan.apps.find(hasGrafana);
	if (wanted.length === 0 || grafana === void 0) return plan;
	const datasources = findPlannedDatasources(grafana);
	const files = await mapLimited(wanted, maximumParallel, async (one) => {
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
		const result = planChartDashboard(one, files[index], datasources);
		if ("problem" in result) {
			leaveToChart(session, one, result.problem);
			continue;
		}
		const { planned, unanswered } = result;
		const provider = one.path.slice(0, -1).join("/");
		const size = Buffer.byteLength(JSON.stringify(planned.model));
		const providerBytes = (bytes.get(provider) ?? 0) + size;
		const totalBytes = [...bytes.values()].reduce((sum, other) => sum + other, size);
		if (providerBytes > maximumProviderBytes || totalBytes > maximumReleaseBytes) leaveToChart(session, one, "a ConfigMap holds no more than the dashboards before it");
		else {
			bytes.set(provider, providerBytes);
			apps = replaceEntryWithModel(apps, one, planned.model);
			dashboards.push(planned);
			for (const text of unanswered) warnAboutDashboard(session, one, `dashboard ${planned.title} (${planned.origin}): ${text}`);
		}
	}
	return {
		...plan,
		apps,
		dashboards: [...plan.dashboards, ...dashboards]
	};
}
function planChartDashboard({ id, datasource, title, folder }, { text, origin, sha256, revision }, datasources) {
	const exported = removeEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
	const { model, inputs } = applyChartChanges(exported, {
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
	const { uid, panels, title: importedTitle, model: importedModel, unanswered } = imported;
	return {
		planned: {
			uid,
			title: importedTitle,
			folder,
			origin,
			sha256,
			revision,
			panels,
			model: importedModel
		},
		unanswered
	};
}
function leaveToChart(session, dashboard, reason) {
	warnAboutDashboard(session, dashboard, `dashboard ${dashboard.name} (${dashboard.id} of grafana.com) is left to the chart's own download: ${reason}`);
}
function warnAboutDashboard({ context, loaded, draft }, { app, path }, text) {
	const place = placeInValues(loaded, app, [...path, "gnetId"]);
	context.log.warn(text, {
		title: "monstack: dashboards",
		...place
	});
	draft.warnings = [...draft.warnings, text];
}

// src/plan/grafana/provisioning.ts
function judgeProvisioning(apps, extraObjects = [], config = { takeOverDashboards: false }) {
	const grafana = apps.find(hasGrafana);
	if (grafana === void 0) return {
		mistakes: [],
		warnings: []
	};
	const objects = [...apps.flatMap(findExtraObjects), ...extraObjects];
	const datasources = findProvisionedDatasources(grafana, objects);
	const warnings = ["dashboards", "datasources"].flatMap((kind) => findUncollectedObjects(grafana, kind, objects));
	const unanswerableDashboards = findUnanswerablePanels(grafana, readSidecar(grafana, "dashboards"), objects, datasources);
	return {
		mistakes: [
			...findClashes(datasources),
			...findUnreadDashboards(grafana),
			...findDownloadsWithoutProvider(grafana, findDashboardsToTakeOver(config, apps))
		],
		warnings: [...warnings, ...unanswerableDashboards]
	};
}
function findClashes(datasources) {
	return datasources.flatMap((datasource, index) => {
		const earlierDatasources = datasources.slice(0, index).filter(({ orgId }) => orgId === datasource.orgId);
		const findEarlier = (isClash) => earlierDatasources.find(isClash);
		const otherDefault = datasource.isDefault ? findEarlier(({ isDefault }) => isDefault) : void 0;
		const sameName = findEarlier(({ name }) => name === datasource.name);
		const sameUid = findEarlier(({ uid }) => uid === datasource.uid);
		const createMistake = (keys, problem) => {
			const placeOfMistake = datasource.path.length > 0 || datasource.where !== void 0 ? datasource : earlierDatasources[0] ?? datasource;
			return [{
				app: placeOfMistake.app,
				path: placeOfMistake.path.length > 0 ? [...placeOfMistake.path, ...keys] : [],
				where: placeOfMistake.where,
				problem
			}];
		};
		if (otherDefault) return createMistake(["isDefault"], `${describeDatasource(datasource)} is the default data source, and so is ${describeDatasource(otherDefault)}: Grafana does not start with two; expected isDefault: true once${suggestSwitchingOff(otherDefault)}`).map((clash) => ({
			...clash,
			isSecondDefault: true
		}));
		if (sameName) return createMistake(["name"], `there are two data sources named ${datasource.name}: Grafana keeps the later one only`);
		if (sameUid) return createMistake(["uid"], `the data sources ${datasource.name} and ${sameUid.name} both have the uid ${datasource.uid}: Grafana refuses the second one`);
		return [];
	});
}
function suggestSwitchingOff({ originName }) {
	return originName === "the chart's own" ? " (the chart's own: grafana.sidecar.datasources.isDefaultDatasource: false)" : "";
}
function describeDatasource({ name, originName }) {
	return originName === "the values" ? name : `${name} (${originName})`;
}
const dashboardsFolder = "/var/lib/grafana/dashboards";
function findUnreadDashboards(grafana) {
	const { at: grafanaPath, values } = findGrafanaValues(grafana);
	if (hasProvisioningMount(values, "dashboards")) return [];
	const providers = listDashboardProviders(values).filter(({ path }) => path !== "");
	const folder = getValueAt(values, [
		"sidecar",
		"dashboards",
		"folder"
	]) ?? "/tmp/dashboards";
	const sidecarFolders = readSidecar(grafana, "dashboards").isOn ? [removeEndSlashes(String(folder))] : [];
	const folders = [...providers.map(({ path }) => path), ...sidecarFolders];
	return ["dashboards", "dashboardsConfigMaps"].flatMap((key) => Object.entries(getMappingAt$1(values, [key])).flatMap(([provider, value]) => {
		const entries = isMapping(value) ? value : {};
		const entryNames = key === "dashboards" ? Object.keys(entries) : [String(value)];
		const isRead = folders.some((path) => `${dashboardsFolder}/${provider}/`.startsWith(path === "/" ? path : `${path}/`));
		const isReadDownload = Object.values(entries).some(isDownloaded) && providers.some(({ name }) => name === provider);
		if (entryNames.length === 0 || isRead || isReadDownload) return [];
		const problem = describeUnread(key, provider, entryNames, providers);
		return [{
			app: grafana.name,
			path: [
				...grafanaPath,
				key,
				provider
			],
			problem
		}];
	}));
}
const providersFile = "dashboardproviders.yaml";
function findDownloadsWithoutProvider(grafana, takenDashboards) {
	const { at: grafanaPath, values } = findGrafanaValues(grafana);
	if (listDashboardProviders(values).length === 0) return [];
	if (isMapping(getValueAt(values, ["dashboardProviders", providersFile]))) return [];
	return listDashboardEntries(values).flatMap(({ provider, name, entry }) => {
		const path = [
			...grafanaPath,
			"dashboards",
			provider,
			name
		];
		const isTaken = takenDashboards.some((dashboard) => dashboard.path.join("/") === path.join("/"));
		if (!isDownloaded(entry) || isTaken) return [];
		const problem = `the chart looks for the provider of a download in dashboardProviders.${providersFile} alone, and can't be rendered without; expected the providers in a file of this name`;
		return [{
			app: grafana.name,
			path,
			problem
		}];
	});
}
function listDashboardEntries(values) {
	return Object.entries(getMappingAt$1(values, ["dashboards"])).flatMap(([provider, entries]) => Object.entries(isMapping(entries) ? entries : {}).map(([name, entry]) => ({
		provider,
		name,
		entry
	})));
}
function describeUnread(key, provider, names, readers) {
	const readersText = readers.map(({ name, path }) => `${name} reads ${path}`).join(", ") || "there is none";
	const expectedProvider = `dashboardProviders: {dashboardproviders.yaml: {apiVersion: 1, providers: [{name: ${provider}, type: file, options: {path: ${dashboardsFolder}/${provider}}}]}}`;
	return `no provider in dashboardProviders reads ${dashboardsFolder}/${provider} (${readersText}), so Grafana never shows ${names.join(", ")} of ${key}; expected ${expectedProvider}`;
}
function isDownloaded(entry) {
	return isMapping(entry) && (Object.hasOwn(entry, "gnetId") || Object.hasOwn(entry, "url"));
}
function findUncollectedObjects(grafana, kind, objects) {
	const sidecar = readSidecar(grafana, kind);
	return objects.flatMap((extraObject) => {
		const why = explainNotCollected(sidecar, extraObject);
		if (why === void 0) return [];
		const { app, path, where, object } = extraObject;
		const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
		return [{
			app,
			path,
			where,
			problem: `Grafana never gets the ${kind === "dashboards" ? "dashboards" : "data sources"} of ${object["kind"]} ${extraObject.namespace}/${name}: ${why}`
		}];
	});
}
function findUnanswerablePanels(grafana, sidecar, objects, datasources) {
	const collected = objects.filter((extraObject) => isCollected(sidecar, extraObject)).flatMap(listDashboardsOfObject);
	return [...listDashboardsInValues(grafana), ...collected].flatMap(({ name, text, ...place }) => findProblems(text, datasources).map((problem) => ({
		...place,
		problem: `dashboard ${name}: ${problem}`
	})));
}
function findProblems(text, datasources) {
	if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
	try {
		const model = JSON.parse(text);
		if (!isMapping(model)) return ["it is JSON, but not an object: Grafana never shows it"];
		return listUnansweredQueries(removeEnvelope(model), {
			datasources,
			given: []
		});
	} catch (error) {
		return [`it is not JSON (${describeError$1(error)}): Grafana never shows it`];
	}
}
function listDashboardsInValues(grafana) {
	const { at: grafanaPath, values } = findGrafanaValues(grafana);
	return listDashboardEntries(values).flatMap(({ provider, name, entry }) => {
		const text = isMapping(entry) ? entry["json"] : void 0;
		const path = [
			...grafanaPath,
			"dashboards",
			provider,
			name,
			"json"
		];
		return typeof text === "string" ? [{
			app: grafana.name,
			path,
			name,
			text
		}] : [];
	});
}
function listDashboardsOfObject({ app, object, path, where }) {
	return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) => name.endsWith(".json") && typeof text === "string" ? [{
		app,
		path,
		where,
		name,
		text
	}] : []);
}

// src/plan/values/item-shapes.ts
function findWrongItems(app, values, chart) {
	return findItemUses(chart).flatMap((use) => {
		const list = getValueAt(values, use.path);
		if (!Array.isArray(list) || use.isOpen) return [];
		const key = formatKeyPath(use.path);
		return list.flatMap((item, index) => {
			const createMistake = (problem) => [{
				app,
				path: [...use.path, index],
				problem
			}];
			if (use.fields.size > 0 && [
				"string",
				"number",
				"boolean"
			].includes(typeof item)) {
				const [firstField = "name"] = use.fields;
				return createMistake(`${JSON.stringify(item)} is not a mapping: the chart reads ${[...use.fields].join(", ")} of each item of ${key}; expected e.g. {${firstField}: ${JSON.stringify(item)}}`);
			}
			if (use.fields.size === 0 && use.isPrinted && (isMapping(item) || Array.isArray(item))) return createMistake(`this is ${Array.isArray(item) ? "a list" : "a mapping"}: the chart prints each item of ${key} as a text`);
			return [];
		});
	});
}
function findItemUses(chart) {
	const uses = /* @__PURE__ */ new Map();
	for (const template of parseChartTemplates(chart)) addUsesOfNodes(template, root, /* @__PURE__ */ new Map(), uses);
	const subchartUses = chart.charts.flatMap((subchart) => {
		const usesInSubchart = findItemUses(subchart);
		return findSubchartKeys(subchart, chart.dependencies).flatMap((key) => usesInSubchart.map((use) => ({
			...use,
			path: [key, ...use.path]
		})));
	});
	return [...uses.values(), ...subchartUses];
}
const root = [{
	path: [],
	isItem: false
}];
function addUsesOfNodes(nodes, dot, variables, uses) {
	for (const node of nodes) {
		if (node.kind === "define") addUsesOfNodes(node.body, root, /* @__PURE__ */ new Map(), uses);
		if (node.kind === "action") addUses(node.statement.pipeline, dot, variables, uses, true);
		if (node.kind !== "block") continue;
		for (const { kind, head, body } of node.branches) {
			if (head !== void 0) addUses(head.pipeline, dot, variables, uses, false);
			const refs = head === void 0 ? dot : findHeadRefs(kind, head.pipeline, dot, variables);
			const itemVariable = head?.variables.at(-1);
			const branchVariables = itemVariable === void 0 ? variables : new Map([...variables, [itemVariable, refs]]);
			addUsesOfNodes(body, kind === "if" ? dot : refs, branchVariables, uses);
		}
	}
}
function findHeadRefs(kind, [command, piped], dot, variables) {
	const [firstTerm, ...args] = command ?? [];
	if (firstTerm === void 0 || piped !== void 0) return [];
	if (kind === "range" && firstTerm.kind === "word" && firstTerm.text === "dict") return args.flatMap((term, index) => index % 2 === 1 ? findTermRefs(term, dot, variables) : []);
	const refs = args.length > 0 ? [] : findTermRefs(firstTerm, dot, variables);
	return kind === "range" ? refs.flatMap(({ path, isItem }) => isItem ? [] : [{
		path,
		isItem: true
	}]) : refs;
}
function findTermRefs(term, dot, variables) {
	if (term.kind !== "field") return [];
	const { variable, fields } = term;
	const base = findVariableRefs(variable, dot, variables);
	if (fields.length === 0) return base;
	return base.flatMap(({ path, isItem }) => {
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
function findVariableRefs(variable, dot, variables) {
	if (variable === void 0) return dot;
	return variable === "$" ? root : variables.get(variable) ?? [];
}
function addUses(pipeline, dot, variables, uses, isAction) {
	const terms = listTerms(pipeline);
	for (const term of terms) {
		if (term.kind !== "field") continue;
		const refs = term.variable === void 0 ? dot : variables.get(term.variable) ?? [];
		for (const { path } of refs.filter(({ isItem }) => isItem)) {
			const key = JSON.stringify(path);
			const use = uses.get(key) ?? {
				path,
				fields: /* @__PURE__ */ new Set(),
				isPrinted: false,
				isOpen: false
			};
			uses.set(key, use);
			const [field] = term.fields;
			if (field !== void 0) use.fields.add(field);
			else if (isAction && isItemPrinted(terms)) use.isPrinted = true;
			else use.isOpen = true;
		}
	}
}
function listTerms(pipeline) {
	return pipeline.flat().flatMap((term) => term.kind === "brackets" ? listTerms(term.pipeline) : [term]);
}
function isItemPrinted(terms) {
	return terms.flatMap((term) => term.kind === "word" ? term.text : []).every((word) => word === "quote" || word === "tpl" || word === "squote");
}

// src/plan/templates/outline.ts
const unknownText = "\0";
const maximumSteps = 3e5;
const maximumDepth = 30;
function createOutliner(charts) {
	const definitions = new Map(charts.flatMap(parseChartTemplates).flatMap((template) => [...collectDefinitions(template)]));
	let stepCount = 0;
	function printNodes(nodes, scope) {
		return nodes.map((node) => printNode(node, scope)).join("");
	}
	function printNode(node, scope) {
		if (++stepCount > maximumSteps || node.kind === "define") return "";
		if (node.kind === "text") return node.text;
		if (node.kind === "block") return printBranches(node.branches, scope);
		const value = runStatement(node.statement, scope);
		return node.statement.variables.length > 0 ? "" : formatValue(value);
	}
	function printBranches(branches, scope) {
		for (const { kind, head, body } of branches) {
			if (head === void 0) return printNodes(body, scope);
			const value = runStatement(head, scope);
			if (value === unknown) {
				for (const name of branches.flatMap((branch) => listAssignedVariables(branch.body))) scope.variables.set(name, unknown);
				return "";
			}
			if (!isTrue(value)) continue;
			if (kind === "if") return printNodes(body, scope);
			if (kind === "with") return printNodes(body, {
				...scope,
				dot: value
			});
			return listItems(value).map(([key, item]) => {
				const values = head.variables.length === 2 ? [key, item] : [item];
				const itemVariables = head.variables.map((name, index) => [name, values[index]]);
				return printNodes(body, {
					...scope,
					dot: item,
					variables: new Map([...scope.variables, ...itemVariables])
				});
			}).join("");
		}
		return "";
	}
	function runStatement({ variables, pipeline }, scope) {
		const value = runPipeline(pipeline, scope);
		const [first] = variables;
		if (first !== void 0) scope.variables.set(first, value);
		return value;
	}
	function runPipeline(pipeline, scope) {
		let piped = [];
		for (const command of pipeline) piped = [runCommand(command, scope, piped)];
		return piped[0];
	}
	function runCommand([head, ...rest], scope, piped) {
		if (head === void 0) return void 0;
		if (head.kind !== "word" || isLiteral(head.text)) return evaluate(head, scope);
		const args = [...rest.map((term) => evaluate(term, scope)), ...piped];
		const name = head.text;
		if (name === "include" || name === "template") return renderNamedTemplate(String(args[0]), args[1], scope);
		if (name === "and") {
			const index = args.findIndex((arg) => arg !== unknown && !isTrue(arg));
			return index >= 0 ? args[index] : args.includes(unknown) ? unknown : args.at(-1);
		}
		if (name === "or") {
			const index = args.findIndex((arg) => arg === unknown || isTrue(arg));
			return index >= 0 ? args[index] : args.at(-1);
		}
		if (name === "default") return args[1] === unknown ? unknown : isTrue(args[1]) ? args[1] : args[0];
		if (name === "coalesce") return args.find((arg) => arg === unknown || isTrue(arg));
		if (name === "index") return args.slice(1).reduce((node, key) => getField(node, String(key)), args[0]);
		const run = Object.hasOwn(functions, name) ? functions[name] : void 0;
		return run === void 0 || args.includes(unknown) ? unknown : run(...args);
	}
	function renderNamedTemplate(name, dot, scope) {
		const body = definitions.get(name);
		if (body === void 0 || scope.depth >= maximumDepth) return unknown;
		return printNodes(body, {
			root: dot,
			dot,
			variables: /* @__PURE__ */ new Map(),
			depth: scope.depth + 1
		});
	}
	function evaluate(term, scope) {
		if (term.kind === "string") return term.text;
		if (term.kind === "word") {
			if (!isLiteral(term.text)) return runCommand([term], scope, []);
			return term.text === "nil" ? null : JSON.parse(term.text);
		}
		const base = term.kind === "brackets" ? runPipeline(term.pipeline, scope) : getVariable(term.variable, scope);
		return term.fields.reduce(getField, base);
	}
	return { outline: (template, root) => printNodes(template, {
		root,
		dot: root,
		variables: /* @__PURE__ */ new Map(),
		depth: 0
	}) };
}
function listAssignedVariables(nodes) {
	return nodes.flatMap((node) => {
		if (node.kind === "block") return node.branches.flatMap(({ body }) => listAssignedVariables(body));
		return node.kind === "action" ? node.statement.variables : [];
	});
}
function getVariable(name, { root, dot, variables }) {
	if (name === void 0) return dot;
	return name === "$" ? root : variables.has(name) ? variables.get(name) : unknown;
}
function getField(node, key) {
	if (node === unknown) return unknown;
	return isMapping(node) && Object.hasOwn(node, key) ? node[key] : void 0;
}
function listItems(value) {
	if (Array.isArray(value)) return [...value.entries()];
	return isMapping(value) ? Object.entries(value) : [];
}
function isLiteral(word) {
	return /^(?:true|false|nil|-?\d+(?:\.\d+)?)$/.test(word);
}
function formatValue(value) {
	if (value === unknown) return "\0";
	if (value === void 0 || value === null) return "";
	return typeof value === "object" ? "\0" : String(value);
}
const unknown = Symbol("unknown");
function isTrue(value) {
	if (Array.isArray(value)) return value.length > 0;
	if (isMapping(value)) return Object.keys(value).length > 0;
	return Boolean(value);
}
const text$2 = (value) => value === void 0 || value === null ? "" : String(value);
const functions = {
	not: (value) => !isTrue(value),
	eq: (left, ...others) => others.some((right) => text$2(right) === text$2(left)),
	ne: (left, right) => text$2(left) !== text$2(right),
	empty: (value) => !isTrue(value),
	has: (item, items) => Array.isArray(items) && items.some((member) => text$2(member) === text$2(item)),
	gt: (left, right) => Number(left) > Number(right),
	ge: (left, right) => Number(left) >= Number(right),
	lt: (left, right) => Number(left) < Number(right),
	le: (left, right) => Number(left) <= Number(right),
	int: (value) => Math.trunc(Number(value) || 0),
	add: (...values) => values.reduce((sum, value) => sum + Number(value), 0),
	sub: (left, right) => Number(left) - Number(right),
	len: (value) => isMapping(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : text$2(value).length,
	contains: (part, whole) => text$2(whole).includes(text$2(part)),
	hasPrefix: (part, whole) => text$2(whole).startsWith(text$2(part)),
	hasSuffix: (part, whole) => text$2(whole).endsWith(text$2(part)),
	hasKey: (mapping, key) => isMapping(mapping) && Object.hasOwn(mapping, text$2(key)),
	trunc: (length, whole) => Number(length) < 0 ? text$2(whole).slice(Number(length)) : text$2(whole).slice(0, Number(length)),
	trimSuffix: (end, whole) => text$2(whole).endsWith(text$2(end)) ? text$2(whole).slice(0, text$2(whole).length - text$2(end).length) : text$2(whole),
	trimPrefix: (start, whole) => text$2(whole).startsWith(text$2(start)) ? text$2(whole).slice(text$2(start).length) : text$2(whole),
	trim: (whole) => text$2(whole).trim(),
	upper: (whole) => text$2(whole).toUpperCase(),
	lower: (whole) => text$2(whole).toLowerCase(),
	replace: (from, to, whole) => text$2(whole).replaceAll(text$2(from), text$2(to)),
	quote: (value) => JSON.stringify(text$2(value)),
	squote: (value) => `'${text$2(value)}'`,
	toString: (value) => text$2(value),
	print: (...values) => values.map(text$2).join(""),
	printf: (format, ...values) => {
		let next = 0;
		return text$2(format).replace(/%[sdv]/g, () => text$2(values[next++]));
	},
	tpl: (value) => text$2(value).includes("{{") ? unknown : text$2(value),
	indent: (width, value) => text$2(value).replace(/^/gm, " ".repeat(Number(width))),
	nindent: (width, value) => `\n${text$2(value).replace(/^/gm, " ".repeat(Number(width)))}`,
	required: (_, value) => value,
	ternary: (ifTrue, ifFalse, condition) => isTrue(condition) ? ifTrue : ifFalse,
	kindIs: (kind, value) => kind === getGoKind(value),
	list: (...values) => values,
	dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, index) => index % 2 === 0 ? [[text$2(key), pairs[index + 1]]] : []))
};
function getGoKind(value) {
	if (value === void 0 || value === null) return "invalid";
	if (Array.isArray(value)) return "slice";
	if (isMapping(value)) return "map";
	return {
		string: "string",
		boolean: "bool",
		number: "float64"
	}[typeof value] ?? "";
}

// src/plan/values/name-lengths.ts
const revisionHashReason = "its pods carry it with up to 11 more characters in the label controller-revision-hash, and a label's value has at most 63";
const nameLimits = {
	Service: [63],
	Namespace: [63],
	Job: [63],
	CronJob: [52, "its jobs have up to 11 more characters, and at most 63"],
	StatefulSet: [52, revisionHashReason],
	Prometheus: [41, `the operator makes a StatefulSet prometheus-NAME of it, and ${revisionHashReason}`],
	Alertmanager: [39, `the operator makes a StatefulSet alertmanager-NAME of it, and ${revisionHashReason}`]
};
function checkNameLength(kind, name) {
	const [limit, why] = nameLimits[kind] ?? [Number.POSITIVE_INFINITY];
	return name.length > limit ? {
		kind,
		name,
		most: limit,
		why
	} : void 0;
}
const safeReleaseLength = 20;
function findLongChartNames(app, chart) {
	if (Math.max(app.release.length, ...findOverrideLengths(app.values)) <= safeReleaseLength) return [];
	const charts = listEnabledCharts(chart, mergeValues(isMapping(chart.values) ? chart.values : {}, app.values));
	const outliner = createOutliner(charts.map(({ source }) => source));
	const longNames = charts.flatMap(({ source, name, values }) => {
		const root = createRootContext(app, name, values);
		return source.isLibrary ? [] : parseChartTemplates(source).flatMap((template) => findLongNames$1(outliner.outline(template, root)));
	});
	return [...new Map(longNames.map((longName) => [`${longName.kind} ${longName.name}`, longName])).values()];
}
function findOverrideLengths(values) {
	if (!isMapping(values)) return [];
	return Object.entries(values).flatMap(([key, value]) => /^(?:fullname|name)Override$/.test(key) ? [String(value).length] : findOverrideLengths(value));
}
function listEnabledCharts(source, values, name = source.name) {
	const subcharts = source.charts.flatMap((subchart) => findSubchartKeys(subchart, source.dependencies).flatMap((key) => {
		const isOff = source.dependencies.find((dependency) => (dependency.alias ?? dependency.name) === key)?.conditions.some((path) => getValueAt(values, path.split(".")) === false) ?? false;
		const subchartValues = isMapping(values[key]) ? values[key] : {};
		const global = isMapping(values["global"]) ? { global: values["global"] } : {};
		const defaults = isMapping(subchart.values) ? subchart.values : {};
		return isOff ? [] : listEnabledCharts(subchart, mergeValues(mergeValues(defaults, global), subchartValues), key);
	}));
	return [{
		source,
		name,
		values
	}, ...subcharts];
}
function createRootContext({ release, namespace }, chart, values) {
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
function findLongestRelease(app, chart) {
	let [fittingLength, tooLongLength] = [safeReleaseLength, app.release.length];
	while (tooLongLength - fittingLength > 1) {
		const middle = Math.floor((fittingLength + tooLongLength) / 2);
		if (findLongChartNames({
			...app,
			release: app.release.slice(0, middle)
		}, chart).length === 0) fittingLength = middle;
		else tooLongLength = middle;
	}
	return fittingLength;
}
function findLongLabels(outline, owner) {
	return [...outline.matchAll(/^( *)(?:labels|matchLabels|selector):[ \t]*\n((?:\1 +\S.*\n?)*)/gm)].flatMap(([, , lines = ""]) => [...lines.matchAll(/^ +([\w./-]+):[ \t]*["']?([A-Za-z0-9][\w.-]*)["']?[ \t]*$/gm)].flatMap(([, key, name = ""]) => name.length > 63 ? [{
		kind: `label ${key} of ${owner}`,
		name,
		most: 63,
		why: void 0
	}] : []));
}
function findLongNames$1(outline) {
	return outline.split(/^---.*$/m).flatMap((text) => {
		const kind = /^kind:[ \t]*["']?(\w+)/m.exec(text)?.[1];
		const metadata = /^metadata:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? "";
		const name = /^ +name:[ \t]*["']?([^\s"'#]+)/m.exec(metadata)?.[1];
		if (kind === void 0 || name === void 0 || name.includes("\0")) return [];
		return [...[checkNameLength(kind, name) ?? []].flat(), ...findLongLabels(text, `${kind} ${name}`)];
	});
}

// src/app/validate/value-mistakes.ts
function judgeValues({ context, loaded, draft }, plan, extraObjects) {
	const { mistakes, warnings } = judgeProvisioning(plan.apps, extraObjects, plan.config);
	for (const mistake of warnings) {
		const { where, problem } = locateMistake(loaded, mistake);
		const text = `${where}: ${problem}`;
		context.log.warn(text, { title: "monstack: grafana" });
		draft.warnings = [...draft.warnings, text];
	}
	const allMistakes = [
		...mistakes,
		...findWrongPaths(plan.apps),
		...extraObjects.flatMap(findLongNames)
	];
	const placedMistakes = allMistakes.map((mistake) => locateMistake(loaded, mistake));
	if (allMistakes.every(({ isSecondDefault }) => isSecondDefault)) refuseAs("datasource-two-defaults", placedMistakes);
	throwIfAny(placedMistakes);
}
function findLongNames({ app, object, path, where }) {
	const { name } = object["metadata"] ?? {};
	const longName = checkNameLength(String(object["kind"]), String(name ?? ""));
	return longName === void 0 ? [] : [{
		app,
		path,
		where,
		problem: `the name is too long: ${describeLongName(longName)}`
	}];
}
function describeLongName({ kind, name, most, why }) {
	return `${kind} ${name} has ${name.length} characters, at most ${most} are allowed${why ? ` (${why})` : ""}`;
}
function findChartMistakes(loaded, app, source) {
	const appConfig = loaded.config.apps[app.name];
	const values = appConfig === void 0 ? {} : mergeUserValues(app.name, appConfig, loaded.valuesFiles);
	return [...findWrongItems(app.name, values, source).map((mistake) => locateMistake(loaded, mistake)), ...createNameMistakes(loaded, app, findLongChartNames(app, source), () => findLongestRelease(app, source))];
}
function refuseLongNames(loaded, rendered) {
	throwIfAny(rendered.flatMap(({ app, objects }) => createNameMistakes(loaded, app, objects.flatMap(({ kind, metadata }) => checkNameLength(kind, metadata.name) ?? []), (names) => app.release.length - Math.max(...names.map(({ name, most }) => name.length - most)))));
}
function createNameMistakes(loaded, { name: app, release }, names, findMaximum) {
	if (names.length === 0) return [];
	const isRelease = names.every(({ name }) => name.includes(release));
	const placeOrApp = (isRelease ? placeInApp(loaded, app, ["release"]) ?? placeInApp(loaded, app, ["release_name"]) : locate(loaded, {
		app,
		keys: ["fullnameOverride", "nameOverride"],
		values: []
	})) ?? placeInApp(loaded, app, []);
	const expectation = isRelease ? `the release's name ${release} has ${release.length} characters; expected at most ${findMaximum(names)}` : "expected a shorter fullnameOverride or nameOverride";
	return [{
		where: placeOrApp ? formatPlace(placeOrApp) : `app ${app}`,
		path: `apps.${app}${isRelease ? ".release" : ".values"}`,
		problem: `the names of objects are too long: ${names.map(describeLongName).join("; ")}; ${expectation}`
	}];
}
function locateMistake(loaded, { app, path, where, problem }) {
	const shownPath = path.length === 0 ? "" : formatPath(path);
	if (where !== void 0) return {
		where,
		path: shownPath,
		problem
	};
	for (let length = path.length; length > 0; length--) {
		const what = typeof path[length - 1] === "number" ? "value" : "key";
		const place = placeInValues(loaded, app, path.slice(0, length), { what });
		if (place) return {
			where: formatPlace(place),
			path: shownPath,
			problem
		};
	}
	const place = placeInApp(loaded, app, []);
	return {
		where: place ? formatPlace(place) : `app ${app}`,
		path: shownPath,
		problem
	};
}

// src/app/validate/files-on-disk.ts
async function checkOnDisk(session, plan) {
	const { context, loaded } = session;
	if (loaded.config.cluster.kind === "k3s") {
		await findImageArchives(context.host, loaded.config.k3s.images);
		await checkAuthorities(context.host.files, loaded.config.registries);
	}
	await refuseValues(session, plan);
	await checkLocalDashboards(session, plan);
	const objectsOnDisk = await readObjectsOnDisk(session, plan);
	const chartApps = plan.apps.filter(({ chart }) => chart.kind !== "manifests");
	if (loaded.config.cluster.kind !== "k3s" || !chartApps.every(hasNoOperator)) return;
	const prometheusApp = chartApps.find(({ chart }) => getChartName(chart) === "prometheus")?.name;
	refuseUnreadObjects(objectsOnDisk, listOperatorPlaces(objectsOnDisk), {
		prometheusApp,
		appDir: showAppDir(loaded)
	});
}
async function refuseValues(session, plan) {
	judgeValues(session, plan, listExtraObjects(await readObjectsOnDisk(session, plan), plan));
}
async function readObjectsOnDisk({ context, loaded }, plan) {
	const objectsByApp = plan.apps.map(async ({ name, chart, namespace }) => {
		if (chart.kind !== "manifests") return [];
		const placedObjects = (await readManifests(context, chart, loaded.cwd)).flatMap(({ start, object }) => isObject(object) ? [{
			where: start,
			object: setDefaultNamespace(object, namespace)
		}] : []);
		return [{
			app: { name },
			objects: placedObjects.map(({ object }) => object),
			placed: placedObjects
		}];
	});
	return (await Promise.all(objectsByApp)).flat();
}
function listExtraObjects(apps, plan) {
	return apps.flatMap(({ app, placed }) => {
		const appNamespace = plan.apps.find(({ name }) => name === app.name)?.namespace ?? "";
		return placed.map(({ where, object }) => ({
			app: app.name,
			namespace: findNamespace(object, appNamespace),
			object,
			path: [],
			where
		}));
	});
}
function listOperatorPlaces(apps) {
	return apps.flatMap(({ placed }) => placed.filter(({ object }) => filterOperatorObjects([object]).length > 0));
}
function isObject(value) {
	const { apiVersion, kind, metadata } = value;
	return typeof apiVersion === "string" && typeof kind === "string" && Boolean(metadata?.name);
}

// src/app/validate/monitors.ts
async function findMonitorMistakes(means, { context, loaded }, plan) {
	const paths = plan.apps.flatMap(({ chart }) => chart.kind === "manifests" ? chart.paths : []);
	const manifestPaths = [...new Set(paths)].filter((path) => !loaded.config.monitors.includes(path));
	const objectsInManifests = await Promise.all(manifestPaths.map(async (path) => parseObjects(await context.host.files.read(path) ?? "", showPath(loaded.cwd, path))));
	const stackApp = plan.apps.find(isStackChart);
	const interval = stackApp && getValueAt(stackApp.values, [
		"prometheus",
		"prometheusSpec",
		"scrapeInterval"
	]);
	return (await judgeObjects(means, [...readMonitorDocuments(loaded), ...objectsInManifests.flat()], {
		global: { scrape_interval: typeof interval === "string" && interval !== "" ? interval : "30s" },
		rules: { features: stackApp === void 0 ? [] : findPlannedFeatures(stackApp) }
	})).sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true }));
}
function describeNamespaces({ loaded }) {
	const { namespace } = loaded.config;
	return readMonitorDocuments(loaded).filter(({ object: { metadata } }) => isMapping(metadata) && !metadata["namespace"]).map(({ object, start }) => `${start}  ${formatObjectName(object)}: namespace ${namespace}${formatSelection(object, namespace)}`);
}
function formatSelection({ kind, spec }, namespace) {
	const selectedKind = {
		ServiceMonitor: "Services",
		PodMonitor: "pods"
	}[String(kind)];
	const hasNoSelector = isMapping(spec) && !isMapping(spec["namespaceSelector"]);
	return selectedKind !== void 0 && hasNoSelector ? `; without a namespaceSelector it selects ${selectedKind} of ${namespace} only` : "";
}
async function readDefinitions({ context }, charts) {
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
function listDefinitions(objects) {
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

// src/app/charts/render.ts
async function renderCharts(session, plan, tools, folder = join(session.loaded.config.stateDir, "charts")) {
	const { context, loaded } = session;
	const rendered = await Promise.all(plan.apps.map(async (app) => {
		if (app.chart.kind === "path") await refuseChartLinks(context.host, app.chart.path, loaded);
		const chart = await inSpan(context.span, {
			kind: "chart",
			name: `fetch the chart of ${app.name}`
		}, () => fetchChart(context, loaded.config, app.chart, {
			...tools,
			supply: session.supply,
			folder: join(folder, app.name)
		})).catch((error) => {
			const refusal = locateChart(loaded, app.name) && findRefusal(loaded, app.name, error);
			if (refusal) refuseCharts([refusal]);
			throw error;
		});
		const [result, unknownValues] = await Promise.all([renderInSpan(context, await tools.helm, app, chart, loaded.limits).catch(async (error) => {
			if (error instanceof UserError) throwIfAny(await findSchemaMistakes(loaded, app, await readChartSource(context, chart)));
			throw error;
		}), findUnknownValues(session, app, chart)]);
		return {
			...result,
			unknownValues
		};
	}));
	for (const secret of rendered.flatMap(listSecretTexts)) context.log.mask(secret);
	refuseHostAccess(loaded, rendered);
	refuseLongNames(loaded, rendered);
	if (loaded.config.cluster.kind === "k3s") refuseUnreadObjects(rendered, [...readMonitors(loaded), ...listOperatorPlaces(await readObjectsOnDisk(session, plan))], { appDir: showAppDir(loaded) });
	const objectMeans = createObjectMeans(session, async () => listDefinitions(rendered.flatMap(({ objects }) => objects)));
	refuseAs("prometheus-config-invalid", await findContentMistakes(objectMeans, loaded, plan, { kinds: ["scrape"] }));
	throwIfAny([...await findContentMistakes(objectMeans, loaded, plan, { kinds: ["object", "part"] }), ...await findMonitorMistakes(objectMeans, session, plan)]);
	await checkRendered(session.judge, loaded, rendered);
	for (const { text, at } of await judgeRenderedAlertmanager(session.judge, loaded, rendered)) context.log.warn(text, {
		title: "monstack: plan",
		...at
	});
	await session.expressions.prepare(listRangeQueries(rendered));
	for (const { text, at } of await noticeNewerThanDeployed(session, plan, findDeployedPrometheus(rendered).version)) context.log.warn(text, {
		title: "monstack: rules",
		...at
	});
	await runRuleTests(context, loaded.config, rendered, loaded.limits);
	return rendered;
}
function renderInSpan(context, helm, app, chart, limits) {
	return inSpan(context.span, {
		kind: "chart",
		name: `render the chart of ${app.name}`
	}, () => renderApp(context, helm, app, chart, limits));
}
function listRangeQueries(rendered) {
	return listRenderedGroups(rendered).filter(({ name }) => name !== ruleGroup.name).flatMap(({ rules }) => rules.map(({ expr }) => String(expr))).filter((expr) => expr.includes("["));
}
function listSecretTexts({ objects }) {
	return objects.filter(({ kind }) => kind === "Secret").flatMap(({ data, stringData }) => [...collectCredentials(stringData, () => void 0), ...collectCredentials(data, () => void 0).map((text) => Buffer.from(text, "base64").toString("utf8"))]);
}
const restrictionReason = "no chart may have with trust: restricted";
function refuseHostAccess({ limits }, rendered) {
	if (!limits.isRestricted) return;
	throwIfAny(rendered.flatMap((app) => [...app.unclear === void 0 ? [] : [{
		where: `app ${app.app.name}`,
		path: "",
		problem: `${app.unclear}, which ${restrictionReason}`
	}], ...findHostAccess(app).map(({ object: { kind, metadata }, path, what }) => ({
		where: `app ${app.app.name}, ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join("/")}`,
		path: formatPath(path),
		problem: `${what}, which ${restrictionReason}`
	}))]));
}
const maximumFiles = 2e4;
async function refuseChartLinks({ files }, folder, { limits, cwd }) {
	if (!limits.isRestricted) return;
	const pathsLeft = [folder];
	for (let visitedCount = 0, path = pathsLeft.pop(); path !== void 0; path = pathsLeft.pop()) {
		visitedCount += 1;
		if (visitedCount > maximumFiles) throw new UserError(`the chart ${showPath(cwd, folder)} has more than ${maximumFiles} files`);
		const refusal = limits.refusesPath(path);
		if (refusal !== void 0) throw new UserError(`the chart ${showPath(cwd, folder)}: ${showPath(cwd, path)} can't be read: ${refusal}`);
		const stat = await files.stat(path);
		if (stat !== void 0 && stat.kind !== "file") pathsLeft.push(...await listPaths(path));
	}
	async function listPaths(path) {
		return (await files.list(path).catch((cause) => {
			throw new UserError(`the chart ${showPath(cwd, folder)} can't be looked through: ${describeError$1(cause)}`, { cause });
		})).map((name) => join(path, name));
	}
}

// src/sources/images/login.ts
const challengePart = /([\w-]+)(?:\s{0,10}=\s{0,10}(?:"((?:[^"\\]|\\.)*)"?|([^\s",]+)))?/g;
function parseChallenge(header) {
	const found = [];
	for (const [, word = "", quoted, bare] of (header ?? "").matchAll(challengePart)) {
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
const Token = object({
	token: string().optional(),
	access_token: string().optional()
});
const maxTokenBytes = 1024 ** 2;
async function authorize(web, endpoint, challenge, credentials) {
	const basic = credentials && formatBasicAuthorization(credentials);
	if (challenge.scheme === "basic") return basic;
	const url = new URL(challenge.realm);
	if (url.protocol !== "https:" && endpoint.url.startsWith("https:")) throw new InstallError(`${endpoint.host} requires a login at ${url.origin}, without TLS: not sent there`, { fix: "the registry's token service must be an https:// address" });
	if (challenge.service !== void 0) url.searchParams.set("service", challenge.service);
	url.searchParams.set("scope", challenge.scope ?? `repository:${endpoint.repository}:pull`);
	const token = parseToken((await request(web, url.href, ({ body }) => buffer(limitBytes(body, maxTokenBytes, url.href)), {
		headers: basic === void 0 ? {} : { authorization: basic },
		explain: (refusal) => [
			400,
			401,
			403
		].includes(refusal.status) ? createLoginError(endpoint, { credentials }, refusal) : void 0
	})).toString("utf8"));
	if (token) return `Bearer ${token}`;
	throw new InstallError(`${url.origin}${url.pathname} gives no token`, { fix: "something else than the registry's token service answers there: check the proxy settings" });
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
const maxManifestBytes = 4 * 1024 ** 2;
async function resolveDigest(web, ref, repository = openRepository(web, ref)) {
	if (ref.digest !== void 0) return ref.digest;
	const tag = ref.tag ?? "latest";
	try {
		return await repository.head(tag) ?? (await repository.manifest(tag)).digest;
	} catch (cause) {
		throw cause instanceof HttpStatusError && cause.status === 404 ? createNoImageError(ref, cause) : cause;
	}
}
function openRepository(web, ref, documentTries = web.retryPolicy.tries) {
	const endpoint = findEndpoint(web.mirrors, ref);
	const send = createSender(web, endpoint, documentTries);
	const manifestAt = (reference) => `/manifests/${reference}`;
	return {
		endpoint,
		manifest: (reference) => send(manifestAt(reference), { accept }, ({ headers, body }) => readManifest(body, headers, `${endpoint.url}${manifestAt(reference)}`)),
		head: (tag) => send(manifestAt(tag), {
			accept,
			method: "HEAD"
		}, async ({ headers }) => {
			const digest = headers.get("docker-content-digest") ?? "";
			return isManifest(readMediaType(headers)) && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : void 0;
		}),
		blob: (digest, read) => send(`/blobs/${digest}`, { accept: "*/*" }, read),
		blobPart: (digest, part, read) => send(`/blobs/${digest}`, {
			accept: "*/*",
			part
		}, read)
	};
}
function createNoImageError(ref, cause) {
	return new InstallError(`image not found: ${formatImageRef(ref)}: ${cause.message}`, {
		cause,
		fix: "check the image's name and tag in its registry; a mirror may not have it"
	});
}
var LoginRequired = class extends Error {
	refusal;
	challenge;
	constructor(refusal, challenge) {
		super("a login is required");
		this.refusal = refusal;
		this.challenge = challenge;
	}
};
function createSender(web, endpoint, documentTries) {
	const access = findAccess(web.registries, endpoint.host);
	let opened;
	const open = () => {
		opened ??= openDirect(web, endpoint, access);
		return opened;
	};
	const query = endpoint.mirrorOf === void 0 ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
	let login;
	const sendOnce = async (path, { accept, method, part }, read) => {
		const url = `${endpoint.url}${path}${query}`;
		const authorization = await login;
		let limit;
		const explain = (refusal) => {
			if (refusal.status === 429) limit = refusal;
			return explainRefusal(refusal, url, endpoint, access);
		};
		const headers = {
			accept,
			"accept-encoding": "identity",
			...authorization === void 0 ? {} : { authorization }
		};
		try {
			const direct = await open();
			const tries = part === void 0 ? documentTries : web.retryPolicy.tries;
			return await request({
				...direct,
				retryPolicy: {
					...direct.retryPolicy,
					tries
				}
			}, url, read, {
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
			throw createPullLimitError(endpoint, access, limit, error);
		}
	};
	return async (path, how, read) => {
		const before = login;
		try {
			return await sendOnce(path, how, read);
		} catch (error) {
			if (!(error instanceof LoginRequired)) throw error;
			const { challenge } = error;
			if (login === before) login = open().then((direct) => authorize(direct, endpoint, challenge, access?.credentials));
		}
		try {
			return await sendOnce(path, how, read);
		} catch (error) {
			throw error instanceof LoginRequired ? createLoginError(endpoint, access, error.refusal) : error;
		}
	};
}
async function openDirect(web, { host }, access) {
	const known = {
		by: await readTrust(web.context.host.files, host, access),
		fix: trustSetting(host)
	};
	return {
		...web,
		mirrors: {},
		credentials: void 0,
		known
	};
}
function explainRefusal(refusal, url, endpoint, access) {
	const { status, headers } = refusal;
	const isRegistry = new URL(refusal.url).origin === new URL(url).origin;
	const challenge = status === 401 && isRegistry ? parseChallenge(headers.get("www-authenticate")) : void 0;
	if (challenge !== void 0) return new LoginRequired(refusal, challenge);
	if (status === 401 || status === 403) return createLoginError(endpoint, access, refusal);
	return isPullLimit(refusal) ? createPullLimitError(endpoint, access, refusal) : void 0;
}
async function readManifest(body, headers, url) {
	const bytes = await buffer(limitBytes(body, maxManifestBytes, url));
	const mediaType = readMediaType(headers);
	if (!isManifest(mediaType)) throw new InstallError(`${showUrl(url)} is not an image manifest but ${mediaType || "of no type"}`, { fix: "something else than a registry answers there, or one that is too old: check `mirrors` and the proxy settings" });
	return {
		bytes,
		digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
		mediaType
	};
}
function isManifest(mediaType) {
	return indexTypes.includes(mediaType) || manifestTypes.includes(mediaType);
}
function readMediaType(headers) {
	return (headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
}

// src/registry/connections.ts
function createConnections(places) {
	const waiting = [];
	let running = 0;
	const fill = () => {
		while (running < places()) {
			const next = takeNext(waiting);
			if (next === void 0) return;
			running += 1;
			next.start();
		}
	};
	const run = async (transfer, work) => {
		const { promise, resolve } = Promise.withResolvers();
		waiting.push({
			...transfer,
			start: resolve
		});
		fill();
		await promise;
		try {
			return await work();
		} finally {
			running -= 1;
			fill();
		}
	};
	return {
		run,
		grow: fill
	};
}
function takeNext(waiting) {
	const rank = (one) => one.isUrgent() ? Number.POSITIVE_INFINITY : one.bytes;
	const best = waiting.reduce((found, one) => found === void 0 || rank(one) > rank(found) ? one : found, void 0);
	if (best !== void 0) waiting.splice(waiting.indexOf(best), 1);
	return best;
}

// src/registry/blob-file.ts
const pieceBytes = 131072;
function createBlobFile(file, { digest, size, offset = 0 }) {
	let available = 0;
	let isReleased = false;
	let failed;
	const waiting = [];
	const notify = () => {
		for (const resume of waiting.splice(0)) resume();
	};
	async function* readUpTo(from, to, limit) {
		let at = from;
		while (at < to) {
			if (failed) throw failed.error;
			const until = Math.min(to, limit());
			if (at >= until) {
				await new Promise((resume) => waiting.push(resume));
				continue;
			}
			const piece = await file.read(offset + at, Math.min(until - at, pieceBytes));
			if (piece.byteLength === 0) throw new Error(`${digest} was cut short while it was read`);
			at += piece.byteLength;
			yield piece;
		}
	}
	let readers = 0;
	async function* read(from, to) {
		readers += 1;
		try {
			yield* readUpTo(from, to, () => isReleased ? size : Math.min(available, size - 1));
		} finally {
			readers -= 1;
		}
	}
	return {
		digest,
		size,
		read,
		grow: (to) => {
			available = to;
			notify();
		},
		fail: (error) => {
			failed ??= { error };
			notify();
		},
		computeDigest: async () => {
			if (size === 0) return computeDigest(/* @__PURE__ */ new Uint8Array());
			const hash = createHash("sha256");
			for await (const piece of yieldEachOnce(readUpTo(0, size, () => available))) hash.update(piece);
			return `sha256:${hash.digest("hex")}`;
		},
		release: () => {
			isReleased = true;
			notify();
		},
		isRead: () => readers > 0,
		failure: () => failed,
		close: () => file.close()
	};
}

// src/registry/fill-blob.ts
const partBytes = 16 * 1024 ** 2;
const batchBytes = 262144;
const wrongDigestFix = "the registry or the mirror serves other bytes than its digests say: don't use them, find out why";
async function fillBlob(filling, bytesOfPart = partBytes) {
	const { blob } = filling;
	const parts = splitBlob(blob.size, bytesOfPart);
	const [first] = parts;
	if (first === void 0) return;
	const others = [];
	const startOthers = () => {
		if (others.length > 0) return;
		for (const part of parts.slice(1)) others.push(fetchPart(filling, parts, part, () => {}));
		for (const other of others) other.catch(() => {});
	};
	await fetchPart(filling, parts, first, (isPart) => {
		if (isPart) return startOthers();
		if (others.length > 0) return;
		first.to = blob.size;
		parts.length = 1;
	});
	await Promise.all(others);
}
function splitBlob(size, bytesOfPart) {
	const count = size >= 2 * bytesOfPart ? Math.ceil(size / bytesOfPart) : 1;
	return Array.from({ length: count }, (_, index) => ({
		from: index * bytesOfPart,
		to: index === count - 1 ? size : (index + 1) * bytesOfPart,
		at: index * bytesOfPart
	}));
}
async function fetchPart(filling, parts, part, onResponse) {
	const { blob, repository, connections, what } = filling;
	await connections({
		isUrgent: blob.isRead,
		bytes: blob.size
	}, async () => {
		await repository.blobPart(blob.digest, {
			bytes: () => part.at - part.from,
			headers: () => part.at === 0 && parts.length === 1 ? {} : { range: `bytes=${part.at}-${part.to === blob.size ? "" : part.to - 1}` }
		}, async (response) => {
			const start = findStart(response, part);
			onResponse(response.status === 206);
			await receivePart(filling, parts, part, {
				...response,
				start
			});
		});
	});
	if (part.at < part.to) throw new InstallError(`${what}: got ${part.at} bytes instead of ${blob.size}; the download was discarded`, { fix: wrongDigestFix });
}
function findStart({ status, headers }, part) {
	if (status !== 206 && status !== 416) return 0;
	if ((status === 206 ? parseRange(headers) : void 0)?.from === part.at) return part.at;
	throw new Transient(`the host answers ${status} with another part of the file than the requested one`);
}
async function receivePart(filling, parts, part, { body, start }) {
	const { blob, write, what, onPiece } = filling;
	let batch = [];
	let batched = 0;
	const flush = async () => {
		if (batched === 0) return;
		await write(batch, part.at);
		for (const piece of batch) freeMemory(piece);
		part.at += batched;
		onPiece(batched);
		[batch, batched] = [[], 0];
		blob.grow(computeFrontier(parts));
	};
	let place = start;
	try {
		for await (const piece of body) {
			const failed = blob.failure();
			if (failed) throw failed.error;
			const wanted = piece.subarray(Math.max(0, part.at + batched - place), Math.max(0, part.to - place));
			place += piece.byteLength;
			if (place > blob.size) throw createTooLargeError(what, blob.size);
			if (wanted.byteLength > 0) batch.push(wanted);
			batched += wanted.byteLength;
			if (batched >= batchBytes) await flush();
			if (part.at + batched >= part.to && part.to < blob.size) break;
		}
	} finally {
		await flush();
	}
}
function computeFrontier(parts) {
	return parts.find(({ at, to }) => at < to)?.at ?? parts.at(-1)?.to ?? 0;
}

// src/registry/contents.ts
function createContents(options) {
	const { web } = options;
	const { host } = web.context;
	const documents = /* @__PURE__ */ new Map();
	const layers = /* @__PURE__ */ new Map();
	const blobs = /* @__PURE__ */ new Set();
	const findPlace = async (digest) => await findBlob(host, digest) ?? web.supply.blobs?.get(digest);
	async function readCachedDocument(digest) {
		const place = await findPlace(digest);
		if (place === void 0 || place.size > maxDocumentBytes) return void 0;
		const file = await host.files.open(place.path, "read");
		const bytes = await file.read(place.offset, place.size).finally(file.close);
		if (computeDigest(bytes) === digest) return {
			digest,
			bytes,
			mediaType: detectMediaType(bytes)
		};
		await dropSpoiled(web.context, digest, place);
	}
	async function fetchDocument(repository, what, kind, { digest, size = maxDocumentBytes }) {
		const url = `${repository.endpoint.url}/${kind === "config" ? "blobs" : "manifests"}/${digest}`;
		if (size > maxDocumentBytes) throw new InstallError(`${what}: its ${kind} ${digest} has ${size} bytes, which is more than expected`);
		const { bytes, mediaType } = kind === "manifest" ? await repository.manifest(digest) : {
			bytes: await repository.blob(digest, ({ body }) => buffer(limitBytes(body, size, url))),
			mediaType: "application/octet-stream"
		};
		refuseOtherDigest(`${what}: its ${kind}`, digest, computeDigest(bytes), url);
		await keepFile(host, getBlobPath(host, digest), yieldOnce(bytes));
		return {
			digest,
			bytes,
			mediaType
		};
	}
	async function readImage(repository, ref, digest) {
		const image = formatImageRef(ref);
		const what = `image ${image}`;
		const parts = await readImageParts(what, digest, host.arch, async (kind, wanted) => {
			const document = documents.get(wanted.digest) ?? await readCachedDocument(wanted.digest) ?? await fetchDocument(repository, what, kind, wanted);
			documents.set(wanted.digest, document);
			return document;
		}).catch((cause) => {
			throw cause instanceof HttpStatusError && cause.status === 404 ? createNoImageError(ref, cause) : cause;
		});
		for (const descriptor of parts.layers) if (!layers.has(descriptor.digest)) layers.set(descriptor.digest, {
			descriptor,
			repository,
			image
		});
		return {
			digest,
			parts,
			from: new URL(repository.endpoint.url).host
		};
	}
	function open(layer) {
		if (layer.opened) return layer.opened;
		const first = Promise.withResolvers();
		const use = (blob) => {
			blobs.add(blob);
			first.resolve(blob);
			if (layer.opened) layer.opened.blob = Promise.resolve(blob);
		};
		const whole = openLayer(layer, use);
		whole.catch((error) => {
			first.reject(error);
			layer.opened = void 0;
		});
		first.promise.catch(() => {});
		layer.opened = {
			blob: first.promise,
			whole
		};
		return layer.opened;
	}
	async function openLayer(layer, use) {
		const { digest, size } = layer.descriptor;
		const place = await findPlace(digest);
		if (place?.size === size) {
			const { path, offset } = place;
			const blob = createBlobFile(await host.files.open(path, "read"), {
				digest,
				size,
				offset
			});
			blob.grow(size);
			use(blob);
			const verifying = {
				isUrgent: blob.isRead,
				bytes: size
			};
			if (await options.verifications(verifying, blob.computeDigest) === digest) {
				blob.release();
				return true;
			}
			blob.fail(/* @__PURE__ */ new Error(`${digest} was changed in ${path}`));
			await dropSpoiled(web.context, digest, place);
		}
		await fetchLayer(options, layer, use);
		return false;
	}
	return {
		readImage,
		findDocument: (digest) => documents.get(digest),
		openLayer: (digest) => {
			const layer = layers.get(digest);
			return layer && open(layer).blob;
		},
		waitForLayer: async (digest) => {
			const layer = layers.get(digest);
			if (layer === void 0) throw new Error(`no image that was read has the layer ${digest}`);
			return await open(layer).whole;
		},
		close: async () => {
			for (const blob of blobs) {
				blob.fail(/* @__PURE__ */ new Error("the run is over"));
				await blob.close().catch(() => {});
			}
		}
	};
}
async function dropSpoiled({ host, log }, digest, place) {
	const error = place.createSpoiledError?.();
	if (error) throw error;
	log.warn(`${digest} in the cache was changed since it was verified, it is fetched again`);
	await forgetBlob(host, digest);
}
async function fetchLayer({ web, incoming, connections }, { descriptor: { digest, size }, repository, image }, use) {
	const { host } = web.context;
	refuseOffline(web, `${repository.endpoint.url}/blobs/${digest}`);
	const url = `${repository.endpoint.url}/blobs/${digest}`;
	const what = `image ${image}: its layer`;
	const path = joinBelow(incoming, `${digest.slice(7)}-${randomBytes(4).toString("hex")}`);
	const file = await host.files.open(path, "new");
	const blob = createBlobFile(file, {
		digest,
		size
	});
	use(blob);
	let kept = 0;
	const name = `${image.slice(image.lastIndexOf("/") + 1)} ${digest.slice(7, 14)}`;
	const progress = createProgress(web.context, name, {
		kept: () => kept,
		total: () => size
	});
	try {
		const [, got] = await Promise.all([fillBlob({
			blob,
			repository,
			connections,
			write: file.write,
			what: `${what} ${digest} from ${url}`,
			onPiece: (bytes) => {
				kept += bytes;
				progress.update();
			}
		}), blob.computeDigest()]);
		refuseOtherDigest(what, digest, got, url);
		await host.files.rename(path, getBlobPath(host, digest));
		blob.release();
	} catch (error) {
		blob.fail(error);
		await host.files.remove(path);
		throw error;
	} finally {
		progress.end();
	}
}
function refuseOtherDigest(what, digest, got, url) {
	if (got === digest) return;
	throw new InstallError(`${what} should be ${digest}, got ${got} from ${url}; the download was discarded`, { fix: wrongDigestFix });
}
async function* yieldOnce(bytes) {
	yield bytes;
}

// src/registry/requested.ts
const maxUrlLength = 1024;
const digestForm = /^sha256:[0-9a-f]{64}$/;
function parseRequested(url, secret) {
	if (url.length > maxUrlLength) return void 0;
	const [path = "", query = ""] = url.split("?", 2);
	const [, given = "", ...rest] = path.split("/");
	if (!isSame(given, secret) || rest.shift() !== "v2") return void 0;
	const reference = rest.pop() ?? "";
	const group = rest.pop();
	const registry = new URLSearchParams(query).get("ns") ?? "";
	const separator = digestForm.test(reference) ? "@" : ":";
	if (registry === "" || group === "blobs" && separator === ":") return void 0;
	if (group !== "manifests" && group !== "blobs") return void 0;
	try {
		const ref = parseImageRef(`${registry}/${rest.join("/")}${separator}${reference}`);
		if (ref.registry !== registry) return void 0;
		return {
			kind: group === "blobs" ? "blob" : "manifest",
			ref
		};
	} catch {
		return;
	}
}
function isSame(given, secret) {
	const [a, b] = [Buffer.from(given), Buffer.from(secret)];
	return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
function parseByteRange(header, size) {
	const [, first = "", last = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
	if (first === "") return void 0;
	const [from, to] = [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
	return from < to ? {
		from,
		to
	} : void 0;
}

// src/registry/answer-request.ts
const redirectAfterMs = 5e3;
async function answerRequest(request, response, answering) {
	const isHead = request.method === "HEAD";
	if (!isHead && request.method !== "GET") return refuse(response, 405, "UNSUPPORTED");
	const requested = parseRequested(request.url ?? "", answering.secret);
	if (requested === void 0) return refuse(response, 404, "NAME_UNKNOWN");
	const document = await findDocument(requested, answering);
	if (document !== void 0) return sendDocument(response, document, isHead);
	if (requested.kind === "blob" && await answerBlob(request, response, requested.ref, answering)) return;
	sendElsewhere(response, requested, answering);
}
async function findDocument({ kind, ref }, { contents, readImage }) {
	const found = ref.digest === void 0 ? void 0 : contents.findDocument(ref.digest);
	if (found !== void 0 || kind === "blob") return found;
	const image = await within(redirectAfterMs, readImage(ref));
	return image && contents.findDocument(image.digest);
}
async function answerBlob(request, response, { digest = "" }, { contents }) {
	const blob = await contents.openLayer(digest)?.catch(() => void 0);
	if (blob === void 0) return false;
	const range = parseByteRange(request.headers.range, blob.size);
	const { from, to } = range ?? {
		from: 0,
		to: blob.size
	};
	const sendHead = () => response.writeHead(range ? 206 : 200, {
		"content-type": "application/octet-stream",
		"content-length": to - from,
		"docker-content-digest": digest,
		"accept-ranges": "bytes",
		...range && { "content-range": `bytes ${from}-${to - 1}/${blob.size}` }
	});
	if (request.method === "HEAD") {
		sendHead().end();
		return true;
	}
	const pieces = blob.read(from, to);
	try {
		const next = pieces.next();
		const isThere = await within(redirectAfterMs, next.then(() => true));
		if (blob.failure() && !isThere) return false;
		sendHead();
		for (let { value, done } = await next; !done; {value, done} = await pieces.next()) if (value !== void 0) await sendPiece(response, value);
		response.end();
		return true;
	} finally {
		await pieces.return(void 0);
	}
}
async function sendPiece(response, piece) {
	const { promise, resolve, reject } = Promise.withResolvers();
	const onClose = () => reject(/* @__PURE__ */ new Error("containerd closed the connection"));
	response.once("close", onClose);
	response.write(piece, (error) => error ? reject(error) : resolve());
	try {
		await promise;
	} finally {
		response.off("close", onClose);
	}
	freeMemory(piece);
}
async function within(ms, work) {
	let timer;
	const end = new Promise((resolve) => {
		timer = setTimeout(resolve, ms, void 0);
	});
	try {
		return await Promise.race([work?.catch(() => void 0), end]);
	} finally {
		clearTimeout(timer);
	}
}
function sendDocument(response, { digest, bytes, mediaType }, isHead) {
	response.writeHead(200, {
		"content-type": mediaType,
		"content-length": bytes.byteLength,
		"docker-content-digest": digest
	});
	response.end(isHead ? void 0 : bytes);
}
function sendElsewhere(response, { kind, ref }, { findLocked, web: { mirrors, registries, supply } }) {
	const endpoint = findEndpoint(mirrors, ref);
	const access = findAccess(registries, endpoint.host);
	const url = new URL(endpoint.url);
	const isPlain = url.username === "" && url.password === "" && !access?.ca && !access?.insecure;
	if (supply.offline !== void 0 || !isPlain) {
		refuse(response, 404, "MANIFEST_UNKNOWN");
		return;
	}
	const reference = ref.digest ?? findLocked(ref) ?? ref.tag ?? "";
	const query = endpoint.mirrorOf === void 0 ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
	const location = `${endpoint.url}/${kind === "blob" ? "blobs" : "manifests"}/${reference}${query}`;
	response.writeHead(307, {
		location,
		"content-length": 0
	}).end();
}
function refuse(response, status, code) {
	const body = JSON.stringify({ errors: [{
		code,
		message: "not given out by monstack"
	}] });
	response.writeHead(status, {
		"content-type": "application/json",
		connection: "close"
	}).end(body);
}

// src/registry/certificate.ts
const dayMs = 864e5;
function createLoopbackCertificate(now) {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const name = sequence(set(sequence(oid(2, 5, 4, 3), text$1("monstack image registry"))));
	const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
	const content = sequence(tagged(160, integer(Buffer.from([2]))), integer(randomBytes(16)), algorithm, name, sequence(time(now - dayMs), time(now + 3650 * dayMs)), name, publicKey.export({
		type: "spki",
		format: "der"
	}), tagged(163, sequence(listExtensions())));
	const signature = sign("sha256", content, privateKey);
	const lines = sequence(content, algorithm, tagged(3, Buffer.from([0]), signature)).toString("base64").match(/.{1,64}/g) ?? [];
	return {
		key: String(privateKey.export({
			type: "pkcs8",
			format: "pem"
		})),
		certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
	};
}
function listExtensions() {
	const yes = tagged(1, Buffer.from([255]));
	const extension = (id, value) => sequence(id, yes, tagged(4, value));
	const address = tagged(135, Buffer.from([
		127,
		0,
		0,
		1
	]));
	return Buffer.concat([
		extension(oid(2, 5, 29, 19), sequence(yes, integer(Buffer.from([0])))),
		extension(oid(2, 5, 29, 15), tagged(3, Buffer.from([2, 132]))),
		sequence(oid(2, 5, 29, 37), tagged(4, sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1)))),
		sequence(oid(2, 5, 29, 17), tagged(4, sequence(address)))
	]);
}
function tagged(tag, ...parts) {
	const content = Buffer.concat(parts);
	const { length } = content;
	const bytes = length > 255 ? [
		130,
		length >> 8,
		length & 255
	] : [129, length];
	return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : [tag, ...bytes]), content]);
}
function sequence(...parts) {
	return tagged(48, ...parts);
}
function set(...parts) {
	return tagged(49, ...parts);
}
function text$1(value) {
	return tagged(12, Buffer.from(value));
}
function integer(bytes) {
	const first = bytes.findIndex((byte) => byte !== 0);
	const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
	return (digits[0] ?? 0) < 128 ? tagged(2, digits) : tagged(2, Buffer.from([0]), digits);
}
function oid(first, second, ...rest) {
	const bytes = rest.flatMap((arc) => {
		const groups = [arc & 127];
		for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift(left & 127 | 128);
		return groups;
	});
	return tagged(6, Buffer.from([first * 40 + second, ...bytes]));
}
function time(ms) {
	const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
	return digits < "2050" ? tagged(23, Buffer.from(digits.slice(2))) : tagged(24, Buffer.from(digits));
}

// src/registry/server.ts
const maxConnections = 128;
const requestMs$1 = 1e4;
const idleMs = 3e5;
async function startServer({ host, log }, answering) {
	const { key, certificate } = createLoopbackCertificate(host.now());
	const secret = randomBytes(24).toString("hex");
	log.mask(secret);
	const server = createServer({
		key,
		cert: certificate,
		minVersion: "TLSv1.3",
		handshakeTimeout: requestMs$1,
		requestTimeout: requestMs$1,
		headersTimeout: requestMs$1,
		maxHeaderSize: 16384
	});
	server.maxConnections = maxConnections;
	server.setTimeout(idleMs);
	server.on("request", (request, response) => {
		request.resume();
		answerRequest(request, response, {
			...answering,
			secret
		}).catch((error) => {
			log.debug(`the image registry broke off ${request.url?.slice(0, 300)}: ${describeError$1(error)}`);
			response.destroy();
		});
	});
	server.on("tlsClientError", () => {});
	server.on("clientError", (_error, socket) => socket.destroy());
	await new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const { port } = server.address();
	const address = `127.0.0.1:${port}`;
	return {
		address: {
			host: address,
			url: `https://${address}/${secret}/v2`,
			certificate
		},
		close: async () => {
			const closed = new Promise((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
		}
	};
}

// src/registry/registry.ts
const imagesAtOnce = 4;
const verificationsAtOnce = 2;
const connectionsInAll = 8;
const connectionsBesideTools = 2;
async function startImageRegistry(context, config, options = {}) {
	const { host } = context;
	const stop = new AbortController();
	const linked = {
		...context,
		signal: AbortSignal.any([context.signal, stop.signal])
	};
	const web = {
		...createWeb(linked, config, options),
		registries: config.registries
	};
	let places = options.whenToolsAreThere ? connectionsBesideTools : connectionsInAll;
	const connections = createConnections(() => places);
	const widen = () => {
		places = connectionsInAll;
		connections.grow();
	};
	options.whenToolsAreThere?.then(widen, widen);
	const incoming = await openIncoming(host);
	const verifications = createConnections(() => verificationsAtOnce).run;
	const contents = createContents({
		web,
		incoming,
		connections: connections.run,
		verifications
	});
	const { lock } = web.supply;
	const locked = new Map(lock?.images.map(({ image, digest }) => [toContainerdName(image), digest]));
	const images = /* @__PURE__ */ new Map();
	const known = /* @__PURE__ */ new Map();
	function readImage(ref) {
		const name = formatImageRef(ref);
		const lockedDigest = locked.get(name);
		if (lock !== void 0 && lockedDigest === void 0 && ref.digest === void 0) return void 0;
		const started = images.get(name) ?? read(ref, lockedDigest);
		if (!images.has(name)) {
			images.set(name, started);
			started.then((image) => known.set(name, image), () => images.delete(name));
		}
		return started;
	}
	async function read(ref, lockedDigest) {
		const repository = openRepository(web, ref, lock === void 0 ? 1 : void 0);
		const digest = lockedDigest ?? await resolveDigest(web, ref, repository);
		const image = await contents.readImage(repository, ref, digest);
		await noteImage(host, {
			image: formatImageRef(ref),
			digest
		}, listParts(image));
		return image;
	}
	const kept = web.supply.offline === void 0 ? "the cache" : "the bundle";
	const server = await startServer(context, {
		contents,
		readImage,
		web,
		findLocked: (ref) => locked.get(formatImageRef(ref))
	});
	const close = async () => {
		stop.abort();
		try {
			await server.close();
			await contents.close();
			await closeIncoming(host, incoming);
		} catch (error) {
			context.log.warn(`the image registry could not remove its unfinished downloads: ${describeError$1(error)}`);
		}
	};
	let closing;
	return {
		address: server.address,
		prefetch: async (names, { span, onComplete } = {}) => await prefetch({
			...linked,
			span
		}, {
			contents,
			readImage,
			kept,
			onComplete
		}, names),
		listDigests: (image) => {
			const found = known.get(toContainerdName(image));
			if (found === void 0) return [];
			const { manifest, config: settings } = found.parts;
			return [.../* @__PURE__ */ new Set([
				found.digest,
				manifest.digest,
				settings.descriptor.digest
			])];
		},
		listBlobs: (image) => {
			const found = known.get(toContainerdName(image));
			if (found === void 0) throw new Error(`${image} was not read`);
			return listParts(found);
		},
		close: () => {
			closing ??= close();
			return closing;
		}
	};
}
async function prefetch(context, reader, names) {
	const unique = [...new Set(names.map(toContainerdName))];
	const layers = [];
	await mapLimited(unique, imagesAtOnce, async (name) => {
		const image = await reader.readImage(parseImageRef(name));
		if (image === void 0) return;
		const cached = inSpan(context.span, {
			kind: "image",
			name
		}, () => prefetchLayers(context, reader.contents, name, image)).then((isCached) => {
			reader.onComplete?.({
				image: name,
				digest: image.digest
			});
			return isCached;
		});
		cached.catch(() => {});
		layers.push(cached);
	});
	const all = await Promise.all(layers);
	const cached = all.filter((isCached) => isCached).length;
	if (cached > 0) context.log.info(`images: ${cached} of ${all.length} from ${reader.kept}, digests verified`);
}
async function prefetchLayers({ host, log }, contents, name, { from, parts }) {
	const startedAt = host.now();
	const digests = [...new Set(parts.layers.map((layer) => layer.digest))];
	if ((await Promise.all(digests.map(contents.waitForLayer))).every((isCached) => isCached)) return true;
	const bytes = parts.layers.reduce((sum, { size }) => sum + size, 0);
	log.info(`image ${name}: ${showDownload(bytes, from, host.now() - startedAt)}, digest verified`);
	return false;
}
function listParts({ parts }) {
	const documents = [...parts.documents, parts.config].map(({ descriptor }) => descriptor.digest);
	return [.../* @__PURE__ */ new Set([...documents, ...parts.layers.map(({ digest }) => digest)])];
}

// src/app/downloads/images.ts
const requestMs = 1e4;
async function openRunImages(session, tools, isOver) {
	const { context, loaded, progress, supply } = session;
	const { config } = loaded;
	const { k3s, helm } = tools;
	if (config.cluster.kind !== "k3s" || k3s === void 0) return void 0;
	const existing = await readExistingRegistries(context.host, config, listHostPaths());
	const registry = await startImageRegistry(context, config, {
		supply,
		whenToolsAreThere: Promise.all([k3s, helm])
	});
	progress.registry = registry;
	const pulls = createEarlyPulls(context);
	isOver.addEventListener("abort", () => {
		pulls.stop();
		registry.close();
	});
	const { lock } = supply;
	const run = {
		registry,
		pulls,
		address: registry.address,
		existing,
		isLocked: lock !== void 0
	};
	if (lock === void 0) {
		const unlocked = {
			...run,
			locked: Promise.resolve()
		};
		listK3sImages(session, k3s).then((images) => prefetchUnlocked(session, unlocked, images), (error) => context.log.debug(`k3s' images are not known yet: ${describeError$1(error)}`));
		return unlocked;
	}
	const names = lock.images.map(({ image }) => image);
	const locked = session.recorder.phase("fetch images", (span) => registry.prefetch(names, {
		span,
		onComplete: pulls.add
	}));
	return {
		...run,
		locked
	};
}
function prefetchUnlocked({ context, loaded, supply }, { registry, existing, pulls }, images) {
	if (supply.lock !== void 0 || loaded.config.k3s.images.length > 0) return;
	for (const image of new Set(images.map(toFullImageName))) {
		if (!isPulledThrough(image, existing)) continue;
		registry.prefetch([image], {
			span: context.span,
			onComplete: pulls.add
		}).catch((error) => {
			context.log.debug(`not fetched beforehand: ${describeError$1(error)}`);
		});
	}
}
function isPulledThrough(image, existing) {
	try {
		const { registry } = parseImageRef(image);
		return existing === void 0 || !hasOwnMirror(existing, registry);
	} catch {
		return false;
	}
}
function listRunImages(apps) {
	return apps.flatMap(({ objects, hooks = [] }) => [...listImages$1([...objects, ...hooks]), ...listOperatorImages(objects)]);
}
async function listK3sImages({ context, loaded, supply }, k3s) {
	const { path, version: asked, args } = loaded.config.k3s;
	const wanted = path === void 0 ? parseVersion("k3s", asked) : void 0;
	const version = wanted?.kind === "exact" ? wanted.version : (await k3s).version;
	const release = /^v\d+\.\d+\.\d+\+k3s\d+/.exec(version)?.[0] ?? version;
	return selectStartedImages((await fetchK3sImageList(createWeb(context, loaded.config, { supply }), release)).map(toFullImageName), args);
}
function listLockedImages({ supply }, registry) {
	if (supply.lock === void 0) return void 0;
	const images = supply.lock.images.map(({ image, digest }) => ({
		image,
		digest,
		digests: [.../* @__PURE__ */ new Set([digest, ...registry?.listDigests(image) ?? []])]
	}));
	const unlocked = (supply.lock.unlocked ?? []).map(({ image }) => image);
	return {
		lockedBy: supply.lockedBy,
		images,
		unlocked
	};
}
async function findImageDigests({ context }, kube, apps, locked) {
	const core = kube.makeApiClient(ObjectCoreV1Api);
	try {
		const lists = await Promise.all(listNamespaces(apps).map((namespace) => core.listNamespacedPod({ namespace }, limitCallTime(requestMs, context.signal))));
		const digests = /* @__PURE__ */ new Map();
		for (const { image, id } of listPodImages(lists.flatMap(({ items }) => items))) {
			const lockedImage = locked?.images.find((one) => one.image === image);
			if (id === void 0) continue;
			if (lockedImage?.digests.includes(id.digest)) digests.set(image, lockedImage.digest);
			else if (id.kind === "registry") digests.set(image, id.digest);
		}
		return [...digests].map(([image, digest]) => ({
			image,
			digest
		})).sort((a, b) => a.image < b.image ? -1 : 1);
	} catch (error) {
		context.log.debug(`the images' digests are not known: ${describeError$1(error)}`);
		return [];
	}
}
function warnAboutPulls({ context, draft, supply }, apps) {
	if (supply.lock === void 0) return;
	for (const { app, object, container, image } of findAlwaysPulled(apps)) {
		const text = `${app}: container ${container} of ${object} has the pull policy Always. When it starts again after this run, the kubelet requests ${image} from its registry and may get another image than ${supply.lockedBy} says, or none: set its pullPolicy to IfNotPresent`;
		context.log.warn(text, { title: "monstack: pull policy" });
		draft.warnings = [...draft.warnings, text];
	}
}

// src/app/up.ts
async function startStack(session, input) {
	const tasks = createTaskGroup(session.context.signal);
	const taskSession = {
		...session,
		context: {
			...session.context,
			signal: tasks.signal
		}
	};
	const isUp = new AbortController();
	const work = tasks.start(() => bringUp$1(taskSession, session, tasks, input, isUp.signal).finally(() => isUp.abort()));
	await tasks.settle();
	return await work;
}
async function bringUp$1(session, outer, tasks, input, isUp) {
	const { context, loaded, recorder, draft, progress } = session;
	const { config } = loaded;
	const installs = [];
	const startInstall = (name) => tasks.start(() => recorder.phase(`install ${name}`, (span) => {
		if (name === "k3s" && span !== void 0) installs.push(span);
		return installTool({
			...context,
			span
		}, config, name, { supply: session.supply });
	}));
	const k3s = config.cluster.kind === "k3s" ? startInstall("k3s") : void 0;
	const helm = startInstall("helm");
	const kubectl = startInstall("kubectl");
	const images = await openRunImages(outer, {
		k3s,
		helm
	}, tasks.signal);
	if (images) tasks.start(() => images.locked);
	const rendered = tasks.start(() => recorder.phase("fetch and render charts", async (span) => {
		const within = {
			...session,
			context: {
				...context,
				span
			}
		};
		const plan = await addDashboards(within, input.plan);
		const apps = await renderCharts(within, plan, {
			helm,
			kubectl
		});
		if (images) prefetchUnlocked(session, images, listRunImages(apps));
		requireLockedImages(session, apps);
		warnAboutCharts(session, apps);
		if (input.staysUp || images === void 0) warnAboutPulls(session, apps);
		return {
			plan,
			apps
		};
	}));
	const cluster = await tasks.start(() => recorder.phase("start cluster", (span) => openCluster(session, input, {
		k3s,
		images,
		span,
		after: installs
	}, (running) => {
		tasks.start(() => watchUntilStopped(context, running, isUp));
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
		...listVersions(tools, apps),
		dashboards: plan.dashboards.map(getDashboardVersion)
	};
	const deployedAt = new Date(context.host.now()).toISOString();
	progress.deployedAt = deployedAt;
	const installed = Promise.withResolvers();
	const readiness = trackReadiness(apps);
	const deploying = tasks.start(() => recorder.phase("deploy", async (span) => deployApps({
		...context,
		span
	}, {
		cluster,
		helm: await helm,
		apps,
		journal: input.journal,
		timeoutMs: config.timeouts.deployMs,
		withoutFlannel: cluster.kind === "k3s" && resolveK3sSettings(config.k3s.args, listHostPaths()).flannelBackend === "none",
		beforeChanges: (missing) => checkRights(session, cluster, apps, input.login, missing),
		onInstalled: installed.resolve,
		onReady: readiness.noteReady
	})));
	await Promise.race([installed.promise, deploying]);
	const [services, grafana] = await Promise.all([recorder.phase("open local addresses", (span) => openServices({
		...session,
		context: {
			...context,
			span
		}
	}, cluster, apps, input.journal, plan.alerting), () => "the local addresses"), readLogin(input.login, cluster.kube, session).catch(async () => {
		await deploying;
		return await readLogin(input.login, cluster.kube, session);
	})]);
	await images?.locked;
	const locked = listLockedImages(session, images?.registry);
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
		grafana
	};
	input.onReachable?.(stack, readiness);
	const deployed = await deploying;
	images?.pulls.stop();
	readiness.noteComplete();
	draft.apps = deployed.map(({ chart: _, ...app }) => app);
	const [imageDigests] = await Promise.all([findImageDigests(session, cluster.kube, apps, locked), saveStack(context.host, config.stateDir, stack)]);
	draft.versions = {
		...draft.versions,
		imageDigests
	};
	return stack;
}
async function openCluster(session, input, { k3s, images, span, after }, onRunning) {
	const { context, loaded } = session;
	const { config } = loaded;
	const { journal, preflight } = input;
	const writeToJournal = async (cluster) => {
		const { kind: clusterKind, kubeconfig, context: contextName } = cluster;
		await journal.append({
			kind: "cluster",
			at: new Date(context.host.now()).toISOString(),
			clusterKind,
			kubeconfig,
			context: contextName
		});
		return cluster;
	};
	if (config.cluster.kind === "existing") return writeToJournal(await connectToCluster(context, config.cluster));
	if (k3s === void 0 || preflight === void 0) throw new Error("a k3s is started only after the look at the host");
	const tool = await k3s;
	const running = await inSpan(span, {
		kind: "cluster",
		name: "prepare the host and launch k3s",
		after
	}, () => startK3s(context, config, tool, preflight, journal, { through: images }));
	if (usesDefaultSnapshotter(config.k3s.args, preflight.facts)) images?.pulls.start({
		path: tool.path,
		dataDir: running.dataDir,
		socket: getContainerdSocket()
	});
	const cluster = await inSpan(span, {
		kind: "cluster",
		name: "wait for k3s' API"
	}, () => waitForApi({
		...context,
		span
	}, running, config.timeouts.clusterMs));
	onRunning(running);
	return writeToJournal(cluster);
}
function getDashboardVersion({ uid, title, origin, revision, sha256 }) {
	return {
		uid,
		title,
		origin,
		revision,
		sha256
	};
}
function listVersions(tools, apps) {
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

// src/app/start-and-verify.ts
async function startAndVerify(session, input, verifies) {
	const { context } = session;
	const stop = new AbortController();
	const verifying = {
		...session,
		context: {
			...context,
			signal: AbortSignal.any([context.signal, stop.signal])
		}
	};
	let verification;
	const onReachable = (record, readiness) => {
		verification = verify(verifying, record, readiness);
		verification.catch(() => void 0);
	};
	try {
		return {
			stack: await startStack(session, {
				...input,
				...verifies && { onReachable }
			}),
			verification
		};
	} catch (error) {
		stop.abort();
		await verification?.catch(() => void 0);
		throw error;
	}
}

// src/verify/measure/series-names.ts
const maxLength = 200;
function nameSeries(series, legend, fallback) {
	const isAuto = legend === "__auto";
	const differing = isAuto ? listDifferingLabels(series) : void 0;
	return series.map((labels) => {
		const name = isAuto ? formatDiffering(labels, differing ?? []) : formatName(labels, legend);
		return shorten(name || labels["__name__"] || fallback, maxLength);
	});
}
function listDifferingLabels(series) {
	return [...new Set(series.flatMap((labels) => Object.keys(labels)))].filter((name) => new Set(series.map((labels) => labels[name])).size > 1).toSorted();
}
function formatDiffering(labels, differing) {
	const [only] = differing;
	if (only !== void 0 && differing.length === 1) return labels[only] ?? "";
	return formatLabels(labels, differing);
}
function formatName(labels, legend) {
	if (legend !== void 0) return legend.replace(/\{\{([^{}]*)\}\}/g, (_, name) => labels[name.trim()] ?? "");
	const names = Object.keys(labels).filter((name) => name !== "__name__");
	return (labels["__name__"] ?? "") + formatLabels(labels, names.toSorted());
}
function formatLabels(labels, names) {
	const pairs = names.flatMap((name) => labels[name] === void 0 ? [] : [`${name}=${JSON.stringify(labels[name])}`]);
	return pairs.length === 0 ? "" : `{${pairs.join(", ")}}`;
}

// src/verify/measure/panel-data.ts
const maxSeries$1 = 20;
const maxRows = 50;
const maxPoints = 120;
function toSeries(results, title) {
	const all = results.flatMap(({ legend, series }) => {
		const names = nameSeries(series.map(({ labels }) => labels), legend, title);
		return series.map(({ points }, index) => ({
			name: names[index] ?? title,
			points
		}));
	});
	return {
		data: {
			kind: "series",
			series: all.slice(0, maxSeries$1).map(({ name, points }) => ({
				name,
				points: thin(points)
			}))
		},
		...all.length > maxSeries$1 ? { left: `the first ${maxSeries$1} of ${all.length} series are here` } : {}
	};
}
function thin(points) {
	const each = Math.ceil(points.length / maxPoints);
	return each <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % each === 0);
}
function toTable(results) {
	const names = new Set(results.flatMap(({ series }) => series.flatMap(({ labels }) => Object.keys(labels))));
	names.delete("__name__");
	const labelNames = [...names].toSorted();
	const valueNames = results.map(({ legend }, index) => nameColumn(legend, index, results.length));
	const rows = /* @__PURE__ */ new Map();
	for (const [index, { series }] of results.entries()) for (const { labels, points } of series) {
		const cells = labelNames.map((name) => labels[name] ?? null);
		const key = JSON.stringify(cells);
		const row = rows.get(key) ?? [...cells, ...valueNames.map(() => null)];
		row[labelNames.length + index] = points.at(-1)?.[1] ?? null;
		rows.set(key, row);
	}
	return {
		data: {
			kind: "table",
			columns: [...labelNames, ...valueNames],
			rows: [...rows.values()].slice(0, maxRows)
		},
		...rows.size > maxRows ? { left: `the first ${maxRows} of ${rows.size} rows are here` } : {}
	};
}
function nameColumn(legend, index, count) {
	if (legend !== void 0 && legend !== "__auto" && !legend.includes("{{")) return legend;
	return count === 1 ? "Value" : `Value ${index + 1}`;
}

// src/verify/measure/panels.ts
const maxConcurrentRequests$1 = 6;
const defaultLimit = 12e5;
const leastRoom = 2e3;
const maxTextLength = 4e3;
async function readPanels(client, dashboards, { range, signal, limit = defaultLimit }) {
	let room = limit;
	const measured = [];
	for (const { uid, title, panels } of dashboards) {
		if (room < leastRoom) break;
		const drawn = await mapLimited(panels, maxConcurrentRequests$1, async (panel) => {
			const full = describePanel(panel, room >= leastRoom && !signal.aborted ? await readData(client, panel, range) : leaveOut(signal));
			const length = JSON.stringify(full).length;
			const kept = length <= room ? full : describePanel(panel, leaveOut(signal));
			room -= Math.min(length, JSON.stringify(kept).length);
			return kept;
		});
		measured.push({
			uid,
			title,
			panels: drawn
		});
	}
	const cut = dashboards.slice(measured.length);
	const cutPanels = cut.reduce((sum, { panels }) => sum + panels.length, 0);
	const left = `${formatCount(cut.length, "dashboard")} with ${formatCount(cutPanels, "panel")} are not drawn: the panels' data has at most ${limit / 1e6} MB`;
	return {
		dashboards: measured,
		left: cut.length > 0 ? left : void 0
	};
}
function leaveOut({ aborted }) {
	return { data: {
		kind: "none",
		why: aborted ? "there was no time left to read it" : "the report has no room for its data"
	} };
}
async function readData(client, { panel, finding, queries }, range) {
	if (panel.type === "text" && panel.look.text !== void 0) return { data: {
		kind: "text",
		text: shorten(panel.look.text, maxTextLength)
	} };
	const why = explainNothing(finding);
	if (why !== void 0) return { data: {
		kind: "none",
		why: limitLine(why)
	} };
	if (queries.length === 0) return { data: {
		kind: "none",
		why: "its queries are too long to send again"
	} };
	const isTable = panel.type === "table" || panel.type === "table-old";
	const shiftMs = parseInterval(panel.timeShift) ?? 0;
	try {
		const series = await client.readPanel(queries.map(({ request }) => toRangeRequest(request, isTable, range.step)), {
			from: String(range.from * 1e3 - shiftMs),
			to: String(range.to * 1e3 - shiftMs)
		});
		const results = queries.map(({ legend }, index) => ({
			legend,
			series: series[index] ?? []
		}));
		return isTable ? toTable(results) : toSeries(results, panel.title);
	} catch (error) {
		return { data: {
			kind: "none",
			why: limitLine(`it could not be read: ${describeError$1(error)}`)
		} };
	}
}
function explainNothing({ status, why }) {
	switch (status) {
		case "data":
		case "partial": return;
		case "static": return "it has no queries";
		case "empty":
		case "error":
		case "unsupported": return why ?? "it has no data";
	}
}
function toRangeRequest(request, isTable, step) {
	const isInstant = isTable || !request.range;
	const kind = {
		instant: isInstant,
		range: !isInstant
	};
	if (isInstant || request.expr.includes("__interval")) return {
		...request,
		...kind
	};
	return {
		...request,
		...kind,
		interval: void 0,
		intervalFactor: void 0,
		intervalMs: step * 1e3
	};
}
function describePanel({ panel, finding }, { data, left }) {
	const { unit, decimals, min, max, thresholds } = panel.look;
	const said = [finding.status === "partial" ? finding.why : void 0, left].filter((text) => text !== void 0).join("; ");
	return {
		id: panel.id,
		title: panel.title,
		type: panel.type,
		grid: panel.grid,
		...unit === void 0 ? {} : { unit },
		...decimals === void 0 ? {} : { decimals },
		...min === void 0 ? {} : { min },
		...max === void 0 ? {} : { max },
		...thresholds.length > 0 ? { thresholds } : {},
		...panel.row === void 0 ? {} : { row: panel.row },
		dead: finding.status === "empty" || finding.status === "error",
		data,
		...said === "" ? {} : { left: limitLine(said) }
	};
}

// src/verify/measure/plots.ts
const maxSeries = 20;
const maxConcurrentRequests = 4;
const most = (expression) => `topk(50, ${expression})`;
const containers = "container!=\"\",container!=\"POD\"";
const namePod = ({ namespace = "", pod = "" }) => `${namespace}/${pod}`;
const kinds = [
	{
		id: "cpu",
		title: "CPU of each pod",
		unit: "cores",
		write: (pods, rateWindow) => most(`sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${pods},${containers}}[${rateWindow}]))`),
		name: namePod,
		resource: "cpu"
	},
	{
		id: "memory",
		title: "Memory of each pod",
		unit: "bytes",
		write: (pods) => most(`sum by (namespace, pod) (container_memory_working_set_bytes{${pods},${containers}})`),
		name: namePod,
		resource: "memory"
	},
	{
		id: "restarts",
		title: "Restarts of each pod's containers",
		unit: "count",
		write: (pods) => most(`sum by (namespace, pod) (kube_pod_container_status_restarts_total{${pods}})`),
		name: namePod
	},
	{
		id: "series",
		title: "Series in Prometheus' head block",
		unit: "count",
		write: () => most("max by (instance) (prometheus_tsdb_head_series)"),
		name: ({ instance = "" }) => instance
	},
	{
		id: "scrape-duration",
		title: "The longest scrape of each job",
		unit: "seconds",
		write: () => most("max by (job) (scrape_duration_seconds)"),
		name: ({ job = "" }) => job
	},
	{
		id: "targets-up",
		title: "Targets of each job that are up",
		unit: "count",
		write: () => most("sum by (job) (up)"),
		name: ({ job = "" }) => job
	},
	{
		id: "alerts",
		title: "Pending and firing alerts",
		unit: "count",
		write: () => most("count by (alertname, alertstate) (ALERTS)"),
		name: ({ alertname = "", alertstate = "" }) => `${alertname} (${alertstate})`
	}
];
async function readPlots(prometheus, { range, namespaces }) {
	const missing = [];
	const limiter = createLimiter(maxConcurrentRequests);
	const read = async (what, request) => await limiter(request).catch((error) => {
		missing.push(`${what}: ${describeError$1(error)}`);
	});
	const pods = `namespace=~"${namespaces.join("|")}"`;
	const rateWindow = await chooseRateWindow(prometheus);
	const bounds = readBounds(pods, (expression) => read("the requests and limits", () => prometheus.query(expression)));
	const plots = await Promise.all(kinds.map(async (kind) => {
		const query = kind.write(pods, rateWindow);
		return {
			kind,
			query,
			series: await read(`the plot ${kind.id}`, () => queryRange(prometheus, query, range)) ?? []
		};
	}));
	const podBounds = await bounds;
	return {
		plots: plots.flatMap(({ kind, query, series }) => series.length === 0 ? [] : [toPlot(kind, query, series, podBounds)]),
		missing: [...new Set(missing)]
	};
}
async function chooseRateWindow(prometheus) {
	const config = await prometheus.config().catch(() => void 0);
	const intervals = [config?.global?.scrape_interval ?? "1m", ...(config?.scrape_configs ?? []).flatMap(({ job_name, scrape_interval }) => job_name.includes("cadvisor") ? scrape_interval ?? [] : [])];
	const longestMs = Math.max(...intervals.map((interval) => parseDuration(interval) ?? 6e4));
	return `${Math.ceil(longestMs / 250)}s`;
}
function toPlot({ id, title, unit, name, resource }, query, series, podBounds) {
	const named = series.map(({ labels, points }) => ({
		name: name(labels),
		labels,
		points
	}));
	const kept = named.toSorted((a, b) => findLargest(b) - findLargest(a)).slice(0, maxSeries).toSorted((a, b) => a.name < b.name ? -1 : 1);
	const bounds = kept.flatMap(({ name: seriesName }) => {
		const bound = resource && podBounds.get(seriesName)?.[resource];
		return bound ? [{
			series: seriesName,
			...bound
		}] : [];
	});
	const cutCount = named.length - kept.length;
	return {
		id,
		title,
		unit,
		query,
		series: kept,
		...bounds.length > 0 ? { bounds } : {},
		...cutCount > 0 ? { left: `${formatCount(cutCount, "series")} with smaller values of ${named.length} are not here` } : {}
	};
}
function findLargest({ points }) {
	return points.reduce((largest, [, value]) => Math.max(largest, value ?? largest), Number.NEGATIVE_INFINITY);
}
async function readBounds(pods, ask) {
	const ofResource = (metric) => `(${metric}{${pods},resource=~"cpu|memory"})`;
	const limits = ofResource("kube_pod_container_resource_limits");
	const [requestSamples, limitSamples, limitCounts, containerCounts] = await Promise.all([
		ask(`sum by (namespace, pod, resource) ${ofResource("kube_pod_container_resource_requests")}`),
		ask(`sum by (namespace, pod, resource) ${limits}`),
		ask(`count by (namespace, pod, resource) ${limits}`),
		ask(`count by (namespace, pod) (kube_pod_container_info{${pods}})`)
	]);
	const containerCount = new Map((containerCounts ?? []).map(({ labels, value }) => [namePod(labels), value]));
	const limitCount = new Map((limitCounts ?? []).map(({ labels, value }) => [nameResource(labels), value]));
	const bounds = /* @__PURE__ */ new Map();
	const add = (samples, key) => {
		for (const { labels, value } of samples ?? []) {
			const pod = namePod(labels);
			const resource = labels["resource"] === "cpu" ? "cpu" : "memory";
			if (key === "limit" && limitCount.get(nameResource(labels)) !== containerCount.get(pod)) continue;
			const former = bounds.get(pod) ?? {};
			const bound = {
				request: void 0,
				limit: void 0,
				...former[resource],
				[key]: value
			};
			bounds.set(pod, {
				...former,
				[resource]: bound
			});
		}
	};
	add(requestSamples, "request");
	add(limitSamples, "limit");
	return bounds;
}
function nameResource(labels) {
	return `${namePod(labels)} ${labels["resource"] ?? ""}`;
}

// src/app/verify/measure.ts
const limitMs$1 = 3e3;
const longestRangeMs = 36e5;
async function tryMeasurements(session, record) {
	const { context, draft } = session;
	const { signal, host, log } = context;
	if (signal.aborted) return;
	try {
		const limited = {
			...context,
			signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs$1)])
		};
		const stack = await connectToStack({
			...session,
			context: limited
		}, record);
		const nowMs = host.now();
		const range = createRange(Math.max(Date.parse(record.deployedAt), nowMs - longestRangeMs), nowMs);
		const [{ plots, missing }, { dashboards, left }] = await Promise.all([measureStack(stack, range), measureDashboards(session, stack, range)]);
		const said = [missing.length > 0 ? `not read: ${formatList(missing, 3)}` : void 0, left].filter((text) => text !== void 0).join("; ");
		if (plots.length === 0 && dashboards.length === 0 && said === "") return;
		draft.measurements = {
			from: (/* @__PURE__ */ new Date(range.from * 1e3)).toISOString(),
			to: (/* @__PURE__ */ new Date(range.to * 1e3)).toISOString(),
			plots,
			dashboards,
			...said === "" ? {} : { left: said }
		};
	} catch (error) {
		log.debug(`the measurements for the report were not read: ${describeError$1(error)}`);
	}
}
async function measureStack(stack, range) {
	if (stack.prometheus === void 0) return {
		plots: [],
		missing: []
	};
	const { namespace } = stack.prometheus.service;
	const namespaces = [.../* @__PURE__ */ new Set([namespace, ...listNamespaces(stack.rendered)])];
	return await readPlots(createPrometheusClient(stack.context, stack.prometheus), {
		range,
		namespaces
	});
}
async function measureDashboards({ progress }, { context, grafana }, range) {
	const { drawable = [] } = progress.findings;
	if (grafana === void 0) return {
		dashboards: [],
		left: void 0
	};
	return await readPanels(createGrafanaClient(context, grafana), drawable, {
		range,
		signal: context.signal
	});
}

// src/app/verify/take-inventory.ts
const limitMs = 1e3;
async function tryInventory(session, record) {
	const { context, draft } = session;
	const { signal, host, log } = context;
	if (record.services.prometheus === void 0 || signal.aborted) return;
	try {
		const limited = {
			...context,
			signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
		};
		const stack = await connectToStack({
			...session,
			context: limited
		}, record);
		if (stack.prometheus === void 0) return;
		const inventory = await readInventory(createPrometheusClient(stack.context, stack.prometheus));
		draft.inventory = {
			takenAt: new Date(host.now()).toISOString(),
			...inventory
		};
	} catch (error) {
		log.debug(`what Prometheus holds was not read: ${describeError$1(error)}`);
	}
}

// src/app/verify/watch.ts
const maximumKept = 1e3;
async function watch(session, record, options) {
	const { context } = session;
	const stack = await connectToStack({
		...session,
		context: {
			...context,
			span: void 0
		}
	}, record);
	const state = {
		states: /* @__PURE__ */ new Map(),
		rounds: 0,
		failedRounds: 0,
		history: [],
		changes: []
	};
	const endMs = options.forMs === void 0 ? Number.POSITIVE_INFINITY : context.host.now() + options.forMs;
	let verified = false;
	while (true) {
		const startedMs = context.host.now();
		const round = await runRound(session, stack, options).catch((error) => {
			if (context.signal.aborted && state.rounds > 0) return void 0;
			throw error;
		});
		if (round === void 0) break;
		verified = isVerified(round.results);
		recordRound(session, state, round, {
			began: startedMs,
			verified
		});
		saveRound(session, state, round, options);
		const nextMs = startedMs + options.everyMs;
		if (nextMs >= endMs) break;
		await context.host.sleep(Math.max(0, nextMs - context.host.now()), context.signal).catch(() => void 0);
		if (context.signal.aborted) break;
	}
	const { rounds, failedRounds } = state;
	context.log.info(`watched ${formatCount(rounds, "round")}: ${failedRounds === 0 ? "all good" : `${failedRounds} not verified`}`);
	return verified;
}
async function runRound(session, stack, { everyMs }) {
	const { verify: verifyConfig, timeouts } = session.loaded.config;
	const deadlineMs = Math.min(timeouts.verifyMs, everyMs);
	return await runChecks(stack, {
		checks: listChecks(session, stack).map((check) => ({
			...check,
			withinMs: check.withinMs === void 0 ? void 0 : Math.min(check.withinMs, everyMs)
		})),
		others: [...endChecks, ...checklistPoints].map(({ id }) => id),
		only: verifyConfig.only,
		skip: verifyConfig.skip,
		deadlineMs,
		lingerMs: deadlineMs
	});
}
function recordRound({ context: { host, log } }, state, { results }, { began: startedMs, verified }) {
	const times = {
		began: startedMs,
		ended: host.now()
	};
	for (const result of results) recordChange(log, state, result, times);
	state.rounds += 1;
	if (!verified) state.failedRounds += 1;
	const failed = results.filter((result) => result.severity === "error" && isBad(result)).map(({ id }) => id);
	const startedAt = new Date(startedMs).toISOString();
	addBounded(state.history, {
		startedAt,
		endedAt: new Date(times.ended).toISOString(),
		verified,
		failed
	});
	const passed = results.filter(({ status }) => status === "pass").length;
	const summary = verified ? `verified, ${formatCount(passed, "check")} passed` : `not verified: ${formatFailed(failed)}`;
	log.info(`round ${state.rounds}: ${summary} (${((times.ended - startedMs) / 1e3).toFixed(1)} s)`);
}
function formatFailed(failed) {
	return failed.join(", ") || "no check passed";
}
function recordChange(log, state, result, { began: startedMs, ended: endedMs }) {
	const { id, status } = result;
	const previous = state.states.get(id);
	if (previous?.status === status) return;
	state.states.set(id, {
		status,
		since: startedMs
	});
	const description = describeResult(result);
	if (previous === void 0) {
		if (isBad(result)) log.warn(`${id}: ${status}: ${description}`);
		return;
	}
	const duration = formatDuration(Math.round((startedMs - previous.since) / 1e3) * 1e3);
	const line = `${id}: ${previous.status} -> ${status}, after ${duration}: ${description}`;
	if (isBad(result)) log.warn(line);
	else log.info(line);
	addBounded(state.changes, {
		at: new Date(endedMs).toISOString(),
		check: id,
		from: previous.status,
		to: status,
		said: description
	});
}
function saveRound({ draft, progress }, state, { results, findings }, { everyMs }) {
	const { rounds, failedRounds, history, changes } = state;
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
function addBounded(list, item) {
	list.push(item);
	if (list.length > maximumKept) list.shift();
}
function isBad({ status }) {
	return status === "fail" || status === "error" || status === "warn";
}

// src/report/trace/chrome.ts
const bands = {
	run: "run",
	phase: "phases",
	tool: "tools",
	chart: "charts",
	image: "images",
	cluster: "cluster",
	release: "releases",
	workload: "workloads",
	pod: "pods",
	scrape: "scrapes",
	check: "checks",
	teardown: "teardown"
};
const pid = 1;
function renderChromeTrace({ trace, monstack, mode }) {
	const events = trace === void 0 ? [] : listEvents(trace, `monstack ${mode} ${monstack}`);
	return `${JSON.stringify({
		displayTimeUnit: "ms",
		traceEvents: events
	})}\n`;
}
function listEvents(trace, processName) {
	const byId = new Map(trace.spans.map((span) => [span.id, span]));
	const path = new Set(trace.criticalPath);
	const onPath = trace.criticalPath.flatMap((id) => byId.get(id) ?? []);
	const grouped = Map.groupBy(trace.spans, (span) => findBand(span, byId));
	const threads = [...toLanes("critical path", onPath), ...Object.values(bands).flatMap((band) => toLanes(band, grouped.get(band) ?? []))];
	const beganMs = Math.min(...trace.spans.map(({ startedAt }) => Date.parse(startedAt)));
	return [{
		ph: "M",
		name: "process_name",
		pid,
		tid: 0,
		args: { name: processName }
	}, ...threads.flatMap(({ name, spans }, index) => {
		const tid = index + 1;
		return [
			{
				ph: "M",
				name: "thread_name",
				pid,
				tid,
				args: { name }
			},
			{
				ph: "M",
				name: "thread_sort_index",
				pid,
				tid,
				args: { sort_index: tid }
			},
			...spans.map((span) => toEvent(span, {
				tid,
				beganMs,
				isCritical: path.has(span.id)
			}))
		];
	})];
}
function findBand(span, byId) {
	const parent = span.parent === void 0 ? void 0 : byId.get(span.parent);
	return bands[span.kind] ?? (parent ? findBand(parent, byId) : "run");
}
function toLanes(band, spans) {
	const lanes = [];
	const ordered = spans.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt) || b.endedAt.localeCompare(a.endedAt));
	for (const span of ordered) {
		for (const { open } of lanes) while (open.length > 0 && (open.at(-1)?.endedAt ?? "") <= span.startedAt) open.pop();
		const lane = lanes.find(({ open }) => fits(span, open.at(-1)));
		if (lane === void 0) lanes.push({
			spans: [span],
			open: [span]
		});
		else {
			lane.spans.push(span);
			lane.open.push(span);
		}
	}
	return lanes.map((lane, index) => ({
		name: index === 0 ? band : `${band} ${index + 1}`,
		spans: lane.spans
	}));
}
function fits(span, open) {
	return open === void 0 || span.parent === open.id && span.endedAt <= open.endedAt;
}
function toEvent({ id, name, kind, startedAt, endedAt, attributes }, { tid, beganMs, isCritical }) {
	const ts = (Date.parse(startedAt) - beganMs) * 1e3;
	const dur = (Date.parse(endedAt) - Date.parse(startedAt)) * 1e3;
	const args = {
		...attributes,
		span: id,
		...isCritical ? { critical: true } : {}
	};
	return {
		ph: "X",
		name,
		cat: kind,
		ts,
		dur,
		pid,
		tid,
		args
	};
}

// src/app/write-results.ts
async function makeReportDir({ context, loaded }) {
	const { reportDir } = loaded.config;
	try {
		await context.host.files.mkdir(reportDir);
		await context.host.files.write(join(reportDir, ".writable"), "");
		await context.host.files.remove(join(reportDir, ".writable"));
	} catch (cause) {
		throw new UserError(`the report folder ${reportDir} can't be written to: ${describeError$1(cause)}`, {
			fix: "name another with --report-dir (input report-dir)",
			cause
		});
	}
}
async function tryReport({ context, loaded, program }, results) {
	const { reportDir } = loaded.config;
	try {
		if (!await writeReport(context.host, {
			dir: reportDir,
			bundle: program.folder,
			reporters: loaded.config.reporters,
			cwd: loaded.cwd
		}, results)) context.log.warn(`no report.html: ${program.folder} is not built; run \`npm run build\``);
	} catch (error) {
		context.log.error(`the report could not be written to ${reportDir}: ${describeError$1(error)}`);
	}
}
async function tryTrace({ context }, results, file) {
	try {
		await context.host.files.write(file, renderChromeTrace(results));
		context.log.info(`trace: ${file}`);
	} catch (error) {
		context.log.error(`the trace could not be written to ${file}: ${describeError$1(error)}`);
	}
}
function toResults(session, mode, verified, decidedMs) {
	const { context, loaded, recorder, tracer, draft } = session;
	return {
		schemaVersion: 2,
		monstack: session.version,
		mode,
		verified,
		startedAt: recorder.startedAt,
		endedAt: new Date(context.host.now()).toISOString(),
		profile: loaded.config.profile,
		phases: recorder.phases,
		trace: buildTrace(tracer.read(), decidedMs),
		...draft,
		warnings: [...loaded.warnings, ...draft.warnings]
	};
}

// src/app/job.ts
async function runJob(session, job) {
	const { context, loaded, draft } = session;
	if (job.mode !== "down") await makeReportDir(session);
	let stack;
	let verified = false;
	let error;
	const ownership = { began: false };
	try {
		for (const warning of loaded.warnings) context.log.warn(warning);
		if (job.mode === "verify" || job.mode === "checklist") stack = await findStack(session);
		let verification;
		if (job.mode === "up" || job.mode === "run") ({stack, verification} = await bringUp(session, job, ownership));
		if (hasVerification(job)) {
			if (stack) verified = await (verification ?? checkStack(session, stack, job));
			if (stack) await Promise.all([tryInventory(session, stack), tryMeasurements(session, stack)]);
			if (stack && verified) await job.whenVerified?.(stack);
		}
	} catch (thrown) {
		error = explainSystemError(context.signal.aborted ? findAbortError(context.signal) : thrown);
		draft.failure = describeFailure(error);
	}
	const decidedMs = job.mode === "down" ? void 0 : session.progress.decidedMs ?? context.host.now();
	const unverified = hasVerification(job) && !verified;
	if (error !== void 0 || unverified && isUnexplained(session)) await explainFailure(session, {
		stack,
		error
	});
	const earlier = hasVerification(job) ? findBaseline(session, job.findEarlier) : void 0;
	const failed = error !== void 0 || job.mode === "run" && !verified;
	await session.progress.registry?.close();
	if (job.mode === "down" && loaded.config.verify.atEnd) await tryVerifyAtEnd(session);
	if (job.mode === "down" || ownership.began && shouldTearDown(job, failed, error)) {
		if (loaded.config.keep.metrics) await keepMetrics(session);
		await tryDown(session);
	}
	const own = withUsage(toResults(session, job.mode, verified, decidedMs));
	const comparison = compareWithEarlier(own, await earlier);
	const results = redactResults({
		...own,
		comparison
	}, context.log.redactor);
	await tryReport(session, results);
	if (job.traceFile !== void 0) await tryTrace(session, results, job.traceFile);
	return {
		exitCode: computeExitCode(job, results, error),
		results,
		stack,
		error
	};
}
function findAbortError({ reason }) {
	return reason instanceof DOMException ? new Interrupted() : reason;
}
async function findStack({ context, loaded }) {
	const stack = await loadStack(context.host, loaded.config.stateDir);
	for (const secret of stack.plan.secrets ?? []) context.log.mask(secret);
	return stack;
}
function hasVerification(job) {
	return [
		"verify",
		"checklist",
		"run"
	].includes(job.mode) || job.verifyAfterUp;
}
async function checkStack(session, stack, job) {
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
		session.context.log.error(`the stack could not be checked at the end: ${describeError$1(error)}`);
	}
}
function shouldTearDown(job, failed, error) {
	if (job.mode === "verify" || job.mode === "checklist" || failed && job.keepOnFailure) return false;
	return job.mode === "run" || error !== void 0;
}
async function bringUp(session, job, ownership) {
	const { context, loaded, recorder, version } = session;
	const { config } = loaded;
	const { host } = context;
	const { plan: unpinned, login } = await prepare(session);
	const plan = await lockPlan(session, unpinned);
	await refuseValues(session, plan);
	session.draft.profileSettings = plan.profileSettings.map(({ isRequested: _, ...setting }) => setting);
	session.draft.warnings = [...session.draft.warnings, ...plan.notices.map(({ text }) => text)];
	await clearLeftovers(session, job);
	const preflight = config.cluster.kind === "k3s" ? await recorder.phase("preflight", (span) => checkHost({
		...context,
		span
	}, config), () => "the look at this host") : void 0;
	session.draft.adaptations = preflight?.adaptations ?? [];
	if (config.ports.whenBusy === "fail") await choosePorts(context, listExpectedListeners(config, plan), "fail");
	if (plan.alerting.kind === "captured") {
		session.progress.capture = plan.alerting.at;
		await checkReceiverPorts(context, plan.alerting.at);
	}
	const before = await takeSnapshot(host);
	ownership.began = true;
	const owner = config.cluster.kind === "k3s" ? "root" : "user";
	const journal = await openJournal(host, config.stateDir, owner);
	const startedAt = new Date(host.now()).toISOString();
	await journal.append({
		kind: "begin",
		at: startedAt,
		before,
		version
	});
	await journal.append({
		kind: "temporary",
		at: startedAt,
		path: host.temporary.folder
	});
	if (config.keep.data) await journal.append({
		kind: "keep-data",
		at: startedAt
	});
	const input = {
		plan,
		login,
		journal,
		preflight,
		staysUp: job.mode === "up"
	};
	return await startAndVerify(session, input, hasVerification(job));
}
async function clearLeftovers(session, job) {
	const { context, loaded } = session;
	const { stateDir } = loaded.config;
	const [begin] = await readJournal(context.host, stateDir, getKnownPlaces(loaded.config));
	if (begin === void 0) return;
	if (!job.replace) throw new InstallError(`a stack of monstack is here already, since ${begin.at} (its journal is in ${stateDir})`, { fix: "`monstack down` takes it away; `--replace` does so before it starts" });
	context.log.warn(`an earlier run, of ${begin.at}, left a stack behind: taking it down first`);
	const { leaks } = await runTeardown(session);
	if (leaks.length > 0) throw new InstallError(`the earlier stack could not be taken down: ${leaks.map(({ kind, what }) => `${kind} ${what}`).join(", ")} left`);
}
async function tryDown(session) {
	const { context, draft } = session;
	const uninterrupted = {
		...session,
		context: {
			...context,
			signal: new AbortController().signal
		}
	};
	try {
		draft.teardown = await runTeardown(uninterrupted);
	} catch (error) {
		context.log.error(`teardown: ${describeErrorAndFix(explainSystemError(error))}`);
		draft.failure ??= describeFailure(error);
		draft.teardown = {
			leaks: [{
				kind: "path",
				what: `everything in the journal of ${session.loaded.config.stateDir}: ${describeError$1(error)}`
			}],
			kept: []
		};
	}
}
function computeExitCode(job, results, error) {
	if (error instanceof MonstackError) return error.exitCode;
	if (error !== void 0) return exitCode.notInstalled;
	if (hasVerification(job) && !results.verified) return exitCode.notVerified;
	if ((results.watch?.failedRounds ?? 0) > 0) return exitCode.notVerified;
	if (results.atEnd?.verified === false) return exitCode.notVerified;
	return (results.teardown?.leaks.length ?? 0) > 0 ? exitCode.leaked : exitCode.verified;
}
async function runTeardown(session) {
	const { context, loaded, recorder } = session;
	const { stateDir, reportDir, keep } = loaded.config;
	const { leaks, kept } = await recorder.phase("teardown", (span) => tearDown({
		...context,
		span
	}, {
		stateDir,
		keep: [reportDir],
		keepData: keep.data,
		known: getKnownPlaces(loaded.config)
	}));
	for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
	if (leaks.length === 0) context.log.info("torn down, nothing left");
	return {
		leaks,
		kept
	};
}

export { Manifest as A, selectStartedImages as B, lockPlan as C, readManifest$2 as D, readBundle as E, collectWanted as F, isLockedToolFor as G, findMissingRepositories as H, describeLocalSources as I, checkReceiverPorts as J, listAppImages as K, pinCharts as L, manifestName as M, parseLock as N, stageAsIs as O, printLock as P, findDashboardsToTakeOver as R, findSupply as S, requireLockedImages as T, findUnused as U, findMissing as V, getRepository as W, examineHost as X, choosePorts as Y, findContentMistakes as _, describeNamespaces as a, applyLock as b, checkOnDisk as c, fetchChart as d, renderApp as f, prepare as g, listExpectedListeners as h, renderCharts as i, getBlobPart as j, stageCompressed as k, findChartMistakes as l, findMissingNamespaces as m, resolveDigest as n, findMonitorMistakes as o, installTool as p, compareResults as q, refuseChartLinks as r, readDefinitions as s, runJob as t, addDashboards as u, findSchemaMistakes as v, refuseForeignTools as w, createLockError as x, createObjectMeans as y, isK3sImage as z };