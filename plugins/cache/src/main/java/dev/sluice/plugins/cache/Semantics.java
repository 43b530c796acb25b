package dev.sluice.plugins.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Embeddings;
import dev.sluice.api.Scope;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Finds the answer to a question that means the same. Whatever fails on the way is a miss, and counted; after a failure it
 * rests, longer each time, so that what hangs costs few requests their patience. Thread-safe.
 */
final class Semantics {
    private static final Duration REST = Duration.ofSeconds(1);
    private static final int LONGEST_REST = 32;
    private static final int REMEMBERED = 1000;

    private final SemanticSettings settings;
    private final Embedder embedder;
    private final Vectors vectors;
    private final Meters meters;
    private final Scope scope;
    private final LongSupplier clock;
    private final AtomicLong awayUntil = new AtomicLong();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger dimensions = new AtomicInteger();

    /** By text: one that many ask at once, or one again, is worked out once. */
    private final Cache<String, CompletableFuture<Vector>> known = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    private Semantics(
            SemanticSettings settings,
            Embedder embedder,
            Vectors vectors,
            Meters meters,
            Scope scope,
            LongSupplier clock) {
        this.settings = settings;
        this.embedder = embedder;
        this.vectors = vectors;
        this.meters = meters;
        this.scope = scope;
        this.clock = clock;
    }

    /**
     * What the settings say.
     *
     * @param clock in milliseconds
     * @throws ConfigException if what makes vectors is not there
     */
    static Semantics open(SemanticSettings settings, Settings cache, Scope scope, Meters meters, LongSupplier clock) {
        SemanticSettings.Place store = settings.store();
        Vectors vectors = store == null
                ? new MemoryVectors(
                        settings.maxVectors(),
                        cache.kept(),
                        new VectorLog(
                                scope.shared(), cache.kept(), cache.prefix(), error -> meters.semanticFailed("state")),
                        clock)
                : new QdrantVectors(scope, store, settings.timeout(), cache.kept(), clock);
        return new Semantics(settings, embedder(settings, scope), vectors, meters, scope, clock);
    }

    private static Embedder embedder(SemanticSettings settings, Scope scope) {
        if (settings.embedding() != null) {
            return RemoteEmbedder.of(settings.embedding(), settings.path(), settings.timeout(), scope);
        }
        String name = String.valueOf(settings.model());
        try {
            Embeddings.Model model = scope.service(Embeddings.class)
                    .orElseThrow(() -> new IllegalArgumentException("this gateway runs no embedding models"))
                    .model(name);
            // It takes a second to load, which no request is to wait for.
            var unused = model.embed("hello");
            return new LocalEmbedder(name, model);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("semantic.model", String.valueOf(e.getMessage()));
        }
    }

    private record LocalEmbedder(String name, Embeddings.Model model) implements Embedder {
        @Override
        public CompletionStage<float[]> embed(String text) {
            return model.embed(text);
        }
    }

    /** By what questions are compared. */
    String name() {
        return embedder.name();
    }

    /** How long a request waits. */
    Duration timeout() {
        return settings.timeout();
    }

    /** How many vectors are in memory. */
    long size() {
        return vectors.size();
    }

    /**
     * The answer to a question that means the same as this one; none if there is none, or anything fails.
     *
     * @param stored the answer of that key, if it is still kept
     * @param willDo whether that answer may be given now
     */
    CompletableFuture<Optional<Entry>> find(
            Question question, Function<String, CompletionStage<Optional<Entry>>> stored, Predicate<Entry> willDo) {
        if (clock.getAsLong() < awayUntil.get()) {
            return found("resting", Optional.empty());
        }
        CompletionStage<?> prepared = vectors.prepare(question.group());
        return vector(question.text())
                .thenCombine(prepared, (vector, done) -> vector)
                .thenCompose(vector ->
                        vectors.nearest(question.group(), vector, settings.threshold(), settings.candidates()))
                .thenCompose(near -> {
                    failures.set(0);
                    return near.isEmpty()
                            ? found("miss", Optional.empty())
                            : first(question, Traits.of(question.text()), near.iterator(), stored, willDo, "miss");
                })
                .exceptionally(error -> {
                    failed("lookup", error);
                    meters.semantic("failed");
                    return Optional.empty();
                });
    }

    private CompletableFuture<Optional<Entry>> first(
            Question question,
            Traits asked,
            Iterator<Vectors.Near> rest,
            Function<String, CompletionStage<Optional<Entry>>> stored,
            Predicate<Entry> willDo,
            String otherwise) {
        if (!rest.hasNext()) {
            return found(otherwise, Optional.empty());
        }
        Vectors.Near near = rest.next();
        if (Traits.difference(asked, Traits.of(near.text())) != null) {
            return first(question, asked, rest, stored, willDo, "lookalike");
        }
        return stored.apply(near.hash()).toCompletableFuture().thenCompose(entry -> {
            if (entry.isEmpty()) {
                vectors.drop(question.group(), near.hash());
            } else if (willDo.test(entry.get())) {
                meters.similarity(near.similarity());
                return found("hit", Optional.of(entry.get().similar(near.similarity())));
            }
            return first(question, asked, rest, stored, willDo, otherwise);
        });
    }

    private CompletableFuture<Optional<Entry>> found(String result, Optional<Entry> entry) {
        meters.semantic(result);
        return CompletableFuture.completedFuture(entry);
    }

    /** The request waits no longer. */
    void timedOut() {
        meters.semantic("timeout");
        rest("no vector, or nothing to compare it with, within "
                + settings.timeout().toMillis() + " ms");
    }

    /** Makes an answer that is stored known to those who ask the same in other words. */
    void learn(Question question, String hash) {
        if (clock.getAsLong() < awayUntil.get()) {
            return;
        }
        var unused = vector(question.text())
                .thenCompose(vector -> vectors.add(question, hash, vector))
                .whenComplete((done, error) -> {
                    if (error != null) {
                        failed("store", error);
                    }
                });
    }

    private CompletableFuture<Vector> vector(String text) {
        CompletableFuture<Vector> mine = new CompletableFuture<>();
        CompletableFuture<Vector> other = known.asMap().putIfAbsent(text, mine);
        if (other != null) {
            return other;
        }
        CompletionStage<float[]> made;
        try {
            made = embedder.embed(text);
        } catch (RuntimeException e) {
            made = CompletableFuture.failedFuture(e);
        }
        var unused = made.thenApply(this::checked).whenComplete((vector, error) -> {
            if (error != null) {
                known.asMap().remove(text, mine);
                mine.completeExceptionally(error);
            } else {
                mine.complete(vector);
            }
        });
        return mine;
    }

    private Vector checked(float[] vector) {
        int before = dimensions.compareAndExchange(0, vector.length);
        if (before != 0 && before != vector.length) {
            throw new IllegalStateException(
                    "the embedding has " + vector.length + " dimensions, those before had " + before);
        }
        return Vector.towards(vector);
    }

    private void failed(String what, Throwable error) {
        meters.semanticFailed(what);
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        rest(cause.getMessage() == null ? cause.toString() : cause.getMessage());
    }

    private void rest(String why) {
        long now = clock.getAsLong();
        long until = awayUntil.get();
        if (now < until) {
            return;
        }
        long factor = Math.min(LONGEST_REST, 1L << Math.min(30, failures.getAndIncrement()));
        if (awayUntil.compareAndSet(until, now + REST.toMillis() * factor)) {
            scope.log()
                    .warn(
                            "similar questions are not looked up for {} s: {}",
                            String.format(Locale.ROOT, "%d", REST.toSeconds() * factor),
                            why);
        }
    }
}
