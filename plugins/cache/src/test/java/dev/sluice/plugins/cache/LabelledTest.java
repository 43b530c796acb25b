package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Embeddings;
import dev.sluice.host.embedding.LocalEmbeddings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How well similar questions are told from lookalikes, with the real models; the thresholds follow from what this prints.
 * The pairs of the sets {@code …-unseen} were written after the words of {@link Lexicon} had been chosen.
 */
@Tag("long")
final class LabelledTest {

    /** Two questions, whether one answer does for both, and what the model makes of them. */
    private record Pair(boolean same, String one, String other, double cosine) {
        boolean passes() {
            return Traits.difference(Traits.of(one), Traits.of(other)) == null;
        }
    }

    private record Score(double precision, double recall) {}

    private static List<Pair> pairs(LocalEmbeddings all, String model, String set) throws Exception {
        Embeddings.Model embeddings = all.model(model);
        return lines(set).stream()
                .map(line -> line.split("\t", -1))
                .map(part -> new Pair(
                        part[0].equals("same"),
                        part[1],
                        part[2],
                        Coarse.of(vector(embeddings, part[1])).cosine(Coarse.of(vector(embeddings, part[2])), -1)))
                .toList();
    }

    private static List<String> lines(String set) throws IOException {
        return Files.readAllLines(Path.of("src/test/resources/semantic/" + set + ".tsv"));
    }

    private static Vector vector(Embeddings.Model model, String text) {
        return Vector.of(model.embed(text)
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join());
    }

    private static Score score(List<Pair> pairs, double threshold, boolean guarded) {
        long found = 0;
        long wrong = 0;
        for (Pair pair : pairs) {
            if (pair.cosine >= threshold && (!guarded || pair.passes())) {
                found += pair.same ? 1 : 0;
                wrong += pair.same ? 0 : 1;
            }
        }
        long same = pairs.stream().filter(Pair::same).count();
        return new Score(found + wrong == 0 ? 1 : (double) found / (found + wrong), (double) found / same);
    }

    @ParameterizedTest
    @CsvSource({
        "bge-small-en-v15-q, en, 0.99, 0.72",
        "bge-small-zh-v15-q, zh, 0.97, 0.58",
        "bge-small-en-v15-q, en-unseen, 0.8, 0.5",
        "bge-small-zh-v15-q, zh-unseen, 0.8, 0.4"
    })
    void lookalikesMissAndParaphrasesHit(String model, String set, double precision, double recall) throws Exception {
        try (LocalEmbeddings all = LocalEmbeddings.installed(Thread::new)) {
            List<Pair> pairs = pairs(all, model, set);
            System.out.printf("%s, %d pairs of %s%n", model, pairs.size(), set);
            for (double threshold = 0.80; threshold < 0.975; threshold += 0.02) {
                Score plain = score(pairs, threshold, false);
                Score guarded = score(pairs, threshold, true);
                System.out.printf(
                        "  %.2f: precision %.2f, recall %.2f; by the cosine alone %.2f, %.2f%n",
                        threshold, guarded.precision, guarded.recall, plain.precision, plain.recall);
            }
            for (Pair pair : pairs) {
                if (!pair.same && pair.cosine >= 0.8 && pair.passes()) {
                    System.out.printf("  wrong at %.3f: %s | %s%n", pair.cosine, pair.one, pair.other);
                }
            }
            Score standard = score(pairs, SemanticSettings.measured(model), true);
            System.out.printf(
                    "  by default (%.2f): precision %.3f, recall %.3f%n",
                    SemanticSettings.measured(model), standard.precision, standard.recall);
            assertThat(standard.precision).isGreaterThanOrEqualTo(precision);
            assertThat(standard.recall).isGreaterThanOrEqualTo(recall);
        }
    }

    @Test
    void theSetIsLarge() throws IOException {
        for (String set : List.of("en", "zh")) {
            Map<String, Integer> count = new TreeMap<>();
            lines(set).forEach(line -> count.merge(line.split("\t", -1)[0], 1, Integer::sum));
            assertThat(count.get("same")).isGreaterThanOrEqualTo(60);
            assertThat(count.get("other")).isGreaterThanOrEqualTo(60);
        }
    }

    @Test
    void whatAVectorCosts() throws Exception {
        try (LocalEmbeddings all = LocalEmbeddings.installed(Thread::new)) {
            for (String model : all.models()) {
                String set = model.contains("zh") ? "zh" : "en";
                List<String> texts =
                        lines(set).stream().map(line -> line.split("\t", -1)[1]).toList();
                Embeddings.Model embeddings = all.model(model);
                texts.forEach(text -> vector(embeddings, text));
                long begun = System.nanoTime();
                texts.forEach(text -> vector(embeddings, text));
                System.out.printf(
                        "%s: %.1f ms for a question%n", model, (System.nanoTime() - begun) / 1e6 / texts.size());
                String longest = "word ".repeat(Question.LONGEST / 5);
                vector(embeddings, longest);
                begun = System.nanoTime();
                assertThat(vector(embeddings, longest).dimensions()).isGreaterThan(100);
                System.out.printf("%s: %.1f ms for the longest%n", model, (System.nanoTime() - begun) / 1e6);
            }
        }
    }
}
