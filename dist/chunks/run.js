import { $ as allImages, A as checkOnDisk, B as readBundle, C as checksumsFolder, D as contentMistakes, E as prepare, F as findSupply, G as stageCompressed, H as Manifest, I as holdImages, J as wantedOf, K as parseLock, L as holdToLock, M as chartMistakes, N as userValues, O as schemaMistakes, P as differs, Q as pinCharts, R as pinned, S as publishedChecksum, T as expectedListeners, U as manifestName, V as readManifest, W as stageAsIs, X as isK3sImage, Y as takenOver, Z as startedImages, _ as renderApp, a as hasSameWords, at as checkReceiverPorts, b as installTool, c as refusalOf, d as refuseChartLinks, et as fitsTool, f as monitorMistakes, g as readArchive, h as fetchChart, i as unknownValues, it as unusedIn, j as addDashboards, k as objectMeans, l as refuseCharts, m as readChartSource, n as renderCharts, nt as missingRepositories, o as isSwitch, ot as choosePorts, p as namespaceLines, q as localOf, r as unknownIn, rt as repositoryOf, s as placeOfChart, st as examine, t as runJob, tt as missingIn, u as definitionsIn, v as fetchImages, w as missingNamespaces, x as resolveVersion, y as digestOf, z as refuseForeignTools } from "./job.js";
import { $a as tarHeader, $r as k3sSettings, Aa as Silence, An as withPrivateCache, Ar as overrides, At as rightsFix, B as releaseOf, Ba as dataFolders, Ct as createHost, E as dashboardIn, En as cacheFolder, Fa as Folder, Ga as checkArchive, Gi as showPath, H as ownPrefix, Ha as startInPod, Ia as StoredDashboard, J as fetchText, Jt as sanitizeJson, Ka as textOf$2, La as StoredDatasource, Ma as nothingYet, Mn as openSupply, Mt as ruleSetsOf, Na as showUrl, Nt as namespacesOf, On as refuseShared, Or as readYaml, Ot as lackingRights, Qa as tarEnd, Qi as nearest, R as readLabel, Ra as grafanaApi, Sr as placeInApp, T as chartIn, Tn as version, U as readSlot, Ui as duration, V as markerOf, Va as runInPod, Vi as formatChart, W as versionOfKey, Wa as archiveFiles, Xi as didYouMean, Xt as sanitizeText, Ya as plainTarEntries, Yn as lockFileName, Yt as sanitizeMessage, Zn as backUp, _r as reasonsOf, a as formatMessage, aa as replaceAt, ai as parseImageRef, b as textPath, br as filesOfValues, ca as withValue, co as require_dist, ct as eachOnce, da as loadStack, di as existingCluster, ea as formatKeyPath, eo as tarPadding, et as createWeb, fa as noteBackup, fr as locateUnknownValues, gr as outcomeOf, gt as splitNul, h as readImageArchive, hi as mapLimited, hr as formatSpan, ia as parseKeyPath, ii as formatImageRef, io as valueAt, it as HttpStatusError, ja as restoreSilences, jn as programIn, jt as formatPurposes, k as cachedArchive, kn as toolCacheFolder, kt as neededRights, lr as deprecationOf, lt as joinBelow, m as blobName, ma as journalName, mr as formatPlace, n as hostPaths, no as untilAllAnswer, nt as where, o as createRedactor, p as archiveOf, pr as count$1, qa as paths, r as maskCommands, ri as clusterName, ro as lookAtServer, ta as isMapping, to as tarSize, tr as toStack, ua as checklistPoints, ur as describeUnknown, v as fetchDashboard, vr as verdictOf, wn as openSession, yr as boundLine, z as k3sImageListUrl, za as closeAll } from "./known.js";
import { $ as exitCode, B as string, L as object, N as int, Q as UserError, Y as InstallError, Z as MonstackError, tt as messageOf } from "./arrivals.js";
import { dirname, extname, join, resolve } from "node:path";
import { inspect, isDeepStrictEqual, parseArgs } from "node:util";
import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";

