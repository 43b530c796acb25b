package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Rewrites an answer's text in both modes; keeps a window per text of a stream. */
final class TextRewriter implements ResponseHooks {
    private final DialectView view;
    private final int lookBehind;
    private final UnaryOperator<String> fn;
    private final Map<Integer, Window> windows = new TreeMap<>();
    private @Nullable Event like;

    TextRewriter(DialectView view, int lookBehind, UnaryOperator<String> fn) {
        if (lookBehind < 0) {
            throw new IllegalArgumentException("lookBehind is a number of characters, not " + lookBehind);
        }
        this.view = view;
        this.lookBehind = lookBehind;
        this.fn = fn;
    }

    @Override
    public Events onEvent(Event event) {
        return view.rewrite(event, this);
    }

    @Override
    public Events onEnd() {
        return Events.of(flushAll());
    }

    @Override
    public Step onResponseBody(Body body) {
        if (body.isJson() && body.json() instanceof ObjectNode root) {
            JsonNode trial = root.deepCopy();
            if (view.rewriteText((ObjectNode) trial, fn)) {
                body.replace(trial);
            }
        }
        return Step.next();
    }

    /** Takes text of one window; returns what is settled by it. */
    String add(int index, Event event, String text) {
        like = event;
        return windows.computeIfAbsent(index, i -> new Window(lookBehind, fn)).add(text);
    }

    /** Ends one window; returns what it held. */
    String flush(int index) {
        Window window = windows.remove(index);
        return window == null ? "" : window.flush();
    }

    /** Ends all windows; returns what they held as events. */
    List<Event> flushAll() {
        List<Event> events = new ArrayList<>();
        Event template = like;
        if (template != null) {
            windows.forEach((index, window) -> {
                String rest = window.flush();
                if (!rest.isEmpty()) {
                    events.add(view.textEvent(template, index, rest));
                }
            });
        }
        windows.clear();
        return events;
    }
}
