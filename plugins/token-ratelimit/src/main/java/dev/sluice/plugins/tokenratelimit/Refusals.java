package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Reply;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.RejectAs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a caller who is refused is told. */
final class Refusals {
    private static final int TOO_MANY_REQUESTS = 429;

    private final TokenRatelimitConfig config;

    Refusals(TokenRatelimitConfig config) {
        this.config = config;
    }

    /** In place of the whole exchange. */
    Reply exchange(Claim refused) {
        if (refused.figures().isEmpty()) {
            return unchecked();
        }
        Claim.Figure figure = refused.tightest();
        if (figure.limit().budget() != null) {
            String told = config.message() == null ? text(refused) : config.message();
            return config.rejectAs() == RejectAs.CHAT ? Reply.chat(told) : exhausted(told);
        }
        if (config.isHigress()) {
            String text = config.rejectedMsg() == null ? "Too many requests" : config.rejectedMsg();
            int status = config.rejectedCode() == null ? TOO_MANY_REQUESTS : config.rejectedCode();
            return Reply.bytes(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8))
                    .header("X-TokenRateLimit-Reset", Long.toString(Words.seconds(figure.reset())));
        }
        String text = config.message() == null ? text(refused) : config.message();
        Reply reply = config.rejectAs() == RejectAs.CHAT
                ? Reply.chat(text)
                : Reply.error(TOO_MANY_REQUESTS, "rate_limited", text);
        return RateHeaders.on(reply, headers(refused));
    }

    /** In place of one try. */
    Reply attempt(Claim refused) {
        if (!refused.figures().isEmpty() && refused.tightest().limit().budget() != null) {
            return exhausted(config.message() == null ? text(refused) : config.message());
        }
        return refused.figures().isEmpty()
                ? unchecked()
                : RateHeaders.on(Reply.error(TOO_MANY_REQUESTS, "rate_limited", text(refused)), headers(refused));
    }

    /** In the middle of an answer. */
    static Reply cut(Rule rule) {
        return Reply.error(
                TOO_MANY_REQUESTS,
                "rate_limited",
                "the limit '" + rule.name() + "' was used up in the middle of this answer");
    }

    /** To somebody whom nobody knows, where budgets are kept by consumer. */
    static Reply unknown() {
        return Reply.error(401, "missing_key", "this needs a known caller, who has a quota: send a key");
    }

    /** In place of a try of a model without a price. */
    static Reply unpriced(@Nullable String model) {
        return exhausted((model == null ? "what names no model" : "the model '" + model + "'")
                + " has no price here, so that no quota of money can be spent on it");
    }

    private static Reply exhausted(String text) {
        return Reply.error(403, "quota_exhausted", text);
    }

    static Reply unchecked() {
        return Reply.error(503, "overloaded", "limits cannot be checked at the moment: try again soon")
                .header("retry-after", "1");
    }

    private static Map<String, String> headers(Claim refused) {
        Map<String, String> headers = RateHeaders.of(List.of(refused));
        headers.put(
                "retry-after",
                Long.toString(Math.max(1, Words.seconds(refused.tightest().until()))));
        return headers;
    }

    private static String text(Claim refused) {
        Claim.Figure figure = refused.tightest();
        Limit limit = figure.limit();
        if (limit.budget() != null) {
            return text(refused, figure, limit.budget());
        }
        String which = "the limit '" + refused.rule().name() + "' of " + limit.words();
        if (limit.currency() == Limit.Currency.CONCURRENCY) {
            return which + " is reached: wait for one to end";
        }
        if (limit.currency() == Limit.Currency.TOKENS && refused.reservation().asked() > limit.capacity()) {
            return "this request may use " + refused.reservation().asked() + " tokens, and " + which
                    + " has no room for it: ask for less";
        }
        if (refused.isHeldByOthers(figure)) {
            return "what is left of " + which + " is held by requests under way: try again in "
                    + Math.max(1, Words.seconds(figure.until())) + " s";
        }
        return which + " is used up: try again in " + Math.max(1, Words.seconds(figure.until())) + " s";
    }

    private static String text(Claim refused, Claim.Figure figure, Budget budget) {
        String which =
                "the quota '" + refused.rule().name() + "' of " + figure.limit().words();
        if (refused.isHeldByOthers(figure)) {
            return "what is left of " + which + " is held by requests under way: try again when they have ended";
        }
        if (figure.remaining() == 0) {
            return which + " is used up: no quota is left" + budget.renewal();
        }
        return "this request may use " + budget.words(refused.reservation().asked()) + ", and of " + which + " "
                + budget.words(figure.remaining()) + " are left: ask for less" + budget.renewal();
    }
}
