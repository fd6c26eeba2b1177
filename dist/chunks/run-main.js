import { l as setFailed, o as info, t as addPath, u as setOutput, v as summary } from "./core.js";
import { t as runJob } from "./job.js";
import { Dn as openSession, Rn as keptName, _t as renderSummary, bt as supportedArch, pn as verdictOf, yt as createHost } from "./install.js";
import { q as MonstackError } from "./arrivals.js";
import { a as createActionLogger, c as restoreLimitMs, i as saveTeardown, l as restoreLocked, o as readInputs, r as saveSaving, s as findKept } from "./state.js";
import { dirname, join } from "node:path";

// src/core/outputs.ts
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
	try {
		supportedArch();
		const inputs = readInputs();
		const session = await open(inputs, dist);
		if (inputs.teardown) saveTeardown(session.loaded.config);
		await restore(session, dist);
		await conclude(session, await runJob(session, {
			mode: inputs.mode,
			verifyAfterUp: true,
			keepOnFailure: inputs.mode === "up" && inputs.teardown,
			replace: true
		}));
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		fail(error.message, error.mend);
	}
}
async function open(inputs, dist) {
	const host = await createHost();
	const log = createActionLogger();
	const password = inputs.settings["grafana-password"];
	if (password) log.mask(password);
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
		forwardScript: join(dist, "forward.js")
	});
}
async function restore({ context, loaded, recorder }, dist) {
	const { config } = loaded;
	const kept = await findKept(context, config);
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
async function conclude(session, outcome) {
	const { config } = session.loaded;
	for (const [name, value] of Object.entries(outputsOf(config, outcome.stack, outcome.results.verified))) setOutput(name, value);
	for (const tool of outcome.stack?.tools ?? []) if (tool.name !== "k3s") addPath(dirname(tool.path));
	await summary.addRaw(renderSummary(outcome.results), true).write();
	info(`report: ${join(config.reportDir, "results.json")}`);
	if (outcome.error !== void 0 && !(outcome.error instanceof MonstackError)) throw outcome.error;
	if (outcome.exitCode !== 0) setFailed(`monstack: ${verdictOf(outcome.results).text}`);
}
function fail(message, mend) {
	setFailed(mend === void 0 ? message : `${message}\nto mend it: ${mend}`);
}

export { runMain };