{{/* Names and labels. A name holds at most 52 signs, so that the pods' names behind it still fit. */}}
{{- define "pykraken.fullname" -}}
{{- if contains "pykraken" .Release.Name -}}{{ .Release.Name | trunc 20 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-pykraken" (.Release.Name | trunc 11 | trimSuffix "-") }}{{- end -}}
{{- end -}}

{{- define "pykraken.selector" -}}
app.kubernetes.io/name: pykraken
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "pykraken.labels" -}}
{{ include "pykraken.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "pykraken.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "pykraken.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end -}}

{{- define "pykraken.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}{{ printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) }}{{- end -}}
{{- end -}}

{{/* The workloads as JSON: each feed once for each share and line of it. Ends with what is wrong. */}}
{{- define "pykraken.workloads" -}}
{{- $withKey := list "level3" "executions" "balances" -}}
{{- $withoutSymbols := list "instrument" "executions" "balances" -}}
{{- $made := list -}}
{{- $names := dict -}}
{{- range $feed := .Values.feeds -}}
  {{- $channel := $feed.channel | default "book" -}}
  {{- $replicas := $feed.replicas | default $.Values.defaults.replicas | int -}}
  {{- $shards := $feed.shards | default 1 | int -}}
  {{- $keys := $feed.apiKeySecrets | default list -}}
  {{- $where := printf "feeds: %s" $feed.name -}}
  {{- if and (has $channel $withoutSymbols) $feed.symbols -}}{{ fail (printf "%s: the channel %s takes no symbols: leave them out" $where $channel) }}{{- end -}}
  {{- if and (not (has $channel $withoutSymbols)) (not $feed.symbols) -}}{{ fail (printf "%s: the channel %s needs symbols, such as [BTC/USD], or [all]" $where $channel) }}{{- end -}}
  {{- if and (has "all" ($feed.symbols | default list)) (gt (len $feed.symbols) 1) -}}{{ fail (printf "%s: in symbols, all stands alone" $where) }}{{- end -}}
  {{- if and $feed.quotes (ne (first ($feed.symbols | default (list ""))) "all") -}}{{ fail (printf "%s: quotes go with symbols: [all] only" $where) }}{{- end -}}
  {{- if and (gt $shards 1) (has $channel $withoutSymbols) -}}{{ fail (printf "%s: the channel %s has no symbols to share: leave shards out" $where $channel) }}{{- end -}}
  {{- if and (eq $channel "level3") (not (has (int ($feed.depth | default 10)) (list 10 100 1000))) -}}{{ fail (printf "%s: level3 has the depths 10, 100 and 1000 only" $where) }}{{- end -}}
  {{- if and $feed.depth (not (has $channel (list "book" "level3"))) -}}{{ fail (printf "%s: the channel %s has no depth: leave it out" $where $channel) }}{{- end -}}
  {{- if and $feed.interval (ne $channel "ohlc") -}}{{ fail (printf "%s: the channel %s has no interval: leave it out" $where $channel) }}{{- end -}}
  {{- if and $feed.trigger (ne $channel "ticker") -}}{{ fail (printf "%s: the channel %s has no trigger: leave it out" $where $channel) }}{{- end -}}
  {{- if and $feed.bbo (not (has $channel (list "book" "level3"))) -}}{{ fail (printf "%s: the channel %s has no book: leave bbo out" $where $channel) }}{{- end -}}
  {{- if and $feed.account (not (has $channel (list "executions" "balances"))) -}}{{ fail (printf "%s: the channel %s has no account: leave it out" $where $channel) }}{{- end -}}
  {{- if has $channel $withKey -}}
    {{- $needed := mul $replicas $shards (ternary 2 1 ($feed.lines | default false)) | int -}}
    {{- if ne (len $keys) $needed -}}{{ fail (printf "%s: %s needs an API key of its own for each pod: name %d Secrets in apiKeySecrets, not %d" $where $channel $needed (len $keys)) }}{{- end -}}
    {{- range $keys -}}
      {{- if hasKey $names (printf "key %s" .) -}}{{ fail (printf "%s: the Secret %s is another pod's already: the nonces of two processes with one key collide" $where .) }}{{- end -}}
      {{- $_ := set $names (printf "key %s" .) true -}}
    {{- end -}}
  {{- else if $keys -}}{{ fail (printf "%s: the channel %s needs no API key: leave apiKeySecrets out" $where $channel) }}{{- end -}}
  {{- $lines := ternary (list "a" "b") (list "") ($feed.lines | default false) -}}
  {{- range $number := until $shards -}}
    {{- range $line := $lines -}}
      {{- $name := $feed.name -}}
      {{- if gt $shards 1 -}}{{- $name = printf "%s-%dof%d" $name (add1 $number) $shards -}}{{- end -}}
      {{- if $line -}}{{- $name = printf "%s-%s" $name $line -}}{{- end -}}
      {{- if hasKey $names $name -}}{{ fail (printf "%s: two workloads would be called %s: give each feed a name of its own" $where $name) }}{{- end -}}
      {{- $_ := set $names $name true -}}
      {{- $mine := list -}}
      {{- if $keys -}}{{- $mine = slice $keys 0 $replicas -}}{{- $keys = slice $keys $replicas -}}{{- end -}}
      {{- $shard := ternary (printf "%d/%d" (add1 $number) $shards) "" (gt $shards 1) -}}
      {{- $made = append $made (dict "name" $name "feed" $feed "channel" $channel "replicas" $replicas "shard" $shard "line" $line "keys" $mine) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- dict "workloads" $made | toJson -}}
{{- end -}}

{{/* The URL of Redis, with the files that belong to it. Ends with what is wrong. */}}
{{- define "pykraken.redisUrl" -}}
{{- $redis := .Values.redis -}}
{{- $url := $redis.url -}}
{{- $files := list -}}
{{- if and $url $redis.bundled.enabled -}}{{ fail "redis: url and bundled.enabled exclude one another: leave url empty for the bundled server" }}{{- end -}}
{{- if $redis.bundled.enabled -}}
  {{- if not $redis.bundled.usersSecret -}}{{ fail "redis.bundled.usersSecret: name a Secret with users.acl and publisher.password (deploy/acl/make-users makes both)" }}{{- end -}}
  {{- $url = printf "redis://publisher@%s-redis:6379/0" (include "pykraken.fullname" .) -}}
  {{- $files = append $files "password_file=/secrets/redis/password" -}}
{{- else -}}
  {{- if not $url -}}{{ fail "redis.url: where to publish, such as redis://publisher@redis:6379/0; or redis.bundled.enabled for a trial" }}{{- end -}}
  {{- if or (regexMatch "://[^/@]*:[^/@]*@" $url) (regexMatch "[?&](sentinel_)?password=" $url) -}}{{ fail "redis.url: a password has no place in values: put it into a Secret and name that in redis.passwordSecret" }}{{- end -}}
  {{- if and (contains "@" $url) (not $redis.passwordSecret.name) -}}{{ fail "redis.url: names a user, so name the Secret with the password in redis.passwordSecret" }}{{- end -}}
  {{- if $redis.passwordSecret.name -}}{{- $files = append $files "password_file=/secrets/redis/password" -}}{{- end -}}
  {{- if $redis.sentinelPasswordSecret.name -}}{{- $files = append $files "sentinel_password_file=/secrets/redis/sentinel-password" -}}{{- end -}}
  {{- /* Not PYKRAKEN_CA_FILE: Kraken's certificate would have to be of that CA, too. */ -}}
  {{- if $redis.tls.caSecret.name -}}{{- $files = append $files "ssl_ca_certs=/secrets/redis/ca.crt" -}}{{- end -}}
  {{- if $redis.tls.clientSecret.name -}}{{- $files = concat $files (list "ssl_certfile=/secrets/redis/tls.crt" "ssl_keyfile=/secrets/redis/tls.key") -}}{{- end -}}
{{- end -}}
{{- $url -}}{{- if $files -}}{{ ternary "&" "?" (contains "?" $url) }}{{ join "&" $files }}{{- end -}}
{{- end -}}

{{/* The files that hold secrets, as sources of one projected volume. `redis` names the folder below /secrets. */}}
{{- define "pykraken.secretSources" -}}
{{- $redis := .Values.redis -}}
{{- $password := $redis.passwordSecret -}}
{{- if $redis.bundled.enabled -}}{{- $password = dict "name" $redis.bundled.usersSecret "key" "publisher.password" -}}{{- end -}}
{{- with $password.name }}
- secret: { name: {{ . }}, items: [{ key: {{ $password.key }}, path: redis/password }] }
{{- end }}
{{- with $redis.sentinelPasswordSecret.name }}
- secret: { name: {{ . }}, items: [{ key: {{ $redis.sentinelPasswordSecret.key }}, path: redis/sentinel-password }] }
{{- end }}
{{- with $redis.tls.caSecret.name }}
- secret: { name: {{ . }}, items: [{ key: {{ $redis.tls.caSecret.key }}, path: redis/ca.crt }] }
{{- end }}
{{- with $redis.tls.clientSecret.name }}
- secret:
    name: {{ . }}
    items:
      - { key: {{ $redis.tls.clientSecret.certKey }}, path: redis/tls.crt }
      - { key: {{ $redis.tls.clientSecret.keyKey }}, path: redis/tls.key }
{{- end }}
{{- end -}}
