import { a as readChartSource, c as installTool, d as expectedListeners, f as checkReceiverPorts, i as unknownIn, l as missingNamespaces, m as examine, n as addDashboards, o as unknownValues, p as choosePorts, r as renderCharts, s as fetchChart, t as runJob, u as existingCluster } from "./job.js";
import { $ as tarPadding, B as toStack, Ct as ruleSetsOf, D as prepare, Ft as locateUnknownValues, Ht as overrides, J as archiveFiles, Nn as checklistPoints, Q as tarHeader, S as valueAt, Sn as hide, St as formatPurposes, U as deprecationOf, Vt as readYaml, W as describeUnknown, X as textOf$1, Y as checkArchive, Z as tarEnd, _ as serverContainers, _n as formatPlace, b as untilAllAnswer, bn as reasonsOf, ct as rightsMend, d as restoreSilences, dt as isMapping, et as tarSize, f as nothingYet, g as grafanaApi, gn as count, h as StoredDatasource, in as nearest, m as StoredDashboard, n as openSession, nn as duration, on as showPath, ot as lackingRights, p as Folder, pt as parseKeyPath, r as version, rn as didYouMean, s as backUp, sn as require_dist, st as neededRights, t as createHost, tn as formatChart, tt as paths, u as Silence, ut as formatKeyPath, v as runInPod, vn as formatSpan, w as loadStack, wt as namespacesOf, x as lookAtServer, xn as verdictOf, y as startInPod, yn as outcomeOf, zt as filesOfValues } from "./create.js";
import { G as UserError, H as InstallError, J as messageOf, K as exitCode, W as MonstackError } from "./arrivals.js";
import { extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

// src/report/terminal.ts
const mostReasons = 3;
/** The closing text on a terminal: short, plain, aligned. */
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
function renderReason({ title, details, mend, place }) {
	return [
		`  - ${indent(title)}`,
		...details.map((detail) => `    ${indent(detail)}`),
		...place === void 0 ? [] : [`    where: ${place}`],
		...mend === void 0 ? [] : [`    to mend it: ${indent(mend)}`]
	];
}
/** A line's own indentation stays: it can be YAML that somebody is to copy. */
function indent(text) {
	return text.replaceAll(/^[\r\n]+|\s+$/g, "").replaceAll(/\r?\n/g, "\n    ");
}
function phaseLines({ startedAt, phases }) {
	const rows = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).map((phase) => [
		phase.name,
		`+${formatSpan(startedAt, phase.startedAt)}`,
		formatSpan(phase.startedAt, phase.endedAt)
	]);
	const width = (column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
	return rows.map(([name = "", began = "", took = ""]) => `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`);
}
/** How many there were of each kind, and what those say that neither passed nor were left out. */
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
	return [`  ${count(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${words[status]}`).join(", ")}`, ...telling.map((check) => `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(outcomeOf(check))}`)];
}
function backupLines({ backup }) {
	if (!backup) return [];
	const { path, bytes, series, from, to } = backup;
	return [`  kept: ${path} (${(bytes / 1e6).toFixed(1)} MB), ${series} series, ${from} to ${to}`];
}
const boxes = {
	met: "[x]",
	unmet: "[ ]",
	unknown: "[?]",
	"left-out": "[-]"
};
/** Each point with its evidence, what speaks against it first. */
function checklistLines$1({ checklist = [] }) {
	return checklist.flatMap(({ id, title, status, evidence, mend }) => [
		`  ${boxes[status]} ${title} (${id})`,
		...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map((line) => `        ${line.met ? "+" : "-"} ${indent(line.text)}`),
		...mend === void 0 ? [] : [`        to mend it: ${indent(mend)}`]
	]);
}
function teardownLines({ teardown }) {
	if (!teardown) return [];
	const kept = teardown.kept.map((one) => `  kept on purpose: ${one}`);
	if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
	return [
		"  left behind:",
		...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${what}`),
		...kept
	];
}

