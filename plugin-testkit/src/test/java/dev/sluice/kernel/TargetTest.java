package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Target;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Invariant 3, its target: resolved before the filters of the try are made, by mapping and endpoint of its provider. */
class TargetTest extends Kernel {

    private void providers(Filter filter, String mapping, URI... second) {
        String b = second.length == 0 ? "" : "  b: { type: test, baseUrl: " + quoted(second[0]) + " }\n";
        gateway = closed(TestGateway.with(new TestTarget())
                .filter("decides", exchange -> filter)
                .config("providers:\n  a: { type: test, endpoints: [" + quoted(upstream.uri()) + "], modelMapping: "
                        + mapping + " }\n" + b
                        + "routes:\n  - name: chat\n    filters: [ decides: {}, test-target: { provider: a }"
                        + (second.length == 0 ? "" : ", { use: test-target, config: { provider: b } }") + " ]\n")
                .start());
    }

    private static String quoted(URI uri) {
        return "\"" + uri + "\"";
    }

    private final Filter looking = new Filter() {
        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            Target target = attempt.target();
            journal.add(target.provider() + " " + target.model() + " " + target.endpoint());
            return AttemptFilter.PASS;
        }

        @Override
        public Recovery onFailure(Failure failure) {
            return failure.attempt().number() == 1
                    ? Recovery.retry(Target.of("b").model("wanted"))
                    : Recovery.pass();
        }
    };

    @Test
    void theModelIsMappedAndTheEndpointIsTheProvidersBaseWithItsPath() {
        upstream.next(Answer.json(200, "{}"));
        providers(looking, "{ \"m\": wire-m }");

        assertThat(json().finish().status()).isEqualTo(200);

        assertThat(journal.all()).containsExactly("a wire-m " + upstream.uri());
        assertThat(upstream.requests().get(0).json().path("model").asText()).isEqualTo("wire-m");
    }

    @Test
    void anotherTryGoesToTheTargetThatTheFilterNames() {
        upstream.next(Answer.json(500, "{}"));
        other.next(Answer.json(200, "{}"));
        providers(looking, "{ \"*\": wire }", other.uri().resolve("/base"));

        assertThat(json().finish().status()).isEqualTo(200);

        assertThat(journal.all())
                .isEqualTo(List.of(
                        "a wire " + upstream.uri(), "b wanted " + other.uri().resolve("/base")));
        assertThat(other.requests().get(0).path()).isEqualTo("/base" + Streams.OPENAI_PATH);
        assertThat(other.requests().get(0).json().path("model").asText()).isEqualTo("wanted");
    }

    @Test
    void aProviderThatIsNotThereIsAFailedTry() {
        providers(
                new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add("" + failure.reason());
                        return Recovery.retry(Target.of("nobody"));
                    }
                },
                "{}");
        upstream.always(received -> Answer.json(500, "{\"first\":true}"));

        assertThat(json().finish().json().path("first").asBoolean()).isTrue();
        assertThat(journal.all()).startsWith("STATUS", "NO_ENDPOINT");
    }
}
