import { g as describeError } from "./chunks/text.js";
import { c as endpointPrefix, d as parseEndpoint, h as stripToken, m as readRequest, n as arrivalsPath, p as readMail } from "./chunks/endpoints.js";
import { n as listen } from "./chunks/server.js";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { createServer as createServer$1 } from "node:http";
import { readFile, rename, writeFile } from "node:fs/promises";

// src/alerting/smtp.ts
const maxMessageBytes = 1048576;
const lineBytes = 64;
function createSmtpSession() {
	let state = "command";
	let passwordLines = 0;
	let from;
	let recipients = 0;
	let message = [];
	let size = 0;
	function reset() {
		from = void 0;
		recipients = 0;
		message = [];
		size = 0;
	}
	function dataLine(text) {
		if (text !== ".") {
			size += text.length + 2;
			if (size <= maxMessageBytes) message.push(text.startsWith(".") ? text.slice(1) : text);
			return {};
		}
		state = "command";
		const whole = message.join("\r\n");
		const isTooBig = size > maxMessageBytes;
		reset();
		return isTooBig ? toSmtpReply("552 message too big") : {
			reply: ["250 OK"],
			message: whole
		};
	}
	function auth(rest) {
		const [mechanism = "", initial] = rest.split(/\s+/);
		if (mechanism.toUpperCase() === "PLAIN") {
			if (initial !== void 0) return toSmtpReply("235 authenticated");
			state = "plain";
			return toSmtpReply("334 ");
		}
		if (mechanism.toUpperCase() !== "LOGIN") return toSmtpReply("504 only PLAIN and LOGIN");
		state = "password";
		passwordLines = initial === void 0 ? 2 : 1;
		return toSmtpReply(passwordLines === 2 ? "334 VXNlcm5hbWU6" : "334 UGFzc3dvcmQ6");
	}
	function credential() {
		passwordLines -= state === "plain" ? passwordLines : 1;
		if (passwordLines > 0) return toSmtpReply("334 UGFzc3dvcmQ6");
		state = "command";
		return toSmtpReply("235 authenticated");
	}
	function command(text) {
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
			case "AUTH": return auth(rest);
			case "MAIL":
				if (!/^FROM:\s*<[^>]*>/i.test(rest)) return toSmtpReply("501 expected MAIL FROM:<address>");
				reset();
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
				reset();
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
			if (state === "data") return dataLine(text);
			if (state === "password" || state === "plain") return credential();
			return command(text);
		}
	};
}
function toSmtpReply(line) {
	return { reply: [line] };
}

