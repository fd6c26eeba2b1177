import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectToCluster } from "../../src/cluster/existing.ts";
import { createHost } from "../../src/host/create.ts";
import { InstallError, UserError } from "../../src/lib/errors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const host = await createHost();
const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };

/** A folder, and a server that answers as an API server does: anyone may ask for the version. */
async function api(options: { allowed?: boolean; reviews?: "refused"; tls?: boolean } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-existing-"));
  const asked: unknown[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const reply = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization === "Bearer expired")
      return reply(401, { kind: "Status", status: "Failure", message: "Unauthorized", code: 401 });
    if (request.url === "/version") return reply(200, { gitVersion: "v1.35.1", major: "1", minor: "35" });
    if (request.headers.authorization !== "Bearer good")
      return reply(403, {
        kind: "Status",
        message: 'User "system:anonymous" cannot create resource',
        code: 403,
      });
    if (options.reviews === "refused")
      return reply(403, { kind: "Status", message: 'User "ci" cannot create resource', code: 403 });
    asked.push(JSON.parse(Buffer.concat(chunks).toString()).spec.resourceAttributes);
    reply(201, { kind: "SelfSubjectAccessReview", status: { allowed: options.allowed ?? true } });
  };
  const server = options.tls ? createHttps(certificate(folder), answer) : createHttp(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    folder,
    asked,
    port,
    kubeconfig: (change: { token?: string; cluster?: object; current?: string; port?: number } = {}) =>
      writeKubeconfig(folder, {
        server: `${options.tls ? "https" : "http"}://127.0.0.1:${change.port ?? port}`,
        ...change,
      }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function certificate(folder: string): { key: string; cert: string } {
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const out = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    "key.pem",
    "-out",
    "ca.crt",
  ];
  execFileSync("openssl", ["req", "-x509", ...out, "-days", "2", ...subject], {
    cwd: folder,
    stdio: "ignore",
  });
  const read = (name: string) => execFileSync("cat", [join(folder, name)], { encoding: "utf8" });
  return { key: read("key.pem"), cert: read("ca.crt") };
}

async function writeKubeconfig(
  folder: string,
  from: { server: string; token?: string; cluster?: object; current?: string },
): Promise<string> {
  const path = join(folder, "config");
  const cluster = { server: from.server, ...(from.cluster ?? { "insecure-skip-tls-verify": true }) };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": from.current ?? "prod",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: from.token === "" ? {} : { token: from.token ?? "good" } }],
    contexts: ["prod", "staging"].map((name) => ({ name, context: { cluster: "c", user: "u" } })),
  };
  await writeFile(path, JSON.stringify(kubeconfig));
  return path;
}

async function errorOf(kubeconfig: string, contextName?: string): Promise<Error & { fix?: string }> {
  const outcome = await connectToCluster(context, { kubeconfig, context: contextName }).catch(
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Error);
  return outcome as Error;
}

test("the current context, or the named one, of a cluster that lets us in", async () => {
  await using cluster = await api();
  const kubeconfig = await cluster.kubeconfig();
  const found = await connectToCluster(context, { kubeconfig, context: undefined });
  expect(found).toMatchObject({
    kind: "existing",
    kubeconfig,
    context: "prod",
    version: "v1.35.1",
    reach: "api-server",
  });
  expect(cluster.asked).toHaveLength(1);
  expect((await connectToCluster(context, { kubeconfig, context: "staging" })).kube.getCurrentContext()).toBe(
    "staging",
  );
});

test("no kubeconfig, or none that is one", async () => {
  await using cluster = await api();
  const missing = await errorOf(join(cluster.folder, "nothing"));
  expect(missing).toBeInstanceOf(UserError);
  expect(missing.message).toBe(`kubeconfig not found: ${cluster.folder}/nothing`);
  for (const text of ["", "hello", "{}", "contexts: [", "apiVersion: v1\nkind: Config\n"]) {
    const path = join(cluster.folder, "bad");
    await writeFile(path, text);
    expect(await errorOf(path), text).toBeInstanceOf(UserError);
  }
  expect(await errorOf(cluster.folder)).toBeInstanceOf(UserError);
});

test("an unknown context is answered with those that are there", async () => {
  await using cluster = await api();
  const error = await errorOf(await cluster.kubeconfig(), "prd");
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toContain("has no context prd");
  expect(error.fix).toContain("prod, staging");
  expect((await errorOf(await cluster.kubeconfig({ current: "" }))).message).toContain("no current context");
});

test("an API that nobody answers for", async () => {
  await using cluster = await api();
  await using closed = await api();
  await closed[Symbol.asyncDispose]();
  const error = await errorOf(await cluster.kubeconfig({ port: closed.port }));
  expect(error).toBeInstanceOf(InstallError);
  expect(error.message).toMatch(/127\.0\.0\.1:\d+ \(context prod in .*can't be reached: .*ECONNREFUSED/);
});

test("credentials that are refused, or that there are none of", async () => {
  await using cluster = await api();
  expect((await errorOf(await cluster.kubeconfig({ token: "expired" }))).message).toMatch(
    /doesn't accept this user's credentials: 401 Unauthorized/,
  );
  // An anonymous user gets the version, and nothing else.
  expect((await errorOf(await cluster.kubeconfig({ token: "" }))).message).toMatch(
    /credentials: 403 .*anonymous/,
  );
});

test("a user who may do nothing is let in: what the run needs is known later", async () => {
  await using cluster = await api({ allowed: false });
  const kubeconfig = await cluster.kubeconfig();
  expect((await connectToCluster(context, { kubeconfig, context: undefined })).version).toBe("v1.35.1");
});

test("a known user who may not even ask what they may do is let in, an anonymous one is not", async () => {
  await using cluster = await api({ reviews: "refused" });
  const kubeconfig = await cluster.kubeconfig();
  const log = createRecordingLogger();
  await connectToCluster({ ...context, log }, { kubeconfig, context: undefined });
  expect(log.lines).toMatchObject([
    { level: "debug", message: expect.stringContaining('User "ci" cannot create resource') },
  ]);
  expect((await errorOf(await cluster.kubeconfig({ token: "" }))).message).toContain("system:anonymous");
});

test("a certificate is checked against the kubeconfig's authority, also one named relative to the file", async () => {
  await using cluster = await api({ tls: true });
  const kubeconfig = await cluster.kubeconfig({ cluster: { "certificate-authority": "ca.crt" } });
  expect((await connectToCluster(context, { kubeconfig, context: undefined })).version).toBe("v1.35.1");
  await using other = await api({ tls: true });
  const wrong = await readFile(join(other.folder, "ca.crt"));
  const cross = await cluster.kubeconfig({
    cluster: { "certificate-authority-data": wrong.toString("base64") },
  });
  const error = await errorOf(cross);
  expect(error).toBeInstanceOf(InstallError);
  expect(error.fix).toContain("certificate-authority-data");
});
