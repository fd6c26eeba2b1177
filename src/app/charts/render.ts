import { join } from "node:path";
import { ruleGroup } from "../../alerting/own-alerts.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { findHostAccess } from "../../deploy/host-access.ts";
import { renderApp } from "../../deploy/render.ts";
import type { Context, Host } from "../../host/host.ts";
import { describeError, UserError } from "../../lib/errors.ts";
import { collectCredentials } from "../../lib/redact/data.ts";
import { inSpan } from "../../lib/trace.ts";
import type { ChartFile, Tool } from "../../lockfile/tools.ts";
import type { Plan, PlannedApp } from "../../model/plan.ts";
import { findDeployedPrometheus } from "../../model/prometheus-server.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { listRenderedGroups } from "../../model/rendered-rules.ts";
import { refuseUnreadObjects } from "../../monitors/refusal.ts";
import { readMonitors, showAppDir } from "../../plan/settings/monitors.ts";
import { checkRendered, refuseAs } from "../../rules/check-rendered.ts";
import { runRuleTests } from "../../rules/rule-tests.ts";
import { readChartSource } from "../../sources/charts/contents.ts";
import { fetchChart } from "../../sources/charts/fetch.ts";
import { formatPath, showPath, throwIfAny } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";
import { judgeRenderedAlertmanager } from "../validate/alertmanager.ts";
import { listOperatorPlaces, readObjectsOnDisk } from "../validate/files-on-disk.ts";
import { findMonitorMistakes, listDefinitions } from "../validate/monitors.ts";
import { createObjectMeans } from "../validate/objects.ts";
import { noticeNewerThanDeployed } from "../validate/rules.ts";
import { refuseLongNames } from "../validate/value-mistakes.ts";
import { findContentMistakes, findSchemaMistakes } from "../validate/values.ts";
import { findRefusal, findUnknownValues, locateChart, refuseCharts } from "./unknown-values.ts";

/** The tools that fetch and render charts. Each may still be downloading. */
interface ChartTools {
  readonly helm: Promise<Tool>;
  /** Needed for kustomizations. */
  readonly kubectl?: Promise<Tool>;
}

/**
 * Fetches and renders every app's chart with its values, in parallel. Refuses what would not work, and warns about
 * the rest: access to this machine with restricted trust, names that are too long, objects of a missing operator, and
 * mistakes in scrape jobs, objects, rules and Alertmanager's configuration. Runs the user's tests of rules at last.
 * Needs no cluster.
 * @param folder where charts made from objects are written; by default the state folder, where they stay as long as
 * the stack
 * @throws UserError or InstallError for the first chart that can't be rendered; RulesInvalid for rules that
 * Prometheus refuses
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
      const chart = await inSpan(
        context.span,
        { kind: "chart", name: `fetch the chart of ${app.name}` },
        () =>
          fetchChart(context, loaded.config, app.chart, {
            ...tools,
            supply: session.supply,
            folder: join(folder, app.name),
          }),
      ).catch((error: unknown) => {
        // A mirror that lacks a default chart is not a mistake in the configuration.
        const refusal = locateChart(loaded, app.name) && findRefusal(loaded, app.name, error);
        if (refusal) refuseCharts([refusal]);
        throw error;
      });
      const [result, unknownValues] = await Promise.all([
        renderInSpan(context, await tools.helm, app, chart, loaded.limits).catch(async (error: unknown) => {
          // helm names the value, but not its place in the user's files.
          if (error instanceof UserError)
            throwIfAny(await findSchemaMistakes(loaded, app, await readChartSource(context, chart)));
          throw error;
        }),
        findUnknownValues(session, app, chart),
      ]);
      return { ...result, unknownValues };
    }),
  );
  // A chart can generate a password.
  for (const secret of rendered.flatMap(listSecretTexts)) context.log.mask(secret);
  refuseHostAccess(loaded, rendered);
  refuseLongNames(loaded, rendered);
  // An existing cluster may have an operator of its own.
  if (loaded.config.cluster.kind === "k3s")
    refuseUnreadObjects(
      rendered,
      [...readMonitors(loaded), ...listOperatorPlaces(await readObjectsOnDisk(session, plan))],
      {
        appDir: showAppDir(loaded),
      },
    );
  const objectMeans = createObjectMeans(session, async () =>
    listDefinitions(rendered.flatMap(({ objects }) => objects)),
  );
  // The contents of values are judged before the rendered files, because their mistakes have a place in the user's files.
  refuseAs(
    "prometheus-config-invalid",
    await findContentMistakes(objectMeans, loaded, plan, { kinds: ["scrape"] }),
  );
  throwIfAny([
    ...(await findContentMistakes(objectMeans, loaded, plan, { kinds: ["object", "part"] })),
    ...(await findMonitorMistakes(objectMeans, session, plan)),
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

/** Renders an app's chart within a span of its own, which does not count the wait for helm. */
function renderInSpan(
  context: Context,
  helm: Tool,
  app: PlannedApp,
  chart: ChartFile,
  limits: LoadedConfig["limits"],
): ReturnType<typeof renderApp> {
  return inSpan(context.span, { kind: "chart", name: `render the chart of ${app.name}` }, () =>
    renderApp(context, helm, app, chart, limits),
  );
}

