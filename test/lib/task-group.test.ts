import { describe, expect, it } from "vitest";
import { createTaskGroup } from "../../src/lib/task-group.ts";

const never = new AbortController().signal;

describe("a task group", () => {
  it("stops the others when one fails, waits for them, and throws the first failure", async () => {
    const tasks = createTaskGroup(never);
    const ended: string[] = [];
    const patient = tasks.start(
      () =>
        new Promise<void>((_, reject) => {
          tasks.signal.addEventListener("abort", () =>
            setTimeout(() => {
              ended.push("patient");
              reject(new Error("stopped"));
            }, 30),
          );
        }),
    );
    const failing = tasks.start(async () => {
      throw new Error("no such chart");
    });
    await expect(failing).rejects.toThrow("no such chart");
    await expect(tasks.settle()).rejects.toThrow("no such chart");
    expect(ended).toEqual(["patient"]);
    await expect(patient).rejects.toThrow("stopped");
  });

  it("hears its parent", () => {
    const parent = new AbortController();
    const tasks = createTaskGroup(parent.signal);
    expect(tasks.signal.aborted).toBe(false);
    parent.abort();
    expect(tasks.signal.aborted).toBe(true);
  });

  it("settles quietly when all went well", async () => {
    const tasks = createTaskGroup(never);
    expect(await tasks.start(async () => 7)).toBe(7);
    await tasks.settle();
    expect(tasks.signal.aborted).toBe(false);
  });
});
