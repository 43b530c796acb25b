package dev.sluice.host.config;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations and sizes as the config spells them: a whole number and its unit. */
final class Units {
    /** What a duration looks like: {@code 200ms}, {@code 5s}, {@code 10m}, {@code 1h}, {@code 7d}. */
    static final String DURATION = "^[0-9]{1,9}(ms|s|m|h|d)$";

    /** What a size looks like: {@code 512B}, {@code 64KiB}, {@code 32MiB}, {@code 1GiB}. */
    static final String SIZE = "^[0-9]{1,9}(B|KiB|MiB|GiB)$";

    private static final Pattern DURATIONS = Pattern.compile(DURATION);
    private static final Pattern SIZES = Pattern.compile(SIZE);
    /** Timers count nanoseconds in a long, which ends after 292 years. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Units() {}

    /** The duration; null if the text is none, or longer than a century. */
    static @Nullable Duration duration(String text) {
        Matcher duration = DURATIONS.matcher(text);
        if (!duration.matches()) {
            return null;
        }
        String unit = duration.group(1);
        long number = Long.parseLong(text.substring(0, text.length() - unit.length()));
        Duration value = timeUnit(unit).multipliedBy(number);
        return value.compareTo(LONGEST) > 0 ? null : value;
    }

    /** The size in bytes; empty if the text is none. */
    static OptionalLong size(String text) {
        Matcher size = SIZES.matcher(text);
        if (!size.matches()) {
            return OptionalLong.empty();
        }
        String unit = size.group(1);
        return OptionalLong.of(Long.parseLong(text.substring(0, text.length() - unit.length())) * bytes(unit));
    }

    private static Duration timeUnit(String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(1);
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ofDays(1);
        };
    }

    private static long bytes(String unit) {
        return switch (unit) {
            case "B" -> 1;
            case "KiB" -> 1L << 10;
            case "MiB" -> 1L << 20;
            default -> 1L << 30;
        };
    }
}