// src/report/terminal.ts
const mostReasons = 3;
function renderTerminal(results) {
	return `${[
		`monstack ${results.mode}: ${verdictOf(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
		...section$1(reasonLines(results)),
		...section$1(phaseLines(results)),
		...section$1(checkLines(results)),
		...section$1(backupLines(results)),
		...section$1(checklistLines$1(results)),
		...section$1(teardownLines(results))
	].join("\n")}\n`;
}
function section$1(lines) {
	return lines.length === 0 ? [] : ["", ...lines];
}
function reasonLines(results) {
	const reasons = reasonsOf(results);
	const lines = reasons.slice(0, mostReasons).flatMap(renderReason);
	if (reasons.length > mostReasons) lines.push(`  ... and ${reasons.length - mostReasons} more in the report`);
	return lines;
}
function renderReason({ title, details, fix, place }) {
	return [
		`  - ${indent(title)}`,
		...details.map((detail) => `      ${indent(detail)}`),
		...place === void 0 ? [] : [`    where: ${indent(place)}`],
		...fix === void 0 ? [] : [`    to fix it: ${indent(fix)}`]
	];
}
const continuation$1 = " ".repeat(12);
function indent(text) {
	return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation$1);
}
function phaseLines({ startedAt, phases }) {
	const rows = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).map((phase) => [
		indent(phase.name),
		`+${formatSpan(startedAt, phase.startedAt)}`,
		formatSpan(phase.startedAt, phase.endedAt)
	]);
	const width = (column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
	return rows.map(([name = "", began = "", took = ""]) => `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`);
}
function checkLines({ checks, checklist }) {
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
	})).filter(({ amount }) => amount > 0);
	const words = {
		pass: "passed",
		fail: "failed",
		error: "could not be made",
		warn: "with a warning",
		skipped: "skipped"
	};
	const telling = checks.filter(({ id, status }) => status !== "pass" && status !== "skipped" && !checklist?.some((point) => point.id === id));
	const width = Math.max(0, ...telling.map(({ id }) => id.length));
	return [`  ${count$1(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${words[status]}`).join(", ")}`, ...telling.map((check) => `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(outcomeOf(check))}`)];
}
function backupLines({ backup }) {
	if (!backup) return [];
	const { path, bytes, series, from, to } = backup;
	return [`  kept: ${indent(path)} (${(bytes / 1e6).toFixed(1)} MB), ${series} series, ${from} to ${to}`];
}
const boxes = {
	met: "[x]",
	unmet: "[ ]",
	unknown: "[?]",
	"left-out": "[-]"
};
function checklistLines$1({ checklist = [] }) {
	return checklist.flatMap(({ id, title, status, evidence, fix }) => [
		`  ${boxes[status]} ${indent(title)} (${indent(id)})`,
		...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map((line) => `        ${line.met ? "+" : "-"} ${indent(boundLine(line.text))}`),
		...fix === void 0 ? [] : [`        to fix it: ${indent(fix)}`]
	]);
}
function teardownLines({ teardown }) {
	if (!teardown) return [];
	const kept = teardown.kept.map((one) => `  kept on purpose: ${indent(one)}`);
	if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
	return [
		"  left behind:",
		...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${indent(what)}`),
		...kept
	];
}

// src/cli/bundle-flags.ts
const actions = [
	"create",
	"inspect",
	"verify"
];
function bundleOf$1(values, command, operands) {
	const json = values["json"] === true;
	const [word, operand, extra] = operands;
	const action = actions.find((name) => name === word);
	if (json && command === "bundle" && action !== void 0 && action !== "inspect") throw new UserError("--json belongs to `bundle inspect` and `cache`");
	if (command !== "bundle" || values["help"] === true) return void 0;
	if (word === void 0) throw new UserError("bundle needs to be told what to do: create, inspect or verify");
	if (action === void 0) throw new UserError(`bundle: \`${word}\` is nothing that it does; ${didYouMean(word, actions)}`);
	if (extra !== void 0) throw new UserError(`unexpected argument \`${extra}\` after \`${operand}\``);
	if (action !== "create" && values["output"] !== void 0) throw new UserError("--output belongs to `backup` and `bundle create`");
	if (action === "create") return {
		action,
		file: created(values, operand),
		json
	};
	if (operand === void 0) throw new UserError(`bundle ${action} needs the bundle: monstack bundle ${action} FILE`);
	return {
		action,
		file: operand,
		json
	};
}
function created(values, operand) {
	const output = values["output"];
	if (operand !== void 0) throw new UserError(`unexpected argument \`${operand}\` after \`create\`; right would be -o ${operand}`);
	if (typeof output !== "string") throw new UserError("bundle create needs the file to write: monstack bundle create -o FILE");
	return output;
}

// src/cli/cache-flags.ts
const byDefault = {
	action: "list",
	olderThanMs: 2592e6,
	json: false
};
const cacheFlags = [{
	name: "older-than",
	metavar: "TIME",
	help: "cache prune: take away what no run has used for so long; default 30d"
}, {
	name: "all",
	metavar: "",
	help: "cache prune: take away everything but what is in use"
}];
function cacheOf(values, command, action) {
	const given = cacheFlags.map(({ name }) => name).filter((name) => values[name] !== void 0);
	if (command !== "cache") {
		if (given[0] === void 0 || command === "help") return byDefault;
		throw new UserError(`--${given[0]} belongs to \`cache\``);
	}
	if (action === void 0 && values["help"] === true) return byDefault;
	if (action !== "list" && action !== "prune") {
		const said = action === void 0 ? "cache needs a word more" : `\`cache ${action}\` is not a command`;
		const right = action === void 0 ? void 0 : didYouMean(action, ["list", "prune"]);
		throw new UserError(`${said}; ${right ?? "right would be `cache list` or `cache prune`"}`);
	}
	const [stray] = given;
	if (action === "list" && stray !== void 0) throw new UserError(`--${stray} belongs to \`cache prune\``);
	if (given.includes("all") && given.includes("older-than")) throw new UserError("--all and --older-than contradict each other: give one of them");
	return {
		action,
		olderThanMs: given.includes("all") ? 0 : olderThan(values) ?? byDefault.olderThanMs,
		json: values["json"] === true
	};
}
function olderThan(values) {
	if (values["older-than"] === void 0) return void 0;
	const parsed = duration(values["older-than"], {
		folder: "",
		home: void 0
	});
	if ("value" in parsed) return parsed.value;
	throw new UserError(`--older-than: ${parsed.problems[0]?.text}`);
}

// src/cli/lock-flags.ts
const lockFlags = [{
	name: "check",
	metavar: "",
	help: "lock: write nothing; 2 when the lock file is not what the configuration asks for"
}, {
	name: "update",
	metavar: "",
	help: "lock: move what is named after it (a tool, an app, a dashboard, an image), or everything"
}];
function lockOf$1(values, command, operands) {
	const stray = lockFlags.find(({ name }) => values[name] !== void 0);
	if (stray !== void 0 && command !== "lock" && command !== "help") throw new UserError(`--${stray.name} belongs to \`lock\``);
	const [check, update] = [values["check"] === true, values["update"] === true];
	if (check && update) throw new UserError("--check and --update exclude each other: the one writes nothing, the other does");
	if (operands.length > 0 && !update) throw new UserError(`lock ${operands[0]}: names belong to --update: \`monstack lock --update ${operands[0]}\``);
	return {
		check,
		update: updateOf(update, operands)
	};
}
function updateOf(update, names) {
	if (!update) return { kind: "nothing" };
	return names.length === 0 ? { kind: "all" } : {
		kind: "named",
		names
	};
}

// src/rbac/types.ts
const laterCommands = [
	"backup",
	"restore",
	"checklist"
];

// src/cli/rbac-flags.ts
const rbacFlags = [
	{
		name: "service-account",
		metavar: "NS/NAME",
		help: "rbac: who runs monstack; default NS/monstack, NS being the stack's namespace"
	},
	{
		name: "user",
		metavar: "NAME",
		help: "rbac: who runs monstack, as the cluster knows them"
	},
	{
		name: "create-namespaces",
		metavar: "",
		help: "rbac: let the run make and remove its namespaces; all its rights are then cluster-wide"
	},
	{
		name: "also",
		metavar: "COMMANDS",
		help: "rbac: what these need too, e.g. backup,restore,checklist"
	}
];
function rbacOf(values, command) {
	const stray = rbacFlags.find(({ name }) => values[name] !== void 0);
	if (stray !== void 0 && command !== "rbac" && command !== "help") throw new UserError(`--${stray.name} belongs to \`rbac\``);
	return {
		serviceAccount: text(values["service-account"]),
		user: text(values["user"]),
		createNamespaces: values["create-namespaces"] === true,
		also: alsoOf(text(values["also"]) ?? "")
	};
}
function alsoOf(given) {
	return given.split(",").flatMap((word) => word.trim() === "" ? [] : [word.trim()]).map((word) => {
		const command = laterCommands.find((one) => one === word);
		if (command !== void 0) return command;
		throw new UserError(`--also: \`${word}\` is no command that needs more than a run; ${didYouMean(word, laterCommands)}`);
	});
}
function text(value) {
	return typeof value === "string" ? value : void 0;
}

// src/cli/args.ts
const commands = {
	run: "up, verify and down in one: from nothing to a verified stack, and nothing left",
	up: "install k3s, deploy the stack and wait until it is ready; leave it running",
	verify: "check the stack that `up` left running",
	down: "take everything away that `up` made, and prove that nothing is left",
	checklist: "judge the eight points of the production checklist on the stack that `up` left running",
	backup: "write the metrics, dashboards and silences of the stack that `up` left running into one archive",
	restore: "put such an archive into the stack that `up` left running: restore FILE",
	bundle: "everything that a run needs in one file: bundle create -o FILE, inspect FILE, verify FILE",
	lock: "write down exactly what a run installs (monstack.lock), so that every run installs just that",
	cache: "what is kept of downloads: cache list, cache prune",
	plan: "print what a run would do, and change nothing",
	rbac: "print the roles that a run on an existing cluster needs, for its administrator to apply",
	doctor: "look at this machine: what a run would find and adapt to, and what would stop it"
};
const defaultEveryMs = 3e4;
const ownFlags = [
	{
		name: "config",
		metavar: "FILE",
		help: "Configuration file; default monstack.yaml in this folder, if there is one"
	},
	{
		name: "replace",
		metavar: "",
		help: "up, run: first take down what an earlier run left behind"
	},
	{
		name: "keep",
		metavar: "",
		help: "up, run: leave everything running after a failure, to look at it"
	},
	{
		name: "watch",
		metavar: "",
		help: "verify: go on, round after round, until Ctrl-C; 1 if any round was red"
	},
	{
		name: "every",
		metavar: "TIME",
		help: "verify --watch: from one round's begin to the next one's; default 30s"
	},
	{
		name: "for",
		metavar: "TIME",
		help: "verify --watch: begin no round after this time"
	},
	{
		name: "output",
		metavar: "FILE",
		help: "backup: the archive to write; default monstack-backup-TIME.tar.gz in this folder. bundle create: the bundle (-o)"
	},
	{
		name: "fix",
		metavar: "",
		help: "plan: write a corrected FILE.fixed.yaml beside each file with values that change nothing"
	},
	{
		name: "offline",
		metavar: "",
		help: "plan: fetch no charts, so values that change nothing are not looked for"
	},
	{
		name: "strict",
		metavar: "",
		help: "plan: 2 when a value changes nothing"
	},
	...lockFlags,
	...rbacFlags,
	...cacheFlags,
	{
		name: "json",
		metavar: "",
		help: "bundle inspect, cache: print JSON"
	},
	{
		name: "verbose",
		metavar: "",
		help: "Say more"
	},
	{
		name: "help",
		metavar: "",
		help: "Show this help"
	},
	{
		name: "version",
		metavar: "",
		help: "Print monstack's version"
	}
];
function parseCommandLine(argv) {
	const { values, positionals } = read(argv);
	const [word, ...operands] = positionals;
	const [file] = word === "restore" ? operands.splice(0, 1) : [];
	if (values["json"] === true && ![
		"bundle",
		"cache",
		"help"
	].includes(word ?? "help")) throw new UserError("--json belongs to `bundle inspect` and `cache`");
	const bundle = bundleOf$1(values, word, word === "bundle" ? operands.splice(0) : []);
	const lock = lockOf$1(values, word, word === "lock" ? operands.splice(0) : []);
	const [action] = word === "cache" ? operands.splice(0, 1) : [];
	const [extra] = operands;
	if (extra !== void 0) throw new UserError(`unexpected argument \`${extra}\` after \`${file ?? action ?? word}\``);
	if (word !== void 0 && word !== "help" && !isCommand(word)) throw new UserError(`\`${word}\` is not a command; ${didYouMean(word, Object.keys(commands))}`);
	const about = word !== void 0 && word !== "help" ? word : void 0;
	const output = textOf$1(values["output"]);
	if (output !== void 0 && about !== "backup" && about !== "bundle") throw new UserError("--output belongs to `backup` and `bundle create`");
	const asked = values["version"] === true ? "version" : values["help"] === true ? "help" : about;
	if (asked === "restore" && file === void 0) throw new UserError("restore needs the archive to restore: monstack restore FILE");
	return {
		command: asked ?? "help",
		about,
		config: textOf$1(values["config"]),
		settings: Object.fromEntries(overrides.flatMap(({ name }) => {
			const value = textOf$1(values[name]);
			return value === void 0 ? [] : [[name, value]];
		})),
		verbose: values["verbose"] === true,
		keep: values["keep"] === true,
		replace: values["replace"] === true,
		file,
		output,
		watch: watchOf(values, word),
		plan: planFlagsOf(values, word),
		rbac: rbacOf(values, word),
		bundle,
		lock,
		cache: cacheOf(values, word, action)
	};
}
function planFlagsOf(values, command) {
	const stray = command === "plan" || command === "help" ? void 0 : [
		"fix",
		"offline",
		"strict"
	].find((name) => values[name]);
	if (stray !== void 0) throw new UserError(`--${stray} belongs to \`plan\``);
	return {
		fix: values["fix"] === true,
		offline: values["offline"] === true,
		strict: values["strict"] === true
	};
}
function watchOf(values, command) {
	const every = timeOf(values, "every");
	const forMs = timeOf(values, "for");
	if (values["watch"] !== true) {
		const stray = every !== void 0 ? "--every" : forMs !== void 0 ? "--for" : void 0;
		if (stray !== void 0) throw new UserError(`${stray} belongs to \`verify --watch\``);
		return;
	}
	if (command !== "verify" && command !== "help") throw new UserError("--watch belongs to `verify`: a stack that `up` left running is watched");
	return {
		everyMs: every ?? defaultEveryMs,
		forMs
	};
}
function timeOf(values, name) {
	if (values[name] === void 0) return void 0;
	const parsed = duration(values[name], {
		folder: "",
		home: void 0
	});
	if ("value" in parsed) return parsed.value;
	throw new UserError(`--${name}: ${parsed.problems[0]?.text}`);
}
function read(argv) {
	const valued = /* @__PURE__ */ new Set([
		"config",
		"every",
		"for",
		"older-than",
		"output",
		"also",
		"service-account",
		"user",
		...overrides.map(({ name }) => name)
	]);
	const known = [...overrides.map(({ name }) => name), ...ownFlags.map(({ name }) => name)];
	const { tokens } = parseArgs({
		args: [...argv],
		options: {
			...Object.fromEntries(known.map((name) => [name, { type: valued.has(name) ? "string" : "boolean" }])),
			help: {
				type: "boolean",
				short: "h"
			},
			output: {
				type: "string",
				short: "o"
			},
			verbose: {
				type: "boolean",
				short: "v"
			}
		},
		strict: false,
		allowPositionals: true,
		tokens: true
	});
	const values = {};
	const positionals = [];
	for (const token of tokens) {
		if (token.kind === "positional") positionals.push(token.value);
		if (token.kind !== "option") continue;
		if (!known.includes(token.name)) throw new UserError(`there is no ${token.rawName}; ${hint(token.name, known)}`);
		const value = token.value;
		if (valued.has(token.name) && (value === void 0 || value === "")) throw new UserError(`${token.rawName} needs a value`);
		if (!valued.has(token.name) && value !== void 0) throw new UserError(`${token.rawName} takes no value`);
		const before = values[token.name];
		const isMore = token.name === "env" && typeof before === "string";
		values[token.name] = isMore ? `${before},${value}` : value ?? true;
	}
	return {
		values,
		positionals
	};
}
function hint(name, known) {
	const near = nearest(name, known);
	return near === void 0 ? "`monstack --help` lists them all" : `did you mean --${near}?`;
}
function isCommand(word) {
	return Object.hasOwn(commands, word);
}
function textOf$1(value) {
	return typeof value === "string" ? value : void 0;
}

// src/backup/grafana-restore.ts
async function restoreGrafana(api, contents) {
	const folders = nothingYet();
	const there = new Set((await api.folders()).map(({ uid }) => uid));
	for (const folder of contents.folders) {
		if (folder.parentUid !== void 0) for (const { uid } of await api.folders(folder.parentUid)) there.add(uid);
		if (there.has(folder.uid)) folders.skipped.push(`${folder.title}: it is there already`);
		else await attempt(folders, folder.title, "created", () => api.createFolder(folder));
	}
	const datasources = nothingYet();
	const withoutSecrets = [];
	for (const { secrets, ...datasource } of contents.datasources) {
		const { name, uid } = datasource;
		if (await api.datasource(uid) !== void 0) {
			datasources.skipped.push(`${name}: one with its uid is there already`);
			continue;
		}
		if (await attempt(datasources, name, "created", () => api.createDatasource(datasource)) && secrets.length > 0) withoutSecrets.push(`${name} (${secrets.join(", ")})`);
	}
	const dashboards = nothingYet();
	for (const stored of contents.dashboards) {
		const { uid, title } = stored.dashboard;
		const old = await api.dashboard(uid);
		if (old?.meta.provisioned) dashboards.skipped.push(`${title}: the stack has it from a file`);
		else await attempt(dashboards, title, old === void 0 ? "created" : "replaced", () => api.saveDashboard(stored));
	}
	return {
		folders,
		datasources,
		dashboards,
		withoutSecrets
	};
}
async function attempt(restored, what, as, save) {
	const refusal = await save().catch(messageOf);
	if (refusal === void 0) restored[as].push(what);
	else restored.failed.push(`${what}: ${refusal}`);
	return refusal === void 0;
}

// src/backup/restore-blocks.ts
const unfinished = ".tmp-for-creation";
const spareBytes = 67108864;
async function restoreBlocks(target, prometheus, { file, manifest, dataDir }) {
	const stores = await dataFolders(target, prometheus, dataDir);
	try {
		const done = [];
		for (const { at, path } of stores) {
			const there = await presentBlocks(target, at, path, manifest);
			const missing = manifest.prometheus.blocks.map(({ ulid }) => ulid).filter((ulid) => !there.includes(ulid));
			if (missing.length > 0) await add(target, at, {
				file,
				manifest,
				dataDir: path,
				ulids: missing
			});
			done.push({
				pod: at.pod,
				added: missing,
				there
			});
		}
		return done;
	} finally {
		await closeAll(stores);
	}
}
async function presentBlocks({ context, kube }, at, dataDir, { prometheus: { blocks } }) {
	const command = [
		"sh",
		"-c",
		"cd \"$1\" && shift && for block; do if [ -d \"$block\" ]; then echo \"$block\"; fi; done",
		"sh",
		dataDir,
		...blocks.map(({ ulid }) => ulid)
	];
	return (await runInPod(context, kube, at, command)).split("\n").filter((line) => line !== "");
}
async function add(target, at, addition) {
	const { context, kube } = target;
	const { manifest, dataDir, ulids } = addition;
	const parts = manifest.parts.filter(({ path }) => ulids.includes(ulidOf(path) ?? ""));
	await checkRoom(target, at, dataDir, parts);
	const size = tarSize([...foldersOf(ulids).map(() => 0), ...parts.map(({ bytes }) => bytes)]);
	const unpack = [
		"sh",
		"-c",
		"head -c \"$1\" | tar -xf - -C \"$2\"",
		"sh",
		String(size),
		dataDir
	];
	try {
		const { output, ended } = await startInPod(context, kube, at, unpack, tarOf$1(target, addition));
		for await (const _ of output);
		await ended;
		await runInPod(context, kube, at, [
			"sh",
			"-c",
			"cd \"$1\" && shift && for block; do mv \"$block$0\" \"$block\" || exit 1; done",
			unfinished,
			dataDir,
			...ulids
		]);
	} catch (error) {
		const remove = "cd \"$1\" && shift && for block; do rm -rf \"$block$0\"; done";
		const calm = {
			...context,
			signal: new AbortController().signal
		};
		await runInPod(calm, kube, at, [
			"sh",
			"-c",
			remove,
			unfinished,
			dataDir,
			...ulids
		]).catch(() => void 0);
		throw error;
	}
}
async function checkRoom({ context, kube }, at, dataDir, parts) {
	const needed = parts.reduce((sum, { bytes }) => sum + bytes, 0);
	const answer = await runInPod(context, kube, at, [
		"df",
		"-Pk",
		dataDir
	]);
	const free = Number(answer.trim().split("\n").at(-1)?.split(/\s+/)[3]) * 1024;
	if (Number.isFinite(free) && free < needed + spareBytes) throw new InstallError(`Prometheus' volume has ${mebibytes(free)} free, and the blocks take ${mebibytes(needed)}`, { fix: "give it a larger volume (server.persistentVolume.size), or a shorter retention" });
}
function mebibytes(bytes) {
	return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}
async function* tarOf$1({ context }, { file, manifest, ulids }) {
	const modifiedAt = Date.parse(manifest.createdAt);
	for (const name of foldersOf(ulids)) yield tarHeader({
		name,
		size: 0,
		modifiedAt
	});
	for await (const { name, size, pieces } of archiveFiles(context.host, file)) {
		const ulid = ulidOf(name);
		if (ulid === void 0 || !ulids.includes(ulid)) continue;
		const inBlock = name.slice(`prometheus/${ulid}/`.length);
		yield tarHeader({
			name: `${ulid}${unfinished}/${inBlock}`,
			size,
			modifiedAt
		});
		yield* pieces();
		yield tarPadding(size);
	}
	yield tarEnd;
}
function foldersOf(ulids) {
	return ulids.flatMap((ulid) => [`${ulid}${unfinished}/`, `${ulid}${unfinished}/chunks/`]);
}
function ulidOf(path) {
	return /^prometheus\/([^/]+)\//.exec(path)?.[1];
}

// src/backup/restore.ts
async function restoreBackup(target, file) {
	const { context, prometheus } = target;
	const manifest = await checkArchive(context.host, file);
	if (prometheus === void 0) throw new UserError("the stack has no Prometheus to restore into");
	await untilAllAnswer(target);
	const server = await lookAtServer(context, prometheus);
	const { grafana, silences } = await readContents(context, file);
	warn(target, manifest, server);
	const restored = {
		manifest,
		blocks: await restoreBlocks(target, prometheus, {
			file,
			manifest,
			dataDir: server.dataDir
		}),
		grafana: target.grafana && await restoreGrafana(grafanaApi(context, target.grafana), grafana),
		silences: target.alertmanager && await restoreSilences(context, target.alertmanager, silences)
	};
	await untilAnswered(context, prometheus, manifest);
	return restored;
}
function warn({ context: { host, log }, grafana, alertmanager }, manifest, server) {
	const { retentionMs } = server;
	const old = manifest.prometheus.blocks.filter(({ to }) => retentionMs !== void 0 && host.now() - Date.parse(to) >= retentionMs);
	if (old.length > 0 && retentionMs !== void 0) {
		const days = (retentionMs / 864e5).toFixed(1).replace(/\.0$/, "");
		log.warn(`Prometheus keeps samples for ${days} days, so that it will delete ${old.length} of ${manifest.prometheus.blocks.length} blocks when it has written a newer one, in two to three hours: a longer server.retention keeps them`);
	}
	if (manifest.grafana !== void 0 && grafana === void 0) log.warn(`the stack has no Grafana: ${manifest.grafana.dashboards} dashboards are left out`);
	if ((manifest.alertmanager?.silences ?? 0) > 0 && alertmanager === void 0) log.warn(`the stack has no Alertmanager: ${manifest.alertmanager?.silences} silences are left out`);
}
async function readContents({ host }, file) {
	const folders = [];
	const datasources = [];
	const dashboards = [];
	let silences = [];
	for await (const entry of archiveFiles(host, file)) {
		const { name } = entry;
		if (!name.startsWith("grafana/") && name !== paths.silences) continue;
		const data = JSON.parse(await textOf$2(entry));
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
async function untilAnswered(context, prometheus, { prometheus: { probe } }) {
	const { host, log, signal } = context;
	const { query, time, value } = probe;
	const deadline = host.now() + reloadTimeoutMs;
	log.info("waiting until Prometheus has taken up the blocks, which it does once a minute");
	let last = "nothing";
	for (;;) {
		last = await valueAt(context, prometheus, query, time) ?? "nothing";
		if (last === value) return;
		if (host.now() >= deadline) break;
		await host.sleep(pollMs, signal);
	}
	throw new InstallError(`the blocks are in Prometheus' data folder, but ${query} at ${(/* @__PURE__ */ new Date(time * 1e3)).toISOString()} is ${last} after ${reloadTimeoutMs / 1e3} s, not ${value}`, { fix: "its log says why it does not take them up: look for `block`" });
}

// src/cli/backup.ts
async function backup(session, output, print) {
	const { host, log } = session.context;
	const time = new Date(host.now()).toISOString().replace(/[-:]|\.\d+/g, "");
	const file = resolve(output ?? `monstack-backup-${time}.tar.gz`);
	const { stateDir } = session.loaded.config;
	const stack = await loadStack(host, stateDir);
	const { manifest, kept } = await backUp(session, stack, file);
	await noteBackup(host, stateDir, file).catch((error) => log.warn(`the checklist won't find this backup by itself: ${messageOf(error)}`));
	const { grafana, alertmanager, prometheus } = manifest;
	print(`backup: ${file} (${(kept.bytes / 1e6).toFixed(1)} MB)\n`);
	print(`  Prometheus    ${count$1(prometheus.blocks.length, "block")}, ${kept.series} series, ${kept.from} to ${kept.to}\n`);
	if (grafana !== void 0) {
		const { dashboards, folders, datasources } = grafana;
		print(`  Grafana       ${count$1(dashboards, "dashboard")}, ${count$1(folders, "folder")}, ${count$1(datasources, "datasource")} (without their secrets)\n`);
	}
	if (alertmanager !== void 0) print(`  Alertmanager  ${count$1(alertmanager.silences, "silence")}\n`);
	return exitCode.verified;
}
async function restore(session, file, print) {
	const { context, loaded } = session;
	const record = await loadStack(context.host, loaded.config.stateDir);
	const failed = tell(await restoreBackup(await toStack(session, record), resolve(file)), print);
	for (const one of failed) context.log.error(`not restored: ${one}`);
	return failed.length > 0 ? exitCode.notInstalled : exitCode.verified;
}
function tell({ manifest, blocks, grafana, silences }, print) {
	const { from, to, probe } = manifest.prometheus;
	print(`restored: the backup of ${manifest.createdAt}, made by monstack ${manifest.monstack}\n`);
	for (const { pod, added, there } of blocks) {
		const before = there.length > 0 ? `, ${there.length} were there already` : "";
		print(`  Prometheus    ${count$1(added.length, "block")} into pod ${pod}${before}; ${from} to ${to}\n`);
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
	for (const [where, what, restored] of kinds) {
		if (restored === void 0) continue;
		const { created, replaced, skipped } = restored;
		print(`  ${where.padEnd(13)} ${count$1(created.length, what)} created, ${replaced.length} replaced, ${skipped.length} skipped\n`);
		for (const one of skipped) print(`                  skipped: ${one}\n`);
	}
	for (const one of grafana?.withoutSecrets ?? []) print(`  to be set by hand, since no backup holds secrets: datasource ${one}\n`);
	return kinds.flatMap(([where, what, restored]) => (restored?.failed ?? []).map((one) => `${where}'s ${what} ${one}`));
}

// src/lockfile/print.ts
var import_dist = require_dist();
const head$1 = `# What a run of monstack installs, to the byte. Written by \`monstack lock\`; commit it, and don't edit it.
# \`monstack lock --check\` fails when the configuration asks for something else, \`monstack lock\` adds what it asks
# for and keeps the rest, \`monstack lock --update [NAME...]\` moves what is named (or everything) to what is published now.
`;
function printLock(lock) {
	return head$1 + (0, import_dist.stringify)(inOrder(lock), { lineWidth: 0 });
}
function inOrder({ tools, charts, dashboards, images, unlocked, ...about }) {
	const { lockVersion, monstack, profile } = about;
	return {
		lockVersion,
		monstack,
		profile,
		tools: {
			...tools.k3s && { k3s: tool(tools.k3s) },
			...tools.helm && { helm: tool(tools.helm) },
			...tools.kubectl && { kubectl: tool(tools.kubectl) }
		},
		charts: charts.map(({ from, name, asked, version, url, sha256 }) => ({
			from,
			name,
			...asked === void 0 ? {} : { asked },
			version,
			url,
			sha256
		})).sort(by(({ name, from, asked = "" }) => [
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
		})).sort(by(({ from, asked = 0 }) => [from, String(asked)])),
		images: images.map(({ image, digest }) => ({
			image,
			digest
		})).sort(by(({ image }) => [image])),
		...unlocked && unlocked.length > 0 ? { unlocked: unlocked.map(({ image, why }) => ({
			image,
			why
		})).sort(by(({ image }) => [image])) } : {}
	};
}
function tool({ asked, version, amd64, arm64 }) {
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
function by(keys) {
	return (a, b) => {
		const [left, right] = [keys(a), keys(b)];
		for (const [index, key] of left.entries()) {
			const other = right[index] ?? "";
			if (key !== other) return key < other ? -1 : 1;
		}
		return 0;
	};
}

// src/bundle/containerd.ts
async function storedImages(context, containerd) {
	return rowsOf(await ctr(context, containerd, ["images", "ls"])).flatMap(([ref, , digest]) => ref !== void 0 && digest !== void 0 ? [{
		ref,
		digest
	}] : []);
}
async function usedImages(context, containerd) {
	const rows = rowsOf(await ctr(context, containerd, ["containers", "ls"]));
	return [...new Set(rows.flatMap(([, image]) => image ?? []))];
}
async function exportImage(context, containerd, ref, file) {
	const { host } = context;
	await ctr(context, containerd, [
		"images",
		"export",
		...[
			"--local",
			"--platform",
			`linux/${host.arch}`
		],
		file,
		ref
	]);
	await host.exec([
		"chmod",
		"0644",
		file
	], { root: true });
}
async function ctr({ host }, { k3s, dataDir }, args) {
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
function rowsOf(table) {
	return table.split("\n").filter((line) => line.trim() !== "").slice(1).map((line) => line.trim().split(/\s+/));
}

// src/bundle/images.ts
async function refuseStrangers(context, containerd, lock) {
	const strangers = strangersIn(lock, await storedImages(context, containerd), await usedImages(context, containerd));
	if (strangers.length === 0) return;
	throw new InstallError(`these images run, and the lock that the bundle would have does not name them: ${strangers.join(", ")}`, { fix: "`monstack lock` adds what the charts name; of pods that something else starts, name the image in a chart's values" });
}
function strangersIn({ images, unlocked = [] }, stored, used) {
	const named = new Set([...images, ...unlocked].map(({ image }) => clusterName(image)));
	const known = new Set(stored.filter(({ ref }) => named.has(ref)).map(({ digest }) => digest));
	return [...new Set(used.map((ref) => stored.find((one) => one.ref === ref)?.digest ?? ref))].filter((digest) => !known.has(digest)).map((digest) => nameOf$1(stored, digest)).sort();
}
function nameOf$1(stored, digest) {
	const refs = stored.filter((one) => one.digest === digest).map(({ ref }) => ref);
	return refs.find((ref) => !/@|^sha256:/.test(ref)) ?? refs[0] ?? digest;
}

// src/bundle/export.ts
const fix = "something has given the cluster another image of this name, or has changed or cut short what containerd keeps: run `bundle create` again";
const room = 64 * 1024 ** 2;
async function exportedImage(context, containerd, archive, folder) {
	const { host } = context;
	const { image } = archive;
	const parts = await readImageArchive(host, archive.path, archive);
	const file = join(folder, "export.tar");
	await host.files.mkdir(folder);
	await exportImage(context, containerd, clusterName(image), file).catch((cause) => {
		throw new InstallError(`containerd doesn't give out ${image}: ${messageOf(cause)}`, {
			cause,
			fix: "the temporary folder (TMPDIR) needs room for the image twice; and where content is not found, containerd was told to discard it (discard_unpacked_layers in k3s' template of its configuration): take that out"
		});
	});
	const paths = await unpack(context, image, file, parts.layers, folder);
	await host.files.remove(file);
	return archiveOf(image, parts, ({ digest }) => host.files.stream(paths.get(digest) ?? ""));
}
async function unpack({ host }, image, file, layers, folder) {
	const wanted = new Map(layers.map((layer) => [blobName(layer.digest), layer]));
	const limit = layers.reduce((sum, { size }) => sum + size, room);
	const what = `containerd's export of ${image}`;
	const paths = /* @__PURE__ */ new Map();
	const reading = {
		what,
		limit,
		fix
	};
	for await (const { name, pieces } of plainTarEntries(host.files.stream(file), what, reading)) {
		const layer = wanted.get(name);
		if (layer === void 0) continue;
		const path = join(folder, layer.digest.slice(7));
		const hash = createHash("sha256");
		const hashed = async function* () {
			for await (const piece of pieces()) {
				hash.update(piece);
				yield piece;
			}
		};
		await host.files.write(path, hashed());
		if (`sha256:${hash.digest("hex")}` !== layer.digest) throw new InstallError(`${what}: ${layer.digest} in it is not what it is called`, { fix });
		paths.set(layer.digest, path);
	}
	const missing = layers.find(({ digest }) => !paths.has(digest));
	if (missing) throw new InstallError(`${what} lacks ${missing.digest}: it is another image than the lock's`, { fix });
	return paths;
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
		const file = await cachedArchive(context, what.sha256);
		if (file === void 0) throw lost(`chart ${what.name || what.from} ${what.version}`);
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
		const file = textPath(host, what.sha256);
		if (!await host.files.exists(file)) throw lost(`dashboard ${what.from}`);
		const part = await stageAsIs(host, `dashboards/${what.sha256}.json`, file);
		if (part.sha256 !== what.sha256) throw lost(`dashboard ${what.from}`);
		staged.push({
			what,
			part
		});
	}
	return staged;
}
async function stageImages(context, containerd, archives, folder) {
	const { host, signal } = context;
	const staged = [];
	for (const [index, archive] of archives.entries()) {
		signal.throwIfAborted();
		const { image, digest } = archive;
		const layers = join(folder, "layers");
		const pieces = await exportedImage(context, containerd, archive, layers);
		const part = await stageCompressed(host, "", pieces, join(folder, "images", `${index}.tar.zst`));
		await host.files.remove(layers);
		const path = `images/${part.unpacked.sha256}.tar.zst`;
		staged.push({
			what: {
				image,
				digest,
				path
			},
			part: {
				...part,
				path
			}
		});
	}
	return staged;
}
function lost(what) {
	return new InstallError(`${what} is not in the cache any more, or not as it was put there`, { fix: "try again, and let nothing clear the cache meanwhile" });
}

// src/bundle/write.ts
async function writeBundle(host, file, about, staged) {
	const parts = staged.map(({ file: _, ...part }) => part);
	const manifest = Manifest.parse({
		...about,
		parts
	});
	const text = Buffer.from(`${JSON.stringify(manifest, void 0, 2)}\n`);
	let bytes = 0;
	const counted = async function* () {
		for await (const piece of tarOf(host, text, staged)) {
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
async function* tarOf(host, manifest, staged) {
	const modifiedAt = host.now();
	yield tarHeader({
		name: manifestName,
		size: manifest.byteLength,
		modifiedAt
	});
	yield manifest;
	yield tarPadding(manifest.byteLength);
	for (const { path, bytes, file } of staged) {
		yield tarHeader({
			name: path,
			size: bytes,
			modifiedAt
		});
		let left = bytes;
		for await (const piece of eachOnce(host.files.stream(file))) {
			left -= piece.byteLength;
			yield piece;
		}
		if (left !== 0) throw new Error(`${file} changed while it was written into the bundle as ${path}`);
		yield tarPadding(bytes);
	}
	yield tarEnd;
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
			images: await stageImages(context, containerd, images, folder)
		};
		const lockFile = join(folder, lockFileName);
		await host.files.write(lockFile, printLock(lockOf(lock, stock)));
		const parts = [await stageAsIs(host, lockFileName, lockFile), ...[
			...stock.tools,
			...stock.charts,
			...stock.dashboards,
			...stock.images
		].map(({ part }) => part)];
		const once = [...new Map(parts.map((part) => [part.path, part])).values()];
		return await writeBundle(host, file, manifestOf(context, source, stock), once);
	});
}
function lockOf(lock, { tools, charts, dashboards, images }) {
	return {
		...lock,
		tools: Object.fromEntries(tools.map(({ what: { name } }) => [name, lock.tools[name]])),
		charts: charts.map(({ what }) => what),
		dashboards: dashboards.map(({ what }) => what),
		images: images.map(({ what: { image, digest } }) => ({
			image,
			digest
		}))
	};
}
function manifestOf({ host }, source, stock) {
	const { lock, verified, monstack } = source;
	return {
		format: 1,
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
		images: stock.images.map(({ what }) => what)
	};
}

// src/lock/moves.ts
function movesOf(update, wanted, lock) {
	if (update.kind !== "named") return () => update.kind === "all";
	const images = [...lock?.images ?? [], ...lock?.unlocked ?? []].flatMap(({ image }) => namesOf(image));
	const known = [
		...wanted.tools.map(({ name }) => name),
		...wanted.charts.map(({ app }) => app),
		...wanted.dashboards.map(({ from }) => from),
		...images
	];
	const chosen = update.names.map((name) => {
		const found = [name, ...wholeNames(name)].find((one) => known.includes(one));
		if (found !== void 0) return found;
		throw new UserError(`--update ${name}: nothing of that name is locked; ${didYouMean(name, known)}`);
	});
	return (...names) => names.some((name) => chosen.includes(name));
}
function namesOf(image) {
	return [image, repositoryOf(image)];
}
function wholeNames(name) {
	try {
		const repository = repositoryOf(name);
		const [untagged = "", ...digest] = name.split("@");
		return [`${repository}${[/:[^:/]+$/.exec(untagged)?.[0] ?? "", ...digest].join("@")}`];
	} catch {
		return [];
	}
}

// src/lockfile/changes.ts
function changesOf(old, lock) {
	const before = byName(old === void 0 ? [] : entriesOf(old));
	const after = byName(entriesOf(lock));
	return [.../* @__PURE__ */ new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
		const [from, to] = [before.get(name), after.get(name)];
		if (from === void 0) return to === void 0 ? [] : [`+ ${to.what} ${to.value}`];
		if (to === void 0) return [`- ${from.what} ${from.value}`];
		if (from.value !== to.value) return [`~ ${to.what} ${from.value} -> ${to.value}`];
		return from.bytes === to.bytes ? [] : [`~ ${to.what} ${to.value}: other bytes under the same name`];
	});
}
function entriesOf({ profile, tools, charts, dashboards, images, unlocked = [] }) {
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
			value: revision === void 0 ? short$2(sha256) : `revision ${revision}`,
			bytes: sha256
		})),
		...images.map(({ image, digest }) => ({
			what: `image ${image}`,
			value: short$2(digest),
			bytes: digest
		})),
		...unlocked.map(({ image }) => ({
			what: `image ${image}`,
			value: "without a digest",
			bytes: ""
		}))
	];
}
function byName(entries) {
	const counts = /* @__PURE__ */ new Map();
	return new Map(entries.map((entry) => {
		const count = counts.get(entry.what) ?? 0;
		counts.set(entry.what, count + 1);
		return [`${entry.what} ${count}`, entry];
	}));
}
function short$2(digest) {
	const [, algorithm = "sha256:", hex = ""] = /^(sha256:)?([0-9a-f]+)$/.exec(digest) ?? [];
	return `${algorithm}${hex.slice(0, 12)}`;
}

