import { describe, expect, it } from "vitest";
import {
  judgeNotifications,
  type NotificationEvidence,
  readNotificationCounts,
  readReceivers,
} from "../../src/checklist/notifications.ts";
import { against, inFavour } from "./evidence.ts";

const receivers = [
  { name: "null", integrations: [], isReached: true },
  { name: "ops", integrations: ["slack", "email"], isReached: true },
];

function judged(changes: Partial<NotificationEvidence> = {}) {
  return judgeNotifications({
    receivers,
    captured: undefined,
    counts: [
      { integration: "slack", sent: 4, failed: 0 },
      { integration: "email", sent: 4, failed: 0 },
    ],
    isTested: false,
    ...changes,
  });
}

describe("notifications", () => {
  it("are proven by what Alertmanager counted", () => {
    expect(against(judged())).toEqual([]);
    expect(inFavour(judged())).toEqual([
      "routing leads to ops (slack, email)",
      "4 notifications went out by slack, none failed",
      "4 notifications went out by email, none failed",
    ]);
    expect(inFavour(judged({ isTested: true }))[1]).toContain("one just now as a test");
  });

  it.each<[string, Partial<NotificationEvidence>, string]>([
    ["no Alertmanager", { receivers: undefined }, "no Alertmanager in this stack"],
    [
      "only silent receivers",
      { receivers: receivers.slice(0, 1) },
      "Alertmanager has no receiver of yours that notifies anybody",
    ],
    [
      "receivers that routing never reaches",
      { receivers: receivers.map((one) => ({ ...one, isReached: false })) },
      "routing leads to none of ops (slack, email)",
    ],
    [
      "an integration that was never used",
      { counts: [{ integration: "email", sent: 1, failed: 0 }] },
      "Alertmanager has never sent anything by slack: nothing proves that it arrives",
    ],
    [
      "failures",
      {
        counts: [
          { integration: "slack", sent: 4, failed: 4 },
          { integration: "email", sent: 1, failed: 0 },
        ],
      },
      "4 of 4 notifications by slack failed",
    ],
  ])("are not delivered: %s", (_, changes, said) => {
    expect(against(judged(changes))).toEqual([said]);
  });

  it("are proven by monstack in the receivers' place, when these are the user's", () => {
    const delivery = { status: "pass", seen: "an alert each arrived at ops (slack)" } as const;
    expect(against(judged({ captured: delivery, counts: [] }))).toEqual([]);
    const failed = { status: "fail", expected: "it", seen: "none within 2 s at ops (slack)" } as const;
    expect(against(judged({ captured: failed }))).toEqual(["none within 2 s at ops (slack)"]);
  });

  it("knows receivers from the configuration in force", () => {
    const config = {
      route: { receiver: "null", routes: [{ receiver: "ops", matchers: ['severity="critical"'] }] },
      receivers: [
        { name: "null" },
        { name: "ops", slack_configs: [{ api_url: "<secret>" }], email_configs: [] },
        { name: "old", webhook_configs: [{}] },
      ],
    };
    expect(readReceivers(config)).toEqual([
      { name: "null", integrations: [], isReached: true },
      { name: "ops", integrations: ["slack"], isReached: true },
      { name: "old", integrations: ["webhook"], isReached: false },
    ]);
  });

  it("reads Alertmanager's counters, of the integrations that were used", () => {
    const metrics = `# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="email"} 0
alertmanager_notifications_total{integration="webhook",receiver_name="a"} 2
alertmanager_notifications_total{integration="webhook",receiver_name="b"} 3
alertmanager_notifications_failed_total{integration="webhook",reason="clientError"} 1
alertmanager_notifications_failed_total{integration="webhook",reason="other"} 0
`;
    expect(readNotificationCounts(metrics)).toEqual([{ integration: "webhook", sent: 5, failed: 1 }]);
  });
});
