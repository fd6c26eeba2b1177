import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ArrivalList,
  buildArrivalsUrl,
  buildEndpointUrl,
  type CaptureAddress,
} from "../../src/alerting/endpoints.ts";
import { listenForAlerts, type Receiver } from "../../src/forward/receiver.ts";
import { randomFrom } from "../fuzz/random.ts";
import { sendRandomPost } from "./random-posts.ts";

const token = "0123456789abcdef0123456789abcdef";
const endpoint = { receiver: "ops", integration: "webhook", index: 0 };
const mebibyte = 1024 * 1024;
let receiver: Receiver;
let at: CaptureAddress;
let logged: string[];
const sockets: Socket[] = [];

beforeEach(async () => {
  logged = [];
  const anyPort = { host: "127.0.0.1", httpPort: 0, smtpPort: 0, token };
  receiver = await listenForAlerts(anyPort, (line) => logged.push(line));
  at = { host: "127.0.0.1", httpPort: receiver.httpPort, smtpPort: receiver.smtpPort, token };
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await receiver.close();
});

const arrived = async () => (await (await fetch(buildArrivalsUrl(at))).json()) as ArrivalList;
const post = (url: string, body: string) => fetch(url, { method: "POST", body });
const firing = (...probes: string[]) =>
  JSON.stringify({
    alerts: probes.map((monstack_probe) => ({ status: "firing", labels: { monstack_probe } })),
  });

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  socket.on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** What the server says until it has closed the connection or said `last`. */
async function heard(socket: Socket, last = "\u0000"): Promise<string> {
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const end = Date.now() + 5_000;
  while (!socket.destroyed && !text.includes(last) && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return text;
}

describe("a pod that is not Alertmanager", () => {
  it("is refused without the token, and what it sends is neither read nor counted", async () => {
    const { token: _, ...without } = at;
    const guesses = [without, { ...at, token: "0".repeat(32) }, { ...at, token: `${token}x` }];
    for (const guess of guesses) {
      expect((await post(buildEndpointUrl(guess, endpoint), firing("forged"))).status).toBe(404);
      expect((await fetch(buildArrivalsUrl(guess))).status).toBe(404);
    }
    const socket = await open(at.httpPort);
    socket.write(`POST /receivers/ops/webhook/0 HTTP/1.1\r\nHost: a\r\nContent-Length: ${mebibyte}\r\n\r\n`);
    expect(await heard(socket)).toMatch(/^HTTP\/1.1 404/);
    expect(await arrived()).toEqual({ arrivals: [], refused: [] });
  });

  it("is refused where no token is known, as everybody is", async () => {
    const open = await listenForAlerts({ host: "127.0.0.1", httpPort: 0, smtpPort: 0 }, () => {});
    const url = `http://127.0.0.1:${open.httpPort}`;
    for (const path of [
      "/receivers/ops/webhook/0",
      "//receivers/ops/webhook/0",
      "/undefined/receivers/ops/webhook/0",
    ])
      expect((await post(`${url}${path}`, firing("forged"))).status).toBe(404);
    await open.close();
  });

  it("is refused with an e-mail, which is not counted", async () => {
    const socket = await open(at.smtpPort);
    socket.write("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
    socket.write(
      `X-Monstack-Endpoint: ops/email/0\r\nX-Monstack-Probe: monstack-probes(forged )\r\n\r\n.\r\n`,
    );
    expect(await heard(socket, "550")).toContain("550 for no receiver here");
    expect(await arrived()).toEqual({ arrivals: [], refused: [] });
  });

  it("can't fill the log with what it sends", async () => {
    const before = logged.length;
    for (const path of ["//", "/%", `/${token}/receivers/%zz/x/0`, "http://x:99999/"]) {
      const socket = await open(at.httpPort);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
      expect(await heard(socket)).toMatch(/^HTTP\/1.1 404/);
    }
    expect(logged).toHaveLength(before);
  });

  it("can't take all the connections", async () => {
    for (let one = 0; one < 40; one++) await open(at.httpPort);
    await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBe(8);
  });

  it("can't make it hold more of e-mails than it has room for", async () => {
    for (let one = 0; one < 10; one++) {
      const socket = await open(at.smtpPort);
      socket.write("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
      socket.write("x".repeat(998).concat("\r\n").repeat(1000));
    }
    await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThanOrEqual(2);
    const tiny = await open(at.smtpPort);
    tiny.write("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
    tiny.write("a\r\n".repeat(300_000));
    await expect.poll(() => tiny.destroyed).toBe(true);
  });
});

describe("Alertmanager itself, whose alerts anybody can have made", () => {
  it("can't make it hold more of bodies than it has room for, and is heard again afterwards", async () => {
    const { pathname } = new URL(buildEndpointUrl(at, endpoint));
    const later = new Promise<string>((resolve) => setTimeout(resolve, 1_000, ""));
    for (let one = 0; one < 10; one++) {
      const socket = await open(at.httpPort);
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: ${mebibyte}\r\n\r\n`);
      socket.write("x".repeat(mebibyte - 1));
    }
    const replies = await Promise.all(
      sockets.map((socket) => Promise.race([heard(socket, "HTTP/1.1"), later])),
    );
    expect(replies.filter((text) => text.startsWith("HTTP/1.1 503")).length).toBeGreaterThanOrEqual(2);
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(async () => (await post(buildEndpointUrl(at, endpoint), firing("p"))).status).toBe(200);
    const { arrivals, refused } = await arrived();
    expect(arrivals).toHaveLength(1);
    expect(refused.map(({ why }) => why)).toContain("too much at once");
  });

  it("can't make it keep more than so many probes, nor long ones", async () => {
    const many = firing(...Array.from({ length: 9_000 }, (_, index) => `p${index}`));
    for (let one = 0; one < 4; one++) await post(buildEndpointUrl(at, endpoint), many);
    await post(buildEndpointUrl(at, endpoint), firing("last", "x".repeat(500_000)));
    const { arrivals } = await arrived();
    expect(arrivals.at(-1)?.probes).toEqual(["last"]);
    expect(arrivals.flatMap(({ probes }) => probes).length).toBeLessThanOrEqual(20_000);
  });
});

it("whatever is sent, it answers within 2 s and still takes what is right", async () => {
  const random = randomFrom(Date.now());
  for (let round = 0; round < 300; round++) await sendRandomPost(at, random);
  expect((await post(buildEndpointUrl(at, endpoint), firing("after"))).status).toBe(200);
  expect((await arrived()).arrivals.at(-1)?.probes).toEqual(["after"]);
});
