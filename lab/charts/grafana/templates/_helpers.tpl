{{- define "grafana.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "grafana.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end -}}

{{- define "grafana.serviceAccountName" -}}
{{ default (ternary (include "grafana.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end -}}

{{- define "grafana.matchLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "grafana.labels" -}}
{{ include "grafana.matchLabels" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* A whole image reference. Call with (dict "image" .Values.x.image "tag" "used when it has none" "root" $). */ -}}
{{- define "grafana.image" -}}
{{ default .image.registry .root.Values.global.imageRegistry }}/{{ .image.repository }}:{{ default .tag .image.tag }}{{ with .image.sha }}@sha256:{{ . }}{{ end }}
{{- end -}}

{{- /* Given, or the one of the release that is there, or a new random one. */ -}}
{{- define "grafana.adminPassword" -}}
{{- $old := lookup "v1" "Secret" (include "grafana.namespace" .) (include "grafana.fullname" .) -}}
{{- if .Values.adminPassword -}}{{ .Values.adminPassword | b64enc }}
{{- else if and $old (index ($old.data | default dict) "admin-password") -}}{{ index $old.data "admin-password" }}
{{- else -}}{{ randAlphaNum 40 | b64enc }}
{{- end -}}
{{- end -}}

{{- define "grafana.ini" -}}
{{- range $section, $keys := index .Values "grafana.ini" }}
{{- if kindIs "map" $keys }}
[{{ $section }}]
{{- range $key, $value := $keys }}
{{ $key }} = {{ if kindIs "string" $value }}{{ tpl $value $ }}{{ else if not (kindIs "invalid" $value) }}{{ toJson $value }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Like upstream's, curl's failure is lost in the pipe when something follows it: the file is then empty. */ -}}
{{- define "grafana.downloadScript" -}}
#!/usr/bin/env sh
set -euf
{{- $folders := dict }}
{{- range .Values.dashboardProviders }}
{{- range .providers }}
{{- $_ := set $folders .name .options.path }}
mkdir -p {{ .options.path }}
{{- end }}
{{- end }}
{{- range $provider, $dashboards := .Values.dashboards }}
{{- range $name, $d := $dashboards }}
{{- if or $d.gnetId $d.url }}
{{- $url := default (printf "https://grafana.com/api/dashboards/%v/revisions/%v/download" $d.gnetId (default 1 $d.revision)) $d.url }}
curl {{ default $.Values.defaultCurlOptions $d.curlOptions }} --connect-timeout 60 --max-time 60 -H "Accept: {{ default "application/json" $d.acceptHeader }}"
{{- with $d.token }} -H "Authorization: token {{ . }}"{{ end }}
{{- with $d.bearerToken }} -H "Authorization: Bearer {{ . }}"{{ end }}
{{- with $d.basic }} -H "Authorization: Basic {{ . }}"{{ end }}
{{- with $d.gitlabToken }} -H "PRIVATE-TOKEN: {{ . }}"{{ end }} "{{ $url }}"
{{- if and $d.datasource (kindIs "string" $d.datasource) }} | sed '/-- .* --/! s/"datasource":.*,/"datasource": "{{ $d.datasource }}",/g'{{ end }}
{{- if kindIs "slice" $d.datasource }}
{{- range $d.datasource }} | sed -E '/-- .* --/! s/\$\{?{{ .name }}\}?/{{ .value }}/g'{{ end }}
{{- end }}
{{- if $d.b64content }} | base64 -d{{ end }}
{{- with $d.title }} | sed -E '/^(\t|  |    )"title":/ s#"title": *"[^"]*"#"title": "{{ . | replace "\\" "\\\\" | replace "\"" "\\\"" | replace "&" "\\&" }}"#'{{ end }} > "{{ default (printf "/var/lib/grafana/dashboards/%s" $provider) (get $folders $provider) }}/{{ $name }}.json"
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
