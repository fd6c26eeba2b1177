import { $ as openSession, $n as lockFileName, $o as Silence, $r as supplySettings, A as getMarkerPath, Ao as checklistPoints, Bi as selectFindings, Ca as formatImageRef, Ci as formatChange, Co as parseData, Cs as readText, Ct as findUnreadValues, D as decodeVersion, Do as didYouMean, Ds as writeTarFile, Ei as toResultsJsonSchema, Es as tarEnd, Et as refuseCharts, F as readSlot, Fi as sanitizeMessage, Fs as require_dist, Gi as listReasons, Gt as HttpStatusError, Ha as operatorGroup, Hi as formatPlace, Hr as listValuesFiles, I as fetchK3sImageList, Ii as sanitizeText, Jn as getDefaultApps, Ka as readYaml, Ki as summarizeVerdict, L as fetchPublishedTool, La as connectToCluster, Li as showControls, Lr as getProgram, M as ownPrefix, Mo as recordBackup, N as readLabel, Ni as renderTable, Ns as parseDocuments, Oa as joinBelow, Oo as findNearestWord, Os as inspectServer, Pi as sanitizeJson, Po as journalName, Pt as readArchive, Qa as mapLimited, Qn as findLockedDashboard, Qo as restoreBlocks, Qr as settings$1, Qt as openSupply, R as getChecksumsFolder, Ra as checklistChecks, Ri as listFindings, Rn as createRedactor, Si as describeComparison, Ss as readArchiveFiles, Ta as toContainerdName, To as showPath, Tr as locateUnknownValues, Ui as formatSpan, Vi as describeOutcome, Wi as isBad, Wr as placeInApp, X as explainSystemError, Xr as listSettingNames, Yt as createWeb, Z as createHost, Zn as findLockedChart, Zr as overrides, _ as getBlobPath, _i as renderMergedJunit, _s as Folder, ai as keepSettings, an as getToolCacheFolder, ar as findLackingRights, as as showUrl, at as loadConfig, b as getNotesFolder, bi as maxSummaryBytes, bs as createGrafanaApi, bt as describeUnknownValue, c as getTextPath, ci as resolveReferences, cn as withPrivateCache, cr as groupIntoRuleSets, cs as getOwnValue, ct as formatFlowValue, da as allChecks, dn as listUnknownValues, ds as isMapping, ei as toolSettings, es as restoreSilences, fa as endChecks, fn as hasSameWords, ft as connectToStack, gs as withValue, hs as replaceValueAt, ii as checklistSettings, in as getCacheFolder, jo as loadStack, ks as queryValue, kt as findCachedArchive, li as accessSettings, lr as printRoles, mi as reportFiles, ms as parseKeyPath, n as formatMessage, ni as stackSettings, ns as waitUntilAllRespond, oi as alertingSettings, or as listNeededRights, os as formatKeyPath, ot as createFileSchema, p as ImageNote, pi as redactTexts, pn as isSwitch, po as formatChart, qn as defaultVersions, r as readResults, ri as checkSettings, rt as version, s as fetchDashboard, si as dashboardSettings, sn as refuseShared, sr as rightsFix, ti as storageSettings, tr as toLockJsonSchema, ts as restoreGrafana, ui as formatResults, un as readChartSource, ur as listNamespaces, ut as createBackup, v as getImagesFolder, va as listHostPaths, vs as StoredDashboard, wa as parseImageRef, wi as formatComparison, wr as laterCommands, ws as paths, wt as locateChart, xa as resolveK3sSettings, xi as areaHeadings, xs as checkArchive, xt as findRefusal, y as getIncomingFolder, yi as renderSummary, yn as mergeUserValues, yo as duration, ys as StoredDatasource, yt as describeDeprecation, zi as rankLogged, zn as listMaskCommands } from "./known.js";
import { _ as describeError, a as formatList, d as tryParseJson, g as UserError, h as MonstackError, i as formatCount, p as InstallError, s as limitLine, u as splitNul, y as exitCode } from "./text.js";
import { A as int, D as boolean, E as array, F as object, P as number, W as toJSONSchema, j as literal, z as string } from "./endpoints.js";
import { t as formatBytes } from "./quantity.js";
import { r as yieldEachOnce } from "./memory.js";
import { A as Manifest, B as selectStartedImages, C as lockPlan, D as readManifest, E as readBundle, F as collectWanted, G as isLockedToolFor, H as findMissingRepositories, I as describeLocalSources, J as checkReceiverPorts, K as listAppImages, L as pinCharts, M as manifestName, N as parseLock, O as stageAsIs, P as printLock, R as findDashboardsToTakeOver, S as findSupply, T as requireLockedImages, U as findUnused, V as findMissing, W as getRepository, X as examineHost, Y as choosePorts, _ as findContentMistakes, a as describeNamespaces, b as applyLock, c as checkOnDisk, d as fetchChart, f as renderApp, g as prepare, h as listExpectedListeners, i as renderCharts, j as getBlobPart, k as stageCompressed, l as findChartMistakes, m as findMissingNamespaces, n as resolveDigest, o as findMonitorMistakes, p as installTool, q as compareResults, r as refuseChartLinks, s as readDefinitions, t as runJob, u as addDashboards, v as findSchemaMistakes, w as refuseForeignTools, x as createLockError, y as createObjectMeans, z as isK3sImage } from "./job.js";
import path, { basename, dirname, extname, join, posix, relative, resolve } from "node:path";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import fs, { fstatSync } from "node:fs";
import { createServer } from "node:http";
import { EventEmitter } from "node:events";
import { inspect, isDeepStrictEqual, stripVTControlCharacters, styleText } from "node:util";
import { readFile, readdir } from "node:fs/promises";
import proc from "node:child_process";
import process$1 from "node:process";

// src/backup/restore.ts
async function restoreBackup(target, file) {
	const { context, prometheus } = target;
	const manifest = await checkArchive(context.host, file);
	if (prometheus === void 0) throw new UserError("the stack has no Prometheus to restore into");
	await waitUntilAllRespond(target);
	const server = await inspectServer(context, prometheus);
	const { grafana, silences } = await readContents(context, file);
	warnOfLosses(target, manifest, server);
	const restored = {
		manifest,
		blocks: await restoreBlocks(target, prometheus, {
			file,
			manifest,
			dataDir: server.dataDir
		}),
		grafana: target.grafana && await restoreGrafana(createGrafanaApi(context, target.grafana), grafana),
		silences: target.alertmanager && await restoreSilences(context, target.alertmanager, silences)
	};
	await waitForProbeValue(context, prometheus, manifest);
	return restored;
}
function warnOfLosses({ context: { host, log }, grafana, alertmanager }, manifest, server) {
	const { retentionMs } = server;
	const expiredBlocks = manifest.prometheus.blocks.filter(({ to }) => retentionMs !== void 0 && host.now() - Date.parse(to) >= retentionMs);
	if (expiredBlocks.length > 0 && retentionMs !== void 0) {
		const days = (retentionMs / 864e5).toFixed(1).replace(/\.0$/, "");
		log.warn(`Prometheus keeps samples for ${days} days, so that it will delete ${expiredBlocks.length} of ${manifest.prometheus.blocks.length} blocks when it has written a newer one, in two to three hours: a longer server.retention keeps them`);
	}
	if (manifest.grafana !== void 0 && grafana === void 0) log.warn(`the stack has no Grafana: ${manifest.grafana.dashboards} dashboards are left out`);
	if ((manifest.alertmanager?.silences ?? 0) > 0 && alertmanager === void 0) log.warn(`the stack has no Alertmanager: ${manifest.alertmanager?.silences} silences are left out`);
}
async function readContents({ host }, file) {
	const folders = [];
	const datasources = [];
	const dashboards = [];
	let silences = [];
	for await (const entry of readArchiveFiles(host, file)) {
		const { name } = entry;
		if (!name.startsWith("grafana/") && name !== paths.silences) continue;
		const data = JSON.parse(await readText(entry));
		if (name === paths.silences) silences = Silence.array().parse(data);
		else if (name.startsWith("grafana/folders/")) folders.push(Folder.parse(data));
		else if (name.startsWith("grafana/datasources/")) datasources.push(StoredDatasource.parse(data));
		else dashboards.push(StoredDashboard.parse(data));
	}
	return {
		grafana: {
			folders,
			datasources,
			dashboards
		},
		silences
	};
}
const reloadTimeoutMs = 18e4;
const pollMs = 1e3;
async function waitForProbeValue(context, prometheus, { prometheus: { probe } }) {
	const { host, log, signal } = context;
	const { query, time, value } = probe;
	const deadline = host.now() + reloadTimeoutMs;
	log.info("waiting until Prometheus has taken up the blocks, which it does once a minute");
	let latestValue = "nothing";
	for (;;) {
		latestValue = await queryValue(context, prometheus, query, time) ?? "nothing";
		if (latestValue === value) return;
		if (host.now() >= deadline) break;
		await host.sleep(pollMs, signal);
	}
	throw new InstallError(`the blocks are in Prometheus' data folder, but ${query} at ${(/* @__PURE__ */ new Date(time * 1e3)).toISOString()} is ${latestValue} after ${reloadTimeoutMs / 1e3} s, not ${value}`, { fix: "its log says why it does not take them up: look for `block`" });
}

// src/cli/command.ts
function defineCommand({ read, run, ...definition }) {
	return {
		...definition,
		prepare: (flags, operands) => {
			const input = read(flags, operands);
			return {
				input,
				run: (call) => run(call, input)
			};
		}
	};
}
function parseDurationFlag(text, flag) {
	const parsed = parseData(duration, text);
	if ("value" in parsed) return parsed.value;
	throw new UserError(`${flag}: ${parsed.problems[0]?.message}`);
}
const commonSettings = [
	"app-dir",
	"state-dir",
	"trust",
	"env"
];
const planSettings = orderSettings(commonSettings, listNames(stackSettings), listNames(storageSettings), listNames(toolSettings), listNames(supplySettings), listNames(alertingSettings), listNames(dashboardSettings), listNames(accessSettings).filter((name) => ![
	"verify-timeout",
	"report-dir",
	"reporter"
].includes(name)));
function listNames(settings) {
	return Object.keys(settings);
}
function orderSettings(...lists) {
	const listed = new Set(lists.flat());
	return listSettingNames().filter((name) => listed.has(name));
}

// src/cli/commands/backup.ts
const backupCommand = defineCommand({
	name: "backup",
	summary: "write the metrics, dashboards and silences of the stack that `up` left running into one archive",
	flags: [{
		term: "-o, --output <FILE>",
		help: "The archive to write; default monstack-backup-TIME.tar.gz in this folder",
		completion: "files"
	}],
	settings: commonSettings,
	examples: [["monstack backup -o before-upgrade.tar.gz", "`monstack restore` reads it"]],
	read: ({ output }) => {
		const time = (/* @__PURE__ */ new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
		return resolve(output ?? `monstack-backup-${time}.tar.gz`);
	},
	run: ({ withSession, print }, file) => withSession((session) => writeBackup(session, file, print), { writes: file })
});
const restoreCommand = defineCommand({
	name: "restore",
	summary: "put the content of a backup into the stack that `up` left running",
	operand: {
		term: "<FILE>",
		help: "the archive to restore",
		completion: "files"
	},
	settings: commonSettings,
	examples: [["monstack restore before-upgrade.tar.gz", "what is in the stack already stays"]],
	read: (_, [file = ""]) => resolve(file),
	run: ({ withSession, print }, file) => withSession((session) => restoreAndPrint(session, file, print))
});
async function writeBackup(session, file, print) {
	const { host, log } = session.context;
	const { stateDir } = session.loaded.config;
	const stack = await loadStack(host, stateDir);
	const { manifest, kept } = await createBackup(session, stack, file);
	await recordBackup(host, stateDir, file).catch((error) => log.warn(`the checklist won't find this backup by itself: ${describeError(error)}`));
	const { grafana, alertmanager, prometheus } = manifest;
	print(`backup: ${file} (${formatBytes(kept.bytes)})\n`);
	print(`  Prometheus    ${formatCount(prometheus.blocks.length, "block")}, ${kept.series} series, ${kept.from} to ${kept.to}\n`);
	if (grafana !== void 0) {
		const { dashboards, folders, datasources } = grafana;
		print(`  Grafana       ${formatCount(dashboards, "dashboard")}, ${formatCount(folders, "folder")}, ${formatCount(datasources, "datasource")} (without their secrets)\n`);
	}
	if (alertmanager !== void 0) print(`  Alertmanager  ${formatCount(alertmanager.silences, "silence")}\n`);
	return exitCode.verified;
}
async function restoreAndPrint(session, file, print) {
	const { context, loaded } = session;
	const record = await loadStack(context.host, loaded.config.stateDir);
	const failures = printRestored(await restoreBackup(await connectToStack(session, record), file), print);
	for (const failure of failures) context.log.error(`not restored: ${failure}`);
	return failures.length > 0 ? exitCode.notInstalled : exitCode.verified;
}
function printRestored({ manifest, blocks, grafana, silences }, print) {
	const { from, to, probe } = manifest.prometheus;
	print(`restored: the backup of ${manifest.createdAt}, made by monstack ${manifest.monstack}\n`);
	for (const { pod, added, existing } of blocks) {
		const existingNote = existing.length > 0 ? `, ${existing.length} were there already` : "";
		print(`  Prometheus    ${formatCount(added.length, "block")} into pod ${pod}${existingNote}; ${from} to ${to}\n`);
	}
	print(`                ${probe.query} at ${(/* @__PURE__ */ new Date(probe.time * 1e3)).toISOString()} is ${probe.value} again\n`);
	const kinds = [
		[
			"Grafana",
			"folder",
			grafana?.folders
		],
		[
			"Grafana",
			"datasource",
			grafana?.datasources
		],
		[
			"Grafana",
			"dashboard",
			grafana?.dashboards
		],
		[
			"Alertmanager",
			"silence",
			silences
		]
	];
	for (const [server, kind, restored] of kinds) {
		if (restored === void 0) continue;
		const { created, replaced, skipped } = restored;
		print(`  ${server.padEnd(13)} ${formatCount(created.length, kind)} created, ${replaced.length} replaced, ${skipped.length} skipped\n`);
		for (const name of skipped) print(`                  skipped: ${name}\n`);
	}
	for (const name of grafana?.withoutSecrets ?? []) print(`  to be set by hand, since a backup contains no secrets: datasource ${name}\n`);
	return kinds.flatMap(([server, kind, restored]) => (restored?.failed ?? []).map((name) => `${server}'s ${kind} ${name}`));
}

// src/bundle/containerd.ts
async function listStoredImages(context, containerd) {
	return parseRows(await runCtr(context, containerd, ["images", "ls"])).flatMap(([ref, , digest]) => ref !== void 0 && digest !== void 0 ? [{
		ref,
		digest
	}] : []);
}
async function listUsedImages(context, containerd) {
	const rows = parseRows(await runCtr(context, containerd, ["containers", "ls"]));
	return [...new Set(rows.flatMap(([, image]) => image ?? []))];
}
async function runCtr({ host }, { k3s, dataDir }, args) {
	const { stdout } = await host.exec([
		k3s,
		"ctr",
		"--namespace",
		"k8s.io",
		...args
	], {
		root: true,
		env: { K3S_DATA_DIR: dataDir }
	});
	return stdout;
}
function parseRows(table) {
	return table.split("\n").filter((line) => line.trim() !== "").slice(1).map((line) => line.trim().split(/\s+/));
}
async function refuseStrangers(context, containerd, lock) {
	const strangers = findUnlockedImagesInUse(lock, await listStoredImages(context, containerd), await listUsedImages(context, containerd));
	if (strangers.length === 0) return;
	throw new InstallError(`these images run, and the lock that the bundle would have does not name them: ${strangers.join(", ")}`, { fix: "`monstack lock` adds what the charts name; of pods that something else starts, name the image in a chart's values" });
}
function findUnlockedImagesInUse({ images, unlocked = [] }, stored, used) {
	const named = new Set([...images, ...unlocked].map(({ image }) => toContainerdName(image)));
	const known = new Set(stored.filter(({ ref }) => named.has(ref)).map(({ digest }) => digest));
	return [...new Set(used.map((ref) => stored.find((one) => one.ref === ref)?.digest ?? ref))].filter((digest) => !known.has(digest)).map((digest) => nameOf(stored, digest)).sort();
}
function nameOf(stored, digest) {
	const refs = stored.filter((one) => one.digest === digest).map(({ ref }) => ref);
	return refs.find((ref) => !/@|^sha256:/.test(ref)) ?? refs[0] ?? digest;
}

// src/bundle/stage.ts
async function stageTools({ host }, lock, tools, folder) {
	const staged = [];
	for (const { name, path: program, origin } of tools) {
		const locked = lock.tools[name];
		if (origin === "path" || locked === void 0) continue;
		const path = `tools/${name}.zst`;
		const part = await stageCompressed(host, path, host.files.stream(program), join(folder, path));
		staged.push({
			what: {
				name,
				version: locked.version,
				path,
				download: locked[host.arch]
			},
			part
		});
	}
	return staged;
}
async function stageCharts(context, { charts }, used) {
	const staged = [];
	for (const what of charts.filter(({ sha256 }) => used.has(sha256))) {
		const file = await findCachedArchive(context, what.sha256);
		if (file === void 0) throw createLostContentError(`chart ${what.name || what.from} ${what.version}`);
		staged.push({
			what,
			part: await stageAsIs(context.host, `charts/${what.sha256}.tgz`, file)
		});
	}
	return staged;
}
async function stageDashboards({ host }, { dashboards }, used) {
	const staged = [];
	for (const what of dashboards.filter(({ sha256 }) => used.has(sha256))) {
		const file = getTextPath(host, what.sha256);
		if (!await host.files.exists(file)) throw createLostContentError(`dashboard ${what.from}`);
		const part = await stageAsIs(host, `dashboards/${what.sha256}.json`, file);
		if (part.sha256 !== what.sha256) throw createLostContentError(`dashboard ${what.from}`);
		staged.push({
			what,
			part
		});
	}
	return staged;
}
async function stageBlobs({ host, signal }, images) {
	const staged = /* @__PURE__ */ new Map();
	for (const { image, blobs } of images) for (const digest of blobs) {
		signal.throwIfAborted();
		if (staged.has(digest)) continue;
		const file = getBlobPath(host, digest);
		const part = await host.files.exists(file) ? await stageAsIs(host, getBlobPart(digest), file) : void 0;
		if (part === void 0 || `sha256:${part.sha256}` !== digest) throw createLostContentError(`${digest} of the image ${image}`);
		staged.set(digest, part);
	}
	return [...staged.values()];
}
function createLostContentError(what) {
	return new InstallError(`${what} is not in the cache any more, or not as it was put there`, { fix: "try again, and let nothing clear the cache meanwhile" });
}

// src/bundle/create.ts
async function createBundle$1(context, file, source) {
	const { host } = context;
	const { lock, used, images, containerd } = source;
	await refuseStrangers(context, containerd, lock);
	return await host.files.withTemp("monstack-bundle-", async (folder) => {
		const stock = {
			tools: await stageTools(context, lock, source.tools, folder),
			charts: await stageCharts(context, lock, used),
			dashboards: await stageDashboards(context, lock, used),
			images: images.map(({ image, digest, blobs }) => ({
				image,
				digest,
				blobs: [...blobs]
			})),
			blobs: await stageBlobs(context, images)
		};
		const lockFile = join(folder, lockFileName);
		await host.files.write(lockFile, printLock(lockOf(lock, stock)));
		const parts = [
			await stageAsIs(host, lockFileName, lockFile),
			...[
				...stock.tools,
				...stock.charts,
				...stock.dashboards
			].map(({ part }) => part),
			...stock.blobs
		];
		const once = [...new Map(parts.map((part) => [part.path, part])).values()];
		return await writeBundle(host, file, createManifest(context, source, stock), once);
	});
}
function lockOf(lock, { tools, charts, dashboards, images }) {
	return {
		...lock,
		tools: Object.fromEntries(tools.map(({ what: { name } }) => [name, lock.tools[name]])),
		charts: charts.map(({ what }) => what),
		dashboards: dashboards.map(({ what }) => what),
		images: images.map(({ image, digest }) => ({
			image,
			digest
		}))
	};
}
function createManifest({ host }, source, stock) {
	const { lock, verified, monstack } = source;
	return {
		format: 2,
		monstack,
		createdAt: new Date(host.now()).toISOString(),
		arch: host.arch,
		profile: lock.profile,
		verified,
		tools: stock.tools.map(({ what }) => what),
		charts: stock.charts.map(({ what: { name, from, version }, part }) => ({
			name: name || from,
			version,
			path: part.path
		})),
		dashboards: stock.dashboards.map(({ what: { from, revision }, part }) => ({
			from,
			...revision === void 0 ? {} : { revision },
			path: part.path
		})),
		images: stock.images
	};
}
async function writeBundle(host, file, about, staged) {
	const parts = staged.map(({ file: _, ...part }) => part);
	const manifest = Manifest.parse({
		...about,
		parts
	});
	const text = Buffer.from(`${JSON.stringify(manifest, void 0, 2)}\n`);
	let bytes = 0;
	const counted = async function* () {
		for await (const piece of createTar(host, text, staged)) {
			bytes += piece.byteLength;
			yield piece;
		}
	};
	await host.files.write(file, counted());
	return {
		manifest,
		bytes
	};
}
async function* createTar(host, manifest, staged) {
	const modifiedAt = host.now();
	yield* writeTarFile({
		name: manifestName,
		size: manifest.byteLength,
		modifiedAt
	}, [manifest]);
	for (const { path, bytes, file } of staged) yield* writeTarFile({
		name: path,
		size: bytes,
		modifiedAt
	}, yieldEachOnce(host.files.stream(file)));
	yield tarEnd;
}

// src/lock/update.ts
function selectUpdates(update, wanted, lock) {
	if (update.kind !== "named") return () => update.kind === "all";
	const imageNames = [...lock?.images ?? [], ...lock?.unlocked ?? []].flatMap(({ image }) => listImageNames(image));
	const knownNames = [
		...wanted.tools.map(({ name }) => name),
		...wanted.charts.map(({ app }) => app),
		...wanted.dashboards.map(({ from }) => from),
		...imageNames
	];
	const chosenNames = update.names.map((name) => {
		const fullName = [name, ...listFullNames(name)].find((candidate) => knownNames.includes(candidate));
		if (fullName !== void 0) return fullName;
		throw new UserError(`--update ${name}: nothing of that name is locked; ${didYouMean(name, knownNames)}`);
	});
	return (...names) => names.some((name) => chosenNames.includes(name));
}
function listImageNames(image) {
	return [image, getRepository(image)];
}
function listFullNames(name) {
	try {
		const repository = getRepository(name);
		const [untagged = "", ...digest] = name.split("@");
		return [`${repository}${[/:[^:/]+$/.exec(untagged)?.[0] ?? "", ...digest].join("@")}`];
	} catch {
		return [];
	}
}

// src/lockfile/changes.ts
function describeChanges(old, lock) {
	const oldEntries = groupByName(old === void 0 ? [] : listEntries(old));
	const newEntries = groupByName(listEntries(lock));
	return [.../* @__PURE__ */ new Set([...oldEntries.keys(), ...newEntries.keys()])].flatMap((name) => {
		const [oldEntry, newEntry] = [oldEntries.get(name), newEntries.get(name)];
		if (oldEntry === void 0) return newEntry === void 0 ? [] : [`+ ${newEntry.what} ${newEntry.value}`];
		if (newEntry === void 0) return [`- ${oldEntry.what} ${oldEntry.value}`];
		if (oldEntry.value !== newEntry.value) return [`~ ${newEntry.what} ${oldEntry.value} -> ${newEntry.value}`];
		return oldEntry.bytes === newEntry.bytes ? [] : [`~ ${newEntry.what} ${newEntry.value}: other bytes under the same name`];
	});
}
function listEntries({ profile, tools, charts, dashboards, images, unlocked = [] }) {
	return [
		{
			what: "profile",
			value: profile,
			bytes: profile
		},
		...[
			"k3s",
			"helm",
			"kubectl"
		].flatMap((what) => {
			const tool = tools[what];
			return tool ? [{
				what,
				value: tool.version,
				bytes: tool.amd64.sha256 + tool.arm64.sha256
			}] : [];
		}),
		...charts.map(({ name, from, version, sha256 }) => ({
			what: `chart ${name || from}`,
			value: version,
			bytes: sha256
		})),
		...dashboards.map(({ from, revision, sha256 }) => ({
			what: `dashboard ${from}`,
			value: revision === void 0 ? shortenDigest$1(sha256) : `revision ${revision}`,
			bytes: sha256
		})),
		...images.map(({ image, digest }) => ({
			what: `image ${image}`,
			value: shortenDigest$1(digest),
			bytes: digest
		})),
		...unlocked.map(({ image }) => ({
			what: `image ${image}`,
			value: "without a digest",
			bytes: ""
		}))
	];
}
function groupByName(entries) {
	const counts = /* @__PURE__ */ new Map();
	return new Map(entries.map((entry) => {
		const count = counts.get(entry.what) ?? 0;
		counts.set(entry.what, count + 1);
		return [`${entry.what} ${count}`, entry];
	}));
}
function shortenDigest$1(digest) {
	const [, algorithm = "sha256:", hex = ""] = /^(sha256:)?([0-9a-f]+)$/.exec(digest) ?? [];
	return `${algorithm}${hex.slice(0, 12)}`;
}

// src/app/downloads/lock-images.ts
const maximumParallel$1 = 4;
async function lockImages({ context, loaded }, apps, draft, wanted, { old, moves }) {
	const { config } = loaded;
	const web = {
		...createWeb(context, config, { supply: openSupply }),
		registries: config.registries
	};
	const k3s = await listK3sImages(web, config, draft, wanted, old);
	const names = [.../* @__PURE__ */ new Set([...apps.flatMap(listAppImages), ...k3s])];
	const results = await mapLimited(names, maximumParallel$1, async (image) => {
		const oldEntry = old?.images.find((one) => one.image === image);
		return oldEntry && !moves(...listImageNames(image)) ? oldEntry : await lockImage(web, config, image);
	});
	const unlocked = results.filter((one) => "why" in one);
	return {
		images: results.filter((one) => "digest" in one),
		...unlocked.length > 0 ? { unlocked } : {}
	};
}
function findUnusedImages(lock, apps, { k3s }) {
	const names = [...lock.images, ...lock.unlocked ?? []].map(({ image }) => image);
	const used = /* @__PURE__ */ new Set([...apps.flatMap(listAppImages), ...lock.tools.k3s ? selectStartedImages(names.filter(isK3sImage), k3s.args) : []]);
	return names.filter((image) => !used.has(image)).map((image) => ({
		text: `the image ${image} is locked, and nothing runs it`,
		at: void 0
	}));
}
async function listK3sImages(web, config, { tools: { k3s } }, { k3sImages: neededRepositories }, old) {
	if (k3s === void 0) return [];
	const list = old?.tools.k3s?.version === k3s.version && findMissingRepositories(old, neededRepositories).length === 0 && old ? old.images.map(({ image }) => image).filter(isK3sImage) : (await fetchK3sImageList(web, k3s.version)).map((image) => formatImageRef(parseImageRef(image)));
	return selectStartedImages(list, config.k3s.args);
}
async function lockImage(web, config, image) {
	const ref = parseImageRef(image);
	if (ref.digest !== void 0) return {
		image,
		digest: ref.digest
	};
	if (ref.registry === "localhost") return {
		image,
		why: "localhost is not a registry"
	};
	try {
		return {
			image,
			digest: await resolveDigest(web, ref)
		};
	} catch (error) {
		const why = explainMissingImage(config);
		if (why === void 0 || !isUnknownImage(error)) throw error;
		return {
			image,
			why
		};
	}
}
function explainMissingImage({ k3s, cluster }) {
	if (cluster.kind === "existing") return "its registry has no such image; the cluster may have it";
	return k3s.images.length > 0 ? "its registry has no such image; k3s.images may bring it" : void 0;
}
function isUnknownImage(error) {
	if (error instanceof HttpStatusError) return [401, 404].includes(error.status);
	return error instanceof Error && error.cause !== void 0 && isUnknownImage(error.cause);
}

// src/app/rbac.ts
async function createRoles(session, { subject, createNamespaces, also }) {
	const { loaded } = session;
	const config = withExistingCluster(loaded.config);
	const clusterSession = {
		...session,
		loaded: {
			...loaded,
			config
		}
	};
	const { plan: unpinned, login } = await prepare(clusterSession);
	const apps = await renderTemporarily(clusterSession, await lockPlan(clusterSession, unpinned));
	const namespaces = listNamespaces(apps).filter((name) => !isAlwaysThere(name));
	const created = createNamespaces ? namespaces : [];
	const rights = listNeededRights(config, apps, login, created, also);
	return printRoles(groupIntoRuleSets(rights, created), {
		name: `monstack-${config.namespace}`,
		subject,
		namespaces: createNamespaces ? [] : namespaces
	});
}
async function renderTemporarily(session, plan) {
	const { context, loaded } = session;
	return await context.host.files.withTemp("monstack-charts-", async (folder) => {
		const helm = installTool(context, loaded.config, "helm", { supply: session.supply });
		const kubectl = plan.apps.some(({ chart }) => chart.kind === "kustomize") ? installTool(context, loaded.config, "kubectl", { supply: session.supply }) : void 0;
		const [rendered] = await Promise.all([
			addDashboards(session, plan).then((planWithDashboards) => renderCharts(session, planWithDashboards, {
				helm,
				...kubectl ? { kubectl } : {}
			}, folder)),
			helm,
			kubectl
		]);
		return rendered;
	});
}
function isAlwaysThere(namespace) {
	return namespace === "default" || namespace.startsWith("kube-");
}
function withExistingCluster(config) {
	if (config.cluster.kind === "existing") return config;
	return {
		...config,
		cluster: {
			kind: "existing",
			kubeconfig: "",
			context: void 0
		}
	};
}

// src/app/lock.ts
const maximumParallel = 4;
async function writeLock(session, update) {
	const { context, loaded } = session;
	const { file } = loaded.config.lock;
	const shownFile = showPath(loaded.cwd, file);
	const text = await context.host.files.read(file);
	const oldLock = text === void 0 ? void 0 : parseLock(text, shownFile);
	if (oldLock !== void 0 && text !== void 0 && loaded.limits.isRestricted) refuseForeignTools(oldLock, text, shownFile);
	const { plan } = await prepare(session);
	const wanted = collectWanted(loaded, plan);
	const lock = await makeLock(session, plan, wanted, {
		old: oldLock,
		moves: selectUpdates(update, wanted, oldLock)
	});
	const isUnchanged = oldLock !== void 0 && printLock({
		...lock,
		monstack: oldLock.monstack
	}) === text;
	if (!isUnchanged) await context.host.files.write(file, printLock(lock));
	return {
		file: shownFile,
		isSame: isUnchanged,
		changes: describeChanges(oldLock, lock),
		lock,
		unlocked: lock.unlocked ?? [],
		local: describeLocalSources(loaded, plan)
	};
}
async function createLock(session) {
	const { plan } = await prepare(session);
	return await makeLock(session, plan, collectWanted(session.loaded, plan), {
		old: void 0,
		moves: () => true
	});
}
async function makeLock(session, plan, wanted, lockBase) {
	const { loaded, version } = session;
	const tools = await lockTools(session, wanted, lockBase);
	const header = {
		lockVersion: 1,
		monstack: version,
		profile: wanted.profile,
		images: []
	};
	const createSupply = (lock) => ({
		lock,
		lockedBy: showPath(loaded.cwd, loaded.config.lock.file),
		offline: void 0
	});
	const withTools = {
		...header,
		tools,
		charts: [],
		dashboards: []
	};
	const charts = await lockCharts(session, plan, wanted, lockBase, createSupply(withTools));
	const dashboards = await lockDashboards(session, wanted, lockBase);
	const draft = {
		...withTools,
		charts,
		dashboards
	};
	const rendered = await renderTemporarily({
		...session,
		supply: createSupply(draft)
	}, pinCharts(plan, draft, wanted));
	return {
		...draft,
		...await lockImages(session, rendered, draft, wanted, lockBase)
	};
}
async function lockTools(session, wanted, { old, moves }) {
	const { context, loaded } = session;
	const web = createWeb(context, loaded.config, { supply: openSupply });
	const locked = await Promise.all(wanted.tools.map(async ({ name, asked }) => {
		const oldEntry = old?.tools[name];
		if (oldEntry && isLockedToolFor(oldEntry, asked) && !moves(name)) return [name, {
			...oldEntry,
			asked
		}];
		return [name, {
			asked,
			...await fetchPublishedTool(web, name, loaded.config[name].version)
		}];
	}));
	return Object.fromEntries(locked);
}
async function lockCharts(session, plan, { charts }, { old, moves }, supply) {
	const { context, loaded } = session;
	const helm = () => installTool(context, loaded.config, "helm", { supply });
	return removeDuplicates(await mapLimited(charts, maximumParallel, async (wanted) => {
		const oldEntry = old && findLockedChart(old, wanted);
		const apps = charts.filter((chart) => isSameChart(chart, wanted)).map(({ app }) => app);
		if (oldEntry && !moves(...apps)) return withRequestedValues(oldEntry, wanted);
		const ref = plan.apps.find(({ name }) => name === wanted.app)?.chart;
		const { version, origin: url, sha256 } = await fetchChart(context, loaded.config, ref, {
			supply: openSupply,
			...ref.kind === "oci" ? { helm: helm() } : {}
		});
		if (sha256 === void 0) throw new Error(`the chart of ${wanted.app} came without a sha256`);
		return withRequestedValues({
			from: wanted.from,
			name: wanted.name,
			version,
			url,
			sha256
		}, wanted);
	}), ({ from, name, asked = "" }) => [
		from,
		name,
		asked
	].join("\n"));
}
function isSameChart(a, b) {
	return a.from === b.from && a.name === b.name && a.asked === b.asked;
}
function withRequestedValues({ asked: _, ...chart }, { asked }) {
	return asked === void 0 ? chart : {
		...chart,
		asked
	};
}
async function lockDashboards({ context, loaded }, { dashboards }, { old, moves }) {
	return removeDuplicates(await mapLimited(dashboards, maximumParallel, async (wanted) => {
		const { from, asked, sha256 } = wanted;
		const oldEntry = old && findLockedDashboard(old, wanted);
		const canKeep = oldEntry && (sha256 === void 0 || oldEntry.sha256 === sha256) && !moves(from);
		const requestedRevision = asked === void 0 ? {} : { asked };
		if (canKeep) return {
			...oldEntry,
			asked
		};
		const fetched = await fetchDashboard(context, loaded.config, createDashboardSource(wanted), { supply: openSupply });
		const revision = fetched.revision === void 0 ? {} : { revision: fetched.revision };
		return {
			from,
			...requestedRevision,
			...revision,
			url: fetched.origin,
			sha256: fetched.sha256
		};
	}), ({ from, asked }) => `${from}@${asked ?? ""}`);
}
function createDashboardSource({ from, url = from, asked, sha256 }) {
	return /^\d+$/.test(from) ? {
		kind: "id",
		id: Number(from),
		revision: asked
	} : {
		kind: "url",
		url,
		sha256
	};
}
function removeDuplicates(items, key) {
	return [...new Map(items.map((item) => [key(item), item])).values()];
}
async function checkLock(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	const supply = await findSupply(context, loaded, { lock: {
		...config.lock,
		isRequired: true
	} });
	const { lock, lockedBy } = supply;
	if (lock === void 0) throw new Error("a lock that is required was not read");
	const { plan } = await prepare(session);
	const wanted = collectWanted(loaded, plan);
	const differences = [...findMissing(lock, wanted), ...findUnused(lock, wanted)];
	if (differences.length > 0) throw createLockError(supply, differences);
	const lockedSession = {
		...session,
		supply
	};
	const apps = await renderTemporarily(lockedSession, applyLock(lockedSession, plan));
	requireLockedImages(lockedSession, apps);
	const unused = findUnusedImages(lock, apps, config);
	if (unused.length > 0) throw createLockError(supply, unused);
	return lockedBy;
}

// src/app/make-bundle.ts
async function makeBundle(session, file) {
	const { context, loaded, recorder } = session;
	if (loaded.config.cluster.kind === "existing") throw new UserError("bundle create: `cluster` names an existing cluster, whose images monstack can't read out", { fix: "leave `cluster` out: a bundle is made of a k3s that monstack starts, and is for such ones" });
	await refuseUnwritable(context, file);
	session.supply = await findOrCreateLock(session);
	let created;
	return {
		outcome: await runJob(session, {
			mode: "run",
			verifyAfterUp: true,
			keepOnFailure: false,
			replace: false,
			whenVerified: async (stack) => {
				created = await recorder.phase("write bundle", () => writeStackBundle(session, stack, file), () => "the bundle to be written");
			}
		}),
		made: created
	};
}
async function findOrCreateLock(session) {
	const { context, loaded } = session;
	const supply = await findSupply(context, loaded, loaded.config);
	if (supply.lock !== void 0) return supply;
	context.log.info(`there is no lock file: the bundle gets a lock of what is published now`);
	return {
		lock: await createLock(session),
		lockedBy: "the bundle's own lock",
		offline: void 0
	};
}
async function refuseUnwritable({ host }, file) {
	const probe = `${file}.monstack-probe`;
	try {
		await host.files.mkdir(dirname(file));
		await host.files.write(probe, "");
		await host.files.remove(probe);
	} catch (cause) {
		throw new UserError(`the bundle ${file} can't be written: ${describeError(cause)}`, {
			fix: "name another file with -o",
			cause
		});
	}
}
async function writeStackBundle(session, stack, file) {
	const { context, loaded, supply, draft, version } = session;
	const { registry } = session.progress;
	if (supply.lock === void 0 || registry === void 0) throw new Error("a bundle is made from a lock");
	const k3s = stack.tools.find(({ name }) => name === "k3s");
	if (k3s === void 0) throw new Error("a k3s of monstack's own was started from no k3s");
	const charts = stack.rendered.flatMap(({ chart }) => chart.sha256 ?? []);
	return await createBundle$1(context, file, {
		lock: supply.lock,
		tools: stack.tools,
		used: /* @__PURE__ */ new Set([...charts, ...stack.plan.dashboards.map(({ sha256 }) => sha256)]),
		images: supply.lock.images.map((image) => ({
			...image,
			blobs: registry.listBlobs(image.image)
		})),
		containerd: {
			k3s: k3s.path,
			dataDir: resolveK3sSettings(loaded.config.k3s.args, listHostPaths()).dataDir
		},
		verified: {
			at: new Date(context.host.now()).toISOString(),
			checks: draft.checks.filter(({ status }) => status === "pass").map(({ id }) => id)
		},
		monstack: version
	});
}

// src/report/fit-reasons.ts
const maxReasons = 3;
const screen = {
	columns: 80,
	rows: 24
};
const otherRows = 6;
const continuation$1 = " ".repeat(12);
function indentFurtherLines(text) {
	return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation$1);
}
function fitReasons(reasons) {
	const lines = [];
	let left = screen.rows - otherRows;
	let shown = 0;
	for (const reason of reasons.slice(0, maxReasons)) {
		const rows = shown + 1 < reasons.length ? left - 1 : left;
		const fitted = fitReason(reason, rows);
		if (shown > 0 && countRows(fitted) > rows) break;
		lines.push(...fitted);
		left -= countRows(fitted);
		shown += 1;
	}
	if (reasons.length > shown) lines.push({
		text: `  ... and ${reasons.length - shown} more in the report`,
		tone: "faint"
	});
	return lines;
}
function fitReason(reason, rows) {
	const { details } = reason;
	for (let count = details.length; count > 0; count--) {
		const omitted = details.length - count;
		const lines = formatReason(reason, details.slice(0, count), omitted);
		if (countRows(lines) <= rows) return lines;
	}
	const withoutDetails = formatReason(reason, [], details.length);
	return countRows(withoutDetails) <= rows ? withoutDetails : formatReason(reason, [], 0);
}
function formatReason({ title, fix, place }, details, omittedCount) {
	return [
		{
			text: `  - ${indentFurtherLines(title)}`,
			tone: "cause"
		},
		...details.map((detail) => ({ text: `      ${indentFurtherLines(detail)}` })),
		...omittedCount === 0 ? [] : [{
			text: `      ... (evidence: ${omittedCount} more in the report)`,
			tone: "faint"
		}],
		...place === void 0 ? [] : [{ text: `    where: ${indentFurtherLines(place)}` }],
		...fix === void 0 ? [] : [{
			text: `    to fix it: ${indentFurtherLines(fix)}`,
			tone: "fix"
		}]
	];
}
function countRows(lines) {
	return lines.flatMap(({ text }) => text.split("\n")).reduce((sum, row) => sum + Math.max(1, Math.ceil(row.length / screen.columns)), 0);
}

