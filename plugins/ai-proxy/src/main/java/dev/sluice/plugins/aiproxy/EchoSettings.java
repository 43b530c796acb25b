package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an echo is to be like.
 *
 * @param tokens how many words; -1: as many as were asked
 * @param status of an error to answer with; 0: none
 * @param cutAfter words after which the answer breaks off; -1: it does not
 */
record EchoSettings(
        int tokens,
        Duration delay,
        Duration interval,
        int status,
        int cutAfter,
        String reasoning,
        @Nullable String toolCall) {
    static final List<String> NAMES =
            List.of("tokens", "delay", "interval", "status", "cutAfter", "reasoning", "toolCall");
    private static final EchoSettings PLAIN = new EchoSettings(-1, Duration.ZERO, Duration.ZERO, 0, -1, "", null);
    private static final int MOST_TOKENS = 100_000;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Pattern DIRECTIVE = Pattern.compile("\\[\\[echo\\b([^\\]]*)\\]\\]");
    private static final Pattern SETTING = Pattern.compile("\\s*(\\w+)=(?:\"([^\"]*)\"|(\\S*))\\s*");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");

    /** Those of a provider's config; fields of other names are left alone. */
    static EchoSettings of(JsonNode config) {
        EchoSettings settings = PLAIN;
        for (String name : NAMES) {
            if (config.hasNonNull(name)) {
                settings = settings.with(name, config.get(name).asText());
            }
        }
        return settings;
    }

    /** The same, changed by the directives that stand in a prompt. */
    EchoSettings in(String prompt) {
        EchoSettings settings = this;
        Matcher directive = DIRECTIVE.matcher(prompt);
        while (directive.find()) {
            settings = settings.all(directive.group(1));
        }
        return settings;
    }

    /** The prompt without its directives. */
    static String without(String prompt) {
        return DIRECTIVE.matcher(prompt).replaceAll("").strip();
    }

    private EchoSettings all(String assignments) {
        EchoSettings settings = this;
        Matcher setting = SETTING.matcher(assignments);
        int at = 0;
        String rest = assignments.stripTrailing();
        while (at < rest.length()) {
            setting.region(at, assignments.length());
            if (!setting.lookingAt()) {
                throw new IllegalArgumentException(
                        "'" + assignments.substring(at).strip() + "' is no setting; write name=value");
            }
            String value = setting.group(2) == null ? setting.group(3) : setting.group(2);
            settings = settings.with(setting.group(1), value);
            at = setting.end();
        }
        return settings;
    }

    private EchoSettings with(String name, String value) {
        return switch (name) {
            case "tokens" ->
                new EchoSettings(
                        number(name, value, 0, MOST_TOKENS), delay, interval, status, cutAfter, reasoning, toolCall);
            case "delay" ->
                new EchoSettings(tokens, duration(name, value), interval, status, cutAfter, reasoning, toolCall);
            case "interval" ->
                new EchoSettings(tokens, delay, duration(name, value), status, cutAfter, reasoning, toolCall);
            case "status" ->
                new EchoSettings(tokens, delay, interval, number(name, value, 400, 599), cutAfter, reasoning, toolCall);
            case "cutAfter" ->
                new EchoSettings(
                        tokens, delay, interval, status, number(name, value, 0, MOST_TOKENS), reasoning, toolCall);
            case "reasoning" -> new EchoSettings(tokens, delay, interval, status, cutAfter, value, toolCall);
            case "toolCall" -> new EchoSettings(tokens, delay, interval, status, cutAfter, reasoning, value);
            default ->
                throw new IllegalArgumentException(
                        "unknown setting '" + name + "'; known are " + String.join(", ", NAMES));
        };
    }

    private static int number(String name, String value, int least, int most) {
        if (value.matches("\\d{1,6}")) {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw new IllegalArgumentException(
                String.format(Locale.ROOT, "%s is a number from %d to %d, not '%s'", name, least, most, value));
    }

    private static Duration duration(String name, String value) {
        Matcher parts = DURATION.matcher(value);
        if (parts.matches()) {
            long amount = Long.parseLong(parts.group(1));
            Duration duration = switch (parts.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                default -> Duration.ofMinutes(amount);
            };
            if (duration.compareTo(LONGEST) <= 0) {
                return duration;
            }
        }
        throw new IllegalArgumentException(name + " is a duration like 20ms or 2s, at most 10m, not '" + value + "'");
    }
}
