package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** First proof: what a filter masks in the prompt it restores in the answer, wherever the placeholder is cut. */
class MaskProofTest extends Kernel {
    private static final String PROMPT = "write to bob@example.com and eve@example.com";
    private static final String MASKED = "write to <MAIL_0> and <MAIL_1>";
    private static final String ANSWER = "Dear <MAIL_1>, <MAIL_0> says <MAIL_7> and <";
    private static final String RESTORED = "Dear eve@example.com, bob@example.com says <MAIL_7> and <";

    /** Keeps addresses from the model. */
    private static final class Mask implements Filter {
        private static final Pattern ADDRESS = Pattern.compile("[\\w.]+@[\\w.]+\\w");
        private static final Pattern PLACEHOLDER = Pattern.compile("<MAIL_(\\d{1,3})>");
        private static final int LONGEST = "<MAIL_999>".length();

        private final Exchange exchange;
        private final ResponseHooks restore;
        private final List<String> addresses = new ArrayList<>();

        Mask(Exchange exchange) {
            this.exchange = exchange;
            this.restore = Chats.rewriteText(exchange, LONGEST, this::restore);
        }

        private String mask(String text) {
            return ADDRESS.matcher(text).replaceAll(match -> {
                addresses.add(match.group());
                return "<MAIL_" + (addresses.size() - 1) + ">";
            });
        }

        private String restore(String text) {
            return PLACEHOLDER.matcher(text).replaceAll(match -> {
                int number = Integer.parseInt(match.group(1));
                return number < addresses.size() ? addresses.get(number) : match.group();
            });
        }

        @Override
        public Step onRequestBody(Body body) {
            ChatRequest.of(exchange, body).rewriteTexts((role, text) -> mask(text));
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            return restore.onEvent(event);
        }

        @Override
        public Events onEnd() {
            return restore.onEnd();
        }

        @Override
        public Step onResponseBody(Body body) {
            return restore.onResponseBody(body);
        }
    }

    @BeforeEach
    void start() {
        route(TestGateway.with().filter("mask", Mask::new), "mask");
    }

    private Client ask(String path, String request) {
        return closed(Client.post(uri(path), request.replace("\"hi\"", "\"" + PROMPT + "\"")))
                .finish();
    }

    @Test
    void thePlaceholdersOfAnOpenAiStreamAreRestoredWhereverTheyAreCut() {
        for (int at = 0; at <= ANSWER.length(); at++) {
            upstream.next(Streams.whole(Streams.openAi(ANSWER.substring(0, at), ANSWER.substring(at))));

            Client client = ask(Streams.OPENAI_PATH, Streams.OPENAI_STREAM);

            assertThat(client.text(Dialect.OPENAI)).as("cut at %s", at).isEqualTo(RESTORED);
            assertThat(client.whole()).isTrue();
        }
        assertThat(upstream.requests()).allMatch(request -> request.text().contains(MASKED));
    }

    @Test
    void soAreThoseOfAnAnthropicStream() {
        for (int at = 0; at <= ANSWER.length(); at++) {
            upstream.next(Streams.whole(Streams.anthropic(ANSWER.substring(0, at), ANSWER.substring(at))));

            Client client = ask(Streams.ANTHROPIC_PATH, Streams.ANTHROPIC_STREAM);

            assertThat(client.text(Dialect.ANTHROPIC)).as("cut at %s", at).isEqualTo(RESTORED);
            assertThat(client.events()).last().extracting(Event::name).isEqualTo("message_stop");
        }
        assertThat(upstream.requests()).allMatch(request -> request.text().contains(MASKED));
    }

    @Test
    void soAreThoseOfAStreamOfSingleCharacters() {
        upstream.next(Streams.whole(Streams.openAi(ANSWER.split(""))));

        assertThat(ask(Streams.OPENAI_PATH, Streams.OPENAI_STREAM).text(Dialect.OPENAI))
                .isEqualTo(RESTORED);
    }

    @Test
    void soTheyAreHoweverTheNetworkCutsTheEvents() {
        byte[] bytes = Streams.bytes(Streams.openAi("Dear <MA", "IL_1>!"));

        Streams.someCuts(bytes).forEach(parts -> {
            upstream.next(Streams.cutInto(parts));
            assertThat(ask(Streams.OPENAI_PATH, Streams.OPENAI_STREAM).text(Dialect.OPENAI))
                    .as("cut at %s", parts.get(0).length)
                    .isEqualTo("Dear eve@example.com!");
        });
    }

    @Test
    void soAreThoseOfJsonAnswers() {
        upstream.next(Answer.json(200, Streams.openAiJson(ANSWER)));
        assertThat(ask(Streams.OPENAI_PATH, Streams.OPENAI_JSON).text(Dialect.OPENAI))
                .isEqualTo(RESTORED);

        upstream.next(Answer.json(
                200,
                "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
                        + "\"content\":[{\"type\":\"text\",\"text\":\"" + ANSWER
                        + "\"}],\"stop_reason\":\"end_turn\"}"));
        assertThat(ask(Streams.ANTHROPIC_PATH, Streams.ANTHROPIC_STREAM.replace("true", "false"))
                        .text(Dialect.ANTHROPIC))
                .isEqualTo(RESTORED);
    }
}
