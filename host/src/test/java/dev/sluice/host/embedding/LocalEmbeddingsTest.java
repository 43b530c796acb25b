package dev.sluice.host.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.host.embedding.LocalEmbeddings.Encoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalEmbeddingsTest {
    private final List<LocalEmbeddings> opened = new ArrayList<>();

    private LocalEmbeddings with(Map<String, Supplier<Encoder>> models) {
        LocalEmbeddings all = LocalEmbeddings.of(models, Thread::new);
        opened.add(all);
        return all;
    }

    @AfterEach
    void close() {
        opened.forEach(LocalEmbeddings::close);
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aModelIsLoadedOnceAndWhenItIsUsed() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        LocalEmbeddings all = with(Map.of("m", () -> {
            loads.incrementAndGet();
            return text -> new float[] {3, 4};
        }));

        var model = all.model("m");
        assertThat(loads).hasValue(0);
        float[] vector = done(model.embed("a"));
        done(all.model("m").embed("b"));

        assertThat(loads).hasValue(1);
        assertThat(vector[0]).isCloseTo(0.6f, within(1e-6f));
        assertThat(vector[1]).isCloseTo(0.8f, within(1e-6f));
    }

    @Test
    void itRunsOnThreadsOfItsOwnAndReadsOnlyTheBeginning() throws Exception {
        List<String> seen = new ArrayList<>();
        LocalEmbeddings all = with(Map.of("m", () -> text -> {
            seen.add(Thread.currentThread().getName() + " " + text.length());
            return new float[] {1};
        }));

        done(all.model("m").embed("x".repeat(10_000_000)));

        assertThat(seen)
                .singleElement()
                .asString()
                .endsWith(" 4000")
                .doesNotStartWith(Thread.currentThread().getName());
    }

    @Test
    void onesThatAreNotThereAreToldWithTheFolder() {
        assertThatThrownBy(() -> with(Map.of()).model("bge"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "no embedding model is installed, so there is no 'bge': put its jars into the folder 'embeddings'"
                                + " of the distribution (mvn -Pembeddings -pl host package fills it)");
        assertThatThrownBy(() -> with(Map.of("m", () -> text -> new float[1])).model("bge"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no embedding model 'bge': choose one of m, or put its jars into");
    }

    @Test
    void oneThatCannotBeUsedFailsEachTimeWithItsName() {
        LocalEmbeddings all = with(Map.of(
                "broken",
                () -> {
                    throw new UnsatisfiedLinkError("no such library");
                },
                "empty",
                () -> text -> new float[3]));

        assertThatThrownBy(() -> done(all.model("broken").embed("a")))
                .hasRootCauseInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("the embedding model 'broken' cannot be used: ");
        assertThatThrownBy(() -> done(all.model("empty").embed("a")))
                .hasMessageContaining("it made a vector without a direction");
    }

    @Test
    void onlySoManyTextsWait() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        LocalEmbeddings all = with(Map.of("m", () -> text -> {
            free.await();
            return new float[] {1};
        }));
        List<CompletionStage<float[]>> waiting = new ArrayList<>();
        for (int i = 0; i < 1100; i++) {
            waiting.add(all.model("m").embed("a"));
        }
        assertThatThrownBy(() -> done(waiting.get(1099)))
                .hasMessageContaining("too many texts wait for an embedding already");
        free.countDown();
        assertThat(done(waiting.get(0))).containsExactly(1);
    }

    @ParameterizedTest
    @CsvSource({
        "BgeSmallEnV15QuantizedEmbeddingModelFactory, bge-small-en-v15-q",
        "BgeSmallZhV15QuantizedEmbeddingModelFactory, bge-small-zh-v15-q",
        "AllMiniLmL6V2EmbeddingModelFactory, all-mini-lm-l6-v2"
    })
    void aModelIsNamedAfterItsFactory(String factory, String name) {
        assertThat(OnnxModels.name(factory)).isEqualTo(name);
    }
}
