package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads one dialect's requests and answers. Without state. */
interface DialectReader {

    /**
     * A request.
     *
     * @throws RequestException if it is malformed, or asks for what no other dialect can say
     */
    Prompt request(JsonNode root, Losses losses);

    /**
     * A whole answer.
     *
     * @throws AnswerException if it is none
     */
    Answer answer(JsonNode root);

    /** A reader of one stream, which tells the sink. */
    StreamReader stream(AnswerSink sink);
}
