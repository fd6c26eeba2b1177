import type { Config } from "../config/schema.ts";
import { InstallError } from "../lib/errors.ts";
import { checklistPoints } from "../model/checklist-points.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";
import { findMissingRights } from "../rbac/review.ts";
import type { LaterCommand, Right } from "../rbac/right.ts";
import { listRights } from "../rbac/rights.ts";
import { describeRights } from "../rbac/roles.ts";
import { allChecks, endChecks, selectChecks } from "../verify/catalogue.ts";
import type { Session } from "./session/session.ts";

/** This user of an existing cluster lacks rights that the run needs; nothing was changed. */
export class RightsMissing extends InstallError {
  /** One line each. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `this user of the cluster lacks ${missing.length === 1 ? "a right" : "rights"} that the run needs; nothing was changed:\n${missing.map((line) => `  ${line}`).join("\n")}`,
      { fix: rightsFix },
    );
    this.missing = missing;
  }
}

export const rightsFix =
  "`monstack rbac` with the same configuration prints the roles that the run needs, to be applied by an administrator";

/**
 * Everything that a run with this configuration asks of an existing cluster's API server.
 * @param also commands whose requests are to be among them
 */
export function listNeededRights(
  config: Config,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  createdNamespaces: readonly string[],
  also: readonly LaterCommand[] = [],
): readonly Right[] {
  const judged = config.profile === "production" || also.includes("checklist");
  return listRights({
    apps,
    config,
    login,
    checks: listChosenChecks(config, judged),
    also,
    createdNamespaces,
  });
}

function listChosenChecks({ checks, verify }: Config, withPoints: boolean): ReadonlySet<string> {
  const catalogue = [...allChecks, ...endChecks].map(({ id }) => id);
  const points = checklistPoints.map(({ id }) => id);
  const ids = [...catalogue, ...checks.map(({ name }) => `own/${name}`)];
  const all = [...ids, ...points];
  const chosen = selectChecks(withPoints ? all : ids, verify, all);
  return new Set(chosen.flatMap(({ id, skipped }) => (skipped === undefined ? [id] : [])));
}

/** One line each. */
export interface Lacking {
  readonly forRun: readonly string[];
  readonly forDiagnosis: readonly string[];
}

/** Asks the API server of an existing cluster which rights of the run its user lacks. Changes nothing. */
export async function findLackingRights(
  { context, loaded }: Session,
  cluster: Cluster,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  missingNamespaces: readonly string[],
): Promise<Lacking> {
  const needed = listNeededRights(loaded.config, apps, login, missingNamespaces);
  const lacked = await findMissingRights(context, cluster.kube, needed);
  const of = (need: Right["need"]) => describeRights(lacked.filter((right) => right.need === need));
  return { forRun: of("run"), forDiagnosis: of("diagnosis") };
}

/**
 * Makes sure of every right of the run before anything is changed. What only the diagnosis needs is a warning.
 * @throws RightsMissing that names all that are missing
 */
export async function checkRights(...asked: Parameters<typeof findLackingRights>): Promise<void> {
  const { forRun, forDiagnosis } = await findLackingRights(...asked);
  if (forRun.length > 0) throw new RightsMissing(forRun);
  if (forDiagnosis.length === 0) return;
  const [{ context }] = asked;
  const lines = forDiagnosis.map((line) => `  ${line}`).join("\n");
  context.log.warn(
    `should something fail, its cause may not be found, because this user may not:\n${lines}\n${rightsFix}`,
  );
}
