package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {
    private static final List<String> TEMPLATES =
            List.of("https://{domain}", "http://{host}:{port}", "http://{host}:11434", "https://{region}.acme.example");

    private static ObjectNode provider(String json) throws Exception {
        return (ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'domain':'a.example'}| https://a.example",
                "{'domain':' a.example '}| https://a.example",
                "{'domain':'http://a.example:8080'}| http://a.example:8080",
                "{'domain':'HTTP://a.example/b/c?d=e#f'}| HTTP://a.example",
                "{'domain':'a.example?d=e'}| https://a.example",
                "{'domain':'[::1]:80/x'}| https://[::1]:80",
                "{'domain':'','host':'h'}| http://h:11434",
                "{'host':'h','port':5}| http://h:5",
                "{'host':'h','domain':'a'}| https://a",
                "{'region':'eu'}| https://eu.acme.example"
            })
    void theFirstWhoseFieldsAreAllGivenHolds(String json, String origin) throws Exception {
        Addresses.Given given = Addresses.given(TEMPLATES, provider(json));
        assertThat(given).isNotNull();
        assertThat(given.origin()).isEqualTo(origin);
    }

    @Test
    void noneOfThemIsNoAddress() throws Exception {
        assertThat(Addresses.given(TEMPLATES, provider("{'port':5,'host':{'a':1}}")))
                .isNull();
        assertThat(Addresses.given(List.of(), provider("{'domain':'a'}"))).isNull();
        assertThat(Addresses.fields(TEMPLATES)).containsExactly("domain", "host", "port", "region");
    }
}
