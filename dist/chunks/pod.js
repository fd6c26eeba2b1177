import { D as ObjectDiscoveryV1Api, T as ObjectCoreV1Api, r as PortForward } from "./dist.js";
import { t as SharingKubeConfig } from "./kube-config.js";
import { dirname } from "node:path";
import { Writable } from "node:stream";
import { readFile } from "node:fs/promises";

// src/forward/pod.ts
async function createPodDial(target) {
	const config = new SharingKubeConfig();
	config.loadFromString(await readFile(target.kubeconfig, "utf8"));
	config.makePathsAbsolute(dirname(target.kubeconfig));
	if (target.context !== void 0) config.setCurrentContext(target.context);
	const forward = new PortForward(config);
	return async (client) => {
		const { pod, port } = await findPod(config, target);
		let errorText = "";
		const errors = new Writable({ write: (chunk, _encoding, done) => {
			if (chunk.length > 0) client.resetAndDestroy();
			errorText += chunk.toString();
			done();
		} });
		const connection = await forward.portForward(target.namespace, pod, [port], client, errors, client);
		const socket = typeof connection === "function" ? connection() : connection;
		if (!socket) throw new Error(`no connection to pod ${target.namespace}/${pod}: ${errorText}`);
		socket.onclose = () => client.end();
		socket.onerror = () => client.resetAndDestroy();
		client.on("close", () => socket.close());
	};
}
async function findPod(config, target) {
	const { namespace, service: name } = target;
	const [service, slices] = await Promise.all([config.makeApiClient(ObjectCoreV1Api).readNamespacedService({
		namespace,
		name
	}), config.makeApiClient(ObjectDiscoveryV1Api).listNamespacedEndpointSlice({
		namespace,
		labelSelector: `kubernetes.io/service-name=${name}`
	})]);
	const servicePort = service.spec?.ports?.find(({ port }) => port === target.port);
	if (!servicePort) throw new Error(`service ${namespace}/${name} has no port ${target.port}`);
	for (const slice of slices.items) {
		const port = slice.ports?.find((candidate) => (candidate.name ?? "") === (servicePort.name ?? ""))?.port;
		const readyEndpoint = slice.endpoints?.find(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod");
		if (port !== void 0 && readyEndpoint?.targetRef?.name) return {
			pod: readyEndpoint.targetRef.name,
			port
		};
	}
	throw new Error(`service ${namespace}/${name} has no ready pod`);
}

export { createPodDial };