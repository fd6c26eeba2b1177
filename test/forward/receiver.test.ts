import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ArrivalList,
  buildArrivalsUrl,
  buildEndpointUrl,
  type CaptureAddress,
  readMail,
} from "../../src/alerting/endpoints.ts";
import { keepListeningForAlerts, listenForAlerts, type Receiver } from "../../src/forward/receiver.ts";

const token = "0123456789abcdef0123456789abcdef";
let receiver: Receiver;
let at: CaptureAddress;
let logged: string[];

beforeEach(async () => {
  logged = [];
  const anyPort = { host: "127.0.0.1", httpPort: 0, smtpPort: 0, token };
  receiver = await listenForAlerts(anyPort, (line) => logged.push(line));
  at = { host: "127.0.0.1", httpPort: receiver.httpPort, smtpPort: receiver.smtpPort, token };
});
afterEach(async () => {
  await receiver.close();
});

const arrived = async () => (await (await fetch(buildArrivalsUrl(at))).json()) as ArrivalList;

async function post(integration: string, body: unknown, contentType = "application/json", name = "ops / a%") {
  const url = buildEndpointUrl(at, { receiver: name, integration, index: 1 });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(url, { method: "POST", headers: { "content-type": contentType }, body: text });
  return { status: answer.status, text: await answer.text() };
}

describe("over HTTP", () => {
  it("takes a webhook, with the probes of what fires", async () => {
    const alert = (status: string, probe?: string) => ({
      status,
      labels: { alertname: "x", ...(probe ? { monstack_probe: probe } : {}) },
    });
    const alerts = [alert("firing", "p1"), alert("resolved", "p2"), alert("firing")];
    expect((await post("webhook", { version: "4", alerts })).status).toBe(200);
    expect((await arrived()).arrivals).toEqual([
      {
        endpoint: { receiver: "ops / a%", integration: "webhook", index: 1 },
        at: expect.any(Number),
        probes: ["p1"],
      },
    ]);
  });

  it("takes a message for Slack as JSON and as a form, and says ok as Slack does", async () => {
    const message = {
      channel: "#a",
      attachments: [{ title: "t", callback_id: "mine monstack-probes(p1 p2 )" }],
    };
    expect(await post("slack", message)).toEqual({ status: 200, text: "ok" });
    const form = new URLSearchParams({ payload: JSON.stringify({ text: "hi monstack-probes(p3 )" }) });
    expect((await post("slack", form.toString(), "application/x-www-form-urlencoded")).text).toBe("ok");
    expect((await arrived()).arrivals.map(({ probes }) => probes)).toEqual([["p1", "p2"], ["p3"]]);
  });

  it.each([
    ["slack", { channel: "#a" }, 400, "no message for Slack: it has no text, attachments or blocks"],
    ["slack", "hello", 400, "the body is not JSON"],
    ["webhook", { text: "hi" }, 400, "not the JSON of a webhook: it has no alerts"],
    ["webhook", "x".repeat(1024 * 1024 + 1), 413, "more than 1048576 bytes"],
  ])("refuses to %s what is none, and keeps why", async (integration, body, status, why) => {
    expect((await post(integration, body)).status).toBe(status);
    expect(await arrived()).toMatchObject({ arrivals: [], refused: [{ why }] });
  });

  it("refuses other addresses", async () => {
    const url = `http://127.0.0.1:${at.httpPort}/${token}/elsewhere`;
    const answer = await fetch(url, { method: "POST", body: "{}" });
    expect(answer.status).toBe(404);
    expect((await arrived()).refused[0]).toMatchObject({ what: "POST /elsewhere" });
  });

  it("keeps the newest five hundred", async () => {
    for (let i = 0; i < 505; i++)
      await post("webhook", { alerts: [{ status: "firing", labels: { monstack_probe: `p${i}` } }] });
    const { arrivals } = await arrived();
    expect(arrivals).toHaveLength(500);
    expect(arrivals.at(-1)?.probes).toEqual(["p504"]);
  });
});

/** Sends each line after the answer to the one before; returns the answers' codes. */
async function converse(lines: readonly string[]): Promise<string[]> {
  const client = connect(at.smtpPort, "127.0.0.1");
  client.setEncoding("utf8");
  const codes: string[] = [];
  const answer = async () => {
    let text = "";
    while (!/^\d{3} .*\r\n$/m.test(text)) text += (await once(client, "data"))[0];
    codes.push(text.slice(0, 3));
  };
  await answer();
  for (const line of lines) {
    client.write(`${line}\r\n`);
    await answer();
  }
  client.destroy();
  return codes;
}

describe("over SMTP", () => {
  const mail = [
    "Subject: [FIRING:1]",
    `X-Monstack-Endpoint: ${token}/ops/email/0`,
    "X-Monstack-Probe: monstack-probes(p1",
    " p2 )",
    "",
    "..a line that begins with a dot",
    "",
  ].join("\r\n");

  it("takes an e-mail from a client that logs in", async () => {
    const codes = await converse([
      "EHLO localhost",
      "AUTH LOGIN",
      "dXNlcg==",
      "cGFzcw==",
      "AUTH PLAIN AHVzZXIAcGFzcw==",
      "MAIL FROM:<am@example.com> BODY=8BITMIME",
      "RCPT TO:<ops@example.com>",
      "DATA",
      `${mail}\r\n.`,
      "QUIT",
    ]);
    expect(codes).toEqual(["220", "250", "334", "334", "235", "235", "250", "250", "354", "250", "221"]);
    expect((await arrived()).arrivals).toEqual([
      {
        endpoint: { receiver: "ops", integration: "email", index: 0 },
        at: expect.any(Number),
        probes: ["p1", "p2"],
      },
    ]);
  });

  it("insists on the order, and on what is an address", async () => {
    const codes = await converse([
      "HELO x",
      "DATA",
      "RCPT TO:<a@b>",
      "MAIL FROM:nobody",
      "MAIL FROM:<>",
      "DATA",
      "RCPT TO:<>",
      "STARTTLS",
      "NOOP",
    ]);
    expect(codes).toEqual(["220", "250", "503", "503", "501", "250", "503", "501", "502", "250"]);
  });

  it("refuses what is too big, and an e-mail that is for no receiver", async () => {
    const begin = ["EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA"];
    const big = `${`${"x".repeat(1000)}\r\n`.repeat(1100)}.`;
    expect((await converse([...begin, big])).at(-1)).toBe("552");
    const forNobody = `X-Monstack-Endpoint: ${token}/x\r\n\r\nhi\r\n.`;
    expect((await converse([...begin, forNobody])).at(-1)).toBe("250");
    expect(await arrived()).toMatchObject({
      arrivals: [],
      refused: [{ why: "an e-mail whose header X-Monstack-Endpoint names no receiver" }],
    });
  });
});

it("reads headers only in the head", () => {
  const mark = `X-Monstack-Endpoint: ${token}/a/email/0\r\n`;
  expect(readMail(`Subject: x\r\n${mark}\r\n`, token)).toHaveProperty("endpoint");
  expect(readMail(`Subject: x\r\n\r\n${mark}`, token)).toBeUndefined();
});

it("comes as soon as its port is free", async () => {
  const problem = await keepListeningForAlerts(at, () => {});
  expect(problem).toContain("EADDRINUSE");
  await receiver.close();
  await expect.poll(() => arrived().catch(() => undefined), { timeout: 5_000 }).toBeDefined();
  receiver = { ...receiver, close: async () => {} };
});
