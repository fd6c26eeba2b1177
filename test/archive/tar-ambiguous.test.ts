import { describe, expect, it } from "vitest";
import { readTarEntries } from "../../src/archive/tar.ts";
import type { TarEntry } from "../../src/archive/tar-header.ts";
import { createTarPadding, tarEnd } from "../../src/archive/tar-writer.ts";

interface Block {
  readonly name: string;
  readonly type: string;
  readonly content?: string;
  /** Bytes that the header claims, if not the content's. */
  readonly size?: string;
  readonly patch?: (header: Buffer) => void;
  /** A header whose sum is left wrong. */
  readonly isSumWrong?: boolean;
}

function block({ name, type, content = "", size, patch, isSumWrong }: Block): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(size ?? `${Buffer.byteLength(content).toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  patch?.(header);
  const sum = header.reduce((total, byte) => total + byte, isSumWrong ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content), createTarPadding(Buffer.byteLength(content))]);
}

async function read(...blocks: Block[]): Promise<{ seen: TarEntry[]; files: Record<string, string> }> {
  const bytes = Buffer.concat([...blocks.map(block), tarEnd]);
  const seen: TarEntry[] = [];
  const files = new Map<string, string>();
  const reading = { what: "it", limit: 10_000_000, inspect: (entry: TarEntry) => void seen.push(entry) };
  for await (const { name, pieces } of readTarEntries(sourceOf(bytes), "x.tar", reading)) {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces()) parts.push(piece);
    files.set(name, Buffer.concat(parts).toString());
  }
  return { seen, files: Object.fromEntries(files) };
}

async function* sourceOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function pax(...records: readonly (readonly [string, string])[]): Block {
  const lines = records.map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = Buffer.byteLength(rest);
    const digits = String(length + String(length + 2).length).length;
    return `${length + digits}${rest}`;
  });
  return { name: "pax", type: "x", content: lines.join("") };
}

const hidden = block({ name: "a/hidden", type: "0", content: "evil" }).toString("latin1");

describe("an archive that another reader would understand in another way is refused", () => {
  it.each(["1", "2", "3", "4", "5", "6"])(
    "an entry of type %s with a content: Go reads none",
    async (type) => {
      await expect(read({ name: "a/b", type, content: hidden })).rejects.toThrow(
        /and has a content of 1024 bytes/,
      );
    },
  );

  it.each<[string, RegExp, Block[]]>([
    [
      "a folder of an old archive with a content",
      /is a link, a folder or a device/,
      [{ name: "a/b/", type: "\0", content: hidden }],
    ],
    [
      "one that only its PAX name makes a folder",
      /is a folder, and has a content/,
      [pax(["path", "a/b/"]), { name: "a/b", type: "\0", content: hidden }],
    ],
    ["a size in PAX", /\(size\)/, [pax(["size", "0"]), { name: "a", type: "0", content: hidden }]],
    [
      "a sparse file in PAX",
      /GNU\.sparse\.major/,
      [pax(["GNU.sparse.major", "1"]), { name: "a", type: "0" }],
    ],
    ["a sparse file", /is a sparse file/, [{ name: "a", type: "S", content: hidden }]],
    ["a size that is none", /not a tar archive/, [{ name: "a", type: "0", size: "-0000000001\0" }]],
    [
      "a size in base 256",
      /not a tar archive/,
      [{ name: "a", type: "0", size: "\x80\0\0\0\0\0\0\0\0\0\0\x01" }],
    ],
    ["a wrong sum", /not a tar archive/, [{ name: "a", type: "0", isSumWrong: true }]],
    [
      "star's own format",
      /star's own format/,
      [{ name: "a", type: "0", patch: (header) => void header.write("tar\0", 508) }],
    ],
    [
      "a folder where GNU has times",
      /has a time that is not valid/,
      [
        {
          name: "a",
          type: "0",
          patch: (header) => {
            header.write("ustar  \0", 257);
            header.write("folder", 345);
          },
        },
      ],
    ],
    ["a NUL in a PAX name", /invalid PAX header/, [pax(["path", "a\0b"]), { name: "a", type: "0" }]],
    [
      "a name of megabytes",
      /a name in it has 2000000 bytes/,
      [{ name: "L", type: "L", content: "a".repeat(2_000_000) }],
    ],
  ])("%s", async (_, why, blocks) => {
    await expect(read(...blocks)).rejects.toThrow(why);
  });
});

describe("names count as Go takes them", () => {
  it("a second PAX header takes the place of the first", async () => {
    const { files } = await read(pax(["path", "first"]), pax(["mtime", "1"]), { name: "own", type: "0" });
    expect(files).toEqual({ own: "" });
  });

  it("GNU's long name counts more than PAX's, whichever comes first", async () => {
    const long = { name: "L", type: "L", content: "long\0" };
    for (const order of [
      [long, pax(["path", "pax"])],
      [pax(["path", "pax"]), long],
    ])
      expect((await read(...order, { name: "own", type: "0" })).files).toEqual({ long: "" });
  });

  it("an empty one leaves the one before", async () => {
    const { files } = await read(pax(["path", ""]), { name: "own", type: "0", content: "x" });
    expect(files).toEqual({ own: "x" });
  });

  it("those of entries without a content are passed on too", async () => {
    const { seen, files } = await read({ name: "a/", type: "5" }, { name: "./a/b", type: "0", content: "x" });
    expect(seen.map(({ name, type }) => [name, type])).toEqual([
      ["a/", "5"],
      ["a/b", "0"],
    ]);
    expect(files).toEqual({ "a/b": "x" });
  });
});
