package dev.sluice.plugins.headertransform;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.api.ConfigException;
import dev.sluice.api.RequestHead;
import org.jspecify.annotations.Nullable;

/** A value that is written, and the requests for which it is: all, or those whose host or path matches. Immutable. */
final class Value {
    private final String text;
    private final @Nullable Pattern pattern;
    private final boolean ofHost;

    private Value(String text, @Nullable Pattern pattern, boolean ofHost) {
        this.text = text;
        this.pattern = pattern;
        this.ofHost = ofHost;
    }

    static Value of(String text, String textField, @Nullable String hostPattern, @Nullable String pathPattern) {
        if (text.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
            throw new ConfigException(textField, "a header's value holds no line end and no NUL: remove it");
        }
        if (hostPattern != null && pathPattern != null) {
            throw new ConfigException("pathPattern", "given beside hostPattern, of which only one can count: keep one");
        }
        String regex = hostPattern != null ? hostPattern : pathPattern;
        if (regex == null) {
            return new Value(text, null, false);
        }
        // Higress's documentation writes '\$1' where '$1' is meant.
        String template = text.replace("\\$", "$");
        try {
            Pattern pattern = Pattern.compile(regex);
            // With an empty alternative it matches here, so that what the value refers to is looked up now.
            Pattern.compile("(?:" + regex + ")|").matcher("").replaceAll(template);
            return new Value(template, pattern, hostPattern != null);
        } catch (PatternSyntaxException e) {
            throw new ConfigException(
                    hostPattern != null ? "hostPattern" : "pathPattern",
                    "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'");
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new ConfigException(
                    textField, "refers to a group that the pattern has not, or breaks off: " + e.getMessage());
        }
    }

    /** The value for this request; null: none is written. */
    @Nullable
    String of(RequestHead request) {
        if (pattern == null) {
            return text;
        }
        Matcher matcher = pattern.matcher(ofHost ? host(request) : target(request));
        if (!matcher.find()) {
            return null;
        }
        StringBuilder filled = new StringBuilder();
        matcher.appendReplacement(filled, text);
        return filled.substring(matcher.start());
    }

    private static String host(RequestHead request) {
        String host = request.headers().get("host");
        return host == null ? "" : host;
    }

    private static String target(RequestHead request) {
        String query = request.query();
        return query == null ? request.path() : request.path() + '?' + query;
    }
}
