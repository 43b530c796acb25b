package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UrlEngineTest {
    private static final UrlEngine DENIES =
            new UrlEngine(Set.of(), Set.of("bad.example", "xn--bcher-kva.example"), Level.HIGH);
    private static final UrlEngine ALLOWS = new UrlEngine(Set.of("good.example"), Set.of("no.good.example"), Level.LOW);

    private static List<String> found(UrlEngine engine, String text) {
        return engine.find(Text.of(text)).stream()
                .map(one -> text.substring(one.from(), one.to()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "see https://bad.example/x?y#z ok | https://bad.example/x?y#z",
                "see (http://www.bad.example). | http://www.bad.example",
                "HTTPS://BAD.EXAMPLE | HTTPS://BAD.EXAMPLE",
                "https://bad.example:8443/ | https://bad.example:8443/",
                "https://bad.example. | https://bad.example.",
                "看https://bad.example。好 | https://bad.example",
                "ｈｔｔｐｓ：／／ｂａｄ．ｅｘａｍｐｌｅ／ | ｈｔｔｐｓ：／／ｂａｄ．ｅｘａｍｐｌｅ／",
                "https://b\u200bad.example/ | https://b\u200bad.example/",
                "https://bücher.example/ | https://bücher.example/",
                "ftp://bad.example/f | ftp://bad.example/f",
                "https://good.example@evil.example/ | https://good.example@evil.example/",
                "javascript:alert(1) | javascript:alert(1)",
                "data:text/html;base64,AAAA | data:text/html;base64,AAAA"
            })
    void aBadLinkIsFound(String text, String link) {
        assertThat(found(DENIES, text)).containsExactly(link);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://fine.example/?to=bad.example",
                "https://notbad.example/",
                "https://bad.example.org/",
                "bad.example without a scheme",
                "https://[2001:db8::1]/",
                "the time is 10:30",
                "data:image/png;base64,AAAA"
            })
    void anotherIsNot(String text) {
        assertThat(found(DENIES, text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "https://good.example/, 0",
        "https://a.b.good.example/, 0",
        "https://no.good.example/, 1",
        "https://x.no.good.example/, 1",
        "https://other.example/, 1",
        "https://good.example.other.example/, 1"
    })
    void whereSomeAreAllowedAllOthersAreBad(String text, int times) {
        assertThat(ALLOWS.find(Text.of(text))).hasSize(times).allMatch(one -> one.level() == Level.LOW);
    }
}
