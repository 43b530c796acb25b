package dev.sluice.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer made by a filter. It turns round where it was made: the filters before that one see it as they would see an
 * upstream's. Immutable; made by the factories here.
 */
public final class Reply implements Step, Recovery {

    /** What a reply is made of. */
    public enum Kind {
        /** A JSON tree, as it stands. */
        JSON,
        /** Bytes, as they stand. */
        BYTES,
        /** An error, which the host spells in the client's dialect. */
        ERROR,
        /** An assistant's text, which the host spells in the client's dialect, as a stream if one was asked for. */
        CHAT,
        /** Events of a stream in the client's dialect. */
        STREAM
    }

    private final Kind kind;
    private final int status;
    private final List<Map.Entry<String, String>> headers;
    private final Object content;
    private final String code;
    private final Duration pace;
    private final boolean cut;
    private final Spelling spelling;

    /** What an error is called in its body, where that is not the gateway's own word for it. */
    private record Spelling(
            @Nullable String type,
            @Nullable String code,
            @Nullable String param) {
        static final Spelling OURS = new Spelling(null, null, null);
    }

    private Reply(
            Kind kind,
            int status,
            List<Map.Entry<String, String>> headers,
            Object content,
            String code,
            Duration pace,
            boolean cut,
            Spelling spelling) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("a reply's status is 200 to 599, not " + status);
        }
        this.kind = kind;
        this.status = status;
        this.headers = headers;
        this.content = Objects.requireNonNull(content);
        this.code = code;
        this.pace = pace;
        this.cut = cut;
        this.spelling = spelling;
    }

    private static Reply of(
            Kind kind, int status, List<Map.Entry<String, String>> headers, Object content, String code) {
        return new Reply(kind, status, headers, content, code, Duration.ZERO, false, Spelling.OURS);
    }

    /** A JSON answer, sent as it stands. */
    public static Reply json(int status, JsonNode tree) {
        return of(Kind.JSON, status, List.of(), tree, "");
    }

    /** An answer of any media type, sent as it stands. */
    public static Reply bytes(int status, String contentType, byte[] bytes) {
        return of(Kind.BYTES, status, List.of(Map.entry("content-type", contentType)), bytes, "");
    }

    /**
     * An error in the client's own dialect.
     *
     * @param status 400 to 599
     * @param code stable, lower case, documented: {@code rate_limited}
     * @param message for the caller to read; never a key, a stack trace or an upstream's address
     */
    public static Reply error(int status, String code, String message) {
        if (status < 400) {
            throw new IllegalArgumentException("an error's status is 400 to 599, not " + status);
        }
        return of(Kind.ERROR, status, List.of(), message, Objects.requireNonNull(code, "code"));
    }

    /** An assistant's answer with this text, in the client's dialect and mode. */
    public static Reply chat(String text) {
        return of(Kind.CHAT, 200, List.of(), text, "");
    }

    /** A stream of these events, which are in the client's dialect; terminators are the host's. */
    public static Reply stream(List<Event> events) {
        return of(Kind.STREAM, 200, List.of(), List.copyOf(events), "");
    }

    /** The same, with this pause between events if it becomes a stream. */
    public Reply paced(Duration pause) {
        return new Reply(kind, status, headers, content, code, Objects.requireNonNull(pause, "pause"), cut, spelling);
    }

    /** The same, with this header field added. */
    public Reply header(String name, String value) {
        List<Map.Entry<String, String>> more = new ArrayList<>(headers);
        more.add(Map.entry(name, value));
        return new Reply(kind, status, List.copyOf(more), content, code, pace, cut, spelling);
    }

    /**
     * The same, broken off behind what it holds, as if the upstream's connection had broken there: a stream fails after
     * its last event, anything else before its first byte. For a filter that stands in for an upstream.
     */
    public Reply cut() {
        return new Reply(kind, status, headers, content, code, pace, true, spelling);
    }

    /**
     * The same error, called in its body what the provider called it, so that a client of that provider's own dialect
     * finds the words it knows. {@link #code()} stays what filters and metrics go by.
     *
     * @param type null: by the status
     * @param code null: {@link #code()}
     * @param param null: none
     */
    public Reply spelled(@Nullable String type, @Nullable String code, @Nullable String param) {
        if (kind != Kind.ERROR) {
            throw new IllegalStateException("only an error has a spelling, not " + this);
        }
        return new Reply(kind, status, headers, content, this.code, pace, cut, new Spelling(type, code, param));
    }

    /** The type in the error's body; null: by the status. */
    public @Nullable String spelledType() {
        return spelling.type();
    }

    /** The code in the error's body; null: {@link #code()}. */
    public @Nullable String spelledCode() {
        return spelling.code();
    }

    /** The parameter in the error's body; null: none. */
    public @Nullable String spelledParam() {
        return spelling.param();
    }

    /** What it is made of. */
    public Kind kind() {
        return kind;
    }

    /** The status code. */
    public int status() {
        return status;
    }

    /** The header fields, in order; unmodifiable. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** The error's code; empty if this is no error. */
    public String code() {
        return code;
    }

    /** The pause between events. */
    public Duration pace() {
        return pace;
    }

    /** Whether it breaks off behind what it holds. */
    public boolean isCut() {
        return cut;
    }

    /** The error's message or the assistant's text; null for the other kinds. */
    public @Nullable String text() {
        return content instanceof String s ? s : null;
    }

    /** The tree; null for the other kinds. */
    public @Nullable JsonNode json() {
        return content instanceof JsonNode tree ? tree : null;
    }

    /** The bytes; null for the other kinds. */
    public byte @Nullable [] bytes() {
        return content instanceof byte[] b ? b : null;
    }

    /** The events; empty for the other kinds; unmodifiable. */
    @SuppressWarnings("unchecked")
    public List<Event> events() {
        return kind == Kind.STREAM ? (List<Event>) content : List.of();
    }

    @Override
    public String toString() {
        return "Reply[" + status + " " + kind + (code.isEmpty() ? "" : " " + code) + "]";
    }
}
