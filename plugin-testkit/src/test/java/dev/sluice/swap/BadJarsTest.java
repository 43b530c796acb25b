package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.plugin.LeakWatch.Leak;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is put into the plugin directory of a gateway that serves: it serves on, says what is wrong, loses nothing. */
final class BadJarsTest {
    private static final Duration OPEN_LIMIT = Duration.ofMillis(500);
    private static final String CONFIG = """
            plugins: { dir: jars }
            routes: [ { name: r, upstream: "http://127.0.0.1:1", filters: [ stamp: {} ] } ]
            """;

    @TempDir
    Path spare;

    private final Board board = new Board();
    private TestGateway gateway;
    private Path jars;

    @BeforeEach
    void start() {
        gateway = TestGateway.with()
                .openWithin(OPEN_LIMIT)
                .jar("jars/stamp.jar", StampJar.saying("one")::write)
                .config(CONFIG)
                .start();
        jars = gateway.configFile().resolveSibling("jars");
    }

    @AfterEach
    void close() {
        board.close();
        gateway.close();
    }

    private void serves(String version) {
        assertThat(Swapping.json(Call.to(gateway.uri("/"), "").finish().body())
                        .path("version")
                        .asText())
                .isEqualTo(version);
    }

    /** A plugin whose parts may be given, each as a statement; of the id that is also its file's name. */
    private static TestJar code(String id, Map<String, String> parts) {
        TestJar jar = TestJar.of(id, "1.0.0").extension("bad.Bad").source("bad.Bad", """
                package bad;
                import board.Board;
                import dev.sluice.api.*;
                public class Bad implements FilterPlugin<Bad.Config> {
                    public record Config() {}
                    static { if (true) { %s } }
                    public Bad() { if (true) { %s } }
                    public String name() { %s }
                    public Class<Config> configType() { return Config.class; }
                    public FilterFactory open(Config config, Scope scope) { if (true) { %s } return null; }
                    static int deeper(int n) { return deeper(n + 1) + 1; }
                    static <T extends Throwable> T sneaky(Throwable t) throws T { throw (T) t; }
                    static final class Mute extends RuntimeException {
                        public String getMessage() { throw new IllegalStateException(); }
                    }
                    static final class Broken { static { if (true) { throw new IllegalStateException("in Broken"); } } }
                }
                """.formatted(
                        parts.getOrDefault("static", ""),
                        parts.getOrDefault("constructor", ""),
                        parts.getOrDefault("name", "return \"" + id + "\";"),
                        parts.getOrDefault("open", "")));
        Board.SOURCES.forEach(jar::source);
        return jar;
    }

    private static TestJar plain(String id) {
        return TestJar.withFilter(id, "1.0.0", id);
    }

