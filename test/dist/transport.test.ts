import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveTls, startProxy } from "../support/local-proxy.ts";
import { createRunner, emptyPlace, startBundle } from "./support/bundle.ts";

/** A place whose one app is a chart beside it, so that only helm and kubectl are to be fetched: both from `host`. */
async function placeThatFetches(host: string) {
  const place = await emptyPlace();
  await mkdir(join(place.cwd, "chart"));
  await writeFile(join(place.cwd, "chart", "Chart.yaml"), "apiVersion: v2\nname: mine\nversion: 1.0.0\n");
  const config = `mirrors: {"https://": "${host}"}
apps: {prometheus: {enabled: false}, grafana: {enabled: false}, mine: {chart: ./chart}}
`;
  await writeFile(join(place.cwd, "monstack.yaml"), config);
  const rbac = (env: Record<string, string>) =>
    startBundle("cli.js", ["rbac"], { cwd: place.cwd, env: { ...place.env, ...env } }).finished;
  return { ...place, rbac };
}

it("trusts the authority of NODE_EXTRA_CA_CERTS, and no other", async () => {
  await using folder = await emptyPlace();
  await using server = await serveTls(folder.cwd, ["localhost"], (_asked, response) =>
    response.writeHead(404).end(),
  );
  await using place = await placeThatFetches(`https://localhost:${server.port}/`);
  const untrusted = await place.rbac({});
  expect(untrusted.exitCode, untrusted.stderr).toBe(3);
  expect(untrusted.stderr).toContain("no trusted connection (DEPTH_ZERO_SELF_SIGNED_CERT)");
  expect(untrusted.stderr).toContain("to fix it: name your own certificate authority in NODE_EXTRA_CA_CERTS");
  expect(server.seen).toEqual([]);
  const trusted = await place.rbac({ NODE_EXTRA_CA_CERTS: server.ca });
  expect(trusted.stderr).toMatch(/version not found: (helm|kubectl) .*\(404 at https:\/\//);
  expect(server.seen).not.toEqual([]);
});

it("fetches through the environment's proxy, https through a tunnel, with its login", async () => {
  await using folder = await emptyPlace();
  await using server = await serveTls(folder.cwd, ["mirror.example"], (_asked, response) =>
    response.writeHead(404).end(),
  );
  await using proxy = await startProxy({ hosts: { "mirror.example:443": server.port }, login: "ci:s3cret" });
  await using place = await placeThatFetches("https://mirror.example/");
  const at = `127.0.0.1:${proxy.port}`;
  const env = { NODE_EXTRA_CA_CERTS: server.ca };
  const fetched = await place.rbac({ ...env, HTTPS_PROXY: `http://ci:s3cret@${at}` });
  expect(fetched.stderr).toMatch(/version not found: (helm|kubectl) /);
  expect(server.seen).not.toEqual([]);
  expect(new Set(proxy.seen)).toEqual(new Set(["CONNECT mirror.example:443"]));
  const refused = await place.rbac({ ...env, https_proxy: `http://ci:wr0ng@${at}` });
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain(`the proxy http://${at} refuses, it answers 407: it requires a login`);
  expect(refused.stderr + refused.stdout).not.toContain("wr0ng");
});

it.each([
  ["darwin", "arm64", "monstack runs on Linux; this is macOS on arm64"],
  ["win32", "x64", "monstack runs on Linux; this is Windows on x64"],
  ["linux", "arm", "this Node is a 32-bit one (linux on arm)"],
  ["linux", "ia32", "this Node is a 32-bit one (linux on ia32)"],
  ["linux", "s390x", "exist for amd64 and arm64; this is (linux on s390x)"],
])("on %s %s it says so before anything else, as the action too", async (platform, arch, words) => {
  await using place = await emptyPlace();
  const preload = join(place.cwd, "preload.mjs");
  const values = Object.entries({ platform, arch });
  const lines = values.map(
    ([name, value]) => `Object.defineProperty(process, "${name}", {value: "${value}"});`,
  );
  await writeFile(preload, lines.join("\n"));
  const NODE_OPTIONS = `--import=${preload}`;
  const cli = await startBundle("cli.js", ["run", "--config", "nowhere.yaml"], {
    cwd: place.cwd,
    env: { ...place.env, NODE_OPTIONS },
  }).finished;
  expect({ exitCode: cli.exitCode, stdout: cli.stdout }).toEqual({ exitCode: 3, stdout: "" });
  expect(cli.stderr).toContain(words);
  expect(cli.stderr).toContain("to fix it: ");
  expect(cli.stderr).toContain("an existing cluster");
  expect((await readdir(place.cwd)).sort()).toEqual(["home", "preload.mjs"]);

  const runner = await createRunner(place.cwd);
  const action = await runner.start("main.js", { INPUT_MODE: "nonsense", NODE_OPTIONS }).finished;
  expect(action.exitCode).toBe(1);
  expect(action.stdout).toContain(`::error::`);
  expect(action.stdout).toContain(words);
  expect(await runner.told("STATE")).toBe("");
});
