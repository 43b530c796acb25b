package dev.sluice.api;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One atomic decision over {@link SharedState}, in two forms that must agree: Lua for Redis, Java for memory. The kit
 * runs both on one random sequence. Immutable.
 */
public final class Script {
    private final String name;
    private final int version;
    private final String lua;
    private final Twin twin;

    private Script(String name, int version, String lua, Twin twin) {
        this.name = name;
        this.version = version;
        this.lua = lua;
        this.twin = twin;
    }

    /**
     * A script.
     *
     * @param version to be raised whenever what the script stores changes
     * @param lua as Redis runs it, with {@code KEYS} and {@code ARGV}; the time in milliseconds, Redis's own, comes last in
     *     {@code ARGV}; must touch no key but {@code KEYS}
     * @param javaTwin the same in Java
     */
    public static Script of(String name, int version, String lua, Twin javaTwin) {
        return new Script(
                Objects.requireNonNull(name, "name"),
                version,
                Objects.requireNonNull(lua, "lua"),
                Objects.requireNonNull(javaTwin, "javaTwin"));
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** The version. */
    public int version() {
        return version;
    }

    /** The Lua form. */
    public String lua() {
        return lua;
    }

    /** The Java form. */
    public Twin javaTwin() {
        return twin;
    }

    /** A script's Java form. */
    @FunctionalInterface
    public interface Twin {

        /**
         * Decides, with the named keys locked; must not block.
         *
         * @return what Lua's table would hold, each element as a string
         */
        List<String> run(Store store, List<String> keys, List<String> args);
    }

    /** What a script's Java form may do: Redis's commands of the same names. */
    public interface Store {

        /** The value, or null. */
        @Nullable
        String get(String key);

        /** Sets the value; null for one that never expires. */
        void set(String key, String value, @Nullable Duration ttl);

        /** Adds to a number and returns the sum; the time to live stays. */
        long incrBy(String key, long delta);

        /** Sets the time to live of a value that is there. */
        void expire(String key, Duration ttl);

        /** Removes the value. */
        void del(String key);

        /** The time in milliseconds since the epoch, one for the whole run. */
        long now();
    }
}
