import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runJob } from "../../../src/app/job.ts";
import { renderSummary } from "../../../src/report/summary.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { findCanary, plainCanary } from "../../support/canary.ts";
import { openSession } from "../support/session.ts";
import { createWorld } from "../support/world.ts";

test("a password that a chart makes up is shown by no log and no report, whoever quotes it", async () => {
  await using world = await createWorld();
  const manifest = join(world.folder, "manifest.yaml");
  const secret = `---
apiVersion: v1
kind: Secret
metadata: {name: made}
data: {admin-password: ${Buffer.from(plainCanary).toString("base64")}, settings.yaml: ${Buffer.from("a: word\n").toString("base64")}}
`;
  await writeFile(manifest, `${await readFile(manifest, "utf8")}${secret}`);
  const quoted = Buffer.from(`admin:${plainCanary}`).toString("base64");
  await world.breakHelm("upgrade", `Error: refused: ${plainCanary} (${quoted}) for a word: ##[error]x`);
  const { session, log } = await openSession(world);
  const { results } = await runJob(session, {
    mode: "run",
    verifyAfterUp: false,
    keepOnFailure: false,
    replace: false,
  });
  expect(results.failure?.message).toContain("refused: *** (YWRtaW46***)");
  expect(results.failure?.message).toContain("for a word");
  const outputs = [JSON.stringify(log.lines), JSON.stringify(results), JSON.stringify(await world.results())];
  outputs.push(renderTerminal(results), renderSummary(results));
  expect(outputs.flatMap((text) => findCanary(text))).toEqual([]);
  expect(renderTerminal(results)).not.toContain("##[");
});
