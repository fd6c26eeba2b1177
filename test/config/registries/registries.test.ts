import { describe, expect, test } from "vitest";
import { inFolder } from "../in-folder.ts";

const env = { HOME: "/home/ann", DOCKER_USER: "ci", DOCKER_TOKEN: "s3cret-word" };

async function load(yaml: string, fetches = true) {
  await using folder = await inFolder({ "monstack.yaml": yaml });
  const { config } = await folder.load({ env, fetches });
  return { registries: config.registries, cwd: folder.cwd };
}

async function mistakes(yaml: string): Promise<string> {
  return await load(yaml).then(
    () => "none",
    (error: Error) => error.message,
  );
}

describe("registries", () => {
  test("have logins from the environment, an authority, or no verification", async () => {
    const { registries, cwd } = await load(`registries:
  docker.io: { username: "\${DOCKER_USER}", password: "\${DOCKER_TOKEN}" }
  registry.example:5000: { ca: ./ca.pem }
  "[::1]:5000": { username: ann, password: "\${DOCKER_TOKEN}", insecure: true }
`);
    expect(registries).toEqual({
      "docker.io": {
        credentials: { username: "ci", password: "s3cret-word" },
        ca: undefined,
        insecure: false,
      },
      "registry.example:5000": { credentials: undefined, ca: `${cwd}/ca.pem`, insecure: false },
      "[::1]:5000": {
        credentials: { username: "ann", password: "s3cret-word" },
        ca: undefined,
        insecure: true,
      },
    });
  });

  test("there are none without the section", async () => {
    expect((await load("namespace: x\n")).registries).toEqual({});
  });

  test("nobody needs their passwords where nothing is fetched", async () => {
    await using folder = await inFolder({
      "monstack.yaml": `registries: {a.example: {username: a, password: "\${NOT_THERE}"}}\n`,
    });
    const { config } = await folder.load({ fetches: false });
    expect(config.registries["a.example"]?.credentials).toEqual({ username: "a", password: "" });
  });

  test.each([
    ["registries: [docker.io]", "is not a mapping of image registries; expected for example docker.io: {"],
    ["registries: {docker.io: ci}", "is not a mapping with a registry's login; expected for example"],
    [
      "registries: {https://quay.io/v2: {}}",
      "is not an image registry; expected its host, with its port if need be: quay.io",
    ],
    ["registries: {quay.io/org: {}}", "is not an image registry; expected its host"],
    ["registries: {registry-1.docker.io: {}}", "registry-1.docker.io is called docker.io here"],
    ["registries: {quay.io: {user: a}}", "unknown key; expected one of: username, password, ca, insecure"],
    ["registries: {quay.io: {username: a}}", "username and password belong together"],
    ["registries: {quay.io: {username: a, password: s3cret-word}}", "invalid value (not shown): expected $"],
    [
      `registries: {quay.io: {username: a, password: "\${NOT_THERE}"}}`,
      "the environment has no NOT_THERE; set it to the registry's password",
    ],
    ["registries: {quay.io: {ca: 1}}", 'registries."quay.io".ca: 1 is a number'],
    [
      "registries: {quay.io: {insecure: perhaps}}",
      'registries."quay.io".insecure: "perhaps" is not true or false',
    ],
    [
      "registries: {quay.io: {ca: a.pem, insecure: true}}",
      "both a certificate authority and no verification",
    ],
  ])("%s", async (yaml, words) => {
    const said = await mistakes(`${yaml}\n`);
    expect(said).toContain(words);
    expect(said).not.toContain("s3cret-word");
    expect(said).toContain("monstack.yaml:1:");
  });
});
