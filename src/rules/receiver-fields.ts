const everywhere = ["send_resolved", "http_config"];

/**
 * The fields of each integration, as Alertmanager 0.33 has them (config/notifiers.go and config/receiver). A newer one may
 * have more of them, so only what looks like a slip of the pen is one.
 */
export const integrationFields: Readonly<Record<string, readonly string[]>> = {
  slack_configs: [
    ...everywhere,
    ...["api_url", "api_url_file", "app_token", "app_token_file", "app_url", "channel", "username", "color"],
    ...[
      "title",
      "title_link",
      "pretext",
      "text",
      "message_text",
      "fields",
      "short_fields",
      "footer",
      "fallback",
    ],
    ...[
      "callback_id",
      "icon_emoji",
      "icon_url",
      "image_url",
      "thumb_url",
      "link_names",
      "mrkdwn_in",
      "actions",
    ],
    ...["update_message", "timeout"],
  ],
  email_configs: [
    ...["send_resolved", "to", "from", "hello", "smarthost", "auth_username", "auth_password"],
    ...["auth_password_file", "auth_secret", "auth_secret_file", "auth_identity", "headers", "html", "text"],
    ...["require_tls", "tls_config", "force_implicit_tls", "threading"],
  ],
  webhook_configs: [...everywhere, "url", "url_file", "max_alerts", "timeout", "payload"],
  pagerduty_configs: [
    ...everywhere,
    ...["service_key", "service_key_file", "routing_key", "routing_key_file", "url", "client", "client_url"],
    ...["description", "details", "images", "links", "source", "severity", "class", "component", "group"],
    "timeout",
  ],
  opsgenie_configs: [
    ...everywhere,
    ...["api_key", "api_key_file", "api_url", "message", "description", "source", "details", "entity"],
    ...["responders", "actions", "tags", "note", "priority", "update_alerts"],
  ],
  msteams_configs: [...everywhere, "webhook_url", "webhook_url_file", "title", "summary", "text"],
  msteamsv2_configs: [...everywhere, "webhook_url", "webhook_url_file", "title", "text"],
};

/** What an integration can't do without: one of the first, or one of the second under `global`. */
export interface Needed {
  readonly own: readonly string[];
  readonly global: readonly string[];
  readonly message: string;
}

export const integrationNeeds: Readonly<Record<string, readonly Needed[]>> = {
  slack_configs: [
    {
      own: ["api_url", "api_url_file", "app_token", "app_token_file"],
      global: ["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
      message: "Slack's address is missing: api_url here, or slack_api_url under global",
    },
  ],
  webhook_configs: [{ own: ["url", "url_file"], global: [], message: "url or url_file must be there" }],
  email_configs: [
    { own: ["to"], global: [], message: "to is missing: nobody would get the e-mail" },
    {
      own: ["from"],
      global: ["smtp_from"],
      message: "the sender is missing: from here, or smtp_from under global",
    },
    {
      own: ["smarthost"],
      global: ["smtp_smarthost"],
      message: "the server is missing: smarthost here, or smtp_smarthost under global",
    },
  ],
  pagerduty_configs: [
    {
      own: ["routing_key", "routing_key_file", "service_key", "service_key_file"],
      global: [],
      message: "PagerDuty's key is missing: routing_key (Events API v2) or service_key",
    },
  ],
  opsgenie_configs: [
    {
      own: ["api_key", "api_key_file"],
      global: ["opsgenie_api_key", "opsgenie_api_key_file"],
      message: "Opsgenie's key is missing: api_key here, or opsgenie_api_key under global",
    },
  ],
  msteams_configs: [
    {
      own: ["webhook_url", "webhook_url_file"],
      global: [],
      message: "Teams' address is missing: webhook_url",
    },
  ],
  msteamsv2_configs: [
    {
      own: ["webhook_url", "webhook_url_file"],
      global: [],
      message: "Teams' address is missing: webhook_url",
    },
  ],
};
