import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Behaviour = "works" | "port-taken" | "cgroup-v1" | "unknown-flag" | "silent";

/**
 * A program that behaves as k3s does as far as starting it goes: the same lines, exit codes and files, and a small API
 * in place of Kubernetes'. Lines and codes are the genuine k3s v1.36.3's.
 */
export async function fakeK3s(behaviour: Behaviour) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-fake-k3s-"));
  const path = join(folder, "k3s");
  // A file without an extension is what the nearest package.json says, and there can be one in the temporary folder.
  await writeFile(join(folder, "package.json"), '{"type": "commonjs"}');
  await writeFile(path, `#!${process.execPath}\n${program.replace("BEHAVIOUR", behaviour)}`);
  await chmod(path, 0o755);
  return {
    folder,
    path,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// CommonJS, since the file has no ending.
const program = `
const { createServer } = require("node:http");
const { mkdirSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const behaviour = "BEHAVIOUR";
const option = (name) => process.argv.find((arg) => arg.startsWith(name + "="))?.slice(name.length + 1);
const say = (level, msg) => console.error('time="2026-11-23T14:00:00Z" level=' + level + " msg=" + JSON.stringify(msg));
say("info", "Starting k3s v1.36.3+k3s1 (fake)");
say("info", "ARGS " + process.argv.slice(2).join(" "));
if (behaviour === "port-taken") {
  say("fatal", "Error: preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use");
  process.exit(1);
}
if (behaviour === "cgroup-v1") {
  say("error", 'Shutdown request received: "kubelet exited: failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported"');
  process.exit(0);
}
if (behaviour === "unknown-flag") {
  console.error("Incorrect Usage: flag provided but not defined: -bogus\\n\\nNAME:\\n   k3s server - Run management server\\n" + "   --flag\\n".repeat(200));
  process.exit(1);
}
if (behaviour === "silent") setInterval(() => {}, 1000);
else {
  const started = Date.now();
  const node = (ready) => ({ kind: "Node", metadata: { name: "n1" }, status: { conditions: [
    { type: "Ready", status: ready ? "True" : "False", reason: "KubeletNotReady", message: "cni plugin not initialized" } ] } });
  const server = createServer((request, response) => {
    const json = (status, body) => { response.writeHead(status, { "content-type": "application/json" }); response.end(JSON.stringify(body)); };
    if (request.url === "/readyz") return json(Date.now() - started > 400 ? 200 : 500, {});
    if (request.url === "/version") return json(200, { gitVersion: "v1.36.3+k3s1", major: "1", minor: "36" });
    if (request.url.startsWith("/api/v1/nodes?watch=true")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(JSON.stringify({ type: "ADDED", object: node(false) }) + "\\n");
      // The first watch ends before the node is ready, as API servers end them now and then.
      if (Date.now() - started < 900) return setTimeout(() => response.end(), 100);
      return setTimeout(() => response.write(JSON.stringify({ type: "MODIFIED", object: node(true) }) + "\\n"), 150);
    }
    json(404, {});
  });
  server.listen(0, "127.0.0.1", () => {
    const cluster = { server: "http://127.0.0.1:" + server.address().port, "insecure-skip-tls-verify": true };
    const kubeconfig = { apiVersion: "v1", kind: "Config", "current-context": "default",
      clusters: [{ name: "default", cluster }], users: [{ name: "default", user: { token: "t" } }],
      contexts: [{ name: "default", context: { cluster: "default", user: "default" } }] };
    const file = option("--write-kubeconfig");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  });
}
`;
