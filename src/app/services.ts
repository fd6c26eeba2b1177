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

/** Lists the addresses on which the stack will listen, so that a busy port is reported before anything is started. */
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
 * Gives the stack's services addresses on localhost that stay until teardown, and Alertmanager one of this host's to send
 * to where the plan says so.
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
  const found = findEndpoints(rendered);
  const names = (["prometheus", "grafana", "alertmanager"] as const).filter(
    (name) => found[name] !== undefined,
  );
  const core = cluster.kube.makeApiClient(CoreV1Api);
  const opened = await Promise.all(
    names.map(async (name) => {
      const service = found[name] as ServiceRef;
      const access = resolveServerAccess(name, rendered);
      return { name, service, access, ...(await reach(cluster, core, service, access)) };
    }),
  );
  const listeners: Listener[] = opened.map(({ name, target }) => ({ name, port: ports[name], target }));
  const local = await startForwarder(context, {
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
    const port = local[name]?.port;
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

/** A ClusterIP where this host reaches it; else through the API server to a pod behind the service. */
async function reach(
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
      const shown = host.includes(":") ? `[${host}]` : host;
      return { target: { kind: "tcp", host, port }, direct: formatAddress(access, shown, port) };
    }
  }
  const { kubeconfig, context } = cluster;
  return { target: { kind: "pod", kubeconfig, context, namespace, service: name, port }, direct: undefined };
}

/** Formats the address of a server, with the path below which it is served. */
function formatAddress({ scheme, path }: ServerAccess, host: string, port: number): string {
  return `${scheme}://${host}:${port}${path}`;
}
