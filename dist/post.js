import { f as warning, l as setFailed, o as info, v as summary } from "./chunks/core.js";
import { Dn as openSession, Ln as keepMetrics, gt as renderBackup, ht as renderAtEnd, ot as tearDown, pt as recordLater, vt as renderTeardown, xt as verifyAtEnd, yt as createHost } from "./chunks/install.js";
import { Z as messageOf } from "./chunks/arrivals.js";
import { a as createActionLogger, d as saveLocked, n as readTeardown, o as readInputs, t as readSaving, u as saveLimitMs } from "./chunks/state.js";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";

// src/action/artifact.ts
async function uploadBackup({ host, log }, { path }) {
	const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service, GITHUB_JOB: job = "job" } = host.env;
	if (!token || !service) return log.info(`this runner keeps no artifacts: the backup is ${path}`);
	const name = `monstack-backup-${job}-${randomBytes(3).toString("hex")}`;
	try {
		const { DefaultArtifactClient } = await import("./chunks/artifact.js");
		await new DefaultArtifactClient().uploadArtifact(name, [path], dirname(path), { compressionLevel: 0 });
		log.info(`the backup is kept as the artifact ${name}`);
	} catch (error) {
		log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${messageOf(error)}`);
	}
}

// src/action/run-post.ts
async function runPost() {
	await endStack();
	await saveDownloads();
}
async function saveDownloads() {
	const work = readSaving();
	if (work === void 0) return;
	const context = {
		host: await createHost(),
		log: createActionLogger(),
		signal: new AbortController().signal
	};
	await saveLocked(context, work, {
		script: join(import.meta.dirname, "transfer.js"),
		limitMs: saveLimitMs
	});
}
async function endStack() {
	try {
		const where = readTeardown();
		if (where === void 0) return info("nothing to tear down");
		const host = await createHost();
		const context = {
			host,
			log: createActionLogger(),
			signal: new AbortController().signal
		};
		const session = await openAgain(context, where);
		const last = session && where.verifyAtEnd ? await lookAgain(session) : void 0;
		if (session && where.keepMetrics) await keepMetrics(session);
		const { backup, warnings = [] } = session?.draft ?? {};
		const began = host.now();
		const { leaks, kept } = await tearDown(context, {
			stateDir: where.stateDir,
			keep: [where.reportDir]
		});
		const teardown = {
			leaks,
			kept
		};
		const phase = {
			name: "teardown",
			startedAt: new Date(began).toISOString(),
			endedAt: new Date(host.now()).toISOString()
		};
		const phases = [...session?.recorder.phases ?? [], phase];
		const later = {
			teardown,
			atEnd: last?.atEnd,
			backup,
			warnings,
			phases
		};
		await recordLater(host, where.reportDir, later, { secrets: session?.secrets ?? [] });
		const parts = [
			...last ? [renderAtEnd(last.atEnd)] : [],
			...backup ? [renderBackup(backup)] : [],
			renderTeardown(teardown)
		];
		await summary.addRaw(parts.join("\n"), true).write();
		for (const { kind, what } of leaks) warning(`left behind: ${kind} ${what}`, { title: "monstack" });
		if (leaks.length === 0) info("torn down, nothing left");
		if (backup) await uploadBackup(context, backup);
		if (last?.atEnd.verified === false) setFailed("monstack: the stack did not hold until the end");
	} catch (error) {
		warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
	}
}
async function openAgain(context, { verifyAtEnd: wantsVerify, keepMetrics: wantsMetrics }) {
	if (!wantsVerify && !wantsMetrics) return void 0;
	try {
		const inputs = readInputs();
		return await openSession(context, {
			fetches: false,
			cwd: context.host.env.GITHUB_WORKSPACE ?? process.cwd(),
			file: inputs.config,
			inputs: inputs.settings,
			forwardScript: join(import.meta.dirname, "forward.js")
		});
	} catch (error) {
		const why = messageOf(error);
		if (wantsMetrics) warning(`the metrics could not be kept: ${why}`, { title: "monstack" });
		if (wantsVerify) setFailed(`the stack could not be checked at the end: ${why}`);
		return;
	}
}
async function lookAgain(session) {
	try {
		return await verifyAtEnd(session);
	} catch (error) {
		setFailed(`the stack could not be checked at the end: ${messageOf(error)}`);
		return;
	}
}

// src/action/post.ts
await runPost();

export {  };