package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole body: bytes, tree, or both, each made from the other when first asked for. A try's copy shares both with the
 * original until its first edit.
 */
final class HostBody implements Body {
    private final Json codec;
    private final Thread loop;
    private final boolean jsonByType;
    private byte @Nullable [] bytes;
    private @Nullable JsonNode tree;
    private @Nullable TopLevel topLevel;
    private boolean unreadable;
    private boolean noObject;
    private boolean shared;
    private int changes;

    private HostBody(Json codec, boolean jsonByType, byte @Nullable [] bytes, @Nullable JsonNode tree) {
        this.codec = codec;
        this.loop = Thread.currentThread();
        this.jsonByType = jsonByType;
        this.bytes = bytes;
        this.tree = tree;
    }

    /** A body as it arrived. */
    static HostBody of(Json codec, byte[] bytes, boolean jsonByType) {
        return new HostBody(codec, jsonByType, bytes, null);
    }

    /** A body that is that tree. */
    static HostBody of(Json codec, JsonNode tree) {
        return new HostBody(codec, true, null, tree);
    }

    /** Whether that content type is JSON: {@code application/json} or a type with the suffix {@code +json}. */
    static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        if (contentType.equals("application/json")) {
            return true;
        }
        int end = contentType.indexOf(';');
        String type =
                (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.endsWith("+json");
    }

    /**
     * What the gateway itself wants to know of it.
     *
     * @throws Json.Invalid if it is no JSON object, or its model is no string, or is there twice
     */
    Json.Facts facts() throws Json.Invalid {
        topLevel = codec.topLevel(Objects.requireNonNull(bytes));
        return topLevel.facts();
    }

    /** A copy for one try, whose edits leave this one as it is. */
    HostBody forTry() {
        HostBody copy = new HostBody(codec, jsonByType, bytes, tree);
        copy.topLevel = topLevel;
        copy.unreadable = unreadable;
        copy.noObject = noObject;
        copy.shared = true;
        return copy;
    }

    /** Puts in the tree of its own bytes, parsed elsewhere. */
    void parsed(JsonNode parsed) {
        if (tree == null) {
            tree = parsed;
        }
    }

    int changes() {
        return changes;
    }

    /** Whether its media type is JSON, whatever its bytes are. */
    boolean saysJson() {
        return jsonByType;
    }

    /** The number of bytes, or an estimate while only the tree is there. */
    int size() {
        return bytes != null ? bytes.length : 1024;
    }

    boolean hasTree() {
        return tree != null;
    }

    Buffer buffer() {
        return Buffers.wrap(bytes());
    }

    @Override
    public boolean isJson() {
        return jsonByType && treeOrNull() != null;
    }

    @Override
    public boolean isObject() {
        return tree != null ? tree.isObject() : topLevel() != null;
    }

    @Override
    public boolean has(String field) {
        if (tree != null) {
            return tree.has(field);
        }
        TopLevel fields = topLevel();
        return fields != null && fields.has(field);
    }

    @Override
    public JsonNode field(String name) {
        if (tree != null) {
            return tree.path(name);
        }
        TopLevel fields = topLevel();
        return fields == null ? MissingNode.getInstance() : fields.field(name);
    }

    /** Its fields, while there is no tree; null if it is no JSON object. */
    private @Nullable TopLevel topLevel() {
        if (topLevel == null && bytes != null && jsonByType && !unreadable && !noObject) {
            try {
                topLevel = codec.topLevel(bytes);
            } catch (Json.Invalid e) {
                noObject = true;
            }
        }
        return topLevel;
    }

    @Override
    public byte[] bytes() {
        byte[] b = bytes;
        if (b == null) {
            b = codec.write(Objects.requireNonNull(tree));
            bytes = b;
        }
        return b;
    }

    @Override
    public JsonNode json() {
        JsonNode t = treeOrNull();
        if (t == null) {
            throw new IllegalStateException(
                    jsonByType ? "the body says it is JSON, but does not parse" : "the body is not JSON");
        }
        return t;
    }

    private @Nullable JsonNode treeOrNull() {
        if (tree == null && bytes != null && jsonByType && !unreadable) {
            try {
                tree = codec.read(bytes);
            } catch (Json.Invalid e) {
                unreadable = true;
            }
        }
        return tree;
    }

    @Override
    public void edit(Consumer<ObjectNode> change) {
        checkLoop();
        if (!(json() instanceof ObjectNode object)) {
            throw new IllegalStateException("only a JSON object can be edited");
        }
        ObjectNode own = shared ? object.deepCopy() : object;
        change.accept(own);
        changed(own, null);
    }

    @Override
    public void replace(JsonNode json) {
        checkLoop();
        changed(Objects.requireNonNull(json, "json"), null);
    }

    @Override
    public void replace(byte[] replacement) {
        checkLoop();
        changed(null, Objects.requireNonNull(replacement, "bytes"));
    }

    private void changed(@Nullable JsonNode newTree, byte @Nullable [] newBytes) {
        tree = newTree;
        bytes = newBytes;
        topLevel = null;
        unreadable = false;
        noObject = false;
        shared = false;
        changes++;
    }

    private void checkLoop() {
        if (Thread.currentThread() != loop) {
            throw new IllegalStateException("a body is edited on its exchange's event loop only, not on "
                    + Thread.currentThread().getName());
        }
    }

    @Override
    public String toString() {
        return bytes != null ? bytes.length + " bytes" : "tree";
    }
}
