package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.FinishReason;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events of one Anthropic message, written. Only one content block is open at a time: what comes for another while a
 * call's arguments are not complete waits until they are.
 */
final class AnthropicStreamWriter extends StreamWriter {
    private static final int NONE = -1;
    private static final int TEXT = -2;
    private static final int THINKING = -3;

    /** Something for a block: a call by its number, or one of the constants. */
    private record Waiting(int block, Runnable write) {}

    private final List<Waiting> waiting = new ArrayList<>();
    private final StringBuilder arguments = new StringBuilder();
    private String model;
    private boolean started;
    private int open = NONE;
    private int index = -1;
    private @Nullable FinishReason reason;
    private @Nullable String stopSequence;
    private boolean ended;

    AnthropicStreamWriter(Prompt prompt, Tokens tokens) {
        super(tokens);
        String asked = prompt.model();
        this.model = asked == null ? "" : asked;
    }

    @Override
    public void start(String id, String model) {
        if (started) {
            return;
        }
        started = true;
        this.model = model.isEmpty() ? this.model : model;
        ObjectNode message = event("message_start").putObject("message");
        message.put("id", id).put("type", "message").put("role", "assistant").put("model", this.model);
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", AnthropicWriter.usage(Usage.of(tokens().input(), 0)));
    }

    @Override
    public void text(String text) {
        said(text);
        in(TEXT, () -> {
            if (open != TEXT) {
                open(TEXT).put("type", "text").put("text", "");
            }
            delta("text_delta").put("text", text);
        });
    }

    @Override
    public void thinking(String text) {
        said(text);
        in(THINKING, () -> {
            think();
            delta("thinking_delta").put("thinking", text);
        });
    }

    @Override
    public void signature(String signature) {
        in(THINKING, () -> {
            think();
            delta("signature_delta").put("signature", signature);
        });
    }

    private void think() {
        if (open != THINKING) {
            open(THINKING).put("type", "thinking").put("thinking", "").put("signature", "");
        }
    }

    @Override
    public void call(int number, String id, String name) {
        in(number, () -> {
            open(number).put("type", "tool_use").put("id", id).put("name", name).putObject("input");
            arguments.setLength(0);
        });
    }

    @Override
    public void arguments(int number, String fragment) {
        said(fragment);
        in(number, () -> {
            // A call is closed once its arguments are complete: nothing can follow then.
            if (open == number) {
                arguments.append(fragment);
                delta("input_json_delta").put("partial_json", fragment);
            }
        });
        if (!waiting.isEmpty() && isComplete()) {
            catchUp();
        }
    }

    private void in(int block, Runnable write) {
        if (ended) {
            return;
        }
        start("", model);
        boolean mustWait = block != open && (!waiting.isEmpty() || (open >= 0 && !isComplete()));
        if (mustWait) {
            waiting.add(new Waiting(block, write));
        } else {
            write.run();
        }
    }

    private boolean isComplete() {
        return AnthropicWriter.isWhole(arguments.toString());
    }

    /** Writes what waits, block by block, as long as the open one is complete. */
    private void catchUp() {
        while (!waiting.isEmpty() && (open < 0 || isComplete() || reason != null)) {
            int block = waiting.get(0).block;
            Iterator<Waiting> all = waiting.iterator();
            while (all.hasNext()) {
                Waiting next = all.next();
                if (next.block == block) {
                    next.write.run();
                    all.remove();
                }
            }
        }
    }

    @Override
    public void finish(FinishReason reason, @Nullable String stopSequence) {
        if (this.reason == null) {
            start("", model);
            this.reason = reason;
            this.stopSequence = stopSequence;
            catchUp();
            close();
        }
    }

    @Override
    public void usage(Usage now) {
        super.usage(now);
        if (reason != null) {
            end();
        }
    }

    @Override
    void end() {
        FinishReason finish = reason;
        if (ended || finish == null) {
            return;
        }
        ended = true;
        ObjectNode end = event("message_delta");
        end.putObject("delta")
                .put("stop_reason", AnthropicWriter.word(finish, stopSequence))
                .put("stop_sequence", stopSequence);
        end.set("usage", AnthropicWriter.usage(used()));
        event("message_stop");
    }

    private ObjectNode open(int block) {
        close();
        open = block;
        index++;
        return event("content_block_start").put("index", index).putObject("content_block");
    }

    private void close() {
        if (open >= 0 && arguments.isEmpty()) {
            // Anthropic's own client refuses a call whose arguments never came.
            delta("input_json_delta").put("partial_json", "{}");
        }
        if (open != NONE) {
            event("content_block_stop").put("index", index);
            open = NONE;
        }
    }

    private ObjectNode delta(String type) {
        return event("content_block_delta")
                .put("index", index)
                .putObject("delta")
                .put("type", type);
    }

    /** A new event's tree, still to be filled: it may be changed until somebody else has the event. */
    private ObjectNode event(String type) {
        ObjectNode tree = DialectWriter.NODES.objectNode().put("type", type);
        write(type, tree);
        return tree;
    }
}
