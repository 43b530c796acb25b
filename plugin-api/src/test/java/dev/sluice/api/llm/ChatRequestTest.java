package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.llm.ChatMessage.Part.Kind;
import dev.sluice.api.llm.ChatMessage.Role;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatRequestTest {
    private static final String OPENAI = """
            {'model':'gpt-x','stream':true,'temperature':0.5,'max_completion_tokens':7,'stop':null,'x_vendor':{'k':[1]},
             'messages':[
              {'role':'developer','content':'Be brief.'},
              {'role':'user','content':[{'type':'text','text':'What is'},{'type':'image_url','image_url':{'url':'u'}},
                                         {'type':'text','text':'this?'}]},
              {'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[
                {'id':'c1','type':'function','function':{'name':'look','arguments':'{}'}}]},
              {'role':'tool','tool_call_id':'c1','content':'a cat'}],
             'tools':[{'type':'function','function':{'name':'look','description':'Looks','parameters':{'type':'object'}}}]}""";
    private static final String ANTHROPIC = """
            {'model':'claude-x','stream':true,'temperature':0.5,'max_tokens':7,'stop_sequences':['#'],'x_vendor':{'k':[1]},
             'system':[{'type':'text','text':'Be brief.','cache_control':{'type':'ephemeral'}}],
             'messages':[
              {'role':'user','content':[{'type':'text','text':'What is'},{'type':'image','source':{}},
                                         {'type':'text','text':'this?'}]},
              {'role':'assistant','content':[{'type':'thinking','thinking':'hm'},
                                              {'type':'tool_use','id':'c1','name':'look','input':{}}]},
              {'role':'user','content':[{'type':'tool_result','tool_use_id':'c1','content':[{'type':'text','text':'a cat'}]}]}],
             'tools':[{'name':'look','description':'Looks','input_schema':{'type':'object'}}]}""";

    private static String whole(Dialect dialect) {
        return dialect == Dialect.OPENAI ? OPENAI : ANTHROPIC;
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void readsAlikeInEveryDialect(Dialect dialect) {
        ChatRequest request = ChatRequest.of(Fakes.exchange(dialect), FakeBody.of(whole(dialect)));

        assertThat(request.model()).isEqualTo(dialect == Dialect.OPENAI ? "gpt-x" : "claude-x");
        assertThat(request.stream()).isTrue();
        assertThat(request.systemText()).isEqualTo("Be brief.");
        assertThat(request.lastUserText()).isEqualTo("What is\nthis?");
        assertThat(request.maxOutput()).isEqualTo(7);
        assertThat(request.sampling().path("temperature").doubleValue()).isEqualTo(0.5);
        assertThat(request.messages())
                .extracting(ChatMessage::role)
                .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL);
        assertThat(request.messages().get(1).parts())
                .extracting(ChatMessage.Part::kind)
                .containsExactly(Kind.TEXT, Kind.IMAGE, Kind.TEXT);
        assertThat(request.messages().get(2).parts())
                .extracting(ChatMessage.Part::kind)
                .containsExactly(Kind.REASONING, Kind.TOOL_CALL);
        assertThat(request.messages().get(3).text()).isEqualTo("a cat");
        assertThat(request.tools()).singleElement().satisfies(tool -> {
            assertThat(tool.name()).isEqualTo("look");
            assertThat(tool.description()).isEqualTo("Looks");
            assertThat(tool.parameters().path("type").textValue()).isEqualTo("object");
        });
    }

    @Test
    void samplingHasOpenAisNamesAndNoNulls() {
        assertThat(ChatRequest.of(Dialect.ANTHROPIC, FakeBody.of(ANTHROPIC))
                        .sampling()
                        .path("stop"))
                .isEqualTo(FakeBody.tree("['#']"));
        assertThat(ChatRequest.of(Dialect.OPENAI, FakeBody.of(OPENAI))
                        .sampling()
                        .has("stop"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not json",
                "[]",
                "7",
                "null",
                "{}",
                "{'messages':null,'system':null,'tools':null,'model':null,'stream':null}",
                "{'messages':'x','system':7,'tools':{},'model':7,'stream':'?','max_tokens':'many'}",
                "{'messages':[null,7,'x',[],{},{'role':null,'content':null},{'role':9,'content':7}],'tools':[null,1,{}]}",
                "{'messages':[{'role':'user','content':[null,7,{},{'type':'text'},{'type':'text','text':null}]}]}",
                "{'messages':[{'role':'user','content':[{'type':'tool_result','content':null}]}],'system':[null]}",
                "{'messages':[{'role':'assistant','tool_calls':[null,{'function':7}],'content':[{'type':'tool_use'}]}]}"
            })
    void malformedReadsAsEmptyAndNeverThrows(String json) {
        for (Dialect dialect : Dialect.values()) {
            FakeBody body = FakeBody.of(json);
            ChatRequest request = ChatRequest.of(dialect, body);

            assertThat(request.lastUserText()).isEmpty();
            assertThat(request.systemText()).isEmpty();
            assertThat(request.model()).isNull();
            assertThat(request.maxOutput()).isNull();
            assertThat(request.stream()).isFalse();
            assertThat(request.sampling()).isEmpty();
            assertThat(request.tools())
                    .allSatisfy(tool -> assertThat(tool.name()).isEmpty());
            assertThat(request.replaceLastUserText("x")).isFalse();
            assertThat(body.edits).isZero();
            request.canonical();
            request.rewriteTexts((role, text) -> text + "!");
            request.addSystem("Be kind.");
            if (body.isJson()
                    && body.json().isObject()
                    && (dialect == Dialect.OPENAI || dialect == Dialect.ANTHROPIC)) {
                assertThat(request.systemText()).contains("Be kind.");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void editsInPlaceAndKeepsWhatItDoesNotKnow(Dialect dialect) {
        FakeBody body = FakeBody.of(whole(dialect));
        ChatRequest request = ChatRequest.of(dialect, body);

        request.setModel("other");
        request.addSystem("Be kind.");
        assertThat(request.replaceLastUserText("Who?")).isTrue();

        assertThat(request.model()).isEqualTo("other");
        assertThat(request.systemText()).startsWith("Be brief.").endsWith("Be kind.");
        assertThat(request.lastUserText()).isEqualTo("Who?");
        assertThat(request.messages().get(1).parts())
                .extracting(ChatMessage.Part::kind)
                .containsExactly(Kind.TEXT, Kind.IMAGE);
        assertThat(body.json().path("x_vendor")).isEqualTo(FakeBody.tree("{'k':[1]}"));
    }

    @Test
    void setModelLeavesTheBodyAloneIfItIsThatModel() {
        FakeBody body = FakeBody.of(OPENAI);
        ChatRequest.of(Dialect.OPENAI, body).setModel("gpt-x");
        assertThat(body.edits).isZero();
    }

    @Test
    void systemTextIsAddedWhereThereIsNone() {
        FakeBody openAi = FakeBody.of("{'messages':[{'role':'user','content':'hi'}]}");
        ChatRequest.of(Dialect.OPENAI, openAi).addSystem("S");
        assertThat(openAi.json().path("messages"))
                .isEqualTo(FakeBody.tree("[{'role':'system','content':'S'},{'role':'user','content':'hi'}]"));

        FakeBody anthropic = FakeBody.of("{'messages':[{'role':'user','content':'hi'}]}");
        ChatRequest.of(Dialect.ANTHROPIC, anthropic).addSystem("S");
        assertThat(anthropic.json().path("system").textValue()).isEqualTo("S");
    }

    @Test
    void anthropicsToolResultIsNotTheUsersText() {
        ChatRequest request = ChatRequest.of(Dialect.ANTHROPIC, FakeBody.of("""
                        {'messages':[{'role':'user','content':'first'},
                          {'role':'user','content':[{'type':'tool_result','content':'result'},{'type':'text','text':'second'}]},
                          {'role':'user','content':[{'type':'tool_result','content':'result'}]}]}"""));
        assertThat(request.lastUserText()).isEqualTo("second");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void rewritesEveryTextButNoArguments(Dialect dialect) {
        FakeBody body = FakeBody.of(whole(dialect));
        ChatRequest request = ChatRequest.of(dialect, body);

        request.rewriteTexts((role, text) -> role + ":" + text);

        assertThat(request.systemText()).isEqualTo("SYSTEM:Be brief.");
        assertThat(request.lastUserText()).isEqualTo("USER:What is\nUSER:this?");
        assertThat(request.messages().get(3).text()).isEqualTo("TOOL:a cat");
        assertThat(request.messages().get(2).parts().get(1).text()).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'stream':false}",
                "{'user':'u'}",
                "{'metadata':{'a':1}}",
                "{'service_tier':'auto'}",
                "{'temperature':1.0}",
                "{'top_p':null}",
                "{'messages':[{'content':[{'type':'text','text':'hi'}],'role':'user'}]}",
                "{'messages':[{'content':[{'type':'text','text':'hi','cache_control':{}}],'role':'user'}]}"
            })
    void canonicalIgnoresWhatDoesNotShapeTheAnswer(String difference) {
        assertThat(canonicalWith(difference)).isEqualTo(canonicalWith("{}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'model':'n'}",
                "{'temperature':0.9}",
                "{'messages':[{'role':'user','content':'ho'}]}",
                "{'tools':[{'type':'function','function':{'name':'f'}}]}",
                "{'response_format':{'type':'json_object'}}",
                "{'seed':1}",
                "{'enable_thinking':true}",
                "{'max_tokens':5}"
            })
    void canonicalKnowsWhatShapesTheAnswer(String difference) {
        assertThat(canonicalWith(difference)).isNotEqualTo(canonicalWith("{}"));
    }

    private static String canonicalWith(String difference) {
        ObjectNode request =
                (ObjectNode) FakeBody.tree("{'model':'m','temperature':1,'messages':[{'role':'user','content':'hi'}]}");
        request.setAll((ObjectNode) FakeBody.tree(difference));
        return ChatRequest.of(Dialect.OPENAI, new FakeBody(request.toString()))
                .canonical()
                .toString();
    }

    @Test
    void canonicalTellsDialectsApartAndSurvivesInfinity() {
        String json = "{'model':'m','max_tokens':1,'temperature':1e999,'messages':[{'role':'user','content':'hi'}]}";
        assertThat(ChatRequest.of(Dialect.OPENAI, FakeBody.of(json)).canonical())
                .isNotEqualTo(
                        ChatRequest.of(Dialect.ANTHROPIC, FakeBody.of(json)).canonical());
    }

    @Test
    void keyOrderNeverMattersAndEditsKeepUnknownFields() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            for (Dialect dialect : List.of(Dialect.OPENAI, Dialect.ANTHROPIC)) {
                ObjectNode request = RandomRequests.next(random, dialect);
                String canonical = ChatRequest.of(dialect, new FakeBody(request.toString()))
                        .canonical()
                        .toString();
                JsonNode shuffled = RandomRequests.shuffled(request, random);
                assertThat(ChatRequest.of(dialect, new FakeBody(shuffled.toString()))
                                .canonical()
                                .toString())
                        .isEqualTo(canonical);

                FakeBody body = new FakeBody(request.toString());
                ChatRequest view = ChatRequest.of(dialect, body);
                view.setModel("edited");
                boolean replaced = view.replaceLastUserText("edited");
                view.addSystem("edited");
                assertThat(view.lastUserText()).isEqualTo(replaced ? "edited" : "");
                assertThat(RandomRequests.unknown(body.json())).isEqualTo(RandomRequests.unknown(request));
            }
        }
    }

    @Test
    void addsTurnsWhereTheDialectWantsThem() {
        FakeBody openAi = FakeBody.of("{'x':1,'messages':[{'role':'user','content':'q','name':'n'}]}");
        FakeBody anthropic = FakeBody.of("{'x':1,'system':'s','messages':[{'role':'user','content':'q','n':0}]}");
        FakeBody blocks = FakeBody.of("{'system':[{'type':'text','text':'s','c':0}],'messages':[]}");
        for (ChatRequest request : List.of(
                ChatRequest.of(Dialect.OPENAI, openAi),
                ChatRequest.of(Dialect.ANTHROPIC, anthropic),
                ChatRequest.of(Dialect.ANTHROPIC, blocks))) {
            request.prepend(Role.USER, "b");
            request.prepend(Role.SYSTEM, "a");
            request.append(Role.ASSISTANT, "y");
            request.append(Role.SYSTEM, "z");
        }

        assertThat(openAi.json()).isEqualTo(FakeBody.tree("""
                {'x':1,'messages':[{'role':'system','content':'a'},{'role':'user','content':'b'},
                 {'role':'user','content':'q','name':'n'},
                 {'role':'assistant','content':'y'},{'role':'system','content':'z'}]}"""));
        assertThat(anthropic.json()).isEqualTo(FakeBody.tree("""
                {'x':1,'system':'a\\n\\ns\\n\\nz','messages':[{'role':'user','content':'b'},
                 {'role':'user','content':'q','n':0},{'role':'assistant','content':'y'}]}"""));
        assertThat(blocks.json().path("system")).isEqualTo(FakeBody.tree("""
                [{'type':'text','text':'a'},{'type':'text','text':'s','c':0},{'type':'text','text':'z'}]"""));
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC", "GEMINI"})
    void aRequestWithoutAConversationGetsNoTurns(Dialect dialect) {
        for (String text : List.of("{'messages':[]}", "{'input':'x'}", "[]", "nonsense")) {
            FakeBody body = FakeBody.of(text);
            ChatRequest.of(dialect, body).prepend(Role.SYSTEM, "a");
            ChatRequest.of(dialect, body).append(Role.USER, "a");
            assertThat(body.edits).isZero();
        }
    }

    @Test
    void aToolSaysNothingOfItsOwn() {
        assertThatThrownBy(() ->
                        ChatRequest.of(Dialect.OPENAI, FakeBody.of(OPENAI)).prepend(Role.TOOL, "x"))
                .hasMessage("a turn of text is the system's, the user's or the assistant's");
    }
}
