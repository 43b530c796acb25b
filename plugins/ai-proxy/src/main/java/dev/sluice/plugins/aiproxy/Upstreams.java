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
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What serves a try, by the type of its provider; and the turns that providers' credentials take. */
final class Upstreams {
    private final AiProxyConfig config;
    private final Scope scope;
    private final Map<String, Vendor> vendors = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> turns = new ConcurrentHashMap<>();
    private final Map<String, AtomicReference<@Nullable String>> contexts = new ConcurrentHashMap<>();

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
        if (provider.type().equals(EchoUpstream.TYPE)) {
            return new EchoUpstream(exchange, provider, attempt);
        }
        Vendor vendor;
        try {
            vendor = vendor(provider);
        } catch (IllegalArgumentException e) {
            return refuse(500, "filter_failed", "provider '" + name + "': " + e.getMessage());
        }
        Api api = Api.of(exchange);
        Duration firstEvent = vendor.options().firstEventWithin();
        if (firstEvent != null) {
            attempt.firstEventWithin(firstEvent);
        }
        return inTheClientsForm(exchange, vendor, provider, upstream(exchange, attempt, provider, vendor, api));
    }

    private AttemptFilter upstream(
            Exchange exchange, Attempt attempt, Provider provider, Vendor vendor, @Nullable Api api) {
        if (isDirect(exchange, api, vendor)) {
            return shaped(exchange, vendor, provider, speaking(api, vendor, provider, attempt));
        }
        boolean translates = api == Api.CHAT || api == Api.MESSAGES || api == Api.COUNT_TOKENS;
        Api other = api == Api.CHAT ? Api.MESSAGES : Api.CHAT;
        if (translates
                && vendor.has(other)
                && config.editsBodies()
                && !vendor.row().asIs()) {
            Dialect dialect = other == Api.CHAT ? Dialect.OPENAI : Dialect.ANTHROPIC;
            AttemptFilter upstream = speaking(other, vendor, provider, attempt);
            AttemptFilter translating =
                    new TranslatingUpstream(exchange, attempt, this, dialect, vendor.auth(), upstream);
            boolean promotes = vendor.options().promotesThinking() && api == Api.CHAT;
            return shaped(exchange, vendor, provider, promotes ? new PromotingUpstream(translating) : translating);
        }
        return refuse(400, "unsupported", refusal(exchange, provider, api, translates && vendor.has(other)));
    }

    /** Whether the vendor has the operation in the client's dialect. Paths of no model API are passed on, if at all. */
    private static boolean isDirect(Exchange exchange, @Nullable Api api, Vendor vendor) {
        if (vendor.row().asIs()) {
            return true;
        }
        if (api == null) {
            return exchange.dialect() == Dialect.NONE;
        }
        if (!vendor.has(api) || api.isAnthropics() || !vendor.row().isAnthropics()) {
            return vendor.has(api);
        }
        // Both vendors have models and files under the same paths. Lists of models are translated, files are not.
        return api == Api.MODELS || Models.areAnthropics(exchange);
    }

    private AttemptFilter speaking(@Nullable Api api, Vendor vendor, Provider provider, Attempt attempt) {
        boolean anthropics = api == null ? vendor.row().isAnthropics() : api.isAnthropics();
        return anthropics || vendor.row().isAnthropics()
                ? new AnthropicUpstream(api, vendor, provider, attempt, this)
                : promoting(api, vendor, new OpenAiUpstream(api, vendor, provider, attempt, this));
    }

    private AttemptFilter promoting(@Nullable Api api, Vendor vendor, OpenAiUpstream upstream) {
        return api == Api.CHAT && vendor.options().promotesThinking() && config.editsBodies()
                ? new PromotingUpstream(upstream)
                : upstream;
    }

    /** What the client's vendor would have answered with: its list of models, or a chat in the mode that was asked for. */
    private AttemptFilter inTheClientsForm(
            Exchange exchange, Vendor vendor, Provider provider, AttemptFilter upstream) {
        if (!config.editsBodies()) {
            return upstream;
        }
        if (exchange.operation() == Operation.MODELS) {
            return new ModelsUpstream(upstream, Models.areAnthropics(exchange), provider.name());
        }
        return chats(exchange) ? new EitherModeUpstream(exchange.dialect(), vendor.mode(), upstream) : upstream;
    }

    private static boolean chats(Exchange exchange) {
        return exchange.operation() == Operation.CHAT && Translation.knows(exchange.dialect());
    }

    private AttemptFilter shaped(Exchange exchange, Vendor vendor, Provider provider, AttemptFilter upstream) {
        return chats(exchange)
                        && vendor.options().shapes()
                        && config.editsBodies()
                        && !vendor.row().asIs()
                ? new ShapingUpstream(
                        exchange,
                        vendor.options(),
                        contexts.computeIfAbsent(provider.name(), name -> new AtomicReference<>()),
                        upstream)
                : upstream;
    }

    private static String refusal(Exchange exchange, Provider provider, @Nullable Api api, boolean translatable) {
        String who = "provider '" + provider.name() + "' of type " + provider.type();
        if (api == null) {
            String what =
                    exchange.operation() == Operation.CHAT ? "a request" : "a request for " + exchange.operation();
            return who + " cannot serve " + what + " in " + exchange.dialect() + "'s dialect";
        }
        return who + " has no operation '" + api.key() + "'"
                + (translatable ? ", and nothing is translated while protocol is original" : "");
    }

    /** Whether it is of a type that is spoken to here. */
    static boolean knows(Provider provider) {
        return provider.type().equals(EchoUpstream.TYPE) || VendorRow.all().containsKey(provider.type());
    }

    /** What is particular to a provider; made when it is first asked for. */
    Vendor vendor(Provider provider) {
        return vendors.computeIfAbsent(provider.name(), name -> {
            VendorRow row = VendorRow.all().get(provider.type());
            if (row == null) {
                throw new IllegalArgumentException("ai-proxy cannot speak to the type " + provider.type() + " yet");
            }
            return Vendor.of(provider, row);
        });
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
