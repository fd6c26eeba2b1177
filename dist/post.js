import { $ as openSession, Di as createTracer, Lr as getProgram, Oi as inSpan, Ri as listFindings, X as explainSystemError, Z as createHost, cn as withPrivateCache, di as recordLater, dt as keepMetrics, fi as redactResults, gi as buildTrace, gt as verifyAtEnd, w as tearDown } from "./chunks/known.js";
import { _ as describeError, v as describeErrorAndFix } from "./chunks/text.js";
import { S as uploadBackup, b as saveLimitMs, c as publishLater, d as createActionLogger, g as saveRunLimitMs, h as saveLastRun, i as readTeardownWork, n as readInputs, r as readRunWork, t as readCacheWork, x as saveLocked } from "./chunks/step-data.js";
import { join } from "node:path";

// src/action/run-post.ts
async function runPost() {
	const log = createActionLogger();
	await tearDownStack(log);
	await saveDownloads(log);
	await saveRun(log);
}
async function saveRun(log) {
	const work = readRunWork();
	if (work === void 0) return;
	const context = {
		host: await withPrivateCache(await createHost(), log),
		log,
		signal: new AbortController().signal
	};
	await saveLastRun(context, work, {
		script: join(import.meta.dirname, "transfer.js"),
		limitMs: saveRunLimitMs
	});
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
		for (const { kind, what } of leaks) log.warn(`left behind: ${kind} ${what}`);
		if (leaks.length === 0) log.info("torn down, nothing left");
		if (backup) await uploadBackup(context, backup);
		await reportLater({
			...context,
			log
		}, work, laterResults);
		if (atEndOutcome?.atEnd.verified === false) log.fail("monstack: the stack did not hold until the end");
	} catch (error) {
		log.warn(`the teardown failed: ${describeErrorAndFix(explainSystemError(error))}`);
	}
}
async function reportLater(context, { reportDir, reporters }, later) {
	const { host, log } = context;
	const cwd = host.env.GITHUB_WORKSPACE ?? process.cwd();
	const results = await recordLater(host, {
		dir: reportDir,
		bundle: import.meta.dirname,
		reporters,
		cwd
	}, later);
	if (!reporters.includes("github")) log.disableAnnotations();
	await publishLater(context, {
		later,
		results,
		reportDir,
		reporters
	});
	log.annotate(later.atEnd && listFindings(later.atEnd));
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
			set: { inputs: inputs.set },
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

// src/action/post.ts
await runPost();

export {  };