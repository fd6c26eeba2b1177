import { a as getState, c as saveState, d as setSecret, f as warning, i as getInput, l as setFailed, n as debug, o as info, r as error } from "./core.js";
import { _ as describeError, f as CommandError, g as UserError } from "./text.js";
import { $i as joinBelow, $o as parseYaml, $t as getCacheFolder, A as keepTool, D as findCachedTool, Et as getArchivePath, Fn as listRunnerMasks, Ft as hashFile, Hr as overrides, N as readPackedProgram, Nn as createRedactor, R as getRelease, T as archiveFile, Un as Lock, _o as findUntrusted, b as maxDocumentBytes, c as readCachedDashboard, d as readImageParts, g as getBlobPath, n as formatMessage, nn as refuseShared, r as findForeignTools, s as getTextPath, t as getKnownPlaces, tn as keepFile, wt as findCachedArchive, x as noteImage } from "./known.js";
import { i as formatBytes } from "./kube-http.js";
import { i as selectRunnerEnvironment } from "./kube-config.js";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";

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
	const folder = getTransferFolder(context);
	await refuseShared(host, folder);
	const items = createLockedItems(context, lock);
	try {
		await host.files.remove(folder);
		if (!(await transfer(context, [
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
	const folder = getTransferFolder(context);
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
		const { done, why } = await transfer(context, [
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
function getTransferFolder({ host }) {
	return joinBelow(getCacheFolder(host), "locked");
}
function parseLock(text) {
	try {
		return Lock.safeParse(parseYaml(text ?? "")).data;
	} catch {
		return;
	}
}
const maskCommand = "::add-mask::";
const timeoutExitCode = 124;
async function transfer({ host, log }, argv, { script, limitMs }) {
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
function findReleaseSign(env) {
	if (env["GITHUB_EVENT_NAME"] === "release") return "a release started this workflow";
	if (env["GITHUB_REF_TYPE"] === "tag") return `this workflow runs for the tag ${env["GITHUB_REF_NAME"] ?? ""}`;
}
function hasCacheService(env) {
	return Boolean(env["ACTIONS_CACHE_SERVICE_V2"] ? env["ACTIONS_RESULTS_URL"] : env["ACTIONS_CACHE_URL"]);
}

// src/action/logger.ts
function createActionLogger() {
	const redactor = createRedactor();
	const format = (message) => formatMessage(message, redactor);
	return {
		debug: (message) => debug(format(message)),
		info: (message) => info(format(message)),
		warn: (message, about) => warning(format(message), toAnnotationProperties(about)),
		error: (message, about) => error(format(message), toAnnotationProperties(about)),
		mask: (secret) => {
			if (redactor.add(secret)) for (const line of listRunnerMasks(secret)) setSecret(line);
		},
		redactor,
		fail: (message) => setFailed(format(message))
	};
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

// src/action/step-data.ts
function saveTeardownWork(config) {
	const { stateDir, reportDir, verify, keep } = config;
	saveState("known", JSON.stringify(getKnownPlaces(config)));
	saveState("state-dir", stateDir);
	saveState("report-dir", reportDir);
	saveState("verify-at-end", String(verify.atEnd));
	saveState("keep-metrics", String(keep.metrics));
}
function readTeardownWork() {
	const stateDir = getState("state-dir");
	if (stateDir === "") return void 0;
	return {
		stateDir,
		reportDir: getState("report-dir"),
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
function readInputs() {
	const mode = getInput("mode") || "up";
	if (mode !== "up" && mode !== "run") throw new UserError(`input mode: \`${mode}\` is not a mode; expected up or run`);
	const teardown = getInput("teardown") || "true";
	if (teardown !== "true" && teardown !== "false") throw new UserError(`input teardown: \`${teardown}\` is not a yes or no; expected true or false`);
	return {
		mode,
		config: getInput("config") || void 0,
		teardown: teardown === "true",
		settings: Object.fromEntries(overrides.map(({ name }) => [name, getInput(name)]))
	};
}

export { saveTeardownWork as a, restoreLimitMs as c, saveLocked as d, saveCacheWork as i, restoreLocked as l, readInputs as n, createActionLogger as o, readTeardownWork as r, findKept as s, readCacheWork as t, saveLimitMs as u };