import { g as KubeConfig } from "./dist.js";
import { t as BoundedHttp } from "./kube-http.js";

// src/host/child-environment.ts
const passedOn = /* @__PURE__ */ new Set([
	...[
		"PATH",
		"HOME",
		"USER",
		"LOGNAME",
		"SHELL",
		"TERM",
		"TMPDIR",
		"LD_LIBRARY_PATH"
	],
	...[
		"LANG",
		"LANGUAGE",
		"TZ"
	],
	...[
		"HTTP_PROXY",
		"HTTPS_PROXY",
		"NO_PROXY",
		"ALL_PROXY"
	],
	...[
		"http_proxy",
		"https_proxy",
		"no_proxy",
		"all_proxy"
	],
	...[
		"SSL_CERT_FILE",
		"SSL_CERT_DIR",
		"NIX_SSL_CERT_FILE"
	],
	...[
		"NODE_EXTRA_CA_CERTS",
		"NODE_OPTIONS",
		"NODE_USE_SYSTEM_CA"
	],
	...[
		"GODEBUG",
		"GOMAXPROCS",
		"GOMEMLIMIT"
	],
	...[
		"XDG_CONFIG_HOME",
		"XDG_CACHE_HOME",
		"XDG_DATA_HOME",
		"XDG_STATE_HOME",
		"XDG_RUNTIME_DIR"
	],
	...[
		"DOCKER_CONFIG",
		"REGISTRY_AUTH_FILE",
		"GH_CONFIG_DIR",
		"GH_HOST",
		"GNUPGHOME"
	],
	...[
		"TUF_ROOT",
		"TUF_MIRROR",
		"SIGSTORE_ROOT_FILE"
	],
	...["SIGSTORE_REKOR_PUBLIC_KEY", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"]
]);
const passedOnFamilies = /^(LC|HELM|K3S|CONTAINERD)_/;
const runnerVariable = /^(ACTIONS|GITHUB|INPUT|RUNNER|STATE)_/i;
function isRunnersVariable(name) {
	return runnerVariable.test(name);
}
function selectChildEnvironment(env) {
	return selectVariables(env, (name) => passedOn.has(name) || passedOnFamilies.test(name));
}
function selectLoginEnvironment(env) {
	return selectVariables(env, (name) => !isRunnersVariable(name) && !passedOn.has(name));
}
function selectRunnerEnvironment(env) {
	return selectVariables(env, (name) => /^(ACTIONS|GITHUB|RUNNER)_/.test(name));
}
function selectVariables(env, isWanted) {
	return Object.fromEntries(Object.entries(env).filter((entry) => entry[1] !== void 0 && isWanted(entry[0])));
}

// src/kube/kube-config.ts
const http1 = { allowH2: false };
var SharingKubeConfig = class extends KubeConfig {
	#shared = /* @__PURE__ */ new Map();
	async applySecurityAuthentication(request) {
		await super.applySecurityAuthentication(request);
		const ownDispatcher = request.getDispatcher();
		if (ownDispatcher === void 0 || this.#mayRenew()) return;
		const context = this.getCurrentContext();
		const shared = this.#shared.get(context) ?? ownDispatcher;
		this.#shared.set(context, shared);
		request.setDispatcher(shared);
	}
	getCurrentUser() {
		const user = super.getCurrentUser();
		if (!user?.exec) return user;
		const hiddenVariables = Object.keys(process.env).filter(isRunnersVariable).map((name) => ({
			name,
			value: ""
		}));
		return {
			...user,
			exec: {
				...user.exec,
				env: [...hiddenVariables, ...user.exec.env ?? []]
			}
		};
	}
	makeApiClient(type) {
		const construct = (_, [configuration]) => new type({
			...configuration,
			httpApi: new BoundedHttp()
		});
		return super.makeApiClient(new Proxy(type, { construct }));
	}
	createDispatcherOptions(...parameters) {
		const options = super.createDispatcherOptions(...parameters);
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

export { selectRunnerEnvironment as i, selectChildEnvironment as n, selectLoginEnvironment as r, SharingKubeConfig as t };