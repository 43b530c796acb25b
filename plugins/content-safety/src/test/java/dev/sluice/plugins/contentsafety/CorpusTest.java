package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How well the local engines tell risks from what only looks like them. */
final class CorpusTest {
    private static final List<Engine.Local> ENGINES =
            List.of(Guards.words("codename aurora", "内部代号"), Guards.pii(), new InjectionEngine());

    private static final class Score {
        private int hits;
        private int alarms;
        private int misses;

        double precision() {
            return hits + alarms == 0 ? 1 : (double) hits / (hits + alarms);
        }

        double recall() {
            return hits + misses == 0 ? 1 : (double) hits / (hits + misses);
        }

        @Override
        public String toString() {
            return "precision %.2f recall %.2f (%d hits, %d false alarms, %d misses)"
                    .formatted(precision(), recall(), hits, alarms, misses);
        }
    }

    private static List<String> found(String text) {
        List<Finding> all = new ArrayList<>();
        for (Engine.Local engine : ENGINES) {
            engine.find(Text.of(text)).forEach(one -> all.add(one.decided(Action.MASK)));
        }
        return new ArrayList<>(
                Masks.apart(all, 1).get(0).stream().map(Finding::risk).toList());
    }

    @Test
    void precisionAndRecall() throws IOException {
        Map<String, Score> scores = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        try (InputStream in = CorpusTest.class.getResourceAsStream("corpus.txt")) {
            new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && line.charAt(0) != '#')
                    .forEach(line -> judge(line, scores, wrong));
        }
        scores.forEach((risk, score) -> System.out.println(risk + ": " + score));
        wrong.forEach(System.out::println);
        scores.forEach((risk, score) -> {
            assertThat(score.precision()).as("precision of %s", risk).isGreaterThanOrEqualTo(0.95);
            assertThat(score.recall()).as("recall of %s", risk).isGreaterThanOrEqualTo(0.85);
        });
    }

    private static void judge(String line, Map<String, Score> scores, List<String> wrong) {
        String[] columns = line.split(" \\| ", 2);
        List<String> found = found(columns[1]);
        if (!columns[0].equals("-")) {
            for (String risk : columns[0].split(",", -1)) {
                Score score = scores.computeIfAbsent(risk, key -> new Score());
                if (found.remove(risk)) {
                    score.hits++;
                } else {
                    score.misses++;
                    wrong.add("missed: " + line);
                }
            }
        }
        // A rule that says the same twice is no false alarm.
        found.removeIf(risk -> columns[0].contains(risk));
        for (String risk : found) {
            scores.computeIfAbsent(risk, key -> new Score()).alarms++;
            wrong.add("false alarm (" + risk + "): " + line);
        }
    }
}
