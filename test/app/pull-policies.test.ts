import { expect, it } from "vitest";
import { warnAboutPulls } from "../../src/app/downloads/images.ts";
import { createDraft, type Session } from "../../src/app/session/session.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { openSupply } from "../../src/sources/web/web.ts";
import { lockOf } from "../registry/pulling.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

function job(name: string, image: string): KubeObject {
  const containers = [{ name: "main", image }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: { spec: { containers } } },
  };
}

const app = {
  app: { name: "shop" },
  objects: [job("pinned", "quay.io/a/b:1"), job("moving", "quay.io/a/b:latest")],
  hooks: [],
} as unknown as RenderedApp;

it("a stack that stays up is warned of containers that pull at each start, if there is a lock", () => {
  const warnings = (supply: Session["supply"]) => {
    const log = createRecordingLogger();
    const draft = createDraft("k3s");
    warnAboutPulls({ context: { log }, draft, supply } as unknown as Session, [app]);
    return [log.lines.map(({ message }) => message), draft.warnings];
  };
  const [lines, kept] = warnings(lockOf());
  expect(lines).toEqual(kept);
  expect(lines).toEqual([
    expect.stringContaining(
      "shop: container main of Job moving has the pull policy Always. When it starts again after",
    ),
  ]);
  expect(warnings(openSupply)).toEqual([[], []]);
});
