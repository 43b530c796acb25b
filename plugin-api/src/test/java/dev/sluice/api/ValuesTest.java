package dev.sluice.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The small values that both sides make. */
class ValuesTest {

    /** A class that a child loader defines for itself. */
    static final class Private {}

    @Test
    void aKeyEqualsByNameAndType() {
        assertThat(Key.of("k", String.class)).isEqualTo(Key.of("k", String.class));
        assertThat(Key.of("k", String.class)).isNotEqualTo(Key.of("k", Integer.class));
        assertThat(Key.of("k", String.class)).isNotEqualTo(Key.of("l", String.class));
        assertThat(Key.of("k", JsonNode.class)).hasToString("k: JsonNode");
        assertThat(Key.of("u", Usage.class).type()).isEqualTo(Usage.class);
    }

    @Test
    void aKeyRefusesATypeOfOnePlugin() throws Exception {
        Class<?> type = new ChildFirst().loadClass(Private.class.getName());
        assertThat(type).isNotEqualTo(Private.class);
        assertThatThrownBy(() -> Key.of("mine", type))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Key 'mine' has the type dev.sluice.api.ValuesTest$Private, which belongs to one plugin;"
                        + " use a type of the JDK, Jackson or the plugin API");
    }

    private static final class ChildFirst extends ClassLoader {
        ChildFirst() {
            super(ValuesTest.class.getClassLoader());
        }

        @Override
        public Class<?> loadClass(String name) throws ClassNotFoundException {
            if (!name.equals(Private.class.getName())) {
                return super.loadClass(name);
            }
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (java.io.IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void usageAddsUp() {
        Usage one = Usage.of(10, 5).cachedInput(4).cacheWrite(3).reasoning(2);
        Usage sum = one.plus(Usage.of(1, 1).asEstimated());
        assertThat(sum.input()).isEqualTo(11);
        assertThat(sum.output()).isEqualTo(6);
        assertThat(sum.cachedInput()).isEqualTo(4);
        assertThat(sum.cacheWrite()).isEqualTo(3);
        assertThat(sum.reasoning()).isEqualTo(2);
        assertThat(sum.total()).isEqualTo(17);
        assertThat(sum.estimated()).isTrue();
        assertThat(one.plus(Usage.NONE)).isEqualTo(one).hasSameHashCodeAs(one);
        assertThat(one).isNotEqualTo(one.asEstimated());
    }

    @Test
    void aCredentialGivesNothingAway() {
        Credential token = Credential.of("sk-0123456789abcd");
        assertThat(token.token()).isEqualTo("sk-0123456789abcd");
        assertThat(token).hasToString("****abcd");
        assertThat(Credential.of("short")).hasToString("****");
        assertThat(token.fingerprint())
                .hasSize(64)
                .isEqualTo(Credential.of("sk-0123456789abcd").fingerprint())
                .isNotEqualTo(Credential.of("sk-0123456789abce").fingerprint());
        Credential pair = Credential.of(Map.of("awsAccessKey", "AK", "awsSecretKey", "SK"));
        assertThat(pair.token()).isNull();
        assertThat(pair.get("awsSecretKey")).isEqualTo("SK");
        assertThat(Credential.of(Map.of("a", "bc")).fingerprint())
                .isNotEqualTo(Credential.of(Map.of("ab", "c")).fingerprint());
        assertThat(pair).isEqualTo(Credential.of(Map.of("awsSecretKey", "SK", "awsAccessKey", "AK")));
    }

    @Test
    void aTargetGathersWhatIsKnown() {
        Target target = Target.of("p").model("m").endpoint(URI.create("http://h"));
        assertThat(target).hasToString("p/m at http://h");
        assertThat(target)
                .isEqualTo(Target.of("p").endpoint(URI.create("http://h")).model("m"));
        assertThat(Target.of("p").model()).isNull();
        assertThat(Target.of("p").endpoint()).isNull();
        assertThat(Target.of("p")).isNotEqualTo(target);
    }

    @Test
    void aReplyIsOfOneKind() {
        Reply error = Reply.error(429, "rate_limited", "Slow down").header("retry-after", "1");
        assertThat(error.kind()).isEqualTo(Reply.Kind.ERROR);
        assertThat(error.code()).isEqualTo("rate_limited");
        assertThat(error.text()).isEqualTo("Slow down");
        assertThat(error.headers()).containsExactly(Map.entry("retry-after", "1"));
        assertThat(error.json()).isNull();
        assertThat(error.bytes()).isNull();
        assertThat(error).hasToString("Reply[429 ERROR rate_limited]");

        Reply stream = Reply.stream(List.of(Event.data("x"))).paced(Duration.ofMillis(5));
        assertThat(stream.events()).containsExactly(Event.data("x"));
        assertThat(stream.pace()).isEqualTo(Duration.ofMillis(5));
        assertThat(stream.text()).isNull();
        assertThat(stream.isCut()).isFalse();
        assertThat(stream.cut().header("a", "b").paced(Duration.ZERO).isCut()).isTrue();
        assertThat(Reply.chat("hi").events()).isEmpty();
        assertThat(Reply.bytes(200, "text/plain", new byte[] {1}).headers())
                .containsExactly(Map.entry("content-type", "text/plain"));
    }

    @Test
    void aReplyRefusesStatusesThatCannotBe() {
        assertThatThrownBy(() -> Reply.error(200, "c", "m"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an error's status is 400 to 599, not 200");
        assertThatThrownBy(() -> Reply.bytes(101, "text/plain", new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a reply's status is 200 to 599, not 101");
    }

    @Test
    void anHttpResponseFindsHeadersInAnyCase() {
        HttpResponse response = HttpResponse.of(
                204, Map.of("X-One", List.of("1", "2"), "x-none", List.of()), "hi".getBytes(StandardCharsets.UTF_8));
        assertThat(response.header("x-oNE")).isEqualTo("1");
        assertThat(response.header("x-none")).isNull();
        assertThat(response.header("x-other")).isNull();
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.text()).isEqualTo("hi");
        assertThat(response).hasToString("204 (2 bytes)");
    }

    @Test
    void anHttpResponseThatIsNoJsonSaysSo() {
        assertThat(HttpResponse.of(200, Map.of(), "[1]".getBytes(StandardCharsets.UTF_8))
                        .json())
                .hasSize(1);
        assertThatThrownBy(() -> HttpResponse.of(502, Map.of(), new byte[0]).json())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the answer (status 502) has no body, JSON was expected");
        assertThatThrownBy(() -> HttpResponse.of(500, Map.of(), "<p>".getBytes(StandardCharsets.UTF_8))
                        .json())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the answer (status 500) is not JSON: ");
    }
}
