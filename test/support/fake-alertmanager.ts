import type { Received, Reply } from "./local-server.ts";

export interface FakeAlertmanager {
  status: unknown;
}

export function healthyAlertmanager(): FakeAlertmanager {
  return {
    status: {
      cluster: { name: "01K", peers: [], status: "ready" },
      config: { original: "route: {receiver: default-receiver}" },
      uptime: "2026-11-23T14:00:00.000Z",
      versionInfo: { branch: "HEAD", version: "0.33.1" },
    },
  };
}

export function answerAsAlertmanager(state: FakeAlertmanager, { path }: Received): Reply {
  if (path === "/api/v2/status") return { body: state.status };
  if (path === "/api/v2/alerts") return { body: [] };
  return { status: 404, contentType: "text/plain", body: "404 page not found\n" };
}
