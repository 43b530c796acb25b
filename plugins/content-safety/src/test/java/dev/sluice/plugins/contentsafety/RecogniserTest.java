package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is looked for only where it can be is found as if every pattern looked over the whole text. */
final class RecogniserTest {
    private static final Map<String, List<Recogniser>> ALL = Map.of(
            "email", Recogniser.email(),
            "phone", Recogniser.phone(List.of("CN", "US", "GB", "DE", "FR", "NO")),
            "id", Recogniser.idNumber(),
            "card", Recogniser.card(),
            "iban", Recogniser.iban(),
            "secret", Recogniser.secret(),
            "ip", Recogniser.ip());

    private static final List<String> PLANTED = List.of(
            "bob.o+x@mail.example.com",
            "a@b.io@c.de",
            "+49 30 901820",
            "0049 (30) 901820",
            "+1 (650) 253-0000",
            "(650) 253-0000",
            "13800138000",
            "030 / 901820",
            "(030) 90 18 20",
            "01 42 68 53 00",
            "11010519491231002X",
            "536-90-4399",
            "12345678Z",
            "X1234567-L",
            "529.982.247-25",
            "2341 2341 2346",
            "AB 12 34 56 C",
            "AB123456C",
            "4111 1111 1111 1111",
            "378282246310005",
            "DE89 3704 0044 0532 0130 00",
            "GB82WEST12345698765432",
            "sk-abcdefghijklmnop1234",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "AIzaabcdefghijklmnopqrstuvwxyz012345678",
            "eyJhbGciOiJI.eyJzdWIiOiIx.dozjgNryP4",
            "-----BEGIN PRIVATE KEY-----\nMIIabcdefghijklmnopqrstuv\n-----END PRIVATE KEY-----",
            "10.0.0.255",
            "2001:db8:85a3::8a2e:370:7334",
            "::1",
            "12:30:45");

    /** What stands around and between; much of it goes on with what it touches, or cuts it. */
    private static final String FILL = "  ..--//()+:@_,;\n0123456789019AZXxABDEabcdefgh邮";

    private static List<String> found(String text) {
        List<Digits> digits = Digits.of(text);
        List<String> all = new ArrayList<>();
        ALL.forEach((kind, those) -> {
            for (int i = 0; i < those.size(); i++) {
                String name = kind + i;
                those.get(i).find(text, digits, (from, to) -> all.add(name + " " + from + "-" + to));
            }
        });
        return all;
    }

    private static List<String> foundAnywhere(String text) {
        List<String> all = new ArrayList<>();
        ALL.forEach((kind, those) -> {
            for (int i = 0; i < those.size(); i++) {
                Matcher matcher = those.get(i).matcher(text);
                while (matcher.find()) {
                    if (those.get(i).check().test(matcher.group())) {
                        all.add(kind + i + " " + matcher.start() + "-" + matcher.end());
                    }
                }
            }
        });
        return all;
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            for (int n = random.nextInt(random.nextInt(5) == 0 ? 30 : 4); n > 0; n--) {
                text.append(FILL.charAt(random.nextInt(FILL.length())));
            }
            text.append(PLANTED.get(random.nextInt(PLANTED.size())));
            if (random.nextInt(4) == 0) {
                text.setCharAt(random.nextInt(text.length()), FILL.charAt(random.nextInt(FILL.length())));
            }
        }
        return text.toString();
    }

    private static void assertSame(int seed, int texts) {
        Random random = new Random(seed);
        int findings = 0;
        for (int i = 0; i < texts; i++) {
            String text = text(random);
            List<String> found = found(text);
            assertThat(found).as(text).isEqualTo(foundAnywhere(text));
            findings += found.size();
        }
        assertThat(findings).isGreaterThan(texts);
    }

    @Test
    void theSameIsFoundAsAnywhere() {
        assertSame(1, 1_500);
    }

    @Test
    @Tag("long")
    void theSameIsFoundAsAnywhereInMany() {
        for (int seed = 2; seed < 5; seed++) {
            assertSame(seed, 100_000);
        }
    }

    @Test
    void digitsBelongTogetherAsNumbersAreWritten() {
        assertThat(Digits.of("on 3 May 1877, +1 (650) 25"))
                .extracting(Digits::count)
                .containsExactly(1, 4, 6);
        assertThat(Digits.of("1 -- 2    3")).extracting(Digits::first).containsExactly(0, 5, 10);
        assertThat(Digits.of("")).isEmpty();
    }
}
