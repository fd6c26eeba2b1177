/** `36 35 98:0 ROOT POINT OPTIONS ...` */
const mountLine = /^\d+ \d+ \d+:\d+ [^ ]+ ([^ ]+) /;

/** The mount points in a /proc/PID/mountinfo, in the order in which they were mounted; one can be there twice. */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = mountLine.exec(line)?.[1];
    return point === undefined ? [] : [unescapeOctal(point)];
  });
}

/** The kernel writes space, tab, newline and backslash as three octal digits, and every other byte as it is. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
