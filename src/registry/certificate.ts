import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A server's key and its certificate, both as PEM. */
interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

const dayMs = 86_400_000;

/**
 * Creates a key and a self-signed certificate for 127.0.0.1. A client that trusts only this certificate connects only to
 * the holder of the key. Node can sign, but it has no function that creates a certificate (RFC 5280).
 * @param now milliseconds since the epoch
 */
export function createLoopbackCertificate(now: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), text("monstack image registry"))));
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const content = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    name,
    sequence(time(now - dayMs), time(now + 3650 * dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(listExtensions())),
  );
  const signature = sign("sha256", content, privateKey);
  const der = sequence(content, algorithm, tagged(0x03, Buffer.from([0]), signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

/** Returns the certificate's extensions: an authority for itself only, and a server at 127.0.0.1. */
function listExtensions(): Buffer {
  const yes = tagged(0x01, Buffer.from([0xff]));
  const extension = (id: Buffer, value: Buffer) => sequence(id, yes, tagged(0x04, value));
  const address = tagged(0x87, Buffer.from([127, 0, 0, 1]));
  return Buffer.concat([
    extension(oid(2, 5, 29, 19), sequence(yes, integer(Buffer.from([0])))),
    // Signs certificates and connections.
    extension(oid(2, 5, 29, 15), tagged(0x03, Buffer.from([2, 0x84]))),
    sequence(oid(2, 5, 29, 37), tagged(0x04, sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1)))),
    sequence(oid(2, 5, 29, 17), tagged(0x04, sequence(address))),
  ]);
}

/** Returns an element in DER: its tag, its length and its content. */
function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length > 255 ? [0x82, length >> 8, length & 255] : [0x81, length];
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : [tag, ...bytes]), content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...parts);
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x31, ...parts);
}

function text(value: string): Buffer {
  return tagged(0x0c, Buffer.from(value));
}

/** Returns a non-negative integer in DER: without leading zeros, except one that keeps the first bit zero. */
function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return (digits[0] ?? 0) < 128 ? tagged(0x02, digits) : tagged(0x02, Buffer.from([0]), digits);
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** Returns a time as UTCTime before 2050, else as GeneralizedTime, as RFC 5280 requires. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return digits < "2050" ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}
