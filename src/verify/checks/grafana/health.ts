import { formatCount } from "../../../lib/text.ts";
import { type Check, type Fault, pass, type Verdict } from "../../../stack/check.ts";
import type { Datasource, GrafanaClient } from "../../../stack/grafana.ts";
import { abridgeBody } from "../../../stack/http.ts";
import { formatTime } from "../../runner/freshness.ts";
import { type StackWith, withGrafana } from "../required-services.ts";

export const grafanaHealthy: Check = {
  id: "grafana-healthy",
  title: "Grafana is healthy and lets us in",
  severity: "error",
  meaning: "Grafana can't reach its database, or its password is not the one that was configured.",
  fix: "read the log of the grafana pod; for a wrong password run `grafana cli admin reset-admin-password` in it",
  run: withGrafana(checkGrafanaHealthy),
};

/** Fails if Grafana's database is not available. Throws if Grafana refuses the login. */
async function checkGrafanaHealthy(
  client: GrafanaClient,
  { grafana }: StackWith<"grafana">,
): Promise<Verdict> {
  const { status, database, version } = await client.health();
  if (status !== 200 || database !== "ok") {
    return {
      status: "fail",
      expected: `${grafana.url}/api/health answers HTTP 200, database ok`,
      seen: `HTTP ${status}, database ${database}`,
      cause:
        "Grafana's database can't be opened: its volume is full or read-only, or an external one is down",
      // The pod is Ready because of this response. A failure now is therefore not a slow start.
      fault: { id: "grafana-database", graceMs: 8_000 },
    };
  }
  const org = await client.org();
  return pass(
    `Grafana ${version ?? "of unknown version"}, database ok, user ${grafana.user} is in "${org.name}"`,
  );
}

export const grafanaQuery: Check = {
  id: "grafana-query",
  title: "A query through Grafana brings data",
  severity: "error",
  meaning: "Grafana is up, but no dashboard can show anything.",
  fix: "open Connections > Data sources in Grafana and press Save & test; compare the URL with the Prometheus service",
  run: withGrafana(checkGrafanaQuery),
};

/**
 * Fails unless a query through Grafana's default data source gives targets that are up. It queries as a panel does: the
 * health endpoint of a data source is not a substitute, for version 9.4 responds with 404.
 */
async function checkGrafanaQuery(
  client: GrafanaClient,
  { deployedAt }: StackWith<"grafana">,
): Promise<Verdict> {
  const datasource = (await client.datasources()).find(
    ({ isDefault, type }) => isDefault && type === "prometheus",
  );
  const expected =
    "`up` has values that were scraped since the deployment began, asked through /api/ds/query";
  if (datasource === undefined) {
    return {
      status: "fail",
      expected,
      seen: "no default datasource of type prometheus",
      cause: "see grafana-datasource",
      fault: { id: "datasource-missing", graceMs: 12_000 },
    };
  }
  const [up, scrapeTimes] = await client.query(datasource.uid, ["up", "timestamp(up)"]);
  const error = up?.error ?? scrapeTimes?.error;
  const sourceText = `through datasource ${datasource.name} (${datasource.url})`;
  if (error !== undefined || !up?.values.length || !scrapeTimes?.values.length) {
    const seen = error === undefined ? `no values ${sourceText}` : `${error}, ${sourceText}`;
    return { status: "fail", expected, seen, ...(await explainEmptyResult(client, datasource, error)) };
  }
  const deployedSeconds = Date.parse(deployedAt) / 1000;
  const newestSeconds = Math.max(...scrapeTimes.values);
  if (newestSeconds < deployedSeconds) {
    const seen = `${formatCount(up.values.length, "series")} ${sourceText}, the newest of ${formatTime(newestSeconds)}`;
    return {
      status: "fail",
      expected,
      seen,
      cause: `nothing was scraped since the deployment began (${formatTime(deployedSeconds)})`,
    };
  }
  const targets = up.values.filter((value) => value === 1).length;
  if (targets > 0)
    return pass(`${formatCount(up.values.length, "series")} ${sourceText}, ${targets} of them up`);
  return {
    status: "fail",
    expected,
    seen: `${formatCount(up.values.length, "series")} ${sourceText}, none of them up`,
    cause: "see targets-up",
  };
}

/**
 * Returns why a query through Grafana gave no values, from the response of Grafana's proxy: version 9.4 hides errors of
 * the data source behind an empty response or a bare 500, but its proxy passes them on. Grafana 12 answered its first
 * query only 7 s after its pod was Ready.
 */
async function explainEmptyResult(
  client: GrafanaClient,
  { uid, url }: Datasource,
  error: string | undefined,
): Promise<{ cause: string; fault?: Fault }> {
  const { status, body } = await client.proxyQuery(uid, "up");
  const response = `HTTP ${status} from its proxy (${abridgeBody(body)})`;
  if (status === 200 && error === undefined)
    return { cause: "Prometheus answers, but has scraped nothing yet" };
  if (status === 200) {
    const cause = "Prometheus answers through Grafana's proxy: it is Grafana's own query that fails";
    return { cause, fault: { id: "grafana-query-fails", graceMs: 15_000 } };
  }
  if (status === 502 || status === 504) {
    const cause = `Grafana can't reach ${url}: ${response}`;
    return { cause, fault: { id: "datasource-unreachable", graceMs: 10_000 } };
  }
  if (status === 404 || status === 405) {
    const cause = `the server at ${url} is not Prometheus: ${response}`;
    return { cause, fault: { id: "datasource-wrong-url", graceMs: 8_000 } };
  }
  const cause = `Grafana's proxy to ${url} answers HTTP ${status}: ${abridgeBody(body)}`;
  if (status === 401 || status === 403 || isRefusedBySource(body))
    return { cause, fault: { id: "datasource-unauthorized", graceMs: 8_000 } };
  return { cause, fault: { id: "datasource-error", graceMs: 15_000 } };
}

/** True if the data source refused Grafana's login. Grafana 10 and later turn its 401 into a 400 (pkg/api/pluginproxy/ds_proxy.go). */
function isRefusedBySource(body: string): boolean {
  return body.includes("Authentication to data source failed");
}