// src/cli/rbac-flags.ts
/** The flags of `rbac` that aren't settings. */
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
	}
];
/** @throws UserError for one of them with another command */
function rbacOf(values, command) {
	const stray = rbacFlags.find(({ name }) => values[name] !== void 0);
	if (stray !== void 0 && command !== "rbac" && command !== "help") throw new UserError(`--${stray.name} belongs to \`rbac\``);
	return {
		serviceAccount: text(values["service-account"]),
		user: text(values["user"]),
		createNamespaces: values["create-namespaces"] === true
	};
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
	plan: "print what a run would do, and change nothing",
	rbac: "print the roles that a run on an existing cluster needs, for its administrator to apply",
	doctor: "look at this machine: what a run would find and adapt to, and what would stop it"
};
const defaultEveryMs = 3e4;
/** Flags that aren't settings. */
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
		help: "backup: the archive to write; default monstack-backup-TIME.tar.gz in this folder"
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
	...rbacFlags,
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
/**
* Reads the command line.
* @param argv without the interpreter and the script
* @throws UserError naming the word that is wrong and what would be right
*/
function parseCommandLine(argv) {
	const { values, positionals } = read(argv);
	const [word, ...operands] = positionals;
	const [file] = word === "restore" ? operands.splice(0, 1) : [];
	const [extra] = operands;
	if (extra !== void 0) throw new UserError(`unexpected argument \`${extra}\` after \`${file ?? word}\``);
	if (word !== void 0 && word !== "help" && !isCommand(word)) throw new UserError(`\`${word}\` is not a command; ${didYouMean(word, Object.keys(commands))}`);
	const about = word !== void 0 && word !== "help" ? word : void 0;
	const output = textOf(values["output"]);
	if (output !== void 0 && about !== "backup") throw new UserError("--output belongs to `backup`");
	const asked = values["version"] === true ? "version" : values["help"] === true ? "help" : about;
	if (asked === "restore" && file === void 0) throw new UserError("restore needs the archive to restore: monstack restore FILE");
	return {
		command: asked ?? "help",
		about,
		config: textOf(values["config"]),
		settings: Object.fromEntries(overrides.flatMap(({ name }) => {
			const value = textOf(values[name]);
			return value === void 0 ? [] : [[name, value]];
		})),
		verbose: values["verbose"] === true,
		keep: values["keep"] === true,
		replace: values["replace"] === true,
		file,
		output,
		watch: watchOf(values, word),
		plan: planFlagsOf(values, word),
		rbac: rbacOf(values, word)
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
/** Milliseconds. */
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
		"output",
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
		values[token.name] = value ?? true;
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
function textOf(value) {
	return typeof value === "string" ? value : void 0;
}

// src/backup/grafana-restore.ts
/**
* Puts folders, datasources and dashboards into a Grafana. A folder or datasource that is there stays as it is: the stack's
* own one is right for this stack. A dashboard that is there is replaced, unless it comes from a file. One that is refused
* is noted, and the next one comes.
*/
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
/** Prometheus' own mark of a block that is being written: what a killed restore leaves goes at its next start. */
const unfinished = ".tmp-for-creation";
/** Room that must stay free in the volume, for Prometheus itself. */
const spareBytes = 67108864;
/**
* Puts an archive's blocks into the data folder of each of Prometheus' pods: first beside their place, then each is
* renamed, so that Prometheus never sees a part of one.
* @param dataDir as the container sees it
*/
async function restoreBlocks(target, prometheus, { file, manifest, dataDir }) {
	const { context, kube } = target;
	const containers = await serverContainers(kube, prometheus, context.signal);
	const done = [];
	for (const at of containers) {
		const there = await presentBlocks(target, at, dataDir, manifest);
		const missing = manifest.prometheus.blocks.map(({ ulid }) => ulid).filter((ulid) => !there.includes(ulid));
		if (missing.length > 0) await add(target, at, {
			file,
			manifest,
			dataDir,
			ulids: missing
		});
		done.push({
			pod: at.pod,
			added: missing,
			there
		});
	}
	return done;
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
		const { output, ended } = await startInPod(context, kube, at, unpack, tarOf(target, addition));
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
/** A full volume stops Prometheus. */
async function checkRoom({ context, kube }, at, dataDir, parts) {
	const needed = parts.reduce((sum, { bytes }) => sum + bytes, 0);
	const answer = await runInPod(context, kube, at, [
		"df",
		"-Pk",
		dataDir
	]);
	const free = Number(answer.trim().split("\n").at(-1)?.split(/\s+/)[3]) * 1024;
	if (Number.isFinite(free) && free < needed + spareBytes) throw new InstallError(`Prometheus' volume has ${mebibytes(free)} free, and the blocks take ${mebibytes(needed)}`, { mend: "give it a larger volume (server.persistentVolume.size), or a shorter retention" });
}
function mebibytes(bytes) {
	return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}
/** The blocks' files with the names that they have until they are whole. */
async function* tarOf({ context }, { file, manifest, ulids }) {
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
/**
* Puts a backup into a stack that is up, and waits until Prometheus answers for a time within the backup what it answered
* when that was made. The whole archive is checked before anything is changed.
* @throws UserError when the archive is damaged, or none of monstack's; InstallError when the samples don't come back.
*/
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
		const data = JSON.parse(await textOf$1(entry));
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
/** Prometheus looks for new blocks once a minute; the rest is for a slow or a busy one. */
const reloadTimeoutMs = 18e4;
const pollMs = 1e3;
/** Only a restart would make it look sooner, and cost a gap in what it scrapes. */
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
	throw new InstallError(`the blocks are in Prometheus' data folder, but ${query} at ${(/* @__PURE__ */ new Date(time * 1e3)).toISOString()} is ${last} after ${reloadTimeoutMs / 1e3} s, not ${value}`, { mend: "its log says why it does not take them up: look for `block`" });
}

// src/cli/backup.ts
/** Backs up the stack that is up. @returns the exit code */
async function backup(session, output, print) {
	const { host } = session.context;
	const time = new Date(host.now()).toISOString().replace(/[-:]|\.\d+/g, "");
	const file = resolve(output ?? `monstack-backup-${time}.tar.gz`);
	const stack = await loadStack(host, session.loaded.config.stateDir);
	const { manifest, kept } = await backUp(session, stack, file);
	const { grafana, alertmanager, prometheus } = manifest;
	print(`backup: ${file} (${(kept.bytes / 1e6).toFixed(1)} MB)\n`);
	print(`  Prometheus    ${count(prometheus.blocks.length, "block")}, ${kept.series} series, ${kept.from} to ${kept.to}\n`);
	if (grafana !== void 0) {
		const { dashboards, folders, datasources } = grafana;
		print(`  Grafana       ${count(dashboards, "dashboard")}, ${count(folders, "folder")}, ${count(datasources, "datasource")} (without their secrets)\n`);
	}
	if (alertmanager !== void 0) print(`  Alertmanager  ${count(alertmanager.silences, "silence")}\n`);
	return exitCode.verified;
}
/** Restores an archive into the stack that is up. @returns the exit code: 3 when a part of it was refused */
async function restore(session, file, print) {
	const { context, loaded } = session;
	const record = await loadStack(context.host, loaded.config.stateDir);
	const failed = tell(await restoreBackup(await toStack(session, record), resolve(file)), print);
	for (const one of failed) context.log.error(`not restored: ${one}`);
	return failed.length > 0 ? exitCode.notInstalled : exitCode.verified;
}
/** @returns what was refused */
function tell({ manifest, blocks, grafana, silences }, print) {
	const { from, to, probe } = manifest.prometheus;
	print(`restored: the backup of ${manifest.createdAt}, made by monstack ${manifest.monstack}\n`);
	for (const { pod, added, there } of blocks) {
		const before = there.length > 0 ? `, ${there.length} were there already` : "";
		print(`  Prometheus    ${count(added.length, "block")} into pod ${pod}${before}; ${from} to ${to}\n`);
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
		print(`  ${where.padEnd(13)} ${count(created.length, what)} created, ${replaced.length} replaced, ${skipped.length} skipped\n`);
		for (const one of skipped) print(`                  skipped: ${one}\n`);
	}
	for (const one of grafana?.withoutSecrets ?? []) print(`  to be set by hand, since no backup holds secrets: datasource ${one}\n`);
	return kinds.flatMap(([where, what, restored]) => (restored?.failed ?? []).map((one) => `${where}'s ${what} ${one}`));
}

// src/rbac/print.ts
const group = "rbac.authorization.k8s.io";
/** The objects that let somebody run monstack, as YAML for `kubectl apply`. */
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
/** As it is where YAML takes it for a text for certain, else quoted. */
function word(value) {
	return /^[a-z/][a-z0-9./-]*$/i.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value) ? value : JSON.stringify(value);
}

// src/core/rbac.ts
/**
* The roles for exactly this configuration's run on an existing cluster, from its charts as they are rendered. Changes
* nothing but the cache.
*/
async function rolesOf(session, { subject, createNamespaces }) {
	const { loaded } = session;
	const config = onExisting(loaded.config);
	const asked = {
		...session,
		loaded: {
			...loaded,
			config
		}
	};
	const { plan, login } = prepare(asked);
	const apps = await renderForNow(asked, plan);
	const namespaces = namespacesOf(apps).filter((name) => !isAlwaysThere(name));
	const created = createNamespaces ? namespaces : [];
	const rights = neededRights(config, apps, login, created);
	return printRoles(ruleSetsOf(rights, created), {
		name: `monstack-${config.namespace}`,
		subject,
		namespaces: createNamespaces ? [] : namespaces
	});
}
/** The charts of a plan, rendered to be looked at: nothing of it stays but what is in the cache. */
async function renderForNow(session, plan) {
	const { context, loaded } = session;
	const helm = installTool(context, loaded.config, "helm", { supply: session.supply });
	const kubectl = installTool(context, loaded.config, "kubectl", { supply: session.supply });
	return await context.host.files.withTemp("monstack-charts-", async (folder) => {
		const [rendered] = await Promise.all([
			addDashboards(session, plan).then((whole) => renderCharts(session, whole, {
				helm,
				kubectl
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

// src/cli/doctor.ts
/**
* Looks at the machine, or at the existing cluster, and says all that a run would find. Changes nothing.
* @returns the exit code: 3 when a run could not start
*/
async function doctor(session, print) {
	const { context, loaded } = session;
	const { config } = loaded;
	if (config.cluster.kind === "existing") return await existing$1(session, config.cluster, print);
	const { problems: found, result } = await examine(context, config);
	const problems = [...found, ...await busyPorts(session)];
	print(`${"machine".padEnd(9)}${context.host.arch}, ${rights[context.host.rights]}\n`);
	for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
	for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
	for (const { message, mend } of problems) print(`problem  ${message}\n         to mend it: ${mend}\n`);
	print(problems.length === 0 ? "ok       k3s can run here\n" : `${problems.length} problem(s): k3s can't run here yet\n`);
	return problems.length === 0 ? exitCode.verified : exitCode.notInstalled;
}
/** Whether the cluster answers, and whether its user has every right of the run. */
async function existing$1(session, options, print) {
	const { context } = session;
	const cluster = await existingCluster(context, options);
	print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
	const { plan, login } = prepare(session);
	const apps = await renderForNow(session, plan);
	const missing = await missingNamespaces(context, cluster.kube, namespacesOf(apps));
	const { forRun, forDiagnosis } = await lackingRights(session, cluster, apps, login, missing);
	for (const line of forDiagnosis) print(`warning  the diagnosis lacks a right: ${line}\n`);
	for (const line of forRun) print(`problem  the run lacks a right: ${line}\n`);
	if (forRun.length + forDiagnosis.length > 0) print(`         to mend it: ${rightsMend}\n`);
	if (forRun.length > 0) return exitCode.notInstalled;
	print("ok       this user has every right that a run needs\n");
	return exitCode.verified;
}
/** The local addresses that the stack is going to want, as far as they are taken. */
async function busyPorts(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	try {
		const { plan } = prepare(session);
		await choosePorts(context, expectedListeners(config, plan), config.ports.whenBusy);
		if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
		return [];
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		return [{
			message: error.message,
			mend: error.mend ?? ""
		}];
	}
}
const rights = {
	root: "running as root",
	sudo: "not root, but sudo works without a password",
	none: "neither root nor a sudo without password"
};

// src/cli/help.ts
/** The whole help, 100 columns wide. */
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
    2  the configuration or the command line is wrong
    3  it could not be installed, backed up or restored
    4  torn down, but something is left
  130  interrupted, and torn down
`;
}
function flag(name, metavar) {
	return `--${name}${metavar === "" ? "" : ` ${metavar}`}`;
}
/** A name and its explanation, wrapped at 100 columns. */
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

// src/cli/logger.ts
/** Lines for a terminal or a plain log, each with the seconds since the start. Progress goes to stderr: stdout is for results. */
function createTerminalLogger(options) {
	const write = options.write ?? ((line) => void process.stderr.write(line));
	const secrets = [];
	const say = (mark, message) => {
		const seconds = ((Date.now() - options.startedAt) / 1e3).toFixed(1).padStart(6);
		for (const line of hide(message, secrets).split("\n")) write(`${seconds}s ${mark}${line}\n`);
	};
	return {
		debug: (message) => {
			if (options.verbose) say("  · ", message);
		},
		info: (message) => say("  ", message),
		warn: (message, about) => say("  warning: ", at(about) + message),
		error: (message, about) => say("  error: ", at(about) + message),
		mask: (secret) => {
			if (secret) secrets.push(secret);
		}
	};
}
/** `monstack.yaml:12:7: `, as compilers write it: many terminals and editors open it. */
function at({ file, line, column } = {}) {
	if (file === void 0) return "";
	return `${[file, ...line === void 0 ? [] : column === void 0 ? [line] : [line, column]].join(":")}: `;
}

// src/plan/yaml-move.ts
var import_dist = require_dist();
/**
* Gives a key the right path, or takes it out when there is none; its comments go along. `at` is where the values begin in
* the document, both paths are below it. Undefined, and nothing changed, when it is not written out there (an alias, a merge).
*/
function moveKey(document, at, from, to, why) {
	const above = [...at, ...from.slice(0, -1)];
	const map = mapAt(document, above);
	const index = map?.items.findIndex((pair) => nameOf(pair) === from.at(-1)) ?? -1;
	const pair = map?.items[index];
	if (map === void 0 || pair === void 0) return void 0;
	const name = to?.at(-1) ?? "";
	if (to !== void 0 && samePath(to.slice(0, -1), from.slice(0, -1)) && !map.has(name)) {
		rename(pair, name);
		return "renamed";
	}
	const target = to && ensureMap(document, [...at, ...to.slice(0, -1)]);
	if (to !== void 0 && target === void 0) return void 0;
	map.items.splice(index, 1);
	if (target === void 0) {
		note(document, [...above], index, pair, `${shown(from, pair)} was here: ${why}`);
		return "removed";
	}
	const there = target.items.find((one) => nameOf(one) === name);
	if (there === void 0) {
		rename(pair, name);
		target.items.push(pair);
		return "renamed";
	}
	if ((0, import_dist.isMap)(there.value) && (0, import_dist.isMap)(pair.value)) {
		mergeInto(there.value, pair.value);
		return "merged";
	}
	const why2 = `${formatKeyPath(to ?? [])}, which is read, has its own value`;
	note(document, [...above], index, pair, `${shown(from, pair)} was here: ${why2}`);
	return "superseded";
}
function mapAt(document, path) {
	const node = path.length === 0 ? document.contents : document.getIn(path, true);
	return (0, import_dist.isMap)(node) ? node : void 0;
}
function ensureMap(document, path) {
	const there = path.length === 0 ? document.contents : document.getIn(path, true);
	if (there === void 0 && path.length > 0) {
		if (ensureMap(document, path.slice(0, -1)) === void 0) return void 0;
		document.setIn(path, document.createNode({}));
		return mapAt(document, path);
	}
	return (0, import_dist.isMap)(there) ? there : void 0;
}
/** What is there stays: it is what has been read so far. */
function mergeInto(target, more) {
	for (const pair of more.items) {
		const there = target.items.find((one) => nameOf(one) === nameOf(pair));
		if (there === void 0) target.items.push(pair);
		else if ((0, import_dist.isMap)(there.value) && (0, import_dist.isMap)(pair.value)) mergeInto(there.value, pair.value);
	}
}
function rename(pair, name) {
	pair.key.value = name;
}
/** Says in a comment, where the key was, why it is gone; within `{}` at the nearest line of its own above it. */
function note(document, above, index, gone, text) {
	const own = gone.key.commentBefore;
	const comment = [...own ? [own] : [], ` ${text}`].join("\n");
	const map = mapAt(document, above);
	const next = map?.items[index]?.key;
	if (map && !map.flow && next) {
		if (gone.key.spaceBefore) next.spaceBefore = true;
		next.commentBefore = joined(comment, next.commentBefore);
		return;
	}
	if (map && !map.flow && map.items.length > 0) {
		map.comment = joined(map.comment, comment);
		return;
	}
	if (above.length === 0) {
		document.commentBefore = joined(document.commentBefore, comment);
		return;
	}
	const holder = mapAt(document, above.slice(0, -1));
	const key = holder?.items.find((pair) => nameOf(pair) === String(above.at(-1)))?.key;
	if (holder && !holder.flow && key) key.commentBefore = joined(key.commentBefore, comment);
	else note(document, above.slice(0, -1), Number.MAX_SAFE_INTEGER, gone, text);
}
function joined(first, second) {
	return [first, second].filter(Boolean).join("\n");
}
/** Of a mapping only the key: it may be long. */
function shown(path, { value }) {
	return `${formatKeyPath(path)}${(0, import_dist.isScalar)(value) ? `: ${String(value.value)}` : ""}`;
}
function nameOf({ key }) {
	return (0, import_dist.isScalar)(key) ? String(key.value) : "";
}
function samePath(a, b) {
	return a.length === b.length && a.every((part, index) => part === b[index]);
}

// src/plan/fix-values.ts
/** What was moved may itself hold keys that nobody reads: they are looked at again, this often at most. */
const mostRounds = 10;
/**
* A file with the keys that no chart reads moved to where they were meant, or taken out. Of a file that several apps share,
* only what none of them reads. Pure.
*/
function fixValues(given, spots) {
	const fixed = [];
	const left = /* @__PURE__ */ new Map();
	let text = given;
	for (let round = 0; round < mostRounds; round++) {
		const found = deadIn(text, spots).filter(({ id }) => !left.has(id));
		if (found.length === 0) break;
		for (const { id, spot, path, to } of found) {
			const done = moveIn(text, spot, path, to);
			if (done === void 0) left.set(id, {
				app: spot.app,
				path
			});
			else {
				text = done.text;
				fixed.push({
					app: spot.app,
					path,
					to,
					how: done.how
				});
			}
		}
	}
	return {
		text,
		fixed,
		left: [...left.values()]
	};
}
function deadIn(text, spots) {
	const { data } = readYaml(text);
	const found = spots.map((spot) => {
		const values = spot.at.reduce((node, key) => node?.[key], data);
		return (isMapping(values) ? unknownValues(spot.app, values, spot.chart) : []).map(({ path, meant }) => {
			return {
				id: JSON.stringify([...spot.at, ...path]),
				spot,
				path,
				to: meant === void 0 ? void 0 : parseKeyPath(meant)
			};
		});
	});
	const readersOf = ({ at }) => spots.flatMap((one, index) => JSON.stringify(one.at) === JSON.stringify(at) ? [index] : []);
	const seen = /* @__PURE__ */ new Set();
	return found.flat().filter(({ id, spot }) => {
		if (seen.has(id)) return false;
		seen.add(id);
		return readersOf(spot).every((index) => found[index]?.some((one) => one.id === id));
	});
}
function moveIn(text, { at, of }, from, to) {
	const document = (0, import_dist.parseDocument)(text, { schema: "failsafe" });
	const how = moveKey(document, at, from, to, `nothing in chart ${of} reads it`);
	if (how === void 0) return void 0;
	try {
		return {
			text: document.toString(styleOf(text)),
			how
		};
	} catch {
		return;
	}
}
const styles = [2, 4].flatMap((indent) => [true, false].flatMap((indentSeq) => [true, false].map((flowCollectionPadding) => ({
	lineWidth: 0,
	indent,
	indentSeq,
	flowCollectionPadding
}))));
/** The way of writing that leaves most of the file's lines as they are. */
function styleOf(text) {
	const lines = new Set(text.split("\n"));
	const document = (0, import_dist.parseDocument)(text, { schema: "failsafe" });
	const changed = styles.map((style) => document.toString(style).split("\n").filter((line) => !lines.has(line)).length);
	return styles[changed.indexOf(Math.min(...changed))] ?? {};
}

// src/plan/line-diff.ts
/** Lines around a change that are shown with it. */
const around = 2;
/** What changed between two texts, as `diff -u` shows it, without the names; empty when nothing did. */
function lineDiff(before, after) {
	const steps = stepsOf(before.split("\n"), after.split("\n"));
	const isNear = (at) => steps.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== " ");
	let wasShown = true;
	return steps.flatMap(({ sign, line }, at) => {
		const gap = wasShown || !isNear(at) ? [] : ["..."];
		wasShown = isNear(at);
		return wasShown ? [...gap, `${sign} ${line}`.trimEnd()] : [];
	}).join("\n");
}
/** By the longest common subsequence; values files are short. */
function stepsOf(before, after) {
	const common = commonLengths(before, after);
	const steps = [];
	let [i, j] = [0, 0];
	while (i < before.length || j < after.length) {
		const [old, fresh] = [before[i], after[j]];
		if (old !== void 0 && old === fresh) {
			steps.push({
				sign: " ",
				line: old
			});
			[i, j] = [i + 1, j + 1];
		} else if (old !== void 0 && (fresh === void 0 || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
			steps.push({
				sign: "-",
				line: old
			});
			i += 1;
		} else {
			steps.push({
				sign: "+",
				line: fresh ?? ""
			});
			j += 1;
		}
	}
	return steps;
}
/** How many lines the rests from `i` and from `j` have in common. */
function commonLengths(before, after) {
	const table = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0));
	for (let i = before.length - 1; i >= 0; i--) {
		const row = table[i] ?? [];
		for (let j = after.length - 1; j >= 0; j--) {
			const below = table[i + 1] ?? [];
			row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
		}
	}
	return table;
}

// src/core/fix-files.ts
const mark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";
/**
* Writes a corrected file next to each that holds keys without effect; what the user wrote is never touched.
* @throws UserError when another file is in the way
*/
async function fixFiles(session, looked) {
	const { context, loaded } = session;
	const { files } = context.host;
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
	const done = [];
	for (const [file, own] of spots) {
		const before = loaded.texts[file] ?? "";
		const { text, fixed, left } = fixValues(before, own);
		if (fixed.length === 0 && left.length === 0) continue;
		const shown = showPath(loaded.cwd, file);
		const to = fixedName(file);
		if (fixed.length > 0) {
			const there = await files.read(to);
			if (there !== void 0 && !there.startsWith(mark) && there !== text) throw new UserError(`${showPath(loaded.cwd, to)} is in the way of the corrected ${shown}`, { mend: "move it away, or take its changes over yourself" });
			await files.write(to, `${mark}${shown}.\n${text}`);
		}
		done.push({
			file: shown,
			fixed: fixed.length > 0 ? showPath(loaded.cwd, to) : void 0,
			diff: lineDiff(before, text),
			left
		});
	}
	return done;
}
/** `prometheus-values.yaml` -> `prometheus-values.fixed.yaml`. */
function fixedName(file) {
	const ending = extname(file);
	return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}

// src/core/look-at-charts.ts
/** Somebody waits for the plan: no long retries. */
const patience = {
	tries: 2,
	firstWaitMs: 500,
	stallMs: 1e4
};
/**
* Fetches the charts that the user wrote values for, and holds these against them; no cluster is needed, and no helm but
* for charts in a registry. Offline only what is on this machine is looked at.
*/
async function lookAtCharts(session, plan, { offline }) {
	const { context, loaded } = session;
	const asked = plan.apps.filter(({ name, chart }) => (chart.kind === "path" || chart.kind === "repo" || chart.kind === "oci") && filesOfValues(loaded, name).length > 0);
	const all = await Promise.all(asked.map(async (app) => {
		if (offline && app.chart.kind !== "path") return {
			app: app.name,
			why: "its chart is not fetched offline"
		};
		try {
			const chart = await fetchFor(session, app);
			const source = await readChartSource(context, chart);
			return {
				app: app.name,
				chart,
				source,
				unknown: unknownIn(loaded, app.name, source)
			};
		} catch (error) {
			if (!(error instanceof MonstackError)) throw error;
			context.signal.throwIfAborted();
			return {
				app: app.name,
				why: `chart ${formatChart(app.chart)}: ${messageOf(error)}`
			};
		}
	}));
	return {
		looked: all.filter((one) => "chart" in one),
		missed: all.filter((one) => "why" in one)
	};
}
async function fetchFor({ context, loaded, supply }, { chart }) {
	const helm = chart.kind === "oci" ? { helm: installTool(context, loaded.config, "helm", { supply }) } : {};
	return fetchChart(context, loaded.config, chart, {
		...helm,
		patience,
		supply
	});
}

// src/plan/format.ts
/** What `monstack plan` shows. Only values that a profile set are shown, so no password ever is. */
function formatPlan(plan) {
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
		...dashboardLines(plan),
		...askedLines(plan),
		...settingLines(plan),
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
function dashboardLines({ config }) {
	if (config.dashboards.length === 0) return [];
	return [
		"Dashboards:",
		...config.dashboards.map(({ source, folder }) => {
			const into = folder === void 0 ? "" : `, into the folder ${folder}`;
			if (source.kind !== "id") return `  ${source.kind === "url" ? source.url : source.path}${into}`;
			const revision = source.revision === void 0 ? "the newest revision" : `revision ${source.revision}`;
			return `  ${source.id} of grafana.com, ${revision}${into}`;
		}),
		""
	];
}
function askedLines({ apps, askedValues }) {
	if (askedValues.length === 0) return [];
	const lines = ["Values that your settings ask for:"];
	for (const { name } of apps) {
		const own = askedValues.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, how, setting, secret } of own) {
			const shown = secret === true ? "(not shown)" : short(JSON.stringify(value));
			lines.push(`    ${formatKeyPath(path)}: ${how === "append" ? "also " : ""}${shown}`, `        ${setting}`);
		}
	}
	return [...lines, ""];
}
/** Rules can be long. */
function short(json) {
	return json.length > 300 ? `${json.slice(0, 299)}…` : json;
}
function settingLines({ config, apps, profileSettings }) {
	if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
	const lines = ["Values that are set because yours leave them open:"];
	for (const { name } of apps) {
		const own = profileSettings.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, why } of own) lines.push(`    ${path}: ${short(JSON.stringify(value))}`, `        ${why}`);
	}
	if (config.profile !== "as-is") lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
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
		"Profile production sets no value. It judges the stack besides, and a point that is not met fails the run:",
		...checklistPoints.map(({ id, title }, index) => `  ${index + 1}. ${title} (${id})`)
	];
}
function align(rows) {
	const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join("  ").trimEnd());
}

// src/cli/plan.ts
/** Prints what a run would do, and which of the user's values would do nothing. Changes nothing, but for `--fix`. */
async function plan(session, flags, print) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	const { plan } = prepare(session);
	print(formatPlan(plan));
	const charts = await lookAtCharts(session, plan, flags);
	print(chartLines(session, charts));
	if (flags.fix) print(fixLines(await fixFiles(session, charts.looked)));
	const isDead = charts.looked.some(({ unknown }) => unknown.length > 0);
	return flags.strict && isDead ? exitCode.badConfig : exitCode.verified;
}
function chartLines({ loaded }, { looked, missed }) {
	return [
		...section("Values that change nothing:", [...locateUnknownValues(loaded, looked.flatMap((one) => one.unknown)).map(({ value, at }) => `${at ? `${formatPlace(at)}  ` : ""}${describeUnknown(value)}`)]),
		...section("Deprecated charts:", looked.flatMap(({ app, chart }) => deprecationOf(app, chart))),
		...section("Whether these values have an effect is not known:", missed.map(({ app, why }) => `${app}: ${why}`))
	].join("");
}
function fixLines(files) {
	if (files.length === 0) return "\nThere is nothing to correct.\n";
	return files.flatMap(({ file, fixed, diff, left }) => [...fixed === void 0 ? [] : [`\n${fixed} is ${file} with these changes:\n\n${diff}\n`], ...section(`In ${file} only you can move these, since an alias or a merge is in the way:`, left.map(({ app, path }) => `${app}: ${formatKeyPath(path)}`))]).join("");
}
function section(title, lines) {
	return lines.length === 0 ? [] : [`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`];
}

// src/cli/rbac.ts
/** The roles that a run with this configuration needs on an existing cluster, as YAML. The cluster is not asked. */
async function rbac(session, flags) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	return await rolesOf(session, rolesFor(flags, session.loaded.config.namespace));
}
function rolesFor(flags, namespace) {
	return {
		subject: subjectOf(flags, namespace),
		createNamespaces: flags.createNamespaces
	};
}
/** A namespace that the run makes and takes away can't hold the account that makes it. */
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
/**
* The CLI: reads the command line, does the job, and returns the exit code. Results go to stdout, progress to stderr.
* `bundle` is the folder that forward.js is in.
*/
async function runCli(argv, bundle) {
	const log = createTerminalLogger({
		verbose: argv.includes("--verbose") || argv.includes("-v"),
		startedAt: Date.now()
	});
	try {
		const line = parseCommandLine(argv);
		if (line.command === "help") return print(helpText());
		if (line.command === "version") return print(`monstack ${version}\n`);
		const session = await open(line, log, bundle);
		if (line.command === "plan") return await plan(session, line.plan, print);
		if (line.command === "rbac") return print(await rbac(session, line.rbac));
		if (line.command === "doctor") return await doctor(session, print);
		if (line.command === "backup") return await backup(session, line.output, print);
		if (line.command === "restore") return await restore(session, line.file ?? "", print);
		return conclude(session, await runJob(session, jobOf(line, line.command)));
	} catch (error) {
		return explain(log, error);
	}
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
async function open(line, log, bundle) {
	const host = await createHost();
	return await openSession({
		host,
		log,
		signal: onInterrupt(log, line)
	}, {
		cwd: process.cwd(),
		file: line.config,
		flags: line.settings,
		fetches: line.command !== "down" && line.command !== "verify",
		forwardScript: join(bundle, "forward.js")
	});
}
/** The first Ctrl-C ends the job and tears down what it began; the second one ends monstack at once. */
function onInterrupt(log, { command }) {
	const controller = new AbortController();
	const changes = command === "run" || command === "up" || command === "down";
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
function conclude(session, { exitCode: code, results, error }) {
	if (error !== void 0 && !(error instanceof MonstackError)) throw error;
	print(renderTerminal(results));
	print(`report: ${join(session.loaded.config.reportDir, "results.json")}\n`);
	return code;
}
/** @returns the exit code that belongs to the error */
function explain(log, error) {
	if (!(error instanceof MonstackError)) throw error;
	log.error(error.message);
	if (error.mend !== void 0) log.info(`to mend it: ${error.mend}`);
	return error.exitCode;
}
function print(text) {
	process.stdout.write(text);
	return 0;
}

export { runCli };