// src/report/terminal.ts
function listTerminalLines(results, detail = "normal") {
	const { tone, text } = summarizeVerdict(results);
	const span = formatSpan(results.startedAt, results.endedAt);
	const reasons = fitReasons(listReasons(results));
	return joinSections([
		...detail === "quiet" ? [] : listSections(results, detail),
		[{
			text: `monstack ${results.mode}: ${text} (${span})`,
			tone
		}],
		reasons
	]);
}
function listSections(results, detail) {
	return [
		formatPhases(results).map((text) => ({
			text,
			tone: "faint"
		})),
		formatChecks(results, detail),
		formatWhatChanged(results).map((text) => ({ text })),
		formatBackup(results).map((text) => ({ text })),
		formatTeardown(results),
		formatChecklist$1(results)
	];
}
function joinSections(sections) {
	return sections.filter((lines) => lines.length > 0).flatMap((lines, index) => index === 0 ? lines : [{ text: "" }, ...lines]);
}
function formatPhases({ startedAt, phases }) {
	const rows = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).map((phase) => [
		indentFurtherLines(phase.name),
		`+${formatSpan(startedAt, phase.startedAt)}`,
		formatSpan(phase.startedAt, phase.endedAt)
	]);
	const width = (column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
	return rows.map(([name = "", began = "", took = ""]) => `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`);
}
const labels = {
	pass: "passed",
	fail: "failed",
	error: "could not be made",
	warn: "with a warning",
	skipped: "skipped"
};
function formatChecks({ checks, checklist }, detail) {
	if (checks.length === 0) return [];
	const counts = [
		"pass",
		"fail",
		"error",
		"warn",
		"skipped"
	].map((status) => ({
		status,
		amount: checks.filter((check) => check.status === status).length
	})).filter(({ amount }) => amount > 0).map(({ status, amount }) => `${amount} ${labels[status]}`);
	const shown = checks.filter(({ id, status }) => {
		if (checklist?.some((point) => point.id === id)) return false;
		return detail === "verbose" || status !== "pass" && status !== "skipped";
	});
	const width = Math.max(0, ...shown.map(({ id }) => id.length));
	const statusWidth = detail === "verbose" ? 7 : 5;
	return [{ text: `  ${formatCount(checks.length, "check")}: ${counts.join(", ")}` }, ...shown.map((check) => ({
		text: `    ${check.status.padEnd(statusWidth)}  ${check.id.padEnd(width)}  ${indentFurtherLines(describeOutcome(check))}`,
		...getCheckTone(check.status)
	}))];
}
function getCheckTone(status) {
	if (status === "pass") return {};
	return { tone: status === "warn" ? "mixed" : status === "skipped" ? "faint" : "bad" };
}
const maxChangesShown = 5;
function formatWhatChanged({ comparison }) {
	return comparison === void 0 ? [] : formatComparison(comparison, maxChangesShown).map((line) => `  ${line}`);
}
function formatBackup({ backup }) {
	if (!backup) return [];
	const { path, bytes, series, from, to } = backup;
	return [`  kept: ${indentFurtherLines(path)} (${formatBytes(bytes)}), ${series} series, ${from} to ${to}`];
}
const boxes = {
	met: "[x]",
	unmet: "[ ]",
	unknown: "[?]",
	"left-out": "[-]"
};
const pointTones = {
	met: "good",
	unmet: "bad",
	unknown: "mixed",
	"left-out": "faint"
};
const pointOrder = [
	"met",
	"left-out",
	"unknown",
	"unmet"
];
function formatChecklist$1({ checklist = [] }) {
	return checklist.toSorted((a, b) => pointOrder.indexOf(a.status) - pointOrder.indexOf(b.status)).flatMap(({ id, title, status, evidence, fix }) => [
		{
			text: `  ${boxes[status]} ${indentFurtherLines(title)} (${indentFurtherLines(id)})`,
			tone: pointTones[status]
		},
		...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map((line) => ({ text: `        ${line.met ? "+" : "-"} ${indentFurtherLines(limitLine(line.text))}` })),
		...fix === void 0 ? [] : [{
			text: `        to fix it: ${indentFurtherLines(fix)}`,
			tone: "fix"
		}]
	]);
}
function formatTeardown({ teardown }) {
	if (!teardown) return [];
	const kept = teardown.kept.map((keptItem) => ({ text: `  kept on purpose: ${indentFurtherLines(keptItem)}` }));
	if (teardown.leaks.length === 0) return [{ text: "  torn down, nothing left" }, ...kept];
	return [
		{
			text: "  left behind:",
			tone: "bad"
		},
		...teardown.leaks.map(({ kind, what }) => ({
			text: `    ${kind}  ${indentFurtherLines(what)}`,
			tone: "bad"
		})),
		...kept
	];
}

// src/cli/github-report.ts
async function reportToGithub({ host, log }, results, writeCommand) {
	const file = host.env["GITHUB_STEP_SUMMARY"];
	if (file) {
		const written = (await host.files.stat(file))?.bytes ?? 0;
		const text = renderSummary(results, { maxBytes: maxSummaryBytes - written });
		await host.files.append(file, toPieces(text));
	}
	if (writeCommand === void 0) return;
	const findings = [...listFindings(results), ...results.warnings.map((warning) => rankLogged("warning", warning))].map((finding) => ({
		...finding,
		message: formatMessage(finding.message, log.redactor)
	}));
	for (const level of ["error", "warning"]) for (const finding of selectFindings(findings, level, 10)) writeCommand(formatCommand(finding));
}
async function* toPieces(text) {
	yield Buffer.from(text);
}
function formatCommand({ level, message, about }) {
	return `::${level} ${Object.entries(toProperties(about)).filter(([, value]) => value !== void 0).map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(",")}::${escapeData(message)}`;
}
function toProperties({ title = "monstack", file, line, column }) {
	return file === void 0 ? { title } : {
		title,
		file,
		line,
		col: line === void 0 ? void 0 : column
	};
}
function escapeData(text) {
	return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function escapeProperty(text) {
	return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

// src/cli/commands/lifecycle.ts
const traceFlag = {
	term: "--trace <FILE>",
	help: "Write where the time went, for Perfetto, chrome://tracing or speedscope",
	completion: "files"
};
const outputFormats = [
	"text",
	"json",
	"ndjson"
];
const outputFlag = {
	term: "--output <FORMAT>",
	help: "What stdout gets: text (the default), json (the results, at the end), ndjson (events, one per line)",
	parse: parseOutputFormat,
	completion: outputFormats
};
const startFlags = [
	{
		term: "--replace",
		help: "First take down what an earlier run left behind"
	},
	{
		term: "--keep",
		help: "Leave everything running after a failure, to inspect it"
	},
	traceFlag,
	outputFlag
];
const defaultEveryMs = 3e4;
const runCommand = defineCommand({
	name: "run",
	summary: "up, verify and down in one: from nothing to a verified stack, and nothing left",
	flags: startFlags,
	settings: listSettingNames(),
	examples: [
		["monstack run", "the default stack: about half a minute"],
		["monstack run --profile production --report-dir out", "with the production checklist"],
		["monstack run --keep", "after a failure the stack stays; `monstack down` removes it"],
		["monstack run --trace trace.json", "where the time went; https://ui.perfetto.dev opens the file"]
	],
	read: (flags) => createJobInput("run", flags),
	run: (call, input) => runInSession(call, input, { changesStack: true })
});
const upCommand = defineCommand({
	name: "up",
	summary: "install k3s, deploy the stack and wait until it is ready; leave it running",
	flags: startFlags,
	settings: orderSettings(planSettings, ["report-dir", "reporter"], listNames(keepSettings)),
	examples: [["monstack up", "Grafana at http://localhost:3000, Prometheus at :9090"], ["monstack up --replace --grafana-port 3001", "instead of the stack that an earlier run left"]],
	read: (flags) => createJobInput("up", flags),
	run: (call, input) => runInSession(call, input, { changesStack: true })
});
const verifyCommand$1 = defineCommand({
	name: "verify",
	summary: "check the stack that `up` left running",
	flags: [
		{
			term: "--watch",
			help: "Check again, round after round, until Ctrl-C; 1 if any round failed"
		},
		{
			term: "--every <TIME>",
			help: "With --watch: from the start of one round to the start of the next; default 30s",
			parse: parseDurationFlag
		},
		{
			term: "--for <TIME>",
			help: "With --watch: start no round after this time",
			parse: parseDurationFlag
		},
		traceFlag,
		outputFlag
	],
	settings: orderSettings(commonSettings, [
		"profile",
		"namespace",
		"report-dir",
		"reporter",
		"verify-timeout"
	], listNames(checkSettings), listNames(checklistSettings)),
	examples: [["monstack verify --skip 'grafana-*=not ours'", "without the checks of Grafana"], ["monstack verify --watch --every 1m --for 1h", "once a minute for an hour"]],
	read: (flags) => createJobInput("verify", flags, { watch: readWatchOptions(flags) }),
	run: (call, input) => runInSession(call, input, { isOffline: true })
});
const downCommand = defineCommand({
	name: "down",
	summary: "take everything away that `up` made, and prove that nothing is left",
	flags: [outputFlag],
	settings: orderSettings(commonSettings, [
		"report-dir",
		"reporter",
		"verify-timeout",
		"kubeconfig",
		"helm-path",
		"k3s-path",
		"k3s-args"
	], listNames(keepSettings), listNames(checkSettings)),
	examples: [["monstack down --keep-data", "the volumes stay"]],
	read: (flags) => createJobInput("down", flags),
	run: (call, input) => runInSession(call, input, {
		isOffline: true,
		changesStack: true
	})
});
const checklistCommand = defineCommand({
	name: "checklist",
	summary: "judge the eight points of the production checklist on the stack that `up` left running",
	flags: [outputFlag],
	settings: orderSettings(commonSettings, [
		"report-dir",
		"reporter",
		"checks",
		"skip",
		"verify-timeout"
	], listNames(checklistSettings)),
	examples: [["monstack checklist --backups ./backups", "with the evidence of a backup"]],
	read: (flags) => createJobInput("checklist", flags),
	run: (call, input) => runInSession(call, input)
});
function printOutcome(session, outcome, print, detail = "normal") {
	throwBug(outcome);
	for (const { text, tone } of listTerminalLines(outcome.results, detail)) print(`${text}\n`, tone);
	const { reportDir, reporters } = session.loaded.config;
	print(`report: ${join(reportDir, reporters.includes("html") ? reportFiles.html : "results.json")}\n`);
	return outcome.exitCode;
}
function throwBug({ error }) {
	if (error !== void 0 && !(error instanceof MonstackError)) throw error;
}
function createJobInput(mode, { keep = false, replace = false, trace, output = "text", quiet, verbose }, others = {}) {
	if (quiet && verbose) throw new UserError("--quiet and --verbose contradict each other: give one of them");
	return {
		job: {
			mode,
			verifyAfterUp: false,
			keepOnFailure: keep,
			replace,
			traceFile: trace === void 0 ? void 0 : resolve(trace),
			...others
		},
		output,
		detail: quiet ? "quiet" : verbose ? "verbose" : "normal"
	};
}
async function runInSession({ withSession, print, printJson, createHost, writeCommand }, { job, output, detail }, options) {
	const work = async (session) => {
		const outcome = await runJob(session, job);
		if (session.loaded.config.reporters.includes("github")) await reportToGithub({
			...session.context,
			host: await createHost()
		}, outcome.results, writeCommand);
		if (output === "text") return printOutcome(session, outcome, print, detail);
		throwBug(outcome);
		if (output === "json") printJson(formatResults(outcome.results));
		else emitVerdict(session, outcome);
		return outcome.exitCode;
	};
	return await withSession(work, {
		...options,
		writesEvents: output === "ndjson",
		...job.traceFile === void 0 ? {} : { writes: job.traceFile }
	});
}
function emitVerdict({ context, loaded }, { results, exitCode }) {
	const { mode, verified, endedAt } = results;
	const { text } = summarizeVerdict(results);
	const report = loaded.config.reportDir;
	context.log.onEvent?.({
		event: "verdict",
		at: endedAt,
		mode,
		verified,
		exitCode,
		text,
		report
	});
}
function parseOutputFormat(text, flag) {
	const format = outputFormats.find((known) => known === text);
	if (format !== void 0) return format;
	throw new UserError(`${flag}: ${text} is not a format; expected one of: ${outputFormats.join(", ")}`);
}
function readWatchOptions({ watch = false, every, for: forMs }) {
	if (watch) return {
		everyMs: every ?? defaultEveryMs,
		forMs
	};
	const [misplacedFlag] = [...every === void 0 ? [] : ["--every"], ...forMs === void 0 ? [] : ["--for"]];
	if (misplacedFlag !== void 0) throw new UserError(`${misplacedFlag} belongs to \`verify --watch\``);
}

// src/cli/commands/bundle.ts
const bundleOperand = {
	term: "<FILE>",
	help: "the bundle",
	completion: "files"
};
const createCommand = defineCommand({
	name: "create",
	summary: "do a whole run, and write everything that it needed into one file",
	flags: [{
		term: "-o, --output <FILE>",
		help: "The bundle to write",
		completion: "files"
	}],
	settings: listSettingNames().filter((name) => ![
		"kubeconfig",
		"context",
		"bundle"
	].includes(name)),
	examples: [["monstack bundle create -o stack.tar", "`monstack run --bundle stack.tar` needs no network"]],
	read: ({ output }) => {
		if (output !== void 0) return resolve(output);
		throw new UserError("bundle create needs the file to write: monstack bundle create -o FILE");
	},
	run: ({ withSession, print }, file) => withSession((session) => createBundle(session, file, print), {
		changesStack: true,
		writes: file
	})
});
const inspectCommand = defineCommand({
	name: "inspect",
	summary: "print what is in a bundle",
	operand: bundleOperand,
	flags: [{
		term: "--json",
		help: "Print JSON"
	}],
	read: ({ json = false }, [file = ""]) => ({
		file,
		json
	}),
	run: async ({ createHost, print }, { file, json }) => {
		const manifest = await readManifest(await createHost(), file);
		print(json ? sanitizeJson(`${JSON.stringify(manifest, void 0, 2)}\n`) : describeBundle(file, manifest));
		return exitCode.verified;
	}
});
const verifyCommand = defineCommand({
	name: "verify",
	summary: "check that every part of a bundle is as it was written",
	operand: bundleOperand,
	read: (_, [file = ""]) => file,
	run: async ({ createHost, print }, file) => {
		print(`${file} is whole: ${countParts(await readBundle(await createHost(), file, async () => void 0))}, each as it was written\n`);
		return exitCode.verified;
	}
});
const bundleCommands = {
	name: "bundle",
	summary: "everything that a run needs in one file",
	commands: [
		createCommand,
		inspectCommand,
		verifyCommand
	]
};
async function createBundle(session, file, print) {
	const { outcome, made } = await makeBundle(session, file);
	const code = printOutcome(session, outcome, print);
	if (made) print(`bundle: ${file}: ${countParts(made.manifest)}, ${formatBytes(made.bytes)}\n`);
	else {
		const reason = outcome.results.verified ? "the file could not be written" : "the run was not verified";
		session.context.log.error(`no bundle written: ${reason}`);
	}
	return code;
}
function countParts({ tools, charts, dashboards, images }) {
	return [
		formatCount(tools.length, "tool"),
		formatCount(charts.length, "chart"),
		...dashboards.length > 0 ? [formatCount(dashboards.length, "dashboard")] : [],
		formatCount(images.length, "image")
	].join(", ");
}
function describeBundle(file, manifest) {
	const { monstack, createdAt, arch, profile, verified, tools, charts, dashboards, images, parts } = manifest;
	const bytes = new Map(parts.map((part) => [part.path, part.bytes]));
	const sumOf = (paths) => paths.reduce((sum, path) => sum + (bytes.get(path) ?? 0), 0);
	const formatPartSize = (path) => formatBytes(sumOf([path]));
	const total = parts.reduce((sum, part) => sum + part.bytes, 0);
	const rows = [
		...tools.map(({ name, version, path }) => [
			name,
			version,
			formatPartSize(path)
		]),
		...charts.map(({ name, version, path }) => [
			`chart ${name}`,
			version,
			formatPartSize(path)
		]),
		...dashboards.map(({ from, revision, path }) => [
			`dashboard ${from}`,
			revision === void 0 ? "" : `revision ${revision}`,
			formatPartSize(path)
		]),
		...images.map(({ image, digest, blobs }) => [
			image,
			digest,
			formatBytes(sumOf(blobs.map(getBlobPart)))
		])
	];
	const [nameWidth = 0, versionWidth = 0] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return [
		`${file}: a bundle for linux/${arch}, profile ${profile}, ${formatBytes(total)}`,
		`made by monstack ${monstack} at ${createdAt}, of a run that was verified at ${verified.at}: ${formatCount(verified.checks.length, "check")} passed`,
		"",
		...rows.map(([name, version, bytesText]) => `  ${name.padEnd(nameWidth)}  ${version.padEnd(versionWidth)}  ${bytesText.padStart(9)}`),
		""
	].join("\n");
}

// src/cache/entries.ts
function getCacheFolders(host) {
	const folder = getCacheFolder(host);
	return {
		tools: getToolCacheFolder(host),
		charts: joinBelow(folder, "charts"),
		dashboards: joinBelow(folder, "dashboards"),
		images: getImagesFolder(host)
	};
}
async function listCacheEntries(context) {
	const { host } = context;
	const folders = getCacheFolders(host);
	for (const folder of Object.values(folders)) await refuseShared(host, folder);
	return (await Promise.all([
		listToolEntries(host, folders.tools, getChecksumsFolder(host)),
		listChartEntries(context, folders.charts),
		listDashboardEntries(host, folders.dashboards),
		listImageEntries(host, folders.images)
	])).flatMap((entries) => entries.toSorted((a, b) => getSortKey(a).localeCompare(getSortKey(b))));
}
async function listImageEntries(host, folder) {
	const [notes, invalid] = await readNotes(host);
	const incoming = getIncomingFolder(host);
	const folders = [basename(getNotesFolder(host)), basename(incoming)];
	const left = new Set((await host.files.list(folder)).filter((name) => !folders.includes(name)));
	const entries = [];
	for (const { image, digest, blobs, path, lastUsedMs } of notes) {
		const beside = blobs.map((blob) => blob.replace("sha256:", "")).filter((name) => left.delete(name)).map((name) => join(folder, name));
		const bytes = (await Promise.all([path, ...beside].map((one) => measureSize(host, one)))).reduce((sum, size) => sum + size.bytes, 0);
		const version = `${digest.slice(0, 19)} ${readArch(path)}`;
		entries.push({
			kind: "image",
			name: image,
			version,
			bytes,
			lastUsedMs,
			path,
			beside
		});
	}
	const stray = [...(await host.files.list(incoming)).map((name) => join(incoming, name)), ...[...left].map((name) => join(folder, name))];
	return [...entries, ...await Promise.all([...stray, ...invalid].map((path) => createLeftoverEntry(host, path)))];
}
async function readNotes(host) {
	const folder = getNotesFolder(host);
	const notes = [];
	const invalid = [];
	for (const name of await host.files.list(folder)) {
		const path = join(folder, name);
		const note = parseNote(await host.files.read(path) ?? "");
		if (note === void 0) invalid.push(path);
		else notes.push({
			...note,
			path,
			lastUsedMs: (await measureSize(host, path)).modifiedMs
		});
	}
	return [notes.toSorted((a, b) => b.lastUsedMs - a.lastUsedMs), invalid];
}
function parseNote(text) {
	try {
		return ImageNote.safeParse(JSON.parse(text)).data;
	} catch {
		return;
	}
}
function readArch(path) {
	return /-(amd64|arm64)-[0-9a-f]+\.json$/.exec(path)?.[1] ?? "";
}
function getSortKey({ kind, name, version }) {
	return `${kind === "leftover" ? 1 : 0} ${name} ${version}`;
}
async function measureSize(host, path) {
	const status = await host.files.stat(path);
	if (status === void 0) return {
		bytes: 0,
		modifiedMs: 0
	};
	if (status.kind !== "folder") return status;
	return {
		bytes: (await Promise.all((await host.files.list(path)).map((name) => measureSize(host, join(path, name))))).reduce((sum, { bytes }) => sum + bytes, 0),
		modifiedMs: status.modifiedMs
	};
}
function isUnfinished(name) {
	return name.endsWith(".new");
}
const Pointer = object({
	sha256: string(),
	id: int().optional(),
	revision: int().optional()
});
async function listChartEntries(context, folder) {
	const { host } = context;
	return await listFileEntries(host, folder, ".tgz", await readPointers(host, join(folder, "by-version")), async (path, sha256) => {
		return await readArchive(context, path).catch(() => void 0) ?? {
			name: "(not a chart)",
			version: shortenDigest(sha256)
		};
	});
}
async function listDashboardEntries(host, folder) {
	const pointers = await readPointers(host, join(folder, "by-revision"));
	return await listFileEntries(host, folder, ".json", pointers, async (path, sha256) => {
		const published = pointers.find((pointer) => pointer.sha256 === sha256)?.dashboard;
		if (published) return published;
		return {
			name: readTitle(await host.files.read(path) ?? ""),
			version: shortenDigest(sha256)
		};
	});
}
async function readPointers(host, folder) {
	const pointers = (await host.files.list(folder)).map(async (name) => {
		const path = join(folder, name);
		const parsed = parsePointer(await host.files.read(path) ?? "");
		const dashboard = parsed?.id === void 0 ? void 0 : {
			name: String(parsed.id),
			version: `revision ${parsed.revision}`
		};
		return {
			path,
			sha256: parsed?.sha256,
			dashboard
		};
	});
	return await Promise.all(pointers);
}
async function listFileEntries(host, folder, ending, pointers, describe) {
	const names = await host.files.list(folder);
	const completeNames = names.filter((name) => name.endsWith(ending));
	const digests = new Set(completeNames.map((name) => name.slice(0, -ending.length)));
	const entries = completeNames.map(async (name) => {
		const path = join(folder, name);
		const sha256 = name.slice(0, -ending.length);
		const { bytes = 0, modifiedMs = 0 } = await host.files.stat(path) ?? {};
		const beside = pointers.filter((pointer) => pointer.sha256 === sha256).map((pointer) => pointer.path);
		const { name: title, version } = await describe(path, sha256);
		return {
			kind: ending === ".tgz" ? "chart" : "dashboard",
			name: title,
			version,
			bytes,
			lastUsedMs: modifiedMs,
			path,
			beside
		};
	});
	const leftoverPaths = [...names.filter(isUnfinished).map((name) => join(folder, name)), ...pointers.filter(({ sha256 }) => !digests.has(sha256 ?? "")).map(({ path }) => path)];
	return [...await Promise.all(entries), ...await Promise.all(leftoverPaths.map((path) => createLeftoverEntry(host, path)))];
}
async function createLeftoverEntry(host, path) {
	const { bytes, modifiedMs } = await measureSize(host, path);
	return {
		kind: "leftover",
		name: path.split("/").at(-1) ?? path,
		version: "",
		bytes,
		lastUsedMs: modifiedMs,
		path,
		beside: []
	};
}
function parsePointer(text) {
	try {
		return Pointer.safeParse(JSON.parse(text)).data;
	} catch {
		return;
	}
}
function readTitle(text) {
	try {
		return object({ title: string() }).parse(JSON.parse(text)).title;
	} catch {
		return "(no dashboard)";
	}
}
function shortenDigest(sha256) {
	return `sha256:${sha256.slice(0, 12)}`;
}
async function listToolEntries(host, root, checksums) {
	const pointers = await readPointers(host, checksums);
	const entries = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix)).map(async (name) => {
		const versions = await host.files.list(join(root, name));
		return await Promise.all(versions.map((version) => listVersionEntries(host, join(root, name, version), {
			name,
			version,
			pointers
		})));
	});
	const toolEntries = (await Promise.all(entries)).flat(2);
	const usedPaths = new Set(toolEntries.flatMap(({ beside }) => beside));
	const leftovers = pointers.filter(({ path }) => !usedPaths.has(path)).map(({ path }) => createLeftoverEntry(host, path));
	return [...toolEntries, ...await Promise.all(leftovers)];
}
async function listVersionEntries(host, folder, tool) {
	const names = await host.files.list(folder);
	const markers = new Set(names.map(getMarkerPath).filter((marker) => names.includes(marker)));
	const entries = names.filter((name) => !markers.has(name)).map(async (name) => {
		const path = join(folder, name);
		const marker = markers.has(getMarkerPath(name)) ? [getMarkerPath(path)] : [];
		const slot = marker.length > 0 ? readSlot(name) : void 0;
		const pointers = tool.pointers.filter(({ sha256 }) => slot?.bundle === void 0 && sha256 === slot?.sha256);
		const { bytes, modifiedMs } = await measureSize(host, path);
		const markerStatus = marker[0] === void 0 ? void 0 : await host.files.stat(marker[0]);
		return {
			kind: slot ? "tool" : "leftover",
			name: tool.name.slice(ownPrefix.length),
			version: slot ? await readVersion(host, path, tool.version, slot.bundle !== void 0) : "",
			bytes,
			lastUsedMs: markerStatus?.modifiedMs ?? modifiedMs,
			path,
			beside: [...marker, ...pointers.map((pointer) => pointer.path)]
		};
	});
	return await Promise.all(entries);
}
async function readVersion(host, folder, versionFolder, isOfBundle) {
	const label = await readLabel(host, folder);
	return [
		decodeVersion(versionFolder),
		label?.arch,
		isOfBundle && "of a bundle"
	].filter(Boolean).join(" ");
}

// src/cache/prune.ts
async function pruneCache({ host }, entries, { olderThanMs, userOf }) {
	const now = host.now();
	const old = entries.filter(({ lastUsedMs }) => now - lastUsedMs >= olderThanMs);
	const kept = old.flatMap((entry) => {
		const why = userOf(entry);
		return why === void 0 ? [] : [{
			entry,
			why
		}];
	});
	const removed = old.filter((entry) => !kept.some((inUse) => inUse.entry === entry));
	for (const { path, beside } of removed) {
		for (const entryPath of [...beside, path]) await host.files.remove(entryPath);
		await removeEmptyFolders(host, path);
	}
	return {
		removed,
		kept,
		bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0)
	};
}
async function removeEmptyFolders({ exec }, path) {
	const folder = dirname(path);
	await exec([
		"rmdir",
		"--ignore-fail-on-non-empty",
		folder,
		dirname(folder)
	], { allowFailure: true });
}
const unfinishedForMs = 36e5;
async function findCurrentUsers({ host }, { stateDir }) {
	const [startedAt, executables] = await Promise.all([readRunStart(host, stateDir), readLinks(host, [
		"/proc",
		"-mindepth",
		"2",
		"-maxdepth",
		"2",
		"-name",
		"exe"
	])]);
	const now = host.now();
	return ({ kind, path, lastUsedMs }) => {
		const isInEntry = (target) => target === path || target.startsWith(`${path}/`);
		if (executables.some(isInEntry)) return "a process runs it";
		if (startedAt !== void 0 && lastUsedMs >= Date.parse(startedAt)) return `the stack that is up since ${startedAt} uses it (its journal is in ${stateDir})`;
		if (kind === "leftover" && now - lastUsedMs < unfinishedForMs) return "a run may be writing it";
	};
}
async function readRunStart(host, stateDir) {
	const text = await host.files.read(join(stateDir, "journal.jsonl")) ?? "";
	return /^\{"kind":"begin","at":"([^"]{1,40})"/m.exec(text)?.[1];
}
async function readLinks(host, findArguments) {
	const { stdout } = await host.exec([
		"find",
		...findArguments,
		"-printf",
		"%l\\0"
	], {
		root: host.rights !== "none",
		allowFailure: true
	});
	return splitNul(stdout).filter((path) => path !== "");
}

