package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathsTest {

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/a, /a",
        "/a/b, /a/b",
        "/a/, /a/",
        "//, /",
        "///a, /a",
        "/a//b/, /a/b/",
        "/a///, /a/",
        "/., /",
        "/./, /",
        "/a/., /a/",
        "/a/./b, /a/b",
        "/.., ",
        "/../a, ",
        "/a/.., /",
        "/a/../b, /b",
        "/a/b/.., /a/",
        "/a/b/../, /a/",
        "/a/../.., ",
        "/a/../../b, ",
        "//.., ",
        "/a//../b, /b",
        "/a/%2e, /a/",
        "/a/%2e%2e/b, /b",
        "/a/%2E%2e/b, /b",
        "/a/.%2e/b, /b",
        "/%2e%2e/a, ",
        "/a/..., /a/...",
        "/a/..b, /a/..b",
        "/.well-known/x, /.well-known/x",
        "/a%2fb, /a%2Fb",
        "/a/..%2fb, /a/..%2Fb",
        "/%252e%252e/a, /%252e%252e/a",
        "/%61%2D%5f%7E, /a-_~",
        "/%c3%a9, /%C3%A9",
        "/a%20b, /a%20b",
        "/a%5cb, /a%5Cb",
        "/a%0d%0ab, /a%0D%0Ab",
        "/a;b=c/d:e@f, /a;b=c/d:e@f",
        "/v1beta/models/g:streamGenerateContent, /v1beta/models/g:streamGenerateContent",
    })
    void hasOneForm(String raw, String normal) {
        assertThat(Paths.normalize(raw)).isEqualTo(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "*",
                "http://x/a",
                "/a%",
                "/a%2",
                "/a%zz",
                "/a%2g",
                "/a%-1",
                "/a%+1",
                "/%00",
                "/a\\b",
                "/..\\a",
                "/a b",
                "/a\tb",
                "/a\rb",
                "/a\nb",
                "/a\u0000b",
                "/a\u007fb",
                "/%\uff12\uff15"
            })
    void refusesWhatCannotBeMatchedSafely(String raw) {
        assertThat(Paths.normalize(raw)).isNull();
    }

    @Test
    void isNormalAfterwardsWhateverCameIn() {
        String alphabet = "/./.%2eEfFaA05~\\;é";
        Random random = new Random(7);
        int kept = 0;
        for (int i = 0; i < 200_000; i++) {
            StringBuilder raw = new StringBuilder("/");
            int length = random.nextInt(14);
            for (int j = 0; j < length; j++) {
                raw.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String normal = Paths.normalize(raw.toString());
            if (normal == null) {
                continue;
            }
            kept++;
            assertThat(Paths.normalize(normal)).as("of %s", raw).isEqualTo(normal);
            assertThat(normal).startsWith("/").doesNotContain("//").doesNotContain("%2e", "%2E");
            assertThat((normal + "/")).doesNotContain("/../").doesNotContain("/./");
        }
        assertThat(kept).isGreaterThan(50_000);
    }
}
