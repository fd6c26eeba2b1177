import type { LoadedConfig } from "../../config/load.ts";
import { placeInValues } from "../../config/locate.ts";
import type { Notice, PlannedApp } from "../../model/plan.ts";
import {
  findAlertmanagerFeatures,
  findAlertSources,
  findConfigInValues,
  findNotificationTemplates,
} from "../../plan/alertmanager-values.ts";
import { hasAlertmanager } from "../../plan/capture.ts";
import { listPlannedApps } from "../../plan/make-plan.ts";
import { judgeAlertmanager, judgeNotifications, type TemplateFault } from "../../rules/alertmanager.ts";
import { judgeInhibitions } from "../../rules/inhibition.ts";
import type { Judge } from "../../upstream/protocol.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";

type Path = readonly (string | number)[];

/** A part of a configuration that Alertmanager accepts, and that can't work. */
interface NotificationFault {
  /** In the configuration. */
  readonly path: Path;
  readonly problem: string;
  /** Where it stands, if not in the configuration. */
  readonly at?: Notice["at"];
  /** Of a notice. Undefined: it is certain, and a mistake. */
  readonly id?: "notification-template" | "inhibition-label";
}

/** Returns the templates and inhibition rules of a configuration that Alertmanager accepts and that can't work. */
export async function findIneffectiveParts(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
  app: PlannedApp,
  config: unknown,
): Promise<NotificationFault[]> {
  const templateFaults = await judgeNotifications(judge, config, findNotificationTemplates(app));
  const sources = findAlertSources(
    listPlannedApps(loaded.config, loaded.valuesFiles),
    loaded.config.rules.map((path) => loaded.texts[path] ?? ""),
  );
  const inhibitionFaults = sources ? await judgeInhibitions(judge, config, sources) : [];
  return [
    ...templateFaults.map((one) => locateTemplateFault(loaded, app, one)),
    ...inhibitionFaults.map((one): NotificationFault => ({ ...one, id: "inhibition-label" })),
  ];
}

/**
 * Returns the same faults for the configuration in an app's values. What Alertmanager refuses is reported elsewhere.
 */
export async function findIneffectivePartsInValues(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
): Promise<{ readonly mistakes: Mistake[]; readonly notices: Notice[] }> {
  const app = listPlannedApps(loaded.config, loaded.valuesFiles).find(hasAlertmanager);
  const valuesConfig =
    loaded.config.alerting.config === undefined && app ? findConfigInValues(app) : undefined;
  const isTried =
    valuesConfig !== undefined && /\{\{|"inhibit_rules"/.test(JSON.stringify(valuesConfig.config));
  if (app === undefined || valuesConfig === undefined || !isTried) return { mistakes: [], notices: [] };
  const refusals = await judgeAlertmanager(judge, valuesConfig.config, findAlertmanagerFeatures(app));
  const faults =
    refusals.length > 0 ? [] : await findIneffectiveParts(judge, loaded, app, valuesConfig.config);
  const placedFaults = faults.map((fault) => {
    const place = fault.at ?? placeInValues(loaded, app.name, [...valuesConfig.path, ...fault.path]);
    return { ...fault, at: place, path: formatPath([...valuesConfig.path, ...fault.path]) };
  });
  return {
    mistakes: placedFaults
      .filter(({ id }) => id === undefined)
      .map(({ at: place, path, problem }) => ({
        where: place ? `${place.file}:${place.line}:${place.column}` : `app ${app.name}`,
        path,
        problem,
      })),
    notices: placedFaults.flatMap(({ id, at: place, path, problem }) =>
      id === undefined ? [] : [{ id, at: place, text: `${path}: ${problem}` }],
    ),
  };
}

/** Returns a fault of a template file with its place in the values that hold the file. */
function locateTemplateFault(
  loaded: LoadedConfig,
  app: PlannedApp,
  { path = [], file, line = 1, problem, isUncertain }: TemplateFault,
): NotificationFault {
  const notice = isUncertain ? { id: "notification-template" as const } : {};
  if (file === undefined) return { path, problem, ...notice };
  const { at: keys, files } = findNotificationTemplates(app);
  const previousLines = files.find(({ name }) => name === file)?.text.split("\n", line - 1) ?? [];
  const character = previousLines.reduce((sum, one) => sum + one.length + 1, 0);
  const key = keys[file];
  const place = key && placeInValues(loaded, app.name, key, { character });
  return { path, problem: `${file}, line ${line}: ${problem}`, ...(place ? { at: place } : {}), ...notice };
}
