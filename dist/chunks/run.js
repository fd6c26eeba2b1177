import { a as expectedListeners, c as checkReceiverPorts, i as existingCluster, l as choosePorts, n as plainTarEntries, o as prepare, r as tarEntries, s as formatChart, t as runJob, u as examine } from "./job.js";
import { $ as parseJson, C as bounded, E as isCredentialName, M as duration, N as didYouMean, P as nearest, Q as expectOk, X as prometheusClient, Z as excerpt, _t as verdictOf, et as requestTimeoutMs, gt as reasonsOf, ht as outcomeOf, it as durationMs, j as overrides, mt as formatSpan, n as openSession, nt as tryJson, pt as count, r as version, rt as unexpected, s as loadStack, t as createHost, tt as send, u as toStack, vt as hide, w as reasonOf, x as alertmanagerClient } from "./create.js";
import { A as object, C as array, D as literal, G as exitCode, H as Interrupted, I as unknown, N as string, O as looseObject, P as tuple, U as MonstackError, V as InstallError, W as UserError, j as record, k as number, q as messageOf, w as boolean } from "./arrivals.js";
import { C as ObjectCoreV1Api, r as Exec, w as ObjectDiscoveryV1Api } from "./dist.js";
import { join, resolve } from "node:path";
import { PassThrough, Readable, Writable, pipeline } from "node:stream";
import { parseArgs } from "node:util";
import { createGzip } from "node:zlib";
import { createHash } from "node:crypto";

