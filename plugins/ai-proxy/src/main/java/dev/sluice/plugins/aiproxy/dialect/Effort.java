package dev.sluice.plugins.aiproxy.dialect;

import org.jspecify.annotations.Nullable;

/** How much a model is to think, in words and in tokens. */
final class Effort {
    static final long LEAST_BUDGET = 1024;
    private static final long MEDIUM = 8192;
    private static final long HIGH = 16384;

    private Effort() {}

    /** The tokens that a word stands for; null: it is not to think. */
    static @Nullable Long budget(String effort) {
        return switch (effort) {
            case "none" -> null;
            case "minimal", "low" -> LEAST_BUDGET;
            case "high", "xhigh", "max" -> HIGH;
            default -> MEDIUM;
        };
    }

    static String word(long budget) {
        return budget < 4096 ? "low" : budget < HIGH ? "medium" : "high";
    }
}
