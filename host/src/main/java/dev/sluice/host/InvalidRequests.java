package dev.sluice.host;

import dev.sluice.api.Dialect;
import dev.sluice.api.llm.Chats;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpServerRequest;

/** Answers requests that are not HTTP, or too large to be read; their connection is closed. */
final class InvalidRequests {
    private InvalidRequests() {}

    static void answer(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        int status = cause instanceof TooLongHttpLineException
                ? 414
                : cause instanceof TooLongHttpHeaderException ? 431 : 400;
        String message = switch (status) {
            case 414 -> "the request line is too long";
            case 431 -> "the request's header fields are too large";
            default -> "the request is malformed";
        };
        String body = Chats.error(Dialect.NONE, status, "bad_request", message).toString();
        request.response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .putHeader("connection", "close")
                .end(body)
                .onComplete(written -> request.connection().close());
    }
}
