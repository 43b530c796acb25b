package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Provider;
import dev.sluice.api.RequestHead;
import java.util.ArrayList;
import java.util.List;

/** The list of models that a provider's mapping names. */
final class Models {

    private Models() {}

    static boolean isListing(Exchange exchange, RequestHead head) {
        return exchange.operation() == Operation.MODELS
                && exchange.dialect() == Dialect.OPENAI
                && head.method().equals("GET")
                && head.path().endsWith("/models");
    }

    /** Whether the mapping names models; else an upstream is asked for its own list. */
    static boolean lists(Provider provider) {
        return provider.type().equals(EchoUpstream.TYPE) || !names(provider).isEmpty();
    }

    static ObjectNode list(Provider provider) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode().put("object", "list");
        ArrayNode data = tree.putArray("data");
        List<String> names = names(provider);
        for (String name : names.isEmpty() ? List.of(EchoUpstream.TYPE) : names) {
            data.addObject()
                    .put("id", name)
                    .put("object", "model")
                    .put("created", 0)
                    .put("owned_by", provider.name());
        }
        return tree;
    }

    /** The mapping's plain names: a pattern names no model. */
    private static List<String> names(Provider provider) {
        List<String> names = new ArrayList<>();
        JsonNode mapping = provider.config().path("modelMapping");
        mapping.fieldNames().forEachRemaining(name -> {
            if (!name.startsWith("~") && !name.contains("*") && !name.contains("?")) {
                names.add(name);
            }
        });
        return names;
    }
}
