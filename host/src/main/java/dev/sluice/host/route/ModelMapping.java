package dev.sluice.host.route;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Model names, from what a client asks for to what goes over the wire: exact match, else the longest matching glob, else
 * the first matching {@code ~regex} (RE2, so in time linear to the name) in listed order, else {@code *}; an empty target
 * keeps the name. Immutable.
 */
final class ModelMapping {
    private record ByPattern(Pattern pattern, String target) {}

    private final Map<String, String> exact = new HashMap<>();
    private final List<Map.Entry<String, String>> globs = new ArrayList<>();
    private final List<ByPattern> patterns = new ArrayList<>();
    private final String otherwise;

    ModelMapping(Map<String, String> mapping) {
        mapping.forEach((from, to) -> {
            if (from.startsWith("~")) {
                patterns.add(new ByPattern(Pattern.compile(from.substring(1)), to));
            } else if (from.equals("*")) {
                return;
            } else if (Glob.isLiteral(from)) {
                exact.put(from, to);
            } else {
                globs.add(Map.entry(from, to));
            }
        });
        globs.sort(Comparator.comparingInt(
                        (Map.Entry<String, String> e) -> e.getKey().length())
                .reversed());
        otherwise = mapping.getOrDefault("*", "");
    }

    String map(String model) {
        String target = find(model);
        return target.isEmpty() ? model : target;
    }

    private String find(String model) {
        String target = exact.get(model);
        if (target != null) {
            return target;
        }
        for (Map.Entry<String, String> glob : globs) {
            if (Glob.matches(glob.getKey(), model)) {
                return glob.getValue();
            }
        }
        for (ByPattern p : patterns) {
            if (p.pattern.matcher(model).matches()) {
                return p.target;
            }
        }
        return otherwise;
    }
}
