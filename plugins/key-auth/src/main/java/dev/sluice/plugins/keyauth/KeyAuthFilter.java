package dev.sluice.plugins.keyauth;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Headers;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.plugins.keyauth.Callers.Known;
import dev.sluice.plugins.keyauth.Strangers.Found;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out who calls, and refuses who may not. */
final class KeyAuthFilter implements Filter {
    private static final String CONSUMER = "x-sluice-consumer";
    private static final String HIGRESS_CONSUMER = "x-mse-consumer";

    private final Exchange exchange;
    private final KeyAuthConfig config;
    private final Callers callers;
    private final Strangers strangers;
    private final KeyPlaces places;
    private final Set<String> providers;
    private final MeterRegistry meters;
    private @Nullable String consumer;
    private boolean keyInQuery;

    KeyAuthFilter(
            Exchange exchange,
            KeyAuthConfig config,
            Callers callers,
            Strangers strangers,
            KeyPlaces places,
            Set<String> providers,
            MeterRegistry meters) {
        this.exchange = exchange;
        this.config = config;
        this.callers = callers;
        this.strangers = strangers;
        this.places = places;
        this.providers = providers;
        this.meters = meters;
    }

    @Override
    public Step onRequest(RequestHead head) {
        Headers headers = head.headers();
        headers.remove(CONSUMER);
        headers.remove(HIGRESS_CONSUMER);
        List<String> keys = places.keys(head);
        if (keys.isEmpty()) {
            return config.isRequired()
                    ? refuse(
                            "missing", 401, "missing_key", "this route wants a key: send 'Authorization: Bearer <key>'")
                    : Step.next();
        }
        if (keys.size() > 1) {
            return refuse("invalid", 401, "invalid_key", "the request presents several keys: send one");
        }
        Known known = callers.of(keys.get(0));
        if (known != null || !config.knowsStrangers()) {
            return decide(head, known == null ? Found.NOBODY : new Found(known, "", false));
        }
        return Step.when(strangers.of(exchange, keys.get(0)).thenApply(found -> decide(head, found)));
    }

    private Step decide(RequestHead head, Found found) {
        Known known = found.known();
        if (found.unavailable()) {
            return config.isRequired()
                    ? refuse(
                            "unavailable",
                            503,
                            "overloaded",
                            "the keys that tokens are checked with cannot be fetched now: try again")
                    : Step.next();
        }
        if (known == null) {
            // Where none is asked for, a key that is not ours may be meant for the upstream.
            return config.isRequired()
                    ? refuse(
                            "invalid",
                            config.invalidKeyStatus(),
                            "invalid_key",
                            found.why().isEmpty()
                                    ? "the key is not known here"
                                    : "the token is refused: " + found.why())
                    : Step.next();
        }
        if (!known.mayCall()) {
            return refuse("forbidden", 403, "forbidden", "this key may not be used here");
        }
        consumer = known.name();
        exchange.put(Key.CONSUMER, known.name());
        exchange.note("consumer", known.name());
        places.removeFrom(head.headers());
        keyInQuery = places.isIn(head.query());
        count("allowed");
        return Step.next();
    }

    private Reply refuse(String result, int status, String code, String message) {
        count(result);
        Reply reply = Reply.error(status, code, message);
        return status == 401 ? reply.header("www-authenticate", "Bearer realm=\"sluice\"") : reply;
    }

    private void count(String result) {
        meters.counter("sluice_key_auth_total", "route", exchange.route(), "result", result)
                .increment();
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        // A provider of models is not told who its users are.
        boolean plain = !providers.contains(attempt.target().provider());
        String name = plain ? consumer : null;
        return name == null && !keyInQuery
                ? AttemptFilter.PASS
                : new AttemptFilter() {
                    @Override
                    public Step onSend(UpstreamRequest request) {
                        if (keyInQuery) {
                            request.query(places.without(request.query()));
                        }
                        if (name != null) {
                            request.headers().set(CONSUMER, name);
                            if (config.higressHeaders()) {
                                request.headers().set(HIGRESS_CONSUMER, name);
                            }
                        }
                        return Step.next();
                    }
                };
    }
}
