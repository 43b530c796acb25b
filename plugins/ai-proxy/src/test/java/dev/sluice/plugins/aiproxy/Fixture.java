package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Credential;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What these tests need of a host: one exchange, one try, providers by name. */
final class Fixture {
    final Map<String, Provider> providers = new LinkedHashMap<>();
    final MeterRegistry meters = new SimpleMeterRegistry();
    final List<Duration> waits = new ArrayList<>();
    final Map<String, Object> notes = new LinkedHashMap<>();
    FakeRequest request;
    Dialect dialect = Dialect.OPENAI;

    @Nullable
    String answering;

    Operation operation = Operation.CHAT;
    Target chosen;
    Target resolved = Target.of("p");
    Credential credential;
    Usage usage;

    Fixture provider(String name, String type, String config, String... tokens) {
        JsonNode tree = FakeBody.tree(config);
        List<Credential> credentials =
                List.of(tokens).stream().map(Credential::of).toList();
        providers.put(name, fake(Provider.class, (method, args) -> switch (method) {
            case "name" -> name;
            case "type" -> type;
            case "config" -> tree;
            case "credentials" -> credentials;
            case "endpoints" -> List.of();
            default -> throw new UnsupportedOperationException(method);
        }));
        return this;
    }

    Scope scope() {
        return fake(Scope.class, (method, args) -> switch (method) {
            case "providers" -> providers;
            case "meters" -> meters;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    Exchange exchange() {
        return fake(Exchange.class, (method, args) -> switch (method) {
            case "id" -> "r1";
            case "dialect" -> dialect;
            case "operation" -> operation;
            case "target" -> {
                if (args != null) {
                    chosen = (Target) args[0];
                }
                yield chosen;
            }
            case "get" -> answering;
            case "tokens" -> ((String) args[0]).split("\\s+").length;
            case "request" -> request;
            case "note" -> notes.put((String) args[0], args[1]);
            case "after" -> {
                waits.add((Duration) args[0]);
                yield CompletableFuture.completedFuture(null);
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    Attempt attempt() {
        return fake(Attempt.class, (method, args) -> switch (method) {
            case "target" -> resolved;
            case "credential" -> credential;
            case "usage" -> {
                if (args != null) {
                    usage = (Usage) args[0];
                }
                yield usage;
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    Filter filter(AiProxyConfig config) {
        return new AiProxy().open(config, scope()).newFilter(exchange());
    }

    Filter filter() {
        return filter(config(false, null));
    }

    AttemptFilter tried(AiProxyConfig config) {
        return filter(config).onAttempt(attempt());
    }

    AttemptFilter tried() {
        return filter().onAttempt(attempt());
    }

    static AiProxyConfig config(boolean passCredential, AiProxyConfig.Protocol protocol) {
        return new AiProxyConfig("p", passCredential, false, protocol);
    }

    private interface Call {
        Object of(String method, Object[] args);
    }

    @SuppressWarnings("unchecked")
    private static <T> T fake(Class<T> type, Call call) {
        return (T) Proxy.newProxyInstance(
                Fixture.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, args) -> call.of(method.getName(), args));
    }
}
