package dev.sluice.host.framing;

import static dev.sluice.host.framing.Streams.ROOMY;
import static dev.sluice.host.framing.Streams.decode;
import static dev.sluice.host.framing.Streams.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.api.Event;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SseDecoderTest {

    static Stream<Arguments> golden() {
        return Stream.of(
                arguments("data: a\n\n", events(Event.data("a"))),
                arguments("data: a\n\ndata: b\n\n", events(Event.data("a"), Event.data("b"))),
                arguments("data: a\r\n\r\ndata: b\r\n\r\n", events(Event.data("a"), Event.data("b"))),
                arguments("data: a\r\rdata: b\r\r", events(Event.data("a"), Event.data("b"))),
                arguments(
                        "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n",
                        events(Event.data("a"), Event.data("b"), Event.data("c"))),
                arguments("\uFEFFdata: a\n\n", events(Event.data("a"))),
                arguments("\uFEFF\uFEFFdata: a\n\ndata: b\n\n", events(Event.data("b"))),
                arguments("data: a\n\n\uFEFFdata: b\n\n", events(Event.data("a"))),
                arguments("data:a\n\n", events(Event.data("a"))),
                arguments("data:  a\n\n", events(Event.data(" a"))),
                arguments("data: a \n\n", events(Event.data("a "))),
                arguments("data\n\n", events(Event.data(""))),
                arguments("data:\n\n", events(Event.data(""))),
                arguments("data: \n\n", events(Event.data(""))),
                arguments("data\ndata\n\n", events(Event.data("\n"))),
                arguments("data: a\ndata: b\ndata:\n\n", events(Event.data("a\nb\n"))),
                arguments("data: a\r\ndata: b\rdata: c\n\n", events(Event.data("a\nb\nc"))),
                arguments("event: x\ndata: a\n\n", events(Event.data("a").name("x"))),
                arguments("event: x\ndata\n\n", events(Event.data("").name("x"))),
                arguments(
                        "event: x\nevent: y\ndata: a\n\n",
                        events(Event.data("a").name("y"))),
                arguments("event: x\nevent:\ndata: a\n\n", events(Event.data("a"))),
                arguments("event: x\n\ndata: a\n\n", events(Event.data("a"))),
                arguments(
                        "event: x\ndata: a\n\nevent: x\ndata: b\n\ndata: c\n\n",
                        events(Event.data("a").name("x"), Event.data("b").name("x"), Event.data("c"))),
                arguments(
                        "event: grün\r\ndata: a\r\n\r\n", events(Event.data("a").name("grün"))),
                arguments("id: 7\ndata: a\n\n", events(Event.data("a").id("7"))),
                arguments("id\ndata: a\n\n", events(Event.data("a").id(""))),
                arguments("id: 7\0\ndata: a\n\n", events(Event.data("a"))),
                arguments("id: 6\nid: 7\0\ndata: a\n\n", events(Event.data("a").id("6"))),
                arguments("retry: 1500\ndata: a\n\n", events(Event.data("a").retry(Duration.ofMillis(1500)))),
                arguments("retry: 15x\ndata: a\n\n", events(Event.data("a"))),
                arguments("retry: -1\ndata: a\n\n", events(Event.data("a"))),
                arguments("retry:\ndata: a\n\n", events(Event.data("a"))),
                arguments("retry: 9999999999999999999\ndata: a\n\n", events(Event.data("a"))),
                arguments(": ping\n\ndata: a\n\n", events(Event.data("a"))),
                arguments(": ping\ndata: a\n\n", events(Event.data("a"))),
                arguments(":\r\ndata: a\r\n:x\r\n\r\n", events(Event.data("a"))),
                arguments("data: a\n: in between\ndata: b\n\n", events(Event.data("a\nb"))),
                arguments("\n\n\ndata: a\n\n\n\n", events(Event.data("a"))),
                arguments("Data: no\ndatas: no\ndat: no\nfoo\n data: no\ndata: a\n\n", events(Event.data("a"))),
                arguments("data: a", events(Event.data("a"))),
                arguments("data: a\n", events(Event.data("a"))),
                arguments("data: a\r\n\r", events(Event.data("a"))),
                arguments(
                        "event: x\r\nid: 1\r\ndata: a",
                        events(Event.data("a").name("x").id("1"))),
                arguments("event: x\n", events()),
                arguments(": half a comment", events()),
                arguments("", events()),
                arguments("\uFEFF", events()),
                arguments(
                        "data: {\"a\":\"\u65E5\u672C\uD83D\uDE00\"}\n\n",
                        events(Event.data("{\"a\":\"\u65E5\u672C\uD83D\uDE00\"}"))),
                arguments("data: a\n\ndata: [DONE]\n\ndata: b\n\n", events(Event.data("a"))),
                arguments("data: a\n\ndata:[DONE] \r\n\r\n", events(Event.data("a"))),
                arguments("data: a\n\ndata: [DONE]", events(Event.data("a"))),
                arguments("event: done\ndata: [DONE]\n\n: after\n\ndata: b", events()),
                arguments("data: [DONE]!\n\n", events(Event.data("[DONE]!"))));
    }

    private static List<Event> events(Event... events) {
        return List.of(events);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void readsTheSameEventsWhereverTheStreamIsCut(String text, List<Event> expected) {
        byte[] stream = utf8(text);
        assertThat(decode(Framing.SSE, stream)).isEqualTo(expected);
        for (int i = 0; i <= stream.length; i++) {
            for (int k = i; k <= stream.length; k++) {
                assertThat(decode(Framing.SSE, stream, i, k))
                        .as("cut at %d and %d", i, k)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void readsRandomStreamsAsTheReferenceDoes() {
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            byte[] stream = randomStream(random);
            List<Event> expected = ReferenceSse.parse(stream);
            assertThat(decode(Framing.SSE.decoder(ROOMY, false), stream, randomCuts(random, stream.length)))
                    .as("seed %d: %s", seed, new String(stream, StandardCharsets.UTF_8))
                    .isEqualTo(expected);
        }
    }

    @Test
    void whatItReadItWritesAsAStreamOfTheSameEvents() {
        for (int seed = 0; seed < 1000; seed++) {
            List<Event> events = ReferenceSse.parse(randomStream(new Random(seed)));
            List<Event> arrived = decode(Framing.SSE.decoder(ROOMY, false), utf8(Streams.encode(Framing.SSE, events)));
            assertThat(arrived).as("seed %d", seed).isEqualTo(events);
            assertThat(decode(Framing.SSE.decoder(ROOMY, false), utf8(Streams.encode(Framing.SSE, arrived))))
                    .as("seed %d, written as it arrived", seed)
                    .isEqualTo(events);
        }
    }

    @Test
    void keepsAnOrdinaryEventAsItsBytes() {
        String stream = ": hello\n\nevent: delta\nid: 3\nfoo: bar\ndata:{\"a\":1}\n\ndata: x\n\n";
        List<Event> events = decode(Framing.SSE, utf8(stream), 17);
        assertThat(events).hasSize(2);
        assertThat(events.get(0).frame("text/event-stream"))
                .asString()
                .isEqualTo("event: delta\nid: 3\nfoo: bar\ndata:{\"a\":1}\n\n");
        assertThat(events.get(1).frame("text/event-stream")).asString().isEqualTo("data: x\n\n");
    }

    @Test
    void normalisesWhatIsNotOrdinary() {
        assertThat(frame("data:a\r\nevent:x\r\nid:1\r\nretry:05\r\n\r\n"))
                .isEqualTo("event: x\nid: 1\nretry: 5\ndata: a\n\n");
        assertThat(frame("data:a\n:comment\n\n")).isEqualTo("data: a\n\n");
        assertThat(frame("data: a\r\r")).isEqualTo("data: a\n\n");
        assertThat(frame("data: a\n\r")).isEqualTo("data: a\n\n");
        assertThat(frame("data: a\n")).isEqualTo("data: a\n\n");
        assertThat(frame("data: a")).isEqualTo("data: a\n\n");
    }

    private static String frame(String stream) {
        Event event = decode(Framing.SSE, utf8(stream)).get(0);
        return new String(event.frame("text/event-stream"), StandardCharsets.UTF_8);
    }

    @Test
    void writesSeveralLinesOfDataAsTheyWere() {
        List<Event> events = decode(Framing.SSE, utf8("event: x\r\ndata: a\r\ndata:\r\ndata:  b\r\n\r\n"));
        assertThat(Streams.encode(Framing.SSE, events)).isEqualTo("event: x\ndata: a\ndata: \ndata:  b\n\n");
    }

    @Test
    void passesBytesThatAreNoUtf8() {
        byte[] bad = {'d', 'a', 't', 'a', ':', (byte) 0xFF, (byte) 0xC3, '\n', '\n'};
        assertThat(written(bad)).isEqualTo(bad);
        byte[] badInTwoLines = {
            'd', 'a', 't', 'a', ':', ' ', (byte) 0xFF, '\n', 'd', 'a', 't', 'a', ':', ' ', 'b', '\n', '\n'
        };
        assertThat(written(badInTwoLines)).isEqualTo(badInTwoLines);
    }

    private static byte[] written(byte[] stream) {
        Buffer out = Buffer.buffer();
        decode(Framing.SSE, stream).forEach(e -> Framing.SSE.encode(e, out));
        return out.getBytes();
    }

    @Test
    void refusesAnEventBeyondTheLimitWhereverItIsCut() {
        byte[] stream = utf8("data: ok\n\ndata: 123456\n\n");
        assertThat(decode(Framing.SSE.decoder(14, true), stream)).hasSize(2);
        for (int cut = 0; cut <= stream.length; cut++) {
            EventDecoder decoder = Framing.SSE.decoder(13, true);
            List<Event> before = new ArrayList<>();
            int at = cut;
            assertThatThrownBy(() -> pullBoth(decoder, stream, at, before))
                    .isInstanceOf(FramingException.class)
                    .hasMessage("an event of the stream is larger than the limit of 13 bytes");
            assertThat(before).as("cut at %d", cut).containsExactly(Event.data("ok"));
            assertThatThrownBy(decoder::next).isInstanceOf(FramingException.class);
        }
    }

    private static void pullBoth(EventDecoder decoder, byte[] stream, int cut, List<Event> into) {
        for (byte[] part : List.of(Arrays.copyOf(stream, cut), Arrays.copyOfRange(stream, cut, stream.length))) {
            decoder.feed(Buffer.buffer(part));
            for (Event e = decoder.next(); e != null; e = decoder.next()) {
                into.add(e);
            }
        }
    }

    @Test
    void refusesEndlessLinesAndCommentsAsWell() {
        assertThatThrownBy(() -> decode(Framing.SSE.decoder(8, true), utf8(": a comment without end")))
                .isInstanceOf(FramingException.class);
        assertThatThrownBy(() -> decode(Framing.SSE.decoder(8, true), utf8(": a long comment\n\n")))
                .isInstanceOf(FramingException.class);
        assertThat(decode(Framing.SSE.decoder(8, true), utf8(":1234\n".repeat(100))))
                .isEmpty();
    }

    @Test
    void stopsBetweenTwoEventsOfOneChunk() {
        EventDecoder decoder = Framing.SSE.decoder(ROOMY, true);
        decoder.feed(Buffer.buffer("data: a\n\ndata: b\n\nda"));
        assertThat(decoder.next()).isEqualTo(Event.data("a"));
        decoder.feed(Buffer.buffer("ta: c\n\n"));
        assertThat(decoder.next()).isEqualTo(Event.data("b"));
        assertThat(decoder.next()).isEqualTo(Event.data("c"));
        assertThat(decoder.next()).isNull();
    }

    @Test
    void endsWithTheTerminatorAndIgnoresTheRest() {
        EventDecoder decoder = Framing.SSE.decoder(ROOMY, true);
        decoder.feed(Buffer.buffer("data: a\n\ndata: [DONE]\n\ndata: b\n\n"));
        assertThat(decoder.next()).isEqualTo(Event.data("a"));
        assertThat(decoder.ended()).isFalse();
        assertThat(decoder.next()).isNull();
        assertThat(decoder.ended()).isTrue();
        decoder.feed(Buffer.buffer("data: c\n\n"));
        assertThat(decoder.next()).isNull();
        assertThat(decoder.finish()).isNull();
    }

    @Test
    void takesTheTerminatorForAnEventWhereItIsNone() {
        EventDecoder decoder = Framing.SSE.decoder(ROOMY, false);
        assertThat(decode(decoder, utf8("data: [DONE]\n\ndata: b\n\n")))
                .containsExactly(Event.data("[DONE]"), Event.data("b"));
        assertThat(decoder.ended()).isFalse();
    }

    @Test
    void readsBuffersThatHaveNoArray() {
        EventDecoder decoder = Framing.SSE.decoder(ROOMY, true);
        for (String part : List.of("data: a\n", "\nda", "ta: b\n\n")) {
            decoder.feed(BufferInternal.buffer(Unpooled.directBuffer().writeBytes(utf8(part))));
        }
        assertThat(decoder.next()).isEqualTo(Event.data("a"));
        assertThat(decoder.next()).isEqualTo(Event.data("b"));
    }

    @Test
    void neverWritesIntoAChunk() {
        byte[] larger = utf8("data: a\n\ndata: b, and more that is not of this chunk");
        byte[] copy = larger.clone();
        EventDecoder decoder = Framing.SSE.decoder(ROOMY, true);
        decoder.feed(BufferInternal.buffer(Unpooled.wrappedBuffer(larger, 0, 16)));
        decoder.next();
        decoder.feed(Buffer.buffer("c\n\n"));
        assertThat(decoder.next()).isEqualTo(Event.data("bc"));
        assertThat(larger).isEqualTo(copy);
    }

    @Test
    void leavesTheEndOfOneEventOutOfTheNext() {
        List<Event> events = decode(Framing.SSE, utf8("data: a\r\n\r\ndata: b\n\n: ping\r\ndata: c\n\n"));
        assertThat(events.get(1).frame("text/event-stream")).asString().isEqualTo("data: b\n\n");
        assertThat(events.get(2).frame("text/event-stream")).asString().isEqualTo("data: c\n\n");
    }

    private static byte[] randomStream(Random random) {
        String[] words = {
            "data",
            "event",
            "id",
            "retry",
            ":",
            ": ",
            " ",
            "\n",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\r\n\r\n",
            "a",
            "12",
            "\0",
            "\uFEFF",
            "ü",
            "data: x\n\n",
            "data: {\"a\":1}\r\n",
            "event: e\n",
            ": c\n",
            "id: 1\n",
            "[DONE]"
        };
        StringBuilder stream = new StringBuilder();
        int count = random.nextInt(40);
        for (int i = 0; i < count; i++) {
            stream.append(words[random.nextInt(words.length)]);
        }
        return utf8(stream.toString());
    }

    private static int[] randomCuts(Random random, int length) {
        return random.ints(random.nextInt(6), 0, length + 1).sorted().toArray();
    }
}