// src/cli/commands/cache.ts
const jsonFlag = {
	term: "--json",
	help: "Print JSON"
};
const defaultOlderThanMs = 2592e6;
const settings = orderSettings(commonSettings, ["k3s-args"]);
const listCommand = defineCommand({
	name: "list",
	summary: "print each entry with its size, its last use and its folder",
	flags: [jsonFlag],
	settings,
	read: ({ json = false }) => ({ json }),
	run: ({ withSession, print }, { json }) => withSession((session) => printEntries(session, json, print), { isOffline: true })
});
const pruneCommand = defineCommand({
	name: "prune",
	summary: "remove what no run has used for a while, but nothing that is in use",
	flags: [
		{
			term: "--older-than <TIME>",
			help: "Remove what no run has used for this long; default 30d",
			parse: parseDurationFlag
		},
		{
			term: "--all",
			help: "Remove everything that is not in use"
		},
		jsonFlag
	],
	settings,
	examples: [["monstack cache prune --older-than 7d", "keeps what was used in the last week"]],
	read: ({ all = false, olderThan, json = false }) => {
		if (all && olderThan !== void 0) throw new UserError("--all and --older-than contradict each other: give one of them");
		return {
			olderThanMs: all ? 0 : olderThan ?? defaultOlderThanMs,
			json
		};
	},
	run: ({ withSession, print }, input) => withSession((session) => pruneAndPrint(session, input, print), { isOffline: true })
});
const cacheCommands = {
	name: "cache",
	summary: "list the downloads that are kept, and remove old ones",
	commands: [listCommand, pruneCommand]
};
async function printEntries({ context }, json, print) {
	const { host } = context;
	const entries = await listCacheEntries(context);
	const bytes = sumBytes(entries);
	if (json) print(formatJson({
		entries: entries.map(convertToPlainEntry),
		bytes,
		places: getCacheFolders(host)
	}));
	else if (entries.length === 0) print("the cache is empty\n");
	else {
		print(formatTable(entries, host.now()));
		print(`${formatBytes(bytes)} in total\n`);
	}
	return exitCode.verified;
}
async function pruneAndPrint({ context, loaded }, { json, olderThanMs }, print) {
	const [entries, userOf] = await Promise.all([listCacheEntries(context), findCurrentUsers(context, loaded.config)]);
	const { removed, kept, bytes } = await pruneCache(context, entries, {
		olderThanMs,
		userOf
	});
	if (json) {
		const keptEntries = kept.map(({ entry, why }) => ({
			...convertToPlainEntry(entry),
			why
		}));
		print(formatJson({
			removed: removed.map(convertToPlainEntry),
			kept: keptEntries,
			bytes
		}));
		return exitCode.verified;
	}
	for (const entry of removed) print(`removed  ${describeEntry(entry)}  ${formatBytes(entry.bytes)}\n`);
	for (const { entry, why } of kept) print(`kept     ${describeEntry(entry)}: ${why}\n`);
	const remaining = entries.length - removed.length;
	print(`${formatBytes(bytes)} freed, ${removed.length} removed, ${remaining} kept\n`);
	return exitCode.verified;
}
function convertToPlainEntry({ kind, name, version, bytes, lastUsedMs, path }) {
	return {
		kind,
		name,
		version,
		bytes,
		lastUsed: new Date(lastUsedMs).toISOString(),
		path
	};
}
function formatJson(value) {
	return sanitizeJson(`${JSON.stringify({
		schemaVersion: 1,
		...value
	}, void 0, 2)}\n`);
}
function describeEntry({ kind, name, version }) {
	return [
		kind,
		name,
		version
	].filter((part) => part !== "").join(" ");
}
function formatTable(entries, now) {
	const allRows = [[
		"kind",
		"name",
		"version",
		"size",
		"last used",
		"where"
	], ...entries.map(({ kind, name, version, bytes, lastUsedMs, path }) => [
		kind,
		name,
		version,
		formatBytes(bytes),
		formatAge(now - lastUsedMs),
		path
	])];
	const widths = [
		0,
		1,
		2,
		3,
		4
	].map((column) => Math.max(...allRows.map((row) => row[column]?.length ?? 0)));
	const formatLine = (row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
	return allRows.map((row) => `${formatLine(row).trimEnd()}\n`).join("");
}
function sumBytes(entries) {
	return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
function formatAge(ms) {
	const minutes = Math.floor(ms / 6e4);
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${minutes} min ago`;
	if (minutes < 2880) return `${Math.floor(minutes / 60)} h ago`;
	return `${Math.floor(minutes / 1440)} d ago`;
}

// src/cli/commands/compare.ts
const formats$1 = ["text", "json"];
const compareCommand = defineCommand({
	name: "compare",
	summary: "print what changed from one run to another",
	operand: {
		term: "<BEFORE> <AFTER>",
		help: "the report folder of a run, or its results.json",
		completion: "files"
	},
	flags: [{
		term: "--output <FORMAT>",
		help: "text or json; default text",
		parse: parseFormat,
		completion: formats$1
	}],
	examples: [["monstack compare last-night/ monstack-report/", "slower phases, other versions, series, alerts, ..."], ["monstack compare --output json a.json b.json", "for a script: `changes` is empty if nothing changed"]],
	read: ({ output = "text" }, [before = "", after = ""]) => ({
		output,
		before,
		after
	}),
	run: async ({ createHost, print }, { output, before, after }) => {
		const { files } = await createHost();
		const earlier = await readResults(files, resolve(before));
		const later = await readResults(files, resolve(after));
		const comparison = compareResults(earlier, later, before);
		print(output === "json" ? `${sanitizeJson(JSON.stringify(comparison, void 0, 2))}\n` : `${formatComparison(comparison).join("\n")}\n`);
		return exitCode.verified;
	}
});
function parseFormat(text, flag) {
	const format = formats$1.find((name) => name === text);
	if (format !== void 0) return format;
	throw new UserError(`${flag}: unknown format \`${text}\`; expected one of: ${formats$1.join(", ")}`);
}

// src/cli/commands/completion.ts
const completionScripts = {
	bash: `_monstack() {
  local line current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _monstack monstack
`,
	zsh: `#compdef monstack
_monstack() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      candidates+=("\${line%%$'\\t'*}")
    fi
  done
  compadd -a candidates
}
compdef _monstack monstack
`,
	fish: `function __monstack_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  for line in ($before[1] __complete $before[2..] "$current" 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c monstack -f -a '(__monstack_complete)'
`
};
const shells = Object.keys(completionScripts);
const completionCommand = defineCommand({
	name: "completion",
	summary: "print a script that completes commands, flags and names in your shell",
	operand: {
		term: "<SHELL>",
		help: "the shell, one of bash, zsh and fish",
		completion: shells
	},
	examples: [
		["source <(monstack completion bash)", "in ~/.bashrc"],
		["source <(monstack completion zsh)", "in ~/.zshrc, after compinit"],
		["monstack completion fish | source", "in ~/.config/fish/config.fish"]
	],
	read: (_, [word = ""]) => {
		const shell = shells.find((name) => name === word);
		if (shell !== void 0) return shell;
		throw new UserError(`there is no completion for \`${word}\`; ${didYouMean(word, shells)}`);
	},
	run: async ({ print }, shell) => {
		print(completionScripts[shell]);
		return exitCode.verified;
	}
});

// src/cli/commands/doctor.ts
const doctorCommand = defineCommand({
	name: "doctor",
	summary: "check this machine, or the existing cluster: what a run would adapt to, and what would stop it",
	settings: planSettings,
	examples: [["monstack doctor", "this machine; 3 if a run could not start"], ["monstack doctor --context staging", "an existing cluster, and the rights of its user"]],
	read: () => void 0,
	run: ({ withSession, print }) => withSession(async (session) => {
		const { cluster } = session.loaded.config;
		return cluster.kind === "existing" ? await examineCluster(session, cluster, print) : await examineMachine(session, print);
	})
});
async function examineMachine(session, print) {
	const { context, loaded } = session;
	const { problems: machineProblems, result } = await examineHost(context, loaded.config);
	const problems = [...machineProblems, ...await findBusyPorts(session)];
	print(`${"machine".padEnd(9)}${context.host.arch}, ${rightsTexts[context.host.rights]}\n`);
	for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
	for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
	for (const { message, fix } of problems) print(`problem  ${message}\n         to fix it: ${fix}\n`);
	if (problems.length === 0) {
		print("ok       k3s can run here\n");
		return exitCode.verified;
	}
	print(`${problems.length} problem(s): k3s can't run here yet\n`);
	return exitCode.notInstalled;
}
async function examineCluster(session, options, print) {
	const { context } = session;
	const cluster = await connectToCluster(context, options);
	print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
	const { plan: unpinned, login } = await prepare(session);
	const plan = await lockPlan(session, unpinned);
	const apps = await renderTemporarily(session, plan);
	const missing = await findMissingNamespaces(context, cluster.kube, listNamespaces(apps));
	const { forRun, forDiagnosis } = await findLackingRights(session, cluster, apps, login, missing);
	for (const line of forDiagnosis) print(`warning  the diagnosis lacks a right: ${line}\n`);
	for (const line of forRun) print(`problem  the run lacks a right: ${line}\n`);
	if (forRun.length + forDiagnosis.length > 0) print(`         to fix it: ${rightsFix}\n`);
	if (forRun.length > 0) return exitCode.notInstalled;
	print("ok       this user has every right that a run needs\n");
	return exitCode.verified;
}
async function findBusyPorts(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	try {
		const { plan } = await prepare(session);
		await choosePorts(context, listExpectedListeners(config, plan), config.ports.whenBusy);
		if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
		return [];
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		return [{
			message: error.message,
			fix: error.fix ?? ""
		}];
	}
}
const rightsTexts = {
	root: "running as root",
	sudo: "not root, but sudo works without a password",
	none: "neither root nor a sudo without password"
};

// src/app/init/choose.ts
function chooseSettings({ found, files }) {
	const decisions = decide(found);
	const { appDir, isOperator, values, alertmanager } = decisions;
	const listFiles = (kind) => found.filter((file) => file.kind === kind).map(({ file }) => file);
	return {
		appDir: appDir === void 0 || appDir === "." ? appDir : `./${appDir}`,
		stack: isOperator ? "operator" : "plain",
		values,
		rules: joinToFolders(listFiles("rules"), files, /\.ya?ml$/),
		dashboards: joinToFolders(listFiles("dashboard"), files, /\.json$/),
		monitors: isOperator ? listFiles("monitors") : [],
		alertmanager: alertmanager?.file,
		variables: alertmanager?.variables ?? [],
		notes: found.map((file) => ({
			file: file.file,
			why: file.why,
			use: explainUse(file, decisions)
		}))
	};
}
function decide(found) {
	const sorted = sortByDepth(found);
	const sbkube = sorted.find((file) => file.kind === "sbkube");
	const valuesFiles = sorted.filter((file) => file.kind === "values");
	const isPlain = valuesFiles.some(({ of }) => of === "prometheus");
	const isOperator = sbkube ? sbkube.charts.some((chart) => chart.endsWith("/kube-prometheus-stack")) : valuesFiles.some(({ of }) => of === "kube-prometheus-stack") || found.some(({ kind }) => kind === "monitors") && !isPlain;
	const values = {};
	for (const { of, file } of sbkube ? [] : valuesFiles) if (of === "kube-prometheus-stack" === isOperator) values[of] ??= file;
	return {
		sbkube,
		appDir: sbkube && posix.dirname(sbkube.file),
		isOperator,
		values,
		alertmanager: sorted.find((file) => file.kind === "alertmanager")
	};
}
function explainUse(file, decisions) {
	const { sbkube, appDir, isOperator, alertmanager } = decisions;
	const use = (as) => ({
		kind: "used",
		as
	});
	const leave = (because) => ({
		kind: "left",
		because
	});
	if (sbkube?.names.some((name) => posix.join(appDir ?? "", name) === file.file)) return use(`${sbkube?.file} names it`);
	switch (file.kind) {
		case "sbkube": return file === sbkube ? use(`app-dir: ${appDir}`) : leave(`there is one app-dir only; ${sbkube?.file} is taken`);
		case "values": return explainValues(file, decisions);
		case "unclear-values": return leave(sbkube ? `${sbkube.file} does not name it` : "name it below apps.NAME.values");
		case "rules": return use("rules");
		case "rule-tests": return leave("it needs promtool on the runner; name it in alerting.rule-tests");
		case "dashboard": return use("dashboards");
		case "monitors": return isOperator ? use("monitors") : leave("it needs the operator; see stack and monitors");
		case "alertmanager": return file === alertmanager ? use("alerting.config") : leave(`there is one configuration only; ${alertmanager?.file} is taken`);
		case "manifests": return leave(sbkube ? `${sbkube.file} does not name it` : "deploy it with apps.NAME.manifests, if it belongs to the stack");
	}
}
function explainValues({ of, file }, { sbkube, isOperator, values }) {
	if (values[of] === file) return {
		kind: "used",
		as: `apps.${of}.values`
	};
	if (sbkube) return {
		kind: "left",
		because: `${sbkube.file} does not name it`
	};
	if (values[of] !== void 0) return {
		kind: "left",
		because: `${values[of]} is taken; add it to apps.${of}.values if both apply`
	};
	return {
		kind: "left",
		because: isOperator ? "with stack: operator, one chart holds all of it: kube-prometheus-stack" : "it belongs to stack: operator, and values of the chart prometheus are here"
	};
}
function sortByDepth(files) {
	const depth = ({ file }) => file.split("/").length;
	return [...files].sort((a, b) => depth(a) - depth(b) || a.file.length - b.file.length || a.file.localeCompare(b.file));
}
function joinToFolders(ofKind, files, format) {
	const wanted = new Set(ofKind);
	const folders = new Set([...wanted].map((file) => posix.dirname(file)).filter((folder) => {
		const below = files.filter((file) => file.startsWith(`${folder}/`) && format.test(file));
		return below.length > 1 && below.every((file) => wanted.has(file) && posix.dirname(file) === folder);
	}));
	const others = [...wanted].filter((file) => !folders.has(posix.dirname(file)));
	return [...[...folders].map((folder) => `./${folder}`), ...others].sort();
}

// src/app/init/classify.ts
function classifyFile(file, text) {
	if (file.endsWith(".json")) return classifyDashboard(file, text);
	const documents = readDocuments(text);
	const [data] = documents;
	if (data === void 0) return void 0;
	if (documents.every(({ apiVersion, kind }) => typeof apiVersion === "string" && typeof kind === "string")) return classifySbkube(file, data) ?? classifyObjects(file, documents);
	if (documents.length > 1) return void 0;
	return classifySbkube(file, data) ?? classifyRules(file, data) ?? classifyAlertmanager(file, data) ?? classifyValues(file, data);
}
function readDocuments(text) {
	const documents = parseDocuments(text).filter(({ contents }) => contents !== null);
	if (documents.some(({ errors }) => errors.length > 0)) return [];
	const data = documents.map((document) => document.toJS());
	return data.every(isMapping) ? data : [];
}
function classifyDashboard(file, text) {
	try {
		const data = JSON.parse(text);
		if (!isMapping(data) || typeof data.title !== "string") return void 0;
		if (!Array.isArray(data.panels) && !Array.isArray(data.rows)) return void 0;
		return {
			kind: "dashboard",
			file,
			why: "JSON with a title and panels"
		};
	} catch {
		return;
	}
}
function classifySbkube(file, { apps, apiVersion }) {
	const isSbkubeFile = /(^|\/)sbkube\.ya?ml$/.test(file) && (apiVersion === void 0 || apiVersion === "sbkube/v1");
	const isOldFile = /(^|\/)config\.ya?ml$/.test(file) && isMapping(apps);
	if (!isSbkubeFile && !isOldFile) return void 0;
	return {
		kind: "sbkube",
		file,
		charts: Object.values(isMapping(apps) ? apps : {}).flatMap((app) => isMapping(app) && typeof app.chart === "string" ? [app.chart] : []),
		names: listTexts(apps),
		why: "sbkube's file of apps"
	};
}
function listTexts(data) {
	if (typeof data === "string") return [data];
	return typeof data === "object" && data !== null ? Object.values(data).flatMap(listTexts) : [];
}
function classifyObjects(file, documents) {
	const isOperators = documents.every(({ apiVersion }) => String(apiVersion).startsWith(`${operatorGroup}/`));
	const kinds = [...new Set(documents.map(({ kind }) => String(kind)))].join(", ");
	return {
		kind: isOperators ? "monitors" : "manifests",
		file,
		why: `Kubernetes objects: ${kinds}`
	};
}
function classifyRules(file, { groups, tests, rule_files }) {
	if (Array.isArray(tests) && Array.isArray(rule_files)) return {
		kind: "rule-tests",
		file,
		why: "unit tests in promtool's format"
	};
	const isGroup = (group) => isMapping(group) && Array.isArray(group.rules);
	if (!Array.isArray(groups) || groups.length === 0 || !groups.every(isGroup)) return void 0;
	return {
		kind: "rules",
		file,
		why: "groups of Prometheus rules"
	};
}
function classifyAlertmanager(file, data) {
	const isReceiver = (receiver) => isMapping(receiver) && typeof receiver.name === "string";
	const { receivers } = data;
	if (!Array.isArray(receivers) || receivers.length === 0 || !receivers.every(isReceiver)) return void 0;
	const variables = resolveReferences(data, () => void 0).missing.filter(({ kind }) => kind === "env").map(({ name }) => name);
	return {
		kind: "alertmanager",
		file,
		variables: [...new Set(variables)],
		why: "receivers in Alertmanager's format"
	};
}
function classifyValues(file, data) {
	if (!/(^|[/._-])values([/._-]|$)/.test(file)) return void 0;
	const byName = [
		"kube-prometheus-stack",
		"grafana",
		"prometheus"
	].find((name) => file.includes(name));
	if (byName !== void 0) return {
		kind: "values",
		of: byName,
		file,
		why: `a values file with ${byName} in its name`
	};
	const has = (key) => Object.hasOwn(data, key);
	for (const { of, keys } of [
		{
			of: "kube-prometheus-stack",
			keys: ["prometheusOperator", "prometheus"]
		},
		{
			of: "grafana",
			keys: [
				"grafana.ini",
				"adminPassword",
				"datasources"
			]
		},
		{
			of: "prometheus",
			keys: ["serverFiles", "server"]
		}
	]) {
		const key = keys.find(has);
		if (key !== void 0) return {
			kind: "values",
			of,
			file,
			why: `a values file with the key ${key}`
		};
	}
	return {
		kind: "unclear-values",
		file,
		why: "a values file of a chart that is not recognized"
	};
}

// src/app/init/survey.ts
const maxDepth = 4;
const maxFiles = 2e3;
const maxBytes$1 = 2 * 1024 ** 2;
const skippedFolders = [
	"node_modules",
	"vendor",
	"dist",
	"build",
	"target",
	"testdata",
	"monstack-report"
];
async function surveyFolder(host, folder) {
	const files = await listFiles(host, folder);
	const texts = await Promise.all(files.map((file) => host.files.read(join(folder, file)).catch(() => void 0)));
	const found = files.flatMap((file, index) => classifyFile(file, texts[index] ?? "") ?? []);
	const names = await host.files.list(folder);
	const repository = await findRepository(host, folder);
	return {
		found,
		files,
		hasLock: names.includes(lockFileName),
		config: ["monstack.yaml", "monstack.yml"].find((name) => names.includes(name)),
		repository,
		workflows: await readWorkflows(host, repository)
	};
}
async function listFiles(host, folder, below = "", depth = 0) {
	const names = (await host.files.list(join(folder, below))).filter((name) => !name.startsWith(".")).sort();
	if (depth > 0 && names.some((name) => /^(Chart\.yaml|[Kk]ustomization(\.ya?ml)?)$/.test(name))) return [];
	const files = [];
	for (const name of names) {
		if (files.length >= maxFiles) break;
		const path = below === "" ? name : `${below}/${name}`;
		const stat = await host.files.stat(join(folder, path));
		if (stat?.kind === "folder" && depth < maxDepth && !skippedFolders.includes(name)) files.push(...await listFiles(host, folder, path, depth + 1));
		const isWanted = /\.(ya?ml|json)$/.test(name) && !/^monstack\.ya?ml$/.test(name);
		if (stat?.kind === "file" && isWanted && stat.bytes <= maxBytes$1) files.push(path);
	}
	return files.slice(0, maxFiles);
}
async function findRepository(host, folder) {
	let candidate = folder;
	for (;;) {
		if (await host.files.stat(join(candidate, ".git")) !== void 0) return candidate;
		const parent = dirname(candidate);
		if (parent === candidate) return folder;
		candidate = parent;
	}
}
async function findMainBranch({ files }, repository) {
	const read = async (name) => (await files.read(join(repository, ".git", name)).catch(() => void 0))?.trim() ?? "";
	const remotePrefix = "ref: refs/remotes/origin/";
	const remote = await read("refs/remotes/origin/HEAD");
	if (remote.startsWith(remotePrefix)) return remote.slice(25);
	const current = (await read("HEAD")).replace(/^ref: refs\/heads\//, "");
	return [
		"main",
		"master",
		"trunk",
		"develop"
	].find((name) => name === current);
}
async function readWorkflows(host, repository) {
	const folder = join(repository, ".github/workflows");
	const names = (await host.files.list(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
	const texts = await Promise.all(names.map(async (name) => await host.files.read(join(folder, name)) ?? ""));
	const workflows = texts.map((text) => readYaml(text, { keysMayRepeat: true }).data).filter(isMapping);
	const withMonstack = names.find((_, index) => listUses(texts[index] ?? "").some((action) => action.includes("/monstack-action@")));
	const jobs = workflows.flatMap(({ jobs }) => isMapping(jobs) ? Object.values(jobs).filter(isMapping) : []);
	const runners = new Set(jobs.flatMap((job) => job["runs-on"] === void 0 ? [] : [job["runs-on"]]));
	const [runner] = runners;
	const checkout = texts.flatMap(listUses).find((action) => action.startsWith("actions/checkout@"));
	const mainBranch = await findMainBranch(host, repository);
	const mainBranches = mainBranch === void 0 ? void 0 : [mainBranch];
	return {
		withMonstack: withMonstack === void 0 ? void 0 : join(folder, withMonstack),
		runsOn: runners.size === 1 && typeof runner === "string" && !runner.includes("$") ? runner : void 0,
		checkout,
		branches: workflows.map(readBranches).find((branches) => branches !== void 0) ?? mainBranches
	};
}
function listUses(text) {
	return text.split("\n").flatMap((line) => {
		const [start = "", action] = line.split("uses:", 2);
		return action === void 0 || start.includes("#") ? [] : [action.trim()];
	});
}
function readBranches(workflow) {
	const triggers = workflow.on ?? workflow.true;
	const push = isMapping(triggers) ? triggers.push : void 0;
	const branches = isMapping(push) ? push.branches : void 0;
	return Array.isArray(branches) && branches.every((branch) => typeof branch === "string") ? branches : void 0;
}

// src/config/editor/descriptions.ts
const descriptions = {
	repos: "Chart repositories by name. prometheus-community, grafana-community and grafana are known.",
	"repos.*.url": "URL of the repository, with https:// or http://.",
	registries: "Logins and certificate authorities of image registries and mirrors, by host and port.",
	"registries.*.ca": "Certificate of the registry's certificate authority.",
	"registries.*.insecure": "true: its certificate is not verified.",
	username: `The user's name, or $\{NAME} from the environment.`,
	password: `$\{NAME}: the environment variable that holds the password.`,
	k3s: "The k3s that is installed on this machine.",
	helm: "The helm that deploys the charts.",
	kubectl: "The kubectl for the steps after monstack.",
	cluster: "An existing cluster instead of a new k3s. Only what was deployed into it is torn down.",
	ports: "Local ports of the stack, until the teardown.",
	timeouts: "Limits of time.",
	verify: "Which checks run on the live stack, and their limits.",
	alerting: "Alertmanager's configuration, and the tests of rules.",
	compare: "With which earlier run this one is compared (docs/compare.md).",
	keep: "What a teardown keeps.",
	grafana: "Grafana's login.",
	"storage.*": "Size of its volume, for example 50Gi.",
	apps: "The apps of the stack by name. Those of the default stack are prometheus and grafana; your settings are merged over theirs.",
	"apps.*": "An app: a chart, files of Kubernetes objects, or a kustomization.",
	"apps.*.chart": "repo/name, ./folder or oci://registry/name.",
	"apps.*.version": "Version of the chart.",
	"apps.*.values": "Values for the chart: files and mappings. Later ones win, and all of them win over the profile.",
	"apps.*.depends_on": "Apps that are deployed first.",
	"apps.*.depends_on.*.app": "Name of the app.",
	"apps.*.depends_on.*.until": "ready: its workloads are ready; applied: its objects exist. Default: ready.",
	"apps.*.enabled": "false leaves the app out. Default: true.",
	"apps.*.namespace": "Namespace of the app. Default: the stack's.",
	"apps.*.release": "Name of helm's release. Default: the app's name.",
	"apps.*.timeout": "How long its workloads may take to get ready. Default: timeouts.deploy.",
	"apps.*.manifests": "Files of Kubernetes objects instead of a chart.",
	"apps.*.kustomize": "A folder with a kustomization instead of a chart.",
	"apps.*.set": "Values that override all others, with the paths and the syntax of helm's --set.",
	"apps.*.labels": "Labels of helm's record of the release, and of every object of an app without a chart.",
	"apps.*.annotations": "Annotations of every object of an app without a chart.",
	checks: "Your own checks on the live stack (docs/own-checks.md).",
	"checks.*.name": "The check is shown as own/NAME.",
	"checks.*.title": "What is checked, for the report.",
	"checks.*.severity": "warning: a failure does not fail the run. Default: error.",
	"checks.*.within": "How long it may take until it must pass. Default: timeouts.verify.",
	"checks.*.hint": "How to fix a failure, in your words.",
	"checks.*.promql": "A query to Prometheus. Its result must meet `expect`.",
	"checks.*.expect": "Conditions for the result of the query. Default: at least one series, all values finite and fresh.",
	"checks.*.expect.series": "How many series: 3, or a comparison such as \">= 1\". Default: \">= 1\".",
	"checks.*.expect.every": "A comparison that every value must meet, for example \"== 1\".",
	"checks.*.expect.any": "A comparison that at least one value must meet.",
	"checks.*.expect.range": "Limits for every value, both ends included.",
	"checks.*.expect.range.min": "The lowest value that is allowed.",
	"checks.*.expect.range.max": "The highest value that is allowed.",
	"checks.*.expect.labels": "Values of labels that every series must have; != x and ~ pattern are possible.",
	"checks.*.expect.finite": "false allows NaN and infinite values. Default: true.",
	"checks.*.expect.fresh": "false allows samples from before this deployment. Default: true.",
	"checks.*.over": "A range query over this time, until now.",
	"checks.*.step": "Step of the range query. Default: a hundredth of `over`, at least 1s.",
	"checks.*.http": "A request: its URL, or a mapping with the request and the expected response.",
	"checks.*.http.url": "A URL, or a service of the cluster: http://NAME.NAMESPACE.svc:PORT/path.",
	"checks.*.http.method": "Default: GET, or POST with a body.",
	"checks.*.http.headers": `Headers of the request; $\{NAME} is taken from the environment.`,
	"checks.*.http.body": `A text, or a mapping that is sent as JSON; $\{NAME} is taken from the environment.`,
	"checks.*.http.status": "Accepted statuses, for example 200 or 2xx. Default: 2xx.",
	"checks.*.http.json": "Paths into the response with the values expected there, for example $.status: ok.",
	"checks.*.http.contains": "Texts that the response must contain.",
	"checks.*.resource": "Objects of the cluster that must exist, or meet a condition.",
	"checks.*.resource.kind": "For example Deployment.",
	"checks.*.resource.apiVersion": "For example apps/v1. Default: the version that the cluster prefers.",
	"checks.*.resource.name": "Name of one object. Default: all that the selector selects.",
	"checks.*.resource.namespace": "A namespace, or * for all. Default: the stack's.",
	"checks.*.resource.selector": "A selector of labels, for example app=my-app, or a mapping of labels.",
	"checks.*.resource.condition": "A condition that must be True, for example Available; or type and status.",
	"checks.*.resource.condition.type": "The condition's type, for example Available.",
	"checks.*.resource.condition.status": "True, False or Unknown. Default: True.",
	"checks.*.resource.field": "Paths into the object with the values expected there, for example status.readyReplicas: \">= 2\".",
	"checks.*.resource.exists": "false: there must be no such object. Default: true.",
	"checks.*.resource.count": "How many objects, for example \">= 1\".",
	resources: "Requests and limits of the stack's containers.",
	"resources.*": "Resources of this component. Amounts that are not named keep the values' own.",
	requests: "What is reserved for the container.",
	limits: "The most that the container may use.",
	cpu: "A number of cores, for example 250m or 2.",
	memory: "An amount of memory, for example 512Mi or 2Gi.",
	federate: "Other Prometheus servers from which the stack's Prometheus collects series (docs/outgrown.md).",
	"federate.*.name": "Name of the scrape job. Default: federate.",
	"federate.*.targets": "The servers, each as host:port.",
	"federate.*.match": "Selectors. Series that match at least one of them are collected.",
	"federate.*.interval": "How often. Default: scrape-interval.",
	"federate.*.scheme": "Default: http.",
	"federate.*.path": "Default: /federate.",
	"remote-write": "Stores to which Prometheus sends every sample (docs/outgrown.md).",
	"remote-write.*.name": "Name of the store in Prometheus' own metrics. Default: store.",
	"remote-write.*.url": "Where the store takes remote write.",
	"remote-write.*.headers": "Headers without secrets, because anybody can read them in Prometheus' configuration.",
	"remote-write.*.queue": "Settings of the queue.",
	"max-shards": "The most shards that send at the same time.",
	capacity: "Samples that a shard holds.",
	"max-samples-per-send": "Samples in one request.",
	"batch-send-deadline": "How long a sample waits for a full request.",
	"basic-auth": "Login with a user's name and a password.",
	"basic-auth.username": "The user's name.",
	"password-env": "The environment variable that holds the password.",
	"bearer-token-env": "The environment variable that holds the token.",
	"dashboards.*.id": "Id on grafana.com: 1860, or 1860@37 for a revision.",
	"dashboards.*.revision": "Revision on grafana.com. Default: the newest.",
	"dashboards.*.file": "A dashboard's JSON file.",
	"dashboards.*.dir": "A folder; each JSON file below it is a dashboard.",
	"dashboards.*.url": "URL of a dashboard's JSON.",
	"dashboards.*.sha256": "Checksum of what the URL returns.",
	"dashboards.*.folder": "Folder in Grafana.",
	"dashboards.*.inputs": "Values for the inputs of the export, for example DS_PROMETHEUS: prometheus."
};

// src/config/editor/json-schema.ts
const configSchemaUrl = "https://raw.githubusercontent.com/org/monstack-action/v1/docs/monstack.schema.json";
function toConfigJsonSchema() {
	const fileSchema = createFileSchema({
		folder: "/",
		home: void 0,
		env: {}
	});
	return {
		...describeNode(toJSONSchema(fileSchema, {
			io: "input",
			target: "draft-07",
			unrepresentable: "any"
		}), []),
		title: "monstack.yaml",
		description: "Configuration of monstack. Every key is optional."
	};
}
function describeNode(node, path) {
	if (!isMapping(node)) return node;
	const { "x-single": isSingle, "x-also": otherForm, properties, items, additionalProperties, anyOf, ...rest } = node;
	const inner = { ...rest };
	if (isMapping(properties)) inner.properties = describeProperties(properties, path);
	if (items !== void 0) inner.items = describeNode(items, [...path, "*"]);
	if (additionalProperties !== void 0) inner.additionalProperties = describeNode(additionalProperties, [...path, "*"]);
	if (Array.isArray(anyOf)) inner.anyOf = anyOf.map((choice) => describeNode(choice, path));
	const forms = [
		inner,
		...isSingle === true && isMapping(inner.items) ? [inner.items] : [],
		...isMapping(otherForm) ? [otherForm] : []
	];
	return forms.length === 1 ? inner : { anyOf: forms };
}
function describeProperties(properties, path) {
	const described = Object.entries(properties).flatMap(([key, property]) => {
		if (isMapping(property) && property.not !== void 0) return [];
		const keyPath = [...path, key];
		return [[key, {
			...findDescription(keyPath),
			...describeNode(property, keyPath)
		}]];
	});
	return Object.fromEntries(described);
}
function findDescription(path) {
	const name = listSettingNames().find((candidate) => settings$1[candidate].inFile?.join(".") === path.join("."));
	if (name !== void 0) {
		const { help, byDefault } = settings$1[name];
		const value = readDefault(byDefault);
		return {
			description: `${help.split("; separated by")[0]}.${byDefault === void 0 ? "" : ` Default: ${byDefault}.`}`,
			...value === void 0 ? {} : { default: value }
		};
	}
	const [whole = "", ...ends] = path.map((_, start) => path.slice(start).join("."));
	const description = [
		whole,
		[...path.slice(0, -1), "*"].join("."),
		...ends
	].map((candidate) => getOwnValue(descriptions, candidate)).find((text) => text !== void 0);
	return description === void 0 ? {} : { description };
}
function readDefault(byDefault) {
	if (byDefault === void 0 || byDefault === "all" || !/^[\w./+-]+$/.test(byDefault)) return void 0;
	if (byDefault === "true" || byDefault === "false") return byDefault === "true";
	return /^\d+$/.test(byDefault) ? Number(byDefault) : byDefault;
}

// src/app/init/write-config.ts
function composeConfig(choice) {
	const { rules, dashboards, monitors, alertmanager, notes } = choice;
	const left = notes.filter(({ use }) => use.kind === "left");
	return `${[
		[
			`# yaml-language-server: $schema=${configSchemaUrl}`,
			"# Written by `monstack init` from what is in this folder. Every key is optional; docs/configuration.md lists all of",
			"# them, and `monstack plan` shows what they lead to."
		],
		[
			"# ci: starts fast, and sets only what you left open. as-is: the charts' own values. production: as-is, and the",
			"# production checklist is judged too.",
			"profile: ci"
		],
		describeApps(choice),
		setting("rules", rules, "Rules of Prometheus. They are checked before anything is deployed."),
		setting("monitors", monitors, "Objects of the operator."),
		setting("dashboards", dashboards, "Dashboards for Grafana. Each panel is queried."),
		alertmanager === void 0 ? [] : [
			"# Alertmanager's receivers and routes. With capture, alerts go to a receiver of monstack's own: delivery is",
			"# verified, and nobody is notified. as-is sends them for real.",
			"alerting:",
			`  config: ${formatFlowValue(alertmanager)}`,
			"  receivers: capture"
		],
		listOtherSettings(choice),
		left.length === 0 ? [] : ["# Left out:", ...left.map((note) => `# ${describeNote(note)}`)]
	].filter((lines) => lines.length > 0).map((lines) => `${lines.join("\n")}\n`).join("\n")}`;
}
function listOtherSettings({ dashboards, rules }) {
	return [
		"# Other settings, with their defaults or with an example:",
		...[
			[`k3s: { version: ${defaultVersions.k3s} }`, "or v1.36, stable"],
			[`helm: { version: ${defaultVersions.helm} }`, "or v4, v3, stable"],
			["retention: 15d", "of Prometheus"],
			["timeouts: { deploy: 5m, verify: 2m }", "until the workloads are ready, until each check passes"],
			...rules.length === 0 ? [["rules: [rules/*.yaml]", "files of rules, folders, patterns"]] : [],
			...dashboards.length === 0 ? [["dashboards: [1860@37]", "ids of grafana.com, files, folders"]] : [],
			["checks:", "your own: docs/own-checks.md"]
		].map(([setting = "", meaning]) => `# ${setting.padEnd(36)} # ${meaning}`),
		"#   - { name: all-targets-are-up, promql: up, expect: { every: \"== 1\" } }"
	];
}
function describeApps({ appDir, stack, values }) {
	if (appDir !== void 0) return ["# The apps come from sbkube's file in this folder, as they are.", `app-dir: ${formatFlowValue(appDir)}`];
	const apps = Object.entries(values).flatMap(([app, file]) => [`  ${app}:`, `    values: ${formatFlowValue([file])}`]);
	return [
		"# plain: the charts prometheus and grafana. operator: the chart kube-prometheus-stack.",
		`stack: ${stack}`,
		...apps.length === 0 ? [] : ["apps:", ...apps]
	];
}
function setting(key, items, comment) {
	if (items.length === 0) return [];
	return [
		`# ${comment}`,
		`${key}:`,
		...items.map((item) => `  - ${formatFlowValue(item)}`)
	];
}
function describeNote({ file, why, use }) {
	const name = formatFlowValue(file);
	return use.kind === "used" ? `${name} (${why}): ${use.as}` : `${name} (${why}): ${use.because}`;
}

// src/app/init/write-workflow.ts
function composeWorkflow({ runsOn = "ubuntu-latest", checkout = "actions/checkout@v6", branches = ["main"] }, config, variables) {
	const inputs = ["mode: run", ...config === void 0 ? [] : [`config: ${formatFlowValue(config)}`]];
	const env = variables.map((name) => `          ${name}: \${{ secrets.${name} }}`);
	return `# Deploys the monitoring stack of ${config ?? "monstack.yaml"} on a k3s of its own, verifies it, and removes it again.
name: monstack
on:
  push: { branches: ${formatFlowValue(branches)} }
  pull_request:
  workflow_dispatch:
permissions: { contents: read }
jobs:
  verify:
    runs-on: ${formatFlowValue(runsOn)}
    timeout-minutes: 15
    steps:
      - uses: ${checkout}
        with: { persist-credentials: false }
      - uses: org/monstack-action@v1
        id: monstack
${env.length === 0 ? "" : `        env:\n${env.join("\n")}\n`}        with:
${inputs.map((line) => `          ${line}`).join("\n")}
      - uses: actions/upload-artifact@v5
        if: always()
        with:
          name: monstack-report
          path: \${{ steps.monstack.outputs.report-dir }}
`;
}

// src/app/init/init.ts
async function initFolder(host, folder) {
	const survey = await surveyFolder(host, folder);
	const choice = chooseSettings(survey);
	return {
		lines: [
			...choice.notes.map((note) => `${note.use.kind === "used" ? "found   " : "left out"}  ${describeNote(note)}`),
			...choice.notes.length === 0 ? ["found     nothing that belongs to a monitoring stack: the configuration is the default stack"] : [],
			...survey.hasLock ? ["found     monstack.lock: a run installs exactly what it lists"] : [],
			await writeConfig(host, folder, survey, choice),
			await writeWorkflow(host, folder, survey, choice)
		],
		mistakes: await findMistakes(host, folder)
	};
}
async function writeConfig(host, folder, { config }, choice) {
	if (config !== void 0) return `kept      ${config}: it exists already`;
	await host.files.write(join(folder, "monstack.yaml"), composeConfig(choice));
	return "wrote     monstack.yaml";
}
async function writeWorkflow(host, folder, { workflows, repository, config }, { variables }) {
	const { withMonstack } = workflows;
	const path = join(repository, ".github/workflows/monstack.yml");
	const show = (file) => relative(folder, file);
	if (withMonstack !== void 0) return `kept      ${show(withMonstack)}: it uses monstack already, so no workflow is written`;
	if (await host.files.stat(path) !== void 0) return `kept      ${show(path)}: it exists already`;
	const configPath = relative(repository, join(folder, config ?? "monstack.yaml"));
	const isFoundAnyway = configPath === "monstack.yaml" || configPath === "monstack.yml";
	await host.files.write(path, composeWorkflow(workflows, isFoundAnyway ? void 0 : configPath, variables));
	const secrets = variables.length === 0 ? "" : `; it needs the secrets ${variables.join(", ")}`;
	return `wrote     ${show(path)}${secrets}`;
}
async function findMistakes(host, folder) {
	try {
		const { read, list } = host.files;
		await loadConfig({
			cwd: folder,
			env: host.env,
			fetches: false,
			readFile: read,
			listFolder: list
		});
		return;
	} catch (error) {
		if (!(error instanceof UserError)) throw error;
		return error.message;
	}
}

// src/cli/commands/init.ts
const initCommand = defineCommand({
	name: "init",
	summary: "write monstack.yaml and a workflow for what is in this folder; nothing is overwritten",
	examples: [["monstack init", "what it finds, and what it takes each file for, is printed"]],
	read: () => void 0,
	run: async ({ createHost, print }) => {
		const { lines, mistakes } = await initFolder(await createHost(), process.cwd());
		for (const line of lines) print(`${line}\n`);
		if (mistakes !== void 0) {
			print(`\nThe configuration is not valid yet:\n${mistakes}\n`);
			return exitCode.badConfig;
		}
		print("\nNext: `monstack plan` shows what a run would do, `monstack run` does it.\n");
		return exitCode.verified;
	}
});

// src/cli/commands/lock.ts
const lockCommand = defineCommand({
	name: "lock",
	summary: "write down exactly what a run installs (monstack.lock), so that every run installs just that",
	operand: {
		term: "[NAME...]",
		help: "with --update: a tool, an app, a dashboard or an image; without a name, everything",
		completion: "locked"
	},
	flags: [{
		term: "--check",
		help: "Write nothing; 2 if the lock file does not match the configuration"
	}, {
		term: "--update",
		help: "Move what is named after it to its newest version, or everything"
	}],
	settings: planSettings,
	examples: [
		["monstack lock", "adds what is new, keeps what is locked"],
		["monstack lock --update grafana k3s", "moves these two to their newest versions"],
		["monstack lock --check", "in a workflow: fails if the lock file is out of date"]
	],
	read: ({ check = false, update = false }, names) => {
		if (check && update) throw new UserError("--check and --update exclude each other: the one writes nothing, the other does");
		if (names.length > 0 && !update) throw new UserError(`lock ${names[0]}: names belong to --update: \`monstack lock --update ${names[0]}\``);
		return {
			check,
			update: readUpdate(update, names)
		};
	},
	run: ({ withSession, print }, { check, update }) => withSession(async (session) => {
		for (const warning of session.loaded.warnings) session.context.log.warn(warning);
		if (check) print(`${await checkLock(session)} matches the configuration\n`);
		else await updateLock(session, update, print);
		return exitCode.verified;
	})
});
function readUpdate(update, names) {
	if (!update) return { kind: "nothing" };
	return names.length === 0 ? { kind: "all" } : {
		kind: "named",
		names
	};
}
async function updateLock(session, update, print) {
	const { file, isSame, changes, lock, unlocked, local } = await writeLock(session, update);
	for (const change of changes) print(`${change}\n`);
	for (const { image, why } of unlocked) print(`! image ${image} can't be locked: ${why}\n`);
	for (const source of local) print(`! not locked, since it is on this machine: ${source}\n`);
	const counts = [
		formatCount(Object.keys(lock.tools).length, "tool"),
		formatCount(lock.charts.length, "chart"),
		formatCount(lock.dashboards.length, "dashboard"),
		formatCount(lock.images.length, "image")
	].join(", ");
	print(isSame ? `${file} stays as it is: ${counts}\n` : `${file}: ${counts}\n`);
}

// src/report/merge/overview.ts
const RunFigures = object({
	name: string().describe("Of the report's folder"),
	verified: boolean(),
	toVerdictMs: number().optional().describe("From the start to the verdict, in milliseconds"),
	checksFailed: number().int(),
	series: number().optional().describe("In Prometheus' head block"),
	memoryBytes: number().optional().describe("Of all workloads together, each at its peak")
});
const HistoryEntry = object({
	at: string().describe("When the first of the runs began; ISO 8601, UTC"),
	runs: array(RunFigures).readonly()
});
const History = object({
	version: literal(1),
	entries: array(HistoryEntry).readonly().describe("The oldest first")
});
function summarizeRun({ name, results }) {
	const { verified, startedAt, trace, checks, inventory } = results;
	const { usage = [], series } = inventory ?? {};
	const memory = usage.flatMap(({ memoryBytes }) => memoryBytes ?? []);
	return {
		name,
		verified: verified && results.atEnd?.verified !== false,
		toVerdictMs: trace?.decidedAt === void 0 ? void 0 : Date.parse(trace.decidedAt) - Date.parse(startedAt),
		checksFailed: checks.filter(isBad).length,
		series,
		memoryBytes: memory.length === 0 ? void 0 : memory.reduce((sum, bytes) => sum + bytes, 0)
	};
}
function toHistoryEntry(runs) {
	const [at = ""] = runs.map(({ results }) => results.startedAt).toSorted();
	return {
		at,
		runs: runs.map(summarizeRun)
	};
}
function addToHistory(history, entry, keep) {
	return {
		version: 1,
		entries: [...(history?.entries ?? []).filter(({ at }) => at !== entry.at), entry].toSorted((a, b) => a.at.localeCompare(b.at)).slice(-keep)
	};
}

