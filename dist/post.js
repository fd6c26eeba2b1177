import { J as warning, Q as summary, U as info, l as renderTeardown, n as tearDown, o as recordTeardown, t as createHost } from "./chunks/create.js";
import { c as messageOf } from "./chunks/errors.js";
import { r as createActionLogger, t as readTeardown } from "./chunks/state.js";

// src/action/run-post.ts
/**
* The action's post step: tears down, whatever became of the job. It never fails one: the job's work is done by now,
* and a red cross for a leftover would hide what the job itself had to say. It warns instead.
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
		const began = host.now();
		const { leaks, kept } = await tearDown(context, {
			stateDir: where.stateDir,
			keep: [where.reportDir]
		});
		const phase = {
			name: "teardown",
			startedAt: new Date(began).toISOString(),
			endedAt: new Date(host.now()).toISOString()
		};
		await recordTeardown(host, where.reportDir, {
			leaks,
			kept
		}, phase);
		await summary.addRaw(renderTeardown({
			leaks,
			kept
		}), true).write();
		for (const { kind, what } of leaks) warning(`left behind: ${kind} ${what}`, { title: "monstack" });
		if (leaks.length === 0) info("torn down, nothing left");
	} catch (error) {
		warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
	}
}

// src/action/post.ts
await runPost();

export {  };