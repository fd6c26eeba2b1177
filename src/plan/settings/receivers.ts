import {
  hasOnlyPlaceholderIntegrations,
  hasReachableSibling,
  suggestVariable,
  type WrittenSecret,
} from "../../alerting/secrets.ts";
import type { AlertmanagerConfig } from "../../config/settings/alerting.ts";
import type { Notice } from "../../model/plan.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import type { SettingInput } from "./apply.ts";
import { readInlineYaml, readUserFile, type UserYaml } from "./user-files.ts";

export type Given = Pick<SettingInput, "config" | "texts" | "cwd">;

/**
 * Returns the content of `alerting.config`: a mapping in monstack.yaml, or a file.
 * @throws UserError if the file is not valid YAML
 */
export function readConfig(input: Given, config: AlertmanagerConfig): UserYaml {
  return "file" in config
    ? readUserFile(input, config.file)
    : readInlineYaml(input, config.inline, ["alerting", "config"]);
}

/** True if `alerting.config` names receivers, and each has a placeholder where its secret belongs. */
export function hasOnlyPlaceholders(input: Given): boolean {
  const { config } = input.config.alerting;
  return config !== undefined && hasOnlyPlaceholderIntegrations(readConfig(input, config).data);
}

/**
 * Returns why nothing will be sent to the receivers: the user requested capture, or no receiver can be reached. Undefined
 * if the receivers are used.
 */
export function findCaptureReason(input: SettingInput): "requested" | "placeholders" | undefined {
  const { alerting, profile } = input.config;
  if (alerting.receivers !== undefined) return alerting.receivers === "capture" ? "requested" : undefined;
  const canBeCaptured = profile === "ci" && input.canCapture === true;
  return canBeCaptured && hasOnlyPlaceholders(input) ? "placeholders" : undefined;
}

/** Returns the part of a message that suggests capture in place of a missing secret; empty if pods can't reach this machine. */
export function suggestCapture({ canCapture }: SettingInput): string {
  return canCapture === true
    ? ", or alerting.receivers: capture (--alert-receivers capture) to try delivery without it"
    : "";
}

/**
 * Returns the mistakes and notices about secrets that are written in the configuration, and the secrets among them.
 * Everyone who can read the file sees such a secret: profile production refuses it, other profiles warn. No alert
 * arrives with a placeholder: that is a mistake, or a warning if the alerts are captured, or if another receiver of
 * the same route can be reached and the profile is not production.
 */
export function judgeWrittenSecrets(
  input: SettingInput,
  yaml: UserYaml,
  writtenSecrets: readonly WrittenSecret[],
): { mistakes: Mistake[]; notices: Notice[]; secrets: string[] } {
  const mistakes: Mistake[] = [];
  const notices: Notice[] = [];
  const captureReason = findCaptureReason(input);
  for (const { path, isPlaceholder } of writtenSecrets) {
    const expectedReference = `\${${suggestVariable(path)}}, from the environment, or \${file:PATH}`;
    const fieldPath = formatPath(path);
    if (isPlaceholder && captureReason !== undefined) {
      const text =
        captureReason === "requested"
          ? `${fieldPath} is a placeholder, which does no harm as alerting.receivers is capture; expected ${expectedReference}`
          : `${fieldPath} is a placeholder, and no receiver has more than that: monstack's own takes their place; for real delivery write ${expectedReference}`;
      notices.push(yaml.notice("receiver-placeholder", path, text));
    } else if (
      isPlaceholder &&
      input.config.profile !== "production" &&
      hasReachableSibling(yaml.data, path)
    ) {
      const text = `${fieldPath} is a placeholder, so that no alert arrives there; expected ${expectedReference}`;
      notices.push(yaml.notice("receiver-placeholder", path, text));
    } else if (isPlaceholder) {
      const text = `a placeholder, so that no alert can arrive; expected ${expectedReference}${suggestCapture(input)}`;
      mistakes.push(yaml.mistake(path, text));
    } else if (input.config.profile === "production") {
      const text = `a secret (not shown) that everyone who can read the file sees; expected ${expectedReference}`;
      mistakes.push(yaml.mistake(path, text));
    } else {
      const text = `${fieldPath} is a secret that everyone who can read the file sees; expected ${expectedReference}`;
      notices.push(yaml.notice("secret-in-file", path, text));
    }
  }
  const secrets = writtenSecrets.filter((secret) => !secret.isPlaceholder).map(({ value }) => value);
  return { mistakes, notices, secrets };
}
