package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Failure.Reason;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Key;
import dev.sluice.api.Recovery;
import dev.sluice.api.Said;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeFailure;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeProvider;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The rules, one by one, on a clock that stands still. */
class FilterTest {
    private static final Said SAID = Said.of("Once upon a time", "", false, false);

    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock)
            .provider(FakeProvider.of("p", "openai"))
            .provider(FakeProvider.of("f", "openai"))
            .provider(FakeProvider.of("a", "anthropic"));

    /** A call whose target is p unless somebody says other. */
    private final class Sent {
        final FakeExchange exchange = FakeExchange.openAi()
                .clock(clock)
                .body("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        final Filter filter;
        FakeAttempt attempt = FakeAttempt.of("p", "m");
        int number;

        Sent(FilterFactory factory) {
            exchange.target(Target.of("p"));
            filter = factory.newFilter(exchange);
            var unused = filter.onRequestBody(exchange.body());
            tries();
        }

        void tries() {
            attempt = FakeAttempt.of("p", "m").number(++number);
            var unused = filter.onAttempt(attempt);
        }

        void resumes(Said said) {
            attempt = FakeAttempt.of("f", "m").number(++number).resuming(said);
            var unused = filter.onAttempt(attempt);
        }

        String fails(int status) {
            return fails(FakeFailure.status(attempt, status));
        }

        String fails(FakeFailure failure) {
            Recovery recovery = filter.onFailure(failure);
            return recovery instanceof Recovery.Resume resume ? "resume(" + resume.target() + ")" : recovery.toString();
        }

        void ends() {
            filter.onComplete(FakeOutcome.success().attempt(attempt.target(), null, null));
        }
    }

    private FilterFactory open(String config) {
        return new ModelFallback(clock, () -> 0.5).open(Configs.of("{" + config + "}"), scope);
    }

    @Test
    void theSameTargetIsAskedOnceMoreAndThenTheNext() {
        Sent call = new Sent(open("'targets':[{'provider':'f','model':'b'}]"));
        assertThat(call.fails(500)).isEqualTo("retry(null, PT0.2S)");
        call.tries();
        assertThat(call.fails(500)).isEqualTo("retry(f/b, PT0S)");
        call.tries();
        assertThat(call.fails(500)).isEqualTo("retry(null, PT0.2S)");
        call.tries();
        assertThat(call.fails(500)).isEqualTo("pass");
        assertThat(call.exchange.notes()).containsEntry("fallback_reason", "server_error");
    }

    @Test
    void waitsDouble() {
        Sent call = new Sent(open("'retries':3,'targets':[{'provider':'f'}]"));
        assertThat(call.fails(500)).isEqualTo("retry(null, PT0.2S)");
        assertThat(call.fails(500)).isEqualTo("retry(null, PT0.4S)");
        assertThat(call.fails(500)).isEqualTo("retry(null, PT0.8S)");
        assertThat(call.fails(500)).isEqualTo("retry(f, PT0S)");
    }

    @Test
    void whatTheTargetAsksForIsWaitedUpToABound() {
        FilterFactory factory = open("'targets':[{'provider':'f'}],'maxWait':'3s'");
        Sent polite = new Sent(factory);
        assertThat(polite.fails(FakeFailure.status(polite.attempt, 429).retryAfter(Duration.ofSeconds(3))))
                .isEqualTo("retry(null, PT3S)");
        Sent hasty = new Sent(factory);
        assertThat(hasty.fails(FakeFailure.status(hasty.attempt, 429).retryAfter(Duration.ofSeconds(4))))
                .isEqualTo("retry(f, PT0S)");
    }

    @Test
    void aSilentTargetIsNotAskedTwice() {
        FilterFactory factory = open("'targets':[{'provider':'f'}]");
        for (Reason reason : new Reason[] {
            Reason.CONNECT_TIMEOUT, Reason.FIRST_EVENT_TIMEOUT, Reason.ANSWER_TIMEOUT, Reason.NO_ENDPOINT
        }) {
            Sent call = new Sent(open("'targets':[{'provider':'f'}],'health':{'consecutive':0}"));
            assertThat(call.fails(FakeFailure.of(call.attempt, reason))).isEqualTo("retry(f, PT0S)");
        }
        Sent refused = new Sent(factory);
        assertThat(refused.fails(FakeFailure.of(refused.attempt, Reason.CONNECT)))
                .isEqualTo("retry(null, PT0.2S)");
    }

    @Test
    void withoutAKeyTheNextIsAskedAtOnce() {
        Sent call = new Sent(open("'targets':[{'provider':'f'}]"));
        assertThat(call.fails(FakeFailure.status(call.attempt, 503).code("no_credential")))
                .isEqualTo("retry(f, PT0S)");
    }

    @Test
    void theTotalTimeoutBoundsAllTries() {
        Sent call = new Sent(open("'targets':[{'provider':'f'}],'totalTimeout':'10s','retries':5"));
        assertThat(call.attempt.totalLimit()).isEqualTo(Duration.ofSeconds(10));
        clock.advance(Duration.ofSeconds(7));
        call.tries();
        assertThat(call.attempt.totalLimit()).isEqualTo(Duration.ofSeconds(3));
        assertThat(call.fails(FakeFailure.status(call.attempt, 429).retryAfter(Duration.ofSeconds(3))))
                .as("a wait that would end too late is not begun")
                .isEqualTo("retry(f, PT0S)");
        clock.advance(Duration.ofSeconds(3));
        assertThat(call.fails(500)).isEqualTo("pass");
    }

    @Test
    void timeoutsAreTheTargetsOwnOrTheFilters() {
        Sent call = new Sent(open("'targets':[{'provider':'f','firstEventTimeout':'200ms','answerTimeout':'4s'}]"));
        assertThat(call.attempt.firstEventLimit()).isEqualTo(Duration.ofSeconds(10));
        assertThat(call.attempt.idleLimit()).isEqualTo(Duration.ofSeconds(15));
        assertThat(call.attempt.answerLimit()).isNull();
        call.fails(FakeFailure.of(call.attempt, Reason.FIRST_EVENT_TIMEOUT));
        call.tries();
        assertThat(call.attempt.firstEventLimit()).isEqualTo(Duration.ofMillis(200));
        assertThat(call.attempt.answerLimit()).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void whereNoTryIsLeftItPasses() {
        Sent call = new Sent(open("'targets':[{'provider':'f'}]"));
        assertThat(call.fails(FakeFailure.status(call.attempt, 500).last())).isEqualTo("pass");
    }

    @Test
    void anOwnProviderThatIsListedIsNotAskedTwice() {
        Sent call = new Sent(open("'targets':[{'provider':'f','model':'b'},{'provider':'p','model':'m'}],'retries':0"));
        assertThat(call.exchange.target()).isEqualTo(Target.of("f").model("b"));
        assertThat(call.fails(500)).isEqualTo("retry(p/m, PT0S)");
        call.tries();
        assertThat(call.fails(500)).isEqualTo("pass");
    }

    @Test
    void scenariosFitByConsumerAndModel() {
        String config = "'targets':[{'provider':'f'}],'scenarios':[{'name':'s','match':{'consumer':['alice'],"
                + "'model':['m*']},'targets':[{'provider':'a','model':'c'}]}],'retries':0";
        Sent anybody = new Sent(open(config));
        assertThat(anybody.fails(500)).isEqualTo("retry(f, PT0S)");
        FakeExchange alices = FakeExchange.openAi().clock(clock).body("{\"model\":\"m1\",\"messages\":[]}");
        alices.put(Key.CONSUMER, "alice");
        alices.target(Target.of("p"));
        Filter filter = open(config).newFilter(alices);
        var unused = filter.onRequestBody(alices.body());
        FakeAttempt attempt = FakeAttempt.of("p", "m1");
        var ignored = filter.onAttempt(attempt);
        assertThat(filter.onFailure(FakeFailure.status(attempt, 500)).toString())
                .isEqualTo("retry(a/c, PT0S)");
    }

    private void eject(FilterFactory factory) {
        for (int i = 0; i < 5; i++) {
            new Sent(factory).fails(FakeFailure.of(FakeAttempt.of("p", "m"), Reason.FIRST_EVENT_TIMEOUT));
        }
    }

    @Test
    void aTargetThatIsOutIsNotAskedUntilOneCallHasFoundItWell() {
        FilterFactory factory = open("'targets':[{'provider':'f'}]");
        eject(factory);
        assertThat(new Sent(factory).exchange.target()).isEqualTo(Target.of("f"));
        clock.advance(Duration.ofSeconds(5));
        Sent probe = new Sent(factory);
        assertThat(probe.exchange.target()).isEqualTo(Target.of("p"));
        assertThat(new Sent(factory).exchange.target()).as("one only").isEqualTo(Target.of("f"));
        probe.ends();
        assertThat(new Sent(factory).exchange.target()).isEqualTo(Target.of("p"));
        assertThat(scope.meters()
                        .counter("sluice_fallback_ejections_total", "route", "test", "target", "p")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aProbeWhoseClientLeavesIsMadeAgain() {
        FilterFactory factory = open("'targets':[{'provider':'f'}]");
        eject(factory);
        clock.advance(Duration.ofSeconds(5));
        Sent probe = new Sent(factory);
        probe.filter.onComplete(FakeOutcome.cancellation(0));
        assertThat(new Sent(factory).exchange.target()).isEqualTo(Target.of("p"));
    }

    @Test
    void whoIsOutSurvivesAnewGenerationAndIsSeenByAnotherNode() {
        FilterFactory other = open("'targets':[{'provider':'f'}]");
        new Sent(other).ends();
        eject(open("'targets':[{'provider':'f'}]"));
        assertThat(new Sent(open("'targets':[{'provider':'f'}],'retries':0")).exchange.target())
                .isEqualTo(Target.of("f"));
        clock.advance(Duration.ofSeconds(1));
        assertThat(new Sent(other).exchange.target()).isEqualTo(Target.of("f"));
    }

    @Test
    void anOperatorSeesAndRestores() {
        FilterFactory factory = open("'targets':[{'provider':'f'}]");
        eject(factory);
        JsonNode shown = scope.shown("targets").path("p");
        assertThat(shown.path("state").asText()).isEqualTo("ejected");
        assertThat(shown.path("ejectedForMillis").asLong()).isEqualTo(5000);
        JsonNode done =
                scope.act("restore", JsonNodeFactory.instance.objectNode().put("target", "p"));
        assertThat(done.path("restored").path(0).asText()).isEqualTo("p");
        assertThat(scope.shown("targets").path("p").path("state").asText()).isEqualTo("in");
        assertThat(new Sent(factory).exchange.target()).isEqualTo(Target.of("p"));
    }

    @Test
    void theLogHoldsTheLatestCallsThatNeededRescue() {
        FilterFactory factory = open("'targets':[{'provider':'f','model':'b'}],'retries':0,'logSize':2");
        for (int i = 0; i < 3; i++) {
            Sent call = new Sent(factory);
            FakeFailure failure = FakeFailure.status(call.attempt, 429);
            call.fails(failure);
            call.filter.onComplete(FakeOutcome.success()
                    .attempt(Target.of("p").model("m"), null, failure)
                    .attempt(Target.of("f").model("b"), null, null));
        }
        JsonNode shown = scope.shown("fallbacks");
        assertThat(shown.path("latest")).hasSize(2);
        JsonNode entry = shown.path("latest").path(0);
        assertThat(entry.path("outcome").asText()).isEqualTo("rescued");
        assertThat(entry.path("target").asText()).isEqualTo("f/b");
        assertThat(entry.path("tries").path(0).path("reason").asText()).isEqualTo("rate_limit");
        assertThat(entry.path("tries").path(0).path("status").asInt()).isEqualTo(429);
        assertThat(entry.path("tries").path(1).path("reason").isNull()).isTrue();
        assertThat(entry.path("tries").path(1).path("firstEventMillis").asInt()).isEqualTo(200);
    }

    @Test
    void aCutAnswerIsCarriedOnByTheNextOrByTheSameIfThereIsNone() {
        Sent call = new Sent(open("'targets':[{'provider':'f'}]"));
        call.attempt.said(SAID);
        assertThat(call.fails(FakeFailure.of(call.attempt, Reason.BROKEN).afterAcceptance()))
                .isEqualTo("resume(f)");
        assertThat(call.attempt.usage()).isEqualTo(Usage.of(1, 4).asEstimated());
        assertThat(call.exchange.notes()).containsEntry("resumed_by", "f");

        Sent alone = new Sent(open("'targets':[{'provider':'p'}]"));
        alone.attempt.said(SAID);
        assertThat(alone.fails(FakeFailure.of(alone.attempt, Reason.BROKEN).afterAcceptance()))
                .isEqualTo("resume(p)");
        alone.resumes(SAID);
        assertThat(alone.fails(FakeFailure.of(alone.attempt, Reason.BROKEN).afterAcceptance()))
                .isEqualTo("pass");
    }

    @Test
    void whatCannotBeCarriedOnIsNot() {
        FilterFactory factory = open("'targets':[{'provider':'f'}]");
        for (Said said : new Said[] {Said.of("x", "", true, false), Said.of("x", "", false, true)}) {
            Sent call = new Sent(factory);
            call.attempt.said(said);
            assertThat(call.fails(FakeFailure.of(call.attempt, Reason.BROKEN).afterAcceptance()))
                    .isEqualTo("pass");
        }
        Sent off = new Sent(open("'targets':[{'provider':'f'}],'resume':false"));
        off.attempt.said(SAID);
        assertThat(off.fails(FakeFailure.of(off.attempt, Reason.BROKEN).afterAcceptance()))
                .isEqualTo("pass");
    }
}
