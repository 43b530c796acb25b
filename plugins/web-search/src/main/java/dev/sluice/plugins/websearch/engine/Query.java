package dev.sluice.plugins.websearch.engine;

/**
 * What is looked for.
 *
 * @param language such as {@code en-US}; empty: the engine's choice
 * @param location where the user is
 * @param category of arXiv's; empty: as configured
 */
public record Query(String text, Engine.Topic topic, String language, Location location, String category) {
    private static final int MAX_LENGTH = 400;

    /** A query in one line, cut to what engines take. */
    public Query {
        text = cut(text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip());
    }

    private static String cut(String text) {
        if (text.length() <= MAX_LENGTH) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(MAX_LENGTH - 1)) ? MAX_LENGTH - 1 : MAX_LENGTH;
        return text.substring(0, end);
    }

    /** The language alone, such as {@code en}; empty if there is none. */
    String languageAlone() {
        int hyphen = language.indexOf('-');
        return hyphen < 0 ? language : language.substring(0, hyphen);
    }
}