// src/report/terminal.ts
const mostReasons = 3;
/** The closing text on a terminal: short, plain, aligned. */
function renderTerminal(results) {
	return `${[
		`monstack ${results.mode}: ${verdictOf(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
		...section(reasonLines(results)),
		...section(phaseLines(results)),
		...section(checkLines(results)),
		...section(teardownLines(results))
	].join("\n")}\n`;
}
function section(lines) {
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
function indent(text) {
	return text.trim().replaceAll(/\r?\n/g, "\n    ");
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
function checkLines({ checks }) {
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
	const telling = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
	const width = Math.max(0, ...telling.map(({ id }) => id.length));
	return [`  ${count(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${words[status]}`).join(", ")}`, ...telling.map((check) => `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(outcomeOf(check))}`)];
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

// src/cli/args.ts
const commands = {
	run: "up, verify and down in one: from nothing to a verified stack, and nothing left",
	up: "install k3s, deploy the stack and wait until it is ready; leave it running",
	verify: "check the stack that `up` left running",
	down: "take everything away that `up` made, and prove that nothing is left",
	backup: "write the metrics, dashboards and silences of the stack that `up` left running into one archive",
	restore: "put such an archive into the stack that `up` left running: restore FILE",
	plan: "print what a run would do, and change nothing",
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
	const output = textOf$1(values["output"]);
	if (output !== void 0 && about !== "backup") throw new UserError("--output belongs to `backup`");
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
		watch: watchOf(values, word)
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
function textOf$1(value) {
	return typeof value === "string" ? value : void 0;
}

// src/backup/admin-api.ts
/** Milliseconds. A snapshot writes the whole head block. */
const snapshotTimeoutMs = 3e5;
function base$1({ url }) {
	return url.replace(/\/+$/, "");
}
/** What Prometheus says of itself. */
async function lookAtServer(context, endpoint) {
	const dataOf = async (path, schema) => {
		const answer = expectOk(await send(context, `${base$1(endpoint)}/api/v1/status/${path}`));
		return parseJson(answer, object({ data: schema })).data;
	};
	const [flags, build, runtime] = await Promise.all([
		prometheusClient(context, endpoint).flags(),
		dataOf("buildinfo", object({ version: string() })),
		dataOf("runtimeinfo", object({ storageRetention: string() }))
	]);
	const dataDir = flags["storage.tsdb.path"];
	if (dataDir === void 0) throw new InstallError("this Prometheus stores nothing: it runs as an agent");
	const retention = runtime.storageRetention.split(" or ").map((part) => durationMs(part.trim()));
	return {
		version: build.version,
		dataDir,
		retentionMs: retention.find((ms) => ms !== void 0 && ms > 0)
	};
}
/**
* Makes a snapshot of all that Prometheus holds, the head block too.
* @returns its name: the folder below `snapshots` in the data folder
* @throws UserError where the admin API is off.
*/
async function takeSnapshot(context, endpoint) {
	const url = `${base$1(endpoint)}/api/v1/admin/tsdb/snapshot?skip_head=false`;
	const answer = await send(context, url, { method: "POST" }, snapshotTimeoutMs);
	if (answer.status === 503 && /admin APIs? disabled/i.test(answer.body)) throw new UserError("Prometheus' admin API is off, and a backup begins with its snapshot", { mend: "in the prometheus chart's values: server.extraFlags: [web.enable-lifecycle, web.enable-admin-api]; in kube-prometheus-stack's: prometheus.prometheusSpec.enableAdminAPI: true. Profile ci sets it where your values leave it open" });
	const schema = object({ data: object({ name: string().regex(/^[\w.-]+$/) }) });
	if (answer.status !== 200) throw unexpected(answer, `HTTP ${answer.status}`);
	return parseJson(answer, schema).data.name;
}
const valueSchema = object({ data: object({ result: array(object({ value: tuple([number(), string()]) })) }) });
/**
* The one value of an expression at a time, in seconds since the epoch; undefined while there is no sample.
* @throws HttpError when Prometheus refuses.
*/
async function valueAt(context, endpoint, query, time) {
	const path = `/api/v1/query?query=${encodeURIComponent(query)}&time=${time}`;
	const answer = await send(context, `${base$1(endpoint)}${path}`);
	const json = tryJson(answer.body);
	if (answer.status !== 200 || json === void 0) throw unexpected(answer, `HTTP ${answer.status}`);
	return parseJson(answer, valueSchema).data.result[0]?.value[1];
}

// src/backup/manifest.ts
/** Name of the manifest in the archive. It is the last file: it tells what the others are. */
const manifestName = "manifest.json";
const time = string().describe("ISO 8601, UTC");
/** A block's folder and what is in it, the only names below prometheus/: each becomes a path in Prometheus' data folder. */
const blockFile = /^prometheus\/[0-9A-HJKMNP-TV-Z]{26}\/(?:meta\.json|index|tombstones|chunks\/\d{6})$/;
const grafanaFile = /^grafana\/(?:folders|datasources|dashboards)\/[\w.%-]{1,80}\.json$/;
const silencesFile = "alertmanager/silences.json";
const Part = object({
	path: string().refine((path) => blockFile.test(path) || grafanaFile.test(path) || path === silencesFile, { error: "a file that no backup has" }),
	bytes: number().int().nonnegative(),
	sha256: string().regex(/^[0-9a-f]{64}$/)
});
const Block = object({
	ulid: string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
	from: time,
	to: time,
	series: number().int(),
	samples: number().int()
});
/** What an archive holds. Within a format keys are only added. */
const Manifest = object({
	format: literal(1),
	monstack: string().describe("Its version"),
	createdAt: time,
	prometheus: object({
		version: string(),
		from: time,
		to: time,
		series: number().int().describe("Of the block with the most: blocks share series"),
		samples: number().int(),
		blocks: array(Block).min(1),
		probe: object({
			query: string(),
			time: number().describe("Seconds since the epoch"),
			value: string()
		}).describe("What Prometheus answered for a time within the backup; a restored one must answer the same")
	}),
	grafana: object({
		version: string(),
		folders: number().int(),
		datasources: number().int(),
		dashboards: number().int()
	}).optional().describe("Not there when the stack had none"),
	alertmanager: object({
		version: string(),
		silences: number().int()
	}).optional().describe("Not there when the stack had none"),
	parts: array(Part).describe("Every other file of the archive")
});
const paths = {
	silences: silencesFile,
	grafana: (kind, uid) => `grafana/${kind}/${encodeURIComponent(uid)}.json`
};

// src/backup/tar-writer.ts
const blockSize = 512;
/** Octal digits that a header's size has room for. */
const mostBytes = 8 ** 11 - 1;
/** The header block of a file or a folder, in the ustar format that every tar reads. */
function tarHeader({ name, size, modifiedAt }) {
	if (Buffer.byteLength(name) > 100) throw new Error(`too long a name for a tar archive: ${name}`);
	if (size > mostBytes) throw new Error(`${name} has ${size} bytes, more than a tar archive can tell`);
	const isFolder = name.endsWith("/");
	const block = Buffer.alloc(blockSize);
	const octal = (value, at, length) => block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
	block.write(name, 0);
	octal(isFolder ? 493 : 420, 100, 8);
	octal(0, 108, 8);
	octal(0, 116, 8);
	octal(size, 124, 12);
	octal(Math.floor(modifiedAt / 1e3), 136, 12);
	block.write("        ", 148, "latin1");
	block.write(isFolder ? "5" : "0", 156, "latin1");
	block.write("ustar\x0000", 257, "latin1");
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
	return block;
}
/** What fills up the last block of a file of this size. */
function tarPadding(size) {
	return Buffer.alloc((blockSize - size % blockSize) % blockSize);
}
/** What ends an archive. */
const tarEnd = Buffer.alloc(2 * blockSize);
/** Bytes of an archive with these entries. */
function tarSize(sizes) {
	return sizes.reduce((sum, size) => sum + blockSize + size + tarPadding(size).length, tarEnd.length);
}

// src/backup/archive.ts
/** Chunks are compressed already: more effort costs time and gains little. */
const level = 4;
/**
* Writes an archive in one pass, as its contents come; nothing is left of it when they end in an error.
* @param conclude makes the manifest from the parts, once all of them are written
*/
async function writeArchive(host, file, contents, conclude) {
	let manifest;
	let bytes = 0;
	const gzip = createGzip({ level });
	const tar = tarOf$1(host, contents, async (parts) => {
		manifest = await conclude(parts);
		return manifest;
	});
	pipeline(tar, gzip, () => {});
	const counted = async function* () {
		for await (const piece of gzip) {
			bytes += piece.length;
			yield piece;
		}
	};
	await host.files.write(file, counted(), 384);
	if (manifest === void 0) throw new Error(`${file} was written without a manifest`);
	return {
		manifest,
		bytes
	};
}
async function* tarOf$1(host, contents, conclude) {
	const modifiedAt = host.now();
	const parts = [];
	for await (const { path, size, pieces } of contents) {
		yield tarHeader({
			name: path,
			size,
			modifiedAt
		});
		const hash = createHash("sha256");
		for await (const piece of pieces()) {
			hash.update(piece);
			yield piece;
		}
		yield tarPadding(size);
		parts.push({
			path,
			bytes: size,
			sha256: hash.digest("hex")
		});
	}
	const manifest = jsonContent(manifestName, await conclude(parts));
	yield tarHeader({
		name: manifestName,
		size: manifest.size,
		modifiedAt
	});
	yield* manifest.pieces();
	yield tarPadding(manifest.size);
	yield tarEnd;
}
function jsonContent(path, value) {
	const bytes = Buffer.from(`${JSON.stringify(value, void 0, 2)}\n`);
	return {
		path,
		size: bytes.length,
		pieces: async function* () {
			yield bytes;
		}
	};
}
/** A JSON file of an archive that is larger than this is none of ours. */
const mostJson = 67108864;
/** All files of an archive, in its order. */
function archiveFiles(host, file) {
	const limit = Number.MAX_SAFE_INTEGER;
	return tarEntries(host.files.stream(file), file, {
		what: "the backup",
		limit
	});
}
/**
* Reads an archive to its end and compares each file with the manifest.
* @throws UserError unless it is whole, and as it was written.
*/
async function checkArchive(host, file) {
	if (!await host.files.exists(file)) throw new UserError(`there is no backup ${file}`);
	const found = /* @__PURE__ */ new Map();
	let text;
	try {
		for await (const entry of archiveFiles(host, file)) if (entry.name === "manifest.json") text = await textOf(entry);
		else found.set(entry.name, {
			path: entry.name,
			bytes: entry.size,
			sha256: await hashOf(entry)
		});
	} catch (cause) {
		if (cause instanceof MonstackError || isIoError(cause)) throw refusal(file, messageOf(cause), cause);
		throw cause;
	}
	const manifest = parseManifest(file, text);
	const wrong = differences(manifest.parts, found);
	if (wrong.length > 0) throw refusal(file, wrong.slice(0, 3).join("; "));
	return manifest;
}
function parseManifest(file, text) {
	if (text === void 0) throw refusal(file, `there is no ${manifestName} in it`);
	let data;
	try {
		data = JSON.parse(text);
	} catch (cause) {
		throw refusal(file, `its ${manifestName} is no JSON`, cause);
	}
	const format = data?.format;
	if (typeof format === "number" && format !== 1) throw refusal(file, `its format is ${format}, and this monstack reads format 1`);
	const parsed = Manifest.safeParse(data);
	if (parsed.success) return parsed.data;
	const [first] = parsed.error.issues;
	throw refusal(file, `its ${manifestName} is wrong at ${first?.path.join(".")}: ${first?.message}`);
}
function differences(parts, found) {
	const named = new Set(parts.map(({ path }) => path));
	const strangers = [...found.keys()].filter((path) => !named.has(path));
	return [...parts.flatMap(({ path, bytes, sha256 }) => {
		const there = found.get(path);
		if (there === void 0) return [`${path} is missing`];
		return there.bytes === bytes && there.sha256 === sha256 ? [] : [`${path} is not as it was written`];
	}), ...strangers.map((path) => `${path} is not in its manifest`)];
}
function refusal(file, why, cause) {
	return new UserError(`${file} is not a whole backup, and nothing was changed: ${why}`, {
		mend: "take another one, or copy it again from where it came",
		cause
	});
}
function isIoError(error) {
	return error instanceof Error && "syscall" in error;
}
async function hashOf({ pieces }) {
	const hash = createHash("sha256");
	for await (const piece of pieces()) hash.update(piece);
	return hash.digest("hex");
}
/** A JSON file's text. */
async function textOf({ name, size, pieces }) {
	if (size > mostJson) throw new UserError(`${name} has ${size} bytes, which is no file of a backup`);
	const parts = [];
	for await (const piece of pieces()) parts.push(piece);
	return Buffer.concat(parts).toString("utf8");
}

// src/backup/grafana-api.ts
const Folder = object({
	uid: string(),
	title: string(),
	parentUid: string().optional()
});
/** Only what is named here is kept: a datasource's secrets are in fields that are not, old versions' plain ones too. */
const Datasource = object({
	uid: string(),
	name: string(),
	type: string(),
	access: string().optional(),
	url: string().default(""),
	user: string().optional(),
	database: string().optional(),
	basicAuth: boolean().optional(),
	basicAuthUser: string().optional(),
	withCredentials: boolean().optional(),
	isDefault: boolean().optional(),
	jsonData: record(string(), unknown()).nullish()
});
const StoredDatasource = Datasource.extend({ 
/** Names of the secrets that it had, which no backup holds. */
secrets: array(string()) });
const StoredDashboard = object({
	folderUid: string(),
	dashboard: looseObject({
		uid: string(),
		title: string()
	})
});
const hitsSchema = array(object({
	uid: string(),
	title: string()
}));
const boardSchema = object({
	meta: looseObject({
		folderUid: string().default(""),
		provisioned: boolean().default(false)
	}),
	dashboard: looseObject({
		uid: string(),
		title: string()
	})
});
const sourceSchema = Datasource.extend({
	readOnly: boolean().default(false),
	secureJsonFields: record(string(), boolean()).nullish()
});
/** What Grafana itself takes for "all". */
const most = 5e3;
/** The part of Grafana's HTTP API that a backup needs; of versions 9 to 13. Throws HttpError on anything but a good answer. */
function grafanaApi(context, { url, user, password }) {
	const base = url.replace(/\/+$/, "");
	const headers = {
		authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
		accept: "application/json",
		"content-type": "application/json"
	};
	const get = async (path, schema) => parseJson(expectOk(await send(context, `${base}${path}`, { headers })), schema);
	const find = async (path, schema) => {
		const answer = await send(context, `${base}${path}`, { headers });
		return answer.status === 404 ? void 0 : parseJson(expectOk(answer), schema);
	};
	const post = (path, body) => send(context, `${base}${path}`, {
		method: "POST",
		headers,
		body: JSON.stringify(body)
	});
	const of = encodeURIComponent;
	return {
		version: async () => (await get("/api/health", looseObject({ version: string() }))).version,
		/** Those directly below a folder. Versions without nested folders list all, whatever is asked. */
		folders: (parent) => get(`/api/folders?limit=${most}${parent === void 0 ? "" : `&parentUid=${of(parent)}`}`, array(Folder)),
		datasourceUids: async () => (await get("/api/datasources", array(object({ uid: string() })))).map(({ uid }) => uid),
		datasource: (uid) => find(`/api/datasources/uid/${of(uid)}`, sourceSchema),
		dashboardUids: async () => (await get(`/api/search?type=dash-db&limit=${most}`, hitsSchema)).map(({ uid }) => uid),
		dashboard: (uid) => find(`/api/dashboards/uid/${of(uid)}`, boardSchema),
		createFolder: (folder) => post("/api/folders", folder).then(refusalOf),
		createDatasource: (datasource) => post("/api/datasources", datasource).then(refusalOf),
		saveDashboard: ({ folderUid, dashboard }) => {
			const { id: _, version: __, ...model } = dashboard;
			return post("/api/dashboards/db", {
				dashboard: model,
				folderUid,
				overwrite: true,
				message: "restored by monstack"
			}).then(refusalOf);
		}
	};
}
/** Why it was not taken; undefined when it was. */
function refusalOf(answer) {
	return answer.status === 200 ? void 0 : `HTTP ${answer.status}: ${excerpt(answer.body)}`;
}

// src/backup/restored.ts
function nothingYet() {
	return {
		created: [],
		replaced: [],
		skipped: [],
		failed: []
	};
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

// src/backup/exec.ts
/** Bytes on their way, either way: the client itself would hold whatever comes faster than it is taken. */
const mostHeld = 1048576;
/** Milliseconds without a byte after which a connection is given up. */
const silentMs = 6e4;
const pollMs$1 = 20;
/**
* Starts a command in a container. Its output comes no faster than it is read; its input is sent no faster than it is
* taken, and isn't ended: the protocol of older API servers can't, so that a command has to know how much it reads.
* @throws InstallError when it can't be started.
*/
async function startInPod(context, kube, at, command, input) {
	const { host, signal } = context;
	const output = new PassThrough({ highWaterMark: mostHeld });
	output.on("error", () => {});
	let complaint = "";
	const errors = new Writable({ write: (chunk, _encoding, done) => {
		complaint = `${complaint}${chunk}`.slice(-2e3);
		done();
	} });
	const { promise: ended, resolve, reject } = Promise.withResolvers();
	ended.catch(() => {});
	const over = new AbortController();
	const opened = Promise.withResolvers();
	opened.promise.catch(() => {});
	let heard = host.now();
	const end = (error) => {
		if (over.signal.aborted) return;
		over.abort();
		if (error === void 0) return resolve();
		reject(error);
		output.destroy(error);
	};
	const stdin = input === void 0 ? null : Readable.from(paced(context, input, opened.promise, over.signal, () => {
		heard = host.now();
	}));
	stdin?.on("error", (error) => end(error));
	const exec = new Exec(kube);
	const { namespace, pod, container } = at;
	const socket = await exec.exec(namespace, pod, container, [...command], output, errors, stdin, false, (status) => end(failureOf(status, at, command, complaint))).catch((cause) => {
		throw refused(at, cause);
	});
	opened.resolve(socket);
	socket.on("message", () => {
		heard = host.now();
		if (!output.writableNeedDrain || socket.isPaused) return;
		socket.pause();
		output.once("drain", () => socket.resume());
	});
	socket.on("close", () => end(new InstallError(`the connection to ${nameOf(at)} ended before its time`)));
	const stop = (error) => {
		end(error);
		socket.terminate();
	};
	output.once("close", () => socket.terminate());
	if (signal.aborted) stop(new Interrupted());
	signal.addEventListener("abort", () => stop(new Interrupted()), { signal: over.signal });
	watchSilence();
	return {
		output,
		ended
	};
	async function watchSilence() {
		while (!over.signal.aborted) {
			await host.sleep(1e3, over.signal).catch(() => void 0);
			if (socket.isPaused) heard = host.now();
			if (!over.signal.aborted && host.now() - heard > silentMs) stop(new InstallError(`${nameOf(at)} said nothing for ${silentMs / 1e3} s`));
		}
	}
}
/** Runs a command in a container to its end. @returns what it wrote */
async function runInPod(context, kube, at, command) {
	const { output, ended } = await startInPod(context, kube, at, command);
	const parts = [];
	for await (const part of output) parts.push(part);
	await ended;
	return Buffer.concat(parts).toString("utf8");
}
/** Stays open after the last piece until the command has ended: the end of the input would end the connection. */
async function* paced({ host }, input, opened, over, onSent) {
	const socket = await opened;
	for await (const piece of input) {
		while (socket.bufferedAmount > mostHeld && !over.aborted) await host.sleep(pollMs$1);
		if (over.aborted) return;
		onSent();
		yield Buffer.from(piece);
	}
	await new Promise((resolve) => {
		if (over.aborted) resolve();
		over.addEventListener("abort", () => resolve(), { once: true });
	});
}
function failureOf({ status, message, details }, at, command, complaint) {
	if (status === "Success") return void 0;
	const said = `${complaint.trim() || message || "it failed"}`;
	if (/executable file not found|no such file or directory.*(?:"sh"|"tar")/i.test(said)) return new InstallError(`${nameOf(at)} has no ${command[0]}: ${said}`, { mend: "its image has no shell and no tar (one that is called distroless); use the ordinary one" });
	const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
	const how = code === void 0 ? "failed" : `ended with exit code ${code}`;
	return new InstallError(`${command[0]} in ${nameOf(at)} ${how}: ${said}`);
}
function refused(at, cause) {
	const said = cause.message ?? String(cause);
	const forbidden = /\b403\b/.test(said);
	return new InstallError(`no command can be started in ${nameOf(at)}: ${said}`, {
		...forbidden ? { mend: "the kubeconfig's user needs the verbs get and create on pods/exec" } : {},
		cause
	});
}
function nameOf({ namespace, pod, container }) {
	return `container ${container} of pod ${namespace}/${pod}`;
}

// src/backup/server-pods.ts
/**
* The containers that Prometheus runs in: those of the ready pods behind its service, whoever made the pods.
* @throws InstallError when there is none, or it can't be told which container it is.
*/
async function serverContainers(kube, { service: { namespace, name } }, signal) {
	const options = bounded(requestTimeoutMs, signal);
	const ask = async (what, call) => call.catch((cause) => {
		throw new InstallError(`${what} can't be read: ${reasonOf(cause)}`, { cause });
	});
	const labelSelector = `kubernetes.io/service-name=${name}`;
	const names = (await ask(`the endpoints of service ${namespace}/${name}`, kube.makeApiClient(ObjectDiscoveryV1Api).listNamespacedEndpointSlice({
		namespace,
		labelSelector
	}, options))).items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod").flatMap(({ targetRef }) => targetRef?.name ?? []);
	const unique = [...new Set(names)].sort();
	if (unique.length === 0) throw new InstallError(`service ${namespace}/${name} has no ready pod`);
	const core = kube.makeApiClient(ObjectCoreV1Api);
	return await Promise.all(unique.map(async (pod) => {
		const read = core.readNamespacedPod({
			namespace,
			name: pod
		}, options);
		return {
			namespace,
			pod,
			container: containerOf(await ask(`pod ${namespace}/${pod}`, read))
		};
	}));
}
/** The one that is told where to store: a reloader beside it is not. */
function containerOf({ metadata, spec }) {
	const containers = spec?.containers ?? [];
	const words = ({ command = [], args = [] }) => [...command, ...args];
	const found = containers.find((one) => words(one).some((word) => /^--?storage\.tsdb\.path(=|$)/.test(word))) ?? (containers.length === 1 ? containers[0] : void 0);
	if (found !== void 0) return found.name;
	throw new InstallError(`pod ${metadata?.namespace}/${metadata?.name} has ${containers.length} containers, and none of them has --storage.tsdb.path`, { mend: "name Prometheus' storage path on its command line" });
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

// src/backup/silences.ts
const Silence = object({
	matchers: array(object({
		name: string(),
		value: string(),
		isRegex: boolean(),
		isEqual: boolean().default(true)
	})),
	startsAt: string(),
	endsAt: string(),
	createdBy: string(),
	comment: string()
});
const listedSchema = array(Silence.extend({ status: object({ state: string() }) }));
function base({ url }) {
	return `${url.replace(/\/+$/, "")}/api/v2/silences`;
}
/** Those that are in force, or will be. */
async function readSilences(context, endpoint) {
	return parseJson(expectOk(await send(context, base(endpoint))), listedSchema).filter(({ status }) => status.state !== "expired").map(({ status: _, ...silence }) => silence);
}
/** Makes silences anew; what is over or there already is left out. */
async function restoreSilences(context, endpoint, silences) {
	const restored = nothingYet();
	const there = new Set((await readSilences(context, endpoint)).map(sameness));
	for (const silence of silences) {
		const what = describe(silence);
		if (Date.parse(silence.endsAt) <= context.host.now()) {
			restored.skipped.push(`${what}: it ended at ${silence.endsAt}`);
			continue;
		}
		if (there.has(sameness(silence))) {
			restored.skipped.push(`${what}: it is there already`);
			continue;
		}
		const headers = { "content-type": "application/json" };
		const body = JSON.stringify(silence);
		const answer = await send(context, base(endpoint), {
			method: "POST",
			headers,
			body
		});
		if (answer.status === 200) restored.created.push(what);
		else restored.failed.push(`${what}: HTTP ${answer.status}: ${excerpt(answer.body)}`);
	}
	return restored;
}
/** When it began is changed by Alertmanager: a silence can't begin in the past. */
function sameness({ matchers, endsAt, comment }) {
	const sorted = matchers.map(({ name, value, isRegex, isEqual }) => [
		name,
		value,
		isRegex,
		isEqual
	].join(" "));
	return JSON.stringify([
		sorted.sort(),
		Date.parse(endsAt),
		comment
	]);
}
function describe({ matchers }) {
	return `{${matchers.map(({ name, value, isRegex, isEqual }) => `${name}${isEqual ? isRegex ? "=~" : "=" : isRegex ? "!~" : "!="}${JSON.stringify(value)}`).join(", ")}}`;
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
		const data = JSON.parse(await textOf(entry));
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

// src/backup/blocks.ts
const metaSchema = object({
	ulid: string(),
	minTime: number(),
	maxTime: number(),
	stats: object({
		numSamples: number().optional(),
		numSeries: number().optional(),
		numFloatSamples: number().optional()
	})
});
/**
* Has Prometheus make a snapshot, and finds the pod that it is in: with replicas, the service leads to any of them.
* @param dataDir as the container sees it
*/
async function makeSnapshot({ context, kube }, prometheus, dataDir) {
	const containers = await serverContainers(kube, prometheus, context.signal);
	const name = await takeSnapshot(context, prometheus);
	const folder = `${dataDir.replace(/\/+$/, "")}/snapshots/${name}`;
	const look = [
		"sh",
		"-c",
		"if [ -d \"$1\" ]; then echo here; fi",
		"sh",
		folder
	];
	for (const at of containers) if ((await runInPod(context, kube, at, look)).trim() === "here") return {
		at,
		folder
	};
	throw new InstallError(`the snapshot ${name} is in none of Prometheus' pods: ${containers.map(({ pod }) => pod).join(", ")}`);
}
async function removeSnapshot({ context, kube }, { at, folder }) {
	await runInPod(context, kube, at, [
		"rm",
		"-rf",
		folder
	]);
}
/**
* The files of a snapshot's blocks, streamed out of the pod.
* @param blocks what is told of each block as it comes by
*/
async function* snapshotFiles({ context, kube }, { at, folder }, blocks) {
	const { output, ended } = await startInPod(context, kube, at, [
		"tar",
		"-cf",
		"-",
		"-C",
		folder,
		"."
	]);
	const source = output[Symbol.asyncIterator]();
	const limit = Number.MAX_SAFE_INTEGER;
	const files = plainTarEntries(withoutEnd(source), `the snapshot in pod ${at.pod}`, {
		what: "it",
		limit
	});
	try {
		for await (const { name, size, pieces } of files) {
			const path = `prometheus/${name}`;
			if (!name.endsWith("/meta.json")) {
				yield {
					path,
					size,
					pieces
				};
				continue;
			}
			const text = await collect(pieces());
			blocks.push(toBlock(text.toString("utf8")));
			yield {
				path,
				size,
				pieces: () => once(text)
			};
		}
		while (!(await source.next()).done);
		await ended;
	} finally {
		await source.return?.();
	}
}
/** The reader ends its source at the archive's end, before the sender is done. */
function withoutEnd(source) {
	return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}
function toBlock(meta) {
	const { ulid, minTime, maxTime, stats } = metaSchema.parse(JSON.parse(meta));
	const iso = (ms) => new Date(ms).toISOString();
	const samples = stats.numSamples ?? stats.numFloatSamples ?? 0;
	return {
		ulid,
		from: iso(minTime),
		to: iso(maxTime - 1),
		series: stats.numSeries ?? 0,
		samples
	};
}
async function collect(pieces) {
	const parts = [];
	for await (const piece of pieces) parts.push(piece);
	return Buffer.concat(parts);
}
async function* once(bytes) {
	yield bytes;
}

// src/backup/grafana-backup.ts
/** Folders, datasources without their secrets, and dashboards, a file each; `counts` is filled in as they come. */
async function* grafanaFiles(api, counts) {
	for (const folder of await allFolders(api)) {
		counts.folders += 1;
		yield jsonContent(paths.grafana("folders", folder.uid), folder);
	}
	for (const uid of await api.datasourceUids()) {
		const found = await api.datasource(uid);
		if (found === void 0) continue;
		const { secureJsonFields, readOnly: _, ...datasource } = found;
		const secrets = Object.entries(secureJsonFields ?? {}).flatMap(([name, set]) => set ? [name] : []);
		counts.datasources += 1;
		yield jsonContent(paths.grafana("datasources", uid), {
			...withoutSecrets(datasource),
			secrets
		});
	}
	for (const uid of await api.dashboardUids()) {
		const found = await api.dashboard(uid);
		if (found === void 0) continue;
		counts.dashboards += 1;
		const { folderUid } = found.meta;
		yield jsonContent(paths.grafana("dashboards", uid), {
			folderUid,
			dashboard: found.dashboard
		});
	}
}
/** A folder comes after the one that it is in. */
async function allFolders(api) {
	const found = /* @__PURE__ */ new Map();
	const waiting = [void 0];
	while (waiting.length > 0) {
		const parent = waiting.shift();
		for (const folder of await api.folders(parent)) {
			if (found.has(folder.uid)) continue;
			found.set(folder.uid, folder);
			waiting.push(folder.uid);
		}
	}
	return [...found.values()];
}
/** A login in the URL, and what somebody put among the plain settings though it is a secret. */
function withoutSecrets(datasource) {
	const { url, jsonData } = datasource;
	const plain = Object.entries(jsonData ?? {}).filter(([name, value]) => typeof value !== "string" || !isCredentialName(name));
	return {
		...datasource,
		url: url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1"),
		jsonData: Object.fromEntries(plain)
	};
}

// src/backup/backup.ts
/**
* Writes what a stack knows into one archive: a snapshot of Prometheus, Grafana's folders, datasources and dashboards,
* Alertmanager's silences. The snapshot in the pod is removed again, whatever happens.
* @param version monstack's own
* @throws UserError when there is no Prometheus, or its admin API is off.
*/
async function makeBackup(target, file, version) {
	const { context, prometheus } = target;
	if (prometheus === void 0) throw new UserError("the stack has no Prometheus that could be backed up");
	const server = await lookAtServer(context, prometheus);
	const snapshot = await makeSnapshot(target, prometheus, server.dataDir);
	try {
		return await writeAll(target, {
			file,
			version,
			server: server.version,
			prometheus,
			snapshot
		});
	} finally {
		await tryRemove(target, snapshot);
	}
}
async function writeAll(target, writing) {
	const { context } = target;
	const blocks = [];
	const seen = {};
	const createdAt = new Date(context.host.now()).toISOString();
	const contents = async function* () {
		if (target.grafana !== void 0) {
			const api = grafanaApi(context, target.grafana);
			const counts = {
				folders: 0,
				datasources: 0,
				dashboards: 0
			};
			const grafana = await api.version();
			yield* grafanaFiles(api, counts);
			seen.grafana = {
				version: grafana,
				...counts
			};
		}
		if (target.alertmanager !== void 0) {
			const { version } = await alertmanagerClient(context, target.alertmanager).status();
			const silences = await readSilences(context, target.alertmanager);
			yield jsonContent(paths.silences, silences);
			seen.alertmanager = {
				version,
				silences: silences.length
			};
		}
		yield* snapshotFiles(target, writing.snapshot, blocks);
	};
	return await writeArchive(context.host, writing.file, contents(), async (parts) => ({
		format: 1,
		monstack: writing.version,
		createdAt,
		prometheus: await describeBlocks(target, writing, blocks),
		...seen,
		parts: [...parts]
	}));
}
async function describeBlocks({ context }, { server, prometheus }, blocks) {
	if (blocks.length === 0) throw new InstallError("Prometheus has no samples yet: there is nothing to back up");
	const sorted = [...blocks].sort((a, b) => a.from.localeCompare(b.from));
	const from = sorted[0]?.from ?? "";
	const to = sorted.map((block) => block.to).reduce((a, b) => a > b ? a : b);
	return {
		version: server,
		from,
		to,
		series: Math.max(...sorted.map(({ series }) => series)),
		samples: sorted.reduce((sum, { samples }) => sum + samples, 0),
		blocks: sorted,
		probe: await takeProbe(context, prometheus, Date.parse(from), Date.parse(to))
	};
}
const probeQuery = "count(up)";
/** Milliseconds before the snapshot's end: a scrape that was on its way then is in Prometheus, and not in the snapshot. */
const settledMs = 3e4;
async function takeProbe(context, prometheus, from, to) {
	for (const ms of [Math.max(to - settledMs, (from + to) / 2), to]) {
		const time = Math.floor(ms) / 1e3;
		const value = await valueAt(context, prometheus, probeQuery, time);
		if (value !== void 0) return {
			query: probeQuery,
			time,
			value
		};
	}
	throw new InstallError(`Prometheus has no sample of \`up\`: it has scraped nothing yet`);
}
/** It takes room in Prometheus' volume; with the backup at hand that is no reason to fail. */
async function tryRemove(target, snapshot) {
	const { host, log } = target.context;
	const calm = {
		...target,
		context: {
			host,
			log,
			signal: new AbortController().signal
		}
	};
	try {
		await removeSnapshot(calm, snapshot);
	} catch (error) {
		const { pod, namespace } = snapshot.at;
		log.warn(`the snapshot ${snapshot.folder} in pod ${namespace}/${pod} could not be removed: ${messageOf(error)}`);
	}
}

// src/core/back-up.ts
/** Writes a stack that is up into an archive. */
async function backUp(session, record, file) {
	const target = await toStack(session, record);
	const { manifest, bytes } = await session.recorder.phase("backup", () => makeBackup(target, file, session.version));
	const { series, from, to } = manifest.prometheus;
	return {
		manifest,
		kept: {
			path: file,
			bytes,
			series,
			from,
			to
		}
	};
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

// src/cli/doctor.ts
/**
* Looks at the machine, or at the existing cluster, and says all that a run would find. Changes nothing.
* @returns the exit code: 3 when a run could not start
*/
async function doctor(session, print) {
	const { context, loaded } = session;
	const { config } = loaded;
	if (config.cluster.kind === "existing") {
		const cluster = await existingCluster(context, config.cluster);
		print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
		return exitCode.verified;
	}
	const { problems: found, result } = await examine(context, config);
	const problems = [...found, ...await busyPorts(session)];
	print(`${"machine".padEnd(9)}${context.host.arch}, ${rights[context.host.rights]}\n`);
	for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
	for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
	for (const { message, mend } of problems) print(`problem  ${message}\n         to mend it: ${mend}\n`);
	print(problems.length === 0 ? "ok       k3s can run here\n" : `${problems.length} problem(s): k3s can't run here yet\n`);
	return problems.length === 0 ? exitCode.verified : exitCode.notInstalled;
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

// src/plan/format.ts
/** What `monstack plan` shows. Only values that a profile set are shown, so no password ever is. */
function formatPlan(plan) {
	const { config } = plan;
	const where = config.cluster.kind === "k3s" ? `k3s ${config.k3s.path ?? config.k3s.version}` : existing(config.cluster);
	return `${[
		`Profile ${config.profile}, on ${where}, with helm ${config.helm.path ?? config.helm.version}`,
		`Configuration: ${config.file ?? "the defaults (there is no monstack.yaml)"}`,
		"",
		"Apps, in this order:",
		...appLines(plan.apps),
		"",
		...settingLines(plan),
		...alertingLines(plan)
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
function settingLines({ config, apps, profileSettings }) {
	if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
	const lines = ["Values that are set because yours leave them open:"];
	for (const { name } of apps) {
		const own = profileSettings.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, why } of own) lines.push(`    ${path}: ${JSON.stringify(value)}`, `        ${why}`);
	}
	if (config.profile !== "as-is") lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
	return lines;
}
function alertingLines({ config, alerting }) {
	if (alerting.kind === "as-is") return ["", `Whether alerts are delivered is not tried: ${alerting.reason}.`];
	if (config.alerting.receivers !== "capture") return [];
	return ["", "Alertmanager's receivers and waits are replaced even where they are yours, since you asked for it."];
}
function align(rows) {
	const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join("  ").trimEnd());
}

// src/cli/plan.ts
/** What a run would do, as text. Touches nothing. */
function plan(session) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	return formatPlan(prepare(session).plan);
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
		if (line.command === "plan") return print(plan(session));
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