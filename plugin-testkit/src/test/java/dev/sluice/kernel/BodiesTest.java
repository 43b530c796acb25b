package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import org.junit.jupiter.api.Test;

/** Which bodies filters see, and what that changes on the wire. */
class BodiesTest extends Kernel {

    private TestGateway looking() {
        return TestGateway.with().filter("looks", exchange -> new Recording(journal, "looks"));
    }

    @Test
    void bodiesThatAreNotJsonStreamPastAndAreGoneWithTheFirstTry() {
        upstream.next(Answer.json(500, "{}"));
        route(
                TestGateway.with().filter("looks", exchange -> new Recording(journal, "looks") {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add("canRetry " + failure.canRetry());
                        return Recovery.retry();
                    }
                }),
                "looks");

        Client client = closed(Client.open(uri("/upload"), "POST", "content-type: audio/mpeg\r\ncontent-length: 5"))
                .write(Streams.bytes("sound"))
                .read()
                .finish();

        assertThat(client.status()).isEqualTo(500);
        assertThat(upstream.requests())
                .singleElement()
                .satisfies(request -> assertThat(request.text()).isEqualTo("sound"));
        assertThat(journal.all()).contains("canRetry false").doesNotContain("looks.onRequestBody");
    }

    @Test
    void aRequestWithoutABodyMayBeTriedAgain() {
        upstream.next(Answer.json(500, "{}"), Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("retries", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        return Recovery.retry();
                    }
                }),
                "retries");

        assertThat(gateway.get("/x").statusCode()).isEqualTo(200);
    }

    @Test
    void answersThatAreNotJsonPassTheHeadHookAlone() {
        upstream.next(Answer.status(200)
                .header("content-type", "text/plain")
                .chunk("x")
                .end());
        route(looking(), "looks");

        assertThat(json().finish().body()).isEqualTo("x");
        assertThat(journal.all()).contains("looks.onResponse").doesNotContain("looks.onResponseBody", "looks.onEvent");
    }

    @Test
    void anAnswerThatComesEncodedThoughNobodyAskedIsDecodedWhereAFilterLooks() {
        upstream.next(Streams.parts(Streams.openAi("for", "ty")).gzip().end());
        route(
                TestGateway.with().filter("looks", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        journal.add(event.json().at("/choices/0/delta/content").asText());
                        return event;
                    }
                }),
                "looks");

        String ask = "content-type: application/json\r\naccept-encoding: gzip\r\ncontent-length: ";
        byte[] body = Streams.bytes(Streams.OPENAI_STREAM);
        Client client = closed(Client.open(uri(Streams.OPENAI_PATH), "POST", ask + body.length))
                .write(body)
                .read()
                .finish();

        assertThat(client.text(Dialect.OPENAI)).isEqualTo("forty");
        assertThat(client.header("content-encoding")).isEmpty();
        assertThat(journal.all()).contains("for", "ty");
        assertThat(upstream.requests().get(0).headers().get("accept-encoding")).isNull();
    }

    @Test
    void whereNobodyLooksTheEncodingIsTheClientsAffair() {
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .gzip()
                .chunk("{}")
                .end());
        route(TestGateway.with().filter("a", exchange -> Filter.PASS), "a");

        Client client = closed(Client.open(uri("/x"), "GET", "accept-encoding: gzip"))
                .read()
                .finish();

        assertThat(client.header("content-encoding")).isEqualTo("gzip");
        assertThat(upstream.requests().get(0).headers().get("accept-encoding")).isEqualTo("gzip");
    }

    @Test
    void whatGoesOutIsFramedByTheHeadsContentTypeAfterTheLastHook() {
        upstream.next(Streams.whole(Streams.delta("x")));
        route(
                TestGateway.with().filter("reframes", exchange -> new Filter() {
                    @Override
                    public Step onResponse(ResponseHead head) {
                        head.headers().set("content-type", "application/x-ndjson");
                        return Step.next();
                    }

                    @Override
                    public Events onEvent(Event event) {
                        return event;
                    }
                }),
                "reframes");

        assertThat(stream().finish().body())
                .isEqualTo(Streams.delta("x").substring("data: ".length()).trim() + "\n");
    }

    @Test
    void aBodyLargerThanTheLimitIsRefused() {
        start(
                TestGateway.with().filter("looks", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        journal.add("seen");
                        return Step.next();
                    }
                }),
                "listen: { host: 127.0.0.1, port: 0, limits: { body: 1KiB } }\n",
                "",
                "looks");

        String big = "{\"model\":\"" + "x".repeat(2000) + "\"}";
        Client client = closed(Client.post(uri(Streams.OPENAI_PATH), big)).finish();

        assertThat(client.status()).isEqualTo(413);
        assertThat(client.json().at("/error/message").asText()).contains("larger than 1024 bytes");
        assertThat(journal.all()).isEmpty();
    }
}
