package dev.sluice.host.exchange;

import java.util.concurrent.atomic.AtomicLong;

/** A budget of bytes that all exchanges share. Thread-safe. */
final class Memory {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    Memory(long limit) {
        this.limit = limit;
    }

    /** Takes that many bytes, unless they are not there. */
    boolean take(long bytes) {
        if (used.addAndGet(bytes) > limit) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }
}
