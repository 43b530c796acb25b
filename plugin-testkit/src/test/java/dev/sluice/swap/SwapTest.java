package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.admin.Reload;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One change at a time: what is published, what is refused, and what the admin port says of it. */
final class SwapTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CONFIG = """
            plugins: { dir: jars }
            routes:
              - name: r
                upstream: "http://127.0.0.1:1"
                filters: [ sign: {}, stamp: {} ]
            """;

    @TempDir
    Path spare;

    private TestGateway gateway;
    private Path jars;

    @BeforeEach
    void start() throws IOException {
        gateway = TestGateway.with()
                .jar("jars/stamp.jar", StampJar.saying("one")::write)
                .config(CONFIG)
                .start();
        jars = gateway.configFile().resolveSibling("jars");
    }

    @AfterEach
    void close() {
        gateway.close();
    }

    private String version() {
        return json(gateway.get("/").body()).path("version").asText();
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private JsonNode admin(String path) {
        return json(gateway.admin(path).body());
    }

    private HttpResponse<String> post(String path) {
        return gateway.send(HttpRequest.newBuilder(gateway.adminUri(path)).POST(HttpRequest.BodyPublishers.noBody()));
    }

    private void rename(TestJar jar, String name) throws IOException {
        Path made = jar.write(spare.resolve("made.jar"));
        Path near = jars.resolve("." + name);
        Files.copy(made, near, StandardCopyOption.REPLACE_EXISTING);
        Files.move(near, jars.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private String refusal(String jar) {
        for (JsonNode refused : admin("/api/v1/status").path("plugins").path("refused")) {
            if (refused.path("jar").asText().equals(jar)) {
                return refused.path("reason").asText();
            }
        }
        return "";
    }

    private double generations(String state) {
        return Stream.of(gateway.admin("/metrics").body().split("\n"))
                .filter(line -> line.startsWith("sluice_plugin_generations{plugin=\"stamp\",state=\"" + state + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void aNewJarIsNoticedAndTheOldGenerationGoes() throws Exception {
        assertThat(version()).isEqualTo("one");
        rename(StampJar.saying("two"), "stamp.jar");
        await().atMost(PATIENCE).until(() -> version().equals("two"));
        await().atMost(PATIENCE).until(() -> generations("live") == 1 && generations("draining") == 0);

        JsonNode reload = admin("/api/v1/status").path("reloads").path(0);
        assertThat(reload.path("published").asBoolean()).isTrue();
        assertThat(reload.at("/changes/0/from").asText()).startsWith("stamp@1.0.0");
        assertThat(reload.at("/changes/0/to").asText()).startsWith("stamp@1.0.0");
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return gateway.gateway().unloading() == 0;
        });
        assertThat(gateway.gateway().leaks()).isEmpty();
    }

    @Test
    void aFilterThatClosesTakesNobodyElsesMetersWithIt() throws Exception {
        rename(StampJar.saying("two"), "stamp.jar");
        gateway.reload();
        // Closed once its snapshot has ended; a generation counts from the next look on.
        await().atMost(PATIENCE)
                .until(() -> gateway.gateway().drainingGenerations().isEmpty() && generations("draining") == 0);
        TestJar.withFilter("late", "1.0.0", "late").write(jars.resolve("late.jar"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(gateway.admin("/metrics").body())
                        .contains("sluice_plugin_generations{plugin=\"late\",state=\"live\"} 1.0"));
    }

    @Test
    void aJarWhoseOpenThrowsIsHeldBackAndTheRestIsPublished() throws Exception {
        rename(StampJar.saying("throws"), "stamp.jar");
        Reload reload = gateway.reconfigure(CONFIG.replace("name: r", "name: renamed"));

        assertThat(reload.published()).isTrue();
        assertThat(version()).isEqualTo("one");
        assertThat(admin("/api/v1/routes").at("/0/name").asText()).isEqualTo("renamed");
        assertThat(refusal("stamp.jar"))
                .contains("the gateway cannot run with it: ", "no luck with throws", "stamp@1.0.0", "serves on");

        rename(StampJar.saying("three"), "stamp.jar");
        gateway.reload();
        assertThat(version()).isEqualTo("three");
        assertThat(refusal("stamp.jar")).isEmpty();
    }

    @Test
    void aJarThatIsNoneIsRefusedWhileTheOldOneServes() throws Exception {
        Files.write(jars.resolve("stamp.jar"), new byte[100]);
        assertThat(gateway.reload().published()).isTrue();
        assertThat(version()).isEqualTo("one");
        assertThat(refusal("stamp.jar")).contains("it is not a whole zip file", "serves on");
        rename(StampJar.saying("two"), "stamp.jar");
        gateway.reload();
        assertThat(version()).isEqualTo("two");
    }

    @Test
    void aRemovedJarThatARouteNamesServesOnUntilTheConfigLetsGo() throws Exception {
        Files.delete(jars.resolve("stamp.jar"));
        gateway.reload();
        assertThat(version()).isEqualTo("one");
        assertThat(refusal("stamp.jar")).contains("it was removed, but routes use it", "serves on until");

        Reload letGo = gateway.reconfigure("""
                plugins: { dir: jars }
                routes: [ { name: r, upstream: "http://127.0.0.1:1" } ]
                """);
        assertThat(letGo.published()).isTrue();
        assertThat(admin("/api/v1/plugins").path("loaded")).isEmpty();
        assertThat(refusal("stamp.jar")).isEmpty();
    }

    @Test
    void twoJarsOfOneVersionAreBothRefusedAndTheOneThatServedServesOn() throws Exception {
        rename(StampJar.saying("two"), "other.jar");
        gateway.reload();
        assertThat(version()).isEqualTo("one");
        assertThat(refusal("other.jar")).contains("and so is stamp.jar, with other bytes: remove one of the two");
        assertThat(refusal("stamp.jar")).contains("and so is other.jar", "serves on");
    }

    @Test
    void aNewcomerCannotTakeAFilterNameThatServes() throws Exception {
        // By its file's name it would come first.
        TestJar.withFilter("aaa", "1.0.0", "stamp").write(jars.resolve("aaa.jar"));
        gateway.reload();
        assertThat(version()).isEqualTo("one");
        assertThat(refusal("aaa.jar")).contains("the filter 'stamp' already comes from plugin stamp");
    }

    @Test
    void aBrokenConfigLeavesTheOldOneAndSaysSoUntilItIsMended() {
        Reload broken = gateway.reconfigure(CONFIG.replace("stamp: {}", "stamp: { no: 1 }"));
        assertThat(broken.published()).isFalse();
        assertThat(version()).isEqualTo("one");
        JsonNode config = admin("/api/v1/status").path("config");
        assertThat(config.path("valid").asBoolean()).isFalse();
        assertThat(config.at("/errors/0/message").asText()).contains("unknown key");
        assertThat(config.at("/errors/0/line").asInt()).isPositive();
        assertThat(gateway.admin("/metrics").body()).contains("sluice_config_valid 0.0");

        assertThat(gateway.reconfigure(CONFIG).published()).isTrue();
        assertThat(admin("/api/v1/status").at("/config/valid").asBoolean()).isTrue();
        assertThat(gateway.admin("/metrics").body()).contains("sluice_config_valid 1.0");
    }

    @Test
    void aChangeThatNeedsARestartIsNamed() {
        Reload reload = gateway.reconfigure("accessLog: \"off\"\n" + CONFIG);
        assertThat(reload.published()).isTrue();
        assertThat(admin("/api/v1/status").at("/config/needRestart/0").asText()).isEqualTo("accessLog");
    }

    @Test
    void anOperatorGoesBackAndForth() throws Exception {
        assertThat(post("/api/v1/plugins/stamp/rollback").statusCode()).isEqualTo(409);
        rename(StampJar.saying("two"), "stamp.jar");
        gateway.reload();
        assertThat(version()).isEqualTo("two");

        HttpResponse<String> back = post("/api/v1/plugins/stamp/rollback");
        assertThat(back.statusCode()).isEqualTo(200);
        assertThat(version()).isEqualTo("one");
        assertThat(admin("/api/v1/plugins/stamp")
                        .at("/generations/0/rolledBack")
                        .asBoolean())
                .isTrue();
        assertThat(refusal("stamp.jar")).contains("an operator went back to the version before");
        // It holds over an edit of the config.
        gateway.reconfigure(CONFIG.replace("name: r", "name: s"));
        assertThat(version()).isEqualTo("one");

        assertThat(post("/api/v1/plugins/stamp/rollback").statusCode()).isEqualTo(200);
        assertThat(version()).isEqualTo("two");
        assertThat(post("/api/v1/plugins/stamp/rollback").statusCode()).isEqualTo(200);
        assertThat(version()).isEqualTo("one");

        rename(StampJar.saying("three"), "stamp.jar");
        gateway.reload();
        assertThat(version()).isEqualTo("three");
    }

    @Test
    void whatCannotRunWithTheConfigOfTodayDoesNotComeBack() throws Exception {
        TestJar picky = TestJar.of("stamp", "1.1.0")
                .filter("stamp.Stamp", "stamp", "String tag")
                .filter("stamp.Sign", "sign", "")
                .descriptor("stamp", """
                        {"schema": {"type": "object", "additionalProperties": false,
                         "properties": {"tag": {"type": "string", "description": "a tag"}}, "required": ["tag"]}}
                        """);
        rename(picky, "stamp.jar");
        assertThat(gateway.reconfigure(CONFIG.replace("stamp: {}", "stamp: { tag: x }"))
                        .published())
                .isTrue();
        assertThat(admin("/api/v1/plugins/stamp").at("/generations/0/version").asText())
                .isEqualTo("1.1.0");

        HttpResponse<String> back = post("/api/v1/plugins/stamp/rollback");
        assertThat(back.statusCode()).isEqualTo(409);
        assertThat(json(back.body()).path("refused").toString())
                .contains("the gateway cannot run with it", "stamp@1.1.0", "serves on");
        assertThat(refusal("stamp.jar")).as("nothing is left of the attempt").isEmpty();
        assertThat(admin("/api/v1/plugins/stamp").at("/generations/0/version").asText())
                .isEqualTo("1.1.0");
    }

    @Test
    void anUnknownPluginIsNoPlugin() {
        assertThat(gateway.admin("/api/v1/plugins/none").statusCode()).isEqualTo(404);
        assertThat(post("/api/v1/plugins/none/rollback").statusCode()).isEqualTo(409);
    }

    @Test
    void aSecretInAFileIsFollowed() throws Exception {
        Path secret = gateway.configFile().resolveSibling("secret");
        Files.writeString(secret, "first", StandardCharsets.UTF_8);
        String withSecret = CONFIG + """
                providers:
                  p: { type: unused, apiTokens: ["${file:secret}"] }
                """;
        // No filter declares that type: the config is broken, and its file is followed all the same.
        assertThat(gateway.reconfigure(withSecret).published()).isFalse();
        int before = gateway.gateway().reloads().size();
        Files.writeString(secret, "second", StandardCharsets.UTF_8);
        await().atMost(PATIENCE).until(() -> gateway.gateway().reloads().size() > before);
    }
}
