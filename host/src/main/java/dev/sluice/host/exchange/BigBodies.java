package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.RejectedExecutionException;

/** Parses bodies that would hold an event loop too long elsewhere. */
final class BigBodies {

    /** About a millisecond of parsing. */
    static final int THRESHOLD = 256 * 1024;

    private BigBodies() {}

    /** Parses it off the loop, then goes on there, whether it parsed or not. */
    static void parse(Services services, Loop loop, HostBody body, Runnable then) {
        byte[] bytes = body.bytes();
        try {
            var unused = services.blocking().submit(() -> {
                JsonNode tree;
                try {
                    tree = services.json().read(bytes);
                } catch (Json.Invalid e) {
                    loop.execute(then);
                    return;
                }
                loop.execute(() -> {
                    body.parsed(tree);
                    then.run();
                });
            });
        } catch (RejectedExecutionException busy) {
            then.run();
        }
    }
}
