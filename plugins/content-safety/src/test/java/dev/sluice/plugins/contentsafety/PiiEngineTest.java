package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PiiEngineTest {
    private final PiiEngine engine = Guards.pii();

    private List<String> found(String text) {
        return Masks.apart(
                        engine.find(Text.of(text)).stream()
                                .map(one -> one.decided(Action.MASK))
                                .toList(),
                        1)
                .get(0)
                .stream()
                .map(one -> one.risk() + "=" + text.substring(one.from(), one.to()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "write to bob.o+x@mail.example.com. | email=bob.o+x@mail.example.com",
                "邮箱是bob@example.com，谢谢 | email=bob@example.com",
                "call +49 30 901820 now | phone=+49 30 901820",
                "call +1 (650) 253-0000 | phone=+1 (650) 253-0000",
                "我的电话是13800138000。 | phone=13800138000",
                "(650) 253-0000 | phone=(650) 253-0000",
                "身份证11010519491231002X | id-number=11010519491231002X",
                "SSN 536-90-4399 | id-number=536-90-4399",
                "DNI 12345678Z | id-number=12345678Z",
                "CPF 529.982.247-25 | id-number=529.982.247-25",
                "card 4111 1111 1111 1111 exp | card=4111 1111 1111 1111",
                "card 4111111111111111 | card=4111111111111111",
                "amex 3782 822463 10005 | card=3782 822463 10005",
                "IBAN DE89 3704 0044 0532 0130 00 ok | iban=DE89 3704 0044 0532 0130 00",
                "GB82WEST12345698765432 | iban=GB82WEST12345698765432",
                "key sk-abcdefghijklmnop1234 | secret=sk-abcdefghijklmnop1234",
                "AKIAIOSFODNN7EXAMPLE | secret=AKIAIOSFODNN7EXAMPLE",
                "ghp_abcdefghijklmnopqrstuvwxyz0123456789 | secret=ghp_abcdefghijklmnopqrstuvwxyz0123456789",
                "at 10.0.0.255, port | ip=10.0.0.255",
                "at 2001:db8::1 there | ip=2001:db8::1",
                "fullwidth １３８００１３８０００ | phone=１３８００１３８０００"
            })
    void isFound(String text, String finding) {
        assertThat(found(text)).containsExactly(finding);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "order 4111111111111112",
                "version 1.2.3",
                "1.2.3.4.5",
                "300.1.2.3",
                "id 110105194912310021",
                "000-12-3456",
                "12:30:45",
                "2026-11-22",
                "2026-11-22 10:30",
                "12345678901",
                "price 1,299.00",
                "a@b",
                "@someone",
                "DE89370400440532013001",
                "std::vector",
                "0000000000000000",
                "pi is 3.14159265358979",
                "sk-learn is a library",
                "page 12-15"
            })
    void isNone(String text) {
        assertThat(found(text)).isEmpty();
    }

    @Test
    @Timeout(60)
    void aTextMadeToBeSlowIsNot() {
        for (String unit : List.of("a", "1", "1 ", "1-", "a.", "a@", ":", "0:", "sk-", "eyJ", "AB12", "(1", "+1")) {
            assertThat(engine.find(Text.of(unit.repeat(50_000 / unit.length()))))
                    .isNotNull();
        }
    }
}
