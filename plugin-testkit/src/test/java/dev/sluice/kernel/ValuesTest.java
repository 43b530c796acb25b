package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant 9: a hook's effect is what it returns, and nothing else that it does with what arrived. */
class ValuesTest extends Kernel {
    private static final String ODD = "data:{ \"choices\" : [{\"delta\":{\"content\":\"x\"}}] ,\"odd\":  1.50 }\n\n";

    private void events(java.util.function.Function<Event, Events> hook) {
        upstream.next(Streams.whole(ODD));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return hook.apply(event);
                    }
                }),
                "a");
    }

    static Stream<Arguments> looks() {
        return Stream.<UnaryOperator<Event>>of(
                        event -> event,
                        event -> {
                            event.json();
                            return event;
                        },
                        event -> {
                            event.edit(root -> root.put("odd", 2)).name("other").withData("gone");
                            return event;
                        })
                .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("looks")
    void anEventThatIsReturnedAsItArrivedIsWrittenAsItsBytes(UnaryOperator<Event> look) {
        events(look::apply);

        assertThat(stream().finish().body()).isEqualTo(ODD + "data: [DONE]\n\n");
    }

    @Test
    void aChangedCopyFlowsOnInItsPlace() {
        events(event -> event.edit(root -> root.put("odd", 2)));

        assertThat(stream().finish().events().get(0).json().path("odd").asInt()).isEqualTo(2);
    }

    @Test
    void severalFlowOnInTheirOrder() {
        events(event -> Events.of(Event.data("{\"n\":1}"), event, Event.data("{\"n\":2}")));

        assertThat(stream().finish().body())
                .isEqualTo("data: {\"n\":1}\n\n" + ODD + "data: {\"n\":2}\n\ndata: [DONE]\n\n");
    }

    @Test
    void nothingFlowsOnInPlaceOfADroppedEvent() {
        events(event -> Events.none());

        assertThat(stream().finish().body()).isEqualTo("data: [DONE]\n\n");
    }

    @Test
    void anEndFlowsOnAndEndsWhatTheUpstreamHasNot() throws InterruptedException {
        upstream.next(Streams.parts(ODD).silence());
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return Events.end(event);
                    }
                }),
                "a");

        assertThat(stream().finish().body()).isEqualTo(ODD + "data: [DONE]\n\n");
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE))
                .isEqualTo(dev.sluice.testkit.Received.Ending.PEER_LEFT);
    }

    private void above(Filter below) {
        route(
                TestGateway.with()
                        .filter("above", exchange -> new Recording(journal, "above"))
                        .filter("below", exchange -> below),
                "above",
                "below");
    }

    @Test
    void aWholeAnswerInPlaceOfAStreamGoesOnAsOne() {
        upstream.next(Streams.whole(Streams.openAi("x")));
        above(new Filter() {
            @Override
            public Events onEvent(Event event) {
                return Events.held();
            }

            @Override
            public Events onEnd() {
                return Events.instead(Reply.json(202, Event.data("{}").json()));
            }
        });

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(202);
        assertThat(client.body()).isEqualTo("{}");
        journal.await("above.onComplete");
        assertThat(journal.all())
                .containsSubsequence("above.onResponse", "above.onResponseBody")
                .doesNotContain("above.onEvent", "above.onEnd");
    }

    @Test
    void itCannotTakeThePlaceOfAStreamOfWhichAPartIsOut() {
        upstream.next(Streams.whole(Streams.openAi("x")));
        above(new Filter() {
            @Override
            public Events onEnd() {
                return Events.instead(Reply.chat("too late"));
            }
        });

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body())
                .contains("the filter below", "failed in onEnd")
                .doesNotContain("too late");
    }

    @Test
    void aFailVerdictBeforeAnythingIsOutComesUpAsAnErrorAnswer() {
        upstream.next(Streams.parts(Streams.delta("bad")).silence());
        above(new Filter() {
            @Override
            public Events onEvent(Event event) {
                return Events.fail(Reply.error(400, "content_blocked", "no"));
            }
        });

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(400);
        assertThat(client.json().at("/error/code").asText()).isEqualTo("content_blocked");
        journal.await("above.onComplete");
        assertThat(journal.all())
                .containsSubsequence("above.onResponse", "above.onResponseBody")
                .doesNotContain("above.onFailure", "above.onEvent");
    }

    @Test
    void aStreamThatIsHeldByAFilterAndCutIsAnErrorAndNoBrokenAnswer() {
        upstream.next(Streams.parts(Streams.delta("x")).close());
        above(new Filter() {
            @Override
            public Events onEvent(Event event) {
                return Events.held();
            }
        });

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(502);
        assertThat(client.whole()).isTrue();
        assertThat(client.json().at("/error/code").asText()).isEqualTo("upstream_broken");
    }

    @Test
    void aStreamThatAFilterMakesPassesThoseBeforeIt() {
        above(new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                return Reply.stream(Stream.of("{\"n\":1}", "{\"n\":2}")
                                .map(Event::data)
                                .toList())
                        .paced(Duration.ofMillis(20));
            }
        });

        assertThat(stream().finish().body()).isEqualTo("data: {\"n\":1}\n\ndata: {\"n\":2}\n\ndata: [DONE]\n\n");
        journal.await("above.onComplete");
        assertThat(journal.all())
                .containsSubsequence("above.onResponse", "above.onEvent", "above.onEvent", "above.onEnd");
    }
}
