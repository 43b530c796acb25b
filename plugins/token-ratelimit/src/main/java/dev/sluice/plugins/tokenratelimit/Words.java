package dev.sluice.plugins.tokenratelimit;

import java.time.Duration;

/** Times as people and headers write them. */
final class Words {
    private Words() {}

    /** As the config writes it: {@code 90s}, {@code 1h}. */
    static String duration(Duration time) {
        long millis = time.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds % 3600 == 0 && seconds > 0) {
            return seconds / 3600 + "h";
        }
        return seconds % 60 == 0 && seconds > 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** As OpenAI's headers write it: {@code 120ms}, {@code 6m0s}. */
    static String reset(long millis) {
        if (millis < 1000) {
            return millis + "ms";
        }
        long seconds = seconds(millis);
        String text = seconds % 60 + "s";
        if (seconds >= 60) {
            text = seconds / 60 % 60 + "m" + text;
        }
        return seconds >= 3600 ? seconds / 3600 + "h" + text : text;
    }

    /** Whole seconds, rounded up. */
    static long seconds(long millis) {
        return (millis + 999) / 1000;
    }
}
