import { createServer } from "node:https";
import { createLoopbackCertificate } from "../../../src/registry/certificate.ts";

// A local user's program that takes the port of monstack's image registry: it says what reaches it.
const [port] = process.argv.slice(2);
const { key, certificate: cert } = createLoopbackCertificate(Date.now());
const server = createServer({ key, cert }, (request, response) => {
  console.log(`asked ${request.method} ${request.url}`);
  response.end("{}");
});
server.on("connection", () => console.log("connected"));
server.on("tlsClientError", () => {});
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
