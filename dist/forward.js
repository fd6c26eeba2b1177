import { _ as describeError } from "./chunks/text.js";
import { c as endpointPrefix, d as parseEndpoint, h as stripToken, m as readRequest, n as arrivalsPath, p as readMail } from "./chunks/endpoints.js";
import { t as listen } from "./chunks/server.js";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createServer$1 } from "node:net";
import { readFile, rename, writeFile } from "node:fs/promises";

// src/alerting/smtp.ts
const usernamePrompt = "334 VXNlcm5hbWU6";
const passwordPrompt = "334 UGFzc3dvcmQ6";
const maxMessageBytes = 1048576;
const lineBytes = 64;
function createSmtpSession() {
	let state = "command";
	let credentialLines = 0;
	let from;
	let recipients = 0;
	let message = [];
	let size = 0;
	function resetMessage() {
		from = void 0;
		recipients = 0;
		message = [];
		size = 0;
	}
	function handleDataLine(text) {
		if (text !== ".") {
			size += text.length + 2;
			if (size <= maxMessageBytes) message.push(text.startsWith(".") ? text.slice(1) : text);
			return {};
		}
		state = "command";
		const messageText = message.join("\r\n");
		const isTooBig = size > maxMessageBytes;
		resetMessage();
		return isTooBig ? toSmtpReply("552 message too big") : {
			reply: ["250 OK"],
			message: messageText
		};
	}
	function startAuthentication(rest) {
		const [mechanism = "", initial] = rest.split(/\s+/);
		if (mechanism.toUpperCase() === "PLAIN") {
			if (initial !== void 0) return toSmtpReply("235 authenticated");
			state = "plain";
			return toSmtpReply("334 ");
		}
		if (mechanism.toUpperCase() !== "LOGIN") return toSmtpReply("504 only PLAIN and LOGIN");
		state = "password";
		credentialLines = initial === void 0 ? 2 : 1;
		return toSmtpReply(credentialLines === 2 ? usernamePrompt : passwordPrompt);
	}
	function handleCredentialLine() {
		credentialLines = state === "plain" ? 0 : credentialLines - 1;
		if (credentialLines > 0) return toSmtpReply(passwordPrompt);
		state = "command";
		return toSmtpReply("235 authenticated");
	}
	function handleCommand(text) {
		const [verb = ""] = text.split(" ", 1);
		const rest = text.slice(verb.length).trim();
		switch (verb.toUpperCase()) {
			case "EHLO": return { reply: [
				"250-monstack",
				`250-SIZE ${maxMessageBytes}`,
				"250-8BITMIME",
				"250 AUTH PLAIN LOGIN"
			] };
			case "HELO": return toSmtpReply("250 monstack");
			case "AUTH": return startAuthentication(rest);
			case "MAIL":
				if (!/^FROM:\s*<[^>]*>/i.test(rest)) return toSmtpReply("501 expected MAIL FROM:<address>");
				resetMessage();
				from = rest;
				return toSmtpReply("250 OK");
			case "RCPT":
				if (from === void 0) return toSmtpReply("503 MAIL comes first");
				if (!/^TO:\s*<[^>]+>/i.test(rest)) return toSmtpReply("501 expected RCPT TO:<address>");
				recipients += 1;
				return toSmtpReply("250 OK");
			case "DATA":
				if (recipients === 0) return toSmtpReply("503 RCPT comes first");
				state = "data";
				return toSmtpReply("354 end with a dot on a line of its own");
			case "RSET":
				resetMessage();
				return toSmtpReply("250 OK");
			case "NOOP": return toSmtpReply("250 OK");
			case "QUIT": return {
				reply: ["221 bye"],
				ends: true
			};
			default: return toSmtpReply("502 not known here");
		}
	}
	return {
		heldBytes: () => Math.min(size, maxMessageBytes) + message.length * lineBytes,
		greeting: "220 monstack takes alerts for its checks",
		line: (text) => {
			if (state === "data") return handleDataLine(text);
			if (state === "password" || state === "plain") return handleCredentialLine();
			return handleCommand(text);
		}
	};
}
function toSmtpReply(line) {
	return { reply: [line] };
}

