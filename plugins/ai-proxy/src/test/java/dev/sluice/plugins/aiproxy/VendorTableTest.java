package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of vendors is that of the data. */
class VendorTableTest {
    private static final String FROM = "which prints what should stand here -->\n";
    private static final String TO = "<!-- /vendors -->";

    private static JsonNode types() throws Exception {
        try (InputStream in = AiProxy.class.getResourceAsStream("/META-INF/sluice/ai-proxy.providers.json")) {
            return new ObjectMapper().readTree(in);
        }
    }

    private static String table() throws Exception {
        JsonNode types = types();
        StringBuilder table = new StringBuilder("| type | base URL | operations | key |\n|---|---|---|---|\n");
        new TreeMap<>(VendorRow.all())
                .forEach((type, row) -> table.append("| `")
                        .append(type)
                        .append('`')
                        .append(
                                types.path(type).path("aliases").isEmpty()
                                        ? ""
                                        : ", `"
                                                + types.path(type)
                                                        .path("aliases")
                                                        .get(0)
                                                        .asText() + "`")
                        .append(" | ")
                        .append(base(types.path(type)))
                        .append(" | ")
                        .append(operations(row))
                        .append(" | ")
                        .append('`' + (row.auth() == null ? Auth.BEARER : Auth.of(row.auth())).toString() + '`')
                        .append(" |\n"));
        return table.toString();
    }

    private static String base(JsonNode type) {
        return type.has("baseUrl") ? "`" + type.path("baseUrl").asText() + "`" : "as configured";
    }

    private static String operations(VendorRow row) {
        if (row.open()) {
            return "all of OpenAI's";
        }
        Set<Api> served = EnumSet.noneOf(Api.class);
        served.addAll(row.serves());
        served.addAll(row.paths().keySet());
        served.addAll(row.besides().keySet());
        return served.stream().map(Api::key).collect(Collectors.joining(", "));
    }

    @Test
    void theReadmeShowsIt() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        int from = readme.indexOf(FROM) + FROM.length();
        assertThat(readme.substring(from, readme.indexOf(TO))).isEqualTo(table());
        types().properties().forEach(type -> {
            if (type.getValue().path("unsupported").asBoolean()) {
                assertThat(readme).contains('`' + type.getKey() + '`');
            }
        });
    }

    @Test
    void everyVendorHasWhatItsRowNames() throws Exception {
        Map<String, VendorRow> rows = VendorRow.all();
        types().properties().forEach(type -> {
            boolean served = !type.getValue().path("unsupported").asBoolean()
                    && !type.getValue().path("builtIn").asBoolean();
            assertThat(rows.containsKey(type.getKey())).as(type.getKey()).isEqualTo(served);
        });
        rows.forEach((type, row) -> {
            boolean serves =
                    row.open() || !row.serves().isEmpty() || !row.paths().isEmpty();
            assertThat(serves).as(type + " has operations").isTrue();
            if (row.auth() != null) {
                assertThat(Arrays.asList(Auth.In.values()))
                        .contains(Auth.of(row.auth()).in());
            }
        });
    }
}
