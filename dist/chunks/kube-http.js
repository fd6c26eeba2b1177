import { Hm as IsomorphicFetchHttpLibrary, Um as Observable, Vm as ResponseContext } from "./dist.js";

// src/host/read-body.ts
const mostBodyBytes = 64 * 1024 ** 2;
var BodyTooLarge = class extends Error {
	constructor(mostBytes) {
		super(`the response has more than ${sizeOf(mostBytes)}, which is more than any that is expected; it was not read`);
		this.name = "BodyTooLarge";
	}
};
async function readBody(body, mostBytes = mostBodyBytes) {
	const decoder = new TextDecoder();
	let text = "";
	let bytes = 0;
	for await (const piece of body ?? []) {
		bytes += piece.byteLength;
		if (bytes > mostBytes) throw new BodyTooLarge(mostBytes);
		text += decoder.decode(piece, { stream: true });
	}
	return text + decoder.decode();
}
function sizeOf(bytes) {
	return bytes >= 1024 ** 2 ? `${bytes / 1024 ** 2} MiB` : `${bytes} bytes`;
}

// src/host/kube-http.ts
const mostBytes = 128 * 1024 ** 2;
var BoundedHttp = class extends IsomorphicFetchHttpLibrary {
	#mostBytes;
	constructor(most = mostBytes) {
		super();
		this.#mostBytes = most;
	}
	send(request) {
		const sent = super.send(request).toPromise();
		return new Observable(sent.then((response) => this.#bounded(response)));
	}
	#bounded({ httpStatusCode, headers, body }) {
		const text = () => readBody(body.stream(), this.#mostBytes);
		return new ResponseContext(httpStatusCode, headers, {
			text,
			binary: async () => Buffer.from(await text()),
			stream: () => body.stream()
		});
	}
};

export { readBody as n, BoundedHttp as t };