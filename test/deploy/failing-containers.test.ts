import { describe, expect, test } from "vitest";
import { expectFinal, expectWaiting, judgeAfter, pulls, waitingPod } from "./judging.ts";
import { event, pod, view } from "./recorded.ts";

describe("an image that can't be pulled", () => {
  test.each([
    [
      "not found",
      'failed to pull and unpack image "docker.io/grafana/grafana:99.9": failed to resolve reference "docker.io/grafana/grafana:99.9": docker.io/grafana/grafana:99.9: not found',
      /no such image/,
    ],
    [
      "denied",
      'failed to pull and unpack image "docker.io/library/grafna:latest": failed to resolve reference "docker.io/library/grafna:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      /refuses/,
    ],
    [
      "rate limit",
      'failed to pull and unpack image "docker.io/grafana/grafana:13.2.0": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/grafana/grafana/manifests/sha256:aa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      /mirrors/,
    ],
    [
      "other architecture",
      'failed to pull and unpack image "docker.io/x/y:1": no match for platform in manifest: not found',
      /architecture/,
    ],
    [
      "plain HTTP registry",
      'failed to pull and unpack image "10.9.8.7:5000/y:1": failed to resolve reference "10.9.8.7:5000/y:1": failed to do request: Head "https://10.9.8.7:5000/v2/y/manifests/1": http: server gave HTTP response to HTTPS client',
      /plain HTTP/,
    ],
  ])("%s is final at once", (_, message, fix) => {
    expectFinal(pulls("ErrImagePull", message), "ErrImagePull", { fix });
    expectFinal(
      pulls("ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: ${message}`),
      "ImagePullBackOff",
      { fix },
    );
  });

  test.each([
    'failed to pull and unpack image "docker.io/grafana/grafana:13.2.0": failed to resolve reference "docker.io/grafana/grafana:13.2.0": failed to do request: Head "https://registry-1.docker.io/v2/grafana/grafana/manifests/13.2.0": dial tcp: lookup registry-1.docker.io: no such host',
    'failed to do request: Head "https://quay.io/v2/prometheus/prometheus/manifests/v3.14.0": dial tcp 34.225.41.113:443: i/o timeout',
    "failed to copy: httpReadSeeker: failed open: unexpected status code https://quay.io/v2/x/blobs/sha256:1: 503 Service Unavailable",
    'failed to do request: Head "https://quay.io/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
  ])("a network error may heal for 17 s: %s", (message) => {
    expectFinal(pulls("ErrImagePull", message), "ErrImagePull", { after: 17, fix: /mirror/ });
  });

  test("the cause is taken from the event where the back-off names only the image", () => {
    const seen = view({
      pods: [waitingPod("ImagePullBackOff", 'Back-off pulling image "docker.io/grafana/grafana:13.2.0"')],
      events: [
        event(
          "Failed",
          'Failed to pull image "docker.io/grafana/grafana:13.2.0": rpc error: code = NotFound desc = failed to resolve reference: docker.io/grafana/grafana:13.2.0: not found',
        ),
        event("Failed", "Error: ImagePullBackOff", { at: 20 }),
      ],
    });
    expectFinal(seen, "ImagePullBackOff", { fix: /no such image/ });
  });

  test("a name that is none, and an image that may not be pulled", () => {
    expectFinal(
      pulls(
        "InvalidImageName",
        `Failed to apply default image tag "Grafana:13": couldn't parse image name "Grafana:13": invalid reference format: repository name (library/Grafana) must be lowercase`,
      ),
      "InvalidImageName",
      { fix: /not an image's name/ },
    );
    expectFinal(
      pulls(
        "ErrImageNeverPull",
        'Container image "docker.io/x/y:1" is not present with pull policy of Never',
      ),
      "ErrImageNeverPull",
      { fix: /import/ },
    );
  });

  test("near miss: pulling takes as long as it takes", () => {
    const seen = view({
      pods: [pod({})],
      events: [event("Pulling", 'Pulling image "docker.io/grafana/grafana:13.2.0"', { type: "Normal" })],
    });
    expectWaiting(seen, 300, /^pulling image docker.io\/grafana\/grafana:13\.2\.0$/);
  });
});

const ended = (exitCode: number, reason = "Error") => ({ terminated: { exitCode, reason } });
const backOff = {
  waiting: {
    reason: "CrashLoopBackOff",
    message: "back-off 20s restarting failed container=grafana pod=grafana-7d9c5b8f6d-x2x7p_monitoring(9c9f)",
  },
};

describe("a crash loop", () => {
  test("is final at the third end, with the exit code", () => {
    const seen = view({ pods: [pod({ state: backOff, lastState: ended(1), restartCount: 2 })] });
    expectFinal(seen, "CrashLoopBackOff", { after: 8 });
    expect(judgeAfter(8, seen)).toMatchObject({
      container: "grafana",
      message: expect.stringContaining("exit code 1"),
    });
  });

  test("names an OOM kill", () => {
    const seen = view({
      pods: [pod({ state: backOff, lastState: ended(137, "OOMKilled"), restartCount: 1 })],
    });
    expectFinal(seen, "CrashLoopBackOff", { fix: /limits\.memory/ });
  });

  test("of an init container is one too", () => {
    const seen = view({ pods: [pod({ state: backOff, lastState: ended(22), restartCount: 3, init: true })] });
    expect(judgeAfter(10, seen)).toMatchObject({ state: "failed", container: "download-dashboards" });
  });

  test("a command that isn't there is final at once", () => {
    expectFinal(
      view({ pods: [pod({ state: backOff, lastState: ended(127), restartCount: 1 })] }),
      "CrashLoopBackOff",
    );
  });

  test("near miss: one crash while the cluster starts, and it runs again", () => {
    expectWaiting(view({ pods: [pod({ state: backOff, lastState: ended(1), restartCount: 1 })] }), 15);
    const again = pod({
      state: { running: { startedAt: "2026-11-01T12:00:30Z" } },
      lastState: ended(1),
      restartCount: 4,
    });
    expectWaiting(view({ pods: [again] }), 300);
  });

  test("its third end is enough: the kubelet names the back-off only much later", () => {
    const seen = (restartCount: number, exitCode = 1) =>
      view({ pods: [pod({ state: ended(exitCode), lastState: ended(1), restartCount })] });
    expectFinal(seen(2), "CrashLoopBackOff", { after: 8 });
    expectFinal(seen(1, 127), "CrashLoopBackOff");
    expectWaiting(seen(1), 300);
    expectWaiting(seen(2, 0), 300);
  });

  test("near miss: a container that ended well is not crashing", () => {
    expectWaiting(view({ pods: [pod({ state: ended(0, "Completed"), restartCount: 1 })] }), 300);
  });
});

describe("a container that can't be made", () => {
  test("a missing Secret or key is final after 30 s, where no event says that it was tried again", () => {
    expectFinal(
      pulls("CreateContainerConfigError", 'secret "grafana-admin" not found'),
      "CreateContainerConfigError",
      { after: 30, fix: /Secret/ },
    );
    expectFinal(
      pulls(
        "CreateContainerConfigError",
        "couldn't find key admin-password in Secret monitoring/grafana-admin",
      ),
      "CreateContainerConfigError",
      { after: 30 },
    );
  });

  test("near miss: the kubelet's cache is only late", () => {
    expectWaiting(
      pulls("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
      20,
    );
  });

  test("a private / under node-exporter", () => {
    const message =
      'failed to generate container "5d1e" spec: failed to generate spec: path "/" is mounted on "/" but it is not a shared or slave mount';
    expectFinal(pulls("CreateContainerError", message), "CreateContainerError", { fix: /make-rshared/ });
    expectFinal(pulls("RunContainerError", message), "RunContainerError", { fix: /hostRootFsMount/ });
  });

  test("a command that isn't in the image", () => {
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/bin/grafna": stat /bin/grafna: no such file or directory: unknown';
    expectFinal(pulls("RunContainerError", message), "RunContainerError", { fix: /command/ });
  });

  test("near miss: containerd's name is still reserved by an attempt before", () => {
    expectWaiting(
      pulls(
        "CreateContainerError",
        'failed to reserve container name "grafana_grafana-x_monitoring_9c9f_0": name is reserved for "77aa"',
      ),
      20,
    );
  });
});
