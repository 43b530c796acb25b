package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A body in memory; its bytes stay as they came until it is edited. */
final class FakeBody implements Body {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private byte[] bytes = {};
    private JsonNode json = MissingNode.getInstance();

    FakeBody(String text) {
        replace(text.getBytes(StandardCharsets.UTF_8));
    }

    /** JSON with single quotes, for legible tests. */
    static FakeBody of(String json) {
        return new FakeBody(json.replace('\'', '"'));
    }

    static JsonNode tree(String json) {
        return of(json).json();
    }

    @Override
    public boolean isJson() {
        return !json.isMissingNode();
    }

    @Override
    public byte[] bytes() {
        return bytes;
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
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
        change.accept((ObjectNode) json);
        bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void replace(JsonNode tree) {
        json = tree;
        bytes = tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void replace(byte[] other) {
        bytes = other;
        try {
            json = MAPPER.readTree(bytes);
        } catch (IOException e) {
            json = MissingNode.getInstance();
        }
    }
}
