package dev.sluice.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A typed name under which filters hand values to each other within an exchange or a try.
 *
 * <p>Equal by name and type, so that two plugins, each in its own class loader, meet on one key without sharing a class.
 *
 * @param <T> the value's type: of the JDK, of Jackson or of this API, never a plugin's own
 */
public final class Key<T> {
    /** The name of the consumer that a filter has authenticated. */
    public static final Key<String> CONSUMER = of("consumer", String.class);

    /** What the cache did: {@code hit}, {@code miss}, {@code skip} or {@code semantic}. */
    public static final Key<String> CACHE = of("cache", String.class);

    /** The risk that a safety filter found, by its type. */
    public static final Key<String> RISK = of("risk", String.class);

    /** The limit that refused the request, by its rule's name. */
    public static final Key<String> LIMIT = of("limit", String.class);

    /**
     * The name of a filter that will answer the request itself, once it has its body. A filter that refuses paths which it
     * does not know lets such a request be.
     */
    public static final Key<String> ANSWERING = of("answering", String.class);

    private final String name;
    private final Class<T> type;

    private Key(String name, Class<T> type) {
        this.name = name;
        this.type = type;
    }

    /**
     * The key of this name and type.
     *
     * @throws IllegalArgumentException if the type is private to one plugin: another plugin could never read it, and the
     *     value would keep the plugin's class loader alive
     */
    public static <T> Key<T> of(String name, Class<T> type) {
        Objects.requireNonNull(name, "name");
        if (!isShared(type)) {
            throw new IllegalArgumentException("Key '" + name + "' has the type " + type.getName()
                    + ", which belongs to one plugin; use a type of the JDK, Jackson or the plugin API");
        }
        return new Key<>(name, type);
    }

    private static boolean isShared(Class<?> type) {
        ClassLoader owner = type.getClassLoader();
        if (owner == null) {
            return true;
        }
        for (ClassLoader l = Key.class.getClassLoader(); l != null; l = l.getParent()) {
            if (l == owner) {
                return true;
            }
        }
        return false;
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** The value's type. */
    public Class<T> type() {
        return type;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Key<?> k && name.equals(k.name) && type == k.type;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name + ": " + type.getSimpleName();
    }
}
