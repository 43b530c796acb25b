package dev.sluice.host.upstream;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.host.config.Config.ActiveHealth;
import dev.sluice.host.config.Config.ProviderConfig;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks endpoints now and then whether they are there, where their provider's config says so. A check that a new config
 * leaves as it was goes on undisturbed. Thread-safe.
 */
public final class EndpointChecks {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointChecks.class);

    private record Check(String provider, Endpoint endpoint, Destination to, ActiveHealth health) {}

    private final Vertx vertx;
    private final BiFunction<Destination, HttpRequest, CompletionStage<HttpResponse>> caller;
    private final Map<Check, Long> timers = new HashMap<>();

    /**
     * Nothing is checked yet.
     *
     * @param caller makes a call, within the request's timeout
     */
    public EndpointChecks(Vertx vertx, BiFunction<Destination, HttpRequest, CompletionStage<HttpResponse>> caller) {
        this.vertx = vertx;
        this.caller = caller;
    }

    /** Checks these from now on, and no others. */
    public synchronized void follow(Map<ProviderConfig, Endpoints> providers) {
        Map<Check, Long> wanted = new HashMap<>();
        providers.forEach((provider, endpoints) -> {
            ActiveHealth health = provider.health().active();
            if (health != null) {
                for (Endpoint endpoint : endpoints.all()) {
                    Destination to = new Destination(endpoint.uri(), provider.tls(), provider.http2());
                    Check check = new Check(provider.name(), endpoint, to, health);
                    Long timer = timers.remove(check);
                    wanted.put(check, timer == null ? start(check) : timer);
                }
            }
        });
        timers.values().forEach(vertx::cancelTimer);
        timers.keySet().stream()
                .map(Check::endpoint)
                .filter(endpoint -> wanted.keySet().stream().noneMatch(check -> check.endpoint == endpoint))
                .forEach(Endpoint::unchecked);
        timers.clear();
        timers.putAll(wanted);
    }

    private long start(Check check) {
        AtomicBoolean underWay = new AtomicBoolean();
        Runnable run = () -> {
            if (underWay.compareAndSet(false, true)) {
                run(check, () -> underWay.set(false));
            }
        };
        run.run();
        return vertx.setPeriodic(Math.max(1, check.health.interval().toMillis()), id -> run.run());
    }

    private void run(Check check, Runnable done) {
        URI base = check.to.base();
        URI uri = base.resolve(check.to.requestUri(check.health.path(), null));
        HttpRequest request = HttpRequest.get(uri).timeout(check.health.timeout());
        caller.apply(check.to, request).whenComplete((answer, error) -> {
            done.run();
            String wrong = wrong(answer, error);
            if (check.endpoint.checked(wrong, check.health)) {
                if (wrong == null) {
                    LOG.info("provider {}: {} passes its checks again", check.provider, check.endpoint);
                } else {
                    LOG.warn("provider {}: {} fails its checks: {}", check.provider, check.endpoint, wrong);
                }
            }
        });
    }

    private static @Nullable String wrong(@Nullable HttpResponse answer, @Nullable Throwable error) {
        if (error != null) {
            return String.valueOf(error.getMessage());
        }
        int status = Objects.requireNonNull(answer).status();
        return status >= 200 && status < 300 ? null : "it answered with status " + status;
    }
}
