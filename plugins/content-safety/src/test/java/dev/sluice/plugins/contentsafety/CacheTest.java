package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.cache.CachePlugin;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.plugins.modelfallback.ModelFallback;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Masked before a cache that all callers share: everybody gets their own data back, and nobody another's. */
final class CacheTest {
    private static final List<String> CALLERS = List.of("bob@example.com", "eve@example.org", "zoe@example.net");

    private BrokenUpstream upstream;
    private BrokenUpstream other;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        other = BrokenUpstream.start();
        gateway = TestGateway.with(
                        new ContentSafety(), new CachePlugin(), new AiProxy(), new KeyAuth(), new ModelFallback())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [k] }
                          f: { type: openai, baseUrl: "%s", apiTokens: [k] }
                        routes:
                          - name: bare
                            match: { path: "/bare/v1/**" }
                            filters: [ cache: { scope: global }, ai-proxy: { provider: p } ]
                          - name: guarded
                            match: { path: "/v1/**" }
                            filters:
                              - key-auth: { consumers: [{ name: c0, credential: k0 }, { name: c1, credential: k1 }, { name: c2, credential: k2 }] }
                              - content-safety: { engines: [pii: {}] }
                              - cache: { scope: global }
                              - model-fallback: { retries: 0, targets: [{ provider: f, prefill: true }] }
                              - ai-proxy: { provider: p }
                        """.formatted(upstream.uri(), other.uri()))
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
        other.close();
    }

    private static String body(String mail, boolean stream) {
        return "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"I am %s\"}]}"
                .formatted(stream, mail);
    }

    private HttpResponse<String> ask(int caller, boolean stream) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer k" + caller)
                .POST(HttpRequest.BodyPublishers.ofString(body(CALLERS.get(caller), stream))));
    }

    private static String chunk(String delta, String finish) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
                + "{%s},\"finish_reason\":%s}]}".formatted(delta, finish);
    }

    private static Answer stream(String... texts) {
        Answer answer = Answer.stream();
        for (String text : texts) {
            answer = answer.event(chunk("\"content\":\"" + text + "\"", "null"));
        }
        return answer;
    }

    private static Answer ended(Answer answer) {
        return answer.event(chunk("", "\"stop\"")).event("[DONE]").end();
    }

    private static String said(HttpResponse<String> answer) {
        return Pattern.compile("\"content\":\"([^\"]*)\"")
                .matcher(answer.body())
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.joining());
    }

    private static String cache(HttpResponse<?> answer) {
        return answer.headers().firstValue("x-sluice-cache").orElse("none");
    }

    /** What the cache holds for the masked request, as one sees it who has nothing to restore. */
    private HttpResponse<String> stored() {
        return gateway.post("/bare/v1/chat/completions", body("<EMAIL_1>", false));
    }

    private void assertEachGetsTheirOwn(String before, String behind) {
        for (int round = 0; round < 2; round++) {
            for (int caller = 0; caller < CALLERS.size(); caller++) {
                for (boolean stream : new boolean[] {true, false}) {
                    HttpResponse<String> answer = ask(caller, stream);
                    assertThat(cache(answer)).isEqualTo("hit");
                    assertThat(said(answer)).isEqualTo(before + CALLERS.get(caller) + behind);
                    for (int any = 0; any < CALLERS.size(); any++) {
                        if (any != caller) {
                            assertThat(answer.body()).doesNotContain(CALLERS.get(any));
                        }
                    }
                }
            }
        }
    }

    private void awaitStored() {
        await().atMost(Duration.ofSeconds(30)).until(() -> cache(stored()).equals("hit"));
        assertThat(said(stored())).contains("<EMAIL_1>").doesNotContain("@");
    }

    @Test
    void everybodyGetsTheirOwnDataOutOfTheCache() {
        upstream.next(ended(stream("to <EM", "AIL_1", "> ok")));
        upstream.always(request -> Answer.json(500, "{}"));
        assertThat(said(ask(0, true))).isEqualTo("to bob@example.com ok");
        awaitStored();
        assertEachGetsTheirOwn("to ", " ok");
        assertThat(upstream.requests().get(0).text()).contains("I am <EMAIL_1>").doesNotContain("@");
    }

    @Test
    void aCacheBeforeItIsRefused() {
        assertThatThrownBy(() -> TestGateway.with(new ContentSafety(), new CachePlugin(), new AiProxy())
                        .config("""
                                providers: { p: { type: echo } }
                                routes:
                                  - { name: r, filters: [ cache: {}, content-safety: { engines: [pii: {}] }, ai-proxy: { provider: p } ] }
                                """)
                        .start())
                .hasMessageContaining("cache");
    }

    @Test
    void soTheyDoOfAnAnswerThatWasResumed() {
        upstream.next(stream("write to <EMA").cut());
        upstream.always(request -> Answer.json(500, "{}"));
        other.always(request -> ended(stream("IL_1> if", " that fails")));
        for (int caller = 0; caller < CALLERS.size(); caller++) {
            HttpResponse<String> answer = ask(caller, true);
            assertThat(said(answer)).contains(CALLERS.get(caller) + " if");
            assertThat(CALLERS).filteredOn(answer.body()::contains).containsExactly(CALLERS.get(caller));
            upstream.next(stream("write to <EMA").cut());
        }
        assertThat(upstream.requests())
                .isNotEmpty()
                .noneMatch(request -> request.text().contains("@"));
        assertThat(other.requests())
                .isNotEmpty()
                .noneMatch(request -> request.text().contains("@"));
    }
}
