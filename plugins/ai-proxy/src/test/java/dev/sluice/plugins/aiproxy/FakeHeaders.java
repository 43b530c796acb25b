package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Header fields in memory. */
final class FakeHeaders implements Headers {
    private final Map<String, List<String>> fields = new TreeMap<>();

    FakeHeaders with(String name, String value) {
        add(name, value);
        return this;
    }

    @Override
    public String get(String name) {
        List<String> values = all(name);
        return values.isEmpty() ? null : values.get(0);
    }

    @Override
    public List<String> all(String name) {
        return fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public void set(String name, String value) {
        remove(name);
        add(name, value);
    }

    @Override
    public void add(String name, String value) {
        fields.computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                .add(value);
    }

    @Override
    public void remove(String name) {
        fields.remove(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public Set<String> names() {
        return new TreeSet<>(fields.keySet());
    }
}
