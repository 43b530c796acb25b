package dev.sluice.plugins.websearch.engine;

/**
 * Where a user says to be; empty where nothing is said.
 *
 * @param country two upper-case letters
 * @param timezone such as {@code Europe/Berlin}
 */
public record Location(String country, String region, String city, String timezone) {
    /** Nowhere. */
    public static final Location NONE = new Location("", "", "", "");
}