// src/forward/deliveries.ts
const maxKeptDeliveries = 500;
const maxProbes = 2e4;
const maxProbeLength = 64;
const maxTextLength = 200;
function createArrivalLog(now) {
	const arrivals = [];
	const refused = [];
	let probeCount = 0;
	const keepArrival = (arrival) => {
		arrivals.push(arrival);
		probeCount += arrival.probes.length;
		while (arrivals.length > maxKeptDeliveries || probeCount > maxProbes) probeCount -= arrivals.shift()?.probes.length ?? 0;
	};
	return {
		record: (source, message) => {
			const at = now();
			if ("refused" in message) {
				refused.push({
					at,
					what: source.slice(0, maxTextLength),
					why: message.refused.slice(0, maxTextLength)
				});
				if (refused.length > maxKeptDeliveries) refused.shift();
				return false;
			}
			const probes = message.probes.filter(({ length }) => length <= maxProbeLength).slice(0, maxProbes);
			keepArrival({
				endpoint: message.endpoint,
				at,
				probes
			});
			return true;
		},
		list: () => ({
			arrivals,
			refused
		})
	};
}
function createByteBudget(maxBytes) {
	const bytesByOwner = /* @__PURE__ */ new Map();
	let total = 0;
	const setBytes = (owner, bytes) => {
		total += bytes - (bytesByOwner.get(owner) ?? 0);
		if (bytes === 0) bytesByOwner.delete(owner);
		else bytesByOwner.set(owner, bytes);
	};
	return {
		hold: (owner, bytes) => {
			setBytes(owner, bytes);
			return total <= maxBytes;
		},
		release: (owner) => setBytes(owner, 0)
	};
}
const maxBodyBytes = 1048576;
async function handleRequest(request, response, { token, kept: arrivalLog, budget }) {
	const reply = (status, text, type = "text/plain") => response.writeHead(status, {
		"content-type": type,
		...status >= 400 ? { connection: "close" } : {}
	}).end(text);
	const [path = ""] = (request.url ?? "").split("?", 1);
	const endpointPath = stripToken(token, path.slice(1));
	if (endpointPath === void 0) {
		reply(404, "no address of a receiver");
		return;
	}
	if (request.method === "GET" && endpointPath === "/arrivals") {
		reply(200, JSON.stringify(arrivalLog.list()), "application/json");
		return;
	}
	const requestName = `${request.method} ${endpointPath}`;
	const refuse = (status, why) => {
		arrivalLog.record(requestName, { refused: why });
		reply(status, why);
	};
	const endpoint = endpointPath.startsWith("/receivers/") ? parseEndpoint(endpointPath.slice(endpointPrefix.length)) : void 0;
	if (request.method !== "POST" || endpoint === void 0) return refuse(404, "no address of a receiver");
	try {
		const body = await readBody(request, budget);
		if (body === "too long") return refuse(413, `more than ${maxBodyBytes} bytes`);
		if (body === "no room") return refuse(503, "too much at once");
		const message = readRequest(endpoint, request.headers["content-type"] ?? "", body.text);
		if (arrivalLog.record(requestName, message)) reply(200, "ok");
		else reply(400, "refused" in message ? message.refused : "");
	} finally {
		budget.release(request);
	}
}
async function readBody(request, budget) {
	const chunks = [];
	let size = 0;
	for await (const chunk of request.iterator({ destroyOnReturn: false })) {
		size += chunk.length;
		if (size > maxBodyBytes) {
			chunks.length = 0;
			budget.release(request);
			continue;
		}
		chunks.push(chunk);
		if (!budget.hold(request, size)) return "no room";
	}
	return size > maxBodyBytes ? "too long" : { text: Buffer.concat(chunks).toString("utf8") };
}
const maxLineBytes = 65536;
const idleMs$1 = 3e4;
const longestMs = 6e4;
function receiveMails(client, { token, kept: arrivalLog, budget }) {
	const session = createSmtpSession();
	let incompleteLine = "";
	client.setEncoding("latin1");
	client.setTimeout(idleMs$1, () => client.destroy());
	const closeTimer = setTimeout(() => client.destroy(), longestMs);
	client.on("error", () => client.destroy());
	client.on("close", () => {
		clearTimeout(closeTimer);
		budget.release(client);
	});
	client.write(`${session.greeting}\r\n`);
	const receiveLine = (line) => {
		const { reply = [], message, ends } = session.line(line);
		const mail = message === void 0 ? void 0 : readMail(message, token);
		if (mail !== void 0) arrivalLog.record("an e-mail", mail);
		const replyLines = message !== void 0 && mail === void 0 ? ["550 for no receiver here"] : reply;
		if (replyLines.length > 0) client.write(`${replyLines.join("\r\n")}\r\n`);
		if (ends) client.end();
	};
	client.on("data", (chunk) => {
		incompleteLine += chunk;
		if (chunk.includes("\n")) {
			const lines = incompleteLine.split("\r\n");
			incompleteLine = lines.pop() ?? "";
			for (const line of lines) receiveLine(line);
		}
		if (incompleteLine.length > maxLineBytes || !budget.hold(client, incompleteLine.length + session.heldBytes())) client.destroy();
	});
}

