package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.pf4j.Extension;

/** {@code content-safety}: checks, masks and refuses what goes in and what comes out. */
@Extension
public final class ContentSafety implements FilterPlugin<ContentSafetyConfig> {
    private static final List<String> FAMILIES = List.of("guard", "masking");

    @Override
    public String name() {
        return "content-safety";
    }

    @Override
    public Class<ContentSafetyConfig> configType() {
        return ContentSafetyConfig.class;
    }

    /** Higress's keys stand side by side with nothing; here each family has a block of its own. */
    @Override
    public ObjectNode normalize(ObjectNode config) {
        JsonNode schema = schema();
        List<String> given = new ArrayList<>();
        for (String family : FAMILIES) {
            JsonNode known = schema.path("properties").path(family).path("properties");
            List<String> theirs = new ArrayList<>();
            config.fieldNames().forEachRemaining(key -> {
                if (known.has(key)) {
                    theirs.add(key);
                }
            });
            if (!theirs.isEmpty()) {
                ObjectNode block = config.has(family) && config.get(family) instanceof ObjectNode there
                        ? there
                        : config.objectNode();
                theirs.forEach(key -> block.set(key, config.get(key)));
                config.remove(theirs);
                config.set(family, block);
                given.add(theirs.get(0));
            } else if (config.has(family)) {
                given.add(family);
            }
        }
        for (String key : List.of("engines", "actions", "consumers", "request", "response", "message", "logText")) {
            if (config.has(key)) {
                given.add(key);
                break;
            }
        }
        if (given.size() > 1) {
            throw new ConfigException(
                    given.get(1),
                    "'" + given.get(0) + "' and '" + given.get(1)
                            + "' are of different families of keys (ours, Higress's ai-security-guard, Higress's"
                            + " ai-data-masking): keep to one, and write another entry for the other");
        }
        return config;
    }

    private static JsonNode schema() {
        try (InputStream in = ContentSafety.class.getResourceAsStream("/META-INF/sluice/content-safety.json")) {
            return new ObjectMapper().readTree(Objects.requireNonNull(in)).path("schema");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public FilterFactory open(ContentSafetyConfig config, Scope scope) {
        Settings settings = new Opening(scope).settings(config);
        return exchange -> new SafetyFilter(exchange, settings);
    }
}
