package dev.sluice.swap;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What a test shares with the plugins it has built, which know no class of it: gates that the test opens, and a journal.
 * It lies in a system property, and holds only what is the JDK's, so that it keeps no plugin loaded.
 */
final class Board implements AutoCloseable {
    private static final String PROPERTY = "dev.sluice.swap.board";

    /** The plugins' side of it. */
    static final Map<String, String> SOURCES = Map.of("board.Board", """
            package board;
            import java.util.Map;
            import java.util.Queue;
            import java.util.concurrent.CompletableFuture;
            @SuppressWarnings("unchecked")
            public final class Board {
                private static Map<String, Object> all() {
                    return (Map<String, Object>) System.getProperties().get("%s");
                }
                /** Completes when the test opens it. */
                public static CompletableFuture<String> gate(String name) {
                    return (CompletableFuture<String>)
                            all().computeIfAbsent(name, key -> new CompletableFuture<String>());
                }
                public static void say(String what) {
                    Map<String, Object> all = all();
                    if (all != null) {
                        ((Queue<String>) all.get("journal")).add(what);
                    }
                }
                public static void leave(String name, Object what) {
                    all().put(name, what);
                }
            }
            """.formatted(PROPERTY));

    private final Map<String, Object> all = new ConcurrentHashMap<>();
    private final Queue<String> journal = new ConcurrentLinkedQueue<>();

    Board() {
        all.put("journal", journal);
        System.getProperties().put(PROPERTY, all);
    }

    /** What plugins have said so far. */
    List<String> journal() {
        return List.copyOf(journal);
    }

    /** How often they have said this. */
    long count(String what) {
        return journal.stream().filter(what::equals).count();
    }

    @SuppressWarnings("unchecked")
    private CompletableFuture<String> gate(String name) {
        return (CompletableFuture<String>) all.computeIfAbsent(name, key -> new CompletableFuture<String>());
    }

    /** Opens a gate. */
    void open(String gate) {
        gate(gate).complete("");
    }

    /** What a plugin has left there under that name, and no longer is; null if nothing. */
    Object take(String name) {
        return all.remove(name);
    }

    @Override
    public void close() {
        System.getProperties().remove(PROPERTY);
        all.values().forEach(value -> {
            if (value instanceof CompletableFuture<?> gate) {
                gate.cancel(false);
            }
        });
        all.clear();
    }
}