// src/forward/receiver.ts
const maxConnections = 64;
const maxConnectionsPerClient = maxConnections / 2;
const idleMs = 3e4;
const retryMs = 500;
const maxHeldBytes = 8388608;
async function listenForAlerts(address, log) {
	const { token } = address;
	const arrivalLog = createArrivalLog(Date.now);
	const [bodies, mails] = [createByteBudget(maxHeldBytes), createByteBudget(maxHeldBytes)];
	const http = createServer((request, response) => {
		handleRequest(request, response, {
			token,
			kept: arrivalLog,
			budget: bodies
		}).catch(() => response.destroy());
	});
	http.requestTimeout = idleMs;
	const smtp = createServer$1((client) => receiveMails(client, {
		token,
		kept: arrivalLog,
		budget: mails
	}));
	const servers = [http, smtp];
	for (const server of servers) {
		server.maxConnections = maxConnections;
		limitEachClient(server);
	}
	try {
		await listenOn(http, address.host, address.httpPort);
		await listenOn(smtp, address.host, address.smtpPort);
	} catch (error) {
		http.close();
		throw error;
	}
	log(`alerts: listening on ${address.host}, HTTP ${address.httpPort}, SMTP ${address.smtpPort}`);
	return {
		httpPort: getPort(http),
		smtpPort: getPort(smtp),
		close: async () => {
			http.closeAllConnections();
			await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
		}
	};
}
async function keepListeningForAlerts(address, log) {
	try {
		await listenForAlerts(address, log);
		return;
	} catch (error) {
		const problem = describeError(error);
		log(`alerts: ${problem}; trying again`);
		const retryListening = async () => {
			await listenForAlerts(address, log).catch(() => setTimeout(retryListening, retryMs));
		};
		setTimeout(retryListening, retryMs);
		return problem;
	}
}
function limitEachClient(server) {
	const openCounts = /* @__PURE__ */ new Map();
	server.prependListener("connection", (client) => {
		const { remoteAddress = "" } = client;
		const count = (openCounts.get(remoteAddress) ?? 0) + 1;
		openCounts.set(remoteAddress, count);
		client.once("close", () => {
			const remaining = (openCounts.get(remoteAddress) ?? 1) - 1;
			if (remaining === 0) openCounts.delete(remoteAddress);
			else openCounts.set(remoteAddress, remaining);
		});
		if (count > maxConnectionsPerClient) client.destroy();
	});
}
async function listenOn(server, host, port) {
	await new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen({
			host,
			port,
			exclusive: true
		}, resolve);
	});
}
function getPort(server) {
	return server.address().port;
}

// src/forward/main.ts
await main(process.argv[2] ?? "");
async function main(specFile) {
	const spec = JSON.parse(await readFile(specFile, "utf8"));
	const { pid } = process;
	const log = (line) => process.stderr.write(`${(/* @__PURE__ */ new Date()).toISOString()} ${line}\n`);
	try {
		for (const listener of spec.listeners) await listen(listener, log);
	} catch (error) {
		const message = describeError(error);
		log(message);
		await writeStatus(spec, {
			state: "failed",
			pid,
			message
		});
		process.exit(3);
	}
	process.on("uncaughtException", (error) => log(`on a connection: ${describeError(error)}`));
	process.on("SIGTERM", () => process.exit(0));
	const ports = Object.fromEntries(spec.listeners.map(({ name, port }) => [name, port]));
	await writeStatus(spec, {
		state: "listening",
		pid,
		ports,
		receiverProblem: spec.receiver && await keepListeningForAlerts(spec.receiver, log)
	});
	log(`listening: ${JSON.stringify(ports)}`);
}
async function writeStatus({ statusFile }, status) {
	const temporary = `${statusFile}.${randomBytes(8).toString("hex")}.new`;
	await writeFile(temporary, JSON.stringify(status), {
		mode: 384,
		flag: "wx"
	});
	await rename(temporary, statusFile);
}

export {  };