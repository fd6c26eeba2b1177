import type { CaptureAddress } from "../../../src/alerting/endpoints.ts";
import { listenForAlerts } from "../../../src/forward/receiver.ts";
import { createHost } from "../../../src/host/create.ts";
import { sendRandomPost } from "../../forward/random-posts.ts";
import { harmOf, judgeJournal, randomJournal } from "../../teardown/random-journal.ts";
import { checkRandomFolders, checkRandomNames } from "../../teardown/random-names.ts";
import { target } from "../fuzz.ts";
import { randomFrom } from "../random.ts";

/** Each is refused, or obeyed where that does no harm. */
export const journals = target({
  name: "journals",
  generate: (random) => randomJournal(random.next),
  run: (text) => {
    const harm = (judgeJournal(text) ?? []).map(harmOf).find((one) => one !== undefined);
    if (harm !== undefined) throw new Error(`the journal is obeyed: ${harm}`);
  },
});

const host = await createHost({});

/** Names of processes, executables, mount points, units and folders that any user of the machine can choose. */
export const names = target({
  name: "names",
  generate: (random) => random.number(0, 2 ** 31),
  run: async (seed, folder) => {
    const random = randomFrom(seed);
    checkRandomNames(random);
    // A process is started to look for folders: one case of many is enough.
    if (random() < 0.02) await checkRandomFolders(host, folder, random);
  },
});

let listening: Promise<CaptureAddress> | undefined;

/** One receiver for all cases, as in a run. It ends with the process, and keeps none from ending. */
async function listen(): Promise<CaptureAddress> {
  const address = { host: "127.0.0.1", token: "0123456789abcdef0123456789abcdef" };
  const { httpPort, smtpPort } = await listenForAlerts(
    { ...address, httpPort: 0, smtpPort: 0 },
    () => undefined,
  );
  return { ...address, httpPort, smtpPort };
}

/** What any pod can send to the receiver of alerts. */
export const posts = target({
  name: "posts to the receiver",
  generate: (random) => random.number(0, 2 ** 31),
  run: async (seed) => {
    listening ??= listen();
    await sendRandomPost(await listening, randomFrom(seed));
  },
});
