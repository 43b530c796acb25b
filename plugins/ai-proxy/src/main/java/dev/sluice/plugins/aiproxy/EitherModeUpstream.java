package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try of a provider that may answer in the other mode than the client asked for, because it knows only that one or
 * does as it likes: a stream is put together, a whole answer is told event by event. Everything else is left to the
 * {@link AttemptFilter} it stands around, whose answers are in the client's dialect.
 */
final class EitherModeUpstream implements AttemptFilter {
    /** The provider's field that says what it can do. */
    static final String SETTING = "answerMode";

    /** The most of a stream that is put together. */
    private static final long MOST = 32L * 1024 * 1024;

    /** What a provider can do. */
    enum Mode {
        /** As it is asked. */
        BOTH,
        /** Only streams. */
        STREAM,
        /** Only whole answers. */
        JSON;

        /** As a provider's config says. */
        static Mode of(Provider provider) {
            return switch (provider.config().path(SETTING).asText("")) {
                case "stream" -> STREAM;
                case "json" -> JSON;
                default -> BOTH;
            };
        }
    }

    private final Dialect dialect;
    private final Mode mode;
    private final AttemptFilter upstream;
    private boolean wantsStream;
    private boolean wantsUsage;
    private boolean isRequest;
    private @Nullable List<Event> collected;
    private long size;
    private @Nullable ResponseHead head;

    EitherModeUpstream(Dialect dialect, Mode mode, AttemptFilter upstream) {
        this.dialect = dialect;
        this.mode = mode;
        this.upstream = upstream;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        Body body = request.body();
        if (body.isObject()) {
            isRequest = true;
            wantsStream = ChatRequest.of(dialect, body).stream();
            wantsUsage = body.field("stream_options").path("include_usage").asBoolean(false);
            ask(body);
        }
        return upstream.onSend(request);
    }

    private void ask(Body body) {
        if (mode == Mode.STREAM && !wantsStream) {
            body.edit(root -> {
                root.put("stream", true);
                if (dialect == Dialect.OPENAI) {
                    root.putObject("stream_options").put("include_usage", true);
                }
            });
        } else if (mode == Mode.JSON && wantsStream) {
            body.edit(root -> {
                root.put("stream", false);
                root.remove("stream_options");
            });
        }
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        head = answer;
        if (isRequest && answer.isStream() && !wantsStream) {
            collected = new ArrayList<>();
        }
        return upstream.onResponse(answer);
    }

    @Override
    public Events onEvent(Event event) {
        Events events = upstream.onEvent(event);
        return collected == null ? events : collect(events, false);
    }

    @Override
    public Events onEnd() {
        Events events = upstream.onEnd();
        return collected == null ? events : collect(events, true);
    }

    private Events collect(Events events, boolean last) {
        List<Event> all = collected;
        if (all == null || events instanceof Events.Fail) {
            return events;
        }
        if (events instanceof Event one) {
            add(all, one);
        } else if (events instanceof Events.Several several) {
            several.events().forEach(event -> add(all, event));
        } else {
            throw new IllegalStateException(events + " of an upstream cannot be put together");
        }
        if (size > MOST) {
            return Events.fail(Reply.error(502, "upstream_broken", "the provider's answer is too large"));
        }
        return last ? Events.instead(Reply.json(200, Chats.aggregate(dialect, all))) : Events.held();
    }

    private void add(List<Event> all, Event event) {
        all.add(event);
        size += event.size();
    }

    @Override
    public Step onResponseBody(Body body) {
        Step step = upstream.onResponseBody(body);
        ResponseHead answer = head;
        boolean good = answer != null && answer.status() < 300;
        if (step != Step.next() || !isRequest || !wantsStream || !good || !body.isJson()) {
            return step;
        }
        ObjectNode whole = body.json().deepCopy();
        if (dialect == Dialect.OPENAI && !wantsUsage) {
            whole.remove("usage");
        }
        return Reply.stream(Chats.stream(dialect, whole));
    }
}
