package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.Key;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.JudgeConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.ModerationConfig;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.WebhookConfig;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeExchange;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each engine outside against what its service sends, and against what breaks. */
final class OutsideTest {
    private static final URI URL = URI.create("https://green.example.com");
    private static final Duration BUDGET = Duration.ofSeconds(2);

    private final FakeExchange exchange = FakeExchange.openAi();

    private List<Finding> look(Engine.Outside engine, String answer, String... texts) {
        exchange.calls().next(FakeAnswers.json(200, answer));
        return engine.look(exchange, Direction.REQUEST, List.of(texts), BUDGET)
                .toCompletableFuture()
                .join();
    }

    private static AliyunEngine aliyun(String action, AliyunVerdicts.Bars bars) {
        return new AliyunEngine(
                URL,
                new Acs3Signature("id", "secret", null),
                action,
                (direction, consumer) -> "llm_query_moderation",
                new AliyunVerdicts(bars));
    }

    private static String data(String data) {
        return "{\"Code\":200,\"Message\":\"OK\",\"Data\":" + data + "}";
    }

    private static String signature(HttpRequest request, String secret) {
        Map<String, String> headers = new HashMap<>();
        request.headers()
                .forEach(header -> headers.put(header.getKey().toLowerCase(java.util.Locale.ROOT), header.getValue()));
        headers.put("host", request.uri().getRawAuthority());
        return Acs3Check.signature(headers::get, request.body(), secret);
    }

