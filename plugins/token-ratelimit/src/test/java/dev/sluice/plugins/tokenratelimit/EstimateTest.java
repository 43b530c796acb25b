package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Exchange;
import dev.sluice.testkit.FakeExchange;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a tokenizer is asked, which takes longer than all the rest of a decision. */
final class EstimateTest {
    private final AtomicInteger counts = new AtomicInteger();

    /** With a tokenizer that finds ten tokens in everything. */
    private Estimate estimate(String text) {
        FakeExchange real = FakeExchange.openAi()
                .header("content-type", "application/json")
                .body("{\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}");
        Exchange exchange = (Exchange) Proxy.newProxyInstance(
                Exchange.class.getClassLoader(), new Class<?>[] {Exchange.class}, (proxy, method, args) -> {
                    if (method.getName().equals("tokens")) {
                        counts.incrementAndGet();
                        return 10;
                    }
                    return method.invoke(real, args);
                });
        return Estimate.of(exchange, real.body());
    }

    private static Reservation reserve(long limit, Estimate estimate) {
        return Rules.of(List.of(Config.tokens("all", "", limit))).get(0).reservation(estimate);
    }

    @Test
    void onlyAnInputThatMayBeALargePartOfTheLimitIsCounted() {
        Estimate estimate = estimate("a".repeat(4000));
        assertThat(reserve(17_000, estimate).input()).isEqualTo(1004);
        assertThat(counts).hasValue(0);
        assertThat(reserve(16_000, estimate).input()).isEqualTo(14);
        assertThat(reserve(10_000, estimate).input()).isEqualTo(14);
        assertThat(counts).as("once for all rules").hasValue(1);
    }

    @Test
    void whatWasLetGoIsNotCountedAnyMore() {
        Estimate estimate = estimate("a".repeat(4000));
        estimate.letGo();
        assertThat(reserve(10, estimate).input()).isEqualTo(1004);
        assertThat(counts).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({"abcde, 2", "äöüß, 2", "你好世界, 3", "😀😀, 2", "'', 0"})
    void itIsTakenByItsBytes(String text, long tokens) {
        assertThat(estimate(text).rough()).isEqualTo(4 + tokens);
    }
}
