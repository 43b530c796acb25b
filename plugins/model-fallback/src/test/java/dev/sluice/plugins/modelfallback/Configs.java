package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;

/** Configs for unit tests, from JSON with single quotes, defaults filled in by the descriptor. */
final class Configs {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .addModule(new SimpleModule().addDeserializer(Duration.class, new DurationReader()))
            .build();

    private Configs() {}

    static ModelFallbackConfig of(String json) {
        try {
            JsonNode tree = MAPPER.readTree(json.replace('\'', '"'));
            JsonNode schema = schema();
            fill(schema, schema, tree);
            return MAPPER.treeToValue(tree, ModelFallbackConfig.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode schema() {
        try (var in = Configs.class.getResourceAsStream("/META-INF/sluice/model-fallback.json")) {
            return MAPPER.readTree(in).path("schema");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fill(JsonNode root, JsonNode given, JsonNode value) {
        JsonNode schema =
                given.has("$ref") ? root.at(given.path("$ref").asText().substring(1)) : given;
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> property :
                    schema.path("properties").properties()) {
                JsonNode standard = property.getValue().path("default");
                String type = property.getValue().path("type").asText();
                if (!object.has(property.getKey())) {
                    if (!standard.isMissingNode()) {
                        object.set(property.getKey(), standard.deepCopy());
                    } else if (type.equals("array")) {
                        object.putArray(property.getKey());
                    } else if (type.equals("object")
                            && property.getValue().has("additionalProperties")
                            && property.getKey().equals("headers")) {
                        object.putObject(property.getKey());
                    }
                }
                fill(root, property.getValue(), object.path(property.getKey()));
            }
        } else if (value instanceof ArrayNode array) {
            array.forEach(item -> fill(root, schema.path("items"), item));
        }
    }

    private static final class DurationReader extends StdScalarDeserializer<Duration> {
        private static final long serialVersionUID = 1L;

        DurationReader() {
            super(Duration.class);
        }

        @Override
        public Duration deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            String text = parser.getText();
            long number = Long.parseLong(text.replaceAll("[a-z]", ""));
            return text.endsWith("ms") ? Duration.ofMillis(number) : Duration.parse("PT" + text);
        }
    }
}
