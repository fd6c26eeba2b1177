import { describe, expect, test } from "vitest";
import { sanitizeJson, sanitizeMessage, sanitizeText, showControls } from "../../src/lib/sanitize.ts";
import { startProcessorClock } from "../support/processor-clock.ts";
import { commandIn } from "../support/runner-commands.ts";

describe("a foreign text is never a command to GitHub's runner", () => {
  const commands = ["::add-mask::x", "::stop-commands::x", "##[group]x", "##[error]x", "::error file=a::x"];
  const disguises: readonly ((command: string) => string)[] = [
    (command) => command,
    (command) => ` \t${command}`,
    (command) => `\u00a0\u3000\u2003${command}`,
    (command) => `first\n${command}`,
    (command) => `first\r${command}`,
    (command) => `first\r\n${command}`,
    (command) => `first\u0085${command}`,
    (command) => `first\u2028${command}`,
    (command) => `\u001b[31m${command}`,
    (command) => `${command.slice(0, 1)}\u001b[0m${command.slice(1)}`,
    (command) => `${command.slice(0, 1)}\u200d${command.slice(1)}`,
    (command) => `${command.slice(0, 1)}\u200b${command.slice(1)}`,
    (command) => `${command.slice(0, 1)}\u0640${command.slice(1)}`,
    (command) => `\u0640${command}`,
    (command) => `\ufeff${command}`,
    (command) => `\0${command}`,
    (command) => `#${command}`,
    (command) => `:${command}`,
    (command) => `${command}${command}`,
  ];

  test.each(commands.flatMap((command) => disguises.map((disguise) => disguise(command))))("%j", (text) => {
    for (const shown of [sanitizeText(text), sanitizeMessage(text)])
      expect(shown.split(/[\n\r]/).map(commandIn)).toEqual(shown.split(/[\n\r]/).map(() => undefined));
  });

  test("the same goes for what the runner would have obeyed, or the tests above prove nothing", () => {
    for (const command of commands) expect(commandIn(command)).toBeDefined();
    expect(commandIn("text ##[error]x")).toBe("error");
  });

  test("and to Azure's agent", () => {
    expect(sanitizeText("a ##vso[task.setvariable variable=x]y")).toBe(
      "a ##\\vso[task.setvariable variable=x]y",
    );
  });
});

describe("a foreign text doesn't steer a terminal", () => {
  test.each([
    ["a title", "\u001b]0;title\u0007x", "\\x1b]0;title\\x07x"],
    ["a link", "\u001b]8;;http://evil\u001b\\x", "\\x1b]8;;http://evil\\x1b\\x"],
    ["a cleared screen", "\u001b[2J\u001b[Hx", "\\x1b[2J\\x1b[Hx"],
    ["C1's own introducer", "\u009b2Jx", "\\x9b2Jx"],
    ["a backspace", "ok\b\bno", "ok\\x08\\x08no"],
    ["the other direction of writing", "a\u202etxt.exe", "a\\u202etxt.exe"],
    ["an isolated direction", "a\u2066b\u2069", "a\\u2066b\\u2069"],
    ["tag characters", "a\u{e0041}b", "a\\u{e0041}b"],
    ["half a character", "a\ud800b", "a\\ud800b"],
    ["a return to the line's beginning", "verified\rfailed", "verified\nfailed"],
  ])("%s", (_, text, shown) => {
    expect(showControls(text)).toBe(shown);
  });

  test("colours are left out, what people write stays", () => {
    const text = "ünï\tcödé 日本 👩‍💻 ⚠️ \n  indented: # ## [x] a::b ##";
    expect(showControls(`\u001b[1;31m${text}\u001b[0m`)).toBe(text.replaceAll(/\u200d|\ufe0f/g, ""));
    expect(sanitizeText("a::b ## [x] ##")).toBe("a::b ## [x] ##");
  });
});

test("no line of a message passes for another message: all but the first are indented", () => {
  expect(sanitizeMessage("one\ntwo\n  three\n\n")).toBe("one\n    two\n      three");
});

test("JSON says the same to a program", () => {
  const value = { a: "##[group]x", b: "\u001b[2J\u202e\u009b\u{e0041}", c: ["::x", "###["] };
  const shown = sanitizeJson(JSON.stringify(value, undefined, 2));
  expect(JSON.parse(shown)).toEqual(value);
  expect(sanitizeText(shown)).toBe(shown);
  expect(shown).not.toMatch(/##\[|\u202e|\u009b/);
});

test("sanitizing twice changes nothing more", () => {
  const text = sanitizeText("##[x] \u001b[2J\n::a::b ###[y]");
  expect(sanitizeText(text)).toBe(text);
});

test("several MB take well under a second, whatever they are", () => {
  const texts = ["\n", " ", "#", "##[", ":", "::\n", "\u001b[", "\u0640", "abc def "].map((part) =>
    part.repeat(3_000_000 / part.length),
  );
  for (const text of texts) {
    const processorMs = startProcessorClock();
    sanitizeText(text);
    expect(processorMs()).toBeLessThan(2_000);
  }
});
