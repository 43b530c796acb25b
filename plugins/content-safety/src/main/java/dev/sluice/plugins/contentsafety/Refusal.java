package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import java.util.List;

/** How something is refused: what the client gets in place of it. */
interface Refusal {

    /**
     * In place of a request's answer.
     *
     * @param stream whether the client awaits a stream
     */
    Reply request(Exchange exchange, boolean stream, List<Finding> findings);

    /** In place of a whole answer. */
    Reply answer(Exchange exchange, List<Finding> findings);

    /** In place of a stream of which nothing has flowed on. */
    List<Event> stream(Exchange exchange, List<Finding> findings);

    /** What ends a choice of a stream that has begun: the fields of its last delta. */
    ObjectNode lastDelta(List<Finding> findings);

    /** The text that an Anthropic stream ends with. */
    String lastText(List<Finding> findings);

    /** The finish reason of OpenAI's that it ends with. */
    String finishReason();
}
