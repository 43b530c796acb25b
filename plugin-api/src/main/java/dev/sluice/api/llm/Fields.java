package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Small things that both dialects do with a tree's fields. */
final class Fields {

    private Fields() {}

    /** The array of that name, made if there is none. */
    static ArrayNode array(ObjectNode holder, String field) {
        return holder.path(field) instanceof ArrayNode array ? array : holder.putArray(field);
    }

    /** Adds a message of text at one end of {@code messages}. */
    static void addTurn(ObjectNode request, String role, String text, boolean first) {
        ArrayNode messages = array(request, "messages");
        messages.insertObject(first ? 0 : messages.size()).put("role", role).put("content", text);
    }

    /** Copies of the fields that these names name, under the names they map to; nulls left out. */
    static ObjectNode renamed(JsonNode from, Map<String, String> names) {
        ObjectNode to = DialectView.NODES.objectNode();
        from.properties().forEach(field -> {
            String name = names.get(field.getKey());
            if (name != null && !field.getValue().isNull()) {
                to.set(name, field.getValue().deepCopy());
            }
        });
        return to;
    }

    /** A number of tokens; 0 for what is none. */
    static long count(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isNumber() ? Math.max(0, value.asLong()) : 0;
    }

    /** Adds to a number, which need not be there yet unless nothing is added. */
    static void add(ObjectNode node, String field, long more) {
        if (more != 0) {
            node.put(field, count(node, field) + more);
        }
    }
}
