package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.host.plugin.LeakWatch.Leak;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Plugins that hold on to something after they were replaced are named; those that keep to their scope are gone. */
final class LeakTest {

    /** Filters by what they leave behind in their hook, each with how the watch names that. */
    private static final Map<String, String> LEAKS = new LinkedHashMap<>();

    private static final Map<String, String> SUSPECTS = new LinkedHashMap<>();

    static {
        leak("thread", "new Thread(P::park, \"leak-worker\").start();", "thread 'leak-worker' runs leak.P.park");
        leak(
                "local",
                "LOCAL.set(new P());",
                "a thread local of thread 'vert\\.x-eventloop-thread-\\d+' holds a leak.P");
        leak(
                "hook",
                "Thread hook = new Thread(P::park, \"leak-hook\"); Runtime.getRuntime().addShutdownHook(hook);"
                        + " board.Board.leave(\"hook\", new java.util.concurrent.atomic.AtomicReference<>(hook));",
                "a shutdown hook: thread 'leak-hook'");
        leak(
                "property",
                "System.getProperties().put(\"leak.property\", new P());",
                "the system property 'leak.property' holds a leak.P");
        leak(
                "registry",
                "io.micrometer.core.instrument.Metrics.addRegistry(new Registry());",
                "a meter registry in Micrometer's Metrics.globalRegistry is a leak.P$Registry");
    }

    private static void leak(String name, String code, String suspect) {
        LEAKS.put(name, code);
        SUSPECTS.put(name, suspect);
    }

    private static final String LEAKING = """
            package leak;
            import com.fasterxml.jackson.databind.node.JsonNodeFactory;
            import dev.sluice.api.*;
            public class P implements FilterPlugin<P.Config> {
                public record Config() {}
                static final ThreadLocal<Object> LOCAL = new ThreadLocal<>();
                static final class Registry extends io.micrometer.core.instrument.simple.SimpleMeterRegistry {}
                static void park() {
                    while (!Thread.interrupted()) {
                        java.util.concurrent.locks.LockSupport.park();
                    }
                }
                public String name() { return "NAME"; }
                public Class<Config> configType() { return Config.class; }
                public FilterFactory open(Config config, Scope scope) {
                    boolean leaks = P.class.getResource("/leaks") != null;
                    return exchange -> new Filter() {
                        public Step onRequest(RequestHead head) {
                            if (leaks) {
                                LEAK
                            }
                            return head.path().equals("/NAME")
                                    ? Reply.json(200, JsonNodeFactory.instance.objectNode().put("leaks", leaks))
                                    : Step.next();
                        }
                    };
                }
            }
            """;

    private final Board board = new Board();
    private TestGateway gateway;

    @AfterEach
    void close() {
        gateway.close();
        board.close();
    }

    private static TestJar leaking(String name, boolean leaks) {
        TestJar jar = TestJar.of(name, leaks ? "1.0.0" : "1.1.0")
                .source("leak.P", LEAKING.replace("NAME", name).replace("LEAK", LEAKS.get(name)))
                .extension("leak.P");
        Board.SOURCES.forEach(jar::source);
        return leaks ? jar.entry("leaks", new byte[0]) : jar;
    }

    @Test
    void whatIsLeftBehindIsNamedAndTheGatewayServesOn() throws Exception {
        gateway = TestGateway.with();
        LEAKS.keySet().forEach(name -> gateway.jar("jars/" + name + ".jar", leaking(name, true)::write));
        gateway.config("""
                        plugins: { dir: jars }
                        routes: [ { name: r, upstream: "http://127.0.0.1:1", filters: [ %s ] } ]
                        """.formatted(
                        LEAKS.keySet().stream().map(name -> name + ": {}").collect(Collectors.joining(", "))))
                .start();
        try {
            // The last filter answers, so all of them have seen it.
            assertThat(serves("registry")).isTrue();
            LEAKS.keySet().forEach(name -> Swapping.put(gateway, leaking(name, false), name + ".jar"));
            assertThat(gateway.reload().published()).isTrue();
            LEAKS.keySet().forEach(name -> assertThat(serves(name)).isFalse());

            await().atMost(Swapping.PATIENCE).dontCatchUncaughtExceptions().until(() -> {
                System.gc();
                return leaks().keySet().containsAll(LEAKS.keySet());
            });
            Map<String, Leak> leaks = leaks();
            SUSPECTS.forEach((name, suspect) -> {
                assertThat(leaks.get(name).generation()).startsWith(name + "@1.0.0");
                assertThat(leaks.get(name).suspects())
                        .as(name)
                        .anyMatch(found -> found.equals(suspect) || found.matches(suspect));
            });
            LEAKS.keySet().forEach(this::isShown);
            LEAKS.keySet().forEach(name -> assertThat(serves(name)).isFalse());
        } finally {
            cleanUp();
        }
        // What no longer holds a class is no leak any more; thread locals end with the gateway.
        await().atMost(Swapping.PATIENCE).until(() -> {
            System.gc();
            return leaks().keySet().equals(java.util.Set.of("local"));
        });
    }

