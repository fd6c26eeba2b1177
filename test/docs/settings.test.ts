import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allChecks } from "../../src/verify/catalogue.ts";
import { inFolder } from "../config/in-folder.ts";

const pages = ["settings.md", "outgrown.md"].map((name) => ({
  name,
  text: readFileSync(join(import.meta.dirname, "../../docs", name), "utf8"),
}));
// The source's own configuration is Prometheus', not monstack's.
const examples = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/```yaml\n(.*?)```/gs)]
    .map(([, yaml = ""]) => yaml)
    .filter((yaml) => !yaml.startsWith("# in the source's prometheus.yml"))
    .map((yaml) => [name, yaml] as const),
);

describe("the pages on settings", () => {
  it.each(examples)("%s has no mistake in its example", async (_, yaml) => {
    await using folder = await inFolder({ "monstack.yaml": yaml });
    const { config, warnings } = await folder.load();
    const { prometheus, resources, federate, remoteWrite } = config;
    const set = [prometheus.retention, resources.prometheus, federate[0], remoteWrite[0]];
    expect(set.some((one) => one !== undefined)).toBe(true);
    expect(warnings).toEqual([]);
  });

  it("name checks that exist", () => {
    const ids = allChecks.map(({ id }) => id);
    const named = pages.flatMap(({ text }) =>
      [...text.matchAll(/`([a-z]+-(?:[a-z]+-)*(?:retention|effective|arrives|delivers|windows))`/g)].map(
        ([, id = ""]) => id,
      ),
    );
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });
});
