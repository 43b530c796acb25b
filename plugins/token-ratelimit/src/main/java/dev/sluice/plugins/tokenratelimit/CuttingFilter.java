package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ToolCall;

/** Limits one request, and ends its stream where a limit with {@code onExhausted: cut} is used up. */
final class CuttingFilter extends LimitFilter {
    private static final int TOGETHER = 200;
    private static final int CHARS_OF_A_TOKEN = 4;

    private final Exchange exchange;
    /** Small pieces count for more tokens one by one than together. */
    private final StringBuilder latest = new StringBuilder();

    private long said;

    CuttingFilter(Exchange exchange, Limiter limiter) {
        super(exchange, limiter);
        this.exchange = exchange;
    }

    @Override
    public Events onEvent(Event event) {
        ChatDelta delta = ChatDelta.of(exchange, event);
        latest.append(delta.text()).append(delta.reasoning());
        for (ToolCall call : delta.toolCalls()) {
            latest.append(call.arguments());
        }
        if (latest.length() >= TOGETHER) {
            said += exchange.tokens(latest.toString());
            latest.setLength(0);
        }
        for (Claim claim : claims()) {
            if (claim.rule().cuts() && isOut(claim)) {
                exchange.put(Key.LIMIT, claim.rule().name());
                exchange.note("limit", claim.rule().name());
                return Events.fail(Refusals.cut(claim.rule()));
            }
        }
        return event;
    }

    /** Whether it has used more than was left of the limit, others' reservations left alone. */
    private boolean isOut(Claim claim) {
        Claim.Figure figure = claim.figures().stream()
                .filter(one -> one.limit().currency() == Limit.Currency.TOKENS && one.end() != 0)
                .findFirst()
                .orElse(null);
        if (figure == null) {
            return false;
        }
        long others = figure.used() + figure.reserved() - claim.reservation().held();
        long room =
                Math.max(figure.limit().capacity() - others, claim.reservation().asked());
        long input = Math.round(claim.reservation().input());
        return claim.rule().cost(Usage.of(input, said + latest.length() / CHARS_OF_A_TOKEN)) > room;
    }
}