    private boolean serves(String name) {
        return Swapping.json(Call.to(gateway.uri("/" + name), "").finish().body())
                .path("leaks")
                .asBoolean();
    }

    private Map<String, Leak> leaks() {
        Map<String, Leak> byPlugin = new HashMap<>();
        gateway.gateway().leaks().forEach(leak -> byPlugin.put(leak.plugin(), leak));
        return byPlugin;
    }

    private void isShown(String name) {
        String meter = "sluice_plugin_generations{plugin=\"" + name + "\",state=\"leaked\"} 1.0";
        await().atMost(Swapping.PATIENCE)
                .untilAsserted(() ->
                        assertThat(gateway.admin("/metrics").body().lines()).contains(meter));
        JsonNode generations =
                Swapping.admin(gateway, "/api/v1/plugins/" + name).path("generations");
        assertThat(generations).hasSize(2);
        assertThat(generations.at("/0/state").asText()).isEqualTo("live");
        assertThat(generations.at("/0/version").asText()).isEqualTo("1.1.0");
        assertThat(generations.at("/1/state").asText()).isEqualTo("leaked");
        assertThat(generations.at("/1/suspects")).isNotEmpty();
    }

    private void cleanUp() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("leak-worker")) {
                thread.interrupt();
                thread.join();
            }
        }
        if (board.take("hook") instanceof java.util.concurrent.atomic.AtomicReference<?> hook) {
            Runtime.getRuntime().removeShutdownHook((Thread) hook.get());
        }
        System.getProperties().remove("leak.property");
        for (MeterRegistry registry : List.copyOf(Metrics.globalRegistry.getRegistries())) {
            if (registry.getClass().getName().equals("leak.P$Registry")) {
                Metrics.removeRegistry(registry);
            }
        }
    }

    private static final String GOOD = """
            package good;
            import board.Board;
            import com.fasterxml.jackson.databind.ObjectMapper;
            import com.fasterxml.jackson.databind.node.JsonNodeFactory;
            import com.fasterxml.jackson.databind.node.ObjectNode;
            import dev.sluice.api.*;
            import dev.sluice.api.llm.*;
            import java.net.URI;
            import java.nio.charset.StandardCharsets;
            import java.time.Duration;
            import java.util.*;
            import java.util.concurrent.CompletableFuture;
            public class Good implements FilterPlugin<Good.Config> {
                public record Config() {}
                public record Shape(String name, List<Integer> sizes) {}
                static final Key<String> SEEN = Key.of("seen", String.class);
                static final ThreadLocal<Object> WHILE_OPENING = new ThreadLocal<>();
                private final ObjectMapper mapper = new ObjectMapper();
                private final Map<String, Object> state = new HashMap<>();
                public String name() { return "good"; }
                public Class<Config> configType() { return Config.class; }

                public FilterFactory open(Config config, Scope scope) {
                    WHILE_OPENING.set(this);
                    URI side = URI.create(System.getProperty("good.side"));
                    scope.every(Duration.ofMillis(10), () -> Board.say("tick"));
                    scope.everyOnOneNode("one", Duration.ofMillis(10), () -> Board.say("tick on one node"));
                    scope.every(Duration.ofMillis(10), () -> {
                        try {
                            Thread.sleep(60_000);
                        } catch (InterruptedException e) {
                            Board.say("interrupted");
                        }
                    });
                    scope.own(() -> Board.say("closed"));
                    scope.meters().gauge("good.size", this, good -> good.state.size());
                    scope.meters().gauge("good.map", state, Map::size);
                    scope.meters().counter("good.count").increment();
                    scope.meters().timer("good.time").record(() -> Board.say("timed"));
                    scope.meters().summary("good.summary").record(1);
                    scope.show("state", () -> mapper.valueToTree(new Shape("shown", List.of(1, 2))));
                    scope.action("act", input -> input.put("acted", state.size()));
                    scope.call(HttpRequest.get(side.resolve("/opened"))).thenAccept(r -> Board.say("called " + r.status()));
                    scope.shared().put("key", "value", Duration.ofMinutes(5)).thenAccept(done -> Board.say("put"));
                    scope.shared().run(
                            Script.of("s", 1, "return {}", (store, keys, args) -> List.of("ran")),
                            List.of("key"), List.of()).thenAccept(result -> Board.say("ran"));
                    scope.chain().after();
                    scope.providers();
                    scope.service(Runnable.class);
                    return exchange -> new Use(exchange, scope);
                }

                final class Use implements Filter {
                    private final Exchange exchange;
                    private final Scope scope;
                    Use(Exchange exchange, Scope scope) { this.exchange = exchange; this.scope = scope; }

                    public Step onRequest(RequestHead head) {
                        exchange.put(SEEN, "yes");
                        exchange.note("seen", "yes");
                        exchange.after(Duration.ofMinutes(5)).thenAccept(done -> state.put("after", this));
                        exchange.call(HttpRequest.get(URI.create(System.getProperty("good.side")).resolve("/never")))
                                .thenAccept(r -> state.put("never", r));
                        return Step.when(exchange.blocking(() -> {
                            return mapper.writeValueAsString(new Shape("s", List.of(1)));
                        }).thenCompose(text -> scope.shared().add("n", 1, Duration.ofMinutes(5)))
                          .thenApply(n -> Step.next()));
                    }
                    public Step onRequestBody(Body body) {
                        ChatRequest.of(exchange, body).addSystem("be good");
                        return Step.next();
                    }
                    public AttemptFilter onAttempt(Attempt attempt) {
                        attempt.idleWithin(Duration.ofMinutes(1));
                        attempt.totalWithin(Duration.ofMinutes(5));
                        return new AttemptFilter() {
                            public Step onSend(UpstreamRequest request) {
                                request.headers().set("x-good", "yes");
                                return Step.next();
                            }
                        };
                    }
                    public Events onEvent(Event event) {
                        return Events.meanwhile(CompletableFuture.supplyAsync(() -> event)
                                .completeOnTimeout(event, 1, java.util.concurrent.TimeUnit.MINUTES));
                    }
                    public void onComplete(Outcome outcome) {
                        scope.log().info("complete", new IllegalStateException("only to be logged"));
                        scope.call(HttpRequest.get(URI.create(System.getProperty("good.side")).resolve("/settled")))
                                .thenAccept(r -> Board.say("settled"));
                    }
                }
            }
            """;

    private static TestJar good(String version) {
        TestJar jar = TestJar.of("good", version).source("good.Good", GOOD).extension("good.Good");
        Board.SOURCES.forEach(jar::source);
        return jar.entry("version.txt", version.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aPluginThatKeepsToItsScopeIsGone() throws Exception {
        try (BrokenUpstream upstream = BrokenUpstream.start();
                BrokenUpstream side = BrokenUpstream.start()) {
            System.setProperty("good.side", side.uri().toString());
            side.always(request ->
                    request.path().equals("/never") ? Answer.status(200).silence() : Answer.json(200, "{}"));
            upstream.always(request ->
                    Answer.stream().event("{\"n\":1}").chunk("data: [DONE]\n\n").end());
            gateway = TestGateway.with()
                    .jar("jars/good.jar", good("1.0.0")::write)
                    .config("""
                            plugins: { dir: jars }
                            routes: [ { name: r, upstream: "%s", filters: [ good: {} ] } ]
                            """.formatted(upstream.uri()))
                    .start();
            useIt();
            await().atMost(Swapping.PATIENCE)
                    .untilAsserted(() -> assertThat(board.journal())
                            .contains("tick", "tick on one node", "timed", "called 200", "put", "ran", "settled"));
            Swapping.swap(gateway, good("1.0.1"), "good.jar");
            useIt();
            Swapping.awaitCollected(gateway);
            assertThat(board.count("closed")).isEqualTo(1);
            assertThat(board.journal()).contains("interrupted");

            // Counters count on; of the gauges there is one, the new version's.
            assertThat(gateway.admin("/metrics").body())
                    .contains("good_count_total 2.0")
                    .contains("good_size ");
        } finally {
            System.clearProperty("good.side");
        }
    }

    private void useIt() {
        Call.Answer answer = Call.to(
                        gateway.uri("/v1/chat/completions"),
                        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                .finish();
        assertThat(answer.whole()).isTrue();
        assertThat(answer.body()).contains("{\"n\":1}").endsWith("data: [DONE]\n\n");
        assertThat(Swapping.admin(gateway, "/api/v1/filters/r/good/state")
                        .path("name")
                        .asText())
                .isEqualTo("shown");
        HttpRequest.Builder act = HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/r/good/act"))
                .POST(HttpRequest.BodyPublishers.ofString("{}"));
        assertThat(gateway.send(act).body()).contains("acted");
    }
}
