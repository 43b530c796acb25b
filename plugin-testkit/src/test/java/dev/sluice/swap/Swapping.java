package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.admin.Reload;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** What tests of swaps do again and again. */
final class Swapping {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private Swapping() {}

    /** Puts the jar into the gateway's directory {@code jars} under that name, in one step. */
    static void put(TestGateway gateway, TestJar jar, String name) {
        Path jars = gateway.configFile().resolveSibling("jars");
        Path near = jar.write(jars.resolve("." + name));
        try {
            Files.move(near, jars.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts the jar there, and has it serve. */
    static void swap(TestGateway gateway, TestJar jar, String name) {
        put(gateway, jar, name);
        Reload reload = gateway.reload();
        assertThat(reload.published()).isTrue();
        assertThat(reload.refused()).isEmpty();
    }

    /** Waits until every unloaded generation is collected; none may have leaked. */
    static void awaitCollected(TestGateway gateway) {
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return gateway.gateway().draining().isEmpty() && gateway.gateway().unloading() == 0;
        });
        assertThat(gateway.gateway().leaks()).isEmpty();
    }

    static JsonNode admin(TestGateway gateway, String path) {
        return json(gateway.admin(path).body());
    }

    static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    /** Why that jar is refused; empty if it is not. */
    static String refusal(TestGateway gateway, String jar) {
        for (JsonNode refused : admin(gateway, "/api/v1/status").path("plugins").path("refused")) {
            if (refused.path("jar").asText().equals(jar)) {
                return refused.path("reason").asText();
            }
        }
        return "";
    }
}