// src/report/merge/html.ts
const entities = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\"": "&quot;",
	"'": "&#39;"
};
function escapeHtml(text) {
	return showControls(text).replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}

// src/report/merge/multiples.ts
const figures = [
	{
		title: "time to the verdict",
		read: ({ toVerdictMs }) => toVerdictMs,
		format: (ms) => `${(ms / 1e3).toFixed(1)} s`
	},
	{
		title: "checks failed",
		read: ({ checksFailed }) => checksFailed,
		format: String
	},
	{
		title: "series",
		read: ({ series }) => series,
		format: (count) => count.toLocaleString("en-US")
	},
	{
		title: "memory",
		read: ({ memoryBytes }) => memoryBytes,
		format: formatBytes
	}
];
const width = 220;
const height = 56;
const margin = 5;
function renderMultiples({ entries }) {
	if (entries.length < 2) return "";
	const sections = [...new Set(entries.flatMap(({ runs }) => runs.map(({ name }) => name)))].toSorted().map((name) => {
		const runs = entries.map(({ at, runs: all }) => ({
			at,
			run: all.find((run) => run.name === name)
		}));
		const charts = figures.map((figure) => renderChart(name, figure, runs)).join("");
		return `<h3>${escapeHtml(name)}</h3><div class="multiples">${charts}</div>`;
	});
	return `<h2>The last ${entries.length} times</h2>${sections.join("\n")}`;
}
function renderChart(name, { title, read, format }, runs) {
	const points = runs.map(({ at, run }) => ({
		at,
		run,
		value: run && read(run)
	}));
	const values = points.flatMap(({ value }) => value ?? []);
	const latest = values.at(-1);
	if (latest === void 0) return "";
	const [least, most] = [Math.min(...values), Math.max(...values)];
	const x = (index) => margin + index * 210 / Math.max(1, points.length - 1);
	const y = (value) => most === least ? height / 2 : 51 - (value - least) * 46 / (most - least);
	const path = points.flatMap(({ value }, index) => {
		if (value === void 0) return [];
		return [`${points[index - 1]?.value === void 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`];
	});
	const dots = points.flatMap(({ at, run, value }, index) => {
		if (value === void 0) return [];
		const [kind, radius] = run?.verified ? ["good", 2.5] : ["bad", 4];
		const label = `${at}: ${format(value)}${run?.verified ? "" : ", not verified"}`;
		return [`<circle class="${kind}" ${`cx="${x(index).toFixed(1)}" cy="${y(value).toFixed(1)}"`} r="${radius}"><title>${escapeHtml(label)}</title></circle>`];
	});
	const range = least === most ? "the same each time" : `${format(least)} to ${format(most)}`;
	const label = `${title} of ${name}: ${format(latest)}, ${range}`;
	return `<figure><figcaption>${title}: <b>${escapeHtml(format(latest))}</b> <small>${escapeHtml(range)}</small></figcaption>
<svg role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${width} ${height}"><path d="${path.join("")}"/>${dots.join("")}</svg></figure>`;
}

