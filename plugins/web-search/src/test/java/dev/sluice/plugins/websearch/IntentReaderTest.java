package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.websearch.engine.Engine.Topic;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model that decides may say. */
class IntentReaderTest {
    private static final Set<Topic> ALL = Set.of(Topic.INTERNET, Topic.ARXIV, Topic.PRIVATE);

    private static Intent read(String said) {
        return IntentReader.read(said.replace('\'', '"'), ALL, "the question", 3);
    }

    @Test
    void queriesCategoryAndPrivateSplit() {
        assertThat(read("{'search':true,'queries':[{'topic':'internet','query':'a','category':''},"
                                + "{'topic':'arxiv','query':'b','category':'cs.AI'},"
                                + "{'topic':'private','query':'c','category':'cs.AI'},{'topic':'internet','query':'d'}]}")
                        .queries())
                .containsExactly(
                        new Intent.Wanted("a", Topic.INTERNET, ""),
                        new Intent.Wanted("b", Topic.ARXIV, "cs.AI"),
                        new Intent.Wanted("c", Topic.PRIVATE, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'search':false,'queries':[]}",
                "{'search':false,'queries':['x']}",
                "```json\n{'search': false}\n```",
                "<think>{'search':true,'queries':['none of it']}</think>{'search':false}",
                "{'queries':[]}",
            })
    void noSearchIsWanted(String said) {
        assertThat(read(said)).isEqualTo(Intent.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "none",
                "I cannot help with that.",
                "{'search':",
                "{'answer': 42}",
                "{'search':'maybe'}",
                "[{'search'}]",
                "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
                "<think>{'search':false}</think> what was it?",
                "null",
            })
    void nonsenseIsNoDecision(String said) {
        assertThat(read(said)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'search':true}",
                "{'search':true,'queries':'x'}",
                "{'search':true,'queries':[{'query':''},{},17,null]}",
                "Sure! {'search':true,'queries':[]} Done.",
            })
    void theQuestionStandsInForQueries(String said) {
        assertThat(read(said).queries()).containsExactly(new Intent.Wanted("the question", Topic.INTERNET, ""));
    }

    @Test
    void whatIsUnknownIsTheWeb() {
        assertThat(read("Well: {'queries':['about none', {'topic':'moon','query':'q','category':'x y'}]}")
                        .queries())
                .containsExactly(
                        new Intent.Wanted("about none", Topic.INTERNET, ""),
                        new Intent.Wanted("q", Topic.INTERNET, ""));
        assertThat(IntentReader.read("{\"queries\":[\"x\"]}", Set.of(Topic.PRIVATE), "q", 3)
                        .queries())
                .containsExactly(new Intent.Wanted("x", Topic.PRIVATE, ""));
        assertThat(read("{'queries':[{'topic':'arxiv','query':'x','category':'cs.AI OR all:y'}]}")
                        .queries())
                .containsExactly(new Intent.Wanted("x", Topic.ARXIV, ""));
    }
}
