package dev.sluice.kernel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What happened, in order. Safe for all threads. */
final class Journal {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<String> entries = new ArrayList<>();

    synchronized void add(String entry) {
        entries.add(entry);
        notifyAll();
    }

    synchronized List<String> all() {
        return List.copyOf(entries);
    }

    synchronized long count(String entry) {
        return entries.stream().filter(entry::equals).count();
    }

    /** Waits until this has happened. */
    void await(String entry) {
        awaitTimes(entry, 1);
    }

    /** Waits until this has happened so many times. */
    synchronized void awaitTimes(String entry, int times) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (count(entry) < times) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("'" + entry + "' has not happened " + times + " times, but: " + entries);
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }
}
