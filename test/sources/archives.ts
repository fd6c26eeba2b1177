import { gzipSync } from "node:zlib";

export interface TarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** `0` a file (default), `2` a symbolic link, `5` a folder. */
  readonly type?: string;
  readonly linkTo?: string;
}

/** A .tar.gz with just these entries, also such as tar(1) would refuse to write. */
export function tarGz(...entries: TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from((entry.content ?? "") as string);
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [header(entry, content.length), content, padding];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export function chartTgz(name: string, version: string, appVersion?: string): Buffer {
  const chart = { apiVersion: "v2", name, version, ...(appVersion ? { appVersion } : {}) };
  const text = Object.entries(chart).map(([key, value]) => `${key}: ${value}\n`);
  return tarGz(
    { name: `${name}/Chart.yaml`, content: text.join("") },
    { name: `${name}/values.yaml`, content: "{}\n" },
  );
}

function header({ name, type = "0", linkTo = "" }: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write("0000755\0", 100);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(linkTo, 157);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
