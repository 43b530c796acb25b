package dev.sluice.host.route;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.UpstreamRequest;

/**
 * Which hooks a filter's class overrides, as a set of bits found once per class.
 *
 * <p>A {@link ClassValue} keeps the bits with the class itself, so nothing here holds a plugin's loader.
 */
public final class HookMasks {
    public static final int REQUEST = 1;
    public static final int REQUEST_BODY = 1 << 1;
    public static final int ATTEMPT = 1 << 2;
    public static final int SEND = 1 << 3;
    public static final int FAILURE = 1 << 4;
    public static final int RESPONSE = 1 << 5;
    public static final int EVENT = 1 << 6;
    public static final int END = 1 << 7;
    public static final int RESPONSE_BODY = 1 << 8;
    public static final int COMPLETE = 1 << 9;

    /** The hooks that see an answer. */
    public static final int ANSWER = RESPONSE | EVENT | END | RESPONSE_BODY;

    private static final ClassValue<Integer> MASKS = new ClassValue<>() {
        @Override
        protected Integer computeValue(Class<?> type) {
            return compute(type);
        }
    };

    private HookMasks() {}

    /** The hooks that this class of {@link Filter} or {@link AttemptFilter} overrides. */
    public static int of(Class<? extends ResponseHooks> type) {
        return MASKS.get(type);
    }

    private static int compute(Class<?> type) {
        int mask = bit(type, RESPONSE, "onResponse", ResponseHead.class)
                | bit(type, EVENT, "onEvent", Event.class)
                | bit(type, END, "onEnd")
                | bit(type, RESPONSE_BODY, "onResponseBody", Body.class);
        if (Filter.class.isAssignableFrom(type)) {
            mask |= bit(type, REQUEST, "onRequest", RequestHead.class)
                    | bit(type, REQUEST_BODY, "onRequestBody", Body.class)
                    | bit(type, ATTEMPT, "onAttempt", Attempt.class)
                    | bit(type, FAILURE, "onFailure", Failure.class)
                    | bit(type, COMPLETE, "onComplete", Outcome.class);
        }
        if (AttemptFilter.class.isAssignableFrom(type)) {
            mask |= bit(type, SEND, "onSend", UpstreamRequest.class);
        }
        return mask;
    }

    private static int bit(Class<?> type, int bit, String hook, Class<?>... parameters) {
        try {
            Class<?> owner = type.getMethod(hook, parameters).getDeclaringClass();
            boolean inherited = owner == Filter.class || owner == AttemptFilter.class || owner == ResponseHooks.class;
            return inherited ? 0 : bit;
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(
                    type.getName() + " has no " + hook + "; it was built for another API", e);
        }
    }
}
