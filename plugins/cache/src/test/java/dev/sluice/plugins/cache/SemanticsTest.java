package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Embeddings;
import dev.sluice.api.Usage;
import dev.sluice.plugins.cache.SemanticConfig.VectorsConfig;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeScope;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Similar questions with a fake model, clock and shared state. */
final class SemanticsTest {
    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock);
    private final Map<String, Entry> answers = new HashMap<>();
    private Function<String, CompletionStage<float[]>> model =
            text -> CompletableFuture.completedFuture(Words.vector(text));

    private Semantics semantics(int maxVectors, @Nullable VectorsConfig vectors) {
        scope.service(Embeddings.class, new Embeddings() {
            @Override
            public List<String> models() {
                return List.of("words");
            }

            @Override
            public Model model(String name) {
                return text -> model.apply(text);
            }
        });
        SemanticConfig config = new SemanticConfig("words", null, 0.9, vectors, maxVectors, null);
        Settings settings = Settings.of(Configs.semantic(config));
        SemanticSettings similar = settings.semantic();
        assertThat(similar).isNotNull();
        return Semantics.open(similar, settings, scope, new Meters(scope, "USD"), clock::millis);
    }

    private Semantics semantics() {
        return semantics(100, null);
    }

    private static Question question(String text) {
        return new Question("group", text);
    }

    private void learn(Semantics in, String text) {
        answers.put(text, Entry.of(new CacheKey(text, "r", "m", ""), clock.millis(), Usage.NONE, "{}"));
        in.learn(question(text), text);
    }

    private Optional<Entry> find(Semantics in, Question question) {
        return in.find(
                        question,
                        hash -> CompletableFuture.completedFuture(Optional.ofNullable(answers.get(hash))),
                        entry -> true)
                .join();
    }

    private double count(String result) {
        return scope.meters()
                .counter("sluice.cache.semantic.lookups", "route", "test", "result", result)
                .count();
    }

    @Test
    void theNextGenerationAndOtherNodesKnowTheSameQuestions() {
        Semantics first = semantics();
        learn(first, "where does the river end");
        Semantics second = semantics();
        assertThat(second.size()).isZero();
        assertThat(find(second, question("the river, where does it end"))).isPresent();
        learn(first, "where does the forest end");
        assertThat(find(second, question("the forest, where does it end"))).isPresent();
        assertThat(second.size()).isEqualTo(2);
        assertThat(find(second, new Question("other", "the river, where does it end")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "sluice-vector/0 {}",
                "sluice-vector/1 {}",
                "sluice-vector/1 {\"hash\":\"h\",\"vector\":\"AAA=\"}",
                "sluice-vector/1 {\"hash\":\"h\",\"vector\":\"?\"}",
                "sluice-vector/1 {\"vector\":\"AAAAAA==\"}"
            })
    void whatCannotBeReadIsNothing(String stored) {
        learn(semantics(), "where does the river end");
        scope.shared().put("{similar:group}1", stored, Duration.ofHours(1));
        assertThat(find(semantics(), question("the river, where does it end"))).isEmpty();
        assertThat(count("miss")).isEqualTo(1);
    }

    @Test
    void aVectorSurvivesBeingStored() {
        Vector vector = Vector.towards(Words.vector("one two three four"));
        VectorLog.Line line = VectorLog.line(7, VectorLog.text(question("text"), "hash", vector));
        assertThat(line).isNotNull();
        assertThat(line.vector().values()).isEqualTo(vector.values());
        assertThat(line.text() + line.hash() + line.place()).isEqualTo("texthash7");
    }

    @Test
    void theBoundHoldsInBothMemories() {
        Semantics few = semantics(10, null);
        for (int i = 0; i < 100; i++) {
            learn(few, "river " + "abcdefghij".charAt(i / 10) + "bcd " + "klmnopqrst".charAt(i % 10) + "uvw");
        }
        assertThat(few.size()).isLessThanOrEqualTo(10);
        long kept = java.util.stream.IntStream.rangeClosed(1, 100)
                .filter(i -> scope.shared()
                        .get("{similar:group}" + i)
                        .toCompletableFuture()
                        .join()
                        .isPresent())
                .count();
        assertThat(kept).isLessThanOrEqualTo(11);
    }

    @Test
    void aVectorWhoseAnswerIsGoneGoesToo() {
        Semantics in = semantics();
        learn(in, "where does the river end");
        answers.clear();
        assertThat(find(in, question("the river, where does it end"))).isEmpty();
        assertThat(in.size()).isZero();
    }

    @Test
    void afterAFailureItRestsLongerEachTime() {
        Semantics in = semantics();
        learn(in, "where does the river end");
        model = text -> CompletableFuture.failedFuture(new IllegalStateException("broken"));
        Question other = question("the river, where does it end");
        assertThat(find(in, other)).isEmpty();
        assertThat(find(in, other)).isEmpty();
        assertThat(count("failed")).isEqualTo(1);
        assertThat(count("resting")).isEqualTo(1);
        clock.advance(Duration.ofSeconds(1));
        assertThat(find(in, other)).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(find(in, other)).isEmpty();
        assertThat(count("failed")).isEqualTo(2);
        assertThat(count("resting")).isEqualTo(2);
        model = text -> CompletableFuture.completedFuture(Words.vector(text));
        clock.advance(Duration.ofSeconds(1));
        assertThat(find(in, other)).isPresent();
    }

    @Test
    void anotherDimensionIsAFailure() {
        Semantics in = semantics();
        learn(in, "where does the river end");
        model = text -> CompletableFuture.completedFuture(new float[] {1, 2, 3});
        assertThat(find(in, question("the river, where does it end"))).isEmpty();
        assertThat(count("failed")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, Float.NaN, Float.POSITIVE_INFINITY})
    void aVectorWithoutADirectionIsAFailure(float x) {
        model = text -> CompletableFuture.completedFuture(new float[] {x, 0});
        assertThat(find(semantics(), question("anything"))).isEmpty();
        assertThat(count("failed")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"result\":{\"config\":{\"params\":{\"vectors\":{\"size\":3,\"distance\":\"Cosine\"}}}}}",
                "{\"result\":{\"config\":{\"params\":{\"vectors\":{\"size\":64,\"distance\":\"Manhattan\"}}}}}",
                "{\"result\":{}}",
                "[]",
                "<html>"
            })
    void aCollectionOfAnotherKindIsAFailure(String answer) {
        scope.calls().when(call -> true, FakeAnswers.json(200, answer));
        Semantics in = semantics(10, new VectorsConfig("qdrant", URI.create("http://q:6333"), null, "c"));
        assertThat(find(in, question("anything"))).isEmpty();
        assertThat(count("failed")).isEqualTo(1);
    }

    @Test
    void qdrantIsAskedForExpiredVectorsToGo() {
        scope.calls().when(call -> true, FakeAnswers.json(200, "{\"result\":{}}"));
        semantics(10, new VectorsConfig("qdrant", URI.create("http://q:6333/"), "k", "c"));
        clock.advance(Duration.ofMinutes(10));
        assertThat(scope.calls().asked()).hasSize(1).allSatisfy(call -> {
            assertThat(call.uri()).hasToString("http://q:6333/collections/c/points/delete");
            assertThat(new String(call.body(), java.nio.charset.StandardCharsets.UTF_8))
                    .startsWith("{\"filter\":{\"must\":[{\"key\":\"until\",\"range\":{\"lt\":");
        });
    }
}
