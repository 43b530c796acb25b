package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Operation;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import dev.sluice.testkit.FakeBody;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.StreamRunner;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The filter by itself: no gateway, no network, both dialects that have views. */
class RewriteTextTest {
    private static final String SAID = "Ask Alice, not malice.";
    private static final String REWRITTEN = "Ask the clerk, not malice.";

    private final FilterFactory factory =
            new RewriteText().open(new RewriteText.Config("Alice", "the clerk"), new FakeScope());

    static Stream<Exchange> clients() {
        return Stream.of(FakeExchange.openAi(), FakeExchange.anthropic());
    }

    @ParameterizedTest
    @MethodSource("clients")
    void aWholeAnswerIsRewritten(Exchange exchange) {
        FakeBody body = FakeBody.json(Chats.reply(exchange, SAID));

        factory.newFilter(exchange).onResponseBody(body);

        assertEquals(REWRITTEN, ChatReply.of(exchange, body).text());
    }

    @ParameterizedTest
    @MethodSource("clients")
    void aStreamIsRewrittenWhereverItWasCut(Exchange exchange) {
        for (int cut = 0; cut <= SAID.length(); cut++) {
            int at = cut;
            List<Event> events = Chats.stream(
                    exchange.dialect(),
                    Chats.reply(exchange, SAID),
                    text -> List.of(text.substring(0, at), text.substring(at)));

            List<Event> out = StreamRunner.through(factory.newFilter(exchange), events);

            String text = out.stream()
                    .map(event -> ChatDelta.of(exchange, event).text())
                    .collect(Collectors.joining());
            assertEquals(REWRITTEN, text, "cut at " + at);
        }
    }

    @Test
    void whatIsNoChatIsNotLookedAt() {
        Exchange embeddings = FakeExchange.of(
                Dialect.OPENAI, Operation.EMBEDDINGS, FakeRequestHead.of("POST", "/v1/embeddings"));

        assertSame(Filter.PASS, factory.newFilter(embeddings));
    }
}
