package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.websearch.engine.Found;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One entry for each page, the best first. */
class RankingTest {

    private static Found page(String url, String content) {
        return new Found("t " + url, url, content);
    }

    @Test
    void whatTwoEnginesFindComesFirst() {
        List<Found> merged = Ranking.merge(List.of(
                List.of(page("https://a.example", "a"), page("https://b.example", "b")),
                List.of(page("https://c.example", "c"), page("http://www.b.example/", "a longer b")),
                List.of()));
        assertThat(merged)
                .extracting(Found::url)
                .containsExactly("https://b.example", "https://a.example", "https://c.example");
        assertThat(merged.get(0).content()).isEqualTo("a longer b");
        assertThat(merged.get(0).title()).isEqualTo("t https://b.example");
    }

    @Test
    void aPageThatOneListNamesTwiceCountsOnce() {
        assertThat(Ranking.merge(List.of(
                        List.of(
                                page("https://a.example", "a"),
                                page("https://b.example", "b"),
                                page("https://b.example#2", "b")),
                        List.of())))
                .extracting(Found::url)
                .containsExactly("https://a.example", "https://b.example");
    }

    @ParameterizedTest
    @CsvSource({
        "https://A.example/x/, http://www.a.example:80/x#y",
        "https://a.example/x?b=2&a=1, https://a.example/x?a=1&utm_source=q&b=2&gclid=7",
        "https://a.example, https://a.example/?fbclid=x",
    })
    void onePageHasManyAddresses(String one, String other) {
        assertThat(Urls.canonical(one)).isNotEmpty().isEqualTo(Urls.canonical(other));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "javascript:alert(1)",
                "data:text/html,x",
                "file:///etc/passwd",
                "https://user:secret@a.example/",
                "http://",
                "https://a b.example",
                "",
            })
    void otherAddressesAreNone(String url) {
        assertThat(Urls.canonical(url)).isEmpty();
        assertThat(Urls.link(url)).isEmpty();
        if (url.contains(":")) {
            assertThat(Ranking.merge(List.of(List.of(page(url, "x"))))).isEmpty();
        }
    }

    @Test
    void documentsNeedNoAddress() {
        assertThat(Ranking.merge(List.of(List.of(page("manuals/7", "x"), page("manuals/8", "y")))))
                .hasSize(2);
        assertThat(Urls.link("https://a.example/x_(y)?q=ä")).isEqualTo("https://a.example/x_%28y%29?q=%C3%A4");
    }
}
