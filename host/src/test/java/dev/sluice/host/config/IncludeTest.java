package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.Config.RouteConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncludeTest {
    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    @Test
    void listsAreAppendedAndProvidersAdded() {
        files.write("more/team.yaml", """
                providers: { b: { type: vllm, baseUrl: "http://b:1" } }
                consumers: [{ name: bob }]
                drain: { swap: 5m }
                admin: { token: "${file:token}" }
                routes:
                  - { name: team, match: { path: /team }, filters: [{ ai-proxy: { provider: b } }] }
                """);
        files.write("more/token", "t0ken");
        Config config = files.config("""
                include: [more/team.yaml]
                consumers: [{ name: alice }]
                providers: { a: { type: openai } }
                routes:
                  - { name: main, match: { path: /main }, filters: [{ ai-proxy: { provider: a } }] }
                """);

        assertThat(config.routes()).extracting(RouteConfig::name).containsExactly("main", "team");
        assertThat(config.providers()).containsOnlyKeys("a", "b");
        assertThat(config.consumers()).hasSize(2);
        assertThat(config.drain().swap()).hasMinutes(5);
        assertThat(config.admin().token()).isEqualTo("t0ken");
        assertThat(config.marks().problem("routes[1].filters[0].ai-proxy", "x").toString())
                .isEqualTo(directory + "/more/team.yaml:6:65 routes[1].filters[0].ai-proxy: x");
        assertThat(config.shown().path("routes")).hasSize(2);
    }

    @Test
    void problemsNameTheirOwnFileAndTheMainOnesComeFirst() {
        files.write("a.yaml", "routes:\n  - { nme: x, upstream: \"http://h:1\" }\ninclude: [b.yaml]\n");
        files.write("broken.yaml", "a: b: c");
        assertThat(files.problems("""
                        include: [a.yaml, none.yaml, broken.yaml, sluice.yaml, 5]
                        lisen: {}
                        routes: []
                        """))
                .containsExactly(
                        "sluice.yaml:1:19 include[1]: there is no file none.yaml: create it, or name another",
                        "sluice.yaml:1:43 include[3]: the file includes itself: remove this line",
                        "sluice.yaml:1:56 include[4]: expected text, got 5: put it in quotes",
                        "sluice.yaml:2:1 lisen: unknown key, did you mean 'listen'?",
                        "a.yaml:2:5 routes[0]: required key 'name' is missing",
                        "a.yaml:2:7 routes[0].nme: unknown key, did you mean 'name'?",
                        "a.yaml:3:1 include: an included file cannot include others: list them in sluice.yaml",
                        "broken.yaml:1:5: not valid YAML: mapping values are not allowed here");
    }

    @Test
    void whatIsSetTwiceIsAProblem() {
        files.write("a.yaml", "drain: {}\nproviders: { p: { type: echo } }\nroutes: {}\n");
        assertThat(files.problems("""
                        include: [a.yaml]
                        drain: {}
                        providers:
                          p: { type: echo }
                        routes:
                          - { name: r, filters: [{ ai-proxy: { provider: p } }] }
                        """))
                .containsExactly(
                        "a.yaml:1:1 drain: already set in sluice.yaml, line 2: keep one",
                        "a.yaml:2:14 providers.p: already set in sluice.yaml, line 4: keep one",
                        "a.yaml:3:1 routes: already set in sluice.yaml, line 5: keep one");
    }
}
