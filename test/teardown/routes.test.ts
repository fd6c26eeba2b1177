import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { networkNamespace } from "../support/network-namespace.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

const real = await createHost();
const at = "2026-11-02T09:12:01.500Z";

async function journalRoute(machine: Machine): Promise<void> {
  const journal = await openJournal(machine.context.host, machine.stateDir);
  await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
  await journal.append({ kind: "route", at, to: "10.43.0.0/16" });
}

// A network namespace needs root or sudo.
describe.skipIf(real.rights === "none")("a route to the services' network", () => {
  it("goes, others stay, and one that was never made is fine", async () => {
    for (const wasMade of [true, false]) {
      await using machine = await createMachine();
      await using network = await networkNamespace(machine.context.host);
      const { exec } = network.host;
      await exec(["ip", "route", "add", "10.44.0.0/16", "dev", "lo"]);
      if (wasMade) await exec(["ip", "route", "add", "10.43.0.0/16", "dev", "lo"]);
      await journalRoute(machine);
      const { leaks } = await tearDown({ ...machine.context, host: network.host }, machine);
      expect(leaks).toEqual([]);
      expect(await network.routes()).toBe("10.44.0.0/16 dev lo scope link");
    }
  });

  it("is a leak when it can't be removed", async () => {
    await using machine = await createMachine();
    await journalRoute(machine);
    const { exec } = machine.context.host;
    const broken: typeof exec = (argv, options) => exec(argv[0] === "ip" ? ["false"] : argv, options);
    const host = { ...machine.context.host, exec: broken };
    const { leaks } = await tearDown({ ...machine.context, host }, machine);
    expect(leaks).toEqual([{ kind: "setting", what: "remove the route to 10.43.0.0/16" }]);
  });
});
