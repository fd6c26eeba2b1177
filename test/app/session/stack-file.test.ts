import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadStack, type StackRecord, saveStack } from "../../../src/app/session/stack-file.ts";
import { createHost } from "../../../src/host/create.ts";
import type { Host } from "../../../src/host/host.ts";
import { openJournal, removeJournal } from "../../../src/journal/journal.ts";
import { emptyStack } from "../../support/stack-record.ts";

let root: string;
let stateDir: string;
let file: string;
let host: Host;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "stack-"));
  stateDir = join(root, "state");
  file = join(stateDir, "stack.json");
  host = { ...(await createHost()), env: { HOME: join(root, "home") } };
  await openJournal(host, stateDir, "user");
  await saveStack(host, stateDir, emptyStack);
});
afterEach(async () => {
  await removeJournal(host, stateDir);
  await rm(root, { recursive: true });
});

const refusal = () => loadStack(host, stateDir).then(String, (error: Error) => error.message);

describe("the record of a stack", () => {
  it("is JSON for its owner only, and reads back as it was written", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject(JSON.parse(JSON.stringify(emptyStack)));
    expect(await loadStack(host, stateDir)).toEqual(JSON.parse(JSON.stringify(emptyStack)));
  });

  it("holds addresses with the path that a server serves below", async () => {
    const service = { namespace: "monitoring", name: "prometheus-server", port: 80 };
    const prometheus = { service, url: "http://localhost:9090/a/b", direct: "https://10.43.0.7:80/a/b" };
    await saveStack(host, stateDir, { ...emptyStack, services: { ...emptyStack.services, prometheus } });
    expect((await loadStack(host, stateDir)).services.prometheus).toEqual(prometheus);
  });

  it("that a stranger put there is not used", async () => {
    await writeFile(file, `${JSON.stringify(emptyStack)}\n`);
    expect(await refusal()).toBe(
      `${file} is not the record of a stack that this monstack wrote: it has no MAC`,
    );
  });

  it("that was changed is not used", async () => {
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("/home/ann/.kube/config", "/home/eve/.kube/config"));
    expect(await refusal()).toContain("its MAC is not of a key of this user");
  });

  it("is not read through a link, nor where others can write to it", async () => {
    await chmod(file, 0o622);
    expect(await refusal()).toContain("it can be written by every user (mode 0622)");
    await chmod(file, 0o600);
    await chmod(stateDir, 0o777);
    expect(await refusal()).toContain("the state folder");
    await chmod(stateDir, 0o700);
    const elsewhere = join(root, "elsewhere.json");
    await writeFile(elsewhere, await readFile(file, "utf8"));
    await rm(file);
    await symlink(elsewhere, file);
    expect(await refusal()).toContain("it is a symbolic link");
  });

  it.each<[string, object]>([
    ["kubeconfig", { kubeconfig: "kube/config" }],
    ["context", { context: "a\nb" }],
    [
      "tools.0.path",
      { tools: [{ name: "k3s", path: "k3s", asked: "", version: "", sha256: "", origin: "" }] },
    ],
    [
      "tools.0.name",
      { tools: [{ name: "sh", path: "/bin/sh", asked: "", version: "", sha256: "", origin: "" }] },
    ],
    [
      "services.grafana.url",
      {
        services: {
          grafana: {
            service: { namespace: "a", name: "b", port: 1 },
            url: "file:///etc/passwd",
            direct: "http://a",
          },
        },
      },
    ],
    [
      "services.grafana.service.namespace",
      {
        services: {
          grafana: {
            service: { namespace: "../a", name: "b", port: 1 },
            url: "http://a",
            direct: "http://a",
          },
        },
      },
    ],
    ["version", { version: 2 }],
    ["backups.0", { backups: ["a.tar"] }],
    ["", { more: true }],
  ])("is refused with the key that is wrong: %s", async (key, change) => {
    await saveStack(host, stateDir, { ...emptyStack, ...change } as StackRecord);
    expect(await refusal()).toContain(`wrote: ${key}: `);
  });
});
