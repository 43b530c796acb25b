package dev.sluice.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;

/** A whole body, parsed at most once for all filters. Confined to the exchange's event loop. */
public interface Body {

    /** Whether it is JSON: by media type, and it parses. */
    boolean isJson();

    /** The bytes, encoded anew if somebody edited the tree; not to be changed. */
    byte[] bytes();

    /**
     * The tree; shared by all filters, so only to be read. Change it through {@link #edit} or {@link #replace}.
     *
     * @throws IllegalStateException if it is not {@linkplain #isJson JSON}
     */
    JsonNode json();

    /** Whether it is a JSON object, told without making a tree of it. */
    default boolean isObject() {
        return isJson() && json().isObject();
    }

    /** Whether it is a JSON object that has this field, be it null; told without making a tree of it. */
    default boolean has(String field) {
        return !field(field).isMissingNode();
    }

    /**
     * A field of the object that this is, only to be read: for a filter that wants to know little of a body, since no
     * tree is made of the rest.
     *
     * @return a missing node where there is no such field, or where this is no JSON object
     */
    default JsonNode field(String name) {
        return isJson() ? json().path(name) : MissingNode.getInstance();
    }

    /**
     * Changes the tree in place. In a try, the first edit copies: the original is never changed by a try.
     *
     * @throws IllegalStateException if it is not a JSON object, or off the exchange's event loop
     */
    void edit(Consumer<ObjectNode> change);

    /** Puts another tree in its place. */
    void replace(JsonNode json);

    /** Puts other bytes in its place; the media type stays what the headers say. */
    void replace(byte[] bytes);
}
