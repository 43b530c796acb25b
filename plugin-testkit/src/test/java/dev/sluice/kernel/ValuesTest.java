package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.testkit.TestGateway;
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
}
