import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePid } from "../../src/forward/ports.ts";
import { startForwarder } from "../../src/forward/start.ts";
import { createHost } from "../../src/host/create.ts";
import { openJournal, readJournal } from "../../src/journal/journal.ts";
import { UserError } from "../../src/lib/errors.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { findFreePort } from "../support/free-port.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const script = fileURLToPath(new URL("../../src/forward/main.ts", import.meta.url));
const log = createRecordingLogger();
const context = { host: await createHost(), log, signal: new AbortController().signal };
let stateDir: string;
const servers: Server[] = [];

beforeEach(async () => {
  stateDir = join(await mkdtemp(join(tmpdir(), "forward-")), "state");
});
afterEach(async () => {
  await tearDown(context, { stateDir });
  await rm(join(stateDir, ".."), { recursive: true });
  for (const server of servers.splice(0)) server.close();
});

async function serve(port: number, answer: (client: Socket) => void, host = "127.0.0.1"): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => {});
    answer(client);
  });
  servers.push(server);
  server.listen(port, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function start(port: number, targetPort: number, whenBusy: "fail" | "other" = "fail") {
  const journal = await openJournal(context.host, stateDir);
  const target = { kind: "tcp", host: "127.0.0.1", port: targetPort } as const;
  const listeners = [{ name: "prometheus", port, target }];
  const found = await startForwarder(context, { stateDir, journal, listeners, script, whenBusy });
  return found.prometheus ?? { port: 0, url: "" };
}

describe("the forwarder", () => {
  it("carries 10 MB there and back unharmed, and a client's half-close", async () => {
    const target = await serve(0, (client) => void client.pipe(client));
    const { port } = await start(await findFreePort(), target);
    const body = randomBytes(10 * 1024 * 1024);
    const client = connect(port, "127.0.0.1");
    client.end(body);
    const digest = createHash("sha256");
    let size = 0;
    for await (const chunk of client) {
      digest.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    expect(size).toBe(body.length);
    expect(digest.digest("hex")).toBe(createHash("sha256").update(body).digest("hex"));
  });

  it("is an ordinary address for HTTP on localhost", async () => {
    const web = createHttpServer((_, response) => response.end("ready"));
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    const { url, port } = await start(await findFreePort(), (web.address() as AddressInfo).port);
    expect(url).toBe(`http://localhost:${port}`);
    expect(await (await fetch(url)).text()).toBe("ready");
    web.closeAllConnections();
    web.close();
  });

  it("breaks only the connections to a target that is away, and serves again when it is back", async () => {
    const target = await findFreePort();
    const { port, url } = await start(await findFreePort(), target);
    await expect(fetch(url)).rejects.toThrow();
    const cut = await serve(target, (client) => client.resetAndDestroy());
    await expect(fetch(url)).rejects.toThrow();
    const broken = servers.pop();
    broken?.close();
    if (broken) await once(broken, "close");
    await serve(cut, (client) => client.end("here again"));
    const client = connect(port, "127.0.0.1");
    const [data] = (await once(client, "data")) as [Buffer];
    expect(data.toString()).toBe("here again");
    client.destroy();
  });

  it("is in the journal before it runs, and teardown ends it", async () => {
    const { port } = await start(await findFreePort(), 9);
    const entries = await readJournal(context.host, stateDir);
    const kinds = entries.map(({ kind }) => kind);
    expect(kinds).toEqual(["file", "file", "file", "file", "starting", "process"]);
    const entry = entries.find(({ kind }) => kind === "process");
    const pid = entry?.kind === "process" ? entry.pid : 0;
    expect(() => process.kill(pid, 0)).not.toThrow();
    expect((await tearDown(context, { stateDir })).leaks).toEqual([]);
    expect(await serve(port, () => {})).toBe(port);
    expect(await context.host.files.exists(stateDir)).toBe(false);
  });
});

it("stands in the journal when its process begins", async () => {
  const folder = join(stateDir, "..");
  const noting = join(folder, "noting.mjs");
  const copy = join(folder, "journal-at-start");
  await writeFile(
    noting,
    `import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
copyFileSync(${JSON.stringify(join(stateDir, "journal.jsonl"))}, ${JSON.stringify(copy)});
const { statusFile } = JSON.parse(readFileSync(process.argv[2], "utf8"));
writeFileSync(statusFile + ".new", JSON.stringify({ state: "failed", pid: process.pid, message: "enough" }));
renameSync(statusFile + ".new", statusFile);`,
  );
  const journal = await openJournal(context.host, stateDir);
  const failing = startForwarder(context, {
    stateDir,
    journal,
    listeners: [],
    script: noting,
    whenBusy: "fail",
  });
  await expect(failing).rejects.toThrow("the local addresses could not be set up: enough");
  expect(await readFile(copy, "utf8")).toContain(`"argument":"${join(stateDir, "forward.json")}"`);
});

describe("a port that is taken", () => {
  it("is the last process' of its line, since a name can hold anything", () => {
    const line = (name: string) => `LISTEN 0 511 *:9090 *:* users:(("${name}",pid=815,fd=18))  \n`;
    expect(parsePid(line("nginx"))).toBe("815");
    expect(parsePid(line('x",pid=1,fd=3)'))).toBe("815");
    expect(parsePid(line('",pid=1,fd=1))\n'))).toBe("815");
    expect(parsePid("LISTEN 0 511 *:9090 *:*\n")).toBeUndefined();
  });

  it.each(["127.0.0.1", "::1"])(
    "on %s is named with its holder and the setting to change",
    async (address) => {
      const port = await serve(0, () => {}, address);
      const failing = start(port, 9);
      await expect(failing).rejects.toThrow(`port ${port} for prometheus is taken`);
      await expect(failing).rejects.toBeInstanceOf(UserError);
      await expect(failing).rejects.toMatchObject({ fix: expect.stringContaining("--prometheus-port") });
      const entries = await readJournal(context.host, stateDir);
      expect(entries.filter(({ kind }) => kind !== "file")).toEqual([]);
    },
  );

  it("is replaced by a free one when asked, which is said", async () => {
    const port = await serve(0, () => {});
    const target = await serve(0, (client) => client.end("here"));
    const other = await start(port, target, "other");
    expect(other.port).not.toBe(port);
    const client = connect(other.port, "127.0.0.1");
    const [data] = (await once(client, "data")) as [Buffer];
    expect(data.toString()).toBe("here");
    client.destroy();
    expect(log.lines.at(-1)?.message).toContain(`using ${other.port} instead`);
  });
});
