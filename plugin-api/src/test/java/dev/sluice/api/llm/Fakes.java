package dev.sluice.api.llm;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Target;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** What these tests need of a host. */
final class Fakes {

    private Fakes() {}

    static Exchange exchange(Dialect dialect) {
        return (Exchange) Proxy.newProxyInstance(
                Fakes.class.getClassLoader(), new Class<?>[] {Exchange.class}, (proxy, method, args) -> {
                    if (args == null) {
                        switch (method.getName()) {
                            case "dialect":
                                return dialect;
                            case "id":
                                return "r1";
                            case "target":
                                return Target.of("p").model("m-1");
                            default:
                                break;
                        }
                    }
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    static Event json(String json) {
        return Event.json(FakeBody.tree(json));
    }

    /** An Anthropic event, named by its type. */
    static Event named(String json) {
        Event event = json(json);
        return event.name(event.json().path("type").textValue());
    }

    /** All that flows on of a stream; a failure ends it as an event of its message, an end is asked for at the end. */
    static List<Event> run(ResponseHooks hooks, List<Event> stream) {
        List<Event> out = new ArrayList<>();
        for (Event event : stream) {
            if (!collect(hooks.onEvent(event), out)) {
                return out;
            }
        }
        collect(hooks.onEnd(), out);
        return out;
    }

    private static boolean collect(Events events, List<Event> out) {
        if (events instanceof Event event) {
            out.add(event);
        } else if (events instanceof Events.Several several) {
            out.addAll(several.events());
        } else if (events instanceof Events.Fail fail) {
            out.add(Event.data(
                    "FAIL " + fail.reply().code() + " " + fail.reply().text()));
            return false;
        }
        return true;
    }

    static String text(Dialect dialect, List<Event> events) {
        StringBuilder all = new StringBuilder();
        events.forEach(event -> all.append(ChatDelta.of(dialect, event).text()));
        return all.toString();
    }
}
