package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LintTest {
    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    private static String chain(String filters) {
        return "providers: { p: { type: echo } }\nroutes:\n  - name: r\n    filters: [" + filters + "]\n";
    }

    private static final String PROXY = "{ ai-proxy: { provider: p } }";

    @Test
    void aRightOrderIsRight() {
        assertThat(files.config(chain("{ key-auth: {} }, { cache: {} }, { model-fallback: { targets: [] } },"
                                + " { key-failover: {} }, " + PROXY))
                        .routes())
                .hasSize(1);
    }

    @Test
    void aWrongOrderNamesTheFix() {
        assertThat(files.problems(chain("{ cache: {} }, { key-auth: {} }, " + PROXY)))
                .containsExactly("sluice.yaml:4:30 routes[0].filters[1]: 'key-auth' must stand before 'cache': move it"
                        + " up to routes[0].filters[0]");
        assertThat(files.problems(chain(PROXY + ", { key-failover: {} }")))
                .containsExactly(
                        "sluice.yaml:4:46 routes[0].filters[1]: 'key-failover' must stand before 'ai-proxy': move it up"
                                + " to routes[0].filters[0]",
                        "sluice.yaml:4:46 routes[0].filters[1]: 'key-failover' does nothing without a filter that"
                                + " picks the target after it: add one, or remove 'key-failover'");
    }

    @Test
    void globalFiltersStandBeforeTheRoutesOwn() {
        assertThat(files.problems("filters: [{ ai-cache: {} }]\n" + chain("{ key-auth: {} }, " + PROXY)))
                .containsExactly("sluice.yaml:5:15 routes[0].filters[0]: 'key-auth' must stand before 'cache': move it"
                        + " up to filters[0]");
    }

    @Test
    void globalFiltersAreComparedOnce() {
        assertThat(files.problems("""
                        filters: [{ cache: {} }, { key-auth: {} }]
                        routes:
                          - { name: a, match: { path: /a }, upstream: "http://h:1" }
                          - { name: b, match: { path: /b }, upstream: "http://h:1" }
                        """))
                .containsExactly("sluice.yaml:1:26 filters[1]: 'key-auth' must stand before 'cache': move it up to"
                        + " filters[0]");
    }

    @Test
    void theSameFilterWithTheSameConfigIsAProblem() {
        assertThat(files.problems(chain("{ cache: { ttl: 60 } }, { ai-cache: { ttl_ms: 5 } }, "
                        + "{ ai-cache: { cacheTTL: 60 } }, " + PROXY)))
                .containsExactly("sluice.yaml:4:68 routes[0].filters[2]: 'cache' stands with the same config at"
                        + " routes[0].filters[0]: remove one of the two");
    }

    @Test
    void aRouteLeadsSomewhereAndToOnePlace() {
        assertThat(files.problems("""
                        providers: { p: { type: echo } }
                        routes:
                          - name: a
                            match: { path: /a }
                          - name: b
                            upstream: http://127.0.0.1:1
                            filters: [{ ai-proxy: { provider: p } }]
                        """))
                .containsExactly(
                        "sluice.yaml:3:5 routes[0]: the route leads nowhere: add 'upstream', or a filter that picks a"
                                + " target",
                        "sluice.yaml:6:5 routes[1].upstream: 'ai-proxy' picks the target of this route: remove one of"
                                + " the two");
    }

    @Test
    void namesOfRoutesAreUnique() {
        assertThat(files.problems("""
                        routes:
                          - { name: a, match: { path: /a }, upstream: "http://h:1" }
                          - { name: a, match: { path: /b }, upstream: "http://h:1" }
                        """))
                .containsExactly(
                        "sluice.yaml:3:13 routes[1].name: 'a' is already the name of routes[0]: choose another");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                              | {}                                   | true",
                "{}                              | { path: /a }                         | true",
                "{ path: '/**' }                 | {}                                   | true",
                "{ path: '/v1/**' }              | { path: '/v1/chat/*' }               | true",
                "{ path: '/v1/**' }              | { path: '/v1/**' }                   | true",
                "{ path: '/v1/**' }              | { path: '/v2/**' }                   | false",
                "{ path: '/v1/**' }              | { path: '/v1' }                      | false",
                "{ path: '/v1/**' }              | {}                                   | false",
                "{ path: '/*/**' }               | { path: '/v1/**' }                   | false",
                "{ path: /a }                    | { path: /a, method: GET }            | true",
                "{ path: /a, method: GET }       | { path: /a }                         | false",
                "{ method: [GET, POST] }         | { method: GET }                      | true",
                "{ method: GET }                 | { method: [GET, POST] }              | false",
                "{ model: 'gpt-*' }              | { model: ['gpt-*'] }                 | true",
                "{ model: '*' }                  | { model: x }                         | true",
                "{ model: '*' }                  | {}                                   | false",
                "{ host: a.example }             | { host: A.example, model: x }        | true",
                "{ headers: { x-a: '1' } }       | { headers: { X-A: '1', x-b: '2' } }  | true",
                "{ headers: { x-a: '1' } }       | { headers: { x-a: '2' } }            | false",
            })
    void aRouteThatAnEarlierOneShadowsIsAProblem(String earlier, String later, boolean shadowed) {
        String yaml = """
                routes:
                  - { name: a, upstream: "http://h:1", match: %s }
                  - { name: b, upstream: "http://h:1", match: %s }
                """.formatted(earlier.replace('\'', '"'), later.replace('\'', '"'));
        if (shadowed) {
            assertThat(files.problems(yaml))
                    .containsExactly("sluice.yaml:3:5 routes[1]: never reached: routes[0] takes all that it"
                            + " matches: move this route up, or remove it");
        } else {
            assertThat(files.config(yaml).routes()).hasSize(2);
        }
    }
}
