package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Said;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.Chats.Prefill;
import org.jspecify.annotations.Nullable;

/** A try that carries an answer on: shapes its request, and joins its stream to what the client has. */
final class ResumedTry implements AttemptFilter {
    private final Dialect dialect;
    private final Chats.FirstStream first;
    private final Said said;
    private final Usage spent;
    private final @Nullable Prefill spelling;
    private boolean prefilled;
    private @Nullable ResponseHooks splice;

    /**
     * A try.
     *
     * @param spent by the tries before it
     * @param spelling how the target is told what was said; null: it has to be asked in words
     */
    ResumedTry(Dialect dialect, Chats.FirstStream first, Said said, Usage spent, @Nullable Prefill spelling) {
        this.dialect = dialect;
        this.first = first;
        this.said = said;
        this.spent = spent;
        this.spelling = spelling;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        ChatRequest chat = ChatRequest.of(dialect, request.body());
        splice = Chats.splice(first, shaped(chat, request.body().json()), spent);
        return Step.next();
    }

    private Chats.Continuation shaped(ChatRequest chat, JsonNode request) {
        if (spelling != null && !said.text().isBlank()) {
            prefilled = true;
            return Chats.prefill(chat, said, spelling);
        }
        String format = request.path("response_format").path("type").asText("text");
        // A model that has to write JSON begins it anew, whatever it is told.
        return format.startsWith("json") && !said.text().isBlank()
                ? Chats.restart(said)
                : Chats.continuation(chat, said);
    }

    /** Whether its request ends with what was said. */
    boolean prefilled() {
        return prefilled;
    }

    @Override
    public Events onEvent(Event event) {
        ResponseHooks joint = splice;
        return joint == null ? event : joint.onEvent(event);
    }

    @Override
    public Events onEnd() {
        ResponseHooks joint = splice;
        return joint == null ? Events.none() : joint.onEnd();
    }
}
