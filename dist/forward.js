import { Z as messageOf, f as endpointPrefix, h as parseEndpoint, l as arrivalsPath, n as readMail, r as readRequest } from "./chunks/arrivals.js";
import { n as listen } from "./chunks/server.js";
import { createServer } from "node:net";
import { createServer as createServer$1 } from "node:http";
import { readFile, rename, writeFile } from "node:fs/promises";

// src/alerting/smtp.ts
const maxMessageBytes = 1048576;
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
		return isTooBig ? say("552 message too big") : {
			reply: ["250 OK"],
			message: whole
		};
	}
	function auth(rest) {
		const [mechanism = "", initial] = rest.split(/\s+/);
		if (mechanism.toUpperCase() === "PLAIN") {
			if (initial !== void 0) return say("235 authenticated");
			state = "plain";
			return say("334 ");
		}
		if (mechanism.toUpperCase() !== "LOGIN") return say("504 only PLAIN and LOGIN");
		state = "password";
		passwordLines = initial === void 0 ? 2 : 1;
		return say(passwordLines === 2 ? "334 VXNlcm5hbWU6" : "334 UGFzc3dvcmQ6");
	}
	function credential() {
		passwordLines -= state === "plain" ? passwordLines : 1;
		if (passwordLines > 0) return say("334 UGFzc3dvcmQ6");
		state = "command";
		return say("235 authenticated");
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
			case "HELO": return say("250 monstack");
			case "AUTH": return auth(rest);
			case "MAIL":
				if (!/^FROM:\s*<[^>]*>/i.test(rest)) return say("501 right would be MAIL FROM:<address>");
				reset();
				from = rest;
				return say("250 OK");
			case "RCPT":
				if (from === void 0) return say("503 MAIL comes first");
				if (!/^TO:\s*<[^>]+>/i.test(rest)) return say("501 right would be RCPT TO:<address>");
				recipients += 1;
				return say("250 OK");
			case "DATA":
				if (recipients === 0) return say("503 RCPT comes first");
				state = "data";
				return say("354 end with a dot on a line of its own");
			case "RSET":
				reset();
				return say("250 OK");
			case "NOOP": return say("250 OK");
			case "QUIT": return {
				reply: ["221 bye"],
				ends: true
			};
			default: return say("502 not known here");
		}
	}
	return {
		greeting: "220 monstack takes alerts for its checks",
		line: (text) => {
			if (state === "data") return dataLine(text);
			if (state === "password" || state === "plain") return credential();
			return command(text);
		}
	};
}
function say(line) {
	return { reply: [line] };
}

// src/forward/receiver.ts
const maxBodyBytes = 1048576;
const maxLineBytes = 65536;
const maxConnections = 64;
const idleMs = 3e4;
const retryMs = 500;
const maxKept = 500;
async function listenForAlerts(at, log) {
	const arrivals = [];
	const refused = [];
	const note = (what, read) => {
		const now = Date.now();
		if ("refused" in read) keep(refused, {
			at: now,
			what,
			why: read.refused
		});
		else keep(arrivals, {
			...read,
			at: now
		});
		return !("refused" in read);
	};
	const http = createServer$1((request, response) => {
		answer(request, response, note, () => ({
			arrivals,
			refused
		})).catch((error) => {
			log(`alerts: ${messageOf(error)}`);
			response.destroy();
		});
	});
	http.requestTimeout = idleMs;
	const smtp = createServer((client) => converse(client, note));
	const servers = [http, smtp];
	for (const server of servers) server.maxConnections = maxConnections;
	try {
		await bind(http, at.host, at.httpPort);
		await bind(smtp, at.host, at.smtpPort);
	} catch (error) {
		http.close();
		throw error;
	}
	log(`alerts: listening on ${at.host}, HTTP ${at.httpPort}, SMTP ${at.smtpPort}`);
	return {
		httpPort: portOf(http),
		smtpPort: portOf(smtp),
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
		const problem = messageOf(error);
		log(`alerts: ${problem}; trying again`);
		const again = async () => {
			await listenForAlerts(at, log).catch(() => setTimeout(again, retryMs));
		};
		setTimeout(again, retryMs);
		return problem;
	}
}
function keep(list, one) {
	list.push(one);
	if (list.length > maxKept) list.shift();
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
function portOf(server) {
	return server.address().port;
}
async function answer(request, response, note, all) {
	const { pathname } = new URL(request.url ?? "/", "http://receiver");
	const reply = (status, text, type = "text/plain") => response.writeHead(status, { "content-type": type }).end(text);
	if (request.method === "GET" && pathname === "/arrivals") {
		reply(200, JSON.stringify(all()), "application/json");
		return;
	}
	const endpoint = pathname.startsWith("/receivers/") ? parseEndpoint(pathname.slice(endpointPrefix.length)) : void 0;
	const body = await bodyOf(request);
	if (request.method !== "POST" || endpoint === void 0 || body === void 0) {
		const why = body === void 0 ? `more than ${maxBodyBytes} bytes` : "no address of a receiver";
		note(`${request.method} ${pathname.slice(0, 200)}`, { refused: why });
		reply(body === void 0 ? 413 : 404, why);
		return;
	}
	const read = readRequest(endpoint, request.headers["content-type"] ?? "", body);
	if (note(`POST ${pathname}`, read)) reply(200, "ok");
	else reply(400, "refused" in read ? read.refused : "");
}
async function bodyOf(request) {
	const chunks = [];
	let size = 0;
	for await (const chunk of request) {
		size += chunk.length;
		if (size <= maxBodyBytes) chunks.push(chunk);
	}
	return size <= maxBodyBytes ? Buffer.concat(chunks).toString("utf8") : void 0;
}
function converse(client, note) {
	const session = createSmtpSession();
	let rest = "";
	client.setEncoding("latin1");
	client.setTimeout(idleMs, () => client.destroy());
	client.on("error", () => client.destroy());
	client.write(`${session.greeting}\r\n`);
	client.on("data", (chunk) => {
		const lines = (rest + chunk).split("\r\n");
		rest = lines.pop() ?? "";
		for (const line of lines) {
			const { reply = [], message, ends } = session.line(line);
			if (message !== void 0) note("an e-mail", readMail(message));
			if (reply.length > 0) client.write(`${reply.join("\r\n")}\r\n`);
			if (ends) client.end();
		}
		if (rest.length > maxLineBytes) client.destroy();
	});
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
		const message = messageOf(error);
		log(message);
		await report(spec, {
			state: "failed",
			pid,
			message
		});
		process.exit(3);
	}
	process.on("uncaughtException", (error) => log(`on a connection: ${messageOf(error)}`));
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
	await writeFile(`${statusFile}.new`, JSON.stringify(status), { mode: 384 });
	await rename(`${statusFile}.new`, statusFile);
}

export {  };