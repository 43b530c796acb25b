package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class HookMasksTest {

    @Test
    void nothingOverriddenIsNoBit() {
        assertThat(HookMasks.of(Filter.PASS.getClass())).isZero();
        assertThat(HookMasks.of(AttemptFilter.PASS.getClass())).isZero();
        assertThat(HookMasks.of(new Filter() {}.getClass())).isZero();
    }

    @Test
    void eachHookIsABitOfItsOwn() {
        assertThat(HookMasks.of(OnRequest.class)).isEqualTo(HookMasks.REQUEST);
        assertThat(HookMasks.of(OnRequestBody.class)).isEqualTo(HookMasks.REQUEST_BODY);
        assertThat(HookMasks.of(OnAttempt.class)).isEqualTo(HookMasks.ATTEMPT);
        assertThat(HookMasks.of(OnFailure.class)).isEqualTo(HookMasks.FAILURE);
        assertThat(HookMasks.of(OnResponse.class)).isEqualTo(HookMasks.RESPONSE);
        assertThat(HookMasks.of(OnEvent.class)).isEqualTo(HookMasks.EVENT);
        assertThat(HookMasks.of(OnEnd.class)).isEqualTo(HookMasks.END);
        assertThat(HookMasks.of(OnResponseBody.class)).isEqualTo(HookMasks.RESPONSE_BODY);
        assertThat(HookMasks.of(OnComplete.class)).isEqualTo(HookMasks.COMPLETE);
        assertThat(HookMasks.of(OnSend.class)).isEqualTo(HookMasks.SEND);
    }

    @Test
    void hooksOfSuperclassesAndOwnInterfacesCount() {
        assertThat(HookMasks.of(Inheriting.class)).isEqualTo(HookMasks.EVENT | HookMasks.RESPONSE);
    }

    @Test
    void aNarrowerReturnTypeIsStillTheHook() {
        assertThat(HookMasks.of(Narrow.class)).isEqualTo(HookMasks.EVENT);
    }

    @Test
    void aMethodOfTheSameNameIsNotTheHook() {
        assertThat(HookMasks.of(Overloading.class)).isZero();
    }

    @Test
    void aPlanKnowsEachAndAll() {
        HookPlan plan = new HookPlan(new Filter[] {new OnEvent(), Filter.PASS, new OnComplete()});

        assertThat(plan.masks()).containsExactly(HookMasks.EVENT, 0, HookMasks.COMPLETE);
        assertThat(plan.any(HookMasks.EVENT)).isTrue();
        assertThat(plan.any(HookMasks.END | HookMasks.COMPLETE)).isTrue();
        assertThat(plan.any(HookMasks.FAILURE)).isFalse();
        assertThat(HookPlan.NONE.any(-1)).isFalse();
    }

    @Test
    void aChainKeepsThePlanWhileTheClassesStayTheSame() {
        Chain chain = new Chain(List.of());
        Filter[] looks = {new OnEvent(), new OnRequest()};
        HookPlan plan = chain.plan(looks);

        assertThat(chain.plan(new Filter[] {new OnEvent(), new OnRequest()})).isSameAs(plan);

        HookPlan other = chain.plan(new Filter[] {Filter.PASS, new OnRequest()});
        assertThat(other.masks()).containsExactly(0, HookMasks.REQUEST);
        assertThat(chain.plan(looks).masks()).containsExactly(HookMasks.EVENT, HookMasks.REQUEST);
    }

    static class OnRequest implements Filter {
        @Override
        public Step onRequest(RequestHead head) {
            return Step.next();
        }
    }

    static class OnRequestBody implements Filter {
        @Override
        public Step onRequestBody(Body body) {
            return Step.next();
        }
    }

    static class OnAttempt implements Filter {
        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return AttemptFilter.PASS;
        }
    }

    static class OnFailure implements Filter {
        @Override
        public Recovery onFailure(Failure failure) {
            return Recovery.pass();
        }
    }

    static class OnResponse implements Filter {
        @Override
        public Step onResponse(ResponseHead head) {
            return Step.next();
        }
    }

    static class OnEvent implements Filter {
        @Override
        public Events onEvent(Event event) {
            return event;
        }
    }

    static class OnEnd implements AttemptFilter {
        @Override
        public Events onEnd() {
            return Events.none();
        }
    }

    static class OnResponseBody implements AttemptFilter {
        @Override
        public Step onResponseBody(Body body) {
            return Step.next();
        }
    }

    static class OnComplete implements Filter {
        @Override
        public void onComplete(Outcome outcome) {}
    }

    static class OnSend implements AttemptFilter {
        @Override
        public Step onSend(UpstreamRequest request) {
            return Step.next();
        }
    }

    interface Greeting extends Filter {
        @Override
        default Step onResponse(ResponseHead head) {
            return Step.next();
        }
    }

    static class Inheriting extends OnEvent implements Greeting {}

    static class Narrow implements Filter {
        @Override
        public Event onEvent(Event event) {
            return event;
        }
    }

    static class Overloading implements Filter {
        public Events onEvent(String text) {
            return Event.data(text);
        }
    }
}
