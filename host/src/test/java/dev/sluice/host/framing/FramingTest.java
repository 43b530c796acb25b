package dev.sluice.host.framing;

import static dev.sluice.host.framing.Streams.decode;
import static dev.sluice.host.framing.Streams.encode;
import static dev.sluice.host.framing.Streams.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Event;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest {

    @ParameterizedTest
    @CsvSource({
        "text/event-stream, SSE",
        "text/event-stream;charset=utf-8, SSE",
        "' Text/Event-Stream ; charset=utf-8', SSE",
        "application/x-ndjson, NDJSON",
        "application/ndjson, NDJSON",
        "APPLICATION/JSONL; charset=utf-8, NDJSON"
    })
    void isChosenByMediaType(String contentType, Framing framing) {
        assertThat(Framing.of(contentType)).isEqualTo(framing);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", ";", "application/json", "text/event-streams", "text/plain; a=text/event-stream"})
    void isNullForOtherMediaTypes(String contentType) {
        assertThat(Framing.of(contentType)).isNull();
    }

    @Test
    void writesAllFieldsOfAServerSentEvent() {
        Event event = Event.data("a\nb\r\nc\rd\n").name("x").id("").retry(Duration.ofSeconds(2));
        assertThat(encode(Framing.SSE, List.of(event)))
                .isEqualTo("event: x\nid: \nretry: 2000\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
        assertThat(encode(Framing.SSE, List.of(Event.data("")))).isEqualTo("data: \n\n");
        assertThat(encode(Framing.SSE, List.of(Event.data("a").name("")))).isEqualTo("data: a\n\n");
    }

    @Test
    void writesAChangedEventAnew() {
        Event arrived = decode(Framing.SSE, utf8("data:{\"a\":1}\n\n")).get(0);
        assertThat(encode(Framing.SSE, List.of(arrived))).isEqualTo("data:{\"a\":1}\n\n");
        assertThat(encode(Framing.SSE, List.of(arrived.name("x")))).isEqualTo("event: x\ndata: {\"a\":1}\n\n");
        assertThat(encode(Framing.SSE, List.of(arrived.edit(o -> o.put("a", 2)))))
                .isEqualTo("data: {\"a\":2}\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb"})
    void refusesANameThatWouldForgeALine(String name) {
        assertThatThrownBy(() -> encode(Framing.SSE, List.of(Event.data("a").name(name))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an event's name must hold no line end");
        assertThatThrownBy(() -> encode(Framing.SSE, List.of(Event.data("a").id(name))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an event's id must hold no line end");
    }

    @Test
    void writesOneLinePerEventOfNdjson() {
        assertThat(encode(
                        Framing.NDJSON,
                        List.of(
                                Event.data("{\"a\": 1}").name("x"),
                                Event.json(JsonNodeFactory.instance.objectNode().put("b", "x\ny")),
                                Event.data("{\r\n  \"c\": [1,\n2]}"),
                                Event.data("two\n\"lines\""),
                                Event.data(" "))))
                .isEqualTo("{\"a\": 1}\n{\"b\":\"x\\ny\"}\n{\"c\":[1,2]}\n\"two\\n\\\"lines\\\"\"\n");
    }

    @Test
    void turnsOneFramingIntoTheOther() {
        byte[] sse = utf8("event: x\ndata: {\"a\":1}\n\ndata: {\ndata: }\n\n");
        assertThat(encode(Framing.NDJSON, decode(Framing.SSE, sse))).isEqualTo("{\"a\":1}\n{}\n");
        byte[] ndjson = utf8("{\"a\":1}\n{\"b\":\r2}\n");
        assertThat(encode(Framing.SSE, decode(Framing.NDJSON, ndjson)))
                .isEqualTo("data: {\"a\":1}\n\ndata: {\"b\":\ndata: 2}\n\n");
    }
}
