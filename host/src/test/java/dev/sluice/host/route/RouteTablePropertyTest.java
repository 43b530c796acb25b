package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.Config.Match;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table against a matcher that knows no index: it tries one route after the other, with regular expressions. */
class RouteTablePropertyTest {
    private static final List<String> SEGMENTS = List.of("a", "b", "v1", "ab", "");
    private static final List<String> SEGMENT_GLOBS = List.of("a", "b", "v1", "ab", "*", "a*", "*b", "**", "**");
    private static final List<String> HOSTS = List.of("", "a.test", "b.a.test", "c.b.a.test", "b.test", "test");
    private static final List<String> HOST_GLOBS =
            List.of("a.test", "b.a.test", "*.a.test", "*.test", "b.*", "*", "*.b.a.test", "test", "B.test");
    private static final List<String> MODELS = List.of("gpt", "gpt-4", "gpt-4o", "qwen", "qwen-max", "", "x");
    private static final List<String> MODEL_GLOBS =
            List.of("gpt", "gpt-4", "gpt-*", "*4*", "qwen*", "*", "*-max", "q*n*x", "nobody");
    private static final List<String> METHODS = List.of("GET", "POST", "PUT");
    private static final List<String> VALUES = List.of("1", "2", "3");

    @Test
    void agreesWithTryingOneRouteAfterTheOther() {
        int[] answers = new int[3];
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            List<Match> matches = new ArrayList<>();
            int routes = 1 + random.nextInt(12);
            for (int i = 0; i < routes; i++) {
                matches.add(match(random));
            }
            RouteTable table = Routes.table(matches);
            for (int i = 0; i < 100; i++) {
                RouteQuery query = query(random);
                String model = random.nextInt(4) == 0 ? null : pick(random, MODELS);
                String expected = naive(matches, query, null, false);
                answers[expected.equals("model?") ? 0 : expected.equals("none") ? 1 : 2]++;

                assertThat(Routes.word(table.find(query)))
                        .as("seed %s, %s, %s", seed, query, matches)
                        .isEqualTo(expected);
                assertThat(Routes.word(table.find(query, model)))
                        .as("seed %s, %s, model %s, %s", seed, query, model, matches)
                        .isEqualTo(naive(matches, query, model, true));
            }
        }
        assertThat(IntStream.of(answers).min().getAsInt())
                .as("how often the rarest answer comes up")
                .isGreaterThan(5_000);
    }

    private static Match match(Random random) {
        Map<String, String> headers = new HashMap<>();
        for (String name : List.of("x-a", "x-b")) {
            if (random.nextInt(6) == 0) {
                headers.put(name, pick(random, VALUES));
            }
        }
        return new Match(
                random.nextInt(8) == 0 ? null : pathGlob(random),
                some(random, MODEL_GLOBS, 3),
                some(random, HOST_GLOBS, 3),
                some(random, METHODS, 4),
                headers);
    }

    private static String pathGlob(Random random) {
        StringBuilder path = new StringBuilder();
        int segments = 1 + random.nextInt(3);
        for (int i = 0; i < segments; i++) {
            path.append('/').append(pick(random, SEGMENT_GLOBS));
        }
        return random.nextInt(3) == 0 ? path + "/**" : path.toString();
    }

    private static RouteQuery query(Random random) {
        StringBuilder path = new StringBuilder();
        int segments = 1 + random.nextInt(4);
        for (int i = 0; i < segments; i++) {
            // As a normalised path, it may be empty at the end only.
            path.append('/')
                    .append(SEGMENTS.get(random.nextInt(i == segments - 1 ? SEGMENTS.size() : SEGMENTS.size() - 1)));
        }
        Map<String, List<String>> headers = new HashMap<>();
        for (String name : List.of("x-a", "x-b")) {
            if (random.nextBoolean()) {
                headers.put(name, some(random, VALUES, 1));
            }
        }
        return new RouteQuery(
                pick(random, HOSTS), path.toString(), pick(random, METHODS), new Routes.FixedHeaders(headers));
    }

    /** None in most cases, else up to two of these. */
    private static List<String> some(Random random, List<String> of, int rarity) {
        List<String> picked = new ArrayList<>();
        if (random.nextInt(rarity) == 0) {
            int count = 1 + random.nextInt(2);
            for (int i = 0; i < count; i++) {
                picked.add(pick(random, of));
            }
        }
        return picked;
    }

    private static String pick(Random random, List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static String naive(List<Match> matches, RouteQuery query, @Nullable String model, boolean known) {
        for (int i = 0; i < matches.size(); i++) {
            Match match = matches.get(i);
            boolean fits = (match.path() == null
                            || pathRegex(match.path()).matcher(query.path()).matches())
                    && (match.method().isEmpty() || match.method().contains(query.method()))
                    && (match.host().isEmpty() || anyGlob(match.host(), query.host()))
                    && match.headers().entrySet().stream()
                            .allMatch(h -> query.headers().all(h.getKey()).contains(h.getValue()));
            if (!fits) {
                continue;
            }
            if (match.model().isEmpty()) {
                return "r" + i;
            }
            if (!known) {
                return "model?";
            }
            if (model != null && anyGlob(match.model(), model)) {
                return "r" + i;
            }
        }
        return "none";
    }

    private static boolean anyGlob(List<String> globs, String text) {
        // Hosts come in lower case; no model here has capitals.
        return globs.stream()
                .anyMatch(glob -> Pattern.compile(glob.replace(".", "\\.").replace("*", ".*"), Pattern.CASE_INSENSITIVE)
                        .matcher(text)
                        .matches());
    }

    /** Each segment brings its own slash, so {@code **} is any number of them. */
    private static Pattern pathRegex(String glob) {
        StringBuilder regex = new StringBuilder();
        for (String segment : glob.substring(1).split("/", -1)) {
            regex.append(segment.equals("**") ? "(/[^/]*)*" : "/" + segment.replace("*", "[^/]*"));
        }
        return Pattern.compile(regex.toString());
    }
}
