type Version = readonly [number, number, number];

/** Whether helm's version is before one of its major. Of a version that is not known exactly it is taken that it isn't. */
export function isBefore(helm: string | undefined, [major, ...wanted]: Version): boolean {
  const [, ...own] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(helm ?? "")?.map(Number) ?? [];
  const [ownMajor, minor = 0, patch = 0] = own;
  if (ownMajor !== major) return false;
  return minor < wanted[0] || (minor === wanted[0] && patch < wanted[1]);
}
