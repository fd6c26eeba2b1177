import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { chartTgz } from "../archives.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { sha256 } from "../upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");

describe("a chart in an image registry", () => {
  const ref = { kind: "oci", url: "oci://ghcr.io/org/prometheus", version: "29.27.0" } as const;

  async function helmThat(script: string) {
    const path = join(machine.home, "helm");
    await writeFile(join(machine.home, "prometheus.tgz"), archive);
    await writeFile(path, `#!/bin/sh\nread -r _\necho "$@" >> ${machine.home}/calls\n${script}\n`, {
      mode: 0o755,
    });
    return { name: "helm", path, asked: "v4", version: "v4.1.4", sha256: "", origin: "path" } as const;
  }
  const calls = async () => (await readFile(join(machine.home, "calls"), "utf8")).trim().split("\n");
  const copy = 'for last; do :; done; cp "$(dirname "$0")/prometheus.tgz" "$last/prometheus-29.27.0.tgz"';

  test("is pulled by helm once, from where the registry's images come from", async () => {
    const helm = await helmThat(copy);
    const config = { mirrors: { "ghcr.io": "http://mirror:5000/ghcr.io" } };
    const chart = await fetchChart(machine.context, config, ref, { helm: Promise.resolve(helm), ...quick });
    expect(chart).toMatchObject({ name: "prometheus", sha256: sha256(archive), origin: ref.url });
    expect(await fetchChart(machine.context, config, ref, { helm: Promise.resolve(helm), ...quick })).toEqual(
      chart,
    );
    expect(await calls()).toEqual([
      expect.stringMatching(
        /^pull oci:\/\/mirror:5000\/ghcr.io\/org\/prometheus --version 29.27.0 --plain-http --destination /,
      ),
    ]);
  });

  test("is pulled without plain http, by which a registry would lead helm to a metadata service, and with the variables of logins", async () => {
    const helm = await helmThat(`env > ${machine.home}/environment\n${copy}`);
    const env = {
      ...machine.host.env,
      HTTP_PROXY: "http://proxy.example:3128",
      NO_PROXY: "169.254.169.254, intern.example,metadata.google.internal",
      AWS_PROFILE: "ci",
      ACTIONS_RUNTIME_TOKEN: "canary",
    };
    const context = { ...machine.context, host: { ...machine.host, env } };
    await fetchChart(context, { mirrors: {} }, ref, { helm: Promise.resolve(helm), ...quick });
    const lines = (await readFile(join(machine.home, "environment"), "utf8")).split("\n");
    for (const line of ["HTTP_PROXY=http://127.0.0.1:1", "NO_PROXY=intern.example", "AWS_PROFILE=ci"])
      expect(lines).toContain(line);
    expect(lines.join()).not.toContain("canary");
  });

  test.each([
    ["oci://ghcr.io/org/prometheus", "ghcr.io", "ghcr.io"],
    ["oci://registry-1.docker.io/org/prometheus", "docker.io", "https://index.docker.io/v1/"],
  ])(
    "%s is pulled with the login of %s, which is in no command line and gone afterwards",
    async (url, host, key) => {
      const seen = join(machine.home, "seen");
      const helm = await helmThat(
        `stat -c '%a %n' "$HELM_REGISTRY_CONFIG" >> ${seen}; cat "$HELM_REGISTRY_CONFIG" >> ${seen}\n${copy}`,
      );
      const registries = { [host]: { credentials: { username: "ci", password: "s3cret" } } };
      const config = { mirrors: {}, registries };
      await fetchChart(machine.context, config, { ...ref, url }, { helm: Promise.resolve(helm), ...quick });
      const [line = "", login = ""] = (await readFile(seen, "utf8")).split("\n");
      const [mode, path = ""] = line.split(" ");
      expect([mode, JSON.parse(login)]).toEqual(["600", { auths: { [key]: { auth: btoa("ci:s3cret") } } }]);
      expect(await calls()).toEqual([expect.not.stringContaining("s3cret")]);
      expect(existsSync(path)).toBe(false);
    },
  );

  test("is not pulled to its end where it is bigger than any chart", async () => {
    const helm = await helmThat('for last; do :; done; head -c 100000000 /dev/zero > "$last/prometheus.tgz"');
    const config = { mirrors: {} };
    const pull = fetchChart(machine.context, config, ref, { helm: Promise.resolve(helm), ...quick });
    await expect(pull).rejects.toThrow(
      /prometheus 29.27.0 was not pulled .* bigger than any chart .*wrote a file of more than 64 MiB/,
    );
    expect(await calls()).toHaveLength(1);
  });

  test("is pulled again on a failure that may pass, and not on one that lasts", async () => {
    const flaky = await helmThat(
      `[ "$(wc -l < ${machine.home}/calls)" -ge 3 ] || { echo "connection reset" >&2; exit 1; }\n${copy}`,
    );
    expect(
      (await fetchChart(machine.context, { mirrors: {} }, ref, { helm: Promise.resolve(flaky), ...quick }))
        .version,
    ).toBe("29.27.0");
    expect(await calls()).toHaveLength(3);

    const missing = await helmThat('echo "Error: ghcr.io/org/prometheus:1.0.0: not found" >&2; exit 1');
    const pull = fetchChart(
      machine.context,
      { mirrors: {} },
      { ...ref, version: "1.0.0" },
      { helm: Promise.resolve(missing), ...quick },
    );
    await expect(pull).rejects.toThrow(
      /chart oci:\/\/ghcr.io\/org\/prometheus 1.0.0 could not be pulled.*not found/,
    );
    expect(await calls()).toHaveLength(4);
  });
});
