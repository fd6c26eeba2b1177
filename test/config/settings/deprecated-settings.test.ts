import { expect, test } from "vitest";
import { inFolder } from "../in-folder.ts";

test("a setting that is no longer needed is accepted, with its line and what takes its place", async () => {
  await using folder = await inFolder({ "monstack.yaml": "alerting:\n  amtool: /usr/bin/amtool\n" });
  const { warnings } = await folder.load();
  expect(warnings).toContain(
    "monstack.yaml:2:11: alerting.amtool has no effect and can be removed: Alertmanager's own code judges its configuration",
  );
});
