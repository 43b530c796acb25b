package dev.sluice.plugins.iprestriction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IpRestrictionTest {
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{}"));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String config) {
        gateway = TestGateway.with(new IpRestriction())
                .config("""
                        routes:
                          - { name: r, upstream: "%s", filters: [ ip-restriction: %s ] }
                        """.formatted(upstream.uri(), config))
                .start();
    }

    private int status(String... forwarded) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/"));
        for (String line : forwarded) {
            request.header("x-forwarded-for", line);
        }
        return gateway.send(request).statusCode();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ allow: [127.0.0.1] } | 200",
                "{ allow: [127.0.0.0/8] } | 200",
                "{ allow: [0.0.0.0/0] } | 200",
                "{ allow: [10.0.0.0/8] } | 403",
                "{ allow: ['::1'] } | 403",
                "{ deny: [127.0.0.0/30] } | 403",
                "{ deny: [10.0.0.0/8] } | 200",
                "{ allow: [127.0.0.0/8], deny: [127.0.0.1] } | 403"
            })
    void thePeerIsJudged(String config, int status) {
        route(config);
        assertThat(status()).isEqualTo(status);
        assertThat(upstream.requests()).hasSize(status == 200 ? 1 : 0);
    }

    @Test
    void whatAClientSaysOfItselfIsNotBelieved() {
        route("{ allow: [10.0.0.0/8] }");
        assertThat(status("10.1.2.3")).isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.1.2.3 | 200",
                "10.1.2.3, 192.168.1.7 | 200",
                "8.8.8.8, 10.1.2.3 | 200",
                "10.1.2.3, 8.8.8.8 | 403",
                "10.1.2.3, 8.8.8.8, 192.168.1.7 | 403",
                "::ffff:10.1.2.3 | 200",
                "10.1.2.3, nonsense | 403",
                "10.1.2.3, | 403",
                "10.1.2.3:1234 | 403",
                "localhost | 403"
            })
    void aTrustedProxyIsBelieved(String forwarded, int status) {
        route("{ allow: [10.0.0.0/8], trustedProxies: [127.0.0.1, 192.168.1.0/24] }");
        assertThat(status(forwarded)).isEqualTo(status);
    }

    @Test
    void severalLinesAreOneList() {
        route("{ allow: [10.0.0.0/8], trustedProxies: [127.0.0.1] }");
        assertThat(status("10.1.2.3", "8.8.8.8")).isEqualTo(403);
        assertThat(status("8.8.8.8", "10.1.2.3")).isEqualTo(200);
    }

    @Test
    void aProxyThatSaysNothingIsItselfTheCaller() {
        route("{ allow: [10.0.0.0/8], trustedProxies: [127.0.0.1] }");
        assertThat(status()).isEqualTo(403);
    }

    @Test
    void aRefusalIsToldAndCounted() {
        route("{ deny: [127.0.0.1], message: 'not from there' }");
        assertThat(gateway.get("/").body()).contains("not from there", "forbidden");
        assertThat(gateway.admin("/metrics").body()).contains("sluice_ip_restriction_refused_total{route=\"r\"} 1.0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | one of 'allow', 'deny' is required",
                "{ allow: [] } | allow",
                "{ allow: [example.com] } | 'example.com' is no address or network like 10.0.0.0/8",
                "{ allow: [10.0.0.0/33] } | the number after the slash is from 0 to 32",
                "{ allow: [10.0.0.0/x] } | the number after the slash is from 0 to 32",
                "{ allow: [10.0.0.1/8] } | names an address within a network",
                "{ deny: ['2001:db8::/129'] } | the number after the slash is from 0 to 128",
                "{ deny: [256.0.0.1] } | '256.0.0.1' is no address",
                "{ deny: [1.2.3] } | '1.2.3' is no address",
                "{ deny: [x], trustedProxies: [y] } | deny"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route(config)).hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8::/32, 2001:db8:1::5, true",
        "2001:db8::/32, 2001:db9::5, false",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "192.168.0.0/23, 192.168.1.255, true",
        "192.168.0.0/23, 192.168.2.0, false",
        "128.0.0.0/1, 200.1.1.1, true",
        "128.0.0.0/1, 100.1.1.1, false",
        "::/0, 10.0.0.1, false"
    })
    void networks(String network, String address, boolean holds) {
        assertThat(Network.of(network).holds(Network.address(address))).isEqualTo(holds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "a", ":::", "1::2::3", "fe80::1%eth0", "[::1]"
            })
    void whatIsNoAddressIsNone(String text) {
        InetAddress address = Network.address(text);
        assertThat(address).isNull();
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = IpRestriction.class.getResourceAsStream("/META-INF/sluice/ip-restriction.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }
}
