import type { Config } from "../config/schema.ts";
import type { Plan } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { LaterCommand } from "../rbac/right.ts";
import { listNamespaces } from "../rbac/rights.ts";
import { groupIntoRuleSets, printRoles, type Subject } from "../rbac/roles.ts";
import { installTool } from "../sources/tools/install.ts";
import { renderCharts } from "./charts/render.ts";
import { addDashboards } from "./dashboards.ts";
import { lockPlan } from "./downloads/supply.ts";
import { prepare } from "./prepare.ts";
import { listNeededRights } from "./rights.ts";
import type { Session } from "./session/session.ts";

/** For whom roles are printed, and what they must allow. */
export interface RolesFor {
  readonly subject: Subject;
  /** The run makes its namespaces, and takes them away; else they have to be there. */
  readonly createNamespaces: boolean;
  /** Commands that the subject runs as well. */
  readonly also: readonly LaterCommand[];
}

/**
 * Returns the YAML of the roles that a run of this configuration needs on an existing cluster, from its rendered
 * charts. Changes nothing but the cache.
 */
export async function createRoles(
  session: Session,
  { subject, createNamespaces, also }: RolesFor,
): Promise<string> {
  const { loaded } = session;
  // What is deployed depends on the kind of cluster, and roles are only needed on an existing one.
  const config = withExistingCluster(loaded.config);
  const clusterSession: Session = { ...session, loaded: { ...loaded, config } };
  const { plan: unpinned, login } = await prepare(clusterSession);
  const plan = await lockPlan(clusterSession, unpinned);
  const apps = await renderTemporarily(clusterSession, plan);
  const namespaces = listNamespaces(apps).filter((name) => !isAlwaysThere(name));
  const created = createNamespaces ? namespaces : [];
  const rights = listNeededRights(config, apps, login, created, also);
  return printRoles(groupIntoRuleSets(rights, created), {
    name: `monstack-${config.namespace}`,
    subject,
    namespaces: createNamespaces ? [] : namespaces,
  });
}

/** Renders the charts of a plan in a temporary folder. Only the cache keeps what was downloaded. */
export async function renderTemporarily(session: Session, plan: Plan): Promise<RenderedApp[]> {
  const { context, loaded } = session;
  return await context.host.files.withTemp("monstack-charts-", async (folder) => {
    // Started in here: a download that failed before it is awaited would end the process.
    const helm = installTool(context, loaded.config, "helm", { supply: session.supply });
    const kubectl = plan.apps.some(({ chart }) => chart.kind === "kustomize")
      ? installTool(context, loaded.config, "kubectl", { supply: session.supply })
      : undefined;
    const [rendered] = await Promise.all([
      addDashboards(session, plan).then((planWithDashboards) =>
        renderCharts(session, planWithDashboards, { helm, ...(kubectl ? { kubectl } : {}) }, folder),
      ),
      helm,
      kubectl,
    ]);
    return rendered;
  });
}

/** True for a namespace that every cluster has. */
function isAlwaysThere(namespace: string): boolean {
  return namespace === "default" || namespace.startsWith("kube-");
}

/** Returns the configuration for an existing cluster, whatever cluster it names. */
function withExistingCluster(config: Config): Config {
  if (config.cluster.kind === "existing") return config;
  return { ...config, cluster: { kind: "existing", kubeconfig: "", context: undefined } };
}
