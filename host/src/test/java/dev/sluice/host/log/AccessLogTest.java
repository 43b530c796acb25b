package dev.sluice.host.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class AccessLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Level level = logger.getLevel();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(level);
    }

    private static AccessLog.Line line(Map<String, Object> notes) {
        return new AccessLog.Line(
                Instant.parse("2026-01-02T03:04:05Z"),
                "id-1",
                "10.0.0.1",
                "POST",
                "/v1/\"chat\"\n",
                true,
                "qwen",
                200,
                false,
                12,
                5,
                99,
                2,
                "upstream",
                "deepseek",
                "deepseek-chat",
                null,
                notes,
                Map.of("beside", "a field"));
    }

    @Test
    void aLineIsOneJsonObjectWhateverIsInIt() throws Exception {
        Map<String, Object> notes = new LinkedHashMap<>();
        notes.put("text", "a \"quoted\"\nline");
        notes.put("count", 7);
        notes.put("share", 0.5);
        notes.put("hit", true);
        notes.put("tree", JsonNodeFactory.instance.objectNode().put("x", 1));
        new AccessLog().write(line(notes));

        String written = lines.list.get(0).getFormattedMessage();
        assertThat(written).doesNotContain("\n");
        JsonNode tree = new ObjectMapper().readTree(written);
        assertThat(tree.path("path").asText()).isEqualTo("/v1/\"chat\"\n?…");
        assertThat(tree.path("tries").asInt()).isEqualTo(2);
        assertThat(tree.path("provider").asText()).isEqualTo("deepseek");
        assertThat(tree.path("model").asText()).isEqualTo("deepseek-chat");
        assertThat(tree.path("beside").asText()).isEqualTo("a field");
        assertThat(tree.has("upstream_id")).isFalse();
        assertThat(tree.has("cancelled")).isFalse();
        assertThat(tree.path("ai_log").toString())
                .isEqualTo(
                        "{\"text\":\"a \\\"quoted\\\"\\nline\",\"count\":7,\"share\":0.5,\"hit\":true,\"tree\":{\"x\":1}}");
    }

    @Test
    void withoutNotesThereIsNoAiLog() throws Exception {
        new AccessLog().write(line(Map.of()));
        assertThat(new ObjectMapper()
                        .readTree(lines.list.get(0).getFormattedMessage())
                        .has("ai_log"))
                .isFalse();
    }
}
