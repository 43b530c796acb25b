package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Said;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.Chats.Prefill;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * First proof: an Anthropic client's answer from an OpenAI-shaped model is cut, and goes on at a Gemini-shaped one that
 * refuses to be prefilled.
 */
class ResumeProofTest extends Kernel {
    private static final String SAID = "The answer to the question is for";
    private static final String REST = "ty-two, as everybody knows.";

    /** Carries a cut answer on elsewhere: prefilled first, and asked for in words where that is refused. */
    private static final class Resume implements Filter {
        private final Exchange exchange;
        private final Target fallback;
        private final Chats.FirstStream first;
        private Usage spent = Usage.NONE;
        private boolean prefillRefused;

        Resume(Exchange exchange, Target fallback) {
            this.exchange = exchange;
            this.fallback = fallback;
            this.first = Chats.firstStream(exchange);
        }

        @Override
        public Recovery onFailure(Failure failure) {
            if (!failure.accepted()) {
                return Recovery.retry(fallback);
            }
            if (!failure.attempt().isResume()) {
                spent = Usage.of(0, exchange.tokens(failure.attempt().said().text()))
                        .asEstimated();
                return Recovery.resume(fallback);
            }
            boolean again = failure.status() == 400 && !prefillRefused;
            prefillRefused = true;
            return again ? Recovery.resume(fallback) : Recovery.pass();
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return attempt.isResume() ? new Resumed(attempt.said()) : AttemptFilter.PASS;
        }

        @Override
        public Events onEvent(Event event) {
            return first.onEvent(event);
        }

        private final class Resumed implements AttemptFilter {
            private final Said said;
            private ResponseHooks splice;

            Resumed(Said said) {
                this.said = said;
            }

            @Override
            public Step onSend(UpstreamRequest request) {
                ChatRequest chat = ChatRequest.of(exchange, request.body());
                Chats.Continuation how =
                        prefillRefused ? Chats.continuation(chat, said) : Chats.prefill(chat, said, Prefill.PLAIN);
                splice = Chats.splice(first, how, spent);
                return Step.next();
            }

            @Override
            public Events onEvent(Event event) {
                return splice.onEvent(event);
            }

            @Override
            public Events onEnd() {
                return splice.onEnd();
            }
        }
    }

    @BeforeEach
    void start() {
        Target fallback = Target.of("gemini").endpoint(other.uri());
        route(
                TestGateway.with()
                        .filter("resume", exchange -> new Resume(exchange, fallback))
                        .filter("translate", Vendors::new),
                "resume",
                "translate");
        other.always(ResumeProofTest::gemini);
    }

    /** Refuses a model's turn at the end; else says what is missing after the last one it is given. */
    private static Answer gemini(Received request) {
        JsonNode contents = request.json().path("contents");
        JsonNode last = contents.get(contents.size() - 1);
        if (last.path("role").asText().equals("model")) {
            return Answer.json(400, "{\"error\":{\"code\":400,\"message\":\"last turn must be the user's\"}}");
        }
        JsonNode before = contents.path(contents.size() - 2);
        String given = before.path("role").asText().equals("model")
                ? before.at("/parts/0/text").asText()
                : "";
        String missing = (SAID + REST).substring(given.length());
        int half = missing.length() / 2;
        return Streams.whole(
                candidate(missing.substring(0, half), ""),
                candidate(missing.substring(half), ",\"finishReason\":\"STOP\""));
    }

    private static String candidate(String text, String finish) {
        return "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" + text + "\"}]}"
                + finish + "}]}\n\n";
    }

    private static void assertSeamless(Client client) {
        assertThat(client.finish().whole()).isTrue();
        assertThat(client.text(Dialect.ANTHROPIC)).isEqualTo(SAID + REST);
        List<String> names = client.events().stream().map(Event::name).toList();
        assertThat(names).startsWith("message_start", "content_block_start", "content_block_delta");
        assertThat(names).endsWith("content_block_delta", "content_block_stop", "message_delta", "message_stop");
        assertThat(names.subList(2, names.size() - 3)).containsOnly("content_block_delta");
        assertThat(client.events()).allMatch(event -> event.json().path("index").asInt() == 0);
    }

    @Test
    void theClientSeesOneSeamlessAnswer() {
        upstream.next(
                Streams.parts(Streams.role(), Streams.delta("The answer to "), Streams.delta("the question is for"))
                        .close());

        assertSeamless(anthropic());

        assertThat(upstream.requests().get(0).path()).isEqualTo("/v1/chat/completions");
        assertThat(other.requests()).hasSize(2);
        JsonNode prefilled = other.requests().get(0).json().path("contents");
        assertThat(prefilled.get(1).path("role").asText()).isEqualTo("model");
        assertThat(prefilled.get(1).at("/parts/0/text").asText()).isEqualTo(SAID);
        JsonNode asked = other.requests().get(1).json().path("contents");
        assertThat(asked).hasSize(3);
        assertThat(asked.get(2).path("role").asText()).isEqualTo("user");
        assertThat(asked.get(2).at("/parts/0/text").asText()).startsWith("Your answer above was cut off");
    }

    @Test
    void itsUsageIsThatOfBoth() {
        upstream.next(Streams.parts(Streams.delta(SAID)).close());

        Client client = anthropic().finish();

        Event end = client.events().get(client.events().size() - 2);
        assertThat(end.json().at("/usage/output_tokens").asInt()).isGreaterThan(7);
    }

    @Test
    void itIsSeamlessWhereverTheFirstAnswerIsCut() {
        byte[] whole =
                Streams.bytes(Streams.role() + Streams.delta("The answer to ") + Streams.delta("the question is for"));

        for (int length = 0; length <= whole.length; length += 9) {
            upstream.next(
                    Answer.stream().head().chunk(Arrays.copyOf(whole, length)).close());
            try (Client client = Client.post(uri(Streams.ANTHROPIC_PATH), Streams.ANTHROPIC_STREAM)) {
                assertSeamless(client);
            }
        }
    }

    @Test
    void aSecondRefusalLeavesTheClientWithABrokenAnswerAndNotWithAShortOne() {
        upstream.next(Streams.parts(Streams.delta(SAID)).close());
        other.always(request -> Answer.json(400, "{\"error\":{\"message\":\"never\"}}"));

        Client client = anthropic().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.events()).extracting(Event::name).last().isEqualTo("error");
        assertThat(other.requests()).hasSize(2);
    }
}
