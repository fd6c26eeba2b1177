import { describe, expect, test } from "vitest";
import { UserError } from "../../src/lib/errors.ts";
import { parseLock, printLock } from "../../src/lockfile/lock-text.ts";
import { chart, dashboard, hexOf, lockOf } from "./locks.ts";

function mistake(text: string): string {
  try {
    parseLock(text, "monstack.lock");
  } catch (error) {
    if (error instanceof UserError) return `${error.message}\n${error.fix}`;
    throw error;
  }
  return "it was read";
}

describe("a lock file", () => {
  const lock = lockOf({
    charts: [chart("prometheus", "29.27.0", "default"), chart("exporter", "1.10", undefined)],
    dashboards: [dashboard(315, 3), dashboard(1860, 37, 37)],
    unlocked: [{ image: "docker.io/library/mine:dev", why: "k3s.images may bring it" }],
  });

  test("says what was written into it", () => {
    expect(parseLock(printLock(lock), "monstack.lock")).toEqual({
      ...lock,
      charts: lock.charts.toReversed(),
      dashboards: lock.dashboards.toReversed(),
    });
  });

  test("is the same text whatever the order of what it holds, with a comment on who wrote it", () => {
    const text = printLock(lock);
    const { tools, charts, dashboards, images } = lock;
    const turned = {
      ...lock,
      images: images.toReversed(),
      charts: charts.toReversed(),
      dashboards: dashboards.toReversed(),
      tools: { kubectl: tools.kubectl, k3s: tools.k3s, helm: tools.helm },
    };
    expect(printLock(turned)).toBe(text);
    expect(text).toMatch(/^# .*`monstack lock`.*\n(#.*\n)+lockVersion: 1\n/);
  });

  test("changes by one line more for one thing more", () => {
    const lines = new Set(printLock(lock).split("\n"));
    const image = { image: "docker.io/grafana/grafana:13.2.0", digest: `sha256:${hexOf("grafana")}` };
    const more = printLock({ ...lock, images: [...lock.images, image] }).split("\n");
    expect(more.filter((line) => !lines.has(line))).toEqual([
      "  - image: docker.io/grafana/grafana:13.2.0",
      `    digest: sha256:${hexOf("grafana")}`,
    ]);
  });
});

describe("what is wrong in a lock file is told with its line", () => {
  const text = printLock(lockOf());
  const sha = hexOf("v4.2.3amd64");

  test.each([
    [
      "a sha256 cut short",
      text.replace(sha, sha.slice(1)),
      /^monstack\.lock:22:15: tools\.helm\.amd64\.sha256: "[0-9a-f]+(\.\.\.)?" is not a sha256 \(64 hex digits/,
    ],
    [
      "a key that it doesn't know",
      text.replace("asked: stable", "askd: stable"),
      /:9:5: tools\.k3s\.askd: unknown key; did you mean asked\?/,
    ],
    [
      "a missing key",
      text.replace(/ {4}version: v4.2.3\n/, ""),
      /tools\.helm\.version: it is missing; expected a release such as v4\.1\.4/,
    ],
    [
      "another profile",
      text.replace("profile: ci", "profile: cd"),
      /:6:10: profile: "cd" is not a profile \(ci, as-is or production\)/,
    ],
    [
      "no list",
      text.replace(/charts:\n(.*\n)*?dashboards/, "charts: none\ndashboards"),
      /charts: "none" is not a list/,
    ],
    [
      "broken YAML",
      text.replace("tools:", "tools: {"),
      /^\d+ mistakes in the lock file|^monstack\.lock:\d+:\d+: /,
    ],
    ["nothing in it", "", /^monstack\.lock:1:1: an empty value is not a lock file/],
    ["something else", "- a\n- b\n", /^monstack\.lock:1:1: a list is not a lock file/],
    [
      "an older format",
      text.replace("lockVersion: 1", "lockVersion: 0"),
      /^monstack\.lock:4:14: lockVersion: invalid format version 0: expected 1/,
    ],
  ])("%s", (_, broken, words) => {
    expect(mistake(broken)).toMatch(words);
    expect(mistake(broken)).toContain("monstack lock`");
  });

  test("a newer format names the monstack that wrote it", () => {
    const newer = text
      .replace("lockVersion: 1", "lockVersion: 2")
      .replace("monstack: 1.0.0", "monstack: 9.1.0");
    expect(mistake(newer)).toBe(
      "monstack.lock:4:14: lockVersion: it is of version 2 of the format, and this monstack reads version 1\n" +
        "use the monstack that wrote it (9.1.0) or a newer one",
    );
  });

  test("a merge conflict is told as one", () => {
    const conflict = text.replace(
      "profile: ci",
      "<<<<<<< HEAD\nprofile: ci\n=======\nprofile: as-is\n>>>>>>> x",
    );
    expect(mistake(conflict)).toMatch(/^monstack\.lock:6:1: git's marks of a merge conflict/);
  });

  test("all of them at once", () => {
    const broken = text.replace("asked: stable", "askd: stable").replace("profile: ci", "profile: cd");
    expect(mistake(broken)).toMatch(
      /^3 mistakes in the lock file:\n {2}monstack\.lock:6:10: .*\n {2}monstack\.lock:9/,
    );
  });
});
