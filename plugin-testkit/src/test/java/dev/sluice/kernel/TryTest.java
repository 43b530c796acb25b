package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant 3: what a try is made of, and that nothing of it is left behind when it fails. */
class TryTest extends Kernel {

    /** Writes down each failure and goes on elsewhere. */
    private final class GoOn implements Filter {
        @Override
        public Recovery onFailure(Failure failure) {
            Body body = failure.body();
            journal.add(failure.reason() + " " + failure.status() + " " + failure.code()
                    + (body == null ? "" : " " + body.json()));
            return Recovery.retry(elsewhere());
        }
    }

    /** A filter that is nothing but what it does to a try. */
    private static Filter inTry(Function<Attempt, AttemptFilter> made) {
        return new Filter() {
            @Override
            public AttemptFilter onAttempt(Attempt attempt) {
                return made.apply(attempt);
            }
        };
    }

    @Test
    void eachTryHasItsOwnCopyOfTheRequest() {
        upstream.next(Answer.json(500, "{}"));
        other.next(Answer.json(200, "{}"));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "shapes",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        journal.add("shape " + request.path() + " "
                                                + request.headers().get("x-try")
                                                + request.body().json());
                                        request.path("/try/" + attempt.number());
                                        request.query("n=" + attempt.number());
                                        request.method("put");
                                        request.headers().set("x-try", "" + attempt.number());
                                        request.body().edit(root -> root.put("try", attempt.number()));
                                        return Step.next();
                                    }
                                })),
                "goes-on",
                "shapes");

        assertThat(json().finish().status()).isEqualTo(200);

        String untouched = "shape " + Streams.OPENAI_PATH + " null" + Streams.OPENAI_JSON;
        assertThat(journal.all()).containsExactly(untouched, "STATUS 500 upstream_error {}", untouched);
        assertThat(upstream.requests().get(0).target()).isEqualTo("/try/1?n=1");
        assertThat(upstream.requests().get(0).method()).isEqualTo("PUT");
        assertThat(other.requests().get(0).target()).isEqualTo("/try/2?n=2");
        assertThat(other.requests().get(0).headers().get("x-try")).isEqualTo("2");
        assertThat(other.requests().get(0).json().path("try").asInt()).isEqualTo(2);
    }

    @Test
    void aTrysFirstEditCopiesAndLeavesTheExchangesBodyAlone() {
        upstream.next(Answer.json(500, "{}"));
        route(
                TestGateway.with()
                        .filter("looks", exchange -> new Filter() {
                            private Body body;

                            @Override
                            public Step onRequestBody(Body body) {
                                this.body = body;
                                return Step.next();
                            }

                            @Override
                            public Recovery onFailure(Failure failure) {
                                journal.add(body.json().toString());
                                return Recovery.pass();
                            }
                        })
                        .filter(
                                "edits",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        request.body().edit(root -> root.put("edited", 1));
                                        request.body().edit(root -> root.put("edited", 2));
                                        return Step.next();
                                    }
                                })),
                "looks",
                "edits");

        json().finish();

        assertThat(journal.all()).containsExactly(Streams.OPENAI_JSON);
        assertThat(upstream.requests().get(0).json().path("edited").asInt()).isEqualTo(2);
    }

    @Test
    void aTryKnowsItsNumberAndTargetAndKeepsWhatIsPutForItAlone() {
        Key<String> mark = Key.of("mark", String.class);
        upstream.next(Answer.json(500, "{}"));
        other.next(Answer.json(200, "{}"));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "knows",
                                exchange -> inTry(attempt -> {
                                    journal.add(attempt.number() + " "
                                            + attempt.target().endpoint() + " " + attempt.get(mark));
                                    attempt.put(mark, "mine");
                                    return AttemptFilter.PASS;
                                })),
                "goes-on",
                "knows");

        json().finish();

        assertThat(journal.all()).containsSubsequence("1 " + upstream.uri() + " null", "2 " + other.uri() + " null");
    }

    @Test
    void aReplyBelow400InATryIsTheAnswerAndPassesTheTryFiltersBeforeIt() {
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter("a", exchange -> new Recording(journal, "a"))
                        .filter(
                                "b",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        return Reply.chat("from the try");
                                    }
                                }))
                        .filter("c", exchange -> new Recording(journal, "c")),
                "goes-on",
                "a",
                "b",
                "c");

        Client client = json().finish();

        assertThat(client.text(Dialect.OPENAI)).isEqualTo("from the try");
        assertThat(journal.all())
                .containsSubsequence("a.try.onSend", "a.try.onResponse", "a.try.onResponseBody", "c.onResponse")
                .doesNotContain("c.try.onSend", "c.try.onResponse", "a.onFailure");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aReplyOf400OrAboveInATryIsAFailedTry() {
        other.next(Answer.json(200, Streams.openAiJson("from elsewhere")));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "refuses",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        return attempt.number() == 1
                                                ? Reply.error(429, "rate_limited", "not now")
                                                : Step.next();
                                    }
                                })),
                "goes-on",
                "refuses");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("from elsewhere");
        assertThat(journal.all().get(0)).startsWith("STATUS 429 rate_limited");
    }

    static Stream<AttemptFilter> throwing() {
        return Stream.of(
                new AttemptFilter() {
                    @Override
                    public Step onSend(UpstreamRequest request) {
                        if (request.attempt().number() == 1) {
                            throw new IllegalStateException("onSend");
                        }
                        return Step.next();
                    }
                },
                new AttemptFilter() {
                    @Override
                    public Step onResponse(ResponseHead head) {
                        if (head.headers().get("x-bad") != null) {
                            throw new IllegalStateException("onResponse");
                        }
                        return Step.next();
                    }
                },
                new AttemptFilter() {
                    @Override
                    public Events onEvent(Event event) {
                        if (event.mentions("bad")) {
                            throw new IllegalStateException("onEvent");
                        }
                        return event;
                    }
                },
                new AttemptFilter() {
                    private int events;

                    @Override
                    public Events onEvent(Event event) {
                        events++;
                        return Events.held();
                    }

                    @Override
                    public Events onEnd() {
                        if (events == 2) {
                            throw new IllegalStateException("onEnd");
                        }
                        return Events.none();
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("throwing")
    void anExceptionInAnAttemptFilterFailsTheTryAndNotTheExchange(AttemptFilter throwing) {
        upstream.next(Streams.whole(Streams.delta("bad"), Streams.finish()));
        upstream.always(received -> Answer.status(200).header("x-bad", "yes").end());
        other.next(Streams.whole(Streams.delta("good")));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "throws",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    private final boolean first = attempt.number() == 1;

                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        return throwing.onSend(request);
                                    }

                                    @Override
                                    public Step onResponse(ResponseHead head) {
                                        if (first) {
                                            head.headers().set("x-bad", "yes");
                                        }
                                        return throwing.onResponse(head);
                                    }

                                    @Override
                                    public Events onEvent(Event event) {
                                        return first ? throwing.onEvent(event) : event;
                                    }

                                    @Override
                                    public Events onEnd() {
                                        return first ? throwing.onEnd() : Events.none();
                                    }
                                })),
                "goes-on",
                "throws");

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.whole()).isTrue();
        assertThat(client.text(Dialect.OPENAI)).isEqualTo("good");
        assertThat(journal.all()).containsExactly("FILTER 0 filter_failed");
    }

    @Test
    void anErrorAnswerPassesTheTrysHooksBeforeItBecomesAFailure() {
        upstream.next(Answer.json(418, "{\"vendor\":\"says no\"}"));
        other.next(Answer.json(200, "{}"));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "translates",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onResponse(ResponseHead head) {
                                        if (head.status() == 418) {
                                            head.status(429);
                                        }
                                        return Step.next();
                                    }

                                    @Override
                                    public Step onResponseBody(Body body) {
                                        if (body.json().has("vendor")) {
                                            body.edit(root -> {
                                                root.removeAll();
                                                root.putObject("error").put("code", "rate_limited");
                                            });
                                        }
                                        return Step.next();
                                    }
                                })),
                "goes-on",
                "translates");

        assertThat(json().finish().status()).isEqualTo(200);
        assertThat(journal.all()).containsExactly("STATUS 429 rate_limited {\"error\":{\"code\":\"rate_limited\"}}");
    }

    @Test
    void whatAReplyTellsTheClientHidesNothingFromTheFiltersAbove() {
        upstream.next(Answer.json(401, "{}"));
        other.next(Streams.whole(Streams.openAi("good")));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "translates",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onResponse(ResponseHead head) {
                                        return head.status() == 401
                                                ? Reply.error(502, "upstream_auth", "our key was refused")
                                                        .spelled("auth", "bad_key", null)
                                                        .header("x-sluice-error", "upstream_auth")
                                                : Step.next();
                                    }
                                })),
                "goes-on",
                "translates");

        assertThat(json().finish().status()).isEqualTo(200);
        assertThat(journal.all())
                .containsExactly(
                        "STATUS 401 upstream_auth "
                                + "{\"error\":{\"message\":\"our key was refused\",\"type\":\"auth\",\"code\":\"bad_key\",\"param\":null}}");
    }

    @Test
    void aRequestWithoutABodyCanBeAskedWhetherItIsJson() {
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with()
                        .filter(
                                "asks",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Step onSend(UpstreamRequest request) {
                                        journal.add(request.body() + " "
                                                + request.body().isJson());
                                        try {
                                            journal.add(request.body().json().toString());
                                        } catch (IllegalStateException e) {
                                            journal.add(String.valueOf(e.getMessage()));
                                        }
                                        return Step.next();
                                    }
                                })),
                "asks");

        assertThat(closed(Client.open(uri("/v1/models"), "GET", "accept: */*"))
                        .read()
                        .finish()
                        .status())
                .isEqualTo(200);
        assertThat(journal.all())
                .containsExactly("streamed false", "the request's body streams past the filters; ask isJson() first");
    }

    @Test
    void aFailVerdictInATryIsAFailedTryWithItsReplysStatusAndCode() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("bad")).silence());
        other.next(Streams.whole(Streams.openAi("good")));
        route(
                TestGateway.with()
                        .filter("goes-on", exchange -> new GoOn())
                        .filter(
                                "judges",
                                exchange -> inTry(attempt -> new AttemptFilter() {
                                    @Override
                                    public Events onEvent(Event event) {
                                        return event.mentions("bad")
                                                ? Events.fail(Reply.error(529, "overloaded", "later"))
                                                : event;
                                    }
                                })),
                "goes-on",
                "judges");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("good");
        assertThat(journal.all()).singleElement().asString().contains("529 overloaded");
    }

    @Test
    void maxTriesBoundsWhatFiltersMayAskFor() {
        upstream.always(received -> Answer.json(500, "{\"n\":1}"));
        other.always(received -> Answer.json(500, "{\"n\":2}"));
        routeWith(
                TestGateway.with().filter("goes-on", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add(failure.attempt().number() + " " + failure.canRetry());
                        return Recovery.retry(elsewhere());
                    }
                }),
                "maxTries: 3",
                "goes-on");

        Client client = json().finish();

        assertThat(client.status()).isEqualTo(500);
        assertThat(client.json().path("n").asInt()).isEqualTo(1);
        assertThat(journal.all()).containsExactly("1 true", "2 true", "3 false");
        assertThat(other.requests()).hasSize(2);
    }

    @Test
    void theRoutesTotalBoundsAllTriesTogether() {
        upstream.always(received -> Answer.json(500, "{}"));
        routeWith(
                TestGateway.with().filter("never-gives-up", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        return Recovery.retry(null, Duration.ofMillis(50));
                    }
                }),
                "maxTries: 100\ntimeouts: { total: 400ms }",
                "never-gives-up");

        Client client = json().finish();

        assertThat(client.status()).isEqualTo(504);
        assertThat(client.json().at("/error/code").asText()).isEqualTo("upstream_timeout");
        assertThat(upstream.requests().size()).isBetween(1, 20);
    }
}
