package dev.sluice.swap;

import dev.sluice.host.plugin.TestJar;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Builds versions of one plugin, {@code stamp}, whose answers name the version that made them: {@code /slow/MILLIS} a
 * stream of twenty events at that pace, anything else a line of JSON. A class that a late event needs is loaded only when
 * that event comes, so that a version whose jar or loader is gone too early shows.
 */
final class StampJar {
    private static final String SOURCE = """
            package stamp;
            import dev.sluice.api.*;
            import java.time.Duration;
            import java.util.ArrayList;
            import java.util.List;
            public class Stamp implements FilterPlugin<Stamp.Config> {
                public record Config() {}
                static final String VERSION = version();
                private static String version() {
                    try (var in = Stamp.class.getResourceAsStream("/stamp.txt")) {
                        return new String(in.readAllBytes(), "UTF-8");
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
                public String name() { return "stamp"; }
                public Class<Config> configType() { return Config.class; }
                public FilterFactory open(Config config, Scope scope) {
                    if (VERSION.startsWith("throws")) {
                        throw new IllegalStateException("no luck with " + VERSION);
                    }
                    Ballast.load();
                    return exchange -> new Filter() {
                        public Step onRequest(RequestHead head) {
                            if (!head.path().startsWith("/slow/")) {
                                return Reply.json(200, com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                                        .objectNode().put("version", VERSION));
                            }
                            List<Event> events = new ArrayList<>();
                            for (int i = 0; i < 20; i++) {
                                events.add(Event.data(VERSION));
                            }
                            long pace = Long.parseLong(head.path().substring("/slow/".length()));
                            return Reply.stream(events).paced(Duration.ofMillis(pace));
                        }
                    };
                }
            }
            """;

    /** The second filter, before {@code stamp} in the list, signs what {@code stamp} said, event by event. */
    private static final String SIGN = """
            package stamp;
            import dev.sluice.api.*;
            public class Sign implements FilterPlugin<Sign.Config> {
                public record Config() {}
                public String name() { return "sign"; }
                public Class<Config> configType() { return Config.class; }
                public FilterFactory open(Config config, Scope scope) {
                    return exchange -> new Filter() {
                        private int seen;
                        public Events onEvent(Event event) {
                            if (++seen == 19) {
                                return Event.data(event.data() + " " + Late.name());
                            }
                            return Event.data(event.data() + " " + Stamp.VERSION);
                        }
                    };
                }
            }
            """;

    private static final String LATE = "package stamp; class Late { static String name() { return Stamp.VERSION; } }";

    /** Makes a version that is never unloaded show in the metaspace. */
    private static final String BALLAST = "package stamp; class Ballast { static void load() {} "
            + IntStream.range(0, 6000)
                    .mapToObj(i -> "static int m" + i + "(int x) { return x + " + i + "; } ")
                    .collect(Collectors.joining())
            + "}";

    private static final Map<String, byte[]> CLASSES = TestJar.compiled(
            Map.of("stamp.Stamp", SOURCE, "stamp.Sign", SIGN, "stamp.Late", LATE, "stamp.Ballast", BALLAST));

    private StampJar() {}

    /** A good one, whose answers say that text; a new text makes new bytes. */
    static TestJar saying(String text) {
        TestJar jar = TestJar.of("stamp", "1.0.0")
                .extension("stamp.Stamp")
                .extension("stamp.Sign")
                .entry("stamp.txt", text.getBytes(StandardCharsets.UTF_8));
        CLASSES.forEach(jar::entry);
        return jar;
    }

    /** The same, with a class that was compiled for that version of Java. */
    static TestJar forJava(int release, String text) {
        byte[] late = CLASSES.get("stamp/Late.class").clone();
        // Bytes 6 and 7 of a class file are its major version, which is 44 more than the release.
        late[6] = 0;
        late[7] = (byte) (release + 44);
        return saying(text).entry("stamp/Late.class", late);
    }
}
