package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is asked, over many calls and reloads. */
class RescueTest {
    private final AtomicBoolean ill = new AtomicBoolean();
    private BrokenUpstream primary;
    private BrokenUpstream backup;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        primary = BrokenUpstream.start();
        backup = BrokenUpstream.start();
        primary.always(
                request -> ill.get() ? Answer.json(503, "{\"error\":{}}") : Upstreams.good(request, Upstreams.TEXT));
        backup.always(Upstreams.healthy());
    }

    @AfterEach
    void stop() throws Exception {
        gateway.close();
        primary.close();
        backup.close();
    }

    private String config(String fallback, String route) {
        return """
                providers:
                  p: { type: openai, baseUrl: "%s/v1" }
                  f: { type: openai, baseUrl: "%s/v1" }
                routes:
                  - name: chat
                    %s
                    filters:
                      - model-fallback: { backoff: 10ms, %s }
                      - ai-proxy: { provider: p }
                """.formatted(primary.uri(), backup.uri(), route, fallback);
    }

    private void gateway(String fallback) {
        gateway = TestGateway.with(new ModelFallback(), new AiProxy())
                .config(config(fallback, "maxTries: 6"))
                .start();
    }

    private Call call(String... headers) {
        return Call.make(gateway.uri("/"), Dialect.OPENAI, false, "", headers);
    }

    @Test
    void aTargetThatIsOutStaysOutOverReloads() {
        String fallback = "targets: [{ provider: f, model: backup }], health: { consecutive: 4, baseEjection: 1h }";
        gateway(fallback);
        ill.set(true);
        for (int i = 0; i < 4; i++) {
            assertThat(call().model()).isEqualTo("backup");
        }
        int asked = primary.requests().size();
        assertThat(asked).isEqualTo(4);

        for (int i = 0; i < 100; i++) {
            // A changed config opens the filter anew.
            assertThat(gateway.reconfigure(config(fallback + ", maxWait: " + (1 + i) + "s", "maxTries: 5"))
                            .published())
                    .isTrue();
            Call call = call();
            assertThat(call.model()).isEqualTo("backup");
            assertThat(call.header("x-sluice-fallback-reason")).isEqualTo("ejected");
            assertThat(call.header("x-sluice-fallback-level")).isEqualTo("1");
        }
        assertThat(primary.requests()).hasSize(asked);
    }

    @Test
    void oneThatIsWellAgainIsFoundByASingleCall() {
        gateway("targets: [{ provider: f, model: backup }],"
                + " health: { consecutive: 4, baseEjection: 300ms, maxEjection: 300ms }");
        ill.set(true);
        for (int i = 0; i < 20; i++) {
            assertThat(call().model()).isEqualTo("backup");
        }
        assertThat(primary.requests().size())
                .as("few attempts while it is down")
                .isLessThan(20);
        ill.set(false);
        await().until(() -> call().header("x-sluice-fallback-level").equals("0"));
        assertThat(call().model()).isEqualTo("m");
    }

    @Test
    void withAllOutTheOneDueBackSoonestIsAsked() {
        gateway("targets: [{ provider: f, model: backup }], health: { consecutive: 2, baseEjection: 1h }");
        ill.set(true);
        backup.always(request -> Answer.json(500, "{\"error\":{}}"));
        for (int i = 0; i < 4; i++) {
            assertThat(call().status()).isEqualTo(503);
        }
        ill.set(false);
        assertThat(call().status()).isEqualTo(200);
    }

    @Test
    void whereNoKeyIsLeftTheNextModelIsAskedAtOnce() {
        gateway = TestGateway.with(new ModelFallback(), new AiProxy())
                .filter("keys", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return new AttemptFilter() {
                            @Override
                            public Step onSend(UpstreamRequest request) {
                                return attempt.target().provider().equals("p")
                                        ? Reply.error(503, "no_credential", "no key is left")
                                        : Step.next();
                            }
                        };
                    }
                })
                .config(config("targets: [{ provider: f, model: backup }]", "maxTries: 6")
                        .replace("- ai-proxy", "- keys: {}\n      - ai-proxy"))
                .start();

        Call call = call();

        assertThat(call.model()).isEqualTo("backup");
        assertThat(call.header("x-sluice-fallback-reason")).isEqualTo("no_key");
        assertThat(primary.requests()).isEmpty();
    }

    @Test
    void scenariosChooseTheirChain() {
        gateway(
                "targets: [{ provider: f, model: backup }], scenarios: [{ name: a, match: { headers: { x-task: 'an*' } },"
                        + " targets: [{ provider: f, model: analyst }, { provider: p, model: second }], strategy: weighted }]");
        ill.set(true);
        assertThat(call("x-task", "other").model()).isEqualTo("backup");
        assertThat(call("x-task", "analysis").model()).isEqualTo("analyst");
    }

    @Test
    void whatIsOverTheBudgetIsRefused() {
        gateway("strategy: cost, budgetPerRequest: 0.01,"
                + " targets: [{ provider: f, pricePer1k: { input: 5, output: 5 } }]");
        Call call = call();
        assertThat(call.status()).isEqualTo(400);
        assertThat(call.code()).isEqualTo("over_budget");
        assertThat(backup.requests()).isEmpty();
    }

    @Test
    void aTargetWithALargerWindowTakesWhatIsTooLong() {
        primary.always(request -> Upstreams.error(400, "context_length_exceeded", "too long"));
        gateway("targets: [{ provider: p, contextWindow: 100 }, { provider: f, model: small, contextWindow: 50 },"
                + " { provider: f, model: large, contextWindow: 1000 }]");
        Call call = call();
        assertThat(call.model()).isEqualTo("large");
        assertThat(call.header("x-sluice-fallback-level")).isEqualTo("2");
        assertThat(primary.requests()).hasSize(1);
        assertThat(backup.requests()).hasSize(1);
    }

    @Test
    void theAnswerWarnsIfItIsTold() {
        ill.set(true);
        gateway("targets: [{ provider: f, model: backup }, { provider: f, model: last }],"
                + " warning: Another model, limitation: A small one, retries: 0");
        JsonNode first = call().json();
        assertThat(first.path("warning").asText()).isEqualTo("Another model");
        assertThat(first.has("limitation")).isFalse();

        backup.next(Answer.json(500, "{}"));
        Call second = Call.make(gateway.uri("/"), Dialect.OPENAI, true, "");
        JsonNode event = second.events().get(0).json();
        assertThat(event.path("warning").asText()).isEqualTo("Another model");
        assertThat(event.path("limitation").asText()).isEqualTo("A small one");
        assertThat(second.events().get(1).json().has("warning")).isFalse();
        assertThat(second.text()).isEqualTo(Upstreams.TEXT);

        ill.set(false);
        assertThat(call().json().has("warning")).isFalse();
    }

    @Test
    void metricsTellFromWhereToWhereAndWhy() {
        ill.set(true);
        gateway("targets: [{ provider: f, model: backup }]");
        assertThat(call().status()).isEqualTo(200);
        String metrics = gateway.admin("/metrics").body();
        assertThat(metrics.lines().filter(line -> line.startsWith("sluice_fallbacks_total")))
                .anyMatch(line -> line.contains("from=\"p\"")
                        && line.contains("to=\"f/backup\"")
                        && line.contains("reason=\"server_error\"")
                        && line.endsWith(" 1.0"));
        assertThat(metrics)
                .contains("sluice_fallback_retries_total", "sluice_fallback_ratio", "sluice_fallback_ejected");
    }
}
