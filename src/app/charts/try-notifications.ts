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

/** A part of a configuration that Alertmanager accepts, although it can't work. */
interface NotificationFault {
  /** Key path in the configuration. */
  readonly path: Path;
  readonly problem: string;
  /** The place, if it is not in the configuration. */
  readonly at?: Notice["at"];
  /** Id of the notice; undefined if the fault is certain and therefore a mistake. */
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
    ...templateFaults.map((fault) => locateTemplateFault(loaded, app, fault)),
    ...inhibitionFaults.map((fault): NotificationFault => ({ ...fault, id: "inhibition-label" })),
  ];
}

/**
 * Returns the mistakes and notices about such parts of the configuration in an app's values. Empty if Alertmanager
 * refuses the configuration, because another check reports that.
 */
export async function findIneffectivePartsInValues(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
): Promise<{ readonly mistakes: Mistake[]; readonly notices: Notice[] }> {
  const app = listPlannedApps(loaded.config, loaded.valuesFiles).find(hasAlertmanager);
  const valuesConfig =
    loaded.config.alerting.config === undefined && app ? findConfigInValues(app) : undefined;
  const hasPartsToTest =
    valuesConfig !== undefined && /\{\{|"inhibit_rules"/.test(JSON.stringify(valuesConfig.config));
  if (app === undefined || valuesConfig === undefined || !hasPartsToTest)
    return { mistakes: [], notices: [] };
  const refusedParts = await judgeAlertmanager(judge, valuesConfig.config, findAlertmanagerFeatures(app));
  const faults =
    refusedParts.length > 0 ? [] : await findIneffectiveParts(judge, loaded, app, valuesConfig.config);
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
  const character = previousLines.reduce((sum, previousLine) => sum + previousLine.length + 1, 0);
  const key = keys[file];
  const place = key && placeInValues(loaded, app.name, key, { character });
  return { path, problem: `${file}, line ${line}: ${problem}`, ...(place ? { at: place } : {}), ...notice };
}
