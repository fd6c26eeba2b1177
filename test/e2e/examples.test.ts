import { cp, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { act, installAct, releasedAction, repositoryOf } from "./support/act.ts";
import { startForeignCluster } from "./support/cluster.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const examples = resolve(import.meta.dirname, "../../examples");
const kubectl = resolve(import.meta.dirname, "../../lab/out/bin/kubectl");

/** An example as a repository of its own, unchanged, and the actions that its workflow names. */
async function example(machine: Machine, name: string) {
  const repository = await repositoryOf(machine, name, { ".": join(examples, name) });
  const upload = join(machine.folder, "upload-artifact");
  await mkdir(upload, { recursive: true });
  await cp(join(import.meta.dirname, "support", "upload-artifact"), upload, { recursive: true });
  const actions = {
    "org/monstack-action@v1": await releasedAction(machine),
    "actions/upload-artifact@v5": upload,
  };
  return { repository, actions };
}

// air-gapped is run by bundle.test.ts, which has its bundle.
describe("the examples, as they stand", () => {
  beforeAll(installAct, 500_000);

  it("use-case-03: the document's folder, and its first query answered in the next step", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await example(machine, "use-case-03");
    const job = await act(machine, repository, { actions });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/"pod":"prometheus-server-[^"]+"},"value":\[[\d.]+,"[\d.e-]+"\]/);
    expect(job.output).toContain("torn down, nothing left");
  });

  it("app-with-servicemonitor: the app's target is scraped", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await example(machine, "app-with-servicemonitor");
    const job = await act(machine, repository, { actions });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/"job":"my-app".*"value":\[[\d.]+,"1"\]/);
    expect(job.output).toContain("torn down, nothing left");
  });

  it("nightly: one job of the matrix, with the report and the metrics kept", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await example(machine, "nightly");
    const job = await act(machine, repository, { actions, matrix: { helm: "v3", profile: "ci" } });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/ARTIFACT report-v3-ci .*results\.json/);
    expect(job.output).toMatch(/ARTIFACT report-v3-ci .*\.tar\.gz/);
  });

  it("existing-cluster: with the role that its README asks for", async () => {
    await using machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
    await startForeignCluster(machine);
    const { repository, actions } = await example(machine, "existing-cluster");
    const admin = "/etc/rancher/k3s/k3s.yaml";
    const cli = resolve(import.meta.dirname, "../../dist/cli.js");
    const secret = await machine.run(
      [
        "bash",
        "-c",
        `set -e; export KUBECONFIG=${admin}; kubectl() { ${kubectl} "$@"; }
        kubectl create namespace ci >&2
        ${process.execPath} ${cli} rbac --service-account ci/monstack > ${machine.folder}/role.yaml
        kubectl apply -f ${machine.folder}/role.yaml >&2
        token=$(kubectl create token -n ci monstack --duration 1h)
        kubectl config view --raw --minify -o json | ${process.execPath} -e '
          const config = JSON.parse(require("fs").readFileSync(0));
          config.users[0].user = { token: process.argv[1] };
          process.stdout.write(JSON.stringify(config));' "$token"`,
      ],
      { cwd: repository },
    );
    expect(secret.exitCode, secret.output).toBe(0);
    const job = await act(machine, repository, { actions, secrets: { MONSTACK_KUBECONFIG: secret.stdout } });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toContain("torn down, nothing left");
  });
});
