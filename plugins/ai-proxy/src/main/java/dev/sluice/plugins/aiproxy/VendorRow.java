package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is particular to a provider type, as {@code META-INF/sluice/ai-proxy.providers.json} says under {@code data}.
 *
 * @param dialect {@code anthropic}; else OpenAI's
 * @param root the path that a base without a version lacks; the path of the type's own base URL unless given. Holds
 *     fields of the provider in braces
 * @param open whether it has every operation, at OpenAI's paths
 * @param serves operations at OpenAI's paths
 * @param paths operations at paths of its own below the base
 * @param besides operations at paths below the host
 * @param when more paths where a field of the provider is true
 * @param auth where the key goes; bearer unless given
 * @param headers fields that every request carries
 * @param asIs whether neither paths nor bodies are touched
 * @param keepsDeveloper whether it knows the role {@code developer}, which else becomes {@code system}
 * @param refusesStreamOptions whether it refuses {@code stream_options}; usage comes unasked then
 * @param usageInChoice whether a stream's usage stands in its last choice
 * @param effortAsThinking whether {@code reasoning_effort} is to be {@code thinking.type}
 * @param reasoningMaxTokens whether {@code reasoning_max_tokens} is to be {@code reasoning.max_tokens}
 * @param drop fields that it refuses
 * @param defaults fields that are set where the client has not
 * @param settings the provider's fields that are of this type
 */
record VendorRow(
        @Nullable String dialect,
        @Nullable String root,
        boolean open,
        List<Api> serves,
        Map<Api, String> paths,
        Map<Api, String> besides,
        Map<String, VendorRow> when,
        @Nullable JsonNode auth,
        Map<String, String> headers,
        boolean asIs,
        boolean keepsDeveloper,
        boolean refusesStreamOptions,
        boolean usageInChoice,
        boolean effortAsThinking,
        boolean reasoningMaxTokens,
        Map<Api, List<String>> drop,
        Map<Api, ObjectNode> defaults,
        List<String> settings) {
    private static final String FILE = "/META-INF/sluice/ai-proxy.providers.json";
    private static final Map<String, VendorRow> ROWS = read();

    /** What stands nowhere is empty. */
    VendorRow(
            @JsonProperty("dialect") @Nullable String dialect,
            @JsonProperty("root") @Nullable String root,
            @JsonProperty("open") boolean open,
            @JsonProperty("serves") @Nullable List<Api> serves,
            @JsonProperty("paths") @Nullable Map<Api, String> paths,
            @JsonProperty("besides") @Nullable Map<Api, String> besides,
            @JsonProperty("when") @Nullable Map<String, VendorRow> when,
            @JsonProperty("auth") @Nullable JsonNode auth,
            @JsonProperty("headers") @Nullable Map<String, String> headers,
            @JsonProperty("asIs") boolean asIs,
            @JsonProperty("keepsDeveloper") boolean keepsDeveloper,
            @JsonProperty("refusesStreamOptions") boolean refusesStreamOptions,
            @JsonProperty("usageInChoice") boolean usageInChoice,
            @JsonProperty("effortAsThinking") boolean effortAsThinking,
            @JsonProperty("reasoningMaxTokens") boolean reasoningMaxTokens,
            @JsonProperty("drop") @Nullable Map<Api, List<String>> drop,
            @JsonProperty("defaults") @Nullable Map<Api, ObjectNode> defaults,
            @JsonProperty("settings") @Nullable List<String> settings) {
        this.dialect = dialect;
        this.root = root;
        this.open = open;
        this.serves = serves == null ? List.of() : serves;
        this.paths = paths == null ? Map.of() : paths;
        this.besides = besides == null ? Map.of() : besides;
        this.when = when == null ? Map.of() : when;
        this.auth = auth;
        this.headers = headers == null ? Map.of() : headers;
        this.asIs = asIs;
        this.keepsDeveloper = keepsDeveloper;
        this.refusesStreamOptions = refusesStreamOptions;
        this.usageInChoice = usageInChoice;
        this.effortAsThinking = effortAsThinking;
        this.reasoningMaxTokens = reasoningMaxTokens;
        this.drop = drop == null ? Map.of() : drop;
        this.defaults = defaults == null ? Map.of() : defaults;
        this.settings = settings == null ? List.of() : settings;
    }

    /** All of them, by type. */
    static Map<String, VendorRow> all() {
        return ROWS;
    }

    boolean isAnthropics() {
        return "anthropic".equals(dialect);
    }

    private static Map<String, VendorRow> read() {
        ObjectMapper mapper = new ObjectMapper();
        Map<String, VendorRow> rows = new LinkedHashMap<>();
        try (InputStream in = Objects.requireNonNull(VendorRow.class.getResourceAsStream(FILE), FILE)) {
            for (Map.Entry<String, JsonNode> type : mapper.readTree(in).properties()) {
                if (type.getValue().path("data") instanceof ObjectNode data) {
                    rows.put(type.getKey(), mapper.treeToValue(rooted(data, type.getValue()), VendorRow.class));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(FILE + " of this jar cannot be read", e);
        }
        return Collections.unmodifiableMap(rows);
    }

    private static ObjectNode rooted(ObjectNode data, JsonNode type) {
        if (!data.has("root") && type.has("baseUrl")) {
            String path = URI.create(type.path("baseUrl").asText()).getRawPath();
            data.set("root", JsonNodeFactory.instance.textNode(path));
        }
        return data;
    }
}
