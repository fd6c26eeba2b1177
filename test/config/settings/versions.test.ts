import { describe, expect, it } from "vitest";
import type { SettingName } from "../../../src/config/settings.ts";
import { parseVersion } from "../../../src/sources/tools/versions.ts";
import { inFolder } from "../in-folder.ts";

const written = [
  ...["v1.36.3+k3s1", "1.36.3+k3s1", "v1.36.3-rc1+k3s1", "v1.36.3", "v1.36", "1.36", "v4.2.3", "4.2.3"],
  ...["v4.2", "v4", "4", "v3", "v5", "stable", "latest", "newest", "v1.36.3+k3s1.lab", "v1.x", "v"],
];

describe.each(["k3s", "helm", "kubectl"] as const)("a version of %s", (tool) => {
  it.each(written)("%s is accepted by the configuration just when it can be resolved", async (version) => {
    await using folder = await inFolder({});
    const name: SettingName = `${tool}-version`;
    const accepted = await folder.load({ flags: { [name]: version } }).then(
      ({ config }) => config[tool].version,
      () => "refused",
    );
    expect(accepted).toBe(
      canBeResolved(tool, version) ? `${/^\d/.test(version) ? "v" : ""}${version}` : "refused",
    );
  });
});

function canBeResolved(tool: "k3s" | "helm" | "kubectl", version: string): boolean {
  try {
    return parseVersion(tool, version).kind !== undefined;
  } catch {
    return false;
  }
}
