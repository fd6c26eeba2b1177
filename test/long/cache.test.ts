import { beforeAll, expect, it } from "vitest";
import { installAct } from "../e2e/support/act.ts";
import { lockedRepository, runJob } from "../e2e/support/cache-job.ts";
import { startMachine } from "../e2e/support/machine.ts";

beforeAll(installAct, 500_000);

it("a cache that was spoiled since is not used by the next job of a lock", async () => {
  await using machine = await startMachine();
  const { repository } = await lockedRepository(machine);
  await runJob(machine, repository);
  // The programs' first bytes: those of k3s and kubectl, which lie there as they are.
  const spoil = `cd "$HOME/.cache/actcache/cache" && f=$(find . -type f -size +1M | head -1) && test -n "$f" &&
    zstd -dc --long=30 "$f" | perl -pe 's/\\x7fELF\\x02/\\x7fEVE\\x02/g' | zstd -q --long=30 >"$HOME/spoiled" && mv "$HOME/spoiled" "$f"`;
  const spoiled = await machine.run(["bash", "-o", "pipefail", "-c", spoil]);
  expect(spoiled.exitCode, spoiled.output).toBe(0);
  const third = await runJob(machine, repository);
  expect(third.output).toContain("CACHE HIT false");
  // Told by tar, where the spoiling went so far, or by the lock: test/action/github-cache.test.ts has each of them.
  expect(third.output).toMatch(
    /nothing was restored, so everything is fetched|of the restored cache is not used: it is not what the lock says/,
  );
  const hostsAsked = new Set(third.files.map((path) => path.split("/")[1]));
  expect([...hostsAsked]).toEqual(expect.arrayContaining(["dl.k8s.io", "github.com"]));
}, 300_000);
