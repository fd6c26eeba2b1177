import { join } from "node:path";
import { ruleGroup } from "../../alerting/own-alerts.ts";
import { renderApp } from "../../deploy/render.ts";
import { UserError } from "../../lib/errors.ts";
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
import { throwIfAny } from "../../yaml/mistakes.ts";
import { objectsOnDisk, placesIn } from "../check-on-disk.ts";
import { monitorMistakes } from "../judge-monitors.ts";
import { objectMeans } from "../judge-objects.ts";
import { newerThanDeployed } from "../judge-rules.ts";
import type { Session } from "../session/session.ts";
import { refuseChartLinks } from "./chart-links.ts";
import { definitionsAmong } from "./definitions.ts";
import { noticesAfterRender } from "./judge-alertmanager.ts";
import { contentMistakes } from "./judge-values.ts";
import { refuseHostAccess } from "./refuse-host-access.ts";
import { placeOfChart, refusalOf, refuseCharts } from "./refused.ts";
import { schemaMistakes } from "./schema-mistakes.ts";
import { findUnknownValues } from "./unknown-values.ts";
import { refuseLongNames } from "./value-mistakes.ts";

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
        // A mirror that lacks what monstack chose itself is no mistake of the configuration.
        const refusal = placeOfChart(loaded, app.name) && refusalOf(loaded, app.name, error);
        if (refusal) refuseCharts([refusal]);
        throw error;
      });
      const [one, unknownValues] = await Promise.all([
        renderApp(context, await tools.helm, app, chart, loaded.limits).catch(async (error: unknown) => {
          // helm names the value, and not where the user wrote it.
          if (error instanceof UserError)
            throwIfAny(await schemaMistakes(loaded, app, await readChartSource(context, chart)));
          throw error;
        }),
        findUnknownValues(session, app, chart),
      ]);
      return { ...one, unknownValues };
    }),
  );
  // A chart can make up a password of its own.
  for (const secret of rendered.flatMap(secretsOf)) context.log.mask(secret);
  refuseHostAccess(loaded, rendered);
  refuseLongNames(loaded, rendered);
  // An existing cluster may have an operator of its own.
  if (loaded.config.cluster.kind === "k3s")
    refuseUnread(rendered, [...readMonitors(loaded), ...placesIn(await objectsOnDisk(session, plan))], {
      appDir: showAppDir(loaded),
    });
  const means = objectMeans(session, async () =>
    definitionsAmong(rendered.flatMap(({ objects }) => objects)),
  );
  // Rules and Alertmanager's configuration are judged as they are rendered.
  refuseAs("prometheus-config-invalid", await contentMistakes(means, loaded, plan, { kinds: ["scrape"] }));
  throwIfAny([
    ...(await contentMistakes(means, loaded, plan, { kinds: ["object", "part"] })),
    ...(await monitorMistakes(means, session, plan)),
  ]);
  await checkRendered(session.judge, loaded, rendered);
  for (const { text, at } of await noticesAfterRender(session.judge, loaded, rendered))
    context.log.warn(text, { title: "monstack: plan", ...at });
  await session.expressions.prepare(rangeQueries(rendered));
  for (const { text, at } of await newerThanDeployed(session, plan, findDeployedPrometheus(rendered).version))
    context.log.warn(text, { title: "monstack: rules", ...at });
  await runRuleTests(context, loaded.config, rendered, loaded.limits);
  return rendered;
}

/** The expressions that the check range-windows will look at. */
function rangeQueries(rendered: readonly RenderedApp[]): string[] {
  return listRenderedGroups(rendered)
    .filter(({ name }) => name !== ruleGroup.name)
    .flatMap(({ rules }) => rules.map(({ expr }) => String(expr)))
    .filter((expr) => expr.includes("["));
}

/** What a chart puts into Secrets, as far as its name says that it is a credential: others hold whole files. */
function secretsOf({ objects }: RenderedApp): string[] {
  return objects
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ data, stringData }) => [
      ...collectCredentials(stringData, () => undefined),
      ...collectCredentials(data, () => undefined).map((text) =>
        Buffer.from(text, "base64").toString("utf8"),
      ),
    ]);
}
