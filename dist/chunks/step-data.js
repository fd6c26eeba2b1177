import { _ as describeError, d as tryParseJson, f as CommandError, g as UserError, i as formatCount, r as encodeUrlPart } from "./text.js";
import { Bi as selectFindings, Bn as listRunnerMasks, Bt as hashFile, E as archiveFile, Eo as throwIfAny, Gi as listReasons, Jr as describeInput, Ki as summarizeVerdict, Mi as renderFolded, O as findCachedTool, Oa as joinBelow, P as readPackedProgram, Ps as parseYaml, Qr as settings, Rn as createRedactor, S as noteImage, Ti as renderComparison, Ui as formatSpan, Vi as describeOutcome, Wi as isBad, Xr as listSettingNames, Yn as Lock, Yr as inputSettings, Zo as findUntrusted, _ as getBlobPath, bi as maxSummaryBytes, bo as splitText, c as getTextPath, ct as formatFlowValue, ds as isMapping, f as readImageParts, i as findForeignTools, in as getCacheFolder, j as keepTool, ji as escapeMarkdown, jt as getArchivePath, kt as findCachedArchive, l as readCachedDashboard, ls as getValueAt, mi as reportFiles, n as formatMessage, on as keepFile, r as readResults, sn as refuseShared, st as setInputs, t as getKnownPlaces, vi as renderLater, x as maxDocumentBytes, yi as renderSummary, z as getRelease, zi as rankLogged } from "./known.js";
import { t as formatBytes } from "./quantity.js";
import { r as readBody } from "./kube-http.js";
import { i as selectRunnerEnvironment } from "./kube-config.js";
import { a as getState, c as saveState, d as setSecret, f as warning, i as getInput, l as setFailed, n as debug, o as info, p as summary, r as error, u as setOutput } from "./core.js";
import { basename, dirname, join } from "node:path";
import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";

