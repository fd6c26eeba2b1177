/** An explanation of the error with which a program refuses its configuration. */
interface ConfigurationError {
  /** What is wrong, as a clause. */
  readonly what: string;
  readonly fix: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** Explains one kind of error message. `explain` gets the match and its groups. */
interface Explanation {
  readonly match: RegExp;
  explain(groups: readonly string[]): ConfigurationError;
}

/** Error messages of Prometheus 2.45 to 3.x and of Alertmanager 0.25 to 0.34, which share their YAML library. */
const explanations: readonly Explanation[] = [
  {
    match: /field (\S+) not found in type/,
    explain: ([, key = ""]) => ({
      what: `it has a key ${key} that does not exist there`,
      fix: `Correct or remove the key ${key}.`,
      keys: [key],
      values: [],
    }),
  },
  {
    match:
      /not a valid duration string:? "?([^"\s]{0,300})"?|duration string is not valid: "?([^"\s]{0,300})|in duration "([^"]{0,300})"/,
    explain: ([, ...groups]) => {
      const duration = groups.find((group) => group !== undefined) ?? "";
      return {
        what: `not a valid duration string: "${duration}"`,
        fix: `Write the duration as a number with its unit, like 30s, 5m or 15d, instead of "${duration}".`,
        keys: [],
        values: [duration],
      };
    },
  },
  {
    match: /found multiple scrape configs with job name "([^"]{0,300})"/,
    explain: ([, job = ""]) => ({
      what: `two scrape jobs are called "${job}"`,
      fix: `Give one of the jobs "${job}" another name, or take it away: the chart may bring one of that name.`,
      keys: [],
      values: [job],
    }),
  },
  {
    match: /undefined (receiver|(?:mute |active )?time interval) "?([^"\s]{0,300})"? used in route/,
    explain: ([, kind = "", name = ""]) => ({
      what: `a route names the ${kind} "${name}", which is not defined`,
      fix: `Define a ${kind} called "${name}" in Alertmanager's configuration, or correct the name in the route.`,
      keys: [],
      values: [name],
    }),
  },
  {
    match: /(?:notification config name|receiver name|name) "([^"]{0,300})" is not unique/,
    explain: ([, name = ""]) => ({
      what: `"${name}" is defined twice`,
      fix: `Give one of the two another name than "${name}".`,
      keys: [],
      values: [name],
    }),
  },
  {
    match: /unsupported scheme "([^"]{0,300})" for URL|missing host for URL/,
    explain: ([, scheme = ""]) => ({
      what: `a URL in it is invalid: its scheme is "${scheme}"`,
      fix: "Write the receiver's URL whole, with https:// or http:// (a placeholder that was never filled in does this too).",
      keys: ["api_url", "slack_api_url", "url", "webhook_url"],
      values: [],
    }),
  },
  {
    match: /no (?:global )?Slack API URL|no Slack API URL nor App token/,
    explain: () => ({
      what: "a Slack receiver has no api_url, and there is no global slack_api_url",
      fix: "Set slack_configs[].api_url (or global.slack_api_url) to the incoming webhook of your workspace.",
      keys: ["slack_configs"],
      values: [],
    }),
  },
  {
    match: /no global SMTP (smarthost|from) set/,
    explain: ([, part = ""]) => ({
      what: `an email receiver has no ${part}, and there is no global smtp_${part}`,
      fix: `Set email_configs[].${part} (or global.smtp_${part}).`,
      keys: ["email_configs"],
      values: [],
    }),
  },
  {
    match: /no routes? provided|root route must specify a default receiver|no route provided/,
    explain: () => ({
      what: "it has no route with a receiver at its top",
      fix: "Give Alertmanager's configuration a `route` that names a receiver.",
      keys: ["route"],
      values: [],
    }),
  },
  {
    match: /bad matcher format: (.*)/,
    explain: ([, matcher = ""]) => ({
      what: `"${matcher}" is not a matcher`,
      fix: 'Write the matcher as label="value", label=~"regex" or the like.',
      keys: ["matchers"],
      values: [matcher],
    }),
  },
  {
    match: /failed to parse templates: (.*)$/s,
    explain: ([, why = ""]) => ({
      what: `a notification template can't be read: ${why}`,
      fix: "Correct the template that is named there (`templates` and `templateFiles`).",
      keys: ["templateFiles", "templates"],
      values: [],
    }),
  },
  {
    match: /line (\d{1,9}): cannot unmarshal !!(\w{1,30}) (.{0,500}?)into (\S{1,300})/,
    explain: ([, line = "", yamlType = "", value = "", expectedType = ""]) => {
      const quotedValue = /`(.*)`/.exec(value)?.[1];
      return {
        what: `its line ${line} has ${quotedValue === undefined ? `a ${yamlType}` : `"${quotedValue}"`} where ${expectedType} belongs`,
        fix: `Give line ${line} a value of the right kind (${expectedType}).`,
        keys: [],
        values: quotedValue === undefined ? [] : [quotedValue],
      };
    },
  },
  {
    match: /open (\S+): no such file or directory/,
    explain: ([, file = ""]) => ({
      what: `it names a file that is not in the container: ${file}`,
      fix: `Mount ${file} into the container, or correct the path.`,
      keys: [],
      values: [file],
    }),
  },
  {
    match: /yaml: (?:line (\d+): )?((?!unmarshal).*)$/s,
    explain: ([, line, why = ""]) => ({
      what: `${line === undefined ? "it" : `its line ${line}`} is not valid YAML: ${why}`,
      fix: "Correct the YAML there: mind the indentation, and quote values that have a colon or a brace in them.",
      keys: [],
      values: [],
    }),
  },
];

/**
 * Explains an error message of Prometheus or Alertmanager about its configuration. For an unknown message, returns the
 * message itself without the file's name in front of it.
 */
export function explainConfigurationError(message: string): ConfigurationError {
  for (const { match, explain } of explanations) {
    const groups = match.exec(message);
    if (groups) return explain(groups);
  }
  const what = message.replace(/^.*?parsing YAML file \S+: /s, "");
  const fix = "Correct what is named there in the values; the message is the program's own.";
  return { what, fix, keys: [], values: extractQuoted(message) };
}

/** Returns the texts in double quotes, which may be values that the user wrote. */
function extractQuoted(message: string): string[] {
  return [...message.matchAll(/"([^"]{2,80})"/g)].map(([, text = ""]) => text);
}
