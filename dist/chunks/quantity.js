// src/lib/quantity.ts
const powersOf1000 = [
	"",
	"k",
	"M",
	"G",
	"T",
	"P",
	"E"
];
const fractionalUnits = {
	n: 1e-9,
	u: 1e-6,
	m: .001
};
function parseQuantity(text) {
	const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,2}))?$/.exec(text);
	if (!match) return void 0;
	const [, amount, binary, decimal, exponent] = match;
	const number = Number(amount);
	if (binary !== void 0) return number * 1024 ** powersOf1000.indexOf(binary === "Ki" ? "k" : binary[0] ?? "");
	if (exponent !== void 0) return number * 10 ** Number(exponent);
	if (decimal === void 0) return number;
	return number * (fractionalUnits[decimal] ?? 1e3 ** powersOf1000.indexOf(decimal));
}
const prometheusUnits = [
	"",
	"K",
	"M",
	"G",
	"T",
	"P",
	"E"
];
function parsePrometheusSize(text) {
	const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?B?$/.exec(text) ?? [];
	return amount === void 0 ? void 0 : Number(amount) * 1024 ** prometheusUnits.indexOf(unit);
}
const byteUnits = [
	"B",
	"KiB",
	"MiB",
	"GiB",
	"TiB",
	"PiB"
];
function formatSpeed(bytes, tookMs) {
	return `${formatBytes(bytes / Math.max(tookMs / 1e3, .1))}/s`;
}
function formatBytes(bytes) {
	const power = bytes < 1024 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
	const amount = bytes / 1024 ** power;
	return `${Number(amount.toFixed(amount < 10 ? 1 : 0))} ${byteUnits[power]}`;
}

export { parseQuantity as i, formatSpeed as n, parsePrometheusSize as r, formatBytes as t };