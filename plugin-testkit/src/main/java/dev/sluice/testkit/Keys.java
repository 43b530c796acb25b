package dev.sluice.testkit;

import dev.sluice.api.Key;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Values under typed keys. */
final class Keys {
    private final Map<Key<?>, Object> values = new HashMap<>();

    <T> @Nullable T get(Key<T> key) {
        return key.type().cast(values.get(key));
    }

    <T> void put(Key<T> key, T value) {
        values.put(key, Objects.requireNonNull(value, () -> "the value of " + key));
    }
}
