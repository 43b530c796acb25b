package dev.sluice.kernel;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Cuts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Streams as vendors write them, as bytes. */
final class Streams {
    static final String OPENAI_PATH = "/v1/chat/completions";
    static final String ANTHROPIC_PATH = "/v1/messages";
    static final String OPENAI_STREAM =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    static final String OPENAI_JSON = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    static final String ANTHROPIC_STREAM =
            "{\"model\":\"m\",\"max_tokens\":99,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private Streams() {}

    /** OpenAI's opening event, which says nothing yet. */
    static String role() {
        return chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null");
    }

    static String delta(String text) {
        return chunk("{\"content\":\"" + text + "\"}", "null");
    }

    static String finish() {
        return chunk("{}", "\"stop\"");
    }

    static String chunk(String delta, String finish) {
        return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                + "[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
    }

    static String usage(int input, int output) {
        return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],"
                + "\"usage\":{\"prompt_tokens\":" + input + ",\"completion_tokens\":" + output + ",\"total_tokens\":"
                + (input + output) + "}}\n\n";
    }

    /** A whole stream of OpenAI's, each text an event. */
    static String openAi(String... texts) {
        StringBuilder all = new StringBuilder(role());
        for (String text : texts) {
            all.append(delta(text));
        }
        return all.append(finish()).append("data: [DONE]\n\n").toString();
    }

    static String openAiJson(String text) {
        return "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}";
    }

    /** Anthropic's opening events, which say nothing yet. */
    static String messageStart() {
        return named(
                        "message_start",
                        "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                                + "\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
                                + "\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}")
                + named("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    }

    static String ping() {
        return "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    }

    static String textDelta(String text) {
        return named(
                "content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text + "\"}");
    }

    static String messageStop() {
        return named("content_block_stop", "\"index\":0")
                + named(
                        "message_delta",
                        "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
                                + "\"usage\":{\"output_tokens\":7}")
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    }

    /** A whole stream of Anthropic's, each text an event. */
    static String anthropic(String... texts) {
        StringBuilder all = new StringBuilder(messageStart());
        for (String text : texts) {
            all.append(textDelta(text));
        }
        return all.append(messageStop()).toString();
    }

    private static String named(String type, String fields) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + fields + "}\n\n";
    }

    /** A stream whose bytes come in these parts and then end. */
    static Answer whole(String... parts) {
        return parts(parts).end();
    }

    /** A stream whose bytes come in these parts; what then becomes of it is for the caller to say. */
    static Answer parts(String... parts) {
        Answer answer = Answer.stream();
        for (String part : parts) {
            answer = answer.chunk(part);
        }
        return answer;
    }

    /** A stream whose bytes are cut in these parts. */
    static Answer cutInto(List<byte[]> parts) {
        Answer answer = Answer.stream();
        for (byte[] part : parts) {
            if (part.length > 0) {
                answer = answer.chunk(part);
            }
        }
        return answer.end();
    }

    /** The bytes cut in two at every seventh place, and at every one around the first end of an event. */
    static Stream<List<byte[]>> someCuts(byte[] bytes) {
        int end = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\n\n");
        return Cuts.everyCut(bytes).filter(parts -> {
            int at = parts.get(0).length;
            return at % 7 == 0 || Math.abs(at - end) < 9;
        });
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
