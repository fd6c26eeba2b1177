import { g as KubeConfig } from "./dist.js";

// src/cluster/kube-config.ts
/** HTTP/1.1 only: in one HTTP/2 session, what breaks one request could break all that go on beside it. */
const http1 = { allowH2: false };
/**
* The official client's kubeconfig, with connections that requests share. The client itself opens one for each request,
* with a TLS handshake, and keeps it for four seconds more: hundreds of them while a stack is verified.
*/
var SharingKubeConfig = class extends KubeConfig {
	/** By context: each may have another server and another user. */
	#shared = /* @__PURE__ */ new Map();
	async applySecurityAuthentication(request) {
		await super.applySecurityAuthentication(request);
		const own = request.getDispatcher();
		if (own === void 0 || this.#mayRenew()) return;
		const context = this.getCurrentContext();
		const shared = this.#shared.get(context) ?? own;
		this.#shared.set(context, shared);
		request.setDispatcher(shared);
	}
	createDispatcherOptions(...from) {
		const options = super.createDispatcherOptions(...from);
		if (options.type !== "agent") return options;
		return {
			...options,
			connect: {
				...options.connect,
				...http1
			}
		};
	}
	/** A plugin may hand out another client certificate each time. */
	#mayRenew() {
		const user = this.getCurrentUser();
		return user?.exec !== void 0 || user?.authProvider !== void 0;
	}
};

export { SharingKubeConfig as t };