import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { execBounded, LimitExceeded } from "../../src/host/exec-bounded.ts";

const host = await createHost();
const mebibyte = 1024 ** 2;
const bounds = { memoryBytes: 200 * mebibyte, fileBytes: mebibyte };

it("runs what takes no more than it may, with its input, environment and exit code", async () => {
  const argv = ["sh", "-c", 'echo "$(cat) $WHO"; echo oops >&2'] as const;
  const ran = await execBounded(host, argv, { input: "hello", env: { WHO: "you" } }, bounds);
  expect(ran).toEqual({ exitCode: 0, stdout: "hello you\n", stderr: "oops\n" });
  await expect(execBounded(host, ["false", "x"], {}, bounds)).rejects.toThrow(
    /^false x ended with exit code 1/,
  );
});

it("ends what takes more memory", async () => {
  const script = "const all = []; setInterval(() => all.push(Buffer.alloc(20 * 1024 ** 2, 1)), 20)";
  const ended = execBounded(host, [process.execPath, "-e", script], {}, bounds);
  await expect(ended).rejects.toBeInstanceOf(LimitExceeded);
  await expect(ended).rejects.toThrow("it took more than 200 MiB of memory");
});

it("lets nothing write a bigger file", async () => {
  await host.files.withTemp("monstack-test-", async (folder) => {
    const file = join(folder, "big");
    const written = execBounded(host, ["sh", "-c", `head -c 5000000 /dev/zero >${file}`], {}, bounds);
    await expect(written).rejects.toThrow("it wrote a file of more than 1 MiB");
    expect((await readFile(file)).length).toBeLessThanOrEqual(mebibyte);
  });
});
