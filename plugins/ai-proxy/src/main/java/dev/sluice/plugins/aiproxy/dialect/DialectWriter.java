package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Writes one dialect's requests and answers. Without state; what it returns is the caller's. */
interface DialectWriter {
    JsonNodeFactory NODES = JsonNodeFactory.instance;

    /**
     * A request.
     *
     * @throws RequestException if the dialect cannot say it
     */
    ObjectNode request(Prompt prompt, RequestOptions options, Losses losses);

    /** A whole answer. */
    ObjectNode answer(Answer answer);

    /** A writer of one stream, in answer to that request. */
    StreamWriter stream(Prompt prompt, StreamWriter.Tokens tokens);
}
