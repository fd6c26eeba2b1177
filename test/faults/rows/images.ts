import type { Fault } from "../fault.ts";

const grafanaImage = "/v2/docker.io/grafana/grafana/";

export const images: readonly Fault[] = [
  {
    what: "an image that doesn't exist",
    config: "apps:\n  grafana:\n    values:\n      image: {tag: 0.0.0-no-such-tag}\n",
    exitCode: 3,
    cause: "image-not-found",
    says: /Deployment monitoring\/grafana.*grafana:0\.0\.0-no-such-tag/s,
    at: "monstack.yaml:4",
    from: "deploy",
  },
  {
    what: "a registry that wants credentials",
    mirror: [{ prefix: grafanaImage, kind: "status", status: 401 }],
    exitCode: 3,
    cause: "image-denied",
    says: /grafana\/grafana/,
    from: "deploy",
  },
  {
    what: "a registry that limits the rate",
    mirror: [{ prefix: grafanaImage, kind: "status", status: 429 }],
    exitCode: 3,
    cause: "image-rate-limit",
    says: /grafana\/grafana.*(429|toomanyrequests)/is,
    from: "deploy",
  },
  {
    // Its words are in the answer's body, and containerd asks with HEAD first: what it can tell is the status.
    what: "docker.io's limit of pulls, with its headers",
    mirror: [{ prefix: grafanaImage, kind: "rate-limit" }],
    exitCode: 3,
    cause: "image-rate-limit",
    says: /grafana\/grafana.*429 Too Many Requests/s,
    from: "deploy",
  },
  {
    what: "a registry that is not there",
    mirror: [{ prefix: grafanaImage, kind: "dead" }],
    exitCode: 3,
    cause: "image-network",
    says: /grafana\/grafana.*(EOF|connection reset)/s,
    from: "deploy",
    visibleAfter: 6,
  },
];
