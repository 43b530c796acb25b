package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A body in memory; counts its edits. */
final class FakeBody implements Body {
    static final ObjectMapper MAPPER = new ObjectMapper();
    private byte[] bytes;
    private JsonNode json;
    int edits;

    FakeBody(String text) {
        bytes = text.getBytes(StandardCharsets.UTF_8);
        try {
            json = MAPPER.readTree(bytes);
        } catch (IOException e) {
            json = MissingNode.getInstance();
        }
    }

    static JsonNode tree(String json) {
        try {
            return MAPPER.readTree(json.replace('\'', '"'));
        } catch (IOException e) {
            throw new AssertionError(json, e);
        }
    }

    /** JSON with single quotes, for legible tests. */
    static FakeBody of(String json) {
        return new FakeBody(json.replace('\'', '"'));
    }

    @Override
    public boolean isJson() {
        return !json.isMissingNode();
    }

    @Override
    public byte[] bytes() {
        return edits == 0 ? bytes : json.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public JsonNode json() {
        if (!isJson()) {
            throw new IllegalStateException("not JSON");
        }
        return json;
    }

    @Override
    public void edit(Consumer<ObjectNode> change) {
        if (!(json instanceof ObjectNode object)) {
            throw new IllegalStateException("not a JSON object");
        }
        edits++;
        change.accept(object);
    }

    @Override
    public void replace(JsonNode tree) {
        edits++;
        json = tree;
    }

    @Override
    public void replace(byte[] other) {
        bytes = other;
    }
}
