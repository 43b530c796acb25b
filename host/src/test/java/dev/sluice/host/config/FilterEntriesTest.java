package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.host.config.TestFilters.Cache;
import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.host.plugin.TestPlugin;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilterEntriesTest {
    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    private static String route(String entry) {
        return "routes:\n  - name: r\n    upstream: http://127.0.0.1:1\n    filters:\n      - " + entry + "\n";
    }

    private FilterUse use(String entry) {
        return files.config(route(entry)).routes().get(0).filters().get(0);
    }

    private Cache cache(String config) {
        return (Cache) use("cache: " + config).config();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "cache| :9 routes[0].filters[0]: expected a filter and its config: write '- cache: {}'",
                "5| :9 routes[0].filters[0]: expected a filter and its config like '- key-auth: {}', got a number",
                "{}| :9 routes[0].filters[0]: expected one filter an entry, got 0 keys: write '- NAME: {…}', or '- { use: NAME, config: {…}, onError: skip }'",
                "{ cache: {}, onError: skip }| :9 routes[0].filters[0]: expected one filter an entry, got 2 keys: write '- cache: {…}', or '- { use: cache, config: {…}, onError: skip }'",
                "cache: 5| :16 routes[0].filters[0].cache: expected a mapping of the filter's settings, got a number",
                "ghost: {}| :9 routes[0].filters[0].ghost: no filter of this name is installed; installed: ai-proxy, cache, key-auth, key-failover, model-fallback",
                "ai-cach: {}| :9 routes[0].filters[0].ai-cach: no filter of this name is installed, did you mean 'ai-cache'?; installed: ai-proxy, cache, key-auth, key-failover, model-fallback",
                "{ use: cache, version: \"1.5\" }| :32 routes[0].filters[0].version: version '1.5' of 'cache' is not installed: installed is 1.0.0, 1.4.2, 1.10.0",
                "{ use: cache, version: 1.4 }| :32 routes[0].filters[0].version: expected text, got 1.4: put it in quotes",
                "{ use: 5 }| :16 routes[0].filters[0].use: expected text, got 5: put it in quotes",
                "{ use: cache, onError: ignore }| :32 routes[0].filters[0].onError: expected one of fail, skip, got 'ignore'",
                "{ use: cache, confg: {} }| :23 routes[0].filters[0].confg: unknown key, did you mean 'config'?",
                "{ use: cache, canary: { version: \"1.5\" } }| :23 routes[0].filters[0].canary: canary is not supported yet: remove it",
                "cache: { ttl: soon }| :23 routes[0].filters[0].cache.ttl: expected a duration like 5s, or a number of seconds, got 'soon'",
                "cache: { ttl: 0 }| :23 routes[0].filters[0].cache.ttl: must be more than zero",
                "cache: { ttl: -5 }| :23 routes[0].filters[0].cache.ttl: expected a duration like 5s, or a number of seconds, got -5",
                "cache: { maxBytes: 5 }| :28 routes[0].filters[0].cache.maxBytes: expected a size like 32MiB, got 5",
                "cache: { service: nowhere }| :27 routes[0].filters[0].cache.service: expected a URL like https://example.com/path, got 'nowhere'",
                "cache: { scope: rout }| :25 routes[0].filters[0].cache.scope: expected one of consumer, whole-route, got 'rout'",
                "cache: { password: 123 }| :28 routes[0].filters[0].cache.password: expected text, got a number: put it in quotes",
                "cache: { password: \"\" }| :28 routes[0].filters[0].cache.password: must not be empty",
                "cache: { rules: [{ limit: 5 }] }| :26 routes[0].filters[0].cache.rules[0]: required key 'by' is missing",
                "cache: { rules: [{ by: a, limt: 5 }] }| :35 routes[0].filters[0].cache.rules[0].limt: unknown key, did you mean 'limit'?",
                "cache: { rules: [{ by: a, limit: 2000000 }] }| :26 routes[0].filters[0].cache.rules[0]: a limit above a million is none",
                "cache: { maxEntries: 99999999999 }| :30 routes[0].filters[0].cache.maxEntries: is out of the range of int",
                "cache: { extra: 5 }| :25 routes[0].filters[0].cache.extra: expected text or a list, got 5",
                "cache: { extra: [1, a] }| :29 routes[0].filters[0].cache.extra[1]: expected a whole number, got 'a'",
                "cache: { ttl: 1h, cacheTTL: 5 }| :27 routes[0].filters[0].cache.cacheTTL: another spelling of 'ttl', which is given too: keep one",
                "cache: { ttl_ms: 1, cacheTTL: 5 }| :18 routes[0].filters[0].cache.ttl_ms: another spelling of 'ttl', which is given too: keep one",
                "cache: { cacheTTL: soon }| :28 routes[0].filters[0].cache.ttl: expected a duration like 5s, or a number of seconds, got 'soon'",
                "{ use: cache, config: { tll: 1s } }| :33 routes[0].filters[0].config.tll: unknown key, did you mean 'ttl'?",
            })
    void aBrokenEntryIsAProblem(String entry, String problem) {
        assertThat(files.problems(route(entry))).containsExactly("sluice.yaml:5" + problem);
    }

    @Test
    void aMissingConfigIsAnEmptyOne() {
        Cache cache = (Cache) use("cache:").config();
        assertThat(cache.ttl()).isEqualTo(Duration.ofHours(1));
        assertThat(cache.maxBytes()).isEqualTo(64L << 20);
        assertThat(cache.scope()).isEqualTo(TestFilters.Scope.CONSUMER);
        assertThat(cache.rules()).isEmpty();
        assertThat(cache.labels()).isEmpty();
        assertThat(use("{ use: cache }").config()).isEqualTo(cache);
        assertThat(use("ai-cache: {}").config()).isEqualTo(cache);
    }

    @Test
    void aVersionMayBePinned() {
        assertThat(use("{ use: cache, version: \"1.4\" }").filter().generation().version())
                .isEqualTo("1.4.2");
        assertThat(use("{ use: ai-cache, version: \"1.0.0\" }")
                        .filter()
                        .generation()
                        .version())
                .isEqualTo("1.0.0");
    }

    @Test
    void otherSpellingsAreRenamedInTheirUnit() {
        assertThat(cache("{ ttl: 90 }").ttl()).isEqualTo(Duration.ofSeconds(90));
        assertThat(cache("{ cacheTTL: 90 }").ttl()).isEqualTo(Duration.ofSeconds(90));
        assertThat(cache("{ ttl_ms: 90 }").ttl()).isEqualTo(Duration.ofMillis(90));
        assertThat(cache("{ ttl_ms: 5s }").ttl()).isEqualTo(Duration.ofSeconds(5));
        assertThat(cache("{ rules: [{ limit_by: user }] }").rules())
                .extracting("by")
                .containsExactly("user");
        files.environment.put("MS", "250");
        assertThat(cache("{ ttl_ms: \"${env:MS}\" }").ttl()).isEqualTo(Duration.ofMillis(250));
        files.environment.put("SECONDS", "90");
        assertThat(cache("{ ttl: \"${env:SECONDS}\" }").ttl()).isEqualTo(Duration.ofSeconds(90));
        files.environment.put("MAX", "7");
        assertThat(cache("{ maxEntries: \"${env:MAX}\" }").maxEntries()).isEqualTo(7);
    }

    @Test
    void theTreeIsWhatTheConfigWasBoundFrom() {
        FilterUse use = use("cache: { cacheTTL: 90 }");
        assertThat(use.tree().toString()).isEqualTo("{\"ttl\":\"90s\",\"maxBytes\":67108864,\"scope\":\"consumer\"}");
    }

    private List<String> normalized(UnaryOperator<ObjectNode> normalize) {
        files.catalog = TestPlugin.catalog(List.of(TestFilters.CACHE.normalizing(normalize)));
        return files.problems(route("cache: { maxEntries: 1 }"));
    }

    @Test
    void aPluginMayNormaliseItsConfig() {
        files.catalog = TestPlugin.catalog(List.of(TestFilters.CACHE.normalizing(tree -> {
            tree.set("maxEntries", tree.remove("size"));
            return tree;
        })));
        assertThat(cache("{ size: 5 }").maxEntries()).isEqualTo(5);
    }

    @Test
    void whatAPluginThrowsWhileNormalisingIsAProblemOfItsEntry() {
        String at = "sluice.yaml:5:16 routes[0].filters[0].cache";
        assertThat(normalized(tree -> {
                    throw new ConfigException("maxEntries", "one is too few");
                }))
                .containsExactly("sluice.yaml:5:30 routes[0].filters[0].cache.maxEntries: one is too few");
        assertThat(normalized(tree -> {
                    throw new StackOverflowError("deep");
                }))
                .containsExactly(at + ": the filter's normalize() failed: java.lang.StackOverflowError: deep");
        assertThat(normalized(tree -> null))
                .containsExactly(at + ": the filter's normalize() returned null: this is a bug of the plugin");
        assertThat(normalized(tree -> tree.set("maxEntries", IntNode.valueOf(0))))
                .containsExactly("sluice.yaml:5:30 routes[0].filters[0].cache.maxEntries: expected at least 1, got 0");
    }

    @Test
    void aRefusedJarIsNamedWhereItsFilterIsMissing() throws Exception {
        Path plugins = Files.createDirectories(directory.resolve("plugins"));
        Files.write(plugins.resolve("cache-1.jar"), new byte[0]);
        files.catalog = TestJar.load(plugins);
        assertThat(files.problems(route("cache: {}")))
                .containsExactly("sluice.yaml:5:9 routes[0].filters[0].cache: no filter of this name is installed; none"
                        + " is installed; cache-1.jar is refused: it is not a whole zip file (zip file is empty): copy"
                        + " it again");
    }

    @Test
    void aConfigHoldsNoClassOfAPluginLongerThanItself() throws Exception {
        WeakReference<ClassLoader> loader = configuredAndClosed();
        Awaitility.await().until(() -> {
            System.gc();
            return loader.get() == null;
        });
    }

    private WeakReference<ClassLoader> configuredAndClosed() throws Exception {
        Path plugins = Files.createDirectories(directory.resolve("plugins"));
        TestJar.withFilter("demo", "1.0.0", "demo").write(plugins.resolve("demo.jar"));
        files.catalog = TestJar.load(plugins);
        Record bound = use("demo: {}").config();
        InstalledFilter filter = files.catalog.find("demo", null).orElseThrow();
        assertThat(bound).isInstanceOf(filter.plugin().configType());
        filter.generation().close();
        files.catalog = PluginCatalog.empty();
        return new WeakReference<>(bound.getClass().getClassLoader());
    }
}
