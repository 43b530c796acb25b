package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a provider is by fields of its own, as its type's templates put them together. */
final class Addresses {
    private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");
    private static final Pattern SCHEME = Pattern.compile("^https?://", Pattern.CASE_INSENSITIVE);
    private static final Pattern BEHIND_AUTHORITY = Pattern.compile("[/?#].*");

    /**
     * An address.
     *
     * @param origin scheme and authority, not checked
     * @param field the first field that it came from
     */
    record Given(String origin, String field) {}

    private Addresses() {}

    /** The first of the templates whose fields are all given; null if none is. */
    static @Nullable Given given(List<String> templates, ObjectNode provider) {
        for (String template : templates) {
            List<String> fields = fields(List.of(template));
            if (fields.stream().allMatch(field -> isGiven(provider.path(field)))) {
                return new Given(origin(template, provider), fields.get(0));
            }
        }
        return null;
    }

    /** The fields that templates name. */
    static List<String> fields(List<String> templates) {
        return templates.stream()
                .flatMap(template -> FIELD.matcher(template).results().map(name -> name.group(1)))
                .distinct()
                .toList();
    }

    private static boolean isGiven(JsonNode value) {
        return value.isValueNode() && !value.asText().isBlank();
    }

    private static String origin(String template, ObjectNode provider) {
        String scheme = template.substring(0, template.indexOf("://") + 3);
        StringBuilder authority = new StringBuilder();
        int from = scheme.length();
        for (MatchResult name : FIELD.matcher(template).results().toList()) {
            String value = provider.path(name.group(1)).asText().strip();
            var own = SCHEME.matcher(value);
            if (own.find()) {
                scheme = own.group();
                value = value.substring(own.end());
            }
            authority.append(template, from, name.start());
            authority.append(BEHIND_AUTHORITY.matcher(value).replaceFirst(""));
            from = name.end();
        }
        return scheme + authority + template.substring(from);
    }
}
