package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Splices content blocks: the second stream's text goes on in the block that the first left open. */
final class AnthropicSplicer extends Splicer {
    private static final int DROPPED = -1;

    private final Map<Integer, Integer> blocks = new HashMap<>();
    private @Nullable Usage second;
    private boolean opened;
    private int open;
    private int next;
    private int textBlock = DROPPED;

    AnthropicSplicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        super(first, continuation, spent);
    }

    @Override
    Events spliced(Event event) {
        if (!opened) {
            opened = true;
            open = first.openBlock;
            next = first.nextBlock;
        }
        return switch (AnthropicMessages.type(event)) {
            case "message_start" -> {
                second = first.view.deltaUsage(event);
                yield Events.none();
            }
            case "content_block_start" -> start(event);
            case "content_block_delta" -> delta(event);
            case "content_block_stop" -> stop(event);
            case "message_delta" -> end(event);
            default -> event;
        };
    }

    private Events start(Event event) {
        int index = first.view.deltaIndex(event);
        String kind = DialectView.textOf(AnthropicMessages.block(event), "type");
        if (dropsReasoning() && kind.endsWith("thinking")) {
            blocks.put(index, DROPPED);
            return Events.held();
        }
        List<Event> out = new ArrayList<>();
        if (kind.equals("text")) {
            if (open >= 0 && first.openKind.equals("text")) {
                blocks.put(index, open);
                textBlock = open;
                open = DROPPED;
                String text = joint.add(first.view.deltaText(event));
                return text.isEmpty() ? Events.none() : first.view.textEvent(event, textBlock, text);
            }
        } else {
            finishText(event, out);
        }
        closeOpen(out);
        int here = next++;
        blocks.put(index, here);
        if (kind.equals("text")) {
            textBlock = here;
            String text = joint.add(first.view.deltaText(event));
            out.add(first.view.withText(at(event, here), text));
        } else {
            out.add(at(event, here));
        }
        return Events.of(out);
    }

    private Events delta(Event event) {
        int here = blocks.getOrDefault(first.view.deltaIndex(event), DROPPED);
        if (here == DROPPED) {
            return Events.held();
        }
        String text = first.view.deltaText(event);
        if (text.isEmpty()) {
            return at(event, here);
        }
        String out = joint.add(text);
        return out.isEmpty() ? Events.held() : first.view.withText(at(event, here), out);
    }

    private Events stop(Event event) {
        int here = blocks.getOrDefault(first.view.deltaIndex(event), DROPPED);
        if (here == DROPPED) {
            return Events.none();
        }
        List<Event> out = new ArrayList<>();
        if (here == textBlock) {
            finishText(event, out);
        }
        out.add(at(event, here));
        return Events.of(out);
    }

    private Events end(Event event) {
        List<Event> out = new ArrayList<>();
        finishText(event, out);
        closeOpen(out);
        Usage reported = first.view.deltaUsage(event);
        Usage whole = reported == null ? second : Chats.latest(second, reported);
        out.add(event.edit(root -> {
            if (whole != null) {
                ObjectNode usage = root.path("usage") instanceof ObjectNode there ? there : root.putObject("usage");
                AnthropicUsage.write(usage, whole.plus(spent));
            }
        }));
        return Events.of(out);
    }

    @Override
    Events ended() {
        List<Event> out = new ArrayList<>();
        Event like = Event.data("");
        finishText(like, out);
        return Events.of(out);
    }

    private void finishText(Event like, List<Event> out) {
        String rest = joint.finish();
        if (!rest.isEmpty() && textBlock != DROPPED) {
            out.add(first.view.textEvent(like, textBlock, rest));
        }
    }

    /** The block that the first stream left open gets nothing more. */
    private void closeOpen(List<Event> out) {
        if (open >= 0) {
            ObjectNode tree = DialectView.NODES
                    .objectNode()
                    .put("type", "content_block_stop")
                    .put("index", open);
            out.add(Event.json(tree).name("content_block_stop"));
            open = DROPPED;
        }
    }

    private static Event at(Event event, int index) {
        return event.edit(root -> root.put("index", index));
    }
}
