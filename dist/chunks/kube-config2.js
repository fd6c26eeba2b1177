import { g as KubeConfig } from "./dist.js";

// src/host/kube-config.ts
const http1 = { allowH2: false };
var SharingKubeConfig = class extends KubeConfig {
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
	#mayRenew() {
		const user = this.getCurrentUser();
		return user?.exec !== void 0 || user?.authProvider !== void 0;
	}
};

export { SharingKubeConfig as t };