// src/action/artifacts.ts
async function uploadBackup({ host, log }, { path }) {
	if (!hasArtifacts(host)) return log.info(`this runner keeps no artifacts: the backup is ${path}`);
	const name = createArtifactName(host, "backup");
	try {
		await uploadArtifact(name, path, { compressionLevel: 0 });
		log.info(`the backup is kept as the artifact ${name}`);
	} catch (error) {
		log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
	}
}
async function uploadPage({ host, log }, path) {
	if ((await host.files.stat(path))?.kind !== "file") return void 0;
	if (!hasArtifacts(host)) {
		log.info(`this runner keeps no artifacts: the report is ${path}`);
		return;
	}
	const name = createArtifactName(host, "report");
	try {
		const url = formatArtifactUrl(host, await uploadPlainPage(host, name, path).catch(async (error) => {
			log.debug(`the report is uploaded as a zip archive: ${describeError(error)}`);
			return await uploadArtifact(name, path, {});
		}));
		log.info(`the report is kept as an artifact: ${url ?? name}`);
		return url;
	} catch (error) {
		log.warn(`the report could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
		return;
	}
}
async function uploadPlainPage(host, name, path) {
	return await host.files.withTemp("monstack-report-", async (folder) => {
		const copy = join(folder, `${name}.html`);
		await host.files.write(copy, host.files.stream(path));
		return await uploadArtifact(basename(copy), copy, { skipArchive: true });
	});
}
async function uploadArtifact(name, path, options) {
	const { DefaultArtifactClient } = await import("./artifact.js");
	const { id } = await new DefaultArtifactClient().uploadArtifact(name, [path], dirname(path), options);
	return id;
}
function hasArtifacts({ env }) {
	return Boolean(env["ACTIONS_RUNTIME_TOKEN"] && env["ACTIONS_RESULTS_URL"]);
}
function createArtifactName({ env }, what) {
	return `monstack-${what}-${(env["GITHUB_JOB"] || "job").replaceAll(/[^\w.-]/g, "-")}-${randomBytes(3).toString("hex")}`;
}
function formatArtifactUrl({ env }, id) {
	const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
	if (id === void 0 || !repository || !run) return void 0;
	return `${env["GITHUB_SERVER_URL"] || "https://github.com"}/${repository}/actions/runs/${run}/artifacts/${id}`;
}

// src/cache/locked-items.ts
function createLockedItems(context, lock) {
	const tools = [
		"k3s",
		"helm",
		"kubectl"
	].flatMap((name) => {
		const tool = lock.tools[name];
		return tool === void 0 ? [] : [createToolItem(context, name, tool)];
	});
	const charts = lock.charts.map((chart) => createChartItem(context, chart));
	const dashboards = lock.dashboards.map((dashboard) => createDashboardItem(context, dashboard));
	const images = lock.images.map((image) => createImageItem(context, image));
	const items = [
		...tools,
		...charts,
		...dashboards,
		...images
	];
	return items.filter(({ file }, index) => items.findIndex((candidate) => candidate.file === file) === index);
}
async function verifyDigest({ host }, path, sha256) {
	if (await hashFile(host, path) !== sha256) throw new Error("it is not what the lock says");
	return (await host.files.stat(path))?.bytes ?? 0;
}
function createToolItem(context, name, tool) {
	const { host } = context;
	const { arch } = host;
	const { version } = tool;
	const { sha256, url } = tool[arch];
	const { entry } = getRelease(name, version, arch);
	const key = {
		name,
		version,
		sha256
	};
	return {
		what: `${name} ${version}`,
		file: sha256,
		local: async () => (await findCachedTool(context, key))?.download,
		keep: (path) => host.files.withTemp("monstack-tool-", async (folder) => {
			const bytes = await verifyDigest(context, path, sha256);
			const downloadPath = join(folder, entry === void 0 ? name : archiveFile);
			await host.files.write(downloadPath, host.files.stream(path), 493);
			if (entry !== void 0) await host.files.write(join(folder, name), readPackedProgram(host, downloadPath, entry), 493);
			await keepTool(context, key, folder, {
				arch,
				url
			});
			return bytes;
		})
	};
}
function createChartItem(context, chart) {
	const { host } = context;
	const { from, name, version, sha256 } = chart;
	return {
		what: `chart ${name === "" ? from : name} ${version}`,
		file: sha256,
		local: () => findCachedArchive(context, sha256),
		keep: async (path) => {
			const bytes = await verifyDigest(context, path, sha256);
			await keepFile(host, getArchivePath(host, sha256), host.files.stream(path));
			return bytes;
		}
	};
}
function createDashboardItem(context, dashboard) {
	const { host } = context;
	const { from, revision, sha256 } = dashboard;
	return {
		what: `dashboard ${from}${revision === void 0 ? "" : ` revision ${revision}`}`,
		file: sha256,
		local: async () => await readCachedDashboard(context, sha256) === void 0 ? void 0 : getTextPath(host, sha256),
		keep: async (path) => {
			const bytes = await verifyDigest(context, path, sha256);
			await keepFile(host, getTextPath(host, sha256), host.files.stream(path));
			return bytes;
		}
	};
}
function createImageItem(context, image) {
	const { host } = context;
	const ofCache = (digest) => getBlobPath(host, digest);
	return {
		what: `image ${image.image}`,
		file: image.digest.replace("sha256:", ""),
		local: async () => {
			return await listVerifiedBlobs(context, image, ofCache).catch(() => void 0) && ofCache(image.digest);
		},
		packRest: async (folder) => {
			for (const digest of (await listVerifiedBlobs(context, image, ofCache)).slice(1)) await host.files.write(joinBelow(folder, getFileName(digest)), host.files.stream(ofCache(digest)));
		},
		keep: async (path) => {
			const ofFolder = (digest) => joinBelow(dirname(path), getFileName(digest));
			const blobs = await listVerifiedBlobs(context, image, ofFolder);
			let bytes = 0;
			for (const digest of blobs) {
				await keepFile(host, ofCache(digest), host.files.stream(ofFolder(digest)));
				bytes += (await host.files.stat(ofFolder(digest)))?.bytes ?? 0;
			}
			await noteImage(host, image, blobs);
			return bytes;
		}
	};
}
function getFileName(digest) {
	return digest.replace("sha256:", "");
}
async function listVerifiedBlobs(context, { image, digest }, getPath) {
	const { host } = context;
	const verify = async (wanted) => {
		await refuseShared(host, dirname(getPath(wanted)));
		await verifyDigest(context, getPath(wanted), getFileName(wanted));
	};
	const parts = await readImageParts(image, digest, host.arch, async (_kind, wanted) => {
		await verify(wanted.digest);
		const file = await host.files.open(getPath(wanted.digest), "read");
		return {
			bytes: await file.read(0, maxDocumentBytes).finally(file.close),
			mediaType: ""
		};
	});
	for (const layer of parts.layers) await verify(layer.digest);
	const documents = [...parts.documents, parts.config].map(({ descriptor }) => descriptor.digest);
	return [.../* @__PURE__ */ new Set([...documents, ...parts.layers.map((layer) => layer.digest)])];
}
async function packItems({ host }, items, folder) {
	await host.files.remove(folder);
	const missing = [];
	for (const item of items) {
		const local = await item.local();
		if (local === void 0) {
			missing.push(item);
			continue;
		}
		await host.files.write(joinBelow(folder, item.file), host.files.stream(local));
		await item.packRest?.(folder);
	}
	return missing;
}
async function unpackItems(context, items, folder) {
	const { host, log } = context;
	const kept = [];
	let bytes = 0;
	for (const item of items) {
		const path = joinBelow(folder, item.file);
		const status = await host.files.stat(path);
		if (status === void 0) {
			log.warn(`${item.what} is not in the restored cache; it is fetched`);
			continue;
		}
		try {
			if (status.kind !== "file") throw new Error("it is not even a file");
			bytes += await item.keep(path);
			kept.push(item);
		} catch (error) {
			log.warn(`${item.what} of the restored cache is not used: ${describeError(error)}; it is fetched again`);
		}
	}
	return {
		kept,
		bytes
	};
}

// src/action/cache-service.ts
const maskCommand = "::add-mask::";
const timeoutExitCode = 124;
async function transferFolder({ host, log }, argv, { script, limitMs }) {
	const temporaryFolder = host.env["RUNNER_TEMP"] || tmpdir();
	const { stdout, stderr, exitCode } = await host.exec([
		process.execPath,
		script,
		...argv
	], {
		timeoutMs: limitMs,
		allowFailure: true,
		env: {
			...selectRunnerEnvironment(host.env),
			RUNNER_TEMP: temporaryFolder
		}
	}).catch((error) => {
		if (!(error instanceof CommandError) || error.commandExitCode !== timeoutExitCode) throw error;
		throw new Error(`the cache service took longer than ${limitMs / 1e3} s`);
	});
	const lines = stdout.split("\n").filter((line) => line !== "");
	const maskLines = lines.filter((line) => line.startsWith(maskCommand));
	for (const line of maskLines) log.mask(unescapeData(line.slice(12)));
	for (const line of lines) if (!line.startsWith("::")) log.debug(`cache service: ${line}`);
	if (exitCode === 0 && lines.at(-1) === "done") return {
		done: true,
		why: void 0
	};
	const failure = exitCode === 0 ? void 0 : stderr.trim().split("\n").at(-1) ?? `exit code ${exitCode}`;
	const errorMessage = findClientError(stdout) ?? failure;
	if (errorMessage !== void 0) throw new Error(errorMessage);
	return {
		done: false,
		why: /^Failed to save: (.+)$/m.exec(stdout)?.[1]
	};
}
function findClientError(stdout) {
	const [, message] = /^::(?:warning|error)[^:]*::(.+)$/m.exec(stdout) ?? [];
	return message && unescapeData(message).replaceAll("\n", " ").replaceAll("\r", "");
}
function unescapeData(text) {
	return text.replaceAll("%0A", "\n").replaceAll("%0D", "\r").replaceAll("%25", "%");
}
function hasCacheService(env) {
	return Boolean(env["ACTIONS_CACHE_SERVICE_V2"] ? env["ACTIONS_RESULTS_URL"] : env["ACTIONS_CACHE_URL"]);
}
function findReleaseSign(env) {
	if (env["GITHUB_EVENT_NAME"] === "release") return "a release started this workflow";
	if (env["GITHUB_REF_TYPE"] === "tag") return `this workflow runs for the tag ${env["GITHUB_REF_NAME"] ?? ""}`;
}

// src/action/github-cache.ts
const restoreLimitMs = 12e4;
const saveLimitMs = 24e4;
async function findKept(context, config, isRestricted = false) {
	const { host, log } = context;
	const text = await host.files.read(config.lock.file);
	const cacheUse = decideCacheUse(config, host, text);
	if (cacheUse.kind === "off") {
		if (cacheUse.why !== void 0) log.info(cacheUse.why);
		return;
	}
	const lock = parseLock(text);
	if (lock === void 0 || createLockedItems(context, lock).length === 0) return void 0;
	if (isRestricted && findForeignTools(lock).length > 0) return void 0;
	return {
		key: cacheUse.key,
		lock
	};
}
async function restoreLocked(context, { key, lock }, options) {
	const { host, log } = context;
	const folder = getTransferFolder$1(context);
	await refuseShared(host, folder);
	const items = createLockedItems(context, lock);
	try {
		await host.files.remove(folder);
		if (!(await transferFolder(context, [
			"restore",
			key,
			folder
		], options)).done) {
			log.info(`cache: nothing is kept as ${key} yet; what is fetched now will be`);
			return {
				isHit: false,
				saveAs: key
			};
		}
		const { kept, bytes } = await unpackItems(context, items, folder);
		log.info(`cache: ${kept.length} of ${items.length} downloads restored (${formatBytes(bytes)}), each as the lock says`);
		return {
			isHit: kept.length === items.length,
			saveAs: void 0
		};
	} catch (error) {
		log.warn(`cache: nothing was restored, so everything is fetched: ${describeError(error)}`);
		return {
			isHit: false,
			saveAs: void 0
		};
	} finally {
		await host.files.remove(folder);
	}
}
async function saveLocked(context, { lockFile, saveAs }, options) {
	const { host, log } = context;
	const folder = getTransferFolder$1(context);
	const untrusted = await findUntrusted(host.files, folder);
	if (untrusted) return log.warn(`cache: nothing is saved, since ${untrusted.path} ${untrusted.why}`);
	try {
		const text = await host.files.read(lockFile) ?? "";
		const lock = parseLock(text);
		if (lock === void 0 || createCacheKey(host.arch, text) !== saveAs) return log.info("cache: nothing is saved, since the lock file is another one than when the job began");
		const missing = await packItems(context, createLockedItems(context, lock), folder);
		if (missing.length > 0) {
			const names = missing.map(({ what }) => what).join(", ");
			return log.info(`cache: nothing is saved, since not all was fetched that the lock names: ${names}`);
		}
		const { done, why } = await transferFolder(context, [
			"save",
			saveAs,
			folder
		], options);
		if (done) log.info(`cache: saved as ${saveAs}`);
		else log.info(`cache: nothing is saved: ${why ?? "the service took nothing"}`);
	} catch (error) {
		log.warn(`cache: nothing was saved, so the next job fetches again: ${describeError(error)}`);
	} finally {
		await host.files.remove(folder);
	}
}
function getTransferFolder$1({ host }) {
	return joinBelow(getCacheFolder(host), "locked");
}
function parseLock(text) {
	try {
		return Lock.safeParse(parseYaml(text ?? "")).data;
	} catch {
		return;
	}
}
function decideCacheUse(config, { env, arch }, lock) {
	const createOff = (why) => ({
		kind: "off",
		why
	});
	if (config.cache === "off" || config.bundle !== void 0) return createOff();
	const releaseReason = config.cache === "auto" ? findReleaseSign(env) : void 0;
	if (releaseReason !== void 0) return createOff(`no cache is used: ${releaseReason}, and what other workflows can write to must not get into a release; \`cache: on\` uses it all the same`);
	if (lock === void 0) return createOff("nothing is cached between jobs without a lock file: `monstack lock` writes one");
	if (!hasCacheService(env)) return createOff("this runner has no cache service: nothing is kept between jobs");
	return {
		kind: "on",
		key: createCacheKey(arch, lock)
	};
}
function createCacheKey(arch, lock) {
	return `monstack-linux-${arch}-${createHash("sha256").update(lock).digest("hex")}`;
}

// src/report/compare/baseline.ts
function toBaseline(results) {
	return {
		...results,
		profileSettings: [],
		adaptations: [],
		trace: results.trace && {
			...results.trace,
			spans: [],
			criticalPath: []
		},
		causes: [],
		targets: [],
		dashboards: results.dashboards.map((dashboard) => ({
			...dashboard,
			panels: dashboard.panels.map((panel) => ({
				...panel,
				queries: []
			}))
		})),
		measurements: void 0,
		comparison: void 0,
		watch: void 0
	};
}

// src/action/last-run.ts
const restoreRunLimitMs = 15e3;
const saveRunLimitMs = 6e4;
const ignoredInputs = /* @__PURE__ */ new Set([
	"report-dir",
	"state-dir",
	"baseline",
	"compare",
	"trust",
	"env"
]);
function planLastRun({ host, log }, { compare, cache }, inputs) {
	const { env, arch } = host;
	if (!compare.lastGreen || compare.baseline !== void 0) return void 0;
	if (cache === "off" || !hasCacheService(env)) return void 0;
	if (cache === "auto" && findReleaseSign(env) !== void 0) return void 0;
	const given = Object.entries(inputs).filter(([name, text = ""]) => text !== "" && !ignoredInputs.has(name)).map(([name, text = ""]) => `${name}=${log.redactor.message(text)}`).toSorted();
	const [workflow = ""] = (env["GITHUB_WORKFLOW_REF"] ?? "").split("@", 1);
	const configuration = hash([
		arch,
		workflow,
		env["GITHUB_JOB"] ?? "",
		env["GITHUB_ACTION"] ?? "",
		...given
	]);
	const createPrefix = (branch) => `monstack-run-${configuration}-${hash([branch])}-`;
	const base = env["GITHUB_BASE_REF"];
	const prefixes = [env["GITHUB_REF"] ?? "", ...base ? [`refs/heads/${base}`] : []].map(createPrefix);
	return {
		saveAs: `${prefixes[0]}${env["GITHUB_RUN_ID"] ?? ""}-${env["GITHUB_RUN_ATTEMPT"] ?? ""}`,
		prefixes
	};
}
async function findLastRun(context, { saveAs, prefixes }, options) {
	const { host, log } = context;
	const folder = getTransferFolder(context);
	try {
		await refuseShared(host, folder);
		await host.files.remove(folder);
		const { done } = await transferFolder(context, [
			"restore",
			saveAs,
			folder,
			...prefixes
		], options);
		if (done) return {
			results: await readResults(host.files, folder),
			from: "GitHub's cache"
		};
		log.info("no earlier run of this branch and configuration is kept, so nothing is compared");
	} catch (error) {
		log.info(`this run is not compared with an earlier one: ${describeError(error)}`);
	} finally {
		await host.files.remove(folder).catch(() => void 0);
	}
}
async function saveLastRun(context, { reportDir, saveAs }, options) {
	const { host, log } = context;
	const folder = getTransferFolder(context);
	try {
		const results = await readResults(host.files, reportDir);
		const leaks = results.teardown?.leaks.length ?? 0;
		if (!results.verified || results.atEnd?.verified === false || leaks > 0) return log.debug("the results are not kept for the next run: this one did not end well");
		const untrusted = await findUntrusted(host.files, folder);
		if (untrusted) return log.info(`the results are not kept: ${untrusted.path} ${untrusted.why}`);
		await host.files.remove(folder);
		await host.files.write(join(folder, "results.json"), JSON.stringify(toBaseline(results)));
		const { done, why } = await transferFolder(context, [
			"save",
			saveAs,
			folder
		], options);
		if (!done) log.info(`the results are not kept for the next run: ${why ?? "the service took nothing"}`);
	} catch (error) {
		log.info(`the results are not kept for the next run: ${describeError(error)}`);
	} finally {
		await host.files.remove(folder).catch(() => void 0);
	}
}
function getTransferFolder({ host }) {
	return joinBelow(getCacheFolder(host), "last-run");
}
function hash(parts) {
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}

// src/action/logger.ts
function createActionLogger() {
	const redactor = createRedactor();
	const format = (message) => formatMessage(message, redactor);
	let pending = [];
	const write = {
		error,
		warning
	};
	const left = {
		error: 10 - 1,
		warning: 10
	};
	const log = (level, message, about) => {
		info(`${level}: ${format(formatLocation(about) + message)}`);
		pending.push(rankLogged(level, format(message), about));
	};
	const annotate = (findings = []) => {
		const all = [...findings.map((finding) => ({
			...finding,
			message: format(finding.message)
		})), ...pending];
		pending = [];
		for (const level of ["error", "warning"]) {
			const selected = selectFindings(all, level, left[level]);
			left[level] -= selected.length;
			for (const { message, about } of selected) write[level](message, toAnnotationProperties(about));
		}
	};
	process.once("exit", () => annotate());
	return {
		debug: (message) => debug(format(message)),
		info: (message) => info(format(message)),
		warn: (message, about) => log("warning", message, about),
		error: (message, about) => log("error", message, about),
		mask: (secret) => {
			if (redactor.add(secret)) for (const line of listRunnerMasks(secret)) setSecret(line);
		},
		redactor,
		fail: (message) => setFailed(format(message)),
		annotate,
		disableAnnotations: () => {
			left.error = 0;
			left.warning = 0;
		}
	};
}
function formatLocation({ file, line, column } = {}) {
	if (file === void 0) return "";
	return `${[file, ...line === void 0 ? [] : column === void 0 ? [line] : [line, column]].join(":")}: `;
}
function toAnnotationProperties({ title = "monstack", file, line, column } = {}) {
	if (file === void 0) return { title };
	return {
		title,
		file,
		...line === void 0 ? {} : { startLine: line },
		...line === void 0 || column === void 0 ? {} : { startColumn: column }
	};
}

// src/report/comment.ts
const maxReasons = 3;
const maxChecks = 20;
const maxChanges = 5;
const toneSign = {
	good: "\u2705",
	bad: "\u274c",
	mixed: "\u26a0\ufe0f"
};
function createMarker(workflow, job) {
	const encode = (text) => encodeUrlPart(text).replaceAll("--", "-%2D");
	return `<!-- monstack ${encode(workflow)} ${encode(job)} -->`;
}
function renderComment(results, marker, links) {
	const { tone, text } = summarizeVerdict(results);
	return [
		marker,
		`### ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})`,
		"",
		...renderReasons(results),
		...renderFailedChecks(results),
		...results.comparison ? renderComparison(results.comparison, maxChanges).map(muteMentions) : [],
		...renderLinks(links)
	].join("\n");
}
function renderReasons(results) {
	const reasons = listReasons(results);
	const rendered = reasons.slice(0, maxReasons).map(({ title, place, fix }) => {
		const more = [...place === void 0 ? [] : [`Where: ${place}`], ...fix === void 0 ? [] : [`To fix it: ${fix}`]];
		return `- **${escapeForeign(title)}**${more.map((line) => `<br>${escapeForeign(line)}`).join("")}`;
	});
	const moreCount = reasons.length - rendered.length;
	return [
		...rendered,
		...moreCount > 0 ? [`- ... and ${moreCount} more in the report`] : [],
		...rendered.length > 0 ? [""] : []
	];
}
function renderFailedChecks({ checks }) {
	const notable = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
	if (notable.length === 0) return [];
	const failedCount = notable.filter(isBad).length;
	const lines = notable.slice(0, maxChecks).map((check) => `- \`${check.status}\` ${escapeForeign(`${check.title}: ${describeOutcome(check)}`)}`);
	const title = `${failedCount} of ${formatCount(checks.length, "check")} failed, ${notable.length - failedCount} with a warning`;
	const moreCount = notable.length - lines.length;
	return renderFolded(title, [...lines, ...moreCount > 0 ? [`- ... and ${moreCount} more`] : []]);
}
function renderLinks({ reportUrl, runUrl, commit }) {
	const parts = [
		...reportUrl === void 0 ? [] : [`[Open the report](${reportUrl})`],
		...runUrl === void 0 ? [] : [`[job summary](${runUrl})`],
		...commit === void 0 ? [] : [`commit ${commit.slice(0, 12)}`]
	];
	return parts.length === 0 ? [] : [parts.join(" \u00b7 "), ""];
}
function escapeForeign(text) {
	return muteMentions(escapeMarkdown(text));
}
function muteMentions(markdown) {
	return markdown.replaceAll("@", "@&#8203;").replaceAll(/(?<!&)#(?=\d)/g, "#&#8203;");
}

// src/action/comment.ts
const requestTimeoutMs = 2e4;
const commentsPerPage = 100;
const maxPages = 20;
const maxCharacters = 65536;
async function commentOnPullRequest({ host, log }, input) {
	const { GITHUB_REPOSITORY: repository = "", GITHUB_WORKFLOW: workflow = "", GITHUB_JOB: job = "" } = host.env;
	try {
		const event = await readEvent(host);
		const number = findPullRequest(event);
		if (number === void 0) return log.info("no comment: this run is not for a pull request");
		if (input.token === "") throw new Error("the input token is empty");
		log.mask(input.token);
		const marker = createMarker(workflow, job);
		const body = renderComment(input.results, marker, {
			reportUrl: input.reportUrl,
			runUrl: findRunUrl(host),
			commit: findCommit(event) ?? host.env["GITHUB_SHA"]
		});
		const url = await writeComment(createApi(host, input.token), `/repos/${repository}`, {
			number,
			marker,
			body: body.slice(0, maxCharacters)
		});
		log.info(`comment on pull request ${number}: ${url}`);
	} catch (error) {
		log.warn(`the comment on the pull request could not be written: ${describeError(error)}`, { title: "monstack: comment" });
	}
}
async function writeComment(api, repository, { number, marker, body }) {
	const comments = `${repository}/issues/${number}/comments`;
	for (const id of (await listMarked(api, comments, marker)).reverse()) {
		const updated = await api("PATCH", `${repository}/issues/comments/${id}`, { body });
		if (updated.status === 200) return readUrl(updated);
		if (updated.status !== 403 && updated.status !== 404) throw describeRefusal(updated);
	}
	const created = await api("POST", comments, { body });
	if (created.status !== 201) throw describeRefusal(created);
	return readUrl(created);
}
async function listMarked(api, comments, marker) {
	const ids = [];
	for (let page = 1; page <= maxPages; page++) {
		const response = await api("GET", `${comments}?per_page=${commentsPerPage}&page=${page}`);
		if (response.status !== 200) throw describeRefusal(response);
		const list = Array.isArray(response.data) ? response.data : [];
		for (const item of list) {
			if (!isMapping(item)) continue;
			const { id, body } = item;
			if (typeof id === "number" && typeof body === "string" && body.startsWith(marker)) ids.push(id);
		}
		if (list.length < commentsPerPage) break;
	}
	return ids;
}
function createApi(host, token) {
	const base = host.env["GITHUB_API_URL"] || "https://api.github.com";
	return async (method, path, body) => {
		const response = await host.fetchOutside(`${base}${path}`, {
			method,
			redirect: "error",
			headers: {
				accept: "application/vnd.github+json",
				authorization: `Bearer ${token}`,
				"user-agent": "monstack",
				"x-github-api-version": "2022-11-28",
				...body && { "content-type": "application/json" }
			},
			...body && { body: JSON.stringify(body) },
			signal: AbortSignal.timeout(requestTimeoutMs)
		});
		return {
			status: response.status,
			data: tryParseJson(await readBody(response.body))
		};
	};
}
function describeRefusal({ status, data }) {
	const message = readText(data, ["message"]);
	const said = message === void 0 ? "" : `: ${message}`;
	return /* @__PURE__ */ new Error(`GitHub answered with ${status}${said}${status === 401 || status === 403 || status === 404 ? ". The job needs `permissions: { contents: read, pull-requests: write }`; a pull request from a fork never gets them" : ""}`);
}
function readUrl({ data }) {
	return readText(data, ["html_url"]) ?? "written";
}
async function readEvent({ env, files }) {
	const path = env["GITHUB_EVENT_PATH"];
	const text = path ? await files.read(path) : void 0;
	return text === void 0 ? void 0 : tryParseJson(text);
}
function findPullRequest(event) {
	if (!isMapping(event)) return void 0;
	const isComment = isMapping(getValueAt(event, ["issue", "pull_request"]));
	const number = getValueAt(event, [isComment ? "issue" : "pull_request", "number"]);
	return typeof number === "number" ? number : void 0;
}
function findCommit(event) {
	return readText(event, [
		"pull_request",
		"head",
		"sha"
	]);
}
function readText(data, path) {
	const value = isMapping(data) ? getValueAt(data, path) : void 0;
	return typeof value === "string" ? value : void 0;
}
function findRunUrl({ env }) {
	const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
	if (!repository || !run) return void 0;
	return `${env["GITHUB_SERVER_URL"] || "https://github.com"}/${repository}/actions/runs/${run}`;
}

// src/action/publish-inputs.ts
function readPublishInputs() {
	return {
		uploadReport: readChoice("upload-report", [
			"on-failure",
			"true",
			"false"
		]),
		comment: readChoice("comment", ["false", "true"]) === "true",
		token: getInput("token")
	};
}
function readChoice(name, values) {
	const given = getInput(name) || values[0];
	const value = values.find((candidate) => candidate === given);
	if (value !== void 0) return value;
	throw new UserError(`input ${name}: \`${given}\` is not a value of it; expected one of: ${values.join(", ")}`);
}
function saveUploaded() {
	saveState("uploaded", "true");
}
function hasUploaded() {
	return getState("uploaded") === "true";
}

// src/action/publish.ts
async function publishReport(context, results, report) {
	const { uploadReport, comment, token } = readPublishInputs();
	const reportUrl = uploadReport === "true" || uploadReport === "on-failure" && report.hasFailed ? await uploadPage(context, join(report.reportDir, reportFiles.html)) : void 0;
	setOutput("report-url", reportUrl ?? "");
	if (reportUrl !== void 0) saveUploaded();
	if (report.reporters.includes("github")) await writeSummary(context, (maxBytes) => renderSummary(results, {
		reportUrl,
		maxBytes
	}));
	if (comment) await commentOnPullRequest(context, {
		results,
		token,
		reportUrl
	});
}
async function publishLater(context, { later, results, reportDir, reporters }) {
	const { uploadReport, comment, token } = readPublishInputs();
	const hasFailed = later.atEnd?.verified === false || later.teardown.leaks.length > 0;
	const reportUrl = (uploadReport === "true" ? hasFailed || !hasUploaded() : uploadReport === "on-failure" && hasFailed) && results ? await uploadPage(context, join(reportDir, reportFiles.html)) : void 0;
	if (reporters.includes("github")) await writeSummary(context, (maxBytes) => renderLater(later, {
		reportUrl,
		maxBytes
	}));
	if (comment && results && hasFailed) await commentOnPullRequest(context, {
		results,
		token,
		reportUrl
	});
}
async function writeSummary({ host }, render) {
	const file = host.env["GITHUB_STEP_SUMMARY"];
	if (!file) return;
	const written = await host.files.stat(file);
	const text = render(maxSummaryBytes - (written?.bytes ?? 0) - 1);
	if (text !== "") await summary.addRaw(text, true).write();
}

// src/action/step-data.ts
function saveTeardownWork(config) {
	const { stateDir, reportDir, reporters, verify, keep } = config;
	saveState("known", JSON.stringify(getKnownPlaces(config)));
	saveState("state-dir", stateDir);
	saveState("report-dir", reportDir);
	saveState("reporters", reporters.join());
	saveState("verify-at-end", String(verify.atEnd));
	saveState("keep-metrics", String(keep.metrics));
}
function readTeardownWork() {
	const stateDir = getState("state-dir");
	if (stateDir === "") return void 0;
	return {
		stateDir,
		reportDir: getState("report-dir"),
		reporters: splitText(getState("reporters")),
		known: JSON.parse(getState("known") || "{}"),
		verifyAtEnd: getState("verify-at-end") === "true",
		keepMetrics: getState("keep-metrics") === "true"
	};
}
function saveCacheWork({ lockFile, saveAs }) {
	saveState("cache-lock-file", lockFile);
	saveState("cache-key", saveAs);
}
function readCacheWork() {
	const saveAs = getState("cache-key");
	return saveAs === "" ? void 0 : {
		saveAs,
		lockFile: getState("cache-lock-file")
	};
}
function saveRunWork({ reportDir, saveAs }) {
	saveState("run-report-dir", reportDir);
	saveState("run-key", saveAs);
}
function readRunWork() {
	const saveAs = getState("run-key");
	return saveAs === "" ? void 0 : {
		saveAs,
		reportDir: getState("run-report-dir")
	};
}
function readInputs() {
	refuseRemovedInputs();
	const mode = getInput("mode") || "up";
	if (mode !== "up" && mode !== "run") throw new UserError(`input mode: \`${mode}\` is not a mode; expected up or run`);
	const teardown = getInput("teardown") || "true";
	if (teardown !== "true" && teardown !== "false") throw new UserError(`input teardown: \`${teardown}\` is not a yes or no; expected true or false`);
	return {
		mode,
		config: getInput("config") || void 0,
		teardown: teardown === "true",
		settings: readEach(inputSettings),
		set: readEach(setInputs)
	};
}
function readEach(names) {
	return Object.fromEntries(names.map((name) => [name, getInput(name)]));
}
function refuseRemovedInputs() {
	const problems = listSettingNames().filter((name) => !inputSettings.includes(name)).flatMap((name) => {
		const text = getInput(name);
		return text === "" ? [] : [{
			where: `input ${name}`,
			path: "",
			problem: describeReplacement(name, text)
		}];
	});
	throwIfAny(problems);
}
function describeReplacement(name, text) {
	const { inFile, readText } = settings[name];
	if (inFile === void 0) return `was removed; expected instead: ${describeInput(name)}`;
	const value = name === "grafana-password" || name === "k3s-args" ? "..." : formatFlowValue(readText ? readText(text) : text);
	return `was removed; expected instead: the line \`${inFile.join(".")}: ${value}\` of the input set`;
}

export { uploadBackup as S, findKept as _, saveCacheWork as a, saveLimitMs as b, publishLater as c, createActionLogger as d, findLastRun as f, saveRunLimitMs as g, saveLastRun as h, readTeardownWork as i, publishReport as l, restoreRunLimitMs as m, readInputs as n, saveRunWork as o, planLastRun as p, readRunWork as r, saveTeardownWork as s, readCacheWork as t, readPublishInputs as u, restoreLimitMs as v, saveLocked as x, restoreLocked as y };