    @Test
    void aliyunIsAskedWithASignatureThatHolds() {
        List<Finding> found = look(
                aliyun("TextModerationPlus", null),
                data("{\"RiskLevel\":\"high\",\"Result\":[{\"Label\":\"violent\",\"Confidence\":99}]}"),
                "how to 炸");
        assertThat(found).singleElement().satisfies(one -> {
            assertThat(one.risk()).isEqualTo("violent");
            assertThat(one.level()).isEqualTo(Level.HIGH);
        });
        HttpRequest asked = exchange.calls().asked().get(0);
        assertThat(asked.headers().toString())
                .contains("x-acs-action=TextModerationPlus", "x-acs-version=2022-03-02", "Credential=id,")
                .contains("Signature=" + signature(asked, "secret"))
                .doesNotContain("Signature=" + signature(asked, "other"));
        assertThat(URLDecoder.decode(new String(asked.body(), StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .contains("Service=llm_query_moderation", "\"content\":\"how to 炸\"", "\"sessionId\":\"req-1\"");
    }

    @Test
    void theSignatureIsTheSameAsAliyunsForTheSame() {
        HttpRequest one = new Acs3Signature("id", "s", "token")
                .post(URL, "A", "V", new byte[0], Instant.parse("2026-01-02T03:04:05.678Z"), "n");
        assertThat(one.headers().toString()).contains("x-acs-date=2026-01-02T03:04:05Z", "x-acs-security-token=token");
    }

    @Test
    void longTextsAreCutBetweenCharacters() {
        String text = "é炸\ud83d\ude00".repeat(500);
        List<Pieces.Pack> packs = Pieces.of(List.of("a", text, "b"), 1800);
        StringBuilder all = new StringBuilder();
        for (Pieces.Pack pack : packs) {
            assertThat(pack.says().getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(1800);
            assertThat(pack.says()).doesNotContain("?");
            all.append(pack.says());
        }
        assertThat(all.toString().replace("\n", "")).isEqualTo("a" + text + "b");
    }

    private static AliyunVerdicts.Bars bars(Level content, Level sensitive, Action action) {
        return new AliyunVerdicts.Bars() {
            @Override
            public Level bar(String consumer, String kind) {
                return kind.equals(AliyunVerdicts.SENSITIVE) ? sensitive : content;
            }

            @Override
            public Action action(String consumer, String kind) {
                return action;
            }
        };
    }

    @ParameterizedTest
    @CsvSource({"HIGH, BLOCK", "MAX, FLAG"})
    void aBarOfMaxNeverBlocks(Level bar, Action action) {
        assertThat(look(
                        aliyun("MultiModalGuard", bars(bar, Level.MAX, Action.BLOCK)),
                        data("{\"Detail\":[{\"Type\":\"contentModeration\",\"Level\":\"max\",\"Result\":[]}]}"),
                        "x"))
                .singleElement()
                .extracting(Finding::action)
                .isEqualTo(action);
    }

    @Test
    void whatAliyunDesensitisesIsMasked() {
        String text = "my number is 13800138000, ok";
        List<Finding> found = look(
                aliyun("MultiModalGuard", bars(Level.MAX, Level.MEDIUM, Action.MASK)),
                data("{\"Detail\":[{\"Type\":\"sensitiveData\",\"Level\":\"S3\",\"Suggestion\":\"mask\",\"Result\":"
                        + "[{\"Label\":\"phone\",\"Ext\":{\"Desensitization\":\"my number is 138****8000, ok\"}}]}]}"),
                "first",
                text);
        // The text in this pack is not the one that came back desensitised: it is blocked rather than guessed.
        assertThat(found).singleElement().extracting(Finding::action).isEqualTo(Action.BLOCK);
        List<Finding> alone = look(
                aliyun("MultiModalGuard", bars(Level.MAX, Level.MEDIUM, Action.MASK)),
                data("{\"Detail\":[{\"Type\":\"sensitiveData\",\"Level\":\"S3\",\"Suggestion\":\"mask\",\"Result\":"
                        + "[{\"Label\":\"phone\",\"Ext\":{\"Desensitization\":\"my number is 138****8000, ok\"}}]}]}"),
                text);
        assertThat(alone).singleElement().satisfies(one -> {
            assertThat(one.action()).isEqualTo(Action.MASK);
            assertThat(text.substring(0, one.from()) + one.mask() + text.substring(one.to()))
                    .isEqualTo("my number is 138****8000, ok");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Code\":500,\"Message\":\"boom\"}",
                "{\"Code\":200}",
                "{\"Code\":200,\"Data\":{}}",
                "{\"Code\":200,\"Data\":{\"RiskLevel\":\"purple\"}}",
                "{\"Code\":200,\"Data\":{\"Risk",
                "[]",
                "<html>"
            })
    void anAnswerThatCannotBeUnderstoodIsAFailure(String answer) {
        assertThatThrownBy(() -> look(aliyun("TextModerationPlus", null), answer, "x"))
                .hasRootCauseInstanceOf(Exception.class);
    }

    private static final ModerationEngine MODERATION = new ModerationEngine(
            new ModerationConfig(URI.create("https://api.openai.com/v1/moderations"), "sk-x", "m", 0.8));

    @Test
    void openAiFlagsCategories() throws IOException {
        List<Finding> found = look(
                MODERATION,
                "{\"id\":\"modr-1\",\"model\":\"m\",\"results\":["
                        + "{\"flagged\":false,\"categories\":{\"hate\":false},\"category_scores\":{\"hate\":0.85}},"
                        + "{\"flagged\":true,\"categories\":{\"violence\":true},\"category_scores\":{\"violence\":0.99}}]}",
                "a",
                "b");
        assertThat(found)
                .containsExactly(
                        Finding.somewhere(0, "hate", "moderation", Level.MEDIUM),
                        Finding.somewhere(1, "violence", "moderation", Level.HIGH));
        HttpRequest asked = exchange.calls().asked().get(0);
        JsonNode body = new ObjectMapper().readTree(asked.body());
        assertThat(body.at("/input/1").asText()).isEqualTo("b");
        assertThat(asked.headers()).contains(Map.entry("authorization", "Bearer sk-x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"results\":[]}", "{\"results\":[{}]}", "{\"results\":[{\"flagged\":true}]}", "nope"})
    void halfAModerationIsAFailure(String answer) {
        assertThatThrownBy(() -> look(MODERATION, answer, "x")).hasRootCauseInstanceOf(Exception.class);
    }

    private static final WebhookEngine WEBHOOK = new WebhookEngine(new WebhookConfig(URL, Map.of("x-key", "k")));

    @Test
    void aWebhookTellsPlaces() throws IOException {
        exchange.put(Key.CONSUMER, "eve");
        assertThat(look(
                        WEBHOOK,
                        "{\"findings\":[{\"text\":0,\"from\":2,\"to\":5,\"risk\":\"x\",\"level\":\"low\",\"replacement\":\"*\"},"
                                + "{\"text\":0,\"risk\":\"y\"}]}",
                        "a bcd"))
                .containsExactly(
                        Finding.at(2, 5, "x", "webhook", Level.LOW).masked("*"),
                        Finding.somewhere(0, "y", "webhook", Level.HIGH));
        assertThat(new ObjectMapper()
                        .readTree(exchange.calls().asked().get(0).body())
                        .toString())
                .isEqualTo("{\"id\":\"req-1\",\"route\":\"test\",\"consumer\":\"eve\",\"direction\":\"request\","
                        + "\"texts\":[\"a bcd\"]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"findings\":[{\"text\":1,\"risk\":\"x\"}]}",
                "{\"findings\":[{\"text\":0}]}",
                "{\"findings\":[{\"text\":0,\"risk\":\"x\",\"from\":0,\"to\":99}]}",
                "{\"findings\":[{\"text\":0,\"risk\":\"x\",\"level\":\"awful\"}]}"
            })
    void aWebhookThatMakesNoSenseIsAFailure(String answer) {
        assertThatThrownBy(() -> look(WEBHOOK, answer, "x")).hasRootCauseInstanceOf(IllegalStateException.class);
    }

    private List<Finding> judge(String says) {
        exchange.asks()
                .next(FakeAnswers.json(
                        200,
                        dev.sluice.api.llm.Chats.reply(
                                        dev.sluice.api.Dialect.OPENAI, dev.sluice.api.llm.Chats.Answer.of("1", says))
                                .toString()));
        return new JudgeEngine(new JudgeConfig("p", "judge-model", null))
                .look(exchange, Direction.REQUEST, List.of("do harm"), BUDGET)
                .toCompletableFuture()
                .join();
    }

    @Test
    void aModelJudges() {
        assertThat(judge("```json\n{\"risk\":\"violence\",\"level\":\"high\"}\n```"))
                .containsExactly(Finding.somewhere(0, "violence", "judge", Level.HIGH));
        assertThat(judge("{\"risk\":\"none\",\"level\":\"none\"}")).isEmpty();
        assertThat(exchange.asks()
                        .asked()
                        .get(0)
                        .chat()
                        .at("/messages/0/content")
                        .asText())
                .containsPattern("=== [0-9a-f-]{36} ===\ndo harm\n=== [0-9a-f-]{36} ===");
    }

    @ParameterizedTest
    @ValueSource(strings = {"I think it is fine", "{\"risk\":\"x\"}", "{\"level\":\"awful\"}", "{]}"})
    void aJudgeWithoutAVerdictIsAFailure(String says) {
        assertThatThrownBy(() -> judge(says)).hasRootCauseInstanceOf(Exception.class);
    }
}
