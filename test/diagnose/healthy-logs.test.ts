import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import type { CheckResult } from "../../src/stack/check.ts";
import { allChecks } from "../../src/verify/catalogue.ts";
import { failing, inCluster, logOf, pod } from "./rules/evidence.ts";

const { logs } = JSON.parse(
  readFileSync(new URL("recorded/healthy-stack.json", import.meta.url), "utf8"),
) as { logs: Readonly<Record<string, string>> };

/** The last lines come before the checks begin, but for what concerns monstack's own receiver and what was overcome. */
const startedAt = "2026-11-23T20:00:30.000Z";
const capture = { host: "10.42.0.1", httpPort: 9095, smtpPort: 9096 };

function healthy(more: Partial<Evidence>, later: Readonly<Record<string, string>> = {}): Evidence {
  const all = Object.entries(logs).map(([app, start]) => {
    const text = `${start}${later[app] ?? ""}`;
    return app === "config-reloader" ? logOf("prometheus", text, { container: app }) : logOf(app, text);
  });
  const pods = all.map(({ namespace, pod: name, container }) =>
    pod(namespace, name, true, {
      metadata: { namespace, name },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [container, "config-reloader"].map((one) => ({
          name: one,
          ready: true,
          restartCount: 0,
          state: { running: {} },
        })),
      },
    }),
  );
  const found = inCluster({ logs: all, pods }, more);
  return { ...found, requested: { ...found.requested, capture } };
}

/** The receivers are the user's. */
function asIs(evidence: Evidence): Evidence {
  return { ...evidence, requested: { ...evidence.requested, capture: undefined } };
}

const red = (id: string): CheckResult => failing(id, { startedAt, expected: "1", seen: "2" });
const ids = allChecks.map(({ id }) => id);

describe("the logs of a stack that is well, without internet", () => {
  it.each([...ids, "own/orders"])("name no cause when %s fails for reasons of its own", (id) => {
    expect(diagnose(healthy({ checks: [red(id)] })).map((cause) => [cause.id, cause.what])).toEqual([
      ["check-failed", expect.stringContaining(id)],
    ]);
  });

  it("name no cause when all checks fail", () => {
    const causes = diagnose(healthy({ checks: ids.map(red) }));
    expect(new Set(causes.map(({ id }) => id))).toEqual(new Set(["check-failed"]));
  });

  it("name no cause when something else could not be deployed", () => {
    const failure = { message: "Deployment shop/orders did not become ready", workloads: [] };
    expect(diagnose(healthy({ failure })).map(({ id }) => id)).toEqual(["run-failed"]);
  });

  it("name no cause when nothing failed", () => {
    expect(diagnose(healthy({}))).toEqual([]);
  });
});

describe("what is logged while the checks fail, by a program that is ready", () => {
  const during = "2026-11-23T20:00:45.000Z";
  const alertmanager = (msg: string, more = "") =>
    `time=${during} level=WARN source=retry_stage.go:165 msg="${msg}" component=dispatcher receiver=ops integration=slack[0] ${more}\n`;
  const refused = alertmanager(
    "Notify attempt failed, will retry later",
    'err="unexpected status code 403: invalid_token"',
  );

  it.each([
    ["notifications-fail", "alert-delivery", { alertmanager: refused }],
    [
      "disk-full",
      "targets-up",
      {
        prometheus: `time=${during} level=ERROR source=scrape.go:1200 msg="Scrape commit failed" err="write /data/wal/00000001: no space left on device"\n`,
      },
    ],
    [
      "grafana-database",
      "grafana-query",
      {
        grafana: `logger=sqlstore t=${during} level=error msg="Failed to update" error="attempt to write a readonly database"\n`,
      },
    ],
    [
      "dashboard-not-loaded",
      "dashboards-whole",
      {
        grafana: `logger=provisioning.dashboard type=file name=default t=${during} level=error msg="failed to load dashboard from " file=/var/lib/grafana/dashboards/default/a.json error=EOF\n`,
      },
    ],
    [
      "rbac-denied",
      "kube-node-info",
      {
        "kube-state-metrics":
          'E1123 20:00:45.100301       1 reflector.go:166] "Unhandled Error" err="failed to list *v1.Node: nodes is forbidden: User \\"system:serviceaccount:monitoring:prometheus-kube-state-metrics\\" cannot list resource \\"nodes\\" in API group \\"\\" at the cluster scope"\n',
      },
    ],
  ])("is a cause: %s", (cause, check, later) => {
    const of = cause === "notifications-fail" ? asIs : (one: Evidence) => one;
    const found = diagnose(of(healthy({ checks: [red(check)] }, later)));
    expect(found.map(({ id }) => id)).toContain(cause);
    // The same complaint has nothing to do with a check of something else.
    const other = diagnose(of(healthy({ checks: [red("retention-unrelated")] }, later)));
    if (cause !== "disk-full") expect(other.map(({ id }) => id)).toEqual(["check-failed"]);
  });

  it("is no cause once it was overcome", () => {
    const failed = alertmanager("Notify attempt failed", 'err="template: :1: nope"');
    const later = { alertmanager: failed + alertmanager("Notify success", "attempts=2") };
    const found = diagnose(healthy({ checks: [red("alert-delivery")] }, later));
    expect(found.map(({ id }) => id)).toEqual(["check-failed"]);
  });

  it.each([
    `err="Post \\"<redacted>\\": context deadline exceeded"`,
    `err="ops/webhook[0]: notify retry canceled after 2 attempts: unexpected status code 404"`,
    `err="Post \\"<redacted>\\": dial tcp 10.42.0.1:9095: connect: connection refused"`,
    `err="Post \\"<redacted>\\": EOF"`,
  ])("is no cause where monstack's own receiver is the other end of all: %s", (error) => {
    const later = { alertmanager: alertmanager("Notify attempt failed, will retry later", error) };
    const found = diagnose(healthy({ checks: [red("alert-delivery"), red("rule-delivery")] }, later));
    expect(found.map(({ id }) => id)).toEqual(["check-failed", "check-failed"]);
  });

  it("is a cause when Alertmanager can't make the notification, whoever receives it", () => {
    const error = 'err="ops/slack[0]: notify retry canceled: template: :1: function \\"nope\\" not defined"';
    const later = { alertmanager: alertmanager("Notify for alerts failed", error) };
    const found = diagnose(healthy({ checks: [red("alert-delivery")] }, later));
    expect(found[0]?.id).toBe("notifications-fail");
  });

  it("is a cause for a plugin that a failed check names, however early the line", () => {
    const check = failing("own/plugins", { startedAt, seen: "grafana-exploretraces-app is not installed" });
    expect(diagnose(healthy({ checks: [check] }))[0]).toMatchObject({
      id: "grafana-plugin-download",
      what: "Grafana can't download the plugin grafana-exploretraces-app",
      explains: ["own/plugins"],
    });
  });
});
