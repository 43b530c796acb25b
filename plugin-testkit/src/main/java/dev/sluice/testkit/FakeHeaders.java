package dev.sluice.testkit;

import dev.sluice.api.Headers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Header fields in a map. Confined to one thread. */
public final class FakeHeaders implements Headers {
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    /** None. */
    public FakeHeaders() {}

    /** A copy of these. */
    public FakeHeaders(Headers other) {
        for (String name : other.names()) {
            values.put(lower(name), new ArrayList<>(other.all(name)));
        }
    }

    @Override
    public @Nullable String get(String name) {
        List<String> all = all(name);
        return all.isEmpty() ? null : all.get(0);
    }

    @Override
    public List<String> all(String name) {
        return Collections.unmodifiableList(values.getOrDefault(lower(name), List.of()));
    }

    @Override
    public void set(String name, String value) {
        values.put(lower(name), new ArrayList<>(List.of(legal(name, value))));
    }

    @Override
    public void add(String name, String value) {
        values.computeIfAbsent(lower(name), n -> new ArrayList<>()).add(legal(name, value));
    }

    @Override
    public void remove(String name) {
        values.remove(lower(name));
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(values.keySet()));
    }

    @Override
    public String toString() {
        return values.toString();
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static String legal(String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0) {
                throw new IllegalArgumentException("the value of header '" + name + "' must hold no CR, LF or NUL");
            }
        }
        return value;
    }
}
