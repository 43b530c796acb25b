package dev.sluice.host.upstream;

import dev.sluice.api.Failure;

/** One try's use of an endpoint, and what the endpoint learns from it. Confined to the exchange's event loop. */
public final class EndpointUse {
    private final Endpoints endpoints;
    private final Endpoint endpoint;
    private final boolean probe;
    private boolean decided;
    private boolean failed;
    private boolean ended;

    EndpointUse(Endpoints endpoints, Endpoint endpoint, boolean probe) {
        this.endpoints = endpoints;
        this.endpoint = endpoint;
        this.probe = probe;
        endpoint.began();
    }

    /** The endpoint. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** Its answer is accepted, that long after the try began. */
    public void answered(long nanos) {
        if (!decided) {
            decided = true;
            endpoint.took(nanos);
            endpoints.answered(endpoint, probe);
        }
    }

    /** The try has failed, before acceptance or after. */
    public void failed(Failure failure) {
        if (failed) {
            return;
        }
        if (Endpoints.isBlamed(failure)) {
            failed = true;
            // A stream that breaks has been counted as an answer; as a failure it is counted too.
            endpoints.failed(endpoint, probe && !decided);
            decided = true;
        } else if (!decided && failure.status() > 0) {
            decided = true;
            endpoints.answered(endpoint, probe);
        }
    }

    /** The try is over, whatever became of it. */
    public void end() {
        if (!ended) {
            ended = true;
            endpoint.ended();
            if (probe && !decided) {
                endpoint.releaseProbe();
            }
        }
    }
}
