import { a as formatChart, c as examine, i as prepare, n as existingCluster, o as checkReceiverPorts, r as expectedListeners, s as choosePorts, t as runJob } from "./job.js";
import { A as duration, M as nearest, at as reasonsOf, it as outcomeOf, j as didYouMean, k as overrides, n as openSession, nt as count, ot as verdictOf, r as version, rt as formatSpan, st as hide, t as createHost } from "./create.js";
import { G as exitCode, U as MonstackError, W as UserError } from "./arrivals.js";
import { join } from "node:path";
import { parseArgs } from "node:util";

// src/report/terminal.ts
const mostReasons = 3;
/** The closing text on a terminal: short, plain, aligned. */
function renderTerminal(results) {
	return `${[
		`monstack ${results.mode}: ${verdictOf(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
		...section(reasonLines(results)),
		...section(phaseLines(results)),
		...section(checkLines(results)),
		...section(teardownLines(results))
	].join("\n")}\n`;
}
function section(lines) {
	return lines.length === 0 ? [] : ["", ...lines];
}
function reasonLines(results) {
	const reasons = reasonsOf(results);
	const lines = reasons.slice(0, mostReasons).flatMap(renderReason);
	if (reasons.length > mostReasons) lines.push(`  ... and ${reasons.length - mostReasons} more in the report`);
	return lines;
}
function renderReason({ title, details, mend, place }) {
	return [
		`  - ${indent(title)}`,
		...details.map((detail) => `    ${indent(detail)}`),
		...place === void 0 ? [] : [`    where: ${place}`],
		...mend === void 0 ? [] : [`    to mend it: ${indent(mend)}`]
	];
}
function indent(text) {
	return text.trim().replaceAll(/\r?\n/g, "\n    ");
}
function phaseLines({ startedAt, phases }) {
	const rows = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt)).map((phase) => [
		phase.name,
		`+${formatSpan(startedAt, phase.startedAt)}`,
		formatSpan(phase.startedAt, phase.endedAt)
	]);
	const width = (column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
	return rows.map(([name = "", began = "", took = ""]) => `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`);
}
/** How many there were of each kind, and what those say that neither passed nor were left out. */
function checkLines({ checks }) {
	if (checks.length === 0) return [];
	const counts = [
		"pass",
		"fail",
		"error",
		"warn",
		"skipped"
	].map((status) => ({
		status,
		amount: checks.filter((check) => check.status === status).length
	})).filter(({ amount }) => amount > 0);
	const words = {
		pass: "passed",
		fail: "failed",
		error: "could not be made",
		warn: "with a warning",
		skipped: "skipped"
	};
	const telling = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
	const width = Math.max(0, ...telling.map(({ id }) => id.length));
	return [`  ${count(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${words[status]}`).join(", ")}`, ...telling.map((check) => `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(outcomeOf(check))}`)];
}
function teardownLines({ teardown }) {
	if (!teardown) return [];
	const kept = teardown.kept.map((one) => `  kept on purpose: ${one}`);
	if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
	return [
		"  left behind:",
		...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${what}`),
		...kept
	];
}

// src/cli/args.ts
const commands = {
	run: "up, verify and down in one: from nothing to a verified stack, and nothing left",
	up: "install k3s, deploy the stack and wait until it is ready; leave it running",
	verify: "check the stack that `up` left running",
	down: "take everything away that `up` made, and prove that nothing is left",
	plan: "print what a run would do, and change nothing",
	doctor: "look at this machine: what a run would find and adapt to, and what would stop it"
};
const defaultEveryMs = 3e4;
/** Flags that aren't settings. */
const ownFlags = [
	{
		name: "config",
		metavar: "FILE",
		help: "Configuration file; default monstack.yaml in this folder, if there is one"
	},
	{
		name: "replace",
		metavar: "",
		help: "up, run: first take down what an earlier run left behind"
	},
	{
		name: "keep",
		metavar: "",
		help: "up, run: leave everything running after a failure, to look at it"
	},
	{
		name: "watch",
		metavar: "",
		help: "verify: go on, round after round, until Ctrl-C; 1 if any round was red"
	},
	{
		name: "every",
		metavar: "TIME",
		help: "verify --watch: from one round's begin to the next one's; default 30s"
	},
	{
		name: "for",
		metavar: "TIME",
		help: "verify --watch: begin no round after this time"
	},
	{
		name: "verbose",
		metavar: "",
		help: "Say more"
	},
	{
		name: "help",
		metavar: "",
		help: "Show this help"
	},
	{
		name: "version",
		metavar: "",
		help: "Print monstack's version"
	}
];
/**
* Reads the command line.
* @param argv without the interpreter and the script
* @throws UserError naming the word that is wrong and what would be right
*/
function parseCommandLine(argv) {
	const { values, positionals } = read(argv);
	const [word, extra] = positionals;
	if (extra !== void 0) throw new UserError(`unexpected argument \`${extra}\` after \`${word}\``);
	if (word !== void 0 && word !== "help" && !isCommand(word)) throw new UserError(`\`${word}\` is not a command; ${didYouMean(word, Object.keys(commands))}`);
	const about = word !== void 0 && word !== "help" ? word : void 0;
	return {
		command: (values["version"] === true ? "version" : values["help"] === true ? "help" : about) ?? "help",
		about,
		config: textOf(values["config"]),
		settings: Object.fromEntries(overrides.flatMap(({ name }) => {
			const value = textOf(values[name]);
			return value === void 0 ? [] : [[name, value]];
		})),
		verbose: values["verbose"] === true,
		keep: values["keep"] === true,
		replace: values["replace"] === true,
		watch: watchOf(values, word)
	};
}
function watchOf(values, command) {
	const every = timeOf(values, "every");
	const forMs = timeOf(values, "for");
	if (values["watch"] !== true) {
		const stray = every !== void 0 ? "--every" : forMs !== void 0 ? "--for" : void 0;
		if (stray !== void 0) throw new UserError(`${stray} belongs to \`verify --watch\``);
		return;
	}
	if (command !== "verify" && command !== "help") throw new UserError("--watch belongs to `verify`: a stack that `up` left running is watched");
	return {
		everyMs: every ?? defaultEveryMs,
		forMs
	};
}
/** Milliseconds. */
function timeOf(values, name) {
	if (values[name] === void 0) return void 0;
	const parsed = duration(values[name], {
		folder: "",
		home: void 0
	});
	if ("value" in parsed) return parsed.value;
	throw new UserError(`--${name}: ${parsed.problems[0]?.text}`);
}
function read(argv) {
	const valued = /* @__PURE__ */ new Set([
		"config",
		"every",
		"for",
		...overrides.map(({ name }) => name)
	]);
	const known = [...overrides.map(({ name }) => name), ...ownFlags.map(({ name }) => name)];
	const { tokens } = parseArgs({
		args: [...argv],
		options: {
			...Object.fromEntries(known.map((name) => [name, { type: valued.has(name) ? "string" : "boolean" }])),
			help: {
				type: "boolean",
				short: "h"
			},
			verbose: {
				type: "boolean",
				short: "v"
			}
		},
		strict: false,
		allowPositionals: true,
		tokens: true
	});
	const values = {};
	const positionals = [];
	for (const token of tokens) {
		if (token.kind === "positional") positionals.push(token.value);
		if (token.kind !== "option") continue;
		if (!known.includes(token.name)) throw new UserError(`there is no ${token.rawName}; ${hint(token.name, known)}`);
		const value = token.value;
		if (valued.has(token.name) && (value === void 0 || value === "")) throw new UserError(`${token.rawName} needs a value`);
		if (!valued.has(token.name) && value !== void 0) throw new UserError(`${token.rawName} takes no value`);
		values[token.name] = value ?? true;
	}
	return {
		values,
		positionals
	};
}
function hint(name, known) {
	const near = nearest(name, known);
	return near === void 0 ? "`monstack --help` lists them all" : `did you mean --${near}?`;
}
function isCommand(word) {
	return Object.hasOwn(commands, word);
}
function textOf(value) {
	return typeof value === "string" ? value : void 0;
}

// src/cli/doctor.ts
/**
* Looks at the machine, or at the existing cluster, and says all that a run would find. Changes nothing.
* @returns the exit code: 3 when a run could not start
*/
async function doctor(session, print) {
	const { context, loaded } = session;
	const { config } = loaded;
	if (config.cluster.kind === "existing") {
		const cluster = await existingCluster(context, config.cluster);
		print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
		return exitCode.verified;
	}
	const { problems: found, result } = await examine(context, config);
	const problems = [...found, ...await busyPorts(session)];
	print(`${"machine".padEnd(9)}${context.host.arch}, ${rights[context.host.rights]}\n`);
	for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
	for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
	for (const { message, mend } of problems) print(`problem  ${message}\n         to mend it: ${mend}\n`);
	print(problems.length === 0 ? "ok       k3s can run here\n" : `${problems.length} problem(s): k3s can't run here yet\n`);
	return problems.length === 0 ? exitCode.verified : exitCode.notInstalled;
}
/** The local addresses that the stack is going to want, as far as they are taken. */
async function busyPorts(session) {
	const { context, loaded } = session;
	const { config } = loaded;
	try {
		const { plan } = prepare(session);
		await choosePorts(context, expectedListeners(config, plan), config.ports.whenBusy);
		if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
		return [];
	} catch (error) {
		if (!(error instanceof MonstackError)) throw error;
		return [{
			message: error.message,
			mend: error.mend ?? ""
		}];
	}
}
const rights = {
	root: "running as root",
	sudo: "not root, but sudo works without a password",
	none: "neither root nor a sudo without password"
};

// src/cli/help.ts
/** The whole help, 100 columns wide. */
function helpText() {
	const commandLines = Object.entries(commands).map(([name, what]) => row(name, what, 10));
	const flagLines = ownFlags.map(({ name, metavar, help }) => row(flag(name, metavar), help, 28));
	const settingLines = overrides.map(({ name, metavar, help, default: byDefault }) => row(flag(name, metavar), byDefault === "" ? help : `${help} (default ${byDefault})`, 28));
	return `monstack: Prometheus and Grafana on k3s, from a bare Linux machine, proven to work, and taken
away again.

Usage: monstack COMMAND [OPTIONS]

Commands
${commandLines.join("\n")}

Try it, as root or as a user who may sudo without a password
  monstack run            installs, deploys, verifies, reports and cleans up: about half a minute
  monstack up             leaves it running: Grafana at http://localhost:3000, Prometheus at :9090
  monstack verify         proves that it still works
  monstack down           takes it away

Options
${flagLines.join("\n")}

Settings, also in monstack.yaml; a flag wins over the file
${settingLines.join("\n")}

Exit codes
    0  verified
    1  the stack failed verification
    2  the configuration or the command line is wrong
    3  it could not be installed
    4  torn down, but something is left
  130  interrupted, and torn down
`;
}
function flag(name, metavar) {
	return `--${name}${metavar === "" ? "" : ` ${metavar}`}`;
}
/** A name and its explanation, wrapped at 100 columns. */
function row(name, explanation, indent) {
	const width = 100 - indent - 4;
	const lines = [""];
	for (const word of explanation.split(" ")) {
		const last = lines[lines.length - 1] ?? "";
		if (last !== "" && last.length + word.length + 1 > width) lines.push(word);
		else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
	}
	const pad = " ".repeat(indent + 4);
	const head = `  ${name}`;
	const [first = "", ...rest] = lines;
	return [head.length >= pad.length ? `${head}\n${pad}${first}` : head.padEnd(pad.length) + first, ...rest.map((line) => pad + line)].join("\n");
}

// src/cli/logger.ts
/** Lines for a terminal or a plain log, each with the seconds since the start. Progress goes to stderr: stdout is for results. */
function createTerminalLogger(options) {
	const write = options.write ?? ((line) => void process.stderr.write(line));
	const secrets = [];
	const say = (mark, message) => {
		const seconds = ((Date.now() - options.startedAt) / 1e3).toFixed(1).padStart(6);
		for (const line of hide(message, secrets).split("\n")) write(`${seconds}s ${mark}${line}\n`);
	};
	return {
		debug: (message) => {
			if (options.verbose) say("  · ", message);
		},
		info: (message) => say("  ", message),
		warn: (message, about) => say("  warning: ", at(about) + message),
		error: (message, about) => say("  error: ", at(about) + message),
		mask: (secret) => {
			if (secret) secrets.push(secret);
		}
	};
}
/** `monstack.yaml:12:7: `, as compilers write it: many terminals and editors open it. */
function at({ file, line, column } = {}) {
	if (file === void 0) return "";
	return `${[file, ...line === void 0 ? [] : column === void 0 ? [line] : [line, column]].join(":")}: `;
}

// src/plan/format.ts
/** What `monstack plan` shows. Only values that a profile set are shown, so no password ever is. */
function formatPlan(plan) {
	const { config } = plan;
	const where = config.cluster.kind === "k3s" ? `k3s ${config.k3s.path ?? config.k3s.version}` : existing(config.cluster);
	return `${[
		`Profile ${config.profile}, on ${where}, with helm ${config.helm.path ?? config.helm.version}`,
		`Configuration: ${config.file ?? "the defaults (there is no monstack.yaml)"}`,
		"",
		"Apps, in this order:",
		...appLines(plan.apps),
		"",
		...settingLines(plan),
		...alertingLines(plan)
	].join("\n").trimEnd()}\n`;
}
function existing({ kubeconfig, context }) {
	return `the existing cluster of ${kubeconfig}${context === void 0 ? "" : ` (context ${context})`}`;
}
function appLines(apps) {
	return align(apps.map((app, index) => [
		`${index + 1}.`,
		app.name,
		formatChart(app.chart),
		release(app),
		after(app)
	])).map((line) => `  ${line}`);
}
function release({ release, namespace }) {
	return `release ${release} in namespace ${namespace}`;
}
function after({ dependsOn }) {
	if (dependsOn.length === 0) return "at once";
	return `after ${dependsOn.map(({ app, until }) => `${app} is ${until}`).join(", ")}`;
}
function settingLines({ config, apps, profileSettings }) {
	if (profileSettings.length === 0) return ["Values: the charts' own and yours, nothing else."];
	const lines = ["Values that are set because yours leave them open:"];
	for (const { name } of apps) {
		const own = profileSettings.filter(({ app }) => app === name);
		if (own.length > 0) lines.push(`  ${name}`);
		for (const { path, value, why } of own) lines.push(`    ${path}: ${JSON.stringify(value)}`, `        ${why}`);
	}
	if (config.profile !== "as-is") lines.push("", "Your own values always win; profile as-is leaves the charts alone.");
	return lines;
}
function alertingLines({ config, alerting }) {
	if (alerting.kind === "as-is") return ["", `Whether alerts are delivered is not tried: ${alerting.reason}.`];
	if (config.alerting.receivers !== "capture") return [];
	return ["", "Alertmanager's receivers and waits are replaced even where they are yours, since you asked for it."];
}
function align(rows) {
	const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
	return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join("  ").trimEnd());
}

