import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { checkReceiverPorts } from "../../src/forward/ports.ts";
import { startForwarder } from "../../src/forward/start.ts";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { UserError } from "../../src/lib/errors.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const script = fileURLToPath(new URL("../../src/forward/main.ts", import.meta.url));
const log = createRecordingLogger();
const context = { host: await createHost(), log, signal: new AbortController().signal };

async function taken() {
  const server = createServer((client) => client.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.close();
    await once(server, "close");
  };
  return { port, close };
}

it("the forwarder takes notifications until teardown, as soon as the port is free", async () => {
  const stateDir = join(await mkdtemp(join(tmpdir(), "receiver-")), "state");
  const [http, smtp] = [await taken(), await taken()];
  await smtp.close();
  const receiver = { host: "127.0.0.1", httpPort: http.port, smtpPort: smtp.port, token: "secret" };
  const journal = await openJournal(context.host, stateDir);
  const options = { stateDir, journal, listeners: [], receiver, script, whenBusy: "fail" as const };
  try {
    await startForwarder(context, options);
    expect(log.lines.at(-1)).toMatchObject({ level: "warn", message: expect.stringContaining("EADDRINUSE") });
    await http.close();
    const asked = () =>
      fetch(`http://127.0.0.1:${http.port}/secret/arrivals`).then((answer) => answer.json());
    await expect
      .poll(() => asked().catch(() => undefined), { timeout: 5_000 })
      .toEqual({
        arrivals: [],
        refused: [],
      });
    expect((await tearDown(context, { stateDir })).leaks).toEqual([]);
    await expect(asked()).rejects.toThrow();
  } finally {
    await tearDown(context, { stateDir });
    await rm(join(stateDir, ".."), { recursive: true });
  }
});

it("a port of the receiver that is taken is told beforehand, with its holder", async () => {
  const { port, close } = await taken();
  const [free] = [await taken()];
  await free.close();
  const at = { host: "127.0.0.1", httpPort: free.port, smtpPort: port };
  const failing = checkReceiverPorts(context, at);
  await expect(failing).rejects.toBeInstanceOf(UserError);
  await expect(failing).rejects.toThrow(
    new RegExp(
      `^port ${port}, at which monstack takes Alertmanager's notifications, is taken by .*pid ${process.pid}`,
    ),
  );
  await close();
  await expect(checkReceiverPorts(context, at)).resolves.toBeUndefined();
  // Whoever has it on another address is in nobody's way.
  const elsewhere = await taken();
  await expect(
    checkReceiverPorts(context, { host: "127.0.0.2", httpPort: elsewhere.port, smtpPort: free.port }),
  ).resolves.toBeUndefined();
  await elsewhere.close();
});
