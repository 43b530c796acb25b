package dev.sluice.host.framing;

import static dev.sluice.host.framing.Streams.ROOMY;
import static dev.sluice.host.framing.Streams.decode;
import static dev.sluice.host.framing.Streams.encode;
import static dev.sluice.host.framing.Streams.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.api.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NdjsonDecoderTest {

    static Stream<Arguments> golden() {
        return Stream.of(
                arguments("{\"a\":1}\n", "{\"a\":1}\n", List.of("{\"a\":1}")),
                arguments("{}\n[]\n", "{}\n[]\n", List.of("{}", "[]")),
                arguments("{}\r\n[]\r\n", "{}\n[]\n", List.of("{}", "[]")),
                arguments("{}", "{}\n", List.of("{}")),
                arguments("{}\r", "{}\n", List.of("{}")),
                arguments("{}\n[]", "{}\n[]\n", List.of("{}", "[]")),
                arguments("\n\r\n \t\n{}\n\n", "{}\n", List.of("{}")),
                arguments("\uFEFF{}\n", "{}\n", List.of("{}")),
                arguments(" {\"a\":\r1} \n", " {\"a\":\r1} \n", List.of(" {\"a\":\r1} ")),
                arguments("not json\n", "not json\n", List.of("not json")),
                arguments("{\"a\":\"\u65E5\"}\n", "{\"a\":\"\u65E5\"}\n", List.of("{\"a\":\"\u65E5\"}")),
                arguments("{}\n[DONE]\n{}\n", "{}\n", List.of("{}")),
                arguments("{}\n[DONE]", "{}\n", List.of("{}")),
                arguments("", "", List.of()),
                arguments("\r\n", "", List.of()),
                arguments(" ", "", List.of()),
                arguments("\uFEFF", "", List.of()));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void readsTheSameEventsWhereverTheStreamIsCut(String text, String written, List<String> data) {
        byte[] stream = utf8(text);
        for (int i = 0; i <= stream.length; i++) {
            for (int k = i; k <= stream.length; k++) {
                List<Event> events = decode(Framing.NDJSON, stream, i, k);
                assertThat(events)
                        .as("cut at %d and %d", i, k)
                        .extracting(Event::data)
                        .isEqualTo(data);
                assertThat(events).allMatch(e -> e.frame("application/x-ndjson") != null);
                assertThat(encode(Framing.NDJSON, events)).isEqualTo(written);
            }
        }
    }

    @Test
    void readsRandomStreamsAsPlainSplittingDoes() {
        String[] words = {"{\"a\":1}", "\n", "\n", "\r\n", "\r", " ", "x", "ü", "\n\n"};
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(30), 0, words.length).forEach(i -> text.append(words[i]));
            List<String> expected = new ArrayList<>();
            for (String line : text.toString().split("\n")) {
                if (!line.matches("[ \t\r]*")) {
                    expected.add(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
                }
            }
            byte[] stream = text.toString().getBytes(StandardCharsets.UTF_8);
            int[] cuts = random.ints(random.nextInt(6), 0, stream.length + 1)
                    .sorted()
                    .toArray();
            assertThat(decode(Framing.NDJSON, stream, cuts))
                    .as("seed %d", seed)
                    .extracting(Event::data)
                    .isEqualTo(expected);
        }
    }

    @Test
    void refusesALineBeyondTheLimitWhereverItIsCut() {
        byte[] stream = utf8("{}\n{\"a\":1}\n");
        assertThat(decode(Framing.NDJSON.decoder(8, true), stream)).hasSize(2);
        for (int cut = 0; cut <= stream.length; cut++) {
            int at = cut;
            assertThatThrownBy(() -> decode(Framing.NDJSON.decoder(7, true), stream, at))
                    .isInstanceOf(FramingException.class)
                    .hasMessage("an event of the stream is larger than the limit of 7 bytes");
        }
    }

    @Test
    void takesTheTerminatorForAnEventWhereItIsNone() {
        assertThat(decode(Framing.NDJSON.decoder(ROOMY, false), utf8("[DONE]\n{}\n")))
                .containsExactly(Event.data("[DONE]"), Event.data("{}"));
    }
}
