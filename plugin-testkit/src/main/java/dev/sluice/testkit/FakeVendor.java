package dev.sluice.testkit;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * A service of somebody else's on WireMock: a function says what it answers, WireMock's {@code Fault} how it breaks. For what
 * a provider's stream does to its connection there is {@link BrokenUpstream}. Thread-safe.
 */
public final class FakeVendor implements AutoCloseable {
    private final WireMockServer server;
    private final Function<Request, ResponseDefinitionBuilder> answers;

    /**
     * A request that came.
     *
     * @param target path and query as they came
     * @param text the body
     */
    public record Asked(String target, String text) {}

    private FakeVendor(Function<Request, ResponseDefinitionBuilder> answers) {
        this.answers = answers;
        this.server = new WireMockServer(WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .containerThreads(60)
                .jettyStopTimeout(100L)
                .extensions(new Answering()));
    }

    /** Starts one on a free port; the function is called for each request, on a thread of the server's. */
    public static FakeVendor start(Function<Request, ResponseDefinitionBuilder> answers) {
        FakeVendor vendor = new FakeVendor(answers);
        vendor.server.start();
        vendor.server.stubFor(WireMock.any(WireMock.anyUrl()).willReturn(WireMock.ok()));
        return vendor;
    }

    /** Its base URL, without a path. */
    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** What it was asked so far, in order. */
    public List<Asked> asked() {
        List<Asked> all = new ArrayList<>();
        server.getAllServeEvents()
                .forEach(event -> all.add(new Asked(
                        event.getRequest().getUrl(), event.getRequest().getBodyAsString())));
        Collections.reverse(all);
        return all;
    }

    @Override
    public void close() {
        server.stop();
    }

    private final class Answering implements ResponseDefinitionTransformerV2 {
        @Override
        public ResponseDefinition transform(ServeEvent event) {
            return answers.apply(event.getRequest()).build();
        }

        @Override
        public String getName() {
            return "fake-vendor";
        }
    }
}
