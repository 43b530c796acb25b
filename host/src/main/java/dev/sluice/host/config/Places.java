package dev.sluice.host.config;

import dev.sluice.host.config.Marks.Mark;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where each value of a config stands while it is being read, by dotted path. Grows and changes as files are merged and
 * keys renamed; {@link #marks} is what is left of it in the end. Not thread-safe.
 */
final class Places {

    /**
     * A place.
     *
     * @param value where the value is best pointed at
     * @param key where its key stands, if it has one
     * @param written the value's text as written, where that holds a placeholder
     */
    private record Place(
            Mark value, @Nullable Mark key, @Nullable String written) {}

    private final String file;
    private final TreeMap<String, Place> byPath = new TreeMap<>();
    private final Map<String, String> resolved = new TreeMap<>();

    /** None yet; {@code file} is what a problem with no better place is reported against. */
    Places(String file) {
        this.file = file;
    }

    String file() {
        return file;
    }

    void put(String path, Mark value, @Nullable Mark key, @Nullable String written) {
        byPath.put(path, new Place(value, key, written));
    }

    /** What a text with placeholders became. */
    void resolved(String written, String value) {
        resolved.put(value, written);
    }

    /** Copies what stands at and below a path of others to a path here. */
    void graft(Places others, String from, String to) {
        resolved.putAll(others.resolved);
        others.under(from).forEach((path, place) -> byPath.put(to + path.substring(from.length()), place));
    }

    /** Moves what stands at and below a path. */
    void rename(String from, String to) {
        Map<String, Place> moved = new TreeMap<>(under(from));
        byPath.keySet().removeAll(moved.keySet());
        moved.forEach((path, place) -> byPath.put(to + path.substring(from.length()), place));
    }

    /** The text as written of a value that holds a placeholder; null for any other. */
    @Nullable
    String written(String path) {
        Place place = byPath.get(path);
        return place == null ? null : place.written();
    }

    /** A text that stands at that path, in quotes; as written, where it holds a placeholder. */
    String quoted(String path, @Nullable Object text) {
        String written = written(path);
        return "'" + (written == null ? text : written) + "'";
    }

    /** The file in which the value stands. */
    String fileOf(String path) {
        Place place = Marks.nearest(byPath, path);
        return place == null ? file : place.value().file();
    }

    /** A problem with the value at that path. */
    Problem problem(String path, String message) {
        Place place = Marks.nearest(byPath, path);
        return Marks.problem(file, place == null ? null : place.value(), path, Marks.asWritten(message, resolved));
    }

    /** A problem with the key at that path. */
    Problem keyProblem(String path, String message) {
        Place place = byPath.get(path);
        return place == null || place.key() == null
                ? problem(path, message)
                : Marks.problem(file, place.key(), path, message);
    }

    /** What is left when all is read. */
    Marks marks() {
        Map<String, Mark> marks = new TreeMap<>();
        byPath.forEach((path, place) -> marks.put(path, place.value()));
        return new Marks(file, marks, resolved);
    }

    private Map<String, Place> under(String path) {
        Map<String, Place> found = new TreeMap<>();
        Place self = byPath.get(path);
        if (self != null) {
            found.put(path, self);
        }
        found.putAll(range(path + '.', path + '/'));
        found.putAll(range(path + '[', path + '\\'));
        return found;
    }

    private SortedMap<String, Place> range(String from, String to) {
        return byPath.subMap(from, to);
    }
}
