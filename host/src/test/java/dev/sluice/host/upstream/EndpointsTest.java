package dev.sluice.host.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Failure;
import dev.sluice.api.Failure.Reason;
import dev.sluice.host.config.Config.ActiveHealth;
import dev.sluice.host.config.Config.Health;
import dev.sluice.host.config.Config.PassiveHealth;
import dev.sluice.host.config.Config.ProviderConfig;
import dev.sluice.host.config.Config.Timeouts;
import dev.sluice.host.upstream.Endpoint.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets the next try, who is out and for how long, on a clock that the test moves. */
class EndpointsTest {
    private static final PassiveHealth PASSIVE =
            new PassiveHealth(50, Duration.ofSeconds(1), 4, Duration.ofSeconds(5), Duration.ofSeconds(12), 100);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private long now = 1_000_000_000_000L;
    private final EndpointRegistry registry = new EndpointRegistry(meters, () -> now);

    private Endpoints endpoints(int count, String balance, @Nullable PassiveHealth passive) {
        List<URI> uris = IntStream.range(0, count)
                .mapToObj(i -> URI.create("http://e" + i))
                .toList();
        return registry.of(new ProviderConfig(
                "p",
                "openai",
                uris,
                List.of(),
                Map.of(),
                balance,
                new Health(passive, null),
                Timeouts.NONE,
                null,
                "auto",
                JsonNodeFactory.instance.objectNode(),
                "providers.p"));
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private static Failure failure(Reason reason, int status) {
        return (Failure) Proxy.newProxyInstance(
                Failure.class.getClassLoader(),
                new Class<?>[] {Failure.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "reason" -> reason;
                    case "status" -> status;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static void fails(@Nullable EndpointUse use) {
        assertThat(use).isNotNull();
        use.failed(failure(Reason.CONNECT, 0));
        use.end();
    }

    private static void answers(@Nullable EndpointUse use, long millis) {
        assertThat(use).isNotNull();
        use.answered(Duration.ofMillis(millis).toNanos());
        use.end();
    }

    private static List<String> picks(Endpoints endpoints, int count) {
        List<String> picked = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            EndpointUse use = endpoints.pick();
            picked.add(use == null ? "none" : use.endpoint().uri().getHost());
            if (use != null) {
                answers(use, 1);
            }
        }
        return picked;
    }

    private void eject(Endpoints endpoints, String host) {
        for (int i = 0; i < PASSIVE.minRequests(); i++) {
            fails(endpoints.use(URI.create("http://" + host)));
        }
    }

    @Test
    void inTurn() {
        assertThat(picks(endpoints(3, "round-robin", null), 5)).containsExactly("e0", "e1", "e2", "e0", "e1");
        assertThat(endpoints(0, "round-robin", null).pick()).isNull();
    }

    @Test
    void theOneWithTheFewestUnderWay() {
        Endpoints endpoints = endpoints(3, "least-request", null);
        List<EndpointUse> open =
                IntStream.range(0, 6).mapToObj(i -> endpoints.pick()).toList();
        assertThat(endpoints.all()).extracting(Endpoint::inFlight).containsExactly(2, 2, 2);
        EndpointUse done = open.get(4);
        done.end();
        done.end();
        assertThat(endpoints.pick().endpoint()).isSameAs(done.endpoint());
        assertThat(done.endpoint().inFlight()).isEqualTo(2);
    }

    @Test
    void theOneThatHasBeenTheFastest() {
        Endpoints endpoints = endpoints(3, "latency", null);
        // One that is not known yet comes first.
        answers(endpoints.use(URI.create("http://e0")), 100);
        answers(endpoints.use(URI.create("http://e1")), 10);
        assertThat(picks(endpoints, 1)).containsExactly("e2");
        answers(endpoints.use(URI.create("http://e2")), 500);
        assertThat(picks(endpoints, 3)).containsOnly("e1");
        // So busy, it is no longer the fastest.
        List<EndpointUse> busy =
                IntStream.range(0, 40).mapToObj(i -> endpoints.pick()).toList();
        assertThat(busy).extracting(use -> use.endpoint().uri().getHost()).contains("e0");
    }

    @Test
    void tooManyFailuresEjectForLongerAndLonger() {
        Endpoints endpoints = endpoints(2, "round-robin", PASSIVE);
        eject(endpoints, "e0");
        assertThat(picks(endpoints, 3)).containsOnly("e1");
        assertThat(endpoints.out()).isEqualTo(1);
        assertThat(endpoints.soonest()).isEqualTo(Duration.ofSeconds(5));
        assertThat(meters.counter("sluice_endpoint_ejections_total", "provider", "p")
                        .count())
                .isEqualTo(1);

        for (int seconds : new int[] {10, 12, 12}) {
            pass(endpoints.soonest());
            EndpointUse probe = endpoints.pick();
            assertThat(probe.endpoint().uri().getHost()).isEqualTo("e0");
            assertThat(picks(endpoints, 3)).as("one request is to show it").containsOnly("e1");
            fails(probe);
            assertThat(endpoints.soonest()).isEqualTo(Duration.ofSeconds(seconds));
        }

        pass(Duration.ofSeconds(12));
        EndpointUse probe = endpoints.pick();
        probe.answered(1);
        assertThat(picks(endpoints, 2))
                .as("back with the first event, not with the last")
                .containsExactlyInAnyOrder("e0", "e1");
        probe.end();
        assertThat(endpoints.all().get(0).ejections()).isEqualTo(4);
    }

    @Test
    void cleanIntervalsAreForgiven() {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        eject(endpoints, "e0");
        pass(Duration.ofSeconds(5));
        fails(endpoints.pick());
        assertThat(endpoints.all().get(0).ejections()).isEqualTo(2);
        pass(Duration.ofSeconds(10));
        answers(endpoints.pick(), 1);
        pass(Duration.ofSeconds(1));
        answers(endpoints.pick(), 1);
        assertThat(endpoints.all().get(0).ejections()).isEqualTo(1);
        pass(Duration.ofHours(1));
        answers(endpoints.pick(), 1);
        assertThat(endpoints.all().get(0).ejections()).isZero();
        eject(endpoints, "e0");
        assertThat(endpoints.soonest()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void fewRequestsSayNothingAndOldOnesNeither() {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        for (int i = 0; i < 20; i++) {
            fails(endpoints.pick());
            pass(Duration.ofMillis(400));
        }
        assertThat(endpoints.out()).isZero();
    }

    @Test
    void belowTheRateItStaysIn() {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        for (int i = 0; i < 50; i++) {
            answers(endpoints.pick(), 1);
            answers(endpoints.pick(), 1);
            fails(endpoints.pick());
        }
        assertThat(endpoints.out()).isZero();
    }

    @Test
    void noMoreThanTheConfigAllowsAreOut() {
        PassiveHealth half =
                new PassiveHealth(50, Duration.ofSeconds(1), 4, Duration.ofSeconds(5), Duration.ofSeconds(12), 50);
        Endpoints endpoints = endpoints(3, "round-robin", half);
        for (String host : new String[] {"e0", "e1", "e2"}) {
            eject(endpoints, host);
        }
        assertThat(endpoints.out()).isEqualTo(1);
        Endpoints all = endpoints(3, "round-robin", PASSIVE);
        eject(all, "e1");
        eject(all, "e2");
        assertThat(picks(all, 2)).containsExactly("none", "none");
    }

    @Test
    void aProbeWithoutAnOutcomeLeavesThePlaceToAnother() {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        eject(endpoints, "e0");
        pass(Duration.ofSeconds(5));
        EndpointUse left = endpoints.pick();
        assertThat(endpoints.pick()).isNull();
        left.end();
        EndpointUse filters = endpoints.pick();
        filters.failed(failure(Reason.FILTER, 0));
        filters.end();
        assertThat(picks(endpoints, 2)).containsExactly("e0", "e0");
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECT, 0, true",
        "CONNECT_TIMEOUT, 0, true",
        "FIRST_EVENT_TIMEOUT, 0, true",
        "ANSWER_TIMEOUT, 0, true",
        "IDLE_TIMEOUT, 0, true",
        "TOTAL_TIMEOUT, 0, true",
        "BROKEN, 0, true",
        "STATUS, 500, true",
        "STATUS, 529, true",
        "IN_BAND, 503, true",
        "IN_BAND, 429, false",
        "STATUS, 429, false",
        "STATUS, 401, false",
        "STATUS, 404, false",
        "BAD_ANSWER, 200, false",
        "NO_ENDPOINT, 0, false",
        "FILTER, 0, false"
    })
    void onlyWhatIsItsOwnFaultCounts(Reason reason, int status, boolean counts) {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        for (int i = 0; i < PASSIVE.minRequests(); i++) {
            EndpointUse use = endpoints.pick();
            use.failed(failure(reason, status));
            use.end();
        }
        assertThat(endpoints.out()).isEqualTo(counts ? 1 : 0);
    }

    @Test
    void anAnswerThatBreaksIsAFailureToo() {
        Endpoints endpoints = endpoints(1, "round-robin", PASSIVE);
        for (int i = 0; i < 2; i++) {
            EndpointUse use = endpoints.pick();
            use.answered(1);
            use.failed(failure(Reason.BROKEN, 0));
            use.failed(failure(Reason.BROKEN, 0));
            use.end();
        }
        assertThat(endpoints.out()).isEqualTo(1);
    }

    @Test
    void aNewConfigForgetsNothingOfWhatItStillNames() {
        eject(endpoints(2, "round-robin", PASSIVE), "e0");
        Endpoints now = endpoints(3, "least-request", PASSIVE);
        registry.keep(List.of(now));
        assertThat(now.out()).isEqualTo(1);
        assertThat(endpoints(3, "round-robin", PASSIVE).all()).containsExactlyElementsOf(now.all());

        registry.keep(List.of());
        assertThat(endpoints(2, "round-robin", PASSIVE).out()).isZero();
    }

    @Test
    void activeChecksTurnInARow() {
        ActiveHealth health = new ActiveHealth("/health", Duration.ofSeconds(1), Duration.ofSeconds(1), 2, 3);
        Endpoints endpoints = endpoints(2, "round-robin", PASSIVE);
        Endpoint first = endpoints.all().get(0);
        assertThat(first.checked("down", health)).isFalse();
        assertThat(first.checked(null, health)).isFalse();
        assertThat(first.checked("down", health)).isFalse();
        assertThat(endpoints.state(first)).isEqualTo(State.IN);
        assertThat(first.checked("down", health)).isTrue();
        assertThat(endpoints.state(first)).isEqualTo(State.DOWN);
        assertThat(first.trouble()).isEqualTo("down");
        assertThat(picks(endpoints, 2)).containsOnly("e1");
        // Both must pass: what answers its checks may still be ejected.
        eject(endpoints, "e0");
        assertThat(first.checked(null, health)).isFalse();
        assertThat(first.checked(null, health)).isFalse();
        assertThat(first.checked(null, health)).isTrue();
        assertThat(endpoints.state(first)).isEqualTo(State.EJECTED);
        first.unchecked();
        pass(Duration.ofSeconds(5));
        assertThat(picks(endpoints, 4)).contains("e0");
    }
}
