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

/** Thrown if this user of an existing cluster lacks rights that the run needs; nothing was changed. */
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
 * Returns every right that a run with this configuration needs on an existing cluster.
 * @param also further commands whose rights are included
 */
export function listNeededRights(
  config: Config,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  createdNamespaces: readonly string[],
  also: readonly LaterCommand[] = [],
): readonly Right[] {
  const withPoints = config.profile === "production" || also.includes("checklist");
  return listRights({
    apps,
    config,
    login,
    checks: listChosenChecks(config, withPoints),
    also,
    createdNamespaces,
  });
}

/**
 * Returns the ids of the checks that will run.
 * @param withPoints includes the points of the production checklist
 */
function listChosenChecks({ checks, verify }: Config, withPoints: boolean): ReadonlySet<string> {
  const catalogueIds = [...allChecks, ...endChecks].map(({ id }) => id);
  const pointIds = checklistPoints.map(({ id }) => id);
  const ids = [...catalogueIds, ...checks.map(({ name }) => `own/${name}`)];
  const allIds = [...ids, ...pointIds];
  const chosen = selectChecks(withPoints ? allIds : ids, verify, allIds);
  return new Set(chosen.flatMap(({ id, skipped }) => (skipped === undefined ? [id] : [])));
}

/** Rights that the user lacks, one line each. */
interface Lacking {
  readonly forRun: readonly string[];
  readonly forDiagnosis: readonly string[];
}

/**
 * Returns the rights of the run that this user of an existing cluster lacks, by a review of the API server. Changes
 * nothing.
 */
export async function findLackingRights(
  { context, loaded }: Session,
  cluster: Cluster,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  missingNamespaces: readonly string[],
): Promise<Lacking> {
  const needed = listNeededRights(loaded.config, apps, login, missingNamespaces);
  const lacked = await findMissingRights(context, cluster.kube, needed);
  const describeLacked = (need: Right["need"]) =>
    describeRights(lacked.filter((right) => right.need === need));
  return { forRun: describeLacked("run"), forDiagnosis: describeLacked("diagnosis") };
}

/**
 * Checks that the user has every right of the run, before anything is changed. A right that only the diagnosis needs
 * is a warning.
 * @throws RightsMissing that names all missing rights
 */
export async function checkRights(...rightsArguments: Parameters<typeof findLackingRights>): Promise<void> {
  const { forRun, forDiagnosis } = await findLackingRights(...rightsArguments);
  if (forRun.length > 0) throw new RightsMissing(forRun);
  if (forDiagnosis.length === 0) return;
  const [{ context }] = rightsArguments;
  const lines = forDiagnosis.map((line) => `  ${line}`).join("\n");
  context.log.warn(
    `should something fail, its cause may not be found, because this user may not:\n${lines}\n${rightsFix}`,
  );
}
