package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostTest {
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
                "listen: 8080| :9 listen: expected a mapping, got 8080",
                "listen: { port: \"80\" }| :17 listen.port: expected a whole number, got '80'",
                "listen: { port: -1 }| :17 listen.port: expected at least 0, got -1",
                "listen: { http2: yes }| :18 listen.http2: expected true or false, got 'yes'",
                "listen: { host: 1.10 }| :17 listen.host: expected text, got 1.10: put it in quotes",
                "listen: { host: \"\" }| :17 listen.host: must not be empty",
                "listen: { tls: { cert: x } }| :16 listen.tls: required key 'key' is missing",
                "listen: { tls: { cert: x, key: y } }| :24 listen.tls.cert: there is no file 'x' that may be read: check path and permissions",
                "listen: { keepAlive: 0s }| :22 listen.keepAlive: must be more than zero",
                "listen: { keepAlive: 1h30m }| :22 listen.keepAlive: expected a duration like 5s, got '1h30m'",
                "listen: { keepAlive: 99999999d }| :22 listen.keepAlive: expected a duration like 5s, got '99999999d'",
                "listen: { keepAlive: [] }| :22 listen.keepAlive: expected a duration like 5s, got a list",
                "listen: { limits: { body: 32MB } }| :27 listen.limits.body: expected a size like 32MiB, got '32MB'",
                "listen: { limits: { body: 100 } }| :27 listen.limits.body: expected a size like 32MiB, got 100",
                "listen: { limits: { head: 17MiB } }| :27 listen.limits.head: must be at most 16MiB",
                "listen: { limits: { depth: 0 } }| :28 listen.limits.depth: expected at least 1, got 0",
                "listen: { responseHeaders: non }| :28 listen.responseHeaders: expected one of all, none, got 'non': did you mean 'none'?",
                "listen: { cors: { origins: [] } }| :28 listen.cors.origins: must not be empty",
                "listen: { cors: { origins: [a.example] } }| :29 listen.cors.origins[0]: expected an origin like https://chat.example.com, or *, got 'a.example'",
                "admin: { host: 0.0.0.0 }| :16 admin.host: others than this machine can reach 0.0.0.0: set admin.token, or use 127.0.0.1",
                "admin: { upload: true }| :18 admin.upload: uploading a jar is running its code: set admin.token",
                "admin: { port: 8080 }| :16 admin.port: the data port (listen.port) is the same: choose another",
                "admin: { token: 123456 }| :17 admin.token: expected text, got a number: put it in quotes",
                "plugins: { dir: none }| :17 plugins.dir: there is no directory 'none': create it, or name another",
                "plugins: { trust: [abc] }| :20 plugins.trust[0]: expected a SHA-256 sum in 64 hex digits, got 'abc'",
                "state: { redis: here }| :17 state.redis: expected a URL like redis://127.0.0.1:6379, got 'here'",
                "state: { redisUrl: x }| :10 state.redisUrl: unknown key, did you mean 'redis'?",
                "drain: { swap: soon }| :16 drain.swap: expected a duration like 5s, got 'soon'",
                "accessLog: .| :12 accessLog: '.' is a directory: name a file, or stdout, or off",
                "consumers: [{ credentials: [a] }]| :13 consumers[0]: required key 'name' is missing",
                "consumers: [{ name: a, credentials: [12345678] }]| :38 consumers[0].credentials[0]: expected text, got 12345678: put it in quotes",
                "providers: []| :12 providers: expected a mapping, got a list",
                "providers: { a b: {} }| :14 providers.a b: expected a name of letters, digits, '.', '_' and '-', got 'a b'",
                "providers: { a: 1 }| :17 providers.a: expected a mapping, got 1",
                "include: x.yaml| :10 include: expected a list, got 'x.yaml'",
                "alerts: {}| :1 alerts: unknown key, known: accessLog, admin, consumers, drain, filters, include, listen, plugins, providers, routes, state",
            })
    void whatTheHostCannotTakeIsAProblem(String line, String problem) {
        assertThat(files.problems(line + "\nroutes: []\n")).contains("sluice.yaml:1" + problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "name: a/b| :4:11 routes[0].name: expected a name of letters, digits, '.', '_' and '-', got 'a/b'",
                "match: { pth: /a }| :4:14 routes[0].match.pth: unknown key, did you mean 'path'?",
                "match: { model: [] }| :4:21 routes[0].match.model: must not be empty",
                "match: { model: [5] }| :4:22 routes[0].match.model[0]: expected text, got 5: put it in quotes",
                "match: { model: {} }| :4:21 routes[0].match.model: expected text or a list, got a mapping",
                "match: { method: post }| :4:22 routes[0].match.method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got 'post': did you mean 'POST'?",
                "match: { method: [POST, FETCH] }| :4:29 routes[0].match.method[1]: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got 'FETCH': did you mean 'PATCH'?",
                "match: { method: 5 }| :4:22 routes[0].match.method: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, got 5",
                "match: { headers: { a: 1 } }| :4:28 routes[0].match.headers.a: expected text, got 1: put it in quotes",
                "timeouts: { first: 1s }| :4:17 routes[0].timeouts.first: unknown key, did you mean 'firstEvent'?",
                "maxTries: 0| :4:15 routes[0].maxTries: expected at least 1, got 0",
                "upstream: ftp://a| :4:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query or user, got 'ftp://a'",
                "upstream: http://a_b:80| :4:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query or user, got 'http://a_b:80'",
                "upstream: http://u:p@a| :4:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query or user, got 'http://u:p@a'",
                "upstream: http://a:99999| :4:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query or user, got 'http://a:99999'",
            })
    void whatARouteCannotTakeIsAProblem(String line, String problem) {
        assertThat(files.problems("accessLog: off\nroutes:\n  - preserveHost: true\n    " + line + "\n"))
                .contains("sluice.yaml" + problem);
    }

    @Test
    void routesAreRequired() {
        assertThat(files.problems("accessLog: off\n")).containsExactly("sluice.yaml: required key 'routes' is missing");
    }

    @Test
    void consumersAreToldApart() {
        assertThat(files.problems("""
                        consumers:
                          - { name: a, credentials: [k1, k2] }
                          - { name: a, credentials: [k2] }
                        routes: []
                        """))
                .containsExactly(
                        "sluice.yaml:3:13 consumers[1].name: 'a' is already the name of consumers[0]: choose another",
                        "sluice.yaml:3:30 consumers[1].credentials[0]: consumers[0] has the same credential: give each"
                                + " its own");
    }

    @Test
    void anAccessLogFileIsRelativeToTheConfig() {
        assertThat(files.config("accessLog: logs/a.log\nroutes: []\n").accessLog())
                .isEqualTo(directory.resolve("logs/a.log").toString());
    }

    @Test
    void singleTextsAreListsOfOne() {
        Config config = files.config("""
                routes:
                  - { name: a, upstream: "http://h:1", match: { model: m, host: H.example, method: GET } }
                """);
        assertThat(config.routes().get(0).match().model()).isEqualTo(List.of("m"));
        assertThat(config.routes().get(0).match().host()).isEqualTo(List.of("h.example"));
        assertThat(config.routes().get(0).match().method()).isEqualTo(List.of("GET"));
    }

    @Test
    void stateOnRedisIsOneUrl() {
        RedisConfig redis = redis("state: { redis: \"rediss://me:p%40ss+w%2Ford@[::1]/7\" }");
        assertThat(redis.mode()).isEqualTo(RedisConfig.Mode.SINGLE);
        assertThat(redis.nodes()).containsExactly(new RedisConfig.Node("::1", 6379));
        assertThat(redis.login()).isEqualTo(new RedisConfig.Login("me", "p@ss+w/ord"));
        assertThat(redis.database()).isEqualTo(7);
        assertThat(redis.secure()).isTrue();
        assertThat(redis.prefix()).isEqualTo("sluice:");
        assertThat(redis.timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(redis.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(redis.connections()).isEqualTo(2);
        assertThat(redis.place()).isEqualTo("[::1]:6379");
        assertThat(redis.toString()).doesNotContain("p@ss");
    }

    @Test
    void stateOnRedisHasFieldsForTheRest() {
        RedisConfig cluster = redis("""
                state:
                  redis: { urls: [ "redis://a:1", "redis://b" ], mode: cluster, user: u, password: secret, prefix: "x-",
                           timeout: 50ms, connectTimeout: 1s, connections: 3 }
                """.stripTrailing());
        assertThat(cluster.mode()).isEqualTo(RedisConfig.Mode.CLUSTER);
        assertThat(cluster.place()).isEqualTo("a:1,b:6379");
        assertThat(cluster.login()).isEqualTo(new RedisConfig.Login("u", "secret"));
        assertThat(cluster.prefix()).isEqualTo("x-");
        assertThat(cluster.timeout()).isEqualTo(Duration.ofMillis(50));
        assertThat(cluster.connections()).isEqualTo(3);
        RedisConfig sentinel =
                redis("state: { redis: { urls: \"redis://:sp@s/2\", mode: sentinel, master: m, password: mp } }");
        assertThat(sentinel.sentinelLogin()).isEqualTo(new RedisConfig.Login(null, "sp"));
        assertThat(sentinel.login()).isEqualTo(new RedisConfig.Login(null, "mp"));
        assertThat(sentinel.master()).isEqualTo("m");
        assertThat(sentinel.database()).isEqualTo(2);
    }

    private RedisConfig redis(String yaml) {
        return files.config(yaml + "\nroutes: [{ name: r, upstream: \"http://a\" }]")
                .state()
                .redis();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'http://h' | state.redis: expected a URL like redis://127.0.0.1:6379, got 'http://h'",
                "'redis://u:p@ss@h' | state.redis: expected a URL like redis://127.0.0.1:6379, got 'redis://****@h'; a password's reserved characters are written as %XX",
                "'redis://u:pass@h/x' | state.redis: what follows the address must be a database's number, as in redis://127.0.0.1:6379/2",
                "'redis://u:pass@h?db=1' | state.redis: a Redis URL takes no query and no fragment: use the fields of state.redis for what it says",
                "{ urls: ['redis://a', 'redis://b'] } | state.redis.urls: mode 'single' takes one URL: set state.redis.mode to cluster or sentinel, or leave one",
                "{ urls: ['redis://a', 'rediss://b'], mode: cluster } | state.redis.urls: all must have the same scheme, user, password and database",
                "{ urls: ['redis://a/1'], mode: cluster } | state.redis.urls: a cluster has no databases but 0: remove what follows the address",
                "{ urls: 'redis://a', mode: sentinel } | state.redis.mode: mode 'sentinel' needs the name of the master: set state.redis.master",
                "{ urls: 'redis://a', master: m } | state.redis.master: only sentinels know masters by name: set state.redis.mode to sentinel, or remove it",
                "{ urls: 'redis://a', user: m } | state.redis.user: a user without a password cannot log in: set state.redis.password",
                "{ urls: 'redis://:x@a', password: m } | state.redis.password: the URL holds a password, too: keep one of them",
                "{ urls: 'redis://a', tls: { insecure: true } } | state.redis.tls: goes with rediss:// only: write rediss:// in the URLs, or remove it",
                "{ urls: 'redis://a', prefix: '{x}' } | state.redis.prefix: expected text without braces and white space, got '{x}'",
                "{ urls: 'redis://a', timeout: 0s } | state.redis.timeout: must be more than zero",
                "{ urls: 'redis://a', connections: 65 } | state.redis.connections: expected at most 64, got 65",
                "{ mode: single } | state.redis: required key 'urls' is missing"
            })
    void aBadRedisIsAnErrorWithItsPlaceAndWithoutItsPassword(String redis, String message) {
        assertThat(files.problems("state: { redis: " + redis + " }\nroutes: [{ name: r, upstream: \"http://a\" }]"))
                .singleElement(InstanceOfAssertFactories.STRING)
                .matches("sluice\\.yaml:1:[0-9]+ .*")
                .endsWith(message)
                .doesNotContain("pass@");
    }
}
