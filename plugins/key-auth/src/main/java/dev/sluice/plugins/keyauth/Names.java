package dev.sluice.plugins.keyauth;

/** Names of consumers that come from outside of the config. */
final class Names {
    private static final int LONGEST = 200;

    private Names() {}

    /** Whether it can be one: they are sent in a header, and read in logs. */
    static boolean isOne(String name) {
        return !name.isBlank()
                && name.equals(name.strip())
                && name.length() <= LONGEST
                && name.chars().allMatch(c -> c >= ' ' && c < 0x7f);
    }
}
