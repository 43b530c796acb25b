package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AiProxyTest {

    private static FakeRequest request(String path) {
        return new FakeRequest(path, null, FakeBody.of("{}"));
    }

    @Test
    void picksItsOwnProviderOnlyIfNobodyHasPickedOne() {
        Fixture fixture = new Fixture().provider("p", "openai", "{}");
        assertThat(fixture.filter().onRequest(request("/v1/chat/completions"))).isSameAs(Step.next());
        assertThat(fixture.chosen).isEqualTo(Target.of("p"));

        fixture.chosen = Target.of("other");
        fixture.filter().onRequest(request("/v1/chat/completions"));
        assertThat(fixture.chosen).isEqualTo(Target.of("other"));
    }

    @Test
    void refusesAConfigThatCannotWork() {
        AiProxyConfig config = Fixture.config(false, null);
        assertThatThrownBy(() -> new Fixture().filter(config))
                .isInstanceOf(ConfigException.class)
                .hasMessage("there is no provider 'p'; define it under 'providers:'");
        assertThatThrownBy(() -> new Fixture().provider("q", "echo", "{}").filter(config))
                .hasMessage("there is no provider 'p'; defined are q")
                .extracting(e -> ((ConfigException) e).path())
                .isEqualTo("provider");
        assertThatThrownBy(() ->
                        new Fixture().provider("p", "openai", "{'cutAfter':3}").filter(config))
                .hasMessage(
                        "provider 'p': it is of type openai, but 'cutAfter' is a setting of type echo alone: remove it");
        assertThatThrownBy(() -> new Fixture()
                        .provider("p", "openai", "{'defaultMaxTokens':3}")
                        .filter(config))
                .hasMessage("provider 'p': it is of type openai, but 'defaultMaxTokens' is a setting of type anthropic"
                        + " alone: remove it");
        assertThatThrownBy(() ->
                        new Fixture().provider("p", "echo", "{'delay':'soon'}").filter(config))
                .hasMessage("provider 'p': delay is a duration like 20ms or 2s, at most 10m, not 'soon'");
    }

    @Test
    void unknownPathsAreNoRouteUnlessPassed() {
        Fixture fixture = new Fixture().provider("p", "openai", "{}");
        fixture.operation = Operation.OTHER;
        fixture.dialect = Dialect.NONE;
        fixture.request = request("/health");
        Reply reply = (Reply) fixture.filter().onRequest(request("/health"));
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.code()).isEqualTo("no_route");
        assertThat(reply.text()).isEqualTo("no model API has the path /health; see passUnknown to pass it on");

        fixture.answering = "another filter";
        assertThat(fixture.filter().onRequest(request("/health"))).isSameAs(Step.next());
        fixture.answering = null;

        Filter passing = fixture.filter(new AiProxyConfig("p", false, true, null));
        assertThat(passing.onRequest(request("/health"))).isSameAs(Step.next());
        FakeRequest sent = request("/health");
        passing.onAttempt(fixture.attempt()).onSend(sent);
        assertThat(sent.path()).isEqualTo("/health");
    }

    @Test
    void listsTheModelsThatAMappingNames() {
        Fixture fixture =
                new Fixture().provider("p", "openai", "{'modelMapping':{'a':'x','b-*':'y','~c.':'z','*':'w'}}");
        fixture.operation = Operation.MODELS;
        FakeRequest get = request("/v1/models");
        get.method("GET");
        fixture.request = get;
        Reply reply = (Reply) fixture.filter().onRequest(get);
        assertThat(reply.json())
                .hasToString(
                        "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"object\":\"model\",\"created\":0,\"owned_by\":\"p\"}]}");
        get.headers().set("anthropic-version", "2023-06-01");
        assertThat(((Reply) fixture.filter().onRequest(get)).json())
                .isEqualTo(FakeBody.tree("{'data':[{'type':'model','id':'a','display_name':'a',"
                        + "'created_at':'1970-01-01T00:00:00Z'}],'first_id':'a','last_id':'a','has_more':false}"));

        Fixture unmapped = new Fixture().provider("p", "openai", "{'modelMapping':{'*':'w'}}");
        unmapped.operation = Operation.MODELS;
        assertThat(unmapped.filter().onRequest(get)).isSameAs(Step.next());

        Fixture echo = new Fixture().provider("p", "echo", "{}");
        echo.operation = Operation.MODELS;
        echo.request = get;
        assertThat(((Reply) echo.filter().onRequest(get))
                        .json()
                        .path("data")
                        .path(0)
                        .path("id")
                        .textValue())
                .isEqualTo("echo");
    }

    @Test
    void tellsTheClientWhoAnswered() {
        Fixture fixture = new Fixture().provider("p", "openai", "{}");
        fixture.resolved = Target.of("p").model("gpt-x");
        Filter filter = fixture.filter();
        FakeHead unasked = new FakeHead(200, "application/json");
        filter.onResponse(unasked);
        assertThat(unasked.headers.names()).containsExactly("content-type");

        filter.onAttempt(fixture.attempt());
        FakeHead head = new FakeHead(200, "application/json");
        filter.onResponse(head);
        assertThat(head.headers.get("x-sluice-provider")).isEqualTo("p");
        assertThat(head.headers.get("x-sluice-model")).isEqualTo("gpt-x");

        fixture.resolved = Target.of("p").model("evil\r\nset-cookie: x");
        filter.onAttempt(fixture.attempt());
        FakeHead safe = new FakeHead(200, "application/json");
        filter.onResponse(safe);
        assertThat(safe.headers.get("x-sluice-model")).isNull();
    }

    @Test
    void aTargetOfAnUnknownTypeOrNameIsRefused() {
        Fixture fixture = new Fixture().provider("p", "openai", "{}").provider("gem", "gemini", "{}");
        fixture.resolved = Target.of("gem");
        Reply reply = (Reply) fixture.tried().onSend(request("/v1/chat/completions"));
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.code()).isEqualTo("filter_failed");
        assertThat(reply.text()).isEqualTo("provider 'gem': ai-proxy cannot speak to the type gemini yet");

        fixture.resolved = Target.of("gone");
        assertThat(((Reply) fixture.tried().onSend(request("/v1/chat/completions"))).text())
                .isEqualTo("ai-proxy knows no provider 'gone'");
    }

    @Test
    void descriptorRecordAndReadmeAgree() throws Exception {
        JsonNode descriptor;
        try (InputStream in = AiProxy.class.getResourceAsStream("/META-INF/sluice/ai-proxy.json")) {
            descriptor = new ObjectMapper().readTree(in);
        }
        List<String> components = Arrays.stream(AiProxyConfig.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        assertThat(keys(descriptor.path("schema").path("properties"))).containsExactlyElementsOf(components);
        assertThat(keys(descriptor.path("providerSchema").path("properties")))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Settings.COMMON, Settings.types().keySet())
                                .flatMap(java.util.Collection::stream)
                                .toList());

        JsonNode fields = descriptor.path("providerSchema").path("properties");
        // A default would stand in every type's config, also where the field is refused.
        assertThat(fields).noneMatch(field -> field.has("default"));
        assertThat(words(fields.path("paths")))
                .containsExactlyElementsOf(
                        Arrays.stream(Api.values()).map(Api::key).toList());
        assertThat(words(fields.path("capabilities")))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Api.values())
                        .map(Api::capability)
                        .filter(java.util.Objects::nonNull)
                        .toList());

        String readme = Files.readString(Path.of("README.md"));
        assertThat(firstColumn(readme, "## Config")).containsExactlyElementsOf(components);
        assertThat(firstColumn(readme, "## The echo")).containsExactlyElementsOf(EchoSettings.NAMES);
        assertThat(firstColumn(readme, "## Anthropic")).containsExactly("defaultMaxTokens");
        assertThat(firstColumn(readme, "## Vendors"))
                .containsExactlyInAnyOrderElementsOf(Settings.types().keySet().stream()
                        .filter(name -> !EchoSettings.NAMES.contains(name) && !name.equals("defaultMaxTokens"))
                        .toList());
        assertThat(firstColumn(readme, "## A vendor of your own")).containsExactlyElementsOf(Settings.COMMON);
    }

    private static List<String> words(JsonNode names) {
        return java.util.stream.StreamSupport.stream(
                        names.path("propertyNames").path("enum").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'providers':[{'id':'a','type':'openai'},{'id':'b','type':'qwen'}],'activeProviderId':'b','passUnknown':true} | {'passUnknown':true,'provider':{'id':'b','type':'qwen'}}",
                "{'providers':[{'type':'openai'}]} | {'provider':{'type':'openai'}}",
                "{'provider':{'type':'openai'},'providers':[{'id':'a','type':'qwen'}]} | {'provider':{'type':'openai'}}",
                "{'provider':'p'} | {'provider':'p'}"
            })
    void higresssListOfProvidersIsTheActiveOne(String config, String expected) {
        ObjectNode normalized = new AiProxy().normalize((ObjectNode) FakeBody.tree(config));
        assertThat(normalized).hasToString(FakeBody.tree(expected).toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'providers':[{'id':'a'},{'id':'b'}],'activeProviderId':'c'} | no provider has the id 'c': name one of a, b",
                "{'providers':[{'id':'a'},{'id':'b'}]} | none of the providers is active: name one of a, b"
            })
    void aListWithoutAnActiveProviderIsAProblem(String config, String message) {
        assertThatThrownBy(() -> new AiProxy().normalize((ObjectNode) FakeBody.tree(config)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'data':[{'id':'a','created_at':'never'},{'no':'id'},7]} | {'object':'list','data':[{'id':'a','object':'model','created':0,'owned_by':'p'}]}",
                "{'id':'a','type':'model'} | {'id':'a','object':'model','created':0,'owned_by':'p'}",
                "{'data':[]} | {'object':'list','data':[]}",
                "{'deleted':true} | ",
                "[] | ",
                "{'id':'a','object':'model'} | "
            })
    void aListOfModelsIsToldInTheClientsShapeAsFarAsItIsOne(String answer, String expected) {
        assertThat(String.valueOf(Models.translated(FakeBody.tree(answer), false, "p")))
                .isEqualTo(expected == null ? "null" : FakeBody.tree(expected).toString());
    }

    private static List<String> keys(JsonNode object) {
        return object.properties().stream().map(java.util.Map.Entry::getKey).toList();
    }

    private static List<String> firstColumn(String readme, String heading) {
        int from = readme.indexOf(heading);
        int to = readme.indexOf("\n## ", from + 1);
        Matcher rows =
                Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(readme.substring(from, to < 0 ? readme.length() : to));
        return rows.results().map(row -> row.group(1)).toList();
    }
}
