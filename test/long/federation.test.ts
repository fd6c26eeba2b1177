import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { federation } from "../e2e/support/federation.ts";
import { startMachine } from "../e2e/support/machine.ts";
import { statuses } from "../e2e/support/results.ts";

const env = { STORE_TOKEN: "not-to-be-seen-anywhere" };

it("a source whose series look like this server's own, and a store that isn't at that path", async () => {
  await using machine = await startMachine();
  const config = federation("", "prometheus", "/api/v1/no-such-path");
  await writeFile(join(machine.folder, "monstack.yaml"), config);
  const up = await machine.monstack(["up"], { env });
  expect(up.exitCode, up.output).toBe(0);
  for (const [id, says] of [
    ["federation-arrives", "with job and instance of a target of this Prometheus itself"],
    ["remote-write-delivers", "server returned HTTP status 404"],
  ] as const) {
    const red = await machine.monstack(["verify", "--checks", id], { env });
    expect(red.exitCode, red.output).toBe(1);
    expect(statuses(await machine.results(), "fail")).toEqual([id]);
    expect(red.output).toContain(says);
    console.log(`${id}: red after ${red.seconds.toFixed(1)} s`);
  }
});