// src/report/merge/page.ts
const maxItems = 20;
function renderDot(tone) {
	return `<span class="dot ${tone}" aria-hidden="true"></span>`;
}
function renderMergedPage(runs, history) {
	const sections = runs.map((run, index) => ({
		isFailed: summarizeVerdict(run.results).tone === "bad",
		html: renderRun(run, index)
	}));
	const listSections = (failed) => sections.flatMap(({ isFailed, html }) => isFailed === failed ? [html] : []).join("\n");
	const failed = sections.filter(({ isFailed }) => isFailed).length;
	const title = failed === 0 ? `${formatCount(runs.length, "run")}, all good` : `${failed} of ${formatCount(runs.length, "run")} failed`;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${`default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>monstack: ${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${renderDot(failed === 0 ? "good" : "bad")} ${escapeHtml(title)}</h1>
${renderOverview(runs)}
${listSections(true)}
${history === void 0 ? "" : renderMultiples(history)}
${listSections(false)}
</main>
</body>
</html>
`;
}
function renderOverview(runs) {
	const rows = runs.map((run, index) => {
		const { results, name } = run;
		const { tone, text } = summarizeVerdict(results);
		const { toVerdictMs } = summarizeRun(run);
		const [reason] = listReasons(results);
		return `<tr>${[
			`<a href="#run-${index}">${escapeHtml(name)}</a>`,
			`${renderDot(tone)} ${escapeHtml(text)}`,
			toVerdictMs === void 0 ? "" : `${(toVerdictMs / 1e3).toFixed(1)} s`,
			formatSpan(results.startedAt, results.endedAt),
			escapeHtml(reason?.title ?? "")
		].map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
	});
	return `<div class="scroll" role="region" aria-label="overview of the runs" tabindex="0"><table>
<thead><tr>${[
		"run",
		"verdict",
		"to the verdict",
		"in total",
		"first cause"
	].map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}
function renderRun({ name, results }, index) {
	const { tone, text } = summarizeVerdict(results);
	const parts = [
		renderReasons(results),
		renderFailedChecks(results),
		renderChanges(results)
	].join("");
	return `<details id="run-${index}"${tone === "bad" ? " open" : ""}><summary><h2>${renderDot(tone)} ${escapeHtml(name)}</h2></summary>
<p>${escapeHtml(text)}; ${escapeHtml(results.mode)}, profile ${escapeHtml(results.profile)}, ${escapeHtml(results.startedAt)}</p>
${parts}</details>`;
}
function renderReasons(results) {
	return renderList("What went wrong", listReasons(results).map(({ title, details, fix, place }) => {
		const lines = [
			...details.map(escapeHtml),
			...place === void 0 ? [] : [`Where: <code>${escapeHtml(place)}</code>`],
			...fix === void 0 ? [] : [`<b>To fix it:</b> ${escapeHtml(fix)}`]
		];
		return `<b>${escapeHtml(title)}</b>${lines.map((line) => `<br>${line}`).join("")}`;
	}));
}
function renderFailedChecks({ checks, causes }) {
	if (causes.length === 0) return "";
	return renderList("Failed checks", checks.filter(isBad).map((check) => `<code>${escapeHtml(check.id)}</code> ${escapeHtml(describeOutcome(check))}`));
}
function renderChanges({ comparison }) {
	if (comparison === void 0) return "";
	if (comparison.changes.length === 0) return `<p>${escapeHtml(describeComparison(comparison))}</p>`;
	return renderList("What changed", comparison.changes.map((change) => `${areaHeadings[change.area]}: ${escapeHtml(change.name)}: ${escapeHtml(formatChange(change))}`));
}
function renderList(heading, items) {
	if (items.length === 0) return "";
	const omitted = items.length - maxItems;
	const shown = items.slice(0, maxItems).map((item) => `<li>${item}</li>`);
	const more = omitted > 0 ? `<li>... and ${omitted} more in the run's own report</li>` : "";
	return `<h3>${heading}</h3><ul>${shown.join("")}${more}</ul>`;
}
const style = `
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --mixed: #9a6700; --line: #8884; --text: #1f2328; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; --mixed: #d29922; --text: #e6edf3; --back: #0d1117; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; }
summary h2 { display: inline; }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
a { color: inherit; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
td:first-child, td:nth-child(3), td:nth-child(4) { white-space: nowrap; }
td:nth-child(2), td:last-child { min-width: 12rem; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; print-color-adjust: exact; }
.dot.good { background: var(--good); }
.dot.bad { background: var(--bad); }
.dot.mixed { background: var(--mixed); }
details { border-top: 1px solid var(--line); padding: .6rem 0; }
.scroll + details { margin-top: 1.5rem; }
ul { padding-left: 1.2rem; margin: .3rem 0; }
.multiples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: .8rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: .5rem; }
figcaption small { opacity: .75; }
svg { display: block; width: 100%; height: auto; }
path { fill: none; stroke: currentColor; stroke-width: 1.2; opacity: .6; }
circle.good { fill: var(--good); }
circle.bad { fill: var(--bad); }
@media print { details { break-inside: avoid; } }
`;

// src/report/merge/summary.ts
const toneSigns = {
	good: "\u2705",
	bad: "\u274c",
	mixed: "\u26a0\ufe0f"
};
function renderMergedSummary(runs) {
	const verdicts = runs.map(({ results }) => summarizeVerdict(results));
	const failed = verdicts.filter(({ tone }) => tone === "bad").length;
	const rows = runs.map((run, index) => {
		const { name, results } = run;
		const verdict = verdicts[index];
		const { toVerdictMs } = summarizeRun(run);
		return [
			`${toneSigns[verdict?.tone ?? "bad"]} ${name}`,
			verdict?.text ?? "",
			toVerdictMs === void 0 ? "" : `${(toVerdictMs / 1e3).toFixed(1)} s`,
			formatSpan(results.startedAt, results.endedAt),
			results.comparison ? formatCount(results.comparison.changes.length, "change") : "",
			listReasons(results)[0]?.title ?? ""
		];
	});
	return `${[
		`## ${failed === 0 ? `\u2705 ${formatCount(runs.length, "run")}, all good` : `\u274c ${failed} of ${formatCount(runs.length, "run")} failed`}`,
		"",
		...renderTable([
			"run",
			"verdict",
			"to the verdict",
			"in total",
			"what changed",
			"first cause"
		], rows)
	].join("\n").trimEnd()}\n`;
}

// src/app/merge-reports.ts
const maxReports = 256;
async function mergeReports(files, { folders, output, historyFile, keep }) {
	const runs = await readRuns(files, folders);
	const kept = historyFile === void 0 ? void 0 : await readHistory(files, historyFile);
	const history = historyFile === void 0 ? void 0 : addToHistory(kept, toHistoryEntry(runs), keep);
	const documents = [
		[join(output, "report.html"), renderMergedPage(runs, history)],
		[join(output, "summary.md"), renderMergedSummary(runs)],
		[join(output, "junit.xml"), renderMergedJunit(runs)],
		...historyFile === void 0 ? [] : [[historyFile, `${JSON.stringify(history, void 0, 2)}\n`]]
	];
	for (const [path, text] of documents) await files.write(path, text);
	return {
		runs,
		history,
		written: documents.map(([path]) => path)
	};
}
async function readRuns(files, folders) {
	const found = (await Promise.all(folders.map((folder) => findReports(files, folder)))).flat();
	const reports = [...new Set(found)];
	if (reports.length > maxReports) throw new UserError(`there are ${reports.length} reports; at most ${maxReports} are merged`);
	const runs = [];
	const counts = /* @__PURE__ */ new Map();
	for (const folder of reports) {
		const name = basename(folder);
		const count = (counts.get(name) ?? 0) + 1;
		counts.set(name, count);
		const results = await readResults(files, folder);
		runs.push({
			name: count === 1 ? name : `${name} (${count})`,
			results
		});
	}
	return runs;
}
async function findReports(files, folder) {
	const isReport = (path) => files.exists(join(path, "results.json"));
	if (await isReport(folder)) return [folder];
	const reports = [];
	for (const name of (await files.list(folder)).toSorted()) {
		const path = join(folder, name);
		if (await isReport(path)) reports.push(path);
	}
	if (reports.length > 0) return reports;
	throw new UserError(`${folder} has no report: expected results.json in it, or in folders in it`, { fix: "name report folders, or a folder that contains them" });
}
async function readHistory(files, path) {
	const text = await files.read(path);
	if (text === void 0) return void 0;
	const parsed = History.safeParse(tryParseJson(text));
	if (parsed.success) return parsed.data;
	throw new UserError(`${path} is not a history of monstack`, { fix: "name another file, or remove this one to begin a new history" });
}

// src/cli/commands/merge-reports.ts
const defaultOutput = "monstack-merged";
const defaultKeep = 30;
const maxKeep = 365;
const mergeReportsCommand = defineCommand({
	name: "merge-reports",
	summary: "make one page and one junit.xml out of the reports of several runs, such as those of a job matrix",
	operand: {
		term: "<DIR...>",
		help: "the report folders, or folders that contain them",
		completion: "files"
	},
	flags: [
		{
			term: "-o, --output <DIR>",
			help: `The folder for report.html, summary.md and junit.xml; default ./${defaultOutput}`,
			completion: "files"
		},
		{
			term: "--history <FILE>",
			help: "Keep the figures of these runs in this file (or history.json in this folder), and draw them over time",
			completion: "files"
		},
		{
			term: "--keep <COUNT>",
			help: `With --history: keep at most this many merges; default ${defaultKeep}`,
			parse: parseKeep
		}
	],
	examples: [["monstack merge-reports reports/", "each folder in reports/ is the report of a run"], ["monstack merge-reports reports/ --history history/ --keep 30", "with charts over the last 30 nights"]],
	read: ({ output = defaultOutput, history, keep }, folders) => {
		if (keep !== void 0 && history === void 0) throw new UserError("--keep belongs to --history");
		return {
			folders: folders.map((folder) => resolve(folder)),
			output: resolve(output),
			historyFile: history === void 0 ? void 0 : toHistoryFile(resolve(history)),
			keep: keep ?? defaultKeep
		};
	},
	run: async ({ createHost, print }, input) => {
		const { files } = await createHost();
		const { runs, written } = await mergeReports(files, input);
		const verdicts = runs.map(({ results }) => summarizeVerdict(results));
		const width = Math.max(...runs.map(({ name }) => name.length));
		for (const [index, { name }] of runs.entries()) print(`  ${name.padEnd(width)}  ${verdicts[index]?.text}\n`);
		const failed = verdicts.filter(({ tone }) => tone === "bad").length;
		print(`${formatCount(runs.length, "run")}, ${failed === 0 ? "all good" : `${failed} failed`}\n`);
		for (const path of written) print(`written: ${path}\n`);
		return exitCode.verified;
	}
});
function toHistoryFile(path) {
	return path.endsWith(".json") ? path : join(path, "history.json");
}
function parseKeep(text, flag) {
	const count = Number(text);
	if (/^\d{1,3}$/.test(text) && count >= 2 && count <= maxKeep) return count;
	throw new UserError(`${flag}: \`${text}\` is not a whole number from 2 to ${maxKeep}`);
}

// node_modules/diff/libesm/diff/base.js
var Diff = class {
	diff(oldStr, newStr, options = {}) {
		let callback;
		if (typeof options === "function") {
			callback = options;
			options = {};
		} else if ("callback" in options) callback = options.callback;
		const oldString = this.castInput(oldStr, options);
		const newString = this.castInput(newStr, options);
		const oldTokens = this.removeEmpty(this.tokenize(oldString, options));
		const newTokens = this.removeEmpty(this.tokenize(newString, options));
		return this.diffWithOptionsObj(oldTokens, newTokens, options, callback);
	}
	diffWithOptionsObj(oldTokens, newTokens, options, callback) {
		var _a;
		const done = (value) => {
			value = this.postProcess(value, options);
			if (callback) {
				setTimeout(function() {
					callback(value);
				}, 0);
				return;
			} else return value;
		};
		const newLen = newTokens.length, oldLen = oldTokens.length;
		let editLength = 1;
		let maxEditLength = newLen + oldLen;
		if (options.maxEditLength != null) maxEditLength = Math.min(maxEditLength, options.maxEditLength);
		const maxExecutionTime = (_a = options.timeout) !== null && _a !== void 0 ? _a : Infinity;
		const abortAfterTimestamp = Date.now() + maxExecutionTime;
		const bestPath = [{
			oldPos: -1,
			lastComponent: void 0
		}];
		let newPos = this.extractCommon(bestPath[0], newTokens, oldTokens, 0, options);
		if (bestPath[0].oldPos + 1 >= oldLen && newPos + 1 >= newLen) return done(this.buildValues(bestPath[0].lastComponent, newTokens, oldTokens));
		let minDiagonalToConsider = -Infinity, maxDiagonalToConsider = Infinity;
		const execEditLength = () => {
			for (let diagonalPath = Math.max(minDiagonalToConsider, -editLength); diagonalPath <= Math.min(maxDiagonalToConsider, editLength); diagonalPath += 2) {
				let basePath;
				const removePath = bestPath[diagonalPath - 1], addPath = bestPath[diagonalPath + 1];
				if (removePath) bestPath[diagonalPath - 1] = void 0;
				let canAdd = false;
				if (addPath) {
					const addPathNewPos = addPath.oldPos - diagonalPath;
					canAdd = addPath && 0 <= addPathNewPos && addPathNewPos < newLen;
				}
				const canRemove = removePath && removePath.oldPos + 1 < oldLen;
				if (!canAdd && !canRemove) {
					bestPath[diagonalPath] = void 0;
					continue;
				}
				if (!canRemove || canAdd && removePath.oldPos < addPath.oldPos) basePath = this.addToPath(addPath, true, false, 0, options);
				else basePath = this.addToPath(removePath, false, true, 1, options);
				newPos = this.extractCommon(basePath, newTokens, oldTokens, diagonalPath, options);
				if (basePath.oldPos + 1 >= oldLen && newPos + 1 >= newLen) return done(this.buildValues(basePath.lastComponent, newTokens, oldTokens)) || true;
				else {
					bestPath[diagonalPath] = basePath;
					if (basePath.oldPos + 1 >= oldLen) maxDiagonalToConsider = Math.min(maxDiagonalToConsider, diagonalPath - 1);
					if (newPos + 1 >= newLen) minDiagonalToConsider = Math.max(minDiagonalToConsider, diagonalPath + 1);
				}
			}
			editLength++;
		};
		if (callback) (function exec() {
			setTimeout(function() {
				if (editLength > maxEditLength || Date.now() > abortAfterTimestamp) return callback(void 0);
				if (!execEditLength()) exec();
			}, 0);
		})();
		else while (editLength <= maxEditLength && Date.now() <= abortAfterTimestamp) {
			const ret = execEditLength();
			if (ret) return ret;
		}
	}
	addToPath(path, added, removed, oldPosInc, options) {
		const last = path.lastComponent;
		if (last && !options.oneChangePerToken && last.added === added && last.removed === removed) return {
			oldPos: path.oldPos + oldPosInc,
			lastComponent: {
				count: last.count + 1,
				added,
				removed,
				previousComponent: last.previousComponent
			}
		};
		else return {
			oldPos: path.oldPos + oldPosInc,
			lastComponent: {
				count: 1,
				added,
				removed,
				previousComponent: last
			}
		};
	}
	extractCommon(basePath, newTokens, oldTokens, diagonalPath, options) {
		const newLen = newTokens.length, oldLen = oldTokens.length;
		let oldPos = basePath.oldPos, newPos = oldPos - diagonalPath, commonCount = 0;
		while (newPos + 1 < newLen && oldPos + 1 < oldLen && this.equals(oldTokens[oldPos + 1], newTokens[newPos + 1], options)) {
			newPos++;
			oldPos++;
			commonCount++;
			if (options.oneChangePerToken) basePath.lastComponent = {
				count: 1,
				previousComponent: basePath.lastComponent,
				added: false,
				removed: false
			};
		}
		if (commonCount && !options.oneChangePerToken) basePath.lastComponent = {
			count: commonCount,
			previousComponent: basePath.lastComponent,
			added: false,
			removed: false
		};
		basePath.oldPos = oldPos;
		return newPos;
	}
	equals(left, right, options) {
		if (options.comparator) return options.comparator(left, right);
		else return left === right || !!options.ignoreCase && left.toLowerCase() === right.toLowerCase();
	}
	removeEmpty(array) {
		const ret = [];
		for (let i = 0; i < array.length; i++) if (array[i]) ret.push(array[i]);
		return ret;
	}
	castInput(value, options) {
		return value;
	}
	tokenize(value, options) {
		return Array.from(value);
	}
	join(chars) {
		return chars.join("");
	}
	postProcess(changeObjects, options) {
		return changeObjects;
	}
	get useLongestToken() {
		return false;
	}
	buildValues(lastComponent, newTokens, oldTokens) {
		const components = [];
		let nextComponent;
		while (lastComponent) {
			components.push(lastComponent);
			nextComponent = lastComponent.previousComponent;
			delete lastComponent.previousComponent;
			lastComponent = nextComponent;
		}
		components.reverse();
		const componentLen = components.length;
		let componentPos = 0, newPos = 0, oldPos = 0;
		for (; componentPos < componentLen; componentPos++) {
			const component = components[componentPos];
			if (!component.removed) {
				if (!component.added && this.useLongestToken) {
					let value = newTokens.slice(newPos, newPos + component.count);
					value = value.map(function(value, i) {
						const oldValue = oldTokens[oldPos + i];
						return oldValue.length > value.length ? oldValue : value;
					});
					component.value = this.join(value);
				} else component.value = this.join(newTokens.slice(newPos, newPos + component.count));
				newPos += component.count;
				if (!component.added) oldPos += component.count;
			} else {
				component.value = this.join(oldTokens.slice(oldPos, oldPos + component.count));
				oldPos += component.count;
			}
		}
		return components;
	}
};

// node_modules/diff/libesm/diff/character.js
var CharacterDiff = class extends Diff {};
const characterDiff = new CharacterDiff();

// node_modules/diff/libesm/util/string.js
function longestCommonPrefix(str1, str2) {
	let i = 0;
	for (; i < str1.length && i < str2.length; i++) if (str1[i] != str2[i]) return str1.slice(0, i);
	return str1.slice(0, i);
}
function longestCommonSuffix(str1, str2) {
	let i;
	if (!str1 || !str2 || str1[str1.length - 1] != str2[str2.length - 1]) return "";
	for (i = 0; i < str1.length && i < str2.length; i++) if (str1[str1.length - (i + 1)] != str2[str2.length - (i + 1)]) return str1.slice(-i);
	return str1.slice(-i);
}
function replacePrefix(string, oldPrefix, newPrefix) {
	if (string.slice(0, oldPrefix.length) != oldPrefix) throw Error(`string ${JSON.stringify(string)} doesn't start with prefix ${JSON.stringify(oldPrefix)}; this is a bug`);
	return newPrefix + string.slice(oldPrefix.length);
}
function replaceSuffix(string, oldSuffix, newSuffix) {
	if (!oldSuffix) return string + newSuffix;
	if (string.slice(-oldSuffix.length) != oldSuffix) throw Error(`string ${JSON.stringify(string)} doesn't end with suffix ${JSON.stringify(oldSuffix)}; this is a bug`);
	return string.slice(0, -oldSuffix.length) + newSuffix;
}
function removePrefix(string, oldPrefix) {
	return replacePrefix(string, oldPrefix, "");
}
function removeSuffix(string, oldSuffix) {
	return replaceSuffix(string, oldSuffix, "");
}
function maximumOverlap(string1, string2) {
	return string2.slice(0, overlapCount(string1, string2));
}
function overlapCount(a, b) {
	let startA = 0;
	if (a.length > b.length) startA = a.length - b.length;
	let endB = b.length;
	if (a.length < b.length) endB = a.length;
	const map = Array(endB);
	let k = 0;
	map[0] = 0;
	for (let j = 1; j < endB; j++) {
		if (b[j] == b[k]) map[j] = map[k];
		else map[j] = k;
		while (k > 0 && b[j] != b[k]) k = map[k];
		if (b[j] == b[k]) k++;
	}
	k = 0;
	for (let i = startA; i < a.length; i++) {
		while (k > 0 && a[i] != b[k]) k = map[k];
		if (a[i] == b[k]) k++;
	}
	return k;
}
function segment(string, segmenter) {
	const parts = [];
	for (const segmentObj of Array.from(segmenter.segment(string))) {
		const segment = segmentObj.segment;
		if (parts.length && /\s/.test(parts[parts.length - 1]) && /\s/.test(segment)) parts[parts.length - 1] += segment;
		else parts.push(segment);
	}
	return parts;
}
function trailingWs(string, segmenter) {
	if (segmenter) return leadingAndTrailingWs(string, segmenter)[1];
	let i;
	for (i = string.length - 1; i >= 0; i--) if (!string[i].match(/\s/)) break;
	return string.substring(i + 1);
}
function leadingWs(string, segmenter) {
	if (segmenter) return leadingAndTrailingWs(string, segmenter)[0];
	const match = string.match(/^\s*/);
	return match ? match[0] : "";
}
function leadingAndTrailingWs(string, segmenter) {
	if (!segmenter) return [leadingWs(string), trailingWs(string)];
	if (segmenter.resolvedOptions().granularity != "word") throw new Error("The segmenter passed must have a granularity of \"word\"");
	const segments = segment(string, segmenter);
	const firstSeg = segments[0];
	const lastSeg = segments[segments.length - 1];
	return [/\s/.test(firstSeg) ? firstSeg : "", /\s/.test(lastSeg) ? lastSeg : ""];
}

// node_modules/diff/libesm/diff/word.js
const extendedWordChars = "a-zA-Z0-9_\\u{AD}\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2C6}\\u{2C8}-\\u{2D7}\\u{2DE}-\\u{2FF}\\u{1E00}-\\u{1EFF}";
const tokenizeIncludingWhitespace = new RegExp(`[${extendedWordChars}]+|\\s+|[^${extendedWordChars}]`, "ug");
var WordDiff = class extends Diff {
	equals(left, right, options) {
		if (options.ignoreCase) {
			left = left.toLowerCase();
			right = right.toLowerCase();
		}
		return left.trim() === right.trim();
	}
	tokenize(value, options = {}) {
		let parts;
		if (options.intlSegmenter) {
			const segmenter = options.intlSegmenter;
			if (segmenter.resolvedOptions().granularity != "word") throw new Error("The segmenter passed must have a granularity of \"word\"");
			parts = segment(value, segmenter);
		} else parts = value.match(tokenizeIncludingWhitespace) || [];
		const tokens = [];
		let prevPart = null;
		parts.forEach((part) => {
			if (/\s/.test(part)) {
				if (prevPart == null) tokens.push(part);
				else tokens.push(tokens.pop() + part);
			} else if (prevPart != null && /\s/.test(prevPart)) {
				if (tokens[tokens.length - 1] == prevPart) tokens.push(tokens.pop() + part);
				else tokens.push(prevPart + part);
			} else tokens.push(part);
			prevPart = part;
		});
		return tokens;
	}
	join(tokens) {
		return tokens.map((token, i) => {
			if (i == 0) return token;
			else return token.replace(/^\s+/, "");
		}).join("");
	}
	postProcess(changes, options) {
		if (!changes || options.oneChangePerToken) return changes;
		let lastKeep = null;
		let insertion = null;
		let deletion = null;
		changes.forEach((change) => {
			if (change.added) insertion = change;
			else if (change.removed) deletion = change;
			else {
				if (insertion || deletion) dedupeWhitespaceInChangeObjects(lastKeep, deletion, insertion, change, options.intlSegmenter);
				lastKeep = change;
				insertion = null;
				deletion = null;
			}
		});
		if (insertion || deletion) dedupeWhitespaceInChangeObjects(lastKeep, deletion, insertion, null, options.intlSegmenter);
		return changes;
	}
};
const wordDiff = new WordDiff();
function dedupeWhitespaceInChangeObjects(startKeep, deletion, insertion, endKeep, segmenter) {
	if (deletion && insertion) {
		const [oldWsPrefix, oldWsSuffix] = leadingAndTrailingWs(deletion.value, segmenter);
		const [newWsPrefix, newWsSuffix] = leadingAndTrailingWs(insertion.value, segmenter);
		if (startKeep) {
			const commonWsPrefix = longestCommonPrefix(oldWsPrefix, newWsPrefix);
			startKeep.value = replaceSuffix(startKeep.value, newWsPrefix, commonWsPrefix);
			deletion.value = removePrefix(deletion.value, commonWsPrefix);
			insertion.value = removePrefix(insertion.value, commonWsPrefix);
		}
		if (endKeep) {
			const commonWsSuffix = longestCommonSuffix(oldWsSuffix, newWsSuffix);
			endKeep.value = replacePrefix(endKeep.value, newWsSuffix, commonWsSuffix);
			deletion.value = removeSuffix(deletion.value, commonWsSuffix);
			insertion.value = removeSuffix(insertion.value, commonWsSuffix);
		}
	} else if (insertion) {
		if (startKeep) {
			const ws = leadingWs(insertion.value, segmenter);
			insertion.value = insertion.value.substring(ws.length);
		}
		if (endKeep) {
			const ws = leadingWs(endKeep.value, segmenter);
			endKeep.value = endKeep.value.substring(ws.length);
		}
	} else if (startKeep && endKeep) {
		const newWsFull = leadingWs(endKeep.value, segmenter), [delWsStart, delWsEnd] = leadingAndTrailingWs(deletion.value, segmenter);
		const newWsStart = longestCommonPrefix(newWsFull, delWsStart);
		deletion.value = removePrefix(deletion.value, newWsStart);
		const newWsEnd = longestCommonSuffix(removePrefix(newWsFull, newWsStart), delWsEnd);
		deletion.value = removeSuffix(deletion.value, newWsEnd);
		endKeep.value = replacePrefix(endKeep.value, newWsFull, newWsEnd);
		startKeep.value = replaceSuffix(startKeep.value, newWsFull, newWsFull.slice(0, newWsFull.length - newWsEnd.length));
	} else if (endKeep) {
		const endKeepWsPrefix = leadingWs(endKeep.value, segmenter);
		const deletionWsSuffix = trailingWs(deletion.value, segmenter);
		const overlap = maximumOverlap(deletionWsSuffix, endKeepWsPrefix);
		deletion.value = removeSuffix(deletion.value, overlap);
	} else if (startKeep) {
		const startKeepWsSuffix = trailingWs(startKeep.value, segmenter);
		const deletionWsPrefix = leadingWs(deletion.value, segmenter);
		const overlap = maximumOverlap(startKeepWsSuffix, deletionWsPrefix);
		deletion.value = removePrefix(deletion.value, overlap);
	}
}
var WordsWithSpaceDiff = class extends Diff {
	tokenize(value) {
		const regex = new RegExp(`(\\r?\\n)|[${extendedWordChars}]+|[^\\S\\n\\r]+|[^${extendedWordChars}]`, "ug");
		return value.match(regex) || [];
	}
};
const wordsWithSpaceDiff = new WordsWithSpaceDiff();

// node_modules/diff/libesm/diff/line.js
var LineDiff = class extends Diff {
	constructor() {
		super(...arguments);
		this.tokenize = tokenize;
	}
	equals(left, right, options) {
		if (options.ignoreWhitespace) {
			if (!options.newlineIsToken || !left.includes("\n")) left = left.trim();
			if (!options.newlineIsToken || !right.includes("\n")) right = right.trim();
		} else if (options.ignoreNewlineAtEof && !options.newlineIsToken) {
			if (left.endsWith("\n")) left = left.slice(0, -1);
			if (right.endsWith("\n")) right = right.slice(0, -1);
		}
		return super.equals(left, right, options);
	}
};
const lineDiff = new LineDiff();
function tokenize(value, options) {
	if (options.stripTrailingCr) value = value.replace(/\r\n/g, "\n");
	const retLines = [], linesAndNewlines = value.split(/(\n|\r\n)/);
	if (!linesAndNewlines[linesAndNewlines.length - 1]) linesAndNewlines.pop();
	for (let i = 0; i < linesAndNewlines.length; i++) {
		const line = linesAndNewlines[i];
		if (i % 2 && !options.newlineIsToken) retLines[retLines.length - 1] += line;
		else retLines.push(line);
	}
	return retLines;
}

// node_modules/diff/libesm/diff/sentence.js
function isSentenceEndPunct(char) {
	return char == "." || char == "!" || char == "?";
}
var SentenceDiff = class extends Diff {
	tokenize(value) {
		var _a;
		const result = [];
		let tokenStartI = 0;
		for (let i = 0; i < value.length; i++) {
			if (i == value.length - 1) {
				result.push(value.slice(tokenStartI));
				break;
			}
			if (isSentenceEndPunct(value[i]) && value[i + 1].match(/\s/)) {
				result.push(value.slice(tokenStartI, i + 1));
				i = tokenStartI = i + 1;
				while ((_a = value[i + 1]) === null || _a === void 0 ? void 0 : _a.match(/\s/)) i++;
				result.push(value.slice(tokenStartI, i + 1));
				tokenStartI = i + 1;
			}
		}
		return result;
	}
};
const sentenceDiff = new SentenceDiff();

// node_modules/diff/libesm/diff/css.js
var CssDiff = class extends Diff {
	tokenize(value) {
		return value.split(/([{}:;,]|\s+)/);
	}
};
const cssDiff = new CssDiff();

// node_modules/diff/libesm/diff/json.js
var JsonDiff = class extends Diff {
	constructor() {
		super(...arguments);
		this.tokenize = tokenize;
	}
	get useLongestToken() {
		return true;
	}
	castInput(value, options) {
		const { undefinedReplacement, stringifyReplacer = (k, v) => typeof v === "undefined" ? undefinedReplacement : v } = options;
		return typeof value === "string" ? value : JSON.stringify(canonicalize(value, null, null, stringifyReplacer), null, "  ");
	}
	equals(left, right, options) {
		return super.equals(left.replace(/,([\r\n])/g, "$1"), right.replace(/,([\r\n])/g, "$1"), options);
	}
};
const jsonDiff = new JsonDiff();
function canonicalize(obj, stack, replacementStack, replacer, key) {
	stack = stack || [];
	replacementStack = replacementStack || [];
	if (replacer) obj = replacer(key === void 0 ? "" : key, obj);
	let i = 0;
	for (; i < stack.length; i += 1) if (stack[i] === obj) return replacementStack[i];
	let canonicalizedObj;
	if ("[object Array]" === Object.prototype.toString.call(obj)) {
		stack.push(obj);
		canonicalizedObj = new Array(obj.length);
		replacementStack.push(canonicalizedObj);
		for (i = 0; i < obj.length; i += 1) canonicalizedObj[i] = canonicalize(obj[i], stack, replacementStack, replacer, String(i));
		stack.pop();
		replacementStack.pop();
		return canonicalizedObj;
	}
	if (obj && obj.toJSON) obj = obj.toJSON();
	if (typeof obj === "object" && obj !== null) {
		stack.push(obj);
		canonicalizedObj = {};
		replacementStack.push(canonicalizedObj);
		const sortedKeys = [];
		let key;
		for (key in obj)
 /* istanbul ignore else */
		if (Object.prototype.hasOwnProperty.call(obj, key)) sortedKeys.push(key);
		sortedKeys.sort();
		for (i = 0; i < sortedKeys.length; i += 1) {
			key = sortedKeys[i];
			canonicalizedObj[key] = canonicalize(obj[key], stack, replacementStack, replacer, key);
		}
		stack.pop();
		replacementStack.pop();
	} else canonicalizedObj = obj;
	return canonicalizedObj;
}

// node_modules/diff/libesm/diff/array.js
var ArrayDiff = class extends Diff {
	tokenize(value) {
		return value.slice();
	}
	join(value) {
		return value;
	}
	removeEmpty(value) {
		return value;
	}
};
const arrayDiff = new ArrayDiff();
function diffArrays(oldArr, newArr, options) {
	return arrayDiff.diff(oldArr, newArr, options);
}

// src/plan/fix/yaml-edits.ts
var import_dist = require_dist();
function parseSheet(text) {
	const document = (0, import_dist.parseDocument)(text, {
		schema: "failsafe",
		uniqueKeys: false,
		logLevel: "error",
		prettyErrors: false
	});
	if (document.errors.length > 0) return void 0;
	return {
		text,
		document,
		lineBreak: text.includes("\r\n") ? "\r\n" : "\n"
	};
}
function findKey({ document }, path) {
	let node = document.contents;
	let spot;
	for (const key of path) if ((0, import_dist.isSeq)(node) && typeof key === "number") node = node.items[key];
	else if ((0, import_dist.isMap)(node)) {
		const child = findChild(node, String(key), spot);
		if (child === void 0) return void 0;
		spot = child;
		node = child.pair.value;
	} else return void 0;
	return spot;
}
function findChild(map, name, parent) {
	const pair = map.items.findLast(({ key }) => (0, import_dist.isScalar)(key) && String(key.value) === name);
	return pair && {
		map,
		pair,
		key: pair.key,
		parent
	};
}
function findNodeIn({ document }, path) {
	return path.length === 0 ? document.contents : document.getIn(path, true);
}
function getKeyName({ key }) {
	return String(key.value);
}
function getKeyStart({ key }) {
	return key.range?.[0] ?? 0;
}
function getKeyEnd({ key }) {
	return key.range?.[1] ?? 0;
}
function findColonEnd({ text }, spot) {
	const colon = /^\s*:/.exec(text.slice(getKeyEnd(spot), getKeyEnd(spot) + 200));
	return colon ? getKeyEnd(spot) + colon[0].length : void 0;
}
function findValueEnd(sheet, spot) {
	const from = findColonEnd(sheet, spot) ?? getKeyEnd(spot);
	return Math.max(from, findNodeEnd(sheet, spot.pair.value));
}
function findNodeEnd(sheet, node) {
	if ((0, import_dist.isCollection)(node) && !node.flow) {
		const last = node.items.at(-1);
		if ((0, import_dist.isMap)(node)) {
			const pair = last;
			const inner = findNodeEnd(sheet, pair?.value);
			const key = (0, import_dist.isNode)(pair?.key) ? pair.key.range?.[1] ?? 0 : 0;
			return Math.max(inner, key + (/^\s*:/.exec(sheet.text.slice(key, key + 200))?.[0].length ?? 0));
		}
		return findNodeEnd(sheet, last);
	}
	const end = (0, import_dist.isNode)(node) ? node.range?.[1] ?? 0 : 0;
	return sheet.text.slice(0, end).trimEnd().length;
}
function findLineStart(text, offset) {
	return text.lastIndexOf("\n", offset - 1) + 1;
}
function findLineEnd(text, offset) {
	const end = text.indexOf("\n", offset);
	return end === -1 ? text.length : end + 1;
}
function findColumn({ text }, spot) {
	return getKeyStart(spot) - findLineStart(text, getKeyStart(spot));
}
function hasOwnLines(sheet, spot) {
	const start = getKeyStart(spot);
	const isFirst = sheet.text.slice(findLineStart(sheet.text, start), start).trim() === "";
	return !spot.map.flow && isFirst && findColonEnd(sheet, spot) !== void 0;
}
function findStartWithComments(sheet, spot) {
	const { text } = sheet;
	const indent = " ".repeat(findColumn(sheet, spot));
	let start = findLineStart(text, getKeyStart(spot));
	while (start > 0) {
		const previousLine = findLineStart(text, start - 1);
		if (!text.startsWith(`${indent}#`, previousLine)) break;
		start = previousLine;
	}
	return start;
}
function shiftLines(text, columns) {
	if (columns === 0) return text;
	const lines = text.split("\n");
	return lines.map((line) => {
		if (line.trim() === "" && line.length <= Math.abs(columns)) return line;
		return columns > 0 ? `${" ".repeat(columns)}${line}` : line.slice(Math.min(-columns, line.length - line.trimStart().length));
	}).map((line, index) => index === lines.length - 1 && lines[index] === "" ? "" : line).join("\n");
}
function formatKey(name, like) {
	if (like?.type === import_dist.Scalar.QUOTE_SINGLE) return `'${name.replaceAll("'", "''")}'`;
	const isPlain = /^[A-Za-z_][\w./-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
	return like?.type === import_dist.Scalar.QUOTE_DOUBLE || !isPlain ? JSON.stringify(name) : name;
}
function findIndentStep({ text }) {
	return /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
}
function getKeyRange({ key }) {
	return {
		start: key.range?.[0] ?? 0,
		end: key.range?.[1] ?? 0
	};
}
function isShared({ text }, { map, parent: holder }) {
	const { anchor } = map;
	if (anchor !== void 0 && text.includes(`*${anchor}`)) return true;
	return holder !== void 0 && isShared({ text }, holder);
}
function createCut(sheet, spot, how, edits, notes, growth) {
	const { text } = sheet;
	if (!spot.map.flow && !hasOwnLines(sheet, spot)) return void 0;
	const isMoved = how === "renamed" || how === "merged";
	const formatNotes = (indent) => notes.map((note) => `${indent}# ${note}${sheet.lineBreak}`).join("");
	const cuts = [];
	if (spot.map.flow) {
		const startOfLine = findLineStart(text, getKeyStart(spot));
		const indent = /^ */.exec(text.slice(startOfLine, startOfLine + 200))?.[0] ?? "";
		if (notes.length > 0) cuts.push({
			start: startOfLine,
			end: startOfLine,
			text: formatNotes(indent)
		});
		cuts.push(createFlowCut(sheet, spot));
	} else {
		const start = isMoved ? findStartWithComments(sheet, spot) : findLineStart(text, getKeyStart(spot));
		const end = findLineEnd(text, findValueEnd(sheet, spot));
		const isLastLine = end === text.length && !text.endsWith("\n");
		const note = formatNotes(" ".repeat(findColumn(sheet, spot)));
		cuts.push({
			start,
			end,
			text: isLastLine ? note.trimEnd() : note
		});
		const colon = spot.parent && findColonEnd(sheet, spot.parent);
		if (spot.map.items.length === 1 && spot.parent !== void 0) {
			if (colon === void 0 || spot.parent.pair.value !== spot.map) return void 0;
			cuts.push({
				start: colon,
				end: colon,
				text: " {}"
			});
		} else if (spot.map.items.length === 1 && spot.map !== sheet.document.contents) return void 0;
	}
	return {
		how,
		edits: [...cuts, ...edits],
		cutFrom: spot.map,
		...growth && { growth }
	};
}
function createFlowCut(sheet, spot) {
	const { text } = sheet;
	const start = getKeyStart(spot);
	const end = findValueEnd(sheet, spot);
	if (spot.map.items.length === 1) {
		const [first = start, last = end] = spot.map.range ?? [];
		return {
			start: first + 1,
			end: last - 1,
			text: ""
		};
	}
	const commaAfter = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? "";
	if (commaAfter !== "") return {
		start,
		end: end + commaAfter.length,
		text: ""
	};
	return {
		start: start - (/,\s*$/.exec(text.slice(0, start))?.[0] ?? "").length,
		end,
		text: ""
	};
}
function formatPair(sheet, spot, name, isForFlow) {
	const { text, lineBreak } = sheet;
	const { start, end } = getKeyRange(spot);
	const key = formatKey(name, spot.key);
	const pair = `${key}${text.slice(end, findValueEnd(sheet, spot))}`;
	if (spot.map.flow) return pair.includes("\n") ? void 0 : isForFlow ? pair : `${pair}${lineBreak}`;
	if (!hasOwnLines(sheet, spot)) return void 0;
	if (isForFlow) return pair.includes("\n") || pair.includes("#") ? void 0 : pair;
	const first = findStartWithComments(sheet, spot);
	const last = findLineEnd(text, findValueEnd(sheet, spot));
	const lines = `${text.slice(first, start)}${key}${text.slice(end, last)}`;
	return shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -findColumn(sheet, spot));
}
function createInsertion(sheet, path, formatFor) {
	let depth = path.length;
	while (depth > 0 && findNodeIn(sheet, path.slice(0, depth)) === void 0) depth -= 1;
	const node = findNodeIn(sheet, path.slice(0, depth));
	const missingKeys = path.slice(depth).map(String);
	const parentKey = findKey(sheet, path.slice(0, depth));
	const isEmptyValue = (0, import_dist.isScalar)(node) && node.type === import_dist.Scalar.PLAIN && node.source === "" && !node.anchor;
	if (!(0, import_dist.isMap)(node) && !isEmptyValue) return void 0;
	const deepestPath = path.slice(0, depth + 1).join("\0");
	const growth = {
		mark: missingKeys.length > 0 || isEmptyValue ? deepestPath : path.join("\0"),
		isShared: missingKeys.length === 0 && !isEmptyValue
	};
	if ((0, import_dist.isMap)(node) && hasAliases(sheet, node)) return void 0;
	if ((0, import_dist.isMap)(node) && node.flow) return createFlowInsertion(sheet, node, missingKeys, formatFor, growth);
	const place = (0, import_dist.isMap)(node) ? findBlockEnd(sheet, node, parentKey) : parentKey && findPlaceBelow(sheet, parentKey);
	const pairText = formatFor(false);
	if (place === void 0 || pairText === void 0) return void 0;
	const step = findIndentStep(sheet);
	const headers = missingKeys.map((key, index) => `${" ".repeat(place.indent + index * step)}${formatKey(key)}:${sheet.lineBreak}`);
	const body = shiftLines(pairText, place.indent + missingKeys.length * step);
	const isOpenLine = place.offset > 0 && sheet.text[place.offset - 1] !== "\n";
	const text = `${isOpenLine ? sheet.lineBreak : ""}${headers.join("")}${body}`;
	return {
		edits: [{
			start: place.offset,
			end: place.offset,
			text: isOpenLine ? text.trimEnd() : text
		}],
		growth
	};
}
function hasAliases({ text }, { anchor }) {
	return anchor !== void 0 && text.includes(`*${anchor}`);
}
function findBlockEnd(sheet, map, parentKey) {
	const lastPair = map.items.at(-1);
	const spot = lastPair && (0, import_dist.isScalar)(lastPair.key) ? {
		map,
		pair: lastPair,
		key: lastPair.key,
		parent: parentKey
	} : void 0;
	const firstPair = map.items[0];
	const firstKeyStart = firstPair && (0, import_dist.isScalar)(firstPair.key) ? firstPair.key.range?.[0] ?? 0 : 0;
	if (spot === void 0) return void 0;
	return {
		offset: findLineEnd(sheet.text, findValueEnd(sheet, spot)),
		indent: firstKeyStart - findLineStart(sheet.text, firstKeyStart)
	};
}
function findPlaceBelow(sheet, holder) {
	if (!hasOwnLines(sheet, holder)) return void 0;
	return {
		offset: findLineEnd(sheet.text, findValueEnd(sheet, holder)),
		indent: findColumn(sheet, holder) + findIndentStep(sheet)
	};
}
function createFlowInsertion(sheet, map, missingKeys, formatFor, growth) {
	const pairText = formatFor(true);
	if (pairText === void 0) return void 0;
	const text = `${missingKeys.map((key) => `${formatKey(key)}: {`).join("")}${pairText}${"}".repeat(missingKeys.length)}`;
	const lastPair = map.items.at(-1);
	const spot = lastPair && (0, import_dist.isScalar)(lastPair.key) ? {
		map,
		pair: lastPair,
		key: lastPair.key,
		parent: void 0
	} : void 0;
	const offset = spot ? findValueEnd(sheet, spot) : (map.range?.[0] ?? 0) + 1;
	return {
		edits: [{
			start: offset,
			end: offset,
			text: spot ? `, ${text}` : text
		}],
		growth
	};
}

// src/plan/fix/key-changes.ts
function createFixChange(sheet, at, fix, why) {
	const oldKey = findKey(sheet, fix.from);
	if (oldKey === void 0 || isShared(sheet, oldKey)) return void 0;
	const describePreviousPlace = (from, path) => `${formatPath(path.slice(at.length))}${formatValue(from)} was here`;
	if (fix.to.kind === "unwrap") return createUnwrap(sheet, oldKey, fix.from);
	if (fix.to.kind === "remove") {
		if (!isShort(oldKey.pair.value)) return void 0;
		return createCut(sheet, oldKey, "removed", [], [`${describePreviousPlace(oldKey, fix.from)}: ${why}`]);
	}
	const { path: targetPath, asText } = fix.to;
	const targetKey = findKey(sheet, targetPath);
	if (asText) return createTextChange(sheet, oldKey, targetPath, targetKey);
	const name = String(targetPath.at(-1) ?? "");
	if (targetKey === void 0) {
		const parentPath = fix.from.slice(0, -1);
		if (targetPath.length >= fix.from.length && isSamePath(parentPath, targetPath.slice(0, parentPath.length)) && findKey(sheet, targetPath.slice(0, parentPath.length + 1)) === void 0) return createRename(sheet, oldKey, targetPath.slice(parentPath.length).map(String), targetPath);
		const insert = createInsertion(sheet, targetPath.slice(0, -1), (isFlow) => formatPair(sheet, oldKey, name, isFlow));
		const cut = insert && createCut(sheet, oldKey, "renamed", insert.edits, [], insert.growth);
		return cut && {
			...cut,
			createdPath: targetPath
		};
	}
	if (isShared(sheet, targetKey)) return void 0;
	const supersededNote = `${formatPath(targetPath.slice(at.length))}, which is read, has its own value`;
	if ((0, import_dist.isMap)(targetKey.pair.value) && (0, import_dist.isMap)(oldKey.pair.value)) {
		const mergeEdits = createMergeEdits(sheet, oldKey, targetPath, [...fix.from], describePreviousPlace);
		return mergeEdits && createCut(sheet, oldKey, "merged", mergeEdits.edits, mergeEdits.notes, mergeEdits.growth);
	}
	if (!isShort(oldKey.pair.value)) return void 0;
	return createCut(sheet, oldKey, "superseded", [], [`${describePreviousPlace(oldKey, fix.from)}: ${supersededNote}`]);
}
function createRename(sheet, spot, names, createdPath) {
	const name = names.at(-1) ?? "";
	const parents = names.slice(0, -1);
	const how = "renamed";
	if (parents.length === 0) return {
		how,
		createdPath,
		edits: [{
			...getKeyRange(spot),
			text: formatKey(name, spot.key)
		}]
	};
	const { text, lineBreak } = sheet;
	const { start, end } = getKeyRange(spot);
	const key = formatKey(name, spot.key);
	if (spot.map.flow) {
		const inner = `${key}${text.slice(end, findValueEnd(sheet, spot))}`;
		const whole = `${parents.map((parent) => `${formatKey(parent)}: {`).join("")}${inner}${"}".repeat(parents.length)}`;
		return {
			how,
			createdPath,
			edits: [{
				start,
				end: findValueEnd(sheet, spot),
				text: whole
			}]
		};
	}
	if (!hasOwnLines(sheet, spot)) return void 0;
	const [column, step] = [findColumn(sheet, spot), findIndentStep(sheet)];
	const indents = parents.map((parent, index) => `${" ".repeat(column + index * step)}${formatKey(parent)}:${lineBreak}`);
	const first = findLineStart(text, start);
	const last = findLineEnd(text, findValueEnd(sheet, spot));
	const lines = shiftLines(`${" ".repeat(column)}${key}${text.slice(end, last)}`, parents.length * step);
	return {
		how,
		createdPath,
		edits: [{
			start: first,
			end: last,
			text: `${indents.join("")}${lines}`
		}]
	};
}
function isSamePath(a, b) {
	return a.length === b.length && a.every((part, index) => part === b[index]);
}
function formatPath(path) {
	return formatKeyPath(path.map(String));
}
function isShort(value) {
	return (0, import_dist.isScalar)(value) && !String(value.value).includes("\n") && String(value.value) !== "";
}
function formatValue({ pair }) {
	return (0, import_dist.isScalar)(pair.value) ? `: ${String(pair.value.value)}` : "";
}
function createMergeEdits(sheet, sourceKey, targetPath, sourcePath, describePreviousPlace) {
	const edits = [];
	const notes = [];
	let growth;
	for (const { key } of sourceKey.pair.value.items) {
		const child = (0, import_dist.isScalar)(key) ? findChild(sourceKey.pair.value, String(key.value), sourceKey) : void 0;
		if (child === void 0) return void 0;
		const target = [...targetPath, getKeyName(child)];
		const childPath = [...sourcePath, getKeyName(child)];
		const targetKey = findKey(sheet, target);
		if (targetKey === void 0) {
			const insertion = createInsertion(sheet, targetPath, (isFlow) => formatPair(sheet, child, getKeyName(child), isFlow));
			if (insertion === void 0) return void 0;
			edits.push(...insertion.edits);
			growth = {
				...insertion.growth,
				isShared: false
			};
		} else if ((0, import_dist.isMap)(targetKey.pair.value) && (0, import_dist.isMap)(child.pair.value)) {
			const innerMerge = createMergeEdits(sheet, child, target, childPath, describePreviousPlace);
			if (innerMerge === void 0) return void 0;
			edits.push(...innerMerge.edits);
			notes.push(...innerMerge.notes);
			growth = innerMerge.growth ?? growth;
		} else if (isShort(child.pair.value)) notes.push(`${describePreviousPlace(child, childPath)}: what is read has its own value`);
		else return void 0;
	}
	return {
		edits,
		notes,
		...growth && { growth }
	};
}
function createUnwrap(sheet, spot, from) {
	const innerMapping = spot.pair.value;
	if (!(0, import_dist.isMap)(innerMapping) || innerMapping.anchor !== void 0 || innerMapping.items.length === 0) return void 0;
	const areNamesFree = innerMapping.items.map(({ key }) => (0, import_dist.isScalar)(key) ? String(key.value) : "").every((name) => name === getKeyName(spot) || findChild(spot.map, name, spot.parent) === void 0);
	const start = getKeyStart(spot);
	if (spot.map.flow) {
		if (!areNamesFree || !innerMapping.flow) return void 0;
		const text = sheet.text.slice((innerMapping.range?.[0] ?? 0) + 1, (innerMapping.range?.[1] ?? 0) - 1).trim();
		return {
			how: "renamed",
			edits: [{
				start,
				end: findValueEnd(sheet, spot),
				text
			}],
			cutFrom: spot.map
		};
	}
	if (!hasOwnLines(sheet, spot)) return void 0;
	if (!areNamesFree) {
		const describePreviousPlace = (child, path) => `${formatPath(path)}${formatValue(child)} was here`;
		const mergeEdits = createMergeEdits(sheet, spot, from.slice(0, -1), from, describePreviousPlace);
		return mergeEdits && createCut(sheet, spot, "merged", mergeEdits.edits, mergeEdits.notes, mergeEdits.growth);
	}
	const column = findColumn(sheet, spot);
	const startOfLine = findLineStart(sheet.text, start);
	const end = findEndWithComments(sheet.text, findLineEnd(sheet.text, findValueEnd(sheet, spot)), column);
	const text = innerMapping.flow ? formatFlowAsBlock(sheet, innerMapping, spot, column) : indentBlock(sheet, innerMapping, spot, end, column);
	return text === void 0 ? void 0 : {
		how: "renamed",
		edits: [{
			start: startOfLine,
			end,
			text
		}],
		cutFrom: spot.map
	};
}
function findEndWithComments(text, start, column) {
	let end = start;
	for (let next = start; next < text.length;) {
		const line = text.slice(next, findLineEnd(text, next));
		const isBlank = line.trim() === "";
		if (!isBlank && (line.search(/\S/) <= column || !line.trimStart().startsWith("#"))) break;
		next += line.length;
		if (!isBlank) end = next;
	}
	return end;
}
function indentBlock(sheet, innerMapping, spot, end, column) {
	const { text, lineBreak } = sheet;
	const colon = findColonEnd(sheet, spot);
	const firstKey = innerMapping.items[0]?.key;
	if (colon === void 0 || !(0, import_dist.isScalar)(firstKey)) return void 0;
	const innerColumn = (firstKey.range?.[0] ?? 0) - findLineStart(text, firstKey.range?.[0] ?? 0);
	const nextLine = findLineEnd(text, colon);
	const comment = text.slice(colon, nextLine).trim();
	return `${comment === "" ? "" : `${" ".repeat(column)}${comment}${lineBreak}`}${shiftLines(text.slice(nextLine, end), column - innerColumn)}`;
}
function formatFlowAsBlock(sheet, innerMapping, spot, column) {
	const lines = innerMapping.items.map(({ key }) => {
		const child = (0, import_dist.isScalar)(key) ? findChild(innerMapping, String(key.value), spot) : void 0;
		return child && formatPair(sheet, child, getKeyName(child), false);
	});
	if (lines.some((line) => line === void 0)) return void 0;
	return shiftLines(lines.join(""), column);
}
function createTextChange(sheet, spot, targetPath, targetKey) {
	const { text, lineBreak } = sheet;
	const list = spot.pair.value;
	const colon = findColonEnd(sheet, spot);
	if (!(0, import_dist.isSeq)(list) || list.flow || list.anchor !== void 0 || colon === void 0) return void 0;
	if (!hasOwnLines(sheet, spot)) return void 0;
	const end = findLineEnd(text, findValueEnd(sheet, spot));
	const nextLine = findLineEnd(text, colon);
	const lines = text.slice(nextLine, end);
	const dashColumn = /^ */.exec(text.slice(findLineStart(text, list.range?.[0] ?? 0)))?.[0].length ?? 0;
	const unindentedLines = shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -dashColumn);
	if (targetKey !== void 0) {
		const literal = targetKey.pair.value;
		if (!(0, import_dist.isScalar)(literal) || literal.type !== import_dist.Scalar.BLOCK_LITERAL || isShared(sheet, targetKey)) return void 0;
		const offset = findLineEnd(text, findValueEnd(sheet, targetKey));
		const textColumn = /^ */.exec(text.slice(findLineStart(text, offset - 1)))?.[0].length ?? 0;
		const edit = {
			start: offset,
			end: offset,
			text: shiftLines(unindentedLines, textColumn)
		};
		return createCut(sheet, spot, "merged", [edit], [], {
			mark: targetPath.join("\0"),
			isShared: false
		});
	}
	const name = formatKey(String(targetPath.at(-1) ?? ""));
	const comment = text.slice(colon, nextLine).trim();
	const body = `${`${name}: |${comment === "" ? "" : ` ${comment}`}${lineBreak}`}${shiftLines(unindentedLines, findIndentStep(sheet))}`;
	if (findKey(sheet, targetPath.slice(0, -1))?.pair.value === spot.map || targetPath.length === 1 && spot.parent === void 0) return {
		how: "renamed",
		edits: [{
			start: findLineStart(text, getKeyStart(spot)),
			end,
			text: shiftLines(body, findColumn(sheet, spot))
		}]
	};
	const insertion = createInsertion(sheet, targetPath.slice(0, -1), (isFlow) => isFlow ? void 0 : body);
	return insertion && createCut(sheet, spot, "renamed", insertion.edits, [], insertion.growth);
}

// src/plan/fix/fix-values.ts
const maximumRounds = 50;
function fixValues(original, spots, leaveOut = /* @__PURE__ */ new Set()) {
	const fixed = [];
	const leftKeys = /* @__PURE__ */ new Map();
	let draft = {
		text: original,
		data: readYaml(original, { keysMayRepeat: true }).data,
		sheet: void 0
	};
	for (let round = 0; round < maximumRounds; round++) {
		const deadKeys = findDeadKeys(draft.data, spots).filter(({ id }) => !leftKeys.has(id) && !leaveOut.has(id));
		const applied = applyFixes$1(draft, deadKeys.filter(({ fix }) => fix !== void 0));
		for (const { id, unknown } of applied.failed) leftKeys.set(id, {
			app: unknown.app,
			path: unknown.path
		});
		fixed.push(...applied.fixed);
		draft = applied.draft;
		if (applied.fixed.length > 0 || applied.failed.length > 0) continue;
		const uncertain = deadKeys.map(({ unknown }) => unknown);
		return {
			text: draft.text,
			fixed,
			left: [...leftKeys.values()],
			uncertain
		};
	}
	return {
		text: draft.text,
		fixed,
		left: [...leftKeys.values()],
		uncertain: []
	};
}
function findDeadKeys(data, spots) {
	const keysBySpot = spots.map((spot) => {
		const values = getAt(data, spot.at);
		return (isMapping(values) ? listUnknownValues(spot.app, values, spot.chart) : []).map((unknownKey) => {
			const value = getAt(values, unknownKey.path);
			return {
				id: JSON.stringify([...spot.at, ...unknownKey.path]),
				spot,
				unknown: unknownKey,
				value,
				fix: findFix(spot, unknownKey, value)
			};
		});
	});
	const seenIds = /* @__PURE__ */ new Set();
	return keysBySpot.flat().flatMap((deadKey) => {
		if (seenIds.has(deadKey.id)) return [];
		seenIds.add(deadKey.id);
		const otherSpots = spots.flatMap((spot, index) => spot.app !== deadKey.spot.app && JSON.stringify(spot.at) === JSON.stringify(deadKey.spot.at) ? [{
			spot,
			index
		}] : []);
		if (!otherSpots.every(({ index }) => keysBySpot[index]?.some(({ id }) => id === deadKey.id))) return [];
		return otherSpots.every(({ spot, index }) => leavesOtherAppUnchanged(deadKey, spot, keysBySpot[index]?.find(({ id }) => id === deadKey.id))) ? [deadKey] : [{
			...deadKey,
			fix: void 0
		}];
	});
}
function leavesOtherAppUnchanged({ fix, unknown, value }, otherSpot, deadKeyOfOtherApp) {
	if (fix === void 0 || fix.to.kind === "remove") return true;
	if (fix.to.kind === "unwrap") return false;
	if (isDeepStrictEqual(deadKeyOfOtherApp?.fix, fix)) return true;
	const moved = replaceValueAt({}, parseKeyPath(unknown.meant ?? ""), value);
	return listUnknownValues(otherSpot.app, moved, otherSpot.chart).length > 0;
}
function findFix(spot, { path, meant, hint, isCertain = false, isWrapper = false, asText = false }, value) {
	const oldPath = [...spot.at, ...path];
	if (isWrapper) return {
		from: oldPath,
		to: { kind: "unwrap" }
	};
	if (isCertain && meant !== void 0) return {
		from: oldPath,
		to: {
			kind: "path",
			path: [...spot.at, ...parseKeyPath(meant)],
			asText
		}
	};
	const isShort = value !== null && typeof value !== "object" && !String(value).includes("\n");
	return meant === void 0 && hint === void 0 && isShort ? {
		from: oldPath,
		to: { kind: "remove" }
	} : void 0;
}
function applyFixes$1(draft, deadKeys) {
	if (deadKeys.length === 0) return {
		draft,
		fixed: [],
		failed: []
	};
	const sheet = draft.sheet ?? parseSheet(draft.text);
	if (sheet === void 0) return {
		draft,
		fixed: [],
		failed: deadKeys
	};
	const failed = [];
	const accepted = [];
	for (const deadKey of deadKeys) {
		const change = createChange(sheet, deadKey);
		if (change === void 0) failed.push(deadKey);
		else if (!accepted.some((other) => areInConflict(change, other.change, accepted))) accepted.push({
			dead: deadKey,
			change
		});
	}
	for (let size = accepted.length; size > 0; size = Math.floor(size / 2)) {
		const chosenFixes = accepted.slice(0, size);
		const fixes = chosenFixes.map(({ dead: deadKey }) => deadKey);
		const edits = chosenFixes.flatMap(({ change }) => change.edits);
		const changed = parseSheet(applyEdits(draft.text, edits));
		if (changed === void 0 || !hasExpectedData(sheet, changed, fixes)) continue;
		const fixed = chosenFixes.map(({ dead: deadKey, change }) => toFixedKey(deadKey, change));
		const data = fixed.reduce((values, { fix }) => applyFix(values, fix, () => ""), draft.data);
		return {
			draft: {
				text: changed.text,
				data,
				sheet: changed
			},
			fixed,
			failed
		};
	}
	return {
		draft,
		fixed: [],
		failed: [...failed, ...accepted.slice(0, 1).map(({ dead: deadKey }) => deadKey)]
	};
}
function createChange(sheet, { fix, spot }) {
	return fix && createFixChange(sheet, spot.at, fix, `nothing in chart ${spot.of} reads it`);
}
function toFixedKey({ id, unknown, fix, value }, { how }) {
	const { app, path, meant } = unknown;
	return {
		id,
		app,
		path,
		to: fix?.to.kind === "unwrap" ? path.slice(0, -1) : meant === void 0 ? void 0 : parseKeyPath(meant),
		how,
		value,
		fix
	};
}
function areInConflict(a, b, accepted) {
	if (a.createdPath && b.createdPath && isAtOrBelow(a.createdPath, b.createdPath)) return true;
	if (a.edits.some((edit) => b.edits.some((otherEdit) => areOverlapping(edit, otherEdit)))) return true;
	const removedKeys = accepted.filter(({ change }) => change.cutFrom === a.cutFrom).length;
	if (a.cutFrom !== void 0 && a.cutFrom === b.cutFrom && removedKeys + 1 >= a.cutFrom.items.length) return true;
	if (a.growth === void 0 || b.growth === void 0) return false;
	return a.growth.mark === b.growth.mark && !(a.growth.isShared && b.growth.isShared);
}
function isAtOrBelow(a, b) {
	return a.slice(0, b.length).every((part, index) => part === b[index]);
}
function areOverlapping(a, b) {
	if (a.start === a.end && b.start === b.end) return false;
	return a.start === a.end || b.start === b.end ? a.start <= b.end && b.start <= a.end : a.start < b.end && b.start < a.end;
}
function applyEdits(text, edits) {
	const order = edits.map((edit, index) => ({
		...edit,
		index
	}));
	order.sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
	let last = 0;
	return [...order.flatMap(({ start, end, text: replacement }) => {
		const before = text.slice(last, start);
		last = end;
		return [before, replacement];
	}), text.slice(last)].join("");
}
function hasExpectedData(before, after, fixes) {
	try {
		const data = readData(after);
		const expected = fixes.reduce((values, { fix }) => {
			if (fix === void 0) return values;
			const { to } = fix;
			return applyFix(values, fix, (list, existing) => matchTextList(to.kind === "path" ? getAt(data, to.path) : "", list, existing));
		}, readData(before));
		return isDeepStrictEqual(data || {}, expected || {});
	} catch {
		return false;
	}
}
const dataBySheet = /* @__PURE__ */ new WeakMap();
function readData(sheet) {
	const data = dataBySheet.get(sheet) ?? sheet.document.toJS();
	dataBySheet.set(sheet, data);
	return data;
}
function matchTextList(text, list, existing) {
	const parseList = (source) => parseSheet(typeof source === "string" ? source : "")?.document.toJS();
	const previousJobs = parseList(existing);
	const expectedJobs = [...Array.isArray(previousJobs) ? previousJobs : [], ...Array.isArray(list) ? list : []];
	return isDeepStrictEqual(parseList(text), expectedJobs) ? text : void 0;
}
function applyFix(data, { from, to }, asText) {
	const value = getAt(data, from);
	const rest = removeAt(data, from);
	if (to.kind === "remove") return rest;
	if (to.kind === "unwrap") return putAt(rest, from.slice(0, -1), value);
	return putAt(rest, to.path, to.asText ? asText(value, getAt(rest, to.path)) : value, to.asText);
}
function getAt(data, path) {
	return path.reduce((node, key) => {
		if (Array.isArray(node)) return node[Number(key)];
		return isMapping(node) && Object.hasOwn(node, key) ? node[key] : void 0;
	}, data);
}
function removeAt(data, [key, ...deeperKeys]) {
	if (key === void 0) return data;
	if (Array.isArray(data)) return data.map((item, index) => index === key ? removeAt(item, deeperKeys) : item);
	if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
	if (deeperKeys.length > 0) return {
		...data,
		[key]: removeAt(data[key], deeperKeys)
	};
	return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}
function putAt(data, [key, ...deeperKeys], value, replacesValue = false) {
	if (key === void 0) return replacesValue ? value : mergeUnder(data, value);
	if (Array.isArray(data)) return data.map((item, index) => index === key ? putAt(item, deeperKeys, value, replacesValue) : item);
	const mapping = isMapping(data) ? data : {};
	return {
		...mapping,
		[key]: putAt(mapping[key], deeperKeys, value, replacesValue)
	};
}
function mergeUnder(existing, addition) {
	if (existing === void 0) return addition;
	if (!isMapping(existing) || !isMapping(addition)) return existing;
	const merged = { ...existing };
	for (const [key, value] of Object.entries(addition)) merged[key] = Object.hasOwn(existing, key) ? mergeUnder(existing[key], value) : value;
	return merged;
}

// src/app/charts/inspect.ts
const retryPolicy = {
	tries: 2,
	firstWaitMs: 500,
	stallMs: 1e4
};
async function inspectCharts(session, plan, { offline }) {
	const { loaded } = session;
	const inspectedApps = plan.apps.filter(({ name, chart }) => (chart.kind === "path" || chart.kind === "repo" || chart.kind === "oci") && (hasValues(loaded, name) || isNamed(loaded, name) && (!offline || chart.kind === "path")));
	const results = await Promise.all(inspectedApps.map((app) => inspectChart(session, app, offline)));
	return {
		inspected: results.filter((result) => "chart" in result),
		missing: results.filter((result) => "why" in result),
		refused: results.filter((result) => "mistake" in result)
	};
}
async function inspectChart(session, app, offline) {
	const { context, loaded } = session;
	const createMissing = (why) => ({
		app: app.name,
		why,
		hasValues: hasValues(loaded, app.name)
	});
	if (offline && app.chart.kind !== "path") return createMissing("its chart is not fetched offline");
	try {
		const chart = await fetchAppChart(session, app);
		const source = await readChartSource(context, chart);
		refuseMissingSubcharts(source, app.chart);
		const unknown = findUnreadValues(loaded, app.name, source);
		const schemaMistakes = await findSchemaMistakes(loaded, app, source);
		const otherMistakes = findChartMistakes(loaded, app, source).filter(({ where }) => !schemaMistakes.some((schemaMistake) => schemaMistake.where === where));
		return {
			app: app.name,
			chart,
			source,
			unknown,
			mistakes: [...schemaMistakes, ...otherMistakes]
		};
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		context.signal.throwIfAborted();
		return findRefusal(loaded, app.name, error) ?? createMissing(`chart ${formatChart(app.chart)}: ${describeError(error)}`);
	}
}
function refuseMissingSubcharts({ name, dependencies, charts }, chart) {
	const presentNames = new Set(charts.map((subchart) => subchart.name));
	const missing = [...new Set(dependencies.map((dependency) => dependency.name).filter((dependency) => !presentNames.has(dependency)))];
	if (missing.length === 0) return;
	const verb = missing.length === 1 ? "is not" : "are not";
	throw new UserError(`chart ${name} depends on ${missing.join(", ")}, which ${verb} in its folder charts/`, { fix: `run \`helm dependency build ${chart.kind === "path" ? chart.path : name}\` first, which downloads what a chart depends on` });
}
function isNamed(loaded, app) {
	return locateChart(loaded, app) !== void 0 || placeInApp(loaded, app, ["release"]) !== void 0;
}
function hasValues(loaded, app) {
	return listValuesFiles(loaded, app).length > 0;
}
async function fetchAppChart({ context, loaded, supply }, { chart }) {
	const helmOption = chart.kind === "oci" ? { helm: installTool(context, loaded.config, "helm", { supply }) } : {};
	return fetchChart(context, loaded.config, chart, {
		...helmOption,
		retryPolicy,
		supply
	});
}

// src/app/charts/compare-fixed.ts
async function compareFixed(session, plan, inspected, files, { offline }) {
	const apps = inspected.flatMap((chart) => {
		const planned = plan.apps.find(({ name }) => name === chart.app);
		const appFiles = new Set(listValuesFiles(session.loaded, chart.app).map(({ file }) => file));
		const fixes = files.filter(({ file }) => appFiles.has(file)).flatMap(({ file, after }) => after.fixed.map((key) => ({
			file,
			key
		})));
		return planned && fixes.some(({ key }) => key.how !== "removed") ? [{
			planned,
			inspected: chart,
			fixes
		}] : [];
	});
	if (apps.length === 0) return {
		leaveOut: /* @__PURE__ */ new Map(),
		notes: []
	};
	const helm = await findHelm(session, offline);
	if ("why" in helm) return skipComparison(apps, helm.why);
	const comparisons = await Promise.all(apps.map((app) => compareApp(session, helm, app)));
	return {
		leaveOut: groupByFile(comparisons.flatMap(({ unwanted }) => unwanted)),
		notes: comparisons.flatMap(({ notes }) => notes)
	};
}
async function findHelm({ context, loaded, supply }, offline) {
	const helmSupply = offline ? {
		...supply,
		offline: supply.offline ?? "--offline"
	} : supply;
	try {
		return await installTool(context, loaded.config, "helm", {
			retryPolicy,
			supply: helmSupply
		});
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof MonstackError)) throw error;
		return { why: describeError(error) };
	}
}
function skipComparison(apps, why) {
	const risky = apps.flatMap(({ fixes }) => fixes).filter(({ key }) => canRemoveObjects(key));
	return {
		leaveOut: groupByFile(risky),
		notes: [`nothing was compared, because helm is not available: ${why}`, ...risky.map(describeSkippedFix)]
	};
}
function describeSkippedFix({ key }) {
	return `${key.app}: ${formatKeyPath(key.path)} is left as it is: its fix could switch something off`;
}
function canRemoveObjects(key) {
	if (key.how === "removed" || key.how === "superseded") return false;
	const intendedPaths = new Set(findSwitchesOff(key).map((path) => JSON.stringify(path)));
	const isHarmless = (value, path) => {
		if (isMapping(value)) return Object.entries(value).every(([name, child]) => isHarmless(child, [...path, name]));
		if (value === false || value === null || value === 0 || value === "") return intendedPaths.has(JSON.stringify(path));
		return !/name|kind|namespace|mode$/i.test(path.at(-1) ?? "");
	};
	return !isHarmless(key.value, key.to ?? []);
}
function findSwitchesOff({ path, to, value, how, fix }) {
	const isRenamed = JSON.stringify(path.slice(0, -1)) === JSON.stringify(to?.slice(0, -1)) && hasSameWords(path.at(-1) ?? "", to?.at(-1) ?? "");
	if (to === void 0 || how === "removed" || how === "superseded") return [];
	if (fix.to.kind !== "unwrap" && !isRenamed) return [];
	const listSwitches = (node, switchPath) => {
		if (isMapping(node)) return Object.entries(node).flatMap(([name, child]) => listSwitches(child, [...switchPath, name]));
		return node === false && switchPath.length > to.length && isSwitch(switchPath.at(-1) ?? "") ? [[...switchPath]] : [];
	};
	return listSwitches(value, to);
}
function groupByFile(fixes) {
	const idsByFile = /* @__PURE__ */ new Map();
	for (const { file, key } of fixes) idsByFile.set(file, (idsByFile.get(file) ?? /* @__PURE__ */ new Set()).add(key.id));
	return idsByFile;
}
const maximumRenderings = 20;
async function compareApp(session, helm, app) {
	const { context, loaded } = session;
	const { planned, inspected, fixes } = app;
	const { name } = planned;
	if (planned.chart.kind === "path") await refuseChartLinks(context.host, planned.chart.path, loaded);
	const render = async (values) => {
		try {
			const result = await renderApp(context, helm, {
				...planned,
				values
			}, inspected.chart);
			return new Set([
				...result.objects,
				...result.hooks ?? [],
				...result.tests ?? []
			].map(formatObjectName));
		} catch (error) {
			context.signal.throwIfAborted();
			if (!(error instanceof MonstackError)) throw error;
			return { why: describeError(error) };
		}
	};
	const renderWith = (someFixes) => {
		const orderedFixes = fixes.filter((fix) => someFixes.includes(fix));
		return render(applyFixes(loaded, name, orderedFixes, "fix"));
	};
	const switchesOff = fixes.flatMap(({ key }) => key.app === name ? findSwitchesOff(key) : []);
	const unfixed = applyFixes(loaded, name, fixes, "remove");
	const [beforeFixes, afterFixes] = await Promise.all([render(switchesOff.reduce((values, path) => withValue(values, path, false), unfixed)), renderWith(fixes)]);
	if ("why" in beforeFixes && !("why" in afterFixes)) return {
		unwanted: [],
		notes: []
	};
	if ("why" in beforeFixes && "why" in afterFixes && beforeFixes.why === afterFixes.why) {
		const risky = fixes.filter(({ key }) => canRemoveObjects(key));
		return {
			unwanted: risky,
			notes: [`${name}: nothing was compared, because the chart could not be rendered as it is: ${joinHelmReason(beforeFixes.why)}`, ...risky.map(describeSkippedFix)]
		};
	}
	const { unwanted, notes } = await findUnwantedFixes(fixes, (rendered) => describeRenderProblem(beforeFixes, rendered), {
		afterFixes,
		renderWith
	});
	const remainingFixes = fixes.filter((fix) => !unwanted.includes(fix));
	const problem = describeRenderProblem(beforeFixes, unwanted.length > 0 ? await renderWith(remainingFixes) : afterFixes);
	if (problem === void 0 || remainingFixes.length === 0) return {
		unwanted,
		notes
	};
	const note = `${name}: nothing is corrected: with all fixes together ${problem}`;
	return {
		unwanted: fixes,
		notes: [...notes, note]
	};
}
function describeRenderProblem(before, rendered) {
	if ("why" in rendered) return `the chart could not be rendered: ${joinHelmReason(rendered.why)}`;
	const lostNames = "why" in before ? [] : [...before].filter((name) => !rendered.has(name));
	return lostNames.length === 0 ? void 0 : `these objects would be missing: ${formatList(lostNames)}`;
}
function joinHelmReason(why) {
	return why.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("Use --debug")).join(" ");
}
async function findUnwantedFixes(fixes, describeProblem, { afterFixes, renderWith }) {
	const notes = [];
	let renderingsLeft = maximumRenderings;
	const search = async (someFixes, rendered) => {
		const problem = describeProblem(rendered);
		if (problem === void 0) return [];
		const [onlyFix, secondFix] = someFixes;
		if (onlyFix !== void 0 && secondFix === void 0) {
			const { app, path } = onlyFix.key;
			notes.push(`${app}: ${formatKeyPath(path)} is left as it is: with its fix ${problem}`);
			return someFixes;
		}
		const half = Math.ceil(someFixes.length / 2);
		const halves = [];
		for (const halfOfFixes of [someFixes.slice(0, half), someFixes.slice(half)]) {
			renderingsLeft -= 1;
			halves.push(await search(halfOfFixes, renderingsLeft > 0 ? await renderWith(halfOfFixes) : { why: "too many to compare" }));
		}
		return halves.flat();
	};
	return {
		unwanted: await search([...fixes].sort((a, b) => Number(canRemoveObjects(b.key)) - Number(canRemoveObjects(a.key))), afterFixes),
		notes
	};
}
function formatObjectName({ kind, metadata }) {
	return `${kind} ${metadata.namespace === void 0 ? "" : `${metadata.namespace}/`}${metadata.name}`;
}
function applyFixes(loaded, app, fixes, mode) {
	const config = loaded.config.apps[app];
	if (config === void 0) return {};
	const spots = [...listValuesFiles(loaded, app)];
	const values = [...config.values].reverse().map((source) => {
		const [spot] = spots;
		if ("set" in source || spot === void 0) return source;
		if (spot.file !== ("file" in source ? source.file : loaded.config.file)) return source;
		spots.shift();
		const data = "inline" in source ? source.inline : loaded.valuesFiles[source.file];
		const changed = fixes.filter(({ file, key }) => file === spot.file && hasPrefix(key.fix.from, spot.at)).reduce((node, { key }) => changeValuesData(node, key.fix, spot.at.length, mode), data);
		return { inline: isMapping(changed) ? changed : {} };
	});
	return mergeUserValues(app, { values: values.reverse() }, loaded.valuesFiles);
}
function changeValuesData(data, { from, to }, depth, mode) {
	const relativePath = from.slice(depth);
	if (mode === "remove") return removeAt(data, relativePath);
	const target = to.kind === "path" ? {
		...to,
		path: to.path.slice(depth)
	} : to;
	const appendAsText = (list, existing) => `${typeof existing === "string" ? `${existing}\n` : ""}${(0, import_dist.stringify)(list)}`;
	return applyFix(data, {
		from: relativePath,
		to: target
	}, appendAsText);
}
function hasPrefix(path, start) {
	return start.every((part, index) => path[index] === part);
}

