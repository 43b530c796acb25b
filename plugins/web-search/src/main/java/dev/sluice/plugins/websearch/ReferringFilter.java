package dev.sluice.plugins.websearch;

import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Searches, and has the answer say where it is from. */
final class ReferringFilter extends SearchFilter {
    private final Exchange exchange;
    private final WebSearchConfig config;
    private @Nullable AnswerEditor editor;

    ReferringFilter(Exchange exchange, WebSearch.Opened opened) {
        super(exchange, opened);
        this.exchange = exchange;
        this.config = opened.config();
    }

    @Override
    void shown(List<Source> sources) {
        References references = new References(sources, config);
        editor = exchange.dialect() == Dialect.ANTHROPIC
                ? new AnthropicEditor(references)
                : new OpenAiEditor(references);
    }

    @Override
    public Step onResponse(ResponseHead head) {
        if (head.status() / 100 != 2) {
            editor = null;
        }
        return super.onResponse(head);
    }

    @Override
    public Events onEvent(Event event) {
        return editor == null ? event : editor.event(event);
    }

    @Override
    public Events onEnd() {
        return editor == null ? Events.none() : Events.of(editor.end());
    }

    @Override
    public Step onResponseBody(Body body) {
        if (editor != null) {
            editor.whole(body);
        }
        return Step.next();
    }
}
