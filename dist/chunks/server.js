import { _ as describeError } from "./text.js";
import { connect, createServer } from "node:net";

// src/forward/server.ts
async function listen(listener, log) {
	const dial = createDial(listener.target);
	const accept = (client) => {
		client.on("error", () => client.destroy());
		dial(client).catch((error) => {
			log(`${listener.name}: ${describeError(error)}`);
			client.resetAndDestroy();
		});
	};
	await openServer(listener.port, "127.0.0.1", accept);
	await openServer(listener.port, "::1", accept).catch((error) => {
		if (error.code === "EADDRINUSE") throw error;
	});
}
async function openServer(port, host, accept) {
	const server = createServer({
		allowHalfOpen: true,
		noDelay: true
	}, accept);
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen({
			port,
			host,
			exclusive: true,
			ipv6Only: host.includes(":")
		}, () => resolve(server));
	});
}
function createDial(target) {
	if (target.kind === "tcp") return async (client) => connectTcp(client, target.host, target.port);
	let pods;
	return async (client) => {
		pods ??= import("./pod.js").then(({ createPodDial }) => createPodDial(target));
		await (await pods.catch((error) => {
			pods = void 0;
			throw error;
		}))(client);
	};
}
function connectTcp(client, host, port) {
	const upstream = connect({
		host,
		port,
		allowHalfOpen: true,
		noDelay: true
	});
	return new Promise((resolve, reject) => {
		upstream.once("connect", resolve);
		upstream.once("error", reject);
		upstream.on("close", (hasError) => hasError ? client.resetAndDestroy() : client.end());
		client.on("close", () => upstream.destroy());
		client.pipe(upstream);
		upstream.pipe(client);
	});
}

export { openServer as n, listen as t };