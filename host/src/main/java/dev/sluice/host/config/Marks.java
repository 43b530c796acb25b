package dev.sluice.host.config;

import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where each value of a config stands: its file, line and column by dotted path. Immutable. */
public final class Marks {

    /**
     * A place in a file.
     *
     * @param line from 1
     * @param column from 1
     */
    public record Mark(String file, int line, int column) {}

    /** What is shorter is a name or a number, and found in many a message. */
    private static final int SHORTEST_SECRET = 8;

    private final String file;
    private final Map<String, Mark> byPath;
    private final Map<String, String> resolved;

    /**
     * Marks by dotted path.
     *
     * @param file what a problem with no better place is reported against
     * @param resolved what placeholders became, and how they are written: filters' own messages may repeat the former
     */
    Marks(String file, Map<String, Mark> byPath, Map<String, String> resolved) {
        this.file = file;
        this.byPath = Map.copyOf(byPath);
        this.resolved = Map.copyOf(resolved);
    }

    /** A problem at that path, or at its nearest parent that stands in the file. */
    public Problem problem(String path, String message) {
        return problem(file, nearest(byPath, path), path, asWritten(message, resolved));
    }

    /** The message with placeholders in the place of what they became: that may be a secret. */
    static String asWritten(String message, Map<String, String> resolved) {
        String shown = message;
        // A secret may be a part of a longer one.
        for (String value : resolved.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList()) {
            if (value.length() >= SHORTEST_SECRET && shown.contains(value)) {
                shown = shown.replace(value, Placeholders.masked(String.valueOf(resolved.get(value))));
            }
        }
        return shown;
    }

    static Problem problem(String file, @Nullable Mark mark, String path, String message) {
        return mark == null
                ? new Problem(file, 0, 0, path, message)
                : new Problem(mark.file(), mark.line(), mark.column(), path, message);
    }

    /** What is known of that path, or of its nearest parent of which something is. */
    static <T> @Nullable T nearest(Map<String, T> byPath, String path) {
        String at = path;
        while (!at.isEmpty()) {
            T found = byPath.get(at);
            if (found != null) {
                return found;
            }
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
        return null;
    }
}
