package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Credential;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.plugins.aiproxy.dialect.Translation;
import java.util.Map;
import java.util.Objects;
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
        Dialect client = exchange.dialect();
        Operation operation = exchange.operation();
        return switch (provider.type()) {
            case EchoUpstream.TYPE -> new EchoUpstream(exchange, provider, attempt);
            case OpenAiUpstream.TYPE ->
                switch (client) {
                    case OPENAI, OPENAI_COMPLETIONS, OPENAI_RESPONSES, NONE ->
                        new OpenAiUpstream(client, operation, provider, attempt, this);
                    default ->
                        translated(
                                exchange,
                                attempt,
                                TranslatingUpstream.Kind.OPENAI,
                                new OpenAiUpstream(Dialect.OPENAI, operation, provider, attempt, this));
                };
            case AnthropicUpstream.TYPE -> {
                AnthropicUpstream upstream = new AnthropicUpstream(operation, provider, attempt, this);
                yield client == Dialect.ANTHROPIC || client == Dialect.NONE || isAnthropics(exchange)
                        ? upstream
                        : translated(exchange, attempt, TranslatingUpstream.Kind.ANTHROPIC, upstream);
            }
            default ->
                refuse(
                        400,
                        "unsupported",
                        "provider '" + name + "' is of type " + provider.type()
                                + ", which ai-proxy cannot speak to yet: it knows anthropic, echo and openai");
        };
    }

    /** Both vendors have models and files under the same paths. Lists of models can be translated. */
    private static boolean isAnthropics(Exchange exchange) {
        return exchange.operation() == Operation.MODELS
                || (exchange.operation() == Operation.FILES && Models.areAnthropics(exchange));
    }

    private AttemptFilter translated(
            Exchange exchange, Attempt attempt, TranslatingUpstream.Kind kind, AttemptFilter upstream) {
        Dialect client = exchange.dialect();
        Operation operation = exchange.operation();
        boolean translates = operation == Operation.CHAT
                || (operation == Operation.COUNT_TOKENS && kind == TranslatingUpstream.Kind.OPENAI);
        if (Translation.knows(client) && translates && config.editsBodies()) {
            return new TranslatingUpstream(exchange, attempt, this, kind, upstream);
        }
        String request = operation == Operation.CHAT ? "a request" : "a request for " + operation;
        return refuse(
                400,
                "unsupported",
                "provider '" + attempt.target().provider() + "' speaks " + kind.dialect()
                        + "'s dialect and cannot serve "
                        + request + " in " + client + "'s"
                        + (Translation.knows(client) && translates ? " while protocol is original" : ""));
    }

    /** The try's provider. */
    Provider provider(Attempt attempt) {
        return Objects.requireNonNull(scope.providers().get(attempt.target().provider()));
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

    /** In which modes the try's provider answers. */
    EitherModeUpstream.Mode mode(Attempt attempt) {
        Provider provider = scope.providers().get(attempt.target().provider());
        return provider == null ? EitherModeUpstream.Mode.BOTH : EitherModeUpstream.Mode.of(provider);
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
