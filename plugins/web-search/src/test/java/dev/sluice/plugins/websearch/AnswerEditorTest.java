package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.llm.Chats;
import dev.sluice.plugins.websearch.WebSearchConfig.Place;
import dev.sluice.testkit.StreamRunner;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Streams as some providers write them: several choices at once, no proper end, words in the last event. */
class AnswerEditorTest {
    private static final List<Source> SOURCES = List.of(new Source("One", "https://a.example/1", "c", ""));
    private static final String LIST = "**References:**\n[1] [One](https://a.example/1)";

    private static List<Event> sent(AnswerEditor editor, String... events) {
        ResponseHooks hooks = new ResponseHooks() {
            @Override
            public Events onEvent(Event event) {
                return editor.event(event);
            }

            @Override
            public Events onEnd() {
                return Events.of(editor.end());
            }
        };
        List<Event> all = new ArrayList<>();
        for (String event : events) {
            all.add(Event.data(event.replace('\'', '"')));
        }
        StreamRunner runner = StreamRunner.of(hooks).send(all).end();
        assertThat(runner.state()).isEqualTo(StreamRunner.State.ENDED);
        return runner.out();
    }

    private static List<Event> openAi(Place place, String... events) {
        return sent(new OpenAiEditor(new References(SOURCES, Configs.referring(place))), events);
    }

    private static String text(List<Event> events, int choice) {
        return Chats.aggregate(Dialect.OPENAI, events)
                .at("/choices/" + choice + "/message/content")
                .asText();
    }

    @Test
    void severalChoicesInOneEvent() {
        for (Place place : Place.values()) {
            List<Event> out = openAi(
                    place,
                    "{'choices':[{'index':0,'delta':{'content':'a'}},{'index':1,'delta':{'content':'b'}}]}",
                    "{'choices':[{'index':1,'delta':{},'finish_reason':'stop'},{'index':0,'delta':{},'finish_reason':'stop'}],"
                            + "'usage':{'prompt_tokens':1,'completion_tokens':1}}");
            assertThat(text(out, 0)).isEqualTo(place == Place.HEAD ? LIST + "\n\na" : "a\n\n" + LIST);
            assertThat(text(out, 1)).isEqualTo(place == Place.HEAD ? LIST + "\n\nb" : "b\n\n" + LIST);
            assertThat(out.stream().filter(event -> event.json().path("usage").isObject()))
                    .hasSize(1);
        }
    }

    @Test
    void wordsInTheEventThatEndsIt() {
        List<Event> out = openAi(
                Place.TAIL,
                "{'choices':[{'index':0,'delta':{'content':'Yes '}}]}",
                "{'choices':[{'index':0,'delta':{'content':'[1].'},'finish_reason':'stop'}],'usage':{'prompt_tokens':1,'completion_tokens':1}}");
        assertThat(text(out, 0)).isEqualTo("Yes [1].\n\n" + LIST);
        assertThat(out.get(out.size() - 1).json().at("/choices/0/finish_reason").asText())
                .isEqualTo("stop");
        JsonNode annotations = out.get(out.size() - 2).json().at("/choices/0/delta/annotations");
        assertThat(annotations).hasSize(2);
        assertThat(annotations.at("/0/url_citation/start_index").asInt()).isEqualTo(4);
    }

    @Test
    void anEndWithoutAReason() {
        assertThat(text(openAi(Place.TAIL, "{'choices':[{'index':0,'delta':{'content':'Yes.'}}]}"), 0))
                .isEqualTo("Yes.\n\n" + LIST);
        assertThat(text(openAi(Place.HEAD, "{'choices':[{'index':0,'delta':{'content':'<thi'}}]}"), 0))
                .isEqualTo(LIST + "\n\n<thi");
        assertThat(openAi(Place.HEAD)).isEmpty();
        assertThat(openAi(Place.HEAD, "{'choices':[]}", "no JSON")).hasSize(2);
    }

    @Test
    void whatIsWithheldGetsNone() {
        List<Event> out = openAi(
                Place.TAIL,
                "{'choices':[{'index':0,'delta':{'content':'I'}}]}",
                "{'choices':[{'index':0,'delta':{},'finish_reason':'content_filter'}]}");
        assertThat(text(out, 0)).isEqualTo("I");
    }

    @Test
    void theProvidersAnnotationsMoveAlongInStreams() {
        List<Event> out = openAi(
                Place.HEAD,
                "{'choices':[{'index':0,'delta':{'content':'The word.'}}]}",
                "{'choices':[{'index':0,'delta':{'annotations':[{'type':'url_citation','url_citation':"
                        + "{'start_index':4,'end_index':8,'url':'https://own.example'}}]}}]}");
        JsonNode own = out.get(1).json().at("/choices/0/delta/annotations/0/url_citation");
        assertThat(text(out, 0)
                        .substring(
                                own.path("start_index").asInt(),
                                own.path("end_index").asInt()))
                .isEqualTo("word");
    }

    @Test
    void anthropicsBlocksStayWhole() {
        for (Place place : Place.values()) {
            List<Event> out = sent(
                    new AnthropicEditor(new References(SOURCES, Configs.referring(place))),
                    "{'type':'message_start','message':{'id':'m','type':'message','role':'assistant','content':[],'usage':{}}}",
                    "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}",
                    "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'<th'}}",
                    "{'type':'content_block_stop','index':0}",
                    "{'type':'content_block_start','index':1,'content_block':{'type':'text','text':'b'}}",
                    "{'type':'content_block_stop','index':1}",
                    "{'type':'message_delta','delta':{'stop_reason':'max_tokens'},'usage':{'output_tokens':1}}",
                    "{'type':'message_stop'}");
            JsonNode content = Chats.aggregate(Dialect.ANTHROPIC, out).path("content");
            List<String> texts = new ArrayList<>();
            content.forEach(block -> texts.add(block.path("text").asText()));
            assertThat(texts)
                    .isEqualTo(
                            place == Place.HEAD ? List.of(LIST + "\n\n<th", "b") : List.of("<th", "b", "\n\n" + LIST));
            assertThat(out.get(out.size() - 1).json().path("type").asText()).isEqualTo("message_stop");
        }
    }
}
