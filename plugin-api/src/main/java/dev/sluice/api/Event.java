package dev.sluice.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One event of a stream, whatever the framing it came in: data, and optionally a name, an id and a retry time.
 *
 * <p>Immutable to its users, equal by value. The tree is parsed when first asked for, once for all filters; an event
 * that nobody changed is written as the bytes that arrived. Confined to the exchange's event loop.
 */
public final class Event implements Events {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final @Nullable String name;
    private final @Nullable String id;
    private final @Nullable Duration retry;
    private final @Nullable String framing;
    private final byte @Nullable [] frame;
    private final int dataFrom;
    private final int dataTo;
    private @Nullable String data;
    private @Nullable JsonNode json;

    private Event(
            @Nullable String name,
            @Nullable String id,
            @Nullable Duration retry,
            @Nullable String framing,
            byte @Nullable [] frame,
            int dataFrom,
            int dataTo,
            @Nullable String data,
            @Nullable JsonNode json) {
        this.name = name;
        this.id = id;
        this.retry = retry;
        this.framing = framing;
        this.frame = frame;
        this.dataFrom = dataFrom;
        this.dataTo = dataTo;
        this.data = data;
        this.json = json;
    }

    /** An event with this data; line feeds in it are the framing's business. */
    public static Event data(String data) {
        return new Event(null, null, null, null, null, 0, 0, Objects.requireNonNull(data, "data"), null);
    }

    /** An event whose data is this tree, which must not be changed afterwards. */
    public static Event json(JsonNode tree) {
        return new Event(null, null, null, null, null, 0, 0, null, Objects.requireNonNull(tree, "tree"));
    }

    /**
     * An event as it arrived; for the host's framings.
     *
     * @param framing the media type whose framing {@code frame} is in
     * @param frame all bytes of the event, framing included; not copied, not changed afterwards
     * @param dataFrom where its data begins in the frame
     * @param dataTo where its data ends, exclusive
     */
    public static Event arrived(
            String framing,
            byte[] frame,
            int dataFrom,
            int dataTo,
            @Nullable String name,
            @Nullable String id,
            @Nullable Duration retry) {
        return new Event(name, id, retry, framing, frame, dataFrom, dataTo, null, null);
    }

    /** The same, with this name (SSE's {@code event:}). */
    public Event name(String name) {
        return new Event(name, id, retry, null, frame, dataFrom, dataTo, data, json);
    }

    /** The same, with this id (SSE's {@code id:}). */
    public Event id(String id) {
        return new Event(name, id, retry, null, frame, dataFrom, dataTo, data, json);
    }

    /** The same, with this reconnection time (SSE's {@code retry:}). */
    public Event retry(Duration retry) {
        return new Event(name, id, retry, null, frame, dataFrom, dataTo, data, json);
    }

    /** The same name, id and retry time, with this tree as its data. */
    public Event withJson(JsonNode tree) {
        return new Event(name, id, retry, null, null, 0, 0, null, Objects.requireNonNull(tree, "tree"));
    }

    /** The same name, id and retry time, with this data. */
    public Event withData(String data) {
        return new Event(name, id, retry, null, null, 0, 0, Objects.requireNonNull(data, "data"), null);
    }

    /**
     * The same, with a changed copy of its tree.
     *
     * @throws IllegalStateException if the data is not a JSON object
     */
    public Event edit(Consumer<ObjectNode> change) {
        if (!(json() instanceof ObjectNode object)) {
            throw new IllegalStateException("only an event whose data is a JSON object can be edited");
        }
        ObjectNode copy = object.deepCopy();
        change.accept(copy);
        return withJson(copy);
    }

    /** The name, or null. */
    public @Nullable String name() {
        return name;
    }

    /** The id, or null. */
    public @Nullable String id() {
        return id;
    }

    /** The reconnection time, or null. */
    public @Nullable Duration retry() {
        return retry;
    }

    /** The data as text. */
    public String data() {
        String d = data;
        if (d == null) {
            d = frame != null
                    ? new String(frame, dataFrom, dataTo - dataFrom, StandardCharsets.UTF_8)
                    : Objects.requireNonNull(json).toString();
            data = d;
        }
        return d;
    }

    /** The data as JSON, only to be read; a {@link MissingNode} if it is none. */
    public JsonNode json() {
        JsonNode tree = json;
        if (tree == null) {
            tree = looksLikeJson() ? parse() : MissingNode.getInstance();
            json = tree;
        }
        return tree;
    }

    private JsonNode parse() {
        try {
            JsonNode tree = frame != null
                    ? MAPPER.readTree(frame, dataFrom, dataTo - dataFrom)
                    : MAPPER.readTree(Objects.requireNonNull(data));
            return tree == null ? MissingNode.getInstance() : tree;
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        } catch (IOException e) {
            throw new AssertionError("no I/O on an array", e);
        }
    }

    /** Whether {@link #json()} is at hand already, so that asking it costs less than {@link #mentions}. */
    public boolean isParsed() {
        return json != null;
    }

    /** Whether the data begins and ends as a JSON object or array does; parses nothing. */
    public boolean looksLikeJson() {
        if (frame == null && data == null) {
            return Objects.requireNonNull(json).isContainerNode();
        }
        int from = frame != null ? dataFrom : 0;
        int to = frame != null ? dataTo : Objects.requireNonNull(data).length();
        while (from < to && isSpace(at(from))) {
            from++;
        }
        while (to > from && isSpace(at(to - 1))) {
            to--;
        }
        if (to - from < 2) {
            return false;
        }
        int first = at(from);
        int last = at(to - 1);
        return (first == '{' && last == '}') || (first == '[' && last == ']');
    }

    /** Whether these ASCII characters stand anywhere in the data; parses nothing that is not parsed yet. */
    public boolean mentions(String ascii) {
        if (frame == null) {
            return data().contains(ascii);
        }
        // The byte behind a window that does not match says how far to go on: where the text has none like it, all of
        // it
        // can be skipped. A set of 64 is coarse, but most bytes of an event miss it.
        int length = ascii.length();
        int last = length - 1;
        int end = dataTo - length;
        long letters = 0;
        for (int k = 0; k < length; k++) {
            letters |= 1L << ascii.charAt(k);
        }
        for (int i = dataFrom; i <= end; i++) {
            if (last < 0 || (frame[i + last] == ascii.charAt(last) && standsAt(i, ascii))) {
                return true;
            }
            if (i < end && (letters & (1L << frame[i + length])) == 0) {
                i += length;
            }
        }
        return false;
    }

    private boolean standsAt(int at, String ascii) {
        byte[] bytes = Objects.requireNonNull(frame);
        for (int k = 0; k < ascii.length(); k++) {
            if (bytes[at + k] != ascii.charAt(k)) {
                return false;
            }
        }
        return true;
    }

    /** About how many bytes the event holds; for bounds on buffers. */
    public int size() {
        return frame != null ? frame.length : data().length();
    }

    /** The bytes as they arrived, framing included, if it came in this framing and nobody changed it; else null. */
    public byte @Nullable [] frame(String framing) {
        return framing.equals(this.framing) ? frame : null;
    }

    private int at(int index) {
        return frame != null ? frame[index] : Objects.requireNonNull(data).charAt(index);
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Event e
                && Objects.equals(name, e.name)
                && Objects.equals(id, e.id)
                && Objects.equals(retry, e.retry)
                && data().equals(e.data());
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, data());
    }

    @Override
    public String toString() {
        return (name == null ? "" : name + ": ") + data();
    }
}
