package dev.sluice.host.exchange;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Reply;
import dev.sluice.api.llm.Chats;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns a filter's reply into an answer in the client's dialect and mode. */
final class Rendering {
    private static final String JSON = "application/json";
    private static final String SSE = "text/event-stream";

    private Rendering() {}

    static Answer answer(HostExchange exchange, Json json, Reply reply, String filter, boolean wantsStream) {
        Dialect dialect = exchange.dialect();
        return switch (reply.kind()) {
            case JSON -> whole(reply, filter, JSON, HostBody.of(json, Objects.requireNonNull(reply.json())));
            case BYTES -> bytes(json, reply, filter);
            case ERROR -> whole(reply, filter, JSON, HostBody.of(json, Chats.error(dialect, reply)));
            case CHAT -> {
                String text = Objects.requireNonNull(reply.text());
                yield wantsStream
                        ? stream(reply, filter, Chats.events(dialect, Chats.Answer.of(exchange.id(), text)))
                        : whole(
                                reply,
                                filter,
                                JSON,
                                HostBody.of(json, Chats.reply(dialect, Chats.Answer.of(exchange.id(), text))));
            }
            case STREAM -> stream(reply, filter, reply.events());
        };
    }

    private static Answer bytes(Json json, Reply reply, String filter) {
        HostHeaders headers = headers(reply, null);
        byte[] bytes = Objects.requireNonNull(reply.bytes());
        HostBody body = HostBody.of(json, bytes, HostBody.isJson(headers.get("content-type")));
        return new Answer(
                new HostResponseHead(reply.status(), headers, false, filter),
                body,
                List.of(),
                Duration.ZERO,
                reply.isCut());
    }

    private static Answer whole(Reply reply, String filter, String contentType, HostBody body) {
        HostHeaders headers = headers(reply, contentType);
        return new Answer(
                new HostResponseHead(reply.status(), headers, false, filter),
                body,
                List.of(),
                Duration.ZERO,
                reply.isCut());
    }

    private static Answer stream(Reply reply, String filter, List<Event> events) {
        HostHeaders headers = headers(reply, SSE);
        return new Answer(
                new HostResponseHead(reply.status(), headers, true, filter), null, events, reply.pace(), reply.isCut());
    }

    private static HostHeaders headers(Reply reply, @Nullable String contentType) {
        HostHeaders headers = HostHeaders.empty();
        for (Map.Entry<String, String> header : reply.headers()) {
            headers.add(header.getKey(), header.getValue());
        }
        if (contentType != null && headers.get("content-type") == null) {
            headers.set("content-type", contentType);
        }
        return headers;
    }
}
