package dev.sluice.host.state;

import dev.sluice.api.Script;
import java.util.List;

/**
 * Which keys of a filter are kept together. A key that begins with {@code {…}} is in the group of that name; all others
 * of a filter are in one. What a script runs over must be of one group, on every store: so what works in memory works on
 * a cluster, where a group is a slot.
 */
final class KeyGroups {
    private KeyGroups() {}

    /** The group's name with its braces; empty for the one that all other keys are in. */
    static String group(String key) {
        int end = key.startsWith("{") ? key.indexOf('}') : -1;
        return end < 0 ? "" : key.substring(0, end + 1);
    }

    /**
     * Checks that a script's keys are of one group.
     *
     * @throws IllegalArgumentException if they are not
     */
    static void check(Script script, List<String> keys) {
        for (String key : keys) {
            if (!group(key).equals(group(keys.get(0)))) {
                throw new IllegalArgumentException(
                        "script '" + script.name() + "' runs over '" + keys.get(0) + "' and '" + key
                                + "', which are not kept together: let both begin with the same {…}, or none");
            }
        }
    }
}
