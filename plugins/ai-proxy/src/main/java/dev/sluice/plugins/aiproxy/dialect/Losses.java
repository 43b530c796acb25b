package dev.sluice.plugins.aiproxy.dialect;

import java.util.Set;
import java.util.TreeSet;

/** What a request asked for and the provider's dialect cannot say, by the names of its fields. */
public final class Losses {
    private final Set<String> fields = new TreeSet<>();

    void add(String field) {
        fields.add(field);
    }

    /** The fields, sorted, each once. */
    public Set<String> fields() {
        return fields;
    }
}
