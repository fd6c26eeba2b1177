import { Bm as RequestContext, Um as Observable, j as ApiException, zm as HttpMethod } from "./dist.js";
import { t as BoundedHttp } from "./kube-http.js";
import { _ as describeError, l as shorten } from "./text.js";
import { STATUS_CODES } from "node:http";

// src/kube/api.ts
var ApiError = class extends Error {
	status;
	constructor(path, status, body) {
		super(`${path}: HTTP ${status}: ${parseStatusMessage(body)}`);
		this.name = "ApiError";
		this.status = status;
	}
};
function createApi(kube) {
	const send = async (path, signal, options = {}) => {
		const cluster = kube.getCurrentCluster();
		if (!cluster) throw new Error("the kubeconfig has no current cluster");
		const url = `${cluster.server.replace(/\/$/, "")}${path}`;
		const request = new RequestContext(url, options.method ?? HttpMethod.GET);
		for (const [name, value] of Object.entries(options.headers ?? {})) request.setHeaderParam(name, value);
		if (options.body !== void 0) request.setBody(options.body);
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
		readText: async (path, signal) => (await sendOk(path, signal)).text(),
		send: async (path, signal, request) => {
			const response = await send(path, signal, request);
			return {
				status: response.httpStatusCode,
				body: await response.body.text()
			};
		},
		watch: async function* (path, signal) {
			const stream = (await sendOk(path, signal)).stream();
			if (!stream) return;
			yield* readWatchEvents(stream);
		}
	};
}
const maxEventCharacters = 32 * 1024 ** 2;
async function* readWatchEvents(stream) {
	const decoder = new TextDecoder();
	let lineParts = [];
	let length = 0;
	for await (const chunk of stream) {
		const parts = decoder.decode(chunk, { stream: true }).split("\n");
		for (const [index, part] of parts.entries()) {
			lineParts.push(part);
			length += part.length;
			if (length > maxEventCharacters) throw new Error("an event of the API server's watch has no end");
			if (index === parts.length - 1) break;
			const line = lineParts.join("");
			[lineParts, length] = [[], 0];
			if (line.trim() !== "") yield JSON.parse(line);
		}
	}
}
function parseStatusMessage(body) {
	try {
		return JSON.parse(body).message ?? shorten(body, 400);
	} catch {
		return shorten(body, 400);
	}
}
function limitCallTime(timeoutMs, signal) {
	return {
		middleware: [{
			pre: (request) => {
				request.setSignal(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
				return new Observable(Promise.resolve(request));
			},
			post: (response) => new Observable(Promise.resolve(response))
		}],
		middlewareMergeStrategy: "append"
	};
}
function getErrorStatus(error) {
	return error instanceof ApiException ? error.code : void 0;
}
function describeApiError(error) {
	if (!(error instanceof ApiException)) return describeError(error);
	const body = typeof error.body === "string" ? parseJsonOrText(error.body) : error.body;
	const message = typeof body === "object" && body !== null && "message" in body ? body.message : body;
	return `${error.code} ${String(message || STATUS_CODES[error.code] || "")}`.trim();
}
function parseJsonOrText(text) {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
const transientErrors = [
	/connection re(fused|set)/i,
	/server is currently unable to handle the request/i,
	/server could not find the requested resource/i,
	/stale GroupVersion discovery|unable to retrieve the complete list of server APIs/i,
	/TLS handshake timeout|i\/o timeout|\bEOF\b|http2: client connection lost/i,
	/etcdserver: (leader changed|request timed out)|no leader/i,
	/error looking up service account|serviceaccounts? "[^"]*" not found/i,
	/namespaces? "[^"]*" not found/i,
	/failed calling webhook .{0,1000}(connection refused|no endpoints available|deadline exceeded|no service port)/is,
	/too many requests|apiserver is shutting down|apiserver not ready|server was unable to return a response in the time/i
];
function isTransient(message) {
	return transientErrors.some((pattern) => pattern.test(message));
}
async function retryTransient(context, forMs, isRetryable, attempt) {
	const deadline = context.host.now() + forMs;
	let pauseMs = 250;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (!isRetryable(error) || context.host.now() + pauseMs > deadline) throw error;
			context.log.debug(`trying again in ${pauseMs} ms: ${error instanceof Error ? error.message : String(error)}`);
		}
		await context.host.sleep(pauseMs, context.signal);
		pauseMs = Math.min(pauseMs * 2, 2e3);
	}
}

export { isTransient as a, getErrorStatus as i, createApi as n, limitCallTime as o, describeApiError as r, retryTransient as s, ApiError as t };