package dev.sluice.plugins.contentsafety;

/** How grave a risk is; in rising order. */
public enum Level {
    NONE,
    LOW,
    MEDIUM,
    HIGH,
    MAX;

    boolean reaches(Level bar) {
        return compareTo(bar) >= 0;
    }
}
