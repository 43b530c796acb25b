package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import dev.sluice.api.llm.Chats;
import java.util.List;

/**
 * Refuses in the client's dialect.
 *
 * @param asAnswer whether a request is refused as a model would, not by an error
 */
record OwnRefusal(String message, boolean asAnswer) implements Refusal {

    @Override
    public Reply request(Exchange exchange, boolean stream, List<Finding> findings) {
        if (!asAnswer) {
            return Reply.error(400, "content_blocked", message);
        }
        return stream ? Reply.stream(stream(exchange, findings)) : answer(exchange, findings);
    }

    @Override
    public Reply answer(Exchange exchange, List<Finding> findings) {
        return Reply.json(200, Chats.refusal(exchange, message));
    }

    @Override
    public List<Event> stream(Exchange exchange, List<Finding> findings) {
        return Chats.refusalEvents(exchange, message);
    }

    @Override
    public ObjectNode lastDelta(List<Finding> findings) {
        return JsonNodeFactory.instance.objectNode().put("refusal", message);
    }

    @Override
    public String lastText(List<Finding> findings) {
        return message;
    }

    @Override
    public String finishReason() {
        return "content_filter";
    }
}
