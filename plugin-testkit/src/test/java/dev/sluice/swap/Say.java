package dev.sluice.swap;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers as {@link StampJar} does, but with a version that is in the config. Counts how often it was opened. */
public final class Say implements FilterPlugin<Say.Config> {
    private final AtomicInteger opened = new AtomicInteger();

    /**
     * Its config.
     *
     * @param text what to say; one that begins with {@code throws} cannot be opened
     * @param signs to answer nothing, and append the text to each event instead
     */
    public record Config(String text, boolean signs) {}

    @Override
    public String name() {
        return "say";
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    int opened() {
        return opened.get();
    }

    @Override
    public FilterFactory open(Config config, Scope scope) {
        if (config.text().startsWith("throws")) {
            throw new IllegalStateException("no luck with " + config.text());
        }
        opened.incrementAndGet();
        return config.signs()
                ? exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return Event.data(event.data() + " " + config.text());
                    }
                }
                : exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        return answer(config.text(), head.path());
                    }
                };
    }

    private static Reply answer(String text, String path) {
        String slow = "/slow/";
        return path.startsWith(slow)
                ? Reply.stream(Collections.nCopies(20, Event.data(text)))
                        .paced(Duration.ofMillis(Long.parseLong(path.substring(slow.length()))))
                : Reply.json(200, JsonNodeFactory.instance.objectNode().put("version", text));
    }
}
