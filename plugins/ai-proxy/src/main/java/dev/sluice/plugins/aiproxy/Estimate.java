package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What answers cost whose provider has not told, because it never does or the stream was cut before: the client has had
 * those tokens, and somebody will be charged for them. Of a stream it counts events, of which a provider sends one for
 * about each token: to read them all for the few streams that are cut would cost the others.
 */
final class Estimate {
    private final List<Answered> tries = new ArrayList<>(1);
    private @Nullable Body request;

    private static final class Answered {
        private final Attempt attempt;
        private long tokens;

        Answered(Attempt attempt) {
            this.attempt = attempt;
        }
    }

    void request(Body body) {
        request = body;
    }

    void begins(Attempt attempt) {
        tries.add(new Answered(attempt));
    }

    /** An event of the latest try has come through. */
    void event() {
        if (!tries.isEmpty()) {
            tries.get(tries.size() - 1).tokens++;
        }
    }

    /** The whole answer of the latest try. */
    void answer(Exchange exchange, Body body) {
        Answered latest = tries.isEmpty() ? null : tries.get(tries.size() - 1);
        if (latest != null && latest.attempt.usage() == null) {
            ChatReply reply = ChatReply.of(exchange, body);
            latest.tokens = exchange.tokens(reply.text() + reply.reasoning());
            for (ToolCall call : reply.toolCalls()) {
                latest.tokens += exchange.tokens(call.name() + " " + call.arguments());
            }
        }
    }

    /** Reports for each try that was answered and has reported nothing. */
    void report(Exchange exchange) {
        for (Answered one : tries) {
            if (one.tokens > 0 && one.attempt.usage() == null) {
                one.attempt.usage(Usage.of(input(exchange), one.tokens).asEstimated());
            }
        }
    }

    private long input(Exchange exchange) {
        Body body = request;
        long sum = 0;
        if (body != null) {
            for (ChatMessage message : ChatRequest.of(exchange, body).messages()) {
                sum += exchange.tokens(message.text());
            }
        }
        return sum;
    }
}
