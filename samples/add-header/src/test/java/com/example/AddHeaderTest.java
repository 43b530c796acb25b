package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.api.Filter;
import dev.sluice.api.Step;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeResponseHead;
import dev.sluice.testkit.FakeScope;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The filter by itself: no gateway, no network. */
class AddHeaderTest {
    private final Filter filter = new AddHeader()
            .open(new AddHeader.Config("x-team", "search"), new FakeScope())
            .newFilter(FakeExchange.openAi());

    @Test
    void theHeaderIsAddedAndTheAnswerGoesOn() {
        FakeResponseHead head = FakeResponseHead.json(200);

        assertEquals(Step.next(), filter.onResponse(head));
        assertEquals("search", head.headers().get("x-team"));
    }

    @Test
    void aHeaderOfTheUpstreamIsReplaced() {
        FakeResponseHead head = FakeResponseHead.stream().header("X-Team", "somebody else");

        filter.onResponse(head);

        assertEquals(List.of("search"), head.headers().all("x-team"));
    }
}
