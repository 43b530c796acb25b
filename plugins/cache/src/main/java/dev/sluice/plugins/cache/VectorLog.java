package dev.sluice.plugins.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.api.SharedState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The questions of each group in the shared state: a number of the last one, and each under its number. Whoever knows up to
 * which number it has read finds what is new. What is wrong with the shared state is told, and otherwise as if nothing were
 * there. Thread-safe.
 */
final class VectorLog {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String VERSION = "sluice-vector/1 ";

    /** So many are read at once; of a group that has more, the last. */
    private static final int WINDOW = 1000;

    /** More than that are read on another thread than the one that asks, which may be an event loop. */
    private static final int AT_ONCE = 32;

    private static final int MOST_GROUPS = 100_000;

    private final SharedState shared;
    private final Duration kept;
    private final String prefix;
    private final Consumer<Throwable> failed;

    /** Up to where each group has been read. */
    private final Cache<String, Long> read = Caffeine.newBuilder()
            .maximumSize(MOST_GROUPS)
            .executor(Runnable::run)
            .build();

    /**
     * A log.
     *
     * @param kept for how long
     * @param prefix what the keys begin with
     * @param failed told what is wrong with the shared state
     */
    VectorLog(SharedState shared, Duration kept, String prefix, Consumer<Throwable> failed) {
        this.shared = shared;
        this.kept = kept;
        this.prefix = prefix;
        this.failed = failed;
    }

    /** One question of a group. */
    record Line(long place, String hash, String text, Vector vector) {}

    /** What has come to the group since this was last asked; in no order. */
    CompletionStage<List<Line>> news(String group) {
        try {
            return shared.get(name(group))
                    .thenCompose(last -> since(group, number(last)))
                    .exceptionally(error -> {
                        failed.accept(error);
                        return List.of();
                    });
        } catch (RuntimeException e) {
            failed.accept(e);
            return CompletableFuture.completedFuture(List.of());
        }
    }

    private CompletionStage<List<Line>> since(String group, long last) {
        Long known = read.getIfPresent(group);
        // A lower number is of a log that has begun anew.
        long from = known == null || known > last ? 0 : known;
        from = Math.max(from, last - WINDOW);
        if (from >= last) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<CompletableFuture<Optional<String>>> texts = LongStream.rangeClosed(from + 1, last)
                .mapToObj(place -> shared.get(name(group) + place).toCompletableFuture())
                .toList();
        long first = from + 1;
        Function<@Nullable Void, List<Line>> reading = done -> {
            List<Line> lines = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                long place = first + i;
                texts.get(i).join().map(text -> line(place, text)).ifPresent(lines::add);
            }
            read.put(group, last);
            return lines;
        };
        CompletableFuture<Void> all = CompletableFuture.allOf(texts.toArray(CompletableFuture[]::new));
        return texts.size() <= AT_ONCE ? all.thenApply(reading) : all.thenApplyAsync(reading);
    }

    private static long number(Optional<String> last) {
        try {
            return last.map(Long::parseLong).orElse(0L);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Adds a question; its place, 0 if the shared state does not take it. */
    CompletionStage<Long> append(Question question, String hash, Vector vector) {
        try {
            return shared.add(name(question.group()), 1, kept.multipliedBy(2))
                    .thenCompose(place -> shared.put(name(question.group()) + place, text(question, hash, vector), kept)
                            .thenApply(done -> place))
                    .exceptionally(error -> {
                        failed.accept(error);
                        return 0L;
                    });
        } catch (RuntimeException e) {
            failed.accept(e);
            return CompletableFuture.completedFuture(0L);
        }
    }

    /** What memory has no room for is not to fill the same memory by another way; other nodes may have room. */
    void forget(String group, long place) {
        if (place > 0 && !shared.isShared()) {
            var unused = shared.remove(name(group) + place);
        }
    }

    /** A group's keys are of one slot, so that its number and its questions expire and move together. */
    private String name(String group) {
        return "{" + prefix + "similar:" + group + "}";
    }

    static String text(Question question, String hash, Vector vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.dimensions() * Float.BYTES);
        bytes.asFloatBuffer().put(vector.values());
        return VERSION
                + JsonNodeFactory.instance
                        .objectNode()
                        .put("hash", hash)
                        .put("text", question.text())
                        .put("vector", Base64.getEncoder().encodeToString(bytes.array()));
    }

    /** The question of which that is the text; null if it is none. */
    static @Nullable Line line(long place, String text) {
        if (!text.startsWith(VERSION)) {
            return null;
        }
        try {
            JsonNode says = MAPPER.readTree(text.substring(VERSION.length()));
            byte[] bytes = Base64.getDecoder().decode(says.path("vector").asText());
            if (bytes.length == 0
                    || bytes.length % Float.BYTES != 0
                    || !says.path("hash").isTextual()) {
                return null;
            }
            float[] vector = new float[bytes.length / Float.BYTES];
            ByteBuffer.wrap(bytes).asFloatBuffer().get(vector);
            return new Line(place, says.path("hash").asText(), says.path("text").asText(), Vector.of(vector));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return null;
        }
    }
}
