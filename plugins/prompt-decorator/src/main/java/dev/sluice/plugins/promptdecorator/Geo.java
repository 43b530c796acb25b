package dev.sluice.plugins.promptdecorator;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Headers;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts in the place of {@code ${geo-country}} and its kin what a header of the request says. Immutable. */
final class Geo {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{geo-([^}]*)}");

    private final Map<String, String> headers = new HashMap<>();

    Geo(Map<String, String> headers) {
        this.headers.putAll(headers);
    }

    /** Refuses a text with a placeholder that would stand for nothing. */
    void check(String text, String path) {
        Matcher found = PLACEHOLDER.matcher(text);
        while (found.find()) {
            String what = found.group(1);
            if (!what.matches("country|province|city|isp")) {
                throw new ConfigException(
                        path,
                        "nothing stands for '" + found.group() + "': known are ${geo-country}, ${geo-province},"
                                + " ${geo-city}, ${geo-isp}");
            }
            if (!headers.containsKey(what)) {
                throw new ConfigException(
                        path,
                        "nothing says what '" + found.group()
                                + "' stands for: name the header that does, as geoHeaders: {" + " " + what + ": x-geo-"
                                + what.toLowerCase(Locale.ROOT) + " }");
            }
        }
    }

    /** The text with every placeholder filled in; a header that is not there counts as empty. */
    String fill(String text, Headers request) {
        if (headers.isEmpty()) {
            return text;
        }
        return PLACEHOLDER
                .matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(Objects.requireNonNullElse(
                        request.get(Objects.requireNonNull(headers.get(found.group(1)))), "")));
    }
}
