package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.llm.FinishReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Chunks of one OpenAI completion, written. */
final class OpenAiStreamWriter extends StreamWriter {
    private final boolean wantsUsage;
    private final long created = Instant.now().getEpochSecond();
    private String id = "";
    private String model;
    private boolean started;

    OpenAiStreamWriter(Prompt prompt, Tokens tokens) {
        super(tokens);
        String asked = prompt.model();
        this.model = asked == null ? "" : asked;
        // A stream that nobody asked for becomes a whole answer, which always tells.
        this.wantsUsage = prompt.wantsUsage() || !prompt.stream();
    }

    @Override
    public void start(String id, String model) {
        this.id = id;
        this.model = model;
        open();
    }

    private void open() {
        if (!started) {
            started = true;
            delta(chunk()).put("role", "assistant").put("content", "");
        }
    }

    @Override
    public void text(String text) {
        said(text);
        next().put("content", text);
    }

    @Override
    public void thinking(String text) {
        said(text);
        next().put("reasoning_content", text);
    }

    /** There is no place for it. */
    @Override
    public void signature(String signature) {}

    @Override
    public void call(int number, String id, String name) {
        next().putArray("tool_calls")
                .addObject()
                .put("index", number)
                .put("id", id)
                .put("type", "function")
                .putObject("function")
                .put("name", name)
                .put("arguments", "");
    }

    @Override
    public void arguments(int number, String fragment) {
        said(fragment);
        next().putArray("tool_calls")
                .addObject()
                .put("index", number)
                .putObject("function")
                .put("arguments", fragment);
    }

    @Override
    public void finish(FinishReason reason, @Nullable String stopSequence) {
        open();
        chunk().put("finish_reason", OpenAiWriter.word(reason));
    }

    @Override
    void end() {
        if (wantsUsage) {
            ObjectNode tree = base();
            tree.putArray("choices");
            tree.set("usage", OpenAiWriter.usage(used()));
            write(null, tree);
        }
    }

    private ObjectNode next() {
        open();
        return delta(chunk());
    }

    /** A new chunk's choice, still to be filled: its tree may be changed until somebody else has the event. */
    private ObjectNode chunk() {
        ObjectNode tree = base();
        ObjectNode choice = tree.putArray("choices").addObject().put("index", 0);
        choice.putObject("delta");
        choice.putNull("finish_reason");
        write(null, tree);
        return choice;
    }

    private ObjectNode base() {
        return DialectWriter.NODES
                .objectNode()
                .put("id", id)
                .put("object", "chat.completion.chunk")
                .put("created", created)
                .put("model", model);
    }

    private static ObjectNode delta(ObjectNode choice) {
        return choice.withObjectProperty("delta");
    }
}
