import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../support/free-port.ts";
import { type Cluster, startCluster } from "./cluster.ts";

/** A user's folder with a monstack.yaml for an existing cluster, a chart, a helm and a kubectl; all real but small. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  readonly stateDir: string;
  readonly reportDir: string;
  readonly cluster: Cluster;
  /** What helm was called with. */
  helmCalls(): Promise<string[]>;
  /** The kinds of the entries that the journal had when helm was called with this subcommand. */
  journalAt(subcommand: string): Promise<string[]>;
  /** Makes helm fail at a subcommand, with these words. */
  breakHelm(subcommand: string, words: string): Promise<void>;
  /** results.json. */
  results(): Promise<Record<string, unknown>>;
  read(path: string): Promise<string | undefined>;
}

const manifests = {
  /** Nothing that runs: every check but those about workloads is skipped. */
  idle: `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
`,
  /** A workload that is ready. */
  plain: `apiVersion: apps/v1
kind: Deployment
metadata: {name: server}
spec:
  replicas: 1
  selector: {matchLabels: {app.kubernetes.io/name: prometheus, app.kubernetes.io/component: server}}
  template:
    metadata: {labels: {app.kubernetes.io/name: prometheus, app.kubernetes.io/component: server}}
    spec: {containers: [{name: server, image: x, imagePullPolicy: IfNotPresent, readinessProbe: {periodSeconds: 1}}]}
`,
  /** The same with a service, which makes it a Prometheus; it never answers a question. */
  mute: "",
  /** The same with another workload, which never comes. */
  half: "",
};
manifests.mute = `${manifests.plain}---
apiVersion: v1
kind: Service
metadata: {name: server}
spec:
  selector: {app.kubernetes.io/name: prometheus, app.kubernetes.io/component: server}
  ports: [{port: 80, targetPort: 9090}]
`;

manifests.half = `${manifests.mute}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: late}
spec:
  replicas: 1
  selector: {matchLabels: {app: late}}
  template:
    metadata: {labels: {app: late}}
    spec: {containers: [{name: late, image: x, imagePullPolicy: IfNotPresent}]}
`;

export async function createWorld(chart: keyof typeof manifests = "plain"): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "monstack-world-")));
  const cluster = await startCluster();
  const program = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}`);
    await chmod(join(folder, name), 0o755);
  };
  await writeFile(join(folder, "manifest.yaml"), manifests[chart]);
  await program(
    "helm",
    `echo "$*" >> '${folder}/helm.calls'
cp '${folder}/state/journal.jsonl' '${folder}/journal-at-'"$1" 2>/dev/null
[ -f '${folder}/broken-'"$1" ] && { cat '${folder}/broken-'"$1" >&2; exit 1; }
case "$1" in
  version) echo v4.2.3 ;;
  template) cat '${folder}/manifest.yaml' ;;
  history) echo "Error: release: not found" >&2; exit 1 ;;
esac
`,
  );
  await program("kubectl", `echo '{"clientVersion": {"gitVersion": "v1.36.3"}}'\n`);
  await writeFile(join(folder, "kubeconfig"), kubeconfig(cluster.url));
  await mkdir(join(folder, "chart"));
  await writeFile(join(folder, "chart/Chart.yaml"), "apiVersion: v2\nname: thing\nversion: 0.1.0\n");
  await writeFile(join(folder, "monstack.yaml"), configuration(await findFreePort()));
  const read = (path: string) => readFile(join(folder, path), "utf8").catch(() => undefined);
  return {
    folder,
    home: join(folder, "home"),
    stateDir: join(folder, "state"),
    reportDir: join(folder, "report"),
    cluster,
    read,
    helmCalls: async () => ((await read("helm.calls")) ?? "").split("\n").filter((line) => line !== ""),
    journalAt: async (subcommand) =>
      [...((await read(`journal-at-${subcommand}`)) ?? "").matchAll(/^{"kind":"([^"]+)"/gm)].map(
        ([, kind = ""]) => kind,
      ),
    breakHelm: (subcommand, words) => writeFile(join(folder, `broken-${subcommand}`), words),
    results: async () => JSON.parse((await read("report/results.json")) ?? "{}"),
    [Symbol.asyncDispose]: async () => {
      await endProcesses(folder, (await read("state/journal.jsonl")) ?? "");
      await cluster[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Those of a journal that a failed test left behind; the code under test may be what is broken. */
async function endProcesses(folder: string, journal: string): Promise<void> {
  for (const [, pid = ""] of journal.matchAll(/"kind":"process".*"pid":(\d+)/g)) {
    const argv = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (argv.includes(folder)) process.kill(Number(pid), "SIGKILL");
  }
}

/** Nothing in it leads out of this machine. */
function configuration(port: number): string {
  return `profile: as-is
cluster: {kubeconfig: ./kubeconfig, context: here}
helm: {path: ./helm}
kubectl: {path: ./kubectl}
apps:
  prometheus: {enabled: false}
  grafana: {enabled: false}
  thing: {chart: ./chart}
ports: {prometheus: ${port}}
timeouts: {deploy: 10s, verify: 1s}
mirrors: {"https://": "http://127.0.0.1:1/"}
report-dir: ./report
`;
}

/** Its current context is another cluster's, which nothing may ask. */
function kubeconfig(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: elsewhere
clusters:
  - {name: here, cluster: {server: "${server}", insecure-skip-tls-verify: true}}
  - {name: elsewhere, cluster: {server: "http://127.0.0.1:1"}}
users: [{name: me, user: {}}]
contexts:
  - {name: here, context: {cluster: here, user: me}}
  - {name: elsewhere, context: {cluster: elsewhere, user: me}}
`;
}
