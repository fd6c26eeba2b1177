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
		const lastLines = stderr.trim().split("\n").slice(-5).join("\n");
		super(`${argv.slice(0, 4).join(" ")} ended with exit code ${commandExitCode}: ${lastLines || "(no output)"}`, options);
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
const maxLineLength = 2e3;
const maxWordLength = 500;
function clipLines(text, most = maxLineLength) {
	if (text.length <= most) return text;
	return text.split("\n").map((line) => clipLine(line, most)).join("\n");
}
function clipLine(line, most) {
	if (line.length <= most) return line;
	let end = most;
	while (end > 0 && end > most - maxWordLength && !/[\s"',;&=]/.test(line[end - 1] ?? "")) end--;
	return `${line.slice(0, end)}... (${line.length - end} more characters)`;
}
function clipTexts(data, keptKeys = []) {
	return clipNestedTexts(data, keptKeys);
}
function clipNestedTexts(value, keptKeys) {
	if (typeof value === "string") return clipLines(value);
	if (Array.isArray(value)) return value.map((item) => clipNestedTexts(item, keptKeys));
	if (typeof value !== "object" || value === null) return value;
	if (Object.getPrototypeOf(value) !== Object.prototype) return value;
	const entries = Object.entries(value).map(([key, child]) => [key, keptKeys.includes(key) ? child : clipNestedTexts(child, keptKeys)]);
	return Object.fromEntries(entries);
}
function shorten(text, most) {
	if (text.length <= most) return text;
	const gap = " [...] ";
	const head = Math.floor((most - 7) / 3);
	return text.slice(0, head) + gap + text.slice(text.length - (most - 7 - head));
}
const maxCharacters = 1e3;
const itemSeparatorPattern = /[;,] /g;
function limitLine(line, source = "results.json", most = maxCharacters) {
	if (line.length <= most) return line;
	const end = [...line.slice(0, most).matchAll(itemSeparatorPattern)].map(({ index }) => index).filter((index) => index > most / 2).at(-1) ?? most;
	const items = [...line.slice(end).matchAll(itemSeparatorPattern)].length;
	const omitted = items > 0 ? `${items} more` : `${line.length - end} more characters`;
	return `${line.slice(0, end)} and ${omitted} (all of it is in ${source})`;
}
function hasWord(text, word) {
	if (word === "") return false;
	for (let start = text.indexOf(word); start >= 0; start = text.indexOf(word, start + 1)) if (!isWordCharacter(text[start - 1]) && !isWordCharacter(text[start + word.length])) return true;
	return false;
}
function isWordCharacter(char) {
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
	const omittedCount = items.length - most;
	return items.slice(0, most).join(", ") + (omittedCount > 0 ? ` and ${omittedCount} more` : "");
}
function tryParseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}

export { describeError as _, formatList as a, interruptedMessage as b, maxLineLength as c, tryParseJson as d, CommandError as f, UserError as g, MonstackError as h, formatCount as i, shorten as l, Interrupted as m, clipTexts as n, hasWord as o, InstallError as p, encodeUrlPart as r, limitLine as s, clipLines as t, splitNul as u, describeErrorAndFix as v, exitCode as y };