package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.ConfigLoader.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever stands in a file, loading it gives a config or problems, and never throws. */
class ConfigFuzzTest {
    private static final List<String> TOKENS = List.of(
            "{}",
            "[]",
            "5",
            "-1",
            "1e99",
            "text",
            "\"\"",
            "true",
            "null",
            "[[]]",
            "{ a: {} }",
            "5s",
            "32MiB",
            "${env:A}",
            "http://h:1",
            "*",
            "&a x",
            "*a",
            "!t x",
            "[1, {}]",
            "{ use: cache }",
            "{ cache: [] }",
            ".nan",
            "~(");
    private static final String WHOLE = """
            include: [a.yaml]
            listen: { host: h, port: 1, tls: { cert: c, key: k }, http2: true, cors: { origins: ["*"] }, limits: { head: 1KiB } }
            admin: { host: h, port: 2, token: t, upload: true, hosts: [a] }
            plugins: { dir: d, trust: [] }
            state: { redis: "redis://h:1" }
            drain: { swap: 1h, shutdown: 1s }
            accessLog: off
            consumers: [{ name: a, credentials: [k], groups: [g] }]
            providers: { p: { type: openai, apiTokens: [t], modelMapping: { a: b }, timeouts: { idle: 1s }, tls: { ca: c } } }
            filters: [{ key-auth: {} }]
            routes:
              - name: r
                match: { path: /a, model: [m], host: h, method: GET, headers: { a: b } }
                timeouts: { idle: 1s }
                filters:
                  - { use: cache, version: "1.4", config: { ttl: 1h, rules: [{ by: a }], extra: [1] }, onError: skip }
                  - ai-proxy: { provider: { id: x, type: vllm, endpoints: ["http://h:1"] } }
            """;

    @TempDir
    Path directory;

    @Test
    void oneValueReplacedByAnyOther() {
        ConfigFiles files = new ConfigFiles(directory);
        Random random = new Random(20261121);
        List<String> words = List.of(WHOLE.split("(?<=[\\s\\[\\]{},:])|(?=[\\s\\[\\]{},:])"));
        for (int round = 0; round < 1500; round++) {
            StringBuilder yaml = new StringBuilder();
            int replaced = random.nextInt(words.size());
            for (int i = 0; i < words.size(); i++) {
                boolean other = i == replaced || random.nextInt(200) == 0;
                yaml.append(
                        other && !words.get(i).isBlank() ? TOKENS.get(random.nextInt(TOKENS.size())) : words.get(i));
            }
            Result result = files.load(yaml.toString());
            assertThat(result.files()).contains(directory.resolve("sluice.yaml"));
            if (result instanceof Broken broken) {
                assertThat(broken.problems()).as(yaml.toString()).isNotEmpty();
            } else {
                assertThat(((Loaded) result).config().routes()).isNotNull();
            }
        }
    }
}
