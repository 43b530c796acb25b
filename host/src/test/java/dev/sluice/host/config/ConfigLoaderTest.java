package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.Config.Admin;
import dev.sluice.host.config.Config.ConsumerConfig;
import dev.sluice.host.config.Config.Cors;
import dev.sluice.host.config.Config.Drain;
import dev.sluice.host.config.Config.Limits;
import dev.sluice.host.config.Config.Match;
import dev.sluice.host.config.Config.ProviderConfig;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.Config.Timeouts;
import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.ConfigLoader.Result;
import dev.sluice.host.config.TestFilters.Cache;
import dev.sluice.host.config.TestFilters.Proxy;
import dev.sluice.host.config.TestFilters.Rule;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    @Test
    void aWholeFileIsBound() {
        files.write("cert.pem", "");
        files.write("key.pem", "");
        files.write("plugins/README", "");
        files.environment.put("KEY", "sk-0123456789");
        Config config = files.config("""
                listen:
                  host: 127.0.0.1
                  port: 0
                  tls: { cert: cert.pem, key: key.pem }
                  http2: false
                  cors: { origins: ["https://a.example"], maxAge: 5m }
                  limits: { head: 8KiB, body: 1MiB, depth: 20, buffer: 2MiB, buffered: 1GiB, connections: 5 }
                  keepAlive: 20s
                  responseHeaders: none
                admin: { host: 0.0.0.0, port: 9000, token: secret, upload: true, openMetrics: true, hosts: [gw] }
                plugins: { dir: plugins, trust: [] }
                drain: { swap: 2h, shutdown: 5s }
                accessLog: off
                consumers:
                  - { name: alice, credentials: ["${env:KEY}"], groups: [staff] }
                providers:
                  qwen: { type: openai, apiTokens: [t1, t2], modelMapping: { "*": turbo }, loadBalance: round-robin }
                  local:
                    type: vllm
                    endpoints: ["http://10.0.0.5:8000", "http://10.0.0.6:8000/base"]
                    credentials: [{ user: u, password: p }, plain]
                    timeouts: { connect: 1s }
                    tls: { ca: cert.pem, insecure: true }
                    http2: true
                    awsRegion: eu-west-1
                filters:
                  - key-auth: {}
                routes:
                  - name: first
                    match: { path: "/v1/**", model: ["qwen-*"], host: "*.Example.com", method: [POST], headers: { X-Tenant: acme } }
                    timeouts: { firstEvent: 30s }
                    maxTries: 2
                    filters:
                      - cache: { ttl: 90, rules: [{ by: user }], labels: { a: b }, scope: whole-route }
                      - model-fallback: { targets: [{ provider: local, model: m }] }
                      - { use: ai-proxy, config: { provider: qwen }, onError: skip }
                  - name: rest
                    upstream: http://127.0.0.1:3000/base
                    preserveHost: true
                """);

        assertThat(config.listen().host()).isEqualTo("127.0.0.1");
        assertThat(config.listen().port()).isZero();
        assertThat(config.listen().tls())
                .isEqualTo(new Config.TlsServer(directory.resolve("cert.pem"), directory.resolve("key.pem")));
        assertThat(config.listen().http2()).isFalse();
        assertThat(config.listen().cors())
                .isEqualTo(new Cors(
                        List.of("https://a.example"),
                        List.of("authorization", "content-type", "x-api-key"),
                        Duration.ofMinutes(5)));
        assertThat(config.listen().limits()).isEqualTo(new Limits(8 << 10, 1 << 20, 20, 2 << 20, 1L << 30, 5));
        assertThat(config.listen().keepAlive()).isEqualTo(Duration.ofSeconds(20));
        assertThat(config.listen().responseHeaders()).isFalse();
        assertThat(config.admin()).isEqualTo(new Admin("0.0.0.0", 9000, "secret", true, true, List.of("gw")));
        assertThat(config.plugins().dir()).isEqualTo(directory.resolve("plugins"));
        assertThat(config.drain()).isEqualTo(new Drain(Duration.ofHours(2), Duration.ofSeconds(5)));
        assertThat(config.accessLog()).isEqualTo("off");
        assertThat(config.consumers())
                .containsExactly(new ConsumerConfig("alice", List.of("sk-0123456789"), List.of("staff")));

        assertThat(config.providers()).containsOnlyKeys("qwen", "local");
        ProviderConfig qwen = config.providers().get("qwen");
        assertThat(qwen.endpoints()).containsExactly(URI.create("https://api.openai.example/v1"));
        assertThat(qwen.credentials()).containsExactly(Map.of("token", "t1"), Map.of("token", "t2"));
        assertThat(qwen.modelMapping()).containsExactly(Map.entry("*", "turbo"));
        assertThat(qwen.loadBalance()).isEqualTo("round-robin");
        assertThat(qwen.timeouts()).isEqualTo(Timeouts.NONE);
        assertThat(qwen.tls()).isNull();
        assertThat(qwen.http2()).isEqualTo("auto");
        assertThat(qwen.tree().path("awsRegion").asText()).isEqualTo("us-east-1");
        ProviderConfig local = config.providers().get("local");
        assertThat(local.endpoints())
                .containsExactly(URI.create("http://10.0.0.5:8000"), URI.create("http://10.0.0.6:8000/base"));
        assertThat(local.credentials()).containsExactly(Map.of("user", "u", "password", "p"), Map.of("token", "plain"));
        assertThat(local.timeouts().connect()).isEqualTo(Duration.ofSeconds(1));
        assertThat(local.tls()).isEqualTo(new Config.TlsClient(directory.resolve("cert.pem"), null, null, true));
        assertThat(local.http2()).isEqualTo("true");
        assertThat(local.tree().path("awsRegion").asText()).isEqualTo("eu-west-1");
        assertThat(local.path()).isEqualTo("providers.local");

        assertThat(config.filters()).extracting(use -> use.filter().name()).containsExactly("key-auth");
        RouteConfig first = config.routes().get(0);
        assertThat(first.match())
                .isEqualTo(new Match(
                        "/v1/**",
                        List.of("qwen-*"),
                        List.of("*.example.com"),
                        List.of("POST"),
                        Map.of("x-tenant", "acme")));
        assertThat(first.timeouts().firstEvent()).isEqualTo(Duration.ofSeconds(30));
        assertThat(first.timeouts().connect()).isNull();
        assertThat(first.maxTries()).isEqualTo(2);
        assertThat(first.upstream()).isNull();
        assertThat(first.path()).isEqualTo("routes[0]");
        FilterUse cache = first.filters().get(0);
        assertThat(cache.config())
                .isEqualTo(new Cache(
                        Duration.ofSeconds(90),
                        null,
                        64L << 20,
                        null,
                        TestFilters.Scope.WHOLE_ROUTE,
                        null,
                        null,
                        List.of(new Rule("user", 10)),
                        Map.of("a", "b"),
                        null));
        assertThat(cache.filter().generation().version()).isEqualTo("1.10.0");
        assertThat(cache.path()).isEqualTo("routes[0].filters[0].cache");
        assertThat(cache.skipOnError()).isFalse();
        FilterUse proxy = first.filters().get(2);
        assertThat(proxy.config()).isEqualTo(new Proxy("qwen", false));
        assertThat(proxy.skipOnError()).isTrue();
        assertThat(proxy.path()).isEqualTo("routes[0].filters[2].config");
        RouteConfig rest = config.routes().get(1);
        assertThat(rest.upstream()).isEqualTo(URI.create("http://127.0.0.1:3000/base"));
        assertThat(rest.preserveHost()).isTrue();
        assertThat(rest.maxTries()).isEqualTo(6);
        assertThat(rest.match()).isEqualTo(new Match(null, List.of(), List.of(), List.of(), Map.of()));
    }

    @Test
    void whatIsNotGivenHasADefault() {
        Config config = files.config("""
                consumers:
                # all commented out
                routes: []
                """);

        assertThat(config.listen().host()).isEqualTo("0.0.0.0");
        assertThat(config.listen().port()).isEqualTo(8080);
        assertThat(config.listen().http2()).isTrue();
        assertThat(config.listen().tls()).isNull();
        assertThat(config.listen().cors()).isNull();
        assertThat(config.listen().limits())
                .isEqualTo(new Limits(
                        64 << 10, 32L << 20, 100, 1 << 20, Runtime.getRuntime().maxMemory() / 4, 10_000));
        assertThat(config.listen().keepAlive()).isEqualTo(Duration.ofSeconds(15));
        assertThat(config.listen().responseHeaders()).isTrue();
        assertThat(config.admin())
                .isEqualTo(
                        new Admin("127.0.0.1", 9080, null, false, false, List.of("localhost", "127.0.0.1", "[::1]")));
        assertThat(config.plugins().dir()).isEqualTo(directory);
        assertThat(config.state().redis()).isNull();
        assertThat(config.drain()).isEqualTo(new Drain(Duration.ofHours(1), Duration.ofSeconds(60)));
        assertThat(config.accessLog()).isEqualTo("stdout");
        assertThat(config.consumers()).isEmpty();
        assertThat(config.providers()).isEmpty();
        assertThat(config.filters()).isEmpty();
        assertThat(config.routes()).isEmpty();
    }

    @Test
    void allProblemsAreReportedAtOnceInFileOrder() {
        assertThat(files.problems("""
                        lsten: { port: 1 }
                        listen:
                          port: 70000
                        admin:
                          host: 0.0.0.0
                        providers:
                          qwen: { type: opnai }
                        routes:
                          - match: { path: v1 }
                            upstream: nowhere
                            filters:
                              - cache: { tll: 1h, maxAge: 5, maxEntries: 0 }
                              - cahce: {}
                          - name: b
                        """))
                .containsExactly(
                        "sluice.yaml:1:1 lsten: unknown key, did you mean 'listen'?",
                        "sluice.yaml:3:9 listen.port: expected at most 65535, got 70000",
                        "sluice.yaml:7:17 providers.qwen.type: no installed filter knows the provider type 'opnai', did"
                                + " you mean 'openai'?",
                        "sluice.yaml:9:5 routes[0]: required key 'name' is missing",
                        "sluice.yaml:9:20 routes[0].match.path: expected a path that begins with /, got 'v1'",
                        "sluice.yaml:10:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query"
                                + " or user, got 'nowhere'",
                        "sluice.yaml:12:18 routes[0].filters[0].cache.tll: unknown key, did you mean 'ttl'?",
                        "sluice.yaml:12:35 routes[0].filters[0].cache.maxAge: expected a duration like 5s, got 5",
                        "sluice.yaml:12:50 routes[0].filters[0].cache.maxEntries: expected at least 1, got 0",
                        "sluice.yaml:13:9 routes[0].filters[1].cahce: no filter of this name is installed, did you mean"
                                + " 'cache'?; installed: ai-proxy, cache, key-auth, key-failover, model-fallback",
                        "sluice.yaml:14:5 routes[1]: the route leads nowhere: add 'upstream', or a filter that picks a"
                                + " target");
    }

    @Test
    void aRightFileNamesTheFilesThatWereLookedAt() {
        files.write("cert.pem", "");
        files.write("key.pem", "");
        files.write("team/more.yaml", "admin: { token: \"${file:token}\" }");
        files.write("team/token", "t0ken");
        Path key = files.write("secrets/key", "k");
        files.write("plugins/README", "");
        Result result = files.load("""
                include: [team/more.yaml]
                listen: { tls: { cert: cert.pem, key: key.pem } }
                plugins: { dir: plugins }
                consumers: [{ name: alice, credentials: ["${file:%s}"] }]
                providers: { p: { type: vllm, apiTokens: ["${file:secrets/key}"], baseUrl: "https://h:1", tls: { ca: cert.pem } } }
                routes: [{ name: r, filters: [{ ai-proxy: { provider: p } }] }]
                """.formatted(key));

        assertThat(result).isInstanceOf(Loaded.class);
        assertThat(result.files())
                .containsExactlyInAnyOrder(
                        directory.resolve("sluice.yaml"),
                        directory.resolve("team/more.yaml"),
                        directory.resolve("team/token"),
                        directory.resolve("secrets/key"));
    }

    @Test
    void aBrokenFileNamesTheFilesThatWereLookedAtAlsoThoseThatAreMissing() {
        files.write("broken.yaml", "accessLog: \"${file:first}\"\nb: c: d");
        Result result = files.load("""
                include: [none.yaml, broken.yaml]
                accessLog: "${file:gone}"
                routs: []
                """);

        assertThat(result).isInstanceOf(Broken.class);
        assertThat(result.files())
                .containsExactlyInAnyOrder(
                        directory.resolve("sluice.yaml"),
                        directory.resolve("none.yaml"),
                        directory.resolve("broken.yaml"),
                        directory.resolve("gone"));
    }

    @Test
    void aFileThatCannotBeReadNamesItself() {
        assertThat(files.load(directory.resolve("none.yaml")).files()).containsExactly(directory.resolve("none.yaml"));
        assertThat(files.load(directory).files()).containsExactly(directory);
        assertThat(files.load("a: b: c").files()).containsExactly(directory.resolve("sluice.yaml"));
        assertThat(files.load("").files()).containsExactly(directory.resolve("sluice.yaml"));
    }

    @Test
    void theFilesAreAbsoluteWhereTheOneGivenIsNot() {
        Path none = Path.of("there-is-no-such.yaml");
        assertThat(files.load(none).files()).containsExactly(none.toAbsolutePath());
    }
}
