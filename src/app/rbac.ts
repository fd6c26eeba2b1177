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

export interface RolesFor {
  readonly subject: Subject;
  /** The run makes its namespaces, and takes them away; else they have to be there. */
  readonly createNamespaces: boolean;
  /** Commands that the subject runs as well. */
  readonly also: readonly LaterCommand[];
}

/**
 * The roles for exactly this configuration's run on an existing cluster, from its charts as they are rendered. Changes
 * nothing but the cache.
 */
export async function createRoles(
  session: Session,
  { subject, createNamespaces, also }: RolesFor,
): Promise<string> {
  const { loaded } = session;
  // What is deployed depends on the kind of cluster, and who has roles printed has an existing one in mind.
  const config = withExistingCluster(loaded.config);
  const asked: Session = { ...session, loaded: { ...loaded, config } };
  const { plan: unpinned, login } = await prepare(asked);
  const plan = await lockPlan(asked, unpinned);
  const apps = await renderForNow(asked, plan);
  const namespaces = listNamespaces(apps).filter((name) => !isAlwaysThere(name));
  const created = createNamespaces ? namespaces : [];
  const rights = listNeededRights(config, apps, login, created, also);
  return printRoles(groupIntoRuleSets(rights, created), {
    name: `monstack-${config.namespace}`,
    subject,
    namespaces: createNamespaces ? [] : namespaces,
  });
}

/** The charts of a plan, rendered to be looked at: nothing of it stays but what is in the cache. */
export async function renderForNow(session: Session, plan: Plan): Promise<RenderedApp[]> {
  const { context, loaded } = session;
  return await context.host.files.withTemp("monstack-charts-", async (folder) => {
    // Begun in here: a download that fails before somebody waits for it would end the process.
    const helm = installTool(context, loaded.config, "helm", { supply: session.supply });
    const kubectl = plan.apps.some(({ chart }) => chart.kind === "kustomize")
      ? installTool(context, loaded.config, "kubectl", { supply: session.supply })
      : undefined;
    const [rendered] = await Promise.all([
      addDashboards(session, plan).then((whole) =>
        renderCharts(session, whole, { helm, ...(kubectl ? { kubectl } : {}) }, folder),
      ),
      helm,
      kubectl,
    ]);
    return rendered;
  });
}

function isAlwaysThere(namespace: string): boolean {
  return namespace === "default" || namespace.startsWith("kube-");
}

function withExistingCluster(config: Config): Config {
  if (config.cluster.kind === "existing") return config;
  return { ...config, cluster: { kind: "existing", kubeconfig: "", context: undefined } };
}
