package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** First proof: JSON out of an upstream that can only stream, and a stream out of one that cannot. */
class AggregateProofTest extends Kernel {

    /** Asks for a stream whatever the client asked for, and gives it the whole. */
    private static final class Aggregate implements AttemptFilter {
        private final Exchange exchange;
        private final List<Event> events = new ArrayList<>();

        Aggregate(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public Step onSend(UpstreamRequest request) {
            request.body().edit(root -> root.put("stream", true));
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            events.add(event);
            return Events.held();
        }

        @Override
        public Events onEnd() {
            return Events.instead(Reply.json(200, Chats.aggregate(exchange.dialect(), events)));
        }
    }

    /** Asks for the whole whatever the client asked for, and gives it a stream. */
    private static final class Replay implements AttemptFilter {
        private final Exchange exchange;

        Replay(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public Step onSend(UpstreamRequest request) {
            request.body().edit(root -> root.put("stream", false));
            return Step.next();
        }

        @Override
        public Step onResponseBody(Body body) {
            boolean isAnswer = ChatReply.of(exchange, body).error() == null;
            return isAnswer ? Reply.stream(Chats.stream(exchange.dialect(), body.json())) : Step.next();
        }
    }

    private interface Made {
        AttemptFilter in(Exchange exchange);
    }

    private void route(Made made) {
        route(
                TestGateway.with().filter("turns", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return made.in(exchange);
                    }

                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add(failure.reason() + " " + failure.accepted());
                        return Recovery.retry(elsewhere());
                    }
                }),
                "turns");
    }

    @Test
    void jsonIsMadeOfAStreamHoweverTheNetworkCutsIt() {
        byte[] bytes = Streams.bytes(Streams.role() + Streams.delta("fo") + Streams.delta("rty") + Streams.finish()
                + Streams.usage(3, 2) + "data: [DONE]\n\n");
        route(Aggregate::new);

        Streams.someCuts(bytes).forEach(parts -> {
            upstream.next(Streams.cutInto(parts));
            try (Client client = Client.post(uri(Streams.OPENAI_PATH), Streams.OPENAI_JSON)) {
                ChatReply reply = client.finish().reply(Dialect.OPENAI);
                assertThat(client.header("content-type")).isEqualTo("application/json");
                assertThat(reply.text()).isEqualTo("forty");
                assertThat(reply.usage()).isEqualTo(Usage.of(3, 2));
            }
        });
        assertThat(upstream.requests())
                .allMatch(request -> request.json().path("stream").asBoolean());
    }

    @Test
    void anAnthropicClientGetsItsOwnKindOfJson() {
        upstream.next(Streams.whole(Streams.anthropic("for", "ty")));
        route(Aggregate::new);

        String ask = Streams.ANTHROPIC_STREAM.replace("true", "false");
        Client client = closed(Client.post(uri(Streams.ANTHROPIC_PATH), ask)).finish();

        assertThat(client.json().path("type").asText()).isEqualTo("message");
        assertThat(client.text(Dialect.ANTHROPIC)).isEqualTo("forty");
    }

    @Test
    void aStreamThatIsCutWhileItIsHeldIsTriedAgain() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("fo")).close());
        other.next(Streams.whole(Streams.openAi("forty")));
        route(Aggregate::new);

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("forty");
        assertThat(journal.all()).containsExactly("BROKEN false");
    }

    @Test
    void aStreamIsMadeOfJson() {
        upstream.next(Answer.json(200, Streams.openAiJson("forty")));
        route(Replay::new);

        Client client = stream().finish();

        assertThat(client.header("content-type")).isEqualTo("text/event-stream");
        assertThat(client.text(Dialect.OPENAI)).isEqualTo("forty");
        assertThat(client.body()).endsWith("data: [DONE]\n\n");
        assertThat(upstream.requests().get(0).json().path("stream").asBoolean()).isFalse();
    }

    @Test
    void anErrorStaysOneAndIsTriedAgain() {
        upstream.next(Answer.json(500, "{\"error\":{\"message\":\"no\"}}"));
        other.next(Answer.json(200, Streams.openAiJson("forty")));
        route(Replay::new);

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("forty");
        assertThat(journal.all()).containsExactly("STATUS false");
    }
}
