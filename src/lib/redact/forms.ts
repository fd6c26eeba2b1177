/** A secret shorter than this is only masked where no letter or digit touches it. */
export const shortSecret = 6;
/** A shorter one is part of ordinary words: masking it would spoil the text and reveal it. */
export const shortestSecret = 4;

/** Characters of a Base64 text that a match needs: fewer occur in other words too. */
const shortestBase64 = 8;

/**
 * Lists the texts that a secret is found as: as it is, as JSON, URLs, HTML, XML, shells and Base64 write it, and, if it has
 * several lines, line by line. None of a secret that is too short to be masked.
 */
export function formsOf(secret: string): string[] {
  const forms = [secret, ...linesOf(secret)].flatMap((text) => [...writtenForms(text), ...base64Forms(text)]);
  return [...new Set(forms)];
}

/** A line of a secret with several lines, without its indentation; the frame of a PEM block is not secret. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1
    ? []
    : lines.filter((line) => line.length >= shortSecret && !line.startsWith("-----"));
}

function writtenForms(text: string): string[] {
  if (text.length < shortestSecret) return [];
  const json = inJson(text);
  const texts = [text, json, inGoJson(json), inAsciiJson(json), inJson(json)];
  return texts.flatMap((one) => [one, ...inUrl(one), ...inMarkup(one), inShell(one), inYaml(one)]);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Go also escapes what HTML could understand. */
function inGoJson(json: string): string {
  return json.replaceAll(/[<>&]/g, unicodeEscape);
}

function inAsciiJson(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JavaScript, Go and forms leave other characters as they are; some programs write the digits in lower case. */
function inUrl(text: string): string[] {
  const component = encodeURIComponent(text.toWellFormed());
  const strict = component.replaceAll(/[!'()*~]/g, percentEncode);
  const loose = component.replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
  const all = [component, strict, loose, strict.replaceAll("%20", "+")];
  return [...all, ...all.map((one) => one.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const entities = {
  named: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" },
  decimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" },
  hexadecimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#x22;", "'": "&#x27;" },
  text: { "&": "&amp;", "<": "&lt;", ">": "&gt;" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

function inMarkup(text: string): string[] {
  return Object.values(entities).map((names: Readonly<Record<string, string>>) =>
    text.replaceAll(/[&<>"']/g, (character) => names[character] ?? character),
  );
}

/** Within YAML's single quotes. */
function inYaml(text: string): string {
  return text.replaceAll("'", "''");
}

/** Within single quotes. */
function inShell(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}

/** What is the same in every Base64 text that holds this one, at each of the three alignments, and once more encoded. */
function base64Forms(text: string): string[] {
  if (text.length < shortestSecret) return [];
  const once = [Buffer.from(text).toString("base64"), ...alignments(text), ...alignments(inJson(text))];
  // As a Secret of kind dockerconfigjson has a login.
  const twice = alignments(text).flatMap(alignments);
  return [...once, ...twice]
    .flatMap((one) => [one, one.replaceAll("+", "-").replaceAll("/", "_")])
    .map((one) => one.replace(/={1,2}$/, ""))
    .filter((one) => one.length >= shortestBase64);
}

function alignments(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/={1,2}$/, "");
    const bits = (before + bytes.length) * 8;
    // The first and the last character also hold bits of their neighbours.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
}