/** Returns the expressions that the check range-windows will inspect. */
function listRangeQueries(rendered: readonly RenderedApp[]): string[] {
  return listRenderedGroups(rendered)
    .filter(({ name }) => name !== ruleGroup.name)
    .flatMap(({ rules }) => rules.map(({ expr }) => String(expr)))
    .filter((expr) => expr.includes("["));
}

/** Returns the texts in a chart's Secrets whose names mark them as credentials. Other texts are whole files. */
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
 * Refuses, with restricted trust, charts and values that openly access this machine. This is not a security boundary:
 * a chart can render something else when it is installed (docs/trust.md).
 * @throws UserError that names each object and field
 */
export function refuseHostAccess(
  { limits }: Pick<LoadedConfig, "limits">,
  rendered: readonly RenderedApp[],
): void {
  if (!limits.isRestricted) return;
  throwIfAny(
    rendered.flatMap((app) => [
      ...(app.unclear === undefined
        ? []
        : [
            { where: `app ${app.app.name}`, path: "", problem: `${app.unclear}, which ${restrictionReason}` },
          ]),
      ...findHostAccess(app).map(({ object: { kind, metadata }, path, what }) => ({
        where: `app ${app.app.name}, ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join("/")}`,
        path: formatPath(path),
        problem: `${what}, which ${restrictionReason}`,
      })),
    ]),
  );
}

/** Limit of files in a chart's folder, more than any chart has. */
const maximumFiles = 20_000;

/**
 * Checks, with restricted trust, a chart's folder for links out of the workspace: helm follows links, and a template
 * can print any file of the folder.
 * @throws UserError that names such a link
 */
export async function refuseChartLinks(
  { files }: Pick<Host, "files">,
  folder: string,
  { limits, cwd }: Pick<LoadedConfig, "limits" | "cwd">,
): Promise<void> {
  if (!limits.isRestricted) return;
  const pathsLeft = [folder];
  for (let visitedCount = 0, path = pathsLeft.pop(); path !== undefined; path = pathsLeft.pop()) {
    visitedCount += 1;
    if (visitedCount > maximumFiles)
      throw new UserError(`the chart ${showPath(cwd, folder)} has more than ${maximumFiles} files`);
    const refusal = limits.refusesPath(path);
    if (refusal !== undefined)
      throw new UserError(
        `the chart ${showPath(cwd, folder)}: ${showPath(cwd, path)} can't be read: ${refusal}`,
      );
    const stat = await files.stat(path);
    // A link can lead to a folder.
    if (stat !== undefined && stat.kind !== "file") pathsLeft.push(...(await listPaths(path)));
  }

  async function listPaths(path: string): Promise<string[]> {
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
