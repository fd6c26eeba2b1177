import { describe, expect, it } from "vitest";
import { findCauses } from "../../../src/diagnose/rule.ts";
import {
  alertFiring,
  alertmanagerConfigInvalid,
  alertmanagerNotWired,
  alertsNotDelivered,
  notificationsFail,
} from "../../../src/diagnose/rules/alerting.ts";
import { evidence, failing, one, recorded, saying } from "./evidence.ts";

const says = (name: string) => saying("alertmanager", recorded("alertmanager-0.33", name));

describe("alertmanager-config-invalid", () => {
  it.each([
    ["undefined receiver", /a route names the receiver "slack", which is not defined/, "slack"],
    ["empty URL", /a URL in it is invalid/, "api_url"],
    ["URL without scheme", /a URL in it is invalid/, "url"],
    ["no api_url", /a Slack receiver has no api_url/, "slack_configs"],
    ["no smarthost", /an email receiver has no smarthost/, "email_configs"],
    ["no from", /an email receiver has no from/, "email_configs"],
    ["no route", /no route with a receiver/, "route"],
    ["unknown key", /a key slack_config that does not exist/, "slack_config"],
    ["bad matcher", /"severity critical" is not a matcher/, "severity critical"],
    ["template", /template can't be read: template: bad\.tmpl:2: unclosed action/, "templates"],
  ])("names what is wrong: %s", (name, what, blamed) => {
    const found = one(alertmanagerConfigInvalid, says(name));
    expect(found.what).toMatch(what);
    expect([...(found.blame?.keys ?? []), ...(found.blame?.values ?? [])]).toContain(blamed);
  });

  it("is silent when a later load went well", () => {
    const loaded =
      'time=2026-11-23T20:05:00Z level=INFO source=coordinator.go:124 msg="Completed loading of configuration file" component=configuration file=/etc/alertmanager/alertmanager.yml\n';
    const refused = recorded("alertmanager-0.33", "template");
    expect(findCauses(alertmanagerConfigInvalid, saying("alertmanager", refused + loaded))).toEqual([]);
    expect(findCauses(alertmanagerConfigInvalid, saying("alertmanager", loaded + refused))).toHaveLength(1);
  });

  it("knows the words of Alertmanager 0.25", () => {
    const from = saying("alertmanager", recorded("older-words", "alertmanager 0.25, empty URL"), {
      checks: [failing("alertmanager-wired"), failing("targets-up")],
    });
    expect(one(alertmanagerConfigInvalid, from)).toMatchObject({
      what: expect.stringContaining("a URL in it is invalid"),
      explains: ["alertmanager-wired"],
    });
  });
});

describe("notifications-fail", () => {
  it("names each receiver once, with the reason of the other end", () => {
    const found = findCauses(notificationsFail, says("notifications"));
    const why = Object.fromEntries(
      found
        .map(({ what }) => /receiver (\S+) \((.*)\): (.*)$/.exec(what))
        .map((match) => [match?.[1], match?.[3]]),
    );
    expect(why).toEqual({
      slack404: "the address, webhook or channel does not exist",
      w404: "the address, webhook or channel does not exist",
      w401: "the other end refuses the credentials",
      slack403: "the other end refuses the credentials",
      w500: "the other end fails",
      wrefused: "the other end can't be reached",
      wtls: "TLS with the other end fails",
      wx509: "TLS with the other end fails",
      mail: "the mail server refuses user and password",
      mailtls: "the mail server speaks no TLS there, and the receiver requires it",
      mailrefused: "the other end can't be reached",
    });
    expect(found.every(({ sureness }) => sureness === "possible")).toBe(true);
  });

  it("takes a first attempt that failed as seriously", () => {
    const receivers = findCauses(notificationsFail, says("first attempts")).flatMap(
      ({ blame }) => blame?.values ?? [],
    );
    expect(receivers.sort()).toEqual(["mail", "mailrefused", "mailtls", "w500", "wrefused", "wtls", "wx509"]);
  });

  it("is certain when delivery was tried and failed", () => {
    const from = saying("alertmanager", recorded("older-words", "alertmanager 0.25, Slack"), {
      checks: [failing("alert-delivery")],
    });
    expect(one(notificationsFail, from)).toMatchObject({
      what: "Alertmanager can't deliver to receiver ops (slack[0]): the other end refuses the credentials",
      sureness: "certain",
      explains: ["alert-delivery"],
    });
  });
});

describe("Prometheus and Alertmanager", () => {
  it.each([
    ["finds none", {}],
    [
      "its configuration names none",
      { cause: "prometheus.yml names no Alertmanager (alerting.alertmanagers), though m/a is deployed" },
    ],
    [
      "a path that Alertmanager does not serve",
      { expected: "Alertmanager serves the path that Prometheus posts alerts to" },
    ],
  ])("aren't wired: %s", (what, words) => {
    const check = failing("alertmanager-wired", { fault: "alertmanager-not-wired", ...words });
    const found = one(alertmanagerNotWired, evidence({ checks: [check] }));
    expect(found.what).toContain(what);
    expect(found.explains).toEqual(["alertmanager-wired"]);
  });

  it("are wired, and alerts get lost all the same", () => {
    const checks = [failing("alertmanager-wired", { fault: "alerts-not-delivered" })];
    const line =
      'time=2026-11-23T20:00:00Z level=ERROR source=sendloop.go:1 msg="Error sending alerts" component=notifier alertmanager=http://10.42.0.9:9093/api/v2/alerts count=1 err="bad response status 404 Not Found"';
    expect(one(alertsNotDelivered, saying("prometheus", line, { checks }))).toMatchObject({
      sureness: "certain",
      how: [
        expect.stringContaining("bad response status 404"),
        expect.stringContaining("alertmanager-wired"),
      ],
    });
    expect(one(alertsNotDelivered, evidence({ checks })).sureness).toBe("likely");
    expect(findCauses(alertsNotDelivered, saying("prometheus", line))).toEqual([]);
  });
});

describe("alert-firing", () => {
  it("says which, and looks for its name in the values", () => {
    const seen = 'DiskOnFire{severity="Critical"} is firing, value 1: It burns, Other is firing, value 2';
    const found = one(
      alertFiring,
      evidence({ checks: [failing("alerts-quiet", { seen, fault: "alert-firing" })] }),
    );
    expect(found.what).toContain("DiskOnFire");
    expect(found.blame?.values).toEqual(["DiskOnFire", "Other"]);
  });

  it("is not about a rule whose value is no number", () => {
    const checks = [failing("alerts-quiet", { fault: "alert-not-finite" }), failing("targets-up")];
    expect(findCauses(alertFiring, evidence({ checks }))).toEqual([]);
  });
});
