import type { Cluster } from "../cluster/types.ts";
import type { Config } from "../config/schema.ts";
import type { RenderedApp } from "../deploy/types.ts";
import { InstallError } from "../host/errors.ts";
import type { GrafanaLogin } from "../plan/grafana.ts";
import { describeRights } from "../rbac/describe.ts";
import { lackedRights } from "../rbac/review.ts";
import { rightsOf } from "../rbac/rights.ts";
import type { Right } from "../rbac/types.ts";
import { allChecks } from "../verify/catalogue.ts";
import { endChecks } from "../verify/end-checks.ts";
import { selectChecks } from "../verify/select.ts";
import type { Session } from "./session.ts";

/** This user of an existing cluster lacks rights that the run needs; nothing was changed. */
export class RightsMissing extends InstallError {
  /** One line each. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `this user of the cluster lacks ${missing.length === 1 ? "a right" : "rights"} that the run needs; nothing was changed:\n${missing.map((line) => `  ${line}`).join("\n")}`,
      { mend: rightsMend },
    );
    this.missing = missing;
  }
}

export const rightsMend =
  "`monstack rbac` with the same configuration prints the roles that the run needs, to be applied by an administrator";

/** Everything that a run with this configuration asks of an existing cluster's API server. */
export function neededRights(
  config: Config,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  createdNamespaces: readonly string[],
): readonly Right[] {
  return rightsOf({ apps, config, login, checks: chosenChecks(config), createdNamespaces });
}

function chosenChecks({ checks, verify }: Config): ReadonlySet<string> {
  const ids = [...allChecks, ...endChecks]
    .map(({ id }) => id)
    .concat(checks.map(({ name }) => `own/${name}`));
  return new Set(selectChecks(ids, verify).flatMap(({ id, skipped }) => (skipped === undefined ? [id] : [])));
}

/**
 * Asks the API server of an existing cluster for every right of the run before anything is changed. What only the diagnosis
 * needs is a warning.
 * @throws RightsMissing that names all that are missing
 */
export async function checkRights(
  { context, loaded }: Session,
  cluster: Cluster,
  apps: readonly RenderedApp[],
  login: GrafanaLogin | undefined,
  missingNamespaces: readonly string[],
): Promise<void> {
  const needed = neededRights(loaded.config, apps, login, missingNamespaces);
  const missing = await lackedRights(context, cluster.kube, needed);
  const [forRun, forDiagnosis] = [missing.filter(isForRun), missing.filter((right) => !isForRun(right))];
  if (forRun.length > 0) throw new RightsMissing(describeRights(forRun));
  if (forDiagnosis.length === 0) return;
  context.log.warn(
    `should something fail, its cause may not be found, because this user may not:\n${describeRights(
      forDiagnosis,
    ).join("\n")}\n${rightsMend}`,
  );
}

function isForRun({ need }: Right): boolean {
  return need === "run";
}
