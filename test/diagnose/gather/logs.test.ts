import { describe, expect, test } from "vitest";
import { cutToEnd } from "../../../src/diagnose/gather/logs.ts";
import { container, podNames } from "../../verify/healthy-world.ts";
import { evidenceIn, logsOf, podWith } from "./world.ts";

describe("logs", () => {
  const logKeys = (logs: readonly { pod: string; container: string; previous: boolean }[] = []) =>
    logs.map((log) => `${log.pod}/${log.container}${log.previous ? "/previous" : ""}`);

  test("of a healthy stack those of the programs it hinges on, and no others", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const dns = podWith(
        "coredns-1",
        { "k8s-app": "kube-dns" },
        { name: "coredns", state: { running: {} } },
      );
      kube.pods.push({ ...dns, metadata: { ...dns.metadata, namespace: "kube-system" } });
      kube.logs = { ...kube.logs, "kube-system/coredns-1/coredns": "[ERROR] plugin/errors" };
    });
    const logs = evidence.cluster?.logs;
    expect(logKeys(logs)).toEqual([
      `${podNames.prometheus}/main`,
      `${podNames.alertmanager}/main`,
      `${podNames.stateMetrics}/main`,
      `${podNames.grafana}/main`,
      "coredns-1/coredns",
    ]);
    expect(logs?.at(-1)).toMatchObject({
      app: "kube-dns",
      namespace: "kube-system",
      text: "[ERROR] plugin/errors",
    });
  });

  test("of what has crashed, the run before too; of what never ran, none", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const waiting = { waiting: { reason: "CrashLoopBackOff" } };
      const ended = { terminated: { exitCode: 2 } };
      const bad = podWith("app-1", { "app.kubernetes.io/name": "app" }, { name: "c" });
      kube.pods = [
        podWith("app-1", bad.metadata["labels"] as Record<string, string>, {
          name: "c",
          ready: false,
          restartCount: 3,
          state: waiting,
          lastState: ended,
        }),
        podWith("new-1", {}, { name: "c", ready: false, state: { waiting: { reason: "ImagePullBackOff" } } }),
        {
          ...podWith("job-1", {}, { name: "c", ready: false, state: ended }),
          status: { phase: "Succeeded" },
        },
      ];
      kube.logs = {
        "monitoring/app-1/c": "flag provided but not defined\n",
        "monitoring/app-1/c/previous": "starting\npanic: no\n",
      };
    });
    expect(evidence.unread).toEqual([]);
    expect(evidence.cluster?.logs).toEqual([
      {
        namespace: "monitoring",
        pod: "app-1",
        app: "app",
        container: "c",
        previous: false,
        text: "flag provided but not defined",
      },
      {
        namespace: "monitoring",
        pod: "app-1",
        app: "app",
        container: "c",
        previous: true,
        text: "starting\npanic: no",
      },
    ]);
  });

  test("of what has come back after a restart both runs count", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.pods = [podWith("app-1", {}, { name: "c", restartCount: 1, state: { running: {} } })];
      kube.logs = { "monitoring/app-1/c": "up", "monitoring/app-1/c/previous": "out of memory" };
    });
    expect(logKeys(evidence.cluster?.logs)).toEqual(["app-1/c", "app-1/c/previous"]);
  });

  test("an init container that fails is read, one that is done is not", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const init = (name: string, ready: boolean) =>
        container({ name, ready, state: { terminated: { exitCode: ready ? 0 : 1 } } });
      const one = podWith("app-1", {}, { name: "c", ready: false, state: { waiting: {} } });
      const status = {
        ...(one["status"] as object),
        initContainerStatuses: [init("done", true), init("bad", false)],
      };
      kube.pods = [{ ...one, status }];
      kube.logs = { "monitoring/app-1/bad": "download failed", "monitoring/app-1/done": "fine" };
    });
    expect(logKeys(evidence.cluster?.logs)).toEqual(["app-1/bad"]);
  });

  test("a log that can't be read is named; what the kubelet says instead of a log is none", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.logs = {
        ...kube.logs,
        [`monitoring/${podNames.grafana}/main`]: "unable to retrieve container logs for containerd://abc",
      };
      delete kube.logs[`monitoring/${podNames.prometheus}/main`];
    });
    expect(evidence.cluster?.logs).toHaveLength(2);
    expect(evidence.unread.map(({ what }) => what).sort()).toEqual([
      `log of monitoring/${podNames.grafana}, container main`,
      `log of monitoring/${podNames.prometheus}, container main`,
    ]);
  });

  test("long ones are cut at their beginning, and of many the sick ones are kept", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      const many = Array.from({ length: 45 }, (_, at) =>
        podWith(`sick-${at}`, {}, { ready: false, state: { running: {} } }),
      );
      kube.pods.push(...many);
      kube.logs = {
        ...logsOf(kube.pods),
        "monitoring/sick-0/main": [...Array(300).fill("long line ".repeat(200)), "the end"].join("\n"),
      };
    });
    const logs = evidence.cluster?.logs ?? [];
    expect(logs).toHaveLength(40);
    expect(logs.every((log) => log.pod.startsWith("sick-"))).toBe(true);
    expect(evidence.unread).toEqual([{ what: "9 more logs", why: "only the first 40 were read" }]);
    expect(Buffer.byteLength(logs[0]?.text ?? "")).toBeLessThanOrEqual(64 * 1024);
    expect(logs[0]?.text).toMatch(/^long line .*the end$/s);
  });

  test("the end of a text: whole lines, counted in bytes", () => {
    expect(cutToEnd("a\nb\nc\n", 2, 100)).toBe("b\nc");
    expect(cutToEnd("äää\nöö\nc", 9, 7)).toBe("öö\nc");
    expect(cutToEnd("abcdef", 9, 3)).toBe("def");
  });
});
