package dev.sluice.host.embedding;

import dev.sluice.api.Embeddings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The models that are installed beside the gateway, each loaded when it is first used, for good. Thread-safe. */
public final class LocalEmbeddings implements Embeddings, AutoCloseable {
    /** The folder of the distribution that they are put into. */
    public static final String FOLDER = "embeddings";

    /** About as much as the models read: 512 tokens at a time. */
    private static final int LONGEST = 4000;

    private static final int MOST_WAITING = 1000;

    private final Map<String, Installed> models = new TreeMap<>();
    private final ThreadPoolExecutor threads;

    /** A function from a text to its vector that may take its time. */
    @FunctionalInterface
    interface Encoder {
        float[] encode(String text) throws Exception;
    }

    private LocalEmbeddings(Map<String, Supplier<Encoder>> factories, ThreadFactory factory, int width) {
        factories.forEach((name, load) -> models.put(name, new Installed(name, load)));
        threads = new ThreadPoolExecutor(
                width, width, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Those of the class path.
     *
     * @param thread makes the threads that they run on, not started, by task and name; there are half as many as processors
     */
    public static LocalEmbeddings installed(BiFunction<Runnable, String, Thread> thread) {
        AtomicInteger count = new AtomicInteger();
        return of(
                OnnxModels.areThere() ? OnnxModels.installed() : Map.of(),
                task -> thread.apply(task, "sluice-embeddings-" + count.incrementAndGet()));
    }

    static LocalEmbeddings of(Map<String, Supplier<Encoder>> factories, ThreadFactory factory) {
        int width = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return new LocalEmbeddings(factories, factory, width);
    }

    @Override
    public List<String> models() {
        return List.copyOf(models.keySet());
    }

    @Override
    public Model model(String name) {
        Installed model = models.get(name);
        if (model != null) {
            return model;
        }
        String where = "the folder '" + FOLDER + "' of the distribution (mvn -Pembeddings -pl host package fills it)";
        throw new IllegalArgumentException(
                models.isEmpty()
                        ? "no embedding model is installed, so there is no '" + name + "': put its jars into " + where
                        : "there is no embedding model '" + name + "': choose one of " + String.join(", ", models())
                                + ", or put its jars into " + where);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private final class Installed implements Model {
        private final String name;
        private final Supplier<Encoder> load;
        private @Nullable Encoder encoder;

        Installed(String name, Supplier<Encoder> load) {
            this.name = name;
            this.load = load;
        }

        @Override
        public CompletionStage<float[]> embed(String text) {
            CompletableFuture<float[]> vector = new CompletableFuture<>();
            String part = text.length() <= LONGEST ? text : text.substring(0, LONGEST);
            try {
                threads.execute(() -> {
                    try {
                        vector.complete(ofLengthOne(encoder().encode(part)));
                    } catch (Exception | LinkageError e) {
                        vector.completeExceptionally(new IllegalStateException(
                                "the embedding model '" + name + "' cannot be used: " + e, e));
                    }
                });
            } catch (RejectedExecutionException e) {
                vector.completeExceptionally(
                        new IllegalStateException("too many texts wait for an embedding already", e));
            }
            return vector;
        }

        private synchronized Encoder encoder() {
            Encoder loaded = encoder;
            if (loaded == null) {
                loaded = load.get();
                encoder = loaded;
            }
            return loaded;
        }
    }

    private static float[] ofLengthOne(float[] vector) {
        double square = 0;
        for (float x : vector) {
            square += (double) x * x;
        }
        double length = Math.sqrt(square);
        if (!(length > 0) || Double.isInfinite(length)) {
            throw new IllegalStateException("it made a vector without a direction");
        }
        float[] one = new float[vector.length];
        for (int i = 0; i < one.length; i++) {
            one[i] = (float) (vector[i] / length);
        }
        return one;
    }
}
