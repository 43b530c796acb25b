package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import java.util.function.Function;

/** What models of OpenAI's API say, and how they break. */
final class Upstreams {
    static final String TEXT = "The answer to the question is forty-two, as everybody knows.";

    private Upstreams() {}

    static String chunk(String model, String delta, String finish) {
        return ("{'id':'c1','object':'chat.completion.chunk','created':1,'model':'" + model
                        + "','choices':[{'index':0,'delta':" + delta + ",'finish_reason':" + finish + "}]}")
                .replace('\'', '"');
    }

    static String text(String model, String text) {
        return chunk(model, "{'content':'" + text + "'}", "null");
    }

    static String role(String model) {
        return chunk(model, "{'role':'assistant','content':''}", "null");
    }

    static String finish(String model) {
        return chunk(model, "{}", "'stop'");
    }

    static String usage(String model, int input, int output) {
        return ("{'id':'c1','object':'chat.completion.chunk','created':1,'model':'" + model
                        + "','choices':[],'usage':{'prompt_tokens':" + input + ",'completion_tokens':" + output
                        + ",'total_tokens':" + (input + output) + "}}")
                .replace('\'', '"');
    }

    /** The opening and a part of the text; what becomes of it is for the caller to say. */
    static Answer begun(String model, String... texts) {
        Answer answer = Answer.stream().event(role(model));
        for (String text : texts) {
            answer = answer.event(text(model, text));
        }
        return answer;
    }

    /** A whole answer in the mode that the request asks for. */
    static Answer good(Received request, String text) {
        String model = request.json().path("model").asText();
        if (request.json().path("stream").asBoolean()) {
            int half = text.length() / 2;
            return begun(model, text.substring(0, half), text.substring(half))
                    .event(finish(model))
                    .event(usage(model, 7, 5))
                    .event("[DONE]")
                    .end();
        }
        return Answer.json(
                200,
                ("{'id':'c1','object':'chat.completion','created':1,'model':'" + model
                                + "','choices':[{'index':0,'message':{'role':'assistant','content':'" + text
                                + "'},'finish_reason':'stop'}],"
                                + "'usage':{'prompt_tokens':7,'completion_tokens':5,'total_tokens':12}}")
                        .replace('\'', '"'));
    }

    static Function<Received, Answer> healthy() {
        return request -> good(request, TEXT);
    }

    /** Goes on where it is told that the answer was cut; refuses to be given its beginning. */
    static Answer goesOn(Received request) {
        return goesOn(request, false);
    }

    static Answer goesOn(Received request, boolean takesPrefill) {
        JsonNode messages = request.json().path("messages");
        JsonNode last = messages.get(messages.size() - 1);
        JsonNode before = messages.path(messages.size() - 2);
        boolean prefilled = last.path("role").asText().equals("assistant");
        if (prefilled && !takesPrefill) {
            return error(400, "invalid_request_error", "the last message must be the user's");
        }
        JsonNode said = prefilled ? last : before;
        String given = said.path("role").asText().equals("assistant")
                ? said.path("content").asText()
                : "";
        return good(request, TEXT.substring(given.length()));
    }

    static Answer error(int status, String code, String message) {
        return Answer.json(
                status,
                ("{'error':{'message':'" + message + "','type':'" + code + "','code':'" + code + "'}}")
                        .replace('\'', '"'));
    }
}
