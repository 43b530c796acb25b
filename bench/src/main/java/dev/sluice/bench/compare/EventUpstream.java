package dev.sluice.bench.compare;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * An upstream that streams chat deltas, one write each: {@code EventUpstream PORT}. Asked {@code ?events=N} it sends them
 * as fast as they are taken, asked {@code ?events=N&millis=M} one every M milliseconds. Each event says which it is and
 * when it was sent.
 */
public final class EventUpstream {
    private final Vertx vertx;
    private final HttpServerResponse response;
    private final int events;
    private int sent;
    private boolean gone;

    private EventUpstream(Vertx vertx, HttpServerResponse response, int events) {
        this.vertx = vertx;
        this.response = response;
        this.events = events;
    }

    /** Starts it. */
    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                .requestHandler(request -> serve(vertx, request))
                .listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static void serve(Vertx vertx, HttpServerRequest request) {
        String events = request.getParam("events", "1");
        String millis = request.getParam("millis", "0");
        HttpServerResponse response = request.response();
        response.putHeader("content-type", "text/event-stream").setChunked(true);
        EventUpstream stream = new EventUpstream(vertx, response, Integer.parseInt(events));
        response.exceptionHandler(broken -> stream.gone = true);
        response.closeHandler(closed -> stream.gone = true);
        if (millis.equals("0")) {
            stream.burst();
        } else {
            stream.pace(Long.parseLong(millis));
        }
    }

    private void burst() {
        while (!gone && sent < events) {
            if (response.writeQueueFull()) {
                response.drainHandler(drained -> burst());
                return;
            }
            send();
        }
        end();
    }

    private void pace(long millis) {
        vertx.setPeriodic(1, millis, timer -> {
            if (!gone && sent < events) {
                send();
            }
            if (gone || sent == events) {
                vertx.cancelTimer(timer);
                end();
            }
        });
    }

    private void send() {
        var unused = response.write("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"i\":" + sent
                + ",\"t\":" + System.nanoTime()
                + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"token\"},\"finish_reason\":null}]}\n\n");
        sent++;
    }

    private void end() {
        if (!gone) {
            gone = true;
            var unused = response.end();
        }
    }
}
