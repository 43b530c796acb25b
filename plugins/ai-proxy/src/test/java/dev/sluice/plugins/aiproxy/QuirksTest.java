package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Operation;
import dev.sluice.api.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuirksTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yi | {'messages':[{'role':'developer'}]} | {'messages':[{'role':'system'}]}",
                "openai | {'messages':[{'role':'developer'}]} | {'messages':[{'role':'developer'}]}",
                "custom | {'messages':[7,{'role':'developer'}]} | {'messages':[7,{'role':'system'}]}",
                "mistral | {'stream':true} | {'stream':true}",
                "mistral | {'stream':true,'stream_options':{'include_usage':true}} | {'stream':true}",
                "yi | {'stream':true} | {'stream':true,'stream_options':{'include_usage':true}}",
                "generic | {'model':'m','stream':true} | {'model':'m','stream':true}",
                "zhipuai | {'reasoning_effort':'low'} | {'thinking':{'type':'enabled'}}",
                "zhipuai | {'reasoning_effort':'none'} | {'thinking':{'type':'disabled'}}",
                "zhipuai | {'reasoning_effort':'low','thinking':{'type':'disabled'}} | {'thinking':{'type':'disabled'}}",
                "openrouter | {'reasoning_max_tokens':9,'reasoning_effort':'low'} | {'reasoning':{'max_tokens':9}}",
                "openrouter | {'reasoning_max_tokens':9,'reasoning':{'exclude':true}} | {'reasoning':{'exclude':true,'max_tokens':9}}"
            })
    void aChatIsSpelledAsTheVendorDoes(String type, String asked, String sent) {
        Fixture fixture = new Fixture().provider("p", type, "{}");
        FakeRequest request = new FakeRequest("/v1/chat/completions", "https://h", FakeBody.of(asked));
        fixture.tried().onSend(request);
        assertThat(request.body().json()).isEqualTo(FakeBody.tree(sent));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/images/generations | {'model':'m'} | {'model':'m','watermark':false}",
                "/v1/images/generations | {'model':'m','watermark':true} | {'model':'m','watermark':true}",
                "/v1/responses | {'tool_choice':'auto','parallel_tool_calls':true,'input':'x'} | {'input':'x'}",
                "/v1/chat/completions | {'tool_choice':'auto'} | {'tool_choice':'auto'}"
            })
    void doubaoTakesLessAndMarksNoImages(String path, String asked, String sent) {
        Fixture fixture = new Fixture().provider("p", "doubao", "{}");
        fixture.operation = path.contains("images") ? Operation.IMAGES : Operation.CHAT;
        fixture.dialect = path.contains("responses") ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI;
        FakeRequest request = new FakeRequest(path, "https://h", FakeBody.of(asked));
        fixture.request = request;
        fixture.tried().onSend(request);
        assertThat(request.body().json()).isEqualTo(FakeBody.tree(sent));
    }

    @Test
    void usageInAChoiceIsMovedToTheTop() {
        Fixture fixture = new Fixture().provider("p", "moonshot", "{}");
        AttemptFilter tried = fixture.tried();
        tried.onSend(new FakeRequest("/v1/chat/completions", "https://h", FakeBody.of("{'stream':true}")));
        Event moved =
                (Event) tried.onEvent(Event.data("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\","
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}]}"));
        assertThat(moved.json())
                .isEqualTo(FakeBody.tree("{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}],"
                        + "'usage':{'prompt_tokens':3,'completion_tokens':2,'total_tokens':5}}"));
        assertThat(fixture.usage).isEqualTo(Usage.of(3, 2));
        assertThat(tried.onEnd()).isSameAs(dev.sluice.api.Events.none());
    }
}
