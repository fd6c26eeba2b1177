import { i as __toESM } from "./rolldown-runtime.js";
import { n as debug, t as addPath, u as setOutput } from "./core.js";
import "./exec.js";
import { t as require_semver } from "./semver.js";
import { t as runJob } from "./job.js";
import { $ as openSession, Ki as summarizeVerdict, Lr as getProgram, Q as getSupportedArch, Ri as listFindings, X as explainSystemError, Z as createHost, an as getToolCacheFolder, cn as withPrivateCache, lt as archiveName, wi as formatComparison } from "./known.js";
import { h as MonstackError } from "./text.js";
import { _ as findKept, a as saveCacheWork, d as createActionLogger, f as findLastRun, l as publishReport, m as restoreRunLimitMs, n as readInputs, o as saveRunWork, p as planLastRun, s as saveTeardownWork, u as readPublishInputs, v as restoreLimitMs, y as restoreLocked } from "./step-data.js";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import * as fs from "fs";
import * as path$1 from "path";
import * as os$1 from "os";
import { ok } from "assert";

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
function find(toolName, versionSpec, arch) {
	if (!toolName) throw new Error("toolName parameter is required");
	if (!versionSpec) throw new Error("versionSpec parameter is required");
	arch = arch || os$1.arch();
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
function findAllVersions(toolName, arch) {
	const versions = [];
	arch = arch || os$1.arch();
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
function isExplicitVersion(versionSpec) {
	const c = import_semver.clean(versionSpec) || "";
	debug(`isExplicit: ${c}`);
	const valid = import_semver.valid(c) != null;
	debug(`explicit? ${valid}`);
	return valid;
}
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
function _getCacheDirectory() {
	const cacheDirectory = process.env["RUNNER_TOOL_CACHE"] || "";
	ok(cacheDirectory, "Expected RUNNER_TOOL_CACHE to be defined");
	return cacheDirectory;
}

// src/app/outputs.ts
function createOutputs(config, stack, isVerified) {
	const findVersion = (name) => stack?.tools.find((tool) => tool.name === name)?.version ?? "";
	return {
		verified: String(isVerified),
		"prometheus-url": stack?.services.prometheus?.url ?? "",
		"grafana-url": stack?.services.grafana?.url ?? "",
		"alertmanager-url": stack?.services.alertmanager?.url ?? "",
		"grafana-user": stack?.services.grafana ? stack.grafana.user : "",
		"grafana-password": stack?.services.grafana ? stack.grafana.password : "",
		kubeconfig: stack?.kubeconfig ?? "",
		namespace: config.namespace,
		"k3s-version": findVersion("k3s"),
		"helm-version": findVersion("helm"),
		"kubectl-version": findVersion("kubectl"),
		results: join(config.reportDir, "results.json"),
		"report-dir": config.reportDir,
		backup: config.keep.metrics ? join(config.reportDir, archiveName) : ""
	};
}

// src/action/run-main.ts
const maxChangesShown = 5;
async function runMain(dist) {
	const log = createActionLogger();
	process.on("uncaughtException", (error) => {
		log.fail(describeError(error));
		process.exit();
	});
	try {
		getSupportedArch();
		const inputs = readInputs();
		readPublishInputs();
		const host = await createRunnerHost(log);
		const session = await openMainSession(inputs, dist, host, log);
		if (inputs.teardown) saveTeardownWork(session.loaded.config);
		if (!session.loaded.config.reporters.includes("github")) log.disableAnnotations();
		await restoreDownloads(session, dist);
		await runSession(session, inputs, {
			dist,
			host,
			log
		}).finally(() => session.judge.close());
	} catch (error) {
		log.fail(describeError(error));
	}
}
async function runSession(session, { mode, teardown, config, settings, set }, { dist, host, log }) {
	const keys = planLastRun(session.context, session.loaded.config, {
		config,
		...settings,
		...set
	});
	const outcome = await runJob(session, {
		mode,
		verifyAfterUp: true,
		keepOnFailure: mode === "up" && teardown,
		replace: true,
		...keys && { findEarlier: () => restoreLastRun(session, keys, dist) }
	});
	if (keys && outcome.exitCode === 0) saveRunWork({
		reportDir: session.loaded.config.reportDir,
		saveAs: keys.saveAs
	});
	await reportOutcome(session, outcome, host, log);
}
async function restoreLastRun({ context }, keys, dist) {
	return await findLastRun(context, keys, {
		script: join(dist, "transfer.js"),
		limitMs: restoreRunLimitMs
	});
}
async function createRunnerHost(log) {
	const host = await withPrivateCache(await createHost(), log);
	return process.env["RUNNER_TOOL_CACHE"] === getToolCacheFolder(host) ? {
		...host,
		findTool: find
	} : host;
}
async function openMainSession(inputs, dist, host, log) {
	const stopController = new AbortController();
	process.on("SIGINT", () => stopController.abort());
	process.on("SIGTERM", () => stopController.abort());
	return await openSession({
		host,
		log,
		signal: stopController.signal
	}, {
		cwd: host.env.GITHUB_WORKSPACE ?? process.cwd(),
		file: inputs.config,
		inputs: inputs.settings,
		set: { inputs: inputs.set },
		forwardScript: join(dist, "forward.js"),
		upstreamProgram: getProgram(dist)
	});
}
async function restoreDownloads({ context, loaded, recorder }, dist) {
	const { config } = loaded;
	const keptLock = await findKept(context, config, loaded.limits.isRestricted);
	const options = {
		script: join(dist, "transfer.js"),
		limitMs: restoreLimitMs
	};
	const { isHit = false, saveAs } = (keptLock && await recorder.phase("restore cache", () => restoreLocked(context, keptLock, options))) ?? {};
	setOutput("cache-hit", String(isHit));
	if (saveAs !== void 0) saveCacheWork({
		lockFile: config.lock.file,
		saveAs
	});
}
async function reportOutcome(session, outcome, host, log) {
	const { config } = session.loaded;
	for (const [name, value] of Object.entries(createOutputs(config, outcome.stack, outcome.results.verified))) setOutput(name, value);
	for (const tool of outcome.stack?.tools ?? []) if (isForLaterSteps(session, tool)) addPath(dirname(tool.path));
	const { comparison } = outcome.results;
	if (comparison) log.info(formatComparison(comparison, maxChangesShown).join("\n"));
	log.info(`report: ${join(config.reportDir, "results.json")}`);
	await publishReport({
		...session.context,
		host
	}, outcome.results, {
		...config,
		hasFailed: outcome.exitCode !== 0
	});
	log.annotate(listFindings(outcome.results));
	if (outcome.error !== void 0 && !(outcome.error instanceof MonstackError)) throw outcome.error;
	if (outcome.exitCode !== 0) log.fail(`monstack: ${summarizeVerdict(outcome.results).text}`);
}
function describeError(thrown) {
	const error = explainSystemError(thrown);
	if (!(error instanceof MonstackError)) return inspect(error);
	return error.fix === void 0 ? error.message : `${error.message}\nto fix it: ${error.fix}`;
}
function isForLaterSteps({ loaded, context }, { name, path }) {
	if (name === "k3s" || /[\r\n]/.test(path)) return false;
	if (loaded.origins[`${name}-path`] !== "file") return true;
	context.log.info(`${path} is not put into PATH: a file names it; the line \`${name}.path: ...\` in the input set does that`);
	return false;
}

export { runMain };