// src/app/charts/fix-files.ts
const fixedFileMark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";
async function fixFiles(session, plan, inspected, { offline }) {
	const filesToFix = findFilesToFix(session, inspected);
	const { leaveOut, notes } = await compareFixed(session, plan, inspected, filesToFix, { offline });
	const fixedFiles = [];
	for (const { file, before, spots, after } of filesToFix) {
		const unwanted = leaveOut.get(file) ?? /* @__PURE__ */ new Set();
		const { text, fixed, left, uncertain } = unwanted.size > 0 ? fixValues(before, spots, unwanted) : after;
		if (fixed.length === 0 && left.length === 0 && uncertain.length === 0) continue;
		const shownFile = showPath(session.loaded.cwd, file);
		const fixedFile = fixed.length > 0 ? await writeFixedFile(session, file, text) : void 0;
		fixedFiles.push({
			file: shownFile,
			fixed: fixedFile,
			diff: formatDiff(before, text),
			left,
			uncertain
		});
	}
	return {
		files: fixedFiles,
		notes
	};
}
function findFilesToFix({ loaded }, inspected) {
	const spots = /* @__PURE__ */ new Map();
	for (const { app, chart, source } of inspected) {
		const chartLabel = `${chart.name} ${chart.version}`;
		for (const { file, at } of listValuesFiles(loaded, app)) spots.set(file, [...spots.get(file) ?? [], {
			app,
			at,
			chart: source,
			of: chartLabel
		}]);
	}
	return [...spots].map(([file, fileSpots]) => {
		const before = loaded.texts[file] ?? "";
		return {
			file,
			before,
			spots: fileSpots,
			after: fixValues(before, fileSpots)
		};
	});
}
async function writeFixedFile({ context, loaded }, file, text) {
	const { files } = context.host;
	const shownFile = showPath(loaded.cwd, file);
	const target = formatFixedName(file);
	const existingText = await files.read(target);
	if (existingText !== void 0 && !existingText.startsWith(fixedFileMark) && existingText !== text) throw new UserError(`${showPath(loaded.cwd, target)} is in the way of the corrected ${shownFile}`, { fix: "move it away, or take its changes over yourself" });
	await files.write(target, `${fixedFileMark}${shownFile}.\n${text}`);
	return showPath(loaded.cwd, target);
}
function formatFixedName(file) {
	const ending = extname(file);
	return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}
const contextLines = 2;
const maximumChanges = 1e3;
function formatDiff(before, after) {
	const parts = diffArrays(before.split("\n"), after.split("\n"), { maxEditLength: maximumChanges });
	if (parts === void 0) return `(more than ${maximumChanges} lines are different)`;
	const signedLines = parts.flatMap(({ added, removed, value }) => value.map((line) => ({
		sign: added ? "+" : removed ? "-" : " ",
		line
	})));
	const isNear = (index) => signedLines.slice(Math.max(0, index - contextLines), index + contextLines + 1).some(({ sign }) => sign !== " ");
	let wasPreviousShown = true;
	return signedLines.flatMap(({ sign, line }, index) => {
		const separator = wasPreviousShown || !isNear(index) ? [] : ["..."];
		wasPreviousShown = isNear(index);
		return wasPreviousShown ? [...separator, `${sign} ${line}`.trimEnd()] : [];
	}).join("\n");
}

// src/plan/format.ts
function formatPlan(plan, { cwd, areValuesWhole = false } = {}) {
	const { config } = plan;
	const clusterText = config.cluster.kind === "k3s" ? `k3s ${config.k3s.path ?? config.k3s.version}` : describeCluster(config.cluster);
	return `${[
		`Profile ${config.profile}, on ${clusterText}, with helm ${config.helm.path ?? config.helm.version}`,
		`Configuration: ${config.file ?? "the defaults (there is no monstack.yaml)"}`,
		...config.appDir === void 0 ? [] : [`App directory: ${config.appDir}`],
		"",
		"Apps, in this order:",
		...formatApps(plan.apps),
		"",
		...formatDashboards(plan, cwd),
		...formatRequestedValues(plan, areValuesWhole ? String : shortenJson),
		...formatSettings(plan, areValuesWhole ? String : shortenJson),
		...formatAlerting(plan),
		...formatChecklist(plan)
	].join("\n").trimEnd()}\n`;
}
function describeCluster({ kubeconfig, context }) {
	return `the existing cluster of ${kubeconfig}${context === void 0 ? "" : ` (context ${context})`}`;
}
function formatApps(apps) {
	return alignColumns(apps.map((app, index) => [
		`${index + 1}.`,
		app.name,
		formatChart(app.chart),
		describeRelease(app),
		describeDependencies(app)
	])).map((line) => `  ${line}`);
}
function describeRelease({ release, namespace }) {
	return `release ${release} in namespace ${namespace}`;
}
function describeDependencies({ dependsOn }) {
	if (dependsOn.length === 0) return "at once";
	return `after ${dependsOn.map(({ app, until }) => `${app} is ${until}`).join(", ")}`;
}
function formatDashboards(plan, cwd) {
	return [...formatOwnDashboards(plan, cwd), ...formatChartDashboards(plan)];
}
function formatChartDashboards({ config, apps }) {
	const dashboards = findDashboardsToTakeOver(config, apps);
	if (dashboards.length === 0) return [];
	return [
		"Dashboards of the values that monstack downloads in the place of Grafana's chart (take-over-dashboards):",
		...dashboards.map(({ id, revision, path, folder }) => `  ${id} of grafana.com, revision ${revision}: ${formatKeyPath(path)}${folder === void 0 ? "" : `, into the folder ${folder}`}`),
		""
	];
}
function formatOwnDashboards({ config }, cwd) {
	if (config.dashboards.length === 0) return [];
	const shownPath = (path) => cwd === void 0 ? path : showPath(cwd, path);
	return [
		"Dashboards:",
		...config.dashboards.map(({ source, folder }) => {
			const folderText = folder === void 0 ? "" : `, into the folder ${folder}`;
			if (source.kind !== "id") return `  ${source.kind === "url" ? showUrl(source.url) : shownPath(source.path)}${folderText}`;
			const revision = source.revision === void 0 ? "the newest revision" : `revision ${source.revision}`;
			return `  ${source.id} of grafana.com, ${revision}${folderText}`;
		}),
		""
	];
}
function formatRequestedValues({ apps, askedValues }, shorten) {
	if (askedValues.length === 0) return [];
	const lines = ["Values that your settings request:"];
	for (const { name } of apps) {
		const requested = askedValues.filter(({ app }) => app === name);
		if (requested.length > 0) lines.push(`  ${name}`);
		for (const { path, value, how, setting, secret } of requested) {
			const shown = secret === true ? "(not shown)" : shorten(JSON.stringify(value));
			lines.push(`    ${formatKeyPath(path)}: ${how === "append" ? "also " : ""}${shown}`, `        ${setting}`);
		}
	}
	return [...lines, ""];
}
function shortenJson(json) {
	return json.length > 300 ? `${json.slice(0, 299)}\u2026` : json;
}
function formatSettings(plan, shorten) {
	const { config, profileSettings } = plan;
	if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
	const openSettings = profileSettings.filter(({ isRequested }) => isRequested !== true);
	const requestedSettings = profileSettings.filter(({ isRequested }) => isRequested === true);
	const lines = [...formatSettingsBelowTitle(plan, "Values that are set because yours leave them open:", openSettings, shorten), ...formatSettingsBelowTitle(plan, "Values that are set for alerting.receivers: capture:", requestedSettings, shorten)];
	if (config.profile !== "as-is" && openSettings.length > 0) lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
	return lines;
}
function formatSettingsBelowTitle({ apps }, title, settings, shorten) {
	if (settings.length === 0) return [];
	const lines = [title];
	for (const { name } of apps) {
		const appSettings = settings.filter(({ app }) => app === name);
		if (appSettings.length > 0) lines.push(`  ${name}`);
		for (const { path, value, why } of appSettings) lines.push(`    ${path}: ${shorten(JSON.stringify(value))}`, `        ${why}`);
	}
	return lines;
}
function formatAlerting({ config, alerting }) {
	if (alerting.kind === "as-is") return ["", `Whether alerts are delivered is not tried: ${alerting.reason}.`];
	if (config.alerting.receivers !== "capture") return [];
	return ["", "Alertmanager's receivers and waits are replaced even where they are yours, because you requested it."];
}
function formatChecklist({ config }) {
	if (config.profile !== "production") return [];
	return [
		"",
		"Profile production itself sets no value. It judges the stack besides, and a point that is not met fails the run:",
		...checklistPoints.map(({ id, title }, index) => `  ${index + 1}. ${title} (${id})`)
	];
}
function alignColumns(rows) {
	const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join("  ").trimEnd());
}

// src/cli/commands/plan.ts
const planCommand = defineCommand({
	name: "plan",
	summary: "print what a run would do, and change nothing",
	flags: [
		{
			term: "--fix",
			help: "Write a corrected FILE.fixed.yaml beside each file with values that change nothing"
		},
		{
			term: "--offline",
			help: "Fetch no charts: values that change nothing are not looked for"
		},
		{
			term: "--strict",
			help: "2 if a value changes nothing"
		}
	],
	settings: listSettingNames(),
	examples: [["monstack plan", "apps, versions, the settings of the profile, mistakes in values"], ["monstack plan --offline --verbose", "without the network, with every value in full"]],
	read: (flags) => flags,
	run: ({ withSession, print }, flags) => withSession((session) => printPlan(session, flags, print))
});
async function printPlan(session, { fix = false, offline = false, strict = false, verbose = false }, print) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	const plan = await lockPlan(session, (await prepare(session)).plan);
	print(formatPlan(plan, {
		cwd: session.loaded.cwd,
		areValuesWhole: verbose
	}));
	const charts = await inspectCharts(session, plan, { offline });
	print(formatCharts(session, charts));
	print(formatSection("Monitors without a namespace go to that of their release:", describeNamespaces(session)).join(""));
	if (fix) print(formatFixes(await fixFiles(session, plan, charts.inspected, { offline })));
	const chartFiles = charts.inspected.map(({ chart }) => chart);
	const means = createObjectMeans(session, () => readDefinitions(session, chartFiles));
	const mistakes = [
		...charts.inspected.flatMap((chart) => chart.mistakes),
		...await findContentMistakes(means, session.loaded, plan, { sources: collectSources(charts) }),
		...await findMonitorMistakes(means, session, plan)
	];
	refuseCharts([...charts.refused, ...mistakes.map((mistake) => ({
		mistake,
		fix: void 0
	}))]);
	await checkOnDisk(session, plan);
	const hasUnreadValues = charts.inspected.some(({ unknown }) => unknown.length > 0);
	return strict && hasUnreadValues ? exitCode.badConfig : exitCode.verified;
}
function formatCharts({ loaded }, { inspected, missing }) {
	return [
		...formatSection("Values that change nothing:", [...locateUnknownValues(loaded, inspected.flatMap((chart) => chart.unknown)).map(({ value, at }) => `${at ? `${formatPlace(at)}  ` : ""}${describeUnknownValue(value)}`)]),
		...formatSection("Deprecated charts:", inspected.flatMap(({ app, chart }) => describeDeprecation(app, chart))),
		...formatSection("Whether these values have an effect is not known:", missing.filter(({ hasValues }) => hasValues).map(({ app, why }) => `${app}: ${why}`)),
		...formatSection("Whether these charts are there is not known:", missing.filter(({ hasValues }) => !hasValues).map(({ app, why }) => `${app}: ${why}`))
	].join("");
}
function formatFixes({ files, notes }) {
	if (files.length === 0 && notes.length === 0) return "\nThere is nothing to correct.\n";
	return files.flatMap(({ file, fixed, diff, left, uncertain }) => [
		...fixed === void 0 ? [] : [`\n${fixed} is ${file} with these changes:\n\n${diff}\n`],
		...formatSection(`In ${file} only you can move these: an alias, a merge or the way they are written is in the way:`, left.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`)),
		...formatSection(`In ${file} these stay as they are, since it is not certain what was meant:`, [...uncertain.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`)])
	]).concat(formatSection("The objects that the charts render before and after:", notes)).join("");
}
function collectSources({ inspected }) {
	return new Map(inspected.map(({ app, source }) => [app, source]));
}
function formatSection(title, lines) {
	return lines.length === 0 ? [] : [`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`];
}

