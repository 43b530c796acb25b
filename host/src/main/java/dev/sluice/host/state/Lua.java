package dev.sluice.host.state;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A script as Redis knows it.
 *
 * @param source its text
 * @param sha the name under which Redis keeps it
 */
record Lua(String source, String sha) {

    /** On the script's own first line, so that Redis's messages name the lines as they were written. */
    private static final String TIME =
            "local now = redis.call('TIME') ARGV[#ARGV + 1] = string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000)) ";

    /** The sum as text: a number of Lua's has but 53 bits. */
    static final Lua ADD = of("""
            local isNew = redis.call('EXISTS', KEYS[1]) == 0
            redis.call('INCRBY', KEYS[1], ARGV[1])
            if isNew then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
            return redis.call('GET', KEYS[1])
            """);

    /** The arguments: whether one is expected (1 or 0), which, the new one, its time to live. */
    static final Lua REPLACE = of("""
            local old = redis.call('GET', KEYS[1])
            if ARGV[1] == '1' then
              if old ~= ARGV[2] then return 0 end
            elseif old then return 0 end
            redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
            return 1
            """);

    static Lua of(String source) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8));
            return new Lua(source, HexFormat.of().formatHex(sum));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-1", e);
        }
    }

    /** With the time appended to {@code ARGV}: Redis's own, one for all nodes whose clocks differ. */
    static Lua withTime(String source) {
        return of(TIME + source);
    }
}
