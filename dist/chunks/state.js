import { B as error, H as getState, J as warning, U as info, W as saveState, q as setSecret, z as debug } from "./create.js";

// src/action/logger.ts
/** The log of a GitHub job: warnings and errors become annotations, secrets are masked by the runner itself. */
function createActionLogger() {
	return {
		debug,
		info,
		warn: (message) => warning(message, { title: "monstack" }),
		error: (message) => error(message, { title: "monstack" }),
		mask: (secret) => {
			if (secret) setSecret(secret);
		}
	};
}

// src/action/state.ts
/** What the main step tells the post step, through the runner. */
function saveTeardown({ stateDir, reportDir }) {
	saveState("state-dir", stateDir);
	saveState("report-dir", reportDir);
}
/** Undefined when there is nothing to tear down: the main step never got that far, or was told not to. */
function readTeardown() {
	const stateDir = getState("state-dir");
	return stateDir === "" ? void 0 : {
		stateDir,
		reportDir: getState("report-dir")
	};
}

export { saveTeardown as n, createActionLogger as r, readTeardown as t };