import { Hm as IsomorphicFetchHttpLibrary, Um as Observable, Vm as ResponseContext } from "./dist.js";
import { t as formatBytes } from "./quantity.js";

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

export { BodyTooLarge as n, readBody as r, BoundedHttp as t };