// src/sources/tools/publish.ts
async function publishedTool(web, name, asked) {
	const { version, from } = await resolveVersion(web, name, asked);
	if (from !== "as asked") web.context.log.info(`${name} ${asked} is ${version}, says ${from}`);
	const download = async (arch) => ({
		url: releaseOf(name, version, arch).url,
		sha256: await publishedChecksum(web, name, version, arch)
	});
	const [amd64, arm64] = await Promise.all([download("amd64"), download("arm64")]);
	return {
		version,
		amd64,
		arm64
	};
}
async function k3sImageList(web, version) {
	const url = k3sImageListUrl(version);
	const text = await fetchText(web, url, 1024 ** 2);
	const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
	if (lines.length === 0 || lines.some((line) => !/^[a-z0-9][\w.:/@-]*$/i.test(line))) throw new InstallError(`${where(web, url)} is no list of images: ${JSON.stringify(text.slice(0, 80))}`, { fix: "put the list on the mirror as it is in k3s' release" });
	return lines;
}

// src/app/bytes/lock-images.ts
const atOnce$1 = 4;
async function lockImages({ context, loaded }, apps, draft, wanted, { old, moves }) {
	const { config } = loaded;
	const web = {
		...createWeb(context, config, { supply: openSupply }),
		registries: config.registries
	};
	const k3s = await k3sImages(web, config, draft, wanted, old);
	const names = [.../* @__PURE__ */ new Set([...apps.flatMap(allImages), ...k3s])];
	const each = await mapLimited(names, atOnce$1, async (image) => {
		const kept = old?.images.find((one) => one.image === image);
		return kept && !moves(...namesOf(image)) ? kept : await lockImage(web, config, image);
	});
	const unlocked = each.filter((one) => "why" in one);
	return {
		images: each.filter((one) => "digest" in one),
		...unlocked.length > 0 ? { unlocked } : {}
	};
}
function unusedImages(lock, apps, { k3s }) {
	const names = [...lock.images, ...lock.unlocked ?? []].map(({ image }) => image);
	const used = /* @__PURE__ */ new Set([...apps.flatMap(allImages), ...lock.tools.k3s ? startedImages(names.filter(isK3sImage), k3s.args) : []]);
	return names.filter((image) => !used.has(image)).map((image) => ({
		text: `the image ${image} is locked, and nothing runs it`,
		at: void 0
	}));
}
async function k3sImages(web, config, { tools: { k3s } }, { k3sImages: needed }, old) {
	if (k3s === void 0) return [];
	const list = old?.tools.k3s?.version === k3s.version && missingRepositories(old, needed).length === 0 && old ? old.images.map(({ image }) => image).filter(isK3sImage) : (await k3sImageList(web, k3s.version)).map((image) => formatImageRef(parseImageRef(image)));
	return startedImages(list, config.k3s.args);
}
async function lockImage(web, config, image) {
	const ref = parseImageRef(image);
	if (ref.digest !== void 0) return {
		image,
		digest: ref.digest
	};
	if (ref.registry === "localhost") return {
		image,
		why: "localhost is no registry"
	};
	try {
		return {
			image,
			digest: await digestOf(web, ref)
		};
	} catch (error) {
		const why = elsewhere(config);
		if (why === void 0 || !isUnknown(error)) throw error;
		return {
			image,
			why
		};
	}
}
function elsewhere({ k3s, cluster }) {
	if (cluster.kind === "existing") return "its registry has no such image; the cluster may have it";
	return k3s.images.length > 0 ? "its registry has no such image; k3s.images may bring it" : void 0;
}
function isUnknown(error) {
	if (error instanceof HttpStatusError) return [401, 404].includes(error.status);
	return error instanceof Error && error.cause !== void 0 && isUnknown(error.cause);
}

// src/rbac/print.ts
const group = "rbac.authorization.k8s.io";
function printRoles(sets, options) {
	const { subject, namespaces } = options;
	return [
		...namespaces.map((name) => head("v1", "Namespace", name, void 0)),
		...subject.kind === "ServiceAccount" ? [head("v1", "ServiceAccount", subject.name, subject.namespace)] : [],
		...sets.flatMap((set) => [printRole(set, options), printBinding(set, options)])
	].map((document) => `---\n${document}`).join("");
}
function printRole({ namespace, rules }, { name }) {
	return `${head(`${group}/v1`, namespace === void 0 ? "ClusterRole" : "Role", name, namespace)}rules:\n${rules.map(printRule).join("")}`;
}
function printBinding({ namespace }, { name, subject }) {
	const kind = namespace === void 0 ? "ClusterRole" : "Role";
	const who = subject.kind === "User" ? {
		kind: "User",
		name: subject.name,
		apiGroup: group
	} : {
		kind: "ServiceAccount",
		name: subject.name,
		namespace: subject.namespace
	};
	return [
		head(`${group}/v1`, `${kind}Binding`, name, namespace),
		`roleRef: ${flow({
			apiGroup: group,
			kind,
			name
		})}\n`,
		`subjects:\n  - ${flow(who)}\n`
	].join("");
}
function head(apiVersion, kind, name, namespace) {
	return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${flow({
		name,
		...namespace === void 0 ? {} : { namespace }
	})}\n`;
}
function printRule({ verbs, groups, resources, names, paths, purposes, need }) {
	const only = need === "diagnosis" ? " (without it the cause of a failure is told less well)" : "";
	const parts = Object.entries({
		apiGroups: groups,
		resources,
		resourceNames: names,
		nonResourceURLs: paths,
		verbs
	}).flatMap(([key, values]) => values.length === 0 ? [] : [`${key}: [${values.map(word).join(", ")}]`]);
	return `  # ${formatPurposes(purposes)}${only}\n  - ${parts.join("\n    ")}\n`;
}
function flow(values) {
	return `{${Object.entries(values).map(([key, value]) => `${key}: ${word(value)}`).join(", ")}}`;
}
function word(value) {
	return /^[a-z/][a-z0-9./-]*$/i.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value) ? value : JSON.stringify(value);
}

