package dev.sluice.bench.faults;

import dev.sluice.api.Dialect;
import dev.sluice.testkit.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a model of one vendor's API says things, event by event. */
enum Voice {
    OPENAI(Dialect.OPENAI, "/v1/chat/completions") {
        @Override
        List<String> opening(String model) {
            return List.of(chunk(model, "{'role':'assistant','content':''}", "null"));
        }

        @Override
        String word(String model, String text) {
            return chunk(model, "{'content':'" + text + "'}", "null");
        }

        @Override
        List<String> finish(String model) {
            return List.of(
                    chunk(model, "{}", "'stop'"),
                    event(
                            "",
                            "{'id':'c1','object':'chat.completion.chunk','created':1,'model':'" + model
                                    + "','choices':[],'usage':{'prompt_tokens':7,'completion_tokens':5,'total_tokens':12}}"));
        }

        @Override
        String terminator() {
            return "data: [DONE]\n\n";
        }

        @Override
        String whole(String model, String text) {
            return quoted("{'id':'c1','object':'chat.completion','created':1,'model':'" + model
                    + "','choices':[{'index':0,'message':{'role':'assistant','content':'" + text
                    + "'},'finish_reason':'stop'}],"
                    + "'usage':{'prompt_tokens':7,'completion_tokens':5,'total_tokens':12}}");
        }

        @Override
        String errorJson(String code, String message) {
            return quoted("{'error':{'message':'" + message + "','type':'" + code + "','code':'" + code + "'}}");
        }

        @Override
        String errorEvent() {
            return event("", "{'error':{'message':'boom','type':'server_error'}}");
        }

        private String chunk(String model, String delta, String finish) {
            return event(
                    "",
                    "{'id':'c1','object':'chat.completion.chunk','created':1,'model':'" + model
                            + "','choices':[{'index':0,'delta':" + delta + ",'finish_reason':" + finish + "}]}");
        }
    },

    ANTHROPIC(Dialect.ANTHROPIC, "/v1/messages") {
        @Override
        List<String> opening(String model) {
            return List.of(
                    event(
                            "message_start",
                            "{'type':'message_start','message':{'id':'m1','type':'message','role':'assistant','model':'"
                                    + model
                                    + "','content':[],'stop_reason':null,'stop_sequence':null,"
                                    + "'usage':{'input_tokens':7,'output_tokens':1}}}"),
                    event(
                            "content_block_start",
                            "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}"),
                    event("ping", "{'type':'ping'}"));
        }

        @Override
        String word(String model, String text) {
            return event(
                    "content_block_delta",
                    "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'" + text + "'}}");
        }

        @Override
        List<String> finish(String model) {
            return List.of(
                    event("content_block_stop", "{'type':'content_block_stop','index':0}"),
                    event(
                            "message_delta",
                            "{'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},"
                                    + "'usage':{'output_tokens':5}}"));
        }

        @Override
        String terminator() {
            return event("message_stop", "{'type':'message_stop'}");
        }

        @Override
        String whole(String model, String text) {
            return quoted("{'id':'m1','type':'message','role':'assistant','model':'" + model
                    + "','content':[{'type':'text','text':'" + text
                    + "'}],'stop_reason':'end_turn','stop_sequence':null,"
                    + "'usage':{'input_tokens':7,'output_tokens':5}}");
        }

        @Override
        String errorJson(String code, String message) {
            return quoted("{'type':'error','error':{'type':'" + code + "','message':'" + message + "'}}");
        }

        @Override
        String errorEvent() {
            return event("error", "{'type':'error','error':{'type':'api_error','message':'boom'}}");
        }
    };

    /** Sixty words, each there once, so that a gap or a repeat shows. */
    static final List<String> WORDS =
            IntStream.rangeClosed(1, 60).mapToObj(i -> "word" + i + " ").toList();

    static final String TEXT = String.join("", WORDS);

    private final Dialect dialect;
    private final String path;

    Voice(Dialect dialect, String path) {
        this.dialect = dialect;
        this.path = path;
    }

    abstract List<String> opening(String model);

    abstract String word(String model, String text);

    /** The reason of the end and the usage, 7 and 5 tokens; without the terminator. */
    abstract List<String> finish(String model);

    abstract String terminator();

    /** A whole JSON answer. */
    abstract String whole(String model, String text);

    abstract String errorJson(String code, String message);

    abstract String errorEvent();

    Dialect dialect() {
        return dialect;
    }

    String path() {
        return path;
    }

    /** The provider type that speaks so. */
    String type() {
        return this == OPENAI ? "openai" : "anthropic";
    }

    Answer error(int status, String code, String message) {
        return Answer.json(status, errorJson(code, message));
    }

    /** A stream's beginning, with its first so many words. */
    List<String> begun(int words) {
        List<String> frames = new ArrayList<>(opening("m"));
        WORDS.subList(0, words).forEach(word -> frames.add(word("m", word)));
        return frames;
    }

    /** A whole stream that says that, a word an event. */
    List<String> stream(String model, String text, boolean terminated) {
        List<String> frames = new ArrayList<>(opening(model));
        for (int from = 0, to; from < text.length(); from = to) {
            int space = text.indexOf(' ', from);
            to = space < 0 ? text.length() : space + 1;
            frames.add(word(model, text.substring(from, to)));
        }
        frames.addAll(finish(model));
        if (terminated) {
            frames.add(terminator());
        }
        return frames;
    }

    static Answer answer(List<String> frames) {
        Answer answer = Answer.stream();
        for (String frame : frames) {
            answer = answer.chunk(frame);
        }
        return answer;
    }

    static String joined(List<String> frames) {
        return frames.stream().collect(Collectors.joining());
    }

    private static String event(String name, String json) {
        return (name.isEmpty() ? "" : "event: " + name + "\n") + "data: " + quoted(json) + "\n\n";
    }

    private static String quoted(String json) {
        return json.replace('\'', '"');
    }
}
