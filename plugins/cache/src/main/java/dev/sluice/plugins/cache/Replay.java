package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives a stored answer as a request wants it. Immutable, and so for any thread.
 *
 * @param stream whether a stream is wanted
 * @param usage whether the stream is to end with the tokens used
 */
record Replay(
        Dialect dialect,
        boolean stream,
        boolean usage,
        Duration pace,
        @Nullable Templates templates) {

    /** An event holds about as much as providers put into theirs. */
    private static final int PIECE = 16;

    static Replay of(Exchange exchange, Body body, Settings settings) {
        boolean openAi = exchange.dialect() == Dialect.OPENAI;
        return new Replay(
                exchange.dialect(),
                ChatRequest.of(exchange, body).stream(),
                !openAi
                        || body.json()
                                .path("stream_options")
                                .path("include_usage")
                                .asBoolean(),
                settings.pace(),
                openAi ? settings.templates() : null);
    }

    /** The reply that holds that answer. */
    Reply reply(Entry entry) {
        Reply framed = templates == null ? null : framed(templates, entry);
        if (framed != null) {
            return framed;
        }
        if (!stream) {
            return Reply.bytes(200, "application/json", entry.answer());
        }
        ObjectNode tree = entry.tree();
        if (!usage) {
            tree.remove("usage");
        }
        return Reply.stream(Chats.stream(dialect, tree, Replay::pieces)).paced(pace);
    }

    /** In Higress's frame, if it has one for this mode, and if text is all there is. */
    private @Nullable Reply framed(Templates templates, Entry entry) {
        ChatReply chat = ChatReply.of(dialect, entry.tree());
        if (chat.text().isEmpty() || !chat.toolCalls().isEmpty()) {
            return null;
        }
        if (stream) {
            List<Event> events = templates.events(chat.text());
            return events == null ? null : Reply.stream(events).paced(pace);
        }
        String whole = templates.whole(chat.text());
        return whole == null ? null : Reply.bytes(200, "application/json", whole.getBytes(StandardCharsets.UTF_8));
    }

    /** Cut behind spaces, so never within a word, and so never within a character of two halves, but for long words. */
    static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        for (int i = 1; i < text.length(); i++) {
            boolean behindSpace = Character.isWhitespace(text.charAt(i - 1)) && i - from >= PIECE;
            boolean longWord = i - from >= 4 * PIECE && !Character.isLowSurrogate(text.charAt(i));
            if (behindSpace || longWord) {
                pieces.add(text.substring(from, i));
                from = i;
            }
        }
        pieces.add(text.substring(from));
        return pieces;
    }
}