// src/app/rbac.ts
async function rolesOf(session, { subject, createNamespaces, also }) {
	const { loaded } = session;
	const config = onExisting(loaded.config);
	const asked = {
		...session,
		loaded: {
			...loaded,
			config
		}
	};
	const { plan: unpinned, login } = await prepare(asked);
	const apps = await renderForNow(asked, await holdToLock(asked, unpinned));
	const namespaces = namespacesOf(apps).filter((name) => !isAlwaysThere(name));
	const created = createNamespaces ? namespaces : [];
	const rights = neededRights(config, apps, login, created, also);
	return printRoles(ruleSetsOf(rights, created), {
		name: `monstack-${config.namespace}`,
		subject,
		namespaces: createNamespaces ? [] : namespaces
	});
}
async function renderForNow(session, plan) {
	const { context, loaded } = session;
	return await context.host.files.withTemp("monstack-charts-", async (folder) => {
		const helm = installTool(context, loaded.config, "helm", { supply: session.supply });
		const kubectl = plan.apps.some(({ chart }) => chart.kind === "kustomize") ? installTool(context, loaded.config, "kubectl", { supply: session.supply }) : void 0;
		const [rendered] = await Promise.all([
			addDashboards(session, plan).then((whole) => renderCharts(session, whole, {
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
function onExisting(config) {
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
const atOnce = 4;
async function writeLock(session, update) {
	const { context, loaded } = session;
	const { file } = loaded.config.lock;
	const shown = showPath(loaded.cwd, file);
	const text = await context.host.files.read(file);
	const old = text === void 0 ? void 0 : parseLock(text, shown);
	if (old !== void 0 && text !== void 0 && loaded.limits.isRestricted) refuseForeignTools(old, text, shown);
	const { plan } = await prepare(session);
	const wanted = wantedOf(loaded, plan);
	const lock = await makeLock(session, plan, wanted, {
		old,
		moves: movesOf(update, wanted, old)
	});
	const isSame = old !== void 0 && printLock({
		...lock,
		monstack: old.monstack
	}) === text;
	if (!isSame) await context.host.files.write(file, printLock(lock));
	return {
		file: shown,
		isSame,
		changes: changesOf(old, lock),
		lock,
		unlocked: lock.unlocked ?? [],
		local: localOf(loaded, plan)
	};
}
async function newLock(session) {
	const { plan } = await prepare(session);
	return await makeLock(session, plan, wantedOf(session.loaded, plan), {
		old: void 0,
		moves: () => true
	});
}
async function makeLock(session, plan, wanted, from) {
	const { loaded, version } = session;
	const tools = await lockTools(session, wanted, from);
	const base = {
		lockVersion: 1,
		monstack: version,
		profile: wanted.profile,
		images: []
	};
	const supply = (lock) => ({
		lock,
		lockedBy: showPath(loaded.cwd, loaded.config.lock.file),
		offline: void 0
	});
	const withTools = {
		...base,
		tools,
		charts: [],
		dashboards: []
	};
	const charts = await lockCharts(session, plan, wanted, from, supply(withTools));
	const dashboards = await lockDashboards(session, wanted, from);
	const draft = {
		...withTools,
		charts,
		dashboards
	};
	const rendered = await renderForNow({
		...session,
		supply: supply(draft)
	}, pinCharts(plan, draft, wanted));
	return {
		...draft,
		...await lockImages(session, rendered, draft, wanted, from)
	};
}
async function lockTools(session, wanted, { old, moves }) {
	const { context, loaded } = session;
	const web = createWeb(context, loaded.config, { supply: openSupply });
	const locked = await Promise.all(wanted.tools.map(async ({ name, asked }) => {
		const kept = old?.tools[name];
		if (kept && fitsTool(kept, asked) && !moves(name)) return [name, {
			...kept,
			asked
		}];
		return [name, {
			asked,
			...await publishedTool(web, name, loaded.config[name].version)
		}];
	}));
	return Object.fromEntries(locked);
}
async function lockCharts(session, plan, { charts }, { old, moves }, supply) {
	const { context, loaded } = session;
	const helm = () => installTool(context, loaded.config, "helm", { supply });
	return unique(await mapLimited(charts, atOnce, async (wanted) => {
		const kept = old && chartIn(old, wanted);
		const apps = charts.filter((one) => isSameChart(one, wanted)).map(({ app }) => app);
		if (kept && !moves(...apps)) return withAsked(kept, wanted);
		const ref = plan.apps.find(({ name }) => name === wanted.app)?.chart;
		const { version, origin: url, sha256 } = await fetchChart(context, loaded.config, ref, {
			supply: openSupply,
			...ref.kind === "oci" ? { helm: helm() } : {}
		});
		if (sha256 === void 0) throw new Error(`the chart of ${wanted.app} came without a sha256`);
		return withAsked({
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
function withAsked({ asked: _, ...chart }, { asked }) {
	return asked === void 0 ? chart : {
		...chart,
		asked
	};
}
async function lockDashboards({ context, loaded }, { dashboards }, { old, moves }) {
	return unique(await mapLimited(dashboards, atOnce, async (wanted) => {
		const { from, asked, sha256 } = wanted;
		const kept = old && dashboardIn(old, wanted);
		const fits = kept && (sha256 === void 0 || kept.sha256 === sha256) && !moves(from);
		const as = asked === void 0 ? {} : { asked };
		if (fits) return {
			...kept,
			asked
		};
		const got = await fetchDashboard(context, loaded.config, sourceOf(wanted), { supply: openSupply });
		const revision = got.revision === void 0 ? {} : { revision: got.revision };
		return {
			from,
			...as,
			...revision,
			url: got.origin,
			sha256: got.sha256
		};
	}), ({ from, asked }) => `${from}@${asked ?? ""}`);
}
function sourceOf({ from, url = from, asked, sha256 }) {
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
function unique(items, key) {
	return [...new Map(items.map((item) => [key(item), item])).values()];
}
async function checkLock(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	const found = await findSupply(context, loaded, { lock: {
		...config.lock,
		isRequired: true
	} });
	const { lock, lockedBy } = found;
	if (lock === void 0) throw new Error("a lock that is required was not read");
	const { plan } = await prepare(session);
	const wanted = wantedOf(loaded, plan);
	const differences = [...missingIn(lock, wanted), ...unusedIn(lock, wanted)];
	if (differences.length > 0) throw differs(found, differences);
	const held = {
		...session,
		supply: found
	};
	const apps = await renderForNow(held, pinned(held, plan));
	holdImages(held, apps);
	const unused = unusedImages(lock, apps, config);
	if (unused.length > 0) throw differs(found, unused);
	return lockedBy;
}

// src/app/make-bundle.ts
async function makeBundle(session, file) {
	const { context, loaded, recorder } = session;
	if (loaded.config.cluster.kind === "existing") throw new UserError("bundle create: `cluster` names an existing cluster, whose images monstack can't read out", { fix: "leave `cluster` out: a bundle is made of a k3s that monstack starts, and is for such ones" });
	await refuseUnwritable(context, file);
	session.supply = await lockFor(session);
	let made;
	return {
		outcome: await runJob(session, {
			mode: "run",
			verifyAfterUp: true,
			keepOnFailure: false,
			replace: false,
			whenVerified: async (stack) => {
				made = await recorder.phase("write bundle", () => bundleOf(session, stack, file), () => "the bundle to be written");
			}
		}),
		made
	};
}
async function lockFor(session) {
	const { context, loaded } = session;
	const found = await findSupply(context, loaded, loaded.config);
	if (found.lock !== void 0) return found;
	context.log.info(`there is no lock file: the bundle gets a lock of what is published now`);
	return {
		lock: await newLock(session),
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
		throw new UserError(`the bundle ${file} can't be written: ${messageOf(cause)}`, {
			fix: "name another file with -o",
			cause
		});
	}
}
async function bundleOf(session, stack, file) {
	const { context, loaded, supply, draft, version } = session;
	if (supply.lock === void 0) throw new Error("a bundle is made from a lock");
	const k3s = stack.tools.find(({ name }) => name === "k3s");
	if (k3s === void 0) throw new Error("a k3s of monstack's own was started from no k3s");
	const charts = stack.rendered.flatMap(({ chart }) => chart.sha256 ?? []);
	const images = await fetchImages(context, loaded.config, supply.lock.images, { supply });
	return await createBundle$1(context, file, {
		lock: supply.lock,
		tools: stack.tools,
		used: /* @__PURE__ */ new Set([...charts, ...stack.plan.dashboards.map(({ sha256 }) => sha256)]),
		images,
		containerd: {
			k3s: k3s.path,
			dataDir: k3sSettings(loaded.config.k3s.args, hostPaths()).dataDir
		},
		verified: {
			at: new Date(context.host.now()).toISOString(),
			checks: draft.checks.filter(({ status }) => status === "pass").map(({ id }) => id)
		},
		monstack: version
	});
}

// src/cli/bundle.ts
async function createBundle(session, output, print, conclude) {
	const file = resolve(output);
	const { outcome, made } = await makeBundle(session, file);
	const code = conclude(outcome);
	if (made) print(`bundle: ${file}: ${contents(made.manifest)}, ${megabytes(made.bytes)}\n`);
	else session.context.log.error(`there is no bundle: ${outcome.results.verified ? "it could not be written" : "only a run that is verified becomes one"}`);
	return code;
}
async function readOut(host, { action, file, json }, print) {
	if (action === "verify") {
		print(`${file} is whole: ${contents(await readBundle(host, file, async () => void 0))}, each as it was written\n`);
		return exitCode.verified;
	}
	const manifest = await readManifest(host, file);
	print(json ? sanitizeJson(`${JSON.stringify(manifest, void 0, 2)}\n`) : describe(file, manifest));
	return exitCode.verified;
}
function contents({ tools, charts, dashboards, images }) {
	return [
		count$1(tools.length, "tool"),
		count$1(charts.length, "chart"),
		...dashboards.length > 0 ? [count$1(dashboards.length, "dashboard")] : [],
		count$1(images.length, "image")
	].join(", ");
}
function describe(file, manifest) {
	const { monstack, createdAt, arch, profile, verified, tools, charts, dashboards, images, parts } = manifest;
	const bytes = new Map(parts.map((part) => [part.path, part.bytes]));
	const size = (path) => megabytes(bytes.get(path) ?? 0);
	const total = parts.reduce((sum, part) => sum + part.bytes, 0);
	const rows = [
		...tools.map(({ name, version, path }) => [
			name,
			version,
			size(path)
		]),
		...charts.map(({ name, version, path }) => [
			`chart ${name}`,
			version,
			size(path)
		]),
		...dashboards.map(({ from, revision, path }) => [
			`dashboard ${from}`,
			revision === void 0 ? "" : `revision ${revision}`,
			size(path)
		]),
		...images.map(({ image, digest, path }) => [
			image,
			digest,
			size(path)
		])
	];
	const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return [
		`${file}: a bundle for linux/${arch}, profile ${profile}, ${megabytes(total)}`,
		`made by monstack ${monstack} at ${createdAt}, of a run that was verified at ${verified.at}: ${count$1(verified.checks.length, "check")} passed`,
		"",
		...rows.map(([what, version, mb]) => `  ${what.padEnd(first ?? 0)}  ${version.padEnd(second ?? 0)}  ${mb.padStart(9)}`),
		""
	].join("\n");
}
function megabytes(bytes) {
	return `${(bytes / 1e6).toFixed(1)} MB`;
}

// src/cache/size.ts
async function sizeOf(host, path) {
	const found = await host.files.stat(path);
	if (found === void 0) return {
		bytes: 0,
		modifiedMs: 0
	};
	if (found.kind !== "folder") return found;
	return {
		bytes: (await Promise.all((await host.files.list(path)).map((name) => sizeOf(host, join(path, name))))).reduce((sum, { bytes }) => sum + bytes, 0),
		modifiedMs: found.modifiedMs
	};
}
function isUnfinished(name) {
	return name.endsWith(".new");
}

// src/cache/archives.ts
const Pointer = object({
	sha256: string(),
	id: int().optional(),
	revision: int().optional()
});
async function chartEntries(context, folder) {
	const { host } = context;
	return await filesWith(host, folder, ".tgz", await pointersIn(host, join(folder, "by-version")), async (path, sha256) => {
		return await readArchive(context, path).catch(() => void 0) ?? {
			name: "(not a chart)",
			version: short$1(sha256)
		};
	});
}
async function dashboardEntries(host, folder) {
	const pointers = await pointersIn(host, join(folder, "by-revision"));
	return await filesWith(host, folder, ".json", pointers, async (path, sha256) => {
		const named = pointers.find((pointer) => pointer.sha256 === sha256)?.of;
		if (named) return named;
		return {
			name: titleIn(await host.files.read(path) ?? ""),
			version: short$1(sha256)
		};
	});
}
async function pointersIn(host, folder) {
	const found = (await host.files.list(folder)).map(async (name) => {
		const path = join(folder, name);
		const parsed = parse(await host.files.read(path) ?? "");
		const of = parsed?.id === void 0 ? void 0 : {
			name: String(parsed.id),
			version: `revision ${parsed.revision}`
		};
		return {
			path,
			sha256: parsed?.sha256,
			of
		};
	});
	return await Promise.all(found);
}
async function filesWith(host, folder, ending, pointers, describe) {
	const names = await host.files.list(folder);
	const whole = names.filter((name) => name.endsWith(ending));
	const sums = new Set(whole.map((name) => name.slice(0, -ending.length)));
	const entries = whole.map(async (name) => {
		const path = join(folder, name);
		const sha256 = name.slice(0, -ending.length);
		const { bytes = 0, modifiedMs = 0 } = await host.files.stat(path) ?? {};
		const beside = pointers.filter((pointer) => pointer.sha256 === sha256).map((pointer) => pointer.path);
		const { name: of, version } = await describe(path, sha256);
		return {
			kind: ending === ".tgz" ? "chart" : "dashboard",
			name: of,
			version,
			bytes,
			lastUsedMs: modifiedMs,
			path,
			beside
		};
	});
	const stray = [...names.filter(isUnfinished).map((name) => join(folder, name)), ...pointers.filter(({ sha256 }) => !sums.has(sha256 ?? "")).map(({ path }) => path)];
	return [...await Promise.all(entries), ...await Promise.all(stray.map((path) => leftover(host, path)))];
}
async function leftover(host, path) {
	const { bytes = 0, modifiedMs = 0 } = await host.files.stat(path) ?? {};
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
function parse(text) {
	try {
		return Pointer.safeParse(JSON.parse(text)).data;
	} catch {
		return;
	}
}
function titleIn(text) {
	try {
		return object({ title: string() }).parse(JSON.parse(text)).title;
	} catch {
		return "(no dashboard)";
	}
}
function short$1(sha256) {
	return `sha256:${sha256.slice(0, 12)}`;
}

// src/cache/tools.ts
async function toolEntries(host, root, checksums) {
	const pointers = await pointersIn(host, checksums);
	const entries = (await host.files.list(root)).filter((name) => name.startsWith(ownPrefix)).map(async (name) => {
		const versions = await host.files.list(join(root, name));
		return await Promise.all(versions.map((version) => versionEntries(host, join(root, name, version), {
			name,
			version,
			pointers
		})));
	});
	const found = (await Promise.all(entries)).flat(2);
	const used = new Set(found.flatMap(({ beside }) => beside));
	const stray = pointers.filter(({ path }) => !used.has(path)).map(({ path }) => leftover(host, path));
	return [...found, ...await Promise.all(stray)];
}
async function versionEntries(host, folder, of) {
	const names = await host.files.list(folder);
	const markers = new Set(names.map(markerOf).filter((marker) => names.includes(marker)));
	const entries = names.filter((name) => !markers.has(name)).map(async (name) => {
		const path = join(folder, name);
		const marker = markers.has(markerOf(name)) ? [markerOf(path)] : [];
		const slot = marker.length > 0 ? readSlot(name) : void 0;
		const pointers = of.pointers.filter(({ sha256 }) => slot?.bundle === void 0 && sha256 === slot?.sha256);
		const { bytes, modifiedMs } = await sizeOf(host, path);
		const used = marker[0] === void 0 ? void 0 : await host.files.stat(marker[0]);
		return {
			kind: slot ? "tool" : "leftover",
			name: of.name.slice(ownPrefix.length),
			version: slot ? await versionText(host, path, of.version, slot.bundle !== void 0) : "",
			bytes,
			lastUsedMs: used?.modifiedMs ?? modifiedMs,
			path,
			beside: [...marker, ...pointers.map((pointer) => pointer.path)]
		};
	});
	return await Promise.all(entries);
}
async function versionText(host, folder, key, isOfBundle) {
	const label = await readLabel(host, folder);
	return [
		versionOfKey(key),
		label?.arch,
		isOfBundle && "of a bundle"
	].filter(Boolean).join(" ");
}

// src/cache/entries.ts
function cachePlaces(host) {
	const folder = cacheFolder(host);
	return {
		tools: toolCacheFolder(host),
		charts: joinBelow(folder, "charts"),
		dashboards: joinBelow(folder, "dashboards"),
		images: joinBelow(folder, "images")
	};
}
async function cacheEntries(context) {
	const { host } = context;
	const places = cachePlaces(host);
	for (const place of Object.values(places)) await refuseShared(host, place);
	return (await Promise.all([
		toolEntries(host, places.tools, checksumsFolder(host)),
		chartEntries(context, places.charts),
		dashboardEntries(host, places.dashboards),
		imageEntries(host, places.images)
	])).flatMap((entries) => entries.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b))));
}
const imageName = /^(.+)-(amd64|arm64)-([0-9a-f]+)\.tar$/;
async function imageEntries(host, folder) {
	const entries = (await host.files.list(folder)).map(async (name) => {
		const path = join(folder, name);
		const { bytes, modifiedMs } = await sizeOf(host, path);
		const [, image = name, arch = "", digest = ""] = imageName.exec(name) ?? [];
		const version = digest === "" ? "" : `sha256:${digest.slice(0, 12)} ${arch}`;
		return {
			kind: isUnfinished(name) ? "leftover" : "image",
			name: image,
			version,
			bytes,
			lastUsedMs: modifiedMs,
			path,
			beside: []
		};
	});
	return await Promise.all(entries);
}
function keyOf({ kind, name, version }) {
	return `${kind === "leftover" ? 1 : 0} ${name} ${version}`;
}

// src/cache/in-use.ts
const unfinishedForMs = 36e5;
async function usersNow({ host }, { stateDir, k3s }) {
	const { dataDir } = k3sSettings(k3s.args, hostPaths());
	const imageLinks = join(dataDir, "agent/images");
	const [begin, running, linked] = await Promise.all([
		beganAt(host, stateDir),
		linksIn(host, [
			"/proc",
			"-mindepth",
			"2",
			"-maxdepth",
			"2",
			"-name",
			"exe"
		]),
		linksIn(host, [
			imageLinks,
			"-maxdepth",
			"1",
			"-type",
			"l"
		])
	]);
	const now = host.now();
	return ({ kind, path, lastUsedMs }) => {
		const holds = (target) => target === path || target.startsWith(`${path}/`);
		if (running.some(holds)) return "a process runs it";
		if (linked.some(holds)) return `k3s reads it (${imageLinks})`;
		if (begin !== void 0 && lastUsedMs >= Date.parse(begin)) return `the stack that is up since ${begin} uses it (its journal is in ${stateDir})`;
		if (kind === "leftover" && now - lastUsedMs < unfinishedForMs) return "a run may be writing it";
	};
}
async function beganAt(host, stateDir) {
	const text = await host.files.read(join(stateDir, "journal.jsonl")) ?? "";
	return /^\{"kind":"begin","at":"([^"]{1,40})"/m.exec(text)?.[1];
}
async function linksIn(host, where) {
	const { stdout } = await host.exec([
		"find",
		...where,
		"-printf",
		"%l\\0"
	], {
		root: host.rights !== "none",
		allowFailure: true
	});
	return splitNul(stdout).filter((path) => path !== "");
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
	const removed = old.filter((entry) => !kept.some((one) => one.entry === entry));
	for (const { path, beside } of removed) {
		for (const one of [...beside, path]) await host.files.remove(one);
		await removeEmptied(host, path);
	}
	return {
		removed,
		kept,
		bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0)
	};
}
async function removeEmptied({ exec }, path) {
	const folder = dirname(path);
	await exec([
		"rmdir",
		"--ignore-fail-on-non-empty",
		folder,
		dirname(folder)
	], { allowFailure: true });
}

// src/cli/cache.ts
async function cache(session, flags, print) {
	return flags.action === "list" ? await list(session, flags, print) : await prune(session, flags, print);
}
async function list({ context }, { json }, print) {
	const { host } = context;
	const entries = await cacheEntries(context);
	const bytes = totalOf(entries);
	if (json) print(asJson({
		entries: entries.map(plain),
		bytes,
		places: cachePlaces(host)
	}));
	else if (entries.length === 0) print("the cache is empty\n");
	else {
		print(table(entries, host.now()));
		print(`${sizeText(bytes)} in all\n`);
	}
	return exitCode.verified;
}
async function prune({ context, loaded }, { json, olderThanMs }, print) {
	const [entries, userOf] = await Promise.all([cacheEntries(context), usersNow(context, loaded.config)]);
	const { removed, kept, bytes } = await pruneCache(context, entries, {
		olderThanMs,
		userOf
	});
	if (json) {
		const keptPlain = kept.map(({ entry, why }) => ({
			...plain(entry),
			why
		}));
		print(asJson({
			removed: removed.map(plain),
			kept: keptPlain,
			bytes
		}));
		return exitCode.verified;
	}
	for (const entry of removed) print(`removed  ${titleOf(entry)}  ${sizeText(entry.bytes)}\n`);
	for (const { entry, why } of kept) print(`kept     ${titleOf(entry)}: ${why}\n`);
	const stays = entries.length - removed.length;
	print(`${sizeText(bytes)} of room made, ${removed.length} removed, ${stays} kept\n`);
	return exitCode.verified;
}
function plain({ kind, name, version, bytes, lastUsedMs, path }) {
	return {
		kind,
		name,
		version,
		bytes,
		lastUsed: new Date(lastUsedMs).toISOString(),
		path
	};
}
function asJson(value) {
	return sanitizeJson(`${JSON.stringify({
		schemaVersion: 1,
		...value
	}, void 0, 2)}\n`);
}
function titleOf({ kind, name, version }) {
	return [
		kind,
		name,
		version
	].filter((part) => part !== "").join(" ");
}
function table(entries, now) {
	const all = [[
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
		sizeText(bytes),
		agoText(now - lastUsedMs),
		path
	])];
	const widths = [
		0,
		1,
		2,
		3,
		4
	].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
	const line = (row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
	return all.map((row) => `${line(row).trimEnd()}\n`).join("");
}
function totalOf(entries) {
	return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
function sizeText(bytes) {
	return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
function agoText(ms) {
	const minutes = Math.floor(ms / 6e4);
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${minutes} min ago`;
	if (minutes < 2880) return `${Math.floor(minutes / 60)} h ago`;
	return `${Math.floor(minutes / 1440)} d ago`;
}

// src/cli/doctor.ts
async function doctor(session, print) {
	const { context, loaded } = session;
	const { config } = loaded;
	if (config.cluster.kind === "existing") return await existing$1(session, config.cluster, print);
	const { problems: found, result } = await examine(context, config);
	const problems = [...found, ...await busyPorts(session)];
	print(`${"machine".padEnd(9)}${context.host.arch}, ${rights[context.host.rights]}\n`);
	for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
	for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
	for (const { message, fix } of problems) print(`problem  ${message}\n         to fix it: ${fix}\n`);
	print(problems.length === 0 ? "ok       k3s can run here\n" : `${problems.length} problem(s): k3s can't run here yet\n`);
	return problems.length === 0 ? exitCode.verified : exitCode.notInstalled;
}
async function existing$1(session, options, print) {
	const { context } = session;
	const cluster = await existingCluster(context, options);
	print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
	const { plan: unpinned, login } = await prepare(session);
	const plan = await holdToLock(session, unpinned);
	const apps = await renderForNow(session, plan);
	const missing = await missingNamespaces(context, cluster.kube, namespacesOf(apps));
	const { forRun, forDiagnosis } = await lackingRights(session, cluster, apps, login, missing);
	for (const line of forDiagnosis) print(`warning  the diagnosis lacks a right: ${line}\n`);
	for (const line of forRun) print(`problem  the run lacks a right: ${line}\n`);
	if (forRun.length + forDiagnosis.length > 0) print(`         to fix it: ${rightsFix}\n`);
	if (forRun.length > 0) return exitCode.notInstalled;
	print("ok       this user has every right that a run needs\n");
	return exitCode.verified;
}
async function busyPorts(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	try {
		const { plan } = await prepare(session);
		await choosePorts(context, expectedListeners(config, plan), config.ports.whenBusy);
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
const rights = {
	root: "running as root",
	sudo: "not root, but sudo works without a password",
	none: "neither root nor a sudo without password"
};

// src/cli/help.ts
function helpText() {
	const commandLines = Object.entries(commands).map(([name, what]) => row(name, what, 10));
	const flagLines = ownFlags.map(({ name, metavar, help }) => row(flag(name, metavar), help, 28));
	const settingLines = overrides.map(({ name, metavar, help, default: byDefault }) => row(flag(name, metavar), byDefault === "" ? help : `${help} (default ${byDefault})`, 28));
	return `monstack: Prometheus and Grafana on k3s, from a bare Linux machine, proven to work, and taken
away again.

Usage: monstack COMMAND [OPTIONS]

Commands
${commandLines.join("\n")}

Try it, as root or as a user who may sudo without a password
  monstack run            installs, deploys, verifies, reports and cleans up: about half a minute
  monstack up             leaves it running: Grafana at http://localhost:3000, Prometheus at :9090
  monstack verify         proves that it still works
  monstack down           takes it away

Options
${flagLines.join("\n")}

Settings, also in monstack.yaml; a flag wins over the file
${settingLines.join("\n")}

Exit codes
    0  verified
    1  the stack failed verification
    2  the configuration, its lock file, a bundle or the command line is wrong
    3  it could not be installed, bundled, backed up or restored
    4  torn down, but something is left
  130  interrupted, and torn down
`;
}
function flag(name, metavar) {
	return `--${name}${metavar === "" ? "" : ` ${metavar}`}`;
}
function row(name, explanation, indent) {
	const width = 100 - indent - 4;
	const lines = [""];
	for (const word of explanation.split(" ")) {
		const last = lines[lines.length - 1] ?? "";
		if (last !== "" && last.length + word.length + 1 > width) lines.push(word);
		else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
	}
	const pad = " ".repeat(indent + 4);
	const head = `  ${name}`;
	const [first = "", ...rest] = lines;
	return [head.length >= pad.length ? `${head}\n${pad}${first}` : head.padEnd(pad.length) + first, ...rest.map((line) => pad + line)].join("\n");
}

// src/cli/lock.ts
async function lock(session, flags, print) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	if (flags.check) {
		print(`${await checkLock(session)} is what the configuration asks for\n`);
		return exitCode.verified;
	}
	const { file, isSame, changes, lock, unlocked, local } = await writeLock(session, flags.update);
	for (const change of changes) print(`${change}\n`);
	for (const { image, why } of unlocked) print(`! image ${image} can't be locked: ${why}\n`);
	for (const what of local) print(`! not locked, since it is on this machine: ${what}\n`);
	const counts = [
		count(Object.keys(lock.tools).length, "tool"),
		count(lock.charts.length, "chart"),
		count(lock.dashboards.length, "dashboard"),
		count(lock.images.length, "image")
	].join(", ");
	print(isSame ? `${file} stays as it is: ${counts}\n` : `${file}: ${counts}\n`);
	return exitCode.verified;
}
function count(number, what) {
	return `${number} ${what}${number === 1 ? "" : "s"}`;
}

// src/cli/status-line.ts
function createStatusLine(write, columns) {
	const texts = /* @__PURE__ */ new Map();
	let isDrawn = false;
	const erase = () => {
		if (isDrawn) write("\r\x1B[2K");
		isDrawn = false;
	};
	const draw = () => {
		if (texts.size === 0) return;
		write([...texts.values()].join(" | ").slice(0, Math.max(columns() - 1, 1)));
		isDrawn = true;
	};
	return {
		set: (name, text) => {
			if (text === void 0) texts.delete(name);
			else texts.set(name, text);
			erase();
			draw();
		},
		erase,
		draw
	};
}

// src/cli/logger.ts
const continuation = " ".repeat(13);
function createTerminalLogger(options) {
	const write = options.write ?? ((line) => void process.stderr.write(line));
	const redactor = createRedactor();
	const status = options.columns && createStatusLine(write, options.columns);
	const say = (mark, message) => {
		const seconds = ((Date.now() - options.startedAt) / 1e3).toFixed(1).padStart(6);
		status?.erase();
		write(`${seconds}s ${mark}${formatMessage(message, redactor, continuation)}\n`);
		status?.draw();
	};
	return {
		debug: (message) => {
			if (options.verbose) say("  \u00b7 ", message);
		},
		info: (message) => say("  ", message),
		warn: (message, about) => say("  warning: ", at$1(about) + message),
		error: (message, about) => say("  error: ", at$1(about) + message),
		mask: (secret) => {
			if (redactor.add(secret) && options.isOnGitHub) for (const command of maskCommands(secret)) write(`${command}\n`);
		},
		redactor,
		...status && { progress: (name, text) => status.set(name, text && formatMessage(text, redactor).replaceAll("\n", " ")) }
	};
}
function at$1({ file, line, column } = {}) {
	if (file === void 0) return "";
	return `${[file, ...line === void 0 ? [] : column === void 0 ? [line] : [line, column]].join(":")}: `;
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
const lineDiff$1 = new LineDiff();
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

// src/lib/line-diff.ts
const around = 2;
const mostChanges = 1e3;
function lineDiff(before, after) {
	const parts = diffArrays(before.split("\n"), after.split("\n"), { maxEditLength: mostChanges });
	if (parts === void 0) return `(more than ${mostChanges} lines are different)`;
	const steps = parts.flatMap(({ added, removed, value }) => value.map((line) => ({
		sign: added ? "+" : removed ? "-" : " ",
		line
	})));
	const isNear = (at) => steps.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== " ");
	let wasShown = true;
	return steps.flatMap(({ sign, line }, at) => {
		const gap = wasShown || !isNear(at) ? [] : ["..."];
		wasShown = isNear(at);
		return wasShown ? [...gap, `${sign} ${line}`.trimEnd()] : [];
	}).join("\n");
}

// src/plan/fix-data.ts
function applyFix(data, { from, to }, asText) {
	const value = at(data, from);
	const rest = without(data, from);
	if (to.kind === "remove") return rest;
	if (to.kind === "unwrap") return place(rest, from.slice(0, -1), value);
	return place(rest, to.path, to.asText ? asText(value, at(rest, to.path)) : value, to.asText);
}
function at(data, path) {
	return path.reduce((node, key) => {
		if (Array.isArray(node)) return node[Number(key)];
		return isMapping(node) && Object.hasOwn(node, key) ? node[key] : void 0;
	}, data);
}
function without(data, [key, ...deeper]) {
	if (key === void 0) return data;
	if (Array.isArray(data)) return data.map((one, index) => index === key ? without(one, deeper) : one);
	if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
	if (deeper.length > 0) return {
		...data,
		[key]: without(data[key], deeper)
	};
	return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}
function place(data, [key, ...deeper], value, replaces = false) {
	if (key === void 0) return replaces ? value : under(data, value);
	if (Array.isArray(data)) return data.map((one, index) => index === key ? place(one, deeper, value, replaces) : one);
	const there = isMapping(data) ? data : {};
	return {
		...there,
		[key]: place(there[key], deeper, value, replaces)
	};
}
function under(there, more) {
	if (there === void 0) return more;
	if (!isMapping(there) || !isMapping(more)) return there;
	const merged = { ...there };
	for (const [key, value] of Object.entries(more)) merged[key] = Object.hasOwn(there, key) ? under(there[key], value) : value;
	return merged;
}

// src/plan/yaml-layout.ts
function openSheet(text) {
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
function spotAt({ document }, path) {
	let node = document.contents;
	let spot;
	for (const key of path) if ((0, import_dist.isSeq)(node) && typeof key === "number") node = node.items[key];
	else if ((0, import_dist.isMap)(node)) {
		const found = childOf(node, String(key), spot);
		if (found === void 0) return void 0;
		spot = found;
		node = found.pair.value;
	} else return void 0;
	return spot;
}
function childOf(map, name, holder) {
	const pair = map.items.findLast(({ key }) => (0, import_dist.isScalar)(key) && String(key.value) === name);
	return pair && {
		map,
		pair,
		key: pair.key,
		holder
	};
}
function nodeIn({ document }, path) {
	return path.length === 0 ? document.contents : document.getIn(path, true);
}
function nameOf({ key }) {
	return String(key.value);
}
function keyStart({ key }) {
	return key.range?.[0] ?? 0;
}
function keyEnd({ key }) {
	return key.range?.[1] ?? 0;
}
function colonEnd({ text }, spot) {
	const found = /^\s*:/.exec(text.slice(keyEnd(spot), keyEnd(spot) + 200));
	return found ? keyEnd(spot) + found[0].length : void 0;
}
function valueEnd(sheet, spot) {
	const from = colonEnd(sheet, spot) ?? keyEnd(spot);
	return Math.max(from, endOf(sheet, spot.pair.value));
}
function endOf(sheet, node) {
	if ((0, import_dist.isCollection)(node) && !node.flow) {
		const last = node.items.at(-1);
		if ((0, import_dist.isMap)(node)) {
			const pair = last;
			const inner = endOf(sheet, pair?.value);
			const key = (0, import_dist.isNode)(pair?.key) ? pair.key.range?.[1] ?? 0 : 0;
			return Math.max(inner, key + (/^\s*:/.exec(sheet.text.slice(key, key + 200))?.[0].length ?? 0));
		}
		return endOf(sheet, last);
	}
	const end = (0, import_dist.isNode)(node) ? node.range?.[1] ?? 0 : 0;
	return sheet.text.slice(0, end).trimEnd().length;
}
function lineStart(text, offset) {
	return text.lastIndexOf("\n", offset - 1) + 1;
}
function lineEnd(text, offset) {
	const end = text.indexOf("\n", offset);
	return end === -1 ? text.length : end + 1;
}
function columnOf({ text }, spot) {
	return keyStart(spot) - lineStart(text, keyStart(spot));
}
function hasOwnLines(sheet, spot) {
	const start = keyStart(spot);
	const isFirst = sheet.text.slice(lineStart(sheet.text, start), start).trim() === "";
	return !spot.map.flow && isFirst && colonEnd(sheet, spot) !== void 0;
}
function startWithComments(sheet, spot) {
	const { text } = sheet;
	const indent = " ".repeat(columnOf(sheet, spot));
	let start = lineStart(text, keyStart(spot));
	while (start > 0) {
		const above = lineStart(text, start - 1);
		if (!text.startsWith(`${indent}#`, above)) break;
		start = above;
	}
	return start;
}
function shiftLines(text, by) {
	if (by === 0) return text;
	const lines = text.split("\n");
	return lines.map((line) => {
		if (line.trim() === "" && line.length <= Math.abs(by)) return line;
		return by > 0 ? `${" ".repeat(by)}${line}` : line.slice(Math.min(-by, line.length - line.trimStart().length));
	}).map((line, index) => index === lines.length - 1 && lines[index] === "" ? "" : line).join("\n");
}
function writeKey(name, like) {
	if (like?.type === import_dist.Scalar.QUOTE_SINGLE) return `'${name.replaceAll("'", "''")}'`;
	const isPlain = /^[A-Za-z_][\w./-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
	return like?.type === import_dist.Scalar.QUOTE_DOUBLE || !isPlain ? JSON.stringify(name) : name;
}
function indentStep({ text }) {
	return /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
}

// src/plan/yaml-insert.ts
function keyRange({ key }) {
	return {
		start: key.range?.[0] ?? 0,
		end: key.range?.[1] ?? 0
	};
}
function isShared({ text }, { map, holder }) {
	const { anchor } = map;
	if (anchor !== void 0 && text.includes(`*${anchor}`)) return true;
	return holder !== void 0 && isShared({ text }, holder);
}
function cutChange(sheet, spot, how, edits, notes, grows) {
	const { text } = sheet;
	if (!spot.map.flow && !hasOwnLines(sheet, spot)) return void 0;
	const isMoved = how === "renamed" || how === "merged";
	const comments = (indent) => notes.map((one) => `${indent}# ${one}${sheet.lineBreak}`).join("");
	const own = [];
	if (spot.map.flow) {
		const line = lineStart(text, keyStart(spot));
		const indent = /^ */.exec(text.slice(line, line + 200))?.[0] ?? "";
		if (notes.length > 0) own.push({
			start: line,
			end: line,
			text: comments(indent)
		});
		own.push(flowCut(sheet, spot));
	} else {
		const start = isMoved ? startWithComments(sheet, spot) : lineStart(text, keyStart(spot));
		const end = lineEnd(text, valueEnd(sheet, spot));
		const isLastLine = end === text.length && !text.endsWith("\n");
		const note = comments(" ".repeat(columnOf(sheet, spot)));
		own.push({
			start,
			end,
			text: isLastLine ? note.trimEnd() : note
		});
		const colon = spot.holder && colonEnd(sheet, spot.holder);
		if (spot.map.items.length === 1 && spot.holder !== void 0) {
			if (colon === void 0 || spot.holder.pair.value !== spot.map) return void 0;
			own.push({
				start: colon,
				end: colon,
				text: " {}"
			});
		} else if (spot.map.items.length === 1 && spot.map !== sheet.document.contents) return void 0;
	}
	return {
		how,
		edits: [...own, ...edits],
		cut: spot.map,
		...grows && { grows }
	};
}
function flowCut(sheet, spot) {
	const { text } = sheet;
	const start = keyStart(spot);
	const end = valueEnd(sheet, spot);
	if (spot.map.items.length === 1) {
		const [first = start, last = end] = spot.map.range ?? [];
		return {
			start: first + 1,
			end: last - 1,
			text: ""
		};
	}
	const after = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? "";
	if (after !== "") return {
		start,
		end: end + after.length,
		text: ""
	};
	return {
		start: start - (/,\s*$/.exec(text.slice(0, start))?.[0] ?? "").length,
		end,
		text: ""
	};
}
function pairText(sheet, spot, name, isForFlow) {
	const { text, lineBreak } = sheet;
	const { start, end } = keyRange(spot);
	const key = writeKey(name, spot.key);
	const bare = `${key}${text.slice(end, valueEnd(sheet, spot))}`;
	if (spot.map.flow) return bare.includes("\n") ? void 0 : isForFlow ? bare : `${bare}${lineBreak}`;
	if (!hasOwnLines(sheet, spot)) return void 0;
	if (isForFlow) return bare.includes("\n") || bare.includes("#") ? void 0 : bare;
	const first = startWithComments(sheet, spot);
	const last = lineEnd(text, valueEnd(sheet, spot));
	const lines = `${text.slice(first, start)}${key}${text.slice(end, last)}`;
	return shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -columnOf(sheet, spot));
}
function insertion(sheet, path, textFor) {
	let depth = path.length;
	while (depth > 0 && nodeIn(sheet, path.slice(0, depth)) === void 0) depth -= 1;
	const node = nodeIn(sheet, path.slice(0, depth));
	const missing = path.slice(depth).map(String);
	const holder = spotAt(sheet, path.slice(0, depth));
	const isNothing = (0, import_dist.isScalar)(node) && node.type === import_dist.Scalar.PLAIN && node.source === "" && !node.anchor;
	if (!(0, import_dist.isMap)(node) && !isNothing) return void 0;
	const shown = path.slice(0, depth + 1).join("\0");
	const grows = {
		mark: missing.length > 0 || isNothing ? shown : path.join("\0"),
		isShared: missing.length === 0 && !isNothing
	};
	if ((0, import_dist.isMap)(node) && isUsedElsewhere(sheet, node)) return void 0;
	if ((0, import_dist.isMap)(node) && node.flow) return flowInsertion(sheet, node, missing, textFor, grows);
	const at = (0, import_dist.isMap)(node) ? blockEnd(sheet, node, holder) : holder && placeBelow(sheet, holder);
	const inner = textFor(false);
	if (at === void 0 || inner === void 0) return void 0;
	const step = indentStep(sheet);
	const headers = missing.map((key, index) => `${" ".repeat(at.indent + index * step)}${writeKey(key)}:${sheet.lineBreak}`);
	const body = shiftLines(inner, at.indent + missing.length * step);
	const isOpenLine = at.offset > 0 && sheet.text[at.offset - 1] !== "\n";
	const text = `${isOpenLine ? sheet.lineBreak : ""}${headers.join("")}${body}`;
	return {
		edits: [{
			start: at.offset,
			end: at.offset,
			text: isOpenLine ? text.trimEnd() : text
		}],
		grows
	};
}
function isUsedElsewhere({ text }, { anchor }) {
	return anchor !== void 0 && text.includes(`*${anchor}`);
}
function blockEnd(sheet, map, holder) {
	const last = map.items.at(-1);
	const spot = last && (0, import_dist.isScalar)(last.key) ? {
		map,
		pair: last,
		key: last.key,
		holder
	} : void 0;
	const first = map.items[0];
	const firstKey = first && (0, import_dist.isScalar)(first.key) ? first.key.range?.[0] ?? 0 : 0;
	if (spot === void 0) return void 0;
	return {
		offset: lineEnd(sheet.text, valueEnd(sheet, spot)),
		indent: firstKey - lineStart(sheet.text, firstKey)
	};
}
function placeBelow(sheet, holder) {
	if (!hasOwnLines(sheet, holder)) return void 0;
	return {
		offset: lineEnd(sheet.text, valueEnd(sheet, holder)),
		indent: columnOf(sheet, holder) + indentStep(sheet)
	};
}
function flowInsertion(sheet, map, missing, textFor, grows) {
	const inner = textFor(true);
	if (inner === void 0) return void 0;
	const text = `${missing.map((key) => `${writeKey(key)}: {`).join("")}${inner}${"}".repeat(missing.length)}`;
	const last = map.items.at(-1);
	const spot = last && (0, import_dist.isScalar)(last.key) ? {
		map,
		pair: last,
		key: last.key,
		holder: void 0
	} : void 0;
	const offset = spot ? valueEnd(sheet, spot) : (map.range?.[0] ?? 0) + 1;
	return {
		edits: [{
			start: offset,
			end: offset,
			text: spot ? `, ${text}` : text
		}],
		grows
	};
}

// src/plan/yaml-merge.ts
function formatPath(path) {
	return formatKeyPath(path.map(String));
}
function isShort(value) {
	return (0, import_dist.isScalar)(value) && !String(value.value).includes("\n") && String(value.value) !== "";
}
function shownValue({ pair }) {
	return (0, import_dist.isScalar)(pair.value) ? `: ${String(pair.value.value)}` : "";
}
function mergeEdits(sheet, from, to, path, shown) {
	const edits = [];
	const notes = [];
	let grows;
	for (const { key } of from.pair.value.items) {
		const child = (0, import_dist.isScalar)(key) ? childOf(from.pair.value, String(key.value), from) : void 0;
		if (child === void 0) return void 0;
		const target = [...to, nameOf(child)];
		const here = [...path, nameOf(child)];
		const there = spotAt(sheet, target);
		if (there === void 0) {
			const insert = insertion(sheet, to, (isFlow) => pairText(sheet, child, nameOf(child), isFlow));
			if (insert === void 0) return void 0;
			edits.push(...insert.edits);
			grows = {
				...insert.grows,
				isShared: false
			};
		} else if ((0, import_dist.isMap)(there.pair.value) && (0, import_dist.isMap)(child.pair.value)) {
			const inner = mergeEdits(sheet, child, target, here, shown);
			if (inner === void 0) return void 0;
			edits.push(...inner.edits);
			notes.push(...inner.notes);
			grows = inner.grows ?? grows;
		} else if (isShort(child.pair.value)) notes.push(`${shown(child, here)}: what is read has its own value`);
		else return void 0;
	}
	return {
		edits,
		notes,
		...grows && { grows }
	};
}
function unwrap(sheet, spot, from) {
	const inner = spot.pair.value;
	if (!(0, import_dist.isMap)(inner) || inner.anchor !== void 0 || inner.items.length === 0) return void 0;
	const isAlone = inner.items.map(({ key }) => (0, import_dist.isScalar)(key) ? String(key.value) : "").every((name) => name === nameOf(spot) || childOf(spot.map, name, spot.holder) === void 0);
	const start = keyStart(spot);
	if (spot.map.flow) {
		if (!isAlone || !inner.flow) return void 0;
		const text = sheet.text.slice((inner.range?.[0] ?? 0) + 1, (inner.range?.[1] ?? 0) - 1).trim();
		return {
			how: "renamed",
			edits: [{
				start,
				end: valueEnd(sheet, spot),
				text
			}],
			cut: spot.map
		};
	}
	if (!hasOwnLines(sheet, spot)) return void 0;
	if (!isAlone) {
		const shown = (child, path) => `${formatPath(path)}${shownValue(child)} was here`;
		const merged = mergeEdits(sheet, spot, from.slice(0, -1), from, shown);
		return merged && cutChange(sheet, spot, "merged", merged.edits, merged.notes, merged.grows);
	}
	const column = columnOf(sheet, spot);
	const first = lineStart(sheet.text, start);
	const end = endWithComments(sheet.text, lineEnd(sheet.text, valueEnd(sheet, spot)), column);
	const text = inner.flow ? flowLines(sheet, inner, spot, column) : blockLines(sheet, inner, spot, end, column);
	return text === void 0 ? void 0 : {
		how: "renamed",
		edits: [{
			start: first,
			end,
			text
		}],
		cut: spot.map
	};
}
function endWithComments(text, from, column) {
	let end = from;
	for (let next = from; next < text.length;) {
		const line = text.slice(next, lineEnd(text, next));
		const isBlank = line.trim() === "";
		if (!isBlank && (line.search(/\S/) <= column || !line.trimStart().startsWith("#"))) break;
		next += line.length;
		if (!isBlank) end = next;
	}
	return end;
}
function blockLines(sheet, inner, spot, end, column) {
	const { text, lineBreak } = sheet;
	const colon = colonEnd(sheet, spot);
	const firstKey = inner.items[0]?.key;
	if (colon === void 0 || !(0, import_dist.isScalar)(firstKey)) return void 0;
	const innerColumn = (firstKey.range?.[0] ?? 0) - lineStart(text, firstKey.range?.[0] ?? 0);
	const next = lineEnd(text, colon);
	const comment = text.slice(colon, next).trim();
	return `${comment === "" ? "" : `${" ".repeat(column)}${comment}${lineBreak}`}${shiftLines(text.slice(next, end), column - innerColumn)}`;
}
function flowLines(sheet, inner, spot, column) {
	const lines = inner.items.map(({ key }) => {
		const child = (0, import_dist.isScalar)(key) ? childOf(inner, String(key.value), spot) : void 0;
		return child && pairText(sheet, child, nameOf(child), false);
	});
	if (lines.some((line) => line === void 0)) return void 0;
	return shiftLines(lines.join(""), column);
}
function asTextChange(sheet, spot, to, there) {
	const { text, lineBreak } = sheet;
	const list = spot.pair.value;
	const colon = colonEnd(sheet, spot);
	if (!(0, import_dist.isSeq)(list) || list.flow || list.anchor !== void 0 || colon === void 0) return void 0;
	if (!hasOwnLines(sheet, spot)) return void 0;
	const end = lineEnd(text, valueEnd(sheet, spot));
	const next = lineEnd(text, colon);
	const lines = text.slice(next, end);
	const dash = /^ */.exec(text.slice(lineStart(text, list.range?.[0] ?? 0)))?.[0].length ?? 0;
	const whole = shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -dash);
	if (there !== void 0) {
		const literal = there.pair.value;
		if (!(0, import_dist.isScalar)(literal) || literal.type !== import_dist.Scalar.BLOCK_LITERAL || isShared(sheet, there)) return void 0;
		const offset = lineEnd(text, valueEnd(sheet, there));
		const row = /^ */.exec(text.slice(lineStart(text, offset - 1)))?.[0].length ?? 0;
		const edit = {
			start: offset,
			end: offset,
			text: shiftLines(whole, row)
		};
		return cutChange(sheet, spot, "merged", [edit], [], {
			mark: to.join("\0"),
			isShared: false
		});
	}
	const name = writeKey(String(to.at(-1) ?? ""));
	const comment = text.slice(colon, next).trim();
	const body = `${`${name}: |${comment === "" ? "" : ` ${comment}`}${lineBreak}`}${shiftLines(whole, indentStep(sheet))}`;
	if (spotAt(sheet, to.slice(0, -1))?.pair.value === spot.map || to.length === 1 && spot.holder === void 0) return {
		how: "renamed",
		edits: [{
			start: lineStart(text, keyStart(spot)),
			end,
			text: shiftLines(body, columnOf(sheet, spot))
		}]
	};
	const insert = insertion(sheet, to.slice(0, -1), (isFlow) => isFlow ? void 0 : body);
	return insert && cutChange(sheet, spot, "renamed", insert.edits, [], insert.grows);
}

// src/plan/yaml-move.ts
function changeFor(sheet, at, fix, why) {
	const spot = spotAt(sheet, fix.from);
	if (spot === void 0 || isShared(sheet, spot)) return void 0;
	const shown = (from, path) => `${formatPath(path.slice(at.length))}${shownValue(from)} was here`;
	if (fix.to.kind === "unwrap") return unwrap(sheet, spot, fix.from);
	if (fix.to.kind === "remove") {
		if (!isShort(spot.pair.value)) return void 0;
		return cutChange(sheet, spot, "removed", [], [`${shown(spot, fix.from)}: ${why}`]);
	}
	const { path: to, asText } = fix.to;
	const there = spotAt(sheet, to);
	if (asText) return asTextChange(sheet, spot, to, there);
	const name = String(to.at(-1) ?? "");
	if (there === void 0) {
		const above = fix.from.slice(0, -1);
		if (to.length >= fix.from.length && samePath(above, to.slice(0, above.length)) && spotAt(sheet, to.slice(0, above.length + 1)) === void 0) return renamed(sheet, spot, to.slice(above.length).map(String), to);
		const insert = insertion(sheet, to.slice(0, -1), (isFlow) => pairText(sheet, spot, name, isFlow));
		const cut = insert && cutChange(sheet, spot, "renamed", insert.edits, [], insert.grows);
		return cut && {
			...cut,
			makes: to
		};
	}
	if (isShared(sheet, there)) return void 0;
	const superseded = `${formatPath(to.slice(at.length))}, which is read, has its own value`;
	if ((0, import_dist.isMap)(there.pair.value) && (0, import_dist.isMap)(spot.pair.value)) {
		const merged = mergeEdits(sheet, spot, to, [...fix.from], shown);
		return merged && cutChange(sheet, spot, "merged", merged.edits, merged.notes, merged.grows);
	}
	if (!isShort(spot.pair.value)) return void 0;
	return cutChange(sheet, spot, "superseded", [], [`${shown(spot, fix.from)}: ${superseded}`]);
}
function renamed(sheet, spot, names, makes) {
	const name = names.at(-1) ?? "";
	const above = names.slice(0, -1);
	const how = "renamed";
	if (above.length === 0) return {
		how,
		makes,
		edits: [{
			...keyRange(spot),
			text: writeKey(name, spot.key)
		}]
	};
	const { text, lineBreak } = sheet;
	const { start, end } = keyRange(spot);
	const key = writeKey(name, spot.key);
	if (spot.map.flow) {
		const inner = `${key}${text.slice(end, valueEnd(sheet, spot))}`;
		const whole = `${above.map((one) => `${writeKey(one)}: {`).join("")}${inner}${"}".repeat(above.length)}`;
		return {
			how,
			makes,
			edits: [{
				start,
				end: valueEnd(sheet, spot),
				text: whole
			}]
		};
	}
	if (!hasOwnLines(sheet, spot)) return void 0;
	const [column, step] = [columnOf(sheet, spot), indentStep(sheet)];
	const indents = above.map((one, index) => `${" ".repeat(column + index * step)}${writeKey(one)}:${lineBreak}`);
	const first = lineStart(text, start);
	const last = lineEnd(text, valueEnd(sheet, spot));
	const lines = shiftLines(`${" ".repeat(column)}${key}${text.slice(end, last)}`, above.length * step);
	return {
		how,
		makes,
		edits: [{
			start: first,
			end: last,
			text: `${indents.join("")}${lines}`
		}]
	};
}
function samePath(a, b) {
	return a.length === b.length && a.every((part, index) => part === b[index]);
}

// src/plan/fix-values.ts
const mostRounds = 50;
function fixValues(given, spots, leaveOut = /* @__PURE__ */ new Set()) {
	const fixed = [];
	const left = /* @__PURE__ */ new Map();
	let now = {
		text: given,
		data: readYaml(given, { keysMayRepeat: true }).data,
		sheet: void 0
	};
	for (let round = 0; round < mostRounds; round++) {
		const found = deadIn(now.data, spots).filter(({ id }) => !left.has(id) && !leaveOut.has(id));
		const done = fixSome(now, found.filter(({ fix }) => fix !== void 0));
		for (const { id, unknown } of done.failed) left.set(id, {
			app: unknown.app,
			path: unknown.path
		});
		fixed.push(...done.fixed);
		now = done.draft;
		if (done.fixed.length > 0 || done.failed.length > 0) continue;
		const uncertain = found.map(({ unknown }) => unknown);
		return {
			text: now.text,
			fixed,
			left: [...left.values()],
			uncertain
		};
	}
	return {
		text: now.text,
		fixed,
		left: [...left.values()],
		uncertain: []
	};
}
function deadIn(data, spots) {
	const found = spots.map((spot) => {
		const values = at(data, spot.at);
		return (isMapping(values) ? unknownValues(spot.app, values, spot.chart) : []).map((one) => {
			const value = at(values, one.path);
			return {
				id: JSON.stringify([...spot.at, ...one.path]),
				spot,
				unknown: one,
				value,
				fix: fixFor(spot, one, value)
			};
		});
	});
	const seen = /* @__PURE__ */ new Set();
	return found.flat().flatMap((one) => {
		if (seen.has(one.id)) return [];
		seen.add(one.id);
		const others = spots.flatMap((spot, index) => spot.app !== one.spot.app && JSON.stringify(spot.at) === JSON.stringify(one.spot.at) ? [{
			spot,
			index
		}] : []);
		if (!others.every(({ index }) => found[index]?.some(({ id }) => id === one.id))) return [];
		return others.every(({ spot, index }) => agrees(one, spot, found[index]?.find(({ id }) => id === one.id))) ? [one] : [{
			...one,
			fix: void 0
		}];
	});
}
function agrees({ fix, unknown, value }, other, its) {
	if (fix === void 0 || fix.to.kind === "remove") return true;
	if (fix.to.kind === "unwrap") return false;
	if (isDeepStrictEqual(its?.fix, fix)) return true;
	const moved = replaceAt({}, parseKeyPath(unknown.meant ?? ""), value);
	return unknownValues(other.app, moved, other.chart).length > 0;
}
function fixFor(spot, { path, meant, hint, isCertain = false, isWrapper = false, asText = false }, value) {
	const from = [...spot.at, ...path];
	if (isWrapper) return {
		from,
		to: { kind: "unwrap" }
	};
	if (isCertain && meant !== void 0) return {
		from,
		to: {
			kind: "path",
			path: [...spot.at, ...parseKeyPath(meant)],
			asText
		}
	};
	const isShort = value !== null && typeof value !== "object" && !String(value).includes("\n");
	return meant === void 0 && hint === void 0 && isShort ? {
		from,
		to: { kind: "remove" }
	} : void 0;
}
function fixSome(draft, wanted) {
	if (wanted.length === 0) return {
		draft,
		fixed: [],
		failed: []
	};
	const sheet = draft.sheet ?? openSheet(draft.text);
	if (sheet === void 0) return {
		draft,
		fixed: [],
		failed: wanted
	};
	const failed = [];
	const together = [];
	for (const dead of wanted) {
		const change = changeOf(sheet, dead);
		if (change === void 0) failed.push(dead);
		else if (!together.some((other) => conflict(change, other.change, together))) together.push({
			dead,
			change
		});
	}
	for (let size = together.length; size > 0; size = Math.floor(size / 2)) {
		const chosen = together.slice(0, size);
		const fixes = chosen.map(({ dead }) => dead);
		const edits = chosen.flatMap(({ change }) => change.edits);
		const changed = openSheet(withEdits(draft.text, edits));
		if (changed === void 0 || !isAsMeant(sheet, changed, fixes)) continue;
		const fixed = chosen.map(({ dead, change }) => toFixed(dead, change));
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
		failed: [...failed, ...together.slice(0, 1).map(({ dead }) => dead)]
	};
}
function changeOf(sheet, { fix, spot }) {
	return fix && changeFor(sheet, spot.at, fix, `nothing in chart ${spot.of} reads it`);
}
function toFixed({ id, unknown, fix, value }, { how }) {
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
function conflict(a, b, taken) {
	if (a.makes && b.makes && isAbove(a.makes, b.makes)) return true;
	if (a.edits.some((one) => b.edits.some((other) => overlap(one, other)))) return true;
	const cuts = taken.filter(({ change }) => change.cut === a.cut).length;
	if (a.cut !== void 0 && a.cut === b.cut && cuts + 1 >= a.cut.items.length) return true;
	if (a.grows === void 0 || b.grows === void 0) return false;
	return a.grows.mark === b.grows.mark && !(a.grows.isShared && b.grows.isShared);
}
function isAbove(a, b) {
	return a.slice(0, b.length).every((part, index) => part === b[index]);
}
function overlap(a, b) {
	if (a.start === a.end && b.start === b.end) return false;
	return a.start === a.end || b.start === b.end ? a.start <= b.end && b.start <= a.end : a.start < b.end && b.start < a.end;
}
function withEdits(text, edits) {
	const order = edits.map((edit, index) => ({
		...edit,
		index
	}));
	order.sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
	let last = 0;
	return [...order.flatMap(({ start, end, text: own }) => {
		const before = text.slice(last, start);
		last = end;
		return [before, own];
	}), text.slice(last)].join("");
}
function isAsMeant(before, after, fixes) {
	try {
		const data = dataOf(after);
		const expected = fixes.reduce((values, { fix }) => {
			if (fix === void 0) return values;
			const { to } = fix;
			return applyFix(values, fix, (list, there) => textOf(to.kind === "path" ? at(data, to.path) : "", list, there));
		}, dataOf(before));
		return isDeepStrictEqual(data || {}, expected || {});
	} catch {
		return false;
	}
}
const known = /* @__PURE__ */ new WeakMap();
function dataOf(sheet) {
	const data = known.get(sheet) ?? sheet.document.toJS();
	known.set(sheet, data);
	return data;
}
function textOf(text, list, there) {
	const listIn = (one) => openSheet(typeof one === "string" ? one : "")?.document.toJS();
	const before = listIn(there);
	const all = [...Array.isArray(before) ? before : [], ...Array.isArray(list) ? list : []];
	return isDeepStrictEqual(listIn(text), all) ? text : void 0;
}

// src/app/charts/look-at.ts
const patience = {
	tries: 2,
	firstWaitMs: 500,
	stallMs: 1e4
};
async function lookAtCharts(session, plan, { offline }) {
	const { loaded } = session;
	const asked = plan.apps.filter(({ name, chart }) => (chart.kind === "path" || chart.kind === "repo" || chart.kind === "oci") && (hasValues(loaded, name) || isNamed(loaded, name) && (!offline || chart.kind === "path")));
	const all = await Promise.all(asked.map((app) => lookAt(session, app, offline)));
	return {
		looked: all.filter((one) => "chart" in one),
		missed: all.filter((one) => "why" in one),
		refused: all.filter((one) => "mistake" in one)
	};
}
async function lookAt(session, app, offline) {
	const { context, loaded } = session;
	const missed = (why) => ({
		app: app.name,
		why,
		hasValues: hasValues(loaded, app.name)
	});
	if (offline && app.chart.kind !== "path") return missed("its chart is not fetched offline");
	try {
		const chart = await fetchFor(session, app);
		const source = await readChartSource(context, chart);
		refuseMissingSubcharts(source, app.chart);
		const unknown = unknownIn(loaded, app.name, source);
		const bySchema = await schemaMistakes(loaded, app, source);
		const others = chartMistakes(loaded, app, source).filter(({ where }) => !bySchema.some((one) => one.where === where));
		return {
			app: app.name,
			chart,
			source,
			unknown,
			mistakes: [...bySchema, ...others]
		};
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		context.signal.throwIfAborted();
		return refusalOf(loaded, app.name, error) ?? missed(`chart ${formatChart(app.chart)}: ${messageOf(error)}`);
	}
}
function refuseMissingSubcharts({ name, dependencies, charts }, chart) {
	const there = new Set(charts.map((one) => one.name));
	const missing = [...new Set(dependencies.map((one) => one.name).filter((one) => !there.has(one)))];
	if (missing.length === 0) return;
	const are = missing.length === 1 ? "is not" : "are not";
	throw new UserError(`chart ${name} depends on ${missing.join(", ")}, which ${are} in its folder charts/`, { fix: `run \`helm dependency build ${chart.kind === "path" ? chart.path : name}\` first, which downloads what a chart depends on` });
}
function isNamed(loaded, app) {
	return placeOfChart(loaded, app) !== void 0 || placeInApp(loaded, app, ["release"]) !== void 0;
}
function hasValues(loaded, app) {
	return filesOfValues(loaded, app).length > 0;
}
async function fetchFor({ context, loaded, supply }, { chart }) {
	const helm = chart.kind === "oci" ? { helm: installTool(context, loaded.config, "helm", { supply }) } : {};
	return fetchChart(context, loaded.config, chart, {
		...helm,
		patience,
		supply
	});
}

// src/app/charts/compare-fixed.ts
async function compareFixed(session, plan, looked, files, { offline }) {
	const apps = looked.flatMap((one) => {
		const planned = plan.apps.find(({ name }) => name === one.app);
		const own = new Set(filesOfValues(session.loaded, one.app).map(({ file }) => file));
		const fixes = files.filter(({ file }) => own.has(file)).flatMap(({ file, after }) => after.fixed.map((key) => ({
			file,
			key
		})));
		return planned && fixes.some(({ key }) => key.how !== "removed") ? [{
			planned,
			looked: one,
			fixes
		}] : [];
	});
	if (apps.length === 0) return {
		leaveOut: /* @__PURE__ */ new Map(),
		notes: []
	};
	const helm = await helmFor(session, offline);
	if ("why" in helm) return withoutHelm(apps, helm.why);
	const all = await Promise.all(apps.map((app) => compareApp(session, helm, app)));
	return {
		leaveOut: byFile(all.flatMap(({ unwanted }) => unwanted)),
		notes: all.flatMap(({ notes }) => notes)
	};
}
async function helmFor({ context, loaded, supply }, offline) {
	const own = offline ? {
		...supply,
		offline: supply.offline ?? "--offline"
	} : supply;
	try {
		return await installTool(context, loaded.config, "helm", {
			patience,
			supply: own
		});
	} catch (error) {
		context.signal.throwIfAborted();
		if (!(error instanceof MonstackError)) throw error;
		return { why: messageOf(error) };
	}
}
function withoutHelm(apps, why) {
	const risky = apps.flatMap(({ fixes }) => fixes).filter(({ key }) => couldTakeAway(key));
	return {
		leaveOut: byFile(risky),
		notes: [`nothing was compared, because helm is not available: ${why}`, ...risky.map(leftAsItIs)]
	};
}
function leftAsItIs({ key }) {
	return `${key.app}: ${formatKeyPath(key.path)} is left as it is: its fix could switch something off`;
}
function couldTakeAway(key) {
	if (key.how === "removed" || key.how === "superseded") return false;
	const own = new Set(switchesOff(key).map((path) => JSON.stringify(path)));
	const isHarmless = (value, path) => {
		if (isMapping(value)) return Object.entries(value).every(([name, inner]) => isHarmless(inner, [...path, name]));
		if (value === false || value === null || value === 0 || value === "") return own.has(JSON.stringify(path));
		return !/name|kind|namespace|mode$/i.test(path.at(-1) ?? "");
	};
	return !isHarmless(key.value, key.to ?? []);
}
function switchesOff({ path, to, value, how, fix }) {
	const isRenamed = JSON.stringify(path.slice(0, -1)) === JSON.stringify(to?.slice(0, -1)) && hasSameWords(path.at(-1) ?? "", to?.at(-1) ?? "");
	if (to === void 0 || how === "removed" || how === "superseded") return [];
	if (fix.to.kind !== "unwrap" && !isRenamed) return [];
	const below = (node, at) => {
		if (isMapping(node)) return Object.entries(node).flatMap(([name, inner]) => below(inner, [...at, name]));
		return node === false && at.length > to.length && isSwitch(at.at(-1) ?? "") ? [[...at]] : [];
	};
	return below(value, to);
}
function byFile(fixes) {
	const found = /* @__PURE__ */ new Map();
	for (const { file, key } of fixes) found.set(file, (found.get(file) ?? /* @__PURE__ */ new Set()).add(key.id));
	return found;
}
const mostRenderings = 20;
async function compareApp(session, helm, app) {
	const { context, loaded } = session;
	const { planned, looked, fixes } = app;
	const { name } = planned;
	if (planned.chart.kind === "path") await refuseChartLinks(context.host, planned.chart.path, loaded);
	const render = async (values) => {
		try {
			const one = await renderApp(context, helm, {
				...planned,
				values
			}, looked.chart);
			return new Set([
				...one.objects,
				...one.hooks ?? [],
				...one.tests ?? []
			].map(nameObject));
		} catch (error) {
			context.signal.throwIfAborted();
			if (!(error instanceof MonstackError)) throw error;
			return { why: messageOf(error) };
		}
	};
	const renderWith = (some) => {
		const ordered = fixes.filter((one) => some.includes(one));
		return render(valuesAfter(loaded, name, ordered, "fix"));
	};
	const off = fixes.flatMap(({ key }) => key.app === name ? switchesOff(key) : []);
	const unfixed = valuesAfter(loaded, name, fixes, "remove");
	const [before, whole] = await Promise.all([render(off.reduce((values, path) => withValue(values, path, false), unfixed)), renderWith(fixes)]);
	if ("why" in before && !("why" in whole)) return {
		unwanted: [],
		notes: []
	};
	if ("why" in before && "why" in whole && before.why === whole.why) {
		const risky = fixes.filter(({ key }) => couldTakeAway(key));
		return {
			unwanted: risky,
			notes: [`${name}: nothing was compared, because the chart could not be rendered as it is: ${onOneLine(before.why)}`, ...risky.map(leftAsItIs)]
		};
	}
	const { unwanted, notes } = await findUnwanted(fixes, (found) => problemOf(before, found), {
		whole,
		renderWith
	});
	const rest = fixes.filter((one) => !unwanted.includes(one));
	const problem = problemOf(before, unwanted.length > 0 ? await renderWith(rest) : whole);
	if (problem === void 0 || rest.length === 0) return {
		unwanted,
		notes
	};
	const note = `${name}: nothing is corrected: with all fixes together ${problem}`;
	return {
		unwanted: fixes,
		notes: [...notes, note]
	};
}
function problemOf(before, found) {
	if ("why" in found) return `the chart could not be rendered: ${onOneLine(found.why)}`;
	const lost = "why" in before ? [] : [...before].filter((one) => !found.has(one));
	return lost.length === 0 ? void 0 : `these objects would be missing: ${listed(lost)}`;
}
function onOneLine(why) {
	return why.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("Use --debug")).join(" ");
}
async function findUnwanted(fixes, problemIn, { whole, renderWith }) {
	const notes = [];
	let left = mostRenderings;
	const search = async (some, found) => {
		const problem = problemIn(found);
		if (problem === void 0) return [];
		const [only, second] = some;
		if (only !== void 0 && second === void 0) {
			const { app, path } = only.key;
			notes.push(`${app}: ${formatKeyPath(path)} is left as it is: with its fix ${problem}`);
			return some;
		}
		const half = Math.ceil(some.length / 2);
		const halves = [];
		for (const part of [some.slice(0, half), some.slice(half)]) {
			left -= 1;
			halves.push(await search(part, left > 0 ? await renderWith(part) : { why: "too many to compare" }));
		}
		return halves.flat();
	};
	return {
		unwanted: await search([...fixes].sort((a, b) => Number(couldTakeAway(b.key)) - Number(couldTakeAway(a.key))), whole),
		notes
	};
}
function nameObject({ kind, metadata }) {
	return `${kind} ${metadata.namespace === void 0 ? "" : `${metadata.namespace}/`}${metadata.name}`;
}
function listed(names) {
	const shown = names.slice(0, 5).join(", ");
	return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
function valuesAfter(loaded, app, fixes, what) {
	const config = loaded.config.apps[app];
	if (config === void 0) return {};
	const spots = [...filesOfValues(loaded, app)];
	const values = [...config.values].reverse().map((source) => {
		const [spot] = spots;
		if ("set" in source || spot === void 0) return source;
		if (spot.file !== ("file" in source ? source.file : loaded.config.file)) return source;
		spots.shift();
		const data = "inline" in source ? source.inline : loaded.valuesFiles[source.file];
		const changed = fixes.filter(({ file, key }) => file === spot.file && startsWith(key.fix.from, spot.at)).reduce((node, { key }) => changeData(node, key.fix, spot.at.length, what), data);
		return { inline: isMapping(changed) ? changed : {} };
	});
	return userValues(app, { values: values.reverse() }, loaded.valuesFiles);
}
function changeData(data, { from, to }, depth, what) {
	const own = from.slice(depth);
	if (what === "remove") return without(data, own);
	const target = to.kind === "path" ? {
		...to,
		path: to.path.slice(depth)
	} : to;
	const asText = (list, there) => `${typeof there === "string" ? `${there}\n` : ""}${(0, import_dist.stringify)(list)}`;
	return applyFix(data, {
		from: own,
		to: target
	}, asText);
}
function startsWith(path, start) {
	return start.every((part, index) => path[index] === part);
}

// src/app/charts/fix-files.ts
const mark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";
async function fixFiles(session, plan, looked, { offline }) {
	const toFix = filesToFix(session, looked);
	const { leaveOut, notes } = await compareFixed(session, plan, looked, toFix, { offline });
	const done = [];
	for (const { file, before, spots, after } of toFix) {
		const unwanted = leaveOut.get(file) ?? /* @__PURE__ */ new Set();
		const { text, fixed, left, uncertain } = unwanted.size > 0 ? fixValues(before, spots, unwanted) : after;
		if (fixed.length === 0 && left.length === 0 && uncertain.length === 0) continue;
		const shown = showPath(session.loaded.cwd, file);
		const written = fixed.length > 0 ? await writeFixed(session, file, text) : void 0;
		done.push({
			file: shown,
			fixed: written,
			diff: lineDiff(before, text),
			left,
			uncertain
		});
	}
	return {
		files: done,
		notes
	};
}
function filesToFix({ loaded }, looked) {
	const spots = /* @__PURE__ */ new Map();
	for (const { app, chart, source } of looked) {
		const of = `${chart.name} ${chart.version}`;
		for (const { file, at } of filesOfValues(loaded, app)) spots.set(file, [...spots.get(file) ?? [], {
			app,
			at,
			chart: source,
			of
		}]);
	}
	return [...spots].map(([file, own]) => {
		const before = loaded.texts[file] ?? "";
		return {
			file,
			before,
			spots: own,
			after: fixValues(before, own)
		};
	});
}
async function writeFixed({ context, loaded }, file, text) {
	const { files } = context.host;
	const shown = showPath(loaded.cwd, file);
	const to = fixedName(file);
	const there = await files.read(to);
	if (there !== void 0 && !there.startsWith(mark) && there !== text) throw new UserError(`${showPath(loaded.cwd, to)} is in the way of the corrected ${shown}`, { fix: "move it away, or take its changes over yourself" });
	await files.write(to, `${mark}${shown}.\n${text}`);
	return showPath(loaded.cwd, to);
}
function fixedName(file) {
	const ending = extname(file);
	return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}

// src/plan/format.ts
function formatPlan(plan, { cwd, whole = false } = {}) {
	const { config } = plan;
	const where = config.cluster.kind === "k3s" ? `k3s ${config.k3s.path ?? config.k3s.version}` : existing(config.cluster);
	return `${[
		`Profile ${config.profile}, on ${where}, with helm ${config.helm.path ?? config.helm.version}`,
		`Configuration: ${config.file ?? "the defaults (there is no monstack.yaml)"}`,
		...config.appDir === void 0 ? [] : [`App directory: ${config.appDir}`],
		"",
		"Apps, in this order:",
		...appLines(plan.apps),
		"",
		...dashboardLines(plan, cwd),
		...askedLines(plan, whole ? String : short),
		...settingLines(plan, whole ? String : short),
		...alertingLines(plan),
		...checklistLines(plan)
	].join("\n").trimEnd()}\n`;
}
function existing({ kubeconfig, context }) {
	return `the existing cluster of ${kubeconfig}${context === void 0 ? "" : ` (context ${context})`}`;
}
function appLines(apps) {
	return align(apps.map((app, index) => [
		`${index + 1}.`,
		app.name,
		formatChart(app.chart),
		release(app),
		after(app)
	])).map((line) => `  ${line}`);
}
function release({ release, namespace }) {
	return `release ${release} in namespace ${namespace}`;
}
function after({ dependsOn }) {
	if (dependsOn.length === 0) return "at once";
	return `after ${dependsOn.map(({ app, until }) => `${app} is ${until}`).join(", ")}`;
}
function dashboardLines(plan, cwd) {
	return [...ownDashboardLines(plan, cwd), ...chartDashboardLines(plan)];
}
function chartDashboardLines({ config, apps }) {
	const taken = takenOver(config, apps);
	if (taken.length === 0) return [];
	return [
		"Dashboards of the values that monstack downloads in the place of Grafana's chart (take-over-dashboards):",
		...taken.map(({ id, revision, path, folder }) => `  ${id} of grafana.com, revision ${revision}: ${formatKeyPath(path)}${folder === void 0 ? "" : `, into the folder ${folder}`}`),
		""
	];
}
function ownDashboardLines({ config }, cwd) {
	if (config.dashboards.length === 0) return [];
	const shownPath = (path) => cwd === void 0 ? path : showPath(cwd, path);
	return [
		"Dashboards:",
		...config.dashboards.map(({ source, folder }) => {
			const into = folder === void 0 ? "" : `, into the folder ${folder}`;
			if (source.kind !== "id") return `  ${source.kind === "url" ? showUrl(source.url) : shownPath(source.path)}${into}`;
			const revision = source.revision === void 0 ? "the newest revision" : `revision ${source.revision}`;
			return `  ${source.id} of grafana.com, ${revision}${into}`;
		}),
		""
	];
}
function askedLines({ apps, askedValues }, shorten) {
	if (askedValues.length === 0) return [];
	const lines = ["Values that your settings ask for:"];
	for (const { name } of apps) {
		const own = askedValues.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, how, setting, secret } of own) {
			const shown = secret === true ? "(not shown)" : shorten(JSON.stringify(value));
			lines.push(`    ${formatKeyPath(path)}: ${how === "append" ? "also " : ""}${shown}`, `        ${setting}`);
		}
	}
	return [...lines, ""];
}
function short(json) {
	return json.length > 300 ? `${json.slice(0, 299)}\u2026` : json;
}
function settingLines(plan, shorten) {
	const { config, profileSettings } = plan;
	if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
	const open = profileSettings.filter(({ isAsked }) => isAsked !== true);
	const asked = profileSettings.filter(({ isAsked }) => isAsked === true);
	const lines = [...settingsOf(plan, "Values that are set because yours leave them open:", open, shorten), ...settingsOf(plan, "Values that are set for alerting.receivers: capture:", asked, shorten)];
	if (config.profile !== "as-is" && open.length > 0) lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
	return lines;
}
function settingsOf({ apps }, title, settings, shorten) {
	if (settings.length === 0) return [];
	const lines = [title];
	for (const { name } of apps) {
		const own = settings.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, why } of own) lines.push(`    ${path}: ${shorten(JSON.stringify(value))}`, `        ${why}`);
	}
	return lines;
}
function alertingLines({ config, alerting }) {
	if (alerting.kind === "as-is") return ["", `Whether alerts are delivered is not tried: ${alerting.reason}.`];
	if (config.alerting.receivers !== "capture") return [];
	return ["", "Alertmanager's receivers and waits are replaced even where they are yours, since you asked for it."];
}
function checklistLines({ config }) {
	if (config.profile !== "production") return [];
	return [
		"",
		"Profile production itself sets no value. It judges the stack besides, and a point that is not met fails the run:",
		...checklistPoints.map(({ id, title }, index) => `  ${index + 1}. ${title} (${id})`)
	];
}
function align(rows) {
	const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join("  ").trimEnd());
}

// src/cli/plan.ts
async function plan(session, flags, print) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	const plan = await holdToLock(session, (await prepare(session)).plan);
	print(formatPlan(plan, {
		cwd: session.loaded.cwd,
		whole: flags.verbose === true
	}));
	const charts = await lookAtCharts(session, plan, flags);
	print(chartLines(session, charts));
	print(section("Monitors without a namespace go to that of their release:", namespaceLines(session)).join(""));
	if (flags.fix) print(fixLines(await fixFiles(session, plan, charts.looked, flags)));
	const files = charts.looked.map(({ chart }) => chart);
	const means = objectMeans(session, () => definitionsIn(session, files));
	const mistakes = [
		...charts.looked.flatMap((one) => one.mistakes),
		...await contentMistakes(means, session.loaded, plan, { sources: sourcesOf(charts) }),
		...await monitorMistakes(means, session, plan)
	];
	refuseCharts([...charts.refused, ...mistakes.map((mistake) => ({
		mistake,
		fix: void 0
	}))]);
	await checkOnDisk(session, plan);
	const isDead = charts.looked.some(({ unknown }) => unknown.length > 0);
	return flags.strict && isDead ? exitCode.badConfig : exitCode.verified;
}
function chartLines({ loaded }, { looked, missed }) {
	return [
		...section("Values that change nothing:", [...locateUnknownValues(loaded, looked.flatMap((one) => one.unknown)).map(({ value, at }) => `${at ? `${formatPlace(at)}  ` : ""}${describeUnknown(value)}`)]),
		...section("Deprecated charts:", looked.flatMap(({ app, chart }) => deprecationOf(app, chart))),
		...section("Whether these values have an effect is not known:", missed.filter(({ hasValues }) => hasValues).map(({ app, why }) => `${app}: ${why}`)),
		...section("Whether these charts are there is not known:", missed.filter(({ hasValues }) => !hasValues).map(({ app, why }) => `${app}: ${why}`))
	].join("");
}
function fixLines({ files, notes }) {
	if (files.length === 0 && notes.length === 0) return "\nThere is nothing to correct.\n";
	return files.flatMap(({ file, fixed, diff, left, uncertain }) => [
		...fixed === void 0 ? [] : [`\n${fixed} is ${file} with these changes:\n\n${diff}\n`],
		...section(`In ${file} only you can move these: an alias, a merge or the way they are written is in the way:`, left.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`)),
		...section(`In ${file} these stay as they are, since it is not certain what was meant:`, [...uncertain.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`)])
	]).concat(section("The objects that the charts render before and after:", notes)).join("");
}
function sourcesOf({ looked }) {
	return new Map(looked.map(({ app, source }) => [app, source]));
}
function section(title, lines) {
	return lines.length === 0 ? [] : [`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`];
}

// src/cli/rbac.ts
async function rbac(session, flags) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	return await rolesOf(session, rolesFor(flags, session.loaded.config.namespace));
}
function rolesFor(flags, namespace) {
	const { createNamespaces, also } = flags;
	return {
		subject: subjectOf(flags, namespace),
		createNamespaces,
		also
	};
}
function subjectOf({ serviceAccount, user, createNamespaces }, namespace) {
	if (user !== void 0 && serviceAccount !== void 0) throw new UserError("--user and --service-account exclude each other: the roles are bound to one of them");
	if (user !== void 0) return {
		kind: "User",
		name: user
	};
	if (serviceAccount === void 0) return {
		kind: "ServiceAccount",
		namespace: createNamespaces ? "default" : namespace,
		name: "monstack"
	};
	const [, own = "", name = ""] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(serviceAccount) ?? [];
	if (name === "") throw new UserError(`--service-account: \`${serviceAccount}\` is not NAMESPACE/NAME, e.g. ci/monstack`);
	return {
		kind: "ServiceAccount",
		namespace: own,
		name
	};
}

// src/cli/run.ts
async function runCli(argv, bundle, around = ownSurroundings()) {
	const log = createTerminalLogger({
		verbose: argv.includes("--verbose") || argv.includes("-v"),
		startedAt: Date.now(),
		write: around.stderr,
		columns: around.columns,
		isOnGitHub: isReadByRunner(around.env)
	});
	process.on("uncaughtException", (error) => process.exit(explain(log, error)));
	const print = (text) => {
		around.stdout(sanitizeText(log.redactor.message(text)));
		return 0;
	};
	try {
		return await runCommand(parseCommandLine(argv), {
			log,
			bundle,
			around,
			print
		});
	} catch (error) {
		return explain(log, error);
	}
}
async function runCommand(line, call) {
	const { print } = call;
	if (line.command === "help") return print(helpText());
	if (line.command === "version") return print(`monstack ${version}\n`);
	const asked = line.bundle;
	if (asked && asked.action !== "create") return await readOut(await createHost(call.around.env), asked, print);
	const session = await open(line, call);
	return await runInSession(session, line, line.command, print).finally(() => session.judge.close());
}
async function runInSession(session, line, command, print) {
	if (command === "cache") return await cache(session, line.cache, print);
	if (command === "plan") return await plan(session, {
		...line.plan,
		verbose: line.verbose
	}, print);
	if (command === "lock") return await lock(session, line.lock, print);
	if (command === "rbac") return print(await rbac(session, line.rbac));
	if (command === "doctor") return await doctor(session, print);
	if (command === "backup") return await backup(session, line.output, print);
	if (command === "restore") return await restore(session, line.file ?? "", print);
	if (command === "bundle") return await createBundle(session, line.bundle?.file ?? "", print, (outcome) => conclude(session, outcome, print));
	return conclude(session, await runJob(session, jobOf(line, command)), print);
}
function jobOf(line, mode) {
	const { keep: keepOnFailure, replace, watch } = line;
	return {
		mode,
		verifyAfterUp: false,
		keepOnFailure,
		replace,
		watch
	};
}
async function open(line, { log, bundle, around }) {
	const host = await withPrivateCache(await createHost(around.env), log);
	return await openSession({
		host,
		log,
		signal: onInterrupt(log, line)
	}, {
		cwd: around.cwd,
		file: line.config,
		flags: line.settings,
		fetches: ![
			"down",
			"verify",
			"cache"
		].includes(line.command),
		named: [line.output, line.bundle?.file].filter((one) => one !== void 0).map((one) => resolve(one)),
		forwardScript: join(bundle, "forward.js"),
		upstreamProgram: programIn(bundle)
	});
}
function onInterrupt(log, { command }) {
	const controller = new AbortController();
	const changes = command === "bundle" || command === "run" || command === "up" || command === "down";
	const interrupt = () => {
		if (controller.signal.aborted) {
			log.error(`interrupted again${changes ? ": what is left can be taken away with `monstack down`" : ""}`);
			process.exit(exitCode.interrupted);
		}
		log.warn(`interrupted: ${changes ? "tearing down" : "ending"} (once more ends monstack at once)`);
		controller.abort();
	};
	process.on("SIGINT", interrupt);
	process.on("SIGTERM", interrupt);
	return controller.signal;
}
function conclude(session, { exitCode: code, results, error }, print) {
	if (error !== void 0 && !(error instanceof MonstackError)) throw error;
	print(renderTerminal(results));
	print(`report: ${join(session.loaded.config.reportDir, "results.json")}\n`);
	return code;
}
function explain(log, error) {
	if (!(error instanceof MonstackError)) {
		log.error(inspect(error));
		return crashed;
	}
	log.error(error.message);
	if (error.fix !== void 0) log.info(`to fix it: ${error.fix}`);
	return error.exitCode;
}
const crashed = 1;
function isReadByRunner(env) {
	if (env["GITHUB_ACTIONS"] !== "true") return false;
	try {
		return !fstatSync(process.stderr.fd).isFile();
	} catch {
		return false;
	}
}
function ownSurroundings() {
	const { env, stdout, stderr } = process;
	return {
		cwd: process.cwd(),
		env,
		stdout: (text) => void stdout.write(text),
		stderr: (text) => void stderr.write(text),
		columns: stderr.isTTY ? () => stderr.columns || 80 : void 0
	};
}

export { runCli };