package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormFieldTest {
    private static final String FILE =
            part("name=\"file\"; filename=\"model\"", "\u0000\r\n-- --b\r\n\r\nname=\"model\"");
    private static final String END = "\r\n--b--\r\n";

    private static String part(String disposition, String value) {
        return "\r\n--b\r\nContent-Disposition: form-data; " + disposition + "\r\nX: y\r\n\r\n" + value;
    }

    private static FormField find(String contentType, String form) {
        return FormField.find(contentType, form.getBytes(StandardCharsets.UTF_8), "model");
    }

    private static FormField parts(String form) {
        return find("multipart/form-data; boundary=b", form);
    }

    private static String with(FormField field, String value) {
        return new String(field.with(value), StandardCharsets.UTF_8);
    }

    @Test
    void aPartIsReplacedAndNoOtherByte() {
        for (String named : new String[] {"name=\"model\"", "name=model", "x=\"y\"; name=\"model\""}) {
            String form = ("preamble" + FILE + part(named, "whisper\u00e9") + FILE + END).replaceFirst("^\r\n", "");
            FormField field = parts(form);
            assertThat(field.value()).isEqualTo("whisper\u00e9");
            assertThat(with(field, "other")).isEqualTo(form.replace("whisper\u00e9", "other"));
        }
    }

    @Test
    void anEmptyPartCanBeFilled() {
        FormField field = parts(part("name=\"model\"", "") + END);
        assertThat(field.value()).isEmpty();
        assertThat(with(field, "m")).isEqualTo(part("name=\"model\"", "m") + END);
    }

    @Test
    void whatIsNotOneTextFieldIsNone() {
        String model = part("name=\"model\"", "a");
        assertThat(parts(FILE + END)).isNull();
        assertThat(parts(model + model + END)).isNull();
        assertThat(parts(part("name=\"models\"", "a") + END)).isNull();
        assertThat(parts(model)).isNull();
        assertThat(parts("")).isNull();
        assertThat(parts("\r\n--b\r\nno head")).isNull();
        assertThat(find("multipart/form-data", model + END)).isNull();
        assertThat(find("text/plain; boundary=b", model + END)).isNull();
        assertThat(find("Multipart/Form-Data; charset=x; Boundary=\"b\"", model + END))
                .isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "model=a, a, model=x%2Fy",
        "a=1&model=a%2Bb+c&z=2, a+b c, a=1&model=x%2Fy&z=2",
        "%6dodel=a&amodel=1, a, %6dodel=x%2Fy&amodel=1",
        "model=%zz, %zz, model=x%2Fy",
        "model=, '', model=x%2Fy",
        "a=1&b=2, , ",
        "model=a&model=b, , ",
        "model, , ",
    })
    void aPairIsReplaced(String form, String value, String with) {
        FormField field = find("application/x-www-form-urlencoded", form);
        if (value == null) {
            assertThat(field).isNull();
        } else {
            assertThat(field.value()).isEqualTo(value);
            assertThat(with(field, "x/y")).isEqualTo(with);
        }
    }
}