// src/cli/commands/rbac.ts
const rbacCommand = defineCommand({
	name: "rbac",
	summary: "print the roles that a run on an existing cluster needs, for its administrator to apply",
	flags: [
		{
			term: "--service-account <NS/NAME>",
			help: "Who runs monstack; default NS/monstack, NS being the stack's namespace"
		},
		{
			term: "--user <NAME>",
			help: "Who runs monstack, by the name that the cluster knows"
		},
		{
			term: "--create-namespaces",
			help: "Let the run create and delete its namespaces; all its rights are then cluster-wide"
		},
		{
			term: "--also <COMMANDS>",
			help: `Add the rights of these commands, separated by commas: ${laterCommands.join(", ")}`,
			completion: laterCommands
		}
	],
	settings: planSettings,
	examples: [["monstack rbac --service-account ci/monstack | kubectl apply -f -", "as the administrator"], ["monstack rbac --also backup,restore", "with the rights of these commands"]],
	read: ({ also = "", ...flags }) => ({
		...flags,
		also: parseCommands(also)
	}),
	run: ({ withSession, print }, { also, createNamespaces = false, ...flags }) => withSession(async (session) => {
		const { context, loaded } = session;
		for (const warning of loaded.warnings) context.log.warn(warning);
		const roles = {
			subject: chooseSubject({
				...flags,
				createNamespaces
			}, loaded.config.namespace),
			createNamespaces,
			also
		};
		print(await createRoles(session, roles));
		return exitCode.verified;
	})
});
function parseCommands(list) {
	return list.split(",").flatMap((word) => word.trim() === "" ? [] : [word.trim()]).map((word) => {
		const command = laterCommands.find((name) => name === word);
		if (command !== void 0) return command;
		throw new UserError(`--also: \`${word}\` is not a command that needs more rights than a run; ${didYouMean(word, laterCommands)}`);
	});
}
function chooseSubject({ serviceAccount, user, createNamespaces }, stackNamespace) {
	if (user !== void 0 && serviceAccount !== void 0) throw new UserError("--user and --service-account exclude each other: the roles are bound to one of them");
	if (user !== void 0) return {
		kind: "User",
		name: user
	};
	if (serviceAccount === void 0) return {
		kind: "ServiceAccount",
		namespace: createNamespaces ? "default" : stackNamespace,
		name: "monstack"
	};
	const [, namespace = "", name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(serviceAccount) ?? [];
	if (name === "") throw new UserError(`--service-account: \`${serviceAccount}\` is not NAMESPACE/NAME, for example ci/monstack`);
	return {
		kind: "ServiceAccount",
		namespace,
		name
	};
}

// src/cli/commands/schema.ts
const jsonSchemas = {
	config: toConfigJsonSchema,
	results: toResultsJsonSchema,
	lock: toLockJsonSchema
};
const schemaNames = Object.keys(jsonSchemas);
const schemaCommand = defineCommand({
	name: "schema",
	summary: "print the JSON Schema of monstack.yaml, results.json or monstack.lock",
	operand: {
		term: "<FILE>",
		help: `the kind of file: ${schemaNames.join(", ")}`,
		completion: schemaNames
	},
	examples: [["monstack schema config", "for an editor without access to the network"]],
	read: (_flags, operands) => readName(operands[0] ?? ""),
	run: async ({ print }, name) => {
		print(`${JSON.stringify(jsonSchemas[name](), void 0, 2)}\n`);
		return exitCode.verified;
	}
});
function readName(given) {
	const name = schemaNames.find((candidate) => candidate === given);
	if (name === void 0) throw new UserError(`there is no schema of \`${given}\`; ${didYouMean(given, schemaNames)}`);
	return name;
}

// src/forward/page-server.ts
const maxConnections = 16;
const requestMs = 1e4;
async function servePage(readPage, now) {
	const path = `/${randomBytes(16).toString("base64url")}/`;
	let lastRequest = now();
	let host = "";
	const server = createServer((request, response) => {
		if (request.headers.host !== host || !isPath(request, path)) return sendText(response, 404, "not found");
		if (request.method !== "GET" && request.method !== "HEAD") return sendText(response, 405, "only GET and HEAD");
		lastRequest = now();
		readPage().then((html) => sendPage(request, response, html), () => sendText(response, 500, "the page can't be read"));
	});
	server.maxConnections = maxConnections;
	server.requestTimeout = requestMs;
	server.headersTimeout = requestMs;
	await new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const { port } = server.address();
	host = `127.0.0.1:${port}`;
	return {
		url: `http://${host}${path}`,
		getLastRequest: () => lastRequest,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		}
	};
}
function isPath({ url = "" }, path) {
	const [given, expected] = [Buffer.from(url), Buffer.from(path)];
	return given.length === expected.length && timingSafeEqual(given, expected);
}
function sendPage({ method }, response, html) {
	response.writeHead(200, {
		"content-type": "text/html; charset=utf-8",
		"content-length": Buffer.byteLength(html),
		"cache-control": "no-store",
		"content-security-policy": "frame-ancestors 'none'",
		"referrer-policy": "no-referrer",
		"x-content-type-options": "nosniff"
	});
	response.end(method === "HEAD" ? void 0 : html);
}
function sendText(response, status, text) {
	response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

// src/app/show-report.ts
const maxBytes = 16 * 1024 ** 2;
const idleMs = 36e5;
const checkEveryMs = 1e3;
async function showReport({ host, log, signal }, folder, onReady) {
	const readPage = async () => await readReportPage(host, join(folder, "report.html"));
	await readPage();
	const server = await servePage(readPage, host.now);
	try {
		onReady(server.url);
		await openBrowser(host, server.url).catch((error) => log.debug(`no browser was opened: ${describeError(error)}`));
		while (!signal.aborted && host.now() - server.getLastRequest() < idleMs) await host.sleep(checkEveryMs, signal).catch(() => void 0);
		if (!signal.aborted) log.info("the server stops: nobody requested the page for an hour");
	} finally {
		await server.close();
	}
}
async function readReportPage({ files }, path) {
	const bytes = (await files.stat(path))?.bytes ?? 0;
	if (bytes > maxBytes) throw new UserError(`${path} has ${formatBytes(bytes)}: it is not the page of a report`);
	const html = await files.read(path);
	if (html !== void 0) return html;
	throw new UserError(`${path} does not exist: expected the page of a report`, { fix: "name the report folder of a run, for example `monstack show-report monstack-report`" });
}
const displayVariables = [
	"DISPLAY",
	"WAYLAND_DISPLAY",
	"XAUTHORITY",
	"DBUS_SESSION_BUS_ADDRESS",
	"BROWSER"
];
async function openBrowser({ env, rights, startDetached }, url) {
	if (rights === "root" || !(env["DISPLAY"] || env["WAYLAND_DISPLAY"])) return;
	const display = displayVariables.flatMap((name) => {
		const value = env[name];
		return value ? [[name, value]] : [];
	});
	await startDetached(["xdg-open", url], {
		logFile: "/dev/null",
		env: Object.fromEntries(display)
	});
}

// src/cli/commands/show-report.ts
const defaultFolder = "monstack-report";
const showReportCommand = defineCommand({
	name: "show-report",
	summary: "show the page of a report in the browser, until Ctrl-C",
	operand: {
		term: "[DIR]",
		help: `the report folder; default ./${defaultFolder}`,
		completion: "files"
	},
	examples: [["monstack show-report", "serves report.html at an address of this machine only"]],
	read: (_, [folder = defaultFolder]) => ({ folder: resolve(folder) }),
	run: async ({ createContext, print }, { folder }) => {
		await showReport(await createContext(), folder, (url) => print(`${url}\nCtrl-C ends it.\n`));
		return exitCode.verified;
	}
});

// src/cli/commands/catalogue.ts
const commands = [
	runCommand,
	upCommand,
	verifyCommand$1,
	downCommand,
	checklistCommand,
	backupCommand,
	restoreCommand,
	showReportCommand,
	compareCommand,
	mergeReportsCommand,
	bundleCommands,
	lockCommand,
	cacheCommands,
	planCommand,
	rbacCommand,
	initCommand,
	doctorCommand,
	schemaCommand,
	completionCommand
];
const namedCommands = commands.flatMap((entry) => "commands" in entry ? entry.commands.map((command) => ({
	path: `${entry.name} ${command.name}`,
	command
})) : [{
	path: entry.name,
	command: entry
}]);
const globalFlags = [
	{
		term: "--config <FILE>",
		help: "Configuration file; default monstack.yaml in this folder, if there is one",
		completion: "files"
	},
	{
		term: "--set <PATH=VALUE>",
		help: "Set any key of monstack.yaml, with a value in YAML: apps.grafana.enabled=false; can be repeated",
		parse: (text, _, before) => [...before ?? [], text],
		completion: listSettablePaths().map((path) => `${path}=`)
	},
	{
		term: "-v, --verbose",
		help: "Print more: a line for each check that passed, and what is done"
	},
	{
		term: "-q, --quiet",
		help: "Print only warnings, errors and the result"
	}
];
function listSettablePaths() {
	return listSettingNames().flatMap((name) => settings$1[name].inFile?.join(".") ?? []);
}
function listFlagNames({ term }) {
	return term.split(/, | /).filter((word) => word.startsWith("-"));
}

// src/cli/arguments.ts
const switches = new Set(overrides.filter(({ metavar }) => metavar.startsWith("true|false")).map(({ name }) => `--${name}`));
const switchValue = /^(?:true|false|required|yes|no|on|off|0|1)$/;
const flagsWithValue = /* @__PURE__ */ new Set([...overrides.map(({ name }) => `--${name}`).filter((name) => !switches.has(name)), ...[...globalFlags, ...namedCommands.flatMap(({ command }) => command.flags ?? [])].filter(({ term }) => term.includes("<")).flatMap(listFlagNames)]);
function arrangeArguments(argv) {
	const path = [];
	const others = [];
	const remaining = [...argv];
	let candidates = commands;
	for (let word = remaining.shift(); word !== void 0; word = remaining.shift()) {
		const positiveFlag = word.replace(/^--no-/, "--");
		const command = candidates.find(({ name }) => name === word);
		if (word === "--") others.push(word, ...remaining.splice(0));
		else if (switches.has(word)) others.push(`${word}=${switchValue.test(remaining[0] ?? "") ? remaining.shift() : "true"}`);
		else if (switches.has(positiveFlag)) others.push(`${positiveFlag}=false`);
		else if (flagsWithValue.has(word)) others.push(word, ...remaining.splice(0, 1));
		else if (word.startsWith("-")) others.push(word);
		else if (command) {
			path.push(word);
			candidates = "commands" in command ? command.commands : [];
		} else {
			others.push(word);
			candidates = [];
		}
	}
	return {
		path,
		others
	};
}

// src/cli/complete-words.ts
const filesLine = ":files";
async function completeWords(typedWords, place) {
	const words = typedWords.at(-1) === "=" ? [...typedWords, ""] : typedWords;
	const precedingWords = words.slice(0, -1).filter((word) => word !== "=");
	const current = words.at(-1) ?? "";
	const [, flagBefore, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
	const { path } = arrangeArguments(precedingWords);
	const command = namedCommands.find((namedCommand) => namedCommand.path === path.join(" "))?.command;
	const flags = [
		...command?.flags ?? [],
		...globalFlags,
		...listSettingFlags(command?.settings)
	];
	if (flagBefore !== void 0) return await completeValue(findCompletion(flags, flagBefore) ?? [], value ?? "", precedingWords, place, `${flagBefore}=`);
	const pendingValue = findCompletion(flags, precedingWords.at(-1) ?? "");
	if (pendingValue !== void 0) return await completeValue(pendingValue, current, precedingWords, place);
	if (current.startsWith("-")) return formatCandidates([
		...flags.flatMap((flag) => listFlagNames(flag).map((name) => [name, flag.help])),
		["--help", "Print the help"],
		["--version", "Print the version"]
	], current);
	if (command) return await completeValue(command.operand?.completion ?? [], current, precedingWords, place);
	const group = commands.find(({ name }) => name === path[0]);
	return formatCandidates((group && "commands" in group ? group.commands : commands).map(({ name, summary }) => [name, summary]), current);
}
function listSettingFlags(names = listSettingNames()) {
	return names.map((name) => ({
		term: `--${name} <VALUE>`,
		help: settings$1[name].help,
		completion: getCompletion(name)
	}));
}
function getCompletion(name) {
	const { metavar } = settings$1[name];
	if (name === "apps") return "apps";
	if (name === "checks" || name === "skip") return "checks";
	if (name === "profile") return [
		"ci",
		"as-is",
		"production"
	];
	if (metavar.includes("|")) return metavar.split("|");
	return /^(?:FILE|PATHS?|DIR)$/.test(metavar) ? "files" : [];
}
function findCompletion(flags, name) {
	const flag = flags.find((candidate) => listFlagNames(candidate).includes(name));
	return flag?.term.includes("<") ? flag.completion ?? [] : void 0;
}
async function completeValue(completion, current, precedingWords, place, prefix = "") {
	if (completion === "files") return `${filesLine}\n`;
	const names = await listNamesFor(completion, precedingWords, place);
	const earlierItems = current.slice(0, current.lastIndexOf(",") + 1);
	return formatCandidates(names.map((name) => [`${prefix}${earlierItems}${name}`]), `${prefix}${current}`);
}
async function listNamesFor(completion, precedingWords, place) {
	if (completion === "apps") return await listAppNames(precedingWords, place);
	if (completion === "locked") return [
		"k3s",
		"helm",
		"kubectl",
		...await listAppNames(precedingWords, place)
	];
	if (completion === "checks") return [
		...allChecks,
		...endChecks,
		...checklistChecks
	].map(({ id }) => id);
	return completion;
}
async function listAppNames(precedingWords, { cwd, env }) {
	const findFlagValue = (flag) => {
		const index = precedingWords.lastIndexOf(flag);
		return index < 0 ? void 0 : precedingWords[index + 1];
	};
	const flagValues = {
		"app-dir": findFlagValue("--app-dir"),
		stack: findFlagValue("--stack")
	};
	const flags = Object.fromEntries(Object.entries(flagValues).filter(([, value]) => value !== void 0));
	try {
		const { config } = await loadConfig({
			cwd,
			env,
			file: findFlagValue("--config"),
			flags,
			fetches: false,
			readFile: (path) => readFile(path, "utf8").catch(() => void 0),
			listFolder: (path) => readdir(path).catch(() => [])
		});
		return Object.keys(config.apps);
	} catch {
		return Object.keys(getDefaultApps(void 0));
	}
}
function formatCandidates(candidates, current) {
	return candidates.filter(([word]) => word.startsWith(current)).map((candidate) => `${candidate.join("	")}\n`).join("");
}

// src/cli/display.ts
function readDisplay(env) {
	const isSet = (name) => (env[name] ?? "") !== "";
	const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "C";
	return {
		isRich: !isSet("NO_COLOR") && !isSet("CI") && env["TERM"] !== "dumb",
		isUtf8: /utf-?8/i.test(locale)
	};
}
const formats = {
	good: "green",
	bad: "red",
	mixed: "yellow",
	cause: ["bold", "red"],
	fix: "cyan",
	faint: "dim",
	heading: "bold"
};
function paint(text, tone) {
	return tone === void 0 || text === "" ? text : styleText(formats[tone], text, { validateStream: false });
}
function paintNothing(text) {
	return text;
}
const asciiSigns = {
	"\u2713": "+",
	"\u2717": "x",
	"\u00b7": "-",
	"\u2588": "#",
	"\u2591": "."
};
function toAscii(text) {
	return text.replaceAll(/[^\0-\x7f]/gu, (character) => asciiSigns[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

// src/cli/events.ts
function writeEvents(log, printJson) {
	return {
		...log,
		onEvent: ({ event, ...data }) => {
			const line = {
				event,
				...redactTexts(data, log.redactor.message)
			};
			printJson(`${JSON.stringify(line)}\n`);
		}
	};
}

// src/cli/logger.ts
const continuation = " ".repeat(13);
function createTerminalLogger(options) {
	const { write, detail, paint = paintNothing, encode = (text) => text } = options;
	const redactor = createRedactor();
	const view = options.openView?.((text) => formatMessage(text, redactor).replaceAll("\n", " "));
	const writeAround = view ? view.writeAbove : (work) => work();
	const writeLine = (mark, message, tone) => {
		const seconds = ((Date.now() - options.startedAt) / 1e3).toFixed(1).padStart(6);
		const text = encode(`${mark}${formatMessage(message, redactor, continuation)}`);
		writeAround(() => write(`${paint(`${seconds}s`, "faint")} ${paint(text, tone)}\n`));
	};
	return {
		debug: (message) => {
			if (detail === "verbose") writeLine("  \u00b7 ", message);
		},
		info: (message) => {
			if (detail !== "quiet") writeLine("  ", message);
		},
		warn: (message, about) => writeLine("  warning: ", formatLocation(about) + message, "mixed"),
		error: (message, about) => writeLine("  error: ", formatLocation(about) + message, "bad"),
		mask: (secret) => {
			if (redactor.add(secret) && options.isOnGitHub) for (const command of listMaskCommands(secret)) write(`${command}\n`);
		},
		redactor,
		countsChecks: true,
		writeAround,
		close: () => view?.close(),
		...view && { live: view }
	};
}
function formatLocation({ file, line, column } = {}) {
	if (file === void 0) return "";
	return `${[file, ...line === void 0 ? [] : column === void 0 ? [line] : [line, column]].join(":")}: `;
}

// node_modules/commander/lib/error.js
var CommanderError = class extends Error {
	constructor(exitCode, code, message) {
		super(message);
		Error.captureStackTrace(this, this.constructor);
		this.name = this.constructor.name;
		this.code = code;
		this.exitCode = exitCode;
		this.nestedError = void 0;
	}
};
var InvalidArgumentError = class extends CommanderError {
	constructor(message) {
		super(1, "commander.invalidArgument", message);
		Error.captureStackTrace(this, this.constructor);
		this.name = this.constructor.name;
	}
};

// node_modules/commander/lib/argument.js
var Argument = class {
	constructor(name, description) {
		this.description = description || "";
		this.variadic = false;
		this.parseArg = void 0;
		this.defaultValue = void 0;
		this.defaultValueDescription = void 0;
		this.argChoices = void 0;
		switch (name[0]) {
			case "<":
				this.required = true;
				this._name = name.slice(1, -1);
				break;
			case "[":
				this.required = false;
				this._name = name.slice(1, -1);
				break;
			default:
				this.required = true;
				this._name = name;
		}
		if (this._name.endsWith("...")) {
			this.variadic = true;
			this._name = this._name.slice(0, -3);
		}
	}
	name() {
		return this._name;
	}
	_collectValue(value, previous) {
		if (previous === this.defaultValue || !Array.isArray(previous)) return [value];
		previous.push(value);
		return previous;
	}
	default(value, description) {
		this.defaultValue = value;
		this.defaultValueDescription = description;
		return this;
	}
	argParser(fn) {
		this.parseArg = fn;
		return this;
	}
	choices(values) {
		this.argChoices = values.slice();
		this.parseArg = (arg, previous) => {
			if (!this.argChoices.includes(arg)) throw new InvalidArgumentError(`Allowed choices are ${this.argChoices.join(", ")}.`);
			if (this.variadic) return this._collectValue(arg, previous);
			return arg;
		};
		return this;
	}
	argRequired() {
		this.required = true;
		return this;
	}
	argOptional() {
		this.required = false;
		return this;
	}
};
function humanReadableArgName(arg) {
	const nameOutput = arg.name() + (arg.variadic === true ? "..." : "");
	return arg.required ? "<" + nameOutput + ">" : "[" + nameOutput + "]";
}

// node_modules/commander/lib/help.js
var Help = class {
	constructor() {
		this.helpWidth = void 0;
		this.minWidthToWrap = 40;
		this.sortSubcommands = false;
		this.sortOptions = false;
		this.showGlobalOptions = false;
	}
	prepareContext(contextOptions) {
		this.helpWidth = this.helpWidth ?? contextOptions.helpWidth ?? 80;
	}
	visibleCommands(cmd) {
		const visibleCommands = cmd.commands.filter((cmd) => !cmd._hidden);
		const helpCommand = cmd._getHelpCommand();
		if (helpCommand && !helpCommand._hidden) visibleCommands.push(helpCommand);
		if (this.sortSubcommands) visibleCommands.sort((a, b) => {
			return a.name().localeCompare(b.name());
		});
		return visibleCommands;
	}
	compareOptions(a, b) {
		const getSortKey = (option) => {
			return option.short ? option.short.replace(/^-/, "") : option.long.replace(/^--/, "");
		};
		return getSortKey(a).localeCompare(getSortKey(b));
	}
	visibleOptions(cmd) {
		const visibleOptions = cmd.options.filter((option) => !option.hidden);
		const helpOption = cmd._getHelpOption();
		if (helpOption && !helpOption.hidden) {
			const removeShort = helpOption.short && cmd._findOption(helpOption.short);
			const removeLong = helpOption.long && cmd._findOption(helpOption.long);
			if (!removeShort && !removeLong) visibleOptions.push(helpOption);
			else if (helpOption.long && !removeLong) visibleOptions.push(cmd.createOption(helpOption.long, helpOption.description).helpGroup(helpOption.helpGroupHeading));
			else if (helpOption.short && !removeShort) visibleOptions.push(cmd.createOption(helpOption.short, helpOption.description).helpGroup(helpOption.helpGroupHeading));
		}
		if (this.sortOptions) visibleOptions.sort(this.compareOptions);
		return visibleOptions;
	}
	visibleGlobalOptions(cmd) {
		if (!this.showGlobalOptions) return [];
		const globalOptions = [];
		for (let ancestorCmd = cmd.parent; ancestorCmd; ancestorCmd = ancestorCmd.parent) {
			const visibleOptions = ancestorCmd.options.filter((option) => !option.hidden);
			globalOptions.push(...visibleOptions);
		}
		if (this.sortOptions) globalOptions.sort(this.compareOptions);
		return globalOptions;
	}
	visibleArguments(cmd) {
		if (cmd._argsDescription) cmd.registeredArguments.forEach((argument) => {
			argument.description = argument.description || cmd._argsDescription[argument.name()] || "";
		});
		if (cmd.registeredArguments.find((argument) => argument.description)) return cmd.registeredArguments;
		return [];
	}
	subcommandTerm(cmd) {
		const args = cmd.registeredArguments.map((arg) => humanReadableArgName(arg)).join(" ");
		return cmd._name + (cmd._aliases[0] ? "|" + cmd._aliases[0] : "") + (cmd.options.length ? " [options]" : "") + (args ? " " + args : "");
	}
	optionTerm(option) {
		return option.flags;
	}
	argumentTerm(argument) {
		return argument.name();
	}
	longestSubcommandTermLength(cmd, helper) {
		return helper.visibleCommands(cmd).reduce((max, command) => {
			return Math.max(max, this.displayWidth(helper.styleSubcommandTerm(helper.subcommandTerm(command))));
		}, 0);
	}
	longestOptionTermLength(cmd, helper) {
		return helper.visibleOptions(cmd).reduce((max, option) => {
			return Math.max(max, this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option))));
		}, 0);
	}
	longestGlobalOptionTermLength(cmd, helper) {
		return helper.visibleGlobalOptions(cmd).reduce((max, option) => {
			return Math.max(max, this.displayWidth(helper.styleOptionTerm(helper.optionTerm(option))));
		}, 0);
	}
	longestArgumentTermLength(cmd, helper) {
		return helper.visibleArguments(cmd).reduce((max, argument) => {
			return Math.max(max, this.displayWidth(helper.styleArgumentTerm(helper.argumentTerm(argument))));
		}, 0);
	}
	commandUsage(cmd) {
		let cmdName = cmd._name;
		if (cmd._aliases[0]) cmdName = cmdName + "|" + cmd._aliases[0];
		let ancestorCmdNames = "";
		for (let ancestorCmd = cmd.parent; ancestorCmd; ancestorCmd = ancestorCmd.parent) ancestorCmdNames = ancestorCmd.name() + " " + ancestorCmdNames;
		return ancestorCmdNames + cmdName + " " + cmd.usage();
	}
	commandDescription(cmd) {
		return cmd.description();
	}
	subcommandDescription(cmd) {
		return cmd.summary() || cmd.description();
	}
	optionDescription(option) {
		const extraInfo = [];
		if (option.argChoices) extraInfo.push(`choices: ${option.argChoices.map((choice) => JSON.stringify(choice)).join(", ")}`);
		if (option.defaultValue !== void 0) {
			if (option.required || option.optional || option.isBoolean() && typeof option.defaultValue === "boolean") extraInfo.push(`default: ${option.defaultValueDescription || JSON.stringify(option.defaultValue)}`);
		}
		if (option.presetArg !== void 0 && option.optional) extraInfo.push(`preset: ${JSON.stringify(option.presetArg)}`);
		if (option.envVar !== void 0) extraInfo.push(`env: ${option.envVar}`);
		if (extraInfo.length > 0) {
			const extraDescription = `(${extraInfo.join(", ")})`;
			if (option.description) return `${option.description} ${extraDescription}`;
			return extraDescription;
		}
		return option.description;
	}
	argumentDescription(argument) {
		const extraInfo = [];
		if (argument.argChoices) extraInfo.push(`choices: ${argument.argChoices.map((choice) => JSON.stringify(choice)).join(", ")}`);
		if (argument.defaultValue !== void 0) extraInfo.push(`default: ${argument.defaultValueDescription || JSON.stringify(argument.defaultValue)}`);
		if (extraInfo.length > 0) {
			const extraDescription = `(${extraInfo.join(", ")})`;
			if (argument.description) return `${argument.description} ${extraDescription}`;
			return extraDescription;
		}
		return argument.description;
	}
	formatItemList(heading, items, helper) {
		if (items.length === 0) return [];
		return [
			helper.styleTitle(heading),
			...items,
			""
		];
	}
	groupItems(unsortedItems, visibleItems, getGroup) {
		const result = /* @__PURE__ */ new Map();
		unsortedItems.forEach((item) => {
			const group = getGroup(item);
			if (!result.has(group)) result.set(group, []);
		});
		visibleItems.forEach((item) => {
			const group = getGroup(item);
			if (!result.has(group)) result.set(group, []);
			result.get(group).push(item);
		});
		return result;
	}
	formatHelp(cmd, helper) {
		const termWidth = helper.padWidth(cmd, helper);
		const helpWidth = helper.helpWidth ?? 80;
		function callFormatItem(term, description) {
			return helper.formatItem(term, termWidth, description, helper);
		}
		let output = [`${helper.styleTitle("Usage:")} ${helper.styleUsage(helper.commandUsage(cmd))}`, ""];
		const commandDescription = helper.commandDescription(cmd);
		if (commandDescription.length > 0) output = output.concat([helper.boxWrap(helper.styleCommandDescription(commandDescription), helpWidth), ""]);
		const argumentList = helper.visibleArguments(cmd).map((argument) => {
			return callFormatItem(helper.styleArgumentTerm(helper.argumentTerm(argument)), helper.styleArgumentDescription(helper.argumentDescription(argument)));
		});
		output = output.concat(this.formatItemList("Arguments:", argumentList, helper));
		this.groupItems(cmd.options, helper.visibleOptions(cmd), (option) => option.helpGroupHeading ?? "Options:").forEach((options, group) => {
			const optionList = options.map((option) => {
				return callFormatItem(helper.styleOptionTerm(helper.optionTerm(option)), helper.styleOptionDescription(helper.optionDescription(option)));
			});
			output = output.concat(this.formatItemList(group, optionList, helper));
		});
		if (helper.showGlobalOptions) {
			const globalOptionList = helper.visibleGlobalOptions(cmd).map((option) => {
				return callFormatItem(helper.styleOptionTerm(helper.optionTerm(option)), helper.styleOptionDescription(helper.optionDescription(option)));
			});
			output = output.concat(this.formatItemList("Global Options:", globalOptionList, helper));
		}
		this.groupItems(cmd.commands, helper.visibleCommands(cmd), (sub) => sub.helpGroup() || "Commands:").forEach((commands, group) => {
			const commandList = commands.map((sub) => {
				return callFormatItem(helper.styleSubcommandTerm(helper.subcommandTerm(sub)), helper.styleSubcommandDescription(helper.subcommandDescription(sub)));
			});
			output = output.concat(this.formatItemList(group, commandList, helper));
		});
		return output.join("\n");
	}
	displayWidth(str) {
		return stripVTControlCharacters(str).length;
	}
	styleTitle(str) {
		return str;
	}
	styleUsage(str) {
		return str.split(" ").map((word) => {
			if (word === "[options]") return this.styleOptionText(word);
			if (word === "[command]") return this.styleSubcommandText(word);
			if (word[0] === "[" || word[0] === "<") return this.styleArgumentText(word);
			return this.styleCommandText(word);
		}).join(" ");
	}
	styleCommandDescription(str) {
		return this.styleDescriptionText(str);
	}
	styleOptionDescription(str) {
		return this.styleDescriptionText(str);
	}
	styleSubcommandDescription(str) {
		return this.styleDescriptionText(str);
	}
	styleArgumentDescription(str) {
		return this.styleDescriptionText(str);
	}
	styleDescriptionText(str) {
		return str;
	}
	styleOptionTerm(str) {
		return this.styleOptionText(str);
	}
	styleSubcommandTerm(str) {
		return str.split(" ").map((word) => {
			if (word === "[options]") return this.styleOptionText(word);
			if (word[0] === "[" || word[0] === "<") return this.styleArgumentText(word);
			return this.styleSubcommandText(word);
		}).join(" ");
	}
	styleArgumentTerm(str) {
		return this.styleArgumentText(str);
	}
	styleOptionText(str) {
		return str;
	}
	styleArgumentText(str) {
		return str;
	}
	styleSubcommandText(str) {
		return str;
	}
	styleCommandText(str) {
		return str;
	}
	padWidth(cmd, helper) {
		return Math.max(helper.longestOptionTermLength(cmd, helper), helper.longestGlobalOptionTermLength(cmd, helper), helper.longestSubcommandTermLength(cmd, helper), helper.longestArgumentTermLength(cmd, helper));
	}
	preformatted(str) {
		return /\n[^\S\r\n]/.test(str);
	}
	formatItem(term, termWidth, description, helper) {
		const itemIndent = 2;
		const itemIndentStr = " ".repeat(itemIndent);
		if (!description) return itemIndentStr + term;
		const paddedTerm = term.padEnd(termWidth + term.length - helper.displayWidth(term));
		const spacerWidth = 2;
		const remainingWidth = (this.helpWidth ?? 80) - termWidth - spacerWidth - itemIndent;
		let formattedDescription;
		if (remainingWidth < this.minWidthToWrap || helper.preformatted(description)) formattedDescription = description;
		else formattedDescription = helper.boxWrap(description, remainingWidth).replace(/\n/g, "\n" + " ".repeat(termWidth + spacerWidth));
		return itemIndentStr + paddedTerm + " ".repeat(spacerWidth) + formattedDescription.replace(/\n/g, `\n${itemIndentStr}`);
	}
	boxWrap(str, width) {
		if (width < this.minWidthToWrap) return str;
		const rawLines = str.split(/\r\n|\n/);
		const chunkPattern = /[\s]*[^\s]+/g;
		const wrappedLines = [];
		rawLines.forEach((line) => {
			const chunks = line.match(chunkPattern);
			if (chunks === null) {
				wrappedLines.push("");
				return;
			}
			let sumChunks = [chunks.shift()];
			let sumWidth = this.displayWidth(sumChunks[0]);
			chunks.forEach((chunk) => {
				const visibleWidth = this.displayWidth(chunk);
				if (sumWidth + visibleWidth <= width) {
					sumChunks.push(chunk);
					sumWidth += visibleWidth;
					return;
				}
				wrappedLines.push(sumChunks.join(""));
				const nextChunk = chunk.trimStart();
				sumChunks = [nextChunk];
				sumWidth = this.displayWidth(nextChunk);
			});
			wrappedLines.push(sumChunks.join(""));
		});
		return wrappedLines.join("\n");
	}
};

// node_modules/commander/lib/option.js
var Option = class {
	constructor(flags, description) {
		this.flags = flags;
		this.description = description || "";
		this.required = flags.includes("<");
		this.optional = flags.includes("[");
		this.variadic = /\p{ID_Continue}\.\.\.[>\]]$/u.test(flags);
		this.mandatory = false;
		const optionFlags = splitOptionFlags(flags);
		this.short = optionFlags.shortFlag;
		this.long = optionFlags.longFlag;
		this.negate = false;
		if (this.long) this.negate = this.long.startsWith("--no-");
		this.defaultValue = void 0;
		this.defaultValueDescription = void 0;
		this.presetArg = void 0;
		this.envVar = void 0;
		this.parseArg = void 0;
		this.hidden = false;
		this.argChoices = void 0;
		this.conflictsWith = [];
		this.implied = void 0;
		this.helpGroupHeading = void 0;
	}
	default(value, description) {
		this.defaultValue = value;
		this.defaultValueDescription = description;
		return this;
	}
	preset(arg) {
		this.presetArg = arg;
		return this;
	}
	conflicts(names) {
		this.conflictsWith = this.conflictsWith.concat(names);
		return this;
	}
	implies(impliedOptionValues) {
		let newImplied = impliedOptionValues;
		if (typeof impliedOptionValues === "string") newImplied = { [impliedOptionValues]: true };
		this.implied = Object.assign(this.implied || {}, newImplied);
		return this;
	}
	env(name) {
		this.envVar = name;
		return this;
	}
	argParser(fn) {
		this.parseArg = fn;
		return this;
	}
	makeOptionMandatory(mandatory = true) {
		this.mandatory = !!mandatory;
		return this;
	}
	hideHelp(hide = true) {
		this.hidden = !!hide;
		return this;
	}
	_collectValue(value, previous) {
		if (previous === this.defaultValue || !Array.isArray(previous)) return [value];
		previous.push(value);
		return previous;
	}
	choices(values) {
		this.argChoices = values.slice();
		this.parseArg = (arg, previous) => {
			if (!this.argChoices.includes(arg)) throw new InvalidArgumentError(`Allowed choices are ${this.argChoices.join(", ")}.`);
			if (this.variadic) return this._collectValue(arg, previous);
			return arg;
		};
		return this;
	}
	name() {
		if (this.long) return this.long.replace(/^--/, "");
		return this.short.replace(/^-/, "");
	}
	attributeName() {
		if (this.negate) return camelcase(this.name().replace(/^no-/, ""));
		return camelcase(this.name());
	}
	helpGroup(heading) {
		this.helpGroupHeading = heading;
		return this;
	}
	is(arg) {
		return this.short === arg || this.long === arg;
	}
	isBoolean() {
		return !this.required && !this.optional && !this.negate;
	}
};
var DualOptions = class {
	constructor(options) {
		this.positiveOptions = /* @__PURE__ */ new Map();
		this.negativeOptions = /* @__PURE__ */ new Map();
		this.dualOptions = /* @__PURE__ */ new Set();
		options.forEach((option) => {
			if (option.negate) this.negativeOptions.set(option.attributeName(), option);
			else this.positiveOptions.set(option.attributeName(), option);
		});
		this.negativeOptions.forEach((value, key) => {
			if (this.positiveOptions.has(key)) this.dualOptions.add(key);
		});
	}
	valueFromOption(value, option) {
		const optionKey = option.attributeName();
		if (!this.dualOptions.has(optionKey)) return true;
		const preset = this.negativeOptions.get(optionKey).presetArg;
		const negativeValue = preset !== void 0 ? preset : false;
		return option.negate === (negativeValue === value);
	}
};
function camelcase(str) {
	return str.split("-").reduce((str, word) => {
		return str + word[0].toUpperCase() + word.slice(1);
	});
}
function splitOptionFlags(flags) {
	let shortFlag;
	let longFlag;
	const shortFlagExp = /^-[^-]$/;
	const longFlagExp = /^--[^-]/;
	const flagParts = flags.split(/[ |,]+/).concat("guard");
	if (shortFlagExp.test(flagParts[0])) shortFlag = flagParts.shift();
	if (longFlagExp.test(flagParts[0])) longFlag = flagParts.shift();
	if (!shortFlag && shortFlagExp.test(flagParts[0])) shortFlag = flagParts.shift();
	if (!shortFlag && longFlagExp.test(flagParts[0])) {
		shortFlag = longFlag;
		longFlag = flagParts.shift();
	}
	if (flagParts[0].startsWith("-")) {
		const unsupportedFlag = flagParts[0];
		const baseError = `option creation failed due to '${unsupportedFlag}' in option flags '${flags}'`;
		if (/^-[^-][^-]/.test(unsupportedFlag)) throw new Error(`${baseError}
- a short flag is a single dash and a single character
  - either use a single dash and a single character (for a short flag)
  - or use a double dash for a long option (and can have two, like '--ws, --workspace')`);
		if (shortFlagExp.test(unsupportedFlag)) throw new Error(`${baseError}
- too many short flags`);
		if (longFlagExp.test(unsupportedFlag)) throw new Error(`${baseError}
- too many long flags`);
		throw new Error(`${baseError}
- unrecognised flag format`);
	}
	if (shortFlag === void 0 && longFlag === void 0) throw new Error(`option creation failed due to no flags found in '${flags}'.`);
	return {
		shortFlag,
		longFlag
	};
}

// node_modules/commander/lib/suggestSimilar.js
const maxDistance = 3;
function editDistance(a, b) {
	if (Math.abs(a.length - b.length) > maxDistance) return Math.max(a.length, b.length);
	const d = [];
	for (let i = 0; i <= a.length; i++) d[i] = [i];
	for (let j = 0; j <= b.length; j++) d[0][j] = j;
	for (let j = 1; j <= b.length; j++) for (let i = 1; i <= a.length; i++) {
		let cost;
		if (a[i - 1] === b[j - 1]) cost = 0;
		else cost = 1;
		d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
		if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
	}
	return d[a.length][b.length];
}
function suggestSimilar(word, candidates) {
	if (!candidates || candidates.length === 0) return "";
	candidates = Array.from(new Set(candidates));
	const searchingOptions = word.startsWith("--");
	if (searchingOptions) {
		word = word.slice(2);
		candidates = candidates.map((candidate) => candidate.slice(2));
	}
	let similar = [];
	let bestDistance = maxDistance;
	const minSimilarity = .4;
	candidates.forEach((candidate) => {
		if (candidate.length <= 1) return;
		const distance = editDistance(word, candidate);
		const length = Math.max(word.length, candidate.length);
		if ((length - distance) / length > minSimilarity) {
			if (distance < bestDistance) {
				bestDistance = distance;
				similar = [candidate];
			} else if (distance === bestDistance) similar.push(candidate);
		}
	});
	similar.sort((a, b) => a.localeCompare(b));
	if (searchingOptions) similar = similar.map((candidate) => `--${candidate}`);
	if (similar.length > 1) return `\n(Did you mean one of ${similar.join(", ")}?)`;
	if (similar.length === 1) return `\n(Did you mean ${similar[0]}?)`;
	return "";
}

// node_modules/commander/lib/command.js
var Command = class Command extends EventEmitter {
	constructor(name) {
		super();
		this.commands = [];
		this.options = [];
		this.parent = null;
		this._allowUnknownOption = false;
		this._allowExcessArguments = false;
		this.registeredArguments = [];
		this._args = this.registeredArguments;
		this.args = [];
		this.rawArgs = [];
		this.processedArgs = [];
		this._scriptPath = null;
		this._name = name || "";
		this._optionValues = {};
		this._optionValueSources = {};
		this._storeOptionsAsProperties = false;
		this._actionHandler = null;
		this._executableHandler = false;
		this._executableFile = null;
		this._executableDir = null;
		this._defaultCommandName = null;
		this._exitCallback = null;
		this._aliases = [];
		this._combineFlagAndOptionalValue = true;
		this._description = "";
		this._summary = "";
		this._argsDescription = void 0;
		this._enablePositionalOptions = false;
		this._passThroughOptions = false;
		this._lifeCycleHooks = {};
		this._showHelpAfterError = false;
		this._showSuggestionAfterError = true;
		this._savedState = null;
		this._outputConfiguration = {
			writeOut: (str) => process$1.stdout.write(str),
			writeErr: (str) => process$1.stderr.write(str),
			outputError: (str, write) => write(str),
			getOutHelpWidth: () => process$1.stdout.isTTY ? process$1.stdout.columns : void 0,
			getErrHelpWidth: () => process$1.stderr.isTTY ? process$1.stderr.columns : void 0,
			getOutHasColors: () => useColor() ?? (process$1.stdout.isTTY && process$1.stdout.hasColors?.()),
			getErrHasColors: () => useColor() ?? (process$1.stderr.isTTY && process$1.stderr.hasColors?.()),
			stripColor: (str) => stripVTControlCharacters(str)
		};
		this._hidden = false;
		this._helpOption = void 0;
		this._addImplicitHelpCommand = void 0;
		this._helpCommand = void 0;
		this._helpConfiguration = {};
		this._helpGroupHeading = void 0;
		this._defaultCommandGroup = void 0;
		this._defaultOptionGroup = void 0;
	}
	copyInheritedSettings(sourceCommand) {
		this._outputConfiguration = sourceCommand._outputConfiguration;
		this._helpOption = sourceCommand._helpOption;
		this._helpCommand = sourceCommand._helpCommand;
		this._helpConfiguration = sourceCommand._helpConfiguration;
		this._exitCallback = sourceCommand._exitCallback;
		this._storeOptionsAsProperties = sourceCommand._storeOptionsAsProperties;
		this._combineFlagAndOptionalValue = sourceCommand._combineFlagAndOptionalValue;
		this._allowExcessArguments = sourceCommand._allowExcessArguments;
		this._enablePositionalOptions = sourceCommand._enablePositionalOptions;
		this._showHelpAfterError = sourceCommand._showHelpAfterError;
		this._showSuggestionAfterError = sourceCommand._showSuggestionAfterError;
		return this;
	}
	_getCommandAndAncestors() {
		const result = [];
		for (let command = this; command; command = command.parent) result.push(command);
		return result;
	}
	command(nameAndArgs, actionOptsOrExecDesc, execOpts) {
		let desc = actionOptsOrExecDesc;
		let opts = execOpts;
		if (typeof desc === "object" && desc !== null) {
			opts = desc;
			desc = null;
		}
		opts = opts || {};
		const [, name, args] = nameAndArgs.match(/([^ ]+) *(.*)/);
		const cmd = this.createCommand(name);
		if (desc) {
			cmd.description(desc);
			cmd._executableHandler = true;
		}
		if (opts.isDefault) this._defaultCommandName = cmd._name;
		cmd._hidden = !!(opts.noHelp || opts.hidden);
		cmd._executableFile = opts.executableFile || null;
		if (args) cmd.arguments(args);
		this._registerCommand(cmd);
		cmd.parent = this;
		cmd.copyInheritedSettings(this);
		if (desc) return this;
		return cmd;
	}
	createCommand(name) {
		return new Command(name);
	}
	createHelp() {
		return Object.assign(new Help(), this.configureHelp());
	}
	configureHelp(configuration) {
		if (configuration === void 0) return this._helpConfiguration;
		this._helpConfiguration = configuration;
		return this;
	}
	configureOutput(configuration) {
		if (configuration === void 0) return this._outputConfiguration;
		this._outputConfiguration = {
			...this._outputConfiguration,
			...configuration
		};
		return this;
	}
	showHelpAfterError(displayHelp = true) {
		if (typeof displayHelp !== "string") displayHelp = !!displayHelp;
		this._showHelpAfterError = displayHelp;
		return this;
	}
	showSuggestionAfterError(displaySuggestion = true) {
		this._showSuggestionAfterError = !!displaySuggestion;
		return this;
	}
	addCommand(cmd, opts) {
		if (!cmd._name) throw new Error(`Command passed to .addCommand() must have a name
- specify the name in Command constructor or using .name()`);
		opts = opts || {};
		if (opts.isDefault) this._defaultCommandName = cmd._name;
		if (opts.noHelp || opts.hidden) cmd._hidden = true;
		this._registerCommand(cmd);
		cmd.parent = this;
		cmd._checkForBrokenPassThrough();
		return this;
	}
	createArgument(name, description) {
		return new Argument(name, description);
	}
	argument(name, description, parseArg, defaultValue) {
		const argument = this.createArgument(name, description);
		if (typeof parseArg === "function") argument.default(defaultValue).argParser(parseArg);
		else argument.default(parseArg);
		this.addArgument(argument);
		return this;
	}
	arguments(names) {
		names.trim().split(/ +/).forEach((detail) => {
			this.argument(detail);
		});
		return this;
	}
	addArgument(argument) {
		const previousArgument = this.registeredArguments.slice(-1)[0];
		if (previousArgument?.variadic) throw new Error(`only the last argument can be variadic '${previousArgument.name()}'`);
		if (argument.required && argument.defaultValue !== void 0 && argument.parseArg === void 0) throw new Error(`a default value for a required argument is never used: '${argument.name()}'`);
		this.registeredArguments.push(argument);
		return this;
	}
	helpCommand(enableOrNameAndArgs, description) {
		if (typeof enableOrNameAndArgs === "boolean") {
			this._addImplicitHelpCommand = enableOrNameAndArgs;
			if (enableOrNameAndArgs && this._defaultCommandGroup) this._initCommandGroup(this._getHelpCommand());
			return this;
		}
		const [, helpName, helpArgs] = (enableOrNameAndArgs ?? "help [command]").match(/([^ ]+) *(.*)/);
		const helpDescription = description ?? "display help for command";
		const helpCommand = this.createCommand(helpName);
		helpCommand.helpOption(false);
		if (helpArgs) helpCommand.arguments(helpArgs);
		if (helpDescription) helpCommand.description(helpDescription);
		this._addImplicitHelpCommand = true;
		this._helpCommand = helpCommand;
		if (enableOrNameAndArgs || description) this._initCommandGroup(helpCommand);
		return this;
	}
	addHelpCommand(helpCommand, deprecatedDescription) {
		if (typeof helpCommand !== "object") {
			this.helpCommand(helpCommand, deprecatedDescription);
			return this;
		}
		this._addImplicitHelpCommand = true;
		this._helpCommand = helpCommand;
		this._initCommandGroup(helpCommand);
		return this;
	}
	_getHelpCommand() {
		if (this._addImplicitHelpCommand ?? (this.commands.length && !this._actionHandler && !this._findCommand("help"))) {
			if (this._helpCommand === void 0) this.helpCommand(void 0, void 0);
			return this._helpCommand;
		}
		return null;
	}
	hook(event, listener) {
		const allowedValues = [
			"preSubcommand",
			"preAction",
			"postAction"
		];
		if (!allowedValues.includes(event)) throw new Error(`Unexpected value for event passed to hook : '${event}'.
Expecting one of '${allowedValues.join("', '")}'`);
		if (this._lifeCycleHooks[event]) this._lifeCycleHooks[event].push(listener);
		else this._lifeCycleHooks[event] = [listener];
		return this;
	}
	exitOverride(fn) {
		if (fn) this._exitCallback = fn;
		else this._exitCallback = (err) => {
			if (err.code !== "commander.executeSubCommandAsync") throw err;
		};
		return this;
	}
	_exit(exitCode, code, message) {
		if (this._exitCallback) this._exitCallback(new CommanderError(exitCode, code, message));
		process$1.exit(exitCode);
	}
	action(fn) {
		const listener = (args) => {
			const expectedArgsCount = this.registeredArguments.length;
			const actionArgs = args.slice(0, expectedArgsCount);
			if (this._storeOptionsAsProperties) actionArgs[expectedArgsCount] = this;
			else actionArgs[expectedArgsCount] = this.opts();
			actionArgs.push(this);
			return fn.apply(this, actionArgs);
		};
		this._actionHandler = listener;
		return this;
	}
	createOption(flags, description) {
		return new Option(flags, description);
	}
	_callParseArg(target, value, previous, invalidArgumentMessage) {
		try {
			return target.parseArg(value, previous);
		} catch (err) {
			if (err.code === "commander.invalidArgument") {
				const message = `${invalidArgumentMessage} ${err.message}`;
				this.error(message, {
					exitCode: err.exitCode,
					code: err.code
				});
			}
			throw err;
		}
	}
	_registerOption(option) {
		const matchingOption = option.short && this._findOption(option.short) || option.long && this._findOption(option.long);
		if (matchingOption) {
			const matchingFlag = option.long && this._findOption(option.long) ? option.long : option.short;
			throw new Error(`Cannot add option '${option.flags}'${this._name && ` to command '${this._name}'`} due to conflicting flag '${matchingFlag}'
-  already used by option '${matchingOption.flags}'`);
		}
		this._initOptionGroup(option);
		this.options.push(option);
	}
	_registerCommand(command) {
		const knownBy = (cmd) => {
			return [cmd.name()].concat(cmd.aliases());
		};
		const alreadyUsed = knownBy(command).find((name) => this._findCommand(name));
		if (alreadyUsed) {
			const existingCmd = knownBy(this._findCommand(alreadyUsed)).join("|");
			const newCmd = knownBy(command).join("|");
			throw new Error(`cannot add command '${newCmd}' as already have command '${existingCmd}'`);
		}
		this._initCommandGroup(command);
		this.commands.push(command);
	}
	addOption(option) {
		this._registerOption(option);
		const oname = option.name();
		const name = option.attributeName();
		if (option.defaultValue !== void 0) this.setOptionValueWithSource(name, option.defaultValue, "default");
		const handleOptionValue = (val, invalidValueMessage, valueSource) => {
			if (val == null && option.presetArg !== void 0) val = option.presetArg;
			const oldValue = this.getOptionValue(name);
			if (val !== null && option.parseArg) val = this._callParseArg(option, val, oldValue, invalidValueMessage);
			else if (val !== null && option.variadic) val = option._collectValue(val, oldValue);
			if (val == null) {
				if (option.negate) val = false;
				else if (option.isBoolean() || option.optional) val = true;
				else val = "";
			}
			this.setOptionValueWithSource(name, val, valueSource);
		};
		this.on("option:" + oname, (val) => {
			const invalidValueMessage = `error: option '${option.flags}' argument '${val}' is invalid.`;
			handleOptionValue(val, invalidValueMessage, "cli");
		});
		if (option.envVar) this.on("optionEnv:" + oname, (val) => {
			const invalidValueMessage = `error: option '${option.flags}' value '${val}' from env '${option.envVar}' is invalid.`;
			handleOptionValue(val, invalidValueMessage, "env");
		});
		return this;
	}
	_optionEx(config, flags, description, fn, defaultValue) {
		if (typeof flags === "object" && flags instanceof Option) throw new Error("To add an Option object use addOption() instead of option() or requiredOption()");
		const option = this.createOption(flags, description);
		option.makeOptionMandatory(!!config.mandatory);
		if (typeof fn === "function") option.default(defaultValue).argParser(fn);
		else if (fn instanceof RegExp) {
			const regex = fn;
			fn = (val, def) => {
				const m = regex.exec(val);
				return m ? m[0] : def;
			};
			option.default(defaultValue).argParser(fn);
		} else option.default(fn);
		return this.addOption(option);
	}
	option(flags, description, parseArg, defaultValue) {
		return this._optionEx({}, flags, description, parseArg, defaultValue);
	}
	requiredOption(flags, description, parseArg, defaultValue) {
		return this._optionEx({ mandatory: true }, flags, description, parseArg, defaultValue);
	}
	combineFlagAndOptionalValue(combine = true) {
		this._combineFlagAndOptionalValue = !!combine;
		return this;
	}
	allowUnknownOption(allowUnknown = true) {
		this._allowUnknownOption = !!allowUnknown;
		return this;
	}
	allowExcessArguments(allowExcess = true) {
		this._allowExcessArguments = !!allowExcess;
		return this;
	}
	enablePositionalOptions(positional = true) {
		this._enablePositionalOptions = !!positional;
		return this;
	}
	passThroughOptions(passThrough = true) {
		this._passThroughOptions = !!passThrough;
		this._checkForBrokenPassThrough();
		return this;
	}
	_checkForBrokenPassThrough() {
		if (this.parent && this._passThroughOptions && !this.parent._enablePositionalOptions) throw new Error(`passThroughOptions cannot be used for '${this._name}' without turning on enablePositionalOptions for parent command(s)`);
	}
	storeOptionsAsProperties(storeAsProperties = true) {
		if (this.options.length) throw new Error("call .storeOptionsAsProperties() before adding options");
		if (Object.keys(this._optionValues).length) throw new Error("call .storeOptionsAsProperties() before setting option values");
		this._storeOptionsAsProperties = !!storeAsProperties;
		return this;
	}
	getOptionValue(key) {
		if (this._storeOptionsAsProperties) return this[key];
		return this._optionValues[key];
	}
	setOptionValue(key, value) {
		return this.setOptionValueWithSource(key, value, void 0);
	}
	setOptionValueWithSource(key, value, source) {
		if (this._storeOptionsAsProperties) this[key] = value;
		else this._optionValues[key] = value;
		this._optionValueSources[key] = source;
		return this;
	}
	getOptionValueSource(key) {
		return this._optionValueSources[key];
	}
	getOptionValueSourceWithGlobals(key) {
		let source;
		this._getCommandAndAncestors().forEach((cmd) => {
			if (Object.hasOwn(cmd._optionValueSources, key)) source = cmd.getOptionValueSource(key);
		});
		return source;
	}
	_prepareUserArgs(argv, parseOptions) {
		if (argv !== void 0 && !Array.isArray(argv)) throw new Error("first parameter to parse must be array or undefined");
		parseOptions = parseOptions || {};
		if (argv === void 0 && parseOptions.from === void 0) {
			if (process$1.versions?.electron) parseOptions.from = "electron";
			const execArgv = process$1.execArgv ?? [];
			if (execArgv.includes("-e") || execArgv.includes("--eval") || execArgv.includes("-p") || execArgv.includes("--print")) parseOptions.from = "eval";
		}
		if (argv === void 0) argv = process$1.argv;
		this.rawArgs = argv.slice();
		let userArgs;
		switch (parseOptions.from) {
			case void 0:
			case "node":
				this._scriptPath = argv[1];
				userArgs = argv.slice(2);
				break;
			case "electron":
				if (process$1.defaultApp) {
					this._scriptPath = argv[1];
					userArgs = argv.slice(2);
				} else userArgs = argv.slice(1);
				break;
			case "user":
				userArgs = argv.slice(0);
				break;
			case "eval":
				userArgs = argv.slice(1);
				break;
			default: throw new Error(`unexpected parse option { from: '${parseOptions.from}' }`);
		}
		if (!this._name && this._scriptPath) this.nameFromFilename(this._scriptPath);
		this._name = this._name || "program";
		return userArgs;
	}
	parse(argv, parseOptions) {
		this._prepareForParse();
		const userArgs = this._prepareUserArgs(argv, parseOptions);
		this._parseCommand([], userArgs);
		return this;
	}
	async parseAsync(argv, parseOptions) {
		this._prepareForParse();
		const userArgs = this._prepareUserArgs(argv, parseOptions);
		await this._parseCommand([], userArgs);
		return this;
	}
	_prepareForParse() {
		if (this._savedState === null) {
			this.options.filter((option) => option.negate && option.defaultValue === void 0 && this.getOptionValue(option.attributeName()) === void 0).forEach((option) => {
				const positiveLongFlag = option.long.replace(/^--no-/, "--");
				if (!this._findOption(positiveLongFlag)) this.setOptionValueWithSource(option.attributeName(), true, "default");
			});
			this.saveStateBeforeParse();
		} else this.restoreStateBeforeParse();
	}
	saveStateBeforeParse() {
		this._savedState = {
			_name: this._name,
			_optionValues: { ...this._optionValues },
			_optionValueSources: { ...this._optionValueSources }
		};
	}
	restoreStateBeforeParse() {
		if (this._storeOptionsAsProperties) throw new Error(`Can not call parse again when storeOptionsAsProperties is true.
- either make a new Command for each call to parse, or stop storing options as properties`);
		this._name = this._savedState._name;
		this._scriptPath = null;
		this.rawArgs = [];
		this._optionValues = { ...this._savedState._optionValues };
		this._optionValueSources = { ...this._savedState._optionValueSources };
		this.args = [];
		this.processedArgs = [];
	}
	_checkForMissingExecutable(executableFile, executableDir, subcommandName) {
		if (fs.existsSync(executableFile)) return;
		const executableMissing = `'${executableFile}' does not exist
 - if '${subcommandName}' is not meant to be an executable command, remove description parameter from '.command()' and use '.description()' instead
 - if the default executable name is not suitable, use the executableFile option to supply a custom name or path
 - ${executableDir ? `searched for local subcommand relative to directory '${executableDir}'` : "no directory for search for local subcommand, use .executableDir() to supply a custom directory"}`;
		throw new Error(executableMissing);
	}
	_executeSubCommand(subcommand, args) {
		args = args.slice();
		const sourceExt = [
			".js",
			".ts",
			".tsx",
			".mjs",
			".cjs"
		];
		function findFile(baseDir, baseName) {
			const localBin = path.resolve(baseDir, baseName);
			if (fs.existsSync(localBin)) return localBin;
			if (sourceExt.includes(path.extname(baseName))) return void 0;
			const foundExt = sourceExt.find((ext) => fs.existsSync(`${localBin}${ext}`));
			if (foundExt) return `${localBin}${foundExt}`;
		}
		this._checkForMissingMandatoryOptions();
		this._checkForConflictingOptions();
		let executableFile = subcommand._executableFile || `${this._name}-${subcommand._name}`;
		let executableDir = this._executableDir || "";
		if (this._scriptPath) {
			let resolvedScriptPath;
			try {
				resolvedScriptPath = fs.realpathSync(this._scriptPath);
			} catch {
				resolvedScriptPath = this._scriptPath;
			}
			executableDir = path.resolve(path.dirname(resolvedScriptPath), executableDir);
		}
		if (executableDir) {
			let localFile = findFile(executableDir, executableFile);
			if (!localFile && !subcommand._executableFile && this._scriptPath) {
				const legacyName = path.basename(this._scriptPath, path.extname(this._scriptPath));
				if (legacyName !== this._name) localFile = findFile(executableDir, `${legacyName}-${subcommand._name}`);
			}
			executableFile = localFile || executableFile;
		}
		const launchWithNode = sourceExt.includes(path.extname(executableFile));
		let proc$1;
		if (process$1.platform !== "win32") {
			if (launchWithNode) {
				args.unshift(executableFile);
				args = incrementNodeInspectorPort(process$1.execArgv).concat(args);
				proc$1 = proc.spawn(process$1.argv[0], args, { stdio: "inherit" });
			} else proc$1 = proc.spawn(executableFile, args, { stdio: "inherit" });
		} else {
			this._checkForMissingExecutable(executableFile, executableDir, subcommand._name);
			args.unshift(executableFile);
			args = incrementNodeInspectorPort(process$1.execArgv).concat(args);
			proc$1 = proc.spawn(process$1.execPath, args, { stdio: "inherit" });
		}
		if (!proc$1.killed) [
			"SIGUSR1",
			"SIGUSR2",
			"SIGTERM",
			"SIGINT",
			"SIGHUP"
		].forEach((signal) => {
			process$1.on(signal, () => {
				if (proc$1.killed === false && proc$1.exitCode === null) proc$1.kill(signal);
			});
		});
		const exitCallback = this._exitCallback;
		proc$1.on("close", (code) => {
			code = code ?? 1;
			if (!exitCallback) process$1.exit(code);
			else exitCallback(new CommanderError(code, "commander.executeSubCommandAsync", "(close)"));
		});
		proc$1.on("error", (err) => {
			if (err.code === "ENOENT") this._checkForMissingExecutable(executableFile, executableDir, subcommand._name);
			else if (err.code === "EACCES") throw new Error(`'${executableFile}' not executable`);
			if (!exitCallback) process$1.exit(1);
			else {
				const wrappedError = new CommanderError(1, "commander.executeSubCommandAsync", "(error)");
				wrappedError.nestedError = err;
				exitCallback(wrappedError);
			}
		});
		this.runningCommand = proc$1;
	}
	_dispatchSubcommand(commandName, operands, unknown) {
		const subCommand = this._findCommand(commandName);
		if (!subCommand) this.help({ error: true });
		subCommand._prepareForParse();
		let promiseChain;
		promiseChain = this._chainOrCallSubCommandHook(promiseChain, subCommand, "preSubcommand");
		promiseChain = this._chainOrCall(promiseChain, () => {
			if (subCommand._executableHandler) this._executeSubCommand(subCommand, operands.concat(unknown));
			else return subCommand._parseCommand(operands, unknown);
		});
		return promiseChain;
	}
	_dispatchHelpCommand(subcommandName) {
		if (!subcommandName) this.help();
		const subCommand = this._findCommand(subcommandName);
		if (subCommand && !subCommand._executableHandler) subCommand.help();
		return this._dispatchSubcommand(subcommandName, [], [this._getHelpOption()?.long ?? this._getHelpOption()?.short ?? "--help"]);
	}
	_checkNumberOfArguments() {
		this.registeredArguments.forEach((arg, i) => {
			if (arg.required && this.args[i] == null) this.missingArgument(arg.name());
		});
		if (this.registeredArguments.length > 0 && this.registeredArguments[this.registeredArguments.length - 1].variadic) return;
		if (this.args.length > this.registeredArguments.length) this._excessArguments(this.args);
	}
	_processArguments() {
		const myParseArg = (argument, value, previous) => {
			let parsedValue = value;
			if (value !== null && argument.parseArg) {
				const invalidValueMessage = `error: command-argument value '${value}' is invalid for argument '${argument.name()}'.`;
				parsedValue = this._callParseArg(argument, value, previous, invalidValueMessage);
			}
			return parsedValue;
		};
		this._checkNumberOfArguments();
		const processedArgs = [];
		this.registeredArguments.forEach((declaredArg, index) => {
			let value = declaredArg.defaultValue;
			if (declaredArg.variadic) {
				if (index < this.args.length) {
					value = this.args.slice(index);
					if (declaredArg.parseArg) value = value.reduce((processed, v) => {
						return myParseArg(declaredArg, v, processed);
					}, declaredArg.defaultValue);
				} else if (value === void 0) value = [];
			} else if (index < this.args.length) {
				value = this.args[index];
				if (declaredArg.parseArg) value = myParseArg(declaredArg, value, declaredArg.defaultValue);
			}
			processedArgs[index] = value;
		});
		this.processedArgs = processedArgs;
	}
	_chainOrCall(promise, fn) {
		if (promise?.then && typeof promise.then === "function") return promise.then(() => fn());
		return fn();
	}
	_chainOrCallHooks(promise, event) {
		let result = promise;
		const hooks = [];
		this._getCommandAndAncestors().reverse().filter((cmd) => cmd._lifeCycleHooks[event] !== void 0).forEach((hookedCommand) => {
			hookedCommand._lifeCycleHooks[event].forEach((callback) => {
				hooks.push({
					hookedCommand,
					callback
				});
			});
		});
		if (event === "postAction") hooks.reverse();
		hooks.forEach((hookDetail) => {
			result = this._chainOrCall(result, () => {
				return hookDetail.callback(hookDetail.hookedCommand, this);
			});
		});
		return result;
	}
	_chainOrCallSubCommandHook(promise, subCommand, event) {
		let result = promise;
		if (this._lifeCycleHooks[event] !== void 0) this._lifeCycleHooks[event].forEach((hook) => {
			result = this._chainOrCall(result, () => {
				return hook(this, subCommand);
			});
		});
		return result;
	}
	_parseCommand(operands, unknown) {
		const parsed = this.parseOptions(unknown);
		this._parseOptionsEnv();
		this._parseOptionsImplied();
		operands = operands.concat(parsed.operands);
		unknown = parsed.unknown;
		this.args = operands.concat(unknown);
		if (operands && this._findCommand(operands[0])) return this._dispatchSubcommand(operands[0], operands.slice(1), unknown);
		if (this._getHelpCommand() && operands[0] === this._getHelpCommand().name()) return this._dispatchHelpCommand(operands[1]);
		if (this._defaultCommandName) {
			this._outputHelpIfRequested(unknown);
			return this._dispatchSubcommand(this._defaultCommandName, operands, unknown);
		}
		if (this.commands.length && this.args.length === 0 && !this._actionHandler && !this._defaultCommandName) this.help({ error: true });
		this._outputHelpIfRequested(parsed.unknown);
		this._checkForMissingMandatoryOptions();
		this._checkForConflictingOptions();
		const checkForUnknownOptions = () => {
			if (parsed.unknown.length > 0) this.unknownOption(parsed.unknown[0]);
		};
		const commandEvent = `command:${this.name()}`;
		if (this._actionHandler) {
			checkForUnknownOptions();
			this._processArguments();
			let promiseChain;
			promiseChain = this._chainOrCallHooks(promiseChain, "preAction");
			promiseChain = this._chainOrCall(promiseChain, () => this._actionHandler(this.processedArgs));
			if (this.parent) promiseChain = this._chainOrCall(promiseChain, () => {
				this.parent.emit(commandEvent, operands, unknown);
			});
			promiseChain = this._chainOrCallHooks(promiseChain, "postAction");
			return promiseChain;
		}
		if (this.parent?.listenerCount(commandEvent)) {
			checkForUnknownOptions();
			this._processArguments();
			this.parent.emit(commandEvent, operands, unknown);
		} else if (operands.length) {
			if (this._findCommand("*")) return this._dispatchSubcommand("*", operands, unknown);
			if (this.listenerCount("command:*")) this.emit("command:*", operands, unknown);
			else if (this.commands.length) this.unknownCommand();
			else {
				checkForUnknownOptions();
				this._processArguments();
			}
		} else if (this.commands.length) {
			checkForUnknownOptions();
			this.help({ error: true });
		} else {
			checkForUnknownOptions();
			this._processArguments();
		}
	}
	_findCommand(name) {
		if (!name) return void 0;
		return this.commands.find((cmd) => cmd._name === name || cmd._aliases.includes(name));
	}
	_findOption(arg) {
		return this.options.find((option) => option.is(arg));
	}
	_checkForMissingMandatoryOptions() {
		this._getCommandAndAncestors().forEach((cmd) => {
			cmd.options.forEach((anOption) => {
				if (anOption.mandatory && cmd.getOptionValue(anOption.attributeName()) === void 0) cmd.missingMandatoryOptionValue(anOption);
			});
		});
	}
	_checkForConflictingLocalOptions() {
		const definedNonDefaultOptions = this.options.filter((option) => {
			const optionKey = option.attributeName();
			if (this.getOptionValue(optionKey) === void 0) return false;
			return this.getOptionValueSource(optionKey) !== "default";
		});
		definedNonDefaultOptions.filter((option) => option.conflictsWith.length > 0).forEach((option) => {
			const conflictingAndDefined = definedNonDefaultOptions.find((defined) => option.conflictsWith.includes(defined.attributeName()));
			if (conflictingAndDefined) this._conflictingOption(option, conflictingAndDefined);
		});
	}
	_checkForConflictingOptions() {
		this._getCommandAndAncestors().forEach((cmd) => {
			cmd._checkForConflictingLocalOptions();
		});
	}
	parseOptions(args) {
		const operands = [];
		const unknown = [];
		let dest = operands;
		function maybeOption(arg) {
			return arg.length > 1 && arg[0] === "-";
		}
		const negativeNumberArg = (arg) => {
			if (!/^-(\d+|\d*\.\d+)([eE][+-]?\d+)?$/.test(arg)) return false;
			return !this._getCommandAndAncestors().some((cmd) => cmd.options.map((opt) => opt.short).some((short) => /^-\d$/.test(short)));
		};
		let activeVariadicOption = null;
		let activeGroup = null;
		let i = 0;
		while (i < args.length || activeGroup) {
			const arg = activeGroup ?? args[i++];
			activeGroup = null;
			if (arg === "--") {
				if (dest === unknown) dest.push(arg);
				dest.push(...args.slice(i));
				break;
			}
			if (activeVariadicOption && (!maybeOption(arg) || negativeNumberArg(arg))) {
				this.emit(`option:${activeVariadicOption.name()}`, arg);
				continue;
			}
			activeVariadicOption = null;
			if (maybeOption(arg)) {
				const option = this._findOption(arg);
				if (option) {
					if (option.required) {
						const value = args[i++];
						if (value === void 0) this.optionMissingArgument(option);
						this.emit(`option:${option.name()}`, value);
					} else if (option.optional) {
						let value = null;
						if (i < args.length && (!maybeOption(args[i]) || negativeNumberArg(args[i]))) value = args[i++];
						this.emit(`option:${option.name()}`, value);
					} else this.emit(`option:${option.name()}`);
					activeVariadicOption = option.variadic ? option : null;
					continue;
				}
			}
			if (arg.length > 2 && arg[0] === "-" && arg[1] !== "-") {
				const option = this._findOption(`-${arg[1]}`);
				if (option) {
					if (option.required || option.optional && this._combineFlagAndOptionalValue) this.emit(`option:${option.name()}`, arg.slice(2));
					else {
						this.emit(`option:${option.name()}`);
						activeGroup = `-${arg.slice(2)}`;
					}
					continue;
				}
			}
			if (/^--[^=]+=/.test(arg)) {
				const index = arg.indexOf("=");
				const option = this._findOption(arg.slice(0, index));
				if (option && (option.required || option.optional)) {
					this.emit(`option:${option.name()}`, arg.slice(index + 1));
					continue;
				}
			}
			if (dest === operands && maybeOption(arg) && !(this.commands.length === 0 && negativeNumberArg(arg))) dest = unknown;
			if ((this._enablePositionalOptions || this._passThroughOptions) && operands.length === 0 && unknown.length === 0) {
				if (this._findCommand(arg)) {
					operands.push(arg);
					unknown.push(...args.slice(i));
					break;
				} else if (this._getHelpCommand() && arg === this._getHelpCommand().name()) {
					operands.push(arg, ...args.slice(i));
					break;
				} else if (this._defaultCommandName) {
					unknown.push(arg, ...args.slice(i));
					break;
				}
			}
			if (this._passThroughOptions) {
				dest.push(arg, ...args.slice(i));
				break;
			}
			dest.push(arg);
		}
		return {
			operands,
			unknown
		};
	}
	opts() {
		if (this._storeOptionsAsProperties) {
			const result = {};
			const len = this.options.length;
			for (let i = 0; i < len; i++) {
				const key = this.options[i].attributeName();
				result[key] = key === this._versionOptionName ? this._version : this[key];
			}
			return result;
		}
		return this._optionValues;
	}
	optsWithGlobals() {
		return this._getCommandAndAncestors().reduce((combinedOptions, cmd) => Object.assign(combinedOptions, cmd.opts()), {});
	}
	error(message, errorOptions) {
		this._outputConfiguration.outputError(`${message}\n`, this._outputConfiguration.writeErr);
		if (typeof this._showHelpAfterError === "string") this._outputConfiguration.writeErr(`${this._showHelpAfterError}\n`);
		else if (this._showHelpAfterError) {
			this._outputConfiguration.writeErr("\n");
			this.outputHelp({ error: true });
		}
		const config = errorOptions || {};
		const exitCode = config.exitCode || 1;
		const code = config.code || "commander.error";
		this._exit(exitCode, code, message);
	}
	_parseOptionsEnv() {
		this.options.forEach((option) => {
			if (option.envVar && option.envVar in process$1.env) {
				const optionKey = option.attributeName();
				if (this.getOptionValue(optionKey) === void 0 || [
					"default",
					"config",
					"env"
				].includes(this.getOptionValueSource(optionKey))) {
					if (option.required || option.optional) this.emit(`optionEnv:${option.name()}`, process$1.env[option.envVar]);
					else this.emit(`optionEnv:${option.name()}`);
				}
			}
		});
	}
	_parseOptionsImplied() {
		const dualHelper = new DualOptions(this.options);
		const hasCustomOptionValue = (optionKey) => {
			return this.getOptionValue(optionKey) !== void 0 && !["default", "implied"].includes(this.getOptionValueSource(optionKey));
		};
		this.options.filter((option) => option.implied !== void 0 && hasCustomOptionValue(option.attributeName()) && dualHelper.valueFromOption(this.getOptionValue(option.attributeName()), option)).forEach((option) => {
			Object.keys(option.implied).filter((impliedKey) => !hasCustomOptionValue(impliedKey)).forEach((impliedKey) => {
				this.setOptionValueWithSource(impliedKey, option.implied[impliedKey], "implied");
			});
		});
	}
	missingArgument(name) {
		const message = `error: missing required argument '${name}'`;
		this.error(message, { code: "commander.missingArgument" });
	}
	optionMissingArgument(option) {
		const message = `error: option '${option.flags}' argument missing`;
		this.error(message, { code: "commander.optionMissingArgument" });
	}
	missingMandatoryOptionValue(option) {
		const message = `error: required option '${option.flags}' not specified`;
		this.error(message, { code: "commander.missingMandatoryOptionValue" });
	}
	_conflictingOption(option, conflictingOption) {
		const findBestOptionFromValue = (option) => {
			const optionKey = option.attributeName();
			const optionValue = this.getOptionValue(optionKey);
			const negativeOption = this.options.find((target) => target.negate && optionKey === target.attributeName());
			const positiveOption = this.options.find((target) => !target.negate && optionKey === target.attributeName());
			if (negativeOption && (negativeOption.presetArg === void 0 && optionValue === false || negativeOption.presetArg !== void 0 && optionValue === negativeOption.presetArg)) return negativeOption;
			return positiveOption || option;
		};
		const getErrorMessage = (option) => {
			const bestOption = findBestOptionFromValue(option);
			const optionKey = bestOption.attributeName();
			if (this.getOptionValueSource(optionKey) === "env") return `environment variable '${bestOption.envVar}'`;
			return `option '${bestOption.flags}'`;
		};
		const message = `error: ${getErrorMessage(option)} cannot be used with ${getErrorMessage(conflictingOption)}`;
		this.error(message, { code: "commander.conflictingOption" });
	}
	unknownOption(flag) {
		if (this._allowUnknownOption) return;
		let suggestion = "";
		if (flag.startsWith("--") && this._showSuggestionAfterError) {
			let candidateFlags = [];
			let command = this;
			do {
				const moreFlags = command.createHelp().visibleOptions(command).filter((option) => option.long).map((option) => option.long);
				candidateFlags = candidateFlags.concat(moreFlags);
				command = command.parent;
			} while (command && !command._enablePositionalOptions);
			suggestion = suggestSimilar(flag, candidateFlags);
		}
		const message = `error: unknown option '${flag}'${suggestion}`;
		this.error(message, { code: "commander.unknownOption" });
	}
	_excessArguments(receivedArgs) {
		if (this._allowExcessArguments) return;
		const expected = this.registeredArguments.length;
		const s = expected === 1 ? "" : "s";
		const received = receivedArgs.length;
		const message = `error: too many arguments${this.parent ? ` for '${this.name()}'` : ""}. Expected ${expected} argument${s} but got ${received}: ${receivedArgs.join(", ")}.`;
		this.error(message, { code: "commander.excessArguments" });
	}
	unknownCommand() {
		const unknownName = this.args[0];
		let suggestion = "";
		if (this._showSuggestionAfterError) {
			const candidateNames = [];
			this.createHelp().visibleCommands(this).forEach((command) => {
				candidateNames.push(command.name());
				if (command.alias()) candidateNames.push(command.alias());
			});
			suggestion = suggestSimilar(unknownName, candidateNames);
		}
		const message = `error: unknown command '${unknownName}'${suggestion}`;
		this.error(message, { code: "commander.unknownCommand" });
	}
	version(str, flags, description) {
		if (str === void 0) return this._version;
		this._version = str;
		flags = flags || "-V, --version";
		description = description || "output the version number";
		const versionOption = this.createOption(flags, description);
		this._versionOptionName = versionOption.attributeName();
		this._registerOption(versionOption);
		this.on("option:" + versionOption.name(), () => {
			this._outputConfiguration.writeOut(`${str}\n`);
			this._exit(0, "commander.version", str);
		});
		return this;
	}
	description(str, argsDescription) {
		if (str === void 0 && argsDescription === void 0) return this._description;
		this._description = str;
		if (argsDescription) this._argsDescription = argsDescription;
		return this;
	}
	summary(str) {
		if (str === void 0) return this._summary;
		this._summary = str;
		return this;
	}
	alias(alias) {
		if (alias === void 0) return this._aliases[0];
		let command = this;
		if (this.commands.length !== 0 && this.commands[this.commands.length - 1]._executableHandler) command = this.commands[this.commands.length - 1];
		if (alias === command._name) throw new Error("Command alias can't be the same as its name");
		const matchingCommand = this.parent?._findCommand(alias);
		if (matchingCommand) {
			const existingCmd = [matchingCommand.name()].concat(matchingCommand.aliases()).join("|");
			throw new Error(`cannot add alias '${alias}' to command '${this.name()}' as already have command '${existingCmd}'`);
		}
		command._aliases.push(alias);
		return this;
	}
	aliases(aliases) {
		if (aliases === void 0) return this._aliases;
		aliases.forEach((alias) => this.alias(alias));
		return this;
	}
	usage(str) {
		if (str === void 0) {
			if (this._usage) return this._usage;
			const args = this.registeredArguments.map((arg) => {
				return humanReadableArgName(arg);
			});
			return [].concat(this.options.length || this._helpOption !== null ? "[options]" : [], this.commands.length ? "[command]" : [], this.registeredArguments.length ? args : []).join(" ");
		}
		this._usage = str;
		return this;
	}
	name(str) {
		if (str === void 0) return this._name;
		this._name = str;
		return this;
	}
	helpGroup(heading) {
		if (heading === void 0) return this._helpGroupHeading ?? "";
		this._helpGroupHeading = heading;
		return this;
	}
	commandsGroup(heading) {
		if (heading === void 0) return this._defaultCommandGroup ?? "";
		this._defaultCommandGroup = heading;
		return this;
	}
	optionsGroup(heading) {
		if (heading === void 0) return this._defaultOptionGroup ?? "";
		this._defaultOptionGroup = heading;
		return this;
	}
	_initOptionGroup(option) {
		if (this._defaultOptionGroup && !option.helpGroupHeading) option.helpGroup(this._defaultOptionGroup);
	}
	_initCommandGroup(cmd) {
		if (this._defaultCommandGroup && !cmd.helpGroup()) cmd.helpGroup(this._defaultCommandGroup);
	}
	nameFromFilename(filename) {
		this._name = path.basename(filename, path.extname(filename));
		return this;
	}
	executableDir(path) {
		if (path === void 0) return this._executableDir;
		this._executableDir = path;
		return this;
	}
	helpInformation(contextOptions) {
		const helper = this.createHelp();
		const context = this._getOutputContext(contextOptions);
		helper.prepareContext({
			error: context.error,
			helpWidth: context.helpWidth,
			outputHasColors: context.hasColors
		});
		const text = helper.formatHelp(this, helper);
		if (context.hasColors) return text;
		return this._outputConfiguration.stripColor(text);
	}
	_getOutputContext(contextOptions) {
		contextOptions = contextOptions || {};
		const error = !!contextOptions.error;
		let baseWrite;
		let hasColors;
		let helpWidth;
		if (error) {
			baseWrite = (str) => this._outputConfiguration.writeErr(str);
			hasColors = this._outputConfiguration.getErrHasColors();
			helpWidth = this._outputConfiguration.getErrHelpWidth();
		} else {
			baseWrite = (str) => this._outputConfiguration.writeOut(str);
			hasColors = this._outputConfiguration.getOutHasColors();
			helpWidth = this._outputConfiguration.getOutHelpWidth();
		}
		const write = (str) => {
			if (!hasColors) str = this._outputConfiguration.stripColor(str);
			return baseWrite(str);
		};
		return {
			error,
			write,
			hasColors,
			helpWidth
		};
	}
	outputHelp(contextOptions) {
		let deprecatedCallback;
		if (typeof contextOptions === "function") {
			deprecatedCallback = contextOptions;
			contextOptions = void 0;
		}
		const outputContext = this._getOutputContext(contextOptions);
		const eventContext = {
			error: outputContext.error,
			write: outputContext.write,
			command: this
		};
		this._getCommandAndAncestors().reverse().forEach((command) => command.emit("beforeAllHelp", eventContext));
		this.emit("beforeHelp", eventContext);
		let helpInformation = this.helpInformation({ error: outputContext.error });
		if (deprecatedCallback) {
			helpInformation = deprecatedCallback(helpInformation);
			if (typeof helpInformation !== "string" && !Buffer.isBuffer(helpInformation)) throw new Error("outputHelp callback must return a string or a Buffer");
		}
		outputContext.write(helpInformation);
		if (this._getHelpOption()?.long) this.emit(this._getHelpOption().long);
		this.emit("afterHelp", eventContext);
		this._getCommandAndAncestors().forEach((command) => command.emit("afterAllHelp", eventContext));
	}
	helpOption(flags, description) {
		if (typeof flags === "boolean") {
			if (flags) {
				if (this._helpOption === null) this._helpOption = void 0;
				if (this._defaultOptionGroup) this._initOptionGroup(this._getHelpOption());
			} else this._helpOption = null;
			return this;
		}
		this._helpOption = this.createOption(flags ?? "-h, --help", description ?? "display help for command");
		if (flags || description) this._initOptionGroup(this._helpOption);
		return this;
	}
	_getHelpOption() {
		if (this._helpOption === void 0) this.helpOption(void 0, void 0);
		return this._helpOption;
	}
	addHelpOption(option) {
		this._helpOption = option;
		this._initOptionGroup(option);
		return this;
	}
	help(contextOptions) {
		this.outputHelp(contextOptions);
		let exitCode = Number(process$1.exitCode ?? 0);
		if (exitCode === 0 && contextOptions && typeof contextOptions !== "function" && contextOptions.error) exitCode = 1;
		this._exit(exitCode, "commander.help", "(outputHelp)");
	}
	addHelpText(position, text) {
		const allowedValues = [
			"beforeAll",
			"before",
			"after",
			"afterAll"
		];
		if (!allowedValues.includes(position)) throw new Error(`Unexpected value for position to addHelpText.
Expecting one of '${allowedValues.join("', '")}'`);
		const helpEvent = `${position}Help`;
		this.on(helpEvent, (context) => {
			let helpStr;
			if (typeof text === "function") helpStr = text({
				error: context.error,
				command: context.command
			});
			else helpStr = text;
			if (helpStr) context.write(`${helpStr}\n`);
		});
		return this;
	}
	_outputHelpIfRequested(args) {
		const helpOption = this._getHelpOption();
		if (helpOption && args.find((arg) => helpOption.is(arg))) {
			this.outputHelp();
			this._exit(0, "commander.helpDisplayed", "(outputHelp)");
		}
	}
};
function incrementNodeInspectorPort(args) {
	return args.map((arg) => {
		if (!arg.startsWith("--inspect")) return arg;
		let debugOption;
		let debugHost = "127.0.0.1";
		let debugPort = "9229";
		let match;
		if ((match = arg.match(/^(--inspect(-brk|-wait)?)$/)) !== null) debugOption = match[1];
		else if ((match = arg.match(/^(--inspect(-brk|-port|-wait)?)=(\[[^\]]+\]|[^:]+)$/)) !== null) {
			debugOption = match[1];
			if (/^\d+$/.test(match[3])) debugPort = match[3];
			else debugHost = match[3];
		} else if ((match = arg.match(/^(--inspect(-brk|-port|-wait)?)=(\[[^\]]+\]|[^:]+):(\d+)$/)) !== null) {
			debugOption = match[1];
			debugHost = match[3];
			debugPort = match[4];
		}
		if (debugOption && debugPort !== "0") return `${debugOption}=${debugHost}:${parseInt(debugPort) + 1}`;
		return arg;
	});
}
function useColor() {
	if (process$1.env.NO_COLOR || process$1.env.FORCE_COLOR === "0" || process$1.env.FORCE_COLOR === "false") return false;
	if (process$1.env.FORCE_COLOR || process$1.env.CLICOLOR_FORCE !== void 0) return true;
}

