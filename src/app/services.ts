import { CoreV1Api } from "@kubernetes/client-node";
import type { Config } from "../config/schema.ts";
import type { Listener } from "../forward/server.ts";
import { startForwarder } from "../forward/start.ts";
import { selectLoginEnvironment } from "../host/child-environment.ts";
import type { Journal } from "../journal/journal.ts";
import { stackChart } from "../model/chart.ts";
import type { Cluster } from "../model/cluster.ts";
import type { Plan } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { hasGrafana } from "../plan/grafana/grafana-values.ts";
import { findEndpoints, type ServiceRef } from "../stack/discover.ts";
import { resolveServerAccess, type ServerAccess } from "../verify/access/server-access.ts";
import type { Session } from "./session/session.ts";
import type { StackRecord, StackService } from "./session/stack-file.ts";

type Services = StackRecord["services"];
type Name = keyof Services;

/** Returns the ports on which the stack will listen, so that a busy port is reported before anything is started. */
export function listExpectedListeners(config: Config, plan: Plan): Listener[] {
  const wanted = new Set<"prometheus" | "grafana" | "alertmanager">();
  for (const app of plan.apps) {
    const { chart, values } = app;
    const name = chart.kind === "repo" ? chart.name : "";
    if (name !== "" && hasGrafana(app)) wanted.add("grafana");
    if (name !== "prometheus" && name !== stackChart) continue;
    wanted.add("prometheus");
    if ((values["alertmanager"] as { enabled?: unknown } | undefined)?.enabled !== false)
      wanted.add("alertmanager");
  }
  return [...wanted].map((name) => ({
    name,
    port: config.ports[name],
    target: { kind: "tcp", host: "", port: 0 },
  }));
}

/**
 * Starts the forwarder, which gives the stack's services addresses on localhost until teardown. If the plan captures
 * alerts, Alertmanager gets an address of this host to send to.
 */
export async function openServices(
  session: Session,
  cluster: Cluster,
  rendered: readonly RenderedApp[],
  journal: Journal,
  alerting?: Plan["alerting"],
): Promise<Services> {
  const { context, loaded, forwardScript } = session;
  const { ports, stateDir } = loaded.config;
  const endpoints = findEndpoints(rendered);
  const names = (["prometheus", "grafana", "alertmanager"] as const).filter(
    (name) => endpoints[name] !== undefined,
  );
  const core = cluster.kube.makeApiClient(CoreV1Api);
  const opened = await Promise.all(
    names.map(async (name) => {
      const service = endpoints[name] as ServiceRef;
      const access = resolveServerAccess(name, rendered);
      return { name, service, access, ...(await findServiceTarget(cluster, core, service, access)) };
    }),
  );
  const listeners: Listener[] = opened.map(({ name, target }) => ({ name, port: ports[name], target }));
  const addresses = await startForwarder(context, {
    stateDir,
    journal,
    listeners,
    receiver: alerting?.kind === "captured" ? alerting.at : undefined,
    script: forwardScript,
    ...(cluster.kind === "existing" ? { env: selectLoginEnvironment(context.host.env) } : {}),
    whenBusy: ports.whenBusy,
  });
  const services = new Map<Name, StackService>();
  for (const { name, service, access, direct } of opened) {
    const port = addresses[name]?.port;
    if (port === undefined) throw new Error(`the forwarder has no address for ${name}`);
    const url = formatAddress(access, "localhost", port);
    services.set(name, { service, url, direct: direct ?? url });
  }
  return {
    prometheus: services.get("prometheus"),
    grafana: services.get("grafana"),
    alertmanager: services.get("alertmanager"),
  };
}

/**
 * Returns where the forwarder connects to: the service's ClusterIP if this host reaches it, else a pod behind the
 * service through the API server.
 */
async function findServiceTarget(
  cluster: Cluster,
  core: CoreV1Api,
  service: ServiceRef,
  access: ServerAccess,
): Promise<{ target: Listener["target"]; direct: string | undefined }> {
  const { namespace, name, port } = service;
  if (cluster.reach === "direct") {
    const { spec } = await core.readNamespacedService({ namespace, name });
    const host = spec?.clusterIP;
    if (host !== undefined && host !== "None" && host !== "") {
      const shownHost = host.includes(":") ? `[${host}]` : host;
      return { target: { kind: "tcp", host, port }, direct: formatAddress(access, shownHost, port) };
    }
  }
  const { kubeconfig, context } = cluster;
  return { target: { kind: "pod", kubeconfig, context, namespace, service: name, port }, direct: undefined };
}

/** Returns the URL of a server, with the path below which it is served. */
function formatAddress({ scheme, path }: ServerAccess, host: string, port: number): string {
  return `${scheme}://${host}:${port}${path}`;
}
