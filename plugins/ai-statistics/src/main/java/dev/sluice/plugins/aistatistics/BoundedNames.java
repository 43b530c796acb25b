package dev.sluice.plugins.aistatistics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names that may be labels: so many and no more, since each makes meters that stay for ever, and a client can make up as
 * many as it likes. Thread-safe.
 */
final class BoundedNames {
    static final String OTHER = "other";

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    /**
     * The name as a label, or {@link #OTHER}.
     *
     * @param most how many names there may be
     * @param earned whether it may take a place: a name that nothing was ever answered for must not push out real ones
     */
    String label(String name, int most, boolean earned) {
        if (known.contains(name)) {
            return name;
        }
        // Two at once may exceed the bound by one; that is bounded, too.
        if (!earned || known.size() >= most) {
            return OTHER;
        }
        known.add(name);
        return name;
    }
}