// node_modules/commander/index.js
const program = new Command();

// src/cli/usage-errors.ts
function createUsageError(command, message, code) {
	const subject = /'(.*)'/s.exec(message)?.[1] ?? "";
	if (code === "commander.unknownOption") return new UserError(describeUnknownFlag(command, subject));
	if (code === "commander.excessArguments") return new UserError(describeExcessArgument(command));
	if (code === "commander.optionMissingArgument") {
		const [flag] = /--[^ ]+/.exec(subject) ?? [];
		return new UserError(`${flag} needs a value`);
	}
	if (code === "commander.missingArgument") {
		const path = listCommandWords(command).join(" ");
		const description = command.registeredArguments[0]?.description;
		return new UserError(`${path} needs ${description}: monstack ${path} ${subject}`);
	}
	return new UserError(message);
}
function createSubcommandError(command) {
	const [word] = command.args;
	const names = command.commands.map((child) => child.name());
	const path = listCommandWords(command);
	if (word === void 0) return new UserError(`${path.join(" ")} needs a command; expected one of: ${names.join(", ")}`);
	return new UserError(`\`${[...path, word].join(" ")}\` is not a command; ${didYouMean(word, names)}`);
}
function describeExcessArgument(command) {
	const { args, options, registeredArguments } = command;
	const extraArgument = args[registeredArguments.length];
	return `unexpected argument \`${extraArgument}\` after \`${args[registeredArguments.length - 1] ?? command.name()}\`${options.some(({ short }) => short === "-o") ? `; expected -o ${extraArgument}` : ""}`;
}
function describeUnknownFlag(command, givenFlag) {
	const [name = ""] = givenFlag.split("=", 1);
	const knownFlags = listOptions(command).flatMap(({ long }) => long ?? []);
	if (knownFlags.includes(name)) return `${name} takes no value`;
	const owners = namedCommands.filter(({ command: { flags = [] } }) => flags.some((flag) => listFlagNames(flag).includes(name)));
	if (owners.length > 0) return `${name} belongs to ${new Intl.ListFormat("en-GB").format(owners.map(({ path }) => `\`${path}\``))}`;
	const nearestFlag = findNearestWord(name, [...knownFlags, "--help"]);
	const helpCommand = [
		"monstack",
		...listCommandWords(command),
		"--help"
	].join(" ");
	return `there is no ${name}; ${nearestFlag === void 0 ? `\`${helpCommand}\` lists them all` : `did you mean ${nearestFlag}?`}`;
}
function listOptions(command) {
	return [...command.options, ...command.parent ? listOptions(command.parent) : []];
}
function listCommandWords(command) {
	return command.parent ? [...listCommandWords(command.parent), command.name()] : [];
}

// src/cli/program.ts
const helpWidth = 100;
const termWidth = 28;
function parseCommandLine(argv, print) {
	let line;
	const { path, others } = arrangeArguments(argv);
	try {
		createProgram(print, (read) => {
			line = read;
		}).parse([...path, ...others], { from: "user" });
	} catch (error) {
		if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
	}
	return line;
}
var CheckedCommand = class CheckedCommand extends Command {
	createCommand(name) {
		return new CheckedCommand(name);
	}
	error(message, { code } = {}) {
		throw createUsageError(this, message, code);
	}
};
function createProgram(print, onRead) {
	const program = new CheckedCommand("monstack").description("Prometheus and Grafana on k3s, from a bare Linux machine, proven to work, and taken away again.").usage("COMMAND [OPTIONS]").configureOutput({
		writeOut: print,
		getOutHelpWidth: () => helpWidth
	}).configureHelp({
		subcommandTerm: (command) => command.name(),
		optionTerm: ({ flags }) => flags.replaceAll(/[<>]/g, ""),
		padWidth: () => termWidth,
		formatItem: formatHelpItem
	}).exitOverride().showSuggestionAfterError(false).helpOption("-h, --help", "Print this help").version(`monstack ${version}`, "--version", "Print monstack's version").addHelpText("after", rootHelp);
	const settings = new Map(overrides.map((setting) => [setting.name, createSettingOption(setting)]));
	const options = {
		program,
		global: globalFlags.map(createOption),
		settings
	};
	for (const option of [...options.global, ...settings.values()]) program.addOption(option);
	for (const entry of commands) if ("commands" in entry) addGroup(options, entry, onRead);
	else addCommand(program, entry.name, entry, options, onRead);
	return program.helpCommand("help [COMMAND]", "print the help of a command").allowExcessArguments().action(() => {
		if (program.args.length === 0) program.help();
		throw createSubcommandError(program);
	});
}
function addGroup(options, { name, summary, commands: members }, onRead) {
	const group = options.program.command(name).summary(summary).description(formatSentence(summary));
	group.usage("COMMAND [OPTIONS]").helpCommand(false);
	for (const command of members) addCommand(group, `${name} ${command.name}`, command, options, onRead);
	group.allowExcessArguments().action(() => {
		throw createSubcommandError(group);
	});
}
function addCommand(parent, path, { name, summary, operand, flags = [], settings = [], examples = [], prepare }, options, onRead) {
	const { program } = options;
	const command = parent.command(name).summary(summary).description(formatSentence(summary));
	for (const term of operand?.term.split(" ") ?? []) command.argument(term, operand?.help);
	for (const flag of flags) command.addOption(createOption(flag));
	const settingOptions = settings.flatMap((setting) => options.settings.get(setting) ?? []);
	const inheritedOptions = settingOptions.length > 0 ? [...options.global, ...settingOptions] : [];
	command.usage(operand ? `${operand.term.replaceAll(/[<>]/g, "")} [OPTIONS]` : "[OPTIONS]").configureHelp({
		...program.configureHelp(),
		visibleOptions: (shownCommand) => [...new Help().visibleOptions(shownCommand), ...inheritedOptions]
	}).addHelpText("after", formatExamples(examples)).action(() => onRead({
		...prepare(command.optsWithGlobals(), command.args),
		command: path,
		config: program.getOptionValue("config"),
		settings: collectSettings(options),
		set: program.getOptionValue("set") ?? []
	}));
}
function collectSettings({ program, settings }) {
	const settingValues = [...settings].map(([name, option]) => [name, program.getOptionValue(option.attributeName())]);
	return Object.fromEntries(settingValues.filter(([, value]) => value !== void 0));
}
function createSettingOption({ name, metavar, help, default: byDefault }) {
	return createOption({
		term: `--${name} ${switches.has(`--${name}`) ? `[${metavar}]` : `<${metavar}>`}`,
		help: byDefault === "" ? help : `${help} (default ${byDefault})`,
		...(name === "env" || name === "reporter") && { parse: (given, _, before) => before ? `${before},${given}` : given }
	}).helpGroup("Settings, also in monstack.yaml; a flag wins over the file:");
}
function createOption({ term, help, parse = (given) => given }) {
	const option = new Option(term, help);
	if (!option.required && !option.optional) return option;
	return option.argParser((given, before) => {
		if (given === "") throw new UserError(`${option.long} needs a value`);
		return parse(given, option.long ?? "", before);
	});
}
function formatHelpItem(term, width, description, helper) {
	const format = (text) => Help.prototype.formatItem.call(helper, text, width, description, helper);
	return term.length <= width ? format(term) : `  ${term}\n${format("")}`;
}
function formatSentence(summary) {
	return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
function formatExamples(examples) {
	if (examples.length === 0) return "";
	return `\nExamples:\n${examples.map(([line, purpose]) => `  ${line}\n      ${purpose}\n`).join("")}`;
}
const rootHelp = `
Try it, as root or as a user who may sudo without a password:
  monstack run            installs, deploys, verifies, reports and cleans up: about half a minute
  monstack up             leaves it running: Grafana at http://localhost:3000, Prometheus at :9090
  monstack verify         proves that it still works
  monstack down           takes it away

\`monstack COMMAND --help\` prints the flags of a command and the settings that it uses.

Exit codes:
    0  verified
    1  the stack failed verification
    2  the configuration, its lock file, a bundle or the command line is wrong
    3  it could not be installed, bundled, backed up or restored
    4  torn down, but something is left
  130  interrupted, and torn down
`;

// src/cli/run.ts
const crashExitCode = 1;
async function runCli(argv, bundle, surroundings = processSurroundings()) {
	const log = await openLogger(argv, surroundings);
	const crashes = handleCrashes(log);
	const removeView = () => log.close();
	process.once("exit", removeView);
	const print = createPrint(log, surroundings);
	try {
		if (argv[0] === "__complete") {
			print(await completeWords(argv.slice(1), surroundings));
			return exitCode.verified;
		}
		const line = parseCommandLine(argv, print);
		return line ? await line.run(createCall(line, {
			log,
			bundle,
			surroundings,
			print,
			crashes
		})) : exitCode.verified;
	} catch (error) {
		return reportError(log, error);
	} finally {
		removeView();
		process.off("exit", removeView);
	}
}
async function openLogger(argv, { env, stderr, terminal }) {
	const has = (...flags) => flags.some((flag) => argv.includes(flag));
	const detail = has("--quiet", "-q") ? "quiet" : has("--verbose", "-v") ? "verbose" : "normal";
	const display = terminal && readDisplay(env);
	const encode = display?.isUtf8 === false ? { encode: toAscii } : {};
	const options = {
		detail,
		startedAt: Date.now(),
		write: stderr,
		isOnGitHub: isReadByRunner(env)
	};
	if (terminal === void 0 || !display?.isRich) return createTerminalLogger({
		...options,
		...encode
	});
	if (detail === "quiet") return createTerminalLogger({
		...options,
		...encode,
		paint
	});
	const { createTerminalView } = await import("./live-view.js");
	return createTerminalLogger({
		...options,
		...encode,
		paint,
		openView: (format) => createTerminalView({
			stream: terminal,
			now: Date.now,
			format,
			paint,
			encode: (text) => text,
			...encode
		})
	});
}
function createPrint(log, { env, stdout, isStdoutTerminal = false }) {
	const display = isStdoutTerminal ? readDisplay(env) : void 0;
	const encode = display?.isUtf8 === false ? toAscii : (text) => text;
	const paintResult = display?.isRich ? paint : paintNothing;
	return (text, tone) => {
		const safe = encode(sanitizeText(log.redactor.message(text)));
		log.writeAround(() => stdout(paintResult(safe, tone)));
	};
}
function createCall(line, { log, bundle, surroundings, print, crashes }) {
	const { cwd, env } = surroundings;
	const printJson = (json) => log.writeAround(() => surroundings.stdout(sanitizeJson(json)));
	return {
		print,
		printJson,
		writeCommand: isReadByRunner(env) ? (command) => log.writeAround(() => surroundings.stderr(`${command}\n`)) : void 0,
		createHost: () => createHost(env),
		createContext: async () => {
			const stop = new AbortController();
			abortOnInterrupt(log, stop, false);
			return {
				host: await createHost(env),
				log,
				signal: stop.signal
			};
		},
		withSession: async (work, { isOffline = false, changesStack = false, writes, writesEvents = false } = {}) => {
			const host = await withPrivateCache(await createHost(env), log);
			const stop = new AbortController();
			abortOnInterrupt(log, stop, changesStack);
			const session = await openSession({
				host,
				log: writesEvents ? writeEvents(log, printJson) : log,
				signal: stop.signal
			}, {
				cwd,
				file: line.config,
				flags: line.settings,
				set: { flags: line.set },
				fetches: !isOffline,
				named: writes === void 0 ? [] : [writes],
				forwardScript: join(bundle, "forward.js"),
				upstreamProgram: getProgram(bundle)
			});
			if (changesStack) crashes.setJob(stop);
			return await work(session).finally(() => {
				crashes.setJob(void 0);
				session.judge.close();
			});
		}
	};
}
function handleCrashes(log) {
	let currentJob;
	process.on("uncaughtException", (error) => {
		if (currentJob === void 0) process.exit(reportError(log, error));
		if (currentJob.signal.aborted) return log.debug(`after the run was ended: ${inspect(error)}`);
		log.warn(`ending the run after an error that was not handled: ${describeError(error)}`);
		currentJob.abort(error);
	});
	return { setJob: (job) => {
		currentJob = job;
	} };
}
function abortOnInterrupt(log, stop, changesStack) {
	let isInterrupted = false;
	const interrupt = () => {
		if (isInterrupted) {
			const hint = changesStack ? ": what is left can be taken away with `monstack down`" : "";
			log.error(`interrupted again${hint}`);
			process.exit(exitCode.interrupted);
		}
		isInterrupted = true;
		log.warn(`interrupted: ${changesStack ? "tearing down" : "ending"} (once more ends monstack at once)`);
		stop.abort();
	};
	process.on("SIGINT", interrupt);
	process.on("SIGTERM", interrupt);
}
function reportError(log, thrown) {
	const error = explainSystemError(thrown);
	if (!(error instanceof MonstackError)) {
		log.error(inspect(error));
		return crashExitCode;
	}
	log.error(error.message);
	if (error.fix !== void 0) log.info(`to fix it: ${error.fix}`);
	return error.exitCode;
}
function isReadByRunner(env) {
	if (env["GITHUB_ACTIONS"] !== "true") return false;
	try {
		return !fstatSync(process.stderr.fd).isFile();
	} catch {
		return false;
	}
}
function processSurroundings() {
	const { env, stdout, stderr } = process;
	return {
		cwd: process.cwd(),
		env,
		stdout: (text) => void stdout.write(text),
		stderr: (text) => void stderr.write(text),
		terminal: stderr.isTTY ? stderr : void 0,
		isStdoutTerminal: stdout.isTTY
	};
}

export { runCli };