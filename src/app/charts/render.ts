import { join } from "node:path";
import { ruleGroup } from "../../alerting/own-alerts.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { findHostAccess } from "../../deploy/host-access.ts";
import { renderApp } from "../../deploy/render.ts";
import type { Host } from "../../host/host.ts";
import { describeError, UserError } from "../../lib/errors.ts";
import { collectCredentials } from "../../lib/redact/data.ts";
import type { Tool } from "../../lockfile/tools.ts";
import type { Plan } from "../../model/plan.ts";
import { findDeployedPrometheus } from "../../model/prometheus-server.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { listRenderedGroups } from "../../model/rendered-rules.ts";
import { refuseUnread } from "../../monitors/refusal.ts";
import { readMonitors, showAppDir } from "../../plan/settings/monitors.ts";
import { checkRendered, refuseAs } from "../../rules/check-rendered.ts";
import { runRuleTests } from "../../rules/rule-tests.ts";
import { readChartSource } from "../../sources/charts/contents.ts";
import { fetchChart } from "../../sources/charts/fetch.ts";
import { formatPath, showPath, throwIfAny } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";
import { judgeRenderedAlertmanager } from "../validate/alertmanager.ts";
import { listOperatorPlaces, readObjectsOnDisk } from "../validate/files-on-disk.ts";
import { listDefinitions, monitorMistakes } from "../validate/monitors.ts";
import { createObjectMeans } from "../validate/objects.ts";
import { noticeNewerThanDeployed } from "../validate/rules.ts";
import { refuseLongNames } from "../validate/value-mistakes.ts";
import { findContentMistakes, findSchemaMistakes } from "../validate/values.ts";
import { findRefusal, findUnknownValues, locateChart, refuseCharts } from "./unknown-values.ts";

/** The tools that charts are fetched and rendered with; each may still be on its way. */
export interface ChartTools {
  readonly helm: Promise<Tool>;
  /** Needed for kustomizations. */
  readonly kubectl?: Promise<Tool>;
}

/**
 * Every app's chart, fetched and rendered with its values, side by side; no cluster is needed. Charts that are made from
 * objects are written below `folder`; default: the state folder, where they stay as long as the stack does.
 * @throws UserError or InstallError of the first that can't be rendered, RulesInvalid for rules that no Prometheus takes.
 */
export async function renderCharts(
  session: Session,
  plan: Plan,
  tools: ChartTools,
  folder = join(session.loaded.config.stateDir, "charts"),
): Promise<RenderedApp[]> {
  const { context, loaded } = session;
  const rendered = await Promise.all(
    plan.apps.map(async (app) => {
      if (app.chart.kind === "path") await refuseChartLinks(context.host, app.chart.path, loaded);
      const chart = await fetchChart(context, loaded.config, app.chart, {
        ...tools,
        supply: session.supply,
        folder: join(folder, app.name),
      }).catch((error: unknown) => {
        // A mirror without monstack's own choice is not a mistake in the configuration.
        const refusal = locateChart(loaded, app.name) && findRefusal(loaded, app.name, error);
        if (refusal) refuseCharts([refusal]);
        throw error;
      });
      const [one, unknownValues] = await Promise.all([
        renderApp(context, await tools.helm, app, chart, loaded.limits).catch(async (error: unknown) => {
          // helm names the value, and not where the user wrote it.
          if (error instanceof UserError)
            throwIfAny(await findSchemaMistakes(loaded, app, await readChartSource(context, chart)));
          throw error;
        }),
        findUnknownValues(session, app, chart),
      ]);
      return { ...one, unknownValues };
    }),
  );
  // A chart can make up a password of its own.
  for (const secret of rendered.flatMap(listSecretTexts)) context.log.mask(secret);
  refuseHostAccess(loaded, rendered);
  refuseLongNames(loaded, rendered);
  // An existing cluster may have an operator of its own.
  if (loaded.config.cluster.kind === "k3s")
    refuseUnread(
      rendered,
      [...readMonitors(loaded), ...listOperatorPlaces(await readObjectsOnDisk(session, plan))],
      {
        appDir: showAppDir(loaded),
      },
    );
  const means = createObjectMeans(session, async () =>
    listDefinitions(rendered.flatMap(({ objects }) => objects)),
  );
  // Rules and Alertmanager's configuration are judged as they are rendered.
  refuseAs(
    "prometheus-config-invalid",
    await findContentMistakes(means, loaded, plan, { kinds: ["scrape"] }),
  );
  throwIfAny([
    ...(await findContentMistakes(means, loaded, plan, { kinds: ["object", "part"] })),
    ...(await monitorMistakes(means, session, plan)),
  ]);
  await checkRendered(session.judge, loaded, rendered);
  for (const { text, at } of await judgeRenderedAlertmanager(session.judge, loaded, rendered))
    context.log.warn(text, { title: "monstack: plan", ...at });
  await session.expressions.prepare(listRangeQueries(rendered));
  for (const { text, at } of await noticeNewerThanDeployed(
    session,
    plan,
    findDeployedPrometheus(rendered).version,
  ))
    context.log.warn(text, { title: "monstack: rules", ...at });
  await runRuleTests(context, loaded.config, rendered, loaded.limits);
  return rendered;
}

