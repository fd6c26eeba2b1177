import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { prepare, readLogin } from "../../src/app/prepare.ts";
import { StackRecordSchema } from "../../src/app/session/stack-record.ts";
import { openSession } from "./support/session.ts";
import { createWorld } from "./support/world.ts";

/** Prepares the default stack, with Grafana's values as given. */
async function prepared(flags: Record<string, string>, values = "{}") {
  await using world = await createWorld();
  const path = join(world.folder, "monstack.yaml");
  const file = (await readFile(path, "utf8")).replace(
    "grafana: {enabled: false}",
    `grafana: {values: ${values}}`,
  );
  await writeFile(path, file.replace("prometheus: {enabled: false}", "prometheus: {}"));
  const { session, log } = await openSession(world, { flags });
  const { login } = await prepare(session);
  if (login?.kind !== "known") throw new Error("the login is not known");
  log.info(`the password is ${login.password}`);
  return {
    login,
    reported: session.context.log.redactor.message(login.password),
    said: log.lines.at(-1)?.message,
  };
}

describe("Grafana's password", () => {
  it("is kept with the stack as it is read again: without how it came to be known", async () => {
    await using world = await createWorld();
    const { session } = await openSession(world);
    const login = { kind: "known", user: "admin", password: "correct-horse" } as const;
    const kept = await readLogin(login, new KubeConfig(), session);
    expect(StackRecordSchema.shape.grafana.parse(kept)).toEqual({ user: "admin", password: "correct-horse" });
  });

  it.each([
    ["made for the run", {}, "{}", /^[\w-]{24}$/],
    ["of the setting", { "grafana-password": "s3cr3t" }, "{}", /^s3cr3t$/],
    ["of the chart's values", {}, "{adminPassword: from-the-values}", /^from-the-values$/],
  ])("%s is shown in no log and in no report", async (_, flags, values, expected) => {
    const { login, reported, said } = await prepared(flags, values);
    expect(login).toEqual({ kind: "known", user: "admin", password: expect.stringMatching(expected) });
    expect(said).toBe("the password is ***");
    expect(reported).toBe("***");
  });

  it("is another one for each run", async () => {
    const [one, other] = [await prepared({}), await prepared({})];
    expect(one.login.password).not.toBe(other.login.password);
  });
});
