import { describe, expect, it } from "vitest";
import { createCrew } from "../../../src/app/session/crew.ts";

const never = new AbortController().signal;

describe("a crew", () => {
  it("stops the others when one fails, waits for them, and throws the first failure", async () => {
    const crew = createCrew(never);
    const ended: string[] = [];
    const patient = crew.start(
      () =>
        new Promise<void>((_, reject) => {
          crew.signal.addEventListener("abort", () =>
            setTimeout(() => {
              ended.push("patient");
              reject(new Error("stopped"));
            }, 30),
          );
        }),
    );
    const failing = crew.start(async () => {
      throw new Error("no such chart");
    });
    await expect(failing).rejects.toThrow("no such chart");
    await expect(crew.settle()).rejects.toThrow("no such chart");
    expect(ended).toEqual(["patient"]);
    await expect(patient).rejects.toThrow("stopped");
  });

  it("hears its parent", () => {
    const parent = new AbortController();
    const crew = createCrew(parent.signal);
    expect(crew.signal.aborted).toBe(false);
    parent.abort();
    expect(crew.signal.aborted).toBe(true);
  });

  it("settles quietly when all went well", async () => {
    const crew = createCrew(never);
    expect(await crew.start(async () => 7)).toBe(7);
    await crew.settle();
    expect(crew.signal.aborted).toBe(false);
  });
});
