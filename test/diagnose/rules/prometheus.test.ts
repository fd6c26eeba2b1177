import { describe, expect, it } from "vitest";
import { findCauses } from "../../../src/diagnose/rule.ts";
import { diskFull } from "../../../src/diagnose/rules/host.ts";
import {
  prometheusConfigInvalid,
  prometheusFlag,
  prometheusStorageCorrupt,
  prometheusStorageDenied,
  prometheusStorageLocked,
  rulesInvalid,
  samplesRejected,
} from "../../../src/diagnose/rules/prometheus-logs.ts";
import { scrapeTimeoutTooLong } from "../../../src/diagnose/rules/prometheus-settings.ts";
import { evidence, failing, inCluster, logOf, one, pod, recorded, saying } from "./evidence.ts";

const says = (name: string) => saying("prometheus", recorded("prometheus-3.5", name));
const saidOnce = (name: string) => saying("prometheus", recorded("older-words", `prometheus ${name}`));

describe("prometheus-config-invalid", () => {
  it.each([
    ["unknown key", /a key scrape_intervall that does not exist/, "scrape_intervall"],
    ["no YAML", /line 3 is not valid YAML: mapping values are not allowed/, undefined],
    ["job twice", /two scrape jobs are called "app"/, "app"],
    ["no duration", /not a valid duration string: "soon"/, "soon"],
  ])("names what is wrong: %s", (name, what, blamed) => {
    const found = one(prometheusConfigInvalid, says(name));
    expect(found.what).toMatch(what);
    expect(found.sureness).toBe("certain");
    expect(found.how[0]).toMatch(
      /^the log of container prometheus-server of pod monitoring\/prometheus-server-1 reports: Error loading config/,
    );
    if (blamed !== undefined)
      expect([...(found.blame?.keys ?? []), ...(found.blame?.values ?? [])]).toContain(blamed);
  });

  it("knows the words of Prometheus 2.45", () => {
    expect(one(prometheusConfigInvalid, saidOnce("2.45, unknown key")).what).toContain("scrape_intervall");
  });

  it("knows a reload that was refused", () => {
    const found = one(prometheusConfigInvalid, says("reload refused"));
    expect(found.what).toMatch(/goes on with the one before: it has a key scrape_intervall/);
  });

  it("is silent when a later load went well", () => {
    const healed = recorded("prometheus-3.5", "reload refused") + recorded("prometheus-3.5", "well");
    expect(findCauses(prometheusConfigInvalid, saying("prometheus", healed))).toEqual([]);
    expect(findCauses(rulesInvalid, saying("prometheus", healed))).toEqual([]);
  });

  it("is silent about the run before of a container that is well", () => {
    const before = logOf("prometheus", recorded("prometheus-3.5", "unknown key"), { previous: true });
    const at = (ready: boolean) =>
      findCauses(
        prometheusConfigInvalid,
        inCluster({ logs: [before], pods: [pod("monitoring", "prometheus-server-1", ready)] }),
      );
    expect(at(true)).toEqual([]);
    expect(at(false)).toHaveLength(1);
  });

  it("takes a crash's last words where there is no log", () => {
    const message = `exit code 2, restarted 2 times; last log line: ${recorded("prometheus-3.5", "no duration").trim()}`;
    const workload = {
      workload: "Deployment monitoring/prometheus-server",
      pod: "prometheus-server-1",
      container: "prometheus-server",
      reason: "CrashLoopBackOff",
      message,
      fix: "",
    };
    const found = one(
      prometheusConfigInvalid,
      evidence({ failure: { message: "not ready", workloads: [workload] } }),
    );
    expect(found.how[0]).toMatch(/^Deployment monitoring\/prometheus-server reports: Error loading config/);
  });

  it("doesn't take the last words of Alertmanager for Prometheus'", () => {
    const workload = {
      workload: "StatefulSet monitoring/prometheus-alertmanager",
      pod: "prometheus-alertmanager-0",
      container: "alertmanager",
      reason: "CrashLoopBackOff",
      message: `last log line: ${recorded("prometheus-3.5", "no duration").trim()}`,
      fix: "",
    };
    const from = evidence({ failure: { message: "not ready", workloads: [workload] } });
    expect(findCauses(prometheusConfigInvalid, from)).toEqual([]);
  });

  it("says what the metric says when no log does", () => {
    const checks = [
      failing("prometheus-config-loaded", { fault: "prometheus-config-invalid" }),
      failing("grafana-healthy"),
    ];
    expect(one(prometheusConfigInvalid, evidence({ checks }))).toMatchObject({
      sureness: "likely",
      explains: ["prometheus-config-loaded"],
    });
  });

  it("explains what needs Prometheus, and nothing else", () => {
    const checks = [failing("prometheus-ready"), failing("grafana-query"), failing("grafana-healthy")];
    const found = one(prometheusConfigInvalid, { ...says("unknown key"), checks });
    expect(found.explains).toEqual(["prometheus-ready", "grafana-query"]);
  });
});