    /** By the name of the file: what makes it, and what must be said of it. */
    private Map<String, String> putBadJars() throws IOException {
        Map<String, String> said = new LinkedHashMap<>();
        put(plain("slip").entry("../../escaped.txt", new byte[1]), "slip", said, "points outside of the jar: build it");
        put(plain("absolute").entry("/etc/x", new byte[1]), "absolute", said, "points outside of the jar: build it");
        try (FileChannel sparse =
                FileChannel.open(jars.resolve("large.jar"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            sparse.write(ByteBuffer.allocate(1), (2L << 30) - 1);
        }
        said.put("large.jar", "it is larger than 512 MiB: build it with less in it");
        Files.createDirectory(jars.resolve("directory.jar"));
        said.put("directory.jar", "it is a directory: put the jar itself here");
        Path denied = plain("denied").write(jars.resolve("denied.jar"));
        Files.setPosixFilePermissions(denied, PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(denied)) {
            said.put("denied.jar", "it may not be read: check its permissions");
        }
        byte[] whole = Files.readAllBytes(plain("half").write(spare.resolve("half.jar")));
        Files.write(jars.resolve("half.jar"), Arrays.copyOf(whole, whole.length / 2));
        said.put("half.jar", "copy it again");
        Files.createFile(jars.resolve("empty.jar"));
        said.put("empty.jar", "it is not a whole zip file (zip file is empty): copy it again");
        put(plain("range").manifest("Plugin-Requires", ">=9.0.0"), "range", said, "install a build of it for this");
        byte[] newer = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 99};
        put(plain("newer").entry("demo/New.class", newer), "newer", said, "it needs Java 55 (demo/New.class)");
        put(
                plain("bundled").entry("dev/sluice/api/Filter.class", new byte[1]),
                "bundled",
                said,
                "it bundles dev.sluice.api: make sluice-plugin-api a dependency of scope 'provided'");
        put(
                TestJar.of("disagrees", "1.0.0")
                        .filter("demo.P", "disagrees", "int size")
                        .descriptor("disagrees", "{\"schema\":{\"type\":\"object\",\"properties\":{\"sized\":{}}}}"),
                "disagrees",
                said,
                "describes 'sized', which the record Config has no component for: add it, or remove it");
        put(
                TestJar.withFilter("twin", "1.0.0", "stamp"),
                "twin",
                said,
                "the filter 'stamp' already comes from plugin stamp");
        String cannot = "its bad.Bad cannot be made: ";
        String failed = "its bad.Bad failed in name() or configType(): ";
        putCode("ctor", "constructor", "throw new IllegalStateException(\"no\");", said, cannot);
        putCode("ctor-deep", "constructor", "deeper(0);", said, cannot + "java.lang.StackOverflowError");
        putCode("ctor-init", "constructor", "new Broken();", said, cannot + "java.lang.IllegalStateException: in Bro");
        putCode("ctor-mute", "constructor", "throw new Mute();", said, cannot + "bad.Bad$Mute");
        putCode("init", "static", "throw new IllegalStateException(\"no\");", said, cannot);
        putCode("init-deep", "static", "deeper(0);", said, cannot + "java.lang.StackOverflowError");
        putCode("init-gone", "static", "throw new NoClassDefFoundError(\"x/Y\");", said, cannot + "java.lang.NoClass");
        putCode("name", "name", "throw new IllegalStateException(\"no\");", said, failed);
        putCode("name-deep", "name", "deeper(0); return \"\";", said, failed + "java.lang.StackOverflowError");
        putCode("name-init", "name", "new Broken(); return \"\";", said, failed);
        putCode("name-gone", "name", "throw new NoClassDefFoundError(\"x/Y\");", said, failed + "java.lang.NoClassDef");
        putCode("name-mute", "name", "throw new Mute();", said, failed + "bad.Bad$Mute");
        return said;
    }

    private void put(TestJar jar, String name, Map<String, String> said, String sentence) {
        Swapping.put(gateway, jar, name + ".jar");
        said.put(name + ".jar", sentence);
    }

    private void putCode(String name, String part, String code, Map<String, String> said, String sentence) {
        put(code(name, Map.of(part, code)), name, said, sentence);
    }

    @Test
    void badJarsAreRefusedEachWithItsSentence() throws Exception {
        Map<String, String> said = putBadJars();
        assertThat(gateway.reload().problems()).isEmpty();

        SoftAssertions soft = new SoftAssertions();
        said.forEach((jar, sentence) ->
                soft.assertThat(Swapping.refusal(gateway, jar)).as(jar).contains(sentence));
        soft.assertAll();
        serves("one");
        assertThat(gateway.gateway().catalog().generations())
                .hasSize(Files.isReadable(jars.resolve("denied.jar")) ? 2 : 1);
        Swapping.awaitCollected(gateway);
        assertThat(spare.getParent().resolve("escaped.txt")).doesNotExist();

        // A good one is taken all the same.
        Swapping.put(gateway, StampJar.saying("two"), "stamp.jar");
        gateway.reload();
        serves("two");
    }

    @Test
    void aServingJarThatIsOverwrittenByABadOneServesOn() throws Exception {
        for (String part : List.of("constructor", "static", "name")) {
            Swapping.put(gateway, code("stamp", Map.of(part, "throw new StackOverflowError();")), "stamp.jar");
            assertThat(gateway.reload().published()).isTrue();
            assertThat(Swapping.refusal(gateway, "stamp.jar")).contains("StackOverflowError; stamp@1.0.0", "serves on");
            serves("one");
        }
        Swapping.awaitCollected(gateway);
    }

    private static TestJar opens(String code) {
        return code("stamp", Map.of("open", code));
    }

    private void cannotOpen(TestJar jar, String why) {
        Swapping.put(gateway, jar, "stamp.jar");
        assertThat(gateway.reload().published()).isTrue();
        assertThat(Swapping.refusal(gateway, "stamp.jar"))
                .startsWith("the gateway cannot run with it: the filter stamp of plugin stamp@1.0.0 (")
                .contains(") cannot be opened: " + why)
                .contains("; stamp@1.0.0")
                .endsWith(" serves on");
        serves("one");
    }

    @Test
    void anOpenThatFailsInAnyWayIsHeldBack() {
        cannotOpen(opens("return null;"), "java.lang.IllegalStateException: open returned null");
        cannotOpen(opens("deeper(0);"), "java.lang.StackOverflowError");
        cannotOpen(opens("new Broken();"), "java.lang.ExceptionInInitializerError");
        cannotOpen(opens("throw new NoClassDefFoundError(\"x/Y\");"), "java.lang.NoClassDefFoundError: x/Y");
        cannotOpen(opens("throw new Mute();"), "bad.Bad$Mute");
        cannotOpen(
                opens("Bad.<RuntimeException>sneaky(new java.util.concurrent.TimeoutException(\"late\"));"),
                "java.util.concurrent.TimeoutException: late");
        cannotOpen(opens("throw new ThreadDeath();"), "java.lang.ThreadDeath");
        Swapping.awaitCollected(gateway);
    }

    @Test
    void anOpenThatHangsIsInterruptedAndHeldBack() {
        cannotOpen(
                opens("scope.own(() -> Board.say(\"closed\"));"
                        + "try { Board.gate(\"never\").get(); }"
                        + "catch (Exception e) { Board.say(e.getClass().getSimpleName()); }"),
                "open did not return within 500 ms: let it start slow work");
        await().atMost(Swapping.PATIENCE).until(() -> board.count("InterruptedException") == 1);
        assertThat(board.count("closed")).isEqualTo(1);
        Swapping.awaitCollected(gateway);

        // Neither the config nor other jars wait for it.
        TestJar.withFilter("other", "1.0.0", "other").write(jars.resolve("other.jar"));
        assertThat(gateway.reconfigure(CONFIG.replace("stamp: {}", "stamp: {}, other: {}"))
                        .published())
                .isTrue();
        serves("one");
        assertThat(Swapping.refusal(gateway, "stamp.jar"))
                .contains("open did not return within 500 ms", "it is not tried again until its file changes");
        assertThat(board.count("InterruptedException")).isEqualTo(1);
        Swapping.put(gateway, StampJar.saying("two"), "stamp.jar");
        gateway.reload();
        serves("two");
    }

    @Test
    void anOpenThatHangsAndCannotBeInterruptedIsNamedAsALeak() {
        cannotOpen(opens("Board.gate(\"late\").join();"), "open did not return within 500 ms");
        await().atMost(Swapping.PATIENCE).dontCatchUncaughtExceptions().until(() -> {
            System.gc();
            return gateway.gateway().leaks().size() == 1;
        });
        Leak leak = gateway.gateway().leaks().get(0);
        assertThat(leak.plugin()).isEqualTo("stamp");
        assertThat(leak.suspects()).contains("thread 'sluice-open' runs bad.Bad.open");
        serves("one");

        board.open("late");
        await().atMost(Swapping.PATIENCE).until(() -> {
            System.gc();
            return gateway.gateway().leaks().isEmpty();
        });
    }

    @Test
    void aGatewayWhoseFilterHangsInOpenDoesNotStart() {
        TestGateway other = TestGateway.with()
                .openWithin(OPEN_LIMIT)
                .jar("jars/stamp.jar", opens("Board.gate(\"late\").join();")::write)
                .config(CONFIG);
        try {
            assertThatThrownBy(other::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("open did not return within 500 ms");
        } finally {
            board.open("late");
            other.close();
        }
    }

    @Test
    void allFiltersOfABuildAreOpenedOnOneThreadThatEndsWithIt() {
        StringBuilder routes = new StringBuilder("plugins: { dir: jars }\nroutes:\n");
        for (int i = 0; i < 50; i++) {
            routes.append(
                    "  - { name: r%d, match: { path: /%d }, upstream: \"http://127.0.0.1:1\", filters: [ many: {} ] }\n"
                            .formatted(i, i));
        }
        code(
                        "many",
                        Map.of(
                                "open",
                                "Board.leave(\"thread\", Thread.currentThread());"
                                        + "Board.say(Thread.currentThread().getId() + \" \""
                                        + " + (Thread.currentThread().getContextClassLoader() != Bad.class.getClassLoader()));"
                                        + "new ThreadLocal<Object>().set(this); return exchange -> Filter.PASS;"))
                .write(jars.resolve("many.jar"));
        assertThat(gateway.reconfigure(routes.toString()).published()).isTrue();
        assertThat(board.journal()).hasSize(50);
        assertThat(board.journal().stream().distinct())
                .singleElement()
                .satisfies(said -> assertThat(said).endsWith(" true"));
        Thread thread = (Thread) board.take("thread");
        await().atMost(Swapping.PATIENCE).until(() -> !thread.isAlive());
        gateway.reconfigure(CONFIG);
        serves("one");
    }
}
