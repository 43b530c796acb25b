package dev.sluice.host.exchange;

import dev.sluice.api.Outcome;
import dev.sluice.api.Target;
import dev.sluice.host.log.AccessLog;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is remembered of an exchange for its outcome and its line in the access log. */
final class ExchangeRecord {
    private static final int MAX_NOTES = 64;
    private static final List<String> UPSTREAM_IDS = List.of("x-request-id", "request-id", "x-amzn-requestid");

    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private long firstEventNanos = -1;
    private @Nullable HostResponseHead head;
    private @Nullable String upstreamId;
    private @Nullable Map<String, Object> notes;
    private @Nullable Map<String, Object> fields;

    void head(HostResponseHead answer) {
        head = answer;
        if (firstEventNanos < 0) {
            firstEventNanos = System.nanoTime();
        }
        if (answer.source().equals(HostResponseHead.UPSTREAM)) {
            for (String name : UPSTREAM_IDS) {
                if (upstreamId == null) {
                    upstreamId = answer.fields().get(name);
                }
            }
        }
    }

    void note(String field, Object value) {
        notes = with(notes, field, value);
    }

    /** Beside the notes, unless the line has a field of that name. */
    void log(String field, Object value) {
        if (AccessLog.FIELDS.contains(field)) {
            note(field, value);
        } else {
            fields = with(fields, field, value);
        }
    }

    private static Map<String, Object> with(@Nullable Map<String, Object> given, String field, Object value) {
        Map<String, Object> all = given == null ? new LinkedHashMap<>() : given;
        if (all.size() < MAX_NOTES || all.containsKey(field)) {
            all.put(Objects.requireNonNull(field, "field"), Objects.requireNonNull(value, "value"));
        }
        return all;
    }

    ExchangeOutcome outcome(int status, boolean whole, boolean cancelled, @Nullable Tries tries) {
        List<Outcome.Try> attempts = tries == null ? List.of() : List.copyOf(tries.attempts());
        return new ExchangeOutcome(
                status,
                whole && status > 0 && status < 400,
                cancelled,
                attempts,
                HostTimings.of(started, startedNanos, firstEventNanos, System.nanoTime()),
                head == null ? "" : head.source());
    }

    AccessLog.Line line(HostExchange.Subject subject, ExchangeOutcome outcome, long bytesSent) {
        Duration first = outcome.timings().firstEvent();
        List<Outcome.Try> tries = outcome.attempts();
        Target last = tries.isEmpty() ? null : tries.get(tries.size() - 1).target();
        return new AccessLog.Line(
                started,
                subject.id(),
                subject.head().remoteAddress(),
                subject.head().method(),
                subject.head().path(),
                subject.head().query() != null,
                subject.route() == null ? "" : subject.route().name(),
                outcome.status(),
                outcome.cancelled(),
                outcome.timings().total().toMillis(),
                first == null ? -1 : first.toMillis(),
                bytesSent,
                tries.size(),
                outcome.source(),
                last == null ? null : last.provider(),
                last == null ? null : last.model(),
                upstreamId,
                notes == null ? Map.of() : notes,
                fields == null ? Map.of() : fields);
    }
}
