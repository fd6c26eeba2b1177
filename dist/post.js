import { $t as renderBackup, An as warning, Dn as setFailed, Pn as summary, Qt as renderAtEnd, S as verifyAtEnd, Tn as info, Xt as recordLater, i as tearDown, n as openSession, s as keepMetrics, t as createHost, tn as renderTeardown } from "./chunks/create.js";
import { J as messageOf } from "./chunks/arrivals.js";
import { i as readInputs, r as createActionLogger, t as readTeardown } from "./chunks/state.js";
import { join } from "node:path";

// src/action/run-post.ts
/**
* The action's post step: checks the stack once more where `verify-at-end` asks for it, backs it up where `keep-metrics`
* does, and tears down, whatever became of the job. The teardown never fails one: the job's work is done by now, and a
* red cross for a leftover would hide what the job itself had to say. It warns instead. A stack that did not hold fails
* the step: that was asked.
*/
async function runPost() {
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
		if (last?.atEnd.verified === false) setFailed("monstack: the stack did not hold until the end");
	} catch (error) {
		warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
	}
}
/** Undefined when nothing but the teardown is to be done, or it could not be: the teardown comes in any case. */
async function openAgain(context, { verifyAtEnd: wantsVerify, keepMetrics: wantsMetrics }) {
	if (!wantsVerify && !wantsMetrics) return void 0;
	try {
		const inputs = readInputs();
		return await openSession(context, {
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
/** Undefined when there is nothing to look at, or it could not be done. */
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