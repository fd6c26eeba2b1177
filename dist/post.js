import { $ as renderAtEnd, Ot as summary, Z as recordLater, i as tearDown, n as openSession, o as verifyAtEnd, t as createHost, tt as renderTeardown, wt as warning, xt as setFailed, yt as info } from "./chunks/create.js";
import { q as messageOf } from "./chunks/arrivals.js";
import { i as readInputs, r as createActionLogger, t as readTeardown } from "./chunks/state.js";
import { join } from "node:path";

// src/action/run-post.ts
/**
* The action's post step: checks the stack once more where `verify-at-end` asks for it, and tears down, whatever became
* of the job. The teardown never fails one: the job's work is done by now, and a red cross for a leftover would hide
* what the job itself had to say. It warns instead. A stack that did not hold fails the step: that was asked.
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
		const last = where.verifyAtEnd ? await lookAgain(context) : void 0;
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
		const phases = [...last?.phases ?? [], phase];
		const later = {
			teardown,
			atEnd: last?.atEnd,
			phases
		};
		await recordLater(host, where.reportDir, later, { secrets: last?.secrets ?? [] });
		const summary$1 = [...last ? [renderAtEnd(last.atEnd)] : [], renderTeardown(teardown)].join("\n");
		await summary.addRaw(summary$1, true).write();
		for (const { kind, what } of leaks) warning(`left behind: ${kind} ${what}`, { title: "monstack" });
		if (leaks.length === 0) info("torn down, nothing left");
		if (last?.atEnd.verified === false) setFailed("monstack: the stack did not hold until the end");
	} catch (error) {
		warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
	}
}
/** Undefined when there is nothing to look at, or it could not be done: the teardown comes in any case. */
async function lookAgain(context) {
	try {
		const inputs = readInputs();
		const session = await openSession(context, {
			cwd: context.host.env.GITHUB_WORKSPACE ?? process.cwd(),
			file: inputs.config,
			inputs: inputs.settings,
			forwardScript: join(import.meta.dirname, "forward.js")
		});
		return await verifyAtEnd(session);
	} catch (error) {
		setFailed(`the stack could not be checked at the end: ${messageOf(error)}`);
		return;
	}
}

// src/action/post.ts
await runPost();

export {  };