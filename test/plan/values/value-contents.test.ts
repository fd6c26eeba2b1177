import { expect, test } from "vitest";
import { findContents } from "../../../src/plan/values/value-contents.ts";

test.each([
  [{}, ["alertmanager.config"]],
  [
    { stringConfig: "", alertmanagerSpec: { useExistingSecret: false, alertmanagerConfiguration: {} } },
    ["alertmanager.config"],
  ],
  [{ alertmanagerSpec: { alertmanagerConfiguration: { name: "x" } } }, []],
  [{ alertmanagerSpec: { useExistingSecret: true } }, []],
  [{ stringConfig: "route: {}" }, []],
])(
  "kube-prometheus-stack's configuration of Alertmanager is judged, unless another takes its place: %j",
  (more, expected) => {
    const alertmanager = { config: { route: { receiver: "nope" } }, ...more };
    const found = findContents("kube-prometheus-stack", { alertmanager });
    expect(found.map(({ path }) => path.join("."))).toEqual(expected);
  },
);
