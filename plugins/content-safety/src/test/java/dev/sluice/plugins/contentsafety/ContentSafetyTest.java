package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.plugins.modelfallback.ModelFallback;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ContentSafetyTest {
    private static final String OPENAI = "/v1/chat/completions";
    private static final String ASK =
            "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";

    private BrokenUpstream upstream;
    private BrokenUpstream other;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        other = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
        other.close();
    }

    private void route(String filters) {
        String second = filters.contains("provider: f")
                ? "  f: { type: openai, baseUrl: '%s', apiTokens: [k] }".formatted(other.uri())
                : "";
        gateway = TestGateway.with(new ContentSafety(), new AiProxy(), new KeyAuth(), new ModelFallback())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [k] }
                        %s
                        routes:
                          - name: r
                            match: { path: "/v1/**" }
                            filters: [ %s ai-proxy: { provider: p } ]
                        """.formatted(upstream.uri(), second, filters))
                .start();
    }

    private static String chunk(String text) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
                + "{\"content\":\"" + text + "\"},\"finish_reason\":null}]}";
    }

    private static final String STOP =
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"
                    + "\"finish_reason\":\"stop\"}]}";

    private static Answer stream(String... texts) {
        Answer answer = Answer.stream();
        for (String text : texts) {
            answer = answer.event(chunk(text));
        }
        return answer.event(STOP).event("[DONE]").end();
    }

    private static String whole(String text) {
        return "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                + "{\"role\":\"assistant\",\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}";
    }

    private static String said(HttpResponse<String> answer) {
        StringBuilder text = new StringBuilder();
        Matcher matcher = Pattern.compile("\"(?:content|text)\":\"((?:[^\"\\\\]|\\\\.)*)\"")
                .matcher(answer.body());
        while (matcher.find()) {
            text.append(matcher.group(1));
        }
        return text.toString();
    }

    @Test
    void whatIsMaskedOnItsWayInIsRestoredOnItsWayOut() {
        route("content-safety: { engines: [pii: {}] },");
        upstream.next(Answer.json(200, whole("to <EMAIL_1>")), stream("to <EM", "AIL_1", "> ok"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "I am bob@example.com"));
        assertThat(said(json)).isEqualTo("to bob@example.com");
        assertThat(json.headers().firstValue(SafetyFilter.HEADER)).hasValue("masked");
        HttpResponse<String> streamed = gateway.post(OPENAI, ASK.formatted(true, "I am bob@example.com"));
        assertThat(said(streamed)).isEqualTo("to bob@example.com ok");
        assertThat(streamed.body()).contains("[DONE]");
        assertThat(upstream.requests())
                .hasSize(2)
                .allMatch(request -> request.text().contains("I am <EMAIL_1>"));
        assertThat(gateway.admin("/metrics").body())
                .contains("sluice_content_safety_findings_total{action=\"mask-and-restore\",consumer=\"\","
                        + "direction=\"request\",level=\"medium\",risk=\"email\",route=\"r\"} 2.0");
    }

    @Test
    void soItIsForAnAnthropicClient() {
        route("content-safety: { engines: [pii: {}] },");
        upstream.next(stream("to <EM", "AIL_1", "> ok"));
        HttpResponse<String> streamed = gateway.post(
                "/v1/messages",
                "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
                        + "[{\"type\":\"text\",\"text\":\"I am bob@example.com\"}]}]}");
        assertThat(said(streamed)).isEqualTo("to bob@example.com ok");
        assertThat(streamed.body()).contains("message_stop");
        assertThat(upstream.requests().get(0).text()).contains("I am <EMAIL_1>");
    }

    @Test
    void aMaskedAnswerIsResumedMasked() {
        route("content-safety: { engines: [pii: {}] },"
                + " model-fallback: { retries: 0, targets: [{ provider: f, prefill: true }] },");
        upstream.next(
                Answer.stream().event(chunk("write to <EMAIL_2>, or <EMA")).cut());
        other.next(stream("IL_1> if", " that fails"));
        HttpResponse<String> streamed =
                gateway.post(OPENAI, ASK.formatted(true, "I am bob@example.com, she is eve@example.com"));
        assertThat(said(streamed)).isEqualTo("write to eve@example.com, or bob@example.com if that fails");
        assertThat(other.requests().get(0).text())
                .contains("write to <EMAIL_2>, or <EMA")
                .doesNotContain("@");
    }

    @Test
    void aRequestAndAnAnswerAreRefused() {
        route("content-safety: { engines: [words: { words: [bomb] }], message: 'not here' },");
        HttpResponse<String> request = gateway.post(OPENAI, ASK.formatted(false, "a b\u200bomb"));
        assertThat(request.statusCode()).isEqualTo(400);
        assertThat(request.body()).contains("content_blocked", "not here");
        assertThat(upstream.requests()).isEmpty();
        upstream.next(Answer.json(200, whole("a bomb")), stream("quiet so far, ", "then a bo", "mb, and more"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "x"));
        assertThat(json.body()).contains("content_filter", "not here").doesNotContain("bomb");
        assertThat(json.headers().firstValue(SafetyFilter.HEADER)).hasValue("blocked");
        HttpResponse<String> streamed = gateway.post(OPENAI, ASK.formatted(true, "x"));
        assertThat(said(streamed)).isEqualTo("quiet so far, then a ");
        assertThat(streamed.body()).contains("\"finish_reason\":\"content_filter\"", "not here", "[DONE]");
        upstream.next(stream("quiet so far, ", "then a bo", "mb, and more"));
        HttpResponse<String> anthropic = gateway.post(
                "/v1/messages",
                "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
        assertThat(said(anthropic)).isEqualTo("quiet so far, then a not here");
        assertThat(anthropic.body()).contains("\"stop_reason\":\"refusal\"", "message_stop");
    }

    @Test
    void anAnswerOfFiveMegabytesIsCheckedAndRestored() throws IOException {
        route("content-safety: { engines: [pii: { kinds: [email] }, words: { words: [bomb] }] },");
        String text = "to <EMAIL_1> and on. ".repeat(250_000);
        upstream.next(Answer.json(200, whole(text)));
        String answer = gateway.post(OPENAI, ASK.formatted(false, "I am bob@example.com"))
                .body();
        assertThat(new ObjectMapper()
                        .readTree(answer)
                        .at("/choices/0/message/content")
                        .asText())
                .isEqualTo(text.replace("<EMAIL_1>", "bob@example.com"));
    }

    @Test
    void aServiceThatFailsBlocksOrIsPassedOver() {
        for (String decision : List.of("block", "allow")) {
            route(
                    "content-safety: { engines: [{ directions: [request], webhook: { url: '%s/hook' } }], request: { onEngineFailure: %s } },"
                            .formatted(other.uri(), decision));
            upstream.always(request -> Answer.json(200, whole("fine")));
            other.always(request -> Answer.json(500, "{}"));
            HttpResponse<String> answer = gateway.post(OPENAI, ASK.formatted(false, "x"));
            assertThat(answer.statusCode()).isEqualTo(decision.equals("block") ? 503 : 200);
            if (decision.equals("block")) {
                assertThat(answer.body()).contains("check_failed");
            }
            assertThat(gateway.admin("/metrics").body())
                    .contains("sluice_content_safety_engine_failures_total{decision=\"" + decision
                            + "\",direction=\"request\",engine=\"webhook\",route=\"r\"} 1.0");
            gateway.close();
        }
    }

    @Test
    void higressConfigsLoadUnderTheirOwnNames() {
        route("ai-data-masking: { deny_words: [bomb], deny_message: 'no!', replace_roles: ["
                + "{ regex: '%{EMAILADDRESS}', type: replace, value: '****@mail', restore: true },"
                + "{ regex: 'sk-[0-9]+', type: hash, restore: true } ] },");
        upstream.next(Answer.json(200, whole("to ****@mail with " + "51ee3b7b0a5ef02c0eab0e1e5ab8a9bd")));
        HttpResponse<String> answer = gateway.post(OPENAI, ASK.formatted(false, "bob@example.com sk-12345"));
        assertThat(said(answer)).startsWith("to bob@example.com with ");
        assertThat(upstream.requests().get(0).text())
                .contains("****@mail " + HigressMasking.sha256("sk-12345"))
                .doesNotContain("bob@");
        HttpResponse<String> denied = gateway.post(OPENAI, ASK.formatted(false, "a bomb"));
        assertThat(denied.statusCode()).isEqualTo(200);
        assertThat(denied.body())
                .isEqualTo("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"no!\"}}],"
                        + "\"usage\":{}}");
        HttpResponse<String> streamed = gateway.post(OPENAI, ASK.formatted(true, "a bomb"));
        assertThat(streamed.body()).contains("\"delta\":{\"role\":\"assistant\",\"content\":\"no!\"}");
    }

    private static final List<String> UNREADABLE = List.of(
            "{} | one of 'engines', 'guard', 'masking' is required",
            "{ engines: [] } | engines",
            "{ engines: [{ words: { words: [x], level: huge } }] } | level",
            "{ engines: [{ words: { words: [x] }, pii: {} }] } | engines",
            "{ engines: [{ pii: { kinds: [shoe] } }] } | kinds",
            "{ engines: [{ judge: { provider: nobody } }] } | nobody",
            "{ engines: [{ pii: {} }], actions: [{ risk: email, action: eat }] } | action",
            "{ engines: [{ pii: {} }], deny_words: [x] } | are of different families of keys",
            "{ deny_words: [x], accessKey: a, secretKey: b } | 'accessKey' and 'deny_words' are of different families",
            "{ accessKey: a, secretKey: b, url: 'http://x', riskLevelBar: huge } | riskLevelBar",
            "{ accessKey: a, secretKey: b, url: 'http://x', responseContentFallbackJsonPaths: a } | responseContentFallbackJsonPaths",
            "{ accessKey: a, secretKey: b, url: 'http://x', responseContentFallbackJsonPaths: [''] } | responseContentFallbackJsonPaths");

    private static final List<String> UNWORKABLE = List.of(
            "{ engines: [{ pii: { phoneRegions: [XX] } }] } | 'XX' is no region",
            "{ engines: [{ regex: { rules: [{ pattern: '(a+', risk: x }] } }] } | is no regular expression of RE2",
            "{ engines: [{ regex: { rules: [{ pattern: '(a)\\1', risk: x }] } }] } | no references back",
            "{ engines: [{ urls: { deny: ['http://x/'] } }] } | is no host",
            "{ engines: [{ judge: { provider: p, prompt: 'judge it' } }] } | has no place for what is to be judged",
            "{ engines: [{ words: { words: [abcdefgh] } }], response: { overlap: 3 } } | shorter than the longest deny word",
            "{ accessKey: a, secretKey: b } | serviceHost",
            "{ accessKey: a, secretKey: b, url: 'http://x', requestContentJsonPath: 'a.@flatten' } | no modifiers, queries or wildcards",
            "{ accessKey: a, secretKey: b, url: 'http://x', responseStreamContentFallbackJsonPaths: [a.b, 'a.#(b)'] } | responseStreamContentFallbackJsonPaths[1]",
            "{ accessKey: a, secretKey: b, url: 'http://x', checkRequestImage: true } | images are not looked into",
            "{ accessKey: a, secretKey: b, url: 'http://x', requestImageCheckService: s } | images are not looked into",
            "{ accessKey: a, secretKey: b, url: 'http://x', apiType: image_generation } | prompts for images are texts",
            "{ accessKey: a, secretKey: b, url: 'http://x', apiType: mcp } | MCP is not checked here",
            "{ accessKey: a, secretKey: b, url: 'http://x', providerType: qwen } | name the place in requestContentJsonPath",
            "{ deny_words: [x], deny_jsonpath: ['$.a[?(@.b)]'] } | no filters, slices or functions",
            "{ engines: [{ words: { words: [ab], except: [abcdefgh] } }], response: { overlap: 3 } } | shorter than the longest deny word",
            "{ replace_roles: [{ regex: '%{NOPE}', value: x }] } | there is no grok pattern 'NOPE'",
            "{ replace_roles: [{ regex: '%{IP:ip}', value: '$port' }] } | '$port' is no group of the regex",
            "{ replace_roles: [{ regex: 'x' }] } | says what replaces a match, and is missing");

    /** Problems are reported all at once, so that one start shows them. */
    private void assertRefused(List<String> cases) {
        StringBuilder routes = new StringBuilder("providers: { p: { type: echo } }\nroutes:\n");
        for (int i = 0; i < cases.size(); i++) {
            routes.append(
                    "  - { name: r%d, match: { path: '/r%d/**' }, filters: [ content-safety: %s, ai-proxy: { provider: p } ] }\n"
                            .formatted(
                                    i, i, cases.get(i).substring(0, cases.get(i).indexOf(" | "))));
        }
        Throwable refused = catchThrowable(() -> TestGateway.with(new ContentSafety(), new AiProxy())
                .config(routes.toString())
                .start());
        assertThat(refused).isNotNull();
        List<String> problems = String.valueOf(refused.getMessage()).lines().toList();
        for (int i = 0; i < cases.size(); i++) {
            String where = "routes[" + i + "]";
            String message = cases.get(i).substring(cases.get(i).indexOf(" | ") + 3);
            assertThat(problems)
                    .as(cases.get(i))
                    .anyMatch(problem -> problem.contains(where) && problem.contains(message));
        }
    }

    @Test
    void aConfigThatCannotBeReadIsRefused() {
        assertRefused(UNREADABLE);
    }

    @Test
    void aConfigThatCannotWorkIsRefused() {
        assertRefused(UNWORKABLE);
    }

    @Test
    void itsPlaceInTheChainIsChecked() {
        assertThatThrownBy(() -> route(
                        "model-fallback: { targets: [{ provider: f }] }," + " content-safety: { engines: [pii: {}] },"))
                .hasMessageContaining("content-safety");
    }

    @Test
    void aPatternMadeToRunAwayDoesNot() {
        route("content-safety: { engines: [regex: { rules: [{ pattern: '(a+)+$', risk: x }] }],"
                + " actions: [{ risk: x, action: flag }] },");
        upstream.next(Answer.json(200, whole("fine")));
        assertThat(gateway.post(OPENAI, ASK.formatted(false, "a".repeat(50_000) + "b"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aConsumerMayHaveItsOwnActions() {
        route("key-auth: { consumers: [{ name: staff-1, credential: k1 }, { name: eve, credential: k2 }] },"
                + " content-safety: { engines: [words: { words: [bomb] }],"
                + " consumers: [{ names: ['staff-*'], actions: [{ risk: words, action: flag }] }] },");
        upstream.always(request -> Answer.json(200, whole("fine")));
        assertThat(asked("k1").statusCode()).isEqualTo(200);
        assertThat(asked("k2").statusCode()).isEqualTo(400);
    }

    private HttpResponse<String> asked(String key) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(OPENAI))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(ASK.formatted(false, "a bomb"))));
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = ContentSafety.class.getResourceAsStream("/META-INF/sluice/content-safety.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        List<String> fields = new ArrayList<>();
        schema.properties().forEach(field -> {
            boolean nested = List.of("request", "response").contains(field.getKey());
            if (!nested) {
                fields.add(field.getKey());
            }
            field.getValue().path("properties").fieldNames().forEachRemaining(name -> {
                if (nested) {
                    fields.add(field.getKey() + "." + name);
                }
            });
        });
        schema.at("/engines/items/properties").fieldNames().forEachRemaining(name -> fields.add("engines[]." + name));
        String readme = Files.readString(Path.of("README.md"));
        Matcher rows = Pattern.compile("(?m)^\\| `([\\w.\\[\\]]+)` \\|")
                .matcher(readme.substring(0, readme.indexOf("## What is looked at")));
        assertThat(rows.results().map(row -> row.group(1))).containsExactlyInAnyOrderElementsOf(fields);
        for (String family : List.of("guard", "masking")) {
            schema.at("/" + family + "/properties")
                    .fieldNames()
                    .forEachRemaining(name -> assertThat(readme).contains("`" + name + "`"));
        }
    }
}
