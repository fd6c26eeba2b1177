import { InstallError } from "../../lib/errors.ts";

/** A checksum file, as its host publishes it. */
export interface ChecksumFile {
  /** The file whose checksum is wanted. */
  readonly file: string;
  /** `named`: lines of `<sha256>  <name>`, as sha256sum(1) writes them. `bare`: the sha256 and nothing else. */
  readonly form: "named" | "bare";
  /** Where the text comes from, for the message. */
  readonly url: string;
}

/**
 * The sha256 (hex, lower case) that `text` gives for the file.
 * @throws InstallError when it isn't a checksum file, gives none for that file, or two different ones.
 */
export function findChecksum(text: string, { file, form, url }: ChecksumFile): string {
  const fail = (why: string) =>
    new InstallError(`no checksum of ${file}: ${url} ${why}; without it nothing is installed`, {
      fix: "the host or the mirror serves something else than upstream: compare the URL with upstream's",
    });
  if (/^\s*</.test(text)) throw fail("is an HTML page, not a checksum file");
  if (form === "bare") {
    const bare = text.trim().toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(bare)) throw fail(`is not a sha256 but ${excerpt(text)}`);
    return bare;
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map((line) => /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(\S+)\s*$/.exec(line));
  const broken = entries.indexOf(null);
  if (broken >= 0 || entries.length === 0)
    throw fail(`is not a checksum file: ${excerpt(lines[broken] ?? "")}`);
  const names = entries.map((entry) => entry?.[2] ?? "");
  const sums = entries.filter((entry) => entry?.[2] === file).map((entry) => entry?.[1]?.toLowerCase() ?? "");
  const [sum] = sums;
  if (sum === undefined) throw fail(`has only those of ${names.slice(0, 5).join(", ")}`);
  if (sums.some((other) => other !== sum)) throw fail("gives two different ones");
  return sum;
}

function excerpt(text: string): string {
  return text.trim() === "" ? "empty" : JSON.stringify(text.slice(0, 80));
}
