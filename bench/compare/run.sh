#!/usr/bin/env bash
# Compares Sluice with nginx and with a bare vertx-http-proxy, all on this machine's loopback.
#
#   bench/compare/run.sh [requests]   short JSON answers, driven by wrk
#   bench/compare/run.sh firehose     streams of many small events, and what a proxy adds to a lone one
#   bench/compare/run.sh streams      1024 paced streams at once through Sluice; none of their events may be lost
#   bench/compare/run.sh dialects     chats of 1 KB through ai-proxy, passed through and translated, beside a plain route
#   bench/compare/run.sh limits       the same through token-ratelimit, in memory and on a Redis, beside a route without
#
# Settings, from the environment: ROUNDS (5), SECONDS_EACH (4), WARMUP (20), STARTS (3, of dialects), STREAMS (1024), PACE_MILLIS (20),
# PORT_BASE (18400), JVM_FLAGS. Build first: mvn -pl bench -am package -DskipTests
set -euo pipefail
export LC_ALL=C

mode=${1:-requests}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-4}
warmup=${WARMUP:-20}
starts=${STARTS:-3}
streams=${STREAMS:-1024}
pace=${PACE_MILLIS:-20}
base=${PORT_BASE:-18400}
jvm_flags=${JVM_FLAGS:--Xms512m -Xmx512m -XX:+UseSerialGC -XX:ActiveProcessorCount=2}

here=$(cd "$(dirname "$0")" && pwd -P)
bench=$(dirname "$here")
sluice=$(dirname "$bench")/host/target/sluice/bin/sluice

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null 2>&1 || fail "$1 is missing; on Debian: apt-get install $2"
}

need java openjdk-17-jre-headless
need nginx nginx-light
need wrk wrk
need shuf coreutils
need timeout coreutils
[ -r /proc/self/schedstat ] || fail "the kernel shows no /proc/PID/schedstat: CPU times cannot be read"
[ -x "$sluice" ] && [ -f "$bench/target/sluice-bench.jar" ] && [ -d "$bench/target/lib" ] ||
    fail "nothing is built: mvn -pl bench -am package -DskipTests"

work=$(mktemp -d)
pids=()