/** Lists the expressions that the check range-windows will inspect. */
function listRangeQueries(rendered: readonly RenderedApp[]): string[] {
  return listRenderedGroups(rendered)
    .filter(({ name }) => name !== ruleGroup.name)
    .flatMap(({ rules }) => rules.map(({ expr }) => String(expr)))
    .filter((expr) => expr.includes("["));
}

/** Lists a chart's texts in Secrets whose names mark them as credentials. Others contain whole files. */
function listSecretTexts({ objects }: RenderedApp): string[] {
  return objects
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ data, stringData }) => [
      ...collectCredentials(stringData, () => undefined),
      ...collectCredentials(data, () => undefined).map((text) =>
        Buffer.from(text, "base64").toString("utf8"),
      ),
    ]);
}

const restrictionReason = "no chart may have with trust: restricted";

/**
 * Of charts and values that a stranger may have written, refuses what openly reaches into this machine. It does not confine them: a
 * chart can render something else when it is installed (docs/trust.md).
 * @throws UserError that names each object and field
 */
export function refuseHostAccess(
  { limits }: Pick<LoadedConfig, "limits">,
  rendered: readonly RenderedApp[],
): void {
  if (!limits.isRestricted) return;
  throwIfAny(
    rendered.flatMap((one) => [
      ...(one.unclear === undefined
        ? []
        : [
            { where: `app ${one.app.name}`, path: "", problem: `${one.unclear}, which ${restrictionReason}` },
          ]),
      ...findHostAccess(one).map(({ object: { kind, metadata }, path, what }) => ({
        where: `app ${one.app.name}, ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join("/")}`,
        path: formatPath(path),
        problem: `${what}, which ${restrictionReason}`,
      })),
    ]),
  );
}

/** More than any chart has. */
const maximumFiles = 20_000;

/**
 * Looks through a chart's folder that a stranger may have written: helm reads it by itself and follows links, and a
 * template prints any file of it.
 * @throws UserError that names a link which leads out of the workspace
 */
export async function refuseChartLinks(
  { files }: Pick<Host, "files">,
  folder: string,
  { limits, cwd }: Pick<LoadedConfig, "limits" | "cwd">,
): Promise<void> {
  if (!limits.isRestricted) return;
  const left = [folder];
  for (let seen = 0, path = left.pop(); path !== undefined; path = left.pop()) {
    seen += 1;
    if (seen > maximumFiles)
      throw new UserError(`the chart ${showPath(cwd, folder)} has more than ${maximumFiles} files`);
    const why = limits.refusesPath(path);
    if (why !== undefined)
      throw new UserError(`the chart ${showPath(cwd, folder)}: ${showPath(cwd, path)} can't be read: ${why}`);
    const stat = await files.stat(path);
    // A link can lead to a folder.
    if (stat !== undefined && stat.kind !== "file") left.push(...(await namesIn(path)));
  }

  async function namesIn(path: string): Promise<string[]> {
    const names = await files.list(path).catch((cause: unknown) => {
      // ELOOP: a link leads back into the folder.
      throw new UserError(
        `the chart ${showPath(cwd, folder)} can't be looked through: ${describeError(cause)}`,
        {
          cause,
        },
      );
    });
    return names.map((name) => join(path, name));
  }
}
