package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.testkit.FakeBody;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.StreamRunner;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which texts Higress's ai-data-masking looks at, and for which words. */
final class HigressMaskingTest {
    private static final String ODD = "{\"q\":{\"text\":\"a bomb for bob@example.com\"},\"n\":[\"fine\",1,null]}";

    private static MaskingConfig config(boolean openAi, List<String> paths, boolean raw, boolean system) {
        return new MaskingConfig(
                openAi,
                paths,
                raw,
                system,
                200,
                "no!",
                "{\"errmsg\":\"no!\"}",
                "application/json",
                system ? List.of() : List.of("bomb"),
                List.of(new MaskingConfig.ReplaceRole("%{EMAILADDRESS}", "replace", true, "***@***")));
    }

    private static SafetyFilter filter(MaskingConfig config, FakeExchange exchange) {
        ContentSafetyConfig all =
                new ContentSafetyConfig(List.of(), List.of(), List.of(), null, null, "message", false, null, config);
        return new SafetyFilter(exchange, new Opening(new FakeScope()).settings(all));
    }

    private static Step step(MaskingConfig config, String body) {
        FakeExchange exchange = FakeExchange.openAi().body(body);
        return filter(config, exchange).onRequestBody(exchange.body());
    }

    @ParameterizedTest
    @CsvSource({
        "$.q.text, true",
        "$['q'][\"text\"], true",
        "$..text, true",
        "$.*.text, true",
        "$.q.*, true",
        "$.n[0], false",
        "$.n[*], false",
        "$.q, false",
        "$.q.text.more, false"
    })
    void aPathTellsWhereTextsStandInWhatIsNoChat(String path, boolean refused) {
        assertThat(step(config(true, List.of("$.nothing", path), false, false), ODD) instanceof Reply)
                .isEqualTo(refused);
    }

    @Test
    void allOfABodyIsLookedAtByChoiceAndAChatOnlyAsOne() {
        assertThat(step(config(true, List.of(), false, false), ODD)).isSameAs(Step.next());
        Step refused = step(config(true, List.of(), true, false), ODD);
        assertThat(refused).isInstanceOf(Reply.class);
        assertThat(((Reply) refused).status()).isEqualTo(200);
        assertThat(step(config(true, List.of("$.n[*]"), true, false), ODD)).isSameAs(Step.next());
        String chat = "{\"user\":\"bomb\",\"messages\":[{\"role\":\"user\",\"content\":\"fine\"}]}";
        assertThat(step(config(true, List.of(), true, false), chat)).isSameAs(Step.next());
        assertThat(step(config(false, List.of(), true, false), chat)).isInstanceOf(Reply.class);
        assertThat(step(config(false, List.of(), false, false), chat)).isSameAs(Step.next());
    }

    @Test
    void whatStandsAtAPathIsMaskedAndPutBackThere() {
        MaskingConfig config = config(true, List.of("$..text"), false, false);
        FakeExchange exchange =
                FakeExchange.openAi().body("{\"q\":[{\"text\":\"for bob@example.com\",\"id\":\"bob@example.com\"}]}");
        SafetyFilter filter = filter(config, exchange);
        assertThat(filter.onRequestBody(exchange.body())).isSameAs(Step.next());
        assertThat(exchange.body().json())
                .hasToString("{\"q\":[{\"text\":\"for ***@***\",\"id\":\"bob@example.com\"}]}");
        FakeBody answer = FakeBody.json("{\"text\":\"so ***@***\",\"id\":\"***@***\"}");
        filter.onResponseBody(answer);
        assertThat(answer.json()).hasToString("{\"text\":\"so bob@example.com\",\"id\":\"***@***\"}");
        StreamRunner runner = StreamRunner.of(filter(config, FakeExchange.openAi()));
        runner.send(Event.data("{\"text\":\"so a bo\"}"), Event.data("{\"text\":\"mb, and on\"}"))
                .end();
        // Nobody knows how a stream of another shape is ended, so it fails.
        assertThat(runner.state()).isEqualTo(StreamRunner.State.FAILED);
        assertThat(runner.reply()).extracting("code").isEqualTo("content_blocked");
        assertThat(runner.out()).isEmpty();
    }

    @Test
    void systemWordsAreDeniedByChoice() {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
        for (String word : HigressMasking.systemWords()) {
            String asked = body.formatted("so: " + word + "!");
            assertThat(step(config(true, List.of(), false, true), asked))
                    .as(word)
                    .isInstanceOf(Reply.class);
            assertThat(step(config(true, List.of(), false, false), asked) instanceof Reply)
                    .as(word)
                    .isEqualTo(word.contains("bomb") && !word.contains("bombs"));
        }
        assertThat(step(config(true, List.of(), false, true), body.formatted("a fine day, 天气很好")))
                .isSameAs(Step.next());
        assertThat(HigressMasking.systemWords()).hasSizeGreaterThan(40).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "q.text",
                "$",
                "",
                "$.",
                "$..",
                "$.n[1:2]",
                "$.n[?(@.a)]",
                "$.q.length()",
                "$q",
                "$.n[-1]",
                "$.a["
            })
    void anotherPathIsRefused(String path) {
        assertThatThrownBy(() -> step(config(true, List.of(path), false, false), ODD))
                .hasMessageContaining("names, places in lists, * and ..");
    }

    @Test
    void aRefusalOfWhatIsNoChatIsRaw() {
        FakeExchange exchange = FakeExchange.of(Dialect.NONE, Operation.EMBEDDINGS, FakeRequestHead.of("POST", "/odd"))
                .body(ODD);
        Step refused = filter(config(true, List.of(), true, false), exchange).onRequestBody(exchange.body());
        assertThat(new String(((Reply) refused).bytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"errmsg\":\"no!\"}");
    }
}
