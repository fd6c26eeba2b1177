import { expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { guardFetch } from "../../src/host/guards.ts";
import { serve } from "../support/local-server.ts";

const host = await createHost({});
const guarded = guardFetch(host);

it.each([
  "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
  "http://2852039166/",
  "http://0xa9.0xfe.0xa9.0xfe/",
  "http://[::ffff:169.254.169.254]/",
  "http://[fe80::1]/",
  "http://[fd00:ec2::254]/",
  "http://[fd20:ce::254]/",
  "http://[fd00:c1::a9fe:a9fe]/",
  "http://[64:ff9b::a9fe:a9fe]/",
  "http://[::ffff:0:a9fe:a9fe]/",
  "http://[::169.254.169.254]/",
  "http://168.63.129.16/",
])("asks no metadata service: %s", async (url) => {
  await expect(guarded.fetch(url)).rejects.toThrow(
    "can be a metadata service with credentials of this machine",
  );
  await expect(guarded.fetchOutside(url)).rejects.toThrow("can be a metadata service");
});

it("asks everything else", async () => {
  await using server = await serve(() => ({ body: "here" }));
  const named = server.url.replace("127.0.0.1", "localhost");
  for (const url of [server.url, named]) {
    expect(await (await guarded.fetch(url)).text()).toBe("here");
    expect(await (await guarded.fetchOutside(url)).text()).toBe("here");
  }
  // What has no address here fails as it does without.
  await expect(guarded.fetch("http://no-such-host.invalid/")).rejects.toThrow(/fetch failed/);
});
