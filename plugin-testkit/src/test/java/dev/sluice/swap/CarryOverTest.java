package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.kernel.TestTarget;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an edit has not changed goes on as the same object, with all that it remembers; what it has changed does not. */
final class CarryOverTest {
    private static final String PLAIN = """
            providers: { p: { type: test, baseUrl: "http://127.0.0.1:1" } }
            routes:
              - { name: other, match: { path: /other }, upstream: "http://127.0.0.1:1" }
              - { name: picks, match: { path: /picks }, filters: [ test-target: { provider: p } ] }
              - { name: counted, match: { path: /counted }, upstream: "http://127.0.0.1:1", filters: [ counter: {} ] }
            """;
    private static final String REORDERED = """
            providers: { p: { type: test, baseUrl: "http://127.0.0.1:1" } }
            routes:
              - { name: counted, match: { path: /counted }, upstream: "http://127.0.0.1:1", filters: [ counter: {} ] }
              - { name: picks, match: { path: /picks }, filters: [ test-target: { provider: p } ] }
              - { name: other, match: { path: /other }, upstream: "http://127.0.0.1:1" }
            """;
    private static final String REFORMATTED = """
            # The same, by another hand.
            routes:
            - upstream: 'http://127.0.0.1:1'
              name: other
              match:
                path: "/other"

            - filters:
              - test-target:
                  provider: 'p'
              name: picks
              match: { "path": "/picks" }

            - filters:
              - counter: {}
              match:
                path: /counted
              upstream: http://127.0.0.1:1
              name: "counted"
            providers:
              p:
                baseUrl: http://127.0.0.1:1
                type: test
            """;
    private static final String OTHER_ROUTE_GONE =
            PLAIN.lines().filter(line -> !line.contains("/other")).reduce("", (a, b) -> a + b + "\n");
    private static final String ROUTE_ADDED =
            PLAIN + "  - { name: more, upstream: \"http://127.0.0.1:1\", filters: [ counter: {} ] }\n";
    private static final String OTHER_PROVIDER = PLAIN.replace("127.0.0.1:1\" } }", "127.0.0.1:2\" } }");
    private static final String OTHER_NEIGHBOUR = PLAIN.replace("[ counter: {} ]", "[ pass: {}, counter: {} ]");
    private static final List<String> UNCHANGED =
            List.of(PLAIN, REORDERED, REFORMATTED, OTHER_ROUTE_GONE, OTHER_PROVIDER, OTHER_NEIGHBOUR);

    private final AtomicInteger opened = new AtomicInteger();
    private final List<AutoCloseable> open = new ArrayList<>();
    private BrokenUpstream first;
    private BrokenUpstream second;

