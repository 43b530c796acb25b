package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Invariant 1: requests go down the list, answers come up it, and a reply turns round where it was made. */
class OrderTest extends Kernel {

    private TestGateway recording(String... names) {
        TestGateway with = TestGateway.with();
        for (String name : names) {
            with.filter(name, exchange -> new Recording(journal, name));
        }
        return with;
    }

    private List<String> happened() {
        journal.await("a.onComplete");
        return journal.all();
    }

    @Test
    void anAnswerComesUpTheListThatItsRequestWentDown() {
        upstream.next(Answer.json(200, Streams.openAiJson("hello")));
        route(recording("a", "b"), "a", "b");

        assertThat(json().finish().status()).isEqualTo(200);

        assertThat(happened())
                .containsExactly(
                        "a.newFilter",
                        "b.newFilter",
                        "a.onRequest",
                        "b.onRequest",
                        "a.onRequestBody",
                        "b.onRequestBody",
                        "a.onAttempt",
                        "b.onAttempt",
                        "a.try.onSend",
                        "b.try.onSend",
                        "b.try.onResponse",
                        "b.try.onResponseBody",
                        "a.try.onResponse",
                        "a.try.onResponseBody",
                        "b.onResponse",
                        "b.onResponseBody",
                        "a.onResponse",
                        "a.onResponseBody",
                        "b.onComplete",
                        "a.onComplete");
    }

    @Test
    void eachEventOfAStreamComesUpTheListToo() {
        upstream.next(Streams.whole(Streams.delta("x"), Streams.finish()));
        route(recording("a", "b"), "a", "b");

        assertThat(stream().finish().whole()).isTrue();

        assertThat(happened())
                .filteredOn(entry -> entry.contains("onEvent") || entry.contains("onEnd"))
                .containsExactly(
                        "b.try.onEvent",
                        "a.try.onEvent",
                        "b.onEvent",
                        "a.onEvent",
                        "b.try.onEvent",
                        "a.try.onEvent",
                        "b.onEvent",
                        "a.onEvent",
                        "b.try.onEnd",
                        "a.try.onEnd",
                        "b.onEnd",
                        "a.onEnd");
    }

    @Test
    void globalFiltersStandBeforeTheRoutesOwn() {
        upstream.next(Answer.json(200, "{}"));
        start(recording("a", "b"), "filters: [ b: {} ]\n", "", "a");

        json().finish();

        assertThat(happened()).startsWith("b.newFilter", "a.newFilter", "b.onRequest", "a.onRequest");
    }

    @Test
    void theBodyIsReadOnlyWhenEveryFilterHasSeenTheHead() {
        upstream.next(Answer.json(200, "{}"));
        route(recording("a", "b"), "a", "b");
        byte[] body = Streams.bytes(Streams.OPENAI_JSON);
        Client client = closed(Client.open(
                uri(Streams.OPENAI_PATH), "POST", "content-type: application/json\r\ncontent-length: " + body.length));

        journal.await("b.onRequest");
        assertThat(journal.all()).containsExactly("a.newFilter", "b.newFilter", "a.onRequest", "b.onRequest");

        assertThat(client.write(body).read().finish().status()).isEqualTo(200);
        assertThat(happened()).containsSubsequence("b.onRequest", "a.onRequestBody", "b.onRequestBody");
    }

    @Test
    void failuresGoUpTheListUntilAFilterTakesOne() {
        upstream.next(Answer.json(500, "{}"));
        route(
                recording("a", "b").filter("c", exchange -> new Recording(journal, "c") {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        super.onFailure(failure);
                        return Recovery.pass();
                    }
                }),
                "a",
                "b",
                "c");

        assertThat(json().finish().status()).isEqualTo(500);

        assertThat(happened()).containsSubsequence("c.onFailure", "b.onFailure", "a.onFailure");
    }

    @Test
    void aReplyToTheHeadPassesTheFiltersBeforeItsMakerAlone() {
        route(
                recording("a", "c").filter("b", exchange -> new Recording(journal, "b") {
                    @Override
                    public Step onRequest(RequestHead head) {
                        return Reply.chat("from b");
                    }
                }),
                "a",
                "b",
                "c");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("from b");

        assertThat(happened())
                .containsExactly(
                        "a.newFilter",
                        "b.newFilter",
                        "c.newFilter",
                        "a.onRequest",
                        "a.onResponse",
                        "a.onResponseBody",
                        "c.onComplete",
                        "b.onComplete",
                        "a.onComplete");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void soDoesAReplyToTheBody() {
        route(
                recording("a").filter("b", exchange -> new Recording(journal, "b") {
                    @Override
                    public Step onRequestBody(Body body) {
                        return Reply.json(201, body.json());
                    }
                }),
                "a",
                "b");

        assertThat(json().finish().status()).isEqualTo(201);

        assertThat(happened()).containsSubsequence("a.onRequestBody", "a.onResponse", "a.onResponseBody");
        assertThat(journal.all()).doesNotContain("b.onResponse", "b.onResponseBody");
    }

    @Test
    void soDoesAReplyToAFailure() {
        upstream.next(Answer.json(500, "{}"));
        route(
                recording("a", "c").filter("b", exchange -> new Recording(journal, "b") {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        super.onFailure(failure);
                        return Reply.chat("recovered");
                    }
                }),
                "a",
                "b",
                "c");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("recovered");

        assertThat(happened())
                .containsSubsequence("c.onFailure", "b.onFailure", "a.onResponse", "a.onResponseBody")
                .doesNotContain("a.onFailure", "b.onResponse", "c.onResponse");
    }

    @Test
    void soDoesAReplyToAnAnswersHeadAndItsSourceIsItsMaker() {
        upstream.next(Answer.json(200, Streams.openAiJson("from the upstream")));
        route(
                TestGateway.with()
                        .filter("a", exchange -> new Filter() {
                            @Override
                            public Step onResponse(ResponseHead head) {
                                journal.add("a sees " + head.status() + " from " + head.source());
                                return Step.next();
                            }
                        })
                        .filter("b", exchange -> new Filter() {
                            @Override
                            public Step onResponse(ResponseHead head) {
                                journal.add("b sees " + head.status() + " from " + head.source());
                                return Reply.error(409, "stale", "no");
                            }
                        }),
                "a",
                "b");

        assertThat(json().finish().json().at("/error/code").asText()).isEqualTo("stale");

        assertThat(journal.all().get(0)).isEqualTo("b sees 200 from upstream");
        assertThat(journal.all().get(1)).startsWith("a sees 409 from b");
    }
}
