package dev.sluice.plugins.aistatistics;

import dev.sluice.api.ConfigException;
import dev.sluice.plugins.aistatistics.AiStatisticsConfig.Attribute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What of an exchange is logged or traced beside its numbers, checked and ready. Immutable. */
final class Attributes {
    private static final Set<String> SECRET =
            Set.of("authorization", "proxy-authorization", "x-api-key", "apikey", "api-key", "cookie", "set-cookie");

    /** What needs no path, since the views tell it in every dialect. */
    enum BuiltIn {
        QUESTION,
        SYSTEM,
        ANSWER,
        REASONING,
        TOOL_CALLS,
        CHAT_ID,
        CHAT_ROUND,
        REASONING_TOKENS,
        CACHED_TOKENS,
        INPUT_TOKEN_DETAILS,
        OUTPUT_TOKEN_DETAILS;

        private static final Map<String, BuiltIn> BY_NAME = new HashMap<>();

        static {
            for (BuiltIn one : values()) {
                BY_NAME.put(one.word(), one);
            }
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isOfRequest() {
            return this == QUESTION || this == SYSTEM || this == CHAT_ROUND;
        }

        boolean isOfAnswer() {
            return this == ANSWER || this == REASONING || this == TOOL_CALLS || this == CHAT_ID;
        }
    }

    /** Where a value is found. */
    enum Source {
        BUILT_IN,
        FIXED_VALUE,
        REQUEST_HEADER,
        REQUEST_BODY,
        RESPONSE_HEADER,
        RESPONSE_BODY,
        RESPONSE_STREAMING_BODY
    }

    /** Which of a stream's events counts. */
    enum Rule {
        FIRST,
        REPLACE,
        APPEND
    }

    /**
     * One of them.
     *
     * @param value the header's name, or the value itself; empty where there is a path, or nothing to say
     * @param spanKey null: not in the span
     */
    record Wanted(
            String key,
            Source source,
            @Nullable BuiltIn builtIn,
            String value,
            @Nullable JsonPath path,
            Rule rule,
            @Nullable String defaultValue,
            boolean log,
            boolean separate,
            @Nullable String spanKey) {

        boolean readsRequestBody() {
            return source == Source.REQUEST_BODY || (builtIn != null && builtIn.isOfRequest());
        }

        boolean readsAnswer() {
            return source == Source.RESPONSE_BODY
                    || source == Source.RESPONSE_STREAMING_BODY
                    || (builtIn != null && builtIn.isOfAnswer());
        }
    }

    private final List<Wanted> all;
    private final int limit;

    private Attributes(List<Wanted> all, int limit) {
        this.all = List.copyOf(all);
        this.limit = limit;
    }

    /**
     * Checks them.
     *
     * @throws ConfigException if one cannot be had
     */
    static Attributes of(AiStatisticsConfig config) {
        List<Wanted> all = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < config.attributes().size(); i++) {
            Attribute attribute = config.attributes().get(i);
            String at = "attributes[" + i + "]";
            if (attribute.key().isBlank()) {
                throw new ConfigException(at + ".key", "is empty: an attribute needs a name");
            }
            // One key may be listed once for whole answers and once for streams.
            Wanted one = wanted(attribute, at);
            if (!keys.add(one.key + " " + one.source)) {
                throw new ConfigException(
                        at + ".key", "'" + one.key + "' is listed twice with the same source: keep one of the two");
            }
            all.add(one);
        }
        for (BuiltIn one : BuiltIn.values()) {
            boolean text = one.isOfRequest() || one.isOfAnswer();
            boolean asked = config.useDefaultAttributes() || (config.useDefaultResponseAttributes() && !text);
            if (asked && all.stream().noneMatch(other -> other.key.equals(one.word()))) {
                all.add(new Wanted(
                        one.word(),
                        Source.BUILT_IN,
                        one,
                        "",
                        null,
                        Rule.APPEND,
                        null,
                        true,
                        false,
                        "sluice." + one.word()));
            }
        }
        return new Attributes(all, config.valueLengthLimit());
    }

    private static Wanted wanted(Attribute attribute, String at) {
        BuiltIn builtIn = BuiltIn.BY_NAME.get(attribute.key());
        String value = attribute.value() == null ? "" : attribute.value();
        Source source = source(attribute, builtIn, at);
        boolean body = source == Source.REQUEST_BODY
                || source == Source.RESPONSE_BODY
                || source == Source.RESPONSE_STREAMING_BODY;
        if (source != Source.BUILT_IN && value.isEmpty() && !(body && builtIn != null)) {
            throw new ConfigException(
                    at + ".value", "is missing: say which part of " + attribute.valueSource() + " is meant");
        }
        boolean header = source == Source.REQUEST_HEADER || source == Source.RESPONSE_HEADER;
        if (header && SECRET.contains(value.toLowerCase(Locale.ROOT))) {
            throw new ConfigException(at + ".value", "'" + value + "' holds credentials, which are never logged");
        }
        if (attribute.rule() != null && source != Source.RESPONSE_STREAMING_BODY) {
            throw new ConfigException(
                    at + ".rule", "says which event of a stream counts: it needs value_source response_streaming_body");
        }
        boolean log = attribute.applyToLog() != null ? attribute.applyToLog() : attribute.applyToSpan() == null;
        boolean span = attribute.applyToSpan() != null && attribute.applyToSpan();
        String spanKey = attribute.traceSpanKey() == null ? attribute.key() : attribute.traceSpanKey();
        return new Wanted(
                attribute.key(),
                source,
                builtIn,
                header ? value.toLowerCase(Locale.ROOT) : value,
                body && !value.isEmpty() ? path(value, at) : null,
                attribute.rule() == null ? Rule.REPLACE : Rule.valueOf(upper(attribute.rule())),
                attribute.defaultValue(),
                log,
                attribute.asSeparateLogField(),
                span ? spanKey : null);
    }

    private static Source source(Attribute attribute, @Nullable BuiltIn builtIn, String at) {
        if (attribute.valueSource() != null) {
            return Source.valueOf(upper(attribute.valueSource()));
        }
        if (builtIn != null) {
            return Source.BUILT_IN;
        }
        throw new ConfigException(
                at + ".valueSource",
                "is missing, and '" + attribute.key() + "' is not built in; built in are "
                        + String.join(
                                ", ", BuiltIn.BY_NAME.keySet().stream().sorted().toList()));
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }

    private static JsonPath path(String value, String at) {
        try {
            return JsonPath.of(value);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(at + ".value", String.valueOf(e.getMessage()));
        }
    }

    List<Wanted> all() {
        return all;
    }

    /** Characters of a value. */
    int limit() {
        return limit;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    boolean readBodies() {
        return all.stream().anyMatch(one -> one.readsRequestBody() || one.readsAnswer());
    }
}