describe("rules-invalid", () => {
  it.each([
    ["3.5", says("rule is no PromQL")],
    ["3.5, reloaded", says("reload refused")],
    ["2.45", saidOnce("2.45, rule is no PromQL")],
  ])("names group, rule and PromQL's message: %s", (_, from) => {
    const found = one(rulesInvalid, from);
    expect(found.what).toBe(
      'Prometheus refuses the rule "HighCpu" of group "node": could not parse expression: 1:38: parse error: unexpected <by> in aggregation',
    );
    expect(found.blame?.values).toEqual(["HighCpu", "node"]);
  });

  it("names file and duration where no rule is named", () => {
    const found = one(rulesInvalid, says("rule with a bad duration"));
    expect(found.what).toMatch(
      /rules in \/etc\/config\/rules2\.yml: unknown unit " minutes" in duration "5 minutes"/,
    );
    expect(found.blame?.values).toEqual(["5 minutes"]);
  });

  it("names a bad template's annotation", () => {
    expect(one(rulesInvalid, says("rule with a bad template")).what).toMatch(
      /"HighCpu" .*annotation "summary"/,
    );
  });

  it("leaves the configuration's own errors alone, and the other way round", () => {
    expect(findCauses(rulesInvalid, says("unknown key"))).toEqual([]);
    expect(findCauses(prometheusConfigInvalid, says("rule is no PromQL"))).toEqual([]);
    expect(findCauses(prometheusConfigInvalid, saidOnce("2.45, rule is no PromQL"))).toEqual([]);
  });
});

describe("scrape-timeout-too-long", () => {
  it("has its own words", () => {
    const found = one(scrapeTimeoutTooLong, says("timeout over interval"));
    expect(found.what).toContain('job "app" has a scrape_timeout longer than its scrape_interval');
    expect(findCauses(prometheusConfigInvalid, says("timeout over interval"))).toEqual([]);
  });
});

describe("prometheus-flag", () => {
  it.each([
    ["3.5", says("unknown flag, misspelt"), "--storage.tsdb.retention.tyme"],
    ["2.45", saidOnce("2.45, unknown flag"), "--web.enable-lifecycel"],
  ])("names the flag: %s", (_, from, flag) => {
    expect(one(prometheusFlag, from).what).toBe(
      `Prometheus does not know the flag ${flag} that it is started with`,
    );
  });

  it("knows the flag that version 3 removed", () => {
    expect(one(prometheusFlag, says("unknown flag")).fix).toContain("storage.tsdb.retention.time");
  });
});

describe("Prometheus' storage", () => {
  it("knows a lock that another one has", () => {
    for (const from of [says("locked"), saidOnce("2.45, locked")]) {
      expect(one(prometheusStorageLocked, from).what).toContain(
        "another Prometheus is running on the same volume",
      );
    }
    expect(one(prometheusStorageLocked, saidOnce("2.20, NFS")).what).toContain("NFS");
  });

  it("knows a folder that it may not write to", () => {
    expect(one(prometheusStorageDenied, says("denied")).how[0]).toContain(
      "/data/queries.active: permission denied",
    );
  });

  it("knows damaged data, and that it goes on without", () => {
    expect(one(prometheusStorageCorrupt, says("wal damaged"))).toMatchObject({ sureness: "possible" });
    expect(one(prometheusStorageCorrupt, says("block damaged")).fix).toContain("/data/01GZZZ");
  });

  it("knows damaged data that it can't start with", () => {
    const line =
      'time=2026-11-23T20:00:42.173Z level=ERROR source=main.go:1373 msg="Fatal error" err="opening storage failed: invalid magic number 0"';
    const from = saying("prometheus", line, {
      checks: [failing("prometheus-ready"), failing("grafana-healthy")],
    });
    expect(one(prometheusStorageCorrupt, from)).toMatchObject({
      sureness: "certain",
      explains: ["prometheus-ready"],
    });
  });

  it("knows samples that are dropped, one kind at a time", () => {
    const found = findCauses(samplesRejected, says("samples"));
    expect(found.map(({ what }) => what)).toEqual([
      expect.stringMatching(/10\.42\.0\.20:19101\/back \(job p-back\): they are older/),
      expect.stringMatching(/\/dup \(job p-dup\): two values/),
      expect.stringMatching(/\/old \(job p-old\): their timestamps/),
    ]);
  });
});

describe("disk-full", () => {
  const disk = (freeBytes: number) => ({
    k3sLog: undefined,
    disk: { path: "/var/lib/rancher", freeBytes, sizeBytes: 100e9 },
  });

  it("tells a volume that is full from a disk that is", () => {
    const volume = one(diskFull, { ...says("disk full"), host: disk(50e9) });
    expect(volume.what).toContain("can't write any more, to the volume that it writes to");
    const machine = one(diskFull, { ...says("disk full"), host: disk(1e6) });
    expect(machine.what).toContain("this machine's disk under /var/lib/rancher");
    expect(machine.how.at(-1)).toContain("977 KiB of 93 GiB free");
  });

  it("knows a Prometheus that can't even write its lock", () => {
    expect(one(diskFull, saidOnce("2.45, no room for the lock")).sureness).toBe("certain");
  });

  it("is likely when only the disk is nearly full, and silent when it is not", () => {
    expect(one(diskFull, evidence({ host: disk(2e9) }))).toMatchObject({ sureness: "likely" });
    expect(findCauses(diskFull, evidence({ host: disk(20e9) }))).toEqual([]);
  });
});
