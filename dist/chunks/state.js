import { a as getState, d as warning, i as getInput, n as debug, o as info, r as error, s as saveState, u as setSecret } from "./core.js";
import { Ht as overrides } from "./create.js";
import { G as UserError } from "./arrivals.js";

// src/action/inputs.ts
/** @throws UserError naming the input and what would be right. */
function readInputs() {
	const mode = getInput("mode") || "up";
	if (mode !== "up" && mode !== "run") throw new UserError(`input mode: \`${mode}\` is not a mode; right would be up or run`);
	const teardown = getInput("teardown") || "true";
	if (teardown !== "true" && teardown !== "false") throw new UserError(`input teardown: \`${teardown}\` is not a yes or no; right would be true or false`);
	return {
		mode,
		config: getInput("config") || void 0,
		teardown: teardown === "true",
		settings: Object.fromEntries(overrides.map(({ name }) => [name, getInput(name)]))
	};
}

// src/action/logger.ts
/** The log of a GitHub job: warnings and errors become annotations, secrets are masked by the runner itself. */
function createActionLogger() {
	return {
		debug,
		info,
		warn: (message, about) => warning(message, properties(about)),
		error: (message, about) => error(message, properties(about)),
		mask: (secret) => {
			if (secret) setSecret(secret);
		}
	};
}
/** A line without a file would be shown at no place at all. */
function properties({ title = "monstack", file, line, column } = {}) {
	if (file === void 0) return { title };
	return {
		title,
		file,
		...line === void 0 ? {} : { startLine: line },
		...line === void 0 || column === void 0 ? {} : { startColumn: column }
	};
}

// src/action/state.ts
/** What the main step tells the post step, through the runner. */
function saveTeardown({ stateDir, reportDir, verify, keep }) {
	saveState("state-dir", stateDir);
	saveState("report-dir", reportDir);
	saveState("verify-at-end", String(verify.atEnd));
	saveState("keep-metrics", String(keep.metrics));
}
/** Undefined when there is nothing to tear down: the main step never got that far, or was told not to. */
function readTeardown() {
	const stateDir = getState("state-dir");
	if (stateDir === "") return void 0;
	return {
		stateDir,
		reportDir: getState("report-dir"),
		verifyAtEnd: getState("verify-at-end") === "true",
		keepMetrics: getState("keep-metrics") === "true"
	};
}

export { readInputs as i, saveTeardown as n, createActionLogger as r, readTeardown as t };