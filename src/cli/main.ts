#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// V8's young generation grows to 16 MiB while bytes stream through, and each piece in it holds a buffer outside until it
// is collected: as small as at the start, `bundle verify` peaks at 130 MB rather than 174, in the same time. The flag
// that would name the size counts only before V8's start.
setFlagsFromString("--semi-space-growth-factor=1");
// And V8 lets a small heap grow to a few times what lives in it, unless it is told to save: the checks of a run, which
// ask again and again, take some 30 MiB less at their peak, in the same time.
setFlagsFromString("--optimize-for-size");

// What undici 8 wants, and more than zlib's zstd does; without a word of ours an older Node ends with a stack trace.
const oldest = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `monstack needs Node ${oldest.join(".")} or newer; this is ${process.version}\nto mend it: install a newer Node, e.g. \`npx -p node@24 monstack ...\`\n`,
  );
  process.exitCode = 3;
} else {
  const { runCli } = await import("./run.ts");
  process.exitCode = await runCli(process.argv.slice(2), import.meta.dirname);
}
