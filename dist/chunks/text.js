// src/lib/errors.ts
const exitCode = {
	verified: 0,
	notVerified: 1,
	badConfig: 2,
	notInstalled: 3,
	leaked: 4,
	interrupted: 130
};
var MonstackError = class extends Error {
	exitCode;
	fix;
	constructor(exitCode, message, options = {}) {
		super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
		this.name = new.target.name;
		this.exitCode = exitCode;
		this.fix = options.fix;
	}
};
var UserError = class extends MonstackError {
	constructor(message, options = {}) {
		super(exitCode.badConfig, message, options);
	}
};
var InstallError = class extends MonstackError {
	constructor(message, options = {}) {
		super(exitCode.notInstalled, message, options);
	}
};
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
var Interrupted = class extends MonstackError {
	constructor() {
		super(exitCode.interrupted, interruptedMessage);
	}
};
function describeError(error) {
	if (!(error instanceof Error)) return String(error);
	const cause = error.cause === void 0 ? "" : describeError(error.cause);
	return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message;
}
function describeErrorAndFix(error) {
	const fix = error instanceof MonstackError ? error.fix : void 0;
	return fix === void 0 ? describeError(error) : `${describeError(error)}; to fix it: ${fix}`;
}

// src/lib/text.ts
const mostOfLine = 2e3;
const mostOfWord = 500;
function clipLines(text, most = mostOfLine) {
	if (text.length <= most) return text;
	return text.split("\n").map((line) => clipLine(line, most)).join("\n");
}
function clipLine(line, most) {
	if (line.length <= most) return line;
	let kept = most;
	while (kept > 0 && kept > most - mostOfWord && !/[\s"',;&=]/.test(line[kept - 1] ?? "")) kept--;
	return `${line.slice(0, kept)}... (${line.length - kept} more characters)`;
}
function clipData(data, leave = []) {
	return clipValue(data, leave);
}
function clipValue(value, leave) {
	if (typeof value === "string") return clipLines(value);
	if (Array.isArray(value)) return value.map((one) => clipValue(one, leave));
	if (typeof value !== "object" || value === null) return value;
	if (Object.getPrototypeOf(value) !== Object.prototype) return value;
	const entries = Object.entries(value).map(([key, inner]) => [key, leave.includes(key) ? inner : clipValue(inner, leave)]);
	return Object.fromEntries(entries);
}
function shorten(text, most) {
	if (text.length <= most) return text;
	const gap = " [...] ";
	const head = Math.floor((most - 7) / 3);
	return text.slice(0, head) + gap + text.slice(text.length - (most - 7 - head));
}
const mostCharacters = 1e3;
const betweenItems = /[;,] /g;
function boundLine(line, whole = "results.json", most = mostCharacters) {
	if (line.length <= most) return line;
	const end = [...line.slice(0, most).matchAll(betweenItems)].map(({ index }) => index).filter((index) => index > most / 2).at(-1) ?? most;
	const items = [...line.slice(end).matchAll(betweenItems)].length;
	const left = items > 0 ? `${items} more` : `${line.length - end} more characters`;
	return `${line.slice(0, end)} and ${left} (all of it is in ${whole})`;
}
function hasWord(text, word) {
	if (word === "") return false;
	for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return true;
	return false;
}
function isPart(char) {
	return char !== void 0 && /[\w-]/.test(char);
}
function splitNul(output) {
	return output.split("\0").slice(0, -1);
}
function encodeUrlPart(text) {
	return encodeURIComponent(text.toWellFormed());
}
function formatCount(count, noun) {
	return `${count} ${noun}${count === 1 || noun.endsWith("s") ? "" : "s"}`;
}
function formatList(items, most = 5) {
	const rest = items.length - most;
	return items.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

export { describeErrorAndFix as _, formatCount as a, mostOfLine as c, CommandError as d, InstallError as f, describeError as g, UserError as h, encodeUrlPart as i, shorten as l, MonstackError as m, clipData as n, formatList as o, Interrupted as p, clipLines as r, hasWord as s, boundLine as t, splitNul as u, exitCode as v, interruptedMessage as y };