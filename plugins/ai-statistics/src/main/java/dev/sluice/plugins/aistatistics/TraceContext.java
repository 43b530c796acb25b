package dev.sluice.plugins.aistatistics;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which trace something belongs to, as W3C's {@code traceparent} tells it. Immutable.
 *
 * @param traceId 32 hex digits
 * @param spanId 16 hex digits
 * @param sampled whether the trace is recorded
 */
record TraceContext(String traceId, String spanId, boolean sampled) {
    static final String HEADER = "traceparent";

    private static final Pattern FORM =
            Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    /** What the header says; null if there is not exactly one, or it is not valid. */
    static @Nullable TraceContext of(List<String> headers) {
        if (headers.size() != 1) {
            return null;
        }
        Matcher parts = FORM.matcher(headers.get(0).trim());
        if (!parts.matches()) {
            return null;
        }
        String version = parts.group(1);
        String trace = parts.group(2);
        String span = parts.group(3);
        boolean longer = parts.group(5) != null;
        if (version.equals("ff") || (version.equals("00") && longer) || isZero(trace) || isZero(span)) {
            return null;
        }
        return new TraceContext(trace, span, (Integer.parseInt(parts.group(4), 16) & 1) == 1);
    }

    private static boolean isZero(String id) {
        return id.chars().allMatch(c -> c == '0');
    }

    /** A new trace. */
    static TraceContext begin() {
        return new TraceContext(newSpanId() + newSpanId(), newSpanId(), true);
    }

    /** A new span in the same trace. */
    TraceContext child() {
        return new TraceContext(traceId, newSpanId(), sampled);
    }

    String header() {
        return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
    }

    private static String newSpanId() {
        long id;
        do {
            id = ThreadLocalRandom.current().nextLong();
        } while (id == 0);
        return String.format("%016x", id);
    }
}
