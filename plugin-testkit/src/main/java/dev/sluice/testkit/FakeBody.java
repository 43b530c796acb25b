package dev.sluice.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A body in memory; edits change it in place. Confined to one thread. */
public final class FakeBody implements Body {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final boolean jsonExpected;
    private byte[] bytes;
    private @Nullable JsonNode json;

    private FakeBody(boolean jsonExpected, byte[] bytes) {
        this.jsonExpected = jsonExpected;
        replace(bytes);
    }

    /** A body whose headers say JSON; whether it is, is the text's affair. */
    public static FakeBody json(String text) {
        return new FakeBody(true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A body of JSON; the tree is copied. */
    public static FakeBody json(JsonNode tree) {
        return json(tree.toString());
    }

    /** A body whose headers say that it is something else. */
    public static FakeBody bytes(byte[] bytes) {
        return new FakeBody(false, bytes);
    }

    @Override
    public boolean isJson() {
        return json != null;
    }

    @Override
    public byte[] bytes() {
        return bytes;
    }

    /** The bytes as UTF-8. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public JsonNode json() {
        if (json == null) {
            throw new IllegalStateException("the body is not JSON");
        }
        return json;
    }

    @Override
    public void edit(Consumer<ObjectNode> change) {
        if (!(json instanceof ObjectNode object)) {
            throw new IllegalStateException("only a body that is a JSON object can be edited");
        }
        change.accept(object);
        bytes = object.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void replace(JsonNode json) {
        this.json = json;
        this.bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void replace(byte[] bytes) {
        this.bytes = bytes;
        this.json = jsonExpected ? parse(bytes) : null;
    }

    /** A body of the same content that shares nothing with this one. */
    public FakeBody copy() {
        return new FakeBody(jsonExpected || json != null, bytes.clone());
    }

    private static @Nullable JsonNode parse(byte[] bytes) {
        try {
            JsonNode tree = MAPPER.readTree(bytes);
            return tree.isMissingNode() ? null : tree;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public String toString() {
        return text();
    }
}
