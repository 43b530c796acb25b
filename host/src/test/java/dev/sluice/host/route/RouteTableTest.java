package dev.sluice.host.route;

import static dev.sluice.host.route.Routes.get;
import static dev.sluice.host.route.Routes.headers;
import static dev.sluice.host.route.Routes.host;
import static dev.sluice.host.route.Routes.method;
import static dev.sluice.host.route.Routes.model;
import static dev.sluice.host.route.Routes.path;
import static dev.sluice.host.route.Routes.table;
import static dev.sluice.host.route.Routes.word;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.Config.Match;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat, /v1/chat, true",
        "/v1/chat, /v1/chat/, false",
        "/v1/chat, /v1, false",
        "/v1/chat/, /v1/chat/, true",
        "/v1/chat/, /v1/chat, false",
        "/, /, true",
        "/, /a, false",
        "/**, /, true",
        "/**, /a/b, true",
        "/v1/**, /v1, true",
        "/v1/**, /v1/, true",
        "/v1/**, /v1/a/b, true",
        "/v1/**, /v10, false",
        "/v1/*, /v1/a, true",
        "/v1/*, /v1/a/b, false",
        "/v1/*, /v1, false",
        "/v1/*/chat, /v1/x/chat, true",
        "/v1/*/chat, /v1/x/y/chat, false",
        "/v1/mo*ls/x, /v1/models/x, true",
        "/v1/mo*ls/x, /v1/model/x, false",
        "/a/**/z, /a/z, true",
        "/a/**/z, /a/b/c/z, true",
        "/a/**/z, /a/b/c/z/y, false",
        "/a/**/m/**, /a/b/m, true",
        "/a/**/m/**, /a/b/c, false",
        "/**/chat, /x/y/chat, true",
        "/**/chat, /chat, true",
    })
    void aPathIsAGlobOverSegments(String glob, String path, boolean matches) {
        assertThat(word(table(path(glob)).find(get(path)))).isEqualTo(matches ? "r0" : "none");
    }

    @Test
    void aRouteWithoutPathTakesAnyPath() {
        assertThat(word(table(path(null)).find(get("/what/ever")))).isEqualTo("r0");
        assertThat(word(table(path(null)).find(get("/")))).isEqualTo("r0");
    }

    @ParameterizedTest
    @CsvSource({
        "api.example.com, api.example.com, true",
        "API.Example.com, api.example.com, true",
        "api.example.com, example.com, false",
        "*.example.com, a.example.com, true",
        "*.example.com, a.b.example.com, true",
        "*.example.com, example.com, false",
        "*.example.com, aexample.com, false",
        "*.EXAMPLE.com, a.example.com, true",
        "api.*.com, api.x.com, true",
        "api.*.com, api.x.org, false",
        "*, whatever, true",
        "*, '', true",
        "api.example.com, '', false",
    })
    void aHostIsExactAWildcardOrAnyGlob(String glob, String host, boolean matches) {
        assertThat(word(table(host("/**", glob)).find(get(host, "/a")))).isEqualTo(matches ? "r0" : "none");
    }

    @Test
    void anyOfSeveralHostsWillDo() {
        RouteTable table = table(host("/**", "one.test", "*.two.test", "th*ree.test"), path("/**"));

        assertThat(word(table.find(get("one.test", "/")))).isEqualTo("r0");
        assertThat(word(table.find(get("x.two.test", "/")))).isEqualTo("r0");
        assertThat(word(table.find(get("three.test", "/")))).isEqualTo("r0");
        assertThat(word(table.find(get("four.test", "/")))).isEqualTo("r1");
    }

    @Test
    void aMethodIsOneOfTheList() {
        RouteTable table = table(method("/a", "POST", "PUT"), method("/a", "GET"));

        assertThat(word(table.find(get("/a")))).isEqualTo("r1");
        assertThat(word(table.find(
                        new RouteQuery("localhost", "/a", "PUT", get("/a").headers()))))
                .isEqualTo("r0");
        assertThat(word(table.find(
                        new RouteQuery("localhost", "/a", "DELETE", get("/a").headers()))))
                .isEqualTo("none");
    }

    @Test
    void allHeadersAreNeededAndAnyOfRepeatedValuesWillDo() {
        RouteTable table = table(
                headers("/**", Map.of("x-tenant", "acme", "x-tier", "gold")),
                headers("/**", Map.of("x-tenant", "acme")),
                path("/**"));

        assertThat(word(table.find(get("/", Map.of("X-Tenant", List.of("acme"), "X-Tier", List.of("gold"))))))
                .isEqualTo("r0");
        assertThat(word(table.find(get("/", Map.of("X-Tenant", List.of("other", "acme"))))))
                .isEqualTo("r1");
        assertThat(word(table.find(get("/", Map.of("X-Tenant", List.of("Acme"))))))
                .isEqualTo("r2");
        assertThat(word(table.find(get("/")))).isEqualTo("r2");
    }

    @Test
    void aModelIsExactAGlobOrAnyOfAList() {
        RouteTable table =
                table(model("/v1/**", "gpt-4o"), model("/v1/**", "qwen-*", "*-local", "o*mini"), model("/v1/**", "*"));

        assertThat(word(table.find(get("/v1/x"), "gpt-4o"))).isEqualTo("r0");
        assertThat(word(table.find(get("/v1/x"), "gpt-4o-mini"))).isEqualTo("r2");
        assertThat(word(table.find(get("/v1/x"), "qwen-turbo"))).isEqualTo("r1");
        assertThat(word(table.find(get("/v1/x"), "llama-local"))).isEqualTo("r1");
        assertThat(word(table.find(get("/v1/x"), "o4-mini"))).isEqualTo("r1");
        assertThat(word(table.find(get("/v1/x"), "Qwen-turbo"))).isEqualTo("r2");
    }

    @Test
    void aRequestWithoutModelNeverMatchesARouteWithOne() {
        RouteTable table = table(model("/v1/**", "*"), path("/v1/files/**"));

        assertThat(word(table.find(get("/v1/files/1"), null))).isEqualTo("r1");
        assertThat(word(table.find(get("/v1/chat"), null))).isEqualTo("none");
    }

    @Test
    void theModelIsAskedForOnlyWhereTheLowestCandidateWantsOne() {
        RouteTable table = table(
                path("/v1/models"), model("/v1/**", "qwen-*"), path("/v1/**"), model("/v1/**", "late"), path("/x"));

        assertThat(word(table.find(get("/v1/models")))).isEqualTo("r0");
        assertThat(word(table.find(get("/v1/chat")))).isEqualTo("model?");
        assertThat(word(table.find(get("/x")))).isEqualTo("r4");
        assertThat(word(table.find(get("/y")))).isEqualTo("none");
        assertThat(word(table.find(get("/v1/chat"), "late"))).isEqualTo("r2");
    }

    @Test
    void aModelRouteOfAnotherMethodAsksForNoModel() {
        Match postOnly = new Match("/v1/**", List.of("a"), List.of(), List.of("POST"), Map.of());

        assertThat(word(table(postOnly, path("/v1/**")).find(get("/v1/models"))))
                .isEqualTo("r1");
        assertThat(word(table(postOnly, model("/v1/**", "b")).find(get("/v1/models"))))
                .isEqualTo("model?");
    }

    @Test
    void theFirstInConfigOrderWinsWhateverIndexItIsIn() {
        List<Match> ways = List.of(
                path(null),
                path("/**"),
                path("/v1/**"),
                path("/v1/chat"),
                path("/v1/*"),
                path("/**/chat"),
                host("/v1/chat", "a.example.com"),
                host("/v1/chat", "*.example.com"),
                host("/v1/chat", "a*.com"),
                method("/v1/chat", "GET"),
                headers("/v1/chat", Map.of("x-a", "1")),
                model("/v1/chat", "m"),
                model("/v1/chat", "m*"),
                model(null, "*"));
        RouteQuery query = new RouteQuery(
                "a.example.com", "/v1/chat", "GET", new Routes.FixedHeaders(Map.of("x-a", List.of("1"))));
        for (Match first : ways) {
            List<Match> order = new ArrayList<>(ways);
            order.remove(first);
            order.add(0, first);

            assertThat(word(table(order).find(query, "m"))).as("%s", first).isEqualTo("r0");
        }
    }

    @Test
    void amongTenThousandModelsOfOnePathAHandfulIsLookedAt() {
        Work work = new Work();
        RouteTable table = table(IntStream.range(0, 10_000)
                .mapToObj(i -> new Match("/v1/**", List.of("model-" + i), List.of(), work, Map.of()))
                .toList());

        assertThat(word(table.find(get("/v1/chat")))).isEqualTo("model?");
        assertThat(word(table.find(get("/v1/chat"), "model-9999"))).isEqualTo("r9999");
        assertThat(word(table.find(get("/v1/chat"), "model-10000"))).isEqualTo("none");
        assertThat(work.looks).isLessThanOrEqualTo(10);
    }

    @Test
    void amongTenThousandModelGlobsOfOnePathAHandfulIsLookedAt() {
        Work work = new Work();
        RouteTable table = table(IntStream.range(10_000, 20_000)
                .mapToObj(i -> new Match("/v1/**", List.of(i + "-*"), List.of(), work, Map.of()))
                .toList());

        assertThat(word(table.find(get("/v1/chat"), "19999-turbo"))).isEqualTo("r9999");
        assertThat(work.looks).isLessThanOrEqualTo(5);
    }

    @Test
    void amongTenThousandPathsAHandfulIsLookedAt() {
        Work work = new Work();
        RouteTable table = table(IntStream.range(0, 10_000)
                .mapToObj(i -> new Match("/t" + i + "/**", List.of(), List.of(), work, Map.of()))
                .toList());

        assertThat(word(table.find(get("/t9999/v1/chat")))).isEqualTo("r9999");
        assertThat(word(table.find(get("/none/v1/chat")))).isEqualTo("none");
        assertThat(work.looks).isLessThanOrEqualTo(5);
    }

    @Test
    void amongTenThousandHostsAHandfulIsLookedAt() {
        Work work = new Work();
        RouteTable table = table(IntStream.range(0, 10_000)
                .mapToObj(i -> new Match(
                        "/v1/**",
                        List.of(),
                        List.of(i % 2 == 0 ? "h" + i + ".test" : "*.h" + i + ".test"),
                        work,
                        Map.of()))
                .toList());

        assertThat(word(table.find(get("h9998.test", "/v1/chat")))).isEqualTo("r9998");
        assertThat(word(table.find(get("a.b.h9999.test", "/v1/chat")))).isEqualTo("r9999");
        assertThat(work.looks).isLessThanOrEqualTo(5);
    }

    @Test
    void amongTenThousandTenantsInAHeaderAHandfulIsLookedAt() {
        Work work = new Work();
        RouteTable table = table(IntStream.range(0, 10_000)
                .mapToObj(i -> new Match("/v1/**", List.of(), List.of(), work, Map.of("x-tenant", "t" + i)))
                .toList());

        assertThat(word(table.find(get("/v1/chat", Map.of("x-tenant", List.of("t9999"))))))
                .isEqualTo("r9999");
        assertThat(work.looks).isLessThanOrEqualTo(5);
    }

    @Test
    void aModelOfMegabytesAndAHostOfDotsEnd() {
        RouteTable table = table(model("/v1/**", "qwen-*"), host("/v1/**", "*.example.com"));

        // Each prefix and each suffix of these would be hashed on the way, more than 10^12 characters.
        assertThat(word(table.find(get("/v1/chat"), "q".repeat(4_000_000)))).isEqualTo("none");
        assertThat(word(table.find(get(".".repeat(4_000_000), "/v1/chat"), null)))
                .isEqualTo("none");
    }

    /** A list of methods that holds GET and counts how often a candidate was looked at. */
    private static final class Work extends AbstractList<String> {
        private int looks;

        @Override
        public boolean contains(Object method) {
            looks++;
            return "GET".equals(method);
        }

        @Override
        public String get(int index) {
            return "GET";
        }

        @Override
        public int size() {
            return 1;
        }
    }
}
