package dev.sluice.plugins.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Vectors in this node's memory, compared one by one within their group, and beside it in the shared state, by which the
 * next generation of the jar and other nodes learn of them.
 */
final class MemoryVectors implements Vectors {
    /** More than that are compared on another thread than the one that asks. */
    private static final int AT_ONCE = 256;

    private final Cache<String, Point> points;
    private final Map<String, Map<String, Point>> groups = new ConcurrentHashMap<>();
    private final VectorLog log;

    /** One question; its place in the log is 0 if it has none. */
    private record Point(String group, String hash, String text, Coarse vector, long place) {}

    /**
     * None yet.
     *
     * @param most so many at once; beyond them those go that were used least
     * @param kept for how long
     * @param clock in milliseconds
     */
    MemoryVectors(long most, Duration kept, VectorLog log, LongSupplier clock) {
        this.log = log;
        this.points = Caffeine.newBuilder()
                .maximumSize(most)
                .expireAfterWrite(kept)
                .ticker(() -> Duration.ofMillis(clock.getAsLong()).toNanos())
                .executor(Runnable::run)
                .removalListener(this::removed)
                .build();
    }

    private void removed(@Nullable String hash, @Nullable Point point, RemovalCause cause) {
        if (point != null && cause != RemovalCause.REPLACED) {
            groups.computeIfPresent(point.group, (group, members) -> {
                members.remove(point.hash, point);
                return members.isEmpty() ? null : members;
            });
            log.forget(point.group, point.place);
        }
    }

    @Override
    public CompletionStage<?> prepare(String group) {
        return log.news(group)
                .thenAccept(lines -> lines.forEach(line ->
                        keep(new Point(group, line.hash(), line.text(), Coarse.of(line.vector()), line.place()))));
    }

    private void keep(Point point) {
        groups.compute(point.group, (group, members) -> {
            Map<String, Point> all = members == null ? new ConcurrentHashMap<>() : members;
            all.put(point.hash, point);
            return all;
        });
        points.put(point.hash, point);
    }

    @Override
    public CompletionStage<List<Near>> nearest(String group, Vector vector, double least, int most) {
        Map<String, Point> members = groups.getOrDefault(group, Map.of());
        Coarse asked = Coarse.of(vector);
        return members.size() <= AT_ONCE
                ? CompletableFuture.completedFuture(compared(members, asked, least, most))
                : CompletableFuture.supplyAsync(() -> compared(members, asked, least, most));
    }

    private List<Near> compared(Map<String, Point> members, Coarse asked, double least, int most) {
        List<Near> near = new ArrayList<>();
        for (Point point : members.values()) {
            double similarity = asked.cosine(point.vector, least);
            if (similarity >= least) {
                near.add(new Near(point.hash, point.text, similarity));
            }
        }
        near.sort(Comparator.comparingDouble(Near::similarity).reversed());
        List<Near> nearest = near.size() <= most ? near : List.copyOf(near.subList(0, most));
        // What is asked for stays longest.
        nearest.forEach(one -> {
            var unused = points.getIfPresent(one.hash());
        });
        return nearest;
    }

    @Override
    public CompletionStage<?> add(Question question, String hash, Vector vector) {
        return log.append(question, hash, vector)
                .thenAccept(
                        place -> keep(new Point(question.group(), hash, question.text(), Coarse.of(vector), place)));
    }

    @Override
    public void drop(String group, String hash) {
        points.invalidate(hash);
    }

    @Override
    public long size() {
        points.cleanUp();
        return points.estimatedSize();
    }
}
