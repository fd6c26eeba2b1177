import { p as summary } from "./chunks/core.js";
import { Ar as getProgram, C as tearDown, Y as createHost, Z as openSession, ai as renderBackup, ci as createTracer, dt as verifyAtEnd, ei as recordLater, ii as renderAtEnd, li as inSpan, ot as keepMetrics, ri as buildTrace, rn as withPrivateCache, si as renderTeardown, ti as redactResults } from "./chunks/known.js";
import { _ as describeError, v as describeErrorAndFix } from "./chunks/text.js";
import { d as saveLocked, n as readInputs, o as createActionLogger, r as readTeardownWork, t as readCacheWork, u as saveLimitMs } from "./chunks/step-data.js";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";

// src/action/run-post.ts
async function runPost() {
	const log = createActionLogger();
	await tearDownStack(log);
	await saveDownloads(log);
}
async function saveDownloads(log) {
	const work = readCacheWork();
	if (work === void 0) return;
	const context = {
		host: await withPrivateCache(await createHost(), log),
		log,
		signal: new AbortController().signal
	};
	await saveLocked(context, work, {
		script: join(import.meta.dirname, "transfer.js"),
		limitMs: saveLimitMs
	});
}
async function tearDownStack(log) {
	try {
		const work = readTeardownWork();
		if (work === void 0) return log.info("nothing to tear down");
		const host = await withPrivateCache(await createHost(), log);
		const context = {
			host,
			log,
			signal: new AbortController().signal
		};
		const session = await reopenSession({
			...context,
			log
		}, work);
		const atEndOutcome = session && work.verifyAtEnd ? await verifyBeforeTeardown(session, log) : void 0;
		if (session && work.keepMetrics) await keepMetrics(session);
		await session?.judge.close();
		const { backup, warnings = [] } = session?.draft ?? {};
		const startedAt = host.now();
		const tracer = session?.tracer ?? createTracer(host.now);
		const { leaks, kept } = await inSpan(tracer.root, {
			kind: "phase",
			name: "teardown"
		}, (span) => tearDown({
			...context,
			span
		}, {
			stateDir: work.stateDir,
			keep: [work.reportDir],
			known: work.known
		}));
		const teardown = {
			leaks,
			kept
		};
		const phase = {
			name: "teardown",
			startedAt: new Date(startedAt).toISOString(),
			endedAt: new Date(host.now()).toISOString()
		};
		const phases = [...session?.recorder.phases ?? [], phase];
		const trace = buildTrace(tracer.read(), void 0);
		const laterResults = redactResults({
			teardown,
			atEnd: atEndOutcome?.atEnd,
			backup,
			warnings,
			phases,
			trace
		}, log.redactor);
		await recordLater(host, work.reportDir, laterResults);
		const parts = [
			...laterResults.atEnd ? [renderAtEnd(laterResults.atEnd)] : [],
			...laterResults.backup ? [renderBackup(laterResults.backup)] : [],
			renderTeardown(laterResults.teardown)
		];
		await summary.addRaw(parts.join("\n"), true).write();
		for (const { kind, what } of leaks) log.warn(`left behind: ${kind} ${what}`);
		if (leaks.length === 0) log.info("torn down, nothing left");
		if (backup) await uploadBackup(context, backup);
		if (atEndOutcome?.atEnd.verified === false) log.fail("monstack: the stack did not hold until the end");
	} catch (error) {
		log.warn(`the teardown failed: ${describeErrorAndFix(error)}`);
	}
}
async function reopenSession(context, { verifyAtEnd: wantsVerify, keepMetrics: wantsMetrics }) {
	if (!wantsVerify && !wantsMetrics) return void 0;
	try {
		const inputs = readInputs();
		return await openSession(context, {
			fetches: false,
			cwd: context.host.env.GITHUB_WORKSPACE ?? process.cwd(),
			file: inputs.config,
			inputs: inputs.settings,
			forwardScript: join(import.meta.dirname, "forward.js"),
			upstreamProgram: getProgram(import.meta.dirname)
		});
	} catch (error) {
		const message = describeError(error);
		if (wantsMetrics) context.log.warn(`the metrics could not be kept: ${message}`);
		if (wantsVerify) context.log.fail(`the stack could not be checked at the end: ${message}`);
		return;
	}
}
async function verifyBeforeTeardown(session, log) {
	try {
		return await verifyAtEnd(session);
	} catch (error) {
		log.fail(`the stack could not be checked at the end: ${describeError(error)}`);
		return;
	}
}
async function uploadBackup({ host, log }, { path }) {
	const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service, GITHUB_JOB: job = "job" } = host.env;
	if (!token || !service) return log.info(`this runner keeps no artifacts: the backup is ${path}`);
	const name = `monstack-backup-${job}-${randomBytes(3).toString("hex")}`;
	try {
		const { DefaultArtifactClient } = await import("./chunks/artifact.js");
		await new DefaultArtifactClient().uploadArtifact(name, [path], dirname(path), { compressionLevel: 0 });
		log.info(`the backup is kept as the artifact ${name}`);
	} catch (error) {
		log.warn(`the backup could not be kept as an artifact, and is only in ${path}: ${describeError(error)}`);
	}
}

// src/action/post.ts
await runPost();

export {  };