package dev.sluice.plugins.contentsafety;

import java.util.Locale;

/** Which way a text goes. */
public enum Direction {
    REQUEST,
    RESPONSE;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
