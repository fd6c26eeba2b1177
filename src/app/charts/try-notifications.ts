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
export interface NotificationFault {
  /** In the configuration. */
  readonly path: Path;
  readonly problem: string;
  /** Where it stands, if not in the configuration. */
  readonly at?: Notice["at"];
  /** Of a notice. Undefined: it is certain, and a mistake. */
  readonly id?: "notification-template" | "inhibition-label";
}

/** What a configuration has that Alertmanager accepts and that can't work: templates and inhibition rules. */
export async function findIdle(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
  app: PlannedApp,
  config: unknown,
): Promise<NotificationFault[]> {
  const templates = await judgeNotifications(judge, config, findNotificationTemplates(app));
  const sources = findAlertSources(
    listPlannedApps(loaded.config, loaded.valuesFiles),
    loaded.config.rules.map((path) => loaded.texts[path] ?? ""),
  );
  const inhibition = sources ? await judgeInhibitions(judge, config, sources) : [];
  return [
    ...templates.map((one) => locateTemplateFault(loaded, app, one)),
    ...inhibition.map((one): NotificationFault => ({ ...one, id: "inhibition-label" })),
  ];
}

/** Does the same for the configuration in the app's values. What Alertmanager refuses is reported elsewhere. */
export async function findIdleInValues(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
): Promise<{ readonly mistakes: Mistake[]; readonly notices: Notice[] }> {
  const app = listPlannedApps(loaded.config, loaded.valuesFiles).find(hasAlertmanager);
  const own = loaded.config.alerting.config === undefined && app ? findConfigInValues(app) : undefined;
  const isTried = own !== undefined && /\{\{|"inhibit_rules"/.test(JSON.stringify(own.config));
  if (app === undefined || own === undefined || !isTried) return { mistakes: [], notices: [] };
  const refused = await judgeAlertmanager(judge, own.config, findAlertmanagerFeatures(app));
  const found = refused.length > 0 ? [] : await findIdle(judge, loaded, app, own.config);
  const placed = found.map((one) => {
    const at = one.at ?? placeInValues(loaded, app.name, [...own.path, ...one.path]);
    return { ...one, at, path: formatPath([...own.path, ...one.path]) };
  });
  return {
    mistakes: placed
      .filter(({ id }) => id === undefined)
      .map(({ at, path, problem }) => ({
        where: at ? `${at.file}:${at.line}:${at.column}` : `app ${app.name}`,
        path,
        problem,
      })),
    notices: placed.flatMap(({ id, at, path, problem }) =>
      id === undefined ? [] : [{ id, at, text: `${path}: ${problem}` }],
    ),
  };
}

/** Locates a fault of a template file in the values that it comes from. */
function locateTemplateFault(
  loaded: LoadedConfig,
  app: PlannedApp,
  { path = [], file, line = 1, problem, isUncertain }: TemplateFault,
): NotificationFault {
  const id = isUncertain ? { id: "notification-template" as const } : {};
  if (file === undefined) return { path, problem, ...id };
  const { at: keys, files } = findNotificationTemplates(app);
  const before = files.find(({ name }) => name === file)?.text.split("\n", line - 1) ?? [];
  const character = before.reduce((sum, one) => sum + one.length + 1, 0);
  const key = keys[file];
  const at = key && placeInValues(loaded, app.name, key, { character });
  return { path, problem: `${file}, line ${line}: ${problem}`, ...(at ? { at } : {}), ...id };
}
