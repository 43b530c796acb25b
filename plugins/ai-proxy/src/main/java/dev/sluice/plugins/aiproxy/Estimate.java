package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What streams cost that were cut before their provider had told: the client has had those tokens, and the provider
 * will charge for them. Counts events, of which a provider sends one for about each token: to read them all for the few
 * streams that are cut would cost the others.
 */
final class Estimate {
    private final List<Streamed> tries = new ArrayList<>(1);
    private @Nullable Body request;

    private static final class Streamed {
        private final Attempt attempt;
        private long events;

        Streamed(Attempt attempt) {
            this.attempt = attempt;
        }
    }

    void request(Body body) {
        request = body;
    }

    void begins(Attempt attempt) {
        tries.add(new Streamed(attempt));
    }

    /** An event of the latest try has come through. */
    void event() {
        if (!tries.isEmpty()) {
            tries.get(tries.size() - 1).events++;
        }
    }

    /** Reports for each try that has streamed and reported nothing. */
    void report(Exchange exchange) {
        for (Streamed one : tries) {
            if (one.events > 0 && one.attempt.usage() == null) {
                one.attempt.usage(Usage.of(input(exchange), one.events).asEstimated());
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
