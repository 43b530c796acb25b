package dev.sluice.host;

import dev.sluice.host.plugin.PluginLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Notices that files, or the jars of directories, have changed, by looking at them: the system's own events do not come
 * from network mounts, overlay file systems, and volumes whose links are swapped, like those of Kubernetes. It has no
 * clock: the period is that in which {@link #look} is called. Used by one thread, which must not be an event loop's.
 *
 * <p>No change is lost between reading and watching as long as whatever is read was watched before it was read. Which
 * files a config consists of is only known once it was read, so {@link #watch} says when to read again:
 *
 * <pre>{@code
 * watch.watch(Set.of(config), Set.of());
 * do {
 *     result = read(config);
 * } while (watch.watch(result.files(), jarDirectories));
 * }</pre>
 *
 * and the same loop whenever {@link #look} returns true. What is known of a path is then always how it was before the
 * last reading began; a change during that reading, or after it, differs from what is known, and a later look returns
 * true for it.
 *
 * <p>A change of bytes that leaves a file's name, size, inode and times as they were cannot be seen: a second write in
 * place, of the same size, within one tick of the file system's clock. Since a change must be still for one period, that
 * takes a clock that ticks slower than the period (FAT: 2 s), or a path that has only just come under watch. Nor can a
 * file that was missing, and is there between two looks only.
 */
final class FileWatch {
    /** The time of the last change of an inode tells of permissions, and of a file that was renamed there and back. */
    private static final String ATTRIBUTES =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix")
                    ? "unix:size,lastModifiedTime,fileKey,ctime,mode"
                    : "size,lastModifiedTime,fileKey";

    private static final Print MISSING = new Print("missing", Map.of());
    private static final Print UNREADABLE = new Print("unreadable", Map.of());

    /** What is watched: a file, or the jars of a directory. */
    private record Place(Path path, boolean jars) {
        Print print() {
            return jars ? directory(path) : file(path);
        }
    }

    /**
     * How something looked.
     *
     * @param state where it is, links resolved; or why there is nothing to say of it
     * @param details a file's attributes, or a directory's jars
     */
    private record Print(String state, Map<?, ?> details) {}

    private Map<Place, Print> known = Map.of();
    private Map<Place, Print> last = Map.of();
    private boolean changed;

    /**
     * Watches these from now on, and nothing else. How they look now counts as known; of what was watched before, what
     * was known remains so, and a change that no look has reported yet will be reported. Neither files nor directories
     * need exist: that one appears is a change. Never throws.
     *
     * @param files absolute paths of files
     * @param jarDirectories absolute paths of directories, of which the jars that {@link PluginLoader} would load count
     * @return whether any of them was not watched before; what was read of it may be older than what is known of it now,
     *     so read again
     */
    boolean watch(Set<Path> files, Set<Path> jarDirectories) {
        Set<Place> places = new HashSet<>();
        files.forEach(file -> places.add(new Place(file, false)));
        jarDirectories.forEach(directory -> places.add(new Place(directory, true)));
        boolean more = !known.keySet().containsAll(places);
        Map<Place, Print> before = known;
        Map<Place, Print> seen = last;
        known = each(places, place -> before.containsKey(place) ? before.get(place) : place.print());
        Map<Place, Print> now = known;
        last = each(places, place -> seen.containsKey(place) ? seen.get(place) : now.get(place));
        return more;
    }

    /**
     * Looks at everything; a few microseconds a file. Never throws.
     *
     * @return whether this or an earlier look found anything to differ from how it was when a look last returned true,
     *     or when it came under watch, and all is as it was at the look before: what is still being written is not reported yet. How it looks now is
     *     known then
     */
    boolean look() {
        Map<Place, Print> now = each(known.keySet(), Place::print);
        boolean still = now.equals(last);
        last = now;
        // Also what is as before again: it may have been read in between.
        changed |= !now.equals(known);
        if (!still || !changed) {
            return false;
        }
        known = now;
        changed = false;
        return true;
    }

    /** Takes how everything looks now as known, since all of it is about to be read anyway. Never throws. */
    void take() {
        known = each(known.keySet(), Place::print);
        last = known;
    }

    private static <K> Map<K, Print> each(Iterable<K> keys, Function<K, Print> print) {
        Map<K, Print> prints = new HashMap<>();
        keys.forEach(key -> prints.put(key, print.apply(key)));
        return prints;
    }

    private static Print file(Path file) {
        try {
            return new Print(file.toRealPath().toString(), Files.readAttributes(file, ATTRIBUTES));
        } catch (NoSuchFileException e) {
            return MISSING;
        } catch (IOException e) {
            return UNREADABLE;
        }
    }

    private static Print directory(Path directory) {
        try {
            return Files.isDirectory(directory)
                    ? new Print("there", each(PluginLoader.jars(directory), FileWatch::file))
                    : MISSING;
        } catch (IOException | UncheckedIOException e) {
            return UNREADABLE;
        }
    }
}
