import { Bm as RequestContext, zm as HttpMethod } from "./dist.js";
import { t as BoundedHttp } from "./kube-http.js";

// src/lib/shorten.ts
function shorten(text, most) {
	if (text.length <= most) return text;
	const gap = " [...] ";
	const head = Math.floor((most - 7) / 3);
	return text.slice(0, head) + gap + text.slice(text.length - (most - 7 - head));
}

// src/kube/api.ts
var ApiError = class extends Error {
	status;
	constructor(path, status, body) {
		super(`${path}: HTTP ${status}: ${statusMessage(body)}`);
		this.name = "ApiError";
		this.status = status;
	}
};
function createApi(kube) {
	const send = async (path, signal, asked = {}) => {
		const cluster = kube.getCurrentCluster();
		if (!cluster) throw new Error("the kubeconfig has no current cluster");
		const url = `${cluster.server.replace(/\/$/, "")}${path}`;
		const request = new RequestContext(url, asked.method ?? HttpMethod.GET);
		for (const [name, value] of Object.entries(asked.headers ?? {})) request.setHeaderParam(name, value);
		if (asked.body !== void 0) request.setBody(asked.body);
		await kube.applySecurityAuthentication(request);
		request.setSignal(signal);
		return await new BoundedHttp().send(request).toPromise();
	};
	const sendOk = async (path, signal) => {
		const response = await send(path, signal);
		if (response.httpStatusCode === 200) return response.body;
		throw new ApiError(path.split("?")[0] ?? path, response.httpStatusCode, await response.body.text());
	};
	return {
		text: async (path, signal) => (await sendOk(path, signal)).text(),
		ask: async (path, signal, request) => {
			const response = await send(path, signal, request);
			return {
				status: response.httpStatusCode,
				body: await response.body.text()
			};
		},
		watch: async function* (path, signal) {
			const stream = (await sendOk(path, signal)).stream();
			if (!stream) return;
			yield* lines(stream);
		}
	};
}
const longestEvent = 32 * 1024 ** 2;
async function* lines(stream) {
	const decoder = new TextDecoder();
	let begun = [];
	let length = 0;
	for await (const chunk of stream) {
		const parts = decoder.decode(chunk, { stream: true }).split("\n");
		for (const [at, part] of parts.entries()) {
			begun.push(part);
			length += part.length;
			if (length > longestEvent) throw new Error("an event of the API server's watch has no end");
			if (at === parts.length - 1) break;
			const line = begun.join("");
			[begun, length] = [[], 0];
			if (line.trim() !== "") yield JSON.parse(line);
		}
	}
}
function statusMessage(body) {
	try {
		return JSON.parse(body).message ?? shorten(body, 400);
	} catch {
		return shorten(body, 400);
	}
}

export { createApi as n, shorten as r, ApiError as t };