import { join } from "node:path";
import type { ExecResult } from "../../host/host.ts";
import { getOwnValue } from "../../lib/object.ts";
import type { Signature } from "../../lockfile/tools.ts";
import {
  createSignatureError,
  createUncheckedSignature,
  fetchPublished,
  getLastLine,
  isInstalled,
  type Signed,
} from "./program.ts";

/**
 * Verifies the detached OpenPGP signature of helm's archive with gpg. One of helm's release managers must have made it.
 * @param managers names by the fingerprint of the primary key
 * @throws InstallError if the signature is wrong
 */
export async function checkHelm(
  signed: Signed,
  managers: Readonly<Record<string, string>> = helmReleaseManagers,
): Promise<Signature> {
  const { web, version, url, path } = signed;
  const { host } = web.context;
  if (!(await isInstalled(host, "gpg")))
    return createUncheckedSignature("gpg is not on this machine (Debian's package gnupg has it)");
  const signature = await fetchPublished(signed, `${url}.asc`);
  if (signature.text === undefined) return createUncheckedSignature(signature.why);
  const keys = await fetchPublished(signed, helmKeysUrl);
  if (keys.text === undefined) return createUncheckedSignature(keys.why);
  const { text } = keys;
  // A separate keyring, so that the user's own keys have no influence.
  return await host.files.withTemp("monstack-gpg-", async (folder) => {
    await host.files.write(join(folder, "KEYS"), text);
    await host.files.write(join(folder, "signature.asc"), signature.text);
    const runGpg = (args: string[]) =>
      host.exec(["gpg", "--homedir", folder, "--batch", "--no-tty", ...args], { allowFailure: true });
    // A key that gpg can't read must not hide the others. Only the verification counts.
    await runGpg(["--quiet", "--import", join(folder, "KEYS")]);
    const verdict = await runGpg(["--status-fd", "1", "--verify", join(folder, "signature.asc"), path]);
    return judgeStatus(`helm ${version}`, verdict, managers);
  });
}

/** gpg's results for a signature. Exactly one is expected, so that a good result can't hide a bad one. */
const resultPattern = /^(GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)$/;

/**
 * Returns the result of gpg's status lines, https://git.gnupg.org/cgi-bin/gitweb.cgi?p=gnupg.git;a=blob;f=doc/DETAILS
 * @throws InstallError if the signature is wrong, or was not made by a release manager
 */
function judgeStatus(
  what: string,
  { exitCode, stdout, stderr }: ExecResult,
  managers: Readonly<Record<string, string>>,
): Signature {
  const statusLines = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([mark, word = "", ...rest]) => (mark === "[GNUPG:]" ? [{ word, rest: rest.join(" ") }] : []));
  const findArguments = (name: string) => statusLines.find(({ word }) => word === name)?.rest;
  if (findArguments("BADSIG") !== undefined)
    throw createSignatureError(what, "gpg says that these are not the bytes that were signed");
  if (findArguments("REVKEYSIG") !== undefined) throw createSignatureError(what, "its key was revoked");
  if (findArguments("NO_PUBKEY") !== undefined)
    throw createSignatureError(
      what,
      `it is of the key ${findArguments("NO_PUBKEY")}, which is not in helm's KEYS`,
    );
  const results = statusLines.filter(({ word }) => resultPattern.test(word)).map(({ word }) => word);
  const validSignatures = statusLines.filter(({ word }) => word === "VALIDSIG");
  // The line ends with the primary key's fingerprint, whichever subkey signed.
  const fingerprint = validSignatures[0]?.rest.split(" ").at(-1);
  if (fingerprint === undefined)
    throw createSignatureError(what, `gpg finds none in it: ${getLastLine(stderr)}`);
  const manager = getOwnValue(managers, fingerprint);
  if (manager === undefined)
    throw createSignatureError(
      what,
      `it is of the key ${fingerprint}, which does not belong to a known helm release manager`,
    );
  if (validSignatures.length !== 1 || results.length !== 1)
    throw createSignatureError(what, `gpg says of it: ${results.join(", ")}`);
  if (results[0] === "EXPKEYSIG")
    return createUncheckedSignature(`the key of ${manager} (${fingerprint}) has expired since`);
  if (results[0] !== "GOODSIG" || exitCode !== 0)
    throw createSignatureError(
      what,
      `gpg says of it: ${results.join(", ")}, and ends with exit code ${exitCode}`,
    );
  return { status: "verified", by: "gpg", signer: `${manager} (${fingerprint})` };
}

/** The URL of helm's keys. They are compared with the fingerprints below, so the host needn't be trusted. */
export const helmKeysUrl = "https://raw.githubusercontent.com/helm/helm/main/KEYS";

/**
 * helm's release managers by the fingerprint of their primary key: those in helm's KEYS file as of its commit 5638c3539
 * (2026-02-08), https://github.com/helm/helm/blob/main/KEYS. A key that is added there is added here by hand.
 */
export const helmReleaseManagers: Readonly<Record<string, string>> = {
  "672C657BE06B4B30969C4A57461449C25E36B98E": "Matthew Farina",
  F1261BDE929012C8FF2E501D6EA5D7598529A53E: "Martin Hickey",
  "967F8AC5E2216F9F4FD270AD92AA783CBAAE8E3B": "Matthew Fisher",
  "76939899B137D575D3274E756DCCB9D752D35BA8": "Taylor Thomas",
  "49D09C86C3DC8DA3F0A076221EF612347F8A9958": "Adam Reese",
  ABA2529598F6626C420D335B62F49E747D911B60: "Matt Butcher",
  "4AB45F1CB0D292975C6371436E2A23D806B6E6DD": "Matt Butcher",
  "208DD36ED5BB3745A16743A4C7C6FBB5B91C1155": "Scott Rigby",
  "7FEC81FACC7FFB2A010ADD13C2D40F4D8196E874": "Robert Sirchia",
  BF888333D96A1C18E2682AAED79D67C9EC016739: "George Jenkins",
};