// src/forward/deliveries.ts
const mostKept = 500;
const mostProbes = 2e4;
const mostProbeLength = 64;
const mostTextLength = 200;
function createArrivalLog(now) {
	const arrivals = [];
	const refused = [];
	let probesKept = 0;
	const keepArrival = (arrival) => {
		arrivals.push(arrival);
		probesKept += arrival.probes.length;
		while (arrivals.length > mostKept || probesKept > mostProbes) probesKept -= arrivals.shift()?.probes.length ?? 0;
	};
	return {
		note: (what, read) => {
			const at = now();
			if ("refused" in read) {
				refused.push({
					at,
					what: what.slice(0, mostTextLength),
					why: read.refused.slice(0, mostTextLength)
				});
				if (refused.length > mostKept) refused.shift();
				return false;
			}
			const probes = read.probes.filter(({ length }) => length <= mostProbeLength).slice(0, mostProbes);
			keepArrival({
				endpoint: read.endpoint,
				at,
				probes
			});
			return true;
		},
		all: () => ({
			arrivals,
			refused
		})
	};
}
function createByteBudget(mostBytes) {
	const held = /* @__PURE__ */ new Map();
	let total = 0;
	const set = (owner, bytes) => {
		total += bytes - (held.get(owner) ?? 0);
		if (bytes === 0) held.delete(owner);
		else held.set(owner, bytes);
	};
	return {
		hold: (owner, bytes) => {
			set(owner, bytes);
			return total <= mostBytes;
		},
		release: (owner) => set(owner, 0)
	};
}
const maxBodyBytes = 1048576;
async function handleRequest(request, response, { token, kept, budget }) {
	const reply = (status, text, type = "text/plain") => response.writeHead(status, {
		"content-type": type,
		...status >= 400 ? { connection: "close" } : {}
	}).end(text);
	const [path = ""] = (request.url ?? "").split("?", 1);
	const rest = stripToken(token, path.slice(1));
	if (rest === void 0) {
		reply(404, "no address of a receiver");
		return;
	}
	if (request.method === "GET" && rest === "/arrivals") {
		reply(200, JSON.stringify(kept.all()), "application/json");
		return;
	}
	const what = `${request.method} ${rest}`;
	const refuse = (status, why) => {
		kept.note(what, { refused: why });
		reply(status, why);
	};
	const endpoint = rest.startsWith("/receivers/") ? parseEndpoint(rest.slice(endpointPrefix.length)) : void 0;
	if (request.method !== "POST" || endpoint === void 0) return refuse(404, "no address of a receiver");
	try {
		const body = await readBody(request, budget);
		if (body === "too long") return refuse(413, `more than ${maxBodyBytes} bytes`);
		if (body === "no room") return refuse(503, "too much at once");
		const read = readRequest(endpoint, request.headers["content-type"] ?? "", body.text);
		if (kept.note(what, read)) reply(200, "ok");
		else reply(400, "refused" in read ? read.refused : "");
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
function receiveMails(client, { token, kept, budget }) {
	const session = createSmtpSession();
	let rest = "";
	client.setEncoding("latin1");
	client.setTimeout(idleMs$1, () => client.destroy());
	const end = setTimeout(() => client.destroy(), longestMs);
	client.on("error", () => client.destroy());
	client.on("close", () => {
		clearTimeout(end);
		budget.release(client);
	});
	client.write(`${session.greeting}\r\n`);
	const take = (line) => {
		const { reply = [], message, ends } = session.line(line);
		const read = message === void 0 ? void 0 : readMail(message, token);
		if (read !== void 0) kept.note("an e-mail", read);
		const said = message !== void 0 && read === void 0 ? ["550 for no receiver here"] : reply;
		if (said.length > 0) client.write(`${said.join("\r\n")}\r\n`);
		if (ends) client.end();
	};
	client.on("data", (chunk) => {
		rest += chunk;
		if (chunk.includes("\n")) {
			const lines = rest.split("\r\n");
			rest = lines.pop() ?? "";
			for (const line of lines) take(line);
		}
		if (rest.length > maxLineBytes || !budget.hold(client, rest.length + session.heldBytes())) client.destroy();
	});
}

// src/forward/receiver.ts
const maxConnections = 64;
const maxConnectionsOfOne = maxConnections / 2;
const idleMs = 3e4;
const retryMs = 500;
const maxHeldBytes = 8388608;
async function listenForAlerts(at, log) {
	const { token } = at;
	const kept = createArrivalLog(Date.now);
	const [bodies, mails] = [createByteBudget(maxHeldBytes), createByteBudget(maxHeldBytes)];
	const http = createServer$1((request, response) => {
		handleRequest(request, response, {
			token,
			kept,
			budget: bodies
		}).catch(() => response.destroy());
	});
	http.requestTimeout = idleMs;
	const smtp = createServer((client) => receiveMails(client, {
		token,
		kept,
		budget: mails
	}));
	const servers = [http, smtp];
	for (const server of servers) {
		server.maxConnections = maxConnections;
		limitEachClient(server);
	}
	try {
		await bind(http, at.host, at.httpPort);
		await bind(smtp, at.host, at.smtpPort);
	} catch (error) {
		http.close();
		throw error;
	}
	log(`alerts: listening on ${at.host}, HTTP ${at.httpPort}, SMTP ${at.smtpPort}`);
	return {
		httpPort: getPort(http),
		smtpPort: getPort(smtp),
		close: async () => {
			http.closeAllConnections();
			await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
		}
	};
}
async function keepListeningForAlerts(at, log) {
	try {
		await listenForAlerts(at, log);
		return;
	} catch (error) {
		const problem = describeError(error);
		log(`alerts: ${problem}; trying again`);
		const again = async () => {
			await listenForAlerts(at, log).catch(() => setTimeout(again, retryMs));
		};
		setTimeout(again, retryMs);
		return problem;
	}
}
function limitEachClient(server) {
	const open = /* @__PURE__ */ new Map();
	server.prependListener("connection", (client) => {
		const { remoteAddress = "" } = client;
		const count = (open.get(remoteAddress) ?? 0) + 1;
		open.set(remoteAddress, count);
		client.once("close", () => {
			const left = (open.get(remoteAddress) ?? 1) - 1;
			if (left === 0) open.delete(remoteAddress);
			else open.set(remoteAddress, left);
		});
		if (count > maxConnectionsOfOne) client.destroy();
	});
}
async function bind(server, host, port) {
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
		await report(spec, {
			state: "failed",
			pid,
			message
		});
		process.exit(3);
	}
	process.on("uncaughtException", (error) => log(`on a connection: ${describeError(error)}`));
	process.on("SIGTERM", () => process.exit(0));
	const ports = Object.fromEntries(spec.listeners.map(({ name, port }) => [name, port]));
	await report(spec, {
		state: "listening",
		pid,
		ports,
		receiverProblem: spec.receiver && await keepListeningForAlerts(spec.receiver, log)
	});
	log(`listening: ${JSON.stringify(ports)}`);
}
async function report({ statusFile }, status) {
	const temporary = `${statusFile}.${randomBytes(8).toString("hex")}.new`;
	await writeFile(temporary, JSON.stringify(status), {
		mode: 384,
		flag: "wx"
	});
	await rename(temporary, statusFile);
}

export {  };