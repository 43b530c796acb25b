package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event of a streamed answer adds, seen alike in every dialect.
 *
 * <p>Made for every event of every stream, so it holds nothing but the event: each question is answered when asked, and
 * where the event's bytes already say no, without parsing them. Reading never throws: what is missing or malformed reads
 * as empty. Where a request asked for several answers, an event is about the one that {@link #index} names.
 */
public final class ChatDelta {
    private final DialectView view;
    private final Event event;

    private ChatDelta(DialectView view, Event event) {
        this.view = view;
        this.event = event;
    }

    /** A view over an event of this exchange's answer, in the client's dialect. */
    public static ChatDelta of(Exchange exchange, Event event) {
        return of(exchange.dialect(), event);
    }

    /** A view over an event of that dialect. */
    public static ChatDelta of(Dialect dialect, Event event) {
        return new ChatDelta(Dialects.view(dialect), event);
    }

    /** Which answer (OpenAI) or content block (Anthropic) the event is about; 0 if it does not say. */
    public int index() {
        return view.deltaIndex(event);
    }

    /** The text it adds; empty if none. */
    public String text() {
        return view.deltaText(event);
    }

    /** The reasoning it adds; empty if none. */
    public String reasoning() {
        return view.deltaReasoning(event);
    }

    /** Tool calls that it begins or continues; unmodifiable. */
    public List<ToolCall> toolCalls() {
        return view.deltaToolCalls(event);
    }

    /** Why the answer ended; null if it has not ended with this event. */
    public @Nullable FinishReason finishReason() {
        return view.deltaFinish(event);
    }

    /**
     * The tokens it reports; null if it reports none. Anthropic reports in two events, the request's tokens in the
     * first: {@link Chats#latest} puts the reports of one stream together.
     */
    public @Nullable Usage usage() {
        return view.deltaUsage(event);
    }

    /** The error that it carries in place of a piece of the answer, only to be read; null if it carries none. */
    public @Nullable JsonNode error() {
        return view.deltaError(event);
    }

    /**
     * Whether the answer's content is complete with it: OpenAI's finish reason, which usage may still follow, or
     * Anthropic's {@code message_stop}.
     */
    public boolean isLast() {
        return view.deltaIsLast(event);
    }

    /**
     * Whether it is a first event in the sense of the deadlines: it carries text, reasoning, a tool call or a refusal.
     * A role, an empty delta, {@code message_start} or a ping do not count.
     */
    public boolean hasContent() {
        return view.deltaHasContent(event);
    }

    /**
     * The event with this text in place of its own; the event itself if it has no place for text.
     *
     * @return a changed copy; its other fields are as they were
     */
    public Event withText(String text) {
        return view.withText(event, text);
    }

    @Override
    public String toString() {
        return event.toString();
    }
}
