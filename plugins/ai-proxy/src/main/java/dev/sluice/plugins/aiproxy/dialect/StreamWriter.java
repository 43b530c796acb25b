package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.Chats;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes one stream of its dialect from what the sink is told. */
abstract class StreamWriter implements AnswerSink {

    /**
     * Tokens as far as we can tell.
     *
     * @param input those of the request, estimated
     */
    record Tokens(long input, Counter output) {}

    /** Counts a text's tokens. */
    @FunctionalInterface
    interface Counter {
        /** About how many there are. */
        int of(String text);
    }

    private final Tokens tokens;
    private final StringBuilder said = new StringBuilder();
    private List<Event> written = new ArrayList<>();
    private @Nullable Usage usage;

    StreamWriter(Tokens tokens) {
        this.tokens = tokens;
    }

    /** The stream has come to its end; what is still to be said is written. */
    abstract void end();

    @Override
    public void usage(Usage now) {
        usage = Chats.latest(usage, now);
    }

    /** What was written since the last call. */
    final List<Event> drain() {
        List<Event> all = written;
        written = new ArrayList<>();
        return all;
    }

    final void write(@Nullable String name, JsonNode tree) {
        Event event = Event.json(tree);
        written.add(name == null ? event : event.name(name));
    }

    /** Remembers what the model said, for an estimate where the provider counts nothing. */
    final void said(String text) {
        said.append(text);
    }

    /** As reported, else estimated. */
    final Usage used() {
        Usage reported = usage;
        return reported != null
                ? reported
                : Usage.of(tokens.input(), tokens.output().of(said.toString())).asEstimated();
    }

    final Tokens tokens() {
        return tokens;
    }
}
