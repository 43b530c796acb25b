package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;

/** One turn of a conversation as it stood when it was read: who speaks, and the parts of what is said. Immutable. */
public final class ChatMessage {

    /** Who speaks. May grow: switch with a default. */
    public enum Role {
        /** Instructions: OpenAI's {@code system} and {@code developer}, Anthropic's {@code system} field. */
        SYSTEM,
        /** The user. */
        USER,
        /** The model. */
        ASSISTANT,
        /** Tools that the model called; in Anthropic's dialect a user turn of nothing but tool results. */
        TOOL,
        /** A role that has no name here, or none at all. */
        OTHER
    }

    private final Role role;
    private final List<Part> parts;

    ChatMessage(Role role, List<Part> parts) {
        this.role = role;
        this.parts = List.copyOf(parts);
    }

    /** Who speaks. */
    public Role role() {
        return role;
    }

    /** What is said, part by part; unmodifiable. */
    public List<Part> parts() {
        return parts;
    }

    /** The text parts, one per line; of a tool's turn the results' text. Empty if there is none. */
    public String text() {
        Part.Kind wanted = role == Role.TOOL ? Part.Kind.TOOL_RESULT : Part.Kind.TEXT;
        return parts.stream().filter(p -> p.kind == wanted).map(Part::text).collect(Collectors.joining("\n"));
    }

    @Override
    public String toString() {
        return role + parts.toString();
    }

    /** A part of a message. Immutable. */
    public static final class Part {

        /** What a part is. May grow: switch with a default. */
        public enum Kind {
            /** Text. */
            TEXT,
            /** An image, by URL or inline. */
            IMAGE,
            /** Sound. */
            AUDIO,
            /** A document or another file. */
            FILE,
            /** A tool called by the model; its text is the arguments. */
            TOOL_CALL,
            /** What a tool returned. */
            TOOL_RESULT,
            /** What the model thought before it spoke. */
            REASONING,
            /** Anything else. */
            OTHER
        }

        private final Kind kind;
        private final String text;
        private final JsonNode node;

        Part(Kind kind, String text, JsonNode node) {
            this.kind = kind;
            this.text = text;
            this.node = node;
        }

        /** What it is. */
        public Kind kind() {
            return kind;
        }

        /** Its text; empty if it has none. */
        public String text() {
            return text;
        }

        /** The part in the client's own dialect; only to be read. */
        public JsonNode node() {
            return node;
        }

        @Override
        public String toString() {
            return kind + "(" + text + ")";
        }
    }
}