// src/cli/plan.ts
/** What a run would do, as text. Touches nothing. */
function plan(session) {
	for (const warning of session.loaded.warnings) session.context.log.warn(warning);
	return formatPlan(prepare(session).plan);
}

// src/cli/run.ts
/**
* The CLI: reads the command line, does the job, and returns the exit code. Results go to stdout, progress to stderr.
* `bundle` is the folder that forward.js is in.
*/
async function runCli(argv, bundle) {
	const log = createTerminalLogger({
		verbose: argv.includes("--verbose") || argv.includes("-v"),
		startedAt: Date.now()
	});
	try {
		const line = parseCommandLine(argv);
		if (line.command === "help") return print(helpText());
		if (line.command === "version") return print(`monstack ${version}\n`);
		const session = await open(line, log, bundle);
		if (line.command === "plan") return print(plan(session));
		if (line.command === "doctor") return await doctor(session, print);
		return conclude(session, await runJob(session, jobOf(line, line.command)));
	} catch (error) {
		return explain(log, error);
	}
}
function jobOf(line, mode) {
	const { keep: keepOnFailure, replace, watch } = line;
	return {
		mode,
		verifyAfterUp: false,
		keepOnFailure,
		replace,
		watch
	};
}
async function open(line, log, bundle) {
	const host = await createHost();
	return await openSession({
		host,
		log,
		signal: onInterrupt(log, line)
	}, {
		cwd: process.cwd(),
		file: line.config,
		flags: line.settings,
		forwardScript: join(bundle, "forward.js")
	});
}
/** The first Ctrl-C ends the job and tears down what it began; the second one ends monstack at once. */
function onInterrupt(log, { command }) {
	const controller = new AbortController();
	const changes = command === "run" || command === "up" || command === "down";
	const interrupt = () => {
		if (controller.signal.aborted) {
			log.error(`interrupted again${changes ? ": what is left can be taken away with `monstack down`" : ""}`);
			process.exit(exitCode.interrupted);
		}
		log.warn(`interrupted: ${changes ? "tearing down" : "ending"} (once more ends monstack at once)`);
		controller.abort();
	};
	process.on("SIGINT", interrupt);
	process.on("SIGTERM", interrupt);
	return controller.signal;
}
function conclude(session, { exitCode: code, results, error }) {
	if (error !== void 0 && !(error instanceof MonstackError)) throw error;
	print(renderTerminal(results));
	print(`report: ${join(session.loaded.config.reportDir, "results.json")}\n`);
	return code;
}
/** @returns the exit code that belongs to the error */
function explain(log, error) {
	if (!(error instanceof MonstackError)) throw error;
	log.error(error.message);
	if (error.mend !== void 0) log.info(`to mend it: ${error.mend}`);
	return error.exitCode;
}
function print(text) {
	process.stdout.write(text);
	return 0;
}

export { runCli };