package dev.sluice.host.config;

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

    private final String file;
    private final Map<String, Mark> byPath;

    /**
     * Marks by dotted path.
     *
     * @param file what a problem with no better place is reported against
     */
    public Marks(String file, Map<String, Mark> byPath) {
        this.file = file;
        this.byPath = Map.copyOf(byPath);
    }

    /** A problem at that path, or at its nearest parent that stands in the file. */
    public Problem problem(String path, String message) {
        return problem(file, nearest(byPath, path), path, message);
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
