package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProvidersTest {
    private static final String ROUTE = """
            routes:
              - name: r
                filters: [{ ai-proxy: { provider: p } }]
            """;

    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}| :6 providers.p: required key 'type' is missing",
                "{ type: 5 }| :14 providers.p.type: expected text, got 5: put it in quotes",
                "{ type: opnai, loadBalance: random }| :14 providers.p.type: no installed filter knows the provider type 'opnai', did you mean 'openai'?",
                "{ type: opnai, loadBalance: random }| :34 providers.p.loadBalance: expected one of round-robin, least-request, latency, got 'random'",
                "{ type: mystery }| :14 providers.p.type: no installed filter knows the provider type 'mystery', known: echo, openai, v-llm, vllm",
                "{ type: vllm }| :6 providers.p: the type 'vllm' has no address of its own: add 'vllmHost', 'baseUrl' or 'endpoints'",
                "{ type: vllm, vllmHost: \"http://u:p@h\" }| :30 providers.p.vllmHost: expected a host or a URL, got 'http://u:p@h'",
                "{ type: later }| :14 providers.p.type: the type 'later' is not supported yet: use another",
                "{ type: vllm, modes: { c: x } }| :29 providers.p.modes.c: expected one of a, b, got 'c'",
                "{ type: openai, basUrl: x }| :22 providers.p.basUrl: unknown key, did you mean 'baseUrl'?",
                "{ type: openai, awsRegin: x }| :22 providers.p.awsRegin: unknown key, did you mean 'awsRegion'?",
                "{ type: openai, awsRegion: 5 }| :33 providers.p.awsRegion: expected text, got 5: put it in quotes",
                "{ type: openai, delay: 5 }| :29 providers.p.delay: expected a duration like 5s, got 5",
                "{ type: openai, baseUrl: nowhere }| :31 providers.p.baseUrl: expected a URL like http://127.0.0.1:8000, without query or user, got 'nowhere'",
                "{ type: openai, endpoints: [\"http://a:1\", \"b\"] }| :48 providers.p.endpoints[1]: expected a URL like http://127.0.0.1:8000, without query or user, got 'b'",
                "{ type: openai, endpoints: [] }| :33 providers.p.endpoints: must not be empty",
                "{ type: openai, baseUrl: \"http://a:1\", endpoints: [\"http://a:1\"] }| :45 providers.p.endpoints: given beside 'baseUrl': keep one",
                "{ type: openai, apiTokens: [a], credentials: [b] }| :38 providers.p.credentials: given beside 'apiTokens': keep one",
                "{ type: openai, apiTokens: [12345678901234] }| :34 providers.p.apiTokens[0]: expected text, got 12345678901234: put it in quotes",
                "{ type: openai, apiTokens: [a, b, a] }| :40 providers.p.apiTokens[2]: the same as number 1 of this list: remove one",
                "{ type: openai, credentials: [{ key: 1 }] }| :43 providers.p.credentials[0].key: expected text, got 1: put it in quotes",
                "{ type: openai, apiTokens: [\"\"] }| :34 providers.p.apiTokens[0]: must not be empty",
                "{ type: openai, modelMapping: { a: 1 } }| :41 providers.p.modelMapping.a: expected text, got 1: put it in quotes",
                "{ type: openai, modelMapping: { \"~gpt-(\": a } }| :38 providers.p.modelMapping.~gpt-(: not a regular expression (RE2): missing closing ): 'gpt-('",
                "{ type: openai, modelMapping: { \"gpt-*\": a, \"*-4.1\": b } }| :50 providers.p.modelMapping.*-4.1: a model may match both this and 'gpt-*', which is as long: make one of them longer",
                "{ type: openai, timeouts: { idle: 0s } }| :40 providers.p.timeouts.idle: must be more than zero",
                "{ type: openai, tls: { cert: a } }| :27 providers.p.tls: 'cert' also needs the key 'key'",
                "{ type: openai, tls: { ca: none.pem } }| :33 providers.p.tls.ca: there is no file 'none.pem' that may be read: check path and permissions",
                "{ type: openai, http2: maybe }| :29 providers.p.http2: expected one of auto, true, false, got 'maybe'",
                "{ type: openai, health: {} }| :30 providers.p.health: must not be empty",
                "{ type: openai, health: { pasive: false } }| :32 providers.p.health.pasive: unknown key, did you mean 'passive'?",
                "{ type: openai, health: { passive: { failureRate: 0 } } }| :56 providers.p.health.passive.failureRate: expected at least 1, got 0",
                "{ type: openai, health: { passive: { baseEjection: 0s } } }| :57 providers.p.health.passive.baseEjection: must be more than zero",
                "{ type: openai, health: { passive: { maxEjected: 101 } } }| :55 providers.p.health.passive.maxEjected: expected at most 100, got 101",
                "{ type: openai, health: { active: {} } }| :40 providers.p.health.active: required key 'path' is missing",
                "{ type: openai, health: { active: { path: health } } }| :48 providers.p.health.active.path: expected text that matches ^/, got 'health'",
                "{ type: openai, proxy: \"http://p:1\" }| :22 providers.p.proxy: 'proxy' is not supported yet: remove it",
            })
    void aBrokenProviderIsAProblem(String provider, String problem) {
        assertThat(files.problems("providers:\n  p: " + provider + "\n" + ROUTE))
                .contains("sluice.yaml:2" + problem);
    }

    @Test
    void aTypeHasOneNameWhicheverAConfigUses() {
        Config config = files.config("providers: { p: { type: v-llm, vllmHost: \"h.example:8000\" } }\n" + ROUTE);
        assertThat(config.providers().get("p").type()).isEqualTo("vllm");
        assertThat(config.providers().get("p").endpoints()).containsExactly(URI.create("http://h.example:8000"));

        Config based =
                files.config("providers: { p: { type: vllm, vllmHost: h.example, baseUrl: \"http://b\" } }\n" + ROUTE);
        assertThat(based.providers().get("p").endpoints()).containsExactly(URI.create("http://b"));
    }

    @Test
    void oneThatNobodyNamesIsAProblem() {
        assertThat(files.problems("providers:\n  p: { type: echo }\n  q: { type: echo }\n" + ROUTE))
                .containsExactly("sluice.yaml:3:3 providers.q: no filter refers to this provider: name it in a route,"
                        + " or remove it");
    }

    @Test
    void itIsNotSaidOfAnyWhileAFilterIsUnknown() {
        assertThat(files.problems(
                        "filters: [{ ghost: {} }]\nproviders:\n  p: { type: echo }\n  q: { type: echo }\n" + ROUTE))
                .hasSize(1)
                .first()
                .asString()
                .contains("ghost");
    }

    @Test
    void oneThatIsNotThereIsAProblem() {
        assertThat(files.problems("providers:\n  pp: { type: echo }\n" + ROUTE))
                .contains("sluice.yaml:5:39 routes[0].filters[0].ai-proxy.provider: no provider is named 'p', did you"
                        + " mean 'pp'?");
        assertThat(files.problems(ROUTE))
                .containsExactly("sluice.yaml:3:39 routes[0].filters[0].ai-proxy.provider: no provider is named 'p'");
    }

    @Test
    void aBuiltInTypeNeedsNoAddress() {
        Config config = files.config("providers: { p: { type: echo, echo_tokens: 5, delay: 1s } }\n" + ROUTE);
        assertThat(config.providers().get("p").endpoints()).isEmpty();
        assertThat(config.providers().get("p").credentials()).isEmpty();
        assertThat(config.providers().get("p").tree().toString())
                .isEqualTo("{\"type\":\"echo\",\"delay\":\"1s\",\"tokens\":5,\"awsRegion\":\"us-east-1\","
                        + "\"loadBalance\":\"round-robin\",\"http2\":\"auto\"}");
    }

    @Test
    void oneMayStandInline() {
        Config config = files.config("""
                routes:
                  - name: first
                    match: { path: /a }
                    filters:
                      - ai-proxy: { provider: { type: openai, apiTokens: [t], timeouts: { idle: 5s } } }
                  - name: second
                    filters:
                      - ai-proxy: { provider: { id: mine, type: vllm, baseUrl: "http://h:1" } }
                """);
        assertThat(config.providers()).containsOnlyKeys("first", "mine");
        assertThat(config.providers().get("first").credentials()).isEqualTo(List.of(Map.of("token", "t")));
        assertThat(config.providers().get("first").timeouts().idle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.providers().get("first").path()).isEqualTo("routes[0].filters[0].ai-proxy.provider");
        assertThat(config.providers().get("mine").endpoints()).containsExactly(URI.create("http://h:1"));
        assertThat(config.routes().get(1).filters().get(0).config()).isEqualTo(new TestFilters.Proxy("mine", false));
    }

    @Test
    void whatIsWrongWithAnInlineOneIsFoundInItsPlace() {
        assertThat(files.problems("""
                        providers: { a: { type: echo } }
                        filters:
                          - ai-proxy: { provider: { type: echo } }
                        routes:
                          - name: a
                            match: { path: /a }
                            filters: [{ ai-proxy: { provider: { type: echo, tokns: 1 } } }]
                          - name: b
                            match: { path: /b }
                            filters: [{ ai-proxy: { provider: a } }, { model-fallback: { targets: [{ provider: { id: 5, type: opnai } }] } }]
                        """))
                .containsExactly(
                        "sluice.yaml:3:27 filters[0].ai-proxy.provider: a provider outside of routes needs a name: add"
                                + " 'id'",
                        "sluice.yaml:7:39 routes[0].filters[0].ai-proxy.provider: a provider named 'a' stands at"
                                + " providers.a: give this one another 'id'",
                        "sluice.yaml:10:46 routes[1].filters[1]: 'model-fallback' must stand before 'ai-proxy': move it"
                                + " up to filters[0]",
                        "sluice.yaml:10:46 routes[1].filters[1]: 'model-fallback' must stand before 'ai-proxy': move it"
                                + " up to routes[1].filters[0]",
                        "sluice.yaml:10:94 routes[1].filters[1].model-fallback.targets[0].provider.id: expected text,"
                                + " got 5: put it in quotes",
                        "sluice.yaml:10:103 routes[1].filters[1].model-fallback.targets[0].provider.type: no installed"
                                + " filter knows the provider type 'opnai', did you mean 'openai'?");
    }

    @ParameterizedTest
    @CsvSource({
        "a*, a*, true",
        "gpt-*, *-4.1, true",
        "gpt-*, qwe-*, false",
        "*a*b, *c*d, false",
        "*a*b, *c*b, true",
        "a*b, ab*, true",
        "ab, ab, true",
        "ab, ac, false",
        "*, anything, true",
        "a**b, a*cb, true",
        "a*x, ab*, true",
        "a*x, b*x, false",
        "*x, *y, false",
    })
    void globsOverlapWhereSomeTextMatchesBoth(String one, String other, boolean overlap) {
        assertThat(ModelMappings.overlap(one, other)).isEqualTo(overlap);
        assertThat(ModelMappings.overlap(other, one)).isEqualTo(overlap);
    }
}
