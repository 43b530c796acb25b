package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class MarksTest {

    @Test
    void aMessageShowsPlaceholdersNotWhatTheyBecame() {
        Marks marks = new Marks(
                "f.yaml",
                Map.of(),
                Map.of(
                        "secret-1234",
                        "${env:KEY}",
                        "secret-1234-longer",
                        "Bearer ${file:long}",
                        "8080",
                        "${env:PORT}",
                        "fallback-secret",
                        "${env:OTHER:-fallback-secret}"));
        assertThat(marks.problem("a.b", "no 'secret-1234-longer', no 'secret-1234', no 'fallback-secret' at 8080")
                        .message())
                .isEqualTo("no '****${file:long}', no '${env:KEY}', no '${env:OTHER:-****}' at 8080");
    }
}
