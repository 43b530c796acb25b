package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Credential;
import dev.sluice.api.Exchange;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What serves a try, by the type of its provider; and the turns that providers' credentials take. */
final class Upstreams {
    private final AiProxyConfig config;
    private final Scope scope;
    private final Map<String, AtomicInteger> turns = new ConcurrentHashMap<>();

    Upstreams(AiProxyConfig config, Scope scope) {
        this.config = config;
        this.scope = scope;
    }

    AttemptFilter serve(Exchange exchange, Attempt attempt) {
        String name = attempt.target().provider();
        Provider provider = scope.providers().get(name);
        if (provider == null) {
            return refuse(500, "filter_failed", "ai-proxy knows no provider '" + name + "'");
        }
        return switch (provider.type()) {
            case EchoUpstream.TYPE -> new EchoUpstream(exchange, provider, attempt);
            case OpenAiUpstream.TYPE -> new OpenAiUpstream(exchange, provider, attempt, this);
            default ->
                refuse(
                        400,
                        "unsupported",
                        "provider '" + name + "' is of type " + provider.type()
                                + ", which ai-proxy cannot speak to yet: it knows echo and openai");
        };
    }

    AiProxyConfig config() {
        return config;
    }

    /** The try's own credential, else the next of the provider's; null if it has none. */
    @Nullable
    Credential credential(Provider provider, Attempt attempt) {
        Credential chosen = attempt.credential();
        if (chosen != null || provider.credentials().isEmpty()) {
            return chosen;
        }
        int turn =
                turns.computeIfAbsent(provider.name(), n -> new AtomicInteger()).getAndIncrement();
        return provider.credentials()
                .get(Math.floorMod(turn, provider.credentials().size()));
    }

    void countMalformed(Provider provider) {
        scope.meters()
                .counter("sluice.ai.proxy.malformed.events", "provider", provider.name())
                .increment();
    }

    private static AttemptFilter refuse(int status, String code, String message) {
        return new AttemptFilter() {
            @Override
            public Step onSend(UpstreamRequest request) {
                return Reply.error(status, code, message);
            }
        };
    }
}
