import { join } from "node:path";
import type { ExecResult } from "../../host/host.ts";
import { ownValue } from "../../lib/object.ts";
import type { Signature } from "../../lockfile/tools.ts";
import { helmKeysUrl, helmReleaseManagers } from "./helm-keys.ts";
import { isInstalled, lastLine, published, unchecked, wrong } from "./program.ts";
import type { Signed } from "./types.ts";

/**
 * helm's archive has a detached OpenPGP signature beside it, of one of its release managers.
 * @param managers names by the fingerprint of the primary key
 * @throws InstallError when it is wrong
 */
export async function checkHelm(
  signed: Signed,
  managers: Readonly<Record<string, string>> = helmReleaseManagers,
): Promise<Signature> {
  const { web, version, url, path } = signed;
  const { host } = web.context;
  if (!(await isInstalled(host, "gpg")))
    return unchecked("gpg is not on this machine (Debian's package gnupg has it)");
  const signature = await published(signed, `${url}.asc`);
  if (signature.text === undefined) return unchecked(signature.why);
  const keys = await published(signed, helmKeysUrl);
  if (keys.text === undefined) return unchecked(keys.why);
  const { text } = keys;
  // A keyring of its own: the user's keys say nothing about helm's releases.
  return await host.files.withTemp("monstack-gpg-", async (folder) => {
    await host.files.write(join(folder, "KEYS"), text);
    await host.files.write(join(folder, "signature.asc"), signature.text);
    const gpg = (args: string[]) =>
      host.exec(["gpg", "--homedir", folder, "--batch", "--no-tty", ...args], { allowFailure: true });
    // One key of the file that gpg can't read must not hide the others: what counts is the verification.
    await gpg(["--quiet", "--import", join(folder, "KEYS")]);
    const verdict = await gpg(["--status-fd", "1", "--verify", join(folder, "signature.asc"), path]);
    return judge(`helm ${version}`, verdict, managers);
  });
}

/** What gpg says of a signature. Only one is expected, so that none hides behind another. */
const verdicts = /^(GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)$/;

/** gpg's status lines, https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;a=blob;f=doc/DETAILS */
function judge(
  what: string,
  { exitCode, stdout, stderr }: ExecResult,
  managers: Readonly<Record<string, string>>,
): Signature {
  const words = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([mark, word = "", ...rest]) => (mark === "[GNUPG:]" ? [{ word, rest: rest.join(" ") }] : []));
  const restOf = (wanted: string) => words.find(({ word }) => word === wanted)?.rest;
  if (restOf("BADSIG") !== undefined)
    throw wrong(what, "gpg says that these are not the bytes that were signed");
  if (restOf("REVKEYSIG") !== undefined) throw wrong(what, "its key was revoked");
  if (restOf("NO_PUBKEY") !== undefined)
    throw wrong(what, `it is of the key ${restOf("NO_PUBKEY")}, which is not in helm's KEYS`);
  const found = words.filter(({ word }) => verdicts.test(word)).map(({ word }) => word);
  const valid = words.filter(({ word }) => word === "VALIDSIG");
  // The primary key's fingerprint is the last word, whichever subkey signed.
  const primary = valid[0]?.rest.split(" ").at(-1);
  if (primary === undefined) throw wrong(what, `gpg finds none in it: ${lastLine(stderr)}`);
  const manager = ownValue(managers, primary);
  if (manager === undefined)
    throw wrong(
      what,
      `it is of the key ${primary}, which is none of helm's release managers that are known here`,
    );
  if (valid.length !== 1 || found.length !== 1) throw wrong(what, `gpg says of it: ${found.join(", ")}`);
  if (found[0] === "EXPKEYSIG") return unchecked(`the key of ${manager} (${primary}) has expired since`);
  if (found[0] !== "GOODSIG" || exitCode !== 0)
    throw wrong(what, `gpg says of it: ${found.join(", ")}, and ends with exit code ${exitCode}`);
  return { status: "verified", by: "gpg", signer: `${manager} (${primary})` };
}
