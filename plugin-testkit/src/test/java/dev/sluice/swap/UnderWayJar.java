package dev.sluice.swap;

import dev.sluice.host.plugin.TestJar;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Builds versions of one plugin, {@code under}, that does in each exchange what its header {@code x-case} says, waiting
 * at the gate of that name, and tells the {@link Board} of its life. What follows a gate needs the class {@code Late},
 * which nothing has loaded before.
 */
final class UnderWayJar {
    private static final String UNDER = """
            package under;
            import board.Board;
            import com.fasterxml.jackson.databind.node.JsonNodeFactory;
            import com.fasterxml.jackson.databind.node.ObjectNode;
            import dev.sluice.api.*;
            import java.net.URI;
            import java.time.Duration;
            import java.util.Map;
            public class Under implements FilterPlugin<Under.Config> {
                public record Config() {}
                static final String VERSION = version();
                private static String version() {
                    try (var in = Under.class.getResourceAsStream("/version.txt")) {
                        return new String(in.readAllBytes(), "UTF-8");
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
                public String name() { return "under"; }
                public Class<Config> configType() { return Config.class; }
                public FilterFactory open(Config config, Scope scope) {
                    scope.every(Duration.ofMillis(20), () -> Board.say("tick " + VERSION));
                    scope.own(() -> Board.say("closed " + VERSION));
                    return exchange -> new Case(exchange, scope, exchange.request().headers().get("x-case"));
                }

                static ObjectNode tree(String by) {
                    return JsonNodeFactory.instance.objectNode().put("by", by);
                }

                record Case(Exchange exchange, Scope scope, String what) implements Filter {
                    public Step onRequest(RequestHead head) {
                        switch (what) {
                            case "when":
                                return Step.when(Board.gate("when").thenApply(open -> Reply.json(200, tree(Late.by()))));
                            case "blocking":
                                return Step.when(exchange.blocking(() -> {
                                    Board.say("blocking");
                                    Board.gate("blocking").get();
                                    return Late.by();
                                }).thenApply(by -> Reply.json(200, tree(by))));
                            case "ask":
                                return Step.when(exchange.ask(
                                        Target.of("r"), JsonNodeFactory.instance.objectNode().put("model", "m"),
                                        Map.of(), Duration.ofSeconds(30))
                                    .thenApply(answer -> Reply.json(200, tree(Late.by())
                                        .put("below", answer.json().path("below").asText())
                                        .put("answer", answer.json().path("answer").asText()))));
                            case "stream":
                            case "resume":
                            case "meanwhile":
                                return Step.next();
                            default:
                                return Reply.json(200, tree(VERSION));
                        }
                    }
                    public Events onEvent(Event event) {
                        if (what.equals("meanwhile") && event.data().contains("slot")) {
                            Board.say("slot");
                            return Events.meanwhile(Board.gate("meanwhile").thenApply(open -> event.withData(
                                event.data().replace("slot", Late.by()))));
                        }
                        return event;
                    }
                    public Recovery onFailure(Failure failure) {
                        return what.equals("resume") && failure.accepted()
                                ? Recovery.resume(Target.of("other")
                                        .endpoint(URI.create(exchange.request().headers().get("x-other"))))
                                : Recovery.pass();
                    }
                    public void onComplete(Outcome outcome) {
                        scope.log().info("complete {}", VERSION);
                        scope.shared().add("completed", 1, Duration.ofMinutes(1))
                                .thenAccept(n -> Board.say("complete " + what + " " + VERSION + " " + (n > 0)));
                    }
                }
            }
            """;

    /** Listed after the other: says in what comes from below who let it pass. */
    private static final String BELOW = """
            package under;
            import dev.sluice.api.*;
            public class Below implements FilterPlugin<Below.Config> {
                public record Config() {}
                public String name() { return "below"; }
                public Class<Config> configType() { return Config.class; }
                public FilterFactory open(Config config, Scope scope) {
                    return exchange -> new Filter() {
                        public Events onEvent(Event event) {
                            return event.mentions("delta")
                                    ? event.edit(tree -> tree.put("below", Under.VERSION)) : event;
                        }
                        public Step onResponseBody(Body body) {
                            body.edit(tree -> tree.put("below", LateBelow.by()));
                            return Step.next();
                        }
                    };
                }
            }
            """;

    private static final Map<String, byte[]> CLASSES = classes();

    private UnderWayJar() {}

    private static Map<String, byte[]> classes() {
        Map<String, String> sources = new HashMap<>(Board.SOURCES);
        sources.put("under.Under", UNDER);
        sources.put("under.Below", BELOW);
        sources.put("under.Late", "package under; class Late { static String by() { return Under.VERSION; } }");
        sources.put(
                "under.LateBelow", "package under; class LateBelow { static String by() { return Under.VERSION; } }");
        return TestJar.compiled(sources);
    }

    /** One whose answers name that version. */
    static TestJar version(String version) {
        TestJar jar = TestJar.of("under", "1.0.0")
                .extension("under.Under")
                .extension("under.Below")
                .entry("version.txt", version.getBytes(StandardCharsets.UTF_8));
        CLASSES.forEach(jar::entry);
        return jar;
    }
}