    @BeforeEach
    void startUpstreams() throws IOException {
        first = closed(BrokenUpstream.start());
        second = closed(BrokenUpstream.start());
        first.always(received -> Answer.json(200, "{\"from\":1}"));
        second.always(received -> Answer.json(200, "{\"from\":2}"));
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private <T extends AutoCloseable> T closed(T resource) {
        open.add(0, resource);
        return resource;
    }

    /** A gateway with a filter that answers how many requests it has seen, and looks at its scope like that. */
    private TestGateway counting(Consumer<Scope> looks) {
        return closed(TestGateway.with(new TestTarget())
                .filter("pass", exchange -> Filter.PASS)
                .openedFilter("counter", scope -> {
                    looks.accept(scope);
                    return counter();
                })
                .config(PLAIN)
                .start());
    }

    private FilterFactory counter() {
        opened.incrementAndGet();
        AtomicInteger seen = new AtomicInteger();
        return exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                return Reply.json(200, JsonNodeFactory.instance.objectNode().put("seen", seen.incrementAndGet()));
            }
        };
    }

    private static String count(TestGateway gateway) throws IOException {
        return KeptConnection.once(gateway.gateway().port(), "/counted").body();
    }

    private static void publish(TestGateway gateway, String config) {
        assertThat(gateway.reconfigure(config).published()).isTrue();
    }

    @Test
    void aFilterThatLooksAtNothingCountsOnOverAHundredReloads() throws Exception {
        TestGateway gateway = counting(scope -> {});
        for (int i = 1; i <= 100; i++) {
            assertThat(count(gateway)).isEqualTo("{\"seen\":" + i + "}");
            publish(gateway, UNCHANGED.get(i % UNCHANGED.size()));
        }
        assertThat(opened).hasValue(1);
        assertThat(gateway.gateway().reloads()).allMatch(reload -> reload.published());
    }

    @Test
    void theSameFilterOfAnotherRouteIsAnotherObject() throws Exception {
        TestGateway gateway = counting(scope -> {});
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        publish(gateway, ROUTE_ADDED);
        assertThat(opened).hasValue(2);
        assertThat(KeptConnection.once(gateway.gateway().port(), "/").body()).isEqualTo("{\"seen\":1}");
        assertThat(count(gateway)).isEqualTo("{\"seen\":2}");
    }

    @Test
    void oneThatHasLookedAtItsNeighboursIsOpenedAnewWhenTheyChange() throws Exception {
        TestGateway gateway = counting(Scope::chain);
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        for (String same : List.of(REORDERED, REFORMATTED, OTHER_ROUTE_GONE, OTHER_PROVIDER)) {
            publish(gateway, same);
        }
        assertThat(count(gateway)).isEqualTo("{\"seen\":2}");
        publish(gateway, OTHER_NEIGHBOUR);
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        assertThat(opened).hasValue(2);
    }

    @Test
    void oneThatHasLookedAtTheProvidersIsOpenedAnewWhenTheyChange() throws Exception {
        TestGateway gateway = counting(Scope::providers);
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        for (String same : List.of(REORDERED, REFORMATTED, OTHER_ROUTE_GONE, OTHER_NEIGHBOUR)) {
            publish(gateway, same);
        }
        assertThat(count(gateway)).isEqualTo("{\"seen\":2}");
        publish(gateway, OTHER_PROVIDER);
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        assertThat(opened).hasValue(2);
    }

    @Test
    void oneWhoseConfigChangesIsOpenedAnew() {
        Say say = new Say();
        String config =
                "routes: [ { name: r, upstream: \"http://127.0.0.1:1\", filters: [ say: { text: v1, signs: false } ] } ]";
        TestGateway gateway = closed(TestGateway.with(say).config(config).start());
        publish(gateway, config.replace("{ text: v1, signs: false }", "{ signs: false, text: 'v1' }"));
        assertThat(say.opened()).isOne();
        publish(gateway, config.replace("v1", "v2"));
        assertThat(say.opened()).isEqualTo(2);
    }

    @Test
    void aRefusedEditOpensNothingAnew() throws Exception {
        TestGateway gateway = counting(scope -> {});
        assertThat(count(gateway)).isEqualTo("{\"seen\":1}");
        assertThat(gateway.reconfigure(PLAIN.replace("counter: {}", "counter: { no: 1 }"))
                        .published())
                .isFalse();
        assertThat(count(gateway)).isEqualTo("{\"seen\":2}");
        publish(gateway, PLAIN);
        assertThat(count(gateway)).isEqualTo("{\"seen\":3}");
        assertThat(opened).hasValue(1);
    }

    @Test
    void aProviderWhoseEntryIsTheSameKeepsItsTurn() {
        String config = """
                providers:
                  both: { type: test, endpoints: [ "%s", "%s" ] }
                  spare: { type: test, baseUrl: "http://127.0.0.1:1" }
                routes:
                  - { name: unused, match: { path: /unused }, filters: [ test-target: { provider: spare } ] }
                  - { name: r, filters: [ test-target: { provider: both } ] }
                """.formatted(first.uri(), second.uri());
        TestGateway gateway =
                closed(TestGateway.with(new TestTarget()).config(config).start());
        for (int i = 0; i < 6; i++) {
            assertThat(answeredBy(gateway)).isEqualTo(i % 2 + 1);
            publish(gateway, config.replace("name: r", "name: r" + i).replace("127.0.0.1:1", "127.0.0.1:" + (i + 1)));
        }
        assertThat(answeredBy(gateway)).isOne();

        publish(gateway, config.replace("both: { ", "both: { modelMapping: { \"*\": m }, "));
        assertThat(answeredBy(gateway))
                .as("a changed entry begins with its first endpoint")
                .isOne();
    }

    private static int answeredBy(TestGateway gateway) {
        String body = gateway.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}")
                .body();
        return body.equals("{\"from\":1}") ? 1 : body.equals("{\"from\":2}") ? 2 : 0;
    }
}
