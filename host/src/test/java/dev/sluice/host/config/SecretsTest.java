package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
    @TempDir
    Path directory;

    @Test
    void whatIsShownHoldsNoSecretAndPlaceholdersAsWritten() {
        ConfigFiles files = new ConfigFiles(directory);
        files.environment.put("KEY", "resolved-secret-of-the-environment");
        Config config = files.config("""
                admin: { token: a-very-long-admin-token }
                accessLog: off
                consumers:
                  - { name: alice, credentials: ["${env:KEY}", short, a-long-credential-1234] }
                providers:
                  p: { type: openai, apiTokens: ["Bearer ${env:KEY}", "${env:NONE:-fallback-secret}"], signingKey: literal-signing-key }
                  q: { type: vllm, baseUrl: "http://h:1", credentials: [{ user: a-user-of-some-length, no: "${env:KEY}" }] }
                filters:
                  - cache: { password: a-cache-password, labels: { token: a-label-with-a-name, plain: visible } }
                routes:
                  - name: a
                    match: { path: /a }
                    filters:
                      - model-fallback: { targets: [{ provider: q }] }
                      - ai-proxy: { provider: p }
                  - name: b
                    filters:
                      - ai-proxy: { provider: { type: openai, apiTokens: [an-inline-token], signingKey: inline-signing-key } }
                """);

        assertThat(config.shown().path("admin").path("token").asText()).isEqualTo("****oken");
        assertThat(config.shown().path("accessLog").asText()).isEqualTo("off");
        assertThat(config.shown().path("consumers").toString())
                .isEqualTo("[{\"name\":\"alice\",\"credentials\":[\"${env:KEY}\",\"****\",\"****1234\"]}]");
        assertThat(config.shown().path("providers").path("p").toString())
                .isEqualTo("{\"type\":\"openai\",\"apiTokens\":[\"****${env:KEY}\",\"${env:NONE:-****}\"],"
                        + "\"signingKey\":\"****-key\"}");
        assertThat(config.shown().path("providers").path("q").toString())
                .isEqualTo("{\"type\":\"vllm\",\"baseUrl\":\"http://h:1\","
                        + "\"credentials\":[{\"user\":\"****ngth\",\"no\":\"${env:KEY}\"}]}");
        assertThat(config.shown().path("filters").toString())
                .isEqualTo("[{\"cache\":{\"password\":\"****word\","
                        + "\"labels\":{\"token\":\"****name\",\"plain\":\"visible\"}}}]");
        assertThat(config.shown().at("/routes/1/filters/0/ai-proxy/provider").toString())
                .isEqualTo("{\"type\":\"openai\",\"apiTokens\":[\"****oken\"],\"signingKey\":\"****-key\"}");
        assertThat(config.shown().toString()).doesNotContain("resolved-secret").doesNotContain("fallback-secret");
        assertThat(config.consumers().get(0).credentials().get(0)).isEqualTo("resolved-secret-of-the-environment");
    }
}
