#!/usr/bin/env bash
# What a gateway does when its providers misbehave: the distribution, on this machine's loopback.
#
#   bench/faults/run.sh [battery] [ID…]   every fault, or those named, at full length; prints the table of docs/faults.md
#   bench/faults/run.sh flapping [CALLS]  60,000 calls while the primary goes up and down
#   bench/faults/run.sh overload [FILE]   a model that dies of its load, with and without protection; writes an SVG
#
# Each ends with a status other than 0 if something is not as it should be. Build first: mvn -pl bench -am package -DskipTests
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
bench=$(dirname "$here")
sluice=$(dirname "$bench")/host/target/sluice/bin/sluice
jvm_flags=${JVM_FLAGS:--Xmx1g -Djava.net.preferIPv4Stack=true}

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

[ -x "$sluice" ] && [ -f "$bench/target/sluice-bench.jar" ] && [ -d "$bench/target/lib" ] ||
    fail "nothing is built: mvn -pl bench -am package -DskipTests"

mode=${1:-battery}
[ $# -eq 0 ] || shift
case $mode in
    battery) main=FaultTable ;;
    flapping) main=FlappingPrimary ;;
    overload) main=OverloadStory ;;
    *) fail "unknown mode '$mode': battery, flapping or overload" ;;
esac
# shellcheck disable=SC2086
exec java $jvm_flags -Dlogback.configurationFile="$(dirname "$bench")/host/target/sluice/conf/logback.xml" \
    -cp "$bench/target/sluice-bench.jar:$bench/target/lib/*" "dev.sluice.bench.faults.$main" "$sluice" "$@"
