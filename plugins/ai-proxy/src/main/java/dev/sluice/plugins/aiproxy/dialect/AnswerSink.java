package dev.sluice.plugins.aiproxy.dialect;

import dev.sluice.api.Usage;
import dev.sluice.api.llm.FinishReason;
import org.jspecify.annotations.Nullable;

/** What a streamed answer consists of, in no dialect: a reader of one dialect's events tells it, a writer takes it. */
interface AnswerSink {

    /** The answer begins. Comes first, or not at all. */
    void start(String id, String model);

    /** More words. */
    void text(String text);

    /** More thoughts. */
    void thinking(String text);

    /** The provider's signature of the thoughts so far. */
    void signature(String signature);

    /** A call begins; calls are counted from 0. */
    void call(int number, String id, String name);

    /** More of a call's arguments. */
    void arguments(int number, String fragment);

    /** The answer has ended; only usage may follow. */
    void finish(FinishReason reason, @Nullable String stopSequence);

    /** Tokens used so far; reports of one answer only grow. */
    void usage(Usage usage);
}
