package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConfigException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates, and the budget of tokens. */
class PromptTest {
    private static final List<Source> MANY = IntStream.rangeClosed(1, 40)
            .mapToObj(i -> new Source("t" + i, "https://a.example/" + i, ("word" + i + " ").repeat(100), ""))
            .toList();

    private static int tokens(String text) {
        return (text.length() + 3) / 4;
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 400, 1000, 4000, 100_000})
    void theBudgetHolds(int budget) {
        Prompt.Made made =
                Prompt.of("{search_results}|{question}", true).make(MANY, "q", "d", PromptTest::tokens, budget);
        assertThat(made).isNotNull();
        assertThat(tokens(made.text().substring(0, made.text().indexOf("|q")))).isLessThanOrEqualTo(budget);
        assertThat(made.tokens()).isLessThanOrEqualTo(budget);
        assertThat(made.sources()).isNotEmpty();
        if (budget == 100_000) {
            assertThat(made.sources()).hasSize(40);
        } else {
            assertThat(made.tokens()).as("it is used, too").isGreaterThan(budget - 80);
        }
        assertThat(made.text()).contains("[result " + made.sources().size() + " ");
        assertThat(made.text()).doesNotContain("[result " + (made.sources().size() + 1) + " ");
    }

    @Test
    void withoutRoomThereIsNoPrompt() {
        assertThat(Prompt.of(null, false).make(MANY, "q", "d", String::length, 400))
                .isNull();
        assertThat(Prompt.of(null, false).make(List.of(), "q", "d", String::length, 100_000))
                .isNull();
    }

    @Test
    void placeholdersOfOthersAreText() {
        Prompt.Made made = Prompt.of("{question}/{cur_date}/{search_results}/{other}/$1", false)
                .make(
                        List.of(new Source("{question}", "", "{cur_date} \\ $2", "")),
                        "{search_results}",
                        "today",
                        String::length,
                        100_000);
        assertThat(made).isNotNull();
        assertThat(made.text())
                .startsWith("{search_results}/today/")
                .contains("Title: {question}\n\n{cur_date} \\ $2\n")
                .endsWith("/{other}/$1");
        assertThat(made.text()).containsPattern("\\[result [0-9a-f]{18}]").doesNotContain("Source:");
    }

    @ParameterizedTest
    @CsvSource({
        "{question} alone, it lacks {search_results}: say where that is to stand",
        "{search_results} alone, it lacks {question}: say where that is to stand",
    })
    void templatesNeedTheirPlaceholders(String template, String message) {
        assertThatThrownBy(() -> Prompt.of(template, false))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }
}
