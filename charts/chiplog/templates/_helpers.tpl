{{/* The stem of every name: the release's, with the chart's behind it unless it says so already. */}}
{{- define "chiplog.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the operator's pod; it never changes, for a Deployment's selector cannot. */}}
{{- define "chiplog.operator.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Labels of what belongs to no single part. */}}
{{- define "chiplog.labels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: chiplog
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of what belongs to the operator. */}}
{{- define "chiplog.operator.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* What selects the compactor's pod. */}}
{{- define "chiplog.compactor.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: compactor
{{- end -}}

{{/* Labels of what belongs to the compactor. */}}
{{- define "chiplog.compactor.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: compactor
{{- end -}}

{{/* Not empty where there is a compactor: it is wanted, and has a way into the bucket. */}}
{{- define "chiplog.compactor.enabled" -}}
{{- $credentials := .Values.bucket.credentials -}}
{{- if and .Values.compactor.enabled (or (ne $credentials.mode "web-identity") $credentials.compactorRoleArn) -}}
true
{{- end -}}
{{- end -}}

{{/* What selects the dashboard's pod. */}}
{{- define "chiplog.dashboard.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: dashboard
{{- end -}}

{{/* Labels of what belongs to the dashboard. */}}
{{- define "chiplog.dashboard.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: dashboard
{{- end -}}

{{/* Not empty where there is a dashboard: it is wanted, and has a way into the bucket. */}}
{{- define "chiplog.dashboard.enabled" -}}
{{- $credentials := .Values.bucket.credentials -}}
{{- if and .Values.dashboard.enabled (or (ne $credentials.mode "web-identity") $credentials.dashboardRoleArn) -}}
true
{{- end -}}
{{- end -}}

{{/* Not empty where the dashboard listens on the network, for people sign on. */}}
{{- define "chiplog.dashboard.open" -}}
{{- with .Values.dashboard.signOn -}}
{{- if or .tokens .trustedProxies .oidc.issuer -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What selects the door's pods. */}}
{{- define "chiplog.ingest.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: ingest
{{- end -}}

{{/* Labels of what belongs to the door. */}}
{{- define "chiplog.ingest.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: ingest
{{- end -}}

{{/* Not empty where there is a door: it is wanted, there can be keys, and it has a way into the bucket. */}}
{{- define "chiplog.ingest.enabled" -}}
{{- $credentials := .Values.bucket.credentials -}}
{{- if and .Values.ingest.enabled .Values.keys.enabled (or (ne $credentials.mode "web-identity") $credentials.ingestRoleArn) -}}
true
{{- end -}}
{{- end -}}

{{/* What selects the injector's pods. */}}
{{- define "chiplog.injector.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: injector
{{- end -}}

{{/* Labels of what belongs to the injector. */}}
{{- define "chiplog.injector.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: injector
{{- end -}}

{{/*
The injector's certificates as JSON: the Secret's data and the caBundle. There are always two certificate authorities
in the bundle, the one that signed what is served now and the one that will sign what is served next. A renewal serves
the next pair, which every API server trusts already, and makes the one after it. So no call fails, in whatever order
Secret and webhook configuration arrive. The authorities' own keys are kept nowhere.
*/}}
{{- define "chiplog.injector.certificates" -}}
{{- $name := printf "%s-injector" (include "chiplog.fullname" .) -}}
{{- $days := int .Values.injector.certificates.validDays -}}
{{- $host := printf "%s.%s.svc" $name .Release.Namespace -}}
{{- $now := now | unixEpoch | int64 -}}
{{- $held := lookup "v1" "Secret" .Release.Namespace (printf "%s-tls" $name) -}}
{{- $data := dict -}}
{{- $made := $now -}}
{{- if and $held (hasKey ($held.data | default dict) "next.crt") -}}
{{- $data = $held.data -}}
{{- $made = index ($held.metadata.annotations | default dict) "chiplog.dev/made" | default "0" | int64 -}}
{{- end -}}
{{- $due := ge $now (add $made (mul 86400 (int .Values.injector.certificates.renewDays))) -}}
{{- if or (not $data) $due -}}
{{- $fresh := dict -}}
{{- range ternary (list "next") (list "tls" "next") (not (empty $data)) -}}
{{- $ca := genCAWithKey (printf "%s-%s-%d" $name . $now) $days (genPrivateKey "ecdsa") -}}
{{- $pair := genSignedCertWithKey $host nil (list $host (printf "%s.cluster.local" $host)) $days $ca (genPrivateKey "ecdsa") -}}
{{- $_ := set $fresh . (dict "ca" ($ca.Cert | b64enc) "crt" ($pair.Cert | b64enc) "key" ($pair.Key | b64enc)) -}}
{{- end -}}
{{- if $data -}}
{{- $_ := set $fresh "tls" (dict "ca" (index $data "next-ca.crt") "crt" (index $data "next.crt") "key" (index $data "next.key")) -}}
{{- end -}}
{{- $before := index $data "ca.crt" | default "" -}}
{{- $data = dict "tls.crt" $fresh.tls.crt "tls.key" $fresh.tls.key "ca.crt" $fresh.tls.ca "next.crt" $fresh.next.crt "next.key" $fresh.next.key "next-ca.crt" $fresh.next.ca -}}
{{- $_ := set $data "before-ca.crt" $before -}}
{{- $made = $now -}}
{{- end -}}
{{- $bundle := printf "%s%s%s" (index $data "ca.crt" | b64dec) (index $data "next-ca.crt" | b64dec) (index $data "before-ca.crt" | default "" | b64dec) | b64enc -}}
{{- dict "data" $data "made" (printf "%d" $made) "bundle" $bundle | toJson -}}
{{- end -}}

{{/* Where the bucket is, for any part of ours. */}}
{{- define "chiplog.bucketEnvironment" -}}
- name: CHIPLOG_BUCKET
  value: {{ .Values.bucket.url | quote }}
- name: AWS_REGION
  value: {{ .Values.bucket.region | quote }}
{{- with .Values.bucket.endpoint }}
- name: AWS_ENDPOINT_URL_S3
  value: {{ . | quote }}
{{- end }}
{{- with .Values.bucket.stsEndpoint }}
- name: AWS_ENDPOINT_URL_STS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The role that a part assumes with its token, from a list of the role's ARN and the part's name. */}}
{{- define "chiplog.roleEnvironment" -}}
- name: AWS_ROLE_ARN
  value: {{ index . 0 | quote }}
- name: AWS_ROLE_SESSION_NAME
  value: chiplog-{{ index . 1 }}
- name: AWS_WEB_IDENTITY_TOKEN_FILE
  value: /var/run/secrets/chiplog.dev/bucket/token
{{- end -}}

{{/* The volume of that token. */}}
{{- define "chiplog.tokenVolume" -}}
- name: bucket-token
  projected:
    sources:
      - serviceAccountToken:
          audience: {{ .Values.bucket.credentials.audience | quote }}
          expirationSeconds: 3600
          path: token
{{- end -}}

{{/* An image's reference, from a list of the image's values and the root. */}}
{{- define "chiplog.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What restricted Pod Security asks of a pod of ours. */}}
{{- define "chiplog.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What restricted Pod Security asks of a container of ours, and a read-only root besides. */}}
{{- define "chiplog.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What a recorder is told and given, for the two programs that put one into pods. */}}
{{- define "chiplog.sidecarEnvironment" -}}
{{- $credentials := .Values.bucket.credentials -}}
- name: CHIPLOG_CLOSED_NAMESPACES
  value: {{ include "chiplog.closedNamespaces" . | fromJsonArray | join "," | quote }}
- name: CHIPLOG_CREDENTIALS
  value: {{ $credentials.mode }}
{{- if eq $credentials.mode "web-identity" }}
- name: CHIPLOG_TOKEN_AUDIENCE
  value: {{ $credentials.audience | quote }}
- name: CHIPLOG_SIDECAR_ROLE_ARN
  value: {{ $credentials.sidecarRoleArn | quote }}
{{- end }}
{{- if eq $credentials.mode "secret" }}
- name: CHIPLOG_CREDENTIALS_SECRET
  value: {{ $credentials.secretName | quote }}
{{- end }}
- name: CHIPLOG_SIDECAR_IMAGE
  value: {{ include "chiplog.image" (list .Values.images.sidecar .) | quote }}
- name: CHIPLOG_SIDECAR_PULL_POLICY
  value: {{ .Values.images.sidecar.pullPolicy }}
- name: CHIPLOG_SIDECAR_CPU
  value: {{ .Values.sidecar.resources.cpu | quote }}
- name: CHIPLOG_SIDECAR_MEMORY
  value: {{ .Values.sidecar.resources.memory | quote }}
{{- end -}}

{{/* The namespaces whose pods are never touched, as JSON. */}}
{{- define "chiplog.closedNamespaces" -}}
{{- concat (list "kube-system" .Release.Namespace) .Values.injector.excludedNamespaces | uniq | toJson -}}
{{- end -}}

{{/* Channels and the namespaces that may use them, as the operator reads it: `nlp=team-a,team-b;ops=*`. */}}
{{- define "chiplog.notifyChannels" -}}
{{- $found := list -}}
{{- range $name, $namespaces := . -}}
{{- $found = append $found (printf "%s=%s" $name (join "," $namespaces)) -}}
{{- end -}}
{{- join ";" $found -}}
{{- end -}}
