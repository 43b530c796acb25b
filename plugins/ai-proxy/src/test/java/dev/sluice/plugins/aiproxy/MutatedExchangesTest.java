package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.plugins.aiproxy.dialect.AnswerException;
import dev.sluice.plugins.aiproxy.dialect.RequestException;
import dev.sluice.plugins.aiproxy.dialect.RequestOptions;
import dev.sluice.plugins.aiproxy.dialect.Translation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden exchanges with every value in them replaced by every kind of nonsense: a client's or a provider's fault. */
class MutatedExchangesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final RequestOptions OPTIONS = new RequestOptions(4096, false);
    private static final Pattern DATA = Pattern.compile("(?m)^data: (\\{.*)$");

    static Stream<String> cases() throws IOException {
        return GoldenTest.cases();
    }

    private static Path folder(String name) {
        return Path.of("src/test/resources/golden", name);
    }

    private static Translation translation(String name) {
        return name.contains("-to-openai")
                ? new Translation(Dialect.ANTHROPIC, Dialect.OPENAI)
                : new Translation(Dialect.OPENAI, Dialect.ANTHROPIC);
    }

    private static Translation asked(String name) throws IOException {
        Translation translation = translation(name);
        translation.request(
                MAPPER.readTree(folder(name).resolve("client-request.json").toFile()), OPTIONS);
        return translation;
    }

    /** The tree with each of its values, one at a time, replaced by each kind of nonsense. */
    private static List<JsonNode> mutants(JsonNode tree) throws IOException {
        List<JsonNode> mutants = new ArrayList<>();
        for (JsonNode nonsense : MAPPER.readTree("[null,7,-1.5,true,\"x\",\"\",[],{},[7],{\"x\":[]}]")) {
            mutants.add(nonsense);
            mutate(tree, tree, nonsense, mutants);
        }
        return mutants;
    }

    private static void mutate(JsonNode root, JsonNode node, JsonNode nonsense, List<JsonNode> mutants) {
        if (node instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                JsonNode kept = object.get(name);
                object.set(name, nonsense);
                mutants.add(root.deepCopy());
                object.set(name, kept);
                mutate(root, kept, nonsense, mutants);
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                JsonNode kept = array.get(i);
                array.set(i, nonsense);
                mutants.add(root.deepCopy());
                array.set(i, kept);
                mutate(root, kept, nonsense, mutants);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void requestsAreTranslatedOrRefused(String name) throws IOException {
        int refused = 0;
        for (JsonNode mutant : mutants(
                MAPPER.readTree(folder(name).resolve("client-request.json").toFile()))) {
            try {
                assertThat(translation(name).request(mutant, OPTIONS).path("messages"))
                        .as("%s", mutant)
                        .isNotEmpty();
            } catch (RequestException e) {
                assertThat(e.getMessage()).as("%s", mutant).isNotBlank();
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersAreTranslatedOrNone(String name) throws IOException {
        Path whole = folder(name).resolve("upstream-answer.json");
        Path stream = folder(name).resolve("upstream-answer.sse");
        if (Files.exists(whole)) {
            for (JsonNode mutant : mutants(MAPPER.readTree(whole.toFile()))) {
                try {
                    assertThat(asked(name).answer(mutant)).isNotEmpty();
                } catch (AnswerException e) {
                    assertThat(e.getMessage()).startsWith("the provider's answer is no ");
                }
            }
        } else if (Files.exists(stream)) {
            streams(name, Files.readString(stream));
        }
    }

    private static void streams(String name, String sse) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        DATA.matcher(sse)
                .results()
                .forEach(data -> events.add(Event.data(data.group(1)).json()));
        for (int at = 0; at < events.size(); at++) {
            for (JsonNode mutant : mutants(events.get(at))) {
                Translation translation = asked(name);
                translation.begin(1, String::length);
                List<Event> out = new ArrayList<>();
                for (int i = 0; i < events.size(); i++) {
                    JsonNode tree = i == at ? mutant : events.get(i);
                    Event event = Event.json(tree);
                    String type = tree.path("type").asText("");
                    out.addAll(translation.event(type.isEmpty() ? event : event.name(type)));
                }
                out.addAll(translation.end());
                assertThat(out).allMatch(event -> event.json().isObject());
            }
        }
    }
}
