package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Failure.Reason;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KindTest {
    private static final FakeAttempt ATTEMPT = FakeAttempt.of("p", "m");

    @ParameterizedTest
    @CsvSource({
        "CONNECT, CONNECT_ERROR",
        "CONNECT_TIMEOUT, CONNECT_TIMEOUT",
        "FIRST_EVENT_TIMEOUT, FIRST_EVENT_TIMEOUT",
        "ANSWER_TIMEOUT, ANSWER_TIMEOUT",
        "IDLE_TIMEOUT, IDLE_TIMEOUT",
        "TOTAL_TIMEOUT, ANSWER_TIMEOUT",
        "BROKEN, RESET",
        "BAD_ANSWER, BAD_ANSWER",
        "NO_ENDPOINT, NO_ENDPOINT",
        "FILTER, OTHER"
    })
    void byReason(Reason reason, Kind kind) {
        assertThat(Kind.of(FakeFailure.of(ATTEMPT, reason))).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "400, OTHER",
        "401, NO_KEY",
        "403, NO_KEY",
        "404, OTHER",
        "408, REQUEST_TIMEOUT",
        "429, RATE_LIMIT",
        "500, SERVER_ERROR",
        "503, SERVER_ERROR",
        "529, OVERLOADED"
    })
    void byStatus(int status, Kind kind) {
        assertThat(Kind.of(FakeFailure.status(ATTEMPT, status))).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "context_length, CONTEXT_LENGTH",
        "content_blocked, CONTENT_FILTER",
        "upstream_quota, NO_KEY",
        "no_credential, NO_KEY",
        "upstream_auth, NO_KEY"
    })
    void aCodeSaysMoreThanItsStatus(String code, Kind kind) {
        assertThat(Kind.of(FakeFailure.status(ATTEMPT, 503).code(code))).isEqualTo(kind);
    }

    @Test
    void patternsAndCodesFireToo() {
        Trigger trigger = new Trigger(Configs.of("{'targets':[],'triggers':{'statuses':['404','41x'],'codes':['odd']}}")
                .triggers());
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 404))).isTrue();
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 413))).isTrue();
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 400))).isFalse();
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 400).code("odd"))).isTrue();
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 400).code("content_blocked")))
                .isFalse();
    }

    @Test
    void eachKindCanBeSwitchedOff() {
        Trigger trigger = new Trigger(Configs.of("{'targets':[],'triggers':{'rateLimit':false,'contentFilter':true}}")
                .triggers());
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 429))).isFalse();
        assertThat(fires(trigger, FakeFailure.status(ATTEMPT, 400).code("content_blocked")))
                .isTrue();
    }

    private static boolean fires(Trigger trigger, FakeFailure failure) {
        return trigger.firedBy(failure, Kind.of(failure));
    }
}
