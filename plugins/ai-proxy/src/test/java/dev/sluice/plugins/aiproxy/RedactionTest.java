package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Incorrect API key provided: sk-proj-a1***xyz. See | Incorrect API key provided: [key] See",
                "visit https://platform.example.com/account?x=1, please | visit [url] please",
                "connect to 10.0.0.5:8000 failed | connect to [host] failed",
                "upstream vllm-0.vllm.svc:8000 is down | upstream [host] is down",
                "no answer from localhost:11434 | no answer from [host]",
                "Authorization: Bearer abcdef | Authorization: [key]",
                "key 0123456789abcdef0123456789abcdef | key [key]",
                "token eyJhbGciOi.eyJzdWIi.c2ln rejected | token [key] rejected",
                "AKIAIOSFODNN7EXAMPLE is unknown | [key] is unknown"
            })
    void takesOutAddressesAndKeys(String message, String shown) {
        assertThat(Redaction.of(message)).isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "The model `claude-3-5-sonnet-20241022` does not exist",
                "Invalid value for messages[0].content: use gpt-4.1-mini, e.g. so",
                "max_completion_tokens must be at most 4096 for response_format.json_schema",
                "This model's maximum context length is 128000 tokens."
            })
    void leavesOrdinaryWordsAlone(String message) {
        assertThat(Redaction.of(message)).isEqualTo(message);
    }

    @Test
    void isBounded() {
        assertThat(Redaction.of("a.".repeat(500_000))).hasSize(1000);
        assertThat(Redaction.of("x1".repeat(500_000))).isEqualTo("[key]");
    }
}
