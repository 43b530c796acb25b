package dev.sluice.host.config;

import java.util.Map;

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
        String at = path;
        while (!at.isEmpty()) {
            Mark mark = byPath.get(at);
            if (mark != null) {
                return new Problem(mark.file(), mark.line(), mark.column(), path, message);
            }
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
        return new Problem(file, 0, 0, path, message);
    }
}
