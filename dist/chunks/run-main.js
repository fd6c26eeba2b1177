import { t as addPath, u as setOutput, v as summary } from "./core.js";
import { t as runJob } from "./job.js";
import { $n as keptName, An as withPrivateCache, Ct as createHost, jn as programIn, vr as verdictOf, wn as openSession, wt as supportedArch, xt as renderSummary } from "./known.js";
import { Z as MonstackError } from "./arrivals.js";
import { a as createActionLogger, c as restoreLimitMs, i as saveTeardown, l as restoreLocked, o as readInputs, r as saveSaving, s as findKept } from "./state.js";
import { dirname, join } from "node:path";
import { inspect } from "node:util";

// src/app/outputs.ts
function outputsOf(config, stack, verified) {
	const version = (name) => stack?.tools.find((tool) => tool.name === name)?.version ?? "";
	return {
		verified: String(verified),
		"prometheus-url": stack?.services.prometheus?.url ?? "",
		"grafana-url": stack?.services.grafana?.url ?? "",
		"alertmanager-url": stack?.services.alertmanager?.url ?? "",
		"grafana-user": stack?.services.grafana ? stack.grafana.user : "",
		"grafana-password": stack?.services.grafana ? stack.grafana.password : "",
		kubeconfig: stack?.kubeconfig ?? "",
		namespace: config.namespace,
		"k3s-version": version("k3s"),
		"helm-version": version("helm"),
		"kubectl-version": version("kubectl"),
		results: join(config.reportDir, "results.json"),
		"report-dir": config.reportDir,
		backup: config.keep.metrics ? join(config.reportDir, keptName) : ""
	};
}

// src/action/run-main.ts
async function runMain(dist) {
	const log = createActionLogger();
	process.on("uncaughtException", (error) => {
		log.fail(inspect(error));
		process.exit();
	});
	try {
		supportedArch();
		const inputs = readInputs();
		const session = await open(inputs, dist, log);
		if (inputs.teardown) saveTeardown(session.loaded.config);
		await restore(session, dist);
		await run(session, inputs, log).finally(() => session.judge.close());
	} catch (error) {
		log.fail(textOf(error));
	}
}
async function run(session, { mode, teardown }, log) {
	await conclude(session, await runJob(session, {
		mode,
		verifyAfterUp: true,
		keepOnFailure: mode === "up" && teardown,
		replace: true
	}), log);
}
async function open(inputs, dist, log) {
	const host = await withPrivateCache(await createHost(), log);
	const stop = new AbortController();
	process.on("SIGINT", () => stop.abort());
	process.on("SIGTERM", () => stop.abort());
	return await openSession({
		host,
		log,
		signal: stop.signal
	}, {
		cwd: host.env.GITHUB_WORKSPACE ?? process.cwd(),
		file: inputs.config,
		inputs: inputs.settings,
		forwardScript: join(dist, "forward.js"),
		upstreamProgram: programIn(dist)
	});
}
async function restore({ context, loaded, recorder }, dist) {
	const { config } = loaded;
	const kept = await findKept(context, config, loaded.limits.isRestricted);
	const options = {
		script: join(dist, "transfer.js"),
		limitMs: restoreLimitMs
	};
	const { isHit = false, saveAs } = (kept && await recorder.phase("restore cache", () => restoreLocked(context, kept, options))) ?? {};
	setOutput("cache-hit", String(isHit));
	if (saveAs !== void 0) saveSaving({
		lockFile: config.lock.file,
		saveAs
	});
}
async function conclude(session, outcome, log) {
	const { config } = session.loaded;
	for (const [name, value] of Object.entries(outputsOf(config, outcome.stack, outcome.results.verified))) setOutput(name, value);
	for (const tool of outcome.stack?.tools ?? []) if (isForLaterSteps(session, tool)) addPath(dirname(tool.path));
	await summary.addRaw(renderSummary(outcome.results), true).write();
	log.info(`report: ${join(config.reportDir, "results.json")}`);
	if (outcome.error !== void 0 && !(outcome.error instanceof MonstackError)) throw outcome.error;
	if (outcome.exitCode !== 0) log.fail(`monstack: ${verdictOf(outcome.results).text}`);
}
function textOf(error) {
	if (!(error instanceof MonstackError)) return inspect(error);
	return error.fix === void 0 ? error.message : `${error.message}\nto fix it: ${error.fix}`;
}
function isForLaterSteps({ loaded, context }, { name, path }) {
	if (name === "k3s" || /[\r\n]/.test(path)) return false;
	if (loaded.origins[`${name}-path`] !== "file") return true;
	context.log.info(`${path} is not put into PATH: a file names it; the input ${name}-path does that`);
	return false;
}

export { runMain };