// src/host/errors.ts
/** What the process ends with; the numbers are a contract with scripts that call monstack. */
const exitCode = {
	verified: 0,
	notVerified: 1,
	badConfig: 2,
	notInstalled: 3,
	leaked: 4,
	interrupted: 130
};
/**
* Something the reader can mend: what was wrong, where (file, line, key path, URL, workload), and what would be
* right. Printed without a stack. Everything that is not a `MonstackError` is a bug and keeps its stack.
*/
var MonstackError = class extends Error {
	exitCode;
	/** One line saying what to do about it. */
	mend;
	constructor(exitCode, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.name = new.target.name;
		this.exitCode = exitCode;
		this.mend = options.mend;
	}
};
/** The configuration, the inputs or the flags are wrong. Exit code 2. */
var UserError = class extends MonstackError {
	constructor(message, options = {}) {
		super(exitCode.badConfig, message, options);
	}
};
/** A tool, chart, cluster or workload could not be installed. Exit code 3. */
var InstallError = class extends MonstackError {
	constructor(message, options = {}) {
		super(exitCode.notInstalled, message, options);
	}
};
/** A command ended with another exit code than 0, or could not be started, or ran out of time. */
var CommandError = class extends InstallError {
	argv;
	commandExitCode;
	stderr;
	constructor(argv, commandExitCode, stderr, options = {}) {
		const last = stderr.trim().split("\n").slice(-5).join("\n");
		super(`${argv.slice(0, 4).join(" ")} ended with exit code ${commandExitCode}: ${last || "(no output)"}`, options);
		this.argv = argv;
		this.commandExitCode = commandExitCode;
		this.stderr = stderr;
	}
};
const interruptedMessage = "interrupted";
/** The run was interrupted (Ctrl-C, SIGTERM, a cancelled job). Exit code 130. */
var Interrupted = class extends MonstackError {
	constructor() {
		super(exitCode.interrupted, interruptedMessage);
	}
};
/** The message of anything that was thrown, with the messages of its causes. */
function messageOf(error) {
	if (!(error instanceof Error)) return String(error);
	const cause = error.cause === void 0 ? "" : messageOf(error.cause);
	return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message;
}

export { UserError as a, messageOf as c, MonstackError as i, InstallError as n, exitCode as o, Interrupted as r, interruptedMessage as s, CommandError as t };