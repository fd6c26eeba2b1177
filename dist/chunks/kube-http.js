import { Hm as IsomorphicFetchHttpLibrary, Um as Observable, Vm as ResponseContext } from "./dist.js";

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
function formatBytes(bytes) {
	const power = bytes < 1024 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
	const amount = bytes / 1024 ** power;
	return `${Number(amount.toFixed(amount < 10 ? 1 : 0))} ${byteUnits[power]}`;
}

// src/host/read-body.ts
const maxBodyBytes = 64 * 1024 ** 2;
var BodyTooLarge = class extends Error {
	constructor(maxBytes) {
		super(`the response has more than ${formatBytes(maxBytes)}, which is more than any that is expected; it was not read`);
		this.name = "BodyTooLarge";
	}
};
async function readBody(body, maxBytes = maxBodyBytes) {
	const decoder = new TextDecoder();
	let text = "";
	let bytes = 0;
	for await (const piece of body ?? []) {
		bytes += piece.byteLength;
		if (bytes > maxBytes) throw new BodyTooLarge(maxBytes);
		text += decoder.decode(piece, { stream: true });
	}
	return text + decoder.decode();
}

// src/host/kube-http.ts
const maxBytes = 128 * 1024 ** 2;
var BoundedHttp = class extends IsomorphicFetchHttpLibrary {
	#maxBytes;
	constructor(bytes = maxBytes) {
		super();
		this.#maxBytes = bytes;
	}
	send(request) {
		const pendingResponse = super.send(request).toPromise();
		return new Observable(pendingResponse.then((response) => this.#limitBody(response)));
	}
	#limitBody({ httpStatusCode, headers, body }) {
		const text = () => readBody(body.stream(), this.#maxBytes);
		return new ResponseContext(httpStatusCode, headers, {
			text,
			binary: async () => Buffer.from(await text()),
			stream: () => body.stream()
		});
	}
};

export { parsePrometheusSize as a, formatBytes as i, BodyTooLarge as n, parseQuantity as o, readBody as r, BoundedHttp as t };