# Ends what this script started and nothing else, by process id.
cleanup() {
    if [ ${#pids[@]} -gt 0 ]; then
        kill "${pids[@]}" 2>/dev/null || true
        wait "${pids[@]}" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

declare -A pid_of port_of

# start NAME PORT COMMAND…: starts it and waits until the port answers.
start() {
    local name=$1 port=$2
    shift 2
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "port $port is taken; set PORT_BASE to where there are a dozen free ones"
    fi
    "$@" >"$work/$name.log" 2>&1 &
    pid_of[$name]=$!
    port_of[$name]=$port
    pids+=("$!")
    local left=300
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        left=$((left - 1))
        if [ "$left" -eq 0 ] || ! kill -0 "${pid_of[$name]}" 2>/dev/null; then
            cat "$work/$name.log" >&2
            fail "$name did not start"
        fi
        sleep 0.1
    done
}

# stop NAME: ends it, and waits until it has.
stop() {
    kill "${pid_of[$1]}"
    wait "${pid_of[$1]}" || true
}

# nginx_conf WORKERS: the part of a configuration that does not serve; the rest comes from standard input.
nginx_conf() {
    cat <<END
worker_processes $1;
daemon off;
pid $work/nginx-$2.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $work/tmp-$2-1;
    proxy_temp_path $work/tmp-$2-2;
    fastcgi_temp_path $work/tmp-$2-3;
    uwsgi_temp_path $work/tmp-$2-4;
    scgi_temp_path $work/tmp-$2-5;
END
    cat
    echo "}"
}

start_nginx() {
    start "$1" "$2" nginx -c "$work/$1.conf" -p "$work" -e stderr
}

json_upstream() {
    local text answer
    text=$(printf 'All happy families are alike. %.0s' 1 2 3 4 5 6 7 8 9 10 11)
    answer="{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"$text\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":230,\"completion_tokens\":77,\"total_tokens\":307}}"
    nginx_conf 1 upstream >"$work/upstream.conf" <<END
    default_type application/json;
    server { listen 127.0.0.1:$base backlog=4096; location / { return 200 '$answer'; } }
END
    start_nginx upstream "$base"
}

event_upstream() {
    # shellcheck disable=SC2086
    start upstream "$base" java $jvm_flags -cp "$bench/target/sluice-bench.jar:$bench/target/lib/*" \
        dev.sluice.bench.compare.EventUpstream "$base"
}

nginx_proxy() {
    nginx_conf 2 nginx >"$work/nginx.conf" <<END
    upstream behind { server 127.0.0.1:$base; keepalive 256; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$((base + 1)) backlog=4096;
        location / {
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            $1
        }
    }
END
    start_nginx nginx $((base + 1))
}

vertx_proxy() {
    # shellcheck disable=SC2086
    start vertx $((base + 2)) java $jvm_flags -cp "$bench/target/sluice-bench.jar:$bench/target/lib/*" \
        dev.sluice.bench.compare.PlainProxy $((base + 2)) "$base" 2
}

# sluice_proxy NAME PORT FILTERS: the distribution, with that many filters that do nothing.
sluice_proxy() {
    local name=$1 port=$2 filters=$3 i
    mkdir -p "$work/$name/plugins"
    cp "$bench/target/sluice-bench-nothing.jar" "$work/$name/plugins/"
    {
        cat <<END
listen: { host: 127.0.0.1, port: $port }
admin: { host: 127.0.0.1, port: $((port + 1)) }
accessLog: "off"
plugins: { dir: plugins }
routes:
  - name: all
    match: { path: "/**" }
    upstream: "http://127.0.0.1:$base"
END
        if [ "$filters" -gt 0 ]; then
            echo "    filters:"
            for ((i = 1; i <= filters; i++)); do
                echo "      - nothing: { place: $i }"
            done
        fi
    } >"$work/$name/sluice.yaml"
    SLUICE_JAVA_OPTS="$jvm_flags ${SLUICE_JAVA_OPTS:-}" start "$name" "$port" "$sluice" run -c "$work/$name/sluice.yaml"
}

# Nanoseconds of CPU that a server's threads have taken, nginx's workers included.
cpu_of() {
    local pid=${pid_of[$1]} all
    all="$pid $(cat "/proc/$pid/task/$pid/children")"
    for pid in $all; do
        cat "/proc/$pid"/task/*/schedstat
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# value KEY LINE
value() {
    sed -n "s/.*\b$1=\([-0-9.]*\).*/\1/p" <<<"$2"
}

driver() {
    local line
    # shellcheck disable=SC2086
    line=$(timeout 180 java $jvm_flags -cp "$bench/target/sluice-bench.jar:$bench/target/lib/*" \
        dev.sluice.bench.compare.EventDriver "$@" 2>"$work/driver.log") ||
        fail "the driver found streams that were not whole: ${line:-$(cat "$work/driver.log")}"
    echo "$line"
}

# The table: per server the median and range of the rounds, the median of its ratios to the two others in the same
# round, and CPU per unit. Reads lines of: round name rate cpu-nanoseconds-per-unit
table() {
    awk -v unit="$1" -v order="$2" '
        function median(text,    n, a, i, j, t) {
            n = split(text, a, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            low = a[1]; high = a[n]
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        { rate[$1, $2] = $3; rates[$2] = rates[$2] " " $3; cpus[$2] = cpus[$2] " " $4 / 1000; if ($1 > rounds) rounds = $1 }
        END {
            printf "%-18s %12s %23s %10s %10s %14s\n", "", unit "/s", "range", "x vertx", "x nginx", "us CPU/" unit
            n = split(order, names, " ")
            for (i = 1; i <= n; i++) {
                name = names[i]; tv = ""; tn = ""
                for (r = 1; r <= rounds; r++) {
                    tv = tv " " rate[r, name] / rate[r, "vertx"]
                    tn = tn " " rate[r, name] / rate[r, "nginx"]
                }
                m = median(rates[name]); range = sprintf("%.0f-%.0f", low, high)
                printf "%-18s %12.0f %23s %10.2f %10.2f %14.2f\n", name, m, range, median(tv), median(tn), median(cpus[name])
            }
        }' "$work/results"
}

hit() {
    timeout $((seconds + warmup + 30)) wrk -t1 -c64 -d"$2s" "http://127.0.0.1:${port_of[$1]}/v1/models" >"$work/wrk.out"
    if grep -E 'Non-2xx|Socket errors' "$work/wrk.out"; then
        fail "$1 failed requests"
    fi
}

requests() {
    local servers="nginx vertx sluice sluice-7-filters" name before round
    json_upstream
    nginx_proxy ""
    vertx_proxy
    sluice_proxy sluice $((base + 3)) 0
    sluice_proxy sluice-7-filters $((base + 5)) 7
    for name in $servers; do
        echo "warming up $name" >&2
        hit "$name" "$warmup"
    done
    for ((round = 1; round <= rounds; round++)); do
        for name in $(shuf -e $servers); do
            before=$(cpu_of "$name")
            hit "$name" "$seconds"
            awk -v round="$round" -v name="$name" -v ns=$(($(cpu_of "$name") - before)) '
                $2 == "requests" { n = $1 }
                /^Requests\/sec/ { rate = $2 }
                END { print round, name, rate, ns / n }' "$work/wrk.out" | tee -a "$work/results" >&2
        done
    done
    table req "$servers"
}

firehose() {
    local servers="nginx vertx sluice" name before round line
    event_upstream
    nginx_proxy "proxy_buffering off;"
    vertx_proxy
    sluice_proxy sluice $((base + 3)) 0
    for name in $servers; do
        echo "warming up $name" >&2
        driver burst "${port_of[$name]}" 8 20000 "$warmup" >/dev/null
    done
    for ((round = 1; round <= rounds; round++)); do
        for name in $(shuf -e $servers); do
            before=$(cpu_of "$name")
            line=$(driver burst "${port_of[$name]}" 8 20000 "$seconds")
            echo "$round $name $(value per_second "$line")" \
                "$((($(cpu_of "$name") - before) / $(value events "$line")))" | tee -a "$work/results" >&2
        done
    done
    table event "$servers"
    echo
    echo "A lone event each 20 ms, 8 streams; microseconds from its sending to its arrival:"
    for name in upstream $servers; do
        line=$(driver paced "${port_of[$name]}" 8 200 20)
        printf '%-18s p50 %6s  p99 %6s\n' "$name" "$(value p50 "$line")" "$(value p99 "$line")"
    done
}

paced_streams() {
    local name line
    event_upstream
    sluice_proxy sluice $((base + 3)) 0
    sluice_proxy sluice-7-filters $((base + 5)) 7
    # The JIT sees some streams before those that count.
    for name in upstream sluice sluice-7-filters; do
        driver paced "${port_of[$name]}" 64 64 20 >/dev/null
    done
    echo "$streams streams at once, 64 events each, one per $pace ms; microseconds from sending to arrival:"
    for name in upstream sluice sluice-7-filters; do
        line=$(driver paced "${port_of[$name]}" "$streams" 64 "$pace")
        printf '%-18s events %s, lost %s, out of order %s, p50 %s, p99 %s, max %s\n' "$name" "$(value events "$line")" \
            "$(value lost "$line")" "$(value wrong "$line")" "$(value p50 "$line")" "$(value p99 "$line")" \
            "$(value max "$line")"
    done
    echo "What Sluice adds is its line less the upstream's own; the driver and the upstream share the machine with it."
}

# dialect_script NAME PATH: a wrk script that posts a chat of 1 KB in that client's dialect.
dialect_script() {
    local text
    text=$(printf 'Every unhappy family is unhappy in its own way. %.0s' $(seq 1 18))
    cat >"$work/$1.lua" <<END
wrk.method = "POST"
wrk.path = "$2"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer client"
wrk.body = '{"model":"gpt-4o","max_tokens":256,"temperature":0.2,"messages":[{"role":"user","content":"$text"}]}'
END
}

# post SCRIPT SECONDS [SERVER [CONNECTIONS]]
post() {
    timeout $((seconds + warmup + 30)) wrk -t1 -c"${4:-64}" -d"$2s" --latency -s "$work/$1.lua" \
        "http://127.0.0.1:${port_of[${3:-sluice}]}" >"$work/wrk.out"
    if grep -E 'Non-2xx|Socket errors' "$work/wrk.out"; then
        fail "$1 failed requests"
    fi
}

dialects() {
    local routes="plain same-dialect translated" name before round from
    json_upstream
    mkdir -p "$work/sluice/plugins"
    cp "$(dirname "$bench")"/host/target/sluice/plugins/ai-proxy-*.jar "$work/sluice/plugins/"
    cat >"$work/sluice/sluice.yaml" <<END
listen: { host: 127.0.0.1, port: $((base + 3)) }
admin: { host: 127.0.0.1, port: $((base + 4)) }
accessLog: "off"
plugins: { dir: plugins }
providers:
  openai: { type: openai, baseUrl: "http://127.0.0.1:$base/v1", apiTokens: [ bench ] }
routes:
  - { name: plain, match: { path: "/plain/**" }, upstream: "http://127.0.0.1:$base" }
  - { name: chat, match: { path: "/**" }, filters: [ ai-proxy: { provider: openai } ] }
END
    dialect_script plain /plain/v1/chat/completions
    dialect_script same-dialect /v1/chat/completions
    dialect_script translated /v1/messages
    # No two runs of a JVM compile the same code in the same way, so one start says little.
    for ((from = 0; from < starts * rounds; from += rounds)); do
        SLUICE_JAVA_OPTS="$jvm_flags ${SLUICE_JAVA_OPTS:-}" start sluice $((base + 3)) "$sluice" run -c "$work/sluice/sluice.yaml"
        for name in $routes; do
            echo "warming up $name" >&2
            post "$name" "$warmup"
        done
        for ((round = from + 1; round <= from + rounds; round++)); do
            for name in $(shuf -e $routes); do
                before=$(cpu_of sluice)
                post "$name" "$seconds"
                awk -v round="$round" -v name="$name" -v ns=$(($(cpu_of sluice) - before)) '
                    $2 == "requests" { n = $1 }
                    /^Requests\/sec/ { rate = $2 }
                    END { print round, name, rate, ns / n }' "$work/wrk.out" | tee -a "$work/results" >&2
            done
        done
        stop sluice
    done
    ratios "$routes"
}

# ratios NAMES: per name the median of its rates, and of its ratios to the first name's in the same round.
ratios() {
    awk -v order="$1" '
        function median(text,    n, a, i, j, t) {
            n = split(text, a, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        { rate[$1, $2] = $3; rates[$2] = rates[$2] " " $3; cpus[$2] = cpus[$2] " " $4 / 1000; if ($1 > rounds) rounds = $1 }
        END {
            n = split(order, names, " ")
            printf "%-18s %12s %10s %14s\n", "", "req/s", "x " names[1], "us CPU/req"
            for (i = 1; i <= n; i++) {
                ratio = ""
                for (r = 1; r <= rounds; r++) ratio = ratio " " rate[r, names[i]] / rate[r, names[1]]
                printf "%-18s %12.0f %10.2f %14.2f\n", names[i], median(rates[names[i]]), median(ratio), median(cpus[names[i]])
            }
        }' "$work/results"
}

# limit_routes NAME PORT STATE: a gateway that has the three routes, with what it counts kept there.
limit_routes() {
    mkdir -p "$work/$1/plugins"
    cp "$(dirname "$bench")"/host/target/sluice/plugins/{ai-proxy,token-ratelimit}-*.jar "$work/$1/plugins/"
    cat >"$work/$1/sluice.yaml" <<END
listen: { host: 127.0.0.1, port: $2 }
admin: { host: 127.0.0.1, port: $(($2 + 1)) }
accessLog: "off"
plugins: { dir: plugins }
state: $3
providers:
  openai: { type: openai, baseUrl: "http://127.0.0.1:$base/v1", apiTokens: [ bench ] }
routes:
  - { name: free, match: { path: "/free/**" }, filters: [ ai-proxy: { provider: openai } ] }
  - name: limited
    match: { path: "/**" }
    filters:
      - token-ratelimit:
          storeTimeout: 2s
          rules: [ { name: per-key, by: [ "header:authorization" ], tokens: 1000000000000, window: 1h } ]
      - ai-proxy: { provider: openai }
END
    SLUICE_JAVA_OPTS="$jvm_flags ${SLUICE_JAVA_OPTS:-}" start "$1" "$2" "$sluice" run -c "$work/$1/sluice.yaml"
}

limits() {
    local kinds="free memory redis" name before round failures
    json_upstream
    java -cp "$bench/target/sluice-bench.jar:$bench/target/lib/*" dev.sluice.bench.compare.RedisBinary "$work/redis-server"
    start redis $((base + 7)) "$work/redis-server" --port $((base + 7)) --bind 127.0.0.1 --save "" --appendonly no --dir "$work"
    limit_routes sluice $((base + 3)) "{}"
    limit_routes shared $((base + 5)) "{ redis: \"redis://127.0.0.1:$((base + 7))\" }"
    dialect_script free /free/v1/chat/completions
    dialect_script memory /v1/chat/completions
    dialect_script redis /v1/chat/completions
    declare -A server_of=([free]=sluice [memory]=sluice [redis]=shared)
    for name in $kinds; do
        echo "warming up $name" >&2
        post "$name" "$warmup" "${server_of[$name]}"
    done
    for ((round = 1; round <= rounds; round++)); do
        for name in $(shuf -e $kinds); do
            before=$(cpu_of "${server_of[$name]}")
            post "$name" "$seconds" "${server_of[$name]}"
            awk -v round="$round" -v name="$name" -v ns=$(($(cpu_of "${server_of[$name]}") - before)) '
                $2 == "requests" { n = $1 }
                /^Requests\/sec/ { rate = $2 }
                END { print round, name, rate, ns / n }' "$work/wrk.out" | tee -a "$work/results" >&2
            post "$name" "$seconds" "${server_of[$name]}" 8
            awk -v round="$round" -v name="$name" '
                function micros(text) { return text ~ /us$/ ? text + 0 : text ~ /ms$/ ? text * 1000 : text * 1000000 }
                $1 == "50%" { p50 = micros($2) }
                $1 == "99%" { p99 = micros($2) }
                END { print round, name, p50, p99 }' "$work/wrk.out" >>"$work/delays"
        done
    done
    echo "64 connections; with a limiter each request is one decision, and one charge after it:"
    ratios "$kinds"
    echo
    echo "8 connections; microseconds, medians of the rounds:"
    awk -v order="$kinds" '
        function median(text,    n, a, i, j, t) {
            n = split(text, a, " ")
            for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
            return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
        }
        { p50[$2] = p50[$2] " " $3; p99[$2] = p99[$2] " " $4; of[$1, $2] = $4; if ($1 > rounds) rounds = $1 }
        END {
            n = split(order, names, " ")
            printf "%-18s %12s %12s %12s\n", "", "p50", "p99", "added p99"
            for (i = 1; i <= n; i++) {
                added = ""
                for (r = 1; r <= rounds; r++) added = added " " of[r, names[i]] - of[r, names[1]]
                printf "%-18s %12.0f %12.0f %12.0f\n", names[i], median(p50[names[i]]), median(p99[names[i]]), median(added)
            }
        }' "$work/delays"
    failures=$(curl -s "http://127.0.0.1:$((base + 6))/metrics" | awk '/^sluice_token_ratelimit_store_failures_total/ { print $2 }')
    [ "${failures:-0}" = 0.0 ] || fail "Redis could not be asked ${failures:-?} times: what was measured is not what it is to be"
}

case $mode in
    requests) requests ;;
    firehose) firehose ;;
    streams) paced_streams ;;
    dialects) dialects ;;
    limits) limits ;;
    *) fail "unknown mode '$mode': requests, firehose, streams, dialects or limits" ;;
esac
