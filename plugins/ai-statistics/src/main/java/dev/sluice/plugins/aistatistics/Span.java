package dev.sluice.plugins.aistatistics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A span that is over. Filled by one thread, then handed over and not changed. */
final class Span {

    /** Which end of a call it is, by OTLP's number. */
    enum Kind {
        SERVER(2),
        CLIENT(3);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    private static final int ERROR = 2;
    private static final long NANOS = 1_000_000_000L;

    private final TraceContext context;
    private final @Nullable String parent;
    private final String name;
    private final Kind kind;
    private final Instant started;
    private final Duration lasted;
    private final Map<String, Object> attributes = new LinkedHashMap<>();
    private boolean failed;

    Span(TraceContext context, @Nullable String parent, String name, Kind kind, Outcome.Timings timings) {
        this.context = context;
        this.parent = parent;
        this.name = name;
        this.kind = kind;
        this.started = timings.started();
        this.lasted = timings.total();
    }

    /** Sets an attribute: text, a number, a boolean, or anything that is written as text. */
    void set(String key, Object value) {
        attributes.put(key, value);
    }

    /** It went wrong, for that reason. */
    void failed(String type) {
        failed = true;
        set("error.type", type);
    }

    /** As OTLP's JSON has it: ids in hex, 64-bit numbers as text. */
    ObjectNode json() {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("traceId", context.traceId()).put("spanId", context.spanId());
        if (parent != null) {
            tree.put("parentSpanId", parent);
        }
        tree.put("name", name).put("kind", kind.number);
        tree.put("startTimeUnixNano", nanos(started)).put("endTimeUnixNano", nanos(started.plus(lasted)));
        attributes(tree.putArray("attributes"), attributes);
        if (failed) {
            tree.putObject("status").put("code", ERROR);
        }
        return tree;
    }

    private static String nanos(Instant at) {
        return Long.toString(at.getEpochSecond() * NANOS + at.getNano());
    }

    static void attributes(ArrayNode into, Map<String, ?> attributes) {
        attributes.forEach((key, value) -> {
            ObjectNode typed = into.addObject().put("key", key).putObject("value");
            if (value instanceof Boolean flag) {
                typed.put("boolValue", flag);
            } else if (value instanceof Double || value instanceof Float) {
                typed.put("doubleValue", ((Number) value).doubleValue());
            } else if (value instanceof Number number) {
                typed.put("intValue", Long.toString(number.longValue()));
            } else {
                typed.put("stringValue", value.toString());
            }
        });
    }
}
